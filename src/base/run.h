/* run.h - starting programs: the only place that does
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_RUN_H
#define REEVE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "failure.h"
#include "machine.h"

/* Variables that are handed on to programs of ours: overrides of pve.conf, for
   tests.  */
#define RUN_PASSED "REEVE_PVE_"
#define RUN_VARIABLES 32 /* No more in all.  */

/* Start PROGRAM, a file name of ours, found beside the running program or
   else in PKGLIBEXECDIR, with ARGUMENTS, which end with NULL (or are NULL: it
   has none; at most 4).  It gets SOCKET as its descriptor 3, /dev/null as
   standard input and output, this process's standard error, no other
   descriptor, default signals, and a clean environment, to which only variables
   REEVE_PVE_... of this process are handed on.  If FOREIGN, which is
   for what interprets foreign content, also no_new_privs and, where this
   process is root, the uid and gid of nobody without capabilities.  It is for
   the caller to reap *R_PID.  */
gpg_error_t run_helper (const char *program, const char *const *arguments,
                        bool foreign, int socket, pid_t *r_pid,
                        struct failure *failure);

/* A program of the machine.  */
struct run
{
  const struct machine *machine;
  const char *program;          /* A file name, looked for in the usual
                                   directories below the machine's root, then
                                   in those of "/"; or a path below the root. */
  bool below;                   /* It is not looked for in those of "/": it
                                   changes what is in places of its own.  */
  const char *const *arguments; /* Behind the program's name, ends with NULL. */
  const char *const *environment; /* "NAME=value", ends with NULL; beside PATH,
                                     LC_ALL and HOME.  May be NULL.  */
  size_t most;      /* Bytes kept of standard output, and of errors.  */
  uint64_t time_ms; /* After this it is killed.  */
  bool leave;       /* What it started may stay when it has ended by itself:
                       a daemon.  */
  /* Asked several times a second whether to kill it.  May be NULL.  */
  bool (*give_up) (void *context);
  void *context;
};

/* Of one zeroed by run_program.  */
struct run_result
{
  int exit_status; /* Of the program; -1: a signal ended it.  */
  int signal;      /* That ended it, or 0.  */
  char *output;    /* What it wrote, NUL terminated, ...  */
  size_t output_length;
  char *errors; /* ... and to standard error.  */
  size_t errors_length;
  bool cut; /* There was more, which is lost.  */
};

/* Run it to its end: no shell, standard input /dev/null, clean environment,
   no other descriptors, a process group of its own that is killed as a whole
   (with what it started, as far as that stayed in the group) at the end of its
   time, on giving up, and (but for LEAVE) when it ended.  The program itself
   (but for LEAVE) also ends when this process is killed.  Output is drained all
   the time, and not waited for when the program itself has ended.
   Errors: GPG_ERR_NOT_FOUND (not installed; the words name it),
   GPG_ERR_TIMEOUT, GPG_ERR_CANCELED, system errors.  That the program failed
   is none: look at R_RESULT.  */
gpg_error_t run_program (const struct run *run, struct run_result *r_result,
                         struct failure *failure);
void run_result_release (struct run_result *result);

/* Whether a program NAME is there for run_program.  */
bool run_is_installed (const struct machine *machine, const char *name);

#endif /* REEVE_RUN_H */
