/* trust.h - whether a server's certificate is the right one
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An endpoint with fingerprints is trusted by them alone; one without by the
   authorities, unless pve.conf says insecure.  */

#ifndef REEVE_PVE_TRUST_H
#define REEVE_PVE_TRUST_H

#include <stdbool.h>
#include <curl/curl.h>
#include <gpg-error.h>
#include "../../base/failure.h"
#include "conf.h"

/* What was found for one request.  */
struct trust
{
  const struct endpoint *endpoint;
  bool strange;                  /* The certificate has none of the pins: */
  unsigned char leaf[PIN_BYTES]; /* this is its SHA-256.  */
};

/* Have the next handshakes of EASY checked as CONF wants it for ENDPOINT, one
   of its own.  TRUST must live as long as EASY.  */
CURLcode trust_set (struct trust *trust, CURL *easy, const struct conf *conf,
                    const struct endpoint *endpoint);

/* Fail with GPG_ERR_NOT_TRUSTED for SERVER, whose certificate was refused;
   WORDS are libcurl's.  The detail fingerprint has what came.  */
gpg_error_t trust_fail (const struct trust *trust, const char *server,
                        const char *words, struct failure *failure);

#endif /* REEVE_PVE_TRUST_H */
