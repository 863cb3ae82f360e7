/* slots.c - which jobs run
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../../protocol/log_state.h"
#include "../../protocol/memory.h"

_Static_assert(2 * LIMIT_JOBS_MOST <= LOG_STATE_BEGUN_MOST,
               "others can change something while all jobs run");

static uint64_t
pack (uid_t uid, pid_t pid)
{
  return (uint64_t)uid << 32 | (uint32_t)pid;
}

static pid_t
slot_pid (uint64_t slot)
{
  return (pid_t)(uint32_t)slot;
}

static uint64_t
count_uid (struct job_slots *slots, uid_t uid)
{
  uint64_t count = 0;

  for (size_t i = 0; i < LIMIT_JOBS_MOST; i++)
    {
      uint64_t slot = atomic_load (slots->slot + i);

      count += slot && (uid_t)(slot >> 32) == uid;
    }
  return count;
}

gpg_error_t
job_slots_take (struct job_slots *slots, uid_t uid, const struct limits *limits,
                struct failure *failure)
{
  uint64_t mine = pack (uid, getpid ());

  for (size_t i = 0; i < limits->jobs; i++)
    {
      uint64_t none = 0;

      if (!atomic_compare_exchange_strong (slots->slot + i, &none, mine))
        continue;
      /* Counted with this one, so that two at once are not both let in.  */
      if (count_uid (slots, uid) <= limits->jobs_per_uid)
        return 0;
      atomic_store (slots->slot + i, 0);
      return fail (failure, GPG_ERR_LIMIT_REACHED,
                   "too many jobs of this user run: wait for one, or raise "
                   "max-jobs-per-uid");
    }
  return fail (failure, GPG_ERR_LIMIT_REACHED,
               "too many jobs run: wait for one, or raise max-jobs");
}

bool
job_slots_free (struct job_slots *slots, pid_t pid)
{
  for (size_t i = 0; i < LIMIT_JOBS_MOST; i++)
    {
      uint64_t slot = atomic_load (slots->slot + i);

      if (slot && slot_pid (slot) == pid)
        return atomic_compare_exchange_strong (slots->slot + i, &slot, 0);
    }
  return false;
}

size_t
job_slots_each (struct job_slots *slots,
                void (*each) (void *context, pid_t pid), void *context)
{
  size_t count = 0;

  for (size_t i = 0; i < LIMIT_JOBS_MOST; i++)
    {
      uint64_t slot = atomic_load (slots->slot + i);

      if (!slot)
        continue;
      count++;
      if (each)
        each (context, slot_pid (slot));
    }
  return count;
}

/* Whether NAME, of LENGTH bytes, is that of this process's program.  */
static bool
is_own_name (const char *name, size_t length)
{
  char own[16] = "";

  return !prctl (PR_GET_NAME, own) && strlen (own) == length
         && !memcmp (own, name, length);
}

bool
job_process_lives (pid_t pid)
{
  char path[32], text[256];
  auto_close int fd = -1;
  const char *name, *state;
  ssize_t length;

  snprintf (path, sizeof path, "/proc/%ld/stat", (long)pid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno != ENOENT)
    return true; /* Nobody knows.  */
  length = fd < 0 ? -1 : read (fd, text, sizeof text - 1);
  if (length <= 0)
    return false;
  text[length] = 0;
  /* Behind the program's name, which may have parentheses.  */
  name = strchr (text, '(');
  state = strrchr (text, ')');
  return name && state && is_own_name (name + 1, (size_t)(state - name - 1))
         && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
}
