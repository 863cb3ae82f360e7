/* policy_file.c - reading the policy files
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/buffer.h"
#include "protocol/handshake.h"
#include "protocol/limits.h"
#include "protocol/memory.h"
#include "../base/file.h"
#include "policy.h"

/* Where the reader is.  */
struct reader
{
  const struct machine *machine;
  const struct registry *registry;
  struct policy *policy;
  struct identity *identity; /* Of the section; NULL before the first.  */
  const char *file;
  unsigned line;
  struct failure *failure;
};

/* An error at the reader's place: "FILE:LINE: what".  */
static gpg_error_t __attribute__ ((format (printf, 3, 4)))
bad (struct reader *reader, gpg_err_code_t code, const char *format, ...)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  va_list arguments;

  va_start (arguments, format);
  buffer_vprintf (&text, format, arguments);
  va_end (arguments);
  return fail (reader->failure, code, "%s:%u: %s", reader->file, reader->line,
               buffer_error (&text) ? "out of memory" : text.bytes);
}

/* Grow the array at R_ARRAY of COUNT elements of SIZE bytes by one.  */
static gpg_error_t
grow (struct reader *reader, void *r_array, size_t count, size_t size,
      size_t limit)
{
  void **array = r_array;
  void *larger;

  if (count >= limit)
    return bad (reader, GPG_ERR_LIMIT_REACHED, "more than %zu of these", limit);
  larger = reallocarray (*array, count + 1, size);
  if (!larger)
    return gpg_error_from_syserror ();
  memset ((char *)larger + count * size, 0, size);
  *array = larger;
  return 0;
}

static gpg_error_t
start_identity (struct reader *reader, const char *name)
{
  struct policy *policy = reader->policy;
  gpg_error_t err;

  if (!handshake_is_identity (name))
    return bad (reader, GPG_ERR_INV_NAME,
                "\"%.70s\" is no name: letters, digits, . _ -, at most %d",
                name, LIMIT_IDENTITY);
  if (identity_built_in (name))
    return bad (reader, GPG_ERR_INV_NAME,
                "the identity %s is built in: take another name", name);
  if (policy_identity (policy, name))
    return bad (reader, GPG_ERR_DUP_VALUE, "the identity %s is declared twice",
                name);
  err = grow (reader, &policy->identity, policy->count,
              sizeof *policy->identity, POLICY_IDENTITIES);
  if (err)
    return err;
  reader->identity = policy->identity + policy->count;
  reader->identity->name = strdup (name);
  if (!reader->identity->name)
    return gpg_error_from_syserror ();
  policy->count++;
  return 0;
}

static gpg_error_t
read_section (struct reader *reader, char *line)
{
  size_t length = strlen (line);
  char *name = line + 1;

  if (line[length - 1] != ']' || strncmp (name, "identity ", 9))
    return bad (reader, GPG_ERR_SYNTAX, "a section is written [identity NAME]");
  line[length - 1] = 0;
  name += 9;
  return start_identity (reader, name + strspn (name, " \t"));
}

static gpg_error_t
set_key (struct reader *reader, const char *value)
{
  if (reader->identity->key)
    return bad (reader, GPG_ERR_DUP_VALUE, "key is set twice");
  if (*value == '.' || strchr (value, '/') || strlen (value) > 128)
    return bad (reader, GPG_ERR_INV_NAME,
                "key is the name of a file in %s, without a slash",
                OWN_KEYS_DIR);
  reader->identity->key = strdup (value);
  return reader->identity->key ? 0 : gpg_error_from_syserror ();
}

static gpg_error_t
set_peer (struct reader *reader, const char *value)
{
  struct identity *identity = reader->identity;
  const struct passwd *user;
  unsigned long number;
  uid_t uid;
  char *end;
  gpg_error_t err;

  errno = 0;
  number = strtoul (value, &end, 10);
  if (isdigit ((unsigned char)*value) && !*end)
    {
      if (errno || number >= (uid_t)-1)
        return bad (reader, GPG_ERR_INV_ARG, "peer: no such user number");
      uid = (uid_t)number;
    }
  else
    {
      user = getpwnam (value);
      if (!user)
        return bad (reader, GPG_ERR_NOT_FOUND,
                    "peer: this machine has no user \"%.70s\"", value);
      uid = user->pw_uid;
    }
  err = grow (reader, &identity->peer, identity->peer_count,
              sizeof *identity->peer, POLICY_PEERS);
  if (!err)
    identity->peer[identity->peer_count++] = uid;
  return err;
}

