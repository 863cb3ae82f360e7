/* handshake.c - proving a shared secret, both sides
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include "handshake.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <gcrypt.h>
#include "limits.h"

#define BYTES (HANDSHAKE_HEX / 2)

static void
to_hex (const unsigned char *bytes, char r_hex[HANDSHAKE_HEX + 1])
{
  static const char digits[] = "0123456789abcdef";

  for (size_t i = 0; i < BYTES; i++)
    {
      r_hex[2 * i] = digits[bytes[i] >> 4];
      r_hex[2 * i + 1] = digits[bytes[i] & 15];
    }
  r_hex[HANDSHAKE_HEX] = 0;
}

/* The kernel's generator and not libgcrypt's: no pool to seed at the start
   of a short-lived process, and none to share by accident after a fork.  */
void
handshake_nonce (char r_nonce[HANDSHAKE_HEX + 1])
{
  unsigned char bytes[BYTES];

  if (getentropy (bytes, sizeof bytes))
    abort ();
  to_hex (bytes, r_nonce);
}

static void
add_field (gcry_md_hd_t md, const char *field)
{
  size_t length = strlen (field);

  gcry_md_write (md,
                 (unsigned char[]){ (unsigned char)(length >> 24),
                                    (unsigned char)(length >> 16),
                                    (unsigned char)(length >> 8),
                                    (unsigned char)length },
                 4);
  gcry_md_write (md, field, length);
}

gpg_error_t
handshake_mac (const struct handshake *h, enum handshake_side side,
               const void *key, size_t key_length,
               char r_mac[HANDSHAKE_HEX + 1])
{
  char client_uid[24], server_uid[24];
  gcry_md_hd_t md;
  gpg_error_t err;

  err = gcry_md_open (&md, GCRY_MD_SHA256,
                      GCRY_MD_FLAG_HMAC | GCRY_MD_FLAG_SECURE);
  if (err)
    return err;
  err = gcry_md_setkey (md, key, key_length);
  if (!err)
    {
      snprintf (client_uid, sizeof client_uid, "%ju", (uintmax_t)h->client_uid);
      snprintf (server_uid, sizeof server_uid, "%ju", (uintmax_t)h->server_uid);
      add_field (md, "reeve-auth-1");
      add_field (md, side == HANDSHAKE_CLIENT ? "client" : "server");
      add_field (md, h->identity);
      add_field (md, h->server_nonce);
      add_field (md, h->client_nonce);
      add_field (md, client_uid);
      add_field (md, server_uid);
      to_hex (gcry_md_read (md, GCRY_MD_SHA256), r_mac);
    }
  gcry_md_close (md);
  return err;
}

bool
handshake_equal (const char *a, const char *b)
{
  unsigned char difference = 0;

  for (size_t i = 0; i < HANDSHAKE_HEX; i++)
    difference |= (unsigned char)(a[i] ^ b[i]);
  return !difference;
}

/* Whether TEXT begins with HANDSHAKE_HEX lower-case hex digits.  */
static bool
begins_with_hex (const char *text)
{
  return strspn (text, "0123456789abcdef") >= HANDSHAKE_HEX;
}

bool
handshake_is_hex (const char *text)
{
  return begins_with_hex (text) && !text[HANDSHAKE_HEX];
}

static void
copy_hex (const char *from, char r_hex[HANDSHAKE_HEX + 1])
{
  memcpy (r_hex, from, HANDSHAKE_HEX);
  r_hex[HANDSHAKE_HEX] = 0;
}

gpg_error_t
handshake_parse (const char *response, char r_client_nonce[HANDSHAKE_HEX + 1],
                 char r_mac[HANDSHAKE_HEX + 1])
{
  const char *mac = response;

  *r_client_nonce = *r_mac = 0;
  if (!begins_with_hex (mac))
    return gpg_error (GPG_ERR_SYNTAX);
  if (mac[HANDSHAKE_HEX] == ':')
    {
      mac += HANDSHAKE_HEX + 1;
      if (!begins_with_hex (mac))
        return gpg_error (GPG_ERR_SYNTAX);
    }
  if (mac[HANDSHAKE_HEX + strspn (mac + HANDSHAKE_HEX, " \t\r\n")])
    return gpg_error (GPG_ERR_SYNTAX);
  if (mac != response)
    copy_hex (response, r_client_nonce);
  copy_hex (mac, r_mac);
  return 0;
}

bool
handshake_is_identity (const char *name)
{
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789._-";
  size_t length = strspn (name, letters);

  return length && !name[length] && length <= LIMIT_IDENTITY
         && !strchr ("._-", *name);
}

gpg_error_t
handshake_read_key (int fd, void **r_key, size_t *r_length)
{
  const size_t size = LIMIT_KEY_MAX + 2; /* A final LF, and one too many.  */
  size_t length = 0;
  gpg_error_t err = 0;
  char *key;

  *r_key = NULL;
  *r_length = 0;
  key = gcry_malloc_secure (size);
  if (!key)
    return gpg_error_from_syserror ();
  while (length < size)
    {
      ssize_t n = read (fd, key + length, size - length);

      if (!n)
        break;
      if (n > 0)
        length += (size_t)n;
      else if (errno != EINTR)
        {
          err = gpg_error_from_syserror ();
          break;
        }
    }
  if (length && key[length - 1] == '\n')
    length--;
  if (!err && length < LIMIT_KEY_MIN)
    err = gpg_error (GPG_ERR_TOO_SHORT);
  if (!err && length > LIMIT_KEY_MAX)
    err = gpg_error (GPG_ERR_TOO_LARGE);
  if (err)
    {
      explicit_bzero (key, size);
      gcry_free (key);
      return err;
    }
  *r_key = key;
  *r_length = length;
  return 0;
}
