#!/usr/bin/env python3
# test-machine.py - reeved on a whole machine, emulated
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import container  # noqa: E402
import emulated  # noqa: E402
import tap  # noqa: E402

FILES = {"/etc/hosts": "127.0.0.1 localhost\n",
         "/etc/hostname": "emulated\n",
         "/etc/reeve/reeved.conf": "mount-below /mnt\n"
                                   "mount-device /dev/nvme1n1\n"}


def records(reply):
    """The records of an answer, each a dictionary."""
    return [dict(line.split(": ", 1) for line in record.splitlines()
                 if ": " in line)
            for record in reply.text.strip("\n").split("\n\n")]


def call(line):
    with container.client() as client:
        return records(client.check(line))


def disk_of(serial):
    """The device with SERIAL: kernels number disks as they find them."""
    for line in subprocess.run(
            ["lsblk", "-dnro", "NAME,SERIAL"], stdout=subprocess.PIPE,
            text=True, check=True).stdout.splitlines():
        if line.split()[1:] == [serial]:
            return "/dev/" + line.split()[0]
    raise AssertionError("no disk " + serial)


def smartctl(serial):
    done = subprocess.run(["smartctl", "-j", "-a", disk_of(serial)],
                          stdout=subprocess.PIPE, check=False)
    return done.returncode, json.loads(done.stdout)


def test_the_machine_has_what_is_tested():
    status, told = smartctl("ILL")
    assert status & 8 and not told["smart_status"]["passed"], (status, told)
    assert smartctl("WELL")[1]["smart_status"]["passed"]
    assert smartctl("SPINS")[1]["smart_status"]["passed"]


def test_reeved_starts():
    # The socket is there at once, the service some time after its start.
    subprocess.run(["systemctl", "start", "reeved.socket"], check=True)
    call("GETINFO version")


def test_scan():
    disks = {disk["device"]: disk for disk in call("HW SCAN")}
    for serial in ("ROOT", "WELL", "ILL", "SPINS"):
        assert disks[disk_of(serial)]["serial"] == serial, disks
    assert disks[disk_of("SPINS")]["capacity_bytes"] == "67108864", disks


def test_smart_of_disks_that_are_well():
    for serial, protocol in (("WELL", "NVMe"), ("SPINS", "ATA")):
        disk = call("HW SMART " + disk_of(serial))[0]
        assert disk["serial"] == serial, disk
        assert disk["protocol"] == protocol, disk
        assert (disk["health"], disk["failing"]) == ("passed", "no"), disk


def test_E3_a_failing_disk_is_an_answer_with_its_bits():
    disk = call("HW SMART " + disk_of("ILL"))[0]
    assert (disk["health"], disk["failing"]) == ("failed", "yes"), disk
    assert int(disk["exit_status"]) & 8, disk
    assert disk["open_failed"] == disk["command_line_error"] == "no", disk


def test_selftest_of_the_ata_disk():
    answer = call("HW SELFTEST %s short" % disk_of("SPINS"))[0]
    assert answer["changed"] == "yes", answer
    call("HW SMART --log=selftest " + disk_of("SPINS"))


def test_block():
    devices = {disk["device"] for disk in call("HW BLOCK")}
    assert {disk_of("WELL"), disk_of("SPINS")} <= devices, devices


def test_mount_by_uuid():
    call("HW MOUNT %s /mnt/data" % emulated.DATA_UUID)
    with open("/proc/mounts", encoding="utf-8") as file:
        options = [line.split()[3].split(",") for line in file
                   if line.split()[1] == "/mnt/data"]
    assert options and {"nosuid", "nodev", "noexec"} <= set(options[0])
    call("HW UMOUNT /mnt/data")
    assert not os.path.ismount("/mnt/data")


def test_the_machine_itself():
    info = call("SYSTEM INFO")[0]
    assert info["hostname"] == "emulated", info
    assert info["virtualisation"] == "qemu", info
    assert call("SERVICE STATUS cron")[0]["active"] == "active"


if emulated.inside():
    tap.main(globals())
else:
    emulated.relay(__file__, FILES)
