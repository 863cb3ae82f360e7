#!/usr/bin/env python3
# test-pve_selftest.py - PVE SELFTEST, SELFTEST-TASK and "reeve selftest"
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each check fails in turn, against a server that speaks Proxmox's API."""

import contextlib
import email.utils
import glob
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
import unittest.mock

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import proxmox  # noqa: E402
import proxmox_host  # noqa: E402
import proxmox_reads  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402
from proxmox_scene import VERSIONS, Scene  # noqa: E402

TAG = "reeve-selftest"
WRITER = "[identity panel]\nkey = panel.key\nceiling = write\nallow = *\n"


@contextlib.contextmanager
def scene(version="9.1", token=None, configuration=None, lines=(),
          policy=None):
    """A scene whose pve.conf has more LINES, or is CONFIGURATION (SERVER)."""
    with proxmox.Proxmox(version, task_seconds=0.1) as server, \
            scratch.Machine(policy=policy) as machine:
        proxmox_host.introduce(machine, server, token and token(server),
                               *lines)
        if configuration:
            machine.write("/etc/reeve/pve.conf", configuration(server))
        with machine.daemon() as daemon, daemon.client("panel") as client:
            yield Scene(server, machine, daemon, client)
        assert not server.problems, server.problems


def checks(one):
    """The records of a self-test."""
    reply = one.client.check("PVE SELFTEST --output=json")
    return [json.loads(line) for line in reply.text.splitlines()]


def found(records, check, what=""):
    """The one record of CHECK whose object has WHAT."""
    record, = [record for record in records
               if record["check"] == check and what in record["object"]]
    return record


def not_well(records):
    return [record for record in records if record["state"] != "ok"]


def mark(one, vmid=100, tags="web;" + TAG):
    one.server.guests[vmid].config["tags"] = tags
    return one.server.guests[vmid]


def steps(one, line):
    reply = one.client.check(line.replace("TASK", "TASK --output=json", 1))
    return [json.loads(line) for line in reply.text.splitlines()]


def reeve(one, *words):
    """Run the command."""
    return subprocess.run([scratch.program("reeve"), "--root",
                           one.machine.root, "--identity", "panel", *words],
                          capture_output=True, timeout=60, check=False,
                          encoding="utf-8")


# --- Reading ---

def test_all_is_well():
    for version in VERSIONS:
        with scene(version) as one:
            records = checks(one)
            assert not not_well(records), records
            assert [record["check"] for record in records[:6]] == [
                "endpoint", "tls", "token", "version", "clock",
                "privileges"], records
            name = "127.0.0.1:%d" % one.server.port
            assert {record["object"] for record in records[:5]} == {name}
            assert found(records, "token")["message"] == one.server.token_id
            assert found(records, "version")["message"].startswith(version)
            assert found(records, "node", "pve1")["message"] == \
                "online, its root 0 % full"
            assert {record["object"] for record in records
                    if record["check"] == "storage"} == {
                        "%s/%s" % (node, storage) for node in ("pve1", "pve2")
                        for storage in one.server.cluster.storages}
            assert not one.sent(), one.sent()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_server_that_is_down():
    port = free_port()
    with scene(lines=["endpoint 127.0.0.1:%d" % port]) as one:
        records = checks(one)
        bad, = not_well(records)
        assert bad["check"] == "endpoint" and bad["state"] == "failed", bad
        assert bad["object"] == "127.0.0.1:%d" % port, bad
        assert "Connection refused" in bad["message"], bad
        # The other one tells the rest.
        assert found(records, "storage", "pve1/vault"), records
    with scene() as one:
        one.server.stop()
        record, = checks(one)
        assert record["check"] == "endpoint", record
        assert record["state"] == "failed", record


def pinned(pin):
    def configuration(server):
        return "endpoint 127.0.0.1:%d fingerprint=%s\ntoken-file %s\n" % (
            server.port, pin or server.fingerprint, "/etc/reeve/pve.token")
    return configuration


