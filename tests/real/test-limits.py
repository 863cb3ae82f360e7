#!/usr/bin/env python3
# test-limits.py - each limit of GETINFO limits is met by a client
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each function test_NAME meets the limit NAME; the last one compares their
names with what GETINFO limits tells.  tests/real/test-crowd.py has more about
the times."""

import contextlib
import multiprocessing
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import assuan
import tap
from attack import HOSTS, SET, ends, inquiry, until
from scratch import Machine, sanitized

GET = "AUG GET /files/etc/hosts/1/ipaddr"
# Each address is compared with each name, which takes minutes.
MANY_HOSTS = "".join("10.%d.%d.1 host%d\n" % (i >> 8, i & 255, i)
                     for i in range(20000))
HEAVY = "AUG MATCH /files/etc/hosts/*[ipaddr=/files/etc/hosts/*/canonical]"


@contextlib.contextmanager
def daemon_with(files=None, **options):
    """A daemon; worker_cpu=1 is --worker-cpu 1."""
    with Machine(files or HOSTS) as machine:
        words = [word for name, value in options.items()
                 for word in ("--" + name.replace("_", "-"), str(value))]
        with machine.daemon(*words) as daemon:
            # The connection that found it ready is gone.
            assert until(lambda: hello(daemon) == "OK")
            yield daemon


def limits(client):
    """The values that GETINFO limits tells, by name."""
    return dict(re.findall("^name: (.*)\nvalue: (.*)",
                           client.check("GETINFO limits").text, re.MULTILINE))


def hello(daemon, keep=None):
    """How the daemon greets: "OK" or an error's name."""
    try:
        client = daemon.client()
    except assuan.Gone:
        return "end"
    if keep is None:
        client.close()
    else:
        keep.append(client)
    return "OK" if client.hello.ok else client.hello.error


def greetings(daemon, count):
    clients = []
    got = [hello(daemon, clients) for _ in range(count)]
    for client in clients:
        client.close()
    return got


def as_uid(uid, function, *arguments):
    """What FUNCTION returns in a process of the user UID."""
    ours, theirs = multiprocessing.Pipe()
    pid = os.fork()
    if not pid:
        try:
            os.setgroups([])
            os.setresuid(uid, uid, uid)
            theirs.send(function(*arguments))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert ours.poll(0), "the process of uid %d failed" % uid
    return ours.recv()


def open_to_others(machine):
    """The way to the socket, for other users."""
    for folder in ("/run", "/run/reeve"):
        os.chmod(machine.path(folder), 0o755)


def seconds_until_end(client):
    start = time.monotonic()
    assert ends(client, 15), "the connection stays open"
    return time.monotonic() - start


def refused(client, count):
    """How many of COUNT calls were refused for their rate."""
    return [client.call("WHOAMI").error for _ in range(count)] \
        .count("LIMIT_REACHED")


# --- Clients and their time ---

def test_max_clients():
    with daemon_with(max_clients=5) as daemon:
        time.sleep(0.2)
        got = greetings(daemon, 8)
        assert sorted(got) == ["LIMIT_REACHED"] * 3 + ["OK"] * 5, got
        assert until(lambda: hello(daemon) == "OK")


def test_max_clients_per_uid():
    with daemon_with(max_clients_per_uid=3) as daemon:
        time.sleep(0.2)
        clients = []
        got = [hello(daemon, clients) for _ in range(5)]
        assert sorted(got) == ["LIMIT_REACHED"] * 2 + ["OK"] * 3, got
        if os.geteuid() == 0:
            open_to_others(daemon.machine)
            assert as_uid(65534, hello, daemon) == "OK"
        for client in clients:
            client.close()


def test_auth_timeout():
    with daemon_with(auth_timeout=1) as daemon, daemon.client() as client:
        assert 0.5 < seconds_until_end(client) < 5


