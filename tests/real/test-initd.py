#!/usr/bin/env python3
# test-initd.py - SERVICE with real init.d scripts
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts that start real daemons by start-stop-daemon, as those of Debian's
packages do, and one that a package has."""

import glob
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import scratch  # noqa: E402
import tap  # noqa: E402
import verbs  # noqa: E402
from attack import until  # noqa: E402

# What LSB asks for.  The name of the script is its descriptor's, so where it is
# stands in it.
DAEMON = """\
#!/bin/sh
### BEGIN INIT INFO
# Provides: sleeper
# Required-Start: $remote_fs
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
# Short-Description: Sleeps
### END INIT INFO
pid=%s/run/sleeper.pid
case $1 in
  start)
    start-stop-daemon --start --oknodo --background --make-pidfile \\
      --pidfile $pid --startas /bin/sleep -- 987 ;;
  stop)
    start-stop-daemon --stop --oknodo --retry 5 --remove-pidfile \\
      --pidfile $pid ;;
  restart) "$(readlink -f "$0")" stop && "$(readlink -f "$0")" start ;;
  force-reload) kill -HUP 0$(cat $pid) && echo reloaded ;;
  status) start-stop-daemon --status --pidfile $pid ;;
  *) exit 3 ;;
esac
"""
HANGS = """\
#!/bin/sh
[ "$1" = status ] && exit 3
sleep 986 &
sleep 986
"""
TALKS = """\
#!/bin/sh
[ "$1" = status ] && exit 3
head -c 300000 /dev/zero | tr '\\0' x
head -c 300000 /dev/zero | tr '\\0' y >&2
exit 1
"""
# A daemon of old that holds on to the terminal that it was given.
KEEPS = """\
#!/bin/sh
case $1 in
  start) sleep 985 & echo $! >%s/run/keeps.pid ;;
  stop) kill $(cat %s/run/keeps.pid); rm %s/run/keeps.pid ;;
  status) [ -e %s/run/keeps.pid ] || exit 3 ;;
esac
"""


# One that is slow to see that its daemon, which leaves its group, runs.
SLOW = """\
#!/bin/sh
pid=%s/run/slow.pid
case $1 in
  start)
    start-stop-daemon --start --background --make-pidfile --pidfile $pid \\
      --startas /bin/sleep -- 984
    sleep 60 ;;
  stop) start-stop-daemon --stop --retry 5 --remove-pidfile --pidfile $pid ;;
  status) start-stop-daemon --status --pidfile $pid ;;
