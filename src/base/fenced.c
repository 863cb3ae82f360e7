/* fenced.c - a function that takes apart what is foreign, behind a fence
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/link.h"
#include "protocol/memory.h"
#include "fence.h"
#include "fenced.h"
#include "privilege.h"

enum
{
  FENCED_ANSWER = 1, /* What the function said.  */
  FENCED_FAILED      /* Gpg code, words.  */
};

/* What is to be done behind the fence: one of the two functions.  */
struct task
{
  fenced_function function;
  const char *bytes;
  size_t length;
  fenced_reader reader;
  int kept; /* -1: none.  */
  const void *context;
};

/* What the process behind the fence does.  */
static void
serve (const struct fence *fence, const struct task *task, int fd)
{
  const struct rlimit cpu = { LIMIT_FENCED_SECONDS, LIMIT_FENCED_SECONDS };
  struct failure failure = FAILURE_NONE;
  struct channel out;
  char *report;
  gpg_error_t err;

  if (privilege_drop (PRIVILEGE_NOBODY, PRIVILEGE_NOBODY, NULL, 0)
      || setrlimit (RLIMIT_CPU, &cpu)
      || fence_enter (fence, fd, task->kept, LIMIT_FENCED_MEMORY, &report))
    return;
  channel_init (&out, FENCE_FD);
  channel_begin (&out, FENCED_ANSWER, 0);
  err = task->reader ? task->reader (task->context, &out, &failure)
                     : task->function (task->bytes, task->length, task->context,
                                       &out, &failure);
  channel_end (&out);
  if (!err)
    err = buffer_error (&out.out);
  if (err)
    {
      channel_release (&out);
      channel_init (&out, FENCE_FD);
      channel_begin (&out, FENCED_FAILED, 0);
      channel_number (&out, gpg_err_code (err));
      channel_string (&out, failure_words (&failure, err));
      channel_end (&out);
    }
  channel_flush (&out);
}

/* Take over the error that the function returned.  */
static gpg_error_t
take_failure (const struct message *message, struct failure *failure)
{
  auto_free char *words = NULL;
  int64_t code;

  if (message->kind != FENCED_FAILED || message->count != 2)
    return gpg_error (GPG_ERR_INV_PACKET);
  code = item_number (message->items, GPG_ERR_GENERAL);
  words = item_string (message->items + 1);
  for (char *p = words; p && *p; p++)
    if ((unsigned char)*p < ' ' || *p == 0x7f)
      *p = '?';
  if (code <= 0 || code >= GPG_ERR_CODE_DIM)
    code = GPG_ERR_GENERAL;
  return fail (failure, (gpg_err_code_t)code, "%.200s", words ? words : "");
}

static gpg_error_t
read_answer (struct fenced_answer *answer, struct failure *failure)
{
  struct message message;
  gpg_error_t err = channel_read (&answer->channel, &message);

  switch (gpg_err_code (err))
    {
    case GPG_ERR_NO_ERROR:
      break;
    case GPG_ERR_EOF:
      return fail (failure, GPG_ERR_SERVER_FAILED,
                   "what was read could not be taken apart: it made the "
                   "parser fail");
    case GPG_ERR_TIMEOUT:
      return fail (failure, GPG_ERR_TIMEOUT,
                   "what was read could not be taken apart in time");
    default:
      return err;
    }
  if (message.kind != FENCED_ANSWER)
    return take_failure (&message, failure);
  answer->items = message.items;
  answer->count = message.count;
  return 0;
}

static gpg_error_t
carry_out (const struct task *task, struct fenced_answer *r_answer,
           struct failure *failure)
{
  struct fence fence;
  int ends[2];
  pid_t pid;
  gpg_error_t err = fence_make (FENCE_COMPUTE, &fence);

  *r_answer = (struct fenced_answer){ 0 };
  channel_init (&r_answer->channel, -1);
  if (err)
    return err;
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
    err = gpg_error_from_syserror ();
  else
    {
      pid = fork ();
      if (!pid)
        {
          serve (&fence, task, ends[1]);
          _exit (0);
        }
      if (pid < 0)
        err = gpg_error_from_syserror ();
      close (ends[1]);
      channel_init (&r_answer->channel, ends[0]);
      r_answer->channel.deadline = link_now () + LIMIT_FENCED_SECONDS * 1000;
      if (!err)
        {
          err = read_answer (r_answer, failure);
          kill (pid, SIGKILL);
          while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
            ;
        }
      close (ends[0]);
      r_answer->channel.fd = -1;
    }
  fence_release (&fence);
  if (err)
    fenced_release (r_answer);
  return err;
}

gpg_error_t
fenced_call (fenced_function function, const void *context, const char *bytes,
             size_t length, struct fenced_answer *r_answer,
             struct failure *failure)
{
  const struct task task = { .function = function,
                             .bytes = bytes,
                             .length = length,
                             .kept = -1,
                             .context = context };

  return carry_out (&task, r_answer, failure);
}

gpg_error_t
fenced_read (fenced_reader function, const void *context, int fd,
             struct fenced_answer *r_answer, struct failure *failure)
{
  const struct task task
      = { .reader = function, .kept = fd, .context = context };

  return carry_out (&task, r_answer, failure);
}

void
fenced_release (struct fenced_answer *answer)
{
  channel_release (&answer->channel);
  answer->items = NULL;
  answer->count = 0;
}
