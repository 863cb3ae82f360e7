/* verdict.h - what an answer of Proxmox VE amounts to
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The server answers 500 for nearly all that goes wrong; there is no 404, no
   409 and no 423 (PVE::APIServer::AnyEvent, PVE::RESTHandler).  So the text
   decides.  */

#ifndef REEVE_PVE_VERDICT_H
#define REEVE_PVE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

enum verdict
{
  VERDICT_DONE,
  VERDICT_PARAMETERS, /* 400: it does not take what it was given.  */
  VERDICT_NO_TASK,    /* 400: it knows no task of that name.  */
  VERDICT_STRANGER,   /* 401, which never says why.  */
  VERDICT_FORBIDDEN,  /* 403; refusal.h takes its text apart.  */
  VERDICT_LOCKED,     /* Something else holds a lock: later it may go.  */
  VERDICT_CHANGED,    /* The digest is not that of the configuration.  */
  VERDICT_EXISTS,
  VERDICT_RUNNING,   /* It runs already.  */
  VERDICT_STOPPED,   /* It does not run.  */
  VERDICT_MISSING,   /* A guest, a storage, a node, ... is not there.  */
  VERDICT_UNKNOWN,   /* 501: no such path or method.  */
  VERDICT_LOST,      /* There was no answer from behind a proxy: it may be
                        done or not.  With 595 it was not even begun.  */
  VERDICT_ELSEWHERE, /* 3xx; nothing is ever followed.  */
  VERDICT_GARBLED,   /* Well answered, but no JSON: it may be done or not.  */
  VERDICT_FAILED     /* All else.  */
};

/* The verdict on an answer with STATUS, which says TEXT ("" if nothing).
   It is never VERDICT_GARBLED: that is for who reads the body.  */
enum verdict verdict_find (unsigned status, const char *text);

/* Whether TEXT, of VERDICT_LOCKED, names the lock; the name, a word as
   "backup" or a file, is a part of TEXT.  */
bool verdict_lock (const char *text, const char **r_name, size_t *r_length);

#endif /* REEVE_PVE_VERDICT_H */
