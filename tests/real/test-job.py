#!/usr/bin/env python3
# test-job.py - calls that are carried out while nobody waits
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs start guests at a server that speaks Proxmox's API, which takes as
long as the case needs."""

import contextlib
import json
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import attack  # noqa: E402
import tap  # noqa: E402
from attack import until  # noqa: E402
from proxmox_begin import (  # noqa: E402
    canceled, records, scene)

POLICY = """\
[identity panel]
key = panel.key
allow = *

[identity reader]
key = reader.key
allow = PVE START
allow = JOB *

[identity nobody]
key = nobody.key
allow = JOB LIST others=1
allow = JOB STATUS others=1
allow = JOB WAIT others=1
allow = JOB CANCEL others=1
allow = JOB FORGET others=1

[identity ghost]
key = ghost.key
allow = PVE START
deny = JOB WAIT
"""
JOBS = "/var/lib/reeve/jobs"


def begun(client, line="PVE START --async 100"):
    """Begin a job by LINE; its name."""
    reply = client.check(line)
    record = fields(reply)
    assert set(record) == {"job", "state"}, reply.lines
    assert record["state"] == "running", reply.lines
    # The name is the call's id.
    assert reply.verdict == "OK " + record["job"], reply.lines
    return record["job"]


def fields(reply):
    """The fields of a reply of one record, as text."""
    return dict(line.split(": ", 1) for line in reply.text.splitlines())


def status(client, job, options=""):
    record, = records(client.check("JOB STATUS --output=json %s%s"
                                   % (options, job)))
    return record


def state(client, job):
    return status(client, job)["state"]


def listed(client, options=""):
    """The names of the jobs that are known."""
    return [record["job"] for record
            in records(client.check("JOB LIST --output=json " + options))]


def job_file(machine, job, identity="panel"):
    return machine.path("%s/%s/%s" % (JOBS, identity, job))


def said(reply):
    """What a reply tells, but for the names of tasks and calls."""
    return ([line.split(" UPID:")[0] for line in reply.status],
            [line for line in reply.text.splitlines() if "UPID:" not in line],
            reply.verdict.split()[0], reply.error, reply.advice)


# --- The life of a job ---

def test_a_job_from_its_beginning_to_its_end():
    with scene(task_seconds=1.5) as (server, daemon, client):
        began = time.monotonic()
        job = begun(client, "PVE START --async --reason=spring 100")
        assert time.monotonic() - began < 1
        assert listed(client) == [job]
        record = status(client, job)
        assert record["state"] == "running" and record["verb"] == "PVE START"
        assert record["identity"] == "panel" and record["reason"] == "spring"
        assert "ended" not in record, record
        assert until(lambda: status(client, job).get("task"))
        assert status(client, job)["task"] == server.tasks[0].upid
        reply = client.call("JOB FORGET " + job)
        assert reply.error == "EBUSY", reply.lines
        answer, = records(client.check("JOB WAIT --output=json " + job))
        assert answer["changed"] is True and answer["outcome"] == "ok"
        assert answer["upid"] == server.tasks[0].upid
        record = status(client, job)
        assert record["state"] == "done" and record["ended"], record
        assert record["progress"] == "TASK OK" and "error" not in record
        # An end can be told more than once.
        assert records(client.check("JOB WAIT --output=json " + job)
                       ) == [answer]
        assert fields(client.check("JOB CANCEL " + job)) == {
            "changed": "no", "job": job}
        assert fields(client.check("JOB FORGET " + job)) == {
            "changed": "yes", "job": job}
        assert not listed(client)
        for verb in "STATUS", "WAIT", "CANCEL", "FORGET":
            reply = client.call("JOB %s %s" % (verb, job))
            assert reply.error == "NOT_FOUND", (verb, reply.lines)
        assert len(server.tasks) == 1
        assert "call %s" % job.partition(".")[2] in daemon.messages()


def test_it_answers_as_the_call_would_have():
    for rest in "START %s100", "SET %s201 memory=512 cores=2":
        for options in "", "--output=json ":
            replies = []
            with scene() as (server, _, client):
                server.end_next("vzstart", "OK", ["one", "two\rthree"])
                replies.append(client.check("PVE " + rest % options))
            with scene() as (server, _, client):
                server.end_next("vzstart", "OK", ["one", "two\rthree"])
                job = begun(client, "PVE " + rest % "--async ")
                for _ in range(2):
                    replies.append(client.check("JOB WAIT %s%s"
                                                % (options, job)))
            assert said(replies[0]) == said(replies[1]) == said(replies[2]), \
                [reply.lines for reply in replies]


def test_it_fails_as_the_call_would_have():
    for options in "", "--output=json ":
        replies = []
        for line in "PVE START %s100" % options, "PVE START --async 100":
            with scene() as (server, _, client):
                server.end_next("vzstart", "exit code 32", ["one", "two"])
                reply = client.call(line)
                if reply.ok:
                    job = fields(reply)["job"]
                    reply = client.call("JOB WAIT %s%s" % (options, job))
                    record = status(client, job)
                    assert record["state"] == "failed", record
                    assert record["error"] == "General error", record
                    assert record["advice"] == reply.advice, record
                    assert "outcome failed" in record["detail"], record
                replies.append(reply)
        assert replies[0].error == "GENERAL" and replies[0].details["log"]
        assert said(replies[0]) == said(replies[1]), \
            [reply.lines for reply in replies]
        assert replies[0].details["log"] == replies[1].details["log"]


def test_its_status_lines_come_while_it_runs():
    with scene(task_seconds=3) as (server, daemon, client):
        job = begun(client)
        client.send("JOB WAIT " + job)
        began = time.monotonic()
        line = client.read_line()
        assert line == b"S TASK " + server.tasks[0].upid.encode(), line
        assert time.monotonic() - began < 2
        assert client.read_reply().ok
        assert time.monotonic() - began > 2


def test_all_calls_of_a_session():
    with scene(task_seconds=1) as (server, _, client):
        client.check("OPTION async=1")
        job = begun(client, "PVE START 100")
        other = begun(client, "PVE STOP 201")
        assert listed(client) == [job, other]
        assert client.check("JOB WAIT " + job).ok
        assert client.check("JOB WAIT " + other).ok
        # A call may say otherwise.
        assert fields(client.check("PVE STOP --async=0 100"))["outcome"] == "ok"
        client.check("RESET")
        assert "outcome" in fields(client.check("PVE START 100"))


# --- Who leaves, and who comes ---

def test_it_goes_on_without_its_client():
    with scene(task_seconds=2) as (server, daemon, client):
        with daemon.client("panel") as other:
            other.send("PVE START --async 100")
        # Only then is it known that there is one.
        assert until(lambda: listed(client))
        job, = listed(client)
        answer, = records(client.check("JOB WAIT --output=json " + job))
        assert answer["outcome"] == "ok"
        assert server.tasks[0].exit == "OK"


def only_root():
    if os.geteuid():
        raise tap.Skip("machine: only root may look into a process of reeve's")


def test_it_has_nothing_of_its_client():
    only_root()
    with scene(task_seconds=4) as (_, daemon, client):
        with daemon.client("panel") as other:
            session = attack.session_pid(other)
            job = begun(other)
            process = process_of(daemon.machine, job)
            other.check("BYE")
            assert other.socket.recv(1) == b""
            assert until(lambda: not attack.lives(session))
            assert attack.lives(process)
        mine = files_of(process)
        sockets = {name for name in files_of(attack.session_pid(client))
                   if name.startswith("socket:")}
        inodes = unix_sockets(daemon.machine)
        assert not {name for name in mine if name in inodes}, (mine, sockets)
        assert client.check("JOB WAIT " + job).ok
        assert until(lambda: not attack.lives(process))


def test_it_has_nothing_of_its_session():
    """What that works with ends with it."""
    only_root()
    with scene(task_seconds=60) as (_, daemon, client):
        daemon.machine.write("/etc/hosts", "127.0.0.1 localhost\n")
        with daemon.client("panel") as other:
            session = attack.session_pid(other)
            other.check("AUG GET /files/etc/hosts/1/ipaddr")
            other.check("PVE GUESTS")
            other.check("SYSTEM HOSTNAME elsewhere")
            job = begun(other)
            mine = files_of(process_of(daemon.machine, job))
            shared = set(files_of(daemon.process.pid))
            own = {name for name in files_of(session)
                   if name.startswith("socket:") and name not in shared}
            assert len(own) >= 3, own
            assert not own & set(mine), mine
            assert "anon_inode:[pidfd]" not in mine, mine
            # It left them to the session.
            other.check("AUG GET /files/etc/hosts/1/ipaddr")
            journals = daemon.machine.path("/var/lib/reeve/journal")
            assert [name for name in os.listdir(journals)
                    if name.startswith("%d." % session)]
            os.kill(session, signal.SIGKILL)
        # Recovery can take the lock of its journal.
        assert until(lambda: not [
            name for name in os.listdir(journals)
            if name.startswith("%d." % session)]), os.listdir(journals)
        client.check("JOB CANCEL " + job)


def process_of(machine, job, identity="panel"):
    """The process that a job's file names."""
    with open(job_file(machine, job, identity), encoding="utf-8") as file:
        return json.loads(file.readline())["process"]


