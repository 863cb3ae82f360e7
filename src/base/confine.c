/* confine.c - what a session that only reads can no longer do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "protocol/memory.h"
#include "confine.h"
#include "confine_calls.h"
#include "privilege.h"

/* Rights of Landlock that are younger than some headers.  */
#define RIGHT_REFER (1ULL << 13)
#define RIGHT_TRUNCATE (1ULL << 14)
#define RIGHT_DEVICE (1ULL << 15)

#define RIGHTS_WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNCATE)
#define RIGHTS_MAKE                                                            \
  (LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)
/* All but reading files and directories.  */
#define RIGHTS_ALL                                                             \
  (RIGHTS_WRITE | RIGHTS_MAKE | LANDLOCK_ACCESS_FS_EXECUTE                     \
   | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_CHAR              \
   | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK                \
   | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK              \
   | LANDLOCK_ACCESS_FS_MAKE_SYM | RIGHT_REFER | RIGHT_DEVICE)

/* As the youngest kernel that is used here knows it; an older one takes a
   longer structure whose rest is 0.  */
struct ruleset
{
  uint64_t files;
  uint64_t ports;  /* bind 1, connect 2.  */
  uint64_t scoped; /* Abstract sockets 1, signals 2.  */
};

/* Landlock does not tell whether it holds.  */
static bool files_are_confined;

/* --- Capabilities --- */

static int
read_capabilities (struct __user_cap_data_struct data[2])
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };

  return (int)syscall (SYS_capget, &header, data);
}

static gpg_error_t
drop_capabilities (struct failure *failure)
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct data[2];
  uint32_t kept = 1U << CAP_DAC_READ_SEARCH;

  if (read_capabilities (data))
    return fail_errno (failure, "cannot read the capabilities");
  if (privilege_bound ())
    return fail_errno (failure, "cannot empty the bounding set");
  if (prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
    return fail_errno (failure, "cannot drop ambient capabilities");
  kept &= data[0].permitted;
  data[0] = (struct __user_cap_data_struct){ kept, kept, 0 };
  data[1] = (struct __user_cap_data_struct){ 0, 0, 0 };
  if (syscall (SYS_capset, &header, data))
    return fail_errno (failure, "cannot drop capabilities");
  return 0;
}

/* Whether this process has no capability but that for reading, and cannot get
   one: by a bounding set that is empty, or since no program that it starts
   gains anything.  */
static bool
capabilities_are_few (void)
{
  struct __user_cap_data_struct data[2];
  uint32_t other = ~(1U << CAP_DAC_READ_SEARCH);
  bool none = true;

  if (read_capabilities (data) || data[0].permitted & other
      || data[1].permitted)
    return false;
  for (unsigned long number = 0; none; number++)
    {
      int has = prctl (PR_CAPBSET_READ, number, 0, 0, 0);

      if (has < 0)
        break;
      none = !has;
    }
  return none || prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static bool
privileges_are_fixed (void)
{
  return prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

/* --- System calls --- */

static gpg_error_t
filter_calls (struct failure *failure)
{
  struct sock_filter filter[CONFINE_FILTER];
  struct sock_fprog program = { confine_filter (filter), filter };

  if (!program.len
      || !syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
    return 0;
  /* Before Linux 3.17, or built without it.  */
  if (errno == ENOSYS
      || (errno == EINVAL && prctl (PR_GET_SECCOMP, 0, 0, 0, 0) < 0))
    return 0;
  return fail_errno (failure, "cannot filter system calls");
}

/* The kernel tells by the error whether it got as far as to look for the
   program.  */
static bool
programs_are_refused (void)
{
  return syscall (SYS_execve, NULL, NULL, NULL) == -1 && errno == EPERM
         && prctl (PR_GET_SECCOMP, 0, 0, 0, 0) == 2;
}

/* --- Files --- */

/* The rights that the kernel's Landlock of version VERSION knows.  */
static struct ruleset
known_rights (long version)
{
  struct ruleset set = { .files = RIGHTS_ALL, .ports = 3, .scoped = 3 };

  if (version < 6)
    set.scoped = 0;
  if (version < 5)
    set.files &= ~RIGHT_DEVICE;
  if (version < 4)
    set.ports = 0;
  if (version < 3)
    set.files &= ~RIGHT_TRUNCATE;
  if (version < 2)
    set.files &= ~RIGHT_REFER;
  return set;
}

static gpg_error_t
open_place (const struct confine_place *place, int ruleset, uint64_t known,
            struct failure *failure)
{
  auto_close int fd = open (place->os_path, O_PATH | O_CLOEXEC);
  uint64_t rights = RIGHTS_WRITE | (place->make ? RIGHTS_MAKE : 0);
  struct landlock_path_beneath_attr beneath
      = { .parent_fd = fd, .allowed_access = known & rights };

  if (fd < 0 && errno == ENOENT)
    return 0;
  if (fd < 0
      || syscall (SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
                  &beneath, 0))
    return fail_errno (failure, "cannot except %s", place->os_path);
  return 0;
}

static gpg_error_t
confine_files (const struct confine_place *places, size_t count,
               struct failure *failure)
{
  long version = syscall (SYS_landlock_create_ruleset, NULL, 0,
                          LANDLOCK_CREATE_RULESET_VERSION);
  auto_close int ruleset = -1;
  struct ruleset set;
  gpg_error_t err = 0;

  /* Not built in, or not switched on.  */
  if (version < 1)
    return 0;
  set = known_rights (version);
  ruleset = (int)syscall (SYS_landlock_create_ruleset, &set, sizeof set, 0);
  if (ruleset < 0)
    return fail_errno (failure, "cannot make rules for files");
  for (size_t i = 0; !err && i < count; i++)
    err = open_place (places + i, ruleset, set.files, failure);
  if (err)
    return err;
  if (syscall (SYS_landlock_restrict_self, ruleset, 0))
    return fail_errno (failure, "cannot enter the rules for files");
  files_are_confined = true;
  return 0;
}

static bool
files_are_read_only (void)
{
  return files_are_confined;
}

/* --- All of it --- */

gpg_error_t
confine_enter (const struct confine_place *places, size_t count,
               struct failure *failure)
{
  gpg_error_t err;

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    return fail_errno (failure, "cannot forbid new privileges");
  err = confine_files (places, count, failure);
  if (!err)
    err = drop_capabilities (failure);
  if (!err)
    err = filter_calls (failure);
  return err;
}

bool
confine_report (size_t index, const char **r_name, bool *r_holds)
{
  static const struct
  {
    const char *name;
    bool (*holds) (void);
  } parts[] = { { "no capability but to read", capabilities_are_few },
                { "gains no privileges", privileges_are_fixed },
                { "starts and signals no process", programs_are_refused },
                { "writes no file but the audit log", files_are_read_only } };

  if (index >= sizeof parts / sizeof *parts)
    return false;
  *r_name = parts[index].name;
  *r_holds = parts[index].holds ();
  return true;
}
