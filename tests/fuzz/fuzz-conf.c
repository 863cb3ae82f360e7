/* fuzz-conf.c - pve.conf, and the token
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What is understood is understood in the same way when it is written down
   anew.  */

#include "fuzz.h"
#include <inttypes.h>
#include "../../protocol/buffer.h"
#include "../../src/mod/pve/conf_lines.h"

#define NAME "pve.conf"

/* Write CONF as a file.  */
static void
write_conf (const struct conf *conf, struct buffer *text)
{
  for (size_t i = 0; i < conf->count; i++)
    {
      const struct endpoint *endpoint = conf->endpoints + i;
      bool bare = strchr (endpoint->host, ':');

      require (*endpoint->host && endpoint->pin_count <= PINS);
      buffer_printf (text, bare ? "endpoint [%s]:%s" : "endpoint %s:%s",
                     endpoint->host, endpoint->port);
      for (size_t pin = 0; pin < endpoint->pin_count; pin++)
        for (size_t j = 0; j < PIN_BYTES; j++)
          buffer_printf (text, "%s%02x",
                         j ? ":" : " fingerprint=", endpoint->pins[pin][j]);
      buffer_string (text, "\n");
    }
  if (conf->token_file)
    buffer_printf (text, "token-file %s\n", conf->token_file);
  if (conf->ca_file)
    buffer_printf (text, "ca-file %s\n", conf->ca_file);
  if (conf->insecure)
    buffer_string (text, "insecure\n");
  if (conf->connect_ms)
    buffer_printf (text, "connect-timeout %" PRIu64 "ms\n", conf->connect_ms);
  if (conf->total_ms)
    buffer_printf (text, "timeout %" PRIu64 "ms\n", conf->total_ms);
  if (conf->user)
    buffer_printf (text, "user %s\n", conf->user);
  buffer_append (text, "", 1);
  require (!buffer_error (text));
}

static void
check_conf (const struct conf *conf)
{
  struct failure failure = FAILURE_NONE;
  struct buffer text = BUFFER_EMPTY;
  struct buffer again = BUFFER_EMPTY;
  struct conf other = { 0 };
  char *copy;

  require (conf->count <= LIMIT_PVE_ENDPOINTS);
  write_conf (conf, &text);
  copy = strdup (text.bytes);
  require (copy && !conf_parse (&other, NAME, copy, &failure));
  write_conf (&other, &again);
  require (text.length == again.length
           && !memcmp (text.bytes, again.bytes, text.length));
  conf_release (&other);
  buffer_release (&text);
  buffer_release (&again);
  free (copy);
}

/* A token is one word that makes a header of one line.  */
static void
check_token (const char *text)
{
  size_t id;

  if (!conf_is_token (text, &id))
    return;
  require (text[id] == '=' && text[id + 1] && !strchr (text + id + 1, '='));
  require (!strpbrk (text, " \t\r\n;:/%"));
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  struct failure failure = FAILURE_NONE;
  struct conf conf = { 0 };
  char *text = fuzz_string (bytes, size);

  check_token (text);
  if (conf_parse (&conf, NAME, text, &failure))
    require (failure.text
             && !strncmp (failure.text, NAME ":", strlen (NAME ":")));
  else
    check_conf (&conf);
  conf_release (&conf);
  failure_release (&failure);
  free (text);
  return 0;
}
