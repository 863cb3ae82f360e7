# crowd.py - what one client notices of others, for tests/bench/run
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that makes a call now and then, alone and among 50 idle clients,
one that floods and one whose calls take all the time they can.  They are all
one user's, so the rate is off: what is measured is the hard case."""

import contextlib
import os
import subprocess
import sys
import time

import scratch

FILES = {"/etc/hosts": "127.0.0.1 localhost\n",
         "/etc/services": "".join("name%d %d/tcp\n" % (i, i + 1)
                                  for i in range(3500))}
GET = "AUG GET /files/etc/hosts/1/ipaddr"
# Each port is compared with each protocol.
HEAVY = "AUG MATCH /files/etc/services/*[port=/files/etc/services/*/protocol]"
IDLE = 50
REPEATS = 5


def flood(client):
    lines = (GET + "\n").encode() * 200
    client.send_raw(lines * 2)
    while True:
        client.send_raw(lines)
        count = 0
        while count < 200:
            count += client.socket.recv(65536).count(b"\nOK")


def work(client):
    while True:
        client.check(HEAVY)


@contextlib.contextmanager
def process(daemon, function):
    """A process whose client does FUNCTION for ever."""
    pid = os.fork()
    if not pid:
        try:
            function(daemon.client("panel"))
        finally:
            os._exit(1)
    try:
        yield
        if os.waitpid(pid, os.WNOHANG)[0]:
            sys.exit("%s ended:\n%s" % (function.__name__, daemon.messages()))
    finally:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, 9)
            os.waitpid(pid, 0)


@contextlib.contextmanager
def crowd(daemon):
    idle = [daemon.client("panel") for _ in range(IDLE)]
    for client in idle:
        client.check(GET)
    with process(daemon, flood), process(daemon, work):
        time.sleep(3)  # The lenses of the heavy call are at work.
        yield
    for client in idle:
        client.close()


def sample(machine, rounds, name="paced.reeve", *more):
    """Median and p99 in microseconds of the work NAME; MORE is what it needs
    to know."""
    line = subprocess.run(
        [scratch.program("tests/bench/measure"), str(rounds),
         "only=" + name, "reeve=" + machine.socket, "identity=panel",
         "key=" + machine.path("/etc/reeve/keys/panel.key"), *more],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True,
        text=True).stdout.split("\n")[0]
    return [float(value) for value in line.split()[1:]]


def measure(rounds):
    """Median and p99 alone, the same in the crowd: the best of REPEATS, since
    what else runs on the machine only adds to it."""
    alone, among = [], []
    with scratch.Machine(FILES) as machine, \
            machine.daemon("--max-calls-per-uid", "0") as daemon:
        for _ in range(REPEATS):
            alone.append(sample(machine, rounds))
            with crowd(daemon):
                among.append(sample(machine, rounds))
    return [[min(column) for column in zip(*samples)]
            for samples in (alone, among)]
