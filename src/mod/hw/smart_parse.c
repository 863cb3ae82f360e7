/* smart_parse.c - what smartctl says of a disk
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "smart_parse.h"

#include <stdio.h>
#include <string.h>

#include "tidy.h"

#define WORN_MOST 255 /* Percent: NVMe counts so far.  */

/* Identifiers of ATA attributes.  */
#define ATA_REALLOCATED 5
#define ATA_POWER_ON 9
#define ATA_POWER_CYCLES 12
#define ATA_REPORTED_UNCORRECTABLE 187
#define ATA_AIR_TEMPERATURE 190
#define ATA_TEMPERATURE 194
#define ATA_PENDING 197
#define ATA_OFFLINE_UNCORRECTABLE 198

/* Attributes whose normalized value is the percentage of life that is left,
   if they have such a name.  */
static const struct life
{
  int id;
  const char *name;
} lives[]
    = { { 231, "SSD_Life_Left" },           { 233, "Media_Wearout_Indicator" },
        { 202, "Percent_Lifetime_Remain" }, { 169, "Remaining_Lifetime_Perc" },
        { 177, "Wear_Leveling_Count" },     { 173, "Wear_Leveling_Count" } };

static gpg_error_t
read_json (const char *bytes, size_t length, struct buffer *text,
           json_t **r_json, struct failure *failure)
{
  gpg_error_t err = tidy_read (bytes, length, false, text, r_json);

  switch (gpg_err_code (err))
    {
    case GPG_ERR_NO_DATA:
      return fail (failure, GPG_ERR_NO_DATA,
                   "smartctl wrote no JSON: smartmontools 7.0 or newer is "
                   "needed");
    case GPG_ERR_BAD_DATA:
      return fail (failure, GPG_ERR_BAD_DATA, "what smartctl wrote is no JSON");
    default:
      return err;
    }
}

/* --- Values --- */

/* The first of the dotted PATHS, which end with NULL, that leads to something
   else than null.  */
static const json_t *
first_of (const json_t *root, const char *const *paths)
{
  for (; *paths; paths++)
    {
      const json_t *json = field_find (root, *paths);

      if (json && !json_is_null (json))
        return json;
    }
  return NULL;
}

#define FIRST_OF(root, ...)                                                    \
  first_of (root, (const char *const[]){ __VA_ARGS__, NULL })

static const json_t *
attribute (const json_t *root, int id)
{
  const json_t *table = field_find (root, "ata_smart_attributes.table");
  const json_t *one;
  size_t i;

  json_array_foreach (table, i,
                      one) if (json_integer_value (json_object_get (one, "id"))
                               == id) return one;
  return NULL;
}

/* The raw value of attribute ID.  smartctl's text of it is better than the
   number, into which vendors pack several.  */
static const json_t *
raw_value (const json_t *root, int id)
{
  const json_t *one = attribute (root, id);
  const char *text = json_string_value (field_find (one, "raw.string"));

  if (text && strspn (text, "0123456789"))
    return field_find (one, "raw.string");
  return field_find (one, "raw.value");
}

/* --- Parts of the record --- */

static void
say_identity (struct channel *out, const json_t *root)
{
  const json_t *vendor = FIRST_OF (root, "scsi_vendor", "vendor");
  const json_t *product = FIRST_OF (root, "scsi_product", "product");
  const json_t *model = FIRST_OF (root, "model_name", "scsi_model_name");
  const json_t *space = json_array_get (field_find (root, "nvme_namespaces"),
                                        0);
  const json_t *capacity = FIRST_OF (root, "user_capacity.bytes",
                                     "nvme_total_capacity");
  char name[128];

  field_say_text (out, "type", field_find (root, "device.type"));
  field_say_text (out, "protocol", field_find (root, "device.protocol"));
  if (!json_is_string (model) && json_is_string (product))
    {
      snprintf (name, sizeof name, "%s%s%s",
                json_is_string (vendor) ? json_string_value (vendor) : "",
                json_is_string (vendor) ? " " : "",
                json_string_value (product));
      field_say (out, "model", name);
    }
  field_say_text (out, "model", model);
  field_say_text (out, "serial", field_find (root, "serial_number"));
  field_say_text (
      out, "firmware",
      FIRST_OF (root, "firmware_version", "scsi_revision", "revision"));
  field_say_number (out, "capacity_bytes",
                    capacity ? capacity : field_find (space, "size.bytes"));
}

static bool
is_protocol (const json_t *root, const char *protocol)
{
  const char *text = json_string_value (field_find (root, "device.protocol"));

  return text && !strcmp (text, protocol);
}

