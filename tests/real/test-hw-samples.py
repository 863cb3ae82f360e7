#!/usr/bin/env python3
# test-hw-samples.py - what smartctl and sensors say, recorded and made up
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that prints a sample and ends with a status takes the place of
smartctl, or of sensors, below the root of a real reeved.  The samples are
those of tests/lib/hardware.py and, where there are any, recorded ones in
REFERENCE/samples (REEVE_REFERENCE, else ../shared/reference beside the
sources)."""

import glob
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import hardware  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402

REFERENCE = os.environ.get("REEVE_REFERENCE") or os.path.join(
    scratch.SOURCE, "..", "shared", "reference")
BITS = ["command_line_error", "open_failed", "command_failed", "failing",
        "prefail_now", "prefail_past", "error_log", "selftest_log"]
TEXTS = {"device", "type", "protocol", "model", "serial", "firmware",
         "health", "state"}
NUMBERS = {"capacity_bytes", "rotation", "temperature_c", "power_on_hours",
           "power_cycles", "reallocated", "pending", "wear_percent",
           "media_errors", "selftest_remaining_percent", "exit_status"}
VALUES = {"temperature_c", "fan_rpm", "voltage_v", "power_w", "current_a",
          "energy_j", "humidity_percent", "frequency_hz", "value"}
LIMITS = {"min", "max", "critical_low", "critical", "emergency", "cap"}


class Scene:
    """A machine with a daemon and a client."""

    def __init__(self, policy=None):
        self.policy = policy

    def __enter__(self):
        self.machine = scratch.Machine({"/dev/sda": ""},
                                       self.policy).__enter__()
        self.daemon = self.machine.daemon().__enter__()
        self.client = self.daemon.client("panel")
        self.client.check("OPTION output=json")
        return self

    def __exit__(self, *error):
        self.client.close()
        try:
            self.daemon.__exit__(*error)
        finally:
            self.machine.__exit__(*error)

    def smartctl(self, text):
        self.machine.write("/usr/sbin/smartctl", text)

    def sensors(self, text):
        self.machine.write("/usr/bin/sensors", text)

    def records(self, line):
        reply = self.client.check(line)
        return [json.loads(one) for one in reply.text.splitlines()]

    def smart(self, answer, status=0, options=""):
        self.smartctl(hardware.smartctl(answer, status))
        return self.records("HW SMART %s /dev/sda" % options)

    def sensors_say(self, text):
        self.sensors(hardware.program(text))
        return self.records("HW SENSORS")

    def arguments(self, name):
        return self.machine.read(name + ".arguments").splitlines()


def samples(kind):
    """The recorded samples of KIND: name and bytes."""
    found = [path for path in sorted(glob.glob(
        os.path.join(REFERENCE, "samples", kind, "*")))
             if path.endswith((".json", ".txt"))]
    if not found:
        raise tap.Skip("machine: no recorded samples in %s" % REFERENCE)
    for path in found:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            yield os.path.basename(path), file.read()


def judge_smart(record, status, name):
    """The fields are those of all disks, and of their types."""
    assert set(record) <= TEXTS | NUMBERS | set(BITS) | {
        "message", "selftest_running"}, (name, record)
    assert record["device"] == "/dev/sda", name
    assert record["exit_status"] == status, name
    assert record["health"] in ("passed", "failed", "unknown"), name
    assert record["state"] in ("active", "standby"), name
    for number, bit in enumerate(BITS):
        expected = bool(status >> number & 1)
        assert record[bit] is (expected and record["state"] == "active"), name
    for field in NUMBERS & set(record):
        assert isinstance(record[field], int), (name, field)
    for field in TEXTS & set(record):
        assert isinstance(record[field], str) and record[field], (name, field)
    assert -50 < record.get("temperature_c", 20) < 120, name
    assert 0 <= record.get("wear_percent", 0) <= 255, name


def status_of(text):
    status = json.loads(text).get("smartctl", {}).get("exit_status")
    return 0 if status is None else status


def test_recorded_disks():
    with Scene() as scene:
        for name, text in samples("smartctl"):
            status = status_of(text)
            if status & 3:
                scene.smartctl(hardware.smartctl(text, status))
                reply = scene.client.call("HW SMART /dev/sda")
                assert reply.error == ("NOT_SUPPORTED" if status & 1
                                       else "NOT_OPERATIONAL"), name
                assert "DETAIL exit_status %d" % status in reply.status, name
                assert any(line.startswith("DETAIL message ")
                           for line in reply.status), name
                continue
            record, = scene.smart(text, status)
            judge_smart(record, status, name)
            given = json.loads(text)
            if "passed" in given.get("smart_status", {}):
                assert (record["health"] == "passed") \
                    is (given["smart_status"]["passed"]
                        and not status & 8), name
            if "devices" not in given:
                assert record["protocol"] \
                    == given["device"]["protocol"], name
            if "model_name" in given:
                assert record["model"] == given["model_name"].strip() \
                    or record["model"] == given["model_name"], name


def test_recorded_disks_with_each_exit_status():
    with Scene() as scene:
        text = dict(samples("smartctl"))["scrutiny-smart-ata-full.json"]
        for status in [0] + [1 << bit for bit in range(2, 8)] + [252]:
            record, = scene.smart(text, status)
            judge_smart(record, status, "%d" % status)
            assert (record["health"] == "failed") is bool(status & 8)


def test_recorded_logs():
    with Scene() as scene:
        found = {"error": 0, "selftest": 0}
        for name, text in samples("smartctl"):
            status = status_of(text)
            if status & 3:
                continue
            for log in found:
                first, *entries = scene.smart(text, status, "--log=" + log)
                judge_smart(first, status, name)
                assert all(entry["log"] == log for entry in entries), name
                found[log] += len(entries)
        assert found["error"] > 5 and found["selftest"] > 5, found


def test_recorded_disks_raw():
    with Scene() as scene:
        for name, text in samples("smartctl"):
            if status_of(text) & 3:
                continue
            record, = scene.smart(text, status_of(text), "--raw")
            assert record["raw"] == json.loads(text), name


def test_recorded_scans():
    with Scene() as scene:
        for name, text in samples("smartctl"):
            if "-scan_" not in name:
                continue
            scene.smartctl(hardware.smartctl(hardware.ATA, scan=text))
            records = scene.records("HW SCAN")
            for device in json.loads(text)["devices"]:
                assert any(record.get("type") == device["type"]
                           for record in records), (name, device)


def judge_sensor(record, name):
    assert set(record) <= {"chip", "adapter", "sensor", "label", "kind",
                           "alarm", "fault"} | VALUES | LIMITS | {
                               limit + "_alarm" for limit in LIMITS}, record
    assert record["chip"] and record["label"] and record["kind"], name
    assert len(VALUES & set(record)) <= 1, (name, record)
    for field in (VALUES | LIMITS) & set(record):
        assert isinstance(record[field], (int, float)), (name, record)
    for field in set(record):
        if field.endswith("alarm"):
            assert isinstance(record[field], bool), (name, record)


def expected_features(text):
    """The numbers of chips and features if TEXT is valid JSON, else None."""
    try:
        chips = json.loads(text, object_pairs_hook=list)
    except ValueError:
        return None
    return sum(isinstance(feature, list)
               for _, features in chips for _, feature in features)


def test_recorded_sensors():
    with Scene() as scene:
        for name, text in samples("sensors"):
            records = scene.sensors_say(text)
            for record in records:
                judge_sensor(record, name)
            expected = expected_features(text)
            if expected is not None:
                assert len(records) == expected, (name, records)
            elif "emptychip" not in name:
                assert records, name


def test_recorded_sensors_that_are_no_JSON():
    with Scene() as scene:
        texts = dict(samples("sensors"))
        by_name = {name: scene.sensors_say(text)
                   for name, text in texts.items() if name.endswith(".txt")}
        merged = by_name["stderr-merged-iwlwifi.txt"]
        assert merged == scene.sensors_say(
            texts["stderr-separate-iwlwifi.json"])
        wifi, = [record for record in merged
                 if record["chip"].startswith("iwlwifi")]
        assert wifi["sensor"] == "temp1" and not VALUES & set(wifi)
        assert by_name["real-raw-tab.txt"][0]["label"] == "tab\there"
        assert by_name["real-bad-utf8.txt"][0]["label"] == "bad\ufffdutf"
        assert by_name["real-emptychip.txt"] == []
        assert [record["temperature_c"]
                for record in by_name["trailing-commas.txt"]] \
            == [34, -125, 107, 37, 39]


# --- Made up ---


def test_an_ATA_disk():
    with Scene() as scene:
        record, = scene.smart(hardware.ATA, 64)
        judge_smart(record, 64, "ATA")
        expected = {"type": "sat", "protocol": "ATA",
                    "model": "Example Disk 2000", "serial": "EX-0001",
                    "firmware": "1.02", "capacity_bytes": 2000398934016,
                    "rotation": 7200, "temperature_c": 33,
                    "power_on_hours": 1234, "power_cycles": 12,
                    "reallocated": 3, "pending": 2, "media_errors": 1,
                    "health": "passed", "state": "active", "error_log": True,
                    "selftest_running": False}
        assert {name: record.get(name) for name in expected} == expected
        assert "wear_percent" not in record
        assert scene.arguments("/usr/sbin/smartctl") == [
            "--json=c", "--all", "--device=auto",
            "--nocheck=standby", "--", scene.machine.path("/dev/sda")]


def test_an_SSD():
    with Scene() as scene:
        record, = scene.smart(hardware.SSD)
        judge_smart(record, 0, "SSD")
        assert record["wear_percent"] == 7 and record["rotation"] == 0
        assert record["temperature_c"] == 30 and record["power_on_hours"] == 7


def test_a_failing_NVMe_whose_numbers_are_odd():
    with Scene() as scene:
        record, test = scene.smart(hardware.NVME, 8, "--log=selftest")
        assert record["health"] == "failed" and record["failing"] is True
        assert record["wear_percent"] == 112
        assert record["capacity_bytes"] == 512110190592
        assert record["power_cycles"] == 36893488147419103232
        assert record["power_on_hours"] == 8784 and record["rotation"] == 0
        assert "media_errors" not in record
        assert record["selftest_running"] is True
        assert record["selftest_remaining_percent"] == 70
        assert test == {"log": "selftest", "test": "Extended",
                        "result": "Failed", "passed": False,
                        "power_on_hours": 80, "lba": 77}
        _, error = scene.smart(hardware.NVME, 8, "--log=error")
        assert error == {"log": "error", "number": 9,
                         "description": "Invalid Field", "lba": 5}


def test_a_SCSI_disk():
    with Scene() as scene:
        record, test = scene.smart(hardware.SCSI, 0, "--log=selftest")
        expected = {"model": "EXAMPLE SAS300", "firmware": "B1",
                    "reallocated": 4, "pending": 5, "media_errors": 3,
                    "wear_percent": 6, "power_cycles": 45,
                    "power_on_hours": 100, "temperature_c": 40}
        assert {name: record.get(name) for name in expected} == expected
        assert test["passed"] is True and test["power_on_hours"] == 90
        _, read, write = scene.smart(hardware.SCSI, 0, "--log=error")
        assert read == {"log": "error", "description": "read",
                        "corrected": 10, "uncorrected": 1}
        assert write["uncorrected"] == 2


def test_a_sleeping_disk_sleeps_on():
    with Scene() as scene:
        record, = scene.smart(hardware.STANDBY, 2)
        assert record["state"] == "standby" and record["health"] == "unknown"
        assert record["exit_status"] == 2 and record["open_failed"] is False
        assert "message" not in record
        scene.smart(hardware.ATA, 0, "--wake")
        assert "--nocheck=never" in scene.arguments("/usr/sbin/smartctl")


def test_raw():
    with Scene() as scene:
        record, = scene.smart(hardware.ATA, 0, "--raw")
        assert record["raw"] == hardware.ATA
        scene.client.check("OPTION output=text")
        raw = [line for line in scene.client.check(
            "HW SMART --raw /dev/sda").text.splitlines()
            if line.startswith("raw: ")]
        assert len(raw) == 1


def test_F1_nothing_becomes_an_option():
    """F1: an argument that begins with a dash, or is no device."""
    with Scene() as scene:
        scene.smartctl(hardware.smartctl(hardware.ATA))
        for name in ("--set=standby,now", "%2d-set=standby,now", "-x", "sda",
                     "/dev", "/dev/", "/dev/../etc/passwd", "/etc/passwd",
                     "/dev/sda%0A--set", ""):
            reply = scene.client.call('HW SMART "%s"' % name)
            assert not reply.ok and reply.error in (
                "INV_ARG", "UNKNOWN_OPTION"), (name, reply.verdict)
        reply = scene.client.call("HW SMART --device-type=test /dev/sda")
        assert reply.error == "INV_ARG"
        assert scene.machine.read("/usr/sbin/smartctl.arguments") is None
        scene.machine.write("/dev/-x", "")
        scene.client.check("HW SMART /dev/-x")
        assert scene.arguments("/usr/sbin/smartctl")[-2:] \
            == ["--", scene.machine.path("/dev/-x")]


def test_only_disks_are_opened():
    with Scene() as scene:
        scene.smartctl(hardware.smartctl(hardware.ATA))
        os.mkdir(scene.machine.path("/dev/shm"))
        scene.machine.write("/etc/hosts", "")
        os.symlink("/etc/hosts", scene.machine.path("/dev/link"))
        os.symlink("sda", scene.machine.path("/dev/disk"))
        for name, error in (("/dev/shm", "INV_OBJ"), ("/dev/link", "INV_OBJ"),
                            ("/dev/sdz", "NOT_FOUND"),
                            ("/dev/sda/1", "NOT_FOUND")):
            assert scene.client.call("HW SMART " + name).error == error, name
        record, = scene.records("HW SMART /dev/disk")
        assert record["device"] == "/dev/sda"
        if os.geteuid() == 0:
            os.mknod(scene.machine.path("/dev/watchdog"), 0o20600,
                     os.makedev(10, 130))
            reply = scene.client.call("HW SMART /dev/watchdog")
            assert reply.error == "INV_OBJ"


def test_policy_judges_what_a_link_leads_to():
    policy = """\
