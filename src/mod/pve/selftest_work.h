/* selftest_work.h - PVE SELFTEST and SELFTEST-TASK in the API worker
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_SELFTEST_WORK_H
#define REEVE_PVE_SELFTEST_WORK_H

#include <gpg-error.h>
#include "../../call/work.h"

/* A guest that may be tested has this tag.  */
#define SELFTEST_TAG "reeve-selftest"

/* SELFTEST: a record for each check: check, object, state (ok, warning, failed)
   and message.  What fails is told in its record; it is no error.  */
gpg_error_t selftest_read (struct work *work);

/* For planning SELFTEST-TASK: what guest_look tells.  GPG_ERR_FORBIDDEN: the
   guest has not the tag.  */
gpg_error_t selftest_look (struct work *work);

/* The steps: check the tag again; and take the snapshot "snapname", go back to
   it (with the argument "start" the guest is to run then) and delete it, with a
   record for each: check, state, seconds, message.  */
gpg_error_t selftest_begin (struct work *work);
gpg_error_t selftest_act (struct work *work);

/* Let nothing be left: when the guest's tasks have ended, delete the snapshot
   if it is there, and with "start" start the guest.  */
gpg_error_t selftest_clean (struct work *work);

#endif /* REEVE_PVE_SELFTEST_WORK_H */
