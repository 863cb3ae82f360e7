/* types.c - the types of arguments, one table
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include <strings.h>

#include "protocol/limits.h"
#include "protocol/quantity.h"
#include "../base/file.h"
#include "job_name.h"
#include "proxmox_names.h"
#include "setting_names.h"
#include "types.h"
#include "unit_name.h"

/* The largest number that JSON readers, which use doubles, keep whole.  */
#define NUMBER_MOST (INT64_C (1) << 53)

bool
type_is_choice (const char *text, size_t length, const char *choices)
{
  while (choices)
    {
      size_t span = strcspn (choices, "|");

      if (span == length && !memcmp (choices, text, span))
        return true;
      choices = choices[span] ? choices + span + 1 : NULL;
    }
  return false;
}

/* One line of text: no control character.  */
static gpg_error_t
check_string (char *text, size_t *length, const char *choices, int64_t *number,
              const char **r_wanted)
{
  (void)choices;
  (void)number;
  *r_wanted = "a text of one line, not empty, without control characters";
  if (!*length)
    return gpg_error (GPG_ERR_INV_ARG);
  for (size_t i = 0; i < *length; i++)
    if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
      return gpg_error (GPG_ERR_INV_ARG);
  return 0;
}

static gpg_error_t
check_text (char *text, size_t *length, const char *choices, int64_t *number,
            const char **r_wanted)
{
  (void)text;
  (void)choices;
  (void)number;
  *r_wanted = "at most 1 MiB";
  return *length > LIMIT_VALUE ? gpg_error (GPG_ERR_TOO_LARGE) : 0;
}

/* The expression itself is judged by libaugeas in the worker.  */
static gpg_error_t
check_augpath (char *text, size_t *length, const char *choices, int64_t *number,
               const char **r_wanted)
{
  (void)text;
  (void)choices;
  (void)number;
  *r_wanted = "a path expression of at most 64 KiB, not empty";
  if (*length > LIMIT_AUG_EXPRESSION)
    return gpg_error (GPG_ERR_TOO_LARGE);
  return *length ? 0 : gpg_error (GPG_ERR_INV_ARG);
}

/* Append the step of LENGTH bytes at STEP to the path that ends at *TO.  */
static gpg_error_t
append_step (char **to, const char *step, size_t length)
{
  if (!length || (length == 1 && *step == '.'))
    return 0;
  if (length == 2 && step[0] == '.' && step[1] == '.')
    return gpg_error (GPG_ERR_INV_ARG);
  *(*to)++ = '/';
  memmove (*to, step, length);
  *to += length;
  return 0;
}

/* A file below the root.  What it leads to is found out when it is opened;
   here it gets one spelling.  */
static gpg_error_t
check_path (char *text, size_t *length, const char *choices, int64_t *number,
            const char **r_wanted)
{
  const char *step = text;
  char *to = text;
  gpg_error_t err = 0;

  (void)choices;
  (void)number;
  *r_wanted = "an absolute path of at most 4096 bytes, without \"..\" and "
              "control characters";
  if (*text != '/')
    return gpg_error (GPG_ERR_INV_ARG);
  if (*length > LIMIT_PATH)
    return gpg_error (GPG_ERR_TOO_LARGE);
  for (size_t i = 0; i < *length; i++)
    if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
      return gpg_error (GPG_ERR_INV_ARG);
  while (*step && !err)
    {
      size_t span = strcspn (++step, "/");

      err = append_step (&to, step, span);
      step += span;
    }
  if (to == text)
    to++;
  *to = 0;
  *length = (size_t)(to - text);
  return err;
}

/* A path below /dev.  What is there is looked at when it is opened.  */
static gpg_error_t
check_device (char *text, size_t *length, const char *choices, int64_t *number,
              const char **r_wanted)
{
  gpg_error_t err = check_path (text, length, choices, number, r_wanted);

  *r_wanted = "a path below /dev, as /dev/sda, without \"..\"";
  if (!err && strncmp (text, "/dev/", 5))
    err = gpg_error (GPG_ERR_INV_ARG);
  return err;
}

/* Store WORD as the canonical text.  */
static void
replace (char *text, size_t *length, const char *word)
{
  *length = strlen (word);
  memcpy (text, word, *length + 1);
}

static gpg_error_t
check_bool (char *text, size_t *length, const char *choices, int64_t *number,
            const char **r_wanted)
{
  (void)choices;
  *r_wanted = "1 or 0";
  if (!strcmp (text, "1") || !strcasecmp (text, "yes"))
    *number = 1;
  else if (!strcmp (text, "0") || !strcasecmp (text, "no"))
    *number = 0;
  else
    return gpg_error (GPG_ERR_INV_ARG);
  replace (text, length, *number ? "1" : "0");
  return 0;
}

static gpg_error_t
check_enum (char *text, size_t *length, const char *choices, int64_t *number,
            const char **r_wanted)
{
  (void)number;
  *r_wanted = choices;
  return type_is_choice (text, *length, choices) ? 0
                                                 : gpg_error (GPG_ERR_INV_ARG);
}

/* Read TEXT as a number with one of UNITS.  */
static gpg_error_t
read_number (const char *text, const struct quantity_unit *units, int64_t most,
             int64_t *r_number)
{
  uint64_t number;

  if (!quantity_read (text, units, (uint64_t)most, &number))
    return gpg_error (GPG_ERR_INV_ARG);
  *r_number = (int64_t)number;
  return 0;
}

