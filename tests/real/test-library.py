#!/usr/bin/env python3
# test-library.py - a program that uses libreeve, compiled and run
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import scratch  # noqa: E402
import tap  # noqa: E402

HOSTS = "127.0.0.1 localhost\n# a remark\n192.0.2.7 a.example b\n"
BUILD = os.path.dirname(scratch.program("reeve"))


def compile_example(folder):
    """Build the example against the header and the shared library alone."""
    program = os.path.join(folder, "example")
    compiler = shlex.split(os.environ.get("REEVE_COMPILE") or "cc")[0]
    flags = ["-Wall", "-Wextra", "-Werror", "-std=c99",
             "-I" + os.path.join(scratch.SOURCE, "client/lib")]
    if scratch.sanitized():
        flags.append("-fsanitize=address,undefined")
    subprocess.run(
        [compiler, *flags, "-o", program,
         os.path.join(scratch.SOURCE, "client/lib/example.c"),
         "-L" + os.path.join(BUILD, ".libs"), "-lreeve", "-lgpg-error"],
        check=True)
    return program


def run(program, *arguments):
    environment = dict(os.environ,
                       LD_LIBRARY_PATH=os.path.join(BUILD, ".libs"))
    return subprocess.run([program, *arguments], env=environment, text=True,
                          capture_output=True, timeout=60, check=False)


def key_file(machine, name):
    return machine.path("/etc/reeve/keys/%s.key" % name)


def test_the_example_prints_the_hosts():
    with scratch.Machine({"/etc/hosts": HOSTS}) as machine, machine.daemon():
        program = compile_example(machine.root)
        result = run(program, machine.socket, "panel",
                     key_file(machine, "panel"))
        assert result.stderr == "", result.stderr
        assert result.stdout == "127.0.0.1 localhost\n192.0.2.7 a.example\n", \
            result.stdout
        assert result.returncode == 0


def test_the_example_tells_what_went_wrong():
    with scratch.Machine({"/etc/hosts": HOSTS}) as machine:
        program = compile_example(machine.root)
        result = run(program, machine.socket, "panel", "/dev/null")
        assert result.returncode == 1
        assert result.stderr.startswith("example: open: "), result.stderr
        with machine.daemon():
            result = run(program, machine.socket, "nobody",
                         key_file(machine, "nobody"))
            assert result.returncode == 1
            assert "nobody may not read files" in result.stderr, result.stderr
            result = run(program, machine.socket, "panel",
                         key_file(machine, "reader"))
            assert result.returncode == 1
            assert result.stderr.startswith("example: authenticate: "), \
                result.stderr


def test_only_what_the_header_declares_is_exported():
    library = os.path.join(BUILD, ".libs", "libreeve.so")
    listing = subprocess.run(["nm", "-D", "--defined-only", library],
                             text=True, capture_output=True, check=True)
    names = {line.split()[2].split("@")[0]
             for line in listing.stdout.splitlines() if " T " in line}
    with open(os.path.join(scratch.SOURCE, "client/lib/reeve.h"),
              encoding="utf-8") as header:
        text = header.read()
    assert names
    assert {name for name in names if name not in text} == set()
    assert all(name.startswith("reeve_") for name in names), names


tap.main(globals())
