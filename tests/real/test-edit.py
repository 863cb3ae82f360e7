#!/usr/bin/env python3
# test-edit.py - reeve edit with editors of all kinds
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import pty
import re
import select
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import scratch  # noqa: E402
import tap  # noqa: E402

REEVE = scratch.program("reeve")
HOSTS = "127.0.0.1 localhost\n# a remark\n"
PATIENCE = 30


class Desk:
    """A scratch machine with a daemon, editors, and a place for drafts."""

    def __init__(self):
        self.machine = scratch.Machine({"/etc/hosts": HOSTS})
        self.daemon = self.machine.daemon()
        os.mkdir(self.machine.path("/drafts"), 0o700)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.daemon.__exit__(*what)
        self.machine.remove()

    def editor(self, script):
        """A program that edits its first argument by the shell's SCRIPT."""
        path = self.machine.path("/my editor")
        self.machine.write("/my editor", "#!/bin/sh\n" + script, mode=0o755)
        return '"%s"' % path

    def environment(self, editor, **more):
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith("REEVE_")
                 and name not in ("XDG_RUNTIME_DIR", "VISUAL", "EDITOR")}
        clean.update(TMPDIR=self.machine.path("/drafts"), TERM="xterm", **more)
        if editor is not None:
            clean["EDITOR"] = self.editor(editor)
        return clean

    def command(self, *words, identity="panel"):
        return [REEVE, "--root", self.machine.root, "--identity", identity,
                "edit", *words]

    def edit(self, script, *words, identity="panel", **more):
        """Without a terminal."""
        return subprocess.run(self.command(*words, identity=identity),
                              env=self.environment(script, **more),
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=PATIENCE, check=False)

    def hosts(self):
        return self.machine.read("/etc/hosts")

    def drafts(self):
        """The texts that were kept."""
        folder = self.machine.path("/drafts")
        texts = []
        for where, _, names in os.walk(folder):
            for name in names:
                with open(os.path.join(where, name), encoding="utf-8") as file:
                    texts.append(file.read())
        if not texts:
            assert os.listdir(folder) == [], os.listdir(folder)
        return texts


class Person:
    """Somebody at a terminal who reads and types."""

    def __init__(self, desk, script, *words):
        self.seen = b""
        environment = desk.environment(script)
        self.pid, self.fd = pty.fork()
        if not self.pid:
            try:
                os.execve(REEVE, desk.command(*words), environment)
            finally:
                os._exit(127)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pid:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def read(self):
        ready, _, _ = select.select([self.fd], [], [], 1)
        try:
            piece = os.read(self.fd, 4096) if ready else None
        except OSError:  # Nobody has the terminal open any more.
            piece = b""
        self.seen += piece or b""
        return piece != b""

    def sees(self, pattern):
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern.encode(), self.seen):
            assert self.read() and time.monotonic() < deadline, \
                (pattern, self.seen)
        match = re.search(pattern.encode(), self.seen)
        self.seen = self.seen[match.end():]

    def types(self, text):
        os.write(self.fd, text.encode())

    def leaves(self):
        """Read to the end; return the exit status."""
        deadline = time.monotonic() + PATIENCE
        while self.read():
            assert time.monotonic() < deadline, self.seen
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)


CHANGE = 'sed -i s/localhost/gate.example/ "$1"\n'
CHANGED = HOSTS.replace("localhost", "gate.example")


def test_change_diff_and_save():
    with Desk() as desk:
        result = desk.edit(CHANGE, "/etc/hosts")
        assert result.returncode == 0 and result.stderr == b"", result
        assert b"-127.0.0.1 localhost\n+127.0.0.1 gate.example\n" \
            in result.stdout, result
        assert desk.hosts() == CHANGED
        assert desk.drafts() == []


def test_the_draft_is_private_and_keeps_its_name():
    script = """\
stat -c '%%a %%n' "$1" "$(dirname "$1")" >'%s'
ls "$(dirname "$1")" >>'%s'
touch "$1~"
"""
    with Desk() as desk:
        log = desk.machine.path("/log")
        result = desk.edit(script % (log, log), "/etc/hosts")
        assert result.returncode == 0, result
        assert b"/etc/hosts: unchanged\n" in result.stderr
        lines = desk.machine.read("/log").splitlines()
        drafts = desk.machine.path("/drafts")
        assert re.fullmatch(r"600 %s/reeve-edit\.\w+/hosts" % drafts, lines[0])
        assert re.fullmatch(r"700 %s/reeve-edit\.\w+" % drafts, lines[1])
        assert lines[2:] == ["hosts"]
        assert desk.drafts() == []


