/* read.c - the verbs of AUG that look at the tree
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <string.h>
#include "verbs.h"

/* The whole answer is one value, in pieces.  */
static gpg_error_t
take_value (struct call *call, const struct message *message, void *context)
{
  struct buffer *value = context;

  if (message->count != 1)
    return gpg_error (GPG_ERR_INV_PACKET);
  if (value->length + message->items[0].length > LIMIT_ANSWER)
    return fail (&call->failure, GPG_ERR_TOO_LARGE,
                 "the answer is too large: ask for a part of it");
  buffer_append (value, message->items[0].bytes, message->items[0].length);
  return buffer_error (value);
}

gpg_error_t
aug_ask_value (struct call *call, enum channel_operation operation,
               const char *const *arguments, size_t count)
{
  auto_buffer struct buffer value = BUFFER_EMPTY;
  gpg_error_t err = aug_request (call, operation, arguments, count, take_value,
                                 &value);

  if (err)
    return err;
  return writer_value (call->out, value.bytes ? value.bytes : "", value.length);
}

/* One record a value, each beside its path.  */
static gpg_error_t
take_records (struct call *call, const struct message *message, void *context)
{
  size_t *next = context;
  gpg_error_t err = 0;

  for (size_t i = 0; i < message->count && !err; i++)
    {
      const char *path = arg_text_at (call, "path", (*next)++, NULL);

      if (!path)
        return gpg_error (GPG_ERR_INV_PACKET);
      err = writer_field_bytes (call->out, "path", path, strlen (path));
      if (!err)
        err = writer_field_bytes (call->out, "value", message->items[i].bytes,
                                  message->items[i].length);
      if (!err)
        err = writer_record_end (call->out);
    }
  return err;
}

gpg_error_t
verb_get (struct call *call)
{
  const char *paths[LIMIT_WORDS];
  size_t count = arg_count (call, "path");
  size_t next = 0;

  if (count > LIMIT_WORDS)
    return gpg_error (GPG_ERR_TOO_MANY);
  for (size_t i = 0; i < count; i++)
    paths[i] = arg_text_at (call, "path", i, NULL);
  if (count == 1)
    return aug_ask_value (call, CHANNEL_GET, paths, 1);
  return aug_request (call, CHANNEL_GET, paths, count, take_records, &next);
}

gpg_error_t
verb_label (struct call *call)
{
  const char *path = arg_text (call, "path");

  return aug_ask_value (call, CHANNEL_LABEL, &path, 1);
}

static gpg_error_t
take_items (struct call *call, const struct message *message, void *context)
{
  gpg_error_t err = 0;

  (void)context;
  for (size_t i = 0; i < message->count && !err; i++)
    err = writer_item (call->out, message->items[i].bytes,
                       message->items[i].length);
  return err;
}

gpg_error_t
verb_match (struct call *call)
{
  const char *path = arg_text (call, "path");

  return aug_request (call, CHANNEL_MATCH, &path, 1, take_items, NULL);
}

static gpg_error_t
take_listing (struct call *call, const struct message *message, void *context)
{
  const struct item *item = message->items;
  gpg_error_t err = 0;

  (void)context;
  if (message->count % 4)
    return gpg_error (GPG_ERR_INV_PACKET);
  for (size_t i = 0; i < message->count && !err; i += 4, item += 4)
    {
      err = writer_field_bytes (call->out, "label", item[0].bytes,
                                item[0].length);
      if (!err)
        err = writer_field_bytes (call->out, "path", item[1].bytes,
                                  item[1].length);
      if (!err && item[3].length)
        err = writer_field_bytes (call->out, "value", item[3].bytes + 1,
                                  item[3].length - 1);
      if (!err)
        err = writer_field_bool (call->out, "children",
                                 item_is (&item[2], "1"));
      if (!err)
        err = writer_record_end (call->out);
    }
  return err;
}

gpg_error_t
verb_ls (struct call *call)
{
  const char *path = arg_text (call, "path");

  return aug_request (call, CHANNEL_LS, &path, 1, take_listing, NULL);
}

gpg_error_t
verb_print (struct call *call)
{
  const char *path = arg_text (call, "path");

  return aug_ask_value (call, CHANNEL_PRINT, &path, 1);
}

/* The record of a span: the file, then numbers.  */
static gpg_error_t
take_span (struct call *call, const struct message *message, void *context)
{
  static const char *const names[] = { "label-start", "label-end",
                                       "value-start", "value-end",
                                       "start",       "end" };
  gpg_error_t err;

  (void)context;
  if (message->count != 1 + sizeof names / sizeof *names)
    return gpg_error (GPG_ERR_INV_PACKET);
  err = writer_field_bytes (call->out, "file", message->items[0].bytes,
                            message->items[0].length);
  for (size_t i = 1; i < message->count && !err; i++)
    err = writer_field_number (call->out, names[i - 1],
                               item_number (&message->items[i], 0));
  return err ? err : writer_record_end (call->out);
}

gpg_error_t
verb_span (struct call *call)
{
  const char *path = arg_text (call, "path");

  return aug_request (call, CHANNEL_SPAN, &path, 1, take_span, NULL);
}

gpg_error_t
verb_source (struct call *call)
{
  const char *path = arg_text (call, "path");

  return aug_ask_value (call, CHANNEL_SOURCE, &path, 1);
}

static gpg_error_t
take_errors (struct call *call, const struct message *message, void *context)
{
  static const char *const names[] = { "file",
                                       "error",
                                       "line",
                                       "character",
                                       "lens",
                                       "last-matched",
                                       "next-not-matched",
                                       "message" };
  const size_t fields = sizeof names / sizeof *names;
  gpg_error_t err = 0;

  (void)context;
  if (message->count % fields)
    return gpg_error (GPG_ERR_INV_PACKET);
  for (size_t i = 0; i < message->count && !err; i++)
    {
      if (message->items[i].length)
        err = writer_field_bytes (call->out, names[i % fields],
                                  message->items[i].bytes,
                                  message->items[i].length);
      if (!err && i % fields == fields - 1)
        err = writer_record_end (call->out);
    }
  return err;
}

gpg_error_t
verb_errors (struct call *call)
{
  const char *path = arg_text (call, "path");

  return aug_request (call, CHANNEL_ERRORS, &path, 1, take_errors, NULL);
}

/* Write the records of files whose state is the one in CONTEXT, or of all.  */
static gpg_error_t
take_files (struct call *call, const struct message *message, void *context)
{
  static const char *const names[] = { "file", "state", "lens" };
  const struct item *item = message->items;
  const char *state = context;
  gpg_error_t err = 0;

  if (message->count % 3)
    return gpg_error (GPG_ERR_INV_PACKET);
  for (size_t i = 0; i < message->count && !err; i += 3, item += 3)
    {
      if (state && !item_is (&item[1], state))
        continue;
      for (size_t j = 0; j < 3 && !err; j++)
        if (item[j].length)
          err = writer_field_bytes (call->out, names[j], item[j].bytes,
                                    item[j].length);
      if (!err)
        err = writer_record_end (call->out);
    }
  return err;
}

gpg_error_t
verb_files (struct call *call)
{
  return aug_request (call, CHANNEL_FILES, NULL, 0, take_files,
                      (void *)arg_text (call, "state"));
}
