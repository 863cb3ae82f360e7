/* hand_over.c - a job carries out what a client need not wait for
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A call that passed all gates, and has planned, is carried out by a process
   of its own, forked from the session and no child of it.  The session ends
   when it likes; the job goes on with the same plan, on the same record.  */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gpg-error.h>

#include "protocol/memory.h"
#include "../job/store.h"
#include "../plan/journal.h"
#include "session.h"

/* What the job says to the session: it has begun, or why not.  */
struct report
{
  gpg_err_code_t code;
  char text[256];
};

/* --- The job --- */

static volatile sig_atomic_t canceled, ending;

static void
note_signal (int number)
{
  if (number == SIGTERM)
    ending = 1;
  else
    canceled = 1;
}

/* call.canceled.  */
static bool
is_canceled (void *client)
{
  (void)client;
  return canceled;
}

/* call.ending.  */
static bool
is_ending (void *client)
{
  (void)client;
  return ending;
}

/* Have nothing to do with SESSION's client any more.  */
static gpg_error_t
leave_client (const struct session *session)
{
  const struct sigaction action = { .sa_handler = note_signal,
                                    .sa_flags = SA_RESTART };
  auto_close int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  sigaction (SIGTERM, &action, NULL);
  sigaction (JOB_CANCEL_SIGNAL, &action, NULL);
  setsid ();
  if (null < 0 || dup3 (null, session->link.in, O_CLOEXEC) < 0
      || (session->link.out != session->link.in
          && dup3 (null, session->link.out, O_CLOEXEC) < 0)
      /* Who waits for the end of the pipe's log would wait for the job.  */
      || (session->daemon->options.mode == RUN_SERVER
          && dup2 (null, STDERR_FILENO) < 0))
    return gpg_error_from_syserror ();
  return 0;
}

/* Let go of what belongs to SESSION's process and would not end, or not be
   free, before the job ends.  Steps have workers of their own.  */
static void
leave_session (struct session *session)
{
  struct daemon *daemon = session->daemon;

  session_end_modules (session);
  journal_after_fork ();
  if (daemon->key)
    explicit_bzero (daemon->key, sizeof *daemon->key);
  for (size_t i = 0; i < daemon->registry.count; i++)
    {
      if (daemon->module[i].helper_fd >= 0)
        close (daemon->module[i].helper_fd);
      daemon->module[i].helper_fd = -1;
    }
}

/* Be a job: what must have gone well before CALL's client is told that there
   is one.  */
static gpg_error_t
begin (struct session *session, struct call *call, struct job_writer *job)
{
  const struct audit_subject *subject = session->gate.subject;
  struct job_slots *slots = &session->daemon->shared->jobs;
  gpg_error_t err = leave_client (session);

  audit_after_fork (session->daemon->audit);
  leave_session (session);
  if (!err)
    err = job_slots_take (slots, call->peer.uid, call->limits, &call->failure);
  if (err)
    return err;
  err = job_create (call, subject, job, &call->failure);
  if (!err)
    {
      err = gate_begin (&session->gate, call);
      if (err)
        job_abandon (job, call->machine, subject);
    }
  if (err)
    job_slots_free (slots, getpid ());
  return err;
}

static void
tell (int fd, gpg_error_t err, const struct failure *failure)
{
  struct report report = { .code = gpg_err_code (err) };

  if (err)
    snprintf (report.text, sizeof report.text, "%s",
              failure_words (failure, err));
  (void)!write (fd, &report, sizeof report);
  close (fd);
}

static void __attribute__ ((noreturn))
be_job (struct session *session, struct call *call, int report_fd)
{
  struct job_writer job;
  gpg_error_t err = begin (session, call, &job);

  tell (report_fd, err, &call->failure);
  if (!err)
    {
      call->canceled = is_canceled;
      call->ending = is_ending;
      call->still_may = NULL;
      /* In place: the plan's steps know it.  */
      *call->out = (struct writer){ .sink = job_sink (&job),
                                    .output = OUTPUT_JSON };
      err = gate_carry_out (&session->gate, call);
      request_log (session, call, err);
      account_call (session, call, err);
      err = job_end (&job, err, &call->failure);
      if (err)
        log_error ("job %s: its end is not on disk: %s\n", session->call_id,
                   gpg_strerror (err));
      job_slots_free (&session->daemon->shared->jobs, getpid ());
    }
  session_exit ();
}

/* --- The session --- */

static gpg_error_t
hear (int fd, struct failure *failure)
{
  struct report report;
  ssize_t n;

  do
    n = read (fd, &report, sizeof report);
  while (n < 0 && errno == EINTR);
  if (n != sizeof report)
    return fail (failure, GPG_ERR_SERVER_FAILED,
                 "the job cannot be started: see the log of reeved");
  report.text[sizeof report.text - 1] = 0;
  return report.code ? fail (failure, report.code, "%s", report.text) : 0;
}

static gpg_error_t
write_job (const struct session *session, struct writer *out)
{
  gpg_error_t err = writer_field (out, "job", "%s", session->call_id);

  if (!err)
    err = writer_field (out, "state", "running");
  return err ? err : writer_record_end (out);
}

static gpg_error_t
cannot_fork (struct call *call)
{
  return fail (&call->failure, GPG_ERR_TRY_LATER, "cannot fork: try later");
}

gpg_error_t
hand_over (struct call *call)
{
  struct session *session = call->client;
  int report[2];
  pid_t pid;
  gpg_error_t err;

  if (pipe2 (report, O_CLOEXEC))
    return fail_errno (&call->failure, "cannot make a pipe");
  pid = fork ();
  if (!pid)
    {
      close (report[0]);
      /* The job is nobody's child that would have to be waited for.  */
      pid = fork ();
      if (pid < 0)
        tell (report[1], cannot_fork (call), &call->failure);
      if (pid)
        _exit (0);
      be_job (session, call, report[1]);
    }
  close (report[1]);
  while (pid > 0 && waitpid (pid, NULL, 0) < 0 && errno == EINTR)
    ;
  err = pid < 0 ? cannot_fork (call) : hear (report[0], &call->failure);
  close (report[0]);
  if (err)
    return err;
  /* They are the job's now.  */
  call->handed_over = true;
  plan_release (call->plan);
  call->plan = NULL;
  return write_job (session, call->out);
}
