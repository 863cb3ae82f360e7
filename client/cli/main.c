/* main.c - the reeve command
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli.h"

static const char help_text[]
    = "Usage: reeve [OPTION]... NOUN VERB [--VERB-OPTION]... [ARGUMENT]...\n"
      "  or:  reeve [OPTION]...              (commands on standard input, or"
      " at a\n"
      "                                      terminal)\n"
      "  or:  reeve audit verify [--key-fd=N] [OPTION]... [FILE]...\n"
      "  or:  reeve audit init [OPTION]...\n"
      "  or:  reeve edit FILE [OPTION]...\n"
      "  or:  reeve help [NOUN [VERB]] [OPTION]...\n"
      "  or:  reeve key list|new|rotate|revoke [NAME [FILE]] [OPTION]...\n"
      "  or:  reeve policy lint [FILE]... [OPTION]...\n"
      "  or:  reeve policy test [--policy=PATH] FILE [OPTION]...\n"
      "  or:  reeve proxy [OPTION]...\n"
      "  or:  reeve respond [OPTION]... [KEYFILE]\n"
      "  or:  reeve selftest [--task --vmid=N] [OPTION]...\n"
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
      "      --no-pager        print long answers, too, on the terminal\n"
      "      --overlap=TIME    how long \"key rotate\" leaves the old keys "
      "good:"
      " 7d, 12h\n"
      "      --policy=PATH     what \"policy test\" tests (default: this"
      " machine's)\n"
      "      --raw             add no newline to an answer that has none\n"
      "      --task            have \"selftest\" try tasks, on the guest"
      " --vmid=N\n"
      "      --timeout=TIME    give up after 30 (seconds), 500ms, 5min, 1h\n"
      "      --yes             save what was edited without a question\n"
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
      "\"audit verify\" checks the audit log (or copies of its files) with the"
      " key text\n"
      "on the descriptor --key-fd=N, and its end with --state=FILE (default:"
      " the\n"
      "machine's own).  \"audit init\" makes that key and prints it.\n"
      "\n"
      "\"edit\" lets you edit a file in VISUAL or EDITOR, shows the difference"
      " and\n"
      "saves.  \"help\" asks the server.  \"key new\" makes a key file and"
      " prints its\n"
      "path; \"key rotate\" makes a further one for an identity and lets its"
      " others\n"
      "expire; \"key revoke\" ends them at once.  \"policy lint\" tells"
      " mistakes in\n"
      "policies, \"policy test\" compares one with a file of lines \"allow"
      " IDENTITY\n"
      "COMMAND\" and \"refuse IDENTITY COMMAND\".  \"proxy\" authenticates"
      " and then\n"
      "hands the connection to standard input and output.  \"respond\" reads a"
      " nonce and\n"
      "prints the response for AUTH; its options are --client-nonce=HEX,"
      " --client-uid=N\n"
      "and --server-uid=N besides those above.  \"selftest\" shows whether all"
      " is well\n"
      "that PVE needs; with --task it tries snapshot, rollback and deletion.\n"
      "\"shell-quote\" prints words so that they can stand in a line of"
      " standard input.\n"
      "\"complete\" is for the shells' completion.\n"
      "\n"
      "On standard input, one line is one command; an argument @ takes its"
      " content\n"
      "from <FILE or <<WORD at the line's end.\n"
      "\n"
      "At a terminal, lines are edited, kept (REEVE_HISTORY) and completed;"
      " long\n"
      "answers go to REEVE_PAGER or PAGER.  Ctrl-C cancels what the server"
      " does.\n"
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

static const char *const audit_verbs[] = { "init", "verify", NULL };
static const char *const key_verbs[] = { "list", "new", "revoke", "rotate",
                                         NULL };
static const char *const policy_verbs[] = { "lint", "test", NULL };

const struct own_word own_words[]
    = { { "audit", audit_run, .verbs = audit_verbs, .shared = true },
        { "complete", complete_run, .literal = true },
        { "edit", edit_run, .literal = false },
        { "help", help_run, .literal = false },
        { "key", key_run, .verbs = key_verbs },
        { "policy", policy_run, .verbs = policy_verbs, .shared = true },
        { "proxy", proxy_run, .literal = false },
        { "respond", respond_run, .literal = false },
        { "selftest", selftest_run, .literal = false },
        { "shell-quote", quote_run, .literal = true },
        { .name = NULL } };

/* Whether OWN is what WORD, behind its name, asks for.  */
static bool
own_takes (const struct own_word *own, const char *word)
{
  for (size_t i = 0; own->shared && own->verbs[i]; i++)
    if (word && !strcmp (own->verbs[i], word))
      return true;
  return !own->shared;
}

const struct own_word *
own_find (char *const *words)
{
  for (const struct own_word *own = own_words; *words && own->name; own++)
    if (!strcmp (own->name, *words))
      return own_takes (own, words[1]) ? own : NULL;
  return NULL;
}

/* Do what the COUNT WORDS say, the first of which is OWN if that is not
   NULL.  */
static enum status
run (const struct settings *settings, const struct own_word *own, char **words,
     size_t count)
{
  if (settings->explain)
    return help_run (settings, words, count);
  if (own)
    return own->run (settings, words + 1, count - 1);
  if (count)
    return request_run (settings, words, count);
  return isatty (STDIN_FILENO)
                 && (isatty (STDOUT_FILENO) || isatty (STDERR_FILENO))
             ? interactive_run (settings)
             : input_run (settings);
}

int
main (int argc, char **argv)
{
  struct settings settings = SETTINGS_NONE;
  enum status status;
  const struct own_word *own = NULL;

  sigaction (SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
  status = options_read (argc, argv, false, &settings);
  if (status == STATUS_OK && !settings.explain)
    own = own_find (argv + optind);
  if (own && !own->literal)
    status = options_read (argc, argv, true, &settings);
  if (status != STATUS_OK)
    return status;
  show_set_up (&settings);
  if (settings.help || settings.version)
    return print (settings.help ? help_text : version_text);
  status = run (&settings, own, argv + optind, (size_t)(argc - optind));
  interrupt_leave ();
  return status;
}
