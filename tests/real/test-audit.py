#!/usr/bin/env python3
# test-audit.py - the audit log of a daemon at work
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import glob
import json
import os
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import assuan
import attack
import scratch
import tap
from attack import HOSTS, until

REEVE = scratch.program("reeve")
LOG = "/var/log/reeve/audit.jsonl"
GET = "AUG GET /files/etc/hosts/1/ipaddr"
SET = "AUG SET /files/etc/hosts/1/ipaddr 127.0.0.%d"


def new_key(machine):
    """Begin a key of the log; its text."""
    return subprocess.run([REEVE, "--root", machine.root, "audit", "init"],
                          check=True, capture_output=True).stdout.strip()


def verify(machine, *keys):
    """What "reeve audit verify" prints; it must find all well."""
    read, write = os.pipe()
    os.write(write, b"\n".join(keys) + b"\n")
    os.close(write)
    result = subprocess.run(
        [REEVE, "--root", machine.root, "audit", "verify"]
        + (["--key-fd=%d" % read] if keys else []),
        capture_output=True, pass_fds=[read], check=False, text=True)
    os.close(read)
    assert result.returncode == 0, (result.returncode, result.stdout,
                                    result.stderr)
    return result.stdout


def all_records(machine):
    """Those of rotated files, too, in their order."""
    records = []
    for path in glob.glob(machine.path(LOG) + "*"):
        with open(path, encoding="utf-8") as file:
            records += [json.loads(line) for line in file]
    return sorted(records, key=lambda record: record["sequence"])


def events(machine, event):
    return [record for record in all_records(machine)
            if record["event"] == event]


def test_a_day_with_a_key():
    with scratch.Machine(HOSTS) as machine:
        key = new_key(machine)
        with machine.daemon() as daemon, daemon.client("panel") as client:
            reply = client.check("AUG GET --reason=looking "
                                 "/files/etc/hosts/1/ipaddr")
            read = machine.audit()[-1]
            assert reply.verdict == "OK " + read["call"], reply.verdict
            assert read["reason"] == "looking" and read["outcome"] == "ok"
            assert read["pid"] == os.getpid()
            assert os.path.samefile(read["executable"], sys.executable)
            client.check(SET % 2)
            saved = client.check("AUG SAVE").verdict
            begin, end = machine.audit()[-2:]
            assert begin["event"] == "begin" and end["event"] == "end"
            assert saved == "OK " + begin["call"] == "OK " + end["call"]
            step = begin["plan"][0]
            assert step["object"] == "/etc/hosts"
            assert step["before"] != step["after"], step
            assert end["begin"] == begin["sequence"]
            verify(machine, key)
        assert [record["event"] for record in machine.audit()][0] == "start"
        assert machine.audit()[-1]["event"] == "stop"
        verify(machine, key)


def test_a_key_may_begin_while_the_daemon_runs():
    with scratch.Machine(HOSTS) as machine, machine.daemon() as daemon, \
            daemon.client("panel") as client:
        client.check(GET)
        first = new_key(machine)
        client.check(GET)
        second = new_key(machine)
        client.check(GET)
        assert len(events(machine, "rekey")) == 2
        verify(machine, first, second)
        verify(machine, second)
        verify(machine)


