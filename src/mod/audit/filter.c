/* filter.c - which records of the audit log are wanted
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../../../protocol/json.h"
#include "../../../protocol/moment.h"
#include "../../../protocol/quantity.h"
#include "filter.h"

/* --- Times --- */

/* Read TEXT as moment_read does; the time of day may have no seconds, no "Z",
   and a blank before it.  */
static bool
read_date (const char *text, int64_t *r_seconds)
{
  char whole[MOMENT_TEXT];
  size_t length = strlen (text);

  if (length <= 10)
    return moment_read (text, r_seconds);
  length -= text[length - 1] == 'Z';
  if ((length != 16 && length != 19) || (text[10] != 'T' && text[10] != ' '))
    return false;
  snprintf (whole, sizeof whole, "%.10sT%.*s%sZ", text, (int)length - 11,
            text + 11, length == 16 ? ":00" : "");
  return moment_read (whole, r_seconds);
}

bool
filter_time (const char *text, time_t now, char r_time[FILTER_TIME])
{
  static const struct quantity_unit units[] = {
    { "s", 1 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 }, { NULL, 0 }
  };
  char whole[MOMENT_TEXT];
  int64_t seconds;
  uint64_t ago;

  if (!read_date (text, &seconds))
    {
      if (strspn (text, "0123456789") > 9
          || !quantity_read (text, units, INT64_MAX, &ago))
        return false;
      seconds = ago < (uint64_t)now ? now - (int64_t)ago : 0;
    }
  return moment_write (seconds, whole)
         && snprintf (r_time, FILTER_TIME, "%.19s.000000Z", whole)
                == FILTER_TIME - 1;
}

/* --- Options --- */

static gpg_error_t
take_time (struct call *call, const char *name, char r_time[FILTER_TIME])
{
  const char *text = arg_text (call, name);

  *r_time = 0;
  if (!text || filter_time (text, time (NULL), r_time))
    return 0;
  return fail (&call->failure, GPG_ERR_INV_ARG,
               "--%s: say 2026-11-25, 2026-11-25T23:58 (UTC), or 90s, 30min, "
               "1h, 7d ago",
               name);
}

gpg_error_t
filter_take (struct call *call, struct filter *r_filter)
{
  gpg_error_t err = take_time (call, "since", r_filter->since);

  if (!err)
    err = take_time (call, "until", r_filter->until);
  r_filter->identity = arg_text (call, "identity");
  r_filter->verb = arg_text (call, "verb");
  r_filter->outcome = arg_text (call, "outcome");
  r_filter->event = arg_text (call, "event");
  return err;
}

/* --- Records --- */

/* What FIELD, a string that needs no escapes, is beside WANTED, as strcmp;
   others are above all.  */
static int
compare (const struct json_field *field, const char *wanted)
{
  size_t length = field->length - 2;
  size_t most = strlen (wanted);
  int order;

  if (field->kind != JSON_STRING)
    return 1;
  order = memcmp (field->text + 1, wanted, length < most ? length : most);
  return order ? order : (length > most) - (length < most);
}

/* Whether FIELD is the verb WANTED, or one of the noun WANTED.  */
static bool
is_verb (const struct json_field *field, const char *wanted)
{
  size_t length = strlen (wanted);

  if (field->kind != JSON_STRING || field->length - 2 < length
      || strncasecmp (field->text + 1, wanted, length))
    return false;
  return field->length - 2 == length
         || (field->text[1 + length] == ' ' && !strchr (wanted, ' '));
}

/* Names that can stand in an answer in text form.  */
static bool
is_name (const struct json_field *field)
{
  if (!field->name_length || field->name_length > 64)
    return false;
  for (size_t i = 0; i < field->name_length; i++)
    if (!field->name[i]
        || !strchr ("abcdefghijklmnopqrstuvwxyz0123456789_", field->name[i]))
      return false;
  return true;
}

/* Strings without escapes, for these names have no others: an identity's, a
   verb's, an outcome's.  */
static bool
is_equal (const struct json_field *field, const char *wanted)
{
  return !compare (field, wanted);
}

gpg_error_t
filter_match (const struct filter *filter, const char *line, size_t length,
              bool *r_wanted)
{
  bool wanted = true;
  size_t met = 0;
  struct json_scan scan;
  struct json_field field;
  bool found;
  gpg_error_t err;

  *r_wanted = false;
  json_start (&scan, line, length);
  while (!(err = json_next (&scan, &field, &found)) && found)
    {
      if (!is_name (&field))
        return gpg_error (GPG_ERR_SYNTAX);
      if (json_is (&field, "time"))
        wanted = wanted
                 && (!*filter->since || compare (&field, filter->since) >= 0)
                 && (!*filter->until || compare (&field, filter->until) < 0);
      else if (json_is (&field, "identity") && filter->identity)
        met += is_equal (&field, filter->identity);
      else if (json_is (&field, "verb") && filter->verb)
        met += is_verb (&field, filter->verb);
      else if (json_is (&field, "outcome") && filter->outcome)
        met += is_equal (&field, filter->outcome);
      else if (json_is (&field, "event") && filter->event)
        met += is_equal (&field, filter->event);
    }
  *r_wanted = !err && wanted
              && met
                     == (size_t)(!!filter->identity + !!filter->verb
                                 + !!filter->outcome + !!filter->event);
  return err;
}
