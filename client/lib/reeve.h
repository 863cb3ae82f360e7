/* reeve.h - libreeve: talk to reeved, the system administration daemon
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

   A reeve_t is one connection.  Different handles may be used by different
   threads at the same time; one handle by one thread at a time.  The library
   keeps no state of its own between handles, changes no signal's disposition
   and writes nothing to stderr.  A program that uses libgcrypt too
   initialises it before it authenticates here.  The library never makes
   SIGPIPE on sockets; a program that hands pipes to reeve_open_fd must ignore
   SIGPIPE itself.

   Functions return a gpg_error_t (see gpg-error.h).  It tells about the
   connection and the local side.  What the server says to a call comes
   apart, as *R_SERVER_ERROR: 0 for OK, else the code of its ERR line.  If
   R_SERVER_ERROR is NULL the server's error is the function's result.
   Results in R_ parameters are set to NULL or 0 at the beginning and to
   something else only on success.

   Codes of a connection that is over: GPG_ERR_EOF (the server closed it),
   GPG_ERR_TIMEOUT (a limit set with reeve_set_timeout passed),
   GPG_ERR_INV_RESPONSE (what came is not the protocol),
   GPG_ERR_NOT_TRUSTED (the server did not prove that it knows the key).
   After one of these every further call fails with the same code and
   nothing is sent: release the handle and open another.
   reeve_error_text says in words what happened.

   The protocol is described in the manual of reeve (info reeve).  */

#ifndef REEVE_H
#define REEVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <gpg-error.h>

