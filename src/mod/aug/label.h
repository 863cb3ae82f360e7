/* label.h - labels of nodes in names for policy
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   For permit.h, whose names a worker and a session make.  */

#ifndef REEVE_AUG_LABEL_H
#define REEVE_AUG_LABEL_H

#include "../../../protocol/buffer.h"

/* Append "/" and LABEL to NAME, with a "\" before each "\" and "/" in it.  */
void label_append (struct buffer *name, const char *label);

/* Append the path of a file, "/" before each label.  */
void label_append_path (struct buffer *name, const char *path);

#endif /* REEVE_AUG_LABEL_H */
