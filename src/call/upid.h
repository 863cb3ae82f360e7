/* upid.h - the name of a task of Proxmox VE
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   UPID:NODE:PID:PSTART:STARTTIME:TYPE:ID:USER: as PVE::UPID writes it, the
   numbers in hexadecimal.  What a task is asked goes to its own NODE.  */

#ifndef REEVE_UPID_H
#define REEVE_UPID_H

#include <stdint.h>
#include <gpg-error.h>

struct upid
{
  const char *node;
  uint64_t pid;
  uint64_t pstart;    /* The process's start in clock ticks since boot: more
                         than 32 bits after 497 days.  */
  uint64_t starttime; /* Seconds since 1970.  */
  const char *type;   /* "vzdump", "qmstart", ...  */
  const char *id;     /* A guest's number, a volume, ...; may be empty.  */
  const char *user;   /* With the token: "admin@pve!ops".  */
  char *memory;       /* That holds the texts.  */
};

#define UPID_NONE                                                              \
  {                                                                            \
    NULL, 0, 0, 0, NULL, NULL, NULL, NULL                                      \
  }
#define auto_upid __attribute__ ((cleanup (upid_release)))

/* Take TEXT apart.  GPG_ERR_INV_ARG if it is no such name; nothing is stored
   then.  Longer ones than LIMIT_UPID, and control characters, which PVE never
   makes, are none.  */
gpg_error_t upid_parse (const char *text, struct upid *r_upid);

/* Free the memory.  */
void upid_release (struct upid *upid);

#endif /* REEVE_UPID_H */
