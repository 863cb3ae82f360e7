# proxmox_host.py - a scratch machine that knows a server of Proxmox VE
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reeved needs that is to speak with the test server:

    with proxmox.Proxmox() as server, scratch.Machine() as machine:
        proxmox_host.introduce(machine, server)
        with machine.daemon() as daemon: ..."""

import time

import proxmox_tasks


def remember(server):
    """Let SERVER have a task that ended well, of the guest 100:
    UPID:pve1:0000006E:000455C2:6A0BB31C:vzstart:100:agent@pve!ops:"""
    task = proxmox_tasks.Task("pve1", "vzstart", "100", "agent@pve!ops",
                              lines=["starting"])
    task.starttime = 0x6A0BB31C
    task.name(0x6E, 0x455C2)
    task.finish("OK", time.monotonic())
    server.cluster.tasks.list.append(task)


def introduce(machine, server, token=None, *lines):
    """Write pve.conf of MACHINE for SERVER, with more LINES, and the TOKEN,
    its full one if that is None."""
    with open(server.ca_file, encoding="ascii") as file:
        machine.write("/etc/reeve/pve-ca.pem", file.read())
    machine.write("/etc/reeve/pve.token", (token or server.token) + "\n",
                  mode=0o600)
    machine.write("/etc/reeve/pve.conf", "".join(
        line + "\n" for line in ("endpoint 127.0.0.1:%d" % server.port,
                                 "token-file /etc/reeve/pve.token",
                                 "ca-file /etc/reeve/pve-ca.pem", *lines)))
