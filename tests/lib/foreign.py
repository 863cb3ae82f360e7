# foreign.py - talk through Assuan clients that others wrote
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each client runs in a small program that hands lines on and prints what
comes back; tests/real/client-gpgme.c says how."""

import os
import subprocess

import assuan
import scratch

FILES = {"/etc/hosts": "127.0.0.1 localhost\n192.0.2.7 gate.example gate\n",
         "/etc/fstab": "".join("proc /mnt/%d proc defaults 0 0\n" % i
                               for i in range(200))}
CANONICAL = "/files/etc/hosts/1/canonical"
NOT_FOUND = 32 << 24 | 27
CANCELED = 32 << 24 | 99
NOT_AUTHENTICATED = 32 << 24 | 314


class Reply:
    """What one command brought."""

    def __init__(self):
        self.data = b""
        self.status = []
        self.inquiries = []
        self.error = None  # The server's number; 0 if there was none.
        self.broken = False  # The client takes the connection for lost.

    @property
    def text(self):
        return self.data.decode()


class Foreign:
    """The client program COMMAND, connected to SOCKET."""

    def __init__(self, command, path):
        self.process = subprocess.Popen(
            [*command, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def call(self, line, answer=None):
        """Send LINE; ANSWER (bytes) is for the inquiries."""
        if answer is not None:
            line += "\t" + answer.hex()
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        reply = Reply()
        while reply.error is None:
            word, _, rest = self.process.stdout.readline() \
                .rstrip("\n").partition(" ")
            if word == "D":
                reply.data += bytes.fromhex(rest)
            elif word == "S":
                reply.status.append(rest)
            elif word == "INQUIRE":
                reply.inquiries.append(rest)
            elif word == "ERR":
                reply.error = int(rest)
            elif word == "OK":
                reply.error = 0
            elif word == "BROKEN" and rest[:1].isdigit():
                reply.broken = True
                reply.error = int(rest.split()[0])
            else:
                raise AssertionError("%s: %s %s" % (line, word, rest))
        return reply

    def check(self, line, answer=None):
        reply = self.call(line, answer)
        assert not reply.broken, (line, reply.error)
        assert reply.error == 0, (line, reply.error, reply.status)
        return reply


def respond(machine, identity, nonce):
    """The response as "reeve respond" makes it."""
    return subprocess.run(
        [scratch.program("reeve"), "--root", machine.root, "--identity",
         identity, "respond"], input=nonce + "\n", check=True, text=True,
        stdout=subprocess.PIPE, timeout=60).stdout.strip()


def proof(machine, daemon, nonce):
    with daemon.client() as client:
        return "AUTH panel " + assuan.mac(
            machine.key("panel"), "server", "panel", nonce, "",
            os.geteuid(), client.peer_uid())


# --- What each client must be able to do ---

def log_in_by_line(client, machine, daemon):
    assert client.call("AUG GET " + CANONICAL).error == NOT_AUTHENTICATED
    nonce = client.check("NONCE").text
    reply = client.check("AUTH panel " + respond(machine, "panel", nonce))
    assert reply.status == [proof(machine, daemon, nonce)], reply.status
    assert "identity: panel\n" in client.check("WHOAMI").text


def log_in_by_inquiry(client, machine, daemon):
    nonce = client.check("NONCE").text
    answer = respond(machine, "panel", nonce) + "\n"
    reply = client.check("AUTH panel", answer.encode())
    assert reply.inquiries == ["RESPONSE"], reply.inquiries
    assert reply.status == [proof(machine, daemon, nonce)], reply.status


def read(client):
    assert client.check("AUG GET " + CANONICAL).text == "localhost"
    long = client.check("AUG PRINT /files/etc/fstab").text
    assert long.count("\n") > 1200 and '"/mnt/199"\n' in long, len(long)
    client.check("HELP AUG GET")


def fail(client):
    """The server's number arrives, and the details before it."""
    reply = client.call("AUG GET /files/etc/hosts/9/canonical")
    assert reply.error == NOT_FOUND and not reply.broken, reply.error
    client.check("OPTION output=json")
    client.check("OPTION output=text")
    reply = client.call("AUG GET /files/etc/hosts[")
    assert reply.error and any(line.startswith("DETAIL position ")
                               for line in reply.status), reply.status
    assert client.check("AUG GET " + CANONICAL).text == "localhost"


def write(client, machine):
    """A value by inquiry: any bytes, and more than a line takes."""
    value = "50% of é\r\n".encode() + b"x" * 5000
    reply = client.check("AUG SET %s @" % CANONICAL, value)
    assert reply.inquiries == ["VALUE"], reply.inquiries
    assert client.check("AUG GET " + CANONICAL).data == value
    client.check("AUG SET %s @" % CANONICAL, b"here.example")
    assert client.check("AUG SAVE").text == "/etc/hosts\n"
    assert machine.read("/etc/hosts").startswith("127.0.0.1 here.example\n")


def cancel(client):
    """GPGME hands the server's error on as that of the connection."""
    reply = client.call("AUG SET %s @" % CANONICAL)
    assert reply.inquiries == ["VALUE"], reply.inquiries
    assert reply.error == CANCELED, reply.error
    if not reply.broken:
        assert client.check("AUG GET " + CANONICAL).text == "here.example"


def converse(command):
    """All of it, with the program COMMAND."""
    with scratch.Machine(FILES) as machine, machine.daemon() as daemon:
        with Foreign(command, machine.socket) as client:
            log_in_by_line(client, machine, daemon)
            read(client)
            fail(client)
            write(client, machine)
            cancel(client)
        with Foreign(command, machine.socket) as client:
            log_in_by_inquiry(client, machine, daemon)
            assert client.check("AUG GET " + CANONICAL).text == "here.example"
