/* options_inside.h - what the files of the options share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   options_table.c says which there are, options_take.c what their values mean,
   options.c reads the command line and reeved.conf.  */

#ifndef REEVE_OPTIONS_INSIDE_H
#define REEVE_OPTIONS_INSIDE_H

/* To be included before anything that has <gpg-error.h>.  */
#define GPGRT_ENABLE_ARGPARSE_MACROS 1
#include <gpg-error.h>
#include "options.h"

enum option_value
{
  OPTION_NULL = 0,
  OPTION_SERVER = 500,
  OPTION_SINGLE,
  OPTION_CHECK,
  OPTION_DUMP_VERBS,
  OPTION_LINT_POLICY,
  OPTION_TEST_POLICY,
  OPTION_LIST_KEYS,
  OPTION_AUDIT_INIT,
  OPTION_POLICY,
  OPTION_ROOT,
  OPTION_FOREGROUND,
  OPTION_DEBUG,
  OPTION_AUDIT_JOURNALD,
  OPTION_DRY_RUN,
  OPTION_KEY_FD,
  OPTION_LISTEN,
  OPTION_LOG_FILE,
  OPTION_OPTIONS,
  OPTION_NO_OPTIONS,
  OPTION_INTEGRITY,
  OPTION_SETTING, /* And more: one for each row of setting_table.  */
  OPTION_LIMIT = OPTION_SETTING + SETTINGS /* The same of limit_table.  */
};

/* All options, for gpgrt_argparse; made at the first call.  */
gpgrt_opt_t *option_table (void);

/* The name of the option whose number is VALUE.  */
const char *option_name (int value);

/* Where the value being read stands, for messages.  */
struct origin
{
  const char *file; /* NULL: the command line.  */
  unsigned line;
  const char *option;
};

/* Take the option that ARGS has read into OPTIONS.  A mistake ends the process
   with status 2.  */
void option_take (const gpgrt_argparse_t *args, const struct origin *origin,
                  struct options *options);

#endif /* REEVE_OPTIONS_INSIDE_H */
