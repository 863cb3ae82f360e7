/* test-run_script.c - tests of src/mod/aug/run_script.c and run_print.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include "fake_perform.h"
#include "protocol/link.h"
#include "protocol/words.h"
#include "src/call/registry.h"
#include "src/mod/aug/verbs.h"

#define END                                                                    \
  {                                                                            \
    NULL, NULL, 0, NULL, NULL                                                  \
  }

static struct fake_call fake;
static bool gave_up;
static uint64_t deadline;
static bool dry_run;
static enum output output;

static bool
client_gave_up (void *client)
{
  (void)client;
  return gave_up;
}

/* Run SCRIPT, while VERBS answer.  */
static gpg_error_t
run (const char *script, const struct fake_verb *verbs)
{
  struct grammar row, common;
  struct word word = { .text = (char *)script, .length = strlen (script) };
  gpg_error_t err;

  assert_int_equal (grammar_parse ("<script:text>", &row, NULL), 0);
  assert_int_equal (grammar_parse ("", &common, NULL), 0);
  fake_call_begin (&fake, verbs);
  fake.call.canceled = client_gave_up;
  fake.call.deadline = deadline;
  fake.call.dry_run = dry_run;
  fake.out.output = output;
  assert_int_equal (
      arguments_bind (&row, &common, &word, 1, &fake.call.arguments, NULL), 0);
  err = verb_run (&fake.call);
  arguments_release (fake.call.arguments);
  grammar_release (&row);
  grammar_release (&common);
  return err;
}

/* SCRIPT prints TEXT.  */
static void
expect (const char *script, const struct fake_verb *verbs, const char *text)
{
  assert_code (run (script, verbs), GPG_ERR_NO_ERROR);
  assert_string_equal (fake.answer.bytes, text);
  assert_null (fake.call.failure.text);
  fake_call_end (&fake);
}

static const char *
detail (const char *name)
{
  for (struct detail *d = fake.call.failure.details; d; d = d->next)
    if (!strcmp (d->name, name))
      return d->value;
  return "";
}

#define NOT_SAVED                                                              \
  "S WARNING edits are not saved: SAVE writes them, "                          \
  "REVERT drops them\n"

static void
values (void **state)
{
  static const struct fake_verb verbs[]
      = { { "GET|/a", "x y", 0, NULL, NULL },
          { "GET|/b", "", 0, NULL, NULL },
          { "GET|/c", NULL, GPG_ERR_NOT_FOUND, "no", NULL },
          { "GET|/d", NULL, GPG_ERR_NO_DATA, "no", NULL },
          { "LABEL|/e", "l", 0, NULL, NULL },
          { "GET|/f", "a\nb\\", 0, NULL, NULL },
          END };

  (void)state;
  expect ("get /a\nget /b/\nget /c\nget /d\nlabel /e\nget /f", verbs,
          "/a = x y\n/b = \n/c (o)\n/d (none)\n/e = l\n"
          "/f = a\\x0ab\\x5c\n");
}

static void
matches (void **state)
{
  static const struct fake_verb verbs[]
      = { { "MATCH|/a/*", "/a/1\n/a/2\\x5c x\n/a/3\n", 0, NULL, NULL },
          { "GET|/a/1", "one", 0, NULL, NULL },
          { "GET|/a/2\\ x", NULL, GPG_ERR_NO_DATA, "no", NULL },
          { "GET|/a/3", "", 0, NULL, NULL },
          { "MATCH|/b", "", 0, NULL, NULL },
          { "MATCH|/c", "/c[1]\n/c[2]\n", 0, NULL, NULL },
          { "GET|/c[1]", "v", 0, NULL, NULL },
          { "GET|/c[2]", "w", 0, NULL, NULL },
          { "MATCH|/d", "/d\n", 0, NULL, NULL },
          { "GET|/d", "v", 0, NULL, NULL },
          { "MATCH|/e", "", 0, NULL, NULL },
          { "MATCH|/e", "/e\n", 0, NULL, NULL },
          { "MATCH|/e", "/e\n/e\n", 0, NULL, NULL },
          END };

  (void)state;
  expect ("match /a/*\nmatch /b w\nmatch /c w\nmatch /d ''\n"
          "count /e\ncount /e\ncount /e",
          verbs,
          "/a/1 = one\n/a/2\\x5c x = (none)\n/a/3 = \n  (no matches)\n"
          "/c[2]\n/d = v\n  no matches\n  1 match\n  2 matches\n");
}