/* Whether any row could ever match: a rule that cannot is a mistake.  */
static bool
names_something (const struct reader *reader, const char *noun,
                 const char *verb)
{
  const struct registry *registry = reader->registry;

  for (size_t i = 0; i < registry->count; i++)
    for (size_t j = 0; j < registry->noun[i].count; j++)
      {
        const struct noun *row = registry->noun[i].row;
        const struct verb *verb_row = registry->noun[i].verb[j].row;

        if (!fnmatch (noun, row->name, FNM_NOESCAPE)
            && !fnmatch (verb, policy_verb_name (row, verb_row), FNM_NOESCAPE))
          return true;
      }
  return false;
}

static gpg_error_t
add_rule (struct reader *reader, bool allow, char *value)
{
  struct identity *identity = reader->identity;
  char *context = NULL;
  const char *noun = strtok_r (value, " \t", &context);
  const char *verb = strtok_r (NULL, " \t", &context);
  struct rule *rule;
  gpg_error_t err;

  if (!verb && !strcmp (noun, "*"))
    verb = "*";
  if (!verb || strtok_r (NULL, " \t", &context))
    return bad (reader, GPG_ERR_SYNTAX,
                "a rule is \"NOUN VERB\", either may be a pattern, or \"*\"");
  if (!names_something (reader, noun, verb))
    return bad (reader, GPG_ERR_NOT_FOUND,
                "no command is called \"%.40s %.40s\" in rules (AUG is "
                "granted as AUG READ and AUG WRITE)",
                noun, verb);
  err = grow (reader, &identity->rule, identity->rule_count,
              sizeof *identity->rule, POLICY_RULES);
  if (err)
    return err;
  rule = identity->rule + identity->rule_count++;
  rule->allow = allow;
  rule->noun = strdup (noun);
  rule->verb = strdup (verb);
  rule->file = strdup (reader->file);
  rule->line = reader->line;
  return rule->noun && rule->verb && rule->file ? 0
                                                : gpg_error (GPG_ERR_ENOMEM);
}

static gpg_error_t
read_setting (struct reader *reader, char *line)
{
  char *value = strchr (line, '=');
  char *end;

  if (!value)
    return bad (reader, GPG_ERR_SYNTAX,
                "expected \"name = value\" or \"[identity NAME]\"");
  for (end = value; end > line && (end[-1] == ' ' || end[-1] == '\t'); end--)
    ;
  *end = 0;
  value++;
  value += strspn (value, " \t");
  if (!*value)
    return bad (reader, GPG_ERR_MISSING_VALUE, "%.40s has no value", line);
  if (!reader->identity)
    return bad (reader, GPG_ERR_SYNTAX,
                "settings stand below a section [identity NAME]");
  if (!strcmp (line, "key"))
    return set_key (reader, value);
  if (!strcmp (line, "peer"))
    return set_peer (reader, value);
  if (!strcmp (line, "allow"))
    return add_rule (reader, true, value);
  if (!strcmp (line, "deny"))
    return add_rule (reader, false, value);
  return bad (reader, GPG_ERR_UNKNOWN_OPTION,
              "unknown setting \"%.40s\": there are key, peer, allow, deny",
              line);
}

static gpg_error_t
read_line (struct reader *reader, char *line, size_t length)
{
  if (memchr (line, 0, length) || memchr (line, '\r', length))
    return bad (reader, GPG_ERR_SYNTAX, "a NUL or CR character");
  if (*line == ' ' || *line == '\t')
    return bad (reader, GPG_ERR_SYNTAX, "a line must not begin with a blank");
  if (!*line || *line == '#')
    return 0;
  while (length && (line[length - 1] == ' ' || line[length - 1] == '\t'))
    line[--length] = 0;
  return *line == '[' ? read_section (reader, line)
                      : read_setting (reader, line);
}

