/* failed.h - what a failure tells, for tests
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TEST_FAILED_H
#define REEVE_TEST_FAILED_H

#include "check.h"

#include <string.h>

#include "src/base/failure.h"

/* The value of the detail NAME, or NULL.  */
static inline const char *
failed_detail (const struct failure *failure, const char *name)
{
  for (const struct detail *detail = failure->details; detail;
       detail = detail->next)
    if (!strcmp (detail->name, name))
      return detail->value;
  return NULL;
}

/* The detail NAME is EXPECTED; NULL: there is none.  */
static inline void
assert_detail (const struct failure *failure, const char *name,
               const char *expected)
{
  const char *value = failed_detail (failure, name);

  if (expected && value)
    assert_string_equal (value, expected);
  else
    assert_true (!expected && !value);
}

#endif /* REEVE_TEST_FAILED_H */
