/* session.c - one client, from its hello to its end
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gcrypt.h>
#include <gpg-error.h>

#include "protocol/memory.h"
#include "protocol/record.h"
#include "session.h"

/* --- SIGTERM: a running call ends, then the session does --- */

/* What the signal handler closes for reading.  */
static volatile sig_atomic_t drain_fd = -1;
static volatile sig_atomic_t drain_null = -1;
static volatile sig_atomic_t draining;

/* End the input.  A read that waits or that begins after this sees the end of
   the stream, so nothing races; what is being done goes on.  */
static void
drain (int number)
{
  int saved = errno;

  (void)number;
  draining = 1;
  if (shutdown (drain_fd, SHUT_RD) && drain_null >= 0)
    dup2 (drain_null, drain_fd);
  errno = saved;
}

void
session_hang_up (void)
{
  drain (SIGTERM);
}

bool
session_is_ending (void)
{
  return draining;
}

static void
catch_sigterm (int in)
{
  struct sigaction action = { .sa_handler = drain };
  sigset_t set;

  drain_null = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  drain_fd = in;
  sigaction (SIGTERM, &action, NULL);
  sigemptyset (&set);
  sigprocmask (SIG_SETMASK, &set, NULL);
}

/* --- libassuan's ends of the link --- */

static ssize_t
hook_read (assuan_context_t context, assuan_fd_t fd, void *buffer, size_t size)
{
  (void)fd;
  return link_read (&session_of (context)->link, buffer, size);
}

static ssize_t
hook_write (assuan_context_t context, assuan_fd_t fd, const void *buffer,
            size_t size)
{
  (void)fd;
  return link_write (&session_of (context)->link, buffer, size);
}

/* Replies to a batch that ends in BYE leave here.  */
static int
hook_close (assuan_context_t context, assuan_fd_t fd)
{
  link_flush (&session_of (context)->link);
  return close (fd);
}

static struct assuan_system_hooks hooks = {
  ASSUAN_SYSTEM_HOOKS_VERSION,
  __assuan_usleep,
  __assuan_pipe,
  hook_close,
  hook_read,
  hook_write,
  __assuan_recvmsg,
  __assuan_sendmsg,
  __assuan_spawn,
  __assuan_waitpid,
  __assuan_socketpair,
  __assuan_socket,
  __assuan_connect,
};

/* libassuan logs nothing: lines may hold what must not be written down.  */
static int
no_log (assuan_context_t context, void *hook, unsigned int category,
        const char *message)
{
  (void)context;
  (void)hook;
  (void)category;
  (void)message;
  return 0;
}

/* --- Outcomes --- */

/* Send "S DETAIL name value" in as many bytes as a line has.  */
static void
send_detail (struct session *session, const struct detail *detail)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  size_t most = LIMIT_LINE - strlen ("S DETAIL ");

  buffer_printf (&text, "%s ", detail->name);
  record_escape (&text, detail->value, detail->length);
  if (buffer_error (&text))
    return;
  if (text.length > most)
    {
      text.length = most - 3;
      /* Cut neither inside an escape nor inside a UTF-8 sequence.  */
      for (int i = 1; i <= 3; i++)
        if (text.bytes[text.length - (size_t)i] == '\\')
          text.length -= (size_t)i;
      while ((text.bytes[text.length] & 0xc0) == 0x80)
        text.length--;
      memcpy (text.bytes + text.length, "...", 4);
    }
  assuan_write_status (session->context, "DETAIL", text.bytes);
}

/* TEXT as the ERR line can carry it (libassuan keeps no copy); the whole of a
   longer one goes as a detail.  */
static void
send_text (struct session *session, gpg_error_t err, const char *text)
{
  char *brief = session->error_text;
  size_t length = strlen (text);

  if (length > LIMIT_ERROR_TEXT)
    {
      struct detail detail = { NULL, (char *)"advice", (char *)text, length };

      send_detail (session, &detail);
      length = LIMIT_ERROR_TEXT - 3;
      while (length && (text[length] & 0xc0) == 0x80)
        length--;
    }
  snprintf (brief, sizeof session->error_text, "%.*s%s", (int)length, text,
            text[length] ? "..." : "");
  for (char *at = brief; *at; at++)
    if ((unsigned char)*at < 0x20 || *at == 0x7f)
      *at = '?';
  assuan_set_error (session->context, err, brief);
}

