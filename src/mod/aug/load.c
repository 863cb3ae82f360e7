/* load.c - the verbs of AUG about files and the lenses that read them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "verbs.h"

gpg_error_t
aug_table (struct call *call, struct aug_session **r_session)
{
  const char *path = "/augeas/version";
  gpg_error_t err = aug_session_get (call, r_session);

  if (err || (*r_session)->fd >= 0)
    return err;
  return aug_request (call, CHANNEL_MATCH, &path, 1, NULL, NULL);
}

gpg_error_t
verb_load (struct call *call)
{
  struct aug_session *session;
  gpg_error_t err = aug_session_get (call, &session);

  if (err)
    return err;
  known_files_drop_all (session);
  err = aug_request (call, CHANNEL_LOAD, NULL, 0, NULL, NULL);
  if (!err)
    session->edited = false;
  return err;
}
