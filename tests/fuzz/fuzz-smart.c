/* fuzz-smart.c - what smartctl wrote
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The first byte says what smartctl was asked, the second how it ended.  */

#include "fields.h"
#include "../../src/mod/hw/smart_parse.h"

/* Each name as what it is, and as what it should not be.  */
static const struct field as_told[]
    = { { "serial", FIELD_TEXT },          { "model", FIELD_TEXT },
        { "message", FIELD_LIST },         { "power_cycles", FIELD_NUMBER },
        { "temperature_c", FIELD_NUMBER }, { "wear_percent", FIELD_NUMBER },
        { "passed", FIELD_BOOL },          { "raw", FIELD_JSON },
        { "lba", FIELD_NUMBER },           { NULL, FIELD_TEXT } };
static const struct field otherwise[]
    = { { "serial", FIELD_NUMBER },   { "model", FIELD_JSON },
        { "message", FIELD_DECIMAL }, { "power_cycles", FIELD_BOOL },
        { "raw", FIELD_TEXT },        { "result", FIELD_DECIMAL },
        { NULL, FIELD_TEXT } };

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  static const struct field *const tables[] = { as_told, otherwise, NULL };
  struct smart_question question = { 0 };
  char *copy;

  if (size < 2)
    return 0;
  question.log = bytes[0] % 3;
  question.raw = bytes[0] & 4;
  question.exit_status = bytes[1];
  copy = fuzz_string (bytes + 2, size - 2);
  check_tidy (copy, strlen (copy), false);
  check_parser (bytes[0] & 8    ? smart_parse_scan
                : bytes[0] & 16 ? smart_parse_test
                                : smart_parse,
                &question, copy, strlen (copy), tables);
  free (copy);
  return 0;
}
