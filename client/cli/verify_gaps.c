/* verify_gaps.c - which numbers an audit log has, and which not
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <string.h>
#include "verifier.h"

/* --- Bad records --- */

void
claims_clear (struct verifier *verifier)
{
  verifier->claims.count = 0;
  verifier->claims.overflow = false;
  verifier->claims.unreadable = 0;
  verifier->claims.last = 0;
}

/* Note what may be the hash of the bad record LINE.  */
static void
note_hashes (struct verifier *verifier, const struct chain_line *line)
{
  struct claims *claims = &verifier->claims;
  const unsigned char *before = verifier->previous;

  if (claims->last && claims->last + 1 == line->sequence)
    before = claims->stated;
  chain_hash (before, line->body, line->length, claims->computed);
  memcpy (claims->stated, line->hash, CHAIN_BYTES);
  claims->last = line->sequence;
}

void
claims_add (struct verifier *verifier, const struct chain_line *line)
{
  struct claims *claims = &verifier->claims;
  uint64_t sequence = line->sequence;

  note_hashes (verifier, line);
  for (size_t i = 0; i < claims->count; i++)
    if (sequence >= claims->range[i].first
        && sequence - 1 <= claims->range[i].last)
      {
        if (sequence > claims->range[i].last)
          claims->range[i].last = sequence;
        return;
      }
  if (claims->count == CLAIMS)
    {
      claims->overflow = true;
      return;
    }
  claims->range[claims->count].first = sequence;
  claims->range[claims->count++].last = sequence;
}

/* The numbers from *AT to LAST that nothing claims, one range after the other:
   stored at R_FIRST and R_LAST; *AT goes behind.  */
static bool
next_unclaimed (const struct claims *claims, uint64_t *at, uint64_t last,
                uint64_t *r_first, uint64_t *r_last)
{
  size_t i = 0;

  /* Behind all claims that the front lies in.  */
  while (i < claims->count && *at <= last)
    if (*at >= claims->range[i].first && *at <= claims->range[i].last)
      {
        *at = claims->range[i].last + 1;
        i = 0;
      }
    else
      i++;
  if (*at > last)
    return false;
  *r_first = *at;
  *r_last = last;
  for (i = 0; i < claims->count; i++)
    if (claims->range[i].first > *at && claims->range[i].first <= *r_last)
      *r_last = claims->range[i].first - 1;
  *at = *r_last + 1;
  return true;
}

/* How many numbers from FIRST to LAST nothing claims.  */
static uint64_t
count_unclaimed (const struct claims *claims, uint64_t first, uint64_t last)
{
  uint64_t from, to;
  uint64_t count = 0;

  while (next_unclaimed (claims, &first, last, &from, &to))
    count += to - from + 1;
  return count;
}

/* --- Gaps --- */

/* A beginning that was removed as the operator wished is no finding.  */
static void
tell_gap (struct verifier *verifier, const struct gap *gap)
{
  struct finding finding
      = { .kind = FINDING_MISSING,
          .file = gap->file,
          .line = gap->line,
          .last_line = gap->line,
          .first = gap->first,
          .last = gap->last,
          .text = gap->unreadable ? "missing before this line, but for those "
                                    "that cannot be read"
                                  : "missing before this line" };

  if (gap->first == 1 && gap->last <= verifier->removed)
    verifier->summary.removed = gap->last;
  else
    verify_tell_finding (verifier, &finding);
}

static void
remove_gap (struct verifier *verifier, size_t index)
{
  verifier->gap_count--;
  memmove (&verifier->gap[index], &verifier->gap[index + 1],
           (verifier->gap_count - index) * sizeof *verifier->gap);
}

/* Room for one more; the oldest is told of if there is none.  */
static struct gap *
add_gap (struct verifier *verifier)
{
  if (verifier->gap_count == GAPS)
    {
      tell_gap (verifier, verifier->gap);
      remove_gap (verifier, 0);
    }
  return &verifier->gap[verifier->gap_count++];
}

void
gaps_take (struct verifier *verifier, uint64_t next)
{
  const struct claims *claims = &verifier->claims;
  uint64_t at = verifier->expected;
  uint64_t first, last;

  verifier->since_gap++;
  if (!at || at >= next
      || count_unclaimed (claims, at, next - 1) <= claims->unreadable)
    return;
  while (next_unclaimed (claims, &at, next - 1, &first, &last))
    {
      struct gap *gap = add_gap (verifier);

      *gap = (struct gap){ .first = first,
                           .last = last,
                           .maker = next,
                           .file = verifier->file,
                           .line = verifier->line,
                           .unreadable = claims->unreadable
                                         + (claims->overflow ? 1 : 0) };
      gap->has_previous = first == verifier->expected && verifier->has_previous;
      memcpy (gap->previous, verifier->previous, CHAIN_BYTES);
      key_of (verifier, first, &gap->key);
    }
  verifier->since_gap = 1;
}

