#!/usr/bin/env python3
# test-boot.py - reeved as a service of a real systemd, process 1
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs within tests/lib/container.py; from outside, it boots that first, and
once more for what ends the container: a reboot and a shutdown."""

import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import container  # noqa: E402
import tap  # noqa: E402

FILES = {"/etc/hosts": "127.0.0.1 localhost\n"}
NGINX = "/etc/nginx/nginx.conf"
CAP_SYS_TIME = 25  # linux/capability.h


def systemctl(*words):
    """What systemctl prints; its exit status is often no failure."""
    return subprocess.run(["systemctl", *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60,
                          check=False).stdout.strip()


def fields(reply):
    """The fields of an answer's first record."""
    record = reply.text.split("\n\n")[0]
    return dict(line.split(": ", 1) for line in record.splitlines()
                if ": " in line)


def call(line):
    with container.client() as client:
        return client.check(line)


def refused(line):
    with container.client() as client:
        reply = client.call(line)
    assert reply.error, (line, reply.lines)
    return reply


def test_reeved_runs_as_its_units_say():
    print("# " + systemctl("enable", "--now", "reeved.socket",
                           "reeved.service").replace("\n", "\n# "))
    assert systemctl("is-active", "reeved.service") == "active"
    assert systemctl("is-enabled", "reeved.socket") == "enabled"
    assert os.stat("/run/reeve").st_mode & 0o777 == 0o755
    assert os.stat("/var/log/reeve").st_mode & 0o777 == 0o700


def test_session_words():
    with container.client() as client:
        assert client.check("GETINFO version").text
        assert client.check("HELP").comments
        assert client.call("NO SUCH").error


def test_files_of_the_system():
    with container.client() as client:
        client.check("AUG SET /files/etc/hosts/1/ipaddr 127.0.0.2")
        client.check("AUG SAVE")
    with open("/etc/hosts", encoding="utf-8") as file:
        assert file.read() == "127.0.0.2 localhost\n"


def test_reload_and_restart_of_reeved():
    before = systemctl("show", "-P", "MainPID", "reeved.service")
    systemctl("reload", "reeved.service")
    assert systemctl("show", "-P", "MainPID", "reeved.service") == before
    systemctl("restart", "reeved.service")
    after = systemctl("show", "-P", "MainPID", "reeved.service")
    assert after not in ("0", before)
    call("GETINFO version")


def test_nginx_stops_and_starts():
    stopped = fields(call("SERVICE STOP nginx"))
    assert stopped["changed"] == "yes", stopped
    assert systemctl("is-active", "nginx") == "inactive"
    assert fields(call("SERVICE STOP nginx"))["changed"] == "no"
    call("SERVICE START nginx")
    assert systemctl("is-active", "nginx") == "active"
    status = fields(call("SERVICE STATUS nginx"))
    assert (status["active"], status["sub"]) == ("active", "running"), status
    assert status["main_pid"] == systemctl("show", "-P", "MainPID", "nginx")


def test_nginx_restarts_and_reloads():
    before = systemctl("show", "-P", "MainPID", "nginx")
    call("SERVICE RELOAD nginx")
    assert systemctl("show", "-P", "MainPID", "nginx") == before
    call("SERVICE RESTART nginx")
    assert systemctl("show", "-P", "MainPID", "nginx") not in ("0", before)


def test_F1_a_service_that_does_not_start_is_an_error_with_its_words():
    with open(NGINX, encoding="utf-8") as file:
        good = file.read()
    with open(NGINX, "w", encoding="utf-8") as file:
        file.write("no_such_word;\n" + good)
    try:
        reply = refused("SERVICE RESTART nginx")
        assert b"no_such_word" in b"\n".join(reply.lines), reply.lines
        assert systemctl("is-active", "nginx") == "failed"
        assert fields(call("SERVICE STATUS nginx"))["active"] == "failed"
        call("SERVICE RESET-FAILED nginx")
        assert systemctl("is-active", "nginx") == "inactive"
    finally:
        with open(NGINX, "w", encoding="utf-8") as file:
            file.write(good)
    call("SERVICE START nginx")


