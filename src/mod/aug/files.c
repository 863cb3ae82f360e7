/* files.c - what the worker needs to know about files
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A worker only asks; what it may know is decided here, for each file, since
   the worker may have been taken over by what it parsed.  */

#include <config.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include "permit.h"
#include "session.h"
#include "../../../protocol/memory.h"

/* Whether a component of a path, LENGTH bytes at NAME, can be one.  */
static bool
is_name (const char *name, size_t length)
{
  return length && !(length == 1 && *name == '.')
         && !(length == 2 && name[0] == '.' && name[1] == '.');
}

bool
path_is_canonical (const char *path)
{
  if (*path != '/' || strlen (path) > LIMIT_PATH)
    return false;
  for (const char *p = path; *p; p++)
    if (*p == '/' && !is_name (p + 1, strcspn (p + 1, "/")))
      return false;
  return true;
}

/* --- Files that were told --- */

static int
compare (const void *a, const void *b)
{
  const struct known_file *one = a;
  const struct known_file *other = b;

  return strcmp (one->path, other->path);
}

static void
known_file_free (void *file)
{
  struct known_file *f = file;

  file_image_release (&f->image);
  free (f->path);
  free (f->resolved);
  free (f);
}

struct known_file *
known_file_find (const struct aug_session *session, const char *path)
{
  struct known_file key = { .path = (char *)path };
  struct known_file **found = tfind (&key, &session->files, compare);

  return found ? *found : NULL;
}

void
known_file_drop (struct aug_session *session, const char *path)
{
  struct known_file *file = known_file_find (session, path);

  if (!file)
    return;
  tdelete (file, &session->files, compare);
  session->file_count--;
  session->file_bytes -= file->image.length;
  known_file_free (file);
}

/* A new one, without an image; NULL without memory.  */
static struct known_file *
known_file_new (const char *path, const char *resolved)
{
  struct known_file *file = calloc (1, sizeof *file);

  if (!file)
    return NULL;
  file->path = strdup (path);
  file->resolved = resolved ? strdup (resolved) : NULL;
  if (file->path && (file->resolved || !resolved))
    return file;
  known_file_free (file);
  return NULL;
}

gpg_error_t
known_file_put (struct aug_session *session, const char *path,
                const char *resolved, struct file_image *image)
{
  struct known_file *file = known_file_new (path, resolved);

  known_file_drop (session, path);
  if (!file)
    return gpg_error (GPG_ERR_ENOMEM);
  if (!tsearch (file, &session->files, compare))
    {
      known_file_free (file);
      return gpg_error (GPG_ERR_ENOMEM);
    }
  file->image = *image;
  session->file_count++;
  session->file_bytes += image->length;
  memset (image, 0, sizeof *image);
  return 0;
}

void
known_files_drop_all (struct aug_session *session)
{
  tdestroy (session->files, known_file_free);
  session->files = NULL;
  session->file_count = session->file_bytes = 0;
}

struct recheck
{
  const struct call *call;
  bool allowed;
};

static void
recheck_one (const void *node, VISIT which, void *context)
{
  const struct known_file *file = *(struct known_file *const *)node;
  struct recheck *recheck = context;

  if ((which == postorder || which == leaf) && recheck->allowed)
    recheck->allowed = !aug_may_read (recheck->call, file->path, file->resolved,
                                      NULL);
}

bool
known_files_allowed (const struct call *call, const struct aug_session *session)
{
  struct recheck recheck = { call, true };

  if (!aug_may_all (call, EFFECT_READ))
    twalk_r (session->files, recheck_one, &recheck);
  return recheck.allowed;
}

/* --- Telling --- */

void
files_refuse (struct aug_session *session, const char *path,
              const struct lens *lens, gpg_err_code_t code, const char *advice,
              const char *kind)
{
  struct channel *channel = &session->channel;

  channel_begin (channel, CHANNEL_REFUSED, 0);
  channel_string (channel, path);
  channel_string (channel, lens ? lens->name : "");
  channel_number (channel, 0);
  channel_number (channel, code);
  channel_string (channel, advice);
  channel_string (channel, kind);
  channel_end (channel);
}

