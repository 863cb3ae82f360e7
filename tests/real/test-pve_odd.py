#!/usr/bin/env python3
# test-pve_odd.py - what PVE reads of odd answers, of recorded ones, and errors
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies are given to the server word by word.  Recorded ones are in
REFERENCE/proxmox/captures (REEVE_REFERENCE, else ../shared/reference beside
the sources)."""

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import proxmox_host  # noqa: E402
import proxmox_schema  # noqa: E402
import tap  # noqa: E402

CAPTURES = os.path.join(proxmox_schema.REFERENCE, "proxmox", "captures")
read = proxmox_host.read


def feed(server, path, data):
    """Let the next request for PATH be answered by DATA."""
    server.fail_next("GET", path + "($|\\?)", "garbage:"
                     + json.dumps({"data": data}))


def recorded(name):
    """The body of a capture."""
    path = os.path.join(CAPTURES, name + ".txt")
    if not os.path.exists(path):
        raise tap.Skip("machine: there are no recorded answers in "
                       + CAPTURES)
    with open(path, encoding="utf-8", newline="") as file:
        return json.loads(file.read().replace("\r\n", "\n")
                          .split("\n\n", 1)[1])["data"]


def refused(client, line, error):
    reply = client.call("PVE " + line)
    assert reply.error == error, (line, reply.verdict, reply.status)
    return reply


def test_a_name_begins_no_line_of_a_plan():
    with proxmox_host.scene() as (server, client):
        with server.lock:
            server.guests[100].config["hostname"] = "a)\ndestroy \33[2J"
        for line in "START", "SNAPSHOT", "SET":
            plan = client.check("PVE %s --dry-run 100%s" % (
                line, {"SNAPSHOT": " before",
                       "SET": " memory=999"}.get(line, ""))).text
            assert "a)\\x0adestroy \\x1b[2J" in plan, plan
            assert "\ndestroy" not in plan and "\33" not in plan, plan


# --- Types ---


def test_numbers_in_texts_and_texts_in_numbers():
    with proxmox_host.scene() as (server, client):
        feed(server, "/nodes", [
            {"node": 1, "status": "online", "cpu": "0.25", "maxcpu": "8",
             "mem": "1099511627776", "maxmem": 2199023255552.0,
             "uptime": "17"}])
        assert read(client, "NODES") == [
            {"node": "1", "status": "online", "cpu": 0.25, "cpus": 8,
             "memory_used_bytes": 1 << 40, "memory_total_bytes": 1 << 41,
             "uptime_seconds": 17}]
        feed(server, "/disks/list", [
            {"devpath": "/dev/sdb", "rpm": 0, "wearout": "97", "size": "5",
             "gpt": "1", "mounted": False, "osdid": "-1"},
            {"devpath": "/dev/sda", "rpm": "-1", "wearout": "N/A",
             "gpt": "0", "osdid": 3, "vendor": "unknown"}])
        assert read(client, "DISKS pve1") == [
            {"device": "/dev/sda", "gpt": False, "osd": 3},
            {"device": "/dev/sdb", "capacity_bytes": 5, "mounted": False,
             "gpt": True, "wear_percent": 3, "rotation": 0}]
        for data in "107", 107:
            feed(server, "/cluster/nextid", data)
            assert read(client, "NEXTID") == [{"vmid": 107}], data
        feed(server, "/cluster/resources", [
            {"id": "lxc/9", "type": "lxc", "node": "pve1", "vmid": "9"},
            {"id": "lxc/100", "type": "lxc", "node": "pve1", "vmid": 100,
             "template": "1"}])
        assert read(client, "GUESTS") == [
            {"vmid": 9, "kind": "lxc", "node": "pve1"},
            {"vmid": 100, "kind": "lxc", "node": "pve1", "template": True}]


def test_nulls_are_not_there():
    with proxmox_host.scene() as (server, client):
        feed(server, "/lxc/102/status/current", {
            "vmid": 102, "status": "running", "name": None, "cpu": None,
            "ha": None, "pressurecpusome": None, "pressureiofull": "1.25",
            "tags": None, "lock": None})
        assert read(client, "GUEST 102") == [
            {"vmid": 102, "kind": "lxc", "node": "pve1", "status": "running",
             "pressure_io_full": 1.25}]
        for line, path in (
                ("NODES", "/nodes"), ("GUESTS", "/cluster/resources"),
                ("STORAGES pve1", "/storage"), ("DISKS pve1", "/disks/list"),
                ("CONTENT pve1 local", "/content"),
                ("PERMISSIONS", "/access/permissions"),
                ("SNAPSHOTS 102", "/snapshot"), ("PENDING 102", "/pending"),
                ("CONFIG 102", "/config"), ("TASKS --node=pve1", "/tasks")):
            feed(server, path, None)
            assert read(client, line) == [], line
        feed(server, "/nodes/pve1/status", None)
        assert read(client, "STATUS pve1") == [{"node": "pve1"}]


def test_a_status_of_another_version():
    with proxmox_host.scene("7.4") as (server, client):
        feed(server, "/nodes/pve1/status", {
            "kversion": "Linux 5.15.108-1-pve #1 SMP", "loadavg": [1, "2.5"],
            "cpuinfo": {"cpus": "16"}})
        assert read(client, "STATUS pve1") == [
            {"node": "pve1", "kernel": "5.15.108-1-pve", "load_1": 1,
             "load_5": 2.5, "cpus": 16}]
        feed(server, "/nodes/pve1/status", {
            "current-kernel": {"release": "6.14.8-2-pve"}})
        assert read(client, "STATUS pve1") == [
            {"node": "pve1", "kernel": "6.14.8-2-pve"}]


def test_settings():
    """A name that is none cannot forge a field; what is no text is JSON."""
    with proxmox_host.scene() as (server, client):
        feed(server, "/lxc/102/config", {
            "memory": "1024", "hostname": "0042", "allow-ksm": 1,
            "cores": "many", "x\ndigest": "forged", "": "empty",
            "lxc": [["lxc.apparmor.profile", "unconfined"]]})
        assert read(client, "CONFIG 102") == [
            {"allow-ksm": 1, "cores": "many", "hostname": "0042",
             "lxc": [["lxc.apparmor.profile", "unconfined"]],
             "memory": 1024}]


def test_what_is_forced_to_go():
    with proxmox_host.scene() as (server, client):
        feed(server, "/lxc/102/pending", [
            {"key": "mp0", "value": "fast:1", "delete": 2},
            {"key": "cores", "value": 1, "delete": 0},
            {"key": "swap", "value": 0, "pending": "0"}])
        assert read(client, "PENDING 102") == [
            {"setting": "mp0", "value": "fast:1", "delete": True},
            {"setting": "swap", "value": "0", "pending": "0",
             "delete": False}]


def test_privileges_that_are_not_handed_down():
    with proxmox_host.scene() as (server, client):
        feed(server, "/access/permissions", {
            "/vms": {"VM.Audit": 1, "VM.Backup": 0, "VM.Clone": "0"},
            "/": {}})
        assert read(client, "PERMISSIONS") == [
            {"path": "/"},
            {"path": "/vms", "privileges": ["VM.Audit", "VM.Backup",
                                            "VM.Clone"],
             "only_here": ["VM.Backup", "VM.Clone"]}]


def test_tasks_of_other_shapes():
    """An empty id, one with an @, a user that is no token, no status."""
    with proxmox_host.scene() as (server, client):
        upids = ["UPID:pve1:0000012B:1000459CE:6B00856%d:vzdump::root@pam:"
                 % digit for digit in range(3)]
        feed(server, "/nodes/pve1/tasks", [
            {"upid": upids[0], "starttime": "1795196257", "id": "",
             "user": "root@pam", "type": "vzdump", "status": "unexpected "
             "status", "endtime": "1795196258", "node": "pve1"},
            {"upid": upids[1], "starttime": 1795196259,
             "user": "root@pam", "id": "102@local"},
            {"upid": upids[2], "starttime": 1795196258, "endtime": 1795196259,
             "status": "OK"}])
        newest, middle, oldest = read(client, "TASKS --node=pve1")
        assert newest == {
            "upid": upids[1], "id": "102@local", "user": "root@pam",
            "started": "2026-11-20T17:37:39Z", "outcome": "running"}, newest
        assert (middle["upid"], middle["outcome"]) == (upids[2], "ok"), middle
        assert oldest == {
            "upid": upids[0], "node": "pve1", "type": "vzdump",
            "started": "2026-11-20T17:37:37Z", "user": "root@pam",
            "ended": "2026-11-20T17:37:38Z", "outcome": "aborted",
            "exitstatus": "unexpected status"}, oldest


# --- Recorded answers ---


def test_recorded_nodes():
    with proxmox_host.scene() as (server, client):
        feed(server, "/nodes", recorded("nodes"))
        one, = read(client, "NODES")
        assert (one["node"], one["status"]) == ("pve1", "unknown"), one
        assert one["fingerprint"].startswith("86:0B:DB:42:"), one
        assert len(one) == 3, one
        feed(server, "/version", recorded("ok-version"))
        assert read(client, "VERSION")[0]["version"] == "9.2.2"
        feed(server, "/cluster/resources", recorded("cluster-resources"))
        found = read(client, "RESOURCES")
        assert [one["id"] for one in found] == [
            "lxc/100", "lxc/101", "lxc/102", "node/pve1", "qemu/200",
            "storage/pve1/fast", "storage/pve1/local"], found
        assert found[1]["lock"] == "backup", found
        assert found[4]["memory_total_bytes"] == 268435456, found
        assert found[5]["disk_used_bytes"] == 6062080, found
        assert found[6]["content"][1] == "vztmpl", found
        feed(server, "/cluster/resources", recorded("cluster-resources"))
        guests = read(client, "GUESTS")
        assert [(one["vmid"], one["status"]) for one in guests] == [
            (100, "unknown"), (101, "unknown"), (102, "unknown"),
            (200, "stopped")], guests


def test_recorded_guests():
    with proxmox_host.scene() as (server, client):
        feed(server, "/lxc", recorded("lxc-running-list"))
        found = read(client, "GUESTS --node=pve1 --kind=lxc")
        assert [(one["vmid"], one["status"]) for one in found] == [
            (100, "stopped"), (101, "stopped"), (102, "running")], found
        assert found[1]["lock"] == "backup", found
        assert found[2]["disk_used_bytes"] == 22595784704, found
        feed(server, "/lxc", recorded("ok-weak-list"))
        one, = read(client, "GUESTS --node=pve1 --kind=lxc")
        assert one["memory_total_bytes"] == 268435456, one
        feed(server, "/lxc/102/status/current", recorded("lxc-current"))
        one, = read(client, "GUEST 102")
        assert one["ha_managed"] is False and one["pid"] == 116, one
        assert one["disk_total_bytes"] == 270553174016, one
        assert not [name for name in one if name.startswith("pressure")], one
        feed(server, "/lxc/102/config", recorded("lxc-restored-config"))
        assert read(client, "CONFIG 102") == [
            {"arch": "amd64",
             "digest": "6360284fa885a9878bd82fee9cd4974d91cea28f",
             "features": "nesting=1,keyctl=1", "hostname": "ct102",
             "memory": 128, "ostype": "debian",
             "rootfs": "fast:110/subvol-110-disk-0.subvol,size=0T",
             "swap": 0, "unprivileged": 1}]
        for name in "ok-pending", "lxc-running-pending":
            feed(server, "/lxc/102/pending", recorded(name))
            assert read(client, "PENDING 102") == [], name
        feed(server, "/lxc/102/snapshot", recorded("lxc-snaplist"))
        assert read(client, "SNAPSHOTS 102") == [
            {"name": "s1", "created": "2026-11-20T17:30:04Z",
             "current": True}]


def test_recorded_storages_tasks_and_rights():
    with proxmox_host.scene() as (server, client):
        one = dict(recorded("storage-status"), storage="fast")
        feed(server, "/nodes/pve1/storage", [one])
        assert read(client, "STORAGES pve1") == [
            {"storage": "fast", "node": "pve1", "type": "btrfs",
             "shared": False, "enabled": True, "active": True,
             "used_bytes": 6094848, "available_bytes": 451936256,
             "total_bytes": 536870912, "content": ["images", "rootdir"]}]
        feed(server, "/content", recorded("content-backup"))
        assert read(client, "CONTENT pve1 local") == [
            {"volid": "local:backup/vzdump-lxc-102-2026_11_20-17_32_46"
             ".tar.zst", "content": "backup", "kind": "lxc",
             "format": "tar.zst", "vmid": 102, "size_bytes": 954,
             "created": "2026-11-20T17:32:46Z"}]
        for name, user, outcome in (
                ("tasks-list", "agent@pve!ops", "failed"),
                ("task-list-weak", "weak@pve!ops", "refused"),
                ("task-running-list", "agent@pve!ops", "running")):
            feed(server, "/nodes/pve1/tasks", recorded(name))
            one, = read(client, "TASKS --node=pve1")
            assert (one["user"], one["outcome"]) == (user, outcome), one
            assert ("exitstatus" in one) == (outcome != "running"), one
        feed(server, "/access/permissions", recorded("ok-weak-access"))
        one, = read(client, "PERMISSIONS")
        assert one["path"] == "/vms/100" and len(one["privileges"]) == 7, one
        assert "VM.Audit" in one["privileges"], one


# --- Errors ---


def test_refusals_of_the_server():
    for version in "7.4", "9.1":
        with proxmox_host.scene(version) as (server, client):
            server.delay_401 = 0
            text = "Permission check failed (/nodes/pve1, Sys.Audit)"
            server.fail_next("GET", "/status$", "403:" + text)
            reply = refused(client, "STATUS pve1", "FORBIDDEN")
            assert reply.details["privilege"] == "Sys.Audit", reply.details
            assert reply.details["path"] == "/nodes/pve1", reply.details
            assert reply.details["message"] == text, reply.details
            server.fail_next("GET", "/nodes$", "401")
            reply = refused(client, "NODES", "BAD_AUTH")
            assert reply.details["status"] == "401", reply.details
            server.fail_next("GET", "/disks/list", "500:command '/sbin/lvs' "
                                                   "failed")
            reply = refused(client, "DISKS pve1", "SERVER_FAILED")
            assert reply.details["message"] == "command '/sbin/lvs' failed", \
                reply.details
            server.fail_next("GET", "/config", "500:Configuration file "
                             "'nodes/pve1/lxc/100.conf' does not exist")
            refused(client, "CONFIG 100", "NOT_FOUND")
            server.fail_next("GET", "/disks/list", "501:Method 'GET "
                             "/nodes/pve1/disks/list' not implemented")
            refused(client, "DISKS pve1", "NOT_SUPPORTED")
            server.fail_next("GET", "/nodes$", "plain:not this one")
            refused(client, "NODES", "NOT_SUPPORTED")
            server.fail_next("GET", "/nodes$", "595")
            reply = refused(client, "NODES", "UNFINISHED")
            assert reply.details["status"] == "595", reply.details
            server.fail_next("GET", "/nodes$", "redirect")
            refused(client, "NODES", "CONFIGURATION")
            # The session goes on.
            assert len(read(client, "NODES")) == 2


def test_answers_that_make_no_sense():
    with proxmox_host.scene() as (server, client):
        for line, path, data in (
                ("NODES", "/nodes", {"node": "pve1"}),
                ("NODES", "/nodes", ["pve1"]),
                ("GUESTS", "/cluster/resources", 7),
                ("GUEST 102", "/status/current", [1]),
                ("CONFIG 102", "/config", "text"),
                ("PENDING 102", "/pending", {}),
                ("SNAPSHOTS 102", "/snapshot", "s1"),
                ("STATUS pve1", "/status", []),
                ("PERMISSIONS", "/access/permissions", [1]),
                ("TASKS --node=pve1", "/tasks", {"upid": "x"}),
                ("TASKS", "/nodes", {"node": "pve1"}),
                ("NEXTID", "/cluster/nextid", "many"),
                ("NEXTID", "/cluster/nextid", None)):
            feed(server, path, data)
            refused(client, line, "BAD_DATA")
        for how in "garbage", "empty":
            server.fail_next("GET", "/nodes$", how)
            refused(client, "NODES", "BAD_DATA")
        assert len(read(client, "NODES")) == 2


def test_a_guest_that_moves():
    """Where the cluster's list has it is where it is asked for; one that is
    not in it is looked for on each node."""
    with proxmox_host.scene() as (server, client):
        feed(server, "/cluster/resources", [])
        assert read(client, "GUEST 202")[0]["node"] == "pve2"
        feed(server, "/cluster/resources", [
            {"type": "lxc", "vmid": 103, "node": "pve1"}])
        refused(client, "GUEST 103", "NOT_FOUND")


tap.main(globals())
