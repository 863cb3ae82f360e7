#!/usr/bin/env python3
# test-pve_task.py - PVE TASK-... against a server that speaks Proxmox's API
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks are begun by the test itself."""

import json
import os
import re
import sys
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import proxmox  # noqa: E402
import proxmox_tasks  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402
from proxmox_begin import (  # noqa: E402
    begin, canceled, looks, progress, records, scene, start, two_endpoints)


def test_a_task_that_succeeds():
    with scene() as (server, _, client):
        server.end_next("vzstart", "OK", ["one", "two", "three\r4"], 0.8)
        upid = start(server)
        record, = records(client.check(
            "PVE TASK STATUS --output=json " + upid))
        assert record["status"] == record["outcome"] == "running", record
        reply = client.check("PVE TASK WAIT --output=json " + upid)
        record, = records(reply)
        assert record["upid"] == upid and record["status"] == "stopped"
        assert record["outcome"] == "ok" and record["exitstatus"] == "OK"
        assert (record["type"], record["id"], record["node"]) == (
            "vzstart", "100", "pve1"), record
        assert record["user"] == server.token_id
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                            record["started"])
        lines = progress(reply)
        assert lines == ["one", "two", "three\\x0d4", "TASK OK"], lines



def ended(how, options="", lines=(), version="9.1"):
    """Wait for a task that ends so; its UPID and the reply."""
    with scene(version) as (server, _, client):
        server.end_next("vzstart", how, lines)
        upid = start(server)
        return upid, client.call("PVE TASK WAIT --output=json %s%s"
                                 % (options, upid))


def test_warnings_are_a_success():
    for version in "7.4", "8.4", "9.1":
        _, reply = ended("WARNINGS: 3", version=version)
        record, = records(reply)
        assert reply.ok and record["outcome"] == "warnings"
        assert record["warnings"] == 3, record


def test_a_failure_brings_the_last_lines():
    lines = ["line %d" % number for number in range(30)]
    upid, reply = ended("command 'mount' failed: exit code 32", lines=lines)
    assert reply.error == "GENERAL" and not reply.data, reply.lines
    assert "exit code 32" in reply.advice
    details = reply.details
    assert details["upid"] == upid and details["outcome"] == "failed"
    assert details["exitstatus"] == "command 'mount' failed: exit code 32"
    assert details["log"] == "\\x0a".join(
        lines[-9:] + ["TASK ERROR: command 'mount' failed: exit code 32"]), \
        details


def test_the_detail_log_keeps_the_end():
    lines = ["%d %s" % (number, "x" * 300) for number in range(5)]
    _, reply = ended("broken", lines=lines)
    found = reply.details["log"].split("\\x0a")
    assert found == lines[-2:] + ["TASK ERROR: broken"], found


def test_job_errors():
    with scene() as (server, _, client):
        server.end_next("vzdump", "job errors",
                        ["ERROR: Backup of 100 failed"])
        upid = begin(server, "/nodes/pve1/vzdump", vmid="100,102",
                     storage="local")
        assert ":vzdump::" in upid, upid  # Its id is empty.
        reply = client.call("PVE TASK WAIT " + upid)
        assert reply.error == "GENERAL" and "job errors" in reply.advice
        assert "Backup of 100 failed" in reply.details["log"]


def test_a_right_missing_at_execution():
    for text in ("403 Permission check failed (/vms/100, VM.Backup)",
                 "unable to restore CT 130 - 403 Permission check failed"
                 " (/, Sys.Modify)"):
        _, reply = ended(text)
        path, privilege = re.search(r"\((.*), (.*)\)", text).groups()
        assert reply.error == "FORBIDDEN", reply.lines
        assert reply.details["outcome"] == "refused"
        assert reply.details["privilege"] == privilege
        assert reply.details["path"] == path


def test_a_lock_found_at_execution():
    _, reply = ended("CT is locked (snapshot-delete)")
    assert reply.error == "LOCKED", reply.lines
    assert reply.details["lock"] == "snapshot-delete"
    assert reply.details["outcome"] == "failed"


def test_a_stopped_task():
    with scene(task_seconds=60) as (server, _, client):
        upid = start(server)
        record, = records(client.check("PVE TASK STOP --output=json " + upid))
        assert record["changed"] is True and record["outcome"] == "aborted"
        reply = client.call("PVE TASK WAIT " + upid)
        assert reply.error == "GENERAL"
        assert reply.details["exitstatus"] == "unexpected status"
        assert reply.details["outcome"] == "aborted"
        assert "received interrupt" in reply.details["log"]
        record, = records(client.check(
            "PVE TASK STATUS --output=json " + upid))
        assert record["outcome"] == "aborted" and "changed" not in record
        # It has ended: there is nothing to do.
        before = len(server.requests)
        record, = records(client.check("PVE TASK STOP --output=json " + upid))
        assert record["changed"] is False and record["outcome"] == "aborted"
        assert "DELETE" not in [request.method for request
                                in server.requests[before:]]


def test_stopping_only_described():
    with scene(task_seconds=60) as (server, _, client):
        upid = start(server)
        reply = client.check("PVE TASK STOP --dry-run " + upid)
        assert reply.text == "stop the task %s\n" % upid, reply.text
        assert server.tasks[0].exit is None


def test_high_availability_is_only_told():
    with scene() as (server, _, client):
        server.guests[100].ha = True
        upid = start(server)
        assert ":hastart:" in upid
        record, = records(client.check("PVE TASK WAIT --output=json " + upid))
        assert record["outcome"] == "queued", record


def test_a_machine_up_for_long():
    with scene() as (server, _, client):
        server.cluster.tasks.uptime = 43000000
        upid = start(server)
        assert re.match("UPID:pve1:[0-9A-F]{8}:[0-9A-F]{9}:", upid), upid
        client.check("PVE TASK WAIT " + upid)


def test_an_id_with_an_at():
    with scene() as (server, _, client):
        volume, = [one for one in server.cluster.storages["local"].volumes
                   if "102" in one and "backup" in one][:1]
        upid = begin(server, "/nodes/pve1/storage/local/content/"
                     + urllib.parse.quote(volume, safe=""), method="DELETE")
        assert "@local:" in upid, upid
        client.check("PVE TASK WAIT " + upid)


def test_another_nodes_task():
    with scene() as (server, _, client):
        upid = begin(server, "/nodes/pve2/lxc/103/status/start")
        client.check("PVE TASK WAIT " + upid)
        assert all("/nodes/pve2/" in request.path
                   for request in server.requests[1:]), server.requests


def test_what_no_task_is():
    with scene() as (server, _, client):
        upid = start(server).replace("vzstart", "vzstop")
        reply = client.call("PVE TASK WAIT " + upid)
        assert reply.error == "NOT_FOUND" and "no such task" in str(
            reply.lines), reply.lines
        assert reply.details["upid"] == upid
        count = len(server.requests)
        assert client.call("PVE TASK WAIT UPID:x").error == "INV_ARG"
        assert len(server.requests) == count


def test_polling_slows_down():
    with scene(task_seconds=8) as (server, _, client):
        upid = start(server)
        client.check("PVE TASK WAIT " + upid)
        times = [request.time for request in server.requests
                 if request.path.endswith(upid + "/status")]
        pauses = [after - before for before, after in zip(times, times[1:])]
        assert 8 <= len(times) <= 14, pauses
        assert pauses[0] < 0.4 and 1.9 < max(pauses) < 3, pauses


def test_the_time_is_up():
    for more in (), [None]:
        with scene(task_seconds=60) as (server, _, client):
            upids = [start(server)] + [start(server, 200, "qemu")
                                       for _ in more]
            began = time.monotonic()
            reply = client.call("PVE TASK WAIT --timeout=1s "
                                + " ".join(upids))
            assert 0.9 < time.monotonic() - began < 2
            assert reply.error == "TIMEOUT", reply.lines
            assert "go" in reply.advice
            found = [line.split(" ")[2] for line in reply.status
                     if line.startswith("DETAIL upid ")]
            assert sorted(found) == sorted(upids)
            assert reply.details["outcome"] == "running"
            assert server.tasks[0].exit is None
            # The session goes on.
            client.check("PVE TASK STATUS " + upids[0])


def test_the_client_gives_up():
    with scene(task_seconds=60) as (server, _, client):
        upid = start(server)
        reply, seconds = canceled(client, "PVE TASK WAIT " + upid)
        assert reply.error == "CANCELED" and seconds < 1, reply.lines
        assert server.tasks[0].exit is None
        client.check("PVE TASK STATUS " + upid)


def test_the_client_gives_up_and_the_task_stops():
    with scene(task_seconds=60) as (server, daemon, client):
        upids = [start(server), start(server, 200, "qemu")]
        reply, _ = canceled(client, "PVE TASK WAIT --stop-on-cancel "
                            + " ".join(upids))
        assert reply.error == "CANCELED", reply.lines
        assert reply.details["stopped"] == "\\x0a".join(
            upid + " aborted" for upid in upids), reply.lines
        assert [task.exit for task in server.tasks] == \
            ["unexpected status"] * 2
        audit = daemon.machine.audit()
        assert [one["verb"] for one in audit if one["event"] == "begin"] \
            == ["PVE TASK-STOP"] * 2, audit


def test_who_may_not_stop_does_not_by_giving_up():
    with scene(task_seconds=60) as (server, daemon, _):
        upid = start(server)
        with daemon.client("reader") as client:
            reply, _ = canceled(client,
                                "PVE TASK WAIT --stop-on-cancel " + upid)
            assert reply.error == "FORBIDDEN", reply.lines
            assert client.call("PVE TASK STOP " + upid).error == "FORBIDDEN"
        assert server.tasks[0].exit is None


def test_a_client_that_hangs_up_stops_it_too():
    with scene(task_seconds=60) as (server, daemon, _):
        upid = start(server)
        with daemon.client("panel") as client:
            client.send("PVE TASK WAIT --stop-on-cancel " + upid)
            assert proxmox.wait_for(lambda: looks(server, upid))
        assert proxmox.wait_for(
            lambda: server.tasks[0].exit == "unexpected status")


def test_the_servers_daemon_restarts():
    with scene() as (server, _, client):
        upid = start(server)
        server.fail_next("GET", "/tasks/.*/(status|log)", "595:Connection"
                         " refused", 2)
        server.fail_next("GET", "/tasks/.*/(status|log)", "596:broken pipe")
        server.fail_next("GET", "/tasks/.*/(status|log)", "close")
        reply = client.check("PVE TASK WAIT --output=json " + upid)
        assert records(reply)[0]["outcome"] == "ok"
        assert progress(reply)[-1] == "TASK OK"
        assert not server.rules
        assert any(line.startswith("WARNING ") for line in reply.status)


def test_the_server_is_away_for_a_while():
    with scene(task_seconds=2) as (server, _, client):
        upid = start(server)
        threading.Timer(0.5, server.stop).start()
        threading.Timer(2.5, server.start).start()
        reply = client.check("PVE TASK WAIT --timeout=20s --output=json "
                             + upid)
        assert records(reply)[0]["outcome"] == "ok"
        assert progress(reply)[-1] == "TASK OK"


def test_the_server_stays_away():
    with scene(task_seconds=60) as (server, _, client):
        upid = start(server)
        client.check("PVE TASK STATUS " + upid)
        server.stop()
        reply = client.call("PVE TASK WAIT --timeout=2s " + upid)
        assert reply.error == "TIMEOUT", reply.lines
        assert reply.details["upid"] == upid
        server.start()


def test_an_endpoint_dies_in_the_middle():
    with two_endpoints() as (first, second, client):
        first.task_seconds = 2
        upid = start(first)
        threading.Timer(0.5, first.stop).start()
        reply = client.check("PVE TASK WAIT --output=json " + upid)
        assert records(reply)[0]["outcome"] == "ok"
        assert looks(first, upid) and looks(second, upid)
        first.start()


def test_a_refusal_ends_the_waiting():
    with scene(task_seconds=60) as (server, _, client):
        server.weak_privileges = {"/vms/100": {"VM.PowerMgmt"}}
        upid = begin(server, "/nodes/pve1/lxc/100/status/start",
                     server.weak_token)
        server.privileges = {"/": {"VM.Audit"}}
        reply = client.call("PVE TASK WAIT " + upid)
        assert reply.error == "FORBIDDEN", reply.lines
        assert reply.details["privilege"] == "Sys.Audit"
        assert reply.details["path"] == "/nodes/pve1"


def test_the_log():
    with scene() as (server, _, client):
        lines = ["line %d" % number for number in range(1, 1201)]
        server.end_next("vzstart", "OK", lines, 0.2)
        upid = start(server)
        client.check("PVE TASK WAIT " + upid)
        assert client.check("PVE TASK LOG " + upid).text.splitlines() \
            == lines + ["TASK OK"]
        assert client.check("PVE TASK LOG --from=3 --limit=2 "
                            + upid).text == "line 3\nline 4\n"
        assert client.check("PVE TASK LOG --from=1200 "
                            + upid).text == "line 1200\nTASK OK\n"
        assert client.check("PVE TASK LOG --from=9999 " + upid).text == ""
        assert len(client.check("PVE TASK LOG --limit=500 "
                                + upid).text.splitlines()) == 500
        record = client.check("PVE TASK LOG --output=json --limit=1 " + upid)
        assert json.loads(record.text) == "line 1"
        for wrong in "--from=0", "--limit=-1":
            assert client.call("PVE TASK LOG %s %s" % (
                wrong, upid)).error == "INV_ARG", wrong


def test_the_log_followed():
    with scene() as (server, _, client):
        lines = ["line %d" % number for number in range(1, 8)]
        server.end_next("vzstart", "OK", lines, 2)
        upid = start(server)
        client.send("PVE TASK LOG --follow " + upid)
        assert client.read_line() == b"D line 1%0A"
        assert server.tasks[0].exit is None
        reply = client.read_reply()
        assert reply.ok and reply.text.splitlines() == lines[1:] + ["TASK OK"]


def test_the_followed_log_given_up():
    with scene(task_seconds=60) as (server, _, client):
        upid = start(server)
        reply, seconds = canceled(client, "PVE TASK LOG --follow " + upid)
        assert reply.error == "CANCELED" and seconds < 1
        assert server.tasks[0].exit is None


def test_several_tasks():
    with scene() as (server, _, client):
        server.end_next("vzstart", "OK", seconds=4)
        server.end_next("qmstart", "something broke", seconds=0.3)
        server.end_next("vzstop", "WARNINGS: 1", seconds=1.5)
        upids = [start(server), start(server, 200, "qemu"),
                 begin(server, "/nodes/pve1/lxc/102/status/stop")]
        reply = client.call("PVE TASK WAIT --output=json " + " ".join(upids))
        found = records(reply)
        assert [(one["upid"], one["outcome"]) for one in found] == [
            (upids[1], "failed"), (upids[2], "warnings"), (upids[0], "ok")]
        assert found[0]["exitstatus"] == "something broke"
        assert reply.error == "GENERAL" and "1 of 3" in reply.advice



def worker_memory(daemon):
    """VmRSS of the API worker, in KiB: of the processes of reeve-api that
    descend from the daemon the largest."""
    sizes = {}
    parents = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/status" % name, encoding="utf-8") as file:
                text = file.read()
        except OSError:
            continue
        parents[int(name)] = int(re.search(r"PPid:\s+(\d+)", text)[1])
        if "Name:\treeve-api" in text and "VmRSS:" in text:
            sizes[int(name)] = int(re.search(r"VmRSS:\s+(\d+)", text)[1])

    def ours(pid):
        while pid > 1 and pid != daemon.process.pid:
            pid = parents.get(pid, 0)
        return pid == daemon.process.pid
    return max([size for pid, size in sizes.items() if ours(pid)] or [0])


def test_a_hundred_tasks_and_one_worker():
    with scene() as (server, daemon, client):
        with server.lock:
            upids = [server.cluster.tasks.add(proxmox_tasks.Task(
                "pve1", "vzdump", "", server.token_id,
                seconds=3 + number * 0.1)) for number in range(100)]
        client.send("PVE TASK WAIT --output=json " + " ".join(upids[:1]))
        assert proxmox.wait_for(lambda: looks(server, upids[0]) > 3)
        one = worker_memory(daemon)
        assert one, "no worker was found"
        client.send("CANCEL")
        client.read_reply()
        before = len(server.requests)
        client.send("PVE TASK WAIT --output=json" + " @" * len(upids))
        for upid in upids:
            assert client.read_reply().inquiry == "UPID"
            client.answer(upid.encode())
        sizes = []
        done = threading.Event()

        def measure():
            while not done.wait(0.2):
                sizes.append(worker_memory(daemon))
        thread = threading.Thread(target=measure)
        thread.start()
        reply = client.read_reply()
        done.set()
        thread.join()
        print("# one task: %d KiB, a hundred: %s KiB, %d requests" % (
            one, sizes, len(server.requests) - before))
        assert reply.ok, reply.verdict
        assert sorted(one["upid"] for one in records(reply)) == sorted(upids)
        sizes = [size for size in sizes if size]
        if scratch.sanitized():
            raise tap.Skip("machine: a sanitizer keeps what is freed")
        assert len(sizes) > 5 and max(sizes) < one + 1024, (one, sizes)
        assert sizes[-1] - sizes[len(sizes) // 2] < 256, sizes


if __name__ == "__main__":
    tap.main(globals())
