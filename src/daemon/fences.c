/* fences.c - what holds for the process of a session, and for its calls while
   the configuration is not what was loaded
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "protocol/log_state.h"
#include "protocol/memory.h"
#include "../base/confine.h"
#include "session.h"

/* The one file in OWN_STATE_DIR, since the journal is beside it: whoever writes
   there has the supervisor write files.  */
#define AUDIT_KEY OWN_STATE_DIR "/" LOG_STATE_FILE

gpg_error_t
session_confine (struct session *session, struct failure *failure)
{
  static const struct
  {
    const char *path;
    bool make;
  } own[]
      = { { OWN_LOG_DIR, true }, { AUDIT_KEY, false }, { OWN_RUN_DIR, false } };
  enum
  {
    OWN = sizeof own / sizeof *own
  };
  struct daemon *daemon = session->daemon;
  struct confine_place places[OWN];
  gpg_error_t err = 0;

  if (session->confined || gate_ceiling (&session->gate) != EFFECT_READ)
    return 0;
  /* In pipe mode these would start later.  */
  for (size_t i = 0; !err && i < daemon->registry.count; i++)
    err = request_need_helper (daemon, i, failure);
  for (size_t i = 0; i < OWN; i++)
    {
      places[i] = (struct confine_place){
        machine_path (&daemon->machine, own[i].path), own[i].make
      };
      if (!places[i].os_path)
        err = gpg_error (GPG_ERR_ENOMEM);
    }
  audit_leave_journald (daemon->audit);
  if (!err)
    err = confine_enter (places, OWN, failure);
  /* No reload gives back what is gone.  */
  session->confined = !err;
  session->gate.ceiling = EFFECT_READ;
  for (size_t i = 0; i < OWN; i++)
    free ((char *)places[i].os_path);
  return err;
}

/* Whether this process has memory that is never written to disk.  */
static bool
has_locked_memory (void)
{
  FILE *stream = fopen ("/proc/self/status", "re");
  char line[200];
  unsigned long locked = 0;

  if (!stream)
    return false;
  while (fgets (line, sizeof line, stream))
    if (!strncmp (line, "VmLck:", 6))
      locked = strtoul (line + 6, NULL, 10);
  fclose (stream);
  return locked;
}

static gpg_error_t
write_fence (struct writer *out, const char *fence, bool holds)
{
  gpg_error_t err = writer_field (out, "process", "session");

  if (!err)
    err = writer_field (out, "fence", "%s", fence);
  if (!err)
    err = writer_field_bool (out, "holds", holds);
  return err ? err : writer_record_end (out);
}

gpg_error_t
session_write_fences (struct writer *out)
{
  struct rlimit core = { 1, 1 };
  const char *name;
  bool holds;
  gpg_error_t err;

  getrlimit (RLIMIT_CORE, &core);
  err = write_fence (out, "no core dumps", !core.rlim_cur && !core.rlim_max);
  if (!err)
    err = write_fence (out, "not traceable by its user",
                       !prctl (PR_GET_DUMPABLE));
  if (!err)
    err = write_fence (out, "secrets in locked memory", has_locked_memory ());
  for (size_t i = 0; !err && confine_report (i, &name, &holds); i++)
    err = write_fence (out, name, holds);
  return err;
}

gpg_error_t
session_check_integrity (const struct session *session, enum effect effect,
                         struct failure *failure)
{
  const struct daemon *daemon = session->daemon;
  const struct options *options = &daemon->options;

  /* The owner of a pipe needs none of these files.  */
  if (session->entrance->identity || options->integrity == INTEGRITY_OFF
      || (effect == EFFECT_READ && options->integrity != INTEGRITY_STRICT))
    return 0;
  return failure_refuse (
      failure, REFUSAL_INTEGRITY,
      integrity_check (&daemon->policy.seen, &options->config, failure));
}
