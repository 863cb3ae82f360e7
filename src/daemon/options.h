/* options.h - the command line and reeved.conf
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_OPTIONS_H
#define REEVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "../base/failure.h"
#include "../base/limits.h"
#include "../base/settings.h"
#include "../call/verb.h"
#include "../gate/audit.h"
#include "../gate/integrity.h"

#define OPTIONS_LISTEN 16

enum run_mode
{
  RUN_DAEMON,
  RUN_SERVER, /* --server: Assuan on standard input and output.  */
  RUN_SINGLE, /* --single: one client ever.  */
  RUN_CHECK,
  RUN_DUMP,
  RUN_LINT, /* These are in administer.h.  */
  RUN_TEST,
  RUN_KEYS,
  RUN_AUDIT
};

/* "listen NAME mode=0666 group=adm ceiling=read".  */
struct listen_option
{
  char *name; /* In OWN_RUN_DIR, or absolute below the root.  */
  mode_t mode;
  gid_t group; /* (gid_t)-1: not set.  */
  enum effect ceiling;
};

struct options
{
  enum run_mode mode;
  const char *root;
  const char *dump_form;
  const char *expected; /* Of --test-policy.  */
  const char *policy;
  char *const *words; /* Behind the options, for --lint-policy.  */
  size_t word_count;
  const char *log_file;
  char *config_file;            /* That was read; NULL: none.  */
  struct integrity_file config; /* The same as it was read, or the file that
                                   was not there; NULL: none is read.  */
  enum integrity_mode integrity;
  bool foreground;
  bool debug;
  bool dry_run; /* Of the whole daemon: no client can lift it.  */
  int key_fd;   /* -1: none.  */
  size_t listen_count;
  struct listen_option listen[OPTIONS_LISTEN];
  struct limits limits;
  struct settings settings;
  bool audit_journald;
};

/* Read the command line and the configuration file into R_OPTIONS, which
   points into ARGV.  On a mistake says file, line and reason and ends the
   process with status 2; --version and --help end it with 0.  */
void options_read (int argc, char **argv, struct options *r_options);

/* What OPTIONS say about the audit log.  */
void options_audit (const struct options *options,
                    struct audit_options *r_audit);

/* Free what OPTIONS has for itself.  */
void options_release (struct options *options);

#endif /* REEVE_OPTIONS_H */
