/* jobstore.h - jobs of a scratch machine
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TEST_JOBSTORE_H
#define REEVE_TEST_JOBSTORE_H

#include "auditlog.h"
#include <unistd.h>
#include "src/job/store.h"

static struct limits limits; /* Of the next job's call.  */
static struct failure failure;

/* Make the file of the job NAME of IDENTITY, whose call has a reason.  */
static gpg_error_t
create (struct job_writer *job, const char *identity, const char *name)
{
  struct audit_subject subject = test_subject;
  struct test_call test;
  struct call *call = call_make (&test, &set_verb, "--reason=spring /x y");
  gpg_error_t err;

  subject.identity = identity;
  subject.call = name;
  call->limits = &limits;
  failure_release (&failure);
  err = job_create (call, &subject, job, &failure);
  call_end (&test);
  return err;
}

/* As when its process is gone.  */
static void
leave (struct job_writer *job)
{
  close (job->fd);
  buffer_release (&job->line);
  buffer_release (&job->answer);
}

#endif /* REEVE_TEST_JOBSTORE_H */
