#!/usr/bin/env python3
# test-handshake.py - attempts to log in without the key
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import atexit
import concurrent.futures
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import assuan
import attack
import tap
from attack import HOSTS, ends, lives, session_pid, until
from scratch import Machine

MACHINE = Machine(HOSTS)
atexit.register(MACHINE.remove)
PANEL = MACHINE.key("panel")
WRONG = "0" * 64


def response(client, identity, nonce, key=PANEL, client_nonce=""):
    """What proves KEY."""
    mac = assuan.mac(key, "client", identity, nonce, client_nonce,
                     os.geteuid(), client.peer_uid())
    return (client_nonce and client_nonce + ":") + mac


def nonce_of(client):
    nonce = client.check("NONCE").text
    assert len(nonce) == 64 and set(nonce) <= set("0123456789abcdef"), nonce
    return nonce


def known(client):
    return "authenticated: yes" in client.check("WHOAMI").text


def daemon(*options):
    """Wrong responses slow down later ones: each test has its daemon."""
    return MACHINE.daemon(*options)


def test_both_forms_with_and_without_client_nonce():
    with daemon() as server:
        for client_nonce in ("", "ab" * 32):
            for inline in (True, False):
                with server.client() as client:
                    nonce = nonce_of(client)
                    text = response(client, "panel", nonce, PANEL,
                                    client_nonce)
                    if inline:
                        reply = client.call("AUTH panel " + text)
                    else:
                        reply = client.call("AUTH panel", {
                            "RESPONSE": text.encode() + b" \r\n"})
                    assert reply.ok, reply.lines
                    proof = assuan.mac(PANEL, "server", "panel", nonce,
                                       client_nonce, os.geteuid(),
                                       client.peer_uid())
                    assert reply.status == ["AUTH panel " + proof]
                    assert known(client)


def test_a_nonce_is_good_once():
    with daemon() as server, server.client() as client:
        nonce = nonce_of(client)
        good = response(client, "panel", nonce)
        assert client.call("AUTH panel " + WRONG).error == "BAD_AUTH"
        assert client.call("AUTH panel " + good).error == "INV_ORDER"
        assert not known(client)
        assert nonce_of(client) != nonce
        assert client.call("AUTH panel " + good).error == "BAD_AUTH"
        assert not known(client)


def test_only_the_last_nonce_counts():
    with daemon() as server, server.client() as client:
        first = nonce_of(client)
        nonce_of(client)
        reply = client.call("AUTH panel " + response(client, "panel", first))
        assert reply.error == "BAD_AUTH", reply.lines


def test_a_canceled_or_broken_answer_costs_the_nonce():
    with daemon() as server, server.client() as client:
        good = response(client, "panel", nonce_of(client))
        assert client.call("AUTH panel").error == "CANCELED"
        assert client.call("AUTH panel " + good).error == "INV_ORDER"
        good = response(client, "panel", nonce_of(client))
        client.check("RESET")
        assert client.call("AUTH panel " + good).error == "INV_ORDER"
        assert not known(client)


def test_a_nonce_is_good_in_its_session_only():
    with daemon() as server, server.client() as one, server.client() as two:
        nonce = nonce_of(one)
        nonce_of(two)
        good = response(one, "panel", nonce)
        assert two.call("AUTH panel " + good).error == "BAD_AUTH"
        assert one.call("AUTH panel " + good).ok


def test_a_response_is_for_its_identity_and_key():
    with daemon() as server, server.client() as client:
        nonce = nonce_of(client)
        reply = client.call("AUTH reader " + response(client, "panel", nonce))
        assert reply.error == "BAD_AUTH"
        nonce = nonce_of(client)
        reply = client.call("AUTH panel " + response(client, "reader", nonce))
        assert reply.error == "BAD_AUTH"
    with daemon() as server, server.client() as client:
        nonce = nonce_of(client)
        server_side = assuan.mac(PANEL, "server", "panel", nonce, "",
                                 os.geteuid(), client.peer_uid())
        assert client.call("AUTH panel " + server_side).error == "BAD_AUTH"
        nonce = nonce_of(client)
        relayed = assuan.mac(PANEL, "client", "panel", nonce, "",
                             os.geteuid() + 1, client.peer_uid())
        assert client.call("AUTH panel " + relayed).error == "BAD_AUTH"


def test_malformed_requests():
    with daemon() as server, server.client() as client:
        for line in ("AUTH", "AUTH  ", "AUTH panel a b", "AUTH panel x y z"):
            nonce_of(client)
            assert client.call(line).error == "SYNTAX", line
        assert client.call("NONCE x").error == "TOO_MANY"
        assert client.call("AUTH panel").error == "INV_ORDER"
        assert client.call("AUTH panel " + WRONG).error == "INV_ORDER"
        assert not known(client)


