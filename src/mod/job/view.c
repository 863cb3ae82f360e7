/* view.c - a job as its file tells it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "view.h"

#include <string.h>

#include "../../../protocol/json.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/record.h"
#include "../../call/json_answer.h"

static bool
find_field (const char *line, size_t length, const char *name,
            struct json_field *r_field)
{
  struct json_scan scan;
  bool found;

  json_start (&scan, line, length);
  while (!json_next (&scan, r_field, &found) && found)
    if (json_is (r_field, name))
      return true;
  return false;
}

bool
view_string (const char *line, size_t length, const char *name,
             struct buffer *text)
{
  struct json_field field;

  if (!find_field (line, length, name, &field) || field.kind != JSON_STRING)
    return false;
  json_append_string (&field, text);
  return true;
}

static int64_t
find_number (const struct buffer *line, const char *name)
{
  struct json_field field;
  int64_t number = 0;

  if (find_field (line->bytes, line->length, name, &field)
      && field.kind == JSON_NUMBER)
    json_whole_number (&field, &number);
  return number;
}

/* --- Reading --- */

/* A status line: keep what it says if it is one of the last of its kind.  */
static void
take_status (struct view *view, const char *line, size_t length)
{
  auto_buffer struct buffer keyword = BUFFER_EMPTY;
  struct buffer *text = NULL;

  if (!view_string (line, length, "status", &keyword) || buffer_error (&keyword)
      || !keyword.length)
    return;
  if (!strcmp (keyword.bytes, "TASK"))
    text = &view->task;
  else if (!strcmp (keyword.bytes, "PROGRESS"))
    text = &view->progress;
  if (!text)
    return;
  buffer_clear (text);
  view_string (line, length, "text", text);
}

static void
take_detail (struct view *view, const char *line, size_t length)
{
  auto_buffer struct buffer name = BUFFER_EMPTY;
  auto_buffer struct buffer value = BUFFER_EMPTY;

  if (view_string (line, length, "detail", &name)
      && view_string (line, length, "value", &value) && name.length
      && !buffer_error (&name) && !buffer_error (&value))
    failure_detail_bytes (&view->failure, name.bytes,
                          value.length ? value.bytes : "", value.length);
}

static void
take_end (struct view *view)
{
  auto_buffer struct buffer advice = BUFFER_EMPTY;
  int64_t code = find_number (&view->end, "code");

  if (code <= 0 || code >= GPG_ERR_CODE_DIM)
    return;
  view_string (view->end.bytes, view->end.length, "advice", &advice);
  fail (&view->failure, (gpg_err_code_t)code, "%s",
        advice.length && !buffer_error (&advice)
            ? advice.bytes
            : gpg_strerror ((gpg_error_t)code));
}

gpg_error_t
view_take (struct view *view, enum job_line kind, const char *line,
           size_t length)
{
  switch (kind)
    {
    case JOB_HEAD:
      buffer_clear (&view->head);
      buffer_append (&view->head, line, length);
      return buffer_error (&view->head);
    case JOB_STATUS:
      take_status (view, line, length);
      return 0;
    case JOB_ANSWER:
      return 0;
    case JOB_DETAIL:
      take_detail (view, line, length);
      return 0;
    case JOB_END:
      buffer_clear (&view->end);
      buffer_append (&view->end, line, length);
      if (!buffer_error (&view->end))
        take_end (view);
      return buffer_error (&view->end);
    }
  return 0;
}

static gpg_error_t
take_line (void *context, enum job_line kind, const char *line, size_t length)
{
  return view_take (context, kind, line, length);
}

gpg_error_t
view_read (struct view *view, struct job_reader *reader)
{
  /* Before the last look: what it wrote at its end is then there.  */
  view->lives = job_lives (reader);
  return job_read (reader, take_line, view);
}

