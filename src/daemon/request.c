/* request.c - a line becomes a call, its outcome a reply
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <ctype.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gpg-error.h>

#include "protocol/memory.h"
#include "protocol/words.h"
#include "session.h"

gpg_error_t
request_ask (void *context, const struct grammar_item *item, char **r_bytes,
             size_t *r_length, struct failure *failure)
{
  struct session *session = context;
  char keyword[64];
  size_t i;

  for (i = 0; item->name[i] && i + 1 < sizeof keyword; i++)
    keyword[i] = (char)toupper ((unsigned char)item->name[i]);
  keyword[i] = 0;
  return session_inquire (
      session, keyword, session->daemon->options.limits.inquiry,
      item->type->flags & TYPE_SECRET, r_bytes, r_length, failure);
}

bool
session_is_dry (const struct session *session)
{
  const struct identity *identity = session->gate.identity;

  return session->dry_run || session->daemon->options.dry_run
         || (identity && identity->dry_run);
}

/* Give CALL the session's options by default, so that rules see them.  One
   that another call makes, INNER, is carried out at once.  */
static gpg_error_t
default_options (const struct session *session, struct call *call, bool inner)
{
  struct arguments *arguments = call->arguments;
  char timeout[32];
  gpg_error_t err = 0;

  snprintf (timeout, sizeof timeout, "%" PRIi64 "ms", session->timeout_ms);
  if (session_is_dry (session) || call->dry_run)
    err = arguments_default (arguments, "dry-run", "1", &call->failure);
  if (!err && session->timeout_ms)
    err = arguments_default (arguments, "timeout", timeout, &call->failure);
  if (!err && session->output == OUTPUT_JSON)
    err = arguments_default (arguments, "output", "json", &call->failure);
  if (!err && session->reason)
    err = arguments_default (arguments, "reason", session->reason,
                             &call->failure);
  if (!err && session->async && !inner)
    err = arguments_default (arguments, "async", "1", &call->failure);
  return err;
}

/* What --dry-run, --output, --timeout and --async make of the session's
   options.  */
static void
apply_options (const struct session *session, struct call *call)
{
  const char *form = arg_text (call, "output");
  int64_t timeout = arg_number (call, "timeout", session->timeout_ms);

  call->dry_run = arg_number (call, "dry-run", 0) || session_is_dry (session);
  call->out->output = session->output;
  if (form)
    call->out->output = strcmp (form, "json") ? OUTPUT_TEXT : OUTPUT_JSON;
  if (timeout)
    call->deadline = link_now () + (uint64_t)timeout;
  if (arg_number (call, "async", 0))
    call->hand_over = hand_over;
}

/* In pipe mode the log is the client's standard error, where only --debug
   speaks.  */
void
request_log (const struct session *session, const struct call *call,
             gpg_error_t err)
{
  size_t steps = plan_count (call->plan);
  const char *reason;

  if (!session->daemon->options.debug
      && (!steps || call->dry_run
          || session->daemon->options.mode == RUN_SERVER))
    return;
  reason = arg_text (call, "reason");
  if (!reason)
    reason = session->reason;
  log_info ("session %s call %" PRIu64 " uid=%lu %s: %s %s: %s%s%s%s\n",
            session->id, session->calls, (unsigned long)call->peer.uid,
            call->identity ? call->identity : "(nobody)", call->noun->name,
            call->verb->name, err ? gpg_strerror (err) : "done",
            call->dry_run ? " (dry run)" : "", reason ? ", reason: " : "",
            reason ? reason : "");
  for (size_t i = 0; i < steps; i++)
    log_info ("session %s call %" PRIu64 ":   %s %s\n", session->id,
              session->calls, plan_kind (call->plan, i)->name,
              plan_object (call->plan, i));
}

gpg_error_t
request_need_helper (struct daemon *daemon, size_t index,
                     struct failure *failure)
{
  pid_t pid;
  int socket;
  gpg_error_t err;

  if (!daemon->registry.noun[index].row->helper
      || daemon->module[index].helper_fd >= 0)
    return 0;
  err = helper_start (daemon, index, &socket, &pid, failure);
  if (socket >= 0)
    close (socket);
  return err;
}

/* call.canceled: look for CANCEL as the next thing the client sent, and take it
   away; any other line stays queued.  A client that only closed its sending
   side still waits for the answer.  */
static bool
is_canceled (void *client)
{
  struct session *session = client;
  struct pollfd poll_in = { session->link.in, POLLIN, 0 };
  char line[9];
  ssize_t count;

  if (!session->link.in_socket || poll (&poll_in, 1, 0) <= 0)
    return false;
  if (poll_in.revents & (POLLHUP | POLLERR))
    return true;
  if (!(poll_in.revents & POLLIN) || session->link.line_start)
    return false;
  count = recv (poll_in.fd, line, sizeof line - 1, MSG_PEEK | MSG_DONTWAIT);
  if (count < 7)
    return false;
  line[count] = 0;
  count = !strncasecmp (line, "CANCEL\n", 7)     ? 7
          : !strncasecmp (line, "CANCEL\r\n", 8) ? 8
                                                 : 0;
  return count && recv (poll_in.fd, line, (size_t)count, 0) == count;
}

