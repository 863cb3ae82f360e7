# scratch.py - a scratch machine with a reeved of its own
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory tree that reeved takes for a machine, with identities:

    panel   may do everything
    reader  may read configuration files
    nobody  may log in, and no more
    ghost   is for another user of the system than the test's

    with Machine({"/etc/hosts": "127.0.0.1 localhost\\n"}) as machine:
        with machine.daemon() as daemon, daemon.client("panel") as client:
            client.check("AUG SET /files/etc/hosts/1/ipaddr 127.0.0.2")
"""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import assuan

SOURCE = os.environ.get("REEVE_SOURCE") or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

POLICY = """\
[identity panel]
key = panel.key
allow = *

[identity reader]
key = reader.key
allow = AUG READ

[identity nobody]
key = nobody.key

[identity ghost]
key = ghost.key
peer = %s
allow = *
"""


# A test that is told to end still leaves its contexts, which clean up.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))


def program(name):
    """The path of a program of the build tree."""
    build = os.environ.get("REEVE_BUILD")
    for folder in [build] if build else [os.getcwd(), SOURCE,
                                         os.path.join(SOURCE, "build")]:
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return os.path.abspath(path)
    sys.exit("%s is not built; REEVE_BUILD names the build directory" % name)


def sanitized():
    """Whether the programs are built with --enable-sanitize: their processes
    can be traced, keep standard error for what is found, and have no limit of
    memory."""
    with open(os.path.join(os.path.dirname(program("reeved")), "config.h"),
              encoding="utf-8") as config:
        return "#define REEVE_SANITIZE" in config.read()


# What a build with --enable-sanitize writes into the log.
SANITIZER = re.compile("AddressSanitizer|LeakSanitizer|runtime error:")


def ended(child, patience):
    """Wait for CHILD; whether it ended within PATIENCE seconds."""
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        return False
    return True


class Daemon:
    """A running reeved on a machine's socket, started by the command UNDER
    if that is given.  Leaving the context ends it by SIGTERM and complains if
    it does not end well."""

    def __init__(self, machine, *options, under=()):
        self.machine = machine
        self.log = open(machine.path("reeved.log"), "ab")
        self.process = subprocess.Popen(
            [*under, program("reeved"), "--root", machine.root, "--foreground",
             *options], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log)
        self.wait()

    def wait(self):
        """Return when the socket answers."""
        deadline = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                assuan.Client.connect(self.machine.socket).close()
                return
            except (OSError, assuan.Gone):
                time.sleep(0.01)
        self.process.kill()
        self.process.wait()
        raise RuntimeError("reeved does not start:\n" + self.messages())

    def messages(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as log:
            return log.read()

    def client(self, identity=None):
        """A connection, as IDENTITY if that is given."""
        client = assuan.Client.connect(self.machine.socket)
        if identity:
            client.authenticate(identity, self.machine.key(identity))
        return client

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        """End it; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        if not ended(self.process, 20):
            self.process.kill()
            self.process.wait()
            raise RuntimeError("reeved does not end:\n" + self.messages())
        self.log.close()
        if SANITIZER.search(self.messages()):
            raise RuntimeError("a sanitizer complains:\n" + self.messages())
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            status = self.stop()
            if status and not kind:
                raise RuntimeError("reeved: exit status %d:\n%s"
                                   % (status, self.messages()))


class Machine:
    """The scratch tree.  FILES maps paths to texts (str or bytes)."""

    def __init__(self, files=None, policy=None):
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="reeve-test-"))
        os.chmod(self.root, 0o755)
        other = "nobody" if os.geteuid() == 0 else "root"
        for folder, mode in (("etc/reeve/policy.d", 0o755),
                             ("etc/reeve/keys", 0o700)):
            os.makedirs(self.path(folder), mode=mode)
        for path in ("etc", "etc/reeve", "etc/reeve/policy.d"):
            os.chmod(self.path(path), 0o755)
        self.write("/etc/reeve/policy.d/test.policy", policy or POLICY % other)
        for name in ("panel", "reader", "nobody", "ghost"):
            self.add_key(name)
        for path, text in (files or {}).items():
            self.write(path, text)

    def path(self, path):
        """PATH of the scratch machine as the system knows it."""
        return os.path.join(self.root, path.lstrip("/"))

    @property
    def socket(self):
        return self.path("/run/reeve/S.reeve")

    def write(self, path, text, mode=None):
        """Make PATH hold TEXT; that of a program begins with #!."""
        full = self.path(path)
        if mode is None:
            mode = 0o755 if text[:2] in ("#!", b"#!") else 0o644
        os.makedirs(os.path.dirname(full), exist_ok=True)
        # As a key's, which not even its owner may write to.
        if os.path.isfile(full) and not os.access(full, os.W_OK):
            os.unlink(full)
        with open(full, "wb") as file:
            file.write(text if isinstance(text, bytes)
                       else text.encode("utf-8", "surrogateescape"))
            os.fchmod(file.fileno(), mode)

    def read(self, path):
        """The text, or None if there is no such file."""
        try:
            with open(self.path(path), "rb") as file:
                return file.read().decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            return None

    def audit(self):
        """The records of the audit log."""
        lines = (self.read("/var/log/reeve/audit.jsonl") or "").splitlines()
        return [json.loads(line) for line in lines]

    def add_key(self, name, key=None):
        self.write("/etc/reeve/keys/%s.key" % name,
                   (key or secrets.token_hex(32)) + "\n", mode=0o400)

    def key(self, name):
        """The bytes that the handshake takes as the key."""
        return self.read("/etc/reeve/keys/%s.key" % name).rstrip("\n").encode()

    def daemon(self, *options, under=()):
        return Daemon(self, *options, under=under)

    def spawn(self, identity=None, *options):
        """Run "reeved --server" on this machine and return its client; with
        IDENTITY after the handshake.  The client's close ends it."""
        ours, theirs = assuan.socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [program("reeved"), "--server", "--root", self.root, *options],
                stdin=theirs, stdout=theirs)
        client = assuan.Client(ours)
        client.process = process
        if identity:
            client.authenticate(identity, self.key(identity))
        return client

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()
