#!/usr/bin/env python3
# test-run.py - the same script by augtool and by AUG RUN
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""On the same tree each script must print the same lines, leave the same
bytes in all files, and fail at the same line.  As augeas' own interpreter
does, RUN ends at the first line that fails; augtool goes on behind it, so it
gets the script only up to there."""

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


class Outcome:
    """What a script printed, the number of the line that failed (0: none),
    and the texts of all files afterwards."""

    def __init__(self, printed, line, texts, notes=""):
        self.printed = printed
        self.line = line
        self.texts = texts
        self.notes = notes


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

    def run(self, script):
        """What SCRIPT printed, and the line that failed."""
        with tempfile.NamedTemporaryFile() as file:
            child = os.fork()
            if not child:
                os._exit(self.feed(script, file.name))
            status = os.waitpid(child, 0)[1]
            if os.WIFSIGNALED(status):
                raise tap.Skip("the library crashes")
            return file.read(), os.WEXITSTATUS(status)

    def feed(self, script, name):
        out = ctypes.c_void_p(self.libc.fopen(name.encode(), b"w"))
        self.c.aug_load(self.handle)
        failed = 0
        for number, line in enumerate(script.split(b"\n"), 1):
            code = self.c.aug_srun(self.handle, out, line)
            if code == -1:
                failed = number
            if code < 0:
                break
        self.libc.fclose(out)
        return failed


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

    def augtool(self, script, line):
        """By augtool, up to LINE (0: all), at which it must fail."""
        lines = script.split(b"\n")
        before = lines[:line - 1] if line else lines
        done, texts = self.call_augtool(before)
        if done.returncode:
            return Outcome(done.stdout, -1, texts, done.stderr.decode())
        if line:
            done, texts = self.call_augtool(lines[:line])
        return Outcome(done.stdout, line if done.returncode else 0, texts,
                       done.stderr.decode())

    def call_augtool(self, lines):
        self.reset()
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"\n".join(lines) + b"\n")
            file.flush()
            done = subprocess.run(
                ["augtool", "-r", self.machine.root, "-f", file.name],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, check=False)
        return done, self.texts()

    def interpreter(self, script):
        self.reset()
        printed, line = self.library.run(script)
        return Outcome(printed, line, self.texts())

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


def compare(name, script, have, want):
    """What differs, for a person."""
    wrong = []
    if have.printed != want.printed:
        wrong.append("printed: augeas %r\n  reeve %r"
                     % (want.printed, have.printed))
    if have.line != want.line:
        wrong.append("fails at line: augeas %d, reeve %d"
                     % (want.line, have.line))
    for path in sorted(set(have.texts) | set(want.texts)):
        if have.texts.get(path) != want.texts.get(path):
            wrong.append("%s: augeas %r\n  reeve %r" % (
                path, want.texts.get(path), have.texts.get(path)))
    if wrong:
        wrong += ["%r" % script, have.notes, want.notes]
    return ["%s: %s" % (name, "\n  ".join(wrong))] if wrong else []


def check(wrong):
    assert not wrong, "%d differ:\n%s" % (len(wrong), "\n".join(wrong))


def test_scripts():
    wrong, count, failed = [], 0, 0
    for name, flag, script in scripts():
        have = world().reeve(script)
        if flag == "library":
            want = world().interpreter(script)
        else:
            want = world().augtool(script, have.line)
        wrong += compare(name, script, have, want)
        count += 1
        failed += have.line != 0
    print("# %d scripts, %d of them fail" % (count, failed))
    check(wrong)
    assert count > 200 and failed > 60, (count, failed)


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
    for number in range(300):
        script = random_script(dice)
        try:
            want = world().interpreter(script)
        except tap.Skip as reason:
            print("# %s: %r" % (reason, script))
            continue
        have = world().reeve(script)
        wrong += compare("script %d" % number, script, have, want)
        failed += have.line != 0
        saved += b"Saved " in have.printed
    print("# %d fail, %d save" % (failed, saved))
    check(wrong)
    assert failed > 30 and saved > 30, (failed, saved)


if __name__ == "__main__":
    try:
        tap.main(globals())
    finally:
        if WORLD:
            WORLD.close()
