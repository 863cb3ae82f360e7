/* initd_act.c - changing what init.d scripts run
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include <sys/stat.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "initd.h"
#include "initd_inside.h"

#define DETAIL_LINES 10

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
  initd_run_as ((struct run){ .machine = work->machine,
                              .time_ms = LIMIT_STOP_SECONDS * 1000 / 2 },
                name, "stop", &result, &ignored);
  run_result_release (&result);
}

static gpg_error_t
act_by_script (struct work *work, const char *name, const char *action)
{
  struct run_result result;
  gpg_error_t err = initd_run (work, name, action, &result);

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
                                    .time_ms = initd_time (work),
                                    .give_up = work_ended,
                                    .context = work },
                     &result, &work->failure);
  if (err)
    return err;
  err = judge (work, name, action, &result);
  run_result_release (&result);
  return err;
}

gpg_error_t
initd_act (struct work *work, const char *action)
{
  static const char *const by_script[] = {
    "start", "stop", "restart", "reload", "force-reload", "try-restart", NULL
  };
  char name[LIMIT_UNIT_NAME];
  size_t i = 0;
  gpg_error_t err = initd_name (work, work_text (work, "unit"), name);

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
  return err ? err : initd_write_state (work, name);
}
