#!/usr/bin/env python3
# test-terminal.py - reeve at a real terminal
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import scratch  # noqa: E402
import tap  # noqa: E402

REEVE = scratch.program("reeve")
HOSTS = "127.0.0.1 localhost\n192.0.2.7 a.example b\n"
FIRST = "/files/etc/hosts/1/ipaddr"
PATIENCE = 30
# A terminal of tmux.
KIND = "screen"


def until(holds, what):
    """Wait until HOLDS () is true; return what it returned.  WHAT () is what
    was waited for."""
    deadline = time.monotonic() + PATIENCE
    while True:
        result = holds()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError("in vain waited for " + what())
        time.sleep(0.01)


class Terminal:
    """A terminal of COLUMNS and ROWS in which WORDS run, with the variables of
    ENVIRONMENT."""

    def __init__(self, *words, columns=160, rows=24, **environment):
        if not shutil.which("tmux"):
            raise tap.Skip("tmux is not installed")
        self.folder = tempfile.mkdtemp(prefix="reeve-terminal-")
        self.socket = os.path.join(self.folder, "tmux")
        self.status = os.path.join(self.folder, "status")
        self.home = os.path.join(self.folder, "home")
        os.mkdir(self.home)
        variables = {"TERM": KIND, "LC_ALL": "C.UTF-8", "HOME": self.home,
                     "PATH": os.environ["PATH"]}
        for name in ("LSAN_OPTIONS", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                variables[name] = os.environ[name]
        variables.update(environment)
        # The terminal stays when the program has ended, to be looked at.
        script = "trap : INT; env -i %s %s; echo $? >%s; exec sleep 1000" % (
            " ".join(quoted("%s=%s" % item) for item in variables.items()),
            " ".join(map(quoted, words)), quoted(self.status))
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns),
                  "-y", str(rows), script)

    def tmux(self, *words):
        return subprocess.run(
            ["tmux", "-u", "-S", self.socket, *words], check=True,
            capture_output=True, timeout=PATIENCE,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                 "TERM": KIND, "SHELL": "/bin/sh"}).stdout.decode()

    def keys(self, *keys):
        """Type; names of keys as tmux has them: "Enter", "C-c", "Up"."""
        self.tmux("send-keys", *keys)

    def line(self, text):
        self.tmux("send-keys", "-l", text)
        self.keys("Enter")

    def screen(self, colors=False):
        """What is seen, with what has been scrolled away; COLORS are those
        that begin, not those that end."""
        text = self.tmux("capture-pane", "-p", "-S", "-1000",
                         *(["-e"] if colors else []))
        return re.sub("\x1b\\[(0|39|49)?m", "", text).rstrip()

    def wait(self, pattern, colors=False):
        """Wait until a line of the screen matches the regular expression
        PATTERN; return the match."""
        found = re.compile(pattern, re.MULTILINE)
        return until(lambda: found.search(self.screen(colors)),
                     lambda: "%r on\n%s" % (pattern, self.screen(colors)))

    def prompt(self):
        """Wait for a fresh prompt at the end of the screen."""
        self.wait(r"@.*>\Z")

    def end(self):
        """Wait for the program's end; return its exit status."""
        until(lambda: os.path.exists(self.status)
              and open(self.status, encoding="ascii").read(),
              lambda: "the end of reeve on\n" + self.screen())
        with open(self.status, encoding="ascii") as file:
            return int(file.read())

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pid = int(self.tmux("display-message", "-p", "#{pid}"))
        self.tmux("kill-server")
        until(lambda: not alive(pid), lambda: "the end of tmux")
        shutil.rmtree(self.folder, ignore_errors=True)


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


@contextlib.contextmanager
def at_terminal(*words, files=None, machine=None, **terminal):
    """A scratch machine with its daemon, and reeve at a terminal."""
    daemon = None
    with contextlib.ExitStack() as stack:
        if not machine:
            machine = stack.enter_context(
                scratch.Machine(files or {"/etc/hosts": HOSTS}))
            daemon = stack.enter_context(machine.daemon())
        screen = stack.enter_context(
            Terminal(REEVE, "--root", machine.root, "--identity", "panel",
                     *words, **terminal))
        screen.daemon = daemon
        if not words or words[0].startswith("--"):
            screen.wait("^panel@.*>")
        yield screen


# --- A server of the test's own: slow, and with a secret ---

