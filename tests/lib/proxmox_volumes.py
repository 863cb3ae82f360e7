# proxmox_volumes.py - the long tasks of the test server for Proxmox VE
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints that make, copy, move and destroy guests and their volumes."""

import re
import time

from proxmox_changes import (COMMON, CONTAINER, DISK, MACHINE, check_key,
                             queued, task_name)
from proxmox_guests import Guest
from proxmox_reads import volume_name
from proxmox_rows import bad_parameters, died, forbidden, serves

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
NOT_SETTINGS = {"node", "vmid", "ostemplate", "archive", "restore", "storage",
                "force", "unique", "start", "pool", "bwlimit", "password",
                "ignore-unpack-errors", "live-restore", "ssh-public-keys"}


def dump_lines(storage, call, guest, volid):
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    return ["INFO: Starting Backup of VM %d (%s)" % (guest.vmid, guest.kind),
            "INFO: Backup started at " + stamp,
            "INFO: status = " + guest.status,
            "INFO: backup mode: " + call.get("mode", "snapshot"),
            "INFO: ionice priority: 7",
            "INFO: %s Name: %s" % (guest.label, guest.name),
            "INFO: creating vzdump archive '/var/lib/vz/dump/%s'"
            % volid.rpartition("/")[2],
            "INFO: Total bytes written: 30720 (30KiB, 69MiB/s)",
            "INFO: archive file size: 0KB",
            "INFO: Finished Backup of VM %d (00:00:00)" % guest.vmid]


@serves("POST /nodes/{node}/vzdump", protected=True, parameters="""
        vmid:vmids all:bool storage:storage mode:enum(snapshot|suspend|stop)
        compress:enum(0|1|gzip|lzo|zstd) remove:bool node:node quiet:bool
        protected:bool<storage notes-template:str#1024<storage exclude:vmids
        prune-backups:str mailto:str bwlimit:int[0..] ionice:int[0..8]
        zstd:int lockwait:int[0..] stopwait:int[0..] dumpdir:str tmpdir:str
        stop:bool pool:str stdexcludes:bool pigz:int
        notification-mode@8.4:enum(auto|legacy-sendmail|notification-system)
        mailnotification:enum(always|failure) maxfiles:int[1..]
        performance:str fleecing@8.4:str job-id@8.4:str""")
def vzdump(cluster, call):
    node, name = call["node"], call.get("storage")
    if name:
        storage = cluster.storage(name)
        call.rights.check("/storage/" + name, "Datastore.AllocateSpace")
        if "backup" not in storage.content.split(","):
            raise died("storage '%s' does not support backups" % name)
    else:
        storage = cluster.storage("local")
    wanted = [int(one) for one in re.split(r"[,;\s]+", call.get("vmid", ""))
              if one]
    if call.get("all") == "1":
        wanted = [one.vmid for one in cluster.guests.values()
                  if one.node == node]
    elif not wanted:
        raise bad_parameters(vmid="property is missing and it is not optional")
    local = [one for one in wanted if one not in cluster.guests
             or cluster.guests[one].node == node]
    if not local:
        return "OK"
    lines = ["INFO: starting new backup job: vzdump %s --storage %s --node %s"
             % (" ".join(map(str, local)), storage.name, node)]
    job = Backup(cluster, call, storage, local, lines)
    single = call.get("all") != "1" and len(local) == 1
    return cluster.begin(
        call, "vzdump", str(local[0]) if single else "", lines=lines,
        begin=job.begin, end=job.end, held=job.held,
        guest=cluster.guests.get(local[0]) if single else None)


class Backup:
    """A backup of the guests VMIDS, told in LINES."""

    def __init__(self, cluster, call, storage, vmids, lines):
        self.cluster = cluster
        self.call = call
        self.storage = storage
        self.vmids = vmids
        self.lines = lines
        self.held = []
        self.failed = []

    def begin(self):
        for vmid in self.vmids:
            self.call.rights.check("/vms/%d" % vmid, "VM.Backup")
        for vmid in self.vmids:
            guest = self.cluster.guests.get(vmid)
            if not guest:
                self.failed.append((vmid, "unable to find VM '%d'" % vmid))
            elif guest.lock:
                self.failed.append((vmid, "%s is locked (%s)" % (
                    guest.label, guest.lock)))
            else:
                guest.lock = "backup"
                self.held.append(guest)

    def end(self):
        for guest in self.held:
            guest.lock = None
            volid = self.storage.add_backup(guest)
            volume = self.storage.volumes[volid]
            if self.call.get("protected") == "1":
                volume["protected"] = 1
            if "notes-template" in self.call:
                volume["notes"] = self.call["notes-template"].replace(
                    "{{guestname}}", guest.name)
            self.lines += dump_lines(self.storage, self.call, guest, volid)
        for vmid, text in self.failed:
            self.lines.append("ERROR: Backup of VM %d failed - %s"
                              % (vmid, text))
        if self.failed:
            self.lines.append("INFO: Backup job finished with errors")
            raise died("job errors")
        self.lines.append("INFO: Backup job finished successfully")


@serves("DELETE /nodes/{node}/storage/{storage}/content/{volume}",
        protected=True, parameters="delay:int[1..30]")
def delete_volume(cluster, call):
    storage, volid = volume_name(cluster, call)
    owner = re.search(r"vzdump-(lxc|qemu)-(\d+)-", volid)
    path = "/storage/" + storage.name
    if not call.rights.has(path, "Datastore.Allocate"):
        if not owner:
            call.rights.check(path, "Datastore.Allocate")
        call.rights.check(path, "Datastore.AllocateSpace")
        call.rights.check("/vms/" + owner[2], "VM.Backup")
    identity = (owner[2] + "@" if owner else "") + storage.name
    lines = ["Removed volume '%s'" % volid]

    def begin():
        if volid not in storage.volumes:
            lines.clear()
            raise died("volume '%s' does not exist" % volid)
        if storage.volumes[volid].get("protected"):
            raise died("can't remove protected archive '%s'" % volid)
    return cluster.begin(call, "imgdel", identity, lines=lines,
                         begin=begin, end=lambda: storage.remove(volid),
                         seconds=min(cluster.tasks.seconds, 1))


def check_create(cluster, call, kind):
    """What is looked at before anything begins; who is overwritten."""
    vmid = int(call["vmid"])
    restore = call.get("restore") == "1" or "archive" in call
    old = cluster.guests.get(vmid)
    force = call.get("force") == "1"
    if not call.rights.has("/vms/%d" % vmid, "VM.Allocate") and not (
            restore and force and old
            and call.rights.has("/vms/%d" % vmid, "VM.Backup")):
        raise forbidden()
    for key, value in call.parameters.items():
        if key not in NOT_SETTINGS and key != "unprivileged":
            check_key(call, vmid, key, value)
    if "storage" in call:
        cluster.storage(call["storage"])
        call.rights.check("/storage/" + call["storage"],
                          "Datastore.AllocateSpace")
    if old and not (restore and force and old.kind == kind
                    and old.node == call["node"]):
        cluster.check_unused(vmid)
    if old and old.running:
        raise died("can't overwrite running container" if kind == "lxc"
                   else "unable to restore VM %d - vm is running" % vmid)
    return old


def create(cluster, call, kind, source):
    vmid = int(call["vmid"])
    restore = call.get("restore") == "1" or "archive" in call
    old = check_create(cluster, call, kind)
    prefix = "unable to %s %s %d - " % ("restore" if restore else "create",
                                       "CT" if kind == "lxc" else "VM", vmid)
    storage = source.partition(":")[0]
    lines = ["restoring '%s' now.." % source,
             "merging backed-up and given configuration.."] if restore else []

    def begin():
        kept = cluster.storages.get(storage)
        if restore and (not kept or source not in kept.volumes):
            raise died(prefix + "volume '%s' does not exist" % source)
        if call.get("unprivileged") == "0" \
                and not call.rights.has("/", "Sys.Modify"):
            raise died(prefix + "403 Permission check failed (/, Sys.Modify)")
        guest = old or Guest(vmid, kind, call["node"], "new")
        guest.lock = "create"
        cluster.guests[vmid] = guest

    def end():
        guest = Guest(vmid, kind, call["node"], "%s%d" % (
            "CT" if kind == "lxc" else "VM", vmid))
        if restore:
            guest.config = dict(cluster.storages[storage].backed_up(source)[1])
        for key, value in call.parameters.items():
            if key not in NOT_SETTINGS:
                guest.write(key, value, cluster.version)
        if call.get("start") == "1":
            guest.status = "running"
        cluster.guests[vmid] = guest
    name = {"lxc": "vz", "qemu": "qm"}[kind] + (
        "restore" if restore else "create")
    return cluster.begin(call, name, str(vmid), lines=lines, begin=begin,
                         end=end, guest=old)


@serves("POST /nodes/{node}/lxc", protected=True, parameters=COMMON
        + CONTAINER + """ vmid!:vmid ostemplate!:str#255 restore:bool
        storage:storage force:bool unique:bool<restore start:bool pool:pool
        bwlimit:num[0..] password:str ssh-public-keys:str
        ignore-unpack-errors:bool""")
def create_container(cluster, call):
    return create(cluster, call, "lxc", call["ostemplate"])


@serves("POST /nodes/{node}/qemu", protected=True, parameters=COMMON
        + MACHINE.replace("force:bool<delete", "force:bool<archive").replace(
            "skiplock:bool", "") + """ vmid!:vmid archive:str#255
        storage:storage unique:bool<archive start:bool pool:pool
        bwlimit:int[0..] live-restore:bool""")
def create_machine(cluster, call):
    return create(cluster, call, "qemu", call.get("archive", ""))


@serves("POST /nodes/{node}/{kind}/{vmid}/clone", "/vms/{vmid}: VM.Clone",
        protected=True, parameters="""newid!:vmid full:bool description:str
        pool:pool snapname:configid#40 storage:storage target:node""",
        lxc="hostname:dns bwlimit:num[0..]",
        qemu="name:dns bwlimit:int[0..] format:enum(raw|qcow2|vmdk)")
