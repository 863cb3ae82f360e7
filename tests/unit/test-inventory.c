/* test-inventory.c - tests of src/mod/aug/inventory.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "sessionhand.h"

/* Telling all below PATH is TEXT.  */
static void
tells (struct sessionhand *hand, const char *path, const char *text)
{
  assert_int_equal (inventory_tell (&hand->call, hand->session, path), 0);
  assert_string_equal (sessionhand_told (hand), text);
}

static void
files_come_as_lenses_and_globs_do (void **state)
{
  struct sessionhand *hand = *state;

  scratch_write (hand->scratch, "/etc/fstab", "f\n");
  scratch_write (hand->scratch, "/etc/hosts", "h\n");
  scratch_write (hand->scratch, "/etc/unclaimed", "u\n");
  scratch_mkdir (hand->scratch, "/etc/many");
  scratch_write (hand->scratch, "/etc/many/a", "a\n");
  scratch_write (hand->scratch, "/etc/many/a.bak", "b\n");
  scratch_write (hand->scratch, "/etc/many/.hidden", "h\n");
  scratch_mkdir (hand->scratch, "/etc/many/directory");
  scratch_mkdir (hand->scratch, "/srv");
  scratch_mkdir (hand->scratch, "/srv/one");
  scratch_write (hand->scratch, "/srv/one/hosts", "s\n");
  tells (hand, "",
         "ORDER |FILE /etc/hosts|@Hosts|h\n|FILE /etc/many/a|@Hosts|a\n|"
         "FILE /srv/one/hosts|@Hosts|s\n|FILE /etc/fstab|@Fstab|f\n|");
  /* What was told keeps its place, and is not read again.  */
  tells (hand, "",
         "ORDER |KNOWN /etc/hosts|KNOWN /etc/many/a|KNOWN /srv/one/hosts|"
         "KNOWN /etc/fstab|");
  tells (hand, "/etc/many", "ORDER /etc/many|KNOWN /etc/many/a|");
  tells (hand, "/srv", "ORDER /srv|KNOWN /srv/one/hosts|");
  tells (hand, "/srv/one", "ORDER /srv/one|KNOWN /srv/one/hosts|");
  tells (hand, "/etc/man", "ORDER /etc/man|");
  tells (hand, "/etc/hosts", "ORDER /etc/hosts|");
  tells (hand, "/none", "ORDER /none|");
}

/* Two entries of one definition are the same lens; others are rivals.  */
static void
rivals (void **state)
{
  struct sessionhand *hand = *state;
  char text[200];

  scratch_write (hand->scratch, "/etc/both", "b\n");
  scratch_write (hand->scratch, "/etc/hosts", "h\n");
  snprintf (text, sizeof text,
            "ORDER /etc|FILE /etc/hosts|@Hosts|h\n|REFUSED /etc/both|@Hosts|0|"
            "%d|Lenses @Hosts and @Fstab could be used to load this file|"
            "mxfm_load|",
            GPG_ERR_BAD_DATA);
  tells (hand, "/etc", text);
}

/* Links are followed below the root; those that may not be, and reeve's own,
   are passed over.  */
static void
links_and_own_files (void **state)
{
  struct sessionhand *hand = *state;

  scratch_mkdir (hand->scratch, "/etc/reeve");
  scratch_write (hand->scratch, "/etc/reeve/reeved.conf", "own\n");
  scratch_mkdir (hand->scratch, "/opt");
  scratch_write (hand->scratch, "/opt/hosts", "linked\n");
  scratch_mkdir (hand->scratch, "/opt/many");
  scratch_write (hand->scratch, "/opt/many/a", "a\n");
  assert_int_equal (
      symlink ("/opt/hosts", scratch_path (hand->scratch, "/etc/hosts")), 0);
  assert_int_equal (
      symlink ("/opt/many", scratch_path (hand->scratch, "/etc/many")), 0);
  assert_int_equal (symlink ("/etc/reeve/reeved.conf",
                             scratch_path (hand->scratch, "/opt/many/own")),
                    0);
  assert_int_equal (
      symlink ("/nowhere", scratch_path (hand->scratch, "/etc/fstab")), 0);
  assert_int_equal (inventory_tell (&hand->call, hand->session, ""), 0);
  sessionhand_told (hand);
  assert_non_null (strstr (hand->told, "FILE /etc/hosts|@Hosts|linked\n|"));
  assert_non_null (strstr (hand->told, "FILE /etc/many/a|@Hosts|a\n|"));
  assert_null (strstr (hand->told, "own\n"));
  assert_null (strstr (hand->told, "reeved.conf"));
  assert_null (strstr (hand->told, "/etc/fstab"));
  /* A directory that anybody may write to has links nobody follows.  */
  known_files_drop_all (hand->session);
  assert_int_equal (chmod (scratch_path (hand->scratch, "/etc"), 0777), 0);
  tells (hand, "", "ORDER |");
}

