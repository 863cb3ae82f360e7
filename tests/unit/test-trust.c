/* test-trust.c - tests of src/mod/pve/trust.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   tests/real/test-pve_trust.py has what needs servers.  */

#include "failed.h"

#include <stdarg.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "src/mod/pve/trust.h"

/* A certificate for this test, its SHA-256, and what trust_set wants of a
   handshake.  */
static X509 *leaf;
static unsigned char digest[PIN_BYTES];
static struct conf conf;
static CURL *easy;

/* What was set: of trust_set only what the library was told can be seen.  */
static long peer, host;
static bool authorities;
static CURLcode (*set_up) (CURL *easy, void *ssl_context, void *context);
static void *set_up_context;

static int (*check) (X509_STORE_CTX *store, void *context);
static void *check_context;

#undef curl_easy_setopt

CURLcode __wrap_curl_easy_setopt (CURL *handle, CURLoption option, ...);

CURLcode
__wrap_curl_easy_setopt (CURL *handle, CURLoption option, ...)
{
  va_list arguments;

  assert_ptr_equal (handle, easy);
  va_start (arguments, option);
  if (option == CURLOPT_SSL_VERIFYPEER)
    peer = va_arg (arguments, long);
  else if (option == CURLOPT_SSL_VERIFYHOST)
    host = va_arg (arguments, long);
  else if (option == CURLOPT_SSL_CTX_FUNCTION)
    set_up = va_arg (arguments, CURLcode (*) (CURL *, void *, void *));
  else if (option == CURLOPT_SSL_CTX_DATA)
    set_up_context = va_arg (arguments, void *);
  else if (option == CURLOPT_CAINFO_BLOB)
    authorities = true;
  else
    assert_int_equal (option, 0);
  va_end (arguments);
  return CURLE_OK;
}

void __wrap_SSL_CTX_set_cert_verify_callback (
    SSL_CTX *ssl, int (*callback) (X509_STORE_CTX *, void *), void *context);

void
__wrap_SSL_CTX_set_cert_verify_callback (
    SSL_CTX *ssl, int (*callback) (X509_STORE_CTX *, void *), void *context)
{
  (void)ssl;
  check = callback;
  check_context = context;
}

static int
setup (void **state)
{
  static const unsigned char secret[32] = { 7 };
  EVP_PKEY *key = EVP_PKEY_new_raw_private_key (EVP_PKEY_ED25519, NULL, secret,
                                                sizeof secret);
  unsigned length = 0;

  (void)state;
  leaf = X509_new ();
  if (!key || !leaf || !X509_set_pubkey (leaf, key)
      || !X509_sign (leaf, key, NULL)
      || !X509_digest (leaf, EVP_sha256 (), digest, &length)
      || length != PIN_BYTES)
    return -1;
  EVP_PKEY_free (key);
  easy = (CURL *)&conf;
  return 0;
}

static int
teardown (void **state)
{
  (void)state;
  X509_free (leaf);
  return 0;
}

/* The handshakes with ENDPOINT are checked as told.  */
static void
assert_set (struct trust *trust, const struct endpoint *endpoint,
            long wants_peer, long wants_host, bool wants_authorities)
{
  peer = host = -1;
  authorities = false;
  set_up = NULL;
  assert_int_equal (trust_set (trust, easy, &conf, endpoint), CURLE_OK);
  assert_int_equal (peer, wants_peer);
  assert_int_equal (host, wants_host);
  assert_int_equal (authorities, wants_authorities);
  assert_int_equal (set_up != NULL, endpoint->pin_count > 0);
  assert_ptr_equal (set_up_context, trust);
}

static void
test_what_is_checked (void **state)
{
  struct endpoint endpoint = { .pin_count = 0 };
  struct trust trust;

  (void)state;
  conf.insecure = false;
  assert_set (&trust, &endpoint, 1, 2, true);
  conf.insecure = true;
  assert_set (&trust, &endpoint, 0, 0, false);
  /* A fingerprint is asked for, whatever else is said.  */
  endpoint.pin_count = 1;
  assert_set (&trust, &endpoint, 1, 0, false);
  conf.insecure = false;
  assert_set (&trust, &endpoint, 1, 0, false);
}

/* Whether the certificate is taken where there are ENDPOINT's fingerprints.  */
static bool
is_taken (struct trust *trust, const struct endpoint *endpoint, X509 *shown)
{
  X509_STORE_CTX *store = X509_STORE_CTX_new ();
  int taken;

  assert_set (trust, endpoint, 1, 0, false);
  assert_int_equal (set_up (easy, NULL, set_up_context), CURLE_OK);
  X509_STORE_CTX_set_cert (store, shown);
  X509_STORE_CTX_set_error (store, X509_V_ERR_UNSPECIFIED);
  taken = check (store, check_context);
  assert_int_equal (X509_STORE_CTX_get_error (store) == X509_V_OK, taken);
  X509_STORE_CTX_free (store);
  return taken;
}

static void
test_fingerprints (void **state)
{
  struct endpoint endpoint = { .pin_count = 2 };
  struct trust trust;

  (void)state;
  memcpy (endpoint.pins[0], digest, PIN_BYTES);
  assert_true (is_taken (&trust, &endpoint, leaf));
  assert_false (trust.strange);
  /* Either is right, but each to its last bit.  */
  endpoint.pins[0][PIN_BYTES - 1] ^= 1;
  assert_false (is_taken (&trust, &endpoint, leaf));
  assert_true (trust.strange);
  assert_memory_equal (trust.leaf, digest, PIN_BYTES);
  memcpy (endpoint.pins[1], digest, PIN_BYTES);
  assert_true (is_taken (&trust, &endpoint, leaf));
  assert_false (trust.strange);
  /* What is behind those that are counted is none.  */
  endpoint.pin_count = 1;
  assert_false (is_taken (&trust, &endpoint, leaf));
}

static void
test_no_certificate (void **state)
{
  struct endpoint endpoint = { .pin_count = 1 };
  struct trust trust;

  (void)state;
  assert_false (is_taken (&trust, &endpoint, NULL));
  assert_false (trust.strange);
}

static void
test_words (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct trust trust = { .strange = false };

  (void)state;
  assert_code (trust_fail (&trust, "pve1:8006", "it has expired", &failure),
               GPG_ERR_NOT_TRUSTED);
  assert_string_equal (failure.text, "pve1:8006: it has expired: see ca-file "
                                     "and fingerprint in pve.conf");
  assert_detail (&failure, "fingerprint", NULL);
  failure_release (&failure);
  /* What came is told as pve.conf has it.  */
  trust.strange = true;
  trust.leaf[0] = 0xab;
  trust.leaf[PIN_BYTES - 1] = 0x0c;
  assert_code (trust_fail (&trust, "pve1:8006", "", &failure),
               GPG_ERR_NOT_TRUSTED);
  assert_string_equal (failed_detail (&failure, "fingerprint"),
                       "AB:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
                       "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:0C");
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_what_is_checked),
                                      cmocka_unit_test (test_fingerprints),
                                      cmocka_unit_test (test_no_certificate),
                                      cmocka_unit_test (test_words) };

  return cmocka_run_group_tests (tests, setup, teardown);
}
