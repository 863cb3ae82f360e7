#!/usr/bin/env python3
# test-pve_start.py - requests that start a task of Proxmox VE, and go wrong
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PVE START stands for all verbs that start one: its answer is lost, a lock is
in its way, it is given up."""

import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import tap  # noqa: E402
from proxmox_begin import (  # noqa: E402
    begin, canceled, looks, progress, records, scene, start, two_endpoints)


def sent(server, path="/status/start"):
    """How often the request was sent."""
    return [request.path.endswith(path) for request in server.requests
            ].count(True)


def test_a_lost_answer_whose_task_began():
    for how in "596-after", "close-after", "cut", "garbage":
        with scene() as (server, _, client):
            server.fail_next("POST", "/status/start", how)
            reply = client.check("PVE START --output=json 100")
            record, = records(reply)
            assert record["outcome"] == "ok" and record["changed"] is True
            assert record["upid"] == server.tasks[0].upid
            assert progress(reply)[0].startswith("the answer was lost"), how
            assert sent(server) == len(server.tasks) == 1, how


def test_a_lost_answer_whose_task_began_late():
    with scene() as (server, _, client):
        server.fail_next("POST", "/status/start", "596-before")
        threading.Timer(2, start, [server]).start()
        record, = records(client.check("PVE START --output=json 100"))
        assert record["outcome"] == "ok" and len(server.tasks) == 1


def test_a_lost_request():
    """A like task that ended just before is not taken for it."""
    with scene(task_seconds=0) as (server, _, client):
        begin(server, "/nodes/pve1/lxc/102/status/stop")
        begin(server, "/nodes/pve1/lxc/102/status/start")
        begin(server, "/nodes/pve1/lxc/102/status/stop")
        server.fail_next("POST", "/status/start", "596-before")
        began = time.monotonic()
        reply = client.call("PVE START 102")
        assert reply.error == "SERVER_FAILED", reply.lines
        assert 9 < time.monotonic() - began < 15
        assert reply.details["outcome"] == "lost"
        assert "began no such task" in reply.advice + str(reply.details)
        assert sent(server) == 2


def test_a_request_that_never_came_to_the_server():
    with scene() as (server, _, client):
        client.check("PVE GUESTS")
        server.stop()
        reply = client.call("PVE START 100")
        assert reply.error == "NETWORK", reply.lines
        assert "outcome" not in reply.details
        server.start()


def test_contention_for_a_lock():
    with scene() as (server, _, client):
        server.fail_next("POST", "/status/start", "lock:backup", 2)
        server.fail_next("POST", "/status/start",
                         "500:can't lock file '/run/lock/lxc/pve-config-100"
                         ".lock' - got timeout")
        reply = client.check("PVE START --output=json --timeout=20s 100")
        assert records(reply)[0]["outcome"] == "ok"
        lines = progress(reply)
        assert lines[:2] == ["locked (backup): trying again"] * 2, lines
        assert "pve-config-100.lock" in lines[2]
        assert sent(server) == 4 and len(server.tasks) == 1


def test_a_lock_that_a_task_finds():
    with scene() as (server, _, client):
        # 101 is locked.
        threading.Timer(1, setattr, [server.cluster.guests[101], "lock",
                                     None]).start()
        reply = client.check("PVE START --output=json --timeout=20s 101")
        assert records(reply)[0]["outcome"] == "ok"
        assert "locked (backup): trying again" in progress(reply)


def test_a_lock_that_stays():
    with scene() as (server, _, client):
        server.fail_next("POST", "/status/start", "lock:migrate", 99)
        began = time.monotonic()
        reply = client.call("PVE START --timeout=2s 100")
        assert reply.error == "LOCKED", reply.lines
        assert reply.details["lock"] == "migrate"
        assert time.monotonic() - began < 3
        assert not server.tasks


def test_nothing_else_is_tried_again():
    for how in ("500:storage 'x' is not online", "500:unable to fork worker",
                "501:not implemented", "400:Parameter verification failed."):
        with scene() as (server, _, client):
            server.fail_next("POST", "/status/start", how)
            assert client.call("PVE START 100").error, how
            assert sent(server) == 1, how


def test_a_change_given_up():
    with scene(task_seconds=60) as (server, _, client):
        reply, seconds = canceled(client, "PVE START 100", 1.5)
        assert reply.error == "CANCELED" and seconds < 2, reply.lines
        assert reply.details["upid"] == server.tasks[0].upid
        assert reply.details["outcome"] == "running"
        assert server.tasks[0].exit is None


def test_a_change_given_up_and_stopped():
    with scene(task_seconds=60) as (server, _, client):
        reply, seconds = canceled(client, "PVE START --stop-on-cancel 100",
                                  1.5)
        assert reply.error == "CANCELED" and seconds < 3, reply.lines
        assert reply.details["upid"] == server.tasks[0].upid
        assert reply.details["outcome"] == "aborted"
        assert server.tasks[0].exit == "unexpected status"


def test_a_change_given_up_before_its_answer():
    with scene(task_seconds=60) as (server, _, client):
        server.fail_next("POST", "/status/start", "hang-after:5")
        reply, seconds = canceled(client, "PVE START --stop-on-cancel 100",
                                  1.5)
        assert reply.error == "CANCELED" and seconds < 3, reply.lines
        assert reply.details["upid"] == server.tasks[0].upid
        assert reply.details["outcome"] == "aborted"
        server.fail_next("POST", "/status/start", "hang:20")
        reply, seconds = canceled(client, "PVE START 100", 1.5)
        assert reply.error == "CANCELED" and 2 < seconds < 5, reply.lines
        assert reply.details["outcome"] == "lost"


def test_what_is_put_back_when_the_time_is_up():
    with scene() as (server, _, client):
        server.fail_next("POST", "/config", "lock:backup", 99)
        server.end_next("qmdelsnapshot", "OK", seconds=4)
        reply = client.call("PVE SET --snapshot --timeout=3s 200 memory=512")
        assert reply.error == "LOCKED", reply.lines
        assert "not-undone" not in reply.details
        assert not server.guests[200].snapshots


def test_a_change_that_takes_too_long():
    """That ends the waiting also where giving up would stop the task."""
    with scene(task_seconds=60) as (server, _, client):
        for number, line in enumerate(("PVE START --timeout=1500ms 100",
                                       "PVE START --timeout=1500ms "
                                       "--stop-on-cancel 200")):
            reply = client.call(line)
            assert reply.error == "TIMEOUT", reply.lines
            assert "goes on" in reply.advice
            assert reply.details["upid"] == server.tasks[number].upid
            assert server.tasks[number].exit is None


def test_an_endpoint_dies_during_a_change():
    with two_endpoints() as (first, second, client):
        first.task_seconds = 3
        threading.Timer(1.5, first.stop).start()
        reply = client.check("PVE START --output=json 100")
        assert records(reply)[0]["outcome"] == "ok"
        upid = records(reply)[0]["upid"]
        assert looks(first, upid) and looks(second, upid)
        first.start()


if __name__ == "__main__":
    tap.main(globals())
