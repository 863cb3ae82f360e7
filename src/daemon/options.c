/* options.c - the command line and reeved.conf
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "options_inside.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/memory.h"
#include "../base/file.h"
#include "../base/machine.h"

/* What must be known before a configuration file can be read.  */
struct beginning
{
  const char *root;
  const char *config; /* By --options; NULL: the usual file.  */
  bool no_config;
  bool bare; /* A command that needs no file, nor the right to read it.  */
};

static struct beginning
find_beginning (int argc, char **argv)
{
  gpgrt_argparse_t args = { .argc = &argc, .argv = &argv };
  struct beginning beginning = { NULL, NULL, false, false };

  args.flags = ARGPARSE_FLAG_KEEP | ARGPARSE_FLAG_NOVERSION;
  while (gpgrt_argparse (NULL, &args, option_table ()))
    if (args.r_opt == OPTION_ROOT)
      beginning.root = args.r.ret_str;
    else if (args.r_opt == OPTION_OPTIONS)
      beginning.config = args.r.ret_str;
    else if (args.r_opt == OPTION_NO_OPTIONS)
      beginning.no_config = true;
    else if (args.r_opt >= OPTION_LINT_POLICY
             && args.r_opt <= OPTION_AUDIT_INIT)
      beginning.bare = true;
  gpgrt_argparse (NULL, &args, NULL);
  return beginning;
}

/* Refuse a configuration file that others could have written.  */
static void
check_file (const struct machine *machine, const char *path)
{
  auto_failure struct failure failure = FAILURE_NONE;
  auto_close int fd = -1;
  gpg_error_t err = file_open_own (machine, path, false, &fd, &failure);

  if (err && gpg_err_code (err) != GPG_ERR_ENOENT)
    {
      log_error ("%s\n", failure_words (&failure, err));
      failure_release (&failure);
      exit (2);
    }
}

/* Note what the file PATH is before it is read: libgpg-error opens it by its
   name.  */
static void
note_config (const char *path, struct options *options)
{
  options->config.os_path = strdup (path);
  if (!options->config.os_path)
    log_fatal ("out of memory\n");
  integrity_look (path, &options->config.stat);
}

/* What was read is what was noted if it still is that.  */
static void
check_config (const struct options *options)
{
  struct stat now;

  if (!options->config.os_path)
    return;
  integrity_look (options->config.os_path, &now);
  if (integrity_equal (&now, &options->config.stat))
    return;
  log_error ("%s changed while it was read: try again\n",
             options->config.os_path);
  exit (2);
}

/* Take the words behind the options, or complain about them.  */
static void
take_words (char **words, size_t count, struct options *options)
{
  if (options->mode != RUN_LINT)
    {
      log_error ("\"%s\" is no option: see reeved --help\n", *words);
      exit (2);
    }
  options->words = words;
  options->word_count = count;
}

static void
read_all (int argc, char **argv, const struct machine *machine,
          struct options *options)
{
  gpgrt_argparse_t args = { .argc = &argc, .argv = &argv };
  struct origin origin = { NULL, 0, NULL };
  auto_free char *directory = machine_path (machine, OWN_CONFIG_DIR);
  auto_free char *file = machine_path (machine, OWN_CONFIG_FILE);
  struct beginning beginning = find_beginning (argc, argv);

  if (!directory || !file)
    log_fatal ("out of memory\n");
  args.flags = ARGPARSE_FLAG_RESET | ARGPARSE_FLAG_KEEP;
  if (!beginning.bare)
    {
      check_file (machine, file);
      gpgrt_set_confdir (GPGRT_CONFDIR_USER, directory);
      args.flags |= ARGPARSE_FLAG_USER;
      if (!beginning.no_config)
        note_config (beginning.config ? beginning.config : file, options);
    }
  while (gpgrt_argparser (&args, option_table (),
                          beginning.bare ? NULL : "reeved.conf"))
    if (args.r_opt == ARGPARSE_CONFFILE)
      {
        origin.file = args.r_type ? args.r.ret_str : NULL;
        if (origin.file)
          {
            check_file (machine, origin.file);
            free (options->config_file);
            options->config_file = strdup (origin.file);
          }
      }
    else
      {
        if (args.r_opt < 0)
          args.err = ARGPARSE_PRINT_ERROR;
        origin.line = args.lineno;
        origin.option = option_name (args.r_opt);
        option_take (&args, &origin, options);
      }
  if (argc > 0 && *argv
      && (options->mode == RUN_LINT
          || (!(args.flags & ARGPARSE_FLAG_STOP_SEEN) && **argv != '-')))
    take_words (argv, (size_t)argc, options);
  gpgrt_argparser (&args, NULL, NULL);
  check_config (options);
}

void
options_read (int argc, char **argv, struct options *r_options)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct machine machine;
  gpg_error_t err;

  *r_options = (struct options){ .key_fd = -1, .integrity = INTEGRITY_READS };
  limits_init (&r_options->limits);
  err = machine_open (find_beginning (argc, argv).root, &machine, &failure);
  if (err)
    {
      log_error ("--root: %s\n", failure_words (&failure, err));
      failure_release (&failure);
      exit (2);
    }
  read_all (argc, argv, &machine, r_options);
  if (settings_complete (&r_options->settings))
    log_fatal ("out of memory\n");
  machine_close (&machine);
}

void
options_audit (const struct options *options, struct audit_options *r_audit)
{
  *r_audit = (struct audit_options){
    .size = options->limits.audit_size,
    .age_ms = options->limits.audit_age_ms,
    .files = (unsigned)options->limits.audit_files,
    .refusals = (unsigned)options->limits.audit_refusals,
    .journald = options->audit_journald,
  };
}

void
options_release (struct options *options)
{
  for (size_t i = 0; i < options->listen_count; i++)
    free (options->listen[i].name);
  options->listen_count = 0;
  settings_release (&options->settings);
  free (options->config_file);
  free (options->config.os_path);
  options->config_file = options->config.os_path = NULL;
}
