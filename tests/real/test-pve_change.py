#!/usr/bin/env python3
# test-pve_change.py - PVE START, SNAPSHOT, CLONE, ... against a test server
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each verb on a container and on a virtual machine, with the API of three
versions; what is sent must be as each version's schema has it."""

import os
import sys
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import tap  # noqa: E402
from proxmox import wait_for  # noqa: E402
from proxmox_scene import each_version, scene  # noqa: E402


def done(scene, line):
    """Do LINE, which changes something; its record."""
    record = scene.record(line)
    assert record["changed"] is True and record["outcome"] == "ok", record
    return record


def unchanged(scene, line):
    """Do LINE, which finds that all is so already, and sends nothing."""
    before = len(scene.sent())
    record = scene.record(line)
    assert record == {"changed": False}, record
    assert len(scene.sent()) == before, scene.sent()


def test_power():
    for one in each_version():
        guests = one.server.guests
        for vmid in 100, 200:
            record = done(one, "PVE START %d" % vmid)
            assert "start:%d:" % vmid in record["upid"], record
            assert guests[vmid].running
            unchanged(one, "PVE START %d" % vmid)
            done(one, "PVE REBOOT --grace=1500ms %d" % vmid)
            assert one.sent()[-1].parameters == {"timeout": "2"}
            done(one, "PVE SHUTDOWN --force-stop --grace=2min %d" % vmid)
            assert one.sent()[-1].parameters == {
                "timeout": "120", "forceStop": "1"}
            unchanged(one, "PVE SHUTDOWN %d" % vmid)
            unchanged(one, "PVE STOP %d" % vmid)
            done(one, "PVE START %d" % vmid)
            done(one, "PVE STOP %d" % vmid)
            assert not guests[vmid].running


def test_a_guest_that_runs_by_then():
    """Between planning and acting it was started, or stopped."""
    for one in each_version():
        one.server.fail_next("POST", "/status/start",
                             "500:CT 100 already running")
        one.server.fail_next("POST", "/status/stop", "500:VM 201 not running")
        assert one.record("PVE START 100") == {"changed": False}
        one.server.end_next("qmstart", "VM 200 already running")
        assert one.record("PVE START 200") == {"changed": False}
        assert one.record("PVE STOP 201") == {"changed": False}


def test_suspend_and_resume():
    for one in each_version():
        done(one, "PVE SUSPEND 102")
        done(one, "PVE RESUME 102")
        done(one, "PVE SUSPEND 201")
        assert one.server.guests[201].paused
        unchanged(one, "PVE SUSPEND 201")
        done(one, "PVE RESUME 201")
        unchanged(one, "PVE RESUME 201")
        assert one.error("PVE RESUME 200").error == "INV_STATE"
        assert one.error("PVE REBOOT 100").error == "INV_STATE"


def test_snapshots():
    for one in each_version():
        for vmid, more in (100, ""), (200, "--vmstate "):
            record = done(one, "PVE SNAPSHOT --description=%%22a=b;c+d%%22 %s"
                          "%d before" % (more, vmid))
            assert record["snapshot"] == "before", record
            kept, = one.server.guests[vmid].snapshots
            assert kept["name"] == "before"
            assert kept["description"] == '"a=b;c+d"', kept
            assert kept.get("vmstate", 0) == (vmid == 200)
            one.server.guests[vmid].config["cores"] = 7
            done(one, "PVE ROLLBACK --start %d before" % vmid)
            assert one.server.guests[vmid].config["cores"] == 1
            assert one.server.guests[vmid].running
            done(one, "PVE DELSNAPSHOT --force %d before" % vmid)
            assert not one.server.guests[vmid].snapshots
            reply = one.error("PVE ROLLBACK %d before" % vmid)
            assert "does not exist" in reply.advice, reply.verdict
        reply = one.error("PVE SNAPSHOT --vmstate 100 other")
        assert reply.error == "INV_ARG" and "--vmstate" in reply.advice


def test_backup_and_restore():
    for one in each_version():
        storage = one.server.cluster.storages["local"]
        old = set(storage.volumes)
        record = done(one, "PVE BACKUP --storage=local --mode=stop "
                      "--compress=zstd --notes=%22a%20b%22 100 200")
        assert ":vzdump::" in record["upid"], record
        sent = one.sent()[-1].parameters
        assert sent["vmid"] == "100,200" and sent["remove"] == "0", sent
        new = sorted(name for name in set(storage.volumes) - old
                     if not name.endswith(".config"))
        assert len(new) == 2 and sorted(record["volid"]) == new, record
        for vmid, volid in zip((150, 250), new):
            done(one, "PVE RESTORE --node=pve1 --storage=local --unique "
                 "--start %d %s" % (vmid, volid))
            assert one.server.guests[vmid].running
            assert one.server.guests[vmid].kind == {
                150: "lxc", 250: "qemu"}[vmid]
        done(one, "PVE BACKUP 103")
        assert one.sent()[-1].path == "/nodes/pve2/vzdump"
        reply = one.error("PVE BACKUP 100 103")
        assert reply.error == "INV_ARG" and "pve2" in reply.advice


