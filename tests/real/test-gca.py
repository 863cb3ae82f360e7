#!/usr/bin/env python3
# test-gca.py - gpg-connect-agent's answers to inquiries, and its files
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import tap
from attack import HOSTS
from scratch import Machine, program

GET = "AUG GET /files/etc/hosts/1/ipaddr"
SET = "AUG SET /files/etc/hosts/1/ipaddr @"


def gnupg(name):
    path = shutil.which(name)
    if not path:
        raise tap.Skip("%s is not installed (Debian: gpg-agent)" % name)
    return path


def home(machine):
    """A private directory for GnuPG."""
    path = machine.path("/gnupg")
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


def answer(commands, machine):
    """Run gpg-connect-agent on COMMANDS, logged in by the proxy; its output
    as lines."""
    result = subprocess.run(
        [gnupg("gpg-connect-agent"), "--homedir", home(machine), "--exec",
         program("reeve"), "--root", machine.root, "proxy", "--identity",
         "panel"], input=commands, capture_output=True, text=True, timeout=60,
        check=False)
    assert result.returncode == 0, result
    return result.stdout.splitlines()


def test_values_by_inquiry():
    with Machine(HOSTS) as machine, machine.daemon():
        machine.write("/value", "a.example")
        lines = answer("/let x 127.0.0.%%3\n/definq VALUE x\n%s\n%s\n"
                       "/cleardef\n/definqfile VALUE %s\n"
                       "AUG SET /files/etc/hosts/1/canonical @\n"
                       "AUG GET /files/etc/hosts/1/canonical\n/cleardef\n"
                       "/definqprog VALUE printf 127.0.0.4\n%s\n%s\n"
                       "AUG SAVE\n/bye\n"
                       % (SET, GET, machine.path("/value"), SET, GET),
                       machine)
        assert not any(line.startswith("ERR") for line in lines), lines
        for data in ("127.0.0.%253", "a.example", "127.0.0.4"):
            assert "D " + data in lines, lines
        assert machine.read("/etc/hosts") == "127.0.0.4 a.example\n"


def test_an_inquiry_without_definition_is_canceled():
    with Machine(HOSTS) as machine, machine.daemon():
        lines = answer("%s\n%s\n/bye\n" % (SET, GET), machine)
        assert any(line.startswith("ERR ") and "canceled" in line
                   for line in lines), lines
        assert "D 127.0.0.1" in lines, lines


def test_data_to_a_file():
    with Machine(HOSTS) as machine, machine.daemon():
        path = machine.path("/answer")
        answer("/datafile %s\nAUG PRINT /files/etc/hosts\n/datafile\n/bye\n"
               % path, machine)
        text = machine.read("/answer")
        assert '/files/etc/hosts/1/ipaddr = "127.0.0.1"\n' in text, text
        answer("/datafile %s\nOPTION output=json\n%s\n/datafile\n/bye\n"
               % (path, GET), machine)
        assert machine.read("/answer") == '"127.0.0.1"\n'


def test_an_error_does_not_stop_the_rest():
    with Machine(HOSTS) as machine, machine.daemon():
        lines = answer("AUG NOSUCH\nX\nAUG GET /files/nosuch\n%s\n/bye\n"
                       % GET, machine)
        assert sum(line.startswith("ERR ") for line in lines) == 3, lines
        assert "D 127.0.0.1" in lines, lines


tap.main(globals())
