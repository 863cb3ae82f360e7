#!/usr/bin/env python3
# test-hostile.py - lines that would crash, hang or cheat a careless server
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""libassuan 2.5.5 leaves much to its server: escapes that its decoder never
finishes with, lines with a NUL that run as what stands before it, a command
table that unknown words read beyond, descriptors that nobody closes.  Each of
these meets a real reeved here, before and after authentication."""

import array
import contextlib
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import assuan
import attack
import tap
from attack import HOSTS, both, cpu, ends, inquiry, lives, session_pid, until
from scratch import Machine

MACHINE = Machine(HOSTS)
DAEMON = attack.lasting(MACHINE)


def goes_on(client):
    """The session still serves and is in step."""
    reply = client.call("GETINFO version")
    return reply.ok and reply.text[:1].isdigit()


def unchanged():
    """Nothing was done to the machine or the tree of a new session."""
    with DAEMON.client("panel") as client:
        tree = client.check("AUG GET /files/etc/hosts/1/ipaddr").text
    return tree == "127.0.0.1" \
        and MACHINE.read("/etc/hosts") == HOSTS["/etc/hosts"]


# --- Escapes ---

BAD_ESCAPES = [b"%", b"%4", b"abc%", b"abc%4", b"%zz", b"%4z", b"%z4", b"%%41",
               b"%25%", b"%\xff\xff", b"% 1", b"%-1", b"%0x", b"%+1"]


def test_bad_escapes_in_an_inquiry_are_refused():
    with both(DAEMON) as clients:
        for client, known in clients:
            pid = session_pid(client)
            for bad in BAD_ESCAPES:
                inquiry(client, known)
                client.send(b"D " + bad)
                client.send(b"D more")
                client.send("END")
                reply = client.read_reply()
                assert reply.error == "SYNTAX", (bad, reply.lines)
                assert "%25" in reply.advice, reply.lines
                assert goes_on(client)
            assert cpu(pid) < 1


def test_bad_escapes_and_gone():
    for bad in (b"%", b"%4"):
        for known in (False, True):
            with DAEMON.client("panel" if known else None) as client:
                pid = session_pid(client)
                inquiry(client, known)
                client.send(b"D " + bad)
            assert until(lambda: not lives(pid))


def test_bad_escapes_in_a_request_are_refused():
    with DAEMON.client("panel") as client:
        for bad in BAD_ESCAPES:
            reply = client.call(b"AUG SET /files/etc/hosts/1/ipaddr x" + bad)
            assert reply.error == "SYNTAX", (bad, reply.lines)
            assert client.call(b"AUG " + bad).error, bad
            assert client.call(b"OPTION reason=x" + bad).error == "SYNTAX", bad
            assert goes_on(client)
    assert unchanged()


def test_data_outside_an_inquiry_is_no_command():
    with both(DAEMON) as clients:
        for client, _ in clients:
            for line in (b"D abc", b"D %", b"D abc%4", b"D", b"END", b"CAN",
                         b"INQUIRE X", b"OK", b"ERR 1", b"S X"):
                assert client.call(line).error != "", line
            assert goes_on(client)


# --- NUL ---

def test_a_nul_in_a_request_ends_the_connection():
    for identity in (None, "panel"):
        for line in (b"NOP\0junk", b"\0", b"AUG\0 GET /files",
                     b"GETINFO \0version", b"AUG SAVE\0",
                     b"AUG SET /files/etc/hosts/1/ipaddr x\0"):
            with DAEMON.client(identity) as client:
                client.send_raw(b"GETINFO pid\n" + line
                                + b"\nGETINFO version\nBYE\n")
                assert client.read_reply().text.isdigit()
                reply = client.read_reply()
                assert reply.error == "INV_ARG", reply.lines
                assert "NUL" in reply.advice
                try:
                    raise AssertionError(client.read_line())
                except assuan.Gone:
                    pass
    assert unchanged()


def test_a_nul_in_an_inquiry_is_refused():
    with both(DAEMON) as clients:
        for client, known in clients:
            for lines in (b"D a\0b\nEND\n", b"D a%00b\nEND\n", b"D %00\nEND\n",
                          b"\0\n", b"D a\nEND\0\n",
                          b"D " + b"0" * 64 + b"%00x\nEND\n"):
                inquiry(client, known)
                client.send_raw(lines)
                reply = client.read_reply()
                assert reply.error == "INV_ARG", (lines, reply.lines)
                assert "NUL" in reply.advice, reply.lines
                assert goes_on(client)
    assert unchanged()


# --- Length ---

def test_lines_of_a_thousand_bytes_are_accepted():
    with both(DAEMON) as clients:
        for client, known in clients:
            assert client.call(b"NOP " + b"x" * 996).ok
            client.send_raw(b"NOP " + b"x" * 996 + b"\r\n")
            assert client.read_reply().ok
            assert client.call(b"#" + b"x" * 999 + b"\nNOP").ok
            assert client.call(b"HELP " + b"x" * 995).error \
                == "UNKNOWN_COMMAND"
            if known:
                path = b"/x" * 496
                assert client.call(b"AUG GET " + path).error == "NOT_FOUND"
            inquiry(client, known)
            client.send(b"D " + b"x" * 998)
            client.send("CAN")
            assert client.read_reply().error == "CANCELED"


def assert_too_long(client, line):
    with contextlib.suppress(assuan.Gone):
        client.send_raw(line + b"\nGETINFO version\n")
    reply = client.read_reply()
    assert reply.error == "LINE_TOO_LONG", reply.lines
    assert "1000" in reply.advice, reply.lines
    try:
        raise AssertionError(client.read_line())
    except assuan.Gone:
        pass


def test_longer_lines_end_the_connection():
    for identity in (None, "panel"):
        for length in (1001, 1002, 1003, 2000, 5000, 100000):
            with DAEMON.client(identity) as client:
                assert_too_long(client, b"NOP".ljust(length, b"x"))
            with DAEMON.client(identity) as client:
                inquiry(client, bool(identity))
                assert_too_long(client, b"D ".ljust(length, b"x"))


def test_a_long_line_is_never_read_as_two():
    evil = b"AUG SET /files/etc/hosts/1/ipaddr 9.9.9.9\nAUG SAVE\n"
    for start in (b"#", b"D "):
        for pad in (1000, 1001, 1002, 1004):
            with DAEMON.client("panel") as client:
                if start != b"#":
                    inquiry(client, True)
                with contextlib.suppress(assuan.Gone):
                    client.send_raw(start.ljust(pad, b"x") + evil)
                assert ends(client)
    assert unchanged()


# --- Inquiries ---

def test_too_much_data_is_refused_and_drained():
    with both(DAEMON) as clients:
        for client, known in clients:
            pid = session_pid(client)
            limit = 2 ** 20 if known else 256
            for length in (limit + 1, 5 * 2 ** 20):
                inquiry(client, known)
                line = b"D " + b"x" * 998 + b"\n"
                client.send_raw(line * (length // 998)
                                + b"D " + b"x" * (length % 998) + b"\nEND\n")
                reply = client.read_reply()
                assert reply.error == "TOO_LARGE", reply.lines
                assert str(limit) in reply.advice, reply.lines
                assert goes_on(client)
            assert attack.memory(pid) < 200
    assert unchanged()


def test_the_longest_value_is_taken():
    value = b"%\r\n\xff" * (2 ** 18)
    with DAEMON.client("panel") as client:
        client.check("AUG DEFVAR x /files/etc/hosts")
        reply = client.call("AUG SET /files/etc/hosts/1/ipaddr @",
                            {"VALUE": value})
        assert reply.ok, reply.lines
        data = client.check("AUG GET /files/etc/hosts/1/ipaddr").data
        assert data == value


def test_an_answer_may_be_long_but_not_too_long():
    with DAEMON.client("panel") as client:
        client.check(attack.SET, {"VALUE": b"x" * 2 ** 20})
        client.check("AUG DEFVAR v /files/etc/hosts/1/ipaddr")
        assert len(client.check("AUG GET" + " $v" * 30).data) > 30 * 2 ** 20
        reply = client.call("AUG GET" + " $v" * 100)
        assert reply.error == "TOO_LARGE", reply.verdict
        assert "67108864 bytes" in reply.advice, reply.verdict
        assert len(reply.data) <= 64 * 2 ** 20
        assert goes_on(client)


def test_other_lines_in_an_inquiry():
    with both(DAEMON) as clients:
        for client, known in clients:
            for line in (b"NOP", b"BYE", b"AUG SAVE", b"RESET", b"X",
                         b"END%20", b"ENDE", b"D", b"INQUIRE X", b" D x"):
                inquiry(client, known)
                reply = client.call(line)
                assert reply.error == "ASS_UNEXPECTED_CMD", (line, reply.lines)
                assert "END" in reply.advice
                assert goes_on(client)
            for line in (b"CAN", b"CANCEL", b"CANARY", b"CAN x"):
                inquiry(client, known)
                reply = client.call(line)
                assert reply.error == "CANCELED", (line, reply.lines)
                assert goes_on(client)
    assert unchanged()


# --- Words ---

def test_unknown_words_are_refused():
    words = ["X", "XX", "NOPE", "INPUT FD=0", "OUTPUT FD=1", "INPUT", "QUIT",
             "INPUT FD=3", "OUTPUT FD=2", "AUGX GET", "AU", "A" * 990,
             "%41UG GET", '"AUG" GET', "\x7f", "é", "-", "--help", "@",
             "AUG%20GET", "NONCE\x01"]
    with both(DAEMON) as clients:
        for client, _ in clients:
            for word in words + ["W%03d" % i for i in range(200)]:
                reply = client.call(word)
                assert reply.error == "ASS_UNKNOWN_CMD" \
                    or reply.error == "UNKNOWN_COMMAND", (word, reply.lines)
            for word in words:
                reply = client.call("HELP " + word)
                assert reply.error in ("UNKNOWN_COMMAND", "TOO_MANY"), \
                    (word, reply.lines)
            assert goes_on(client)


def test_lines_without_a_word():
    with both(DAEMON) as clients:
        for client, _ in clients:
            client.send_raw(b"\n\n\r\n# comment\n#\n")
            assert goes_on(client)
            assert client.call(" NOP").error
            assert client.call("\tNOP").error
            assert goes_on(client)


def test_options_are_checked():
    with both(DAEMON) as clients:
        for client, _ in clients:
            for line in ("OPTION", "OPTION =", "OPTION x", "OPTION x=1",
                         "OPTION dry-run=2", "OPTION dry-run=maybe",
                         "OPTION output=xml", "OPTION timeout=0",
                         "OPTION timeout=-1", "OPTION reason=a%0Ab",
                         "OPTION reason=a%00b", "OPTION --", "OPTION " + "x"
                         * 990):
                assert client.call(line).error, line
            assert goes_on(client)


def test_reset_keeps_identity_and_dry_run():
    with DAEMON.client("panel") as client:
        client.check("OPTION dry-run=1")
        client.check("OPTION output=json")
        client.check(attack.SET, {"VALUE": b"9.9.9.9"})
        assert client.call("RESET").ok
        who = client.check("WHOAMI").text
        assert "identity: panel" in who and "dry-run: yes" in who, who
        assert client.check("AUG GET /files/etc/hosts/1/ipaddr").text \
            == "127.0.0.1"
        client.check("OPTION dry-run=0")
        assert "dry-run: no" in client.check("WHOAMI").text


# --- Many lines at once ---

def test_pipelined_requests_are_answered_in_order():
    with both(DAEMON) as clients:
        for client, known in clients:
            lines = b"NOP\nGETINFO version\nX\n" * 300
            if known:
                lines += b"AUG GET /files/etc/hosts/1/ipaddr\n" * 300
            client.send_raw(lines + b"GETINFO pid\nBYE\n")
            for _ in range(300):
                assert client.read_reply().verdict == "OK"
                assert client.read_reply().text[:1].isdigit()
                assert client.read_reply().error
            for _ in range(300 if known else 0):
                assert client.read_reply().text == "127.0.0.1"
            assert client.read_reply().text.isdigit()
            assert client.read_reply().ok
            assert ends(client)


# --- Descriptors ---

def test_passed_descriptors_do_not_stay():
    with both(DAEMON) as clients:
        for client, _ in clients:
            ours, theirs = os.pipe()
            rights = array.array("i", [theirs, theirs])
            for _ in range(20):
                client.socket.sendmsg([b"NOP\n"],
                                      [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                        rights)])
                assert client.read_reply().ok
            os.close(theirs)
            os.set_blocking(ours, False)

            def closed():
                try:
                    return os.read(ours, 1) == b""
                except BlockingIOError:
                    return False
            assert until(closed, 3)
            os.close(ours)
            client.check("RESET")
            assert goes_on(client)


def test_a_session_holds_few_descriptors():
    if os.geteuid():
        raise tap.Skip("machine: only root may look into a session")
    with DAEMON.client("panel") as client:
        client.check("AUG GET /files/etc/hosts/1/ipaddr")
        folder = "/proc/%d/fd" % session_pid(client)
        before = len(os.listdir(folder))
        assert before < 20, before
        for _ in range(30):
            client.check("AUG GET /files/etc/hosts/1/ipaddr")
            client.check("RESET")
        assert len(os.listdir(folder)) <= before


def test_the_daemon_ends_well():
    assert until(lambda: attack.nothing_remains(DAEMON))
    assert DAEMON.stop() == 0


tap.main(globals())