OVERWRITES = """\
[identity panel]
key = panel.key
allow = *
allow = PVE RESTORE force=1
"""


def test_restore_over_a_guest():
    for one in each_version(policy=OVERWRITES):
        volid = next(iter(one.server.cluster.storages["local"].volumes))
        before = len(one.sent())
        for line, error in (("102 ", "DUP_VALUE"),
                            ("--force 200 ", "CONFLICT"),
                            ("--force --node=pve2 102 ", "CONFLICT")):
            reply = one.error("PVE RESTORE " + line + volid)
            assert reply.error == error, reply.verdict
        reply = one.error("PVE RESTORE 150 " + volid)
        assert reply.error == "MISSING_VALUE" and "--node" in reply.advice
        reply = one.error("PVE RESTORE --node=pve1 150 local:backup/x.tar")
        assert reply.error == "MISSING_VALUE" and "--kind" in reply.advice
        assert len(one.sent()) == before
        done(one, "PVE STOP 102")
        one.server.guests[102].config["cores"] = 9
        done(one, "PVE RESTORE --force 102 " + volid)
        assert one.server.guests[102].config["cores"] == 2


def test_clone():
    for one in each_version():
        done(one, "PVE CLONE --name=web.example --full --storage=fast "
             "100 151")
        assert one.server.guests[151].config["hostname"] == "web.example"
        done(one, "PVE SNAPSHOT 200 s1")
        done(one, "PVE CLONE --name=db --target=pve2 --snapname=s1 200 251")
        assert one.server.guests[251].config["name"] == "db"
        assert one.server.guests[251].node == "pve2"
        reply = one.error("PVE CLONE 100 200")
        assert "already exists" in reply.advice, reply.verdict


def test_resize():
    for one in each_version():
        done(one, "PVE RESIZE 100 rootfs +2G")
        assert one.sent()[-1].parameters["size"] == "+2G"
        assert "size=2112M" in one.server.guests[100].config["rootfs"]
        done(one, "PVE RESIZE 200 scsi0 64M")
        # Before PVE 8 it is not told of the task.
        assert wait_for(lambda: "size=64M" in one.server.guests[
            200].config["scsi0"])
        for same in ("200 scsi0 64M", "200 scsi0 65536K", "100 rootfs 2112M",
                     "--snapshot 100 rootfs 2.0625G"):
            unchanged(one, "PVE RESIZE " + same)
        reply = one.error("PVE RESIZE 200 scsi0 1M")
        assert "shrink" in reply.advice, reply.verdict
        assert one.error("PVE RESIZE 200 scsi7 +1G").error == "NOT_FOUND"
        before = len(one.sent())
        for wrong in ("scsi0 -1G", "scsi0 %2D1G", "scsi0 1P", "scsi0 +",
                      "scsi0 1.G", "scsi0,x +1G", "sc%0Asi0 +1G", "-x +1G"):
            assert one.error("PVE RESIZE 200 " + wrong).error == "INV_ARG", \
                wrong
        assert len(one.sent()) == before


def test_a_disk_that_was_changed_meanwhile():
    with scene() as one:
        one.server.fail_next("PUT", "/resize", "500:detected modified "
                             "configuration - file changed by other user? "
                             "Try again.")
        assert one.error("PVE RESIZE 100 rootfs +2G").error == "CONFLICT"
        digest = one.sent()[-1].parameters["digest"]
        assert digest == one.server.guests[100].digest


def test_migrate():
    for one in each_version():
        done(one, "PVE MIGRATE --restart --storage=local 102 pve2")
        done(one, "PVE MIGRATE --online --with-local-disks --storage=fast "
             "201 pve2")
        assert one.server.guests[102].node == "pve2"
        assert one.server.guests[201].node == "pve2"
        unchanged(one, "PVE MIGRATE 102 pve2")
        assert one.error("PVE MIGRATE --online 100 pve2").error == "INV_ARG"
        assert one.error("PVE MIGRATE --restart 200 pve2").error == "INV_ARG"
        reply = one.error("PVE MIGRATE 202 pve1")
        assert "--online" in reply.advice, reply.verdict


