# proxmox_liar.py - a server that answers what no server of Proxmox VE would
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""It has a certificate of the authority of another test server, and says what
a test wants:

    with Liar(server.authority) as liar:
        liar.say = lambda send: send(b"HTTP/1.1 200 OK\\r\\n\\r\\n...")

The connection ends when SAY returns.  Where it is None the answer is GOOD."""

import contextlib
import json
import socket
import threading

import proxmox_certificates

DATA = {"version": "9.1.1", "release": "9.1", "repoid": "1234abcd"}
BODY = json.dumps({"data": DATA}).encode()


def answer(body=BODY, line=b"HTTP/1.1 200 OK", headers=(), length=None):
    """The bytes of an answer."""
    lines = [line, b"Content-Type: application/json;charset=UTF-8",
             b"Content-Length: %d" % (len(body) if length is None
                                      else length), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


GOOD = answer()


class Liar:
    """REQUESTS are the heads of those that came, as bytes."""

    def __init__(self, authority):
        self.context = proxmox_certificates.context(authority.leaf())
        self.say = None
        self.requests = []
        self.threads = []
        self.open = []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.start(self.accept)
        return self

    def __exit__(self, *error):
        self.shut(self.listener)
        self.listener.close()
        for stream in self.open:
            self.shut(stream)
        for thread in self.threads:
            thread.join(10)
            assert not thread.is_alive(), "a thread of the liar is left"

    @staticmethod
    def shut(stream):
        with contextlib.suppress(OSError):
            socket.socket.shutdown(stream, socket.SHUT_RDWR)

    def start(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments,
                                  daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self.listener.accept()
                self.open.append(plain)
                self.start(self.serve, plain)

    def serve(self, plain):
        with contextlib.suppress(OSError, ValueError), \
                self.context.wrap_socket(plain, server_side=True) as stream:
            self.open.append(stream)
            stream.settimeout(20)
            head = b""
            while b"\r\n\r\n" not in head:
                part = stream.recv(65536)
                if not part:
                    return
                head += part
            self.requests.append(head)
            if self.say:
                self.say(stream.sendall)
            else:
                stream.sendall(GOOD)


@contextlib.contextmanager
def silent(backlog=16):
    """The port of a server that takes connections and says nothing; with
    BACKLOG 0 it takes none: their packets are dropped."""
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as listener, \
            contextlib.ExitStack() as stack:
        port = listener.getsockname()[1]
        if not backlog:
            # As many as the kernel lets wait.
            for _ in range(2):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(("127.0.0.1", port))
        yield port
