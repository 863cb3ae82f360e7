#!/usr/bin/env python3
# test-proxmox_tasks.py - tasks of the test server for Proxmox VE
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of tests/lib/proxmox.py take time, hold locks, write logs and end in
each way that those of a real server do; guests change by them."""

import contextlib
import os
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import proxmox  # noqa: E402
import tap  # noqa: E402
from proxmox_raw import ask  # noqa: E402
from proxmox_tasks import UPID  # noqa: E402

LXC, QEMU = "/nodes/pve1/lxc/", "/nodes/pve1/qemu/"


class Hand:
    """What tests do with SERVER."""

    def __init__(self, server):
        self.server = server
        self.guests = server.cluster.guests

    def ask(self, method, path, body=None):
        return ask(self.server, method, path, body)

    def begin(self, method, path, body=None):
        """The UPID of the task that the request begins."""
        answer = self.ask(method, path, body)
        assert answer.status == 200, answer.line
        assert UPID.fullmatch(answer.data), answer.body
        return answer.data

    def about(self, upid, what):
        return self.ask("GET", "/nodes/%s/tasks/%s/%s"
                        % (upid.split(":")[1], upid, what)).data

    def log(self, upid):
        return [line["t"] for line in self.about(upid, "log?limit=0")]

    def end(self, upid):
        """The exit status of the task UPID."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            status = self.about(upid, "status")
            if status["status"] == "stopped":
                return status["exitstatus"]
            time.sleep(0.02)
        raise AssertionError("the task does not end: " + upid)

    def run(self, method, path, body=None):
        return self.end(self.begin(method, path, body))

    def refused(self, method, path, body=None):
        answer = self.ask(method, path, body)
        assert answer.status in (400, 500), answer.line
        return answer.json.get("errors") or answer.reason


@contextlib.contextmanager
def cluster(version="9.1", seconds=0.1):
    with proxmox.Proxmox(version, seconds) as server:
        yield Hand(server)
        assert not [text for text in server.problems
                    if "Traceback" in text], server.problems


def test_power():
    for kind, number, short in ("lxc", 100, "vz"), ("qemu", 200, "qm"):
        with cluster() as hand:
            path = "/nodes/pve1/%s/%d/status/" % (kind, number)
            guest = hand.guests[number]
            for action, state in (("start", "running"), ("suspend", None),
                                  ("resume", None), ("reboot", "running"),
                                  ("shutdown", "stopped"),
                                  ("start", "running"), ("stop", "stopped")):
                upid = hand.begin("POST", path + action)
                assert UPID.fullmatch(upid)["type"] == short + action
                assert hand.end(upid) == "OK", hand.log(upid)
                assert guest.paused == (action == "suspend")
                assert guest.status == (state or "running"), action
            assert not hand.server.problems


def test_what_runs_is_not_started():
    with cluster() as hand:
        assert hand.refused("POST", LXC + "102/status/start") \
            == "CT 102 already running"
        assert hand.refused("POST", LXC + "100/status/stop") \
            == "CT 100 not running"
        assert hand.run("POST", QEMU + "201/status/start") \
            == "VM 201 already running"


def test_logs_grow():
    with cluster(seconds=1) as hand:
        upid = hand.begin("POST", LXC + "100/clone", {"newid": 110})
        seen = []
        while hand.about(upid, "status")["status"] == "running":
            seen.append(len(hand.log(upid)))
            time.sleep(0.1)
        assert seen == sorted(seen) and len(set(seen)) > 2, seen
        lines = hand.log(upid)
        assert lines[-1] == "TASK OK" and len(lines) > max(seen)
        answer = hand.ask("GET", "/nodes/pve1/tasks/%s/log?start=1&limit=2"
                          % upid).json
        assert [one["n"] for one in answer["data"]] == [2, 3]
        assert answer["total"] == len(lines)


