/* inventory.c - all files that lenses claim, in augeas' order
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Augeas goes through its lenses, through the globs of each, and takes the
   files as glob finds them, which is the order of the directory.  The same
   glob is used here, but it sees the machine through place_find.  */

#include <config.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include "permit.h"
#include "session.h"
#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"

/* A file in its turn.  */
struct claim
{
  char *path;
  const struct lens *lens;
  const struct lens *rival; /* A different lens that claims it, too.  */
};

struct inventory
{
  struct call *call;
  const char *below; /* Only files below this directory.  */
  size_t count;
  size_t space;
  struct claim **entries;
  void *by_path; /* Search tree of struct claim.  */
};

/* glob's functions for directories take no context, and cannot tell why they
   give up.  Globs may be a client's own.  */
static const struct machine *glob_machine;
static const struct channel *glob_channel;
static size_t glob_names;
static gpg_err_code_t glob_given_up;

/* Whether to go on looking.  */
static bool
glob_may_go_on (void)
{
  const struct channel *channel = glob_channel;

  if (glob_names > LIMIT_AUG_NAMES)
    glob_given_up = GPG_ERR_LIMIT_REACHED;
  else if (channel->deadline && link_now () >= channel->deadline)
    glob_given_up = GPG_ERR_TIMEOUT;
  else if (channel->give_up && channel->give_up (channel->give_up_context))
    glob_given_up = GPG_ERR_CANCELED;
  return !glob_given_up;
}

