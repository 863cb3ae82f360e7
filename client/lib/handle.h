/* handle.h - the inside of a connection
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

   The library speaks the client side of the Assuan protocol itself, not
   through libassuan, whose client cuts long commands without a word, gets out
   of step with the server when a callback fails, waits for the greeting
   without a limit, and writes BYE to a connection that may be dead.  */

#ifndef REEVE_HANDLE_H
#define REEVE_HANDLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "../../protocol/buffer.h"
#include "../../protocol/limits.h"
#include "../../protocol/link.h"
#include "reeve.h"

/* How many details of one error are kept; more are no honest answer.  */
#define DETAILS 64

struct detail
{
  char *name; /* Followed, in the same block, by the value.  */
  const char *value;
  size_t length;
};

struct callbacks
{
  reeve_status_cb_t status;
  void *status_opaque;
  reeve_data_cb_t data;
  void *data_opaque;
  reeve_inquire_cb_t inquire;
  void *inquire_opaque;
};

/* What a signal handler and the call that it interrupts share.  */
struct cancel
{
  atomic_int possible; /* A call is under way.  */
  atomic_int wanted;   /* CANCEL is to be sent.  */
  atomic_int waiting;  /* It may be sent now: the answer is waited for.  */
  atomic_int sent;     /* This call has sent it.  */
};

struct reeve_handle
{
  struct link link;
  int in, out; /* Owned; -1 if not open.  */
  pid_t pid;   /* Of a server that was started here, or -1.  */
  bool in_call;
  bool in_inquiry;
  struct cancel cancel;
  gpg_error_t dead; /* Why nothing can be sent any more; 0 if it can.  */

  unsigned connect_ms, call_ms;
  uid_t client_uid, server_uid;

  struct buffer hello;
  struct buffer ok_text;
  struct buffer error_text;
  struct detail details[DETAILS];
  size_t detail_count;

  struct callbacks callbacks;

  /* What was read and not yet used is from BEGIN to END.  */
  size_t begin, end;
  char input[16 * KIB];
};

/* Say in words what the error is that is about to be returned.  */
void handle_explain (reeve_t reeve, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

/* Give the connection up: close it and return CODE, now and from every
   further call.  FORMAT says why.  */
gpg_error_t handle_abandon (reeve_t reeve, gpg_err_code_t code,
                            const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* The same for the present errno.  */
gpg_error_t handle_abandon_errno (reeve_t reeve);

/* Forget what the last call left: texts and details.  */
void handle_forget (reeve_t reeve);

/* Add a detail of the server's error; VALUE is escaped as record.h says.
   GPG_ERR_SYNTAX, GPG_ERR_TOO_MANY, GPG_ERR_ENOMEM.  */
gpg_error_t handle_detail (reeve_t reeve, const char *name, const char *value);

/* Let all reads end MS milliseconds from now, and each write take no longer
   than that; 0 is no limit.  */
void handle_limit (reeve_t reeve, unsigned ms);

/* Read a line of the server.  *R_LINE, valid until the next read, has
   *R_LENGTH bytes without LF or CR LF, and a NUL behind.  An error has ended
   the connection.  */
gpg_error_t line_read (reeve_t reeve, char **r_line, size_t *r_length);

/* Gather a line; the LF is added.  An error has ended the connection.  */
gpg_error_t line_write (reeve_t reeve, const char *line, size_t length);

/* Gather the LENGTH BYTES as D lines.  */
gpg_error_t line_write_data (reeve_t reeve, const char *bytes, size_t length);

/* Undo the escapes of a D line in place.  GPG_ERR_SYNTAX for a bad one.  */
gpg_error_t line_decode (char *text, size_t *length);

/* Take LINE, an ERR line without its first word ("536871227 words"), apart.
   An error is the server's breach of the protocol and has ended the
   connection.  */
gpg_error_t line_verdict (reeve_t reeve, const char *line,
                          gpg_error_t *r_server_error, const char **r_text);

/* Keep what to do of TEXT, "<description> <source> - <what to do>", as the
   handle's error text.  A long one is whole only in a detail.  */
void line_explain (reeve_t reeve, const char *text);

/* Read the greeting within the handle's limit.  */
gpg_error_t open_greeting (reeve_t reeve);

/* Take over connected descriptors, ask the kernel for the uids.  */
void open_adopt (reeve_t reeve, int in, int out);

/* Why the handle cannot be opened, or 0.  */
gpg_error_t open_check (reeve_t reeve);

/* A call begins: from here it can be cancelled.  */
void cancel_begin (reeve_t reeve);

/* All that was written has been sent, and a read begins; it ended.  */
void cancel_wait (reeve_t reeve);
void cancel_wait_end (reeve_t reeve);

/* Take the wish to cancel away, if there is one that was not sent.  */
bool cancel_take (reeve_t reeve);

/* A call has its answer.  If it sent CANCEL the stream is brought back in
   step.  An error has ended the connection.  */
gpg_error_t cancel_end (reeve_t reeve);

/* Wait for the server that this handle started.  */
void spawn_reap (reeve_t reeve);

/* One exchange: what reeve_call hands to the reading of the answer.  */
struct exchange
{
  const struct reeve_word *words;
  const bool *asked; /* Which of the COUNT words the line has as "@".  */
  size_t count;
  size_t next;          /* Where to look for the next one.  */
  struct buffer answer; /* Collected if there is no data callback.  */
  gpg_error_t failure;  /* The first error on this side.  */
};

/* Send LINE and read all that comes up to OK or ERR.  The result is that of
   the connection; an error of this side goes to EXCHANGE->failure.  */
gpg_error_t exchange_run (reeve_t reeve, struct exchange *exchange,
                          const struct buffer *line,
                          gpg_error_t *r_server_error);

/* Make an answer of BYTES, which it takes over also on an error.  */
gpg_error_t answer_new (struct buffer *bytes, reeve_answer_t *r_answer);

#endif /* REEVE_HANDLE_H */
