/* upid.c - the name of a task of Proxmox VE
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "upid.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "proxmox_names.h"

/* The texts between the colons, in their order.  */
enum part
{
  PART_PREFIX,
  PART_NODE,
  PART_PID,
  PART_PSTART,
  PART_STARTTIME,
  PART_TYPE,
  PART_ID,
  PART_USER,
  PART_END, /* Nothing is behind the last colon.  */
  PART_COUNT
};

/* Split TEXT at its colons; whether there are as many as there must be.  */
static bool
split (char *text, char *parts[PART_COUNT])
{
  for (size_t i = 0; i < PART_COUNT; i++)
    {
      parts[i] = text;
      text = strchr (text, ':');
      if (!text)
        return i == PART_END;
      *text++ = 0;
    }
  return false;
}

/* Read LEAST to MOST hexadecimal digits, no others.  */
static bool
read_number (const char *text, size_t least, size_t most, uint64_t *r_number)
{
  size_t length = strspn (text, "0123456789abcdefABCDEF");

  if (text[length] || length < least || length > most)
    return false;
  *r_number = strtoull (text, NULL, 16);
  return true;
}

/* Whether TEXT has no blank, no control character and no slash.  */
static bool
is_word (const char *text)
{
  for (; *text; text++)
    if ((unsigned char)*text <= 0x20 || *text == 0x7f || *text == '/')
      return false;
  return true;
}

gpg_error_t
upid_parse (const char *text, struct upid *r_upid)
{
  struct upid upid = UPID_NONE;
  auto_free char *memory = NULL;
  char *parts[PART_COUNT];

  if (strlen (text) > LIMIT_UPID)
    return gpg_error (GPG_ERR_INV_ARG);
  memory = strdup (text);
  if (!memory)
    return gpg_error_from_syserror ();
  if (!split (memory, parts) || strcmp (parts[PART_PREFIX], "UPID")
      || *parts[PART_END] || !node_is_name (parts[PART_NODE])
      || !read_number (parts[PART_PID], 8, 8, &upid.pid)
      || !read_number (parts[PART_PSTART], 8, 9, &upid.pstart)
      || !read_number (parts[PART_STARTTIME], 8, 8, &upid.starttime)
      || !*parts[PART_TYPE] || !is_word (parts[PART_TYPE])
      || !is_word (parts[PART_ID]) || !*parts[PART_USER]
      || !is_word (parts[PART_USER]))
    return gpg_error (GPG_ERR_INV_ARG);
  upid.node = parts[PART_NODE];
  upid.type = parts[PART_TYPE];
  upid.id = parts[PART_ID];
  upid.user = parts[PART_USER];
  upid.memory = take (&memory);
  *r_upid = upid;
  return 0;
}

void
upid_release (struct upid *upid)
{
  free (upid->memory);
  *upid = (struct upid)UPID_NONE;
}
