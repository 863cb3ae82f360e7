/* audit.h - what the files of "reeve audit" share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   audit.c has the words, audit_source.c the log's files, its key and its
   state, audit_report.c what is printed, verify.c the judgement.  */

#ifndef REEVE_CLI_AUDIT_H
#define REEVE_CLI_AUDIT_H

#include "cli.h"
#include "verify.h"

/* --- audit_source.c --- */

/* Paths that findings name, as long as there are findings.  */
struct audit_path;

/* What is read.  Zero at the start but for the first two.  */
struct audit_source
{
  const struct settings *settings;
  struct verifier *verifier;
  size_t files;
  struct audit_path *paths;
};

/* Read the key texts on the descriptor FD, at most VERIFY_KEYS, into KEYS,
   which is to be secure memory; they ascend.  */
enum status audit_read_keys (int fd, struct verify_key *keys, size_t *r_count);

/* Judge the machine's own log.  */
enum status audit_read_own (struct audit_source *source);

/* Judge the COUNT files NAMES in the order of their records.  */
enum status audit_read_named (struct audit_source *source, char **names,
                              size_t count);

void audit_source_release (struct audit_source *source);

/* --- audit_report.c --- */

/* What is known of the end of the log.  */
struct audit_end
{
  bool gone; /* What should be beside the log is not there.  */
  bool known;
  const char *why_not; /* Else.  */
};

/* A verify_report_t; OPAQUE are the settings.  */
void audit_print (void *opaque, const struct finding *finding);

/* Print the sum; tells whether all could be written.  */
enum status audit_print_summary (const struct settings *settings, size_t files,
                                 bool keyed, const struct audit_end *end,
                                 const struct verify_summary *summary);

#endif /* REEVE_CLI_AUDIT_H */
