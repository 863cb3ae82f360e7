#!/usr/bin/env python3
# test-taken_over.py - what a session that was taken over can ask for
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session that only reads is confined; what it could still do is to ask the
helper of the machine worker by itself, which is root and not confined.  Here
the test is such a session: it has the helper's socket and says what no session
of ours would."""

import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import assuan  # noqa: E402
import tap  # noqa: E402
from attack import children, lives, until  # noqa: E402
from scratch import Machine  # noqa: E402
from taken_over import Worker, ask_worker, helper  # noqa: E402

LIMIT_WORKERS = 8
LIMIT_STOP_SECONDS = 10
SCRIPT = """\
#!/bin/sh
echo "$@" >>"$(readlink -f "$0").ran"
"""


def test_no_program_but_a_script_of_init():
    """It may write files into the folder of the audit log, also such that can
    be executed."""
    with Machine({"/etc/init.d/good": SCRIPT, "/var/log/reeve/bad": SCRIPT,
                  "/etc/init.d/sub/bad": SCRIPT}) as machine:
        for name in ("/etc/init.d/good", "/var/log/reeve/bad",
                     "/etc/init.d/sub/bad"):
            os.chmod(machine.path(name), 0o755)
        with helper(machine) as (_, ours):
            for unit in ("../../var/log/reeve/bad.service", "sub/bad.service",
                         "./sub/../../../var/log/reeve/bad.service",
                         "../../var/log/reeve/bad", "good/../sub/bad.service"):
                for operation in ("STATUS", "SHOW", "DEPS", "WATCH", "LOGS"):
                    with Worker(ours) as worker:
                        code, words = worker.ask(
                            "SERVICE " + operation, "manager", "initd", "unit",
                            unit, "for", "300")
                        assert code, (operation, unit, words)
            for name in ("/var/log/reeve/bad", "/etc/init.d/sub/bad"):
                assert not os.path.exists(machine.path(name + ".ran")), name
            with Worker(ours) as worker:
                assert worker.ask("SERVICE STATUS", "manager", "initd", "unit",
                                  "good.service") == (0, "")
            assert machine.read("/etc/init.d/good.ran") == "status\n"


def test_scripts_of_others_are_not_run():
    """A link below a root that is somebody else's leads to no program."""
    if os.getuid():
        raise tap.Skip("machine: only root has what is not his own")
    with Machine({"/etc/init.d/good": SCRIPT, "/usr/sbin/tool": SCRIPT}) \
            as machine:
        os.chmod(machine.path("/usr/sbin/tool"), 0o755)
        os.symlink("../../usr/sbin/tool", machine.path("/etc/init.d/link"))
        os.lchown(machine.path("/etc/init.d/link"), 65534, 65534)
        os.chown(machine.path("/etc/init.d"), 65534, 65534)
        with helper(machine) as (_, ours), Worker(ours) as worker:
            worker.ask("SERVICE LIST", "manager", "initd")
            assert not os.path.exists(machine.path("/usr/sbin/tool.ran"))


def test_names_that_are_too_long():
    with Machine({"/usr/share/zoneinfo/UTC": "TZif"}) as machine, \
            helper(machine) as (_, ours):
        for setting in ("LANG=" + "a" * 5000, "LANG=" + "a." * 40, "x", "=",
                        "LANG=" + "../" * 20):
            with Worker(ours) as worker:
                code, words = worker.ask("system locale", "locale", setting)
                assert code, words
        for zone in ("a" * 5000, "../" * 30 + "etc/passwd", ""):
            with Worker(ours) as worker:
                assert worker.ask("system timezone", "zone", zone)[0]
        for unit in ("a" * 5000, "a" * 300 + ".service", ""):
            for manager in "initd", "systemd":
                with Worker(ours) as worker:
                    assert worker.ask("SERVICE STATUS", "manager", manager,
                                      "unit", unit)[0]