esac
"""
# Its first action after a file "deadly" was made kills who asked for it.
DEADLY = """\
#!/bin/sh
root=%s
action=$2
[ -n "$action" ] || action=$1
case $action in
  status) [ -e $root/state ] || exit 3 ;;
  start) : >$root/state ;;
  stop) rm $root/state ;;
  defaults | enable)
    rm -f $root/etc/rc2.d/*deadly
    mkdir -p $root/etc/rc2.d
    ln -s ../init.d/deadly $root/etc/rc2.d/S01deadly ;;
  disable) mv $root/etc/rc2.d/S01deadly $root/etc/rc2.d/K01deadly ;;
esac || exit
[ ! -e $root/deadly ] || [ $action = status ] && [ ! -e $root/always ] && exit
rm $root/deadly
kill -9 $PPID
"""


class Scene:
    def __init__(self, **scripts):
        self.machine = scratch.Machine(
            {"/run/README": "", "/usr/sbin/update-rc.d": verbs.LINKS})
        root = self.machine.root
        for name, text in scripts.items():
            self.machine.write("/etc/init.d/" + name, text.replace("%s", root))

    def __enter__(self):
        self.daemon = self.machine.daemon()
        self.client = self.daemon.client("panel")
        return self

    def __exit__(self, *rest):
        self.client.close()
        self.daemon.__exit__(*rest)
        for path in glob.glob(self.machine.path("/run/*.pid")):
            with open(path, encoding="ascii") as file:
                try:
                    os.kill(int(file.read()), signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.machine.remove()

    def fields(self, line):
        reply = self.client.check("SERVICE " + line)
        return dict(text.split(": ", 1)
                    for text in reply.text.strip().split("\n"))


    def becomes(self, active, patience=10):
        """Whether sleeper is ACTIVE within PATIENCE seconds."""
        end = time.monotonic() + patience
        while self.fields("STATUS sleeper")["active"] != active:
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True


def test_a_daemon_lives_on():
    with Scene(sleeper=DAEMON) as scene:
        now = scene.fields("STATUS sleeper")
        assert (now["active"], now["backend"], now["description"]) \
            == ("inactive", "initd", "Sleeps"), now
        assert scene.fields("START sleeper")["changed"] == "yes"
        pid = int(scene.machine.read("/run/sleeper.pid"))
        time.sleep(0.5)
        os.kill(pid, 0)
        assert scene.fields("STATUS sleeper")["active"] == "active"
        assert scene.fields("START sleeper")["changed"] == "no"
        assert scene.fields("RESTART sleeper")["changed"] == "yes"
        assert int(scene.machine.read("/run/sleeper.pid")) != pid
        assert scene.fields("STOP sleeper")["changed"] == "yes"
        assert scene.machine.read("/run/sleeper.pid") is None
        assert scene.fields("STATUS sleeper")["active"] == "inactive"


def test_a_daemon_that_died_is_told():
    with Scene(sleeper=DAEMON) as scene:
        scene.fields("START sleeper")
        os.kill(int(scene.machine.read("/run/sleeper.pid")), signal.SIGKILL)
        # Its file is left: LSB's status 1, once its parent has seen it.
        assert scene.becomes("failed"), scene.fields("STATUS sleeper")
        assert scene.fields("START sleeper")["active"] == "active"
        scene.fields("STOP sleeper")


def test_reload_by_force():
    with Scene(sleeper=DAEMON) as scene:
        scene.fields("START sleeper")
        reply = scene.client.call("SERVICE RELOAD sleeper")
        assert reply.error == "NOT_SUPPORTED", reply.lines
        # The signal ends a sleep, which shows that it came.
        assert scene.fields("RELOAD --force sleeper")["changed"] == "yes"
        assert scene.becomes("failed"), scene.fields("STATUS sleeper")


def test_a_pipe_that_stays_open_is_not_waited_for():
    with Scene(keeps=KEEPS) as scene:
        start = time.monotonic()
        assert scene.fields("START keeps")["active"] == "active"
        assert time.monotonic() - start < 10
        os.kill(int(scene.machine.read("/run/keeps.pid")), 0)
        assert scene.fields("STOP keeps")["active"] == "inactive"


def test_a_start_that_is_given_up_is_taken_back():
    with Scene(slow=SLOW) as scene:
        def begin(line):
            scene.client.send(line)
            assert until(lambda: scene.machine.read("/run/slow.pid"))
            return int(scene.machine.read("/run/slow.pid"))

        pid = begin("SERVICE START slow")
        scene.client.send("CANCEL")
        reply = scene.client.read_reply()
        assert reply.error == "CANCELED", reply.lines
        assert until(lambda: not os.path.exists("/proc/%d" % pid))
        assert scene.fields("STATUS slow")["active"] == "inactive"
        pid = begin("SERVICE START --timeout=1 slow")
        reply = scene.client.read_reply()
        assert reply.error == "TIMEOUT", reply.lines
        assert until(lambda: not os.path.exists("/proc/%d" % pid))
        assert scene.fields("STATUS slow")["active"] == "inactive"


def test_what_a_worker_did_that_died_is_undone():
    with Scene(deadly=DEADLY) as scene:
        machine = scene.machine
        machine.write("/usr/sbin/update-rc.d", DEADLY.replace("%s",
                                                              machine.root))

        def undone(line, *then):
            """LINE fails when it is done, and STATUS is as before."""
            before = scene.fields("STATUS deadly")
            machine.write("/deadly", "")
            for name in then:
                machine.write(name, "")
            reply = scene.client.call("SERVICE %s deadly" % line)
            assert reply.error == "SERVER_FAILED", reply.lines
            assert machine.read("/deadly") is None, line
            for name in then:
                os.remove(machine.path(name))
            assert scene.fields("STATUS deadly") == before, (line, before)

        undone("START")
        undone("ENABLE")
        scene.fields("START deadly")
        undone("STOP")
        scene.fields("ENABLE deadly")
        undone("DISABLE")
        scene.fields("MASK deadly")
        # It is asked for its state when it can be executed.
        undone("UNMASK", "/always")


def left(word):
    return subprocess.run(["pgrep", "-f", word], capture_output=True,
                          text=True, check=False).stdout.split()


def test_l8_time_ends_the_whole_group():
    with Scene(hangs=HANGS) as scene:
        start = time.monotonic()
        reply = scene.client.call("SERVICE START --timeout=1 hangs")
        assert reply.error == "TIMEOUT", reply.lines
        assert time.monotonic() - start < 10
        for _ in range(100):
            if not left("^sleep 986$"):
                break
            time.sleep(0.05)
        assert not left("^sleep 986$")


def test_l8_e7_much_output_is_drained():
    with Scene(talks=TALKS) as scene:
        reply = scene.client.call("SERVICE START talks")
        assert reply.error == "GENERAL", reply.lines
        told = [line for line in reply.lines if b"DETAIL output" in line]
        assert len(told) == 2 and all(len(line) < 600 for line in told), told


def test_what_is_no_script():
    with Scene(sleeper=DAEMON) as scene:
        machine = scene.machine
        machine.write("/etc/init.d/open", DAEMON)
        os.chmod(machine.path("/etc/init.d/open"), 0o777)
        reply = scene.client.call("SERVICE START open")
        assert reply.error == "FORBIDDEN", reply.lines
        os.mkdir(machine.path("/etc/init.d/folder"))
        os.mkfifo(machine.path("/etc/init.d/pipe"))
        # A link counts below the root, not on this machine.
        os.symlink("/etc/init.d/sleeper", machine.path("/etc/init.d/link"))
        os.symlink("/bin/true", machine.path("/etc/init.d/out"))
        assert scene.fields("STATUS link")["description"] == "Sleeps"
        for name in ("none", "folder", "pipe", "out"):
            reply = scene.client.call("SERVICE START " + name)
            assert reply.error == "NOT_FOUND", (name, reply.lines)
        if not os.getuid():
            machine.write("/etc/init.d/foreign", DAEMON)
            os.chown(machine.path("/etc/init.d/foreign"), 65534, 65534)
            reply = scene.client.call("SERVICE START foreign")
            assert reply.error == "FORBIDDEN", reply.lines
        # None of them hides the others.
        assert "unit: sleeper.service" in scene.client.check(
            "SERVICE LIST").text


def test_links_are_one_unit():
    """What policy denies by one name is denied by each, and all are the same
    script."""
    names = "sleeper", "dozer", "a"
    scene = Scene(sleeper=DAEMON, other=DAEMON)
    machine = scene.machine
    os.symlink("sleeper", machine.path("/etc/init.d/dozer"))
    os.symlink("/etc/init.d/dozer", machine.path("/etc/init.d/a"))
    for name in names:
        machine.add_key("no-" + name)
        machine.write("/etc/reeve/policy.d/%s.policy" % name,
                      "[identity no-%s]\nkey = no-%s.key\nallow = *\n"
                      "deny = SERVICE STATUS unit=%s.service\n"
                      "deny = SERVICE UNMASK unit=%s.service\n"
                      % (4 * (name,)))
    with scene:
        assert scene.fields("STATUS a")["unit"] == "sleeper.service"
        assert scene.fields("ENABLE a")["enabled"] == "enabled"
        assert os.path.islink(machine.path("/etc/rc2.d/S01sleeper"))
        assert not os.path.lexists(machine.path("/etc/rc2.d/S01a"))
        assert scene.fields("MASK dozer")["load"] == "masked"
        assert scene.fields("STATUS sleeper")["load"] == "masked"
        listed = scene.client.check("SERVICE LIST").text
        assert listed.count("unit: ") == 2, listed
        assert "unit: sleeper.service" in listed, listed
        for denied in names:
            with scene.daemon.client("no-" + denied) as client:
                for name in names:
                    for verb in "STATUS", "UNMASK":
                        reply = client.call("SERVICE %s %s" % (verb, name))
                        assert reply.error == "FORBIDDEN", (denied, reply.lines)
                client.check("SERVICE STATUS other")


def test_by_itself():
    with Scene(sleeper=DAEMON) as scene:
        assert scene.fields("ENABLE sleeper")["enabled"] == "enabled"
        assert os.path.islink(scene.machine.path("/etc/rc2.d/S01sleeper"))
        assert scene.fields("DISABLE sleeper")["enabled"] == "disabled"
        assert os.path.islink(scene.machine.path("/etc/rc2.d/K01sleeper"))
        os.remove(scene.machine.path("/usr/sbin/update-rc.d"))
        # That of this machine would change this machine.
        reply = scene.client.call("SERVICE ENABLE sleeper")
        assert reply.error == "NOT_FOUND", reply.lines
        assert "update-rc.d is not installed" in reply.advice


# The real one knows no other /etc than its own.
REAL_LINKS = """\
#!/bin/sh
exec unshare --mount sh -c 'mount --make-rprivate / &&
  mount --bind %s/etc /etc && exec /usr/sbin/update-rc.d "$@"' sh "$@"
"""


def test_by_itself_with_the_real_update_rc_d():
    if os.getuid():
        raise tap.Skip("machine: only root can give it an /etc of its own")
    if not os.path.exists("/usr/sbin/update-rc.d"):
        raise tap.Skip("no update-rc.d (Debian: init-system-helpers)")
    with Scene(sleeper=DAEMON) as scene:
        scene.machine.write("/usr/sbin/update-rc.d",
                            REAL_LINKS % scene.machine.root)
        start = scene.machine.path("/etc/rc2.d/S01sleeper")
        stop = scene.machine.path("/etc/rc2.d/K01sleeper")
        assert scene.fields("ENABLE sleeper")["enabled"] == "enabled"
        assert os.path.islink(start)
        assert scene.fields("DISABLE sleeper")["enabled"] == "disabled"
        assert os.path.islink(stop) and not os.path.lexists(start)
        assert scene.fields("ENABLE sleeper")["enabled"] == "enabled"
        assert os.path.islink(start) and not os.path.lexists(stop)
        assert not glob.glob("/etc/rc?.d/*sleeper")


def test_the_script_of_a_package():
    """Its status, header and what it needs; nothing of this machine is
    started or stopped."""
    script = "/etc/init.d/dbus"
    if not os.path.exists(script):
        raise tap.Skip("no %s (Debian: dbus)" % script)
    with Scene() as scene:
        os.makedirs(scene.machine.path("/etc/init.d"))
        shutil.copy(script, scene.machine.path("/etc/init.d/dbus"))
        if not os.getuid():
            os.chown(scene.machine.path("/etc/init.d/dbus"), 0, 0)
        now = scene.fields("STATUS dbus")
        assert now["active"] in ("active", "inactive", "failed"), now
        assert now["description"], now
        assert scene.fields("SHOW dbus")["Provides"] == "dbus"
        assert "kind: requires" in scene.client.check(
            "SERVICE DEPS dbus").text


tap.main(globals())
