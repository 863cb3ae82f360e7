# journal.py - journals of systemd for a scratch machine
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-journal-remote makes them of what is in the export format, see
https://systemd.io/JOURNAL_EXPORT_FORMATS."""

import os
import struct
import subprocess

import tap

MAKER = "/lib/systemd/systemd-journal-remote"
MACHINE_ID = "0123456789abcdef0123456789abcdef"
GROUP = 999  # That of nobody.
BEGIN = 1767225600  # 2026-01-01T00:00:00Z


def field(name, value):
    if isinstance(value, bytes):
        return name.encode() + b"\n" + struct.pack("<Q", len(value)) \
            + value + b"\n"
    return ("%s=%s\n" % (name, value)).encode()


def entry(number, message, **fields):
    second = BEGIN + 60 * number
    return b"".join(
        [field("__REALTIME_TIMESTAMP", "%d000000" % second),
         field("__MONOTONIC_TIMESTAMP", "%d000000" % (number + 1)),
         field("_BOOT_ID", "f" * 32), field("_MACHINE_ID", MACHINE_ID),
         field("MESSAGE", message)]
        + [field(name, value) for name, value in fields.items()]) + b"\n"


def make_journal(machine, name, entries):
    if not os.access(MAKER, os.X_OK):
        raise tap.Skip("no systemd-journal-remote (Debian: "
                       "systemd-journal-remote)")
    top = machine.path("/var/log/journal")
    folder = os.path.join(top, MACHINE_ID)
    os.makedirs(folder, exist_ok=True)
    if not os.getuid():
        # As systemd-journald does, that others may read it.
        for path in (top, folder):
            os.chown(path, 0, GROUP)
            os.chmod(path, 0o2755)
    subprocess.run([MAKER, "--split-mode=none", "-o",
                    os.path.join(folder, name), "-"],
                   input=b"".join(entries), check=True, timeout=30,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.chmod(os.path.join(folder, name), 0o640)
