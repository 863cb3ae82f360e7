/* test-privilege.c - tests of src/base/privilege.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "check.h"

#include <grp.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/privilege.h"

/* What TEST, which runs in a process of its own, returns.  */
static int
apart (int (*test) (void))
{
  pid_t pid = fork ();
  int status;

  assert_true (pid >= 0);
  if (!pid)
    _exit (test ());
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static bool
is_bounded (void)
{
  unsigned long number = 0;
  int has;

  while (!(has = prctl (PR_CAPBSET_READ, number, 0, 0, 0)))
    number++;
  return number && has < 0;
}

static int
become_another (void)
{
  static const gid_t others[] = { 4712, 4713 };
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct data[2];
  gid_t groups[3];
  uid_t uids[3];
  gid_t gids[3];

  if (privilege_drop (4711, 4714, others, 2))
    return 1;
  if (getresuid (uids, uids + 1, uids + 2) || uids[0] != 4711 || uids[1] != 4711
      || uids[2] != 4711)
    return 2;
  if (getresgid (gids, gids + 1, gids + 2) || gids[0] != 4714 || gids[1] != 4714
      || gids[2] != 4714)
    return 3;
  if (getgroups (3, groups) != 2 || groups[0] != 4712 || groups[1] != 4713)
    return 4;
  if (syscall (SYS_capget, &header, data) || data[0].permitted
      || data[1].permitted || data[0].effective || data[1].effective)
    return 5;
  if (!is_bounded ())
    return 6;
  /* Again: it is not root.  */
  return privilege_drop (4715, 4715, NULL, 0) || getuid () != 4711 ? 7 : 0;
}

static int
stay_who_one_is (void)
{
  uid_t uid = getuid ();
  bool bounded = is_bounded ();

  if (privilege_drop (4711, 4714, NULL, 0) || privilege_bound ())
    return 1;
  return getuid () != uid || is_bounded () != bounded;
}

/* Without the capability for that the set stays, and that is no error.  */
static int
bound_without_capability (void)
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct data[2];
  bool bounded = is_bounded ();

  if (syscall (SYS_capget, &header, data))
    return 1;
  data[0].effective &= ~(1U << CAP_SETPCAP);
  if (syscall (SYS_capset, &header, data) || privilege_bound ())
    return 2;
  return is_bounded () != bounded;
}

static int
only_bound (void)
{
  return privilege_bound () || !is_bounded () || getuid ();
}

static void
root_becomes_another (void **state)
{
  (void)state;
  if (getuid ())
    {
      print_message ("machine: only root becomes another\n");
      skip ();
    }
  assert_int_equal (apart (become_another), 0);
  assert_int_equal (apart (only_bound), 0);
}

static void
others_stay (void **state)
{
  (void)state;
  if (!getuid ())
    assert_int_equal (setresuid (0, PRIVILEGE_NOBODY, 0), 0);
  assert_int_equal (apart (stay_who_one_is), 0);
  if (!getuid ())
    assert_int_equal (setresuid (0, 0, 0), 0);
  assert_int_equal (apart (bound_without_capability), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (root_becomes_another),
    cmocka_unit_test (others_stay),
  };

  return cmocka_run_group_tests_name ("privilege", tests, NULL, NULL);
}
