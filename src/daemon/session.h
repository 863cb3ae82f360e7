/* session.h - one client, from its hello to its end
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A session is a process of its own (in pipe mode: the only one).  This is
   the only folder that knows Assuan: session.c has the loop, guard.c what
   libassuan fails to check, fences.c what the process can no longer do,
   words.c the session words, auth.c the handshake, request.c takes a line to a
   call and its outcome back, hand_over.c has a job carry it out, account.c
   takes it to the audit log, help.c HELP, complete.c what a line that is being
   typed may become, limits.c what the session is held to.  */

#ifndef REEVE_SESSION_H
#define REEVE_SESSION_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <assuan.h>
#include "protocol/handshake.h"
#include "protocol/limits.h"
#include "protocol/link.h"
#include "../gate/gate.h"
#include "daemon.h"
#include "peer.h"

/* How a client came in.  */
struct entrance
{
  int in;
  int out;
  struct peer peer;
  struct peer_groups groups; /* Of the peer.  */
  uid_t server_uid;
  enum effect ceiling;
  const char *socket_name;         /* NULL in pipe mode.  */
  const struct identity *identity; /* Known without handshake, or NULL.  */
};

struct session
{
  struct daemon *daemon;
  const struct entrance *entrance;
  assuan_context_t context;
  struct link link;
  bool confined;
  char id[17];
  uint64_t calls;
  struct gate gate;
  struct audit_subject subject; /* Of the last record.  */
  char call_id[48];             /* Of the line that is being carried out.  */
  char executable[PATH_MAX];    /* Of the peer; "" if it cannot be told.  */

  /* What the monitor saw that libassuan would let pass.  */
  bool inquiring;
  bool bad_escape;       /* In the answer to an inquiry.  */
  bool nul_byte;         /* Likewise.  */
  gpg_err_code_t broken; /* Why no further line is read, or 0.  */
  bool told;             /* The client knows.  */

  /* The handshake.  */
  char nonce[HANDSHAKE_HEX + 1]; /* "" while there is none.  */
  uint64_t nonce_time;
  unsigned wrong;
  char identity_name[LIMIT_IDENTITY + 1];
  unsigned char key_digest[32]; /* Of the key that proved it.  */
  int64_t key_expires;          /* As struct identity_key.  */

  /* OPTION.  */
  bool dry_run;
  enum output output;
  int64_t timeout_ms;
  char *reason;
  bool async;

  char error_text[LIMIT_ERROR_TEXT + 1]; /* For the ERR line.  */
  gpg_error_t last_error;
  struct failure last_failure;
};

/* Serve the client at ENTRANCE until it ends.  */
void session_run (struct daemon *daemon, const struct entrance *entrance);

/* End the process of a session.  */
void session_exit (void) __attribute__ ((noreturn));

/* --- What a session leaves in the audit log (account.c) --- */

/* The program that the process PID runs, "" if that cannot be told.  */
void account_executable (pid_t pid, char r_path[PATH_MAX]);

/* The session begins; a line of a noun begins, which gets a call id.  */
void account_start (struct session *session);
void account_line (struct session *session);

/* If FAILURE tells that a gate refused WHAT ("AUG SET", "AUTH", "") with ERR:
   record that, once.  */
void account_refused (struct session *session, const char *what,
                      gpg_error_t err, struct failure *failure);

/* A line that is no request, or the time for one, was refused by REFUSAL.  */
void account_line_refused (struct session *session, enum refusal refusal,
                           gpg_error_t err, const char *text);

/* CALL came to its end with ERR, or was refused.  */
void account_call (struct session *session, struct call *call, gpg_error_t err);

void account_login (struct session *session);

/* --- Between the files of the session --- */

/* The session of CONTEXT.  */
static inline struct session *
session_of (assuan_context_t context)
{
  return assuan_get_pointer (context);
}

/* Tell the client how the command ended: details, error text; remember it for
   GETINFO last_error.  Returns what the command's handler returns.  */
gpg_error_t session_leave (struct session *session, gpg_error_t err,
                           struct failure *failure);

/* Read nothing more from the client: the session ends when the call that runs
   has ended.  */
void session_hang_up (void);

/* Whether it was told so, by SIGTERM or session_hang_up.  */
bool session_is_ending (void);

/* The io monitor of SESSION, which is its HOOK: sees every line before
   libassuan does.  */
unsigned int session_monitor (assuan_context_t context, void *hook,
                              int direction, const char *line, size_t length);

/* What libassuan takes its memory from.  */
extern struct assuan_malloc_hooks session_memory;

