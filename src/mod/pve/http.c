/* http.c - one request to one server, and its answer
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "http.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "connector.h"
#include "trust.h"

#define LOOK_MS 200 /* Between two looks whether to give up.  */

struct http
{
  const struct conf *conf;
  struct connector connector;
  CURLM *multi;
  CURL *easy;
  struct curl_slist *headers; /* With the token.  */
  struct curl_slist *resolve;

  /* Of the present request.  */
  const struct http_request *request;
  struct http_reply *reply;
  size_t head;     /* Bytes of headers that came.  */
  gpg_error_t err; /* Better than libcurl's.  */
  bool opened;     /* A socket that is connected, just now.  */
  struct trust trust;
  char words[CURL_ERROR_SIZE];
};

/* --- Sockets --- */

static bool
give_up (void *context)
{
  const struct http *http = context;

  return http->request->give_up (http->request->context);
}

/* Ask the connector for what libcurl would make itself.  */
static curl_socket_t
open_socket (void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
  struct http *http = context;
  int fd = -1;

  (void)purpose;
  (void)address;
  http->err = connector_ask (
      &http->connector, (uint32_t)http->request->endpoint, give_up, http, &fd);
  http->opened = fd >= 0;
  return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int
is_connected (void *context, curl_socket_t fd, curlsocktype purpose)
{
  (void)context;
  (void)fd;
  (void)purpose;
  return CURL_SOCKOPT_ALREADY_CONNECTED;
}

/* --- The answer --- */

/* Take "HTTP/1.1 403 Permission check failed" for what it says.  */
static void
take_status_line (struct http_reply *reply, const char *line, size_t length)
{
  const char *reason = memchr (line, ' ', length);

  reply->reason[0] = 0;
  reply->status = reason ? strtol (reason, NULL, 10) : 0;
  if (reason)
    reason = memchr (reason + 1, ' ', length - (size_t)(reason + 1 - line));
  if (!reason)
    return;
  length -= (size_t)(++reason - line);
  if (length >= sizeof reply->reason)
    length = sizeof reply->reason - 1;
  memcpy (reply->reason, reason, length);
  reply->reason[length] = 0;
  reply->reason[strcspn (reply->reason, "\r\n")] = 0;
}

static size_t
on_header (char *bytes, size_t size, size_t count, void *context)
{
  struct http *http = context;
  struct http_reply *reply = http->reply;
  size_t length = size * count;

  http->head += length;
  if (http->head > LIMIT_PVE_HEAD)
    return 0;
  if (length > 5 && !strncmp (bytes, "HTTP/", 5))
    {
      auto_free char *line = strndup (bytes, length);

      if (!line)
        return 0;
      /* A server may send a NUL.  */
      take_status_line (reply, line, strlen (line));
    }
  else if (length > 5 && !strncasecmp (bytes, "Date:", 5))
    snprintf (reply->date, sizeof reply->date, "%.*s", (int)(length - 5),
              bytes + 5);
  return length;
}

time_t
http_date (const char *date)
{
  return curl_getdate (date, NULL);
}

static size_t
on_body (char *bytes, size_t size, size_t count, void *context)
{
  struct http *http = context;
  size_t length = size * count;
  struct buffer *body = &http->reply->body;

  if (length > LIMIT_PVE_ANSWER - body->length)
    {
      http->err = gpg_error (GPG_ERR_TOO_LARGE);
      return 0;
    }
  buffer_append (body, bytes, length);
  return buffer_error (body) ? 0 : length;
}

/* --- Errors --- */

char *
http_server_name (const struct endpoint *endpoint)
{
  return text_format (strchr (endpoint->host, ':') ? "[%s]:%s" : "%s:%s",
                      endpoint->host, endpoint->port);
}

/* Whether RC means that the answer's headers are too long.  A line that is too
   long for libcurl is CURLE_OUT_OF_MEMORY to it.  */
static bool
is_long_head (const struct http *http, CURLcode rc)
{
  return http->head > LIMIT_PVE_HEAD
         || (rc == CURLE_OUT_OF_MEMORY && http->reply->sent
             && !http->reply->body.length);
}

static gpg_error_t
explain (struct http *http, CURLcode rc, struct failure *failure)
{
  const struct endpoint *endpoint = http->conf->endpoints
                                    + http->request->endpoint;
  auto_free char *server = http_server_name (endpoint);

  if (!server)
    return gpg_error_from_syserror ();
  if (http->request->give_up (http->request->context)
      || gpg_err_code (http->err) == GPG_ERR_CANCELED)
    return gpg_error (GPG_ERR_CANCELED);
  if (gpg_err_code (http->err) == GPG_ERR_TOO_LARGE)
    return fail (failure, GPG_ERR_TOO_LARGE,
                 "%s sent more than %lu MiB: ask for less", server,
                 LIMIT_PVE_ANSWER / MIB);
  if (is_long_head (http, rc))
    return fail (failure, GPG_ERR_TOO_LARGE,
                 "%s sent a head of more than %lu KiB: is that Proxmox?",
                 server, LIMIT_PVE_HEAD / KIB);
  if (http->err)
    return fail (failure, GPG_ERR_NETWORK, "cannot reach %s: %s", server,
                 gpg_strerror (http->err));
  switch (rc)
    {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return trust_fail (&http->trust, server, http->words, failure);
    case CURLE_OPERATION_TIMEDOUT:
      /* Who got nothing can be passed over.  */
      if (!http->reply->sent)
        return fail (failure, GPG_ERR_NETWORK, "cannot reach %s in time",
                     server);
      return fail (failure, GPG_ERR_TIMEOUT, "%s did not answer in time",
                   server);
    case CURLE_OUT_OF_MEMORY:
      return gpg_error (GPG_ERR_ENOMEM);
    default:
      return fail (failure, GPG_ERR_NETWORK, "%s: %.100s", server,
                   *http->words ? http->words : curl_easy_strerror (rc));
    }
}

/* --- Requests --- */

static CURLcode
set_request (struct http *http)
{
  const struct http_request *request = http->request;
  const struct endpoint *endpoint = http->conf->endpoints + request->endpoint;
  bool bare = strchr (endpoint->host, ':');
  auto_free char *url = text_format (
      bare ? "https://[%s]:%s/api2/json%s" : "https://%s:%s/api2/json%s",
      endpoint->host, endpoint->port, request->path);
  bool reads = !strcmp (request->method, "GET");
  CURLcode rc = url ? curl_easy_setopt (http->easy, CURLOPT_URL, url)
                    : CURLE_OUT_OF_MEMORY;

  if (!rc)
    rc = curl_easy_setopt (http->easy, CURLOPT_HTTPGET, 1L);
  if (!rc && request->body)
    rc = curl_easy_setopt (http->easy, CURLOPT_POSTFIELDS, request->body);
  if (!rc)
    rc = curl_easy_setopt (http->easy, CURLOPT_CUSTOMREQUEST, request->method);
  if (!rc)
    rc = curl_easy_setopt (http->easy, CURLOPT_TIMEOUT_MS,
                           (long)request->time_ms);
  /* Of a kept connection that turns out dead libcurl sends a request again.  */
  if (!rc)
    rc = curl_easy_setopt (http->easy, CURLOPT_FRESH_CONNECT, reads ? 0L : 1L);
  return rc ? rc : trust_set (&http->trust, http->easy, http->conf, endpoint);
}

/* Let libcurl work until the request is done.  */
static CURLcode
run (struct http *http)
{
  struct curl_waitfd door = { http->request->door, CURL_WAIT_POLLIN, 0 };
  int running = 1;
  int waiting;
  const CURLMsg *message;

  while (!curl_multi_perform (http->multi, &running) && running)
    {
      if (http->request->give_up (http->request->context))
        return CURLE_ABORTED_BY_CALLBACK;
      /* libcurl 7.88 does not wait for the socket yet.  */
      if (http->opened)
        {
          http->opened = false;
          continue;
        }
      if (curl_multi_poll (http->multi, &door, 1, LOOK_MS, NULL))
        break;
    }
  message = curl_multi_info_read (http->multi, &waiting);
  return message && message->msg == CURLMSG_DONE ? message->data.result
                                                 : CURLE_FAILED_INIT;
}

gpg_error_t
http_perform (struct http *http, const struct http_request *request,
              struct http_reply *r_reply, struct failure *failure)
{
  long sent = 0;
  const char *type = NULL;
  gpg_error_t err = 0;
  CURLcode rc;

  *r_reply = (struct http_reply){ .status = 0 };
  http->request = request;
  http->reply = r_reply;
  http->head = 0;
  http->err = 0;
  http->opened = false;
  http->words[0] = 0;
  ERR_clear_error ();
  rc = set_request (http);
  if (!rc && curl_multi_add_handle (http->multi, http->easy))
    rc = CURLE_FAILED_INIT;
  if (!rc)
    {
      rc = run (http);
      curl_easy_getinfo (http->easy, CURLINFO_REQUEST_SIZE, &sent);
      curl_easy_getinfo (http->easy, CURLINFO_CONTENT_TYPE, &type);
      r_reply->sent = sent > 0;
      r_reply->type = type ? strdup (type) : NULL;
      curl_multi_remove_handle (http->multi, http->easy);
    }
  if (rc)
    err = explain (http, rc, failure);
  buffer_append (&r_reply->body, "", 0);
  http->request = NULL;
  http->reply = NULL;
  return err;
}

gpg_error_t
http_fences (struct http *http, bool (*ended) (void *context), void *context,
             char **r_report)
{
  int fd;
  gpg_error_t err = connector_ask (&http->connector, CONNECTOR_NOTHING, ended,
                                   context, &fd);

  *r_report = NULL;
  /* It is an endpoint that is none.  */
  if (gpg_err_code (err) != GPG_ERR_EINVAL)
    return err ? err : gpg_error (GPG_ERR_INTERNAL);
  *r_report = strdup (http->connector.fences);
  return *r_report ? 0 : gpg_error_from_syserror ();
}

void
http_reply_release (struct http_reply *reply)
{
  free (reply->type);
  buffer_release (&reply->body);
}

/* --- Making ready --- */

/* What holds for every request.  */
static CURLcode
set_always (CURL *easy, struct http *http)
{
  CURLcode rc = curl_easy_setopt (easy, CURLOPT_HTTPHEADER, http->headers);

#define SET(option, value)                                                     \
  do                                                                           \
    if (!rc)                                                                   \
      rc = curl_easy_setopt (easy, option, value);                             \
  while (0)
  SET (CURLOPT_RESOLVE, http->resolve);
  SET (CURLOPT_PROTOCOLS_STR, "https");
  SET (CURLOPT_FOLLOWLOCATION, 0L);
  SET (CURLOPT_PROXY, "");
  SET (CURLOPT_NOSIGNAL, 1L);
  SET (CURLOPT_NOPROGRESS, 1L);
  SET (CURLOPT_PATH_AS_IS, 1L);
  SET (CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  SET (CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET (CURLOPT_SSL_SESSIONID_CACHE, 0L);
  SET (CURLOPT_CONNECTTIMEOUT_MS, (long)http->conf->connect_ms);
  SET (CURLOPT_CAINFO, NULL);
  SET (CURLOPT_CAPATH, NULL);
  SET (CURLOPT_DNS_CACHE_TIMEOUT, -1L);
  SET (CURLOPT_OPENSOCKETFUNCTION, open_socket);
  SET (CURLOPT_OPENSOCKETDATA, http);
  SET (CURLOPT_SOCKOPTFUNCTION, is_connected);
  SET (CURLOPT_HEADERFUNCTION, on_header);
  SET (CURLOPT_HEADERDATA, http);
  SET (CURLOPT_WRITEFUNCTION, on_body);
  SET (CURLOPT_WRITEDATA, http);
  SET (CURLOPT_ERRORBUFFER, http->words);
  SET (CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
#undef SET
  return rc;
}

static gpg_error_t
add_text (struct curl_slist **list, const char *text)
{
  struct curl_slist *longer = text ? curl_slist_append (*list, text) : NULL;

  if (!longer)
    return gpg_error (GPG_ERR_ENOMEM);
  *list = longer;
  return 0;
}

/* Names are looked up by the connector: what libcurl is told of them is
   nowhere.  */
static gpg_error_t
add_names (struct http *http)
{
  gpg_error_t err = 0;

  for (size_t i = 0; i < http->conf->count && !err; i++)
    {
      const struct endpoint *endpoint = http->conf->endpoints + i;
      auto_free char *entry = text_format ("%s:%s:127.0.0.1", endpoint->host,
                                           endpoint->port);

      if (!strchr (endpoint->host, ':'))
        err = add_text (&http->resolve, entry);
    }
  return err;
}

gpg_error_t
http_prepare (void)
{
  unsigned char byte;
  SSL_CTX *ssl;

  if (curl_global_init (CURL_GLOBAL_DEFAULT))
    return gpg_error (GPG_ERR_NOT_OPERATIONAL);
  /* OpenSSL fills its tables when it is first used.  */
  ssl = SSL_CTX_new (TLS_client_method ());
  if (!ssl || RAND_bytes (&byte, 1) != 1)
    return gpg_error (GPG_ERR_NOT_OPERATIONAL);
  SSL_CTX_free (ssl);
  return 0;
}

gpg_error_t
http_new (const struct conf *conf, int connector_fd, struct http **r_http)
{
  struct http *http = calloc (1, sizeof *http);
  gpg_error_t err;

  *r_http = NULL;
  if (!http)
    return gpg_error_from_syserror ();
  http->conf = conf;
  http->connector.fd = connector_fd;
  err = add_text (&http->headers, conf->header);
  if (!err)
    err = add_text (&http->headers, "Expect:");
  if (!err)
    err = add_names (http);
  if (!err)
    {
      http->multi = curl_multi_init ();
      http->easy = curl_easy_init ();
      if (!http->multi || !http->easy || set_always (http->easy, http))
        err = gpg_error (GPG_ERR_NOT_OPERATIONAL);
    }
  if (err)
    http_release (http);
  else
    *r_http = http;
  return err;
}

void
http_release (struct http *http)
{
  if (!http)
    return;
  curl_easy_cleanup (http->easy);
  curl_multi_cleanup (http->multi);
  for (struct curl_slist *one = http->headers; one; one = one->next)
    explicit_bzero (one->data, strlen (one->data));
  curl_slist_free_all (http->headers);
  curl_slist_free_all (http->resolve);
  free (http);
}
