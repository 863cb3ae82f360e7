/* initd_tell.c - telling of init.d scripts
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "initd.h"
#include "initd_inside.h"

/* Find out in which state NAME is, by its own word.  */
static gpg_error_t
ask_state (struct work *work, const char *name, const char **r_active,
           const char **r_sub)
{
  struct run_result result;
  gpg_error_t err = initd_run (work, name, "status", &result);

  *r_active = *r_sub = "unknown";
  if (err)
    return err;
  switch (result.exit_status)
    {
    case 0:
      *r_active = "active";
      *r_sub = "running";
      break;
    case 1: /* A file with its process number is left, ... */
    case 2: /* ... or a lock.  */
      *r_active = "failed";
      *r_sub = "dead";
      break;
    case 3:
      *r_active = "inactive";
      *r_sub = "dead";
      break;
    }
  run_result_release (&result);
  return 0;
}

gpg_error_t
initd_write_state (struct work *work, const char *name)
{
  auto_header struct init_header header = INIT_HEADER_NONE;
  struct writer *out = work->out;
  const char *active, *sub, *description;
  bool masked;
  gpg_error_t err = init_header_read (work->machine, name, &header);

  if (gpg_err_code (err) == GPG_ERR_ENOENT)
    return fail (&work->failure, GPG_ERR_NOT_FOUND,
                 "there is no unit %.60s: SERVICE LIST lists them", name);
  if (err)
    return err;
  masked = init_is_masked (work->machine, name);
  active = masked ? "inactive" : NULL;
  sub = "dead";
  if (!masked)
    err = ask_state (work, name, &active, &sub);
  if (!err)
    err = writer_field (out, "unit", "%s.service", name);
  description = init_header_get (&header, "Short-Description");
  if (!err)
    err = writer_field (out, "description", "%s",
                        description ? description : "");
  if (!err)
    err = writer_field (out, "load", masked ? "masked" : "loaded");
  if (!err)
    err = writer_field (out, "active", "%s", active);
  if (!err)
    err = writer_field (out, "sub", "%s", sub);
  if (!err)
    err = writer_field (out, "enabled", "%s",
                        init_is_enabled (work->machine, name) ? "enabled"
                                                              : "disabled");
  if (!err)
    err = writer_field (out, "fragment", "%s/%s", INIT_SCRIPTS, name);
  if (!err)
    err = writer_field (out, "backend", "initd");
  return err ? err : writer_record_end (out);
}

gpg_error_t
initd_status (struct work *work)
{
  char name[LIMIT_UNIT_NAME];
  gpg_error_t err = initd_name (work, work_text (work, "unit"), name);

  return err ? err : initd_write_state (work, name);
}

static int
is_script (const struct dirent *entry)
{
  return *entry->d_name != '.' && !strchr (entry->d_name, '.')
         && !strchr (entry->d_name, '~') && strcmp (entry->d_name, "README")
         && strlen (entry->d_name) < LIMIT_UNIT_NAME - sizeof ".service";
}

/* Whether NAME is a link to a script that is listed by its own name.  */
static bool
is_other_name (const char *name)
{
  char unit[LIMIT_UNIT_NAME], own[LIMIT_UNIT_NAME];

  snprintf (unit, sizeof unit, "%s.service", name);
  return script_name_own (unit, own) && strcmp (own, unit);
}

static gpg_error_t
list_one (struct work *work, const char *name)
{
  auto_header struct init_header header = INIT_HEADER_NONE;
  const char *state = work_text (work, "state");
  const char *description = NULL;
  struct writer *out = work->out;
  const char *active, *sub, *enabled;
  gpg_error_t err = ask_state (work, name, &active, &sub);

  if (gpg_err_code (err) == GPG_ERR_CANCELED)
    return err;
  if (err)
    {
      /* One that is no program, or does not end, does not hide the others. */
      failure_release (&work->failure);
      active = sub = "unknown";
    }
  enabled = init_is_enabled (work->machine, name) ? "enabled" : "disabled";
  if (state && strcmp (state, active) && strcmp (state, sub)
      && strcmp (state, enabled) && strcmp (state, "loaded"))
    return 0;
  if (!init_header_read (work->machine, name, &header))
    description = init_header_get (&header, "Short-Description");
  err = writer_field (out, "unit", "%s.service", name);
  if (!err)
    err = writer_field (out, "description", "%s",
                        description ? description : "");
  if (!err)
    err = writer_field (out, "load", "loaded");
  if (!err)
    err = writer_field (out, "active", "%s", active);
  if (!err)
    err = writer_field (out, "sub", "%s", sub);
  if (!err)
    err = writer_field (out, "enabled", "%s", enabled);
  return err ? err : writer_record_end (out);
}