static void
settle (struct aug_session *session, const char *path, enum channel_state state)
{
  channel_begin (&session->channel, CHANNEL_SETTLED, state);
  channel_string (&session->channel, path);
  channel_end (&session->channel);
}

/* Put the file PATH with IMAGE into the channel and remember it.  */
static gpg_error_t
tell_image (struct call *call, struct aug_session *session, const char *path,
            const struct lens *lens, const char *resolved,
            struct file_image *image)
{
  struct channel *channel = &session->channel;

  if (session->file_count >= LIMIT_AUG_FILES)
    return fail (&call->failure, GPG_ERR_LIMIT_REACHED,
                 "more than %d files: name the files you want",
                 LIMIT_AUG_FILES);
  channel_begin (channel, CHANNEL_FILE, 0);
  channel_string (channel, path);
  channel_string (channel, lens->name);
  channel_number (channel, image->stat.st_mtime);
  channel_item (channel, image->bytes, image->length);
  channel_end (channel);
  return known_file_put (session, path, resolved, image);
}

/* PATH was not read, with the error ERR and the words in WHY.  What nobody
   asked for by its name is passed over; if its absence may make an answer
   incomplete, with a warning.  */
static gpg_error_t
tell_error (struct call *call, struct aug_session *session, const char *path,
            const struct lens *lens, bool wide, gpg_error_t err,
            const struct failure *why)
{
  const char *advice = failure_words (why, err);
  gpg_err_code_t code = gpg_err_code (err);

  switch (code)
    {
    case GPG_ERR_ENOMEM:
      return err;
    case GPG_ERR_TOO_LARGE:
      if (!wide)
        break;
      /* One such file, which may be a user's, must not end every wide call. */
      files_refuse (session, path, lens, code, advice, "read_failed");
      return writer_warning (call->out, "left out: %s", advice);
    case GPG_ERR_FORBIDDEN:
      if (wide)
        return 0;
      break;
    default:
      break;
    }
  files_refuse (session, path, lens, code, advice,
                code == GPG_ERR_FORBIDDEN ? "" : "read_failed");
  return 0;
}

/* As file_read, of what SESSION has room for.  */
static gpg_error_t
read_file (const struct call *call, const struct aug_session *session,
           const char *path, struct file_image *r_image, char **r_resolved,
           struct failure *why)
{
  size_t room = session->file_bytes < LIMIT_AUG_BYTES
                    ? LIMIT_AUG_BYTES - session->file_bytes
                    : 0;
  bool scarce = room < LIMIT_AUG_FILE;
  gpg_error_t err = file_read (call->machine, path,
                               scarce ? room : LIMIT_AUG_FILE, r_image,
                               r_resolved, why);

  if (!scarce || gpg_err_code (err) != GPG_ERR_TOO_LARGE)
    return err;
  return fail (why, GPG_ERR_TOO_LARGE,
               "%s: the files of a session have at most %lu MiB: LOAD, and "
               "name those you want",
               path, LIMIT_AUG_BYTES / MIB);
}

gpg_error_t
files_tell (struct call *call, struct aug_session *session, const char *path,
            const struct lens *lens, bool wide, bool *r_exists)
{
  auto_failure struct failure why = FAILURE_NONE;
  auto_free char *resolved = NULL;
  struct file_image image;
  gpg_error_t err;

  *r_exists = true;
  err = read_file (call, session, path, &image, &resolved, &why);
  if (!err && !image.exists)
    *r_exists = false;
  else if (gpg_err_code (err) == GPG_ERR_INV_OBJ
           || gpg_err_code (err) == GPG_ERR_ENOTDIR)
    {
      *r_exists = false;
      err = 0;
    }
  else if (err)
    err = tell_error (call, session, path, lens, wide, err, &why);
  else
    {
      err = aug_may_read (call, path, resolved, &why);
      if (err)
        err = tell_error (call, session, path, lens, wide, err, &why);
      else
        err = tell_image (call, session, path, lens, resolved, &image);
    }
  file_image_release (&image);
  return err;
}

/* What stands at the place of a path.  */
enum found
{
  FOUND_NOTHING,
  FOUND_DIRECTORY,
  FOUND_TOLD /* It was a file, and told, or refused.  */
};

