/* audit_report.c - what "reeve audit verify" prints
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "../../protocol/record.h"
#include "audit.h"

static void
print_buffer (struct buffer *text)
{
  if (!buffer_error (text) && text->length)
    fwrite (text->bytes, 1, text->length, stdout);
}

/* "record 7", "records 7 to 9", or nothing.  */
static void
append_records (struct buffer *text, uint64_t first, uint64_t last)
{
  if (first && first == last)
    buffer_printf (text, "record %" PRIu64 ": ", first);
  else if (first)
    buffer_printf (text, "records %" PRIu64 " to %" PRIu64 ": ", first, last);
}

static void
print_text (const struct finding *finding, struct buffer *text)
{
  if (finding->file)
    {
      record_escape (text, finding->file, strlen (finding->file));
      if (finding->line)
        buffer_printf (text, ":%" PRIu64, finding->line);
      if (finding->last_line != finding->line)
        buffer_printf (text, "-%" PRIu64, finding->last_line);
      buffer_string (text, ": ");
    }
  append_records (text, finding->first, finding->last);
  buffer_printf (text, "%s: %s\n", finding_name (finding->kind), finding->text);
}

static void
append_number (struct buffer *text, const char *name, uint64_t number)
{
  if (number)
    buffer_printf (text, ",\"%s\":%" PRIu64, name, number);
}

static void
print_json (const struct finding *finding, struct buffer *text)
{
  buffer_string (text, "{\"finding\":");
  record_json (text, finding_name (finding->kind),
               strlen (finding_name (finding->kind)));
  if (finding->file)
    {
      buffer_string (text, ",\"file\":");
      record_json (text, finding->file, strlen (finding->file));
    }
  append_number (text, "line", finding->line);
  append_number (text, "last_line", finding->last_line);
  append_number (text, "sequence", finding->first);
  append_number (text, "last_sequence", finding->last);
  buffer_string (text, ",\"text\":");
  record_json (text, finding->text, strlen (finding->text));
  buffer_string (text, "}\n");
}

void
audit_print (void *opaque, const struct finding *finding)
{
  const struct settings *settings = opaque;
  auto_buffer struct buffer text = BUFFER_EMPTY;

  if (settings->json)
    print_json (finding, &text);
  else
    print_text (finding, &text);
  print_buffer (&text);
}

/* --- The sum --- */

static void
sum_as_json (struct buffer *text, size_t files, bool keyed,
             const struct audit_end *end, const struct verify_summary *summary)
{
  buffer_printf (text,
                 "{\"summary\":true,\"files\":%zu,\"records\":%" PRIu64
                 ",\"first\":%" PRIu64 ",\"last\":%" PRIu64
                 ",\"key\":%s,\"proved\":%" PRIu64 ",\"findings\":%" PRIu64
                 ",\"unsure\":%" PRIu64 ",\"removed\":%" PRIu64
                 ",\"end\":\"%s\",\"events\":{",
                 files, summary->records, summary->first, summary->last,
                 keyed ? "true" : "false", summary->macs, summary->findings,
                 summary->unsure, summary->removed,
                 !end->known              ? "unknown"
                 : summary->reached_state ? "reached"
                                          : "wrong");
  for (size_t i = 0; i < VERIFY_EVENTS; i++)
    buffer_printf (text, "%s\"%s\":%" PRIu64, i ? "," : "",
                   verify_event_names[i], summary->events[i]);
  buffer_string (text, "}}\n");
}

static void
append_events (struct buffer *text, const struct verify_summary *summary)
{
  bool any = false;

  for (size_t i = 0; i < VERIFY_EVENTS; i++)
    if (summary->events[i])
      {
        buffer_printf (text, "%s %" PRIu64 " %s",
                       any ? "," : "events:", summary->events[i],
                       verify_event_names[i]);
        any = true;
      }
  if (any)
    buffer_string (text, "\n");
}

static void
sum_as_text (struct buffer *text, size_t files, bool keyed,
             const struct audit_end *end, const struct verify_summary *summary)
{
  buffer_printf (text, "%zu file%s, %" PRIu64 " record%s", files,
                 files == 1 ? "" : "s", summary->records,
                 summary->records == 1 ? "" : "s");
  if (summary->first)
    buffer_printf (text, " (%" PRIu64 " to %" PRIu64 ")", summary->first,
                   summary->last);
  if (keyed)
    buffer_printf (text, ", %" PRIu64 " of them proved by the key\n",
                   summary->macs);
  else
    buffer_string (text, "\nwithout the key only the chain and the count are"
                         " checked: who wrote all of it anew is not seen\n");
  append_events (text, summary);
  if (summary->removed)
    buffer_printf (text,
                   "records 1 to %" PRIu64 " are gone since only the latest"
                   " files are kept (audit-files), says the log\n",
                   summary->removed);
  if (summary->unanchored)
    buffer_string (text, "the first record's content is not proved: that needs"
                         " the record before\n");
  if (!end->known)
    buffer_printf (text, "a cut-off end cannot be seen: %s\n", end->why_not);
  else if (summary->reached_state)
    buffer_string (text, "the log reaches the end that the machine knows\n");
  if (summary->findings)
    buffer_printf (text, "NOT WELL: %" PRIu64 " finding%s\n", summary->findings,
                   summary->findings == 1 ? "" : "s");
  else
    buffer_string (text, "all well\n");
}

enum status
audit_print_summary (const struct settings *settings, size_t files, bool keyed,
                     const struct audit_end *end,
                     const struct verify_summary *summary)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;

  if (settings->json)
    sum_as_json (&text, files, keyed, end, summary);
  else
    sum_as_text (&text, files, keyed, end, summary);
  print_buffer (&text);
  if (!buffer_error (&text) && !fflush (stdout) && !ferror (stdout))
    return STATUS_OK;
  complain ("cannot write: %s", strerror (errno));
  return STATUS_ERROR;
}
