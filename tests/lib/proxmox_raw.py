# proxmox_raw.py - requests to the test server, byte by byte
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client for tests of the test server itself; it shares nothing with it."""

import json
import socket
import ssl
import urllib.parse

FORM = ("Content-Type", "application/x-www-form-urlencoded")


class Answer:
    """What came back: LINE, HEADERS (pairs, in order) and BODY."""

    def __init__(self, line, headers, body):
        self.line = line
        self.headers = headers
        self.body = body

    @property
    def status(self):
        return int(self.line.split(" ")[1])

    @property
    def reason(self):
        return self.line.split(" ", 2)[2]

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def data(self):
        return self.json["data"]

    def header(self, name):
        """All values of the header NAME."""
        return [value for key, value in self.headers
                if key.lower() == name.lower()]


def parse(read):
    """The answer whose bytes READ () gives, "" at the end."""
    text = b""
    while b"\r\n\r\n" not in text:
        part = read()
        if not part:
            raise EOFError("no answer: %r" % text)
        text += part
    head, _, body = text.partition(b"\r\n\r\n")
    line, *headers = head.decode("utf-8").split("\r\n")
    pairs = [tuple(one.split(": ", 1)) for one in headers]
    length = dict(pairs).get("Content-Length")
    while length is None or len(body) < int(length):
        part = read()
        if not part:
            if length is not None:
                raise EOFError("the body is cut")
            break
        body += part
    return Answer(line, pairs, body)


class Raw:
    """A connection to SERVER that checks its name by its authority."""

    def __init__(self, server, token=None, timeout=20):
        self.token = server.token if token is None else token
        context = ssl.create_default_context(cafile=server.ca_file)
        plain = socket.create_connection(("127.0.0.1", server.port), timeout)
        self.stream = context.wrap_socket(plain, server_hostname="localhost")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stream.close()

    def read(self):
        try:
            return self.stream.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return b""

    def send(self, method, path, body=None, headers=None):
        if headers is None:
            headers = [FORM] if body is not None else []
        lines = ["%s /api2/json%s HTTP/1.1" % (method, path),
                 "Host: localhost"]
        if self.token:
            lines.append("Authorization: PVEAPIToken=" + self.token)
        lines += ["%s: %s" % header for header in headers]
        if body is not None:
            lines.append("Content-Length: %d" % len(body))
        self.stream.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")
                            + (body or "").encode("utf-8"))

    def ask(self, method, path, body=None, headers=None):
        self.send(method, path, body, headers)
        return parse(self.read)


def ask(server, method, path, body=None, token=None, headers=None):
    """One request over a connection of its own; BODY: a text, or a
    dictionary of parameters."""
    if isinstance(body, dict):
        body = urllib.parse.urlencode(body)
    with Raw(server, token) as connection:
        return connection.ask(method, path, body, headers)
