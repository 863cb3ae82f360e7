/* policy_file.c - reading the policy files
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/buffer.h"
#include "protocol/handshake.h"
#include "protocol/limits.h"
#include "protocol/memory.h"
#include "protocol/text.h"
#include "../base/file.h"
#include "policy_reader.h"

static gpg_error_t __attribute__ ((format (printf, 3, 0)))
say_bad (struct policy_reader *reader, gpg_err_code_t code, const char *format,
         va_list arguments)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;

  buffer_vprintf (&text, format, arguments);
  return fail (reader->failure, code, "%s:%u: %s", reader->file, reader->line,
               buffer_error (&text) ? "out of memory" : text.bytes);
}

gpg_error_t
policy_bad (struct policy_reader *reader, gpg_err_code_t code,
            const char *format, ...)
{
  va_list arguments;
  gpg_error_t err;

  va_start (arguments, format);
  err = say_bad (reader, code, format, arguments);
  va_end (arguments);
  return err;
}

gpg_error_t
policy_complain (struct policy_reader *reader, gpg_err_code_t code,
                 const char *format, ...)
{
  const struct policy_source *source = reader->source;
  va_list arguments;
  gpg_error_t err;

  va_start (arguments, format);
  err = say_bad (reader, code, format, arguments);
  va_end (arguments);
  if (!source->complain)
    return err;
  source->complain (source->context, reader->failure->text);
  failure_release (reader->failure);
  return 0;
}

gpg_error_t
policy_grow (struct policy_reader *reader, void *r_array, size_t count,
             size_t size, size_t limit)
{
  void **array = r_array;
  void *larger;

  if (count >= limit)
    return policy_bad (reader, GPG_ERR_LIMIT_REACHED, "more than %zu of these",
                       limit);
  larger = reallocarray (*array, count + 1, size);
  if (!larger)
    return gpg_error_from_syserror ();
  memset ((char *)larger + count * size, 0, size);
  *array = larger;
  return 0;
}

/* After the mistake ERR, if somebody hears of all of them: tell it and go on.
 */
static gpg_error_t
go_on (struct policy_reader *reader, gpg_error_t err)
{
  const struct policy_source *source = reader->source;

  if (!err || !source->complain || !reader->failure->text)
    return err;
  source->complain (source->context, reader->failure->text);
  if (!reader->first)
    reader->first = fail (&reader->first_failure, gpg_err_code (err), "%s",
                          reader->failure->text);
  failure_release (reader->failure);
  return 0;
}

/* --- Lines --- */

static gpg_error_t
start_identity (struct policy_reader *reader, const char *name)
{
  struct policy *policy = reader->policy;
  gpg_error_t err;

  if (!handshake_is_identity (name))
    return policy_bad (reader, GPG_ERR_INV_NAME,
                       "\"%.70s\" is no name: letters, digits, . _ -, at most "
                       "%d",
                       name, LIMIT_IDENTITY);
  if (identity_built_in (name))
    return policy_bad (reader, GPG_ERR_INV_NAME,
                       "the identity %s is built in: take another name", name);
  if (policy_identity (policy, name))
    return policy_bad (reader, GPG_ERR_DUP_VALUE,
                       "the identity %s is declared twice", name);
  err = policy_grow (reader, &policy->identity, policy->count,
                     sizeof *policy->identity, POLICY_IDENTITIES);
  if (err)
    return err;
  reader->seen = 0;
  reader->identity = policy->identity + policy->count;
  reader->identity->name = strdup (name);
  if (!reader->identity->name)
    return gpg_error_from_syserror ();
  reader->identity->file = reader->file;
  reader->identity->line = reader->line;
  reader->identity->ceiling = EFFECT_DESTROY;
  policy->count++;
  return 0;
}

static gpg_error_t
read_section (struct policy_reader *reader, char *line)
{
  size_t length = strlen (line);
  char *name = line + 1;

  if (line[length - 1] != ']' || strncmp (name, "identity ", 9))
    return policy_bad (reader, GPG_ERR_SYNTAX,
                       "a section is written [identity NAME]");
  line[length - 1] = 0;
  name += 9;
  return start_identity (reader, name + strspn (name, " \t"));
}