void
view_release (struct view *view)
{
  buffer_release (&view->head);
  buffer_release (&view->end);
  buffer_release (&view->task);
  buffer_release (&view->progress);
  failure_release (&view->failure);
}

/* --- Telling --- */

/* Until its process is gone a job that has come to its end still runs: it has
   its slot, and cannot be forgotten.  */
const char *
view_state (const struct view *view)
{
  if (view->lives)
    return "running";
  if (!view->end.length)
    return "interrupted";
  switch (gpg_err_code (view->failure.code))
    {
    case GPG_ERR_NO_ERROR:
      return "done";
    case GPG_ERR_CANCELED:
      return "canceled";
    default:
      return "failed";
    }
}

pid_t
view_process (const struct view *view)
{
  return (pid_t)find_number (&view->head, "process");
}

/* Write the field NAME of LINE, if it is there, as it is.  */
static gpg_error_t
copy_field (struct writer *out, const struct buffer *line, const char *name)
{
  struct json_field field;

  return line->length && find_field (line->bytes, line->length, name, &field)
             ? json_answer_field (out, &field)
             : 0;
}

static gpg_error_t
write_text (struct writer *out, const char *name, const struct buffer *text)
{
  return text->length
             ? writer_field_bytes (out, name, text->bytes, text->length)
             : 0;
}

static gpg_error_t
write_ended (const struct view *view, struct writer *out)
{
  auto_buffer struct buffer time = BUFFER_EMPTY;

  if (view->end.length && !view->lives)
    view_string (view->end.bytes, view->end.length, "end", &time);
  return write_text (out, "ended", &time);
}

/* Write a list of DETAILS, each with its name.  */
static gpg_error_t
write_details (struct writer *out, const struct detail *details)
{
  auto_buffer struct buffer json = BUFFER_EMPTY;
  struct json_field field = { .name = "detail", .name_length = 6 };
  gpg_error_t err;

  for (const struct detail *detail = details; detail; detail = detail->next)
    {
      auto_buffer struct buffer text = BUFFER_EMPTY;

      buffer_printf (&text, "%s ", detail->name);
      buffer_append (&text, detail->value, detail->length);
      err = buffer_error (&text);
      if (err)
        return err;
      buffer_string (&json, detail == details ? "[" : ",");
      record_json (&json, text.bytes, text.length);
    }
  buffer_string (&json, "]");
  err = buffer_error (&json);
  field.kind = JSON_ARRAY;
  field.text = json.bytes;
  field.length = json.length;
  return err ? err : json_answer_field (out, &field);
}

static gpg_error_t
write_failure (const struct view *view, struct writer *out, bool whole)
{
  const struct failure *failure = &view->failure;
  gpg_error_t err;

  if (!failure->code || view->lives)
    return 0;
  err = writer_field (out, "error", "%s", gpg_strerror (failure->code));
  if (!err && whole)
    err = writer_field (out, "advice", "%s", failure->text);
  return err || !whole || !failure->details
             ? err
             : write_details (out, failure->details);
}

gpg_error_t
view_write (const struct view *view, struct writer *out, bool whole)
{
  static const char *const asked[] = { "uid",    "executable", "arguments",
                                       "reason", "plan",       NULL };
  gpg_error_t err = copy_field (out, &view->head, "job");

  if (!err)
    err = writer_field (out, "state", "%s", view_state (view));
  if (!err)
    err = copy_field (out, &view->head, "identity");
  if (!err)
    err = copy_field (out, &view->head, "verb");
  for (size_t i = 0; !err && whole && asked[i]; i++)
    err = copy_field (out, &view->head, asked[i]);
  if (!err)
    err = copy_field (out, &view->head, "started");
  if (!err)
    err = write_ended (view, out);
  if (!err)
    err = write_text (out, "task", &view->task);
  if (!err && whole)
    err = write_text (out, "progress", &view->progress);
  if (!err)
    err = write_failure (view, out, whole);
  return err ? err : writer_record_end (out);
}