/* The number of LINE, which GAP has, is there.  */
static void
fill (struct verifier *verifier, struct gap *gap, const struct chain_line *line,
      const struct evolved *key)
{
  struct gap rest = *gap;

  rest.first = line->sequence + 1;
  rest.has_previous = true;
  memcpy (rest.previous, line->hash, CHAIN_BYTES);
  rest.key = *key;
  if (rest.key.known)
    rest.key.known = key_advance (verifier, &rest.key, rest.first);
  if (line->sequence > gap->first)
    {
      gap->last = line->sequence - 1;
      if (rest.first <= rest.last)
        *add_gap (verifier) = rest;
    }
  else if (rest.first <= rest.last)
    *gap = rest;
  else
    remove_gap (verifier, (size_t)(gap - verifier->gap));
}

/* The record that made the newest GAP was a stranger: LINE goes on where the
   log was before it.  */
static void
forget_stranger (struct verifier *verifier, const struct gap *gap,
                 const struct chain_line *line)
{
  struct finding finding = { .kind = FINDING_INSERTED,
                             .file = gap->file,
                             .line = gap->line,
                             .last_line = gap->line,
                             .first = gap->maker,
                             .last = gap->maker,
                             .text = "inserted, or moved here" };

  verify_tell_finding (verifier, &finding);
  verifier->gap_count--;
  verifier->expected = line->sequence + 1;
  verifier->has_previous = true;
  memcpy (verifier->previous, line->hash, CHAIN_BYTES);
  verifier->summary.last = line->sequence;
  claims_clear (verifier);
}

/* LINE belongs into GAP, and a key proves it or not.  */
static void
late_with_key (struct verifier *verifier, struct gap *gap,
               const struct chain_line *line)
{
  struct evolved key = gap->key;

  if (key_advance (verifier, &key, line->sequence) && key_proves (&key, line))
    {
      verifier->summary.macs++;
      verify_tell (verifier, FINDING_MOVED, line->sequence,
                   "moved behind records with higher numbers");
      fill (verifier, gap, line, &key);
      return;
    }
  verifier->in_vain += line->sequence - gap->key.sequence;
  verify_tell (verifier, FINDING_CHANGED, line->sequence,
               "its mac does not fit, and it stands behind records with "
               "higher numbers");
}

void
gaps_late (struct verifier *verifier, const struct chain_line *line)
{
  unsigned char hash[CHAIN_BYTES];
  struct gap *gap = verifier->gap + verifier->gap_count;

  while (gap > verifier->gap)
    if ((--gap)->first <= line->sequence && line->sequence <= gap->last)
      {
        bool newest = gap + 1 == verifier->gap + verifier->gap_count;

        if (gap->key.known)
          {
            late_with_key (verifier, gap, line);
            return;
          }
        chain_hash (gap->previous, line->body, line->length, hash);
        if (newest && verifier->since_gap == 1 && gap->has_previous
            && line->sequence == gap->first && chain_equal (hash, line->hash))
          {
            forget_stranger (verifier, gap, line);
            return;
          }
        verify_tell (verifier, FINDING_MOVED, line->sequence,
                     "moved behind records with higher numbers, or inserted");
        fill (verifier, gap, line, &gap->key);
        return;
      }
  verify_tell (verifier, FINDING_REPEATED, line->sequence,
               "repeated, or inserted with an old number");
}

void
gaps_tell (struct verifier *verifier, uint64_t last)
{
  const struct claims *claims = &verifier->claims;
  uint64_t at = verifier->expected ? verifier->expected : 1;
  struct finding finding
      = { .kind = FINDING_CUT_OFF,
          .file = verifier->file,
          .text = "missing at the end: the log was cut off" };

  for (size_t i = 0; i < verifier->gap_count; i++)
    tell_gap (verifier, &verifier->gap[i]);
  verifier->gap_count = 0;
  if (at > last || count_unclaimed (claims, at, last) <= claims->unreadable)
    return;
  while (next_unclaimed (claims, &at, last, &finding.first, &finding.last))
    verify_tell_finding (verifier, &finding);
}
