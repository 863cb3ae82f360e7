/* field_say.h - what a parser behind a fence says: fields
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   See fields.h.  */

#ifndef REEVE_FIELD_SAY_H
#define REEVE_FIELD_SAY_H

#include <gpg-error.h>
#include <jansson.h>
#include "../../base/channel.h"
#include "../../base/failure.h"

/* Items of an answer, fewer than fenced_call can take.  */
#define FIELDS_MOST 60000

/* Say that the field NAME is VALUE.  */
void field_say (struct channel *out, const char *name, const char *value);

/* The same for what JSON holds, if it is such: a string that is not empty; a
   whole number, which may stand in a string; any number; true or false.  */
void field_say_text (struct channel *out, const char *name, const json_t *json);
void field_say_number (struct channel *out, const char *name,
                       const json_t *json);
void field_say_decimal (struct channel *out, const char *name,
                        const json_t *json);
void field_say_bool (struct channel *out, const char *name, const json_t *json);
void field_end_record (struct channel *out);

/* GPG_ERR_TOO_LARGE if more was said than an answer can take.  */
gpg_error_t field_said (const struct channel *out, struct failure *failure);

/* What the dotted PATH leads to in objects below JSON, or NULL.  */
json_t *field_find (const json_t *json, const char *path);

#endif /* REEVE_FIELD_SAY_H */
