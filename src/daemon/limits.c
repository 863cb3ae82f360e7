/* limits.c - what a session is held to
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "session.h"

void
session_adopt_limits (struct session *session)
{
  struct daemon *daemon = session->daemon;
  const struct limits *limits = &daemon->options.limits;

  reload_adopt_limits (daemon);
  session->link.idle_ms = limits->idle_ms;
  session->link.line_ms = limits->line_ms;
  session->link.write_ms = limits->write_ms;
}

struct writer
session_writer (struct session *session)
{
  return (struct writer){ .sink = session_sink (session),
                          .output = session->output,
                          .most = session->daemon->options.limits.answer };
}

/* Refuse a call that RATE does not admit to WHO before WAIT_MS have passed.
   A client that floods is answered late, so that it cannot burn the machine by
   being refused.  */
static gpg_error_t
refuse (const struct rate *rate, const char *who, uint64_t wait_ms,
        struct failure *failure)
{
  uint64_t pause = wait_ms < LIMIT_RATE_PAUSE_MS ? wait_ms
                                                 : LIMIT_RATE_PAUSE_MS;
  char text[RATE_TEXT];
  const char *window = strchr (rate_text (rate, text), '/') + 1;

  nanosleep (&(struct timespec){ .tv_nsec = (long)pause * 1000000 }, NULL);
  failure_detail (failure, "wait", "%" PRIu64, wait_ms);
  return failure_refuse (failure, REFUSAL_RATE,
                         fail (failure, GPG_ERR_LIMIT_REACHED,
                               "rate: at most %" PRIu64
                               " calls in %s for this %s: wait %" PRIu64 " ms",
                               rate->calls, window, who, wait_ms));
}

gpg_error_t
session_rate (struct session *session, struct failure *failure)
{
  struct daemon *daemon = session->daemon;
  const struct limits *limits = &daemon->options.limits;
  const struct identity *identity = session->gate.identity;
  uint64_t now = link_now ();
  uint64_t wait;

  session_adopt_limits (session);
  if (!rate_take (daemon->rates, RATE_UID, session->entrance->peer.uid,
                  &limits->calls_per_uid, now, &wait))
    return refuse (&limits->calls_per_uid, "user", wait, failure);
  if (identity)
    {
      const struct rate *rate = identity->rate.calls
                                    ? &identity->rate
                                    : &limits->calls_per_identity;

      if (!rate_take (daemon->rates, RATE_IDENTITY, rate_key (identity->name),
                      rate, now, &wait))
        return refuse (rate, "identity", wait, failure);
    }
  return 0;
}

gpg_error_t
session_write_limits (const struct session *session, struct writer *out)
{
  const struct limits *limits = &session->daemon->options.limits;
  gpg_error_t err = 0;

  for (const struct limit *limit = limit_table; !err && limit->name; limit++)
    {
      char text[RATE_TEXT];

      err = writer_field (out, "name", "%s", limit->name);
      if (!err && limit->unit == UNIT_RATE)
        err = writer_field (out, "value", "%s",
                            rate_text (limit_rate (limits, limit), text));
      else if (!err)
        err = writer_field_number (out, "value",
                                   (int64_t)limit_number (limits, limit));
      if (!err)
        err = writer_field (out, "unit", "%s", limit_unit_name (limit->unit));
      if (!err)
        err = writer_field (out, "description", "%s", limit->description);
      if (!err)
        err = writer_record_end (out);
    }
  return err;
}
