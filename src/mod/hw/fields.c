/* fields.c - fields that a parser behind a fence found
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "fields.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/json.h"
#include "../../../protocol/memory.h"

#define DIGITS_MOST 40 /* Of a number, before its point.  */
#define LIST_MOST 64   /* Texts of a list.  */

/* Whether TEXT is a number with or WITHOUT a point.  */
static bool
is_decimal (const char *text, bool without)
{
  const char *digits = text + (*text == '-');
  size_t count = strspn (digits, "0123456789");
  size_t more;

  if (!count || count > DIGITS_MOST || (*digits == '0' && count > 1))
    return false;
  digits += count;
  if (!*digits)
    return true;
  more = strspn (digits + 1, "0123456789");
  return !without && *digits == '.' && more && more <= 6 && !digits[1 + more];
}

/* Whether TEXT is an object, and one line.  */
static bool
is_object (const char *text)
{
  struct json_scan scan;
  struct json_field field;
  bool found = true;

  for (const char *c = text; *c; c++)
    if (iscntrl ((unsigned char)*c))
      return false;
  json_start (&scan, text, strlen (text));
  while (found)
    if (json_next (&scan, &field, &found))
      return false;
  return true;
}

static const struct field *
find_field (const struct field *table, const struct item *name)
{
  for (; table->name; table++)
    if (item_is (name, table->name))
      return table;
  return NULL;
}

/* Write the list that begins at item *R_INDEX and go behind it.  */
static gpg_error_t
write_list (struct writer *out, const struct field *field,
            const struct fenced_answer *answer, size_t *r_index)
{
  char *texts[LIST_MOST] = { NULL };
  size_t count = 0;
  gpg_error_t err = 0;

  for (; *r_index + 1 < answer->count
         && item_is (answer->items + *r_index, field->name);
       *r_index += 2)
    if (count < LIST_MOST
        && (texts[count] = item_string (answer->items + *r_index + 1)))
      count++;
  err = writer_field_list (out, field->name, (const char *const *)texts, count);
  while (count)
    free (texts[--count]);
  return err;
}

static gpg_error_t
write_field (struct writer *out, const struct field *field,
             const struct item *value)
{
  auto_free char *text = item_string (value);

  if (!text)
    return 0;
  switch (field->kind)
    {
    case FIELD_NUMBER:
    case FIELD_DECIMAL:
      if (!is_decimal (text, field->kind == FIELD_NUMBER))
        return 0;
      break;
    case FIELD_BOOL:
      return writer_field_bool (out, field->name, !strcmp (text, "1"));
    case FIELD_JSON:
      if (!is_object (text))
        return 0;
      break;
    default:
      return writer_field_bytes (out, field->name, text, strlen (text));
    }
  return writer_field_json (out, field->name, text, strlen (text));
}

gpg_error_t
fields_write (struct writer *out, const struct field *table,
              const struct fenced_answer *answer, size_t *r_index)
{
  gpg_error_t err = 0;

  while (!err && *r_index + 1 < answer->count)
    {
      const struct item *name = answer->items + *r_index;
      const struct field *field = find_field (table, name);

      if (field && field->kind == FIELD_LIST)
        {
          err = write_list (out, field, answer, r_index);
          continue;
        }
      *r_index += 2;
      if (!name->length)
        break;
      if (field)
        err = write_field (out, field, name + 1);
    }
  return err;
}

const struct item *
fields_find (const struct fenced_answer *answer, const char *name)
{
  for (size_t i = 0; i + 1 < answer->count; i += 2)
    if (item_is (answer->items + i, name))
      return answer->items + i + 1;
  return NULL;
}
