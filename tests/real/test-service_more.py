#!/usr/bin/env python3
# test-service_more.py - SERVICE with a real systemd: what goes wrong
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that end in other ways than they should, clients and managers that go
in the middle, and what a policy hides.  That no job is left is asked of
systemctl, which shares nothing with reeve."""

import contextlib
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import attack  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402
from attack import until  # noqa: E402
from servicemanager import ServiceManager  # noqa: E402

UNITS = "/etc/systemd/system/"
SLEEP = "ExecStart=/bin/sleep 1000"


def service(*lines, head=(), end=()):
    text = ["[Unit]", "StartLimitIntervalSec=0", *head, "[Service]", *lines]
    return "\n".join([*text, *(["[Install]", *end] if end else []), ""])


FILES = {
    "web": service(SLEEP, end=["WantedBy=default.target"]),
    "other": service(SLEEP),
    "worker@": service(SLEEP),
    "slow": service("Type=oneshot", "ExecStart=/bin/sleep 50"),
    # Its start is quick but once; a restart is not.
    "often": service("Type=forking", "ExecStart=/bin/sh -c '"
                     "[ ! -e %t/often ] || sleep 50; "
                     ": >%t/often; sleep 1000 &'"),
    "stays": service("ExecStart=/bin/sh -c 'trap \"\" TERM; "
                     "while :; do sleep 0.1; done'", "TimeoutStopSec=60",
                     "ExecStop=/bin/sleep 50"),
    "deaf": service("ExecStart=/bin/sh -c 'trap \"\" TERM; "
                    ": >%t/deaf; while :; do sleep 0.1; done'",
                    "TimeoutStopSec=1"),
    "absent": service("Type=exec", "ExecStart=/nonexistent/program"),
    "waits": service(SLEEP, head=["After=slow.service",
                                  "Requires=slow.service",
                                  "JobTimeoutSec=1"]),
    "asserts": service(SLEEP, head=["AssertPathExists=/nonexistent"]),
    "condition": service(SLEEP, head=["ConditionPathExists=/nonexistent"]),
    "reloads": service(SLEEP, "ExecReload=/bin/false"),
    "forges": service(SLEEP, r'Environment="A=1\nActiveState: forged"'),
}
FILES = {UNITS + name + ".service": text for name, text in FILES.items()}
FILES[UNITS + "web.timer"] = "[Timer]\nOnActiveSec=1h\n"

POLICY = """\
[identity panel]
key = panel.key
allow = *

[identity web]
key = reader.key
allow = SERVICE STATUS unit=web.service
allow = SERVICE WATCH unit=web.service
allow = SERVICE LOGS unit=web.service

[identity nobody]
key = nobody.key

