/* initd_files.c - what the files of an init.d script say
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../protocol/memory.h"
#include "../../base/file.h"
#include "../../call/script_name.h"
#include "initd.h"

#define HEADER_MOST 64 /* Lines of a header.  */

static gpg_error_t
add (struct init_header *header, const char *name, const char *value)
{
  if (header->count == HEADER_MOST)
    return 0;
  if (!header->names)
    header->names = calloc (HEADER_MOST, sizeof *header->names);
  if (!header->values)
    header->values = calloc (HEADER_MOST, sizeof *header->values);
  if (!header->names || !header->values)
    return gpg_error_from_syserror ();
  header->names[header->count] = strdup (name);
  header->values[header->count] = strdup (value);
  header->count++;
  return header->names[header->count - 1] && header->values[header->count - 1]
             ? 0
             : gpg_error_from_syserror ();
}

/* Take the line "# NAME: VALUE"; others say nothing.  */
static gpg_error_t
take_line (struct init_header *header, char *line)
{
  char *name = line + strspn (line, "# \t");
  char *colon = strchr (name, ':');
  char *value;

  if (*line != '#' || !colon || name == colon)
    return 0;
  *colon = 0;
  for (const char *p = name; *p; p++)
    if (!isalnum ((unsigned char)*p) && *p != '-')
      return 0;
  value = colon + 1 + strspn (colon + 1, " \t");
  value[strcspn (value, "\n")] = 0;
  return add (header, name, value);
}

gpg_error_t
init_open (const struct machine *machine, const char *name, int *r_fd)
{
  auto_free char *path = NULL;
  auto_close int fd = -1;
  struct place place;
  struct stat st;
  gpg_error_t err;

  *r_fd = -1;
  if (asprintf (&path, INIT_SCRIPTS "/%s", name) < 0)
    {
      path = NULL;
      return gpg_error (GPG_ERR_ENOMEM);
    }
  err = place_find (machine, path, &place, NULL);
  if (err)
    return err;
  fd = openat (place.directory_fd, place.name,
               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  place_release (&place);
  if (fd < 0)
    return gpg_error_from_syserror ();
  if (fstat (fd, &st) || !S_ISREG (st.st_mode))
    return gpg_error (GPG_ERR_ENOENT);
  *r_fd = take_fd (&fd);
  return 0;
}

gpg_error_t
init_header_read (const struct machine *machine, const char *name,
                  struct init_header *r_header)
{
  auto_close int fd = -1;
  char line[1024];
  bool inside = false;
  FILE *stream;
  gpg_error_t err = init_open (machine, name, &fd);

  *r_header = (struct init_header)INIT_HEADER_NONE;
  if (err)
    return err;
  stream = fdopen (fd, "r");
  if (!stream)
    return gpg_error_from_syserror ();
  take_fd (&fd);
  while (!err && fgets (line, sizeof line, stream))
    {
      if (strstr (line, "### END INIT INFO"))
        break;
      if (inside)
        err = take_line (r_header, line);
      inside |= strstr (line, "### BEGIN INIT INFO") != NULL;
    }
  fclose (stream);
  if (err)
    init_header_release (r_header);
  return err;
}

void
init_header_release (struct init_header *header)
{
  for (size_t i = 0; i < header->count; i++)
    {
      free (header->names[i]);
      free (header->values[i]);
    }
  free (header->names);
  free (header->values);
  *header = (struct init_header)INIT_HEADER_NONE;
}

const char *
init_header_get (const struct init_header *header, const char *name)
{
  for (size_t i = 0; i < header->count; i++)
    if (!strcasecmp (header->names[i], name))
      return header->values[i];
  return NULL;
}

/* Whether DIRECTORY has a link by which NAME is started ('S'), or stopped
   ('K').  */
static bool
has_link (const struct machine *machine, const char *directory, char kind,
          const char *name)
{
  auto_free char *path = machine_path (machine, directory);
  DIR *stream = path ? opendir (path) : NULL;
  struct dirent *entry;
  bool found = false;

  while (stream && !found && (entry = readdir (stream)))
    found = entry->d_name[0] == kind
            && isdigit ((unsigned char)entry->d_name[1])
            && isdigit ((unsigned char)entry->d_name[2])
            && !strcmp (entry->d_name + 3, name);
  if (stream)
    closedir (stream);
  return found;
}

bool
init_is_enabled (const struct machine *machine, const char *name)
{
  static const char *const levels[] = { "/etc/rc2.d", "/etc/rc3.d",
                                        "/etc/rc4.d", "/etc/rc5.d",
                                        "/etc/rcS.d" };

  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
    if (has_link (machine, levels[i], 'S', name))
      return true;
  return false;
}

bool
init_has_links (const struct machine *machine, const char *name)
{
  char directory[] = "/etc/rcX.d";

  for (const char *level = "0123456S"; *level; level++)
    {
      directory[7] = *level;
      if (has_link (machine, directory, 'S', name)
          || has_link (machine, directory, 'K', name))
        return true;
    }
  return false;
}

bool
init_is_masked (const struct machine *machine, const char *name)
{
  auto_close int fd = -1;
  struct stat st;

  return !init_open (machine, name, &fd) && !fstat (fd, &st)
         && !(st.st_mode & 0111);
}