#ifdef __cplusplus
extern "C"
{
#endif

  /* A connection; the answer to a call.  */
  typedef struct reeve_handle *reeve_t;
  typedef struct reeve_answer *reeve_answer_t;

  /* The version of the library ("0.1.0"), or NULL if it is older than
     REQUIRED (which may be NULL).  */
  const char *reeve_check_version (const char *required);

  /* Make a handle without a connection.  GPG_ERR_ENOMEM.  */
  gpg_error_t reeve_new (reeve_t *r_reeve);

  /* Close the connection and free all.  Waits for a server that
     reeve_open_spawn started to end: it is terminated after five seconds and
     killed after ten.  REEVE may be NULL.  */
  void reeve_release (reeve_t reeve);

  /* Limits in milliseconds, 0 for none: CONNECT_MS for reeve_open_... with the
     server's greeting and for each exchange of the handshake (at first 30000),
     CALL_MS for each call from its first byte to the last of the answer,
     callbacks included (at first 0).  */
  void reeve_set_timeout (reeve_t reeve, unsigned connect_ms, unsigned call_ms);

  /* --- Connecting: once a handle --- */

  /* Connect to the socket PATH, of any length; NULL is the installation's
     usual one.  Errors of connect (2) (GPG_ERR_ENOENT, GPG_ERR_ECONNREFUSED:
     no server runs), GPG_ERR_TIMEOUT.  A server that refuses this client says
     so in its greeting: its code is returned, see reeve_error_text.  */
  gpg_error_t reeve_open_socket (reeve_t reeve, const char *path);

  /* Start the program FILE (an absolute path) with the arguments ARGV, which
     end with NULL and begin with the program's name, and talk to it over a
     socket pair on its standard input and output.  If KEY_FD is not -1 a
     duplicate of it is the program's descriptor 3; it inherits no other but
     standard error.  It is a process group of its own, so that Ctrl-C at a
     terminal does not reach it.  Errors of posix_spawn (3).  */
  gpg_error_t reeve_open_spawn (reeve_t reeve, const char *file,
                                const char *const argv[], int key_fd);

  /* Talk over connected descriptors, which the handle owns from here, also on
     an error; they may be the same.  The greeting is still to come.  */
  gpg_error_t reeve_open_fd (reeve_t reeve, int in, int out);

  /* What stood behind OK in the greeting ("reeve 0.1.0 ready"); "" before.  */
  const char *reeve_hello (reeve_t reeve);

  /* The descriptors that are read and written, -1 before: for a program that
     hands the connection on.  No byte of the server is held back between two
     calls.  */
  void reeve_get_fds (reeve_t reeve, int *r_in, int *r_out);

  /* --- The handshake --- */

  /* The user ids that go into it: the client's own as the server sees it, and
     the server's.  At first what the kernel says of the socket (SO_PEERCRED,
     see unix (7)); on pipes, where it says nothing, both are getuid (), right
     for a server that the same user started.  */
  void reeve_get_uids (reeve_t reeve, uid_t *r_client, uid_t *r_server);
  void reeve_set_uids (reeve_t reeve, uid_t client, uid_t server);

  /* Prove to be IDENTITY with the key in the file KEYFILE, or with the KEY of
     LENGTH bytes, and have the server prove that it knows the key too.
     GPG_ERR_INV_USER_ID for a name that no identity can have; errors of
     reading the file, GPG_ERR_TOO_SHORT and GPG_ERR_TOO_LARGE for a key of
     fewer than 32 or more than 1024 bytes; GPG_ERR_NOT_TRUSTED.  The server's
     refusal (GPG_ERR_BAD_AUTH, ...) is *R_SERVER_ERROR.  A copy of the key in
     secure memory is wiped before the function returns.  */
  gpg_error_t reeve_authenticate (reeve_t reeve, const char *identity,
                                  const char *keyfile,
                                  gpg_error_t *r_server_error);
  gpg_error_t reeve_authenticate_key (reeve_t reeve, const char *identity,
                                      const void *key, size_t length,
                                      gpg_error_t *r_server_error);

  /* --- Calls --- */

  /* What a word of a request is.  */
  enum reeve_kind
  {
    REEVE_ARGUMENT, /* Sent in the line, or by inquiry if it is too long.  */
    REEVE_CONTENT,  /* Always sent by inquiry: secrets, files.  */
    REEVE_OPTION    /* "name" or "name=value", without hyphens.  */
  };

/* The length of BYTES is that of the C string.  */
#define REEVE_STRING ((size_t)-1)

  /* One word of a request.  The caller keeps the bytes, which may be any but
     NUL; the library escapes.  At most 1 MiB by inquiry.  */
  struct reeve_word
  {
    enum reeve_kind kind;
    const char *bytes;
    size_t length;
  };

/* Such a word, for an initialiser: an argument, an option.  */
#define REEVE_ARG(string)                                                      \
  {                                                                            \
    REEVE_ARGUMENT, (string), REEVE_STRING                                     \
  }
#define REEVE_OPT(string)                                                      \
  {                                                                            \
    REEVE_OPTION, (string), REEVE_STRING                                       \
  }

  /* Ask the server to carry out COMMAND ("AUG GET") with COUNT WORDS in this
     order (options come before arguments).  The answer goes to *R_ANSWER, for
     the caller to release; if the server answers with an error it is what came
     before that, and it is empty if a data callback took it.  R_ANSWER may be
     NULL: the answer is dropped.

     Besides the codes of a dead connection: GPG_ERR_INV_VALUE (a NUL or a bad
     COMMAND or option), GPG_ERR_TOO_LARGE (a value over 1 MiB, or more words
     than a line holds), GPG_ERR_ENOTCONN, GPG_ERR_ASS_NESTED_COMMANDS (a
     callback made a call), the first error that a callback returned.  The
     connection stays usable after these.  */
  gpg_error_t reeve_call (reeve_t reeve, const char *command,
                          const struct reeve_word *words, size_t count,
                          reeve_answer_t *r_answer,
                          gpg_error_t *r_server_error);

  /* Set the session's option NAME ("output", "dry-run", "timeout", "reason")
     to VALUE.  */
  gpg_error_t reeve_set_option (reeve_t reeve, const char *name,
                                const char *value, gpg_error_t *r_server_error);

  /* Ask what the last word of LINE, a request as far as it has been typed, may
     become.  The answer is a list; each item can stand in the line in place of
     that word, as it is, with a blank behind it unless it ends with "/" or "=".
     Errors as those of reeve_call.  It needs "output=text", as at first.  */
  gpg_error_t reeve_complete (reeve_t reeve, const char *line,
                              reeve_answer_t *r_answer,
                              gpg_error_t *r_server_error);

  /* Ask the server to give up the call that is under way.  The call goes on
     until the server has answered: as a rule with GPG_ERR_CANCELED, with
     whatever it has if it was done already; the connection stays usable.  On
     pipes nothing can be asked.

     This is for a signal handler that interrupts the thread which makes the
     call, for callbacks, and for nothing else: another thread sends that
     thread a signal (pthread_kill (3)).  It is async-signal-safe.
     GPG_ERR_INV_STATE if no call is under way.  */
  gpg_error_t reeve_cancel (reeve_t reeve);

  /* What stood behind OK at the end of the last call; "" if nothing did.  */
  const char *reeve_ok_text (reeve_t reeve);

  /* What to do about the last error, the server's or the library's: one line
     of UTF-8, never NULL, "" if there is nothing to say.  Valid until the next
     call.  */
  const char *reeve_error_text (reeve_t reeve);

  /* The details of the server's last error ("path", "line", ...): their
     number, and the name and bytes of number INDEX; *R_VALUE is NULL past the
     end.  There is a NUL behind the LENGTH bytes.  Valid until the next
     call.  */
  size_t reeve_detail_count (reeve_t reeve);
  void reeve_detail (reeve_t reeve, size_t index, const char **r_name,
                     const char **r_value, size_t *r_length);

  /* --- Callbacks; they must not call functions of the same handle other than
     reeve_send and reeve_cancel --- */

  /* A status line "S KEYWORD TEXT" ("PROGRESS", "WARNING", ...) or, with the
     keyword "#", a comment line (HELP answers with these).  An error does not
     end the call but becomes its result.  */
  typedef gpg_error_t (*reeve_status_cb_t) (void *opaque, const char *keyword,
                                            const char *text);
  void reeve_set_status_cb (reeve_t reeve, reeve_status_cb_t callback,
                            void *opaque);

  /* A piece of the answer as it arrives, not cut where a line ends.  While
     such a callback is set answers have no limit and reeve_call collects
     nothing.  An error does not end the call but becomes its result, and the
     rest of the answer is dropped.  */
  typedef gpg_error_t (*reeve_data_cb_t) (void *opaque, const char *bytes,
                                          size_t length);
  void reeve_set_data_cb (reeve_t reeve, reeve_data_cb_t callback,
                          void *opaque);

  /* The server asks for NAME, which is none of the call's words.  Answer with
     any number of calls of reeve_send, then return 0; an error cancels the
     inquiry and becomes the result of the call.  Without a callback each such
     inquiry is cancelled and the result is GPG_ERR_NOT_IMPLEMENTED.  */
  typedef gpg_error_t (*reeve_inquire_cb_t) (void *opaque, reeve_t reeve,
                                             const char *name,
                                             const char *parameters);
  void reeve_set_inquire_cb (reeve_t reeve, reeve_inquire_cb_t callback,
                             void *opaque);

  /* Within an inquire callback: send LENGTH BYTES.  */
  gpg_error_t reeve_send (reeve_t reeve, const void *bytes, size_t length);

  /* --- Answers --- */

  /* Free ANSWER and all that was got from it.  It may be NULL, and may outlive
     its handle.  */
  void reeve_answer_release (reeve_answer_t answer);

  /* The answer as it came: a value, or what "OPTION output=json" made of it.
     Never NULL; there is a NUL behind the LENGTH bytes.  R_LENGTH may be
     NULL.  */
  const char *reeve_answer_bytes (reeve_answer_t answer, size_t *r_length);

  /* Read the answer as a list; its number of items goes to *R_COUNT.
     GPG_ERR_INV_RESPONSE if it is none.  */
  gpg_error_t reeve_answer_list (reeve_answer_t answer, size_t *r_count);

  /* Item INDEX of a list, unescaped, NULL past the end.  R_LENGTH may be NULL
     here and below.  */
  const char *reeve_answer_item (reeve_answer_t answer, size_t index,
                                 size_t *r_length);

  /* Read the answer as records; their number goes to *R_COUNT.
     GPG_ERR_INV_RESPONSE if it has none such.  */
  gpg_error_t reeve_answer_records (reeve_answer_t answer, size_t *r_count);

  /* The value of the first FIELD of RECORD (0 is the first).  Errors:
     GPG_ERR_NOT_FOUND (no such record or field); for a number (decimal, 64
     bits) and a truth value ("yes" or "no"; *R_VALUE is 1 or 0)
     GPG_ERR_INV_VALUE.  */
  gpg_error_t reeve_answer_string (reeve_answer_t answer, size_t record,
                                   const char *field, const char **r_value,
                                   size_t *r_length);
  gpg_error_t reeve_answer_number (reeve_answer_t answer, size_t record,
                                   const char *field, int64_t *r_value);
  gpg_error_t reeve_answer_bool (reeve_answer_t answer, size_t record,
                                 const char *field, int *r_value);

  /* The name of field INDEX of RECORD, in the server's order, NULL past the
     end; its value goes to *R_VALUE.  For fields that repeat, and for showing
     all.  */
  const char *reeve_answer_field (reeve_answer_t answer, size_t record,
                                  size_t index, const char **r_value,
                                  size_t *r_length);

#ifdef __cplusplus
}
#endif

#endif /* REEVE_H */
