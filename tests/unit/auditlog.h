/* auditlog.h - what the tests of the audit log share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TEST_AUDITLOG_H
#define REEVE_TEST_AUDITLOG_H

#include <inttypes.h>
#include <stdlib.h>
#include <sys/wait.h>
#include "scratch.h"
#include "faults.h"
#include "protocol/chain.h"
#include "protocol/words.h"
#include "src/call/registry.h"
#include "src/gate/audit.h"

#define LOG OWN_LOG_DIR "/audit.jsonl"
#define STATE OWN_RUN_DIR "/audit.state"
#define KEY OWN_STATE_DIR "/audit.key"

static struct scratch *scratch;
static struct audit_options options;

/* The initial key, by audit_key_new.  */
static uint64_t key_sequence;
static unsigned char initial_key[CHAIN_BYTES];

static inline int
setup (void **state)
{
  char *text;

  if (scratch_setup (state))
    return -1;
  scratch = *state;
  fault_clear ();
  memset (&options, 0, sizeof options);
  gpgrt_log_set_sink ("/dev/null", NULL, -1);
  if (audit_key_new (&scratch->machine, &text, NULL)
      || chain_key_parse (text, &key_sequence, initial_key))
    return -1;
  free (text);
  return 0;
}

static inline int
teardown (void **state)
{
  fault_clear ();
  return scratch_teardown (state);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, teardown)

static inline struct audit *
open_audit (void)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct audit *audit;

  if (audit_open (&scratch->machine, &options, &audit, &failure))
    print_error ("%s\n", failure.text ? failure.text : "?");
  assert_non_null (audit);
  return audit;
}

/* --- A call --- */

static const struct verb get_verb
    = { .name = "GET", .effect = EFFECT_READ, .args = "<path:path>" };
static const struct verb set_verb
    = { .name = "SET",
        .effect = EFFECT_WRITE,
        .args = "[--force] <path:path> [<value:text>...]" };
static const struct noun test_noun = { .name = "TEST" };
static const struct peer test_peer = { .uid = 1000, .gid = 100, .pid = 4711 };
static const struct audit_subject test_subject
    = { .session = "abc",
        .call = "abc.7",
        .identity = "panel",
        .peer = &test_peer,
        .executable = "/usr/bin/php" };

/* A call with what it needs.  */
struct test_call
{
  struct call call;
  struct grammar row;
  struct grammar common;
};

/* Make a call of VERB with the arguments of LINE; call_end must follow.  */
static inline struct call *
call_make (struct test_call *test, const struct verb *verb, const char *line)
{
  struct words words;

  memset (test, 0, sizeof *test);
  assert_int_equal (grammar_parse (verb->args, &test->row, NULL), 0);
  assert_int_equal (grammar_parse (REGISTRY_COMMON, &test->common, NULL), 0);
  assert_int_equal (words_split (line, &words, NULL), 0);
  assert_int_equal (arguments_bind (&test->row, &test->common, words.word,
                                    words.count, &test->call.arguments, NULL),
                    0);
  words_release (&words);
  test->call.noun = &test_noun;
  test->call.verb = verb;
  test->call.machine = &scratch->machine;
  return &test->call;
}

static inline void
call_end (struct test_call *test)
{
  arguments_release (test->call.arguments);
  grammar_release (&test->row);
  grammar_release (&test->common);
  failure_release (&test->call.failure);
}

/* Log a read.  */
static inline void
log_get (struct audit *audit)
{
  struct test_call test;
  struct call *call = call_make (&test, &get_verb, "/etc/hosts");

  audit_call (audit, &test_subject, call, 0, 12);
  call_end (&test);
}

/* Log a change, up to its end if that is wanted.  */
static inline gpg_error_t
log_set (struct audit *audit, bool end, struct failure *failure)
{
  struct test_call test;
  struct call *call = call_make (&test, &set_verb, "/etc/hosts x");
  gpg_error_t err = audit_begin (audit, &test_subject, call, failure);

  if (!err && end)
    audit_end (audit, &test_subject, call, 0, 34);
  call_end (&test);
  return err;
}

/* --- What the log says --- */

struct verdict
{
  uint64_t records;
  uint64_t first;
  uint64_t last;
  uint64_t bad;    /* Lines that are no records, or have a wrong hash or
                      mac.  */
  uint64_t jumps;  /* Numbers that do not follow.  */
  unsigned begun;  /* Begins without an end.  */
  unsigned begins; /* All.  */
  unsigned files;
  bool torn;
};

static inline uint64_t
value_of (const struct chain_line *line, const char *name)
{
  const char *found = memmem (line->body, line->length, name, strlen (name));

  return found ? strtoull (found + strlen (name), NULL, 10) : 0;
}

static inline bool
says (const struct chain_line *line, const char *text)
{
  return memmem (line->body, line->length, text, strlen (text)) != NULL;
}

/* Where checking a log is.  */
struct checker
{
  struct verdict verdict;
  unsigned char hash[CHAIN_BYTES];
  unsigned char key[CHAIN_BYTES];
  uint64_t open[512];
};

static inline void
check_events (struct checker *checker, const struct chain_line *line)
{
  struct verdict *verdict = &checker->verdict;
  bool ends = says (line, "\"event\":\"end\"")
              || says (line, "\"event\":\"aborted\"");

  if (says (line, "\"event\":\"begin\""))
    {
      verdict->begins++;
      checker->open[verdict->begun++] = line->sequence;
    }
  for (unsigned i = 0; ends && i < verdict->begun; i++)
    if (checker->open[i] == value_of (line, ",\"begin\":"))
      checker->open[i] = checker->open[--verdict->begun];
}

