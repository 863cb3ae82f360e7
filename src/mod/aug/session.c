/* session.c - a session's worker: starting, asking, losing it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "session.h"
#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"
#include "../../call/metrics.h"

#define SECOND 1000ULL
#define DETAILS 32        /* Details of a failure that are kept, ... */
#define DETAIL_BYTES 4096 /* ... and bytes of each.  */

gpg_error_t
aug_session_get (struct call *call, struct aug_session **r_session)
{
  struct aug_session *session = call->module->session;

  if (!session)
    {
      session = calloc (1, sizeof *session);
      if (!session)
        return gpg_error (GPG_ERR_ENOMEM);
      session->fd = session->pidfd = -1;
      session->process = getpid ();
      session->generation = call->generation;
      channel_init (&session->channel, -1);
      call->module->session = session;
    }
  *r_session = session;
  return 0;
}

void
aug_drop_worker (struct aug_session *session)
{
  if (session->pidfd >= 0)
    {
      if (session->process == getpid ())
        syscall (SYS_pidfd_send_signal, session->pidfd, SIGKILL, NULL, 0);
      close (session->pidfd);
    }
  if (session->fd >= 0)
    close (session->fd);
  session->fd = session->pidfd = -1;
  channel_release (&session->channel);
  known_files_drop_all (session);
  lens_table_release (&session->table);
  aug_forget_changes (session);
  free (session->report);
  session->report = NULL;
  session->edited = session->wrote = session->transformed = false;
  session->edits = 0;
}

void
aug_session_end (void *session)
{
  if (session)
    aug_drop_worker (session);
  free (session);
}

bool
aug_session_unsaved (const void *session)
{
  const struct aug_session *mine = session;

  return mine->edited;
}

/* Read the table of lenses in FD.  */
static gpg_error_t
read_table (int fd, struct lens_table *r_table)
{
  auto_free char *text = NULL;
  struct stat st;
  size_t size, done = 0;

  if (fstat (fd, &st))
    return gpg_error_from_syserror ();
  if (st.st_size < 0 || (size_t)st.st_size > LENSES_TEXT)
    return gpg_error (GPG_ERR_BAD_DATA);
  size = (size_t)st.st_size;
  text = malloc (size + 1);
  if (!text)
    return gpg_error (GPG_ERR_ENOMEM);
  while (done < size)
    {
      ssize_t n = pread (fd, text + done, size - done, (off_t)done);

      if (n > 0)
        done += (size_t)n;
      else if (!n || errno != EINTR)
        return gpg_error (GPG_ERR_BAD_DATA);
    }
  return lens_table_parse (text, size, r_table);
}

