/* trust.c - whether a server's certificate is the right one
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "trust.h"

#include <stdio.h>
#include <string.h>
#include <openssl/ssl.h>

/* OpenSSL's: whether the server's certificate is one of those wanted.  */
static int
check_leaf (X509_STORE_CTX *store, void *context)
{
  struct trust *trust = context;
  const struct endpoint *endpoint = trust->endpoint;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  X509 *leaf = X509_STORE_CTX_get0_cert (store);

  if (leaf && X509_digest (leaf, EVP_sha256 (), digest, &length)
      && length == PIN_BYTES)
    {
      for (size_t i = 0; i < endpoint->pin_count; i++)
        if (!CRYPTO_memcmp (digest, endpoint->pins[i], PIN_BYTES))
          {
            X509_STORE_CTX_set_error (store, X509_V_OK);
            return 1;
          }
      memcpy (trust->leaf, digest, PIN_BYTES);
      trust->strange = true;
    }
  X509_STORE_CTX_set_error (store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

static CURLcode
pin_leaf (CURL *easy, void *ssl_context, void *context)
{
  (void)easy;
  SSL_CTX_set_cert_verify_callback (ssl_context, check_leaf, context);
  return CURLE_OK;
}

CURLcode
trust_set (struct trust *trust, CURL *easy, const struct conf *conf,
           const struct endpoint *endpoint)
{
  struct curl_blob authorities = { conf->ca, conf->ca_length,
                                   CURL_BLOB_NOCOPY };
  bool pinned = endpoint->pin_count;
  bool checked = pinned || !conf->insecure;
  CURLcode rc = curl_easy_setopt (easy, CURLOPT_SSL_VERIFYPEER,
                                  checked ? 1L : 0L);

  trust->endpoint = endpoint;
  trust->strange = false;
  if (!rc)
    rc = curl_easy_setopt (easy, CURLOPT_SSL_VERIFYHOST,
                           checked && !pinned ? 2L : 0L);
  if (!rc)
    rc = curl_easy_setopt (easy, CURLOPT_SSL_CTX_FUNCTION,
                           pinned ? pin_leaf : NULL);
  if (!rc)
    rc = curl_easy_setopt (easy, CURLOPT_SSL_CTX_DATA, trust);
  if (!rc && checked && !pinned)
    rc = curl_easy_setopt (easy, CURLOPT_CAINFO_BLOB, &authorities);
  return rc;
}

gpg_error_t
trust_fail (const struct trust *trust, const char *server, const char *words,
            struct failure *failure)
{
  char text[PIN_BYTES * 3] = "";

  if (!trust->strange)
    return fail (failure, GPG_ERR_NOT_TRUSTED,
                 "%s: %.100s: see ca-file and fingerprint in pve.conf", server,
                 words);
  for (size_t i = 0; i < PIN_BYTES; i++)
    snprintf (text + 3 * i, 4, "%02X%s", trust->leaf[i],
              i + 1 < PIN_BYTES ? ":" : "");
  failure_detail (failure, "fingerprint", "%s", text);
  return fail (failure, GPG_ERR_NOT_TRUSTED,
               "%s has another certificate than the fingerprints in pve.conf",
               server);
}
