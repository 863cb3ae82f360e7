/* audit.c - AUDIT: what was asked, refused and done
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>

#include "../../call/call.h"
#include "../../call/json_answer.h"
#include "audit.h"
#include "filter.h"
#include "read.h"

#define TAIL_LINES 10

/* What only the verifier needs.  */
static const char *const proof[] = { "hash", "mac", NULL };

/* What to do with the records that are read.  */
struct query
{
  struct call *call;
  struct filter filter;
  uint64_t skip;  /* Wanted records that are not to be told, ... */
  uint64_t found; /* ... of those found so far.  */
  uint64_t wrong; /* Lines that are no records.  */
  bool counting;  /* Nothing is told.  */
};

/* A read_line_t.  */
static gpg_error_t
take_line (void *opaque, const char *line, size_t length)
{
  struct query *query = opaque;
  bool wanted;

  if (!line || filter_match (&query->filter, line, length, &wanted))
    {
      query->wrong++;
      return 0;
    }
  if (!wanted || ++query->found <= query->skip || query->counting)
    return 0;
  return json_answer_record (query->call->out, line, length, proof);
}

/* Read the last LAST lines (-1: all); with FOLLOW also those to come.  */
static gpg_error_t
run_query (struct query *query, int64_t last, bool follow)
{
  struct call *call = query->call;
  gpg_error_t err;

  query->found = query->wrong = 0;
  err = read_log (call, last, follow, take_line, query);
  if (gpg_err_code (err) == GPG_ERR_TOO_LARGE)
    return fail (&call->failure, GPG_ERR_TOO_LARGE,
                 "an answer has at most 64 MiB: ask for less by --since,"
                 " --until or --lines");
  if (!err && query->wrong && !query->counting)
    err = writer_warning (call->out,
                          "%ju lines are no records: do reeve audit verify",
                          (uintmax_t)query->wrong);
  return err;
}

static gpg_error_t
audit_tail (struct call *call)
{
  struct query query = { .call = call };

  return run_query (&query, arg_number (call, "lines", TAIL_LINES),
                    arg_number (call, "follow", 0));
}

static gpg_error_t
audit_query (struct call *call)
{
  struct query query = { .call = call };
  int64_t lines = arg_number (call, "lines", -1);
  gpg_error_t err = filter_take (call, &query.filter);

  if (!err && lines >= 0)
    {
      query.counting = true;
      err = run_query (&query, -1, false);
      query.counting = false;
      if (query.found > (uint64_t)lines)
        query.skip = query.found - (uint64_t)lines;
    }
  return err ? err : run_query (&query, -1, false);
}

#define RECORDS                                                                \
  "Answers records, oldest first, with the fields that the log has:\n"         \
  "sequence, time (UTC), event, and for a call among others call (the id on\n" \
  "its OK line), session, identity, uid, gid, pid, executable, verb,\n"        \
  "arguments, reason, plan, outcome, error, duration_us. Objects and lists\n"  \
  "are JSON.\n"

static const struct verb verbs[] = {
  { .name = "TAIL",
    .args = "[--lines=<count:int>] [--follow]",
    .effect = EFFECT_READ,
    .run = audit_tail,
    .summary = "the last records of the audit log",
    .help = RECORDS
    "The last COUNT of them are told, or 10. With --follow, those that are\n"
    "written from then on, too, until the client says CANCEL, its time is\n"
    "over, or the answer is as large as an answer may be.\n"
    "NOT_FOUND: there is no log.\n"
    "TIMEOUT: the time is over; what was told stands.\n"
    "Example: AUDIT TAIL --lines=3" },
  { .name = "QUERY",
    .args = "[--since=<time:string>] [--until=<time:string>]"
            " [--identity=<name:string>] [--verb=<verb:string>]"
            " [--outcome=<outcome:enum(ok|error|refused|dry-run|canceled)>]"
            " [--event=<event:string>] [--lines=<count:int>]",
    .effect = EFFECT_READ,
    .run = audit_query,
    .summary = "records of the audit log, also of its rotated files",
    .help = RECORDS
    "Those are told that all the options fit, the last COUNT of them. A TIME\n"
    "is a date, a date and a time of day (UTC), or how long ago, with s, min,\n"
    "h or d. A VERB is \"AUG SET\", or \"AUG\" for all of a noun.\n"
    "NOT_FOUND: there is no log.\n"
    "INV_ARG: a time cannot be read.\n"
    "TOO_LARGE: the answer would have more than 64 MiB.\n"
    "Example: AUDIT QUERY --since=1h --outcome=refused\n"
    "Example: AUDIT QUERY --verb=AUG%20SAVE --since=2026-11-25" },
  { .name = NULL }
};

const struct noun audit_noun
    = { .name = "AUDIT",
        .summary = "what was asked, refused and done",
        .help = "The audit log has a record of each call and each refusal.\n"
                "\"reeve audit verify\" proves that it was not changed.",
        .verbs = verbs };
