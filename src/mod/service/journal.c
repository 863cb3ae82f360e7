/* journal.c - SERVICE LOGS: what units wrote to the journal
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <time.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/moment.h"
#include "../../../protocol/quantity.h"
#include "backend.h"
#include "journal.h"

#define USUAL_LINES 10
#define SLICE_US 200000 /* The longest wait without a look at WORK's end.  */

static const char *const priorities[]
    = { "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug" };

#define PRIORITIES (sizeof priorities / sizeof *priorities)

/* --- Finding entries --- */

static gpg_error_t
journal_error (struct work *work, int rc)
{
  return fail (&work->failure, gpg_err_code_from_errno (-rc),
               "the journal cannot be read: %s", strerror (-rc));
}

static int
add_match (sd_journal *journal, const char *field, const char *value)
{
  auto_free char *match = NULL;

  if (asprintf (&match, "%s=%s", field, value) < 0)
    {
      match = NULL;
      return -ENOMEM;
    }
  return sd_journal_add_match (journal, match, 0);
}

/* What UNIT wrote, and what its manager wrote about it.  Fields with an
   underscore are the journal's own: nobody can put them there.  */
static int
match_unit (sd_journal *journal, const char *unit)
{
  int rc = add_match (journal, "_SYSTEMD_UNIT", unit);

  if (rc >= 0)
    rc = sd_journal_add_disjunction (journal);
  if (rc >= 0)
    rc = add_match (journal, "_PID", "1");
  if (rc >= 0)
    rc = add_match (journal, "UNIT", unit);
  return rc < 0 ? rc : sd_journal_add_conjunction (journal);
}

static int
match_priority (sd_journal *journal, const char *priority)
{
  int rc = 0;

  for (size_t i = 0; rc >= 0 && i < PRIORITIES; i++)
    {
      char number[2] = { (char)('0' + i), 0 };

      rc = add_match (journal, "PRIORITY", number);
      if (!strcmp (priorities[i], priority))
        break;
    }
  return rc;
}

static int
open_journal (const struct work *work, const char *unit, const char *priority,
              sd_journal **r_journal)
{
  const char *root = *work->machine->root ? work->machine->root : "/";
  int rc = sd_journal_open_directory (r_journal, root, SD_JOURNAL_OS_ROOT);

  if (rc >= 0)
    rc = sd_journal_set_data_threshold (*r_journal, LIMIT_JOURNAL_FIELD + 64);
  if (rc >= 0 && unit)
    rc = match_unit (*r_journal, unit);
  /* All of them is no condition: an entry need not have one.  */
  if (rc >= 0 && priority && strcmp (priority, priorities[PRIORITIES - 1]))
    rc = match_priority (*r_journal, priority);
  return rc;
}

/* --- Telling about them --- */

/* The value of the present entry's FIELD, without its name; NULL if there is
   none.  Good until the next call.  */
static const char *
get_field (sd_journal *journal, const char *field, size_t *r_length)
{
  const void *data;
  size_t length;
  size_t skip = strlen (field) + 1;

  if (sd_journal_get_data (journal, field, &data, &length) < 0 || length < skip)
    return NULL;
  *r_length = length - skip;
  return (const char *)data + skip;
}

static gpg_error_t
write_field (struct writer *out, sd_journal *journal, const char *name,
             const char *field)
{
  size_t length;
  const char *value = get_field (journal, field, &length);
  gpg_error_t err;

  if (!value)
    return 0;
  err = writer_field_bytes (out, name, value,
                            length < LIMIT_JOURNAL_FIELD ? length
                                                         : LIMIT_JOURNAL_FIELD);
  return err || length <= LIMIT_JOURNAL_FIELD
             ? err
             : writer_field (out, "cut", "%s", name);
}

static gpg_error_t
write_priority (struct writer *out, sd_journal *journal)
{
  size_t length;
  const char *value = get_field (journal, "PRIORITY", &length);

  if (!value || length != 1 || *value < '0' || *value >= '0' + (int)PRIORITIES)
    return 0;
  return writer_field (out, "priority", "%s", priorities[*value - '0']);
}