static inline void
check_line (struct checker *checker, const char *text, size_t length)
{
  struct verdict *verdict = &checker->verdict;
  unsigned char expected[CHAIN_BYTES];
  struct chain_line line;

  verdict->records++;
  if (chain_line_split (text, length, &line))
    {
      verdict->bad++;
      verdict->last++;
      chain_key_next (checker->key);
      return;
    }
  if (!verdict->first)
    verdict->first = line.sequence;
  else if (line.sequence != verdict->last + 1)
    verdict->jumps++;
  for (; line.sequence > key_sequence && verdict->last + 1 < line.sequence;
       verdict->last++)
    chain_key_next (checker->key);
  verdict->last = line.sequence;
  chain_hash (checker->hash, line.body, line.length, expected);
  if (memcmp (expected, line.hash, CHAIN_BYTES))
    verdict->bad++;
  else if (line.sequence >= key_sequence)
    {
      chain_mac (checker->key, line.hash, expected);
      verdict->bad += memcmp (expected, line.mac, CHAIN_BYTES) != 0;
    }
  if (line.sequence >= key_sequence)
    chain_key_next (checker->key);
  memcpy (checker->hash, line.hash, CHAIN_BYTES);
  check_events (checker, &line);
}

static inline void
check_file (struct checker *checker, const char *path)
{
  FILE *stream = fopen (path, "r");
  char *line = NULL;
  size_t size = 0;
  ssize_t length;

  assert_non_null (stream);
  while ((length = getline (&line, &size, stream)) > 0)
    if (line[length - 1] == '\n')
      check_line (checker, line, (size_t)length);
    else
      checker->verdict.torn = true;
  free (line);
  fclose (stream);
  checker->verdict.files++;
}

static inline int
compare_numbers (const void *a, const void *b)
{
  uint64_t left = *(const uint64_t *)a;
  uint64_t right = *(const uint64_t *)b;

  return left < right ? -1 : left > right;
}

/* Check the whole log, rotated files first, with the initial key.  */
static inline struct verdict
check_log (void)
{
  static struct checker checker;
  uint64_t first[4096], last[4096];
  uint64_t order[4096];
  unsigned count = 0;
  char path[4096];
  DIR *directory = opendir (scratch_path (scratch, OWN_LOG_DIR));
  struct dirent *dirent;

  memset (&checker, 0, sizeof checker);
  memcpy (checker.key, initial_key, CHAIN_BYTES);
  assert_non_null (directory);
  while ((dirent = readdir (directory)))
    if (sscanf (dirent->d_name, "audit.jsonl.%" SCNu64 "-%" SCNu64,
                &first[count], &last[count])
        == 2)
      {
        order[count] = first[count];
        count++;
      }
  closedir (directory);
  qsort (order, count, sizeof *order, compare_numbers);
  for (unsigned i = 0; i < count; i++)
    for (unsigned j = 0; j < count; j++)
      if (first[j] == order[i])
        {
          snprintf (path, sizeof path, "%s%s.%" PRIu64 "-%" PRIu64,
                    scratch->root, LOG, first[j], last[j]);
          check_file (&checker, path);
          assert_int_equal (checker.verdict.last, last[j]);
        }
  if (!access (scratch_path (scratch, LOG), F_OK))
    check_file (&checker, scratch_path (scratch, LOG));
  return checker.verdict;
}

/* The log is whole, and as many records are in it.  */
static inline void
assert_log (uint64_t records)
{
  struct verdict verdict = check_log ();

  assert_int_equal (verdict.bad, 0);
  assert_int_equal (verdict.jumps, 0);
  assert_false (verdict.torn);
  assert_int_equal (verdict.records, records);
  assert_int_equal (verdict.begun, 0);
}

/* Whether TEXT is in the present file.  */
static inline bool
log_says (const char *text)
{
  FILE *stream = fopen (scratch_path (scratch, LOG), "r");
  char *line = NULL;
  size_t size = 0;
  bool found = false;

  assert_non_null (stream);
  while (!found && getline (&line, &size, stream) > 0)
    found = strstr (line, text) != NULL;
  free (line);
  fclose (stream);
  return found;
}

static inline void
assert_says (const char *text)
{
  if (!log_says (text))
    print_error ("%s is not in the log\n", text);
  assert_true (log_says (text));
}

static inline void
assert_says_not (const char *text)
{
  assert_false (log_says (text));
}

/* Start a process; one in which a test fails does not go on with others.  */
static inline pid_t
start_child (void (*function) (void))
{
  pid_t pid = fork ();

  assert_true (pid >= 0);
  if (pid)
    return pid;
  setenv ("CMOCKA_TEST_ABORT", "1", 1);
  function ();
  _exit (0);
}

/* Run FUNCTION in a process of its own; returns what waitpid says.  */
static inline int
in_child (void (*function) (void))
{
  pid_t pid = start_child (function);
  int status;

  assert_int_equal (waitpid (pid, &status, 0), pid);
  return status;
}

/* As after a new start of the machine.  */
static inline void
forget_state (void)
{
  assert_int_equal (unlink (scratch_path (scratch, STATE)), 0);
}

#endif /* REEVE_TEST_AUDITLOG_H */
