/* run_inside.h - what the files that start programs share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_RUN_INSIDE_H
#define REEVE_RUN_INSIDE_H

/* In a child: signals as a program expects to find them.  */
void run_default_signals (void);

#endif /* REEVE_RUN_INSIDE_H */
