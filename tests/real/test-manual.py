#!/usr/bin/env python3
# test-manual.py - the manual's transcripts, replayed
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-manual.py [STORY]...   on scratch machines
test-manual.py --machine    the tutorial, as root, on this very machine

tests/lib/transcript.py tells how the manual marks its examples.  On a scratch
machine, which needs no right, a story runs in shells where reeve, reeved and
a few other commands are small scripts that put the scratch tree in place of
"/".  The endpoints of the story in CLUSTER are a server of tests/lib.  Except for the stories in EMPTY it has an /etc/hosts, a running daemon,
the key of its audit log in /home/panel/audit-key, the identities root (may do
everything) and panel (may read and write configuration files), and $ is the
user panel, who has REEVE_KEY set.

With --machine each line is run as it stands in the manual, for a machine that
is thrown away afterwards.
"""

import difflib
import importlib.machinery
import importlib.util
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import attack  # noqa: E402
import proxmox  # noqa: E402
import proxmox_host  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402
import transcript  # noqa: E402
import verbs  # noqa: E402

EMPTY = {"configuration", "manual page", "tutorial"}
CLUSTER = "proxmox"
POLICIES = {"root": "[identity root]\nkey = root.key\nallow = *\n",
            "panel": "[identity panel]\nkey = panel.key\nallow = AUG *\n"}
FILES = {"/etc/hosts": "127.0.0.1\tlocalhost\n",
         "/etc/ssh/sshd_config": "PermitRootLogin yes\nX11Forwarding yes\n"}
FOLDERS = r"(?<![\w./}*\]-])/(?=(?:etc|home|media|run|tmp|var)/)"
# Commands of reeve's to which a path is one of this machine, not of the tree.
LOCAL = r"reeve (?:audit (?:init|verify)|policy (?:lint|test))\b"

REEVE = """\
#!/bin/sh
own=yes # Options behind the first word are the verb's.
for word
do
  shift
  case $own$word in
    yes--root=/*) word=--root=$SCRATCH${word#*=} ;;
    yes--identity=*) REEVE_IDENTITY=${word#*=} ;;
    yes--*) ;;
    *) own= ;;
  esac
  set -- "$@" "$word"
done
export REEVE_IDENTITY=${REEVE_IDENTITY-$ROLE}
export REEVE_KEY=${REEVE_KEY-$SCRATCH/etc/reeve/keys/$REEVE_IDENTITY.key}
case "$1 $2" in
  "key "*|"audit init"|"audit verify"|"policy lint"|"policy test")
    exec "$BUILD/reeve" --root="$SCRATCH" --reeved="$BUILD/reeved" "$@" ;;
esac
exec "$BUILD/reeve" "$@"
"""
REEVED = """\
#!/bin/sh
case " $* " in
  *" --check "*) exec "$BUILD/reeved" --root "$SCRATCH" "$@" ;;
esac
# One that was told to end needs a moment.
for _ in $(seq 100)
do
  kill -0 "$(cat "$SCRATCH/pid")" || break
  sleep 0.05
done 2>"$SCRATCH/gone"
"$BUILD/reeved" --root "$SCRATCH" --foreground "$@" >>"$SCRATCH/log" 2>&1 &
echo $! >"$SCRATCH/pid"
while [ ! -S "$REEVE_SOCKET" ] && kill -0 $!
do
  sleep 0.05
done
"""
INSTALL = """\
#!/bin/sh
[ "$1" != -o ] || shift 2
exec /usr/bin/install "$@"
"""
PKG_CONFIG = """\
#!/bin/sh
echo "$FLAGS -I$SOURCE/client/lib -L$BUILD/.libs -lreeve -lgpg-error"
"""
PIDOF = """\
#!/bin/sh
cat "$SCRATCH/pid"
"""


# What the person who edits does, as a program.
EDITOR = "sed -i 's/localhost/& loopback/'"


def load(path):
    """The program PATH as a module."""
    loader = importlib.machinery.SourceFileLoader("program", path)
    spec = importlib.util.spec_from_loader("program", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


talk = load(os.path.join(scratch.SOURCE, "tests/talk/run"))


def difference(wanted, have):
    return "\n".join(difflib.ndiff(
        [line.replace(transcript.ANY, "*").replace(transcript.KEY, "")
         for line in wanted], have))


def at_terminal(command, answers, **arguments):
    """Run COMMAND in a terminal; type the ANSWERS, (question, text) each."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs,
                               stderr=theirs, **arguments)
    os.close(theirs)
    output = b""
    while select.select([ours], [], [], 30)[0]:
        try:
            output += os.read(ours, 4096)
        except OSError:  # All of them have left.
            break
        if answers and output.decode().rstrip().endswith(answers[0][0]):
            os.write(ours, answers.pop(0)[1].encode() + b"\n")
    os.close(ours)
    process.wait(30)
    return output.decode().replace("\r\n", "\n").split("\n")[:-1]


class Shell:
    """A bash that runs one command after the other."""

    END = "this is the end of what the command said"

    def __init__(self, command, folder, **arguments):
        self.script = os.path.join(folder, "command")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, **arguments)

    def run(self, text):
        """The lines that TEXT prints."""
        with open(self.script, "w", encoding="utf-8") as script:
            script.write(text + "\n")
        # The status is kept for a command that asks for it.
        self.process.stdin.write(
            (". %s </dev/null\nstatus=$?; echo '%s'; (exit $status)\n"
             % (self.script, self.END)).encode())
        self.process.stdin.flush()
        output = b""
        while not output.endswith(self.END.encode() + b"\n"):
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("the shell is gone:\n"
                                   + output.decode("utf-8", "replace"))
            output += line
        text = output.decode("utf-8", "replace")
        return text[:-len(self.END) - 1].split("\n")[:-1] \
            if text.endswith("\n" + self.END + "\n") \
            or text == self.END + "\n" \
            else text[:-len(self.END) - 1].split("\n")

    def close(self):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait(20)


class Here:
    """This very machine."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        os.chmod(self.folder.name, 0o755)
        self.user = None
        self.root = Shell(["bash"], self.folder.name, cwd=scratch.SOURCE)

    def run(self, role, text):
        user = re.fullmatch(r"su - (\w+)", text)
        if user:
            self.user = Shell(["su", "-", user.group(1)], self.folder.name)
            return []
        if text == "exit":
            self.user.close()
            return []
        # Nobody types faster: the session before is over then.
        time.sleep(0.3)
        return (self.root if role == "#" else self.user).run(text)

    def write(self, path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def close(self):
        self.root.close()
        self.folder.cleanup()


def read_command(pid):
    """The command line of the process PID, whose exe only root may see."""
    try:
        with open("/proc/%d/cmdline" % pid, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


class There:
    """A scratch machine."""

    def __init__(self, name):
        self.machine = scratch.Machine(FILES, "")
        self.client = None
        self.server = None
        self.environments = {}
        self.build = os.path.dirname(scratch.program("reeved"))
        self.flags = "-fsanitize=address,undefined" if scratch.sanitized() \
            else ""
        path = self.machine.path
        os.makedirs(path("/home/panel"))
        os.makedirs(path("/media/stick"))
        os.makedirs(path("/tmp/bin"))
        subprocess.run(["rm", "-r", path("/etc/reeve")], check=True)
        if name not in EMPTY:
            for identity, policy in POLICIES.items():
                self.machine.write("/etc/reeve/policy.d/%s.policy" % identity,
                                   policy)
                self.machine.add_key(identity)
            self.machine.write("/home/panel/reeve.key",
                               self.machine.read("/etc/reeve/keys/panel.key"),
                               mode=0o400)
        if name == CLUSTER:
            self.start_cluster()
        for command, text in (("reeve", REEVE), ("reeved", REEVED),
                              ("install", INSTALL), ("pidof", PIDOF),
                              ("pkg-config", PKG_CONFIG)):
            self.write_command(command, text)
        self.shells = {"#": self.shell("root", "/"),
                       "$": self.shell("panel", "/home/panel")}
        if name not in EMPTY:
            self.run("$", "export REEVE_KEY=/home/panel/reeve.key")
            self.run("#", "reeve audit init >/home/panel/audit-key")
            self.run("#", "reeved")

    def start_cluster(self):
        """A server whose token is the manual's."""
        self.server = proxmox.Proxmox().__enter__()
        self.server.secret = "8d1f3c1e-0b57-4f4e-9c35-6a5d2f1c7b90"
        with open(self.server.ca_file, encoding="ascii") as file:
            self.machine.write("/etc/reeve/pve-root-ca.pem", file.read())

    def write_command(self, name, text):
        """A script, which is run without our environment, too."""
        for word, value in (
                ("$BUILD", self.build), ("$SOURCE", scratch.SOURCE),
                ("$SCRATCH", self.machine.root), ("$FLAGS", self.flags)):
            text = text.replace(word, value)
        self.machine.write("/tmp/bin/" + name, text, mode=0o755)

    def shell(self, role, home):
        path = self.machine.path
        environment = dict(
            os.environ, ROLE=role, HOME=path(home), TMPDIR=path("/tmp"),
            PATH=path("/tmp/bin") + ":" + os.environ["PATH"],
            LD_LIBRARY_PATH=os.path.join(self.build, ".libs"),
            REEVE_SOCKET=self.machine.socket)
        for name in ("REEVE_IDENTITY", "REEVE_KEY", "REEVE_BUILD"):
            environment.pop(name, None)
        os.makedirs(path("/tmp/" + role))
        self.environments[role] = environment
        return Shell(["bash", "--norc", "--noprofile"], path("/tmp/" + role),
                     cwd=path(home), env=environment)

    def mapped(self, text):
        """TEXT with the scratch tree for "/", where a shell would see it."""
        command, newline, document = text, "", ""
        if transcript.HERE.search(text):
            command, newline, document = text.partition("\n")
        parts = command.split("/usr/local/share/reeve")
        if not re.match(r"reeve\b", command) or re.match(LOCAL, command):
            parts = [re.sub(FOLDERS, self.machine.root + "/", part)
                     for part in parts]
        command = (scratch.SOURCE + "/client/cli").join(parts)
        if self.server:
            document = document.replace(
                "pve1.example", "127.0.0.1:%d" % self.server.port).replace(
                    "pve2.example", "127.0.0.1:1")
        return command + newline + self.peers(document)

    @staticmethod
    def peers(text):
        return re.sub(r"^peer = \w+$", "peer = %d" % os.geteuid(), text,
                      flags=re.MULTILINE)

    def run(self, role, text):
        if re.fullmatch(r"su - \w+|exit", text):
            return []
        lines = self.shells[role].run(self.mapped(text))
        return [line.replace(self.machine.root, "") for line in lines]

    def run_at_terminal(self, text, answers):
        environment = dict(self.environments["panel"], TERM="dumb",
                           EDITOR=EDITOR)
        return at_terminal(["bash", "-c", self.mapped(text)], answers,
                           env=environment)

    def write(self, path, text):
        if not path.startswith("/"):
            path = "/home/panel/" + path
        self.machine.write(path, self.peers(text))

    def connect(self, identity):
        if self.client:
            self.client.close()
        self.client = self.machine_client(identity)

    def machine_client(self, identity):
        client = scratch.assuan.Client.connect(self.machine.socket)
        if identity:
            client.authenticate(identity, self.machine.key(identity))
        return client

    def close(self):
        if self.client:
            self.client.close()
        for shell in self.shells.values():
            shell.close()
        try:
            self.end_daemon()
        finally:
            if self.server:
                self.server.__exit__()
            self.machine.remove()

    def end_daemon(self):
        """The one that the story has started, if it did not end it."""
        pid = self.machine.read("/pid")
        if pid and self.machine.root in read_command(int(pid)):
            os.kill(int(pid), scratch.signal.SIGTERM)
            # What it writes at its end is looked at, and removed.
            if not attack.until(lambda: not attack.lives(int(pid)), 20):
                raise RuntimeError("reeved does not end")
        log = self.machine.read("/log") or ""
        if scratch.SANITIZER.search(log):
            raise RuntimeError("a sanitizer complains:\n" + log)


def replay_shell(place, example):
    """Run the commands; return what differs."""
    steps = example.steps()
    at = 0
    while at < len(steps):
        step = steps[at]
        at += 1
        lines = []
        wanted = list(step.answer)
        text = step.text
        while at < len(steps) and steps[at].prompt.endswith(">"):
            lines.append(steps[at].text)
            wanted += steps[at].answer
            at += 1
        if lines:
            text += " --keep-going <<'END OF LINES'\n%s\nEND OF LINES" \
                % "\n".join(lines)
        answers = [tuple(part.strip() for part in line.split(transcript.KEY))
                   for line in wanted if transcript.KEY in line]
        have = place.run_at_terminal(text, answers) if answers \
            else place.run(step.prompt, text)
        if not transcript.matches(wanted, have):
            return "%s %s\n%s" % (step.prompt, text, difference(wanted, have))
    return ""


def replay_protocol(place, example):
    """Say and compare; return what differs."""
    if not place.client or example.name.startswith("handshake"):
        place.connect(None if example.name.startswith("handshake")
                      else "panel")
    player = talk.Player(place.machine, None, place.client, 0)
    any_text = transcript.ANY
    patterns = []
    for line in example.lines + ["C: "]:
        kind, text = line[:3], line[3:]
        if kind == "S: ":
            text = re.sub(any_text + "[a-z -]+" + any_text, "*", text)
            patterns.append("..." if text == any_text else
                            text.replace(any_text, "*").replace("\t", "%09"))
            continue
        if patterns:
            player.expect(patterns, 0)
            patterns = []
        text = text.replace("%sclient-nonce%s:%smac%s" % ((any_text,) * 4),
                            "${response panel}")
        text = text.replace("%smac%s" % ((any_text,) * 2), "${mac panel}")
        if text:
            player.send(text)
    return "\n".join(player.failures)


def replay(place, example):
    if example.file:
        place.write(example.file, example.text)
        return ""
    if any(line[:3] == "C: " for line in example.lines):
        return replay_protocol(place, example)
    return replay_shell(place, example)


def tell(report, place, example, machine):
    name = "%s %s" % (example.where, example.name)
    if example.root and not machine:
        report.skip(name, "machine: only as root where all may be changed: "
                    + example.reason)
        return
    try:
        difference_found = replay(place, example)
    except Exception as error:  # Whatever a manual may lead to.
        difference_found = "%s: %s" % (type(error).__name__, error)
    report.result(not difference_found, name, difference_found)


def answered(daemon, example):
    """The verdict on the EXAMPLE of a verb's help, in its own session."""
    with daemon.client("panel") as client:
        verbs.prepare(client, example)
        return verbs.call(client, example).verdict


def examples_of_the_verbs(report):
    """Each "Example: ..." in the help of a verb is answered by OK."""
    with scratch.Machine(verbs.FILES) as machine, \
            proxmox.Proxmox() as server:
        proxmox_host.introduce(machine, server)
        with machine.daemon() as daemon:
            for verb in verbs.all_verbs():
                for example in verb.examples:
                    if verb.noun == "PVE":
                        proxmox_host.renew(server, verb.name)
                    verdict = answered(daemon, example)
                    report.result(verdict.startswith("OK"),
                                  "example: " + example, verdict)


def main(arguments):
    machine = "--machine" in arguments
    wanted = ["tutorial"] if machine else arguments
    report = tap.Report()
    stories = {}
    for example in transcript.examples(
            os.path.join(scratch.SOURCE, "doc/reeve.texi")):
        if example.name:
            stories.setdefault(example.name, []).append(example)
        elif example.prompts and not example.reason:
            report.result(False, example.where + " is marked", example.text)
        elif example.reason:
            report.skip(example.where, "machine: " + example.reason)
    if not wanted:
        examples_of_the_verbs(report)
    for name in set(wanted) - set(stories):
        sys.exit("the manual has no story \"%s\"" % name)
    for name, examples in stories.items():
        if wanted and name not in wanted:
            continue
        place = Here() if machine else There(name)
        try:
            for example in examples:
                tell(report, place, example, machine)
        finally:
            place.close()
    report.done()


if __name__ == "__main__":
    main(sys.argv[1:])
