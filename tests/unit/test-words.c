/* test-words.c - tests of protocol/words.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "protocol/limits.h"
#include "protocol/words.h"

static void
assert_word (const struct words *words, size_t index, enum word_kind kind,
             const char *text)
{
  assert_true (index < words->count);
  assert_int_equal (words->word[index].kind, kind);
  assert_string_equal (words->word[index].text, text);
  assert_int_equal (words->word[index].length, strlen (text));
}

static void
splits (void **state)
{
  struct words words;

  (void)state;
  assert_int_equal (words_split ("  AUG SET --lines=a%20b\t@ \"x %22 y\" \"\""
                                 " %40 %2D-z a+b\"c --  ",
                                 &words, NULL),
                    0);
  assert_int_equal (words.count, 10);
  assert_word (&words, 0, WORD_PLAIN, "AUG");
  assert_word (&words, 1, WORD_PLAIN, "SET");
  assert_word (&words, 2, WORD_OPTION, "--lines=a b");
  assert_word (&words, 3, WORD_ASK, "@");
  assert_word (&words, 4, WORD_PLAIN, "x \" y");
  assert_word (&words, 5, WORD_PLAIN, "");
  assert_word (&words, 6, WORD_PLAIN, "@");
  assert_word (&words, 7, WORD_PLAIN, "--z");
  assert_word (&words, 8, WORD_PLAIN, "a+b\"c");
  assert_word (&words, 9, WORD_OPTION, "--");
  words_release (&words);
  assert_int_equal (words.count, 0);
}

static void
quoted_words_are_plain (void **state)
{
  struct words words;

  (void)state;
  assert_int_equal (words_split ("\"--a\" \"@\" \"a\"", &words, NULL), 0);
  assert_word (&words, 0, WORD_PLAIN, "--a");
  assert_word (&words, 1, WORD_PLAIN, "@");
  assert_word (&words, 2, WORD_PLAIN, "a");
  words_release (&words);
}

static void
nothing_has_no_words (void **state)
{
  struct words words;

  (void)state;
  assert_int_equal (words_split ("", &words, NULL), 0);
  assert_int_equal (words.count, 0);
  words_release (&words);
  assert_int_equal (words_split (" \t ", &words, NULL), 0);
  assert_int_equal (words.count, 0);
  words_release (&words);
}

static void
refuses_bad_lines (void **state)
{
  static const char *const lines[] = { "a%",     "a%4",    "a%zz",   "a%4g",
                                       "a%00b",  "\"a",    "\"a\"b", "x \"a%\"",
                                       "\"%0\"", "--o=%0", "\"",     "%%41" };

  (void)state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    {
      const char *reason = NULL;
      struct words words;

      assert_code (words_split (lines[i], &words, &reason), GPG_ERR_SYNTAX);
      assert_non_null (reason);
      assert_int_equal (words.count, 0);
      assert_null (words.memory);
      assert_code (words_split (lines[i], &words, NULL), GPG_ERR_SYNTAX);
    }
}

static void
counts_words (void **state)
{
  char line[2 * LIMIT_WORDS + 3];
  const char *reason = NULL;
  struct words words;

  (void)state;
  for (size_t i = 0; i <= LIMIT_WORDS; i++)
    memcpy (line + 2 * i, "a ", 3);
  line[2 * LIMIT_WORDS] = 0;
  assert_int_equal (words_split (line, &words, &reason), 0);
  assert_int_equal (words.count, LIMIT_WORDS);
  assert_word (&words, LIMIT_WORDS - 1, WORD_PLAIN, "a");
  words_release (&words);
  line[2 * LIMIT_WORDS] = 'a';
  assert_code (words_split (line, &words, &reason), GPG_ERR_TOO_MANY);
  assert_non_null (reason);
}

/* Quote TEXT, split the result, expect TEXT.  */
static void
there_and_back (const char *text, size_t length)
{
  auto_buffer struct buffer line = BUFFER_EMPTY;
  struct words words;

  buffer_string (&line, "X ");
  words_quote (&line, text, length);
  assert_int_equal (buffer_error (&line), 0);
  for (size_t i = 0; i < line.length; i++)
    assert_true ((unsigned char)line.bytes[i] >= 0x20);
  assert_int_equal (words_split (line.bytes, &words, NULL), 0);
  assert_int_equal (words.count, 2);
  assert_int_equal (words.word[1].kind, WORD_PLAIN);
  assert_int_equal (words.word[1].length, length);
  assert_memory_equal (words.word[1].text, text, length + 1);
  words_release (&words);
}

