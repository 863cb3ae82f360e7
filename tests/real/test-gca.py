#!/usr/bin/env python3
# test-gca.py - gpg-connect-agent and gpg-agent speak to reeved
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import pty
import select
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import assuan
import tap
from attack import HOSTS, until
from scratch import Machine, ended, program

GET = "AUG GET /files/etc/hosts/1/ipaddr"
SET = "AUG SET /files/etc/hosts/1/ipaddr @"


def gnupg(name):
    path = shutil.which(name)
    if not path:
        raise tap.Skip("%s is not installed (Debian: gpg-agent)" % name)
    return path


def home(machine):
    """A private directory for GnuPG."""
    path = machine.path("/gnupg")
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


def mac(key, nonce, identity="panel"):
    return assuan.mac(key, "client", identity, nonce, "", os.geteuid(),
                      os.geteuid())


def answer(commands, machine):
    """Run gpg-connect-agent on COMMANDS, logged in by the proxy; its output
    as lines."""
    result = subprocess.run(
        [gnupg("gpg-connect-agent"), "--homedir", home(machine), "--exec",
         program("reeve"), "--root", machine.root, "proxy", "--identity",
         "panel"], input=commands, capture_output=True, text=True, timeout=60,
        check=False)
    assert result.returncode == 0, result
    return result.stdout.splitlines()


class Typed:
    """gpg-connect-agent on a terminal, with somebody who types."""

    def __init__(self, machine):
        self.text = ""
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            os.environ["TERM"] = "dumb"
            agent = shutil.which("gpg-connect-agent")
            os.execv(agent, [agent, "--homedir", home(machine), "-S",
                             machine.socket])

    def wait_for(self, condition, patience=20):
        """Read until CONDITION holds for a line; that line."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            lines = self.text.replace("\r", "").split("\n")[:-1]
            for line in lines:
                if condition(line):
                    self.text = ""
                    return line
            if select.select([self.terminal], [], [], 0.2)[0]:
                self.text += os.read(self.terminal, 4096).decode()
        raise AssertionError(self.text)

    def type(self, line):
        os.write(self.terminal, line.encode() + b"\n")

    def leave(self):
        self.type("/bye")
        assert until(lambda: os.waitpid(self.pid, os.WNOHANG)[0])
        os.close(self.terminal)


def test_logging_in_by_typing():
    gnupg("gpg-connect-agent")
    with Machine(HOSTS) as machine, machine.daemon():
        person = Typed(machine)
        person.type("NONCE")
        nonce = person.wait_for(
            lambda line: line.startswith("D ") and len(line) == 66)[2:]
        person.type("AUTH panel " + mac(machine.key("panel"), nonce))
        person.wait_for(lambda line: line.startswith("S AUTH panel "))
        person.type(GET)
        person.wait_for(lambda line: line == "D 127.0.0.1")
        person.type("HELP AUG GET")
        person.wait_for(lambda line: line.startswith("# AUG GET <"))
        person.type("GETINFO nonsense")
        person.wait_for(lambda line: line.startswith("ERR ")
                        and "HELP GETINFO" in line)
        person.leave()


def test_values_by_inquiry():
    with Machine(HOSTS) as machine, machine.daemon():
        machine.write("/value", "a.example")
        lines = answer("/let x 127.0.0.%%3\n/definq VALUE x\n%s\n%s\n"
                       "/cleardef\n/definqfile VALUE %s\n"
                       "AUG SET /files/etc/hosts/1/canonical @\n"
                       "AUG GET /files/etc/hosts/1/canonical\n/cleardef\n"
                       "/definqprog VALUE printf 127.0.0.4\n%s\n%s\n"
                       "AUG SAVE\n/bye\n"
                       % (SET, GET, machine.path("/value"), SET, GET),
                       machine)
        assert not any(line.startswith("ERR") for line in lines), lines
        for data in ("127.0.0.%253", "a.example", "127.0.0.4"):
            assert "D " + data in lines, lines
        assert machine.read("/etc/hosts") == "127.0.0.4 a.example\n"


def test_an_inquiry_without_definition_is_canceled():
    with Machine(HOSTS) as machine, machine.daemon():
        lines = answer("%s\n%s\n/bye\n" % (SET, GET), machine)
        assert any(line.startswith("ERR ") and "canceled" in line
                   for line in lines), lines
        assert "D 127.0.0.1" in lines, lines


def test_data_to_a_file():
    with Machine(HOSTS) as machine, machine.daemon():
        path = machine.path("/answer")
        answer("/datafile %s\nAUG PRINT /files/etc/hosts\n/datafile\n/bye\n"
               % path, machine)
        text = machine.read("/answer")
        assert '/files/etc/hosts/1/ipaddr = "127.0.0.1"\n' in text, text
        answer("/datafile %s\nOPTION output=json\n%s\n/datafile\n/bye\n"
               % (path, GET), machine)
        assert machine.read("/answer") == '"127.0.0.1"\n'


def test_an_error_does_not_stop_the_rest():
    with Machine(HOSTS) as machine, machine.daemon():
        lines = answer("AUG NOSUCH\nX\nAUG GET /files/nosuch\n%s\n/bye\n"
                       % GET, machine)
        assert sum(line.startswith("ERR ") for line in lines) == 3, lines
        assert "D 127.0.0.1" in lines, lines


# --- gpg-agent with reeved in place of its card daemon ---

class Agent:
    """gpg-agent --server, whose card daemon is reeved --server."""

    def __init__(self, machine):
        wrapper = machine.path("/card")
        machine.write("/card", "#!/bin/sh\nexec '%s' --server --root '%s'\n"
                      % (program("reeved"), machine.root), mode=0o755)
        machine.write("/gnupg/gpg-agent.conf",
                      "scdaemon-program %s\nno-detach\n" % wrapper)
        os.chmod(home(machine), 0o700)
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [gnupg("gpg-agent"), "--homedir", home(machine), "--server"],
                stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL)
        self.client = assuan.Client(ours)

    def __enter__(self):
        return self.client

    def __exit__(self, *_):
        self.client.close()
        if not ended(self.process, 20):
            self.process.kill()
            self.process.wait()


def log_in(client, machine):
    """As root the handshake is needed; nobody else needs it."""
    if os.geteuid() == 0:
        assert client.call("SCD " + GET).verdict.startswith("ERR")
        nonce = client.check("SCD NONCE").text
        reply = client.check("SCD AUTH panel "
                             + mac(machine.key("panel"), nonce))
        assert reply.status[0].startswith("AUTH panel "), reply.lines


def test_gpg_agent_drives_reeved():
    with Machine(HOSTS) as machine, Agent(machine) as client:
        log_in(client, machine)
        assert client.check("SCD " + GET).text == "127.0.0.1"
        client.check("SCD AUG SET /files/etc/hosts/1/ipaddr 127.0.0.8")
        assert "+127.0.0.8" in client.check("SCD AUG DIFF").text
        client.check("SCD AUG SAVE")
        assert machine.read("/etc/hosts") == "127.0.0.8 localhost\n"
        reply = client.call("SCD AUG GET /files/nosuch")
        assert reply.verdict.startswith("ERR "), reply.lines
        assert client.check("SCD GETINFO version").text


def test_gpg_agent_passes_inquiries_on():
    with Machine(HOSTS) as machine, Agent(machine) as client:
        log_in(client, machine)
        reply = client.call("SCD " + SET, {"VALUE": b"127.0.0.9"})
        assert reply.ok, reply.lines
        assert client.check("SCD " + GET).text == "127.0.0.9"


tap.main(globals())
