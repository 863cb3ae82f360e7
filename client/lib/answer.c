/* answer.c - reading an answer: bytes, a list, records
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include <config.h>

#include "handle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "../../protocol/memory.h"
#include "../../protocol/record.h"

/* An item of a list (NAME is NULL) or a field of a record.  */
struct item
{
  const char *name;
  const char *value;
  size_t length;
};

struct reeve_answer
{
  char *bytes;
  size_t length;

  struct item *items; /* NULL until asked for.  */
  size_t count;
  size_t *starts; /* Record N has the items from starts[N] up to
                     starts[N + 1].  */
  size_t records;
  struct buffer memory; /* What the items point at.  */
};

/* Where the lines of an answer are read to.  */
struct reader
{
  struct reeve_answer *answer;
  bool as_records;
};

gpg_error_t
answer_new (struct buffer *bytes, reeve_answer_t *r_answer)
{
  auto_free struct reeve_answer *answer = calloc (1, sizeof *answer);
  gpg_error_t err;

  if (!answer)
    return gpg_error_from_syserror ();
  err = buffer_take (bytes, &answer->bytes, &answer->length);
  if (!err)
    *r_answer = take (&answer);
  return err;
}

static void
forget_items (reeve_answer_t answer)
{
  free (answer->items);
  free (answer->starts);
  buffer_release (&answer->memory);
  answer->items = NULL;
  answer->starts = NULL;
  answer->count = answer->records = 0;
}

void
reeve_answer_release (reeve_answer_t answer)
{
  if (!answer)
    return;
  forget_items (answer);
  free (answer->bytes);
  free (answer);
}

const char *
reeve_answer_bytes (reeve_answer_t answer, size_t *r_length)
{
  if (r_length)
    *r_length = answer->length;
  return answer->bytes;
}

static size_t
count_lines (const char *bytes, size_t length)
{
  const char *end = bytes + length;
  size_t count = 0;

  while (bytes < end)
    {
      const char *newline = memchr (bytes, '\n', (size_t)(end - bytes));

      count++;
      bytes = newline ? newline + 1 : end;
    }
  return count;
}

/* Unescape LENGTH bytes at TEXT behind what is in the memory, which was
   reserved and does not move.  */
static gpg_error_t
keep (struct buffer *memory, const char *text, size_t length, struct item *item)
{
  size_t before = memory->length;
  gpg_error_t err;

  err = record_unescape (memory, text, length);
  if (err)
    return err;
  item->value = memory->bytes + before;
  item->length = memory->length - before;
  buffer_append (memory, "", 1);
  return 0;
}

/* Take the line "name: value" apart.  */
static gpg_error_t
read_field (struct reeve_answer *answer, const char *line, size_t length)
{
  struct item *item = &answer->items[answer->count];
  const char *colon = memmem (line, length, ": ", 2);
  size_t name;

  if (!colon || colon == line)
    return gpg_error (GPG_ERR_SYNTAX);
  name = (size_t)(colon - line);
  item->name = answer->memory.bytes + answer->memory.length;
  buffer_append (&answer->memory, line, name);
  buffer_append (&answer->memory, "", 1);
  answer->count++;
  return keep (&answer->memory, colon + 2, length - name - 2, item);
}

static gpg_error_t
read_line (struct reader *reader, const char *line, size_t length)
{
  struct reeve_answer *answer = reader->answer;

  if (!reader->as_records)
    return keep (&answer->memory, line, length,
                 &answer->items[answer->count++]);
  if (length)
    return read_field (answer, line, length);
  if (answer->starts[answer->records] == answer->count)
    return gpg_error (GPG_ERR_SYNTAX);
  answer->starts[++answer->records] = answer->count;
  return 0;
}

static gpg_error_t
read_lines (struct reader *reader)
{
  const char *line = reader->answer->bytes;
  const char *end = line + reader->answer->length;
  gpg_error_t err = 0;

  while (line < end && !err)
    {
      const char *newline = memchr (line, '\n', (size_t)(end - line));
      const char *stop = newline ? newline : end;

      err = read_line (reader, line, (size_t)(stop - line));
      line = stop + 1;
    }
  return err;
}

