#!/usr/bin/env python3
# test-pve_trust.py - which servers of Proxmox VE are trusted with the token
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that are right and such as are not: a server that is not the
right one gets no byte of a request."""

import contextlib
import os
import re
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import proxmox  # noqa: E402
import proxmox_host  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402

OTHER = ":".join(["AB"] * 32)
WARNING = "nobody knows which server"


@contextlib.contextmanager
def scene(trust=None):
    """A server, a machine that trusts it by the lines that TRUST makes of
    it, and a client of its daemon."""
    with proxmox.Proxmox() as server, scratch.Machine() as machine:
        proxmox_host.introduce(machine, server)
        if trust:
            configure(machine, server, *trust(server))
        with machine.daemon() as daemon, daemon.client("panel") as client:
            yield server, machine, daemon, client
        assert not server.problems, server.problems


def configure(machine, server, *lines, host="127.0.0.1"):
    machine.write("/etc/reeve/pve.conf", "".join(line + "\n" for line in (
        "endpoint %s:%d%s" % (host, server.port, lines[0] if lines else ""),
        "token-file /etc/reeve/pve.token", *lines[1:])))


def pins(*fingerprints):
    return "".join(" fingerprint=" + one for one in fingerprints)


def refuses(client, server, words):
    """CLIENT's request ends before SERVER sees any of it."""
    received, asked = server.received, len(server.requests)
    seen = server.connections
    reply = client.call("PVE VERSION")
    assert reply.verdict.startswith("ERR "), reply.lines
    assert reply.error == "NOT_TRUSTED", reply.lines
    assert re.search(words, reply.advice), reply.lines
    # The server takes a connection that is over a moment later.
    assert proxmox.wait_for(lambda: server.connections > seen), "nobody came"
    assert server.received == received, "the server got something to read"
    assert len(server.requests) == asked, server.requests
    return reply


# --- Authorities ---

def test_a_certificate_of_the_authority_is_taken():
    with scene() as (server, _, _, client):
        client.check("PVE VERSION")
        assert server.received and server.requests
        assert not client.check("PVE VERSION").status


def test_a_certificate_for_another_name_is_not():
    with scene() as (server, _, _, client):
        server.renew_certificate(("DNS:pve2", "IP:127.0.0.2"))
        refuses(client, server, "127[.]0[.]0[.]1")
        server.renew_certificate()
        client.check("PVE VERSION")


def needs_localhost():
    try:
        socket.getaddrinfo("localhost", None)
    except OSError:
        raise tap.Skip("machine: localhost has no address") from None


def test_a_name_is_checked_too():
    needs_localhost()
    with scene(lambda _: ("", "ca-file /etc/reeve/pve-ca.pem")) as (
            server, machine, daemon, _):
        configure(machine, server, "", "ca-file /etc/reeve/pve-ca.pem",
                  host="localhost")
        with daemon.client("panel") as client:
            client.check("PVE VERSION")
        server.renew_certificate(("DNS:pve1", "IP:127.0.0.1"))
        with daemon.client("panel") as client:
            refuses(client, server, "localhost")


def test_one_whose_time_is_over_is_not():
    with scene() as (server, _, _, client):
        server.expire_certificate()
        refuses(client, server, "expired")


def test_nor_is_that_of_another_authority():
    with scene() as (server, _, _, client):
        server.swap_certificate()
        refuses(client, server, "ca-file")


def test_authorities_of_the_machine_are_asked_without_ca_file():
    with scene(lambda _: ("",)) as (server, machine, _, client):
        reply = client.call("PVE VERSION")
        assert reply.error == "CONFIGURATION", reply.lines
        with open(server.ca_file, encoding="ascii") as file:
            machine.write("/etc/ssl/certs/ca-certificates.crt", file.read())
        client.check("PVE VERSION")


def test_a_ca_file_without_certificates_trusts_nobody():
    with scene() as (server, machine, daemon, _):
        machine.write("/etc/reeve/pve-ca.pem", "none\n")
        with daemon.client("panel") as client:
            refuses(client, server, "ca-file")


# --- Fingerprints ---

def test_a_fingerprint_needs_no_authority_and_no_name():
    with scene(lambda server: (pins(server.fingerprint),)) as (
            server, machine, daemon, client):
        client.check("PVE VERSION")
        server.swap_certificate(("DNS:elsewhere",))
        configure(machine, server, pins(server.fingerprint))
        with daemon.client("panel") as other:
            other.check("PVE VERSION")


