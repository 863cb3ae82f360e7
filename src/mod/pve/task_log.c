/* task_log.c - what a task writes into its log
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "task_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/record.h"
#include "api.h"
#include "task_look.h"

#define PAGE 500       /* Lines that are asked for at once.  */
#define TAIL 10        /* Lines that tell why a task failed, ...  */
#define TAIL_BYTES 700 /* ... and bytes of them.  */
#define PROGRESS 800   /* Bytes of a line that is shown, before escapes.  */

/* What the server says where a log has no line.  */
#define EMPTY "no content"

/* Ask for COUNT lines behind the first FROM ones.  */
static gpg_error_t
ask (struct work *work, const char *upid, int64_t from, int64_t count,
     struct answer *r_answer)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  char query[80];
  gpg_error_t err;

  snprintf (query, sizeof query, "/log?start=%" PRId64 "&limit=%" PRId64, from,
            count);
  err = task_path (&path, upid, query);
  return err ? err : api_get (work, path.bytes, r_answer);
}

/* The text of ENTRY, a line; NULL if there is none.  */
static const char *
line_text (const json_t *entry, size_t *r_length)
{
  const json_t *text = json_object_get (entry, "t");

  *r_length = json_string_length (text);
  return json_string_value (text);
}

static bool
is_empty (const json_t *list, int64_t from)
{
  size_t length;
  const char *text = line_text (json_array_get (list, 0), &length);

  return !json_array_size (list)
         || (!from && json_array_size (list) == 1 && text
             && !strcmp (text, EMPTY));
}

gpg_error_t
task_log_read (struct work *work, struct task_log *log)
{
  size_t count = PAGE;

  while (count == PAGE && log->left)
    {
      int64_t wanted = log->left > 0 && log->left < PAGE ? log->left : PAGE;
      struct answer answer;
      size_t index;
      json_t *entry;
      gpg_error_t err = ask (work, log->upid, log->next, wanted, &answer);

      if (err)
        return err;
      count = is_empty (answer.data, log->next) ? 0
                                                : json_array_size (answer.data);
      for (index = 0; !err && index < count; index++)
        {
          size_t length;
          const char *text;

          entry = json_array_get (answer.data, index);
          text = line_text (entry, &length);
          err = log->line (work, text ? text : "", length);
          log->next++;
          if (log->left > 0)
            log->left--;
        }
      answer_release (&answer);
      if (err)
        return err;
    }
  return 0;
}

gpg_error_t
task_log_progress (struct work *work, const char *text, size_t length)
{
  auto_buffer struct buffer line = BUFFER_EMPTY;

  record_escape (&line, text, length < PROGRESS ? length : PROGRESS);
  if (buffer_error (&line))
    return buffer_error (&line);
  return work_status (work, "PROGRESS", "%s", line.length ? line.bytes : "");
}

gpg_error_t
task_log_item (struct work *work, const char *text, size_t length)
{
  return writer_item (work->out, text, length);
}

/* Put LINE, of LENGTH bytes, and a newline before the others of TEXT.  */
static void
put_before (struct buffer *text, const char *line, size_t length)
{
  auto_buffer struct buffer rest = *text;

  *text = (struct buffer)BUFFER_EMPTY;
  buffer_append (text, line, length);
  if (rest.length)
    buffer_string (text, "\n");
  buffer_append (text, rest.bytes, rest.length);
}

void
task_log_tail (struct work *work, const char *upid, struct buffer *text)
{
  struct answer answer;
  size_t index, length;
  int64_t total;
  bool room = true;

  if (ask (work, upid, 0, 1, &answer))
    return;
  total = answer.total;
  answer_release (&answer);
  if (ask (work, upid, total > TAIL ? total - TAIL : 0, TAIL, &answer))
    return;
  for (index = json_array_size (answer.data); room && index; index--)
    {
      const char *line = line_text (json_array_get (answer.data, index - 1),
                                    &length);

      if (!line)
        continue;
      room = !text->length || text->length + length < TAIL_BYTES;
      if (room)
        put_before (text, line, length);
    }
  answer_release (&answer);
}
