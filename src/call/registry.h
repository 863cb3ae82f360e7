/* registry.h - all nouns and their verbs
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_REGISTRY_H
#define REEVE_REGISTRY_H

#include <stddef.h>
#include <gpg-error.h>
#include "../base/failure.h"
#include "grammar.h"
#include "verb.h"

/* libassuan 2.5.5 reads beyond its table when more than 41 own words are
   registered; three of them are session words (NONCE WHOAMI GETINFO).  */
#define REGISTRY_NOUNS 38

/* The options that every call takes, and OPTION sets for a session.  */
#define REGISTRY_COMMON                                                        \
  "[--dry-run] [--timeout=<time:duration>] [--output=<form:enum(text|json)>]"  \
  " [--reason=<text:string>] [--async]"

#define REGISTRY_ALSO 3 /* Of one verb.  */

/* An option that needs another verb's right, too.  */
struct registry_also
{
  const struct grammar_item *option;
  const char *value; /* Of LENGTH bytes; NULL for a flag.  */
  size_t length;
  const struct registry_verb *verb;
};

/* A verb's row with its texts parsed.  */
struct registry_verb
{
  const struct verb *row;
  struct grammar grammar;
  size_t also_count;
  struct registry_also also[REGISTRY_ALSO];
};

struct registry_noun
{
  const struct noun *row;
  size_t count;
  struct registry_verb *verb;
};

struct registry
{
  size_t count;
  struct registry_noun *noun;
  struct grammar common;
};

/* Take in NOUNS, which end with NULL.  A grammar that does not parse, a name
   that repeats, a row without handler or help, one whose options need the right
   to what there is not, is an error.  The result lives until
   registry_release.  */
gpg_error_t registry_make (const struct noun *const *nouns,
                           struct registry *r_registry,
                           struct failure *failure);
void registry_release (struct registry *registry);

/* Find by name, letters in either case; NULL if there is none.  */
const struct registry_noun *registry_noun (const struct registry *registry,
                                           const char *name);
const struct registry_verb *registry_verb (const struct registry_noun *noun,
                                           const char *name);

/* The same of a name whose hyphen may be a blank: FIRST and SECOND (NULL: there
   is none), as in "TASK STATUS", or, if that is none, FIRST alone.  *R_USED is
   how many of them are the name.  */
const struct registry_verb *
registry_verb_spoken (const struct registry_noun *noun, const char *first,
                      const char *second, size_t *r_used);

/* "read", "write", "destroy".  */
const char *effect_name (enum effect effect);

#endif /* REEVE_REGISTRY_H */
