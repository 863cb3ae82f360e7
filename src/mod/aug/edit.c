/* edit.c - the verbs of AUG that change the tree
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <inttypes.h>
#include "verbs.h"

gpg_error_t
aug_will_edit (struct call *call)
{
  struct aug_session *session;
  gpg_error_t err = aug_session_get (call, &session);
  uint64_t most;

  if (err)
    return err;
  most = limits_or_usual (call->limits)->unsaved;
  if (session->edits >= most)
    return fail (&call->failure, GPG_ERR_LIMIT_REACHED,
                 "%" PRIu64 " unsaved edits: SAVE or REVERT first", most);
  session->edits++;
  session->edited = session->wrote = true;
  return 0;
}

void
aug_edits_are_gone (struct aug_session *session)
{
  session->edited = false;
  session->edits = 0;
}

/* Carry out an OPERATION that edits and answers nothing.  */
static gpg_error_t
edit (struct call *call, enum channel_operation operation,
      const char *const *arguments, size_t count)
{
  gpg_error_t err = aug_will_edit (call);

  return err ? err
             : aug_request (call, operation, arguments, count, NULL, NULL);
}

gpg_error_t
verb_set (struct call *call)
{
  const char *arguments[] = { arg_text (call, "path"),
                              arg_text (call, "value") };

  return edit (call, CHANNEL_SET, arguments, 2);
}

gpg_error_t
verb_setm (struct call *call)
{
  const char *arguments[] = { arg_text (call, "base"), arg_text (call, "sub"),
                              arg_text (call, "value") };
  gpg_error_t err = aug_will_edit (call);

  return err ? err : aug_ask_value (call, CHANNEL_SETM, arguments, 3);
}

gpg_error_t
verb_clear (struct call *call)
{
  const char *path = arg_text (call, "path");

  return edit (call, CHANNEL_CLEAR, &path, 1);
}

gpg_error_t
verb_clearm (struct call *call)
{
  const char *arguments[] = { arg_text (call, "base"), arg_text (call, "sub") };
  gpg_error_t err = aug_will_edit (call);

  return err ? err : aug_ask_value (call, CHANNEL_SETM, arguments, 2);
}

gpg_error_t
verb_touch (struct call *call)
{
  const char *path = arg_text (call, "path");

  return edit (call, CHANNEL_TOUCH, &path, 1);
}

gpg_error_t
verb_insert (struct call *call)
{
  const char *arguments[] = { arg_text (call, "label"),
                              arg_text (call, "where"),
                              arg_text (call, "path") };

  return edit (call, CHANNEL_INSERT, arguments, 3);
}

gpg_error_t
verb_remove (struct call *call)
{
  const char *path = arg_text (call, "path");
  gpg_error_t err = aug_will_edit (call);

  return err ? err : aug_ask_value (call, CHANNEL_REMOVE, &path, 1);
}

gpg_error_t
verb_move (struct call *call)
{
  const char *arguments[] = { arg_text (call, "source"),
                              arg_text (call, "destination") };

  return edit (call, CHANNEL_MOVE, arguments, 2);
}

gpg_error_t
verb_copy (struct call *call)
{
  const char *arguments[] = { arg_text (call, "source"),
                              arg_text (call, "destination") };

  return edit (call, CHANNEL_COPY, arguments, 2);
}

gpg_error_t
verb_rename (struct call *call)
{
  const char *arguments[] = { arg_text (call, "path"),
                              arg_text (call, "label") };
  gpg_error_t err = aug_will_edit (call);

  return err ? err : aug_ask_value (call, CHANNEL_RENAME, arguments, 2);
}

gpg_error_t
verb_defvar (struct call *call)
{
  const char *arguments[] = { arg_text (call, "name"),
                              arg_text (call, "expression") };

  return aug_ask_value (call, CHANNEL_DEFVAR, arguments, 2);
}

gpg_error_t
verb_defnode (struct call *call)
{
  const char *arguments[] = { arg_text (call, "name"),
                              arg_text (call, "expression"),
                              arg_text (call, "value") };
  gpg_error_t err = aug_will_edit (call);

  return err ? err : aug_ask_value (call, CHANNEL_DEFNODE, arguments, 3);
}

gpg_error_t
verb_store (struct call *call)
{
  const char *arguments[] = { arg_text (call, "lens"), arg_text (call, "node"),
                              arg_text (call, "path") };

  return edit (call, CHANNEL_STORE, arguments, 3);
}

gpg_error_t
verb_retrieve (struct call *call)
{
  const char *arguments[]
      = { arg_text (call, "lens"), arg_text (call, "source"),
          arg_text (call, "path"), arg_text (call, "node") };

  return edit (call, CHANNEL_RETRIEVE, arguments, 4);
}

gpg_error_t
verb_revert (struct call *call)
{
  struct aug_session *session;
  gpg_error_t err = aug_session_get (call, &session);

  if (!err)
    err = aug_request (call, CHANNEL_REVERT, NULL, 0, NULL, NULL);
  if (!err)
    aug_edits_are_gone (session);
  return err;
}
