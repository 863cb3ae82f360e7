/* daemon.h - what the supervisor has and its sessions inherit
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_DAEMON_H
#define REEVE_DAEMON_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>
#include "../base/machine.h"
#include "../base/tally.h"
#include "../call/call.h"
#include "../call/metrics.h"
#include "../call/registry.h"
#include "../gate/policy.h"
#include "../gate/rate.h"
#include "../job/slots.h"
#include "options.h"
#include "reload.h"
#include "protocol/buffer.h"

/* In memory that all processes share; each field survives the death of any
   process at any instruction.  */
struct shared
{
  _Atomic unsigned generation;   /* Of the policy: a reload adds one.  */
  _Atomic pid_t single;          /* With --single: the session that has it.  */
  struct stat config;            /* As the latest reload read it, ... */
  enum integrity_mode integrity; /* ... and what it said.  */
  unsigned char policy[FILE_HASH]; /* The digest of the latest reload's.  */
  struct reload_shared reload;
  struct job_slots jobs;
};

/* The key of --key-fd, in locked memory that no core dump shows; NULL if
   none was handed over.  */
struct handed_key
{
  size_t length;
  unsigned char bytes[1024];
};

struct daemon
{
  struct options options;
  struct machine machine;
  struct registry registry;
  struct policy policy;
  unsigned generation; /* Of POLICY, as this process has it.  */
  unsigned turn;       /* Of OPTIONS.limits, likewise.  */
  struct shared *shared;
  struct tally *wrong_responses;
  struct audit *audit;   /* NULL: none is kept (see main.c).  */
  struct rates *rates;   /* Of calls.  */
  struct metrics *metrics; /* NULL: nothing is counted.  */
  struct module *module; /* One for each noun of the registry.  */
  struct handed_key *key;
};

/* The nouns of this program (modules.c), ending with NULL.  */
extern const struct noun *const daemon_nouns[];

/* Print all rows in FORM ("text", "json" or "texi") to standard output.  */
gpg_error_t dump_verbs (const struct registry *registry, const char *form);

/* Append the manual's chapter about words, verbs and types to OUT
   (manual.c).  */
void manual_texinfo (struct buffer *out, const struct registry *registry);

/* Start the helper of noun INDEX on SOCKET; its arguments are the limits of its
   workers: bytes of memory, seconds of processor time; or, of a trusted one,
   the machine's root.  */
gpg_error_t helper_run (const struct daemon *daemon, size_t index, int socket,
                        pid_t *r_pid, struct failure *failure);

/* Start the helper of noun INDEX if it has one; its socket's sending end goes
   to module[INDEX].helper_fd, the receiving end to *R_SOCKET, to start it
   again; -1: there is no helper, or it is that of another noun.  */
gpg_error_t helper_start (struct daemon *daemon, size_t index, int *r_socket,
                          pid_t *r_pid, struct failure *failure);

#endif /* REEVE_DAEMON_H */
