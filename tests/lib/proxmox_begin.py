# proxmox_begin.py - tasks that a test itself begins at its Proxmox server
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""And what comes of them:

    with proxmox_begin.scene() as (server, daemon, client):
        client.check("PVE TASK WAIT " + proxmox_begin.start(server))
"""

import contextlib
import json
import ssl
import time
import urllib.parse
import urllib.request

import proxmox
import proxmox_host
import scratch


POLICY = """\
[identity panel]
key = panel.key
allow = *

[identity reader]
key = reader.key
allow = PVE TASK-WAIT
"""


@contextlib.contextmanager
def machine_for(*servers, policy=POLICY, arguments=()):
    """A machine that knows SERVERS: its daemon, started with ARGUMENTS, and a
    client who may do everything."""
    with scratch.Machine(policy=policy) as machine:
        proxmox_host.introduce(machine, servers[0], None, *[
            "endpoint 127.0.0.1:%d" % server.port for server in servers[1:]])
        authorities = []
        for server in servers:
            with open(server.ca_file, encoding="ascii") as file:
                authorities.append(file.read())
        machine.write("/etc/reeve/pve-ca.pem", "".join(authorities))
        with machine.daemon(*arguments) as daemon, \
                daemon.client("panel") as client:
            yield daemon, client
    for server in servers:
        assert not server.problems, server.problems


@contextlib.contextmanager
def scene(version="9.1", policy=POLICY, arguments=(), **options):
    """A server, and a machine that knows it: its daemon and a client."""
    with proxmox.Proxmox(version, **options) as server, \
            machine_for(server, policy=policy,
                        arguments=arguments) as (daemon, client):
        yield server, daemon, client


@contextlib.contextmanager
def two_endpoints():
    """Two servers of one cluster, and a client of a machine that knows
    both."""
    with proxmox.Proxmox() as first, \
            proxmox.Proxmox(partner=first) as second, \
            machine_for(first, second) as (_, client):
        yield first, second, client


def begin(server, path, token=None, method="POST", **parameters):
    """Ask the server; what it answers."""
    request = urllib.request.Request(
        server.url + "/api2/json" + path,
        urllib.parse.urlencode(parameters).encode() or None,
        {"Authorization": "PVEAPIToken=" + (token or server.token)},
        method=method)
    context = ssl.create_default_context(cafile=server.ca_file)
    with urllib.request.urlopen(request, context=context) as answer:
        return json.load(answer)["data"]


def start(server, vmid=100, kind="lxc"):
    """Start a guest; the task's UPID."""
    return begin(server, "/nodes/pve1/%s/%d/status/start" % (kind, vmid))


def records(reply):
    """What a reply in JSON has."""
    return [json.loads(line) for line in reply.text.splitlines()]


def progress(reply):
    """The texts of its status lines PROGRESS."""
    return [line[len("PROGRESS "):] for line in reply.status
            if line.startswith("PROGRESS ")]


def looks(server, upid):
    """How often the status of a task was asked for."""
    return sum(upid in urllib.parse.unquote(request.path)
               and request.path.endswith("/status")
               for request in server.requests)


def canceled(client, line, after=0.5):
    """Give LINE up after some seconds; the reply, and how long it took to
    come then."""
    client.send(line)
    time.sleep(after)
    began = time.monotonic()
    client.send("CANCEL")
    return client.read_reply(), time.monotonic() - began
