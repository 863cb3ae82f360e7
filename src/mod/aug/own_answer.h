/* own_answer.h - reading what our own verbs answered: lists and records as text
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An answer is read in the memory where it stands, which is changed.  No
   value of augeas' holds a NUL.  */

#ifndef REEVE_AUG_OWN_ANSWER_H
#define REEVE_AUG_OWN_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#define ANSWER_FIELDS 12

struct answer_field
{
  const char *name; /* NULL behind the last.  */
  const char *value;
};

/* The item of a list at *AT, decoded; *AT goes on to the next.  NULL at the
   end.  */
char *answer_item (char **at);

/* Read the record at *AT; false if there is none.  */
bool answer_record (char **at, struct answer_field fields[ANSWER_FIELDS]);

/* The value of NAME, or FALLBACK.  */
const char *answer_value (const struct answer_field fields[ANSWER_FIELDS],
                          const char *name, const char *fallback);

#endif /* REEVE_AUG_OWN_ANSWER_H */