def test_destroy():
    for one in each_version():
        done(one, "PVE DESTROY --purge --unreferenced-disks 200")
        done(one, "PVE DESTROY --force 102")
        assert not {102, 200} & set(one.server.guests)
        assert one.sent()[-1].body == b""
        assert one.error("PVE DESTROY --force 201").error == "INV_ARG"
        assert one.error("PVE DESTROY 200").error == "NOT_FOUND"


def test_delete_content():
    for one in each_version():
        storage = one.server.cluster.storages["local"]
        volid = next(iter(storage.volumes))
        record = done(one, "PVE DELETE-CONTENT pve1 " + volid)
        assert volid not in storage.volumes
        assert ":imgdel:102@local:" in record["upid"], record
        assert one.error("PVE DELETE-CONTENT pve1 "
                         + volid).error == "NOT_FOUND"


def test_a_volume_with_blanks_and_commas():
    for one in each_version():
        storage = one.server.cluster.storages["local"]
        for name in ("my image.iso", "a, b=1; c&d#e%f?g.iso", "a..b.iso"):
            volid = "local:iso/" + name
            storage.volumes[volid] = {
                "volid": volid, "content": "iso", "format": "iso",
                "size": 954, "ctime": 1795196000}
            line = "PVE DELETE-CONTENT pve1 " + urllib.parse.quote(volid)
            shown = one.client.check(line.replace(
                "CONTENT", "CONTENT --dry-run")).text
            assert shown == "delete volume %s\n" % volid, shown
            done(one, line)
            assert volid not in storage.volumes
            # It is one segment of the path, and nothing else.
            path = one.sent()[-1].target
            assert path.endswith("/content/" + urllib.parse.quote(
                volid, safe="")), path


def test_a_volume_is_one_parameter():
    for one in each_version():
        volid = "local:backup/vzdump-lxc-102-a, rootfs=x:1&force=1.tar"
        one.error("PVE RESTORE --node=pve1 150 "
                  + urllib.parse.quote(volid))
        sent = one.sent()[-1].parameters
        assert sent["ostemplate"] == volid, sent
        assert set(sent) == {"vmid", "ostemplate", "restore"}, sent


def test_an_option_that_old_servers_lack():
    for one in each_version():
        reply = one.client.check("PVE STOP --overrule-shutdown 102")
        sent = one.sent()[-1].parameters
        old = one.server.version == "7.4"
        assert sent == ({} if old else {"overrule-shutdown": "1"}), sent
        assert any(line.startswith("WARNING")
                   for line in reply.status) == old, reply.status


EACH = ("START 100", "STOP 102", "SHUTDOWN 201", "REBOOT 102", "SUSPEND 201",
        "RESUME 102", "SNAPSHOT 100 s1", "ROLLBACK 100 s1",
        "DELSNAPSHOT 100 s1", "BACKUP 100 200", "CLONE 100 151",
        "RESIZE 100 rootfs +1G", "RESIZE --snapshot 100 rootfs +1G",
        "MIGRATE 100 pve2", "DESTROY 100",
        "RESTORE --node=pve1 150 local:backup/vzdump-lxc-102-x.tar",
        "DELETE-CONTENT pve1 "
        "local:backup/vzdump-lxc-102-2026_11_20-17_30_46.tar.zst")


def with_option(line, option):
    verb, _, rest = line.partition(" ")
    return "PVE %s %s %s" % (verb, option, rest)


def test_a_dry_run_changes_nothing():
    with scene() as one:
        shown = {line: one.client.check(with_option(line, "--dry-run")).text
                 for line in EACH}
        assert not one.sent(), one.sent()
        for line, words in (
                ("START 100", "start container 100 (ct100) on pve1 "
                 "(now stopped)\n"),
                ("BACKUP 100 200", "back up guests 100, 200 on pve1\n"),
                ("ROLLBACK 100 s1", "go back to snapshot s1 of container 100 "
                 "(ct100) on pve1 (now stopped)\n"),
                ("RESIZE 100 rootfs +1G", "resize disk rootfs of container "
                 "100 (ct100) on pve1 by 1G (now local:100/vm-100-disk-0.raw,"
                 "size=64M)\n"),
                ("MIGRATE 100 pve2", "migrate container 100 (ct100) on pve1 "
                 "to pve2 (now stopped)\n"),
                (EACH[-1], "delete volume " + EACH[-1].split()[-1] + "\n")):
            assert shown[line] == words, shown[line]
        first, second = shown["RESIZE --snapshot 100 rootfs +1G"].splitlines()
        assert first.startswith("take snapshot reeve-20"), first
        assert second.startswith("resize disk rootfs"), second


