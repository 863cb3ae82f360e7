#!/usr/bin/env python3
# test-holes.py - what programs of this kind got wrong is not wrong here
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A case for each that has no better place; the names of others begin with the
same ids: E5, T5, L8 in test-system.py, F1 to F6 in test-hw-samples.py and
test-mount.py, F1 to F10 in test-pve_golden.py, F7 in
unit/test-proxmox_names.c, F8 in unit/test-outcome.c, E7, L8 in
unit/test-run_program.c.  E6 is about installing packages, which nothing here
does."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import assuan  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402
import verbs  # noqa: E402

FILES = {"/etc/hosts": "127.0.0.1 localhost\n192.0.2.7 gate\n",
         "/etc/shadow": "root:*:19000:0:99999:7:::\n",
         "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
         "/etc/sudoers": "root ALL=(ALL) ALL\n",
         "/etc/crontab": "0 1 * * * root true\n",
         "/etc/pam.d/su": "auth sufficient pam_rootok.so\n"}

POLICY = """\
[identity panel]
key = panel.key
allow = AUG READ path=/files/etc/**
allow = AUG WRITE path=/files/etc/hosts
allow = SERVICE STATUS
"""


def test_E3_only_what_a_rule_names_is_written():
    with scratch.Machine(FILES, POLICY) as machine, \
            machine.daemon() as daemon, daemon.client("panel") as client:
        for path in ("/files/etc/shadow/root/password",
                     "/files/etc/passwd/root/shell",
                     "/files/etc/sudoers/spec[1]/user",
                     "/files/etc/crontab/entry[1]/user",
                     "/files/etc/pam.d/su/1/control"):
            client.call("AUG SET %s evil" % path)
            reply = client.call("AUG SAVE")
            assert reply.error == "FORBIDDEN", (path, reply.lines)
            # A save that was refused does not stay in the way of the next.
            client.check("AUG REVERT")
        client.call("AUG SET /augeas/save newfile")
        client.check("AUG SET /files/etc/hosts/1/canonical here")
        assert client.call("AUG SAVE").error == "NOT_SUPPORTED"
        client.check("AUG SET /augeas/save overwrite")
        reply = client.check("AUG SAVE --dry-run")
        assert "+127.0.0.1 here" in reply.text, reply.text
        for path, text in FILES.items():
            assert machine.read(path) == text, path


def test_E4_insert_works():
    with scratch.Machine(FILES, POLICY) as machine, \
            machine.daemon() as daemon, daemon.client("panel") as client:
        client.check("AUG INSERT 01 before /files/etc/hosts/1")
        client.check("AUG SET /files/etc/hosts/01/ipaddr 192.0.2.1")
        client.check("AUG SET /files/etc/hosts/01/canonical first")
        client.check("AUG SAVE")
        assert machine.read("/etc/hosts").splitlines()[0] \
            == "192.0.2.1\tfirst"


def test_E8_a_key_is_all_of_its_bytes():
    with scratch.Machine(FILES, POLICY) as machine, \
            machine.daemon() as daemon:
        key = machine.key("panel")
        for wrong in (key + b" ", b" " + key, key + b"\n", key[:-1],
                      key.upper() + b"0", b""):
            with daemon.client() as client:
                try:
                    client.authenticate("panel", wrong)
                    raise AssertionError("%r is taken for the key" % wrong)
                except assuan.Refused:
                    pass
        with daemon.client("panel") as client:
            client.check("WHOAMI")


def test_E9_the_log_has_no_values():
    with scratch.Machine(FILES, POLICY) as machine, \
            machine.daemon("--debug") as daemon, \
            daemon.client("panel") as client:
        client.check("AUG SET /files/etc/hosts/1/canonical pa55word")
        client.check("AUG SAVE")
        client.call("AUG SET /files/etc/hosts[ pa55word")
        assert "pa55word" not in daemon.messages()
        assert "AUG SET" in daemon.messages()


def test_E10_either_manager_of_services():
    files = {**FILES, "/etc/init.d/cron": verbs.SCRIPT,
             "/run/systemd/system/README": ""}
    for manager, said in (("initd", "backend: initd"),
                          ("systemd", "NO_SERVICE"), ("auto", "NO_SERVICE")):
        with scratch.Machine(files, POLICY) as machine, \
                machine.daemon("--service-manager", manager) as daemon, \
                daemon.client("panel") as client:
            reply = client.call("SERVICE STATUS cron")
            assert said in (reply.error or reply.text), (manager, reply.lines)


tap.main(globals())