def files_of(process):
    """What the descriptors of PROCESS are."""
    folder = "/proc/%d/fd" % process
    return [os.readlink(os.path.join(folder, name))
            for name in os.listdir(folder)]


def unix_sockets(machine):
    """The sockets of the system that are bound to the daemon's path, thus also
    those of its clients."""
    with open("/proc/net/unix", encoding="utf-8") as file:
        return {"socket:[%s]" % line.split()[6] for line in file
                if line.rstrip().endswith(os.path.basename(machine.socket))
                and len(line.split()) > 7}


def test_others_do_not_see_it():
    with scene(policy=POLICY, task_seconds=3) as (server, daemon, client):
        job = begun(client)
        with daemon.client("ghost") as other:
            assert not listed(other)
            for verb in "STATUS", "CANCEL", "FORGET":
                reply = other.call("JOB %s %s" % (verb, job))
                assert reply.error == "NOT_FOUND", (verb, reply.lines)
            reply = other.call("JOB WAIT " + job)
            assert reply.error == "FORBIDDEN", reply.lines
            reply = other.call("JOB LIST --others")
            assert reply.error == "FORBIDDEN", reply.lines
        with daemon.client("reader") as other:
            assert not listed(other)
            assert other.call("JOB WAIT " + job).error == "NOT_FOUND"
            for verb in "LIST", "STATUS", "WAIT", "CANCEL", "FORGET":
                reply = other.call("JOB %s --others %s" % (
                    verb, job if verb != "LIST" else ""))
                assert reply.error == "FORBIDDEN", (verb, reply.lines)
                assert reply.details["rule"].startswith(
                    "JOB %s others=1" % verb), reply.lines
            mine = begun(other)
            assert listed(other) == [mine] and listed(client) == [job]
        assert state(client, job) == "running"
        # What must be named is not meant by a star.
        reply = client.call("JOB LIST --others")
        assert reply.error == "FORBIDDEN", reply.lines


