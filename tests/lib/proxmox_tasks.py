# proxmox_tasks.py - the tasks of the test server for Proxmox VE
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks take time without a thread: they are brought to where they should be
whenever somebody looks (Tasks.settle)."""

import re
import time

from proxmox_rows import ApiError, bad_parameters, serves

UPID = re.compile(
    r"UPID:(?P<node>[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?):"
    r"(?P<pid>[0-9A-Fa-f]{8}):(?P<pstart>[0-9A-Fa-f]{8,9}):"
    r"(?P<starttime>[0-9A-Fa-f]{8}):(?P<type>[^:\s/]+):(?P<id>[^:\s/]*):"
    r"(?P<user>[^:\s/]+):")
FINE = re.compile(r"OK|WARNINGS: \d+")


class Task:
    """A task.  EXIT is None while it runs.  BEGIN and END are functions that
    do what it does, or None; they raise ApiError if it fails, and END may
    return "WARNINGS: 1" and the like.  LINES may be a list that they change.
    HELD: the guests whose locks it takes, GUEST if not told."""

    def __init__(self, node, kind, identity, owner, begin=None, end=None,
                 lines=(), seconds=0.3, guest=None, held=None):
        self.node = node
        self.kind = kind
        self.identity = identity
        self.owner = owner
        self.begin = begin
        self.end = end
        self.lines = lines if isinstance(lines, list) else list(lines)
        self.seconds = seconds
        self.guest = guest
        self.held = held if held is not None else [guest] if guest else []
        self.waits_for = None
        self.working = None
        self.exit = None
        self.ended = None
        self.made = time.monotonic()
        self.starttime = int(time.time())

    def name(self, pid, pstart):
        self.pid = pid
        self.pstart = pstart
        self.upid = "UPID:%s:%08X:%08X:%08X:%s:%s:%s:" % (
            self.node, pid, pstart, self.starttime, self.kind, self.identity,
            self.owner)

    @property
    def user(self):
        return self.owner.partition("!")[0]

    def finish(self, exit_text, when):
        text = exit_text.strip().replace("\n", " ")
        if text == "unexpected status":
            self.lines = self.visible(when)
        self.exit = text
        self.ended = when
        if FINE.fullmatch(text):
            self.lines.append("TASK " + text)
        elif text != "unexpected status":
            self.lines.append("TASK ERROR: " + self.exit)

    def attempt(self, function, when):
        """Run FUNCTION; the task ends if it fails."""
        try:
            return function() if function else None
        except ApiError as error:
            text = error.text if error.status != 403 else "403 " + error.text
            self.finish(text, when)
            return None

    def settle(self, now):
        """Bring the task to where it is at the time NOW."""
        if self.exit is not None:
            return
        if self.working is None:
            before = self.waits_for
            if before and before.exit is None:
                return
            self.working = before.ended if before else now
            self.attempt(self.begin, now)
        if self.exit is None and now >= self.working + self.seconds:
            answer = self.attempt(self.end, self.working + self.seconds)
            if self.exit is None:
                self.finish(answer or "OK", self.working + self.seconds)

    def visible(self, now):
        """The lines of its log at the time NOW."""
        if self.exit is not None:
            return self.lines
        if self.working is None:
            return self.lines[:1]
        part = (now - self.working) / max(self.seconds, 0.001)
        return self.lines[:max(1, int(part * (len(self.lines) + 1)))]

    @property
    def endtime(self):
        return self.starttime + int(self.ended - self.made)

    def abort(self, now):
        if self.exit is None:
            self.finish("unexpected status", now)
            self.lines = self.lines + ["command failed: received interrupt"]
            self.release()

    def release(self):
        """Take the locks away that the task would have."""
        for guest in self.held:
            guest.lock = None

    def status(self):
        one = {"upid": self.upid, "node": self.node, "pid": self.pid,
               "pstart": self.pstart, "starttime": self.starttime,
               "type": self.kind, "id": self.identity, "user": self.user,
               "status": "running"}
        if "!" in self.owner:
            one["tokenid"] = self.owner.partition("!")[2]
        if self.exit is not None:
            one.update(status="stopped", exitstatus=self.exit)
        return one

    def listed(self):
        """What lists of a node's tasks say."""
        one = self.status()
        one.pop("exitstatus", None)
        if self.exit is None:
            one.pop("tokenid", None)
            one.update(status="RUNNING", user=self.owner, saved="0")
        else:
            one.update(status=self.exit, endtime=self.endtime)
        return one

    def listed_in_cluster(self):
        one = self.status()
        for key in ("pid", "pstart", "exitstatus", "status"):
            one.pop(key, None)
        one["saved"] = "0"
        if self.exit is not None:
            one.update(saved=1, status=self.exit, endtime=self.endtime)
        return one


