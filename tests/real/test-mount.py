#!/usr/bin/env python3
# test-mount.py - HW MOUNT and UMOUNT with real file systems
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import contextlib
import os
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import assuan  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402

ONE = "11111111-2222-3333-4444-555555555555"
TWO = "22222222-2222-3333-4444-555555555555"

POLICY = """\
[identity panel]
key = panel.key
allow = *

[identity runner]
key = panel.key
allow = HW MOUNT exec=1 target=/media/**
allow = HW UMOUNT
"""

if os.getuid():
    print("1..0 # SKIP machine: only root mounts")
    sys.exit(77)


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True,
                          timeout=30).stdout.strip()


class Scene:
    """A machine with loop devices; what it leaves is detached."""

    def __init__(self, *options, files=None):
        self.machine = scratch.Machine(files, POLICY)
        self.options = options
        self.loops = []
        self.daemon = None
        os.makedirs(self.machine.path("/media"))

    def __enter__(self):
        self.daemon = self.machine.daemon(*self.options)
        return self

    def __exit__(self, *rest):
        try:
            self.daemon.__exit__(*rest)
        finally:
            with open("/proc/self/mounts", encoding="utf-8") as mounts:
                here = [line.split()[1] for line in mounts
                        if line.split()[1].startswith(self.machine.root)]
            for target in reversed(here):
                subprocess.run(["umount", "-l", target], check=False)
            for loop in self.loops:
                subprocess.run(["losetup", "-d", loop], check=False)
            self.machine.remove()

    def disk(self, uuid=ONE, label="", kind="ext4", size="16M"):
        """Make a file system; return its device."""
        image = self.machine.path("/image%d" % len(self.loops))
        run("truncate", "-s", size, image)
        if kind == "ext4":
            run("mkfs.ext4", "-q", "-U", uuid, "-L", label, image)
        elif kind == "swap":
            run("mkswap", "-U", uuid, image)
        elif kind:
            run("mkfs." + kind, "-U", uuid, image)
        return self.attach(image)

    def attach(self, image):
        try:
            loop = run("losetup", "-f", "--show", image)
        except subprocess.CalledProcessError as error:
            raise tap.Skip("machine: no loop devices: %s" % error.stderr)
        self.loops.append(loop)
        return loop

    def client(self, identity="panel"):
        client = assuan.Client.connect(self.machine.socket)
        client.authenticate(identity, self.machine.key("panel"))
        return client


ANY_LOOP = [word for i in range(16)
            for word in ("--mount-device", "/dev/loop%d" % i)]


def flags(path):
    return os.statvfs(path).f_flag


def fields(reply):
    assert reply.ok, reply.lines
    return dict(line.split(": ", 1)
                for line in reply.text.strip().split("\n"))


