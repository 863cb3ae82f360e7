#!/usr/bin/env python3
# test-daemon.py - reeved starts, refuses to start, reloads, and ends
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import assuan
import attack
import tap
from attack import HOSTS, SET, ends, inquiry, lives, session_pid, until
from scratch import Machine, ended, program

REEVED = program("reeved")
GET = "AUG GET /files/etc/hosts/1/ipaddr"
CONFIG = "/etc/reeve/reeved.conf"
POLICY = "/etc/reeve/policy.d/test.policy"


def run(*words):
    return subprocess.run([REEVED, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60,
                          check=False)


def check(machine, *words):
    return run("--root", machine.root, "--check", *words)


# --- Commands ---

def test_version_and_help():
    for word in ("--version", "--help", "-h"):
        result = run(word)
        assert result.returncode == 0, result
        assert "reeve" in result.stdout, result
    assert re.search(r"\d+\.\d+", run("--version").stdout)
    text = run("--help").stdout
    for option in ("server", "single", "check", "dump-verbs", "root",
                   "foreground", "debug", "key-fd", "listen", "max-clients"):
        assert "--" + option in text, option


def test_verbs_can_be_dumped():
    lines = [json.loads(line) for line
             in run("--dump-verbs=json").stdout.splitlines()]
    verbs = {(line["noun"], line["verb"]): line for line in lines}
    assert verbs["AUG", "SET"]["effect"] == "write"
    assert verbs["AUG", "SET"]["grant"] == "WRITE"
    assert verbs["AUG", "SET"]["arguments"][0]["name"] == "path"
    text = run("--dump-verbs=text").stdout
    texi = run("--dump-verbs=texi").stdout
    for noun, verb in verbs:
        assert re.search("^%s %s\\b" % (noun, verb), text, re.M), verb
        assert re.search("^@deffn .*\\{%s %s\\}" % (noun, verb), texi, re.M)
    assert texi.count("@deffn {Verb (") == len(lines)
    result = run("--dump-verbs=xml")
    assert result.returncode == 2 and "xml" in result.stderr


def test_a_good_configuration():
    with Machine(HOSTS) as machine:
        result = check(machine)
        assert result.returncode == 0 and not result.stderr, result
        machine.write(CONFIG, "# all of them\n\nlisten S.reeve mode=0660\n"
                      "max-clients 10\nmax-clients-per-uid 5\n"
                      "auth-timeout 10\nline-timeout 10\nidle-timeout 10\n"
                      "debug\nforeground\n")
        result = check(machine)
        assert result.returncode == 0 and not result.stderr, result
        assert not os.path.exists(machine.path("/run"))


# --- What it refuses ---

def assert_refuses(machine, *says):
    for words in (["--check"], ["--foreground"], ["--server"], []):
        result = run("--root", machine.root, *words)
        assert result.returncode in (1, 2), (words, result)
        for text in says:
            assert text in result.stderr, (words, text, result.stderr)
        assert not os.path.exists(machine.socket)


def test_wrong_options_in_the_file():
    wrong = {"no-such-option": "invalid option", "max-clients": "missing argument",
             "max-clients 0": "max-clients", "max-clients ten": "ten",
             "max-clients 5 5": "5 5", "idle-timeout -1": "-1",
             "auth-timeout 99999999999999": "99999999999999",
             "listen": "missing argument", "listen a/b": "slash",
             "listen a mode=999": "999", "listen a mode=01777": "01777",
             "listen a mode=": "mode", "listen a group=nosuchgroup":
             "nosuchgroup", "listen a ceiling=root": "root",
             "listen a colour=red": "colour", "max-clients=5": "invalid option",
             "root /": "root", "server": "server", "single": "single",
             "key-fd 1": "key-fd"}
    with Machine(HOSTS) as machine:
        for line, reason in wrong.items():
            machine.write(CONFIG, "# first\n%s\n" % line)
            result = check(machine)
            assert result.returncode == 2, (line, result)
            assert "reeved.conf" in result.stderr, (line, result.stderr)
            assert re.search(r"[:,. ]2\b", result.stderr), result.stderr
            assert reason in result.stderr, (line, result.stderr)
        assert_refuses(machine, "reeved.conf", "key-fd")


def test_wrong_options_on_the_line():
    with Machine(HOSTS) as machine:
        for words, reason in ((["--no-such"], "no-such"),
                              (["--max-clients", "0"], "max-clients"),
                              (["--max-clients"], "max-clients"),
                              (["--listen", "a ceiling=x"], "ceiling"),
                              (["--single"], "only one of"),
                              (["--dump-verbs=xml"], "only one of"),
                              (["--options", "/nonexistent"],
                               "nonexistent")):
            result = check(machine, *words)
            assert result.returncode == 2, (words, result)
            assert reason in result.stderr, (words, result.stderr)
    result = run("--root", "/nonexistent/x", "--check")
    assert result.returncode == 2 and "nonexistent" in result.stderr


def test_other_option_files():
    with Machine(HOSTS) as machine:
        other = machine.path("/other.conf")
        machine.write(CONFIG, "max-clients 0\n")
        machine.write("/other.conf", "max-clients 1\n")
        assert check(machine).returncode == 2
        assert check(machine, "--no-options").returncode == 0
        assert check(machine, "--options", other).returncode == 0
        machine.write(CONFIG, "max-clients 5\n")
        with machine.daemon("--options", other) as daemon:
            assert until(lambda: not attack.sessions(daemon))
            with daemon.client(), daemon.client() as second:
                assert second.hello.error == "LIMIT_REACHED"
        machine.write("/other.conf", "max-clients 0\n")
        result = check(machine, "--options", other)
        assert result.returncode == 2 and "other.conf:1:" in result.stderr
        os.chmod(other, 0o666)
        assert "chmod go-w" in check(machine, "--options", other).stderr


def test_files_that_others_could_have_written():
    with Machine(HOSTS) as machine:
        machine.write(CONFIG, "debug\n", mode=0o664)
        assert_refuses(machine, "reeved.conf", "chmod go-w")
        os.chmod(machine.path(CONFIG), 0o644)
        assert check(machine).returncode == 0
        os.chmod(machine.path(POLICY), 0o646)
        assert_refuses(machine, "test.policy", "chmod go-w")
        os.chmod(machine.path(POLICY), 0o644)
        os.chmod(machine.path("/etc/reeve/keys/panel.key"), 0o440)
        assert_refuses(machine, "test.policy", "panel.key", "chmod 0400")
        os.chmod(machine.path("/etc/reeve/keys/panel.key"), 0o400)
        os.chmod(machine.path("/etc/reeve"), 0o777)
        assert_refuses(machine, "/etc/reeve", "chmod go-w")


def test_a_policy_that_does_not_parse():
    with Machine(HOSTS) as machine:
        for line, reason in (("alow = *", "alow"), (" allow = *", "blank"),
                             ("allow = AUG GET", "AUG READ"),
                             ("peer = no-such-user", "no-such-user"),
                             ("nonsense", "name = value")):
            machine.write(POLICY,
                          "[identity panel]\nkey = panel.key\n%s\n" % line)
            assert_refuses(machine, "test.policy:3:", reason)
        machine.write(POLICY, "[identity a]\nkey = nosuch.key\n")
        assert_refuses(machine, "test.policy", "nosuch.key")


# --- In the background ---

def test_it_becomes_a_daemon():
    with Machine(HOSTS) as machine:
        result = run("--root", machine.root)
        assert result.returncode == 0, result
        with assuan.Client.connect(machine.socket) as client:
            supervisor = client_parent(client)
            client.authenticate("panel", machine.key("panel"))
            assert client.check(GET).text == "127.0.0.1"
        assert os.getsid(supervisor) != os.getsid(0)
        os.kill(supervisor, signal.SIGTERM)
        assert until(lambda: not lives(supervisor))
        assert not os.path.exists(machine.socket)
        assert "ending" in machine.read("/var/log/reeve/reeved.log")


def client_parent(client):
    """The supervisor of CLIENT's session."""
    with open("/proc/%d/stat" % session_pid(client),
              encoding="latin-1") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def test_a_daemon_that_cannot_start_says_so():
    with Machine(HOSTS) as machine, machine.daemon():
        result = run("--root", machine.root)
        assert result.returncode == 1, result
        assert "already serves" in result.stderr


# --- The end ---

def test_sigterm_lets_a_call_end():
    with Machine(HOSTS) as machine:
        daemon = machine.daemon()
        idle, busy = daemon.client("panel"), daemon.client("panel")
        inquiry(busy, True)
        busy.answer(b"127.0.0.7")
        assert busy.read_reply().ok
        # A long call: the answer is far more than a socket's buffers hold.
        busy.check("AUG SET /files/etc/hosts/1/ipaddr @",
                   {"VALUE": b"x" * 2 ** 20})
        busy.send(GET)
        time.sleep(0.3)
        daemon.process.send_signal(signal.SIGTERM)
        assert ends(idle)
        with assuan.Client.connect(machine.socket) as late:
            assert late.hello.error == "TRY_LATER", late.hello.lines
            assert ends(late)
        assert daemon.process.poll() is None
        assert busy.read_reply().data == b"x" * 2 ** 20
        assert ends(busy)
        assert ended(daemon.process, 20)
        assert daemon.process.returncode == 0
        assert not os.path.exists(machine.socket)


def test_sigterm_does_not_wait_for_an_answer():
    with Machine(HOSTS) as machine:
        daemon = machine.daemon()
        with daemon.client("panel") as client:
            inquiry(client, True)
            daemon.process.send_signal(signal.SIGTERM)
            assert ends(client)
            assert ended(daemon.process, 20)


def deaf_client(daemon):
    """A client that does not take its answers."""
    client = daemon.client("panel")
    pid = session_pid(client)
    client.socket.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            client.socket.send(b"HELP\n" * 1000)
    return client, pid


def test_the_third_sigterm_and_sigint_do_not_wait():
    for signals in ([signal.SIGTERM] * 3, [signal.SIGINT]):
        with Machine(HOSTS) as machine:
            daemon = machine.daemon()
            client, pid = deaf_client(daemon)
            for number in signals:
                assert daemon.process.poll() is None
                daemon.process.send_signal(number)
                time.sleep(0.2)
            assert ended(daemon.process, 5)
            assert not lives(pid)
            client.close()


def test_sessions_end_with_a_supervisor_that_was_killed():
    with Machine(HOSTS) as machine:
        daemon = machine.daemon()
        with daemon.client("panel") as client, daemon.client() as stranger:
            assert client.check(GET).text == "127.0.0.1"
            family = attack.descendants(daemon.process.pid)
            assert len(family) >= 3, family
            daemon.process.kill()
            daemon.process.wait()
            assert ends(client) and ends(stranger)
        assert until(lambda: not any(map(lives, family)))


# --- Reload ---

def reloaded(daemon, word="reload: done"):
    """Send SIGHUP and wait for WORD in the log."""
    count = daemon.messages().count(word)
    daemon.reload()
    assert until(lambda: daemon.messages().count(word) > count), \
        daemon.messages()


def test_a_reload_brings_new_rights():
    with Machine(HOSTS) as machine, machine.daemon() as daemon:
        with daemon.client("reader") as client:
            assert client.call(SET).error == "FORBIDDEN"
            machine.write(POLICY, machine.read(POLICY).replace(
                "allow = AUG READ", "allow = AUG *"))
            assert client.call(SET).error == "FORBIDDEN"
            reloaded(daemon)
            assert client.call(SET, {"VALUE": b"127.0.0.2"}).ok
            machine.write(POLICY, machine.read(POLICY).replace(
                "allow = AUG *", "deny = AUG *"))
            reloaded(daemon)
            assert client.call(GET).error == "FORBIDDEN"
            assert client.call("WHOAMI").ok


def test_a_reload_admits_new_identities():
    with Machine(HOSTS) as machine, machine.daemon() as daemon:
        with daemon.client() as early:
            machine.add_key("fresh")
            machine.write("/etc/reeve/policy.d/fresh.policy",
                          "[identity fresh]\nkey = fresh.key\nallow = *\n")
            reloaded(daemon)
            with daemon.client("fresh") as client:
                assert client.check(GET).text == "127.0.0.1"
            early.authenticate("fresh", machine.key("fresh"))


def test_a_bad_reload_changes_nothing():
    with Machine(HOSTS) as machine, machine.daemon() as daemon:
        good = machine.read(POLICY)
        with daemon.client("panel") as client:
            machine.write(POLICY, good + "nonsense\n")
            reloaded(daemon, "stays in force")
            assert "test.policy:" in daemon.messages()
            assert client.check(GET).text == "127.0.0.1"
            machine.write(POLICY, good)
            machine.write(CONFIG, "nonsense 1\n")
            reloaded(daemon, "stays in force")
            assert "reeved.conf" in daemon.messages()
            assert client.check(GET).text == "127.0.0.1"
            with daemon.client("panel") as other:
                assert other.check(GET).text == "127.0.0.1"
            machine.write(CONFIG, "max-clients 1\n")
            reloaded(daemon)
            with daemon.client() as other:
                assert other.hello.error == "LIMIT_REACHED"


def test_revoked_identities_and_changed_keys_end_sessions():
    with Machine(HOSTS) as machine, machine.daemon() as daemon:
        with daemon.client("panel") as panel, \
                daemon.client("reader") as reader, \
                daemon.client("nobody") as nobody:
            machine.write(POLICY, machine.read(POLICY).replace(
                "[identity panel]", "[identity other]"))
            path = machine.path("/etc/reeve/keys/reader.key")
            os.unlink(path)
            machine.add_key("reader")
            assert panel.check(GET).text == "127.0.0.1"
            assert reader.check(GET).text == "127.0.0.1"
            reloaded(daemon)
            for client in (panel, reader):
                client.send(GET)
                reply = client.read_reply()
                assert reply.error == "FORBIDDEN", reply.lines
                assert ends(client)
            assert nobody.call("MODULE LIST").ok
        with daemon.client("reader") as client:
            assert client.check(GET).text == "127.0.0.1"


def test_a_peer_that_is_no_longer_admitted():
    other = "nobody" if os.geteuid() == 0 else "root"
    with Machine(HOSTS) as machine, machine.daemon() as daemon:
        with daemon.client("panel") as client:
            machine.write(POLICY, "[identity panel]\nkey = panel.key\n"
                          "peer = %s\nallow = *\n" % other)
            reloaded(daemon)
            assert client.call(GET).error == "FORBIDDEN"
            assert ends(client)
        with daemon.client() as client:
            assert client.hello.error == "FORBIDDEN"


# --- The network ---

def test_no_process_has_an_internet_socket():
    with Machine(HOSTS) as machine, machine.daemon() as daemon:
        with daemon.client("panel") as client:
            client.check(GET)
            if os.geteuid():
                raise tap.Skip("machine: only root may look into a session")
            kinds = set()
            for table in ("tcp", "tcp6", "udp", "udp6", "raw", "packet"):
                with contextlib.suppress(FileNotFoundError), open(
                        "/proc/net/" + table, encoding="ascii") as file:
                    kinds.update(line.split()[9] for line
                                 in file.readlines()[1:]
                                 if len(line.split()) > 9)
            for pid in [daemon.process.pid,
                        *attack.descendants(daemon.process.pid)]:
                for name in os.listdir("/proc/%d/fd" % pid):
                    link = os.readlink("/proc/%d/fd/%s" % (pid, name))
                    assert link[8:-1] not in kinds \
                        or not link.startswith("socket:"), (pid, link)


tap.main(globals())
