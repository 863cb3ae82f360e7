# proxmox.py - a server that speaks Proxmox VE's API
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small cluster with an API server for tests:

    with proxmox.Proxmox(version="9.1") as server:
        ... server.port, server.ca_file, server.token ...
        server.fail_next("POST", "/status/start", "596-after")
        server.end_next("vzdump", "WARNINGS: 1")
        assert not server.problems

It listens on 127.0.0.1 with a certificate of its own authority and answers as
the real one of that version does (7.4, 8.4, 9.1); every request that is not
as the API's schema has it is listed in server.problems.

What fail_next can do:
    close           close without an answer
    hang:SECONDS    no answer, then close       slow:SECONDS  answer late
    596-before      596, nothing done           close-after   done, then close
    596-after       done, then 596              hang-after:SECONDS
    NNN:TEXT        that status and text (401 and 59x without body)
    plain:TEXT      501 with a body of plain text
    redirect[:URL]  301
    cut             half of the body            empty         no body
    huge[:BYTES]    a large body                garbage[:TEXT]  no JSON
    lock:NAME       "CT is locked (NAME)"
    hotplug:TEXT    a change of "memory" fails with TEXT, the rest is done

With "CONNECT" for a method it is the next connection: "reset" (closed at
once) and "hang:SECONDS" before TLS begins, "close" after the handshake.
"""

import re
import secrets
import shutil
import socket
import tempfile
import threading
import time
import traceback
import urllib.parse

import proxmox_certificates as certificates
import proxmox_changes  # noqa: F401  They have the endpoints.
import proxmox_guests
import proxmox_reads  # noqa: F401
import proxmox_volumes  # noqa: F401
from proxmox_rows import ApiError, Rights, Schema, died, find
from proxmox_wire import RULES, Connection

ALL = {"VM.Allocate", "VM.Audit", "VM.Backup", "VM.Clone", "VM.Config.CDROM",
       "VM.Config.CPU", "VM.Config.Cloudinit", "VM.Config.Disk",
       "VM.Config.HWType", "VM.Config.Memory", "VM.Config.Network",
       "VM.Config.Options", "VM.Console", "VM.Migrate", "VM.PowerMgmt",
       "VM.Snapshot", "VM.Snapshot.Rollback", "Sys.Audit", "Sys.Modify",
       "Datastore.Allocate", "Datastore.AllocateSpace",
       "Datastore.AllocateTemplate", "Datastore.Audit", "Pool.Audit"}
CONNECTIONS_MAX = 500


class Call:
    """A request that was let in, for the functions of the endpoints."""

    def __init__(self, row, places, parameters, token, rights):
        self.kind = row.kind
        self.parameters = {**parameters, **places}
        self.token = token
        self.rights = rights
        self.total = None
        self.hotplug_error = None

    def __getitem__(self, name):
        return self.parameters[name]

    def __contains__(self, name):
        return name in self.parameters

    def get(self, name, default=None):
        return self.parameters.get(name, default)


class Proxmox:
    """PRIVILEGES of the full token and WEAK_PRIVILEGES of the other are by
    path, and may be changed; TOKEN_FAULT is why the full token is refused
    ("token 'ops' access expired"; only older versions tell); DELAY_401: after
    how many seconds.  REQUESTS are those of proxmox_wire.Request; PROBLEMS
    texts; CONNECTIONS counts those that came, HANDSHAKES those of them that
    got to speak, RECEIVED the bytes that clients then sent.  CLUSTER
    (proxmox_guests) has what there is; GUESTS are by number, TASKS (of
    proxmox_tasks.Task) oldest first, each of TASK_SECONDS."""

    token_id = "agent@pve!ops"
    weak_token_id = "weak@pve!ops"

    def __init__(self, version="9.1", task_seconds=0.3, port=0, partner=None):
        """PARTNER: another server of the same cluster, with the same tokens
        and the same authority, which is there longer than this one."""
        self.version = version
        self.partner = partner
        self.first_seconds = task_seconds
        self.schema = Schema(version)
        self.secret = partner.secret if partner else secrets.token_hex(16)
        self.weak_secret = partner.weak_secret if partner \
            else secrets.token_hex(16)
        self.fingerprint = ""
        self.speaks_messages = version != "7.4"
        self.lock = partner.lock if partner else threading.RLock()
        self.port = port
        self.listener = None
        self.threads = []
        self.open = set()
        self.reset()

    def reset(self):
        """Let everything but port, certificate and connections be as it was
        at first."""
        with self.lock:
            self.share_cluster(self.partner)
            self.token_fault = None
            self.delay_401 = 3.0
            self.requests = []
            self.problems = []
            self.connections = 0
            self.handshakes = 0
            self.received = 0
            self.rules = []

    def share_cluster(self, partner):
        if partner:
            self.cluster = partner.cluster
            self.privileges = partner.privileges
            self.weak_privileges = partner.weak_privileges
            return
        self.cluster = proxmox_guests.Cluster(self.version)
        self.cluster.fingerprint = self.fingerprint
        self.task_seconds = self.first_seconds
        self.privileges = {"/": set(ALL)}
        self.weak_privileges = {}

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="reeve-proxmox-")
        try:
            self.authority = self.partner.authority if self.partner \
                else certificates.Authority(self.folder)
            self.ca_file = self.authority.file
            self.renew_certificate()
            self.start()
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(self, *error):
        self.stop()
        shutil.rmtree(self.folder)

    @property
    def url(self):
        return "https://127.0.0.1:%d" % self.port

    @property
    def token(self):
        return "%s=%s" % (self.token_id, self.secret)

    @property
    def weak_token(self):
        return "%s=%s" % (self.weak_token_id, self.weak_secret)

    @property
    def guests(self):
        with self.lock:
            self.cluster.settle()
            return self.cluster.guests

    @property
    def tasks(self):
        with self.lock:
            self.cluster.settle()
            return list(self.cluster.tasks.list)

    @property
    def task_seconds(self):
        return self.cluster.tasks.seconds

    @task_seconds.setter
    def task_seconds(self, seconds):
        self.cluster.tasks.seconds = seconds

    # What tests arrange.

    def fail_next(self, method, path, how, count=1):
        """Let the next COUNT requests of METHOD whose path matches the
        regular expression PATH (None: any) fail so."""
        assert re.fullmatch(RULES, how, re.DOTALL), how
        with self.lock:
            self.rules += [(method, path, how)] * count

    def end_next(self, kind, how, lines=(), seconds=None):
        """Let the next task whose type matches KIND end so ("WARNINGS: 2",
        "job errors", "403 Permission check failed (/, Sys.Modify)", any
        text), with more LINES in its log, after SECONDS."""
        with self.lock:
            self.cluster.tasks.endings.append((kind, how, lines, seconds))

    def lock_guest(self, vmid, name, seconds):
        """Let the guest VMID be locked (NAME) for SECONDS."""
        def unlock():
            guest.lock = None
        with self.lock:
            guest = self.cluster.guests[vmid]
            guest.lock = name
            self.cluster.later(unlock, seconds)

    def renew_certificate(self, names=certificates.NAMES):
        """A new certificate of the same authority."""
        self.use(self.authority.leaf(names))

    def expire_certificate(self):
        """A certificate of the same authority whose time is over."""
        self.use(self.authority.leaf(expired=True))

    def swap_certificate(self, names=certificates.NAMES):
        """A certificate of an authority that nobody knows."""
        other = certificates.Authority(self.folder,
                                       "other%d" % len(self.problems)
                                       + secrets.token_hex(4))
        self.use(other.leaf(names))

    def use(self, file):
        self.context = certificates.context(file)
        self.fingerprint = certificates.fingerprint(file)
        self.cluster.fingerprint = self.fingerprint

    # Its life.

    def start(self):
        """Listen, at the same port as before."""
        self.stopping = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", self.port),
                                             backlog=256)
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self.accept, daemon=True,
                                         args=(self.listener,))]
        self.threads[0].start()

    def stop(self):
        """End all connections and listen no longer; tasks go on."""
        if not self.listener:
            return
        self.stopping.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.listener = None
        with self.lock:
            left, threads = list(self.open), list(self.threads)
        for connection in left:
            connection.abort()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive(), "a thread of the server is left"

    def accept(self, listener):
        while not self.stopping.is_set():
            try:
                plain, peer = listener.accept()
            except OSError:
                return
            with self.lock:
                if self.stopping.is_set() \
                        or len(self.open) >= CONNECTIONS_MAX:
                    plain.close()
                    continue
                self.connections += 1
                connection = Connection(self, plain, peer, self.connections)
                self.open.add(connection)
                self.threads = [one for one in self.threads
                                if one.is_alive()]
                thread = threading.Thread(target=connection.run, daemon=True,
                                          args=(self.context,))
                self.threads.append(thread)
                thread.start()

    def forget(self, connection):
        with self.lock:
            self.open.discard(connection)

    def wait(self, seconds):
        self.stopping.wait(seconds)

    # What connections ask.

    def note(self, request):
        with self.lock:
            self.requests.append(request)

    def problem(self, request, text):
        with self.lock:
            self.problems.append("%s %s: %s" % (request.method, request.path,
                                                text.strip()))

    def take_rule(self, method, path):
        with self.lock:
            for rule in self.rules:
                if (rule[0] or method) == method and (
                        method != "CONNECT" or rule[0]) \
                        and re.search(rule[1] or "", path):
                    self.rules.remove(rule)
                    return rule[2]
        return None

    @property
    def refused_text(self):
        return "Authentication failed!" if float(self.version) >= 9 \
            else "invalid token value!"

    def authenticate(self, request):
        """The token's name and rights, or the text of a refusal."""
        found = re.search(r"(?:^|\s)PVEAPIToken(?:=| )([^;]*)",
                          request.header("authorization"))
        if not found:
            return "No ticket"
        name, _, secret = urllib.parse.unquote(found[1]).rpartition("=")
        if self.token_fault and name == self.token_id:
            return self.token_fault if float(self.version) < 9 \
                else self.refused_text
        with self.lock:
            for token, wanted, privileges in (
                    (self.token_id, self.secret, self.privileges),
                    (self.weak_token_id, self.weak_secret,
                     self.weak_privileges)):
                if name == token:
                    return (token, Rights(privileges)) \
                        if secret == wanted else self.refused_text
        if float(self.version) >= 9:
            return self.refused_text
        return "no such token '%s' for user '%s'" % (
            name.partition("!")[2], name.partition("!")[0])

    def answer(self, request, token, rule):
        """Status, reason phrase, data, and whether it was executed by
        another daemon."""
        protected = False
        try:
            with self.lock:
                self.cluster.settle()
                row, places = find(request.method, request.path)
                protected = row.protected \
                    or places.get("node", "pve1") != "pve1"
                data = self.perform(row, places, request, token, rule)
                self.cluster.settle()
        except ApiError as error:
            if error.status == 501:
                self.problem(request, error.text.strip())
            data = {"data": None}
            if self.speaks_messages:
                data["message"] = error.text
            if error.errors:
                data["errors"] = error.errors
            return error.status, error.text, data, protected
        except Exception:  # The test server's own fault.
            self.problem(request, traceback.format_exc())
            return 500, "the test server failed", {"data": None}, False
        return 200, "OK", data, protected

    def perform(self, row, places, request, token, rule):
        name, rights = token
        parameters = request.parameters
        wrong = {key: "duplicate parameter (already defined in URI)"
                 for key in parameters if key in places}
        rights.check_row(row, places)
        node = places.get("node", "pve1")
        if node not in self.cluster.nodes and re.fullmatch("[\\w-]+", node):
            raise died("hostname lookup '%s' failed - failed to get address "
                       "info for: %s: Name or service not known"
                       % (node, node))
        found, problems = self.schema.check(row, {**parameters, **places})
        self.problems += problems + ["%s: %s: %s" % (row.name, key, text)
                                     for key, text in wrong.items()]
        wrong.update(found)
        if wrong:
            raise ApiError(400, "Parameter verification failed.\n", wrong)
        call = Call(row, places, {key: as_text(value) for key, value
                                  in parameters.items()}, name, rights)
        how, _, text = (rule or "").partition(":")
        if how == "lock":
            raise died("%s is locked (%s)" % (
                "CT" if row.kind == "lxc" else "VM", text))
        if how == "hotplug":
            call.hotplug_error = text
        data = {"data": row.function(self.cluster, call)}
        if call.total:
            data["total"] = call.total
        return data


def as_text(value):
    return str(int(value)) if isinstance(value, bool) else value


def wait_for(condition, seconds=10):
    """Whether CONDITION comes true within that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())
