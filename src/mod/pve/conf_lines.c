/* conf_lines.c - the lines of pve.conf
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "conf_lines.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/quantity.h"

#define BLANKS " \t"

/* --- Options --- */

/* Each takes the words of one line; NULL: it was right, else what would be. */
struct option
{
  const char *name;
  const char *(*accept) (struct conf *conf, char *words);
};

static const char *
take_text (char **text, const char *words, const char *wanted)
{
  if (!*words || strpbrk (words, BLANKS))
    return wanted;
  free (*text);
  *text = strdup (words);
  return *text ? NULL : "less: there is no memory";
}

/* "AB:CD:..." */
static bool
read_pin (const char *text, unsigned char pin[PIN_BYTES])
{
  for (size_t i = 0; i < PIN_BYTES; i++, text += 3)
    {
      unsigned value;

      if (!isxdigit ((unsigned char)text[0])
          || !isxdigit ((unsigned char)text[1])
          || text[2] != (i + 1 < PIN_BYTES ? ':' : 0)
          || sscanf (text, "%2x", &value) != 1)
        return false;
      pin[i] = (unsigned char)value;
    }
  return true;
}

static bool
is_host (const char *text)
{
  size_t length = strlen (text);

  return length && length < 254 && *text != '-' && *text != '.'
         && strspn (text, CONF_NAME ":") == length;
}

static bool
is_port (const char *text)
{
  size_t length = strlen (text);

  return length && length <= 5 && strspn (text, "0123456789") == length
         && atoi (text) > 0 && atoi (text) <= 65535;
}

/* Take "HOST", "HOST:PORT" or "[ADDRESS]:PORT" apart, in place.  */
static bool
split_host (char *text, const char **r_host, const char **r_port)
{
  char *end = *text == '[' ? strchr (text, ']') : strchrnul (text, ':');

  *r_port = "8006";
  *r_host = text;
  if (*text == '[')
    {
      if (!end)
        return false;
      *end++ = 0;
      *r_host = text + 1;
    }
  if (*end == ':')
    {
      *end = 0;
      *r_port = end + 1;
    }
  else if (*end)
    return false;
  return is_host (*r_host) && is_port (*r_port)
         && (*text == '[') == !!strchr (*r_host, ':');
}

static const char *
take_endpoint (struct conf *conf, char *words)
{
  static const char pin_option[] = "fingerprint=";
  struct endpoint *endpoint = conf->endpoints + conf->count;
  const char *host, *port;
  char *context = NULL;
  char *word = strtok_r (words, BLANKS, &context);

  if (conf->count == LIMIT_PVE_ENDPOINTS)
    return "one of at most 8 endpoints";
  if (!word || !split_host (word, &host, &port))
    return "HOST or HOST:PORT, as pve1.example:8006 or [2001:db8::1]:8006";
  for (size_t i = 0; i < conf->count; i++)
    if (!strcasecmp (conf->endpoints[i].host, host)
        && !strcmp (conf->endpoints[i].port, port))
      return "another endpoint than those above";
  *endpoint = (struct endpoint){ .host = strdup (host), .port = strdup (port) };
  conf->count++;
  if (!endpoint->host || !endpoint->port)
    return "less: there is no memory";
  while ((word = strtok_r (NULL, BLANKS, &context)))
    if (strncmp (word, pin_option, strlen (pin_option))
        || endpoint->pin_count == PINS
        || !read_pin (word + strlen (pin_option),
                      endpoint->pins[endpoint->pin_count++]))
      return "followed by up to two fingerprint=AA:BB:... of 32 bytes";
  return NULL;
}

static const char *
take_token_file (struct conf *conf, char *words)
{
  return take_text (&conf->token_file, words, "an absolute path");
}

static const char *
take_ca_file (struct conf *conf, char *words)
{
  return take_text (&conf->ca_file, words, "an absolute path");
}

static const char *
take_insecure (struct conf *conf, char *words)
{
  conf->insecure = true;
  return *words && strcmp (words, "1") ? "alone on its line" : NULL;
}