class Server:
    """Speaks as reeved does, to one client after the other."""

    VALUES = {"WHOAMI": "identity: fake\nauthenticated: yes\ndry-run: no\n",
              "GETINFO modules": "USER\nSLOW\n", "GETINFO version": "0.1",
              "GETINFO complete SLOW x": "x1\\x0aNOP\nx2 <f\n<x3\nx4\\x09x\nx5\n",
              "SLOW EVIL": "a\x1b]0;title\x07b\x9b31mc\u009bd\u202ee\te\n",
              "SLOW DIFF": "--- /etc/hosts\n+++ /etc/hosts\n"
                           "@@ -1,2 +1,2 @@\n--- gone\n+++ come\n same\n"}
    HELP = ("# USER PASSWORD <user:string> <password:secret>"
            " [<note:text>]\n#\n# set it\n")

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="reeve-server-")
        self.path = os.path.join(self.folder, "S")
        self.lines = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                with client, contextlib.suppress(OSError):
                    self.talk(client)

    def talk(self, client):
        client.sendall(b"OK fake\n")
        with client.makefile("rb") as stream:
            for line in stream:
                self.lines.append(line.decode().rstrip("\n"))
                client.sendall(self.answer(self.lines[-1]))

    def answer(self, line):
        if line in self.VALUES:
            text = self.VALUES[line]
            for character in "%\n\r":
                text = text.replace(character, "%%%02X" % ord(character))
            # One character that is a byte, and no UTF-8.
            return b"D %s\nOK\n" % text.encode().replace(b"\xc2\x9b31", b"\x9b31")
        if line.upper().startswith("HELP USER"):
            return self.HELP.encode() + b"OK\n"
        if line.startswith("USER PASSWORD") and "@" in line:
            return b"INQUIRE PASSWORD\n"
        if line == "SLOW ASK":
            return b"INQUIRE TOKEN for it\n"
        if line in ("SLOW WAIT", "SLOW HANG") or line.startswith("D "):
            return b""
        if line == "CANCEL":
            return b"ERR 536871011 Operation canceled\n" \
                if "SLOW WAIT" in self.lines[-2:] else b""
        return b"OK\n"

    def wait(self, line):
        until(lambda: line in self.lines,
              lambda: "%r among %r" % (line, self.lines))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        shutil.rmtree(self.folder)


@contextlib.contextmanager
def with_server(*words, **terminal):
    with Server() as server, Terminal(
            REEVE, "--no-auth", "--socket", server.path, *words,
            **terminal) as screen:
        screen.server = server
        if not words:
            screen.wait("^fake@.*>")
        yield screen


# --- The prompt, and what is typed at it ---

def test_a_session():
    with at_terminal() as screen:
        screen.line("AUG GET " + FIRST)
        screen.wait("^127.0.0.1$")
        screen.line("aug set %s 192.0.2.1" % FIRST)
        screen.line("AUG DIFF")
        screen.wait(r"^\+192.0.2.1 localhost$")
        screen.line("AUG GET /files/none")
        screen.wait("^reeve: AUG GET: Not found")
        screen.line("help AUG GET")
        screen.wait("^AUG GET <path:augpath>")
        screen.line("quit")
        assert screen.end() == 0


def test_ways_to_leave():
    for how in ("C-d", "exit", "BYE"):
        with at_terminal() as screen:
            if how == "C-d":
                screen.keys(how)
            else:
                screen.line(how)
            assert screen.end() == 0, how


def test_the_prompt_tells_of_a_dry_run():
    with at_terminal() as screen:
        screen.line("OPTION dry-run=1")
        screen.wait(r"^panel@.* \(dry run\)>")
        screen.line("OPTION output=json")
        screen.line("AUG GET " + FIRST)
        screen.wait('^"127.0.0.1"$')
        screen.line("OPTION dry-run=0")
        screen.wait(r"^panel@[^ ]*>\Z")
        screen.line("OPTION output=text")
        screen.line("AUG GET " + FIRST)
        screen.wait("^127.0.0.1$")
    with at_terminal("--dry-run", "--json") as screen:
        screen.wait(r"^panel@.* \(dry run\)>")


