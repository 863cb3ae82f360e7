/* test-files.c - tests of src/mod/aug/files.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "fake_policy.h"
#include "sessionhand.h"

/* Let the worker need PATHS; the answer fails with CODE.  Returns what it is
   told.  */
static const char *
need (struct sessionhand *hand, gpg_err_code_t code, const char *const *paths)
{
  struct item items[8];
  struct message message = { CHANNEL_NEED, 0, 0, items };

  failure_release (&hand->call.failure);
  for (; *paths; paths++)
    items[message.count++] = (struct item){ *paths, strlen (*paths) };
  assert_code (files_answer (&hand->call, hand->session, &message), code);
  return sessionhand_told (hand);
}

#define NEED(hand, path) need (hand, 0, (const char *const[]){ path, NULL })

#define ANSWERS(hand, text, ...)                                               \
  assert_string_equal (                                                        \
      need (hand, 0, (const char *const[]){ __VA_ARGS__, NULL }), text)
#define FAILS(hand, code, text, ...)                                           \
  assert_string_equal (                                                        \
      need (hand, code, (const char *const[]){ __VA_ARGS__, NULL }), text)

static void
what_is_on_the_way_of_a_path (void **state)
{
  struct sessionhand *hand = *state;

  scratch_write (hand->scratch, "/etc/hosts", "h\n");
  scratch_write (hand->scratch, "/etc/unclaimed", "u\n");
  ANSWERS (hand, "FILE /etc/hosts|@Hosts|h\n|READY ", "/etc/hosts/1/ipaddr");
  /* Once is enough.  */
  ANSWERS (hand, "READY ", "/etc/hosts");
  assert_int_equal (hand->session->file_count, 1);
  ANSWERS (hand, "SETTLED /etc/unclaimed|SETTLED /etc/none|READY ",
           "/etc/unclaimed/x", "/etc/none");
  ANSWERS (hand, "SETTLED /none|READY ", "/none/a/b");
  ANSWERS (hand, "SETTLED /etc/..|SETTLED /etc/|SETTLED /.|READY ",
           "/etc/../etc/hosts", "/etc//hosts", "/./etc");
  assert_false (hand->session->wide);
}

static void
directories_are_told_whole (void **state)
{
  struct sessionhand *hand = *state;

  scratch_mkdir (hand->scratch, "/etc/many");
  scratch_write (hand->scratch, "/etc/many/a", "a\n");
  ANSWERS (hand,
           "ORDER /etc/many|FILE /etc/many/a|@Hosts|a\n|"
           "SETTLED/1 /etc/many|READY ",
           "/etc/many");
  assert_true (hand->session->wide);
  ANSWERS (hand, "ORDER |KNOWN /etc/many/a|SETTLED/1 /|READY ", "/");
}

static void
what_is_no_path (void **state)
{
  struct sessionhand *hand = *state;
  struct item items[] = { { "/etc\0x", 6 } };
  struct message message = { CHANNEL_NEED, 0, 1, items };
  char path[LIMIT_PATH + 16];
  char text[LIMIT_PATH + 32];

  FAILS (hand, GPG_ERR_INV_PACKET, "READY/1 ", "etc/hosts");
  FAILS (hand, GPG_ERR_INV_PACKET, "READY/1 ", "");
  assert_code (files_answer (&hand->call, hand->session, &message),
               GPG_ERR_INV_PACKET);
  assert_string_equal (sessionhand_told (hand), "READY/1 ");
  scratch_mkdir (hand->scratch, "/etc/many");
  memset (path, '/', sizeof path);
  path[sizeof path - 1] = 0;
  ANSWERS (hand, "SETTLED /|READY ", path);
  memset (path + 1, 'n', LIMIT_PATH);
  path[1 + LIMIT_PATH] = 0;
  snprintf (text, sizeof text, "SETTLED %s|READY ", path);
  ANSWERS (hand, text, path);
}

