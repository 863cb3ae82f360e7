#!/usr/bin/env python3
# test-foreign.py - Assuan clients that others wrote, as clients of reeved
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GPGME's Assuan engine, from C and from Python as Debian packages it, and
Sequoia's client, which does not use libassuan."""

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


# --- Sequoia ---

CARGO = "/usr/bin/cargo"  # Debian's, for Debian's crates.
CRATES = "/usr/share/cargo/registry"
MANIFEST = """\
[package]
name = "client-sequoia"
version = "0.0.0"
edition = "2021"

[dependencies]
futures = "0.3"
sequoia-ipc = { version = "0.28", default-features = false, \
features = ["crypto-nettle"] }
tokio = { version = "1", features = ["rt"] }

[profile.dev]
debug = false
"""
CONFIGURATION = """\
[source.crates-io]
replace-with = "debian"

[source.debian]
directory = "%s"
""" % CRATES


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def build_sequoia_client():
    """Build it below the build directory, where the next run finds it: it
    takes some minutes."""
    folder = os.path.join(os.path.dirname(scratch.program("reeved")), "tests",
                          "real", "sequoia")
    source = os.path.join(folder, "src", "main.rs")
    write(os.path.join(folder, "Cargo.toml"), MANIFEST)
    write(os.path.join(folder, ".cargo", "config.toml"), CONFIGURATION)
    os.makedirs(os.path.dirname(source), exist_ok=True)
    shutil.copy2(os.path.join(HERE, "client-sequoia.rs"), source)
    environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "LC_ALL": "C.UTF-8",
                   "CARGO_HOME": os.path.join(folder, "home"),
                   "TMPDIR": os.environ.get("TMPDIR", "/tmp")}
    result = subprocess.run([CARGO, "build", "--offline", "--quiet"],
                            cwd=folder, env=environment, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            stdin=subprocess.DEVNULL, text=True)
    assert not result.returncode, result.stdout
    return os.path.join(folder, "target", "debug", "client-sequoia")


def test_sequoia():
    if not os.access(CARGO, os.X_OK) or not any(
            name.startswith("sequoia-ipc-")
            for name in os.listdir(CRATES if os.path.isdir(CRATES) else "/")):
        raise tap.Skip("no crate sequoia-ipc (Debian: cargo "
                       "librust-sequoia-ipc-dev)")
    foreign.converse([build_sequoia_client()])


if __name__ == "__main__":
    tap.main(globals())
