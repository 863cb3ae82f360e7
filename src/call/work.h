/* work.h - what a worker does, and how it is asked
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The machine worker (reeve-machine) is the program that asks systemd, runs
   tools and looks at disks; a session links none of their libraries and may
   be confined.  It runs as the daemon's user.  One for reading is forked for
   each session that needs it, by the helper that the supervisor starts; it
   carries out no operation that changes something.  One for changing is
   started for each step of a plan, by a session that may change (relay.h).
   What is foreign, as a tool's JSON, it takes apart behind a fence
   (fenced.h).

   The API worker (reeve-api) speaks HTTP and TLS with other machines, behind a
   fence, as a user of its own; it opens no file.  It is asked in the same way,
   and has no machine.

   The session sends WORK_REQUEST; the worker answers with WORK_ANSWER and
   WORK_STATUS messages, as many as there are, and one WORK_DONE.  */

#ifndef REEVE_WORK_H
#define REEVE_WORK_H

#include <stdbool.h>
#include <stdint.h>
#include <gpg-error.h>
#include "../base/channel.h"
#include "../base/failure.h"
#include "../base/machine.h"
#include "writer.h"

enum work_kind
{
  /* From the session.  */
  WORK_REQUEST = 1, /* Code: enum output.  The operation's name, its end on
                       the clock of link_now (0: none), then pairs of an
                       argument's name and value.  */
  WORK_STOP,        /* Give up what is being done.  */
  WORK_LEAVE,       /* Likewise, and leave it as it is: the server stops.  */

  /* From the worker.  */
  WORK_ANSWER, /* A piece of the answer, which the client is to have now.  */
  WORK_STATUS, /* Keyword and text of a status line.  */
  WORK_DONE    /* Code: enum work_end.  What failed has gpg code and words, then
                  pairs of detail names and values.  */
};

enum work_end
{
  WORK_END_DONE,
  WORK_END_FAILED,
  WORK_END_REFUSED /* Failed, and the worker is no more.  */
};

/* One operation on its way.  */
struct work
{
  const struct machine *machine;
  void *context;          /* Of all operations of this worker.  */
  struct writer *out;     /* The answer.  */
  struct failure failure; /* Use fail (&work->failure, ...).  */
  uint64_t deadline;      /* On the clock of link_now; 0: none.  */
  struct channel *channel;
  struct message request; /* Items behind the fixed ones are arguments.  */
  uint64_t number;        /* Of the request, counted from 1.  */
  bool changes;           /* Of the service.  */
  bool stopped;
  bool taken; /* The message that said so was read.  */
};

/* What the worker can do.  With an argument "unchanged" the answer begins with
   the field "changed", which is no: that of a verb which had nothing to do, and
   tells how it is.  */
struct work_operation
{
  const char *name; /* "SERVICE STATUS", or what steps and handlers use:
                       "service start".  */
  gpg_error_t (*run) (struct work *work);
  bool changes; /* Not for a worker that reads.  */
};

/* The argument NAME, NULL if it was not given.  The text belongs to WORK.  */
const char *work_text (const struct work *work, const char *name);

/* The same as a number.  */
int64_t work_number (const struct work *work, const char *name,
                     int64_t fallback);

/* The INDEX-th of the values of NAME, counted from 0, or NULL: an argument
   may stand there repeatedly.  */
const char *work_text_at (const struct work *work, const char *name,
                          size_t index);

/* Whether the session gave up or is gone.  To be asked several times a second
   by what waits, which then puts in order what it began and ends with
   GPG_ERR_CANCELED.  CONTEXT is a struct work: it fits run_program.  */
bool work_ended (void *context);

/* WORK, an operation that changes something, has ended, and what it began is
   to be put in order: it has MS milliseconds more (all in all less
   than LIMIT_STOP_SECONDS), in which work_ended says no.  An error, and nothing
   changed, if the session is gone, or wants it left as it is.  */
gpg_error_t work_grace (struct work *work, int ms);

/* Milliseconds until WORK's deadline, at most MOST, at least 0.  */
int work_left (const struct work *work, int most);

/* A status line "S KEYWORD text", which the client has at once.  */
gpg_error_t work_status (struct work *work, const char *keyword,
                         const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* What a worker is.  */
struct work_service
{
  const struct machine *machine; /* NULL: it has none.  */
  void *context;
  /* A table for each module, ending with a NULL name; NULL ends them.  */
  const struct work_operation *const *operations;
  bool changes; /* It may change something.  */
};

/* Serve the session behind FD until it is gone.  */
void work_serve (int fd, const struct work_service *service);

/* Answer the first request of the session behind FD that there is no service,
   because of ERR, whose words FAILURE has.  */
void work_refuse (int fd, gpg_error_t err, const struct failure *failure);

#endif /* REEVE_WORK_H */
