#!/usr/bin/env python3
# test-crowd.py - clients that are slow, silent, greedy, many, or gone
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes long (a nonce's 60 s, the 30 s in which a client must take its
replies) begins first and is judged last."""

import contextlib
import os
import resource
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import assuan
import attack
import tap
from attack import HOSTS, SET, cpu, ends, inquiry, lives, session_pid, until
from scratch import Machine

START = time.monotonic()
MACHINE = Machine(HOSTS)
PANEL = MACHINE.key("panel")
PATIENT = attack.lasting(MACHINE, "--auth-timeout", "200", "--line-timeout",
                         "100")
OLD_NONCE = PATIENT.client()
OLD_TEXT = OLD_NONCE.check("NONCE").text
DEAF = PATIENT.client("panel")
DEAF_PID = session_pid(DEAF)
DEAF.socket.setblocking(False)
with contextlib.suppress(BlockingIOError):
    while True:
        DEAF.socket.send(b"HELP\n" * 1000)
DEAF_START = time.monotonic()
SLOW = PATIENT.client("panel")
SLOW.check(SET, {"VALUE": b"x" * 2 ** 20})
SLOW.check("AUG DEFVAR v /files/etc/hosts/1/ipaddr")
SLOW.send("AUG GET" + " $v" * 20)
SLOW_REPLY = []


def read_late():
    """By itself, so that it is in time however long the tests before take."""
    time.sleep(24)
    SLOW_REPLY.append(SLOW.read_reply())


SLOW_READER = threading.Thread(target=read_late)
SLOW_READER.start()


def impatient(machine, **seconds):
    """A daemon on MACHINE with short times: auth=1 is --auth-timeout 1."""
    return machine.daemon(*[word for name, value in seconds.items()
                            for word in ("--%s-timeout" % name, str(value))])


@contextlib.contextmanager
def times(**seconds):
    with Machine(HOSTS) as machine, impatient(machine, **seconds) as daemon:
        yield daemon


def seconds_until_end(client, before_each=lambda: None):
    start = time.monotonic()
    client.socket.settimeout(0.3)
    while time.monotonic() - start < 15:
        try:
            before_each()
            if not client.socket.recv(65536):
                return time.monotonic() - start
        except (BrokenPipeError, ConnectionResetError):
            return time.monotonic() - start
        except TimeoutError:
            pass
    raise AssertionError("the connection stays open")


# --- Time ---

def test_a_silent_stranger_is_dropped():
    with times(auth=1, line=60) as daemon:
        with daemon.client() as client:
            assert 0.7 < seconds_until_end(client) < 4


def test_a_busy_stranger_is_dropped_all_the_same():
    with times(auth=1, line=60) as daemon, daemon.client() as client:
        assert 0.7 < seconds_until_end(
            client, lambda: client.socket.sendall(b"NOP\n")) < 4


def test_a_stranger_who_is_asked_is_dropped():
    with times(auth=1, line=60) as daemon, daemon.client() as client:
        inquiry(client, False)
        assert 0.5 < seconds_until_end(client) < 4


def test_who_logged_in_may_stay():
    with times(auth=1, idle=60) as daemon, daemon.client("panel") as client:
        time.sleep(1.5)
        assert client.call("NOP").ok


def test_a_silent_client_is_dropped():
    with times(idle=1, line=60) as daemon, daemon.client("panel") as client:
        assert 0.7 < seconds_until_end(client) < 4


def test_a_client_that_speaks_is_not_idle():
    with times(idle=2) as daemon, daemon.client("panel") as client:
        for _ in range(6):
            time.sleep(0.5)
            assert client.call("NOP").ok


def test_half_a_line_is_dropped():
    with times(line=1, idle=60) as daemon:
        for start in (b"NO", b"NOP\nNO", b"AUG GET /files"):
            with daemon.client("panel") as client:
                client.send_raw(start)
                assert 0.7 < seconds_until_end(client) < 4


def test_a_byte_at_a_time_does_not_help():
    with times(line=1, idle=60) as daemon, daemon.client("panel") as client:
        client.send_raw(b"NOP ")
        assert 0.7 < seconds_until_end(
            client, lambda: client.socket.sendall(b"x")) < 4


def test_an_inquiry_has_a_time():
    with times(line=1, idle=60) as daemon:
        for answer in (b"", b"D x\n", b"D x"):
            with daemon.client("panel") as client:
                inquiry(client, True)
                client.send_raw(answer)
                reply = client.read_reply()
                assert reply.error == "TIMEOUT", reply.lines
                assert ends(client)
        with daemon.client("panel") as client:
            inquiry(client, True)
            assert 0.7 < seconds_until_end(
                client, lambda: client.socket.sendall(b"D x\n")) < 4


def test_endless_data_ends():
    with times(line=2, idle=60) as daemon, daemon.client("panel") as client:
        pid = session_pid(client)
        inquiry(client, True)
        line = b"D " + b"x" * 998 + b"\n"
        start = time.monotonic()
        client.socket.settimeout(5)
        most = 0
        with contextlib.suppress(ConnectionError, TimeoutError):
            while time.monotonic() - start < 10:
                client.socket.sendall(line * 1000)
                if lives(pid):
                    most = max(most, attack.memory(pid))
        assert time.monotonic() - start < 8
        assert until(lambda: not lives(pid))
        assert most < 200, most


# --- Numbers ---

def connect(machine):
    """A connection whose hello is not read yet."""
    sock = socket.socket(socket.AF_UNIX)
    # Without blocking, a full queue would be an error at once.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                    struct.pack("ll", 20, 0))
    sock.connect(machine.socket)
    sock.settimeout(20)
    return sock


def hello(sock):
    """The first line: "OK", or the error's name."""
    line = b""
    while not line.endswith(b"\n"):
        more = sock.recv(1)
        if not more:
            return "end"
        line += more
    word = line.split()
    return "OK" if word[0] == b"OK" \
        else assuan.NAMES[int(word[1]) & 0xffff]


