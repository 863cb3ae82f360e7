/* aug.c - the noun AUG: configuration files through libaugeas
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <stdlib.h>
#include <string.h>
#include "aug.h"
#include "session.h"
#include "../../base/fence.h"
#include "../../../protocol/memory.h"

/* The whole answer is one value, in pieces.  */
static gpg_error_t
take_value (struct call *call, const struct message *message, void *context)
{
  struct buffer *value = context;

  if (message->count != 1)
    return gpg_error (GPG_ERR_INV_PACKET);
  if (value->length + message->items[0].length > LIMIT_ANSWER)
    return fail (&call->failure, GPG_ERR_TOO_LARGE,
                 "the answer is too large: ask for a part of it");
  buffer_append (value, message->items[0].bytes, message->items[0].length);
  return buffer_error (value);
}

/* Carry OPERATION out and write the value that it answers with.  */
static gpg_error_t
ask_value (struct call *call, enum channel_operation operation,
           const char *const *arguments, size_t count)
{
  auto_buffer struct buffer value = BUFFER_EMPTY;
  gpg_error_t err = aug_request (call, operation, arguments, count, take_value,
                                 &value);

  if (err)
    return err;
  return writer_value (call->out, value.bytes ? value.bytes : "", value.length);
}

/* Note that there may be edits to lose.  */
static gpg_error_t
will_edit (struct call *call)
{
  struct aug_session *session;
  gpg_error_t err = aug_session_get (call, &session);

  if (!err)
    session->edited = true;
  return err;
}

/* One record a value, each beside its path.  */
static gpg_error_t
take_records (struct call *call, const struct message *message, void *context)
{
  size_t *next = context;
  gpg_error_t err = 0;

  for (size_t i = 0; i < message->count && !err; i++)
    {
      const char *path = arg_text_at (call, "path", (*next)++, NULL);

      if (!path)
        return gpg_error (GPG_ERR_INV_PACKET);
      err = writer_field_bytes (call->out, "path", path, strlen (path));
      if (!err)
        err = writer_field_bytes (call->out, "value", message->items[i].bytes,
                                  message->items[i].length);
      if (!err)
        err = writer_record_end (call->out);
    }
  return err;
}

static gpg_error_t
run_get (struct call *call)
{
  const char *paths[LIMIT_WORDS];
  size_t count = arg_count (call, "path");
  size_t next = 0;

  if (count > LIMIT_WORDS)
    return gpg_error (GPG_ERR_TOO_MANY);
  for (size_t i = 0; i < count; i++)
    paths[i] = arg_text_at (call, "path", i, NULL);
  if (count == 1)
    return ask_value (call, CHANNEL_GET, paths, 1);
  return aug_request (call, CHANNEL_GET, paths, count, take_records, &next);
}

static gpg_error_t
run_label (struct call *call)
{
  const char *path = arg_text (call, "path");

  return ask_value (call, CHANNEL_LABEL, &path, 1);
}

static gpg_error_t
take_items (struct call *call, const struct message *message, void *context)
{
  gpg_error_t err = 0;

  (void)context;
  for (size_t i = 0; i < message->count && !err; i++)
    err = writer_item (call->out, message->items[i].bytes,
                       message->items[i].length);
  return err;
}

static gpg_error_t
run_match (struct call *call)
{
  const char *path = arg_text (call, "path");

  return aug_request (call, CHANNEL_MATCH, &path, 1, take_items, NULL);
}

static gpg_error_t
take_listing (struct call *call, const struct message *message, void *context)
{
  const struct item *item = message->items;
  gpg_error_t err = 0;

  (void)context;
  if (message->count % 4)
    return gpg_error (GPG_ERR_INV_PACKET);
  for (size_t i = 0; i < message->count && !err; i += 4, item += 4)
    {
      err = writer_field_bytes (call->out, "label", item[0].bytes,
                                item[0].length);
      if (!err)
        err = writer_field_bytes (call->out, "path", item[1].bytes,
                                  item[1].length);
      if (!err && item[3].length)
        err = writer_field_bytes (call->out, "value", item[3].bytes + 1,
                                  item[3].length - 1);
      if (!err)
        err = writer_field_bool (call->out, "children",
                                 item_is (&item[2], "1"));
      if (!err)
        err = writer_record_end (call->out);
    }
  return err;
}

static gpg_error_t
run_ls (struct call *call)
{
  const char *path = arg_text (call, "path");

  return aug_request (call, CHANNEL_LS, &path, 1, take_listing, NULL);
}

static gpg_error_t
run_print (struct call *call)
{
  const char *path = arg_text (call, "path");

  return ask_value (call, CHANNEL_PRINT, &path, 1);
}

/* Carry out an OPERATION that edits and answers nothing.  */
static gpg_error_t
edit (struct call *call, enum channel_operation operation,
      const char *const *arguments, size_t count)
{
  gpg_error_t err = will_edit (call);

  return err ? err
             : aug_request (call, operation, arguments, count, NULL, NULL);
}

static gpg_error_t
run_set (struct call *call)
{
  const char *arguments[] = { arg_text (call, "path"),
                              arg_text (call, "value") };

  return edit (call, CHANNEL_SET, arguments, 2);
}

