#!/usr/bin/env python3
# test-aug-policy.py - no way through AUG leads round policy
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two machines are the same but for what policy hides.  The same random calls
of all verbs of AUG go to both: if no answer ever differs, nothing of what is
hidden was answered, not even as a yes or no.  And whatever was saved, hidden
files, files that may only be read, and nodes whose change is denied are what
they were.

REEVE_SEED repeats a run, REEVE_POLICY_SECONDS makes it longer."""

import os
import random
import re
import secrets
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import assuan  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402
import verbs  # noqa: E402

SEED = int(os.environ.get("REEVE_SEED") or secrets.randbits(32))
SECONDS = float(os.environ.get("REEVE_POLICY_SECONDS") or 25)

POLICY = """\
[identity panel]
key   = panel.key
rate  = 1000000/1s
allow = AUG READ  path=/files/etc/** path=/files/srv/open
deny  = AUG READ  path=/files/etc/shadow path=/files/etc/secret/**
deny  = AUG READ  path=/files/etc/sysctl.d/hidden.conf path=/files/etc/passwd
deny  = AUG READ  path=/files/etc/motd
allow = AUG WRITE path=/files/etc/hosts path=/files/etc/ssh/**
allow = AUG WRITE path=/files/etc/sysctl.d/** path=/files/etc/notes
allow = AUG WRITE path=/files/etc/shadow path=/files/etc/pam.d/*/*/control
deny  = AUG WRITE path=/files/etc/ssh/sshd_config/PermitRootLogin
deny  = AUG WRITE path=/files/etc/ssh/sshd_config/Match/*/PermitRootLogin
deny  = AUG WRITE path=/files/etc/hosts/1/ipaddr
deny  = AUG WRITE path=/files/etc/sysctl.d/a.conf/kernel.core_*
"""

SSHD = """\
# A comment
Port 22
permitRootLogin no
AcceptEnv LANG LC_*
UsePAM yes
Match User git
  X11Forwarding no
  PermitRootLogin no
Match Group admin
  Banner none
"""

VISIBLE = {
    "/etc/hosts": "127.0.0.1\tlocalhost\n192.0.2.7\tgate gate.example\n"
                  "# end\n192.0.2.8\tother\n",
    "/etc/fstab": "/dev/sda1\t/\text4\tro\t0\t1\n",
    "/etc/hostname": "here\n",
    "/etc/ssh/sshd_config": SSHD,
    "/etc/sysctl.d/a.conf": "kernel.core_pattern = core\nvm.swappiness = 1\n"
                            "kernel.core_uses_pid = 1\n",
    "/etc/pam.d/login": "auth\trequired\tpam_unix.so\n"
                        "account\tsufficient\tpam_x.so\n",
    "/etc/notes": "one\ntwo\n",
    "/srv/open": "open\n",
}
HIDDEN = ["/etc/shadow", "/etc/passwd", "/etc/sysctl.d/hidden.conf",
          "/etc/secret/hosts", "/etc/motd", "/srv/closed"]
LINKS = {"/etc/ssh/ssh_config": "../shadow", "/etc/group": "passwd",
         "/etc/sysctl.d/link.conf": "hidden.conf", "/etc/way": "secret",
         "/etc/networks": "/srv/closed", "/etc/protocols": "../srv/open"}


def hidden_texts(chance, variant):
    """What the hidden files of a machine have: neither names nor numbers of
    nodes are those of the other one."""
    def word():
        return "%s%08x" % ("xyz"[variant], chance.getrandbits(32))

    users = ["root"] + [word() for _ in range(1 + variant)]
    return {
        "/etc/shadow": "".join("%s:%s:19000:0:99999:7:::\n" % (user, word())
                               for user in users),
        "/etc/passwd": "".join("%s:x:%d:%d::/home:/bin/sh\n"
                               % (user, 7 * number + variant, number)
                               for number, user in enumerate(users)),
        "/etc/sysctl.d/hidden.conf": "kernel.%s = %s\n" % (word(), word())
                                     if variant else "does not parse [\n",
        "/etc/secret/hosts": "10.%d.0.1\t%s\n" % (variant, word()),
        "/etc/motd": "%s\n" * 2 % (word(), word()),
        "/srv/closed": "%s\t10.0.0.0\n" % word(),
    }


# --- Expressions ---

NODES = """/files /files/etc /files/etc/hosts /files/etc/hosts/1
/files/etc/hosts/1/ipaddr /files/etc/hosts/2 /files/etc/hosts/*
/files/etc/hosts/2/alias[1] /files/etc/ssh /files/etc/ssh/sshd_config
/files/etc/ssh/sshd_config/PermitRootLogin /files/etc/ssh/sshd_config/Match[1]
/files/etc/ssh/sshd_config/permitRootLogin /files/etc/ssh/ssh_config
/files/etc/ssh/sshd_config/Match[1]/Settings/PermitRootLogin
/files/etc/ssh/sshd_config/Match[2]/Settings /files/etc/ssh/sshd_config/*[3]
/files/etc/ssh/sshd_config/Port /files/etc/sysctl.d /files/etc/sysctl.d/*
/files/etc/sysctl.d/a.conf/kernel.core_pattern /files/etc/sysctl.d/a.conf
/files/etc/sysctl.d/a.conf/vm.swappiness /files/etc/sysctl.d/hidden.conf
/files/etc/sysctl.d/link.conf /files/etc/sysctl.d/new.conf/vm.x
/files/etc/shadow /files/etc/shadow/root /files/etc/shadow/root/password
/files/etc/passwd/root/uid /files/etc/passwd/*[uid='0'] /files/etc/group/root
/files/etc/secret/hosts/1/canonical /files/etc/way/hosts/1 /files/etc/motd
/files/etc/motd/1 /files/srv/closed/1 /files/srv/open/1 /files/srv
/files/etc/networks /files/etc/protocols /files/etc/fstab/1/opt
/files/etc/hostname/hostname /files/etc/notes/1 /files/etc/notes
/files/etc/pam.d/login/1/control /files/etc/pam.d/login/1/module
/files/etc/pam.d/new/1/type /files/etc/reeve/keys /augeas /augeas/files
/augeas/files/etc/shadow /augeas/files/etc/shadow/path /augeas//error
/augeas/files/etc/sysctl.d/hidden.conf/error /augeas/load/*[1] /augeas/context
/augeas/variables/* /augeas/events/saved /text /tree /tree/root /tree/1
$a $b $c . .. * sshd_config hosts/1 etc/shadow ../shadow $a/.. $b/* $c/root
//password //* //uid //canonical /files//*[label()='root']""".split()
AXES = ["self", "child", "descendant", "descendant-or-self", "parent",
        "ancestor", "root", "preceding-sibling", "following-sibling"]
STEPS = ["*", "..", ".", "etc", "shadow", "root", "password", "hosts", "motd",
         "1", "PermitRootLogin", "#comment", "Settings", "hidden.conf", "seq::*",
         "kernel.core_pattern"]
VALUES = ["yes", "no", "1", "192.0.2.9", "", "PermitRootLogin", "a b", "é",
          "127.0.0.1%09x%0A", "PermitRootLogin yes\n", "root:x:1:1::/:/bin/sh\n",
          "10.0.0.1\tnew\n", "kernel.core_pattern = x\n",
          "Match User git\n  PermitRootLogin yes\n", SSHD,
          SSHD.replace("no", "yes"), SSHD.replace("Port 22\n", "Match all\n"),
          VISIBLE["/etc/hosts"].replace("127.0.0.1", "127.0.0.2")]
LABELS = ["PermitRootLogin", "permitrootlogin", "Banner", "1", "2", "3", "01",
          "shadow", "hosts", "ssh_config", "x", "#comment", "Match",
          "kernel.core_pattern", "ipaddr", "control", "passwd", "Port"]
FILES = [*VISIBLE, *HIDDEN, *LINKS, "/etc/way/hosts", "/etc/../etc/shadow",
         "/etc//shadow", "/etc/./shadow", "/etc/ssh/../shadow",
         "/etc/reeve/keys/panel.key", "/etc/sysctl.d/new.conf", "/etc/pam.d/new"]
LENSES = ["Hosts.lns", "Simplelines", "Simplelines.lns", "Sshd.lns", "@Sshd",
          "Shadow.lns", "Passwd.lns", "@Hosts", "Sysctl.lns", "Shellvars.lns",
          "Pam", "@Shadow", "@Sysctl"]
GLOBS = ["/etc/shadow", "/etc/*", "/etc/motd", "/etc/secret/*", "/etc/notes",
         "/etc/ssh/sshd_config", "/etc/sysctl.d/*", "/srv/*", "/etc/way/*",
         "/etc/ssh/*", "/etc/hosts", "/etc/ssh/../shadow", "etc/passwd",
         "/etc/reeve/keys/*", "a.conf"]
SCRIPT_LINES = ["get %p", "match %p", "print %p", "ls %p", "set %p %v",
                "rm %p", "mv %p %p", "cp %p %p", "ins %l before %p",
                "defvar a %p", "defnode b %p %v", "setm %p %l %v", "save",
                "clear %p", "touch %p", "rename %p %l", "count %p", "span %p",
                "load", "errors", "store Hosts.lns %p %p", "source %p",
                "retrieve Hosts.lns %p %p %p", "label %p",
                "transform Simplelines incl /etc/shadow", "match %p %v"]


class Chance(random.Random):
    def predicate(self):
        node = self.choice(NODES + ["."] * 20)
        return self.choice([
            "[%s]" % node, "[. = %s]" % node, "[%s = '0']" % node,
            "[count(%s) > %d]" % (node, self.randrange(3)),
            "[%s =~ regexp('.*[0-7].*')]" % node, "[last()]",
            "[not(%s)]" % node, "[%d]" % self.randrange(1, 4),
            "[%s = %s]" % (node, self.choice(NODES)), "[position() < 3]",
            "[label() =~ glob('*o*')]", "[int(%s) > 5]" % node, "[modified()]",
            "[%s != %s]" % (node, self.choice(NODES)),
            "[. =~ regexp(%s)]" % node])

    def path(self):
        path = self.choice(NODES)
        while self.random() < 0.3:
            path += "/" + self.choice(
                [self.choice(STEPS),
                 "%s::%s" % (self.choice(AXES), self.choice(STEPS[:12]))])
        if self.random() < 0.3:
            path += self.predicate()
            if self.random() < 0.3:
                path += "/" + self.choice(STEPS)
        if self.random() < 0.06:
            path = "%s | %s" % (path, self.choice(NODES))
        return path

    def word(self, text):
        """TEXT as one argument, in one of the ways to write it."""
        way = self.random()
        if way < 0.1:
            return "".join("%%%02X" % byte for byte in text.encode())
        if way < 0.4 and "\n" not in text:
            return '"%s"' % text.replace("%", "%25").replace('"', "%22")
        return assuan.word(text)

    def line(self):
        """A call, and what answers its inquiries."""
        verb = self.choice(list(CALLS))
        words = []
        for kind in CALLS[verb].split():
            if kind.startswith("?"):
                if self.random() < 0.5:
                    break
                kind = kind[1:]
            words.append(self.word(self.value(kind)))
        line = " ".join(["AUG " + verb, *words])
        answers = {}
        if verb == "RUN":
            line = "AUG RUN @"
            answers["SCRIPT"] = self.script().encode()
        elif len(line.encode()) > assuan.LINE_LIMIT - 100:
            line = "AUG PRINT /files/etc/hosts"
        return line, answers

    def value(self, kind):
        if kind == "path":
            return self.path()
        return self.choice({
            "value": VALUES, "label": LABELS, "file": FILES, "lens": LENSES,
            "glob": GLOBS, "where": ["before", "after"],
            "filter": ["incl", "excl"], "name": ["a", "b", "c"],
            "sub": ["."] + LABELS, "state": ["loaded", "changed", "failed"],
        }[kind])

    def script(self):
        def filled(match):
            text = self.value({"p": "path", "v": "value", "l": "label"}
                              [match.group(1)])
            return "'%s'" % text.replace("\n", "\\n").replace("'", "\\'")
        return "\n".join(re.sub("%([pvl])", filled, self.choice(SCRIPT_LINES))
                         for _ in range(self.randrange(1, 6)))


# How each verb is called; "?" stands before what may be left out.
CALLS = {
    "GET": "path ?path", "LABEL": "path", "MATCH": "path", "LS": "path",
    "PRINT": "?path", "SPAN": "path", "SOURCE": "path", "SET": "path ?value",
    "SETM": "path sub ?value", "CLEAR": "path", "CLEARM": "path sub",
    "TOUCH": "path", "INSERT": "label where path", "REMOVE": "path",
    "MOVE": "path path", "COPY": "path path", "RENAME": "path label",
    "DEFVAR": "name path", "DEFNODE": "name path ?value",
    "STORE": "lens path path", "RETRIEVE": "lens path path path", "LOAD": "",
    "TRANSFORM": "lens filter glob", "LENSES": "?file", "ERRORS": "?path",
    "FILES": "?state", "EDIT": "file ?value", "DIFF": "", "SAVE": "",
    "REVERT": "", "RUN": "",
}

# What a client who knows his way would say; most random edits end in trees
# that no lens writes.
SERIES = [
    ["SET /files/etc/ssh/sshd_config/Port 2%d", "SAVE"],
    ["SET /files/etc/hosts/2/canonical h%d", "SAVE"],
    ["SET /files/etc/hosts/1/canonical h%d", "SAVE"],
    ["SET /files/etc/hosts/1/ipaddr 10.0.0.%d", "SAVE"],
    ["SET /files/etc/ssh/sshd_config/permitRootLogin yes%d", "SAVE"],
    ["RENAME /files/etc/ssh/sshd_config/UsePAM PERMITROOTLOGIN", "SAVE"],
    ["INSERT permitrootlogin before /files/etc/ssh/sshd_config/Port",
     "SET /files/etc/ssh/sshd_config/permitrootlogin yes", "SAVE"],
    ["REMOVE /files/etc/ssh/sshd_config/permitRootLogin", "SAVE"],
    ["MOVE /files/etc/ssh/sshd_config/Match[1] /files/etc/ssh/sshd_config/x",
     "RENAME /files/etc/ssh/sshd_config/x Match", "SAVE"],
    ["REMOVE /files/etc/ssh/sshd_config", "SAVE"],
    ["MOVE /files/etc/ssh/sshd_config /files/etc/ssh/ssh_config", "SAVE"],
    ["REMOVE /files/etc/hosts/1", "SAVE"],
    ["INSERT 01 before /files/etc/hosts/1",
     "SET /files/etc/hosts/01/ipaddr 10.1.1.%d",
     "SET /files/etc/hosts/01/canonical first", "SAVE"],
    ["SETM /files/etc/sysctl.d/a.conf/* . %d", "SAVE"],
    ["SET /files/etc/sysctl.d/a.conf/vm.swappiness %d", "SAVE"],
    ["SET /files/etc/sysctl.d/new.conf/vm.x %d", "SAVE"],
    ["SET /files/etc/pam.d/login/1/control opt%d", "SAVE"],
    ["SET /files/etc/pam.d/login/1/module pam_%d.so", "SAVE"],
    ["SET /files/etc/fstab/1/passno %d", "SAVE"],
    ["DEFVAR e /files/etc", "SET $e/shadow/root/password x%d", "SAVE"],
    ["DEFVAR e /files/etc", "SET $e/motd/1 x%d", "SAVE"],
    ["TRANSFORM Simplelines incl /etc/motd",
     "TRANSFORM Simplelines incl /etc/shadow", "LOAD", "MATCH /files//*",
     "GET /files/etc/motd/1", "SET /files/etc/motd/1 x%d", "SAVE"],
    ["TRANSFORM @Sshd excl /etc/ssh/sshd_config",
     "TRANSFORM Simplelines incl /etc/ssh/sshd_config", "LOAD",
     "SET /files/etc/ssh/sshd_config/2 %%22PermitRootLogin%%20yes%d%%22",
     "SAVE"],
    ["TRANSFORM Simplelines incl /etc/notes", "LOAD",
     "SET /files/etc/notes/1 x%d", "SAVE"],
    ["TRANSFORM @Sshd excl /etc/ssh/sshd_config",
     "TRANSFORM Shellvars incl /etc/ssh/sshd_config", "LOAD",
     "SET /files/etc/ssh/sshd_config/Match/Settings x%d", "SAVE"],
    ["TRANSFORM Hosts incl /etc/shadow", "TRANSFORM @Shadow excl /etc/shadow",
     "LOAD", "ERRORS", "PRINT /augeas/files", "FILES"],
]


class Pair:
    """The two machines, asked the same."""

    def __init__(self, chance):
        self.chance = chance
        self.machines = []
        self.daemons = []
        self.clients = []
        self.before = []

    def __enter__(self):
        for variant in (0, 1):
            machine = scratch.Machine(VISIBLE, policy=POLICY)
            self.machines.append(machine)
            for path, text in hidden_texts(self.chance, variant).items():
                machine.write(path, text, mode=0o600)
            for path, target in LINKS.items():
                os.symlink(target, machine.path(path))
            for path in VISIBLE:
                os.utime(machine.path(path), (1e9, 1e9))
            machine.write("/etc/reeve/keys/panel.key", "k" * 64 + "\n", 0o400)
            self.before.append({path: machine.read(path) for path in HIDDEN})
            self.daemons.append(machine.daemon())
        self.connect()
        return self

    def __exit__(self, *rest):
        for client in self.clients:
            client.close()
        for daemon in self.daemons:
            daemon.__exit__(*rest)
        for machine in self.machines:
            machine.remove()

    def connect(self):
        for client in self.clients:
            client.close()
        self.clients = [daemon.client("panel") for daemon in self.daemons]

    def renew(self):
        """Put the visible files back, with the same times on both."""
        for machine in self.machines:
            for path, text in VISIBLE.items():
                machine.write(path, text)
                os.utime(machine.path(path), (1e9, 1e9))
            for path in ("/etc/sysctl.d/new.conf", "/etc/pam.d/new"):
                if os.path.exists(machine.path(path)):
                    os.remove(machine.path(path))

    def call(self, line, answers):
        replies = []
        for client in self.clients:
            reply = client.call(line, answers)
            shown = [re.sub(rb"mtime = \\?\"\d+", b"mtime",
                            b"OK" if text.startswith(b"OK") else text)
                     for text in reply.lines]
            replies.append((reply, shown))
        return replies


def shown_of(data):
    return re.sub(rb"(?m)^(.*/mtime = )\"\d+\"", rb"\1", data)


