/* test-expression.c - tests of src/mod/aug/expression.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <string.h>
#include "protocol/buffer.h"
#include "src/mod/aug/expression.h"

/* EXPRESSION, in CONTEXT, needs WANTED: paths with a blank between; "*" for
   everything; one that is not asked for by name has a "?" before it.  */
static void
needs_in (const char *context, const char *expression, const char *wanted)
{
  struct expression_base base = { context, false };
  auto_buffer struct buffer text = BUFFER_EMPTY;
  struct needs needs = NEEDS_NONE;
  gpg_error_t err = expression_needs (expression, &base, &needs);

  buffer_string (&text, needs.everything ? "*" : "");
  for (size_t i = 0; i < needs.count; i++)
    buffer_printf (&text, "%s%s%s", text.length ? " " : "",
                   needs.need[i].asked ? "" : "?", needs.need[i].path);
  if (err || strcmp (text.bytes, wanted))
    print_error ("%s: \"%s\" (%s)\n", expression, text.bytes,
                 gpg_strerror (err));
  assert_int_equal (err, 0);
  assert_string_equal (text.bytes, wanted);
  needs_release (&needs);
}

static void
needs (const char *expression, const char *wanted)
{
  needs_in ("/files", expression, wanted);
}

static void
literal_paths (void **state)
{
  (void)state;
  needs ("/files/etc/hosts", "/etc/hosts");
  needs ("/files/etc/hosts/1/ipaddr", "/etc/hosts/1/ipaddr");
  needs ("/files/etc", "/etc");
  needs ("/files/a b/c", "/a b/c");
  needs ("/files/a\\ b/c\\[1\\]", "/a b/c[1]");
  needs ("/files/etc/hosts[1]/2", "/etc/hosts/2");
  needs (" /files/etc/ hosts", "/etc/hosts");
  needs ("/nothing/at/all", "");
}

static void
wildcards (void **state)
{
  (void)state;
  needs ("/files/etc/*", "/etc");
  needs ("/files/etc/*/1", "/etc");
  needs ("/files/etc//ipaddr", "/etc");
  needs ("/files/etc/hosts/*/ipaddr", "/etc/hosts");
  needs ("/files/etc/seq::*", "/etc");
  needs ("/files/etc/descendant::x", "/etc");
  needs ("/files/*", "*");
  needs ("/files//x", "*");
  needs ("//x", "*");
  needs ("/*", "*");
  needs ("/", "*");
  needs ("/files", "*");
}

static void
climbing (void **state)
{
  (void)state;
  needs ("/files/etc/hosts/1/../2", "/etc/hosts/1 /etc/hosts/2");
  needs ("/files/etc/hosts/../fstab", "/etc/hosts /etc/fstab");
  needs ("/files/etc/hosts/*/../2", "/etc/hosts");
  needs ("/files/etc/hosts/*/../..", "/etc/hosts /etc");
  needs ("/files/etc/hosts//x/..", "/etc/hosts");
  needs ("/files/etc/hosts//../x", "/etc/hosts /etc");
  needs ("/files/etc/hosts/parent::*", "/etc/hosts /etc");
  needs ("/files/etc/hosts/following-sibling::*", "/etc/hosts /etc");
  needs ("/files/etc/hosts/2/preceding-sibling::*[1]",
         "/etc/hosts/2 /etc/hosts");
  needs ("/files/etc/hosts/1/ancestor::*", "* /etc/hosts/1");
  needs ("/files/etc/../..", "* /etc");
}

static void
predicates (void **state)
{
  (void)state;
  needs ("/files/etc/hosts/*[ipaddr = '/files/etc/fstab']", "/etc/hosts");
  needs ("/files/etc/hosts/*[ipaddr = /files/etc/fstab/1/spec]",
         "/etc/hosts /etc/fstab/1/spec");
  needs ("/files/etc[hosts/1]/fstab", "/etc/hosts/1 /etc/fstab");
  needs ("/files/etc/hosts[../fstab]", "/etc/hosts /etc/fstab");
  needs ("/files/etc/hosts/1[../../fstab]",
         "/etc/hosts/1 /etc/hosts /etc/fstab");
  needs ("/files/etc/hosts/*[last()]", "/etc/hosts");
  needs ("/files/etc/hosts/*[count(/files/etc/group/*) > 2]",
         "/etc/group /etc/hosts");
  needs ("/files/etc/hosts/*[label() =~ regexp(/files/etc/a)]",
         "/etc/a /etc/hosts");
  needs ("/files/etc/hosts/*[a = 'x' and b != \"]\" or c else d]",
         "/etc/hosts");
  needs ("/files/etc/hosts/1[//x]", "* /etc/hosts/1");
  needs ("/files/etc/hosts/1[../..//x]/2",
         "/etc/hosts/1 /etc/hosts /etc /etc/hosts/1/2");
}

