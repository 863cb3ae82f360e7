/* test-judge.c - tests of src/mod/aug/judge.c, with real workers
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "check.h"
#include "aughand.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define HOSTS "10.0.0.1\tone a\n10.0.0.2\ttwo\n"
#define SSHD "Port 22\nPermitRootLogin no\nUsePAM yes\n"

/* All may be read; hosts written but for addresses, and sshd_config but for
   one setting.  */
static const struct fake_policy narrow
    = { .rules = { ALLOW (READ, ""), ALLOW (WRITE, "/files/etc"),
                   DENY (WRITE, "/files/etc/hosts/1/ipaddr"),
                   DENY (WRITE, "/files/etc/ssh/sshd_config/PermitRootLogin"),
                   DENY (WRITE, "/files/etc/fstab") } };

static int
setup (void **state)
{
  struct hand *hand = *state;
  int failed = hand_setup (state);

  if (failed)
    return failed;
  scratch_mkdir (hand->scratch, "/etc/ssh");
  scratch_mkdir (hand->scratch, "/run");
  scratch_write (hand->scratch, "/etc/hosts", HOSTS);
  scratch_write (hand->scratch, "/etc/ssh/sshd_config", SSHD);
  hand->policy = &narrow;
  return 0;
}

/* SAVE is refused because of NODE, and nothing is written.  */
static void
refused (struct hand *hand, const char *node)
{
  hand_expect_error (hand, "SAVE", GPG_ERR_FORBIDDEN);
  assert_string_equal (hand_detail (hand, "node"), node);
  assert_int_equal (plan_count (hand->call.plan), 0);
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"), HOSTS);
  assert_string_equal (scratch_text (hand->scratch, "/etc/ssh/sshd_config"),
                       SSHD);
}

#define ROOT_LOGIN "/files/etc/ssh/sshd_config/PermitRootLogin"

static void
nodes_are_judged (void **state)
{
  struct hand *hand = *state;

  hand_expect (hand, "SET /files/etc/hosts/1/canonical uno", "");
  hand_expect (hand, "SET /files/etc/hosts/3/ipaddr 10.0.0.3", "");
  hand_expect (hand, "SET /files/etc/hosts/3/canonical three", "");
  hand_expect (hand, "SAVE", "/etc/hosts\n");
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"),
                       "10.0.0.1\tuno a\n10.0.0.2\ttwo\n10.0.0.3\tthree\n");
  scratch_write (hand->scratch, "/etc/hosts", HOSTS);
  hand_expect (hand, "LOAD", "");
  hand_expect (hand, "SET /files/etc/hosts/2/ipaddr 10.0.0.9", "");
  hand_expect (hand, "SET /files/etc/hosts/1/ipaddr 10.0.0.9", "");
  refused (hand, "/files/etc/hosts/1/ipaddr");
  assert_string_equal (hand->call.failure.text,
                       "policy: no WRITE for /files/etc/hosts/1/ipaddr");
  assert_string_equal (hand_detail (hand, "file"), "/etc/hosts");
  /* The edits are there still; what a dry run would do is judged, too.  */
  hand_expect_error (hand, "SAVE --dry-run", GPG_ERR_FORBIDDEN);
  hand_expect (hand, "SET /files/etc/hosts/1/ipaddr 10.0.0.1", "");
  hand_expect (hand, "SAVE", "/etc/hosts\n");
}

