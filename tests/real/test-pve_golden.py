#!/usr/bin/env python3
# test-pve_golden.py - PVE CREATE-GOLDEN with a pct that is no real one
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A script below the root of a real reeved takes the place of pct.  It notes
how it was called, and behaves as the recorded one, which it is held against
where there is a recording (REEVE_REFERENCE, else ../shared/reference beside
the sources).  F1 to F10 are mistakes of programs before this one."""

import json
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import attack  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402

REFERENCE = os.path.join(os.environ.get("REEVE_REFERENCE") or os.path.join(
    scratch.SOURCE, "..", "shared", "reference"), "proxmox")
TEMPLATE = "local:vztmpl/debian-12-mini_1.0_amd64.tar.zst"
WORDS = ["create", "140", TEMPLATE, "--unprivileged", "1", "--features",
         "nesting=1,keyctl=1", "--rootfs", "fast:1"]
OPTIONS = ["--cores", "--memory", "--hostname"]

# Beside it it leaves pct.arguments, pct.environment and a pct.VMID for each
# container.  666 takes for ever, and has a child.
PCT = """\
#!/bin/sh
me=$(readlink -f "$0")
printf '%%s\\n' "$@" >"$me.arguments"
env >"$me.environment"
cat >"$me.input"
echo "for my (...) is experimental at LXC.pm line 1635, <DATA> line 9." >&2
[ "$1" = create ] || exit 255
vmid=$2 template=$3
case $vmid in
  *[!0-9]* | "")
    echo "400 Parameter verification failed." >&2
    echo "vmid: type check ('integer') failed - got '$vmid'" >&2
    echo "pct create <vmid> <ostemplate> [OPTIONS]" >&2
    exit 255 ;;
esac
shift 3
while [ $# -gt 0 ]; do
  case $1 in
    --unprivileged | --features | --rootfs | --cores | --memory \\
      | --hostname) shift 2 ;;
    *) echo "Unknown option: ${1#--}" >&2
      echo "400 unable to parse option" >&2
      echo "pct create <vmid> <ostemplate> [OPTIONS]" >&2
      exit 255 ;;
  esac
done
if [ -e "$me.$vmid" ]; then
  echo "CT $vmid already exists on node 'pve1'" >&2
  exit 255
fi
if [ "$vmid" = 666 ]; then
  sleep 600 &
  wait
fi
echo "Creating filesystem with 262144 4k blocks and 65536 inodes"
if [ "$template" != %s ]; then
  echo "volume '$template' does not exist" >&2
  echo "unable to create CT $vmid - volume '$template' does not exist" >&2
  exit 255
fi
echo "extracting archive '/var/lib/vz/template/cache/x.tar.zst'"
[ "$vmid" != 141 ] || echo "WARN: old systemd detected" >&2
: >"$me.$vmid"
""" % TEMPLATE

POLICY = """\
[identity panel]
key = panel.key
allow = *

