/* explain.c - what policy says to a command that nobody carries out
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/buffer.h"
#include "explain.h"

#define NAMES 8 /* Of one object.  */

static const char later[]
    = "each file is judged when it is read, each node when it is saved";

/* What is the same for all questions about one command.  */
struct inquiry
{
  const struct gate *gate;
  const struct registry *registry;
  const struct machine *machine;
  const struct registry_noun *noun;
  enum effect effect;
  gpg_error_t (*take) (void *context, const struct explanation *one);
  void *context;
  struct failure *failure;
};

bool
explanation_allows (const struct explanation *explanation)
{
  return explanation->note || explanation->verdict.reason == GATE_ALLOWED;
}

const char *
explanation_reason (const struct explanation *explanation)
{
  if (explanation->note)
    return "depends";
  switch (explanation->verdict.reason)
    {
    case GATE_ALLOWED:
      return explanation->verdict.rule ? "allow" : "needs no rule";
    case GATE_STRANGER:
      return "no identity";
    case GATE_EXPIRED:
      return "expired";
    case GATE_CEILING:
      return "ceiling";
    case GATE_DENIED:
      return "deny";
    case GATE_NO_RULE:
      break;
    }
  return "no rule";
}

static gpg_error_t
tell (const struct inquiry *inquiry, struct buffer *question,
      struct gate_verdict verdict, const char *note)
{
  struct explanation one = { .verdict = verdict, .note = note };

  if (buffer_error (question))
    return buffer_error (question);
  one.question = question->bytes;
  return inquiry->take (inquiry->context, &one);
}

/* --- Objects of a noun that is granted by effect --- */

/* What asks about an object begins with.  */
static void
put_effect (const struct inquiry *inquiry, struct buffer *question)
{
  buffer_printf (question, "%s %s", inquiry->noun->row->name,
                 policy_effect_name (inquiry->effect));
}

/* Ask about the object of the COUNT NAMES.  Who is refused gets TEXT back, as
   he wrote it: what there is is not for him to know.  */
static gpg_error_t
ask_about (const struct inquiry *inquiry, const char *text,
           struct object_name *names, size_t count)
{
  const struct noun *noun = inquiry->noun->row;
  auto_buffer struct buffer question = BUFFER_EMPTY;
  struct gate_verdict verdict = gate_explain_object (
      inquiry->gate, noun, inquiry->effect, names, count);
  struct gate_verdict all = verdict;
  bool allowed = verdict.reason == GATE_ALLOWED;

  put_effect (inquiry, &question);
  rule_write_term (&question, noun->object, 0, PATTERN_TREE,
                   allowed ? names[0].text : text);
  /* The command may also touch what is below.  */
  for (size_t i = 0; i < count; i++)
    names[i].entire = true;
  if (allowed)
    all = gate_explain_object (inquiry->gate, noun, inquiry->effect, names,
                               count);
  return all.reason == verdict.reason ? tell (inquiry, &question, verdict, NULL)
                                      : tell (inquiry, &question, all, later);
}

/* An object whose names are being asked for.  */
struct object
{
  const struct inquiry *inquiry;
  const char *text; /* As it was given.  */
};

/* What is read is read whole: ask about that.  */
static gpg_error_t
take_names (void *context, const struct object_name *names, size_t count)
{
  const struct object *object = context;
  struct object_name asked[NAMES] = { { .text = NULL } };
  char *copies[NAMES] = { NULL };
  gpg_error_t err = count > NAMES ? gpg_error (GPG_ERR_TOO_MANY) : 0;

  for (size_t i = 0; !err && i < count; i++)
    {
      asked[i] = names[i];
      if (object->inquiry->effect != EFFECT_READ)
        continue;
      copies[i] = strndup (names[i].text, names[i].whole);
      if (!copies[i])
        err = gpg_error (GPG_ERR_ENOMEM);
      asked[i].text = copies[i];
    }
  if (!err)
    err = ask_about (object->inquiry, object->text, asked, count);
  for (size_t i = 0; i < NAMES; i++)
    free (copies[i]);
  return err;
}

/* The object is not known: either it does not matter which, or that remains to
   be seen.  */
static gpg_error_t
ask_unknown (const struct inquiry *inquiry)
{
  const struct noun *noun = inquiry->noun->row;
  const struct verb any = { .name = policy_effect_name (inquiry->effect),
                            .effect = inquiry->effect };
  const struct call call = { .noun = noun, .verb = &any };
  auto_buffer struct buffer question = BUFFER_EMPTY;
  struct gate_verdict some = gate_explain (inquiry->gate, &call);
  struct gate_verdict all = gate_explain_object (inquiry->gate, noun,
                                                 inquiry->effect, NULL, 0);

  put_effect (inquiry, &question);
  if (some.reason != GATE_ALLOWED || all.reason == GATE_ALLOWED)
    return tell (inquiry, &question, some, NULL);
  return tell (inquiry, &question, all, later);
}

