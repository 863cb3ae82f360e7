/* golden.c - PVE CREATE-GOLDEN: planning it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "golden.h"

#include <stdlib.h>

#include "../../../protocol/buffer.h"
#include "../../../protocol/memory.h"
#include "../../call/relay.h"
#include "golden_words.h"

/* Have the plan carry out "pct" with WORDS.  There is no way back: what would
   have to be destroyed could be another's container, if the worker was lost
   before pct looked whether the number is free.  */
static gpg_error_t
plan (struct call *call, const struct golden_words *words)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  auto_free char *description = NULL;
  struct relay_change change = { .kind = &relay_tool,
                                 .program = RELAY_MACHINE,
                                 .object = words->vmid,
                                 .after = "created",
                                 .operation = "pve create-golden" };
  gpg_error_t err;

  buffer_string (&text, "run pct");
  for (const char *const *word = words->words; *word; word++)
    buffer_printf (&text, " %s", *word);
  buffer_string (&text, "\n");
  err = buffer_take (&text, &description, NULL);
  if (err)
    return err;
  change.description = description;
  return relay_append (call, &change);
}

gpg_error_t
pve_create_golden (struct call *call)
{
  const struct golden golden = GOLDEN_OF (arg, call);
  struct golden_words words;
  gpg_error_t err = golden_check (&golden, &call->failure);

  if (err)
    return err;
  golden_words (&golden, &words);
  return plan (call, &words);
}
