/* load.c - the verbs of AUG about files and the lenses that read them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "verbs.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

gpg_error_t
aug_table (struct call *call, struct aug_session **r_session)
{
  const char *path = "/augeas/version";
  gpg_error_t err = aug_session_get (call, r_session);

  if (err || (*r_session)->fd >= 0)
    return err;
  return aug_request (call, CHANNEL_MATCH, &path, 1, NULL, NULL);
}

/* Whether all that the table of SESSION would come to have may be in it.  */
static bool
table_fits (const struct aug_session *session, const struct lens_table *table)
{
  for (size_t i = 0; i < table->count; i++)
    for (size_t j = 0; j < table->lenses[i].count; j++)
      if (table->lenses[i].globs[j].include
          && !lens_glob_fits (&session->table, table->lenses[i].globs[j].glob))
        return false;
  return true;
}

/* Take over a new table and tell what is not in it.  It decides what can be
   read, so it must come of a client's writing.  */
static gpg_error_t
take_table (struct call *call, const struct message *message, void *context)
{
  struct aug_session *session = context;
  struct lens_table table;
  gpg_error_t err;

  if (!session->wrote || !message->count
      || lens_table_parse (message->items[0].bytes, message->items[0].length,
                           &table))
    return gpg_error (GPG_ERR_INV_PACKET);
  if (!table_fits (session, &table))
    {
      lens_table_release (&table);
      return gpg_error (GPG_ERR_INV_PACKET);
    }
  lens_table_release (&session->table);
  session->table = table;
  session->transformed = true;
  err = 0;
  for (size_t i = 1; i < message->count && !err; i++)
    {
      auto_free char *remark = item_string (&message->items[i]);

      if (remark)
        err = writer_warning (call->out, "%s", remark);
    }
  return err;
}

/* LOAD failed with ERR: the worker may still have files of which the session
   knows nothing any more, so a fresh one comes.  */
static gpg_error_t
begin_anew (struct call *call, struct aug_session *session, gpg_error_t err)
{
  auto_free char *text = take (&call->failure.text);

  if (session->fd < 0)
    return fail (&call->failure, gpg_err_code (err), "%s",
                 text ? text : gpg_strerror (err));
  aug_drop_worker (session);
  return fail (&call->failure, gpg_err_code (err),
               "%s; transforms and variables are lost",
               text ? text : gpg_strerror (err));
}

gpg_error_t
verb_load (struct call *call)
{
  struct aug_session *session;
  gpg_error_t err = aug_session_get (call, &session);

  if (err)
    return err;
  known_files_drop_all (session);
  err = aug_request (call, CHANNEL_LOAD, NULL, 0, take_table, session);
  if (err)
    return begin_anew (call, session, err);
  aug_edits_are_gone (session);
  return 0;
}

/* Whether GLOB may be included; LOAD will make it absolute.  */
static gpg_error_t
check_glob (struct call *call, const struct aug_session *session,
            const char *glob)
{
  auto_free char *absolute = NULL;

  if (strlen (glob) > LIMIT_PATH)
    return fail (&call->failure, GPG_ERR_TOO_LARGE,
                 "a glob has at most %d bytes", LIMIT_PATH);
  absolute = text_format ("%s%s", *glob == '/' ? "" : "/", glob);
  if (!absolute)
    return gpg_error (GPG_ERR_ENOMEM);
  if (lens_glob_fits (&session->table, absolute))
    return 0;
  return fail (&call->failure, GPG_ERR_INV_ARG,
               "%.38s: begin with a directory (no wildcard, /proc, /sys, /dev, "
               "..)",
               glob);
}

gpg_error_t
verb_transform (struct call *call)
{
  const char *arguments[] = { arg_text (call, "lens"),
                              arg_text (call, "filter"),
                              arg_text (call, "glob") };
  struct aug_session *session;
  gpg_error_t err = aug_table (call, &session);

  if (!err && *arguments[1] == 'i')
    err = check_glob (call, session, arguments[2]);
  if (err)
    return err;
  session->wrote = true;
  err = aug_request (call, CHANNEL_TRANSFORM, arguments, 3, NULL, NULL);
  if (!err)
    session->transformed = true;
  return err;
}

/* Write the field NAME with the globs of LENS that are of its kind.  */
static gpg_error_t
write_globs (struct call *call, const struct lens *lens, const char *name)
{
  const char **globs = calloc (lens->count + 1, sizeof *globs);
  size_t count = 0;
  gpg_error_t err;

  if (!globs)
    return gpg_error (GPG_ERR_ENOMEM);
  for (size_t i = 0; i < lens->count; i++)
    if (lens->globs[i].include == (*name == 'i'))
      globs[count++] = lens->globs[i].glob;
  err = writer_field_list (call->out, name, globs, count);
  free (globs);
  return err;
}

static gpg_error_t
write_lens (struct call *call, const struct lens *lens)
{
  gpg_error_t err = writer_field_bytes (call->out, "lens", lens->name,
                                        strlen (lens->name));

  if (!err)
    err = write_globs (call, lens, "incl");
  if (!err)
    err = write_globs (call, lens, "excl");
  return err ? err : writer_record_end (call->out);
}

/* Whether the module of the lens KNOWN has a transform that is listed.  Modules
   are known by letters in either case.  */
static bool
is_listed (const struct lens_table *table, const struct lens *known)
{
  size_t length = strcspn (known->name, ".");

  for (size_t i = 0; i < table->count; i++)
    {
      const char *name = table->lenses[i].name;

      name += *name == '@';
      if (strcspn (name, ".") == length
          && !strncasecmp (name, known->name, length))
        return true;
    }
  return false;
}

static gpg_error_t
write_all (struct call *call, const struct lens_table *table)
{
  gpg_error_t err = 0;

  for (size_t i = 0; i < table->count && !err; i++)
    err = write_lens (call, &table->lenses[i]);
  for (size_t i = 0; i < table->known_count && !err; i++)
    if (*table->known[i].name != '@' && !is_listed (table, &table->known[i]))
      err = write_lens (call, &table->known[i]);
  return err;
}

gpg_error_t
verb_lenses (struct call *call)
{
  const char *file = arg_text (call, "file");
  const struct lens *lens, *rival;
  struct aug_session *session;
  gpg_error_t err = aug_table (call, &session);

  if (err)
    return err;
  if (!file)
    return write_all (call, &session->table);
  lens = lens_for_reading (&session->table, file, &rival);
  if (!lens)
    lens = lens_for_writing (&session->table, file, &rival);
  if (lens)
    err = write_lens (call, lens);
  if (lens && rival && !err)
    err = write_lens (call, rival);
  return err;
}
