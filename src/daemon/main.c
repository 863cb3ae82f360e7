/* main.c - reeved: administer a machine over Assuan
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gcrypt.h>
#include <gpg-error.h>

#include "protocol/limits.h"
#include "protocol/memory.h"
#include "../base/file.h"
#include "../plan/plan.h"
#include "administer.h"
#include "inherited.h"
#include "listen.h"
#include "session.h"
#include "supervisor.h"

#ifdef REEVE_SANITIZE
/* gpgrt_argparser never frees the values that it read from a file.  */
const char *__lsan_default_suppressions (void);
const char *__lsan_default_options (void);

const char *
__lsan_default_suppressions (void)
{
  return "leak:libgpg-error.so\n";
}

const char *
__lsan_default_options (void)
{
  return "print_suppressions=0";
}
#endif

static const char *
usage_text (int level)
{
  switch (level)
    {
    case 11:
      return "reeved (reeve)";
    case 13:
      return PACKAGE_VERSION;
    case 14:
      return "Copyright (C) 2026 The reeve authors";
    case 10:
      return "License GPL-3.0-or-later <https://gnu.org/licenses/gpl.html>";
    case 1:
    case 40:
      return "Usage: reeved [options] (-h for help)";
    case 41:
      return "Syntax: reeved [options]\n"
             "Administer a machine over the Assuan protocol.\n";
    case 19:
      return "See reeved(8), and reeve(1) for the client.\n";
    default:
      return NULL;
    }
}

/* Say why and end.  */
static void __attribute__ ((noreturn))
die (gpg_error_t err, const struct failure *failure)
{
  log_error ("%s\n", failure_words (failure, err));
  exit (2);
}

