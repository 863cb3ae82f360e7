# assuan.py - an Assuan client that shares no code with reeve
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speaks to reeved as doc/protocol.texi says, from that page alone.

    with Client.connect(path) as client:
        client.authenticate("panel", key)
        reply = client.call("AUG GET /files/etc/hosts/1/ipaddr")
        print(reply.data)
"""

import hashlib
import hmac
import os
import re
import socket
import struct

SOURCE_USER_1 = 32
LINE_LIMIT = 1000

# Codes of libgpg-error that reeve answers with.
CODES = {
    "GENERAL": 1, "NOT_FOUND": 27, "SYNTAX": 29, "UNEXPECTED": 38,
    "INV_ARG": 45, "NETWORK": 48, "INV_VALUE": 55, "NO_DATA": 58,
    "NOT_SUPPORTED": 60, "INV_OP": 61, "TIMEOUT": 62, "INTERNAL": 63,
    "INV_OBJ": 65, "TOO_SHORT": 66, "TOO_LARGE": 67, "NO_OBJ": 68,
    "NOT_IMPLEMENTED": 69, "CONFLICT": 70, "INV_FLAG": 72,
    "INCOMPLETE_LINE": 75, "INV_RESPONSE": 76, "INV_DATA": 79, "INV_NAME": 88,
    "BAD_DATA": 89, "INV_PARAMETER": 90, "LINE_TOO_LONG": 97,
    "NOT_TRUSTED": 98, "CANCELED": 99, "CONFIGURATION": 115,
    "MISSING_VALUE": 128, "INV_LENGTH": 139, "INV_STATE": 156,
    "DUP_VALUE": 157, "UNKNOWN_NAME": 165, "LOCKED": 173,
    "UNKNOWN_OPTION": 174, "UNKNOWN_COMMAND": 175, "NOT_OPERATIONAL": 176,
    "NOT_ENABLED": 179, "MISSING_KEY": 181, "TOO_MANY": 182,
    "LIMIT_REACHED": 183, "AMBIGUOUS": 190, "UNFINISHED": 199,
    "SERVER_FAILED": 219, "FORBIDDEN": 251, "FALSE": 256,
    "ASS_INV_RESPONSE": 260, "ASS_INV_VALUE": 261, "ASS_INCOMPLETE_LINE": 262,
    "ASS_LINE_TOO_LONG": 263, "ASS_TOO_MUCH_DATA": 273,
    "ASS_UNEXPECTED_CMD": 274, "ASS_UNKNOWN_CMD": 275, "ASS_SYNTAX": 276,
    "ASS_CANCELED": 277, "ASS_PARAMETER": 280, "DUP_NAME": 306, "TOO_OLD": 308,
    "INV_ORDER": 310, "TRY_LATER": 312, "WRONG_NAME": 313, "NO_AUTH": 314,
    "BAD_AUTH": 315, "NO_SERVICE": 318, "EACCES": 0x8001, "EBUSY": 0x8013,
    "EEXIST": 0x8023, "ENOENT": 0x8051, "ENOMEM": 0x8056, "ENOTDIR": 0x8061,
    "EPERM": 0x806b,
}
NAMES = {number: name for name, number in CODES.items()}


class Gone(Exception):
    """The server closed the connection."""


class Refused(Exception):
    """The server answered ERR where OK was needed."""


def field(text):
    text = text.encode()
    return struct.pack(">I", len(text)) + text


def mac(key, side, identity, server_nonce, client_nonce, client_uid,
        server_uid):
    """The handshake's mac (SIDE "client") or proof (SIDE "server")."""
    fields = ("reeve-auth-1", side, identity, server_nonce, client_nonce,
              "%d" % client_uid, "%d" % server_uid)
    return hmac.new(key, b"".join(map(field, fields)),
                    hashlib.sha256).hexdigest()


def unescape(text):
    return re.sub(rb"%([0-9A-Fa-f]{2})",
                  lambda match: bytes([int(match.group(1), 16)]), text)


def escape(data):
    """DATA (bytes) as it stands in a D line or a parameter."""
    return re.sub(rb"[%\r\n]", lambda match: b"%%%02X" % match.group(0)[0],
                  data)


def word(text):
    """TEXT (str) as one argument of a line."""
    return "".join("%%%02X" % byte if byte <= 32 or byte in b'%"@'
                   or (text.startswith("-") and at == 0) else chr(byte)
                   for at, byte in enumerate(text.encode())) \
        .encode("latin-1").decode() if text else '""'


