/* script_name.c - the names of init.d scripts
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "script_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../protocol/memory.h"
#include "../../protocol/text.h"
#include "../base/file.h"

#define SUFFIX ".service"
#define SCRIPTS 4096

/* An entry NAME, without a suffix, leads to the file INODE of DEVICE.  */
struct script
{
  char *name;
  dev_t device;
  ino_t inode;
  bool link;
};

/* The entries as long as their directory does not change.  Where a symbolic
   link is among them another directory may change where it leads.  */
static struct
{
  char *root;
  struct timespec changed;
  bool links;
  size_t count;
  struct script script[SCRIPTS];
} known;

static void
forget (void)
{
  for (size_t i = 0; i < known.count; i++)
    free (known.script[i].name);
  known.count = 0;
  known.links = false;
  free (known.root);
  known.root = NULL;
}

/* Find out what the entry NAME of DIRECTORY leads to, for R_SCRIPT.  What is no
   regular file, or only behind links that others than root can make, is run by
   nothing.  */
static bool
find_file (const struct machine *machine, int directory, const char *name,
           struct script *r_script)
{
  auto_free char *path = NULL;
  struct place place;
  struct stat st;
  bool found;

  if (fstatat (directory, name, &st, AT_SYMLINK_NOFOLLOW))
    return false;
  *r_script = (struct script){ .device = st.st_dev,
                               .inode = st.st_ino,
                               .link = S_ISLNK (st.st_mode) };
  if (!r_script->link)
    return S_ISREG (st.st_mode);
  known.links = true;
  path = text_format (INIT_SCRIPTS "/%s", name);
  if (!path || place_find (machine, path, &place, NULL))
    return false;
  found = place.exists && S_ISREG (place.stat.st_mode);
  r_script->device = place.stat.st_dev;
  r_script->inode = place.stat.st_ino;
  place_release (&place);
  return found;
}

static gpg_error_t
note_entry (const struct machine *machine, int directory, const char *name)
{
  struct script script;

  if (*name == '.' || strlen (name) >= LIMIT_UNIT_NAME - sizeof SUFFIX
      || !find_file (machine, directory, name, &script))
    return 0;
  if (known.count == SCRIPTS)
    return gpg_error (GPG_ERR_LIMIT_REACHED);
  script.name = strdup (name);
  if (!script.name)
    return gpg_error_from_syserror ();
  known.script[known.count++] = script;
  return 0;
}

/* Open the directory of the scripts; -1 at R_FD if there is none.  */
static gpg_error_t
open_directory (const struct machine *machine, int *r_fd)
{
  struct place place;
  gpg_error_t err = place_find (machine, INIT_SCRIPTS, &place, NULL);

  *r_fd = -1;
  if (!err)
    {
      *r_fd = openat (place.directory_fd, place.name,
                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (*r_fd < 0)
        err = gpg_error_from_syserror ();
      place_release (&place);
    }
  return gpg_err_code (err) == GPG_ERR_ENOENT
                 || gpg_err_code (err) == GPG_ERR_ENOTDIR
             ? 0
             : err;
}

/* Note all entries of the directory FD, which is closed.  */
static gpg_error_t
note_entries (const struct machine *machine, int fd)
{
  DIR *stream = fdopendir (fd);
  struct dirent *entry;
  gpg_error_t err = 0;

  if (!stream)
    {
      err = gpg_error_from_syserror ();
      close (fd);
      return err;
    }
  while (!err && (entry = readdir (stream)))
    err = note_entry (machine, dirfd (stream), entry->d_name);
  closedir (stream);
  return err;
}

gpg_error_t
script_name_learn (const struct machine *machine)
{
  auto_close int fd = -1;
  struct stat st = { 0 };
  gpg_error_t err = open_directory (machine, &fd);

  if (err)
    return err;
  if (fd >= 0 && fstat (fd, &st))
    return gpg_error_from_syserror ();
  if (known.root && !known.links && !strcmp (known.root, machine->root)
      && !memcmp (&known.changed, &st.st_mtim, sizeof st.st_mtim))
    return 0;
  forget ();
  known.changed = st.st_mtim;
  if (fd >= 0)
    err = note_entries (machine, take_fd (&fd));
  if (!err && !(known.root = strdup (machine->root)))
    err = gpg_error_from_syserror ();
  if (err)
    forget ();
  return err;
}

/* The script that the unit NAME is, or NULL.  */
static const struct script *
find_script (const char *name)
{
  size_t length = strlen (name);
  size_t end = sizeof SUFFIX - 1;

  if (length <= end || strcmp (name + length - end, SUFFIX))
    return NULL;
  for (size_t i = 0; i < known.count; i++)
    if (!strncmp (known.script[i].name, name, length - end)
        && !known.script[i].name[length - end])
      return known.script + i;
  return NULL;
}

static bool
is_same (const struct script *a, const struct script *b)
{
  return a->device == b->device && a->inode == b->inode;
}

bool
script_name_own (const char *name, char r_own[LIMIT_UNIT_NAME])
{
  const struct script *script = find_script (name);
  const struct script *own = script;

  for (size_t i = 0; script && i < known.count; i++)
    {
      const struct script *other = known.script + i;

      if (is_same (other, script)
          && (other->link != own->link ? own->link
                                       : strcmp (other->name, own->name) < 0))
        own = other;
    }
  if (own)
    snprintf (r_own, LIMIT_UNIT_NAME, "%s%s", own->name, SUFFIX);
  return own;
}

void
script_name_names (const char *name,
                   void (*each) (void *context, const char *name),
                   void *context)
{
  const struct script *script = find_script (name);
  char other[LIMIT_UNIT_NAME];

  for (size_t i = 0; script && i < known.count; i++)
    if (is_same (known.script + i, script))
      {
        snprintf (other, sizeof other, "%s%s", known.script[i].name, SUFFIX);
        each (context, other);
      }
}
