#!/usr/bin/env python3
# test-seeds.py - each fuzz target on its seeds, without a fuzzer
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import scratch  # noqa: E402
import tap  # noqa: E402


def seeds(name):
    folder = os.path.join(HERE, "corpus", name)
    return [os.path.join(folder, file) for file in sorted(os.listdir(folder))]


def replay(name):
    """The target holds on all its seeds, one process for all."""
    files = seeds(name)
    assert files
    result = subprocess.run(
        [scratch.program("tests/fuzz/fuzz-" + name), *files],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=300, check=False)
    text = result.stdout.decode("utf-8", "replace")
    done = sum(line.startswith("ok ") for line in text.split("\n"))
    assert not result.returncode and done == len(files), \
        "status %d after %d of %d seeds:\n%s" \
        % (result.returncode, done, len(files), text)


def main():
    report = tap.Report()
    for name in sorted(os.listdir(os.path.join(HERE, "corpus"))):
        report.run(name, lambda name=name: replay(name))
    report.done()


if __name__ == "__main__":
    main()
