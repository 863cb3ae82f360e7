/* setting_names.c - names of what a machine is set to
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "setting_names.h"

#include <stdbool.h>
#include <string.h>

#include "../../protocol/limits.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define LABEL_MOST 63

/* --- Host names --- */

static bool
is_label (const char *label, size_t span)
{
  return span && span <= LABEL_MOST && label[0] != '-'
         && label[span - 1] != '-';
}

gpg_error_t
hostname_check (char *text, size_t *length, const char *choices,
                int64_t *number, const char **r_wanted)
{
  const char *label = text;
  size_t span;

  (void)choices;
  (void)number;
  *r_wanted = "a host name of at most 64 bytes: labels of letters, digits and "
              "hyphens between dots";
  if (*length > LIMIT_HOST_NAME)
    return gpg_error (GPG_ERR_TOO_LARGE);
  if (strspn (text, LETTERS DIGITS "-.") != *length)
    return gpg_error (GPG_ERR_INV_ARG);
  /* What has only digits and dots would be taken for an address.  */
  if (strchr (text, '.') && strspn (text, DIGITS ".") == *length)
    return gpg_error (GPG_ERR_INV_ARG);
  for (;; label += span + 1)
    {
      span = strcspn (label, ".");
      if (!is_label (label, span))
        return gpg_error (GPG_ERR_INV_ARG);
      if (!label[span])
        break;
    }
  for (char *at = text; *at; at++)
    if (*at >= 'A' && *at <= 'Z')
      *at = (char)(*at - 'A' + 'a');
  return 0;
}

/* --- Time zones --- */

gpg_error_t
timezone_check (char *text, size_t *length, const char *choices,
                int64_t *number, const char **r_wanted)
{
  const char *part = text;
  size_t span;

  (void)choices;
  (void)number;
  *r_wanted = "a time zone's name, as Europe/Berlin or UTC, never a path";
  if (*length > LIMIT_ZONE_NAME)
    return gpg_error (GPG_ERR_TOO_LARGE);
  if (strspn (text, LETTERS DIGITS "_+-/") != *length)
    return gpg_error (GPG_ERR_INV_ARG);
  for (;; part += span + 1)
    {
      span = strcspn (part, "/");
      if (!span || *part == '-')
        return gpg_error (GPG_ERR_INV_ARG);
      if (!part[span])
        return 0;
    }
}

/* --- Locales --- */

/* locale(7); LC_ALL is for a process, never for a machine.  */
static const char *const variables[]
    = { "LANG",           "LC_CTYPE",       "LC_NUMERIC",  "LC_TIME",
        "LC_COLLATE",     "LC_MONETARY",    "LC_MESSAGES", "LC_PAPER",
        "LC_NAME",        "LC_ADDRESS",     "LC_TELEPHONE",
        "LC_MEASUREMENT", "LC_IDENTIFICATION" };

static bool
is_variable (const char *text, size_t span)
{
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
    if (strlen (variables[i]) == span && !memcmp (variables[i], text, span))
      return true;
  return false;
}

gpg_error_t
locale_check (char *text, size_t *length, const char *choices, int64_t *number,
              const char **r_wanted)
{
  static const char usual[] = "LANG=";
  char *value = strchr (text, '=');

  (void)choices;
  (void)number;
  *r_wanted = "a locale's name, as de_DE.UTF-8, or VARIABLE=NAME with a "
              "variable LANG or LC_...";
  if (value && !is_variable (text, (size_t)(value - text)))
    return gpg_error (GPG_ERR_INV_ARG);
  value = value ? value + 1 : text;
  if (strlen (value) > LIMIT_LOCALE_NAME)
    return gpg_error (GPG_ERR_TOO_LARGE);
  if (!*value || !strchr (LETTERS, *value)
      || value[strspn (value, LETTERS DIGITS "_.@-")])
    return gpg_error (GPG_ERR_INV_ARG);
  if (value == text)
    {
      memmove (text + sizeof usual - 1, text, *length + 1);
      memcpy (text, usual, sizeof usual - 1);
      *length += sizeof usual - 1;
    }
  return 0;
}