/* Whatever led there.  */
static void
ways_to_a_node (void **state)
{
  static const char *const ways[][4] = {
    { "SET " ROOT_LOGIN " yes" },
    { "REMOVE " ROOT_LOGIN },
    { "CLEARM /files/etc/ssh/sshd_config Port",
      "SETM /files/etc/ssh/sshd_config/*[2] . yes",
      "SET /files/etc/ssh/sshd_config/Port 22" },
    { "RENAME " ROOT_LOGIN " Banner" },
    { "RENAME /files/etc/ssh/sshd_config/UsePAM PermitRootLogin" },
    { "INSERT PermitRootLogin before /files/etc/ssh/sshd_config/Port",
      "SET " ROOT_LOGIN "[1] yes" },
    { "COPY /files/etc/ssh/sshd_config/UsePAM " ROOT_LOGIN },
    { "DEFVAR x /files/etc/ssh/sshd_config/*[.='no']", "SET $x yes" },
    { "SET /augeas/context /files/etc/ssh", "SET sshd_config/*[2] yes" },
    { "STORE Sshd.lns /files/etc/ssh/sshd_config/Banner "
      "/files/etc/ssh/sshd_config" },
    { "EDIT /etc/ssh/sshd_config \"PermitRootLogin yes%0A\"" },
    { "EDIT /etc/ssh/sshd_config "
      "\"Port 22%0AMatch User a%0APermitRootLogin no%0AUsePAM yes%0A\"" },
    { "REMOVE /files/etc/ssh/sshd_config" },
    { "MOVE /files/etc/ssh/sshd_config /files/etc/ssh/ssh_config" },
  };
  struct hand *hand = *state;

  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    {
      hand_expect (hand,
                   "SET /files/etc/ssh/sshd_config/Banner "
                   "\"PermitRootLogin yes%0A\"",
                   "");
      if (strncmp (ways[i][0], "STORE", 5))
        hand_expect (hand, "REVERT", "");
      for (size_t j = 0; j < 4 && ways[i][j]; j++)
        {
          gpg_error_t err = hand_run (hand, ways[i][j]);

          if (err)
            print_error ("%s: %s\n", ways[i][j], hand->call.failure.text);
          assert_int_equal (err, 0);
        }
      hand_expect_error (hand, "SAVE", GPG_ERR_FORBIDDEN);
      if (!strstr (hand_detail (hand, "node"), "/PermitRootLogin"))
        print_error ("%s: %s\n", ways[i][0], hand_detail (hand, "node"));
      assert_non_null (strstr (hand_detail (hand, "node"), "PermitRootLogin"));
      hand_expect (hand, "SET /augeas/context /files", "");
      hand_expect (hand, "REVERT", "");
      assert_string_equal (scratch_text (hand->scratch, "/etc/ssh/sshd_config"),
                           SSHD);
    }
}

/* A lens of the client's choice does not give nodes other names.  */
static void
transforms_do_not_count (void **state)
{
  struct hand *hand = *state;

  hand_expect (hand, "TRANSFORM Sshd excl /etc/ssh/sshd_config", "");
  hand_expect (hand, "TRANSFORM Simplelines incl /etc/ssh/sshd_config", "");
  hand_expect (hand, "LOAD", "");
  hand_expect (hand, "SET /files/etc/ssh/sshd_config/2 \"PermitRootLogin yes\"",
               "");
  refused (hand, ROOT_LOGIN);
  hand_expect (hand, "SET /files/etc/ssh/sshd_config/2 \"PermitRootLogin no\"",
               "");
  hand_expect (hand, "SET /files/etc/ssh/sshd_config/4 \"{ no setting }\"", "");
  /* A text that Sshd does not take may have anything.  */
  refused (hand, "/files/etc/ssh/sshd_config");
  hand_expect (hand, "SET /files/etc/ssh/sshd_config/4 \"Banner x\"", "");
  hand_expect (hand, "SAVE", "/etc/ssh/sshd_config\n");
}

/* Where the image has no lens, the file itself must be allowed.  */
static void
files_by_transform (void **state)
{
  static const struct fake_policy node_only
      = { .rules = { ALLOW (READ, ""), ALLOW (WRITE, "/files/etc/motd/1") } };
  static const struct fake_policy but_node
      = { .rules = { ALLOW (READ, ""), ALLOW (WRITE, "/files/etc/motd"),
                     DENY (WRITE, "/files/etc/motd/other") } };
  struct hand *hand = *state;

  scratch_write (hand->scratch, "/etc/motd", "one\n");
  hand_expect (hand, "TRANSFORM Simplelines incl /etc/motd", "");
  hand_expect (hand, "LOAD", "");
  hand_expect (hand, "SET /files/etc/motd/1 uno", "");
  hand->policy = &node_only;
  hand_expect_error (hand, "SAVE", GPG_ERR_FORBIDDEN);
  assert_string_equal (hand_detail (hand, "node"), "/files/etc/motd");
  hand->policy = &but_node;
  hand_expect_error (hand, "SAVE", GPG_ERR_FORBIDDEN);
  hand->policy = &narrow;
  hand_expect (hand, "SAVE", "/etc/motd\n");
}