[identity panel]
key = panel.key
%s
"""
    links = {"/dev/disk/by-id/a": "../../sda", "/dev/disk/by-id/b": "/dev/sdb"}
    for rules, right in (
            ("allow = HW SMART device=/dev/sda",
             {"/dev/sda", "/dev/disk/by-id/a"}),
            ("allow = HW SMART device=/dev/disk/by-id/*", set()),
            ("allow = HW SMART\ndeny = HW SMART device=/dev/sda",
             {"/dev/sdb", "/dev/disk/by-id/b"}),
            ("allow = HW SMART\ndeny = HW SMART device=/dev/disk/by-id/a",
             {"/dev/sda", "/dev/sdb", "/dev/disk/by-id/b"})):
        with Scene(policy % rules) as scene:
            scene.smartctl(hardware.smartctl(hardware.ATA))
            scene.machine.write("/dev/sdb", "")
            os.makedirs(scene.machine.path("/dev/disk/by-id"))
            for link, target in links.items():
                os.symlink(target, scene.machine.path(link))
            for name in ("/dev/sda", "/dev/sdb", *links):
                reply = scene.client.call("HW SMART " + name)
                assert reply.ok is (name in right), (rules, name,
                                                     reply.verdict)
                assert reply.ok or reply.error == "FORBIDDEN", reply.verdict


def test_who_gives_up_ends_it():
    with Scene() as scene:
        scene.smartctl("#!/bin/sh\n: >\"$(readlink -f \"$0\").begun\"\n"
                       "sleep 986\n")
        scene.client.send("HW SMART /dev/sda")
        for _ in range(500):
            if scene.machine.read("/usr/sbin/smartctl.begun") is not None:
                break
            time.sleep(0.02)
        scene.client.send("CANCEL")
        assert scene.client.read_reply().error == "CANCELED"
        for _ in range(250):
            left = subprocess.run(["pgrep", "-f", "^sleep 986$"],
                                  capture_output=True, check=False)
            if left.returncode:
                break
            time.sleep(0.02)
        assert left.returncode == 1, left.stdout
        scene.smartctl(hardware.smartctl(hardware.ATA))
        scene.client.call("NOP")
        scene.client.check("HW SMART /dev/sda")


def test_F3_it_is_killed_when_its_time_is_up():
    """F3: the program and what it started end with the call's time."""
    with Scene() as scene:
        scene.smartctl("#!/bin/sh\nsleep 987 &\nsleep 987\n")
        reply = scene.client.call("HW SMART --timeout=500ms /dev/sda")
        assert reply.error == "TIMEOUT", reply.verdict
        left = subprocess.run(["pgrep", "-f", "^sleep 987$"],
                              capture_output=True, check=False)
        assert left.returncode == 1, left.stdout