def test_contents():
    with at_terminal() as screen:
        screen.line("AUG SET /files/etc/hosts/1/canonical @ <<END")
        screen.wait("^> *$")
        screen.line("new.example")
        screen.line("END")
        screen.prompt()
        screen.line("AUG GET /files/etc/hosts/1/canonical")
        screen.wait("^new.example")
        name = os.path.join(screen.folder, "a value")
        with open(name, "w", encoding="ascii") as file:
            file.write("file.example")
        # Tab completes the file's name.
        screen.tmux("send-keys", "-l",
                    "AUG SET /files/etc/hosts/1/canonical @ <%s/a"
                    % screen.folder)
        screen.keys("Tab")
        screen.wait("a%20value")
        screen.keys("Enter")
        screen.line("AUG GET /files/etc/hosts/1/canonical")
        screen.wait("^file.example")


def test_an_at_sign_is_asked_for():
    with at_terminal() as screen:
        screen.line("AUG SET %s @" % FIRST)
        screen.wait("^value: *$")
        screen.line("192.0.2.9 x")
        screen.prompt()
        screen.line("AUG GET " + FIRST)
        screen.wait("^192.0.2.9 x$")
        screen.line("AUG SET %s @" % FIRST)
        screen.wait("^value: [^ ](?s:.)*^value: *$")
        screen.keys("C-c")
        screen.prompt()
        screen.line("AUG GET " + FIRST)
        screen.wait("^192.0.2.9 x$(?s:.)*^192.0.2.9 x$")


def test_a_secret_is_not_shown():
    with with_server() as screen:
        screen.line("USER PASSWORD joe @")
        screen.wait(r"^password \(not shown\): *$")
        screen.line("s3cret")
        screen.server.wait("D s3cret")
        screen.prompt()
        assert "s3cret" not in screen.screen()
        assert "HELP USER PASSWORD" in screen.server.lines
        # The argument behind it is none.
        screen.line("USER PASSWORD joe @ @")
        screen.wait(r"shown\): *$(?s:.)*shown\): *$")
        screen.line("0ther")
        screen.wait("^note: *$")
        screen.keys("C-c")
        screen.prompt()
        # Nobody said what this is.
        screen.line("SLOW ASK")
        screen.wait(r"^the server asks for TOKEN for it \(not shown\): *$")
        screen.line("t0ken")
        screen.server.wait("D t0ken")
        screen.prompt()
        # The terminal shows again what is typed.
        screen.line("NOP")
        screen.wait("^fake@.*> NOP$")
        assert not re.search("0ther|t0ken", screen.screen())


def test_several_lines_are_pasted():
    with at_terminal() as screen:
        screen.tmux("set-buffer", "AUG SET %s @ <<END\n192.0.2.3\nEND\n"
                    "AUG GET %s\nAUG LABEL %s" % (FIRST, FIRST, FIRST))
        screen.tmux("paste-buffer", "-p")
        screen.keys("Enter")
        screen.wait("^192.0.2.3$(?s:.)*^ipaddr$")
        screen.prompt()
        # Ctrl-C drops what is left of a paste.
        screen.tmux("set-buffer", "AUG SET %s @\n" % FIRST)
        screen.tmux("paste-buffer", "-p")
        screen.keys("Enter")
        screen.keys("C-c")
        screen.line("AUG GET " + FIRST)
        screen.wait("^192.0.2.3$(?s:.)*^192.0.2.3$")


def test_stopped_and_gone_on():
    with scratch.Machine({"/etc/hosts": HOSTS}) as machine, \
            machine.daemon(), Terminal("sh", "-i", PS1="shell: ") as screen:
        screen.wait("^shell:")
        screen.line("%s --root %s --identity panel" % (REEVE, machine.root))
        screen.wait("^panel@")
        screen.tmux("send-keys", "-l", "AUG GET ")
        screen.wait("^panel@.*> AUG GET\\Z")
        screen.keys("C-z")
        screen.wait("^shell:\\Z")
        screen.line("fg")
        screen.wait("^panel@.*> AUG GET\\Z")
        screen.line(FIRST)
        screen.wait("^127.0.0.1$")


# --- Completion ---

def completed(screen, typed, expected):
    screen.keys("C-u")
    screen.tmux("send-keys", "-l", typed)
    screen.keys("Tab")
    screen.wait("^(panel|fake)@.*> " + expected)


def test_a_candidate_is_one_word():
    with with_server() as screen:
        completed(screen, "SLOW x", "SLOW x5 *$")


