/* test-script.c - tests of src/mod/aug/script.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "protocol/buffer.h"
#include "protocol/limits.h"
#include "src/call/verb.h"
#include "src/mod/aug/aug.h"
#include "src/mod/aug/script.h"

/* What TEXT reads as: "LINE:NAME|ARGUMENT|...;" for each statement, then the
   line and the name of the error, if there is one.  */
static const char *
shown (const char *text)
{
  static struct buffer out;
  struct failure failure = FAILURE_NONE;
  struct statement statement;
  struct script script;
  gpg_error_t err;

  buffer_clear (&out);
  buffer_string (&out, "");
  assert_int_equal (script_begin (text, &script), 0);
  while (!(err = script_next (&script, &statement, &failure)) && statement.kind)
    {
      buffer_printf (&out, "%zu:%s", statement.line, statement.kind->name);
      for (size_t i = 0; i < statement.count; i++)
        buffer_printf (&out, "|%s", statement.argument[i]);
      buffer_string (&out, ";");
    }
  if (err)
    {
      assert_null (statement.kind);
      assert_non_null (failure.text);
      assert_true (strlen (failure.text) < LIMIT_ERROR_TEXT - 12);
      buffer_printf (&out, "%zu!%s", statement.line, gpg_strerror (err));
    }
  failure_release (&failure);
  script_release (&script);
  assert_int_equal (buffer_error (&out), 0);
  return out.bytes;
}

static void
lines (void **state)
{
  (void)state;
  assert_string_equal (shown (""), "");
  assert_string_equal (shown ("\n\n"), "");
  assert_string_equal (shown ("save"), "1:save;");
  assert_string_equal (shown ("save\n"), "1:save;");
  assert_string_equal (shown ("save\r\nload\r\n"), "1:save;2:load;");
  assert_string_equal (shown ("save\r"), "1:save;");
  assert_string_equal (shown ("# a\n  # b [\n \t \n\r\n  save  \t\n#"),
                       "5:save;");
  assert_string_equal (shown ("get /a\n\nget /b\nfoo\nget /c"),
                       "1:get|/a;3:get|/b;4!Unknown command");
  assert_string_equal (shown ("get /a#b"), "1:get|/a#b;");
  assert_string_equal (shown ("set /a b # c"), "1!Too many objects");
}

static void
quoting (void **state)
{
  (void)state;
  assert_string_equal (shown ("set /a 'b c'"), "1:set|/a|b c;");
  assert_string_equal (shown ("set /a \"b c\""), "1:set|/a|b c;");
  assert_string_equal (shown ("set /a b' 'c\" \"d"), "1:set|/a|b c d;");
  assert_string_equal (shown ("set /a ''"), "1:set|/a|;");
  assert_string_equal (shown ("set\t/a\t\"\""), "1:set|/a|;");
  assert_string_equal (shown ("set '/a b' c"), "1:set|/a b|c;");
  assert_string_equal (shown ("'set' /a"), "1:set|/a;");
  assert_string_equal (shown ("set /a 'it\"s'"), "1:set|/a|it\"s;");
  assert_string_equal (shown ("set /a \"it's\""), "1:set|/a|it's;");
  assert_string_equal (shown ("set /a 'b"), "1!Syntax error");
  assert_string_equal (shown ("set /a b'"), "1!Syntax error");
  assert_string_equal (shown ("set /a \"b'"), "1!Syntax error");
  assert_string_equal (shown ("set /a 'b\nc'"), "1!Syntax error");
  assert_string_equal (shown ("'save"), "1!Syntax error");
}

static void
backslashes (void **state)
{
  (void)state;
  assert_string_equal (shown ("set /a b\\ c"), "1:set|/a|b c;");
  assert_string_equal (shown ("set /a 'b\\ c'"), "1:set|/a|b\\ c;");
  assert_string_equal (shown ("set /a b\\\\c"), "1:set|/a|b\\c;");
  assert_string_equal (shown ("set /a b\\tc\\nd"), "1:set|/a|b\tc\nd;");
  assert_string_equal (shown ("set /a \\'b\\\""), "1:set|/a|'b\";");
  assert_string_equal (shown ("set /a 'b\\'c'"), "1:set|/a|b'c;");
  assert_string_equal (shown ("set /a 'b\\\"c'"), "1:set|/a|b\\\"c;");
  assert_string_equal (shown ("set /a \"b\\'c\\\"\""), "1:set|/a|b\\'c\";");
  assert_string_equal (shown ("set /a\\[b c"), "1:set|/a\\[b|c;");
  assert_string_equal (shown ("set /a\\]\\|\\/\\=\\(\\)\\!\\,b c"),
                       "1:set|/a\\]\\|\\/\\=\\(\\)\\!\\,b|c;");
  assert_string_equal (shown ("set /a b\\=c"), "1:set|/a|b\\=c;");
  assert_string_equal (shown ("set /a b\\qc"), "1!Syntax error");
  assert_string_equal (shown ("set /a b\\"), "1!Syntax error");
  assert_string_equal (shown ("set /a b\\\r\nsave"), "1!Syntax error");
}

