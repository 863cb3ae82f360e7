/* administer.c - what an administrator asks about policies and keys
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/limits.h"
#include "protocol/memory.h"
#include "protocol/moment.h"
#include "protocol/words.h"
#include "../gate/explain.h"
#include "administer.h"

/* Flush standard output; STATUS, or 2 if that fails.  */
static int
finish (int status)
{
  if (!ferror (stdout) && !fflush (stdout))
    return status;
  log_error ("cannot write to standard output\n");
  return 2;
}

/* Say why, on standard error.  */
static int
give_up (int status, gpg_error_t err, const struct failure *failure)
{
  log_error ("%s\n", failure_words (failure, err));
  return finish (status);
}

/* "-" for never.  */
static const char *
time_text (int64_t seconds, char r_text[MOMENT_TEXT])
{
  if (!seconds || !moment_write (seconds, r_text))
    snprintf (r_text, MOMENT_TEXT, "-");
  return r_text;
}

static void
ignore (void *context, const char *text)
{
  (void)context;
  (void)text;
}

/* --- Lint --- */

static void
print_complaint (void *context, const char *text)
{
  unsigned *count = context;

  ++*count;
  printf ("%s\n", text);
}

/* Print what is allowed but seldom meant; returns how many lines.  */
static unsigned
remark (const struct identity *identity)
{
  bool allows = false;
  unsigned count = 0;

  for (size_t i = 0; i < identity->rule_count; i++)
    allows |= identity->rule[i].allow;
  if (!allows && ++count)
    printf ("%s:%u: identity %s: no rule allows it anything\n", identity->file,
            identity->line, identity->name);
  if (identity_expired (identity->expires) && ++count)
    printf ("%s:%u: identity %s has expired\n", identity->file, identity->line,
            identity->name);
  for (size_t i = 0; i < identity->key_count; i++)
    if (identity_expired (identity->key[i].expires) && ++count)
      printf ("%s:%u: identity %s: the key %s has expired\n", identity->file,
              identity->key[i].line, identity->name, identity->key[i].file);
  return count;
}

int
administer_lint (const struct daemon *daemon, char *const *path, size_t count)
{
  auto_failure struct failure failure = FAILURE_NONE;
  unsigned mistakes = 0, remarks = 0;
  struct policy policy;
  const struct policy_source source
      = { .machine = &daemon->machine,
          .registry = &daemon->registry,
          .path = count ? (const char *const *)path : NULL,
          .count = count,
          .complain = print_complaint,
          .context = &mistakes };
  gpg_error_t err = policy_load_from (&source, &policy, &failure);

  if (err && !mistakes)
    return give_up (1, err, &failure);
  for (size_t i = 0; i < policy.count; i++)
    remarks += remark (policy.identity + i);
  /* There is no policy then.  */
  if (!err)
    printf ("identities: %zu, files: %zu, ", policy.count, policy.file_count);
  printf ("mistakes: %u, remarks: %u\n", mistakes, remarks);
  policy_release (&policy);
  return finish (mistakes ? 1 : 0);
}

/* --- Test --- */

/* The file of expectations, and how it goes.  */
struct trial
{
  const struct daemon *daemon;
  const struct policy *policy;
  const char *file;
  unsigned line;
  unsigned passed, failed;
  struct failure *failure;
};

/* What policy says to one command: the question that decides.  */
struct answer
{
  bool refused;
  struct buffer text; /* "AUG READ path=/files/etc/hosts: no rule".  */
};

static gpg_error_t
take_answer (void *context, const struct explanation *one)
{
  struct answer *answer = context;
  const struct rule *rule = one->verdict.rule;

  if (answer->refused)
    return 0;
  answer->refused = !explanation_allows (one);
  buffer_clear (&answer->text);
  buffer_printf (&answer->text, "%s: %s", one->question,
                 explanation_reason (one));
  if (rule)
    {
      buffer_printf (&answer->text, ", %s:%u: ", rule->file, rule->line);
      rule_write (rule, &answer->text);
    }
  return buffer_error (&answer->text);
}

static gpg_error_t
say_bad (const struct trial *trial, gpg_err_code_t code, const char *text)
{
  return fail (trial->failure, code, "%s:%u: %s", trial->file, trial->line,
               text);
}

/* Whether what the words say holds.  */
static gpg_error_t
try_words (struct trial *trial, const struct words *words)
{
  const struct word *word = words->word;
  struct gate gate = { .ceiling = EFFECT_DESTROY };
  auto_failure struct failure inner = FAILURE_NONE;
  struct answer answer = { false, BUFFER_EMPTY };
  bool allow = !strcmp (word[0].text, "allow");
  gpg_error_t err;

  if ((!allow && strcmp (word[0].text, "refuse")) || words->count < 4)
    return say_bad (trial, GPG_ERR_SYNTAX,
                    "expected \"allow IDENTITY NOUN VERB ...\" or \"refuse "
                    "...\"");
  gate.identity = policy_identity (trial->policy, word[1].text);
  if (!gate.identity)
    return say_bad (trial, GPG_ERR_NOT_FOUND,
                    "the policy has no such identity");
  err = explain (&gate, &trial->daemon->registry, &trial->daemon->machine,
                 word + 2, words->count - 2, take_answer, &answer, &inner);
  if (err)
    err = say_bad (trial, gpg_err_code (err), failure_words (&inner, err));
  else if (allow == answer.refused)
    {
      trial->failed++;
      printf ("%s:%u: expected \"%s\", but %s\n", trial->file, trial->line,
              word[0].text, answer.text.bytes);
    }
  else
    trial->passed++;
  buffer_release (&answer.text);
  return err;
}

