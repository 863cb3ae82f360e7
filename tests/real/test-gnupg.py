#!/usr/bin/env python3
# test-gnupg.py - GnuPG's own programs as clients of reeved
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""gpg-connect-agent typed at by a person, and gpg-agent with "reeved
--server" or "reeve proxy" in the place of its scdaemon, driven by SCD
commands.  The agent begins with GETINFO socket_name and OPTION event-signal,
and ends each client's use with RESTART; that reeved refuses the last two is
all the same to it."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import assuan  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402

HOSTS = {"/etc/hosts": "127.0.0.1 localhost\n"}
GET = "AUG GET /files/etc/hosts/1/canonical"


def need(program):
    if not shutil.which(program):
        raise tap.Skip("%s is not installed" % program)


class Typist:
    """A program on a terminal."""

    def __init__(self, *command):
        self.seen = b""
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            os.execvp(command[0], command)

    def wait_for(self, pattern):
        """Return the match when PATTERN (bytes) has appeared."""
        deadline = time.monotonic() + 20
        while True:
            match = re.search(pattern, self.seen)
            if match:
                self.seen = self.seen[match.end():]
                return match
            assert time.monotonic() < deadline, self.seen
            if select.select([self.terminal], [], [], 1)[0]:
                try:
                    self.seen += os.read(self.terminal, 4096)
                except OSError as gone:
                    raise AssertionError(self.seen) from gone

    def type(self, line):
        os.write(self.terminal, line.encode() + b"\n")

    def end(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


def test_typed_at_a_terminal():
    need("gpg-connect-agent")
    with scratch.Machine(HOSTS) as machine, machine.daemon() as daemon:
        with daemon.client() as client:
            server = client.peer_uid()
        typist = Typist("gpg-connect-agent", "-S", machine.socket)
        try:
            typist.wait_for(rb"> ")
            typist.type("NONCE")
            nonce = typist.wait_for(rb"D ([0-9a-f]{64})\s+OK").group(1)
            typist.type("AUTH panel " + assuan.mac(
                machine.key("panel"), "client", "panel", nonce.decode(), "",
                os.geteuid(), server))
            typist.wait_for(rb"S AUTH panel [0-9a-f]{64}\s+OK")
            typist.type(GET)
            typist.wait_for(rb"D localhost\s+OK")
            typist.type("AUG GET /files/etc/hosts/9/canonical")
            typist.wait_for(rb"ERR \d+ .*no node")
            typist.type("/bye")
        finally:
            typist.end()


class Agent:
    """A gpg-agent whose card daemon is reeved on MACHINE, or PROGRAM with
    ARGUMENTS."""

    def __init__(self, machine, program="reeved", arguments="--server"):
        self.home = tempfile.mkdtemp(prefix="reeve-gnupg-")
        stand_in = os.path.join(self.home, "scdaemon")
        with open(stand_in, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\nexec "%s" --root "%s" %s\n'
                       % (scratch.program(program), machine.root, arguments))
            os.fchmod(file.fileno(), 0o700)
        subprocess.run(["gpg-agent", "--homedir", self.home, "--daemon",
                        "--scdaemon-program", stand_in], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def connect(self, *commands):
        """Run gpg-connect-agent on COMMANDS; its output as lines."""
        result = subprocess.run(
            ["gpg-connect-agent", "--homedir", self.home, "--no-autostart"],
            input="\n".join([*commands, "/bye\n"]), capture_output=True,
            text=True, timeout=60, check=False)
        assert result.returncode == 0, result
        return result.stdout.splitlines()

    def client(self):
        path = subprocess.run(["gpgconf", "--homedir", self.home,
                               "--list-dirs", "agent-socket"], check=True,
                              capture_output=True, text=True).stdout.strip()
        return assuan.Client.connect(path)

    def __exit__(self, *_):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill",
                        "gpg-agent"], check=False)
        shutil.rmtree(self.home, ignore_errors=True)


def log_in(client, machine):
    """On a pipe both uids are the daemon's own; a user other than root needs
    no handshake."""
    if os.geteuid() == 0:
        nonce = client.check("SCD NONCE").text
        rest = ("panel", nonce, "", os.getuid(), os.getuid())
        key = machine.key("panel")
        reply = client.check("SCD AUTH panel "
                             + assuan.mac(key, "client", *rest))
        assert reply.status == ["AUTH panel "
                                + assuan.mac(key, "server", *rest)]


def test_gpg_agent_drives_the_server():
    need("gpg-agent")
    with scratch.Machine(HOSTS) as machine, Agent(machine) as agent, \
            agent.client() as client:
        log_in(client, machine)
        identity = "panel" if os.geteuid() == 0 else "owner"
        assert "identity: %s\n" % identity in client.check("SCD WHOAMI").text
        assert client.check("SCD " + GET).text == "localhost"
        client.check("SCD AUG SET /files/etc/hosts/1/canonical here")
        client.check("SCD AUG SAVE")
        assert machine.read("/etc/hosts") == "127.0.0.1 here\n"
        assert client.call("SCD AUG GET /files/etc/hosts/9/canonical").error \
            == "NOT_FOUND"


def test_an_inquiry_goes_through_gpg_agent():
    need("gpg-agent")
    with scratch.Machine(HOSTS) as machine, Agent(machine) as agent, \
            agent.client() as client:
        log_in(client, machine)
        client.check("SCD AUG SET /files/etc/hosts/1/canonical @",
                     {"VALUE": b"through the agent"})
        assert client.check("SCD " + GET).text == "through the agent"


def test_an_agent_lends_the_pipe_to_one_client_at_a_time():
    """The next one goes on where the last one was: the session is the
    agent's."""
    need("gpg-agent")
    with scratch.Machine(HOSTS) as machine, Agent(machine) as agent:
        with agent.client() as client, agent.client() as other:
            log_in(client, machine)
            client.check("SCD AUG SET /files/etc/hosts/1/canonical here")
            assert other.call("SCD " + GET).verdict.startswith("ERR 67108983 ")
            assert client.check("SCD " + GET).text == "here"
        with agent.client() as client:
            deadline = time.monotonic() + 20
            reply = client.call("SCD " + GET)
            while not reply.ok and time.monotonic() < deadline:
                time.sleep(0.02)
                reply = client.call("SCD " + GET)
            assert reply.text == "here", reply.verdict
            client.check("SCD RESET")
            assert client.check("SCD " + GET).text == "localhost"


def test_gpg_agent_and_the_proxy():
    """One that is logged in already, for clients that cannot do it."""
    need("gpg-agent")
    with scratch.Machine(HOSTS) as machine, machine.daemon(), \
            Agent(machine, "reeve", "--identity panel proxy") as agent:
        lines = agent.connect("SCD GETINFO version", "SCD " + GET,
                              "SCD AUG GET /files/etc/hosts/9/canonical")
        assert lines[1] == "OK" and lines[2:4] == ["D localhost", "OK"], lines
        assert lines[4].startswith("ERR 536870939 "), lines
        lines = agent.connect(
            "/let x 50%% here", "/definq VALUE x",
            "SCD AUG SET /files/etc/hosts/1/canonical @", "SCD " + GET,
            "SCD RESET", "SCD " + GET)
        assert "D 50%25%25 here" in lines and "D localhost" in lines, lines
        assert not any(line.startswith("ERR") for line in lines), lines


if __name__ == "__main__":
    tap.main(globals())
