/* test-aug.c - tests of AUG with a keeper and workers of its own
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "check.h"
#include "aughand.h"

#include "../../src/base/fence.h"

static const char hosts[] = "127.0.0.1 localhost\n192.0.2.7 gate.example g\n";

/* A machine with two files, one of which does not parse.  */
static struct hand *
begin (void **state)
{
  struct hand *hand = *state;

  scratch_write (hand->scratch, "/etc/hosts", hosts);
  scratch_write (hand->scratch, "/etc/fstab", "no fstab\n");
  return hand;
}

static void
reading (void **state)
{
  struct hand *hand = begin (state);

  hand_expect (hand, "GET /files/etc/hosts/1/ipaddr", "127.0.0.1");
  hand_expect (hand, "GET /files/etc/hosts/2/alias /files/etc/hosts/1/ipaddr",
               "path: /files/etc/hosts/2/alias\nvalue: g\n\n"
               "path: /files/etc/hosts/1/ipaddr\nvalue: 127.0.0.1\n");
  hand_expect (hand, "LABEL /files/etc/hosts/*[alias]", "2");
  hand_expect (hand, "MATCH /files/etc/hosts/*",
               "/files/etc/hosts/1\n/files/etc/hosts/2\n");
  hand_expect (hand, "MATCH /files/etc/*", "/files/etc/hosts\n");
  hand_expect (hand, "MATCH /files/etc/hosts/7", "");
  hand_expect (hand, "PRINT /files/etc/hosts/1/ipaddr",
               "/files/etc/hosts/1/ipaddr = \"127.0.0.1\"\n");
  hand_expect (hand, "LS /files/etc/hosts",
               "label: 1\npath: /files/etc/hosts/1\nchildren: yes\n\n"
               "label: 2\npath: /files/etc/hosts/2\nchildren: yes\n");
}

static void
classes_of_errors (void **state)
{
  struct hand *hand = begin (state);

  hand_expect_error (hand, "GET /files/etc/hosts/7", GPG_ERR_NOT_FOUND);
  hand_expect_error (hand, "GET /files/etc/none", GPG_ERR_NOT_FOUND);
  hand_expect_error (hand, "GET /files/etc/hosts/1", GPG_ERR_NO_DATA);
  hand_expect_error (hand, "GET /files/etc/hosts/*", GPG_ERR_AMBIGUOUS);
  hand_expect_error (hand, "GET /files/etc/hosts/[", GPG_ERR_SYNTAX);
  hand_expect_error (hand, "LABEL /files/etc/none", GPG_ERR_NOT_FOUND);
  hand_expect_error (hand, "SET /files/etc/hosts/* x", GPG_ERR_AMBIGUOUS);
  hand_expect_error (hand, "INSERT a/b before /files/etc/hosts/1",
                     GPG_ERR_INV_ARG);
  hand_expect_error (hand, "INSERT a before /files/etc/hosts/7",
                     GPG_ERR_NOT_FOUND);
  hand_expect_error (hand, "MOVE /files/etc/hosts/1 /files/etc/hosts/1/a",
                     GPG_ERR_INV_ARG);
  hand_expect_error (hand, "DEFVAR a/b /files", GPG_ERR_INV_NAME);
  hand_expect_error (hand, "GET $none", GPG_ERR_SYNTAX);
}

static void
a_file_that_does_not_parse (void **state)
{
  struct hand *hand = begin (state);

  hand_expect_error (hand, "GET /files/etc/fstab/1/spec", GPG_ERR_BAD_DATA);
  assert_string_equal (hand_detail (hand, "file"), "/etc/fstab");
  assert_string_equal (hand_detail (hand, "lens"), "@Fstab");
  assert_string_equal (hand_detail (hand, "line"), "1");
  assert_string_equal (hand_detail (hand, "character"), "8");
  assert_string_equal (hand_detail (hand, "text"), "no fstab");
  assert_true (*hand_detail (hand, "reason"));
  /* Again, and whoever does not ask for it does not see it.  */
  hand_expect_error (hand, "SET /files/etc/fstab/1/spec x", GPG_ERR_BAD_DATA);
  hand_expect (hand, "MATCH /files//spec", "");
  hand_expect (hand, "GET /augeas/files/etc/fstab/error", "parse_failed");
  assert_int_equal (hand_run (hand, "ERRORS"), 0);
  assert_non_null (strstr (hand_answer (hand), "file: /etc/fstab\n"));
  assert_int_equal (hand_run (hand, "ERRORS /files/etc/fstab"), 0);
  assert_non_null (strstr (hand_answer (hand), "file: /etc/fstab\n"));
  hand_expect (hand, "ERRORS /files/etc/hosts", "");
}

