# hardware.py - disks and sensors for a scratch machine
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that stand for smartctl and sensors below a root, where the machine
worker finds them first, and what they say.  A regular file in /dev stands for
a disk there.

    machine.write("/usr/sbin/smartctl", smartctl(ATA, status=64))
"""

import json


def envelope(status=0, messages=(), **more):
    """What all of smartctl's answers have."""
    return {"json_format_version": [1, 0],
            "smartctl": {"version": [7, 4], "argv": ["smartctl"],
                         "messages": [{"string": text, "severity": "error"}
                                      for text in messages],
                         "exit_status": status}, **more}


def attribute(number, name, value, raw, text=None):
    return {"id": number, "name": name, "value": value, "worst": value,
            "thresh": 0, "raw": {"value": raw, "string": text or str(raw)}}


ATA = envelope(
    device={"name": "/dev/sda", "info_name": "/dev/sda [SAT]", "type": "sat",
            "protocol": "ATA"},
    model_name="Example Disk 2000", serial_number="EX-0001",
    firmware_version="1.02", user_capacity={"blocks": 3907029168,
                                            "bytes": 2000398934016},
    rotation_rate=7200, smart_status={"passed": True},
    ata_smart_data={"self_test": {"status": {"value": 0, "passed": True}}},
    ata_smart_attributes={"table": [
        attribute(5, "Reallocated_Sector_Ct", 100, 3),
        attribute(9, "Power_On_Hours", 95, 4398046511104, "1234h+05m"),
        attribute(187, "Reported_Uncorrect", 99, 1),
        attribute(194, "Temperature_Celsius", 67, 141733920801, "33 (0 21)"),
        attribute(197, "Current_Pending_Sector", 100, 2)]},
    ata_smart_error_log={"summary": {"count": 1, "table": [
        {"error_number": 1, "lifetime_hours": 17,
         "error_description": "Error: UNC at LBA = 0x00001000 = 4096"}]}},
    ata_smart_self_test_log={"standard": {"table": [
        {"type": {"value": 1, "string": "Short offline"},
         "status": {"value": 121, "string": "Completed: read failure",
                    "remaining_percent": 90, "passed": False},
         "lifetime_hours": 99, "lba": 4096}]}},
    power_cycle_count=12)

SSD = envelope(
    device={"name": "/dev/sdb", "type": "sat", "protocol": "ATA"},
    model_name="Example SSD", rotation_rate=0, smart_status={"passed": True},
    ata_smart_attributes={"table": [
        attribute(177, "Wear_Leveling_Count", 93, 120)]},
    temperature={"current": 30}, power_on_time={"hours": 7})

NVME = envelope(
    device={"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"},
    model_name="Example NVMe", serial_number="N1", firmware_version="F",
    nvme_total_capacity=512110190592, smart_status={"passed": False},
    nvme_smart_health_information_log={
        "critical_warning": 4, "temperature": 41, "percentage_used": 112,
        "power_cycles": "36893488147419103232", "power_on_hours": 8784.0,
        "media_errors": None, "unsafe_shutdowns": 36893488147419103232},
    nvme_error_information_log={"table": [
        {"error_count": 9, "status_field": {"string": "Invalid Field"},
         "lba": {"value": 5}}]},
    nvme_self_test_log={
        "current_self_test_operation": {"value": 1, "string": "Short"},
        "current_self_test_completion_percent": 30,
        "table": [{"self_test_code": {"value": 2, "string": "Extended"},
                   "self_test_result": {"value": 7, "string": "Failed"},
                   "power_on_hours": 80, "lba": 77}]})

SCSI = envelope(
    device={"name": "/dev/sdc", "type": "scsi", "protocol": "SCSI"},
    scsi_vendor="EXAMPLE", scsi_product="SAS300", scsi_revision="B1",
    serial_number="S9", user_capacity={"bytes": 300000000000},
    rotation_rate=10000, smart_status={"passed": True},
    temperature={"current": 40, "drive_trip": 60},
    scsi_grown_defect_list=4, power_on_time={"hours": 100, "minutes": 3},
    scsi_pending_defects={"count": 5},
    scsi_start_stop_cycle_counter={"accumulated_start_stop_cycles": 45},
    scsi_percentage_used_endurance_indicator=6,
    scsi_error_counter_log={
        "read": {"total_errors_corrected": 10, "total_uncorrected_errors": 1},
        "write": {"total_errors_corrected": 0, "total_uncorrected_errors": 2}},
    scsi_self_test_0={"code": {"value": 1, "string": "Background short"},
                      "result": {"value": 0, "string": "Completed"},
                      "power_on_time": {"hours": 90}})

