/* answer.h - what Proxmox VE answered to a request
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A good answer is {"data":...}, in lists with "total".  Of a bad one the
   reason phrase says what is wrong; the body, which may be JSON, plain text or
   empty, repeats it as "message" since PVE 8.4.  */

#ifndef REEVE_PVE_ANSWER_H
#define REEVE_PVE_ANSWER_H

#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include <jansson.h>
#include "../../base/failure.h"
#include "verdict.h"

/* What was asked, and what came.  The texts belong to the caller.  */
struct exchange
{
  const char *method; /* "GET".  */
  const char *path;   /* "/nodes/pve1/lxc", as the API's manual has it.  */
  unsigned status;
  const char *reason; /* The reason phrase; "" if there is none.  */
  const char *type;   /* The content type, or NULL.  */
  const char *body;   /* LENGTH bytes, any bytes; NULL if there are none.  */
  size_t length;
};

struct answer
{
  enum verdict verdict;
  json_t *data;  /* What "data" holds, null as JSON's null.  NULL if the verdict
                    is not VERDICT_DONE.  Whoever has the answer owns it.  */
  int64_t total; /* Of a list that goes on; the server leaves out 0.  */
};

#define ANSWER_NONE                                                            \
  {                                                                            \
    VERDICT_DONE, NULL, 0                                                      \
  }
#define auto_answer __attribute__ ((cleanup (answer_release)))

/* Take EXCHANGE apart.  The verdict is stored also with an error, which is, by
   the verdict:

   PARAMETERS INV_ARG, NO_TASK NOT_FOUND, STRANGER BAD_AUTH, FORBIDDEN
   FORBIDDEN, LOCKED LOCKED, CHANGED CONFLICT, EXISTS DUP_VALUE, RUNNING and
   STOPPED INV_STATE, MISSING NOT_FOUND, UNKNOWN NOT_SUPPORTED, LOST UNFINISHED,
   ELSEWHERE CONFIGURATION, GARBLED BAD_DATA (or TOO_LARGE: more than
   LIMIT_PVE_ANSWER), FAILED SERVER_FAILED; and GPG_ERR_ENOMEM.

   Details: "request", "status", "message" (the server's text), "reason" as it
   was sent if the message does not begin with it, "parameter-NAME" for each one
   that it did not take, "privilege" and "path" (refusal.h), "lock".  */
gpg_error_t answer_read (const struct exchange *exchange,
                         struct answer *r_answer, struct failure *failure);

/* Give back the data.  */
void answer_release (struct answer *answer);

#endif /* REEVE_PVE_ANSWER_H */