static gpg_error_t
run_setm (struct call *call)
{
  const char *arguments[] = { arg_text (call, "base"), arg_text (call, "sub"),
                              arg_text (call, "value") };
  gpg_error_t err = will_edit (call);

  return err ? err : ask_value (call, CHANNEL_SETM, arguments, 3);
}

static gpg_error_t
run_clear (struct call *call)
{
  const char *path = arg_text (call, "path");

  return edit (call, CHANNEL_CLEAR, &path, 1);
}

static gpg_error_t
run_insert (struct call *call)
{
  const char *arguments[] = { arg_text (call, "label"),
                              arg_text (call, "where"),
                              arg_text (call, "path") };

  return edit (call, CHANNEL_INSERT, arguments, 3);
}

static gpg_error_t
run_remove (struct call *call)
{
  const char *path = arg_text (call, "path");
  gpg_error_t err = will_edit (call);

  return err ? err : ask_value (call, CHANNEL_REMOVE, &path, 1);
}

static gpg_error_t
run_move (struct call *call)
{
  const char *arguments[] = { arg_text (call, "source"),
                              arg_text (call, "destination") };

  return edit (call, CHANNEL_MOVE, arguments, 2);
}

static gpg_error_t
run_defvar (struct call *call)
{
  const char *arguments[] = { arg_text (call, "name"),
                              arg_text (call, "expression") };

  return ask_value (call, CHANNEL_DEFVAR, arguments, 2);
}

static gpg_error_t
run_load (struct call *call)
{
  struct aug_session *session;
  gpg_error_t err = aug_session_get (call, &session);

  if (err)
    return err;
  known_files_drop_all (session);
  err = aug_request (call, CHANNEL_LOAD, NULL, 0, NULL, NULL);
  if (!err)
    session->edited = false;
  return err;
}

static gpg_error_t
run_revert (struct call *call)
{
  struct aug_session *session;
  gpg_error_t err = aug_session_get (call, &session);

  if (!err)
    err = aug_request (call, CHANNEL_REVERT, NULL, 0, NULL, NULL);
  if (!err)
    session->edited = false;
  return err;
}

static gpg_error_t
take_errors (struct call *call, const struct message *message, void *context)
{
  static const char *const names[] = { "file",
                                       "error",
                                       "line",
                                       "character",
                                       "lens",
                                       "last-matched",
                                       "next-not-matched",
                                       "message" };
  const size_t fields = sizeof names / sizeof *names;
  gpg_error_t err = 0;

  (void)context;
  if (message->count % fields)
    return gpg_error (GPG_ERR_INV_PACKET);
  for (size_t i = 0; i < message->count && !err; i++)
    {
      if (message->items[i].length)
        err = writer_field_bytes (call->out, names[i % fields],
                                  message->items[i].bytes,
                                  message->items[i].length);
      if (!err && i % fields == fields - 1)
        err = writer_record_end (call->out);
    }
  return err;
}

static gpg_error_t
run_errors (struct call *call)
{
  const char *path = arg_text (call, "path");

  return aug_request (call, CHANNEL_ERRORS, &path, 1, take_errors, NULL);
}

/* Write which fences hold round the worker; one is started if need be.  */
static gpg_error_t
write_fences (struct call *call)
{
  auto_free char *names = strdup (FENCE_NAMES);
  const char *path = "/augeas/version";
  struct aug_session *session;
  char *rest = names;
  char *name;
  gpg_error_t err = aug_session_get (call, &session);

  if (!names)
    return gpg_error (GPG_ERR_ENOMEM);
  if (!err && !session->report)
    err = aug_request (call, CHANNEL_MATCH, &path, 1, NULL, NULL);
  while (!err && (name = strsep (&rest, " ")))
    {
      const char *report = session->report ? session->report : "";
      const char *found = strstr (report, name);
      size_t length = strlen (name);
      bool holds = found && (found == report || found[-1] == ' ')
                   && (!found[length] || found[length] == ' ');

      err = writer_field (call->out, "process", "augeas worker");
      if (!err)
        err = writer_field (call->out, "fence", "%s", name);
      if (!err)
        err = writer_field_bool (call->out, "holds", holds);
      if (!err)
        err = writer_record_end (call->out);
    }
  return err;
}

