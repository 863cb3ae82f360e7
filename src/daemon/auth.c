/* auth.c - NONCE and AUTH
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   doc/protocol.texi has the exchange.  A response may be made with any key of
   the identity; as many macs are computed as any identity has keys.  One that
   does not exist, one that this peer may not be, and a key that cannot be read
   take the same path and time as a wrong response: the mac is computed with a
   random key.  */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gcrypt.h>

#include <gpg-error.h>

#include "protocol/memory.h"
#include "session.h"

#define PAUSE_FIRST_MS 100
#define PAUSE_WINDOW_MS (10 * 60 * 1000)

/* A key in secure memory.  */
struct key
{
  void *bytes;
  size_t length;
};

static void
key_release (struct key *key)
{
  if (key->bytes)
    {
      explicit_bzero (key->bytes, key->length);
      gcry_free (key->bytes);
    }
  key->bytes = NULL;
}

#define auto_key __attribute__ ((cleanup (key_release)))

gpg_error_t
word_nonce (assuan_context_t context, char *line)
{
  struct session *session = session_of (context);
  auto_failure struct failure failure = FAILURE_NONE;

  if (*line)
    return session_leave (
        session, fail (&failure, GPG_ERR_TOO_MANY, "NONCE takes no arguments"),
        &failure);
  handshake_nonce (session->nonce);
  session->nonce_time = link_now ();
  return assuan_send_data (context, session->nonce, HANDSHAKE_HEX);
}

/* Read key INDEX of IDENTITY; the built-in one has that which was handed
   over.  */
static gpg_error_t
read_key (struct session *session, const struct identity *identity,
          size_t index, struct key *key, struct failure *failure)
{
  const struct handed_key *handed = session->daemon->key;
  auto_close int fd = -1;
  gpg_error_t err;

  if (!identity->key_count)
    {
      key->bytes = gcry_malloc_secure (handed->length);
      if (!key->bytes)
        return gpg_error_from_syserror ();
      memcpy (key->bytes, handed->bytes, handed->length);
      key->length = handed->length;
      return 0;
    }
  err = identity_open_key (identity, index, &session->daemon->machine, &fd,
                           failure);
  return err ? err : handshake_read_key (fd, &key->bytes, &key->length);
}

/* A key that nobody has; the same files are read as for a true one.  */
static gpg_error_t
make_false_key (struct session *session, struct key *key)
{
  const struct policy *policy = &session->daemon->policy;

  if (policy->count)
    {
      read_key (session, policy->identity, 0, key, NULL);
      key_release (key);
    }
  key->length = 2 * LIMIT_KEY_MIN;
  key->bytes = gcry_random_bytes_secure (key->length, GCRY_WEAK_RANDOM);
  return key->bytes ? 0 : gpg_error_from_syserror ();
}

/* Whether IDENTITY has a key INDEX; when that expires.  */
static bool
has_key (const struct identity *identity, size_t index, int64_t *r_expires)
{
  *r_expires = 0;
  if (!identity || (index && index >= identity->key_count))
    return false;
  if (identity->key_count)
    *r_expires = identity->key[index].expires;
  return true;
}

/* Key INDEX of IDENTITY (NULL: nobody), or one that nobody has: *R_TRUE tells.
   One that has expired is as good as none, but its file may be gone.  */
static gpg_error_t
find_key (struct session *session, const struct identity *identity,
          size_t index, struct key *key, bool *r_true)
{
  auto_failure struct failure failure = FAILURE_NONE;
  int64_t expires;
  gpg_error_t err;

  *r_true = has_key (identity, index, &expires) && !identity_expired (expires);
  if (!*r_true)
    return make_false_key (session, key);
  err = read_key (session, identity, index, key, &failure);
  if (!err)
    return 0;
  log_error ("identity %s: %s\n", identity->name,
             failure_words (&failure, err));
  key_release (key);
  *r_true = false;
  return make_false_key (session, key);
}

static bool
admits (const struct session *session, const struct identity *identity)
{
  const struct entrance *entrance = session->entrance;

  return identity_admits (identity, entrance->peer.uid, entrance->groups.gid,
                          entrance->groups.count);
}

