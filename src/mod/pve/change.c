/* change.c - the verbs of PVE that change guests
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "change.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../../protocol/buffer.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/record.h"
#include "../../../protocol/text.h"
#include "../../call/relay.h"

/* What each verb does.  LOOK is the operation that tells what there is, "pve
   look" if none is named; a guest whose FIELD of that is ALREADY (or the
   argument WHERE) needs no change.  A plan says: WORDS, the
   argument WHICH and "of" if there is one, the guest, BEHIND and the argument
   WHERE.  AFTER is the state for the audit log.  */
static const struct change
{
  const char *verb;
  const char *look;
  const char *field;
  const char *already;
  const char *words;
  const char *which;
  const char *behind;
  const char *where;
  const char *after;
  bool undone; /* There is a way back.  */
} changes[] = {
  { .verb = "START",
    .field = "status",
    .already = "running",
    .words = "start",
    .after = "running",
    .undone = true },
  { .verb = "STOP",
    .field = "status",
    .already = "stopped",
    .words = "stop",
    .after = "stopped",
    .undone = true },
  { .verb = "SHUTDOWN",
    .field = "status",
    .already = "stopped",
    .words = "shut down",
    .after = "stopped" },
  { .verb = "REBOOT", .words = "reboot", .after = "running" },
  { .verb = "SUSPEND",
    .field = "state",
    .already = "paused",
    .words = "suspend",
    .after = "paused" },
  { .verb = "RESUME",
    .field = "state",
    .already = "running",
    .words = "resume",
    .after = "running" },
  { .verb = "SNAPSHOT",
    .words = "take snapshot",
    .which = "snapname",
    .undone = true },
  { .verb = "ROLLBACK", .words = "go back to snapshot", .which = "snapname" },
  { .verb = "DELSNAPSHOT", .words = "delete snapshot", .which = "snapname" },
  { .verb = "BACKUP", .words = "back up", .behind = "to", .where = "storage" },
  { .verb = "RESTORE",
    .look = "pve look restore",
    .words = "restore",
    .behind = "from",
    .where = "volid" },
  { .verb = "CLONE", .words = "clone", .behind = "to", .where = "newid" },
  { .verb = "RESIZE",
    .look = "pve look resize",
    .field = "same",
    .already = "yes",
    .words = "resize disk",
    .which = "disk",
    .behind = "to",
    .where = "size" },
  { .verb = "MIGRATE",
    .field = "node",
    .words = "migrate",
    .behind = "to",
    .where = "target" },
  { .verb = "DESTROY", .words = "destroy" },
  { .verb = "DELETE-CONTENT",
    .look = "pve look content",
    .words = "delete volume" },
};

void
more_add (struct more *more, const char *name, const char *value)
{
  if (!value)
    return;
  assert (more->count + 2 < sizeof more->pairs / sizeof *more->pairs);
  more->pairs[more->count++] = name;
  more->pairs[more->count++] = value;
}

/* --- Steps that several verbs have --- */

gpg_error_t
change_unchanged (struct call *call)
{
  gpg_error_t err = writer_field_bool (call->out, "changed", false);

  return err ? err : writer_record_end (call->out);
}

gpg_error_t
change_preflight (struct call *call, const struct more *more)
{
  auto_free char *nothing = NULL;

  return arg_number (call, "preflight", 0)
             ? relay_ask (call, "pve preflight", more->pairs, &nothing)
             : 0;
}

char *
change_snapshot_name (const char *prefix)
{
  time_t now = time (NULL);
  struct tm parts;
  char text[32];

  if (!gmtime_r (&now, &parts)
      || !strftime (text, sizeof text, "%Y%m%d-%H%M%S", &parts))
    return NULL;
  return text_format ("%s-%s", prefix, text);
}

gpg_error_t
change_snapshot_first (struct call *call, struct more *more, const char *guest,
                       char **r_name)
{
  auto_free char *description = NULL;

  *r_name = NULL;
  if (!arg_number (call, "snapshot", 0))
    return 0;
  *r_name = change_snapshot_name ("reeve");
  if (!*r_name)
    return gpg_error_from_syserror ();
  more_add (more, "snapname", *r_name);
  description = text_format ("take snapshot %s of %s\n", *r_name, guest);
  if (!description)
    return gpg_error_from_syserror ();
  return relay_append (
      call, &(struct relay_change){ .kind = &relay_api,
                                    .object = arg_text (call, "vmid"),
                                    .description = description,
                                    .after = *r_name,
                                    .operation = "pve snapshot",
                                    .undo = "pve snapshot undo",
                                    .more = more->pairs });
}

/* Append BEFORE, TEXT on one line, and BEHIND.  */
static void
append_escaped (struct buffer *to, const char *before, const char *text,
                const char *behind)
{
  buffer_string (to, before);
  record_escape (to, text, strlen (text));
  buffer_string (to, behind);
}

gpg_error_t
change_guest_name (struct call *call, const char *text, char **r_name)
{
  auto_buffer struct buffer name = BUFFER_EMPTY;
  auto_free char *kind = NULL;
  auto_free char *own = NULL;
  auto_free char *node = NULL;
  size_t count = arg_count (call, "vmid");
  gpg_error_t err = relay_field (text, "kind", &kind);

  *r_name = NULL;
  if (!err)
    err = relay_field (text, "name", &own);
  if (!err)
    err = relay_field (text, "node", &node);
  if (err)
    return err;
  buffer_string (&name, count > 1                       ? "guests"
                        : kind && !strcmp (kind, "lxc") ? "container"
                                                        : "virtual machine");
  for (size_t i = 0; i < count; i++)
    buffer_printf (&name, "%s%s", i ? ", " : " ",
                   arg_text_at (call, "vmid", i, NULL));
  /* What the server says begins no line of the plan.  */
  if (own && count == 1)
    append_escaped (&name, " (", own, ")");
  if (node)
    append_escaped (&name, " on ", node, "");
  return buffer_take (&name, r_name, NULL);
}

