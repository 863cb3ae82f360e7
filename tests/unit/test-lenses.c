/* test-lenses.c - tests of src/mod/aug/lenses.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <stdlib.h>
#include <string.h>
#include "protocol/limits.h"
#include "src/mod/aug/lenses.h"

static const char text[] = "lens @Hosts\n"
                           "info hosts.aug:1\n"
                           "incl /etc/hosts\n"
                           "lens @Cron\n"
                           "info cron.aug:1\n"
                           "incl /etc/cron.d/*\n"
                           "excl *.bak\n"
                           "excl /etc/cron.d/[x]\n"
                           "excl /etc/cron.d/never\n"
                           "lens @Sysctl\n"
                           "info simple.aug:7\n"
                           "incl //etc//sysctl.d/*.conf\n"
                           "excl /etc/sysctl.d/not.conf\n"
                           "lens @Simple\n"
                           "info simple.aug:7\n"
                           "incl /etc/sysctl.d/a.conf\n"
                           "lens @Other\n"
                           "info other.aug:1\n"
                           "incl /etc/hosts\n"
                           "incl /etc/sysctl.d/b?conf\n";

static struct lens_table table;

static int
setup (void **state)
{
  (void)state;
  return lens_table_parse (text, strlen (text), &table) != 0;
}

static int
teardown (void **state)
{
  (void)state;
  lens_table_release (&table);
  return 0;
}

/* Which lens reads PATH, and with a "!" which rival there is.  */
static void
reads (const char *path, const char *name, const char *rival_name)
{
  const struct lens *rival;
  const struct lens *lens = lens_for_reading (&table, path, &rival);

  assert_string_equal (lens ? lens->name : "", name);
  assert_string_equal (rival ? rival->name : "", rival_name);
}

static void
writes (const char *path, const char *name)
{
  const struct lens *lens = lens_for_writing (&table, path, NULL);

  assert_string_equal (lens ? lens->name : "", name);
}

static void
the_first_that_claims (void **state)
{
  (void)state;
  reads ("/etc/cron.d/job", "@Cron", "");
  reads ("/etc/cron.d/job/x", "", "");
  reads ("/etc/cron.d", "", "");
  reads ("/etc/nothing", "", "");
  reads ("/etc/sysctl.d/z.conf", "@Sysctl", "");
  reads ("etc/hosts", "", "");
}

static void
rivals (void **state)
{
  (void)state;
  reads ("/etc/hosts", "@Hosts", "@Other");
  reads ("/etc/sysctl.d/b.conf", "@Sysctl", "@Other");
  /* Two entries of one definition are no rivals.  */
  reads ("/etc/sysctl.d/a.conf", "@Sysctl", "");
}

static void
exclusions_when_reading (void **state)
{
  (void)state;
  reads ("/etc/cron.d/job.bak", "", "");
  reads ("/etc/sysctl.d/not.conf", "", "");
  /* After an exclusion by name the others are compared with the name, too:
     so it is in augeas.  */
  reads ("/etc/cron.d/never", "@Cron", "");
  reads ("/etc/cron.d/x", "@Cron", "");
}

static void
hidden_files (void **state)
{
  (void)state;
  reads ("/etc/cron.d/.placeholder", "", "");
  writes ("/etc/cron.d/.placeholder", "@Cron");
}

static void
exclusions_when_writing (void **state)
{
  (void)state;
  writes ("/etc/cron.d/new", "@Cron");
  writes ("/etc/cron.d/never", "");
  writes ("/etc/cron.d/x", "");
  writes ("/etc/cron.d/job.bak", "@Cron");
  writes ("/etc/sysctl.d/not.conf", "");
}

static void
names (void **state)
{
  (void)state;
  assert_string_equal (lens_by_name (&table, "@Cron")->info, "cron.aug:1");
  assert_null (lens_by_name (&table, "@None"));
  assert_true (lens_same (lens_by_name (&table, "@Sysctl"),
                          lens_by_name (&table, "@Simple")));
  assert_false (lens_same (lens_by_name (&table, "@Sysctl"),
                           lens_by_name (&table, "@Cron")));
}

