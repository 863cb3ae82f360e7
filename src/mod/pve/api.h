/* api.h - what the Proxmox API is asked
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A server that cannot be reached is no failure while another one of the
   cluster can.  Nothing else is tried twice: whether a request that changes
   something was carried out is for the caller to find out.  */

#ifndef REEVE_PVE_API_H
#define REEVE_PVE_API_H

#include <stdbool.h>
#include <time.h>
#include <gpg-error.h>
#include "../../call/work.h"
#include "answer.h"
#include "conf.h"
#include "http.h"

/* The context of a worker (work.h).  */
struct api
{
  const struct conf *conf;
  struct http *http;
  const char *fences; /* Round the worker, as fence_lock reports them; and
                         "locked_memory".  */
  size_t endpoint;    /* That answered last.  */
  uint64_t warned;    /* The number of the request that was told it is not
                         safe.  */
  char date[HTTP_DATE]; /* A server's clock, at its last answer ...  */
  uint64_t heard;       /* ... which was then on the clock of link_now.  */
};

/* GET PATH: below /api2/json, its segments encoded (form.h), perhaps with a
   query.  On success R_ANSWER is for answer_release.  */
gpg_error_t api_get (struct work *work, const char *path,
                     struct answer *r_answer);

/* The same from server ENDPOINT of pve.conf, and from no other.  If it answers
   the next request goes to it, too.  */
gpg_error_t api_get_from (struct work *work, size_t endpoint, const char *path,
                          struct answer *r_answer);

/* The same as api_get for PATH as printf makes it of FORMAT; what goes into it
   must be encoded.  */
gpg_error_t api_getf (struct work *work, struct answer *r_answer,
                      const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* Send METHOD, "POST", "PUT" or "DELETE", with the parameters FORM (form.h; may
   be NULL; those of DELETE go into the query).  FORBIDDEN: WORK only reads.  *R_LOST tells, after an error,
   whether it may have been carried out all the same.  */
gpg_error_t api_send (struct work *work, const char *method, const char *path,
                      const struct buffer *form, struct answer *r_answer,
                      bool *r_lost);

/* The server's clock now, seconds after 1970; ours if none was heard.  */
time_t api_time (const struct work *work);

/* Whether ERR, of api_get, may be over soon: the server restarts, or the
   daemon behind it.  For what polls.  */
bool api_is_passing (gpg_error_t err);

#endif /* REEVE_PVE_API_H */
