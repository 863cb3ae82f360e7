/* moment.c - points in time, as policies and answers have them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include "moment.h"

#include <string.h>
#include <time.h>

bool
moment_write (int64_t seconds, char r_text[MOMENT_TEXT])
{
  time_t value = (time_t)seconds;
  struct tm parts;

  return gmtime_r (&value, &parts)
         && strftime (r_text, MOMENT_TEXT, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

bool
moment_read (const char *text, int64_t *r_seconds)
{
  struct tm parts = { 0 };
  struct tm again;
  const char *end = strptime (text, "%Y-%m-%d", &parts);
  time_t seconds;

  if (end && *end == 'T')
    end = strptime (end + 1, "%H:%M:%SZ", &parts);
  /* strptime also takes numbers that are shorter.  */
  if (!end || *end || strspn (text, "0123456789") != 4
      || strlen (text) != (strchr (text, 'T') ? 20 : 10))
    return false;
  again = parts;
  seconds = timegm (&again);
  /* The 31st of February would be one in March.  */
  if (seconds <= 0 || again.tm_mday != parts.tm_mday
      || again.tm_sec != parts.tm_sec)
    return false;
  *r_seconds = seconds;
  return true;
}