static gpg_error_t
check_int (char *text, size_t *length, const char *choices, int64_t *number,
           const char **r_wanted)
{
  static const struct quantity_unit units[] = { { "", 1 }, { NULL, 0 } };
  gpg_error_t err = read_number (text, units, NUMBER_MOST, number);
  size_t zeros = strspn (text, "0");

  (void)choices;
  *r_wanted = "a whole number from 0 to 9007199254740992";
  if (err)
    return err;
  if (zeros && zeros == *length)
    zeros--;
  *length -= zeros;
  memmove (text, text + zeros, *length + 1);
  return 0;
}

static gpg_error_t
check_size (char *text, size_t *length, const char *choices, int64_t *number,
            const char **r_wanted)
{
  static const struct quantity_unit units[]
      = { { "", 1 }, { "k", KIB }, { "M", MIB }, { "G", GIB }, { NULL, 0 } };

  (void)length;
  (void)choices;
  *r_wanted = "a number of bytes, or of KiB, MiB or GiB as 10k, 10M or 10G";
  return read_number (text, units, NUMBER_MOST, number);
}

/* Seconds, or a number with ms, s, min or h; the number is milliseconds.  */
static gpg_error_t
check_duration (char *text, size_t *length, const char *choices,
                int64_t *number, const char **r_wanted)
{
  gpg_error_t err = read_number (text, quantity_times, 86400000, number);

  (void)length;
  (void)choices;
  *r_wanted = "a time from 1ms to 24h, as 30, 30s, 500ms, 5min or 1h";
  return !err && !*number ? gpg_error (GPG_ERR_INV_ARG) : err;
}

/* A file is what its links lead to.  One that is not there, or in no
   directory, can only be meant by its spelling.  */
static gpg_error_t
path_names (const struct machine *machine, const char *value,
            void (*each) (void *context, const char *name), void *context)
{
  struct place place;
  gpg_error_t err = place_find (machine, value, &place, NULL);

  if (gpg_err_code (err) != GPG_ERR_ENOENT
      && gpg_err_code (err) != GPG_ERR_ENOTDIR)
    {
      if (err)
        return err;
      each (context, place.path);
    }
  each (context, value);
  if (!err)
    place_release (&place);
  return 0;
}

static const struct argument_type types[]
    = { { "string", 0, check_string, "one line of text", PATTERN_TEXT, NULL },
        { "text", 0, check_text, "any bytes but NUL, at most 1 MiB",
          PATTERN_TEXT, NULL },
        { "secret", TYPE_SECRET, check_text,
          "any bytes but NUL, given only by inquiry (@)", PATTERN_NONE, NULL },
        { "augpath", 0, check_augpath,
          "an augeas path expression, see augtool(1)", PATTERN_TREE, NULL },
        { "path", 0, check_path, "a file: an absolute path, without \"..\"",
          PATTERN_PATH, path_names },
        { "unit", 0, unit_name_check,
          "a unit, as nginx.service; nginx means the same", PATTERN_TEXT,
          unit_name_names },
        { "device", 0, check_device, "a device: a path below /dev",
          PATTERN_PATH, path_names },
        { "hostname", 0, hostname_check,
          "a host name: labels of letters, digits and hyphens", PATTERN_TEXT,
          NULL },
        { "timezone", 0, timezone_check,
          "a time zone, as Europe/Berlin", PATTERN_TEXT, NULL },
        { "locale", 0, locale_check,
          "a locale, as de_DE.UTF-8, or LC_TIME=en_GB.UTF-8; alone it is "
          "that of LANG",
          PATTERN_TEXT, NULL },
        { "bool", TYPE_FLAG, check_bool, "1 or 0", PATTERN_CHOICE, NULL },
        { "permit", TYPE_FLAG | TYPE_NAMED, check_bool,
          "1 or 0; a rule must name it to allow 1", PATTERN_CHOICE, NULL },
        { "enum", TYPE_CHOICE, check_enum, "one of the words named",
          PATTERN_CHOICE, NULL },
        { "int", 0, check_int, "a whole number", PATTERN_NUMBER, NULL },
        { "size", 0, check_size,
          "bytes, or a number with k, M or G (1024 bytes and so on)",
          PATTERN_NUMBER, NULL },
        { "duration", 0, check_duration,
          "seconds, or a number with ms, s, min or h; at most 24h",
          PATTERN_NUMBER, NULL },
        { "vmid", 0, vmid_check,
          "a guest of Proxmox VE: a number from 100 to 999999999",
          PATTERN_NUMBER, NULL },
        { "node", 0, node_check, "a node of Proxmox VE, as pve1", PATTERN_TEXT,
          NULL },
        { "storage", 0, storage_check, "a storage of Proxmox VE, as local-zfs",
          PATTERN_TEXT, NULL },
        { "snapname", 0, snapname_check,
          "a snapshot: a letter, then letters, digits, _ and -", PATTERN_TEXT,
          NULL },
        { "volid", 0, volid_check,
          "a volume of Proxmox VE with its storage, as local:iso/debian-13.iso",
          PATTERN_TEXT, NULL },
        { "job", 0, job_name_check, "a job, as JOB LIST names it", PATTERN_TEXT,
          NULL },
        { "upid", 0, upid_check, "a task of Proxmox VE: UPID:...:",
          PATTERN_TEXT, NULL },
        { NULL, 0, NULL, NULL, PATTERN_NONE, NULL } };

const struct argument_type *
type_table (void)
{
  return types;
}

const struct argument_type *
type_find (const char *name, size_t length)
{
  for (const struct argument_type *type = types; type->name; type++)
    if (strlen (type->name) == length && !memcmp (type->name, name, length))
      return type;
  return NULL;
}
