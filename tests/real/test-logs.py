#!/usr/bin/env python3
# test-logs.py - SERVICE LOGS with real journals
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import scratch  # noqa: E402
import tap  # noqa: E402
from journal import MACHINE_ID, entry, make_journal  # noqa: E402

def of(unit, **fields):
    return {"_SYSTEMD_UNIT": unit + ".service", "_PID": "77",
            "SYSLOG_IDENTIFIER": unit, "PRIORITY": "6", **fields}


ENTRIES = [entry(number, "message %d" % number, **of("web"))
           for number in range(20)] + [
    entry(20, "an error", **of("web", PRIORITY="3")),
    entry(21, "of another", **of("mail")),
    entry(22, "Started web.", UNIT="web.service", _PID="1", PRIORITY="6"),
    # What anybody may write is not what the manager said.
    entry(23, "a forgery", UNIT="web.service", _PID="666",
          _SYSTEMD_UNIT="evil.service", PRIORITY="6"),
    entry(24, b"unit: forged\nmessage: \xff\x00", **of("web")),
    entry(25, "x" * 100000, **of("web")),
    entry(26, "no priority", _SYSTEMD_UNIT="web.service"),
]


def machine_with(entries):
    machine = scratch.Machine()
    try:
        make_journal(machine, "system.journal", entries)
    except BaseException:
        machine.remove()
        raise
    return machine


def told(client, line):
    client.check("OPTION output=json")
    reply = client.check("SERVICE LOGS " + line)
    return [json.loads(text) for text in reply.data.splitlines()]


def messages(records):
    return [record["message"] for record in records]


def test_entries_of_a_unit():
    with machine_with(ENTRIES) as machine, machine.daemon() as daemon, \
            daemon.client("panel") as client:
        records = told(client, "--lines=100 web")
        assert [m for m in messages(records) if isinstance(m, str)
                and m.startswith("message")] \
            == ["message %d" % number for number in range(20)]
        assert records[0] == {
            "time": "2026-01-01T00:00:00Z", "priority": "info",
            "unit": "web.service", "identifier": "web", "pid": "77",
            "message": "message 0"}, records[0]
        said = messages(records)
        assert "Started web." in said
        assert "of another" not in said and "a forgery" not in said
        assert len(told(client, "web")) == 10
        assert messages(told(client, "--lines=1 mail")) == ["of another"]
        assert told(client, "--lines=0 web") == []
        assert told(client, "none") == []


def test_what_is_no_text_forges_nothing():
    with machine_with(ENTRIES) as machine, machine.daemon() as daemon, \
            daemon.client("panel") as client:
        reply = client.check("SERVICE LOGS --lines=3 web")
        assert b"message: unit: forged\\x0amessage: \xff\\x00" in reply.data
        assert b"\nunit: forged" not in reply.data


def test_a_long_message_is_cut_and_said_so():
    with machine_with(ENTRIES) as machine, machine.daemon() as daemon, \
            daemon.client("panel") as client:
        record, = [record for record in told(client, "--lines=3 web")
                   if record.get("cut")]
        assert record["message"] == "x" * 16384 and record["cut"] == "message"


def test_priority_and_since():
    with machine_with(ENTRIES) as machine, machine.daemon() as daemon, \
            daemon.client("panel") as client:
        assert messages(told(client, "--priority=err")) == ["an error"]
        records = told(client, "--since=2026-01-01T00:19:00Z web")
        assert messages(records)[:2] == ["message 19", "an error"], records
        records = told(client, "--since=2026-01-01T00:10:00Z --lines=12 web")
        assert len(records) == 12
        assert told(client, "--since=2027-01-01 web") == []