def test_F4_an_answer_that_was_cut_is_an_error():
    """F4: more than 1 MiB is never taken for the whole."""
    with Scene() as scene:
        for verb, place in (("SMART /dev/sda", scene.smartctl),
                            ("SENSORS", scene.sensors), ("SCAN",
                                                         scene.smartctl)):
            place("#!/bin/sh\nprintf '{}'\nhead -c 1048577 /dev/zero"
                  " | tr '\\0' ' '\n")
            reply = scene.client.call("HW " + verb)
            assert reply.error == "TOO_LARGE", (verb, reply.verdict)
            place("#!/bin/sh\nprintf '{}'\nhead -c 1048574 /dev/zero"
                  " | tr '\\0' ' '\n")
            assert scene.client.call("HW " + verb).ok, verb


def test_F5_the_environment_is_clean():
    """F5: nothing of the daemon's environment reaches the program."""
    os.environ["LD_HW_SECRET"] = "x"
    try:
        with Scene() as scene:
            scene.smartctl("#!/bin/sh\nenv >\"$(readlink -f \"$0\").env\"\n"
                           "echo '{}'\n")
            scene.client.check("HW SMART /dev/sda")
            names = {line.split("=")[0] for line in scene.machine.read(
                "/usr/sbin/smartctl.env").splitlines()}
            assert names <= {"PATH", "LC_ALL", "HOME", "PWD", "OLDPWD",
                             "SHLVL", "_"}, names
    finally:
        del os.environ["LD_HW_SECRET"]


