/* proxmox_names.c - names of what Proxmox VE has
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "proxmox_names.h"

#include <string.h>

#include "../../protocol/limits.h"
#include "../../protocol/quantity.h"
#include "upid.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

#define VMID_LEAST 100
#define VMID_MOST 999999999

/* A limit as text.  */
#define TEXT(limit) AS_TEXT (limit)
#define AS_TEXT(number) #number

/* Whether TEXT of LENGTH bytes, which are at least LEAST, begins with one of
   FIRST, ends with one of LAST and has nothing but INSIDE.  */
static bool
is_made_of (const char *text, size_t length, size_t least, const char *first,
            const char *inside, const char *last)
{
  return length >= least && length && strchr (first, text[0])
         && strchr (last, text[length - 1]) && strspn (text, inside) >= length;
}

gpg_error_t
vmid_check (char *text, size_t *length, const char *choices, int64_t *number,
            const char **r_wanted)
{
  static const struct quantity_unit units[] = { { "", 1 }, { NULL, 0 } };
  uint64_t value;

  (void)length;
  (void)choices;
  *r_wanted = "a guest's number from " TEXT (VMID_LEAST) " to " TEXT (
      VMID_MOST);
  if (*text == '0' || !quantity_read (text, units, VMID_MOST, &value)
      || value < VMID_LEAST)
    return gpg_error (GPG_ERR_INV_ARG);
  *number = (int64_t)value;
  return 0;
}

bool
node_is_name (const char *text)
{
  return is_made_of (text, strlen (text), 1, LETTERS DIGITS, LETTERS DIGITS "-",
                     LETTERS DIGITS);
}

gpg_error_t
node_check (char *text, size_t *length, const char *choices, int64_t *number,
            const char **r_wanted)
{
  (void)choices;
  (void)number;
  *r_wanted = "a node's name of at most " TEXT (
      LIMIT_NODE_NAME) " letters, digits and hyphens";
  if (*length > LIMIT_NODE_NAME)
    return gpg_error (GPG_ERR_TOO_LARGE);
  return node_is_name (text) ? 0 : gpg_error (GPG_ERR_INV_ARG);
}

static bool
is_storage (const char *text, size_t length)
{
  return is_made_of (text, length, 2, LETTERS, LETTERS DIGITS "-_.",
                     LETTERS DIGITS);
}

gpg_error_t
storage_check (char *text, size_t *length, const char *choices, int64_t *number,
               const char **r_wanted)
{
  (void)choices;
  (void)number;
  *r_wanted = "a storage's name: a letter, then letters, digits, dots, "
              "underscores and hyphens, at most " TEXT (LIMIT_STORAGE_NAME);
  if (*length > LIMIT_STORAGE_NAME)
    return gpg_error (GPG_ERR_TOO_LARGE);
  return is_storage (text, *length) ? 0 : gpg_error (GPG_ERR_INV_ARG);
}

gpg_error_t
snapname_check (char *text, size_t *length, const char *choices,
                int64_t *number, const char **r_wanted)
{
  (void)choices;
  (void)number;
  *r_wanted
      = "a snapshot's name: a letter, then letters, digits, underscores and "
        "hyphens, at most " TEXT (
            LIMIT_SNAPSHOT_NAME) "; not current, vzdump or pending";
  if (*length > LIMIT_SNAPSHOT_NAME)
    return gpg_error (GPG_ERR_TOO_LARGE);
  if (!is_made_of (text, *length, 2, LETTERS, LETTERS DIGITS "_-",
                   LETTERS DIGITS "_-")
      || !strcmp (text, "current") || !strcmp (text, "vzdump")
      || !strcmp (text, "pending"))
    return gpg_error (GPG_ERR_INV_ARG);
  return 0;
}

/* Whether a part of PATH is "..".  */
static bool
goes_up (const char *path)
{
  while (*path)
    {
      size_t length = strcspn (path, "/");

      if (length == 2 && !memcmp (path, "..", 2))
        return true;
      path += length + (path[length] == '/');
    }
  return false;
}

gpg_error_t
volid_check (char *text, size_t *length, const char *choices, int64_t *number,
             const char **r_wanted)
{
  size_t storage = strcspn (text, ":");
  const char *volume = text + storage + (text[storage] == ':');

  (void)choices;
  (void)number;
  *r_wanted = "STORAGE:VOLUME, as local:iso/debian-13.iso, in ASCII and "
              "without \"..\"";
  if (*length > LIMIT_VOLUME_NAME)
    return gpg_error (GPG_ERR_TOO_LARGE);
  if (storage > LIMIT_STORAGE_NAME || !is_storage (text, storage) || !*volume
      || strchr ("/- ", *volume) || text[*length - 1] == '/'
      || strstr (volume, "//") || goes_up (volume))
    return gpg_error (GPG_ERR_INV_ARG);
  for (; *volume; volume++)
    if (*volume < 0x20 || *volume >= 0x7f)
      return gpg_error (GPG_ERR_INV_ARG);
  return 0;
}

gpg_error_t
upid_check (char *text, size_t *length, const char *choices, int64_t *number,
            const char **r_wanted)
{
  auto_upid struct upid upid = UPID_NONE;

  (void)choices;
  (void)number;
  *r_wanted = "a task's name, as "
              "UPID:pve1:0000025C:00035360:6B0082C1:vzstart:100:root@pam:";
  if (*length > LIMIT_UPID)
    return gpg_error (GPG_ERR_TOO_LARGE);
  if (strpbrk (text, ",="))
    return gpg_error (GPG_ERR_INV_ARG);
  return upid_parse (text, &upid);
}
