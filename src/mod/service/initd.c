/* initd.c - the back end of SERVICE that runs init.d scripts
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The actions and the meaning of exit statuses are those of the Linux Standard
   Base, Core specification 5.0, chapter 22 (System Initialization).  The unit
   cron.service is the script /etc/init.d/cron.  */

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "../../base/run.h"
#include "../../call/script_name.h"
#include "../../call/unit_name.h"
#include "backend.h"
#include "initd.h"

#define DETAIL_LINES 10

/* --- Running --- */

/* The time for one script, in ms.  */
static uint64_t
time_for (const struct work *work)
{
  return (uint64_t)work_left (work, LIMIT_SCRIPT_SECONDS * 1000);
}

/* Run NAME's script with ACTION to its end, as RUN says.  A daemon that it
   starts stays.  */
static gpg_error_t
run_as (struct run run, const char *name, const char *action,
        struct run_result *r_result, struct failure *failure)
{
  const char *const arguments[] = { action, NULL };
  char program[sizeof INIT_SCRIPTS + LIMIT_UNIT_NAME + 1];

  snprintf (program, sizeof program, "%s/%s", INIT_SCRIPTS, name);
  run.program = program;
  run.arguments = arguments;
  run.most = LIMIT_SCRIPT_OUTPUT;
  run.leave = true;
  return run_program (&run, r_result, failure);
}

static gpg_error_t
run_script (struct work *work, const char *name, const char *action,
            struct run_result *r_result)
{
  gpg_error_t err = run_as ((struct run){ .machine = work->machine,
                                          .time_ms = time_for (work),
                                          .give_up = work_ended,
                                          .context = work },
                            name, action, r_result, &work->failure);

  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND)
    return fail (&work->failure, GPG_ERR_NOT_FOUND,
                 "there is no unit %.60s: SERVICE LIST lists them", name);
  return err;
}

/* Add the last lines of TEXT to the details.  */
static void
add_lines (struct work *work, const char *name, const char *text)
{
  size_t length = text ? strlen (text) : 0;
  unsigned lines = 0;
  const char *line = text + length;

  while (line > text && lines <= DETAIL_LINES)
    if (*--line == '\n' && line + 1 < text + length)
      lines++;
  if (length && lines > DETAIL_LINES)
    line++;
  while (length && *line)
    {
      size_t span = strcspn (line, "\n");

      failure_detail_bytes (&work->failure, name, line,
                            span < LIMIT_JOURNAL_DETAIL ? span
                                                        : LIMIT_JOURNAL_DETAIL);
      line += span;
      line += *line == '\n';
    }
}

/* What the exit status of an action means.  */
static gpg_error_t
judge (struct work *work, const char *name, const char *action,
       const struct run_result *result)
{
  static const struct
  {
    int status;
    gpg_err_code_t code;
    const char *words;
  } meanings[] = {
    { 2, GPG_ERR_INV_ARG, "the script does not take this action" },
    { 3, GPG_ERR_NOT_SUPPORTED, "the script does not have this action" },
    { 4, GPG_ERR_EPERM, "the script lacks a privilege" },
    { 5, GPG_ERR_NOT_FOUND, "the program is not installed" },
    { 6, GPG_ERR_CONFIGURATION, "the program is not configured" },
    { 7, GPG_ERR_INV_STATE, "the program does not run" },
  };

  if (!result->exit_status)
    return 0;
  failure_detail (&work->failure, "unit", "%s.service", name);
  if (result->signal)
    failure_detail (&work->failure, "signal", "%d", result->signal);
  else
    failure_detail (&work->failure, "status", "%d", result->exit_status);
  add_lines (work, "output", result->output);
  add_lines (work, "output", result->errors);
  for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
    if (meanings[i].status == result->exit_status)
      return fail (&work->failure, meanings[i].code, "%s of %.60s: %s", action,
                   name, meanings[i].words);
  return fail (&work->failure, GPG_ERR_GENERAL, "%s of %.60s failed", action,
               name);
}

/* --- Telling --- */

/* If NAME has a script keep its own name at CONTEXT, unless one is there.  */
static void
keep_script (void *context, const char *name)
{
  char *own = context;

  if (!*own)
    script_name_own (name, own);
}

/* The own name of the script of the unit UNIT, which policy knows by the same
   names; that of UNIT if there is no script.  GPG_ERR_NOT_FOUND if it can have
   none.  */
static gpg_error_t
script_name (struct work *work, const char *unit, char name[LIMIT_UNIT_NAME])
{
  const char *dot = strrchr (unit, '.');
  gpg_error_t err;

  *name = 0;
  if (!dot || strcmp (dot, ".service") || dot - unit >= LIMIT_UNIT_NAME)
    return fail (&work->failure, GPG_ERR_NOT_FOUND,
                 "%.60s is no service: init.d scripts are", unit);
  err = unit_name_names (work->machine, unit, keep_script, name);
  if (!*name)
    snprintf (name, LIMIT_UNIT_NAME, "%s", unit);
  *strrchr (name, '.') = 0;
  return err;
}

