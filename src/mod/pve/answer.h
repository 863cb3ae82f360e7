/* answer.h - what a Proxmox server answered
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_ANSWER_H
#define REEVE_PVE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include <jansson.h>
#include "../../base/failure.h"

/* As it came, and what had been asked.  */
struct answer_source
{
  long status;        /* Of HTTP.  */
  const char *reason; /* Its phrase: before PVE 8.4 all that an error says.  */
  const char *type;   /* Content-Type; NULL: none.  */
  const char *body;   /* LENGTH bytes and a NUL.  */
  size_t length;
  const char *method; /* "GET", for the words.  */
  const char *path;
};

/* A success.  */
struct answer
{
  json_t *data;  /* json_null () where there is none.  */
  int64_t total; /* Of a list that was asked for in part; 0: not told.  */
};

/* Take SOURCE apart.  The caller releases R_ANSWER after a success.  An error
   keeps what the server said in details: status, reason, message, lock,
   privilege, path, and a parameter for each that was wrong.  Codes:
   INV_ARG (parameters), NOT_FOUND, BAD_AUTH (401), FORBIDDEN (403), LOCKED,
   CONFLICT (digest), EEXIST, INV_STATE (it runs already, or does not),
   NOT_IMPLEMENTED (501), SERVER_FAILED (595 to 599: see answer_is_lost),
   NOT_SUPPORTED (a redirect), INV_RESPONSE (no JSON), GENERAL.  */
gpg_error_t answer_read (const struct answer_source *source,
                         struct answer *r_answer, struct failure *failure);
void answer_release (struct answer *answer);

/* Whether STATUS of HTTP leaves open whether the request was carried out.  */
bool answer_is_lost (long status);

#endif /* REEVE_PVE_ANSWER_H */
