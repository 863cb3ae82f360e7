/* set.c - PVE SET: planning a change of a guest's configuration
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "../../call/relay.h"
#include "change.h"

/* What looking told (set_work.h).  */
struct now
{
  char *kind;
  char *node;
  char *digest;
  char *same;
  char *locked;
  char *changes;
  char *back;
};

static gpg_error_t
look (struct call *call, struct now *now, char **r_guest)
{
  const struct
  {
    const char *name;
    char **r_value;
  } fields[] = { { "kind", &now->kind },       { "node", &now->node },
                 { "digest", &now->digest },   { "same", &now->same },
                 { "locked", &now->locked },   { "changes", &now->changes },
                 { "back", &now->back } };
  auto_free char *text = NULL;
  gpg_error_t err = relay_ask (call, "pve look set", NULL, &text);

  *r_guest = NULL;
  for (size_t i = 0; !err && i < sizeof fields / sizeof *fields; i++)
    {
      err = relay_field (text, fields[i].name, fields[i].r_value);
      if (!err && !*fields[i].r_value)
        err = gpg_error (GPG_ERR_SERVER_FAILED);
    }
  return err ? err : change_guest_name (call, text, r_guest);
}

static gpg_error_t
plan (struct call *call, const struct now *now, const char *guest)
{
  auto_free char *snapshot = NULL;
  auto_free char *description = NULL;
  struct more more = { .count = 0 };
  gpg_error_t err;

  more_add (&more, "verb", "SET");
  more_add (&more, "kind", now->kind);
  more_add (&more, "node", now->node);
  more_add (&more, "digest", now->digest);
  more_add (&more, "locked", now->locked);
  more_add (&more, "back", now->back);
  err = change_preflight (call, &more);
  if (!err)
    err = change_snapshot_first (call, &more, guest, &snapshot);
  if (err)
    return err;
  description = text_format ("change %s:\n%s", guest, now->changes);
  if (!description)
    return gpg_error_from_syserror ();
  return relay_append (
      call, &(struct relay_change){ .kind = &relay_api,
                                    .object = arg_text (call, "vmid"),
                                    .description = description,
                                    .before = now->digest,
                                    .operation = "pve set",
                                    .undo = "pve set undo",
                                    .more = more.pairs });
}

gpg_error_t
pve_set (struct call *call)
{
  struct now now = { NULL };
  auto_free char *guest = NULL;
  gpg_error_t err = look (call, &now, &guest);

  if (!err)
    err = !strcmp (now.same, "yes") ? change_unchanged (call)
                                    : plan (call, &now, guest);
  free (now.kind);
  free (now.node);
  free (now.digest);
  free (now.same);
  free (now.locked);
  free (now.changes);
  free (now.back);
  return err;
}
