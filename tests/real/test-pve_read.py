#!/usr/bin/env python3
# test-pve_read.py - what PVE reads, from a server that speaks Proxmox's API
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each verb's fields against what the server has, in the versions 7.4, 8.4 and
9.1.  What servers send oddly is in test-pve_odd.py."""

import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import proxmox  # noqa: E402
import proxmox_host  # noqa: E402
import proxmox_raw  # noqa: E402
import proxmox_reads  # noqa: E402
import tap  # noqa: E402

VERSIONS = ("7.4", "8.4", "9.1")
SINCE_9 = {("memory_available_bytes", "int")}
read = proxmox_host.read


def by(key, found):
    """Those that were FOUND by their field KEY, which no two share."""
    named = {one[key]: one for one in found}
    assert len(named) == len(found), found
    return named


def each_version(test):
    """Have TEST (server, client) run with each version of the server."""
    def run():
        for version in VERSIONS:
            with proxmox_host.scene(version) as (server, client):
                test(server, client)
    return run


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


@each_version
def test_NODES(server, client):
    nodes = read(client, "NODES")
    assert [one["node"] for one in nodes] == ["pve1", "pve2"], nodes
    assert nodes[1] == {
        "node": "pve2", "status": "online", "cpu": 0.034, "cpus": 4,
        "memory_used_bytes": 2147483648, "memory_total_bytes": 8589934592,
        "disk_used_bytes": 5365760, "disk_total_bytes": 12638253056,
        "uptime_seconds": nodes[1]["uptime_seconds"],
        "fingerprint": server.fingerprint}, nodes
    assert 2700 <= nodes[1]["uptime_seconds"] < 2800, nodes
    server.cluster.unknown_nodes.add("pve2")
    assert read(client, "NODES")[1] == {
        "node": "pve2", "status": "unknown",
        "fingerprint": server.fingerprint}


@each_version
def test_STATUS(server, client):
    status, = read(client, "STATUS pve1")
    uptime = status.pop("uptime_seconds")
    assert 2700 <= uptime < 2800, uptime
    assert status.pop("memory_available_bytes", None) \
        == (6442450944 if server.version == "9.1" else None), status
    release, repoid = proxmox_reads.RELEASES[server.version][1:]
    assert status == {
        "node": "pve1", "kernel": "6.8.12-1-pve",
        "load_1": 0.38, "load_5": 0.21, "load_15": 0.15,
        "version": "pve-manager/%s/%s" % (release, repoid),
        "cpu": 0.034, "io_wait": 0, "cpus": 4, "cpu_cores": 4,
        "cpu_sockets": 1, "cpu_model": "Example CPU",
        "memory_used_bytes": 2147483648, "memory_free_bytes": 6442450944,
        "memory_total_bytes": 8589934592, "swap_used_bytes": 0,
        "swap_total_bytes": 0, "ksm_shared_bytes": 0,
        "root_used_bytes": 5365760, "root_available_bytes": 12632887296,
        "root_total_bytes": 12638253056, "boot_mode": "efi",
        "secure_boot": False}, status


@each_version
def test_GUESTS(server, client):
    found = read(client, "GUESTS")
    assert [one["vmid"] for one in found] == sorted(server.guests), found
    for guest in found:
        own = server.guests[guest["vmid"]]
        assert (guest["kind"], guest["node"], guest["name"],
                guest["status"]) == (own.kind, own.node, own.name,
                                     own.status), guest
        assert guest["memory_total_bytes"] \
            == int(own.config["memory"]) << 20, guest
        assert guest["cpus"] == int(own.config["cores"]), guest
        assert guest["template"] is False, guest
    named = by("vmid", found)
    assert named[101]["lock"] == "backup" and "lock" not in named[100], found
    assert named[102]["cpu"] == 0.0125, found
    assert named[102]["memory_used_bytes"] == 8388608, found
    assert (named[102]["disk_read_bytes"], named[102]["disk_written_bytes"]) \
        == (4096, 8192), found
    assert named[102]["uptime_seconds"] == 75, found
    vms = read(client, "GUESTS --kind=qemu")
    assert vms == [one for one in found if one["kind"] == "qemu"], vms


@each_version
def test_GUESTS_of_a_node(server, client):
    there = read(client, "GUESTS --node=pve2")
    assert [(one["vmid"], one["kind"], one["node"]) for one in there] \
        == [(103, "lxc", "pve2"), (202, "qemu", "pve2")], there
    assert there[0]["tags"] == ["web"] and "tags" not in there[1], there
    assert there[0]["swap_total_bytes"] == 0, there
    assert [one["vmid"] for one in read(client,
                                        "GUESTS --node=pve2 --kind=lxc")] \
        == [103]
    one = by("vmid", read(client, "GUESTS"))[202]
    for name in ("name", "status", "cpus", "cpu", "memory_total_bytes",
                 "memory_used_bytes", "disk_total_bytes", "uptime_seconds"):
        assert there[1][name] == one[name], (name, there, one)


@each_version
def test_GUEST(server, client):
    server.guests[201].ha = True
    server.guests[201].config["tags"] = "web;eu-1"
    assert read(client, "GUEST 102") == [{
        "vmid": 102, "kind": "lxc", "node": "pve1", "name": "ct102",
        "status": "running", "ha_managed": False, "cpu": 0.0125, "cpus": 2,
        "memory_used_bytes": 8388608, "memory_total_bytes": 134217728,
        "swap_used_bytes": 0, "swap_total_bytes": 0,
        "disk_used_bytes": 22595784704, "disk_total_bytes": 270553174016,
        "disk_read_bytes": 4096, "disk_written_bytes": 8192,
        "net_in_bytes": 0, "net_out_bytes": 0, "uptime_seconds": 75,
        "pid": 4102}]
    assert read(client, "GUEST 201") == [{
        "vmid": 201, "kind": "qemu", "node": "pve1", "name": "vm201",
        "status": "running", "tags": ["web", "eu-1"], "ha_managed": True,
        "ha_state": "started", "cpu": 0.0125, "cpus": 1,
        "memory_used_bytes": 8388608, "memory_total_bytes": 268435456,
        "disk_used_bytes": 0, "disk_total_bytes": 67108864,
        "disk_read_bytes": 4096, "disk_written_bytes": 8192,
        "net_in_bytes": 0, "net_out_bytes": 0, "uptime_seconds": 75,
        "pid": 4201, "qmp_status": "running",
        "machine": "pc-i440fx-9.2+pve1", "qemu_version": "9.2.0",
        "agent": True}]
    server.guests[101].unknown = True
    assert read(client, "GUEST 101")[0]["lock"] == "backup"


@each_version
def test_CONFIG(server, client):
    guest = server.guests[201]
    guest.pending = {"memory": "512", "cores": 3}
    config, = read(client, "CONFIG 201")
    assert config == {
        "agent": "1", "boot": "order=scsi0", "cores": 3,
        "description": "a machine\n", "digest": guest.digest, "memory": 512,
        "name": "vm201", "net0": "virtio=BC:24:11:00:00:C9,bridge=vmbr0",
        "scsi0": "local-lvm:vm-201-disk-0,size=32M",
        "scsihw": "virtio-scsi-pci", "sockets": 1,
        "vmgenid": guest.config["vmgenid"]}, config
    assert list(config) == sorted(config), config
    now, = read(client, "CONFIG --current 201")
    assert (now["memory"], now["cores"]) == (256, 1), now
    kept = {"name": "vm201", "memory": "128", "cores": 2}
    guest.snapshots = [{"name": "before", "snaptime": 1795195800,
                        "description": "", "vmstate": 0, "config": kept}]
    then, = read(client, "CONFIG --snapshot=before 201")
    assert then.pop("digest"), then
    assert then == {"name": "vm201", "memory": 128, "cores": 2}, then
    missing = client.call("PVE CONFIG --snapshot=after 201")
    assert missing.error == "NOT_FOUND", missing.lines
    asked = len(server.requests)
    for wrong in "a", "a%26b=1", "current", "..":
        reply = client.call("PVE CONFIG --snapshot=%s 201" % wrong)
        assert reply.error == "INV_ARG", reply.lines
    assert len(server.requests) == asked, server.requests
    container, = read(client, "CONFIG 102")
    assert container["memory"] == 128 and container["unprivileged"] == 1
    assert container["cpulimit"] == "0.4", container
    assert container["features"] == "nesting=1,keyctl=1", container


@each_version
def test_PENDING(server, client):
    assert not read(client, "PENDING 201")
    server.guests[201].pending = {"memory": "512", "agent": None,
                                  "balloon": 64}
    assert read(client, "PENDING 201") == [
        {"setting": "agent", "value": "1", "delete": True},
        {"setting": "balloon", "pending": "64", "delete": False},
        {"setting": "memory", "value": "256", "pending": "512",
         "delete": False}]


@each_version
def test_SNAPSHOTS(server, client):
    assert not read(client, "SNAPSHOTS 200")
    server.guests[200].snapshots = [
        {"name": "second", "snaptime": 1795195900, "parent": "first",
         "description": "two\nlines", "vmstate": 1, "config": {}},
        {"name": "first", "snaptime": 1795195800, "description": "",
         "vmstate": 0, "config": {}}]
    assert read(client, "SNAPSHOTS 200") == [
        {"name": "first", "created": "2026-11-20T17:30:00Z", "memory": False,
         "current": True},
        {"name": "second", "created": "2026-11-20T17:31:40Z",
         "parent": "first", "memory": True, "description": "two\nlines",
         "current": False}]


@each_version
def test_STORAGES(server, client):
    here = read(client, "STORAGES pve1")
    assert [one["storage"] for one in here] \
        == ["fast", "local", "local-lvm", "vault"], here
    assert here[3] == {
        "storage": "vault", "node": "pve1", "type": "nfs", "shared": True,
        "enabled": True, "active": True, "used_bytes": 5365760,
        "available_bytes": 12632887296, "total_bytes": 12638253056,
        "used_fraction": 0.000425, "content": ["backup", "iso"]}, here
    everywhere = read(client, "STORAGES")
    assert [(one["node"], one["storage"]) for one in everywhere] \
        == [(node, one["storage"]) for node in ("pve1", "pve2")
            for one in here], everywhere
    assert everywhere[0] == {
        "storage": "fast", "node": "pve1", "type": "btrfs", "shared": False,
        "status": "available", "used_bytes": 5365760,
        "total_bytes": 12638253056, "content": ["images", "rootdir"]}


@each_version
def test_CONTENT(server, client):
    volumes = server.cluster.storages["local"].volumes
    found = read(client, "CONTENT pve1 local")
    assert [one["volid"] for one in found] \
        == sorted(one["volid"] for one in volumes.values()
                  if isinstance(one, dict)), found
    first = found[0]
    assert first == {
        "volid": first["volid"], "content": "backup", "kind": "lxc",
        "format": "tar.zst", "vmid": 102, "size_bytes": 954,
        "created": stamp(volumes[first["volid"]]["ctime"])}, found
    volumes[first["volid"]].update({
        "protected": 1, "notes": "before the change", "used": "1000",
        "parent": None, "encrypted": "1", "verification": {
            "state": "ok", "upid": "UPID:"}})
    found = read(client, "CONTENT --vmid=102 --content=backup pve1 local")
    assert len(found) == 1 and found[0] == dict(
        first, protected=True, notes="before the change", used_bytes=1000,
        encrypted="1", verified="ok"), found
    assert not read(client, "CONTENT --content=iso pve1 local")


@each_version
def test_RESOURCES(server, client):
    everything = by("id", read(client, "RESOURCES"))
    assert list(everything) == sorted(everything)
    assert len(everything) == len(server.guests) + 2 + 2 * 4, everything
    assert everything["lxc/101"]["lock"] == "backup", everything
    assert everything["qemu/201"]["kind"] == "qemu", everything
    assert everything["qemu/201"]["vmid"] == 201, everything
    assert everything["node/pve1"]["cpus"] == 4, everything
    store = everything["storage/pve2/vault"]
    assert (store["storage_type"], store["shared"], store["content"],
            store["disk_total_bytes"]) \
        == ("nfs", True, ["backup", "iso"], 12638253056), store
    for kind, ids in (("vm", ("lxc/", "qemu/")), ("node", ("node/",)),
                      ("storage", ("storage/",)), ("sdn", ("sdn/",))):
        assert read(client, "RESOURCES --type=" + kind) \
            == [one for name, one in everything.items()
                if name.startswith(ids)], kind


@each_version
def test_PERMISSIONS(server, client):
    server.privileges = {"/": {"Sys.Audit"},
                         "/vms/100": {"VM.PowerMgmt", "VM.Audit"}}
    found = by("path", read(client, "PERMISSIONS"))
    assert found["/"] == {"path": "/", "privileges": ["Sys.Audit"]}, found
    assert found["/vms/100"]["privileges"] == ["VM.Audit", "VM.PowerMgmt"]
    assert list(found) == sorted(found), found
    assert read(client, "PERMISSIONS --path=/vms/100") == [found["/vms/100"]]
    server.privileges = {}
    assert not read(client, "PERMISSIONS")


@each_version
def test_DISKS(server, client):
    assert read(client, "DISKS pve1") == [
        {"device": "/dev/nvme0n1", "type": "nvme", "model": "Example NVMe",
         "serial": "EX-2", "wwn": "eui.0000000000000001",
         "capacity_bytes": 512110190592, "health": "PASSED", "gpt": False,
         "wear_percent": 1, "rotation": 0},
        {"device": "/dev/sda", "by_id":
         "/dev/disk/by-id/ata-Example_Disk_EX-1", "type": "hdd",
         "model": "Example_Disk", "serial": "EX-1",
         "wwn": "0x5000000000000001", "capacity_bytes": 2000398934016,
         "health": "PASSED", "used": "LVM", "gpt": True, "vendor": "ATA",
         "rotation": 5400},
        {"device": "/dev/vda", "type": "unknown", "capacity_bytes": 34359738368,
         "health": "UNKNOWN", "gpt": True, "vendor": "0x1af4"}]


@each_version
def test_NEXTID(server, client):
    assert read(client, "NEXTID") == [{"vmid": 104}]
    assert read(client, "NEXTID 555") == [{"vmid": 555}]
    reply = client.call("PVE NEXTID 200")
    assert reply.error == "DUP_VALUE", reply.verdict
    assert reply.advice == "guest 200 is there already", reply.verdict
    assert reply.details["status"] == "400", reply.details


# --- Tasks ---


def begin(server, node, vmid, action, kind="lxc"):
    """Begin a task; its UPID."""
    answer = proxmox_raw.ask(server, "POST", "/nodes/%s/%s/%d/status/%s"
                             % (node, kind, vmid, action), {})
    assert answer.status == 200, answer.line
    return answer.data


def over(server, upid):
    assert proxmox.wait_for(lambda: any(
        one.upid == upid and one.exit is not None for one in server.tasks))


@each_version
def test_TASKS(server, client):
    assert not read(client, "TASKS")
    server.task_seconds = 0.05
    server.end_next("vzstart", "WARNINGS: 2")
    server.end_next("qmstart", "403 Permission check failed "
                               "(/vms/202, VM.PowerMgmt)")
    server.end_next("vzstop", "job errors")
    ended = []
    for step in (("pve1", 100, "start"), ("pve2", 103, "start"),
                 ("pve1", 100, "stop"), ("pve1", 200, "start", "qemu")):
        ended.append(begin(server, *step))
        over(server, ended[-1])
    server.task_seconds = 60
    running = begin(server, "pve2", 202, "stop", "qemu")
    found = by("upid", read(client, "TASKS"))
    assert set(found) == {*ended, running}, found
    assert {one["user"] for one in found.values()} == {"agent@pve!ops"}
    own = next(one for one in server.tasks if one.upid == ended[0])
    assert found[ended[0]] == {
        "upid": ended[0], "node": "pve1", "type": "vzstart", "id": "100",
        "started": stamp(own.starttime), "user": "agent@pve!ops",
        "ended": stamp(own.endtime), "outcome": "warnings",
        "exitstatus": "WARNINGS: 2"}, found
    assert [found[upid]["outcome"] for upid in ended] \
        == ["warnings", "ok", "failed", "refused"], found
    assert found[running]["outcome"] == "running", found
    assert "ended" not in found[running], found
    assert "exitstatus" not in found[running], found


@each_version
def test_TASKS_that_are_asked_for(server, client):
    def upids(options):
        return [one["upid"] for one in read(client, "TASKS " + options)]

    server.task_seconds = 0.05
    server.end_next("vzstart", "command failed")
    bad = begin(server, "pve1", 100, "start")
    over(server, bad)
    for one in server.tasks:
        one.starttime -= 86400
    good = begin(server, "pve2", 103, "start")
    over(server, good)
    for one in server.tasks[1:]:
        one.starttime -= 10
    server.task_seconds = 60
    running = begin(server, "pve1", 200, "start", "qemu")
    assert upids("") == [running, good, bad]
    assert upids("--limit=2") == [running, good]
    assert upids("--limit=0") == []
    assert upids("--node=pve1") == [running, bad]
    assert upids("--vmid=103") == [good]
    assert upids("--running") == [running]
    assert upids("--errors") == [bad]
    assert upids("--since=" + stamp(time.time() - 3600)) == [running, good]
    assert upids("--since=2026-01-01") == [running, good, bad]


def test_TASKS_without_a_node():
    """One that does not answer is left out, and one's own tasks are seen."""
    with proxmox_host.scene() as (server, client):
        server.task_seconds = 0.05
        over(server, begin(server, "pve1", 100, "start"))
        server.fail_next("GET", "/nodes/pve2/tasks", "595")
        reply = client.check("PVE TASKS")
        assert "type: vzstart" in reply.text, reply.text
        warnings = [line for line in reply.status if line.startswith("WARNI")]
        assert len(warnings) == 1 and "node pve2 is left out" in warnings[0], \
            reply.status
        assert not any(line.startswith("DETAIL") for line in reply.status)
        server.fail_next("GET", "/nodes/pve2/tasks", "500:it is broken")
        reply = client.call("PVE TASKS")
        assert reply.error == "SERVER_FAILED", reply.verdict


