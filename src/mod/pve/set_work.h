/* set_work.h - changing a guest's configuration
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What was read at planning protects the step: with its digest the server
   refuses to write over what somebody else wrote meanwhile.  */

#ifndef REEVE_PVE_SET_WORK_H
#define REEVE_PVE_SET_WORK_H

#include <gpg-error.h>
#include "../../call/work.h"

/* For planning: the record of guest_look, then digest, same (everything is so
   already), locked, changes (lines, setting.h), and back (what puts the old
   values back, as a form).  */
gpg_error_t set_look (struct work *work);

/* The step, with the arguments digest, locked and back of the above.  What a server did
   of a change that it then refused is put back.  */
gpg_error_t set_act (struct work *work);

/* Put the old values back.  */
gpg_error_t set_undo (struct work *work);

#endif /* REEVE_PVE_SET_WORK_H */
