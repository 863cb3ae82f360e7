# proxmox_wire.py - HTTP as Proxmox VE's API daemon speaks it
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One connection to the test server: requests are read, decoded and answered
as pveproxy does, or as a rule of Proxmox.fail_next has it."""

import email.utils
import json
import re
import socket
import time
import urllib.parse

from proxmox_rows import ApiError

IDLE_SECONDS = 5
REQUESTS_MAX = 100
HEAD_MAX = 16384
BODY_MAX = 512 << 10
# What rules may say; those that change an answer and do not take its place.
RULES = (r"(close|cut|empty|595|596-before|596-after|close-after|redirect"
         r"|401|huge|garbage|reset|lock:.+|hotplug:.+|plain:.*|huge:\d+"
         r"|(hang|slow|hang-after):[\d.]+|redirect:.+|garbage:.*"
         r"|[2-6]\d\d:.*)")
GOES_ON = (r"(slow|lock|hotplug|cut|huge|garbage|empty|(596|close|hang)-after)"
           r"\b")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")


class Request:
    """What a client asked for.  PATH is below /api2/json, decoded; PARAMETERS
    are a dictionary of texts (lists if a name came twice); CONNECTION counts
    from 1."""

    def __init__(self, method, target, headers, peer, connection):
        self.method = method
        self.target = target
        self.headers = headers
        self.peer = peer
        self.connection = connection
        self.path = urllib.parse.unquote(target.partition("?")[0])
        self.parameters = {}
        self.body = b""
        self.time = time.monotonic()

    def header(self, name):
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return ""

    def __repr__(self):
        return "%s %s %r" % (self.method, self.path, self.parameters)


def decode_form(text):
    """Names and values in TEXT, cut where the server cuts them."""
    found = {}
    for part in filter(None, re.split("[&;]", text)):
        pieces = part.split("=")
        name, value = (urllib.parse.unquote_plus(piece) for piece
                       in (pieces + [""])[:2])
        if name in found:
            old = found[name]
            found[name] = (old if isinstance(old, list) else [old]) + [value]
        else:
            found[name] = value
    return found


def decode_body(request, version):
    """The parameters in the body of REQUEST."""
    kind = request.header("content-type").partition(";")[0].strip()
    if not request.body:
        return {}
    if kind in ("", "application/x-www-form-urlencoded"):
        return decode_form(request.body.decode("utf-8"))
    if kind == "application/json" and version != "7.4":
        found = json.loads(request.body)
        return {name: value if isinstance(value, (bool, str, list))
                else str(value) for name, value in found.items()}
    raise ApiError(506, "upload 'Content-Type '%s' not implemented" % kind)


class Hangup(Exception):
    """The connection is to end as if the server had died."""


class Connection:
    """The server's side of one connection, in a thread of its own."""

    def __init__(self, server, plain, peer, number):
        self.server = server
        self.plain = plain
        self.stream = None
        self.peer = peer
        self.number = number
        self.buffer = b""

    def abort(self):
        """Let its thread, which is another, find that there is no peer."""
        try:
            socket.socket.shutdown(self.stream or self.plain,
                                   socket.SHUT_RDWR)
        except OSError:
            pass

    def run(self, context):
        try:
            rule = self.server.take_rule("CONNECT", "")
            if rule and rule != "close":
                self.server.wait(float(rule.partition(":")[2] or 0))
                return
            self.plain.settimeout(10)
            self.plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.stream = context.wrap_socket(
                self.plain, server_side=True, do_handshake_on_connect=False)
            self.stream.do_handshake()
            self.server.handshakes += 1
            self.stream.settimeout(IDLE_SECONDS)
            if rule:
                return
            for _ in range(REQUESTS_MAX):
                if not self.exchange():
                    self.finish()
                    return
        except (Hangup, OSError, ValueError):
            pass
        finally:
            (self.stream or self.plain).close()
            self.server.forget(self)

    def finish(self):
        """End the connection so that the peer gets all of the answer."""
        self.stream.settimeout(0.3)
        try:
            self.stream.unwrap()
        except (OSError, ValueError):
            pass
        socket.socket.shutdown(self.stream, socket.SHUT_WR)
        while socket.socket.recv(self.stream, 65536):
            pass

    def receive(self):
        found = self.stream.recv(65536)
        if not found:
            raise Hangup
        self.server.received += len(found)
        self.buffer += found

    def read_head(self):
        """The next request, without its body."""
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > HEAD_MAX:
                raise Hangup
            self.receive()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = [tuple(part.strip() for part in line.split(":", 1))
                   for line in lines]
        return Request(method, target, headers, self.peer, self.number)

    def read_body(self, request):
        if "chunked" in request.header("transfer-encoding").lower():
            raise ApiError(501, "chunked transfer encoding not supported")
        length = int(request.header("content-length") or 0)
        if length and request.method not in ("POST", "PUT"):
            raise ApiError(501, "Unexpected content for method '%s'"
                           % request.method)
        if length > BODY_MAX:
            raise ApiError(501, "for data too large")
        if length and request.header("expect").lower() == "100-continue":
            self.stream.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self.buffer) < length:
            self.receive()
        request.body = self.buffer[:length]
        self.buffer = self.buffer[length:]

    def exchange(self):
        """Read a request and answer it; whether another may follow."""
        request = self.read_head()
        server = self.server
        if request.method not in METHODS:
            server.note(request)
            return self.error(501, "method '%s' not available"
                              % request.method)
        if not request.path.startswith("/api2/json"):
            return self.error(501, "no such file '%s'" % request.path)
        request.path = request.path[len("/api2/json"):] or "/"
        try:
            self.read_body(request)
            request.parameters = decode_body(request, server.version)
        except ApiError as error:
            server.note(request)
            server.problem(request, error.text)
            return self.error(error.status, error.text, error.text)
        request.parameters.update(decode_form(
            request.target.partition("?")[2]))
        server.note(request)
        rule = server.take_rule(request.method, request.path)
        if rule and not re.match(GOES_ON, rule):
            return self.instead(rule, request)
        if rule and rule.startswith("slow:"):
            server.wait(float(rule[5:]))
        token = server.authenticate(request)
        if isinstance(token, str):
            server.wait(server.delay_401)
            return self.error(401, token)
        status, reason, data, protected = server.answer(request, token, rule)
        return self.after(rule, status, reason, data, protected)

    def instead(self, rule, request):
        """Do what RULE wants instead of an answer."""
        how, _, text = rule.partition(":")
        if how == "hang":
            self.server.wait(float(text))
        if how in ("close", "hang"):
            raise Hangup
        if how == "596-before":
            return self.error(596, text or "Broken pipe")
        if how == "redirect":
            where = text or "https://localhost:%d/api2/json%s" % (
                self.server.port, request.path)
            return self.send(301, "Moved Permanently", b"",
                             [("Location", where)], False)
        if how == "401":
            self.server.wait(self.server.delay_401)
            return self.error(401, text or self.server.refused_text)
        if how == "plain":
            return self.error(501, text, text)
        if re.fullmatch("59[0-9]", how):
            return self.error(int(how), text or "Connection refused")
        data = {"data": None}
        if self.server.speaks_messages:
            data["message"] = text + "\n"
        return self.data(int(how), text, data, False)

    def after(self, rule, status, reason, data, protected):
        """Answer with DATA, or what RULE makes of it."""
        how, _, text = (rule or "").partition(":")
        if how == "596-after":
            return self.error(596, text or "Connection timed out")
        if how == "hang-after":
            self.server.wait(float(text))
        if how in ("close-after", "hang-after"):
            raise Hangup
        if how == "cut":
            body = encode(data)
            head = self.head(status, reason, [
                ("Content-Length", len(body))] + JSON_TYPE)
            self.stream.sendall(head + body[:len(body) // 2])
            raise Hangup
        if how == "huge":
            return self.huge(int(text or 64 << 20))
        if how == "garbage":
            return self.send(200, "OK", (text or '{"data":[{"n":1,').encode(),
                             JSON_TYPE)
        if how == "empty":
            return self.send(200, "OK", b"", JSON_TYPE)
        return self.data(status, reason, data, protected)

    def huge(self, size):
        """A true JSON text of SIZE bytes and some more."""
        body = b'{"data":"%s"}'
        head = self.head(200, "OK", [
            ("Content-Length", size + len(body) - 2)] + JSON_TYPE)
        self.stream.sendall(head + body[:9])
        while size:
            part = min(size, 1 << 16)
            self.stream.sendall(b"x" * part)
            size -= part
        self.stream.sendall(body[11:])
        return False

    def data(self, status, reason, data, protected):
        fine = status == 200
        return self.send(status, reason, encode(data), JSON_TYPE, fine,
                         ["close"] if protected and fine else [])

    def error(self, status, reason, body=None):
        """An answer without JSON: BODY is plain text, or None."""
        if body is None:
            return self.send(status, reason, None, keep=False)
        return self.send(status, reason, body.encode(),
                         [("Content-Type", "text/plain")], False)

    @staticmethod
    def head(status, reason, headers, connection=("close",)):
        """The first bytes of an answer."""
        now = email.utils.formatdate(usegmt=True)
        reason = "".join(reason.split("\n"))
        lines = ["HTTP/1.1 %d %s" % (status, reason),
                 "Cache-Control: max-age=0"]
        lines += ["Connection: " + one for one in connection]
        lines += ["Date: " + now, "Pragma: no-cache",
                  "Server: pve-api-daemon/3.0"]
        lines += ["%s: %s" % header for header in headers]
        lines.append("Expires: " + now)
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")

    def send(self, status, reason, body, headers=(), keep=True, also=()):
        """Send an answer; without BODY its end is that of the connection.
        KEEP it: whether another request may follow.  ALSO: more values of
        Connection."""
        length = [] if body is None else [("Content-Length", len(body))]
        head = self.head(status, reason, length + list(headers),
                         list(also) + ["Keep-Alive" if keep else "close"])
        self.stream.sendall(head + (body or b""))
        return keep


JSON_TYPE = [("Content-Type", "application/json;charset=UTF-8")]


def encode(data):
    return json.dumps(data, separators=(",", ":")).encode("ascii")