static void
large_files_are_left_out (void **state)
{
  struct sessionhand *hand = *state;
  const char *path = scratch_path (hand->scratch, "/etc/hosts");

  scratch_write (hand->scratch, "/etc/hosts", "h\n");
  scratch_write (hand->scratch, "/etc/fstab", "f\n");
  assert_int_equal (truncate (path, LIMIT_AUG_FILE + 1), 0);
  assert_int_equal (inventory_tell (&hand->call, hand->session, ""), 0);
  sessionhand_told (hand);
  assert_ptr_equal (strstr (hand->told, "ORDER |REFUSED /etc/hosts|@Hosts|0|"),
                    hand->told);
  assert_non_null (strstr (hand->told, "FILE /etc/fstab|@Fstab|f\n|"));
  assert_ptr_equal (strstr (sessionhand_answer (hand), "S WARNING left out: "),
                    sessionhand_answer (hand));
}

/* More than a session may hold: who asked for all is told to ask for less. */
static void
there_is_a_limit_of_files (void **state)
{
  struct sessionhand *hand = *state;
  int directory;

  scratch_mkdir (hand->scratch, "/etc/many");
  directory = open (scratch_path (hand->scratch, "/etc/many"),
                    O_RDONLY | O_DIRECTORY);
  assert_true (directory >= 0);
  for (int i = 0; i <= LIMIT_AUG_FILES; i++)
    {
      char name[16];
      int fd;

      snprintf (name, sizeof name, "%d", i);
      fd = openat (directory, name, O_CREAT | O_WRONLY, 0644);
      assert_true (fd >= 0);
      close (fd);
    }
  assert_code (inventory_tell (&hand->call, hand->session, ""),
               GPG_ERR_LIMIT_REACHED);
  assert_non_null (strstr (hand->call.failure.text, "name the files"));
  assert_int_equal (hand->session->file_count, 0);
  close (directory);
}

static bool
gave_up (void *context)
{
  return ++*(int *)context > 1;
}

/* Globs may be a client's own, and lead anywhere.  */
static void
looking_ends_in_time (void **state)
{
  struct sessionhand *hand = *state;
  struct channel *channel = &hand->session->channel;
  uint64_t deadline = channel->deadline;
  int asked = 0;

  scratch_mkdir (hand->scratch, "/etc/many");
  scratch_write (hand->scratch, "/etc/many/a", "a\n");
  channel->deadline = 1;
  assert_code (inventory_tell (&hand->call, hand->session, ""),
               GPG_ERR_TIMEOUT);
  assert_non_null (strstr (hand->call.failure.text, "name those you want"));
  channel->deadline = deadline;
  channel->give_up = gave_up;
  channel->give_up_context = &asked;
  assert_code (inventory_tell (&hand->call, hand->session, ""),
               GPG_ERR_CANCELED);
  channel->give_up = NULL;
  assert_int_equal (hand->session->file_count, 0);
}

/* As no glob of ours has it: it would hide what the path leads to.  */
static void
only_canonical_paths (void **state)
{
  static const char text[] = "lens @Hosts\ninfo h:1\nincl /etc/../etc/hosts\n";
  struct sessionhand *hand = *state;

  lens_table_release (&hand->session->table);
  assert_int_equal (
      lens_table_parse (text, strlen (text), &hand->session->table), 0);
  scratch_write (hand->scratch, "/etc/hosts", "h\n");
  tells (hand, "", "ORDER |");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    SESSION_TEST (files_come_as_lenses_and_globs_do),
    SESSION_TEST (rivals),
    SESSION_TEST (links_and_own_files),
    SESSION_TEST (large_files_are_left_out),
    SESSION_TEST (there_is_a_limit_of_files),
    SESSION_TEST (looking_ends_in_time),
    SESSION_TEST (only_canonical_paths),
  };

  return cmocka_run_group_tests_name ("inventory", tests, NULL, NULL);
}