def test_units_are_disabled_masked_and_back():
    for verb, state in (("DISABLE", "disabled"), ("ENABLE", "enabled")):
        assert fields(call("SERVICE %s cron" % verb))["changed"] == "yes"
        assert systemctl("is-enabled", "cron") == state
        assert fields(call("SERVICE %s cron" % verb))["changed"] == "no"
    call("SERVICE STOP cron")
    call("SERVICE MASK cron")
    assert systemctl("is-enabled", "cron") == "masked"
    refused("SERVICE START cron")
    call("SERVICE UNMASK cron")
    call("SERVICE START cron")
    assert systemctl("is-active", "cron") == "active"


def test_logs_of_a_unit():
    assert "nginx" in call("SERVICE LOGS --lines=20 nginx").text


def test_hostname_by_hostnamed():
    assert fields(call("SYSTEM HOSTNAME gate"))["changed"] == "yes"
    assert os.uname().nodename == "gate"
    with open("/etc/hostname", encoding="utf-8") as file:
        assert file.read() == "gate\n"
    assert fields(call("SYSTEM HOSTNAME gate"))["changed"] == "no"
    assert systemctl("is-active", "systemd-hostnamed") == "active"


def test_the_clock_cannot_be_set():
    """It is that of this machine, and the first zone that a kernel is told
    moves it."""
    with open("/proc/1/status", encoding="ascii") as file:
        bounding = re.search("CapBnd:\t(.*)", file.read()).group(1)
    assert not int(bounding, 16) >> CAP_SYS_TIME & 1, bounding


def test_timezone_by_timedated():
    assert fields(call("SYSTEM TIMEZONE Europe/Berlin"))["changed"] == "yes"
    assert os.readlink("/etc/localtime").endswith("zoneinfo/Europe/Berlin")
    assert systemctl("is-active", "systemd-timedated") == "active"
    refused("SYSTEM TIMEZONE Europe/Nowhere")
    assert os.readlink("/etc/localtime").endswith("zoneinfo/Europe/Berlin")


def test_locale_by_localed():
    call("SYSTEM LOCALE C.UTF-8 LC_TIME=C.UTF-8")
    assert systemctl("is-active", "systemd-localed") == "active"
    assert fields(call("SYSTEM LOCALE C.UTF-8 LC_TIME=C.UTF-8"))["changed"] \
        == "no"
    refused("SYSTEM LOCALE xx_XX.UTF-8")


def test_reboot_later_is_called_off_by_logind():
    planned = fields(call("SYSTEM REBOOT --delay=10min"))
    assert (planned["way"], planned["scheduled"]) == ("logind", "reboot"), \
        planned
    assert os.path.exists("/run/systemd/shutdown/scheduled")
    assert fields(call("SYSTEM REBOOT --cancel"))["changed"] == "yes"
    assert not os.path.exists("/run/systemd/shutdown/scheduled")
    assert fields(call("SYSTEM REBOOT --cancel"))["changed"] == "no"


def test_info():
    info = fields(call("SYSTEM INFO"))
    assert info["hostname"] == "gate", info
    assert info["distribution_id"] == "debian", info


def test_mount_of_what_is_not_there():
    refused("HW MOUNT 11111111-2222-3333-4444-555555555555 /mnt/none")


def end_by(line, status):
    """What LINE ends a booted system with."""
    outcome = container.boot(__file__, line.split()[1].lower(), FILES,
                             end="")
    assert outcome.status == status, (outcome.status, outcome.lines,
                                      outcome.journal[-4000:])


def go_down(verb):
    """Within a container of its own: not to return."""
    systemctl("start", "reeved.socket")
    print(call("SYSTEM " + verb.upper()).text, flush=True)
    time.sleep(60)
    print("still here", flush=True)
    systemctl("--force", "exit", "3")


def outside(report):
    """What is told beside what the first container told."""
    report.run("reboot", lambda: end_by("SYSTEM REBOOT", -signal.SIGHUP))
    report.run("shutdown", lambda: end_by("SYSTEM SHUTDOWN", -signal.SIGINT))


if not container.inside():
    container.relay(__file__, FILES, outside)
elif sys.argv[1:] in (["reboot"], ["shutdown"]):
    go_down(sys.argv[1])
else:
    tap.main(globals())
