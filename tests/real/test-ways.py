#!/usr/bin/env python3
# test-ways.py - the ways in: sockets, activation, pipes, one client ever
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import contextlib
import grp
import os
import socket
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import assuan
import attack
import tap
from attack import HOSTS, SET, ends, until
from scratch import Machine, ended, program

REEVED = program("reeved")
GET = "AUG GET /files/etc/hosts/1/ipaddr"
ROOT = os.geteuid() == 0
SOMEBODY = 12345  # A user that owns nothing.


def refused(machine, *options, **popen):
    """Start reeved, which must refuse; what it says."""
    result = subprocess.run([REEVED, "--root", machine.root, "--foreground",
                             *options], stdin=subprocess.DEVNULL, timeout=30,
                            capture_output=True, text=True, check=False,
                            **popen)
    assert result.returncode == 2, (result.returncode, result.stderr)
    return result.stderr


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def at(machine, path, identity=None):
    client = assuan.Client.connect(machine.path(path))
    if identity:
        client.authenticate(identity, machine.key(identity))
    return client


# --- Sockets ---

def test_the_usual_socket():
    with Machine(HOSTS) as machine:
        with machine.daemon() as daemon, daemon.client("panel") as client:
            assert mode_of(machine.socket) == 0o666
            assert mode_of(os.path.dirname(machine.socket)) == 0o755
            assert client.check("GETINFO socket_name").text \
                == "/run/reeve/S.reeve"
            assert "ceiling: destroy" in client.check("WHOAMI").text
        assert not os.path.exists(machine.socket)


def test_mode_group_and_ceiling():
    group = grp.getgrgid(65534 if ROOT else os.getegid())
    with Machine(HOSTS) as machine:
        machine.write("/etc/reeve/reeved.conf",
                      "listen S.reeve mode=0600\n"
                      "listen S.read mode=0660 group=%s ceiling=read\n"
                      % group.gr_name)
        with machine.daemon("--listen", "  /srv/S.write\tceiling=write ") \
                as daemon:
            path = machine.path("/run/reeve/S.read")
            assert mode_of(machine.socket) == 0o600
            assert mode_of(path) == 0o660
            assert os.stat(path).st_gid == group.gr_gid
            with at(machine, "/run/reeve/S.read", "panel") as client:
                assert client.check(GET).text == "127.0.0.1"
                reply = client.call(SET)
                assert reply.error == "FORBIDDEN", reply.lines
                assert "ceiling" in reply.advice
                assert "ceiling: read" in client.check("WHOAMI").text
                assert client.check("GETINFO socket_name").text \
                    == "/run/reeve/S.read"
                assert client.call("OPTION ceiling=destroy").error
            with at(machine, "/srv/S.write", "panel") as client:
                client.check(SET, {"VALUE": b"127.0.0.2"})
                assert "ceiling: write" in client.check("WHOAMI").text
            with daemon.client("panel") as client:
                assert "ceiling: destroy" in client.check("WHOAMI").text


def test_a_socket_with_a_long_path():
    path = "/srv/" + "x" * 100 + "/" + "y" * 100 + "/S.reeve"
    with Machine(HOSTS) as machine:
        with machine.daemon("--listen", path, "--listen", "S.reeve"):
            with at(machine, path, "panel") as client:
                assert client.check(GET).text == "127.0.0.1"
                assert client.check("GETINFO socket_name").text == path
        assert not os.path.exists(machine.path(path))
        said = refused(machine, "--listen", "/srv/" + "z" * 100)
        assert "too long" in said, said


def test_a_stale_socket_is_replaced():
    with Machine(HOSTS) as machine:
        daemon = machine.daemon()
        daemon.process.kill()
        daemon.process.wait()
        assert os.path.exists(machine.socket)
        with machine.daemon() as again, again.client("panel") as client:
            assert client.check(GET).text == "127.0.0.1"


def test_a_live_socket_is_left_alone():
    with Machine(HOSTS) as machine, machine.daemon() as daemon:
        inode = os.stat(machine.socket).st_ino
        assert "already serves" in refused(machine)
        assert os.stat(machine.socket).st_ino == inode
        with daemon.client("panel") as client:
            assert client.check(GET).text == "127.0.0.1"