static void
files_that_cannot_be_had (void **state)
{
  struct sessionhand *hand = *state;
  char text[64];

  scratch_write (hand->scratch, "/etc/hosts", "h\n");
  assert_int_equal (
      truncate (scratch_path (hand->scratch, "/etc/hosts"), LIMIT_AUG_FILE + 1),
      0);
  assert_int_equal (
      symlink ("fstab", scratch_path (hand->scratch, "/etc/fstab")), 0);
  scratch_write (hand->scratch, "/etc/both", "b\n");
  scratch_mkdir (hand->scratch, "/etc/many");
  assert_int_equal (
      mkfifo (scratch_path (hand->scratch, "/etc/many/pipe"), 0600), 0);
  ANSWERS (hand, "SETTLED /etc/many/pipe|READY ", "/etc/many/pipe");
  NEED (hand, "/etc/hosts");
  assert_ptr_equal (strstr (hand->told, "REFUSED /etc/hosts|@Hosts|0|"),
                    hand->told);
  assert_non_null (strstr (hand->told, "|read_failed|READY "));
  /* Named, it is refused; nobody is warned of what he is told anyway.  */
  assert_string_equal (sessionhand_answer (hand), "");
  snprintf (text, sizeof text, "REFUSED /etc/fstab|@Fstab|0|%d|",
            GPG_ERR_ELOOP);
  NEED (hand, "/etc/fstab/1");
  assert_ptr_equal (strstr (hand->told, text), hand->told);
  NEED (hand, "/etc/both");
  assert_non_null (strstr (hand->told, "|mxfm_load|READY "));
  assert_int_equal (hand->session->file_count, 0);
}

/* What is reeve's own is refused by its name, by a link, and by what a link
   leads to.  */
static void
own_files (void **state)
{
  struct sessionhand *hand = *state;
  char text[200];

  scratch_mkdir (hand->scratch, "/etc/reeve");
  scratch_write (hand->scratch, "/etc/reeve/reeved.conf", "own\n");
  assert_int_equal (symlink ("/etc/reeve/reeved.conf",
                             scratch_path (hand->scratch, "/etc/hosts")),
                    0);
  snprintf (text, sizeof text,
            "REFUSED /etc/reeve||0|%d|reeve's own files are not for its "
            "clients||READY ",
            GPG_ERR_FORBIDDEN);
  ANSWERS (hand, text, "/etc/reeve/reeved.conf");
  ANSWERS (hand, text, "/etc/reeve");
  assert_int_equal (hand->session->file_count, 0);
  NEED (hand, "/etc/hosts");
  assert_ptr_equal (strstr (hand->told, "REFUSED /etc/hosts|"), hand->told);
  assert_null (strstr (hand->told, "own\n"));
}

/* What policy hides is refused with its words, whether it is there or not and
   whatever is wrong with it, and left out of wide calls.  */
static void
hidden_files (void **state)
{
  struct sessionhand *hand = *state;
  const struct fake_policy policy = {
    .rules = { ALLOW (READ, "/files/etc"), DENY (READ, "/files/etc/hosts"),
               DENY (READ, "/files/etc/both") }
  };
  const char *refused = "|policy: no READ for /files/etc/hosts||READY ";
  char text[200];

  fake_policy_set (&hand->call, &policy);
  scratch_mkdir (hand->scratch, "/etc/many");
  snprintf (text, sizeof text, "REFUSED /etc/hosts|@Hosts|0|%d%s",
            GPG_ERR_FORBIDDEN, refused);
  ANSWERS (hand, text, "/etc/hosts/1");
  scratch_write (hand->scratch, "/etc/hosts", "secret\n");
  ANSWERS (hand, text, "/etc/hosts");
  assert_int_equal (
      truncate (scratch_path (hand->scratch, "/etc/hosts"), LIMIT_AUG_FILE + 1),
      0);
  ANSWERS (hand, text, "/etc/hosts");
  /* A link to it is no way, and one that leads to it from below another
     directory; nor is a link that has its name.  */
  scratch_write (hand->scratch, "/etc/hosts", "secret\n");
  assert_int_equal (
      symlink ("../hosts", scratch_path (hand->scratch, "/etc/many/a")), 0);
  snprintf (text, sizeof text, "REFUSED /etc/many/a|@Hosts|0|%d%s",
            GPG_ERR_FORBIDDEN, refused);
  ANSWERS (hand, text, "/etc/many/a");
  scratch_write (hand->scratch, "/etc/both", "two lenses\n");
  NEED (hand, "/etc/both");
  assert_non_null (strstr (hand->told, "no READ for /files/etc/both||READY "));
  ANSWERS (hand, "ORDER |SETTLED/1 /|READY ", "/");
  assert_string_equal (sessionhand_answer (hand), "");
  assert_int_equal (hand->session->file_count, 0);
}