def test_completion():
    hosts = "".join("192.0.2.%d h%d\n" % (i, i) for i in range(1, 4))
    with at_terminal(files={"/etc/hosts": hosts,
                            "/etc/hostname": "x\n"}) as screen:
        screen.line("AUG GET " + FIRST)  # The first one takes longer.
        screen.wait("^192.0.2.1$")
        completed(screen, "who", "WHOAMI *$")
        completed(screen, "au", "AU[A-Z]* *$")
        completed(screen, "AUG MAT", "AUG MATCH *$")
        completed(screen, "AUG SAVE --dr", "AUG SAVE --dry-run *$")
        completed(screen, "AUG SAVE --output=j", "AUG SAVE --output=json *$")
        completed(screen, "OPTION outp", "OPTION output=$")
        completed(screen, "HELP AUG LA", "HELP AUG LABEL *$")
        completed(screen, "AUG GET /files/etc/hostn",
                  "AUG GET /files/etc/hostname/?")
        completed(screen, "AUG GET /files/etc/hosts/1/ip",
                  "AUG GET /files/etc/hosts/1/ipaddr")
        completed(screen, 'AUG GET "/files/etc/hosts/1/ip',
                  'AUG GET "/files/etc/hosts/1/ipaddr"')
        # The same in the middle of a line.
        screen.keys("C-u")
        screen.tmux("send-keys", "-l", " " + FIRST)
        screen.keys("C-a")
        screen.tmux("send-keys", "-l", "AUG LAB")
        screen.keys("Tab")
        screen.wait("^panel@.*> AUG LABEL +" + FIRST)
        # What is completed runs.
        screen.keys("Enter")
        screen.wait("^ipaddr$")


def test_completion_lists_what_there_is():
    with at_terminal() as screen:
        screen.tmux("send-keys", "-l", "AUG GET /files/etc/hosts/")
        screen.keys("Tab", "Tab")
        # Without what stands in the line already.
        screen.wait("^1[/ ] *2")
        screen.wait("^panel@.*> AUG GET /files/etc/hosts/ *$")


def test_completion_without_a_right():
    with scratch.Machine({"/etc/hosts": HOSTS}) as machine, \
            machine.daemon(), Terminal(
                REEVE, "--root", machine.root, "--identity",
                "nobody") as screen:
        screen.wait("^nobody@")
        screen.tmux("send-keys", "-l", "AUG GET /files/etc/ho")
        screen.keys("Tab", "Tab", "x", "Enter")
        screen.wait("^reeve: AUG GET: Forbidden")
        assert "hosts" not in screen.screen()


# --- History ---

def test_history():
    with scratch.Machine({"/etc/hosts": HOSTS}) as machine, machine.daemon():
        with at_terminal(machine=machine) as screen:
            history = os.path.join(screen.folder, "history")
        os.mkdir(os.path.dirname(history))
        try:
            remembers(machine, history)
        finally:
            shutil.rmtree(os.path.dirname(history))


def remembers(machine, history):
    with at_terminal(machine=machine, REEVE_HISTORY=history) as screen:
        screen.line("AUG GET " + FIRST)
        screen.wait("^127.0.0.1$")
        screen.line(" AUG LABEL " + FIRST)
        screen.wait("^ipaddr$")
        screen.line("AUG SET /files/etc/hosts/1/canonical @")
        screen.wait("^value: *$")
        screen.line("not.kept")
        screen.line("")
        screen.line("")
        screen.prompt()
        screen.keys("Up")
        screen.wait("> AUG SET /files/etc/hosts/1/canonical @$")
        screen.keys("C-u")
        # Two sessions at the same time.
        with at_terminal(machine=machine, REEVE_HISTORY=history) as other:
            other.line("NOP")
            other.prompt()
            screen.line("WHOAMI")
            screen.wait("^identity: panel$")
    with open(history, encoding="utf-8") as file:
        assert file.read() == (
            "AUG GET %s\nAUG SET /files/etc/hosts/1/canonical @\nNOP\nWHOAMI\n"
            % FIRST)
    assert os.stat(history).st_mode & 0o777 == 0o600
    with at_terminal(machine=machine, REEVE_HISTORY=history) as screen:
        screen.keys("Up")
        screen.wait("^panel@.*> WHOAMI$")
        screen.keys("Up")
        screen.wait("^panel@.*> NOP$")
        # Searching, and giving that up.
        screen.keys("C-r", "G", "E", "T")
        screen.wait("i-search.*GET")
        screen.keys("C-c")
        screen.line("AUG LABEL " + FIRST)
        screen.wait("^ipaddr$")


