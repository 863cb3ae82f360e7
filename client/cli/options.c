/* options.c - the options of the reeve command
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   getopt_long and not gpgrt_argparse: it stops at the first word that is no
   option without a special case, leaves the exit status to us, and costs no
   tables at the start of a command that runs for two milliseconds.  */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "../../protocol/quantity.h"
#include "cli.h"

#define LONGEST_TIME (24 * 3600e3)
#define LONGEST_OVERLAP (366UL * 86400)

enum
{
  OPTION_FIRST = 256,
  OPTION_CLIENT_NONCE,
  OPTION_CLIENT_UID,
  OPTION_DATA,
  OPTION_DRY_RUN,
  OPTION_EXPLAIN,
  OPTION_HELP,
  OPTION_IDENTITY,
  OPTION_JSON,
  OPTION_KEEP_GOING,
  OPTION_KEY,
  OPTION_KEY_FD,
  OPTION_NO_AUTH,
  OPTION_NO_PAGER,
  OPTION_OVERLAP,
  OPTION_POLICY,
  OPTION_RAW,
  OPTION_REEVED,
  OPTION_ROOT,
  OPTION_SERVER_UID,
  OPTION_SOCKET,
  OPTION_SPAWN,
  OPTION_STATE,
  OPTION_TASK,
  OPTION_TIMEOUT,
  OPTION_VERSION,
  OPTION_VMID,
  OPTION_YES
};

const struct option options_table[]
    = { { "client-nonce", required_argument, NULL, OPTION_CLIENT_NONCE },
        { "client-uid", required_argument, NULL, OPTION_CLIENT_UID },
        { "data", required_argument, NULL, OPTION_DATA },
        { "dry-run", no_argument, NULL, OPTION_DRY_RUN },
        { "explain", no_argument, NULL, OPTION_EXPLAIN },
        { "help", no_argument, NULL, OPTION_HELP },
        { "identity", required_argument, NULL, OPTION_IDENTITY },
        { "json", no_argument, NULL, OPTION_JSON },
        { "keep-going", no_argument, NULL, OPTION_KEEP_GOING },
        { "key", required_argument, NULL, OPTION_KEY },
        { "key-fd", required_argument, NULL, OPTION_KEY_FD },
        { "no-auth", no_argument, NULL, OPTION_NO_AUTH },
        { "no-pager", no_argument, NULL, OPTION_NO_PAGER },
        { "overlap", required_argument, NULL, OPTION_OVERLAP },
        { "policy", required_argument, NULL, OPTION_POLICY },
        { "raw", no_argument, NULL, OPTION_RAW },
        { "reeved", required_argument, NULL, OPTION_REEVED },
        { "root", required_argument, NULL, OPTION_ROOT },
        { "server-uid", required_argument, NULL, OPTION_SERVER_UID },
        { "socket", required_argument, NULL, OPTION_SOCKET },
        { "spawn", no_argument, NULL, OPTION_SPAWN },
        { "state", required_argument, NULL, OPTION_STATE },
        { "task", no_argument, NULL, OPTION_TASK },
        { "timeout", required_argument, NULL, OPTION_TIMEOUT },
        { "version", no_argument, NULL, OPTION_VERSION },
        { "vmid", required_argument, NULL, OPTION_VMID },
        { "yes", no_argument, NULL, OPTION_YES },
        { NULL, 0, NULL, 0 } };

/* A time as the server takes it, or with a fraction.  */
static bool
read_time (const char *text, unsigned *r_ms)
{
  static const struct
  {
    const char *unit;
    double ms;
  } units[] = { { "", 1e3 },     { "ms", 1 },     { "s", 1e3 },
                { "min", 60e3 }, { "h", 3600e3 }, { NULL, 0 } };
  double value;
  char *end;

  value = strtod (text, &end);
  if (*text < '0' || *text > '9' || !isfinite (value))
    return false;
  for (int i = 0; units[i].unit; i++)
    if (!strcmp (end, units[i].unit))
      {
        value *= units[i].ms;
        *r_ms = value <= LONGEST_TIME ? (unsigned)value : 0;
        return *r_ms;
      }
  return false;
}

