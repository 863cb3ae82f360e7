/* locale.c - SYSTEM LOCALE, in the machine worker
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../../protocol/buffer.h"
#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "../../call/setting_names.h"
#include "../../call/types.h"
#include "settings.h"

#define LOCALES "/usr/lib/locale"

/* The head of a locale archive, as far as it is needed (glibc,
   locale/locarchive.h).  */
struct archive_head
{
  uint32_t magic;
  uint32_t serial;
  uint32_t namehash_offset, namehash_used, namehash_size;
  uint32_t string_offset, string_used, string_size;
};

#define ARCHIVE_MAGIC 0xde020109U
#define ARCHIVE_NAMES MIB

/* --- What is installed --- */

/* NAME as directories have it: "de_DE.UTF-8" is "de_DE.utf8".  */
static void
normalize (const char *name, char r_name[LIMIT_LOCALE_NAME + 1])
{
  char *to = r_name;
  bool codeset = false;

  for (; *name; name++)
    {
      if (*name == '.' || *name == '@')
        codeset = *name == '.';
      else if (codeset && !isalnum ((unsigned char)*name))
        continue;
      *to++ = codeset ? (char)tolower ((unsigned char)*name) : *name;
    }
  *to = 0;
}

/* Whether the LENGTH bytes at NAMES, names with a NUL behind each, have
   NAME.  */
static bool
has_name (const char *names, size_t length, const char *name)
{
  size_t size = strlen (name) + 1;

  for (const char *at = names; (size_t)(at - names) < length;
       at = (const char *)rawmemchr (at, 0) + 1)
    if (length - (size_t)(at - names) >= size && !memcmp (at, name, size))
      return true;
  return false;
}

static bool
is_in_archive (const struct machine *machine, const char *name)
{
  auto_free char *path = machine_path (machine, LOCALES "/locale-archive");
  auto_close int fd = path ? open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                           : -1;
  auto_free char *names = NULL;
  struct archive_head head;

  if (fd < 0 || pread (fd, &head, sizeof head, 0) != sizeof head
      || head.magic != ARCHIVE_MAGIC || head.string_used > ARCHIVE_NAMES)
    return false;
  names = calloc (1, head.string_used + 1);
  return names
         && pread (fd, names, head.string_used, head.string_offset)
                == (ssize_t)head.string_used
         && has_name (names, head.string_used, name);
}

static bool
is_installed (const struct machine *machine, const char *name)
{
  static const char *const built_in[] = { "C", "POSIX", "C.utf8" };
  char normal[LIMIT_LOCALE_NAME + 1];
  char below[sizeof LOCALES + LIMIT_LOCALE_NAME + 1];
  auto_free char *path = NULL;
  struct stat st;

  normalize (name, normal);
  for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
    if (!strcmp (normal, built_in[i]))
      return true;
  snprintf (below, sizeof below, LOCALES "/%s", normal);
  path = machine_path (machine, below);
  return (path && !lstat (path, &st) && S_ISDIR (st.st_mode))
         || is_in_archive (machine, normal);
}

/* --- Operations --- */

static int
compare (const void *one, const void *other)
{
  return strcmp (*(char *const *)one, *(char *const *)other);
}

/* What localed has, in the order of names, a blank between; NULL if it does not
   run.  */
static gpg_error_t
locales_now (struct work *work, char **r_text)
{
  auto_message sd_bus_message *reply = NULL;
  auto_buffer struct buffer text = BUFFER_EMPTY;
  char **items = NULL;
  size_t count = 0;
  gpg_error_t err = bus_property (work, &bus_localed, "Locale", "as", &reply);

  *r_text = NULL;
  if (err || !reply)
    return err;
  if (sd_bus_message_read_strv (reply, &items) < 0)
    return gpg_error (GPG_ERR_INV_PACKET);
  while (items && items[count])
    count++;
  if (count)
    qsort (items, count, sizeof *items, compare);
  buffer_string (&text, "");
  for (size_t i = 0; i < count; i++)
    {
      buffer_printf (&text, "%s%s", i ? " " : "", items[i]);
      free (items[i]);
    }
  free (items);
  return buffer_take (&text, r_text, NULL);
}

