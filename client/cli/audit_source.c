/* audit_source.c - the key and the files of the audit log
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <gcrypt.h>
#include "../../protocol/line_reader.h"
#include "../../protocol/log_files.h"
#include "../../protocol/memory.h"
#include "audit.h"

/* Bytes of all key texts.  */
#define TEXTS_ROOM (VERIFY_KEYS * CHAIN_KEY_TEXT + 1)

/* In how many lines a record is looked for to learn a file's place.  */
#define PEEK_LINES 100

struct audit_path
{
  struct audit_path *next;
  uint64_t first; /* The number of the file's first record.  */
  char text[];
};

/* --- The key --- */

/* Read FD to its end into TEXTS, which has TEXTS_ROOM; what is longer is
   GPG_ERR_TOO_LARGE.  */
static gpg_error_t
read_texts (int fd, char *texts)
{
  size_t length = 0;
  ssize_t count = 1;

  while (count)
    {
      count = read (fd, texts + length, TEXTS_ROOM - 1 - length);
      if (count < 0 && errno != EINTR)
        return gpg_error_from_syserror ();
      if (count > 0)
        length += (size_t)count;
      if (length == TEXTS_ROOM - 1)
        return gpg_error (GPG_ERR_TOO_LARGE);
    }
  texts[length] = 0;
  return strlen (texts) == length ? 0 : gpg_error (GPG_ERR_BAD_DATA);
}

/* Take TEXTS, one a line, apart; they are destroyed.  */
static gpg_error_t
parse_texts (char *texts, struct verify_key *keys, size_t *r_count)
{
  char *context = NULL;

  *r_count = 0;
  for (char *text = strtok_r (texts, "\r\n", &context); text;
       text = strtok_r (NULL, "\r\n", &context))
    {
      struct verify_key *key = &keys[*r_count];

      if (*r_count == VERIFY_KEYS)
        return gpg_error (GPG_ERR_TOO_MANY);
      if (chain_key_parse (text, &key->sequence, key->key))
        return gpg_error (GPG_ERR_BAD_DATA);
      if (*r_count && key->sequence <= key[-1].sequence)
        return gpg_error (GPG_ERR_CONFLICT);
      ++*r_count;
    }
  return *r_count ? 0 : gpg_error (GPG_ERR_NO_DATA);
}

enum status
audit_read_keys (int fd, struct verify_key *keys, size_t *r_count)
{
  char *texts = gcry_malloc_secure (TEXTS_ROOM);
  gpg_error_t err;

  if (!texts)
    return complain_memory ();
  err = read_texts (fd, texts);
  if (!err)
    err = parse_texts (texts, keys, r_count);
  explicit_bzero (texts, TEXTS_ROOM);
  gcry_free (texts);
  switch (gpg_err_code (err))
    {
    case 0:
      return STATUS_OK;
    case GPG_ERR_BAD_DATA:
    case GPG_ERR_NO_DATA:
    case GPG_ERR_TOO_LARGE:
      return complain_usage ("what descriptor %d gives is no key text:"
                             " SEQUENCE:HEX, as \"reeve audit init\" shows it",
                             fd);
    case GPG_ERR_CONFLICT:
      return complain_usage ("give the key texts in the order of their"
                             " numbers, one a line");
    case GPG_ERR_TOO_MANY:
      return complain_usage ("at most %d key texts at once", VERIFY_KEYS);
    default:
      return complain_usage ("cannot read the key on descriptor %d: %s", fd,
                             gpg_strerror (err));
    }
}

/* --- Files --- */

static enum status
complain_file (const char *path, gpg_error_t err)
{
  switch (gpg_err_code (err))
    {
    case GPG_ERR_ENOENT:
      complain ("there is no %s", path);
      return STATUS_NOT_FOUND;
    case GPG_ERR_EACCES:
      complain ("cannot read %s: be root, or name copies of the log's files",
                path);
      return STATUS_FORBIDDEN;
    default:
      complain ("cannot read %s: %s", path, gpg_strerror (err));
      return STATUS_ERROR;
    }
}

/* Keep "DIRECTORY/NAME", or NAME.  */
static struct audit_path *
new_path (const char *directory, const char *name)
{
  size_t size = strlen (directory) + strlen (name) + 2;
  struct audit_path *path = malloc (sizeof *path + size);

  if (path)
    {
      path->next = NULL;
      path->first = 0;
      snprintf (path->text, size, "%s%s%s", directory, *directory ? "/" : "",
                name);
    }
  return path;
}

