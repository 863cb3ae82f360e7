# trees.py - configuration files for comparisons with augeas
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree that augeas and reeve both read, and what they make of it."""

import os
import shutil

import tap

FILES = {
    "/etc/hosts": "127.0.0.1 localhost\n# a comment\n\n"
                  "192.0.2.7 gate.example gate g\n::1 ip6-localhost six\n",
    "/etc/fstab": "/dev/sda1 / ext4 defaults,noatime 0 1\n"
                  "# swap\nUUID=1-2 none swap sw 0 0\n",
    "/etc/hostname": "gate\n",
    "/etc/resolv.conf": "nameserver 192.0.2.1\nsearch example\n",
    "/etc/ssh/sshd_config": "Port 22\nPermitRootLogin no\n"
                            "Match User a\n  X11Forwarding yes\n",
    "/etc/ssh/ssh_config": "Host *\n    SendEnv LANG\n",
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n"
                   "www:x:33:33::/srv:/bin/false\n",
    "/etc/group": "root:x:0:\nadm:x:4:a,b\n",
    "/etc/sysctl.conf": "net.ipv4.ip_forward=1",
    "/etc/sysctl.d/10 space.conf": "kernel.a=1\n",
    "/etc/sysctl.d/b.conf": "kernel.b=2\n",
    "/etc/sysctl.d/.hidden.conf": "kernel.c=3\n",
    "/etc/cron.d/job": "5 4 * * * root true\n",
    "/etc/cron.d/broken": "this is no job\n",
    "/etc/apt/sources.list": "deb http://example.org/debian stable main\n",
    "/etc/apt/sources.list.d/x(y).list":
        "deb http://example.org/x stable main\n",
    "/etc/nsswitch.conf": "passwd: files\nhosts: files dns\n",
    "/etc/exports": "/srv 192.0.2.0/24(rw)\n",
    "/etc/crontab": "17 * * * * root cd /\n",
    "/etc/default/grub": "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX=\"a b\"\n",
    "/etc/pam.d/one": "auth required pam_unix.so\n",
    "/etc/hosts.allow": "ALL: LOCAL\n",
    "/etc/unclaimed": "nothing\n",
    "/etc/modprobe.d/a.conf": "blacklist x\n",
    "/etc/logrotate.d/l": "/var/log/l {\n  weekly\n}\n",
    "/boot/grub/menu.lst": "timeout 5\n",
}


# Globs of some lenses begin with it; reeve takes it for root's.
os.environ["HOME"] = "/root"


def files(machine):
    """The paths of all files below /etc but reeve's own."""
    found = []
    for folder, _, names in os.walk(machine.path("/etc")):
        if not folder.startswith(machine.path("/etc/reeve")):
            found += [os.path.join(folder, name)[len(machine.root):]
                      for name in names]
    return sorted(found)


def texts(machine):
    return {path: machine.read(path) for path in files(machine)}


def unescape(line):
    """An item of a list (bytes), decoded."""
    result = b""
    while b"\\x" in line:
        head, line = line.split(b"\\x", 1)
        result += head + bytes([int(line[:2], 16)])
        line = line[2:]
    return result + line


def need_augtool():
    if not shutil.which("augtool"):
        raise tap.Skip("augtool is not installed: apt-get install"
                       " augeas-tools")