static gpg_error_t
read_setting (struct policy_reader *reader, char *line)
{
  char *value = strchr (line, '=');
  char *end;

  if (!value)
    return policy_bad (reader, GPG_ERR_SYNTAX,
                       "expected \"name = value\" or \"[identity NAME]\"");
  for (end = value; end > line && (end[-1] == ' ' || end[-1] == '\t'); end--)
    ;
  *end = 0;
  value++;
  value += strspn (value, " \t");
  if (!*value)
    return policy_bad (reader, GPG_ERR_MISSING_VALUE, "%.40s has no value",
                       line);
  if (!reader->identity)
    return policy_bad (reader, GPG_ERR_SYNTAX,
                       "settings stand below a section [identity NAME]");
  return policy_set (reader, line, value);
}

static gpg_error_t
read_line (struct policy_reader *reader, char *line, size_t length)
{
  gpg_error_t err;

  if (memchr (line, 0, length) || memchr (line, '\r', length))
    return policy_bad (reader, GPG_ERR_SYNTAX, "a NUL or CR character");
  if (*line == ' ' || *line == '\t')
    return policy_bad (reader, GPG_ERR_SYNTAX,
                       "a line must not begin with a blank");
  if (!*line || *line == '#')
    return 0;
  while (length && (line[length - 1] == ' ' || line[length - 1] == '\t'))
    line[--length] = 0;
  if (*line != '[')
    return reader->skip ? 0 : read_setting (reader, line);
  err = read_section (reader, line);
  reader->skip = err;
  return err;
}

static gpg_error_t
read_stream (struct policy_reader *reader, FILE *stream)
{
  auto_free char *line = NULL;
  size_t allocated = 0, total = 0;
  ssize_t length;
  gpg_error_t err = 0;

  while (!err && (length = getline (&line, &allocated, stream)) > 0)
    {
      reader->line++;
      total += (size_t)length;
      if (total > LIMIT_CONFIG_FILE)
        return policy_bad (reader, GPG_ERR_TOO_LARGE, "the file is over 1 MiB");
      if (line[length - 1] == '\n')
        line[--length] = 0;
      err = go_on (reader, read_line (reader, line, (size_t)length));
    }
  return !err && ferror (stream)
             ? fail_errno (reader->failure, "%s", reader->file)
             : err;
}

/* --- Files --- */

/* Whether the key INDEX of IDENTITY can be used.  One that has expired may be
   gone.  */
static gpg_error_t
check_key (struct policy_reader *reader, const struct identity *identity,
           size_t index)
{
  const struct identity_key *key = identity->key + index;
  auto_failure struct failure inner = FAILURE_NONE;
  auto_close int fd = -1;
  gpg_error_t err;

  if (identity_expired (key->expires))
    return 0;
  err = identity_open_key (identity, index, reader->source->machine, &fd,
                           &inner);
  if (!err)
    return integrity_seen_key (&reader->policy->seen, reader->source->machine,
                               key->file, fd);
  if (reader->source->complain && gpg_err_code (err) == GPG_ERR_EACCES)
    return 0;
  reader->line = key->line;
  return policy_complain (reader, gpg_err_code (err), "identity %s: %s",
                          identity->name, failure_words (&inner, err));
}

/* What only shows at a file's end: an identity without key, a bad key.  */
static gpg_error_t
check_identities (struct policy_reader *reader, size_t first)
{
  gpg_error_t err = 0;

  for (size_t i = first; !err && i < reader->policy->count; i++)
    {
      const struct identity *identity = reader->policy->identity + i;

      reader->line = identity->line;
      if (!identity->key_count)
        return policy_bad (reader, GPG_ERR_MISSING_KEY,
                           "the identity %s has no key: add \"key = %s.key\"",
                           identity->name, identity->name);
      for (size_t j = 0; !err && j < identity->key_count; j++)
        err = check_key (reader, identity, j);
    }
  return err;
}

/* Open the reader's file.  Somebody who complains reads it whoever may have
   written it.  */
