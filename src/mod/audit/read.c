/* read.c - reading the machine's own audit log
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../protocol/chain.h"
#include "../../../protocol/line_reader.h"
#include "../../../protocol/log_files.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "../../base/file.h"
#include "../../call/pause.h"
#include "read.h"

/* How long to wait for more, and how many lines go by without a look at the
   clock.  */
#define WAIT_MS 100
#define LINES_AT_ONCE 256
#define BLOCK 65536

struct reading
{
  struct call *call;
  struct log_files files;
  struct line_reader lines;
  int fd;
  read_line_t hand_on;
  void *opaque;
  unsigned since_check;
  int64_t last;
  uint64_t before; /* Lines that are still to be skipped, ... */
  bool placed;     /* ... unless it is known where to begin.  */
};

static gpg_error_t
open_file (void *opaque, const char *name, int *r_fd)
{
  struct reading *reading = opaque;
  const struct machine *machine = reading->call->machine;
  auto_free char *path = NULL;
  gpg_error_t err;

  path = text_format ("%s" OWN_LOG_DIR "/%s", machine->root, name);
  if (!path)
    return gpg_error (GPG_ERR_ENOMEM);
  err = file_open_own (machine, path, false, r_fd, &reading->call->failure);
  if (gpg_err_code (err) == GPG_ERR_ENOENT)
    failure_release (&reading->call->failure);
  return err;
}

/* --- Where to begin --- */

/* Find the last COUNT lines of FD: how many there are goes to *R_FOUND, where
   they begin to *R_START.  */
static gpg_error_t
find_last (int fd, uint64_t count, uint64_t *r_found, off_t *r_start)
{
  char block[BLOCK];
  struct stat stat;
  off_t start;

  *r_found = 0;
  *r_start = 0;
  if (fstat (fd, &stat))
    return gpg_error_from_syserror ();
  for (off_t end = stat.st_size; end; end = start)
    {
      ssize_t length;

      start = end > BLOCK ? end - BLOCK : 0;
      length = pread (fd, block, (size_t)(end - start), start);
      if (length < 0)
        return gpg_error_from_syserror ();
      while (length--)
        if (block[length] == '\n' && ++*r_found > count)
          {
            *r_found = count;
            *r_start = start + length + 1;
            return 0;
          }
    }
  return 0;
}

/* The records in FILE by its name; 0 if that does not say.  */
static uint64_t
records_of (const struct log_file *file)
{
  return file->first ? file->last - file->first + 1 : 0;
}

/* Find out how many lines are to be skipped.  Of the file that is appended to
   only the last lines count.  */
static gpg_error_t
count_lines (struct reading *reading)
{
  struct log_files files = reading->files;
  uint64_t last = (uint64_t)reading->last;
  uint64_t total = 0;
  struct log_file file;
  gpg_error_t err;
  off_t start;
  int fd;

  while (!(err = log_files_next (&files, &file, &fd)) && fd >= 0)
    {
      uint64_t found = records_of (&file);

      if (!file.first)
        err = find_last (fd, last, &found, &start);
      close (fd);
      total += found;
      if (err || !file.first)
        break;
    }
  reading->before = total > last ? total - last : 0;
  return err;
}

/* Go to where reading begins in FILE, which was just opened.  */
static gpg_error_t
place (struct reading *reading, const struct log_file *file)
{
  uint64_t found = records_of (file);
  off_t start = 0;
  gpg_error_t err = 0;

  if (file->first && found <= reading->before)
    {
      reading->before -= found;
      return lseek (reading->fd, 0, SEEK_END) < 0 ? gpg_error_from_syserror ()
                                                  : 0;
    }
  reading->placed = true;
  if (!file->first)
    err = find_last (reading->fd, (uint64_t)reading->last, &found, &start);
  if (!err && reading->before)
    err = find_last (reading->fd,
                     found > reading->before ? found - reading->before : 0,
                     &found, &start);
  if (!err && lseek (reading->fd, start, SEEK_SET) < 0)
    err = gpg_error_from_syserror ();
  return err;
}

/* --- Reading --- */

/* Hand on the lines that there are.  */
static gpg_error_t
take_lines (struct reading *reading)
{
  enum line_state state;
  size_t length;
  char *line;
  gpg_error_t err;

  while (!(err = line_reader_next (&reading->lines, &state, &line, &length))
         && (state == LINE_WHOLE || state == LINE_TOO_LONG))
    {
      err = reading->hand_on (reading->opaque, line, length);
      if (!err && ++reading->since_check % LINES_AT_ONCE == 0)
        err = pause_check (reading->call);
      if (err)
        return err;
    }
  return err;
}

static void
close_file (struct reading *reading)
{
  line_reader_release (&reading->lines);
  if (reading->fd >= 0)
    close (reading->fd);
  reading->fd = -1;
}

/* Read the open file until there is a next one, which goes to *R_NEXT, with
   its descriptor; -1: there will be none.  */
static gpg_error_t
read_file_lines (struct reading *reading, bool follow, struct log_file *r_next,
                 int *r_next_fd)
{
  gpg_error_t err;

  line_reader_start (&reading->lines, reading->fd, CHAIN_LINE_MOST - 1);
  for (;;)
    {
      *r_next_fd = -1;
      err = take_lines (reading);
      if (!err)
        err = log_files_next (&reading->files, r_next, r_next_fd);
      if (err)
        return err;
      /* Now that there is a next one, nothing is appended any more.  */
      if (*r_next_fd >= 0)
        return take_lines (reading);
      if (!follow)
        return 0;
      err = pause_call (reading->call, WAIT_MS);
      if (err)
        return err;
    }
}

static gpg_error_t
read_all (struct reading *reading, bool follow)
{
  struct log_file file, next;
  int next_fd = -1;
  gpg_error_t err = 0;

  if (reading->last >= 0)
    err = count_lines (reading);
  if (!err)
    err = log_files_next (&reading->files, &file, &reading->fd);
  if (!err && reading->fd < 0)
    return fail (&reading->call->failure, GPG_ERR_NOT_FOUND,
                 "this machine has no audit log");
  while (!err && reading->fd >= 0)
    {
      if (!reading->placed)
        err = place (reading, &file);
      if (!err)
        err = read_file_lines (reading, follow, &next, &next_fd);
      close_file (reading);
      reading->fd = next_fd;
      next_fd = -1;
      file = next;
    }
  close_file (reading);
  return err;
}

gpg_error_t
read_log (struct call *call, int64_t last, bool follow, read_line_t hand_on,
          void *opaque)
{
  struct reading reading = { .call = call,
                             .files = { .directory_fd = -1, .open = open_file },
                             .fd = -1,
                             .hand_on = hand_on,
                             .opaque = opaque,
                             .last = last,
                             .placed = last < 0 };
  auto_free char *directory = machine_path (call->machine, OWN_LOG_DIR);
  auto_close int fd = -1;

  if (!directory)
    return gpg_error (GPG_ERR_ENOMEM);
  fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT)
    return fail (&call->failure, GPG_ERR_NOT_FOUND,
                 "this machine has no audit log");
  if (fd < 0)
    return fail_errno (&call->failure, "the audit log in %s", directory);
  reading.files.directory_fd = fd;
  reading.files.opaque = &reading;
  return read_all (&reading, follow);
}
