# tap.py - tell tests/driver which cases passed
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test made of functions:

    def test_something_holds():
        assert 1 + 1 == 2

    tap.main(globals())

runs each function whose name begins with "test_", in order, or only those
named on the command line.  An exception is a failure; tap.Skip is a skip,
whose reason begins with "machine:" if nothing could be installed to help.
"""

import sys
import traceback


class Skip(Exception):
    """This case cannot run here; the text says why."""


class Report:
    """Prints "ok" lines and counts what failed."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def result(self, passed, name, notes=""):
        self.count += 1
        self.failed += not passed
        for line in notes.splitlines():
            print("# " + line)
        print("%s %d - %s" % ("ok" if passed else "not ok", self.count, name),
              flush=True)

    def skip(self, name, reason):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, name, reason), flush=True)

    def run(self, name, function):
        try:
            function()
        except Skip as reason:
            self.skip(name, reason)
        except Exception:  # A case may fail in any way.
            self.result(False, name, traceback.format_exc())
        else:
            self.result(True, name)

    def done(self):
        print("1..%d" % self.count)
        sys.exit(1 if self.failed or not self.count else 0)


def main(names):
    report = Report()
    wanted = sys.argv[1:]
    for name, function in list(names.items()):
        if name.startswith("test_") and (not wanted or name in wanted):
            report.run(name[5:].replace("_", " "), function)
    report.done()
