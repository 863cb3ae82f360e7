/* initd_inside.h - what the files of the back end for init.d scripts share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   initd.c runs scripts, initd_tell.c tells of them, initd_act.c changes them.
   NAME is a script's own name, without a suffix.  */

#ifndef REEVE_SERVICE_INITD_INSIDE_H
#define REEVE_SERVICE_INITD_INSIDE_H

#include "../../base/run.h"
#include "../../call/script_name.h"
#include "../../call/work.h"

/* The time for one script, in ms.  */
uint64_t initd_time (const struct work *work);

/* Run NAME's script with ACTION to its end, as RUN says: machine, time, when to
   give up.  A daemon that it starts stays.  */
gpg_error_t initd_run_as (struct run run, const char *name, const char *action,
                          struct run_result *r_result, struct failure *failure);

/* The same, as long as WORK lasts.  GPG_ERR_NOT_FOUND: there is no such
   script.  */
gpg_error_t initd_run (struct work *work, const char *name, const char *action,
                       struct run_result *r_result);

/* Store the own name of the script of the unit UNIT, which policy knows by the
   same names; that of UNIT if there is no script.  GPG_ERR_NOT_FOUND if it can
   have none.  */
gpg_error_t initd_name (struct work *work, const char *unit,
                        char r_name[LIMIT_UNIT_NAME]);

/* Write the fields of STATUS for NAME.  */
gpg_error_t initd_write_state (struct work *work, const char *name);

/* What the back end is made of.  */
gpg_error_t initd_status (struct work *work);
gpg_error_t initd_list (struct work *work);
gpg_error_t initd_show (struct work *work);
gpg_error_t initd_deps (struct work *work);
gpg_error_t initd_watch (struct work *work);
gpg_error_t initd_act (struct work *work, const char *action);

#endif /* REEVE_SERVICE_INITD_INSIDE_H */