/* Find out in which state NAME is, by its own word.  */
static gpg_error_t
ask_state (struct work *work, const char *name, const char **r_active,
           const char **r_sub)
{
  struct run_result result;
  gpg_error_t err = run_script (work, name, "status", &result);

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

/* Write the fields of STATUS for NAME.  */
static gpg_error_t
write_state (struct work *work, const char *name)
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

static gpg_error_t
initd_status (struct work *work)
{
  char name[LIMIT_UNIT_NAME];
  gpg_error_t err = script_name (work, work_text (work, "unit"), name);

  return err ? err : write_state (work, name);
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

static gpg_error_t
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

static gpg_error_t
initd_show (struct work *work)
{
  auto_header struct init_header header = INIT_HEADER_NONE;
  const char *property = work_text (work, "property");
  char name[LIMIT_UNIT_NAME];
  size_t told = 0;
  gpg_error_t err = script_name (work, work_text (work, "unit"), name);

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

static gpg_error_t
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
  gpg_error_t err = script_name (work, work_text (work, "unit"), name);

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

/* --- Changing --- */

/* The start of NAME ended with ERR.  If it was given up on the way, what may
   have been started is stopped, within the time that there is for that.  */
static void
take_back (struct work *work, const char *name, gpg_error_t err)
{
  auto_failure struct failure ignored = FAILURE_NONE;
  struct run_result result;

  if (gpg_err_code (err) != GPG_ERR_CANCELED
      && gpg_err_code (err) != GPG_ERR_TIMEOUT)
    return;
  run_as ((struct run){ .machine = work->machine,
                        .time_ms = LIMIT_STOP_SECONDS * 1000 / 2 },
          name, "stop", &result, &ignored);
  run_result_release (&result);
}

static gpg_error_t
act_by_script (struct work *work, const char *name, const char *action)
{
  struct run_result result;
  gpg_error_t err = run_script (work, name, action, &result);

  if (err)
    {
      if (!strcmp (action, "start"))
        take_back (work, name, err);
      return err;
    }
  err = judge (work, name, action, &result);
  run_result_release (&result);
  return err;
}

/* A script that cannot be executed is run by nothing.  */
static gpg_error_t
act_by_mode (struct work *work, const char *name, bool masked)
{
  auto_close int fd = -1;
  struct stat st;
  gpg_error_t err = init_open (work->machine, name, &fd);

  if (err)
    return err;
  if (fstat (fd, &st) || !machine_trusts (work->machine, st.st_uid))
    return fail (&work->failure, GPG_ERR_FORBIDDEN,
                 "%.60s is no file that only root can change", name);
  if (fchmod (fd, masked ? st.st_mode & 07666
                         : (st.st_mode | ((st.st_mode & 0444) >> 2)) & 07777))
    return fail_errno (&work->failure, "%.60s", name);
  return 0;
}

/* Whether it starts by itself is update-rc.d's to change.  */
static gpg_error_t
act_by_links (struct work *work, const char *name, const char *action)
{
  const char *verb = init_has_links (work->machine, name) ? action : "defaults";
  const char *const arguments[] = { name, verb, NULL };
  struct run_result result;
  gpg_error_t err;

  if (!strcmp (verb, "defaults") && !strcmp (action, "disable"))
    return 0;
  err = run_program (&(struct run){ .machine = work->machine,
                                    .program = "update-rc.d",
                                    .below = true,
                                    .arguments = arguments,
                                    .most = LIMIT_SCRIPT_OUTPUT,
                                    .time_ms = time_for (work),
                                    .give_up = work_ended,
                                    .context = work },
                     &result, &work->failure);
  if (err)
    return err;
  err = judge (work, name, action, &result);
  run_result_release (&result);
  return err;
}

static gpg_error_t
initd_act (struct work *work, const char *action)
{
  static const char *const by_script[] = {
    "start", "stop", "restart", "reload", "force-reload", "try-restart", NULL
  };
  char name[LIMIT_UNIT_NAME];
  size_t i = 0;
  gpg_error_t err = script_name (work, work_text (work, "unit"), name);

  if (err)
    return err;
  while (by_script[i] && strcmp (by_script[i], action))
    i++;
  if (by_script[i])
    /* Not all scripts have try-restart; that it runs was asked before.  */
    err = act_by_script (work, name,
                         strcmp (action, "try-restart") ? action : "restart");
  else if (!strcmp (action, "enable") || !strcmp (action, "disable"))
    err = act_by_links (work, name, action);
  else if (!strcmp (action, "mask") || !strcmp (action, "unmask"))
    err = act_by_mode (work, name, !strcmp (action, "mask"));
  /* There is nothing to forget for reset-failed.  */
  if (!err)
    err = writer_field_bool (work->out, "changed",
                             strcmp (action, "reset-failed"));
  return err ? err : write_state (work, name);
}

/* Tell the state of the INDEX-th unit, if it is not the one told last, which
   LAST has.  */
static gpg_error_t
tell_state (struct work *work, size_t index, char **last)
{
  const char *unit = work_text_at (work, "unit", index);
  char name[LIMIT_UNIT_NAME];
  const char *active, *sub;
  gpg_error_t err = script_name (work, unit, name);

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
static gpg_error_t
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

const struct backend initd_backend = { .name = "initd",
                                       .status = initd_status,
                                       .list = initd_list,
                                       .show = initd_show,
                                       .deps = initd_deps,
                                       .act = initd_act,
                                       .watch = initd_watch };