def test_certificates():
    with scene(configuration=pinned(None)) as one:
        records = checks(one)
        assert "fingerprint" in found(records, "tls")["message"], records
        assert not not_well(records), records
    with scene(configuration=pinned(":".join(["00"] * 32))) as one:
        records = checks(one)
        assert [record["check"] for record in records] == [
            "endpoint", "tls"], records
        assert records[0]["state"] == "ok", records
        assert records[1]["state"] == "failed", records
        # What to write into pve.conf if it is right.
        assert one.server.fingerprint in records[1]["message"], records
        assert not one.server.requests, one.server.requests
    with scene() as one:
        one.server.swap_certificate()
        bad, = not_well(checks(one))
        assert bad["check"] == "tls" and bad["state"] == "failed", bad
        assert "ca-file" in bad["message"], bad
        assert not one.server.requests, one.server.requests
    with scene(lines=["insecure"]) as one:
        bad, = not_well(checks(one))
        assert bad["check"] == "tls" and bad["state"] == "warning", bad


def test_a_token_that_is_not_taken():
    with scene(token=lambda server: server.token[:-1] + "x") as one:
        one.server.delay_401 = 0.1
        records = checks(one)
        assert [record["check"] for record in records] == [
            "endpoint", "tls", "token"], records
        bad, = not_well(records)
        assert bad["state"] == "failed", bad
        assert "token-file" in bad["message"], bad


def test_versions():
    for release, state in (("6.4", "warning"), ("10.0", "warning"),
                           ("7.0", "ok"), ("9.9", "ok"), ("", "failed")):
        told = (release, release + "-1", "0")
        with unittest.mock.patch.dict(proxmox_reads.RELEASES,
                                      {"9.1": told}), scene() as one:
            record = found(checks(one), "version")
            assert record["state"] == state, record
            assert (release or "its version") in record["message"], record


def test_clocks():
    def date(ahead):
        def formatdate(**options):
            return real(time.time() + ahead, **options)
        return formatdate
    real = email.utils.formatdate
    for ahead, words in ((0, None), (20, None), (-20, None),
                         (3600, "ahead of"), (-3600, "behind")):
        with unittest.mock.patch("email.utils.formatdate", date(ahead)), \
                scene() as one:
            bad = not_well(checks(one))
            assert len(bad) == (words is not None), bad
            if words:
                assert (bad[0]["check"], bad[0]["state"]) == (
                    "clock", "warning"), bad
                assert re.match(r"(3599|3600|3601) seconds %s this" % words,
                                bad[0]["message"]), bad


def test_privileges():
    with scene() as one:
        one.server.privileges["/"] -= {"VM.Snapshot", "VM.Backup"}
        bad = not_well(checks(one))
        assert {record["object"]: record["state"] for record in bad} == {
            "VM.Snapshot": "warning", "VM.Backup": "warning"}, bad
        message = found(bad, "privileges", "VM.Snapshot")["message"]
        assert "needed for SNAPSHOT, DELSNAPSHOT, RESIZE, SET, " in message, message
        # It is enough to have it somewhere.
        one.server.privileges["/vms/100"] = {"VM.Snapshot", "VM.Backup"}
        assert not not_well(checks(one))
        # Without this no guest is found.
        one.server.privileges["/"] -= {"VM.Audit"}
        bad, = not_well(checks(one))
        assert bad["object"] == "VM.Audit", bad
        assert bad["state"] == "failed", bad
    with scene() as one:
        one.server.privileges["/"] -= {"Sys.Audit"}
        records = checks(one)
        bad, = not_well(records)
        assert (bad["object"], bad["state"]) == ("Sys.Audit", "warning"), bad
        assert found(records, "node", "pve1")["message"] == "online"
    with scene(token=lambda server: server.weak_token) as one:
        bad, = not_well(checks(one))
        assert bad["check"] == "privileges", bad
        assert bad["object"] == one.server.weak_token_id, bad
        assert bad["state"] == "failed", bad
        assert "no rights" in bad["message"], bad


def test_nodes():
    with scene() as one:
        one.server.cluster.offline_nodes.add("pve2")
        records = checks(one)
        bad, = not_well(records)
        assert bad["check"] == "node" and bad["object"] == "pve2", bad
        assert bad["state"] == "failed", bad
        assert not [record for record in records
                    if record["object"].startswith("pve2/")], records
        one.server.cluster.offline_nodes.clear()
        one.server.cluster.unknown_nodes.add("pve2")
        bad, = not_well(checks(one))
        assert (bad["object"], bad["state"]) == ("pve2", "warning"), bad
        one.server.cluster.unknown_nodes.clear()
        # Behind a proxy it does not answer.
        one.server.fail_next("GET", "/nodes/pve2/status",
                             "595:No route to host")
        bad, = not_well(checks(one))
        assert bad["check"] == "node" and bad["object"] == "pve2", bad
        assert bad["state"] == "failed", bad
        one.server.fail_next("GET", "/nodes/pve1/storage$", "500:it broke")
        bad, = not_well(checks(one))
        assert (bad["check"], bad["object"]) == ("storage", "pve1"), bad
        assert "it broke" in bad["message"], bad
        # The list of nodes itself.
        one.server.fail_next("GET", "/nodes$", "500:it broke")
        bad, = not_well(checks(one))
        assert bad["check"] == "nodes" and bad["state"] == "failed", bad