static gpg_error_t
try_line (struct trial *trial, const char *line)
{
  struct words words;
  const char *reason = NULL;
  gpg_error_t err;

  if (*line == '#')
    return 0;
  err = words_split (line, &words, &reason);
  if (err)
    return say_bad (trial, gpg_err_code (err),
                    reason ? reason : gpg_strerror (err));
  if (words.count)
    err = try_words (trial, &words);
  words_release (&words);
  return err;
}

/* Try all lines, up to the first that is no expectation.  */
static gpg_error_t
try_file (struct trial *trial)
{
  auto_free char *line = NULL;
  FILE *stream = fopen (trial->file, "re");
  size_t allocated = 0;
  ssize_t length;
  gpg_error_t err = 0;

  if (!stream)
    return fail_errno (trial->failure, "%s", trial->file);
  while (!err && (length = getline (&line, &allocated, stream)) > 0)
    {
      trial->line++;
      if (line[length - 1] == '\n')
        line[--length] = 0;
      if (strlen (line) != (size_t)length)
        err = say_bad (trial, GPG_ERR_SYNTAX, "a NUL character");
      else
        err = try_line (trial, line);
    }
  if (!err && ferror (stream))
    err = fail_errno (trial->failure, "%s", trial->file);
  fclose (stream);
  return err;
}

int
administer_test (const struct daemon *daemon, const char *path,
                 const char *expected)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct policy policy;
  const struct policy_source source = { .machine = &daemon->machine,
                                        .registry = &daemon->registry,
                                        .path = path ? &path : NULL,
                                        .count = 1,
                                        .complain = ignore };
  struct trial trial = {
    .daemon = daemon, .policy = &policy, .file = expected, .failure = &failure
  };
  gpg_error_t err = policy_load_from (&source, &policy, &failure);

  if (!err)
    err = try_file (&trial);
  policy_release (&policy);
  if (err)
    return give_up (2, err, &failure);
  printf ("%u passed, %u failed\n", trial.passed, trial.failed);
  return finish (trial.failed ? 1 : 0);
}

/* --- Keys --- */

static const char *
key_state (const struct daemon *daemon, const struct identity *identity,
           size_t index)
{
  auto_close int fd = -1;

  if (identity_expired (identity->expires)
      || identity_expired (identity->key[index].expires))
    return "expired";
  switch (gpg_err_code (
      identity_open_key (identity, index, &daemon->machine, &fd, NULL)))
    {
    case 0:
      return "valid";
    case GPG_ERR_ENOENT:
      return "missing";
    case GPG_ERR_EACCES:
      return "unreadable";
    default:
      return "unusable";
    }
}

static void
print_key (const struct daemon *daemon, const struct identity *identity,
           size_t index)
{
  const struct identity_key *key = identity->key + index;
  int64_t expires = key->expires;
  char text[MOMENT_TEXT];

  if (identity->expires && (!expires || identity->expires < expires))
    expires = identity->expires;
  printf ("%s\t%s\t%s\t%s\t%u\t%s\n", identity->name, key->file,
          time_text (expires, text), identity->file, key->line,
          key_state (daemon, identity, index));
}

int
administer_keys (const struct daemon *daemon)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct policy policy;
  const struct policy_source source = { .machine = &daemon->machine,
                                        .registry = &daemon->registry,
                                        .complain = ignore };
  gpg_error_t err = policy_load_from (&source, &policy, &failure);

  if (err)
    return give_up (1, err, &failure);
  for (size_t i = 0; i < policy.count; i++)
    for (size_t j = 0; j < policy.identity[i].key_count; j++)
      print_key (daemon, policy.identity + i, j);
  policy_release (&policy);
  return finish (0);
}

/* --- --audit-init --- */

int
administer_audit (const struct daemon *daemon)
{
  auto_failure struct failure failure = FAILURE_NONE;
  char *text;
  gpg_error_t err = audit_key_new (&daemon->machine, &text, &failure);
  int status = 0;

  if (err)
    {
      log_error ("%s\n", failure_words (&failure, err));
      return 1;
    }
  /* No buffer of the library's keeps what is a secret.  */
  setvbuf (stdout, NULL, _IONBF, 0);
  if (printf ("%s\n", text) < 0)
    {
      log_error ("the key is made but cannot be printed: %s: say it again\n",
                 strerror (errno));
      status = 1;
    }
  explicit_bzero (text, strlen (text));
  free (text);
  return status;
}