def test_each_end():
    with cluster() as hand:
        for text in ("WARNINGS: 2", "job errors", "unexpected status",
                     "403 Permission check failed (/vms/102, VM.Backup)"):
            hand.server.end_next("vzdump", text, ["a line"])
            upid = hand.begin("POST", "/nodes/pve1/vzdump", {"vmid": 102})
            assert hand.end(upid) == text
            assert "a line" in hand.log(upid) or text == "unexpected status"
            last = hand.log(upid)[-1]
            assert last == {
                "W": "TASK " + text, "u": last}.get(
                    text[0], "TASK ERROR: " + text), last
            assert last.startswith("TASK") == (text[0] != "u"), last
            assert not hand.guests[102].lock
        listed = hand.ask("GET", "/nodes/pve1/tasks?errors=1").data
        assert len(listed) == 3, listed


def test_stopped_tasks():
    with cluster(seconds=5) as hand:
        upid = hand.begin("POST", LXC + "102/snapshot", {"snapname": "one"})
        assert hand.guests[102].lock == "snapshot"
        where = "/nodes/pve1/tasks/" + upid
        for _ in range(2):
            assert hand.ask("DELETE", where).data is None
            assert hand.end(upid) == "unexpected status"
            assert hand.log(upid)[-1].endswith("received interrupt")
        assert not hand.guests[102].lock and not hand.guests[102].snapshots


def test_locks():
    with cluster(seconds=0.4) as hand:
        first = hand.begin("POST", LXC + "102/snapshot", {"snapname": "one"})
        assert hand.refused("PUT", LXC + "102/config", {"memory": 200}) \
            == "CT is locked (snapshot)"
        assert hand.end(first) == "OK"
        assert hand.run("POST", LXC + "101/status/start") \
            == "CT is locked (backup)"
        assert hand.refused("DELETE", LXC + "101") == "CT is locked (backup)"
        hand.guests[200].lock = "clone"
        assert hand.refused("PUT", QEMU + "200/config", {"cores": 2}) \
            == "VM is locked (clone)"
        hand.server.cluster.deaf.add(102)
        hand.begin("POST", LXC + "102/status/shutdown", {"timeout": 2})
        began = time.monotonic()
        upid = hand.begin("POST", LXC + "102/status/stop")
        assert hand.log(upid) == ["trying to acquire lock..."]
        assert hand.end(upid) == "OK" and time.monotonic() - began > 2
        hand.guests[102].status = "running"
        slow = hand.begin("POST", LXC + "102/status/shutdown",
                          {"timeout": 30})
        assert hand.run("POST", LXC + "102/status/stop",
                        {"overrule-shutdown": 1}) == "OK"
        assert hand.end(slow) == "unexpected status"


def test_kinds_of_UPID():
    with cluster() as hand:
        upid = hand.begin("POST", "/nodes/pve1/vzdump", "vmid=100,102,200")
        assert ":vzdump::" in upid and hand.end(upid) == "OK"
        upid = hand.begin("POST", "/nodes/pve1/vzdump", "vmid=100,101")
        assert hand.end(upid) == "job errors"
        assert any("CT is locked" in line for line in hand.log(upid))
        answer = hand.ask("POST", "/nodes/pve1/vzdump", "vmid=103")
        assert answer.data == "OK", answer.body
        volumes = hand.ask("GET", "/nodes/pve1/storage/local/content"
                           "?content=backup&vmid=100").data
        assert len(volumes) == 2, volumes
        path = "/nodes/pve1/storage/local/content/" + volumes[0]["volid"]
        upid = hand.begin("DELETE", path)
        assert ":imgdel:100@local:" in upid and hand.end(upid) == "OK"
        assert hand.run("DELETE", path).endswith("does not exist")
        hand.server.cluster.tasks.uptime = 43000000
        upid = hand.begin("POST", "/nodes/pve2/lxc/103/status/start")
        assert re.match(r"UPID:pve2:\w{8}:\w{9}:", upid), upid
        assert hand.end(upid) == "OK"
        answer = hand.ask("GET", "/nodes/pve1/tasks/%s/status" % upid)
        assert answer.json["errors"] == {"upid": "no such task"}


