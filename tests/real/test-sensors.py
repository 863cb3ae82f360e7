#!/usr/bin/env python3
# test-sensors.py - HW SENSORS with the real sensors on chips that are not there
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""umockdev shows the real program sensors (lm-sensors) the chips described
here; below the scratch machine's root stands a script that runs it so."""

import json
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import scratch  # noqa: E402
import tap  # noqa: E402


def chip(number, name, attributes):
    """A chip as umockdev has it described."""
    lines = ["P: /devices/platform/chip.%d" % number,
             "E: SUBSYSTEM=platform",
             "A: modalias=platform:%s\\n" % name,
             "L: driver=../../../bus/platform/drivers/%s" % name, "",
             "P: /devices/platform/chip.%d/hwmon/hwmon%d" % (number, number),
             "E: SUBSYSTEM=hwmon", "A: name=%s\\n" % name]
    lines += ["A: %s=%s\\n" % one for one in attributes.items()]
    lines += ["L: device=../../../chip.%d" % number, ""]
    return "\n".join(lines) + "\n"


def records(*chips):
    """What HW SENSORS answers where there are CHIPS."""
    if not shutil.which("umockdev-run") or not shutil.which("sensors"):
        raise tap.Skip("umockdev and lm-sensors are not installed")
    with scratch.Machine({"/chips.umockdev": "".join(chips)}) as machine:
        machine.write("/usr/bin/sensors", """\
#!/bin/sh
exec umockdev-run --device=%s -- %s "$@"
""" % (machine.path("/chips.umockdev"), shutil.which("sensors")))
        with machine.daemon() as daemon, daemon.client("panel") as client:
            reply = client.check("HW SENSORS --output=json")
            return [json.loads(line) for line in reply.text.splitlines()]


def only(record, *names):
    return {name: record.get(name) for name in names}


def test_a_processor():
    record, = records(chip(0, "coretemp", {
        "temp1_input": "45000", "temp1_label": "Package id 0",
        "temp1_max": "80000", "temp1_crit": "100000",
        "temp1_crit_alarm": "0"}))
    assert only(record, "sensor", "label", "kind", "temperature_c", "max",
                "critical", "alarm", "critical_alarm") == {
                    "sensor": "temp1", "label": "Package id 0",
                    "kind": "temperature", "temperature_c": 45, "max": 80,
                    "critical": 100, "alarm": False,
                    "critical_alarm": False}, record
    assert record["chip"].startswith("coretemp-"), record
    assert record["adapter"], record


def test_a_board():
    found = records(chip(1, "nct6798", {
        "fan1_input": "0", "fan1_min": "1000", "fan1_alarm": "1",
        "in0_input": "12050", "in0_max": "13200", "power1_input": "47090000",
        "curr1_input": "1500", "humidity1_input": "40500",
        "energy1_input": "2500000", "temp1_input": "-12500",
        "temp1_fault": "1", "intrusion0_alarm": "1"}))
    by_name = {record["sensor"]: record for record in found}
    assert only(by_name["fan1"], "fan_rpm", "min", "alarm") \
        == {"fan_rpm": 0, "min": 1000, "alarm": True}, found
    assert only(by_name["in0"], "voltage_v", "max") \
        == {"voltage_v": 12.05, "max": 13.2}, found
    assert by_name["power1"]["power_w"] == 47.09, found
    assert by_name["curr1"]["current_a"] == 1.5, found
    assert by_name["humidity1"]["humidity_percent"] == 40.5, found
    assert by_name["energy1"]["energy_j"] == 2.5, found
    assert by_name["temp1"]["fault"] is True, found
    assert by_name["intrusion0"]["alarm"] is True, found


def test_labels_that_make_sensors_write_no_JSON():
    labels = {"temp1": 'say "hi"', "temp2": "a\\tb", "temp3": "same",
              "temp4": "same"}
    attributes = {}
    for number, (name, label) in enumerate(labels.items(), 1):
        attributes[name + "_input"] = "%d000" % number
        attributes[name + "_label"] = label
    found = records(chip(2, "nct6798", attributes))
    assert [(record["sensor"], record["temperature_c"])
            for record in found] == [("temp1", 1), ("temp2", 2), ("temp3", 3),
                                     ("temp4", 4)], found
    assert found[0]["label"] == 'say "hi"' and found[3]["label"] == "same"


def test_two_chips_and_one_that_cannot_be_read():
    found = records(chip(3, "nvme", {"temp1_input": "38850",
                                     "temp1_label": "Composite"}),
                    chip(4, "iwlwifi_1", {"temp1_input": ""}))
    by_chip = {record["chip"].split("-")[0]: record for record in found}
    assert by_chip["nvme"]["temperature_c"] == 38.85, found
    assert "temperature_c" not in by_chip["iwlwifi_1"], found


def test_no_chip():
    assert records("") == []


if __name__ == "__main__":
    tap.main(globals())
