#!/usr/bin/env python3
# test-system.py - SYSTEM on real machines, files and services of systemd
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import scratch  # noqa: E402
import tap  # noqa: E402
import verbs  # noqa: E402
from systembus import SystemBus  # noqa: E402

# Those of protocol/limits.h.
LIMIT_USERS = 1000
LIMIT_UPDATES_OUTPUT = 2 << 20

ZONE = verbs.FILES["/usr/share/zoneinfo/Europe/Berlin"]
FILES = {"/usr/share/zoneinfo/Europe/Berlin": ZONE,
         "/usr/share/zoneinfo/Etc/UTC": ZONE,
         "/etc/hostname": "web1\n"}


@contextlib.contextmanager
def served(files=None, *options):
    """A machine, and a client of its daemon."""
    with scratch.Machine({**FILES, **(files or {})}) as machine, \
            machine.daemon(*options) as daemon, \
            daemon.client("panel") as client:
        yield machine, daemon, client


def ask(client, line):
    """The records of the answer to LINE, from JSON."""
    noun, verb, *rest = line.split(" ", 2)
    reply = client.check(" ".join([noun, verb, "--output=json", *rest]))
    return [json.loads(record) for record in reply.text.splitlines() if record]


def one(client, line):
    answer, = ask(client, line)
    return answer


def refused(client, line, code):
    reply = client.call(line)
    assert reply.error == code, (line, reply.verdict)
    return reply


# --- INFO and TIME ---

def of_kind(answer, kind):
    return [record for record in answer if record["kind"] == kind]


def test_info_is_what_the_kernel_says():
    with served({"/etc/os-release": 'ID=reeve\nVERSION_ID="1.2"\n'
                 'PRETTY_NAME="Reeve Test \\"1\\""\n',
                 "/etc/hosts": "192.0.2.7 web1.example.org web1 # web1.no\n"}
                ) as (_, _, client):
        answer = ask(client, "SYSTEM INFO")
    machine = answer[0]
    assert machine["kind"] == "machine"
    assert machine["hostname"] == "web1", machine
    assert machine["fqdn"] == "web1.example.org", machine
    assert machine["distribution"] == 'Reeve Test "1"', machine
    assert machine["distribution_id"] == "reeve"
    assert machine["distribution_version"] == "1.2"
    assert machine["os"] == "Linux"
    assert machine["kernel"] == platform.release()
    assert machine["machine"] == platform.machine()
    assert machine["processors"] == os.cpu_count()
    uptime = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert abs(machine["uptime_seconds"] - uptime) < 60
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                        machine["boot_time"])
    assert isinstance(machine["load_1"], (int, float))
    with open("/proc/meminfo", encoding="ascii") as file:
        total = int(file.readline().split()[1]) * 1024
    assert machine["memory_total_bytes"] == total
    assert 0 < machine["memory_available_bytes"] <= total


def test_disks_are_those_on_block_devices():
    with served() as (_, _, client):
        disks = of_kind(ask(client, "SYSTEM INFO"), "disk")
    for disk in disks:
        numbers = os.statvfs(disk["target"])
        assert disk["size_bytes"] == numbers.f_blocks * numbers.f_frsize
        assert 0 <= disk["used_bytes"] <= disk["size_bytes"]
        assert disk["filesystem"] not in ("proc", "sysfs", "tmpfs", "nfs",
                                          "nfs4", "cifs")
    assert len({disk["target"] for disk in disks}) == len(disks)


def test_interfaces_have_their_addresses():
    with served() as (_, _, client):
        found = {record["name"]: record for record
                 in of_kind(ask(client, "SYSTEM INFO"), "interface")}
    assert set(found) == set(os.listdir("/sys/class/net")) \
        - {"bonding_masters"}, found
    assert "lo" not in found or not found["lo"]["up"] \
        or "127.0.0.1/8" in found["lo"]["addresses"]


def utmp(kind, line, user, host, seconds):
    return struct.pack("hi32s4s32s256shhiii16s20s", kind, 1, line.encode(),
                       b"", user.encode(), host.encode(), 0, 0, 0, seconds, 0,
                       b"", b"")