/* Where no lens claims a file that policy hides, a link that is not followed is
   as nothing.  */
static void
hidden_links (void **state)
{
  struct sessionhand *hand = *state;
  struct fake_policy policy = { .rules = { ALLOW (READ, "/files/etc/hosts") } };

  scratch_mkdir (hand->scratch, "/root");
  assert_int_equal (
      symlink ("loop", scratch_path (hand->scratch, "/root/loop")), 0);
  NEED (hand, "/root/loop");
  assert_non_null (strstr (hand->told, "REFUSED /root/loop|"));
  fake_policy_set (&hand->call, &policy);
  ANSWERS (hand, "SETTLED /root/none|READY ", "/root/none");
  ANSWERS (hand, "SETTLED /root/loop|READY ", "/root/loop");
}

/* Where a link leads is what must be allowed.  */
static void
links_to_what_is_allowed (void **state)
{
  struct sessionhand *hand = *state;
  struct fake_policy policy
      = { .rules = { ALLOW (READ, "/files/etc/hosts"),
                     ALLOW (READ, "/files/srv/a/hosts") } };

  fake_policy_set (&hand->call, &policy);
  scratch_mkdir (hand->scratch, "/srv");
  scratch_mkdir (hand->scratch, "/srv/a");
  scratch_write (hand->scratch, "/srv/a/hosts", "h\n");
  assert_int_equal (
      symlink ("../srv/a/hosts", scratch_path (hand->scratch, "/etc/hosts")),
      0);
  ANSWERS (hand, "FILE /etc/hosts|@Hosts|h\n|READY ", "/etc/hosts");
  assert_string_equal (known_file_find (hand->session, "/etc/hosts")->resolved,
                       "/srv/a/hosts");
  assert_true (known_files_allowed (&hand->call, hand->session));
  policy.rules[1] = (struct fake_rule)DENY (READ, "/files/srv/a");
  assert_false (known_files_allowed (&hand->call, hand->session));
  policy.rules[1] = (struct fake_rule)ALLOW (READ, "");
  assert_true (known_files_allowed (&hand->call, hand->session));
}

/* A link that is not trusted is no file for wide calls, and refused for
   others.  */
static void
untrusted_links (void **state)
{
  struct sessionhand *hand = *state;
  const struct lens *lens = lens_by_name (&hand->session->table, "@Hosts");
  char text[64];
  bool exists;

  scratch_write (hand->scratch, "/etc/target", "t\n");
  assert_int_equal (
      symlink ("target", scratch_path (hand->scratch, "/etc/hosts")), 0);
  assert_int_equal (chmod (scratch_path (hand->scratch, "/etc"), 0777), 0);
  assert_int_equal (files_tell (&hand->call, hand->session, "/etc/hosts", lens,
                                true, &exists),
                    0);
  assert_string_equal (sessionhand_told (hand), "");
  assert_int_equal (files_tell (&hand->call, hand->session, "/etc/hosts", lens,
                                false, &exists),
                    0);
  snprintf (text, sizeof text, "REFUSED /etc/hosts|@Hosts|0|%d|",
            GPG_ERR_FORBIDDEN);
  assert_ptr_equal (strstr (sessionhand_told (hand), text), hand->told);
}

static void
one_file (void **state)
{
  struct sessionhand *hand = *state;
  const struct lens *lens = lens_by_name (&hand->session->table, "@Hosts");
  struct known_file *file;
  bool exists = true;

  assert_int_equal (files_tell (&hand->call, hand->session, "/etc/hosts", lens,
                                false, &exists),
                    0);
  assert_false (exists);
  scratch_mkdir (hand->scratch, "/etc/hosts");
  exists = true;
  assert_int_equal (files_tell (&hand->call, hand->session, "/etc/hosts", lens,
                                false, &exists),
                    0);
  assert_false (exists);
  scratch_write (hand->scratch, "/etc/fstab", "f\n");
  assert_int_equal (files_tell (&hand->call, hand->session, "/etc/fstab", lens,
                                false, &exists),
                    0);
  assert_true (exists);
  assert_string_equal (sessionhand_told (hand), "FILE /etc/fstab|@Hosts|f\n|");
  file = known_file_find (hand->session, "/etc/fstab");
  assert_non_null (file);
  assert_string_equal (file->image.bytes, "f\n");
  hand->session->file_count = LIMIT_AUG_FILES;
  assert_code (files_tell (&hand->call, hand->session, "/etc/fstab", lens,
                           false, &exists),
               GPG_ERR_LIMIT_REACHED);
  hand->session->file_count = 1;
}