/* Ask the client for KEYWORD, LIMIT bytes at the most, with the guards that
   libassuan lacks.  *R_BYTES is for free (), has no NUL inside and one
   behind.  */
gpg_error_t session_inquire (struct session *session, const char *keyword,
                             size_t limit, bool secret, char **r_bytes,
                             size_t *r_length, struct failure *failure);

/* Take over the policy of the latest reload; an identity that lost its rights
   to be here ends the session.  */
gpg_error_t session_adopt_policy (struct session *session,
                                  struct failure *failure);

/* Take from the process of SESSION, whose ceiling is read, what a client that
   only reads never needs (../base/confine.h); without effect under another
   ceiling, or the second time.  It holds for good: the ceiling of a session
   that is confined must not be raised again.  An error means that the session
   must end.  */
gpg_error_t session_confine (struct session *session, struct failure *failure);

/* Write the fences round the process of SESSION, for GETINFO fences.  */
gpg_error_t session_write_fences (struct writer *out);

/* Refuse a call of EFFECT if a file of reeve's configuration changed since it
   was loaded and the option "integrity" says so.  GPG_ERR_CONFIGURATION.  */
gpg_error_t session_check_integrity (const struct session *session,
                                     enum effect effect,
                                     struct failure *failure);

/* Drop what belongs to requests: options but dry-run, nonce, modules'
   state.  */
void session_reset (struct session *session);

/* Drop the modules' state alone.  */
void session_end_modules (struct session *session);

/* The sink of SESSION's answers, and a writer of them.  */
struct writer_sink session_sink (struct session *session);
struct writer session_writer (struct session *session);

/* Take over the limits of the latest reload.  */
void session_adopt_limits (struct session *session);

/* Count a line of the client, for its uid and its identity: to be asked before
   anything else is done with it.  GPG_ERR_LIMIT_REACHED if there were too many
   lately; then some time has passed.  */
gpg_error_t session_rate (struct session *session, struct failure *failure);

/* GETINFO limits.  */
gpg_error_t session_write_limits (const struct session *session,
                                  struct writer *out);

/* A session word.  */
struct session_word
{
  const char *name;
  const char *usage;
  const char *help;
  gpg_error_t (*handler) (assuan_context_t context, char *line);
  bool free; /* Does not count for session_rate; nor does what has no handler
                of ours, but OPTION does.  */
};

/* Their table, ending with a NULL name (words.c).  A NULL handler is
   libassuan's own.  */
extern const struct session_word session_words[];

/* Handlers that other files have.  */
gpg_error_t word_nonce (assuan_context_t context, char *line);
gpg_error_t word_auth (assuan_context_t context, char *line);
gpg_error_t word_help (assuan_context_t context, char *line);

/* The name of number INDEX of what GETINFO tells; NULL past the end.  */
const char *session_info (size_t index);

/* GETINFO complete: write, as a list, what the last word of LINE may
   become.  */
gpg_error_t complete_line (struct session *session, const char *line,
                           struct writer *out);

/* The handler of all nouns.  */
gpg_error_t request_handler (assuan_context_t context, char *line);

/* Write the line that each change, and with --debug each call, is in the log:
   CALL of SESSION ended with ERR.  */
void request_log (const struct session *session, const struct call *call,
                  gpg_error_t err);

/* call.hand_over (hand_over.c): CALL has passed all gates, and has a plan.
   Answer with the job's name when the job has begun; CALL's plan is gone then.
   An error: nothing has begun.  */
gpg_error_t hand_over (struct call *call);

/* The session's gate.ask: an inquiry whose keyword is the argument's name in
   capitals.  CONTEXT is the session.  */
gpg_error_t request_ask (void *context, const struct grammar_item *item,
                         char **r_bytes, size_t *r_length,
                         struct failure *failure);

/* A call of NOUN, which has no verb yet: what is the same for all calls of
   SESSION's client.  */
struct call request_call (struct session *session,
                          const struct registry_noun *noun, struct writer *out);

/* In pipe mode a noun's helper starts at the first call of that noun: see to
   that for noun INDEX of the registry.  */
gpg_error_t request_need_helper (struct daemon *daemon, size_t index,
                                 struct failure *failure);

/* Whether SESSION changes nothing: by its own wish or because it must not.  */
bool session_is_dry (const struct session *session);

/* OPTION name=value, with the grammar of the options of every call.  */
gpg_error_t request_option (assuan_context_t context, const char *name,
                            const char *value);

#endif /* REEVE_SESSION_H */
