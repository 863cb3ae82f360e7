/* settings.h - what reeved.conf says to the nouns
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   One table of them all; the daemon's options derive from it.  Unlike limits
   they hold from the start of the daemon to its end.  */

#ifndef REEVE_SETTINGS_H
#define REEVE_SETTINGS_H

#include <stdbool.h>
#include <gpg-error.h>
#include "failure.h"

#define SETTINGS 4 /* Rows of the table.  */
#define SETTING_VALUES 64

struct setting
{
  const char *name;        /* As in reeved.conf.  */
  bool many;               /* It may stand there repeatedly.  */
  const char *usual;       /* If it does not stand there: words.  */
  const char *argument;    /* "DIR": what the description calls the value.  */
  const char *description; /* One line.  */
  bool (*check) (const char *value);
  const char *wanted; /* What a value should be.  */
};

/* The table, ending with a NULL name.  */
extern const struct setting setting_table[];

struct settings
{
  char **values[SETTINGS]; /* Each ends with NULL; NULL: the usual.  */
};

/* Add VALUE of SETTING.  FAILURE says what would be right.  */
gpg_error_t settings_add (struct settings *settings,
                          const struct setting *setting, const char *value,
                          struct failure *failure);

/* Let each setting that has no value have the usual ones.  */
gpg_error_t settings_complete (struct settings *settings);

/* The values of the setting NAME, ending with NULL.  The NAME must be one of
   the table.  */
const char *const *settings_list (const struct settings *settings,
                                  const char *name);

/* The same of one that has just one.  */
const char *settings_text (const struct settings *settings, const char *name);

void settings_release (struct settings *settings);

#endif /* REEVE_SETTINGS_H */
