#!/usr/bin/env python3
# test-kill.py - SIGKILL while several files are saved: all of them or none
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import contextlib
import mmap
import os
import random
import re
import shlex
import signal
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import assuan
import attack
import tap
from attack import lives, session_pid, until
from scratch import SOURCE, Machine

SEED = int(os.environ.get("REEVE_SEED", random.randrange(10 ** 6)))
RANDOM = random.Random(SEED)
print("# REEVE_SEED=%d" % SEED)

OLD = {"/etc/hosts": "127.0.0.1 localhost\n",
       "/etc/resolv.conf": "nameserver 9.9.9.9\n",
       "/etc/fstab": "/dev/sda1 / ext4 defaults 0 1\n",
       "/etc/sysctl.conf": None,
       "/etc/ethers": "00:11:22:33:44:55 a\n"}
NEW = {"/etc/hosts": "127.0.0.1 new\n",
       "/etc/resolv.conf": "nameserver 8.8.8.8\n",
       "/etc/fstab": "/dev/sda1 / ext4 defaults 0 2\n",
       "/etc/sysctl.conf": "kernel.sysrq = 1\n",
       "/etc/ethers": None}
EDITS = ["AUG SET /files/etc/hosts/1/canonical new",
         "AUG SET /files/etc/resolv.conf/nameserver 8.8.8.8",
         "AUG SET /files/etc/fstab/1/passno 2",
         "AUG SET /files/etc/sysctl.conf/kernel.sysrq 1",
         "AUG REMOVE /files/etc/ethers"]


def put_back(machine):
    for path, text in OLD.items():
        if text is not None:
            machine.write(path, text)
        elif machine.read(path) is not None:
            os.unlink(machine.path(path))


def state(machine):
    return {path: machine.read(path) for path in OLD}


def leftovers(machine):
    """What is in /etc beside the files, and in the journal.  A session that
    lives keeps its journal, PID.SOMETHING."""
    names = set(os.listdir(machine.path("/etc"))) - {"reeve"}
    names -= {os.path.basename(path) for path in OLD}
    with contextlib.suppress(FileNotFoundError):
        names.update(
            name for name
            in os.listdir(machine.path("/var/lib/reeve/journal"))
            if not lives(int(name.split(".")[0])))
    return names


def assert_whole(machine):
    """Each file is the old or the new one, at any moment."""
    for path, text in state(machine).items():
        assert text in (OLD[path], NEW[path]), (path, text)


def assert_all_or_none(machine, daemon):
    """After recovery; whether the change was made."""
    said = daemon.messages()[-1000:]
    assert until(lambda: not leftovers(machine)), (leftovers(machine), said)
    now = state(machine)
    assert now in (OLD, NEW), (now, said)
    return now == NEW


def edited(daemon):
    client = daemon.client("panel")
    for line in EDITS:
        client.check(line)
    return client


def save(client):
    """The reply to SAVE, None if there was none."""
    try:
        return client.call("AUG SAVE")
    except assuan.Gone:
        return None


def serves(daemon):
    """A new client is served, within a helper's pause of a second."""
    def get():
        with daemon.client("panel") as client:
            return client.call("AUG GET /files/etc/hosts/1/ipaddr").ok
    return until(get, 10)


def kin(daemon, client):
    """The pids: supervisor, session, keeper, worker."""
    supervisor = daemon.process.pid
    session = session_pid(client)
    keeper = [pid for pid in attack.children(supervisor) if pid != session
              and attack.children(pid)]
    assert len(keeper) == 1, keeper
    # The younger one is kept ready for the next session.
    worker = sorted(attack.children(keeper[0]))
    assert 1 <= len(worker) <= 2, worker
    return supervisor, session, keeper[0], worker[0]


# --- Chosen points ---

