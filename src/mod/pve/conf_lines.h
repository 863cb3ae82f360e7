/* conf_lines.h - the lines of pve.conf
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What they mean is told in conf.h.  Every error that is not for want of
   memory is GPG_ERR_CONFIGURATION with words that name file and line.  */

#ifndef REEVE_PVE_CONF_LINES_H
#define REEVE_PVE_CONF_LINES_H

#include <gpg-error.h>
#include "../../base/failure.h"
#include "conf.h"

/* What names of hosts, realms and tokens are made of.  */
#define CONF_NAME                                                              \
  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

/* Take the lines of TEXT, of the file NAME as errors call it, into CONF.  TEXT
   is changed.  Lines of an option that the environment has are passed over. */
gpg_error_t conf_parse (struct conf *conf, const char *name, char *text,
                        struct failure *failure);

/* Take what the environment says into CONF.  */
gpg_error_t conf_override (struct conf *conf, struct failure *failure);

#endif /* REEVE_PVE_CONF_LINES_H */
