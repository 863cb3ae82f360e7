/* words.c - the session words
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "protocol/memory.h"
#include "session.h"

static gpg_error_t
word_whoami (assuan_context_t context, char *line)
{
  struct session *session = session_of (context);
  const struct peer *peer = &session->entrance->peer;
  auto_failure struct failure failure = FAILURE_NONE;
  struct writer out = session_writer (session);
  const struct identity *identity;
  gpg_error_t err = session_adopt_policy (session, &failure);

  (void)line;
  identity = session->gate.identity;
  if (!err && identity)
    err = writer_field (&out, "identity", "%s", identity->name);
  if (!err)
    err = writer_field_bool (&out, "authenticated", identity);
  if (!err)
    err = writer_field_number (&out, "uid", peer->uid);
  if (!err)
    err = writer_field_number (&out, "gid", peer->gid);
  if (!err)
    err = writer_field_number (&out, "pid", peer->pid);
  if (!err)
    err = writer_field (&out, "ceiling", "%s",
                        effect_name (session->gate.ceiling));
  if (!err)
    err = writer_field_bool (&out, "dry-run", session_is_dry (session));
  if (!err)
    err = writer_field (&out, "session", "%s", session->id);
  if (!err)
    err = writer_record_end (&out);
  writer_release (&out);
  return session_leave (session, err, &failure);
}

/* --- GETINFO --- */

static gpg_error_t
info_version (struct session *session, struct writer *out, char *rest,
              struct failure *failure)
{
  (void)session;
  (void)rest;
  (void)failure;
  return writer_value (out, PACKAGE_VERSION, strlen (PACKAGE_VERSION));
}

static gpg_error_t
info_pid (struct session *session, struct writer *out, char *rest,
          struct failure *failure)
{
  char text[24];

  (void)session;
  (void)rest;
  (void)failure;
  snprintf (text, sizeof text, "%ld", (long)getpid ());
  return writer_value (out, text, strlen (text));
}

static gpg_error_t
info_socket_name (struct session *session, struct writer *out, char *rest,
                  struct failure *failure)
{
  const char *name = session->entrance->socket_name;

  (void)rest;
  if (!name)
    return fail (failure, GPG_ERR_NO_DATA,
                 "this session is on a pipe or a passed socket");
  return writer_value (out, name, strlen (name));
}

static gpg_error_t
info_session (struct session *session, struct writer *out, char *rest,
              struct failure *failure)
{
  (void)rest;
  (void)failure;
  return writer_value (out, session->id, strlen (session->id));
}

static gpg_error_t
info_modules (struct session *session, struct writer *out, char *rest,
              struct failure *failure)
{
  const struct registry *registry = &session->daemon->registry;
  gpg_error_t err = 0;

  (void)rest;
  (void)failure;
  for (size_t i = 0; !err && i < registry->count; i++)
    err = writer_item (out, registry->noun[i].row->name,
                       strlen (registry->noun[i].row->name));
  return err;
}

static gpg_error_t
info_fences (struct session *session, struct writer *out, char *rest,
             struct failure *failure)
{
  const struct registry *registry = &session->daemon->registry;
  gpg_error_t err = session_write_fences (out);

  (void)rest;
  for (size_t i = 0; !err && i < registry->count; i++)
    if (registry->noun[i].row->fences && session->gate.identity)
      {
        struct call call = { .noun = registry->noun[i].row,
                             .registry = registry,
                             .machine = &session->daemon->machine,
                             .module = session->daemon->module + i,
                             .peer = session->entrance->peer,
                             .generation = session->daemon->generation,
                             .out = out };

        err = request_need_helper (session->daemon, i, failure);
        if (!err)
          err = registry->noun[i].row->fences (&call);
        if (call.failure.text)
          fail (failure, gpg_err_code (err), "%s", call.failure.text);
        failure_release (&call.failure);
      }
  return err;
}

static gpg_error_t
info_unsaved (struct session *session, struct writer *out, char *rest,
              struct failure *failure)
{
  const struct daemon *daemon = session->daemon;
  gpg_error_t err = 0;

