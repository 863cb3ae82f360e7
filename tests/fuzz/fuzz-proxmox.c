/* fuzz-proxmox.c - what a server of Proxmox VE answers
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The first byte says the status, a piece the reason phrase, another the
   content type; the rest is the body.  An error has words and no data; of good
   data each member is read as each kind.  */

#include <jansson.h>
#include "fuzz.h"
#include "../../protocol/limits.h"
#include "../../src/mod/pve/answer.h"
#include "../../src/mod/pve/field.h"

static const unsigned statuses[] = { 200, 400, 401, 403, 500,
                                     501, 595, 596, 301, 404 };
#define STATUS_COUNT (sizeof statuses / sizeof *statuses)

/* The sink of a writer: each record is an object in one line.  */
static gpg_error_t
check_line (void *context, const char *bytes, size_t length)
{
  json_t *json;

  (void)context;
  if (!bytes || !length)
    return 0;
  require (bytes[length - 1] == '\n' && !memchr (bytes, '\n', length - 1));
  json = json_loadb (bytes, length, JSON_ALLOW_NUL, NULL);
  require (json);
  json_decref (json);
  return 0;
}

/* Write each member of OBJECT as each kind.  */
static void
check_members (json_t *object)
{
  struct writer out = { .sink = { check_line, NULL, NULL },
                        .output = OUTPUT_JSON };
  const char *key;
  json_t *value;

  json_object_foreach (object, key, value)
  {
    const struct field fields[] = {
      { "text", key, FIELD_TEXT },         { "number", key, FIELD_NUMBER },
      { "fraction", key, FIELD_FRACTION }, { "bool", key, FIELD_BOOL },
      { "time", key, FIELD_TIME },         { NULL, NULL, FIELD_TEXT }
    };

    require (!field_write (&out, object, fields));
    require (!out.in_record || !writer_record_end (&out));
  }
  writer_release (&out);
}

static void
check_failure (const struct failure *failure)
{
  require (failure->text && *failure->text);
  require (strlen (failure->text) <= LIMIT_ERROR_TEXT);
  for (const struct detail *detail = failure->details; detail;
       detail = detail->next)
    {
      require (*detail->name && !strpbrk (detail->name, " \r\n"));
      require (detail->length <= LIMIT_PVE_MESSAGE);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  struct feed feed = { bytes, bytes + size };
  unsigned status = statuses[feed_byte (&feed) % STATUS_COUNT];
  char *reason = feed_string (&feed);
  char *type = feed_string (&feed);
  const struct exchange exchange = { "GET",
                                     "/version",
                                     status,
                                     reason,
                                     type,
                                     (const char *)feed.at,
                                     feed_left (&feed) };
  struct failure failure = FAILURE_NONE;
  struct answer answer;
  gpg_error_t err = answer_read (&exchange, &answer, &failure);

  require (!err == !!answer.data);
  require (!err == (answer.verdict == VERDICT_DONE));
  require ((status == 200) == (!err || answer.verdict == VERDICT_GARBLED));
  if (err)
    check_failure (&failure);
  else
    check_members (answer.data);
  answer_release (&answer);
  failure_release (&failure);
  free (reason);
  free (type);
  return 0;
}
