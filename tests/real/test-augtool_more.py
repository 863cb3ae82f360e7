#!/usr/bin/env python3
# test-augtool_more.py - texts, places and transforms as libaugeas has them
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What test-augtool.py does for expressions and edits, for the rest: where
nodes stand in which file, texts in nodes, and which lens reads what."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import scratch  # noqa: E402
import tap  # noqa: E402
import trees  # noqa: E402
from library import SPANS, Augeas, Reeve  # noqa: E402

# Globs of some lenses begin with it; reeve takes it for root's.
os.environ["HOME"] = "/root"

MORE = {
    "/srv/a.hosts": "192.0.2.7 gate.example gate\n",
    "/srv/b.hosts": "192.0.2.8 door.example\n",
    "/srv/lines": "one\ntwo\n",
    "/srv/deep/er/c.hosts": "192.0.2.9 wall.example\n",
    "/srv/broken.hosts": "no hosts file\n",
}


class Pair:
    """One tree, or two alike, for augeas and for reeve."""

    def __init__(self, flags=0):
        files = dict(trees.FILES, **MORE)
        self.machine = scratch.Machine(files)
        self.daemon = self.machine.daemon()
        self.theirs = Augeas(self.machine.root, flags)
        self.client = self.daemon.client("panel")
        self.ours = Reeve(self.client)
        self.wrong = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.client.close()
        self.theirs.close()
        self.daemon.stop()
        self.machine.remove()
        if kind is None:
            assert not self.wrong, "%d differ:\n%s" % (
                len(self.wrong), "\n".join(self.wrong[:20]))

    def same(self, what, want, have):
        if isinstance(want, bytes) and isinstance(have, bytes):
            want, have = want.splitlines(), have.splitlines()
            if want != have:
                want, have = ([line for line in want if line not in have],
                              [line for line in have if line not in want])
                self.wrong.append("%s:\n  augeas %.900r\n  reeve  %.900r"
                                  % (what, want, have))
        elif want != have:
            self.wrong.append("%s:\n  augeas %.300r\n  reeve  %.300r"
                              % (what, want, have))

    def both(self, function, verb, *arguments):
        """Do an edit on both sides."""
        want = self.theirs.do(function, *arguments)
        # What its lens refuses is no error to the library, only noted.
        if want == "INV_OP" and function in ("store", "retrieve"):
            want = "BAD_DATA"
        have = self.ours.ask(verb, *arguments)
        if isinstance(have, bytes):
            have = int(have) if have else 0
        self.same("%s %r" % (verb, arguments), want, have)

    def print(self, *paths):
        for path in paths:
            self.same("PRINT " + path, self.theirs.print(path),
                      self.ours.print(path))

    def spans(self, *paths):
        root = os.fsencode(self.machine.root)
        for path in paths:
            want = self.theirs.span(path)
            if isinstance(want, list) and want[0].startswith(root):
                want[0] = want[0][len(root):]
            self.same("SPAN " + path, want, self.ours.span(path))


def test_spans():
    with Pair(SPANS) as pair:
        nodes = [node.decode() for node in pair.theirs.match("/files//*")]
        assert len(nodes) > 100
        pair.spans(*nodes)
        pair.spans("/files", "/files/etc", "/files/etc/none", "/augeas",
                   "/files/etc/hosts/*", "/files/etc/hosts/[",
                   "/files/etc/hosts/1/ipaddr | /files/etc/hosts/2/ipaddr",
                   "etc/hosts/1", "/augeas/files/etc/hosts/path", "$nothing")


