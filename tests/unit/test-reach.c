/* test-reach.c - tests of src/mod/aug/reach.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "src/mod/aug/reach.h"

/* What NEEDS has: "* " for everything, then paths, those that are asked for
   with a question mark.  Releases it.  */
static const char *
needed (struct needs *needs)
{
  static char text[1000];

  snprintf (text, sizeof text, "%s", needs->everything ? "* " : "");
  for (size_t i = 0; i < needs->count; i++)
    snprintf (text + strlen (text), sizeof text - strlen (text), "%s%s ",
              needs->need[i].path, needs->need[i].asked ? "?" : "");
  needs_release (needs);
  *needs = (struct needs)NEEDS_NONE;
  return text;
}

/* What is needed at the end of STEPS, names between slashes; ".." is a step
   up, "*" one down to any child.  */
static const char *
walk (const char *steps, const struct expression_base *base)
{
  struct reach reach = REACH_ROOT;
  struct needs needs = NEEDS_NONE;
  char copy[200];
  char *rest = copy;
  const char *step;

  snprintf (copy, sizeof copy, "%s", steps);
  if (base)
    reach_base (&reach, base, &needs);
  while (*rest && (step = strsep (&rest, "/")))
    {
      if (!strcmp (step, ".."))
        assert_int_equal (reach_up (&reach, &needs), 0);
      else
        reach_down (&reach, strcmp (step, "*") ? step : NULL);
      if (!rest)
        break;
    }
  assert_int_equal (reach_need (&reach, &needs), 0);
  buffer_release (&reach.chain);
  return needed (&needs);
}

static void
going_down (void **state)
{
  (void)state;
  assert_string_equal (walk ("", NULL), "* ");
  assert_string_equal (walk ("files", NULL), "* ");
  assert_string_equal (walk ("files/etc/hosts", NULL), "/etc/hosts? ");
  assert_string_equal (walk ("files/etc/*/x", NULL), "/etc? ");
  assert_string_equal (walk ("files/*/etc", NULL), "* ");
  assert_string_equal (walk ("*", NULL), "* ");
  /* What is noted of a file needs the file, which may be broken.  */
  assert_string_equal (walk ("augeas/files/etc/hosts/error", NULL),
                       "/etc/hosts/error ");
  assert_string_equal (walk ("augeas/files", NULL), "* ");
  assert_string_equal (walk ("augeas", NULL), "* ");
  assert_string_equal (walk ("augeas/root", NULL), "");
  assert_string_equal (walk ("filesystem/x", NULL), "");
  assert_string_equal (walk ("other", NULL), "");
  /* Names that no file has.  */
  assert_string_equal (walk ("files/etc/./x", NULL), "/etc? ");
  assert_string_equal (walk ("files/etc//x", NULL), "/etc? ");
}

static void
a_name_with_a_slash (void **state)
{
  struct reach reach = REACH_ROOT;
  struct needs needs = NEEDS_NONE;

  (void)state;
  reach_down (&reach, "files");
  reach_down (&reach, "a/b");
  reach_down (&reach, "c");
  assert_int_equal (reach_need (&reach, &needs), 0);
  assert_string_equal (needed (&needs), "* ");
  assert_true (reach.open);
  assert_int_equal (reach.below, 2);
  buffer_release (&reach.chain);
}

static void
going_up (void **state)
{
  (void)state;
  assert_string_equal (walk ("files/etc/hosts/..", NULL), "/etc/hosts? /etc? ");
  assert_string_equal (walk ("files/etc/*/..", NULL), "/etc? ");
  assert_string_equal (walk ("files/etc/*/../..", NULL), "* /etc? ");
  assert_string_equal (walk ("files/etc/../../..", NULL), "* /etc? ");
  assert_string_equal (walk ("other/..", NULL), "* ");
}

static void
each_path_once (void **state)
{
  struct reach reach = REACH_ROOT;
  struct reach copy = REACH_ROOT;
  struct needs needs = NEEDS_NONE;

  (void)state;
  reach_down (&reach, "augeas");
  reach_down (&reach, "files");
  reach_down (&reach, "etc");
  reach_need (&reach, &needs);
  reach_need (&reach, &needs);
  reach_copy (&copy, &reach);
  buffer_clear (&reach.chain);
  reach_down (&reach, "files");
  reach_down (&reach, "etc");
  assert_int_equal (needs.count, 1);
  assert_false (needs.need[0].asked);
  /* Asked for once is asked for.  */
  reach_need (&reach, &needs);
  reach_need (&copy, &needs);
  assert_string_equal (needed (&needs), "/etc? ");
  assert_string_equal (copy.chain.bytes, "/augeas/files/etc");
  buffer_release (&reach.chain);
  buffer_release (&copy.chain);
}

static void
bases (void **state)
{
  static const char *const odd[]
      = { "files",   "/files/*", "/files/a b",  "/files/../x", "/files//x",
          "/files/", "$v",       "/files/x[1]", "/files/a\\b" };
  struct expression_base base = { "/files/etc", false };

  (void)state;
  assert_string_equal (walk ("hosts/1", &base), "/etc/hosts/1? ");
  assert_string_equal (walk ("..", &base), "* /etc? ");
  base.context = "/";
  assert_string_equal (walk ("files/etc", &base), "/etc? ");
  base.context = NULL;
  assert_string_equal (walk ("files/etc", &base), "/etc? ");
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
    {
      base.context = odd[i];
      assert_string_equal (walk ("x", &base), "* ");
      /* What stands there is of no more interest then.  */
      assert_string_equal (walk ("files/etc", &base), "* ");
    }
  /* Among nodes that are loaded nothing is missing, but above them.  */
  base = (struct expression_base){ NULL, true };
  assert_string_equal (walk ("x/y", &base), "");
  assert_string_equal (walk ("x/..", &base), "");
  assert_string_equal (walk ("..", &base), "* ");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (going_down), cmocka_unit_test (a_name_with_a_slash),
    cmocka_unit_test (going_up),   cmocka_unit_test (each_path_once),
    cmocka_unit_test (bases),
  };

  return cmocka_run_group_tests_name ("reach", tests, NULL, NULL);
}
