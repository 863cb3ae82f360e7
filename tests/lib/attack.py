# attack.py - looking at reeved's processes while it is attacked
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests with hostile clients share.  Nothing here waits for ever."""

import atexit
import contextlib
import os
import re
import signal
import time

import assuan
import scratch

HOSTS = {"/etc/hosts": "127.0.0.1 localhost\n"}
SET = "AUG SET /files/etc/hosts/1/ipaddr @"
TICK = os.sysconf("SC_CLK_TCK")


def lasting(machine, *options):
    """A daemon on MACHINE for the whole test; both are gone at its end."""
    daemon = machine.daemon(*options)

    def end():
        if daemon.process.poll() is None:
            daemon.process.send_signal(signal.SIGINT)
            daemon.process.wait(10)
        machine.remove()

    atexit.register(end)
    return daemon


def until(condition, patience=10):
    """Whether CONDITION holds within PATIENCE seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def session_pid(client):
    return int(client.check("GETINFO pid").text)


def _status(pid):
    """The fields of /proc/PID/stat behind the name; [] if it is gone."""
    try:
        with open("/proc/%d/stat" % pid, encoding="latin-1") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def cpu(pid):
    """Seconds of processor time that PID has used."""
    fields = _status(pid)
    return (int(fields[11]) + int(fields[12])) / TICK if fields else 0.0


def lives(pid):
    fields = _status(pid)
    return bool(fields) and fields[0] != "Z"


def memory(pid):
    """The resident memory of PID in MiB."""
    return int(_status(pid)[21]) * os.sysconf("SC_PAGE_SIZE") / 2 ** 20


def children(pid):
    """Child processes of PID: a dictionary of pid to state ("Z": zombie)."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = _status(int(name))
            if fields and int(fields[1]) == pid:
                found[int(name)] = fields[0]
    return found


def descendants(pid):
    found = children(pid)
    for child in list(found):
        found.update(descendants(child))
    return found


def descriptors(pid):
    """What the descriptors of PID lead to, by number."""
    folder = "/proc/%d/fd" % pid
    return {int(fd): os.readlink(os.path.join(folder, fd))
            for fd in os.listdir(folder)}


def check_fenced_descriptors(pid, most):
    """PID, which is behind a fence, has MOST descriptors and none of a
    file."""
    held = descriptors(pid)
    if scratch.sanitized():
        del held[2]  # fence_close leaves it standard error.
    assert len(held) <= most, held
    for name in held.values():
        assert re.match(r"socket:|anon_inode:\[event|pipe:", name), held


def ends(client, patience=10):
    """Whether the server closes the connection within PATIENCE seconds;
    replies on the way are read."""
    client.socket.settimeout(patience)
    try:
        while True:
            client.read_line()
    except assuan.Gone:
        return True
    except TimeoutError:
        return False


def inquiry(client, authenticated):
    """Bring CLIENT to where the server asks: before authentication for
    RESPONSE, after it for VALUE."""
    if not authenticated:
        client.check("NONCE")
    client.send(SET if authenticated else "AUTH panel")
    reply = client.read_reply()
    assert reply.inquiry == ("VALUE" if authenticated else "RESPONSE"), \
        reply.lines


# What a daemon starts beside sessions, and how many workers each keeps ready.
HELPERS = {"reeve-augeas": 1, "reeve-machine": 0, "reeve-api": 0}


def program_name(pid):
    """What PID was called by, "" if it is gone."""
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            return os.path.basename(file.read().split(b"\0")[0].decode())
    except (FileNotFoundError, ProcessLookupError):
        return ""


def helper(daemon, name="reeve-augeas"):
    """The pid of the helper NAME.  A daemon that answers may have it still
    start, as which it bears the daemon's name."""
    found = []

    def is_there():
        found[:] = [pid for pid in children(daemon.process.pid)
                    if program_name(pid) == name]
        return found

    assert until(is_there), "no %s" % name
    pid, = found
    return pid


def sessions(daemon):
    """The children of DAEMON that are no helpers, or not yet."""
    return [pid for pid in children(daemon.process.pid)
            if program_name(pid) not in HELPERS]


def nothing_remains(daemon):
    """No session, no session's worker, no zombie: only the helpers and the
    workers that they keep ready."""
    own = children(daemon.process.pid)
    return not sessions(daemon) and "Z" not in own.values() \
        and all(len(children(pid)) <= HELPERS.get(program_name(pid), 0)
                for pid in own)


@contextlib.contextmanager
def both(daemon):
    """Clients before and after authentication."""
    with daemon.client() as stranger, daemon.client("panel") as panel:
        yield (stranger, False), (panel, True)


@contextlib.contextmanager
def environment(**variables):
    """Set variables for processes that are started inside."""
    saved = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)