def test_spans_after_edits():
    with Pair(SPANS) as pair:
        pair.both("set", "SET", "/files/etc/hosts/1/canonical", "longer.name")
        pair.both("set", "SET", "/files/etc/hosts/1/alias", "new")
        pair.both("rm", "REMOVE", "/files/etc/hosts/#comment")
        pair.both("mv", "MOVE", "/files/etc/fstab/1", "/files/etc/fstab/9")
        pair.both("cp", "COPY", "/files/etc/passwd/www",
                  "/files/etc/passwd/web")
        pair.both("rename", "RENAME", "/files/etc/group/adm", "amd")
        for top in ("hosts", "fstab", "passwd", "group"):
            nodes = pair.theirs.match("/files/etc/%s//*" % top)
            pair.spans(*[node.decode() for node in nodes])
        pair.both("set", "SET", "/text", "192.0.2.1 one\n192.0.2.2 two\n")
        pair.both("store", "STORE", "Hosts.lns", "/text", "/tree")
        pair.spans("/tree", "/tree/1", "/tree/2/canonical", "/tree/3")


def test_sources():
    with Pair() as pair:
        nodes = [node.decode() for node in pair.theirs.match("/files//*")]
        nodes += ["/files", "/files/etc/none", "/files/etc/hosts/*",
                  "/files/etc/hosts/[", "etc/hosts/1", "/augeas/version",
                  "/augeas/files/etc/hosts", "/augeas/files/etc/hosts/path",
                  "/augeas/files/etc", "/augeas/files/etc/cron.d/broken/error",
                  "$nothing", "/"]
        for path in nodes:
            pair.same("SOURCE " + path, pair.theirs.source(path),
                      pair.ours.source(path))


def test_texts_in_nodes():
    with Pair() as pair:
        text = "# first\n192.0.2.1   one  uno\n\n192.0.2.2 two\n"
        pair.both("set", "SET", "/text", text)
        for path in ("/tree", "/files/etc/hosts", "/a/b/c", "/tree/1"):
            pair.both("store", "STORE", "Hosts.lns", "/text", path)
            pair.print(path, "/text")
            pair.both("retrieve", "RETRIEVE", "Hosts.lns", "/text", path,
                      "/out")
            pair.print("/out")
        pair.both("set", "SET", "/tree/2/alias[last()+1]", "new")
        pair.both("rm", "REMOVE", "/a/b/c/1")
        for path in ("/tree", "/a/b/c", "/nothing"):
            pair.both("retrieve", "RETRIEVE", "Hosts.lns", "/text", path,
                      "/out/x")
            pair.print("/out")
        pair.both("store", "STORE", "Hosts.lns", "/nothing", "/tree")
        pair.both("store", "STORE", "Hosts.lns", "/text[", "/tree")
        pair.both("store", "STORE", "Hosts.lns", "/text", "/tree[")
        pair.both("retrieve", "RETRIEVE", "Hosts.lns", "/nothing", "/tree",
                  "/out")
        pair.both("retrieve", "RETRIEVE", "Hosts.lns", "/text", "/tree", "/[")
        pair.both("store", "STORE", "Nothing.lns", "/text", "/tree")
        pair.both("retrieve", "RETRIEVE", "Nothing.lns", "/text", "/tree",
                  "/out")
        pair.print("/tree", "/a", "/text", "/out", "/files/etc/hosts")


def test_texts_that_do_not_parse():
    """augeas only notes it; reeve says so, with the same line."""
    with Pair() as pair:
        pair.both("set", "SET", "/text", "192.0.2.1 one\n192.0.2.2\n")
        assert pair.theirs.do("store", "Hosts.lns", "/text", "/tree") \
            == "INV_OP"
        reply = pair.client.call("AUG STORE Hosts.lns /text /tree")
        assert reply.error == "BAD_DATA", reply.verdict
        error = "/augeas/text/tree/error/"
        for name, node in (("line", "line"), ("character", "char"),
                           ("reason", "message"), ("definition", "lens")):
            assert ("S DETAIL %s %s" % (name, pair.theirs.get(
                error + node).decode())).encode() in reply.lines, name
        pair.print("/text")
        pair.same("tree", [], pair.ours.match("/tree"))


