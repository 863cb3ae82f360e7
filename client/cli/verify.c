/* verify.c - judging the records of an audit log
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Where a key proves a record, its number is believed and what has another
   mac is not.  Where none does, a record is believed that follows the one
   before.  */

#include <config.h>

#include <string.h>
#include <gcrypt.h>
#include "../../protocol/json.h"
#include "../../protocol/line_reader.h"
#include "../../protocol/log_files.h"
#include "verifier.h"

const char *const verify_event_names[VERIFY_EVENTS + 1] = {
  "gap", "missed", "recovered", "tampered", "aborted", "rekey", "removed", NULL
};

const char *
finding_name (enum finding_kind kind)
{
  static const char *const names[] = { [FINDING_CHANGED] = "changed",
                                       [FINDING_MISSING] = "missing",
                                       [FINDING_CUT_OFF] = "cut-off",
                                       [FINDING_INSERTED] = "inserted",
                                       [FINDING_MOVED] = "moved",
                                       [FINDING_REPEATED] = "repeated",
                                       [FINDING_UNREADABLE] = "unreadable",
                                       [FINDING_REKEY] = "rekey",
                                       [FINDING_KEY] = "key",
                                       [FINDING_STATE] = "state",
                                       [FINDING_UNSURE] = "unsure" };

  return names[kind];
}

/* --- Telling --- */

static void
tell_held (struct verifier *verifier)
{
  if (!verifier->held.text)
    return;
  if (verifier->held.kind == FINDING_UNSURE)
    verifier->summary.unsure++;
  else
    verifier->summary.findings++;
  verifier->report (verifier->opaque, &verifier->held);
  verifier->held.text = NULL;
}

/* Whether FINDING only goes on with what HELD says.  */
static bool
goes_on (const struct finding *held, const struct finding *finding)
{
  return held->text == finding->text && held->kind == finding->kind
         && held->file == finding->file && finding->line
         && held->last_line + 1 == finding->line
         && (finding->first ? held->last && held->last + 1 == finding->first
                            : !held->last);
}

/* What concerns lines that follow each other is told as one.  */
void
verify_tell_finding (struct verifier *verifier, const struct finding *finding)
{
  struct finding *held = &verifier->held;

  if (held->text && goes_on (held, finding))
    {
      held->last_line = finding->last_line;
      held->last = finding->last;
      return;
    }
  tell_held (verifier);
  *held = *finding;
}

void
verify_tell (struct verifier *verifier, enum finding_kind kind,
             uint64_t sequence, const char *text)
{
  struct finding finding = { .kind = kind,
                             .file = verifier->file,
                             .line = verifier->line,
                             .last_line = verifier->line,
                             .first = sequence,
                             .last = sequence,
                             .text = text };

  verify_tell_finding (verifier, &finding);
}

/* --- Judging --- */

/* Whether a record's content fits its hash.  */
enum fit
{
  FITS,
  FITS_NOT,
  FITS_UNKNOWN /* Nobody knows the hash before.  */
};

static bool
follows (const unsigned char previous[CHAIN_BYTES],
         const struct chain_line *line)
{
  unsigned char hash[CHAIN_BYTES];

  chain_hash (previous, line->body, line->length, hash);
  return chain_equal (hash, line->hash);
}

static enum fit
fit_of (const struct verifier *verifier, const struct chain_line *line)
{
  static const unsigned char zero[CHAIN_BYTES];
  const struct claims *claims = &verifier->claims;

  if (line->sequence == 1)
    return follows (zero, line) ? FITS : FITS_NOT;
  if (line->sequence == verifier->expected && verifier->has_previous)
    return follows (verifier->previous, line) ? FITS : FITS_NOT;
  if (claims->last && claims->last + 1 == line->sequence
      && (follows (claims->stated, line) || follows (claims->computed, line)))
    return FITS;
  return FITS_UNKNOWN;
}

/* Tell if LINE, whose number is believed, cannot be shown to be whole.  */
static void
tell_unknown (struct verifier *verifier, const struct chain_line *line)
{
  if (verifier->summary.last || verifier->claims.count
      || verifier->claims.unreadable)
    verify_tell (verifier, FINDING_UNSURE, line->sequence,
                 "its content cannot be proved without the record before");
  else
    verifier->summary.unanchored = true;
}

