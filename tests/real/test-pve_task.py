#!/usr/bin/env python3
# test-pve_task.py - PVE TASK-... against a server that speaks Proxmox's API
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks are begun by the test itself."""

import contextlib
import json
import os
import re
import ssl
import sys
import threading
import time
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import proxmox  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402

POLICY = """\
[identity panel]
key = panel.key
allow = *

[identity reader]
key = reader.key
allow = PVE TASK-WAIT
"""


def configuration(server, ports):
    lines = ["endpoint 127.0.0.1:%d" % port for port in ports]
    return "\n".join([*lines, "token-file /etc/reeve/pve.token",
                      "ca-file /etc/reeve/pve.pem", ""])


@contextlib.contextmanager
def scene(version="9.1", more_ports=(), **options):
    """A server, a machine that knows it, and a client."""
    with proxmox.Proxmox(version, **options) as server:
        with open(server.ca_file, encoding="ascii") as file:
            authority = file.read()
        with scratch.Machine({"/etc/reeve/pve.pem": authority,
                              "/etc/reeve/pve.conf": configuration(
                                  server, [server.port, *more_ports])},
                             POLICY) as machine:
            machine.write("/etc/reeve/pve.token", server.token + "\n", 0o400)
            with machine.daemon() as daemon, \
                    daemon.client("panel") as client:
                yield server, daemon, client
        assert not server.problems, server.problems


def begin(server, path, token=None, **parameters):
    """POST to the server; what it answers."""
    request = urllib.request.Request(
        server.url + "/api2/json" + path,
        urllib.parse.urlencode(parameters).encode(),
        {"Authorization": "PVEAPIToken=" + (token or server.token)})
    context = ssl.create_default_context(cafile=server.ca_file)
    with urllib.request.urlopen(request, context=context) as answer:
        return json.load(answer)["data"]


def start(server, vmid=100, kind="lxc"):
    return begin(server, "/nodes/pve1/%s/%d/status/start" % (kind, vmid))


def records(reply):
    return [json.loads(line) for line in reply.text.splitlines()]


def progress(reply):
    return [line[len("PROGRESS "):] for line in reply.status
            if line.startswith("PROGRESS ")]


def looks(server, upid):
    """How often the status of a task was asked for."""
    return sum(upid in urllib.parse.unquote(request.path)
               and request.path.endswith("/status")
               for request in server.requests)


def test_a_task_that_succeeds():
    with scene() as (server, _, client):
        server.end_next("vzstart", "OK", ["one", "two", "three\r4"], 0.8)
        upid = start(server)
        record, = records(client.check(
            "PVE TASK STATUS --output=json " + upid))
        assert record["status"] == record["outcome"] == "running", record
        reply = client.check("PVE TASK WAIT --output=json " + upid)
        record, = records(reply)
        assert record["upid"] == upid and record["status"] == "stopped"
        assert record["outcome"] == "ok" and record["exitstatus"] == "OK"
        assert (record["type"], record["id"], record["node"]) == (
            "vzstart", "100", "pve1"), record
        assert record["user"] == server.token_id
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                            record["started"])
        lines = progress(reply)
        assert lines == ["one", "two", "three\\x0d4", "TASK OK"], lines


if __name__ == "__main__":
    tap.main(globals())