def test_storages():
    with scene() as one:
        one.server.cluster.storages["vault"].active = False
        local = one.server.cluster.storages["local"]
        local.total, local.used = 1000, 955
        bad = not_well(checks(one))
        assert {record["object"]: record["state"] for record in bad} == {
            "pve1/vault": "failed", "pve2/vault": "failed",
            "pve1/local": "warning", "pve2/local": "warning"}, bad
        assert found(bad, "storage", "pve1/local")["message"] == \
            "active, 95 % full: make room", bad
        # One that nobody uses may be away.
        one.server.cluster.storages["vault"].enabled = False
        local.used = 100
        records = checks(one)
        assert not not_well(records), records
        assert found(records, "storage", "pve2/vault")["message"] == \
            "disabled", records


def test_nothing_is_configured():
    with scene(configuration=lambda server: "") as one:
        reply = one.error("PVE SELFTEST")
        assert "pve.conf" in reply.advice, reply.lines


# --- On a guest ---

def test_the_round_trip():
    for version in VERSIONS:
        for vmid in 100, 200:
            with scene(version) as one:
                guest = mark(one, vmid)
                config = dict(guest.config)
                records = steps(one, "PVE SELFTEST-TASK %d" % vmid)
                assert [record["check"] for record in records] == [
                    "snapshot", "rollback", "delete"], records
                for record in records:
                    assert record["state"] == "ok", records
                    assert 0.05 < record["seconds"] < 20, records
                sent = one.sent()
                assert [request.method for request in sent] == [
                    "POST", "POST", "DELETE"], sent
                name = sent[0].parameters["snapname"]
                assert re.fullmatch(r"reeve-selftest-\d{8}-\d{6}", name), name
                assert name in sent[1].path and name in sent[2].path, sent
                assert not guest.snapshots and guest.config == config
                assert not guest.running


def test_a_guest_that_runs_runs_again():
    with scene() as one:
        guest = mark(one)
        guest.status = "running"
        steps(one, "PVE SELFTEST-TASK 100")
        assert guest.running
        assert one.sent()[1].parameters["start"] in (1, "1"), one.sent()[1]


def test_only_marked_guests():
    with scene() as one:
        for tags in None, "", "web", TAG + "ing", "x-" + TAG, "web;not-" + TAG:
            mark(one, tags=tags)
            if tags is None:
                del one.server.guests[100].config["tags"]
            reply = one.error("PVE SELFTEST-TASK 100")
            assert " Forbidden " in reply.verdict, reply.lines
            assert TAG in reply.advice, reply.lines
        assert not one.sent(), one.sent()
        for tags in TAG, "a," + TAG, TAG + " b", "a;%s;b" % TAG:
            mark(one, tags=tags)
            one.client.check("PVE SELFTEST-TASK --dry-run 100")


def test_a_dry_run():
    with scene() as one:
        mark(one)
        text = one.client.check("PVE SELFTEST-TASK --dry-run 100").text
        lines = text.splitlines()
        assert re.match(r"check that container 100 \(.*\) on pve1 is for tests",
                        lines[0]), lines
        assert lines[1].startswith("take snapshot reeve-selftest-"), lines
        assert lines[2] == "go back to it" and lines[3] == "delete it", lines
        mark(one).status = "running"
        text = one.client.check("PVE SELFTEST-TASK --dry-run 100").text
        assert "stops the guest and starts it again" in text, text
        assert not one.sent(), one.sent()


def test_it_destroys():
    with scene(policy=WRITER) as one:
        mark(one)
        reply = one.error("PVE SELFTEST-TASK 100")
        assert "ceiling" in reply.advice, reply.lines
        assert not not_well(checks(one))