static void *
open_directory (const char *path)
{
  struct place place;
  DIR *directory = NULL;
  int fd = -1;

  if (!glob_may_go_on ())
    {
      errno = ENOENT;
      return NULL;
    }
  if (place_find (glob_machine, path, &place, NULL))
    place_release (&place);
  else
    {
      if (place.exists && S_ISDIR (place.stat.st_mode))
        fd = openat (place.directory_fd, *place.name ? place.name : ".",
                     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      place_release (&place);
    }
  if (fd >= 0)
    directory = fdopendir (fd);
  if (fd >= 0 && !directory)
    close (fd);
  if (!directory)
    errno = ENOENT;
  return directory;
}

static struct dirent *
read_directory (void *directory)
{
  return glob_names++ > LIMIT_AUG_NAMES ? NULL : readdir (directory);
}

static void
close_directory (void *directory)
{
  closedir (directory);
}

static int
stat_path (const char *restrict path, struct stat *restrict r_stat)
{
  struct place place;
  bool found = !place_find (glob_machine, path, &place, NULL) && place.exists;

  if (found)
    *r_stat = place.stat;
  place_release (&place);
  if (found)
    return 0;
  errno = ENOENT;
  return -1;
}

static int
compare (const void *a, const void *b)
{
  const struct claim *one = a;
  const struct claim *other = b;

  return strcmp (one->path, other->path);
}

static void
claim_free (void *entry)
{
  free (((struct claim *)entry)->path);
  free (entry);
}

/* Append PATH, which LENS claims.  */
static gpg_error_t
add_entry (struct inventory *inventory, const char *path,
           const struct lens *lens)
{
  struct claim *entry;
  void *entries;

  if (inventory->count == LIMIT_AUG_FILES)
    return fail (&inventory->call->failure, GPG_ERR_LIMIT_REACHED,
                 "more than %d files: name the files you want",
                 LIMIT_AUG_FILES);
  if (inventory->count == inventory->space)
    {
      inventory->space = inventory->space ? 2 * inventory->space : 256;
      entries = reallocarray (inventory->entries, inventory->space,
                              sizeof *inventory->entries);
      if (!entries)
        return gpg_error (GPG_ERR_ENOMEM);
      inventory->entries = entries;
    }
  entry = calloc (1, sizeof *entry);
  if (!entry)
    return gpg_error (GPG_ERR_ENOMEM);
  entry->lens = lens;
  entry->path = strdup (path);
  if (!entry->path || !tsearch (entry, &inventory->by_path, compare))
    {
      claim_free (entry);
      return gpg_error (GPG_ERR_ENOMEM);
    }
  inventory->entries[inventory->count++] = entry;
  return 0;
}

/* Whether PATH leads to a regular file that the client may see.  What he may
   not is left out without a word.  */
static bool
is_offered (const struct call *call, const char *path)
{
  struct place place;
  bool offered = !place_find (call->machine, path, &place, NULL) && place.exists
                 && S_ISREG (place.stat.st_mode)
                 && !aug_may_read (call, path, place.path, NULL);

  place_release (&place);
  return offered;
}

/* Take PATH, which a glob of LENS found.  */
static gpg_error_t
take_path (struct inventory *inventory, const char *path,
           const struct lens *lens)
{
  size_t length = strlen (inventory->below);
  struct claim key = { .path = (char *)path };
  struct claim **found;

  if (strncmp (path, inventory->below, length) || path[length] != '/'
      || !path_is_canonical (path) || !lens_keeps (lens, path)
      || !is_offered (inventory->call, path))
    return 0;
  found = tfind (&key, &inventory->by_path, compare);
  if (!found)
    return add_entry (inventory, path, lens);
  if (!lens_same ((*found)->lens, lens))
    (*found)->rival = lens;
  return 0;
}

/* Whether GLOB can find something below the directory PATH.  */
static bool
can_match (const struct lens_glob *glob, const char *path)
{
  size_t length = strlen (path);
  size_t common = glob->literal < length ? glob->literal : length;

  return !strncmp (glob->glob, path, common);
}

static gpg_error_t
take_glob (struct inventory *inventory, const struct lens *lens,
           const struct lens_glob *pattern)
{
  glob_t found = { 0 };
  gpg_error_t err = 0;

  found.gl_opendir = open_directory;
  found.gl_readdir = read_directory;
  found.gl_closedir = close_directory;
  found.gl_stat = stat_path;
  found.gl_lstat = stat_path;
  if (glob (pattern->glob, GLOB_NOSORT | GLOB_ALTDIRFUNC, NULL, &found)
      == GLOB_NOSPACE)
    err = gpg_error (GPG_ERR_ENOMEM);
  for (size_t i = 0; i < found.gl_pathc && !err && glob_may_go_on (); i++)
    err = take_path (inventory, found.gl_pathv[i], lens);
  globfree (&found);
  return err;
}

static gpg_error_t
collect (struct inventory *inventory, const struct channel *channel,
         const struct lens_table *table)
{
  gpg_error_t err = 0;

  glob_machine = inventory->call->machine;
  glob_channel = channel;
  glob_names = 0;
  glob_given_up = 0;
  for (size_t i = 0; i < table->count && !err; i++)
    for (size_t j = 0; j < table->lenses[i].count && !err; j++)
      {
        const struct lens_glob *glob = &table->lenses[i].globs[j];

        if (glob->include && can_match (glob, inventory->below))
          err = take_glob (inventory, &table->lenses[i], glob);
      }
  switch (err ? 0 : glob_given_up)
    {
    case GPG_ERR_LIMIT_REACHED:
      return fail (&inventory->call->failure, GPG_ERR_LIMIT_REACHED,
                   "more than %d names to look at: name the files you want",
                   LIMIT_AUG_NAMES);
    case GPG_ERR_TIMEOUT:
      return fail (&inventory->call->failure, GPG_ERR_TIMEOUT,
                   "it takes too long to find all files: name those you want");
    case GPG_ERR_CANCELED:
      return fail (&inventory->call->failure, GPG_ERR_CANCELED,
                   "the client gave up");
    default:
      return err;
    }
}

void
inventory_refuse_rivals (struct aug_session *session, const char *path,
                         const struct lens *lens, const struct lens *rival)
{
  auto_buffer struct buffer advice = BUFFER_EMPTY;

  buffer_printf (&advice, "Lenses %s and %s could be used to load this file",
                 lens->name, rival->name);
  files_refuse (session, path, lens, GPG_ERR_BAD_DATA,
                advice.bytes ? advice.bytes : "", "mxfm_load");
}

static gpg_error_t
tell_entry (struct call *call, struct aug_session *session,
            const struct claim *entry)
{
  struct channel *channel = &session->channel;
  gpg_error_t err = 0;
  bool exists;

  if (entry->rival)
    inventory_refuse_rivals (session, entry->path, entry->lens, entry->rival);
  else if (known_file_find (session, entry->path))
    {
      channel_begin (channel, CHANNEL_KNOWN, 0);
      channel_string (channel, entry->path);
      channel_end (channel);
    }
  else
    err = files_tell (call, session, entry->path, entry->lens, true, &exists);
  if (!err && channel->out.length >= CHANNEL_PIECE)
    err = channel_flush (channel);
  return err;
}

gpg_error_t
inventory_tell (struct call *call, struct aug_session *session,
                const char *path)
{
  struct inventory inventory = { .call = call, .below = path };
  gpg_error_t err = collect (&inventory, &session->channel, &session->table);

  channel_begin (&session->channel, CHANNEL_ORDER, 0);
  channel_string (&session->channel, path);
  channel_end (&session->channel);
  for (size_t i = 0; i < inventory.count && !err; i++)
    err = tell_entry (call, session, inventory.entries[i]);
  tdestroy (inventory.by_path, claim_free);
  free (inventory.entries);
  return err;
}
