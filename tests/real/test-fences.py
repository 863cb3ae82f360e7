#!/usr/bin/env python3
# test-fences.py - what the kernel says about the processes of reeved
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each process of a real daemon is looked at through /proc: what is left of its
environment, its descriptors, its capabilities and filters; and GETINFO fences
must say the same."""

import contextlib
import ctypes
import hashlib
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import assuan
import attack
import tap
from attack import HOSTS, descendants, session_pid, until
from scratch import Machine, program, sanitized

GET = "AUG GET /files/etc/hosts/1/ipaddr"
SET = "AUG SET /files/etc/hosts/1/ipaddr 127.0.0.9"
CONFIG = "/etc/reeve/reeved.conf"
LISTEN = "listen S.reeve\nlisten S.read ceiling=read\n"
DAC_READ_SEARCH = 1 << 2
ROOT = os.geteuid() == 0
NOBODY = 65534
SANITIZED = sanitized()
CONFINED = ("no capability but to read", "gains no privileges",
            "starts and signals no process",
            "writes no file but the audit log")

MACHINE = Machine({**HOSTS, CONFIG: LISTEN})
for folder in ("var/lib/reeve/journal", "var/log/reeve"):
    os.makedirs(MACHINE.path(folder))

# What no process may inherit.
STRAY = 200
with open(os.devnull, "rb") as null:
    os.dup2(null.fileno(), STRAY, inheritable=True)


def start():
    """The daemon of all cases, started by somebody careless."""
    real = subprocess.Popen

    def careless(*args, **kwargs):
        return real(*args, close_fds=False, **kwargs)

    with attack.environment(SECRET_TOKEN="hunter2", HOME="/root", TZ="UTC",
                            LD_BIND_NOW="1", ASSUAN_DEBUG="3",
                            _assuan_pipe_connect_pid="1"):
        subprocess.Popen = careless
        try:
            return attack.lasting(MACHINE)
        finally:
            subprocess.Popen = real


DAEMON = start()


@contextlib.contextmanager
def reading(identity=None):
    """A client on the socket whose ceiling is read."""
    with assuan.Client.connect(MACHINE.path("/run/reeve/S.read")) as client:
        if identity:
            client.authenticate(identity, MACHINE.key(identity))
        yield client


def status(pid):
    with open("/proc/%d/status" % pid, encoding="latin-1") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file
                    if ":\t" in line)


def environment(pid):
    """The variables of PID as /proc shows them; none to an ordinary user."""
    try:
        with open("/proc/%d/environ" % pid, "rb") as file:
            return {word for word in file.read().split(b"\0") if word}
    except PermissionError:
        assert not ROOT
        return set()


def fences(client):
    """What GETINFO fences says: (process, fence) to holds."""
    found, record = {}, {}
    for line in client.check("GETINFO fences").text.splitlines() + [""]:
        if line:
            name, _, value = line.partition(": ")
            record[name] = value
        elif record:
            found[record["process"], record["fence"]] = \
                record["holds"] == "yes"
            record = {}
    return found


@contextlib.contextmanager
def everybody():
    """Each process of the daemon, by its kind, while there are sessions of
    either kind, one with a worker, and none of cases before."""
    assert until(lambda: attack.nothing_remains(DAEMON))
    with DAEMON.client("panel") as client, reading() as reader:
        client.check(GET)
        # A new spare worker waits.
        keeper = attack.helper(DAEMON)
        assert until(lambda: len(attack.children(keeper)) == 2)
        yield processes(session_pid(client), session_pid(reader))


def processes(*sessions):
    found = {DAEMON.process.pid: "supervisor"}
    for pid in descendants(DAEMON.process.pid):
        if pid in sessions:
            found[pid] = "session"
        elif pid in attack.children(DAEMON.process.pid):
            found[pid] = "helper"
        else:
            found[pid] = "worker"
    return found


def landlock():
    """The version of the kernel's Landlock, 0 if it has none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, libc.syscall(444, None, 0, 1))