def test_users_are_those_of_utmp():
    text = utmp(2, "~", "reboot", "", 1) \
        + utmp(7, "pts/0", "anna", "192.0.2.9", 1800000000) \
        + utmp(8, "pts/1", "gone", "", 5) + utmp(7, "tty1", "x" * 32, "", 9)
    with served({"/run/utmp": text + b"half an entry"}) as (_, _, client):
        users = of_kind(ask(client, "SYSTEM INFO"), "user")
    assert users == [
        {"kind": "user", "name": "anna", "terminal": "pts/0",
         "host": "192.0.2.9", "since": "2027-01-15T08:00:00Z"},
        {"kind": "user", "name": "x" * 32, "terminal": "tty1",
         "since": "1970-01-01T00:00:09Z"}], users


def test_a_limit_of_users():
    text = b"".join(utmp(7, "pts/%d" % i, "user%d" % i, "", 9)
                    for i in range(LIMIT_USERS + 1))
    with served({"/run/utmp": text}) as (_, _, client):
        users = of_kind(ask(client, "SYSTEM INFO"), "user")
    assert len(users) == LIMIT_USERS
    assert users[-1]["name"] == "user%d" % (LIMIT_USERS - 1), users[-1]


def test_time_is_that_of_the_zone():
    with served() as (machine, _, client):
        os.symlink("/usr/share/zoneinfo/Europe/Berlin",
                   machine.path("/etc/localtime"))
        answer = one(client, "SYSTEM TIME")
        assert answer["timezone"] == "Europe/Berlin", answer
        assert answer["utc_offset_seconds"] in (3600, 7200)
        assert answer["local_time"][-5:] in ("+0100", "+0200")
        assert answer["synchronized"] in (True, False)
        os.unlink(machine.path("/etc/localtime"))
        assert one(client, "SYSTEM TIME")["timezone"] == "UTC"


def test_reading_needs_no_more_than_a_read_ceiling():
    with scratch.Machine(FILES) as machine, machine.daemon(
            "--listen", "S.reeve ceiling=read") as daemon, \
            daemon.client("panel") as client:
        for verb in ("PING", "INFO", "TIME", "METRICS", "UPDATES-NEEDED"):
            client.check("SYSTEM " + verb)
        refused(client, "SYSTEM HOSTNAME web2", "FORBIDDEN")


# --- What is set, in files ---

def test_hostname_in_a_file():
    with served() as (machine, _, client):
        assert "+web2" in client.check("SYSTEM HOSTNAME --dry-run web2").text
        assert machine.read("/etc/hostname") == "web1\n"
        assert one(client, "SYSTEM HOSTNAME WEB2.Example.org") == {
            "changed": True, "hostname": "web2.example.org"}
        assert machine.read("/etc/hostname") == "web2.example.org\n"
        assert not one(client, "SYSTEM HOSTNAME web2.example.org")["changed"]


def test_timezone_in_files():
    with served({"/etc/timezone": "Etc/UTC\n"}) as (machine, _, client):
        link = machine.path("/etc/localtime")
        text = client.check("SYSTEM TIMEZONE --dry-run Europe/Berlin").text
        assert "set timezone to Europe/Berlin (now unset)" in text, text
        assert not os.path.lexists(link)
        assert one(client, "SYSTEM TIMEZONE Europe/Berlin") == {
            "changed": True, "timezone": "Europe/Berlin"}
        assert os.readlink(link) == "../usr/share/zoneinfo/Europe/Berlin"
        assert machine.read("/etc/timezone") == "Europe/Berlin\n"
        assert not one(client, "SYSTEM TIMEZONE Europe/Berlin")["changed"]
        client.check("SYSTEM TIMEZONE Etc/UTC")
        assert os.readlink(link) == "../usr/share/zoneinfo/Etc/UTC"
        assert sorted(name for name in os.listdir(machine.path("/etc"))
                      if name.startswith(".")) == []


def test_a_copied_zone_becomes_a_link():
    with served({"/etc/localtime": ZONE}) as (machine, _, client):
        assert one(client, "SYSTEM TIMEZONE Europe/Berlin")["changed"]
        assert os.path.islink(machine.path("/etc/localtime"))