def test_another_fingerprint_is_refused_and_told():
    with scene(lambda _: (pins(OTHER), "ca-file /etc/reeve/pve-ca.pem")) as (
            server, _, _, client):
        reply = refuses(client, server, "another certificate")
        assert reply.details["fingerprint"] == server.fingerprint, reply.lines


def test_either_of_two_is_right():
    for order in (0, 1):
        with scene(lambda server, at=order: (pins(*(
                (OTHER, server.fingerprint), (server.fingerprint, OTHER))[
                    at]),)) as (server, _, _, client):
            client.check("PVE VERSION")
            server.renew_certificate()
            server.stop()
            server.start()
            refuses(client, server, "another certificate")


def test_a_pin_is_not_weakened_by_insecure():
    with scene(lambda _: (pins(OTHER), "insecure")) as (server, _, _, client):
        refuses(client, server, "another certificate")


def test_a_fingerprint_in_small_letters():
    with scene(lambda server: (pins(server.fingerprint.lower()),)) as (
            _, _, _, client):
        client.check("PVE VERSION")


# --- Certificates that change ---

def test_a_renewed_certificate_of_the_authority_is_taken():
    with scene() as (server, _, _, client):
        client.check("PVE VERSION")
        before = server.fingerprint
        server.renew_certificate()
        assert server.fingerprint != before
        # The connection is kept ...
        client.check("PVE VERSION")
        assert server.handshakes == 1
        # ... or is a new one.
        server.stop()
        server.start()
        client.check("PVE VERSION")
        assert server.handshakes == 2


def test_a_pinned_certificate_that_changes():
    with scene(lambda server: (pins(server.fingerprint),)) as (
            server, machine, daemon, client):
        client.check("PVE VERSION")
        old = server.fingerprint
        server.renew_certificate()
        client.check("PVE VERSION")
        assert server.handshakes == 1, "the connection was not kept"
        server.stop()
        server.start()
        reply = refuses(client, server, "another certificate")
        assert reply.details["fingerprint"] == server.fingerprint
        # What was told is what is to be written.
        configure(machine, server, pins(old, reply.details["fingerprint"]))
        with daemon.client("panel") as other:
            other.check("PVE VERSION")


def test_a_change_does_not_see_the_token_either():
    with scene(lambda server: (pins(server.fingerprint),)) as (
            server, _, _, client):
        client.check("PVE GUEST 100")
        server.renew_certificate()
        asked = len(server.requests)
        # Its worker is another one.
        reply = client.call("PVE START 100")
        assert reply.error == "NOT_TRUSTED", reply.lines
        assert not [one for one in server.requests[asked:]
                    if one.method != "GET"], server.requests[asked:]


# --- Insecure ---

def test_insecure_warns_each_time():
    with scene(lambda _: ("", "insecure")) as (server, _, _, client):
        for _ in range(3):
            reply = client.check("PVE VERSION")
            assert sum(WARNING in line for line in reply.status) == 1, \
                reply.lines
        server.swap_certificate(("DNS:elsewhere",))
        server.stop()
        server.start()
        assert WARNING in client.check("PVE VERSION").lines[0].decode()


def test_insecure_warns_of_changes():
    with scene(lambda _: ("", "insecure")) as (_, _, _, client):
        reply = client.check("PVE START 100")
        assert any(WARNING in line for line in reply.status), reply.lines
        client.check("OPTION dry-run=1")
        reply = client.check("PVE STOP 102")
        assert any(WARNING in line for line in reply.status), reply.lines


def test_no_warning_where_certificates_are_checked():
    for trust in (None, lambda server: (pins(server.fingerprint),
                                        "insecure")):
        with scene(trust) as (_, _, _, client):
            for line in "VERSION", "START 100":
                assert not any(WARNING in line for line in client.check(
                    "PVE " + line).status), line


def test_of_two_servers_only_the_unchecked_one_is_warned_of():
    needs_localhost()
    for host, warned in ("127.0.0.1:%d", False), ("127.0.0.1:1", True):
        with scene(lambda server: (
                pins(server.fingerprint), "insecure",
                "endpoint localhost:%d" % server.port)) as (
                    server, machine, daemon, _):
            file = "/etc/reeve/pve.conf"
            text = machine.read(file).replace(
                "127.0.0.1:%d" % server.port,
                host % server.port if "%" in host else host)
            machine.write(file, text)
            with daemon.client("panel") as client:
                status = client.check("PVE VERSION").status
                assert any(WARNING in line for line in status) == warned, host


if __name__ == "__main__":
    tap.main(globals())