def test_line_timeout():
    with daemon_with(line_timeout=1) as daemon:
        with daemon.client("panel") as client:
            client.send_raw(b"NO")
            assert 0.5 < seconds_until_end(client) < 5
        with daemon.client("panel") as client:
            inquiry(client, True)
            assert client.read_reply().error == "TIMEOUT"
            assert ends(client)


def test_idle_timeout():
    with daemon_with(idle_timeout=1) as daemon:
        with daemon.client("panel") as client:
            assert 0.5 < seconds_until_end(client) < 5


def test_write_timeout():
    with daemon_with(write_timeout=1) as daemon:
        with daemon.client("panel") as client:
            pid = int(client.check("GETINFO pid").text)
            client.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    client.socket.send(b"HELP\n" * 1000)
            assert until(lambda: not os.path.exists("/proc/%d" % pid), 6)
        assert hello(daemon) == "OK"


# --- Sizes ---

def test_max_inquiry():
    with daemon_with(max_inquiry="2k") as daemon:
        with daemon.client("panel") as client:
            assert client.call(SET, {"VALUE": b"x" * 2048}).ok
            reply = client.call(SET, {"VALUE": b"x" * 2049})
            assert reply.error == "TOO_LARGE", reply.lines
            assert client.check(GET).data == b"x" * 2048


def test_max_answer():
    with daemon_with(max_answer="100k") as daemon:
        with daemon.client("panel") as client:
            client.check(SET, {"VALUE": b"x" * 100 * 1024})
            assert len(client.check(GET).data) == 100 * 1024
            client.check(SET, {"VALUE": b"x" * (100 * 1024 + 1)})
            reply = client.call(GET)
            assert reply.error == "TOO_LARGE", reply.verdict
            assert "max-answer" in reply.advice, reply.verdict
            assert client.call("NOP").ok


# --- Rates ---

def test_max_calls_per_uid():
    with daemon_with(max_calls_per_uid="20/1h") as daemon:
        with daemon.client("panel") as client:
            assert refused(client, 30) == 12  # NONCE and AUTH count.
            reply = client.call(GET)
            assert re.match("rate: at most 20 calls in 3600s for this user: "
                            r"wait \d+ ms", reply.advice), reply.lines
            assert 0 < int(reply.details["wait"]) <= 180000
            assert not reply.data
            assert client.call("NOP").ok
            start = time.monotonic()
            assert refused(client, 10) == 10
            assert time.monotonic() - start > 0.4
        # Neither another session nor the handshake is a way round it.
        with daemon.client() as client:
            assert client.call("NONCE").error == "LIMIT_REACHED"
        if os.geteuid() == 0:
            open_to_others(daemon.machine)
            assert as_uid(65534, lambda: refused(daemon.client(), 5)) == 0


def test_max_calls_per_identity():
    with daemon_with(max_calls_per_identity="10/1h") as daemon:
        with daemon.client("panel") as one, daemon.client("panel") as two:
            assert refused(one, 6) == 0
            assert refused(two, 6) == 2
            assert "for this identity" in one.call(GET).advice
            with daemon.client("reader") as other:
                assert refused(other, 6) == 0
        with daemon.client("panel") as again:
            assert refused(again, 1) == 1
        with daemon.client() as nobody:
            assert refused(nobody, 20) == 0


def test_calls_come_back():
    with daemon_with(max_calls_per_uid="10/1s") as daemon:
        with daemon.client() as client:
            assert refused(client, 15) > 0
            time.sleep(1.1)
            assert refused(client, 5) == 0