static void
files_with_a_nul (void **state)
{
  struct hand *hand = begin (state);
  FILE *file = fopen (scratch_path (hand->scratch, "/etc/hostname"), "w");

  assert_non_null (file);
  assert_int_equal (fwrite ("a\0b\n", 1, 4, file), 4);
  fclose (file);
  hand_expect_error (hand, "GET /files/etc/hostname/hostname",
                     GPG_ERR_BAD_DATA);
  hand_expect (hand, "MATCH /files/etc/*", "/files/etc/hosts\n");
}

static void
large_files (void **state)
{
  struct hand *hand = begin (state);
  FILE *file = fopen (scratch_path (hand->scratch, "/etc/hostname"), "w");

  assert_non_null (file);
  assert_int_equal (ftruncate (fileno (file), LIMIT_AUG_FILE + 1), 0);
  fclose (file);
  hand_expect_error (hand, "GET /files/etc/hostname/hostname",
                     GPG_ERR_TOO_LARGE);
  /* Such a file does not end a call that did not name it, but is told.  */
  assert_int_equal (hand_run (hand, "MATCH /files//ipaddr"), 0);
  assert_non_null (strstr (hand_answer (hand), "/files/etc/hosts/1/ipaddr\n"));
  assert_ptr_equal (strstr (hand_answer (hand), "S WARNING left out: "),
                    hand_answer (hand));
  assert_non_null (strstr (hand_answer (hand), "/etc/hostname"));
  hand_expect (hand, "GET /files/etc/hosts/1/ipaddr", "127.0.0.1");
}

static void
order_does_not_depend_on_history (void **state)
{
  struct hand *hand = begin (state);
  char *whole;

  scratch_write (hand->scratch, "/etc/hostname", "gate\n");
  scratch_write (hand->scratch, "/etc/group", "root:x:0:\n");
  scratch_write (hand->scratch, "/etc/passwd", "root:x:0:0::/:/bin/sh\n");
  assert_int_equal (hand_run (hand, "MATCH /files/etc/*"), 0);
  whole = strdup (hand_answer (hand));
  for (int i = 0; i < 4; i++)
    {
      static const char *const first[] = { "hosts", "hostname", "group",
                                           "passwd" };

      aug_session_end (hand->module.session);
      hand->module.session = NULL;
      for (int j = 0; j < 3; j++)
        {
          char line[64];

          snprintf (line, sizeof line, "MATCH /files/etc/%s/1",
                    first[(i + j) % 4]);
          assert_int_equal (hand_run (hand, line), 0);
        }
      hand_expect (hand, "MATCH /files/etc/*", whole);
      hand_expect (hand, "MATCH /files/*[modified()]", "");
      hand_expect (hand, "MATCH /files//*[modified()]", "");
    }
  free (whole);
}

static void
edits_survive_loading (void **state)
{
  struct hand *hand = begin (state);

  scratch_write (hand->scratch, "/etc/hostname", "gate\n");
  hand_expect (hand, "DEFVAR h /files/etc/hosts/*", "2");
  hand_expect (hand, "SET /files/etc/hosts/1/canonical here", "");
  assert_int_equal (hand_run (hand, "MATCH //*"), 0);
  hand_expect (hand, "GET /files/etc/hosts/1/canonical", "here");
  hand_expect (hand, "GET $h[2]/ipaddr", "192.0.2.7");
}

static void
saving (void **state)
{
  struct hand *hand = begin (state);

  hand_expect (hand, "SAVE", "");
  hand_expect (hand, "SET /files/etc/hosts/1/canonical here", "");
  hand_expect (hand, "DIFF",
               "--- /etc/hosts\n+++ /etc/hosts\n@@ -1,2 +1,2 @@\n"
               "-127.0.0.1 localhost\n+127.0.0.1 here\n"
               " 192.0.2.7 gate.example g\n");
  assert_int_equal (hand_run (hand, "SAVE --dry-run"), 0);
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"), hosts);
  hand_expect (hand, "SAVE", "/etc/hosts\n");
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"),
                       "127.0.0.1 here\n192.0.2.7 gate.example g\n");
  hand_expect (hand, "DIFF", "");
  hand_expect (hand, "SAVE", "");
  hand_expect (hand, "MATCH /files//*[modified()]", "");
  hand_expect (hand, "GET /augeas/events/saved", "/files/etc/hosts");
  /* What was written is what the next change is compared with.  */
  hand_expect (hand, "SET /files/etc/hosts/1/canonical there", "");
  hand_expect (hand, "SAVE", "/etc/hosts\n");
  hand_expect (hand, "REMOVE /files/etc/hosts", "8");
  hand_expect (hand, "SAVE", "/etc/hosts\n");
  assert_null (scratch_text (hand->scratch, "/etc/hosts"));
  hand_expect (hand, "SET /files/etc/hosts/1/ipaddr 192.0.2.1", "");
  hand_expect (hand, "SET /files/etc/hosts/1/canonical new", "");
  hand_expect (hand, "SAVE", "/etc/hosts\n");
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"),
                       "192.0.2.1\tnew\n");
}