/* What every process of ours has, before anything else is done.  */
static void
harden (void)
{
  struct rlimit none = { 0, 0 };

  sigaction (SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
  umask (022);
  setrlimit (RLIMIT_CORE, &none);
#ifndef REEVE_SANITIZE /* Its leak checker traces its own process.  */
  prctl (PR_SET_DUMPABLE, 0);
#endif
  inherited_clear_environment ();
}

static void *
shared_memory (size_t size)
{
  void *memory = mmap (NULL, size, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  return memory == MAP_FAILED ? NULL : memory;
}

/* Read the key of --key-fd into locked memory.  */
static gpg_error_t
read_handed_key (int fd, struct handed_key **r_key, struct failure *failure)
{
  struct handed_key *key = mmap (NULL, sizeof *key, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  unsigned char excess;
  ssize_t count = 1;

  if (key == MAP_FAILED)
    return gpg_error_from_syserror ();
  mlock (key, sizeof *key);
  madvise (key, sizeof *key, MADV_DONTDUMP);
  while (count > 0 && key->length < sizeof key->bytes)
    {
      count = read (fd, key->bytes + key->length,
                    sizeof key->bytes - key->length);
      if (count > 0)
        key->length += (size_t)count;
    }
  if (count > 0 && read (fd, &excess, 1) == 1 && excess != '\n')
    return fail (failure, GPG_ERR_TOO_LARGE, "--key-fd: more than %d bytes",
                 LIMIT_KEY_MAX);
  if (count < 0)
    return fail_errno (failure, "--key-fd: cannot read descriptor %d", fd);
  close (fd);
  if (key->length && key->bytes[key->length - 1] == '\n')
    key->length--;
  if (key->length < LIMIT_KEY_MIN)
    return fail (failure, GPG_ERR_TOO_SHORT,
                 "--key-fd: a key has %d bytes or more", LIMIT_KEY_MIN);
  *r_key = key;
  return 0;
}

/* Write the log to the file OS_PATH.  */
static gpg_error_t
log_to (const struct daemon *daemon, const char *os_path,
        struct failure *failure)
{
  int fd;
  gpg_error_t err = file_open_log (&daemon->machine, os_path, &fd, failure);

  if (!err)
    log_set_fd (fd);
  return err;
}

/* The log that the options name.  The owner of a pipe, to whom root's is
   closed, goes on with his standard error.  */
static gpg_error_t
open_log (struct daemon *daemon, struct failure *failure)
{
  const char *os_path = daemon->options.log_file;
  gpg_error_t err = log_to (daemon, os_path, failure);

  if (gpg_err_code (err) == GPG_ERR_EACCES
      && daemon->options.mode == RUN_SERVER)
    return 0;
  return err ? err : machine_add_own (&daemon->machine, os_path);
}

static gpg_error_t
daemon_prepare (struct daemon *daemon, struct failure *failure)
{
  gpg_error_t err = machine_open (daemon->options.root, &daemon->machine,
                                  failure);

  if (!err && daemon->options.config_file)
    err = machine_add_own (&daemon->machine, daemon->options.config_file);
  if (!err && daemon->options.log_file)
    err = open_log (daemon, failure);
  if (!err)
    err = registry_make (daemon_nouns, &daemon->registry, failure);
  if (err)
    return err;
  daemon->module = calloc (daemon->registry.count, sizeof *daemon->module);
  daemon->shared = shared_memory (sizeof *daemon->shared);
  if (!daemon->module || !daemon->shared)
    return gpg_error_from_syserror ();
  err = tally_new (&daemon->wrong_responses);
  if (!err)
    err = rates_new (&daemon->rates);
  if (!err)
    err = metrics_new (&daemon->registry, &daemon->metrics);
  for (size_t i = 0; !err && i < daemon->registry.count; i++)
    {
      daemon->module[i].helper_fd = -1;
      err = tally_new (&daemon->module[i].tally);
    }
  return err;
}

static void
daemon_release (struct daemon *daemon)
{
  for (size_t i = 0; i < daemon->registry.count; i++)
    {
      if (daemon->module[i].helper_fd >= 0)
        close (daemon->module[i].helper_fd);
      tally_release (daemon->module[i].tally);
    }
  free (daemon->module);
  tally_release (daemon->wrong_responses);
  rates_release (daemon->rates);
  metrics_release (daemon->metrics);
  munmap (daemon->shared, sizeof *daemon->shared);
  policy_release (&daemon->policy);
  registry_release (&daemon->registry);
  options_release (&daemon->options);
  machine_close (&daemon->machine);
}

static gpg_error_t
open_audit (struct daemon *daemon, struct failure *failure)
{
  struct audit_options options;

  options_audit (&daemon->options, &options);
  return audit_open (&daemon->machine, &options, &daemon->audit, failure);
}

/* --- Pipe mode --- */

/* Whether whoever spawned us is who we are: an ordinary user who gains no
   right from speaking to this process.  */
static bool
is_owner (const struct daemon *daemon)
{
  uid_t real, effective, saved;

  return !daemon->key && !getresuid (&real, &effective, &saved) && real
         && real == effective && real == saved && !getauxval (AT_SECURE);
}

static int
run_server (struct daemon *daemon, int connection_fd)
{
  struct entrance entrance = { .in = STDIN_FILENO,
                               .out = STDOUT_FILENO,
                               .peer = { getuid (), getgid (), getppid () },
                               .server_uid = getuid (),
                               .ceiling = EFFECT_DESTROY };

  if (connection_fd >= 0)
    entrance.in = entrance.out = connection_fd;
  /* Both ends of a socket pair show who made it.  */
  if (!peer_find (entrance.in, &entrance.peer, &entrance.groups))
    entrance.server_uid = entrance.peer.uid;
  else if (peer_groups_own (&entrance.groups))
    log_error ("groups: %s\n", strerror (errno));
  if (is_owner (daemon) && entrance.peer.uid == getuid ())
    entrance.identity = identity_built_in (IDENTITY_OWNER);
  metrics_add (daemon->metrics, METRIC_CONNECTIONS);
  metrics_set (daemon->metrics, METRIC_CLIENTS, 1);
  session_run (daemon, &entrance);
  peer_groups_release (&entrance.groups);
  return 0;
}

/* --- Socket modes --- */

/* Become a daemon.  Returns the descriptor to close when ready; the parent
   waits for that and ends with status 0, or with 1 if the child died.  */
static int
detach (void)
{
  int ready[2];
  char byte;
  pid_t pid;

  if (pipe2 (ready, O_CLOEXEC))
    log_fatal ("pipe: %s\n", strerror (errno));
  pid = fork ();
  if (pid < 0)
    log_fatal ("fork: %s\n", strerror (errno));
  if (pid)
    {
      close (ready[1]);
      /* A byte says ready; the end of the file alone says dead.  */
      _exit (read (ready[0], &byte, 1) == 1 ? 0 : 1);
    }
  close (ready[0]);
  setsid ();
  return ready[1];
}

/* A daemon that nobody listens to writes its own log.  */
static void
log_to_file (const struct daemon *daemon)
{
  static const char *const directories[]
      = { LOCALSTATEDIR, LOCALSTATEDIR "/log", OWN_LOG_DIR, NULL };
  auto_free char *file = machine_path (&daemon->machine,
                                       OWN_LOG_DIR "/reeved.log");
  auto_failure struct failure failure = FAILURE_NONE;

  for (size_t i = 0; directories[i]; i++)
    {
      auto_free char *path = machine_path (&daemon->machine, directories[i]);

      if (!path || !file)
        log_fatal ("out of memory\n");
      if (mkdir (path, directories[i + 1] ? 0755 : 0750) && errno != EEXIST)
        log_error ("%s: %s\n", path, strerror (errno));
    }
  if (log_to (daemon, file, &failure))
    log_error ("%s\n", failure.text);
}

static void
detach_streams (bool keep_stderr)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (null < 0)
    return;
  dup2 (null, STDIN_FILENO);
  dup2 (null, STDOUT_FILENO);
  if (!keep_stderr)
    dup2 (null, STDERR_FILENO);
  close (null);
}

static int
run_daemon (struct daemon *daemon, int argc, char **argv)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct listeners listeners;
  int ready = -1;
  gpg_error_t err;

  if (!daemon->options.foreground && daemon->options.mode == RUN_DAEMON
      && !getenv ("LISTEN_FDS"))
    ready = detach ();
  err = listeners_open (daemon, &listeners, &failure);
  inherited_forget_sockets ();
  if (!err)
    err = plan_recover (&daemon->machine, NULL, &failure);
  if (!err)
    err = open_audit (daemon, &failure);
  if (err)
    die (err, &failure);
  if (audit_has_new_key (daemon->audit))
    log_info ("nobody keeps the key of the audit log: say \"reeve audit "
              "init\", so that its records can be proved\n");
  if (!daemon->policy.count && !daemon->key)
    log_info ("no identity in %s: every client will be refused\n",
              OWN_POLICY_DIR);
  if (ready >= 0 && !daemon->options.log_file)
    log_to_file (daemon);
  detach_streams (ready < 0);
  return supervisor_run (daemon, &listeners, ready, argc, argv);
}

/* Whether ERR only says that the owner of a pipe may not look into the keys or
   the state of root's reeved, which are none of his business.  */
static bool
is_hidden (const struct daemon *daemon, gpg_error_t err)
{
  return gpg_err_code (err) == GPG_ERR_EACCES
         && daemon->options.mode == RUN_SERVER && is_owner (daemon);
}

static int
run_mode (struct daemon *daemon, int connection_fd, int argc, char **argv)
{
  auto_failure struct failure failure = FAILURE_NONE;
  const struct options *options = &daemon->options;
  gpg_error_t err = 0;

  if (options->mode == RUN_DUMP)
    {
      err = dump_verbs (&daemon->registry, options->dump_form);
      return err ? 1 : 0;
    }
  if (options->mode == RUN_LINT)
    return administer_lint (daemon, options->words, options->word_count);
  if (options->mode == RUN_TEST)
    return administer_test (daemon, options->policy, options->expected);
  if (options->mode == RUN_KEYS)
    return administer_keys (daemon);
  if (options->mode == RUN_AUDIT)
    return administer_audit (daemon);
  if (options->key_fd >= 0)
    err = read_handed_key (options->key_fd, &daemon->key, &failure);
  if (!err)
    err = policy_load (&daemon->machine, &daemon->registry, &daemon->policy,
                       &failure);
  if (is_hidden (daemon, err))
    err = 0;
  if (err)
    die (err, &failure);
  if (options->mode == RUN_CHECK)
    return 0;
  if (options->mode != RUN_SERVER)
    return run_daemon (daemon, argc, argv);
  err = plan_recover (&daemon->machine, NULL, &failure);
  if (err && !is_hidden (daemon, err))
    die (err, &failure);
  /* Nor is the audit log: the owner gains no right that had to be watched.  */
  err = open_audit (daemon, &failure);
  if (err && !is_hidden (daemon, err))
    die (err, &failure);
  return run_server (daemon, connection_fd);
}

int
main (int argc, char **argv)
{
  struct daemon daemon = { 0 };
  auto_failure struct failure failure = FAILURE_NONE;
  int connection_fd = inherited_connection ();
  int status;
  gpg_error_t err;

  harden ();
  gpgrt_set_strusage (usage_text);
  log_set_prefix ("reeved", GPGRT_LOG_WITH_PREFIX | GPGRT_LOG_WITH_PID);
  if (!gcry_check_version ("1.10.0"))
    log_fatal ("libgcrypt is too old\n");
  options_read (argc, argv, &daemon.options);
  /* By sudo, say: the token is not his.  */
  if (daemon.options.mode == RUN_SERVER && !geteuid ())
    inherited_forget_overrides ();
  inherited_close (daemon.options.key_fd, connection_fd);
  err = daemon_prepare (&daemon, &failure);
  if (err)
    die (err, &failure);
  status = run_mode (&daemon, connection_fd, argc, argv);
  audit_close (daemon.audit);
  daemon_release (&daemon);
  return status;
}