class Reply:
    """All lines up to OK, ERR or INQUIRE."""

    def __init__(self):
        self.data = b""
        self.status = []    # "KEYWORD text"
        self.comments = []
        self.verdict = ""   # "OK ...", "ERR ..." or "INQUIRE ..."
        self.lines = []     # As received; see shown.

    @property
    def ok(self):
        return self.verdict == "OK" or self.verdict.startswith("OK ")

    @property
    def inquiry(self):
        return self.verdict[8:] if self.verdict.startswith("INQUIRE ") else ""

    @property
    def error(self):
        """The error's name, "" if it is none, a number if it is unknown."""
        if not self.verdict.startswith("ERR "):
            return ""
        number = int(self.verdict.split()[1])
        if number >> 24 != SOURCE_USER_1:
            return "%d" % number
        return NAMES.get(number & 0xffff, "%d" % (number & 0xffff))

    @property
    def advice(self):
        return self.verdict.partition(" - ")[2]

    @property
    def text(self):
        return self.data.decode("utf-8", "surrogateescape")

    @property
    def details(self):
        """The S DETAIL lines as a dictionary of name to escaped value."""
        return dict((line.split(" ", 2) + [""])[1:3] for line in self.status
                    if line.startswith("DETAIL "))


class Client:
    """One connection.  Reads and writes end with an exception after TIMEOUT
    seconds."""

    def __init__(self, sock, timeout=30):
        self.socket = sock
        self.socket.settimeout(timeout)
        self.process = None  # The server, if it was spawned for this client.
        self.received = b""  # From AT on it is not read yet.
        self.at = 0
        self.hello = self.read_reply()

    @classmethod
    def connect(cls, path, timeout=30):
        """A socket's path may be longer than the system allows."""
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(timeout)
        folder = os.open(os.path.dirname(path), os.O_PATH)
        try:
            sock.connect("/proc/self/fd/%d/%s"
                         % (folder, os.path.basename(path)))
            return cls(sock, timeout)
        except BaseException:
            sock.close()
            raise
        finally:
            os.close(folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()
        if self.process:
            self.process.wait(20)

    def send(self, line):
        """Send LINE (str, or bytes for what is no text) and a LF."""
        if isinstance(line, str):
            line = line.encode("utf-8", "surrogateescape")
        self.send_raw(line + b"\n")

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as gone:
            raise Gone() from gone

    def read_line(self):
        while True:
            end = self.received.find(b"\n", self.at)
            if end >= 0:
                break
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError as gone:
                raise Gone() from gone
            if not data:
                raise Gone()
            self.received = self.received[self.at:] + data
            self.at = 0
        line = self.received[self.at:end]
        self.at = end + 1
        if len(line) > LINE_LIMIT:
            raise ValueError("a line of %d bytes" % len(line))
        return line

    def read_reply(self):
        reply = Reply()
        data = []
        while not reply.verdict:
            line = self.read_line()
            reply.lines.append(line)
            if line.startswith(b"D "):
                data.append(unescape(line[2:]))
                continue
            text = line.decode("utf-8", "surrogateescape")
            if text.startswith("S "):
                reply.status.append(text[2:])
            elif text.startswith("#"):
                reply.comments.append(text[1:].strip())
            elif re.match(r"(OK|ERR|INQUIRE)( |$)", text):
                reply.verdict = text
            else:
                raise ValueError("not Assuan: %r" % text)
        reply.data = b"".join(data)
        return reply

    def call(self, line, inquiries=None):
        """Send LINE and return the reply.  INQUIRIES maps a keyword to the
        bytes that answer it; what it lacks is canceled."""
        self.send(line)
        return self.finish(inquiries or {})

    def finish(self, inquiries):
        reply = self.read_reply()
        while reply.inquiry:
            answer = inquiries.get(reply.inquiry.split()[0])
            if answer is None:
                self.send("CAN")
            else:
                self.answer(answer)
            more = self.read_reply()
            more.data = reply.data + more.data
            more.status[:0] = reply.status
            more.lines[:0] = reply.lines
            reply = more
        return reply

    def answer(self, data):
        """Send DATA (bytes) for an inquiry."""
        for start in range(0, len(data), 300):
            self.send(b"D " + escape(data[start:start + 300]))
        self.send("END")

    def check(self, line, inquiries=None):
        """As call, but an ERR is an exception."""
        reply = self.call(line, inquiries)
        if not reply.ok:
            raise Refused("%s: %s" % (line, reply.verdict))
        return reply

    def peer_uid(self):
        """The uid of whoever called listen, as the kernel says."""
        data = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED,
                                      struct.calcsize("3i"))
        return struct.unpack("3i", data)[1]

    def authenticate(self, identity, key, client_nonce=None):
        """Prove KEY (bytes) and check the server's proof."""
        if client_nonce is None:
            client_nonce = os.urandom(32).hex()
        nonce = self.check("NONCE").text
        rest = (identity, nonce, client_nonce, os.geteuid(), self.peer_uid())
        answer = mac(key, "client", *rest)
        if client_nonce:
            answer = client_nonce + ":" + answer
        reply = self.check("AUTH " + identity, {"RESPONSE": answer.encode()})
        if reply.status != ["AUTH %s %s" % (identity,
                                            mac(key, "server", *rest))]:
            raise Refused("the server's proof is wrong: %s" % reply.status)
        return reply