def test_nothing_is_lost_while_files_rotate():
    calls, clients = 400, 4
    with scratch.Machine(HOSTS) as machine:
        key = new_key(machine)
        with machine.daemon("--audit-size", "64k") as daemon:
            def work():
                with daemon.client("panel") as client:
                    for _ in range(calls):
                        client.check(GET)
            threads = [threading.Thread(target=work) for _ in range(clients)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(glob.glob(machine.path(LOG) + ".*")) > 3
        assert len(events(machine, "call")) == calls * clients
        sequences = [record["sequence"] for record in all_records(machine)]
        assert sequences == list(range(1, len(sequences) + 1))
        verify(machine, key)


def test_files_that_are_not_kept_are_no_finding():
    with scratch.Machine(HOSTS) as machine:
        key = new_key(machine)
        with machine.daemon("--audit-size", "64k", "--audit-files", "2") \
                as daemon, daemon.client("panel") as client:
            for _ in range(1000):
                client.check(GET)
        kept = sorted(glob.glob(machine.path(LOG) + ".*"),
                      key=lambda path: int(path.split(".")[-1].split("-")[0]))
        assert len(kept) == 2, kept
        assert "are gone since" in verify(machine, key)
        # What the log does not tell of is missing all the same.
        os.unlink(kept[0])
        try:
            verify(machine, key)
        except AssertionError:
            return
        assert False, "a file that somebody removed is not missed"


def test_a_session_that_is_killed_leaves_no_change_open():
    files = {"/etc/sysctl.d/%03d.conf" % number: "a = 1\n"
             for number in range(300)}
    with scratch.Machine(files) as machine:
        key = new_key(machine)
        with machine.daemon() as daemon:
            for attempt in range(30):
                with daemon.client("panel") as client:
                    pid = attack.session_pid(client)
                    client.check("AUG SETM /files/etc/sysctl.d/* a %d"
                                 % (attempt + 2))
                    begun = len(events(machine, "begin"))
                    client.send("AUG SAVE")
                    until(lambda: len(events(machine, "begin")) > begun)
                    os.kill(pid, signal.SIGKILL)
                assert until(lambda: not attack.lives(pid))
                if until(lambda: events(machine, "aborted"), 2):
                    break
            aborted = events(machine, "aborted")
            assert aborted, "never in the middle of a change"
            assert aborted[-1]["outcome"] == "aborted"
            # What it had begun is put back, or had come to its end.
            assert until(lambda: len({machine.read(path)
                                      for path in files}) == 1)
            texts = {machine.read(path) for path in files}
            assert len(texts) == 1, texts
        verify(machine, key)
        ends = {record.get("begin") for record in all_records(machine)
                if record["event"] in ("end", "aborted")}
        assert {record["sequence"]
                for record in events(machine, "begin")} == ends


def test_a_daemon_that_is_killed_goes_on_where_it_was():
    with scratch.Machine(HOSTS) as machine:
        key = new_key(machine)
        daemon = machine.daemon()
        with daemon.client("panel") as client:
            for _ in range(20):
                client.check(GET)
            daemon.process.kill()
            daemon.process.wait()
        with machine.daemon() as daemon, daemon.client("panel") as client:
            client.check(GET)
        assert len(events(machine, "call")) == 21
        verify(machine, key)


def test_a_full_disk_refuses_changes_and_reads_go_on():
    if os.geteuid():
        raise tap.Skip("machine: only root can mount a small disk")
    with scratch.Machine(HOSTS) as machine:
        key = new_key(machine)
        folder = machine.path("/var/log/reeve")
        saved = machine.read(LOG)
        if subprocess.run(["mount", "-t", "tmpfs", "-o",
                           "size=4m,mode=0750", "reeve-test", folder],
                          capture_output=True, check=False).returncode:
            raise tap.Skip("machine: cannot mount here")
        try:
            assert saved == ""
            machine.write(LOG, "", mode=0o640)
            full_disk(machine, folder)
        finally:
            subprocess.run(["umount", folder], check=True)
    del key


def full_disk(machine, folder):
    with machine.daemon() as daemon, daemon.client("panel") as client:
        client.check(GET)
        client.check(SET % 2)
        stuff = os.path.join(folder, "stuff")
        with open(stuff, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(512))
            except OSError:
                pass
        reply = client.call("AUG SAVE")
        assert reply.error == "32854" or "audit: no room" in reply.advice, \
            reply.verdict
        assert machine.read("/etc/hosts") == HOSTS["/etc/hosts"]
        for _ in range(200):
            assert client.check(GET).data.startswith(b"127.0.0.")
        assert until(lambda: "audit" in daemon.messages())
        # A little room is for changes: these go on, unlike records of reads.
        os.truncate(stuff, os.path.getsize(stuff) - 160 * 1024)
        time.sleep(2.5)
        before = len(events(machine, "call"))
        client.check(GET)
        client.check("AUG SAVE")
        assert "127.0.0.2" in machine.read("/etc/hosts")
        assert events(machine, "end")[-1]["outcome"] == "ok"
        assert len(events(machine, "call")) == before
        os.unlink(stuff)
        assert until(lambda: client.check(GET)
                     and len(events(machine, "call")) > before)
        missed = events(machine, "missed")
        assert missed and missed[-1]["count"] > 0
        sequences = [record["sequence"] for record in all_records(machine)]
        assert sequences == list(range(sequences[0],
                                       sequences[0] + len(sequences)))


def test_floods_of_refusals_are_summed_up():
    with scratch.Machine(HOSTS) as machine, machine.daemon() as daemon:
        with daemon.client("reader") as client:
            for _ in range(500):
                client.call("AUG SAVE")
        assert until(lambda: sum(
            record["count"] for record in events(machine, "refusals"))
            + len(events(machine, "refused")) == 500)
        assert len(events(machine, "refused")) < 100
        record = events(machine, "refusals")[0]
        assert record["uid"] == os.geteuid()
        assert record["gate"]["policy"] == record["count"], record


def test_calls_that_need_no_rule_are_summed_up_too():
    with scratch.Machine(HOSTS) as machine, machine.daemon() as daemon:
        with daemon.client("nobody") as client:
            for _ in range(500):
                client.check("POLICY SHOW")
        assert until(lambda: sum(record["gate"].get("none", 0) for record
                                 in events(machine, "refusals"))
                     + len(events(machine, "call")) == 500)
        assert len(events(machine, "call")) < 100


def test_strangers_are_on_record():
    if os.geteuid():
        raise tap.Skip("machine: only root can be somebody else")
    policy = "[identity panel]\nkey = panel.key\npeer = daemon\nallow = *\n"
    with scratch.Machine(HOSTS, policy) as machine, \
            machine.daemon("--foreground") as daemon:
        try:
            daemon.client().close()
        except (assuan.Gone, assuan.Refused, ValueError):
            pass
        assert until(lambda: events(machine, "refused"))
        record = events(machine, "refused")[-1]
        assert record["gate"] == "peer" and record["uid"] == 0, record


def test_the_configuration_must_be_what_was_loaded():
    with scratch.Machine(HOSTS) as machine, machine.daemon() as daemon, \
            daemon.client("panel") as client:
        policy = "/etc/reeve/policy.d/test.policy"
        machine.write(policy, machine.read(policy) + "# changed\n")
        client.check(GET)
        reply = client.call(SET % 2)
        assert reply.error == "CONFIGURATION", reply.verdict
        record = events(machine, "refused")[-1]
        assert record["gate"] == "integrity" and record["verb"] == "AUG SET"
        client.check("POLICY RELOAD")
        client.check(SET % 2)
        assert events(machine, "reload")


tap.main(globals())
