#!/usr/bin/env python3
# test-pve_connection.py - how reeve comes to a server of Proxmox VE
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several endpoints, time limits, connections that are kept, and requests that
are never sent twice.  An endpoint that dies while a task is waited for is the
matter of test-pve_task.py."""

import contextlib
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import attack  # noqa: E402
import proxmox  # noqa: E402
import proxmox_host  # noqa: E402
import proxmox_liar  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402
from assuan import Gone  # noqa: E402


@contextlib.contextmanager
def machine_for(server, *lines, ports=None):
    """A machine that knows SERVER, or PORTS: it and a client."""
    with scratch.Machine() as machine:
        proxmox_host.introduce(machine, server, None, *lines, ports=ports)
        with machine.daemon() as daemon, daemon.client("panel") as client:
            yield daemon, client
            client.close()
            assert attack.until(lambda: attack.nothing_remains(daemon)), \
                attack.descendants(daemon.process.pid)
    assert not server.problems, server.problems


@contextlib.contextmanager
def scene(*lines):
    with proxmox.Proxmox() as server, \
            machine_for(server, *lines) as (daemon, client):
        yield server, daemon, client


@contextlib.contextmanager
def pair(*lines):
    """Two servers of a cluster, of which the first is asked first."""
    with proxmox.Proxmox() as first, proxmox.Proxmox(partner=first) as second:
        with machine_for(first, *lines, ports=[first.port, second.port]) as (
                daemon, client):
            yield first, second, client
        assert not second.problems, second.problems


def timed(client, line):
    began = time.monotonic()
    reply = client.call(line)
    return reply, time.monotonic() - began


def closed_port():
    with proxmox_liar.silent() as port:
        return port


# --- Which endpoint is asked ---

def test_the_next_one_where_nobody_listens():
    with pair() as (first, second, client):
        first.stop()
        client.check("PVE VERSION")
        assert len(second.requests) == 1 and not first.requests
        # It is stayed with.
        first.start()
        for _ in range(3):
            client.check("PVE VERSION")
        assert len(second.requests) == 4 and not first.requests


def test_the_next_one_where_the_name_is_unknown():
    with proxmox.Proxmox() as server, machine_for(
            server, "endpoint nowhere.invalid:8006", "endpoint 127.0.0.1:%d"
            % server.port, ports=[closed_port()]) as (_, client):
        client.check("PVE VERSION")
        assert len(server.requests) == 1


def test_the_next_one_where_packets_are_lost():
    with proxmox.Proxmox() as server, proxmox_liar.silent(0) as lost, \
            machine_for(server, "connect-timeout 400ms",
                        ports=[lost, server.port]) as (_, client):
        reply, seconds = timed(client, "PVE VERSION")
        assert reply.ok and 0.3 < seconds < 3, (seconds, reply.lines)


def test_the_next_one_where_nobody_speaks():
    with proxmox.Proxmox() as server, proxmox_liar.silent() as mute, \
            machine_for(server, "connect-timeout 400ms",
                        ports=[mute, server.port]) as (_, client):
        reply, seconds = timed(client, "PVE VERSION")
        assert reply.ok and 0.3 < seconds < 3, (seconds, reply.lines)


def test_the_next_one_where_the_connection_ends_at_once():
    with pair() as (first, second, client):
        first.fail_next("CONNECT", None, "reset")
        client.check("PVE VERSION")
        assert first.connections == 1 and len(second.requests) == 1


def test_none_can_be_reached():
    with proxmox.Proxmox() as server, machine_for(
            server, ports=[closed_port()]) as (_, client):
        reply = client.call("PVE VERSION")
        assert reply.error == "NETWORK", reply.lines
        assert "refused" in reply.advice, reply.lines


def test_an_unknown_name_is_told():
    with proxmox.Proxmox() as server, scratch.Machine() as machine:
        proxmox_host.introduce(machine, server)
        machine.write("/etc/reeve/pve.conf", "endpoint nowhere.invalid\n"
                      "insecure\ntoken-file /etc/reeve/pve.token\n")
        with machine.daemon() as daemon, daemon.client("panel") as client:
            reply = client.call("PVE VERSION")
            assert reply.error == "NETWORK", reply.lines
            assert "nowhere.invalid:8006" in reply.advice \
                and "nknown host" in reply.advice, reply.lines


def test_a_wrong_certificate_is_the_end():
    with pair() as (first, second, client):
        first.swap_certificate()
        assert client.call("PVE VERSION").error == "NOT_TRUSTED"
        assert not second.connections and not first.received


def test_an_answer_is_an_answer():
    answers = (("401", "BAD_AUTH"),
               ("403:Permission check failed", "FORBIDDEN"),
               ("500:it died", "SERVER_FAILED"),
               ("503:busy", "UNFINISHED"), ("595", "UNFINISHED"),
               ("596:broken pipe", "UNFINISHED"),
               ("501:none", "NOT_SUPPORTED"))
    with pair() as (first, second, client):
        first.delay_401 = 0
        for how, error in answers:
            first.fail_next("GET", "/version", how)
            reply = client.call("PVE VERSION")
            assert reply.error == error, (how, reply.lines)
        assert len(first.requests) == len(answers)
        assert not second.connections


def test_one_dies_between_two_calls():
    with pair() as (first, second, client):
        client.check("PVE VERSION")
        first.stop()
        client.check("PVE VERSION")
        assert (len(first.requests), len(second.requests)) == (1, 1)
        client.check("PVE START 100")
        assert second.guests[100].status == "running"
        second.stop()
        first.start()
        client.check("PVE STOP 100")
        assert first.guests[100].status == "stopped"


# --- What is sent, and how often ---

def posts(*servers):
    return [request for server in servers for request in server.requests
            if request.method == "POST"]


def test_a_change_whose_connection_ends_is_not_sent_again():
    with pair() as (first, second, client):
        for how in ("close", "close-after"):
            first.fail_next("POST", "/status/start", how)
            client.call("PVE START --timeout=4 100")
            assert len(posts(first, second)) == 1, (how, first.requests)
            first.requests.clear()
            second.requests.clear()
            first.guests[100].status = "stopped"


def test_nor_over_a_connection_that_was_kept_for_too_long():
    with scene() as (server, _, client):
        for _ in range(2):
            server.fail_next("POST", "/status/start", "close")
            client.call("PVE START --timeout=4 100")
        assert len(posts(server)) == 2, posts(server)


def test_a_connection_is_kept():
    with scene() as (server, _, client):
        for _ in range(20):
            client.check("PVE VERSION")
        client.check("PVE NODES")
        assert len(server.requests) == 21
        assert (server.connections, server.handshakes) == (1, 1)
        # One that the server closed meanwhile is no failure.
        for _ in range(2):
            server.stop()
            server.start()
            client.check("PVE VERSION")


def test_sessions_share_none():
    with scene() as (server, daemon, client):
        client.check("PVE VERSION")
        with daemon.client("panel") as other:
            other.check("PVE VERSION")
        assert server.connections == 2


def test_no_redirect_is_followed():
    with pair() as (first, second, client), proxmox_liar.Liar(
            first.authority) as liar:
        first.fail_next("GET", "/version",
                        "redirect:https://127.0.0.1:%d/" % second.port)
        assert client.call("PVE VERSION").error == "CONFIGURATION"
        assert not second.connections
        with machine_for(first, ports=[liar.port]) as (_, other):
            for status in (301, 302, 303, 307, 308):
                for where in (second.port, liar.port):
                    liar.say = lambda send, status=status, where=where: send(
                        proxmox_liar.answer(
                            b"", b"HTTP/1.1 %d Moved" % status,
                            [b"Location: https://127.0.0.1:%d/api2/json"
                             b"/version" % where]))
                    reply = other.call("PVE VERSION")
                    assert reply.error == "CONFIGURATION", reply.lines
            assert len(liar.requests) == 10, liar.requests
        assert not second.connections and not second.received


# --- Time ---

def test_an_answer_that_takes_too_long():
    with scene("timeout 4s") as (server, _, client):
        server.fail_next("GET", "/version", "slow:7")
        reply, seconds = timed(client, "PVE VERSION")
        assert reply.error == "TIMEOUT" and 3.5 < seconds < 5.5, seconds
        assert "127.0.0.1:%d" % server.port in reply.advice, reply.lines
        client.check("PVE VERSION")


def test_the_time_of_a_call():
    with scene() as (server, _, client):
        server.fail_next("GET", "/version", "slow:7")
        reply, seconds = timed(client, "PVE VERSION --timeout=1")
        assert reply.error == "TIMEOUT" and seconds < 2, seconds
        client.check("PVE VERSION")


def test_a_token_that_is_not_taken():
    for version, fault in (("9.1", "token 'ops' access expired"),
                           ("8.4", "token 'ops' access expired")):
        with proxmox.Proxmox(version) as server, machine_for(
                server, "timeout 4s") as (_, client):
            server.token_fault = fault
            reply, seconds = timed(client, "PVE VERSION")
            assert reply.error == "BAD_AUTH" and 2.9 < seconds < 4, seconds
            assert "never says why" in reply.advice, reply.lines
            assert "expired" not in reply.advice, reply.lines
            # What the server said is kept.
            assert reply.details["status"] == "401"
            assert ("expired" in reply.details["message"]) \
                == (version < "9"), reply.lines
            assert len(server.requests) == 1, "it was tried again"


# --- Giving up ---

def gives_up(client, line, after=0.4):
    """How long CLIENT waits for the end of LINE that it gives up."""
    client.send(line)
    time.sleep(after)
    began = time.monotonic()
    client.send("CANCEL")
    reply = client.read_reply()
    assert reply.error == "CANCELED", reply.lines
    return time.monotonic() - began


def test_giving_up_while_connecting():
    with proxmox.Proxmox() as server, proxmox_liar.silent(0) as lost, \
            machine_for(server, "connect-timeout 30s", ports=[lost]) as (
                _, client):
        assert gives_up(client, "PVE VERSION") < 1
        assert gives_up(client, "PVE START 100") < 1


def test_giving_up_while_nobody_speaks():
    with proxmox.Proxmox() as server, proxmox_liar.silent() as mute, \
            machine_for(server, "connect-timeout 30s", ports=[mute]) as (
                _, client):
        assert gives_up(client, "PVE VERSION") < 1
        assert gives_up(client, "PVE START 100") < 1


def test_giving_up_a_slow_answer():
    with scene() as (server, daemon, client):
        server.fail_next("GET", "/version", "slow:9")
        assert gives_up(client, "PVE VERSION") < 1
        client.check("PVE VERSION")
        server.fail_next("GET", "/version", "slow:9")
        with daemon.client("panel") as other:
            other.send("PVE VERSION")
            time.sleep(0.3)
        assert attack.until(lambda: len(attack.sessions(daemon)) == 1, 2)
        with contextlib.suppress(Gone):
            other.close()


def test_the_next_call_does_not_wait_for_one_that_was_given_up():
    with proxmox.Proxmox() as server, proxmox_liar.silent(0) as lost, \
            machine_for(server, "connect-timeout 3s",
                        ports=[lost, server.port]) as (_, client):
        reply, seconds = timed(client, "PVE VERSION --timeout=1")
        assert reply.error == "TIMEOUT" and seconds < 2, reply.lines
        reply, seconds = timed(client, "PVE VERSION")
        assert reply.ok and 2.5 < seconds < 4, seconds


if __name__ == "__main__":
    tap.main(globals())