def test_F6_errors_carry_no_arguments():
    """F6: neither the command line nor standard error."""
    with Scene() as scene:
        scene.smartctl("#!/bin/sh\necho shame >&2\necho no JSON\nexit 4\n")
        reply = scene.client.call("HW SMART /dev/sda")
        assert reply.error == "NO_DATA", reply.verdict
        assert "DETAIL exit_status 4" in reply.status
        said = " ".join(reply.status) + reply.verdict
        assert "shame" not in said and "--json" not in said, said


def test_answers_that_are_hostile():
    with Scene() as scene:
        for text, error in (
                ("", "NO_DATA"), ("{", "BAD_DATA"), ("[]", "NO_DATA"),
                ('{"a":' * 1000 + "1" + "}" * 1000, "BAD_DATA"),
                ('{"smartctl": {"messages": [{"string": "x', "BAD_DATA")):
            scene.smartctl(hardware.smartctl(text))
            reply = scene.client.call("HW SMART /dev/sda")
            assert reply.error == error, (text[:20], reply.verdict)
        for text in ('{"device": [], "smart_status": 3, "temperature": null}',
                     '{"ata_smart_attributes": {"table": [null, 1, [], {}]}}',
                     '{"serial_number": "a\\nhealth: passed"}',
                     '{"temperature": {"current": 1e308}}'):
            scene.smart(text)
        scene.client.check("OPTION output=text")
        scene.smartctl(hardware.smartctl(
            '{"serial_number": "a\\nhealth: passed"}'))
        reply = scene.client.check("HW SMART /dev/sda").text
        assert "serial: a\\x0ahealth: passed\n" in reply
        assert "\nhealth: unknown\n" in reply
        scene.smartctl("#!/bin/sh\nkill -9 $$\n")
        reply = scene.client.call("HW SMART /dev/sda")
        assert reply.error == "SERVER_FAILED" and "signal 9" in reply.verdict


