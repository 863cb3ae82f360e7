/* known.c - which lenses there are, and where they are defined
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The library does not list its modules.  It names those that claim files, and
   where each is defined; other modules lie beside them.  */

#include <config.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "worker.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

#define SOME_FILE "/ostype" /* A file below the root that augeas has.  */
#define SUFFIX ".aug"

/* Store at R_INFO where the lens NAME is defined, as augeas notes it for each
   file that it loads.  So a file is loaded, or nearly: without a descriptor
   to spare it cannot be read.  "" if that cannot be found out.  */
static gpg_error_t
find_info (augeas *aug, const char *name, char **r_info)
{
  static const char first[] = "/augeas/load/*[1]";
  const char *info = NULL;

  /* The first transform is found soonest.  */
  if (aug_insert (aug, first, "reeve", 1)
      && aug_set (aug, "/augeas/load/reeve", NULL))
    return gpg_error (GPG_ERR_ENOMEM);
  if (aug_set (aug, "/augeas/load/*[1]/lens", name)
      || aug_set (aug, "/augeas/load/*[1]/incl", SOME_FILE))
    return gpg_error (GPG_ERR_ENOMEM);
  aug_load_file (aug, SOME_FILE);
  aug_get (aug, "/augeas/files" SOME_FILE "/lens/info", &info);
  *r_info = strdup (info ? info : "");
  aug_rm (aug, first);
  aug_rm (aug, "/augeas/files/*");
  aug_rm (aug, "/files/*");
  return *r_info ? 0 : gpg_error (GPG_ERR_ENOMEM);
}

/* Append the lens NAME, if there is one.  R_INFO may be NULL.  */
static gpg_error_t
append_lens (augeas *aug, const char *name, struct buffer *text, char **r_info)
{
  auto_free char *info = NULL;
  struct rlimit files, none;
  gpg_error_t err;

  if (getrlimit (RLIMIT_NOFILE, &files))
    return gpg_error_from_syserror ();
  none = files;
  none.rlim_cur = 0;
  if (setrlimit (RLIMIT_NOFILE, &none))
    return gpg_error_from_syserror ();
  err = find_info (aug, name, &info);
  setrlimit (RLIMIT_NOFILE, &files);
  if (err)
    return err;
  if (*info && !strchr (name, '\n') && !strchr (info, '\n'))
    buffer_printf (text, "known %s\ninfo %s\n", name, info);
  if (r_info)
    *r_info = take (&info);
  return buffer_error (text);
}

/* Append the lens "lns" of the module in the file NAME.  */
static gpg_error_t
append_module (augeas *aug, const char *name, struct buffer *text)
{
  size_t length = strlen (name);
  auto_free char *lens = NULL;

  if (length <= strlen (SUFFIX)
      || strcmp (name + length - strlen (SUFFIX), SUFFIX))
    return 0;
  lens = text_format ("%.*s.lns", (int)(length - strlen (SUFFIX)), name);
  if (!lens)
    return gpg_error (GPG_ERR_ENOMEM);
  *lens = (char)toupper ((unsigned char)*lens);
  return append_lens (aug, lens, text, NULL);
}

/* Append the modules in the directory PATH, as far as it can be read.  */
static gpg_error_t
append_directory (augeas *aug, const char *path, struct buffer *text)
{
  struct dirent **entries = NULL;
  gpg_error_t err = 0;
  int count = scandir (path, &entries, NULL, alphasort);

  for (int i = 0; i < count; i++)
    {
      if (!err)
        err = append_module (aug, entries[i]->d_name, text);
      free (entries[i]);
    }
  free (entries);
  return err;
}

/* Append the modules that lie where INFO is defined, unless *R_DIRECTORY, the
   last one that was looked at, is that.  */
static gpg_error_t
append_neighbours (augeas *aug, const char *info, char **r_directory,
                   struct buffer *text)
{
  const char *end = strrchr (info, '/');
  auto_free char *directory = end ? strndup (info, (size_t)(end - info)) : NULL;

  if (!end)
    return 0;
  if (!directory)
    return gpg_error (GPG_ERR_ENOMEM);
  if (*r_directory && !strcmp (*r_directory, directory))
    return 0;
  free (*r_directory);
  *r_directory = take (&directory);
  return append_directory (aug, *r_directory, text);
}

gpg_error_t
known_text (augeas *aug, struct buffer *text)
{
  auto_free char *directory = NULL;
  char **nodes = NULL;
  gpg_error_t err = 0;
  int count = aug_match (aug, "/augeas/load/*/lens", &nodes);

  for (int i = 0; i < count; i++)
    {
      const char *value = NULL;
      auto_free char *info = NULL;
      auto_free char *name = NULL;

      if (!err && aug_get (aug, nodes[i], &value) == 1 && value)
        {
          name = strdup (value);
          err = name ? append_lens (aug, name, text, &info)
                     : gpg_error (GPG_ERR_ENOMEM);
        }
      if (!err && info)
        err = append_neighbours (aug, info, &directory, text);
      free (nodes[i]);
    }
  free (nodes);
  return err;
}
