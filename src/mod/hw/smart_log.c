/* smart_log.c - the logs that a disk keeps of errors and self-tests
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>

#include "smart_parse.h"

/* The first array that the dotted PATHS, ending with NULL, lead to.  */
static const json_t *
first_table (const json_t *root, const char *const *paths)
{
  const json_t *table = NULL;

  for (; !table && *paths; paths++)
    table = field_find (root, *paths);
  return table;
}

/* --- Errors --- */

static void
say_ata_errors (struct channel *out, const json_t *root)
{
  static const char *const paths[] = { "ata_smart_error_log.extended.table",
                                       "ata_smart_error_log.summary.table",
                                       NULL };
  const json_t *one;
  size_t i;

  json_array_foreach (first_table (root, paths), i, one)
  {
    field_say (out, "log", "error");
    field_say_number (out, "number", json_object_get (one, "error_number"));
    field_say_number (out, "power_on_hours",
                      json_object_get (one, "lifetime_hours"));
    field_say_text (out, "description",
                    json_object_get (one, "error_description"));
    field_end_record (out);
  }
}

static void
say_nvme_errors (struct channel *out, const json_t *root)
{
  const json_t *one;
  size_t i;

  json_array_foreach (field_find (root, "nvme_error_information_log.table"), i,
                      one)
  {
    if (!json_is_object (one))
      continue;
    field_say (out, "log", "error");
    field_say_number (out, "number", json_object_get (one, "error_count"));
    field_say_text (out, "description",
                    field_find (one, "status_field.string"));
    field_say_number (out, "lba", field_find (one, "lba.value"));
    field_end_record (out);
  }
}

static void
say_scsi_errors (struct channel *out, const json_t *root)
{
  static const char *const counters[] = { "read", "write", "verify" };

  for (size_t i = 0; i < 3; i++)
    {
      const json_t *one = json_object_get (
          field_find (root, "scsi_error_counter_log"), counters[i]);

      if (!one)
        continue;
      field_say (out, "log", "error");
      field_say (out, "description", counters[i]);
      field_say_number (out, "corrected",
                        json_object_get (one, "total_errors_corrected"));
      field_say_number (out, "uncorrected",
                        json_object_get (one, "total_uncorrected_errors"));
      field_end_record (out);
    }
}

/* --- Self-tests --- */

static void
say_ata_tests (struct channel *out, const json_t *root)
{
  static const char *const paths[] = { "ata_smart_self_test_log.extended.table",
                                       "ata_smart_self_test_log.standard.table",
                                       NULL };
  const json_t *one;
  size_t i;

  json_array_foreach (first_table (root, paths), i, one)
  {
    field_say (out, "log", "selftest");
    field_say_text (out, "test", field_find (one, "type.string"));
    field_say_text (out, "result", field_find (one, "status.string"));
    field_say_bool (out, "passed", field_find (one, "status.passed"));
    field_say_number (out, "remaining_percent",
                      field_find (one, "status.remaining_percent"));
    field_say_number (out, "power_on_hours",
                      json_object_get (one, "lifetime_hours"));
    field_say_number (out, "lba", json_object_get (one, "lba"));
    field_end_record (out);
  }
}

static void
say_nvme_tests (struct channel *out, const json_t *root)
{
  const json_t *one;
  size_t i;

  json_array_foreach (field_find (root, "nvme_self_test_log.table"), i, one)
  {
    const json_t *result = field_find (one, "self_test_result.value");

    if (!json_is_object (one))
      continue;
    field_say (out, "log", "selftest");
    field_say_text (out, "test", field_find (one, "self_test_code.string"));
    field_say_text (out, "result", field_find (one, "self_test_result.string"));
    if (json_is_integer (result))
      field_say (out, "passed", json_integer_value (result) ? "0" : "1");
    field_say_number (out, "power_on_hours",
                      json_object_get (one, "power_on_hours"));
    field_say_number (out, "lba", json_object_get (one, "lba"));
    field_end_record (out);
  }
}

/* smartctl numbers them: scsi_self_test_0 to 19, the latest first.  */
static void
say_scsi_tests (struct channel *out, const json_t *root)
{
  for (int i = 0; i < 20; i++)
    {
      const json_t *one, *result;
      char name[32];

      snprintf (name, sizeof name, "scsi_self_test_%d", i);
      one = json_object_get (root, name);
      if (!one)
        return;
      result = field_find (one, "result.value");
      field_say (out, "log", "selftest");
      field_say_text (out, "test", field_find (one, "code.string"));
      field_say_text (out, "result", field_find (one, "result.string"));
      if (json_is_integer (result))
        field_say (out, "passed", json_integer_value (result) ? "0" : "1");
      field_say_number (out, "power_on_hours",
                        field_find (one, "power_on_time.hours"));
      field_say_number (out, "lba",
                        field_find (one, "lba_first_failure.value"));
      field_end_record (out);
    }
}

void
smart_say_log (struct channel *out, const json_t *root, enum smart_log log)
{
  if (log == SMART_LOG_ERROR)
    {
      say_ata_errors (out, root);
      say_nvme_errors (out, root);
      say_scsi_errors (out, root);
    }
  else if (log == SMART_LOG_SELFTEST)
    {
      say_ata_tests (out, root);
      say_nvme_tests (out, root);
      say_scsi_tests (out, root);
    }
}
