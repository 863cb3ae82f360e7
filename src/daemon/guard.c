/* guard.c - what libassuan fails to check in lines and inquiries
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gpg-error.h>

#include "session.h"

/* An answer that breaks off or is too long libassuan frees as it is, which may
   be part of a secret: wipe all that it frees.  */
static void
wipe_and_free (void *memory)
{
  if (memory)
    explicit_bzero (memory, malloc_usable_size (memory));
  free (memory);
}

struct assuan_malloc_hooks session_memory = { malloc, realloc, wipe_and_free };

/* Whether LINE, which answers an inquiry, has an escape that libassuan's
   decoder would never finish with, or takes for a character it is not.  */
static bool
has_bad_escape (const char *line, size_t length)
{
  static const char digits[] = "0123456789abcdefABCDEF";

  for (size_t i = 0; i < length; i++)
    if (line[i] == '%')
      {
        if (length - i < 3 || !line[i + 1] || !strchr (digits, line[i + 1])
            || !line[i + 2] || !strchr (digits, line[i + 2]))
          return true;
        i += 2;
      }
  return false;
}

/* Drop all that the client sends from here on.  */
static void
break_off (struct session *session, gpg_err_code_t code)
{
  session->broken = code;
  session_hang_up ();
}

/* libassuan answers a word that it does not know itself, without advice: put
   our answer in the place of its LINE.  */
static unsigned int
advise (struct session *session, const char *line, size_t length)
{
  static const char advice[]
      = " - there is no such noun or word: HELP lists all\n";
  const gpg_error_t err = gpg_err_make (GPG_ERR_SOURCE_USER_1,
                                        GPG_ERR_ASS_UNKNOWN_CMD);
  char start[16];
  int count;

  if (!length || *line != 'E')
    return 0;
  count = snprintf (start, sizeof start, "ERR %u ", err);
  if (length < (size_t)count || memcmp (line, start, (size_t)count)
      || memmem (line, length, " - ", 3))
    return 0;
  session_rate (session, NULL);
  account_line_refused (session, REFUSAL_PARSE, err, "unknown command");
  link_write (&session->link, line, length);
  link_write (&session->link, advice, sizeof advice - 1);
  return ASSUAN_IO_MONITOR_IGNORE;
}

/* A request with a NUL would run as what stands before it, and what stands
   behind a line that is too long is no request: after either nothing is read
   any more.  In the answer to an inquiry a NUL or a bad escape makes the
   inquiry fail; a line with the latter never reaches the decoder.  */
unsigned int
session_monitor (assuan_context_t context, void *hook, int direction,
                 const char *line, size_t length)
{
  struct session *session = hook;
  bool nul_byte;

  (void)context;
  if (direction != ASSUAN_IO_FROM_PEER)
    return advise (session, line, length);
  nul_byte = memchr (line, 0, length);
  if (!session->broken && length > LIMIT_LINE)
    break_off (session, GPG_ERR_LINE_TOO_LONG);
  else if (!session->broken && nul_byte && !session->inquiring)
    break_off (session, GPG_ERR_INV_ARG);
  if (session->broken)
    return ASSUAN_IO_MONITOR_IGNORE;
  session->nul_byte |= nul_byte;
  if (session->inquiring && length >= 2 && (*line == 'D' || *line == 'd')
      && line[1] == ' ' && has_bad_escape (line + 2, length - 2))
    {
      session->bad_escape = true;
      return ASSUAN_IO_MONITOR_IGNORE;
    }
  return 0;
}

/* The words for an inquiry that failed with ERR.  */
static gpg_error_t
tell_inquiry (const char *keyword, size_t limit, gpg_error_t err,
              struct failure *failure)
{
  switch (gpg_err_code (err))
    {
    case GPG_ERR_ASS_CANCELED:
      return fail (failure, GPG_ERR_CANCELED, "the answer to %s was canceled",
                   keyword);
    case GPG_ERR_ASS_TOO_MUCH_DATA:
      return fail (failure, GPG_ERR_TOO_LARGE, "%s: at most %zu bytes", keyword,
                   limit);
    case GPG_ERR_ASS_UNEXPECTED_CMD:
      return fail (failure, GPG_ERR_ASS_UNEXPECTED_CMD,
                   "INQUIRE %s is answered by D lines and END, or CAN",
                   keyword);
    case GPG_ERR_LINE_TOO_LONG:
      return fail (failure, GPG_ERR_LINE_TOO_LONG,
                   "%s: at most %d bytes a line: write more D lines", keyword,
                   LIMIT_LINE);
    case GPG_ERR_TIMEOUT:
      return fail (failure, GPG_ERR_TIMEOUT,
                   "%s: the answer did not come in time", keyword);
    default:
      return fail (failure, gpg_err_code (err), "%s: %s", keyword,
                   gpg_strerror (err));
    }
}

/* What the monitor found in the answer to KEYWORD, or ERR.  */
static gpg_error_t
judge_answer (struct session *session, const char *keyword, size_t limit,
              gpg_error_t err, struct failure *failure)
{
  /* A client that answers late would be out of step.  */
  if (gpg_err_code (err) == GPG_ERR_ASS_LINE_TOO_LONG)
    break_off (session, GPG_ERR_LINE_TOO_LONG);
  else if (gpg_err_code (err) == GPG_ERR_ETIMEDOUT)
    break_off (session, GPG_ERR_TIMEOUT);
  if (session->broken)
    {
      session->told = true;
      err = gpg_error (session->broken);
    }
  else if (session->nul_byte)
    return fail (failure, GPG_ERR_INV_ARG, "%s: a value cannot have a NUL byte",
                 keyword);
  else if (session->bad_escape)
    return fail (failure, GPG_ERR_SYNTAX,
                 "%s: a percent sign needs two hex digits: %%25 is the sign",
                 keyword);
  return err ? tell_inquiry (keyword, limit, err, failure) : 0;
}

/* Which gate an answer did not pass that failed with ERR.  */
static enum refusal
inquiry_refusal (gpg_error_t err)
{
  switch (gpg_err_code (err))
    {
    case GPG_ERR_CANCELED:
      return REFUSAL_NONE;
    case GPG_ERR_TOO_LARGE:
    case GPG_ERR_TIMEOUT:
      return REFUSAL_LIMIT;
    default:
      return REFUSAL_PARSE;
    }
}

gpg_error_t
session_inquire (struct session *session, const char *keyword, size_t limit,
                 bool secret, char **r_bytes, size_t *r_length,
                 struct failure *failure)
{
  uint64_t saved = session->link.deadline;
  uint64_t deadline = link_now () + session->daemon->options.limits.line_ms;
  unsigned char *bytes = NULL;
  size_t length = 0;
  gpg_error_t err;

  *r_bytes = NULL;
  *r_length = 0;
  session->bad_escape = session->nul_byte = false;
  session->inquiring = true;
  if (!saved || deadline < saved)
    session->link.deadline = deadline;
  if (secret)
    assuan_begin_confidential (session->context);
  err = assuan_inquire (session->context, keyword, &bytes, &length, limit);
  session->link.deadline = saved;
  session->inquiring = false;
  if (!err && memchr (bytes, 0, length))
    session->nul_byte = true;
  err = judge_answer (session, keyword, limit, err, failure);
  if (!err)
    {
      *r_bytes = (char *)bytes;
      *r_length = length;
      return 0;
    }
  failure_refuse (failure, inquiry_refusal (err), err);
  if (bytes && secret)
    explicit_bzero (bytes, length);
  free (bytes);
  return err;
}
