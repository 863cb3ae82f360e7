/* registry.c - all nouns and their verbs
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "registry.h"

const char *
effect_name (enum effect effect)
{
  switch (effect)
    {
    case EFFECT_READ:
      return "read";
    case EFFECT_WRITE:
      return "write";
    case EFFECT_DESTROY:
      return "destroy";
    }
  return "unknown";
}

/* Names are words of capitals and hyphens, so that policy, audit and HELP
   know one spelling.  */
static bool
is_name (const char *name)
{
  return name && *name
         && strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == strlen (name);
}

static gpg_error_t
take_verb (const struct noun *noun, const struct verb *row,
           struct registry_noun *entry, struct failure *failure)
{
  struct failure inner = FAILURE_NONE;
  gpg_error_t err;

  if (!is_name (row->name) || !row->run || !row->summary || !row->help)
    return fail (failure, GPG_ERR_INV_NAME, "%s %s: the row is not complete",
                 noun->name, row->name);
  if (registry_verb (entry, row->name))
    return fail (failure, GPG_ERR_DUP_VALUE, "%s %s is declared twice",
                 noun->name, row->name);
  err = grammar_parse (row->args, &entry->verb[entry->count].grammar, &inner);
  if (err)
    fail (failure, gpg_err_code (err), "%s %s: %s", noun->name, row->name,
          failure_words (&inner, err));
  else
    entry->verb[entry->count++].row = row;
  failure_release (&inner);
  return err;
}

/* --- The rights of other verbs --- */

/* Take "option:VERB" or "option=value:VERB", LENGTH bytes at WORD, of VERB's
   row; false if it means nothing.  */
static bool
take_also (const struct registry_noun *noun, struct registry_verb *verb,
           const char *word, size_t length)
{
  size_t head = strcspn (word, ": ");
  size_t name = strcspn (word, "=: ");
  struct registry_also also = { NULL, NULL, 0, NULL };

  if (word[head] != ':' || verb->also_count == REGISTRY_ALSO)
    return false;
  also.option = grammar_find (&verb->grammar, word, name, true);
  if (name < head)
    {
      also.value = word + name + 1;
      also.length = head - name - 1;
    }
  for (size_t i = 0; i < noun->count; i++)
    if (strlen (noun->verb[i].row->name) == length - head - 1
        && !memcmp (noun->verb[i].row->name, word + head + 1,
                    length - head - 1))
      also.verb = noun->verb + i;
  if (!also.option || !also.verb || also.verb == verb
      || (also.value
              ? !type_is_choice (also.value, also.length, also.option->choices)
              : !(also.option->type->flags & TYPE_FLAG)))
    return false;
  verb->also[verb->also_count++] = also;
  /* What is only for calls that change something would not hold.  */
  return verb->row->effect != EFFECT_READ
         || also.verb->row->effect == EFFECT_READ;
}

/* What each verb's options need beside, when all verbs are known.  */
static gpg_error_t
take_alsos (const struct registry_noun *noun, struct failure *failure)
{
  for (size_t i = 0; i < noun->count; i++)
    {
      struct registry_verb *verb = noun->verb + i;
      const char *word = verb->row->also;

      while (word && *word)
        {
          size_t length = strcspn (word, " ");

          if (noun->row->flags & NOUN_GRANT_BY_EFFECT
              || !take_also (noun, verb, word, length))
            return fail (failure, GPG_ERR_INV_NAME,
                         "%s %s: also: \"%.*s\" is no option and verb",
                         noun->row->name, verb->row->name, (int)length, word);
          word += length + (word[length] == ' ');
        }
    }
  return 0;
}

/* --- Nouns --- */

/* Objects that rules can name are nodes of a tree.  */
static bool
has_sound_object (const struct noun *row)
{
  const struct argument_type *type;

  if (!row->object)
    return true;
  type = row->object_type
             ? type_find (row->object_type, strlen (row->object_type))
             : NULL;
  return row->flags & NOUN_GRANT_BY_EFFECT && type
         && type->pattern == PATTERN_TREE;
}

static gpg_error_t
take_noun (struct registry *registry, const struct noun *row,
           struct failure *failure)
{
  struct registry_noun *entry = registry->noun + registry->count;
  size_t count = 0;
  gpg_error_t err = 0;

  if (!is_name (row->name) || !row->summary || !row->help
      || !has_sound_object (row))
    return fail (failure, GPG_ERR_INV_NAME, "%s: the noun is not complete",
                 row->name);
  if (registry_noun (registry, row->name))
    return fail (failure, GPG_ERR_DUP_VALUE, "%s is declared twice", row->name);
  while (row->verbs[count].name)
    count++;
  entry->row = row;
  entry->verb = calloc (count + 1, sizeof *entry->verb);
  if (!entry->verb)
    return gpg_error_from_syserror ();
  registry->count++;
  for (size_t i = 0; !err && i < count; i++)
    err = take_verb (row, row->verbs + i, entry, failure);
  return err ? err : take_alsos (entry, failure);
}

gpg_error_t
registry_make (const struct noun *const *nouns, struct registry *r_registry,
               struct failure *failure)
{
  gpg_error_t err;

  memset (r_registry, 0, sizeof *r_registry);
  r_registry->noun = calloc (REGISTRY_NOUNS, sizeof *r_registry->noun);
  if (!r_registry->noun)
    return gpg_error_from_syserror ();
  err = grammar_parse (REGISTRY_COMMON, &r_registry->common, failure);
  for (; !err && *nouns; nouns++)
    if (r_registry->count == REGISTRY_NOUNS)
      err = fail (failure, GPG_ERR_LIMIT_REACHED, "more than %d nouns",
                  REGISTRY_NOUNS);
    else
      err = take_noun (r_registry, *nouns, failure);
  if (err)
    registry_release (r_registry);
  return err;
}

void
registry_release (struct registry *registry)
{
  for (size_t i = 0; i < registry->count; i++)
    {
      for (size_t j = 0; j < registry->noun[i].count; j++)
        grammar_release (&registry->noun[i].verb[j].grammar);
      free (registry->noun[i].verb);
    }
  free (registry->noun);
  grammar_release (&registry->common);
  memset (registry, 0, sizeof *registry);
}

const struct registry_noun *
registry_noun (const struct registry *registry, const char *name)
{
  for (size_t i = 0; i < registry->count; i++)
    if (!strcasecmp (registry->noun[i].row->name, name))
      return registry->noun + i;
  return NULL;
}

const struct registry_verb *
registry_verb (const struct registry_noun *noun, const char *name)
{
  for (size_t i = 0; i < noun->count; i++)
    if (!strcasecmp (noun->verb[i].row->name, name))
      return noun->verb + i;
  return NULL;
}

const struct registry_verb *
registry_verb_spoken (const struct registry_noun *noun, const char *first,
                      const char *second, size_t *r_used)
{
  size_t length = strlen (first);

  for (size_t i = 0; second && i < noun->count; i++)
    {
      const char *name = noun->verb[i].row->name;

      if (strncasecmp (name, first, length) || name[length] != '-'
          || strcasecmp (name + length + 1, second))
        continue;
      *r_used = 2;
      return noun->verb + i;
    }
  *r_used = 1;
  return registry_verb (noun, first);
}
