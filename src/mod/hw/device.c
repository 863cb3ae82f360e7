/* device.c - the device that an argument names
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "device.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "../../../protocol/memory.h"
#include "../../base/file.h"

/* Character devices through which a disk is asked.  */
static const char *const controllers[] = { "/dev/nvme[0-9]*", "/dev/ng[0-9]*",
                                           "/dev/sg[0-9]*", "/dev/bsg/*",
                                           "/dev/tw[ael][0-9]*" };

static bool
is_controller (const char *path)
{
  for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++)
    if (!fnmatch (controllers[i], path, FNM_PATHNAME))
      return true;
  return false;
}

static bool
is_disk (const struct machine *machine, const struct place *place)
{
  mode_t mode = place->stat.st_mode;

  if (strncmp (place->path, "/dev/", 5))
    return false;
  return S_ISBLK (mode) || (S_ISCHR (mode) && is_controller (place->path))
         || (S_ISREG (mode) && *machine->root);
}

gpg_error_t
device_find (const struct machine *machine, const char *name, char **r_path,
             char **r_os_path, struct failure *failure)
{
  struct place place;
  gpg_error_t err = place_find (machine, name, &place, failure);

  *r_path = NULL;
  *r_os_path = NULL;
  if (gpg_err_code (err) == GPG_ERR_ENOENT
      || gpg_err_code (err) == GPG_ERR_ENOTDIR)
    return fail (failure, GPG_ERR_NOT_FOUND,
                 "there is no device %.60s: HW SCAN lists them", name);
  if (err)
    return err;
  if (!place.exists)
    err = fail (failure, GPG_ERR_NOT_FOUND,
                "there is no device %.60s: HW SCAN lists them", name);
  else if (!is_disk (machine, &place))
    err = fail (failure, GPG_ERR_INV_OBJ,
                "%.60s is no disk: HW SCAN lists them", place.path);
  else
    {
      *r_path = take (&place.path);
      *r_os_path = machine_path (machine, *r_path);
      if (!*r_os_path)
        err = gpg_error (GPG_ERR_ENOMEM);
    }
  place_release (&place);
  return err;
}
