/* main.c - the reeve command
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "cli.h"

static const char help_text[]
    = "Usage: reeve [OPTION]... NOUN VERB [--VERB-OPTION]... [ARGUMENT]...\n"
      "  or:  reeve [OPTION]...              (commands on standard input)\n"
      "  or:  reeve help [NOUN [VERB]] [OPTION]...\n"
      "  or:  reeve key new NAME [OPTION]...\n"
      "  or:  reeve proxy [OPTION]...\n"
      "  or:  reeve respond [OPTION]... [KEYFILE]\n"
      "  or:  reeve shell-quote [WORD]...\n"
      "Have reeved administer this machine.  \"reeve help\" asks it what it can"
      " do.\n"
      "\n"
      "      --data=FILE       content for the argument @, or for a last "
      "argument\n"
      "      --dry-run         show what would change, change nothing\n"
      "      --explain         tell about NOUN VERB and your right to it; do"
      " nothing\n"
      "      --json            answers as JSON, one text a line\n"
      "      --keep-going      go on with standard input after an error\n"
      "      --raw             add no newline to an answer that has none\n"
      "      --timeout=TIME    give up after 30 (seconds), 500ms, 5min, 1h\n"
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
      "\"help\" asks the server.  \"key new\" makes a key file and prints its"
      " path.\n"
      "\"proxy\" authenticates and then hands the connection to standard input"
      " and\n"
      "output.  \"respond\" reads a nonce and prints the response for AUTH; its"
      " options\n"
      "are --client-nonce=HEX, --client-uid=N and --server-uid=N besides those"
      " above.\n"
      "\"shell-quote\" prints words so that they can stand in a line of"
      " standard input.\n"
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

static enum status
print (const char *text)
{
  if (fputs (text, stdout) != EOF && !fflush (stdout))
    return STATUS_OK;
  complain ("cannot write: %s", strerror (errno));
  return STATUS_ERROR;
}

/* The command's own words.  Options may stand behind those that are not
   LITERAL: these take everything as it is.  */
static const struct
{
  const char *name;
  enum status (*run) (const struct settings *settings, char **words,
                      size_t count);
  bool literal;
} own_words[]
    = { { "help", help_run, false },        { "key", key_run, false },
        { "proxy", proxy_run, false },      { "respond", respond_run, false },
        { "shell-quote", quote_run, true }, { NULL, NULL, false } };

static int
find_own (const char *word)
{
  for (int i = 0; word && own_words[i].name; i++)
    if (!strcmp (own_words[i].name, word))
      return i;
  return -1;
}

int
main (int argc, char **argv)
{
  struct settings settings = SETTINGS_NONE;
  enum status status;
  int own = -1;
  char **words;
  size_t count;

  sigaction (SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
  status = options_read (argc, argv, false, &settings);
  if (status == STATUS_OK && !settings.explain)
    own = find_own (argv[optind]);
  if (own >= 0 && !own_words[own].literal)
    status = options_read (argc, argv, true, &settings);
  if (status != STATUS_OK)
    return status;
  if (settings.help || settings.version)
    return print (settings.help ? help_text : version_text);
  words = argv + optind;
  count = (size_t)(argc - optind);
  if (settings.explain)
    return help_run (&settings, words, count);
  if (own >= 0)
    return own_words[own].run (&settings, words + 1, count - 1);
  return count ? request_run (&settings, words, count) : input_run (&settings);
}
