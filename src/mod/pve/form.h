/* form.h - what a request to Proxmox VE carries
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The server splits a form at '&' and ';', and then at each '=', also one
   within a value, whose rest is lost; '+' is a blank to it.  So everything is
   written as %XX but letters, digits and "-_.~" (RFC 3986, unreserved).  The
   same serves the query of a GET or DELETE.  */

#ifndef REEVE_PVE_FORM_H
#define REEVE_PVE_FORM_H

#include <gpg-error.h>
#include "../../../protocol/buffer.h"

/* Append NAME=VALUE to FORM, behind a '&' if FORM is not empty.  */
void form_append (struct buffer *form, const char *name, const char *value);

/* Append '/' and SEGMENT, of which nothing is taken for another segment, to
   PATH.  GPG_ERR_INV_ARG and nothing appended if it is empty, "." or "..",
   which no escaping keeps from meaning another path.  */
gpg_error_t form_segment (struct buffer *path, const char *segment);

#endif /* REEVE_PVE_FORM_H */