/* The other names of a file cannot be taken along: that is told.  */
static void
hard_links (void **state)
{
  struct hand *hand = begin (state);

  assert_int_equal (link (scratch_path (hand->scratch, "/etc/hosts"),
                          scratch_path (hand->scratch, "/etc/other")),
                    0);
  hand_expect (hand, "SET /files/etc/hosts/1/canonical here", "");
  hand_expect (hand, "SAVE",
               "S WARNING /etc/hosts has 2 names (hard links): the others "
               "keep the old text\n/etc/hosts\n");
  assert_string_equal (scratch_text (hand->scratch, "/etc/other"), hosts);
}

static void
conflicts (void **state)
{
  struct hand *hand = begin (state);

  hand_expect (hand, "SET /files/etc/hosts/1/canonical here", "");
  scratch_write (hand->scratch, "/etc/hosts", "192.0.2.9 other\n");
  hand_expect_error (hand, "SAVE", GPG_ERR_CONFLICT);
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"),
                       "192.0.2.9 other\n");
  hand_expect (hand, "GET /files/etc/hosts/1/canonical", "here");
  hand_expect (hand, "LOAD", "");
  hand_expect (hand, "GET /files/etc/hosts/1/canonical", "other");
  hand_expect (hand, "SET /files/etc/hostname/hostname gate", "");
  scratch_write (hand->scratch, "/etc/hostname", "else\n");
  hand_expect_error (hand, "SAVE", GPG_ERR_CONFLICT);
  assert_string_equal (scratch_text (hand->scratch, "/etc/hostname"), "else\n");
}

static void
nodes_that_no_file_takes (void **state)
{
  static const char *const lines[]
      = { "SET /files/etc/nonsense/1 x",
          "SET /files/etc x",
          "SET /stray x",
          "SET /files x",
          "SET /files/etc/hosts x",
          "INSERT hosts after /files/etc/hosts",
          "MOVE /files/etc/hosts /files/etc/nonsense",
          "SET /files/etc/nonsense/a/b/c x" };
  struct hand *hand = begin (state);

  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    {
      hand_expect (hand, "MATCH /files/etc/hosts", "/files/etc/hosts\n");
      hand_expect (hand, lines[i], "");
      hand_expect_error (hand, "DIFF", GPG_ERR_NOT_SUPPORTED);
      assert_true (*hand_detail (hand, "node"));
      hand_expect_error (hand, "SAVE", GPG_ERR_NOT_SUPPORTED);
      assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"), hosts);
      hand_expect (hand, "REVERT", "");
      hand_expect (hand, "SAVE", "");
      hand_expect (hand, "GET /files/etc/hosts/1/canonical", "localhost");
    }
  hand_expect (hand, "SET /augeas/x/y z", "");
  hand_expect (hand, "SAVE", "");
}

static void
trees_that_a_lens_refuses (void **state)
{
  struct hand *hand = begin (state);

  hand_expect (hand, "SET /files/etc/hosts/1/nonsense x", "");
  hand_expect_error (hand, "SAVE", GPG_ERR_BAD_DATA);
  assert_string_equal (hand_detail (hand, "file"), "/etc/hosts");
  assert_string_equal (hand_detail (hand, "lens"), "@Hosts");
  assert_string_equal (hand_detail (hand, "path"), "/files/etc/hosts/1");
  assert_true (*hand_detail (hand, "reason"));
  assert_int_equal (hand_run (hand, "ERRORS /files/etc/hosts"), 0);
  assert_non_null (strstr (hand_answer (hand), "error: put_failed\n"));
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"), hosts);
}

static void
reverting (void **state)
{
  struct hand *hand = begin (state);
  char *whole;

  scratch_write (hand->scratch, "/etc/hostname", "gate\n");
  assert_int_equal (hand_run (hand, "PRINT /files"), 0);
  whole = strdup (hand_answer (hand));
  hand_expect (hand, "SET /files/etc/hosts/1/canonical here", "");
  hand_expect (hand, "REMOVE /files/etc/hostname", "2");
  hand_expect (hand, "SET /files/etc/new/x y", "");
  hand_expect (hand, "INSERT hosts before /files/etc/hosts", "");
  hand_expect (hand, "SET /files/etc z", "");
  hand_expect (hand, "SET /top z", "");
  hand_expect (hand, "REVERT", "");
  hand_expect (hand, "PRINT /files", whole);
  hand_expect (hand, "MATCH /top", "");
  hand_expect (hand, "MATCH /files//*[modified()]", "");
  free (whole);
}

