/* journal.c - what a process was about to change, for those who come after it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A line is "ID CHECK NAME<tab>VALUE...": ID is the plan's random number,
   CHECK guards the line.  An empty line ends the entry; what follows it is
   left from longer entries before.  The file is overwritten in place and not
   cut, so that making it durable is writing its pages and nothing else.
   journal_end puts a '-' over the first byte.  */

#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <gcrypt.h>

#include "../../protocol/buffer.h"
#include "../../protocol/memory.h"
#include "../../protocol/record.h"
#include "../base/directory.h"
#include "../base/file.h"

#define ID_BYTES 8
#define ID_DIGITS (2 * ID_BYTES)
#define CHECK_BYTES 4
#define CHECK_DIGITS (2 * CHECK_BYTES)
#define ENDED '-'

struct journal
{
  pid_t pid;
  char *root;
  int directory_fd;
  int fd;
  char name[64];
  char id[ID_DIGITS + 1];
  off_t end;      /* Where the next line goes.  */
  unsigned lines; /* In this entry.  */
  bool begun;     /* And not ended.  */
};

/* That of this process, once opened.  */
static struct journal *present;

/* Whether it is closed at exit.  */
static bool closed_at_exit;

static void
hex (const unsigned char *bytes, size_t count, char *r_text)
{
  for (size_t i = 0; i < count; i++)
    snprintf (r_text + 2 * i, 3, "%02x", bytes[i]);
}

/* --- Opening --- */

gpg_error_t
journal_directory (const struct machine *machine, bool make, int *r_fd,
                   struct failure *failure)
{
  gpg_error_t err = 0;

  *r_fd = -1;
  if (make)
    err = directory_make (machine, OWN_JOURNAL_DIR, 0700, failure);
  return err ? err
             : directory_open (machine, OWN_JOURNAL_DIR, 0700, r_fd, failure);
}

/* Make a journal file and lock it.  Recovery may find it before it is
   locked, take it for one that is left over, and remove it: then make
   another.  */
static gpg_error_t
make_file (struct journal *journal, struct failure *failure)
{
  unsigned char number[ID_BYTES];
  char text[ID_DIGITS + 1];
  struct stat stat;

  do
    {
      if (journal->fd >= 0)
        close (journal->fd);
      gcry_create_nonce (number, sizeof number);
      hex (number, sizeof number, text);
      snprintf (journal->name, sizeof journal->name, "%ld.%s",
                (long)journal->pid, text);
      journal->fd = openat (journal->directory_fd, journal->name,
                            O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                            0600);
      if (journal->fd < 0 || flock (journal->fd, LOCK_EX)
          || fstat (journal->fd, &stat))
        return fail_errno (failure, "journal %s/%s", OWN_JOURNAL_DIR,
                           journal->name);
    }
  while (!stat.st_nlink);
  if (fsync (journal->directory_fd))
    return fail_errno (failure, "journal directory %s", OWN_JOURNAL_DIR);
  return 0;
}

static void
journal_free (struct journal *journal)
{
  if (journal->fd >= 0)
    close (journal->fd);
  if (journal->directory_fd >= 0)
    close (journal->directory_fd);
  free (journal->root);
  free (journal);
}

static void
close_present (void)
{
  journal_close (present);
}

gpg_error_t
journal_open (const struct machine *machine, struct journal **r_journal,
              struct failure *failure)
{
  struct journal *journal;
  gpg_error_t err;

  *r_journal = NULL;
  if (present && present->pid == getpid ()
      && !strcmp (present->root, machine->root))
    {
      *r_journal = present;
      return 0;
    }
  journal = calloc (1, sizeof *journal);
  if (!journal)
    return gpg_error (GPG_ERR_ENOMEM);
  journal->pid = getpid ();
  journal->fd = -1;
  journal->directory_fd = -1;
  journal->root = strdup (machine->root);
  if (!journal->root)
    err = gpg_error (GPG_ERR_ENOMEM);
  else
    err = journal_directory (machine, true, &journal->directory_fd, failure);
  if (!err)
    err = make_file (journal, failure);
  if (err)
    {
      if (journal->fd >= 0)
        unlinkat (journal->directory_fd, journal->name, 0);
      journal_free (journal);
      return err;
    }
  journal_close (present);
  present = journal;
  if (!closed_at_exit)
    closed_at_exit = !atexit (close_present);
  *r_journal = journal;
  return 0;
}

void
journal_close (struct journal *journal)
{
  if (!journal)
    return;
  if (journal->pid == getpid () && !journal->begun)
    unlinkat (journal->directory_fd, journal->name, 0);
  if (journal == present)
    present = NULL;
  journal_free (journal);
}

void
journal_after_fork (void)
{
  if (present && present->pid != getpid ())
    journal_close (present);
}

/* --- Writing --- */

static gpg_error_t
write_at (const struct journal *journal, const char *bytes, size_t length,
          off_t offset)
{
  ssize_t n;

  while (length)
    {
      n = pwrite (journal->fd, bytes, length, offset);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return gpg_error_from_syserror ();
      bytes += n;
      offset += n;
      length -= (size_t)n;
    }
  return 0;
}

