#!/usr/bin/env python3
# test-cli.py - the reeve command with a real reeved
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import assuan  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402

REEVE = scratch.program("reeve")
HOSTS = "127.0.0.1 localhost\n192.0.2.7 a.example b\n"
FIRST = "/files/etc/hosts/1/ipaddr"
VARIABLES = ("REEVE_SOCKET", "REEVE_IDENTITY", "REEVE_KEY",
             "_assuan_connection_fd")


def environment(**more):
    clean = {name: value for name, value in os.environ.items()
             if name not in VARIABLES}
    clean.update(more)
    return clean


def reeve(*words, stdin=b"", env=None, cwd=None):
    """Run the command; a str in WORDS may hold any bytes."""
    return subprocess.run([REEVE, *words], input=stdin, cwd=cwd,
                          env=env or environment(), capture_output=True,
                          timeout=60, check=False)


def expect(result, status, out=None, err=None):
    shown = "status %d\n%s\n%s" % (result.returncode, result.stdout,
                                   result.stderr)
    assert result.returncode == status, shown
    if out is not None:
        assert result.stdout == out, shown
    assert (err or b"") in result.stderr, shown
    if not err:
        assert result.stderr == b"", shown
    else:
        assert result.stderr.startswith((b"reeve: ", REEVE.encode())), shown


class Running:
    """A scratch machine and its daemon, and the command for it."""

    def __init__(self, files=None):
        self.machine = scratch.Machine(files or {"/etc/hosts": HOSTS})
        self.daemon = self.machine.daemon()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.daemon.__exit__(*what)
        self.machine.remove()

    def __call__(self, *words, identity="panel", **rest):
        return reeve("--root", self.machine.root, "--identity", identity,
                     *words, **rest)


# --- The command line ---

def test_help_and_version():
    result = reeve("--help")
    expect(result, 0)
    assert result.stdout.startswith(b"Usage: reeve ")
    result = reeve("--version")
    expect(result, 0)
    assert result.stdout.startswith(b"reeve ")
    assert b"GPL" in result.stdout


def test_wrong_usage():
    for words in (["--frob"], ["--socket"], ["--timeout", "soon", "NOP"],
                  ["--timeout=0", "NOP"], ["--timeout=1d", "NOP"],
                  ["--timeout=25h", "NOP"], ["--raw=1", "NOP"], ["key"],
                  ["key", "new"], ["key", "new", "../x"],
                  ["key", "old", "x"], ["proxy", "x"], ["respond", "a", "b"],
                  ["--client-uid=-1", "respond"],
                  ["--identity=a b", "--no-auth", "respond"]):
        result = reeve(*words)
        expect(result, 2, b"", b"--help")
    result = reeve("respond", "--identity=x", stdin=b"no nonce\n")
    expect(result, 2, b"", b"NONCE")


def test_a_full_disk_is_told():
    with open("/dev/full", "wb") as full:
        result = subprocess.run([REEVE, "--help"], stdout=full,
                                stderr=subprocess.PIPE, check=False)
    assert result.returncode == 1
    assert b"cannot write" in result.stderr


# --- One shot ---

def test_a_value():
    with Running() as run:
        expect(run("AUG", "GET", FIRST), 0, b"127.0.0.1\n")
        expect(run("--raw", "AUG", "GET", FIRST), 0, b"127.0.0.1")
        expect(run("aug", "get", FIRST), 0, b"127.0.0.1\n")
        expect(run("--json", "AUG", "GET", FIRST), 0, b'"127.0.0.1"\n')


def test_session_words():
    with Running() as run:
        result = run("WHOAMI")
        expect(result, 0)
        assert b"identity: panel\n" in result.stdout
        result = run("GETINFO", "version")
        expect(result, 0)
        result = run("HELP", "AUG", "GET")
        expect(result, 0)
        assert b"AUG GET" in result.stdout
        expect(run("NOP"), 0, b"")
        expect(run("OPTION", "reason=50% off and more"), 0, b"")


