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
    ("reeve --spa\t --root=tr\t AUG GET /files/etc/hosts/1/ipa\t",
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


tap.main(globals())
