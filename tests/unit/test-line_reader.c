/* test-line_reader.c - tests of protocol/line_reader.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "check.h"
#include "protocol/line_reader.h"

#define MOST 200000

static struct line_reader reader;
static int fd;

static int
setup (void **state)
{
  (void)state;
  fd = memfd_create ("lines", MFD_CLOEXEC);
  line_reader_start (&reader, fd, MOST);
  return fd < 0 ? -1 : 0;
}

static int
teardown (void **state)
{
  (void)state;
  line_reader_release (&reader);
  close (fd);
  return 0;
}

/* Append COUNT times C, and END.  */
static void
add (char c, size_t count, const char *end)
{
  off_t at = lseek (fd, 0, SEEK_CUR);
  char *text = malloc (count + 1);

  memset (text, c, count);
  assert_true (lseek (fd, 0, SEEK_END) >= 0);
  assert_int_equal (write (fd, text, count), count);
  assert_int_equal (write (fd, end, strlen (end)), strlen (end));
  assert_int_equal (lseek (fd, at, SEEK_SET), at);
  free (text);
}

/* The next line is STATE with LENGTH times C.  */
static void
expect (enum line_state state, char c, size_t length)
{
  enum line_state found;
  size_t got;
  char *line;

  assert_int_equal (line_reader_next (&reader, &found, &line, &got), 0);
  assert_int_equal (found, state);
  assert_int_equal (got, length);
  for (size_t i = 0; i < length; i++)
    assert_int_equal (line[i], c);
  if (line)
    assert_int_equal (line[length], 0);
}

static void
lines_of_all_lengths (void **state)
{
  static const size_t lengths[] = { 0,        1,      100,    65535, 65536,
                                    65537,    131071, 131072, 65534, MOST,
                                    MOST - 1, 5,      0,      MOST,  65536 };

  (void)state;
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
    add ((char)('a' + i), lengths[i], "\n");
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
    expect (LINE_WHOLE, (char)('a' + i), lengths[i]);
  expect (LINE_END, 0, 0);
  expect (LINE_END, 0, 0);
  assert_true (reader.allocated <= MOST + 3 * 65536);
}

static void
lines_that_are_too_long (void **state)
{
  (void)state;
  add ('a', 3, "\n");
  add ('b', MOST + 1, "\n");
  add ('c', 3, "\n");
  add ('d', 10 * MOST, "\n");
  add ('e', 3, "\n");
  expect (LINE_WHOLE, 'a', 3);
  expect (LINE_TOO_LONG, 0, 0);
  expect (LINE_WHOLE, 'c', 3);
  expect (LINE_TOO_LONG, 0, 0);
  expect (LINE_WHOLE, 'e', 3);
  expect (LINE_END, 0, 0);
  assert_true (reader.allocated <= MOST + 3 * 65536);
}

static void
a_line_that_grows (void **state)
{
  (void)state;
  add ('a', 3, "");
  expect (LINE_PARTIAL, 'a', 3);
  expect (LINE_PARTIAL, 'a', 3);
  add ('a', 70000, "");
  expect (LINE_PARTIAL, 'a', 70003);
  add ('a', 1, "\n");
  expect (LINE_WHOLE, 'a', 70004);
  expect (LINE_END, 0, 0);
  add ('b', 2 * MOST, "");
  expect (LINE_PARTIAL, 0, 0);
  add ('b', 1, "\n");
  expect (LINE_TOO_LONG, 0, 0);
  add ('c', 1, "\n");
  expect (LINE_WHOLE, 'c', 1);
}

static void
what_cannot_be_read (void **state)
{
  struct line_reader wrong;
  enum line_state found;
  size_t length;
  char *line;

  (void)state;
  line_reader_start (&wrong, -1, MOST);
  assert_code (line_reader_next (&wrong, &found, &line, &length),
               GPG_ERR_EBADF);
  line_reader_release (&wrong);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (lines_of_all_lengths),
    TEST (lines_that_are_too_long),
    TEST (a_line_that_grows),
    TEST (what_cannot_be_read),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