def test_E5_a_zone_is_a_name_in_the_database_and_never_a_path():
    secret = {"/etc/secret": b"TZif" + ZONE[4:],
              "/usr/share/zoneinfo/plain": "no zone",
              "/usr/share/zoneinfo/short": "TZ"}
    with served(secret) as (machine, _, client):
        zones = machine.path("/usr/share/zoneinfo/")
        os.symlink("../../../etc/secret", zones + "out")
        os.symlink("/etc/secret", zones + "absolute")
        os.symlink("Berlin", zones + "Europe/Hull")
        os.mkfifo(zones + "pipe")
        for bad in ("../../../etc/secret", "/etc/secret", "Europe/../Berlin",
                    "./Berlin", "-x", "Europe/-x", "Europe//Berlin",
                    "Europe/", '"a b"', "Europe/Berlin%0Ax", "zone.tab", '""',
                    "*"):
            assert client.call("SYSTEM TIMEZONE -- " + bad).error in (
                "INV_ARG", "SYNTAX"), bad
        refused(client, "SYSTEM TIMEZONE " + "x" * 65, "TOO_LARGE")
        for bad in ("out", "absolute", "pipe", "plain", "short", "Europe",
                    "Nowhere"):
            refused(client, "SYSTEM TIMEZONE " + bad, "NOT_FOUND")
        assert not os.path.lexists(machine.path("/etc/localtime"))
        client.check("SYSTEM TIMEZONE Europe/Hull")


def test_a_lost_database_is_told():
    with served() as (machine, _, client):
        shutil.rmtree(machine.path("/usr/share/zoneinfo"))
        assert "tzdata" in refused(client, "SYSTEM TIMEZONE Europe/Berlin",
                                   "NOT_FOUND").advice


def test_T5_a_host_name_is_a_name():
    with served() as (machine, _, client):
        for bad in ("-web", "web-", "a..b", ".a", "a.", "a_b", "a/b",
                    '"a b"', "192.0.2.1", '""', "a%0Ab", "w\u00e9b", "x" * 64):
            refused(client, "SYSTEM HOSTNAME -- " + bad, "INV_ARG")
        refused(client, "SYSTEM HOSTNAME " + "a." * 32 + "a", "TOO_LARGE")
        assert machine.read("/etc/hostname") == "web1\n"
        client.check("SYSTEM HOSTNAME " + "x" * 63)


def archive(*names):
    """A locale archive with NAMES, as far as its names go."""
    strings = b"".join(name.encode() + b"\0" for name in names)
    return struct.pack("8I", 0xde020109, 0, 0, 0, 0, 64, len(strings),
                       len(strings)) + bytes(32) + strings


def test_locale_in_files():
    with served({"/usr/lib/locale/locale-archive":
                 archive("de_DE.utf8", "en_GB"),
                 "/usr/lib/locale/fr_FR.utf8/LC_TIME": "",
                 "/etc/default/locale": "# mine\nLANG=C\nLC_ALL=x\nA=b\n"}
                ) as (machine, _, client):
        assert one(client, "SYSTEM LOCALE de_DE.UTF-8 LC_TIME=fr_FR.utf8") == {
            "changed": True,
            "locale": ["LANG=de_DE.UTF-8", "LC_TIME=fr_FR.utf8"]}
        text = "# mine\nLC_ALL=x\nA=b\nLANG=de_DE.UTF-8\n" \
            "LC_TIME=fr_FR.utf8\n"
        assert machine.read("/etc/default/locale") == text
        assert not one(client, "SYSTEM LOCALE de_DE.UTF-8 "
                       "LC_TIME=fr_FR.utf8")["changed"]
        assert not one(client, "SYSTEM LOCALE de_DE.UTF-8")["changed"]
        for missing in ("de_DE", "de_AT.UTF-8", "en_GB.UTF-8", "utf8"):
            refused(client, "SYSTEM LOCALE " + missing, "NOT_FOUND")
        client.check("SYSTEM LOCALE LANG=en_GB")
        for bad in ("LC_ALL=C", "PATH=C", "../x", "-x", '"C D"', "C;x",
                    "C%0AA=b", "LANG="):
            refused(client, "SYSTEM LOCALE -- " + bad, "INV_ARG")
        refused(client, "SYSTEM LOCALE C LANG=POSIX", "DUP_VALUE")
        refused(client, "SYSTEM LOCALE " + "C" * 65, "TOO_LARGE")


def test_locale_in_the_file_of_the_distribution():
    with served() as (machine, _, client):
        client.check("SYSTEM LOCALE C.UTF-8")
        assert machine.read("/etc/locale.conf") == "LANG=C.UTF-8\n"
    with served({"/etc/debian_version": "12\n",
                 "/etc/default/x": ""}) as (machine, _, client):
        client.check("SYSTEM LOCALE C.UTF-8")
        assert machine.read("/etc/default/locale") == "LANG=C.UTF-8\n"


