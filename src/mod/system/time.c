/* time.c - SYSTEM TIME
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "../../../protocol/memory.h"
#include "describe.h"
#include "texts.h"
#include "zone.h"

/* The name of the zone, "UTC" where none is set; NULL if it cannot be told. */
static char *
zone_name (const struct machine *machine)
{
  auto_free char *zone = NULL;

  if (zone_now (machine, &zone))
    return NULL;
  if (!zone)
    return text_line (text_below (machine, "/etc/timezone"));
  return *zone ? take (&zone) : strdup ("UTC");
}

/* What NOW is on the wall where the machine's /etc/localtime is of.  */
static bool
local_time (const struct machine *machine, const char *zone, time_t now,
            struct tm *r_local)
{
  auto_free char *below = NULL;
  auto_free char *path = NULL;
  auto_free char *value = NULL;
  bool done = false;

  if (zone && !zone_check (machine, zone, NULL)
      && asprintf (&below, ZONE_DIRECTORY "/%s", zone) < 0)
    below = NULL;
  path = machine_path (machine, below ? below : "/etc/localtime");
  if (!path || asprintf (&value, ":%s", path) < 0)
    value = NULL;
  if (value && !setenv ("TZ", value, 1))
    {
      tzset ();
      done = localtime_r (&now, r_local);
    }
  unsetenv ("TZ");
  tzset ();
  return done;
}

static gpg_error_t
write_local (struct work *work, const char *zone, time_t now)
{
  struct tm local;
  char text[64];
  gpg_error_t err = 0;

  if (local_time (work->machine, zone, now, &local)
      && strftime (text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &local))
    {
      err = writer_field (work->out, "local_time", "%s", text);
      if (!err)
        err = writer_field_number (work->out, "utc_offset_seconds",
                                   local.tm_gmtoff);
    }
  return err ? err : describe_text (work->out, "timezone", zone);
}

gpg_error_t
describe_time (struct work *work)
{
  auto_free char *zone = zone_name (work->machine);
  auto_free char *rtc = text_of_kernel ("/sys/class/rtc/rtc0/since_epoch");
  struct timex clock = { .modes = 0 };
  time_t now = time (NULL);
  int state = adjtimex (&clock);
  gpg_error_t err = describe_moment (work->out, "time", now);

  if (!err)
    err = write_local (work, zone, now);
  if (!err && state >= 0)
    err = writer_field_bool (work->out, "synchronized",
                             !(clock.status & STA_UNSYNC));
  if (!err && rtc && *rtc)
    err = describe_moment (work->out, "rtc", strtoll (rtc, NULL, 10));
  return err ? err : writer_record_end (work->out);
}
