/* verify_keys.c - the keys of an audit log's records
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <string.h>
#include "verifier.h"

/* One more than the index of the key text that reaches record SEQUENCE.  */
static size_t
text_of (const struct verifier *verifier, uint64_t sequence)
{
  size_t index = verifier->key_count;

  while (index && verifier->key[index - 1].sequence > sequence)
    index--;
  if (index && verifier->key[index - 1].sequence < verifier->rekeyed)
    return 0;
  return index;
}

/* If KEY is the one that the machine must have by its state, compare.  */
static void
compare_state (struct verifier *verifier, const struct evolved *key)
{
  const struct log_state *state = &verifier->state;

  if (!verifier->has_state || key->sequence != state->sequence + 1
      || text_of (verifier, key->sequence) != key->index + 1)
    return;
  verifier->key_compared = true;
  verifier->key_differs = !chain_equal (key->key, state->next_key);
}

bool
key_advance (struct verifier *verifier, struct evolved *key, uint64_t sequence)
{
  uint64_t steps = sequence - key->sequence;

  if (steps > FAR || (steps > NEAR && verifier->in_vain > IN_VAIN))
    return false;
  compare_state (verifier, key);
  while (key->sequence < sequence)
    {
      chain_key_next (key->key);
      key->sequence++;
      compare_state (verifier, key);
    }
  return true;
}

enum keyed
key_of (struct verifier *verifier, uint64_t sequence, struct evolved *r_key)
{
  size_t index = text_of (verifier, sequence);
  const struct verify_key *text;

  r_key->known = false;
  if (!index--)
    return KEYED_NOT;
  text = &verifier->key[index];
  if (verifier->current.known && verifier->current.index == index)
    *r_key = verifier->current;
  else
    {
      *r_key = (struct evolved){ .index = index, .sequence = text->sequence };
      memcpy (r_key->key, text->key, CHAIN_BYTES);
    }
  if (r_key->sequence > sequence)
    return KEYED_NOT;
  if (!key_advance (verifier, r_key, sequence))
    return KEYED_TOO_FAR;
  r_key->known = true;
  return KEYED;
}

bool
key_proves (const struct evolved *key, const struct chain_line *line)
{
  unsigned char mac[CHAIN_BYTES];

  chain_mac (key->key, line->hash, mac);
  return chain_equal (mac, line->mac);
}

void
key_renewed (struct verifier *verifier, uint64_t sequence)
{
  bool proved = text_of (verifier, sequence);

  verifier->rekeyed = sequence + 1;
  if (proved && !text_of (verifier, sequence + 1))
    verify_tell (verifier, FINDING_REKEY, sequence,
                 "a new key begins behind it: what follows is proved only by "
                 "that key's text, give it too");
}
