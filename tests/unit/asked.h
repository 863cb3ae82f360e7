/* asked.h - a worker's operation with its arguments, for tests
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TEST_ASKED_H
#define REEVE_TEST_ASKED_H

#include "failed.h"

#include "src/call/work.h"

#define ASKED_ITEMS 34

/* Let WORK have the arguments PAIRS, names and values, NULL at the end.  ITEMS
   is room for them.  */
static inline void
asked (struct work *work, struct item items[ASKED_ITEMS],
       const char *const *pairs)
{
  size_t count = 2; /* The operation and its time.  */

  *work = (struct work){ .request = { .items = items } };
  items[0] = items[1] = (struct item){ "", 0 };
  for (; *pairs; pairs++)
    {
      assert_true (count < ASKED_ITEMS);
      items[count++] = (struct item){ *pairs, strlen (*pairs) };
    }
  assert_true (count % 2 == 0);
  work->request.count = count;
}

#define ASKED(work, ...)                                                       \
  struct item asked_items[ASKED_ITEMS];                                        \
  asked (work, asked_items, (const char *const[]){ __VA_ARGS__, NULL })

#endif /* REEVE_TEST_ASKED_H */