def test_below_a_root_no_other_machine_goes_down():
    with served() as (_, _, client):
        for verb in ("REBOOT", "SHUTDOWN"):
            refused(client, "SYSTEM " + verb, "NOT_SUPPORTED")
            refused(client, "SYSTEM %s --delay=1h" % verb, "NOT_SUPPORTED")
            refused(client, "SYSTEM %s --cancel --delay=1h" % verb, "INV_ARG")
            assert one(client, "SYSTEM %s --cancel" % verb) == {
                "changed": False, "action": "cancel", "way": "none",
                "scheduled": "none"}


# --- The services of systemd ---

def bus_machine():
    return scratch.Machine({**FILES, "/etc/default/locale": "LANG=C\n"})


def test_hostname_by_hostnamed():
    with bus_machine() as machine, SystemBus(machine, ["hostname"]) as bus, \
            machine.daemon() as daemon, daemon.client("panel") as client:
        text = client.check("SYSTEM HOSTNAME --dry-run web2").text
        assert text == "set hostname to web2 (now web1) through systemd\n"
        assert one(client, "SYSTEM HOSTNAME web2") == {
            "changed": True, "hostname": "web2"}
        assert bus.property("hostname", "StaticHostname") == 's "web2"'
        assert machine.read("/etc/hostname") == "web2\n"
        assert not one(client, "SYSTEM HOSTNAME web2")["changed"]
        plans = [record["plan"] for record in machine.audit()
                 if record.get("verb") == "SYSTEM HOSTNAME"
                 and record["event"] == "begin"]
        assert plans == [[{"kind": "setting", "object": "hostname",
                           "before": "web1", "after": "web2"}]], plans


def test_locale_by_localed():
    with bus_machine() as machine, SystemBus(machine, ["locale"]) as bus, \
            machine.daemon() as daemon, daemon.client("panel") as client:
        assert one(client, "SYSTEM LOCALE C.UTF-8 LC_TIME=POSIX")["changed"]
        assert bus.property("locale", "Locale") \
            == 'as 2 "LANG=C.UTF-8" "LC_TIME=POSIX"'
        assert not one(client,
                       "SYSTEM LOCALE LC_TIME=POSIX C.UTF-8")["changed"]
        assert not one(client, "SYSTEM LOCALE C.UTF-8")["changed"]
        # localed drops what is the same as LANG.
        assert one(client, "SYSTEM LOCALE LC_TIME=C.UTF-8")["changed"]
        assert bus.property("locale", "Locale") == 'as 1 "LANG=C.UTF-8"'
        assert not one(client, "SYSTEM LOCALE LC_TIME=C.UTF-8")["changed"]


def test_timezone_by_timedated():
    with bus_machine() as machine, SystemBus(machine, ["timedate"]) as bus, \
            machine.daemon() as daemon, daemon.client("panel") as client:
        before = time.time() - time.monotonic()
        assert one(client, "SYSTEM TIMEZONE Europe/Berlin")["changed"]
        assert bus.property("timedate", "Timezone") == 's "Europe/Berlin"'
        assert os.readlink(machine.path("/etc/localtime")).endswith(
            "/zoneinfo/Europe/Berlin")
        assert not one(client, "SYSTEM TIMEZONE Europe/Berlin")["changed"]
        # The clock stayed where it was.
        assert abs(time.time() - time.monotonic() - before) < 5


def scheduled(bus):
    return bus.property("login", "ScheduledShutdown", ".Manager")


def test_reboot_and_shutdown_are_scheduled_and_called_off_by_logind():
    with bus_machine() as machine, SystemBus(machine, ["login"]) as bus, \
            machine.daemon() as daemon, daemon.client("panel") as client:
        assert "reboot in 3600.000 s (way: logind)" in client.check(
            "SYSTEM REBOOT --dry-run --delay=1h").text
        assert scheduled(bus).startswith('(st) "" '), scheduled(bus)
        for verb, action in (("REBOOT", "reboot"), ("SHUTDOWN", "poweroff")):
            answer = one(client, "SYSTEM %s --delay=1h" % verb)
            assert answer["changed"] and answer["action"] == action
            assert answer["way"] == "logind"
            assert answer["scheduled"] == action, answer
            kind, name, at = scheduled(bus).split()
            assert (kind, name) == ("(st)", '"%s"' % action)
            assert abs(int(at) / 1e6 - time.time() - 3600) < 60
        answer = one(client, "SYSTEM REBOOT --cancel")
        assert answer["changed"] and answer["scheduled"] == "none", answer
        assert scheduled(bus).startswith('(st) "" '), scheduled(bus)
        assert not one(client, "SYSTEM SHUTDOWN --cancel")["changed"]