def check_answers(line, replies):
    (one, _), (other, _) = replies
    same = (shown_of(one.data) == shown_of(other.data)
            and one.status == other.status
            and one.error == other.error and one.advice == other.advice)
    assert same or "TIMEOUT" in (one.error, other.error), (
        "%s\n%s %s %r\n%s %s %r" % (line, one.verdict, one.status,
                                    one.data[:3000], other.verdict,
                                    other.status, other.data[:3000]))


def settings(text, names):
    """What an sshd_config says about NAMES, each with its block."""
    block = ""
    found = []
    for line in text.splitlines():
        words = line.replace("=", " ").split(None, 1) or [""]
        if words[0].lower() == "match":
            block = line.strip()
        if words[0].lower() in names:
            found.append((block, words))
    return found


def first_address(text):
    lines = [line for line in text.splitlines()
             if line.strip() and not line.lstrip().startswith("#")]
    return lines[0].split()[0] if lines else None


def check_disk(pair, line):
    """Nothing is on disk that policy denies."""
    for machine, before in zip(pair.machines, pair.before):
        for path, text in before.items():
            assert machine.read(path) == text, (line, path)
        for path in ("/etc/fstab", "/etc/hostname", "/srv/open"):
            assert machine.read(path) == VISIBLE[path], (line, path)
        text = machine.read("/etc/ssh/sshd_config") or ""
        assert settings(text, {"permitrootlogin"}) \
            == settings(SSHD, {"permitrootlogin"}), (line, text)
        assert first_address(machine.read("/etc/hosts") or "") \
            == "127.0.0.1", (line, machine.read("/etc/hosts"))
        assert re.findall("(?m)^kernel.core.*",
                          machine.read("/etc/sysctl.d/a.conf") or "") \
            == re.findall("(?m)^kernel.core.*",
                          VISIBLE["/etc/sysctl.d/a.conf"]), line
        assert not os.path.exists(machine.path("/etc/pam.d/new")), line
        login = machine.read("/etc/pam.d/login")
        assert re.findall("(?m)^(\\S+)\\s+\\S+\\s+(\\S+)$", login) \
            == [("auth", "pam_unix.so"), ("account", "pam_x.so")], (line, login)
        for path, target in LINKS.items():
            assert os.readlink(machine.path(path)) == target, (line, path)