STANDBY = envelope(
    2, ["Device is in STANDBY mode, exit(2)"],
    device={"name": "/dev/sda", "type": "sat", "protocol": "ATA"})

SCAN = envelope(devices=[
    {"name": "/dev/sda", "info_name": "/dev/sda", "type": "scsi",
     "protocol": "SCSI"},
    {"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"},
    {"name": "/dev/bus/0", "type": "megaraid,1", "protocol": "SCSI"}])

BEGUN = {"smartctl": {"output": ["Testing has begun.",
                                 "Please wait 2 minutes for test to complete.",
                                 ""], "exit_status": 0}}
ABORTED = {"smartctl": {"output": ["Self-testing aborted!"]}}

SENSORS = {"coretemp-isa-0000": {
    "Adapter": "ISA adapter",
    "Package id 0": {"temp1_input": 45.5, "temp1_max": 80.0,
                     "temp1_crit": 100.0, "temp1_crit_alarm": 0.0}}}


def text_of(answer):
    return answer if isinstance(answer, str) else json.dumps(answer)


def program(text, status=0):
    """A program that writes TEXT.  Beside it it leaves its arguments, one a
    line, in NAME.arguments."""
    return """\
#!/bin/sh
me=$(readlink -f "$0")
printf '%%s\\n' "$@" >"$me.arguments"
cat <<'END_OF_ANSWER'
%s
END_OF_ANSWER
exit %d
""" % (text_of(text), status)


def smartctl(answer, status=0, begun=None, scan=None):
    """One that knows what it is asked."""
    return """\
#!/bin/sh
me=$(readlink -f "$0")
printf '%%s\\n' "$@" >"$me.arguments"
case " $* " in
  *" --scan"*) cat <<'END_OF_ANSWER'
%s
END_OF_ANSWER
  exit 0 ;;
  *" --test="*) cat <<'END_OF_ANSWER'
%s
END_OF_ANSWER
  exit 0 ;;
  *" --abort "*) cat <<'END_OF_ANSWER'
%s
END_OF_ANSWER
  exit 0 ;;
esac
cat <<'END_OF_ANSWER'
%s
END_OF_ANSWER
exit %d
""" % (text_of(SCAN if scan is None else scan),
       text_of(BEGUN if begun is None else begun), text_of(ABORTED),
       text_of(answer), status)




def ext2(uuid, label=""):
    """The begin of a file system that is not whole: what tells it from
    others."""
    block = bytearray(4096)
    block[1024 + 0x38:1024 + 0x3a] = b"\x53\xef"
    block[1024 + 0x4c] = 1  # Its revision has the next fields.
    block[1024 + 0x60] = 2  # A feature that ext2 has.
    block[1024 + 0x68:1024 + 0x78] = bytes.fromhex(uuid.replace("-", ""))
    block[1024 + 0x78:1024 + 0x88] = label.encode().ljust(16, b"\0")
    return bytes(block)


def disk(name, content, **attributes):
    """Files that stand for a disk of 2 MiB."""
    attributes = {"size": 4096, "removable": 1, "ro": 0, **attributes}
    return {"/dev/" + name: content,
            **{"/sys/block/%s/%s" % (name, attribute): "%s\n" % value
               for attribute, value in attributes.items()}}


FILES = {"/dev/sda": "", "/sys/block/sda/size": "0\n",
         **disk("sdz", ext2("11111111-2222-3333-4444-555555555555", "disk")),
         "/media/README": "",
         "/usr/sbin/smartctl": smartctl(ATA, 64),
         "/usr/bin/sensors": program(SENSORS)}