def test_malformed_responses_are_wrong_ones():
    bad = [b"", b"x", WRONG.encode()[1:], WRONG.encode() + b"0",
           WRONG.encode().replace(b"0", b"G"), b":" + WRONG.encode(),
           WRONG.encode() + b":", b"x:" + WRONG.encode(),
           b":".join([WRONG.encode()] * 3), b" " + WRONG.encode(),
           b"A" * 64, b"x" * 256]
    for answer in bad:
        with daemon() as server, server.client() as client:
            nonce_of(client)
            reply = client.call("AUTH panel", {"RESPONSE": answer})
            assert reply.error == "BAD_AUTH", (answer, reply.lines)
            assert not known(client)


def first_try(identity, key):
    """The reply to a wrong try of IDENTITY, and how long it took."""
    with daemon() as server, server.client() as client:
        text = response(client, identity, nonce_of(client), key)
        start = time.monotonic()
        reply = client.call("AUTH %s %s" % (identity, text))
        return reply.lines, time.monotonic() - start


def test_who_is_unknown_cannot_be_told_from_who_is_wrong():
    tries = {"wrong key": ("panel", b"x" * 32),
             "no such identity": ("nosuch", PANEL),
             "another peer's": ("ghost", MACHINE.key("ghost")),
             "no name at all": ("../x", PANEL),
             "built in": ("spawner", PANEL), "owner": ("owner", PANEL)}
    answers = {what: first_try(*how) for what, how in tries.items()}
    replies = {b"\n".join(lines) for lines, _ in answers.values()}
    assert len(replies) == 1, replies
    for what, (_, seconds) in answers.items():
        assert 0.1 <= seconds < 1, (what, seconds)


def test_a_key_file_that_became_bad_is_a_wrong_key():
    path = MACHINE.path("/etc/reeve/keys/reader.key")
    with daemon() as server, server.client() as client:
        os.chmod(path, 0o644)
        try:
            text = response(client, "reader", nonce_of(client),
                            MACHINE.key("reader"))
            reply = client.call("AUTH reader " + text)
        finally:
            os.chmod(path, 0o400)
        assert reply.error == "BAD_AUTH"
        assert "reader.key" in server.messages()


def test_three_wrong_tries_end_the_connection():
    with daemon() as server, server.client() as client:
        pid = session_pid(client)
        for _ in range(3):
            nonce_of(client)
            reply = client.call("AUTH panel " + WRONG)
            assert reply.error == "BAD_AUTH", reply.lines
        assert ends(client)
        assert until(lambda: not lives(pid))
        assert PANEL.decode() not in server.messages()


def test_wrong_answers_wait_right_ones_do_not():
    with daemon() as server:
        def wrong():
            with server.client() as client:
                nonce_of(client)
                start = time.monotonic()
                reply = client.call("AUTH panel " + WRONG)
                assert reply.error == "BAD_AUTH"
                return time.monotonic() - start

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            tries = [pool.submit(wrong) for _ in range(8)]
            time.sleep(0.3)
            for _ in range(5):
                start = time.monotonic()
                with server.client("panel") as client:
                    assert known(client)
                assert time.monotonic() - start < 1
            waited = sorted(future.result() for future in tries)
        assert waited[0] < 1 and waited[-1] > 3, waited
        assert waited[-1] < 7, waited


def test_a_second_auth_is_refused():
    with daemon() as server, server.client("panel") as client:
        nonce = nonce_of(client)
        for identity in ("panel", "reader"):
            text = response(client, identity, nonce, MACHINE.key(identity))
            reply = client.call("AUTH %s %s" % (identity, text))
            assert reply.error == "INV_ORDER", reply.lines
        assert "identity: panel" in client.check("WHOAMI").text
        assert client.check("AUG GET /files/etc/hosts/1/ipaddr").ok


def test_before_auth_only_the_session_words_work():
    with daemon() as server, server.client() as client:
        for line in ("AUG GET /files/etc/hosts/1/ipaddr", "AUG SAVE",
                     "AUG SET @ @", "AUG NOSUCH", "MODULE LIST"):
            reply = client.call(line)
            assert reply.error in ("NO_AUTH", "UNKNOWN_COMMAND"), reply.lines
        for line in ("NONCE", "WHOAMI", "GETINFO version", "HELP", "NOP",
                     "HELP AUG SET", "OPTION output=json", "RESET", "BYE"):
            assert client.call(line).ok, line


def test_a_peer_that_no_identity_admits_is_refused_unread():
    other = "nobody" if os.geteuid() == 0 else "root"
    policy = "[identity ghost]\nkey = ghost.key\npeer = %s\nallow = *\n"
    with Machine(HOSTS, policy % other) as machine:
        with machine.daemon() as server:
            for _ in range(3):
                with server.client() as client:
                    assert client.hello.error == "FORBIDDEN", client.hello
                    assert str(os.geteuid()) in client.hello.advice
                    assert ends(client)
            own = attack.sessions(server)
            assert not own, own


def test_no_identity_admits_nobody():
    with Machine(HOSTS, "# nothing\n") as machine:
        with machine.daemon() as server, server.client() as client:
            assert client.hello.error == "FORBIDDEN"


tap.main(globals())
