/* reload.c - taking over a changed configuration, or keeping the old one
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <gpg-error.h>

#include "protocol/link.h"
#include "session.h"

#define POLL_NS 2000000 /* Between two looks at the outcome.  */

/* --- In the supervisor --- */

/* Tell those who asked how the reload ended: TEXT is why not, or NULL.  */
static void
answer (const struct reload *reload, struct reload_shared *shared,
        const char *text)
{
  atomic_store (&shared->refused, text != NULL);
  if (text && text != shared->text)
    snprintf (shared->text, sizeof shared->text, "%s", text);
  atomic_store (&shared->answered, reload->asked);
}

/* In the child: read everything, and leave the words of a mistake behind.  */
static void __attribute__ ((noreturn))
validate (const struct reload *reload, struct daemon *daemon)
{
  struct reload_shared *shared = &daemon->shared->reload;
  auto_failure struct failure failure = FAILURE_NONE;
  struct options options;
  struct policy policy;

  options_read (reload->argc, reload->argv, &options);
  shared->validated = options;
  if (!policy_load (&daemon->machine, &daemon->registry, &policy, &failure))
    _exit (0);
  log_error ("reload: %s\n", failure.text);
  snprintf (shared->text, sizeof shared->text, "%s", failure.text);
  _exit (2);
}

void
reload_start (struct reload *reload, struct daemon *daemon)
{
  struct reload_shared *shared = &daemon->shared->reload;
  pid_t pid;

  reload->again = reload->validator;
  if (reload->validator)
    return;
  reload->asked = atomic_load (&shared->asked);
  /* What options_read says of a mistake goes to the log only.  */
  snprintf (shared->text, sizeof shared->text,
            "the options do not load: see the daemon's log");
  pid = fork ();
  if (!pid)
    validate (reload, daemon);
  if (pid > 0)
    {
      reload->validator = pid;
      return;
    }
  log_error ("reload: cannot fork: %s\n", strerror (errno));
  answer (reload, shared, "cannot fork: try again");
}

/* The limits go to where they do not stand, so that a session always finds
   whole ones.  */
static void
adopt_options (struct daemon *daemon)
{
  struct reload_shared *shared = &daemon->shared->reload;
  const struct options *options = &shared->validated;
  struct audit_options audit;

  limits_adopt (&daemon->options.limits, &options->limits);
  options_audit (&daemon->options, &audit);
  audit_configure (daemon->audit, &audit);
  shared->limits[(daemon->turn + 1) % RELOAD_TURNS] = daemon->options.limits;
  daemon->turn = atomic_fetch_add (&shared->turn, 1) + 1;
  daemon->options.debug = options->debug;
  daemon->options.integrity = daemon->shared->integrity = options->integrity;
  daemon->options.config.stat = daemon->shared->config = options->config.stat;
}

/* Adopt what the validator found good.  */
static void
adopt (const struct reload *reload, struct daemon *daemon)
{
  struct reload_shared *shared = &daemon->shared->reload;
  auto_failure struct failure failure = FAILURE_NONE;
  struct policy policy;

  if (policy_load (&daemon->machine, &daemon->registry, &policy, &failure))
    {
      log_error ("reload: %s: the old policy stays in force\n", failure.text);
      audit_event (daemon->audit, "reload", NULL, "refused: %s", failure.text);
      answer (reload, shared, failure.text);
      return;
    }
  policy_release (&daemon->policy);
  daemon->policy = policy;
  integrity_digest (&policy.seen, daemon->shared->policy);
  adopt_options (daemon);
  /* A session that was forked before has the old one beside the old policy,
     however late it begins.  */
  daemon->generation = atomic_fetch_add (&daemon->shared->generation, 1) + 1;
  log_info ("reload: done\n");
  audit_event (daemon->audit, "reload", NULL, "done");
  answer (reload, shared, NULL);
}

bool
reload_reaped (struct reload *reload, struct daemon *daemon, pid_t pid,
               int status)
{
  if (pid != reload->validator)
    return false;
  reload->validator = 0;
  if (!status)
    adopt (reload, daemon);
  else
    {
      log_error ("reload: the old configuration stays in force\n");
      audit_event (daemon->audit, "reload", NULL, "refused: %s",
                   daemon->shared->reload.text);
      answer (reload, &daemon->shared->reload, daemon->shared->reload.text);
    }
  if (reload->again)
    reload_start (reload, daemon);
  return true;
}

/* --- In a session --- */

void
reload_adopt_limits (struct daemon *daemon)
{
  const struct reload_shared *shared = &daemon->shared->reload;
  unsigned turn = atomic_load (&shared->turn);
  struct audit_options audit;

  if (turn == daemon->turn)
    return;
  daemon->options.limits = shared->limits[turn % RELOAD_TURNS];
  daemon->turn = turn;
  options_audit (&daemon->options, &audit);
  audit_configure (daemon->audit, &audit);
}

/* Whether the policy loads; if ADOPT, it will be.  */
static gpg_error_t
try_policy (struct call *call, struct daemon *daemon, bool adopt)
{
  auto_failure struct failure inner = FAILURE_NONE;
  struct policy policy;

  if (policy_load (&daemon->machine, &daemon->registry, &policy, &inner))
    return fail (&call->failure, GPG_ERR_CONFIGURATION, "%s", inner.text);
  if (adopt)
    {
      integrity_digest (&policy.seen, daemon->shared->policy);
      atomic_fetch_add (&daemon->shared->generation, 1);
    }
  policy_release (&policy);
  return 0;
}

gpg_error_t
reload_ask (struct call *call)
{
  struct session *session = call->client;
  struct reload_shared *shared = &session->daemon->shared->reload;
  uint64_t end = call->deadline ? call->deadline
                                : link_now () + LIMIT_RELOAD_SECONDS * 1000;
  unsigned ticket;

  /* In pipe mode there is no supervisor, and no option that could change.  */
  if (call->dry_run || session->daemon->options.mode == RUN_SERVER)
    return try_policy (call, session->daemon, !call->dry_run);
  ticket = atomic_fetch_add (&shared->asked, 1) + 1;
  if (kill (getppid (), SIGHUP))
    return fail_errno (&call->failure, "cannot reach the supervisor");
  while ((int)(atomic_load (&shared->answered) - ticket) < 0)
    {
      nanosleep (&(struct timespec){ .tv_nsec = POLL_NS }, NULL);
      if (call->canceled (call->client))
        return fail (&call->failure, GPG_ERR_CANCELED,
                     "not waited for: the reload goes on");
      if (link_now () >= end)
        return fail (&call->failure, GPG_ERR_TIMEOUT,
                     "the reload has not ended: see the daemon's log");
    }
  if (!atomic_load (&shared->refused))
    {
      /* At once: when somebody changes the files again this session could not
         any more, and not say RELOAD either.  Who may be here no more is told
         by the next call.  */
      session_adopt_policy (session, NULL);
      return 0;
    }
  return fail (&call->failure, GPG_ERR_CONFIGURATION, "%.*s", RELOAD_TEXT - 1,
               shared->text);
}
