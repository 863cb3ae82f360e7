/* test-session.c - tests of src/mod/aug/session.c, files.c and save.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The keeper and its worker are played by a child of the test, as they would
   be if what they parse had taken them over.  */

#include <config.h>
#include "check.h"
#include "aughand.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include "../../protocol/link.h"

static const char table[] = "lens @Hosts\ninfo x\nincl /etc/hosts\n"
                            "lens @Cron\ninfo y\nincl /etc/cron.d/*\n"
                            "lens @Own\ninfo z\nincl /etc/reeve/*\n";

/* What the worker does after it got the first request.  */
typedef void (*act_t) (struct channel *channel);

static struct hand the_hand;

/* Take the descriptor that a session sends.  */
static int
take_session (int fd)
{
  char control[CMSG_SPACE (sizeof (int))];
  char body;
  struct iovec iov = { &body, 1 };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  int session;

  msg.msg_control = control;
  msg.msg_controllen = sizeof control;
  if (recvmsg (fd, &msg, 0) != 1)
    _exit (0);
  memcpy (&session, CMSG_DATA (CMSG_FIRSTHDR (&msg)), sizeof session);
  return session;
}

/* The child: keeper and worker in one.  */
static void
play (int fd, act_t act, const char *text)
{
  int session = take_session (fd);
  struct channel channel;
  struct message message;
  int ends[2];
  int fds[3];

  if (socketpair (AF_UNIX, SOCK_STREAM, 0, ends))
    _exit (1);
  fds[0] = ends[1];
  fds[1] = (int)syscall (SYS_pidfd_open, getpid (), 0);
  fds[2] = memfd_create ("table", 0);
  if (write (fds[2], text, strlen (text)) != (ssize_t)strlen (text)
      || channel_send_fds (session, CHANNEL_WORKER, fds, 3))
    _exit (1);
  close (session);
  close (ends[1]);
  channel_init (&channel, ends[0]);
  if (!channel_read (&channel, &message))
    act (&channel);
  channel_flush (&channel);
  /* The session kills it or goes away.  */
  channel_read (&channel, &message);
  pause ();
}

/* Run LINE with a worker that does ACT; afterwards it must have been killed if
   DIES.  */
static gpg_error_t
run_with (struct hand *hand, act_t act, const char *line, bool dies)
{
  int ends[2];
  int status = 0;
  gpg_error_t err;
  pid_t pid;

  aug_session_end (hand->module.session);
  hand->module.session = NULL;
  tally_forget (hand->module.tally, getuid ());
  assert_int_equal (socketpair (AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  pid = fork ();
  if (!pid)
    {
      close (ends[0]);
      play (ends[1], act, table);
    }
  close (ends[1]);
  hand->module.helper_fd = ends[0];
  err = hand_run (hand, line);
  close (ends[0]);
  if (!dies)
    {
      assert_int_equal (waitpid (pid, &status, WNOHANG), 0);
      aug_session_end (hand->module.session);
      hand->module.session = NULL;
    }
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFSIGNALED (status));
  assert_int_equal (WTERMSIG (status), SIGKILL);
  return err;
}

static void
done (struct channel *channel)
{
  channel_begin (channel, CHANNEL_DONE, 0);
  channel_end (channel);
}

static void
act_garbage (struct channel *channel)
{
  if (write (channel->fd, "this is no message, is it", 25) != 25)
    _exit (1);
}

static void
act_unknown_kind (struct channel *channel)
{
  channel_begin (channel, 77, 0);
  channel_end (channel);
}

static void
act_request (struct channel *channel)
{
  channel_begin (channel, CHANNEL_REQUEST, 0);
  channel_end (channel);
}

static void
act_bad_failure (struct channel *channel)
{
  channel_begin (channel, CHANNEL_DONE, 1);
  channel_string (channel, "zero");
  channel_end (channel);
}

static void
act_bad_code (struct channel *channel)
{
  channel_begin (channel, CHANNEL_DONE, 1);
  channel_string (channel, "99999999");
  channel_string (channel, "text");
  channel_end (channel);
}

static void
act_success_as_failure (struct channel *channel)
{
  channel_begin (channel, CHANNEL_DONE, 1);
  channel_string (channel, "0");
  channel_string (channel, "text");
  channel_end (channel);
}

static void
act_exit (struct channel *channel)
{
  (void)channel;
  raise (SIGKILL);
}

static void
malformed_messages_cost_the_worker (void **state)
{
  static const act_t acts[]
      = { act_garbage,  act_unknown_kind,       act_request, act_bad_failure,
          act_bad_code, act_success_as_failure, act_exit };
  struct hand *hand = *state;

  for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
    {
      gpg_error_t err = run_with (hand, acts[i], "GET /x", true);

      assert_code (err, GPG_ERR_SERVER_FAILED);
      assert_int_equal (
          tally_recent (hand->module.tally, getuid (), link_now (), 60000), 1);
      assert_non_null (hand->call.failure.text);
    }
}

static void
act_nothing (struct channel *channel)
{
  (void)channel;
}

static void
a_worker_that_does_not_answer (void **state)
{
  struct hand *hand = *state;
  uint64_t start = link_now ();

  hand->deadline_ms = 100;
  assert_code (run_with (hand, act_nothing, "GET /x", true), GPG_ERR_TIMEOUT);
  hand->deadline_ms = 0;
  assert_true (link_now () - start < 5000);
  /* The time was the client's own: nothing is held against it.  */
  assert_int_equal (
      tally_recent (hand->module.tally, getuid (), link_now (), 60000), 0);
}

static void
act_words (struct channel *channel)
{
  channel_begin (channel, CHANNEL_DONE, 1);
  channel_number (channel, GPG_ERR_NOT_FOUND);
  channel_string (channel, "two\nlines\x7f");
  channel_string (channel, "file");
  channel_string (channel, "a");
  channel_string (channel, "Not A Name");
  channel_string (channel, "b");
  channel_end (channel);
}

static void
words_are_made_harmless (void **state)
{
  struct hand *hand = *state;

  assert_code (run_with (hand, act_words, "GET /x", false), GPG_ERR_NOT_FOUND);
  assert_string_equal (hand->call.failure.text, "two?lines?");
  assert_string_equal (hand->call.failure.details->name, "file");
  assert_null (hand->call.failure.details->next);
}

/* Ask for PATH and answer with what comes: kinds, codes, first items.  */
static void
ask_for (struct channel *channel, const char *path)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  struct message message;

  channel_begin (channel, CHANNEL_NEED, 0);
  channel_string (channel, path);
  channel_end (channel);
  channel_flush (channel);
  while (!channel_read (channel, &message))
    {
      buffer_printf (&text, "%d/%u", (int)message.kind, message.code);
      if (message.count)
        buffer_printf (&text, ":%.*s", (int)message.items[0].length,
                       message.items[0].bytes);
      if (message.kind == CHANNEL_FILE)
        buffer_printf (&text, "=%.*s", (int)message.items[3].length,
                       message.items[3].bytes);
      buffer_string (&text, " ");
      if (message.kind == CHANNEL_READY)
        break;
    }
  channel_begin (channel, CHANNEL_ANSWER, 0);
  channel_item (channel, text.bytes, text.length);
  channel_end (channel);
  done (channel);
}

