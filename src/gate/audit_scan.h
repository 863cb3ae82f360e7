/* audit_scan.h - reading the audit log's records back
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_AUDIT_SCAN_H
#define REEVE_AUDIT_SCAN_H

#include "audit_state.h"

/* What reading a file of the log found.  STANDING goes in as it was before
   and comes out as it is behind the last record read.  */
struct audit_scan
{
  struct log_standing standing;
  bool keyed;         /* Check hashes and macs.  */
  uint64_t first;     /* The first number seen in the file; 0: none.  */
  uint64_t last;      /* The last one.  */
  uint64_t good;      /* Bytes that are whole lines.  */
  uint64_t torn;      /* Bytes behind them.  */
  uint64_t tampered;  /* The first record that is wrong, 0: none; ... */
  uint64_t wrong;     /* ... how many.  */
  uint64_t rubbish;   /* Lines since the last record that are none.  */
  uint64_t gap_first; /* Numbers that are not there.  */
  uint64_t gap_last;
};

/* Read the file at FD from the byte FROM on.  Records up to the standing's
   are skipped; what others begin and end is put into SHARED, for PID.  */
gpg_error_t audit_scan_file (struct audit_scan *scan, int fd, uint64_t from,
                             struct audit_shared *shared, pid_t pid);

#endif /* REEVE_AUDIT_SCAN_H */