static gpg_error_t
ask_object (const struct inquiry *inquiry, const char *text)
{
  const struct noun *noun = inquiry->noun->row;
  struct object object = { inquiry, text };
  gpg_error_t err = gpg_error (GPG_ERR_INV_NAME);

  if (noun->find_object)
    err = noun->find_object (inquiry->machine, text, take_names, &object);
  return gpg_err_code (err) == GPG_ERR_INV_NAME ? ask_unknown (inquiry) : err;
}

/* "WRITE path=OBJECT": COUNT words behind the noun.  */
static gpg_error_t
explain_effect (const struct inquiry *inquiry, const struct word *word,
                size_t count)
{
  const char *object = inquiry->noun->row->object;
  size_t length = strlen (object);
  gpg_error_t err = 0;

  if (count == 1)
    return ask_unknown (inquiry);
  for (size_t i = 1; !err && i < count; i++)
    if (!strncmp (word[i].text, object, length) && word[i].text[length] == '=')
      err = ask_object (inquiry, word[i].text + length + 1);
    else
      return fail (inquiry->failure, GPG_ERR_SYNTAX,
                   "behind %s %s stands %s=OBJECT, not \"%.30s\"",
                   inquiry->noun->row->name,
                   policy_effect_name (inquiry->effect), object, word[i].text);
  return err;
}

/* Whether WORD is the name of an effect, which then is *R_EFFECT.  */
static bool
read_effect (const char *word, enum effect *r_effect)
{
  for (enum effect effect = EFFECT_READ; effect <= EFFECT_DESTROY; effect++)
    if (!strcasecmp (word, policy_effect_name (effect)))
      {
        *r_effect = effect;
        return true;
      }
  return false;
}

/* --- Calls --- */

/* Ask about each object that ARGUMENTS name.  */
static gpg_error_t
ask_arguments (const struct inquiry *inquiry, const struct arguments *arguments)
{
  const struct noun *noun = inquiry->noun->row;
  bool any = false;
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < arguments_count (arguments); i++)
    {
      const struct argument_value *value = arguments_value (arguments, i);

      if (strcmp (value->item->type->name, noun->object_type))
        continue;
      any = true;
      err = value->text ? ask_object (inquiry, value->text)
                        : ask_unknown (inquiry);
    }
  return err || any ? err : ask_unknown (inquiry);
}

/* Tell whether a rule says something to CALL.  */
static gpg_error_t
tell_right (void *context, const struct call *call)
{
  const struct inquiry *inquiry = context;
  auto_buffer struct buffer question = BUFFER_EMPTY;

  buffer_printf (&question, "%s %s", call->noun->name, call->verb->name);
  return tell (inquiry, &question, gate_explain (inquiry->gate, call), NULL);
}

static gpg_error_t
explain_call (struct inquiry *inquiry, const struct registry_verb *verb,
              const struct word *word, size_t count)
{
  struct call call = { .noun = inquiry->noun->row,
                       .verb = verb->row,
                       .registry = inquiry->registry,
                       .machine = inquiry->machine };
  struct gate_verdict verdict;
  gpg_error_t err;

  err = arguments_bind (&verb->grammar, &inquiry->registry->common, word + 1,
                        count - 1, &call.arguments, inquiry->failure);
  if (err)
    return err;
  verdict = gate_explain (inquiry->gate, &call);
  err = gate_each_right (&call, tell_right, inquiry);
  /* What is changed is read before.  */
  for (enum effect effect = EFFECT_READ;
       !err && verdict.reason == GATE_ALLOWED && effect <= verb->row->effect
       && call.noun->flags & NOUN_GRANT_BY_EFFECT;
       effect++)
    {
      inquiry->effect = effect;
      err = ask_arguments (inquiry, call.arguments);
    }
  arguments_release (call.arguments);
  return err;
}

gpg_error_t
explain (const struct gate *gate, const struct registry *registry,
         const struct machine *machine, const struct word *word, size_t count,
         gpg_error_t (*take) (void *context, const struct explanation *one),
         void *context, struct failure *failure)
{
  struct inquiry inquiry = { .gate = gate,
                             .registry = registry,
                             .machine = machine,
                             .take = take,
                             .context = context,
                             .failure = failure };
  const struct registry_verb *verb;
  size_t used;

  if (count < 2)
    return fail (failure, GPG_ERR_MISSING_VALUE,
                 "a command is NOUN VERB and what follows");
  inquiry.noun = registry_noun (registry, word[0].text);
  if (!inquiry.noun)
    return fail (failure, GPG_ERR_UNKNOWN_COMMAND,
                 "there is no noun %.30s: MODULE LIST lists them",
                 word[0].text);
  verb = registry_verb_spoken (inquiry.noun, word[1].text,
                               count > 2 ? word[2].text : NULL, &used);
  if (verb)
    return explain_call (&inquiry, verb, word + used, count - used);
  if (inquiry.noun->row->flags & NOUN_GRANT_BY_EFFECT
      && read_effect (word[1].text, &inquiry.effect))
    return explain_effect (&inquiry, word + 1, count - 1);
  return fail (failure, GPG_ERR_UNKNOWN_COMMAND,
               "%s has no verb %.20s: HELP %s lists them",
               inquiry.noun->row->name, word[1].text, inquiry.noun->row->name);
}
