/* key_change.c - "reeve key rotate" and "reeve key revoke"
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "../../protocol/moment.h"
#include "key.h"

#define OVERLAP_SECONDS (7 * 24 * 3600)
#define TRIES 9 /* Keys of one identity on one day.  */

/* Write the moment SECONDS from now as a policy has it.  */
static enum status
write_time (int64_t seconds, char r_text[MOMENT_TEXT])
{
  if (moment_write (time (NULL) + seconds, r_text))
    return STATUS_OK;
  complain ("this machine's clock is wrong: set it first");
  return STATUS_ERROR;
}

/* The keys that the policy gives IDENTITY, into LIST; some are there.  */
static enum status
read_keys (const struct settings *settings, const char *identity,
           struct key_list *list, size_t *r_count)
{
  enum status status = key_list_read (settings, list);

  *r_count = 0;
  for (size_t i = 0; i < list->count; i++)
    *r_count += !strcmp (list->key[i].identity, identity);
  if (status != STATUS_OK || *r_count)
    return status;
  complain ("the policy has no identity %s: \"reeve key list\" lists them",
            identity);
  return STATUS_NOT_FOUND;
}

/* --- Rotate --- */

/* Whether a policy names the key file NAME.  */
static bool
is_named (const struct key_list *list, const char *name)
{
  for (size_t i = 0; i < list->count; i++)
    if (!strcmp (list->key[i].name, name))
      return true;
  return false;
}

/* Make a key for IDENTITY; its path is for the caller to free.  */
static enum status
make_key (const struct settings *settings, const struct key_list *list,
          const char *identity, char **r_path)
{
  char date[MOMENT_TEXT];
  int code = EEXIST;
  enum status status = write_time (0, date);

  if (status != STATUS_OK)
    return status;
  date[strcspn (date, "T")] = 0;
  for (int i = 1; code == EEXIST && i <= TRIES; i++)
    {
      auto_free char *path = NULL;
      char name[LIMIT_IDENTITY + 32];

      snprintf (name, sizeof name, i == 1 ? "%s.%s.key" : "%s.%s-%d.key",
                identity, date, i);
      if (is_named (list, name))
        continue;
      path = key_path (settings, name);
      if (!path)
        return complain_memory ();
      code = key_make (path);
      if (!code)
        *r_path = take (&path);
      else if (code != EEXIST)
        complain ("cannot make %s: %s%s", path, strerror (code),
                  code == EACCES ? ": say it as root" : "");
    }
  if (code == EEXIST)
    complain ("%s had %d new keys today: look for who makes them", identity,
              TRIES);
  return code ? STATUS_ERROR : STATUS_OK;
}

enum status
key_rotate (const struct settings *settings, const char *identity)
{
  auto_keys struct key_list list = KEY_LIST_NONE;
  auto_free char *path = NULL;
  struct key_change change = { .list = &list, .identity = identity };
  char end[MOMENT_TEXT];
  size_t count;
  enum status status = read_keys (settings, identity, &list, &count);

  if (status == STATUS_OK && count >= LIMIT_KEYS)
    {
      complain ("%s has %zu keys, and may have no more: take lines of expired"
                " ones out of the policy",
                identity, count);
      status = STATUS_ERROR;
    }
  if (status == STATUS_OK)
    status = write_time (
        settings->overlap ? settings->overlap : OVERLAP_SECONDS, end);
  if (status == STATUS_OK)
    status = make_key (settings, &list, identity, &path);
  if (status != STATUS_OK)
    return status;
  change.expires = end;
  change.added = strrchr (path, '/') + 1;
  status = key_policy_change (&change);
  if (status != STATUS_OK)
    {
      unlink (path);
      return status;
    }
  if (puts (path) == EOF || fflush (stdout))
    complain ("made %s, but cannot write: %s", path, strerror (errno));
  remark ("give this key to whoever is %s before %s, when the others expire",
          identity, end);
  advise_reload (settings);
  return STATUS_OK;
}

/* --- Revoke --- */

/* Another identity than IDENTITY that still uses the key file NAME, or
   NULL.  */
static const char *
other_user (const struct key_list *list, const char *identity, const char *name)
{
  for (size_t i = 0; i < list->count; i++)
    if (!strcmp (list->key[i].name, name)
        && strcmp (list->key[i].identity, identity)
        && strcmp (list->key[i].state, "expired"))
      return list->key[i].identity;
  return NULL;
}

/* Delete the file of KEY, unless somebody else needs it.  */
static enum status
delete_key (const struct settings *settings, const struct key_list *list,
            const struct listed_key *key)
{
  auto_free char *path = key_path (settings, key->name);
  const char *other = other_user (list, key->identity, key->name);

  if (!path)
    return complain_memory ();
  if (other)
    {
      remark ("kept %s: the identity %s has the same; revoke that, too", path,
              other);
      return STATUS_OK;
    }
  if (!unlink (path))
    remark ("deleted %s", path);
  else if (errno != ENOENT)
    {
      complain ("the key %s is revoked, but cannot be deleted: %s", path,
                strerror (errno));
      return STATUS_ERROR;
    }
  return STATUS_OK;
}

enum status
key_revoke (const struct settings *settings, const char *identity,
            const char *name)
{
  auto_keys struct key_list list = KEY_LIST_NONE;
  const char *slash = name ? strrchr (name, '/') : NULL;
  struct key_change change = { .list = &list, .identity = identity };
  bool found = !name;
  char now[MOMENT_TEXT];
  size_t count;
  enum status status = read_keys (settings, identity, &list, &count);

  if (status != STATUS_OK)
    return status;
  change.name = slash ? slash + 1 : name;
  for (size_t i = 0; i < list.count && name; i++)
    found |= !strcmp (list.key[i].identity, identity)
             && !strcmp (list.key[i].name, change.name);
  if (!found)
    {
      complain ("%s has no key %s: \"reeve key list\" lists them", identity,
                change.name);
      return STATUS_NOT_FOUND;
    }
  status = write_time (-1, now);
  change.expires = now;
  if (status == STATUS_OK)
    status = key_policy_change (&change);
  if (status != STATUS_OK)
    return status;
  for (size_t i = 0; i < list.count; i++)
    if (!strcmp (list.key[i].identity, identity)
        && (!change.name || !strcmp (list.key[i].name, change.name))
        && delete_key (settings, &list, list.key + i) != STATUS_OK)
      status = STATUS_ERROR;
  advise_reload (settings);
  return status;
}
