/* options_take.c - what the values of options mean
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "options_inside.h"

#include <grp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/memory.h"
#include "protocol/quantity.h"
#include "protocol/text.h"
#include "../base/machine.h"
#include "../call/registry.h"

#define DESCRIPTOR_MOST (1 << 20)

static void
complain (const struct origin *origin, const char *text)
{
  if (origin->file)
    log_error ("%s:%u: %s: %s\n", origin->file, origin->line, origin->option,
               text ? text : "out of memory");
  else
    log_error ("--%s: %s\n", origin->option, text ? text : "out of memory");
}

static void __attribute__ ((noreturn, format (printf, 2, 3)))
die (const struct origin *origin, const char *format, ...)
{
  va_list arguments;
  char *text;

  va_start (arguments, format);
  text = text_vformat (format, arguments);
  va_end (arguments);
  complain (origin, text);
  free (text);
  exit (2);
}

static void __attribute__ ((noreturn))
die_of (const struct origin *origin, struct failure *failure)
{
  complain (origin, failure->text);
  failure_release (failure);
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
    die_of (origin, &failure);
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
      die_of (origin, &failure);
}

void
option_take (const gpgrt_argparse_t *args, const struct origin *origin,
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
