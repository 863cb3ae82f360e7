#!/usr/bin/env python3
# test-service.py - SERVICE with a real systemd
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import contextlib
import json
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import assuan  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402
from journal import entry, make_journal  # noqa: E402
from servicemanager import ServiceManager  # noqa: E402

UNITS = "/etc/systemd/system/"


def unit(text):
    return "\n".join(line.strip() for line in text.strip().split("\n")) + "\n"


FILES = {
    UNITS + "web.service": unit("""
        [Unit]
        StartLimitIntervalSec=0
        Description=A web server
        [Service]
        ExecStart=/bin/sleep 1000
        ExecReload=/bin/true
        [Install]
        WantedBy=default.target
        Alias=www.service"""),
    UNITS + "plain.service": unit("""
        [Service]
        ExecStart=/bin/sleep 1000"""),
    UNITS + "fails.service": unit("""
        [Service]
        Type=oneshot
        ExecStart=/bin/sh -c 'exit 3'"""),
    UNITS + "needs.service": unit("""
        [Unit]
        Requires=fails.service
        After=fails.service
        [Service]
        ExecStart=/bin/sleep 1000"""),
    UNITS + "slow.service": unit("""
        [Service]
        Type=oneshot
        TimeoutStartSec=60
        ExecStart=/bin/sleep 50"""),
    UNITS + "late.service": unit("""
        [Service]
        Type=oneshot
        TimeoutStartSec=1
        ExecStart=/bin/sleep 50"""),
    UNITS + "crash.service": unit("""
        [Unit]
        StartLimitIntervalSec=60
        StartLimitBurst=2
        [Service]
        Type=oneshot
        ExecStart=/bin/false"""),
    UNITS + "fork.service": unit("""
        [Service]
        Type=forking
        ExecStart=/bin/sh -c 'sleep 1000 &'"""),
    UNITS + "once.service": unit("""
        [Service]
        Type=oneshot
        ExecStart=/bin/true"""),
    UNITS + "worker@.service": unit("""
        [Unit]
        StartLimitIntervalSec=0
        [Service]
        ExecStart=/bin/sh -c 'echo %i; exec sleep 1000'"""),
    UNITS + "broken.service": "[Service]\nType=simple\n",
    UNITS + "manual.service": unit("""
        [Unit]
        RefuseManualStart=yes
        [Service]
        ExecStart=/bin/sleep 1000"""),
}

POLICY = """\
[identity panel]
key = panel.key
allow = *

[identity www]
key = panel.key
allow = SERVICE STATUS
allow = SERVICE START unit=web.service
allow = SERVICE STOP
deny = SERVICE STOP unit=web.service
"""


class Scene:
    """One machine for all tests here: a manager starts in 0.2 s."""

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.machine = stack.enter_context(scratch.Machine(FILES, POLICY))
            os.symlink("web.service",
                       self.machine.path(UNITS + "httpd.service"))
            self.manager = stack.enter_context(ServiceManager(self.machine))
            self.daemon = stack.enter_context(self.machine.daemon())
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *rest):
        self.stack.__exit__(*rest)

    def client(self, identity="panel"):
        client = assuan.Client.connect(self.machine.socket)
        client.authenticate(identity, self.machine.key("panel"))
        return client


SCENE = Scene()


def records(reply):
    assert reply.ok, reply.lines
    return [dict(line.split(": ", 1) for line in record.split("\n"))
            for record in reply.data.decode().strip("\n").split("\n\n")
            if record]


def state(client, name):
    return records(client.call("SERVICE STATUS " + name))[0]


def changed(client, line):
    return records(client.call("SERVICE " + line))[0]["changed"]


def details(reply):
    """Its details; of several with the same name, a list."""
    found = {}
    for line in reply.lines:
        if line.startswith(b"S DETAIL "):
            name, value = line.decode().split(" ", 3)[2:]
            found.setdefault(name, []).append(value)
    return found


def jobs(client):
    """Whether any unit waits for a job."""
    return [record for record in records(client.call("SERVICE LIST"))
            if record["active"] in ("activating", "deactivating")]


