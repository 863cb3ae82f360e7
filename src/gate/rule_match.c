/* rule_match.c - a rule beside a call or an object
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <string.h>

#include "rule.h"

/* The names of one value's object, the canonical one first.  */
struct names
{
  bool known;
  bool doubt; /* They could not be found out.  */
  size_t count;
  char **name;
};

struct subject
{
  const struct call *call;
  size_t count;
  struct names names[]; /* Of each value.  */
};

gpg_error_t
subject_new (const struct call *call, struct subject **r_subject)
{
  size_t count = arguments_count (call->arguments);
  struct subject *subject = calloc (1, sizeof *subject
                                           + count * sizeof *subject->names);

  *r_subject = subject;
  if (!subject)
    return gpg_error_from_syserror ();
  subject->call = call;
  subject->count = count;
  return 0;
}

void
subject_release (struct subject *subject)
{
  if (!subject)
    return;
  for (size_t i = 0; i < subject->count; i++)
    {
      for (size_t j = 0; j < subject->names[i].count; j++)
        free (subject->names[i].name[j]);
      free (subject->names[i].name);
    }
  free (subject);
}

static void
add_name (void *context, const char *name)
{
  struct names *names = context;
  char **larger = reallocarray (names->name, names->count + 1,
                                sizeof *names->name);

  if (larger)
    names->name = larger;
  if (!larger || !(larger[names->count] = strdup (name)))
    names->doubt = true;
  else
    names->count++;
}

/* The names of value INDEX, which is known.  */
static const struct names *
find_names (struct subject *subject, size_t index)
{
  struct names *names = subject->names + index;
  const struct argument_value *value = arguments_value (
      subject->call->arguments, index);
  const struct argument_type *type = value->item->type;

  if (names->known)
    return names;
  names->known = true;
  if (type->names
      && type->names (subject->call->machine, value->text, add_name, names))
    names->doubt = true;
  /* The spelling is a name in any case.  */
  add_name (names, value->text);
  return names;
}

const char *
subject_name (struct subject *subject, size_t index)
{
  const struct names *names;

  if (!arguments_value (subject->call->arguments, index)->text)
    return NULL;
  names = find_names (subject, index);
  return names->doubt ? NULL : names->name[0];
}

/* Whether TERM's pattern matches value INDEX.  */
static bool
term_matches (const struct rule_term *term, bool allow, struct subject *subject,
              size_t index)
{
  const struct argument_value *value = arguments_value (
      subject->call->arguments, index);
  const struct names *names;

  if (!value->text)
    return allow;
  names = find_names (subject, index);
  if (names->doubt)
    return !allow;
  for (size_t i = 0; i < (allow ? 1 : names->count); i++)
    if (pattern_matches (term->pattern, names->name[i], value->number, !allow))
      return true;
  return false;
}

static bool
same_argument (const struct rule_term *a, const struct rule_term *b)
{
  return a->position == b->position && !strcmp (a->argument, b->argument);
}

/* Whether any term of RULE on the same argument as FIRST matches value INDEX;
   with INDEX the number of values: a flag that was not given.  */
static bool
any_matches (const struct rule *rule, const struct rule_term *first,
             struct subject *subject, size_t index)
{
  for (size_t i = 0; i < rule->count; i++)
    {
      const struct rule_term *term = rule->term + i;

      if (!same_argument (term, first))
        continue;
      if (index < subject->count
              ? term_matches (term, rule->allow, subject, index)
              : pattern_matches (term->pattern, "0", 0, !rule->allow))
        return true;
    }
  return false;
}

/* Whether the condition holds that all terms on FIRST's argument are.  */
static bool
condition_holds (const struct rule *rule, const struct rule_term *first,
                 struct subject *subject)
{
  unsigned position = 0;
  bool seen = false;

  for (size_t i = 0; i < subject->count; i++)
    {
      const struct argument_value *value = arguments_value (
          subject->call->arguments, i);

      if (strcmp (value->item->name, first->argument)
          || (++position != first->position && first->position))
        continue;
      seen = true;
      if (any_matches (rule, first, subject, i) != rule->allow)
        return !rule->allow;
    }
  if (!seen && first->flag)
    return any_matches (rule, first, subject, subject->count);
  if (!seen && (first->wide || arguments_are_lent (subject->call->arguments)))
    return !rule->allow;
  return seen && rule->allow;
}

/* Whether RULE, which allows, names each argument that needs it.  */
static bool
names_permits (const struct rule *rule, const struct subject *subject)
{
  for (size_t i = 0; i < subject->count; i++)
    {
      const struct argument_value *value = arguments_value (
          subject->call->arguments, i);
      bool named = !(value->item->type->flags & TYPE_NAMED) || !value->number;

      for (size_t j = 0; j < rule->count && !named; j++)
        named = !strcmp (rule->term[j].argument, value->item->name);
      if (!named)
        return false;
    }
  return true;
}

bool
rule_matches (const struct rule *rule, struct subject *subject)
{
  if (rule->allow && !names_permits (rule, subject))
    return false;
  for (size_t i = 0; i < rule->count; i++)
    {
      bool again = false;

      for (size_t j = 0; j < i && !again; j++)
        again = same_argument (rule->term + i, rule->term + j);
      if (!again && !condition_holds (rule, rule->term + i, subject))
        return false;
    }
  return true;
}

bool
rule_matches_object (const struct rule *rule, enum effect effect,
                     const struct node_name *names, size_t count)
{
  for (size_t i = 0; i < rule->count; i++)
    for (size_t j = 0; j < (rule->allow ? 1 : count); j++)
      if (rule->allow
              ? pattern_covers (rule->term[i].pattern, names + j)
              : pattern_touches (rule->term[i].pattern, names + j,
                                 effect == EFFECT_READ || names[j].entire))
        return true;
  return !rule->count;
}
