/* key.h - the keys of this machine's identities
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_KEY_H
#define REEVE_KEY_H

#include "cli.h"

/* --- key.c --- */

/* Make the key file PATH, which must not be there; returns an errno.  */
int key_make (const char *path);

/* The path of the key file NAME, for the caller to free; NULL if there is no
   memory.  */
char *key_path (const struct settings *settings, const char *name);

/* --- key_list.c --- */

/* A line that reeved --list-keys prints.  */
struct listed_key
{
  const char *identity;
  const char *name;    /* Of the key file.  */
  const char *expires; /* "-": never.  */
  const char *file;    /* Of the policy.  */
  unsigned line;
  const char *state; /* "valid", "expired", ...  */
};

struct key_list
{
  struct buffer text; /* Where the strings are.  */
  size_t count;
  struct listed_key *key;
};

#define KEY_LIST_NONE                                                          \
  {                                                                            \
    BUFFER_EMPTY, 0, NULL                                                      \
  }
#define auto_keys __attribute__ ((cleanup (key_list_release)))

enum status key_list_read (const struct settings *settings,
                           struct key_list *r_list);
void key_list_release (struct key_list *list);

/* "reeve key list".  */
enum status key_list_show (const struct settings *settings);

/* --- key_policy.c --- */

/* What shall become of an identity's lines in the policy.  */
struct key_change
{
  const struct key_list *list; /* The lines must still be so.  */
  const char *identity;
  const char *name;    /* Only this key; NULL: all.  */
  const char *expires; /* For those that do not expire earlier.  */
  const char *added;   /* Another key, or NULL.  */
};

/* Rewrite the policy file, all or nothing.  Its owner and mode stay.  */
enum status key_policy_change (const struct key_change *change);

/* --- key_change.c --- */

enum status key_rotate (const struct settings *settings, const char *identity);

/* NAME is that of a key file, or NULL for all.  */
enum status key_revoke (const struct settings *settings, const char *identity,
                        const char *name);

#endif /* REEVE_KEY_H */
