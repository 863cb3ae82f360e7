/* text.h - texts made by a format
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#ifndef REEVE_TEXT_H
#define REEVE_TEXT_H

#include <stdarg.h>

/* What printf would print, for the caller to free; NULL and errno if there is
   no memory.  */
char *text_format (const char *format, ...)
    __attribute__ ((format (printf, 1, 2)));
char *text_vformat (const char *format, va_list arguments)
    __attribute__ ((format (printf, 1, 0)));

#endif /* REEVE_TEXT_H */
