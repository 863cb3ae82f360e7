/* describe.c - SYSTEM INFO: what the machine is
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "describe.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/moment.h"
#include "texts.h"

gpg_error_t
describe_text (struct writer *out, const char *name, const char *text)
{
  return text && *text ? writer_field (out, name, "%s", text) : 0;
}

gpg_error_t
describe_moment (struct writer *out, const char *name, int64_t seconds)
{
  char text[MOMENT_TEXT];

  return moment_write (seconds, text) ? writer_field (out, name, "%s", text)
                                      : 0;
}

/* --- Names --- */

/* The name in TEXT, an /etc/hosts, that begins with HOSTNAME and a dot and
   stands in a line with it, or alone; "" if there is none.  */
static void
find_fqdn (char *text, const char *hostname, char r_name[256])
{
  size_t length = strlen (hostname);
  char *next_line = NULL, *next = NULL;

  *r_name = 0;
  for (char *line = text ? strtok_r (text, "\n", &next_line) : NULL; line;
       line = strtok_r (NULL, "\n", &next_line))
    {
      line[strcspn (line, "#")] = 0;
      strtok_r (line, " \t\r", &next); /* The address.  */
      for (char *name; (name = strtok_r (NULL, " \t\r", &next));)
        if (!strncasecmp (name, hostname, length) && name[length] == '.')
          {
            snprintf (r_name, 256, "%s", name);
            return;
          }
    }
}

static gpg_error_t
write_names (struct work *work, const struct utsname *kernel)
{
  auto_free char *file = text_line (
      text_below (work->machine, "/etc/hostname"));
  auto_free char *hosts = text_below (work->machine, "/etc/hosts");
  const char *hostname = *work->machine->root && file && *file
                             ? file
                             : kernel->nodename;
  char fqdn[256] = "";
  gpg_error_t err = writer_field (work->out, "hostname", "%s", hostname);

  /* No resolver is asked: it would ask a network.  */
  if (!strchr (hostname, '.'))
    find_fqdn (hosts, hostname, fqdn);
  return err ? err
             : writer_field (work->out, "fqdn", "%s", *fqdn ? fqdn : hostname);
}

static gpg_error_t
write_distribution (struct work *work, const struct utsname *kernel)
{
  static const char *const fields[][2]
      = { { "PRETTY_NAME", "distribution" },
          { "ID", "distribution_id" },
          { "VERSION_ID", "distribution_version" } };
  auto_free char *text = text_below (work->machine, "/etc/os-release");
  gpg_error_t err = writer_field (work->out, "os", "%s", kernel->sysname);

  if (!text)
    text = text_below (work->machine, "/usr/lib/os-release");
  for (size_t i = 0; !err && i < sizeof fields / sizeof *fields; i++)
    {
      auto_free char *value = text_value (text, fields[i][0]);

      err = describe_text (work->out, fields[i][1], value);
    }
  if (!err)
    err = writer_field (work->out, "kernel", "%s", kernel->release);
  return err ? err : writer_field (work->out, "machine", "%s", kernel->machine);
}

/* --- Numbers --- */

static gpg_error_t
write_uptime (struct writer *out)
{
  struct timespec up;
  gpg_error_t err;

  clock_gettime (CLOCK_BOOTTIME, &up);
  err = writer_field_number (out, "uptime_seconds", up.tv_sec);
  return err ? err
             : describe_moment (out, "boot_time", time (NULL) - up.tv_sec);
}

static gpg_error_t
write_load (struct writer *out)
{
  static const char *const names[] = { "load_1", "load_5", "load_15" };
  double load[3];
  int count = getloadavg (load, 3);
  gpg_error_t err = 0;

  for (int i = 0; !err && i < count; i++)
    {
      char text[32];

      snprintf (text, sizeof text, "%.2f", load[i]);
      err = writer_field_json (out, names[i], text, strlen (text));
    }
  return err ? err
             : writer_field_number (out, "processors",
                                    sysconf (_SC_NPROCESSORS_ONLN));
}

static gpg_error_t
write_memory (struct writer *out)
{
  static const char *const fields[][2]
      = { { "MemTotal", "memory_total_bytes" },
          { "MemAvailable", "memory_available_bytes" },
          { "SwapTotal", "swap_total_bytes" },
          { "SwapFree", "swap_free_bytes" } };
  auto_free char *text = text_of_kernel ("/proc/meminfo");
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < sizeof fields / sizeof *fields; i++)
    {
      int64_t number = text_number (text, fields[i][0]);

      if (number >= 0)
        err = writer_field_number (out, fields[i][1], number * (int64_t)KIB);
    }
  return err;
}

static gpg_error_t
write_machine (struct work *work)
{
  auto_free char *virtual = virtual_machine (work);
  struct utsname kernel;
  gpg_error_t err = writer_field (work->out, "kind", "machine");

  if (uname (&kernel))
    return gpg_error_from_syserror ();
  if (!err)
    err = write_names (work, &kernel);
  if (!err)
    err = write_distribution (work, &kernel);
  if (!err)
    err = describe_text (work->out, "virtualisation", virtual);
  if (!err)
    err = write_uptime (work->out);
  if (!err)
    err = write_load (work->out);
  if (!err)
    err = write_memory (work->out);
  return err ? err : writer_record_end (work->out);
}

gpg_error_t
describe_machine (struct work *work)
{
  gpg_error_t err = write_machine (work);

  if (!err)
    err = describe_disks (work);
  if (!err)
    err = describe_interfaces (work);
  return err ? err : describe_users (work);
}
