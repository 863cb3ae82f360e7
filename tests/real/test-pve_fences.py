#!/usr/bin/env python3
# test-pve_fences.py - who opens connections and starts programs for PVE
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""strace looks on while a real reeved reads from a server that speaks Proxmox
VE's API: only the connector makes an internet socket, and nobody starts a
program.  What it would look like otherwise is shown by PVE CREATE-GOLDEN, for
which a program is started.  What the fences keep from the API's processes is
tried call by call in tests/unit/test-fence*.c; here /proc says that they are
round them."""

import contextlib
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import assuan  # noqa: E402
import attack  # noqa: E402
import proxmox  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402
import verbs  # noqa: E402

CONF = """\
endpoint 127.0.0.1:%d
token-file /etc/reeve/pve.token
ca-file /etc/reeve/pve.pem
"""
FILES = {"/etc/reeve/reeved.conf": "listen S.reeve\n"
                                   "listen S.read ceiling=read\n",
         "/usr/sbin/pct": "#!/bin/sh\n"}
CALLS = "%network,execve,execveat,fork,vfork,clone,clone3"
INTERNET = re.compile(r"(?:socket|socketpair)\(AF_INET6?,|sa_family=AF_INET")
STARTS = re.compile(r"^(?:\S+ )?(?:execve|execveat|v?fork|clone3?)\(",
                    re.MULTILINE)
STARTED = re.compile(r'^exec.*?\["(?:[^"]*/)?([^"/]+)"', re.MULTILINE)
# What a daemon starts for itself, and itself.
OWN = ["reeve-api", "reeve-augeas", "reeve-machine", "reeved"]
ROOT = os.geteuid() == 0


@contextlib.contextmanager
def scene(under=lambda machine: ()):
    """A server, a machine that knows it, and its daemon, started by the
    command that UNDER has for the machine."""
    with proxmox.Proxmox() as server, scratch.Machine(
            {**FILES, "/etc/reeve/pve.conf": CONF % server.port}) as machine:
        shutil.copy(server.ca_file, machine.path("/etc/reeve/pve.pem"))
        machine.write("/etc/reeve/pve.token", server.token + "\n", 0o400)
        with machine.daemon(under=under(machine)) as daemon:
            yield server, machine, daemon


def connect(machine, socket):
    client = assuan.Client.connect(machine.path("/run/reeve/" + socket))
    client.authenticate("panel", machine.key("panel"))
    return client


class Trace:
    """What the processes of DAEMON, which strace started, do in all their
    lives: TEXTS has that by process when END has been called, the daemon being
    gone.

    Nobody is let in, and nobody is let go: what strace is let into may fork
    meanwhile, and strace that is told to end does not hand on the signal at
    which a process has just stopped for it, so that a daemon hears nothing of
    a session's end and waits for it for ever."""

    @staticmethod
    def command(machine):
        """What starts the daemon of MACHINE: it is strace's grandparent, so
        its process is the daemon's."""
        return ("strace", "-D", "-f", "-ff", "-qq", "-s", "256",
                "-o", machine.path("/trace"), "-e", "trace=" + CALLS)

    def __init__(self, daemon, machine):
        self.machine = machine
        self.texts = {}
        with open("/proc/%d/status" % daemon.process.pid,
                  encoding="latin-1") as file:
            self.tracer = int(re.search(r"\nTracerPid:\t(\d+)",
                                        file.read()).group(1))
        assert self.tracer, "strace looks away"

    def end(self):
        """strace ends when all that it looks at have ended."""
        assert attack.until(lambda: not attack.lives(self.tracer)), \
            "strace looks on at what remains"
        for name in os.listdir(self.machine.root):
            if name.startswith("trace."):
                self.texts[int(name[len("trace."):])] = \
                    self.machine.read("/" + name)

    def who(self, pattern):
        """The processes whose trace matches PATTERN."""
        return {pid for pid, text in self.texts.items()
                if pattern.search(text)}

    def started(self):
        """The first words of the programs that were started, sorted."""
        return sorted(name for text in self.texts.values()
                      for name in STARTED.findall(text))


def check_strace():
    if scratch.sanitized():
        raise tap.Skip("machine: a leak checker traces its own process")
    if os.geteuid():
        raise tap.Skip("machine: only root sees the arguments of what cannot "
                       "be dumped")
    if not shutil.which("strace"):
        raise tap.Skip("strace is not installed")
    tried = subprocess.run(["strace", "-D", "-f", "-qq", "-e", "trace=none",
                            "true"], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True)
    if tried.returncode or tried.stderr:
        raise tap.Skip("machine: strace may not look: %s"
                       % tried.stderr.strip())


