/* test-transforms.c - tests of src/mod/aug/transforms.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "workerhand.h"

/* LOAD answers with TEXT.  */
static void
loads (struct workerhand *hand, const char *text)
{
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_LOAD), 0);
  assert_string_equal (workerhand_said (hand), text);
}

static void
a_table_of_the_tree (void **state)
{
  static const char known_lines[] = "known Hosts.lns\ninfo hosts.aug:1\n";
  struct workerhand *hand = *state;
  auto_buffer struct buffer text = BUFFER_EMPTY;
  struct lens_table known;

  assert_int_equal (
      lens_table_parse (known_lines, strlen (known_lines), &known), 0);
  workerhand_set (hand, "/augeas/load/Hosts/excl", "*.bak");
  workerhand_set (hand, "/augeas/load/Hosts/other", "x");
  workerhand_set (hand, "/augeas/load/Hosts/incl[2]", "/srv/a\nb");
  workerhand_set (hand, "/augeas/load/Broken/lens", "Fstab.lns");
  workerhand_set (hand, "/augeas/load/Broken/error", "x");
  workerhand_set (hand, "/augeas/load/Empty/incl", "/x");
  workerhand_set (hand, "/augeas/load/Other/lens", "Other.lns");
  assert_int_equal (transforms_text (hand->worker.aug, &known, &text), 0);
  assert_string_equal (text.bytes, "known Hosts.lns\ninfo hosts.aug:1\n"
                                   "lens Hosts.lns\ninfo hosts.aug:1\n"
                                   "incl /etc/hosts\nexcl *.bak\n"
                                   "lens Other.lns\ninfo \n");
  lens_table_release (&known);
}

static void
without_writing_there_is_no_other_table (void **state)
{
  struct workerhand *hand = *state;

  loads (hand, "");
  assert_int_equal (aug_set (hand->worker.aug, "/augeas/load/X/incl", "/x"), 0);
  loads (hand, "");
  assert_int_equal (RUN (hand, CHANNEL_GET, "/augeas/load/X/incl"), 0);
  workerhand_said (hand);
  loads (hand, "");
  assert_non_null (lens_by_name (&hand->worker.table, "Fstab.lns"));
}

static void
load_adopts (void **state)
{
  struct workerhand *hand = *state;

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  assert_int_equal (
      RUN (hand, CHANNEL_SET, "/augeas/load/Hosts/incl[2]", "srv/hosts"), 0);
  /* Not before LOAD.  */
  assert_null (lens_for_reading (&hand->worker.table, "/srv/hosts", NULL));
  loads (hand, "ANSWER lens Hosts.lns\ninfo hosts.aug:1\nincl /etc/hosts\n"
               "incl /srv/hosts\n|");
  assert_non_null (lens_for_reading (&hand->worker.table, "/srv/hosts", NULL));
  assert_null (lens_by_name (&hand->worker.table, "Fstab.lns"));
  assert_null (record_find (&hand->worker, "/etc/hosts"));
  workerhand_has (hand, "/augeas/load/Hosts/incl[2]", "/srv/hosts");
  /* It is told once.  */
  loads (hand, "");
  assert_int_equal (RUN (hand, CHANNEL_SET, "/augeas/x", "y"), 0);
  loads (hand, "");
}

static void
what_is_left_out (void **state)
{
  struct workerhand *hand = *state;

  assert_int_equal (RUN (hand, CHANNEL_SET, "/augeas/load/A/lens", "None.lns"),
                    0);
  assert_int_equal (RUN (hand, CHANNEL_SET, "/augeas/load/B/incl", "/x"), 0);
  assert_int_equal (RUN (hand, CHANNEL_CLEAR, "/augeas/load/C/lens"), 0);
  assert_int_equal (RUN (hand, CHANNEL_SET, "/augeas/load/D/lens", "Fstab.lns"),
                    0);
  assert_int_equal (RUN (hand, CHANNEL_SET, "/augeas/load/D/incl", "/proc/x"),
                    0);
  loads (hand, "ANSWER lens Hosts.lns\ninfo hosts.aug:1\nincl /etc/hosts\n|"
               "/augeas/load/A is left out: Can not find lens None.lns|"
               "/augeas/load/B is left out: missing a child with label 'lens'|"
               "/augeas/load/C is left out: the 'lens' node does not contain a "
               "lens name|"
               "/augeas/load/D is left out: a glob is not taken|");
  workerhand_has (hand, "/augeas/load/D/error", "a glob is not taken");
  /* What is put right counts, and its error is gone.  */
  assert_int_equal (RUN (hand, CHANNEL_REMOVE,
                         "/augeas/load/*[incl = '/x' or "
                         "count(incl) = 0]"),
                    0);
  assert_int_equal (RUN (hand, CHANNEL_SET, "/augeas/load/D/incl", "/srv/x"),
                    0);
  workerhand_said (hand);
  loads (hand, "ANSWER lens Hosts.lns\ninfo hosts.aug:1\nincl /etc/hosts\n"
               "lens Fstab.lns\ninfo \nincl /srv/x\n|");
  assert_null (workerhand_get (hand, "/augeas/load/D/error"));
}

static void
remarks_are_limited (void **state)
{
  struct workerhand *hand = *state;
  const char *at;
  int count = 0;

  for (int i = 0; i < 30; i++)
    {
      char path[64];

      snprintf (path, sizeof path, "/augeas/load/A%d/incl", i);
      assert_int_equal (RUN (hand, CHANNEL_SET, path, "/x"), 0);
    }
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_LOAD), 0);
  at = workerhand_said (hand);
  while ((at = strstr (at, "is left out")))
    {
      at++;
      count++;
    }
  assert_int_equal (count, TRANSFORM_REMARKS);
}

static void
nothing_is_left (void **state)
{
  struct workerhand *hand = *state;

  assert_int_equal (RUN (hand, CHANNEL_REMOVE, "/augeas/load"), 0);
  workerhand_said (hand);
  loads (hand, "ANSWER |");
  workerhand_has (hand, "/augeas/load", "(none)");
  assert_int_equal (hand->worker.table.count, 0);
}

static void
transforms (void **state)
{
  struct workerhand *hand = *state;

  assert_int_equal (RUN (hand, CHANNEL_TRANSFORM, "Hosts", "incl", "/srv/*"),
                    0);
  assert_int_equal (RUN (hand, CHANNEL_TRANSFORM, "Hosts.lns", "excl", "*.x"),
                    0);
  assert_false (hand->worker.edited);
  loads (hand, "ANSWER lens Hosts.lns\ninfo hosts.aug:1\nincl /etc/hosts\n"
               "incl /srv/*\nexcl *.x\n|");
  assert_code (RUN (hand, CHANNEL_TRANSFORM, "None", "incl", "/srv/*"),
               GPG_ERR_NOT_FOUND);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    WORKER_TEST (a_table_of_the_tree),
    WORKER_TEST (without_writing_there_is_no_other_table),
    WORKER_TEST (load_adopts),
    WORKER_TEST (what_is_left_out),
    WORKER_TEST (remarks_are_limited),
    WORKER_TEST (nothing_is_left),
    WORKER_TEST (transforms),
  };

  return cmocka_run_group_tests_name ("transforms", tests, NULL, NULL);
}
