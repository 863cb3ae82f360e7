# proxmox_scene.py - a machine that knows a server of Proxmox VE
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test server (proxmox.py), a scratch machine whose pve.conf names it, and
its daemon:

    with proxmox_scene.scene("8.4") as scene:
        scene.record("PVE START 100")
        assert scene.server.guests[100].running

At the end no request may have been other than the API's schema has it."""

import contextlib
import json
import os
import signal

import proxmox
import proxmox_host
import scratch

VERSIONS = ("7.4", "8.4", "9.1")


class Scene:
    """SERVER, MACHINE, DAEMON, and CLIENT, who may do everything."""

    def __init__(self, server, machine, daemon, client):
        self.server = server
        self.machine = machine
        self.daemon = daemon
        self.client = client

    def record(self, line):
        """The one record that LINE is answered with."""
        return read_record(self.client.check(with_json(line)))

    def error(self, line):
        """The reply to LINE, which is an error."""
        reply = self.client.call(line)
        assert not reply.ok, (line, reply.text)
        return reply

    def sent(self, method=None):
        """The requests so far that were no GET, or those of METHOD."""
        return [request for request in self.server.requests
                if (request.method == method if method
                    else request.method != "GET")]

    def kill_worker(self):
        """Kill the process that carries out a step."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % name, "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if b"--change" in words and self.machine.root.encode() in words:
                found.append(int(name))
        os.kill(min(found), signal.SIGKILL)


def with_json(line):
    """LINE with the answer as JSON."""
    words = line.split(" ")
    return " ".join(words[:2] + ["--output=json"] + words[2:])


def read_record(reply):
    lines = reply.text.splitlines()
    assert len(lines) == 1, reply.lines
    return json.loads(lines[0])


@contextlib.contextmanager
def scene(version="9.1", policy=None, weak=False, **options):
    """WEAK: with the token that has no rights at first."""
    with proxmox.Proxmox(version, **options) as server:
        with scratch.Machine(policy=policy) as machine:
            proxmox_host.introduce(machine, server, server.weak_token
                                   if weak else None)
            with machine.daemon() as daemon, \
                    daemon.client("panel") as client:
                yield Scene(server, machine, daemon, client)
        assert not server.problems, server.problems


def each_version(**options):
    """A scene of each version, one after the other, with short tasks."""
    for version in VERSIONS:
        with scene(version, task_seconds=0.1, **options) as one:
            yield one
