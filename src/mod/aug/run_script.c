/* run_script.c - AUG RUN: an augtool script as calls of our own verbs
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Each statement passes all gates as the verb that it stands for.  As with
   augeas' own interpreter, the first that fails ends the script.  */

#include <config.h>
#include <string.h>
#include "run_script.h"
#include "verbs.h"
#include "../../../protocol/memory.h"
#include "../../call/pause.h"

#define SHOWN_STATEMENT 200 /* Bytes of a statement in a detail.  */

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  struct run *run = context;
  gpg_error_t err;

  buffer_append (&run->answer, bytes, length);
  err = buffer_error (&run->answer);
  if (!err && run->statement->kind->prints == PRINTS_LINES)
    err = run_print_lines (run, false);
  return err;
}

/* Warnings go to the client as they come.  */
static gpg_error_t
take_status (void *context, const char *keyword, const char *text)
{
  const struct run *run = context;
  const struct writer_sink *sink = &run->call->out->sink;

  return sink->status (sink->context, keyword, text);
}

gpg_error_t
run_perform (struct run *run, const char *verb, const char *const *arguments,
             size_t count)
{
  struct writer out = { .sink = { take_data, take_status, run } };
  gpg_error_t err;

  buffer_clear (&run->answer);
  err = run->call->perform (run->call, verb, arguments, count, &out);
  writer_release (&out);
  return err;
}

const char *
run_answer (const struct run *run)
{
  return run->answer.length ? run->answer.bytes : "";
}

/* --- Statements --- */

/* Whether STATEMENT, if it changed anything, changed what SAVE writes.  */
static bool
edits_files (const struct statement *statement)
{
  static const char own[] = "/augeas/";

  if (!statement->kind->edits)
    return false;
  for (size_t i = 0; i < statement->count; i++)
    if (*statement->argument[i] == '/')
      return strncmp (statement->argument[i], own, sizeof own - 1);
  return true;
}

/* Note what is saved and what is not after STATEMENT.  */
static void
note_edit (struct run *run, const struct statement *statement)
{
  const char *verb = statement->kind->verb;

  if (edits_files (statement) && strcmp (run_answer (run), "0"))
    run->unsaved = true;
  else if (!strcmp (verb, "LOAD")
           || (!strcmp (verb, "SAVE") && !run->call->dry_run))
    run->unsaved = false;
}

static gpg_error_t
carry_out (struct run *run, const struct statement *statement)
{
  const char *arguments[SCRIPT_ARGUMENTS];
  size_t count = statement->count;
  gpg_error_t err;

  for (size_t i = 0; i < count; i++)
    arguments[i] = statement->argument[i];
  /* The last argument of these two is RUN's own business, or nothing.  */
  if (statement->kind->prints == PRINTS_MATCHES)
    count = 1;
  if (!strcmp (statement->kind->verb, "DEFNODE") && count == 3
      && !*arguments[2])
    count = 2;
  run->statement = statement;
  err = run_perform (run, statement->kind->verb, arguments, count);
  if (!err)
    note_edit (run, statement);
  return run_print (run, err);
}

static gpg_error_t
carry_out_all (struct run *run, struct script *script,
               struct statement *statement)
{
  gpg_error_t err;

  for (;;)
    {
      err = script_next (script, statement, &run->call->failure);
      if (err || !statement->kind || !statement->kind->verb)
        return err;
      err = pause_check (run->call);
      if (!err)
        err = carry_out (run, statement);
      if (err)
        return err;
    }
}

/* --- Errors --- */

/* Line NUMBER of TEXT; its length, cut to what is shown, at *R_LENGTH.  */
static const char *
find_line (const char *text, size_t number, size_t *r_length)
{
  while (--number)
    text += strcspn (text, "\n") + 1;
  text += strspn (text, " \t");
  *r_length = strcspn (text, "\r\n");
  if (*r_length > SHOWN_STATEMENT)
    *r_length = SHOWN_STATEMENT;
  return text;
}

/* Say that line NUMBER of the script failed by ERR.  The verb's details stay;
   a line that one of them names is of a file.  */
static gpg_error_t
fail_at (struct call *call, size_t number, gpg_error_t err)
{
  struct failure *failure = &call->failure;
  auto_free char *text = take (&failure->text);
  size_t length;
  const char *statement;

  for (struct detail *detail = failure->details; detail; detail = detail->next)
    if (!strcmp (detail->name, "line"))
      {
        char *name = strdup ("file-line");

        if (!name)
          return gpg_error_from_syserror ();
        free (detail->name);
        detail->name = name;
      }
  statement = find_line (arg_text (call, "script"), number, &length);
  failure_detail (failure, "line", "%zu", number);
  failure_detail_bytes (failure, "statement", statement, length);
  return fail (failure, gpg_err_code (err), "line %zu: %s", number,
               text ? text : gpg_strerror (err));
}

gpg_error_t
verb_run (struct call *call)
{
  struct run run = { .call = call, .answer = BUFFER_EMPTY };
  struct statement statement;
  struct script script;
  gpg_error_t err = script_begin (arg_text (call, "script"), &script);

  if (err)
    return err;
  err = carry_out_all (&run, &script, &statement);
  if (err)
    err = fail_at (call, statement.line, err);
  script_release (&script);
  buffer_release (&run.answer);
  if (run.unsaved)
    {
      gpg_error_t told = writer_warning (call->out,
                                         "edits are not saved: SAVE writes "
                                         "them, REVERT drops them");

      if (!err)
        err = told;
    }
  return err;
}
