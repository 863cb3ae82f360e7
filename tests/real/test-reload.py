#!/usr/bin/env python3
# test-reload.py - a session that begins while the policy is reloaded
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import re
import shlex
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import assuan
import attack
import tap
from attack import HOSTS, until
from scratch import Machine, sanitized

GET = "AUG GET /files/etc/hosts/1/ipaddr"
POLICY = "/etc/reeve/policy.d/test.policy"
RULES = "[identity panel]\nkey = panel.key\n%s = *\n"

# Preloaded: the first thing that a session's process does takes as long as the
# file REEVE_LATE is there.
LATE = r"""
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int
prctl (int option, ...)
{
  int (*next) (int, ...);
  unsigned long argument;
  va_list arguments;

  va_start (arguments, option);
  argument = va_arg (arguments, unsigned long);
  va_end (arguments);
  *(void **)&next = dlsym (RTLD_NEXT, "prctl");
  for (int i = 0; option == PR_SET_PDEATHSIG && i < 1000
                  && !access (getenv ("REEVE_LATE"), F_OK); i++)
    usleep (10000);
  return next (option, argument, 0, 0, 0);
}
"""


def late_daemon(machine):
    compiler = os.environ.get("REEVE_COMPILE", "cc -D_GNU_SOURCE")
    machine.write("/late.c", LATE)
    result = subprocess.run(
        [*shlex.split(compiler), "-shared", "-fPIC", "-o",
         machine.path("/late.so"), machine.path("/late.c"), "-ldl"],
        capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    with attack.environment(LD_PRELOAD=machine.path("/late.so"),
                            REEVE_LATE=machine.path("/late"),
                            ASAN_OPTIONS=options):
        return machine.daemon()


def children(daemon):
    path = "/proc/%d/task/%d/children" % ((daemon.process.pid,) * 2)
    with open(path, encoding="ascii") as file:
        return set(file.read().split())


def test_a_session_forked_before_a_reload_and_begun_after_it():
    with Machine(HOSTS, RULES % "allow") as machine, \
            late_daemon(machine) as daemon, socket.socket(socket.AF_UNIX) as end:
        before = children(daemon)
        machine.write("/late", "")
        end.connect(machine.socket)
        assert until(lambda: children(daemon) - before)
        machine.write(POLICY, RULES % "deny")
        daemon.reload()
        assert until(lambda: "reload: done" in daemon.messages())
        os.unlink(machine.path("/late"))
        client = assuan.Client(end)
        client.authenticate("panel", machine.key("panel"))
        assert client.call(GET).error == "FORBIDDEN"


def test_a_signal_to_all_processes_of_the_name_ends_no_session():
    with Machine(HOSTS, RULES % "allow") as machine, \
            machine.daemon() as daemon, socket.socket(socket.AF_UNIX) as end:
        end.connect(machine.socket)
        client = assuan.Client(end)
        client.authenticate("panel", machine.key("panel"))
        session = int(client.call("GETINFO pid").data)
        for number in (signal.SIGHUP, signal.SIGINT):
            os.kill(session, number)
        daemon.reload()
        assert until(lambda: "reload: done" in daemon.messages())
        assert not client.call(GET).error


def test_who_asks_for_a_reload_learns_why_it_failed():
    with Machine(HOSTS, RULES % "allow") as machine, \
            machine.daemon() as daemon, daemon.client("panel") as client:
        machine.write(POLICY, (RULES % "allow") + "colour = red\n")
        reply = client.call("POLICY RELOAD")
        assert reply.error == "CONFIGURATION", reply.lines
        assert machine.path(POLICY) + ":4: unknown setting" \
            in b"".join(reply.lines).decode(), reply.lines
        assert not client.call(GET).error
        # Two at once: each sees the end of one that began after it asked.
        machine.write(POLICY, RULES % "allow")
        with daemon.client("panel") as other:
            client.send("POLICY RELOAD")
            other.send("POLICY RELOAD")
            assert not client.read_reply().error
            assert not other.read_reply().error
        assert not client.call(GET).error


def test_a_session_that_reloaded_can_do_so_again():
    with Machine(HOSTS, RULES % "allow") as machine, \
            machine.daemon() as daemon, daemon.client("panel") as client:
        for comment in "#1\n", "#2\n", "#3\n":
            machine.write(POLICY, (RULES % "allow") + comment)
            client.check("POLICY RELOAD")


def test_who_waits_for_records_gets_none_without_the_right():
    for after, error in ((RULES % "deny", "FORBIDDEN"),
                         ("[identity other]\nkey = panel.key\n", "FORBIDDEN"),
                         (RULES % "allow" + "expires = 2020-01-01\n",
                          "153")):  # KEY_EXPIRED
        with Machine(HOSTS, RULES % "allow") as machine, \
                machine.daemon() as daemon, daemon.client("panel") as client:
            client.send("AUDIT TAIL --lines=0 --follow")
            machine.write(POLICY, after)
            daemon.reload()
            reply = client.read_reply()
            assert reply.error == error, reply.lines


ROUNDS = 20000
SCRIPT = b"".join(b"set /files/etc/hosts/1/ipaddr 127.0.0.%d\nsave\n"
                  % (2 + round % 2) for round in range(ROUNDS))


def begin_script(machine, daemon, script=SCRIPT):
    """A client whose script saves for minutes, and has begun to."""
    client = daemon.client("panel")
    before = machine.read("/etc/hosts")
    client.send("AUG RUN @")
    assert client.read_reply().inquiry == "SCRIPT"
    client.answer(script)
    # It is read as a whole before, for which a sanitizer takes its time.
    assert until(lambda: machine.read("/etc/hosts") != before,
                 60 if sanitized() else 10)
    return client


def refused_on_the_way(reply, error):
    """Whether a script was ended by ERROR, but not at its beginning."""
    line = re.match("line ([0-9]+): ", reply.advice)
    return reply.error == error and line and int(line[1]) < 2 * ROUNDS


def test_a_script_loses_its_rights_with_the_identity():
    with Machine(HOSTS, RULES % "allow") as machine, \
            machine.daemon("--integrity=off") as daemon:
        # Else the changed policy alone ends the script, before the reload.
        client = begin_script(machine, daemon)
        machine.write(POLICY, RULES % "deny")
        daemon.reload()
        assert refused_on_the_way(client.read_reply(), "FORBIDDEN")
        assert client.call(GET).error == "FORBIDDEN"


def test_a_script_is_dry_from_the_reload_on():
    script = b"".join(SCRIPT.splitlines(True)[:4000])
    with Machine(HOSTS, RULES % "allow") as machine, \
            machine.daemon("--integrity=off") as daemon:
        client = begin_script(machine, daemon, script)
        machine.write(POLICY, (RULES % "allow") + "dry-run = yes\n")
        daemon.reload()
        assert client.read_reply().ok
        events = [record["event"] for record in machine.audit()]
        behind = events[events.index("reload"):]
        # One may just have passed the gate.
        assert behind.count("begin") <= 1, behind
        assert behind.count("call") > 1, behind


def test_a_script_ends_when_the_daemon_does():
    with Machine(HOSTS, RULES % "allow") as machine, \
            machine.daemon() as daemon:
        client = begin_script(machine, daemon)
        daemon.process.send_signal(signal.SIGTERM)
        assert refused_on_the_way(client.read_reply(), "CANCELED")
        assert daemon.process.wait(5) == 0


tap.main(globals())
