/* test-audit_journald.c - audit records for the system's journal
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "auditlog.h"
#include <sys/socket.h>
#include <sys/un.h>

#define JOURNAL "/run/systemd/journal/socket"

/* Bind a socket where the journal's is.  */
static int
bind_journal (void)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  int small = 1;

  assert_true (fd >= 0);
  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  mkdir (scratch_path (scratch, "/run/systemd"), 0755);
  mkdir (scratch_path (scratch, "/run/systemd/journal"), 0755);
  snprintf (address.sun_path, sizeof address.sun_path, "%s%s", scratch->root,
            JOURNAL);
  unlink (address.sun_path);
  assert_int_equal (bind (fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static void
test_journal (void **state)
{
  char text[4096];
  char expected[70000];
  struct audit *audit;
  ssize_t length;
  int fd = bind_journal ();

  (void)state;
  options.journald = true;
  audit = open_audit ();
  audit_event (audit, "start", NULL, "hello");
  length = recv (fd, text, sizeof text - 1, 0);
  assert_true (length > 0);
  text[length] = 0;
  snprintf (expected, sizeof expected,
            "PRIORITY=6\nSYSLOG_IDENTIFIER=reeved\nMESSAGE=%s"
            "REEVE_EVENT=start\n",
            scratch_text (scratch, LOG));
  assert_string_equal (text, expected);

  /* A journal that takes nothing delays nobody.  */
  for (int i = 0; i < 2000; i++)
    log_get (audit);
  assert_log (2001);
  while (recv (fd, text, sizeof text, 0) > 0)
    ;
  log_get (audit);
  assert_true (recv (fd, text, sizeof text, 0) > 0);

  /* One that comes back is found again.  */
  close (fd);
  log_get (audit);
  fd = bind_journal ();
  log_get (audit);
  assert_true (recv (fd, text, sizeof text, 0) > 0);

  /* A process that is to have no socket sends no more, and still records.  */
  audit_leave_journald (audit);
  log_get (audit);
  assert_int_equal (recv (fd, text, sizeof text, MSG_DONTWAIT), -1);
  audit_leave_journald (NULL);
  close (fd);
  audit_close (audit);
  assert_log (2005);
}

static void
test_no_journal (void **state)
{
  struct machine machine = scratch->machine;
  struct audit *audit;
  char root[200];

  (void)state;
  options.journald = true;
  audit = open_audit ();
  log_get (audit);
  log_get (audit);
  audit_close (audit);

  /* A root whose name does not fit into a socket's.  */
  snprintf (root, sizeof root, "%s/%0100d", scratch->root, 0);
  assert_int_equal (mkdir (root, 0755), 0);
  machine.root = root;
  machine.root_fd = open (root, O_PATH | O_DIRECTORY);
  assert_int_equal (audit_open (&machine, &options, &audit, NULL), 0);
  log_get (audit);
  audit_close (audit);
  close (machine.root_fd);
  assert_log (2);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { TEST (test_journal),
                                      TEST (test_no_journal) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
