/* connect.c - finding the server and logging in
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../protocol/handshake.h"
#include "../../protocol/memory.h"
#include "../../protocol/text.h"
#include "cli.h"

#define KEY_OPTION "--key-fd=3" /* Where libreeve puts it.  */
#define SPAWNER "spawner"

/* What the user said: the option, or, unless --root names another machine,
   the environment.  */
static const char *
chosen (const struct settings *settings, const char *option,
        const char *variable)
{
  const char *value;

  if (option || settings->root)
    return option;
  value = getenv (variable);
  return value && *value ? value : NULL;
}

char *
below_root (const struct settings *settings, const char *path)
{
  return text_format ("%s%s", settings->root ? settings->root : "", path);
}

char *
connect_socket_path (const struct settings *settings)
{
  const char *path = chosen (settings, settings->socket, "REEVE_SOCKET");

  return path ? strdup (path)
              : below_root (settings, RUNSTATEDIR "/reeve/S.reeve");
}

char *
connect_identity (const struct settings *settings)
{
  const char *name = settings->identity;
  const struct passwd *user;
  char *result;

  if (!name)
    name = getenv ("REEVE_IDENTITY");
  if (!name || !*name)
    {
      user = getpwuid (geteuid ());
      name = user ? user->pw_name : "";
    }
  if (!handshake_is_identity (name))
    {
      complain_usage ("\"%s\" cannot name an identity: give another with"
                      " --identity",
                      name);
      return NULL;
    }
  result = strdup (name);
  if (!result)
    complain_memory ();
  return result;
}

char *
connect_key_path (const struct settings *settings, const char *identity)
{
  const char *path = chosen (settings, settings->key, "REEVE_KEY");
  auto_free char *name = NULL;

  if (path)
    return strdup (path);
  name = text_format (SYSCONFDIR "/reeve/keys/%s.key", identity);
  if (!name)
    return NULL;
  return below_root (settings, name);
}

/* --- A server of one's own --- */

char *
connect_reeved (const struct settings *settings)
{
  char own[4096];
  ssize_t length = readlink ("/proc/self/exe", own, sizeof own);
  char *slash, *path;

  if (settings->reeved)
    return realpath (settings->reeved, NULL);
  if (length > 0 && (size_t)length < sizeof own)
    {
      own[length] = 0;
      slash = strrchr (own, '/');
      path = text_format ("%.*s/reeved", (int)(slash - own), own);
      if (!path)
        return NULL;
      if (!access (path, X_OK))
        return path;
      free (path);
    }
  return strdup (SBINDIR "/reeved");
}

/* A pipe with KEY in it; the end to read goes to R_FD.  */
static gpg_error_t
key_pipe (const char *key, int *r_fd)
{
  int ends[2];
  gpg_error_t err = 0;

  if (pipe2 (ends, O_CLOEXEC))
    return gpg_error_from_syserror ();
  if (write (ends[1], key, HANDSHAKE_HEX) != HANDSHAKE_HEX)
    err = gpg_error_from_syserror ();
  close (ends[1]);
  if (err)
    close (ends[0]);
  else
    *r_fd = ends[0];
  return err;
}

/* Whether the server will take us for its owner, without a handshake.  */
static bool
is_owner (void)
{
  uid_t real, effective, saved;

  return !getresuid (&real, &effective, &saved) && real && real == effective
         && real == saved;
}

static enum status
spawn (const struct settings *settings, reeve_t reeve, int key_fd)
{
  auto_free char *program = connect_reeved (settings);
  const char *argv[6] = { "reeved", "--server" };
  size_t count = 2;
  gpg_error_t err;

  if (!program)
    {
      complain ("%s: %s", settings->reeved ? settings->reeved : "reeved",
                strerror (errno));
      return STATUS_CONNECTION;
    }
  if (settings->root)
    {
      argv[count++] = "--root";
      argv[count++] = settings->root;
    }
  if (key_fd >= 0)
    argv[count++] = KEY_OPTION;
  err = reeve_open_spawn (reeve, program, argv, key_fd);
  if (!err)
    return STATUS_OK;
  show_result (reeve, program, err, 0);
  return STATUS_CONNECTION;
}

