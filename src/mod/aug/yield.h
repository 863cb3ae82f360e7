/* yield.h - a worker that is long at it lets others go first
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The scheduler lets a process that computes go on for some milliseconds
   although another, which an answer has just come for, could run: many times
   what a short call takes.  So a worker that has computed for a while offers
   its processor at short intervals until its request has ended.  It loses
   nothing by that where nobody else wants to run, and keeps its share where
   others do.  */

#ifndef REEVE_AUG_YIELD_H
#define REEVE_AUG_YIELD_H

/* Do so from now on in this process, with the signals PROF and ALRM.  */
void yield_start (void);

/* A request has ended.  */
void yield_rest (void);

#endif /* REEVE_AUG_YIELD_H */
