/* test-audit_noun.c - tests of src/mod/audit/
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"
#include "chainlog.h"
#include "scratch.h"

#include "protocol/link.h"
#include "protocol/words.h"
#include "src/call/call.h"
#include "src/call/registry.h"
#include "src/mod/audit/audit.h"
#include "src/mod/audit/filter.h"

static const struct scratch *scratch;
static struct registry registry;
static struct chainlog sample;
static struct buffer answer;
static struct buffer warning;
static unsigned flushes;

/* What happens while a call waits.  */
static void (*happen) (unsigned times);
static unsigned waits;
static unsigned cancel_at, end_at;
static uint64_t deadline;

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  (void)context;
  if (!bytes)
    flushes++;
  buffer_append (&answer, bytes, length);
  return buffer_error (&answer);
}

static gpg_error_t
take_status (void *context, const char *keyword, const char *text)
{
  (void)context;
  buffer_printf (&warning, "%s %s", keyword, text);
  return buffer_error (&warning);
}

static bool
is_canceled (void *client)
{
  (void)client;
  waits++;
  if (happen)
    happen (waits);
  return waits == cancel_at;
}

static bool
is_ending (void *client)
{
  (void)client;
  return waits == end_at;
}

static int
setup (void **state)
{
  static const struct noun *const nouns[] = { &audit_noun, NULL };

  if (scratch_setup (state))
    return -1;
  scratch = *state;
  happen = NULL;
  waits = flushes = 0;
  cancel_at = end_at = 0;
  deadline = 0;
  chainlog_start (&sample);
  return registry_make (nouns, &registry, NULL) ? -1 : 0;
}

static int
teardown (void **state)
{
  registry_release (&registry);
  buffer_release (&answer);
  buffer_release (&warning);
  chainlog_release (&sample);
  return scratch_teardown (state);
}

static void
make_directories (void)
{
  static char path[] = OWN_LOG_DIR;

  for (char *slash = path + 1; (slash = strchr (slash, '/')); slash++)
    {
      *slash = 0;
      mkdir (scratch_path (scratch, path), 0755);
      *slash = '/';
    }
  mkdir (scratch_path (scratch, path), 0750);
}

/* Append the sample's lines FIRST up to END to the log's file NAME.  */
static void
store (const char *name, size_t first, size_t end)
{
  char path[4096];
  FILE *stream;

  make_directories ();
  snprintf (path, sizeof path, "%s" OWN_LOG_DIR "/%s", scratch->root, name);
  stream = fopen (path, "a");
  assert_non_null (stream);
  for (size_t i = first; i < end; i++)
    fwrite (sample.line[i].bytes, 1, sample.line[i].length, stream);
  assert_int_equal (fclose (stream), 0);
}

static void
rotate (const char *name)
{
  char from[4096], to[4096];

  snprintf (from, sizeof from, "%s" OWN_LOG_DIR "/audit.jsonl", scratch->root);
  snprintf (to, sizeof to, "%s" OWN_LOG_DIR "/%s", scratch->root, name);
  assert_int_equal (rename (from, to), 0);
}

/* Run LINE, a verb of AUDIT with its words.  */
static gpg_error_t
run (const char *line, enum output output, struct failure *r_failure)
{
  struct writer out = { .sink = { take_data, take_status, NULL },
                        .output = output };
  struct call call = { .registry = &registry,
                       .machine = &scratch->machine,
                       .canceled = is_canceled,
                       .ending = is_ending,
                       .deadline = deadline,
                       .out = &out };
  const struct registry_verb *verb;
  struct words words;
  gpg_error_t err;

  buffer_clear (&answer);
  buffer_clear (&warning);
  assert_int_equal (words_split (line, &words, NULL), 0);
  verb = registry_verb (registry_noun (&registry, "AUDIT"), words.word[0].text);
  assert_non_null (verb);
  err = arguments_bind (&verb->grammar, &registry.common, words.word + 1,
                        words.count - 1, &call.arguments, &call.failure);
  if (!err)
    err = verb->row->run (&call);
  arguments_release (call.arguments);
  words_release (&words);
  writer_release (&out);
  buffer_append (&answer, "", 0);
  buffer_append (&warning, "", 0);
  if (r_failure)
    *r_failure = call.failure;
  else
    failure_release (&call.failure);
  return err;
}

