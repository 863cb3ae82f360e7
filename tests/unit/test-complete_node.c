/* test-complete_node.c - tests of src/mod/aug/complete_node.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <stdio.h>
#include "fake_perform.h"
#include "src/mod/aug/verbs.h"

#define END                                                                    \
  {                                                                            \
    NULL, NULL, 0, NULL, NULL                                                  \
  }

static struct fake_call fake;

/* Completing PREFIX gives TEXT, while VERBS answer.  */
static void
expect (const char *type, const char *prefix, const struct fake_verb *verbs,
        const char *text)
{
  fake_call_begin (&fake, verbs);
  assert_code (aug_complete (&fake.call, type, prefix), GPG_ERR_NO_ERROR);
  assert_string_equal (fake.answer.bytes, text);
  assert_null (fake.call.failure.text);
  fake_call_end (&fake);
}

static const struct fake_verb nothing[] = { END };

static void
the_root (void **state)
{
  (void)state;
  expect ("augpath", "", nothing, "/augeas/\n/files/\n");
  expect ("augpath", "/", nothing, "/augeas/\n/files/\n");
  expect ("augpath", "/fi", nothing, "/files/\n");
  expect ("augpath", "/x", nothing, "");
  expect ("unit", "/", nothing, "");
}

#define CHILDREN                                                               \
  "label: 1\npath: /files/etc/hosts/1\nchildren: yes\n\n"                      \
  "label: 12\npath: /files/etc/hosts/12\nvalue: v\nchildren: no\n\n"           \
  "label: a\npath: /files/etc/hosts/a[2]\nchildren: no\n"

static void
children (void **state)
{
  static const struct fake_verb all[]
      = { { "LS|/files/etc/hosts", CHILDREN, 0, NULL, NULL }, END };
  static const struct fake_verb relative[]
      = { { "LS|.", CHILDREN, 0, NULL, NULL }, END };
  static const struct fake_verb variable[]
      = { { "LS|$h", CHILDREN, 0, NULL, NULL }, END };
  static const struct fake_verb variables[]
      = { { "LS|/augeas/variables",
            "label: hosts\npath: /augeas/variables/hosts\nchildren: no\n", 0,
            NULL, NULL },
          END };

  (void)state;
  expect ("augpath", "/files/etc/hosts/", all,
          "/files/etc/hosts/1/\n/files/etc/hosts/12\n/files/etc/hosts/a[2]\n");
  expect ("augpath", "/files/etc/hosts/1", all,
          "/files/etc/hosts/1/\n/files/etc/hosts/12\n");
  expect ("augpath", "/files/etc/hosts/x", all, "");
  expect ("augpath", "1", relative, "1/\n12\n");
  expect ("augpath", "$h/a", variable, "$h/a[2]\n");
  expect ("augpath", "$h", variables, "$hosts\n");
}

static void
expressions (void **state)
{
  static const struct fake_verb predicate[]
      = { { "LS|/a/*[b/c = 'd/e']", CHILDREN, 0, NULL, NULL }, END };
  static const struct fake_verb open[] = { { "LS|/a", CHILDREN, 0, NULL, NULL },
                                           END };
  static const struct fake_verb escaped[]
      = { { "LS|/a", "label: b/c d\npath: /a/b\\x5c/c\\x5c d\nchildren: yes\n",
            0, NULL, NULL },
          END };
  static const struct fake_verb names[]
      = { { "LS|/a\\/b", CHILDREN, 0, NULL, NULL }, END };

  (void)state;
  expect ("augpath", "/a/*[b/c = 'd/e']/a", predicate,
          "/a/*[b/c = 'd/e']/a[2]\n");
  expect ("augpath", "/a/*[b/c = 'd/", open, "");
  expect ("augpath", "/a/b", escaped, "/a/b\\x5c/c\\x5c d/\n");
  expect ("augpath", "/a\\/b/a", names, "/a\\x5c/b/a[2]\n");
}

static void
errors (void **state)
{
  static const struct fake_verb syntax[]
      = { { "LS|/a", NULL, GPG_ERR_SYNTAX, "no", NULL }, END };
  static const struct fake_verb forbidden[]
      = { { "LS|/a", "label: b\n", GPG_ERR_FORBIDDEN, "no", NULL }, END };
  static const struct fake_verb late[]
      = { { "LS|/a", NULL, GPG_ERR_TIMEOUT, "no", NULL }, END };

  (void)state;
  expect ("augpath", "/a/b", syntax, "");
  expect ("augpath", "/a/b", forbidden, "");
  fake_call_begin (&fake, late);
  assert_code (aug_complete (&fake.call, "augpath", "/a/"), GPG_ERR_TIMEOUT);
  fake_call_end (&fake);
}

