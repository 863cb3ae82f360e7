/* audit_record.c - the text of an audit record
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   This runs for every call: no printf, no memory but the record's.  */

#include <string.h>

#include "protocol/record.h"
#include "../base/file.h"
#include "../call/registry.h"
#include "audit_inside.h"

#define VALUE_MOST 256 /* Longer values are told by their hash.  */
#define TEXT_MOST 256  /* Longer words about an error are cut.  */

/* --- Pieces --- */

/* Write NUMBER as digits that end before END, WIDTH of them or as many as it
   has if these are more; returns their start.  */
static char *
digits_before (char *end, int width, uint64_t number)
{
  for (; number || width > 0; number /= 10, width--)
    *--end = (char)('0' + number % 10);
  return end;
}

static void
append_number (struct buffer *record, uint64_t number)
{
  char text[20];
  char *end = text + sizeof text;
  char *start = digits_before (end, 1, number);

  buffer_append (record, start, (size_t)(end - start));
}

static void
append_key (struct buffer *record, const char *name)
{
  buffer_append (record, "\"", 1);
  buffer_string (record, name);
  buffer_append (record, "\":", 2);
}

static void
append_name (struct buffer *record, const char *name)
{
  buffer_append (record, ",", 1);
  append_key (record, name);
}

/* Append a value that a client gave.  */
static void
append_value (struct buffer *record, const char *bytes, size_t length)
{
  unsigned char hash[CHAIN_BYTES];
  char hex[CHAIN_HEX];

  if (length <= VALUE_MOST)
    {
      record_json (record, bytes, length);
      return;
    }
  file_hash (bytes, length, hash);
  chain_to_hex (hash, hex);
  buffer_string (record, "{\"bytes\":");
  append_number (record, length);
  buffer_string (record, ",\"sha256\":\"");
  buffer_append (record, hex, sizeof hex);
  buffer_string (record, "\"}");
}

/* Append words of ours, cut at a character.  */
static void
append_text (struct buffer *record, const char *text)
{
  size_t length = strnlen (text, TEXT_MOST + 1);

  if (length > TEXT_MOST)
    for (length--; length && ((unsigned char)text[length] & 0xc0) == 0x80;)
      length--;
  record_json (record, text, length);
}

void
record_begin (struct buffer *record, const char *event)
{
  static const char head[AUDIT_HEAD];

  buffer_clear (record);
  buffer_append (record, head, sizeof head);
  buffer_string (record, "\"event\":");
  record_json (record, event, strlen (event));
}

void
record_field (struct buffer *record, const char *name, const char *text)
{
  if (!text)
    return;
  append_name (record, name);
  append_text (record, text);
}

void
record_number (struct buffer *record, const char *name, uint64_t number)
{
  append_name (record, name);
  append_number (record, number);
}

/* --- Who and what --- */

void
record_subject (struct buffer *record, const struct audit_subject *subject)
{
  if (!subject)
    return;
  record_field (record, "call", subject->call);
  record_field (record, "session", subject->session);
  record_field (record, "identity", subject->identity);
  if (subject->peer)
    {
      record_number (record, "uid", subject->peer->uid);
      record_number (record, "gid", subject->peer->gid);
      record_number (record, "pid", (uint64_t)subject->peer->pid);
    }
  record_field (record, "executable", subject->executable);
}

void
record_verb_name (const struct call *call, char r_name[LOG_STATE_NAME])
{
  const char *const parts[] = { call->noun->name, " ", call->verb->name };
  size_t length = 0;

  for (size_t i = 0; i < 3; i++)
    for (const char *c = parts[i]; *c && length < LOG_STATE_NAME - 1; c++)
      r_name[length++] = *c;
  r_name[length] = 0;
}

/* The values of one argument stand side by side.  The reason has a field of
   its own, which *R_REASON is for.  */
