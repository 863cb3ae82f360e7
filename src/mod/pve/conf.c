/* conf.c - the files that tell where the Proxmox servers are: read and checked
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "../../base/file.h"
#include "conf_lines.h"

#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

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
  while (length <= limit
         && (got = read (fd, text + length, limit + 1 - length)))
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
                 OWN_PVE_FILE);
  if (!conf->token_file)
    return fail (failure, GPG_ERR_CONFIGURATION,
                 "%s names no token: add a line \"token-file FILE\"",
                 OWN_PVE_FILE);
  return 0;
}

gpg_error_t
conf_read (const struct machine *machine, struct conf *r_conf,
           struct failure *failure)
{
  auto_free char *text = NULL;
  gpg_error_t err;

  *r_conf = (struct conf){ .connect_ms = 5000, .total_ms = 60000 };
  err = read_own (machine, OWN_PVE_FILE, false, 64 * KIB, &text, failure);
  /* All of it may be in the environment.  */
  if (gpg_err_code (err) == GPG_ERR_ENOENT
      && secure_getenv ("REEVE_PVE_ENDPOINT"))
    {
      failure_release (failure);
      err = 0;
    }
  if (gpg_err_code (err) == GPG_ERR_ENOENT)
    return fail (failure, GPG_ERR_CONFIGURATION,
                 "no server is known: write %s with endpoint and token-file",
                 OWN_PVE_FILE);
  if (!err && text)
    err = conf_parse (r_conf, OWN_PVE_FILE, text, failure);
  if (!err)
    err = conf_override (r_conf, failure);
  if (!err)
    err = check_whole (r_conf, failure);
  if (!err && !r_conf->user)
    r_conf->user = strdup ("reeve-api");
  if (!err && !r_conf->user)
    err = gpg_error_from_syserror ();
  return misconfigured (err, OWN_PVE_FILE, failure);
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
  return id - realm > 2 && secret - id > 2 && isalpha ((unsigned char)realm[1])
         && isalpha ((unsigned char)id[1])
         && realm + 1 + strspn (realm + 1, CONF_NAME) == id
         && id + 1 + strspn (id + 1, CONF_NAME) == secret;
}

static gpg_error_t
read_token (const struct machine *machine, struct conf *conf,
            struct failure *failure)
{
  auto_free char *text = NULL;
  size_t length, id;
  gpg_error_t err;

  if (!machine_owns (machine, conf->token_file)
      || strstr (conf->token_file, "/.."))
    return fail (failure, GPG_ERR_CONFIGURATION,
                 "%s: elsewhere than below %s clients might read the token, "
                 "or change it",
                 conf->token_file, OWN_CONFIG_DIR);
  err = read_own (machine, conf->token_file, true, LIMIT_PVE_TOKEN, &text,
                  failure);

  if (gpg_err_code (err) == GPG_ERR_ENOENT)
    return fail (failure, GPG_ERR_CONFIGURATION,
                 "%s is not there: it has the line USER@REALM!TOKENID=SECRET",
                 conf->token_file);
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
                "%s is not there: name a ca-file that is, or fingerprints, in "
                "%s",
                path, OWN_PVE_FILE);
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