def test_a_failure_leaves_nothing():
    for kind, check in (("vzsnapshot", "snapshot"),
                        ("vzrollback", "rollback")):
        with scene() as one:
            guest = mark(one)
            guest.status = "running"
            one.server.end_next(kind, "it broke")
            reply = one.error("PVE SELFTEST-TASK 100")
            assert reply.details["check"] == check, reply.lines
            assert reply.details["exitstatus"] == "it broke", reply.lines
            assert "not-undone" not in reply.details, reply.lines
            assert not guest.snapshots, guest.snapshots
            assert guest.running
    # What is to be deleted a second time.
    with scene() as one:
        guest = mark(one)
        one.server.end_next("vzdelsnapshot", "it broke")
        reply = one.error("PVE SELFTEST-TASK 100")
        assert reply.details["check"] == "delete", reply.lines
        assert not guest.snapshots, guest.snapshots


def test_what_went_well_before_a_failure_is_told():
    for kind, states in (("vzsnapshot", ["failed"]),
                         ("vzrollback", ["ok", "failed"]),
                         ("vzdelsnapshot", ["ok", "ok", "failed"])):
        with scene() as one:
            mark(one)
            one.server.end_next(kind, "it broke")
            reply = one.error("PVE SELFTEST-TASK --output=json 100")
            records = [json.loads(line) for line in reply.text.splitlines()]
            assert [record["state"] for record in records] == states, records
            assert [record["check"] for record in records] == [
                "snapshot", "rollback", "delete"][:len(states)], records
            assert all(record["seconds"] >= 0 for record in records), records
            assert "it broke" in records[-1]["message"], records
    # What was undone is not told as done.
    with scene() as one:
        one.server.fail_next("PUT", "/resize", "500:no way")
        reply = one.error("PVE RESIZE --snapshot 100 rootfs +1G")
        assert not reply.text, reply.lines


def test_what_is_left_is_told():
    with scene() as one:
        guest = mark(one)
        one.server.end_next("vzrollback", "it broke")
        one.server.fail_next("DELETE", "/snapshot/", "500:no way")
        reply = one.error("PVE SELFTEST-TASK 100")
        name = guest.snapshots[0]["name"]
        told = reply.details["not-undone"]
        assert "PVE DELSNAPSHOT 100 " + name in told, reply.lines
        assert "no way" in told, reply.lines
    with scene() as one:
        guest = mark(one)
        guest.status = "running"
        one.server.end_next("vzrollback", "it broke")
        one.server.end_next("vzstart", "no way")
        told = one.error("PVE SELFTEST-TASK 100").details["not-undone"]
        assert "PVE START" in told and "no way" in told, told
        assert not guest.snapshots, guest.snapshots


def test_a_client_that_gives_up():
    with scene() as one:
        guest = mark(one)
        one.server.task_seconds = 1.5
        one.client.send("PVE SELFTEST-TASK 100")
        assert proxmox.wait_for(lambda: guest.lock == "snapshot")
        one.client.send("CANCEL")
        reply = one.client.read_reply()
        assert not reply.ok, reply.lines
        assert "not-undone" not in reply.details, reply.lines
        assert not guest.snapshots and not guest.lock, guest.snapshots


def workers(root):
    """The processes of steps on the machine below ROOT."""
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        with contextlib.suppress(OSError), open(path, "rb") as file:
            words = file.read().split(b"\0")
            if root.encode() in words and b"--change" in words:
                yield int(path.split("/")[2])


def test_a_worker_that_dies():
    with scene() as one:
        guest = mark(one)
        one.server.task_seconds = 1
        one.client.send("PVE SELFTEST-TASK 100")
        assert proxmox.wait_for(lambda: guest.lock == "rollback")
        for process in workers(one.machine.root):
            os.kill(process, signal.SIGKILL)
        reply = one.client.read_reply()
        assert not reply.ok, reply.lines
        assert "not-undone" not in reply.details, reply.lines
        assert not guest.snapshots and not guest.lock, guest.snapshots


# --- The command ---

def test_the_table():
    with scene() as one:
        one.server.cluster.storages["vault"].active = False
        result = reeve(one, "selftest")
        assert result.returncode == 1 and not result.stderr, result
        lines = result.stdout.splitlines()
        assert re.fullmatch("CHECK +OBJECT +STATE +MESSAGE", lines[0]), lines
        for name in "OBJECT", "STATE", "MESSAGE":
            at = lines[0].index(name)
            for line in lines:
                assert line[at - 1] == " " and line[at] != " ", (name, line)
        vault, = [line for line in lines if "pve1/vault" in line]
        assert vault.split()[:3] == ["storage", "pve1/vault", "failed"], vault
        one.server.cluster.storages["vault"].active = True
        one.server.cluster.unknown_nodes.add("pve2")
        result = reeve(one, "selftest")
        assert result.returncode == 0 and "warning" in result.stdout, result
        assert "\033" not in result.stdout, result