/* The identity NAME if it exists, has not expired, and this peer may be it.  */
static const struct identity *
find_identity (struct session *session, const char *name)
{
  const struct daemon *daemon = session->daemon;
  const struct identity *identity = policy_identity (&daemon->policy, name);

  if (daemon->key && !strcmp (name, IDENTITY_SPAWNER))
    return identity_built_in (name);
  return identity && admits (session, identity)
                 && !identity_expired (identity->expires)
             ? identity
             : NULL;
}

/* Remember what the session is authenticated by, so that a reload can tell
   whether it still holds.  */
static void
digest_key (const struct key *key, unsigned char r_digest[32])
{
  gcry_md_hash_buffer (GCRY_MD_SHA256, r_digest, key->bytes, key->length);
}

/* Wait before a wrong answer is told, the longer the more there were of this
   uid; those who answer right never wait.  */
static void
pause_wrong (struct session *session)
{
  struct tally *tally = session->daemon->wrong_responses;
  uid_t uid = session->entrance->peer.uid;
  uint64_t now = link_now ();
  uint64_t pause = PAUSE_FIRST_MS;
  unsigned count;

  tally_add (tally, uid, now);
  count = tally_recent (tally, uid, now, PAUSE_WINDOW_MS);
  while (--count && pause < LIMIT_AUTH_PAUSE_MS)
    pause *= 2;
  if (pause > LIMIT_AUTH_PAUSE_MS)
    pause = LIMIT_AUTH_PAUSE_MS;
  nanosleep (&(struct timespec){ .tv_sec = (time_t)(pause / 1000),
                                 .tv_nsec = (long)(pause % 1000) * 1000000 },
             NULL);
}

static gpg_error_t
refuse (struct session *session, const char *name, struct failure *failure)
{
  log_info ("session %s uid=%lu: wrong response for identity %.64s\n",
            session->id, (unsigned long)session->entrance->peer.uid,
            handshake_is_identity (name) ? name : "(not a name)");
  pause_wrong (session);
  if (++session->wrong >= LIMIT_AUTH_TRIES)
    assuan_set_flag (session->context, ASSUAN_FORCE_CLOSE, 1);
  return failure_refuse (
      failure, REFUSAL_HANDSHAKE,
      fail (failure, GPG_ERR_BAD_AUTH,
            "not this identity, key or peer: say NONCE and try again"));
}

/* What a response is judged by and what it proved.  */
struct trial
{
  const char *response;
  bool right;
  char proof[HANDSHAKE_HEX + 1]; /* Ours, by the same key.  */
  unsigned char digest[32];      /* Of that key.  */
  int64_t expires;
};

/* Compute mac and proof of the exchange that TRIAL's response ends, with KEY;
   IDENTITY is NULL if that is no key of his.  */
static gpg_error_t
judge (struct session *session, const struct identity *identity,
       const struct key *key, struct trial *trial)
{
  struct handshake exchange = { .client_uid = session->entrance->peer.uid,
                                .server_uid = session->entrance->server_uid };
  char client_nonce[HANDSHAKE_HEX + 1];
  char given[HANDSHAKE_HEX + 1];
  char mac[HANDSHAKE_HEX + 1];
  char proof[HANDSHAKE_HEX + 1];
  bool formed = !handshake_parse (trial->response, client_nonce, given);
  gpg_error_t err;

  if (!formed)
    {
      memset (given, '0', HANDSHAKE_HEX);
      given[HANDSHAKE_HEX] = client_nonce[0] = 0;
    }
  exchange.identity = identity ? identity->name : "";
  exchange.server_nonce = session->nonce;
  exchange.client_nonce = client_nonce;
  err = handshake_mac (&exchange, HANDSHAKE_CLIENT, key->bytes, key->length,
                       mac);
  if (!err)
    err = handshake_mac (&exchange, HANDSHAKE_SERVER, key->bytes, key->length,
                         proof);
  if (err || !handshake_equal (mac, given) || !formed || !identity)
    return err;
  trial->right = true;
  memcpy (trial->proof, proof, sizeof proof);
  digest_key (key, trial->digest);
  return 0;
}