class Killer:
    """Daemons that are killed at a point of their way; see killer.c."""

    FORM = "4i"

    def __init__(self, machine):
        compiler = os.environ.get("REEVE_COMPILE", "cc -D_GNU_SOURCE")
        library = machine.path("/killer.so")
        result = subprocess.run(
            [*shlex.split(compiler), "-shared", "-fPIC", "-o", library,
             os.path.join(SOURCE, "tests/real/killer.c"), "-ldl"],
            capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        order = machine.path("/order")
        with open(order, "w+b") as file:
            file.truncate(struct.calcsize(self.FORM))
            self.memory = mmap.mmap(file.fileno(),
                                    struct.calcsize(self.FORM))
        options = os.environ.get("ASAN_OPTIONS", "") \
            + ":verify_asan_link_order=0"
        self.variables = {"LD_PRELOAD": library, "ASAN_OPTIONS": options,
                          "REEVE_KILL_ORDER": order}

    def order(self, process=0, point=0, also=0):
        self.memory[:] = struct.pack(self.FORM, process, point, also, 0)

    def passed(self):
        return struct.unpack(self.FORM, self.memory[:])[3]

    def points(self, machine):
        """How many points a SAVE has, once the journal's directory is
        there."""
        with self.daemon(machine) as daemon:
            for _ in range(2):
                put_back(machine)
                with edited(daemon) as client:
                    self.order(session_pid(client))
                    assert save(client).ok
                    passed = self.passed()
        return passed

    @contextlib.contextmanager
    def daemon(self, machine):
        with attack.environment(**self.variables):
            daemon = machine.daemon()
        with daemon:
            yield daemon


def test_a_session_killed_at_every_point():
    with Machine() as machine:
        killer = Killer(machine)
        done = set()
        with killer.daemon(machine) as daemon:
            for point in range(1, 1000):
                put_back(machine)
                with edited(daemon) as client:
                    session = session_pid(client)
                    killer.order(session, point)
                    reply = save(client)
                    assert_whole(machine)
                    assert until(lambda: reply or not lives(session))
                    done.add(assert_all_or_none(machine, daemon))
                    if reply:
                        break
            killer.order()
            assert reply and reply.ok, reply.lines
            assert 60 < point < 999, point
            assert done == {False, True}
            assert serves(daemon)


def test_a_job_killed_at_every_point():
    with Machine() as machine:
        killer = Killer(machine)
        found = set()
        with killer.daemon(machine) as daemon, \
                daemon.client("panel") as client:
            for point in range(1, 1000, 3):
                machine.write("/etc/hostname", "old\n")
                killer.order(-2, point)
                reply = client.call("SYSTEM HOSTNAME --async new")
                assert until(lambda: killer.passed() >= point), point
                killer.order()
                found.add(job_killed(machine, client, reply))
                if "done new" in found:
                    break
            assert found == {"no job", "interrupted old", "interrupted new",
                             "done new"}, found
            assert 40 < point < 999, point


def job_killed(machine, client, reply):
    """What became of a job that was begun by REPLY and killed."""
    if not reply.ok:
        assert reply.error == "SERVER_FAILED", reply.lines
    assert until(lambda: not [
        name for name in os.listdir(machine.path("/etc"))
        if name not in ("reeve", "hostname")]), os.listdir(machine.path("/etc"))
    folder = machine.path("/var/lib/reeve/journal")
    assert until(lambda: not os.path.exists(folder) or not [
        name for name in os.listdir(folder)
        if not lives(int(name.split(".")[0]))]), os.listdir(folder)
    name = machine.read("/etc/hostname").strip()
    if not reply.ok:
        assert name == "old"
        return "no job"
    state = client.check("JOB STATUS " + reply.text.split()[1]).text
    return re.search("state: (.*)", state).group(1) + " " + name


def test_everything_killed_and_started_again():
    with Machine() as machine:
        killer = Killer(machine)
        points = killer.points(machine)
        for point in sorted(RANDOM.sample(range(1, points), 6)):
            killer.order()
            put_back(machine)
            with killer.daemon(machine) as daemon:
                with edited(daemon) as client:
                    killer.order(session_pid(client), point,
                                 daemon.process.pid)
                    assert save(client) is None, point
                daemon.process.wait(10)
                assert_whole(machine)
                assert until(lambda: not attack.children(daemon.process.pid))
            killer.order()
            with killer.daemon(machine) as daemon:
                assert_all_or_none(machine, daemon)


def test_killed_again_while_recovering():
    with Machine() as machine:
        killer = Killer(machine)
        points = killer.points(machine)
        for again in range(1, 31, 6):
            killer.order()
            put_back(machine)
            with killer.daemon(machine) as daemon:
                with edited(daemon) as client:
                    killer.order(session_pid(client), points * 2 // 3,
                                 daemon.process.pid)
                    assert save(client) is None
                daemon.process.wait(10)
            killer.order(-1, again)
            with contextlib.suppress(RuntimeError):
                with killer.daemon(machine):
                    pass
            assert_whole(machine)
            killer.order()
            with killer.daemon(machine) as daemon:
                assert_all_or_none(machine, daemon)


# --- Any moment ---

def killed_at_any_moment(who):
    """Kill process number WHO of kin while SAVE runs."""
    with Machine() as machine:
        put_back(machine)
        with machine.daemon() as daemon:
            client = edited(daemon)
            victim = kin(daemon, client)[who]
            delay = RANDOM.uniform(0, 0.02)

            def strike():
                time.sleep(delay)
                os.kill(victim, signal.SIGKILL)

            thread = threading.Thread(target=strike)
            thread.start()
            reply = save(client)
            thread.join()
            assert_whole(machine)
            yield machine, daemon, client, reply
            client.close()


def test_a_session_killed_at_any_moment():
    for _ in range(5):
        for machine, daemon, client, reply in killed_at_any_moment(1):
            assert attack.ends(client)
            made = assert_all_or_none(machine, daemon)
            assert made or not (reply and reply.ok)
            assert serves(daemon)


def test_a_worker_killed_at_any_moment():
    for _ in range(5):
        for machine, daemon, client, reply in killed_at_any_moment(3):
            assert reply is not None
            assert assert_all_or_none(machine, daemon) == reply.ok
            assert until(lambda: client.call("GETINFO version").ok)
            client.call("AUG GET /files/etc/hosts/1/ipaddr")
            assert client.check("AUG GET /files/etc/hosts/1/ipaddr").text \
                == "127.0.0.1"


def test_a_keeper_killed_at_any_moment():
    for _ in range(3):
        for machine, daemon, client, reply in killed_at_any_moment(2):
            assert reply is not None
            assert assert_all_or_none(machine, daemon) == reply.ok
            assert client.call("GETINFO version").ok
            assert serves(daemon)


def test_a_supervisor_killed_at_any_moment():
    for _ in range(4):
        for machine, daemon, client, reply in killed_at_any_moment(0):
            assert attack.ends(client)
            daemon.process.wait(10)
            with machine.daemon() as again:
                made = assert_all_or_none(machine, again)
                assert made or not (reply and reply.ok)
                assert serves(again)


tap.main(globals())
