#!/usr/bin/env python3
# test-shell.py - reeve in a shell: completion, quoting, help, the first minute
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import pty
import re
import select
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import assuan  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402

REEVE = scratch.program("reeve")
COMPLETION = os.path.join(scratch.SOURCE, "client", "cli", "completion")
HOSTS = """\
127.0.0.1 localhost
# the first remark
# the second remark
"""
PATIENCE = 30


class Shop:
    """A scratch machine with a daemon, and an environment in which "reeve" is
    its panel."""

    def __init__(self, **options):
        self.machine = scratch.Machine({"/etc/hosts": HOSTS}, **options)
        self.daemon = self.machine.daemon()
        try:
            self.set_up()
        except BaseException as error:
            self.__exit__(type(error))
            raise

    def set_up(self):
        with self.daemon.client("panel") as client:  # A tab waits for a second.
            client.check("AUG GET /files/etc/hosts/1/ipaddr")
        folder = self.machine.path("/bin")
        os.mkdir(folder)
        os.symlink(REEVE, os.path.join(folder, "reeve"))
        self.environment = {
            "HOME": self.machine.root, "TERM": "xterm", "LC_ALL": "C.UTF-8",
            "PATH": folder + ":" + os.environ["PATH"],
            "REEVE_SOCKET": self.machine.socket, "REEVE_IDENTITY": "panel",
            "REEVE_KEY": self.machine.path("/etc/reeve/keys/panel.key")}

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.daemon.__exit__(*what)
        self.machine.remove()

    def run(self, *words, stdin=b"", **variables):
        return subprocess.run(["reeve", *words], input=stdin, check=False,
                              env={**self.environment, **variables},
                              capture_output=True, timeout=PATIENCE)

    def complete(self, *words):
        """The exit status and the candidates for the last of WORDS."""
        result = self.run("complete", *words)
        assert result.stderr == b"", result
        return result.returncode, result.stdout.decode().splitlines()


class Terminal:
    """PROGRAM at a terminal of its own."""

    def __init__(self, program, environment, cwd):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if not self.pid:
            try:
                os.chdir(cwd)
                os.execve(program[0], program, environment)
            finally:
                os._exit(127)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)  # It gets a SIGHUP.
        os.waitpid(self.pid, 0)

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self, pattern):
        """Read until PATTERN was shown; return what stood before it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            match = re.search(pattern.encode(), self.seen)
            if match:
                before = self.seen[:match.start()]
                self.seen = self.seen[match.end():]
                return before.decode("utf-8", "replace")
            ready, _, _ = select.select([self.fd], [], [], 1)
            if ready:
                self.seen += os.read(self.fd, 4096)
            assert time.monotonic() < deadline, (pattern, self.seen)


def shell(name):
    path = shutil.which(name)
    if not path:
        raise tap.Skip("%s is not installed: apt-get install %s"
                       % (name, name))
    return path


# What is typed, and what the line then prints.
LINES = (
    ("reeve AUG GET /files/etc/hosts/1/ip\t", "127.0.0.1"),
    ("reeve AUG GET /files/etc/hosts/1/\tip\t", "127.0.0.1"),
    ("reeve AUG G\t /files/etc/hosts/1/ipaddr", "127.0.0.1"),
    ("reeve aug lab\t /files/etc/hosts/1/ipaddr", "ipaddr"),
    ("reeve AUG GET /files/etc/hosts/#comm\t2\t", "the second remark"),
    ("reeve AUG GET '/files/etc/hosts/1/ip\t", "127.0.0.1"),
    ('reeve AUG GET "/files/etc/hosts/#comment[2\t', "the second remark"),
    ("reeve AUG GET --outp\tj\t /files/etc/hosts/1/ipaddr", '"127.0.0.1"'),
    ("reeve --timeout=5s --no-a\t GETINFO ver\t", r"\d+\.\d+\.\d+"),
    ("reeve shell-q\t 'a b'", '"a b"'),
    ("reeve --data=val\t AUG SET /files/etc/hosts/1/can\t && echo fi''ne",
     "fine"),
    ("reeve --data val\t AUG SET /files/etc/hosts/1/can\t && echo fi''ne",
     "fine"),
    ("reeve --spa\t --root=tr\t AUG GE\t /files/etc/hosts/1/ipaddr",
     "192.0.2.1"),
)


def drive(terminal, prompt):
    for line, wanted in LINES:
        terminal.type(line)
        terminal.type("\n")
        terminal.type("echo st''op=$?\n")
        shown = terminal.wait(r"stop=\d+\r?\n")
        terminal.wait(prompt)
        shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
        assert re.search(r"(?m)^\r*%s\r*$" % wanted, shown), \
            (line, wanted, shown)


def tree(shop):
    """A file and another machine's tree, for options that name such."""
    shop.machine.write("/tree/etc/hosts", "192.0.2.1 other\n")
    shop.machine.write("/value", "192.0.2.9")


