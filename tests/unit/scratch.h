/* scratch.h - a machine in a directory of its own, for one test
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TEST_SCRATCH_H
#define REEVE_TEST_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* base/failure.h has one.  */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <gcrypt.h>

#include "../../src/base/machine.h"

struct scratch
{
  struct machine machine;
  char *root;
};

static inline int
scratch_setup (void **state)
{
  struct scratch *scratch = calloc (1, sizeof *scratch);
  const char *where = getenv ("TMPDIR");

  gcry_check_version (NULL);
  gcry_control (GCRYCTL_DISABLE_SECMEM, 0);
  gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
  umask (022);
  if (!scratch
      || asprintf (&scratch->root, "%s/reeve-unit-XXXXXX",
                   where && *where ? where : "/tmp")
             < 0
      || !mkdtemp (scratch->root)
      || machine_open (scratch->root, &scratch->machine, NULL))
    return -1;
  *state = scratch;
  return 0;
}

static inline int
scratch_remove_one (const char *path, const struct stat *stat, int type,
                    struct FTW *walk)
{
  (void)stat;
  (void)type;
  (void)walk;
  return remove (path);
}

static inline int
scratch_teardown (void **state)
{
  struct scratch *scratch = *state;

  machine_close (&scratch->machine);
  nftw (scratch->root, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
  free (scratch->root);
  free (scratch);
  return 0;
}

/* The path of PATH for the operating system, good until four more calls.  */
static inline const char *
scratch_path (const struct scratch *scratch, const char *path)
{
  static char paths[4][4096];
  static unsigned next;
  char *text = paths[next++ % 4];

  snprintf (text, sizeof paths[0], "%s%s", scratch->root, path);
  return text;
}

static inline void
scratch_mkdir (const struct scratch *scratch, const char *path)
{
  assert_int_equal (mkdir (scratch_path (scratch, path), 0755), 0);
}

/* Make PATH hold TEXT; a file that is there is written in place.  */
static inline void
scratch_write (const struct scratch *scratch, const char *path,
               const char *text)
{
  FILE *stream = fopen (scratch_path (scratch, path), "w");

  assert_non_null (stream);
  assert_true (fputs (text, stream) >= 0);
  assert_int_equal (fclose (stream), 0);
}

/* What PATH holds (good until the next call); NULL if it is not there.  */
static inline const char *
scratch_text (const struct scratch *scratch, const char *path)
{
  static char text[65536];
  FILE *stream = fopen (scratch_path (scratch, path), "r");
  size_t length;

  if (!stream)
    return NULL;
  length = fread (text, 1, sizeof text - 1, stream);
  fclose (stream);
  text[length] = 0;
  return text;
}

/* The path of the only file in DIRECTORY, hidden ones not counted (good until
   the next call); "" if there is none.  */
static inline const char *
scratch_only (const struct scratch *scratch, const char *directory)
{
  static char path[4096];
  DIR *stream = opendir (scratch_path (scratch, directory));
  struct dirent *dirent;

  assert_non_null (stream);
  *path = 0;
  while ((dirent = readdir (stream)))
    if (*dirent->d_name != '.')
      {
        assert_int_equal (*path, 0);
        snprintf (path, sizeof path, "%s/%s", directory, dirent->d_name);
      }
  closedir (stream);
  return path;
}

#endif /* REEVE_TEST_SCRATCH_H */
