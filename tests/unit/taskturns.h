/* taskturns.h - a task of PVE's and a server that answers by turns, for tests
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TEST_TASKTURNS_H
#define REEVE_TEST_TASKTURNS_H

#include "apiturns.h"

#include "src/mod/pve/task.h"

#define LIST "GET /nodes/pve1/tasks?source=all&limit=100&vmid=100"
#define SEND "POST /nodes/pve1/lxc/100/status/start"
#define TASK(pid, start, type, id, user)                                       \
  "UPID:pve1:" pid ":0004A8D4:" start ":" type ":" id ":" user ":"
#define OURS TASK ("0000006E", "6A096AC0", "vzstart", "100", "agent@pve!ops")
#define STATUS "GET /nodes/pve1/tasks/"
#define RUNS "{\"status\":\"running\"}"
#define ENDED(text) "{\"status\":\"stopped\",\"exitstatus\":\"" text "\"}"

static const char *const types[] = { "vzstart", "hastart", NULL };
static const struct task_request request
    = { .method = "POST",
        .path = "/nodes/pve1/lxc/100/status/start",
        .node = "pve1",
        .types = types,
        .id = "100" };

static inline gpg_error_t
run (const struct turn *turns)
{
  gpg_error_t err;

  turn = turns;
  err = task_run (&work, &request);
  if (!err)
    err = writer_record_end (&out);
  assert_null (turn->asked);
  return err;
}

#define NO_TASKS                                                               \
  {                                                                            \
    LIST, "[]", 0, VERDICT_DONE, NULL                                          \
  }
#define LOST                                                                   \
  {                                                                            \
    SEND, NULL, GPG_ERR_UNFINISHED, VERDICT_LOST, NULL                         \
  }
/* It begins the task, it still runs, it has ended.  */
#define BEGUN NO_TASKS, GOOD (SEND, "\"" OURS "\"")
#define STILL GOOD (STATUS, RUNS), GOOD (STATUS, "[]")
#define ENDS(text) GOOD (STATUS, ENDED (text)), GOOD (STATUS, "[]")

#endif /* REEVE_TEST_TASKTURNS_H */