static void
say_rotation (struct channel *out, const json_t *root)
{
  const json_t *rotation = field_find (root, "rotation_rate");

  if (!rotation && is_protocol (root, "NVMe"))
    field_say (out, "rotation", "0");
  else
    field_say_number (out, "rotation", rotation);
}

/* A RAID volume says 0 for a temperature that nobody knows.  */
static void
say_temperature (struct channel *out, const json_t *root)
{
  const json_t *known = FIRST_OF (root, "temperature.current",
                                  "nvme_smart_health_information_log."
                                  "temperature",
                                  "ata_sct_status.temperature.current");
  const json_t *trip = field_find (root, "temperature.drive_trip");

  if (json_is_integer (trip) && !json_integer_value (trip)
      && json_is_integer (known) && !json_integer_value (known))
    return;
  if (!known)
    known = raw_value (root, attribute (root, ATA_TEMPERATURE)
                                 ? ATA_TEMPERATURE
                                 : ATA_AIR_TEMPERATURE);
  field_say_number (out, "temperature_c", known);
}

/* What is used up, in percent.  */
static void
say_wear (struct channel *out, const json_t *root)
{
  const json_t *used = FIRST_OF (
      root, "nvme_smart_health_information_log.percentage_used",
      "scsi_percentage_used_endurance_indicator");

  for (size_t i = 0; !used && i < sizeof lives / sizeof *lives; i++)
    {
      const json_t *one = attribute (root, lives[i].id);
      const char *name = json_string_value (json_object_get (one, "name"));
      json_int_t left = json_integer_value (json_object_get (one, "value"));
      char text[24];

      if (!name || strcmp (name, lives[i].name) || left < 0 || left > 100)
        continue;
      snprintf (text, sizeof text, "%d", (int)(100 - left));
      field_say (out, "wear_percent", text);
      return;
    }
  if (json_is_integer (used)
      && (json_integer_value (used) < 0
          || json_integer_value (used) > WORN_MOST))
    return;
  field_say_number (out, "wear_percent", used);
}

static void
say_media_errors (struct channel *out, const json_t *root)
{
  static const char *const counters[] = { "read", "write", "verify" };
  const json_t *log = field_find (root, "scsi_error_counter_log");
  const json_t *known = field_find (
      root, "nvme_smart_health_information_log.media_errors");
  json_int_t sum = 0;
  bool any = false;
  char text[24];

  for (size_t i = 0; i < 3; i++)
    {
      const json_t *one = json_object_get (json_object_get (log, counters[i]),
                                           "total_uncorrected_errors");

      any = any || json_is_integer (one);
      sum += json_integer_value (one) < INT64_MAX / 4 ? json_integer_value (one)
                                                      : 0;
    }
  if (!known)
    known = raw_value (root, ATA_REPORTED_UNCORRECTABLE);
  if (!known)
    known = raw_value (root, ATA_OFFLINE_UNCORRECTABLE);
  snprintf (text, sizeof text, "%lld", (long long)sum);
  if (any)
    field_say (out, "media_errors", text);
  else
    field_say_number (out, "media_errors", known);
}

static void
say_counts (struct channel *out, const json_t *root)
{
  const json_t *hours = FIRST_OF (root, "power_on_time.hours",
                                  "nvme_smart_health_information_log."
                                  "power_on_hours");
  const json_t *cycles = FIRST_OF (
      root, "power_cycle_count",
      "nvme_smart_health_information_log.power_cycles",
      "scsi_start_stop_cycle_counter.accumulated_start_stop_cycles");
  const json_t *reallocated = field_find (root, "scsi_grown_defect_list");
  const json_t *pending = field_find (root, "scsi_pending_defects.count");

  field_say_number (out, "power_on_hours",
                    hours ? hours : raw_value (root, ATA_POWER_ON));
  field_say_number (out, "power_cycles",
                    cycles ? cycles : raw_value (root, ATA_POWER_CYCLES));
  field_say_number (out, "reallocated",
                    reallocated ? reallocated
                                : raw_value (root, ATA_REALLOCATED));
  field_say_number (out, "pending",
                    pending ? pending : raw_value (root, ATA_PENDING));
}

/* --- How it is --- */

/* Say smartctl's messages; whether one of them is that the disk sleeps.  */
static bool
say_messages (struct channel *out, const json_t *root)
{
  const json_t *messages = field_find (root, "smartctl.messages");
  bool sleeps = false;
  const json_t *one;
  size_t i;

  json_array_foreach (messages, i, one)
  {
    const json_t *string = json_object_get (one, "string");
    const char *text = json_string_value (string);

    if (text && !strncmp (text, "Device is in ", 13))
      sleeps = true;
    else
      field_say_text (out, "message", string);
  }
  return sleeps;
}