def test_with_a_rule_others_see_it():
    with scene(policy=POLICY, task_seconds=60) as (_, daemon, client):
        job = begun(client)
        with daemon.client("nobody") as other:
            assert not listed(other) and listed(other, "--others") == [job]
            assert other.call("JOB STATUS " + job).error == "NOT_FOUND"
            assert status(other, job, "--others ")["identity"] == "panel"
            assert fields(other.check("JOB CANCEL --others " + job)
                          )["changed"] == "yes"
            reply = other.call("JOB WAIT --others " + job)
            assert reply.error == "CANCELED", reply.lines
            other.check("JOB FORGET --others " + job)
            assert not listed(other, "--others") and not listed(client)


def test_in_pipe_mode():
    # An ordinary user is the owner there, without a handshake.
    who = None if os.geteuid() else "panel"
    with scene(task_seconds=2) as (_, daemon, client):
        with daemon.machine.spawn(who) as other:
            job = begun(other)
            assert listed(other) == [job]
        assert listed(client) == ([job] if who else [])
        with daemon.machine.spawn(who) as other:
            assert state(other, job) == "running"
            assert other.check("JOB WAIT " + job).ok
            assert state(other, job) == "done"


def test_a_client_that_may_only_read():
    with scene(arguments=("--listen", "S.reeve", "--listen",
                          "S.read ceiling=read"), task_seconds=2) as (
                              _, daemon, client):
        job = begun(client)
        path = os.path.join(os.path.dirname(daemon.machine.socket), "S.read")
        with attack.assuan.Client.connect(path) as other:
            other.authenticate("panel", daemon.machine.key("panel"))
            assert listed(other) == [job]
            assert state(other, job) == "running"
            assert other.check("JOB WAIT " + job).ok
            assert other.call("JOB FORGET " + job).error == "FORBIDDEN"


