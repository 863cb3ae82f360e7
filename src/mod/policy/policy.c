/* policy.c - POLICY: who may do what, and why
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/moment.h"
#include "../../call/call.h"
#include "../../gate/explain.h"
#include "policy.h"

/* Write where something stands; LINE is 0 for what is built in.  */
static gpg_error_t
write_place (struct writer *out, const char *file, unsigned line)
{
  gpg_error_t err = 0;

  if (line)
    err = writer_field (out, "file", "%s", file);
  return err || !line ? err : writer_field_number (out, "line", line);
}

/* Write a rule as the fields rule, file and line.  */
static gpg_error_t
write_rule (struct writer *out, const struct rule *rule)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  gpg_error_t err;

  rule_write (rule, &text);
  err = buffer_error (&text);
  if (!err)
    err = writer_field (out, "rule", "%s", text.bytes);
  return err ? err : write_place (out, rule->file, rule->line);
}

/* --- SHOW --- */

/* A time as a policy has it.  */
static gpg_error_t
write_time (struct writer *out, const char *name, int64_t seconds)
{
  char text[MOMENT_TEXT];

  if (!seconds || !moment_write (seconds, text))
    return 0;
  return writer_field (out, name, "%s", text);
}

static gpg_error_t
write_identity (struct call *call, const struct gate *gate)
{
  const struct identity *identity = gate->identity;
  struct writer *out = call->out;
  char rate[RATE_TEXT];
  gpg_error_t err = writer_field (out, "identity", "%s", identity->name);

  if (!err)
    err = writer_field (out, "ceiling", "%s",
                        effect_name (gate_ceiling (gate)));
  if (!err && identity->rate.calls)
    err = writer_field (out, "rate", "%s", rate_text (&identity->rate, rate));
  if (!err)
    err = writer_field_bool (out, "dry-run", identity->dry_run);
  if (!err)
    err = write_time (out, "expires", identity->expires);
  if (!err)
    err = write_place (out, identity->file, identity->line);
  return err ? err : writer_record_end (out);
}

static gpg_error_t
policy_show (struct call *call)
{
  const struct gate *gate = call->gate;
  const struct identity *identity = gate->identity;
  gpg_error_t err = write_identity (call, gate);

  for (size_t i = 0; !err && i < identity->rule_count; i++)
    {
      err = write_rule (call->out, identity->rule + i);
      if (!err)
        err = writer_record_end (call->out);
    }
  return err;
}

/* --- EXPLAIN --- */

static gpg_error_t
write_explanation (void *context, const struct explanation *one)
{
  struct call *call = context;
  struct writer *out = call->out;
  gpg_error_t err = writer_field (out, "question", "%s", one->question);

  if (!err)
    err = writer_field_bool (out, "allowed", explanation_allows (one));
  if (!err)
    err = writer_field (out, "reason", "%s", explanation_reason (one));
  if (!err && one->note)
    err = writer_field (out, "note", "%s", one->note);
  if (!err && one->verdict.rule)
    err = write_rule (out, one->verdict.rule);
  return err ? err : writer_record_end (out);
}

/* The words of the argument "command" as words of a line, in which a lone @ is
   a value that is still to come.  */
static gpg_error_t
policy_explain (struct call *call)
{
  size_t count = arg_count (call, "command");
  auto_free struct word *word = calloc (count, sizeof *word);

  if (!word)
    return gpg_error_from_syserror ();
  for (size_t i = 0; i < count; i++)
    {
      const char *text = arg_text_at (call, "command", i, &word[i].length);

      word[i].text = (char *)text;
      if (!strcmp (text, "@"))
        word[i].kind = WORD_ASK;
      else if (!strncmp (text, "--", 2))
        word[i].kind = WORD_OPTION;
    }
  return explain (call->gate, call->registry, call->machine, word, count,
                  write_explanation, call, &call->failure);
}

/* --- RELOAD --- */

static gpg_error_t
policy_reload (struct call *call)
{
  return call->reload (call);
}

static const struct verb verbs[] = {
  { .name = "SHOW",
    .args = "",
    .effect = EFFECT_READ,
    .run = policy_show,
    .summary = "what you may do",
    .help = "A record with identity, ceiling (read, write or destroy: the\n"
            "lower one of the way in and of the identity), rate, dry-run\n"
            "(yes or no), expires, file and line, as far as set; then one for\n"
            "each rule with rule, file and line.  What is built in has no\n"
            "file.\n"
            "Example: POLICY SHOW",
    .flags = VERB_UNGRANTED },
  { .name = "EXPLAIN",
    .args = "<command:text>...",
    .effect = EFFECT_READ,
    .run = policy_explain,
    .summary = "whether you may, and which rule decides",
    .help = "COMMAND is a noun, a verb and what follows, and is not carried\n"
            "out; or what rules name, as AUG WRITE path=/files/etc/hosts.\n"
            "A record for each question that the gates would ask: question,\n"
            "allowed (yes or no), reason, and the deciding rule with its file\n"
            "and line.  The reasons:\n"
            "  allow, deny    that rule\n"
            "  no rule        none allows it\n"
            "  needs no rule  every identity may\n"
            "  ceiling        the way in or the identity admits less\n"
            "  depends        the note says on what\n"
            "The command is allowed if all questions are.  Errors as those of\n"
            "the command itself.  A value that only an inquiry can get is\n"
            "written %40.\n"
            "Example: POLICY EXPLAIN AUG SET /files/etc/hosts/1/ipaddr x",
    .flags = VERB_UNGRANTED },
  { .name = "RELOAD",
    .args = "",
    .effect = EFFECT_WRITE,
    .run = policy_reload,
    .summary = "read configuration, policy and keys anew",
    .help = "As SIGHUP does.  All sessions take the new policy over before\n"
            "their next call.  CONFIGURATION: a file has a mistake, or others\n"
            "could have written it; the advice says which and where, and the\n"
            "old configuration stays in force.\n"
            "Example: POLICY RELOAD",
    .flags = VERB_DESPITE_CHANGES },
  { .name = NULL }
};

const struct noun policy_noun
    = { .name = "POLICY",
        .summary = "who may do what",
        .help = "The rules of this client, which of them decides about a\n"
                "command, and reading all of them anew.",
        .verbs = verbs };