# --- All processes ---

def test_environments_are_clean():
    with everybody() as seen:
        assert sorted(seen.values()) == ["helper"] * len(attack.HELPERS) + [
            "session", "session", "supervisor", "worker", "worker"], seen
        for pid, kind in seen.items():
            left = environment(pid)
            assert left <= {b"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                            b"LC_ALL=C.UTF-8"}, (kind, left)


def test_no_descriptor_is_inherited():
    if not ROOT:
        raise tap.Skip("machine: only root sees the descriptors of what is "
                       "not dumpable")
    with everybody() as seen:
        for pid, kind in seen.items():
            held = attack.descriptors(pid)
            assert STRAY not in held, (kind, held)
            assert len(held) < 20, (kind, held)


def test_workers_can_get_no_capability():
    if not ROOT:
        raise tap.Skip("machine: only root has some")
    with everybody() as seen:
        for pid in [pid for pid, kind in seen.items() if kind == "worker"]:
            now = status(pid)
            for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
                assert int(now[name], 16) == 0, (name, now)


def test_no_core_is_written():
    with everybody() as seen:
        for pid, kind in seen.items():
            with open("/proc/%d/limits" % pid, encoding="ascii") as file:
                core = [line.split()[4:6] for line in file
                        if line.startswith("Max core")]
            assert core == [["0", "0"]], (kind, core)


def test_none_is_dumpable():
    """The files in /proc of a process that is not dumpable are root's."""
    if SANITIZED:
        raise tap.Skip("machine: a leak checker traces its own process")
    with contextlib.ExitStack() as stack:
        machine = stack.enter_context(Machine(HOSTS))
        os.makedirs(machine.path("run"))
        if ROOT:
            for where, folders, names in os.walk(machine.root):
                for name in [".", *folders, *names]:
                    os.lchown(os.path.join(where, name), NOBODY, NOBODY)
        process = subprocess.Popen(
            [program("reeved"), "--root", machine.root, "--foreground"],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            **({"user": NOBODY, "group": NOBODY, "extra_groups": []}
               if ROOT else {}))
        stack.callback(process.wait)
        stack.callback(process.terminate)
        assert until(lambda: os.path.exists(machine.socket))
        assert until(lambda: len(descendants(process.pid)) >= 2)
        with assuan.Client.connect(machine.socket) as client:
            seen = [process.pid, *descendants(process.pid)]
            assert session_pid(client) in seen
            for pid in seen:
                assert os.stat("/proc/%d/environ" % pid).st_uid == 0, pid
                assert status(pid)["Uid"].split()[0] != "0", pid


# --- A session that only reads ---

def check_confined(pid):
    now = status(pid)
    allowed = DAC_READ_SEARCH if ROOT else 0
    assert int(now["CapEff"], 16) == allowed, now
    assert int(now["CapPrm"], 16) == allowed, now
    assert int(now["CapInh"], 16) == 0, now
    assert int(now["CapAmb"], 16) == 0, now
    if ROOT:
        assert int(now["CapBnd"], 16) == 0, now
    assert now["NoNewPrivs"] == "1", now
    assert now["Seccomp"] == "2", now


def check_free(pid):
    now, own = status(pid), status(os.getpid())
    for name in ("CapPrm", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp"):
        assert now[name] == own[name], (name, now)


def test_a_reading_session_is_confined_from_the_start():
    with reading() as client:
        check_confined(session_pid(client))
        said = fences(client)
        for name in CONFINED[:3]:
            assert said["session", name], said
        assert said["session", CONFINED[3]] == (landlock() > 0), said
        assert not any(process != "session" for process, _ in said), said


def test_another_session_is_not():
    with DAEMON.client("panel") as client:
        check_free(session_pid(client))
        said = fences(client)
        assert said["session", "no core dumps"], said
        # A sanitizer locks no memory.
        assert said["session", "secrets in locked memory"] != SANITIZED, said
        if status(os.getpid())["NoNewPrivs"] == "0" and ROOT:
            assert not any(said["session", name] for name in CONFINED), said
        assert said["augeas worker", "seccomp"], said
    check_free(DAEMON.process.pid)


def test_a_reading_session_reads():
    with reading("panel") as client:
        assert client.check(GET).text == "127.0.0.1"
        assert "/files/etc/hosts/1" in client.check(
            "AUG MATCH /files/etc/hosts/*").text
        reply = client.call(SET)
        assert reply.error == "FORBIDDEN", reply.lines
        assert "ceiling" in reply.advice, reply.lines
        client.check("RESET")
        # Another worker, and the end of the one before.
        assert client.check(GET).text == "127.0.0.1"
        said = fences(client)
        assert said["augeas worker", "seccomp"], said
    assert until(lambda: attack.nothing_remains(DAEMON))


def test_what_only_root_may_read_is_read():
    if not ROOT:
        raise tap.Skip("machine: only root may read what he does not own")
    with Machine({**HOSTS, CONFIG: LISTEN}) as machine:
        os.chown(machine.path("/etc/hosts"), NOBODY, NOBODY)
        os.chmod(machine.path("/etc/hosts"), 0)
        with machine.daemon(), assuan.Client.connect(
                machine.path("/run/reeve/S.read")) as client:
            client.authenticate("panel", machine.key("panel"))
            check_confined(session_pid(client))
            assert client.check(GET).text == "127.0.0.1"


def test_workers_that_stall_end_without_a_signal():
    """The session may not kill its worker: its time and its input end it."""
    all_of_them = "/files/etc/hosts/*"
    slow = "AUG MATCH --timeout=1 %s[count(%s[count(%s)>0])>0]" \
        % (all_of_them, all_of_them, all_of_them)
    many = "".join("10.0.%d.%d host%d-%d\n" % (i, j, i, j)
                   for i in range(8) for j in range(250))
    # A fast machine would come to the end of the usual memory first.
    with Machine({"/etc/hosts": many, CONFIG: LISTEN}) as machine, \
            machine.daemon("--worker-memory", "4G") as daemon:
        with assuan.Client.connect(
                machine.path("/run/reeve/S.read")) as client:
            client.authenticate("panel", machine.key("panel"))
            reply = client.call(slow)
            assert reply.error == "TIMEOUT", reply.lines
            assert client.check(GET).text == "10.0.0.0"
            # The one that stalls, the present one, and the spare.
            keeper = attack.helper(daemon)
            assert until(lambda: len(attack.children(keeper)) <= 2, 20)
        assert until(lambda: attack.nothing_remains(daemon), 20)


def test_a_reload_reaches_a_reading_session():
    with reading("panel") as client:
        client.check(GET)
        with contextlib.ExitStack() as stack:
            name = "/etc/reeve/policy.d/z.policy"
            MACHINE.add_key("late")
            MACHINE.write(name, "[identity late]\nkey = late.key\n"
                                "peer = nobody\n")
            stack.callback(DAEMON.reload)
            stack.callback(os.unlink, MACHINE.path(name))
            done = DAEMON.messages().count("reload: done")
            DAEMON.reload()
            assert until(lambda: DAEMON.messages().count("reload: done")
                         > done)
            assert client.check(GET).text == "127.0.0.1"


# --- The configuration ---

def test_changes_wait_for_a_reload():
    policy = "/etc/reeve/policy.d/test.policy"
    with Machine({**HOSTS, CONFIG: LISTEN}) as machine, \
            machine.daemon() as daemon, daemon.client("panel") as client:
        def refused(name):
            reply = client.call(SET)
            assert reply.error == "CONFIGURATION", (name, reply.lines)
            assert name in reply.advice and "RELOAD" in reply.advice, \
                reply.lines
            assert any(line.startswith("DETAIL file %s" % machine.root)
                       for line in reply.status), reply.lines
            assert client.check(GET).text == "127.0.0.1"

        def reload():
            done = daemon.messages().count("reload: done")
            daemon.reload()
            assert until(lambda: daemon.messages().count("reload: done")
                         > done), daemon.messages()
            client.check(SET)
            client.check("AUG REVERT")

        client.check(SET)
        client.check("AUG REVERT")
        for path, text in ((policy, machine.read(policy) + "# more\n"),
                           (CONFIG, LISTEN + "debug\n"),
                           ("/etc/reeve/policy.d/new.policy", "# none\n")):
            machine.write(path, text)
            refused(os.path.basename(path))
            reload()
        os.chmod(machine.path("/etc/reeve/keys/reader.key"), 0o600)
        refused("reader.key")
        reload()
        machine.write(CONFIG, LISTEN + "integrity strict\n")
        reload()
        os.unlink(machine.path("/etc/reeve/policy.d/new.policy"))
        reply = client.call(GET)
        assert reply.error == "CONFIGURATION", reply.lines
        reload()
        machine.write(CONFIG, LISTEN + "integrity off\n")
        reload()
        machine.write(CONFIG, LISTEN)
        client.check(SET)


def test_what_the_log_must_not_be():
    with Machine(HOSTS) as machine, tempfile.TemporaryDirectory() as other:
        target = os.path.join(other, "target")
        link = os.path.join(other, "link")
        with open(target, "w", encoding="ascii"):
            pass
        os.symlink(target, link)
        for path, prepare, says in (
                (link, lambda: None, "symbolic link"),
                (target, lambda: os.chmod(target, 0o666), "chmod go-w"),
                (target, lambda: (os.chmod(target, 0o600),
                                  os.link(target, target + "2")),
                 "one name")):
            prepare()
            result = subprocess.run(
                [program("reeved"), "--root", machine.root, "--check",
                 "--log-file", path], stdin=subprocess.DEVNULL,
                capture_output=True, text=True, check=False)
            assert result.returncode == 2 and says in result.stderr, result


# --- Keys of the audit log ---

def keys_of(text, count):
    """The keys of COUNT records from the text of the first one on."""
    number, _, digits = text.partition(":")
    key = bytes.fromhex(digits)
    keys = {}
    for record in range(int(number), int(number) + count):
        keys[record] = key
        key = hashlib.sha256(b"reeve-audit-key-1" + key).digest()
    return keys


def memory(pid):
    """All that the process PID has in its memory."""
    found = []
    with open("/proc/%d/maps" % pid, encoding="latin-1") as maps, \
            open("/proc/%d/mem" % pid, "rb") as content:
        for line in maps:
            start, end = (int(number, 16)
                          for number in line.split()[0].split("-"))
            try:
                content.seek(start)
                found.append(content.read(end - start))
            except (OSError, ValueError):  # Not to be read, or the kernel's.
                pass
    return b"".join(found)


def test_no_process_keeps_a_key_of_the_log():
    if not ROOT or SANITIZED:
        raise tap.Skip("machine: only root reads another process's memory")
    with Machine(HOSTS) as machine:
        text = subprocess.run(
            [program("reeved"), "--root", machine.root, "--audit-init"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=True).stdout.strip()
        keys = keys_of(text, 100)
        with machine.daemon() as daemon, daemon.client("panel") as idle, \
                daemon.client("panel") as busy:
            idle.check(GET)
            idle.check(SET)
            idle.check("AUG SAVE")
            for _ in range(20):
                busy.check("POLICY SHOW")
            pids = [daemon.process.pid, *descendants(daemon.process.pid)]
            last = machine.audit()[-1]["sequence"]
            for pid in pids:
                content = memory(pid)
                old = [record for record, key in keys.items()
                       if record <= last and key in content]
                assert not old, (pid, old, last)


# --- Pipe mode ---

def test_a_server_is_clean_too():
    with attack.environment(SECRET_TOKEN="hunter2"):
        with MACHINE.spawn() as client:
            pid = session_pid(client)
            assert not environment(pid)
            said = fences(client)
            assert said["session", "no core dumps"], said
            client.close()
            client.process.wait(10)


tap.main(globals())
