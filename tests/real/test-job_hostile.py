#!/usr/bin/env python3
# test-job_hostile.py - jobs whose surroundings wish them ill
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Full disks, processes that are killed, those who hold what a job needs, and
those who look for what is not theirs."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import attack  # noqa: E402
import proxmox  # noqa: E402
import proxmox_host  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402
from attack import until  # noqa: E402
from proxmox_begin import records  # noqa: E402

POLICY = """\
[identity panel]
key = panel.key
allow = *

[identity Panel]
key = reader.key
allow = PVE START

[identity nobody]
key = nobody.key
allow = PVE START
deny = PVE START async=1

[identity ghost]
key = ghost.key
allow = PVE START
deny = JOB *
"""
JOBS = "/var/lib/reeve/jobs"


@contextlib.contextmanager
def scene(*options, **server_options):
    """A server of Proxmox's API, a machine that knows it with a daemon, and a
    client that may do everything."""
    with proxmox.Proxmox(**server_options) as server, \
            scratch.Machine(policy=POLICY) as machine:
        proxmox_host.introduce(machine, server)
        with open(server.ca_file, encoding="ascii") as file:
            machine.write("/etc/reeve/pve-ca.pem", file.read())
        with machine.daemon(*options) as daemon, \
                daemon.client("panel") as client:
            yield server, daemon, client


def begun(client, line="PVE START --async 100"):
    """Begin a job by LINE; its name."""
    return client.check(line).text.splitlines()[0].split(": ")[1]


def status(client, job):
    record, = records(client.check("JOB STATUS --output=json " + job))
    return record


def lines_of(machine, job, identity="panel"):
    """The lines of a job's file."""
    text = machine.read("%s/%s/%s" % (JOBS, identity, job))
    return [json.loads(line) for line in text.splitlines()]


def process_of(machine, job, identity="panel"):
    return lines_of(machine, job, identity)[0]["process"]


def files_of(process):
    folder = "/proc/%d/fd" % process
    return [os.readlink(os.path.join(folder, name))
            for name in os.listdir(folder)]


# --- What a job has of its session ---

def test_it_does_not_hold_the_journal_of_its_session():
    """Its locks: else nobody could change a file, nor put one back, when the
    session is killed while it saves."""
    if os.geteuid():
        raise tap.Skip("machine: only root may look into a process of reeve's")
    with scene(task_seconds=30) as (_, daemon, client):
        daemon.machine.write("/etc/hosts", "127.0.0.1 localhost\n")
        client.check("AUG SET /files/etc/hosts/1/ipaddr 127.0.0.2")
        client.check("AUG SAVE")
        session = attack.session_pid(client)
        process = process_of(daemon.machine, begun(client))
        journals = [[path for path in files_of(one) if "/journal" in path]
                    for one in (session, process)]
        assert journals[0] and not journals[1], journals
        # The session still has it.
        client.check("AUG SET /files/etc/hosts/1/ipaddr 127.0.0.3")
        client.check("AUG SAVE")
        assert daemon.machine.read("/etc/hosts") == "127.0.0.3 localhost\n"


def test_who_started_a_pipe_need_not_wait_for_it():
    with scene(task_seconds=20) as (_, daemon, _):
        machine = daemon.machine
        ours, theirs = scratch.assuan.socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [scratch.program("reeved"), "--server", "--root", machine.root],
                stdin=theirs, stdout=theirs, stderr=subprocess.PIPE)
        with scratch.assuan.Client(ours) as other, process.stderr:
            # An ordinary user is the owner there, without a handshake.
            if not os.geteuid():
                other.authenticate("panel", machine.key("panel"))
            job = begun(other)
            other.check("BYE")
            assert process.wait(5) == 0
            ended = threading.Event()
            threading.Thread(target=lambda: (process.stderr.read(),
                                             ended.set()), daemon=True).start()
            there = ended.wait(3)
        with machine.spawn() if os.geteuid() else daemon.client("panel") as one:
            assert status(one, job)["state"] == "running", status(one, job)
            one.check("JOB CANCEL " + job)
        assert there, "the job holds the standard error"


# --- Disks ---

@contextlib.contextmanager
def small_disk(path):
    """A file system of 256 KiB at PATH; what fills it."""
    os.makedirs(path, mode=0o700, exist_ok=True)
    if os.system("mount -t tmpfs -o size=256k,mode=700 none %s 2>/dev/null"
                 % path):
        raise tap.Skip("machine: mount is not permitted here")

    def fill():
        with open(os.path.join(path, "ballast"), "ab", 0) as file:
            with contextlib.suppress(OSError):
                while file.write(b"x" * 512):
                    pass
    try:
        yield fill
    finally:
        os.system("umount -l " + path)


def test_the_disk_becomes_full_while_it_runs():
    """The change goes on, and its end and answer are told."""
    with scene() as (server, daemon, client), \
            small_disk(daemon.machine.path(JOBS)) as fill:
        server.end_next("vzstart", "OK", ["x" * 2000] * 40, seconds=2)
        job = begun(client)
        fill()
        reply = client.call("PVE START --async 200")
        assert "No space left" in reply.advice, reply.lines
        answer, = records(client.check("JOB WAIT --output=json " + job))
        assert answer["changed"] is True and answer["outcome"] == "ok"
        assert status(client, job)["state"] == "done"
        assert server.tasks[0].exit == "OK" and len(server.tasks) == 1
        server.end_next("vzstop", "exit code 9", ["x" * 2000] * 40, seconds=2)
        os.unlink(daemon.machine.path(JOBS + "/ballast"))
        job = begun(client, "PVE STOP --async 100")
        fill()
        reply = client.call("JOB WAIT " + job)
        assert reply.error == "GENERAL", reply.lines
        assert status(client, job)["state"] == "failed"
        # Those that were not begun left nothing.
        assert len(os.listdir(daemon.machine.path(JOBS + "/panel"))) == 2
        # What was kept for the end is free again.
        for name in os.listdir(daemon.machine.path(JOBS + "/panel")):
            file = os.stat(daemon.machine.path(JOBS + "/panel/" + name))
            assert file.st_blocks * 512 < file.st_size + 8192, file


# --- Ends ---

def test_the_daemon_ends_while_a_job_waits():
    """The job is told so again and again, and must not be kept from hearing it
    by that."""
    for state in "TASK", None:
        with scene(task_seconds=60) as (server, daemon, client):
            job = begun(client)
            assert state is None or until(
                lambda: "task" in status(client, job))
            process = process_of(daemon.machine, job)
            began = time.monotonic()
            assert daemon.stop() == 0
            assert time.monotonic() - began < 5
            assert not attack.lives(process)
            lines = lines_of(daemon.machine, job)
            assert "end" in lines[-1], lines
            end, = [record for record in daemon.machine.audit()
                    if record["event"] == "end"]
            assert (end["call"], end["outcome"]) == (job, "canceled"), end
            assert all(task.exit is None for task in server.tasks)


if __name__ == "__main__":
    tap.main(globals())
