/* handle.c - making a connection's handle, and what it remembers
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include <config.h>

#include "handle.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../protocol/memory.h"
#include "../../protocol/record.h"
#include "../../protocol/text.h"

#define CONNECT_MS 30000

const char *
reeve_check_version (const char *required)
{
  return gpgrt_cmp_version (PACKAGE_VERSION, required ? required : "0", 3) < 0
             ? NULL
             : PACKAGE_VERSION;
}

gpg_error_t
reeve_new (reeve_t *r_reeve)
{
  reeve_t reeve;

  *r_reeve = NULL;
  reeve = calloc (1, sizeof *reeve);
  if (!reeve)
    return gpg_error_from_syserror ();
  reeve->in = reeve->out = -1;
  reeve->pid = -1;
  reeve->connect_ms = CONNECT_MS;
  reeve->client_uid = reeve->server_uid = getuid ();
  *r_reeve = reeve;
  return 0;
}

static void
close_both (reeve_t reeve)
{
  if (reeve->in >= 0)
    close (reeve->in);
  if (reeve->out >= 0 && reeve->out != reeve->in)
    close (reeve->out);
  reeve->in = reeve->out = -1;
}

void
reeve_release (reeve_t reeve)
{
  if (!reeve)
    return;
  close_both (reeve);
  spawn_reap (reeve);
  handle_forget (reeve);
  buffer_release (&reeve->hello);
  buffer_release (&reeve->ok_text);
  buffer_release (&reeve->error_text);
  link_release (&reeve->link);
  explicit_bzero (reeve->input, sizeof reeve->input);
  free (reeve);
}

void
reeve_set_timeout (reeve_t reeve, unsigned connect_ms, unsigned call_ms)
{
  reeve->connect_ms = connect_ms;
  reeve->call_ms = call_ms;
}

void
reeve_set_status_cb (reeve_t reeve, reeve_status_cb_t callback, void *opaque)
{
  reeve->callbacks.status = callback;
  reeve->callbacks.status_opaque = opaque;
}

void
reeve_set_data_cb (reeve_t reeve, reeve_data_cb_t callback, void *opaque)
{
  reeve->callbacks.data = callback;
  reeve->callbacks.data_opaque = opaque;
}

void
reeve_set_inquire_cb (reeve_t reeve, reeve_inquire_cb_t callback, void *opaque)
{
  reeve->callbacks.inquire = callback;
  reeve->callbacks.inquire_opaque = opaque;
}

void
reeve_get_uids (reeve_t reeve, uid_t *r_client, uid_t *r_server)
{
  *r_client = reeve->client_uid;
  *r_server = reeve->server_uid;
}

void
reeve_set_uids (reeve_t reeve, uid_t client, uid_t server)
{
  reeve->client_uid = client;
  reeve->server_uid = server;
}

void
reeve_get_fds (reeve_t reeve, int *r_in, int *r_out)
{
  *r_in = reeve->in;
  *r_out = reeve->out;
}

static const char *
text_of (const struct buffer *buffer)
{
  return buffer->bytes ? buffer->bytes : "";
}

const char *
reeve_hello (reeve_t reeve)
{
  return text_of (&reeve->hello);
}

const char *
reeve_ok_text (reeve_t reeve)
{
  return text_of (&reeve->ok_text);
}

const char *
reeve_error_text (reeve_t reeve)
{
  return text_of (&reeve->error_text);
}

size_t
reeve_detail_count (reeve_t reeve)
{
  return reeve->detail_count;
}

void
reeve_detail (reeve_t reeve, size_t index, const char **r_name,
              const char **r_value, size_t *r_length)
{
  static const struct detail none = { NULL, NULL, 0 };
  const struct detail *detail = index < reeve->detail_count
                                    ? &reeve->details[index]
                                    : &none;

  *r_name = detail->name;
  *r_value = detail->value;
  if (r_length)
    *r_length = detail->length;
}

static void
explain (reeve_t reeve, const char *format, va_list arguments)
{
  auto_free char *text = text_vformat (format, arguments);

  buffer_clear (&reeve->error_text);
  if (text)
    buffer_string (&reeve->error_text, text);
}

void
handle_explain (reeve_t reeve, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  explain (reeve, format, arguments);
  va_end (arguments);
}

gpg_error_t
handle_abandon (reeve_t reeve, gpg_err_code_t code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  explain (reeve, format, arguments);
  va_end (arguments);
  close_both (reeve);
  reeve->dead = gpg_error (code);
  return reeve->dead;
}

gpg_error_t
handle_abandon_errno (reeve_t reeve)
{
  int code = errno;

  if (code == ETIMEDOUT)
    return handle_abandon (reeve, GPG_ERR_TIMEOUT,
                           "the server did not answer in time; the connection"
                           " was closed");
  if (code == EPIPE || code == ECONNRESET)
    return handle_abandon (reeve, GPG_ERR_EOF,
                           "the server closed the connection");
  return handle_abandon (reeve, gpg_err_code_from_errno (code),
                         "the connection failed: %s", strerror (code));
}

void
handle_forget (reeve_t reeve)
{
  for (size_t i = 0; i < reeve->detail_count; i++)
    free (reeve->details[i].name);
  reeve->detail_count = 0;
  buffer_clear (&reeve->error_text);
  buffer_clear (&reeve->ok_text);
}

gpg_error_t
handle_detail (reeve_t reeve, const char *name, const char *value)
{
  auto_buffer struct buffer block = BUFFER_EMPTY;
  struct detail detail;
  gpg_error_t err;
  size_t length;

  if (reeve->detail_count == DETAILS)
    return gpg_error (GPG_ERR_TOO_MANY);
  buffer_append (&block, name, strlen (name) + 1);
  err = record_unescape (&block, value, strlen (value));
  if (!err)
    err = buffer_take (&block, &detail.name, &length);
  if (err)
    return err;
  detail.value = detail.name + strlen (name) + 1;
  detail.length = length - strlen (name) - 1;
  reeve->details[reeve->detail_count++] = detail;
  return 0;
}

void
handle_limit (reeve_t reeve, unsigned ms)
{
  reeve->link.deadline = ms ? link_now () + ms : 0;
  reeve->link.write_ms = ms;
}
