/* text.c - AUG EDIT: a file's text as a whole
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <string.h>
#include "verbs.h"
#include "../../../protocol/memory.h"

/* Whether just one lens claims PATH.  */
static gpg_error_t
check_claim (struct call *call, const struct aug_session *session,
             const char *path)
{
  const struct lens *rival;
  const struct lens *lens = lens_for_reading (&session->table, path, &rival);

  if (!lens)
    lens = lens_for_writing (&session->table, path, &rival);
  if (!lens)
    return fail (&call->failure, GPG_ERR_NOT_SUPPORTED,
                 "no lens claims %.40s: say AUG TRANSFORM LENS incl FILE, LOAD",
                 path);
  if (rival)
    return fail (&call->failure, GPG_ERR_AMBIGUOUS,
                 "lenses %s and %s claim %.40s: see AUG TRANSFORM", lens->name,
                 rival->name, path);
  return 0;
}

/* What the file was when it was read; nothing if there was none.  */
static gpg_error_t
give_read (struct call *call)
{
  const struct aug_session *session = call->module->session;
  const struct known_file *file = known_file_find (session,
                                                   arg_text (call, "file"));

  if (!file || !file->image.length)
    return 0;
  return writer_value (call->out, file->image.bytes, file->image.length);
}

/* The file does not parse: MESSAGE tells the line and why.  */
static gpg_error_t
give_failed (struct call *call, const struct message *message)
{
  auto_free char *line = item_string (&message->items[1]);
  auto_free char *why = item_string (&message->items[2]);
  gpg_error_t err;

  if (!line || !why)
    return gpg_error (GPG_ERR_INV_PACKET);
  err = writer_warning (call->out, "%s does not parse%s%s: %.*s",
                        arg_text (call, "file"), *line ? " at line " : "", line,
                        (int)strcspn (why, "\n"), why);
  return err ? err : give_read (call);
}

static gpg_error_t
take_text (struct call *call, const struct message *message, void *context)
{
  const struct item *items = message->items;

  (void)context;
  if (message->count == 1 && item_is (items, "read"))
    return give_read (call);
  if (message->count == 1 && item_is (items, "removed"))
    return writer_warning (call->out, "SAVE would remove %s",
                           arg_text (call, "file"));
  if (message->count == 2 && item_is (items, "text"))
    return writer_value (call->out, items[1].bytes, items[1].length);
  if (message->count == 3 && item_is (items, "failed"))
    return give_failed (call, message);
  return gpg_error (GPG_ERR_INV_PACKET);
}

static gpg_error_t
take_remark (struct call *call, const struct message *message, void *context)
{
  static const struct
  {
    const char *word;
    const char *text;
  } remarks[] = {
    { "newline", "a newline is added at the end of the text" },
    { "differs", "SAVE will not write just what was given: see AUG DIFF" },
    { "unwritten", "only a newline at the end is new: SAVE does not write it" },
  };

  (void)context;
  for (size_t i = 0; i < sizeof remarks / sizeof *remarks; i++)
    if (message->count == 1 && item_is (message->items, remarks[i].word))
      return writer_warning (call->out, "%s", remarks[i].text);
  return gpg_error (GPG_ERR_INV_PACKET);
}

gpg_error_t
verb_edit (struct call *call)
{
  const char *arguments[] = { arg_text (call, "file"),
                              arg_text (call, "text") };
  struct aug_session *session;
  gpg_error_t err = aug_table (call, &session);

  if (!err)
    err = check_claim (call, session, arguments[0]);
  if (err)
    return err;
  if (!arguments[1])
    return aug_request (call, CHANNEL_TEXT, arguments, 1, take_text, NULL);
  err = aug_will_edit (call);
  return err ? err
             : aug_request (call, CHANNEL_REPLACE, arguments, 2, take_remark,
                            NULL);
}