/* Hand FD to the keeper, for a worker to serve it.  */
static gpg_error_t
ask_keeper (int helper_fd, int fd)
{
  char control[CMSG_SPACE (sizeof fd)] = { 0 };
  char body = 'w';
  struct iovec iov = { &body, 1 };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  struct cmsghdr *cmsg;
  ssize_t n;

  msg.msg_control = control;
  msg.msg_controllen = sizeof control;
  cmsg = CMSG_FIRSTHDR (&msg);
  cmsg->cmsg_level = SOL_SOCKET;
  cmsg->cmsg_type = SCM_RIGHTS;
  cmsg->cmsg_len = CMSG_LEN (sizeof fd);
  memcpy (CMSG_DATA (cmsg), &fd, sizeof fd);
  do
    n = sendmsg (helper_fd, &msg, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return n == 1 ? 0 : gpg_error_from_syserror ();
}

/* Let CHANNEL wait no longer than until DEADLINE, nor for a client that gave
   up.  */
static void
set_end (struct call *call, struct channel *channel, uint64_t deadline)
{
  channel->deadline = deadline;
  channel->give_up = call->canceled;
  channel->give_up_context = call->client;
}

gpg_error_t
aug_may_go_on (struct call *call, const struct aug_session *session)
{
  const struct channel *channel = &session->channel;

  if (channel->deadline && link_now () >= channel->deadline)
    return fail (&call->failure, GPG_ERR_TIMEOUT, "the request took too long");
  if (channel->give_up && channel->give_up (channel->give_up_context))
    return fail (&call->failure, GPG_ERR_CANCELED, "the client gave up");
  return 0;
}

/* Have the keeper give a worker; R_FDS are its socket and pidfd and the table
   of lenses.  */
static gpg_error_t
get_worker (struct call *call, uint64_t deadline, int r_fds[3])
{
  struct channel keeper;
  auto_close int near = -1;
  auto_close int far = -1;
  int ends[2];
  gpg_error_t err;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
    return gpg_error_from_syserror ();
  near = ends[0];
  far = ends[1];
  channel_init (&keeper, near);
  set_end (call, &keeper, deadline);
  err = ask_keeper (call->module->helper_fd, far);
  close (take_fd (&far));
  if (!err)
    err = channel_receive_fds (&keeper, CHANNEL_WORKER, r_fds, 3);
  channel_release (&keeper);
  return err;
}

static gpg_error_t
start_worker (struct call *call, struct aug_session *session, uint64_t deadline)
{
  int fds[3];
  gpg_error_t err;

  if (call->module->helper_fd < 0)
    return fail (&call->failure, GPG_ERR_SERVER_FAILED,
                 "the lens keeper does not run: see the log of reeved");
  err = get_worker (call, deadline, fds);
  if (!err)
    {
      session->fd = fds[0];
      session->pidfd = fds[1];
      channel_init (&session->channel, session->fd);
      err = read_table (fds[2], &session->table);
      close (fds[2]);
    }
  if (!err)
    return 0;
  aug_drop_worker (session);
  switch (gpg_err_code (err))
    {
    case GPG_ERR_TIMEOUT:
      return fail (&call->failure, GPG_ERR_TIMEOUT,
                   "the lens keeper did not answer in time: try again");
    case GPG_ERR_CANCELED:
      return fail (&call->failure, GPG_ERR_CANCELED, "the client gave up");
    default:
      return fail (&call->failure, GPG_ERR_SERVER_FAILED,
                   "the lens keeper gave no worker (%s): try again",
                   gpg_strerror (err));
    }
}

/* What the client has to do again when the worker is lost.  */
static const char *
what_is_lost (const struct aug_session *session)
{
  if (session->edited && session->transformed)
    return "; unsaved edits and transforms are lost";
  if (session->transformed)
    return "; transforms are lost";
  return session->edited ? "; unsaved edits are lost" : "";
}

/* The worker is lost because of ERR, after a request that began at START.  */
static gpg_error_t
lose_worker (struct call *call, struct aug_session *session, gpg_error_t err,
             uint64_t start)
{
  uint64_t cpu_ms = limits_or_usual (call->limits)->worker_cpu_ms;
  uint64_t now = link_now ();
  bool late = gpg_err_code (err) == GPG_ERR_TIMEOUT || now - start >= cpu_ms;
  bool blameless = (call->deadline && now >= call->deadline)
                   || gpg_err_code (err) == GPG_ERR_CANCELED
                   || (late && session->wide);
  const char *lost = what_is_lost (session);

  aug_drop_worker (session);
  metrics_add (call->metrics, METRIC_DEATHS_AUGEAS);
  if (!blameless)
    tally_add (call->module->tally, call->peer.uid, now);
  switch (gpg_err_code (err))
    {
    case GPG_ERR_EOF:
      /* The kernel ends it when its processor time is up.  */
      if (now - start < cpu_ms)
        return fail (&call->failure, GPG_ERR_SERVER_FAILED,
                     "the augeas worker died of this request%s", lost);
      return fail (&call->failure, GPG_ERR_TIMEOUT,
                   "the request took more than %d s of time%s",
                   (int)(cpu_ms / SECOND), lost);
    case GPG_ERR_TIMEOUT:
      return fail (&call->failure, GPG_ERR_TIMEOUT,
                   "the request took too long%s", lost);
    case GPG_ERR_CANCELED:
      return fail (&call->failure, GPG_ERR_CANCELED, "the client gave up%s",
                   lost);
    case GPG_ERR_ENOMEM:
      return fail (&call->failure, GPG_ERR_ENOMEM,
                   "the request takes too much memory%s", lost);
    default:
      return fail (&call->failure, GPG_ERR_SERVER_FAILED,
                   "the augeas worker failed (%s)%s", gpg_strerror (err), lost);
    }
}

/* Take the words of a failed request over.  Nothing in them is trusted to be
   a text of one line.  */
static gpg_error_t
take_failure (struct call *call, const struct message *message)
{
  gpg_err_code_t code = GPG_ERR_SERVER_FAILED;
  auto_free char *text = NULL;

  if (message->count < 2 || message->count % 2)
    return gpg_error (GPG_ERR_INV_PACKET);
  code = (gpg_err_code_t)item_number (&message->items[0], code);
  if (!code || code >= GPG_ERR_CODE_DIM)
    return gpg_error (GPG_ERR_INV_PACKET);
  text = item_string (&message->items[1]);
  for (char *p = text; p && *p; p++)
    if ((unsigned char)*p < ' ' || *p == 0x7f)
      *p = '?';
  for (size_t i = 2; i + 1 < message->count && i < 2 * DETAILS; i += 2)
    {
      auto_free char *name = item_string (&message->items[i]);
      const struct item *value = &message->items[i + 1];

      if (name && *name
          && strspn (name, "abcdefghijklmnopqrstuvwxyz") == strlen (name))
        failure_detail_bytes (&call->failure, name, value->bytes,
                              value->length < DETAIL_BYTES ? value->length
                                                           : DETAIL_BYTES);
    }
  return fail (&call->failure, code, "%s", text ? text : "");
}

/* One message of the answer.  *R_DONE tells that it was the last.  *R_BROKEN
   is the error that costs the worker.  */
static gpg_error_t
take_message (struct call *call, struct aug_session *session,
              const struct message *message, bool *r_done,
              gpg_error_t *r_broken)
{
  gpg_error_t err;

  switch (message->kind)
    {
    case CHANNEL_REPORT:
      if (message->count == 1 && !session->report)
        session->report = item_string (&message->items[0]);
      return 0;
    case CHANNEL_NEED:
      return session->judges ? gpg_error (GPG_ERR_INV_PACKET)
                             : files_answer (call, session, message);
    case CHANNEL_DONE:
      *r_done = true;
      if (!message->code)
        return 0;
      err = take_failure (call, message);
      if (message->code == 2)
        *r_broken = err;
      return err;
    default:
      return gpg_error (GPG_ERR_INV_PACKET);
    }
}

/* Hand MESSAGE on.  The time that the client takes for it is not the
   worker's.  */
static gpg_error_t
give_answer (struct call *call, struct aug_session *session,
             aug_answer_t answer, const struct message *message, void *context)
{
  uint64_t *deadline = &session->channel.deadline;
  uint64_t start = link_now ();
  gpg_error_t err = answer (call, message, context);

  *deadline += link_now () - start;
  if (call->deadline && *deadline > call->deadline)
    *deadline = call->deadline;
  return err;
}

/* Read the answer.  The first error is the request's, but the answer is read
   to its end.  */
static gpg_error_t
take_answer (struct call *call, struct aug_session *session,
             aug_answer_t answer, void *context, gpg_error_t *r_broken)
{
  struct message message;
  gpg_error_t err = 0;
  gpg_error_t one;
  bool done = false;

  while (!done)
    {
      *r_broken = channel_read (&session->channel, &message);
      if (*r_broken)
        return *r_broken;
      if (message.kind == CHANNEL_ANSWER)
        one = answer && !err
                  ? give_answer (call, session, answer, &message, context)
                  : 0;
      else if (err && message.kind == CHANNEL_DONE)
        {
          done = true;
          if (message.code == 2)
            *r_broken = err;
          one = 0;
        }
      else
        one = take_message (call, session, &message, &done, r_broken);
      if (gpg_err_code (one) == GPG_ERR_INV_PACKET)
        *r_broken = one;
      if (!err)
        err = one;
      if (*r_broken)
        return err;
    }
  return err;
}

static void
put_request (struct aug_session *session, enum channel_operation operation,
             const char *const *arguments, size_t count)
{
  uint32_t cpu = (uint32_t)sched_getcpu ();

  channel_begin (&session->channel, CHANNEL_REQUEST, operation);
  channel_item (&session->channel, &cpu, sizeof cpu);
  for (size_t i = 0; i < count && arguments[i]; i++)
    channel_string (&session->channel, arguments[i]);
  channel_end (&session->channel);
}

/* Where policy was loaded anew since SESSION's worker got its files: it goes if
   it has one that the client may not see any more.  Else it may ask again for
   what it did not get.  */
static gpg_error_t
heed_policy (struct call *call, struct aug_session *session)
{
  const char *lost = what_is_lost (session);

  if (session->generation == call->generation)
    return 0;
  session->generation = call->generation;
  if (session->fd < 0)
    return 0;
  if (known_files_allowed (call, session))
    return aug_request (call, CHANNEL_RENEW, NULL, 0, NULL, NULL);
  aug_drop_worker (session);
  if (*lost)
    return fail (&call->failure, GPG_ERR_FORBIDDEN,
                 "a new policy hides files that were read%s", lost);
  return writer_warning (call->out,
                         "a new policy hides files that were read; variables "
                         "are lost");
}

gpg_error_t
aug_request (struct call *call, enum channel_operation operation,
             const char *const *arguments, size_t count, aug_answer_t answer,
             void *context)
{
  uint64_t start = link_now ();
  uint64_t deadline = start + limits_or_usual (call->limits)->worker_ms;
  struct aug_session *session;
  gpg_error_t broken = 0;
  gpg_error_t err = aug_session_get (call, &session);

  if (err)
    return err;
  if (session->lost)
    {
      session->lost = false;
      return fail (&call->failure, GPG_ERR_TIMEOUT,
                   "completing a word took too long: unsaved edits and "
                   "transforms are lost");
    }
  err = heed_policy (call, session);
  if (err)
    return err;
  if (call->deadline && call->deadline < deadline)
    deadline = call->deadline;
  if (session->fd < 0)
    {
      if (tally_recent (call->module->tally, call->peer.uid, start,
                        LIMIT_AUG_DEATH_SECONDS * SECOND)
          >= LIMIT_AUG_DEATHS)
        return fail (&call->failure, GPG_ERR_LIMIT_REACHED,
                     "your requests killed %d augeas workers: wait %d s",
                     LIMIT_AUG_DEATHS, LIMIT_AUG_DEATH_SECONDS);
      err = start_worker (call, session, deadline);
      if (err)
        return err;
    }
  set_end (call, &session->channel, deadline);
  session->wide = false;
  put_request (session, operation, arguments, count);
  broken = channel_flush (&session->channel);
  if (!broken)
    err = take_answer (call, session, answer, context, &broken);
  return broken ? lose_worker (call, session, broken, start) : err;
}
