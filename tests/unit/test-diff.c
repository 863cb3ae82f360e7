/* test-diff.c - unified differences, against diff and patch
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include <spawn.h>
#include <sys/wait.h>
#include "../../protocol/memory.h"
#include "../../src/plan/diff.h"

extern char **environ;

/* Append the difference of two texts (with their lengths) to TEXT.  */
static void
diff (const char *old_bytes, size_t old_length, const char *new_bytes,
      size_t new_length, struct buffer *text)
{
  const struct diff_side old_side = { "a", old_bytes, old_length };
  const struct diff_side new_side = { "b", new_bytes, new_length };

  buffer_clear (text);
  assert_int_equal (diff_unified (&old_side, &new_side, text), 0);
}

static void
expect (const char *old_text, const char *new_text, const char *expected)
{
  struct buffer text = BUFFER_EMPTY;

  diff (old_text, strlen (old_text), new_text, strlen (new_text), &text);
  assert_string_equal (text.bytes ? text.bytes : "", expected);
  buffer_release (&text);
}

#define HEAD "--- a\n+++ b\n"

static void
test_forms (void **state)
{
  (void)state;
  expect ("", "", "");
  expect ("a\n", "a\n", "");
  expect ("", "a\n", HEAD "@@ -0,0 +1 @@\n+a\n");
  expect ("", "a\nb\n", HEAD "@@ -0,0 +1,2 @@\n+a\n+b\n");
  expect ("a\n", "", HEAD "@@ -1 +0,0 @@\n-a\n");
  expect ("a\n", "b\n", HEAD "@@ -1 +1 @@\n-a\n+b\n");
  expect ("a\nb\nc\n", "a\nc\n", HEAD "@@ -1,3 +1,2 @@\n a\n-b\n c\n");
  expect ("1\n2\n3\n4\n5\n", "1\n2\n3\n4\n5\n6\n",
          HEAD "@@ -3,3 +3,4 @@\n 3\n 4\n 5\n+6\n");
  expect ("\n", "\n\n", HEAD "@@ -1 +1,2 @@\n \n+\n");
}