def transform(pair, lens, globs, kind="incl"):
    for glob in globs:
        want = pair.theirs.do("transform", lens, glob, int(kind == "excl"))
        have = pair.ours.ask("TRANSFORM", lens, kind, glob)
        pair.same("TRANSFORM %s %s" % (lens, glob), want,
                  0 if have == b"" else have)


def load(pair):
    # What augeas has read it reads again only if it has changed.
    pair.theirs.do("rm", "/files/*")
    pair.theirs.do("load")
    assert not isinstance(pair.ours.ask("LOAD"), str)
    for path in ("/files//*", "/files/srv/*", "/files/etc/*",
                 "/augeas/files/srv//lens", "/augeas/load/*",
                 "/augeas/load/*/lens", "/augeas/load//error"):
        pair.same("MATCH " + path, pair.theirs.match(path),
                  pair.ours.match(path))
    # A file that two lenses claim has no time in reeve's answer.
    pair.print("/augeas/load", "/augeas/files//error", "/files/srv")
    # Where a lens is defined is known of those that a module calls lns.
    if pair.theirs.match("/augeas/load/*[lens =~ regexp('@.*|.*[.]lns')]") \
            == pair.theirs.match("/augeas/load/*"):
        pair.print("/augeas/files/srv//lens")


def test_transforms():
    for rows in (
            [("Hosts", ["/srv/*.hosts"])],
            [("Hosts.lns", ["/srv/a.hosts", "/srv/b.hosts"])],
            [("Hosts", ["srv/a.hosts", "/srv/b.hosts"])],
            [("Hosts", ["/srv/*"]), ("Hosts", ["lines", "b.*"], "excl")],
            [("Hosts", ["/srv/*"]), ("Hosts", ["/srv/a*"], "excl")],
            [("Simplelines", ["/srv/lines"]), ("Hosts", ["/srv/*/*/*.hosts"])],
            [("Simplelines", ["/srv/*"]), ("Hosts", ["/srv/a.hosts"])],
            [("Hosts", ["/etc/hosts"], "excl")],
            [("Hosts", ["/srv/none"]), ("Json", ["/srv/x.json"])],
            [("Fstab.record", ["/srv/lines"])],
            [("Sysctl", ["/etc/hostname"])]):
        with Pair() as pair:
            pair.ours.match("/files//*")
            for row in rows:
                transform(pair, *row)
            pair.print("/augeas/load")
            load(pair)
            load(pair)


def test_what_recipes_write_below_load():
    for rows in (
            [("rm", "/augeas/load/*"),
             ("set", "/augeas/load/Mine/lens", "Hosts.lns"),
             ("set", "/augeas/load/Mine/incl", "/srv/a.hosts")],
            [("rm", "/augeas/load/*[label() != 'Hosts']")],
            [("rm", "/augeas/load/*[incl != '/etc/hosts']")],
            [("set", "/augeas/load/Hosts/incl[last()+1]", "/srv/*.hosts"),
             ("set", "/augeas/load/Hosts/excl", "broken.hosts")],
            [("set", "/augeas/load/Hosts/lens", "@Hosts_Access")],
            [("set", "/augeas/load/Mine/incl", "/srv/a.hosts")],
            [("set", "/augeas/load/Mine/lens", "Nothing.lns"),
             ("set", "/augeas/load/Mine/incl", "/srv/a.hosts")],
            [("set", "/augeas/load/Mine/lens", "@Nothing"),
             ("rm", "/augeas/load/Fstab")],
            [("clear", "/augeas/load/Hosts/lens")],
            [("rm", "/augeas/load")]):
        with Pair() as pair:
            for row in rows:
                if row[0] == "clear":
                    pair.theirs.do("set", row[1], None)
                    pair.ours.ask("CLEAR", row[1])
                else:
                    pair.both(row[0], {"rm": "REMOVE", "set": "SET"}[row[0]],
                              *row[1:])
            load(pair)


if __name__ == "__main__":
    tap.main(globals())
