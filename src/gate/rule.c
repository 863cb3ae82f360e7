/* rule.c - reading and writing a rule
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/limits.h"
#include "protocol/memory.h"
#include "protocol/words.h"
#include "rule.h"

/* What a term's argument is to one verb.  */
struct target
{
  const struct argument_type *type;
  const char *choices;
  bool repeats;
  bool flag;
  bool wide;
};

/* One rule on its way in.  */
struct reading
{
  const struct machine *machine;
  const struct registry *registry;
  struct rule *rule;
  struct target *target; /* Of each term, by the first verb.  */
  size_t matched;        /* Verbs so far.  */
  struct failure *failure;
};

const char *
policy_effect_name (enum effect effect)
{
  static const char *const names[] = { "READ", "WRITE", "DESTROY" };

  return names[effect];
}

const char *
policy_verb_name (const struct noun *noun, const struct verb *verb)
{
  return noun->flags & NOUN_GRANT_BY_EFFECT ? policy_effect_name (verb->effect)
                                            : verb->name;
}

bool
rule_names (const struct rule *rule, const struct noun *noun,
            const char *verb_name)
{
  return !fnmatch (rule->noun, noun->name, FNM_NOESCAPE)
         && !fnmatch (rule->verb, verb_name, FNM_NOESCAPE);
}

/* --- Words --- */

/* Take WORD, "argument.N=pattern", apart into TERM.  */
static gpg_error_t
read_term (const char *word, struct rule_term *term, struct failure *failure)
{
  size_t name = strspn (word, "abcdefghijklmnopqrstuvwxyz0123456789-");
  const char *at = word + name;
  char *end = NULL;

  if (name && *at == '.' && at[1] >= '1' && at[1] <= '9')
    {
      unsigned long position = strtoul (at + 1, &end, 10);

      if (position > LIMIT_WORDS)
        return fail (failure, GPG_ERR_INV_ARG,
                     "\"%.40s\": no line has more than %d words", word,
                     LIMIT_WORDS);
      term->position = (unsigned)position;
      at = end;
    }
  if (!name || *word == '-' || (*at != '=' && *at != '~'))
    return fail (failure, GPG_ERR_SYNTAX,
                 "\"%.30s\": write ARGUMENT=PATTERN or "
                 "ARGUMENT~EXPRESSION, options without hyphens",
                 word);
  term->sign = *at;
  term->argument = strndup (word, name);
  term->text = strdup (at + 1);
  return term->argument && term->text ? 0 : gpg_error (GPG_ERR_ENOMEM);
}

static gpg_error_t
read_words (const struct words *words, struct rule *rule,
            struct failure *failure)
{
  const char *noun = words->count ? words->word[0].text : "";
  const char *verb = words->count > 1     ? words->word[1].text
                     : strcmp (noun, "*") ? NULL
                                          : "*";
  size_t count = words->count > 2 ? words->count - 2 : 0;
  gpg_error_t err = 0;

  if (!verb)
    return fail (failure, GPG_ERR_SYNTAX,
                 "a rule is \"NOUN VERB [ARGUMENT=PATTERN]...\", noun and verb "
                 "may be globs, or \"*\"");
  rule->noun = strdup (noun);
  rule->verb = strdup (verb);
  rule->term = calloc (count + 1, sizeof *rule->term);
  if (!rule->noun || !rule->verb || !rule->term)
    return gpg_error (GPG_ERR_ENOMEM);
  for (size_t i = 0; !err && i < count; i++)
    err = read_term (words->word[i + 2].text, rule->term + rule->count++,
                     failure);
  return err;
}

/* --- What the words mean --- */

/* Say what is wrong with TERM.  */
static gpg_error_t
bad_term (struct reading *reading, const struct rule_term *term,
          gpg_err_code_t code, const struct failure *inner)
{
  auto_buffer struct buffer position = BUFFER_EMPTY;

  if (term->position)
    buffer_printf (&position, ".%u", term->position);
  return fail (reading->failure, code, "%s%s%c%.100s: %s", term->argument,
               position.length ? position.bytes : "", term->sign, term->text,
               failure_words (inner, code));
}

