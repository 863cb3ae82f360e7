/* reload.h - taking over a changed configuration, or keeping the old one
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   SIGHUP and POLICY RELOAD are the same.  The supervisor lets a child read the
   files, which may end over a mistake; what that finds good is adopted, and
   every session adopts it before its next call.  Who asked for it learns from
   the shared memory how it ended.  */

#ifndef REEVE_RELOAD_H
#define REEVE_RELOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "options.h"

#define RELOAD_TEXT 512
#define RELOAD_TURNS 4

/* In memory that supervisor and sessions share.  */
struct reload_shared
{
  _Atomic unsigned asked;    /* Each who asks adds one, then sends SIGHUP.  */
  _Atomic unsigned answered; /* ASKED as it was when the reload began whose
                                outcome the rest tells.  */
  _Atomic bool refused;
  char text[RELOAD_TEXT];   /* Why; written before ANSWERED.  */
  struct options validated; /* By the child; only its numbers mean anything to
                               others.  */
  _Atomic unsigned turn;    /* How often limits were adopted; those in force
                               stand at it, those before it stay a while.  */
  struct limits limits[RELOAD_TURNS];
};

/* A reload under way, in the supervisor.  */
struct reload
{
  pid_t validator; /* 0: none.  */
  bool again;      /* Somebody asked after that had begun.  */
  unsigned asked;
  int argc; /* Of the program: the options' other source.  */
  char **argv;
};

struct daemon;

/* Supervisor: start one, or see to it that another follows.  */
void reload_start (struct reload *reload, struct daemon *daemon);

/* Supervisor: the child PID ended with STATUS.  If it was the validator: adopt
   what it found good.  Returns whether it was.  */
bool reload_reaped (struct reload *reload, struct daemon *daemon, pid_t pid,
                    int status);

/* Session: take over the limits of the latest reload.  */
void reload_adopt_limits (struct daemon *daemon);

struct call;

/* Session: call.reload.  Ask for a reload and wait for its end; in a dry run
   only see whether the policy would load.
   GPG_ERR_CONFIGURATION with the words of the mistake, the old configuration
   stays in force then; GPG_ERR_TIMEOUT; GPG_ERR_CANCELED.  */
gpg_error_t reload_ask (struct call *call);

#endif /* REEVE_RELOAD_H */