/* The next field of SCAN, of a removed record, names the file.  */
static void
take_removed (struct verifier *verifier, struct json_scan *scan)
{
  struct json_field field;
  char name[LOG_FILES_ROOM];
  struct log_file file;
  bool found;

  if (json_next (scan, &field, &found) || !found || !json_is (&field, "file")
      || field.kind != JSON_STRING || field.length - 2 >= sizeof name)
    return;
  memcpy (name, field.text + 1, field.length - 2);
  name[field.length - 2] = 0;
  /* It was the oldest one.  */
  if (log_file_parse (name, &file) && file.last > verifier->removed)
    verifier->removed = file.last;
}

/* Count the event of LINE, a good record.  */
static void
take_event (struct verifier *verifier, const struct chain_line *line)
{
  struct json_scan scan;
  struct json_field field;
  bool found;

  /* It is the third field.  */
  json_start (&scan, line->body, line->length);
  for (int i = 0; i < 3; i++)
    if (json_next (&scan, &field, &found) || !found)
      return;
  if (!json_is (&field, "event") || field.kind != JSON_STRING)
    return;
  for (size_t i = 0; verify_event_names[i]; i++)
    if (strlen (verify_event_names[i]) == field.length - 2
        && !memcmp (verify_event_names[i], field.text + 1, field.length - 2))
      {
        verifier->summary.events[i]++;
        if (!strcmp (verify_event_names[i], "rekey") && verifier->key_count)
          key_renewed (verifier, line->sequence);
        else if (!strcmp (verify_event_names[i], "removed"))
          take_removed (verifier, &scan);
      }
}

/* LINE is good: go on behind it.  */
static void
move_on (struct verifier *verifier, const struct chain_line *line)
{
  struct verify_summary *summary = &verifier->summary;

  gaps_take (verifier, line->sequence);
  claims_clear (verifier);
  if (!summary->first)
    summary->first = line->sequence;
  summary->last = line->sequence;
  verifier->expected = line->sequence + 1;
  verifier->has_previous = true;
  memcpy (verifier->previous, line->hash, CHAIN_BYTES);
  if (verifier->has_state && line->sequence == verifier->state.sequence)
    verifier->hash_differs = !chain_equal (line->hash, verifier->state.hash);
  take_event (verifier, line);
}

static void
judge_by_key (struct verifier *verifier, const struct chain_line *line,
              const struct evolved *key)
{
  enum fit fit = fit_of (verifier, line);

  if (key_proves (key, line))
    {
      verifier->summary.macs++;
      if (fit == FITS_NOT)
        verify_tell (verifier, FINDING_CHANGED, line->sequence,
                     "its content does not fit its hash, which is genuine");
      else if (fit == FITS_UNKNOWN)
        tell_unknown (verifier, line);
      move_on (verifier, line);
      verifier->current = *key;
      return;
    }
  verifier->mac_misses++;
  if (line->sequence > verifier->expected)
    verifier->in_vain += line->sequence - verifier->expected;
  verify_tell (verifier, FINDING_CHANGED, line->sequence,
               fit == FITS ? "its mac is wrong: written without the key"
                           : "its mac does not fit its hash: changed, or "
                             "inserted");
  claims_add (verifier, line);
}

static void
judge_by_chain (struct verifier *verifier, const struct chain_line *line)
{
  switch (fit_of (verifier, line))
    {
    case FITS:
      break;
    case FITS_NOT:
      verify_tell (verifier, FINDING_CHANGED, line->sequence,
                   "it does not follow the record before: one of the two was "
                   "changed");
      break;
    case FITS_UNKNOWN:
      tell_unknown (verifier, line);
      break;
    }
  move_on (verifier, line);
}

static void
judge (struct verifier *verifier, const struct chain_line *line)
{
  struct evolved key;

  verifier->summary.records++;
  if (line->sequence < verifier->expected)
    {
      gaps_late (verifier, line);
      return;
    }
  switch (line->sequence == UINT64_MAX
              ? KEYED_TOO_FAR
              : key_of (verifier, line->sequence, &key))
    {
    case KEYED:
      judge_by_key (verifier, line, &key);
      break;
    case KEYED_NOT:
      judge_by_chain (verifier, line);
      break;
    case KEYED_TOO_FAR:
      verifier->claims.unreadable++;
      verify_tell (verifier, FINDING_CHANGED, line->sequence,
                   "its number is too far from the one before");
      break;
    }
}