# --- What all have in common ---


def test_names_are_the_same_in_all_versions():
    lines = ("NODES", "STATUS pve1", "GUESTS", "GUESTS --node=pve1",
             "GUEST 102", "GUEST 201", "CONFIG 201", "STORAGES",
             "STORAGES pve1", "CONTENT pve1 local", "RESOURCES", "DISKS pve1")
    kinds = {}
    for version in VERSIONS:
        with proxmox_host.scene(version) as (_, client):
            for line in lines:
                kinds.setdefault(line, []).append({
                    (name, type(value).__name__)
                    for one in read(client, line)
                    for name, value in one.items()})
    for line, found in kinds.items():
        assert found[0] == found[1] == found[2] - SINCE_9, (line, found)


def test_many_guests():
    """More than the C library would sort without asking the system."""
    with proxmox_host.scene() as (server, client):
        first = server.guests[100]
        for vmid in range(2000, 1000, -1):
            made = type(first)(vmid, "lxc", "pve1", "ct%d" % vmid,
                               config=first.config)
            server.guests[vmid] = made
        vmids = [one["vmid"] for one in read(client, "GUESTS")]
        assert len(vmids) == 1007 and vmids == sorted(vmids), vmids


def test_a_weak_token():
    """It sees what it may, and is told what it lacks."""
    with proxmox_host.scene(weak=True) as (server, client):
        server.weak_privileges = {"/vms/100": {"VM.Audit"}}
        assert [one["vmid"] for one in read(client, "GUESTS")] == [100]
        assert read(client, "GUEST 100")[0]["name"] == "ct100"
        reply = client.call("PVE GUEST 102")
        assert reply.error == "NOT_FOUND", reply.verdict
        reply = client.call("PVE STATUS pve1")
        assert reply.error == "FORBIDDEN", reply.verdict
        assert reply.details["privilege"] == "Sys.Audit", reply.details
        assert reply.details["path"] == "/nodes/pve1", reply.details
        assert reply.details["status"] == "403", reply.details
        reply = client.call("PVE CONTENT pve1 local")
        assert reply.error == "FORBIDDEN", reply.verdict
        assert reply.details["privilege"] \
            == "Datastore.Audit|Datastore.AllocateSpace", reply.details
        reply = client.call("PVE DISKS pve1")
        assert reply.error == "FORBIDDEN", reply.verdict
        assert "privilege" not in reply.details, reply.details


tap.main(globals())