#define ASKS(name, path)                                                       \
  static void name (struct channel *channel) { ask_for (channel, path); }
ASKS (ask_file, "/etc/hosts/1/ipaddr")
ASKS (ask_up, "/etc/../etc/hosts")
ASKS (ask_root, "/../../etc/hosts")
ASKS (ask_empty, "/etc//hosts")
ASKS (ask_dot, "/./etc/hosts")
ASKS (ask_relative, "etc/hosts")
ASKS (ask_unclaimed, "/etc/secret")
ASKS (ask_own, "/etc/reeve/key")
ASKS (ask_link, "/etc/cron.d/link")
ASKS (ask_stray_link, "/etc/cron.d/stray")
ASKS (ask_directory, "/etc/cron.d")
ASKS (ask_nothing, "")

/* What the session tells a worker that does ACT.  */
static void
tells (struct hand *hand, act_t act, const char *text)
{
  char wanted[200];

  snprintf (wanted, sizeof wanted, "%s%d/0 ", text, CHANNEL_READY);
  assert_int_equal (run_with (hand, act, "GET /x", false), 0);
  assert_string_equal (hand_answer (hand), wanted);
}

static void
needs_are_judged_by_the_session (void **state)
{
  struct hand *hand = *state;
  char text[200];

  scratch_write (hand->scratch, "/etc/hosts", "h\n");
  scratch_write (hand->scratch, "/etc/secret", "s\n");
  scratch_mkdir (hand->scratch, "/etc/reeve");
  scratch_write (hand->scratch, "/etc/reeve/key", "k\n");
  scratch_mkdir (hand->scratch, "/etc/cron.d");
  assert_int_equal (
      symlink ("/etc/hosts", scratch_path (hand->scratch, "/etc/cron.d/link")),
      0);
  assert_int_equal (symlink ("/etc/reeve/key",
                             scratch_path (hand->scratch, "/etc/cron.d/stray")),
                    0);
  snprintf (text, sizeof text, "%d/0:/etc/hosts=h\n ", CHANNEL_FILE);
  tells (hand, ask_file, text);
  snprintf (text, sizeof text, "%d/0:/etc/.. ", CHANNEL_SETTLED);
  tells (hand, ask_up, text);
  snprintf (text, sizeof text, "%d/0:/.. ", CHANNEL_SETTLED);
  tells (hand, ask_root, text);
  snprintf (text, sizeof text, "%d/0:/etc/ ", CHANNEL_SETTLED);
  tells (hand, ask_empty, text);
  snprintf (text, sizeof text, "%d/0:/. ", CHANNEL_SETTLED);
  tells (hand, ask_dot, text);
  snprintf (text, sizeof text, "%d/0:/etc/secret ", CHANNEL_SETTLED);
  tells (hand, ask_unclaimed, text);
  snprintf (text, sizeof text, "%d/0:/etc/reeve ", CHANNEL_REFUSED);
  tells (hand, ask_own, text);
  snprintf (text, sizeof text, "%d/0:/etc/cron.d/link=h\n ", CHANNEL_FILE);
  tells (hand, ask_link, text);
  snprintf (text, sizeof text, "%d/0:/etc/cron.d/stray ", CHANNEL_REFUSED);
  tells (hand, ask_stray_link, text);
  assert_code (run_with (hand, ask_relative, "GET /x", true),
               GPG_ERR_SERVER_FAILED);
  assert_code (run_with (hand, ask_nothing, "GET /x", true),
               GPG_ERR_SERVER_FAILED);
  assert_int_equal (run_with (hand, ask_directory, "GET /x", false), 0);
  assert_non_null (strstr (hand_answer (hand), ":/etc/cron.d/link=h\n"));
  assert_null (strstr (hand_answer (hand), "k\n"));
}

