#!/usr/bin/env python3
# test-augtool.py - the same tree by augtool and by reeve: same answers, bytes
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""reeve loads files on demand and writes them itself.  Neither may show: on
one tree of real configuration files each expression must give the values,
labels, order and class of error that libaugeas gives after loading all, and
each row of edits the same bytes on disk."""

import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.dont_write_bytecode = True
import scratch  # noqa: E402
import tap  # noqa: E402
import trees  # noqa: E402
from library import Augeas, Reeve  # noqa: E402

COPIES = ["hosts", "services", "protocols", "login.defs", "adduser.conf",
          "debconf.conf", "host.conf", "ld.so.conf", "nsswitch.conf",
          "pam.d", "apt", "cron.daily", "cron.d", "logrotate.d", "ssh",
          "default", "security", "sysctl.d", "modprobe.d", "profile.d",
          "skel", "dpkg", "networks", "rpc", "shells", "environment"]

LITERAL = """\
/files/etc/hosts/1/ipaddr
/files/etc/hosts/2/canonical
/files/etc/hosts/1
/files/etc/hosts
/files/etc
/files
/
/*
/augeas
/files/etc/hosts/7
/files/etc/nothing
/files/etc/unclaimed
/files/nothing/at/all
/nothing
/files/etc/hosts/*/ipaddr
/files/etc/hosts/*
/files/etc/hosts//*
/files/etc/hosts/#comment
/files/etc/hosts/*[ipaddr = '192.0.2.7']/canonical
/files/etc/hosts/*[ipaddr = "192.0.2.7"]/alias[2]
/files/etc/hosts/*[alias]
/files/etc/hosts/*[alias][1]/canonical
/files/etc/hosts/*[not(alias)]
/files/etc/hosts/*[count(alias) > 1]
/files/etc/hosts/*[count(alias) = 2]/canonical
/files/etc/hosts/*[last()]
/files/etc/hosts/*[last()-1]
/files/etc/hosts/*[position() = 2]
/files/etc/hosts/*[label() = '2']
/files/etc/hosts/*[label() =~ regexp('[0-9]+')]
/files/etc/hosts/*[ipaddr =~ glob('192.*')]/canonical
/files/etc/hosts/*[canonical =~ regexp('GATE.*', 'i')]
/files/etc/hosts/*[canonical !~ regexp('gate.*')]
/files/etc/hosts/*[int(label()) > 1]
/files/etc/hosts/seq::*
/files/etc/hosts/seq::*[ipaddr = '::1']
/files/etc/hosts/*[modified()]
/files//*[modified()]
/files/etc/hosts/descendant::*
/files/etc/hosts/descendant::alias
/files/etc/hosts/descendant-or-self::*
/files/etc/hosts/1/parent::*
/files/etc/hosts/1/..
/files/etc/hosts/1/../2/canonical
/files/etc/hosts/1/../../fstab/1/spec
/files/etc/hosts/../hostname/hostname
/files/etc/hosts/../../etc/hostname/hostname
/files/etc/hosts/../*
/files/etc/hosts/1/ipaddr/../../../../etc/group/root
/files/etc/hosts/1/following-sibling::*
/files/etc/hosts/2/preceding-sibling::*
/files/etc/hosts/2/preceding-sibling::*[1]
/files/etc/hosts/following-sibling::*
/files/etc/hosts/preceding-sibling::*
/files/etc/fstab/following-sibling::*[1]
/files/etc/hosts/1/ipaddr/ancestor::*
/files/etc/hosts/1/ipaddr/ancestor::etc
/files/etc/hosts/1/ipaddr/ancestor::etc/*
/files/etc/hosts/1/root::*
/files/etc/*
/files/etc/*[label() = 'hosts']
/files/etc/*[1]
/files/etc/*[last()]
/files/etc/*[hostname]
/files/etc/*/1
/files/etc/*/*[ipaddr]
/files/etc/sysctl.d/*
/files/etc/sysctl.d
/files/etc/sysctl.d/b.conf/kernel.b
/files/etc/sysctl.d/10\\ space.conf/kernel.a
/files/etc/sysctl.d/*[label() = '10 space.conf']/kernel.a
/files/etc/sysctl.d/.hidden.conf/kernel.c
/files/etc/apt/sources.list.d/x\\(y\\).list/1/uri
/files/etc/apt/sources.list.d/*/1/uri
/files/etc/apt//uri
/files/etc/apt/*//uri
/files/etc/cron.d/*
/files/etc/cron.d/job/entry/command
/files/etc/cron.d//command
/files/etc/ssh/sshd_config/Port
/files/etc/ssh/sshd_config/Match/Condition/User
/files/etc/ssh/sshd_config/Match[Condition/User = 'a']/Settings/*
/files/etc/ssh/*
/files/etc/ssh//*[. = 'no']
/files/etc/sysctl.conf/net.ipv4.ip_forward
/files/etc/passwd/*[uid = '33']/name
/files/etc/passwd/www/shell
/files/etc/passwd/*[shell =~ glob('/bin/*')]
/files/etc/passwd/*[uid = /files/etc/group/root/gid]
/files/etc/passwd/*[gid = /files/etc/group/*/gid]
/files/etc/hosts/*[canonical = /files/etc/hostname/hostname]
/files/etc/hosts/*[alias = /files/etc/hostname/hostname]
/files/etc[hosts/1/ipaddr = '127.0.0.1']/hostname/hostname
/files/etc[hosts]/fstab/1/spec
/files/etc[nothing]/fstab/1/spec
/files/etc[count(*) > 3]/hostname/hostname
/files[etc/hosts]/etc/hostname/hostname
/files/etc/hosts[../hostname]/1/ipaddr
/files/etc/hosts[../fstab/1/spec = '/dev/sda1']/1/ipaddr
/files/etc/hosts/1[../../fstab]/ipaddr
/files/etc/hosts/1[../../nothing]/ipaddr
/files/etc/hosts | /files/etc/hostname
/files/etc/hosts/1/ipaddr | /files/etc/hostname/hostname
/files/etc/nothing | /files/etc/hostname/hostname
/files/etc/fstab/1/spec | /files/etc/hosts/1/ipaddr | /files/etc/fstab/1/file
(/files/etc/hosts | /files/etc/fstab)/1
(/files/etc/hosts | /files/etc/fstab)/1/..
(/files/etc/hosts/*)[2]/ipaddr
(/files/etc/hosts)[1]/../hostname/hostname
(/files/etc)/hostname/hostname
(/files)/etc/hostname/hostname
/files/etc/hosts/*[ipaddr = '::1' or ipaddr = '127.0.0.1']/canonical
/files/etc/hosts/*[ipaddr = '::1' and canonical = 'ip6-localhost']/alias
/files/etc/hosts/*[ipaddr = '9.9.9.9' else ipaddr = '::1']/canonical
/files/etc/hosts/*[ipaddr = '9.9.9.9'] else /files/etc/hostname/*
/files/etc/fstab/*[spec = '/dev/sda1']/opt
/files/etc/fstab/*[opt = 'noatime']/vfstype
/files/etc/fstab/1/opt[. = 'noatime']
/files/etc/fstab/1/opt[2]
/files/etc/fstab/*[passno > 0]
/files/etc/fstab/*[vfstype != 'swap']/file
/files/etc/exports/dir/client/option
/files/etc/nsswitch.conf/database[. = 'hosts']/service[2]
/files/etc/group/adm/user[last()]
/files/etc/group/*[user = 'b']
/files/boot/grub/menu.lst/timeout
/files/boot
/files/boot//*
/files//hostname
/files//ipaddr
//ipaddr
//hostname
/files//*[. = '127.0.0.1']
/files//*[ipaddr]/canonical
/files/*/hosts/1/ipaddr
/*/etc/hosts/1/ipaddr
/files/etc//ipaddr
/files/etc/default/grub/GRUB_CMDLINE_LINUX
/files/etc/pam.d/one/1/module
/files/etc/pam.d/*[*/module = 'pam_unix.so']
/files/etc/services/service-name[. = 'ssh']/port
/files/etc/services/*[port = '22']/protocol
/augeas/version
/augeas/version/save/mode
/augeas/version/save/mode[2]
/augeas/context
/augeas/load/Hosts/lens
/augeas/load/Hosts/incl
/augeas/load/*[incl = '/etc/hosts']/lens
/augeas/load/*[lens = '@Hosts']
/augeas/files/etc/hosts/path
/augeas/files/etc/hosts/lens
/augeas/files/etc/hosts/lens/info
/augeas/files/etc/hosts/mtime
/augeas/files/etc/hosts/*
/augeas/files/etc/cron.d/broken/error
/augeas/files/etc/cron.d/broken/error/*
/augeas/files/etc/cron.d/broken/error/message
/augeas/files/etc/cron.d/broken/error/lens
/augeas/files/etc/*
/augeas/files//error
/augeas//error
/augeas//error/message
/augeas//path
/augeas/files/etc/hosts[lens = '@Hosts']/path
/augeas/files//*[lens = '@Sysctl']/path
/augeas/*
/augeas/variables/*
etc/hosts/1/ipaddr
etc/hosts/*[ipaddr = '::1']/canonical
etc/*
./etc/hostname/hostname
../augeas/version
../files/etc/hostname/hostname
*
.
..
self::files
child::etc/hostname/hostname
descendant::hostname
etc/hosts/1/ipaddr | etc/hostname/hostname
/files/etc/hosts/1/ipaddr[. = 'x']
/files/etc/hosts/1/ipaddr/x
/files/etc/hosts/
/files/etc/hosts/[
/files/etc/hosts/1[
/files/etc/hosts/1]
/files/etc/hosts/1[ipaddr = ]
/files/etc/hosts/1[ipaddr = 'x]
/files/etc/hosts//
/files/etc/hosts/1[foo()]
/files/etc/hosts/1[count()]
/files/etc/hosts/*[label() =~ regexp('(')]
/files/etc/hosts/*[label() =~ 'x']
$nothing
$nothing/1
'string'
12
count(/files/etc/hosts/*)
/files/etc/hosts/*[1 + 1]
/files/etc/hosts/*[3 - 1]/ipaddr
/files/etc/hosts/*['127.0.0.1' = ipaddr]
/files/etc/hosts/*[ipaddr = '127.0.0.1' + '']
/files/etc/hosts/ *
/files/etc/hosts/1 /ipaddr
/files/etc/hosts/1/ipaddr 
/files/etc/hosts/child::1/child::ipaddr
/files/etc/hosts/self::hosts/1/ipaddr
/files/etc/hosts/self::fstab/1/ipaddr
/files/etc/./hosts/./1/ipaddr
/files/etc/hosts/1/ipaddr/.
"""


def make_tree(machine):
    """Own files, and copies of the machine's where they can be read."""
    for name in COPIES:
        for folder, _, files in os.walk("/etc/" + name):
            for file in files:
                copy_file(machine, os.path.join(folder, file))
        if os.path.isfile("/etc/" + name):
            copy_file(machine, "/etc/" + name)
    for path, text in trees.FILES.items():
        machine.write(path, text)


def copy_file(machine, path):
    try:
        if os.path.isfile(path) and os.path.getsize(path) < 100000:
            with open(path, "rb") as file:
                machine.write(path, file.read())
    except OSError:
        pass


def crashes(theirs, path):
    """Whether the library falls over PATH: some do that, and reeve's workers
    with it.  Asked in a process of its own."""
    child = os.fork()
    if not child:
        for name in ("get", "label", "match", "print"):
            getattr(theirs, name)(path)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def is_broken(path, answer):
    """A file that does not parse is told to whoever names it; augeas has just
    no nodes for it."""
    return answer == "BAD_DATA" and "broken" in path


def compare(theirs, ours, path):
    """Compare all that can be asked about PATH."""
    wrong = []
    for name in ("get", "label", "match", "print"):
        if name == "match" and path == "/augeas/variables/*":
            continue
        want = getattr(theirs, name)(path)
        have = getattr(ours, name)(path)
        if path.startswith("/augeas") or path[:2] in ("//", "/", "..", "/*"):
            if isinstance(want, (bytes, list)) and name in ("print", "match"):
                want, have = without_noise(want), without_noise(have)
        if want != have and not is_broken(path, have):
            wrong.append("%s %s\n%s" % (name, path,
                                       difference(want, have)))
    return wrong


def difference(want, have):
    if isinstance(want, (bytes, list)) and isinstance(have, (bytes, list)):
        if isinstance(want, bytes):
            want, have = want.splitlines(), have.splitlines()
        lines = ["  augeas %r" % x for x in want if x not in have][:6]
        lines += ["  reeve  %r" % x for x in have if x not in want][:6]
        return "\n".join(lines or ["  order: augeas %.400r" % want,
                                   "  order: reeve  %.400r" % have])
    return "  augeas %.400r\n  reeve  %.400r" % (want, have)


NOISE = (b"/augeas/error", b"/augeas/variables")


def without_noise(answer):
    """Less what the library notes of the errors and variables of earlier
    questions."""
    if isinstance(answer, bytes):
        answer = answer.splitlines()
    if isinstance(answer, str):
        return answer
    return [line for line in answer if not line.startswith(NOISE)]


class World:
    """Made once for all cases."""

    def __init__(self):
        self.machine = scratch.Machine()
        make_tree(self.machine)
        self.daemon = self.machine.daemon()
        self.augeas = Augeas(self.machine.root)

    def session(self):
        return Reeve(self.daemon.client("panel"))

    def close(self):
        self.augeas.close()
        self.daemon.stop()
        self.machine.remove()


WORLD = None


def world():
    global WORLD
    if WORLD is None:
        WORLD = World()
    return WORLD


def expressions():
    return [line for line in LITERAL.split("\n") if line.strip()]


def check(wrong):
    assert not wrong, "%d differ:\n%s" % (len(wrong), "\n".join(wrong[:20]))


def test_each_expression_on_a_fresh_session():
    wrong = []
    for path in expressions():
        ours = world().session()
        wrong += compare(world().augeas, ours, path)
        ours.client.close()
    check(wrong)


def test_all_expressions_on_one_session_in_any_order():
    wrong = []
    for seed in range(3):
        paths = expressions()
        random.Random(seed).shuffle(paths)
        ours = world().session()
        for path in paths:
            wrong += ["seed %d: %s" % (seed, text) for text in
                      compare(world().augeas, ours, path)]
        ours.client.close()
    check(wrong)


def random_step(dice, depth):
    name = dice.choice(["etc", "hosts", "fstab", "sysctl.d", "b.conf", "1",
                        "2", "ipaddr", "canonical", "alias", "hostname", "*",
                        "*", "*", "..", ".", "ssh", "sshd_config", "Port",
                        "passwd", "www", "uid", "spec"])
    if name not in ("..", ".") and dice.random() < 0.12:
        name = dice.choice(["self::", "child::", "descendant::",
                            "descendant-or-self::", "parent::",
                            "following-sibling::", "preceding-sibling::",
                            "ancestor::", "seq::"]) + name
    if name not in ("..", ".") and dice.random() < 0.3:
        name += "[%s]" % random_predicate(dice, depth + 1)
    return name


def random_predicate(dice, depth):
    kind = dice.randrange(9)
    if kind == 0 or depth > 3:
        return str(dice.randrange(1, 4))
    if kind == 1:
        return "last()"
    if kind == 2:
        return "label() = '%s'" % dice.choice(["hosts", "1", "etc", "Port"])
    if kind == 3:
        return "count(%s) > %d" % (random_path(dice, depth), dice.randrange(3))
    if kind == 4:
        return "%s = '%s'" % (random_path(dice, depth),
                              dice.choice(["127.0.0.1", "gate", "22", "33"]))
    if kind == 5:
        return "not(%s)" % ("%s = 'x'" % random_path(dice, depth))
    if kind == 6:
        return ". =~ regexp('%s')" % dice.choice(["[0-9.]+", "gate.*", ".*"])
    if kind == 7:
        return "%s %s %s" % (random_path(dice, depth),
                             dice.choice(["=", "!="]),
                             random_path(dice, depth))
    return random_path(dice, depth)


def random_path(dice, depth=0):
    steps = [random_step(dice, depth)
             for _ in range(dice.randrange(1, 5 if depth == 0 else 3))]
    start = dice.random()
    if start < (0.75 if depth == 0 else 0.3):
        path = "/files/etc/" + "/".join(steps)
    elif start < 0.8:
        path = "/" + "/".join(steps)
    else:
        path = "/".join(steps)
    if dice.random() < 0.05:
        path = path.replace("/", "//", 1)
    return path


def test_random_expressions():
    wrong = []
    dice = random.Random(7)
    for _ in range(40):
        ours = world().session()
        for _ in range(8):
            path = random_path(dice)
            if dice.random() < 0.15:
                path += " | " + random_path(dice)
            if dice.random() < 0.05:
                path = "(%s)/%s" % (path, random_step(dice, 0))
            if crashes(world().augeas, path):
                print("# the library crashes: " + path)
                continue
            wrong += compare(world().augeas, ours, path)
        ours.client.close()
    check(wrong)


def test_variables():
    theirs, wrong = world().augeas, []
    for definition in ("/files/etc/hosts/*", "/files/etc/*", "/files//ipaddr",
                       "/files/etc/hosts", "'text'", "2",
                       "/files/etc/hosts/*[ipaddr =~ regexp('1.*')]",
                       "(/files/etc/fstab | /files/etc/hosts)/*",
                       "$missing", "/files/etc/["):
        ours = world().session()
        want = theirs.do("defvar", "v", definition)
        have = ours.ask("DEFVAR", "v", definition)
        have = int(have) if isinstance(have, bytes) else have
        if want != have:
            wrong.append("DEFVAR %s: %r, %r" % (definition, want, have))
        if isinstance(want, int):
            for path in ("$v", "$v/*", "$v[1]", "$v[2]/ipaddr", "$v/..",
                         "$v/../..", "$v/following-sibling::*", "$v//*",
                         "/files/etc/hosts/*[ipaddr = $v]",
                         "/files/etc/hosts/*[ipaddr = $v/ipaddr]",
                         "$v[last()] | /files/etc/hostname/hostname",
                         "/files/etc/hosts/*[$v]", "$v/../hostname/hostname"):
                wrong += compare(theirs, ours, path)
            theirs.do("defvar", "v", None)
        ours.client.close()
    check(wrong)


def test_contexts():
    theirs, wrong = world().augeas, []
    for context in ("/files/etc", "/files/etc/hosts", "/files/etc/hosts/1",
                    "/files/etc/hosts/", "/augeas", "/",
                    "/files/etc/*[label() = 'hosts']"):
        ours = world().session()
        theirs.do("set", "/augeas/context", context)
        ours.ask("SET", "/augeas/context", context)
        for path in ("1/ipaddr", "hosts/1/ipaddr", "*", ".", "..", "../fstab",
                     "../hostname/hostname", "/files/etc/hostname/hostname",
                     "*[1]", "files/etc/hostname/hostname", "version",
                     "descendant::hostname", "ipaddr", "../../etc",
                     "following-sibling::*[1]", "context"):
            wrong += compare(theirs, ours, path)
        ours.client.close()
    theirs.do("set", "/augeas/context", "/files")
    check(wrong)


def augtool(root, *commands):
    done = subprocess.run(["augtool", "-r", root], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False,
                          input="\n".join(commands).encode() + b"\n")
    return done.stdout


def test_print_is_augtools():
    trees.need_augtool()
    for path in ("/files", "/files/etc/hosts", "/files/etc/ssh",
                 "/augeas/files", "/augeas/load"):
        ours = world().session()
        have = ours.print(path)
        ours.client.close()
        assert have == augtool(world().machine.root, "print " + path), path


def test_errors_are_augtools():
    trees.need_augtool()
    ours = world().session()
    lines = ours.ask("ERRORS").decode().splitlines()
    ours.client.close()
    files = [line[6:] for line in lines if line.startswith("file: ")]
    theirs = augtool(world().machine.root, "errors").decode().splitlines()
    named = [line.split()[2].partition(":")[0] for line in theirs
             if line.startswith("Error in ")]
    assert files == named, (files, named)
    assert "/etc/cron.d/broken" in files


# --- Edits ---

VALUES = ["x", "", "127.0.0.9", "a b", "ext4", "22", "no", "a=b", "\\", "ä",
          "\"", "#", "/x/y", "10"]
EDITED = ["/etc/hosts", "/etc/fstab", "/etc/hostname", "/etc/resolv.conf",
          "/etc/ssh/sshd_config", "/etc/passwd", "/etc/group",
          "/etc/sysctl.conf", "/etc/sysctl.d/b.conf", "/etc/exports",
          "/etc/apt/sources.list", "/etc/sysctl.d/10 space.conf",
          "/etc/apt/sources.list.d/x(y).list", "/etc/cron.d/job"]
GOOD = [
    ("set", "/files/etc/hosts/1/canonical", "here"),
    ("set", "/files/etc/hosts/5/ipaddr", "192.0.2.9"),
    ("set", "/files/etc/hosts/5/canonical", "nine"),
    ("set", "/files/etc/hosts/*[ipaddr = '::1']/alias[last()+1]", "seven"),
    ("set", "/files/etc/hostname/hostname", "other"),
    ("set", "/files/etc/sysctl.conf/net.ipv4.ip_forward", "0"),
    ("set", "/files/etc/sysctl.d/new.conf/kernel.new", "1"),
    ("set", "/files/etc/sysctl.d/10\\ space.conf/kernel.a", "7"),
    ("set", "/files/etc/apt/sources.list.d/x\\(y\\).list/1/uri", "http://b/"),
    ("set", "/files/etc/ssh/sshd_config/Port", "2222"),
    ("set", "/files/etc/ssh/sshd_config/PermitRootLogin", "yes"),
    ("set", "/files/etc/passwd/www/shell", "/bin/sh"),
    ("set", "/files/etc/fstab/1/passno", "0"),
    ("set", "/files/etc/fstab/*[vfstype = 'swap']/dump", "1"),
    ("set", "/files/etc/resolv.conf/nameserver[last()+1]", "192.0.2.2"),
    ("set", "etc/hostname/hostname", "relative"),
    ("set", "/files/etc/cron.d/job/entry/time/hour", "5"),
    ("rm", "/files/etc/hosts/2"),
    ("rm", "/files/etc/hosts/*[alias]"),
    ("rm", "/files/etc/hosts/#comment"),
    ("rm", "/files/etc/fstab/1/opt[2]"),
    ("rm", "/files/etc/hostname"),
    ("rm", "/files/etc/sysctl.d/b.conf"),
    ("rm", "/files/etc/sysctl.d"),
    ("rm", "/files/etc/sysctl.conf"),
    ("rm", "/files/etc/sysctl.conf/net.ipv4.ip_forward"),
    ("rm", "/files/etc/ssh/sshd_config/Match"),
    ("rm", "/files/etc/nothing"),
    ("rm", "/files//alias"),
    ("insert", "/files/etc/hosts/1", "01", 1),
    ("insert", "/files/etc/hosts/2", "02", 0),
    ("set", "/files/etc/hosts/01/ipaddr", "192.0.2.10"),
    ("set", "/files/etc/hosts/01/canonical", "ten"),
    ("set", "/files/etc/hosts/02/ipaddr", "192.0.2.11"),
    ("set", "/files/etc/hosts/02/canonical", "eleven"),
    ("mv", "/files/etc/hosts/1", "/files/etc/hosts/9"),
    ("mv", "/files/etc/fstab/1", "/files/etc/fstab/8"),
    ("mv", "/files/etc/hosts/7", "/files/etc/hosts/9"),
    ("setm", "/files/etc/fstab/*", "passno", "2"),
    ("setm", "/files/etc/fstab/*[spec]", "passno", "2"),
    ("setm", "/files/etc/hosts/*[ipaddr]", "canonical", "same"),
    ("setm", "/files/etc/hosts/*/alias", ".", "one"),
    ("setm", "/files/etc/passwd/*[uid]", "home", "/home"),
    ("touch", "/files/etc/hosts/1/canonical"),
    ("touch", "/files/etc/ssh/sshd_config/Banner"),
    ("touch", "/files/etc/hosts/*"),
    ("clearm", "/files/etc/hosts/*[ipaddr]", "alias"),
    ("clearm", "/files/etc/hosts/7", "alias"),
    ("cp", "/files/etc/hosts/1", "/files/etc/hosts/9"),
    ("cp", "/files/etc/hosts/1", "/files/etc/hosts/2"),
    ("cp", "/files/etc/hosts/*[alias][1]", "/files/etc/hosts/1"),
    ("cp", "/files/etc/hosts/7", "/files/etc/hosts/9"),
    ("cp", "/files/etc/fstab/1", "/files/etc/fstab/8"),
    ("cp", "/files/etc/sysctl.d/b.conf", "/files/etc/sysctl.d/new.conf"),
    ("cp", "/files/etc/hosts", "/files/etc/hosts/1"),
    ("rename", "/files/etc/hosts/2", "8"),
    ("rename", "/files/etc/fstab/*[spec]", "5"),
    ("rename", "/files/etc/hosts/7", "8"),
    ("rename", "/files/etc/hosts/1", "a/b"),
    ("rename", "/files/etc/sysctl.d/b.conf", "new.conf"),
    ("rename", "/files/etc/passwd/www", "web"),
    ("defnode", "h", "/files/etc/hosts/6/ipaddr", "192.0.2.6"),
    ("defnode", "h", "/files/etc/hosts/1/canonical", "unused"),
    ("defnode", "h", "/files/etc/hosts/*[ipaddr]", ""),
    ("defnode", "n", "/files/etc/sysctl.d/new.conf/kernel.n", "2"),
    ("store", "Hosts.lns", "/text", "/files/etc/hosts"),
    ("store", "Hosts.lns", "/files/etc/hosts/nothing", "/tree"),
    ("retrieve", "Hosts.lns", "/files/etc/hostname/hostname",
     "/files/etc/nothing", "/files/etc/hostname/hostname"),
    ("defvar", "h", "/files/etc/hosts/*[ipaddr]"),
    ("set", "$h[1]/canonical", "byname"),
    ("rm", "$h[2]"),
]
VERBS = {"set": "SET", "rm": "REMOVE", "mv": "MOVE", "setm": "SETM",
         "defvar": "DEFVAR", "touch": "TOUCH", "clearm": "CLEARM",
         "cp": "COPY", "rename": "RENAME", "defnode": "DEFNODE",
         "store": "STORE", "retrieve": "RETRIEVE"}


