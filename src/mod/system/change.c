/* change.c - the verbs of SYSTEM that set something
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Where a service of systemd has the matter, it is asked; else files are
   written, as steps of their own.  Which of both, the machine worker says:
   its answer's field "way" is systemd or files.  */

#include "change.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/buffer.h"
#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "../../call/relay.h"

#define FILE_MOST (64 * KIB)

/* The machine worker's answer to OPERATION: the way, and the value of FIELD,
   NULL if there is none.  */
static gpg_error_t
ask (struct call *call, const char *operation, const char *field,
     bool *r_systemd, char **r_value)
{
  auto_free char *text = NULL;
  auto_free char *way = NULL;
  gpg_error_t err = relay_ask (call, operation, NULL, &text);

  *r_value = NULL;
  if (!err)
    err = relay_field (text, "way", &way);
  if (!err)
    err = relay_field (text, field, r_value);
  *r_systemd = way && !strcmp (way, "systemd");
  return err;
}

/* --- The answer --- */

static gpg_error_t
write_locales (struct call *call)
{
  size_t count = arg_count (call, "locale");
  auto_free const char **items = calloc (count, sizeof *items);

  if (!items)
    return gpg_error_from_syserror ();
  for (size_t i = 0; i < count; i++)
    items[i] = arg_text_at (call, "locale", i, NULL);
  return writer_field_list (call->out, "locale", items, count);
}

static gpg_error_t
write_answer (struct call *call, bool changed)
{
  const char *verb = call->verb->name;
  gpg_error_t err = writer_field_bool (call->out, "changed", changed);

  if (err)
    return err;
  if (!strcmp (verb, "HOSTNAME"))
    err = writer_field (call->out, "hostname", "%s", arg_text (call, "name"));
  else if (!strcmp (verb, "TIMEZONE"))
    err = writer_field (call->out, "timezone", "%s", arg_text (call, "zone"));
  else
    err = write_locales (call);
  return err ? err : writer_record_end (call->out);
}

gpg_error_t
system_set (struct call *call, gpg_error_t err)
{
  return err ? err : write_answer (call, true);
}

/* What was planned is all; if that is nothing, it was so already.  */
static gpg_error_t
planned (struct call *call, gpg_error_t err)
{
  return err || plan_count (call->plan) ? err : write_answer (call, false);
}

/* --- Steps --- */

/* Plan OPERATION of the worker for OBJECT, which is BEFORE (NULL: unknown, and
   nothing can put it back) and gets AFTER.  */
static gpg_error_t
append (struct call *call, const char *operation, const char *object,
        const char *before, const char *after, bool systemd)
{
  const char *const more[] = { "way", systemd ? "systemd" : "files", "before",
                               before ? before : "", NULL };
  auto_free char *description = NULL;
  char undo[64];

  snprintf (undo, sizeof undo, "%s undo", operation);
  if (asprintf (&description, "set %s to %s (now %s)%s\n", object, after,
                before && *before ? before : "unset",
                systemd ? " through systemd" : "")
      < 0)
    {
      description = NULL;
      return gpg_error (GPG_ERR_ENOMEM);
    }
  return relay_append (call,
                       &(struct relay_change){ .kind = &relay_setting,
                                               .object = object,
                                               .description = description,
                                               .before = before,
                                               .after = after,
                                               .operation = operation,
                                               .undo = before ? undo : NULL,
                                               .more = more });
}

/* Plan that the file PATH has TEXT and no more, unless it has.  ONLY_OLD: and
   only if it is there.  */
static gpg_error_t
append_file (struct call *call, const char *path, const char *text,
             bool only_old)
{
  auto_free char *resolved = NULL;
  struct file_image image = { .exists = false };
  size_t length = strlen (text);
  gpg_error_t err = file_read (call->machine, path, FILE_MOST, &image,
                               &resolved, &call->failure);

  if (err)
    return err;
  if (image.exists
          ? image.length != length || memcmp (image.bytes, text, length)
          : !only_old)
    err = plan_file_write (call->plan, resolved, &image, text, length);
  file_image_release (&image);
  return err;
}

static gpg_error_t
append_line (struct call *call, const char *path, const char *line,
             bool only_old)
{
  auto_free char *text = NULL;

  if (asprintf (&text, "%s\n", line) < 0)
    {
      text = NULL;
      return gpg_error (GPG_ERR_ENOMEM);
    }
  return append_file (call, path, text, only_old);
}

/* --- HOSTNAME --- */

gpg_error_t
system_hostname (struct call *call)
{
  const char *name = arg_text (call, "name");
  auto_free char *now = NULL;
  bool systemd;
  gpg_error_t err = ask (call, "system hostname", "hostname", &systemd, &now);

  if (!err && !systemd)
    err = append_line (call, "/etc/hostname", name, false);
  /* Below a root there is no kernel that would have a name: the worker then
     tells none.  */
  if (!err && now && strcmp (now, name))
    err = append (call, "hostname set", "hostname", now, name, systemd);
  return planned (call, err);
}

/* --- TIMEZONE --- */

gpg_error_t
system_timezone (struct call *call)
{
  const char *zone = arg_text (call, "zone");
  auto_free char *now = NULL;
  bool systemd;
  gpg_error_t err = ask (call, "system timezone", "timezone", &systemd, &now);

  if (!err && (!now || strcmp (now, zone)))
    err = append (call, "timezone set", "timezone", now, zone, systemd);
  if (!err && !systemd)
    err = append_line (call, "/etc/timezone", zone, true);
  return planned (call, err);
}

