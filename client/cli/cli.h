/* cli.h - the reeve command
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Functions that return an exit status have said on stderr what there was to
   say.  */

#ifndef REEVE_CLI_H
#define REEVE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <getopt.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "../../protocol/buffer.h"
#include "../lib/reeve.h"

/* For a buffer that may hold a secret.  */
#define auto_wiped __attribute__ ((cleanup (buffer_wipe)))

enum status
{
  STATUS_OK = 0,
  STATUS_ERROR = 1,
  STATUS_USAGE = 2,
  STATUS_CONNECTION = 3, /* None, or not authenticated.  */
  STATUS_NOT_FOUND = 4,  /* Also: no value.  */
  STATUS_CONFLICT = 5,
  STATUS_FORBIDDEN = 6,
  STATUS_TIMEOUT = 7 /* Also: cancelled.  */
};

/* What the command line and the environment say; NULL is "not given".  */
struct settings
{
  const char *socket;
  const char *identity;
  const char *key;
  const char *root;
  const char *reeved;
  const char *data;
  const char *client_nonce;
  unsigned timeout_ms;
  uid_t client_uid, server_uid; /* (uid_t)-1: not given.  */
  bool spawn, json, raw, dry_run, keep_going, no_auth, yes;
  bool explain, help, version;
};

#define SETTINGS_NONE                                                          \
  {                                                                            \
    .client_uid = (uid_t)-1, .server_uid = (uid_t)-1                           \
  }

/* The printing of answers.  */
struct output
{
  bool raw;
  bool middle; /* The last byte printed was no LF.  */
  size_t line; /* Of the input, for complaints; 0: there is none.  */
};

/* --- options.c --- */

/* As getopt_long wants it.  */
extern const struct option options_table[];

/* Read options up to the first other word; with ANYWHERE, all of them, the
   other words behind.  optind is then the first of those.  Returns early
   where --help or --version was given.  */
enum status options_read (int argc, char **argv, bool anywhere,
                          struct settings *settings);

/* --- connect.c --- */

/* Open the connection that SETTINGS ask for into REEVE, a new handle, and
   authenticate.  */
enum status connect_reeve (const struct settings *settings, reeve_t reeve);

/* The same without authenticating.  */
enum status connect_open (const struct settings *settings, reeve_t reeve);

/* The path of the server's socket, for the caller to free.  */
char *connect_socket_path (const struct settings *settings);

/* The identity's name, for the caller to free; NULL if there is none, which
   has been said.  */
char *connect_identity (const struct settings *settings);

/* The path of the key file of IDENTITY, for the caller to free.  */
char *connect_key_path (const struct settings *settings, const char *identity);

/* --- advice.c: say what is missing and what to type next --- */

/* Nobody listens on the socket PATH.  */
void advise_no_server (const struct settings *settings, const char *path);

/* This process may not connect to the socket PATH.  */
void advise_no_right (const char *path);

/* IDENTITY's key file PATH cannot be read because of ERR.  */
void advise_no_key (const struct settings *settings, const char *identity,
                    const char *path, gpg_error_t err);

/* The server did not believe that we are IDENTITY with the key PATH.  */
void advise_not_accepted (const struct settings *settings,
                          const char *identity, const char *path);

/* If the error that REEVE had last and that made STATUS is one of policy: the
   rule that is missing.  To be called behind show_result.  */
void advise_refused (const struct settings *settings, reeve_t reeve,
                     enum status status);

/* --- show.c --- */

/* Say "reeve: ...".  */
void complain (const char *format, ...) __attribute__ ((format (printf, 1, 2)));
enum status complain_memory (void);
enum status complain_usage (const char *format, ...)
    __attribute__ ((format (printf, 1, 2)));

/* Let answers, comments and reports of REEVE be printed by OUTPUT.  */
void show_start (struct output *output, reeve_t reeve);

/* End an answer: its final newline, and all goes out.  */
enum status show_end (struct output *output);

/* Tell about an error of the connection or of the server (0 for none) in
   carrying out WHAT.  */
enum status show_result (reeve_t reeve, const char *what, gpg_error_t err,
                         gpg_error_t server_error);

/* --- request.c --- */

/* Carry out the shell's words, COUNT of them.  */
enum status request_run (const struct settings *settings, char **words,
                         size_t count);

/* Carry out the commands on standard input.  */
enum status input_run (const struct settings *settings);

/* Have REEVE carry out WORDS, the first of which is the command, and print
   the answer.  */
enum status request_call (reeve_t reeve, struct output *output,
                          const struct reeve_word *words, size_t count);

/* Connect, authenticate, set the session's options; OUTPUT prints.  */
enum status request_open (const struct settings *settings,
                          struct output *output, reeve_t *r_reeve);

/* Read the file NAME ("-" is standard input), for content.  */
enum status request_read_file (const char *name, struct buffer *content);

/* --- help.c, key.c, proxy.c, quote.c, respond.c: the command's own words --- */

/* Also for --explain, whose words are NOUN and VERB.  */
enum status help_run (const struct settings *settings, char **words,
                      size_t count);
enum status quote_run (const struct settings *settings, char **words,
                       size_t count);

enum status key_run (const struct settings *settings, char **words,
                     size_t count);
enum status respond_run (const struct settings *settings, char **words,
                         size_t count);
enum status proxy_run (const struct settings *settings, char **words,
                       size_t count);

#endif /* REEVE_CLI_H */
