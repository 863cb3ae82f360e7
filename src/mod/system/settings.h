/* settings.h - what SYSTEM sets, as the machine worker's operations
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Each "look" writes the field way, which is systemd or files, and what is
   set now; "set" has the same way as an argument; "undo" sets what the
   argument before has.  */

#ifndef REEVE_SYSTEM_SETTINGS_H
#define REEVE_SYSTEM_SETTINGS_H

#include "../../call/work.h"
#include "bus.h"

gpg_error_t hostname_look (struct work *work);
gpg_error_t hostname_set (struct work *work);
gpg_error_t hostname_undo (struct work *work);

gpg_error_t timezone_look (struct work *work);
gpg_error_t timezone_set (struct work *work);
gpg_error_t timezone_undo (struct work *work);

gpg_error_t locale_look (struct work *work);
gpg_error_t locale_set (struct work *work);
gpg_error_t locale_undo (struct work *work);

gpg_error_t power_look (struct work *work);
gpg_error_t power_act (struct work *work);
gpg_error_t power_undo (struct work *work);

/* Write the field way, and VALUE (may be NULL) as FIELD; end the record.  */
gpg_error_t settings_write (struct work *work, bool systemd, const char *field,
                            const char *value);

/* Whether the argument way says systemd.  */
bool settings_by_systemd (const struct work *work);

#endif /* REEVE_SYSTEM_SETTINGS_H */