/* call.ending.  */
static bool
is_ending (void *client)
{
  (void)client;
  return session_is_ending ();
}

/* call.still_may.  */
static gpg_error_t
still_may (struct call *call)
{
  struct session *session = call->client;
  unsigned generation = session->daemon->generation;
  gpg_error_t err = session_adopt_policy (session, &call->failure);

  if (err || generation == session->daemon->generation)
    return err;
  return gate_check_call (&session->gate, call, &call->failure);
}

/* Bind the COUNT WORDS behind the verb of CALL and take it through the gates.
   It runs under OUTER, if that is not NULL, else by the client's options.  */
static gpg_error_t
run_call (struct session *session, const struct registry_verb *verb,
          const struct word *words, size_t count, struct call *call,
          const struct call *outer)
{
  struct daemon *daemon = session->daemon;
  size_t index = (size_t)(call->module - daemon->module);
  gpg_error_t err;

  /* Who may not call it learns nothing about its arguments.  */
  err = gate_check (&session->gate, call->noun, call->verb, &call->failure);
  if (!err && !(call->verb->flags & VERB_DESPITE_CHANGES))
    err = session_check_integrity (session, call->verb->effect, &call->failure);
  if (err)
    return err;
  err = arguments_bind (&verb->grammar, &daemon->registry.common, words, count,
                        &call->arguments, &call->failure);
  if (!err)
    err = default_options (session, call, outer);
  if (err)
    return failure_refuse (&call->failure, REFUSAL_PARSE, err);
  if (!outer)
    apply_options (session, call);
  err = plan_new (&call->plan);
  if (!err)
    err = request_need_helper (daemon, index, &call->failure);
  if (!err)
    err = gate_run (&session->gate, call);
  if (gpg_err_code (err) == GPG_ERR_TOO_LARGE && !call->failure.text)
    {
      metrics_add (daemon->metrics, METRIC_ANSWERS_TOO_LARGE);
      fail (&call->failure, GPG_ERR_TOO_LARGE,
            "max-answer: an answer has at most %" PRIu64 " bytes: ask for less",
            daemon->options.limits.answer);
    }
  if (call->plan)
    request_log (session, call, err);
  return err;
}

/* Carry out the verb that WORDS begin with.  CALL has all that does not depend
   on it; what belongs to it is released.  */
static gpg_error_t
run_words (struct session *session, const struct words *words,
           struct call *call, const struct call *outer)
{
  const struct registry_noun *noun = session->daemon->registry.noun
                                     + (call->module - session->daemon->module);
  const struct registry_verb *verb;
  size_t used;
  gpg_error_t err;

  if (!words->count || words->word[0].kind != WORD_PLAIN)
    {
      err = fail (&call->failure, GPG_ERR_MISSING_VALUE,
                  "a verb is missing: HELP %s", noun->row->name);
      return failure_refuse (&call->failure, REFUSAL_PARSE, err);
    }
  verb = registry_verb_spoken (noun, words->word[0].text,
                               words->count > 1
                                       && words->word[1].kind == WORD_PLAIN
                                   ? words->word[1].text
                                   : NULL,
                               &used);
  if (!verb)
    {
      err = fail (&call->failure, GPG_ERR_UNKNOWN_COMMAND,
                  "%s has no verb %.20s: HELP %s lists them", noun->row->name,
                  words->word[0].text, noun->row->name);
      return failure_refuse (&call->failure, REFUSAL_PARSE, err);
    }
  call->verb = verb->row;
  call->started_us = link_now_us ();
  err = run_call (session, verb, words->word + used, words->count - used, call,
                  outer);
  account_call (session, call, err);
  plan_release (call->plan);
  arguments_release (call->arguments);
  return err;
}

/* Whether a call that carries out others may go on with one more: what the
   client asked for may be long ago.  */
static gpg_error_t
check_outer (struct call *outer)
{
  struct session *session = outer->client;
  gpg_error_t err;

  if (session_is_ending ())
    return fail (&outer->failure, GPG_ERR_CANCELED,
                 "the server is stopping: the rest was not done");
  err = session_rate (session, &outer->failure);
  if (!err)
    err = session_adopt_policy (session, &outer->failure);
  outer->dry_run |= session_is_dry (session);
  return err;
}

/* call.perform.  The arguments become a line and words again, so that they
   come in by the same door as a client's.  */