def test_limits_are_reloaded():
    with daemon_with() as daemon, daemon.client("panel") as client:
        assert refused(client, 20) == 0
        daemon.machine.write("/etc/reeve/reeved.conf",
                             "max-calls-per-uid 3/1h\nmax-answer 8k\n"
                             "worker-cpu 1\n")
        daemon.reload()
        assert until(lambda: "reload: done" in daemon.messages())
        assert refused(client, 10) >= 7
        with daemon.client() as other:
            assert refused(other, 1) == 1
        daemon.machine.write("/etc/reeve/reeved.conf", "max-answer 8k\n"
                             "worker-cpu 1\n")
        daemon.reload()
        assert until(lambda: daemon.messages().count("reload: done") == 2)
        client.call("WHOAMI")  # The last that may be late.
        time.sleep(0.01)
        found = limits(client)
        assert found["max-calls-per-uid"] == "100000/10s", found
        assert found["max-answer"] == "8192", found
        # What holds for workers is that of the daemon's start.
        assert found["worker-cpu"] == "5", found


# --- Workers ---

def test_worker_memory():
    if sanitized():
        raise tap.Skip("machine: a sanitizer's memory has no limit")
    with daemon_with(worker_memory="128M") as daemon:
        with daemon.client("panel") as client:
            errors = set()
            for i in range(200):
                reply = client.call("AUG SET /x/n%d @" % i,
                                    {"VALUE": b"x" * 2 ** 20})
                if not reply.ok:
                    errors.add(reply.error)
                    break
            assert errors <= {"ENOMEM", "INV_OP", "SERVER_FAILED"} and errors
            client.check("RESET")
            assert client.check(GET).text == "127.0.0.1"


def test_worker_cpu():
    with daemon_with({"/etc/hosts": MANY_HOSTS}, worker_cpu=1) as daemon:
        with daemon.client("panel") as client:
            client.check(GET)
            start = time.monotonic()
            reply = client.call(HEAVY)
            assert reply.error == "TIMEOUT", reply.verdict
            assert "more than 1 s" in reply.advice, reply.verdict
            assert time.monotonic() - start < 10
            assert client.check(GET).ok


def test_worker_time():
    # A fast machine would come to the end of the usual memory first.
    with daemon_with({"/etc/hosts": MANY_HOSTS}, worker_time=4,
                     worker_cpu=60, worker_memory="4G") as daemon:
        with daemon.client("panel") as client:
            client.check(GET)
            start = time.monotonic()
            reply = client.call(HEAVY)
            assert reply.error == "TIMEOUT", reply.verdict
            assert 3 < time.monotonic() - start < 10
            assert client.check(GET).ok


# --- Nobody delays others ---

def flood(daemon, lines):
    """Send LINES without end, in a process of its own."""
    pid = os.fork()
    if pid:
        return pid
    try:
        client = daemon.client("panel")
        while True:
            client.send_raw(lines * 200)
            for _ in range(200 * lines.count(b"\n")):
                client.read_reply()
    finally:
        os._exit(0)


