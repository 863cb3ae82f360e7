#!/usr/bin/env python3
# test-pve_secret.py - where the token is, and what is round who has it
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secret of the token is looked for in all that a daemon with it leaves
anywhere, and in the memory of its processes; then its API processes are looked
at, killed, and told of another pve.conf."""

import contextlib
import os
import pwd
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import assuan  # noqa: E402
import attack  # noqa: E402
import proxmox  # noqa: E402
import proxmox_host  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402

ROOT = os.geteuid() == 0
NOBODY = 65534
SANITIZED = scratch.sanitized()


@contextlib.contextmanager
def scene(*options):
    """A server, a machine that knows it, its daemon and a client."""
    with proxmox.Proxmox() as server, scratch.Machine() as machine:
        proxmox_host.introduce(machine, server)
        machine.write("/etc/reeve/reeved.conf",
                      "listen S.reeve\nlisten S.read ceiling=read\n")
        with machine.daemon(*options) as daemon, \
                daemon.client("panel") as client:
            yield server, machine, daemon, client


def workers(daemon):
    """The API worker of the one session, and its connector."""
    connector, = attack.children(attack.helper(daemon, "reeve-api"))
    worker, = attack.children(connector)
    return worker, connector


def status(pid):
    with open("/proc/%d/status" % pid, encoding="latin-1") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file
                    if ":\t" in line)


def bytes_of(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def memory_has(pid, needle):
    """Whether NEEDLE is in what PID may write to."""
    with open("/proc/%d/maps" % pid, encoding="ascii") as maps, \
            open("/proc/%d/mem" % pid, "rb", buffering=0) as memory:
        for line in maps:
            found = re.match("([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not found:
                continue
            start, end = (int(one, 16) for one in found.groups())
            memory.seek(start)
            text = b""
            with contextlib.suppress(OSError):
                while len(text) < end - start:
                    part = memory.read(end - start - len(text))
                    if not part:
                        break
                    text += part
            if needle in text:
                return True
    return False


# --- Where it is ---

def use(server, client):
    """Have all kinds of answers and errors; their lines."""
    lines = []
    for how in ("401", "500:it died", "403:Permission check failed",
                "400:Parameter verification failed.", "redirect", "garbage",
                "cut", "close"):
        if how == "401":
            server.delay_401 = 0
        server.fail_next("GET", None, how)
        lines += client.call("PVE VERSION").lines
    for line in ("PVE VERSION", "PVE CONFIG 100", "PVE PERMISSIONS",
                 "PVE RESOURCES", "PVE TASKS", "PVE STATUS pve1",
                 "PVE START 100", "PVE SET 100 cores=3", "PVE STOP 100",
                 "GETINFO fences", "GETINFO last_error", "SYSTEM METRICS"):
        lines += client.check(line).lines
    server.swap_certificate()
    server.stop()
    server.start()
    lines += client.call("PVE VERSION").lines
    server.stop()
    lines += client.call("PVE VERSION").lines
    return lines


def test_the_token_is_in_nothing_that_is_left():
    with scene("--debug") as (server, machine, daemon, client):
        secret = server.secret.encode()
        assert secret in bytes_of(machine.path("/etc/reeve/pve.token"))
        assert secret.decode() not in "".join(
            "%s" % line for line in use(server, client))
        for pid in [daemon.process.pid,
                    *attack.descendants(daemon.process.pid)]:
            for name in ("cmdline", "environ"):
                text = bytes_of("/proc/%d/%s" % (pid, name))
                assert text or not ROOT, (pid, name)
                assert secret not in text, (pid, name)
        seen = 0
        for folder, _, names in os.walk(machine.root):
            for name in names:
                path = os.path.join(folder, name)
                if name == "pve.token" or not os.path.isfile(path):
                    continue
                seen += 1
                assert secret not in bytes_of(path), path
        assert seen > 5 and machine.audit(), seen
        assert "PVE" in machine.read("/var/log/reeve/audit.jsonl")


def test_no_memory_but_the_workers_has_it():
    if not ROOT or SANITIZED:
        raise tap.Skip("machine: only root sees the memory of others")
    with scene() as (server, _, daemon, client):
        client.check("PVE VERSION")
        client.check("PVE START 100")
        secret = server.secret.encode()
        worker, connector = workers(daemon)
        assert memory_has(worker, secret), "the search finds nothing"
        others = {daemon.process.pid,
                  *attack.descendants(daemon.process.pid)} - {worker}
        assert connector in others and attack.session_pid(client) in others
        for pid in others:
            assert not memory_has(pid, secret), (
                pid, attack.program_name(pid))


def as_user(pid, path):
    """Whether the user of PID may open /proc/PID/PATH."""
    uid = int(status(pid)["Uid"].split()[0])
    options = {"user": uid, "group": uid, "extra_groups": []} if ROOT else {}
    done = subprocess.run(
        ["cat", "/proc/%d/%s" % (pid, path)], capture_output=True,
        check=False, cwd="/", **options)
    return b"Permission denied" not in done.stderr


def test_its_user_cannot_look_into_the_worker():
    if SANITIZED:
        raise tap.Skip("machine: a leak checker traces its own process")
    with scene() as (_, _, daemon, client):
        client.check("PVE VERSION")
        for pid in workers(daemon):
            assert os.stat("/proc/%d/mem" % pid).st_uid == 0
            assert as_user(pid, "status")
            for path in ("mem", "environ", "maps"):
                assert not as_user(pid, path), path
            assert "Max core file size        0                    0" \
                in bytes_of("/proc/%d/limits" % pid).decode()


# --- What is round it ---

def check_process(pid, files, user=NOBODY):
    now = status(pid)
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(now[name], 16) == 0, (name, now)
    assert now["NoNewPrivs"] == "1" and now["Seccomp"] == "2", now
    if not ROOT:
        return
    assert {*now["Uid"].split(), *now["Gid"].split()} == {str(user)}, now
    assert not now["Groups"].strip(), now
    attack.check_fenced_descriptors(pid, files)


def test_fences_of_who_runs():
    with scene() as (server, _, daemon, client):
        for _ in range(3):
            client.check("PVE VERSION")
            server.stop()
            server.start()
        worker, connector = workers(daemon)
        # The session, the connector, a connection; and what libcurl polls by.
        check_process(worker, 6)
        check_process(connector, 1)
        if ROOT and not SANITIZED:
            assert int(status(worker)["VmLck"].split()[0]) > 0


def test_the_user_of_pve_conf():
    if not ROOT:
        raise tap.Skip("machine: only root can be somebody else")
    for name, user in (("daemon", pwd.getpwnam("daemon").pw_uid),
                       ("root", NOBODY), ("nowhere-to-be-found", NOBODY)):
        with scene() as (_, machine, daemon, _):
            machine.write("/etc/reeve/pve.conf",
                          machine.read("/etc/reeve/pve.conf")
                          + "user %s\n" % name)
            with daemon.client("panel") as client:
                client.check("PVE VERSION")
                for pid in workers(daemon):
                    check_process(pid, 6, user)


def fences(client):
    records = client.check("GETINFO fences").text.strip().split("\n\n")
    return {(one["process"], one["fence"]): one["holds"] == "yes" for one in (
        dict(line.split(": ", 1) for line in record.splitlines())
        for record in records)}


def test_GETINFO_tells_of_them():
    with scene() as (_, machine, daemon, client):
        for name in ("S.reeve", "S.read"):
            with assuan.Client.connect(
                    machine.path("/run/reeve/" + name)) as one:
                assert not any(process.startswith("API")
                               for process, _ in fences(one))
                one.authenticate("panel", machine.key("panel"))
                said = fences(one)
                for process in ("API worker", "API connector"):
                    for fence in ("no_new_privs", "seccomp", "not_root",
                                  "no_capabilities"):
                        assert said[process, fence], said
                    assert said[process, "memory"] != SANITIZED, said
                assert said["API worker", "locked_memory"] or not ROOT, said
                # The same worker goes on.
                one.check("PVE VERSION")
        client.check("PVE VERSION")
        workers(daemon)


def test_GETINFO_without_pve_conf():
    with scratch.Machine() as machine, machine.daemon() as daemon, \
            daemon.client("panel") as client:
        said = fences(client)
        assert said["augeas worker", "seccomp"], said
        assert not any(process.startswith("API") for process, _ in said)


def test_for_an_ordinary_user():
    """A daemon that is not root's has the fences that need none."""
    if not ROOT:
        raise tap.Skip("machine: only root can be somebody else")
    with proxmox.Proxmox() as server, scratch.Machine() as machine:
        proxmox_host.introduce(machine, server)
        for where, folders, names in os.walk(machine.root):
            for name in [".", *folders, *names]:
                os.lchown(os.path.join(where, name), NOBODY, NOBODY)
        process = subprocess.Popen(
            [scratch.program("reeved"), "--root", machine.root,
             "--foreground"], stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, user=NOBODY, group=NOBODY,
            extra_groups=[])
        try:
            assert attack.until(lambda: os.path.exists(machine.socket))
            with assuan.Client.connect(machine.socket) as client:
                client.authenticate("panel", machine.key("panel"))
                client.check("PVE VERSION")
                helper, = [pid for pid in attack.children(process.pid)
                           if attack.program_name(pid) == "reeve-api"]
                both = attack.descendants(helper)
                assert len(both) == 2, both
                for pid in both:
                    check_process(pid, 6)
                    assert SANITIZED or os.stat(
                        "/proc/%d/mem" % pid).st_uid == 0
        finally:
            process.terminate()
            process.wait(20)


