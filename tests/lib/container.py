# container.py - boots a system with systemd as process 1
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container of namespaces of its own, made by unshare(1), without network.
What is written there is in memory and gone at the end; the clock, which is that
of the kernel, it has no right to set: the first zone that a kernel is told
moves it.

    def main():
        if container.inside():
            tap.main(globals())
        else:
            container.relay(__file__)

runs this test again within a container, as the last thing that it boots,
and passes its lines and its exit status on.  There, the whole source tree is
at /reeve-source, reeved is installed with its units, and PANEL is the panel's
key; see scratch.Machine.
"""

import os
import re
import subprocess
import sys
import tempfile
import time

import assuan
import debian
import scratch
import servicemanager
import tap

SOCKET = "/run/reeve/S.reeve"
PATIENCE = 150

PAYLOAD = """\
[Unit]
Requires=multi-user.target
After=multi-user.target
%s

[Service]
Type=oneshot
TimeoutStartSec=120
Environment=REEVE_INSIDE=container PYTHONDONTWRITEBYTECODE=1
Environment=REEVE_SOURCE=/reeve-source LC_ALL=C.UTF-8
ExecStart=/usr/bin/python3 /reeve-source/%s %s
ExecStopPost=/bin/sh -c 'journalctl --no-pager >/reeve-out/journal 2>&1'
StandardOutput=file:/reeve-out/lines
StandardError=file:/reeve-out/lines
"""

# The container ends with the payload, unless that is to end the container.
END = "SuccessAction=exit-force\nFailureAction=exit-force"

TARGET = """\
[Unit]
Requires=multi-user.target
Wants=reeve-payload.service
"""

# $1: a directory to mount on; $2: lower layers; $3: sources; $4: results.
BEGIN = r"""
set -eu
mount -t tmpfs -o mode=755 tmpfs "$1"
cd "$1"
mkdir changed work tree
mount -t overlay overlay tree \
  -o "lowerdir=$2,upperdir=$1/changed,workdir=$1/work"
cd tree
mkdir -p reeve-source reeve-out
mount --bind -o ro "$3" reeve-source
mount --bind "$4" reeve-out
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755,nosuid tmpfs dev
for device in full null random tty urandom zero
do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,mode=620,ptmxmode=666 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for folder in run tmp
do
  mount -t tmpfs -o mode=755 tmpfs "$folder"
done
chmod 1777 tmp
mkdir run/before
pivot_root . run/before
cd /
umount -l /run/before
rmdir /run/before
exec env -i container=reeve PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --bounding-set=-sys_time /sbin/init systemd.unit=reeve-payload.target
"""


def inside():
    return os.environ.get("REEVE_INSIDE") == "container"


def client(identity="panel"):
    """Within a container: a connection to the reeved there."""
    connection = assuan.Client.connect(SOCKET, timeout=60)
    with open("/etc/reeve/keys/%s.key" % identity, "rb") as file:
        connection.authenticate(identity, file.read().rstrip(b"\n"))
    return connection


class Outcome:
    """How a boot ended.  STATUS is that of the last thing booted, or -SIGHUP
    if the system rebooted, or -SIGINT if it went off."""

    def __init__(self, status, folder):
        self.status = status
        self.lines = self.text(folder, "lines")
        self.journal = self.text(folder, "journal")
        self.console = self.text(folder, "console")

    @staticmethod
    def text(folder, name):
        try:
            with open(os.path.join(folder, name), encoding="utf-8",
                      errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""


def end_group(group):
    """End what is left in a cgroup that we made, and remove it."""
    with open(os.path.join(group, "cgroup.kill"), "w",
              encoding="ascii") as kill:
        kill.write("1")
    for folder, _, _ in os.walk(group, topdown=False):
        for _ in range(100):
            try:
                os.rmdir(folder)
                break
            except OSError:
                time.sleep(0.02)


def start(layers, folder):
    """Boot LAYERS; return the exit status.  Results go to FOLDER."""
    group = os.path.join(servicemanager.cgroup2(),
                         "reeve-boot.%d" % os.getpid())
    mount = os.path.join(folder, "mount")
    os.mkdir(mount)
    os.mkdir(group)

    def enter():
        with open(os.path.join(group, "cgroup.procs"), "w",
                  encoding="ascii") as procs:
            procs.write(str(os.getpid()))

    try:
        with open(os.path.join(folder, "console"), "wb") as console:
            process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--uts", "--ipc", "--net",
                 "--cgroup", "--fork", "--kill-child", "sh", "-c", BEGIN,
                 "sh", mount, ":".join(layers), scratch.SOURCE, folder],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                preexec_fn=enter)
            try:
                return process.wait(PATIENCE)
            finally:
                process.kill()
                process.wait()
    finally:
        end_group(group)


def boot(script, argument="", files=None, end=END):
    """Boot a system that runs SCRIPT, a Python program below the source
    tree, with one ARGUMENT; FILES are as for scratch.Machine.  Without
    END, SCRIPT is to end the container."""
    debian.needed()
    with scratch.Machine(files) as machine:
        packages = debian.install(machine)
        units = "/etc/systemd/system/reeve-payload."
        script = os.path.relpath(os.path.abspath(script), scratch.SOURCE)
        machine.write(units + "service", PAYLOAD % (end, script, argument))
        machine.write(units + "target", TARGET)
        system = debian.system(packages)
        with tempfile.TemporaryDirectory(prefix="reeve-boot-") as folder:
            status = start([machine.root, system], folder)
            return Outcome(status, folder)


def relay(script, files=None, more=None):
    """Boot, run SCRIPT there and tell what it told, then what MORE
    (report) tells; end this process accordingly."""
    try:
        outcome = boot(script, " ".join(sys.argv[1:]), files)
    except tap.Skip as reason:
        print("ok 1 - boot # SKIP %s\n1..1" % reason)
        sys.exit(0)
    sys.stdout.write("".join(
        line for line in outcome.lines.splitlines(True)
        if not line.startswith("1..")))
    if outcome.status:
        for line in (outcome.console + outcome.journal).splitlines()[-200:]:
            print("# " + line)
    report = tap.Report()
    report.count = len(re.findall("^(?:not )?ok ", outcome.lines, re.M))
    if more:
        more(report)
    report.result(outcome.status == 0,
                  "the container ends with status %d" % outcome.status)
    report.done()
