/* journal.c - SERVICE LOGS: what units wrote to the journal
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Anybody may write to the journal what he likes, as large as he likes.  So it
   is read by a process of its own that can no longer change anything: where
   this one is root, it is nobody there, in the group that may read the files,
   without capabilities.  */

#include "backend.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/moment.h"

#define NOBODY 65534
#define USUAL_LINES 10
#define SLICE_US 200000 /* The longest wait without a look at WORK's end.  */

static const char *const directories[] = { "/var/log/journal",
                                           "/run/log/journal" };

static const char *const priorities[]
    = { "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug" };

#define PRIORITIES (sizeof priorities / sizeof *priorities)

/* --- A process that only reads --- */

/* The groups that may read the journals of MACHINE.  Returns their number, 0:
   there is no journal.  */
static size_t
find_groups (const struct machine *machine, gid_t groups[2])
{
  size_t count = 0;

  for (size_t i = 0; i < 2; i++)
    {
      auto_free char *path = machine_path (machine, directories[i]);
      struct stat st;

      if (path && !stat (path, &st) && S_ISDIR (st.st_mode))
        groups[count++] = st.st_gid;
    }
  return count;
}

static int
lose_privileges (const gid_t *groups, size_t count)
{
  gid_t others[2];
  size_t kept = 0;

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    return -1;
  if (geteuid ())
    return 0;
  for (size_t i = 0; i < count; i++)
    if (groups[i])
      others[kept++] = groups[i];
  return setgroups (kept, others) || setresgid (NOBODY, NOBODY, NOBODY)
         || setresuid (NOBODY, NOBODY, NOBODY);
}

/* Tell the parent what came of it.  */
static void
send_outcome (int fd, struct work *work, gpg_error_t err)
{
  struct channel channel;

  channel_init (&channel, fd);
  channel_begin (&channel, WORK_DONE, 0);
  channel_number (&channel, gpg_err_code (err));
  channel_string (&channel, failure_words (&work->failure, err));
  for (const struct detail *detail = work->failure.details; detail;
       detail = detail->next)
    {
      channel_string (&channel, detail->name);
      channel_item (&channel, detail->value, detail->length);
    }
  channel_end (&channel);
  channel_flush (&channel);
}

static gpg_error_t
take_outcome (int fd, struct work *work)
{
  struct channel channel;
  struct message message;
  gpg_error_t err;

  channel_init (&channel, fd);
  err = channel_read (&channel, &message);
  if (!err && (message.count < 2 || message.count % 2))
    err = gpg_error (GPG_ERR_INV_PACKET);
  for (size_t i = 2; !err && i < message.count; i += 2)
    {
      auto_free char *name = item_string (message.items + i);

      if (name)
        failure_detail_bytes (&work->failure, name, message.items[i + 1].bytes,
                              message.items[i + 1].length);
    }
  if (!err && !item_is (message.items, "0"))
    {
      auto_free char *words = item_string (message.items + 1);

      err = fail (&work->failure,
                  (gpg_err_code_t)item_number (message.items, GPG_ERR_GENERAL),
                  "%s", words ? words : "");
    }
  channel_release (&channel);
  if (gpg_err_code (err) == GPG_ERR_EOF)
    err = fail (&work->failure, GPG_ERR_SERVER_FAILED,
                "the journal cannot be read: it made the reader fail");
  return err;
}

/* Count the journals in the directory PATH, below one for each machine, and
   those of them that this process may read.  */
static void
count_files (const char *path, bool deeper, size_t *all, size_t *readable)
{
  DIR *stream = opendir (path);
  struct dirent *entry;

  while (stream && (entry = readdir (stream)))
    {
      auto_free char *name = NULL;

      if (*entry->d_name == '.'
          || asprintf (&name, "%s/%s", path, entry->d_name) < 0)
        continue;
      if (strstr (entry->d_name, ".journal"))
        {
          ++*all;
          *readable += !access (name, R_OK);
        }
      else if (deeper)
        count_files (name, false, all, readable);
    }
  if (stream)
    closedir (stream);
}

/* The library leaves out in silence what it may not read.  */
static gpg_error_t
check_files (struct work *work)
{
  size_t all = 0, readable = 0;

  for (size_t i = 0; i < 2; i++)
    {
      auto_free char *path = machine_path (work->machine, directories[i]);

      if (path)
        count_files (path, true, &all, &readable);
    }
  return all && !readable
             ? fail (&work->failure, GPG_ERR_EACCES,
                     "the journal cannot be read by the group of its "
                     "directory: systemd-tmpfiles --create mends that")
             : 0;
}

/* Close all descriptors, as that to systemd, but standard error, the session's
   and END.  */
static void
keep_only (struct work *work, int *end)
{
  int session = fcntl (work->channel->fd, F_DUPFD_CLOEXEC, 100);
  int parent = fcntl (*end, F_DUPFD_CLOEXEC, 100);

  if (session < 0 || parent < 0 || dup3 (session, 3, O_CLOEXEC) < 0
      || dup3 (parent, 4, O_CLOEXEC) < 0 || close_range (5, ~0U, 0)
      || prctl (PR_SET_PDEATHSIG, SIGKILL))
    _exit (1);
  work->channel->fd = 3;
  *end = 4;
}

/* Have READ read the journal in a process of its own; what it writes to WORK
   leaves from there, the details of its failure come here.  */
static gpg_error_t
read_apart (struct work *work, gpg_error_t (*read) (struct work *work))
{
  gid_t groups[2];
  size_t count = find_groups (work->machine, groups);
  int ends[2];
  gpg_error_t err;
  pid_t pid;

  if (!count)
    return fail (&work->failure, GPG_ERR_NOT_FOUND,
                 "this machine keeps no journal: look into /var/log");
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
    return gpg_error_from_syserror ();
  pid = fork ();
  if (!pid)
    {
      /* What stands there already is not sent back.  */
      work->failure = (struct failure)FAILURE_NONE;
      keep_only (work, ends + 1);
      err = lose_privileges (groups, count) ? gpg_error_from_syserror ()
                                            : check_files (work);
      if (!err)
        err = read (work);
      if (!err)
        err = writer_flush (work->out);
      send_outcome (ends[1], work, err);
      _exit (0);
    }
  err = pid < 0 ? gpg_error_from_syserror () : 0;
  close (ends[1]);
  if (!err)
    {
      err = take_outcome (ends[0], work);
      while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
        ;
    }
  close (ends[0]);
  return err;
}

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

static gpg_error_t
read_logs (struct work *work)
{
  const char *from = work_text (work, "since");
  int64_t lines = work_number (work, "lines", from ? -1 : USUAL_LINES);
  sd_journal *journal = NULL;
  int64_t since = 0;
  gpg_error_t err;
  int rc;

  if (from && !moment_read (from, &since))
    return fail (&work->failure, GPG_ERR_INV_ARG,
                 "since: expected a time as 2027-01-31 or "
                 "2027-01-31T12:00:00Z");
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
  return read_apart (work, read_logs);
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
  gid_t groups[2];

  if (find_groups (work->machine, groups))
    read_apart (work, read_last);
}