/* --- The plan --- */

/* What looking told.  */
struct found
{
  char *kind;
  char *node;
  char *status;
  char *storage; /* Of a volume to be deleted.  */
  char *task_id;
  char *volume; /* A disk's, that grows.  */
  char *digest;
  char *guest; /* How it is called.  */
};

static void
found_release (struct found *found)
{
  free (found->kind);
  free (found->node);
  free (found->status);
  free (found->storage);
  free (found->task_id);
  free (found->volume);
  free (found->digest);
  free (found->guest);
}

static gpg_error_t
found_read (const char *text, struct found *found)
{
  const struct
  {
    const char *name;
    char **r_value;
  } fields[] = { { "kind", &found->kind },       { "node", &found->node },
                 { "status", &found->status },   { "storage", &found->storage },
                 { "task_id", &found->task_id }, { "volume", &found->volume },
                 { "digest", &found->digest } };
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < sizeof fields / sizeof *fields; i++)
    err = relay_field (text, fields[i].name, fields[i].r_value);
  return err;
}

/* Whether TEXT, what was found, is what CHANGE would make of it.  */
static gpg_error_t
is_so (struct call *call, const struct change *change, const char *text,
       bool *r_so)
{
  const char *already = change->already ? change->already
                        : change->where ? arg_text (call, change->where)
                                        : NULL;
  auto_free char *value = NULL;
  gpg_error_t err = change->field ? relay_field (text, change->field, &value)
                                  : 0;

  *r_so = value && already && !strcmp (value, already);
  return err;
}

/* The lines of a dry run, for the caller to free.  */
static gpg_error_t
describe (struct call *call, const struct change *change,
          const struct found *found, char **r_text)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  const char *size = change->where ? arg_text (call, change->where) : NULL;

  buffer_string (&text, change->words);
  if (change->which)
    buffer_printf (&text, " %s of", arg_text (call, change->which));
  buffer_printf (&text, " %s", found->guest);
  if (size && *size == '+')
    buffer_printf (&text, " by %s", size + 1);
  else if (size)
    buffer_printf (&text, " %s %s", change->behind, size);
  if (found->volume)
    append_escaped (&text, " (now ", found->volume, ")");
  else if (found->status && arg_count (call, "vmid") == 1)
    append_escaped (&text, " (now ", found->status, ")");
  buffer_string (&text, "\n");
  return buffer_take (&text, r_text, NULL);
}

static gpg_error_t
append (struct call *call, const struct change *change,
        const struct found *found, const struct more *more)
{
  auto_free char *description = NULL;
  const char *object = found->storage ? arg_text (call, "volid")
                                      : arg_text (call, "vmid");
  gpg_error_t err = describe (call, change, found, &description);

  if (err)
    return err;
  return relay_append (
      call, &(struct relay_change){ .kind = &relay_api,
                                    .object = object,
                                    .description = description,
                                    .before = found->status,
                                    .after = change->after,
                                    .operation = "pve act",
                                    .undo = change->undone ? "pve undo" : NULL,
                                    .more = more->pairs });
}

/* Plan CHANGE of what was FOUND.  */
static gpg_error_t
plan (struct call *call, const struct change *change, struct found *found)
{
  auto_free char *snapshot = NULL;
  struct more more = { .count = 0 };
  gpg_error_t err;

  more_add (&more, "verb", change->verb);
  more_add (&more, "kind", found->kind ? found->kind : "");
  more_add (&more, "node", found->node);
  more_add (&more, "volume-storage", found->storage);
  more_add (&more, "task-id",
            found->task_id                    ? found->task_id
            : strcmp (change->verb, "BACKUP") ? NULL
            : arg_count (call, "vmid") == 1   ? arg_text (call, "vmid")
                                              : "");
  more_add (&more, "volume", found->volume);
  /* A snapshot will change it.  */
  if (found->digest && !arg_number (call, "snapshot", 0))
    more_add (&more, "digest", found->digest);
  err = change_preflight (call, &more);
  if (!err && !strcmp (change->verb, "RESIZE"))
    err = change_snapshot_first (call, &more, found->guest, &snapshot);
  return err ? err : append (call, change, found, &more);
}

gpg_error_t
pve_change (struct call *call)
{
  const struct change *change = changes;
  const char *const verb[] = { "verb", call->verb->name, NULL };
  auto_free char *text = NULL;
  struct found found = { NULL };
  bool so = false;
  gpg_error_t err;

  while (strcmp (change->verb, call->verb->name))
    change++;
  err = relay_ask (call, change->look ? change->look : "pve look", verb, &text);
  if (!err)
    err = found_read (text, &found);
  if (!err)
    err = is_so (call, change, text, &so);
  if (!err && found.storage)
    found.guest = strdup (arg_text (call, "volid"));
  else if (!err)
    err = change_guest_name (call, text, &found.guest);
  if (!err && !found.guest)
    err = gpg_error_from_syserror ();
  if (!err)
    err = so ? change_unchanged (call) : plan (call, change, &found);
  found_release (&found);
  return err;
}