def clone(cluster, call):
    guest = cluster.guest(call)
    number = int(call["newid"])
    if not call.rights.has("/vms/%d" % number, "VM.Allocate"):
        raise forbidden()
    guest.check_lock()
    cluster.check_unused(number)
    name = call.get("hostname", call.get("name", guest.name))
    new = Guest(number, guest.kind, call.get("target", guest.node), name)
    if "snapname" in call:
        guest.snapshot(call["snapname"])
    if guest.kind == "lxc" and guest.running and "snapname" not in call:
        raise died("Cannot do full clones on a running container without "
                   "snapshots")
    guest.lock = "disk" if guest.kind == "lxc" else "clone"
    new.lock = "create"
    cluster.guests[number] = new

    def end():
        guest.lock = new.lock = None
        new.config = {**guest.config, **new.config}
    noun = "container" if guest.kind == "lxc" else "VM"
    return cluster.begin(call, task_name(guest, "clone"), call["vmid"],
                         guest=guest, end=end, held=[guest, new], lines=[
        "creating a clone of %s %d with ID %d" % (noun, guest.vmid, number),
        "create full clone of mountpoint rootfs", "",
        "sent 752 bytes  received 112 bytes  1,728.00 bytes/sec"])


def disk_size(text):
    """Bytes of "8G", as it stands in a configuration."""
    found = re.search(r"\bsize=(\d+)([KMGT]?)", text)
    return int(found[1]) * UNITS[found[2]] if found else 0


