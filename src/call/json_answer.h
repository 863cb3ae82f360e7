/* json_answer.h - answers made of JSON that was written down
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_JSON_ANSWER_H
#define REEVE_JSON_ANSWER_H

#include "../../protocol/json.h"
#include "writer.h"

/* Write FIELD as a field of a record: strings, numbers, booleans and lists of
   strings as such, all else as JSON.  */
gpg_error_t json_answer_field (struct writer *out,
                               const struct json_field *field);

/* Write the object of LENGTH bytes at TEXT as a record, without the fields that
   are called as one of BUT, which ends with NULL.  */
gpg_error_t json_answer_record (struct writer *out, const char *text,
                                size_t length, const char *const *but);

#endif /* REEVE_JSON_ANSWER_H */