void
audit_source_release (struct audit_source *source)
{
  struct audit_path *next;

  for (struct audit_path *path = source->paths; path; path = next)
    {
      next = path->next;
      free (path);
    }
  source->paths = NULL;
}

static gpg_error_t
open_in_directory (void *opaque, const char *name, int *r_fd)
{
  const struct log_files *files = opaque;

  *r_fd = openat (files->directory_fd, name,
                  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  return *r_fd < 0 ? gpg_error_from_syserror () : 0;
}

/* Judge the next file in DIRECTORY.  *R_END: there is none.  */
static gpg_error_t
read_next (struct audit_source *source, struct log_files *files,
           const char *directory, bool *r_end)
{
  auto_close int fd = -1;
  struct audit_path *path;
  struct log_file file;
  gpg_error_t err = log_files_next (files, &file, &fd);

  *r_end = fd < 0;
  if (err || fd < 0)
    return err;
  path = new_path (directory, file.name);
  if (!path)
    return gpg_error_from_syserror ();
  path->next = source->paths;
  source->paths = path;
  source->files++;
  *r_end = !file.first;
  return verify_file (source->verifier, path->text, fd, file.last);
}

enum status
audit_read_own (struct audit_source *source)
{
  struct log_files files
      = { .directory_fd = -1, .open = open_in_directory, .opaque = &files };
  auto_free char *directory = below_root (source->settings,
                                          LOCALSTATEDIR "/log/reeve");
  auto_close int fd = -1;
  gpg_error_t err = 0;
  bool end = false;

  if (!directory)
    return complain_memory ();
  fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return complain_file (directory, gpg_error_from_syserror ());
  files.directory_fd = fd;
  while (!err && !end)
    err = read_next (source, &files, directory, &end);
  if (err)
    return complain_file (source->paths ? source->paths->text : directory, err);
  if (faccessat (fd, LOG_FILES_NAME, F_OK, AT_SYMLINK_NOFOLLOW))
    {
      complain ("%s/" LOG_FILES_NAME " is not there", directory);
      return source->files ? STATUS_ERROR : STATUS_NOT_FOUND;
    }
  return STATUS_OK;
}

/* The number of the first record in the file PATH; 0 if it has none, or can be
   read but once.  */
static uint64_t
peek (const char *path)
{
  auto_close int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  enum line_state state = LINE_WHOLE;
  struct line_reader reader;
  struct chain_line line = { .sequence = 0 };
  struct stat stat;
  size_t length;
  char *text;

  if (fd < 0 || fstat (fd, &stat) || !S_ISREG (stat.st_mode))
    return 0;
  line_reader_start (&reader, fd, CHAIN_LINE_MOST - 1);
  for (int i = 0; i < PEEK_LINES; i++)
    if (line_reader_next (&reader, &state, &text, &length) || state == LINE_END
        || state == LINE_PARTIAL
        || (state == LINE_WHOLE && !chain_line_split (text, length, &line)))
      break;
  line_reader_release (&reader);
  return line.sequence;
}

/* Put NAME behind those whose records have lower numbers; one without numbers
   stays behind the one named before.  */
static enum status
sort_in (struct audit_source *source, const char *name, uint64_t *before)
{
  struct audit_path **place = &source->paths;
  struct audit_path *path = new_path ("", name);

  if (!path)
    return complain_memory ();
  path->first = peek (name);
  if (!path->first)
    path->first = *before;
  *before = path->first;
  while (*place && (*place)->first <= path->first)
    place = &(*place)->next;
  path->next = *place;
  *place = path;
  return STATUS_OK;
}

static enum status
read_path (struct audit_source *source, const char *path)
{
  auto_close int fd = open (path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
  const char *name = strrchr (path, '/');
  struct log_file file;
  gpg_error_t err;

  if (fd < 0)
    return complain_file (path, gpg_error_from_syserror ());
  log_file_parse (name ? name + 1 : path, &file);
  source->files++;
  err = verify_file (source->verifier, path, fd, file.last);
  return err ? complain_file (path, err) : STATUS_OK;
}

enum status
audit_read_named (struct audit_source *source, char **names, size_t count)
{
  enum status status = STATUS_OK;
  uint64_t before = 0;

  for (size_t i = 0; i < count && status == STATUS_OK; i++)
    status = sort_in (source, names[i], &before);
  for (const struct audit_path *path = source->paths;
       path && status == STATUS_OK; path = path->next)
    status = read_path (source, path->text);
  return status;
}