def test_what_is_missing():
    """An error, not the worker's death."""
    with Machine() as machine, helper(machine) as (_, ours):
        for operation in ("SERVICE STATUS", "SERVICE SHOW", "SERVICE DEPS",
                          "system timezone"):
            for manager in "initd", "systemd":
                with Worker(ours) as worker:
                    assert worker.ask(operation, "manager", manager)[0]


def test_nothing_is_changed():
    with Machine({"/etc/init.d/good": SCRIPT}) as machine, \
            helper(machine) as (_, ours), Worker(ours) as worker:
        for operation in ("service act", "service undo", "hw mount",
                          "hw umount", "hw selftest", "hostname set",
                          "timezone set", "locale set", "power act"):
            code, words = worker.ask(operation)
            assert "only reads" in words, (code, words)


def test_workers_end_with_their_session():
    """Two workers that have each other's ends of their sockets see no end."""
    with Machine() as machine, helper(machine) as (process, ours):
        pid = os.fork()
        if not pid:
            one, other = socket.socketpair()
            ask_worker(ours, one)
            ask_worker(ours, other)
            one.close()
            other.close()
            time.sleep(30)
            os._exit(0)
        try:
            assert until(lambda: len(children(process.pid)) == 2)
            time.sleep(0.3)
            assert len(children(process.pid)) == 2
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        assert until(lambda: not children(process.pid), 5)


def test_a_worker_that_never_looks_ends():
    """It is given up by a session that goes on."""
    with Machine() as machine, helper(machine) as (process, ours):
        with Worker(ours) as worker:
            assert worker.ask("SYSTEM TIME") == (0, "")
            busy, = children(process.pid)
            os.kill(busy, signal.SIGSTOP)
        with Worker(ours) as worker:
            assert worker.ask("SYSTEM TIME") == (0, "")
            assert not until(lambda: not lives(busy), LIMIT_STOP_SECONDS - 2)
            assert until(lambda: not lives(busy), 5)
            assert worker.ask("SYSTEM TIME") == (0, "")


def test_the_end_of_a_worker_is_seen_at_once():
    """Though its helper has its socket, too."""
    with Machine() as machine, helper(machine) as (process, ours):
        for _ in range(50):
            with Worker(ours) as worker:
                assert worker.ask("SYSTEM TIME") == (0, "")
                for pid, state in children(process.pid).items():
                    if state != "Z":
                        os.kill(pid, signal.SIGKILL)
                began = time.monotonic()
                try:
                    worker.read(1)
                    assert False
                except EOFError:
                    assert time.monotonic() - began < 0.5


def test_a_session_has_few_workers():
    with Machine() as machine, helper(machine) as (process, ours):
        workers = [Worker(ours) for _ in range(40)]
        time.sleep(0.5)
        assert len(children(process.pid)) <= LIMIT_WORKERS
        # One that it asks for when the others have ended serves.
        workers.append(Worker(ours))
        assert workers[-1].ask("SYSTEM TIME") == (0, "")
        for worker in workers:
            worker.socket.close()
        assert until(lambda: not children(process.pid))
        with Worker(ours) as worker:
            assert worker.ask("SYSTEM TIME") == (0, "")


def test_what_is_denied_is_among_all():
    policy = ("[identity panel]\nkey = panel.key\n"
              "deny = SERVICE LOGS unit=secret.service\n"
              "deny = SERVICE WATCH unit=secret.service\nallow = *\n")
    with Machine({}, policy) as machine, machine.daemon(), \
            assuan.Client.connect(machine.socket) as client:
        client.authenticate("panel", machine.key("panel"))
        for call in ("LOGS", "LOGS secret", "WATCH --for=10ms",
                     "WATCH --for=10ms other secret"):
            reply = client.call("SERVICE " + call)
            assert not reply.ok and b"policy" in reply.lines[-1], reply.lines
        reply = client.call("SERVICE LOGS other")
        assert b"policy" not in reply.lines[-1], reply.lines


tap.main(globals())
