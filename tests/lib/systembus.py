# systembus.py - the real services of systemd for a scratch machine
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""hostnamed, timedated, localed and logind on a bus of their own, which is
where reeved --root looks for the system bus.  Their /etc is the scratch
machine's, their /run and host name are private.

They lack the right to set the clock, since the first zone that a kernel is
told moves it, and the right to reboot.

    with Machine() as machine, SystemBus(machine) as bus:
        ...
"""

import os
import shutil
import signal
import socket
import subprocess
import time

import tap

SERVICES = ["hostname", "timedate", "locale", "login"]
DAEMONS = {"hostname": "hostnamed", "timedate": "timedated",
           "locale": "localed", "login": "logind"}
FOLDER = "/usr/lib/systemd/systemd-"

CONFIGURATION = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow eavesdrop="true"/>
    <allow send_destination="*"/>
  </policy>
</busconfig>
"""

INSIDE = r"""
set -eu
mount --make-rprivate /
mount --bind "$1/etc" /etc
mount -t tmpfs tmpfs /run
cd /run && mkdir -p systemd/system systemd/seats systemd/users \
  systemd/sessions systemd/inhibit
cd /
shift
for daemon
do
  "$daemon" &
done
wait
"""


class SystemBus:
    def __init__(self, machine, services=None):
        if os.getuid():
            raise tap.Skip("machine: only root may give services an /etc")
        for program in ("dbus-daemon", "busctl", "setpriv", "unshare"):
            if not shutil.which(program):
                raise tap.Skip("no %s (Debian: dbus-daemon, systemd, "
                               "util-linux)" % program)
        self.services = SERVICES if services is None else services
        self.machine = machine
        self.path = machine.path("/run/dbus/system_bus_socket")
        self.address = "unix:path=" + self.path
        self.processes = []

    def start(self, *command, **options):
        self.processes.append(subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, start_new_session=True, **options))

    def wait_for(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            if time.monotonic() > deadline:
                raise RuntimeError("no bus: "
                                   + self.machine.read("/bus.log"))
            time.sleep(0.02)

    def listens(self):
        with socket.socket(socket.AF_UNIX) as sock:
            return not sock.connect_ex(self.path)

    def busctl(self, *words):
        return subprocess.run(["busctl", "--address=" + self.address,
                               "--timeout=5", *words], capture_output=True,
                              text=True, check=False)

    def answers(self, service):
        name = "org.freedesktop.%s1" % service
        return not self.busctl("status", name).returncode

    def property(self, service, name, interface=""):
        """As busctl shows it."""
        return self.busctl(
            "get-property", "org.freedesktop.%s1" % service,
            "/org/freedesktop/%s1" % service,
            "org.freedesktop.%s1%s" % (service, interface),
            name).stdout.strip()

    def __enter__(self):
        machine = self.machine
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        os.makedirs(machine.path("/etc/default"), exist_ok=True)
        for name in ("passwd", "group", "nsswitch.conf"):
            shutil.copy("/etc/" + name, machine.path("/etc/" + name))
        machine.write("/etc/machine-id", "0123456789abcdef" * 2 + "\n")
        machine.write("/bus.conf", CONFIGURATION % self.path)
        self.log = open(machine.path("/bus.log"), "wb")
        try:
            self.start("dbus-daemon", "--nofork", "--nopidfile",
                       "--config-file=" + machine.path("/bus.conf"))
            self.wait_for(self.listens)
            self.start("unshare", "--mount", "--uts", "setpriv",
                       "--bounding-set=-sys_time,-sys_boot", "sh", "-c",
                       INSIDE, "sh", machine.root,
                       *[FOLDER + DAEMONS[name] for name in self.services],
                       env={"PATH": os.environ["PATH"],
                            "DBUS_SYSTEM_BUS_ADDRESS": self.address})
            for service in self.services:
                self.wait_for(lambda: self.answers(service))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        self.log.close()