# --- Giving up ---

def test_a_job_given_up():
    with scene(task_seconds=60) as (server, daemon, client):
        job = begun(client)
        assert until(lambda: status(client, job).get("task"))
        assert fields(client.check("JOB CANCEL " + job)) == {
            "changed": "yes", "job": job}
        began = time.monotonic()
        reply = client.call("JOB WAIT " + job)
        assert reply.error == "CANCELED" and time.monotonic() - began < 3
        assert "state" not in reply.details, reply.lines
        assert reply.details["upid"] == server.tasks[0].upid
        assert reply.details["outcome"] == "running", reply.lines
        assert server.tasks[0].exit is None
        assert state(client, job) == "canceled"
        reply, _ = canceled(client, "PVE STOP --stop-on-cancel 201", 1)
        other = begun(client, "PVE STOP --async --stop-on-cancel 102")
        assert until(lambda: status(client, other).get("task"))
        client.check("JOB CANCEL " + other)
        mine = client.call("JOB WAIT " + other)
        assert mine.error == reply.error == "CANCELED", mine.lines
        assert mine.advice == reply.advice
        assert mine.details["outcome"] == "aborted", mine.lines
        assert server.tasks[-1].exit == "unexpected status"


def test_what_gives_up_the_waiting():
    with scene(task_seconds=4) as (_, _, client):
        job = begun(client)
        reply, seconds = canceled(client, "JOB WAIT " + job)
        assert reply.error == "CANCELED" and seconds < 1, reply.lines
        # That it is not the job which was canceled.
        assert reply.details["state"] == "running", reply.lines
        assert "goes on" in reply.advice
        reply = client.call("JOB WAIT --timeout=500ms " + job)
        assert reply.error == "TIMEOUT", reply.lines
        assert reply.details["state"] == "running", reply.lines
        assert "goes on" in reply.advice
        assert state(client, job) == "running"
        assert client.check("JOB WAIT " + job).ok


def test_the_time_of_a_job():
    with scene(task_seconds=60) as (server, _, client):
        job = begun(client, "PVE START --async --timeout=1500ms 100")
        reply = client.call("JOB WAIT " + job)
        assert reply.error == "TIMEOUT", reply.lines
        assert reply.details["upid"] == server.tasks[0].upid
        assert "state" not in reply.details
        assert state(client, job) == "failed"
        assert server.tasks[0].exit is None


# --- What ends it from outside ---

def test_a_job_that_is_killed():
    with scene(arguments=("--max-jobs", "1"), task_seconds=60) as (
            server, daemon, client):
        job = begun(client)
        assert until(lambda: status(client, job).get("task"))
        assert client.call("PVE START --async 200").error == "LIMIT_REACHED"
        process = process_of(daemon.machine, job)
        os.kill(process, signal.SIGKILL)
        reply = client.call("JOB WAIT " + job)
        assert reply.error == "SERVER_FAILED", reply.lines
        assert reply.details["task"] == server.tasks[0].upid
        record = status(client, job)
        assert record["state"] == "interrupted", record
        assert record["task"] == server.tasks[0].upid
        assert "ended" not in record
        assert fields(client.check("JOB CANCEL " + job))["changed"] == "no"
        # The supervisor sees it, and the next one has room.
        assert until(lambda: client.call("PVE START --async 200").ok)
        assert "the process %d of a job died" % process in daemon.messages()
        begin, = [record for record in daemon.machine.audit()
                  if record["event"] == "begin" and record["call"] == job]
        aborted, = [record for record in daemon.machine.audit()
                    if record["event"] == "aborted"]
        assert aborted["begin"] == begin["sequence"], aborted
        assert server.tasks[0].exit is None
        client.check("JOB FORGET " + job)


