# proxmox_host.py - a scratch machine that knows a server of Proxmox VE
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reeved needs that is to speak with the test server:

    with proxmox.Proxmox() as server, scratch.Machine() as machine:
        proxmox_host.introduce(machine, server)
        with machine.daemon() as daemon: ...

or, in short:

    with proxmox_host.scene("8.4") as (server, client):
        guests = proxmox_host.read(client, "GUESTS")
"""

import contextlib
import json
import time

import proxmox
import proxmox_guests
import proxmox_tasks
import scratch

BACKUP = "local:backup/vzdump-lxc-100-x.tar.zst"


def remember(server):
    """Let SERVER have a task that ended well, of the guest 100:
    UPID:pve1:0000006E:000455C2:6A0BB31C:vzstart:100:agent@pve!ops:"""
    task = proxmox_tasks.Task("pve1", "vzstart", "100", "agent@pve!ops",
                              lines=["starting"])
    task.starttime = 0x6A0BB31C
    task.name(0x6E, 0x455C2)
    task.finish("OK", time.monotonic())
    server.cluster.tasks.list.append(task)


def renew(server, verb):
    """Let SERVER have what the example of VERB takes for granted."""
    with server.lock:
        cluster = server.cluster = proxmox_guests.Cluster(server.version)
        cluster.tasks.seconds = 0.05
        cluster.fingerprint = server.fingerprint
        remember(server)
        first, machine = cluster.guests[100], cluster.guests[200]
        if verb in ("REBOOT", "SUSPEND", "RESUME"):
            first.status = machine.status = "running"
            machine.paused = verb == "RESUME"
        if verb in ("ROLLBACK", "DELSNAPSHOT"):
            first.snapshots.append({
                "name": "before-upgrade", "snaptime": 1795195846,
                "description": "", "config": dict(first.config)})
        if verb == "SELFTEST-TASK":
            first.config["tags"] = "reeve-selftest"
        store = cluster.storages["local"]
        kept = store.add_backup(first, 1795196000)
        store.volumes[BACKUP] = dict(store.volumes.pop(kept), volid=BACKUP)
        store.volumes[BACKUP + ".config"] \
            = store.volumes.pop(kept + ".config")


def introduce(machine, server, token=None, *lines, ports=None):
    """Write pve.conf of MACHINE for SERVER, or others at PORTS, with more
    LINES, and the TOKEN, its full one if that is None."""
    with open(server.ca_file, encoding="ascii") as file:
        machine.write("/etc/reeve/pve-ca.pem", file.read())
    machine.write("/etc/reeve/pve.token", (token or server.token) + "\n",
                  mode=0o600)
    machine.write("/etc/reeve/pve.conf", "".join(
        line + "\n" for line in (
            *("endpoint 127.0.0.1:%d" % port
              for port in ports or [server.port]),
            "token-file /etc/reeve/pve.token",
            "ca-file /etc/reeve/pve-ca.pem", *lines)))


@contextlib.contextmanager
def scene(version="9.1", weak=False):
    """A server, and a client that may do everything, of a reeved that has the
    full token or the WEAK one.  The server must have nothing to complain
    of."""
    with proxmox.Proxmox(version) as server, scratch.Machine() as machine:
        introduce(machine, server, server.weak_token if weak else None)
        with machine.daemon() as daemon, daemon.client("panel") as client:
            yield server, client
        assert not server.problems, server.problems


def read(client, line):
    """The records that the verb of PVE in LINE answers."""
    verb, _, rest = line.partition(" ")
    reply = client.check("PVE %s --output=json %s" % (verb, rest))
    return [json.loads(one) for one in reply.text.splitlines()]
