/* golden_words.c - what "pct create" is told for PVE CREATE-GOLDEN
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "golden_words.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "../../call/proxmox_names.h"
#include "../../call/setting_names.h"

#define CONTENT "vztmpl/"
/* Both as the schema of POST /nodes/{node}/lxc has them.  */
#define CORES_MOST 8192
#define MEMORY_LEAST (16 * MIB)
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* NUMBER in digits at TEXT.  */
static const char *
digits (char text[GOLDEN_NUMBER], int64_t number)
{
  snprintf (text, GOLDEN_NUMBER, "%" PRId64, number);
  return text;
}

/* --- Checking --- */

/* Whether CHECK, of an argument's type, finds TEXT canonical.  */
static gpg_error_t
check_text (const char *text,
            gpg_error_t (*check) (char *text, size_t *length,
                                  const char *choices, int64_t *number,
                                  const char **r_wanted),
            const char *name, struct failure *failure)
{
  auto_free char *copy = strdup (text ? text : "");
  const char *wanted = "";
  size_t length;
  int64_t number;

  if (!copy)
    return gpg_error_from_syserror ();
  length = strlen (copy);
  if (check (copy, &length, NULL, &number, &wanted) || strcmp (copy, text))
    return fail (failure, GPG_ERR_INV_ARG, "%s must be %s", name, wanted);
  return 0;
}

static bool
is_archive (const char *name)
{
  static const char *const ends[] = { ".tar.zst", ".tar.gz", ".tar.xz" };
  size_t length = strlen (name);

  if (!*name || !strchr (LETTERS DIGITS, *name)
      || name[strspn (name, LETTERS DIGITS "-_.+")])
    return false;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    {
      size_t span = strlen (ends[i]);

      if (length > span && !strcmp (name + length - span, ends[i]))
        return true;
    }
  return false;
}

/* pct would take a path, too, and "-" for standard input.  */
static gpg_error_t
check_template (const char *template, struct failure *failure)
{
  gpg_error_t err = check_text (template, volid_check, "template", failure);
  const char *volume;

  if (err)
    return err;
  volume = strchr (template, ':') + 1;
  if (strncmp (volume, CONTENT, strlen (CONTENT))
      || !is_archive (volume + strlen (CONTENT)))
    return fail (failure, GPG_ERR_INV_ARG,
                 "template must be STORAGE:" CONTENT "NAME, where NAME ends "
                 "with .tar.zst, .tar.gz or .tar.xz");
  return 0;
}

static gpg_error_t
check_numbers (const struct golden *golden, struct failure *failure)
{
  if (golden->size <= 0 || golden->size % (int64_t)GIB)
    return fail (failure, GPG_ERR_INV_ARG,
                 "size must be a whole number of GiB, as 8G");
  if (golden->cores != GOLDEN_UNSET
      && (golden->cores < 1 || golden->cores > CORES_MOST))
    return fail (failure, GPG_ERR_INV_ARG, "cores must be from 1 to %d",
                 CORES_MOST);
  if (golden->memory != GOLDEN_UNSET
      && (golden->memory < (int64_t)MEMORY_LEAST
          || golden->memory % (int64_t)MIB))
    return fail (failure, GPG_ERR_INV_ARG,
                 "memory must be a whole number of MiB, 16M at least");
  return 0;
}

gpg_error_t
golden_check (const struct golden *golden, struct failure *failure)
{
  char vmid[GOLDEN_NUMBER];
  gpg_error_t err = check_text (digits (vmid, golden->vmid), vmid_check, "vmid",
                                failure);

  if (!err)
    err = check_numbers (golden, failure);
  if (!err)
    err = check_template (golden->template, failure);
  if (!err)
    err = check_text (golden->storage, storage_check, "storage", failure);
  if (!err && golden->hostname)
    err = check_text (golden->hostname, hostname_check, "hostname", failure);
  return err;
}

/* --- Words --- */

/* Append OPTION and VALUE behind COUNT words.  */
static size_t
add (struct golden_words *words, size_t count, const char *option,
     const char *value)
{
  words->words[count] = option;
  words->words[count + 1] = value;
  words->words[count + 2] = NULL;
  return count + 2;
}

void
golden_words (const struct golden *golden, struct golden_words *r_words)
{
  size_t count = 1;

  r_words->words[0] = "create";
  count = add (r_words, count, digits (r_words->vmid, golden->vmid),
               golden->template);
  count = add (r_words, count, "--unprivileged", "1");
  count = add (r_words, count, "--features", "nesting=1,keyctl=1");
  snprintf (r_words->rootfs, sizeof r_words->rootfs, "%s:%" PRId64,
            golden->storage, golden->size / (int64_t)GIB);
  count = add (r_words, count, "--rootfs", r_words->rootfs);
  if (golden->cores != GOLDEN_UNSET)
    count = add (r_words, count, "--cores",
                 digits (r_words->cores, golden->cores));
  if (golden->memory != GOLDEN_UNSET)
    count = add (r_words, count, "--memory",
                 digits (r_words->memory, golden->memory / (int64_t)MIB));
  if (golden->hostname)
    add (r_words, count, "--hostname", golden->hostname);
}
