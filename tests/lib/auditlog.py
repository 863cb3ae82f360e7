# auditlog.py - audit logs for tests, made without any code of reeve
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit log as doc/audit.texi describes it, by hashlib and hmac:

    log = Log()
    log.append("call", verb="AUG GET", outcome="ok")
    log.rotate()
    log.append("stop")
    log.store(machine.root)

Each file is a list of lines, which a test may change before "store".
"""

import hashlib
import hmac
import json
import os
import secrets
import struct

ZERO = bytes(32)
DIRECTORY = "var/log/reeve"
STATE = "var/lib/reeve/audit.key"


def next_key(key):
    return hashlib.sha256(b"reeve-audit-key-1" + key).digest()


def sealed(body, before, key):
    """The line of BODY, and its hash."""
    digest = hashlib.sha256(before + body).digest()
    mac = hmac.new(key, digest, hashlib.sha256).hexdigest()
    return (body + b',"hash":"%s","mac":"%s"}\n'
            % (digest.hex().encode(), mac.encode()), digest)


class Log:
    def __init__(self, key=None):
        self.sequence = 0
        self.key = key or secrets.token_bytes(32)
        self.hash = ZERO
        self.texts = ["1:" + self.key.hex()]
        self.files = [[]]
        self.first = [1]
        self.second = 0

    def body(self, event, fields):
        self.second += 1
        head = {"sequence": self.sequence + 1,
                "time": "2026-11-%02dT%02d:%02d:%02d.123456Z"
                        % (1 + self.second // 86400,
                           self.second // 3600 % 24,
                           self.second // 60 % 60, self.second % 60),
                "event": event}
        head.update(fields)
        return json.dumps(head, separators=(",", ":"),
                          ensure_ascii=False).encode()[:-1]

    def append(self, event="call", **fields):
        line, self.hash = sealed(self.body(event, fields), self.hash, self.key)
        self.files[-1].append(line)
        self.sequence += 1
        self.key = next_key(self.key)
        return line

    def fill(self, count, **fields):
        for _ in range(count):
            self.append("call", verb="AUG GET", outcome="ok", **fields)

    def rekey(self):
        """A new key, from the next record but one on."""
        self.append("rekey", text="a new key")
        self.key = secrets.token_bytes(32)
        self.texts.append("%d:%s" % (self.sequence + 1, self.key.hex()))

    def rotate(self):
        self.files.append([])
        self.first.append(self.sequence + 1)

    def names(self):
        last = [first - 1 for first in self.first[1:]]
        return ["audit.jsonl.%d-%d" % pair
                for pair in zip(self.first, last)] + ["audit.jsonl"]

    def state(self, number=1):
        """The file audit.key, with a slot that holds and one that does
        not."""
        slot = struct.pack("=16sQQQQQq", b"reeve-key-1", number, self.sequence,
                           0, 0, self.first[-1], 0) \
            + self.hash + self.key + struct.pack("=Q", 1) \
            + struct.pack("=Q64s64s", 1, b"call", b"AUG SAVE")
        slot = hashlib.sha256(slot).digest() + slot
        other = bytearray(slot)
        other[56] ^= 1
        slots = [slot, bytes(other)] if not number % 2 else [bytes(other), slot]
        return slots[0].ljust(65536, b"\0") + slots[1]

    def store(self, root, without=(), state=True):
        """Write the files below ROOT but for the numbers WITHOUT."""
        directory = os.path.join(root, DIRECTORY)
        os.makedirs(directory, mode=0o750, exist_ok=True)
        for name in os.listdir(directory):
            os.unlink(os.path.join(directory, name))
        for index, (name, lines) in enumerate(zip(self.names(), self.files)):
            if index not in without:
                with open(os.path.join(directory, name), "wb") as file:
                    file.write(b"".join(lines))
                    os.fchmod(file.fileno(), 0o640)
        path = os.path.join(root, STATE)
        if not state:
            if os.path.exists(path):
                os.unlink(path)
            return
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "wb") as file:
            file.write(self.state())
            os.fchmod(file.fileno(), 0o600)

    def copy(self):
        other = Log(self.key)
        other.__dict__.update(self.__dict__)
        other.files = [list(lines) for lines in self.files]
        other.first = list(self.first)
        other.texts = list(self.texts)
        return other
