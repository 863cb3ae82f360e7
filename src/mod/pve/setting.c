/* setting.c - the settings that PVE SET changes
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "setting.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "field.h"
#include "form.h"

/* --- Reading --- */

/* "memory", "net0", "amd-sev".  */
static bool
is_name (const char *name, size_t length)
{
  return length >= 2 && length <= 40 && *name >= 'a' && *name <= 'z'
         && strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789_-") >= length;
}

/* Whether NAME is one of WORDS, which have blanks around.  */
static bool
is_among (const char *name, size_t length, const char *words)
{
  for (const char *at = words; (at = memmem (at, strlen (at), name, length));
       at++)
    if (at[-1] == ' ' && at[length] == ' ')
      return true;
  return false;
}

/* Check the name of LENGTH bytes at NAME, of a setting that gets a value or is
   deleted.  Those of unused volumes are the server's: to delete one destroys
   the volume, which is also what putting one back would do.  */
static gpg_error_t
check_name (struct work *work, const char *name, size_t length)
{
  static const char unused[] = "unused";

  if (!is_name (name, length))
    return fail (&work->failure, GPG_ERR_INV_ARG,
                 "a setting is NAME=VALUE, as memory=512");
  /* Parameters of the request.  */
  if (is_among (name, length,
                " node vmid digest delete revert force skiplock "
                "background_delay import-working-storage "))
    return fail (&work->failure, GPG_ERR_INV_ARG, "%.*s is no setting",
                 (int)length, name);
  if (is_among (name, length, " cipassword password "))
    return fail (&work->failure, GPG_ERR_INV_ARG,
                 "%.*s is a secret, which an argument must not be", (int)length,
                 name);
  if (!strncmp (name, unused, strlen (unused)))
    return fail (&work->failure, GPG_ERR_INV_ARG,
                 "%.*s is the server's: PVE DELETE-CONTENT destroys its volume",
                 (int)length, name);
  return 0;
}

/* Append the setting whose name is the LENGTH bytes at NAME.  */
static gpg_error_t
append (struct work *work, struct settings *settings, const char *name,
        size_t length, const char *value)
{
  gpg_error_t err = check_name (work, name, length);
  struct setting *list;

  for (size_t i = 0; !err && i < settings->count; i++)
    if (strlen (settings->list[i].name) == length
        && !strncmp (settings->list[i].name, name, length))
      err = fail (&work->failure, GPG_ERR_DUP_VALUE, "%.*s is given twice",
                  (int)length, name);
  if (err)
    return err;
  list = reallocarray (settings->list, settings->count + 1, sizeof *list);
  if (!list)
    return gpg_error_from_syserror ();
  settings->list = list;
  list[settings->count].value = value;
  list[settings->count].name = strndup (name, length);
  return list[settings->count++].name ? 0 : gpg_error_from_syserror ();
}

gpg_error_t
settings_read (struct work *work, struct settings *r_settings)
{
  const char *text;
  gpg_error_t err = 0;

  *r_settings = (struct settings)SETTINGS_NONE;
  for (size_t i = 0; !err && (text = work_text_at (work, "setting", i)); i++)
    {
      size_t length = strcspn (text, "=");

      /* Without a value it has no name either.  */
      err = append (work, r_settings, text, text[length] ? length : 0,
                    text + length + !!text[length]);
    }
  for (text = work_text (work, "delete"); !err && text && *text;)
    {
      size_t length = strcspn (text, ",");

      err = append (work, r_settings, text, length, NULL);
      text += length + (text[length] == ',');
    }
  if (!err && !r_settings->count)
    err = fail (&work->failure, GPG_ERR_MISSING_VALUE,
                "NAME=VALUE or --delete=NAME is needed");
  if (err)
    settings_release (r_settings);
  return err;
}

void
settings_release (struct settings *settings)
{
  for (size_t i = 0; i < settings->count; i++)
    free (settings->list[i].name);
  free (settings->list);
  *settings = (struct settings)SETTINGS_NONE;
}

/* --- Sending --- */

/* Settings to be deleted are one parameter.  */
static void
append_delete (struct buffer *form, const struct buffer *names)
{
  form->failed |= names->failed;
  if (names->length)
    form_append (form, "delete", names->bytes);
}

static void
append_name (struct buffer *names, const char *name)
{
  buffer_string (names, names->length ? "," : "");
  buffer_string (names, name);
}

void
settings_form (const struct settings *settings, struct buffer *form)
{
  auto_buffer struct buffer names = BUFFER_EMPTY;

  for (size_t i = 0; i < settings->count; i++)
    if (settings->list[i].value)
      form_append (form, settings->list[i].name, settings->list[i].value);
    else
      append_name (&names, settings->list[i].name);
  append_delete (form, &names);
}

/* The value of NAME in CONFIG, or NULL; in SCRATCH if it is a number.  */
static const char *
old_value (const json_t *config, const char *name, char scratch[FIELD_SCRATCH])
{
  const char *text;
  size_t length;

  return field_text (config, name, scratch, &text, &length) ? text : NULL;
}

void
settings_form_back (const struct settings *settings, const json_t *config,
                    struct buffer *form)
{
  auto_buffer struct buffer names = BUFFER_EMPTY;

  for (size_t i = 0; i < settings->count; i++)
    {
      char scratch[FIELD_SCRATCH];
      const char *name = settings->list[i].name;
      const char *old = old_value (config, name, scratch);

      if (old)
        form_append (form, name, old);
      else
        append_name (&names, name);
    }
  append_delete (form, &names);
}

/* --- Comparing --- */

/* Whether SETTING is as CONFIG has it.  The server ends a description with a
   line feed.  */
static bool
is_so (const struct setting *setting, const json_t *config)
{
  char scratch[FIELD_SCRATCH];
  const char *old = old_value (config, setting->name, scratch);
  size_t length;

  if (!old || !setting->value)
    return !old && !setting->value;
  length = strlen (setting->value);
  return !strncmp (old, setting->value, length)
         && (!old[length] || !strcmp (old + length, "\n"));
}

size_t
settings_differ (const struct settings *settings, const json_t *config)
{
  size_t count = 0;

  for (size_t i = 0; i < settings->count; i++)
    count += !is_so (settings->list + i, config);
  return count;
}

/* A line of the description, with what is no text of one line replaced.  */
static void
append_line (struct buffer *text, char sign, const char *name,
             const char *value)
{
  buffer_printf (text, "%c %s: ", sign, name);
  for (; *value; value++)
    if (*value == '\n')
      buffer_string (text, value[1] ? "\\n" : "");
    else
      buffer_append (
          text, (unsigned char)*value < 0x20 || *value == 0x7f ? "?" : value,
          1);
  buffer_string (text, "\n");
}

void
settings_describe (const struct settings *settings, const json_t *config,
                   struct buffer *text)
{
  for (size_t i = 0; i < settings->count; i++)
    {
      const struct setting *setting = settings->list + i;
      char scratch[FIELD_SCRATCH];
      const char *old = old_value (config, setting->name, scratch);

      if (is_so (setting, config))
        continue;
      if (old)
        append_line (text, '-', setting->name, old);
      if (setting->value)
        append_line (text, '+', setting->name, setting->value);
    }
}
