/* unit_name.c - the names of units of a service manager
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "unit_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "script_name.h"
#include "types.h"

/* --- A name --- */

static const char *const suffixes[]
    = { ".service", ".socket", ".target", ".timer", ".mount", ".automount",
        ".path",    ".slice",  ".scope",  ".swap",  ".device" };

static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";

static bool
has_suffix (const char *text, size_t length)
{
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
    {
      size_t span = strlen (suffixes[i]);

      if (length > span && !strcmp (text + length - span, suffixes[i]))
        return true;
    }
  return false;
}

gpg_error_t
unit_name_check (char *text, size_t *length, const char *choices,
                 int64_t *number, const char **r_wanted)
{
  (void)choices;
  (void)number;
  *r_wanted = "a unit, as nginx.service: letters, digits, :-_.\\@, a letter "
              "first";
  if (!*length || strchr ("-.@", *text) || strspn (text, letters) != *length)
    return gpg_error (GPG_ERR_INV_ARG);
  if (!has_suffix (text, *length))
    {
      if (*length + strlen (suffixes[0]) >= LIMIT_UNIT_NAME)
        return gpg_error (GPG_ERR_TOO_LARGE);
      memcpy (text + *length, suffixes[0], strlen (suffixes[0]) + 1);
      *length += strlen (suffixes[0]);
    }
  return *length < LIMIT_UNIT_NAME ? 0 : gpg_error (GPG_ERR_TOO_LARGE);
}

/* --- Its other names --- */

/* Where systemd looks for units, what counts most first.  */
static const char *const directories[] = {
  "/etc/systemd/system.control", "/run/systemd/system.control",
  "/run/systemd/transient",      "/run/systemd/generator.early",
  "/etc/systemd/system",         "/etc/systemd/system.attached",
  "/run/systemd/system",         "/run/systemd/system.attached",
  "/run/systemd/generator",      "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",     "/lib/systemd/system",
  "/run/systemd/generator.late",
};

#define DIRECTORIES (sizeof directories / sizeof *directories)
#define ALIASES 4096

/* NAME leads to TARGET.  */
struct alias
{
  char *name;
  char *target;
};

/* The names in all directories, as long as these do not change.  */
static struct
{
  char *root;
  struct timespec changed[DIRECTORIES];
  size_t count;
  struct alias alias[ALIASES];
} known;

static void
forget (void)
{
  for (size_t i = 0; i < known.count; i++)
    {
      free (known.alias[i].name);
      free (known.alias[i].target);
    }
  known.count = 0;
  free (known.root);
  known.root = NULL;
}

static bool
is_known (const char *name)
{
  for (size_t i = 0; i < known.count; i++)
    if (!strcmp (known.alias[i].name, name))
      return true;
  return false;
}

/* Note where NAME in DIRECTORY leads, if a directory that counts more has not
   the same name.  A file, and a link that leads to no unit, as that of a masked
   one to /dev/null, leads to itself.  */
static gpg_error_t
note_name (int directory, const char *name)
{
  char target[PATH_MAX];
  ssize_t length = readlinkat (directory, name, target, sizeof target - 1);
  const char *last = name;

  if (length > 0)
    {
      target[length] = 0;
      last = strrchr (target, '/') ? strrchr (target, '/') + 1 : target;
    }
  if (!has_suffix (last, strlen (last)))
    last = name;
  if (is_known (name))
    return 0;
  if (known.count == ALIASES)
    return gpg_error (GPG_ERR_LIMIT_REACHED);
  known.alias[known.count].name = strdup (name);
  known.alias[known.count].target = strdup (last);
  known.count++;
  return known.alias[known.count - 1].name
                 && known.alias[known.count - 1].target
             ? 0
             : gpg_error (GPG_ERR_ENOMEM);
}

static gpg_error_t
note_directory (const char *path)
{
  DIR *stream = opendir (path);
  struct dirent *entry;
  gpg_error_t err = 0;

  if (!stream)
    return errno == ENOENT ? 0 : gpg_error_from_syserror ();
  while (!err && (entry = readdir (stream)))
    if (entry->d_type != DT_DIR
        && has_suffix (entry->d_name, strlen (entry->d_name)))
      err = note_name (dirfd (stream), entry->d_name);
  closedir (stream);
  return err;
}

/* When each directory was changed last; one that is not there: never.  */
static gpg_error_t
look (const struct machine *machine, struct timespec r_changed[DIRECTORIES])
{
  for (size_t i = 0; i < DIRECTORIES; i++)
    {
      auto_free char *path = machine_path (machine, directories[i]);
      struct stat st;

      if (!path)
        return gpg_error (GPG_ERR_ENOMEM);
      r_changed[i] = stat (path, &st) ? (struct timespec){ 0, 0 } : st.st_mtim;
    }
  return 0;
}

/* Know them as they are now.  */
static gpg_error_t
learn (const struct machine *machine)
{
  struct timespec changed[DIRECTORIES];
  gpg_error_t err = look (machine, changed);

  if (err)
    return err;
  if (known.root && !strcmp (known.root, machine->root)
      && !memcmp (known.changed, changed, sizeof changed))
    return 0;
  forget ();
  for (size_t i = 0; !err && i < DIRECTORIES; i++)
    {
      auto_free char *path = machine_path (machine, directories[i]);

      err = path ? note_directory (path) : gpg_error (GPG_ERR_ENOMEM);
    }
  memcpy (known.changed, changed, sizeof changed);
  if (!err && !(known.root = strdup (machine->root)))
    err = gpg_error_from_syserror ();
  if (err)
    forget ();
  return err;
}

