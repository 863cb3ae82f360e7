/* test-fenced.c - tests of src/base/fenced.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/base/fenced.h"

static gpg_error_t
reverse (const char *bytes, size_t length, const void *context,
         struct channel *out, struct failure *failure)
{
  const char *name = context;

  (void)failure;
  channel_string (out, name);
  while (length--)
    channel_item (out, bytes + length, 1);
  return 0;
}

static void
test_answer (void **state)
{
  struct fenced_answer answer;

  (void)state;
  assert_int_equal (fenced_call (reverse, "name", "ab", 2, &answer, NULL), 0);
  assert_int_equal (answer.count, 3);
  assert_true (item_is (answer.items, "name"));
  assert_true (item_is (answer.items + 1, "b"));
  assert_true (item_is (answer.items + 2, "a"));
  fenced_release (&answer);
}

static gpg_error_t
refuse (const char *bytes, size_t length, const void *context,
        struct channel *out, struct failure *failure)
{
  (void)length;
  (void)context;
  channel_string (out, "half of it");
  return fail (failure, GPG_ERR_BAD_DATA, "%s is\nwrong", bytes);
}

static void
test_error (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct fenced_answer answer;

  (void)state;
  assert_code (fenced_call (refuse, NULL, "this", 4, &answer, &failure),
               GPG_ERR_BAD_DATA);
  assert_string_equal (failure.text, "this is?wrong");
  assert_int_equal (answer.count, 0);
}

/* What it finds out about itself.  */
static gpg_error_t
look (const char *bytes, size_t length, const void *context,
      struct channel *out, struct failure *failure)
{
  (void)bytes;
  (void)length;
  (void)context;
  (void)failure;
  channel_number (out, open ("/etc/passwd", O_RDONLY) < 0 ? errno : 0);
  channel_number (out, fork () < 0 ? errno : 0);
  return 0;
}

static void
test_fence (void **state)
{
  struct fenced_answer answer;

  (void)state;
  assert_int_equal (fenced_call (look, NULL, "", 0, &answer, NULL), 0);
  assert_int_equal (answer.count, 2);
  assert_int_equal (item_number (answer.items, 0), EPERM);
  assert_int_equal (item_number (answer.items + 1, 0), EPERM);
  fenced_release (&answer);
}

static gpg_error_t
die (const char *bytes, size_t length, const void *context, struct channel *out,
     struct failure *failure)
{
  (void)bytes;
  (void)length;
  (void)context;
  (void)out;
  (void)failure;
  _exit (0);
}

static gpg_error_t
stall (const char *bytes, size_t length, const void *context,
       struct channel *out, struct failure *failure)
{
  volatile unsigned number = 0;

  (void)bytes;
  (void)length;
  (void)context;
  (void)out;
  (void)failure;
  while (number < 1 || number > 0)
    number++;
  return 0;
}

static void
test_loss (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct fenced_answer answer;
  gpg_err_code_t code;

  (void)state;
  assert_code (fenced_call (die, NULL, "", 0, &answer, &failure),
               GPG_ERR_SERVER_FAILED);
  assert_non_null (strstr (failure.text, "parser"));
  /* Its processor time or the clock, whichever is first.  */
  code = gpg_err_code (fenced_call (stall, NULL, "", 0, &answer, &failure));
  assert_true (code == GPG_ERR_TIMEOUT || code == GPG_ERR_SERVER_FAILED);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_answer),
    cmocka_unit_test (test_error),
    cmocka_unit_test (test_fence),
    cmocka_unit_test (test_loss),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
