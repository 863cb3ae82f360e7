#!/usr/bin/env python3
# test-proxmox_server.py - the test server for Proxmox VE by itself
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests/lib/proxmox.py promises to tests of the PVE module."""

import contextlib
import os
import ssl
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import proxmox  # noqa: E402
import proxmox_certificates  # noqa: E402
import proxmox_schema  # noqa: E402
import tap  # noqa: E402
from proxmox_raw import Raw, ask  # noqa: E402

VERSIONS = ("7.4", "8.4", "9.1")
READS = """/version /nodes /nodes/pve1/status /nodes/pve2/version
    /nodes/pve1/lxc /nodes/pve1/qemu /nodes/pve1/lxc/102/status/current
    /nodes/pve1/qemu/201/status/current /nodes/pve1/lxc/102/config
    /nodes/pve1/qemu/201/config?current=1 /nodes/pve1/lxc/102/pending
    /nodes/pve1/qemu/201/pending /nodes/pve1/lxc/102/snapshot
    /nodes/pve1/qemu/201/snapshot /nodes/pve1/storage?content=backup
    /nodes/pve1/storage/local/status /cluster/resources?type=vm
    /nodes/pve1/storage/local/content?content=backup&vmid=102
    /cluster/resources /cluster/nextid /cluster/tasks /cluster/status
    /access/permissions?path=/vms /nodes/pve1/disks/list
    /nodes/pve1/disks/smart?disk=/dev/sda
    /nodes/pve1/tasks?source=all&limit=5&vmid=102""".split()


@contextlib.contextmanager
def cluster(version="9.1", **more):
    more.setdefault("task_seconds", 0.1)
    with proxmox.Proxmox(version, **more) as server:
        server.delay_401 = 0
        yield server


def ended(server, upid, token=None):
    """The status of the task UPID at its end."""
    path = "/nodes/%s/tasks/%s/status" % (upid.split(":")[1], upid)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        data = ask(server, "GET", path, token=token).data
        if data["status"] == "stopped":
            return data
        time.sleep(0.02)
    raise AssertionError("the task does not end: " + upid)


def log(server, upid):
    path = "/nodes/%s/tasks/%s/log?limit=0" % (upid.split(":")[1], upid)
    return [line["t"] for line in ask(server, "GET", path).data]


def task(server, method, path, body=None):
    """How the task ends that the request begins."""
    return ended(server, ask(server, method, path, body).data)["exitstatus"]


def fails(function, *arguments):
    """The exception that FUNCTION (ARGUMENTS) ends in."""
    try:
        function(*arguments)
    except (EOFError, OSError) as error:
        return error
    raise AssertionError("there was an answer")


def test_certificates():
    def leaf():
        with Raw(server) as connection:
            der = connection.stream.getpeercert(True)
        path = os.path.join(server.folder, "peer.pem")
        with open(path, "w", encoding="ascii") as file:
            file.write(ssl.DER_cert_to_PEM_cert(der))
        return proxmox_certificates.fingerprint(path)

    with cluster() as server:
        first = server.fingerprint
        assert len(first) == 95 and leaf() == first
        with Raw(server) as open_before:
            server.renew_certificate()
            assert leaf() == server.fingerprint != first
            assert open_before.ask("GET", "/version").status == 200
        assert ask(server, "GET", "/nodes").data[0]["ssl_fingerprint"] \
            == server.fingerprint
        before = server.received
        server.renew_certificate(names=["DNS:elsewhere"])
        assert "ostname" in str(fails(Raw, server))
        server.swap_certificate()
        assert isinstance(fails(Raw, server), ssl.SSLCertVerificationError)
        server.expire_certificate()
        assert "expired" in str(fails(Raw, server))
        assert server.received == before
        assert server.handshakes < server.connections


def test_refused_tokens():
    texts = {"7.4": "invalid token value!", "8.4": "invalid token value!",
             "9.1": "Authentication failed!"}
    for version, text in texts.items():
        with cluster(version) as server:
            server.delay_401 = 0.3
            began = time.monotonic()
            answer = ask(server, "GET", "/version", token="agent@pve!ops=x")
            assert time.monotonic() - began >= 0.3
            assert answer.line == "HTTP/1.1 401 " + text, answer.line
            assert not answer.body and not answer.header("Content-Type")
            server.token_fault = "token 'ops' access expired"
            reason = ask(server, "GET", "/version").reason
            assert reason == (text if version == "9.1"
                              else server.token_fault), reason
    assert proxmox.Proxmox().delay_401 == 3


def test_refused_privileges():
    with cluster() as server:
        for path, text in (
                ("/nodes/pve1/lxc/102/config", " (/vms/102, VM.Audit)"),
                ("/nodes/pve1/storage/local/content", " (/storage/local, "
                 "Datastore.Audit|Datastore.AllocateSpace)"),
                ("/nodes/pve1/disks/list", "")):
            answer = ask(server, "GET", path, token=server.weak_token)
            assert answer.reason == "Permission check failed" + text, answer
        assert ask(server, "GET", "/access/permissions",
                   token=server.weak_token).data == {}
        server.privileges["/vms/102"] = {"VM.Audit"}
        found = ask(server, "GET", "/access/permissions").data
        assert found["/vms/102"] == {"VM.Audit": 1}, found
        assert "VM.PowerMgmt" in found["/vms"]
        for path, form, text in (
                ("POST /nodes/pve1/lxc/102/status/stop", None,
                 " (/vms/102, VM.PowerMgmt)"),
                ("POST /nodes/pve1/lxc", "vmid=102&ostemplate=local:x", ""),
                ("PUT /nodes/pve1/lxc/100/config", "mp0=%2Fsrv,mp%3D%2Fsrv",
                 " (mount point type bind is only allowed for root@pam)")):
            answer = ask(server, *path.split(" "), form)
            assert answer.status == 403, answer.line
            assert answer.reason == "Permission check failed" + text, \
                answer.line
        assert task(server, "POST", "/nodes/pve1/vzdump", "vmid=102") \
            == "403 Permission check failed (/vms/102, VM.Backup)"
        server.privileges["/"].discard("Sys.Modify")
        volume = next(iter(server.cluster.storages["local"].volumes))
        text = task(server, "POST", "/nodes/pve1/lxc", {
            "vmid": 130, "ostemplate": volume, "restore": 1,
            "unprivileged": 0})
        assert text == "unable to restore CT 130 - 403 Permission check " \
            "failed (/, Sys.Modify)", text


def test_errors_by_version():
    for version in VERSIONS:
        with cluster(version) as server:
            answer = ask(server, "GET", "/nodes/pve1/lxc/999/config")
            assert answer.status == 500 and "999.conf" in answer.reason
            assert ("message" in answer.json) == (version != "7.4")
            answer = ask(server, "PUT", "/nodes/pve1/lxc/100/config",
                         {"memory": 1})
            assert answer.json["errors"] == {
                "memory": "value must have a minimum value of 16"}
            assert len(server.problems) == 1, server.problems


def test_reads():
    for version in VERSIONS:
        with cluster(version) as server, Raw(server) as connection:
            found = {path: connection.ask("GET", path) for path in READS}
            bad = [path for path in READS if found[path].status != 200]
            assert not bad and not server.problems, (bad, server.problems)
            data = {path: one.data for path, one in found.items()}
            assert data["/version"]["release"] == version
            assert data["/cluster/nextid"] == "104"
            assert data["/nodes/pve1/status"]["loadavg"][0] == "0.38"
            assert isinstance(data["/nodes/pve1/qemu/201/config?current=1"][
                "memory"], int if version == "7.4" else str)
            assert {one["rpm"] for one in data["/nodes/pve1/disks/list"]} \
                == {"5400", 0, -1}
            assert {one["type"] for one in data["/cluster/resources"]} \
                == {"lxc", "qemu", "node", "storage"}
            assert len(data["/cluster/resources?type=vm"]) == 7
            assert ("pressurecpusome" in data[
                "/nodes/pve1/lxc/102/status/current"]) == (version == "9.1")


def test_forms():
    with cluster() as server:
        def seen(body, path="/nodes/pve1/lxc/100/config", **more):
            answer = ask(server, "PUT", path, body, **more)
            return answer.status, dict(server.requests[-1].parameters)
        assert seen("description=a+b%2Bc;tags=x=y&onboot=1") == (
            200, {"description": "a b+c", "tags": "x", "onboot": "1"})
        assert seen("onboot=true")[0] == seen("onboot=")[0] == 400
        assert seen("onboot=1&onboot=0")[0] == 400
        assert seen("memory=64", "/nodes/pve1/lxc/100/config?memory=99") == (
            200, {"memory": "99"})
        json_type = [("Content-Type", "application/json")]
        assert seen('{"onboot":true,"memory":70}', headers=json_type)[0] \
            == 200
        assert server.guests[100].config["onboot"] == 1
        answer = ask(server, "DELETE", "/nodes/pve1/lxc/100", "purge=1")
        assert answer.status == 501, answer.line
        assert answer.body == b"Unexpected content for method 'DELETE'"
        assert any("Unexpected" in text for text in server.problems)
        assert ask(server, "GET", "/nodes/pve1/lxc/100%2Fconfig").status \
            == 200
    with cluster("7.4") as server:
        assert ask(server, "PUT", "/nodes/pve1/lxc/100/config",
                   '{"memory":70}', headers=json_type).status == 506


def test_connections():
    with cluster() as server:
        with Raw(server) as connection:
            for path in "/version", "/nodes", "/nodes/pve1/lxc":
                answer = connection.ask("GET", path)
                assert answer.header("Connection")[-1] == "Keep-Alive"
            assert answer.header("Connection") == ["close", "Keep-Alive"]
            answer = connection.ask("GET", "/nosuch")
            assert answer.header("Connection") == ["close"]
            assert connection.read() == b""
        assert server.connections == server.handshakes == 1
        assert len(server.requests) == 4
        first = server.requests[0]
        assert first.header("host") == "localhost" and first.connection == 1
        assert first.peer[0] == "127.0.0.1"


def test_what_happens_instead():
    with cluster() as server:
        def next_is(how, method="POST", path="/status/start"):
            server.fail_next(method, path, how)
            return ask(server, "POST", "/nodes/pve1/lxc/100/status/start")

        def nothing(how):
            fails(next_is, how)
            return len(server.tasks)
        assert nothing("close") == nothing("hang:0.2") == 0
        for how in "close", "reset", "hang:0.2":
            server.fail_next("CONNECT", None, how)
            before = len(server.requests), server.handshakes
            fails(ask, server, "GET", "/version")
            assert (len(server.requests), server.handshakes) == (
                before[0], before[1] + (how == "close")), how
        for how, line in (
                ("595", "595 Connection refused"),
                ("596-before", "596 Broken pipe"),
                ("401", "401 Authentication failed!"),
                ("500:got timeout", "500 got timeout"),
                ("plain:no", "501 no"),
                ("lock:backup", "500 CT is locked (backup)"),
                ("redirect:https://example.com/", "301 Moved Permanently")):
            answer = next_is(how)
            assert answer.line == "HTTP/1.1 " + line, answer.line
        assert answer.header("Location") == ["https://example.com/"]
        assert not server.tasks
        assert not server.rules


def test_what_happens_after():
    with cluster() as server:
        for count, how in enumerate(("close-after", "cut", "hang-after:0.2",
                                     "596-after"), 1):
            server.fail_next("POST", "status/start", how)
            server.guests[100].status = "stopped"
            path = "/nodes/pve1/lxc/100/status/start"
            if how == "596-after":
                answer = ask(server, "POST", path)
                assert answer.status == 596 and not answer.body
            else:
                fails(ask, server, "POST", path)
            assert len(server.tasks) == count, how
            ended(server, server.tasks[-1].upid)
        server.fail_next("GET", "version", "huge:100000")
        assert len(ask(server, "GET", "/version").data) == 100000
        server.fail_next("GET", "version", "garbage")
        assert ask(server, "GET", "/version").body == b'{"data":[{"n":1,'
        server.fail_next("GET", "version", "empty")
        assert ask(server, "GET", "/version").body == b""
        server.fail_next("GET", "version", "slow:0.2", count=2)
        began = time.monotonic()
        for _ in range(3):
            assert ask(server, "GET", "/version").status == 200
        assert 0.4 <= time.monotonic() - began < 5


def test_it_dies_and_comes_again():
    with cluster(task_seconds=0.3) as server:
        upid = ask(server, "POST", "/nodes/pve1/lxc/100/status/start").data
        port = server.port
        with Raw(server) as connection:
            server.stop()
            fails(connection.ask, "GET", "/version")
        assert isinstance(fails(Raw, server), ConnectionRefusedError)
        server.start()
        assert server.port == port
        assert ended(server, upid)["exitstatus"] == "OK"
        server.fail_next("GET", "", "hang:60")
        with Raw(server) as connection:
            connection.send("GET", "/version")
            assert proxmox.wait_for(lambda: not server.rules)
            began = time.monotonic()
            server.stop()
            assert time.monotonic() - began < 5
    assert threading.active_count() == 1, threading.enumerate()
    assert not os.path.exists(server.folder)


def test_partners():
    with cluster(task_seconds=0.3) as first, \
            proxmox.Proxmox(partner=first) as second:
        upid = ask(first, "POST", "/nodes/pve1/lxc/100/status/start").data
        first.stop()
        assert ended(second, upid)["exitstatus"] == "OK"
        assert second.guests[100].running
        assert second.fingerprint != first.fingerprint
        assert not any(one.method == "POST" for one in second.requests)


def test_a_lock_is_held():
    with cluster() as server:
        server.lock_guest(102, "backup", 0.3)
        change = "PUT", "/nodes/pve1/lxc/102/config", {"memory": 99}
        assert ask(server, *change).reason == "CT is locked (backup)"
        assert proxmox.wait_for(lambda: ask(server, *change).status == 200)


def test_it_listens_on_loopback_alone():
    with cluster() as server:
        with open("/proc/net/tcp", encoding="ascii") as file:
            rows = [line.split() for line in file][1:]
        own = [row[1] for row in rows if row[3] == "0A"
               and int(row[1].split(":")[1], 16) == server.port]
        assert own == ["0100007F:%04X" % server.port], own


def test_problems_without_schemas():
    text = """if True:
        import sys
        sys.path.insert(0, %r)
        import proxmox, proxmox_raw
        with proxmox.Proxmox() as server:
            assert not server.schema.recorded
            for method, path, form in (
                ("PUT", "lxc/100/config", {"bogus": 1, "cores": "x"}),
                ("POST", "lxc/100/snapshot", {"snapname": "1x"}),
                ("POST", "lxc/100/snapshot", {"snapname": "a" * 41}),
                ("POST", "lxc/100/snapshot", {}),
                ("GET", "nosuch", None),
                ("GET", "tasks?source=all&limit=-1", None),
                ("GET", "tasks?source=none", None),
                ("POST", "qemu", {"vmid": 99, "unique": 1})):
                proxmox_raw.ask(server, method, "/nodes/pve1/" + path, form)
            print(len(server.problems))
    """ % os.path.join(HERE, "..", "lib")
    found = subprocess.run(
        [sys.executable, "-B", "-c", text], check=True, timeout=60,
        env={**os.environ, "REEVE_REFERENCE": "/nonexistent"},
        capture_output=True, text=True).stdout
    assert found == "10\n", found


def test_property_strings():
    features = {"nesting": {"type": "boolean", "optional": 1},
                "mount": {"type": "string", "optional": 1,
                          "pattern": "(?^:[a-z;]+)"}}
    disk = {"volume": {"type": "string", "default_key": 1},
            "file": {"alias": "volume"},
            "size": {"type": "string", "optional": 1}}
    check = proxmox_schema.property_string_error
    assert check(features, "nesting=1,mount=nfs;cifs") is None
    assert check(features, "nesting").startswith("value without key")
    assert "nesting: type check" in check(features, "nesting=2")
    assert "keyctl: property is not" in check(features, "keyctl=1")
    assert "mount: value does not match" in check(features, "mount=A")
    assert check(features, "nesting=1,nesting=1").startswith("duplicate")
    assert check(disk, "local:1/x.raw,size=1G") is None
    assert check(disk, "file=local:1/x.raw") is None
    assert "volume: property is missing" in check(disk, "size=1G")


if __name__ == "__main__":
    tap.main(globals())