  (void)rest;
  (void)failure;
  for (size_t i = 0; !err && i < daemon->registry.count; i++)
    {
      const struct noun *noun = daemon->registry.noun[i].row;
      const void *held = daemon->module[i].session;

      if (held && noun->unsaved && noun->unsaved (held))
        err = writer_item (out, noun->name, strlen (noun->name));
    }
  return err;
}

static gpg_error_t
info_last_error (struct session *session, struct writer *out, char *rest,
                 struct failure *failure)
{
  const struct failure *last = &session->last_failure;
  const struct detail *detail;
  gpg_error_t err;

  (void)rest;
  if (!session->last_error)
    return fail (failure, GPG_ERR_NO_DATA, "no call has failed so far");
  err = writer_field_number (out, "code", session->last_error);
  if (!err)
    err = writer_field (out, "error", "%s", gpg_strerror (session->last_error));
  if (!err && last->text)
    err = writer_field (out, "advice", "%s", last->text);
  for (detail = last->details; !err && detail; detail = detail->next)
    err = writer_field_bytes (out, detail->name, detail->value, detail->length);
  return err ? err : writer_record_end (out);
}

static gpg_error_t
info_limits (struct session *session, struct writer *out, char *rest,
             struct failure *failure)
{
  (void)rest;
  (void)failure;
  return session_write_limits (session, out);
}

/* "cmd_has_option NOUN VERB OPTION": OK, or ERR with GPG_ERR_FALSE.  */
static gpg_error_t
info_cmd_has_option (struct session *session, struct writer *out, char *rest,
                     struct failure *failure)
{
  const struct registry *registry = &session->daemon->registry;
  char *context = NULL;
  const char *noun_name = strtok_r (rest, " \t", &context);
  const char *verb_name = strtok_r (NULL, " \t", &context);
  const char *option = strtok_r (NULL, " \t", &context);
  const struct registry_noun *noun;
  const struct registry_verb *verb;

  (void)out;
  if (!option || strtok_r (NULL, " \t", &context))
    return fail (failure, GPG_ERR_SYNTAX,
                 "GETINFO cmd_has_option NOUN VERB OPTION");
  noun = registry_noun (registry, noun_name);
  verb = noun ? registry_verb (noun, verb_name) : NULL;
  if (!verb)
    return fail (failure, GPG_ERR_UNKNOWN_COMMAND, "there is no %.20s %.20s",
                 noun_name, verb_name);
  if (!strncmp (option, "--", 2))
    option += 2;
  if (grammar_find (&verb->grammar, option, strlen (option), true)
      || grammar_find (&registry->common, option, strlen (option), true))
    return 0;
  return fail (failure, GPG_ERR_FALSE, "%s %s has no option --%.30s",
               noun->row->name, verb->row->name, option);
}

/* "complete LINE".  */
static gpg_error_t
info_complete (struct session *session, struct writer *out, char *rest,
               struct failure *failure)
{
  (void)failure;
  return complete_line (session, rest + (*rest != 0), out);
}

static const struct
{
  const char *name;
  gpg_error_t (*write) (struct session *session, struct writer *out, char *rest,
                        struct failure *failure);
} infos[] = { { "version", info_version },
              { "pid", info_pid },
              { "socket_name", info_socket_name },
              { "session", info_session },
              { "modules", info_modules },
              { "fences", info_fences },
              { "limits", info_limits },
              { "last_error", info_last_error },
              { "unsaved", info_unsaved },
              { "cmd_has_option", info_cmd_has_option },
              { "complete", info_complete },
              { NULL, NULL } };

const char *
session_info (size_t index)
{
  return infos[index].name;
}

static gpg_error_t
word_getinfo (assuan_context_t context, char *line)
{
  struct session *session = session_of (context);
  auto_failure struct failure failure = FAILURE_NONE;
  struct writer out = session_writer (session);
  size_t length = strcspn (line, " \t");
  char *rest = line + length;
  gpg_error_t err;
  int i;

  for (i = 0; infos[i].name; i++)
    if (strlen (infos[i].name) == length
        && !memcmp (infos[i].name, line, length))
      break;
  err = session_adopt_policy (session, &failure);
  if (!err && infos[i].name)
    err = infos[i].write (session, &out, rest, &failure);
  else if (!err)
    err = fail (&failure, GPG_ERR_INV_ARG,
                "there is no such information: HELP GETINFO lists all");
  writer_release (&out);
  return session_leave (session, err, &failure);
}