static gpg_error_t
read_items (reeve_answer_t answer, bool as_records)
{
  struct reader reader = { answer, as_records };
  size_t lines = count_lines (answer->bytes, answer->length);
  gpg_error_t err;

  forget_items (answer);
  answer->items = calloc (lines + 1, sizeof *answer->items);
  answer->starts = calloc (lines + 2, sizeof *answer->starts);
  buffer_reserve (&answer->memory, answer->length + 1);
  if (!answer->items || !answer->starts || buffer_error (&answer->memory))
    err = gpg_error (GPG_ERR_ENOMEM);
  else
    err = read_lines (&reader);
  if (err)
    forget_items (answer);
  if (gpg_err_code (err) == GPG_ERR_SYNTAX)
    return gpg_error (GPG_ERR_INV_RESPONSE);
  return err;
}

gpg_error_t
reeve_answer_list (reeve_answer_t answer, size_t *r_count)
{
  gpg_error_t err;

  *r_count = 0;
  err = read_items (answer, false);
  if (!err)
    *r_count = answer->count;
  return err;
}

gpg_error_t
reeve_answer_records (reeve_answer_t answer, size_t *r_count)
{
  gpg_error_t err;

  *r_count = 0;
  err = read_items (answer, true);
  if (err)
    return err;

  /* The last record has no empty line behind it.  */
  if (answer->starts[answer->records] < answer->count)
    answer->starts[++answer->records] = answer->count;
  *r_count = answer->records;
  return 0;
}

static const char *
value_of (const struct item *item, size_t *r_length)
{
  if (r_length)
    *r_length = item ? item->length : 0;
  return item ? item->value : NULL;
}

const char *
reeve_answer_item (reeve_answer_t answer, size_t index, size_t *r_length)
{
  return value_of (index < answer->count ? &answer->items[index] : NULL,
                   r_length);
}

/* The field INDEX of RECORD, or NULL.  */
static const struct item *
find_field (reeve_answer_t answer, size_t record, size_t index)
{
  if (record >= answer->records
      || index >= answer->starts[record + 1] - answer->starts[record])
    return NULL;
  return &answer->items[answer->starts[record] + index];
}

const char *
reeve_answer_field (reeve_answer_t answer, size_t record, size_t index,
                    const char **r_value, size_t *r_length)
{
  const struct item *item = find_field (answer, record, index);

  *r_value = value_of (item, r_length);
  return item ? item->name : NULL;
}

gpg_error_t
reeve_answer_string (reeve_answer_t answer, size_t record, const char *field,
                     const char **r_value, size_t *r_length)
{
  const struct item *item;

  for (size_t i = 0; (item = find_field (answer, record, i)); i++)
    if (!strcmp (item->name, field))
      break;
  *r_value = value_of (item, r_length);
  return item ? 0 : gpg_error (GPG_ERR_NOT_FOUND);
}

gpg_error_t
reeve_answer_number (reeve_answer_t answer, size_t record, const char *field,
                     int64_t *r_value)
{
  const char *value, *digits;
  char *end;
  intmax_t number;
  size_t length;
  gpg_error_t err;

  *r_value = 0;
  err = reeve_answer_string (answer, record, field, &value, &length);
  if (err)
    return err;
  digits = value + (*value == '-');
  errno = 0;
  number = strtoimax (value, &end, 10);
  if (*digits < '0' || *digits > '9' || end != value + length || errno
      || number < INT64_MIN || number > INT64_MAX)
    return gpg_error (GPG_ERR_INV_VALUE);
  *r_value = number;
  return 0;
}

gpg_error_t
reeve_answer_bool (reeve_answer_t answer, size_t record, const char *field,
                   int *r_value)
{
  const char *value;
  gpg_error_t err;

  *r_value = 0;
  err = reeve_answer_string (answer, record, field, &value, NULL);
  if (err)
    return err;
  if (strcmp (value, "yes") && strcmp (value, "no"))
    return gpg_error (GPG_ERR_INV_VALUE);
  *r_value = *value == 'y';
  return 0;
}