/* Costs the worker, as what takes too long does.  */
static gpg_error_t
perform_too_long (struct call *call, const char *verb,
                  const char *const *arguments, size_t count,
                  struct writer *out)
{
  struct aug_session *session = call->module->session;

  (void)verb;
  (void)arguments;
  (void)count;
  (void)out;
  if (session->edited)
    {
      assert_int_equal (call->deadline, 0);
      assert_null (call->canceled);
    }
  else
    assert_int_equal (call->deadline, 1);
  session->edited = false;
  return gpg_error (GPG_ERR_TIMEOUT);
}

/* Edits get the time they need, and if that was not enough, the next request
   tells; one that was completed meanwhile does not.  */
static void
edits_are_not_lost_unsaid (void **state)
{
  struct aug_session session = { .fd = -1 };

  (void)state;
  for (int edited = 1; edited >= 0; edited--)
    {
      fake_call_begin (&fake, nothing);
      fake.module.session = &session;
      fake.call.perform = perform_too_long;
      fake.call.deadline = 1;
      session.edited = edited;
      assert_code (aug_complete (&fake.call, "augpath", "/a/"),
                   GPG_ERR_TIMEOUT);
      assert_true (session.lost);
      fake_call_end (&fake);
    }
  fake_call_begin (&fake, nothing);
  fake.module.session = &session;
  assert_code (aug_request (&fake.call, CHANNEL_MATCH, NULL, 0, NULL, NULL),
               GPG_ERR_TIMEOUT);
  assert_non_null (strstr (fake.call.failure.text, "edits"));
  assert_false (session.lost);
  fake_call_end (&fake);
}

static void
many_nodes (void **state)
{
  struct buffer answer = BUFFER_EMPTY;
  struct fake_verb verbs[] = { { "LS|/a", NULL, 0, NULL, NULL }, END };
  size_t count = 0;

  (void)state;
  for (int i = 0; i < 1500; i++)
    buffer_printf (&answer, "%slabel: %d\npath: /a/%d\nchildren: no\n",
                   i ? "\n" : "", i, i);
  verbs[0].answer = answer.bytes;
  fake_call_begin (&fake, verbs);
  assert_code (aug_complete (&fake.call, "augpath", "/a/"), GPG_ERR_NO_ERROR);
  for (const char *p = fake.answer.bytes; (p = strchr (p, '\n')); p++)
    count++;
  assert_int_equal (count, 1000);
  fake_call_end (&fake);
  buffer_release (&answer);
}

static void
files (void **state)
{
  static const struct fake_verb etc[] = {
    { "MATCH|/augeas/files/etc/*[path]",
      "/augeas/files/etc/hosts\n/augeas/files/etc/a\\x5c b\n", 0, NULL, NULL },
    { "MATCH|/augeas/files/etc/*[count(path) = 0]", "/augeas/files/etc/apt\n",
      0, NULL, NULL },
    END
  };
  static const struct fake_verb odd[]
      = { { "MATCH|/augeas/files/a\\ b\\[/*[path]", "", 0, NULL, NULL },
          { "MATCH|/augeas/files/a\\ b\\[/*[count(path) = 0]", NULL,
            GPG_ERR_SYNTAX, "no", NULL },
          END };
  static const struct fake_verb root[]
      = { { "MATCH|/augeas/files/*[path]", "", 0, NULL, NULL },
          { "MATCH|/augeas/files/*[count(path) = 0]", "/augeas/files/etc\n", 0,
            NULL, NULL },
          END };

  (void)state;
  expect ("path", "/etc/", etc, "/etc/hosts\n/etc/a b\n/etc/apt/\n");
  expect ("path", "/etc/a", etc, "/etc/a b\n/etc/apt/\n");
  expect ("path", "/a b[/", odd, "");
  expect ("path", "", root, "/etc/\n");
  expect ("path", "etc/", nothing, "");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_root),
    cmocka_unit_test (children),
    cmocka_unit_test (expressions),
    cmocka_unit_test (errors),
    cmocka_unit_test (edits_are_not_lost_unsaid),
    cmocka_unit_test (many_nodes),
    cmocka_unit_test (files),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
