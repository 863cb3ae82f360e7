/* respond.c - "reeve respond": from a nonce to the response for AUTH
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <gcrypt.h>
#include "../../protocol/handshake.h"
#include "../../protocol/memory.h"
#include "cli.h"

#define SECURE_BYTES 16384

static enum status
read_nonce (char r_nonce[HANDSHAKE_HEX + 1])
{
  char line[256];

  if (fgets (line, sizeof line, stdin))
    {
      line[strcspn (line, " \t\r\n")] = 0;
      if (handshake_is_hex (line))
        {
          memcpy (r_nonce, line, HANDSHAKE_HEX + 1);
          return STATUS_OK;
        }
    }
  return complain_usage ("standard input is not the answer to NONCE, %d hex"
                         " digits",
                         HANDSHAKE_HEX);
}

/* Ask the kernel whose socket it is.  */
static enum status
find_uids (const struct settings *settings, struct handshake *h)
{
  enum status status;
  reeve_t reeve;

  h->client_uid = settings->client_uid == (uid_t)-1 ? geteuid ()
                                                    : settings->client_uid;
  h->server_uid = settings->server_uid;
  if (h->server_uid != (uid_t)-1)
    return STATUS_OK;
  if (reeve_new (&reeve))
    return complain_memory ();
  status = connect_open (settings, reeve);
  if (status == STATUS_OK)
    reeve_get_uids (reeve, &(uid_t){ 0 }, &h->server_uid);
  reeve_release (reeve);
  return status;
}

static enum status
make_response (const struct handshake *h, const char *path,
               char r_mac[HANDSHAKE_HEX + 1])
{
  auto_close int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  size_t length;
  gpg_error_t err;
  void *key;

  gcry_check_version (NULL);
  gcry_control (GCRYCTL_DISABLE_SECMEM_WARN);
  gcry_control (GCRYCTL_INIT_SECMEM, SECURE_BYTES, 0);
  gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
  err = fd < 0 ? gpg_error_from_syserror ()
               : handshake_read_key (fd, &key, &length);
  if (!err)
    {
      err = handshake_mac (h, HANDSHAKE_CLIENT, key, length, r_mac);
      explicit_bzero (key, length);
      gcry_free (key);
    }
  if (!err)
    return STATUS_OK;
  complain ("cannot read the key in %s: %s", path, gpg_strerror (err));
  return STATUS_CONNECTION;
}

enum status
respond_run (const struct settings *settings, char **words, size_t count)
{
  char nonce[HANDSHAKE_HEX + 1], mac[HANDSHAKE_HEX + 1];
  const char *client_nonce = settings->client_nonce ? settings->client_nonce
                                                    : "";
  auto_free char *identity = NULL;
  auto_free char *path = NULL;
  struct handshake h;
  enum status status;

  if (count > 1)
    return complain_usage ("respond takes one key file");
  if (*client_nonce && !handshake_is_hex (client_nonce))
    return complain_usage ("a nonce is %d lower-case hex digits",
                           HANDSHAKE_HEX);
  identity = connect_identity (settings);
  if (!identity)
    return STATUS_USAGE;
  path = count ? strdup (words[0]) : connect_key_path (settings, identity);
  if (!path)
    return complain_memory ();
  status = read_nonce (nonce);
  h.identity = identity;
  h.server_nonce = nonce;
  h.client_nonce = client_nonce;
  if (status == STATUS_OK)
    status = find_uids (settings, &h);
  if (status == STATUS_OK)
    status = make_response (&h, path, mac);
  if (status != STATUS_OK)
    return status;
  if (printf ("%s%s%s\n", client_nonce, *client_nonce ? ":" : "", mac) > 0
      && !fflush (stdout))
    return STATUS_OK;
  complain ("cannot write: %s", strerror (errno));
  return STATUS_ERROR;
}
