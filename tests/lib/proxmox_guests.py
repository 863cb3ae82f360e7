# proxmox_guests.py - the guests and storages of the test server
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a small cluster of two nodes has, and how its API shows it."""

import hashlib
import time

from proxmox_rows import died
from proxmox_tasks import Task, Tasks

NUMBERS = {"memory", "swap", "cores", "unprivileged", "onboot", "cpuunits",
           "protection", "sockets", "balloon", "numa", "template", "tty",
           "console"}


class Guest:
    """A container (KIND "lxc") or a virtual machine ("qemu").  LOCK is what
    stands in its configuration; PENDING what waits for its next start (None:
    to be deleted); HA whether it is managed by the HA manager."""

    def __init__(self, vmid, kind, node, name, status="stopped", config=None):
        self.vmid = vmid
        self.kind = kind
        self.node = node
        self.status = status
        self.config = dict(config or {})
        self.config["hostname" if kind == "lxc" else "name"] = name
        self.snapshots = []
        self.pending = {}
        self.lock = None
        self.ha = False
        self.paused = False
        self.unknown = False
        self.writes = 0

    @property
    def name(self):
        return self.config.get("hostname" if self.kind == "lxc" else "name",
                               "%s%d" % (self.label, self.vmid))

    @property
    def label(self):
        return "CT" if self.kind == "lxc" else "VM"

    @property
    def running(self):
        return self.status == "running"

    @property
    def parent(self):
        return self.snapshots[-1]["name"] if self.snapshots else None

    @property
    def digest(self):
        """SHA-1 of the configuration, in hexadecimal."""
        lines = sorted("%s: %s\n" % pair for pair in [
            *self.config.items(), *self.pending.items(),
            ("lock", self.lock), ("writes", self.writes)])
        return hashlib.sha1("".join(lines).encode("utf-8")).hexdigest()

    def check_lock(self):
        if self.lock:
            raise died("%s is locked (%s)" % (self.label, self.lock))

    def snapshot(self, name):
        for one in self.snapshots:
            if one["name"] == name:
                return one
        raise died("snapshot '%s' does not exist" % name)

    def write(self, key, value, version, running=False):
        """Set KEY to VALUE (None: delete it); a machine that is RUNNING takes
        the size of memory and processors at its next start."""
        self.writes += 1
        if value is not None and key in NUMBERS and not (
                self.kind == "qemu" and key == "memory" and version != "7.4"):
            value = int(value)
        if running and self.kind == "qemu" \
                and key in ("memory", "cores", "sockets", "cpu"):
            self.pending[key] = value
        elif value is None:
            self.config.pop(key, None)
        else:
            self.config[key] = value

    def apply_pending(self):
        for key, value in self.pending.items():
            if value is None:
                self.config.pop(key, None)
            else:
                self.config[key] = value
        self.pending.clear()

    def usage(self, version):
        """What lists of guests say."""
        memory = int(self.config.get("memory", 512)) << 20
        one = {"vmid": self.vmid, "name": self.name, "status": self.status,
               "cpus": int(self.config.get("cores", 1))
               * int(self.config.get("sockets", 1)),
               "cpu": 0, "maxmem": memory, "mem": 0, "maxdisk": 67108864,
               "disk": 0, "diskread": 0, "diskwrite": 0, "netin": 0,
               "netout": 0, "uptime": 0}
        if self.kind == "lxc":
            one.update(type="lxc", swap=0, maxswap=int(
                self.config.get("swap", 0)) << 20)
        if self.running:
            one.update(pid=4000 + self.vmid, mem=8388608, diskread=4096,
                       diskwrite=8192, uptime=75, cpu=0.0125)
            if self.kind == "lxc":
                one.update(disk=22595784704, maxdisk=270553174016)
            if float(version) >= 9:
                one.update({"pressure" + name: None for name in (
                    "cpusome", "cpufull", "iosome", "iofull", "memorysome",
                    "memoryfull")})
        for key in ("lock", "tags", "template"):
            value = self.lock if key == "lock" else self.config.get(key)
            if value:
                one[key] = value
        return one

    def current(self, version):
        """What status/current says."""
        one = dict(self.usage(version), ha={"managed": int(self.ha)})
        if self.ha:
            one["ha"].update(state="started", group="preferred")
        if self.kind == "qemu":
            one["qmpstatus"] = "paused" if self.paused else self.status
            if self.running:
                one.update({"running-machine": "pc-i440fx-9.2+pve1",
                            "running-qemu": "9.2.0",
                            "proxmox-support": {"pbs-library-version": "1.5"},
                            "balloon": one["maxmem"]})
            if str(self.config.get("agent", "0")).startswith("1"):
                one["agent"] = 1
        return one

    def resource(self, version):
        """What /cluster/resources says."""
        one = {"id": "%s/%d" % (self.kind, self.vmid), "type": self.kind,
               "node": self.node, "vmid": self.vmid, "status": "unknown"}
        if self.lock:
            one["lock"] = self.lock
        if not self.unknown:
            usage = self.usage(version)
            one.update({key: usage[key] for key in (
                "name", "status", "cpu", "maxmem", "mem", "maxdisk", "disk",
                "diskread", "diskwrite", "netin", "netout", "uptime")},
                       maxcpu=usage["cpus"],
                       template=int(self.config.get("template", 0)))
        return one


class Storage:
    """A storage; VOLUMES: dictionaries by volume identifier."""

    def __init__(self, name, kind, content, shared=0):
        self.name = name
        self.kind = kind
        self.content = content
        self.shared = shared
        self.total = 12638253056
        self.used = 5365760
        self.active = self.enabled = True
        self.volumes = {}

    def status(self):
        return {"type": self.kind, "content": self.content,
                "active": int(self.active), "enabled": int(self.enabled),
                "shared": self.shared, "total": self.total,
                "used": self.used, "avail": self.total - self.used}

    def resource(self, node):
        return {"id": "storage/%s/%s" % (node, self.name), "type": "storage",
                "node": node, "storage": self.name,
                "status": "available" if self.active else "unknown",
                "plugintype": self.kind, "disk": self.used,
                "maxdisk": self.total, "shared": self.shared,
                "content": self.content}

    def add_backup(self, guest, when=None):
        """Keep a backup of GUEST, of the time WHEN; its identifier."""
        when = int(when if when is not None else time.time())
        ending = "tar.zst" if guest.kind == "lxc" else "vma.zst"
        while True:
            volid = "%s:backup/vzdump-%s-%d-%s.%s" % (
                self.name, guest.kind, guest.vmid, time.strftime(
                    "%Y_%m_%d-%H_%M_%S", time.gmtime(when)), ending)
            if volid not in self.volumes:
                break
            when += 1
        self.volumes[volid] = {
            "volid": volid, "content": "backup", "subtype": guest.kind,
            "format": ending, "size": 954, "ctime": when, "vmid": guest.vmid}
        self.volumes[volid + ".config"] = (guest.kind, dict(guest.config))
        return volid

    def backed_up(self, volid):
        """Kind and configuration of the guest in the backup VOLID."""
        return self.volumes[volid + ".config"]

    def listed(self):
        return [dict(one) for one in self.volumes.values()
                if isinstance(one, dict)]

    def remove(self, volid):
        self.volumes.pop(volid, None)
        self.volumes.pop(volid + ".config", None)


def container(vmid, node, name, status="stopped", **more):
    return Guest(vmid, "lxc", node, name, status, {
        "arch": "amd64", "cores": 1, "memory": 128, "ostype": "debian",
        "rootfs": "local:%d/vm-%d-disk-0.raw,size=64M" % (vmid, vmid),
        "swap": 0, "unprivileged": 1, **more})


def machine(vmid, node, name, status="stopped", memory="256", **more):
    return Guest(vmid, "qemu", node, name, status, {
        "boot": "order=scsi0", "cores": 1, "memory": memory, "sockets": 1,
        "scsi0": "local-lvm:vm-%d-disk-0,size=32M" % vmid,
        "scsihw": "virtio-scsi-pci", "net0":
        "virtio=BC:24:11:00:00:%02X,bridge=vmbr0" % (vmid & 255),
        "vmgenid": "5b4e1f1e-0000-4000-8000-%012d" % vmid, **more})


def guests(version):
    """The guests that there are at first, by number."""
    memory = 256 if version == "7.4" else "256"
    made = [container(100, "pve1", "ct100"),
            container(101, "pve1", "locked", cores=2),
            container(102, "pve1", "ct102", "running", cores=2,
                      features="nesting=1,keyctl=1", cpulimit="0.4"),
            container(103, "pve2", "ct103", tags="web"),
            machine(200, "pve1", "vm200", memory=memory),
            machine(201, "pve1", "vm201", "running", memory=memory,
                    agent="1", description="a machine\n"),
            machine(202, "pve2", "vm202", "running", memory=memory)]
    made[1].lock = "backup"
    return {one.vmid: one for one in made}


def storages():
    """The storages that there are at first, by name."""
    everything = "rootdir,vztmpl,snippets,images,iso,backup"
    return {one.name: one for one in (
        Storage("local", "dir", everything),
        Storage("local-lvm", "lvmthin", "images,rootdir"),
        Storage("fast", "btrfs", "images,rootdir"),
        Storage("vault", "nfs", "backup,iso", shared=1))}


class Cluster:
    """All that there is.  UNKNOWN_NODES are those whose statistics nobody
    collects; OFFLINE_NODES those that are switched off; DEAF: numbers of
    guests that do not heed a shutdown."""

    nodes = ("pve1", "pve2")

    def __init__(self, version):
        self.version = version
        self.guests = guests(version)
        self.storages = storages()
        self.tasks = Tasks()
        self.unknown_nodes = set()
        self.offline_nodes = set()
        self.deaf = set()
        self.delayed = []
        self.fingerprint = ""
        for vmid, when in ((102, 1795195846), (200, 1795195900)):
            self.storages["local"].add_backup(self.guests[vmid], when)

    def settle(self):
        """Bring everything to where it should be by now."""
        now = time.monotonic()
        due = [one for one in self.delayed if one[0] <= now]
        self.delayed = [one for one in self.delayed if one[0] > now]
        for _, function in due:
            function()
        self.tasks.settle()

    def later(self, function, seconds=None):
        """Call FUNCTION after SECONDS, or when two tasks could have run."""
        if seconds is None:
            seconds = 2 * self.tasks.seconds
        self.delayed.append((time.monotonic() + seconds, function))

    def guest(self, call):
        """The guest that CALL names, if it is on that node."""
        guest = self.guests.get(int(call["vmid"]))
        if not guest or guest.kind != call.kind or guest.node != call["node"]:
            folder = "lxc" if call.kind == "lxc" else "qemu-server"
            raise died("Configuration file 'nodes/%s/%s/%s.conf' does not "
                       "exist" % (call["node"], folder, call["vmid"]))
        return guest

    def storage(self, name):
        if name not in self.storages:
            raise died("storage '%s' does not exist" % name)
        return self.storages[name]

    def check_unused(self, vmid):
        other = self.guests.get(int(vmid))
        if other:
            raise died("%s %s already exists on node '%s'"
                       % (other.label, vmid, other.node))

    def begin(self, call, kind, identity, **more):
        """Begin a task for CALL; its UPID."""
        more.setdefault("seconds", self.tasks.seconds)
        return self.tasks.add(Task(call["node"], kind, identity, call.token,
                                   **more))