/* LINE answers the records whose numbers EXPECTED has, each with a blank
   behind.  */
static void
expect (const char *line, const char *expected)
{
  auto_buffer struct buffer numbers = BUFFER_EMPTY;

  assert_int_equal (run (line, OUTPUT_TEXT, NULL), 0);
  buffer_append (&numbers, "", 0);
  for (const char *at = answer.bytes; (at = strstr (at, "sequence: ")); at++)
    buffer_printf (&numbers, "%d ", atoi (at + 10));
  assert_string_equal (numbers.bytes, expected);
}

static void
a_record (void **state)
{
  (void)state;
  chainlog_add (&sample, "call",
                ",\"identity\":\"panel\",\"uid\":1000,\"dry_run\":true"
                ",\"raw\":false,\"nothing\":null,\"large\":1e3"
                ",\"arguments\":{\"value\":[\"a\\\"\\n\"]}"
                ",\"reason\":\"a \\u00e9\\n\\u0000\",\"empty\":\"\"");
  store ("audit.jsonl", 0, 1);
  assert_int_equal (run ("TAIL", OUTPUT_TEXT, NULL), 0);
  assert_string_equal (
      answer.bytes,
      "sequence: 1\ntime: 2026-11-25T23:00:01.000000Z\nevent: call\n"
      "identity: panel\nuid: 1000\ndry_run: yes\nraw: no\nnothing: null\n"
      "large: 1e3\narguments: {\"value\":[\"a\\x5c\"\\x5cn\"]}\n"
      "reason: a \xc3\xa9\\x0a\\x00\nempty: \n");
  assert_int_equal (run ("TAIL", OUTPUT_JSON, NULL), 0);
  assert_string_equal (
      answer.bytes,
      "{\"sequence\":1,\"time\":\"2026-11-25T23:00:01.000000Z\""
      ",\"event\":\"call\",\"identity\":\"panel\",\"uid\":1000"
      ",\"dry_run\":true,\"raw\":false,\"nothing\":null,\"large\":1e3"
      ",\"arguments\":{\"value\":[\"a\\\"\\n\"]}"
      ",\"reason\":\"a \xc3\xa9\\n\\u0000\",\"empty\":\"\"}\n");
}

static void
no_log (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;

  (void)state;
  assert_code (run ("TAIL", OUTPUT_TEXT, &failure), GPG_ERR_NOT_FOUND);
  assert_string_equal (failure.text, "this machine has no audit log");
  make_directories ();
  assert_code (run ("QUERY", OUTPUT_TEXT, NULL), GPG_ERR_NOT_FOUND);
  chainlog_fill (&sample, 1);
  store ("audit.jsonl", 0, 0);
  expect ("TAIL", "");
  expect ("QUERY", "");
}

/* A log that others may have written tells nothing.  */
static void
a_log_that_is_not_ours (void **state)
{
  (void)state;
  chainlog_fill (&sample, 1);
  store ("audit.jsonl", 0, 1);
  assert_int_equal (
      chmod (scratch_path (scratch, OWN_LOG_DIR "/audit.jsonl"), 0666), 0);
  assert_code (run ("TAIL", OUTPUT_TEXT, NULL), GPG_ERR_EPERM);
  rotate ("other");
  assert_int_equal (
      symlink ("other", scratch_path (scratch, OWN_LOG_DIR "/audit.jsonl")), 0);
  assert_code (run ("TAIL", OUTPUT_TEXT, NULL), GPG_ERR_ELOOP);
}

static void
the_last_lines (void **state)
{
  (void)state;
  chainlog_fill (&sample, 12);
  store ("audit.jsonl.1-3", 0, 3);
  store ("audit.jsonl.4-8", 3, 8);
  store ("audit.jsonl", 8, 12);
  expect ("TAIL --lines=2", "11 12 ");
  expect ("TAIL --lines=4", "9 10 11 12 ");
  expect ("TAIL --lines=5", "8 9 10 11 12 ");
  expect ("TAIL --lines=9", "4 5 6 7 8 9 10 11 12 ");
  expect ("TAIL --lines=10", "3 4 5 6 7 8 9 10 11 12 ");
  expect ("TAIL", "3 4 5 6 7 8 9 10 11 12 ");
  expect ("TAIL --lines=100", "1 2 3 4 5 6 7 8 9 10 11 12 ");
  expect ("TAIL --lines=0", "");
  expect ("QUERY --lines=3", "10 11 12 ");
  expect ("QUERY --lines=0", "");
  expect ("QUERY --lines=100", "1 2 3 4 5 6 7 8 9 10 11 12 ");
  expect ("QUERY", "1 2 3 4 5 6 7 8 9 10 11 12 ");
}