def test_what_is_no_socket_is_left_alone():
    with Machine(HOSTS) as machine:
        machine.write("/run/reeve/S.reeve", "mine\n")
        assert "S.reeve" in refused(machine)
        assert machine.read("/run/reeve/S.reeve") == "mine\n"


def test_the_directory_is_ours():
    with Machine(HOSTS) as machine:
        os.makedirs(machine.path("/run/reeve"))
        os.chmod(machine.path("/run/reeve"), 0o777)
        assert "chmod go-w" in refused(machine)
        os.chmod(machine.path("/run/reeve"), 0o755)
        if ROOT:
            os.chown(machine.path("/run/reeve"), SOMEBODY, SOMEBODY)
            assert "/run/reeve" in refused(machine)


# --- Socket activation ---

@contextlib.contextmanager
def activated(machine, descriptors, count=None, pid=None, names=None):
    """reeved as systemd would start it with DESCRIPTORS."""
    def prepare():
        for index, descriptor in enumerate(descriptors):
            os.dup2(descriptor, 100 + index, inheritable=False)
        for index in range(len(descriptors)):
            os.dup2(100 + index, 3 + index)
        os.environ["LISTEN_FDS"] = str(len(descriptors)) \
            if count is None else count
        os.environ["LISTEN_PID"] = str(os.getpid() + 1) if pid is False \
            else str(os.getpid()) if pid is None else pid
        if names:
            os.environ["LISTEN_FDNAMES"] = names

    process = subprocess.Popen([REEVED, "--root", machine.root],
                               preexec_fn=prepare, close_fds=False,
                               stdin=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


def listening(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path)
    sock.listen(5)
    return sock


def test_sockets_from_a_service_manager():
    with Machine(HOSTS) as machine:
        machine.write("/etc/reeve/reeved.conf",
                      "listen narrow ceiling=read\nlisten S.reeve\n")
        wide, narrow = machine.path("/wide"), machine.path("/narrow")
        with listening(wide) as one, listening(narrow) as two, activated(
                machine, [one.fileno(), two.fileno()],
                names="std:narrow") as process:
            one.close()
            two.close()
            with at(machine, "/wide", "panel") as client:
                assert "ceiling: destroy" in client.check("WHOAMI").text
                assert client.check(GET).text == "127.0.0.1"
                assert client.call("GETINFO socket_name").error == "NO_DATA"
            with at(machine, "/narrow", "panel") as client:
                assert "ceiling: read" in client.check("WHOAMI").text
            assert not os.path.exists(machine.socket)
            process.terminate()
            assert ended(process, 20) and process.returncode == 0
        assert os.path.exists(wide)


def assert_not_activated(machine, descriptors, reason, **how):
    with activated(machine, descriptors, **how) as process:
        said = process.communicate(timeout=20)[1]
        assert process.returncode == 2, (process.returncode, said)
        assert reason in said, said


def test_activation_that_is_not_meant_for_us():
    with Machine(HOSTS) as machine:
        with listening(machine.path("/s")) as sock:
            one = [sock.fileno()]
            assert_not_activated(machine, one, "LISTEN_PID", pid=False)
            assert_not_activated(machine, one, "LISTEN_PID", pid="")
            assert_not_activated(machine, one, "LISTEN_PID", pid="1x")
            for count in ("0", "-1", "x", "", "17", "99999999999999999999"):
                assert_not_activated(machine, one, "LISTEN_FDS", count=count)
            assert_not_activated(machine, one, "LISTEN_FDS", count="2")


def test_activation_does_not_guess_a_ceiling():
    with Machine(HOSTS) as machine:
        machine.write("/etc/reeve/reeved.conf", "listen narrow ceiling=read\n")
        with listening(machine.path("/s")) as sock:
            assert_not_activated(machine, [sock.fileno()], "LISTEN_FDNAMES",
                                 names="reeved.socket")


def test_activation_with_the_wrong_kind():
    with Machine(HOSTS) as machine, contextlib.ExitStack() as stack:
        tcp = stack.enter_context(socket.socket())
        tcp.bind(("127.0.0.1", 0))
        tcp.listen(1)
        datagram = stack.enter_context(
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        datagram.bind(machine.path("/datagram"))
        packets = stack.enter_context(
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        packets.bind(machine.path("/packets"))
        packets.listen(1)
        deaf = stack.enter_context(socket.socket(socket.AF_UNIX))
        deaf.bind(machine.path("/deaf"))
        pair = socket.socketpair()
        stack.enter_context(pair[0])
        stack.enter_context(pair[1])
        file = stack.enter_context(open(machine.path("/file"), "w",
                                        encoding="ascii"))
        for thing in (tcp, datagram, packets, deaf, pair[0], file):
            assert_not_activated(machine, [thing.fileno()], "descriptor 3")


# --- Pipes ---

def demoted(real=SOMEBODY, effective=None):
    """For preexec_fn: be another user where that is possible."""
    def demote():
        os.setgroups([])
        os.setresgid(real, real, real)
        os.setresuid(real, effective or real, effective or real)
    return demote if ROOT else None


@contextlib.contextmanager
def lent(machine, owner=SOMEBODY):
    """MACHINE belongs to the user of demoted."""
    if ROOT:
        for folder, names, files in os.walk(machine.root):
            for name in ["."] + names + files:
                os.chown(os.path.join(folder, name), owner, owner)
    yield machine


@contextlib.contextmanager
def on_pipes(machine, *options, **popen):
    """A client of reeved --server on two pipes, which have no
    credentials."""
    popen.setdefault("stderr", subprocess.PIPE)
    with subprocess.Popen([REEVED, "--server", "--root", machine.root,
                           *options], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, **popen) as process:
        try:
            yield process
        finally:
            process.stdin.close()
            if not ended(process, 20):
                process.kill()


def tell(process, *lines):
    """Send LINES and BYE on a pipe; all that is answered."""
    process.stdin.write(b"".join(line.encode() + b"\n" for line
                                 in lines + ("BYE",)))
    process.stdin.flush()
    return process.stdout.read().decode().splitlines()


def in_pair(machine, *options, by_variable=False, **popen):
    """A client of reeved --server on a socket pair."""
    ours, theirs = socket.socketpair()
    with theirs:
        variables = dict(os.environ)
        how = {"stdin": theirs, "stdout": theirs}
        if by_variable:
            variables["_assuan_connection_fd"] = str(theirs.fileno())
            how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
                   "pass_fds": [theirs.fileno()]}
        process = subprocess.Popen([REEVED, "--server", "--root",
                                    machine.root, *options], env=variables,
                                   **how, **popen)
    client = assuan.Client(ours)
    client.process = process
    return client


def test_an_ordinary_user_is_the_owner():
    with Machine(HOSTS) as machine, lent(machine):
        with on_pipes(machine, preexec_fn=demoted()) as process:
            lines = tell(process, "WHOAMI", GET)
            assert any("identity: owner" in line for line in lines), lines
            assert "D 127.0.0.1" in lines, lines
            assert ended(process, 20) and process.returncode == 0


def test_the_owner_may_change_things():
    with Machine(HOSTS) as machine, lent(machine):
        with on_pipes(machine, preexec_fn=demoted()) as process:
            lines = tell(process, GET.replace("GET", "SET") + " 127.0.0.5",
                         "AUG SAVE", "GETINFO socket_name")
            assert not any("ERR" in line for line in lines[:-2]), lines
        assert machine.read("/etc/hosts") == "127.0.0.5 localhost\n"


def test_pairs_and_handed_over_descriptors():
    with Machine(HOSTS) as machine:
        for by_variable in (False, True):
            with in_pair(machine, by_variable=by_variable) as client:
                who = client.check("WHOAMI").text
                assert "uid: %d" % os.geteuid() in who, who
                if ROOT:
                    assert "authenticated: no" in who, who
                    client.authenticate("panel", machine.key("panel"))
                else:
                    assert "identity: owner" in who, who
                assert client.check(GET).text == "127.0.0.1"
                assert client.call("BYE").ok
                assert client.process.wait(20) == 0


def test_a_bad_descriptor_in_the_variable():
    with Machine(HOSTS) as machine:
        for value in ("99", "x", "-1", "", "99999999999", "1 "):
            with attack.environment(_assuan_connection_fd=value):
                process = subprocess.run(
                    [REEVED, "--server", "--root", machine.root],
                    input=b"BYE\n", capture_output=True, timeout=20,
                    check=False)
            assert process.returncode in (0, 1, 2), value


def test_root_must_prove_itself():
    if not ROOT:
        raise tap.Skip("machine: only root can be root")
    with Machine(HOSTS) as machine:
        with on_pipes(machine) as process:
            lines = tell(process, GET, "AUTH owner " + "0" * 64, "NONCE",
                         "AUTH owner " + "0" * 64, "WHOAMI")
            text = "\n".join(lines)
            assert "D 127.0.0.1" not in lines, text
            assert "owner" not in text and "authenticated: no" in text, text


def test_another_peer_is_not_the_owner():
    if not ROOT:
        raise tap.Skip("machine: only root can be two users")
    with Machine(HOSTS) as machine, lent(machine):
        with in_pair(machine, preexec_fn=demoted()) as client:
            assert "authenticated: no" in client.check("WHOAMI").text
    for uids in ((SOMEBODY, SOMEBODY + 1), (SOMEBODY + 1, SOMEBODY)):
        with Machine(HOSTS) as machine, lent(machine, uids[1]):
            with on_pipes(machine, preexec_fn=demoted(*uids)) as process:
                text = "\n".join(tell(process, "WHOAMI", GET))
                assert "authenticated: no" in text, (uids, text)
                assert "owner" not in text, (uids, text)


@contextlib.contextmanager
def key_descriptor(key):
    ours, theirs = os.pipe()
    os.write(theirs, key)
    os.close(theirs)
    try:
        yield ours
    finally:
        os.close(ours)


def test_a_spawned_server_takes_the_key_handed_over():
    key = os.urandom(32).hex().encode()
    with Machine(HOSTS) as machine, key_descriptor(key + b"\n") as descriptor:
        with in_pair(machine, "--key-fd", str(descriptor),
                     pass_fds=[descriptor]) as client:
            assert "authenticated: no" in client.check("WHOAMI").text
            client.authenticate("spawner", key)
            assert "identity: spawner" in client.check("WHOAMI").text
            assert client.check(GET).text == "127.0.0.1"


def test_keys_that_cannot_be_taken():
    with Machine(HOSTS) as machine:
        for key, reason in ((b"", "32 bytes"), (b"x" * 31 + b"\n", "32 bytes"),
                            (b"x" * 1025, "more than 1024")):
            with key_descriptor(key) as descriptor:
                said = refused(machine, "--single", "--key-fd",
                               str(descriptor), pass_fds=[descriptor])
                assert reason in said and "--key-fd" in said, said
        assert "descriptor 77" in refused(machine, "--key-fd", "77")
        for value in ("-1", "2", "x", ""):
            assert "--key-fd" in refused(machine, "--key-fd=" + value), value


# --- One client ever ---

@contextlib.contextmanager
def single(machine, key):
    with key_descriptor(key) as descriptor:
        process = subprocess.Popen(
            [REEVED, "--single", "--root", machine.root, "--key-fd",
             str(descriptor)], pass_fds=[descriptor],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert until(lambda: os.path.exists(machine.socket))
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            if not ended(process, 20):
                process.kill()
                process.wait()


def test_one_client_ever():
    key = os.urandom(32).hex().encode()
    with Machine(HOSTS) as machine, single(machine, key) as process:
        with at(machine, "/run/reeve/S.reeve") as early:
            with at(machine, "/run/reeve/S.reeve") as failing:
                failing.check("NONCE")
                assert failing.call("AUTH spawner " + "0" * 64).error \
                    == "BAD_AUTH"
            with at(machine, "/run/reeve/S.reeve"):
                pass
            assert process.poll() is None
            with at(machine, "/run/reeve/S.reeve") as client:
                client.authenticate("spawner", key)
                assert client.check(GET).text == "127.0.0.1"
                with at(machine, "/run/reeve/S.reeve") as late:
                    assert late.hello.error == "FORBIDDEN", late.hello.lines
                    assert ends(late)
                try:
                    early.authenticate("spawner", key)
                    raise AssertionError("a second client came in")
                except assuan.Refused:
                    assert ends(early)
                assert client.check(GET).text == "127.0.0.1"
                assert process.poll() is None
        assert ended(process, 20)
        assert process.returncode == 0
        assert not os.path.exists(machine.socket)


def test_identities_of_the_policy_may_be_the_one():
    key = os.urandom(32).hex().encode()
    with Machine(HOSTS) as machine, single(machine, key) as process:
        with at(machine, "/run/reeve/S.reeve", "reader") as client:
            assert client.call(SET).error == "FORBIDDEN"
        assert ended(process, 20)


tap.main(globals())