def test_since_before_now():
    with machine_with(ENTRIES) as machine, machine.daemon() as daemon, \
            daemon.client("panel") as client:
        # Half a minute before message 15.
        ago = int(time.time()) - 1767225600 - 15 * 60 + 30
        records = told(client, "--since=%ds web" % ago)
        assert messages(records)[0] == "message 15", messages(records)
        records = told(client, "--since=%dmin web" % (ago // 60))
        assert messages(records)[0] in ("message 15", "message 16")
        assert len(told(client, "--since=%dd web" % (ago // 86400 + 1))) == 25
        assert told(client, "--since=1h web") == []
        assert told(client, "--since=2d web") == []
        assert len(told(client, "--since=%dh --lines=3 web"
                        % (ago // 3600 + 1))) == 3
        for wrong in ("1", "1w", "h", "-1h", "1h ago", "99999999999999999999s",
                      "99999999999d", "yesterday"):
            reply = client.call('SERVICE LOGS "--since=%s"' % wrong)
            assert reply.error == "INV_ARG", (wrong, reply.verdict)


def next_message(client):
    line = b""
    while not line.startswith(b"D message: "):
        line = client.read_line()
    return line[11:]


def test_following():
    with machine_with(ENTRIES[:3]) as machine, machine.daemon() as daemon, \
            daemon.client("panel") as client:
        client.send("SERVICE LOGS --lines=1 --follow web")
        assert next_message(client) == b"message 2%0A"
        make_journal(machine, "system@more.journal", ENTRIES[3:4])
        assert next_message(client) == b"message 3%0A"
        client.send("CANCEL")
        reply = client.read_reply()
        assert reply.error == "CANCELED", reply.lines
        assert client.check("SERVICE LOGS --lines=1 web").ok
        # Only what is new.
        client.send("SERVICE LOGS --lines=0 --follow web")
        time.sleep(0.5)
        make_journal(machine, "system@still.journal", ENTRIES[4:5])
        assert next_message(client) == b"message 4%0A"
        client.send("CANCEL")
        assert client.read_reply().error == "CANCELED"
        client.send("SERVICE LOGS --lines=0 --follow none")
        time.sleep(0.5)
        make_journal(machine, "system@none.journal", [entry(99, "first", **of(
            "none"))])
        assert next_message(client) == b"first%0A"


def test_the_reader_has_lost_its_privileges():
    if os.getuid():
        raise tap.Skip("machine: only root has privileges to lose")
    with machine_with(ENTRIES[:1]) as machine, machine.daemon() as daemon, \
            daemon.client("panel") as client:
        client.send("SERVICE LOGS --follow web")
        client.read_line()
        found = subprocess.run(
            ["pgrep", "-u", "nobody", "-f", "reeve-machine %s" % machine.root],
            capture_output=True, text=True, check=False).stdout.split()
        assert len(found) == 1, found
        with open("/proc/%s/status" % found[0], encoding="ascii") as status:
            text = status.read()
        assert "CapEff:\t0000000000000000" in text, text
        assert "NoNewPrivs:\t1" in text, text
        client.send("CANCEL")
        client.read_reply()


def test_a_journal_that_cannot_be_read():
    if os.getuid():
        raise tap.Skip("machine: only root may give files away")
    with machine_with(ENTRIES[:1]) as machine, machine.daemon() as daemon, \
            daemon.client("panel") as client:
        folder = machine.path("/var/log/journal/" + MACHINE_ID)
        os.chown(os.path.join(folder, "system.journal"), 0, 0)
        reply = client.call("SERVICE LOGS web")
        assert reply.error == "EACCES", reply.lines


def test_a_broken_journal_is_an_error_or_empty():
    with scratch.Machine() as machine:
        folder = machine.path("/var/log/journal/" + MACHINE_ID)
        os.makedirs(folder)
        with open(os.path.join(folder, "system.journal"), "wb") as journal:
            journal.write(b"LPKSHHRH" + os.urandom(100000))
        with machine.daemon() as daemon, daemon.client("panel") as client:
            start = time.monotonic()
            reply = client.call("SERVICE LOGS --timeout=5 web")
            assert not reply.data, reply.lines
            assert time.monotonic() - start < 10
            client.check("NOP")


tap.main(globals())