static void
filters (void **state)
{
  (void)state;
  chainlog_add (&sample, "call",
                ",\"identity\":\"panel\",\"verb\":\"AUG GET\""
                ",\"outcome\":\"ok\"");
  chainlog_add (&sample, "refused",
                ",\"identity\":\"reader\",\"verb\":\"AUG SET\""
                ",\"outcome\":\"refused\"");
  chainlog_add (&sample, "start", ",\"text\":\"x\"");
  chainlog_add (&sample, "call",
                ",\"verb\":\"AUGMENT GET\",\"outcome\":\"error\"");
  store ("audit.jsonl", 0, 4);
  expect ("QUERY --identity=panel", "1 ");
  expect ("QUERY --identity=pane", "");
  expect ("QUERY --identity=panels", "");
  expect ("QUERY --verb=AUG", "1 2 ");
  expect ("QUERY --verb=aug%20set", "2 ");
  expect ("QUERY --verb=AUG%20SE", "");
  expect ("QUERY --outcome=refused", "2 ");
  expect ("QUERY --outcome=error --verb=augment", "4 ");
  expect ("QUERY --event=start", "3 ");
  expect ("QUERY --event=call --lines=1", "4 ");
  expect ("QUERY --since=2026-11-25T23:00:03", "3 4 ");
  expect ("QUERY --since=2026-11-25T23:00:03 --until=2026-11-25T23:00:04Z",
          "3 ");
  expect ("QUERY --until=2026-11-25", "");
  expect ("QUERY --since=2026-11-26", "");
  assert_code (run ("QUERY --outcome=fine", OUTPUT_TEXT, NULL),
               GPG_ERR_INV_ARG);
  assert_code (run ("QUERY --since=soon", OUTPUT_TEXT, NULL), GPG_ERR_INV_ARG);
  assert_code (run ("QUERY --until=2026-02-30", OUTPUT_TEXT, NULL),
               GPG_ERR_INV_ARG);
}

static void
times (void **state)
{
  static const struct
  {
    const char *text;
    const char *time;
  } good[] = { { "2026-11-25", "2026-11-25T00:00:00.000000Z" },
               { "2026-11-25T23:58", "2026-11-25T23:58:00.000000Z" },
               { "2026-11-25 23:58:44", "2026-11-25T23:58:44.000000Z" },
               { "2026-11-25T23:58:44Z", "2026-11-25T23:58:44.000000Z" },
               { "2024-02-29", "2024-02-29T00:00:00.000000Z" },
               { "90s", "1970-01-12T13:45:10.000000Z" },
               { "1min", "1970-01-12T13:45:40.000000Z" },
               { "2h", "1970-01-12T11:46:40.000000Z" },
               { "1d", "1970-01-11T13:46:40.000000Z" },
               { "999999999d", "1970-01-01T00:00:00.000000Z" } };
  static const char *const wrong[] = { "",
                                       "1",
                                       "x",
                                       "h",
                                       "1w",
                                       "1 h",
                                       "1000000000s",
                                       "2026",
                                       "2026-13-01",
                                       "2026-00-10",
                                       "2026-11-31",
                                       "2025-02-29",
                                       "2026-11-25T",
                                       "1969-12-31",
                                       "2026-11-25T24:30",
                                       "2026-11-25T12",
                                       "2026-11-25T12:00:00.5Z",
                                       "2026-11-25T12:00:00+01:00",
                                       "2026-11-25ZZ",
                                       "  2026-11-25" };
  char time[FILTER_TIME];

  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    {
      assert_true (filter_time (good[i].text, 1000000, time));
      assert_string_equal (time, good[i].time);
    }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      if (filter_time (wrong[i], 1000000, time))
        print_message ("%s is %s\n", wrong[i], time);
      assert_false (filter_time (wrong[i], 1000000, time));
    }
}

