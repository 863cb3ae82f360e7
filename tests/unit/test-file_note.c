/* test-file_note.c - a file step in the journal and back
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "../../src/plan/file_step.h"

#define HASH "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"

static void
test_back (void **state)
{
  const char *values[] = { "replace", "/etc/x", ".x.a~", "7:5:" HASH,
                           "18446744073709551615:0:" HASH };
  struct swap swap;

  (void)state;
  assert_int_equal (file_step_parse_ready (values, 5, &swap), 0);
  assert_int_equal (swap.action, SWAP_REPLACE);
  assert_string_equal (swap.path, "/etc/x");
  assert_string_equal (swap.temporary, ".x.a~");
  assert_int_equal (swap.old.inode, 7);
  assert_int_equal (swap.old.size, 5);
  assert_int_equal (swap.old.hash[1], 1);
  assert_int_equal (swap.old.hash[31], 0xff);
  assert_int_equal (swap.fresh.inode, UINT64_MAX);
  values[0] = "create";
  values[3] = "-";
  assert_int_equal (file_step_parse_ready (values, 5, &swap), 0);
  assert_int_equal (swap.action, SWAP_CREATE);
  assert_int_equal (swap.old.inode, 0);
  values[0] = "remove";
  values[3] = "7:5:" HASH;
  values[4] = "-";
  assert_int_equal (file_step_parse_ready (values, 5, &swap), 0);
  assert_int_equal (swap.action, SWAP_REMOVE);
}

static void
test_refused (void **state)
{
  static const char good[] = "7:5:" HASH;
  static const char *const rows[][5] = {
    { "change", "/x", ".x~", good, good },
    { "", "/x", ".x~", good, good },
    { "replace", "/x", ".x~", "-", good },
    { "replace", "/x", ".x~", good, "-" },
    { "create", "/x", ".x~", good, good },
    { "remove", "/x", ".x~", good, good },
    { "remove", "/x", ".x~", "-", "-" },
    { "replace", "/x", ".x~", good, "" },
    { "replace", "/x", ".x~", good, "7:5:00" },
    { "replace", "/x", ".x~", good, "7:5:" HASH "00" },
    { "replace", "/x", ".x~", good, " 7:5:" HASH },
    { "replace", "/x", ".x~", good, "-7:5:" HASH },
    { "replace", "/x", ".x~", good, "0:5:" HASH },
    { "replace", "/x", ".x~", good, "7:+5:" HASH },
    { "replace", "/x", ".x~", good, "99999999999999999999999:5:" HASH },
  };
  struct swap swap;

  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal (gpg_err_code (file_step_parse_ready (rows[i], 5, &swap)),
                      GPG_ERR_BAD_DATA);
  assert_int_equal (gpg_err_code (file_step_parse_ready (rows[0], 4, &swap)),
                    GPG_ERR_BAD_DATA);
}

static gpg_error_t
compare_line (void *context, const char *name, const char *const *values,
              size_t count)
{
  const struct swap *wanted = context;
  struct swap swap;

  if (!strcmp (name, FILE_STEP_TEMPORARY))
    {
      assert_int_equal (count, 2);
      assert_string_equal (values[0], wanted->path);
      assert_string_equal (values[1], wanted->temporary);
      return 0;
    }
  assert_string_equal (name, FILE_STEP_READY);
  assert_int_equal (file_step_parse_ready (values, count, &swap), 0);
  assert_int_equal (swap.action, wanted->action);
  assert_string_equal (swap.path, wanted->path);
  assert_memory_equal (&swap.old, &wanted->old, sizeof swap.old);
  assert_memory_equal (&swap.fresh, &wanted->fresh, sizeof swap.fresh);
  return gpg_error (GPG_ERR_EOF);
}

static void
test_through_journal (void **state)
{
  struct scratch *scratch = *state;
  struct swap swap;
  struct journal *journal;
  const char *text;
  bool ready;

  memset (&swap, 0, sizeof swap);
  swap.path = "/etc/a name\nwith\\all\t";
  swap.temporary = ".a name\nwith\\all\t.abcdef~";
  swap.old.inode = 12;
  swap.old.size = 34;
  swap.fresh.inode = 56;
  memset (swap.fresh.hash, 0xa5, FILE_HASH);
  assert_int_equal (journal_open (&scratch->machine, &journal, NULL), 0);
  journal_begin (journal);
  assert_int_equal (file_step_note_temporary (journal, &swap), 0);
  assert_int_equal (file_step_note_ready (journal, &swap), 0);

  text = scratch_text (scratch, scratch_only (scratch, OWN_JOURNAL_DIR));
  assert_non_null (text);
  assert_int_equal (gpg_err_code (journal_parse (text, strlen (text),
                                                 compare_line, &swap, &ready)),
                    GPG_ERR_EOF);
  journal_end (journal);
  journal_close (journal);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_back),
    cmocka_unit_test (test_refused),
    cmocka_unit_test_setup_teardown (test_through_journal, scratch_setup,
                                     scratch_teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
