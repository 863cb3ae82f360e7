/* setting.h - the settings that PVE SET changes
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_SETTING_H
#define REEVE_PVE_SETTING_H

#include <stddef.h>
#include <gpg-error.h>
#include <jansson.h>
#include "../../../protocol/buffer.h"
#include "../../call/work.h"

struct setting
{
  char *name;
  const char *value; /* NULL: it is deleted, so that the default holds.  */
};

struct settings
{
  struct setting *list;
  size_t count; /* At least one.  */
};

#define SETTINGS_NONE                                                          \
  {                                                                            \
    NULL, 0                                                                    \
  }
#define auto_settings __attribute__ ((cleanup (settings_release)))

/* Read WORK's arguments "setting" (NAME=VALUE, repeatedly) and "delete"
   (NAME,NAME).  GPG_ERR_INV_ARG: a name that is none, or one of those that the
   API takes for something else than a setting; one given twice; a secret; a
   volume that would be destroyed.  The values belong to WORK.  */
gpg_error_t settings_read (struct work *work, struct settings *r_settings);
void settings_release (struct settings *settings);

/* Append what sends SETTINGS to FORM.  */
void settings_form (const struct settings *settings, struct buffer *form);

/* The same for what puts back the values that they have in CONFIG, the server's
   answer.  */
void settings_form_back (const struct settings *settings, const json_t *config,
                         struct buffer *form);

/* How many of SETTINGS are not as CONFIG has them.  */
size_t settings_differ (const struct settings *settings, const json_t *config);

/* Append for each that differs its old value and its new one, a line each
   ("- memory: 512"), to TEXT.  */
void settings_describe (const struct settings *settings, const json_t *config,
                        struct buffer *text);

#endif /* REEVE_PVE_SETTING_H */
