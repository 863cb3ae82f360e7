/* keeper.c - the lens keeper: compiles the lenses once, forks workers
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Started by the supervisor, as nobody where that is root, with the socket
   for requests as descriptor 3.  Each message there carries one descriptor,
   the end of a stream socket on which a new worker then serves its session.
   The keeper reads nothing that a client wrote; it ends when nobody is left
   who could ask.  */

#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "../../base/leash.h"
#include "worker.h"
#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"

#define REQUEST_FD 3
#define QUIET_MS 10 /* Without a request, before a spare worker is made.  */
/* A root below which no lens has a file.  */
#define NOWHERE "/proc/sys/kernel"

/* Compile the lenses.  Loading, from where there is nothing, brings the tree
   into the state in which a program that loads everything begins.  */
static augeas *
compile_lenses (void)
{
  augeas *aug;

  /* Some globs begin with it; it is root's files that are administered.  */
  setenv ("HOME", "/root", 1);
  /* SPAN needs the places of nodes; only what is shown of that is augtool's
     default.  */
  aug = aug_init (NOWHERE, NULL,
                  AUG_NO_LOAD | AUG_NO_ERR_CLOSE | AUG_ENABLE_SPAN);

  if (!aug)
    return NULL;
  if (aug_error (aug) != AUG_NOERROR)
    fprintf (stderr, "reeve-augeas: %s: %s\n", aug_error_message (aug),
             aug_error_details (aug) ? aug_error_details (aug) : "");
  if (aug_set (aug, "/augeas/root", "/") || aug_load (aug)
      || aug_set (aug, "/augeas/span", "disable"))
    {
      aug_close (aug);
      return NULL;
    }
  return aug;
}

/* Append the table's text.  */
static gpg_error_t
make_text (augeas *aug, struct buffer *text)
{
  auto_buffer struct buffer names = BUFFER_EMPTY;
  struct lens_table known;
  gpg_error_t err = known_text (aug, &names);

  if (!err)
    err = lens_table_parse (names.bytes ? names.bytes : "", names.length,
                            &known);
  if (err)
    return err;
  err = transforms_text (aug, &known, text);
  lens_table_release (&known);
  return err;
}

