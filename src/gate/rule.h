/* rule.h - one rule of a policy
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

     rule = "*" | noun verb { argument [ "." number ] ( "=" | "~" ) pattern }

   Noun and verb are globs; a noun that is granted by effect has the verbs READ,
   WRITE and DESTROY here.  Words may be quoted and escaped as on the wire.  An
   argument is an argument or an option, the latter without hyphens, of every
   verb that is named, or of all calls; of a noun that is granted by effect
   there is only its object.  ".2" is the second value of an argument that
   repeats.

   The same argument several times is an "or", several arguments are an "and".
   Without a number every value that was given must match for a rule that
   allows, any for one that denies.  An argument without a value (a flag has
   "0") is matched by neither; but where an object that may be left out, as a
   unit, is left out, all are meant, and what is denied is among them.  So it is
   with what a verb has whose right is asked for by an option of another one
   (verb.h, also), and that one has not.  Canonical names of objects are
   compared; a rule that denies, with each of their names.  */

#ifndef REEVE_RULE_H
#define REEVE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <gpg-error.h>
#include "../../protocol/buffer.h"
#include "../call/call.h"
#include "../call/registry.h"
#include "pattern.h"

/* A condition on an argument.  */
struct rule_term
{
  char *argument;
  unsigned position; /* From 1; 0: all values.  */
  char sign;         /* '=' or '~'.  */
  char *text;        /* Of the pattern.  */
  bool flag;         /* An option that needs no value.  */
  bool wide;         /* An object that may be left out: all are meant then.  */
  struct pattern *pattern;
};

struct rule
{
  bool allow;
  char *noun; /* Glob.  */
  char *verb; /* Glob.  */
  size_t count;
  struct rule_term *term;
  const char *file; /* Where it stands; the policy's.  */
  unsigned line;
};

/* Read TEXT, what stands behind "allow =" or "deny =", into R_RULE, which must
   be released after an error, too.  What can never match is an error: an
   unknown verb or argument, a wrong pattern.  MACHINE is for the nouns'
   check_object.  */
gpg_error_t rule_read (const struct machine *machine,
                       const struct registry *registry, bool allow,
                       const char *text, struct rule *r_rule,
                       struct failure *failure);
void rule_release (struct rule *rule);

/* Whether RULE names paths as MACHINE's links do not let them be named: by a
   link or below one.  Such a rule would match nothing.  */
gpg_error_t rule_check_links (const struct rule *rule,
                              const struct machine *machine,
                              struct failure *failure);

/* Append RULE to OUT as it could stand in a policy, without a line end.  */
void rule_write (const struct rule *rule, struct buffer *out);

/* Append the name that a rule gives to one value: " argument=pattern".  */
void rule_write_term (struct buffer *out, const char *argument,
                      unsigned position, enum pattern_form form,
                      const char *value);

/* The name under which rules know VERB: its own, or its effect's.  */
const char *policy_verb_name (const struct noun *noun, const struct verb *verb);
const char *policy_effect_name (enum effect effect);

/* Whether RULE names VERB_NAME of NOUN, whatever the arguments.  */
bool rule_names (const struct rule *rule, const struct noun *noun,
                 const char *verb_name);

/* The values of a call with the names of their objects, which are found out
   when they are needed.  */
struct subject;
gpg_error_t subject_new (const struct call *call, struct subject **r_subject);
void subject_release (struct subject *subject);

/* The canonical name of value INDEX, NULL if it is not known.  */
const char *subject_name (struct subject *subject, size_t index);

/* Whether all conditions of RULE hold.  For a rule that allows, a value that is
   still to be asked for matches; for one that denies it does not.  What cannot
   be found out is not allowed, and denied.  */
bool rule_matches (const struct rule *rule, struct subject *subject);

/* Whether RULE's conditions, which are on objects, hold for the object that
   has the COUNT NAMES, the first one canonical.  */
bool rule_matches_object (const struct rule *rule, enum effect effect,
                          const struct node_name *names, size_t count);

#endif /* REEVE_RULE_H */
