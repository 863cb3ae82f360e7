/* writer.h - the record writer: how a handler answers
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An answer is one value, or a list of items, or records; protocol/record.h
   says how each looks on the wire.  The functions return an error only when
   the client is gone or the answer passes its limit; a handler hands it on. */

#ifndef REEVE_WRITER_H
#define REEVE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include "../../protocol/buffer.h"

enum output
{
  OUTPUT_TEXT,
  OUTPUT_JSON
};

/* Where the bytes go.  */
struct writer_sink
{
  /* A piece of the answer, whole lines where the answer has lines.  With
     BYTES NULL the client is to have now what was handed on.  */
  gpg_error_t (*data) (void *context, const char *bytes, size_t length);
  /* A status line "S KEYWORD TEXT".  */
  gpg_error_t (*status) (void *context, const char *keyword, const char *text);
  void *context;
};

struct writer
{
  struct writer_sink sink;
  enum output output;
  size_t most;        /* Bytes of the answer; 0: LIMIT_ANSWER.  */
  size_t written;     /* Bytes of the answer so far.  */
  bool in_record;     /* A record has a field and is not ended.  */
  bool any_record;    /* At least one was ended.  */
  struct buffer line; /* What is being put together.  */
};

/* The whole answer is this value: any bytes.  */
gpg_error_t writer_value (struct writer *out, const char *bytes, size_t length);

/* One item of a list.  */
gpg_error_t writer_item (struct writer *out, const char *bytes, size_t length);

/* One field of a record; NAME is a lower-case word.  */
gpg_error_t writer_field (struct writer *out, const char *name,
                          const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));
gpg_error_t writer_field_bytes (struct writer *out, const char *name,
                                const char *bytes, size_t length);
/* The same with a JSON number, or true and false ("yes" and "no" in text). */
gpg_error_t writer_field_number (struct writer *out, const char *name,
                                 int64_t number);
gpg_error_t writer_field_bool (struct writer *out, const char *name,
                               bool value);
/* The same with COUNT strings: as many lines in text, an array in JSON.  */
gpg_error_t writer_field_list (struct writer *out, const char *name,
                               const char *const *items, size_t count);

/* The same with TEXT, which is valid JSON in one line: in text as it is, in
   JSON as a part of the whole.  */
gpg_error_t writer_field_json (struct writer *out, const char *name,
                               const char *text, size_t length);

/* The record is complete.  */
gpg_error_t writer_record_end (struct writer *out);

/* Let the client have now what was written so far.  */
gpg_error_t writer_flush (struct writer *out);

/* "S WARNING text".  */
gpg_error_t writer_warning (struct writer *out, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

/* Free memory, keep the sink.  */
void writer_release (struct writer *out);

#endif /* REEVE_WRITER_H */
