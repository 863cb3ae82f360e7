#!/usr/bin/env python3
# test-pve_set.py - PVE SET against a test server
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is changed of a configuration, what is told of it, and what comes of it
when something goes wrong in the middle."""

import os
import re
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import tap  # noqa: E402
from proxmox import wait_for  # noqa: E402
from proxmox_scene import each_version, scene  # noqa: E402


def test_settings():
    for one in each_version():
        guests = one.server.guests
        record = one.record("PVE SET 100 memory=256 hostname=web "
                            "description=a=b;%20c+d%26e")
        assert record == {"changed": True, "outcome": "ok"}, record
        config = guests[100].config
        assert (config["memory"], config["hostname"]) == (256, "web")
        assert config["description"] == "a=b; c+d&e", config
        record = one.record("PVE SET 200 cores=4 net0=virtio,bridge=vmbr1")
        assert ":qmconfig:200:" in record["upid"], record
        assert guests[200].config["cores"] == 4
        assert guests[200].config["net0"] == "virtio,bridge=vmbr1"
        assert [(request.method, request.path) for request in one.sent()] \
            == [("PUT", "/nodes/pve1/lxc/100/config"),
                ("POST", "/nodes/pve1/qemu/200/config")], one.sent()


def test_defaults():
    for one in each_version():
        one.record("PVE SET --delete=swap,cores 100")
        assert not {"swap", "cores"} & set(one.server.guests[100].config)
        one.record("PVE SET --delete=agent 201 cpulimit=2")
        assert "agent" not in one.server.guests[201].config
        assert one.server.guests[201].config["cpulimit"] == "2"


def test_what_is_so_already():
    for one in each_version():
        for line in ("100 memory=128 cores=1", "--delete=onboot 100",
                     "200 memory=256", "201 description=a%20machine"):
            assert one.record("PVE SET " + line) == {"changed": False}, line
        assert not one.sent()


def test_what_waits_for_the_next_start():
    for one in each_version():
        record = one.record("PVE SET 201 memory=512 onboot=1")
        assert record["pending"] == ["memory"], record
        assert one.record("PVE SET 201 memory=512") == {"changed": False}


def test_a_dry_run_shows_old_and_new_values():
    with scene() as one:
        text = one.client.check("PVE SET --dry-run --delete=swap,description "
                                "201 memory=512 cores=1 tags=a;b").text
        assert text == ("change virtual machine 201 (vm201) on pve1:\n"
                        "- memory: 256\n+ memory: 512\n+ tags: a;b\n"
                        "- description: a machine\n"), text
        text = one.client.check("PVE SET --dry-run --snapshot 100 "
                                "memory=512").text
        assert re.fullmatch(
            r"take snapshot reeve-20\d{6}-\d{6} of container 100 \(ct100\) "
            r"on pve1\nchange container 100 \(ct100\) on pve1:\n"
            r"- memory: 128\n\+ memory: 512\n", text), text
        assert not one.sent()


def test_somebody_else_changed_it():
    """What changes between planning and acting is not written over."""
    for one in each_version():
        for vmid, kind, method in ((100, "lxc", "PUT"), (200, "qemu", "POST")):
            guest = one.server.guests[vmid]
            one.server.fail_next(method, "/config", "slow:1")
            replies = []
            with one.daemon.client("panel") as other:
                thread = threading.Thread(target=lambda: replies.append(
                    other.call("PVE SET %d memory=512" % vmid)))
                thread.start()
                assert wait_for(lambda: one.sent(method))
                guest.write("cores", "3", one.server.version)
                thread.join()
            assert replies[0].error == "CONFLICT", replies[0].verdict
            assert str(guest.config["memory"]) != "512", guest.config
            assert guest.config["cores"] == 3


def test_the_other_words_for_that():
    """Those of virtual machines."""
    with scene() as one:
        one.server.fail_next("POST", "/config", "500:checksum missmatch (file "
                             "change by other user?)")
        assert one.error("PVE SET 200 memory=512").error == "CONFLICT"


def test_a_change_that_fails_half_way():
    """The server changes one setting and not the other: all or nothing."""
    for one in each_version():
        before = dict(one.server.guests[102].config)
        one.server.fail_next("PUT", "/config", "hotplug:it is in use")
        reply = one.error("PVE SET 102 cores=1 memory=64 swap=5")
        assert reply.error == "INV_ARG", reply.verdict
        assert "it is in use" in reply.details["parameter-memory"], \
            reply.details
        assert "not-undone" not in reply.details
        assert one.server.guests[102].config == before


def test_what_cannot_be_put_back():
    with scene() as one:
        one.server.fail_next("PUT", "/config", "hotplug:it is in use")
        one.server.fail_next("PUT", "/config", "500:the disk is full")
        reply = one.error("PVE SET 102 cores=1 memory=64")
        assert reply.error == "INV_ARG", reply.verdict
        assert "the disk is full" in reply.details["not-undone"], \
            reply.details
        assert "it is in use" in reply.details["parameter-memory"]


def test_values_that_the_server_does_not_take():
    for one in each_version():
        reply = one.client.call("PVE SET 100 memory=x swap=-1 cores=2")
        one.server.problems.clear()
        assert reply.error == "INV_ARG", reply.verdict
        assert {"parameter-memory", "parameter-swap"} <= set(reply.details)
        assert one.server.guests[100].config["cores"] == 1


def test_a_lost_answer():
    """What the server did all the same is a success."""
    with scene(task_seconds=0.1) as one:
        for vmid, method in (100, "PUT"), (200, "POST"):
            one.server.fail_next(method, "/config", "596-after")
            record = one.record("PVE SET %d memory=512" % vmid)
            assert record["changed"] is True, record
        one.server.fail_next("PUT", "/config", "596-before")
        reply = one.error("PVE SET 100 memory=640")
        assert reply.details["outcome"] == "lost", reply.details
        assert len(one.sent()) == 3, one.sent()
        assert one.server.guests[100].config["memory"] == 512


def test_snapshot_first():
    for one in each_version():
        for vmid in 100, 200:
            record = one.record("PVE SET --snapshot %d memory=512" % vmid)
            guest = one.server.guests[vmid]
            assert [kept["name"] for kept in guest.snapshots] \
                == [record["snapshot"]], record
            assert str(guest.config["memory"]) == "512"
            assert str(guest.snapshots[0]["config"]["memory"]) != "512"


def test_the_snapshot_goes_if_the_change_fails():
    for one in each_version():
        one.server.fail_next("PUT", "/config", "hotplug:it is in use")
        reply = one.error("PVE SET --snapshot 102 cores=1 memory=64")
        assert reply.error == "INV_ARG", reply.verdict
        assert "not-undone" not in reply.details, reply.details
        guest = one.server.guests[102]
        assert not guest.snapshots and guest.config["cores"] == 2


def test_the_snapshot_goes_if_the_client_gives_up():
    with scene() as one:
        one.server.end_next("qmconfig", "OK", seconds=20)
        one.client.send("PVE SET --snapshot --stop-on-cancel 200 memory=512")
        assert wait_for(lambda: one.sent("POST")[-1:] and one.sent("POST")[
            -1].path.endswith("/config"))
        one.client.send("CANCEL")
        reply = one.client.read_reply()
        assert reply.error == "CANCELED", reply.verdict
        assert not one.server.guests[200].snapshots, reply.status


def test_the_snapshot_stays_while_the_task_goes_on():
    with scene() as one:
        one.server.end_next("qmconfig", "OK", seconds=20)
        reply = one.error("PVE SET --snapshot --timeout=3s 200 memory=512")
        assert reply.error == "TIMEOUT", reply.verdict
        assert "stays" in reply.details["not-undone"], reply.details
        assert one.server.guests[200].snapshots


def test_a_change_under_a_snapshot():
    """The snapshot itself changes the digest; what else does is seen."""
    with scene() as one:
        guest = one.server.guests[100]
        one.server.end_next("vzsnapshot", "OK", seconds=1)
        replies = []
        thread = threading.Thread(target=lambda: replies.append(
            one.client.call("PVE SET --snapshot 100 memory=512")))
        thread.start()
        assert wait_for(lambda: one.sent())
        guest.config["memory"] = 99
        thread.join()
        assert replies[0].error == "CONFLICT", replies[0].verdict
        assert guest.config["memory"] == 99 and not guest.snapshots


def test_a_worker_that_dies_is_undone():
    for vmid, method in (100, "PUT"), (200, "POST"):
        with scene() as one:
            before = dict(one.server.guests[vmid].config)
            one.server.fail_next(method, "/config", "hang-after:5")
            one.client.send("PVE SET --delete=cores %d memory=64 tags=x"
                            % vmid)
            assert wait_for(lambda: "tags" in one.server.guests[vmid].config)
            one.kill_worker()
            reply = one.client.read_reply()
            assert reply.error == "SERVER_FAILED", reply.verdict
            assert "not-undone" not in reply.details, reply.details
            assert one.server.guests[vmid].config == before


def test_no_wait():
    with scene() as one:
        one.server.end_next("qmconfig", "OK", seconds=5)
        record = one.record("PVE SET --no-wait 200 memory=512")
        assert record["outcome"] == "running", record


def test_what_only_root_may_set():
    for one in each_version():
        for setting in "features=keyctl=1", "mp0=/srv,mp=/srv":
            reply = one.error("PVE SET 100 " + setting)
            assert reply.error == "FORBIDDEN", reply.verdict
            assert "root@pam" in reply.advice, reply.verdict
        reply = one.error("PVE SET --preflight 200 args=-daemonize")
        assert reply.error == "FORBIDDEN" and "args" in reply.advice
        assert reply.details["privilege"] == "root@pam", reply.details


def test_preflight():
    for one in each_version(weak=True):
        one.server.weak_privileges = {"/vms/100": {"VM.Audit",
                                                   "VM.Config.CPU"}}
        reply = one.error("PVE SET --preflight --snapshot --delete=swap 100 "
                          "cores=2 hostname=x onboot=1")
        assert reply.error == "FORBIDDEN", reply.verdict
        assert [line.split(" ")[2] for line in reply.status
                if line.startswith("DETAIL privilege")] == [
            "VM.Snapshot", "VM.Config.Network", "VM.Config.Options",
            "VM.Config.Memory"], reply.status
        assert not one.sent()
        one.record("PVE SET --preflight 100 cores=2")


def test_what_is_no_setting():
    """None of these reaches the server."""
    with scene() as one:
        for line in (
                "100 memory", "100 =512", "100 m=1", "100 Memory=512",
                "100 mem%0Aory=512", "100 memory=1%0Alock=backup",
                "100 description=a%0Ab", "100 memory=%00", "100 -x=1",
                "100 %2Dx=1", "100 mem.ory=1", "100 memory%26lock=1",
                "100 digest=0", "100 delete=memory", "100 skiplock=1",
                "100 force=1", "100 vmid=200", "100 node=pve2",
                "100 revert=memory", "200 background_delay=5",
                "200 cipassword=x", "100 memory=1 memory=2",
                "--delete=memory 100 memory=1", "--delete=unused0 100",
                "--delete=digest 100", "--delete=a%0Ab 100",
                "--delete=,memory 100", "--delete=memory%3Bswap 100",
                "0 memory=1", "1000000000 memory=1", "100/../200 memory=1"):
            reply = one.error("PVE SET " + line)
            assert reply.error in ("INV_ARG", "DUP_VALUE", "UNKNOWN_OPTION",
                                   "SYNTAX"), (line, reply.verdict)
        assert one.error("PVE SET 100").error == "MISSING_VALUE"
        assert not one.server.requests, one.server.requests


POLICY = """\
[identity panel]
key = panel.key
allow = PVE SET vmid=100 setting=memory=* setting=cores=?
"""


def test_policy():
    with scene(policy=POLICY) as one:
        one.record("PVE SET 100 memory=512 cores=2")
        before = len(one.server.requests)
        for line in ("200 memory=512", "100 cores=16", "100 swap=1",
                     "100 memory=1 swap=1"):
            assert one.error("PVE SET " + line).error == "FORBIDDEN", line
        assert len(one.server.requests) == before


if __name__ == "__main__":
    tap.main(globals())
