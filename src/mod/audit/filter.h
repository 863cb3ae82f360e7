/* filter.h - which records of the audit log are wanted
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_MOD_AUDIT_FILTER_H
#define REEVE_MOD_AUDIT_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <gpg-error.h>
#include "../../call/call.h"

#define FILTER_TIME 28 /* Room for "2026-11-25T23:58:44.123456Z".  */

/* SINCE and UNTIL are "" where there is no such limit, the others NULL.  */
struct filter
{
  char since[FILTER_TIME];
  char until[FILTER_TIME];
  const char *identity;
  const char *verb;
  const char *outcome;
  const char *event;
};

/* Read TEXT, which is a date, a date and a time, or a duration before NOW, as
   the log writes times.  False if it is none of these.  */
bool filter_time (const char *text, time_t now, char r_time[FILTER_TIME]);

/* Take the options of CALL.  */
gpg_error_t filter_take (struct call *call, struct filter *r_filter);

/* Whether the record of LENGTH bytes at LINE is wanted.  GPG_ERR_SYNTAX if it
   is no record that can be shown.  */
gpg_error_t filter_match (const struct filter *filter, const char *line,
                          size_t length, bool *r_wanted);

#endif /* REEVE_MOD_AUDIT_FILTER_H */