static void
operands (void **state)
{
  (void)state;
  needs ("/files/etc/a | /files/etc/b", "/etc/a /etc/b");
  needs ("(/files/etc/a | /files/etc/b)/1", "/etc/a /etc/b");
  needs ("(/files/etc/a)[1]/x[y]", "/etc/a");
  needs ("(/files/etc/a)/..", "* /etc/a");
  needs ("(/files/etc/a)/x/..", "/etc/a");
  needs ("(/files/etc/a)/x/../..", "* /etc/a");
  needs ("$x", "");
  needs ("$x/a[b]", "");
  needs ("$x/..", "*");
  needs ("$x[../y]", "*");
  needs ("$x/following-sibling::*", "*");
  needs ("$x | /files/etc/b", "/etc/b");
  needs ("12", "");
  needs ("'/files/etc/a'", "");
  needs ("count(/files/etc/a)", "/etc/a");
  needs ("/files/etc/a else /files/etc/b", "/etc/a /etc/b");
}

static void
the_tree_below_augeas (void **state)
{
  (void)state;
  needs ("/augeas/version", "");
  needs ("/augeas/load/Hosts/incl", "");
  needs ("/augeas/variables/*", "");
  needs ("/augeas/context", "");
  needs ("/augeas/files/etc/hosts/mtime", "?/etc/hosts/mtime");
  needs ("/augeas/files/etc/hosts/mtime | /files/etc/hosts/mtime",
         "/etc/hosts/mtime");
  needs ("/augeas/files/etc/*/error", "?/etc");
  needs ("/augeas", "*");
  needs ("/augeas/*", "*");
  needs ("/augeas//error", "*");
  needs ("/augeas/files", "*");
  needs ("/augeas/version/..", "*");
  needs ("/augeas/version/../load", "");
}

static void
contexts (void **state)
{
  (void)state;
  needs ("etc/hosts/1", "/etc/hosts/1");
  needs (".", "*");
  needs ("..", "*");
  needs ("*", "*");
  needs_in ("/files/etc/hosts", "./1/ipaddr", "/etc/hosts/1/ipaddr");
  needs_in ("/files/etc/hosts", "1/ipaddr", ""); /* A number.  */
  needs_in ("/files/etc/hosts", "../fstab", "/etc/hosts /etc/fstab");
  needs_in ("/files/etc/hosts", "/files/etc/fstab", "/etc/fstab");
  needs_in ("/augeas", "files/etc/hosts/path", "?/etc/hosts/path");
  needs_in ("/", "files/etc/hosts", "/etc/hosts");
  needs_in (NULL, "files/etc/hosts", "/etc/hosts");
  needs_in ("/files/etc/*[1]", "x", "*");
  needs_in ("/files/etc/*[1]", "/files/etc/fstab", "/etc/fstab");
}

static void
names_that_no_file_has (void **state)
{
  (void)state;
  needs ("/files/etc/child::..", "/etc");
  needs ("/files/etc/a\\/b/c", "/etc");
  needs ("/files/child::etc/self::etc/hosts", "/etc/hosts");
}

static void
a_loaded_base (void **state)
{
  struct expression_base base = { NULL, true };
  struct needs found = NEEDS_NONE;

  (void)state;
  assert_int_equal (expression_needs ("alias[1]", &base, &found), 0);
  assert_false (found.everything);
  assert_int_equal (found.count, 0);
  assert_int_equal (expression_needs ("../x", &base, &found), 0);
  assert_true (found.everything);
  needs_release (&found);
}

static void
what_is_no_expression (void **state)
{
  static const char *const wrong[] = { "/files/etc/[",
                                       "/files/etc/hosts]",
                                       "/files/a[b",
                                       "a[b = ]",
                                       "a[b = 'x]",
                                       "(a",
                                       "count(a",
                                       "a/",
                                       "/files/etc//",
                                       "a\\",
                                       "",
                                       "a | ",
                                       "/files/etc/a b(",
                                       "[x]",
                                       "label()x y z]" };
  struct expression_base base = { "/files", false };
  char deep[2001];

  (void)state;
  memset (deep, '(', sizeof deep - 1);
  deep[sizeof deep - 1] = 0;
  for (size_t i = 0; i <= sizeof wrong / sizeof *wrong; i++)
    {
      const char *text = i < sizeof wrong / sizeof *wrong ? wrong[i] : deep;
      struct needs found = NEEDS_NONE;
      gpg_error_t err = expression_needs (text, &base, &found);

      if (gpg_err_code (err) != GPG_ERR_SYNTAX)
        print_error ("%s\n", text);
      assert_code (err, GPG_ERR_SYNTAX);
      needs_release (&found);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (literal_paths), cmocka_unit_test (wildcards),
    cmocka_unit_test (climbing),      cmocka_unit_test (predicates),
    cmocka_unit_test (operands),      cmocka_unit_test (the_tree_below_augeas),
    cmocka_unit_test (contexts),      cmocka_unit_test (names_that_no_file_has),
    cmocka_unit_test (a_loaded_base), cmocka_unit_test (what_is_no_expression),
  };

  return cmocka_run_group_tests_name ("expression", tests, NULL, NULL);
}