def test_managed_guests():
    with cluster() as hand:
        for kind, path in ("lxc", LXC + "100"), ("qemu", QEMU + "200"):
            guest = hand.guests[int(path[-3:])]
            guest.ha = True
            upid = hand.begin("POST", path + "/status/start")
            assert ":hastart:" in upid and hand.end(upid) == "OK"
            assert proxmox.wait_for(
                lambda: hand.server.guests[guest.vmid].running), kind
            assert hand.ask("GET", path + "/status/current").data["ha"][
                "managed"] == 1
            upid = hand.begin("POST", path + "/migrate",
                              {"target": "pve2", "online": 1})
            assert ":hamigrate:" in upid, upid


def test_configurations():
    with cluster() as hand:
        path = LXC + "100/config"
        before = hand.ask("GET", path).data
        assert re.fullmatch("[0-9a-f]{40}", before["digest"])
        change = {"memory": 200, "digest": before["digest"]}
        assert hand.ask("PUT", path, change).data is None
        assert hand.refused("PUT", path, change).startswith(
            "detected modified configuration")
        assert hand.refused("PUT", path, {}) == "no options specified"
        hand.server.fail_next("PUT", "/config", "hotplug:no")
        assert hand.refused("PUT", path, {"memory": 99, "cores": 2}) \
            == {"memory": "unable to hotplug memory: no\n"}
        after = hand.ask("GET", path).data
        assert (after["memory"], after["cores"]) == (200, 2)
        assert hand.ask("PUT", path, {"delete": "cores"}).status == 200
        assert "cores" not in hand.ask("GET", path).data


def test_pending_changes():
    for version, memory in ("7.4", 256), ("9.1", "256"):
        with cluster(version) as hand:
            path = QEMU + "201/"
            assert hand.ask("GET", path + "config").data["memory"] == memory
            hand.run("POST", path + "config", "cores=4&description=x"
                     "&delete=sockets")
            found = {one["key"]: one for one
                     in hand.ask("GET", path + "pending").data}
            assert found["cores"] == {"key": "cores", "value": 1,
                                      "pending": 4}, found
            assert found["sockets"]["delete"] == 1, found
            assert found["description"]["value"] == "x"
            assert hand.ask("GET", path + "config").data["cores"] == 4
            assert hand.ask("GET", path + "config?current=1").data["cores"] \
                == 1
            assert hand.ask("PUT", path + "config",
                            {"revert": "sockets"}).status == 200
            hand.run("POST", path + "status/stop")
            assert hand.guests[201].config["cores"] == 4
            assert hand.guests[201].config["sockets"] == 1


def test_snapshots():
    for path in LXC + "102", QEMU + "201":
        with cluster() as hand:
            for name in "one", "two":
                assert hand.run("POST", path + "/snapshot",
                                {"snapname": name}) == "OK"
            assert "already used" in hand.run("POST", path + "/snapshot",
                                              {"snapname": "one"})
            assert "reserved" in hand.refused("POST", path + "/snapshot",
                                              {"snapname": "current"})
            hand.ask("PUT", path + "/config", {"description": "new"})
            assert hand.run("POST", path + "/snapshot/two/rollback") == "OK"
            assert hand.ask("GET", path + "/config").data.get(
                "description") != "new"
            assert hand.run("DELETE", path + "/snapshot/one") == "OK"
            found = hand.ask("GET", path + "/snapshot").data
            assert [one["name"] for one in found] == ["two", "current"]
            assert "parent" not in found[0] and found[1]["parent"] == "two"
            for method, more in ("DELETE", ""), ("POST", "/rollback"):
                assert hand.run(method, path + "/snapshot/no" + more) \
                    == "snapshot 'no' does not exist"


def test_disks():
    with cluster() as hand:
        path = LXC + "100/resize"
        assert hand.run("PUT", path, {"disk": "rootfs", "size": "+8M"}) \
            == "OK"
        assert "size=72M" in hand.guests[100].config["rootfs"]
        assert hand.refused("PUT", path, "disk=rootfs&size=8M") \
            == "unable to shrink disk size"
        assert "size" in hand.refused("PUT", path, "disk=rootfs&size=+8M")
        assert "does not exist" in hand.refused("PUT", path,
                                                "disk=mp9&size=8M")
        hand.run("PUT", QEMU + "200/resize", {"disk": "scsi0", "size": "1G"})
        assert "size=1G" in hand.guests[200].config["scsi0"]
    with cluster("7.4") as hand:
        assert hand.ask("PUT", QEMU + "200/resize", {
            "disk": "scsi0", "size": "1G"}).data is None