/* The argument NAME of VERB, as rules know it, or NULL.  */
static const struct grammar_item *
find_item (const struct reading *reading, const struct registry_verb *verb,
           const char *name)
{
  size_t length = strlen (name);
  const struct grammar_item *item = grammar_find (&verb->grammar, name, length,
                                                  false);

  if (!item)
    item = grammar_find (&verb->grammar, name, length, true);
  return item ? item
              : grammar_find (&reading->registry->common, name, length, true);
}

/* What ARGUMENT is to VERB of NOUN; false if it has none.  */
static bool
find_target (const struct reading *reading, const struct noun *noun,
             const struct registry_verb *verb, const char *argument,
             struct target *r_target)
{
  const struct grammar_item *item;

  *r_target = (struct target){ NULL, NULL, false, false, false };
  if (noun->flags & NOUN_GRANT_BY_EFFECT)
    {
      if (!noun->object || strcmp (noun->object, argument))
        return false;
      r_target->type = type_find (noun->object_type,
                                  strlen (noun->object_type));
      return true;
    }
  item = find_item (reading, verb, argument);
  if (!item)
    return false;
  r_target->type = item->type;
  r_target->choices = item->choices;
  r_target->repeats = item->repeats;
  r_target->flag = item->option && item->type->flags & TYPE_FLAG;
  r_target->wide = item->type->names && item->optional && !item->fallback;
  return true;
}

static void
list_arguments (const struct noun *noun, const struct registry_verb *verb,
                struct buffer *text)
{
  if (noun->flags & NOUN_GRANT_BY_EFFECT)
    buffer_string (text, noun->object ? noun->object : "none");
  else
    {
      for (size_t i = 0; i < verb->grammar.count; i++)
        buffer_printf (text, "%s, ", verb->grammar.item[i].name);
      buffer_string (text, "and what every verb takes");
    }
}

/* The first verb: make the pattern.  */
static gpg_error_t
make_term (struct reading *reading, struct rule_term *term,
           const struct target *target)
{
  auto_failure struct failure inner = FAILURE_NONE;
  gpg_error_t err;

  term->flag = target->flag;
  err = pattern_make (target->type, target->choices, term->sign, term->text,
                      &term->pattern, &inner);
  return err ? bad_term (reading, term, gpg_err_code (err), &inner) : 0;
}

static bool
same_target (const struct target *a, const struct target *b)
{
  return a->type == b->type
         && (!a->choices || !strcmp (a->choices, b->choices));
}

/* Judge term INDEX beside VERB of NOUN, which the rule names.  */
static gpg_error_t
check_term (struct reading *reading, const struct noun *noun,
            const struct registry_verb *verb, size_t index)
{
  struct rule_term *term = reading->rule->term + index;
  const char *verb_name = policy_verb_name (noun, verb->row);
  struct target *first = reading->target + index;
  struct target target;

  if (!find_target (reading, noun, verb, term->argument, &target))
    {
      auto_buffer struct buffer all = BUFFER_EMPTY;

      list_arguments (noun, verb, &all);
      return fail (reading->failure, GPG_ERR_UNKNOWN_OPTION,
                   "%s %s has no argument %.40s in rules: there are %s",
                   noun->name, verb_name, term->argument,
                   buffer_error (&all) ? "others" : all.bytes);
    }
  if (term->position && !target.repeats)
    return fail (reading->failure, GPG_ERR_INV_ARG,
                 "%s.%u: the argument of %s %s does not repeat: leave the "
                 "number out",
                 term->argument, term->position, noun->name, verb_name);
  term->wide |= target.wide;
  if (!reading->matched)
    {
      *first = target;
      return make_term (reading, term, &target);
    }
  if (!same_target (first, &target))
    return fail (reading->failure, GPG_ERR_CONFLICT,
                 "%s is something else to %s %s: write a rule for each verb",
                 term->argument, noun->name, verb_name);
  return 0;
}

/* Let the noun judge what names its objects.  */
static gpg_error_t
check_objects (struct reading *reading, const struct noun *noun,
               enum effect effect)
{
  const struct rule *rule = reading->rule;
  gpg_error_t err = 0;

  if (!noun->check_object)
    return 0;
  for (size_t i = 0; !err && i < rule->count; i++)
    {
      auto_failure struct failure inner = FAILURE_NONE;

      err = noun->check_object (reading->machine, effect, rule->allow,
                                rule->term[i].text, &inner);
      if (err)
        bad_term (reading, rule->term + i, gpg_err_code (err), &inner);
    }
  return err;
}