def test_all_verbs_are_tried():
    names = {verb.name for verb in verbs.all_verbs() if verb.noun == "AUG"}
    assert names == set(CALLS), names ^ set(CALLS)


def attempt(pair, line, answers, tally):
    replies = pair.call(line, answers)
    check_answers("%s %s" % (line, answers), replies)
    check_disk(pair, line)
    reply = replies[0][0]
    verb = line.split()[1]
    kind = "%s %s" % (verb, reply.error or "done")
    if verb == "SAVE" and reply.ok and reply.data:
        kind = "SAVE wrote"
    tally[kind] = tally.get(kind, 0) + 1
    tally["all"] = tally.get("all", 0) + 1
    if reply.error in ("TIMEOUT", "SERVER_FAILED", "LIMIT_REACHED"):
        # What is left of the two sessions need not be the same.
        pair.connect()


def try_series(pair, series, chance, tally):
    """Begin with the files as they were, and end with SERIES."""
    pair.renew()
    for line in ["REVERT", "LOAD", *series]:
        number = chance.randrange(10, 99)
        attempt(pair, "AUG " + (line % number if "%" in line else line), {},
                tally)


def test_nothing_leads_round_policy():
    print("# REEVE_SEED=%d" % SEED, flush=True)
    chance = Chance(SEED)
    tally = {}
    with Pair(chance) as pair:
        for series in SERIES:
            pair.connect()
            try_series(pair, series, chance, tally)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try_series(pair, chance.choice(SERIES), chance, tally)
            for _ in range(chance.randrange(12)):
                attempt(pair, *chance.line(), tally)
                if chance.random() < 0.2:
                    attempt(pair, chance.choice(["AUG SAVE", "AUG DIFF",
                                                 "AUG SAVE --dry-run"]),
                            {}, tally)
            if chance.random() < 0.1:
                pair.connect()
    print("# %d calls; %s" % (tally["all"], ", ".join(
        "%s %d" % item for item in sorted(tally.items())
        if item[0].startswith("SAVE"))))
    assert tally["SAVE wrote"] > 4 and tally["SAVE FORBIDDEN"] > 8


tap.main(globals())