[identity ghost]
key = ghost.key
allow = SERVICE *
deny  = SERVICE START unit=worker@no.service
deny  = SERVICE START unit=alias.service
"""
KEYS = {"web": "reader"}


class Scene:
    """A machine with a manager, for all tests here."""

    def __enter__(self):
        self.ends = contextlib.ExitStack()
        with self.ends:
            self.machine = self.ends.enter_context(
                scratch.Machine(FILES, POLICY))
            for name, target in (("alias", "other"), ("helper@", "worker@")):
                os.symlink(target + ".service", self.machine.path(
                    UNITS + name + ".service"))
            self.manager = self.ends.enter_context(
                ServiceManager(self.machine))
            self.daemon = self.ends.enter_context(self.machine.daemon())
            self.ends = self.ends.pop_all()
        return self

    def __exit__(self, *rest):
        return self.ends.__exit__(*rest)

    def client(self, identity="panel"):
        client = self.daemon.client()
        client.authenticate(identity, self.machine.key(
            KEYS.get(identity, identity)))
        return client

    def systemctl(self, *words):
        return subprocess.run(
            ["systemctl", "--user", "--no-pager", *words], check=True,
            capture_output=True, text=True, timeout=20,
            env={**os.environ, "XDG_RUNTIME_DIR": self.machine.path("/run")}
        ).stdout.strip()

    def active(self, unit):
        return self.systemctl("show", "--property=ActiveState", "--value",
                              unit)

    def has_job(self, unit):
        return unit in self.systemctl("list-jobs", "--no-legend").split()

    def pid(self):
        """Of the manager, a child of the shell that made its mounts."""
        return next(pid for pid in attack.children(self.manager.process.pid))

    def quiet(self):
        """Whether no job is left, and no worker that changes something."""
        return not self.systemctl("list-jobs", "--no-legend") \
            and not changing(self.daemon)


SCENE = Scene()


def changing(daemon):
    """The workers that carry out a step: the children of sessions."""
    found = []
    for pid in attack.descendants(daemon.process.pid):
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"reeve-machine") and b"--change" in words:
            found.append(pid)
    return found


def fields(reply):
    assert reply.ok, reply.lines
    return dict(line.split(": ", 1)
                for line in reply.text.split("\n\n")[0].splitlines())


def begin(client, line, unit):
    """Send LINE, which makes a job for UNIT, and return when it has one."""
    client.send(line)
    assert until(lambda: SCENE.has_job(unit)), SCENE.manager.messages()


def test_F9_nobody_changes_what_no_rule_allows():
    """First: of a flood of refusals the log has the first ten only."""
    verbs = ["START", "STOP", "RESTART", "RELOAD", "TRY-RESTART", "ENABLE",
             "DISABLE", "MASK", "UNMASK", "RESET-FAILED"]
    with SCENE.client("nobody") as client:
        for verb in verbs + ["STATUS", "SHOW", "DEPS", "LOGS", "WATCH"]:
            reply = client.call("SERVICE %s web" % verb)
            assert reply.error == "FORBIDDEN", (verb, reply.lines)
        assert client.call("SERVICE LIST").error == "FORBIDDEN"
    refused = [(record["verb"], record["gate"], record["outcome"])
               for record in SCENE.machine.audit()
               if record["event"] == "refused"]
    assert refused[:10] == [("SERVICE " + verb, "policy", "refused")
                            for verb in verbs], refused
    assert SCENE.active("web.service") == "inactive"


def test_a_job_that_ends_by_its_own_time_names_it():
    with SCENE.client() as client:
        reply = client.call("SERVICE START waits")
        assert reply.error == "TIMEOUT", reply.lines
        assert reply.details["job"] == "timeout", reply.lines
        client.check("SERVICE STOP slow")
        assert until(SCENE.quiet)


def test_a_program_that_is_not_there():
    with SCENE.client() as client:
        reply = client.call("SERVICE START absent")
        assert reply.error == "GENERAL", reply.lines
        assert reply.details["result"] == "exit-code", reply.lines
        assert reply.details["active"] == "failed", reply.lines


def test_OK_of_a_start_means_that_it_was_started():
    with SCENE.client() as client:
        reply = client.call("SERVICE START asserts")
        assert reply.error == "GENERAL", reply.lines
        assert "(assert)" in reply.advice, reply.lines
        reply = client.call("SERVICE START condition")
        assert SCENE.active("condition.service") == "inactive"
        assert reply.error == "INV_STATE", reply.lines


def test_a_reload_that_fails():
    with SCENE.client() as client:
        client.check("SERVICE START reloads")
        reply = client.call("SERVICE RELOAD reloads")
        assert reply.error == "GENERAL", reply.lines
        assert SCENE.active("reloads.service") == "active"
        client.check("SERVICE STOP reloads")
        # What does not run has nothing to read.
        reply = client.call("SERVICE RELOAD reloads")
        assert reply.error, reply.lines
        assert SCENE.active("reloads.service") != "active"


def test_a_unit_that_does_not_want_to_stop_is_killed_and_told():
    with SCENE.client() as client:
        client.check("SERVICE START deaf")
        assert until(lambda: os.path.exists(
            "/proc/%s/root%s" % (fields(client.call("SERVICE STATUS deaf"))
                                 ["main_pid"],
                                 SCENE.machine.path("/run/deaf"))))
        start = time.monotonic()
        now = fields(client.call("SERVICE STOP deaf"))
        assert time.monotonic() - start > 0.9
        assert (now["changed"], now["result"]) == ("yes", "timeout"), now
        client.check("SERVICE RESET-FAILED deaf")


def test_a_stop_that_is_given_up():
    with SCENE.client() as client:
        client.check("SERVICE START stays")
        reply = client.call("SERVICE STOP --timeout=1 stays")
        assert reply.error == "TIMEOUT", reply.lines
        assert until(SCENE.quiet), SCENE.systemctl("list-jobs")
        SCENE.systemctl("kill", "--signal=KILL", "stays.service")


def test_a_restart_whose_client_vanishes():
    with SCENE.client() as client:
        client.check("SERVICE START often")
        begin(client, "SERVICE RESTART often", "often.service")
    assert until(SCENE.quiet, 15), SCENE.systemctl("list-jobs")
    # It ran before, so it is not stopped: its start goes on by itself.
    assert SCENE.active("often.service") in ("active", "activating")
    SCENE.systemctl("stop", "often.service")


def test_a_worker_that_is_killed_leaves_no_job():
    with SCENE.client() as client:
        begin(client, "SERVICE START slow", "slow.service")
        for pid in changing(SCENE.daemon):
            os.kill(pid, signal.SIGKILL)
        reply = client.read_reply()
        assert reply.error, reply.lines
        assert until(SCENE.quiet), SCENE.systemctl("list-jobs")
        assert SCENE.active("slow.service") != "activating"
        client.check("SERVICE STATUS slow")
    ends = [record for record in SCENE.machine.audit()
            if record["event"] == "end"]
    assert ends[-1]["outcome"] != "ok", ends[-1]


def links():
    """What is enabled and masked, as links of web.service."""
    found = set()
    for folder, _, names in os.walk(SCENE.machine.path("/etc/systemd/user")):
        found |= {(folder, os.readlink(os.path.join(folder, name)))
                  for name in names if name == "web.service"}
    return found


def test_what_a_killed_worker_did_is_undone():
    """It dies while systemd reads its files anew, which it does when the links
    are there."""
    held = SCENE.machine.path("/held")
    seen = SCENE.machine.path("/seen")
    SCENE.machine.write("/generators/slow", "#!/bin/sh\n[ -e %s ] || exit 0\n"
                        ": >%s\nwhile [ -e %s ]; do sleep 0.05; done\n"
                        % (held, seen, held))

    def undone(client, verb):
        before = links()
        SCENE.machine.write("/held", "")
        try:
            client.send("SERVICE %s web" % verb)
            assert until(lambda: os.path.exists(seen)), verb
            now = links()
            for pid in changing(SCENE.daemon):
                os.kill(pid, signal.SIGKILL)
        finally:
            os.remove(held)
        os.remove(seen)
        reply = client.read_reply()
        assert reply.error == "SERVER_FAILED", reply.lines
        assert now != before and links() == before, (verb, before, now, links())

    with SCENE.client() as client:
        undone(client, "ENABLE")
        undone(client, "MASK")
        client.check("SERVICE ENABLE web")
        undone(client, "DISABLE")
        client.check("SERVICE DISABLE web")
        client.check("SERVICE MASK web")
        undone(client, "UNMASK")
        client.check("SERVICE UNMASK web")


def test_who_starts_and_who_stops_at_the_same_time():
    with SCENE.client() as one, SCENE.client() as other:
        begin(one, "SERVICE START slow", "slow.service")
        other.check("SERVICE STOP slow")
        reply = one.read_reply()
        assert reply.error == "CANCELED", reply.lines
        assert until(SCENE.quiet)


def test_two_who_start_the_same():
    with SCENE.client() as one, SCENE.client() as other:
        begin(one, "SERVICE START slow", "slow.service")
        other.send("SERVICE START slow")
        assert until(lambda: len(changing(SCENE.daemon)) == 2)
        SCENE.systemctl("kill", "slow.service")
        for client in one, other:
            reply = client.read_reply()
            assert reply.verdict.startswith(("OK", "ERR")), reply.lines
        assert until(SCENE.quiet)


def test_a_timer_is_a_unit_too():
    with SCENE.client() as client:
        now = fields(client.call("SERVICE START web.timer"))
        assert (now["changed"], now["active"], now["sub"]) \
            == ("yes", "active", "waiting"), now
        assert "main_pid" not in now, now
        assert SCENE.active("web.service") == "inactive"
        client.check("SERVICE STOP web.timer")


def test_STATUS_tells_what_systemctl_tells():
    names = {"description": "Description", "load": "LoadState",
             "active": "ActiveState", "sub": "SubState",
             "enabled": "UnitFileState", "main_pid": "MainPID",
             "restarts": "NRestarts", "result": "Result", "unit": "Id",
             "tasks": "TasksCurrent", "fragment": "FragmentPath"}
    with SCENE.client() as client:
        client.check("SERVICE START web")
        shown = dict(line.split("=", 1) for line in
                     SCENE.systemctl("show", "web").splitlines())
        now = fields(client.call("SERVICE STATUS web"))
        for mine, theirs in names.items():
            wanted = shown[theirs].replace(SCENE.machine.root, "")
            assert now.get(mine, "[not set]") == wanted, (mine, now, wanted)
        if shown["MemoryCurrent"].isdigit():
            assert int(now["memory"]) > 0, now
        client.check("SERVICE STOP web")


def test_a_mask_stops_nothing_and_a_dry_run_masks_nothing():
    with SCENE.client() as client:
        client.check("SERVICE START other")
        client.check("SERVICE MASK --dry-run other")
        assert fields(client.call("SERVICE STATUS other"))["load"] == "loaded"
        now = fields(client.call("SERVICE MASK other"))
        assert (now["load"], now["active"]) == ("masked", "active"), now
        for verb in "START", "RESTART", "RELOAD", "ENABLE":
            reply = client.call("SERVICE %s other" % verb)
            assert reply.error == "INV_STATE", (verb, reply.lines)
        client.check("SERVICE STOP other")
        client.check("SERVICE UNMASK other")
        assert fields(client.call("SERVICE UNMASK other"))["changed"] == "no"


def test_a_value_forges_no_field():
    with SCENE.client() as client:
        reply = client.check("SERVICE SHOW forges")
        lines = [line for line in reply.text.splitlines()
                 if line.startswith("ActiveState: ")]
        assert lines == ["ActiveState: inactive"], lines


def test_F1_what_is_no_name_reaches_no_manager():
    with SCENE.client() as client:
        before = SCENE.manager.messages()
        for verb in "START", "STOP", "RESTART", "ENABLE", "MASK", "LOGS":
            for name in ("-- --help", "-- -web", "../web", "/etc/web", "w*b",
                         "web?", "[web]", '""', '"web other"', "web%0Aother",
                         "web%00", ".."):
                reply = client.call("SERVICE %s %s" % (verb, name))
                assert reply.error in ("INV_ARG", "TOO_SHORT", "INV_DATA",
                                       "SYNTAX"), (verb, name, reply.lines)
        assert SCENE.manager.messages() == before


def test_a_rule_for_one_unit_is_none_for_all():
    with SCENE.client("web") as client:
        client.check("SERVICE STATUS web")
        for line in ("WATCH --for=10ms", "WATCH --for=10ms web other",
                     "WATCH --for=10ms other web", "LOGS", "LOGS other",
                     "STATUS other", "STATUS alias"):
            reply = client.call("SERVICE " + line)
            assert reply.error == "FORBIDDEN", (line, reply.lines)
        client.check("SERVICE WATCH --for=10ms web")


def test_an_instance_is_denied_by_all_names_of_its_template():
    with SCENE.client("ghost") as client:
        for name in "worker@no", "helper@no", "helper@no.service":
            reply = client.call("SERVICE START " + name)
            assert reply.error == "FORBIDDEN", (name, reply.lines)
        # The rule names the alias; the unit has another name.
        for name in "other", "alias":
            reply = client.call("SERVICE START " + name)
            assert reply.error == "FORBIDDEN", (name, reply.lines)
        assert SCENE.active("other.service") == "inactive"
        now = fields(client.call("SERVICE START helper@yes"))
        assert now["unit"] == "worker@yes.service", now
        client.check("SERVICE STOP worker@yes")


def test_L8_a_manager_that_does_not_answer():
    manager = SCENE.pid()
    with SCENE.client() as client, SCENE.client() as other:
        client.check("SERVICE STATUS web")
        other.check("SERVICE STATUS web")
        os.kill(manager, signal.SIGSTOP)
        try:
            start = time.monotonic()
            reply = client.call("SERVICE STATUS --timeout=1 web")
            assert reply.error == "TIMEOUT", reply.lines
            other.send("SERVICE STATUS web")
            time.sleep(0.2)
            other.send("CANCEL")
            assert other.read_reply().error == "CANCELED"
            assert time.monotonic() - start < 8
        finally:
            os.kill(manager, signal.SIGCONT)
        client.check("SERVICE STATUS web")
        other.check("SERVICE STATUS web")


def test_a_manager_that_dies_on_the_way():
    """Last: the manager is gone afterwards."""
    with SCENE.client() as client:
        begin(client, "SERVICE START slow", "slow.service")
        start = time.monotonic()
        os.kill(SCENE.pid(), signal.SIGKILL)
        reply = client.read_reply()
        assert reply.error, reply.lines
        assert time.monotonic() - start < 20
        reply = client.call("SERVICE STATUS web")
        assert reply.error, reply.lines
        assert until(lambda: not changing(SCENE.daemon))


if __name__ == "__main__":
    try:
        with SCENE:
            tap.main(globals())
    except tap.Skip as skip:
        print("1..0 # SKIP %s" % skip)
        sys.exit(77)
