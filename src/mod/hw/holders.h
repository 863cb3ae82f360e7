/* holders.h - who uses a file system
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_HW_HOLDERS_H
#define REEVE_HW_HOLDERS_H

#include "../../call/work.h"

/* Add a detail "holder" for each process that has a file, or a directory, of
   the file system on the device open, runs a program of it or is in it: its
   number, its program's name and the path.  */
void holders_add (struct work *work, unsigned major, unsigned minor);

#endif /* REEVE_HW_HOLDERS_H */