/* Whoever may write where a lens looks must not fill the memory of a process
   that is root: sparse files cost him nothing.  */
static void
all_files_together (void **state)
{
  struct sessionhand *hand = *state;

  scratch_write (hand->scratch, "/etc/hosts", "hosts\n");
  scratch_write (hand->scratch, "/etc/fstab", "f\n");
  hand->session->file_bytes = LIMIT_AUG_BYTES - 3;
  NEED (hand, "/etc/hosts");
  assert_non_null (strstr (hand->told, "REFUSED /etc/hosts|@Hosts|0|"));
  assert_non_null (strstr (hand->told, "at most 64 MiB"));
  NEED (hand, "/etc/fstab");
  assert_non_null (strstr (hand->told, "FILE /etc/fstab|"));
  assert_int_equal (hand->session->file_bytes, LIMIT_AUG_BYTES - 1);
  known_file_drop (hand->session, "/etc/fstab");
  assert_int_equal (hand->session->file_bytes, LIMIT_AUG_BYTES - 3);
  known_files_drop_all (hand->session);
  assert_int_equal (hand->session->file_bytes, 0);
  NEED (hand, "/etc/hosts");
  assert_non_null (strstr (hand->told, "FILE /etc/hosts|"));
}

static void
known_files (void **state)
{
  struct sessionhand *hand = *state;
  struct aug_session *session = hand->session;
  struct file_image image = { .exists = true, .bytes = strdup ("one") };

  assert_null (known_file_find (session, "/a"));
  assert_int_equal (known_file_put (session, "/a", NULL, &image), 0);
  /* It is taken over.  */
  assert_null (image.bytes);
  image.bytes = strdup ("other");
  assert_int_equal (known_file_put (session, "/a", NULL, &image), 0);
  assert_string_equal (known_file_find (session, "/a")->image.bytes, "other");
  assert_int_equal (session->file_count, 1);
  assert_int_equal (known_file_put (session, "/b", NULL, &image), 0);
  assert_int_equal (session->file_count, 2);
  known_file_drop (session, "/a");
  known_file_drop (session, "/never");
  assert_int_equal (session->file_count, 1);
  assert_null (known_file_find (session, "/a"));
  assert_non_null (known_file_find (session, "/b"));
  known_files_drop_all (session);
  assert_int_equal (session->file_count, 0);
  assert_null (known_file_find (session, "/b"));
}

static bool
gives_up (void *context)
{
  int *questions = context;

  return ++*questions == 3;
}

/* A way may have two thousand steps: the client and the clock are asked at
   each.  */
static void
a_long_way_is_given_up (void **state)
{
  struct sessionhand *hand = *state;
  struct channel *channel = &hand->session->channel;
  int questions = 0;

  scratch_mkdir (hand->scratch, "/etc/many");
  scratch_mkdir (hand->scratch, "/etc/many/more");
  channel->deadline = hand->call.deadline;
  channel->give_up = gives_up;
  channel->give_up_context = &questions;
  FAILS (hand, GPG_ERR_CANCELED, "READY/1 ", "/etc/many/more/none");
  assert_int_equal (questions, 3);
  channel->give_up = NULL;
  channel->deadline = link_now ();
  assert_code (aug_may_go_on (&hand->call, hand->session), GPG_ERR_TIMEOUT);
  channel->deadline = 0;
  assert_int_equal (aug_may_go_on (&hand->call, hand->session), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    SESSION_TEST (what_is_on_the_way_of_a_path),
    SESSION_TEST (directories_are_told_whole),
    SESSION_TEST (what_is_no_path),
    SESSION_TEST (files_that_cannot_be_had),
    SESSION_TEST (own_files),
    SESSION_TEST (hidden_files),
    SESSION_TEST (hidden_links),
    SESSION_TEST (links_to_what_is_allowed),
    SESSION_TEST (untrusted_links),
    SESSION_TEST (one_file),
    SESSION_TEST (all_files_together),
    SESSION_TEST (known_files),
    SESSION_TEST (a_long_way_is_given_up),
  };

  return cmocka_run_group_tests_name ("files", tests, NULL, NULL);
}