static gpg_error_t
write_entry (struct work *work, sd_journal *journal)
{
  struct writer *out = work->out;
  char time[MOMENT_TEXT];
  uint64_t now;
  gpg_error_t err = 0;

  if (sd_journal_get_realtime_usec (journal, &now) >= 0
      && moment_write ((int64_t)(now / 1000000), time))
    err = writer_field (out, "time", "%s", time);
  if (!err)
    err = write_priority (out, journal);
  if (!err)
    err = write_field (out, journal, "unit", "_SYSTEMD_UNIT");
  if (!err)
    err = write_field (out, journal, "identifier", "SYSLOG_IDENTIFIER");
  if (!err)
    err = write_field (out, journal, "pid", "_PID");
  if (!err)
    err = write_field (out, journal, "message", "MESSAGE");
  return err ? err : writer_record_end (out);
}

/* Go to before the first entry that is wanted.  */
static int
seek_begin (sd_journal *journal, uint64_t since, int64_t lines)
{
  int rc;

  if (lines < 0)
    return sd_journal_seek_realtime_usec (journal, since);
  rc = sd_journal_seek_tail (journal);
  /* One more, since the next step leaves it.  */
  if (rc >= 0)
    rc = sd_journal_previous_skip (journal, (uint64_t)lines + 1);
  /* There are not so many: begin at the first.  */
  return rc >= 0 && rc <= lines ? sd_journal_seek_head (journal) : rc;
}

static gpg_error_t
tell_entries (struct work *work, sd_journal *journal, uint64_t since)
{
  bool follow = work_number (work, "follow", 0);
  gpg_error_t err = 0;
  uint64_t time;
  int rc = 0;

  while (!err && rc >= 0)
    {
      if (work_ended (work))
        return fail (&work->failure, GPG_ERR_CANCELED, "reading was ended");
      rc = sd_journal_next (journal);
      if (rc > 0)
        {
          if (sd_journal_get_realtime_usec (journal, &time) >= 0
              && time >= since)
            err = write_entry (work, journal);
          continue;
        }
      if (rc < 0 || !follow)
        break;
      err = writer_flush (work->out);
      if (!err)
        rc = sd_journal_wait (journal, SLICE_US);
    }
  return err ? err : rc < 0 ? journal_error (work, rc) : 0;
}

/* Read TEXT, a moment or how long before now it was.  */
static bool
read_since (const char *text, int64_t *r_since)
{
  static const struct quantity_unit units[] = {
    { "s", 1 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 }, { NULL, 0 }
  };
  uint64_t now = (uint64_t)time (NULL);
  uint64_t before;

  if (moment_read (text, r_since))
    return true;
  if (!quantity_read (text, units, now, &before))
    return false;
  *r_since = (int64_t)(now - before);
  return true;
}

static gpg_error_t
read_logs (struct work *work)
{
  const char *from = work_text (work, "since");
  int64_t lines = work_number (work, "lines", from ? -1 : USUAL_LINES);
  sd_journal *journal = NULL;
  int64_t since = 0;
  gpg_error_t err;
  int rc;

  if (from && !read_since (from, &since))
    return fail (&work->failure, GPG_ERR_INV_ARG,
                 "since: expected a time as 2027-01-31T12:00:00Z, 2027-01-31, "
                 "or 90s, 10min, 1h, 2d before now");
  rc = open_journal (work, work_text (work, "unit"),
                     work_text (work, "priority"), &journal);
  if (rc >= 0)
    rc = seek_begin (journal, (uint64_t)since * 1000000, lines);
  err = rc < 0 ? journal_error (work, rc)
               : tell_entries (work, journal, (uint64_t)since * 1000000);
  sd_journal_close (journal);
  return err;
}

gpg_error_t
journal_logs (struct work *work)
{
  return journal_read_apart (work, read_logs);
}

/* --- For errors --- */

static gpg_error_t
read_last (struct work *work)
{
  sd_journal *journal = NULL;
  int rc = open_journal (work, work_text (work, "unit"), NULL, &journal);

  /* What the unit wrote as it failed may still be on its way.  */
  if (rc >= 0)
    rc = seek_begin (journal, 0, LIMIT_JOURNAL_DETAILS);
  while (rc >= 0 && (rc = sd_journal_next (journal)) > 0)
    {
      size_t length;
      const char *message = get_field (journal, "MESSAGE", &length);

      if (message)
        failure_detail_bytes (
            &work->failure, "journal", message,
            length < LIMIT_JOURNAL_DETAIL ? length : LIMIT_JOURNAL_DETAIL);
    }
  sd_journal_close (journal);
  return 0;
}

void
journal_add_details (struct work *work)
{
  if (journal_is_kept (work->machine))
    journal_read_apart (work, read_last);
}