static void
records (void **state)
{
  static const struct fake_verb verbs[]
      = { { "LS|/a",
            "label: 1\npath: /a/1\nchildren: yes\n\n"
            "label: b\npath: /a/b[2]\nvalue: x: \\x5c y\nchildren: no\n",
            0, NULL, NULL },
          { "SPAN|/a",
            "file: /etc/a\nlabel-start: 1\nlabel-end: 2\nvalue-start: 3\n"
            "value-end: 4\nstart: 5\nend: 6\n",
            0, NULL, NULL },
          { "ERRORS",
            "file: /etc/a\nerror: parse_failed\nline: 2\ncharacter: 7\n"
            "lens: L\nmessage: m\n\nfile: /etc/b\nerror: put_failed\n"
            "last-matched: l\nnext-not-matched: n\nmessage: m\\x0an\n",
            0, NULL, NULL },
          { "ERRORS", "", 0, NULL, NULL },
          { "LS|/none", "", 0, NULL, NULL },
          END };

  (void)state;
  expect ("ls /a\nspan /a\nerrors\nerrors\nls /none", verbs,
          "1/ = (none)\nb[2] = x: \\x5c y\n"
          "/etc/a label=(1:2) value=(3:4) span=(5,6)\n"
          "Error in /etc/a:2.7 (parse_failed)\n  m\n  Lens: L\n\n"
          "Error in /etc/b (put_failed)\n  m\\x0an\n    Last matched: l\n"
          "    Next (no match): n\n  (no errors)\n");
}

static void
texts (void **state)
{
  static const struct fake_verb verbs[]
      = { { "PRINT", "/a\n/a/b = \"c\"\n", 0, NULL, NULL },
          { "PRINT|/x", "", 0, NULL, NULL },
          { "SOURCE|/a/b", "/files/a", 0, NULL, NULL },
          { "SOURCE|/a", NULL, GPG_ERR_NO_DATA, "no", NULL },
          END };

  (void)state;
  expect ("print\nprint /x\nsource /a/b\nsource /a", verbs,
          "/a\n/a/b = \"c\"\n/files/a\n");
}

static void
edits (void **state)
{
  static const struct fake_verb verbs[]
      = { { "SET|/a|b", NULL, 0, NULL, NULL },
          { "SET|/a", NULL, 0, NULL, NULL },
          { "SET|/a|", NULL, 0, NULL, NULL },
          { "SETM|/a|b|c", "2", 0, NULL, NULL },
          { "DEFNODE|n|/a", "1", 0, NULL, NULL },
          { "DEFNODE|n|/a|v", "1", 0, NULL, NULL },
          { "INSERT|l|before|/a", NULL, 0, NULL, NULL },
          { "REMOVE|/a", "3", 0, NULL, NULL },
          { "RENAME|/a|b", "2", 0, NULL, NULL },
          { "MOVE|/a|/b", NULL, 0, NULL, NULL },
          { "COPY|/a|/b", NULL, 0, NULL, NULL },
          { "TRANSFORM|L.lns|incl|/x", NULL, 0, NULL, NULL },
          { "SAVE", "/x\n/y\n", 0, NULL, NULL },
          { "SAVE", "", 0, NULL, NULL },
          END };

  (void)state;
  expect ("set /a b\nset /a\nset /a ''\nsetm /a b c\ndefnode n /a ''\n"
          "defnode n /a v\nins l before /a\nrm /a\nrename /a b\nmv /a /b\n"
          "cp /a /b\ntransform L.lns incl /x\nsave\nsave",
          verbs, "rm : /a 3\nrename : /a to b 2\nSaved 2 file(s)\n");
}

static void
edits_that_are_not_saved (void **state)
{
  static const struct fake_verb set[]
      = { { "SET|/files/a|b", NULL, 0, NULL, NULL }, END };
  static const struct fake_verb save[] = { { "SAVE", "/a\n", 0, NULL, NULL },
                                           { "SET|$x|b", NULL, 0, NULL, NULL },
                                           END };
  static const struct fake_verb harmless[]
      = { { "SET|/augeas/context|/files/etc", NULL, 0, NULL, NULL },
          { "REMOVE|/files/a", "0", 0, NULL, NULL },
          END };
  static const struct fake_verb loads[] = { { "SET|/a|b", NULL, 0, NULL, NULL },
                                            { "LOAD", NULL, 0, NULL, NULL },
                                            END };

  (void)state;
  expect ("set /files/a b", set, NOT_SAVED);
  expect ("save\nset $x b", save, "Saved 1 file(s)\n" NOT_SAVED);
  expect ("set /augeas/context /files/etc\nrm /files/a", harmless,
          "rm : /files/a 0\n");
  expect ("set /a b\nload", loads, "");
}