static gpg_error_t
perform (struct call *outer, const char *verb, const char *const *arguments,
         size_t count, struct writer *out)
{
  const char *reason = outer->arguments ? arg_text (outer, "reason") : NULL;
  auto_buffer struct buffer line = BUFFER_EMPTY;
  struct words words = { 0, NULL, NULL };
  struct call call = *outer;
  const char *wrong = NULL;
  gpg_error_t err = check_outer (outer);

  if (err)
    return err;
  buffer_string (&line, verb);
  if (reason)
    {
      buffer_string (&line, " --reason=");
      words_escape (&line, reason, strlen (reason));
    }
  for (size_t i = 0; i < count; i++)
    {
      buffer_string (&line, " ");
      words_quote (&line, arguments[i], strlen (arguments[i]));
    }
  err = buffer_error (&line);
  if (!err)
    err = words_split (line.bytes, &words, &wrong);
  if (err)
    return wrong ? fail (&outer->failure, gpg_err_code (err), "%s", wrong)
                 : err;
  call.arguments = NULL;
  call.plan = NULL;
  call.out = out;
  call.recorded = false;
  call.hand_over = NULL;
  call.dry_run = outer->dry_run;
  call.generation = ((struct session *)outer->client)->daemon->generation;
  call.failure = (struct failure)FAILURE_NONE;
  err = run_words (outer->client, &words, &call, outer);
  words_release (&words);
  failure_release (&outer->failure);
  outer->failure = call.failure;
  return err;
}

/* The name of whom SESSION serves, NULL for nobody.  It outlives a reload.  */
static const char *
identity_name (const struct session *session)
{
  const struct identity *identity = session->gate.identity;

  if (!identity)
    return NULL;
  return *session->identity_name ? session->identity_name : identity->name;
}

struct call
request_call (struct session *session, const struct registry_noun *noun,
              struct writer *out)
{
  struct daemon *daemon = session->daemon;

  return (struct call){ .noun = noun->row,
                        .registry = &daemon->registry,
                        .machine = &daemon->machine,
                        .module = daemon->module
                                  + (noun - daemon->registry.noun),
                        .peer = session->entrance->peer,
                        .limits = &daemon->options.limits,
                        .settings = &daemon->options.settings,
                        .metrics = daemon->metrics,
                        .identity = identity_name (session),
                        .canceled = is_canceled,
                        .client = session,
                        .ending = is_ending,
                        .still_may = still_may,
                        .perform = perform,
                        .reload = reload_ask,
                        .may = gate_may,
                        .gate = &session->gate,
                        .generation = daemon->generation,
                        .out = out };
}

gpg_error_t
request_handler (assuan_context_t context, char *line)
{
  struct session *session = session_of (context);
  auto_failure struct failure failure = FAILURE_NONE;
  const struct registry_noun *noun;
  struct words words = { 0, NULL, NULL };
  const char *reason;
  gpg_error_t err;

  noun = registry_noun (&session->daemon->registry,
                        assuan_get_command_name (context));
  account_line (session);
  err = session_rate (session, &failure);
  if (!err)
    err = session_adopt_policy (session, &failure);
  if (!err)
    {
      err = words_split (line, &words, &reason);
      if (err)
        failure_refuse (&failure, REFUSAL_PARSE,
                        fail (&failure, gpg_err_code (err), "%s", reason));
    }
  if (!err)
    {
      struct writer out = session_writer (session);
      struct call call = request_call (session, noun, &out);

      err = run_words (session, &words, &call, NULL);
      failure = call.failure;
      writer_release (&out);
    }
  if (!err)
    assuan_set_okay_line (session->context, session->call_id);
  words_release (&words);
  return session_leave (session, err, &failure);
}

/* Take an option's checked VALUE into the session.  */
static gpg_error_t
set_option (struct session *session, const char *name, const char *value,
            int64_t number)
{
  char *copy;

  if (!strcmp (name, "dry-run"))
    session->dry_run = number;
  else if (!strcmp (name, "timeout"))
    session->timeout_ms = number;
  else if (!strcmp (name, "async"))
    session->async = number;
  else if (!strcmp (name, "output"))
    session->output = strcmp (value, "json") ? OUTPUT_TEXT : OUTPUT_JSON;
  else
    {
      copy = strdup (value);
      if (!copy)
        return gpg_error_from_syserror ();
      free (session->reason);
      session->reason = copy;
    }
  return 0;
}

gpg_error_t
request_option (assuan_context_t context, const char *name, const char *value)
{
  struct session *session = session_of (context);
  auto_failure struct failure failure = FAILURE_NONE;
  const struct grammar_item *item = grammar_find (
      &session->daemon->registry.common, name, strlen (name), true);
  auto_free char *copy = NULL;
  const char *wanted = "";
  int64_t number = 0;
  size_t length;
  gpg_error_t err = session_rate (session, &failure);

  if (err)
    return session_leave (session, err, &failure);
  if (item)
    copy = strdup (!*value && item->type->flags & TYPE_FLAG ? "1" : value);
  if (!item)
    err = fail (&failure, GPG_ERR_UNKNOWN_OPTION,
                "the options are dry-run, timeout, output, reason, async");
  else if (!copy || words_unescape (copy, strlen (copy), &length))
    err = fail (&failure, GPG_ERR_SYNTAX,
                "%s: a percent sign needs two hex digits", name);
  else
    {
      err = item->type->check (copy, &length, item->choices, &number, &wanted);
      if (err)
        fail (&failure, gpg_err_code (err), "%s: expected %s", name, wanted);
    }
  failure_refuse (&failure, REFUSAL_PARSE, err);
  if (!err)
    err = set_option (session, item->name, copy, number);
  return session_leave (session, err, &failure);
}