[identity reader]
key = reader.key
allow = PVE CREATE-GOLDEN vmid=9000..9099 storage=fast \
template=local:vztmpl/debian-*
"""


def line(vmid, *options, template=TEMPLATE, storage="fast", size="1G"):
    return " ".join(("PVE CREATE-GOLDEN", *options, vmid, template, storage,
                     size))


class Node(scratch.Machine):
    """A machine with our pct."""

    def __init__(self, files=None):
        super().__init__({"/usr/sbin/pct": PCT} if files is None else files,
                         POLICY)

    def noted(self, what):
        text = self.read("/usr/sbin/pct." + what)
        return None if text is None else text.splitlines()


def call(*words):
    """The reply to the line of WORDS, and the arguments of pct, or None."""
    with Node() as node, node.daemon() as daemon, \
            daemon.client("panel") as client:
        return client.call(line(*words)), node.noted("arguments")


def test_a_container_is_created():
    with attack.environment(SECRET_TOKEN="hunter2", PERL5LIB="/tmp",
                            PERL5OPT="-Mevil", HOME="/home/x", TZ="UTC"), \
            Node() as node, node.daemon() as daemon, \
            daemon.client("panel") as client:
        reply = client.check(line("140"))
        assert reply.text == "changed: yes\nvmid: 140\n", reply.text
        assert node.noted("arguments") == WORDS
        # F5: nothing of who started it.  The shell makes the last two.
        names = {line.split("=")[0] for line in node.noted("environment")}
        assert names <= {"PATH", "LC_ALL", "HOME", "PWD", "_"}, names
        assert "PATH=/usr/sbin:/usr/bin:/sbin:/bin" \
            in node.noted("environment")
        assert node.noted("input") == []
        assert node.noted("140") == []
        # F9: on record, and for whom.
        begin, record = node.audit()[-2:]
        assert record["verb"] == "PVE CREATE-GOLDEN", record
        assert record["outcome"] == "ok" and record["identity"] == "panel"
        evidence = json.dumps(begin)
        assert '"tool"' in evidence and '"140"' in evidence, begin


def test_all_options_are_told():
    reply, arguments = call("140", "--cores=2", "--memory=1G",
                            "--hostname=golden.example.org")
    assert reply.ok, reply.lines
    assert arguments == WORDS + ["--cores", "2", "--memory", "1024",
                                 "--hostname", "golden.example.org"]


def test_a_dry_run_runs_nothing():
    reply, arguments = call("140", "--cores=2", "--dry-run")
    assert reply.ok, reply.lines
    assert reply.text == "run pct %s --cores 2\n" % " ".join(WORDS)
    assert arguments is None


def test_F1_F7_nothing_is_smuggled():
    """Each of these would be an option, a path, or more than one value."""
    bad = {
        "vmid": ["0", "99", "1000000000", "140.5", "140%20--onboot", "x"],
        "template": [
            "/etc/shadow.tar.zst", "local:iso/a.tar.zst",
            "local:vztmpl/../../a.tar.zst", "local:vztmpl/a.tar.zst,x=1",
            "local:vztmpl/a/b.tar.zst", "local:vztmpl/-a.tar.zst",
            "local:vztmpl/a.img", "local:vztmpl/a%0A.tar.zst"],
        "storage": [
            "fast,mountoptions=suid", "fast:8", "fast=1", "/dev/sda",
            "fast%0Aacl=1", "f", "fast;x"],
        "size": ["0", "512M", "1", "8G,acl=1", "8e9"]}
    options = ["--cores=0", "--cores=8193", "--cores=2,3", "--memory=0",
               "--memory=15M", "--memory=17000000", "--hostname=a,b",
               "--hostname=-x", "--hostname=a%20b", "--hostname=--onboot",
               "--features=fuse=1", "--unprivileged=0", "--rootfs=x:1",
               "--onboot=1", "--mp0=/,mp=/x"]
    lines = [line(**{"vmid": "140", name: value})
             for name, values in bad.items() for value in values] \
        + [line("140", option) for option in options]
    with Node() as node, node.daemon() as daemon, \
            daemon.client("panel") as client:
        for attempt in lines:
            # What is left to a step is refused when it is planned.
            for more in "", " --dry-run":
                reply = client.call(attempt.replace("GOLDEN",
                                                    "GOLDEN" + more))
                assert reply.error in ("INV_ARG", "TOO_LARGE",
                                       "UNKNOWN_OPTION"), \
                    (attempt, reply.lines)
        for first in ("-140", "--onboot"):
            assert not client.call(line(first)).ok
        assert node.noted("arguments") is None
        # It would have been seen.
        client.check(line("140"))
        assert node.noted("arguments") == WORDS


def test_F6_an_error_is_one_line_of_what_pct_says():
    with Node() as node, node.daemon() as daemon, \
            daemon.client("panel") as client:
        node.write("/usr/sbin/pct.140", "")
        reply = client.call(line("140", "--hostname=secret-name"))
        assert reply.error == "EEXIST", reply.lines
        assert reply.advice == "pct could not create 140: " \
            "CT 140 already exists on node 'pve1'", reply.lines
        assert reply.details == {
            "exit_status": "255",
            "message": "CT 140 already exists on node 'pve1'"}, reply.lines
        everything = b"\n".join(reply.lines).decode()
        for word in ("secret-name", "keyctl", "--", TEMPLATE, "fast",
                     "experimental"):
            assert word not in everything, (word, reply.lines)
        assert node.audit()[-1]["outcome"] == "error", node.audit()[-1]
        reply = client.call(line("150", template="local:vztmpl/no.tar.gz"))
        assert reply.error == "NOT_FOUND", reply.lines
        assert reply.details["message"] == "unable to create CT 150 - volume" \
            " 'local:vztmpl/no.tar.gz' does not exist", reply.lines


def test_F8_warnings_are_no_failure():
    reply, _ = call("141")
    assert reply.ok and "changed: yes" in reply.text, reply.lines


def test_F9_F10_policy_limits_guests_storages_and_templates():
    for_all = {"vmid": "9000"}
    with Node() as node, node.daemon() as daemon, \
            daemon.client("reader") as client:
        for other in ({"vmid": "140"}, {"vmid": "9100"}, {"storage": "slow"},
                      {"template": "local:vztmpl/evil.tar.zst"},
                      {"template": "local:vztmpl/x-debian-12.tar.zst"},
                      {"template": "other:vztmpl/debian-12.tar.zst"}):
            reply = client.call(line(**{**for_all, **other}))
            assert reply.error == "FORBIDDEN", reply.lines
            assert reply.advice.startswith("policy:"), reply.lines
        assert node.noted("arguments") is None
        client.check(line(**for_all))
        assert node.noted("arguments")[:3] == ["create", "9000", TEMPLATE]


def test_without_pct_its_package_is_named():
    """The pct of the real machine, if it has one, is not for this root."""
    with Node({}) as node, node.daemon() as daemon, \
            daemon.client("panel") as client:
        reply = client.call(line("140"))
        assert reply.error == "NOT_FOUND", reply.lines
        assert "pve-container" in reply.advice, reply.lines


def command(pid):
    try:
        with open("/proc/%d/cmdline" % pid, encoding="latin-1") as file:
            return file.read()
    except OSError:
        return ""


def test_F3_time_is_limited_and_what_runs_is_ended():
    with Node() as node, node.daemon() as daemon, \
            daemon.client("panel") as client:
        begin = time.monotonic()
        reply = client.call(line("666", "--timeout=1"))
        assert time.monotonic() - begin < 8, "it was waited for"
        assert reply.error == "TIMEOUT", reply.lines
        assert node.noted("arguments")[1] == "666"
        worker = [pid for pid in attack.descendants(daemon.process.pid)
                  if "sleep" in command(pid) or "pct" in command(pid)]
        assert not worker, [command(pid) for pid in worker]
        assert node.noted("666") is None
        # Its plan has no inverse: nothing is destroyed.
        assert node.noted("arguments")[0] == "create"


# --- The recording ---

def recorded():
    """(lines, exit status) of each run of the real pct."""
    path = os.path.join(REFERENCE, "captures", "pct-create.txt")
    if not os.path.exists(path):
        raise tap.Skip("machine: there is no recording of pct")
    with open(path, encoding="utf-8") as file:
        parts = re.split(r"^EXIT=(\d+)\n", file.read(), flags=re.MULTILINE)
    return [(text.splitlines(), int(status))
            for text, status in zip(parts[::2], parts[1::2])]


def ours(*arguments, taken=()):
    """What our pct makes of ARGUMENTS: its standard error and status."""
    with Node() as node:
        for vmid in taken:
            node.write("/usr/sbin/pct." + vmid, "")
        result = subprocess.run([node.path("/usr/sbin/pct"), *arguments],
                                stdin=subprocess.DEVNULL, check=False,
                                capture_output=True, text=True)
        return result.stderr.splitlines(), result.returncode


def test_ours_behaves_as_the_recorded_one():
    runs = recorded()
    missing = "local:vztmpl/nosuch_1.0_amd64.tar.zst"
    for (lines, status), mine, said in zip(runs, (
            ours(*WORDS), ours(*WORDS, taken=["140"]),
            ours("create", "abc", *WORDS[2:]),
            ours("create", "141", missing, *WORDS[3:])), (0, 1, 3, 2)):
        assert mine[1] == status, (lines, mine)
        assert mine[0][len(mine[0]) - said:] == lines[len(lines) - said:], \
            (lines, mine)
    assert [status for _, status in runs] == [0, 255, 255, 255]


def test_what_was_created_is_what_was_meant():
    """The configuration that the real one wrote has all that we say."""
    text = "\n".join(line for lines, _ in recorded() for line in lines)
    for line in ("features: nesting=1,keyctl=1", "unprivileged: 1",
                 "rootfs: fast:140/vm-140-disk-0.raw,size=1G"):
        assert line in text.splitlines(), line
    for option in OPTIONS:
        assert "\n%s: " % option[2:] in text, option


def test_the_schema_has_what_is_said():
    for version in ("7.4", "8.4", "9.1"):
        path = os.path.join(REFERENCE, "pve-%s.json" % version)
        if not os.path.exists(path):
            raise tap.Skip("machine: there is no schema of Proxmox VE")
        with open(path, encoding="utf-8") as file:
            known = json.load(file)["POST /nodes/{node}/lxc"]["parameters"]
        known = known["properties"]
        for word in WORDS[3::2] + OPTIONS:
            assert word[2:] in known, (version, word)
        assert (int(known["cores"]["minimum"]),
                int(known["cores"]["maximum"])) == (1, 8192), version
        assert int(known["memory"]["minimum"]) == 16, version


def test_the_API_refuses_it():
    """Why this is done as root at all: even a token of root@pam."""
    for name in ("err-keyctl-token.txt", "err-keyctl-roottoken.txt"):
        path = os.path.join(REFERENCE, "captures", name)
        if not os.path.exists(path):
            raise tap.Skip("machine: there is no recording of the API")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        assert "keyctl=1" in text and "HTTP/1.1 403 " in text, text
        assert "is only allowed for root@pam" in text, text


if __name__ == "__main__":
    tap.main(globals())