static gpg_error_t
check_noun (struct reading *reading, const struct registry_noun *noun)
{
  bool by_effect = noun->row->flags & NOUN_GRANT_BY_EFFECT;
  unsigned seen = 0;
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < noun->count; i++)
    {
      const struct registry_verb *verb = noun->verb + i;
      const char *name = policy_verb_name (noun->row, verb->row);

      if (!rule_names (reading->rule, noun->row, name)
          || (by_effect && seen & 1U << verb->row->effect))
        continue;
      seen |= 1U << verb->row->effect;
      for (size_t j = 0; !err && j < reading->rule->count; j++)
        err = check_term (reading, noun->row, verb, j);
      if (!err && by_effect)
        err = check_objects (reading, noun->row, verb->row->effect);
      reading->matched++;
    }
  return err;
}

gpg_error_t
rule_read (const struct machine *machine, const struct registry *registry,
           bool allow, const char *text, struct rule *r_rule,
           struct failure *failure)
{
  struct reading reading = {
    .machine = machine, .registry = registry, .rule = r_rule, .failure = failure
  };
  struct words words;
  const char *why = "out of memory";
  gpg_error_t err = words_split (text, &words, &why);

  *r_rule = (struct rule){ .allow = allow };
  if (err)
    return fail (failure, gpg_err_code (err), "%s", why);
  err = read_words (&words, r_rule, failure);
  words_release (&words);
  if (!err)
    reading.target = calloc (r_rule->count + 1, sizeof *reading.target);
  if (!err && !reading.target)
    err = gpg_error_from_syserror ();
  for (size_t i = 0; !err && i < registry->count; i++)
    err = check_noun (&reading, registry->noun + i);
  free (reading.target);
  if (!err && !reading.matched)
    err = fail (failure, GPG_ERR_NOT_FOUND,
                "no command is called \"%.40s %.40s\" in rules (AUG is "
                "granted as AUG READ and AUG WRITE)",
                r_rule->noun, r_rule->verb);
  return err;
}

void
rule_release (struct rule *rule)
{
  for (size_t i = 0; i < rule->count; i++)
    {
      free (rule->term[i].argument);
      free (rule->term[i].text);
      pattern_release (rule->term[i].pattern);
    }
  free (rule->term);
  free (rule->noun);
  free (rule->verb);
  *rule = (struct rule){ 0 };
}

/* --- Links --- */

gpg_error_t
rule_check_links (const struct rule *rule, const struct machine *machine,
                  struct failure *failure)
{
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < rule->count; i++)
    {
      auto_failure struct failure inner = FAILURE_NONE;
      const struct rule_term *term = rule->term + i;

      err = pattern_check_links (term->pattern, machine, &inner);
      if (err)
        fail (failure, gpg_err_code (err), "%s%c%.100s: %s", term->argument,
              term->sign, term->text, failure_words (&inner, err));
    }
  return err;
}

/* --- Writing --- */

void
rule_write (const struct rule *rule, struct buffer *out)
{
  buffer_string (out, rule->allow ? "allow = " : "deny = ");
  words_quote (out, rule->noun, strlen (rule->noun));
  buffer_string (out, " ");
  words_quote (out, rule->verb, strlen (rule->verb));
  for (size_t i = 0; i < rule->count; i++)
    {
      const struct rule_term *term = rule->term + i;
      auto_buffer struct buffer word = BUFFER_EMPTY;

      buffer_string (&word, term->argument);
      if (term->position)
        buffer_printf (&word, ".%u", term->position);
      buffer_printf (&word, "%c%s", term->sign, term->text);
      buffer_string (out, " ");
      if (buffer_error (&word))
        out->failed = 1;
      else
        words_quote (out, word.bytes, word.length);
    }
}

void
rule_write_term (struct buffer *out, const char *argument, unsigned position,
                 enum pattern_form form, const char *value)
{
  auto_buffer struct buffer word = BUFFER_EMPTY;

  buffer_string (&word, argument);
  if (position)
    buffer_printf (&word, ".%u", position);
  buffer_string (&word, "=");
  pattern_quote (&word, form, value);
  buffer_string (out, " ");
  if (buffer_error (&word))
    out->failed = 1;
  else
    words_quote (out, word.bytes, word.length);
}
