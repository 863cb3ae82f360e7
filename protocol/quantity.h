/* quantity.h - numbers with units, as people write them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#ifndef REEVE_QUANTITY_H
#define REEVE_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/* What may stand behind a number, "" included, and by what it multiplies.  A
   table of them ends with a NULL name.  */
struct quantity_unit
{
  const char *name;
  uint64_t factor;
};

/* Nothing, s, ms, min and h, in milliseconds.  */
extern const struct quantity_unit quantity_times[];

/* Read TEXT, digits and one of UNITS; whether it is that, and not more than
   MOST.  */
bool quantity_read (const char *text, const struct quantity_unit *units,
                    uint64_t most, uint64_t *r_number);

#endif /* REEVE_QUANTITY_H */