static void
reeves_own_files (void **state)
{
  struct hand *hand = begin (state);

  scratch_mkdir (hand->scratch, "/etc/reeve");
  scratch_write (hand->scratch, "/etc/reeve/x.conf", "secret\n");
  assert_int_equal (
      symlink ("reeve/x.conf", scratch_path (hand->scratch, "/etc/hostname")),
      0);
  hand_expect_error (hand, "GET /files/etc/reeve/x.conf/1", GPG_ERR_FORBIDDEN);
  hand_expect_error (hand, "GET /files/etc/hostname/hostname",
                     GPG_ERR_FORBIDDEN);
  hand_expect (hand, "MATCH \"/files//*[. = 'secret']\"", "");
}

static void
nothing_but_load_widens_what_is_read (void **state)
{
  struct hand *hand = begin (state);

  scratch_write (hand->scratch, "/secret", "127.0.0.1 secret\n");
  hand_expect (hand, "SET /augeas/load/Hosts/incl[last()+1] /secret", "");
  hand_expect (hand, "SET /augeas/load/X/incl /secret", "");
  hand_expect (hand, "SET /augeas/load/X/lens Hosts.lns", "");
  hand_expect (hand, "SET /augeas/root /", "");
  hand_expect_error (hand, "GET /files/secret/1/canonical", GPG_ERR_NOT_FOUND);
  hand_expect (hand, "MATCH \"/files//*[. = 'secret']\"", "");
  hand_expect (hand, "SET /augeas/context /files/etc/../secret", "");
  hand_expect (hand, "MATCH ./1/canonical", "");
  hand_expect (hand, "SET /augeas/context /files", "");
  hand_expect (hand, "DEFVAR x /files/secret/*", "0");
  hand_expect (hand, "MATCH /files/etc/../../secret/1", "");
  hand_expect (hand, "MATCH /files/etc/child::..", "");
  /* Nor what is written.  */
  hand_expect (hand, "SET /files/new/1/ipaddr 127.0.0.1", "");
  hand_expect_error (hand, "SAVE", GPG_ERR_NOT_SUPPORTED);
}

static void
loading_evaluates_variables (void **state)
{
  struct hand *hand = begin (state);

  hand_expect (hand, "DEFVAR h /files/etc/hosts/*", "2");
  scratch_write (hand->scratch, "/etc/hosts", "127.0.0.1 a\n::1 b\n::2 c\n");
  hand_expect (hand, "LOAD", "");
  hand_expect (hand, "MATCH $h",
               "/files/etc/hosts/1\n/files/etc/hosts/2\n"
               "/files/etc/hosts/3\n");
}

/* The expression kills the worker: that costs the edits and no more.  */
static void
dies_of (struct hand *hand, const char *line, gpg_err_code_t code)
{
  hand_expect (hand, "SET /files/etc/hosts/1/canonical here", "");
  hand_expect_error (hand, line, code);
  assert_non_null (strstr (hand->call.failure.text, "edits are lost"));
  hand_expect (hand, "GET /files/etc/hosts/1/canonical", "localhost");
}

static void
deaths (void **state)
{
  struct hand *hand = begin (state);
  static char deep[60000 + 16];

  memset (deep, '(', sizeof deep - 1);
  memcpy (deep, "MATCH ", 6);
  dies_of (hand, "DEFVAR v %20regexp(%22[%22)and%FF", GPG_ERR_SERVER_FAILED);
  dies_of (hand, deep, GPG_ERR_SERVER_FAILED);
  /* The third is one too many: the next worker is refused.  */
  hand_expect_error (hand, deep, GPG_ERR_SERVER_FAILED);
  assert_null (strstr (hand->call.failure.text, "edits are lost"));
  hand_expect_error (hand, "GET /files/etc/hosts/1/ipaddr",
                     GPG_ERR_LIMIT_REACHED);
  tally_forget (hand->module.tally, getuid ());
  hand_expect (hand, "GET /files/etc/hosts/1/ipaddr", "127.0.0.1");
}