def test_what_is_missing():
    with Scene() as scene:
        scene.smartctl("no program")
        reply = scene.client.call("HW SMART /dev/sda")
        assert reply.error == "FORBIDDEN", reply.verdict


def test_SCAN():
    with Scene() as scene:
        for name, files in (
                ("sda", {"device/model": "Disk  \n", "size": "1000\n",
                         "queue/rotational": "1\n", "removable": "0\n"}),
                ("nvme0n1", {"device/model": "N\n", "device/serial": "S\n",
                             "queue/rotational": "0\n", "ro": "1\n"}),
                ("sdb", {"device/x": ""}),
                ("loop0", {"size": "8\n"})):
            for file, text in files.items():
                scene.machine.write("/sys/block/%s/%s" % (name, file), text)
        scene.smartctl(hardware.smartctl(hardware.ATA))
        assert scene.records("HW SCAN") == [
            {"device": "/dev/nvme0n1", "type": "nvme", "protocol": "NVMe",
             "model": "N", "serial": "S", "rotational": False,
             "read_only": True},
            {"device": "/dev/sda", "type": "scsi", "protocol": "SCSI",
             "model": "Disk", "capacity_bytes": 512000, "rotational": True,
             "removable": False},
            {"device": "/dev/sdb"},
            {"device": "/dev/bus/0", "type": "megaraid,1",
             "protocol": "SCSI"}]
        assert scene.arguments("/usr/sbin/smartctl") == ["--json=c", "--scan"]
        scene.records("HW SCAN --open")
        assert scene.arguments("/usr/sbin/smartctl")[1] == "--scan-open"


