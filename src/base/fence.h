/* fence.h - what a worker can no longer do, held by the kernel
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A worker interprets foreign content.  Behind the fence it computes and
   talks over the one descriptor it has: it opens no file, makes no socket,
   starts no program or process, signals nobody and maps nothing executable.
   Such calls fail with EPERM.  One that speaks with servers gets its sockets,
   connected, from a process that does nothing else, and that has a fence, too.
   */

#ifndef REEVE_FENCE_H
#define REEVE_FENCE_H

#include <stddef.h>
#include <gpg-error.h>

/* The one descriptor that a fenced process has.  */
#define FENCE_FD 3

/* A compiled filter of system calls; made once, entered by many.  */
struct fence
{
  void *filter;
  unsigned short length;
};

/* Names of what a fence consists of, as fence_enter reports them.  */
#define FENCE_NAMES "no_new_privs seccomp nobody no_capabilities memory"

/* The same for one that has a user of its own.  */
#define FENCE_NAMES_OWN_USER                                                   \
  "no_new_privs seccomp not_root no_capabilities memory"

/* What is let through besides what computing needs.  */
enum fence_kind
{
  FENCE_COMPUTE,  /* Nothing.  */
  FENCE_CONVERSE, /* To wait for, take over and use sockets.  Connecting one
                     fails with EINPROGRESS.  */
  FENCE_CONNECT   /* To make and connect internet sockets, too.  */
};

/* Compile the filter.  */
gpg_error_t fence_make (enum fence_kind kind, struct fence *r_fence);
void fence_release (struct fence *fence);

/* Steps that need no filter and that children inherit: no new privileges,
   no core, not traceable.  */
gpg_error_t fence_prepare (void);

/* Where fence_enter leaves the one more descriptor that it was given to keep:
   to read from and to seek in.  */
#define FENCE_KEPT_FD (FENCE_FD + 1)

/* Move FD to FENCE_FD, and KEPT, if that is not -1, to FENCE_KEPT_FD; close all
   other descriptors, limit the address space
   to MEMORY bytes and enter FENCE, for good.  *R_REPORT (for the caller to
   free) has the words of both lists of names that hold; under a sanitizer "memory"
   does not.  */
gpg_error_t fence_enter (const struct fence *fence, int fd, int kept,
                         size_t memory, char **r_report);

/* The first half of that: descriptors.  */
gpg_error_t fence_close (int fd, int kept);

/* The second, with FILES descriptors at the most.  */
gpg_error_t fence_lock (const struct fence *fence, size_t memory,
                        unsigned files, char **r_report);

/* Become the user NAME, if there is one, else nobody, without capabilities;
   nothing where this process is not root (privilege.h).  */
gpg_error_t fence_become (const char *name);

#endif /* REEVE_FENCE_H */