/* Put TEXT into a file in memory that nobody can change any more.  */
static gpg_error_t
seal_text (const struct buffer *text, int *r_fd)
{
  auto_close int fd = memfd_create ("lenses", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  if (fd < 0)
    return gpg_error_from_syserror ();
  for (size_t done = 0; done < text->length;)
    {
      ssize_t n = write (fd, text->bytes + done, text->length - done);

      if (n < 0 && errno != EINTR)
        return gpg_error_from_syserror ();
      if (n > 0)
        done += (size_t)n;
    }
  if (fcntl (fd, F_ADD_SEALS,
             F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
    return gpg_error_from_syserror ();
  *r_fd = take_fd (&fd);
  return 0;
}

static gpg_error_t
prepare (struct worker *worker, int *r_table_fd)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  gpg_error_t err = fence_prepare ();

  if (err)
    return err;
  worker->aug = compile_lenses ();
  if (!worker->aug)
    return gpg_error (GPG_ERR_ENOMEM);
  err = make_text (worker->aug, &text);
  if (!err)
    err = lens_table_parse (text.bytes ? text.bytes : "", text.length,
                            &worker->table);
  if (!err)
    err = seal_text (&text, r_table_fd);
  if (!err)
    err = tree_clean_all (worker);
  if (!err && !(worker->load_shown = transforms_shown (worker->aug)))
    err = gpg_error (GPG_ERR_ENOMEM);
  if (!err)
    err = fence_make (FENCE_COMPUTE, &worker->fence);
  return err;
}

/* Read a request; *R_FD is -1 if it was none.  GPG_ERR_EOF when nobody is
   left.  */
static gpg_error_t
read_request (int *r_fd)
{
  char control[CMSG_SPACE (4 * sizeof (int))];
  char body[64];
  struct iovec iov = { body, sizeof body };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  struct pollfd poll_fd = { REQUEST_FD, 0, 0 };
  struct cmsghdr *cmsg;
  size_t count = 0;
  ssize_t n;
  int fd;

  *r_fd = -1;
  msg.msg_control = control;
  msg.msg_controllen = sizeof control;
  n = recvmsg (REQUEST_FD, &msg, MSG_CMSG_CLOEXEC);
  if (n < 0)
    return errno == EINTR || errno == EMFILE ? 0 : gpg_error_from_syserror ();
  /* An empty message looks like the end.  */
  if (!n && poll (&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLHUP))
    return gpg_error (GPG_ERR_EOF);
  for (cmsg = CMSG_FIRSTHDR (&msg); cmsg; cmsg = CMSG_NXTHDR (&msg, cmsg))
    if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
      for (count = (cmsg->cmsg_len - CMSG_LEN (0)) / sizeof fd; count; count--)
        {
          memcpy (&fd, CMSG_DATA (cmsg) + (count - 1) * sizeof fd, sizeof fd);
          if (*r_fd >= 0)
            close (*r_fd);
          *r_fd = fd;
        }
  return 0;
}

/* A worker that was forked and waits behind its fence, so that a session need
   not wait for that; PID is 0 while there is none.  */
struct spare
{
  pid_t pid;
  int pidfd;
  int fd; /* The session's end of its socket.  */
};

static void
spare_drop (struct spare *spare)
{
  if (!spare->pid)
    return;
  close (spare->pidfd);
  close (spare->fd);
  spare->pid = 0;
}

static void
spare_fork (struct spare *spare, struct worker *worker)
{
  pid_t keeper = getpid ();
  int ends[2];
  pid_t pid;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
    return;
  pid = fork ();
  if (!pid)
    {
      /* Without its keeper nobody would end it.  */
      if (prctl (PR_SET_PDEATHSIG, SIGKILL) || getppid () != keeper)
        _exit (1);
      worker_run (worker, ends[1]);
    }
  close (ends[1]);
  spare->fd = ends[0];
  /* It is not reaped before this, so the pid is its own.  */
  spare->pidfd = pid > 0 ? (int)syscall (SYS_pidfd_open, pid, 0) : -1;
  if (spare->pidfd >= 0)
    spare->pid = pid;
  else
    close (spare->fd);
}

/* Give the session that asks over FD the spare worker.  */
static void
spare_give (struct spare *spare, struct worker *worker, struct leashes *leashes,
            int fd, int table_fd)
{
  pid_t session;
  int pidfd;

  if (!spare->pid)
    spare_fork (spare, worker);
  if (!spare->pid || leash_session (fd, &session, &pidfd)
      || leash_put (leashes, spare->pid, session, pidfd, -1))
    return;
  channel_send_fds (fd, CHANNEL_WORKER,
                    (int[]){ spare->fd, spare->pidfd, table_fd }, 3);
  spare_drop (spare);
}

static void
reap (struct spare *spare, struct leashes *leashes)
{
  pid_t pid;

  while ((pid = waitpid (-1, NULL, WNOHANG)) > 0)
    {
      leash_drop (leashes, pid);
      if (pid == spare->pid)
        spare_drop (spare);
    }
}

static void
wake_up (int signal_number)
{
  (void)signal_number;
}

/* The limits of workers, from the command line: bytes of memory, seconds of
   processor time.  */
static void
take_limits (struct worker *worker, char **argv)
{
  worker->memory = LIMIT_AUG_MEMORY;
  worker->cpu_seconds = LIMIT_AUG_CPU_SECONDS;
  if (!argv[0] || !argv[1] || !argv[2])
    return;
  worker->memory = strtoul (argv[1], NULL, 10);
  worker->cpu_seconds = strtoul (argv[2], NULL, 10);
}

int
main (int argc, char **argv)
{
  struct sigaction action = { .sa_handler = wake_up };
  struct worker worker = { 0 };
  struct spare spare = { 0, -1, -1 };
  struct leashes leashes = { 0 };
  int table_fd = -1;
  gpg_error_t err;
  int fd;

  (void)argc;
  take_limits (&worker, argv);
  sigaction (SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
  sigaction (SIGCHLD, &action, NULL);
  err = prepare (&worker, &table_fd);
  while (!err)
    {
      reap (&spare, &leashes);
      /* The next spare is made when the session that got the last one has had
         the processor.  */
      if (!leash_wait (&leashes, REQUEST_FD, spare.pid ? -1 : QUIET_MS))
        {
          if (!spare.pid)
            spare_fork (&spare, &worker);
          continue;
        }
      err = read_request (&fd);
      if (fd >= 0)
        {
          spare_give (&spare, &worker, &leashes, fd, table_fd);
          close (fd);
        }
    }
  spare_drop (&spare);
  leash_release (&leashes);
  aug_close (worker.aug);
  lens_table_release (&worker.table);
  free (worker.load_shown);
  fence_release (&worker.fence);
  if (gpg_err_code (err) != GPG_ERR_EOF)
    fprintf (stderr, "reeve-augeas: %s\n", gpg_strerror (err));
  return gpg_err_code (err) == GPG_ERR_EOF ? 0 : 1;
}
