/* options_table.c - which options there are
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "options_inside.h"

#include <stdio.h>
#include <string.h>

static const gpgrt_opt_t fixed[] = {
  ARGPARSE_group (300, "@Commands:\n "),
  ARGPARSE_c (OPTION_SERVER, "server",
              "speak Assuan on standard input and output"),
  ARGPARSE_c (OPTION_SINGLE, "single", "serve one client ever on a socket"),
  ARGPARSE_c (OPTION_CHECK, "check",
              "check configuration, policy and keys; start nothing"),
  ARGPARSE_s_s (OPTION_DUMP_VERBS, "dump-verbs",
                "|FORM|print all verbs as text, json or texi"),
  ARGPARSE_c (OPTION_LINT_POLICY, "lint-policy",
              "tell the mistakes in the policy, or in FILEs and DIRECTORYs"),
  ARGPARSE_s_s (OPTION_TEST_POLICY, "test-policy",
                "|FILE|compare the policy with the expectations in FILE"),
  ARGPARSE_c (OPTION_LIST_KEYS, "list-keys", "list the identities' keys"),
  ARGPARSE_c (OPTION_AUDIT_INIT, "audit-init",
              "begin a new key of the audit log and print it"),
  ARGPARSE_group (301, "@\nOptions:\n "),
  ARGPARSE_s_s (OPTION_ROOT, "root",
                "|DIR|reeve's files and what it administers are below DIR"),
  ARGPARSE_s_s (OPTION_POLICY, "policy",
                "|PATH|with --test-policy: test this file or directory"),
  ARGPARSE_s_n (OPTION_FOREGROUND, "foreground", "do not become a daemon"),
  ARGPARSE_s_n (OPTION_DEBUG, "debug", "log every call"),
  ARGPARSE_s_n (OPTION_AUDIT_JOURNALD, "audit-journald",
                "send the audit log to the system's journal, too"),
  ARGPARSE_s_n (OPTION_DRY_RUN, "dry-run",
                "show what every change would do, change nothing"),
  ARGPARSE_s_s (OPTION_KEY_FD, "key-fd",
                "|N|read the key of the identity \"spawner\" from "
                "descriptor N"),
  ARGPARSE_s_s (OPTION_LISTEN, "listen",
                "|NAME [mode=M] [group=G] [ceiling=read]|listen on socket "
                "NAME"),
  ARGPARSE_s_s (OPTION_LOG_FILE, "log-file", "|FILE|write the log to FILE"),
  ARGPARSE_conffile (OPTION_OPTIONS, "options",
                     "|FILE|read options from FILE, not from reeved.conf"),
  ARGPARSE_noconffile (OPTION_NO_OPTIONS, "no-options",
                       "read no configuration file"),
  ARGPARSE_s_s (OPTION_INTEGRITY, "integrity",
                "|MODE|what a configuration that changed on disk forbids: "
                "reads (only reads go on), strict (all) or off"),
  ARGPARSE_group (302, "@\nSettings and limits:\n "),
};

#define FIXED (sizeof fixed / sizeof *fixed)
#define LIMITS 32

#define ROWS (SETTINGS + LIMITS)

/* The fixed options, then one for each setting and each limit.  */
static gpgrt_opt_t table[FIXED + ROWS + 1];
static char help[ROWS][120];

/* Make row INDEX behind the fixed ones.  */
static void
add_row (size_t index, const char *name, const char *argument,
         const char *description)
{
  const gpgrt_opt_t option[]
      = { ARGPARSE_s_s (OPTION_SETTING + (int)index, name, help[index]) };

  snprintf (help[index], sizeof *help, "|%s|%s", argument, description);
  table[FIXED + index] = *option;
}

gpgrt_opt_t *
option_table (void)
{
  const gpgrt_opt_t end[] = { ARGPARSE_end () };
  size_t count = 0;

  if (table->short_opt)
    return table;
  memcpy (table, fixed, sizeof fixed);
  for (const struct setting *row = setting_table; row->name; row++)
    add_row (count++, row->name, row->argument, row->description);
  for (const struct limit *row = limit_table; row->name && count < ROWS; row++)
    add_row (count++, row->name, row->argument, row->description);
  table[FIXED + count] = *end;
  return table;
}

const char *
option_name (int value)
{
  for (const gpgrt_opt_t *option = option_table (); option->short_opt; option++)
    if (option->short_opt == value && option->long_opt)
      return option->long_opt;
  return "argument";
}