/* --- LOCALE --- */

/* Whether the LENGTH bytes at LINE set a variable that is asked for; R_SAME:
   and to that value.  */
static bool
is_asked (struct call *call, const char *line, size_t length, bool *r_same)
{
  for (size_t i = 0; i < arg_count (call, "locale"); i++)
    {
      const char *item = arg_text_at (call, "locale", i, NULL);
      size_t span = strcspn (item, "=") + 1;

      if (length < span || strncmp (line, item, span) != 0)
        continue;
      *r_same = strlen (item) == length && !strncmp (line, item, length);
      return true;
    }
  return false;
}

/* Put into TEXT the lines of the file OLD that set nothing that is asked for,
   then one for each that is.  Where OLD has these already, it stays as it
   is.  */
static void
put_locales (struct call *call, const char *old, struct buffer *text)
{
  size_t same_lines = 0;

  for (const char *line = old; line && *line;)
    {
      const char *end = strchrnul (line, '\n');
      bool same = false;

      if (!is_asked (call, line, (size_t)(end - line), &same))
        buffer_printf (text, "%.*s\n", (int)(end - line), line);
      same_lines += same;
      line = *end ? end + 1 : end;
    }
  if (same_lines == arg_count (call, "locale"))
    {
      text->length = 0;
      buffer_string (text, old);
      return;
    }
  for (size_t i = 0; i < arg_count (call, "locale"); i++)
    buffer_printf (text, "%s\n", arg_text_at (call, "locale", i, NULL));
}

/* Whether the machine has the file PATH.  */
static gpg_error_t
is_there (struct call *call, const char *path, bool *r_there)
{
  struct file_image image = { .exists = false };
  gpg_error_t err = file_read (call->machine, path, FILE_MOST, &image, NULL,
                               &call->failure);

  *r_there = image.exists;
  file_image_release (&image);
  return err;
}

static gpg_error_t
append_locale_file (struct call *call)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  struct file_image image = { .exists = false };
  const char *path = "/etc/default/locale";
  bool there;
  gpg_error_t err = is_there (call, path, &there);

  /* Debian's own place, also where it was not used so far.  */
  if (!err && !there)
    err = is_there (call, "/etc/debian_version", &there);
  if (!err && !there)
    path = "/etc/locale.conf";
  if (!err)
    err = file_read (call->machine, path, FILE_MOST, &image, NULL,
                     &call->failure);
  if (err)
    return err;
  put_locales (call, image.bytes, &text);
  file_image_release (&image);
  err = buffer_error (&text);
  return err ? err : append_file (call, path, text.bytes, false);
}

static int
compare (const void *one, const void *other)
{
  return strcmp (*(const char *const *)one, *(const char *const *)other);
}

/* What is asked for, in the order of names, a blank between.  */
static gpg_error_t
join_locales (struct call *call, struct buffer *text)
{
  size_t count = arg_count (call, "locale");
  auto_free const char **items = calloc (count, sizeof *items);

  if (!items)
    return gpg_error_from_syserror ();
  for (size_t i = 0; i < count; i++)
    items[i] = arg_text_at (call, "locale", i, NULL);
  qsort (items, count, sizeof *items, compare);
  for (size_t i = 0; i < count; i++)
    {
      size_t span = strcspn (items[i], "=") + 1;

      if (i && !strncmp (items[i - 1], items[i], span))
        return fail (&call->failure, GPG_ERR_DUP_VALUE,
                     "locale: %.*s is given twice", (int)span - 1, items[i]);
      buffer_printf (text, "%s%s", i ? " " : "", items[i]);
    }
  return buffer_error (text);
}

/* Whether NOW, which localed has, makes what is asked for so already.  It
   leaves out what is the same as LANG.  */
static gpg_error_t
is_set (struct call *call, const char *now, bool *r_set)
{
  auto_buffer struct buffer all = BUFFER_EMPTY;

  *r_set = true;
  buffer_printf (&all, " %s ", now);
  for (size_t i = 0; !buffer_error (&all) && i < arg_count (call, "locale");
       i++)
    {
      const char *item = arg_text_at (call, "locale", i, NULL);
      int span = (int)strcspn (item, "=");
      auto_free char *texts = NULL;
      const char *variable, *lang;

      if (asprintf (&texts, " %s %c %.*s=%c LANG=%s ", item, 0, span, item, 0,
                    item + span + 1)
          < 0)
        {
          texts = NULL;
          return gpg_error (GPG_ERR_ENOMEM);
        }
      variable = texts + strlen (texts) + 1;
      lang = variable + strlen (variable) + 1;
      if (!strstr (all.bytes, texts)
          && (strstr (all.bytes, variable) || !strstr (all.bytes, lang)))
        *r_set = false;
    }
  return buffer_error (&all);
}

gpg_error_t
system_locale (struct call *call)
{
  auto_buffer struct buffer wanted = BUFFER_EMPTY;
  auto_free char *now = NULL;
  bool systemd, set = false;
  gpg_error_t err = join_locales (call, &wanted);

  if (!err)
    err = ask (call, "system locale", "locale", &systemd, &now);
  if (!err && !systemd)
    err = append_locale_file (call);
  else if (!err)
    err = is_set (call, now ? now : "", &set);
  if (!err && systemd && !set)
    err = append (call, "locale set", "locale", now ? now : "", wanted.bytes,
                  systemd);
  return planned (call, err);
}
