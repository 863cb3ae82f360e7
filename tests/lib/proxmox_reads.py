# proxmox_reads.py - what the test server for Proxmox VE tells
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints that change nothing, but for those of tasks."""

from proxmox_rows import bad_parameters, died, forbidden, serves

RELEASES = {"7.4": ("7.4", "7.4-17", "513c62be"),
            "8.4": ("8.4", "8.4.1", "2a5fa54a8503f96d"),
            "9.1": ("9.1", "9.1.2", "9d436f37a0ac4172")}
ROOTS = ("/", "/access", "/nodes", "/pool", "/sdn", "/storage", "/vms")
DISKS = {
    "/dev/sda": {"devpath": "/dev/sda", "gpt": 1, "health": "PASSED",
                 "model": "Example_Disk", "parent": None, "rpm": "5400",
                 "serial": "EX-1", "size": 2000398934016, "type": "hdd",
                 "used": "LVM", "vendor": "ATA     ", "wearout": "N/A",
                 "wwn": "0x5000000000000001", "by_id_link":
                 "/dev/disk/by-id/ata-Example_Disk_EX-1"},
    "/dev/nvme0n1": {"devpath": "/dev/nvme0n1", "gpt": 0, "health": "PASSED",
                     "model": "Example NVMe", "rpm": 0, "serial": "EX-2",
                     "size": 512110190592, "type": "nvme", "vendor":
                     "unknown", "wearout": 99, "wwn": "eui.0000000000000001"},
    "/dev/vda": {"devpath": "/dev/vda", "gpt": 1, "health": "UNKNOWN",
                 "model": "", "rpm": -1, "serial": "", "size": 34359738368,
                 "type": "unknown", "vendor": "0x1af4", "wearout": "N/A",
                 "wwn": ""}}


@serves("GET /version")
def version(cluster, call):
    return dict(zip(("release", "version", "repoid"),
                    RELEASES[cluster.version]))


def node_usage(cluster, name):
    one = {"node": name, "id": "node/" + name, "type": "node",
           "status": "unknown"}
    if name in cluster.offline_nodes:
        one["status"] = "offline"
    elif name not in cluster.unknown_nodes:
        one.update(status="online", cpu=0.034, maxcpu=4, mem=2147483648,
                   maxmem=8589934592, disk=5365760, maxdisk=12638253056,
                   uptime=int(cluster.tasks.uptime), level="")
    return one


@serves("GET /nodes")
def nodes(cluster, call):
    return [dict(node_usage(cluster, name),
                 ssl_fingerprint=cluster.fingerprint)
            for name in cluster.nodes]


@serves("GET /nodes/{node}/status", "/nodes/{node}: Sys.Audit")
def node_status(cluster, call):
    release = RELEASES[cluster.version][1]
    memory = {"total": 8589934592, "used": 2147483648, "free": 6442450944}
    if float(cluster.version) >= 9:
        memory["available"] = 6442450944
    return {
        "cpu": 0.034, "wait": 0, "idle": 0, "uptime":
        int(cluster.tasks.uptime), "loadavg": ["0.38", "0.21", "0.15"],
        "pveversion": "pve-manager/%s/%s" % (
            release, RELEASES[cluster.version][2]),
        "kversion": "Linux 6.8.12-1-pve #1 SMP PREEMPT_DYNAMIC",
        "cpuinfo": {"cpus": 4, "cores": 4, "sockets": 1, "mhz": "2400.000",
                    "model": "Example CPU", "user_hz": 100, "hvm": "1",
                    "flags": "fpu vme"},
        "memory": memory,
        "swap": {"total": 0, "used": 0, "free": 0},
        "rootfs": {"total": 12638253056, "used": 5365760,
                   "avail": 12632887296, "free": 12632887296},
        "ksm": {"shared": 0},
        "boot-info": {"mode": "efi", "secureboot": 0},
        "current-kernel": {"sysname": "Linux", "machine": "x86_64",
                           "release": "6.8.12-1-pve", "version": "#1 SMP"}}


@serves("GET /nodes/{node}/version")
def node_version(cluster, call):
    return version(cluster, call)


@serves("GET /nodes/{node}/{kind}", protected=True, qemu="full:bool")
def guest_list(cluster, call):
    return [guest.usage(cluster.version)
            for guest in cluster.guests.values()
            if guest.kind == call.kind and guest.node == call["node"]
            and call.rights.has("/vms/%d" % guest.vmid, "VM.Audit")]


@serves("GET /nodes/{node}/{kind}/{vmid}/status/current",
        "/vms/{vmid}: VM.Audit", protected=True)
def guest_current(cluster, call):
    return cluster.guest(call).current(cluster.version)


@serves("GET /nodes/{node}/{kind}/{vmid}/config", "/vms/{vmid}: VM.Audit",
        parameters="current:bool snapshot:configid#40")
def guest_config(cluster, call):
    guest = cluster.guest(call)
    if "snapshot" in call:
        return dict(guest.snapshot(call["snapshot"])["config"],
                    digest=guest.digest)
    one = dict(guest.config, digest=guest.digest)
    if guest.lock:
        one["lock"] = guest.lock
    if guest.parent:
        one["parent"] = guest.parent
    if call.get("current") != "1":
        one.update(guest.pending)
    return {key: value for key, value in one.items() if value is not None}


@serves("GET /nodes/{node}/{kind}/{vmid}/pending", "/vms/{vmid}: VM.Audit")
def guest_pending(cluster, call):
    guest = cluster.guest(call)
    found = []
    for key, value in dict(guest.config, digest=guest.digest).items():
        one = {"key": key, "value": value}
        if key in guest.pending and guest.pending[key] is None:
            one["delete"] = 1
        elif key in guest.pending:
            one["pending"] = guest.pending[key]
        found.append(one)
    return found + [{"key": key, "pending": value}
                    for key, value in guest.pending.items()
                    if key not in guest.config and value is not None]


@serves("GET /nodes/{node}/{kind}/{vmid}/snapshot", "/vms/{vmid}: VM.Audit",
        protected=True)
def snapshots(cluster, call):
    guest = cluster.guest(call)
    found = [{key: value for key, value in one.items() if key != "config"}
             for one in guest.snapshots]
    current = {"name": "current", "description": "You are here!",
               "digest": guest.digest, "running": int(guest.running)}
    if guest.parent:
        current["parent"] = guest.parent
    return found + [current]


@serves("GET /nodes/{node}/{kind}/{vmid}/snapshot/{snapname}/config",
        "/vms/{vmid}: VM.Snapshot|VM.Snapshot.Rollback|VM.Audit")
def snapshot_config(cluster, call):
    one = cluster.guest(call).snapshot(call["snapname"])
    return dict(one["config"], snaptime=one["snaptime"],
                description=one["description"])


def check_storage(call, name):
    call.rights.check_any("/storage/" + name, "Datastore.Audit",
                          "Datastore.AllocateSpace")


@serves("GET /nodes/{node}/storage", protected=True, parameters="""
        storage:storage content:str enabled:bool target:node format:bool""")
def storage_list(cluster, call):
    wanted = set(filter(None, call.get("content", "").split(",")))
    return [dict(one.status(), storage=one.name,
                 used_fraction=one.used / one.total)
            for one in cluster.storages.values()
            if (not wanted or wanted & set(one.content.split(",")))
            and one.name == call.get("storage", one.name)
            and call.rights.at("/storage/" + one.name)
            & {"Datastore.Audit", "Datastore.AllocateSpace"}]


@serves("GET /nodes/{node}/storage/{storage}/status", protected=True)
def storage_status(cluster, call):
    check_storage(call, call["storage"])
    return cluster.storage(call["storage"]).status()


@serves("GET /nodes/{node}/storage/{storage}/content", protected=True,
        parameters="content:str vmid:vmid")
def storage_content(cluster, call):
    check_storage(call, call["storage"])
    return [one for one in cluster.storage(call["storage"]).listed()
            if one["content"] == call.get("content", one["content"])
            and call.get("vmid") in (None, str(one.get("vmid")))]


@serves("GET /nodes/{node}/storage/{storage}/content/{volume}",
        protected=True)
def volume(cluster, call):
    storage, volid = volume_name(cluster, call)
    if volid not in storage.volumes:
        raise died("volume_size_info on '%s' failed" % volid)
    one = storage.volumes[volid]
    return {"format": one["format"], "path": "/var/lib/vz/dump/"
            + volid.rpartition("/")[2], "size": one["size"],
            "used": one["size"], "protected": int(one.get("protected", 0))}


def volume_name(cluster, call):
    """The storage and the identifier of the volume that CALL names."""
    name = call["volume"]
    volid = name if ":" in name else "%s:%s" % (call["storage"], name)
    storage = volid.partition(":")[0]
    if storage != call["storage"]:
        raise bad_parameters(storage="storage ID missmatch (%s != %s)" % (
            storage, call["storage"]))
    return cluster.storage(storage), volid


@serves("GET /cluster/resources",
        parameters="type:enum(vm|storage|node|sdn)")
def resources(cluster, call):
    found = [(("vm",), "/vms/%d" % one.vmid, "VM.Audit",
              one.resource(cluster.version)) for one
             in cluster.guests.values()]
    for name in cluster.nodes:
        found.append((("node",), "/nodes/" + name, "Sys.Audit",
                      node_usage(cluster, name)))
        found += [(("storage",), "/storage/" + one.name, "Datastore.Audit",
                   one.resource(name)) for one in cluster.storages.values()]
    kind = call.get("type")
    return [one for kinds, path, privilege, one in found
            if (not kind or kind in kinds) and call.rights.has(path,
                                                               privilege)]


@serves("GET /cluster/nextid", parameters="vmid:vmid")
def next_identifier(cluster, call):
    if "vmid" in call:
        if int(call["vmid"]) in cluster.guests:
            raise bad_parameters(vmid="VM %s already exists\n" % call["vmid"])
        return call["vmid"]
    return str(next(number for number in range(100, 1000000)
                    if number not in cluster.guests))


@serves("GET /cluster/status", "/: Sys.Audit", protected=True)
def cluster_status(cluster, call):
    return [{"type": "cluster", "id": "cluster", "name": "example",
             "nodes": 2, "quorate": 1, "version": 2}] + [
        {"type": "node", "id": "node/" + name, "name": name, "online": 1,
         "local": int(name == "pve1"), "nodeid": number, "level": "",
         "ip": "192.0.2.%d" % number}
        for number, name in enumerate(cluster.nodes, 1)]


@serves("GET /access/permissions", parameters="path:str userid:str")
def permissions(cluster, call):
    if call.get("userid", call.token) != call.token:
        call.rights.check("/access", "Sys.Audit")
    paths = [call["path"]] if "path" in call else \
        sorted({*ROOTS, *call.rights.privileges})
    return {path: {name: 1 for name in sorted(call.rights.at(path))}
            for path in paths if call.rights.at(path)}


@serves("GET /nodes/{node}/disks/list", protected=True, parameters="""
        include-partitions:bool skipsmart:bool
        type:enum(unused|journal_disks)""")
def disks(cluster, call):
    if not (call.rights.has("/", "Sys.Audit")
            or call.rights.has("/nodes/" + call["node"], "Sys.Audit")):
        raise forbidden()
    return [dict(one, osdid=-1) for one in DISKS.values()]


@serves("GET /nodes/{node}/disks/smart", "/: Sys.Audit", protected=True,
        parameters="disk!:str healthonly:bool")
def smart(cluster, call):
    one = DISKS.get(call["disk"])
    if not one:
        raise died("unable to get disk info for '%s'" % call["disk"])
    if one["health"] == "UNKNOWN" or call.get("healthonly") == "1":
        return {"health": one["health"]}
    if one["type"] == "nvme":
        return {"health": "PASSED", "type": "text", "wearout": 99, "text":
                "\nSMART/Health Information\nPercentage Used: 1%\n"}
    return {"health": "PASSED", "type": "ata", "attributes": [
        {"id": "  9", "name": "Power_On_Hours", "value": 95, "worst": 95,
         "threshold": 0, "normalized": 95, "fail": "-", "flags": "-O--CK",
         "raw": "1234h+05m"}]}
