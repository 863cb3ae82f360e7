#!/usr/bin/env python3
# test-sequoia.py - Sequoia's Assuan client as a client of reeved
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""It does not use libassuan, and reads answers by a grammar of its own.  It is
a Rust crate, which Debian has as source: so it is compiled here, which takes
two minutes of a processor's time, once in a build directory."""

import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import foreign  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402

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
