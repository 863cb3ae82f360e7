/* texts.h - small files that the machine tells of itself by
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SYSTEM_TEXTS_H
#define REEVE_SYSTEM_TEXTS_H

#include <stdint.h>
#include "../../base/machine.h"

/* The first 64 KiB of the kernel's file PATH (of /proc or /sys, which are those
   of the machine itself whatever the root is), for the caller to free; NULL if
   there is none.  */
char *text_of_kernel (const char *path);

/* The same of the regular file PATH below the root.  */
char *text_below (const struct machine *machine, const char *path);

/* The first line of TEXT, cut off there; blanks at its end, too.  TEXT may be
   NULL.  */
char *text_line (char *text);

/* The value of the line NAME=VALUE of TEXT (may be NULL), without its quotes
   (os-release(5)), for the caller to free; NULL if there is none.  */
char *text_value (const char *text, const char *name);

/* The number behind "NAME:" at the begin of a line of TEXT; -1 if there is
   none.  */
int64_t text_number (const char *text, const char *name);

#endif /* REEVE_SYSTEM_TEXTS_H */