/* The check of LENGTH BYTES, a line's name and values, in the plan ID.  */
static gpg_error_t
line_check (const char *id, const char *bytes, size_t length,
            char r_check[CHECK_DIGITS + 1])
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  unsigned char hash[FILE_HASH];
  gpg_error_t err;

  buffer_append (&text, id, ID_DIGITS);
  buffer_append (&text, bytes, length);
  err = buffer_error (&text);
  if (err)
    return err;
  file_hash (text.bytes, text.length, hash);
  hex (hash, CHECK_BYTES, r_check);
  return 0;
}

void
journal_begin (struct journal *journal)
{
  unsigned char number[ID_BYTES];

  while (flock (journal->directory_fd, LOCK_EX) && errno == EINTR)
    ;
  gcry_create_nonce (number, sizeof number);
  hex (number, sizeof number, journal->id);
  journal->end = 0;
  journal->lines = 0;
  journal->begun = true;
}

void
journal_end (struct journal *journal)
{
  static const char ended = ENDED;

  journal->begun = false;
  if (write_at (journal, &ended, 1, 0))
    gpgrt_log_error ("journal %s/%s cannot be ended\n", OWN_JOURNAL_DIR,
                     journal->name);
  flock (journal->directory_fd, LOCK_UN);
}

gpg_error_t
journal_note (struct journal *journal, const char *name,
              const char *const *values, size_t count)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  auto_buffer struct buffer line = BUFFER_EMPTY;
  char check[CHECK_DIGITS + 1];
  gpg_error_t err;

  buffer_string (&text, name);
  for (size_t i = 0; i < count; i++)
    {
      buffer_string (&text, "\t");
      record_escape (&text, values[i], strlen (values[i]));
    }
  err = buffer_error (&text);
  if (!err)
    err = line_check (journal->id, text.bytes, text.length, check);
  if (err)
    return err;
  buffer_printf (&line, "%s %s ", journal->id, check);
  buffer_append (&line, text.bytes, text.length);
  buffer_string (&line, "\n\n");
  err = buffer_error (&line);
  if (!err)
    err = write_at (journal, line.bytes, line.length, journal->end);
  if (err)
    return err;
  journal->end += (off_t)line.length - 1;
  journal->lines++;
  return 0;
}

gpg_error_t
journal_ready (struct journal *journal, struct failure *failure)
{
  char lines[16];
  const char *const values[] = { lines };
  gpg_error_t err;

  snprintf (lines, sizeof lines, "%u", journal->lines);
  err = journal_note (journal, "ready", values, 1);
  if (err)
    return fail (failure, gpg_err_code (err), "journal: %s",
                 gpg_strerror (err));
  if (fdatasync (journal->fd))
    return fail_errno (failure, "journal");
  return 0;
}

/* --- Reading --- */

/* Take the line of LENGTH bytes at LINE apart.  VALUES point into TEXT, which
   has its values unescaped, each with a NUL.  */
static gpg_error_t
split_line (const char *line, size_t length, const char *id,
            struct buffer *text, const char *values[JOURNAL_VALUES + 1],
            size_t *r_count)
{
  const size_t head = ID_DIGITS + 1 + CHECK_DIGITS + 1;
  size_t starts[JOURNAL_VALUES + 1];
  char check[CHECK_DIGITS + 1];
  const char *end = line + length;
  const char *tab;
  size_t count = 0;

  if (length <= head || memcmp (line, id, ID_DIGITS) || line[ID_DIGITS] != ' '
      || line[head - 1] != ' '
      || line_check (id, line + head, length - head, check)
      || memcmp (line + ID_DIGITS + 1, check, CHECK_DIGITS))
    return gpg_error (GPG_ERR_BAD_DATA);
  for (line += head; line <= end; line = tab + 1)
    {
      tab = memchr (line, '\t', (size_t)(end - line));
      if (!tab)
        tab = end;
      if (count == JOURNAL_VALUES + 1)
        return gpg_error (GPG_ERR_BAD_DATA);
      starts[count++] = text->length;
      if (record_unescape (text, line, (size_t)(tab - line)))
        return gpg_error (GPG_ERR_BAD_DATA);
      buffer_append (text, "", 1);
    }
  for (size_t i = 0; i < count && !buffer_error (text); i++)
    values[i] = text->bytes + starts[i];
  *r_count = count;
  return buffer_error (text);
}

gpg_error_t
journal_parse (const char *bytes, size_t length, journal_each each,
               void *context, bool *r_ready)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  const char *line, *end, *newline;
  const char *values[JOURNAL_VALUES + 1];
  unsigned long lines = 0;
  size_t count;
  gpg_error_t err;

  *r_ready = false;
  if (!length || *bytes == ENDED)
    return 0;
  end = bytes + length;
  for (line = bytes; line < end && *line != '\n'; line = newline + 1)
    {
      newline = memchr (line, '\n', (size_t)(end - line));
      if (!newline || *r_ready)
        return gpg_error (GPG_ERR_BAD_DATA);
      buffer_clear (&text);
      err = split_line (line, (size_t)(newline - line), bytes, &text, values,
                        &count);
      if (err)
        return err;
      if (strcmp (values[0], "ready"))
        err = each (context, values[0], values + 1, count - 1);
      else if (count != 2 || strtoul (values[1], NULL, 10) != lines)
        err = gpg_error (GPG_ERR_BAD_DATA);
      else
        *r_ready = true;
      if (err)
        return err;
      lines++;
    }
  return 0;
}
