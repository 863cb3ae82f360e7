/* sensors_parse.h - what sensors -j says
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SENSORS_PARSE_H
#define REEVE_SENSORS_PARSE_H

#include "field_say.h"

/* A fenced_function: says a record for each sensor of each chip.  Errors:
   those of tidy_json.  */
gpg_error_t sensors_parse (const char *bytes, size_t length,
                           const void *context, struct channel *out,
                           struct failure *failure);

#endif /* REEVE_SENSORS_PARSE_H */
