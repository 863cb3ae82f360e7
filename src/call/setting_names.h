/* setting_names.h - names of what a machine is set to
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The checks of the argument types "hostname", "timezone" and "locale"
   (types.h): only the form.  What there is, the machine worker looks up.  */

#ifndef REEVE_SETTING_NAMES_H
#define REEVE_SETTING_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>

/* Labels as RFC 1123 has them, at most 64 bytes as the kernel takes; canonical
   in small letters.  */
gpg_error_t hostname_check (char *text, size_t *length, const char *choices,
                            int64_t *number, const char **r_wanted);

/* A name in the zone database: it has no dot, and no part of it begins with a
   hyphen.  */
gpg_error_t timezone_check (char *text, size_t *length, const char *choices,
                            int64_t *number, const char **r_wanted);

/* A name, or VARIABLE=NAME; canonical with the variable.  */
gpg_error_t locale_check (char *text, size_t *length, const char *choices,
                          int64_t *number, const char **r_wanted);

#endif /* REEVE_SETTING_NAMES_H */