static void
path_expressions (void **state)
{
  (void)state;
  assert_string_equal (shown ("get /a[b = 'c d']/e"), "1:get|/a[b = 'c d']/e;");
  assert_string_equal (shown ("get /a[b = \"c d\"][2]"),
                       "1:get|/a[b = \"c d\"][2];");
  assert_string_equal (shown ("get \"/a[b = 'c']/d e\""),
                       "1:get|/a[b = 'c']/d e;");
  assert_string_equal (shown ("get '/a[b = 'c d']'"), "1:get|/a[b = 'c d'];");
  assert_string_equal (shown ("set /a[b[c = ' ']] [x"),
                       "1:set|/a[b[c = ' ']]|[x;");
  assert_string_equal (shown ("set /a ]x"), "1:set|/a|]x;");
  assert_string_equal (shown ("get /a[b\\ = 'c']"), "1:get|/a[b = 'c'];");
  assert_string_equal (shown ("get /a[b"), "1!Syntax error");
  assert_string_equal (shown ("get /a]"), "1!Syntax error");
  assert_string_equal (shown ("get /a[b]]"), "1!Syntax error");
  assert_string_equal (shown ("get '/a[b'"), "1!Syntax error");
  /* The path is the third.  */
  assert_string_equal (shown ("ins [ before /a[b = ' ']"),
                       "1:ins|[|before|/a[b = ' '];");
}

static void
ends_of_paths (void **state)
{
  (void)state;
  assert_string_equal (shown ("get /a/"), "1:get|/a;");
  assert_string_equal (shown ("get '/a/ / \t'"), "1:get|/a;");
  assert_string_equal (shown ("get /"), "1:get|/;");
  assert_string_equal (shown ("get //"), "1:get|;");
  assert_string_equal (shown ("set /a/ /b/"), "1:set|/a|/b/;");
  assert_string_equal (shown ("transform Hosts.lns/ incl /a/"),
                       "1:transform|Hosts.lns|incl|/a;");
}

static void
arguments (void **state)
{
  (void)state;
  assert_string_equal (shown ("print"), "1:print;");
  assert_string_equal (shown ("print /a"), "1:print|/a;");
  assert_string_equal (shown ("match /a b"), "1:match|/a|b;");
  assert_string_equal (shown ("defnode a /b"), "1:defnode|a|/b;");
  assert_string_equal (shown ("defnode a /b c"), "1:defnode|a|/b|c;");
  assert_string_equal (shown ("retrieve L.l /a /b /c"),
                       "1:retrieve|L.l|/a|/b|/c;");
  assert_string_equal (shown ("get"), "1!Missing value");
  assert_string_equal (shown ("get  "), "1!Missing value");
  assert_string_equal (shown ("setm /a"), "1!Missing value");
  assert_string_equal (shown ("save now"), "1!Too many objects");
  assert_string_equal (shown ("set /a b c"), "1!Too many objects");
  assert_string_equal (shown ("print /a ''"), "1!Too many objects");
}

/* Each has words of its own for what it is told instead.  */
static void
strangers (void **state)
{
  static const char *const names[]
      = { "context",   "dump-xml", "help", "info",
          "load-file", "preview",  "GET",  "a-name-that-is-very-long-indeed",
          "--x",       "",         "1",    NULL };

  (void)state;
  for (size_t i = 0; names[i]; i++)
    {
      char text[80];

      snprintf (text, sizeof text, "save\n\"%s\" /a", names[i]);
      assert_string_equal (shown (text), "1:save;2!Unknown command");
    }
}

static void
long_lines (void **state)
{
  const size_t length = LIMIT_VALUE;
  char *text = malloc (length + 1);
  struct script script;
  struct statement statement;

  (void)state;
  assert_non_null (text);
  memset (text, 'x', length);
  memcpy (text, "set /a ", 7);
  text[length] = 0;
  assert_int_equal (script_begin (text, &script), 0);
  assert_int_equal (script_next (&script, &statement, NULL), 0);
  assert_int_equal (strlen (statement.argument[1]), length - 7);
  assert_int_equal (script_next (&script, &statement, NULL), 0);
  assert_null (statement.kind);
  script_release (&script);
  free (text);
}

static void
the_table (void **state)
{
  const struct statement_kind *kind = script_statements ();

  (void)state;
  for (; kind->name; kind++)
    {
      size_t count = *kind->arguments != 0;

      for (const char *p = kind->arguments; *p; p++)
        count += *p == ' ';
      assert_true (count <= SCRIPT_ARGUMENTS);
      assert_true (!kind[1].name || strcmp (kind->name, kind[1].name) < 0);
      assert_true (kind->verb || !strcmp (kind->name, "quit"));
    }
}

/* The names that RUN's help lists are those of the table, in its order.  */
static void
the_help (void **state)
{
  static const char begin[] = "Statements: ";
  const struct verb *verb = aug_noun.verbs;
  const char *list;

  (void)state;
  while (strcmp (verb->name, "RUN"))
    verb++;
  list = strstr (verb->help, begin);
  assert_non_null (list);
  list += strlen (begin);
  for (const struct statement_kind *kind = script_statements (); kind->name;
       kind++)
    {
      size_t length = strcspn (list, " \n,");

      assert_int_equal (length, strlen (kind->name));
      assert_memory_equal (list, kind->name, length);
      list += length + strspn (list + length, " \n");
    }
  assert_int_equal (*list, ',');
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_help),         cmocka_unit_test (lines),
    cmocka_unit_test (quoting),          cmocka_unit_test (backslashes),
    cmocka_unit_test (path_expressions), cmocka_unit_test (ends_of_paths),
    cmocka_unit_test (arguments),        cmocka_unit_test (strangers),
    cmocka_unit_test (long_lines),       cmocka_unit_test (the_table),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
