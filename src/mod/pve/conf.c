/* conf.c - pve.conf: where the Proxmox servers are, and how to speak with them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/buffer.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/quantity.h"
#include "../../../protocol/text.h"
#include "../../base/file.h"

#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"
#define BLANKS " \t"
#define REALM                                                                  \
  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

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
         && strspn (text, REALM ":") == length;
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

static gpg_error_t
take_overrides (struct conf *conf, struct failure *failure)
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
        err = take_words (conf, options + i,
                          line, "environment", 0, failure);
    }
  return err;
}

/* --- Files --- */

/* Read LIMIT bytes at most of the file OS_PATH, ours; *R_TEXT is for the caller
   to free, and to wipe if it is SECRET.  */
static gpg_error_t
read_own (const struct machine *machine, const char *path, bool secret,
          size_t limit, char **r_text, struct failure *failure)
{
  auto_free char *os_path = machine_path (machine, path);
  auto_close int fd = -1;
  char *text;
  size_t length = 0;
  ssize_t got = 1;
  gpg_error_t err;

  if (!os_path)
    return gpg_error_from_syserror ();
  err = file_open_own (machine, os_path, secret, &fd, failure);
  if (err)
    return err;
  text = malloc (limit + 2);
  if (!text)
    return gpg_error_from_syserror ();
  while (length <= limit && (got = read (fd, text + length, limit + 1 - length)))
    {
      if (got > 0)
        length += (size_t)got;
      else if (errno != EINTR)
        break;
    }
  text[length] = 0;
  if (got >= 0 && length <= limit)
    {
      *r_text = text;
      return 0;
    }
  err = got < 0 ? fail_errno (failure, "cannot read %s", path)
                : fail (failure, GPG_ERR_TOO_LARGE,
                        "%s has more than %zu bytes", path, limit);
  explicit_bzero (text, limit);
  free (text);
  return err;
}

/* ERR, in the class of all errors here.  */
static gpg_error_t
misconfigured (gpg_error_t err, const char *path, struct failure *failure)
{
  auto_free char *words = NULL;

  if (!err || gpg_err_code (err) == GPG_ERR_CONFIGURATION)
    return err;
  words = strdup (failure_words (failure, err));
  if (!words)
    return gpg_error_from_syserror ();
  return strstr (words, path)
             ? fail (failure, GPG_ERR_CONFIGURATION, "%s", words)
             : fail (failure, GPG_ERR_CONFIGURATION, "%s: %s", path, words);
}

/* What all lines together must say.  */
static gpg_error_t
check_whole (const struct conf *conf, struct failure *failure)
{
  if (!conf->count)
    return fail (failure, GPG_ERR_CONFIGURATION,
                 "%s names no server: add a line \"endpoint HOST\"",
                 PVE_CONF_FILE);
  if (!conf->token_file)
    return fail (failure, GPG_ERR_CONFIGURATION,
                 "%s names no token: add a line \"token-file FILE\"",
                 PVE_CONF_FILE);
  return 0;
}

gpg_error_t
conf_read (const struct machine *machine, struct conf *r_conf,
           struct failure *failure)
{
  auto_free char *text = NULL;
  gpg_error_t err;

  *r_conf = (struct conf){ .connect_ms = 5000, .total_ms = 60000 };
  err = read_own (machine, PVE_CONF_FILE, false, 64 * KIB, &text, failure);
  /* All of it may be in the environment.  */
  if (gpg_err_code (err) == GPG_ERR_ENOENT && secure_getenv ("REEVE_PVE_ENDPOINT"))
    {
      failure_release (failure);
      err = 0;
    }
  if (gpg_err_code (err) == GPG_ERR_ENOENT)
    return fail (failure, GPG_ERR_CONFIGURATION,
                 "no server is known: write %s with endpoint and token-file",
                 PVE_CONF_FILE);
  if (!err && text)
    err = conf_parse (r_conf, PVE_CONF_FILE, text, failure);
  if (!err)
    err = take_overrides (r_conf, failure);
  if (!err)
    err = check_whole (r_conf, failure);
  if (!err && !r_conf->user)
    r_conf->user = strdup ("reeve-api");
  if (!err && !r_conf->user)
    err = gpg_error_from_syserror ();
  return misconfigured (err, PVE_CONF_FILE, failure);
}