/* How long keys overlap: seconds, or a number with min, h or d.  */
static bool
read_overlap (const char *text, unsigned *r_seconds)
{
  static const struct quantity_unit units[] = { { "", 1 },      { "s", 1 },
                                                { "min", 60 },  { "h", 3600 },
                                                { "d", 86400 }, { NULL, 0 } };
  uint64_t seconds;

  if (!quantity_read (text, units, LONGEST_OVERLAP, &seconds))
    return false;
  *r_seconds = (unsigned)seconds;
  return seconds;
}

static bool
read_uid (const char *text, uid_t *r_uid)
{
  unsigned long value;
  char *end;

  errno = 0;
  value = strtoul (text, &end, 10);
  if (*text < '0' || *text > '9' || *end || errno || value >= (uid_t)-1)
    return false;
  *r_uid = (uid_t)value;
  return true;
}

static bool
read_descriptor (const char *text, int *r_fd)
{
  unsigned long value;
  char *end;

  value = strtoul (text, &end, 10);
  if (*text < '0' || *text > '9' || *end || value > INT_MAX)
    return false;
  *r_fd = (int)value;
  return true;
}

/* Where the word behind OPTION is kept, or NULL.  */
static const char **
text_of (int option, struct settings *settings)
{
  switch (option)
    {
    case OPTION_CLIENT_NONCE:
      return &settings->client_nonce;
    case OPTION_DATA:
      return &settings->data;
    case OPTION_IDENTITY:
      return &settings->identity;
    case OPTION_KEY:
      return &settings->key;
    case OPTION_POLICY:
      return &settings->policy;
    case OPTION_REEVED:
      return &settings->reeved;
    case OPTION_ROOT:
      return &settings->root;
    case OPTION_SOCKET:
      return &settings->socket;
    case OPTION_STATE:
      return &settings->state;
    case OPTION_VMID:
      return &settings->vmid;
    default:
      return NULL;
    }
}

/* Where it is kept that OPTION was given, or NULL.  */
static bool *
flag_of (int option, struct settings *settings)
{
  switch (option)
    {
    case OPTION_DRY_RUN:
      return &settings->dry_run;
    case OPTION_EXPLAIN:
      return &settings->explain;
    case OPTION_HELP:
      return &settings->help;
    case OPTION_JSON:
      return &settings->json;
    case OPTION_KEEP_GOING:
      return &settings->keep_going;
    case OPTION_NO_AUTH:
      return &settings->no_auth;
    case OPTION_NO_PAGER:
      return &settings->no_pager;
    case OPTION_RAW:
      return &settings->raw;
    case OPTION_SPAWN:
      return &settings->spawn;
    case OPTION_TASK:
      return &settings->task;
    case OPTION_VERSION:
      return &settings->version;
    case OPTION_YES:
      return &settings->yes;
    default:
      return NULL;
    }
}

static enum status
take_option (int option, struct settings *settings)
{
  const char **text = text_of (option, settings);
  bool *flag = flag_of (option, settings);

  if (text)
    *text = optarg;
  else if (flag)
    *flag = true;
  else if (option == OPTION_TIMEOUT)
    {
      if (!read_time (optarg, &settings->timeout_ms))
        return complain_usage ("--timeout is a time from 1ms to 24h, as 30,"
                               " 500ms, 5min or 1h, not \"%s\"",
                               optarg);
    }
  else if (option == OPTION_OVERLAP)
    {
      if (!read_overlap (optarg, &settings->overlap))
        return complain_usage ("--overlap is a time from 1s to 366d, as 7d or"
                               " 12h, not \"%s\"",
                               optarg);
    }
  else if (option == OPTION_KEY_FD)
    {
      if (!read_descriptor (optarg, &settings->key_fd))
        return complain_usage ("--key-fd is the number of an open descriptor,"
                               " as in --key-fd=3 3<FILE, not \"%s\"",
                               optarg);
    }
  else if (!read_uid (optarg, option == OPTION_CLIENT_UID
                                  ? &settings->client_uid
                                  : &settings->server_uid))
    return complain_usage ("a uid is a number, not \"%s\"", optarg);
  return STATUS_OK;
}

enum status
options_read (int argc, char **argv, bool anywhere, struct settings *settings)
{
  enum status status = STATUS_OK;
  int option;

  optind = 0; /* For glibc: begin anew.  */
  while (status == STATUS_OK && !settings->help && !settings->version
         && (option = getopt_long (argc, argv, anywhere ? "" : "+",
                                   options_table, NULL))
                != -1)
    status = option == '?' ? complain_usage (NULL)
                           : take_option (option, settings);
  return status;
}