static void
files_as_a_whole (void **state)
{
  static const struct fake_policy nodes
      = { .rules = { ALLOW (READ, ""), ALLOW (WRITE, "/files/etc/hosts/1"),
                     ALLOW (WRITE, "/files/etc/hosts/2"),
                     ALLOW (WRITE, "/files/etc/hostname/hostname") } };
  struct hand *hand = *state;

  hand_expect (hand, "SET /files/etc/fstab/1/spec /dev/a", "");
  hand_expect (hand, "SET /files/etc/fstab/1/file /", "");
  hand_expect (hand, "SET /files/etc/fstab/1/vfstype ext4", "");
  refused (hand, "/files/etc/fstab");
  assert_null (scratch_text (hand->scratch, "/etc/fstab"));
  hand_expect (hand, "REVERT", "");
  hand->policy = &nodes;
  hand_expect (hand, "SET /files/etc/hostname/hostname a", "");
  refused (hand, "/files/etc/hostname");
  hand_expect (hand, "REVERT", "");
  hand_expect (hand, "REMOVE /files/etc/hosts", "8");
  refused (hand, "/files/etc/hosts");
  hand_expect (hand, "REVERT", "");
  hand_expect (hand, "SET /files/etc/hosts/2/ipaddr 10.0.0.7", "");
  hand_expect (hand, "SAVE", "/etc/hosts\n");
  hand_expect (hand, "EDIT /etc/hosts \"10.0.0.1   one a%0A10.0.0.7%09two%0A\"",
               "");
  hand_expect_error (hand, "SAVE", GPG_ERR_FORBIDDEN);
  assert_string_equal (hand_detail (hand, "node"), "/files/etc/hosts");
}

/* The name without links is the canonical one.  */
static void
links (void **state)
{
  static const struct fake_policy by_link
      = { .rules = { ALLOW (READ, ""), ALLOW (WRITE, "/files/run/h") } };
  struct hand *hand = *state;

  assert_int_equal (unlink (scratch_path (hand->scratch, "/etc/hosts")), 0);
  scratch_write (hand->scratch, "/run/h", HOSTS);
  assert_int_equal (
      symlink ("/run/h", scratch_path (hand->scratch, "/etc/hosts")), 0);
  hand_expect (hand, "SET /files/etc/hosts/2/ipaddr 10.0.0.7", "");
  /* The link is allowed, what it leads to is not.  */
  hand_expect_error (hand, "SAVE", GPG_ERR_FORBIDDEN);
  assert_string_equal (hand_detail (hand, "node"), "/files/etc/hosts/2/ipaddr");
  hand->policy = &by_link;
  hand_expect (hand, "SAVE", "/etc/hosts\n");
}

/* What may not be read is not written either, whatever else is allowed.  */
static void
hidden_files (void **state)
{
  static const struct fake_policy hiding
      = { .rules = { ALLOW (READ, "/files/etc"),
                     DENY (READ, "/files/etc/hosts"), ALLOW (WRITE, "") } };
  struct hand *hand = *state;

  hand->policy = &hiding;
  hand_expect_error (hand, "GET /files/etc/hosts/1/ipaddr", GPG_ERR_FORBIDDEN);
  assert_string_equal (hand->call.failure.text,
                       "policy: no READ for /files/etc/hosts");
  hand_expect (hand, "MATCH /files/etc/*", "/files/etc/ssh\n");
  hand_expect (hand, "LOAD", "");
  hand_expect (hand, "DEFVAR e /files/etc", "1");
  hand_expect (hand, "SET $e/hosts/9/ipaddr 10.0.0.9", "");
  hand_expect (hand, "SET $e/hosts/9/canonical nine", "");
  hand_expect_error (hand, "DIFF", GPG_ERR_FORBIDDEN);
  hand_expect_error (hand, "SAVE", GPG_ERR_FORBIDDEN);
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"), HOSTS);
}

/* A worker that got a file under another policy goes, one that did not get
   something asks again.  */