/* --- Token and certificates --- */

bool
conf_is_token (const char *text, size_t *r_id)
{
  const char *secret = strrchr (text, '=');
  const char *realm = strchr (text, '@');
  const char *id = realm ? strchr (realm, '!') : NULL;

  *r_id = 0;
  if (!secret || !id || id > secret || !secret[1] || realm == text
      || strcspn (text, ":/ \t;%") < strlen (text))
    return false;
  for (const char *p = text; *p; p++)
    if ((unsigned char)*p < 0x21 || (unsigned char)*p > 0x7e)
      return false;
  *r_id = (size_t)(secret - text);
  /* Names of one letter never authenticate.  */
  return id - realm > 2 && secret - id > 2
         && isalpha ((unsigned char)realm[1]) && isalpha ((unsigned char)id[1])
         && realm + 1 + strspn (realm + 1, REALM) == id
         && id + 1 + strspn (id + 1, REALM) == secret;
}

static gpg_error_t
read_token (const struct machine *machine, struct conf *conf,
            struct failure *failure)
{
  auto_free char *text = NULL;
  size_t length, id;
  gpg_error_t err = read_own (machine, conf->token_file, true, LIMIT_PVE_TOKEN,
                              &text, failure);

  if (err)
    return misconfigured (err, conf->token_file, failure);
  length = strcspn (text, "\r\n");
  if (!text[length + strspn (text + length, "\r\n \t")])
    text[length] = 0;
  if (!conf_is_token (text, &id))
    err = fail (failure, GPG_ERR_CONFIGURATION,
                "%s must have one line USER@REALM!TOKENID=SECRET",
                conf->token_file);
  else
    {
      conf->token_id = strndup (text, id);
      conf->header = text_format ("Authorization: PVEAPIToken=%s", text);
      if (!conf->token_id || !conf->header)
        err = gpg_error_from_syserror ();
    }
  explicit_bzero (text, strlen (text));
  return err;
}

/* Whether an authority must say who a server is.  */
static bool
needs_authority (const struct conf *conf)
{
  for (size_t i = 0; i < conf->count; i++)
    if (!conf->endpoints[i].pin_count)
      return !conf->insecure;
  return false;
}

static gpg_error_t
read_authorities (const struct machine *machine, struct conf *conf,
                  struct failure *failure)
{
  const char *path = conf->ca_file ? conf->ca_file : SYSTEM_CA;
  struct file_image image = { 0 };
  gpg_error_t err;

  if (!needs_authority (conf))
    return 0;
  err = file_read (machine, path, LIMIT_PVE_CA, &image, NULL, failure);
  if (!err && image.exists)
    {
      conf->ca_length = image.length;
      conf->ca = take (&image.bytes);
    }
  else if (!err)
    err = fail (failure, GPG_ERR_CONFIGURATION,
                "%s is not there: %s needs ca-file or fingerprints", path,
                PVE_CONF_FILE);
  file_image_release (&image);
  return misconfigured (err, path, failure);
}

gpg_error_t
conf_read_secrets (const struct machine *machine, struct conf *conf,
                   struct failure *failure)
{
  gpg_error_t err = read_authorities (machine, conf, failure);

  return err ? err : read_token (machine, conf, failure);
}

void
conf_release (struct conf *conf)
{
  for (size_t i = 0; i < conf->count; i++)
    {
      free (conf->endpoints[i].host);
      free (conf->endpoints[i].port);
    }
  if (conf->header)
    explicit_bzero (conf->header, strlen (conf->header));
  free (conf->header);
  free (conf->token_id);
  free (conf->token_file);
  free (conf->ca_file);
  free (conf->ca);
  free (conf->user);
  *conf = (struct conf){ 0 };
}