def test_the_daemon_ends():
    with scene(task_seconds=60) as (server, daemon, client):
        job = begun(client)
        stopping = begun(client, "PVE STOP --async --stop-on-cancel 201")
        for one in job, stopping:
            assert until(lambda: status(client, one).get("task"))
        began = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - began < 5
        # The audit log, too, knows their end.
        ended = [record for record in daemon.machine.audit()
                 if record["event"] == "end"]
        assert {record["call"] for record in ended} == {job, stopping}, ended
        with daemon.machine.daemon() as again, again.client("panel") as other:
            for one in job, stopping:
                reply = other.call("JOB WAIT " + one)
                assert reply.error == "CANCELED", reply.lines
                assert reply.details["upid"] in [
                    task.upid for task in server.tasks]
                assert reply.details["outcome"] == "running", reply.lines
                assert state(other, one) == "canceled"
        assert [task.exit for task in server.tasks] == [None, None]


# --- Limits ---

def test_at_most_so_many_run():
    for limit in "--max-jobs", "--max-jobs-per-uid":
        with scene(arguments=(limit, "1"), task_seconds=3) as (
                server, daemon, client):
            job = begun(client)
            assert until(lambda: server.tasks)
            before = len(daemon.machine.audit())
            reply = client.call("PVE START --async 200")
            assert reply.error == "LIMIT_REACHED", reply.lines
            assert limit[2:] in reply.advice, reply.lines
            assert len(server.tasks) == 1 and listed(client) == [job]
            # Nothing is on the record as begun.
            assert not [record for record in daemon.machine.audit()[before:]
                        if record["event"] == "begin"]
            # What is waited for is no job.
            assert "outcome" in client.check("PVE START 200").text
            assert client.check("JOB WAIT " + job).ok
            # There is room as soon as that is told.
            assert client.check("JOB WAIT " + begun(
                client, "PVE STOP --async 201")).ok


def test_so_many_are_known():
    with scene(arguments=("--keep-jobs", "2"), task_seconds=60) as (
            server, _, client):
        long = begun(client)
        assert until(lambda: server.tasks)
        server.task_seconds = 0.2
        ended = []
        for verb in "START", "STOP", "START":
            ended.append(begun(client, "PVE %s --async 200" % verb))
            assert client.check("JOB WAIT " + ended[-1]).ok
            # The one that runs stays, though it is the oldest.
            assert sorted(listed(client)) == sorted([long, ended[-1]])
        reply = client.call("JOB WAIT " + ended[0])
        assert reply.error == "NOT_FOUND", reply.lines
        client.check("JOB CANCEL " + long)


# --- What is none ---

def test_what_is_no_job():
    with scene() as (server, _, client):
        client.check("OPTION async=1")
        assert "status: stopped" in client.check("PVE GUEST 100").text
        assert "changed: no" in client.check("PVE STOP 100").text
        assert client.check("PVE START --dry-run 100").ok
        assert not server.tasks
        for line, error in (("PVE START", "MISSING_VALUE"),
                            ("PVE START 100 101", "TOO_MANY"),
                            ("PVE START --async=x 100", "INV_ARG"),
                            ("PVE START 999", "NOT_FOUND")):
            reply = client.call(line)
            assert reply.error == error, (line, reply.lines)
        assert not listed(client) and not server.tasks


def test_what_a_session_has_edited():
    with scene() as (_, daemon, client):
        daemon.machine.write("/etc/hosts", "127.0.0.1 localhost\n")
        client.check("OPTION async=1")
        client.check("AUG SET /files/etc/hosts/1/ipaddr 127.0.0.2")
        client.check("AUG SAVE")
        assert daemon.machine.read("/etc/hosts") == "127.0.0.2 localhost\n"
        client.check("AUG RUN @", {
            "SCRIPT": b"set /files/etc/hosts/1/ipaddr 127.0.0.3\nsave\n"})
        assert daemon.machine.read("/etc/hosts") == "127.0.0.3 localhost\n"
        assert not listed(client)


# --- What stays ---

