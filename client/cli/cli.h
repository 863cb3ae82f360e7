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
  const char *state;
  int key_fd; /* -1: not given.  */
  const char *policy;
  const char *vmid;
  unsigned overlap; /* Seconds; 0: not given.  */
  unsigned timeout_ms;
  uid_t client_uid, server_uid; /* (uid_t)-1: not given.  */
  bool spawn, json, raw, dry_run, keep_going, no_auth, yes;
  bool explain, help, no_pager, task, version;
};

#define SETTINGS_NONE                                                          \
  {                                                                            \
    .key_fd = -1, .client_uid = (uid_t)-1, .server_uid = (uid_t)-1             \
  }

/* The printing of answers.  */
struct output
{
  bool raw;
  bool middle;        /* The last byte printed was no LF.  */
  size_t line;        /* Of the input, for complaints; 0: there is none.  */
  struct buffer held; /* An answer for a terminal, until it is whole.  */
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

/* The place of PATH below the root of SETTINGS, for the caller to free; NULL if
   there is no memory.  */
char *below_root (const struct settings *settings, const char *path);

/* The path of the key file of IDENTITY, for the caller to free.  */
char *connect_key_path (const struct settings *settings, const char *identity);

/* The program that --spawn starts, for the caller to free; NULL and errno if
   there is none.  */
char *connect_reeved (const struct settings *settings);

/* --- advice.c: say what is missing and what to type next --- */

/* Nobody listens on the socket PATH.  */
void advise_no_server (const struct settings *settings, const char *path);

/* This process may not connect to the socket PATH.  */
void advise_no_right (const char *path);

/* IDENTITY's key file PATH cannot be read because of ERR.  */
void advise_no_key (const struct settings *settings, const char *identity,
                    const char *path, gpg_error_t err);

/* The server did not believe that we are IDENTITY with the key PATH.  */
void advise_not_accepted (const struct settings *settings, const char *identity,
                          const char *path);

/* If the error that REEVE had last and that made STATUS is one of policy: the
   rule that is missing.  To be called behind show_result.  */
void advise_refused (const struct settings *settings, reeve_t reeve,
                     enum status status);

/* After a policy was changed: have reeved read it.  */
void advise_reload (const struct settings *settings);

/* --- reeved.c: what reeved does without a connection --- */

/* Become reeved with the COUNT OPTIONS, and with --root as in SETTINGS.
   Returns only if that cannot be.  */
enum status reeved_become (const struct settings *settings,
                           char *const *options, size_t count);

/* Run it so; what it prints comes from *R_FD, for the caller to close.  */
enum status reeved_start (const struct settings *settings, char *const *options,
                          size_t count, int *r_fd, pid_t *r_pid);

/* Wait for its end; STATUS_ERROR if it failed, and then it has said why.  */
enum status reeved_end (pid_t pid);

/* Run it so and append what it prints to OUT.  */
enum status reeved_read (const struct settings *settings, char *const *options,
                         size_t count, struct buffer *out);

/* --- show.c --- */

/* Find out what standard output and standard error are.  To be called before
   anything is shown.  */
void show_set_up (const struct settings *settings);

/* Whether standard error is a terminal that is to have colours.  */
bool show_has_colors (void);

/* Say "reeve: ...".  */
void complain (const char *format, ...) __attribute__ ((format (printf, 1, 2)));
enum status complain_memory (void);

/* Tell what is no error: "reeve: ..." on stderr.  */
void remark (const char *format, ...) __attribute__ ((format (printf, 1, 2)));
enum status complain_usage (const char *format, ...)
    __attribute__ ((format (printf, 1, 2)));

/* Let answers, comments and reports of REEVE be printed by OUTPUT.  */
void show_start (struct output *output, reeve_t reeve);

/* Go to a line of its own behind the ^C that the terminal shows.  */
void show_break (void);

/* End an answer: its final newline, and all goes out.  */
enum status show_end (struct output *output);

/* Tell about an error of the connection or of the server (0 for none) in
   carrying out WHAT.  */
enum status show_result (reeve_t reeve, const char *what, gpg_error_t err,
                         gpg_error_t server_error);

/* Append TEXT to LINE as standard output may have it: what would begin another
   line, or steer a terminal, is escaped.  */
void show_safely (struct buffer *line, const char *text, size_t length);

/* COLOR (paint.h) if standard output is a terminal that is to have colours,
   else
   "".  */
const char *show_color (const char *color);

/* --- pager.c --- */

/* What to run for a pager, NULL if the person wants none.  */
const char *pager_command (void);

/* Show TEXT in the pager until that ends.  False if there is none, and TEXT is
   still to be shown.  */
bool pager_show (const char *text, size_t length);

/* --- interrupt.c --- */

/* From here to the end, in which calls of REEVE are made, the first SIGINT
   cancels the call and a second one ends the connection.  */
void interrupt_start (reeve_t reeve);
void interrupt_end (void);

/* Whether there was a SIGINT; with "take" it is forgotten.  */
bool interrupt_seen (void);
bool interrupt_take (void);

/* If there was one, end by it, as a shell expects of what it runs.  */
void interrupt_leave (void);

/* --- input.c --- */

/* Carry out the commands on standard input.  */
enum status input_run (const struct settings *settings);

/* --- interactive.c --- */

/* Carry out what somebody types at the terminal.  */
enum status interactive_run (const struct settings *settings);

/* --- request.c --- */

/* Carry out the shell's words, COUNT of them.  */
enum status request_run (const struct settings *settings, char **words,
                         size_t count);

/* Whether calls can still be made.  */
bool request_is_open (reeve_t reeve);

/* Have REEVE carry out WORDS, the first of which is the command, and print
   the answer.  */
enum status request_call (reeve_t reeve, struct output *output,
                          const struct reeve_word *words, size_t count);

/* Connect, authenticate, set the session's options; OUTPUT prints.  */
enum status request_open (const struct settings *settings,
                          struct output *output, reeve_t *r_reeve);

/* End the session and release REEVE; tells if edits are dropped by that, but
   not in a dry run.  */
void request_close (const struct settings *settings, reeve_t reeve);

/* Read the file NAME ("-" is standard input), for content.  */
enum status request_read_file (const char *name, struct buffer *content);

/* --- The command's own words --- */

typedef enum status (*own_run_t) (const struct settings *settings, char **words,
                                  size_t count);

/* Options may stand behind words that are not LITERAL: these take everything
   as it is.  */
struct own_word
{
  const char *name;
  own_run_t run;
  bool literal;
  const char *const *verbs; /* What may follow, up to NULL; or NULL.  */
  bool shared;              /* The server has a noun of the same name: only
                               with one of VERBS it is ours.  */
};

/* The table, ending with a NULL name (main.c).  */
extern const struct own_word own_words[];

/* The row of the command whose words, up to NULL, are WORDS; or NULL.  */
const struct own_word *own_find (char *const *words);

enum status audit_run (const struct settings *settings, char **words,
                       size_t count);
enum status complete_run (const struct settings *settings, char **words,
                          size_t count);
enum status edit_run (const struct settings *settings, char **words,
                      size_t count);
/* Also for --explain, whose words are NOUN and VERB.  */
enum status help_run (const struct settings *settings, char **words,
                      size_t count);
enum status key_run (const struct settings *settings, char **words,
                     size_t count);
enum status policy_run (const struct settings *settings, char **words,
                        size_t count);
enum status proxy_run (const struct settings *settings, char **words,
                       size_t count);
enum status quote_run (const struct settings *settings, char **words,
                       size_t count);
enum status respond_run (const struct settings *settings, char **words,
                         size_t count);

enum status selftest_run (const struct settings *settings, char **words,
                          size_t count);

#endif /* REEVE_CLI_H */