def test_where_history_is():
    with at_terminal() as screen:
        screen.line("WHOAMI")
        screen.wait("^identity")
        name = os.path.join(screen.home, ".local/state/reeve/history")
        with open(name, encoding="ascii") as file:
            assert file.read() == "WHOAMI\n"
        assert os.stat(name).st_mode & 0o777 == 0o600
        assert os.stat(os.path.dirname(name)).st_mode & 0o777 == 0o700
    with at_terminal(REEVE_HISTORY="") as screen:
        screen.line("WHOAMI")
        screen.wait("^identity")
        screen.prompt()
        screen.keys("Up")
        screen.wait("^panel@.*> WHOAMI$(?s:.)*^panel@.*> WHOAMI$")
        assert not os.listdir(screen.home)


def test_a_secret_is_in_no_history():
    with with_server() as screen:
        screen.line("USER PASSWORD joe s3cret")
        screen.server.wait("USER PASSWORD joe s3cret")
        screen.prompt()
        screen.line("USER PASSWORD joe @")
        screen.wait("shown")
        screen.line("0ther")
        screen.server.wait("D 0ther")
        screen.prompt()
        with open(os.path.join(screen.home, ".local/state/reeve/history"),
                  encoding="ascii") as file:
            assert file.read() == "USER PASSWORD joe @\n"
        screen.keys("Up", "Up")
        screen.wait("^fake@.*> USER PASSWORD joe @$(?s:.)*"
                    "^fake@.*> USER PASSWORD joe @$")


# --- Ctrl-C ---

def test_ctrl_c_clears_the_line():
    with at_terminal() as screen:
        screen.tmux("send-keys", "-l", "AUG SAVE nonsense")
        screen.keys("C-c")
        screen.line("AUG GET " + FIRST)
        screen.wait("^127.0.0.1$")
        assert "reeve: AUG SAVE" not in screen.screen()


def test_ctrl_c_cancels_the_call_and_no_more():
    with with_server() as screen:
        screen.line("SLOW WAIT")
        screen.server.wait("SLOW WAIT")
        screen.keys("C-c")
        screen.wait("^reeve: SLOW WAIT: Operation cancell?ed")
        screen.server.wait("CANCEL")
        screen.line("NOP")
        screen.server.wait("NOP")
        screen.prompt()
        assert "lost" not in screen.screen()


def test_ctrl_c_twice_gives_the_connection_up():
    with with_server() as screen:
        screen.line("SLOW HANG")
        screen.server.wait("SLOW HANG")
        screen.keys("C-c")
        screen.server.wait("CANCEL")
        screen.keys("C-c")
        screen.wait("^reeve: the connection is lost")
        screen.wait(r"^\(not connected\)>")
        screen.line("NOP")
        screen.wait("^reeve: connected again")
        screen.server.wait("NOP")


