/* sensors_parse.c - what sensors -j says
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A chip has features by their label, a feature has subfeatures by their name
   (libsensors, sensors.h): "temp1_input" is the value of the feature temp1,
   "temp1_crit_alarm" tells whether it is beyond "temp1_crit".  Objects come as
   arrays of pairs, since two features may have one label.  */

#include "sensors_parse.h"

#include <ctype.h>
#include <string.h>

#include "tidy.h"

#define NAME_MOST 32 /* Bytes of a feature's name.  */

static const struct kind
{
  const char *prefix;
  const char *name;
  const char *value; /* The field of its value.  */
} kinds[] = { { "temp", "temperature", "temperature_c" },
              { "fan", "fan", "fan_rpm" },
              { "in", "voltage", "voltage_v" },
              { "power", "power", "power_w" },
              { "curr", "current", "current_a" },
              { "energy", "energy", "energy_j" },
              { "humidity", "humidity", "humidity_percent" },
              { "freq", "frequency", "frequency_hz" },
              { "intrusion", "intrusion", NULL } };
static const struct kind other = { "", "other", "value" };

/* Subfeatures, and the fields for them.  */
static const struct part
{
  const char *suffix;
  const char *field;
} limits[] = { { "min", "min" },
               { "max", "max" },
               { "lcrit", "critical_low" },
               { "crit", "critical" },
               { "emergency", "emergency" },
               { "cap", "cap" } },
  alarms[] = { { "min_alarm", "min_alarm" },
               { "max_alarm", "max_alarm" },
               { "lcrit_alarm", "critical_low_alarm" },
               { "crit_alarm", "critical_alarm" },
               { "emergency_alarm", "emergency_alarm" },
               { "cap_alarm", "cap_alarm" },
               { "fault", "fault" } };

#define COUNT(array) (sizeof (array) / sizeof *(array))

/* The value of a pair if its name is a string; NULL otherwise.  */
static const json_t *
pair_value (const json_t *pair, const char **r_name)
{
  *r_name = json_string_value (json_array_get (pair, 0));
  return *r_name ? json_array_get (pair, 1) : NULL;
}

/* The number of the subfeature with SUFFIX, or NULL.  */
static const json_t *
part_of (const json_t *feature, const char *suffix)
{
  const json_t *pair;
  size_t i;

  json_array_foreach (feature, i, pair)
  {
    const char *name;
    const json_t *value = pair_value (pair, &name);
    const char *mark = name ? strchr (name, '_') : NULL;

    if (mark && json_is_number (value) && !strcmp (mark + 1, suffix))
      return value;
  }
  return NULL;
}

/* Store the feature's name, "temp1", at R_NAME: what its subfeatures' names
   begin with, or a label that looks like one.  */
static bool
name_of (const json_t *feature, const char *label, char r_name[NAME_MOST])
{
  const char *name = NULL;
  size_t letters, length;

  pair_value (json_array_get (feature, 0), &name);
  if (!name)
    name = label;
  letters = strspn (name, "abcdefghijklmnopqrstuvwxyz");
  length = letters + strspn (name + letters, "0123456789");
  if (!letters || length == letters || length >= NAME_MOST
      || (name[length] && name[length] != '_'))
    return false;
  memcpy (r_name, name, length);
  r_name[length] = 0;
  return true;
}

static const struct kind *
kind_of (const char *name)
{
  size_t letters = strcspn (name, "0123456789");

  for (size_t i = 0; i < COUNT (kinds); i++)
    if (strlen (kinds[i].prefix) == letters
        && !strncmp (kinds[i].prefix, name, letters))
      return kinds + i;
  return &other;
}

/* Whether any alarm is on goes first; *_alarm for those that have a limit of
   their own.  */
static void
say_alarms (struct channel *out, const json_t *feature)
{
  const json_t *alarm = part_of (feature, "alarm");
  bool known = alarm;
  bool on = json_number_value (alarm) != 0;

  for (size_t i = 0; i < COUNT (alarms) - 1; i++)
    {
      const json_t *one = part_of (feature, alarms[i].suffix);

      known = known || one;
      on = on || json_number_value (one) != 0;
    }
  if (known)
    field_say (out, "alarm", on ? "1" : "0");
  for (size_t i = 0; i < COUNT (alarms); i++)
    field_say_bool (out, alarms[i].field, part_of (feature, alarms[i].suffix));
}

static void
say_feature (struct channel *out, const char *chip, const char *adapter,
             const char *label, const json_t *feature)
{
  char name[NAME_MOST];
  bool named = name_of (feature, label, name);
  const struct kind *kind = named ? kind_of (name) : &other;
  const json_t *value = part_of (feature, "input");

  field_say (out, "chip", chip);
  if (adapter)
    field_say (out, "adapter", adapter);
  if (named)
    field_say (out, "sensor", name);
  field_say (out, "label", label);
  field_say (out, "kind", kind->name);
  if (!value)
    value = part_of (feature, "average");
  if (kind->value)
    field_say_decimal (out, kind->value, value);
  for (size_t i = 0; i < COUNT (limits); i++)
    field_say_decimal (out, limits[i].field,
                       part_of (feature, limits[i].suffix));
  say_alarms (out, feature);
  field_end_record (out);
}

static void
say_chip (struct channel *out, const char *chip, const json_t *features)
{
  const char *adapter = NULL;
  const json_t *pair;
  size_t i;

  json_array_foreach (features, i, pair)
  {
    const char *name;
    const json_t *value = pair_value (pair, &name);

    if (json_is_string (value) && !strcmp (name, "Adapter"))
      adapter = json_string_value (value);
    else if (json_is_array (value))
      say_feature (out, chip, adapter, name, value);
  }
}

gpg_error_t
sensors_parse (const char *bytes, size_t length, const void *context,
               struct channel *out, struct failure *failure)
{
  json_t *root, *pair;
  size_t i;
  gpg_error_t err = tidy_read (bytes, length, true, NULL, &root);

  (void)context;
  if (gpg_err_code (err) == GPG_ERR_NO_DATA)
    return fail (failure, GPG_ERR_NO_DATA, "sensors wrote no JSON");
  if (gpg_err_code (err) == GPG_ERR_BAD_DATA)
    return fail (failure, GPG_ERR_BAD_DATA, "what sensors wrote is no JSON");
  if (err)
    return err;
  json_array_foreach (root, i, pair)
  {
    const char *chip;
    const json_t *features = pair_value (pair, &chip);

    if (features)
      say_chip (out, chip, features);
  }
  json_decref (root);
  return field_said (out, failure);
}