def until(condition, patience=10):
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_start_stop_and_their_repetition():
    with SCENE.client() as client:
        assert state(client, "web")["active"] == "inactive"
        assert changed(client, "START web") == "yes"
        now = state(client, "web")
        assert (now["active"], now["sub"], now["backend"]) \
            == ("active", "running", "systemd"), now
        assert os.path.exists("/proc/" + now["main_pid"])
        assert now["description"] == "A web server"
        assert now["fragment"] == UNITS + "web.service"
        assert abs(time.time() - time.mktime(time.strptime(
            now["since"], "%Y-%m-%dT%H:%M:%SZ")) + time.timezone) < 60
        assert changed(client, "START web") == "no"
        assert changed(client, "RELOAD web") == "yes"
        old = now["main_pid"]
        assert changed(client, "RESTART web") == "yes"
        assert state(client, "web")["main_pid"] != old
        assert changed(client, "TRY-RESTART web") == "yes"
        assert changed(client, "STOP web") == "yes"
        assert state(client, "web")["active"] == "inactive"
        assert changed(client, "STOP web") == "no"
        assert changed(client, "TRY-RESTART web") == "no"
        assert state(client, "web")["active"] == "inactive"


def test_kinds_of_units():
    with SCENE.client() as client:
        assert changed(client, "START fork") == "yes"
        assert int(state(client, "fork")["main_pid"]) > 1
        assert changed(client, "STOP fork") == "yes"
        # One that did its work is not active afterwards.
        assert changed(client, "START once") == "yes"
        assert state(client, "once")["result"] == "success"
        assert changed(client, "START worker@a-b.service") == "yes"
        assert state(client, "worker@a-b")["active"] == "active"
        assert state(client, "worker@c")["active"] == "inactive"
        assert changed(client, "STOP worker@a-b.service") == "yes"


def test_failures_name_the_result():
    with SCENE.client() as client:
        reply = client.call("SERVICE START fails")
        assert reply.error == "GENERAL", reply.lines
        told = details(reply)
        assert told["result"] == ["exit-code"] and told["job"] == ["failed"]
        assert told["active"] == ["failed"], told
        assert state(client, "fails")["active"] == "failed"
        reply = client.call("SERVICE START needs")
        assert reply.error == "NOT_OPERATIONAL", reply.lines
        assert details(reply)["job"] == ["dependency"]
        reply = client.call("SERVICE START late")
        assert reply.error in ("TIMEOUT", "GENERAL"), reply.lines
        assert details(reply)["result"] == ["timeout"]
        for name, error in (("none", "NOT_FOUND"), ("manual", "NOT_SUPPORTED"),
                            ("broken", "BAD_DATA")):
            reply = client.call("SERVICE START " + name)
            assert reply.error == error, (name, reply.lines)
        reply = client.call("SERVICE RELOAD plain")
        assert reply.error == "NOT_SUPPORTED", reply.lines
        assert changed(client, "RELOAD --force plain") == "yes"
        assert state(client, "plain")["active"] == "active"
        assert changed(client, "STOP plain") == "yes"
        assert changed(client, "RESET-FAILED fails") == "yes"
        assert state(client, "fails")["active"] == "inactive"


def test_failures_have_the_last_lines_of_the_journal():
    make_journal(SCENE.machine, "system.journal", [
        entry(number, "line %d %s" % (number, "x" * 1000),
              _SYSTEMD_UNIT="fails.service") for number in range(15)]
        + [entry(20, "of another", _SYSTEMD_UNIT="web.service")])
    with SCENE.client() as client:
        lines = details(client.call("SERVICE START fails"))["journal"]
        assert [line.split()[1] for line in lines] \
            == [str(number) for number in range(5, 15)], lines
        assert {len(line) for line in lines} == {500}, lines
        client.check("SERVICE RESET-FAILED fails")


def test_the_start_limit():
    with SCENE.client() as client:
        for _ in range(2):
            reply = client.call("SERVICE START crash")
            assert details(reply)["result"] == ["exit-code"], reply.lines
        reply = client.call("SERVICE START crash")
        assert reply.error == "LIMIT_REACHED", reply.lines
        assert "RESET-FAILED" in reply.advice
        client.check("SERVICE RESET-FAILED crash")
        reply = client.call("SERVICE START crash")
        assert details(reply)["result"] == ["exit-code"], reply.lines