def test_a_bus_without_the_services_leaves_the_files():
    with bus_machine() as machine, SystemBus(machine, []), \
            machine.daemon() as daemon, daemon.client("panel") as client:
        client.check("SYSTEM HOSTNAME web3")
        client.check("SYSTEM TIMEZONE Europe/Berlin")
        client.check("SYSTEM LOCALE C.UTF-8")
        assert machine.read("/etc/hostname") == "web3\n"
        assert machine.read("/etc/default/locale") == "LANG=C.UTF-8\n"
        refused(client, "SYSTEM REBOOT", "NOT_SUPPORTED")


# --- UPDATES-NEEDED ---

APT = """\
#!/bin/sh
cat <<'END'
Reading package lists...
Inst libc6 [2.36-9] (2.36-9+deb12u7 Debian:12.7/stable, \
Debian-Security:12/stable-security [amd64]) []
Inst new-one (1.0 Debian:12.7/stable [all])
Inst broken
Inst odd [1
Conf libc6 (2.36-9+deb12u7 Debian:12.7/stable [amd64])
END
"""


def test_what_apt_says_is_taken_apart():
    files = {"/var/lib/dpkg/status": "", "/run/reboot-required": "x\n",
             "/run/reboot-required.pkgs": "libc6\ndbus\n",
             "/boot/vmlinuz-99.10.0-1-amd64": "",
             "/boot/vmlinuz-99.9.0-1-amd64": "", "/boot/config-99.11.0": ""}
    with served(files) as (machine, _, client):
        machine.write("/usr/bin/apt-get", APT, 0o755)
        first, *packages = ask(client, "SYSTEM UPDATES-NEEDED")
    assert first == {"kind": "machine", "reboot_required": True,
                     "reasons": ["libc6", "dbus"],
                     "running_kernel": platform.release(),
                     "newest_kernel": "99.10.0-1-amd64", "updates": 2,
                     "security_updates": 1}, first
    assert packages == [
        {"kind": "package", "package": "libc6", "installed": "2.36-9",
         "candidate": "2.36-9+deb12u7", "security": True,
         "origin": "Debian:12.7/stable, Debian-Security:12/stable-security"},
        {"kind": "package", "package": "new-one", "candidate": "1.0",
         "origin": "Debian:12.7/stable", "security": False}], packages


def test_an_apt_that_fails_is_told():
    with served({"/var/lib/dpkg/status": ""}) as (machine, _, client):
        machine.write("/usr/bin/apt-get", "#!/bin/sh\necho no >&2\nexit 100\n",
                      0o755)
        reply = refused(client, "SYSTEM UPDATES-NEEDED", "GENERAL")
        assert "100" in reply.advice


def test_a_limit_of_updates():
    """An answer that is not whole is none."""
    with served({"/var/lib/dpkg/status": ""}) as (machine, _, client):
        for count, right in ((LIMIT_UPDATES_OUTPUT, True),
                             (LIMIT_UPDATES_OUTPUT + 1, False)):
            machine.write("/usr/bin/apt-get", "#!/bin/sh\n"
                          "echo 'Inst one [1] (2 x [all])'\n"
                          "head -c %d /dev/zero\n" % (count - 25), 0o755)
            reply = client.call("SYSTEM UPDATES-NEEDED")
            assert reply.ok == right, (count, reply.verdict)
            assert right or reply.error == "TOO_LARGE", reply.verdict
        machine.write("/usr/bin/apt-get", "#!/bin/sh\n"
                      "yes 'Inst one [1] (2 x [all])' | head -n 10001\n", 0o755)
        refused(client, "SYSTEM UPDATES-NEEDED", "TOO_LARGE")


# Says "twice" if two of it run at once.
SLOW_APT = """\
#!/bin/sh
mkdir %(root)s/busy || echo twice >>%(root)s/twice
sleep 1
rmdir %(root)s/busy
echo 'Inst one [1] (2 x [all])'
"""


