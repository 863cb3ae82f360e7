# api.py - a server for PVE, and what waiting costs, for tests/bench/run
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server is tests/bench/https: it takes next to no time, as version.curl
shows, or as much as it is told to, since no real one is so quick."""

import os
import shutil
import ssl
import subprocess
import sys
import time
import urllib.request

import crowd
import proxmox_certificates
import scratch

CONF = """\
endpoint 127.0.0.1:%d
token-file /etc/reeve/pve.token
ca-file /etc/reeve/pve.pem
"""
TOKEN = "agent@pve!ops=0f0f0f0f-1e1e-2d2d-3c3c-4b4b4b4b4b4b"
UPID = "UPID:pve1:%08X:0000C0DE:69000000:vzstart:%d:agent@pve!ops:"
TASKS = 100
SECONDS = 5


class Server:
    """The server, with all that is needed to ask it below FOLDER.  It answers
    after so many MICROSECONDS."""

    def __init__(self, folder, microseconds=0):
        authority = proxmox_certificates.Authority(folder)
        self.ca_file = authority.file
        self.header = os.path.join(folder, "header")
        with open(self.header, "w", encoding="ascii") as file:
            file.write("Authorization: PVEAPIToken=%s\n" % TOKEN)
        self.process = subprocess.Popen(
            [scratch.program("tests/bench/https"), authority.leaf(),
             str(microseconds)], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit("tests/bench/https does not start")
        self.port = int(line)
        self.url = "https://127.0.0.1:%d/api2/json/version" % self.port

    @property
    def places(self):
        """What tests/bench/measure wants to know."""
        return ("url=" + self.url, "authority=" + self.ca_file,
                "header=" + self.header)

    def requests(self):
        """How many there were."""
        context = ssl.create_default_context(cafile=self.ca_file)
        with urllib.request.urlopen("https://127.0.0.1:%d/requests"
                                    % self.port, context=context) as answer:
            return int(answer.read())

    def tell(self, machine):
        """Let MACHINE know it."""
        machine.write("/etc/reeve/pve.conf", CONF % self.port)
        machine.write("/etc/reeve/pve.token", TOKEN + "\n", 0o400)
        shutil.copy(self.ca_file, machine.path("/etc/reeve/pve.pem"))

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def wait_for_tasks(client, count):
    """Have CLIENT wait for COUNT tasks that do not end."""
    client.send("PVE TASK-WAIT --timeout=%d %s" % (SECONDS + 30,
                                                   "@ " * count))
    for number in range(count):
        reply = client.read_reply()
        if reply.inquiry != "UPID":
            sys.exit("PVE TASK-WAIT: %s" % reply.lines)
        client.answer((UPID % (number, number + 100)).encode())


def measure_version(server, machine, rounds):
    """Medians and p99 of PVE VERSION and of libcurl."""
    return [crowd.sample(machine, rounds, name, *server.places)
            for name in ("version.reeve", "version.curl")]


def measure_waiting(server, daemon, worker_kib):
    """KiB of the worker when one waits for TASKS tasks, the same SECONDS
    later, and how many requests a second that took."""
    with daemon.client("panel") as client:
        client.check("PVE VERSION")
        wait_for_tasks(client, TASKS)
        time.sleep(0.5)
        first, begin, asked = worker_kib(), time.monotonic(), server.requests()
        time.sleep(SECONDS)
        asked = server.requests() - asked
        return first, worker_kib(), asked / (time.monotonic() - begin)
