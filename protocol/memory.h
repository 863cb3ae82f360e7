/* memory.h - memory and descriptors that a scope frees
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#ifndef REEVE_MEMORY_H
#define REEVE_MEMORY_H

#include <stdlib.h>
#include <unistd.h>

/* Declare a pointer from malloc that is freed at the end of its scope:

     auto_free char *line = NULL;

   Hand it out with "*r_line = take (&line);", which clears it here.  */
#define auto_free __attribute__ ((cleanup (memory_free_scope)))

/* Declare a descriptor that is closed at the end of its scope; -1 is
   "none".  Hand it out with take_fd.  */
#define auto_close __attribute__ ((cleanup (memory_close_scope)))

/* Take the value of the pointer variable that VARIABLE points at and
   leave NULL behind.  */
#define take(variable)                                                         \
  ({                                                                           \
    __typeof__ (variable) take_from = (variable);                              \
    __typeof__ (*take_from) take_value = *take_from;                           \
    *take_from = NULL;                                                         \
    take_value;                                                                \
  })

static inline void
memory_free_scope (void *variable)
{
  free (*(void **)variable);
}

static inline void
memory_close_scope (int *fd)
{
  if (*fd >= 0)
    close (*fd);
}

/* Take the descriptor at FD and leave -1 behind.  */
static inline int
take_fd (int *fd)
{
  int value = *fd;

  *fd = -1;
  return value;
}

#endif /* REEVE_MEMORY_H */
