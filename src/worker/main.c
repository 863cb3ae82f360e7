/* main.c - reeve-machine: the machine worker and the helper that forks it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   reeve-machine ROOT           sessions ask on descriptor 3, by messages that
                                carry the socket of a worker that only reads
   reeve-machine ROOT --change  descriptor 3 is the socket of one session, for
                                which something may be changed

   It reads nothing that a client wrote but the checked arguments of calls.  */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "../call/work.h"
#include "keep.h"
#include "operations.h"

static void
serve (int fd, void *context)
{
  work_serve (fd, context);
}

int
main (int argc, char **argv)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct machine machine;
  struct work_service service = { .machine = &machine,
                                  .operations = operations };
  gpg_error_t err;

  if (argc < 2)
    {
      fputs ("reeve-machine is started by reeved\n", stderr);
      return 2;
    }
  if (keep_prepare ())
    return 2;
  err = machine_open (argv[1], &machine, &failure);
  if (!err)
    {
      service.changes = argc == 3 && !strcmp (argv[2], "--change");
      if (service.changes)
        serve (KEEP_FD, &service);
      else
        err = keep_workers (serve, &service);
      machine_close (&machine);
    }
  if (err)
    fprintf (stderr, "reeve-machine: %s\n", failure_words (&failure, err));
  return err != 0;
}
