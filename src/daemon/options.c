/* options.c - the command line and reeved.conf
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GPGRT_ENABLE_ARGPARSE_MACROS 1
#include <gpg-error.h>

#include "protocol/limits.h"
#include "protocol/memory.h"
#include "protocol/quantity.h"
#include "protocol/text.h"
#include "../base/file.h"
#include "../base/machine.h"
#include "../call/registry.h"
#include "options.h"

#define DESCRIPTOR_MOST (1 << 20)

enum option_value
{
  OPTION_NULL = 0,
  OPTION_SERVER = 500,
  OPTION_SINGLE,
  OPTION_CHECK,
  OPTION_DUMP_VERBS,
  OPTION_LINT_POLICY,
  OPTION_TEST_POLICY,
  OPTION_LIST_KEYS,
  OPTION_AUDIT_INIT,
  OPTION_POLICY,
  OPTION_ROOT,
  OPTION_FOREGROUND,
  OPTION_DEBUG,
  OPTION_AUDIT_JOURNALD,
  OPTION_DRY_RUN,
  OPTION_KEY_FD,
  OPTION_LISTEN,
  OPTION_LOG_FILE,
  OPTION_OPTIONS,
  OPTION_NO_OPTIONS,
  OPTION_INTEGRITY,
  OPTION_SETTING, /* And more: one for each row of setting_table.  */
  OPTION_LIMIT = OPTION_SETTING + SETTINGS /* The same of limit_table.  */
};

static const gpgrt_opt_t fixed[] = {
  ARGPARSE_group (300, "@Commands:\n "),
  ARGPARSE_c (OPTION_SERVER, "server",
              "speak Assuan on standard input and output"),
  ARGPARSE_c (OPTION_SINGLE, "single", "serve one client ever on a socket"),
  ARGPARSE_c (OPTION_CHECK, "check",
              "check configuration, policy and keys; start nothing"),
  ARGPARSE_s_s (OPTION_DUMP_VERBS, "dump-verbs",
                "|FORM|print all verbs as text, json or texi"),
  ARGPARSE_c (OPTION_LINT_POLICY, "lint-policy",
              "tell the mistakes in the policy, or in FILEs and DIRECTORYs"),
  ARGPARSE_s_s (OPTION_TEST_POLICY, "test-policy",
                "|FILE|compare the policy with the expectations in FILE"),
  ARGPARSE_c (OPTION_LIST_KEYS, "list-keys", "list the identities' keys"),
  ARGPARSE_c (OPTION_AUDIT_INIT, "audit-init",
              "begin a new key of the audit log and print it"),
  ARGPARSE_group (301, "@\nOptions:\n "),
  ARGPARSE_s_s (OPTION_ROOT, "root",
                "|DIR|reeve's files and what it administers are below DIR"),
  ARGPARSE_s_s (OPTION_POLICY, "policy",
                "|PATH|with --test-policy: test this file or directory"),
  ARGPARSE_s_n (OPTION_FOREGROUND, "foreground", "do not become a daemon"),
  ARGPARSE_s_n (OPTION_DEBUG, "debug", "log every call"),
  ARGPARSE_s_n (OPTION_AUDIT_JOURNALD, "audit-journald",
                "send the audit log to the system's journal, too"),
  ARGPARSE_s_n (OPTION_DRY_RUN, "dry-run",
                "show what every change would do, change nothing"),
  ARGPARSE_s_s (OPTION_KEY_FD, "key-fd",
                "|N|read the key of the identity \"spawner\" from "
                "descriptor N"),
  ARGPARSE_s_s (OPTION_LISTEN, "listen",
                "|NAME [mode=M] [group=G] [ceiling=read]|listen on socket "
                "NAME"),
  ARGPARSE_s_s (OPTION_LOG_FILE, "log-file", "|FILE|write the log to FILE"),
  ARGPARSE_conffile (OPTION_OPTIONS, "options",
                     "|FILE|read options from FILE, not from reeved.conf"),
  ARGPARSE_noconffile (OPTION_NO_OPTIONS, "no-options",
                       "read no configuration file"),
  ARGPARSE_s_s (OPTION_INTEGRITY, "integrity",
                "|MODE|what a configuration that changed on disk forbids: "
                "reads (only reads go on), strict (all) or off"),
  ARGPARSE_group (302, "@\nSettings and limits:\n "),
};

#define FIXED (sizeof fixed / sizeof *fixed)
#define LIMITS 32

#define ROWS (SETTINGS + LIMITS)

/* The fixed options, then one for each setting and each limit.  */
static gpgrt_opt_t table[FIXED + ROWS + 1];
static char help[ROWS][120];

