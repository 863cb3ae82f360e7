#!/usr/bin/env python3
# test-boot.py - reeved as a service of a real systemd, process 1
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs within tests/lib/container.py; from outside, it boots that first, and
once more for what ends the container: a reboot and a shutdown."""

import os
import signal
import subprocess
import sys


sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import container  # noqa: E402
import tap  # noqa: E402

NGINX = "/etc/nginx/nginx.conf"


def systemctl(*words):
    """What systemctl prints; its exit status is often no failure."""
    return subprocess.run(["systemctl", *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60,
                          check=False).stdout.strip()


def fields(reply):
    """The fields of an answer's first record."""
    record = reply.text.split("\n\n")[0]
    return dict(line.split(": ", 1) for line in record.splitlines()
                if ": " in line)


def call(line):
    with container.client() as client:
        return client.check(line)


def refused(line):
    with container.client() as client:
        reply = client.call(line)
    assert reply.error, (line, reply.lines)
    return reply


def test_reeved_runs_as_its_units_say():
    print("# " + systemctl("enable", "--now", "reeved.socket",
                           "reeved.service").replace("\n", "\n# "))
    assert systemctl("is-active", "reeved.service") == "active"
    assert systemctl("is-enabled", "reeved.socket") == "enabled"
    assert os.stat("/run/reeve").st_mode & 0o777 == 0o755
    assert os.stat("/var/log/reeve").st_mode & 0o777 == 0o700


def test_session_words():
    with container.client() as client:
        assert client.check("GETINFO version").text
        assert client.check("HELP").text
        assert client.call("NO SUCH").error


def test_files_of_the_system():
    call("AUG SET /files/etc/hosts/1/ipaddr 127.0.0.2")
    with open("/etc/hosts", encoding="utf-8") as file:
        assert file.read() == "127.0.0.2 localhost\n"


def test_reload_and_restart_of_reeved():
    before = systemctl("show", "-P", "MainPID", "reeved.service")
    systemctl("reload", "reeved.service")
    assert systemctl("show", "-P", "MainPID", "reeved.service") == before
    systemctl("restart", "reeved.service")
    after = systemctl("show", "-P", "MainPID", "reeved.service")
    assert after not in ("0", before)
    call("GETINFO version")


if container.inside():
    tap.main(globals())
else:
    container.relay(__file__, {"/etc/hosts": "127.0.0.1 localhost\n"})