static void
quit_ends_it (void **state)
{
  static const struct fake_verb verbs[] = { END };

  (void)state;
  expect ("quit\nnonsense", verbs, "");
  expect ("", verbs, "");
}

static void
the_first_error_ends_it (void **state)
{
  static const struct fake_verb verbs[]
      = { { "SET|/a|b", NULL, 0, NULL, NULL },
          { "SET|/c|d", NULL, GPG_ERR_BAD_DATA, "mend the file", "7" },
          END };

  (void)state;
  assert_code (run ("set /a b\n\n \tset /c d\r\nset /e f", verbs),
               GPG_ERR_BAD_DATA);
  assert_string_equal (fake.call.failure.text, "line 3: mend the file");
  assert_string_equal (detail ("line"), "3");
  assert_string_equal (detail ("file-line"), "7");
  assert_string_equal (detail ("statement"), "set /c d");
  assert_string_equal (fake.answer.bytes, NOT_SAVED);
  fake_call_end (&fake);
}

static void
other_errors (void **state)
{
  static const struct fake_verb none[] = { END };
  static const struct fake_verb mute[]
      = { { "GET|/a", NULL, GPG_ERR_ENOMEM, NULL, NULL }, END };
  static const struct fake_verb late[]
      = { { "MATCH|/a", "/a\n", 0, NULL, NULL },
          { "GET|/a", NULL, GPG_ERR_FORBIDDEN, "no", NULL },
          END };
  char script[400] = "\nfoo ";

  (void)state;
  memset (script + 5, 'x', sizeof script - 6);
  assert_code (run (script, none), GPG_ERR_UNKNOWN_COMMAND);
  assert_string_equal (detail ("line"), "2");
  assert_int_equal (strlen (detail ("statement")), 200);
  fake_call_end (&fake);
  assert_code (run ("get /a", mute), GPG_ERR_ENOMEM);
  assert_memory_equal (fake.call.failure.text, "line 1: ", 8);
  fake_call_end (&fake);
  assert_code (run ("match /a", late), GPG_ERR_FORBIDDEN);
  assert_string_equal (fake.call.failure.text, "line 1: no");
  fake_call_end (&fake);
}

static void
giving_up (void **state)
{
  static const struct fake_verb none[] = { END };

  (void)state;
  gave_up = true;
  assert_code (run ("get /a", none), GPG_ERR_CANCELED);
  gave_up = false;
  fake_call_end (&fake);
}

static void
time_that_is_over (void **state)
{
  static const struct fake_verb none[] = { END };

  (void)state;
  deadline = 1;
  assert_code (run ("get /a", none), GPG_ERR_TIMEOUT);
  deadline = 0;
  assert_string_equal (detail ("line"), "1");
  fake_call_end (&fake);
}

static void
a_dry_run (void **state)
{
  static const struct fake_verb verbs[]
      = { { "SET|/a|b", NULL, 0, NULL, NULL },
          { "SAVE", "--- /a\n+++ /a\n+b", 0, NULL, NULL },
          END };

  (void)state;
  dry_run = true;
  expect ("set /a b\nsave", verbs, "--- /a\n+++ /a\n+b\n" NOT_SAVED);
  dry_run = false;
}

static void
answers_in_json (void **state)
{
  static const struct fake_verb verbs[] = { { "GET|/a", "x\ny", 0, NULL, NULL },
                                            END };

  (void)state;
  output = OUTPUT_JSON;
  expect ("get /a", verbs, "\"/a = x\\ny\"\n");
  output = OUTPUT_TEXT;
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (values),
    cmocka_unit_test (matches),
    cmocka_unit_test (records),
    cmocka_unit_test (texts),
    cmocka_unit_test (edits),
    cmocka_unit_test (edits_that_are_not_saved),
    cmocka_unit_test (quit_ends_it),
    cmocka_unit_test (the_first_error_ends_it),
    cmocka_unit_test (other_errors),
    cmocka_unit_test (giving_up),
    cmocka_unit_test (time_that_is_over),
    cmocka_unit_test (a_dry_run),
    cmocka_unit_test (answers_in_json),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
