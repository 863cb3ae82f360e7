/* task_look.c - looking at a task from time to time
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "task_look.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "../../call/upid.h"
#include "api.h"
#include "form.h"

#define PAUSE_FIRST_MS 100
#define PAUSE_MOST_MS 2000

gpg_error_t
task_path (struct buffer *path, const char *upid, const char *below)
{
  auto_upid struct upid parts = UPID_NONE;
  gpg_error_t err = upid_parse (upid, &parts);

  buffer_string (path, "/nodes");
  if (!err)
    err = form_segment (path, parts.node);
  buffer_string (path, "/tasks");
  if (!err)
    err = form_segment (path, upid);
  buffer_string (path, below);
  return err ? err : buffer_error (path);
}

gpg_error_t
task_look (struct work *work, const char *upid, char **r_exit)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  struct answer answer;
  const char *status, *text;
  gpg_error_t err = task_path (&path, upid, "/status");

  *r_exit = NULL;
  if (!err)
    err = api_get (work, path.bytes, &answer);
  if (err)
    return err;
  status = json_string_value (json_object_get (answer.data, "status"));
  text = json_string_value (json_object_get (answer.data, "exitstatus"));
  if (!status)
    err = fail (&work->failure, GPG_ERR_INV_RESPONSE,
                "the server does not say whether the task runs");
  else if (!strcmp (status, "stopped"))
    {
      *r_exit = strdup (text ? text : "unexpected status");
      if (!*r_exit)
        err = gpg_error_from_syserror ();
    }
  answer_release (&answer);
  return err;
}

gpg_error_t
task_kill (struct work *work, const char *upid)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  struct answer answer;
  bool lost;
  gpg_error_t err = task_path (&path, upid, "");

  if (!err)
    err = api_send (work, "DELETE", path.bytes, NULL, &answer, &lost);
  if (!err)
    answer_release (&answer);
  return err;
}

int
task_pace_next (struct task_pace *pace)
{
  int next = pace->pause_ms ? pace->pause_ms + pace->pause_ms / 2
                            : PAUSE_FIRST_MS;

  pace->pause_ms = next < PAUSE_MOST_MS ? next : PAUSE_MOST_MS;
  return pace->pause_ms;
}

gpg_error_t
task_sleep (struct work *work, int ms)
{
  struct pollfd poll_in = { work->channel->fd, POLLIN, 0 };

  /* The session says nothing but that it is enough.  */
  if (!work_ended (work) && poll (&poll_in, 1, work_left (work, ms)) < 0
      && errno != EINTR)
    return gpg_error_from_syserror ();
  return work_ended (work) ? gpg_error (GPG_ERR_CANCELED) : 0;
}

gpg_error_t
task_bear (struct work *work, struct task_pace *pace, gpg_error_t err)
{
  if (!err)
    {
      pace->away = false;
      return 0;
    }
  if (work_ended (work))
    return gpg_error (GPG_ERR_CANCELED);
  if (!api_is_passing (err))
    return err;
  if (!pace->away)
    {
      pace->away = true;
      err = writer_warning (work->out, "%s: asking again",
                            failure_words (&work->failure, err));
    }
  else
    err = 0;
  failure_release (&work->failure);
  return err;
}
