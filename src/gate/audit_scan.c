/* audit_scan.c - reading the audit log's records back
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/memory.h"
#include "audit_inside.h"

/* Records that may be missing in a row; a larger number in a record is no
   number of ours.  */
#define GAP_MOST 10000000

/* Copy the string FIELD, cut if it is long, without undoing escapes: events,
   ids and verbs have none.  */
static void
copy_string (const struct json_field *field, char r_text[LOG_STATE_NAME])
{
  size_t length = field->length - 2;

  if (field->kind != JSON_STRING)
    return;
  if (length > LOG_STATE_NAME - 1)
    length = LOG_STATE_NAME - 1;
  memcpy (r_text, field->text + 1, length);
  r_text[length] = 0;
}

static bool
is_end (const char *event)
{
  return !strcmp (event, "end") || !strcmp (event, "aborted");
}

/* What LINE begins or ends.  Of others only the first fields are looked at.  */
static void
follow_event (const struct chain_line *line, struct audit_shared *shared,
              pid_t pid)
{
  char event[LOG_STATE_NAME] = "", call[LOG_STATE_NAME] = "";
  char verb[LOG_STATE_NAME] = "";
  struct json_scan scan;
  struct json_field field;
  int64_t begin = 0;
  bool found;
  int index;

  json_start (&scan, line->body, line->length);
  while (!json_next (&scan, &field, &found) && found
         && (!*event || is_end (event) || !strcmp (event, "begin")))
    if (json_is (&field, "event"))
      copy_string (&field, event);
    else if (json_is (&field, "call"))
      copy_string (&field, call);
    else if (json_is (&field, "verb"))
      copy_string (&field, verb);
    else if (json_is (&field, "begin"))
      json_whole_number (&field, &begin);
  if (!strcmp (event, "begin"))
    {
      index = audit_begun_find (shared, 0);
      if (audit_begun_find (shared, line->sequence) < 0 && index >= 0)
        audit_begun_set (shared, index, line->sequence, pid, call, verb);
    }
  else if (is_end (event))
    {
      index = begin ? audit_begun_find (shared, (uint64_t)begin) : -1;
      if (index >= 0)
        audit_begun_clear (shared, index);
    }
}

static void
wrong (struct audit_scan *scan, uint64_t sequence)
{
  if (!scan->wrong++)
    scan->tampered = sequence;
}

/* Go over the numbers up to SEQUENCE - 1, which are not there, unless lines
   that are none are where they were.  */
static void
pass_gap (struct audit_scan *scan, uint64_t sequence)
{
  struct log_standing *standing = &scan->standing;

  if (sequence - standing->sequence - 1 > scan->rubbish)
    {
      if (!scan->gap_first)
        scan->gap_first = standing->sequence + 1;
      scan->gap_last = sequence - 1;
    }
  for (; standing->sequence < sequence - 1; standing->sequence++)
    chain_key_next (standing->key);
}

/* Take LINE, which is behind the standing.  */
static void
take_line (struct audit_scan *scan, const struct chain_line *line)
{
  struct log_standing *standing = &scan->standing;
  unsigned char check[CHAIN_BYTES];
  bool gap = line->sequence != standing->sequence + 1;

  if (!scan->keyed)
    standing->sequence = line->sequence;
  else
    {
      if (gap)
        pass_gap (scan, line->sequence);
      chain_hash (standing->hash, line->body, line->length, check);
      standing->sequence++;
      if (!gap && !chain_equal (check, line->hash))
        wrong (scan, line->sequence);
      else
        {
          chain_mac (standing->key, line->hash, check);
          if (!chain_equal (check, line->mac))
            wrong (scan, line->sequence);
        }
      chain_key_next (standing->key);
    }
  memcpy (standing->hash, line->hash, CHAIN_BYTES);
  scan->rubbish = 0;
}

static void
scan_line (struct audit_scan *scan, const char *text, size_t length,
           struct audit_shared *shared, pid_t pid)
{
  struct log_standing *standing = &scan->standing;
  bool behind = scan->last >= standing->sequence;
  struct chain_line line;

  if (chain_line_split (text, length, &line)
      || (scan->keyed && line.sequence > standing->sequence + GAP_MOST)
      || (behind && line.sequence <= standing->sequence))
    {
      /* No record, or not one of this place: one that was changed, or put
         in.  */
      if (behind && scan->keyed)
        wrong (scan, standing->sequence + ++scan->rubbish);
      return;
    }
  if (!scan->first)
    scan->first = line.sequence;
  scan->last = line.sequence;
  if (line.sequence <= standing->sequence)
    return;
  take_line (scan, &line);
  follow_event (&line, shared, pid);
}

gpg_error_t
audit_scan_file (struct audit_scan *scan, int fd, uint64_t from,
                 struct audit_shared *shared, pid_t pid)
{
  auto_close int copy = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  auto_free char *line = NULL;
  FILE *stream = copy < 0 ? NULL : fdopen (copy, "r");
  gpg_error_t err = 0;
  size_t allocated = 0;
  ssize_t length;

  if (!stream)
    return gpg_error_from_syserror ();
  copy = -1;
  scan->good = from;
  scan->torn = 0;
  if (fseeko (stream, (off_t)from, SEEK_SET))
    err = gpg_error_from_syserror ();
  while (!err && (length = getline (&line, &allocated, stream)) > 0)
    if (line[length - 1] != '\n')
      scan->torn = (uint64_t)length;
    else
      {
        scan->good += (uint64_t)length;
        scan_line (scan, line, (size_t)length, shared, pid);
      }
  if (!err && !feof (stream))
    err = gpg_error_from_syserror ();
  fclose (stream);
  return err;
}