static void
reloads (void **state)
{
  static const struct fake_policy hiding = {
    .rules = { ALLOW (READ, "/files/etc"), DENY (READ, "/files/etc/hosts") }
  };
  struct hand *hand = *state;
  const char *get = "GET /files/etc/hosts/1/ipaddr";

  hand->policy = &hiding;
  hand_expect_error (hand, get, GPG_ERR_FORBIDDEN);
  hand_expect (hand, "MATCH /files/etc/*", "/files/etc/ssh\n");
  hand_expect (hand, "SET /files/etc/ssh/sshd_config/Port 23", "");
  hand->policy = &narrow;
  hand->generation++;
  hand_expect (hand, get, "10.0.0.1");
  hand_expect (hand, "MATCH /files/etc/*",
               "/files/etc/hosts\n/files/etc/ssh\n");
  hand_expect (hand, "GET /files/etc/ssh/sshd_config/Port", "23");
  hand->policy = &hiding;
  hand->generation++;
  hand_expect_error (hand, get, GPG_ERR_FORBIDDEN);
  assert_string_equal (hand->call.failure.text,
                       "a new policy hides files that were read; unsaved edits "
                       "are lost");
  hand_expect_error (hand, get, GPG_ERR_FORBIDDEN);
  hand_expect (hand, "GET /files/etc/ssh/sshd_config/Port", "22");
  hand->policy = &narrow;
  hand->generation++;
  hand_expect (hand, get, "10.0.0.1");
  hand->policy = &hiding;
  hand->generation++;
  assert_int_equal (hand_run (hand, "MATCH /files/etc/*"), 0);
  assert_non_null (strstr (hand_answer (hand), "S WARNING a new policy hides"));
  assert_null (strstr (hand_answer (hand), "/files/etc/hosts"));
}

/* Edits are counted, and so is each that fails.  */
static void
unsaved_edits_have_a_limit (void **state)
{
  struct hand *hand = *state;
  struct aug_session *session;

  hand_expect (hand, "SET /files/etc/hosts/2/ipaddr 10.0.0.8", "");
  session = hand->module.session;
  assert_int_equal (session->edits, 1);
  session->edits = LIMIT_UNSAVED - 1;
  hand_expect_error (hand, "SET /files[ x", GPG_ERR_SYNTAX);
  hand_expect_error (hand, "SET /files/etc/hosts/2/ipaddr 10.0.0.9",
                     GPG_ERR_LIMIT_REACHED);
  assert_string_equal (hand->call.failure.text,
                       "10000 unsaved edits: SAVE or REVERT first");
  hand_expect (hand, "SAVE", "/etc/hosts\n");
  assert_int_equal (session->edits, 0);
  session->edits = LIMIT_UNSAVED;
  hand_expect (hand, "REVERT", "");
  assert_int_equal (session->edits, 0);
  session->edits = LIMIT_UNSAVED;
  hand_expect (hand, "LOAD", "");
  assert_int_equal (session->edits, 0);
}

/* --- A judge that does not do as it should --- */

/* The table of lenses of the false keeper.  */
static const char table[] = "lens @Hosts\ninfo h\nincl /etc/hosts\n";

/* Take the descriptor that a session sends.  */
static int
receive_session (int fd)
{
  char control[CMSG_SPACE (sizeof (int))];
  char body;
  struct iovec iov = { &body, 1 };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  struct cmsghdr *cmsg;
  int session = -1;

  msg.msg_control = control;
  msg.msg_controllen = sizeof control;
  if (recvmsg (fd, &msg, 0) == 1 && (cmsg = CMSG_FIRSTHDR (&msg)))
    memcpy (&session, CMSG_DATA (cmsg), sizeof session);
  return session;
}

/* Answer the request of a session, whatever it is, with ITEMS or, if there is
   none, with a NEED.  */
static void
answer_request (struct channel *channel, const char *const *items, bool need)
{
  struct message message;

  if (channel_read (channel, &message))
    _exit (1);
  if (message.code != CHANNEL_COMPARE)
    items = NULL;
  else if (need)
    {
      channel_begin (channel, CHANNEL_NEED, 0);
      channel_string (channel, "/etc/hosts");
      channel_end (channel);
    }
  channel_begin (channel, CHANNEL_ANSWER, 0);
  for (; items && *items; items++)
    channel_string (channel, *items);
  channel_end (channel);
  channel_begin (channel, CHANNEL_DONE, 0);
  channel_end (channel);
  if (channel_flush (channel))
    _exit (1);
}

/* Be a keeper and its worker for one session that asks at FD.  */
static void
judge_falsely (int fd, const char *const *items, bool need)
{
  struct channel channel;
  int memory = memfd_create ("table", 0);
  int session = receive_session (fd);
  int ends[2];

  if (write (memory, table, sizeof table - 1) != sizeof table - 1
      || socketpair (AF_UNIX, SOCK_STREAM, 0, ends)
      || channel_send_fds (session, CHANNEL_WORKER,
                           (int[]){ ends[0],
                                    (int)syscall (SYS_pidfd_open, getpid (), 0),
                                    memory },
                           3))
    _exit (1);
  close (ends[0]);
  close (session);
  channel_init (&channel, ends[1]);
  answer_request (&channel, NULL, false);
  answer_request (&channel, items, need);
  for (;;)
    pause ();
}