static void
what_is_known (void **state)
{
  static const char more[] = "known Json.lns\ninfo json.aug:1\nlens @Hosts\n"
                             "info hosts.aug:1\nincl /etc/hosts\n"
                             "known @Cron\ninfo cron.aug:1\n";
  struct lens_table some;

  (void)state;
  assert_int_equal (lens_table_parse (more, strlen (more), &some), 0);
  assert_int_equal (some.count, 1);
  assert_int_equal (some.known_count, 2);
  assert_string_equal (some.known[1].name, "@Cron");
  assert_int_equal (some.known[1].count, 0);
  assert_string_equal (lens_info (&some, "Json.lns"), "json.aug:1");
  assert_string_equal (lens_info (&some, "@Hosts"), "hosts.aug:1");
  assert_string_equal (lens_info (&some, "@None"), "");
  /* Only transforms claim files.  */
  assert_null (lens_by_name (&some, "Json.lns"));
  lens_table_release (&some);
  assert_int_equal (some.known_count, 0);
}

static void
globs_that_fit (void **state)
{
  static const char *const good[] = { "/etc/hosts", "/srv/*", "//srv//x?",
                                      "/home/*/.config", "/procs/x" };
  static const char *const wrong[]
      = { "",         "/",          "srv/x",     "/*/x",   "/[s]rv/x",
          "/s\\rv/x", "/proc/kmsg", "//sys/*",   "/dev/x", "/srv/../etc/x",
          "/srv/.",   "/./proc/x",  "/../proc/x" };
  char *large = malloc (LIMIT_PATH + 2);

  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true (lens_glob_fits (&table, good[i]));
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false (lens_glob_fits (&table, wrong[i]));
  assert_non_null (large);
  memset (large, 'x', LIMIT_PATH + 1);
  memcpy (large, "/etc/", 5);
  large[LIMIT_PATH + 1] = 0;
  assert_false (lens_glob_fits (&table, large));
  free (large);
}

/* What the library's own lenses have stays.  */
static void
globs_that_are_there_fit (void **state)
{
  static const char kernel[] = "lens @Cmdline\nincl /proc/cmdline\n"
                               "excl /proc/kmsg\n";
  struct lens_table some;

  (void)state;
  assert_int_equal (lens_table_parse (kernel, strlen (kernel), &some), 0);
  assert_true (lens_glob_fits (&some, "/proc/cmdline"));
  assert_false (lens_glob_fits (&some, "/proc/kmsg"));
  lens_table_release (&some);
}

static void
texts_that_are_no_table (void **state)
{
  static const char *const wrong[] = { "incl /etc/hosts\n",
                                       "info x\n",
                                       "lens @A\nfoo bar\n",
                                       "lens @A",
                                       "lens @A\nincl\n",
                                       "known @A\nincl /x\n",
                                       "lens\n",
                                       "\n" };
  struct lens_table none;

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      assert_code (lens_table_parse (wrong[i], strlen (wrong[i]), &none),
                   GPG_ERR_BAD_DATA);
      assert_int_equal (none.count, 0);
    }
  assert_code (lens_table_parse ("lens @A\n\0", 9, &none), GPG_ERR_BAD_DATA);
  assert_int_equal (lens_table_parse ("", 0, &none), 0);
  assert_null (lens_for_reading (&none, "/etc/hosts", NULL));
  lens_table_release (&none);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_first_that_claims),
    cmocka_unit_test (rivals),
    cmocka_unit_test (exclusions_when_reading),
    cmocka_unit_test (hidden_files),
    cmocka_unit_test (exclusions_when_writing),
    cmocka_unit_test (names),
    cmocka_unit_test (what_is_known),
    cmocka_unit_test (globs_that_fit),
    cmocka_unit_test (globs_that_are_there_fit),
    cmocka_unit_test (texts_that_are_no_table),
  };

  return cmocka_run_group_tests_name ("lenses", tests, setup, teardown);
}