def test_files_of_units():
    with SCENE.client() as client:
        assert state(client, "web")["enabled"] == "disabled"
        assert changed(client, "ENABLE web") == "yes"
        assert state(client, "web")["enabled"] == "enabled"
        link = SCENE.machine.path(
            "/etc/systemd/user/default.target.wants/web.service")
        assert os.path.islink(link)
        assert changed(client, "ENABLE web") == "no"
        assert changed(client, "DISABLE web") == "yes"
        assert not os.path.lexists(link)
        assert changed(client, "DISABLE web") == "no"
        reply = client.call("SERVICE ENABLE plain")
        assert reply.error == "NOT_SUPPORTED", reply.lines
        assert changed(client, "MASK plain") == "yes"
        assert changed(client, "MASK plain") == "no"
        reply = client.call("SERVICE START plain")
        assert reply.error == "INV_STATE", reply.lines
        assert "UNMASK" in reply.advice
        assert changed(client, "UNMASK plain") == "yes"
        assert changed(client, "START plain") == "yes"
        assert changed(client, "STOP plain") == "yes"


def test_a_dry_run_changes_nothing():
    with SCENE.client() as client:
        for line, text in (("START web", "start web.service (now inactive)"),
                           ("ENABLE web", "enable web.service (now disabled)"),
                           ("MASK web", "mask web.service (now loaded)")):
            verb, name = line.split()
            reply = client.check("SERVICE %s --dry-run %s" % (verb, name))
            assert reply.text.strip() == text, reply.text
        now = state(client, "web")
        assert (now["active"], now["enabled"], now["load"]) \
            == ("inactive", "disabled", "loaded")


def test_the_audit_has_before_and_after():
    with SCENE.client() as client:
        client.check("SERVICE START web")
        client.check("SERVICE STOP web")
    plans = [record["plan"] for record in SCENE.machine.audit()
             if record["event"] == "begin"][-2:]
    assert plans == [
        [{"kind": "unit", "object": "web.service", "before": "inactive",
          "after": "active"}],
        [{"kind": "unit", "object": "web.service", "before": "active",
          "after": "inactive"}]], plans


def test_policy_knows_a_unit_by_all_its_names():
    with SCENE.client("www") as client:
        assert state(client, "httpd")["unit"] == "web.service"
        assert changed(client, "START httpd") == "yes"
        for name in ("web", "httpd", "httpd.service"):
            reply = client.call("SERVICE STOP " + name)
            assert reply.error == "FORBIDDEN", (name, reply.lines)
        reply = client.call("SERVICE START plain")
        assert reply.error == "FORBIDDEN", reply.lines
        assert state(client, "web")["active"] == "active"
    with SCENE.client() as client:
        client.check("SERVICE STOP httpd")


def test_time_ends_the_job():
    with SCENE.client() as client:
        start = time.monotonic()
        reply = client.call("SERVICE START --timeout=1 slow")
        assert reply.error == "TIMEOUT", reply.lines
        assert time.monotonic() - start < 10
        assert until(lambda: not jobs(client)), jobs(client)


def test_cancel_ends_the_job():
    with SCENE.client() as client, SCENE.client() as other:
        client.send("SERVICE START slow")
        assert until(lambda: jobs(other))
        client.send("CANCEL")
        reply = client.read_reply()
        assert reply.error == "CANCELED", reply.lines
        assert until(lambda: not jobs(other)), jobs(other)


def test_a_client_that_vanishes_leaves_no_job():
    with SCENE.client() as other:
        client = SCENE.client()
        client.send("SERVICE START slow")
        assert until(lambda: jobs(other))
        client.close()
        assert until(lambda: not jobs(other)), jobs(other)
    ends = [record for record in SCENE.machine.audit()
            if record["event"] == "end"]
    assert until(lambda: [r for r in SCENE.machine.audit()
                          if r["event"] == "end"][-1]["outcome"] != "ok"), ends


def test_a_killed_session_leaves_no_job():
    with SCENE.client() as other:
        client = SCENE.client()
        client.send("SERVICE START slow")
        assert until(lambda: jobs(other))
        children = subprocess.run(
            ["pgrep", "-P", str(SCENE.daemon.process.pid), "-x", "reeved"],
            capture_output=True, text=True, check=True).stdout.split()
        for pid in children:
            worker = subprocess.run(["pgrep", "-P", pid, "-f", "change"],
                                    capture_output=True, check=False).stdout
            if worker:
                os.kill(int(pid), 9)
        assert until(lambda: not jobs(other)), jobs(other)
        client.close()


