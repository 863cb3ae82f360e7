# debian.py - a Debian system in a directory, to boot reeved in
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system is that of this machine's release, so that what was built here
runs there, too.  It is made once, by mmdebstrap, and kept in
REEVE_TEST_CACHE, or in the directory debian of the build tree; nothing that
uses it may write to it.

    folder = debian.system(packages)
    debian.install(machine)     # reeved, into a scratch.Machine
"""

import fcntl
import glob
import hashlib
import os
import re
import shutil
import subprocess

import scratch
import tap

# Seconds; the driver ends a test after ten minutes.
PATIENCE = 400

# The services here are those that tests administer.
PACKAGES = ["systemd", "systemd-sysv", "dbus", "udev", "kmod", "nginx-light",
            "cron", "python3", "smartmontools", "augeas-lenses", "tzdata"]

NO_NETWORK = re.compile("Failed to fetch|Could not (?:resolve|connect)|"
                        "Temporary failure|Unable to connect")


def release():
    """The code name of this machine's Debian."""
    with open("/etc/os-release", encoding="utf-8") as file:
        fields = dict(line.rstrip("\n").split("=", 1) for line in file
                      if "=" in line)
    if fields.get("ID") != "debian" or "VERSION_CODENAME" not in fields:
        raise tap.Skip("machine: what is built here runs on no Debian")
    return fields["VERSION_CODENAME"]


def cache():
    """The directory that things are kept in; it exists."""
    folder = os.environ.get("REEVE_TEST_CACHE") or os.path.join(
        os.path.dirname(scratch.program("reeved")), "debian")
    os.makedirs(folder, exist_ok=True)
    return folder


def once(name, make):
    """The path of NAME in the cache.  What is not there yet is made by
    make (PATH), which may fail half-way."""
    path = os.path.join(cache(), name)
    with open(path + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            shutil.rmtree(path + ".new", ignore_errors=True)
            make(path + ".new")
            os.rename(path + ".new", path)
    return path


def run(command, **options):
    """Run COMMAND; a machine without network is a skip."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=PATIENCE, errors="replace", **options)
    if done.returncode and NO_NETWORK.search(done.stdout):
        raise tap.Skip("machine: Debian's packages are out of reach")
    assert not done.returncode, "%s:\n%s" % (command, done.stdout[-4000:])
    return done.stdout


def libraries(folder):
    """The packages of the libraries that the programs below FOLDER need."""
    files = set()
    for name in ("*/sbin/reeved", "*/libexec/reeve/*", "*/bin/reeve"):
        for path in glob.glob(os.path.join(folder, "usr", name)) + glob.glob(
                os.path.join(folder, "*", name)):
            files.update(re.findall(r"=> (/\S+)", subprocess.run(
                ["ldd", path], stdout=subprocess.PIPE, text=True,
                check=True).stdout))
    packages = set()
    for file in files:
        for path in (file, os.path.realpath(file), "/usr" + file,
                     os.path.realpath(file).removeprefix("/usr")):
            owner = subprocess.run(
                ["dpkg-query", "-S", path], stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True, check=False).stdout
            if owner:
                packages.add(owner.split(":")[0])
                break
    return packages


def needed():
    """Skip unless a system can be made and booted here."""
    if os.getuid():
        raise tap.Skip("machine: only root may make and boot a system")
    if not shutil.which("mmdebstrap"):
        raise tap.Skip("no mmdebstrap (Debian: mmdebstrap)")


def system(packages):
    """The directory with a system that has PACKAGES and PACKAGES above."""
    suite = release()
    packages = ",".join(sorted(set(packages) | set(PACKAGES)))
    name = "%s-%s" % (suite, hashlib.sha256(
        packages.encode()).hexdigest()[:12])

    def make(path):
        # In a mount namespace of its own: if it is ended, no mount is left.
        run(["unshare", "--mount", "mmdebstrap", "--variant=minbase",
             "--mode=root", "--include=" + packages,
             "--aptopt=Acquire::Languages \"none\"",
             "--dpkgopt=force-unsafe-io",
             "--dpkgopt=path-exclude=/usr/share/doc/*",
             "--dpkgopt=path-exclude=/usr/share/man/*",
             "--dpkgopt=path-exclude=/usr/share/locale/*", suite, path])

    return once(name, make)


def install(machine):
    """Install what is built into the tree of MACHINE (scratch.Machine), with
    its units; return the packages it needs."""
    build = os.path.dirname(scratch.program("reeved"))
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("MAKE") and name != "MFLAGS"}
    run(["make", "--quiet", "-C", build, "install",
         "DESTDIR=" + machine.root], env=environment)
    sbin = glob.glob(machine.path("/**/sbin/reeved"), recursive=True)[0]
    source = os.path.join(scratch.SOURCE, "src", "daemon")
    for name, unit in (("reeved.service.in", "reeved.service"),
                       ("reeved.socket", "reeved.socket")):
        with open(os.path.join(source, name), encoding="utf-8") as file:
            text = file.read().replace(
                "@sbindir@", os.path.dirname(sbin)[len(machine.root):])
        machine.write("/etc/systemd/system/" + unit, text)
    return libraries(machine.root)