/* Look at PATH, a beginning of what the worker needs.  */
static gpg_error_t
look_at (struct call *call, struct aug_session *session, const char *path,
         enum found *r_found)
{
  auto_failure struct failure why = FAILURE_NONE;
  auto_failure struct failure hiding = FAILURE_NONE;
  const struct lens *lens, *rival;
  struct place place;
  gpg_error_t hidden = 0;
  gpg_error_t err;
  bool exists;

  *r_found = FOUND_NOTHING;
  lens = lens_for_reading (&session->table, path, &rival);
  err = place_find (call->machine, path, &place, &why);
  if (!err && place.exists && S_ISDIR (place.stat.st_mode))
    *r_found = FOUND_DIRECTORY;
  else if (!err && place.exists && S_ISREG (place.stat.st_mode) && lens)
    *r_found = FOUND_TOLD;
  /* Of what he may not read, nobody learns whether it is there.  */
  if (lens && *r_found != FOUND_DIRECTORY)
    hidden = aug_may_read (call, path, place.path, &hiding);
  place_release (&place);
  if (hidden)
    {
      *r_found = FOUND_TOLD;
      return tell_error (call, session, path, lens, false, hidden, &hiding);
    }
  if (err && gpg_err_code (err) != GPG_ERR_ENOENT
      && gpg_err_code (err) != GPG_ERR_ENOTDIR)
    {
      *r_found = FOUND_TOLD;
      return tell_error (call, session, path, lens, false, err, &why);
    }
  if (*r_found != FOUND_TOLD)
    return 0;
  if (rival)
    {
      inventory_refuse_rivals (session, path, lens, rival);
      return 0;
    }
  if (known_file_find (session, path))
    return 0;
  err = files_tell (call, session, path, lens, false, &exists);
  if (!exists)
    *r_found = FOUND_NOTHING;
  return err;
}

/* Follow PATH until it meets a file, an end, or leads to a directory.  */
static gpg_error_t
tell_path (struct call *call, struct aug_session *session, char *path)
{
  enum found found = FOUND_DIRECTORY;
  char *end = path;
  gpg_error_t err = 0;
  char kept;

  while (!err && found == FOUND_DIRECTORY && *end)
    {
      size_t length = strcspn (end + 1, "/");
      bool named = is_name (end + 1, length);

      /* Anybody can make a directory so deep that this takes minutes.  */
      err = aug_may_go_on (call, session);
      if (err)
        return err;
      end += 1 + length;
      kept = *end;
      *end = 0;
      if (!named || strlen (path) > LIMIT_PATH)
        found = FOUND_NOTHING;
      else if (machine_owns (call->machine, path))
        {
          files_refuse (session, path, NULL, GPG_ERR_FORBIDDEN,
                        "reeve's own files are not for its clients", "");
          found = FOUND_TOLD;
        }
      else
        err = look_at (call, session, path, &found);
      if (!err && found == FOUND_NOTHING)
        settle (session, path, CHANNEL_ABSENT);
      if (found == FOUND_DIRECTORY)
        *end = kept;
    }
  if (err || found != FOUND_DIRECTORY)
    return err;
  session->wide = true;
  err = inventory_tell (call, session, path);
  if (!err)
    settle (session, path, CHANNEL_DIRECTORY);
  return err;
}

gpg_error_t
files_answer (struct call *call, struct aug_session *session,
              const struct message *message)
{
  gpg_error_t err = 0;
  gpg_error_t send_err;

  for (size_t i = 0; i < message->count && !err; i++)
    {
      auto_free char *path = item_string (&message->items[i]);

      if (!path || *path != '/')
        err = gpg_error (GPG_ERR_INV_PACKET);
      else if (path[1])
        err = tell_path (call, session, path);
      else
        {
          session->wide = true;
          err = inventory_tell (call, session, "");
          if (!err)
            settle (session, "/", CHANNEL_DIRECTORY);
        }
    }
  channel_begin (&session->channel, CHANNEL_READY, err ? 1 : 0);
  channel_end (&session->channel);
  send_err = channel_flush (&session->channel);
  return err ? err : send_err;
}
