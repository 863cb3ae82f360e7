/* call.h - one request on its way: the row, the arguments, the answer
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A call knows nothing of Assuan: the same call runs from a session, a queue
   and a test.  */

#ifndef REEVE_CALL_H
#define REEVE_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "../base/failure.h"
#include "../base/limits.h"
#include "../base/machine.h"
#include "../base/settings.h"
#include "../base/tally.h"
#include "../plan/plan.h"
#include "arguments.h"
#include "writer.h"
#include "verb.h"

/* What a module keeps for the time of a session, and what the supervisor
   keeps for it.  */
struct module
{
  int helper_fd;       /* To the noun's helper process, or -1.  */
  struct tally *tally; /* Events a uid, shared by all sessions.  */
  void *session;       /* The module's own; freed by noun->session_end.  */
};

/* Who asks, as the kernel says.  */
struct peer
{
  uid_t uid;
  gid_t gid;
  pid_t pid;
};

/* A name of an object of a noun that is granted by effect.  The first WHOLE
   bytes of TEXT name the whole to which it belongs: "/files/etc/hosts" of
   "/files/etc/hosts/1/ipaddr".  */
struct object_name
{
  const char *text;
  size_t whole;
  bool entire; /* All that may be below it is meant, too: what denies any of
                  that denies it.  */
};

struct metrics;

struct call
{
  const struct noun *noun;
  const struct verb *verb;
  struct arguments *arguments;
  const struct machine *machine;
  struct module *module;
  struct peer peer;
  const struct limits *limits; /* NULL: limits_or_usual.  */
  const struct settings *settings;
  struct metrics *metrics; /* NULL: nothing is counted.  */
  const char *identity;
  const struct registry *registry; /* For a noun that shows it.  */
  bool dry_run;
  uint64_t started_us; /* When it began, on that of link_now_us.  */
  bool recorded;       /* The audit has its end.  */
  bool handed_over;    /* To a job, which ends it.  */
  uint64_t deadline;   /* On the clock of link_now; 0: none.  */

  /* Whether the client gave up: it said CANCEL or hung up.  Asked now and
     then by what waits, which then ends with GPG_ERR_CANCELED.  */
  bool (*canceled) (void *client);
  void *client;

  /* Whether the session is to end when this call has ended: what only waits
     for something to happen then ends, too.  May be NULL.  */
  bool (*ending) (void *client);

  /* Whether the client may still have what this call was let in for: its right,
     its identity or its key may be gone.  Asked now and then by what only waits
     for something to happen; an error is in CALL->failure.  May be NULL.  */
  gpg_error_t (*still_may) (struct call *call);

  /* Carry out VERB of the same noun as if the client had asked for it: through
     all gates, under the same identity, dry run and deadline, with a plan of
     its own that is carried out before this returns.  The COUNT ARGUMENTS,
     all needed or optional ones and no options, are taken as they are.  The
     answer is written to OUT, whose sink and form are the caller's.  An error
     is in CALL->failure as if it were this call's own.  Set by what makes
     calls.  */
  gpg_error_t (*perform) (struct call *call, const char *verb,
                          const char *const *arguments, size_t count,
                          struct writer *out);

  /* Have a job carry out the plan, and answer which; NULL: it is carried out
     while the client waits.  Set by what makes calls.  */
  gpg_error_t (*hand_over) (struct call *call);

  /* Have the daemon read its configuration anew, and wait for the end of that;
     an error is in CALL->failure.  Set by what makes calls.  */
  gpg_error_t (*reload) (struct call *call);

  /* Whether policy lets the client EFFECT one object of this call's noun (which
     is granted by effect).  It has COUNT NAMES, the first of them canonical:
     an allowing rule must name that one, a denying one may name any.  With
     COUNT 0: whether the client may do so with all objects, so that none needs
     to be asked for.  GPG_ERR_FORBIDDEN, with words for FAILURE.  Set by what
     makes calls; GATE is its own.  */
  gpg_error_t (*may) (const struct call *call, enum effect effect,
                      const struct object_name *names, size_t count,
                      struct failure *failure);
  const void *gate;
  unsigned generation; /* Of the policy that MAY asks: another one after each
                          reload.  */

  struct writer *out;
  struct plan *plan; /* For a changing verb; empty at the start.  */
  struct failure failure;
};

#endif /* REEVE_CALL_H */
