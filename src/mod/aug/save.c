/* save.c - what the tree would write, as a plan
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The worker tells new texts; each becomes a step that holds only if the file
   still is what the session read.  */

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "permit.h"
#include "session.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

struct saved_change
{
  char *path;
  bool remove;
  char *text;
  size_t length;
};

void
aug_forget_changes (struct aug_session *session)
{
  for (size_t i = 0; i < session->change_count; i++)
    {
      free (session->changes[i].path);
      free (session->changes[i].text);
    }
  free (session->changes);
  session->changes = NULL;
  session->change_count = 0;
  session->change_bytes = 0;
}

/* Take a change that the worker tells.  */
static gpg_error_t
take_change (struct call *call, const struct message *message, void *context)
{
  struct aug_session *session = context;
  struct saved_change *changes, *change;

  if (message->count != 3 || session->change_count >= LIMIT_AUG_FILES
      || message->items[2].length > LIMIT_AUG_FILE)
    return gpg_error (GPG_ERR_INV_PACKET);
  if (message->items[1].length > LIMIT_PATH)
    return fail (&call->failure, GPG_ERR_NOT_SUPPORTED,
                 "no lens would write a path of more than %d bytes",
                 LIMIT_PATH);
  session->change_bytes += message->items[2].length;
  if (session->change_bytes > LIMIT_ANSWER)
    return fail (&call->failure, GPG_ERR_TOO_LARGE,
                 "more than %lu bytes have changed: SAVE more often",
                 LIMIT_ANSWER);
  changes = reallocarray (session->changes, session->change_count + 1,
                          sizeof *changes);
  if (!changes)
    return gpg_error (GPG_ERR_ENOMEM);
  session->changes = changes;
  change = &changes[session->change_count];
  change->remove = item_is (&message->items[0], "remove");
  change->path = item_string (&message->items[1]);
  change->text = item_string (&message->items[2]);
  change->length = message->items[2].length;
  session->change_count++;
  return change->path && change->text ? 0 : gpg_error (GPG_ERR_INV_PACKET);
}

/* What the file of a change that was never read is now: nothing, or else
   there is a conflict.  */
static gpg_error_t
check_new (struct call *call, const char *path)
{
  struct file_image image;
  gpg_error_t err;
  bool exists;

  err = file_read (call->machine, path, LIMIT_AUG_FILE, &image, NULL,
                   &call->failure);
  exists = image.exists;
  file_image_release (&image);
  if (err || !exists)
    return err;
  failure_detail (&call->failure, "file", "%s", path);
  return fail (&call->failure, GPG_ERR_CONFLICT,
               "%s is there and was never read: LOAD, then edit it", path);
}

/* Where the file PATH leads; *R_RESOLVED is NULL where a directory on the way
   is missing.  */
static gpg_error_t
resolve (struct call *call, const char *path, char **r_resolved)
{
  struct place place;
  gpg_error_t err = place_find (call->machine, path, &place, &call->failure);

  *r_resolved = take (&place.path);
  place_release (&place);
  if (gpg_err_code (err) != GPG_ERR_ENOENT)
    return err;
  failure_release (&call->failure);
  return 0;
}

/* Check that the client may know of the file of CHANGE, and, if CHANGE is to be
   carried out (JUDGED), may do so.  */
static gpg_error_t
check_change (struct call *call, struct aug_session *session,
              const struct saved_change *change, bool judged)
{
  const struct known_file *file = known_file_find (session, change->path);
  auto_free char *resolved = NULL;
  struct proposal proposal = { .path = change->path };
  struct failure hiding = FAILURE_NONE;
  gpg_error_t err, hidden;

  if (!path_is_canonical (change->path)
      || !lens_for_writing (&session->table, change->path, NULL))
    return fail (&call->failure, GPG_ERR_NOT_SUPPORTED,
                 "no lens would write %s", change->path);
  if (machine_owns (call->machine, change->path))
    return fail (&call->failure, GPG_ERR_FORBIDDEN,
                 "%s is reeve's own: it is not changed for clients",
                 change->path);
  err = resolve (call, change->path, &resolved);
  hidden = aug_may_read (call, change->path, resolved, &hiding);
  if (hidden)
    {
      failure_release (&call->failure);
      call->failure = hiding;
      return hidden;
    }
  if (err || !judged || aug_may_all (call, EFFECT_WRITE))
    return err;
  proposal.resolved = resolved;
  if (file)
    {
      proposal.was = file->image.bytes;
      proposal.was_length = file->image.length;
    }
  if (!change->remove)
    {
      proposal.text = change->text;
      proposal.length = change->length;
    }
  return aug_judge (call, &proposal);
}