/* Try TRIAL's response with each key of IDENTITY, and with others, so that all
   take as long.  */
static gpg_error_t
try_keys (struct session *session, const struct identity *identity,
          struct trial *trial)
{
  size_t count = policy_keys_most (&session->daemon->policy);
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < count; i++)
    {
      auto_key struct key key = { NULL, 0 };
      bool before = trial->right;
      bool is_true;

      err = find_key (session, identity, i, &key, &is_true);
      if (!err)
        err = judge (session, is_true ? identity : NULL, &key, trial);
      if (trial->right && !before)
        has_key (identity, i, &trial->expires);
    }
  return err;
}

/* The response proved IDENTITY's key.  */
static gpg_error_t
admit (struct session *session, const struct identity *identity,
       const struct trial *trial, struct failure *failure)
{
  struct daemon *daemon = session->daemon;
  char text[LIMIT_IDENTITY + HANDSHAKE_HEX + 2];
  pid_t nobody = 0;
  gpg_error_t err;

  if (daemon->options.mode == RUN_SINGLE
      && !atomic_compare_exchange_strong (&daemon->shared->single, &nobody,
                                          getpid ()))
    {
      assuan_set_flag (session->context, ASSUAN_FORCE_CLOSE, 1);
      return fail (failure, GPG_ERR_FORBIDDEN,
                   "this daemon serves one client and has it");
    }
  session->gate.identity = identity;
  err = session_confine (session, failure);
  if (err)
    {
      session->gate.identity = NULL;
      return err;
    }
  session->link.deadline = 0;
  snprintf (session->identity_name, sizeof session->identity_name, "%s",
            identity->name);
  memcpy (session->key_digest, trial->digest, sizeof trial->digest);
  session->key_expires = trial->expires;
  snprintf (text, sizeof text, "%s %s", identity->name, trial->proof);
  if (daemon->options.debug)
    log_info ("session %s uid=%lu pid=%ld: identity %s\n", session->id,
              (unsigned long)session->entrance->peer.uid,
              (long)session->entrance->peer.pid, identity->name);
  account_login (session);
  return assuan_write_status (session->context, "AUTH", text);
}

/* The checks that come before any answer is asked for.  */
static gpg_error_t
check_nonce (struct session *session, struct failure *failure)
{
  if (session->gate.identity)
    return fail (failure, GPG_ERR_INV_ORDER,
                 "this session is already authenticated: connect anew");
  if (!session->nonce[0])
    return fail (failure, GPG_ERR_INV_ORDER, "say NONCE before AUTH");
  if (link_now () - session->nonce_time > LIMIT_NONCE_SECONDS * 1000)
    {
      session->nonce[0] = 0;
      return fail (failure, GPG_ERR_TOO_OLD,
                   "the nonce is older than %d s: say NONCE again",
                   LIMIT_NONCE_SECONDS);
    }
  return 0;
}

static gpg_error_t
authenticate (struct session *session, const char *name, const char *response,
              struct failure *failure)
{
  const struct identity *identity = find_identity (session, name);
  struct trial trial = { .response = response };
  gpg_error_t err = try_keys (session, identity, &trial);

  session->nonce[0] = 0;
  if (err)
    return err;
  return trial.right ? admit (session, identity, &trial, failure)
                     : refuse (session, name, failure);
}

gpg_error_t
word_auth (assuan_context_t context, char *line)
{
  struct session *session = session_of (context);
  auto_failure struct failure failure = FAILURE_NONE;
  auto_free char *copy = strdup (line); /* An inquiry overwrites LINE.  */
  auto_free char *response = NULL;
  char *rest = NULL;
  char *name = copy ? strtok_r (copy, " \t", &rest) : NULL;
  char *given = name ? strtok_r (NULL, " \t", &rest) : NULL;
  size_t length;
  gpg_error_t err;

  if (!copy)
    err = gpg_error (GPG_ERR_ENOMEM);
  else if (!name || strtok_r (NULL, " \t", &rest))
    err = fail (&failure, GPG_ERR_SYNTAX, "AUTH IDENTITY [RESPONSE]");
  else
    err = check_nonce (session, &failure);
  if (!err)
    err = session_adopt_policy (session, &failure);
  if (!err && !given)
    {
      err = session_inquire (session, "RESPONSE", LIMIT_RESPONSE, true,
                             &response, &length, &failure);
      given = response;
    }
  if (!err)
    err = authenticate (session, name, given, &failure);
  else
    session->nonce[0] = 0;
  return session_leave (session, err, &failure);
}

