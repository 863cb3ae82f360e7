/* quantity.c - numbers with units, as people write them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include "quantity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct quantity_unit quantity_times[]
    = { { "", 1000 },     { "s", 1000 },        { "ms", 1 },
        { "min", 60000 }, { "h", 3600 * 1000 }, { NULL, 0 } };

bool
quantity_read (const char *text, const struct quantity_unit *units,
               uint64_t most, uint64_t *r_number)
{
  unsigned long long number;
  char *end;

  if (*text < '0' || *text > '9')
    return false;
  errno = 0;
  number = strtoull (text, &end, 10);
  while (units->name && strcmp (units->name, end))
    units++;
  if (errno || !units->name || number > most / units->factor)
    return false;
  *r_number = number * units->factor;
  return true;
}
