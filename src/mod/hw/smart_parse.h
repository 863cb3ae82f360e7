/* smart_parse.h - what smartctl says of a disk
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Behind a fence.  One set of fields whatever the disk is (ATA, NVMe, SCSI);
   the JSON keys are those of smartctl 7.0 and later.  */

#ifndef REEVE_SMART_PARSE_H
#define REEVE_SMART_PARSE_H

#include "field_say.h"

/* Bits of smartctl's exit status (smartctl(8), EXIT STATUS).  */
#define SMART_COMMAND_LINE 0x01
#define SMART_OPEN 0x02
#define SMART_COMMAND 0x04
#define SMART_FAILING 0x08

enum smart_log
{
  SMART_LOG_NONE,
  SMART_LOG_ERROR,
  SMART_LOG_SELFTEST
};

struct smart_question
{
  int exit_status;
  enum smart_log log;
  bool raw;
};

/* A fenced_function for smartctl -j -a; CONTEXT is a struct smart_question.
   Says a record of the disk's fields, then one for each entry of the log.
   Errors: those of tidy_json.  */
gpg_error_t smart_parse (const char *bytes, size_t length, const void *context,
                         struct channel *out, struct failure *failure);

/* The same for smartctl -j --scan: a record for each device.  */
gpg_error_t smart_parse_scan (const char *bytes, size_t length,
                              const void *context, struct channel *out,
                              struct failure *failure);

/* The same for smartctl --json=co --test: fields message (those of errors),
   begun (it says so), minutes (it will take).  */
gpg_error_t smart_parse_test (const char *bytes, size_t length,
                              const void *context, struct channel *out,
                              struct failure *failure);

/* Say the entries of LOG of the disk ROOT tells of.  */
void smart_say_log (struct channel *out, const json_t *root,
                    enum smart_log log);

#endif /* REEVE_SMART_PARSE_H */