def test_one_apt_at_a_time():
    with served({"/var/lib/dpkg/status": ""}) as (machine, daemon, client):
        machine.write("/usr/bin/apt-get", SLOW_APT % {"root": machine.root},
                      0o755)
        others = [daemon.client("panel") for _ in range(3)]
        for each in client, *others[:2]:
            each.send("SYSTEM UPDATES-NEEDED")
        time.sleep(0.3)
        others[2].send("SYSTEM UPDATES-NEEDED --timeout=500ms")
        assert others[2].read_reply().error == "TIMEOUT"
        for each in client, *others[:2]:
            reply = each.read_reply()
            assert reply.ok and "updates: 1" in reply.text, reply.lines
        assert machine.read("/twice") is None
        for each in others:
            each.close()


PACKAGE = """\
Package: reeve-example
Version: %s
Architecture: all
Maintainer: Nobody <nobody@example.org>
Description: nothing
"""


def test_updates_of_the_real_apt():
    if not shutil.which("apt-get"):
        raise tap.Skip("machine: this system has no apt")
    with served() as (machine, _, client):
        for folder in ("etc/apt/apt.conf.d", "etc/apt/preferences.d",
                       "etc/apt/sources.list.d", "etc/apt/trusted.gpg.d",
                       "var/lib/apt/lists/partial", "var/lib/dpkg", "repo",
                       "var/cache/apt/archives/partial"):
            os.makedirs(machine.path("/" + folder), exist_ok=True)
        machine.write("/var/lib/dpkg/status", PACKAGE % "1.0"
                      + "Status: install ok installed\n")
        machine.write("/repo/Packages", PACKAGE % "1.1"
                      + "Filename: ./x.deb\nSize: 1\nSHA256: %s\n"
                      % hashlib.sha256(b"x").hexdigest())
        machine.write("/etc/apt/sources.list", "deb [trusted=yes] file:%s ./\n"
                      % machine.path("/repo"))
        status = "Dir::State::status=" + machine.path("/var/lib/dpkg/status")
        subprocess.run(["apt-get", "-o", "Dir=%s/" % machine.root, "-o",
                        status, "-o", "APT::Sandbox::User=", "update"],
                       check=True, capture_output=True, timeout=60)
        before = sorted(os.listdir(machine.path("/var/cache/apt")))
        first, package = ask(client, "SYSTEM UPDATES-NEEDED")
        assert first["updates"] == 1 and first["security_updates"] == 0
        assert (package["package"], package["installed"],
                package["candidate"]) == ("reeve-example", "1.0", "1.1")
        assert sorted(os.listdir(machine.path("/var/cache/apt"))) == before


# --- METRICS ---

def calls(client):
    return {record["verb"]: record for record
            in of_kind(ask(client, "SYSTEM METRICS"), "calls")}


def test_metrics_count_a_known_series():
    with served() as (_, daemon, client):
        for _ in range(7):
            client.check("SYSTEM PING")
        for _ in range(3):
            refused(client, "SYSTEM TIMEZONE Nowhere", "NOT_FOUND")
        refused(client, "SYSTEM PING x", "TOO_MANY")
        refused(client, "SYSTEM FLY", "UNKNOWN_COMMAND")
        with daemon.client("nobody") as nobody:
            refused(nobody, "SYSTEM INFO", "FORBIDDEN")
            found = ask(client, "SYSTEM METRICS")
            assert found[0]["clients"] == 2
        assert found[0]["connections"] >= 3
        gates = {record["gate"]: record["count"]
                 for record in of_kind(found, "refusals")}
        assert gates["parse"] == 2 and gates["policy"] == 1, gates
        assert sum(gates.values()) == 3
        by_verb = calls(client)
        ping = by_verb["SYSTEM PING"]
        assert (ping["ok"], ping["error"], ping["refused"],
                ping["canceled"]) == (7, 0, 1, 0), ping
        assert by_verb["SYSTEM TIMEZONE"]["error"] == 3
        assert by_verb["SYSTEM INFO"]["refused"] == 1
        assert "SYSTEM TIME" not in by_verb
        for record in by_verb.values():
            counts = list(record["buckets"].values())
            assert counts == sorted(counts)
            assert counts[-1] == sum(record[key] for key in (
                "ok", "error", "refused", "canceled"))
            assert 0 < record["seconds"] < 60


SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="[^"\\\n]*",?)*)\})? (\S+)')