def test_the_runtime_directory_comes_first():
    with Desk() as desk:
        folder = desk.machine.path("/runtime")
        os.mkdir(folder, 0o700)
        log = desk.machine.path("/log")
        result = desk.edit("echo \"$1\" >'%s'\n" % log, "/etc/hosts",
                           XDG_RUNTIME_DIR=folder)
        assert result.returncode == 0, result
        assert desk.machine.read("/log").startswith(folder + "/")
        assert os.listdir(folder) == []


def test_no_draft_where_others_may_write():
    with Desk() as desk:
        folder = desk.machine.path("/runtime")
        log = desk.machine.path("/log")
        script = "echo \"$1\" >'%s'\n" % log
        os.mkdir(folder)
        for mode, safe in ((0o777, False), (0o770, False), (0o1777, True),
                           (0o755, True)):
            os.chmod(folder, mode)
            result = desk.edit(script, "/etc/hosts", XDG_RUNTIME_DIR=folder)
            assert result.returncode == 0, result
            assert desk.machine.read("/log").startswith(folder + "/") == safe
        if os.geteuid() == 0:
            os.chown(folder, 65534, 65534)
            desk.edit(script, "/etc/hosts", XDG_RUNTIME_DIR=folder)
            assert not desk.machine.read("/log").startswith(folder + "/")


def test_which_editor():
    with Desk() as desk:
        words = ("/etc/hosts",)
        mark = "echo %s >>'" + desk.machine.path("/log") + "'; :"
        desk.edit("echo editor >>'%s'\n" % desk.machine.path("/log"), *words,
                  VISUAL=mark % "visual")
        desk.edit("echo editor >>'%s'\n" % desk.machine.path("/log"), *words,
                  VISUAL="")
        environment = desk.environment("echo editor >>'%s'\n"
                                       % desk.machine.path("/log"),
                                       VISUAL=mark % "visual")
        environment["TERM"] = "dumb"
        subprocess.run(desk.command(*words), env=environment, check=True,
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=PATIENCE)
        assert desk.machine.read("/log") == "visual\neditor\neditor\n"
        # Words of a shell, as git takes them.
        subprocess.run(desk.command(*words),
                       env=desk.environment(None, EDITOR="sed -i -e"
                                            " 's/localhost/a.example b/'"),
                       check=True, stdin=subprocess.DEVNULL, timeout=PATIENCE,
                       stdout=subprocess.DEVNULL)
        assert desk.hosts() == HOSTS.replace("localhost", "a.example b")
        # Where there is none, one needs a terminal.
        result = desk.edit(None, *words)
        assert result.returncode == 1 and b"set EDITOR" in result.stderr


def test_an_editor_that_fails():
    with Desk() as desk:
        result = desk.edit(CHANGE + "exit 3\n", "/etc/hosts")
        assert result.returncode == 1 and b"failed" in result.stderr, result
        assert desk.hosts() == HOSTS
        assert desk.drafts() == [CHANGED]
    with Desk() as desk:
        result = desk.edit("exit 3\n", "/etc/hosts")
        assert result.returncode == 1 and b"failed" in result.stderr, result
        assert desk.drafts() == []


def test_dry_run_shows_the_difference_only():
    with Desk() as desk:
        result = desk.edit(CHANGE, "--dry-run", "/etc/hosts")
        assert result.returncode == 0, result
        assert b"+127.0.0.1 gate.example\n" in result.stdout
        assert result.stdout.count(b"@@") == 2
        assert desk.hosts() == HOSTS
        assert desk.drafts() == [CHANGED]


def test_a_text_that_does_not_parse_is_kept():
    with Desk() as desk:
        result = desk.edit('echo nonsense >>"$1"\n', "/etc/hosts")
        assert result.returncode == 1, result
        assert b"/etc/hosts: Bad data - the text does not parse at line 3: " \
            in result.stderr, result
        assert b"  line: 3\n" in result.stderr, result
        assert b"  reason: " in result.stderr, result
        path = re.search(rb"your text is in (\S+)", result.stderr).group(1)
        with open(path, encoding="utf-8") as file:
            assert file.read() == HOSTS + "nonsense\n"
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert desk.hosts() == HOSTS


def test_who_may_not():
    with Desk() as desk:
        for identity in ("nobody", "reader"):
            result = desk.edit(CHANGE, "/etc/hosts", identity=identity)
            assert result.returncode == 6, result
            assert b"allow = AUG WRITE" in result.stderr, result
        assert desk.hosts() == HOSTS
        assert desk.drafts() == []
        for words in ([], ["a", "b"], ["--data=/x", "/etc/hosts"]):
            assert desk.edit(CHANGE, *words).returncode == 2
        result = desk.edit(CHANGE, "/etc/nothing/knows.this")
        assert result.returncode == 1 and result.stdout == b"", result