def test_a_thousand_connections():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit[1] < 1100:
        raise tap.Skip("machine: fewer than 1100 descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (1100, limit[1]))
    with Machine(HOSTS) as machine:
        with machine.daemon("--max-clients", "50") as daemon:
            assert until(lambda: not attack.sessions(daemon))
            old = daemon.client("panel")
            socks = [connect(machine) for _ in range(1000)]
            got = [hello(sock) for sock in socks]
            assert got.count("OK") == 49, got.count("OK")
            assert got.count("LIMIT_REACHED") == 951
            for _ in range(20):
                assert old.call("AUG GET /files/etc/hosts/1/ipaddr").ok
            assert len(attack.sessions(daemon)) <= 50
            for sock in socks:
                sock.close()
            assert until(lambda: len(attack.sessions(daemon)) < 2)
            with daemon.client("panel") as client:
                assert client.call("WHOAMI").ok
            old.close()
            assert cpu(daemon.process.pid) < 10


def test_one_user_cannot_take_all():
    with Machine(HOSTS) as machine:
        with machine.daemon("--max-clients-per-uid", "5") as daemon:
            assert until(lambda: not attack.sessions(daemon))
            socks = [connect(machine) for _ in range(8)]
            got = [hello(sock) for sock in socks]
            assert sorted(got) == ["LIMIT_REACHED"] * 3 + ["OK"] * 5, got
            if os.geteuid() == 0:
                assert hello_as_nobody(machine) == b"OK"
            for sock in socks:
                sock.close()


def hello_as_nobody(machine):
    ours, theirs = os.pipe()
    pid = os.fork()
    if not pid:
        os.setgroups([])
        os.setresuid(65534, 65534, 65534)
        sock = connect(machine)
        os.write(theirs, hello(sock).encode())
        os._exit(0)
    os.close(theirs)
    os.waitpid(pid, 0)
    answer = os.read(ours, 100)
    os.close(ours)
    return answer


def test_limits_of_the_file():
    with Machine(HOSTS) as machine:
        machine.write("/etc/reeve/reeved.conf",
                      "# few\nmax-clients 3\nidle-timeout 1\n")
        with machine.daemon() as daemon:
            assert until(lambda: not attack.sessions(daemon))
            socks = [connect(machine) for _ in range(5)]
            assert sorted(map(hello, socks)) \
                == ["LIMIT_REACHED"] * 2 + ["OK"] * 3
            for sock in socks:
                sock.close()


# --- Clients that vanish ---

TALK = [b"NOP", b"OPTION output=json", b"GETINFO version", b"HELP",
        b"AUG GET /files/etc/hosts/1/ipaddr", b"AUG MATCH /files//*",
        b"AUG PRINT /files", SET.encode(), b"D 127.0.0.9", b"END",
        b"AUG DIFF", b"AUG SET /files/etc/hosts/1/ipaddr @", b"D 127.",
        b"D 0.0.1", b"END", b"AUG SAVE", b"AUG REVERT", b"AUG LOAD", b"RESET",
        b"NONCE", b"WHOAMI", b"MODULE LIST", b"BYE"]


def test_a_client_may_vanish_at_any_point():
    with Machine(HOSTS) as machine, machine.daemon() as daemon:
        for count in range(len(TALK) + 1):
            for rest in (b"", b"NO"):
                with daemon.client("panel") as client:
                    with contextlib.suppress(assuan.Gone):
                        client.send_raw(b"".join(line + b"\n" for line
                                                 in TALK[:count]) + rest)
        assert until(lambda: attack.nothing_remains(daemon)), \
            attack.descendants(daemon.process.pid)
        assert "signal" not in daemon.messages(), daemon.messages()
        with daemon.client("panel") as client:
            assert client.check("AUG GET /files/etc/hosts/1/ipaddr").text \
                in ("127.0.0.1", "127.0.0.9")


def test_a_client_may_vanish_before_it_is_known():
    words = [b"NONCE", b"AUTH panel", b"D " + b"0" * 64, b"END", b"NONCE"]
    with Machine(HOSTS) as machine, machine.daemon() as daemon:
        for count in range(len(words) + 1):
            for rest in (b"", b"N"):
                with contextlib.suppress(assuan.Gone), \
                        daemon.client() as client:
                    client.send_raw(b"".join(word + b"\n" for word
                                             in words[:count]) + rest)
        assert until(lambda: attack.nothing_remains(daemon)), \
            attack.descendants(daemon.process.pid)


def test_a_client_may_close_one_side():
    with Machine(HOSTS) as machine, machine.daemon() as daemon:
        with daemon.client("panel") as client:
            client.send("AUG GET /files/etc/hosts/1/ipaddr")
            client.socket.shutdown(socket.SHUT_WR)
            assert client.read_reply().text == "127.0.0.1"
            assert ends(client)
        with daemon.client("panel") as client:
            client.socket.shutdown(socket.SHUT_RD)
            with contextlib.suppress(assuan.Gone):
                client.send("AUG PRINT /files")
        assert until(lambda: attack.nothing_remains(daemon))


# --- Variables that steer libassuan ---

def test_the_environment_does_not_steer_libassuan():
    with attack.environment(ASSUAN_DEBUG="255", ASSUAN_FULL_LOGGING="1",
                            _assuan_connection_fd="0",
                            _assuan_pipe_connect_pid="1"), \
            Machine(HOSTS) as machine, machine.daemon("--debug") as daemon:
        with daemon.client("panel") as client:
            client.check(SET, {"VALUE": b"hidden.example"})
            assert "pid: %d" % os.getpid() in client.check("WHOAMI").text
        assert "hidden" not in daemon.messages()
        assert "<-" not in daemon.messages()
        assert machine.key("panel").decode() not in daemon.messages()


# --- What began first ---

def test_a_slow_reader_keeps_its_edits():
    SLOW_READER.join()
    assert len(SLOW_REPLY[0].data) > 20 * 2 ** 20
    reply = SLOW.call("AUG GET /files/etc/hosts/1/ipaddr")
    assert reply.data == b"x" * 2 ** 20, reply.lines[:3]
    SLOW.close()


def test_who_takes_no_reply_is_dropped():
    while lives(DEAF_PID):
        assert time.monotonic() - DEAF_START < 45, "the session waits"
        time.sleep(0.2)
    assert time.monotonic() - START > 25
    with PATIENT.client("panel") as client:
        assert client.call("NOP").ok


def test_a_nonce_gets_too_old():
    time.sleep(max(0, START + 61.5 - time.monotonic()))
    mac = assuan.mac(PANEL, "client", "panel", OLD_TEXT, "", os.geteuid(),
                     OLD_NONCE.peer_uid())
    reply = OLD_NONCE.call("AUTH panel " + mac)
    assert reply.error == "TOO_OLD", reply.lines
    assert "NONCE" in reply.advice
    OLD_NONCE.authenticate("panel", PANEL)


def test_the_daemon_ends_well():
    OLD_NONCE.close()
    assert PATIENT.stop() == 0


tap.main(globals())
