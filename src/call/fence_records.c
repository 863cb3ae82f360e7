/* fence_records.c - fences as records
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "fence_records.h"

#include <string.h>

#include "../../protocol/memory.h"

/* Whether NAME is one of the words of REPORT.  */
static bool
holds (const char *report, const char *name)
{
  size_t length = strlen (name);

  while (report && *report)
    {
      size_t word = strcspn (report, " ");

      if (word == length && !strncmp (report, name, length))
        return true;
      report += word + strspn (report + word, " ");
    }
  return false;
}

gpg_error_t
fence_records_write (struct writer *out, const char *process, const char *names,
                     const char *report)
{
  auto_free char *copy = strdup (names);
  char *rest = copy;
  char *name;
  gpg_error_t err = copy ? 0 : gpg_error (GPG_ERR_ENOMEM);

  while (!err && (name = strsep (&rest, " ")))
    {
      err = writer_field (out, "process", "%s", process);
      if (!err)
        err = writer_field (out, "fence", "%s", name);
      if (!err)
        err = writer_field_bool (out, "holds", holds (report, name));
      if (!err)
        err = writer_record_end (out);
    }
  return err;
}