def test_a_new_file():
    with Desk() as desk:
        result = desk.edit("echo 'nameserver 192.0.2.1' >\"$1\"\n",
                           "/etc/resolv.conf")
        assert result.returncode == 0, result
        assert desk.machine.read("/etc/resolv.conf") \
            == "nameserver 192.0.2.1\n"


def test_somebody_else_was_faster():
    with Desk() as desk:
        other = "printf '192.0.2.1 other\\n' >'%s'\n" \
            % desk.machine.path("/etc/hosts")
        result = desk.edit(CHANGE + other, "/etc/hosts")
        assert result.returncode == 5, result
        assert b"reeve edit /etc/hosts" in result.stderr
        assert desk.hosts() == "192.0.2.1 other\n"
        assert desk.drafts() == [CHANGED]


def test_a_relative_name():
    """Without --root it is the person's directory that counts."""
    with Desk() as desk:
        machine = desk.machine
        result = subprocess.run(
            [REEVE, "--socket", machine.socket, "--identity=panel", "--key",
             machine.path("/etc/reeve/keys/panel.key"), "edit", "hosts"],
            cwd="/etc", env=desk.environment(CHANGE), capture_output=True,
            stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
        assert result.returncode == 0, result
        assert desk.hosts() == CHANGED


def test_the_server_goes_meanwhile():
    with Desk() as desk:
        result = desk.edit(CHANGE + "kill %d\nsleep 0.5\n"
                           % desk.daemon.process.pid, "/etc/hosts")
        desk.daemon.process.wait(PATIENCE)
        assert result.returncode == 3, result
        assert desk.hosts() == HOSTS
        assert desk.drafts() == [CHANGED]


# --- At a terminal ---

def test_yes_and_no():
    with Desk() as desk:
        with Person(desk, CHANGE, "/etc/hosts") as person:
            person.sees("\\+127.0.0.1 gate.example")
            person.sees(r"Save\? \[y\]es, \[n\]o, \[e\]dit again ")
            person.types("what\n\n")
            person.sees(r"Save\?.*Save\?")
            person.types("n\n")
            person.sees("your text is in ")
            assert person.leaves() == 0
        assert desk.hosts() == HOSTS
        assert desk.drafts() == [CHANGED]
    with Desk() as desk:
        with Person(desk, CHANGE, "/etc/hosts") as person:
            person.sees(r"Save\?")
            person.types("y\n")
            assert person.leaves() == 0
        assert desk.hosts() == CHANGED
        assert desk.drafts() == []
    with Desk() as desk:
        with Person(desk, CHANGE, "/etc/hosts") as person:
            person.sees(r"Save\?")
            person.types("\x04")
            person.sees("your text is in ")
            assert person.leaves() == 0
        assert desk.hosts() == HOSTS
        assert desk.drafts() == [CHANGED]
    with Desk() as desk:
        with Person(desk, CHANGE, "/etc/hosts") as person:
            person.sees(r"Save\?")
            person.types("\x03")
            person.sees("your text is in ")
            assert person.leaves() == 0
        assert desk.hosts() == HOSTS
        assert desk.drafts() == [CHANGED]
    with Desk() as desk:
        with Person(desk, CHANGE, "--yes", "/etc/hosts") as person:
            assert person.leaves() == 0
        assert desk.hosts() == CHANGED


ONE_BY_ONE = """\
case $(cat "$1") in
  *wrong*) sed -i 's/^wrong/192.0.2.1 one/' "$1" ;;
  *one*) sed -i 's/one/two/' "$1" ;;
  *) echo wrong >>"$1" ;;
esac
"""


def test_edit_again():
    with Desk() as desk, Person(desk, ONE_BY_ONE, "/etc/hosts") as person:
        person.sees("line: 3")
        person.sees(r"Edit again\? \[y/n\] ")
        person.types("y\n")
        person.sees("\\+192.0.2.1 one")
        person.sees(r"Save\?")
        person.types("e\n")
        person.sees("\\+192.0.2.1 two")
        person.sees(r"Save\?")
        assert desk.hosts() == HOSTS
        person.types("y\n")
        assert person.leaves() == 0
        assert desk.hosts() == HOSTS + "192.0.2.1 two\n"
        assert desk.drafts() == []


def test_giving_up():
    with Desk() as desk, Person(desk, ONE_BY_ONE, "/etc/hosts") as person:
        person.sees(r"Edit again\?")
        person.types("n\n")
        person.sees("your text is in ")
        assert person.leaves() == 1
        assert desk.drafts() == [HOSTS + "wrong\n"]


tap.main(globals())
