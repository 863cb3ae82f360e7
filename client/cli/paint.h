/* paint.h - what a terminal gets to see
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_CLI_PAINT_H
#define REEVE_CLI_PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include "../../protocol/buffer.h"

#define PAINT_RED "\033[31m"
#define PAINT_GREEN "\033[32m"
#define PAINT_YELLOW "\033[33m"
#define PAINT_PLAIN "\033[m"

/* Append the LENGTH bytes at TEXT to SAFE with each byte written \xHH that
   could steer a terminal: control characters but LF and TAB, also those that
   Unicode has at U+0080 and for the direction of writing, and what is no UTF-8.
   Without UTF8 that is all bytes from 0x80 up.  */
void paint_safe (struct buffer *safe, const char *text, size_t length,
                 bool utf8);

/* Append TEXT, which is safe, to PAINTED with colours: the lines of a diff,
   the names of fields; other text has none.  */
void paint_colors (struct buffer *painted, const char *text, size_t length);

/* How many rows TEXT, which is safe, takes on a screen of that many COLUMNS
   (at least 1); an estimate, as no table of wide characters is asked.  */
size_t paint_rows (const char *text, size_t length, size_t columns);

#endif /* REEVE_CLI_PAINT_H */