def test_no_wait():
    for one in each_version():
        one.server.task_seconds = 3
        for line in "START 100", "STOP 102", "SNAPSHOT 200 s1":
            record = one.record(with_option(line, "--no-wait"))
            assert record["changed"] is True, record
            assert record["outcome"] == "running", record
            assert one.server.tasks[-1].upid == record["upid"]
            assert one.server.tasks[-1].exit is None


def test_warnings_are_a_success():
    with scene() as one:
        one.server.end_next("vzstart", "WARNINGS: 2")
        record = one.record("PVE START 100")
        assert record["outcome"] == "warnings", record
        assert record["warnings"] == 2 and record["changed"] is True


def test_a_failed_task():
    with scene() as one:
        one.server.end_next("vzdump", "job errors", ["ERROR: it is full"])
        reply = one.error("PVE BACKUP 100")
        assert reply.error == "GENERAL", reply.verdict
        assert reply.details["outcome"] == "failed"
        assert "it is full" in reply.details["log"]


def test_a_client_that_gives_up():
    """That ends the waiting, and the task only if it is asked to."""
    for option, running in ("", True), ("--stop-on-cancel ", False):
        with scene() as one:
            one.server.end_next("vzdump", "OK", seconds=20)
            one.client.send("PVE BACKUP %s100" % option)
            assert wait_for(lambda: one.server.tasks)
            one.client.send("CANCEL")
            reply = one.client.read_reply()
            assert reply.error == "CANCELED", reply.verdict
            assert (one.server.tasks[0].exit is None) == running
            assert reply.details["upid"] == one.server.tasks[0].upid


def test_a_time_limit_ends_the_waiting():
    with scene() as one:
        one.server.end_next("vzdump", "OK", seconds=20)
        reply = one.error("PVE BACKUP --timeout=2s --stop-on-cancel 100")
        assert reply.error == "TIMEOUT", reply.verdict
        assert reply.details["outcome"] == "running", reply.details
        assert one.server.tasks[0].exit is None


def test_high_availability():
    for one in each_version():
        one.server.guests[100].ha = True
        record = one.record("PVE START 100")
        assert record["outcome"] == "queued", record
        assert ":hastart:" in record["upid"]


def test_a_lost_answer():
    """Each is found again in the node's list, and nothing is sent twice."""
    with scene(task_seconds=0.1) as one:
        for line, path in (("START 100", "/status/start"),
                           ("SNAPSHOT 100 s1", "/snapshot"),
                           ("BACKUP 100", "/vzdump"),
                           ("BACKUP 100 200", "/vzdump"),
                           ("CLONE 200 251", "/clone"),
                           ("RESIZE 200 scsi0 +1G", "/resize"),
                           (EACH[-1], "/content/")):
            before = len(one.sent())
            one.server.fail_next(None, path + "[^/]*$" if path != "/content/"
                                 else path, "596-after")
            record = one.record("PVE " + line)
            assert record["changed"] is True, record
            assert len(one.sent()) == before + 1, one.sent()[before:]


def test_a_worker_that_dies_is_undone():
    """What nobody knows the end of is taken back."""
    for line, path in (("START 100", "/status/stop"),
                       ("STOP 102", "/status/start"),
                       ("SNAPSHOT 100 s1", "/snapshot/s1")):
        with scene() as one:
            one.server.task_seconds = 1
            one.client.send("PVE " + line)
            assert wait_for(lambda: one.sent())
            one.kill_worker()
            reply = one.client.read_reply()
            assert reply.error == "SERVER_FAILED", reply.verdict
            assert "not-undone" not in reply.details, reply.details
            assert one.sent()[-1].path.endswith(path), one.sent()
            assert not one.server.guests[100].running
            assert not one.server.guests[100].snapshots
            assert one.server.guests[102].running


def test_a_guest_that_is_locked():
    with scene() as one:
        reply = one.error("PVE SNAPSHOT --timeout=3s 101 s1")
        assert "locked (backup)" in reply.advice, reply.verdict
        assert not one.server.guests[101].snapshots


POWER_ONLY = {"/vms/100": {"VM.Audit", "VM.PowerMgmt"},
              "/vms/200": {"VM.Audit"}}


def lacks(reply):
    """Pairs of privilege and path that REPLY says are missing."""
    assert reply.error == "FORBIDDEN", reply.verdict
    words = [line.split(" ", 2)[1:] for line in reply.status
             if line.startswith("DETAIL ")]
    return list(zip([text for name, text in words if name == "privilege"],
                    [text for name, text in words if name == "path"]))