def perform(ours, edit):
    if edit[0] == "insert":
        return ours.ask("INSERT", edit[2], "before" if edit[3] else "after",
                        edit[1])
    return ours.ask(VERBS[edit[0]], *edit[1:])


def node(path):
    """The expression for the file PATH."""
    for special in " ()":
        path = path.replace(special, "\\" + special)
    return "/files" + path


def bad_edit(dice):
    """Something that most lenses will not write."""
    path = node(dice.choice(EDITED))
    path += dice.choice(["/1", "/*[1]", "/*[last()]", "", "/1/x", "/Port",
                         "/1/spec", "/1/ipaddr", "/hostname"])
    kind = dice.randrange(4)
    if kind == 0:
        return ("set", path, dice.choice(VALUES))
    if kind == 1:
        return ("rm", path)
    if kind == 2:
        return ("insert", path, dice.choice(["x", "#comment", "alias", "3"]),
                dice.randrange(2))
    return ("mv", path, path.rsplit("/", 1)[0] + "/" + dice.choice("34x"))


class Twins:
    """Two copies of a small tree, one for augeas and one for reeve."""

    def __init__(self):
        self.clock = 1000000000
        self.theirs = scratch.Machine(trees.FILES)
        self.ours = scratch.Machine(trees.FILES)
        self.daemon = self.ours.daemon()
        self.augeas = Augeas(self.theirs.root)

    def reset(self):
        """As at first.  Augeas looks at times to tell whether to read."""
        self.clock += 10
        for machine in (self.theirs, self.ours):
            for path in trees.files(machine):
                if path not in trees.FILES:
                    os.remove(machine.path(path))
            for path, text in trees.FILES.items():
                machine.write(path, text)
                os.utime(machine.path(path), (self.clock, self.clock))
        self.augeas.do("defvar", "h", None)
        self.augeas.do("rm", "/files/*")
        self.augeas.do("load")

    def close(self):
        self.augeas.close()
        self.daemon.stop()
        self.theirs.remove()
        self.ours.remove()


