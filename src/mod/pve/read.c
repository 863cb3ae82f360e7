/* read.c - PVE: what the reading operations have in common
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "read.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "api.h"
#include "form.h"

/* Lists of guests say cpus, those of resources and nodes maxcpu.  */
const struct field read_usage[]
    = { { "cpu", "cpu", FIELD_FRACTION },
        { "cpus", "cpus", FIELD_FRACTION },
        { "cpus", "maxcpu", FIELD_FRACTION },
        { "memory_used_bytes", "mem", FIELD_NUMBER },
        { "memory_host_bytes", "memhost", FIELD_NUMBER },
        { "memory_total_bytes", "maxmem", FIELD_NUMBER },
        { "swap_used_bytes", "swap", FIELD_NUMBER },
        { "swap_total_bytes", "maxswap", FIELD_NUMBER },
        { "disk_used_bytes", "disk", FIELD_NUMBER },
        { "disk_total_bytes", "maxdisk", FIELD_NUMBER },
        { "disk_read_bytes", "diskread", FIELD_NUMBER },
        { "disk_written_bytes", "diskwrite", FIELD_NUMBER },
        { "net_in_bytes", "netin", FIELD_NUMBER },
        { "net_out_bytes", "netout", FIELD_NUMBER },
        { "uptime_seconds", "uptime", FIELD_NUMBER },
        { NULL, NULL, FIELD_TEXT } };

gpg_error_t
read_odd (struct work *work, const char *wanted)
{
  return fail (&work->failure, GPG_ERR_BAD_DATA, "the server's answer is no %s",
               wanted);
}

/* To put things in order takes time that grows with the square of their
   number, in which nothing else is looked at.  */
static gpg_error_t
check_count (struct failure *failure, size_t count)
{
  if (count <= LIMIT_PVE_ENTRIES)
    return 0;
  return fail (failure, GPG_ERR_TOO_LARGE,
               "the server's answer has more than %d entries: ask for less",
               LIMIT_PVE_ENTRIES);
}

/* --- Lists --- */

/* By the member KEY, numbers as numbers.  Those that have none come first.  */
static int
compare (const json_t *left, const json_t *right, const char *key)
{
  const char *left_text = read_string (left, key);
  const char *right_text = read_string (right, key);
  int64_t left_number, right_number;

  if (field_number (left, key, &left_number)
      && field_number (right, key, &right_number))
    return (left_number > right_number) - (left_number < right_number);
  return strcmp (left_text ? left_text : "", right_text ? right_text : "");
}

/* Put ENTRY among the COUNT ENTRIES, behind those that are the same.  (The C
   library's qsort asks the kernel how much memory there is, which the fence
   forbids.)  */
static void
insert (const json_t **entries, size_t count, const json_t *entry,
        const char *key)
{
  size_t low = 0;
  size_t high = count;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (compare (entries[middle], entry, key) <= 0)
        low = middle + 1;
      else
        high = middle;
    }
  memmove (entries + low + 1, entries + low, (count - low) * sizeof *entries);
  entries[low] = entry;
}

gpg_error_t
read_order (struct work *work, const json_t *list, const char *key,
            const json_t ***r_entries, size_t *r_count)
{
  auto_free const json_t **entries = NULL;
  size_t index;
  json_t *entry;
  gpg_error_t err = check_count (&work->failure, json_array_size (list));

  *r_entries = NULL;
  *r_count = 0;
  if (err)
    return err;
  if (json_is_null (list))
    return 0;
  if (!json_is_array (list))
    return read_odd (work, "list");
  entries = calloc (json_array_size (list) + 1, sizeof *entries);
  if (!entries)
    return gpg_error_from_syserror ();
  json_array_foreach (list, index, entry)
  {
    if (!json_is_object (entry))
      return read_odd (work, "list of objects");
    insert (entries, index, entry, key);
  }
  *r_count = json_array_size (list);
  *r_entries = take (&entries);
  return 0;
}