/* SAVE while the judge answers with ITEMS: it fails with CODE.  */
static void
misjudged (struct hand *hand, gpg_err_code_t code, bool need,
           const char *const *items)
{
  struct aug_session *session = hand->module.session;
  int keeper = hand->module.helper_fd;
  int ends[2];
  pid_t pid;

  assert_int_equal (socketpair (AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  pid = fork ();
  if (!pid)
    judge_falsely (ends[1], items, need);
  close (ends[1]);
  hand->module.helper_fd = ends[0];
  hand_expect_error (hand, "SAVE", code);
  assert_int_equal (plan_count (hand->call.plan), 0);
  hand->module.helper_fd = keeper;
  close (ends[0]);
  assert_int_equal (waitpid (pid, NULL, 0), pid);
  /* The client's own worker is not concerned.  */
  assert_ptr_equal (hand->module.session, session);
  assert_true (session->fd >= 0);
  tally_forget (hand->module.tally, getuid ());
}

#define MISJUDGED(hand, code, ...)                                             \
  misjudged (hand, code, false, (const char *const[]){ __VA_ARGS__, NULL })

static void
false_judges (void **state)
{
  struct hand *hand = *state;
  char text[200];

  hand_expect (hand, "SET /files/etc/hosts/2/ipaddr 10.0.0.7", "");
  misjudged (hand, GPG_ERR_SERVER_FAILED, false, (const char *const[]){ NULL });
  assert_non_null (strstr (hand->call.failure.text, "what differs"));
  MISJUDGED (hand, GPG_ERR_SERVER_FAILED, "1/ipaddr");
  MISJUDGED (hand, GPG_ERR_SERVER_FAILED, "/a", "x");
  MISJUDGED (hand, GPG_ERR_SERVER_FAILED, "/a\\b");
  MISJUDGED (hand, GPG_ERR_SERVER_FAILED, "/a\\");
  MISJUDGED (hand, GPG_ERR_FORBIDDEN, "/a", "/1/ipaddr", "x");
  misjudged (hand, GPG_ERR_SERVER_FAILED, true,
             (const char *const[]){ "/2", NULL });
  snprintf (text, sizeof text, "(%s)", gpg_strerror (GPG_ERR_INV_PACKET));
  assert_non_null (strstr (hand->call.failure.text, text));
  /* Of one that has words a good list is taken.  */
  hand_expect (hand, "GET /files/etc/hosts/2/ipaddr", "10.0.0.7");
  hand_expect (hand, "SAVE", "/etc/hosts\n");
}

/* A change whose judging takes too much is not made.  */
static void
no_judge (void **state)
{
  struct hand *hand = *state;
  int keeper = hand->module.helper_fd;

  hand_expect (hand, "SET /files/etc/hosts/2/ipaddr 10.0.0.7", "");
  hand->module.helper_fd = -1;
  hand_expect_error (hand, "SAVE", GPG_ERR_SERVER_FAILED);
  hand->module.helper_fd = keeper;
  for (int i = 0; i < LIMIT_AUG_DEATHS; i++)
    tally_add (hand->module.tally, getuid (), link_now ());
  hand_expect_error (hand, "SAVE", GPG_ERR_LIMIT_REACHED);
  tally_forget (hand->module.tally, getuid ());
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"), HOSTS);
}

#define JUDGE_TEST(name)                                                       \
  cmocka_unit_test_setup_teardown (name, setup, hand_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    JUDGE_TEST (nodes_are_judged),
    JUDGE_TEST (ways_to_a_node),
    JUDGE_TEST (transforms_do_not_count),
    JUDGE_TEST (files_by_transform),
    JUDGE_TEST (files_as_a_whole),
    JUDGE_TEST (links),
    JUDGE_TEST (hidden_files),
    JUDGE_TEST (reloads),
    JUDGE_TEST (unsaved_edits_have_a_limit),
    JUDGE_TEST (false_judges),
    JUDGE_TEST (no_judge),
  };

  return cmocka_run_group_tests_name ("judge", tests, hand_setup_group,
                                      hand_teardown_group);
}