def in_bash(*setup):
    with Shop() as shop:
        tree(shop)
        with Terminal([shell("bash"), "--norc", "--noprofile", "-i"],
                      {**shop.environment, "PS1": "ready> "},
                      shop.machine.root) as terminal:
            for line in setup:
                terminal.type(line + "\n")
            terminal.type("echo set'-up'\n")
            terminal.wait("set-up\r\n")
            terminal.wait("ready> ")
            drive(terminal, "ready> ")


def test_bash():
    in_bash("source %s/reeve.bash" % COMPLETION)


def test_bash_with_bash_completion():
    path = "/usr/share/bash-completion/bash_completion"
    shell("bash")
    if not os.path.exists(path):
        raise tap.Skip("bash-completion is not installed: apt-get install"
                       " bash-completion")
    in_bash("source " + path, "source %s/reeve.bash" % COMPLETION)


def test_zsh():
    with Shop() as shop:
        tree(shop)
        with Terminal([shell("zsh"), "-f", "-i"],
                      {**shop.environment, "PS1": "ready> "},
                      shop.machine.root) as terminal:
            terminal.type("fpath=(%s $fpath); autoload -U compinit;"
                          " compinit -u -D; echo set'-up'\n" % COMPLETION)
            terminal.wait("set-up\r\n")
            terminal.wait("ready> ")
            drive(terminal, "ready> ")


def test_fish():
    script = """
source %s/reeve.fish
for line in $argv
    set -l candidates (complete -C --escape $line)
    if test (count $candidates) -ne 1
        echo "$line: $candidates"
        continue
    end
    set -l before (string replace -r '[^ ]*$' '' -- $line)
    eval $before(string replace -r '\\t.*' '' -- $candidates)
end
""" % COMPLETION
    program = shell("fish")
    lines = ("reeve AUG GET /files/etc/hosts/1/ip",
             "reeve AUG GET /files/etc/hosts/#comment[2",
             "reeve AUG GET '/files/etc/hosts/1/ip",
             "reeve --data=val",
             "reeve shell-q")
    with Shop() as shop:
        tree(shop)
        result = subprocess.run([program, "--no-config", "-c", script, *lines],
                                env=shop.environment, capture_output=True,
                                cwd=shop.machine.root, timeout=PATIENCE,
                                stdin=subprocess.DEVNULL, check=False)
        assert result.stdout == b"127.0.0.1\nthe second remark\n127.0.0.1\n" \
            b"\n", result


# --- What shells ask ---

def test_words_of_the_command_itself():
    with Shop() as shop:
        assert shop.complete("ke") == (0, ["key"])
        assert shop.complete("key", "") == (0, ["list", "new", "revoke",
                                                "rotate"])
        assert shop.complete("policy", "") == (0, ["lint", "test", "SHOW",
                                                   "EXPLAIN", "RELOAD"])
        assert shop.complete("POLICY", "S") == (0, ["SHOW"])
        assert shop.complete("policy", "lint", "") == (4, [])
        assert shop.complete("--no-a") == (0, ["--no-auth"])
        assert shop.complete("--iden") == (0, ["--identity="])
        assert shop.complete("proxy", "--so") == (0, ["--socket="])
        assert shop.complete("help", "AUG", "LA") == (0, ["LABEL"])
        assert shop.complete("--explain", "AUG", "LA") == (0, ["LABEL"])
        status, words = shop.complete("")
        assert status == 0 and {"edit", "help", "AUG", "WHOAMI"} <= set(words)
        assert "complete" not in words
        for words in (["--key", ""], ["--key=/e"], ["respond", ""],
                      ["respond", "--socket", ""], ["edit", "/etc/h"],
                      ["shell-quote", ""]):
            assert shop.complete(*words) == (4, []), words
        for words in (["--timeout", ""], ["--timeout="], ["--frob", ""],
                      ["proxy", ""], ["complete", ""], ["FROB", ""]):
            assert shop.complete(*words) == (0, []), words


