#!/usr/bin/env python3
# test-keys.py - reeve key and reeve policy: what administrators do
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import glob
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import assuan
import tap
from attack import until
from scratch import Machine, program

POLICY = "/etc/reeve/policy.d/test.policy"
RULES = """\
# Both.
[identity panel]
key   = panel.key
allow = AUG READ

[identity other]
key = reader.key
allow = *
deny = AUG WRITE path=/files/etc/shadow"""
HOSTS = {"/etc/hosts": "127.0.0.1 localhost\n"}
GET = "AUG GET /files/etc/hosts/1/ipaddr"


def reeve(machine, *words, status=0, user=None):
    """What "reeve WORDS" prints: standard output, standard error."""
    result = subprocess.run(
        [program("reeve"), "--root", machine.root, *words], check=False,
        capture_output=True, text=True, user=user, group=user,
        extra_groups=[] if user else None)
    assert result.returncode == status, (words, result)
    return result.stdout, result.stderr


def rotate(machine, *words):
    """Rotate the panel's key; the new key's path and bytes."""
    path = reeve(machine, "key", "rotate", "panel", *words)[0].strip()
    with open(path, "rb") as file:
        return path, file.read().rstrip(b"\n")


def login(machine, key, identity="panel"):
    with assuan.Client.connect(machine.socket) as client:
        client.authenticate(identity, key)
        return client.check(GET)


def refused(machine, key, identity="panel"):
    try:
        login(machine, key, identity)
    except assuan.Refused:
        return True
    return False


def reload(machine):
    with assuan.Client.connect(machine.socket) as client:
        client.authenticate("other", machine.key("reader"))
        client.check("POLICY RELOAD")


def states(machine):
    lines = reeve(machine, "key", "list", "--json")[0].splitlines()
    return {(record["identity"], record["key"]): record
            for record in map(json.loads, lines)}


def test_rotation_overlaps():
    with Machine(HOSTS, RULES) as machine, machine.daemon():
        old = machine.key("panel")
        mode = os.stat(machine.path(POLICY)).st_mode
        path, new = rotate(machine, "--overlap=8s")
        name = os.path.basename(path)
        assert name.startswith("panel.20") and name.endswith(".key"), name
        assert os.stat(path).st_mode & 0o777 == 0o400
        assert os.stat(machine.path(POLICY)).st_mode == mode
        lines = machine.read(POLICY).splitlines()
        assert lines[2].startswith("key   = panel.key expires=20"), lines
        assert lines[3] == "key   = " + name, lines
        assert lines[:2] + lines[4:] == \
            RULES.splitlines()[:2] + RULES.splitlines()[3:]
        assert refused(machine, new)     # Before the reload.
        reload(machine)
        login(machine, old)
        login(machine, new)
        with assuan.Client.connect(machine.socket) as client:
            client.authenticate("panel", old)
            client.check(GET)
            assert until(lambda: client.call(GET).verdict.startswith("ERR"))
        assert refused(machine, old)
        login(machine, new)
        assert states(machine)["panel", "panel.key"]["state"] == "expired"
        assert states(machine)["panel", name]["state"] == "valid"


def test_rotation_keeps_what_expires_earlier():
    rules = RULES.replace("panel.key", "panel.key expires=2001-01-01\n"
                          "key = ghost.key \t expires=2101-01-01")
    with Machine(HOSTS, rules) as machine:
        first = rotate(machine)[0]
        second = rotate(machine)[0]
        assert first != second
        lines = machine.read(POLICY).splitlines()
        assert lines[2] == "key   = panel.key expires=2001-01-01"
        assert lines[3].startswith("key = ghost.key expires=20")
        days = (time.mktime(time.strptime(lines[3].split("=")[-1],
                                          "%Y-%m-%dT%H:%M:%SZ"))
                - time.mktime(time.gmtime())) / 86400
        assert 6.9 < days < 7.1, days
        assert lines[4].startswith("key = %s expires=20"
                                   % os.path.basename(first))
        assert lines[5] == "key = " + os.path.basename(second)
        reeve(machine, "policy", "lint")


def test_rotation_has_an_end():
    with Machine(HOSTS, RULES) as machine:
        for _ in range(7):
            rotate(machine)
        before = machine.read(POLICY), os.listdir(machine.path(
            "/etc/reeve/keys"))
        said = reeve(machine, "key", "rotate", "panel", status=1)[1]
        assert "has 8 keys" in said, said
        assert before == (machine.read(POLICY), os.listdir(
            machine.path("/etc/reeve/keys")))
        reeve(machine, "policy", "lint")


