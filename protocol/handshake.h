/* handshake.h - proving a shared secret, both sides
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

     mac   = HMAC-SHA256 (key, F("reeve-auth-1") F("client") F(identity)
                               F(server-nonce) F(client-nonce)
                               F(client-uid) F(server-uid))
     proof = the same with "server" for "client"
     F(x)  = length of x as 4 bytes, big endian, then x

   Nonces go in as their lower-case hex text, uids as decimal text; a missing
   client nonce is an empty field.  doc/protocol.texi is the reference.  */

#ifndef REEVE_HANDSHAKE_H
#define REEVE_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <gpg-error.h>

#define HANDSHAKE_HEX 64 /* Hex digits of a nonce, a mac and a proof.  */

enum handshake_side
{
  HANDSHAKE_CLIENT,
  HANDSHAKE_SERVER
};

/* What both sides put into the mac.  CLIENT_NONCE may be "".  */
struct handshake
{
  const char *identity;
  const char *server_nonce;
  const char *client_nonce;
  uid_t client_uid;
  uid_t server_uid;
};

/* Store a fresh random nonce, lower-case hex, at R_NONCE.  */
void handshake_nonce (char r_nonce[HANDSHAKE_HEX + 1]);

/* Store the mac (SIDE is HANDSHAKE_CLIENT) or the proof (HANDSHAKE_SERVER)
   of the exchange H under KEY at R_MAC as lower-case hex.  */
gpg_error_t handshake_mac (const struct handshake *h, enum handshake_side side,
                           const void *key, size_t key_length,
                           char r_mac[HANDSHAKE_HEX + 1]);

/* Whether A and B, HANDSHAKE_HEX digits each, are the same; takes the same
   time whatever they are.  */
bool handshake_equal (const char *a, const char *b);

/* Whether TEXT is exactly HANDSHAKE_HEX lower-case hex digits.  */
bool handshake_is_hex (const char *text);

/* Take apart RESPONSE ("<mac>" or "<client-nonce>:<mac>", blanks, CR and LF
   at the end ignored).  The results are strings of HANDSHAKE_HEX digits, the
   nonce "" if there is none.  GPG_ERR_SYNTAX for any other form.  */
gpg_error_t handshake_parse (const char *response,
                             char r_client_nonce[HANDSHAKE_HEX + 1],
                             char r_mac[HANDSHAKE_HEX + 1]);

/* Whether NAME may name an identity: 1 to LIMIT_IDENTITY characters, letters,
   digits, '.', '_' and '-', the first a letter or a digit.  */
bool handshake_is_identity (const char *name);

/* Read the key in FD, which the caller keeps and closes.  The key is the
   bytes up to the end, without one final LF; LIMIT_KEY_MIN to LIMIT_KEY_MAX
   of them.  *R_KEY is secure memory: wipe and free it with gcry_free.
   Errors: GPG_ERR_TOO_SHORT, GPG_ERR_TOO_LARGE, or of read(2).  */
gpg_error_t handshake_read_key (int fd, void **r_key, size_t *r_length);

#endif /* REEVE_HANDSHAKE_H */
