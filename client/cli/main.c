/* main.c - the reeve command: its command line
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   getopt_long and not gpgrt_argparse: it stops at the first word that is no
   option without a special case, leaves the exit status to us, and costs no
   tables at the start of a command that runs for two milliseconds.  */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"

enum
{
  OPTION_FIRST = 256,
  OPTION_CLIENT_NONCE,
  OPTION_CLIENT_UID,
  OPTION_DATA,
  OPTION_DRY_RUN,
  OPTION_HELP,
  OPTION_IDENTITY,
  OPTION_JSON,
  OPTION_KEEP_GOING,
  OPTION_KEY,
  OPTION_NO_AUTH,
  OPTION_RAW,
  OPTION_REEVED,
  OPTION_ROOT,
  OPTION_SERVER_UID,
  OPTION_SOCKET,
  OPTION_SPAWN,
  OPTION_TIMEOUT,
  OPTION_VERSION
};

static const struct option options[]
    = { { "client-nonce", required_argument, NULL, OPTION_CLIENT_NONCE },
        { "client-uid", required_argument, NULL, OPTION_CLIENT_UID },
        { "data", required_argument, NULL, OPTION_DATA },
        { "dry-run", no_argument, NULL, OPTION_DRY_RUN },
        { "help", no_argument, NULL, OPTION_HELP },
        { "identity", required_argument, NULL, OPTION_IDENTITY },
        { "json", no_argument, NULL, OPTION_JSON },
        { "keep-going", no_argument, NULL, OPTION_KEEP_GOING },
        { "key", required_argument, NULL, OPTION_KEY },
        { "no-auth", no_argument, NULL, OPTION_NO_AUTH },
        { "raw", no_argument, NULL, OPTION_RAW },
        { "reeved", required_argument, NULL, OPTION_REEVED },
        { "root", required_argument, NULL, OPTION_ROOT },
        { "server-uid", required_argument, NULL, OPTION_SERVER_UID },
        { "socket", required_argument, NULL, OPTION_SOCKET },
        { "spawn", no_argument, NULL, OPTION_SPAWN },
        { "timeout", required_argument, NULL, OPTION_TIMEOUT },
        { "version", no_argument, NULL, OPTION_VERSION },
        { NULL, 0, NULL, 0 } };

static const char help_text[]
    = "Usage: reeve [OPTION]... NOUN VERB [--VERB-OPTION]... [ARGUMENT]...\n"
      "  or:  reeve [OPTION]...              (commands on standard input)\n"
      "  or:  reeve key new NAME [OPTION]...\n"
      "  or:  reeve respond [OPTION]... [KEYFILE]\n"
      "  or:  reeve proxy [OPTION]...\n"
      "Have reeved administer this machine.  \"reeve HELP\" asks it what it can"
      " do.\n"
      "\n"
      "      --data=FILE       content for the argument @, or for a last "
      "argument\n"
      "      --dry-run         show what would change, change nothing\n"
      "      --json            answers as JSON, one text a line\n"
      "      --keep-going      go on with standard input after an error\n"
      "      --raw             add no newline to an answer that has none\n"
      "      --timeout=SECONDS give up after this time\n"
      "\n"
      "      --identity=NAME   who to be (default: REEVE_IDENTITY, or the login"
      " name)\n"
      "      --key=FILE        the identity's key (default: REEVE_KEY, or\n"
      "                        " SYSCONFDIR "/reeve/keys/NAME.key)\n"
      "      --no-auth         do not authenticate\n"
      "      --root=DIR        reeve's files are below DIR\n"
      "      --socket=PATH     the server's socket (default: REEVE_SOCKET, or\n"
      "                        " RUNSTATEDIR "/reeve/S.reeve)\n"
      "      --spawn           start a server for this command alone\n"
      "      --reeved=PATH     the program that --spawn starts\n"
      "\n"
      "      --help            print this help and exit\n"
      "      --version         print the version and exit\n"
      "\n"
      "\"key new\" makes a key file and prints its path.  \"respond\" reads a"
      " nonce and\n"
      "prints the response for AUTH; its options are --client-nonce=HEX,\n"
      "--client-uid=N and --server-uid=N besides those above.  \"proxy\""
      " authenticates\n"
      "and then hands the connection to standard input and output.\n"
      "\n"
      "On standard input, one line is one command; an argument @ takes its"
      " content from\n"
      "<FILE or <<WORD at the line's end.\n"
      "\n"
      "Exit status: 0 success, 1 error, 2 usage, 3 no connection or not"
      " authenticated,\n"
      "4 not found or no value, 5 conflict, 6 forbidden, 7 timeout or"
      " cancelled.\n";

static const char version_text[]
    = "reeve " PACKAGE_VERSION "\n"
      "Copyright (C) 2026 The reeve authors\n"
      "License GPLv3+: GNU GPL version 3 or later"
      " <https://gnu.org/licenses/gpl.html>\n"
      "This is free software: you are free to change and redistribute it.\n"
      "There is NO WARRANTY, to the extent permitted by law.\n";