static void
record_arguments (struct buffer *record, const struct call *call,
                  const struct argument_value **r_reason)
{
  size_t count = call->arguments ? arguments_count (call->arguments) : 0;
  const struct grammar_item *before = NULL;

  for (size_t i = 0; i < count; i++)
    {
      const struct argument_value *value = arguments_value (call->arguments, i);

      if (!value->text)
        continue;
      if (value->item->option && !strcmp (value->item->name, "reason"))
        {
          *r_reason = value;
          continue;
        }
      if (value->item == before)
        buffer_append (record, ",", 1);
      else
        {
          buffer_string (record, before ? "]," : ",\"arguments\":{");
          append_key (record, value->item->name);
          buffer_append (record, "[", 1);
          before = value->item;
        }
      if (value->item->type->flags & TYPE_SECRET)
        buffer_string (record, "\"(secret)\"");
      else
        append_value (record, value->text, value->length);
    }
  if (before)
    buffer_append (record, "]}", 2);
}

void
record_call (struct buffer *record, const struct audit_subject *subject,
             const struct call *call)
{
  const struct argument_value *reason = NULL;
  char verb[LOG_STATE_NAME];

  record_subject (record, subject);
  record_verb_name (call, verb);
  record_field (record, "verb", verb);
  record_arguments (record, call, &reason);
  if (reason || (subject && subject->reason))
    {
      const char *text = reason ? reason->text : subject->reason;

      append_name (record, "reason");
      append_value (record, text, strlen (text));
    }
  if (call->dry_run)
    buffer_string (record, ",\"dry_run\":true");
  if (call->plan && plan_count (call->plan))
    {
      append_name (record, "plan");
      if (plan_evidence (call->plan, record))
        record->failed = 1;
    }
}

/* --- What came of it --- */

void
record_error (struct buffer *record, gpg_error_t err, const char *text)
{
  if (!err)
    return;
  buffer_string (record, ",\"error\":{\"code\":");
  append_number (record, gpg_err_code (err));
  record_field (record, "name", gpg_strerror (err));
  record_field (record, "text", text);
  buffer_append (record, "}", 1);
}

static const char *
outcome_name (const struct call *call, gpg_error_t outcome)
{
  switch (gpg_err_code (outcome))
    {
    case GPG_ERR_NO_ERROR:
      return call->dry_run && call->verb->effect != EFFECT_READ ? "dry-run"
                                                                : "ok";
    case GPG_ERR_CANCELED:
      return "canceled";
    case GPG_ERR_FORBIDDEN:
    case GPG_ERR_NO_AUTH:
      return "refused";
    default:
      return "error";
    }
}

void
record_outcome (struct buffer *record, const struct call *call,
                gpg_error_t outcome, uint64_t duration_us)
{
  record_field (record, "outcome", outcome_name (call, outcome));
  record_error (record, outcome, call->failure.text);
  record_number (record, "duration_us", duration_us);
}

/* --- Number and time --- */

char *
record_head (struct audit *audit, struct buffer *record, uint64_t sequence)
{
  static const char start[] = "{\"sequence\":";
  static const char middle[] = ",\"time\":\"";
  char *head = record->bytes + AUDIT_HEAD;
  struct timespec now;
  struct tm tm;

  clock_gettime (CLOCK_REALTIME, &now);
  if (now.tv_sec != audit->second || !*audit->second_text)
    {
      audit->second = now.tv_sec;
      gmtime_r (&now.tv_sec, &tm);
      strftime (audit->second_text, sizeof audit->second_text,
                "%Y-%m-%dT%H:%M:%S", &tm);
    }
  head -= 3;
  memcpy (head, "Z\",", 3);
  head = digits_before (head, 6, (uint64_t)now.tv_nsec / 1000);
  *--head = '.';
  head -= strlen (audit->second_text);
  memcpy (head, audit->second_text, strlen (audit->second_text));
  head -= sizeof middle - 1;
  memcpy (head, middle, sizeof middle - 1);
  head = digits_before (head, 1, sequence);
  head -= sizeof start - 1;
  return memcpy (head, start, sizeof start - 1);
}