static void
endless_work (void **state)
{
  struct hand *hand = begin (state);
  FILE *file = fopen (scratch_path (hand->scratch, "/etc/hosts"), "w");

  assert_non_null (file);
  for (int i = 0; i < 8000; i++)
    fprintf (file, "127.0.0.1 localhost\n");
  fclose (file);
  /* Looking back takes the cube of their number.  */
  dies_of (hand, "MATCH /files/etc/hosts/*/preceding-sibling::*",
           GPG_ERR_TIMEOUT);
}

static void
too_much_memory (void **state)
{
#ifdef REEVE_SANITIZE
  (void)state;
  print_message ("machine: under a sanitizer memory has no limit\n");
  skip ();
#else
  struct hand *hand = begin (state);
  auto_buffer struct buffer line = BUFFER_EMPTY;
  gpg_error_t err;

  buffer_string (&line, "MATCH \"/files/etc/hosts//*[");
  for (int i = 0; i < 12; i++)
    buffer_string (&line, "count(/files//*[");
  buffer_string (&line, "1");
  for (int i = 0; i < 12; i++)
    buffer_string (&line, "]) > 0");
  buffer_string (&line, "]\"");
  hand_expect (hand, "SET /files/etc/hosts/1/canonical here", "");
  /* The library tells, or falls over.  */
  err = hand_run (hand, line.bytes);
  if (gpg_err_code (err) != GPG_ERR_SERVER_FAILED)
    assert_code (err, GPG_ERR_ENOMEM);
  assert_non_null (strstr (hand->call.failure.text, "edits are lost"));
  hand_expect (hand, "GET /files/etc/hosts/1/canonical", "localhost");
#endif
}

static void
without_a_keeper (void **state)
{
  struct hand *hand = begin (state);
  int fd = hand->module.helper_fd;
  int ends[2];

  hand->module.helper_fd = -1;
  hand_expect_error (hand, "GET /files/etc/hosts/1/ipaddr",
                     GPG_ERR_SERVER_FAILED);
  assert_int_equal (socketpair (AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  close (ends[1]);
  hand->module.helper_fd = ends[0];
  hand_expect_error (hand, "GET /files/etc/hosts/1/ipaddr",
                     GPG_ERR_SERVER_FAILED);
  close (ends[0]);
  hand->module.helper_fd = fd;
  hand_expect (hand, "GET /files/etc/hosts/1/ipaddr", "127.0.0.1");
}

static void
the_keeper_survives_nonsense (void **state)
{
  struct hand *hand = begin (state);
  int fd = hand->module.helper_fd;

  assert_int_equal (send (fd, "", 0, 0), 0);
  assert_int_equal (send (fd, "x", 1, 0), 1);
  assert_int_equal (send (fd, hosts, sizeof hosts, 0), sizeof hosts);
  hand_expect (hand, "GET /files/etc/hosts/1/ipaddr", "127.0.0.1");
}

static void
fences_are_told (void **state)
{
  struct hand *hand = begin (state);
  struct writer writer = { .sink = { hand_data, hand_status, NULL },
                           .output = OUTPUT_TEXT };

  hand_expect (hand, "GET /files/etc/hosts/1/ipaddr", "127.0.0.1");
  buffer_clear (&hand->answer);
  writer.sink.context = &hand->answer;
  hand->call.out = &writer;
  assert_int_equal (aug_noun.fences (&hand->call), 0);
  buffer_append (&hand->answer, "", 1);
  assert_non_null (strstr (hand_answer (hand),
                           "process: augeas worker\nfence: seccomp\n"
                           "holds: yes\n"));
  assert_non_null (
      strstr (hand_answer (hand), "fence: no_new_privs\nholds: yes\n"));
  writer_release (&writer);
  hand->call.out = NULL;
}

int
main (void)
{
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, hand_setup, hand_teardown)
  const struct CMUnitTest tests[] = {
    TEST (reading),
    TEST (classes_of_errors),
    TEST (a_file_that_does_not_parse),
    TEST (files_with_a_nul),
    TEST (large_files),
    TEST (order_does_not_depend_on_history),
    TEST (edits_survive_loading),
    TEST (saving),
    TEST (hard_links),
    TEST (conflicts),
    TEST (nodes_that_no_file_takes),
    TEST (trees_that_a_lens_refuses),
    TEST (reverting),
    TEST (reeves_own_files),
    TEST (nothing_but_load_widens_what_is_read),
    TEST (loading_evaluates_variables),
    TEST (deaths),
    TEST (endless_work),
    TEST (too_much_memory),
    TEST (without_a_keeper),
    TEST (the_keeper_survives_nonsense),
    TEST (fences_are_told),
  };

  return cmocka_run_group_tests_name ("aug", tests, hand_setup_group,
                                      hand_teardown_group);
}