static void
test_no_newline (void **state)
{
  (void)state;
  expect ("a", "a\n",
          HEAD "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
  expect ("a\n", "a",
          HEAD "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n");
  expect ("x\na", "y\na",
          HEAD "@@ -1,2 +1,2 @@\n-x\n+y\n a\n\\ No newline at end of file\n");
  expect ("a", "b",
          HEAD "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n"
               "+b\n\\ No newline at end of file\n");
}

/* Changes more than six lines apart have a hunk each.  */
static void
test_hunks (void **state)
{
  (void)state;
  expect ("x\n1\n2\n3\n4\n5\n6\ny\n", "X\n1\n2\n3\n4\n5\n6\nY\n",
          HEAD "@@ -1,8 +1,8 @@\n-x\n+X\n 1\n 2\n 3\n 4\n 5\n 6\n-y\n+Y\n");
  expect ("x\n1\n2\n3\n4\n5\n6\n7\ny\n", "X\n1\n2\n3\n4\n5\n6\n7\nY\n",
          HEAD "@@ -1,4 +1,4 @@\n-x\n+X\n 1\n 2\n 3\n"
               "@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-y\n+Y\n");
}

static void
test_bytes (void **state)
{
  static const char expected[] = HEAD
      "@@ -1,2 +1,2 @@\n-\0\xff\r\n+\0\xfe\r\n \0\n";
  struct buffer text = BUFFER_EMPTY;

  (void)state;
  diff ("\0\xff\r\n\0\n", 6, "\0\xfe\r\n\0\n", 6, &text);
  assert_int_equal (text.length, sizeof expected - 1);
  assert_memory_equal (text.bytes, expected, sizeof expected);
  buffer_release (&text);
}

/* --- Against the tools --- */

/* Run ARGV with the file OUT as its output; its exit status, or -1.  */
static int
run (const char *const *argv, const char *out)
{
  posix_spawn_file_actions_t actions;
  pid_t pid;
  int status;
  int err;

  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_addopen (&actions, 1, out,
                                    O_WRONLY | O_CREAT | O_TRUNC, 0600);
  err = posix_spawnp (&pid, argv[0], &actions, NULL,
                      (char *const *)(uintptr_t)argv, environ);
  posix_spawn_file_actions_destroy (&actions);
  if (err)
    return -1;
  assert_int_equal (waitpid (pid, &status, 0), pid);
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

static void
write_bytes (const char *path, const char *bytes, size_t length)
{
  FILE *stream = fopen (path, "w");

  assert_non_null (stream);
  assert_int_equal (fwrite (bytes, 1, length, stream), length);
  assert_int_equal (fclose (stream), 0);
}

/* A small generator, the same everywhere.  */
static uint32_t
next_number (uint32_t *seed)
{
  *seed = *seed * 1103515245U + 12345U;
  return *seed >> 16;
}

/* Make a text of few different lines; return its length.  */
static size_t
make_text (uint32_t *seed, char *text)
{
  static const char *const lines[] = { "a\n", "b\n",         "c\n",
                                       "\n",  "long line\n", "# comment\n" };
  uint32_t count = next_number (seed) % 30;
  uint32_t kinds = 1 + next_number (seed) % 6;

  *text = 0;
  for (uint32_t i = 0; i < count; i++)
    strncat (text, lines[next_number (seed) % kinds], 16);
  if (count && !(next_number (seed) % 8))
    text[strlen (text) - 1] = 0;
  return strlen (text);
}

/* Make NEW_TEXT from OLD_TEXT by few edits.  */
static size_t
edit_text (uint32_t *seed, const char *old_text, char *new_text)
{
  const char *line = old_text;
  char *end = new_text;

  while (*line)
    {
      size_t length = strcspn (line, "\n");

      length += line[length] == '\n';
      switch (next_number (seed) % 12)
        {
        case 0:
          break;
        case 1:
          memcpy (end, "new\n", 4);
          end += 4;
          __attribute__ ((fallthrough));
        default:
          memcpy (end, line, length);
          end += length;
        }
      line += length;
    }
  *end = 0;
  return (size_t)(end - new_text);
}

static void
test_random (void **state)
{
  struct scratch *scratch = *state;
  auto_free char *a = strdup (scratch_path (scratch, "/a"));
  auto_free char *b = strdup (scratch_path (scratch, "/b"));
  auto_free char *ours = strdup (scratch_path (scratch, "/ours"));
  auto_free char *theirs = strdup (scratch_path (scratch, "/theirs"));
  const char *const diff_argv[] = { "diff", "-U3", "--label", "a", "--label",
                                    "b",    "-a",  a,         b,   NULL };
  const char *const patch_argv[] = { "patch", "-s", "-f", "-o",
                                     theirs,  a,    ours, NULL };
  const char *const compare_argv[] = { "cmp", theirs, b, NULL };
  static char old_text[4096];
  static char new_text[4096];
  struct buffer text = BUFFER_EMPTY;
  uint32_t seed = 1;
  unsigned same = 0;
  unsigned differing = 0;

  for (unsigned i = 0; i < 400; i++)
    {
      size_t old_length = make_text (&seed, old_text);
      size_t new_length = i % 2 ? make_text (&seed, new_text)
                                : edit_text (&seed, old_text, new_text);
      int status;

      diff (old_text, old_length, new_text, new_length, &text);
      write_bytes (a, old_text, old_length);
      write_bytes (b, new_text, new_length);
      status = run (diff_argv, theirs);
      if (status != 0 && status != 1)
        {
          print_message ("there is no diff\n");
          buffer_release (&text);
          skip ();
        }
      assert_int_equal (status, text.length ? 1 : 0);
      if (!text.length
          || !strcmp (text.bytes, scratch_text (scratch, "/theirs")))
        {
          same++;
          continue;
        }
      write_bytes (ours, text.bytes, text.length);
      if (run (patch_argv, scratch_path (scratch, "/said")) == -1)
        continue;
      differing++;
      assert_int_equal (run (compare_argv, scratch_path (scratch, "/said")), 0);
    }
  print_message ("%u as diff has it, %u otherwise\n", same, differing);
  assert_true (same > 200);
  buffer_release (&text);
}

/* --- Bounds --- */

/* Nothing in common but the ends: one hunk.  */
static void
test_fallback (void **state)
{
  struct buffer old_text = BUFFER_EMPTY;
  struct buffer new_text = BUFFER_EMPTY;
  struct buffer text = BUFFER_EMPTY;
  const char *hunk;

  (void)state;
  buffer_string (&old_text, "same\n");
  buffer_string (&new_text, "same\n");
  for (int i = 0; i < 5000; i++)
    {
      buffer_printf (&old_text, "old %d\nshared %d\n", i, i);
      buffer_printf (&new_text, "new %d\nshared %d\n", i, i);
    }
  buffer_string (&old_text, "end\n");
  buffer_string (&new_text, "end\n");
  diff (old_text.bytes, old_text.length, new_text.bytes, new_text.length,
        &text);
  hunk = strstr (text.bytes, "\n@@ ");
  assert_non_null (hunk);
  assert_memory_equal (hunk, "\n@@ -1,10002 +1,10002 @@\n", 24);
  assert_null (strstr (hunk + 1, "\n@@ "));
  assert_non_null (strstr (hunk, "\n-shared 4998\n"));
  assert_non_null (strstr (hunk, "\n+shared 4998\n"));
  buffer_release (&old_text);
  buffer_release (&new_text);
  buffer_release (&text);
}

/* Large texts that are hard to compare end in time.  */
static void
test_large (void **state)
{
  const size_t length = 1 << 20;
  struct buffer text = BUFFER_EMPTY;
  char *old_text = malloc (length);
  char *new_text = malloc (length);

  (void)state;
  assert_non_null (old_text);
  assert_non_null (new_text);
  memset (old_text, '\n', length);
  memset (new_text, '\n', length);
  for (size_t i = 0; i + 3 < length; i += 4)
    {
      old_text[i] = (char)('a' + i / 4 % 3);
      new_text[i] = (char)('a' + i / 4 % 5);
    }
  diff (old_text, length, new_text, length, &text);
  assert_true (text.length > 0);
  free (old_text);
  free (new_text);
  buffer_release (&text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_forms),
    cmocka_unit_test (test_no_newline),
    cmocka_unit_test (test_hunks),
    cmocka_unit_test (test_bytes),
    cmocka_unit_test_setup_teardown (test_random, scratch_setup,
                                     scratch_teardown),
    cmocka_unit_test (test_fallback),
    cmocka_unit_test (test_large),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