# --- Its life ---

def deaths(client):
    found = re.search(r'^reeve_\w*deaths\w*\{[^}]*"api"[^}]*\} (\d+)$',
                      client.check("SYSTEM METRICS --format=prometheus").text,
                      re.MULTILINE)
    return int(found[1])


def test_a_worker_that_is_killed_costs_the_request():
    with scene() as (server, _, daemon, client):
        client.check("PVE VERSION")
        assert deaths(client) == 0
        for number, at in enumerate((0, 1), 1):
            server.fail_next("GET", "/version", "slow:3")
            client.send("PVE VERSION")
            assert attack.until(lambda: not server.rules)
            os.kill(workers(daemon)[at], signal.SIGKILL)
            began = time.monotonic()
            reply = client.read_reply()
            assert reply.error == "SERVER_FAILED", reply.lines
            assert "died" in reply.advice, reply.lines
            assert time.monotonic() - began < 1
            client.check("PVE VERSION")
            assert deaths(client) == number
        # Between two calls it costs nothing.
        os.kill(workers(daemon)[0], signal.SIGKILL)
        assert attack.until(lambda: not attack.children(
            attack.helper(daemon, "reeve-api")))
        client.check("PVE VERSION")


def test_a_worker_that_is_killed_while_it_changes():
    with scene() as (server, _, daemon, client):
        server.task_seconds = 20
        client.send("PVE START 100")
        assert attack.until(lambda: server.tasks)
        changing = [pid for pid in attack.descendants(daemon.process.pid)
                    if b"--change" in bytes_of("/proc/%d/cmdline" % pid)]
        assert len(changing) == 2, changing
        for pid in changing:
            check_process(pid, 6)
        os.kill(max(changing), signal.SIGKILL)
        reply = client.read_reply()
        assert reply.error == "SERVER_FAILED", reply.lines
        assert len([one for one in server.requests if one.method == "POST"
                    and one.path.endswith("/start")]) == 1, server.requests
        client.check("PVE VERSION")