@contextlib.contextmanager
def looked_at():
    """A scene under a trace, which is whole behind it."""
    check_strace()
    with scene(Trace.command) as (server, machine, daemon):
        trace = Trace(daemon, machine)
        for name in attack.HELPERS:
            attack.helper(daemon, name)
        yield server, machine, daemon, trace
        status = daemon.stop()
        assert status == 0, (status, daemon.messages())
        trace.end()


def reads():
    """The example of each verb of PVE that reads, with a limit of time."""
    found = ["PVE %s --timeout=5 %s" % (
                 verb.name, re.sub(r"^PVE (TASK )?\S+ ?(--timeout=\S+)?", "",
                                   verb.examples[0]))
             for verb in verbs.all_verbs()
             if verb.noun == "PVE" and verb.effect == "read"]
    assert "PVE VERSION --timeout=5 " in found, found
    return found


def check_reading(socket):
    with looked_at() as (server, machine, daemon, trace):
        helper = attack.helper(daemon, "reeve-api")
        with connect(machine, socket) as client:
            session = attack.session_pid(client)
            client.check("PVE VERSION")
            for line in reads():
                reply = client.call(line)
                assert reply.error not in (
                    "UNKNOWN_COMMAND", "UNKNOWN_OPTION", "TOO_MANY",
                    "INV_ARG"), (line, reply.lines)
            family = set(attack.descendants(helper))
        assert server.handshakes, "the server saw nobody"
        assert len(family) >= 2, family
    # The trace sees what it is for.
    connectors = trace.who(INTERNET)
    assert any("htons(%d)" % server.port in trace.texts[pid]
               for pid in connectors), trace.texts
    assert trace.texts[session].strip(), "the session did nothing at all"
    assert connectors <= family, (connectors, family)
    makers = trace.who(re.compile(r"socket\(AF_INET6?,.*= \d"))
    assert len(makers) == 1, makers
    assert session not in trace.who(STARTS), trace.texts[session]
    assert trace.started() == OWN, "a program was started"


def test_a_session_opens_no_connection_and_starts_nothing():
    check_reading("S.reeve")


def test_nor_does_one_that_only_reads():
    check_reading("S.read")


def test_a_program_that_is_started_is_seen():
    with looked_at() as (_, machine, _, trace), \
            connect(machine, "S.reeve") as client:
        session = attack.session_pid(client)
        client.check("PVE CREATE-GOLDEN 9000 local:vztmpl/a.tar.zst fast 8G")
    assert session in trace.who(STARTS), trace.texts
    assert trace.started() == sorted([*OWN, "reeve-machine", "pct"])
    texts = trace.texts.values()
    assert any("--change" in text for text in texts), trace.texts
    # The words of pct.
    assert any('"nesting=1,keyctl=1"' in text for text in texts), trace.texts
    # No connection is made for it.
    assert not trace.who(INTERNET)


def status(pid):
    with open("/proc/%d/status" % pid, encoding="latin-1") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file
                    if ":\t" in line)


def test_the_APIs_processes_are_fenced():
    with scene() as (_, machine, daemon), \
            connect(machine, "S.reeve") as client:
        client.check("PVE VERSION")
        helper = attack.helper(daemon, "reeve-api")
        both = list(attack.descendants(helper))
        assert len(both) == 2, both
        for pid in both:
            now = status(pid)
            assert now["Seccomp"] == "2" and now["NoNewPrivs"] == "1", now
            for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                assert int(now[name], 16) == 0, now
            if not ROOT:
                continue
            assert "0" not in now["Uid"].split() + now["Gid"].split(), now
            assert int(now["CapBnd"], 16) == 0, now
            # The worker's: see test-pve_secret.
            attack.check_fenced_descriptors(pid, 6)


def test_systemd_makes_the_APIs_user():
    """Of what is installed; with a group of its own, which it takes."""
    if not shutil.which("systemd-sysusers"):
        raise tap.Skip("systemd-sysusers is not installed")
    with scratch.Machine() as machine:
        subprocess.run(["systemd-sysusers", "--root=" + machine.root,
                        os.path.join(scratch.SOURCE,
                                     "src/worker/reeve-api.conf")], check=True)
        _, _, uid, gid, _, _, shell = machine.read("/etc/passwd").split(":")
        assert 0 < int(uid) < 1000 and 0 < int(gid) < 1000, (uid, gid)
        assert shell.endswith("/nologin\n"), shell
        assert machine.read("/etc/group").startswith("reeve-api:x:%s:" % gid)


def test_only_reeve_api_has_what_speaks_HTTP():
    def libraries(name):
        path = scratch.program(name)
        return subprocess.run(["ldd", path], check=True, capture_output=True,
                              text=True).stdout

    assert "libcurl" in libraries("reeve-api")
    for name in ("reeved", "reeve-machine", "reeve-augeas", "reeve"):
        assert not re.search("libcurl|libssl", libraries(name)), name


if __name__ == "__main__":
    tap.main(globals())