gpg_error_t
read_list (struct work *work, const struct buffer *path, const char *key,
           read_entry *write, const void *context)
{
  auto_free const json_t **entries = NULL;
  auto_answer struct answer answer = ANSWER_NONE;
  size_t count;
  gpg_error_t err = buffer_error (path);

  if (!err)
    err = api_get (work, path->bytes, &answer);
  if (err)
    return err;
  err = read_order (work, answer.data, key, &entries, &count);
  for (size_t i = 0; !err && i < count; i++)
    {
      err = write (work, entries[i], context);
      /* What is passed over has no field.  */
      if (!err && work->out->in_record)
        err = writer_record_end (work->out);
    }
  return err;
}

/* --- Objects --- */

const char *
read_string (const json_t *object, const char *key)
{
  return json_string_value (json_object_get (object, key));
}

gpg_error_t
read_object (struct work *work, const char *path, json_t **r_object)
{
  auto_answer struct answer answer = ANSWER_NONE;
  gpg_error_t err = api_get (work, path, &answer);

  *r_object = NULL;
  if (err)
    return err;
  if (json_is_object (answer.data))
    *r_object = json_incref (answer.data);
  else if (json_is_null (answer.data))
    *r_object = json_object ();
  else
    err = read_odd (work, "object");
  return !err && !*r_object ? gpg_error (GPG_ERR_ENOMEM) : err;
}

gpg_error_t
read_of_guest (struct work *work, const char *part, struct guest *r_guest,
               json_t **r_object)
{
  auto_free char *path = NULL;
  gpg_error_t err = guest_find (work, r_guest);

  *r_object = NULL;
  if (err)
    return err;
  path = text_format ("%s%s", r_guest->path, part);
  return path ? read_object (work, path, r_object) : gpg_error_from_syserror ();
}

/* Put NAME among the COUNT NAMES.  */
static void
insert_name (const char **names, size_t count, const char *name)
{
  size_t low = 0;
  size_t high = count;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (strcmp (names[middle], name) < 0)
        low = middle + 1;
      else
        high = middle;
    }
  memmove (names + low + 1, names + low, (count - low) * sizeof *names);
  names[low] = name;
}

gpg_error_t
read_names (struct work *work, const json_t *object, const char ***r_names,
            size_t *r_count)
{
  const char **names;
  size_t count = 0;
  const char *name;
  json_t *value;
  gpg_error_t err = check_count (&work->failure, json_object_size (object));

  *r_names = NULL;
  *r_count = 0;
  if (err)
    return err;
  names = calloc (json_object_size (object) + 1, sizeof *names);
  if (!names)
    return gpg_error_from_syserror ();
  json_object_foreach ((json_t *)object, name, value)
  {
    insert_name (names, count, name);
    count++;
  }
  *r_names = names;
  *r_count = count;
  return 0;
}

gpg_error_t
read_node_path (const struct work *work, struct buffer *path, const char *rest)
{
  const char *node = work_text (work, "node");
  gpg_error_t err;

  buffer_string (path, "/nodes");
  err = form_segment (path, node ? node : "");
  buffer_string (path, rest);
  return err ? err : buffer_error (path);
}

void
read_argument (const struct work *work, struct buffer *query, const char *name)
{
  const char *value = work_text (work, name);

  if (value)
    form_append (query, name, value);
}

void
read_query (struct buffer *path, const struct buffer *query)
{
  if (query->failed)
    path->failed = 1;
  if (query->length)
    buffer_printf (path, "?%s", query->bytes);
}

gpg_error_t
read_words (struct work *work, const json_t *entry, const char *key,
            const char *name)
{
  const char *text = read_string (entry, key);
  auto_free char *copy = text ? strdup (text) : NULL;
  auto_free const char **words = NULL;
  size_t count = 0;
  char *rest = NULL;

  if (!text || !*text)
    return 0;
  /* A word and its separator are two bytes.  */
  words = calloc (strlen (text) / 2 + 1, sizeof *words);
  if (!copy || !words)
    return gpg_error_from_syserror ();
  for (char *word = strtok_r (copy, ",; ", &rest); word;
       word = strtok_r (NULL, ",; ", &rest))
    words[count++] = word;
  return writer_field_list (work->out, name, words, count);
}