/* libassuan's own says that it is not implemented.  */
static gpg_error_t
word_cancel (assuan_context_t context, char *line)
{
  (void)context;
  (void)line;
  return 0;
}

const struct session_word session_words[] = {
  { "NONCE", "NONCE",
    "NONCE\n\n"
    "Answer a nonce of 64 hex digits for AUTH.  It is good once, for 60\n"
    "seconds, in this session only.",
    word_nonce, false },
  { "AUTH", "AUTH <identity> [<response>]",
    "AUTH <identity> [<response>]\n\n"
    "Prove the identity's key.  Without a response the server inquires\n"
    "RESPONSE; it is \"<mac>\" or \"<client-nonce>:<mac>\", and\n"
    "  mac = HMAC-SHA256 (key, F(\"reeve-auth-1\") F(\"client\") F(identity)\n"
    "    F(server-nonce) F(client-nonce) F(client-uid) F(server-uid))\n"
    "with F(x) = 4 bytes length, big endian, then x.  The status line\n"
    "\"S AUTH <identity> <proof>\" has the same with \"server\" for\n"
    "\"client\".  Three wrong responses end the connection.",
    word_auth, false },
  { "WHOAMI", "WHOAMI",
    "WHOAMI\n\n"
    "Answer a record: identity, authenticated (yes or no), uid, gid and pid\n"
    "of the peer as the kernel tells them, ceiling (read, write or destroy),\n"
    "dry-run (yes or no), session.",
    word_whoami, false },
  { "GETINFO", "GETINFO <what>",
    "GETINFO <what>\n\n"
    "  version      of the server\n"
    "  pid          of the process that serves this session\n"
    "  socket_name  on which the session came in\n"
    "  session      the id of this session\n"
    "  modules      the nouns, one a line\n"
    "  fences       records: process, fence, holds (yes or no)\n"
    "  limits       records: name, value, unit and description of what\n"
    "               reeved.conf may change\n"
    "  last_error   a record: code, error, advice and details of the last\n"
    "               ERR of this session\n"
    "  unsaved      the nouns with changes that the end of the session drops,\n"
    "               one a line\n"
    "  cmd_has_option NOUN VERB OPTION\n"
    "               OK if the verb has the option, else ERR with False\n"
    "  complete LINE\n"
    "               a list: what the last word of LINE, a request as far as\n"
    "               it is typed, may become; a word that ends with / or = "
    "goes\n"
    "               on",
    word_getinfo, false },
  { "OPTION", "OPTION <name>[=<value>]",
    "OPTION <name>[=<value>]\n\n"
    "Set for all calls of this session; each is also an option of every call\n"
    "(--name=value).\n"
    "  dry-run=1      show what a change would do and do nothing; only\n"
    "                 dry-run=0 lifts it, RESET does not\n"
    "  timeout=TIME   seconds, or with ms, s, min, h: limit for each call\n"
    "  output=json    answers as JSON Lines; output=text is the default\n"
    "  reason=TEXT    why, for the log\n"
    "  async=1        a change becomes a job: HELP JOB",
    NULL, false },
  { "HELP", "HELP [<noun> [<verb>]]",
    "HELP [<noun> [<verb>]]\n\n"
    "Tell about all commands, a noun's verbs, or one verb.",
    word_help, false },
  { "RESET", "RESET",
    "RESET\n\n"
    "Forget options (but dry-run), nonce and unsaved changes; the identity\n"
    "stays.",
    NULL, false },
  { "NOP", "NOP", "NOP\n\nDo nothing.", NULL, true },
  { "CANCEL", "CANCEL",
    "CANCEL\n\nEnd a call that streams or waits; otherwise do nothing.",
    word_cancel, true },
  { "BYE", "BYE", "BYE\n\nEnd the session.", NULL, true },
  { NULL, NULL, NULL, NULL, false }
};