def test_without_its_helper_no_worker_stays():
    with scene() as (_, _, daemon, client):
        client.check("PVE VERSION")
        both = workers(daemon)
        os.kill(attack.helper(daemon, "reeve-api"), signal.SIGKILL)
        assert attack.until(lambda: not any(map(attack.lives, both)), 3)
        client.check("PVE VERSION")


def test_nothing_stays_after_the_session():
    with scene() as (server, _, daemon, client):
        client.check("PVE VERSION")
        client.check("PVE START 100")
        both = workers(daemon)
        client.close()
        assert attack.until(lambda: attack.nothing_remains(daemon), 3)
        assert not any(map(attack.lives, both))
        assert attack.until(lambda: not server.open, 3), server.open


# --- pve.conf ---

def test_a_wrong_pve_conf_is_told_by_its_line():
    with scene() as (server, machine, daemon, _):
        good = machine.read("/etc/reeve/pve.conf")
        lines = good.count("\n")
        for line in ("colour blue", "endpoint -x", "timeout 1s",
                     "endpoint pve fingerprint=AA", "connect-timeout soon",
                     "insecure never", "token-file"):
            machine.write("/etc/reeve/pve.conf", good + line + "\n")
            with daemon.client("panel") as client:
                for _ in range(2):
                    reply = client.call("PVE VERSION")
                    assert reply.error == "CONFIGURATION", reply.lines
                    assert "/etc/reeve/pve.conf:%d:" % (lines + 1) \
                        in reply.advice, reply.lines
                # It is read anew.
                machine.write("/etc/reeve/pve.conf", good)
                client.check("PVE VERSION")
        for name, text, mode in (("pve.token", server.token, 0o644),
                                 ("pve.token", "secretly", 0o600),
                                 ("pve-ca.pem", None, 0)):
            path = machine.path("/etc/reeve/" + name)
            kept = machine.read("/etc/reeve/" + name)
            if text:
                machine.write("/etc/reeve/" + name, text + "\n", mode)
            else:
                os.unlink(path)
            with daemon.client("panel") as client:
                reply = client.call("PVE VERSION")
                assert reply.error == "CONFIGURATION", reply.lines
                assert "/etc/reeve/" + name in reply.advice, reply.lines
                assert "secretly" not in repr(reply.lines), reply.lines
            machine.write("/etc/reeve/" + name, kept, 0o600)


