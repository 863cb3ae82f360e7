/* read_tasks.c - PVE: TASKS
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/moment.h"
#include "api.h"
#include "form.h"
#include "outcome.h"
#include "read.h"

#define LIMIT_DEFAULT 50

/* How it ended is "status" in lists, and "exitstatus" elsewhere.  One that runs
   has no end; its status is "RUNNING", or nothing.  */
static bool
is_running (const json_t *task)
{
  int64_t ended;

  return !field_number (task, "endtime", &ended);
}

static const char *
outcome_name (enum outcome outcome)
{
  switch (outcome)
    {
    case OUTCOME_OK:
      return "ok";
    case OUTCOME_WARNINGS:
      return "warnings";
    case OUTCOME_FAILED:
      return "failed";
    case OUTCOME_REFUSED:
      return "refused";
    case OUTCOME_ABORTED:
      return "aborted";
    }
  return "failed";
}

/* One that runs has the token's name in "user", one that is over apart.  */
static gpg_error_t
write_user (struct work *work, const json_t *task)
{
  const char *user = read_string (task, "user");
  const char *token = read_string (task, "tokenid");

  if (!user)
    return 0;
  if (!token || strchr (user, '!'))
    return writer_field (work->out, "user", "%s", user);
  return writer_field (work->out, "user", "%s!%s", user, token);
}

static gpg_error_t
write_outcome (struct work *work, const json_t *task)
{
  static const struct field ended[] = { { "ended", "endtime", FIELD_TIME },
                                        { NULL, NULL, FIELD_TEXT } };
  const char *status = read_string (task, "status");
  struct ending ending;
  enum outcome outcome;
  gpg_error_t err;

  if (is_running (task))
    return writer_field (work->out, "outcome", "running");
  outcome = outcome_read (status ? status : "", &ending);
  err = field_write (work->out, task, ended);
  if (!err)
    err = writer_field (work->out, "outcome", "%s", outcome_name (outcome));
  if (!err && status)
    err = writer_field (work->out, "exitstatus", "%s", status);
  return err;
}

static gpg_error_t
write_task (struct work *work, const json_t *task)
{
  static const struct field fields[] = {
    { "upid", "upid", FIELD_TEXT },         { "node", "node", FIELD_TEXT },
    { "type", "type", FIELD_TEXT },         { "id", "id", FIELD_TEXT },
    { "started", "starttime", FIELD_TIME }, { NULL, NULL, FIELD_TEXT }
  };
  gpg_error_t err = field_write (work->out, task, fields);

  if (!err)
    err = write_user (work, task);
  if (!err)
    err = write_outcome (work, task);
  return err ? err : writer_record_end (work->out);
}

/* --- Which ones --- */

/* Whether TASK is one of those that WORK asks for.  The server knows these
   filters, too; what still runs passes its one for errors.  */
static bool
is_wanted (const struct work *work, const json_t *task)
{
  const char *status = read_string (task, "status");
  struct ending ending;

  if (work_number (work, "running", 0))
    return is_running (task);
  if (!work_number (work, "errors", 0))
    return true;
  return !is_running (task)
         && outcome_read (status ? status : "", &ending) > OUTCOME_WARNINGS;
}

/* The query of a node's list.  */
static gpg_error_t
make_query (struct work *work, struct buffer *query)
{
  const char *since = work_text (work, "since");
  char seconds[24];
  int64_t time;

  if (work_number (work, "running", 0) && work_number (work, "errors", 0))
    return fail (&work->failure, GPG_ERR_INV_ARG,
                 "--running and --errors exclude each other");
  form_append (query, "source",
               work_number (work, "running", 0) ? "active" : "all");
  if (work_number (work, "errors", 0))
    form_append (query, "errors", "1");
  read_argument (work, query, "vmid");
  read_argument (work, query, "limit");
  if (since)
    {
      if (!moment_read (since, &time))
        return fail (&work->failure, GPG_ERR_INV_ARG,
                     "since: expected a time as 2027-01-31 or "
                     "2027-01-31T12:00:00Z");
      snprintf (seconds, sizeof seconds, "%" PRId64, time);
      form_append (query, "since", seconds);
    }
  return buffer_error (query);
}

/* Append those of NODE to TASKS.  */
static gpg_error_t
add_tasks (struct work *work, const char *node, const struct buffer *query,
           json_t *tasks)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  auto_answer struct answer answer = ANSWER_NONE;
  gpg_error_t err;

  buffer_string (&path, "/nodes");
  err = form_segment (&path, node);
  buffer_printf (&path, "/tasks?%s", query->bytes);
  if (!err)
    err = buffer_error (&path);
  if (!err)
    err = api_get (work, path.bytes, &answer);
  if (err)
    return err;
  if (json_is_array (answer.data))
    json_array_extend (tasks, answer.data);
  else if (!json_is_null (answer.data))
    err = read_odd (work, "list");
  return err;
}

/* Append those of each node.  One that does not answer is passed over, and the
   client told.  */
static gpg_error_t
add_all (struct work *work, const struct buffer *query, json_t *tasks)
{
  auto_free const json_t **nodes = NULL;
  auto_answer struct answer answer = ANSWER_NONE;
  size_t count = 0;
  gpg_error_t err = api_get (work, "/nodes", &answer);

  if (err)
    return err;
  err = read_order (work, answer.data, "node", &nodes, &count);
  for (size_t i = 0; i < count && !err; i++)
    {
      const char *node = read_string (nodes[i], "node");

      if (!node)
        continue;
      err = add_tasks (work, node, query, tasks);
      if (err && api_is_passing (err) && !work_ended (work))
        {
          err = writer_warning (work->out, "node %s is left out: %s", node,
                                failure_words (&work->failure, err));
          failure_release (&work->failure);
        }
    }
  return err;
}

/* Write the newest of TASKS.  */
static gpg_error_t
write_newest (struct work *work, const json_t *tasks)
{
  auto_free const json_t **entries = NULL;
  int64_t left = work_number (work, "limit", LIMIT_DEFAULT);
  size_t count;
  gpg_error_t err = read_order (work, tasks, "starttime", &entries, &count);

  while (!err && count && left > 0)
    if (is_wanted (work, entries[--count]))
      {
        left--;
        err = write_task (work, entries[count]);
      }
  return err;
}

gpg_error_t
read_tasks (struct work *work)
{
  auto_buffer struct buffer query = BUFFER_EMPTY;
  const char *node = work_text (work, "node");
  json_t *tasks = json_array ();
  gpg_error_t err = tasks ? make_query (work, &query)
                          : gpg_error (GPG_ERR_ENOMEM);

  if (!err)
    err = node ? add_tasks (work, node, &query, tasks)
               : add_all (work, &query, tasks);
  if (!err)
    err = write_newest (work, tasks);
  json_decref (tasks);
  return err;
}