def test_SELFTEST():
    with Scene() as scene:
        scene.smartctl(hardware.smartctl(hardware.ATA))
        record, = scene.records("HW SELFTEST /dev/sda short")
        assert record == {"changed": True, "device": "/dev/sda",
                          "selftest_running": True, "minutes": 2}
        assert scene.arguments("/usr/sbin/smartctl") == [
            "--json=co", "--test=short", "--device=auto", "--",
            scene.machine.path("/dev/sda")]
        record, = scene.records("HW SELFTEST /dev/sda abort")
        assert record["changed"] is False
        scene.smartctl(hardware.smartctl(hardware.NVME, 8))
        reply = scene.client.call("HW SELFTEST /dev/sda long")
        assert reply.error == "CONFLICT", reply.verdict
        record, = scene.records("HW SELFTEST /dev/sda abort")
        assert record == {"changed": True, "device": "/dev/sda",
                          "selftest_running": False}
        assert "--abort" in scene.arguments("/usr/sbin/smartctl")


def test_a_SELFTEST_that_does_not_begin():
    with Scene() as scene:
        scene.smartctl(hardware.smartctl(
            hardware.ATA, begun={"smartctl": {"output": [
                "Self-tests not supported"]}}))
        reply = scene.client.call("HW SELFTEST /dev/sda conveyance")
        assert reply.error == "NOT_SUPPORTED", reply.verdict
        assert any("Self-tests not supported" in line
                   for line in reply.status), reply.status


def test_sensors_of_each_kind():
    with Scene() as scene:
        records = scene.sensors_say("""{
  "chip-0": {
    "Adapter": "A",
    "in": {"in0_input": 0.775, "in0_lcrit": 0.5, "in0_lcrit_alarm": 1.0},
    "Adapter": {"fan1_input": 900.0, "fan1_fault": 0.0, "fan1_alarm": 1.0},
    "P": {"power1_average": 47.09, "power1_cap": 100.0},
    "P": {"curr1_input": -0.5}, "E": {"energy1_input": 1.5},
    "H": {"humidity1_input": 40.125}, "F": {"freq1_input": 600000000.0},
    "case": {"intrusion0_alarm": 1.0}, "V": {"pwm1_input": 3.0},
    "say "hi"": {"temp1_input": nan, "temp1_max": -inf, "temp1_min": 1.0,},
    "temp2": {
    },
  },
}""")
        by_label = [(record["label"], record) for record in records]
        for _, record in by_label:
            judge_sensor(record, "made up")
        assert [label for label, _ in by_label] == [
            "in", "Adapter", "P", "P", "E", "H", "F", "case", "V", 'say "hi"',
            "temp2"]
        assert records[0]["voltage_v"] == 0.775
        assert records[0]["critical_low_alarm"] is True
        assert records[0]["alarm"] is True
        assert records[1]["fan_rpm"] == 900 and records[1]["fault"] is False
        assert records[2]["power_w"] == 47.09 and records[2]["cap"] == 100
        assert records[3]["current_a"] == -0.5
        assert records[5]["humidity_percent"] == 40.125
        assert records[6]["frequency_hz"] == 600000000
        assert records[7]["kind"] == "intrusion" and records[7]["alarm"]
        assert records[8]["kind"] == "other" and records[8]["value"] == 3
        assert "temperature_c" not in records[9] and records[9]["min"] == 1
        assert records[10]["kind"] == "temperature"


def test_sensors_without_any():
    with Scene() as scene:
        scene.sensors("#!/bin/sh\necho 'No sensors found!' >&2\n"
                      "printf '{\\n\\n}\\n'\nexit 1\n")
        assert scene.records("HW SENSORS") == []


if __name__ == "__main__":
    tap.main(globals())
