# proxmox_changes.py - what the test server for Proxmox VE does
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints that change a guest as it is: power, configuration,
snapshots."""

import re
import time

from proxmox_rows import bad_parameters, died, forbidden, serves

PRIVILEGES = {"memory": "Memory", "swap": "Memory", "balloon": "Memory",
              "cores": "CPU", "cpulimit": "CPU", "cpuunits": "CPU",
              "sockets": "CPU", "cpu": "CPU", "hostname": "Network",
              "nameserver": "Network", "searchdomain": "Network",
              "scsihw": "HWType", "agent": "Options"}
DISK = re.compile(r"rootfs|(mp|scsi|sata|ide|virtio|unused)\d+")
COMMON = """description:str#8192 onboot:bool
    protection:bool tags:str startup:str arch:str lock:str
    net[n]:str unused[n]:str
    ostype:str memory:int[16..] nameserver:str searchdomain:str
    template:bool hookscript:str"""
CONTAINER = """ cores:int[1..8192] cpulimit:num[0..8192]
    cpuunits:int[0..500000] hostname:dns#255 rootfs:str swap:int[0..]
    features:str
    timezone:str mp[n]:str tty:int[0..6] console:bool cmode:str env@9.1:str
    dev[n]@8.4:str debug:bool unprivileged:bool"""
MACHINE = """ cores:int[1..] cpulimit:num[0..128] cpuunits:int[1..262144]
    name:dns acpi:bool agent:str balloon:int[0..] bios:str boot:str
    cpu:str hotplug:str ide[n]:str sata[n]:str scsi[n]:str virtio[n]:str
    machine:str numa:bool scsihw:str sockets:int[1..] vga:str serial[n]:str
    tablet:bool cdrom:str cicustom:str ciuser:str cipassword:str
    ipconfig[n]:str sshkeys:str force:bool<delete skiplock:bool kvm:bool
    smbios1:str vmgenid:str watchdog:str citype:str hostpci[n]:str
    usb[n]:str efidisk0:str tpmstate0:str rng0:str args:str freeze:bool"""
CONFIG = COMMON + " delete:str digest:str#40 revert:str "
ANY = {"lxc": "/vms/{vmid}: VM.Config.Disk|VM.Config.CPU|VM.Config.Memory"
       "|VM.Config.Network|VM.Config.Options",
       "qemu": "/vms/{vmid}: VM.Config.Disk|VM.Config.CDROM|VM.Config.CPU"
       "|VM.Config.Memory|VM.Config.Network|VM.Config.HWType"
       "|VM.Config.Options|VM.Config.Cloudinit"}


def task_name(guest, name):
    return ("vz" if guest.kind == "lxc" else "qm") + name


def queued(cluster, call, guest, name, later):
    """What becomes of a request for a guest that the HA manager manages: a
    task that asks for it, and LATER some time after."""
    upid = cluster.begin(call, "ha" + name, call["vmid"], lines=[
        "Requesting HA %s for %s %s" % (name, guest.label, call["vmid"])])
    cluster.later(later)
    return upid


def power(cluster, call, name, effect, check=None, lines=(), seconds=None):
    """Begin the task NAME ("start"), which does EFFECT."""
    guest = cluster.guest(call)
    if guest.ha and name in ("start", "stop", "shutdown"):
        return queued(cluster, call, guest,
                      "start" if name == "start" else "stop", effect)

    def begin():
        guest.check_lock()
        if check:
            check()
    return cluster.begin(
        call, task_name(guest, name), call["vmid"], guest=guest, begin=begin,
        end=effect, lines=lines, **({} if seconds is None
                                    else {"seconds": seconds}))


@serves("POST /nodes/{node}/{kind}/{vmid}/status/start",
        "/vms/{vmid}: VM.PowerMgmt", protected=True,
        parameters="skiplock:bool", lxc="debug:bool", qemu="""
        stateuri:str#128 migratedfrom:node timeout:int[0..] machine:str
        targetstorage:str force-cpu:str migration_type:enum(secure|insecure)
        migration_network:str""")
def start(cluster, call):
    guest = cluster.guest(call)
    if guest.config.get("template"):
        raise died("you can't start a %s if it's a template"
                   % guest.label.lower().replace("ct", "CT"))
    if guest.running and (guest.kind == "lxc" or guest.ha):
        raise died("%s %d already running" % (guest.label, guest.vmid))

    def check():
        if guest.running:
            raise died("%s %d already running" % (guest.label, guest.vmid))

    def effect():
        guest.apply_pending()
        guest.status = "running"
    return power(cluster, call, "start", effect, check)


def halting(guest):
    def effect():
        guest.apply_pending()
        guest.status = "stopped"
        guest.paused = False
    return effect


def check_running(guest):
    if guest.kind == "lxc" and not guest.running:
        raise died("CT %d not running" % guest.vmid)


@serves("POST /nodes/{node}/{kind}/{vmid}/status/stop",
        "/vms/{vmid}: VM.PowerMgmt", protected=True,
        parameters="skiplock:bool overrule-shutdown@8.4:bool",
        qemu="timeout:int[0..] keepActive:bool migratedfrom:node")
def stop(cluster, call):
    guest = cluster.guest(call)
    check_running(guest)
    if call.get("overrule-shutdown") == "1":
        for task in cluster.tasks.list:
            if task.guest is guest and task.kind.endswith("shutdown"):
                task.abort(time.monotonic())
    return power(cluster, call, "stop", halting(guest))


@serves("POST /nodes/{node}/{kind}/{vmid}/status/shutdown",
        "/vms/{vmid}: VM.PowerMgmt", protected=True,
        parameters="timeout:int[0..] forceStop:bool",
        qemu="skiplock:bool keepActive:bool")
def shutdown(cluster, call):
    """A guest that is not listening (DEAF) is not halted, unless forced."""
    guest = cluster.guest(call)
    check_running(guest)
    seconds = None
    if guest.vmid in cluster.deaf:
        seconds = float(call.get("timeout", 60))

    def effect():
        if guest.vmid in cluster.deaf and call.get("forceStop") != "1":
            if guest.kind == "lxc":
                raise died("command 'lxc-stop -n %d --nokill --timeout %d' "
                           "failed: exit code 1" % (guest.vmid, seconds))
            raise died("VM quit/powerdown failed - got timeout")
        halting(guest)()
    return power(cluster, call, "shutdown", effect, seconds=seconds)


@serves("POST /nodes/{node}/{kind}/{vmid}/status/reboot",
        "/vms/{vmid}: VM.PowerMgmt", protected=True,
        parameters="timeout:int[0..]")
def reboot(cluster, call):
    guest = cluster.guest(call)
    if not guest.running:
        raise died("VM %d not running" % guest.vmid)
    return power(cluster, call, "reboot", guest.apply_pending)


@serves("POST /nodes/{node}/{kind}/{vmid}/status/suspend",
        "/vms/{vmid}: VM.PowerMgmt", protected=True,
        qemu="skiplock:bool todisk:bool statestorage:storage<todisk")
def suspend(cluster, call):
    guest = cluster.guest(call)
    check_running(guest)

    def check():
        if not guest.running:
            raise died("VM %d not running" % guest.vmid)

    def effect():
        guest.paused = True
        if call.get("todisk") == "1":
            guest.status, guest.lock = "stopped", "suspended"
    return power(cluster, call, "suspend", effect, check)


@serves("POST /nodes/{node}/{kind}/{vmid}/status/resume",
        "/vms/{vmid}: VM.PowerMgmt", protected=True,
        qemu="skiplock:bool nocheck:bool")
def resume(cluster, call):
    guest = cluster.guest(call)
    if not guest.running:
        raise died("VM %d not running" % guest.vmid
                   if guest.kind == "qemu" else "CT %d not running"
                   % guest.vmid)

    def effect():
        guest.paused = False
    return power(cluster, call, "resume", effect)


def check_key(call, vmid, key, value):
    """Refuse if the caller may not set KEY to VALUE."""
    path = "/vms/%s" % vmid
    if key == "features":
        if {part.partition("=")[0] for part in (value or "").split(",")} \
                - {"nesting", ""}:
            raise forbidden("changing feature flags (except nesting) is only "
                            "allowed for root@pam")
        call.rights.check(path, "VM.Allocate")
    elif re.match(r"mp\d", key) and (value or "").startswith("/"):
        raise forbidden("mount point type bind is only allowed for root@pam")
    elif DISK.fullmatch(key):
        call.rights.check(path, "VM.Config.Disk")
    elif re.match(r"(net|ipconfig)\d", key):
        call.rights.check(path, "VM.Config.Network")
    elif key in ("lock", "hookscript", "args"):
        raise forbidden("user != root@pam")
    else:
        call.rights.check(path, "VM.Config." + PRIVILEGES.get(key, "Options"))


def set_config(cluster, call):
    """What PUT and POST config do at once; the guest."""
    guest = cluster.guest(call)
    changes = {key: value for key, value in call.parameters.items() if key
               not in ("node", "vmid", "digest", "delete", "revert", "force",
                       "skiplock", "background_delay")}
    gone = [key for key in re.split(r"[\s,;]+", call.get("delete", ""))
            if key]
    back = [key for key in re.split(r"[\s,;]+", call.get("revert", ""))
            if key]
    if not changes and not gone and not back:
        raise died("no options specified")
    for key in gone:
        if key in changes:
            raise bad_parameters(delete="you can't use '-%s' and -delete "
                                 "option for '%s'" % (key, key))
        check_key(call, guest.vmid, key, None)
    for key, value in changes.items():
        check_key(call, guest.vmid, key, value)
    if call.get("digest", guest.digest) != guest.digest:
        raise died("detected modified configuration - file changed by other "
                   "user? Try again.")
    guest.check_lock()
    for key in back:
        guest.pending.pop(key, None)
    for key in gone:
        guest.write(key, None, cluster.version, guest.running)
    text = call.hotplug_error
    for key, value in changes.items():
        if not (text and key == "memory"):
            guest.write(key, value, cluster.version, guest.running)
    if text:
        raise bad_parameters(memory="unable to hotplug memory: %s\n" % text)
    return guest


@serves("PUT /nodes/{node}/lxc/{vmid}/config", ANY["lxc"], protected=True,
        parameters=CONFIG + CONTAINER)
def put_container(cluster, call):
    set_config(cluster, call)


@serves("PUT /nodes/{node}/qemu/{vmid}/config", ANY["qemu"], protected=True,
        parameters=CONFIG + MACHINE)
def put_machine(cluster, call):
    set_config(cluster, call)


@serves("POST /nodes/{node}/qemu/{vmid}/config", ANY["qemu"], protected=True,
        parameters=CONFIG + MACHINE
        + " background_delay:int[1..30]")
def post_machine(cluster, call):
    guest = set_config(cluster, call)
    upid = cluster.begin(call, "qmconfig", call["vmid"], guest=guest)
    return None if "background_delay" in call else upid


@serves("POST /nodes/{node}/{kind}/{vmid}/snapshot",
        "/vms/{vmid}: VM.Snapshot", protected=True,
        parameters="snapname!:configid#40 description:str",
        qemu="vmstate:bool")
def take_snapshot(cluster, call):
    guest = cluster.guest(call)
    name = call["snapname"]
    if name in ("current", "vzdump" if guest.kind == "lxc" else "pending"):
        raise died("unable to use snapshot name '%s' (reserved name)" % name)

    def begin():
        guest.check_lock()
        if any(one["name"] == name for one in guest.snapshots):
            raise died("snapshot name '%s' already used" % name)
        guest.lock = "snapshot"

    def end():
        one = {"name": name, "description": call.get("description", ""),
               "snaptime": int(time.time()), "config": dict(guest.config)}
        if guest.parent:
            one["parent"] = guest.parent
        if guest.kind == "qemu":
            one["vmstate"] = int(call.get("vmstate", 0))
        guest.snapshots.append(one)
        guest.lock = None
    return cluster.begin(call, task_name(guest, "snapshot"), call["vmid"],
                         guest=guest, begin=begin, end=end)


@serves("DELETE /nodes/{node}/{kind}/{vmid}/snapshot/{snapname}",
        "/vms/{vmid}: VM.Snapshot", protected=True, parameters="force:bool")
def delete_snapshot(cluster, call):
    guest = cluster.guest(call)

    def begin():
        guest.check_lock()
        guest.snapshot(call["snapname"])
        guest.lock = "snapshot-delete"

    def end():
        guest.lock = None
        gone = guest.snapshot(call["snapname"])
        guest.snapshots.remove(gone)
        for one in guest.snapshots:
            if one.get("parent") == gone["name"]:
                one.pop("parent")
                if "parent" in gone:
                    one["parent"] = gone["parent"]
    return cluster.begin(call, task_name(guest, "delsnapshot"), call["vmid"],
                         guest=guest, begin=begin, end=end)


@serves("POST /nodes/{node}/{kind}/{vmid}/snapshot/{snapname}/rollback",
        "/vms/{vmid}: VM.Snapshot|VM.Snapshot.Rollback", protected=True,
        parameters="start:bool")
def rollback(cluster, call):
    guest = cluster.guest(call)

    def begin():
        guest.check_lock()
        guest.snapshot(call["snapname"])
        guest.lock = "rollback"
        guest.status = "stopped"

    def end():
        guest.config = dict(guest.snapshot(call["snapname"])["config"])
        guest.lock = None
        guest.writes += 1
        if call.get("start") == "1":
            guest.status = "running"
    return cluster.begin(call, task_name(guest, "rollback"), call["vmid"],
                         guest=guest, begin=begin, end=end)