def test_a_long_job_holds_up_nobody():
    with SCENE.client() as client, SCENE.client() as other:
        client.send("SERVICE START slow")
        assert until(lambda: jobs(other))
        start = time.monotonic()
        assert changed(other, "START web") == "yes"
        assert changed(other, "STOP web") == "yes"
        other.check("AUG SET /files/etc/hosts/1/ipaddr 127.0.0.1")
        other.check("AUG SET /files/etc/hosts/1/canonical here")
        other.check("AUG SAVE")
        assert time.monotonic() - start < 10
        client.send("CANCEL")
        client.read_reply()


def test_many_at_once():
    failed = []

    def work(name):
        try:
            with SCENE.client() as client:
                for _ in range(5):
                    client.check("SERVICE START " + name)
                    client.check("SERVICE STOP " + name)
        except Exception as error:  # pylint: disable=broad-except
            failed.append(error)

    threads = [threading.Thread(target=work, args=("worker@%d.service" % i,))
               for i in range(6)]
    with SCENE.client() as client:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed, failed
        assert not jobs(client)


def test_lists():
    with SCENE.client() as client:
        client.check("SERVICE START web")
        listed = {record["unit"]: record
                  for record in records(client.call("SERVICE LIST"))}
        assert listed["web.service"]["active"] == "active"
        assert listed["plain.service"]["load"] in ("loaded", "not-loaded")
        assert "basic.target" not in listed
        active = records(client.call("SERVICE LIST --state=active"))
        assert "web.service" in [record["unit"] for record in active]
        assert {record["active"] for record in active} == {"active"}
        targets = records(client.call("SERVICE LIST --type=target"))
        assert "basic.target" in [record["unit"] for record in targets]
        kinds = {(record["kind"], record["unit"]) for record in
                 records(client.call("SERVICE DEPS needs"))}
        assert ("requires", "fails.service") in kinds, kinds
        # Of those that are loaded.
        kinds = {(record["kind"], record["unit"]) for record in
                 records(client.call("SERVICE DEPS --reverse basic.target"))}
        assert ("required-by", "web.service") in kinds, kinds
        client.check("SERVICE STOP web")


def test_show_tells_what_systemd_knows():
    with SCENE.client() as client:
        client.check("OPTION output=json")
        reply = client.check("SERVICE SHOW web")
        shown = json.loads(reply.data)
        assert shown["Id"] == "web.service" and shown["LoadState"] == "loaded"
        assert shown["ExecStart"][0][0] == "/bin/sleep", shown["ExecStart"]
        assert shown["ExecStart"][0][1] == ["/bin/sleep", "1000"]
        assert len(shown) > 200
        reply = client.check("SERVICE SHOW --property=Names web")
        assert json.loads(reply.data)["Names"], reply.data
        reply = client.call("SERVICE SHOW --property=Colour web")
        assert reply.error == "NOT_FOUND", reply.lines


def test_watching():
    with SCENE.client() as client, SCENE.client() as other:
        client.send("SERVICE WATCH web")
        assert client.read_line() == b"S UNIT web.service inactive dead"
        other.check("SERVICE START web")
        assert until(lambda: client.read_line()
                     == b"S UNIT web.service active running")
        other.check("SERVICE START plain")
        other.check("SERVICE STOP plain")
        other.check("SERVICE STOP web")
        seen = []
        while not seen or seen[-1] != b"S UNIT web.service inactive dead":
            seen.append(client.read_line())
        assert not [line for line in seen if b"plain" in line], seen
        client.send("CANCEL")
        reply = client.read_reply()
        assert reply.error == "CANCELED", reply.lines


def test_a_manager_that_goes_is_told():
    """Last: the manager is gone afterwards."""
    with SCENE.client() as client:
        assert state(client, "web")["active"] == "inactive"
        SCENE.manager.__exit__()
        reply = client.call("SERVICE STATUS web")
        assert reply.error in ("GENERAL", "NO_SERVICE"), reply.lines
        reply = client.call("SERVICE STATUS web")
        assert reply.error == "NO_SERVICE", reply.lines


if __name__ == "__main__":
    try:
        with SCENE:
            tap.main(globals())
    except tap.Skip as skip:
        print("1..0 # SKIP %s" % skip)
        sys.exit(77)
