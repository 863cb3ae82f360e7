/* test-text.c - tests of src/mod/aug/text.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "check.h"
#include "aughand.h"

static struct hand *
begin (void **state)
{
  struct hand *hand = *state;

  scratch_write (hand->scratch, "/etc/hosts", "127.0.0.1   localhost");
  scratch_write (hand->scratch, "/etc/fstab", "no fstab\n");
  return hand;
}

static void
texts (void **state)
{
  struct hand *hand = begin (state);

  /* As it is on disk, without the newline that lenses want.  */
  hand_expect (hand, "EDIT /etc/hosts", "127.0.0.1   localhost");
  hand_expect (hand, "SET /files/etc/hosts/1/alias here", "");
  hand_expect (hand, "EDIT /etc/hosts", "127.0.0.1   localhost here\n");
  hand_expect (hand, "EDIT /etc/hostname", "");
  assert_int_equal (hand_run (hand, "EDIT /etc/fstab"), 0);
  assert_ptr_equal (strstr (hand_answer (hand),
                            "S WARNING /etc/fstab does not parse at line 1: "),
                    hand_answer (hand));
  assert_non_null (strstr (hand_answer (hand), "\nno fstab\n"));
  hand_expect (hand, "REMOVE /files/etc/hosts", "5");
  hand_expect (hand, "EDIT /etc/hosts",
               "S WARNING SAVE would remove /etc/hosts\n");
}

static void
another_text (void **state)
{
  struct hand *hand = begin (state);

  hand_expect (hand, "EDIT /etc/hosts \"127.0.0.1\tlocalhost  h%0A%0A\"", "");
  assert_true (((struct aug_session *)hand->module.session)->edited);
  hand_expect (hand, "GET /files/etc/hosts/1/alias", "h");
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"),
                       "127.0.0.1   localhost");
  hand_expect (hand, "SAVE", "/etc/hosts\n");
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"),
                       "127.0.0.1\tlocalhost  h\n\n");
}

static void
remarks (void **state)
{
  struct hand *hand = begin (state);

  hand_expect (
      hand, "EDIT /etc/hosts \"127.0.0.1   localhost%0A\"",
      "S WARNING only a newline at the end is new: SAVE does not write "
      "it\n");
  hand_expect (hand, "EDIT /etc/hosts \"127.0.0.1   here\"",
               "S WARNING a newline is added at the end of the text\n");
}

static void
refusals (void **state)
{
  struct hand *hand = begin (state);

  hand_expect_error (hand, "EDIT /etc/hosts nonsense%0A", GPG_ERR_BAD_DATA);
  assert_string_equal (hand_detail (hand, "line"), "1");
  hand_expect_error (hand, "EDIT /etc/none", GPG_ERR_NOT_SUPPORTED);
  assert_non_null (strstr (hand->call.failure.text, "AUG TRANSFORM"));
  hand_expect_error (hand, "EDIT /etc", GPG_ERR_NOT_SUPPORTED);
  hand_expect_error (hand, "EDIT /etc/../etc/hosts", GPG_ERR_INV_ARG);
}

/* Somebody else's change is not overwritten by what was typed before.  */
static void
conflicts (void **state)
{
  struct hand *hand = begin (state);

  hand_expect (hand, "EDIT /etc/hosts 192.0.2.1%20a%0A", "");
  scratch_write (hand->scratch, "/etc/hosts", "192.0.2.2 b\n");
  hand_expect_error (hand, "SAVE", GPG_ERR_CONFLICT);
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"),
                       "192.0.2.2 b\n");
  hand_expect (hand, "EDIT /etc/hosts", "192.0.2.1 a\n");
}

#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, hand_setup, hand_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (texts),    TEST (another_text), TEST (remarks),
    TEST (refusals), TEST (conflicts),
  };

  return cmocka_run_group_tests_name ("text", tests, hand_setup_group,
                                      hand_teardown_group);
}
