#!/usr/bin/env python3
# test-tool-times.py - programs of the machine that do not end have a minute
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All at once: each has a session of its own."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import scratch  # noqa: E402
import tap  # noqa: E402

# Those of protocol/limits.h.
LIMIT_HW_SECONDS = 60
LIMIT_UPDATES_SECONDS = 60
HANGS = "#!/bin/sh\nexec sleep 987\n"


def test_the_time_of_each():
    calls = (("SYSTEM UPDATES-NEEDED", LIMIT_UPDATES_SECONDS, "apt-get",
              "TIMEOUT"),
             ("HW SENSORS", LIMIT_HW_SECONDS, "sensors", "TIMEOUT"),
             ("HW SMART /dev/sda", LIMIT_HW_SECONDS, "smartctl", "TIMEOUT"))
    with scratch.Machine({"/var/lib/dpkg/status": "", "/dev/sda": "",
                          "/usr/bin/apt-get": HANGS, "/usr/bin/sensors": HANGS,
                          "/usr/sbin/smartctl": HANGS}) as machine, \
            machine.daemon() as daemon:
        clients = [daemon.client("panel") for _ in calls]
        start = time.monotonic()
        for client, (line, *_) in zip(clients, calls):
            client.socket.settimeout(90)
            client.send(line)
        for client, (line, seconds, program, code) in zip(clients, calls):
            reply = client.read_reply()
            took = time.monotonic() - start
            assert reply.error == code, (line, reply.verdict)
            assert program in reply.advice, (line, reply.advice)
            assert seconds - 1 < took < seconds + 10, (line, took)
            client.close()


tap.main(globals())