/* Make row INDEX behind the fixed ones.  */
static void
add_row (size_t index, const char *name, const char *argument,
         const char *description)
{
  const gpgrt_opt_t option[]
      = { ARGPARSE_s_s (OPTION_SETTING + (int)index, name, help[index]) };

  snprintf (help[index], sizeof *help, "|%s|%s", argument, description);
  table[FIXED + index] = *option;
}

static void
make_table (void)
{
  const gpgrt_opt_t end[] = { ARGPARSE_end () };
  size_t count = 0;

  memcpy (table, fixed, sizeof fixed);
  for (const struct setting *row = setting_table; row->name; row++)
    add_row (count++, row->name, row->argument, row->description);
  for (const struct limit *row = limit_table; row->name && count < ROWS; row++)
    add_row (count++, row->name, row->argument, row->description);
  table[FIXED + count] = *end;
}

/* Where the value being read stands, for messages.  */
struct origin
{
  const char *file; /* NULL: the command line.  */
  unsigned line;
  const char *option;
};

static void __attribute__ ((noreturn, format (printf, 2, 3)))
die (const struct origin *origin, const char *format, ...)
{
  auto_free char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = text_vformat (format, arguments);
  va_end (arguments);
  if (origin->file)
    log_error ("%s:%u: %s: %s\n", origin->file, origin->line, origin->option,
               text ? text : "out of memory");
  else
    log_error ("--%s: %s\n", origin->option, text ? text : "out of memory");
  exit (2);
}

static int
read_descriptor (const struct origin *origin, const char *value)
{
  static const struct quantity_unit none[] = { { "", 1 }, { NULL, 0 } };
  uint64_t number;

  if (!quantity_read (value, none, DESCRIPTOR_MOST, &number) || number < 3)
    die (origin, "\"%s\" is no number from 3 to %d", value, DESCRIPTOR_MOST);
  return (int)number;
}

static gid_t
read_group (const struct origin *origin, const char *value)
{
  const struct group *group = getgrnam (value);

  if (!group)
    die (origin, "this machine has no group \"%s\"", value);
  return group->gr_gid;
}

static enum effect
read_ceiling (const struct origin *origin, const char *value)
{
  for (enum effect effect = EFFECT_READ; effect <= EFFECT_DESTROY; effect++)
    if (!strcmp (value, effect_name (effect)))
      return effect;
  die (origin, "ceiling is read, write or destroy, not \"%s\"", value);
}

static enum integrity_mode
read_integrity (const struct origin *origin, const char *value)
{
  static const char *const modes[] = { [INTEGRITY_OFF] = "off",
                                       [INTEGRITY_READS] = "reads",
                                       [INTEGRITY_STRICT] = "strict" };

  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
    if (!strcmp (value, modes[i]))
      return (enum integrity_mode)i;
  die (origin, "integrity is reads, strict or off, not \"%s\"", value);
}

static mode_t
read_mode (const struct origin *origin, const char *value)
{
  char *end;
  unsigned long mode = strtoul (value, &end, 8);

  if (*value < '0' || *value > '7' || *end || mode > 0777)
    die (origin, "mode is an octal number up to 0777, not \"%s\"", value);
  return (mode_t)mode;
}

/* "NAME mode=0666 group=adm ceiling=read".  */
static void
read_listen (const struct origin *origin, const char *value,
             struct options *options)
{
  struct listen_option *listen = options->listen + options->listen_count;
  char *copy = strdup (value + strspn (value, " \t"));
  char *context = NULL;
  char *word;

  if (options->listen_count == OPTIONS_LISTEN)
    die (origin, "at most %d sockets", OPTIONS_LISTEN);
  listen->name = copy ? strtok_r (copy, " \t", &context) : NULL;
  if (!listen->name)
    die (origin, "the name of a socket is missing");
  if (*listen->name != '/' && strchr (listen->name, '/'))
    die (origin, "a name without slash (in %s) or an absolute path",
         OWN_RUN_DIR);
  listen->mode = 0666;
  listen->group = (gid_t)-1;
  listen->ceiling = EFFECT_DESTROY;
  while ((word = strtok_r (NULL, " \t", &context)))
    if (!strncmp (word, "mode=", 5))
      listen->mode = read_mode (origin, word + 5);
    else if (!strncmp (word, "group=", 6))
      listen->group = read_group (origin, word + 6);
    else if (!strncmp (word, "ceiling=", 8))
      listen->ceiling = read_ceiling (origin, word + 8);
    else
      die (origin, "\"%s\": there are mode=, group= and ceiling=", word);
  options->listen_count++;
}

static void
check_command_line (const struct origin *origin)
{
  if (origin->file)
    die (origin, "is for the command line only");
}

