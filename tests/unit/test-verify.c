/* test-verify.c - tests of client/cli/verify.c, verify_keys.c, verify_gaps.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   tests/real/test-audit-verify.py has each way of tampering once more, with
   logs that other code made.  */

#include "check.h"
#include "chainlog.h"

#include <gcrypt.h>
#include <stdlib.h>
#include "client/cli/verify.h"

static struct chainlog sample;
static struct verify_summary summary;
static char told[4096];

static void
take (void *opaque, const struct finding *finding)
{
  size_t length = strlen (told);

  (void)opaque;
  assert_true (finding->text && *finding->text);
  assert_true (finding->last >= finding->first);
  assert_true (finding->last_line >= finding->line);
  snprintf (told + length, sizeof told - length, "%s %s:%d %d-%d\n",
            finding_name (finding->kind), finding->file ? finding->file : "",
            (int)finding->line, (int)finding->first, (int)finding->last);
}

static int
setup (void **state)
{
  (void)state;
  gcry_check_version (NULL);
  gcry_control (GCRYCTL_DISABLE_SECMEM, 0);
  gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
  chainlog_start (&sample);
  *told = 0;
  return 0;
}

static int
teardown (void **state)
{
  (void)state;
  chainlog_release (&sample);
  return 0;
}

/* Judge the sample as one file, with its key from the record FROM on (0: with
   none), and with its state if WITH_STATE.  */
static void
judge (uint64_t from, bool with_state)
{
  struct verify_key key = { .sequence = from };
  struct verifier *verifier;
  int fd = chainlog_file (&sample, 0, sample.count);

  memcpy (key.key, sample.key, CHAIN_BYTES);
  for (uint64_t i = 1; i < from; i++)
    chain_key_next (key.key);
  *told = 0;
  assert_int_equal (verify_start (1, &key, from ? 1 : 0,
                                  with_state ? &sample.state : NULL, take, NULL,
                                  &verifier),
                    0);
  assert_int_equal (verify_file (verifier, "log", fd, 0), 0);
  close (fd);
  verify_end (verifier, &summary);
}

static void
exchange (size_t a, size_t b)
{
  struct buffer line = sample.line[a];

  sample.line[a] = sample.line[b];
  sample.line[b] = line;
}

/* Take the line INDEX out.  */
static void
take_out (size_t index)
{
  buffer_release (&sample.line[index]);
  sample.count--;
  memmove (&sample.line[index], &sample.line[index + 1],
           (sample.count - index) * sizeof *sample.line);
}

static void
a_good_log (void **state)
{
  (void)state;
  chainlog_fill (&sample, 20);
  judge (1, true);
  assert_string_equal (told, "");
  assert_int_equal (summary.records, 20);
  assert_int_equal (summary.macs, 20);
  assert_int_equal (summary.first, 1);
  assert_int_equal (summary.last, 20);
  assert_true (summary.reached_state && !summary.unanchored);
  judge (12, true);
  assert_string_equal (told, "");
  assert_int_equal (summary.macs, 9);
  assert_true (summary.reached_state);
  judge (0, true);
  assert_string_equal (told, "");
  assert_int_equal (summary.macs, 0);
  judge (40, false);
  assert_string_equal (told, "");
  assert_int_equal (summary.macs, 0);
}

static void
nothing_at_all (void **state)
{
  (void)state;
  judge (1, true);
  assert_string_equal (told, "");
  assert_true (summary.reached_state);
  judge (0, false);
  assert_int_equal (summary.records, 0);
}

static void
events_are_counted (void **state)
{
  (void)state;
  for (size_t i = 0; verify_event_names[i]; i++)
    chainlog_add (&sample, verify_event_names[i], "");
  chainlog_add (&sample, "missed", ",\"count\":2");
  chainlog_add (&sample, "start", ",\"event\":\"missed\"");
  judge (0, false);
  for (size_t i = 0; i < VERIFY_EVENTS; i++)
    assert_int_equal (summary.events[i],
                      strcmp (verify_event_names[i], "missed") ? 1 : 2);
}

/* Whatever bit of whatever byte: the line is named.  */
static void
each_bit (void **state)
{
  (void)state;
  chainlog_fill (&sample, 3);
  for (size_t at = 0; at < sample.line[1].length; at++)
    for (int bit = 1; bit < 256; bit <<= 1)
      {
        sample.line[1].bytes[at] ^= (char)bit;
        judge (1, true);
        if (!strstr (told, "log:2 ") && !strstr (told, "2-2\n"))
          print_message ("byte %zu bit %d: %s\n", at, bit, told);
        assert_true (strstr (told, "log:2 ") || strstr (told, "2-2\n"));
        assert_true (summary.findings > 0);
        sample.line[1].bytes[at] ^= (char)bit;
      }
  judge (1, true);
  assert_string_equal (told, "");
}

