/* hostname.c - SYSTEM HOSTNAME, in the machine worker
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../../../protocol/memory.h"
#include "settings.h"

gpg_error_t
hostname_look (struct work *work)
{
  auto_free char *name = NULL;
  struct utsname kernel;
  gpg_error_t err = bus_text (work, &bus_hostnamed, "StaticHostname", &name);

  if (err || name)
    return err ? err : settings_write (work, true, "hostname", name);
  /* The files are the session's matter.  */
  if (*work->machine->root || uname (&kernel))
    return settings_write (work, false, "hostname", NULL);
  return settings_write (work, false, "hostname", kernel.nodename);
}

static gpg_error_t
set (struct work *work, const char *name)
{
  if (settings_by_systemd (work))
    return bus_call (work, &bus_hostnamed, "SetStaticHostname", "sb", name, 0);
  if (*work->machine->root)
    return fail (&work->failure, GPG_ERR_NOT_SUPPORTED,
                 "below a root no kernel gets a name");
  if (sethostname (name, strlen (name)))
    return fail_errno (&work->failure, "cannot name the machine");
  return 0;
}

gpg_error_t
hostname_set (struct work *work)
{
  return set (work, work_text (work, "name"));
}

gpg_error_t
hostname_undo (struct work *work)
{
  return set (work, work_text (work, "before"));
}