static bool
read_seconds (const char *text, unsigned *r_ms)
{
  double seconds;
  char *end;

  seconds = strtod (text, &end);
  if (end == text || *end || !isfinite (seconds) || seconds < 0.001
      || seconds > 1e6)
    return false;
  *r_ms = (unsigned)(seconds * 1000);
  return true;
}

static bool
read_uid (const char *text, uid_t *r_uid)
{
  unsigned long value;
  char *end;

  errno = 0;
  value = strtoul (text, &end, 10);
  if (*text < '0' || *text > '9' || *end || errno || value >= (uid_t)-1)
    return false;
  *r_uid = (uid_t)value;
  return true;
}

/* Where the word behind OPTION is kept, or NULL.  */
static const char **
text_of (int option, struct settings *settings)
{
  switch (option)
    {
    case OPTION_CLIENT_NONCE:
      return &settings->client_nonce;
    case OPTION_DATA:
      return &settings->data;
    case OPTION_IDENTITY:
      return &settings->identity;
    case OPTION_KEY:
      return &settings->key;
    case OPTION_REEVED:
      return &settings->reeved;
    case OPTION_ROOT:
      return &settings->root;
    case OPTION_SOCKET:
      return &settings->socket;
    default:
      return NULL;
    }
}

/* Where it is kept that OPTION was given, or NULL.  */
static bool *
flag_of (int option, struct settings *settings)
{
  switch (option)
    {
    case OPTION_DRY_RUN:
      return &settings->dry_run;
    case OPTION_JSON:
      return &settings->json;
    case OPTION_KEEP_GOING:
      return &settings->keep_going;
    case OPTION_NO_AUTH:
      return &settings->no_auth;
    case OPTION_RAW:
      return &settings->raw;
    case OPTION_SPAWN:
      return &settings->spawn;
    default:
      return NULL;
    }
}

static enum status
take_option (int option, struct settings *settings)
{
  const char **text = text_of (option, settings);
  bool *flag = flag_of (option, settings);

  if (text)
    *text = optarg;
  else if (flag)
    *flag = true;
  else if (option == OPTION_TIMEOUT)
    {
      if (!read_seconds (optarg, &settings->timeout_ms))
        return complain_usage ("--timeout is a number of seconds, not \"%s\"",
                               optarg);
    }
  else if (!read_uid (optarg, option == OPTION_CLIENT_UID
                                  ? &settings->client_uid
                                  : &settings->server_uid))
    return complain_usage ("a uid is a number, not \"%s\"", optarg);
  return STATUS_OK;
}

static enum status
print (const char *text)
{
  if (fputs (text, stdout) != EOF && !fflush (stdout))
    return STATUS_OK;
  complain ("cannot write: %s", strerror (errno));
  return STATUS_ERROR;
}

/* Read options up to the first other word; with ANYWHERE, all of them.  */
static enum status
read_options (int argc, char **argv, bool anywhere, struct settings *settings)
{
  enum status status = STATUS_OK;
  int option;

  while (
      status == STATUS_OK
      && (option = getopt_long (argc, argv, anywhere ? "" : "+", options, NULL))
             != -1)
    switch (option)
      {
      case OPTION_HELP:
        exit (print (help_text));
      case OPTION_VERSION:
        exit (print (version_text));
      case '?':
        return complain_usage (NULL);
      default:
        status = take_option (option, settings);
      }
  return status;
}

static enum status
run (const struct settings *settings, char **words, size_t count)
{
  if (!count)
    return input_run (settings);
  if (!strcmp (*words, "key"))
    return key_run (settings, words + 1, count - 1);
  if (!strcmp (*words, "respond"))
    return respond_run (settings, words + 1, count - 1);
  if (strcmp (*words, "proxy"))
    return request_run (settings, words, count);
  if (count > 1)
    return complain_usage ("proxy takes options only, not \"%s\"", words[1]);
  return proxy_run (settings);
}

/* Whether WORD is one of the command's own, whose options may stand behind
   it.  */
static bool
is_own (const char *word)
{
  return !strcmp (word, "key") || !strcmp (word, "respond")
         || !strcmp (word, "proxy");
}

int
main (int argc, char **argv)
{
  struct settings settings = { .client_uid = (uid_t)-1,
                               .server_uid = (uid_t)-1 };
  enum status status;

  sigaction (SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
  status = read_options (argc, argv, false, &settings);
  if (status == STATUS_OK && optind < argc && is_own (argv[optind]))
    {
      optind = 0; /* Makes getopt forget that it was to stop at a word.  */
      {
        optind = 0; /* For glibc: begin again, in the other order.  */
        status = read_options (argc, argv, true, &settings);
      }
    }
  if (status != STATUS_OK)
    return status;
  return run (&settings, argv + optind, (size_t)(argc - optind));
}
