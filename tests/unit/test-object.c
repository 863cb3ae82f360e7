/* test-object.c - tests of src/mod/aug/object.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "check.h"
#include "src/call/call.h"
#include "src/mod/aug/verbs.h"

static char found[2000];
static gpg_err_code_t taker_fails;

static gpg_error_t
take_names (void *context, const struct object_name *names, size_t count)
{
  size_t length = 0;

  assert_ptr_equal (context, found);
  for (size_t i = 0; i < count; i++)
    length += (size_t)snprintf (
        found + length, sizeof found - length, "%s%.*s{%s}", i ? " = " : "",
        (int)names[i].whole, names[i].text, names[i].text + names[i].whole);
  return taker_fails ? gpg_error (taker_fails) : 0;
}

/* The names of what TEXT means, with what is below the whole in braces.  */
static const char *
names_of (void **state, const char *text)
{
  struct scratch *scratch = *state;

  *found = 0;
  assert_int_equal (
      aug_find_object (&scratch->machine, text, take_names, found), 0);
  return found;
}

static void
unknown (void **state, const char *text)
{
  struct scratch *scratch = *state;
  gpg_error_t err;

  *found = 0;
  err = aug_find_object (&scratch->machine, text, take_names, found);
  if (gpg_err_code (err) != GPG_ERR_INV_NAME)
    print_message ("# %s: %s\n", text, found);
  assert_code (err, GPG_ERR_INV_NAME);
  assert_string_equal (found, "");
}

static int
setup (void **state)
{
  struct scratch *scratch;

  if (scratch_setup (state))
    return -1;
  scratch = *state;
  taker_fails = 0;
  scratch_mkdir (scratch, "/etc");
  scratch_mkdir (scratch, "/etc/a [1]*");
  scratch_write (scratch, "/etc/hosts", "x\n");
  scratch_write (scratch, "/etc/a [1]*/f\\g", "x\n");
  return symlink ("hosts", scratch_path (scratch, "/etc/link"))
                 || symlink ("/etc", scratch_path (scratch, "/folder"))
             ? -1
             : 0;
}

static void
test_the_file_is_the_whole (void **state)
{
  assert_string_equal (names_of (state, "/files/etc/hosts"),
                       "/files/etc/hosts{}");
  assert_string_equal (names_of (state, "/files/etc/hosts/1/ipaddr"),
                       "/files/etc/hosts{/1/ipaddr}");
}

static void
test_positions_are_no_part_of_a_name (void **state)
{
  assert_string_equal (names_of (state, "/files/etc/hosts[1]/1[22]/alias[3]"),
                       "/files/etc/hosts{/1/alias}");
}

static void
test_what_is_no_file_is_whole (void **state)
{
  assert_string_equal (names_of (state, "/files/etc"), "/files/etc{}");
  assert_string_equal (names_of (state, "/files/etc/none/1"),
                       "/files/etc/none/1{}");
  assert_string_equal (names_of (state, "/files/no/no/1"), "/files/no/no/1{}");
}

static void
test_links_have_two_names (void **state)
{
  assert_string_equal (names_of (state, "/files/etc/link/1"),
                       "/files/etc/hosts{/1} = /files/etc/link{/1}");
  assert_string_equal (names_of (state, "/files/folder/link"),
                       "/files/etc/hosts{} = /files/folder/link{}");
  assert_string_equal (names_of (state, "/files/folder/new/1"),
                       "/files/etc/new/1{} = /files/folder/new/1{}");
}

static void
test_labels_may_be_escaped (void **state)
{
  assert_string_equal (
      names_of (state, "/files/etc/a\\ \\[1\\]\\*/f\\\\g/x\\/y\\,"),
      "/files/etc/a [1]*/f\\\\g{/x\\/y,}");
  assert_string_equal (names_of (state, "/files/etc\\/hosts/1"),
                       "/files/etc\\/hosts/1{}");
}

static void
test_whatever_is_no_plain_path_is_not_known (void **state)
{
  static const char *const texts[] = { "",
                                       "hosts/1",
                                       "/",
                                       "/files",
                                       "/files/",
                                       "/files//hosts",
                                       "/files/etc/",
                                       "/filesystem/x",
                                       "/augeas/files/etc/hosts",
                                       "/files/*/hosts",
                                       "/files/etc/h*",
                                       "/files/etc/hosts/1 | /files/etc/fstab",
                                       "/files/etc/hosts[. = 'x']",
                                       "/files/etc/hosts[last()]",
                                       "/files/etc/hosts[1",
                                       "/files/etc/hosts[]",
                                       "/files/etc/hosts[1]x",
                                       "/files/etc/hosts[1][2]",
                                       "/files/etc/.",
                                       "/files/etc/./hosts",
                                       "/files/etc/..",
                                       "/files/etc/../etc/hosts",
                                       "/files/etc/child::hosts",
                                       "/files/etc/hosts or /files",
                                       "/files/etc/hosts\\",
                                       "$x/files/etc/hosts",
                                       "(/files/etc/hosts)",
                                       "regexp('/files')" };

  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    unknown (state, texts[i]);
}

static void
test_the_takers_error_is_the_result (void **state)
{
  struct scratch *scratch = *state;

  taker_fails = GPG_ERR_EPIPE;
  assert_code (aug_find_object (&scratch->machine, "/files/etc/hosts",
                                take_names, found),
               GPG_ERR_EPIPE);
}

#define OBJECT_TEST(name)                                                      \
  cmocka_unit_test_setup_teardown (name, setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    OBJECT_TEST (test_the_file_is_the_whole),
    OBJECT_TEST (test_positions_are_no_part_of_a_name),
    OBJECT_TEST (test_what_is_no_file_is_whole),
    OBJECT_TEST (test_links_have_two_names),
    OBJECT_TEST (test_labels_may_be_escaped),
    OBJECT_TEST (test_whatever_is_no_plain_path_is_not_known),
    OBJECT_TEST (test_the_takers_error_is_the_result),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
