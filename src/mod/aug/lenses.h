/* lenses.h - the table: which lens claims which file
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The keeper reads the table from the lenses it compiled, before any client is
   there.  A session whose client may write can have another one with LOAD: see
   transforms.c.  Its text form has a line "lens NAME", a line "info WHERE" and
   lines "incl GLOB" and "excl GLOB" for each transform, in augeas' order, and
   lines "known NAME" and "info WHERE" for lenses that there are.  */

#ifndef REEVE_AUG_LENSES_H
#define REEVE_AUG_LENSES_H

#include <stdbool.h>
#include <stddef.h>
#include <gpg-error.h>

#define LENSES_TEXT (4UL * 1024 * 1024) /* Bytes of a table's text.  */

struct lens_glob
{
  bool include;
  bool whole; /* An exclusion that is matched with the whole path.  */
  const char *glob;
  size_t literal; /* Bytes before the first special character.  */
};

struct lens
{
  const char *name; /* As augeas calls it: "@Hosts".  */
  const char *info; /* Where it is defined.  */
  size_t count;
  struct lens_glob *globs;
};

struct lens_table
{
  size_t count;
  struct lens *lenses;
  size_t known_count;
  struct lens *known; /* Lenses by their own names, without globs.  */
  struct lens_glob *globs;
  char *memory;
};

#define LENS_TABLE_EMPTY                                                       \
  {                                                                            \
    0, NULL, 0, NULL, NULL, NULL                                               \
  }

/* Take LENGTH bytes of TEXT apart.  GPG_ERR_BAD_DATA, GPG_ERR_ENOMEM.  */
gpg_error_t lens_table_parse (const char *text, size_t length,
                              struct lens_table *r_table);
void lens_table_release (struct lens_table *table);

/* The lens of that name, or NULL.  */
const struct lens *lens_by_name (const struct lens_table *table,
                                 const char *name);

/* Where the lens NAME is defined, as any entry of TABLE tells; "" if none
   does.  */
const char *lens_info (const struct lens_table *table, const char *name);

/* Whether GLOB may be an inclusion: an absolute one, whose first step is a name
   and not where the kernel shows what it makes, without ".."; or one that TABLE
   has.  */
bool lens_glob_fits (const struct lens_table *table, const char *glob);

/* Whether LENS, by its exclusions, takes the file PATH that one of its
   globs found.  */
bool lens_keeps (const struct lens *lens, const char *path);

/* Whether A and B are the same: entries of one definition are.  */
bool lens_same (const struct lens *a, const struct lens *b);

/* Which lens claims the file PATH when it is read, as augeas' glob finds it:
   the first one, or NULL.  If R_RIVAL is not NULL and another, different lens
   claims it too, the last of those is stored there, else NULL.  */
const struct lens *lens_for_reading (const struct lens_table *table,
                                     const char *path,
                                     const struct lens **r_rival);

/* The same for writing, where augeas compares names only (so that a hidden
   file is found by a "*").  */
const struct lens *lens_for_writing (const struct lens_table *table,
                                     const char *path,
                                     const struct lens **r_rival);

#endif /* REEVE_AUG_LENSES_H */