def test_revocation_ends_sessions():
    with Machine(HOSTS, RULES) as machine, machine.daemon():
        old = machine.key("panel")
        path, new = rotate(machine)
        reload(machine)
        with assuan.Client.connect(machine.socket) as one, \
                assuan.Client.connect(machine.socket) as two:
            one.authenticate("panel", old)
            two.authenticate("panel", new)
            said = reeve(machine, "key", "revoke", "panel", "panel.key")[1]
            assert "deleted " + machine.path(
                "/etc/reeve/keys/panel.key") in said, said
            assert "kill -HUP" in said or "systemctl" in said, said
            assert not os.path.exists(machine.path(
                "/etc/reeve/keys/panel.key"))
            one.check(GET)
            reload(machine)
            assert one.call(GET).verdict.startswith("ERR")
            two.check(GET)
            reeve(machine, "key", "revoke", "panel")
            reload(machine)
            assert two.call(GET).verdict.startswith("ERR")
        assert not os.path.exists(path)
        assert refused(machine, old) and refused(machine, new)
        assert {record["state"] for (who, _), record
                in states(machine).items() if who == "panel"} == {"expired"}
        # And back again.
        new = rotate(machine)[1]
        reload(machine)
        login(machine, new)


def test_a_key_of_two_is_kept():
    with Machine(HOSTS, RULES.replace("reader.key", "panel.key")) as machine:
        said = reeve(machine, "key", "revoke", "panel", machine.path(
            "/etc/reeve/keys/panel.key"))[1]
        assert "kept" in said and "other" in said, said
        assert os.path.exists(machine.path("/etc/reeve/keys/panel.key"))
        reeve(machine, "policy", "lint")
        said = reeve(machine, "key", "revoke", "other")[1]
        assert "deleted" in said, said


def test_what_there_is_not():
    with Machine(HOSTS, RULES) as machine:
        before = machine.read(POLICY)
        for words in (["rotate", "nobody"], ["revoke", "nobody"],
                      ["revoke", "panel", "none.key"]):
            assert "key list" in reeve(machine, "key", *words, status=4)[1]
        for words in (["rotate"], ["rotate", "a", "b"], ["revoke"], ["list", "x"],
                      ["revoke", "a", "b", "c"], ["rotate", "../x"], ["burn"],
                      ["rotate", "panel", "--overlap=soon"],
                      ["rotate", "panel", "--overlap=0"],
                      ["rotate", "panel", "--overlap=367d"],
                      ["revoke", "panel", "--overlap=1d"]):
            reeve(machine, "key", *words, status=2)
        assert machine.read(POLICY) == before


def test_list():
    with Machine(HOSTS, RULES) as machine:
        os.unlink(machine.path("/etc/reeve/keys/panel.key"))
        table = reeve(machine, "key", "list")[0].splitlines()
        assert table[0].split() == ["IDENTITY", "KEY", "EXPIRES", "STATE",
                                    "POLICY"]
        assert table[1].split() == ["panel", "panel.key", "-", "missing",
                                    machine.path(POLICY) + ":3"]
        assert states(machine)["panel", "panel.key"] == {
            "identity": "panel", "key": "panel.key", "state": "missing",
            "file": machine.path(POLICY), "line": 3}
    with Machine(HOSTS, "# empty\n") as machine:
        out, said = reeve(machine, "key", "list")
        assert not out and "no identity" in said


def test_broken_files():
    with Machine(HOSTS, RULES + "\nnonsense = 1\n") as machine:
        before = machine.read(POLICY)
        for words in (["list"], ["rotate", "panel"], ["revoke", "panel"]):
            said = reeve(machine, "key", *words, status=1)[1]
            assert "test.policy:10: unknown setting" in said, said
        out = reeve(machine, "policy", "lint", status=1)[0]
        assert out.endswith("mistakes: 1, remarks: 0\n"), out
        assert machine.read(POLICY) == before
        assert len(os.listdir(machine.path("/etc/reeve/keys"))) == 4
        assert os.listdir(machine.path("/etc/reeve/policy.d")) == [
            "test.policy"]


# Stands for reeved: another hand is quicker.
LIAR = """\
#!/bin/sh
printf 'panel\\tpanel.key\\t-\\t%s\\t%s\\tvalid\\n'
"""


