/* policy_setting.c - the settings of an identity
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/moment.h"
#include "policy_reader.h"

/* --- Keys and times --- */

static gpg_error_t
read_time (struct policy_reader *reader, const char *text, int64_t *r_time)
{
  return moment_read (text, r_time)
             ? 0
             : policy_bad (reader, GPG_ERR_INV_TIME,
                           "expires: \"%.40s\" is not written 2027-01-31 or "
                           "2027-01-31T12:00:00Z",
                           text);
}

static gpg_error_t
set_expires (struct policy_reader *reader, char *value)
{
  return read_time (reader, value, &reader->identity->expires);
}

static gpg_error_t
set_key (struct policy_reader *reader, char *value)
{
  struct identity *identity = reader->identity;
  char *rest = NULL;
  const char *file = strtok_r (value, " \t", &rest);
  const char *expires = strtok_r (NULL, " \t", &rest);
  struct identity_key *key;
  gpg_error_t err;

  if (*file == '.' || strchr (file, '/') || strlen (file) > 128)
    return policy_bad (reader, GPG_ERR_INV_NAME,
                       "key is the name of a file in %s, without a slash",
                       OWN_KEYS_DIR);
  if ((expires && strncmp (expires, "expires=", 8))
      || strtok_r (NULL, " \t", &rest))
    return policy_bad (reader, GPG_ERR_SYNTAX,
                       "a key is written FILE or FILE expires=2027-01-31");
  for (size_t i = 0; i < identity->key_count; i++)
    if (!strcmp (identity->key[i].file, file))
      return policy_bad (reader, GPG_ERR_DUP_VALUE,
                         "the key %.70s is named twice", file);
  err = policy_grow (reader, &identity->key, identity->key_count,
                     sizeof *identity->key, POLICY_KEYS);
  if (err)
    return err;
  key = identity->key + identity->key_count;
  key->line = reader->line;
  key->file = strdup (file);
  if (!key->file)
    return gpg_error_from_syserror ();
  identity->key_count++;
  return expires ? read_time (reader, expires + 8, &key->expires) : 0;
}

/* --- Peers --- */

/* Read VALUE as the number of a user or group; *R_IS tells whether it is
   digits at all.  */
static gpg_error_t
read_number (struct policy_reader *reader, const char *what, const char *value,
             unsigned *r_number, bool *r_is)
{
  unsigned long number;

  *r_is = !value[strspn (value, "0123456789")];
  if (!*r_is)
    return 0;
  errno = 0;
  number = strtoul (value, NULL, 10);
  if (errno || number >= (uid_t)-1)
    return policy_bad (reader, GPG_ERR_INV_ARG, "%s: no such number", what);
  *r_number = (unsigned)number;
  return 0;
}

static bool
find_user (const char *name, unsigned *r_uid)
{
  const struct passwd *user = getpwnam (name);

  if (user)
    *r_uid = user->pw_uid;
  return user;
}

static bool
find_group (const char *name, unsigned *r_gid)
{
  const struct group *group = getgrnam (name);

  if (group)
    *r_gid = group->gr_gid;
  return group;
}

/* Add the user or group VALUE, which FIND finds by its name, to the COUNT
   numbers at R_LIST.  */
static gpg_error_t
add_peer (struct policy_reader *reader, const char *what, const char *value,
          bool (*find) (const char *name, unsigned *r_number),
          unsigned **r_list, size_t *r_count)
{
  unsigned number = (uid_t)-1; /* Nobody is that.  */
  bool is_number;
  gpg_error_t err = read_number (reader, what, value, &number, &is_number);

  if (!err && !is_number && !find (value, &number))
    err = policy_complain (reader, GPG_ERR_NOT_FOUND,
                           "%s: this machine has no %s \"%.70s\"", what,
                           find == find_user ? "user" : "group", value);
  if (!err)
    err = policy_grow (reader, r_list, *r_count, sizeof **r_list, POLICY_PEERS);
  if (!err)
    (*r_list)[(*r_count)++] = number;
  return err;
}