/* Append the step for CHANGE to PLAN.  */
static gpg_error_t
plan_change (struct call *call, struct aug_session *session,
             const struct saved_change *change, struct plan *plan)
{
  static const struct file_image nothing;
  const struct known_file *file = known_file_find (session, change->path);
  gpg_error_t err = 0;

  if (!file)
    err = check_new (call, change->path);
  if (err || (!file && change->remove))
    return err;
  if (change->remove)
    return plan_file_remove (plan, change->path, &file->image);
  if (file && file->image.stat.st_nlink > 1)
    err = writer_warning (call->out,
                          "%s has %lu names (hard links): the others keep the "
                          "old text",
                          change->path,
                          (unsigned long)file->image.stat.st_nlink);
  if (err)
    return err;
  return plan_file_write (plan, change->path, file ? &file->image : &nothing,
                          change->text, change->length);
}

/* Let the worker render all changes and make them steps of PLAN.  PURPOSE is
   "save" if they are to be carried out, else NULL.  */
static gpg_error_t
plan_changes (struct call *call, struct aug_session *session,
              const char *purpose, struct plan *plan)
{
  gpg_error_t err;

  aug_forget_changes (session);
  err = aug_request (call, CHANNEL_RENDER, &purpose, 1, take_change, session);
  for (size_t i = 0; i < session->change_count && !err; i++)
    err = check_change (call, session, &session->changes[i], purpose != NULL);
  for (size_t i = 0; i < session->change_count && !err; i++)
    err = plan_change (call, session, &session->changes[i], plan);
  if (err)
    aug_forget_changes (session);
  return err;
}

gpg_error_t
verb_diff (struct call *call)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  struct plan *plan = NULL;
  struct aug_session *session;
  gpg_error_t err = aug_session_get (call, &session);

  if (!err)
    err = plan_new (&plan);
  if (err)
    return err;
  err = plan_changes (call, session, NULL, plan);
  if (!err)
    err = plan_describe (plan, &text);
  plan_release (plan);
  aug_forget_changes (session);
  if (!err)
    err = buffer_error (&text);
  if (!err && text.length)
    err = writer_value (call->out, text.bytes, text.length);
  return err;
}

gpg_error_t
verb_save (struct call *call)
{
  struct aug_session *session;
  gpg_error_t err = aug_session_get (call, &session);

  if (!err)
    err = plan_changes (call, session, "save", call->plan);
  if (!err && !session->change_count)
    aug_edits_are_gone (session);
  return err;
}

/* Take over that CHANGE was written; append its path and time to
   ARGUMENTS.  */
static gpg_error_t
settle_change (struct call *call, struct aug_session *session,
               struct saved_change *change, char **arguments)
{
  auto_free char *resolved = NULL;
  struct file_image image;
  long long mtime;
  gpg_error_t err;

  arguments[0] = strdup (change->path);
  if (!arguments[0])
    return gpg_error (GPG_ERR_ENOMEM);
  err = file_read (call->machine, change->path, LIMIT_AUG_FILE, &image,
                   &resolved, NULL);
  mtime = image.stat.st_mtime;
  arguments[1] = text_format ("%lld", mtime);
  if (!arguments[1])
    err = gpg_error (GPG_ERR_ENOMEM);
  if (err || change->remove || !image.exists)
    {
      file_image_release (&image);
      known_file_drop (session, change->path);
      return err;
    }
  /* Should somebody have written meanwhile, the content that was written here
     is what the next SAVE compares with.  */
  free (image.bytes);
  image.bytes = take (&change->text);
  image.length = change->length;
  file_hash (image.bytes, image.length, image.hash);
  err = known_file_put (session, change->path, resolved, &image);
  file_image_release (&image);
  return err;
}

/* Tell the worker what was written.  */
static gpg_error_t
commit (struct call *call, struct aug_session *session)
{
  size_t count = 2 * session->change_count;
  char **arguments = calloc (count, sizeof *arguments);
  gpg_error_t err = arguments ? 0 : gpg_error (GPG_ERR_ENOMEM);

  for (size_t i = 0; i < session->change_count && !err; i++)
    err = settle_change (call, session, &session->changes[i],
                         arguments + 2 * i);
  if (!err)
    err = aug_request (call, CHANNEL_COMMIT, (const char *const *)arguments,
                       count, NULL, NULL);
  for (size_t i = 0; i < count && arguments; i++)
    free (arguments[i]);
  free (arguments);
  return err;
}

gpg_error_t
verb_save_done (struct call *call, gpg_error_t err)
{
  struct aug_session *session = call->module->session;

  if (!session)
    return err;
  for (size_t i = 0; i < session->change_count && !err; i++)
    err = writer_item (call->out, session->changes[i].path,
                       strlen (session->changes[i].path));
  if (!err)
    {
      /* The files are written, whatever becomes of the worker.  Without its
         agreement a fresh one begins with what is on disk.  */
      if (commit (call, session))
        {
          failure_release (&call->failure);
          aug_drop_worker (session);
        }
      aug_edits_are_gone (session);
    }
  aug_forget_changes (session);
  return err;
}
