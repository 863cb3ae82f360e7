/* settings.c - what SYSTEM sets: what its parts share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "settings.h"

#include <string.h>

gpg_error_t
settings_write (struct work *work, bool systemd, const char *field,
                const char *value)
{
  gpg_error_t err = writer_field (work->out, "way",
                                  systemd ? "systemd" : "files");

  if (!err && value)
    err = writer_field (work->out, field, "%s", value);
  return err ? err : writer_record_end (work->out);
}

bool
settings_by_systemd (const struct work *work)
{
  const char *way = work_text (work, "way");

  return way && !strcmp (way, "systemd");
}