/* Start a server that knows a fresh key, and prove that.  */
static enum status
spawn_with_key (const struct settings *settings, reeve_t reeve)
{
  auto_close int key_fd = -1;
  char key[HANDSHAKE_HEX + 1];
  gpg_error_t verdict = 0;
  gpg_error_t err;
  enum status status;

  handshake_nonce (key);
  err = key_pipe (key, &key_fd);
  if (err)
    {
      complain ("cannot make a pipe: %s", gpg_strerror (err));
      return STATUS_ERROR;
    }
  status = spawn (settings, reeve, key_fd);
  if (status == STATUS_OK)
    {
      err = reeve_authenticate_key (reeve, SPAWNER, key, HANDSHAKE_HEX,
                                    &verdict);
      if (show_result (reeve, SPAWNER, err, verdict))
        status = STATUS_CONNECTION;
    }
  explicit_bzero (key, sizeof key);
  return status;
}

/* --- The usual server --- */

static enum status
open_socket (const struct settings *settings, reeve_t reeve)
{
  auto_free char *path = connect_socket_path (settings);
  gpg_error_t err;

  if (!path)
    return complain_memory ();
  err = reeve_open_socket (reeve, path);
  switch (gpg_err_code (err))
    {
    case 0:
      return STATUS_OK;
    case GPG_ERR_ENOENT:
    case GPG_ERR_ECONNREFUSED:
      advise_no_server (settings, path);
      return STATUS_CONNECTION;
    case GPG_ERR_EACCES:
      advise_no_right (path);
      return STATUS_CONNECTION;
    case GPG_ERR_TIMEOUT:
      complain ("reeved on %s did not answer in time", path);
      return STATUS_TIMEOUT;
    default:
      show_result (reeve, path, err, 0);
      advise_refused (settings, reeve, STATUS_CONNECTION);
      return STATUS_CONNECTION;
    }
}

enum status
connect_open (const struct settings *settings, reeve_t reeve)
{
  return settings->spawn ? spawn (settings, reeve, -1)
                         : open_socket (settings, reeve);
}

static enum status
authenticate (const struct settings *settings, reeve_t reeve)
{
  auto_free char *identity = connect_identity (settings);
  auto_free char *path = NULL;
  gpg_error_t verdict = 0;
  gpg_error_t err;

  if (!identity)
    return STATUS_USAGE;
  path = connect_key_path (settings, identity);
  if (!path)
    return complain_memory ();
  err = reeve_authenticate (reeve, identity, path, &verdict);
  switch (gpg_err_code (err))
    {
    case GPG_ERR_ENOENT:
    case GPG_ERR_EACCES:
      advise_no_key (settings, identity, path, err);
      return STATUS_CONNECTION;
    case GPG_ERR_TIMEOUT:
      return show_result (reeve, identity, err, 0);
    default:
      break;
    }
  if (!err && gpg_err_code (verdict) == GPG_ERR_BAD_AUTH)
    {
      advise_not_accepted (settings, identity, path);
      return STATUS_CONNECTION;
    }
  return show_result (reeve, identity, err, verdict) ? STATUS_CONNECTION
                                                     : STATUS_OK;
}

enum status
connect_reeve (const struct settings *settings, reeve_t reeve)
{
  enum status status;

  if (settings->spawn && (settings->identity || settings->key))
    return complain_usage ("--spawn makes a key of its own: leave --identity"
                           " and --key out");
  if (settings->spawn && !settings->no_auth)
    return is_owner () ? spawn (settings, reeve, -1)
                       : spawn_with_key (settings, reeve);
  status = connect_open (settings, reeve);
  if (status == STATUS_OK && !settings->no_auth)
    status = authenticate (settings, reeve);
  return status;
}