/* Whether the session's identity is still in the policy with the key that
   proved it, and for this peer.  When that key expires may have changed.  */
static bool
is_still_valid (struct session *session, const struct identity *identity)
{
  if (!identity || !admits (session, identity))
    return false;
  for (size_t i = 0; i < identity->key_count; i++)
    {
      auto_failure struct failure failure = FAILURE_NONE;
      auto_key struct key key = { NULL, 0 };
      unsigned char digest[32];

      if (read_key (session, identity, i, &key, &failure))
        continue;
      digest_key (&key, digest);
      if (memcmp (digest, session->key_digest, sizeof digest))
        continue;
      session->key_expires = identity->key[i].expires;
      return true;
    }
  return false;
}

/* Load the policy of generation GENERATION.  */
static gpg_error_t
load_policy (struct session *session, unsigned generation,
             struct failure *failure)
{
  struct daemon *daemon = session->daemon;
  auto_failure struct failure inner = FAILURE_NONE;
  unsigned char digest[FILE_HASH];
  struct policy policy;
  gpg_error_t err;

  err = policy_load (&daemon->machine, &daemon->registry, &policy, &inner);
  if (!err)
    {
      integrity_digest (&policy.seen, digest);
      if (memcmp (digest, daemon->shared->policy, sizeof digest))
        {
          policy_release (&policy);
          err = fail (&inner, GPG_ERR_CONFIGURATION,
                      "the policy was changed again and not reloaded");
        }
    }
  if (err)
    {
      /* The files changed again since the supervisor found them good.  */
      log_error ("session %s: %s\n", session->id, failure_words (&inner, err));
      return fail (failure, GPG_ERR_TRY_LATER,
                   "the policy does not load: see the daemon's log");
    }
  daemon->generation = generation;
  daemon->options.integrity = daemon->shared->integrity;
  daemon->options.config.stat = daemon->shared->config;
  policy_release (&daemon->policy);
  daemon->policy = policy;
  return 0;
}

/* End the session of one who may be here no more.  */
static gpg_error_t
end_session (struct session *session, gpg_err_code_t code, const char *why,
             struct failure *failure)
{
  session->gate.identity = NULL;
  assuan_set_flag (session->context, ASSUAN_FORCE_CLOSE, 1);
  return failure_refuse (failure, REFUSAL_IDENTITY,
                         fail (failure, code, "%s", why));
}

gpg_error_t
session_adopt_policy (struct session *session, struct failure *failure)
{
  struct daemon *daemon = session->daemon;
  unsigned generation = atomic_load (&daemon->shared->generation);
  bool reloaded = generation != daemon->generation;
  gpg_error_t err = reloaded ? load_policy (session, generation, failure) : 0;

  if (err || !session->identity_name[0]
      || identity_built_in (session->identity_name))
    return err;
  if (reloaded)
    {
      session->gate.identity = policy_identity (&daemon->policy,
                                                session->identity_name);
      if (!is_still_valid (session, session->gate.identity))
        return end_session (session, GPG_ERR_FORBIDDEN,
                            "the identity or its key was revoked", failure);
    }
  if (!session->gate.identity)
    return 0;
  if (identity_expired (session->gate.identity->expires))
    return end_session (session, GPG_ERR_KEY_EXPIRED,
                        "the identity has expired", failure);
  return identity_expired (session->key_expires)
             ? end_session (session, GPG_ERR_KEY_EXPIRED,
                            "the key has expired: authenticate with a new one",
                            failure)
             : 0;
}
