/* device.h - the device that an argument names
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_DEVICE_H
#define REEVE_DEVICE_H

#include <gpg-error.h>
#include "../../base/failure.h"
#include "../../base/machine.h"

/* Store the path of the disk NAME (below /dev) at R_PATH and that for the
   operating system at R_OS_PATH, both for the caller to free; links are
   followed below the root.  It must be a block device, or a character device
   with the name of a disk's controller: programs are made to open it, and
   opening a watchdog starts it.  Below a root other than "/" a regular file
   may stand for it.
   Errors: GPG_ERR_NOT_FOUND, GPG_ERR_INV_OBJ, those of place_find.  */
gpg_error_t device_find (const struct machine *machine, const char *name,
                         char **r_path, char **r_os_path,
                         struct failure *failure);

#endif /* REEVE_DEVICE_H */
