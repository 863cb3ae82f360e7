#!/usr/bin/env python3
# test-pve_taken_over.py - what a session that was taken over can ask for
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of the API worker: one that reads changes nothing, also where its operations
share code with those that do."""

import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import attack  # noqa: E402
import proxmox  # noqa: E402
import proxmox_host  # noqa: E402
import scratch  # noqa: E402
import taken_over  # noqa: E402
import tap  # noqa: E402
from proxmox_begin import start  # noqa: E402

LIMIT_STOP_SECONDS = 10


def test_who_reads_stops_no_task():
    """A session that stops it has the worker that waits for a task put in order
    what it began; it began nothing."""
    with proxmox.Proxmox(task_seconds=60) as server, \
            scratch.Machine() as machine:
        proxmox_host.introduce(machine, server)
        with taken_over.helper(machine, "reeve-api") as (_, ours), \
                taken_over.Worker(ours) as worker:
            assert worker.ask("PVE VERSION") == (0, "")
            upid = start(server)
            worker.begin("PVE TASK-WAIT", "upid", upid,
                         "stop-on-cancel", "1")
            time.sleep(1)
            worker.stop()
            code, words = worker.end()
        assert code, words
        assert server.tasks[0].exit is None, words
        methods = {request.method for request in server.requests
                   if request.path.startswith("/nodes/pve1/tasks")}
        assert methods == {"GET"}, methods


def test_nothing_is_changed():
    with proxmox.Proxmox() as server, scratch.Machine() as machine:
        proxmox_host.introduce(machine, server)
        with taken_over.helper(machine, "reeve-api") as (_, ours), \
                taken_over.Worker(ours) as worker:
            for operation in ("pve act", "pve undo", "pve set", "pve set undo",
                              "pve snapshot", "pve snapshot undo",
                              "pve task stop", "pve selftest begin",
                              "pve selftest act", "pve selftest clean"):
                code, words = worker.ask(operation, "verb", "START", "vmid",
                                         "100", "kind", "lxc", "node", "pve1")
                assert "only reads" in words, (code, words)
        assert not server.requests, server.requests


def test_a_worker_that_never_looks_ends():
    """As one that a server's text keeps busy: it and its connector go when the
    session has given them up, also if that goes on."""
    with proxmox.Proxmox() as server, scratch.Machine() as machine:
        proxmox_host.introduce(machine, server)
        with taken_over.helper(machine, "reeve-api") as (process, ours):
            with taken_over.Worker(ours) as worker:
                assert worker.ask("PVE VERSION") == (0, "")
                busy = sorted(attack.descendants(process.pid))
                assert len(busy) == 2, busy
                for pid in busy:
                    os.kill(pid, signal.SIGSTOP)
            assert not attack.until(lambda: not any(map(attack.lives, busy)),
                                    LIMIT_STOP_SECONDS - 2)
            assert attack.until(lambda: not any(map(attack.lives, busy)), 5)
            with taken_over.Worker(ours) as worker:
                assert worker.ask("PVE VERSION") == (0, "")


if __name__ == "__main__":
    tap.main(globals())