def test_the_audit_log():
    with scene(task_seconds=1) as (_, daemon, client):
        session = attack.session_pid(client)
        job = begun(client, "PVE START --async --reason=spring 100")
        process = process_of(daemon.machine, job)
        client.check("JOB WAIT " + job)
        begin, end = [record for record in daemon.machine.audit()
                      if record.get("call") == job]
        assert (begin["event"], end["event"]) == ("begin", "end")
        assert end["begin"] == begin["sequence"]
        assert begin["reason"] == "spring" and end["outcome"] == "ok"
        assert begin["verb"] == end["verb"] == "PVE START"
        assert process != session


def test_a_directory_that_cannot_be_written():
    with scene() as (server, daemon, client):
        machine = daemon.machine
        os.makedirs(machine.path("/var/lib/reeve"), mode=0o700, exist_ok=True)
        machine.write(JOBS, "no directory\n")
        reply = client.call("PVE START --async 100")
        assert reply.error and "jobs" in reply.advice, reply.lines
        assert not server.tasks
        assert not [record for record in machine.audit()
                    if record["event"] == "begin"]
        os.unlink(machine.path(JOBS))
        assert client.check("JOB WAIT " + begun(client)).ok


@contextlib.contextmanager
def full(path):
    """A file system at PATH that has no room."""
    if os.system("mount -t tmpfs -o size=4k,mode=700 none %s 2>/dev/null"
                 % path):
        raise tap.Skip("machine: mount is not permitted here")
    try:
        with open(os.path.join(path, "ballast"), "wb") as file:
            file.write(b"x" * 4096)
        yield
    finally:
        os.system("umount -l " + path)


def test_a_full_directory():
    with scene() as (server, daemon, client):
        client.check("JOB WAIT " + begun(client))
        with full(daemon.machine.path(JOBS + "/panel")):
            reply = client.call("PVE START --async 200")
            assert "No space left" in reply.advice, reply.lines
            assert not listed(client) and len(server.tasks) == 1
        assert len([record for record in daemon.machine.audit()
                    if record["event"] == "begin"]) == 1


def test_files_that_are_no_jobs():
    with scene() as (_, daemon, client):
        job = begun(client)
        assert client.check("JOB WAIT " + job).ok
        machine = daemon.machine
        folder = machine.path(JOBS + "/panel/")
        with open(folder + job, encoding="utf-8") as file:
            lines = file.read().splitlines(True)
        # The end is torn.
        torn = "0123456789abcdef.1"
        machine.write(JOBS + "/panel/" + torn,
                      "".join(lines[:-1]) + lines[-1][:10])
        garbage = "0123456789abcdef.2"
        machine.write(JOBS + "/panel/" + garbage, lines[0] + "\0\xff\n"
                      '{"status":7}\n{"status":"X\n{"detail":{}}\n'
                      '{"unknown":1}\n' + "x" * 3000000 + "\n" + lines[-1])
        empty = "0123456789abcdef.3"
        machine.write(JOBS + "/panel/" + empty, "")
        link = "0123456789abcdef.4"
        os.symlink("/etc/passwd", folder + link)
        os.mkfifo(folder + "0123456789abcdef.5")
        os.mkdir(folder + "0123456789abcdef.6")
        machine.write(JOBS + "/panel/README", "no job\n")
        machine.write(JOBS + "/README", "no identity\n")
        # All three heads are of the same job.
        assert listed(client) == [job] * 3, listed(client)
        reply = client.call("JOB WAIT " + torn)
        assert reply.error == "SERVER_FAILED", reply.lines
        assert reply.details["task"].startswith("UPID:")
        assert state(client, torn) == "interrupted"
        assert state(client, garbage) == "done"
        assert client.check("JOB WAIT " + garbage).ok
        for name in link, "0123456789abcdef.5", "0123456789abcdef.6":
            for verb in "STATUS", "WAIT", "CANCEL", "FORGET":
                reply = client.call("JOB %s %s" % (verb, name))
                assert reply.error == "NOT_FOUND", (name, verb, reply.lines)
        for name in "README", "../panel/" + job, job + "x":
            reply = client.call("JOB STATUS " + name)
            assert reply.error == "INV_ARG", (name, reply.lines)
        client.check("JOB FORGET " + empty)
        client.check("JOB FORGET " + torn)
        assert client.check("JOB WAIT " + begun(
            client, "PVE STOP --async 100")).ok


if __name__ == "__main__":
    tap.main(globals())
