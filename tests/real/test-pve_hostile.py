#!/usr/bin/env python3
# test-pve_hostile.py - servers that answer what no Proxmox VE would
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Garbage, lies and slowness of a server that has the right certificate.  Each
time the call ends with an error in time, and the same worker goes on."""

import contextlib
import json
import os
import re
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
from proxmox_liar import answer  # noqa: E402

CAP = 8 << 20
TYPE = b"Content-Type: application/json\r\n"
STATUS = b"HTTP/1.1 200 OK\r\n"


@contextlib.contextmanager
def scene(*lines, keeps=True):
    """A server that lies, and a client whose worker KEEPS on to the end."""
    with proxmox.Proxmox() as server, \
            proxmox_liar.Liar(server.authority) as liar, \
            scratch.Machine() as machine:
        proxmox_host.introduce(machine, server, None, *lines,
                               ports=[liar.port])
        with machine.daemon() as daemon, daemon.client("panel") as client:
            client.check("PVE VERSION")
            before = attack.descendants(attack.helper(daemon, "reeve-api"))
            yield liar, client
            liar.say = None
            assert "9.1.1" in client.check("PVE VERSION").text
            after = attack.descendants(attack.helper(daemon, "reeve-api"))
            assert (set(before) == set(after)) == keeps, (before, after)
            # What a server says breaks no line of the log.
            with open(machine.path("/var/log/reeve/audit.jsonl"), "rb") as log:
                for line in log.read().splitlines():
                    json.loads(line.decode("utf-8"))


def say(liar, client, what):
    """The reply to a call that is answered by the bytes WHAT, or by what that
    does with a function that sends."""
    liar.say = what if callable(what) else lambda send: send(what)
    began = time.monotonic()
    reply = client.call("PVE VERSION")
    assert time.monotonic() - began < 10, what
    return reply


def expect(client, liar, error, *answers):
    for what in answers:
        reply = say(liar, client, what)
        assert reply.error == error, (what[:200], reply.lines)


def slowly(part, seconds=0.2):
    """Send PART again and again, with pauses."""
    def send_all(send):
        while True:
            send(part)
            time.sleep(seconds)
    return send_all


# --- What is no answer ---

def test_no_HTTP():
    with scene() as (liar, client):
        expect(client, liar, "NETWORK", b"", b"\r\n\r\n", b"hello\n",
               b"SSH-2.0-OpenSSH_9.2\r\n", b"\0" * 1000,
               b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
               b"HTTP/3.7 200 OK\r\n\r\n", b"HTTP/1.1")


def test_a_head_that_is_cut():
    with scene() as (liar, client):
        expect(client, liar, "BAD_DATA", STATUS, STATUS + TYPE,
               STATUS + TYPE + b"Content-Len")


def test_a_status_that_is_none():
    with scene() as (liar, client):
        for line in (b"HTTP/1.1", b"HTTP/1.1 ", b"HTTP/1.1 abc def",
                     b"HTTP/1.1 000 none", b"HTTP/1.1 99999 none",
                     b"HTTP/1.1 -200 OK"):
            reply = say(liar, client, answer(line=line))
            assert not reply.ok, (line, reply.lines)


def test_NULs_in_the_head():
    with scene() as (liar, client):
        for head in (b"HTTP/1.1 500\0" + b" x" * 2000, b"HTTP/1.1 200 O\0K",
                     b"HTTP/1.1 400\0"):
            say(liar, client, answer(line=head))
        expect(client, liar, "NETWORK", answer(headers=[b"Date: \0 now"]))


def test_bytes_in_a_reason_are_shown_as_what_they_are():
    with scene() as (liar, client):
        reply = say(liar, client, answer(
            b"", b"HTTP/1.1 500 \x1b[31m\xff\xfe S OK %0A ERR 0"))
        assert reply.error == "SERVER_FAILED", reply.lines
        for line in reply.lines:
            assert re.fullmatch(rb"[^\x00-\x1f\x7f]*", line), line
        reply = say(liar, client, answer(b"", b"HTTP/1.1 500 " + b"x" * 9000))
        assert reply.error == "SERVER_FAILED", reply.lines


def test_headers_without_end():
    with scene("timeout 4s") as (liar, client):
        for what in (STATUS + b"X: " + b"y" * (4 << 20) + b"\r\n\r\n",
                     lambda send: [send(STATUS)] + [
                         send(b"X-%d: y\r\n" % n) for n in range(200000)]):
            reply = say(liar, client, what)
            assert reply.error == "TOO_LARGE", reply.lines
            assert "head" in reply.advice, reply.lines


def test_one_answer_before_the_answer_after_the_other():
    with scene("timeout 4s") as (liar, client):
        reply = say(liar, client, slowly(b"HTTP/1.1 100 Continue\r\n\r\n"
                                         * 100, 0.001))
        assert reply.error == "TOO_LARGE", reply.lines
        # A few are right.
        assert say(liar, client, b"HTTP/1.1 100 Continue\r\n\r\n" * 3
                   + proxmox_liar.GOOD).ok


# --- Bodies ---

def chunked(*chunks):
    return STATUS + TYPE + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(
        b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)


def test_bodies_in_chunks():
    body = proxmox_liar.BODY
    with scene() as (liar, client):
        assert say(liar, client, chunked(body[:9], body[9:], b"")).ok
        expect(client, liar, "NETWORK", chunked(body),
               chunked(body[:9]) + b"zz\r\n" + body,
               chunked(body[:9]) + b"ffffffffffffffffff\r\n" + body,
               chunked() + b"-5\r\n" + body)


def test_a_length_that_is_not_that_of_the_body():
    body = proxmox_liar.BODY
    with scene() as (liar, client):
        expect(client, liar, "NETWORK", answer(length=len(body) + 1))
        expect(client, liar, "BAD_DATA", answer(length=len(body) - 1))
        for length in (b"-1", b"abc", b"99999999999999999999999", b"1, 2"):
            reply = say(liar, client, STATUS + TYPE + b"Content-Length: "
                        + length + b"\r\n\r\n" + body)
            # Who takes it for a text up to the end is right, too.
            assert reply.ok or reply.error in ("NETWORK", "TOO_LARGE",
                                               "BAD_DATA"), reply.lines


def test_bodies_that_are_no_JSON_of_Proxmox():
    with scene() as (liar, client):
        expect(client, liar, "BAD_DATA", *map(answer, (
            b"", b"{", b"[]", b"null", b"\"data\"", b"{\"data\":", b"{}",
            b"{\"data\":{}} {}", b"\xff\xfe{}", b"<html></html>",
            b"{\"data\":1,\"data\":2}", b"[" * 1000000,
            b"{\"data\":" + b"[" * 100000 + b"]" * 100000 + b"}",
            b"\x1f\x8b\x08\0\0\0\0\0")))


def test_data_of_another_kind():
    with scene() as (liar, client):
        for data in (b"null", b"1", b"\"x\"", b"[]", b"[null]", b"true",
                     b"{\"version\":{}}", b"{\"version\":\"\\u0000\"}",
                     b"{\"version\":\"a\\nOK\\r\\nb\"}"):
            reply = say(liar, client, answer(b"{\"data\":%s}" % data))
            assert all(re.match(rb"(D|S|OK|ERR)\b", line)
                       for line in reply.lines), reply.lines


def test_a_body_that_is_too_large():
    fill = b"{\"data\":\"" + b"x" * CAP
    with scene() as (liar, client):
        expect(client, liar, "TOO_LARGE", answer(fill + b"\"}"),
               STATUS + TYPE + b"\r\n" + fill + fill,
               chunked(*[b"x" * 65536] * 200))


def test_a_body_that_never_ends():
    with scene() as (liar, client):
        began = time.monotonic()
        expect(client, liar, "TOO_LARGE", lambda send: (
            send(STATUS + TYPE + b"\r\n"), slowly(b"x" * (1 << 20), 0)(send)))
        assert time.monotonic() - began < 5


def test_a_body_that_needs_much_memory():
    """Each two bytes of it are a number of its own."""
    numbers = b"{\"data\":[" + b"1," * ((CAP - 40) // 2) + b"1]}"
    objects = b"{\"data\":[" + b"{}," * ((CAP - 40) // 3) + b"1]}"
    with scene() as (liar, client):
        for body in (numbers, objects):
            liar.say = lambda send, body=body: send(answer(body))
            reply = client.call("PVE VERSION")
            assert not reply.error or reply.error in (
                "BAD_DATA", "ENOMEM"), reply.lines


# --- Slowness ---

def test_slow_bytes():
    with scene("timeout 4s") as (liar, client):
        for what in (slowly(b"H"), slowly(b"X: y\r\n"), lambda send: (
                send(STATUS + TYPE + b"\r\n"), slowly(b" ")(send))):
            began = time.monotonic()
            reply = say(liar, client, what if what else None)
            assert reply.error in ("TIMEOUT", "NETWORK"), reply.lines
            assert time.monotonic() - began < 5.5


def test_giving_up_slow_bytes():
    with scene(keeps=False) as (liar, client):
        liar.say = lambda send: (send(STATUS + TYPE + b"\r\n"),
                                 slowly(b" ")(send))
        client.send("PVE VERSION")
        time.sleep(0.5)
        began = time.monotonic()
        client.send("CANCEL")
        assert client.read_reply().error == "CANCELED"
        assert time.monotonic() - began < 1
        liar.say = None
        client.check("PVE VERSION")


# --- What a server may not have done ---

def test_no_cookie_is_taken():
    with scene() as (liar, client):
        assert say(liar, client, answer(headers=[
            b"Set-Cookie: PVEAuthCookie=stolen; Path=/",
            b"Alt-Svc: h2=\":1\"", b"Strict-Transport-Security: max-age=9"])
            ).ok
        assert say(liar, client, proxmox_liar.GOOD).ok
        assert b"ookie" not in liar.requests[-1], liar.requests[-1]


def test_no_more_is_sent_than_is_needed():
    with scene() as (liar, client):
        say(liar, client, proxmox_liar.GOOD)
        names = [line.split(b":")[0].lower()
                 for line in liar.requests[-1].split(b"\r\n")[1:-2]]
        assert sorted(names) == [b"accept", b"authorization", b"host",
                                 b"user-agent"], names


def test_a_server_that_asks_for_a_password():
    with scene() as (liar, client):
        expect(client, liar, "BAD_AUTH", answer(
            b"", b"HTTP/1.1 401 Unauthorized",
            [b"WWW-Authenticate: Basic realm=\"x\"",
             b"WWW-Authenticate: Negotiate"]))
        assert len(liar.requests) == 2, liar.requests


def test_lists_that_take_long_to_put_in_order():
    """The worker would go on at it when nobody waits any more."""
    count = 300000
    names = b'{"data":{%s}}' % b",".join(
        b'"%06x":1' % number for number in range(count, 0, -1))
    entries = b'{"data":[%s]}' % b",".join(
        b'{"node":"%06x"}' % number for number in range(count, 0, -1))
    assert max(len(names), len(entries)) < CAP
    with scene() as (liar, client):
        for verb, body in ("PERMISSIONS", names), ("NODES", entries):
            liar.say = lambda send, body=body: send(answer(body))
            began = time.monotonic()
            reply = client.call("PVE %s --timeout=20" % verb)
            assert reply.error == "TOO_LARGE", reply.lines
            assert "50000" in reply.advice, reply.lines
            assert time.monotonic() - began < 10, verb


if __name__ == "__main__":
    tap.main(globals())
