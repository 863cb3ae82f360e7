/* auth.c - NONCE and AUTH
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   doc/protocol.texi has the exchange.  An identity that does not exist, one
   that this peer may not be, and one whose key cannot be read take the same
   path and time as a wrong response: the mac is computed with a random
   key.  */

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

/* Read the key of IDENTITY.  */
static gpg_error_t
read_key (struct session *session, const struct identity *identity,
          struct key *key, struct failure *failure)
{
  const struct handed_key *handed = session->daemon->key;
  auto_close int fd = -1;
  gpg_error_t err;

  if (!identity->key)
    {
      key->bytes = gcry_malloc_secure (handed->length);
      if (!key->bytes)
        return gpg_error_from_syserror ();
      memcpy (key->bytes, handed->bytes, handed->length);
      key->length = handed->length;
      return 0;
    }
  err = identity_open_key (identity, &session->daemon->machine, &fd, failure);
  return err ? err : handshake_read_key (fd, &key->bytes, &key->length);
}

/* A key that nobody has; the same files are read as for a true one.  */
static gpg_error_t
make_false_key (struct session *session, struct key *key)
{
  const struct policy *policy = &session->daemon->policy;

  if (policy->count)
    {
      read_key (session, policy->identity, key, NULL);
      key_release (key);
    }
  key->length = 2 * LIMIT_KEY_MIN;
  key->bytes = gcry_random_bytes_secure (key->length, GCRY_WEAK_RANDOM);
  return key->bytes ? 0 : gpg_error_from_syserror ();
}

/* The identity NAME if it exists and this peer may be it.  */
static const struct identity *
find_identity (struct session *session, const char *name)
{
  const struct daemon *daemon = session->daemon;
  const struct identity *identity = policy_identity (&daemon->policy, name);

  if (daemon->key && !strcmp (name, IDENTITY_SPAWNER))
    return identity_built_in (name);
  if (identity && identity_admits (identity, session->entrance->peer.uid))
    return identity;
  return NULL;
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
  return fail (failure, GPG_ERR_BAD_AUTH,
               "not this identity, key or peer: say NONCE and try again");
}

/* Compute mac and proof of the exchange that RESPONSE ends, with the right
   key or a false one; R_RIGHT tells whether RESPONSE proves the key.  */
static gpg_error_t
judge (struct session *session, const struct identity *identity,
       const struct key *key, const char *response, bool *r_right,
       char r_proof[HANDSHAKE_HEX + 1])
{
  struct handshake exchange = { .client_uid = session->entrance->peer.uid,
                                .server_uid = session->entrance->server_uid };
  char client_nonce[HANDSHAKE_HEX + 1];
  char given[HANDSHAKE_HEX + 1];
  char mac[HANDSHAKE_HEX + 1];
  bool formed = !handshake_parse (response, client_nonce, given);
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
                         r_proof);
  *r_right = !err && handshake_equal (mac, given) && formed && identity;
  return err;
}

/* The response proved IDENTITY's key.  */
static gpg_error_t
admit (struct session *session, const struct identity *identity,
       const struct key *key, const char *proof, struct failure *failure)
{
  struct daemon *daemon = session->daemon;
  char text[LIMIT_IDENTITY + HANDSHAKE_HEX + 2];
  pid_t nobody = 0;

  if (daemon->options.mode == RUN_SINGLE
      && !atomic_compare_exchange_strong (&daemon->shared->single, &nobody,
                                          getpid ()))
    {
      assuan_set_flag (session->context, ASSUAN_FORCE_CLOSE, 1);
      return fail (failure, GPG_ERR_FORBIDDEN,
                   "this daemon serves one client and has it");
    }
  session->gate.identity = identity;
  session->link.deadline = 0;
  snprintf (session->identity_name, sizeof session->identity_name, "%s",
            identity->name);
  digest_key (key, session->key_digest);
  snprintf (text, sizeof text, "%s %s", identity->name, proof);
  if (daemon->options.debug)
    log_info ("session %s uid=%lu pid=%ld: identity %s\n", session->id,
              (unsigned long)session->entrance->peer.uid,
              (long)session->entrance->peer.pid, identity->name);
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
  auto_key struct key key = { NULL, 0 };
  char proof[HANDSHAKE_HEX + 1];
  bool right = false;
  gpg_error_t err;

  if (identity)
    {
      auto_failure struct failure inner = FAILURE_NONE;

      err = read_key (session, identity, &key, &inner);
      if (err)
        {
          log_error ("identity %s: %s\n", identity->name,
                     inner.text ? inner.text : gpg_strerror (err));
          identity = NULL;
          key_release (&key);
        }
    }
  err = identity ? 0 : make_false_key (session, &key);
  if (!err)
    err = judge (session, identity, &key, response, &right, proof);
  session->nonce[0] = 0;
  if (err)
    return err;
  return right ? admit (session, identity, &key, proof, failure)
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

/* Whether the session's identity is still in the policy with the same key
   and for this peer.  */
static bool
is_still_valid (struct session *session, const struct identity *identity)
{
  auto_failure struct failure failure = FAILURE_NONE;
  auto_key struct key key = { NULL, 0 };
  unsigned char digest[32];

  if (!identity || !identity_admits (identity, session->entrance->peer.uid)
      || read_key (session, identity, &key, &failure))
    return false;
  digest_key (&key, digest);
  return !memcmp (digest, session->key_digest, sizeof digest);
}

gpg_error_t
session_adopt_policy (struct session *session, struct failure *failure)
{
  struct daemon *daemon = session->daemon;
  unsigned generation = atomic_load (&daemon->shared->generation);
  auto_failure struct failure inner = FAILURE_NONE;
  struct policy policy;
  gpg_error_t err;

  if (generation == daemon->generation)
    return 0;
  err = policy_load (&daemon->machine, &daemon->registry, &policy, &inner);
  if (err)
    {
      /* The files changed again since the supervisor found them good.  */
      log_error ("session %s: %s\n", session->id,
                 inner.text ? inner.text : gpg_strerror (err));
      return fail (failure, GPG_ERR_TRY_LATER,
                   "the policy does not load: see the daemon's log");
    }
  daemon->generation = generation;
  daemon->options.integrity = daemon->shared->integrity;
  daemon->options.config.stat = daemon->shared->config;
  policy_release (&daemon->policy);
  daemon->policy = policy;
  if (!session->identity_name[0] || identity_built_in (session->identity_name))
    return 0;
  session->gate.identity = policy_identity (&daemon->policy,
                                            session->identity_name);
  if (is_still_valid (session, session->gate.identity))
    return 0;
  session->gate.identity = NULL;
  assuan_set_flag (session->context, ASSUAN_FORCE_CLOSE, 1);
  return fail (failure, GPG_ERR_FORBIDDEN,
               "the identity or its key was revoked");
}
