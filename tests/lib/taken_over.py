# taken_over.py - a session that was taken over, and what it asks for
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test itself is such a session: it has a helper's socket and says what no
session of ours would.

    with taken_over.helper(machine) as (process, ours), \
            taken_over.Worker(ours) as worker:
        code, words = worker.ask("SYSTEM TIME")
"""

import contextlib
import socket
import struct
import subprocess

from scratch import program

REQUEST, STOP, LEAVE, ANSWER, STATUS, DONE = range(1, 7)


def message(kind, *items):
    body = b"".join(struct.pack("=I", len(item)) + item for item in
                    (text.encode() for text in items))
    return struct.pack("=IBBH", len(body), kind, 0, len(items)) + body


@contextlib.contextmanager
def helper(machine, name="reeve-machine"):
    """The helper NAME for MACHINE, and the socket that each session has."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    path = program(name)
    process = subprocess.Popen(
        ["/bin/sh", "-c", "exec 3<&%d; exec \"$0\" \"$1\"" % theirs.fileno(),
         path, machine.root], pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL)
    theirs.close()
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        ours.close()


def ask_worker(ours, end):
    socket.send_fds(ours, [struct.pack("=IBBH", 0, REQUEST, 0, 0)],
                    [end.fileno()])


class Worker:
    def __init__(self, ours):
        self.socket, theirs = socket.socketpair()
        ask_worker(ours, theirs)
        theirs.close()
        self.socket.settimeout(20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def read(self, length):
        data = b""
        while len(data) < length:
            more = self.socket.recv(length - len(data))
            if not more:
                raise EOFError("the worker died")
            data += more
        return data

    def ask(self, operation, *pairs):
        """The code of the answer's end, 0 for success, and its words."""
        self.begin(operation, *pairs)
        return self.end()

    def begin(self, operation, *pairs):
        self.socket.sendall(message(REQUEST, operation, "0", *pairs))

    def stop(self):
        self.socket.sendall(message(STOP))

    def end(self):
        while True:
            size, kind, code, count = struct.unpack("=IBBH", self.read(8))
            body = self.read(size)
            items = []
            for _ in range(count):
                length, = struct.unpack("=I", body[:4])
                items.append(body[4:4 + length].decode())
                body = body[4 + length:]
            if kind == DONE:
                return (int(items[0]), items[1]) if code else (0, "")
