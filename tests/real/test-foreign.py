#!/usr/bin/env python3
# test-foreign.py - Assuan clients that others wrote, as clients of reeved
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GPGME's Assuan engine, from C and from Python as Debian packages it."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import foreign  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))

# --- GPGME ---

def compiler():
    return shlex.split(os.environ.get("REEVE_COMPILE") or "cc")[0]


def flags_of(package, reason):
    result = subprocess.run(["pkg-config", "--cflags", "--libs", package],
                            capture_output=True, text=True, check=False)
    if result.returncode:
        raise tap.Skip(reason)
    return shlex.split(result.stdout)


def test_gpgme():
    flags = flags_of("gpgme", "no GPGME to compile with (Debian: "
                              "libgpgme-dev)")
    folder = tempfile.mkdtemp()
    try:
        program = os.path.join(folder, "client-gpgme")
        subprocess.run([compiler(), "-Wall", "-Wextra", "-Werror", "-o",
                        program, os.path.join(HERE, "client-gpgme.c"),
                        *flags], check=True)
        foreign.converse([program])
    finally:
        shutil.rmtree(folder)


def python_with_gpg():
    """The interpreter for which Debian packages the module."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.access(python, os.X_OK) and not subprocess.run(
                [python, "-c", "import gpg"], check=False,
                stderr=subprocess.DEVNULL).returncode:
            return python
    raise tap.Skip("no module gpg (Debian: python3-gpg)")


def test_python_gpg():
    """It drops what its callback for inquiries returns, and answers with
    nothing: so all is done without them."""
    command = [python_with_gpg(), os.path.join(HERE, "client-gpg.py")]
    with scratch.Machine(foreign.FILES) as machine, \
            machine.daemon() as daemon, \
            foreign.Foreign(command, machine.socket) as client:
        foreign.log_in_by_line(client, machine, daemon)
        foreign.read(client)
        foreign.fail(client)
        client.check("AUG SET %s %%22here%%22" % foreign.CANONICAL)
        assert client.check("AUG GET " + foreign.CANONICAL).text == '"here"'
        client.check("AUG SET %s here.example" % foreign.CANONICAL)
        assert client.check("AUG SAVE").text == "/etc/hosts\n"
        assert machine.read("/etc/hosts").startswith("127.0.0.1 here.ex")
        reply = client.check("AUG SET %s @" % foreign.CANONICAL, b"lost")
        assert reply.inquiries == ["VALUE"], reply.inquiries
        assert client.check("AUG GET " + foreign.CANONICAL).text == ""


if __name__ == "__main__":
    tap.main(globals())
