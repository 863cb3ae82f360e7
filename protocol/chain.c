/* chain.c - the keyed chain of records that the audit log is
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include "chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gcrypt.h>

#define BLOCK 64   /* Of SHA-256.  */
#define STACK 4096 /* More than libgcrypt uses for it.  */

static const char head[] = "{\"sequence\":";
static const char hash_name[] = ",\"hash\":\"";
static const char mac_name[] = "\",\"mac\":\"";
static const char end[] = "\"}\n";

_Static_assert(sizeof hash_name + sizeof mac_name + sizeof end - 3
                       + 2 * CHAIN_HEX
                   == CHAIN_TAIL,
               "the tail's length");

/* SHA-256 of the COUNT pieces.  libgcrypt does this on the stack: a handle
   would cost more than the hash.  */
static void
hash_pieces (const gcry_buffer_t *piece, int count,
             unsigned char r_hash[CHAIN_BYTES])
{
  if (gcry_md_hash_buffers (GCRY_MD_SHA256, 0, r_hash, piece, count))
    abort ();
}

/* What libgcrypt leaves on the stack below its caller is the last digest, which
   may be a key: a process that waits since yesterday would keep it for whoever
   looks into its memory today.  */
static void __attribute__ ((noinline)) wipe_stack (void)
{
  char below[STACK];

  explicit_bzero (below, sizeof below);
}

static gcry_buffer_t
piece (const void *bytes, size_t length)
{
  return (gcry_buffer_t){ .data = (void *)bytes, .len = length };
}

void
chain_hash (const unsigned char previous[CHAIN_BYTES], const void *body,
            size_t length, unsigned char r_hash[CHAIN_BYTES])
{
  const gcry_buffer_t pieces[] = { piece (previous, CHAIN_BYTES),
                                   piece (body, length) };

  hash_pieces (pieces, 2, r_hash);
}

/* HMAC as RFC 2104 has it.  The key is another one for each record, so that a
   handle could keep nothing.  */
void
chain_mac (const unsigned char key[CHAIN_BYTES],
           const unsigned char hash[CHAIN_BYTES],
           unsigned char r_mac[CHAIN_BYTES])
{
  unsigned char text[BLOCK + CHAIN_BYTES];
  const gcry_buffer_t all = piece (text, sizeof text);

  memset (text, 0x36, BLOCK);
  for (size_t i = 0; i < CHAIN_BYTES; i++)
    text[i] ^= key[i];
  memcpy (text + BLOCK, hash, CHAIN_BYTES);
  hash_pieces (&all, 1, text + BLOCK);
  for (size_t i = 0; i < BLOCK; i++)
    text[i] ^= 0x36 ^ 0x5c;
  hash_pieces (&all, 1, r_mac);
  wipe_stack ();
  explicit_bzero (text, sizeof text);
}

void
chain_key_next (unsigned char key[CHAIN_BYTES])
{
  static const char label[] = "reeve-audit-key-1";
  const gcry_buffer_t pieces[] = { piece (label, sizeof label - 1),
                                   piece (key, CHAIN_BYTES) };

  hash_pieces (pieces, 2, key);
  wipe_stack ();
}

void
chain_step (unsigned char hash[CHAIN_BYTES], unsigned char key[CHAIN_BYTES],
            const void *body, size_t length, char r_tail[CHAIN_TAIL])
{
  unsigned char mac[CHAIN_BYTES];

  chain_hash (hash, body, length, hash);
  chain_mac (key, hash, mac);
  chain_key_next (key);
  memcpy (r_tail, hash_name, sizeof hash_name - 1);
  r_tail += sizeof hash_name - 1;
  chain_to_hex (hash, r_tail);
  r_tail += CHAIN_HEX;
  memcpy (r_tail, mac_name, sizeof mac_name - 1);
  r_tail += sizeof mac_name - 1;
  chain_to_hex (mac, r_tail);
  memcpy (r_tail + CHAIN_HEX, end, sizeof end - 1);
}

/* Read a decimal number without sign or leading zero, not 0, at TEXT;
   returns what follows it, or NULL.  */
