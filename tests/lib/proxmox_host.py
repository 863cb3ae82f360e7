# proxmox_host.py - a scratch machine that knows a server of Proxmox VE
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reeved needs that is to speak with the test server:

    with proxmox.Proxmox() as server, scratch.Machine() as machine:
        proxmox_host.introduce(machine, server)
        with machine.daemon() as daemon: ..."""


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
