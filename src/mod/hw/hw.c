/* hw.c - HW: the rows of disks, sensors and file systems
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stddef.h>

#include "../../call/relay.h"
#include "hw.h"
#include "mount_verb.h"
#include "selftest.h"

/* What smartctl's --device takes without a number of its own.  */
#define DEVICE_TYPE                                                            \
  "[--device-type=<type:enum(auto|ata|scsi|sat|nvme|usbcypress|usbjmicron|"    \
  "usbprolific|usbsunplus|sntasmedia|sntjmicron|sntrealtek)>]"

static const struct verb verbs[] = {
  { .name = "SCAN",
    .args = "[--open]",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "the disks of this machine",
    .help = "Answers a record for each disk that the kernel has, in the order\n"
            "of names, then one for each device that only smartctl finds, as\n"
            "disks behind a RAID controller.  Fields, each only if known:\n"
            "  device          as /dev/sda\n"
            "  type, protocol  how smartctl would ask it: sat, nvme, scsi\n"
            "  open_error      why it could not be opened\n"
            "  model, serial   as the kernel has them\n"
            "  capacity_bytes\n"
            "  rotational      yes or no: no for an SSD\n"
            "  removable       yes or no\n"
            "  read_only       yes or no\n"
            "No disk is asked itself, so those that sleep sleep on; with\n"
            "--open smartctl opens each, which tells its type for sure and\n"
            "may wake it.  Without smartctl a warning says that the types\n"
            "are missing.\n"
            "Example: HW SCAN" },
  { .name = "SENSORS",
    .args = "",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "temperatures, fans, voltages",
    .help = "Answers a record for each sensor of each chip that lm-sensors\n"
            "finds, none if there is none.  Fields, each only if known:\n"
            "  chip              as coretemp-isa-0000\n"
            "  adapter           where it is, as \"ISA adapter\"\n"
            "  sensor            its name with the chip, as temp1\n"
            "  label             its name for people\n"
            "  kind              temperature, fan, voltage, power, current,\n"
            "                    energy, humidity, frequency, intrusion or\n"
            "                    other\n"
            "  temperature_c     degrees Celsius\n"
            "  fan_rpm           turns a minute\n"
            "  voltage_v         volt\n"
            "  power_w           watt, now or on average\n"
            "  current_a         ampere\n"
            "  energy_j          joule\n"
            "  humidity_percent\n"
            "  frequency_hz      hertz\n"
            "  value             of another kind\n"
            "  min, max          limits, in the same unit; so are the next\n"
            "  critical_low      below it the chip may act\n"
            "  critical          above it the chip may act\n"
            "  emergency         above it it does\n"
            "  cap               of power, that the chip keeps to\n"
            "  alarm             yes if any limit is passed, or no\n"
            "  min_alarm ...     the same for each limit: max_alarm,\n"
            "                    critical_low_alarm, critical_alarm,\n"
            "                    emergency_alarm, cap_alarm\n"
            "  fault             yes or no: it does not measure\n"
            "Of the kind's value there is just one; a sensor that cannot be\n"
            "read has none.\n"
            "NOT_FOUND: sensors (package lm-sensors) is not installed.\n"
            "TOO_LARGE: it wrote more than 1 MiB.\n"
            "Example: HW SENSORS" },
  { .name = "SMART",
    .args = "<device:device> " DEVICE_TYPE
            " [--log=<log:enum(none|error|selftest)>] [--raw] [--wake]",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "how a disk is, by its own word",
    .help = "Answers a record, the same for ATA, NVMe and SCSI.  Those that\n"
            "the disk does not tell are left out:\n"
            "  device              DEVICE, links followed\n"
            "  type, protocol      how it was asked: sat and ATA\n"
            "  model, serial, firmware\n"
            "  capacity_bytes\n"
            "  rotation            turns a minute, 0 for an SSD\n"
            "  message             what smartctl has to say; may repeat\n"
            "  health              passed, failed or unknown\n"
            "  state               active; standby if it sleeps\n"
            "  temperature_c       degrees Celsius\n"
            "  power_on_hours\n"
            "  power_cycles\n"
            "  reallocated         sectors that were replaced\n"
            "  pending             sectors that wait for it\n"
            "  wear_percent        of an SSD's life that is used up; may\n"
            "                      pass 100\n"
            "  media_errors        that could not be corrected\n"
            "  selftest_running    yes or no\n"
            "  selftest_remaining_percent\n"
            "  raw                 with --raw: smartctl's JSON\n"
            "  exit_status         smartctl's own, whose bits are the next\n"
            "  command_line_error  no: else it is an error of this call\n"
            "  open_failed         no: likewise\n"
            "  command_failed      the disk did not answer all\n"
            "  failing             it says that it is failing\n"
            "  prefail_now         an attribute is beyond its threshold\n"
            "  prefail_past        it was\n"
            "  error_log           the log has errors\n"
            "  selftest_log        a self-test found errors\n"
            "A disk that sleeps is not woken, and then tells little; with\n"
            "--wake it is.  --device-type is for bridges that smartctl does\n"
            "not know.  With --log a record follows for each entry:\n"
            "  log               error or selftest\n"
            "  number            of the error\n"
            "  description       of the error, or what was done (SCSI)\n"
            "  corrected         errors of SCSI disks, and\n"
            "  uncorrected       those that could not be\n"
            "  test              as \"Short offline\"\n"
            "  result            in the disk's words\n"
            "  passed            yes or no\n"
            "  remaining_percent\n"
            "  power_on_hours    when it was\n"
            "  lba               where\n"
            "NOT_FOUND: there is no such device, or no smartctl (package\n"
            "smartmontools).\n"
            "INV_OBJ: DEVICE is no disk.\n"
            "NOT_OPERATIONAL: it cannot be opened, or does not answer.\n"
            "NOT_SUPPORTED: smartctl does not know how to ask it.\n"
            "TOO_LARGE: smartctl wrote more than 1 MiB.\n"
            "The details exit_status and message have what smartctl said.\n"
            "Example: HW SMART /dev/sda" },
  { .name = "SELFTEST",
    .args
    = "<device:device> <test:enum(short|long|conveyance|abort)> " DEVICE_TYPE,
    .effect = EFFECT_WRITE,
    .run = hw_selftest,
    .done = relay_done,
    .summary = "have a disk test itself",
    .help = "The disk does so beside its work; HW SMART tells how far it is,\n"
            "and with --log=selftest how it ended.  Answers a record:\n"
            "  changed           no if none was running that could be aborted\n"
            "  device            DEVICE, links followed\n"
            "  selftest_running  yes or no\n"
            "  minutes           how long it will take, if known\n"
            "Undone it is aborted; an aborted one is not taken up again.\n"
            "CONFLICT: one is running already.\n"
            "NOT_OPERATIONAL: the disk refused it, or cannot be opened.\n"
            "NOT_SUPPORTED: the disk has no such test, or smartctl (before\n"
            "7.4 for NVMe) none for it.\n"
            "NOT_FOUND: there is no such device, or no smartctl.\n"
            "INV_OBJ: DEVICE is no disk.\n"
            "Example: HW SELFTEST /dev/sda short" },
  { .name = "BLOCK",
    .args = "",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "the block devices and what is on them",
    .help = "Answers a record for each disk and partition that has a size:\n"
            "  device       as /dev/sda1\n"
            "  type         disk, partition, loop, rom, raid, mapped, memory\n"
            "  parent       the disk of a partition\n"
            "  model        of a disk, if it is known\n"
            "  size_bytes\n"
            "  removable    yes or no\n"
            "  read_only    yes or no\n"
            "  filesystem   ext4, vfat, swap, ...; left out if none is known,\n"
            "               as the next two\n"
            "  uuid\n"
            "  label\n"
            "  mounted      where it is attached; may repeat\n"
            "Example: HW BLOCK" },
  { .name = "MOUNTS",
    .args = "",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "what is mounted where",
    .help = "Answers a record for each mount, in the order in which they were\n"
            "made: target, source, filesystem, options, and of what is on a\n"
            "device size_bytes and available_bytes.\n"
            "Example: HW MOUNTS" },
  { .name = "MOUNT",
    .args
    = "<filesystem:string> <target:path> [--read-only] [--exec=<exec:permit>] "
      "[--persist]",
    .effect = EFFECT_WRITE,
    .run = hw_mount,
    .done = hw_mount_done,
    .summary = "attach a file system",
    .help
    = "FILESYSTEM is UUID=U or LABEL=L; U alone is a UUID.  Its device\n"
      "must be removable or named by mount-device in reeved.conf, its\n"
      "type be one of mount-type.  TARGET is an empty directory, not on\n"
      "any link, strictly below one of mount-below; it is made if it is\n"
      "not there.  The options are always nosuid and nodev, and noexec\n"
      "unless --exec is given, which a rule must name to allow it\n"
      "(exec=1).  With --persist a line with nofail goes to /etc/fstab.\n"
      "A disk that can only be read is mounted so; UMOUNT leaves TARGET.\n"
      "Answers a record: changed (no if it was mounted just so), device,\n"
      "filesystem, uuid, label, target, options.\n"
      "NOT_FOUND: no device has it.  AMBIGUOUS: several have.\n"
      "FORBIDDEN: the settings do not let this device, type or TARGET.\n"
      "CONFLICT: something is mounted at or in TARGET, or /etc/fstab has\n"
      "another line for it.\n"
      "Example: HW MOUNT --dry-run UUID=11111111-2222-3333-4444-"
      "555555555555 /media/disk" },
  { .name = "UMOUNT",
    .args = "<target:path> [--persist]",
    .effect = EFFECT_WRITE,
    .run = hw_umount,
    .done = hw_mount_done,
    .summary = "detach a file system",
    .help
    = "TARGET is below one of mount-below.  With --persist its line is\n"
      "taken out of /etc/fstab.  Answers a record: changed (no if nothing\n"
      "was mounted), source, filesystem, target, options.\n"
      "EBUSY: it is in use; each detail holder is the number of a\n"
      "process, its program and the path that it holds.\n"
      "FORBIDDEN: TARGET is below none of mount-below.\n"
      "Example: HW UMOUNT /media/disk" },
  { .name = NULL }
};

const struct noun hw_noun = {
  .name = "HW",
  .summary = "disks, sensors and file systems",
  .help = "What the machine is made of, as its own programs tell it.\n"
          "A device is judged by policy as what its links lead to.  Below\n"
          "reeved's --root a regular file stands for a disk, and the\n"
          "kernel's list of them is sys/block there, if there is one.",
  .verbs = verbs,
  .flags = NOUN_HELPER_TRUSTED,
  .session_end = relay_end,
  .helper = RELAY_MACHINE
};