static void
quotes_anything (void **state)
{
  static const char *const texts[]
      = { "",
          "a",
          "a b",
          "\"",
          "\"a b\"",
          "@",
          "@a",
          "--",
          "--a=b",
          "-",
          "-a",
          "%",
          "%41",
          "100%",
          "a\nb",
          "\t",
          " ",
          "\r\n",
          "a\"b c",
          "\\x41",
          "+",
          "\x7f",
          "\xc3\xa9",
          "\xff ",
          "a  b ",
          "--a b",
          "<x",
          "#",
          "/files/etc/hosts/*[ipaddr = '127.0.0.1']" };

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    there_and_back (texts[i], strlen (texts[i]));
  srand48 (1);
  for (int i = 0; i < 2000; i++)
    {
      static const char alphabet[] = "ab \"%@-\n\t\\<\x01\xff";
      char text[9];
      size_t length = (size_t)i % sizeof text;

      for (size_t j = 0; j < length; j++)
        text[j] = alphabet[(size_t)lrand48 () % (sizeof alphabet - 1)];
      text[length < sizeof text ? length : --length] = 0;
      there_and_back (text, length);
    }
}

static void
escapes_for_options (void **state)
{
  auto_buffer struct buffer line = BUFFER_EMPTY;
  struct words words;

  (void)state;
  buffer_string (&line, "--reason=");
  words_escape (&line, "\"50 % of\n@\"", 11);
  assert_int_equal (words_split (line.bytes, &words, NULL), 0);
  assert_int_equal (words.count, 1);
  assert_word (&words, 0, WORD_OPTION, "--reason=\"50 % of\n@\"");
  words_release (&words);
}

static void
unescapes_in_place (void **state)
{
  char good[] = "a%20b%25%ff%Ff";
  char none[] = "abc";
  char cut[] = "ab%41";
  char bad[] = "ab%4";
  size_t length;

  (void)state;
  assert_int_equal (words_unescape (good, strlen (good), &length), 0);
  assert_int_equal (length, 6);
  assert_memory_equal (good, "a b%\xff\xff", 7);
  assert_int_equal (words_unescape (none, 3, &length), 0);
  assert_string_equal (none, "abc");
  assert_int_equal (words_unescape (cut, 2, &length), 0);
  assert_string_equal (cut, "ab");
  assert_code (words_unescape (bad, 4, &length), GPG_ERR_SYNTAX);
}

static void
finds_the_last_word (void **state)
{
  static const struct
  {
    const char *line;
    size_t last;
  } lines[] = { { "", 0 },
                { "  ", 2 },
                { "AUG", 0 },
                { "AUG ", 4 },
                { "AUG GET", 4 },
                { "AUG\t\"a b", 4 },
                { "AUG \"a b\"", 4 },
                { "A \"b\" ", 6 },
                { "A \"b\"c d", 7 },
                { "A b\"c d", 6 } };

  (void)state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    assert_ptr_equal (words_last (lines[i].line),
                      lines[i].line + lines[i].last);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (splits),
    cmocka_unit_test (quoted_words_are_plain),
    cmocka_unit_test (nothing_has_no_words),
    cmocka_unit_test (refuses_bad_lines),
    cmocka_unit_test (counts_words),
    cmocka_unit_test (quotes_anything),
    cmocka_unit_test (escapes_for_options),
    cmocka_unit_test (unescapes_in_place),
    cmocka_unit_test (finds_the_last_word),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