def play(twins, edits, wrong, counts, warm):
    """Do EDITS on both sides, save, and compare answers and files."""
    twins.reset()
    before = trees.texts(twins.ours)
    ours = Reeve(twins.daemon.client("panel"))
    if warm:
        ours.match("/files//*")
    for edit in edits:
        want = twins.augeas.do(*edit)
        have = perform(ours, edit)
        if isinstance(have, bytes):
            have = int(have) if have else 0
        if want != have:
            wrong.append("%r: augeas %r, reeve %r" % (edit, want, have))
    # File by file: what was removed and read again stands last for augeas.
    for path in EDITED + ["/etc/sysctl.d/new.conf"]:
        tree = twins.augeas.print(node(path)), ours.print(node(path))
        if tree[0] != tree[1]:
            wrong.append("%r: %s differs:\n%s" % (edits, path,
                                                  difference(*tree)))
    saved = twins.augeas.do("save")
    reply = ours.client.call("AUG SAVE")
    after = trees.texts(twins.ours)
    ours.client.close()
    if not reply.ok:
        counts[reply.error] = counts.get(reply.error, 0) + 1
        if after != before:
            wrong.append("%r: SAVE failed and wrote" % (edits,))
        if not isinstance(saved, str) and reply.error != "NOT_SUPPORTED":
            wrong.append("%r: SAVE %s %s, augeas saved"
                         % (edits, reply.error, reply.advice))
        return
    counts["OK"] = counts.get("OK", 0) + 1
    if isinstance(saved, str):
        wrong.append("%r: augeas did not save" % (edits,))
    elif after != trees.texts(twins.theirs):
        want = trees.texts(twins.theirs)
        wrong.append("%r:\n  augeas %r\n  reeve  %r" % (
            edits,
            {p: want.get(p) for p in want if want[p] != after.get(p)},
            {p: after.get(p) for p in after if want.get(p) != after[p]}))


def with_twins(rows):
    twins, wrong, counts = Twins(), [], {}
    try:
        for number, edits in enumerate(rows):
            play(twins, edits, wrong, counts, number % 3 == 0)
    finally:
        twins.close()
    print("# SAVE: %s" % counts)
    check(wrong)
    return counts


def test_single_edits():
    with_twins([[edit] for edit in GOOD if "$h" not in edit[1]])


def test_rows_of_edits():
    dice = random.Random(11)
    counts = with_twins([dice.sample(GOOD, dice.randrange(2, 7))
                         for _ in range(60)])
    assert counts["OK"] > 20, counts


def test_edits_that_lenses_refuse():
    dice = random.Random(13)
    counts = with_twins([[bad_edit(dice) for _ in range(dice.randrange(1, 4))]
                         for _ in range(80)])
    assert counts.get("BAD_DATA", 0) > 10, counts


if __name__ == "__main__":
    try:
        tap.main(globals())
    finally:
        if WORLD:
            WORLD.close()
