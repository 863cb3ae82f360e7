/* backend.h - who runs the services of a machine, as the machine worker sees it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The setting service-manager (argument "manager" of each operation) names
   one, or "auto": systemd where /run/systemd/system is a directory, which is
   what sd_booted(3) asks, else init.d.  */

#ifndef REEVE_SERVICE_BACKEND_H
#define REEVE_SERVICE_BACKEND_H

#include "../../call/work.h"

struct backend
{
  const char *name; /* "systemd", "initd".  */

  /* Write one record with the state of the argument "unit"; its fields are
     those of SERVICE STATUS.  GPG_ERR_NOT_FOUND.  */
  gpg_error_t (*status) (struct work *work);

  /* Write a record for each unit that the arguments "type" and "state" want:
     some fields of STATUS.  */
  gpg_error_t (*list) (struct work *work);

  /* Write one record with all that is known of "unit", or with each
     "property".  */
  gpg_error_t (*show) (struct work *work);

  /* Write a record (kind, unit) for each unit that "unit" depends on, or, with
     "reverse", that depends on it.  */
  gpg_error_t (*deps) (struct work *work);

  /* Carry out ACTION, a verb in lower case ("start", "try-restart", "enable"),
     for "unit", to its end; then write the record of STATUS with "changed:
     yes" before it.  An action that fails leaves nothing half done.  */
  gpg_error_t (*act) (struct work *work, const char *action);

  /* Tell by status lines "S UNIT name active sub" of each change of the
     "unit"s, or of all, until work_ended.  */
  gpg_error_t (*watch) (struct work *work);
};

extern const struct backend systemd_backend;
extern const struct backend initd_backend;

/* The one that WORK asks for.  */
const struct backend *backend_of (const struct work *work);

/* Add the last lines that the argument "unit" wrote to the journal to the
   details of WORK's failure, as "journal"; nothing where there is none.  */
void journal_add_details (struct work *work);

/* SERVICE LOGS.  */
gpg_error_t journal_logs (struct work *work);

#endif /* REEVE_SERVICE_BACKEND_H */