def test_others_are_served():
    """Slow, silent and flooding clients and a long call do not delay another;
    the benchmark says by how much, here it is only that it goes on."""
    with daemon_with({"/etc/hosts": MANY_HOSTS,
                      "/etc/hostname": "gate\n"}) as daemon:
        floods = [flood(daemon, b"AUG GET /files/etc/hostname/hostname\n"),
                  flood(daemon, b"NOP\n")]
        idle = [daemon.client("panel") for _ in range(20)]
        slow = [daemon.client("panel") for _ in range(10)]
        long = daemon.client("panel")
        long.send(HEAVY)
        try:
            with daemon.client("panel") as client:
                client.check("AUG GET /files/etc/hostname/hostname")
                times = []
                for i in range(200):
                    if i % 20 == 0:
                        slow[i // 20].send_raw(b"AU")
                    start = time.monotonic()
                    client.check("AUG GET /files/etc/hostname/hostname")
                    times.append(time.monotonic() - start)
            assert sorted(times)[len(times) // 2] < 0.1, times
        finally:
            for pid in floods:
                os.kill(pid, 9)
                os.waitpid(pid, 0)
            for client in idle + slow + [long]:
                client.close()


def test_a_flood_beyond_the_rate_is_slowed():
    with daemon_with(max_calls_per_identity="100/1h") as daemon:
        with daemon.client("panel") as client:
            client.send_raw(b"WHOAMI\n" * 110)
            start = time.monotonic()
            replies = [client.read_reply() for _ in range(110)]
            assert [reply.error for reply in replies].count("LIMIT_REACHED") \
                == 10
            assert time.monotonic() - start > 0.4


def test_max_unsaved():
    with daemon_with(max_unsaved=3) as daemon, \
            daemon.client("panel") as client:
        for last in range(2, 5):
            client.check("AUG SET /files/etc/hosts/1/ipaddr 127.0.0.%d" % last)
        reply = client.call("AUG SET /files/etc/hosts/1/ipaddr 127.0.0.9")
        assert reply.error == "LIMIT_REACHED", reply.verdict
        assert "SAVE or REVERT" in reply.advice, reply.verdict
        client.check("AUG SAVE")
        assert "127.0.0.4" in daemon.machine.read("/etc/hosts")
        client.check("AUG SET /files/etc/hosts/1/ipaddr 127.0.0.9")


# --- Jobs: tests/real/test-job.py has those that run ---

def test_max_jobs(limit="max_jobs"):
    with daemon_with(**{limit: 0}) as daemon, \
            daemon.client("panel") as client:
        reply = client.call("SYSTEM HOSTNAME --async elsewhere")
        assert reply.error == "LIMIT_REACHED", reply.verdict
        assert limit.replace("_", "-") in reply.advice, reply.verdict
        assert daemon.machine.read("/etc/hostname") is None
        client.check("SYSTEM HOSTNAME elsewhere")


def test_max_jobs_per_uid():
    test_max_jobs("max_jobs_per_uid")


def test_keep_jobs():
    with daemon_with(keep_jobs=3) as daemon, \
            daemon.client("panel") as client:
        for number in range(5):
            reply = client.check("SYSTEM HOSTNAME --async host%d" % number)
            job = re.match("job: (.*)", reply.text).group(1)
            client.check("JOB WAIT " + job)
        jobs = re.findall("job: .*", client.check("JOB LIST").text)
        assert len(jobs) == 3 and jobs[-1] == "job: " + job, jobs
        assert daemon.machine.read("/etc/hostname") == "host4\n"


# --- The audit log ---

def rotated(daemon):
    folder = daemon.machine.path("/var/log/reeve")
    return [name for name in os.listdir(folder) if "jsonl." in name]


def test_audit_size():
    with daemon_with(audit_size="64k") as daemon, \
            daemon.client("panel") as client:
        for _ in range(300):
            client.check(GET)
        assert rotated(daemon)
        size = os.path.getsize(daemon.machine.path(
            "/var/log/reeve/audit.jsonl"))
        assert size <= 65536, size


def test_audit_age():
    with daemon_with(audit_age=1) as daemon, \
            daemon.client("panel") as client:
        client.check(GET)
        time.sleep(1.2)
        client.check(GET)
        assert rotated(daemon)


def test_audit_files():
    with daemon_with(audit_size="64k", audit_files=1) as daemon, \
            daemon.client("panel") as client:
        for _ in range(600):
            client.check(GET)
        assert len(rotated(daemon)) == 1, rotated(daemon)


def test_audit_refusals():
    with daemon_with(audit_refusals=2) as daemon, \
            daemon.client("reader") as client:
        start = time.monotonic()
        for _ in range(200):
            client.call("AUG SAVE")
        seconds = time.monotonic() - start
        alone = [record for record in daemon.machine.audit()
                 if record["event"] == "refused"]
        assert 2 <= len(alone) <= 2 * (seconds + 2), len(alone)


def test_each_limit_is_met():
    with daemon_with() as daemon, daemon.client() as client:
        names = set(limits(client))
    met = {name[5:].replace("_", "-") for name in globals()
           if name.startswith("test_")}
    assert len(names) > 10
    assert names == met & names, names - met


tap.main(globals())