static void
lines_that_are_no_records (void **state)
{
  (void)state;
  chainlog_fill (&sample, 3);
  buffer_clear (&sample.line[1]);
  buffer_string (&sample.line[1], "frob\n{\"a b\":1}\n{\"A\":1}\n{\"\":1}\n");
  store ("audit.jsonl", 0, 3);
  expect ("TAIL", "1 3 ");
  assert_string_equal (warning.bytes,
                       "WARNING 4 lines are no records: do reeve audit verify");
  expect ("QUERY --lines=5", "1 3 ");
  assert_non_null (strstr (warning.bytes, "4 lines"));
}

/* Append the bytes FROM up to TO of the sample's line INDEX.  */
static void
store_part (size_t index, size_t from, size_t to)
{
  struct buffer whole = sample.line[index];

  sample.line[index].bytes += from;
  sample.line[index].length = to - from;
  store ("audit.jsonl", index, index + 1);
  sample.line[index] = whole;
}

static void
append_and_rotate (unsigned times)
{
  switch (times)
    {
    case 2:
      store ("audit.jsonl", 3, 5);
      break;
    case 3:
      store_part (5, 0, 50);
      break;
    case 4:
      store_part (5, 50, sample.line[5].length);
      rotate ("audit.jsonl.1-6");
      break;
    case 5:
      store ("audit.jsonl", 6, 9);
      rotate ("audit.jsonl.7-9");
      store ("audit.jsonl", 9, 10);
      break;
    default:
      break;
    }
}

static void
new_records_are_followed (void **state)
{
  (void)state;
  chainlog_fill (&sample, 10);
  store ("audit.jsonl", 0, 3);
  happen = append_and_rotate;
  cancel_at = 8;
  assert_code (run ("TAIL --lines=1 --follow", OUTPUT_TEXT, NULL),
               GPG_ERR_CANCELED);
  assert_true (flushes >= 7);
  for (int i = 1; i <= 10; i++)
    {
      char text[32];

      snprintf (text, sizeof text, "sequence: %d\n", i);
      assert_int_equal (!strstr (answer.bytes, text), i < 3);
    }
}

static void
following_ends (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;

  (void)state;
  chainlog_fill (&sample, 3);
  store ("audit.jsonl", 0, 3);
  end_at = 2;
  assert_code (run ("TAIL --lines=0 --follow", OUTPUT_TEXT, &failure),
               GPG_ERR_CANCELED);
  assert_string_equal (failure.text, "the server is stopping");
  failure_release (&failure);
  assert_int_equal (answer.length, 0);
  end_at = 0;
  deadline = link_now () + 150;
  assert_code (run ("TAIL --follow", OUTPUT_TEXT, NULL), GPG_ERR_TIMEOUT);
  assert_true (link_now () < deadline + 5000);
}

/* A long log does not keep a client from giving up.  */
static void
a_long_log_can_be_left (void **state)
{
  (void)state;
  chainlog_fill (&sample, CHAINLOG_LINES);
  for (int i = 0; i < 20; i++)
    store ("audit.jsonl", 0, CHAINLOG_LINES);
  cancel_at = 2;
  assert_code (run ("QUERY", OUTPUT_TEXT, NULL), GPG_ERR_CANCELED);
  cancel_at = 0;
  deadline = 1;
  assert_code (run ("QUERY --identity=x", OUTPUT_TEXT, NULL), GPG_ERR_TIMEOUT);
}

static void
an_answer_has_a_limit (void **state)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  auto_failure struct failure failure = FAILURE_NONE;

  (void)state;
  buffer_string (&text, ",\"reason\":\"");
  for (int i = 0; i < 1000000; i++)
    buffer_string (&text, "x");
  buffer_string (&text, "\"");
  chainlog_add (&sample, "call", text.bytes);
  for (int i = 0; i < 70; i++)
    store ("audit.jsonl", 0, 1);
  assert_code (run ("QUERY", OUTPUT_JSON, &failure), GPG_ERR_TOO_LARGE);
  assert_non_null (strstr (failure.text, "--since"));
  assert_true (answer.length <= (64 << 20));
  assert_int_equal (run ("QUERY --lines=60", OUTPUT_JSON, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (a_record),
    TEST (no_log),
    TEST (a_log_that_is_not_ours),
    TEST (the_last_lines),
    TEST (filters),
    cmocka_unit_test (times),
    TEST (lines_that_are_no_records),
    TEST (new_records_are_followed),
    TEST (following_ends),
    TEST (a_long_log_can_be_left),
    TEST (an_answer_has_a_limit),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
