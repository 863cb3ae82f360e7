/* conf.h - pve.conf: where the Proxmox servers are, and how to speak with them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Lines of an option's name and its words; those that begin with "#" are
   comments.  An environment variable REEVE_PVE_NAME ("REEVE_PVE_CA_FILE") that
   is set has the words in place of all lines with that option; a line feed
   separates several.  For tests.

     endpoint HOST[:PORT] [fingerprint=SHA256]...   one line for each server of
                     the cluster; PORT is 8006.  Up to two fingerprints of its
                     certificate, as the web interface shows them: no other
                     certificate is taken, and no authority asked.
     token-file FILE USER@REALM!TOKENID=SECRET is its one line.  Only root may
                     read it, and it is below OWN_CONFIG_DIR, which is no
                     client's.
     ca-file FILE    certificates (PEM) of authorities that may sign those of
                     servers; else those that the machine trusts.
     insecure        any certificate will do: for a machine on the same wire.
     connect-timeout TIME   for a connection to one server with its TLS: 5s.
     timeout TIME    for one request: 60s.
     user NAME       what the API worker runs as: reeve-api.  Where there is no
                     such user, it is nobody.  */

#ifndef REEVE_PVE_CONF_H
#define REEVE_PVE_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <gpg-error.h>
#include "../../../protocol/limits.h"
#include "../../base/machine.h"

#define PINS 2       /* One now, and one when it was renewed.  */
#define PIN_BYTES 32 /* Of a SHA-256.  */

struct endpoint
{
  char *host; /* A name, or an address without brackets.  */
  char *port;
  unsigned char pins[PINS][PIN_BYTES];
  size_t pin_count;
};

struct conf
{
  struct endpoint endpoints[LIMIT_PVE_ENDPOINTS];
  size_t count; /* At least one.  */
  char *token_file;
  char *ca_file;
  bool insecure;
  uint64_t connect_ms;
  uint64_t total_ms;
  char *user;

  /* Read by conf_read_secrets.  */
  char *token_id; /* "USER@REALM!TOKENID".  */
  char *header;   /* "Authorization: ...", with the secret.  */
  char *ca;       /* PEM, or NULL: no authority is needed.  */
  size_t ca_length;
};

/* Read pve.conf of MACHINE.  Every error is GPG_ERR_CONFIGURATION with words
   that name file and line.  */
gpg_error_t conf_read (const struct machine *machine, struct conf *r_conf,
                       struct failure *failure);

/* Read the token and the certificates that it names.  */
gpg_error_t conf_read_secrets (const struct machine *machine, struct conf *conf,
                               struct failure *failure);

/* Free all; the token is wiped.  */
void conf_release (struct conf *conf);

/* Whether TEXT is a token as Proxmox takes it: what is before and behind the
   last equals sign.  *R_ID is the length of the first part.  */
bool conf_is_token (const char *text, size_t *r_id);

#endif /* REEVE_PVE_CONF_H */