def test_a_policy_that_was_changed_meanwhile():
    with Machine(HOSTS, RULES) as machine:
        before = machine.read(POLICY)
        for path, line in ((POLICY, 4), (POLICY, 1), (POLICY, 40),
                           (POLICY, 7)):
            machine.write("/liar", LIAR % (machine.path(path), line), 0o755)
            said = reeve(machine, "key", "rotate", "panel", "--reeved",
                         machine.path("/liar"), status=5)[1]
            assert "changed meanwhile" in said, said
        assert machine.read(POLICY) == before
        assert len(os.listdir(machine.path("/etc/reeve/keys"))) == 4
        os.symlink(machine.path(POLICY), machine.path("/link.policy"))
        for path in "/link.policy", "/none.policy":
            machine.write("/liar", LIAR % (machine.path(path), 3), 0o755)
            said = reeve(machine, "key", "rotate", "panel", "--reeved",
                         machine.path("/liar"), status=1)[1]
            assert "cannot change" in said, said
        machine.write("/liar", "#!/bin/sh\necho hello\n", 0o755)
        said = reeve(machine, "key", "list", "--reeved",
                     machine.path("/liar"), status=1)[1]
        assert "another version" in said, said
        reeve(machine, "key", "list", "--reeved", "/none", status=1)
        assert machine.read(POLICY) == before


def ordinary():
    """The uid of somebody who is not the machine's owner."""
    if os.geteuid():
        raise tap.Skip("machine: only root can be somebody else")
    return 65534


def test_an_ordinary_user_lints_and_tests():
    user = ordinary()
    with Machine(HOSTS, RULES) as machine:
        machine.write("/etc/reeve/reeved.conf", "nonsense\n", 0o600)
        machine.write("/expected", "allow panel %s\n" % GET
                      + "refuse panel AUG SET /files/etc/hosts/1/ipaddr x\n"
                      "refuse other AUG WRITE path=/files/etc/shadow/root\n")
        out = reeve(machine, "policy", "lint", user=user)[0]
        assert out == "identities: 2, files: 1, mistakes: 0, remarks: 0\n", out
        out = reeve(machine, "policy", "test", machine.path("/expected"),
                    user=user)[0]
        assert out == "3 passed, 0 failed\n", out
        out = reeve(machine, "key", "list", user=user)[0]
        assert "unreadable" in out, out
        said = reeve(machine, "key", "rotate", "panel", user=user, status=1)[1]
        assert "as root" in said, said
        said = reeve(machine, "key", "revoke", "panel", user=user,
                     status=1)[1]
        assert "as root" in said, said
        assert machine.read(POLICY) == RULES


def test_policies_of_a_checkout():
    with Machine(HOSTS, RULES) as machine:
        machine.write("/checkout/a.policy", "[identity web]\nkey = web.key\n"
                      "peer = no-such-user\nallow = AUG READ "
                      "path=/files/etc/hosts\n")
        machine.write("/checkout/README", "not a policy\n")
        machine.write("/expected", "allow web %s\nallow web AUG SET "
                      "/files/etc/hosts/1/ipaddr x\n" % GET)
        out = reeve(machine, "policy", "test", "--policy",
                    machine.path("/checkout"), machine.path("/expected"),
                    status=1)[0]
        assert "expected:2: expected \"allow\", but AUG SET: no rule\n" \
            "1 passed, 1 failed\n" in out, out
        out = reeve(machine, "policy", "lint", machine.path("/checkout"),
                    status=1)[0]
        assert "a.policy:3: peer: " in out and "a.policy:2: " in out, out
        out = reeve(machine, "policy", "test", machine.path("/none"),
                    status=2)[1]
        assert "No such file" in out, out
        reeve(machine, "policy", "test", status=2)
        reeve(machine, "policy", "lint", "--policy", "x", status=2)


def test_the_rest_of_policy_is_the_daemons():
    with Machine(HOSTS) as machine, machine.daemon():
        out = reeve(machine, "--identity", "panel", "policy", "show")[0]
        assert out.startswith("identity: panel\n"), out
        reeve(machine, "--identity", "panel", "policy", "reload")
        said = reeve(machine, "--identity", "reader", "AUG", "SET",
                     "/files/etc/hosts/1/ipaddr", "x", status=6)[1]
        assert "to allow it" in said and "\"allow = AUG WRITE\" below " \
            "[identity reader]" in said, said


def completions(*words):
    result = subprocess.run([program("reeve"), "complete", *words],
                            check=False, capture_output=True, text=True)
    return result.returncode, result.stdout.split()


def test_completion():
    assert completions("key", "") == (0, ["list", "new", "revoke", "rotate"])
    assert completions("key", "ro") == (0, ["rotate"])
    assert completions("--root", "/none", "policy", "") \
        == (0, ["lint", "test"])
    assert completions("--root", "/none", "policy", "test", "")[0] == 4
    assert completions("policy", "lint", "a", "--ro")[1] == ["--root="]
    assert completions("--policy", "")[0] == 4


if __name__ == "__main__":
    tap.main(globals())
