# library.py - libaugeas and reeve, asked the same questions
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both answer with bytes, lists of bytes, numbers, or the class of an
error."""

import ctypes
import ctypes.util
import os
import tempfile

import assuan
import trees

SPANS = 1 << 7      # AUG_ENABLE_SPAN


def clean(path):
    """As augtool does with the paths it is given."""
    return path if path == "/" else path.rstrip("/ \t")


class Augeas:
    """libaugeas itself, which has loaded everything below ROOT."""

    def __init__(self, root, flags=0):
        self.c = ctypes.CDLL(ctypes.util.find_library("augeas")
                             or "libaugeas.so.0")
        self.libc = ctypes.CDLL(None)
        self.c.aug_init.restype = ctypes.c_void_p
        self.libc.fopen.restype = ctypes.c_void_p
        self.handle = ctypes.c_void_p(
            self.c.aug_init(os.fsencode(root), None, flags))
        self.do("set", "/augeas/root", "/")

    def error(self):
        return {0: "INV_OP", 3: "SYNTAX", 4: "NOT_FOUND", 5: "AMBIGUOUS",
                7: "NOT_FOUND", 9: "NO_DATA", 10: "INV_ARG", 12: "INV_ARG",
                13: "INV_NAME",
                14: "INV_ARG"}[self.c.aug_error(self.handle)]

    def one(self, function, path):
        value = ctypes.c_char_p()
        found = function(self.handle, clean(path).encode(),
                         ctypes.byref(value))
        if found < 0:
            return self.error()
        if not found:
            return "NOT_FOUND"
        return "NO_DATA" if value.value is None else value.value

    def get(self, path):
        return self.one(self.c.aug_get, path)

    def label(self, path):
        return self.one(self.c.aug_label, path)

    def match(self, path):
        paths = ctypes.POINTER(ctypes.c_void_p)()
        count = self.c.aug_match(self.handle, clean(path).encode(),
                                 ctypes.byref(paths))
        if count < 0:
            return self.error()
        found = [ctypes.string_at(paths[i]) for i in range(count)]
        for i in range(count):
            self.libc.free(ctypes.c_void_p(paths[i]))
        self.libc.free(paths)
        return found

    def print(self, path):
        with tempfile.NamedTemporaryFile() as file:
            out = ctypes.c_void_p(self.libc.fopen(file.name.encode(), b"w"))
            failed = self.c.aug_print(self.handle, out, clean(path).encode())
            self.libc.fclose(out)
            return self.error() if failed else file.read()

    def source(self, path):
        value = ctypes.c_char_p()
        if self.c.aug_source(self.handle, clean(path).encode(),
                             ctypes.byref(value)):
            return self.error()
        return "NO_DATA" if value.value is None else value.value

    def span(self, path):
        """The file's name and six numbers."""
        name, places = ctypes.c_char_p(), [ctypes.c_int() for _ in range(6)]
        if self.c.aug_span(self.handle, clean(path).encode(),
                           ctypes.byref(name),
                           *[ctypes.byref(place) for place in places]):
            return self.error()
        return [name.value] + [place.value for place in places]

    def touch(self, path):
        found = self.match(path)
        if isinstance(found, str):
            return found
        return 0 if found else self.do("set", path, None)

    def do(self, function, *arguments):
        """The answer to an edit: a number, or an error's class."""
        if function == "touch":
            return self.touch(*arguments)
        if function == "clearm":
            return self.do("setm", *arguments, None)
        if function == "defnode":
            arguments = (*arguments[:2], arguments[2] or None, None)
        if function in ("store", "retrieve"):
            function = "text_" + function
        result = getattr(self.c, "aug_" + function)(
            self.handle, *[a.encode() if isinstance(a, str) else a
                           for a in arguments])
        return self.error() if result < 0 else result

    def close(self):
        self.c.aug_close(self.handle)


class Reeve:
    """The same questions to a session of reeve."""

    def __init__(self, client):
        self.client = client

    def ask(self, verb, *words):
        line = " ".join(["AUG", verb] + [assuan.word(w) for w in words])
        reply = self.client.call(line)
        return reply.data if reply.ok else reply.error

    def get(self, path):
        return self.ask("GET", path)

    def label(self, path):
        return self.ask("LABEL", path)

    def match(self, path):
        answer = self.ask("MATCH", path)
        if isinstance(answer, str):
            return answer
        return [trees.unescape(line) for line in answer.splitlines()]

    def print(self, path):
        return self.ask("PRINT", path)

    def source(self, path):
        return self.ask("SOURCE", path)

    def span(self, path):
        answer = self.ask("SPAN", path)
        if isinstance(answer, str):
            return answer
        values = [line.partition(b": ")[2] for line in answer.splitlines()]
        return [trees.unescape(values[0])] + [int(v) for v in values[1:]]