static void
what_is_missing (void **state)
{
  (void)state;
  chainlog_fill (&sample, 20);
  take_out (4);
  take_out (4);
  take_out (10);
  judge (1, true);
  assert_string_equal (told, "unsure log:5 7-7\nunsure log:11 14-14\n"
                             "missing log:5 5-6\nmissing log:11 13-13\n");
}

static void
what_is_moved (void **state)
{
  (void)state;
  chainlog_fill (&sample, 20);
  exchange (3, 9);
  judge (1, true);
  /* 10 before 5, which then are all late, and 4 behind 9.  */
  assert_non_null (strstr (told, "moved log:10 4-4\n"));
  assert_null (strstr (told, "missing"));
  assert_true (summary.macs == 20);
  judge (0, true);
  assert_true (summary.findings > 0);
}

static void
what_is_cut_off (void **state)
{
  (void)state;
  chainlog_fill (&sample, 20);
  for (int i = 0; i < 3; i++)
    take_out (17);
  judge (1, true);
  assert_string_equal (told, "cut-off log:0 18-20\n");
  assert_false (summary.reached_state);
  judge (1, false);
  assert_string_equal (told, "");
}

static void
the_name_of_a_file_tells_its_end (void **state)
{
  struct verifier *verifier;
  int fd;

  (void)state;
  chainlog_fill (&sample, 20);
  assert_int_equal (verify_start (1, NULL, 0, NULL, take, NULL, &verifier), 0);
  fd = chainlog_file (&sample, 0, 8);
  assert_int_equal (verify_file (verifier, "a", fd, 10), 0);
  close (fd);
  fd = chainlog_file (&sample, 10, 18);
  assert_int_equal (verify_file (verifier, "b", fd, 20), 0);
  assert_code (verify_file (verifier, "c", -1, 0), GPG_ERR_EBADF);
  close (fd);
  verify_end (verifier, &summary);
  assert_string_equal (told, "unsure b:1 11-11\nmissing b:1 9-10\n"
                             "cut-off c:0 19-20\n");
}

/* More gaps than are kept.  */
static void
many_gaps (void **state)
{
  size_t count = 0;

  (void)state;
  chainlog_fill (&sample, CHAINLOG_LINES);
  for (size_t i = 1; i < sample.count; i++)
    take_out (i);
  judge (1, true);
  for (const char *at = told; (at = strstr (at, "missing ")); at++)
    count++;
  for (const char *at = told; (at = strstr (at, "cut-off ")); at++)
    count++;
  assert_int_equal (count, CHAINLOG_LINES / 2);
}

/* More bad records than are noted apart.  */
static void
many_bad_records (void **state)
{
  (void)state;
  chainlog_fill (&sample, CHAINLOG_LINES);
  for (size_t i = 1; i < sample.count - 1; i++)
    {
      char *digit = sample.line[i].bytes + sample.line[i].length - 4;

      *digit = *digit == '0' ? '1' : '0';
    }
  judge (1, true);
  assert_string_equal (told, "changed log:2 2-63\n");
  for (size_t i = sample.count - 2; i > 1; i -= 2)
    take_out (i);
  judge (1, true);
  assert_non_null (strstr (told, "changed"));
}

static void
numbers_at_the_end_of_all (void **state)
{
  struct log_state far = { .sequence = UINT64_MAX - 1 };
  static const char *const numbers[] = { "18446744073709551615",
                                         "18446744073709551614",
                                         "18446744073709551616", "0", "01" };
  struct verifier *verifier;

  (void)state;
  assert_code (verify_start (1, NULL, 0, &far, take, NULL, &verifier),
               GPG_ERR_INV_ARG);
  assert_code (
      verify_start (1, NULL, VERIFY_KEYS + 1, NULL, take, NULL, &verifier),
      GPG_ERR_INV_ARG);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    for (uint64_t from = 0; from < 2; from++)
      {
        struct buffer line = BUFFER_EMPTY;
        char tail[CHAIN_TAIL];

        setup (NULL);
        chainlog_fill (&sample, 4);
        buffer_printf (&line, "{\"sequence\":%s,\"x\":1", numbers[i]);
        chain_step ((unsigned char[CHAIN_BYTES]){ 0 },
                    (unsigned char[CHAIN_BYTES]){ 0 }, line.bytes, line.length,
                    tail);
        buffer_append (&line, tail, CHAIN_TAIL);
        buffer_release (&sample.line[2]);
        sample.line[2] = line;
        judge (from, true);
        assert_true (summary.findings > 0);
        teardown (NULL);
      }
  chainlog_start (&sample);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (a_good_log),
    TEST (nothing_at_all),
    TEST (events_are_counted),
    TEST (each_bit),
    TEST (what_is_missing),
    TEST (what_is_moved),
    TEST (what_is_cut_off),
    TEST (the_name_of_a_file_tells_its_end),
    TEST (many_gaps),
    TEST (many_bad_records),
    TEST (numbers_at_the_end_of_all),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
