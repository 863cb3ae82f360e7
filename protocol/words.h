/* words.h - a request line and its words
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

   A line is "NOUN VERB [--option[=value]]... argument...".  Words are
   separated by blanks and percent-escaped (%20 is a blank, %25 a percent
   sign; + stands for itself).  A word that begins with a quotation mark ends
   at the next one (%22 is a quotation mark inside it).  A lone @ stands for
   "ask me by an inquiry"; %40 is the character.  The same syntax holds on
   the standard input of the reeve command.  */

#ifndef REEVE_WORDS_H
#define REEVE_WORDS_H

#include <stddef.h>
#include <gpg-error.h>
#include "buffer.h"

enum word_kind
{
  WORD_PLAIN,  /* An argument.  */
  WORD_OPTION, /* Begins with two literal hyphens: never quoted, never
                  escaped, so a value that merely looks like an option can
                  be sent as "%2D-...".  */
  WORD_ASK     /* A lone, literal @.  */
};

/* TEXT is decoded, has LENGTH bytes (it cannot contain a NUL) and a NUL
   behind.  For a WORD_OPTION, TEXT includes the hyphens.  */
struct word
{
  enum word_kind kind;
  char *text;
  size_t length;
};

struct words
{
  size_t count;
  struct word *word;
  char *memory; /* Where all texts lie.  */
};

/* Split and decode LINE.  On success the caller releases *R_WORDS with
   words_release.  Errors: GPG_ERR_TOO_MANY for more than LIMIT_WORDS words;
   GPG_ERR_SYNTAX for a bad percent escape, %00, an unterminated quotation or
   text directly after a closing quotation mark.  If R_REASON is not NULL it
   is set on an error to a static text that says what to do.  */
gpg_error_t words_split (const char *line, struct words *r_words,
                         const char **r_reason);

/* Free what WORDS holds.  */
void words_release (struct words *words);

/* Where the last word of LINE begins, which need not be whole; the end of LINE
   where a blank ends it.  For completion.  */
const char *words_last (const char *line);

/* Append TEXT to BUFFER, escaped so that words_split gives back these bytes
   as one WORD_PLAIN word, whatever they are (not NUL).  An empty text
   becomes "".  */
void words_quote (struct buffer *buffer, const char *text, size_t length);

/* Append TEXT percent-escaped, for where a quotation has no meaning: behind
   the equals sign of an option.  */
void words_escape (struct buffer *buffer, const char *text, size_t length);

/* Decode the percent escapes of the LENGTH bytes at TEXT in place; return
   the new length through R_LENGTH and put a NUL behind it.  GPG_ERR_SYNTAX
   for a bad escape or %00.  TEXT needs LENGTH + 1 bytes.  */
gpg_error_t words_unescape (char *text, size_t length, size_t *r_length);

#endif /* REEVE_WORDS_H */
