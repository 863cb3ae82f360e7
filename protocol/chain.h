/* chain.h - the keyed chain of records that the audit log is
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

   A record is a line: BODY, then its hash and its mac in hex.  BODY is the
   line's bytes up to but not including the comma before "hash":

     {"sequence":N,...,"hash":"<64 digits>","mac":"<64 digits>"}\n

     hash(i)  = SHA-256 (hash(i-1) BODY(i))        hash(0): 32 zero bytes
     mac(i)   = HMAC-SHA-256 (key(i), hash(i))
     key(i+1) = SHA-256 ("reeve-audit-key-1" key(i))

   Sequence numbers count from 1 and go on through rotated files.  Whoever has
   the key of record i can check it and all behind it, but cannot make a mac
   for one before.  Hashes and keys are raw bytes in all formulas.  */

#ifndef REEVE_CHAIN_H
#define REEVE_CHAIN_H

#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>

#define CHAIN_BYTES 32          /* Of a hash, a mac, a key.  */
#define CHAIN_HEX 64            /* The same in hex digits.  */
#define CHAIN_TAIL 149          /* What follows BODY, with the LF.  */
#define CHAIN_LINE_MOST 4194304 /* Bytes of a line, with the LF.  */
#define CHAIN_KEY_TEXT 88       /* Room for "SEQUENCE:HEX" and a NUL.  */

/* A line taken apart.  BODY points into it.  */
struct chain_line
{
  uint64_t sequence;
  const char *body;
  size_t length;
  unsigned char hash[CHAIN_BYTES];
  unsigned char mac[CHAIN_BYTES];
};

/* Store the hash of BODY (LENGTH bytes) behind the record whose hash is
   PREVIOUS at R_HASH, which may be PREVIOUS.  */
void chain_hash (const unsigned char previous[CHAIN_BYTES], const void *body,
                 size_t length, unsigned char r_hash[CHAIN_BYTES]);

/* Store the mac of a record's HASH under its KEY at R_MAC.  */
void chain_mac (const unsigned char key[CHAIN_BYTES],
                const unsigned char hash[CHAIN_BYTES],
                unsigned char r_mac[CHAIN_BYTES]);

/* Put the next record's key in the place of KEY.  */
void chain_key_next (unsigned char key[CHAIN_BYTES]);

/* Take a record: HASH and KEY, which are those of the record before and of
   this one, become those of this one and of the next; store the TAIL to be
   written behind BODY.  */
void chain_step (unsigned char hash[CHAIN_BYTES],
                 unsigned char key[CHAIN_BYTES], const void *body,
                 size_t length, char r_tail[CHAIN_TAIL]);

/* Take the LENGTH bytes at LINE apart, with or without the LF.
   GPG_ERR_BAD_DATA if it does not have the form above.  */
gpg_error_t chain_line_split (const char *line, size_t length,
                              struct chain_line *r_line);

/* Whether two hashes or macs are the same; takes the same time whatever they
   are.  */
int chain_equal (const unsigned char a[CHAIN_BYTES],
                 const unsigned char b[CHAIN_BYTES]);

/* Write BYTES as CHAIN_HEX lower-case digits, without a NUL; and back:
   GPG_ERR_BAD_DATA if there is another character.  */
void chain_to_hex (const unsigned char bytes[CHAIN_BYTES],
                   char r_hex[CHAIN_HEX]);
gpg_error_t chain_from_hex (const char hex[CHAIN_HEX],
                            unsigned char r_bytes[CHAIN_BYTES]);

/* A key as the operator keeps it: "SEQUENCE:HEX", where SEQUENCE is that of
   the first record that it covers.  Reading ignores blanks and line ends at
   the end; GPG_ERR_BAD_DATA for any other form.  */
void chain_key_format (uint64_t sequence, const unsigned char key[CHAIN_BYTES],
                       char r_text[CHAIN_KEY_TEXT]);
gpg_error_t chain_key_parse (const char *text, uint64_t *r_sequence,
                             unsigned char r_key[CHAIN_BYTES]);

#endif /* REEVE_CHAIN_H */
