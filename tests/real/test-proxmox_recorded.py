#!/usr/bin/env python3
# test-proxmox_recorded.py - the test server against a real Proxmox VE
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""tests/lib/proxmox.py answers what a real server answered, as recorded in
REFERENCE/proxmox/captures (REEVE_REFERENCE, else ../shared/reference beside
the sources): the same status line, the same headers in the same order, bodies
of the same shape, and those of errors word by word.  That the parameters
beside its handlers agree with the schemas is seen here too."""

import glob
import os
import re
import shlex
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import proxmox  # noqa: E402
import proxmox_guests  # noqa: E402
import proxmox_raw  # noqa: E402
import proxmox_rows  # noqa: E402
import proxmox_schema  # noqa: E402
import tap  # noqa: E402

CAPTURES = os.path.join(proxmox_schema.REFERENCE, "proxmox", "captures")
UNRECORDED = {"Date", "Expires", "Cache-Control", "Pragma"}
NO_REQUEST = {"pct-create": "not the API"}
UPID = re.compile(r"UPID:pve1:[^/\s]*:")
# Requests whose task another capture asks about, and how it ended if not well.
TASKS = {"log-": "lxc-vzdump", "lxc-restore-exists-": "lxc-restore",
         "cluster-tasks": "task-lxcstart", "tasks-list": "task-lxcstart"}


class Capture:
    """A recorded request and its answer."""

    def __init__(self, name):
        with open(os.path.join(CAPTURES, name + ".txt"), "rb") as file:
            text = file.read()
        first, _, rest = text.partition(b"\n")
        _, self.method, self.path, *words = shlex.split(first.decode())
        parts = []
        for option, value in zip(words[::2], words[1::2]):
            if option == "--data-urlencode":
                key, _, value = value.partition("=")
                value = key + "=" + urllib.parse.quote(value, safe="")
            parts.append(value)
        self.form = "&".join(parts) if parts else None
        lines, _, body = rest.replace(b"\r\n", b"\n").partition(b"\n\n")
        line, *headers = lines.decode().split("\n")
        self.answer = proxmox_raw.Answer(
            line, [tuple(one.split(": ", 1)) for one in headers],
            body.strip())


def shape(value):
    """What of VALUE, decoded JSON, is the same for other things."""
    if isinstance(value, dict):
        return tuple(sorted((key, shape(one)) for key, one in value.items()))
    if isinstance(value, list):
        return ("list", frozenset(map(shape, value)))
    if isinstance(value, bool) or value is None:
        return repr(value)
    return "number" if isinstance(value, (int, float)) else "text"


def differences(ours, theirs):
    """Yield how the answer OURS differs from THEIRS."""
    if ours.line != theirs.line:
        yield "status line: %s" % ours.line
    headers = [pair if pair[0] != "Content-Length" else pair[:1]
               for pair in ours.headers if pair[0] not in UNRECORDED]
    wanted = [pair if pair[0] != "Content-Length" else pair[:1]
              for pair in theirs.headers]
    if headers != wanted:
        yield "headers: %s, not %s" % (headers, wanted)
    if not theirs.body or not ours.body:
        if ours.body != theirs.body:
            yield "body: %r, not %r" % (ours.body, theirs.body)
    elif theirs.status != 200:
        if ours.json != theirs.json:
            yield "body: %s, not %s" % (ours.json, theirs.json)
    elif shape(ours.json) != shape(theirs.json):
        yield "shape: %s, not %s" % (ours.json, theirs.json)
    else:
        data = theirs.data if isinstance(theirs.data, dict) else {}
        for key in "exitstatus", "status", "health":
            if key in data and ours.data[key] != data[key]:
                yield "%s: %s, not %s" % (key, ours.data[key], data[key])


class Scene:
    """Brings the server into the state that a capture was taken in."""

    def __init__(self, server):
        self.server = server
        self.cluster = server.cluster
        self.token = server.token
        local = self.cluster.storages["local"]
        for when in 1795195854, 1795195966:
            local.add_backup(self.cluster.guests[102], when)

    def prepare(self, name):
        guest = self.cluster.guests[102]
        if name.startswith("task-") and "lxcstart" not in name \
                or name.startswith("lxc-stop-during"):
            self.cluster.deaf.add(102)
        elif not re.match(r"lxc-(stop|shutdown|startagain|current|running)",
                          name) or name == "lxc-stopagain":
            guest.status = "stopped"
        if re.match("err-403|ok-weak|task-list-weak", name):
            self.token = self.server.weak_token
        if name.startswith("ok-weak"):
            self.server.weak_privileges["/vms/100"] = {
                "Datastore.Audit", "Pool.Audit", "Mapping.Audit", "VM.Audit",
                "SDN.Audit", "Sys.Audit", "VM.GuestAgent.Audit"}
        special = getattr(self, name.replace("-", "_"), None) or getattr(
            self, re.sub(r"-[^-]*$", "", name).replace("-", "_"), None)
        if special:
            special()

    def end(self, kind, name):
        """Let the next task of KIND end as in the capture NAME."""
        text = Capture(name).answer.data["exitstatus"]
        self.server.end_next(kind, text)

    def snapshot(self):
        guest = self.cluster.guests[102]
        guest.snapshots.append({
            "name": "s1", "description": "", "snaptime": 1795195804,
            "config": dict(guest.config)})

    lxc_rollback = lxc_delsnap = lxc_snaplist = snapshot

    def lxc_destroy(self):
        self.cluster.guests[110] = proxmox_guests.container(110, "pve1", "x")

    def lxc_restored_config(self):
        self.cluster.guests[110] = proxmox_guests.container(
            110, "pve1", "ct102", features="nesting=1,keyctl=1")
        self.cluster.guests[110].config.pop("cores")

    def lxc_restore_exists(self):
        self.cluster.guests[110] = proxmox_guests.container(110, "pve1", "x")

    def lxc_migrate(self):
        self.server.privileges["/"].discard("VM.Migrate")

    def lxc_running_pending(self):
        self.cluster.guests[102].config.pop("cpulimit")

    def lxc_running_memory(self):
        self.server.fail_next(
            "PUT", "/config$", "hotplug:can't open '/sys/fs/cgroup/memory/lxc/"
            "102/memory.limit_in_bytes' - No such file or directory")

    def cluster_resources(self):
        self.nodes()
        for guest in self.cluster.guests.values():
            guest.unknown = guest.kind == "lxc"

    def nodes(self):
        self.cluster.unknown_nodes = set(self.cluster.nodes)

    def ok_disklist(self):
        self.fail("GET", "ok-disklist")

    def cluster_status(self):
        self.fail("GET", "cluster-status")

    def fail(self, method, name):
        self.server.fail_next(method, "", "500:" + Capture(
            name).answer.json["message"].rstrip("\n"))

    def task_lxcstart(self):
        self.end("vzstart", "task-lxcstart-status")

    cluster_tasks = tasks_list = task_lxcstart

    def task_list_weak(self):
        self.request("POST", "/nodes/pve1/vzdump", "vmid=100")
        self.wait()

    def lxc_stop_during(self):
        self.request("POST", "/nodes/pve1/lxc/102/status/shutdown",
                     "timeout=1")

    def task_running(self):
        self.request("POST", "/nodes/pve1/lxc/102/status/shutdown",
                     "timeout=30")

    task_abort = task_running_list = task_running

    def task_abort_again(self):
        self.task_running()
        self.request("DELETE", "/nodes/pve1/tasks/"
                     + self.server.tasks[-1].upid)

    def err_401_none(self):
        self.token = ""

    def err_401_garbage(self):
        self.token = "rubbish"

    def err_401_badsecret(self):
        self.token = self.server.token_id + "=wrong"

    def err_401_notoken(self):
        self.token = "agent@pve!nosuch=wrong"

    def err_401_expired(self):
        self.server.token_fault = "token 'ops' access expired"

    def err_401_disabled(self):
        self.server.token_fault = "user 'agent@pve' is disabled"

    def request(self, method, path, form=None):
        return proxmox_raw.ask(self.server, method, path, form, self.token)

    def play(self, capture):
        """The answer to the request of CAPTURE."""
        path = capture.path[len("/api2/json"):]
        if UPID.search(path) and self.server.tasks:
            path = UPID.sub(self.server.tasks[-1].upid, path)
        return self.request(capture.method, path, capture.form)

    def wait(self):
        for _ in range(300):
            if all(task.exit for task in self.server.tasks):
                return
            time.sleep(0.02)
        raise AssertionError("the task does not end")


def first_request(name):
    """The capture whose task that of NAME asks about, or None."""
    for prefix, other in TASKS.items():
        if name.startswith(prefix):
            return other
    found = re.fullmatch(r"(.*)-(log|status)", name)
    if found and os.path.exists(os.path.join(CAPTURES, found[1] + ".txt")):
        return found[1]
    return None


def compare(server, name):
    """Whether the request of the capture NAME is answered as it was."""
    server.reset()
    server.delay_401 = 0
    server.task_seconds = 0.05
    scene = Scene(server)
    capture = Capture(name)
    first = first_request(name)
    if first:
        scene.prepare(first)
        if name.startswith("lxc-restore-exists"):
            scene.end("restore", "lxc-restore-exists-status")
        scene.play(Capture(first))
        scene.wait()
    else:
        scene.prepare(name)
    answer = scene.play(capture)
    found = list(differences(answer, capture.answer))
    print("# %s: %s %s: %s" % (name, capture.method, capture.path[10:],
                               answer.line))
    for text in found:
        print("# %s: %s" % (name, text))
    return not found


def captures():
    found = sorted(os.path.basename(path)[:-4] for path
                   in glob.glob(os.path.join(CAPTURES, "*.txt")))
    if not found:
        raise tap.Skip("machine: no recorded answers in %s" % CAPTURES)
    return found


def test_recorded_answers():
    names = [name for name in captures() if name not in NO_REQUEST]
    for name, why in NO_REQUEST.items():
        print("# %s: left out: %s" % (name, why))
    with proxmox.Proxmox("9.1") as server:
        wrong = [name for name in names if not compare(server, name)]
    assert not wrong, wrong
    assert len(names) > 80, names


def test_a_difference_is_seen():
    answer = Capture(next(name for name in captures()
                          if name == "ok-version")).answer
    other = proxmox_raw.Answer(answer.line, answer.headers[1:],
                               b'{"data":{"version":9}}')
    assert not list(differences(answer, answer))
    assert len(list(differences(other, answer))) == 2
    other.line = "HTTP/1.1 201 OK"
    assert len(list(differences(other, answer))) == 3


def objections(row, version, schema):
    """Yield what the parameters beside a handler have that SCHEMA has not."""
    for name, one in row.described(version).items():
        other = schema.get(name) or proxmox_schema.find_property(schema, name)
        if not other:
            yield "%s %s: %s is none" % (version, row.name, name)
            continue
        if name not in row.names and one.get("optional") \
                != other.get("optional"):
            yield "%s %s: %s: optional" % (version, row.name, name)
        if one.get("requires") not in (None, other.get("requires")):
            yield "%s %s: %s: requires" % (version, row.name, name)
        if one["type"] != other.get("type") \
                and (row.kind, name) != ("qemu", "memory"):
            yield "%s %s: %s: type" % (version, row.name, name)
        if not set(one.get("enum", ())) <= set(other.get("enum", ())):
            yield "%s %s: %s: enum" % (version, row.name, name)
    for name, other in schema.items():
        if not other.get("optional") and "[n]" not in name \
                and name not in row.described(version):
            yield "%s %s: %s is needed" % (version, row.name, name)


def test_parameters_are_those_of_the_schema():
    found, count = [], 0
    for version in "7.4", "8.4", "9.1":
        recorded = proxmox_schema.recorded(version)
        if not recorded:
            raise tap.Skip("machine: no schemas in %s"
                           % proxmox_schema.REFERENCE)
        for row in proxmox_rows.ROWS:
            count += 1
            found += objections(row, version, recorded[row.name])
    assert not found, "\n".join(found)
    assert count > 150, count


if __name__ == "__main__":
    tap.main(globals())