static void
render (struct channel *channel, const char *action, const char *path)
{
  channel_begin (channel, CHANNEL_ANSWER, 0);
  channel_string (channel, action);
  channel_string (channel, path);
  channel_string (channel, "text\n");
  channel_end (channel);
  done (channel);
}

#define RENDERS(name, action, path)                                            \
  static void name (struct channel *channel) { render (channel, action, path); }
RENDERS (write_unclaimed, "write", "/etc/secret")
RENDERS (write_up, "write", "/etc/cron.d/../hosts")
RENDERS (write_relative, "write", "etc/hosts")
RENDERS (write_own, "write", "/etc/reeve/key")
RENDERS (write_unread, "write", "/etc/hosts")
RENDERS (write_new, "write", "/etc/cron.d/new")
RENDERS (remove_unread, "remove", "/etc/secret")

static void
act_short_change (struct channel *channel)
{
  channel_begin (channel, CHANNEL_ANSWER, 0);
  channel_string (channel, "write");
  channel_end (channel);
  done (channel);
}

static void
changes_are_judged_by_the_session (void **state)
{
  struct hand *hand = *state;

  scratch_write (hand->scratch, "/etc/hosts", "h\n");
  scratch_write (hand->scratch, "/etc/secret", "s\n");
  scratch_mkdir (hand->scratch, "/etc/cron.d");
  assert_code (run_with (hand, write_unclaimed, "SAVE", false),
               GPG_ERR_NOT_SUPPORTED);
  assert_code (run_with (hand, remove_unread, "SAVE", false),
               GPG_ERR_NOT_SUPPORTED);
  assert_code (run_with (hand, write_up, "SAVE", false), GPG_ERR_NOT_SUPPORTED);
  assert_code (run_with (hand, write_relative, "SAVE", false),
               GPG_ERR_NOT_SUPPORTED);
  assert_code (run_with (hand, write_own, "SAVE", false), GPG_ERR_FORBIDDEN);
  assert_code (run_with (hand, write_unread, "SAVE", false), GPG_ERR_CONFLICT);
  assert_code (run_with (hand, act_short_change, "SAVE", true),
               GPG_ERR_SERVER_FAILED);
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"), "h\n");
  assert_string_equal (scratch_text (hand->scratch, "/etc/secret"), "s\n");
  assert_int_equal (run_with (hand, write_new, "DIFF", false), 0);
  assert_null (scratch_text (hand->scratch, "/etc/cron.d/new"));
}

static int
setup_group (void **state)
{
  static const struct noun *const nouns[] = { &aug_noun, NULL };

  *state = &the_hand;
  return registry_make (nouns, &the_hand.registry, NULL)
         || tally_new (&the_hand.module.tally);
}

static int
teardown_group (void **state)
{
  (void)state;
  tally_release (the_hand.module.tally);
  registry_release (&the_hand.registry);
  return 0;
}

int
main (void)
{
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, hand_setup, hand_teardown)
  const struct CMUnitTest tests[] = {
    TEST (malformed_messages_cost_the_worker),
    TEST (a_worker_that_does_not_answer),
    TEST (words_are_made_harmless),
    TEST (needs_are_judged_by_the_session),
    TEST (changes_are_judged_by_the_session),
  };

  return cmocka_run_group_tests_name ("session", tests, setup_group,
                                      teardown_group);
}
