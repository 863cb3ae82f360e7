#!/usr/bin/env python3
# test-run.py - the same script by augtool and by AUG RUN
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""On the same tree each script must print the same lines, leave the same
bytes in all files, and fail at the same line.  As augeas' own interpreter
does, RUN ends at the first line that fails; augtool goes on behind it, so it
gets the script only up to there.  A save that fails writes nothing here, and
is left out there."""

import ctypes
import ctypes.util
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
import scratch  # noqa: E402
import tap  # noqa: E402
import trees  # noqa: E402


# Of these augeas' interpreter does not notice that they failed, or loses what
# they edited; here they are errors.
STRICT = {"defnode", "defvar", "ins", "insert", "retrieve", "save", "store"}


class Outcome:
    """What a script printed, the number of the line that failed (0: none),
    and the texts of all files afterwards."""

    def __init__(self, printed, line, texts, notes="", crashed=False):
        self.printed = printed
        self.line = line
        self.texts = texts
        self.notes = notes
        self.crashed = crashed


class Library:
    """augeas' own interpreter, fed line by line as augtool feeds it.  It is
    set up once; each script runs in a child."""

    def __init__(self, root):
        self.c = ctypes.CDLL(ctypes.util.find_library("augeas")
                             or "libaugeas.so.0")
        self.libc = ctypes.CDLL(None)
        self.c.aug_init.restype = ctypes.c_void_p
        self.libc.fopen.restype = ctypes.c_void_p
        self.handle = ctypes.c_void_p(
            self.c.aug_init(os.fsencode(root), None, 1 << 5))

    def run(self, script, load=True):
        """What SCRIPT printed, the line that failed, and whether by a crash
        of the library."""
        with tempfile.NamedTemporaryFile() as file:
            reader, writer = os.pipe()
            child = os.fork()
            if not child:
                os._exit(self.feed(script, file.name, writer, load))
            os.close(writer)
            with os.fdopen(reader, "rb") as begun:
                lines = len(begun.read())
            status = os.waitpid(child, 0)[1]
            crashed = os.WIFSIGNALED(status)
            failed = crashed or os.WEXITSTATUS(status) != 0
            return file.read(), lines if failed else 0, crashed

    def feed(self, script, name, begun, load):
        """A byte to BEGUN tells each line."""
        out = ctypes.c_void_p(self.libc.fopen(name.encode(), b"w"))
        if load:
            self.c.aug_load(self.handle)
        code = 0
        for line in script.split(b"\n"):
            os.write(begun, b".")
            code = self.c.aug_srun(self.handle, out, line)
            if code < 0:
                break
        self.libc.fclose(out)
        return 1 if code == -1 else 0


class World:
    """One tree, on which one after the other plays."""

    def __init__(self):
        self.machine = scratch.Machine(trees.FILES)
        self.daemon = self.machine.daemon()
        self.library = Library(self.machine.root)

    def reset(self):
        """All files anew, and in the same order of their directories."""
        for name in os.listdir(self.machine.path("/etc")):
            if name != "reeve":
                path = self.machine.path("/etc/" + name)
                (shutil.rmtree if os.path.isdir(path) else os.remove)(path)
        shutil.rmtree(self.machine.path("/boot"), ignore_errors=True)
        for path, text in trees.FILES.items():
            self.machine.write(path, text)

    def texts(self):
        texts = trees.texts(self.machine)
        texts["menu.lst"] = self.machine.read("/boot/grub/menu.lst")
        return texts

    def reeve(self, script, options=""):
        self.reset()
        client = self.daemon.client("panel")
        reply = client.call("AUG RUN %s @" % options, {"SCRIPT": script})
        client.close()
        printed = b"".join(trees.unescape(line) + b"\n"
                           for line in reply.data.splitlines())
        line = 0
        if not reply.ok:
            line = int(reply.details["line"])
            assert reply.advice.startswith("line %d: " % line), reply.advice
        return Outcome(printed, line, self.texts(), reply.verdict)

    def augtool(self, script):
        self.reset()
        with tempfile.NamedTemporaryFile() as file:
            file.write(script)
            file.flush()
            done = subprocess.run(
                ["augtool", "-r", self.machine.root, "-f", file.name],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, check=False)
        printed = done.stdout.replace(self.machine.root.encode(), b"")
        return Outcome(printed, done.returncode != 0, self.texts(),
                       done.stderr.decode())

    def interpreter(self, script):
        self.reset()
        script = script.replace(b"\r\n", b"\n")
        printed, line, crashed = self.library.run(script)
        return Outcome(printed, line, self.texts(), crashed=crashed)

    def close(self):
        self.daemon.stop()
        self.machine.remove()


WORLD = None


def world():
    global WORLD
    trees.need_augtool()
    if WORLD is None:
        WORLD = World()
    return WORLD


def scripts():
    """The hand-written ones: (name, flag, bytes)."""
    with open(os.path.join(HERE, "run-scripts.txt"),
              encoding="utf-8") as file:
        parts = re.split(r"(?m)^== (.*?)(?: \[(\w+)\])?\n", file.read())[1:]
    for name, flag, text in zip(parts[::3], parts[1::3], parts[2::3]):
        if flag == "crlf":
            text = text.replace("\n", "\r\n")
        yield name, flag, text.encode()


def differences(have, want):
    """What differs, for a person."""
    wrong = []
    if have.printed != want.printed:
        wrong.append("printed: augeas %r\n  reeve %r"
                     % (want.printed, have.printed))
    for path in sorted(set(have.texts) | set(want.texts)):
        if have.texts.get(path) != want.texts.get(path):
            wrong.append("%s: augeas %r\n  reeve %r" % (
                path, want.texts.get(path), have.texts.get(path)))
    return wrong


def is_strict(lines, number):
    """Whether line NUMBER is one that may fail with reeve alone."""
    name = lines[number - 1].replace(b"'", b"").split()[0].decode()
    return (name in STRICT
            and not world().interpreter(b"\n".join(lines[:number])).line)


def compare(name, script, play=None):
    """Run SCRIPT with reeve and by PLAY (which takes its time: a third of those
    that fail must do) or else the interpreter; what differs, and reeve's
    outcome (None if the library falls over the script: so would reeve's
    worker, and few of its deaths are forgiven)."""
    whole = world().interpreter(script)
    if whole.crashed:
        print("# the library crashes: %r" % script)
        return [], None
    have = world().reeve(script)
    lines = script.split(b"\n")
    failed = whole.line
    wrong, strict, shown = [], False, script
    if have.line:
        is_save = lines[have.line - 1].strip() == b"save"
        strict = failed != have.line and is_strict(lines, have.line)
        shown = b"\n".join(lines[:have.line - is_save]) + b"\n"
        strict = strict or is_save
    if failed != have.line and not strict:
        wrong.append("fails at line: augeas %d, reeve %d"
                     % (failed, have.line))
    if play and (not failed or len(name) % 3 == 0):
        want = play(shown)
    elif shown == script or failed == have.line and not strict:
        want = whole
    else:
        want = world().interpreter(shown)
    if bool(want.line) != bool(have.line and not strict):
        wrong.append("augeas fails: %s" % want.line)
    wrong += differences(have, want)
    if wrong:
        wrong += ["%r" % script, have.notes, want.notes]
        wrong = ["%s: %s" % (name, "\n  ".join(wrong))]
    return wrong, have


def check(wrong):
    assert not wrong, "%d differ:\n%s" % (len(wrong), "\n".join(wrong))


def test_scripts():
    wrong, count, failed = [], 0, 0
    for name, flag, script in scripts():
        differ, have = compare(name, script,
                               None if flag == "library"
                               else world().augtool)
        wrong += differ
        count += 1
        failed += bool(have and have.line)
    print("# %d scripts, %d of them fail" % (count, failed))
    check(wrong)
    assert count > 200 and failed > 60, (count, failed)


def test_spans_are_always_known():
    """augtool wants them to be enabled before files are loaded."""
    script = b"span /files/etc/hosts/1\n"
    enable = b"set /augeas/span enable\nrm /files\nload\n"
    want = world().augtool(enable + script).printed.splitlines()[-1]
    assert world().augtool(script).line
    assert world().reeve(script).printed == want + b"\n"


def test_files_that_do_not_parse():
    """Who names one is told; augeas has no nodes for it."""
    script = b"get /files/etc/cron.d/broken/entry\n"
    have = world().reeve(script)
    assert have.line == 1 and " Bad data " in have.notes, have.notes
    assert world().augtool(script).printed.endswith(b" (o)\n")


def test_other_ways_to_save():
    """A script that wants no file to be overwritten must not overwrite."""
    for mode in ("noop", "newfile", "backup"):
        script = b"set /augeas/save %s\nset /files/etc/hostname/hostname x" \
                 b"\nsave\n" % mode.encode()
        have = world().reeve(script)
        assert have.line == 3 and " Not supported " in have.notes, have.notes
        assert have.texts["/etc/hostname"] == "gate\n"


def test_nodes_outside_of_files():
    """No lens would write them, so they must be gone before a save; but
    those that hold texts are known to be for no file."""
    script = b"set /text/in x\nset /files/etc/hostname/hostname x\nsave\n"
    have = world().reeve(script)
    assert have.line == 3 and " Not supported " in have.notes, have.notes
    script = script.replace(b"save", b"rm /text\nsave")
    assert not compare("nodes", script, world().augtool)[0]
    script = b"set /text/in \"192.0.2.9 nine\\n\"\n" \
             b"store Hosts.lns /text/in /text/tree\n" \
             b"set /text/tree/1/alias n\n" \
             b"retrieve Hosts.lns /text/in /text/tree /out\n" \
             b"set /files/etc/hostname/hostname x\nget /out\nsave\n"
    assert not compare("texts", script, world().augtool)[0]


# --- Random scripts ---

NODES = ["/files/etc/hosts/1", "/files/etc/hosts/2", "/files/etc/hosts/01",
         "/files/etc/hosts/*", "/files/etc/hosts/*[alias]",
         "/files/etc/hosts/1/ipaddr", "/files/etc/hosts/2/alias[1]",
         "/files/etc/hosts/*[ipaddr = '::1']/canonical",
         "/files/etc/hosts/*[last()]", "/files/etc/hosts",
         "/files/etc/fstab/1", "/files/etc/fstab/*[spec]",
         "/files/etc/fstab/*[vfstype = \"swap\"]/opt",
         "/files/etc/fstab/1/opt[last()+1]", "/files/etc/hostname/hostname",
         "/files/etc/sysctl.conf/kernel.x", "/files/etc/sysctl.d/b.conf",
         "/files/etc/ssh/sshd_config/Port", "/files/etc/passwd/www/shell",
         "etc/group/adm/user[last()]", "$v", "$v/alias", "$v[1]",
         "/files/etc/hosts/1[", "/files/etc/none/x"]
VALUES = ["x", "127.0.0.9", "22", "'a b'", "\"a\\\"b\"", "''", "a\\ b",
          "ext4", "no", "/bin/sh", "a=b", "\\\\"]
FORMS = ["get %n", "label %n", "match %n", "match %n %v", "count %n",
         "ls %n", "print %n", "source %n", "set %n %v", "set %n %v",
         "set %n %v", "set %n", "setm %n canonical %v", "setm %n . %v",
         "setm %n opt %v", "clear %n", "clearm %n alias", "touch %n",
         "ins 03 before %n", "ins alias after %n", "rm %n", "rm %n",
         "mv %n %n", "cp %n %n", "cp %n /files/etc/hosts/9",
         "rename %n alias", "defvar v %n", "defvar v %n", "defnode v %n %v",
         "save", "save", "load", "# %n"]


def random_script(dice):
    lines = ["defvar v /files/etc/hosts/*"]
    for _ in range(dice.randrange(2, 9)):
        line = dice.choice(FORMS)
        while "%n" in line:
            line = line.replace("%n", dice.choice(NODES[:-2]
                                                  if dice.random() < 0.97
                                                  else NODES), 1)
        line = line.replace("%v", dice.choice(VALUES))
        if dice.random() < 0.02:
            line = line[:dice.randrange(len(line))]
        lines.append(line)
    if dice.random() < 0.7:
        lines.append("save")
    return "\n".join(lines).encode() + b"\n"


def test_random_scripts():
    dice = random.Random(17)
    wrong, failed, saved = [], 0, 0
    for number in range(200):
        differ, have = compare("script %d" % number, random_script(dice))
        wrong += differ
        failed += bool(have and have.line)
        saved += bool(have and b"Saved " in have.printed)
    print("# %d fail, %d save" % (failed, saved))
    check(wrong)
    assert failed > 30 and saved > 10, (failed, saved)


PIECES = ["'", '"', "\\", " ", "\t", "[", "]", "/", "=", "a", "n", "t", "b.c",
          "\\'", '\\"', "\\\\", "\\ ", "\\[", "\\]", "\\n", "\\t", "' '", "|",
          "#", "\\(", "(", ")", "!", ",", "  ", "ä"]


def test_random_quoting():
    """Words of all kinds, as a value and as the end of a path; no file is
    needed."""
    dice = random.Random(23)
    wrong, failed = [], 0
    client = world().daemon.client("panel")
    for _ in range(800):
        word = "".join(dice.choice(PIECES)
                       for _ in range(dice.randrange(1, 7)))
        form = dice.choice(["set /x %s\nget /x", "set /x\nget /x%s",
                            "get %s", "set /x '%s'\nget /x",
                            "set /x y\nmatch \"/x[. = '%s']\"",
                            "match /x %s", "%s"])
        script = (form % word).encode()
        printed, line, crashed = world().library.run(script, load=False)
        if crashed:
            continue
        reply = client.call("AUG RUN @", {"SCRIPT": script})
        have = int(reply.details["line"]) if not reply.ok else 0
        text = b"".join(trees.unescape(item) + b"\n"
                        for item in reply.data.split(b"\n")[:-1])
        if (text, have) != (printed, line):
            wrong.append("%r\n  augeas %r %d\n  reeve %r %d %s"
                         % (script, printed, line, text, have,
                            reply.verdict))
        failed += have != 0
        client.check("AUG REVERT")
    client.close()
    print("# %d of 800 fail" % failed)
    check(wrong)
    assert 100 < failed < 700, failed


if __name__ == "__main__":
    try:
        tap.main(globals())
    finally:
        if WORLD:
            WORLD.close()
