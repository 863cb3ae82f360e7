/* form.h - parameters of a request, encoded
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Proxmox splits a form at "&" and ";" and cuts a value at an equals sign, so
   all but letters, digits and "-_.~" is percent-encoded.  */

#ifndef REEVE_PVE_FORM_H
#define REEVE_PVE_FORM_H

#include <stdint.h>
#include "../../../protocol/buffer.h"

/* Append NAME=VALUE; a "&" before it if FORM has something.  NULL for VALUE
   appends nothing.  */
void form_text (struct buffer *form, const char *name, const char *value);
void form_number (struct buffer *form, const char *name, int64_t value);

/* Append TEXT as a segment of a path.  */
void form_segment (struct buffer *path, const char *text);

#endif /* REEVE_PVE_FORM_H */
