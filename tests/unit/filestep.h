/* filestep.h - what the tests of the file step share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TEST_FILESTEP_H
#define REEVE_TEST_FILESTEP_H

#include "scratch.h"
#include "faults.h"
#include "../../protocol/limits.h"
#include "../../src/plan/journal.h"
#include "../../src/plan/plan.h"

#define OLD "one\ntwo\n"
#define NEW "one\nTWO\n"

static struct scratch *scratch;

static inline int
setup (void **state)
{
  if (scratch_setup (state))
    return -1;
  scratch = *state;
  fault_clear ();
  gpgrt_log_set_sink ("/dev/null", NULL, -1);
  scratch_mkdir (scratch, "/etc");
  scratch_write (scratch, "/etc/file", OLD);
  return 0;
}

static inline int
teardown (void **state)
{
  struct journal *journal;

  fault_clear ();
  if (!journal_open (&scratch->machine, &journal, NULL))
    journal_close (journal);
  return scratch_teardown (state);
}

/* How many names the directory /etc has.  */
static inline unsigned
names (void)
{
  DIR *directory = opendir (scratch_path (scratch, "/etc"));
  unsigned count = 0;

  assert_non_null (directory);
  while (readdir (directory))
    count++;
  closedir (directory);
  return count - 2;
}

static inline void
load (const char *path, struct file_image *r_image)
{
  assert_int_equal (
      file_read (&scratch->machine, path, MIB, r_image, NULL, NULL), 0);
}

/* A plan that writes TEXT (NULL: removes it) to PATH as it is now.  */
static inline struct plan *
plan_for (const char *path, const char *text)
{
  struct file_image image;
  struct plan *plan;

  assert_int_equal (plan_new (&plan), 0);
  load (path, &image);
  if (text)
    assert_int_equal (plan_file_write (plan, path, &image, text, strlen (text)),
                      0);
  else
    assert_int_equal (plan_file_remove (plan, path, &image), 0);
  file_image_release (&image);
  return plan;
}

static inline gpg_err_code_t
run (struct plan *plan, struct failure *failure)
{
  gpg_error_t err = plan_run (plan, &scratch->machine, failure);

  plan_release (plan);
  return gpg_err_code (err);
}

/* Run PLAN: it must end with CODE and say TEXT, and change no file.  */
static inline void
refuse (struct plan *plan, gpg_err_code_t code, const char *text)
{
  auto_failure struct failure failure = FAILURE_NONE;
  unsigned count = names ();

  assert_int_equal (run (plan, &failure), code);
  assert_non_null (failure.text);
  if (!strstr (failure.text, text))
    print_error ("it says: %s\n", failure.text);
  assert_non_null (strstr (failure.text, text));
  assert_int_equal (names (), count);
}

static inline void
assert_text (const char *path, const char *text)
{
  const char *present = scratch_text (scratch, path);

  if (text)
    assert_string_equal (present ? present : "(not there)", text);
  else
    assert_null (present);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, teardown)

#endif /* REEVE_TEST_FILESTEP_H */