def test_preflight():
    for one in each_version(weak=True):
        one.server.weak_privileges = POWER_ONLY
        reply = one.error("PVE SNAPSHOT --preflight 100 s1")
        assert lacks(reply) == [("VM.Snapshot", "/vms/100")], reply.status
        assert "VM.Snapshot on /vms/100" in reply.advice
        reply = one.error("PVE BACKUP --preflight --storage=local 100 200")
        assert lacks(reply) == [
            ("VM.Backup", "/vms/100"), ("VM.Backup", "/vms/200"),
            ("Datastore.AllocateSpace", "/storage/local")], reply.status
        reply = one.error("PVE CLONE --preflight --dry-run 200 251")
        assert lacks(reply) == [("VM.Clone", "/vms/200"),
                                ("VM.Allocate", "/vms/251")], reply.status
        reply = one.error("PVE RESIZE --preflight --snapshot 100 rootfs +1G")
        assert lacks(reply) == [
            ("VM.Config.Disk", "/vms/100"),
            ("Datastore.AllocateSpace", "/storage/local"),
            ("VM.Snapshot", "/vms/100")], reply.status
        assert not one.sent(), one.sent()
        done(one, "PVE START --preflight 100")


def test_without_preflight_the_server_judges():
    with scene(weak=True) as one:
        one.server.weak_privileges = POWER_ONLY
        reply = one.error("PVE SNAPSHOT 100 s1")
        assert lacks(reply) == [("VM.Snapshot", "/vms/100")], reply.status
        assert not [request for request in one.server.requests
                    if "permissions" in request.path]


POLICY = """\
[identity panel]
key = panel.key
allow = PVE START vmid=100
allow = PVE BACKUP vmid=100..199
allow = PVE CLONE vmid=100 newid=900..999
allow = PVE RESTORE vmid=102
"""


def test_policy():
    with scene(policy=POLICY) as one:
        done(one, "PVE START 100")
        one.server.guests[100].snapshots = [{"name": "s1"}]
        before = len(one.server.requests)
        for line in ("START 200", "STOP 100", "BACKUP 100 200",
                     "CLONE 100 151", "RESTORE --force 102 local:backup/"
                     "vzdump-lxc-102-2026_11_20-17_30_46.tar.zst"):
            assert one.error("PVE " + line).error == "FORBIDDEN", line
        assert len(one.server.requests) == before
        done(one, "PVE BACKUP 100 102")
        done(one, "PVE CLONE --snapname=s1 100 901")


def test_what_is_no_name():
    """None of these reaches the server."""
    with scene() as one:
        for line in (
                "START 0", "START 99", "START 0100", "START 1e2", "START -1",
                "START +100", "START 1000000000", "START 100/../200",
                "START 100%2F..%2F200", "START 100%0A", "START %20100",
                "SNAPSHOT 100 ..", "SNAPSHOT 100 a", "SNAPSHOT 100 current",
                "SNAPSHOT 100 a%2Fb", "SNAPSHOT 100 a%0Ab",
                "SNAPSHOT 100 %2Dx", "SNAPSHOT 100 ab=1",
                "SNAPSHOT --description=a%0Ab 100 s1",
                "ROLLBACK 100 ../config", "DELSNAPSHOT 100 a%3Fforce",
                "BACKUP --storage=local,x 100", "BACKUP --storage=%2Dx 100",
                "BACKUP --storage=a%0Ab 100", "BACKUP --mode=x 100",
                "BACKUP 100,200", "BACKUP --notes=a%0Ab 100",
                "CLONE --name=a_b 100 151", "CLONE --name=%2Da 100 151",
                "CLONE --target=a/b 100 151", "CLONE 100 15",
                "MIGRATE 100 ..", "MIGRATE 100 pve2%0A", "MIGRATE 100 -x",
                "RESTORE --node=../x 150 local:backup/vzdump-lxc-1-x.tar",
                "RESTORE 150 /etc/passwd", "RESTORE 150 local:",
                "RESTORE 150 local:a%0Ab",
                "RESTORE 150 local:../../etc/x",
                "DELETE-CONTENT pve1 local:../x",
                "DELETE-CONTENT pve1/x local:iso/x.iso"):
            reply = one.error("PVE " + line)
            assert reply.error in ("INV_ARG", "TOO_LARGE",
                                   "UNKNOWN_OPTION"), (line, reply.verdict)
        assert not one.server.requests, one.server.requests


if __name__ == "__main__":
    tap.main(globals())
