/* refusal.c - what Proxmox VE says when it forbids something
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "refusal.h"

#include <ctype.h>
#include <string.h>

#include "../../../protocol/limits.h"

#define MARK "Permission check failed"

/* The bytes behind the "(" at TEXT, up to its ")"; all if there is none.  */
static size_t
span_parentheses (const char *text)
{
  size_t depth = 0;
  size_t length;

  for (length = 0; text[length]; length++)
    if (text[length] == '(')
      depth++;
    else if (text[length] == ')' && !depth--)
      break;
  while (length && isspace ((unsigned char)text[length - 1]))
    length--;
  return length;
}

static bool
reason_has (const struct pve_refusal *refusal, const char *words)
{
  return memmem (refusal->reason, refusal->reason_length, words,
                 strlen (words));
}

/* Whether the reason is "PATH, PRIVILEGES"; then these are stored.  */
static bool
find_right (struct pve_refusal *refusal)
{
  const char *reason = refusal->reason;
  const char *comma = memmem (reason, refusal->reason_length, ", ", 2);
  size_t length;

  if (*reason != '/' || !comma)
    return false;
  length = refusal->reason_length - (size_t)(comma + 2 - reason);
  if (!length
      || strspn (comma + 2, "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ.|")
             < length)
    return false;
  refusal->path = reason;
  refusal->path_length = (size_t)(comma - reason);
  refusal->privileges = comma + 2;
  refusal->privileges_length = length;
  return true;
}

bool
refusal_find (const char *text, struct pve_refusal *r_refusal)
{
  struct pve_refusal refusal = { REFUSED_UNSAID, "", 0, "", 0, "", 0 };
  const char *mark = strstr (text, MARK);
  const char *end;

  /* It is words of their own, no part of others.  */
  while (mark
         && ((mark > text && !isspace ((unsigned char)mark[-1]))
             || isalnum ((unsigned char)mark[strlen (MARK)])))
    mark = strstr (mark + 1, MARK);
  if (!mark)
    return false;
  end = mark + strlen (MARK);
  end += strspn (end, " ");
  if (*end == '(')
    {
      refusal.reason = end + 1;
      refusal.reason_length = span_parentheses (end + 1);
      if (find_right (&refusal))
        refusal.refused = REFUSED_RIGHT;
      else if (reason_has (&refusal, "root@pam"))
        refusal.refused = REFUSED_ROOT;
      else if (reason_has (&refusal, "need proper ticket"))
        refusal.refused = REFUSED_TICKET;
    }
  *r_refusal = refusal;
  return true;
}

/* Words for a missing privilege.  */
static gpg_error_t
fail_right (struct failure *failure, const struct pve_refusal *refusal)
{
  const char *any = memchr (refusal->privileges, '|',
                            refusal->privileges_length)
                        ? "one of "
                        : "";

  failure_detail_bytes (failure, "privilege", refusal->privileges,
                        refusal->privileges_length);
  failure_detail_bytes (failure, "path", refusal->path, refusal->path_length);
  if (refusal->privileges_length + refusal->path_length
      < LIMIT_ERROR_TEXT - strlen ("give the token one of  on "))
    return fail (failure, GPG_ERR_FORBIDDEN, "give the token %s%.*s on %.*s",
                 any, (int)refusal->privileges_length, refusal->privileges,
                 (int)refusal->path_length, refusal->path);
  return fail (failure, GPG_ERR_FORBIDDEN,
               "give the token %sthe privileges that the detail privilege "
               "names",
               any);
}

gpg_error_t
refusal_fail (struct failure *failure, const struct pve_refusal *refusal)
{
  switch (refusal->refused)
    {
    case REFUSED_RIGHT:
      return fail_right (failure, refusal);
    case REFUSED_ROOT:
      return fail (failure, GPG_ERR_FORBIDDEN,
                   "only root@pam itself may do that; no token can be given "
                   "the right");
    case REFUSED_TICKET:
      return fail (failure, GPG_ERR_FORBIDDEN,
                   "only who logged in by a password may do that, no token");
    case REFUSED_UNSAID:
      break;
    }
  return fail (failure, GPG_ERR_FORBIDDEN,
               "the token lacks a right that Proxmox does not name; see PVE "
               "PERMISSIONS");
}
