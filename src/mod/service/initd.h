/* initd.h - what the files of an init.d script say
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SERVICE_INITD_H
#define REEVE_SERVICE_INITD_H

#include <stdbool.h>
#include <stddef.h>
#include <gpg-error.h>
#include "../../base/machine.h"

/* The lines "# NAME: VALUE" between BEGIN INIT INFO and END INIT INFO.  */
struct init_header
{
  size_t count;
  char **names;
  char **values;
};

#define INIT_HEADER_NONE                                                       \
  {                                                                            \
    0, NULL, NULL                                                              \
  }
#define auto_header __attribute__ ((cleanup (init_header_release)))

/* Open the script NAME for reading: a regular file, behind links that only root
   can make.  GPG_ERR_ENOENT: there is none.  */
gpg_error_t init_open (const struct machine *machine, const char *name,
                       int *r_fd);

/* Read that of the script NAME; a script may have none.  GPG_ERR_ENOENT: there
   is no script.  */
gpg_error_t init_header_read (const struct machine *machine, const char *name,
                              struct init_header *r_header);
void init_header_release (struct init_header *header);

/* The value of NAME, or NULL.  */
const char *init_header_get (const struct init_header *header,
                             const char *name);

/* Whether the script NAME is started in any runlevel that serves users, and
   whether it has a link in any, by which it is started or stopped.  */
bool init_is_enabled (const struct machine *machine, const char *name);
bool init_has_links (const struct machine *machine, const char *name);

/* Whether it is there and cannot be executed.  */
bool init_is_masked (const struct machine *machine, const char *name);

#endif /* REEVE_SERVICE_INITD_H */
