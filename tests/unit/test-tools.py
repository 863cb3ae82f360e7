#!/usr/bin/env python3
# test-tools.py - what judges the tests is judged here
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import glob
import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
sys.dont_write_bytecode = True
import assuan  # noqa: E402
import tap  # noqa: E402


def load(path):
    loader = importlib.machinery.SourceFileLoader("tool",
                                                  os.path.join(TESTS, path))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("tool", loader))
    loader.exec_module(module)
    return module


def test_each_test_is_run_and_has_its_library_with_it():
    with open(os.path.join(TESTS, "tests.am"), encoding="utf-8") as file:
        named = set(re.findall(r"tests/\S+", file.read()))
    for pattern in ("unit/test-*.c", "talk/*.talk", "real/test-*.py",
                    "lib/*.py"):
        there = {"tests/" + os.path.relpath(path, TESTS)
                 for path in glob.glob(os.path.join(TESTS, pattern))}
        there = {re.sub(r"\.c$", "", path) for path in there}
        assert there and there <= named, sorted(there - named)


def drive(script, **environment):
    """What tests/driver says about SCRIPT: "RESULT name" of each case."""
    with tempfile.TemporaryDirectory(prefix="reeve-driver-") as folder:
        log, trs = (os.path.join(folder, name) for name in ("log", "trs"))
        subprocess.run(
            [os.path.join(TESTS, "driver"), "--test-name", "x", "--log-file",
             log, "--trs-file", trs, "--", "/bin/sh", "-c", script],
            check=True, stdout=subprocess.DEVNULL,
            env={**os.environ, "CI": "", **environment})
        with open(trs, encoding="utf-8") as file:
            return [line[len(":test-result: "):].strip() for line in file
                    if line.startswith(":test-result: ")]


def test_driver_counts_cases():
    assert drive("echo 1..2; echo ok 1 - a; echo ok 2 - b") \
        == ["PASS a", "PASS b"]
    assert drive("echo ok 1 - a; echo not ok 2 - b; exit 1") \
        == ["PASS a", "FAIL b"]


def test_driver_takes_the_status_of_a_test_without_cases():
    assert drive("exit 0") == ["PASS"]
    assert drive("echo why; exit 77") == ["SKIP"]
    assert drive("exit 3") == ["FAIL"]
    assert drive("kill -SEGV $$") == ["FAIL"]


def test_driver_sees_a_death_after_good_cases():
    assert drive("echo ok 1 - a; kill -SEGV $$") \
        == ["PASS a", "FAIL exit status -11"]


def test_driver_refuses_skips_that_the_machine_could_run():
    script = "echo ok 1 - a '# SKIP' no tool"
    assert drive(script) == ["SKIP a"]
    assert drive(script, CI="true") == ["FAIL a"]
    script = "echo machine: not root; echo not ok 1 '# SKIP' a"
    assert drive(script, CI="true") == ["SKIP a"]


def test_driver_ends_what_takes_too_long():
    assert drive("echo ok 1 - a; sleep 60", REEVE_TEST_TIMEOUT="0.2") \
        == ["PASS a", "FAIL exit status -15",
            "FAIL took longer than 0.2 seconds"]


def test_driver_sees_processes_left_behind():
    assert drive("sleep 60 & echo ok 1 - a") \
        == ["PASS a", "FAIL left processes behind"]


def test_driver_sees_files_left_behind():
    assert drive("echo ok 1 - a; touch $TMPDIR/x $TMPDIR/y") \
        == ["PASS a", "FAIL left x y behind"]


def test_talk_compares():
    compare = load("talk/run").compare
    assert compare(["OK*"], ["OK closing"])
    assert compare(["D a*c%0A", "OK"], ["D abc%0A", "OK"])
    assert compare(["...", "OK"], ["D a", "D b", "OK"])
    assert compare(["...", "OK"], ["OK"])
    assert not compare(["OK"], ["OK closing"])
    assert not compare(["OK"], ["D a", "OK"])
    assert not compare(["D a", "OK"], ["OK"])
    assert not compare(["D [ab]", "OK"], ["D a", "OK"])
    assert not compare(["...", "D b", "OK"], ["D a", "OK"])
    assert not compare(["OK"], [])


def test_talk_shows_data_by_lines():
    reply = assuan.Reply()
    reply.lines = [b"S X y", b"D one%0Atw", b"D o%0D%0A%25 %FF", b"OK 1"]
    assert load("talk/run").shown(reply) \
        == ["S X y", "D one%0A", "D two%0D%0A", "D %25 \\xff", "OK 1"]


def test_assuan_knows_the_handshake():
    # What openssl dgst -mac HMAC says of the fields put together by hand.
    assert assuan.field("abc") == b"\0\0\0\3abc"
    assert assuan.mac(b"k" * 32, "client", "panel", "0" * 64, "f" * 64, 33, 0) \
        == "ea74167871e534f96806c1e54c35a887" \
           "4b6cb68dca2f35de48b8f1ed8c5efe9c"


def test_assuan_escapes():
    assert assuan.word("a b%") == "a%20b%25"
    assert assuan.word("--x") == "%2D-x"
    assert assuan.word("") == '""'
    assert assuan.word("@") == "%40"
    assert assuan.unescape(assuan.escape(b"a%\r\n")) == b"a%\r\n"


if __name__ == "__main__":
    tap.main(globals())
