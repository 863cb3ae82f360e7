/* api.c - what the Proxmox API is asked
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "api.h"

#include <stdarg.h>
#include <string.h>

#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

/* One request, wherever it goes.  */
struct request
{
  struct http_request http;
  struct http_reply reply;
  bool only; /* It goes to HTTP's endpoint and to no other.  */
};

/* Where the certificate of ENDPOINT is not checked the client is told each
   time.  */
static gpg_error_t
warn (struct work *work, struct api *api, size_t endpoint)
{
  if (!api->conf->insecure || api->conf->endpoints[endpoint].pin_count
      || api->warned == work->number)
    return 0;
  api->warned = work->number;
  return writer_warning (work->out,
                         "pve.conf says insecure: nobody knows which server "
                         "this is");
}

/* Milliseconds for one request.  */
static uint64_t
time_of_request (const struct work *work, const struct conf *conf)
{
  return (uint64_t)work_left (work, (int)conf->total_ms);
}

/* Ask one server after the other, from the one that answered last on, until
   one was reached; or the only one.  */
static gpg_error_t
perform (struct work *work, struct request *request)
{
  struct api *api = work->context;
  size_t first = request->only ? request->http.endpoint : api->endpoint;
  size_t count = request->only ? 1 : api->conf->count;
  gpg_error_t err = 0;

  for (size_t i = 0; i < count; i++)
    {
      request->http.endpoint = (first + i) % api->conf->count;
      request->http.time_ms = time_of_request (work, api->conf);
      if (!request->http.time_ms)
        return gpg_error (GPG_ERR_CANCELED);
      http_reply_release (&request->reply);
      failure_release (&work->failure);
      err = warn (work, api, request->http.endpoint);
      if (err)
        return err;
      err = http_perform (api->http, &request->http, &request->reply,
                          &work->failure);
      if (!err)
        break;
      if (gpg_err_code (err) != GPG_ERR_NETWORK
          || (request->reply.sent && strcmp (request->http.method, "GET")))
        return err;
    }
  if (err)
    return err;
  failure_release (&work->failure);
  api->endpoint = request->http.endpoint;
  api->heard = link_now ();
  memcpy (api->date, request->reply.date, sizeof api->date);
  return 0;
}

/* Perform REQUEST and take the answer apart.  */
static gpg_error_t
converse (struct work *work, struct request *request, struct answer *r_answer)
{
  gpg_error_t err;

  *r_answer = (struct answer)ANSWER_NONE;
  request->http.give_up = work_ended;
  request->http.context = work;
  request->http.door = work->channel->fd;
  err = perform (work, request);
  if (!err)
    err = answer_read (
        &(struct exchange){ .method = request->http.method,
                            .path = request->http.path,
                            .status = (unsigned)request->reply.status,
                            .reason = request->reply.reason,
                            .type = request->reply.type,
                            .body = request->reply.body.bytes,
                            .length = request->reply.body.length },
        r_answer, &work->failure);
  http_reply_release (&request->reply);
  return err;
}

gpg_error_t
api_get (struct work *work, const char *path, struct answer *r_answer)
{
  struct request request = { .http = { .method = "GET", .path = path } };

  return converse (work, &request, r_answer);
}

gpg_error_t
api_get_from (struct work *work, size_t endpoint, const char *path,
              struct answer *r_answer)
{
  struct request request
      = { .http = { .endpoint = endpoint, .method = "GET", .path = path },
          .only = true };

  return converse (work, &request, r_answer);
}

gpg_error_t
api_getf (struct work *work, struct answer *r_answer, const char *format, ...)
{
  auto_free char *path = NULL;
  va_list arguments;

  va_start (arguments, format);
  path = text_vformat (format, arguments);
  va_end (arguments);
  return path ? api_get (work, path, r_answer) : gpg_error_from_syserror ();
}

gpg_error_t
api_send (struct work *work, const char *method, const char *path,
          const struct buffer *form, struct answer *r_answer, bool *r_lost)
{
  bool query = !strcmp (method, "DELETE");
  const char *parameters = form && form->length ? form->bytes : "";
  auto_free char *whole = text_format (query && *parameters ? "%s?%s" : "%s",
                                       path, parameters);
  struct request request = { .http = { .method = method,
                                       .path = whole,
                                       .body = query ? NULL : parameters } };
  gpg_error_t err;

  *r_lost = false;
  *r_answer = (struct answer)ANSWER_NONE;
  if (!whole)
    return gpg_error_from_syserror ();
  /* Whatever operation got here.  */
  if (!work->changes)
    return fail (&work->failure, GPG_ERR_FORBIDDEN, "this worker only reads");
  err = form ? buffer_error (form) : 0;
  if (!err)
    err = converse (work, &request, r_answer);
  *r_lost = err && request.reply.sent
            && (r_answer->verdict == VERDICT_DONE
                || r_answer->verdict == VERDICT_LOST
                || r_answer->verdict == VERDICT_GARBLED);
  return err;
}

time_t
api_time (const struct work *work)
{
  const struct api *api = work->context;
  time_t then = *api->date ? http_date (api->date) : -1;

  return then < 0 ? time (NULL)
                  : then + (time_t)((link_now () - api->heard) / 1000);
}

bool
api_is_passing (gpg_error_t err)
{
  switch (gpg_err_code (err))
    {
    case GPG_ERR_NETWORK:
    case GPG_ERR_TIMEOUT:
    case GPG_ERR_UNFINISHED:
      return true;
    default:
      return false;
    }
}
