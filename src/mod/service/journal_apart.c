/* journal_apart.c - a process that reads the journal and can do no more
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../protocol/memory.h"
#include "../../base/privilege.h"

static const char *const directories[] = { "/var/log/journal",
                                           "/run/log/journal" };

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
  for (size_t i = 0; i < count; i++)
    if (groups[i])
      others[kept++] = groups[i];
  return privilege_drop (PRIVILEGE_NOBODY, PRIVILEGE_NOBODY, others, kept);
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

gpg_error_t
journal_read_apart (struct work *work, gpg_error_t (*read) (struct work *work))
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

bool
journal_is_kept (const struct machine *machine)
{
  gid_t groups[2];

  return find_groups (machine, groups);
}
