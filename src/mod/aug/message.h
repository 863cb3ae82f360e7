/* message.h - what a session and its augeas worker say to each other
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The session sends CHANNEL_REQUEST; the worker answers with CHANNEL_ANSWER
   messages and one CHANNEL_DONE.  Before that it may send CHANNEL_NEED; the
   session then tells about files and ends with CHANNEL_READY.  */

#ifndef REEVE_AUG_MESSAGE_H
#define REEVE_AUG_MESSAGE_H

enum channel_kind
{
  /* From the session.  */
  CHANNEL_REQUEST = 1, /* Code: enum channel_operation.  The CPU (u32) that
                          the session runs on, then the arguments.  */
  CHANNEL_ORDER,       /* Path of a directory ("" for the root): the files that
                          follow, up to CHANNEL_SETTLED, are all below it, in
                          augeas' order.  */
  CHANNEL_FILE,        /* Path, name of the lens, mtime, text.  */
  CHANNEL_KNOWN,       /* Path of a file that was told before, in its place
                          in the order of all.  */
  CHANNEL_REFUSED,     /* Path, lens, mtime, gpg code, advice, augeas' word
                          for it: a file that there is but that cannot be
                          had.  */
  CHANNEL_SETTLED,     /* Path, code: enum channel_state.  */
  CHANNEL_READY,       /* All needs are told.  Code not 0: no, give up.  */

  /* From the keeper and the worker.  */
  CHANNEL_WORKER, /* The keeper's answer, on the socket that was sent to it:
                     socket and pidfd of a worker, the table of lenses.  */
  CHANNEL_REPORT, /* The fences that hold, before the first answer.  */
  CHANNEL_NEED,   /* Paths; "/" is everything.  */
  CHANNEL_ANSWER, /* A piece of the answer.  */
  CHANNEL_DONE    /* Code 0: done.  1: failed; gpg code and advice, then
                     pairs of detail names and values.  2: the same, and the
                     worker ends.  */
};

enum channel_state
{
  CHANNEL_ABSENT,   /* No lens has a file here or on the way.  */
  CHANNEL_DIRECTORY /* All files below were told.  */
};

/* What a worker can do.  An argument that is not given is left out at the
   end of the list.  */
enum channel_operation
{
  CHANNEL_GET,    /* Paths.  Answer: the values.  */
  CHANNEL_LABEL,  /* Path.  Answer: the label.  */
  CHANNEL_MATCH,  /* Path.  Answer: paths.  */
  CHANNEL_LS,     /* Path.  Answer: label, path, "1" or "0" for children,
                     and "=" and the value or "", for each.  */
  CHANNEL_PRINT,  /* [Path].  Answer: text in pieces.  */
  CHANNEL_SET,    /* Path, [value].  */
  CHANNEL_SETM,   /* Base, sub, [value].  Answer: number.  */
  CHANNEL_CLEAR,  /* Path.  */
  CHANNEL_INSERT, /* Label, "before" or "after", path.  */
  CHANNEL_REMOVE, /* Path.  Answer: number.  */
  CHANNEL_MOVE,   /* Source, destination.  */
  CHANNEL_DEFVAR, /* Name, expression.  Answer: number.  */
  CHANNEL_LOAD,   /* Answer, if the transforms are others now: the text of
                     the new table of lenses, then remarks.  */
  CHANNEL_ERRORS, /* [Path].  Answer: eight items a record: file, error,
                     line, character, lens, last matched, next not matched,
                     message; "" where there is none.  */
  CHANNEL_RENDER, /* ["save"]: they are to be written.  Answer: for each
                     change "write" or "remove", path, text.  */
  CHANNEL_COMMIT, /* Pairs of path and mtime that were written; adopts what
                     was rendered last.  */
  CHANNEL_REVERT,
  CHANNEL_TOUCH,     /* Path.  */
  CHANNEL_COPY,      /* Source, destination.  */
  CHANNEL_RENAME,    /* Path, label.  Answer: number.  */
  CHANNEL_DEFNODE,   /* Name, expression, [value].  Answer: number.  */
  CHANNEL_SPAN,      /* Path.  Answer: the file, then where the label, the
                        value and the node begin and end.  */
  CHANNEL_SOURCE,    /* Path.  Answer: the path of its file's node.  */
  CHANNEL_STORE,     /* Lens, node, path.  */
  CHANNEL_RETRIEVE,  /* Lens, node, path, node.  */
  CHANNEL_FILES,     /* Answer: file, state and lens ("" if unknown), for each
                        that was told.  */
  CHANNEL_TRANSFORM, /* Lens, "incl" or "excl", glob.  */
  CHANNEL_TEXT,      /* Path of a file.  Answer: its text as SAVE would write
                        it: "read" (as the session read it, if there is a
                        file), "failed" (the same, but it does not parse;
                        then line and message), "removed", or "text" and the
                        text.  */
  CHANNEL_REPLACE,   /* Path of a file, text.  Answer: what is to be said:
                        "newline" (one is added at the end), "differs" (from
                        what the lens makes of it), "unwritten" (only a
                        newline at the end is new).  */
  CHANNEL_COMPARE,   /* Lens, then a file's old and new text, each behind a
                        "=", or "" where there is no file.  Answer: names of
                        the nodes that differ: see compare.c.  One with the
                        code 1: a text does not parse, any may differ.  */
  CHANNEL_RENEW,     /* What was refused to the client, or left out, may be
                        had now: it is asked for again.  */
  CHANNEL_OPERATIONS /* How many there are.  */
};

#endif /* REEVE_AUG_MESSAGE_H */
