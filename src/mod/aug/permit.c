/* permit.c - which files and nodes policy lets the client of a call touch
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <string.h>
#include "label.h"
#include "permit.h"
#include "../../../protocol/buffer.h"
#include "../../../protocol/memory.h"

bool
aug_may_all (const struct call *call, enum effect effect)
{
  return !call->may || !call->may (call, effect, NULL, 0, NULL);
}

/* Put the name of what stands BELOW the file PATH into NAME.  */
static gpg_error_t
make_name (const char *path, const char *below, struct buffer *name,
           struct object_name *r_object)
{
  gpg_error_t err;

  buffer_string (name, "/files");
  label_append_path (name, path);
  r_object->whole = name->length;
  buffer_string (name, below ? below : "");
  r_object->entire = !below;
  err = buffer_error (name);
  if (!err)
    r_object->text = name->bytes;
  return err;
}

/* Ask for what stands BELOW the file PATH, alias, and RESOLVED.  */
static gpg_error_t
ask (const struct call *call, enum effect effect, const char *path,
     const char *resolved, const char *below, struct failure *failure)
{
  auto_buffer struct buffer alias = BUFFER_EMPTY;
  auto_buffer struct buffer canonical = BUFFER_EMPTY;
  struct object_name names[2];
  size_t count = 0;
  gpg_error_t err = 0;

  if (!call->may)
    return 0;
  if (resolved && strcmp (resolved, path))
    err = make_name (resolved, below, &canonical, &names[count++]);
  if (!err)
    err = make_name (path, below, &alias, &names[count++]);
  return err ? err : call->may (call, effect, names, count, failure);
}

gpg_error_t
aug_may_read (const struct call *call, const char *path, const char *resolved,
              struct failure *failure)
{
  if (machine_owns (call->machine, path)
      || (resolved && machine_owns (call->machine, resolved)))
    return fail (failure, GPG_ERR_FORBIDDEN,
                 "reeve's own files are not for its clients");
  if (aug_may_all (call, EFFECT_READ))
    return 0;
  return ask (call, EFFECT_READ, path, resolved, "", failure);
}

gpg_error_t
aug_may_write (const struct call *call, const char *path, const char *resolved,
               const char *below, struct failure *failure)
{
  gpg_error_t err = ask (call, EFFECT_WRITE, path, resolved, below, failure);

  if (gpg_err_code (err) == GPG_ERR_FORBIDDEN)
    failure_detail (failure, "node", "/files%s%s", path, below ? below : "");
  return err;
}
