# proxmox_rows.py - the endpoints of the test server for Proxmox VE
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each endpoint is a function with its row:

    @serves("GET /nodes/{node}/{kind}/{vmid}/pending",
            "/vms/{vmid}: VM.Audit", parameters="...")
    def pending(cluster, call): ...

{kind} stands for lxc and qemu.  The second text is the privilege that is
needed ("A|B": any of them); protected: executed by another daemon, so that
the answer has both Connection headers.  The function returns the data of the
answer."""

import re

import proxmox_schema

ROWS = []
IN_PATH = {"node": "node!:node", "vmid": "vmid!:vmid",
           "snapname": "snapname!:configid#40", "storage": "storage!:storage",
           "volume": "volume!:str", "upid": "upid!:str"}


class ApiError(Exception):
    """An answer that is no success: STATUS and reason phrase; ERRORS by
    parameter."""

    def __init__(self, status, text, errors=None):
        super().__init__(text)
        self.status = status
        self.text = text
        self.errors = errors


def bad_parameters(**errors):
    return ApiError(400, "Parameter verification failed.\n", errors)


def forbidden(text=None):
    return ApiError(403, "Permission check failed%s\n"
                    % (" (%s)" % text if text else ""))


def died(text):
    """What a handler that dies is answered with."""
    return ApiError(500, text + "\n")


class Row:
    """One endpoint of one kind of guest."""

    def __init__(self, method, path, permission, protected, parameters,
                 function):
        self.method = method
        self.path = path
        self.permission = permission
        self.protected = protected
        self.parameters = parameters
        self.function = function
        self.kind = "qemu" if "/qemu" in path else "lxc"
        self.names = re.findall(r"\{(\w+)\}", path)
        self.regex = re.compile(re.sub(
            r"\\\{(\w+)\\\}", lambda match: "(?P<%s>%s)" % (
                match[1], ".+" if match[1] == "volume" else "[^/]+"),
            re.escape(path)))

    @property
    def name(self):
        return self.method + " " + self.path

    def described(self, version):
        own = " ".join(IN_PATH[name] for name in self.names
                       if name + "!:" not in self.parameters
                       and name + ":" not in self.parameters)
        return proxmox_schema.described(own + " " + self.parameters, version)


def serves(name, permission="", protected=False, parameters="", lxc="",
           qemu=""):
    """Register the function that follows for NAME, "METHOD PATH"."""
    method, path = name.split(" ")

    def register(function):
        for kind in ("lxc", "qemu") if "{kind}" in path else (None,):
            ROWS.append(Row(method, path.replace("{kind}", kind or ""),
                            permission, protected, parameters + " "
                            + {"lxc": lxc, "qemu": qemu, None: ""}[kind],
                            function))
        return function
    return register


def find(method, path):
    """The row of METHOD and PATH and what stands in the path's places."""
    for row in ROWS:
        found = row.regex.fullmatch(path) if row.method == method else None
        if found:
            return row, found.groupdict()
    raise ApiError(501, "Method '%s %s' not implemented" % (method, path))


class Rights:
    """What a token may: PRIVILEGES by path, where the deepest path that is
    named decides for all below it."""

    def __init__(self, privileges):
        self.privileges = privileges

    def at(self, path):
        while path not in self.privileges:
            if path == "/":
                return set()
            path = path.rpartition("/")[0] or "/"
        return set(self.privileges[path])

    def has(self, path, *names):
        return set(names) <= self.at(path)

    def check(self, path, *names):
        """Refuse unless there are all of NAMES at PATH."""
        for name in names:
            if not self.has(path, name):
                raise forbidden("%s, %s" % (path, name))

    def check_any(self, path, *names):
        if not self.at(path) & set(names):
            raise forbidden("%s, %s" % (path, "|".join(names)))

    def check_row(self, row, places):
        if row.permission:
            path, _, names = row.permission.partition(": ")
            for name, value in places.items():
                path = path.replace("{%s}" % name, value)
            self.check_any(path, *names.split("|"))


class Schema:
    """All that is known of one VERSION's parameters."""

    def __init__(self, version):
        self.version = version
        self.recorded = proxmox_schema.recorded(version)

    def check(self, row, parameters):
        """What is wrong with PARAMETERS: what the server would say, and a
        list of texts for who wrote the client."""
        own = proxmox_schema.errors(row.described(self.version), parameters)
        found = dict(own)
        if row.name in self.recorded:
            found = proxmox_schema.errors(self.recorded[row.name], parameters)
        problems = ["%s: %s: %s" % (row.name, name, text.strip())
                    for name, text in sorted({**own, **found}.items())]
        if self.recorded and row.name not in self.recorded:
            problems.append(row.name + ": not in the schema")
        return found or own, problems