static gpg_error_t
read_stream (struct reader *reader, FILE *stream)
{
  auto_free char *line = NULL;
  size_t allocated = 0, total = 0;
  ssize_t length;
  gpg_error_t err = 0;

  reader->line = 0;
  reader->identity = NULL;
  while (!err && (length = getline (&line, &allocated, stream)) > 0)
    {
      reader->line++;
      total += (size_t)length;
      if (total > LIMIT_CONFIG_FILE)
        return bad (reader, GPG_ERR_TOO_LARGE, "the file is over 1 MiB");
      if (line[length - 1] == '\n')
        line[--length] = 0;
      err = read_line (reader, line, (size_t)length);
    }
  return !err && ferror (stream)
             ? fail_errno (reader->failure, "%s", reader->file)
             : err;
}

/* What only shows at a file's end: an identity without key, a bad key.  */
static gpg_error_t
check_identities (struct reader *reader, size_t first)
{
  gpg_error_t err = 0;

  for (size_t i = first; !err && i < reader->policy->count; i++)
    {
      const struct identity *identity = reader->policy->identity + i;
      struct failure inner = FAILURE_NONE;
      int fd = -1;

      if (!identity->key)
        return fail (reader->failure, GPG_ERR_MISSING_KEY,
                     "%s: the identity %s has no key: add \"key = %s.key\"",
                     reader->file, identity->name, identity->name);
      err = identity_open_key (identity, reader->machine, &fd, &inner);
      if (!err)
        err = integrity_seen_key (&reader->policy->seen, reader->machine,
                                  identity->key, fd);
      if (err)
        fail (reader->failure, gpg_err_code (err), "%s: identity %s: %s",
              reader->file, identity->name,
              inner.text ? inner.text : gpg_strerror (err));
      if (fd >= 0)
        close (fd);
      failure_release (&inner);
    }
  return err;
}

static gpg_error_t
read_file (struct reader *reader, const char *path)
{
  auto_close int fd = -1;
  size_t first = reader->policy->count;
  FILE *stream;
  gpg_error_t err;

  reader->file = path;
  err = file_open_own (reader->machine, path, false, &fd, reader->failure);
  if (!err)
    err = integrity_seen (&reader->policy->seen, path, fd);
  if (err)
    return err;
  stream = fdopen (fd, "r");
  if (!stream)
    return gpg_error_from_syserror ();
  take_fd (&fd);
  err = read_stream (reader, stream);
  fclose (stream);
  return err ? err : check_identities (reader, first);
}

static int
is_policy_file (const struct dirent *entry)
{
  return integrity_is_policy (entry->d_name);
}

gpg_error_t
policy_load (const struct machine *machine, const struct registry *registry,
             struct policy *r_policy, struct failure *failure)
{
  struct reader reader = { .machine = machine,
                           .registry = registry,
                           .policy = r_policy,
                           .failure = failure };
  auto_free char *directory = machine_path (machine, OWN_POLICY_DIR);
  struct dirent **entries = NULL;
  gpg_error_t err = 0;
  int count;

  memset (r_policy, 0, sizeof *r_policy);
  if (!directory)
    return gpg_error (GPG_ERR_ENOMEM);
  err = integrity_begin (&r_policy->seen, machine, failure);
  if (err)
    {
      policy_release (r_policy);
      return err;
    }
  count = scandir (directory, &entries, is_policy_file, alphasort);
  if (count < 0 && errno == ENOENT)
    return 0;
  if (count < 0)
    err = fail_errno (failure, "%s", directory);
  for (int i = 0; i < count; i++)
    {
      auto_free char *path = NULL;

      if (!err && asprintf (&path, "%s/%s", directory, entries[i]->d_name) < 0)
        {
          path = NULL;
          err = gpg_error (GPG_ERR_ENOMEM);
        }
      if (!err)
        err = read_file (&reader, path);
      free (entries[i]);
    }
  free (entries);
  if (err)
    policy_release (r_policy);
  return err;
}
