# verbs.py - the verbs of the program, and how each is called
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reeved --dump-verbs says, and the "Example: ..." of each verb's help as
a call that works on a machine with FILES."""

import json
import re
import subprocess

import hardware
import scratch

# An init.d script: what it serves runs as long as there is a file.
SCRIPT = """\
#!/bin/sh
### BEGIN INIT INFO
# Provides: cron
# Required-Start: $remote_fs $syslog
# Should-Start: network
# Short-Description: Regular jobs
### END INIT INFO
state=$(readlink -f "$0").state
case $1 in
  status) [ -e "$state" ] || exit 3 ;;
  start | restart | reload) : >"$state" ;;
  stop) rm -f "$state" ;;
  *) exit 3 ;;
esac
"""
# What update-rc.d does.
LINKS = """\
#!/bin/sh
levels=$(readlink -f "$0")
levels=${levels%/usr/sbin/*}/etc/rc2.d
mkdir -p "$levels" && rm -f "$levels"/[SK]??"$1"
case $2 in
  disable) ln -s ../init.d/"$1" "$levels/K01$1" ;;
  *) ln -s ../init.d/"$1" "$levels/S01$1" ;;
esac
"""
# A zone's data, as tzfile(5) has them: only what the last line says counts.
ZONE = 2 * (b"TZif2" + bytes(15)
            + bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                     0, 0, 0, 1, 0, 0, 0, 4])
            + b"\0\0\x0e\x10\0\0CET\0") \
    + b"\nCET-1CEST,M3.5.0,M10.5.0/3\n"


def job_of(identity):
    """The file, and what is in it, of the job in the examples, which IDENTITY
    has had."""
    return ("/var/lib/reeve/jobs/%s/0123456789abcdef.7" % identity,
            '{"job":"0123456789abcdef.7","process":1}\n'
            '{"end":"2026-11-20T17:37:38Z"}\n')


FILES = {"/etc/hosts": "127.0.0.1 a b\n192.0.2.1 c\n",
         "/etc/fstab": "/dev/sda1 / ext4 ro 0 1\n",
         "/etc/ssh/sshd_config": "Banner none\n",
         "/etc/init.d/cron": SCRIPT, "/etc/init.d/telnetd": SCRIPT,
         "/usr/sbin/update-rc.d": LINKS,
         "/usr/share/zoneinfo/Europe/Berlin": ZONE,
         "/var/log/journal/README": "",
         **dict([job_of("panel")]), **hardware.FILES}
ANSWERS = {"TEXT": b"127.0.0.1 here\n",
           "SCRIPT": b"print /files/etc/hosts/1\n"}


class Verb:
    def __init__(self, row):
        self.row = row
        self.noun, self.name = row["noun"], row["verb"]
        self.effect = row["effect"]
        self.grant = row.get("grant")  # None: no rule is needed.
        self.examples = re.findall(r"^Example: (.*)$", row["help"],
                                   re.MULTILINE)

    def __str__(self):
        return "%s %s" % (self.noun, self.name)


def all_verbs():
    dump = subprocess.run([scratch.program("reeved"), "--dump-verbs=json"],
                          check=True, capture_output=True, text=True).stdout
    return [Verb(row) for row in map(json.loads, dump.splitlines())
            if "verb" in row]


def prepare(client, example):
    """What an EXAMPLE takes for granted."""
    if " /text" in example:
        client.check("AUG SET /text 127.0.0.1%09gate%0A")
        client.check("AUG STORE Hosts.lns /text /tree")


def call(client, example):
    """The reply to an EXAMPLE, its inquiries answered."""
    return client.call(example, ANSWERS)