gpg_error_t
initd_list (struct work *work)
{
  auto_free char *path = machine_path (work->machine, INIT_SCRIPTS);
  const char *type = work_text (work, "type");
  struct dirent **entries = NULL;
  gpg_error_t err = 0;
  int count;

  if (!path)
    return gpg_error (GPG_ERR_ENOMEM);
  if (type && strcmp (type, "service") && strcmp (type, "all"))
    return 0;
  err = script_name_learn (work->machine);
  count = scandir (path, &entries, is_script, alphasort);
  for (int i = 0; i < count; i++)
    {
      if (!err && !is_other_name (entries[i]->d_name))
        err = list_one (work, entries[i]->d_name);
      free (entries[i]);
    }
  free (entries);
  return err;
}

gpg_error_t
initd_show (struct work *work)
{
  auto_header struct init_header header = INIT_HEADER_NONE;
  const char *property = work_text (work, "property");
  char name[LIMIT_UNIT_NAME];
  size_t told = 0;
  gpg_error_t err = initd_name (work, work_text (work, "unit"), name);

  if (!err)
    err = init_header_read (work->machine, name, &header);
  if (gpg_err_code (err) == GPG_ERR_ENOENT)
    return fail (&work->failure, GPG_ERR_NOT_FOUND,
                 "there is no unit %.60s: SERVICE LIST lists them", name);
  for (size_t i = 0; !err && i < header.count; i++)
    if (!property || !strcmp (property, header.names[i]))
      {
        told++;
        err = writer_field (work->out, header.names[i], "%s", header.values[i]);
      }
  if (!err && property && !told)
    err = fail (&work->failure, GPG_ERR_NOT_FOUND,
                "the header of %.60s has no %.60s", name, property);
  return err ? err : writer_record_end (work->out);
}

gpg_error_t
initd_deps (struct work *work)
{
  static const struct
  {
    const char *name;
    const char *kind;
  } keys[] = { { "Required-Start", "requires" },
               { "Should-Start", "wants" },
               { "X-Start-Before", "before" } };
  auto_header struct init_header header = INIT_HEADER_NONE;
  char name[LIMIT_UNIT_NAME];
  gpg_error_t err = initd_name (work, work_text (work, "unit"), name);

  if (!err && work_number (work, "reverse", 0))
    return fail (&work->failure, GPG_ERR_NOT_SUPPORTED,
                 "init.d scripts do not say what depends on them");
  if (!err)
    err = init_header_read (work->machine, name, &header);
  if (gpg_err_code (err) == GPG_ERR_ENOENT)
    return fail (&work->failure, GPG_ERR_NOT_FOUND,
                 "there is no unit %.60s: SERVICE LIST lists them", name);
  for (size_t i = 0; !err && i < sizeof keys / sizeof *keys; i++)
    {
      const char *value = init_header_get (&header, keys[i].name);
      auto_free char *words = value ? strdup (value) : NULL;
      char *context = NULL;

      for (char *word = words ? strtok_r (words, " \t", &context) : NULL;
           word && !err; word = strtok_r (NULL, " \t", &context))
        {
          err = writer_field (work->out, "kind", "%s", keys[i].kind);
          /* $network and its like are no scripts.  */
          if (!err)
            err = writer_field (work->out, "unit", "%s%s", word,
                                *word == '$' ? "" : ".service");
          if (!err)
            err = writer_record_end (work->out);
        }
    }
  return err;
}

/* Tell the state of the INDEX-th unit, if it is not the one told last, which
   LAST has.  */
static gpg_error_t
tell_state (struct work *work, size_t index, char **last)
{
  const char *unit = work_text_at (work, "unit", index);
  char name[LIMIT_UNIT_NAME];
  const char *active, *sub;
  gpg_error_t err = initd_name (work, unit, name);

  if (!err)
    err = ask_state (work, name, &active, &sub);
  if (err || (*last && !strcmp (*last, active)))
    return err;
  free (*last);
  *last = strdup (active);
  return *last ? work_status (work, "UNIT", "%s %s %s", unit, active, sub)
               : gpg_error_from_syserror ();
}

/* Nobody tells of changes: each script is asked once a second.  */
gpg_error_t
initd_watch (struct work *work)
{
  char *last[LIMIT_WATCHED_SCRIPTS] = { NULL };
  size_t count = 0;
  gpg_error_t err = 0;

  while (work_text_at (work, "unit", count))
    count++;
  if (!count || count > LIMIT_WATCHED_SCRIPTS)
    return fail (&work->failure, GPG_ERR_NOT_SUPPORTED,
                 "init.d scripts are asked one by one: name 1 to %d units",
                 LIMIT_WATCHED_SCRIPTS);
  for (unsigned turn = 0; !err && !work_ended (work); turn++)
    {
      for (size_t i = 0; !err && !(turn % 10) && i < count; i++)
        err = tell_state (work, i, last + i);
      poll (NULL, 0, work_left (work, 100));
    }
  for (size_t i = 0; i < count; i++)
    free (last[i]);
  return err;
}
