/* fuzz-sensors.c - what sensors wrote
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "fields.h"
#include "../../src/mod/hw/sensors_parse.h"

static const struct field as_told[]
    = { { "chip", FIELD_TEXT },       { "adapter", FIELD_TEXT },
        { "sensor", FIELD_TEXT },     { "label", FIELD_TEXT },
        { "kind", FIELD_TEXT },       { "temperature_c", FIELD_DECIMAL },
        { "fan_rpm", FIELD_DECIMAL }, { "value", FIELD_DECIMAL },
        { "min", FIELD_DECIMAL },     { "alarm", FIELD_BOOL },
        { NULL, FIELD_TEXT } };
static const struct field otherwise[] = { { "chip", FIELD_LIST },
                                          { "label", FIELD_JSON },
                                          { "sensor", FIELD_BOOL },
                                          { "kind", FIELD_NUMBER },
                                          { "temperature_c", FIELD_NUMBER },
                                          { NULL, FIELD_TEXT } };

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  static const struct field *const tables[] = { as_told, otherwise, NULL };
  char *copy = malloc (size + 1);

  /* With its NULs: a program may write some.  */
  require (copy);
  memcpy (copy, bytes, size);
  copy[size] = 0;
  check_tidy (copy, size, true);
  check_tidy (copy, size, false);
  check_parser (sensors_parse, NULL, copy, size, tables);
  free (copy);
  return 0;
}
