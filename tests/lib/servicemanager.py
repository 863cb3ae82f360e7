# servicemanager.py - a real systemd for a scratch machine
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd's user manager, as an ordinary process, with mounts and a cgroup of
its own.
Its runtime directory is the scratch machine's /run, so that reeved --root
finds its private socket where that of the system's manager would be.

    with Machine(UNITS) as machine, ServiceManager(machine):
        ...

Its generators are the programs in the machine's /generators, if there are any.
Unit files are the machine's, in /etc/systemd/system and
/lib/systemd/system; links made by enabling go to /etc/systemd/user."""

import os
import subprocess
import time

import tap

SYSTEMD = "/lib/systemd/systemd"

INSIDE = r"""
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# In no namespace of processes: the manager speaks to those only whose process
# numbers it sees.
%s --user --unit=basic.target --log-target=console &
manager=$!
trap 'kill -s RTMIN+24 $manager' TERM
while ! wait $manager && kill -0 $manager 2>/dev/null
do :
done
""" % SYSTEMD


def cgroup2():
    """Where the tree of version 2 is mounted."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            words = line.split()
            if words[words.index("-") + 1] == "cgroup2":
                return words[4]
    raise tap.Skip("machine: no cgroup2 tree is mounted")


class ServiceManager:
    def __init__(self, machine):
        if os.getuid():
            raise tap.Skip("machine: only root may give systemd a cgroup")
        if not os.access(SYSTEMD, os.X_OK):
            raise tap.Skip("no systemd (Debian: systemd)")
        self.machine = machine
        self.group = os.path.join(cgroup2(), "reeve-test.%d" % os.getpid())
        self.process = None

    def __enter__(self):
        machine = self.machine
        for folder in ("run/systemd/system", "etc/systemd/user",
                       "etc/systemd/system", "lib/systemd/system", "home"):
            os.makedirs(machine.path("/" + folder), exist_ok=True)
        os.chmod(machine.path("/run"), 0o755)
        os.mkdir(self.group)
        self.log = open(machine.path("/systemd.log"), "wb")
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": machine.path("/home"),
            "XDG_RUNTIME_DIR": machine.path("/run"),
            "XDG_CONFIG_HOME": machine.path("/etc"),
            "SYSTEMD_GENERATOR_PATH": machine.path("/generators"),
            "SYSTEMD_UNIT_PATH": ":".join(
                machine.path(path) for path in (
                    "/etc/systemd/user", "/etc/systemd/system",
                    "/lib/systemd/system")) + ":"}
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--cgroup", "bash", "-c", INSIDE],
            env=environment, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, preexec_fn=self.enter_group)
        self.wait()
        return self

    def enter_group(self):
        with open(os.path.join(self.group, "cgroup.procs"), "w",
                  encoding="ascii") as procs:
            procs.write(str(os.getpid()))

    def messages(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait(self):
        end = time.monotonic() + 20
        path = self.machine.path("/run/systemd/private")
        while time.monotonic() < end and self.process.poll() is None:
            if os.path.exists(path):
                return
            time.sleep(0.02)
        self.__exit__()
        raise RuntimeError("systemd does not start:\n" + self.messages())

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        if not os.path.exists(self.group):
            return
        # What the manager left, if it was ended; it is all our own.
        with open(os.path.join(self.group, "cgroup.kill"), "w",
                  encoding="ascii") as kill:
            kill.write("1")
        for folder, _, _ in os.walk(self.group, topdown=False):
            for _ in range(50):
                try:
                    os.rmdir(folder)
                    break
                except OSError:
                    time.sleep(0.02)
