#!/usr/bin/env python3
# test-login.py - gpg-connect-agent logs in by login.gca and by reeve proxy
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import scratch  # noqa: E402
import tap  # noqa: E402

REEVE = scratch.program("reeve")
SCRIPT = os.path.join(scratch.SOURCE, "client/cli/login.gca")
GET = "AUG GET /files/etc/hosts/1/ipaddr"


def agent(scratched, *words, stdin="", key=None):
    """Run gpg-connect-agent with WORDS; its standard output as lines."""
    program = shutil.which("gpg-connect-agent")
    if not program:
        raise tap.Skip("gpg-connect-agent is not installed (Debian: gpg-agent)")
    home = scratched.path("/home")
    os.makedirs(home, mode=0o700, exist_ok=True)
    environment = dict(os.environ, GNUPGHOME=home, REEVE_IDENTITY="panel",
                       REEVE_SOCKET=scratched.socket,
                       REEVE_KEY=key or scratched.path(
                           "/etc/reeve/keys/panel.key"),
                       REEVE_NONCE_FILE=os.path.join(home, "nonce"),
                       PATH=os.path.dirname(REEVE) + ":" + os.environ["PATH"])
    result = subprocess.run([program, *words], env=environment, input=stdin,
                            capture_output=True, text=True, timeout=60,
                            check=False)
    return result.returncode, result.stdout.splitlines(), result.stderr


def machine():
    return scratch.Machine({"/etc/hosts": "127.0.0.1 localhost\n"})


def test_the_script_logs_in_without_typing():
    with machine() as scratched, scratched.daemon():
        status, lines, errors = agent(scratched, "-S", scratched.socket, "-r",
                                      SCRIPT, GET, "/bye")
        assert status == 0, errors
        assert any(line.startswith("S AUTH panel ") for line in lines), lines
        assert "D 127.0.0.1" in lines, (lines, errors)


def test_the_script_with_a_wrong_key():
    with machine() as scratched, scratched.daemon():
        _, lines, _ = agent(
            scratched, "-S", scratched.socket, "-r", SCRIPT, GET, "/bye",
            key=scratched.path("/etc/reeve/keys/reader.key"))
        assert any(line.startswith("ERR ") for line in lines), lines
        assert "D 127.0.0.1" not in lines, lines


def test_the_proxy_logs_in():
    with machine() as scratched, scratched.daemon():
        status, lines, errors = agent(
            scratched, "--exec", REEVE, "proxy", "--identity", "panel",
            stdin=GET + "\nBYE\n")
        assert status == 0, errors
        assert lines[0] == "D 127.0.0.1", (lines, errors)


def test_the_proxy_that_cannot_log_in():
    with machine() as scratched, scratched.daemon():
        status, lines, errors = agent(
            scratched, "--exec", REEVE, "proxy", "--identity", "unheard-of",
            "--key", "/nonexistent/x", stdin=GET + "\n")
        assert status == 1
        assert lines == []
        assert "reeve key new unheard-of" in errors, errors


tap.main(globals())
