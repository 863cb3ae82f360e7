# transcript.py - the examples of the manual, as what is typed and answered
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads doc/*.texi in the manual's order.  An @example in which a line begins
with a prompt is a transcript:

    # COMMAND       typed by root to a shell, with here-documents
    $ COMMAND       typed by another user
    NAME@HOST> LINE typed to the reeve that the command before has started
    C: LINE         sent to the daemon
    S: LINE         answered by the daemon

All other lines are what is answered, @kbd{...} at the end of one is what a
person types then.  Where @var{...} or @dots{} stands in an
answer it may have any text; a line of dots alone is any lines.

Before each there is a mark, or it is a failure:

    @c replay: NAME                  transcripts of one NAME are one story
    @c replay: NAME (root): REASON   only on a machine that may be changed
    @c replay: NAME (file PATH)      no transcript: a file of the story
    @c no replay: REASON
"""

import os
import re

ANY = "\ue000"
KEY = "\ue001"
PROMPT = re.compile(r"(#|\$|[a-z]+@[a-z]+>|C:|S:) ")
MARK = re.compile(r"@c replay: (.*?)(?: \((root|file) ?([^)]*)\)(?:: (.*))?)?$")
NO_MARK = re.compile(r"@c no replay: (.*)")
HERE = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")


class Step:
    """TEXT typed at PROMPT, and the lines of the answer."""

    def __init__(self, prompt, text):
        self.prompt = prompt
        self.text = text
        self.answer = []


class Example:
    def __init__(self, path, line, lines):
        self.where = "%s:%d" % (os.path.basename(path), line)
        self.lines = lines
        self.name = None      # The story that it belongs to.
        self.root = False
        self.file = None
        self.reason = None    # Why it is not replayed, or only by root.

    @property
    def prompts(self):
        return any(PROMPT.match(line) for line in self.lines)

    @property
    def text(self):
        return "".join(line + "\n" for line in self.lines)

    def mark(self, line):
        match = MARK.match(line)
        if match:
            self.name, kind, argument, self.reason = match.groups()
            self.root = kind == "root"
            self.file = argument if kind == "file" else None
        elif NO_MARK.match(line):
            self.reason = NO_MARK.match(line).group(1)

    def steps(self):
        """The transcript as Steps."""
        steps = []
        end = None  # The word that ends a here-document.
        for line in self.lines:
            match = PROMPT.match(line)
            open_ended = steps and not steps[-1].answer \
                and steps[-1].text.endswith("\\")
            if end is not None or open_ended:
                steps[-1].text += "\n" + line
                if line == end:
                    end = None
            elif match:
                steps.append(Step(match.group(1), line[match.end():]))
                here = HERE.search(steps[-1].text)
                if here and match.group(1) in "#$":
                    end = here.group(2)
            elif steps:
                steps[-1].answer.append(line)
        return steps


def plain(line):
    """A line of Texinfo as a reader sees it, with ANY for what varies."""
    line = re.sub(r"@dots\{\}", ANY, line)
    line = re.sub(r"@var\{([^{}]*)\}", ANY + r"\1" + ANY, line)
    line = re.sub(r"@(?:w|code|samp|minus)\{([^{}]*)\}", r"\1", line)
    line = re.sub(r"@kbd\{([^{}]*)\}", KEY + r"\1", line)
    return re.sub(r"@([@{}])", r"\1", line)


def pattern(line):
    """A regular expression for a line of an answer."""
    line = re.sub(ANY + r"[a-z -]+" + ANY, ANY, line).replace(KEY, "")
    return ".*".join(re.escape(part) for part in line.split(ANY))


def matches(wanted, have):
    """Whether the lines HAVE are what the lines WANTED tell."""
    if not wanted:
        return not have
    if wanted[0] == ANY:
        return any(matches(wanted[1:], have[at:])
                   for at in range(len(have) + 1))
    return bool(have) and re.fullmatch(pattern(wanted[0]), have[0]) is not None \
        and matches(wanted[1:], have[1:])


def files(main):
    """MAIN and what it includes, in order."""
    yield main
    with open(main, encoding="utf-8") as text:
        for name in re.findall(r"^@include (\S+)", text.read(), re.MULTILINE):
            path = os.path.join(os.path.dirname(main), name)
            if os.path.exists(path):
                yield from files(path)


def examples(main):
    """Each Example of the manual."""
    for path in files(main):
        with open(path, encoding="utf-8") as text:
            lines = text.read().split("\n")
        mark = ""
        at = 0
        while at < len(lines):
            line = lines[at]
            at += 1
            if MARK.match(line) or NO_MARK.match(line):
                mark = line
            elif re.match(r"@(small)?example\b", line):
                end = lines.index(line.replace("@", "@end "), at)
                example = Example(path, at, [plain(inside) for inside
                                             in lines[at:end]])
                example.mark(mark)
                yield example
                mark = ""
                at = end + 1
