/* module.c - MODULE: what this daemon can do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>

#include "../../call/call.h"
#include "../../call/registry.h"
#include "module.h"

static gpg_error_t
module_list (struct call *call)
{
  const struct registry *registry = call->registry;
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < registry->count; i++)
    {
      const struct registry_noun *noun = registry->noun + i;

      err = writer_field (call->out, "noun", "%s", noun->row->name);
      if (!err)
        err = writer_field (call->out, "description", "%s", noun->row->summary);
      if (!err)
        err = writer_field_number (call->out, "verbs", (int64_t)noun->count);
      if (!err)
        err = writer_record_end (call->out);
    }
  return err;
}

static gpg_error_t
write_verb (struct call *call, const struct verb *verb)
{
  gpg_error_t err = writer_field (call->out, "verb", "%s", verb->name);

  if (!err)
    err = writer_field (call->out, "arguments", "%s", verb->args);
  if (!err)
    err = writer_field (call->out, "effect", "%s", effect_name (verb->effect));
  if (!err)
    err = writer_field (call->out, "description", "%s", verb->summary);
  return err ? err : writer_record_end (call->out);
}

static gpg_error_t
module_info (struct call *call)
{
  const char *name = arg_text (call, "noun");
  const struct registry_noun *noun = registry_noun (call->registry, name);
  gpg_error_t err;

  if (!noun)
    return fail (&call->failure, GPG_ERR_NOT_FOUND,
                 "there is no noun %.30s: MODULE LIST lists them", name);
  err = writer_field (call->out, "noun", "%s", noun->row->name);
  if (!err)
    err = writer_field (call->out, "description", "%s", noun->row->summary);
  if (!err)
    err = writer_record_end (call->out);
  for (size_t i = 0; !err && i < noun->count; i++)
    err = write_verb (call, noun->verb[i].row);
  return err;
}

static const struct verb verbs[] = {
  { .name = "LIST",
    .args = "",
    .effect = EFFECT_READ,
    .run = module_list,
    .summary = "the nouns",
    .help = "Answers records: noun, description, verbs (their number).\n"
            "Example: MODULE LIST",
    .flags = VERB_UNGRANTED },
  { .name = "INFO",
    .args = "<noun:string>",
    .effect = EFFECT_READ,
    .run = module_info,
    .summary = "a noun and its verbs",
    .help = "Answers a record with noun and description, then one for each\n"
            "verb: verb, arguments (the grammar of the verb's row, with\n"
            "types), effect (read, write or destroy), description.\n"
            "NOT_FOUND: there is no such noun.\n"
            "Example: MODULE INFO AUG",
    .flags = VERB_UNGRANTED },
  { .name = NULL }
};

const struct noun module_noun
    = { .name = "MODULE",
        .summary = "what this daemon can do",
        .help = "Every identity may ask: these verbs tell no more than HELP.",
        .verbs = verbs };
