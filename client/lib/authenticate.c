/* authenticate.c - the client's side of the handshake
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include <config.h>

#include "handle.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <gcrypt.h>
#include "../../protocol/handshake.h"
#include "../../protocol/memory.h"

#define SECURE_BYTES 16384

struct session
{
  struct handshake h;
  char server_nonce[HANDSHAKE_HEX + 1];
  char client_nonce[HANDSHAKE_HEX + 1];
  char response[2 * HANDSHAKE_HEX + 2]; /* "<client-nonce>:<mac>" */
  char expected[HANDSHAKE_HEX + 1];
  bool proved;
};

static pthread_once_t gcrypt_once = PTHREAD_ONCE_INIT;

/* The program may have set libgcrypt up in its own way.  */
static void
set_up_gcrypt (void)
{
  if (gcry_control (GCRYCTL_INITIALIZATION_FINISHED_P))
    return;
  gcry_check_version (NULL);
  gcry_control (GCRYCTL_DISABLE_SECMEM_WARN);
  gcry_control (GCRYCTL_DISABLE_PRIV_DROP);
  gcry_control (GCRYCTL_INIT_SECMEM, SECURE_BYTES, 0);
  gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
}

/* Look out for "S AUTH <identity> <proof>".  */
static gpg_error_t
on_status (void *opaque, const char *keyword, const char *text)
{
  struct session *session = opaque;
  size_t length = strlen (session->h.identity);

  if (!strcmp (keyword, "AUTH") && !strncmp (text, session->h.identity, length)
      && text[length] == ' ' && handshake_is_hex (text + length + 1))
    session->proved = handshake_equal (text + length + 1, session->expected);
  return 0;
}

/* A server may ask for the response although it stood in the line.  */
static gpg_error_t
on_inquiry (void *opaque, reeve_t reeve, const char *name,
            const char *parameters)
{
  struct session *session = opaque;

  (void)parameters;
  if (strcmp (name, "RESPONSE"))
    return gpg_error (GPG_ERR_ASS_UNKNOWN_INQUIRE);
  return reeve_send (reeve, session->response, strlen (session->response));
}

static gpg_error_t
get_nonce (reeve_t reeve, struct session *session, gpg_error_t *r_server_error)
{
  reeve_answer_t answer;
  gpg_error_t err;
  const char *nonce;

  err = reeve_call (reeve, "NONCE", NULL, 0, &answer, r_server_error);
  if (err || *r_server_error)
    {
      reeve_answer_release (answer);
      return err;
    }
  nonce = reeve_answer_bytes (answer, NULL);
  if (handshake_is_hex (nonce))
    memcpy (session->server_nonce, nonce, sizeof session->server_nonce);
  else
    err = handle_abandon (reeve, GPG_ERR_INV_RESPONSE,
                          "the server sent a nonce that is none");
  reeve_answer_release (answer);
  return err;
}

static gpg_error_t
make_response (struct session *session, const void *key, size_t length)
{
  char mac[HANDSHAKE_HEX + 1];
  gpg_error_t err;

  handshake_nonce (session->client_nonce);
  err = handshake_mac (&session->h, HANDSHAKE_CLIENT, key, length, mac);
  if (!err)
    err = handshake_mac (&session->h, HANDSHAKE_SERVER, key, length,
                         session->expected);
  if (err)
    return err;
  memcpy (session->response, session->client_nonce, HANDSHAKE_HEX);
  session->response[HANDSHAKE_HEX] = ':';
  memcpy (session->response + HANDSHAKE_HEX + 1, mac, sizeof mac);
  return 0;
}

static gpg_error_t
run (reeve_t reeve, struct session *session, const void *key, size_t length,
     gpg_error_t *r_server_error)
{
  struct reeve_word words[] = { REEVE_ARG (session->h.identity),
                                REEVE_ARG (session->response) };
  gpg_error_t err;

  err = get_nonce (reeve, session, r_server_error);
  if (err || *r_server_error)
    return err;
  err = make_response (session, key, length);
  if (err)
    return err;
  err = reeve_call (reeve, "AUTH", words, 2, NULL, r_server_error);
  if (err || *r_server_error || session->proved)
    return err;
  return handle_abandon (reeve, GPG_ERR_NOT_TRUSTED,
                         "the server did not prove that it knows the key of"
                         " %s: it is not the one you meant",
                         session->h.identity);
}

gpg_error_t
reeve_authenticate_key (reeve_t reeve, const char *identity, const void *key,
                        size_t length, gpg_error_t *r_server_error)
{
  struct session session = { .h = { .identity = identity,
                                    .client_uid = reeve->client_uid,
                                    .server_uid = reeve->server_uid } };
  struct callbacks callbacks = reeve->callbacks;
  unsigned call_ms = reeve->call_ms;
  gpg_error_t verdict = 0;
  gpg_error_t err;

  if (r_server_error)
    *r_server_error = 0;
  if (!handshake_is_identity (identity))
    {
      handle_explain (reeve,
                      "an identity is letters, digits, '.', '_' and"
                      " '-', %d at most",
                      LIMIT_IDENTITY);
      return gpg_error (GPG_ERR_INV_USER_ID);
    }
  pthread_once (&gcrypt_once, set_up_gcrypt);
  session.h.server_nonce = session.server_nonce;
  session.h.client_nonce = session.client_nonce;
  reeve->callbacks = (struct callbacks){ .status = on_status,
                                         .status_opaque = &session,
                                         .inquire = on_inquiry,
                                         .inquire_opaque = &session };
  reeve->call_ms = reeve->connect_ms;
  err = run (reeve, &session, key, length, &verdict);
  reeve->callbacks = callbacks;
  reeve->call_ms = call_ms;
  if (err)
    return err;
  if (!r_server_error)
    return verdict;
  *r_server_error = verdict;
  return 0;
}

gpg_error_t
reeve_authenticate (reeve_t reeve, const char *identity, const char *keyfile,
                    gpg_error_t *r_server_error)
{
  auto_close int fd = -1;
  size_t length;
  gpg_error_t err;
  void *key;

  if (r_server_error)
    *r_server_error = 0;
  pthread_once (&gcrypt_once, set_up_gcrypt);
  fd = open (keyfile, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  err = fd < 0 ? gpg_error_from_syserror ()
               : handshake_read_key (fd, &key, &length);
  if (err)
    {
      handle_explain (reeve, "cannot read the key in %s", keyfile);
      return err;
    }
  err = reeve_authenticate_key (reeve, identity, key, length, r_server_error);
  explicit_bzero (key, length);
  gcry_free (key);
  return err;
}
