/* verdict.c - what an answer of Proxmox VE amounts to
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "verdict.h"

#include <string.h>

/* What a text says of an error 500 that has it somewhere; the first counts.  */
static const struct sign
{
  const char *words;
  enum verdict verdict;
} signs[] = { { "detected modified configuration", VERDICT_CHANGED },
              { "checksum missmatch (file change", VERDICT_CHANGED },
              { " is locked (", VERDICT_LOCKED },
              { "can't lock file '", VERDICT_LOCKED },
              { "got lock request timeout", VERDICT_LOCKED },
              { "already exists", VERDICT_EXISTS },
              { "already running", VERDICT_RUNNING },
              { "not running", VERDICT_STOPPED },
              { "does not exist", VERDICT_MISSING },
              { "no such ", VERDICT_MISSING },
              { "hostname lookup '", VERDICT_MISSING },
              { NULL, VERDICT_FAILED } };

static enum verdict
read_signs (const char *text)
{
  const struct sign *sign = signs;

  while (sign->words && !strstr (text, sign->words))
    sign++;
  return sign->verdict;
}

enum verdict
verdict_find (unsigned status, const char *text)
{
  switch (status)
    {
    case 400:
      return strstr (text, "no such task")
                     || strstr (text, "unable to parse worker upid")
                 ? VERDICT_NO_TASK
                 : VERDICT_PARAMETERS;
    case 401:
      return VERDICT_STRANGER;
    case 403:
      return VERDICT_FORBIDDEN;
    case 500:
      return read_signs (text);
    case 501:
      return VERDICT_UNKNOWN;
    /* The first three are those of a proxy before the server, the others
       those of pveproxy before pvedaemon or another node (AnyEvent::HTTP).  */
    case 502:
    case 503:
    case 504:
    case 595:
    case 596:
    case 597:
    case 599:
      return VERDICT_LOST;
    default:
      return status >= 200 && status < 300   ? VERDICT_DONE
             : status >= 300 && status < 400 ? VERDICT_ELSEWHERE
                                             : VERDICT_FAILED;
    }
}

bool
verdict_lock (const char *text, const char **r_name, size_t *r_length)
{
  /* What stands before a lock's name, and what ends it.  */
  static const struct frame
  {
    const char *before;
    const char *end;
  } frames[] = { { " is locked (", ")" },
                 { "can't lock file '", "'" },
                 { "cfs-lock '", "'" },
                 { NULL, NULL } };

  for (const struct frame *frame = frames; frame->before; frame++)
    {
      const char *name = strstr (text, frame->before);

      if (!name)
        continue;
      *r_name = name + strlen (frame->before);
      *r_length = strcspn (*r_name, frame->end);
      return *r_length && (*r_name)[*r_length];
    }
  return false;
}
