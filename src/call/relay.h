/* relay.h - a session has a worker do what it does not do itself
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   See work.h.  A noun whose handlers use this has in its row: helper
   RELAY_MACHINE or RELAY_API, flag NOUN_HELPER_TRUSTED, session_end
   relay_end.  */

#ifndef REEVE_RELAY_H
#define REEVE_RELAY_H

#include <stdbool.h>
#include <gpg-error.h>
#include "call.h"

#define RELAY_MACHINE "reeve-machine" /* Services, disks, programs.  */
#define RELAY_API "reeve-api"         /* HTTP and TLS.  */

/* Handler of a verb that reads: the worker's operation "NOUN VERB" gets all
   arguments of the call and writes the answer.  It ends when the client gives
   up, loses his right, or the daemon stops, also if it would go on for ever. */
gpg_error_t relay_verb (struct call *call);

/* The same for OPERATION, with MORE arguments: pairs of name and value, NULL
   at the end, or NULL.  */
gpg_error_t relay_read (struct call *call, const char *operation,
                        const char *const *more);

/* Have a reading OPERATION answer to the handler: *R_TEXT is its answer in
   the text form, for the caller to free, NUL terminated.  Its status lines,
   as warnings, are the client's.  */
gpg_error_t relay_ask (struct call *call, const char *operation,
                       const char *const *more, char **r_text);

/* The value of the first field NAME of the records TEXT, for the caller to
   free; NULL at *R_VALUE if there is none.  */
gpg_error_t relay_field (const char *text, const char *name, char **r_value);

/* A step that the worker carries out.  All is copied.  */
struct relay_change
{
  const struct step_kind *kind; /* One of those below.  */
  const char *program;          /* NULL: the noun's.  */
  const char *object;           /* "nginx.service".  */
  const char *description;      /* For a dry run: a line or more, each with its
                                   newline.  */
  const char *before;           /* For the audit log; NULL: unknown.  */
  const char *after;
  const char *operation; /* Gets the call's arguments and MORE.  What it
                            writes is shown by relay_done.  */
  const char *undo;      /* The operation that puts back what was; it gets the
                            same arguments.  NULL: there is no way back.  */
  const char *const *more;
  bool reports; /* What the operation has written, whole records, is shown also
                   if the call fails.  */
};

extern const struct step_kind relay_unit;    /* A unit of a service manager. */
extern const struct step_kind relay_tool;    /* A program runs.  */
extern const struct step_kind relay_mount;   /* A file system is attached.  */
extern const struct step_kind relay_setting; /* Something of the machine.  */
extern const struct step_kind relay_api;     /* A request to a server.  */

/* Append it to CALL's plan.  */
gpg_error_t relay_append (struct call *call, const struct relay_change *change);

/* For a row's "done": the answers of the plan's steps are the call's; after an
   error only of those that report.  */
gpg_error_t relay_done (struct call *call, gpg_error_t err);

/* For a noun's "session_end".  */
void relay_end (void *session);

#endif /* REEVE_RELAY_H */