def test_a_terminal():
    with scene() as one:
        one.server.cluster.storages["vault"].active = False
        one.server.cluster.storages["fast"].name = "f\033[2Jast"
        one.server.cluster.unknown_nodes.add("pve2")
        master, slave = pty.openpty()
        status = subprocess.call(
            [scratch.program("reeve"), "--root", one.machine.root,
             "--identity", "panel", "selftest"], stdout=slave, timeout=60,
            env=dict(os.environ, TERM="xterm", LC_ALL="C.UTF-8"))
        os.close(slave)
        shown = b""
        with contextlib.suppress(OSError):  # Its end.
            while True:
                shown += os.read(master, 65536)
        os.close(master)
        lines = shown.decode().splitlines()
        assert status == 1, lines
        vault, = [line for line in lines if "vault" in line]
        assert "  \033[31mfailed\033[m   it is not" in vault, vault
        node, = [line for line in lines if re.match("node +pve2 ", line)]
        assert "\033[33mwarning\033[m  nobody" in node, node
        fast, = [line for line in lines if "ast" in line]
        assert "f\\x1b[2Jast" in fast, fast
        assert "\033[32mok\033[m       active" in fast, fast


def test_json():
    with scene() as one:
        result = reeve(one, "selftest", "--json")
        assert result.returncode == 0 and not result.stderr, result
        records = [json.loads(line) for line in result.stdout.splitlines()]
        assert records == checks(one), records
        # It is the field that tells, no text.
        one.server.fail_next("GET", "/nodes/pve1/status",
                             '403:"state":"failed"')
        result = reeve(one, "selftest", "--json")
        assert result.returncode == 0, result
        one.server.cluster.offline_nodes.add("pve2")
        result = reeve(one, "selftest", "--json")
        assert result.returncode == 1 and not result.stderr, result
        assert found(map(json.loads, result.stdout.splitlines()), "node",
                     "pve2")["state"] == "failed"


def test_the_command_with_a_guest():
    with scene() as one:
        guest = mark(one)
        result = reeve(one, "selftest", "--task", "--vmid=100", "--dry-run")
        assert result.returncode == 0, result
        assert "take snapshot reeve-selftest-" in result.stdout, result
        assert not one.sent(), one.sent()
        result = reeve(one, "selftest", "--task", "--vmid=100")
        assert result.returncode == 0 and not result.stderr, result
        lines = result.stdout.splitlines()
        assert re.fullmatch("CHECK +STATE +SECONDS +MESSAGE", lines[0]), lines
        assert [line.split()[:2] for line in lines[1:]] == [
            ["snapshot", "ok"], ["rollback", "ok"], ["delete", "ok"]], lines
        result = reeve(one, "selftest", "--json", "--task", "--vmid", "100")
        assert result.returncode == 0, result
        assert [json.loads(line)["check"] for line
                in result.stdout.splitlines()] == [
                    "snapshot", "rollback", "delete"], result
        one.server.end_next("vzrollback", "it broke")
        result = reeve(one, "selftest", "--task", "--vmid=100")
        assert result.returncode == 1, result
        lines = result.stdout.splitlines()
        assert [line.split()[:2] for line in lines[1:]] == [
            ["snapshot", "ok"], ["rollback", "failed"]], lines
        assert "it broke" in lines[2], lines
        assert "check: rollback" in result.stderr, result
        assert not guest.snapshots, guest.snapshots
        del guest.config["tags"]
        result = reeve(one, "selftest", "--task", "--vmid=100")
        assert result.returncode == 6 and TAG in result.stderr, result


def test_usage():
    with scene() as one:
        for words in (["--task"], ["--vmid=100"], ["100"],
                      ["--task", "--vmid=100", "200"]):
            result = reeve(one, "selftest", *words)
            assert result.returncode == 2, result
            assert "reeve selftest --task --vmid=N" in result.stderr, result
        assert not one.server.requests, one.server.requests


if __name__ == "__main__":
    tap.main(globals())
