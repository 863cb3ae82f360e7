/* api.c - reeve-api: the API worker and the helper that forks it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   reeve-api ROOT           sessions ask on descriptor 3, by messages that carry
                            the socket of a worker that only reads
   reeve-api ROOT --change  descriptor 3 is the socket of one session, for which
                            something may be changed

   The only program that links libcurl.  For each session there are two
   processes: the connector (../mod/pve/connector.h), and the worker, which has
   the token.  Both read what they need as root, become a user of their own, and
   lock themselves in: the worker opens no file, starts nothing, and makes no
   socket.  */

#include "config.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../protocol/memory.h"
#include "../../protocol/text.h"
#include "../base/fence.h"
#include "../call/work.h"
#include "../mod/pve/api.h"
#include "../mod/pve/conf.h"
#include "../mod/pve/connector.h"
#include "../mod/pve/http.h"
#include "../mod/pve/operations.h"
#include "keep.h"

static const struct work_operation *const operations[]
    = { pve_operations, NULL };

struct server
{
  struct machine machine;
  bool changes;
};

/* Have the kernel give the stack as much as a deep JSON text takes.  */
static void
grow_stack (void)
{
  char room[1 * MIB];

  explicit_bzero (room, 1);
}

/* The token is in no swap.  Where the limit cannot be lifted only what there is
   now is locked: with more, there would be no more memory.  A stack that is
   locked does not grow beyond that limit.  */
static bool
lock_memory (void)
{
  static const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
  bool all = !setrlimit (RLIMIT_MEMLOCK, &none);

  grow_stack ();
  return !mlockall (MCL_CURRENT | MCL_ONFAULT | (all ? MCL_FUTURE : 0));
}

/* Have no descriptor but FENCE_FD, to the session, and FENCE_KEPT_FD, to the
   connector; read what is to be read, and lock this process in.  */
static gpg_error_t
lock_in (const struct machine *machine, pid_t connector, struct conf *conf,
         struct http **r_http, char **r_report, struct failure *failure)
{
  struct fence fence;
  auto_free char *report = NULL;
  bool locked = lock_memory ();
  gpg_error_t err;

  err = conf_read_secrets (machine, conf, failure);
  if (!err)
    err = fence_become (conf->user);
  if (!err && (prctl (PR_SET_PDEATHSIG, SIGKILL) || getppid () != connector))
    err = gpg_error (GPG_ERR_EOF);
  if (!err)
    err = http_new (conf, FENCE_KEPT_FD, r_http);
  if (!err)
    err = fence_make (FENCE_CONVERSE, &fence);
  if (!err)
    err = fence_lock (&fence, LIMIT_PVE_MEMORY, LIMIT_PVE_FILES, &report);
  if (err)
    return err;
  *r_report = text_format (locked ? "%s locked_memory" : "%s", report);
  return *r_report ? 0 : gpg_error_from_syserror ();
}

/* The worker.  DOOR leads to the process CONNECTOR.  */
static void
converse (struct server *server, int fd, int door, pid_t connector,
          struct conf *conf)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct api api = { .conf = conf };
  struct work_service service = { .context = &api,
                                  .operations = operations,
                                  .changes = server->changes };
  struct machine machine;
  auto_free char *root = strdup (server->machine.root);
  auto_free char *report = NULL;
  gpg_error_t err = root ? fence_close (fd, door)
                         : gpg_error_from_syserror ();

  /* Closed with all others.  */
  if (!err)
    err = machine_open (root, &machine, &failure);
  if (!err)
    {
      err = lock_in (&machine, connector, conf, &api.http, &report, &failure);
      api.fences = report;
      machine_close (&machine);
    }
  if (err)
    work_refuse (FENCE_FD, err, &failure);
  else
    work_serve (FENCE_FD, &service);
  http_release (api.http);
}

/* Be the connector of a worker, which is the child.  Neither outlives the
   other.  */
static gpg_error_t
start_both (struct server *server, int fd, struct conf *conf)
{
  pid_t connector = getpid ();
  pid_t parent = getppid ();
  int ends[2];
  pid_t pid;

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
    return gpg_error_from_syserror ();
  pid = fork ();
  if (pid < 0)
    return gpg_error_from_syserror ();
  if (!pid)
    {
      close (ends[0]);
      converse (server, fd, ends[1], connector, conf);
      _exit (0);
    }
  close (fd);
  close (ends[1]);
  /* A change of user forgets this.  */
  if (fence_become (conf->user) || prctl (PR_SET_PDEATHSIG, SIGKILL)
      || getppid () != parent)
    _exit (1);
  connector_serve (ends[0], conf);
}

static void
serve (int fd, void *context)
{
  struct server *server = context;
  auto_failure struct failure failure = FAILURE_NONE;
  struct conf conf;
  gpg_error_t err = conf_read (&server->machine, &conf, &failure);

  if (!err)
    err = start_both (server, fd, &conf);
  work_refuse (fd, err, &failure);
  conf_release (&conf);
}

int
main (int argc, char **argv)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct server server = { .changes = false };
  gpg_error_t err;

  if (argc < 2)
    {
      fputs ("reeve-api is started by reeved\n", stderr);
      return 2;
    }
  if (keep_prepare ())
    return 2;
  tzset ();
  /* By itself it would be taken behind the fence, and be no secret.  */
  json_object_seed (0);
  err = http_prepare ();
  if (!err)
    err = machine_open (argv[1], &server.machine, &failure);
  if (!err)
    {
      server.changes = argc == 3 && !strcmp (argv[2], "--change");
      if (server.changes)
        serve (KEEP_FD, &server);
      else
        err = keep_workers (serve, &server);
      machine_close (&server.machine);
    }
  if (err)
    fprintf (stderr, "reeve-api: %s\n", failure_words (&failure, err));
  return err != 0;
}