def test_f2_mounted_with_nosuid_nodev_noexec():
    with Scene(*ANY_LOOP) as scene, scene.client() as client:
        loop = scene.disk(label="my disk")
        told = fields(client.call("HW MOUNT UUID=%s /media/disk" % ONE))
        assert told == {"changed": "yes", "device": loop, "filesystem": "ext4",
                        "uuid": ONE, "label": "my disk",
                        "target": "/media/disk",
                        "options": "rw,nosuid,nodev,noexec"}, told
        target = scene.machine.path("/media/disk")
        wanted = os.ST_NOSUID | os.ST_NODEV | os.ST_NOEXEC
        assert flags(target) & wanted == wanted
        script = os.path.join(target, "script")
        with open(script, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n")
        os.chmod(script, 0o755)
        try:
            subprocess.run([script], check=True)
            raise AssertionError("a program of the disk runs")
        except PermissionError:
            pass
        again = fields(client.call("HW MOUNT UUID=%s /media/disk"
                                   % ONE.upper()))
        assert again["changed"] == "no", again
        again = client.check("HW MOUNT --output=json UUID=%s /media/disk"
                             % ONE).text
        assert again.startswith('{"changed":false,'), again
        listed = [record for record in
                  client.check("HW BLOCK").text.split("\n\n")
                  if "device: %s\n" % loop in record]
        assert "mounted: /media/disk" in listed[0], listed
        assert "target: /media/disk\n" in client.check("HW MOUNTS").text
        told = fields(client.call("HW UMOUNT /media/disk"))
        assert told["changed"] == "yes" and told["source"] == loop, told
        assert not os.path.ismount(target)
        assert fields(client.call("HW UMOUNT /media/disk"))["changed"] == "no"


def test_by_label_and_read_only():
    with Scene(*ANY_LOOP) as scene, scene.client() as client:
        scene.disk(label="my disk")
        client.check("HW MOUNT --read-only LABEL=my%20disk /media/disk")
        target = scene.machine.path("/media/disk")
        assert flags(target) & os.ST_RDONLY
        reply = client.call("HW MOUNT LABEL=my%20disk /media/disk")
        assert reply.error == "CONFLICT", reply.lines
        reply = client.call("HW MOUNT LABEL=MY%20DISK /media/other")
        assert reply.error == "NOT_FOUND", reply.lines


def test_exec_only_where_a_rule_names_it():
    with Scene(*ANY_LOOP) as scene:
        scene.disk()
        with scene.client() as client:
            reply = client.call("HW MOUNT --exec %s /media/disk" % ONE)
            assert reply.error == "FORBIDDEN", reply.lines
            assert "exec=1" in reply.text or "exec=1" in str(reply.lines)
        with scene.client("runner") as client:
            # A rule that names exec=1 is not one for mounts without it.
            reply = client.call("HW MOUNT %s /media/disk" % ONE)
            assert reply.error == "FORBIDDEN", reply.lines
            told = fields(client.call("HW MOUNT --exec %s /media/disk" % ONE))
            assert told["options"] == "rw,nosuid,nodev", told
        assert not flags(scene.machine.path("/media/disk")) & os.ST_NOEXEC


def test_f2_only_removable_or_named_devices():
    with Scene() as scene, scene.client() as client:
        scene.disk()
        reply = client.call("HW MOUNT %s /media/disk" % ONE)
        assert reply.error == "FORBIDDEN", reply.lines
        assert "not removable" in reply.advice
    with Scene("--mount-device", "UUID=" + ONE) as scene, \
            scene.client() as client:
        scene.disk()
        scene.disk(TWO)
        client.check("HW MOUNT %s /media/disk" % ONE)
        reply = client.call("HW MOUNT %s /media/other" % TWO)
        assert reply.error == "FORBIDDEN", reply.lines


def test_f2_only_listed_types():
    with Scene(*ANY_LOOP, "--mount-type", "vfat") as scene, \
            scene.client() as client:
        scene.disk()
        reply = client.call("HW MOUNT %s /media/disk" % ONE)
        assert reply.error == "FORBIDDEN" and "ext4" in reply.advice, \
            reply.lines
    with Scene(*ANY_LOOP) as scene, scene.client() as client:
        scene.disk(TWO, kind="swap")
        reply = client.call("HW MOUNT %s /media/disk" % TWO)
        assert reply.error == "FORBIDDEN" and "swap" in reply.advice, \
            reply.lines


def test_two_of_the_same_name():
    with Scene(*ANY_LOOP) as scene, scene.client() as client:
        scene.disk()
        scene.disk()
        reply = client.call("HW MOUNT %s /media/disk" % ONE)
        assert reply.error == "AMBIGUOUS", reply.lines


def test_f1_where_nothing_is_mounted():
    with Scene(*ANY_LOOP) as scene, scene.client() as client:
        machine = scene.machine
        scene.disk()
        os.makedirs(machine.path("/elsewhere"))
        os.symlink("../elsewhere", machine.path("/media/link"))
        os.symlink("../elsewhere", machine.path("/media/up"))
        os.makedirs(machine.path("/media/full/inner"))
        os.makedirs(machine.path("/media/open/inner"))
        os.chmod(machine.path("/media/open"), 0o777)
        os.makedirs(machine.path("/media/given/inner"))
        os.chown(machine.path("/media/given"), 65534, 65534)
        for target, error in (("/media/link", "FORBIDDEN"),
                              ("/media/up/disk", "FORBIDDEN"),
                              ("/media/full", "CONFLICT"),
                              ("/media/open/inner", "FORBIDDEN"),
                              ("/media/given/inner", "FORBIDDEN"),
                              ("/elsewhere", "FORBIDDEN"),
                              ("/etc", "FORBIDDEN"), ("/", "FORBIDDEN"),
                              ("/media", "FORBIDDEN")):
            reply = client.call("HW MOUNT %s %s" % (ONE, target))
            assert reply.error == error, (target, reply.lines)
        scene.disk(TWO)
        client.check("HW MOUNT %s /media/disk" % ONE)
        reply = client.call("HW MOUNT %s /media/disk" % TWO)
        assert reply.error == "CONFLICT", reply.lines


def test_a_target_that_is_exchanged_meanwhile():
    """Whatever happens to it, nothing is mounted outside of /media."""
    with Scene(*ANY_LOOP) as scene, scene.client() as client:
        machine = scene.machine
        scene.disk()
        os.makedirs(machine.path("/elsewhere"))
        target = machine.path("/media/disk")
        stop = threading.Event()

        def exchange():
            while not stop.is_set():
                with contextlib.suppress(OSError):
                    os.mkdir(target)
                with contextlib.suppress(OSError):
                    os.rmdir(target)
                with contextlib.suppress(OSError):
                    os.symlink("../elsewhere", target)
                with contextlib.suppress(OSError):
                    os.unlink(target)

        thread = threading.Thread(target=exchange)
        thread.start()
        end = time.monotonic() + 4
        try:
            while time.monotonic() < end:
                client.call("HW MOUNT %s /media/disk" % ONE)
                assert not os.path.ismount(machine.path("/elsewhere"))
                client.call("HW UMOUNT /media/disk")
        finally:
            stop.set()
            thread.join()


def test_who_holds_it():
    with Scene(*ANY_LOOP) as scene, scene.client() as client:
        scene.disk()
        client.check("HW MOUNT %s /media/disk" % ONE)
        target = scene.machine.path("/media/disk")
        with subprocess.Popen(["sleep", "100"], cwd=target) as holder, \
                open(os.path.join(target, "file"), "w", encoding="ascii"):
            reply = client.call("HW UMOUNT /media/disk")
            holder.kill()
        assert reply.error == "EBUSY", reply.lines
        told = [line for line in reply.lines if b"DETAIL holder" in line]
        assert b"S DETAIL holder %d sleep %s" % (holder.pid, target.encode()) \
            in told, told
        assert [line for line in told if b"%d " % os.getpid() in line
                and line.endswith(b"/file")], told
        client.check("HW UMOUNT /media/disk")


def test_persisting():
    fstab = "/dev/sda1 / ext4 ro 0 1\n# end"
    with Scene(*ANY_LOOP, files={"/etc/fstab": fstab}) as scene, \
            scene.client() as client:
        scene.disk()
        client.check("HW MOUNT --persist %s /media/a%%20b" % ONE.upper())
        line = "UUID=%s /media/a\\040b ext4 rw,nosuid,nodev,noexec,nofail " \
            "0 2\n" % ONE
        assert scene.machine.read("/etc/fstab") == fstab + "\n" + line
        client.check("HW MOUNT --persist %s /media/a%%20b" % ONE)
        assert scene.machine.read("/etc/fstab") == fstab + "\n" + line
        client.check("HW UMOUNT /media/a%20b")
        reply = client.call("HW MOUNT --persist --read-only %s /media/a%%20b"
                            % ONE)
        assert reply.error == "CONFLICT", reply.lines
        assert not os.path.ismount(scene.machine.path("/media/a b"))
        reply = client.call("HW MOUNT --persist --dry-run %s /media/c" % ONE)
        assert reply.error == "CONFLICT", reply.lines
        client.check("HW UMOUNT --persist /media/a%20b")
        assert scene.machine.read("/etc/fstab") == fstab + "\n"
        reply = client.check("HW MOUNT --persist --dry-run %s /media/c" % ONE)
        assert "+UUID=" in reply.text and "mount /dev/loop" in reply.text
        assert scene.machine.read("/etc/fstab") == fstab + "\n"


def test_an_empty_name_is_none():
    with Scene(*ANY_LOOP) as scene, scene.client() as client:
        scene.disk()
        for name in ("LABEL=", "UUID=", '""'):
            reply = client.call("HW MOUNT %s /media/disk" % name)
            assert reply.error == "INV_ARG", (name, reply.lines)


def test_what_can_only_be_read():
    with Scene(*ANY_LOOP) as scene, scene.client() as client:
        loop = scene.disk()
        subprocess.run(["losetup", "-d", loop], check=True)
        scene.loops.remove(loop)
        scene.loops.append(run("losetup", "-r", "-f", "--show",
                               scene.machine.path("/image0")))
        told = fields(client.call("HW MOUNT %s /media/disk" % ONE))
        assert told["options"] == "ro,nosuid,nodev,noexec", told
        told = fields(client.call("HW MOUNT %s /media/disk" % ONE))
        assert told["changed"] == "no", told


def test_a_later_step_that_fails_undoes_the_mount():
    with Scene(*ANY_LOOP, files={"/etc/fstab": "\n"}) as scene, \
            scene.client() as client:
        scene.disk()
        fstab = scene.machine.path("/etc/fstab")
        with open(fstab, "a", encoding="ascii"):
            # A file that is held open for writing is not replaced.
            reply = client.call("HW MOUNT --persist %s /media/disk" % ONE)
        assert reply.error == "CONFLICT", reply.lines
        assert not os.path.exists(scene.machine.path("/media/disk"))
        assert scene.machine.read("/etc/fstab") == "\n"


def test_hostile_disks():
    """Whatever stands on a disk, asking what it is ends."""
    chance = random.Random(7)
    with Scene(*ANY_LOOP) as scene, scene.client() as client:
        loop = scene.disk(size="4M")
        image = scene.machine.path("/image0")
        with open(image, "rb") as file:
            good = file.read()
        for turn in range(20):
            bad = bytearray(good)
            for _ in range(200):
                bad[chance.randrange(1024, 4096)] = chance.randrange(256)
            if turn % 4 == 0:
                bad = bytearray(chance.randbytes(len(good)))
            with open(loop, "r+b") as device:
                device.write(bad)
            client.check("HW BLOCK")
            reply = client.call("HW MOUNT %s /media/disk" % ONE)
            if reply.ok:
                client.check("HW UMOUNT /media/disk")


def test_audit_of_a_mount():
    with Scene(*ANY_LOOP) as scene, scene.client() as client:
        loop = scene.disk()
        client.check("HW MOUNT %s /media/disk" % ONE)
        plan = [record["plan"] for record in scene.machine.audit()
                if record["event"] == "begin"][-1]
        assert plan == [{"kind": "mount", "object": "/media/disk",
                         "before": "nothing", "after": loop}], plan


tap.main(globals())