def size_text(size):
    for unit in "TGMK":
        if size % UNITS[unit] == 0:
            return "%d%s" % (size // UNITS[unit], unit)
    return str(size)


@serves("PUT /nodes/{node}/{kind}/{vmid}/resize",
        "/vms/{vmid}: VM.Config.Disk", protected=True,
        parameters="disk!:str size!:str digest:str#40", qemu="skiplock:bool")
def resize(cluster, call):
    guest = cluster.guest(call)
    disk, wanted = call["disk"], re.fullmatch(
        r"(\+?)(\d+(?:\.\d+)?)([KMGT]?)", call["size"])
    if not wanted:
        raise bad_parameters(size="value does not match the regex pattern")
    if call.get("digest", guest.digest) != guest.digest:
        raise died("detected modified configuration - file changed by other "
                   "user? Try again.")
    guest.check_lock()
    if not DISK.fullmatch(disk) or disk not in guest.config:
        raise died("disk '%s' does not exist" % disk)
    old = disk_size(guest.config[disk])
    size = int(float(wanted[2]) * UNITS[wanted[3]]) + (
        old if wanted[1] else 0)
    if size < old:
        raise died("unable to shrink disk size")

    def end():
        guest.write(disk, re.sub(r"size=\w+", "size=" + size_text(size),
                                 guest.config[disk]), cluster.version)
    upid = cluster.begin(call, "resize", call["vmid"], guest=guest, end=end,
                         lines=["Image resized."])
    return None if guest.kind == "qemu" and cluster.version == "7.4" else upid


@serves("POST /nodes/{node}/{kind}/{vmid}/migrate", "/vms/{vmid}: VM.Migrate",
        protected=True, parameters="""target!:node online:bool""",
        lxc="restart:bool timeout:int bwlimit:num[0..] target-storage:str",
        qemu="""targetstorage:str bwlimit:int[0..] force:bool
        migration_type:enum(secure|insecure)
        migration_network:str with-local-disks:bool""")
def migrate(cluster, call):
    target = call["target"]
    guest = cluster.guest(call)
    if target == call["node"]:
        raise bad_parameters(target="target is local node.\n")
    if target not in cluster.nodes:
        raise bad_parameters(target="no such cluster node '%s'\n" % target)
    live = call.get("online") == "1" or call.get("restart") == "1"
    if guest.running and not live:
        raise died("can't migrate running %s without --online%s" % (
            "container" if guest.kind == "lxc" else "VM",
            " or --restart" if guest.kind == "lxc" else ""))

    def arrive():
        guest.lock = None
        guest.node = target
    if guest.ha:
        return queued(cluster, call, guest, "migrate", arrive)

    def begin():
        guest.check_lock()
        guest.lock = "migrate"
    return cluster.begin(
        call, "vzmigrate" if guest.kind == "lxc" else "qmigrate",
        call["vmid"], guest=guest, begin=begin, end=arrive, lines=[
            "starting migration of %s %d to node '%s' (192.0.2.2)"
            % (guest.label, guest.vmid, target),
            "migration finished successfully (duration 00:00:01)"])


@serves("DELETE /nodes/{node}/{kind}/{vmid}", "/vms/{vmid}: VM.Allocate",
        protected=True,
        parameters="purge:bool destroy-unreferenced-disks:bool",
        lxc="force:bool", qemu="skiplock:bool")
def destroy(cluster, call):
    guest = cluster.guest(call)
    if guest.config.get("protection"):
        raise died("can't remove %s %d - protection mode enabled"
                   % (guest.label, guest.vmid))
    if guest.ha and call.get("purge") != "1":
        raise died("unable to remove %s %d - used in HA resources and purge "
                   "parameter not set." % (guest.label, guest.vmid))
    guest.check_lock()
    if guest.running and call.get("force") != "1":
        raise died("unable to destroy CT %d - container is running"
                   % guest.vmid if guest.kind == "lxc" else
                   "VM %d is running - destroy failed" % guest.vmid)

    def begin():
        guest.check_lock()
        guest.lock = "destroyed"

    def end():
        cluster.guests.pop(guest.vmid, None)
    return cluster.begin(
        call, task_name(guest, "destroy"), call["vmid"], guest=guest,
        begin=begin, end=end,
        lines=["purging %s %d from related configurations.."
               % (guest.label, guest.vmid)]
        if call.get("purge") == "1" else [])