/* Make NAME, if that has room for it.  */
static bool __attribute__ ((format (printf, 2, 3)))
set_name (char name[LIMIT_UNIT_NAME], const char *format, ...)
{
  va_list arguments;
  int length;

  va_start (arguments, format);
  length = vsnprintf (name, LIMIT_UNIT_NAME, format, arguments);
  va_end (arguments);
  return length >= 0 && length < LIMIT_UNIT_NAME;
}

/* Split NAME, "foo@bar.service", into its template "foo@.service" and its
   instance "bar"; one that is no instance is a template without one.  */
static bool
split_instance (const char *name, char template[LIMIT_UNIT_NAME],
                char instance[LIMIT_UNIT_NAME])
{
  const char *at = strchr (name, '@');
  const char *dot = strrchr (name, '.');

  *instance = 0;
  if (!at || !dot || dot <= at + 1)
    {
      set_name (template, "%s", name);
      return false;
    }
  set_name (template, "%.*s%s", (int)(at + 1 - name), name, dot);
  return set_name (instance, "%.*s", (int)(dot - at - 1), at + 1);
}

/* TEMPLATE with INSTANCE put in, if it is one of a template.  */
static bool
join_instance (const char *template, const char *instance,
               char name[LIMIT_UNIT_NAME])
{
  const char *at = strchr (template, '@');

  if (!*instance)
    return set_name (name, "%s", template);
  return at
         && set_name (name, "%.*s%s%s", (int)(at + 1 - template), template,
                      instance, at + 1);
}

/* Where NAME leads, NULL: there is no such file.  */
static const char *
target_of (const char *name)
{
  for (size_t i = 0; i < known.count; i++)
    if (!strcmp (known.alias[i].name, name))
      return known.alias[i].target;
  return NULL;
}

/* The name at the end of the way from NAME.  */
static void
find_canonical (const char *name, char canonical[LIMIT_UNIT_NAME])
{
  char template[LIMIT_UNIT_NAME], instance[LIMIT_UNIT_NAME];

  set_name (canonical, "%s", name);
  for (int i = 0; i < LIMIT_LINKS; i++)
    {
      const char *target = target_of (canonical);

      if (!target && split_instance (canonical, template, instance))
        target = target_of (template);
      else
        *instance = 0;
      /* The file itself.  A template's alias may be a certain instance.  */
      if (!target || !strcmp (target, canonical)
          || !join_instance (target, strstr (target, "@.") ? instance : "",
                             canonical))
        return;
    }
}

/* Tell the names of files of units that lead to CANONICAL.  */
static void
tell_files (const char *canonical,
            void (*each) (void *context, const char *name), void *context)
{
  char other[LIMIT_UNIT_NAME];
  char template[LIMIT_UNIT_NAME], instance[LIMIT_UNIT_NAME];

  split_instance (canonical, template, instance);
  for (size_t i = 0; i < known.count; i++)
    {
      const char *name = known.alias[i].name;
      const char *end = name;

      /* Most are files, which lead to themselves.  */
      if (strcmp (known.alias[i].target, name))
        {
          find_canonical (name, other);
          end = other;
        }
      if (!strcmp (end, canonical))
        each (context, name);
      else if (*instance && !strcmp (end, template)
               && join_instance (name, instance, other))
        each (context, other);
    }
}

/* Names of one unit, each once.  */
struct names
{
  size_t count;
  char **name;
  bool failed;
};

static void
add_name (void *context, const char *name)
{
  struct names *names = context;
  char **larger;

  for (size_t i = 0; i < names->count; i++)
    if (!strcmp (names->name[i], name))
      return;
  larger = reallocarray (names->name, names->count + 1, sizeof *names->name);
  if (larger)
    names->name = larger;
  if (larger && (larger[names->count] = strdup (name)))
    names->count++;
  else
    names->failed = true;
}

/* Add the canonical name of VALUE.  A unit without a file is the script that it
   is called like.  */
static void
add_canonical (struct names *names, const char *value)
{
  char canonical[LIMIT_UNIT_NAME], script[LIMIT_UNIT_NAME];
  char template[LIMIT_UNIT_NAME], instance[LIMIT_UNIT_NAME];

  find_canonical (value, canonical);
  split_instance (canonical, template, instance);
  if (!target_of (canonical) && !target_of (template)
      && script_name_own (canonical, script))
    find_canonical (script, canonical);
  add_name (names, canonical);
}

gpg_error_t
unit_name_names (const struct machine *machine, const char *value,
                 void (*each) (void *context, const char *name), void *context)
{
  struct names names = { 0, NULL, false };
  char canonical[LIMIT_UNIT_NAME];
  gpg_error_t err = learn (machine);

  if (!err)
    err = script_name_learn (machine);
  if (err)
    return err;
  add_canonical (&names, value);
  add_name (&names, value);
  /* What is added is looked at, too.  */
  for (size_t i = 0; i < names.count; i++)
    {
      find_canonical (names.name[i], canonical);
      if (strcmp (canonical, names.name[i]))
        add_name (&names, canonical);
      else
        tell_files (canonical, add_name, &names);
      script_name_names (names.name[i], add_name, &names);
    }
  for (size_t i = 0; i < names.count; i++)
    {
      if (!names.failed)
        each (context, names.name[i]);
      free (names.name[i]);
    }
  free (names.name);
  return names.failed ? gpg_error (GPG_ERR_ENOMEM) : 0;
}
