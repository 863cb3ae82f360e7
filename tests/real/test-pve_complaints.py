#!/usr/bin/env python3
# test-pve_complaints.py - what users of other clients of Proxmox VE complain of
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fifteen complaints, each with the threads (repository#number) where it was
made, and what is different here."""

import contextlib
import os
import re
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import proxmox  # noqa: E402
import proxmox_host  # noqa: E402
import proxmox_rows  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402
from proxmox_scene import VERSIONS, scene  # noqa: E402


def each_version(**options):
    for version in VERSIONS:
        with scene(version, **options) as one:
            yield one


def posts(one, ending):
    return [request for request in one.sent("POST")
            if request.path.endswith(ending)]


def test_01_warnings_are_no_failure():
    """ansible-collections/community.proxmox#96, Telmate/proxmox-api-go#247,
    bpg/terraform-provider-proxmox#2597, Zakkaus/gentoo-install#303"""
    for one in each_version(task_seconds=0.05):
        one.server.end_next("vzstart", "WARNINGS: 2", ["WARN: a", "WARN: b"])
        record = one.record("PVE START 100")
        assert record["outcome"] == "warnings", record
        assert record["warnings"] == 2 and record["changed"], record
        one.server.end_next("vzdump", "WARNINGS: 1")
        assert one.record("PVE BACKUP 102")["outcome"] == "warnings"


def test_02_waiting_ends():
    """Telmate/terraform-provider-proxmox#431 #437 #17,
    bpg/terraform-provider-proxmox#133: a limit that is none, or cuts what
    takes long; Telmate/terraform-provider-proxmox#1337: hangs when the server
    answers 500 for ever."""
    with scene(task_seconds=2.5) as one:
        began = time.monotonic()
        reply = one.error("PVE START --timeout=1 100")
        assert reply.error == "TIMEOUT", reply.lines
        assert time.monotonic() - began < 2, reply.lines
        task, = one.server.tasks
        assert task.exit is None, "the task was ended, too"
        reply = one.client.check("PVE TASK WAIT " + task.upid)
        assert "outcome: ok" in reply.text, reply.lines
        one.server.fail_next("GET", "/tasks/", "500:it died", 100)
        began = time.monotonic()
        reply = one.error("PVE TASK WAIT " + task.upid)
        assert reply.error == "SERVER_FAILED", reply.lines
        assert "it died" in reply.advice
        assert time.monotonic() - began < 3, "it waited for what is no end"


def test_03_what_the_server_says_is_kept():
    """proxmoxer/proxmoxer#144, swayf/proxmoxer#36, c0depool/c0depool-iac#2
    ({"data":null})"""
    text = "storage 'x' does not exist"
    for one in each_version():
        one.server.fail_next("GET", "/version", "500:" + text)
        reply = one.error("PVE VERSION")
        assert text in reply.advice, reply.lines
        assert reply.details["status"] == "500", reply.lines
        assert reply.details["message"] == text, reply.lines
        assert "reason" not in reply.details, reply.lines
        reply = one.error("PVE SET 100 memory=1")
        assert reply.error == "INV_ARG", reply.lines
        assert "16" in reply.details["parameter-memory"], reply.lines
        one.server.problems.clear()
        one.server.fail_next("GET", "/version", "plain:not here")
        assert "not here" in one.error("PVE VERSION").advice


def test_04_states_that_no_list_of_HTTP_has():
    """swayf/proxmoxer#58 (KeyError), ossobv/proxtop#10,
    bpg/terraform-provider-proxmox#1312, Telmate/terraform-provider-proxmox
    #782, hashicorp/packer#8476, xezpeleta/Ansible-Proxmox-inventory#33"""
    with scene(task_seconds=0.1) as one:
        for how in ("595", "596:broken pipe", "597:cut",
                    "599:Too many redirections"):
            one.server.fail_next("GET", "/version", how)
            reply = one.error("PVE VERSION")
            assert reply.error in ("UNFINISHED", "SERVER_FAILED"), reply.lines
            assert reply.details["status"] == how[:3], reply.lines
        # Begun or not: it is looked for, and never sent again.
        one.server.fail_next("POST", "/status/start", "596-after")
        assert one.record("PVE START 100")["outcome"] == "ok"
        assert len(posts(one, "/start")) == 1
        one.server.fail_next("POST", "/status/stop", "596-before")
        reply = one.error("PVE STOP --timeout=3 100")
        assert reply.error in ("UNFINISHED", "TIMEOUT"), reply.lines
        assert len(posts(one, "/stop")) == 1
        assert one.server.guests[100].status == "running"
        # What was not begun since its daemon is dead.
        one.server.fail_next("POST", "/status/reboot", "595")
        reply = one.error("PVE REBOOT --timeout=3 100")
        assert reply.error in ("UNFINISHED", "TIMEOUT"), reply.lines
        assert len(posts(one, "/reboot")) == 1
        assert len(one.server.tasks) == 1, one.server.tasks


def test_05_a_task_is_waited_for_wherever_it_comes_from():
    """adminsyspro/proxcenter-ui#749 #334, WingedGuardian/GENesis-AGI#923,
    salt-extensions/saltext-proxmox#67, ansible-collections/community.proxmox
    #169: a UPID that is taken for the end"""
    for one in each_version(task_seconds=0.3):
        for line, kind in (("SET 200 cores=2", "qmconfig"),
                           ("SNAPSHOT 100 s1", "vzsnapshot"),
                           ("RESIZE 100 rootfs +1G", "resize")):
            one.server.end_next(kind, "it did not work", ["why: because"])
            reply = one.error("PVE " + line)
            assert reply.error == "GENERAL", (line, reply.lines)
            assert "it did not work" in reply.advice, reply.lines
            assert "because" in reply.details["log"], reply.lines
        assert not one.sent("PUT") or all(
            "/lxc/" in request.path or request.path.endswith("/resize")
            for request in one.sent("PUT")), one.sent("PUT")


def test_06_a_lock_is_waited_for_and_told():
    """Telmate/terraform-provider-proxmox#173,
    bpg/terraform-provider-proxmox#995 #1521, LINBIT/linstor-proxmox#73"""
    for one in each_version(task_seconds=0.05):
        one.server.lock_guest(100, "backup", 1.2)
        assert one.record("PVE SNAPSHOT 100 s1")["changed"]
        assert not one.server.guests[100].lock
        # A lock is a line of the configuration, which then changes.
        for vmid in (100, 200):
            one.server.lock_guest(vmid, "backup", 1.2)
            assert one.record("PVE SET %d cores=2" % vmid)["changed"]
            assert one.server.guests[vmid].config["cores"] == 2
        # Who changes a setting meanwhile is not written over.
        one.server.lock_guest(100, "backup", 1.5)
        threading.Timer(0.7, one.server.guests[100].write, (
            "cores", "4", one.server.version)).start()
        reply = one.error("PVE SET 100 cores=1")
        assert reply.error == "CONFLICT", reply.lines
        assert one.server.guests[100].config["cores"] == 4
        one.server.lock_guest(100, "snapshot-delete", 30)
        reply = one.error("PVE SET --timeout=2 100 cores=3")
        assert reply.error == "LOCKED", reply.lines
        assert reply.details["lock"] == "snapshot-delete", reply.lines
        assert one.server.guests[100].config["cores"] != 3


def test_07_two_that_want_the_same_number():
    """ansible-collections/community.proxmox#58,
    bpg/terraform-provider-proxmox#1610 #1709,
    hashicorp/packer-plugin-proxmox#42,
    Telmate/terraform-provider-proxmox#23 #1136"""
    with scene(task_seconds=0.2) as one:
        number = one.record("PVE NEXTID")["vmid"]
        assert isinstance(number, int), number
        replies = []

        def clone():
            with one.daemon.client("panel") as client:
                replies.append(client.call("PVE CLONE 200 %d" % number))

        threads = [threading.Thread(target=clone) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        errors = sorted(reply.error for reply in replies)
        assert errors == ["", "DUP_VALUE", "DUP_VALUE"], [
            reply.lines for reply in replies]
        assert one.server.guests[number].config["cores"]
        assert one.error("PVE NEXTID %d" % number).error \
            == "DUP_VALUE"
        assert one.record("PVE NEXTID")["vmid"] != number


def test_08_numbers_are_numbers():
    """luthermonson/go-proxmox#69 #23, bpg/terraform-provider-proxmox#2945,
    influxdata/telegraf#9938, Starttoaster/proxmox-exporter#56,
    danitso/terraform-provider-proxmox#98"""
    for one in each_version():
        with one.server.lock:
            one.server.guests[200].config["memory"] = "320"
            one.server.guests[102].config["memory"] = 512
        for vmid in (102, 200):
            guest = one.record("PVE GUEST %d" % vmid)
            for name, value in guest.items():
                if re.search("_bytes$|_seconds$|^cpus?$|^vmid$", name):
                    assert isinstance(value, (int, float)), (name, value)
        assert one.record("PVE GUEST 200")["memory_total_bytes"] == 320 << 20
        assert isinstance(one.record("PVE STATUS pve1")["memory_total_bytes"],
                          int)


def test_09_rights_of_a_token():
    """adminsyspro/proxcenter-ui#32 #9, Telmate/terraform-provider-proxmox
    #687 #784, bpg/terraform-provider-proxmox#1451 #1285: what is missing is
    not told; Telmate/proxmox-api-go#308: a client that knows it better than
    the server"""
    for one in each_version(weak=True, task_seconds=0.05):
        reply = one.error("PVE STATUS pve1")
        assert reply.error == "FORBIDDEN", reply.lines
        assert (reply.details["privilege"], reply.details["path"]) \
            == ("Sys.Audit", "/nodes/pve1"), reply.lines
        # A token of its own without any right is told as that.
        assert not one.client.check("PVE PERMISSIONS").text.strip()
        one.server.weak_privileges = {"/vms/100": {"VM.Audit",
                                                   "VM.PowerMgmt"}}
        assert one.record("PVE START 100")["outcome"] == "ok"
        assert one.record("PVE STOP --preflight 100")["outcome"] == "ok"
        reply = one.error("PVE SNAPSHOT --preflight 100 s1")
        assert reply.error == "FORBIDDEN", reply.lines
        assert reply.details["privilege"] == "VM.Snapshot", reply.lines
        assert not posts(one, "/snapshot")


def test_10_what_only_root_may():
    """bpg/terraform-provider-proxmox#344, Telmate/terraform-provider-proxmox
    #155 (an empty features= is sent) #1423, ansible-collections/
    community.general#816, mieweb/opensource-server#156"""
    for one in each_version():
        one.record("PVE SET 102 cores=1 hostname=other")
        sent, = [request for request in one.sent()
                 if request.path.endswith("/config")]
        assert set(sent.parameters) == {"cores", "hostname", "digest"}, sent
        for setting in ("features=nesting=1,keyctl=1",
                        "mp0=/srv/data,mp=/data"):
            reply = one.error("PVE SET 100 " + setting)
            assert reply.error == "FORBIDDEN", reply.lines
            assert "root@pam" in reply.advice, reply.lines
        # The whole value came there.
        sent = [request for request in one.sent()
                if "features" in request.parameters][-1]
        assert sent.parameters["features"] == "nesting=1,keyctl=1", sent


def test_11_TLS_is_more_than_insecure():
    """bpg/terraform-provider-proxmox#1609 (no CA, no pin),
    Corsinvest/cv4pve-api-dotnet#19, nbuchwitz/check_pve#15 #66,
    Higangssh/homebutler#32 (asks for a pin).  More: test-pve_trust.py."""
    with scene() as one:
        assert not one.client.check("PVE VERSION").status
        text = one.machine.read("/etc/reeve/pve.conf")
        conf = re.sub("ca-file.*\n", "", text)
        one.server.swap_certificate(("DNS:elsewhere",))
        for pin, error in ((one.server.fingerprint, ""),
                           (":".join(["00"] * 32), "NOT_TRUSTED")):
            one.machine.write("/etc/reeve/pve.conf", conf.replace(
                "\n", " fingerprint=%s\n" % pin, 1))
            with one.daemon.client("panel") as client:
                reply = client.call("PVE VERSION")
                assert reply.error == error, reply.lines


def test_12_another_server_of_the_cluster():
    """Telmate/terraform-provider-proxmox#851, NX211/traefik-proxmox-provider
    #22, dougiteixeira/proxmoxve#692, adminsyspro/proxcenter-ui#688.  More:
    test-pve_connection.py."""
    with proxmox.Proxmox() as first, proxmox.Proxmox(partner=first) as second, \
            scratch.Machine() as machine:
        proxmox_host.introduce(machine, first, None,
                               ports=[first.port, second.port])
        with machine.daemon() as daemon, daemon.client("panel") as client:
            client.check("PVE VERSION")
            first.stop()
            client.check("PVE START 100")
            assert first.guests[100].status == "running"
            assert any(one.method == "POST" for one in second.requests)


def test_13_a_token_that_is_not_taken_and_a_dead_daemon():
    """muhlba91/pulumi-proxmoxve#281, Corsinvest/cv4pve-diag#24: 401 without a
    reason; rcourtman/Pulse#379: 595 reported as an authentication error"""
    for one in each_version():
        one.server.delay_401 = 0.1
        one.server.fail_next("GET", "/version", "401")
        reply = one.error("PVE VERSION")
        assert reply.error == "BAD_AUTH", reply.lines
        assert "token" in reply.advice and "never says why" in reply.advice
        assert not re.search("expired|password|disabled|wrong", reply.advice)
        one.server.fail_next("GET", "/version", "595:Connection refused")
        reply = one.error("PVE VERSION")
        assert reply.error == "UNFINISHED", reply.lines
        assert "595" in reply.advice and "auth" not in reply.advice.lower()


def test_14_there_is_no_upload():
    """Telmate/terraform-provider-proxmox#1199: what is large comes to a
    storage by other ways; here nothing pretends to bring it."""
    with scene() as one:
        assert "UPLOAD" not in one.client.check("HELP PVE").text
        reply = one.error("PVE UPLOAD pve1 local:iso/a.iso")
        assert reply.error == "UNKNOWN_COMMAND", reply.lines
        assert not one.server.requests
        # What is there is seen.
        one.record("PVE BACKUP 100")
        assert "local:backup/" in one.client.check(
            "PVE CONTENT pve1 local").text


@contextlib.contextmanager
def stale(method, path):
    """Let what is asked for by METHOD and PATH stay as it is now."""
    row, _ = proxmox_rows.find(method, path)
    function, kept = row.function, []

    def answer(cluster, call):
        if not kept:
            kept.append(function(cluster, call))
        return kept[0]

    row.function = answer
    try:
        yield
    finally:
        row.function = function


def test_15_resources_are_late():
    """salt-extensions/saltext-proxmox#67, ansible-collections/
    community.general#933 (waits for one more second)"""
    for one in each_version(task_seconds=0.05):
        with stale("GET", "/cluster/resources"):
            assert one.record("PVE GUEST 100")["status"] == "stopped"
            assert one.record("PVE START 100")["changed"]
            assert one.record("PVE GUEST 100")["status"] == "running"
            # Neither is a change thought done, nor to do.
            assert not one.record("PVE START 100")["changed"]
            assert one.record("PVE STOP 100")["changed"]
            assert one.record("PVE START 100")["changed"]


if __name__ == "__main__":
    tap.main(globals())