gpg_error_t
session_leave (struct session *session, gpg_error_t err,
               struct failure *failure)
{
  const struct detail *detail;

  if (!err)
    return 0;
  err = gpg_err_make (GPG_ERR_SOURCE_USER_1, gpg_err_code (err));
  account_refused (session, assuan_get_command_name (session->context), err,
                   failure);
  for (detail = failure->details; detail; detail = detail->next)
    send_detail (session, detail);
  if (!failure->text)
    log_error ("session %s: %s\n", session->id, gpg_strerror (err));
  send_text (session, err,
             failure->text ? failure->text : "see the daemon's log");
  failure_release (&session->last_failure);
  session->last_failure = *failure;
  *failure = (struct failure)FAILURE_NONE;
  session->last_error = err;
  return err;
}

static gpg_error_t
sink_data (void *context, const char *bytes, size_t length)
{
  struct session *session = context;
  gpg_error_t err = bytes ? assuan_send_data (session->context, bytes, length)
                          : 0;

  if (!err)
    err = assuan_send_data (session->context, NULL, 0);
  if (!err && !bytes && link_flush (&session->link))
    err = gpg_error_from_syserror ();
  return err;
}

static gpg_error_t
sink_status (void *context, const char *keyword, const char *text)
{
  struct session *session = context;
  gpg_error_t err = assuan_send_data (session->context, NULL, 0);

  if (!err)
    err = assuan_write_status (session->context, keyword, text);
  if (!err && link_flush (&session->link))
    err = gpg_error_from_syserror ();
  return err;
}

struct writer_sink
session_sink (struct session *session)
{
  return (struct writer_sink){ sink_data, sink_status, session };
}

/* --- The life of a session --- */

void
session_end_modules (struct session *session)
{
  struct daemon *daemon = session->daemon;

  for (size_t i = 0; i < daemon->registry.count; i++)
    {
      const struct noun *noun = daemon->registry.noun[i].row;

      if (noun->session_end && daemon->module[i].session)
        noun->session_end (daemon->module[i].session);
      daemon->module[i].session = NULL;
    }
}

void
session_reset (struct session *session)
{
  session->output = OUTPUT_TEXT;
  session->timeout_ms = 0;
  free (session->reason);
  session->reason = NULL;
  session->async = false;
  session->nonce[0] = 0;
  session_end_modules (session);
}

static gpg_error_t
on_reset (assuan_context_t context, char *line)
{
  (void)line;
  session_reset (session_of (context));
  return 0;
}

/* The handler of all session words that count.  */
static gpg_error_t
run_word (assuan_context_t context, char *line)
{
  struct session *session = session_of (context);
  const char *name = assuan_get_command_name (context);
  const struct session_word *word = session_words;
  auto_failure struct failure failure = FAILURE_NONE;
  gpg_error_t err = session_rate (session, &failure);

  if (err)
    return session_leave (session, err, &failure);
  while (strcasecmp (word->name, name))
    word++;
  return word->handler (context, line);
}

static gpg_error_t
register_all (struct session *session)
{
  const struct registry *registry = &session->daemon->registry;
  gpg_error_t err = 0;

  for (const struct session_word *word = session_words; !err && word->name;
       word++)
    err = assuan_register_command (
        session->context, word->name,
        word->handler && !word->free ? run_word : word->handler, word->help);
  for (size_t i = 0; !err && i < registry->count; i++)
    err = assuan_register_command (session->context,
                                   registry->noun[i].row->name, request_handler,
                                   registry->noun[i].row->help);
  if (!err)
    err = assuan_register_reset_notify (session->context, on_reset);
  if (!err)
    err = assuan_register_option_handler (session->context, request_option);
  return err;
}

static gpg_error_t
session_start (struct session *session)
{
  const struct limits *limits = &session->daemon->options.limits;
  gpg_error_t err;

  assuan_set_gpg_err_source (GPG_ERR_SOURCE_USER_1);
  err = assuan_new_ext (&session->context, GPG_ERR_SOURCE_USER_1,
                        &session_memory, no_log, NULL);
  if (err)
    return err;
  assuan_set_pointer (session->context, session);
  assuan_ctx_set_system_hooks (session->context, &hooks);
  session_adopt_limits (session);
  if (!session->gate.identity)
    session->link.deadline = link_now () + limits->auth_ms;
  err = assuan_init_socket_server (session->context, session->entrance->in,
                                   ASSUAN_SOCKET_SERVER_ACCEPTED);
  if (!err)
    err = register_all (session);
  if (!err)
    err = assuan_set_hello_line (session->context,
                                 "reeve " PACKAGE_VERSION " ready");
  assuan_set_io_monitor (session->context, session_monitor, session);
  return err;
}

