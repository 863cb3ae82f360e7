#!/usr/bin/env python3
# test-smartctl.py - HW SMART, SCAN and SELFTEST with the real smartctl
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A regular file below the root stands for a disk: smartctl opens it and finds
that it is none, in its own words and with its own exit status.  What disks
answer is in test-hw-samples.py."""

import json
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import scratch  # noqa: E402
import tap  # noqa: E402


def replies(*lines):
    """What is answered to LINES on a machine with a file /dev/sda."""
    if not shutil.which("smartctl", path="/usr/sbin:/usr/bin:/sbin:/bin"):
        raise tap.Skip("smartmontools is not installed")
    with scratch.Machine({"/dev/sda": "\0" * 4096}) as machine, \
            machine.daemon() as daemon, daemon.client("panel") as client:
        return [client.call(line) for line in lines]


def test_what_is_no_disk():
    guess, told = replies("HW SMART /dev/sda",
                          "HW SMART --device-type=nvme /dev/sda")
    assert guess.error == "NOT_SUPPORTED", guess.verdict
    assert guess.details["exit_status"] == "1", guess.status
    assert "Unable to detect device type" in guess.details["message"]
    assert told.error == "NOT_OPERATIONAL", told.verdict
    assert told.details["exit_status"] == "2", told.status


def test_each_device_type_is_one():
    """smartctl takes every type of the fixed list.  An ATA disk that answers
    nothing is one whose commands failed to it, or that sleeps."""
    row = next(json.loads(line) for line in os.popen(
        scratch.program("reeved") + " --dump-verbs=json")
               if '"verb":"SMART"' in line.replace(": ", ":"))
    text = json.dumps(row)
    types = text[text.index("auto|"):].split(")")[0].split('"')[0].split("|")
    assert len(types) > 8, types
    for kind, reply in zip(types[1:], replies(
            *["HW SMART --device-type=%s /dev/sda" % kind
              for kind in types[1:]])):
        assert reply.error == "NOT_OPERATIONAL" \
            or "command_failed: yes" in reply.text \
            or "state: standby" in reply.text, (kind, reply.verdict)


def test_no_test_begins():
    guess, told = replies("HW SELFTEST /dev/sda short",
                          "HW SELFTEST --device-type=scsi /dev/sda short")
    assert guess.error == "NOT_SUPPORTED", guess.verdict
    assert told.error == "NOT_OPERATIONAL", told.verdict


def test_SCAN():
    reply, opened = replies("HW SCAN --output=json",
                            "HW SCAN --open --output=json")
    disks = {name for name in os.listdir("/sys/block")
             if os.path.exists("/sys/block/%s/device" % name)}
    for answer in reply, opened:
        assert answer.ok, answer.verdict
        found = [json.loads(line) for line in answer.text.splitlines()]
        assert disks <= {record["device"].split("/", 2)[2].replace("/", "!")
                         for record in found}, found


if __name__ == "__main__":
    tap.main(globals())
