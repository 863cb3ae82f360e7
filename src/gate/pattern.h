/* pattern.h - what a rule says about a value
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Behind "=" stands a pattern whose form is that of the argument's type:

     text     a glob over the whole value: * any bytes, ? one, [a-z] [!a] a set
     path     absolute and in its canonical spelling, a glob for each step, of
              which none matches a slash; a last step ** matches all that is
              strictly below
     tree     the same for nodes; a backslash takes the next byte as it is;
              positions ([2]) and predicates are no part of a name
     choice   a glob that one of the choices must match; yes and no for a flag
     number   VALUE or LOW..HIGH in the type's own syntax

   Behind "~" stands a POSIX extended regular expression for the whole value
   (text, path, choice), without back references.  All is compared as bytes.  */

#ifndef REEVE_PATTERN_H
#define REEVE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include "../../protocol/buffer.h"
#include "../base/failure.h"
#include "../call/call.h"
#include "../call/types.h"

#define PATTERN_LENGTH 1000  /* Bytes of a pattern.  */
#define PATTERN_VALUE 65536  /* Of a value that an expression is run on.  */
#define PATTERN_REPEATS 1000 /* Of the product of an expression's {n}.  */

struct pattern;

/* Make the pattern TEXT, which stands behind SIGN ('=' or '~'), for values
   of TYPE (an enum: with CHOICES).  What no value of the type can match is an
   error; FAILURE then says what would be right.  */
gpg_error_t pattern_make (const struct argument_type *type, const char *choices,
                          char sign, const char *text,
                          struct pattern **r_pattern, struct failure *failure);
void pattern_release (struct pattern *pattern);

/* Whether PATTERN matches the value TEXT, which stands for NUMBER if the type
   has numbers.  DOUBT is the answer where this cannot be told: memory runs
   out, or the value is too long for an expression.  Not for trees.  */
bool pattern_matches (const struct pattern *pattern, const char *text,
                      int64_t number, bool doubt);

/* Whether the steps of PATTERN before its first glob are what MACHINE takes
   them for: no link is among them, behind which everything has another
   canonical name.  GPG_ERR_INV_ARG, and FAILURE says how to spell it.  */
gpg_error_t pattern_check_links (const struct pattern *pattern,
                                 const struct machine *machine,
                                 struct failure *failure);

/* --- Nodes of a tree --- */

/* A name taken apart into its labels.  */
struct node_name
{
  size_t count;
  size_t whole; /* So many of them name the whole (the file).  */
  bool entire;  /* As in struct object_name.  */
  char **label;
};

/* Take NAME apart.  Only GPG_ERR_ENOMEM.  */
gpg_error_t node_name_make (const struct object_name *name,
                            struct node_name *r_name);
void node_name_release (struct node_name *name);

/* Whether what allows PATTERN allows the node NAME: it matches the node or one
   above it, but none above the whole.  */
bool pattern_covers (const struct pattern *pattern,
                     const struct node_name *name);

/* Whether what denies PATTERN denies the node NAME: it matches the node or any
   above it, below the whole in any case of letters; with BELOW also if it
   could match a node below NAME.  */
bool pattern_touches (const struct pattern *pattern,
                      const struct node_name *name, bool below);

/* Append TEXT to OUT as a pattern of FORM that matches just it.  */
void pattern_quote (struct buffer *out, enum pattern_form form,
                    const char *text);

#endif /* REEVE_PATTERN_H */
