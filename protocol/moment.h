/* moment.h - points in time, as policies and answers have them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#ifndef REEVE_MOMENT_H
#define REEVE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#define MOMENT_TEXT 32 /* Room for "2027-01-31T12:00:00Z".  */

/* Write the time SECONDS after 1970 like that; whether the clock's year can be
   written.  */
bool moment_write (int64_t seconds, char r_text[MOMENT_TEXT]);

/* Read the same, or "2027-01-31", which is when that day begins in UTC.
   Whether it is a time that there is, behind 1970.  */
bool moment_read (const char *text, int64_t *r_seconds);

#endif /* REEVE_MOMENT_H */