def test_words_go_through_unharmed():
    texts = ["a b", "--c", "@", "%41", '"q"', "back\\slash", "caf\u00e9",
             "a'b;$HOME*", "<x", "#x", "a+b"]
    with Running({"/etc/hosts": HOSTS}) as run:
        for text in texts:
            result = run("AUG", "MATCH",
                         "/files/etc/hosts/1[ipaddr != \"%s\"]"
                         % text.replace('"', ""))
            expect(result, 0, b"/files/etc/hosts/1\n")


def test_values_there_and_back():
    """What SET takes GET gives, in one session."""
    texts = [b"a b", b"%41", b'"q"', b"--x", b"@", b"back\\slash",
             "caf\u00e9".encode(), b"tab\there", b"two\nlines", b"x" * 5000,
             b" blanks ", b"<y"]
    with Running() as run:
        for text in texts:
            escaped = "".join("%%%02X" % byte for byte in text).encode()
            script = (b"AUG SET /files/etc/hosts/1/canonical " + escaped
                      + b"\nAUG GET /files/etc/hosts/1/canonical\n"
                      b"AUG REVERT\n")
            expect(run("--raw", stdin=script), 0, text)


def test_not_found():
    with Running() as run:
        expect(run("AUG", "GET", "/files/etc/hosts/9/ipaddr"), 4, b"",
               b"reeve: AUG GET: Not found - ")
        expect(run("AUG", "GET", "/files/etc/hosts/1"), 4, b"",
               b"reeve: AUG GET: ")


def test_a_time_limit_has_units():
    with Running() as run:
        for limit in ("20", "2.5", "20000ms", "20s", "1min", "24h"):
            expect(run("--timeout", limit, "NOP"), 0, b"")


def test_forbidden_and_unknown():
    with Running() as run:
        expect(run("AUG", "GET", FIRST, identity="nobody"), 6, b"",
               b"reeve: AUG GET: Forbidden - ")
        expect(run("FROB", "x"), 1, b"", b"reeve: FROB x: ")
        expect(run("AUG", "GET", "--frob", FIRST), 1, b"", b"reeve: AUG GET")
        expect(run("A%20B"), 1, b"", b"words of letters")


def test_verbs_of_two_words():
    task = "UPID:pve1:0000006E:000455C2:6A0BB31C:vzstart:100:agent@pve!ops:"
    with Running() as run:
        for verb in (["TASK", "STATUS"], ["task", "status"], ["TASK-STATUS"]):
            name = b"PVE %s-%s: " % tuple(
                word.encode() for word in "-".join(verb).split("-"))
            expect(run("PVE", *verb, task), 1, b"",
                   b"reeve: %sConfiguration error - " % name)
            line = " ".join(["PVE", *verb, task]).encode()
            expect(run(stdin=line), 1, b"", b"line 1: " + name)
        for options in (["--limit=2"], ["--follow", "--limit=2"]):
            expect(run("PVE", "TASK", "LOG", *options, task), 1, b"",
                   b"reeve: PVE TASK-LOG: Configuration error - ")
        # What is no verb is an argument, as what follows is.
        expect(run("SERVICE", "STATUS", "STATUS", "--x"), 1, b"",
               b"reeve: SERVICE STATUS: ")