static const char *
read_sequence (const char *text, const char *limit, uint64_t *r_sequence)
{
  uint64_t number = 0;

  if (text == limit || *text == '0')
    return NULL;
  for (; text < limit && *text >= '0' && *text <= '9'; text++)
    {
      unsigned digit = (unsigned)(*text - '0');

      if (number > (UINT64_MAX - digit) / 10)
        return NULL;
      number = 10 * number + digit;
    }
  *r_sequence = number;
  return number ? text : NULL;
}

gpg_error_t
chain_line_split (const char *line, size_t length, struct chain_line *r_line)
{
  const char *tail, *rest;

  if (length && line[length - 1] == '\n')
    length--;
  if (length < sizeof head - 1 + CHAIN_TAIL - 1 || length > CHAIN_LINE_MOST - 1
      || memcmp (line, head, sizeof head - 1))
    return gpg_error (GPG_ERR_BAD_DATA);
  tail = line + length - (CHAIN_TAIL - 1);
  rest = read_sequence (line + sizeof head - 1, tail, &r_line->sequence);
  if (!rest || rest == tail || *rest != ','
      || memcmp (tail, hash_name, sizeof hash_name - 1)
      || memchr (line, '\n', length))
    return gpg_error (GPG_ERR_BAD_DATA);
  r_line->body = line;
  r_line->length = (size_t)(tail - line);
  tail += sizeof hash_name - 1;
  if (chain_from_hex (tail, r_line->hash)
      || memcmp (tail + CHAIN_HEX, mac_name, sizeof mac_name - 1))
    return gpg_error (GPG_ERR_BAD_DATA);
  tail += CHAIN_HEX + sizeof mac_name - 1;
  if (chain_from_hex (tail, r_line->mac)
      || memcmp (tail + CHAIN_HEX, end, sizeof end - 2))
    return gpg_error (GPG_ERR_BAD_DATA);
  return 0;
}

int
chain_equal (const unsigned char a[CHAIN_BYTES],
             const unsigned char b[CHAIN_BYTES])
{
  unsigned char difference = 0;

  for (size_t i = 0; i < CHAIN_BYTES; i++)
    difference |= (unsigned char)(a[i] ^ b[i]);
  return !difference;
}

void
chain_to_hex (const unsigned char bytes[CHAIN_BYTES], char r_hex[CHAIN_HEX])
{
  static const char digits[] = "0123456789abcdef";

  for (size_t i = 0; i < CHAIN_BYTES; i++)
    {
      r_hex[2 * i] = digits[bytes[i] >> 4];
      r_hex[2 * i + 1] = digits[bytes[i] & 15];
    }
}

/* The value of the lower-case hex digit C, or -1.  */
static int
digit_value (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

gpg_error_t
chain_from_hex (const char hex[CHAIN_HEX], unsigned char r_bytes[CHAIN_BYTES])
{
  for (size_t i = 0; i < CHAIN_BYTES; i++)
    {
      int high = digit_value (hex[2 * i]);
      int low = high < 0 ? -1 : digit_value (hex[2 * i + 1]);

      if (low < 0)
        return gpg_error (GPG_ERR_BAD_DATA);
      r_bytes[i] = (unsigned char)(high << 4 | low);
    }
  return 0;
}

void
chain_key_format (uint64_t sequence, const unsigned char key[CHAIN_BYTES],
                  char r_text[CHAIN_KEY_TEXT])
{
  int length = snprintf (r_text, CHAIN_KEY_TEXT, "%" PRIu64 ":", sequence);

  chain_to_hex (key, r_text + length);
  r_text[length + CHAIN_HEX] = 0;
}

gpg_error_t
chain_key_parse (const char *text, uint64_t *r_sequence,
                 unsigned char r_key[CHAIN_BYTES])
{
  const char *limit = text + strlen (text);
  const char *rest = read_sequence (text, limit, r_sequence);

  if (!rest || *rest != ':' || limit - rest <= CHAIN_HEX
      || rest[1 + CHAIN_HEX + strspn (rest + 1 + CHAIN_HEX, " \t\r\n")]
      || chain_from_hex (rest + 1, r_key))
    return gpg_error (GPG_ERR_BAD_DATA);
  return 0;
}
