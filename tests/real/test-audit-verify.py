#!/usr/bin/env python3
# test-audit-verify.py - reeve audit verify finds each way of tampering
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import auditlog  # noqa: E402
import scratch  # noqa: E402
import tap  # noqa: E402

REEVE = scratch.program("reeve")


class Place:
    """A directory that is a machine's root."""

    def __enter__(self):
        self.root = tempfile.mkdtemp(prefix="reeve-test-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)

    def log(self, name=""):
        return os.path.join(self.root, auditlog.DIRECTORY, name)


def verify(root, *words, key=None, status=None, names=()):
    """Run it; the findings as (kind, file, line, first, last), and the
    summary."""
    read, write = os.pipe()
    os.write(write, ((key or "") + "\n").encode())
    os.close(write)
    line = [REEVE, "audit", "verify", "--json", *words]
    if root:
        line += ["--root", root]
    if key:
        line.append("--key-fd=%d" % read)
    result = subprocess.run(line + list(names), capture_output=True,
                            timeout=60, check=False, pass_fds=[read])
    os.close(read)
    shown = "%d\n%s\n%s" % (result.returncode, result.stdout.decode(),
                            result.stderr.decode())
    assert b"Sanitizer" not in result.stderr, shown
    records = [json.loads(text) for text in result.stdout.splitlines()]
    summary = records.pop() if records else {}
    found = [(record["finding"],
              os.path.basename(record.get("file", "")),
              record.get("line", 0), record.get("sequence", 0),
              record.get("last_sequence", 0)) for record in records]
    if status is None:
        status = 1 if [kind for kind, *_ in found if kind != "unsure"] else 0
    assert result.returncode == status, shown
    assert not summary or summary["findings"] == len(
        [kind for kind, *_ in found if kind != "unsure"]), shown
    return found, summary


def sample():
    """Three files, 30 records."""
    log = auditlog.Log()
    for _ in range(3):
        log.fill(10, identity="panel", reason="a \"b\" \u20ac")
        log.rotate()
    log.files.pop()
    log.first.pop()
    return log


def check(change, expected, plain=None, without=()):
    """Let CHANGE work on a copy of a sample's files; the findings with the
    key, and without it."""
    with Place() as place:
        log = sample()
        changed = log.copy()
        change(changed.files)
        changed.store(place.root, without)
        found, _ = verify(place.root, key=log.texts[0])
        assert found == expected, found
        if plain is not None:
            found, summary = verify(place.root)
            assert found == plain, found
            assert not summary["key"]


# --- All well ---

def test_all_well():
    with Place() as place:
        log = sample()
        log.store(place.root)
        found, summary = verify(place.root, key=log.texts[0])
        assert not found
        assert summary["files"] == 3 and summary["records"] == 30
        assert summary["proved"] == 30 and summary["end"] == "reached"
        assert (summary["first"], summary["last"]) == (1, 30)
        found, summary = verify(place.root)
        assert not found and summary["proved"] == 0 and not summary["key"]


def test_the_words():
    with Place() as place:
        log = sample()
        log.append("missed", count=3)
        log.append("aborted", verb="AUG SAVE")
        log.append("missed", count=1)
        log.store(place.root)
        result = subprocess.run([REEVE, "audit", "verify", "--root",
                                 place.root], capture_output=True, check=False)
        text = result.stdout.decode()
        assert result.returncode == 0 and not result.stderr, result
        assert "3 files, 33 records (1 to 33)" in text
        assert "without the key" in text
        assert "events: 2 missed, 1 aborted\n" in text
        assert "the log reaches the end that the machine knows" in text
        assert text.endswith("all well\n")
        os.unlink(os.path.join(place.root, auditlog.STATE))
        result = subprocess.run([REEVE, "audit", "verify", "--root",
                                 place.root], capture_output=True, check=False)
        text = result.stdout.decode()
        assert result.returncode == 1, result
        assert "a cut-off end cannot be seen" in text
        assert "(audit.key) is gone" in text
        log.files[1][4] = log.files[1][4].replace(b"panel", b"panfl")
        log.store(place.root)
        result = subprocess.run([REEVE, "audit", "verify", "--root",
                                 place.root], capture_output=True, check=False)
        text = result.stdout.decode()
        assert result.returncode == 1
        assert "audit.jsonl.11-20:5: record 15: changed: " in text
        assert text.endswith("NOT WELL: 1 finding\n")


def test_a_key_from_the_middle():
    with Place() as place:
        log = auditlog.Log()
        log.fill(7)
        later = "8:" + log.key.hex()
        log.fill(13)
        log.store(place.root)
        found, summary = verify(place.root, key=later)
        assert not found and summary["proved"] == 13
        log.files[0][3] = log.files[0][3].replace(b"ok", b"no")
        log.store(place.root)
        found, _ = verify(place.root, key=later)
        assert found == [("changed", "audit.jsonl", 4, 4, 4)], found


def test_two_keys():
    with Place() as place:
        log = auditlog.Log()
        log.fill(5)
        log.rekey()
        log.fill(5)
        log.store(place.root)
        both = "\n".join(log.texts)
        found, summary = verify(place.root, key=both)
        assert not found and summary["proved"] == 11, found
        assert summary["events"]["rekey"] == 1
        assert summary["end"] == "reached"
        found, summary = verify(place.root, key=log.texts[0])
        assert found == [("rekey", "audit.jsonl", 6, 6, 6)], found
        assert summary["proved"] == 6
        found, summary = verify(place.root, key=log.texts[1])
        assert not found and summary["proved"] == 5, found
        # A change behind the new key needs that one's text.
        log.files[0][8] = re.sub(
            rb'"mac":"(..)',
            lambda old: b'"mac":"' + (b"ff" if old[1] == b"00" else b"00"),
            log.files[0][8])
        log.store(place.root)
        found, _ = verify(place.root, key=both)
        assert found == [("changed", "audit.jsonl", 9, 9, 9)], found


def test_a_wrong_key():
    with Place() as place:
        log = sample()
        log.store(place.root)
        found, _ = verify(place.root, key="1:" + "ab" * 32)
        assert found == [
            ("changed", "audit.jsonl.1-10", 1, 1, 10),
            ("changed", "audit.jsonl.11-20", 1, 11, 20),
            ("changed", "audit.jsonl", 1, 21, 30),
            ("state", "audit.jsonl", 0, 30, 30),
            ("key", "", 0, 0, 0)], found


def test_no_key_text():
    with Place() as place:
        sample().store(place.root)
        for text in ("frob", "1:" + "ab" * 31, "0:" + "ab" * 32,
                     "2:" + "ab" * 32 + "\n1:" + "ab" * 32, "x" * 5000,
                     "1:" + "AB" * 32):
            verify(place.root, key=text, status=2)
        verify(place.root, "--key-fd=99", status=2)
        verify(place.root, "--key-fd=x", status=2)


# --- Tampering ---

def test_changed_content():
    def change(files):
        files[1][4] = files[1][4].replace(b"panel", b"evil!")
    check(change, [("changed", "audit.jsonl.11-20", 5, 15, 15)],
          [("changed", "audit.jsonl.11-20", 5, 15, 15)])


def test_each_byte():
    """Whatever byte of a record is changed, that record is named."""
    with Place() as place:
        log = auditlog.Log()
        log.fill(3)
        good = log.files[0][1]
        for at in range(len(good)):
            log.files[0][1] = good[:at] + bytes([good[at] ^ 1]) \
                + good[at + 1:]
            log.store(place.root)
            found, _ = verify(place.root, key=log.texts[0])
            assert found and any(line == 2 or (kind == "missing" and first == 2)
                                 for kind, _, line, first, _ in found), \
                (at, found)
            found, _ = verify(place.root)
            assert len(good) - 67 <= at < len(good) - 3 or found, at


def test_rewritten_hash():
    """A new hash that fits the content, but not the mac."""
    def change(files):
        lines = files[1]
        body = lines[4][:-149].replace(b"panel", b"evil!")
        before = bytes.fromhex(lines[3][-140:-76].decode())
        digest = hashlib.sha256(before + body).hexdigest().encode()
        lines[4] = body + b',"hash":"' + digest + lines[4][-76:]
    check(change, [("changed", "audit.jsonl.11-20", 5, 15, 15),
                   ("unsure", "audit.jsonl.11-20", 6, 16, 16)],
          [("changed", "audit.jsonl.11-20", 6, 16, 16)])


def test_all_written_anew():
    """Without the key a new chain cannot be told from the old one, unless the
    machine's state is there."""
    with Place() as place:
        log = sample()
        other = auditlog.Log()
        other.fill(30, identity="evil")
        other.store(place.root)
        state = os.path.join(place.root, auditlog.STATE)
        os.unlink(state)
        gone = ("state", "", 0, 0, 0)
        found, summary = verify(place.root)
        assert found == [gone] and summary["end"] == "unknown"
        found, _ = verify(place.root, key=log.texts[0])
        assert found == [("changed", "audit.jsonl", 1, 1, 30),
                         ("key", "", 0, 0, 0), gone], found
        with open(state, "wb") as file:
            file.write(log.state())
        found, _ = verify(place.root)
        assert found == [("state", "audit.jsonl", 0, 30, 30)], found


def test_rewritten_end():
    """Whoever has the machine now has its key, but none of those before."""
    with Place() as place:
        log = auditlog.Log()
        log.fill(20)
        changed = log.copy()
        changed.files[0] = changed.files[0][:10]
        changed.sequence = 10
        changed.hash = bytes.fromhex(
            changed.files[0][-1][-140:-76].decode())
        changed.fill(10)
        changed.store(place.root)
        found, _ = verify(place.root, key=log.texts[0])
        assert found[0] == ("changed", "audit.jsonl", 11, 11, 20), found
        assert ("state", "audit.jsonl", 0, 20, 20) in found


def test_removed():
    def change(files):
        del files[1][4]
    check(change, [("unsure", "audit.jsonl.11-20", 5, 16, 16),
                   ("missing", "audit.jsonl.11-20", 5, 15, 15)],
          [("unsure", "audit.jsonl.11-20", 5, 16, 16),
           ("missing", "audit.jsonl.11-20", 5, 15, 15)])


def test_removed_at_the_seam():
    def change(files):
        del files[0][8:]
        del files[1][:2]
    check(change, [("unsure", "audit.jsonl.11-20", 1, 13, 13),
                   ("missing", "audit.jsonl.11-20", 1, 9, 12)])


def test_inserted():
    line = auditlog.sealed(b'{"sequence":15,"event":"call"', bytes(32),
                           bytes(32))[0]

    def change(files):
        files[1].insert(4, line)
    check(change, [("changed", "audit.jsonl.11-20", 5, 15, 15)])

    def far(files):
        files[1].insert(4, line.replace(b":15", b":4000"))
    check(far, [("changed", "audit.jsonl.11-20", 5, 4000, 4000)],
          [("unsure", "audit.jsonl.11-20", 5, 4000, 4000),
           ("inserted", "audit.jsonl.11-20", 5, 4000, 4000)])

    def too_far(files):
        files[1].insert(4, line.replace(b":15", b":%d" % (2 ** 63)))
    check(too_far, [("changed", "audit.jsonl.11-20", 5, 2 ** 63, 2 ** 63)])


def test_duplicated():
    def change(files):
        files[1].insert(5, files[1][4])
    check(change, [("repeated", "audit.jsonl.11-20", 6, 15, 15)],
          [("repeated", "audit.jsonl.11-20", 6, 15, 15)])


def test_replayed():
    def change(files):
        files[2] += files[0][2:5]
    check(change, [("repeated", "audit.jsonl", 11, 3, 5)],
          [("repeated", "audit.jsonl", 11, 3, 5)])


def test_swapped():
    def change(files):
        files[1][4:6] = files[1][5], files[1][4]
    check(change, [("unsure", "audit.jsonl.11-20", 5, 16, 16),
                   ("moved", "audit.jsonl.11-20", 6, 15, 15)])


def test_moved_far():
    def change(files):
        files[2].append(files[0].pop(3))
    check(change, [("unsure", "audit.jsonl.1-10", 4, 5, 5),
                   ("moved", "audit.jsonl", 11, 4, 4)])


def test_cut_off():
    def change(files):
        del files[2][7:]
    check(change, [("cut-off", "audit.jsonl", 0, 28, 30)],
          [("cut-off", "audit.jsonl", 0, 28, 30)])


def test_cut_off_in_a_line():
    def change(files):
        files[2][-1] = files[2][-1][:-1]
    check(change, [("cut-off", "audit.jsonl", 10, 0, 0)],
          [("cut-off", "audit.jsonl", 10, 0, 0)])


def test_an_empty_log():
    def change(files):
        for lines in files:
            del lines[:]
    check(change, [("cut-off", "audit.jsonl", 0, 1, 30)])


def test_a_file_is_gone():
    def nothing(_):
        pass
    check(nothing, [("unsure", "audit.jsonl", 1, 21, 21),
                    ("missing", "audit.jsonl", 1, 11, 20)],
          [("unsure", "audit.jsonl", 1, 21, 21),
           ("missing", "audit.jsonl", 1, 11, 20)], without=[1])
    check(nothing, [("missing", "audit.jsonl.11-20", 1, 1, 10)], without=[0])
    check(nothing, [("cut-off", "audit.jsonl.11-20", 0, 21, 30)], without=[2])
    with Place() as place:
        sample().store(place.root, without=[2])
        os.unlink(os.path.join(place.root, auditlog.STATE))
        _, summary = verify(place.root, status=1)
        assert summary["end"] == "unknown"
        sample().store(place.root, without=[0, 1, 2], state=False)
        verify(place.root, status=4)


def test_an_older_state():
    """The state is put back with the log: who knows the initial key sees a
    log that ends early only by what it misses; the state's key still must
    follow."""
    with Place() as place:
        log = auditlog.Log()
        log.fill(5)
        old = log.copy()
        old.key = bytes(32)
        old.store(place.root)
        found, _ = verify(place.root, key=log.texts[0])
        assert found == [("state", "audit.jsonl", 0, 5, 5)], found


# --- Hostile files ---

def test_no_records():
    with Place() as place:
        log = auditlog.Log()
        log.fill(3)
        for junk in (b"\n", b"{}\n", b"\0" * 300 + b"\n", b"\xff" * 300 + b"\n",
                     b"[" * 100000 + b"\n",
                     b'{"sequence":' + b"9" * 200 + b"\n"):
            changed = log.copy()
            changed.files[0].insert(1, junk)
            changed.store(place.root)
            found, _ = verify(place.root, key=log.texts[0])
            assert found == [("unreadable", "audit.jsonl", 2, 0, 0)], found
            changed.files[0][1:3] = [junk]
            changed.store(place.root)
            found, _ = verify(place.root, key=log.texts[0])
            assert found == [("unreadable", "audit.jsonl", 2, 0, 0),
                             ("unsure", "audit.jsonl", 3, 3, 3)], found


def test_a_line_without_end():
    with Place() as place:
        log = auditlog.Log()
        log.fill(2)
        log.files[0].insert(1, b"x" * (20 << 20) + b"\n")
        log.store(place.root)
        found, _ = verify(place.root, key=log.texts[0])
        assert found == [("unreadable", "audit.jsonl", 2, 0, 0)], found


def test_many_strangers():
    """Numbers far ahead cost work; there is a limit to that."""
    with Place() as place:
        log = auditlog.Log()
        log.fill(2)
        line = auditlog.sealed(b'{"sequence":4000000,"event":"call"',
                               bytes(32), bytes(32))[0]
        log.files[0][1:1] = [line] * 2000
        log.store(place.root)
        found, summary = verify(place.root, key=log.texts[0])
        assert {kind for kind, *_ in found} == {"changed"}, found[:5]
        assert summary["proved"] == 2


# --- Files that are named ---

def test_named_files():
    with Place() as place:
        log = sample()
        log.store(place.root)
        names = [place.log(name) for name in reversed(log.names())]
        found, summary = verify(None, key=log.texts[0], names=names)
        assert not found and summary["end"] == "unknown"
        assert summary["proved"] == 30
        state = os.path.join(place.root, auditlog.STATE)
        found, summary = verify(None, "--state=" + state, key=log.texts[0],
                                names=names)
        assert not found and summary["end"] == "reached"
        found, summary = verify(None, key=log.texts[0], names=names[:2])
        assert not found and summary["proved"] == 20
        found, _ = verify(None, names=[names[2], names[0]])
        assert ("missing", "audit.jsonl", 1, 11, 20) in found, found


def test_files_that_are_not_there():
    with Place() as place:
        verify(place.root, status=4)
        verify(None, status=4, names=[place.log("audit.jsonl")])
        verify(None, status=1, names=[place.root])
        sample().store(place.root)
        verify(place.root, "--state=" + place.log("none"), status=1)
        verify(place.root, "--state=" + place.log("audit.jsonl"), status=1)
        if os.geteuid():
            os.chmod(place.log(), 0)
            verify(place.root, status=6)
            os.chmod(place.log(), 0o700)


def test_wrong_words():
    for words in (["audit", "init", "x"],
                  ["audit", "verify", "--key-fd=x"]):
        result = subprocess.run([REEVE, *words], capture_output=True,
                                check=False)
        assert result.returncode == 2 and b"--help" in result.stderr


# --- init ---

def test_init_shows_the_key():
    with Place() as place:
        program = os.path.join(place.root, "reeved")
        text = "1:" + "ab" * 32
        with open(program, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n[ \"$*\" = \"--root %s --audit-init\" ]"
                       " && echo %s\n" % (place.root, text))
        os.chmod(program, 0o755)
        line = [REEVE, "audit", "init", "--reeved", program, "--root"]
        result = subprocess.run(line + [place.root], capture_output=True,
                                check=False)
        assert result.returncode == 0, result
        assert result.stdout == (text + "\n").encode()
        assert b"--key-fd" in result.stderr
        result = subprocess.run(line + ["/"], capture_output=True, check=False)
        assert result.returncode == 1 and not result.stdout, result
        with open(program, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\necho frob\n")
        result = subprocess.run(line + [place.root], capture_output=True,
                                check=False)
        assert result.returncode == 1 and not result.stdout, result


if __name__ == "__main__":
    tap.main(globals())