def test_a_conflict():
    with Running() as run:
        child = subprocess.Popen(
            [REEVE, "--root", run.machine.root, "--identity", "panel"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment())
        with child:
            ask(child, b"AUG SET %s 127.0.0.9\nAUG GET %s\n"
                % (FIRST.encode(), FIRST.encode()), b"127.0.0.9\n")
            run.machine.write("/etc/hosts", HOSTS + "192.0.2.9 other\n")
            out, err = child.communicate(b"AUG SAVE\n", timeout=30)
        assert child.returncode == 5, (child.returncode, out, err)
        assert b"/etc/hosts" in err
        assert "other" in run.machine.read("/etc/hosts")


def test_dry_run_changes_nothing():
    with Running() as run:
        result = run("--dry-run", stdin=b"AUG SET %s 127.0.0.9\nAUG SAVE\n"
                     % FIRST.encode())
        expect(result, 0)
        assert b"+127.0.0.9" in result.stdout
        assert run.machine.read("/etc/hosts") == HOSTS


def test_content_from_a_file():
    with Running() as run:
        run.machine.write("/value", "192.0.2.200")
        gone = b"were not saved"
        data = "--data=" + run.machine.path("/value")
        expect(run(data, "--json", "AUG", "SET", FIRST, "@"), 0, b"", gone)
        expect(run(data, "--json", "AUG", "SET", FIRST), 0, b"", gone)
        expect(run("--data=-", "--json", "AUG", "SET", FIRST,
                   stdin=b"192.0.2.201"), 0, b"", gone)
        expect(run("--data=/nonexistent/x", "AUG", "SET", FIRST), 1, b"",
               b"/nonexistent/x")


def test_json_records():
    with Running() as run:
        result = run("--json", "WHOAMI")
        expect(result, 0)
        assert json.loads(result.stdout)["identity"] == "panel"
        result = run("--json", "AUG", "GET", FIRST,
                     "/files/etc/hosts/2/ipaddr")
        records = [json.loads(line) for line in result.stdout.splitlines()]
        assert [record["value"] for record in records] \
            == ["127.0.0.1", "192.0.2.7"]


# --- Finding the server, logging in ---

def test_no_server():
    with scratch.Machine() as machine:
        expect(reeve("--root", machine.root, "NOP"), 3, b"",
               b"reeved --root " + machine.root.encode())
        expect(reeve("--root", machine.root), 3, b"", b"--spawn")
        path = machine.path("/S.dead")
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(path)
        expect(reeve("--socket", path, "NOP"), 3, b"", path.encode())


def test_the_environment_names_the_server():
    with Running() as run:
        machine = run.machine
        env = environment(REEVE_SOCKET=machine.socket, REEVE_IDENTITY="panel",
                          REEVE_KEY=machine.path("/etc/reeve/keys/panel.key"))
        expect(reeve("AUG", "GET", FIRST, env=env), 0, b"127.0.0.1\n")
        env["REEVE_SOCKET"] = env["REEVE_KEY"] = "/nonexistent/x"
        expect(reeve("--root", machine.root, "AUG", "GET", FIRST, env=env), 0,
               b"127.0.0.1\n")
        expect(reeve("AUG", "GET", FIRST, env=env), 3, b"", b"/nonexistent/x")


def test_no_key_and_a_wrong_key():
    with Running() as run:
        expect(run("NOP", identity="unheard-of"), 3, b"",
               b"reeve key new unheard-of")
        expect(run("--key", run.machine.path("/etc/reeve/keys/reader.key"),
                   "NOP"), 3, b"", b"does not take you for panel: ")
        run.machine.write("/short.key", "short\n")
        expect(run("--key", run.machine.path("/short.key"), "NOP"), 3, b"",
               b"/short.key")
        expect(run("--no-auth", "NOP"), 0, b"")
        expect(run("--no-auth", "AUG", "GET", FIRST), 3, b"", b"reeve: ")


def test_a_new_key():
    with scratch.Machine() as machine:
        os.umask(0o022)
        root = os.path.join(machine.root, "new")
        expect(reeve("key", "new", "panel", "--root", root), 1, b"",
               b"there is no directory " + root.encode())
        os.mkdir(root)
        result = reeve("key", "new", "panel", "--root", root)
        path = os.path.join(root, "etc/reeve/keys/panel.key")
        expect(result, 0, path.encode() + b"\n")
        with open(path, encoding="ascii") as file:
            key = file.read()
        assert len(key) == 65 and key.endswith("\n")
        int(key, 16)
        assert os.stat(path).st_mode & 0o777 == 0o400
        assert os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700
        assert os.stat(os.path.join(root, "etc")).st_mode & 0o777 == 0o755
        expect(reeve("--root", root, "key", "new", "panel"), 1, b"",
               b"remove it first")
        with open(path, encoding="ascii") as file:
            assert file.read() == key
        assert os.listdir(os.path.dirname(path)) == ["panel.key"]
        expect(reeve("key", "new", "x", "--root", "/dev/null"), 1, b"",
               b"cannot make /dev/null")


def test_a_new_key_opens_the_door():
    policy = "[identity fresh]\nkey = fresh.key\nallow = *\n"
    with scratch.Machine({"/etc/hosts": HOSTS}, policy=policy) as machine:
        expect(reeve("key", "new", "fresh", "--root", machine.root), 0,
               (machine.path("/etc/reeve/keys/fresh.key") + "\n").encode())
        with machine.daemon():
            expect(reeve("--root", machine.root, "--identity=fresh", "AUG",
                         "GET", FIRST), 0, b"127.0.0.1\n")


def test_spawn():
    with scratch.Machine({"/etc/hosts": HOSTS}) as machine:
        expect(reeve("--root", machine.root, "--spawn", "AUG", "GET", FIRST),
               0, b"127.0.0.1\n")
        result = reeve("--root", machine.root, "--spawn", "WHOAMI")
        expect(result, 0)
        name = b"spawner" if os.geteuid() == 0 else b"owner"
        assert b"identity: " + name in result.stdout, result.stdout
        for option in ("--identity=panel", "--key=/x"):
            expect(reeve("--spawn", option, "NOP"), 2, b"", b"leave --identity")
        expect(reeve("--root", machine.root, "--spawn",
                     "--reeved=/nonexistent/x", "NOP"), 3, b"",
               b"/nonexistent/x")
        expect(reeve("--root", machine.root, "--spawn", "--reeved=/bin/false",
                     "NOP"), 3, b"", b"/bin/false")


# --- Standard input ---

def test_edits_that_are_lost_are_told():
    with Running() as run:
        edit = ["AUG", "SET", "/files/etc/hosts/1/canonical", "here"]
        expect(run(*edit), 0, b"", b"were not saved and are gone")
        expect(run(stdin=b"AUG SET /files/etc/hosts/1/canonical here\n"), 0,
               b"", b"were not saved and are gone")
        result = run(stdin=b"AUG SET /files/etc/hosts/1/canonical here\n"
                      b"AUG SAVE\n")
        expect(result, 0, b"/etc/hosts\n")
        assert not result.stderr, result


def test_many_commands_are_one_session():
    with Running() as run:
        script = b"""
# a remark, and an empty line

  AUG SET %s 127.0.0.9
AUG GET %s
AUG SET "/files/etc/hosts/*[ipaddr = '192.0.2.7']/canonical" c.example
AUG GET /files/etc/hosts/2/canonical
GETINFO cmd_has_option AUG GET dry-run
BYE
AUG GET /files/etc/hosts/1/canonical
""" % (FIRST.encode(), FIRST.encode())
        expect(run(stdin=script), 0, b"127.0.0.9\nc.example\n")
        expect(run(stdin=b"AUG GET " + FIRST.encode()), 0, b"127.0.0.1\n")
        expect(run(stdin=b""), 0, b"")


def test_it_stops_at_the_first_error():
    script = b"AUG GET /files/etc/hosts/9\nAUG GET %s\nFROB\n" \
        % FIRST.encode()
    with Running() as run:
        expect(run(stdin=script), 4, b"", b"line 1: AUG GET: Not found")
        result = run("--keep-going", stdin=script)
        expect(result, 4, b"127.0.0.1\n", b"Not found")
        assert b"reeve: line 3: FROB: " in result.stderr


def test_here_documents():
    with Running() as run:
        run.machine.write("/etc/value file", "192.0.2.50")
        path = run.machine.path("/etc/value%20file").encode()
        script = b"""AUG SET /files/etc/hosts/1/canonical @ <<END
$HOME %%41 "x"
 END
END
AUG GET /files/etc/hosts/1/canonical
AUG SET %s <%s
AUG GET %s
AUG REVERT
""" % (FIRST.encode(), path, FIRST.encode())
        expect(run(stdin=script), 0, b'$HOME %41 "x"\n END\n192.0.2.50\n')


def test_what_is_wrong_in_a_script():
    script = b"""AUG GET "x
AUG GET %%4
AUG SET /x @
AUG SET /x @ </nonexistent/x <<END
AUG GET %s
END
AUG SET /x @ <
<<END
NOP
END
AUG SET /x @ <<
NOP\0
AUG GET %s
AUG SET /x @ <<END
AUG GET %s
""" % ((FIRST.encode(),) * 3)
    with Running() as run:
        result = run("--keep-going", stdin=script)
        expect(result, 2, b"127.0.0.1\n", b"line 1: ")
        for text in (b"line 2: ", b"line 3: an @", b"/nonexistent/x",
                     b"line 7: ", b"line 8: ", b"line 11: ", b"line 12: ",
                     b"line 14: no line \"END\""):
            assert text in result.stderr, (text, result.stderr)


def test_a_long_line_becomes_an_inquiry():
    value = b"y" * 3000
    with Running() as run:
        expect(run(stdin=b"AUG SET /files/etc/hosts/1/canonical " + value
                   + b"\nAUG GET /files/etc/hosts/1/canonical\nAUG REVERT\n"),
               0, value + b"\n")
        expect(run("--keep-going", stdin=b"AUG SET /x " + b"y" * 1200000
                   + b"\nNOP\n"), 2, b"", b"line 1: is longer")


def ask(child, request, answer):
    """A coprocess: send REQUEST, get ANSWER while the pipe stays open."""
    child.stdin.write(request)
    child.stdin.flush()
    got = b""
    deadline = time.monotonic() + 20
    while len(got) < len(answer) and time.monotonic() < deadline:
        if select.select([child.stdout], [], [], 1)[0]:
            piece = os.read(child.stdout.fileno(), 4096)
            if not piece:
                break
            got += piece
    assert got == answer, (got, answer)


def test_a_coprocess():
    with Running() as run, subprocess.Popen(
            [REEVE, "--root", run.machine.root, "--identity", "panel"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=environment()) as child:
        for _ in range(3):
            ask(child, b"AUG GET %s\n" % FIRST.encode(), b"127.0.0.1\n")
        child.stdin.close()
        assert child.wait(20) == 0


def test_nothing_is_read_ahead():
    with Running() as run:
        command = ["sh", "-c", '"$@"; cat', "sh", REEVE, "--root",
                   run.machine.root, "--identity", "panel"]
        script = b"AUG GET /files/etc/hosts/9\nrest of the input\n"
        result = subprocess.run(command, input=script, capture_output=True,
                                env=environment(), timeout=60, check=False)
        assert result.stdout == b"rest of the input\n", result
        run.machine.write("/script", script)
        with open(run.machine.path("/script"), "rb") as file:
            result = subprocess.run(command, stdin=file, timeout=60,
                                    capture_output=True, env=environment(),
                                    check=False)
        assert result.stdout == b"rest of the input\n", result


# --- respond, proxy ---

def test_respond():
    with Running() as run, run.daemon.client() as client:
        nonce = client.check("NONCE").text
        result = run("respond", stdin=nonce.encode() + b"\n")
        expect(result, 0)
        mac = assuan.mac(run.machine.key("panel"), "client", "panel", nonce,
                         "", os.geteuid(), os.geteuid())
        assert result.stdout == mac.encode() + b"\n"
        assert client.call("AUTH panel " + mac).ok
        key = run.machine.path("/etc/reeve/keys/panel.key")
        result = reeve("respond", "--identity=panel", "--client-uid=17",
                       "--server-uid=4", "--client-nonce=" + "ab" * 32, key,
                       stdin=nonce.encode())
        mac = assuan.mac(run.machine.key("panel"), "client", "panel", nonce,
                         "ab" * 32, 17, 4)
        expect(result, 0, b"ab" * 32 + b":" + mac.encode() + b"\n")


def test_proxy():
    with Running() as run:
        result = run("proxy", stdin=b"AUG GET " + FIRST.encode() + b"\nBYE\n")
        expect(result, 0)
        lines = result.stdout.splitlines()
        assert lines[0].startswith(b"OK reeve "), lines
        assert lines[1] == b"D 127.0.0.1", lines
        assert lines[-1].startswith(b"OK"), lines
        result = run("proxy", identity="unheard-of")
        expect(result, 1, None, b"reeve key new")
        assert result.stdout.startswith(b"ERR "), result.stdout


def test_proxy_on_a_given_descriptor():
    with Running() as run:
        ours, theirs = socket.socketpair()
        with theirs:
            child = subprocess.Popen(
                [REEVE, "proxy", "--root", run.machine.root,
                 "--identity=panel"], stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment(_assuan_connection_fd=str(theirs.fileno())))
        with child, assuan.Client(ours) as client:
            assert client.check("AUG GET " + FIRST).text == "127.0.0.1"
            big = b"z" * 300000
            assert client.call("AUG SET /files/etc/hosts/1/canonical @",
                               {"VALUE": big}).ok
            reply = client.check("AUG GET /files/etc/hosts/1/canonical")
            assert reply.data == big
            client.socket.close()
            assert child.wait(20) == 0


# --- A server that is not reeved ---

class Fake(threading.Thread):
    """Accept one client and answer each of its lines with the next reply."""

    def __init__(self, path, *replies):
        super().__init__(daemon=True)
        self.replies = list(replies)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.start()

    def run(self):
        client, _ = self.listener.accept()
        with client, client.makefile("rb") as lines:
            client.sendall(self.replies.pop(0))
            while self.replies and lines.readline():
                client.sendall(self.replies.pop(0))
            lines.read()
        self.listener.close()


def faked(*replies, words=("NOP",), auth=False):
    with scratch.Machine() as machine:
        path = machine.path("/S.fake")
        Fake(path, *replies)
        options = ["--identity=panel", "--key",
                   machine.path("/etc/reeve/keys/panel.key")] if auth \
            else ["--no-auth"]
        return reeve("--socket", path, "--timeout=0.5", *options, *words)


def test_refused_in_the_greeting():
    expect(faked(b"ERR 536871163 no <U> - too many clients\n"), 3, b"",
           b"too many clients")


def test_a_server_without_the_key():
    proof = b"S AUTH panel " + b"ab" * 32 + b"\nOK\n"
    nonce = b"D " + b"0" * 64 + b"\nOK\n"
    expect(faked(b"OK\n", nonce, proof, auth=True), 3, b"",
           b"did not prove")
    expect(faked(b"OK\n", nonce, b"OK\n", auth=True), 3, b"",
           b"did not prove")


def test_broken_servers():
    expect(faked(b"OK\n", b"HELLO\n"), 3, b"", b"no answer")
    expect(faked(b"OK\n", b"D " + b"x" * 1200 + b"\nOK\n"), 3, b"",
           b"more than 1000")
    expect(faked(b"OK\n"), 7, b"", b"in time")
    expect(faked(b""), 7, b"", b"in time")
    expect(faked(b"SSH-2.0-x\r\n"), 3, b"", b"no Assuan server")


def test_timeout_and_cancelled_from_the_server():
    expect(faked(b"OK\n", b"ERR 536870974 late <U> - wait\n"), 7, b"",
           b"wait")
    expect(faked(b"OK\n", b"ERR 536871011 gone <U> - ask again\n"), 7, b"",
           b"ask again")


def test_what_a_server_says_cannot_steer_the_terminal():
    result = faked(b"OK\n", b"S WARNING \x1b[31mred\n"
                   b"S DETAIL path a\\x1b[2J\n"
                   b"ERR 536870971 x <U> - \x1b]0;title\x07\n")
    expect(result, 1, b"", b"reeve: warning: \\x1b[31mred\n")
    assert b"\x1b" not in result.stderr and b"\x07" not in result.stderr
    assert b"  path: a\\x1b[2J\n" in result.stderr
    result = faked(b"OK\n", b"S DETAIL output one\\x0a\\x1b[2J\\x0a\n"
                   b"ERR 536870971 x <U> - look\n")
    expect(result, 1, b"", b"  output:\n    one\n    \\x1b[2J\n")


def test_answers_of_a_session_word():
    expect(faked(b"OK\n", b"# one\n# two\nOK\n", words=("HELP",)), 0,
           b"one\ntwo\n")
    expect(faked(b"OK\n", b"INQUIRE PASSWORD\n", b"ERR 536871189 x\n"), 1,
           b"", b"PASSWORD")


tap.main(globals())