/* Answer a line that no handler ever sees.  */
static void
refuse_line (struct session *session)
{
  gpg_error_t err = gpg_err_make (GPG_ERR_SOURCE_USER_1, session->broken);
  char line[LIMIT_LINE];

  snprintf (line, sizeof line, "ERR %u %s <%s> - %s", err, gpg_strerror (err),
            gpg_strsource (err),
            session->broken == GPG_ERR_LINE_TOO_LONG
                ? "at most 1000 bytes a line: send long values by @"
                : "a line must not have a NUL byte");
  session_rate (session, NULL);
  account_line_refused (session, REFUSAL_PARSE, err, gpg_strerror (err));
  assuan_write_line (session->context, line);
}

/* The client kept the server waiting: tell the audit log which limit that
   met.  */
static void
tell_time_out (struct session *session, gpg_error_t err)
{
  const char *limit = "idle-timeout";

  if (session->link.deadline && link_now () >= session->link.deadline)
    limit = "auth-timeout";
  else if (session->link.line_start)
    limit = "line-timeout";
  account_line_refused (session, REFUSAL_LIMIT, err, limit);
}

/* Serve lines until the end; tells why it ended.  */
static gpg_error_t
serve (struct session *session)
{
  gpg_error_t err = assuan_accept (session->context);

  if (!err)
    err = assuan_process (session->context);
  if (gpg_err_code (err) == GPG_ERR_ASS_LINE_TOO_LONG)
    session->broken = GPG_ERR_LINE_TOO_LONG;
  if (session->broken && !session->told)
    refuse_line (session);
  else if (gpg_err_code (err) == GPG_ERR_ETIMEDOUT)
    tell_time_out (session, err);
  return session->broken ? gpg_error (session->broken) : err;
}

static void
make_id (char r_id[17])
{
  unsigned char random[8];

  if (getrandom (random, sizeof random, 0) != sizeof random)
    log_fatal ("getrandom: %s\n", strerror (errno));
  for (size_t i = 0; i < sizeof random; i++)
    snprintf (r_id + 2 * i, 3, "%02x", random[i]);
}

/* Locked memory is not inherited: each session makes its own.  */
static void
init_secure_memory (const struct daemon *daemon)
{
  gcry_control (GCRYCTL_INIT_SECMEM, 16384, 0);
  gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
  if (daemon->key)
    mlock (daemon->key, sizeof *daemon->key);
}

/* Confine a session whose socket has the ceiling read.  */
static gpg_error_t
confine (struct session *session)
{
  auto_failure struct failure failure = FAILURE_NONE;
  gpg_error_t err = session_confine (session, &failure);

  if (err)
    log_error ("session %s: %s\n", session->id, failure_words (&failure, err));
  return err;
}

void
session_exit (void)
{
  gcry_control (GCRYCTL_TERM_SECMEM);
  exit (0);
}

void
session_run (struct daemon *daemon, const struct entrance *entrance)
{
  struct session session = { .daemon = daemon, .entrance = entrance };
  gpg_error_t err;

  session.gate.identity = entrance->identity;
  session.gate.ceiling = entrance->ceiling;
  session.gate.ask = request_ask;
  session.gate.ask_context = &session;
  init_secure_memory (daemon);
  make_id (session.id);
  account_start (&session);
  link_init (&session.link, entrance->in, entrance->out);
  catch_sigterm (entrance->in);
  err = session_start (&session);
  if (!err)
    err = confine (&session);
  if (!err)
    err = serve (&session);
  if (err && gpg_err_code (err) != GPG_ERR_EOF)
    log_info ("session %s uid=%lu: ended: %s\n", session.id,
              (unsigned long)entrance->peer.uid, gpg_strerror (err));
  session_reset (&session);
  assuan_release (session.context);
  failure_release (&session.last_failure);
  link_release (&session.link);
}