class Tasks:
    """All tasks, oldest first."""

    def __init__(self):
        self.list = []
        self.seconds = 0.3
        self.pid = 0x6A
        self.uptime = 2700  # Seconds: 43000000 make a time of nine digits.
        self.began = time.monotonic()
        self.endings = []

    def add(self, task):
        """Begin TASK; its UPID."""
        self.pid += 4
        pstart = int((self.uptime + time.monotonic() - self.began) * 100)
        task.name(self.pid, pstart)
        if task.guest:
            busy = [one for one in self.list if one.exit is None
                    and one.guest is task.guest]
            if busy:
                task.waits_for = busy[-1]
                task.lines[:0] = ["trying to acquire lock...", " OK"]
        for ending in self.endings:
            if re.search(ending[0], task.kind):
                self.endings.remove(ending)
                self.decide(task, *ending[1:])
                break
        self.list.append(task)
        task.settle(time.monotonic())
        return task.upid

    @staticmethod
    def decide(task, how, lines, seconds):
        """Let TASK end so."""
        done = task.end

        def end():
            if not FINE.fullmatch(how):
                task.release()
                raise ApiError(500, how)
            if done:
                done()
            return how
        task.end = end
        task.lines += list(lines)
        if seconds is not None:
            task.seconds = seconds

    def settle(self):
        now = time.monotonic()
        while True:
            before = [task.exit for task in self.list]
            for task in self.list:
                task.settle(now)
            if before == [task.exit for task in self.list]:
                return

    def find(self, upid, node):
        if not UPID.fullmatch(upid):
            raise bad_parameters(upid="unable to parse worker upid")
        for task in self.list:
            if task.upid == upid and task.node == node:
                return task
        raise bad_parameters(upid="no such task")


def own_task(cluster, call, privilege):
    """The task that is asked for, if the caller may."""
    task = cluster.tasks.find(call["upid"], call["node"])
    if call.token.partition("!")[0] != task.user:
        call.rights.check("/nodes/" + call["node"], privilege)
    return task


@serves("GET /nodes/{node}/tasks/{upid}/status", protected=True)
def task_status(cluster, call):
    return own_task(cluster, call, "Sys.Audit").status()


@serves("GET /nodes/{node}/tasks/{upid}/log", protected=True,
        parameters="start:int[0..] limit:int[0..] download:bool")
def task_log(cluster, call):
    task = own_task(cluster, call, "Sys.Audit")
    lines = task.visible(time.monotonic()) or ["no content"]
    start, limit = int(call.get("start", 0)), int(call.get("limit", 50))
    call.total = len(lines)
    return [{"n": start + at + 1, "t": line} for at, line in enumerate(
        lines[start:start + limit if limit else None])]


@serves("DELETE /nodes/{node}/tasks/{upid}", protected=True)
def task_stop(cluster, call):
    own_task(cluster, call, "Sys.Modify").abort(time.monotonic())


@serves("GET /nodes/{node}/tasks", parameters="""
        start:int[0..] limit:int[0..] userfilter:str typefilter:str
        vmid:vmid errors:bool source:enum(archive|active|all) since:int
        until:int statusfilter:str""")
def task_list(cluster, call):
    source = call.get("source", "archive")
    found = []
    for task in reversed(cluster.tasks.list):
        if task.node == call["node"] and wanted(task, call) \
                and source in ("all", "active" if task.exit is None
                               else "archive"):
            found.append(task)
    if source == "all":
        found.sort(key=lambda task: task.exit is not None)
    start, limit = int(call.get("start", 0)), int(call.get("limit", 50))
    call.total = len(found)
    return [task.listed() for task in found[start:start + limit]]


def wanted(task, call):
    """Whether the filters of CALL leave TASK, and the caller may see it."""
    if task.user != call.token.partition("!")[0] \
            and not call.rights.has("/nodes/" + task.node, "Sys.Audit"):
        return False
    fine = task.exit is None or FINE.fullmatch(task.exit)
    return not (
        "vmid" in call and task.identity != call["vmid"]
        or "typefilter" in call and task.kind != call["typefilter"]
        or call.get("userfilter", "") not in task.owner
        or "since" in call and task.starttime < int(call["since"])
        or "until" in call and task.starttime > int(call["until"])
        or call.get("errors") == "1" and fine)


@serves("GET /cluster/tasks")
def cluster_tasks(cluster, call):
    return [task.listed_in_cluster() for task in reversed(cluster.tasks.list)
            if task.user == call.token.partition("!")[0]
            or call.rights.has("/", "Sys.Audit")][:25]
