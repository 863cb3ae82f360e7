/* subjects_audit.c - what the audit log costs a call
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   In this process, on a log of its own: a whole record of a read, and the
   keyed chain alone (hash, mac, next key) over a record of that length.  */

#include <string.h>

#include <gcrypt.h>

#include "protocol/chain.h"
#include "src/call/registry.h"
#include "src/gate/audit.h"
#include "subject.h"

#define BODY 360 /* Bytes of such a record without hash and mac.  */

static struct machine machine;
static struct audit *audit;
static struct grammar row, common;
static struct call call;

static const struct verb verb
    = { .name = "GET", .args = "<path:augpath>", .effect = EFFECT_READ };
static const struct noun noun = { .name = "AUG" };
static const struct peer peer = { .uid = 1000, .gid = 1000, .pid = 4711 };
static const struct audit_subject subject
    = { .session = "0123456789abcdef",
        .call = "0123456789abcdef.123",
        .identity = "panel",
        .peer = &peer,
        .executable = "/usr/bin/gpg-connect-agent" };

static void
append_prepare (void)
{
  const struct audit_options options = { 0 };
  struct words words;

  if (machine_open (places.root, &machine, NULL)
      || audit_open (&machine, &options, &audit, NULL)
      || grammar_parse (verb.args, &row, NULL)
      || grammar_parse (REGISTRY_COMMON, &common, NULL)
      || words_split ("/files/etc/hosts/1/ipaddr", &words, NULL)
      || arguments_bind (&row, &common, words.word, words.count,
                         &call.arguments, NULL))
    give_up ("%s: no audit log", places.root);
  words_release (&words);
  call.noun = &noun;
  call.verb = &verb;
  call.machine = &machine;
}

static void
append_run (void)
{
  audit_call (audit, &subject, &call, 0, 25);
}

static void
chain_run (void)
{
  static unsigned char hash[CHAIN_BYTES], key[CHAIN_BYTES];
  static char body[BODY];
  char tail[CHAIN_TAIL];

  chain_step (hash, key, body, sizeof body, tail);
}

const struct subject audit_subjects[]
    = { { "audit.append", append_prepare, NULL, append_run, 500 },
        { "audit.chain", NULL, NULL, chain_run, 500 },
        { NULL, NULL, NULL, NULL, 0 } };
