/* account.c - what a session leaves in the audit log
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

void
account_executable (pid_t pid, char r_path[PATH_MAX])
{
  char link[32];
  ssize_t length;

  snprintf (link, sizeof link, "/proc/%ld/exe", (long)pid);
  length = readlink (link, r_path, PATH_MAX - 1);
  r_path[length > 0 ? length : 0] = 0;
}

void
account_start (struct session *session)
{
  const struct entrance *entrance = session->entrance;

  account_executable (entrance->peer.pid, session->executable);
  session->subject = (struct audit_subject){
    .session = session->id,
    .peer = &entrance->peer,
    .executable = *session->executable ? session->executable : NULL,
  };
  session->gate.audit = session->daemon->audit;
  session->gate.subject = &session->subject;
}

/* What may have changed since the last record.  */
static const struct audit_subject *
subject_now (struct session *session)
{
  const struct identity *identity = session->gate.identity;

  /* The name outlives a reload, and a right that was lost.  */
  session->subject.identity = *session->identity_name ? session->identity_name
                              : identity              ? identity->name
                                                      : NULL;
  session->subject.reason = session->reason;
  return &session->subject;
}

void
account_line (struct session *session)
{
  session->calls++;
  snprintf (session->call_id, sizeof session->call_id, "%s.%" PRIu64,
            session->id, session->calls);
  session->subject.call = session->call_id;
  subject_now (session);
}

void
account_refused (struct session *session, const char *what, gpg_error_t err,
                 struct failure *failure)
{
  if (!err || failure->refusal == REFUSAL_NONE)
    return;
  metrics_refusal (session->daemon->metrics, failure->refusal);
  audit_refuse (session->daemon->audit, subject_now (session), failure->refusal,
                what, err, failure_words (failure, err));
  failure->refusal = REFUSAL_NONE;
}

void
account_line_refused (struct session *session, enum refusal refusal,
                      gpg_error_t err, const char *text)
{
  metrics_refusal (session->daemon->metrics, refusal);
  audit_refuse (session->daemon->audit, subject_now (session), refusal, "", err,
                text);
}

void
account_call (struct session *session, struct call *call, gpg_error_t err)
{
  uint64_t time_us = link_now_us () - call->started_us;
  char what[128];

  if (call->handed_over)
    return;
  metrics_call (session->daemon->metrics, call->registry, call->noun,
                call->verb, err,
                err && call->failure.refusal != REFUSAL_NONE, time_us);
  if (err && call->failure.refusal != REFUSAL_NONE)
    {
      snprintf (what, sizeof what, "%s %s", call->noun->name, call->verb->name);
      account_refused (session, what, err, &call->failure);
    }
  else if (!call->recorded)
    audit_call (session->daemon->audit, subject_now (session), call, err,
                time_us);
}

void
account_login (struct session *session)
{
  audit_event (session->daemon->audit, "login", subject_now (session), "%s",
               effect_name (gate_ceiling (&session->gate)));
}
