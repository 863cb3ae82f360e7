/* key_list.c - "reeve key list", and which keys there are
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../protocol/memory.h"
#include "../../protocol/record.h"
#include "key.h"

#define FIELDS 6

/* Take LINE, whose end is a NUL, apart.  */
static bool
read_line (char *line, struct listed_key *r_key)
{
  const char *field[FIELDS];
  size_t count = 0;
  char *end;

  for (; line && count < FIELDS; count++)
    field[count] = strsep (&line, "\t");
  if (line || count < FIELDS)
    return false;
  *r_key = (struct listed_key){ .identity = field[0],
                                .name = field[1],
                                .expires = field[2],
                                .file = field[3],
                                .line = (unsigned)strtoul (field[4], &end, 10),
                                .state = field[5] };
  return r_key->line && !*end;
}

static enum status
take_line (struct key_list *list, char *line)
{
  struct listed_key *larger = reallocarray (list->key, list->count + 1,
                                            sizeof *larger);

  if (!larger)
    return complain_memory ();
  list->key = larger;
  if (read_line (line, list->key + list->count))
    list->count++;
  else
    {
      complain ("reeved lists keys in another way: is it of another version?");
      return STATUS_ERROR;
    }
  return STATUS_OK;
}

enum status
key_list_read (const struct settings *settings, struct key_list *r_list)
{
  char *const options[] = { (char *)"--list-keys" };
  enum status status = reeved_read (settings, options, 1, &r_list->text);
  char *rest = r_list->text.bytes;
  char *line;

  while (status == STATUS_OK && rest && *rest && (line = strsep (&rest, "\n")))
    status = take_line (r_list, line);
  return status;
}

void
key_list_release (struct key_list *list)
{
  buffer_release (&list->text);
  free (list->key);
  list->key = NULL;
  list->count = 0;
}

/* --- Showing --- */

static void
put_json (struct buffer *out, const char *name, const char *value)
{
  buffer_printf (out, "\"%s\":", name);
  record_json (out, value, strlen (value));
}

static void
put_record (struct buffer *out, const struct listed_key *key)
{
  buffer_string (out, "{");
  put_json (out, "identity", key->identity);
  buffer_string (out, ",");
  put_json (out, "key", key->name);
  if (strcmp (key->expires, "-"))
    {
      buffer_string (out, ",");
      put_json (out, "expires", key->expires);
    }
  buffer_string (out, ",");
  put_json (out, "state", key->state);
  buffer_string (out, ",");
  put_json (out, "file", key->file);
  buffer_printf (out, ",\"line\":%u}\n", key->line);
}

/* A table with columns as wide as they must be.  */
static void
put_table (struct buffer *out, const struct key_list *list)
{
  int identity = 8, name = 3;

  for (size_t i = 0; i < list->count; i++)
    {
      int length = (int)strlen (list->key[i].identity);

      identity = length > identity ? length : identity;
      length = (int)strlen (list->key[i].name);
      name = length > name ? length : name;
    }
  if (list->count)
    buffer_printf (out, "%-*s  %-*s  %-20s  %-10s  %s\n", identity, "IDENTITY",
                   name, "KEY", "EXPIRES", "STATE", "POLICY");
  for (const struct listed_key *key = list->key; key < list->key + list->count;
       key++)
    buffer_printf (out, "%-*s  %-*s  %-20s  %-10s  %s:%u\n", identity,
                   key->identity, name, key->name, key->expires, key->state,
                   key->file, key->line);
}

enum status
key_list_show (const struct settings *settings)
{
  auto_keys struct key_list list = KEY_LIST_NONE;
  auto_buffer struct buffer out = BUFFER_EMPTY;
  enum status status = key_list_read (settings, &list);

  if (status != STATUS_OK)
    return status;
  if (!settings->json)
    put_table (&out, &list);
  for (size_t i = 0; settings->json && i < list.count; i++)
    put_record (&out, list.key + i);
  if (buffer_error (&out))
    return complain_memory ();
  if (!list.count && !settings->json)
    remark ("the policy has no identity");
  /* Of no keys there are no bytes to point at.  */
  if ((!out.length || fwrite (out.bytes, out.length, 1, stdout) == 1)
      && !fflush (stdout))
    return STATUS_OK;
  complain ("cannot write: %s", strerror (errno));
  return STATUS_ERROR;
}