static gpg_error_t
set_peer (struct policy_reader *reader, char *value)
{
  struct identity *identity = reader->identity;

  return add_peer (reader, "peer", value, find_user, &identity->peer,
                   &identity->peer_count);
}

static gpg_error_t
set_peer_group (struct policy_reader *reader, char *value)
{
  struct identity *identity = reader->identity;

  return add_peer (reader, "peer-group", value, find_group, &identity->group,
                   &identity->group_count);
}

/* --- What holds for all that it does --- */

static gpg_error_t
set_ceiling (struct policy_reader *reader, char *value)
{
  for (enum effect effect = EFFECT_READ; effect <= EFFECT_DESTROY; effect++)
    if (!strcmp (value, effect_name (effect)))
      {
        reader->identity->ceiling = effect;
        return 0;
      }
  return policy_bad (reader, GPG_ERR_INV_ARG,
                     "ceiling is read, write or destroy");
}

static gpg_error_t
set_rate (struct policy_reader *reader, char *value)
{
  struct rate *rate = &reader->identity->rate;

  if (rate_read (value, rate) && rate->calls)
    return 0;
  return policy_bad (reader, GPG_ERR_INV_ARG,
                     "rate is CALLS/TIME, as 100/60s: 1 to %d calls in 1ms to "
                     "24h",
                     (int)RATE_CALLS_MOST);
}

static gpg_error_t
set_dry_run (struct policy_reader *reader, char *value)
{
  if (strcmp (value, "yes") && strcmp (value, "no"))
    return policy_bad (reader, GPG_ERR_INV_ARG, "dry-run is yes or no");
  reader->identity->dry_run = *value == 'y';
  return 0;
}

/* --- Rules --- */

static gpg_error_t
add_rule (struct policy_reader *reader, bool allow, const char *value)
{
  const struct machine *machine = reader->source->machine;
  struct identity *identity = reader->identity;
  auto_failure struct failure inner = FAILURE_NONE;
  struct rule *rule;
  gpg_error_t err;

  err = policy_grow (reader, &identity->rule, identity->rule_count,
                     sizeof *identity->rule, POLICY_RULES);
  if (err)
    return err;
  rule = identity->rule + identity->rule_count++;
  err = rule_read (machine, reader->source->registry, allow, value, rule,
                   &inner);
  rule->file = reader->file;
  rule->line = reader->line;
  if (err)
    return policy_bad (reader, gpg_err_code (err), "%s",
                       failure_words (&inner, err));
  err = rule_check_links (rule, machine, &inner);
  return err ? policy_complain (reader, gpg_err_code (err), "%s",
                                failure_words (&inner, err))
             : 0;
}

static gpg_error_t
set_allow (struct policy_reader *reader, char *value)
{
  return add_rule (reader, true, value);
}

static gpg_error_t
set_deny (struct policy_reader *reader, char *value)
{
  return add_rule (reader, false, value);
}

gpg_error_t
policy_set (struct policy_reader *reader, const char *name, char *value)
{
  static const struct
  {
    const char *name;
    gpg_error_t (*set) (struct policy_reader *reader, char *value);
    bool once;
  } settings[] = {
    { "key", set_key, false },        { "expires", set_expires, true },
    { "peer", set_peer, false },      { "peer-group", set_peer_group, false },
    { "ceiling", set_ceiling, true }, { "rate", set_rate, true },
    { "dry-run", set_dry_run, true }, { "allow", set_allow, false },
    { "deny", set_deny, false }
  };

  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    if (!strcmp (name, settings[i].name))
      {
        if (settings[i].once && reader->seen & 1U << i)
          return policy_bad (reader, GPG_ERR_DUP_VALUE, "%s is set twice",
                             name);
        reader->seen |= 1U << i;
        return settings[i].set (reader, value);
      }
  return policy_bad (reader, GPG_ERR_UNKNOWN_OPTION,
                     "unknown setting \"%.40s\": there are key, expires, peer, "
                     "peer-group, ceiling, rate, dry-run, allow, deny",
                     name);
}