static gpg_error_t
open_file (struct policy_reader *reader, int *r_fd)
{
  const struct policy_source *source = reader->source;
  auto_failure struct failure inner = FAILURE_NONE;
  const char *why;
  gpg_error_t err;

  err = file_open_own (source->machine, reader->file, false, r_fd, &inner);
  if (!err)
    return 0;
  why = failure_words (&inner, err);
  if (!source->complain)
    return fail (reader->failure, gpg_err_code (err), "%s", why);
  *r_fd = open (reader->file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (*r_fd < 0)
    return fail_errno (reader->failure, "%s", reader->file);
  source->complain (source->context, why);
  return 0;
}

static gpg_error_t
read_file (struct policy_reader *reader, const char *path)
{
  struct policy *policy = reader->policy;
  auto_close int fd = -1;
  size_t first = policy->count;
  FILE *stream;
  gpg_error_t err;

  reader->file = path;
  reader->line = 0;
  reader->identity = NULL;
  reader->skip = false;
  err = policy_grow (reader, &policy->file, policy->file_count,
                     sizeof *policy->file, POLICY_FILES);
  if (err)
    return err;
  policy->file[policy->file_count] = strdup (path);
  if (!policy->file[policy->file_count])
    return gpg_error_from_syserror ();
  reader->file = policy->file[policy->file_count++];
  err = open_file (reader, &fd);
  if (!err)
    err = integrity_seen (&policy->seen, path, fd);
  if (err)
    return err;
  stream = fdopen (fd, "r");
  if (!stream)
    return gpg_error_from_syserror ();
  take_fd (&fd);
  err = read_stream (reader, stream);
  fclose (stream);
  return err || reader->first ? err : check_identities (reader, first);
}

static int
is_policy_file (const struct dirent *entry)
{
  return integrity_is_policy (entry->d_name);
}

/* The directories, too, must be nobody else's.  */
static gpg_error_t
check_directories (struct policy_reader *reader)
{
  const struct policy_source *source = reader->source;
  auto_failure struct failure inner = FAILURE_NONE;
  gpg_error_t err = integrity_begin (&reader->policy->seen, source->machine,
                                     &inner);
  const char *why = failure_words (&inner, err);

  if (!err)
    return 0;
  if (!source->complain)
    return fail (reader->failure, gpg_err_code (err), "%s", why);
  source->complain (source->context, why);
  return 0;
}

/* All policy files in DIRECTORY, in the order of their names.  */
static gpg_error_t
read_directory (struct policy_reader *reader, const char *directory)
{
  struct dirent **entries = NULL;
  gpg_error_t err = 0;
  int count;

  count = scandir (directory, &entries, is_policy_file, alphasort);
  if (count < 0)
    return fail_errno (reader->failure, "%s", directory);
  for (int i = 0; i < count; i++)
    {
      auto_free char *path = NULL;

      if (!err
          && !(path = text_format ("%s/%s", directory, entries[i]->d_name)))
        err = gpg_error (GPG_ERR_ENOMEM);
      if (!err)
        err = go_on (reader, read_file (reader, path));
      free (entries[i]);
    }
  free (entries);
  return err;
}

/* The policy that is in force.  */
static gpg_error_t
read_own (struct policy_reader *reader)
{
  auto_free char *directory = machine_path (reader->source->machine,
                                            OWN_POLICY_DIR);
  gpg_error_t err;

  if (!directory)
    return gpg_error (GPG_ERR_ENOMEM);
  err = check_directories (reader);
  if (err || (access (directory, F_OK) && errno == ENOENT))
    return err;
  return go_on (reader, read_directory (reader, directory));
}

/* The file or directory PATH.  */
static gpg_error_t
read_named (struct policy_reader *reader, const char *path)
{
  struct stat stat_of;
  bool directory = !stat (path, &stat_of) && S_ISDIR (stat_of.st_mode);

  return go_on (reader, directory ? read_directory (reader, path)
                                  : read_file (reader, path));
}

gpg_error_t
policy_load_from (const struct policy_source *source, struct policy *r_policy,
                  struct failure *failure)
{
  auto_failure struct failure inner = FAILURE_NONE;
  struct policy_reader reader
      = { .source = source, .policy = r_policy, .failure = &inner };
  gpg_error_t err = 0;

  memset (r_policy, 0, sizeof *r_policy);
  if (!source->path)
    err = read_own (&reader);
  for (size_t i = 0; !err && source->path && i < source->count; i++)
    err = read_named (&reader, source->path[i]);
  if (err || reader.first)
    policy_release (r_policy);
  if (err && inner.text)
    err = fail (failure, gpg_err_code (err), "%s", inner.text);
  else if (!err && reader.first)
    err = fail (failure, gpg_err_code (reader.first), "%s",
                reader.first_failure.text);
  failure_release (&reader.first_failure);
  return err;
}