def test_copies():
    with cluster() as hand:
        hand.run("POST", LXC + "100/clone", {"newid": 110, "full": 1,
                                             "hostname": "copy"})
        assert hand.guests[110].name == "copy"
        assert "already exists" in hand.refused(
            "POST", QEMU + "200/clone", {"newid": 110})
        for kind, number, key in (("lxc", 110, "ostemplate"),
                                  ("qemu", 200, "archive")):
            path = "/nodes/pve1/" + kind
            hand.run("POST", "/nodes/pve1/vzdump", {"vmid": number})
            volume = [one["volid"] for one in hand.ask(
                "GET", "/nodes/pve1/storage/local/content?vmid=%d"
                % number).data][-1]
            form = {"vmid": number, key: volume}
            if kind == "lxc":
                form["restore"] = 1
            assert "already exists" in hand.refused("POST", path, form)
            hand.guests[number].write("description", "gone", "9.1")
            assert hand.run("POST", path, {**form, "force": 1}) == "OK"
            assert "description" not in hand.guests[number].config
            hand.guests[number].status = "running"
            assert "running" in hand.refused("POST", path,
                                             {**form, "force": 1})
            assert "running" in hand.refused("DELETE", "%s/%d"
                                             % (path, number))
            hand.guests[number].status = "stopped"
            assert hand.run("DELETE", "%s/%d" % (path, number)) == "OK"
            assert number not in hand.guests
            assert hand.run("POST", path, {**form, key: volume + "x"}) \
                .endswith("does not exist")


def test_moves():
    with cluster() as hand:
        for path, more in (LXC + "102", {"restart": 1}), (
                QEMU + "201", {"online": 1}):
            form = {"target": "pve2"}
            assert "can't migrate running" in hand.refused(
                "POST", path + "/migrate", form)
            assert hand.refused("POST", path + "/migrate", {
                "target": "pve1"}) == {"target": "target is local node.\n"}
            assert hand.run("POST", path + "/migrate", {**form, **more}) \
                == "OK"
            assert "does not exist" in hand.refused("GET", path + "/config")
            assert hand.ask("GET", path.replace("pve1", "pve2")
                            + "/config").status == 200
        assert hand.refused("GET", "/nodes/pve9/lxc").startswith(
            "hostname lookup 'pve9' failed")


def test_lists_of_tasks():
    with cluster() as hand:
        hand.run("POST", LXC + "100/status/start")
        middle = int(time.time()) + 1
        time.sleep(max(0, middle - time.time()))
        hand.run("POST", LXC + "102/snapshot", {"snapname": "one"})
        hand.server.task_seconds = 5
        hand.begin("POST", QEMU + "200/status/start")

        def types(query):
            answer = hand.ask("GET", "/nodes/pve1/tasks?" + query).json
            assert answer.get("total", 0) >= len(answer["data"])
            return [one["type"] for one in answer["data"]]
        assert types("") == ["vzsnapshot", "vzstart"]
        assert types("source=active") == ["qmstart"]
        assert types("source=all") == ["qmstart", "vzsnapshot", "vzstart"]
        assert types("vmid=100") == types("until=%d" % (middle - 1)) \
            == types("start=1") == ["vzstart"]
        assert types("since=%d" % middle) == types("limit=1") \
            == types("typefilter=vzsnapshot") == ["vzsnapshot"]
        assert types("userfilter=nobody") == []
        assert "total" not in hand.ask(
            "GET", "/nodes/pve2/tasks").json
        found = hand.ask("GET", "/cluster/tasks").data
        assert "endtime" not in found[0] and found[1]["saved"] == 1


def test_next_identifier():
    with cluster() as hand:
        assert hand.ask("GET", "/cluster/nextid").data == "104"
        assert hand.ask("GET", "/cluster/nextid?vmid=300").data == "300"
        assert "vmid" in hand.refused("GET", "/cluster/nextid?vmid=102")


if __name__ == "__main__":
    tap.main(globals())