static const struct verb verbs[] = {
  { "GET", "<path:augpath>...", EFFECT_READ, run_get, NULL,
    "the value of a node",
    "One path: the value.  Several: records with the fields path and value.\n"
    "NOT_FOUND: no node matches.  NO_DATA: the node has no value.\n"
    "AMBIGUOUS: several match.  BAD_DATA: the file does not parse, see the\n"
    "details.\n"
    "Example: AUG GET /files/etc/hosts/1/ipaddr" },
  { "LABEL", "<path:augpath>", EFFECT_READ, run_label, NULL,
    "the label of a node",
    "The label.  NOT_FOUND, AMBIGUOUS as for GET.\n"
    "Example: AUG LABEL /files/etc/hosts/*[ipaddr='127.0.0.1']" },
  { "MATCH", "<path:augpath>", EFFECT_READ, run_match, NULL,
    "the paths of all nodes that match",
    "A list of paths, empty if none matches.\n"
    "Example: AUG MATCH /files/etc/hosts/*" },
  { "LS", "<path:augpath>", EFFECT_READ, run_ls, NULL, "the children of a node",
    "Records with the fields label, path, value (left out if there is none)\n"
    "and children (yes or no).\n"
    "Example: AUG LS /files/etc/hosts/1" },
  { "PRINT", "[<path:augpath>]", EFFECT_READ, run_print, NULL,
    "nodes and all below them as text",
    "The text that augtool prints: a line \"path = \\\"value\\\"\" a node.\n"
    "Without a path: everything.\n"
    "Example: AUG PRINT /files/etc/hosts" },
  { "SET", "<path:augpath> [<value:text>]", EFFECT_WRITE, run_set, NULL,
    "set the value of a node",
    "Makes the node if there is none.  Without a value the node has none.\n"
    "Nothing is written before SAVE.  AMBIGUOUS: several nodes match.\n"
    "Example: AUG SET /files/etc/hosts/1/canonical localhost" },
  { "SETM", "<base:augpath> <sub:augpath> [<value:text>]", EFFECT_WRITE,
    run_setm, NULL, "set the values of many nodes",
    "Sets SUB below each node that BASE matches, making it where there is\n"
    "none; \".\" is the node itself.  Answers how many were set.\n"
    "Example: AUG SETM /files/etc/fstab/* passno 0" },
  { "CLEAR", "<path:augpath>", EFFECT_WRITE, run_clear, NULL,
    "take the value of a node away",
    "Makes the node if there is none.\n"
    "Example: AUG CLEAR /files/etc/ssh/sshd_config/Banner" },
  { "INSERT", "<label:string> <where:enum(before|after)> <path:augpath>",
    EFFECT_WRITE, run_insert, NULL, "insert a node beside another",
    "PATH must match one node: else NOT_FOUND or AMBIGUOUS.\n"
    "Example: AUG INSERT alias after /files/etc/hosts/1/canonical" },
  { "REMOVE", "<path:augpath>", EFFECT_WRITE, run_remove, NULL,
    "remove nodes and all below them",
    "Answers how many nodes were removed, 0 if none matches.  SAVE removes a\n"
    "file whose node is gone.\n"
    "Example: AUG REMOVE /files/etc/hosts/2" },
  { "MOVE", "<source:augpath> <destination:augpath>", EFFECT_WRITE, run_move,
    NULL, "move a node",
    "SOURCE must match one node; DESTINATION is made if there is none, and\n"
    "loses what it had.\n"
    "Example: AUG MOVE /files/etc/hosts/2 /files/etc/hosts/9" },
  { "DEFVAR", "<name:string> <expression:augpath>", EFFECT_READ, run_defvar,
    NULL, "give a set of nodes a name",
    "Later expressions use it as $name.  Answers how many nodes it has.\n"
    "Example: AUG DEFVAR hosts /files/etc/hosts/*" },
  { "LOAD", "", EFFECT_READ, run_load, NULL,
    "forget all files and edits; read anew",
    "Files are read when an expression needs them.  Variables are evaluated\n"
    "again.\n"
    "Example: AUG LOAD" },
  { "ERRORS", "[<path:augpath>]", EFFECT_READ, run_errors, NULL,
    "which files do not parse, and why",
    "Records with the fields file, error, line, character (from 0), lens,\n"
    "last-matched, next-not-matched and message, as far as known.  Without a\n"
    "path all files are read.\n"
    "Example: AUG ERRORS /files/etc/fstab" },
  { "DIFF", "", EFFECT_READ, aug_diff, NULL, "what SAVE would write",
    "A unified diff; nothing if nothing would change.  NOT_SUPPORTED: a node\n"
    "was set that no lens would write; the details name it.  BAD_DATA: the\n"
    "nodes of a file do not make a text; see the details.\n"
    "Example: AUG DIFF" },
  { "SAVE", "", EFFECT_WRITE, aug_save, aug_save_done,
    "write all changed files, or none",
    "A list of the files that were written or removed.  CONFLICT: somebody\n"
    "else changed a file since it was read; nothing is written, LOAD reads\n"
    "it anew.  Other errors as for DIFF.\n"
    "Example: AUG SAVE" },
  { "REVERT", "", EFFECT_READ, run_revert, NULL, "drop all unsaved edits",
    "The files' nodes are as they were loaded.\n"
    "Example: AUG REVERT" },
  { NULL, NULL, EFFECT_READ, NULL, NULL, NULL, NULL }
};

const struct noun aug_noun = {
  .name = "AUG",
  .summary = "configuration files as trees",
  .help = "Each configuration file that augeas knows is a tree below /files.\n"
          "A path expression finds nodes; edits stay in this session until\n"
          "SAVE writes them.",
  .verbs = verbs,
  .flags = NOUN_GRANT_BY_EFFECT,
  .session_end = aug_session_end,
  .fences = write_fences,
  .helper = "reeve-augeas",
};
