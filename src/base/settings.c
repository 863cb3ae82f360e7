/* settings.c - what reeved.conf says to the nouns
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "settings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../../protocol/memory.h"

static bool
is_manager (const char *value)
{
  return !strcmp (value, "auto") || !strcmp (value, "systemd")
         || !strcmp (value, "initd");
}

/* An absolute path, in its one spelling, but not the root.  */
static bool
is_directory (const char *value)
{
  size_t length = strlen (value);

  if (*value != '/' || length < 2 || value[length - 1] == '/'
      || strstr (value, "//") || strstr (value, "/./")
      || strstr (value, "/../"))
    return false;
  return !(length >= 2 && !strcmp (value + length - 2, "/."))
         && !(length >= 3 && !strcmp (value + length - 3, "/.."));
}

static bool
is_word (const char *value)
{
  for (const char *p = value; *p; p++)
    if ((unsigned char)*p < 0x21 || *p == 0x7f)
      return false;
  return *value;
}

static bool
is_type (const char *value)
{
  return *value
         && strspn (value, "abcdefghijklmnopqrstuvwxyz0123456789")
                == strlen (value);
}

/* clang-format off */
const struct setting setting_table[] = {
  { "service-manager", false, "auto", "NAME",
    "who runs services: systemd, initd, or auto: what runs the machine",
    is_manager, "auto, systemd or initd" },
  { "mount-below", true, "/media /mnt", "DIR",
    "file systems may be mounted below DIR", is_directory,
    "an absolute path, in its shortest form, not /" },
  { "mount-device", true, "", "DEVICE",
    "DEVICE (UUID=U, LABEL=L or a path) may be mounted though it is not "
    "removable", is_word, "UUID=U, LABEL=L or an absolute path, no blanks" },
  { "mount-type", true, "ext2 ext3 ext4 xfs btrfs vfat exfat ntfs3 iso9660 udf",
    "TYPE", "file systems of TYPE may be mounted", is_type,
    "a type of file systems in lower case" },
  { NULL, false, NULL, NULL, NULL, NULL, NULL } };
/* clang-format on */

gpg_error_t
settings_add (struct settings *settings, const struct setting *setting,
              const char *value, struct failure *failure)
{
  char ***values = settings->values + (setting - setting_table);
  size_t count = 0;

  if (!setting->check (value))
    return fail (failure, GPG_ERR_INV_VALUE, "\"%s\" is not %s", value,
                 setting->wanted);
  while (*values && (*values)[count])
    count++;
  if (count && !setting->many)
    free ((*values)[--count]);
  if (count == SETTING_VALUES)
    return fail (failure, GPG_ERR_LIMIT_REACHED, "at most %d of them",
                 SETTING_VALUES);
  if (!*values)
    *values = calloc (SETTING_VALUES + 1, sizeof **values);
  if (!*values || !((*values)[count] = strdup (value)))
    return gpg_error_from_syserror ();
  return 0;
}

gpg_error_t
settings_complete (struct settings *settings)
{
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < SETTINGS; i++)
    {
      const struct setting *setting = setting_table + i;
      auto_free char *words = NULL;
      char *context = NULL;

      if (settings->values[i])
        continue;
      settings->values[i] = calloc (SETTING_VALUES + 1,
                                    sizeof *settings->values[i]);
      words = strdup (setting->usual);
      if (!settings->values[i] || !words)
        return gpg_error_from_syserror ();
      for (char *word = strtok_r (words, " ", &context); word && !err;
           word = strtok_r (NULL, " ", &context))
        err = settings_add (settings, setting, word, NULL);
    }
  return err;
}

const char *const *
settings_list (const struct settings *settings, const char *name)
{
  for (size_t i = 0; i < SETTINGS; i++)
    if (!strcmp (setting_table[i].name, name))
      return (const char *const *)settings->values[i];
  assert (!"a setting of the table");
  return NULL;
}

const char *
settings_text (const struct settings *settings, const char *name)
{
  return *settings_list (settings, name);
}

void
settings_release (struct settings *settings)
{
  for (size_t i = 0; i < SETTINGS; i++)
    {
      for (size_t j = 0; settings->values[i] && settings->values[i][j]; j++)
        free (settings->values[i][j]);
      free (settings->values[i]);
      settings->values[i] = NULL;
    }
}