static const char *
take_time (uint64_t *time, const char *words, uint64_t least,
           const char *wanted)
{
  return quantity_read (words, quantity_times, 3600000, time) && *time >= least
             ? NULL
             : wanted;
}

static const char *
take_connect_timeout (struct conf *conf, char *words)
{
  return take_time (&conf->connect_ms, words, 1, "a time from 1ms to 1h");
}

static const char *
take_timeout (struct conf *conf, char *words)
{
  /* A server lets who failed to authenticate wait for 3 s.  */
  return take_time (&conf->total_ms, words, 4000, "a time from 4s to 1h");
}

static const char *
take_user (struct conf *conf, char *words)
{
  return take_text (&conf->user, words, "a user's name");
}

static const struct option options[] = {
  { "endpoint", take_endpoint },
  { "token-file", take_token_file },
  { "ca-file", take_ca_file },
  { "insecure", take_insecure },
  { "connect-timeout", take_connect_timeout },
  { "timeout", take_timeout },
  { "user", take_user },
};

#define OPTIONS (sizeof options / sizeof *options)

/* --- Lines --- */

/* What the environment says of OPTION, or NULL.  */
static const char *
find_override (const struct option *option)
{
  char name[40] = "REEVE_PVE_";
  char *to = name + strlen (name);

  for (const char *from = option->name; *from; from++)
    *to++ = *from == '-' ? '_' : (char)toupper ((unsigned char)*from);
  *to = 0;
  return secure_getenv (name);
}

static gpg_error_t
take_words (struct conf *conf, const struct option *option, char *words,
            const char *name, unsigned number, struct failure *failure)
{
  const char *wanted = option->accept (conf, words);

  if (!wanted)
    return 0;
  return fail (failure, GPG_ERR_CONFIGURATION, "%s:%u: %s must be %s", name,
               number, option->name, wanted);
}

/* Without blanks at both ends.  */
static char *
trim (char *line)
{
  size_t length;

  line += strspn (line, BLANKS);
  length = strlen (line);
  while (length && strchr (BLANKS "\r", line[length - 1]))
    line[--length] = 0;
  return line;
}

static gpg_error_t
take_line (struct conf *conf, char *line, const char *name, unsigned number,
           struct failure *failure)
{
  size_t length;
  char *words;

  line = trim (line);
  length = strcspn (line, BLANKS);
  words = line + length;
  if (!length || *line == '#')
    return 0;
  if (*words)
    *words++ = 0;
  for (size_t i = 0; i < OPTIONS; i++)
    if (!strcmp (line, options[i].name))
      return find_override (options + i)
                 ? 0
                 : take_words (conf, options + i, trim (words), name, number,
                               failure);
  return fail (failure, GPG_ERR_CONFIGURATION,
               "%s:%u: there is no option %.40s", name, number, line);
}

gpg_error_t
conf_parse (struct conf *conf, const char *name, char *text,
            struct failure *failure)
{
  unsigned number = 1;
  gpg_error_t err = 0;

  for (char *line = text; line && !err; number++)
    {
      char *end = strchrnul (line, '\n');
      char *next = *end ? end + 1 : NULL;

      *end = 0;
      err = take_line (conf, line, name, number, failure);
      line = next;
    }
  return err;
}

gpg_error_t
conf_override (struct conf *conf, struct failure *failure)
{
  gpg_error_t err = 0;

  for (size_t i = 0; i < OPTIONS && !err; i++)
    {
      auto_free char *words = NULL;
      char *context = NULL;

      if (!find_override (options + i))
        continue;
      words = strdup (find_override (options + i));
      if (!words)
        return gpg_error_from_syserror ();
      for (char *line = strtok_r (words, "\n", &context); line && !err;
           line = strtok_r (NULL, "\n", &context))
        err = take_words (conf, options + i, line, "environment", 0, failure);
    }
  return err;
}