static void
unreadable (struct verifier *verifier, enum finding_kind kind, const char *text)
{
  verifier->claims.unreadable++;
  verify_tell (verifier, kind, 0, text);
}

static void
judge_line (struct verifier *verifier, enum line_state state, const char *text,
            size_t length)
{
  struct chain_line line;

  verifier->line++;
  if (state == LINE_TOO_LONG)
    unreadable (verifier, FINDING_UNREADABLE, "longer than any record");
  else if (state == LINE_PARTIAL)
    unreadable (verifier, FINDING_CUT_OFF,
                "the file ends in the middle of this record");
  else if (chain_line_split (text, length, &line))
    unreadable (verifier, FINDING_UNREADABLE, "no record");
  else
    judge (verifier, &line);
}

/* --- The whole --- */

gpg_error_t
verify_start (uint64_t first, const struct verify_key *keys, size_t count,
              const struct log_state *state, verify_report_t report,
              void *opaque, struct verifier **r_verifier)
{
  struct verifier *verifier;

  *r_verifier = NULL;
  if (count > VERIFY_KEYS || (state && state->sequence >= UINT64_MAX - 1))
    return gpg_error (GPG_ERR_INV_ARG);
  verifier = gcry_calloc_secure (1, sizeof *verifier);
  if (!verifier)
    return gpg_error_from_syserror ();
  verifier->report = report;
  verifier->opaque = opaque;
  verifier->expected = first;
  verifier->key_count = count;
  if (count)
    memcpy (verifier->key, keys, count * sizeof *keys);
  if (state)
    {
      verifier->has_state = true;
      verifier->state = *state;
    }
  *r_verifier = verifier;
  return 0;
}

gpg_error_t
verify_file (struct verifier *verifier, const char *name, int fd,
             uint64_t last_record)
{
  struct line_reader reader;
  enum line_state state;
  size_t length;
  char *text;
  gpg_error_t err;

  verifier->file = name;
  verifier->line = 0;
  line_reader_start (&reader, fd, CHAIN_LINE_MOST - 1);
  while (!(err = line_reader_next (&reader, &state, &text, &length))
         && state != LINE_END)
    {
      judge_line (verifier, state, text, length);
      if (state == LINE_PARTIAL)
        break;
    }
  line_reader_release (&reader);
  if (last_record > verifier->named_end && last_record < UINT64_MAX)
    verifier->named_end = last_record;
  return err;
}

/* Compare the end with the machine's state.  */
static void
judge_state (struct verifier *verifier)
{
  const struct log_state *state = &verifier->state;
  struct evolved key;

  verifier->line = 0;
  if (!verifier->key_compared)
    key_of (verifier, state->sequence + 1, &key);
  if (verifier->key_compared && verifier->key_differs)
    verify_tell (verifier, FINDING_STATE, state->sequence,
                 "the machine's key is not the one that follows from the key "
                 "given: the log was begun anew, or its end was rewritten");
  if (verifier->hash_differs)
    verify_tell (verifier, FINDING_STATE, state->sequence,
                 "it is not the record that the machine wrote last");
  verifier->summary.reached_state
      = verifier->summary.last >= state->sequence && !verifier->hash_differs
        && (!verifier->key_count
            || (verifier->key_compared && !verifier->key_differs));
}

void
verify_end (struct verifier *verifier, struct verify_summary *r_summary)
{
  uint64_t last = verifier->named_end;

  if (verifier->has_state && verifier->state.sequence > last)
    last = verifier->state.sequence;
  gaps_tell (verifier, last);
  if (verifier->has_state)
    judge_state (verifier);
  verifier->file = NULL;
  verifier->line = 0;
  if (verifier->mac_misses && !verifier->summary.macs)
    verify_tell (verifier, FINDING_KEY, 0,
                 "no record fits the key given: is it the key of this log?");
  tell_held (verifier);
  *r_summary = verifier->summary;
  verify_release (verifier);
}

void
verify_release (struct verifier *verifier)
{
  if (!verifier)
    return;
  explicit_bzero (verifier, sizeof *verifier);
  gcry_free (verifier);
}