def test_the_environment_overrides():
    with proxmox.Proxmox() as server, scratch.Machine() as machine:
        proxmox_host.introduce(machine, server)
        lines = machine.read("/etc/reeve/pve.conf").splitlines()
        os.unlink(machine.path("/etc/reeve/pve.conf"))
        with attack.environment(**{
                "REEVE_PVE_" + line.split(" ")[0].upper().replace("-", "_"):
                line.split(" ", 1)[1] for line in lines}):
            with machine.daemon() as daemon, daemon.client("panel") as client:
                client.check("PVE VERSION")
                client.check("PVE START 100")
        machine.write("/etc/reeve/pve.conf", "".join(
            line + "\n" for line in ["endpoint 127.0.0.1:1", *lines[1:]]))
        with attack.environment(REEVE_PVE_ENDPOINT="127.0.0.1:1\n127.0.0.1:%d"
                                % server.port, REEVE_PVE_TIMEOUT="never"):
            with machine.daemon() as daemon, daemon.client("panel") as client:
                reply = client.call("PVE VERSION")
                assert reply.error == "CONFIGURATION", reply.lines
                assert "environment" in reply.advice \
                    and "timeout" in reply.advice, reply.lines


def test_nobody_else_says_where_roots_token_goes():
    """Who has root's reeved started for himself, as by sudo with its option to
    keep variables."""
    if os.geteuid():
        raise tap.Skip("machine: only root has a token that is not his own")
    with proxmox.Proxmox() as server, proxmox.Proxmox() as thief, \
            scratch.Machine() as machine:
        proxmox_host.introduce(machine, server)
        with attack.environment(REEVE_PVE_ENDPOINT="127.0.0.1:%d" % thief.port,
                                REEVE_PVE_INSECURE="1"), \
                machine.spawn("panel") as client:
            client.check("PVE VERSION")
        assert server.requests and not thief.handshakes, thief.requests


def test_a_change_counts_for_new_workers_and_after_a_reload():
    with scene() as (server, machine, daemon, client), \
            proxmox.Proxmox(partner=server) as second:
        client.check("PVE VERSION")
        text = machine.read("/etc/reeve/pve.conf")
        machine.write("/etc/reeve/pve.conf", text.replace(
            str(server.port), str(second.port)))
        client.check("PVE VERSION")
        assert not second.requests
        with daemon.client("panel") as other:
            other.check("PVE VERSION")
        assert len(second.requests) == 1
        # A change waits for the reload: somebody else may have done this.
        reply = client.call("PVE START 100")
        assert reply.error == "CONFIGURATION", reply.lines
        assert "pve.conf changed on disk" in reply.advice, reply.lines
        daemon.reload()

        def has_moved():
            before = len(server.requests)
            client.check("PVE VERSION")
            return len(server.requests) == before

        assert attack.until(has_moved)
        # It has a worker of its own.
        client.check("PVE START 100")
        assert any(one.method == "POST" for one in second.requests)


if __name__ == "__main__":
    tap.main(globals())