def test_options_on_the_line_count():
    with Shop() as shop:
        tree(shop)
        root = shop.machine.path("/tree")
        assert shop.complete("--root", root, "AUG", "LA") == (0, [])
        assert shop.complete("--spawn", "--root", root, "AUG", "LA") \
            == (0, ["LABEL"])
        assert shop.complete("--spawn", "--reeved=/bin/false", "AU") == (0, [])
        assert shop.complete("--identity=reader", "--key", shop.machine.path(
            "/etc/reeve/keys/reader.key"), "AUG", "GET", "/files/etc/h") \
            == (0, ["/files/etc/hosts/"])
        # Who may not read learns commands, but no objects.
        nobody = ["--identity=nobody", "--key",
                  shop.machine.path("/etc/reeve/keys/nobody.key")]
        assert shop.complete(*nobody, "AUG", "LA") == (0, ["LABEL"])
        assert shop.complete(*nobody, "AUG", "GET", "/files/etc/h") == (0, [])
        assert shop.complete("--key=/nonexistent/x", "AUG", "LA") \
            == (0, ["LABEL"])


def fake(path, *replies):
    """A server that says REPLIES, one a line that it gets, then nothing."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    if os.fork():
        listener.close()
        return
    try:
        client, _ = listener.accept()
        with client, client.makefile("rb") as lines:
            for reply in replies:
                client.sendall(reply)
                lines.readline()
            lines.read()
    finally:
        os._exit(0)


def faked(*replies):
    with Shop() as shop:
        path = shop.machine.path("/S.fake")
        fake(path, *replies)
        before = time.monotonic()
        answer = shop.complete("--no-auth", "--socket", path, "AUG", "GET",
                               "x")
        assert time.monotonic() - before < 5
        os.wait()
        return answer


def test_no_server_can_hold_a_tab():
    assert faked() == (0, [])
    assert faked(b"OK\n") == (0, [])
    assert faked(b"OK\n", b"D /files/x%0A\n") == (0, [])
    assert faked(b"HTTP/1.1 400\n") == (0, [])
    with Shop() as shop:
        assert shop.complete("--socket=/nonexistent/x", "AUG", "") == (0, [])


def test_items_lose_their_quoting():
    assert faked(b'OK\n', b'D "a b"%0A"c d/%0A"%2522"%0Ae%2520f%0Ag%250Ah%0A'
                 b'--x=%253C%0A"%0A\nOK\n') \
        == (0, ["a b", "c d/", '"', "e f", "--x=<", ""])


# --- shell-quote ---

HOSTILE = (b"", b" ", b"a b", b"@", b"--dry-run", b"-", b"--", b'"', b'"a" b',
           b"%", b"%41", b"100%", b"<", b"</etc/shadow", b"<<END", b"#", b"'",
           b"a\nb", b"\n", b"\ttab ", b"\r\n", b"\x7f\x01\x1b[2J", b"\\",
           b"\\x0a", b"\xff\xfe", "\u00e9\u2028".encode(), b"$HOME `id`;|&*?",
           b"x" * 3000)


def test_quoted_words_arrive():
    node = "/files/etc/hosts/1/canonical"
    with Shop() as shop:
        for value in HOSTILE:
            word = shop.run("shell-quote", value)
            assert word.returncode == 0 and word.stderr == b"", word
            assert word.stdout.count(b"\n") == 1 and word.stdout[-1:] == b"\n"
            script = b"AUG SET %s %sAUG GET %s\n" % (
                node.encode(), word.stdout, node.encode())
            result = shop.run("--raw", stdin=script)
            assert (result.returncode, result.stdout) == (0, value), \
                (value, result)


def test_many_words_and_none():
    with Shop() as shop:
        assert shop.run("shell-quote").stdout == b"\n"
        assert shop.run("shell-quote", "a b", "--help", "", "--").stdout \
            == b'"a b" %2D-help "" %2D-\n'
        script = ('v=$(printf "two\\nlines\\n."); v=${v%.}\n'
                  'printf "AUG SET %s %s\\nAUG GET %s\\n"'
                  ' "$1" "$(reeve shell-quote "$v")" "$1" | reeve --raw')
        result = subprocess.run(
            ["sh", "-c", script, "sh", "/files/etc/hosts/1/canonical"],
            env=shop.environment, capture_output=True, timeout=PATIENCE,
            check=False)
        assert result.stdout == b"two\nlines\n", result


# --- help and --explain ---

def test_help():
    with Shop() as shop:
        result = shop.run("help", REEVE_KEY="/nonexistent/x")
        assert result.returncode == 0 and result.stderr == b"", result
        assert b"\n  AUG " in result.stdout
        result = shop.run("help", "aug", REEVE_KEY="/nonexistent/x")
        assert b"\n  AUG GET " in result.stdout
        assert b"#" not in result.stdout.replace(b"#c", b"")
        result = shop.run("help", "AUG", "FROB")
        assert result.returncode == 1 and b"HELP AUG" in result.stderr, result
        result = shop.run("help", "edit")
        assert result.returncode == 0 and b"reeve --help" in result.stderr
        for words in (["help", "a", "b", "c"], ["--explain", "AUG"],
                      ["--explain"], ["--explain", "a", "b", "c"]):
            assert shop.run(*words).returncode == 2, words


def test_explain():
    with Shop() as shop:
        result = shop.run("--explain", "AUG", "SET")
        assert result.returncode == 0, result
        for text in (b"AUG SET <path:augpath> [<value:text>]\n",
                     b"  <path>: an augeas path expression",
                     b"\nExample: AUG SET ",
                     b"\nNeeds the rule: allow = AUG WRITE."
                     b"  panel may do this.\n"):
            assert text in result.stdout, (text, result.stdout)
        key = shop.machine.path("/etc/reeve/keys/reader.key")
        result = shop.run("--identity=reader", "--key", key, "--explain",
                          "AUG", "SET")
        assert b"Not now: policy: no rule allows AUG WRITE to reader.\n" \
            in result.stdout, result
        result = shop.run("--explain", "AUG", "SET", REEVE_IDENTITY="x")
        assert result.returncode == 3, result


# --- The first minute ---

def told(result, status, *texts):
    lines = result.stderr.decode().splitlines()
    assert result.returncode == status, result
    for text in texts:
        assert any(text in line for line in lines), (text, lines)
    return lines


def test_from_a_key_to_a_rule():
    """Who does what he is told gets in."""
    with Shop() as shop:
        machine = shop.machine
        path = machine.path("/etc/reeve/policy.d/new.policy")

        def reeve(*words):
            return subprocess.run(
                [REEVE, "--root", machine.root, "--identity=new", *words],
                env={"PATH": os.environ["PATH"]}, capture_output=True,
                timeout=PATIENCE, check=False)

        def reload():
            shop.daemon.reload()
            deadline = time.monotonic() + PATIENCE
            while reeve("NOP").returncode and time.monotonic() < deadline:
                time.sleep(0.05)

        get = ["AUG", "GET", "/files/etc/hosts/1/ipaddr"]
        told(reeve(*get), 3, "there is no key " + machine.path(
            "/etc/reeve/keys/new.key"),
            "reeve key new new --root " + machine.root)
        assert reeve("key", "new", "new").returncode == 0
        lines = told(reeve(*get), 3, "no policy knows the identity new",
                     "write in %s:" % path, "  [identity new]", "kill -HUP")
        section = [line[2:] for line in lines if line.startswith("  ")]
        machine.write("/etc/reeve/policy.d/new.policy",
                      "\n".join(section) + "\n")
        reload()
        result = reeve(*get)
        assert result.stdout == b"127.0.0.1\n", result
        lines = told(reeve("AUG", "SET", "/files/x", "y"), 6,
                     "AUG SET: Forbidden", "below [identity new] in "
                     + os.path.dirname(path))
        rule = re.search('"(allow = [^"]*)"', "\n".join(lines)).group(1)
        assert rule == "allow = AUG WRITE"
        told(reeve("AUG", "RUN", "set /files/x y"), 6,
             "AUG RUN: Forbidden - line 1: policy", rule)
        machine.write("/etc/reeve/policy.d/new.policy",
                      "\n".join(section + [rule]) + "\n")
        shop.daemon.reload()
        deadline = time.monotonic() + PATIENCE
        while reeve("AUG", "SET", "/files/etc/hosts/1/ipaddr",
                    "::1").returncode:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_key_that_is_not_the_right_one():
    with Shop() as shop:
        told(shop.run("NOP", REEVE_KEY=shop.machine.path(
            "/etc/reeve/keys/reader.key")), 3,
            "does not take you for panel", "grep -A9 'identity panel]'")
        told(shop.run("--no-auth", "AUG", "LOAD"), 3, "leave --no-auth out")
        told(shop.run("--identity=nobody", "--key", shop.machine.path(
            "/etc/reeve/keys/nobody.key"), stdin=b"AUG LOAD\n"), 6,
            "line 1: AUG LOAD: Forbidden", '"allow = AUG READ"')


def test_nobody_is_let_in():
    other = "nobody" if os.geteuid() == 0 else "root"
    policy = "[identity ghost]\nkey = ghost.key\npeer = %s\n" % other
    with scratch.Machine(policy=policy) as machine:
        daemon = None
        try:
            daemon = subprocess.Popen(
                [scratch.program("reeved"), "--root", machine.root,
                 "--foreground"], stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            deadline = time.monotonic() + PATIENCE
            while not os.path.exists(machine.socket):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            told(subprocess.run([REEVE, "--root", machine.root,
                                 "--identity=panel", "NOP"],
                                capture_output=True, timeout=PATIENCE,
                                check=False),
                 3, "no identity admits peer uid", "  [identity panel]",
                 "  peer = ")
        finally:
            if daemon:
                daemon.terminate()
                daemon.wait(PATIENCE)


def as_nobody(shop, *words, **variables):
    """Run reeve without the superuser's rights."""
    def drop():
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)

    program = shop.machine.path("/reeve")
    shutil.copy(REEVE, program)
    os.chmod(program, 0o755)
    return subprocess.run([program, *words], capture_output=True,
                          env={**shop.environment, **variables},
                          timeout=PATIENCE, preexec_fn=drop, check=False)


def test_no_right_to_the_socket():
    with Shop() as shop:
        path = shop.machine.socket
        os.chmod(path, 0o400)
        told(as_nobody(shop, "NOP"), 3, "you may not use %s: its mode is 400"
             % path, "with --socket")
        if os.geteuid() == 0:
            os.chown(path, 0, 4)  # Any group but root's.
            os.chmod(path, 0o660)
            told(as_nobody(shop, "NOP"), 3, "join the group", "adduser nobody")
            os.chown(path, 0, 65534)
            os.chmod(path, 0o060)
        else:
            os.chmod(path, 0o060)
            told(as_nobody(shop, "NOP"), 3, "log in again")
        os.chmod(os.path.dirname(path), 0o600)
        told(as_nobody(shop, "NOP"), 3, "you may not look at " + path)
        os.chmod(os.path.dirname(path), 0o755)


def test_a_key_that_may_not_be_read():
    with Shop() as shop:
        path = shop.machine.path("/etc/reeve/keys/panel.key")
        os.chmod(path, 0)
        told(as_nobody(shop, "NOP"), 3, "you may not read the key " + path,
             "install -o ")
        os.chmod(path, 0o400)


tap.main(globals())
