/* root.h - a machine in a directory of its own, for the fuzz targets
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_FUZZ_ROOT_H
#define REEVE_FUZZ_ROOT_H

#include "fuzz.h"
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>
#include <gcrypt.h>
#include "../../src/base/machine.h"

static struct machine root_machine;
static char root_directory[4096];

static inline int
root_remove_one (const char *path, const struct stat *stat, int type,
                 struct FTW *walk)
{
  (void)stat;
  (void)type;
  (void)walk;
  return remove (path);
}

static inline void
root_remove (void)
{
  machine_close (&root_machine);
  nftw (root_directory, root_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Make it; it is removed at exit.  */
static inline void
root_make (void)
{
  const char *where = getenv ("TMPDIR");

  gcry_check_version (NULL);
  gcry_control (GCRYCTL_DISABLE_SECMEM, 0);
  gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
  umask (022);
  snprintf (root_directory, sizeof root_directory, "%s/reeve-fuzz-XXXXXX",
            where && *where ? where : "/tmp");
  require (mkdtemp (root_directory));
  require (!machine_open (root_directory, &root_machine, NULL));
  atexit (root_remove);
}

/* Make the file PATH with its directories hold LENGTH BYTES.  */
static inline void
root_write (const char *path, const void *bytes, size_t length, mode_t mode)
{
  char full[8192];
  char *slash;
  int fd;

  snprintf (full, sizeof full, "%s%s", root_directory, path);
  for (slash = full + strlen (root_directory) + 1;
       (slash = strchr (slash, '/')); slash++)
    {
      *slash = 0;
      mkdir (full, 0755);
      *slash = '/';
    }
  fd = open (full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  require (fd >= 0 && write (fd, bytes, length) == (ssize_t)length);
  require (!fchmod (fd, mode));
  close (fd);
}

static inline void
root_text (const char *path, const char *text)
{
  root_write (path, text, strlen (text), 0644);
}

#endif /* REEVE_FUZZ_ROOT_H */