static void
say_state (struct channel *out, const json_t *root,
           const struct smart_question *question, bool sleeps)
{
  const json_t *passed = field_find (root, "smart_status.passed");
  const char *health = question->exit_status & SMART_FAILING ? "failed"
                       : json_is_true (passed)               ? "passed"
                       : json_is_false (passed)              ? "failed"
                                                             : "unknown";

  field_say (out, "health", health);
  field_say (out, "state", sleeps ? "standby" : "active");
}

/* Whether a self-test runs, and how much of it is left.  */
static void
say_test (struct channel *out, const json_t *root)
{
  const json_t *ata = field_find (root, "ata_smart_data.self_test.status");
  const json_t *nvme = field_find (root, "nvme_self_test_log");
  const json_t *scsi = field_find (root, "scsi_self_test_status");
  const json_t *done = NULL;
  const json_t *running = NULL;
  char text[24];

  if (ata)
    {
      json_int_t value = json_integer_value (json_object_get (ata, "value"));

      /* ATA-8 ACS, SMART READ DATA: the high four bits are 15.  */
      field_say (out, "selftest_running", value >> 4 == 15 ? "1" : "0");
      if (value >> 4 == 15)
        field_say_number (out, "selftest_remaining_percent",
                          json_object_get (ata, "remaining_percent"));
      return;
    }
  if (nvme)
    {
      running = field_find (nvme, "current_self_test_operation.value");
      done = json_object_get (nvme, "current_self_test_completion_percent");
    }
  else if (scsi)
    {
      running = json_object_get (scsi, "in_progress");
      done = json_object_get (scsi, "completion_percent");
    }
  field_say_bool (out, "selftest_running", running);
  if (json_is_integer (done) && json_integer_value (done) >= 0
      && json_integer_value (done) <= 100)
    {
      snprintf (text, sizeof text, "%d", 100 - (int)json_integer_value (done));
      field_say (out, "selftest_remaining_percent", text);
    }
}

gpg_error_t
smart_parse (const char *bytes, size_t length, const void *context,
             struct channel *out, struct failure *failure)
{
  const struct smart_question *question = context;
  auto_buffer struct buffer text = BUFFER_EMPTY;
  json_t *root;
  gpg_error_t err = read_json (bytes, length, &text, &root, failure);
  bool sleeps;

  if (err)
    return err;
  say_identity (out, root);
  say_rotation (out, root);
  sleeps = say_messages (out, root);
  say_state (out, root, question, sleeps);
  say_temperature (out, root);
  say_counts (out, root);
  say_wear (out, root);
  say_media_errors (out, root);
  say_test (out, root);
  if (question->raw)
    field_say (out, "raw", text.bytes);
  field_end_record (out);
  smart_say_log (out, root, question->log);
  json_decref (root);
  return field_said (out, failure);
}

/* --- Other answers of smartctl --- */

gpg_error_t
smart_parse_scan (const char *bytes, size_t length, const void *context,
                  struct channel *out, struct failure *failure)
{
  json_t *root, *one;
  size_t i;
  gpg_error_t err = read_json (bytes, length, NULL, &root, failure);

  (void)context;
  if (err)
    return err;
  json_array_foreach (json_object_get (root, "devices"), i, one)
  {
    field_say_text (out, "device", json_object_get (one, "name"));
    field_say_text (out, "type", json_object_get (one, "type"));
    field_say_text (out, "protocol", json_object_get (one, "protocol"));
    field_say_text (out, "open_error", json_object_get (one, "open_error"));
    field_end_record (out);
  }
  json_decref (root);
  return field_said (out, failure);
}

gpg_error_t
smart_parse_test (const char *bytes, size_t length, const void *context,
                  struct channel *out, struct failure *failure)
{
  json_t *root, *line;
  size_t i;
  gpg_error_t err = read_json (bytes, length, NULL, &root, failure);

  (void)context;
  if (err)
    return err;
  say_messages (out, root);
  json_array_foreach (field_find (root, "smartctl.output"), i, line)
  {
    const char *text = json_string_value (line);
    int minutes;
    char number[24];

    if (!text)
      continue;
    if (strstr (text, "has begun"))
      field_say (out, "begun", "1");
    if (sscanf (text, "Please wait %9d minutes", &minutes) == 1 && minutes >= 0)
      {
        snprintf (number, sizeof number, "%d", minutes);
        field_say (out, "minutes", number);
      }
    if (strstr (text, "ailed") || strstr (text, "Can't")
        || strstr (text, "not supported"))
      field_say (out, "message", text);
  }
  json_decref (root);
  return field_said (out, failure);
}