def check_prometheus(text):
    """What promtool's rules ask; returns the samples by name and labels."""
    types, helps, samples, order = {}, set(), {}, []
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split()[2]
            assert name not in helps and len(line.split()) > 3
            helps.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name in helps and name not in types
            types[name] = kind
            order.append(name)
        else:
            name, labels, value = SAMPLE.fullmatch(line).groups()
            base = name if name in types \
                else re.sub("_(bucket|sum|count)$", "", name)
            assert base == order[-1], line  # A family stands together.
            assert name.startswith("reeve_")
            assert (name, labels) not in samples, line
            samples[name, labels] = float(value)
    for name, kind in types.items():
        assert (kind == "counter") == name.endswith("_total"), name
        assert not re.search("_(ms|milliseconds|minutes|kb|kib|mb)", name)
    return samples


def check_histograms(samples):
    series = {}
    for (name, labels), value in samples.items():
        if name.endswith("_bucket"):
            rest, bound = re.fullmatch(r'(.*),le="([^"]+)"', labels).groups()
            series.setdefault((name[:-7], rest), []).append(
                (float(bound), value))
    assert series
    for (name, labels), buckets in series.items():
        assert buckets == sorted(buckets) and buckets[-1][0] == float("inf")
        values = [value for _, value in buckets]
        assert values == sorted(values)
        assert samples[name + "_count", labels] == values[-1]
        assert samples[name + "_sum", labels] >= 0


def test_metrics_for_prometheus():
    with served() as (_, _, client):
        for line in ("SYSTEM PING", "AUG GET /files/etc/hosts",
                     "SYSTEM INFO", "SYSTEM TIMEZONE Nowhere"):
            client.call(line)
        text = client.check("SYSTEM METRICS --format=prometheus").text
        samples = check_prometheus(text)
        check_histograms(samples)
        assert samples["reeve_calls_total",
                       'noun="SYSTEM",verb="PING",outcome="ok"'] == 1
        assert samples["reeve_calls_total",
                       'noun="SYSTEM",verb="TIMEZONE",outcome="error"'] == 1


def test_metrics_please_promtool():
    if not shutil.which("promtool"):
        raise tap.Skip("no promtool (Debian: prometheus)")
    with served() as (_, _, client):
        client.check("SYSTEM PING")
        text = client.check("SYSTEM METRICS --format=prometheus").text
    done = subprocess.run(["promtool", "check", "metrics"], text=True,
                          input=text, capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_metrics_survive_a_killed_session():
    with served() as (_, daemon, client):
        with daemon.client("panel") as victim:
            victim.check("SYSTEM PING")
            children = subprocess.run(
                ["ps", "-o", "pid=,comm=", "--ppid",
                 str(daemon.process.pid)], capture_output=True, text=True,
                check=True).stdout.split("\n")
            sessions = [int(line.split()[0]) for line in children
                        if line.endswith("reeved")]
            os.kill(max(sessions), signal.SIGKILL)
        deadline = time.monotonic() + 10
        while True:
            first = ask(client, "SYSTEM METRICS")[0]
            if first["sessions_killed"] or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        assert first["sessions_killed"] == 1 and first["clients"] == 1, first
        client.check("SYSTEM PING")
        assert calls(client)["SYSTEM PING"]["ok"] == 2


def test_L8_a_worker_that_dies_is_counted_and_replaced():
    with served({"/var/lib/dpkg/status": ""}) as (machine, _, client):
        machine.write("/usr/bin/apt-get",
                      "#!/bin/sh\nkill -9 $PPID\nexec sleep 1\n", 0o755)
        refused(client, "SYSTEM UPDATES-NEEDED", "SERVER_FAILED")
        answer = ask(client, "SYSTEM METRICS")
        deaths = {record["worker"]: record["count"]
                  for record in of_kind(answer, "deaths")}
        assert deaths == {"augeas": 0, "machine": 1, "api": 0}, deaths
        client.check("SYSTEM TIME")
        time.sleep(1.2)


def test_L8_apt_is_ended_with_its_children_when_time_is_up():
    with served({"/var/lib/dpkg/status": ""}) as (machine, _, client):
        machine.write("/usr/bin/apt-get", "#!/bin/sh\nsleep 600 &\n"
                      "echo $! >%s\nwait\n" % machine.path("/child"), 0o755)
        refused(client, "SYSTEM UPDATES-NEEDED --timeout=1s", "TIMEOUT")
        child = int(machine.read("/child"))
        for _ in range(100):
            if not os.path.exists("/proc/%d" % child):
                break
            time.sleep(0.05)
        assert not os.path.exists("/proc/%d" % child)


if __name__ == "__main__":
    tap.main(globals())