/* Whether SETTING is what the type locale makes.  A session that was taken over
   may ask for anything.  */
static bool
is_setting (const char *setting)
{
  char text[LIMIT_LOCALE_NAME + 32 + TYPE_GROWTH];
  size_t length = strlen (setting);
  const char *wanted;

  if (length >= sizeof text - TYPE_GROWTH || !strchr (setting, '='))
    return false;
  memcpy (text, setting, length + 1);
  return !locale_check (text, &length, NULL, NULL, &wanted);
}

gpg_error_t
locale_look (struct work *work)
{
  auto_free char *now = NULL;
  const char *setting;
  gpg_error_t err;

  for (size_t i = 0; (setting = work_text_at (work, "locale", i)); i++)
    {
      const char *name;

      if (!is_setting (setting))
        return fail (&work->failure, GPG_ERR_INV_ARG,
                     "%.60s is no setting of a locale", setting);
      name = strchr (setting, '=') + 1;
      if (!is_installed (work->machine, name))
        return fail (&work->failure, GPG_ERR_NOT_FOUND,
                     "the locale %s is not installed", name);
    }
  err = locales_now (work, &now);
  return err ? err : settings_write (work, now, "locale", now);
}

/* Have localed set ITEMS, which end with NULL.  What is not among them it
   leaves, and it drops what is the same as LANG.  */
static gpg_error_t
set (struct work *work, char **items)
{
  auto_message sd_bus_message *message = NULL;
  sd_bus *bus = bus_connect (work, &bus_localed);

  if (!bus)
    return fail (&work->failure, GPG_ERR_NO_SERVICE,
                 "the system bus cannot be reached");
  if (sd_bus_message_new_method_call (bus, &message, bus_localed.name,
                                      bus_localed.path, bus_localed.interface,
                                      "SetLocale")
          < 0
      || sd_bus_message_append_strv (message, items) < 0
      || sd_bus_message_append (message, "b", 0) < 0)
    return gpg_error (GPG_ERR_ENOMEM);
  return bus_send (work, &bus_localed, message);
}

gpg_error_t
locale_set (struct work *work)
{
  auto_free char **items = NULL;
  size_t count = 0;

  while (work_text_at (work, "locale", count))
    count++;
  items = calloc (count + 1, sizeof *items);
  if (!items)
    return gpg_error_from_syserror ();
  for (size_t i = 0; i < count; i++)
    items[i] = (char *)work_text_at (work, "locale", i);
  return set (work, items);
}

/* Whether one of the COUNT ITEMS sets the variable of SETTING.  */
static bool
has_variable (char **items, size_t count, const char *setting)
{
  size_t span = strcspn (setting, "=") + 1;

  for (size_t i = 0; i < count; i++)
    if (!strncmp (items[i], setting, span))
      return true;
  return false;
}

/* The value of LANG among the COUNT ITEMS; "C" if they do not set it.  */
static const char *
lang_of (char **items, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (!strncmp (items[i], "LANG=", 5))
      return items[i] + 5;
  return "C";
}

/* What was not set gets the value of LANG: so it is dropped.  */
gpg_error_t
locale_undo (struct work *work)
{
  auto_free char *text = strdup (work_text (work, "before"));
  auto_buffer struct buffer added = BUFFER_EMPTY;
  auto_free char **items = NULL;
  size_t count = 0, asked = 0;
  char *next = NULL;
  const char *setting;

  while (work_text_at (work, "locale", asked))
    asked++;
  items = text ? calloc (strlen (text) + asked + 1, sizeof *items) : NULL;
  if (!items)
    return gpg_error_from_syserror ();
  for (char *item = strtok_r (text, " ", &next); item;
       item = strtok_r (NULL, " ", &next))
    items[count++] = item;
  for (size_t i = 0; (setting = work_text_at (work, "locale", i)); i++)
    if (!has_variable (items, count, setting))
      buffer_printf (&added, "%.*s=%s ", (int)strcspn (setting, "="), setting,
                     lang_of (items, count));
  if (buffer_error (&added))
    return buffer_error (&added);
  for (char *item = added.length ? strtok_r (added.bytes, " ", &next) : NULL;
       item; item = strtok_r (NULL, " ", &next))
    items[count++] = item;
  return set (work, items);
}
