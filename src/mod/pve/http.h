/* http.h - one request to one server, and its answer
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   HTTP/1.1 over TLS by libcurl.  A server's certificate is checked before the
   first byte of a request: one that is not the right one never sees the token.
   Connections are kept.  No redirect is followed, no proxy asked, no cookie
   taken.  */

#ifndef REEVE_PVE_HTTP_H
#define REEVE_PVE_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <gpg-error.h>
#include "../../../protocol/buffer.h"
#include "../../base/failure.h"
#include "conf.h"

struct http;

/* Once for all processes: libraries read their files and fill their tables,
   which takes long.  */
gpg_error_t http_prepare (void);

/* Make ready, before the fence.  CONF must live as long.  CONNECTOR_FD leads to
   the connector.  */
gpg_error_t http_new (const struct conf *conf, int connector_fd,
                      struct http **r_http);

struct http_request
{
  size_t endpoint;    /* Of CONF.  */
  const char *method; /* "GET", ...  */
  const char *path;   /* Below /api2/json, encoded, with a query: "/version". */
  const char *body;   /* Of a form, encoded; NULL: there is none.  */
  uint64_t time_ms;   /* For all of it.  */
  /* Asked when DOOR can be read, and now and then: whether to give up.  */
  bool (*give_up) (void *context);
  void *context;
  int door;
};

#define HTTP_DATE 40

struct http_reply
{
  long status; /* 0: there was none.  */
  char reason[LIMIT_PVE_REASON];
  char *type;           /* Content-Type, NULL: none.  */
  struct buffer body;   /* Never NULL bytes when there was an answer.  */
  char date[HTTP_DATE]; /* The server's clock, "" if it is unknown.  */
  bool sent;            /* The server may have the request.  */
};

/* Send REQUEST and wait for the answer.  Errors:
   GPG_ERR_CANCELED       it was given up;
   GPG_ERR_TIMEOUT        there was no answer in time;
   GPG_ERR_NOT_TRUSTED    another certificate than pve.conf says; the detail
                          fingerprint has the one that came;
   GPG_ERR_TOO_LARGE      the answer's body or its headers;
   GPG_ERR_NETWORK        the server was not reached in time, TLS and all, or
                          the connection ended.
   R_REPLY->sent tells whether the request may have been carried out.  */
gpg_error_t http_perform (struct http *http, const struct http_request *request,
                          struct http_reply *r_reply, struct failure *failure);

/* What the kernel keeps from the connector, as fence_lock reports it, for the
   caller to free.  ENDED is as the request's give_up.  */
gpg_error_t http_fences (struct http *http, bool (*ended) (void *context),
                         void *context, char **r_report);

/* "pve1.example:8006", as words name ENDPOINT, for the caller to free; NULL if
   there is no memory.  */
char *http_server_name (const struct endpoint *endpoint);

/* Seconds after 1970 of a server's DATE; -1: unknown.  */
time_t http_date (const char *date);

void http_reply_release (struct http_reply *reply);
void http_release (struct http *http);

#endif /* REEVE_PVE_HTTP_H */