def children(pid):
    """The processes that PID started."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), \
                open("/proc/%s/stat" % name, encoding="utf-8",
                     errors="replace") as file:
            if int(file.read().rsplit(")", 1)[1].split()[1]) == pid:
                yield int(name)


@contextlib.contextmanager
def stopped_workers(daemon):
    """No augeas worker of DAEMON does anything; they are the children of its
    child, the keeper."""
    workers = [worker for child in children(daemon.process.pid)
               for worker in children(child)]
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGCONT)


def test_ctrl_c_ends_a_call_of_the_real_daemon():
    """It loses the worker, and keeps the session."""
    with at_terminal() as screen:
        screen.line("AUG GET " + FIRST)
        screen.wait("^127.0.0.1$")
        screen.prompt()
        with stopped_workers(screen.daemon):
            # One that comes before the call begins leaves nothing to cancel.
            for _ in range(20):
                screen.line("AUG LABEL " + FIRST)
                until(lambda: screen.tmux("display-message", "-p",
                                          "#{cursor_x}") == "0\n",
                      lambda: "the end of the line on\n" + screen.screen())
                screen.keys("C-c")
                screen.prompt()
                if "cancel" in screen.screen():
                    break
        screen.wait("^reeve: AUG LABEL: Operation cancell?ed")
        screen.line("AUG GET " + FIRST)
        screen.wait("^127.0.0.1$(?s:.)*^127.0.0.1$")
        assert "lost" not in screen.screen()


def test_a_server_of_our_own_survives_ctrl_c():
    with scratch.Machine({"/etc/hosts": HOSTS}) as machine, Terminal(
            REEVE, "--root", machine.root, "--spawn", "--reeved",
            scratch.program("reeved")) as screen:
        screen.wait("^.*@.*>")
        screen.keys("C-c")
        screen.line("AUG SET %s 192.0.2.8" % FIRST)
        screen.keys("C-c")
        screen.line("AUG GET " + FIRST)
        screen.wait(r"^(192.0.2.8|127.0.0.1)$")
        assert "lost" not in screen.screen()


def test_one_command_is_cancelled_and_ends_by_the_signal():
    with Server() as server:
        child = subprocess.Popen(
            [REEVE, "--no-auth", "--socket", server.path, "SLOW", "WAIT"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(
                signal.SIGINT, signal.default_int_handler))
        server.wait("SLOW WAIT")
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=PATIENCE)
        assert child.returncode == -signal.SIGINT, child.returncode
        assert b"ancel" in err, err
        assert "CANCEL" in server.lines


# --- What is shown ---

def test_colors():
    with with_server() as screen:
        screen.line("SLOW DIFF")
        screen.line("WHOAMI")
        screen.wait("^\x1b\\[1midentity: fake", colors=True)
        shown = screen.screen(colors=True)
        for line in ("\x1b\\[31m--- gone", "\x1b\\[32m\\+\\+\\+ come",
                     "\x1b\\[1m--- /etc", "\x1b\\[36m@@"):
            assert re.search(line, shown), (line, shown)
    with at_terminal() as screen:
        screen.line("AUG GET /files/none")
        screen.wait("\x1b\\[31mreeve: AUG GET", colors=True)


def test_no_color():
    for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        with with_server(**variables) as screen:
            screen.line("SLOW DIFF")
            screen.line("NONE NONE")
            screen.line("WHOAMI")
            screen.wait("identity: fake")
            assert "\x1b[3" not in screen.screen(colors=True)
            assert "\x1b[1" not in screen.screen(colors=True)
    with with_server(NO_COLOR="") as screen:
        screen.line("WHOAMI")
        screen.wait("\x1b\\[1midentity", colors=True)


def test_what_steers_a_terminal_is_made_visible():
    with with_server() as screen:
        screen.line("SLOW EVIL")
        screen.wait(r"^a\\x1b\]0;title\\x07b\\x9b31mc\\xc2\\x9bd"
                    r"\\xe2\\x80\\xaee +e")
        title = screen.tmux("display-message", "-p", "#{pane_title}")
        assert "title" not in title
    # On a pipe nothing is changed.
    with Server() as server:
        result = subprocess.run(
            [REEVE, "--no-auth", "--socket", server.path, "SLOW", "EVIL"],
            capture_output=True, timeout=PATIENCE, check=True)
        assert result.stdout == server.VALUES["SLOW EVIL"].encode().replace(
            b"\xc2\x9b31", b"\x9b31"), result.stdout


def test_a_pager():
    hosts = "".join("192.0.2.7 h%d\n" % i for i in range(40))
    with at_terminal(files={"/etc/hosts": hosts}, rows=20) as screen:
        screen.line("AUG MATCH /files/etc/hosts/*")
        screen.wait("^:|hosts/19")
        assert "/files/etc/hosts/40" not in screen.screen()
        # It may be left early.
        screen.keys("q")
        screen.prompt()
        screen.line("AUG GET " + FIRST)
        screen.wait("^192.0.2.7$")
        assert "reeve: AUG" not in screen.screen()
        # A larger screen needs none.
        screen.resize(160, 60)
        screen.line("AUG MATCH /files/etc/hosts/*")
        screen.wait("^/files/etc/hosts/40$")


def test_the_pager_has_the_ctrl_c():
    hosts = "".join("192.0.2.7 h%d\n" % i for i in range(40))
    pager = "trap 'echo stopped; exit 0' INT; echo runs; sleep 1000"
    with at_terminal(files={"/etc/hosts": hosts}, rows=20,
                     PAGER=pager) as screen:
        screen.line("AUG MATCH /files/etc/hosts/*")
        screen.wait("^runs$")
        screen.keys("C-c")
        screen.wait("stopped$")
        screen.prompt()
        screen.line("AUG GET " + FIRST)
        screen.wait("^192.0.2.7$")
        assert "reeve: AUG" not in screen.screen()


def test_which_pager():
    hosts = "".join("192.0.2.7 h%d\n" % i for i in range(40))
    words = ("AUG", "MATCH", "/files/etc/hosts/*")
    with scratch.Machine({"/etc/hosts": hosts}) as machine, machine.daemon():
        for shown, variables in (
                ("^4[0-9] paged$", {"REEVE_PAGER": "wc -l | sed 's/$/ paged/'",
                                    "PAGER": "false"}),
                ("^4[0-9] paged$", {"PAGER": "wc -l | sed 's/$/ paged/'"}),
                ("^/files/etc/hosts/40$", {"PAGER": ""}),
                ("^/files/etc/hosts/40$", {"PAGER": "cat"}),
                ("^/files/etc/hosts/40$", {"PAGER": "/none/such"})):
            with at_terminal(*words, machine=machine, rows=20,
                             **variables) as screen:
                screen.wait(shown)
                assert screen.end() == 0
        with Terminal(REEVE, "--no-pager", "--root", machine.root,
                      "--identity", "panel", *words, rows=20,
                      PAGER="false") as screen:
            screen.wait("^/files/etc/hosts/40$")
            assert screen.end() == 0


def test_resize():
    with at_terminal(columns=80) as screen:
        screen.tmux("send-keys", "-l", "AUG GET /files/etc/hosts/1/canonical"
                    " /files/etc/hosts/2/canonical")
        screen.resize(40, 24)
        screen.keys("C-u")
        screen.line("AUG GET " + FIRST)
        screen.wait("^127.0.0.1$")


def test_a_dumb_terminal():
    with at_terminal(TERM="dumb") as screen:
        screen.line("AUG GET " + FIRST)
        screen.wait("^127.0.0.1$")
        screen.tmux("send-keys", "-l", "AUG nonsense")
        screen.keys("C-c")
        screen.line("AUG LABEL " + FIRST)
        screen.wait("^ipaddr$")
        screen.keys("C-d")
        assert screen.end() == 0


def test_no_terminal_for_answers():
    with scratch.Machine({"/etc/hosts": HOSTS}) as machine, machine.daemon():
        out = os.path.join(machine.root, "out")
        with Terminal("sh", "-c", "exec \"$@\" >%s" % quoted(out), "sh", REEVE,
                      "--root", machine.root, "--identity",
                      "panel") as screen:
            screen.wait("^panel@")
            screen.line("AUG GET " + FIRST)
            screen.line("quit")
            assert screen.end() == 0
        assert machine.read("/out") == "127.0.0.1\n"


# --- Lost connections ---

def test_a_lost_connection():
    with scratch.Machine({"/etc/hosts": HOSTS}) as machine:
        with machine.daemon():
            screen = Terminal(REEVE, "--root", machine.root, "--identity",
                              "panel")
            screen.__enter__()
            try:
                screen.wait("^panel@.*>")
                screen.line("OPTION dry-run=1")
                screen.wait(r"\(dry run\)>")
            except BaseException:
                screen.__exit__()
                raise
        with screen:
            screen.line("AUG GET " + FIRST)
            screen.wait("^reeve: the connection is lost, and with it all")
            screen.wait(r"^\(not connected\).*>")
            screen.line("AUG GET " + FIRST)
            screen.wait("^reeve: no reeved answers")
            with machine.daemon():
                screen.line("AUG GET " + FIRST)
                screen.wait("^reeve: connected again$")
                screen.wait("^127.0.0.1$")
                screen.wait(r"^panel@.*\(dry run\)>")


def test_a_restart_that_nobody_saw():
    with scratch.Machine({"/etc/hosts": HOSTS}) as machine:
        daemon = machine.daemon()
        with at_terminal(machine=machine) as screen:
            daemon.stop()
            with machine.daemon():
                screen.line("AUG LABEL " + FIRST)
                screen.wait("^reeve: connected again; the command was not")
                assert not re.search("^ipaddr$", screen.screen(), re.M)
                screen.keys("Up", "Enter")
                screen.wait("^ipaddr$")


tap.main(globals())