/* If option NUMBER is a command, take it.  */
static void
take_command (int number, const struct origin *origin, struct options *options)
{
  static const struct
  {
    int option;
    enum run_mode mode;
  } commands[]
      = { { OPTION_SERVER, RUN_SERVER },    { OPTION_SINGLE, RUN_SINGLE },
          { OPTION_CHECK, RUN_CHECK },      { OPTION_DUMP_VERBS, RUN_DUMP },
          { OPTION_LINT_POLICY, RUN_LINT }, { OPTION_TEST_POLICY, RUN_TEST },
          { OPTION_LIST_KEYS, RUN_KEYS },   { OPTION_AUDIT_INIT, RUN_AUDIT } };

  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (commands[i].option == number)
      {
        if (options->mode != RUN_DAEMON && options->mode != commands[i].mode)
          die (origin, "only one of the commands that reeved --help names");
        check_command_line (origin);
        options->mode = commands[i].mode;
      }
}

/* The setting of row INDEX, if it is one.  */
static void
take_setting (int index, const char *value, const struct origin *origin,
              struct settings *settings)
{
  auto_failure struct failure failure = FAILURE_NONE;

  if (index >= 0 && index < SETTINGS
      && settings_add (settings, setting_table + index, value, &failure))
    die (origin, "%s", failure.text ? failure.text : "out of memory");
}

/* The limit of row INDEX; another number is a command, or no option, which
   gpgrt says.  */
static void
take_limit (int index, const char *value, const struct origin *origin,
            struct limits *limits)
{
  auto_failure struct failure failure = FAILURE_NONE;

  for (const struct limit *limit = limit_table; limit->name; limit++)
    if (index == limit - limit_table
        && limit_set (limits, limit, value, &failure))
      die (origin, "%s", failure.text ? failure.text : "out of memory");
}

static void
take_option (const gpgrt_argparse_t *args, const struct origin *origin,
             struct options *options)
{
  const char *value = args->r_type ? args->r.ret_str : "";

  take_command (args->r_opt, origin, options);
  switch (args->r_opt)
    {
    case OPTION_DUMP_VERBS:
      if (strcmp (value, "text") && strcmp (value, "json")
          && strcmp (value, "texi"))
        die (origin, "the form is text, json or texi, not \"%s\"", value);
      options->dump_form = value;
      break;
    case OPTION_TEST_POLICY:
      options->expected = value;
      break;
    case OPTION_POLICY:
      check_command_line (origin);
      options->policy = value;
      break;
    case OPTION_ROOT:
      check_command_line (origin);
      options->root = value;
      break;
    case OPTION_FOREGROUND:
      options->foreground = true;
      break;
    case OPTION_DEBUG:
      options->debug = true;
      break;
    case OPTION_AUDIT_JOURNALD:
      options->audit_journald = true;
      break;
    case OPTION_DRY_RUN:
      options->dry_run = true;
      break;
    case OPTION_KEY_FD:
      options->key_fd = read_descriptor (origin, value);
      break;
    case OPTION_LISTEN:
      read_listen (origin, value, options);
      break;
    case OPTION_LOG_FILE:
      options->log_file = value;
      break;
    case OPTION_INTEGRITY:
      options->integrity = read_integrity (origin, value);
      break;
    default:
      take_setting (args->r_opt - OPTION_SETTING, value, origin,
                    &options->settings);
      take_limit (args->r_opt - OPTION_LIMIT, value, origin, &options->limits);
      break;
    }
}

/* The name of the option whose number is VALUE.  */
static const char *
option_name (int value)
{
  for (const gpgrt_opt_t *option = table; option->short_opt; option++)
    if (option->short_opt == value && option->long_opt)
      return option->long_opt;
  return "argument";
}

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
  while (gpgrt_argparse (NULL, &args, table))
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
    die (&origin, "out of memory");
  args.flags = ARGPARSE_FLAG_RESET | ARGPARSE_FLAG_KEEP;
  if (!beginning.bare)
    {
      check_file (machine, file);
      gpgrt_set_confdir (GPGRT_CONFDIR_USER, directory);
      args.flags |= ARGPARSE_FLAG_USER;
      if (!beginning.no_config)
        note_config (beginning.config ? beginning.config : file, options);
    }
  while (gpgrt_argparser (&args, table, beginning.bare ? NULL : "reeved.conf"))
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
        take_option (&args, &origin, options);
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

  make_table ();
  *r_options = (struct options){ .key_fd = -1, .integrity = INTEGRITY_READS };
  limits_init (&r_options->limits);
  err = machine_open (find_beginning (argc, argv).root, &machine, &failure);
  if (err)
    {
      log_error ("--root: %s\n", failure_words (&failure, err));
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
