/* line.c - the lines of the Assuan protocol
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include <config.h>

#include "handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Read more behind what is in REEVE->input.  */
static gpg_error_t
fill (reeve_t reeve)
{
  size_t have = reeve->end - reeve->begin;
  ssize_t n;

  memmove (reeve->input, reeve->input + reeve->begin, have);
  reeve->begin = 0;
  reeve->end = have;
  if (link_flush (&reeve->link))
    return handle_abandon_errno (reeve);
  cancel_wait (reeve);
  n = link_read (&reeve->link, reeve->input + have, sizeof reeve->input - have);
  cancel_wait_end (reeve);
  if (n < 0)
    return handle_abandon_errno (reeve);
  if (!n)
    return handle_abandon (reeve, GPG_ERR_EOF,
                           "the server closed the connection%s",
                           have ? " in the middle of a line" : "");
  reeve->end += (size_t)n;
  return 0;
}

gpg_error_t
line_read (reeve_t reeve, char **r_line, size_t *r_length)
{
  char *line, *end;
  size_t length;
  gpg_error_t err;

  *r_line = NULL;
  for (;;)
    {
      line = reeve->input + reeve->begin;
      length = reeve->end - reeve->begin;
      end = memchr (line, '\n', length);
      if (end || length > LIMIT_LINE + 1)
        break;
      err = fill (reeve);
      if (err)
        return err;
    }
  if (end)
    length = (size_t)(end - line);
  if (length && line[length - 1] == '\r')
    length--;
  if (!end || length > LIMIT_LINE)
    return handle_abandon (reeve, GPG_ERR_INV_RESPONSE,
                           "the server sent a line of more than %d bytes",
                           LIMIT_LINE);
  reeve->begin = (size_t)(end + 1 - reeve->input);
  line[length] = 0;
  *r_line = line;
  *r_length = length;
  return 0;
}

gpg_error_t
line_write (reeve_t reeve, const char *line, size_t length)
{
  if (link_write (&reeve->link, line, length) < 0
      || link_write (&reeve->link, "\n", 1) < 0)
    return handle_abandon_errno (reeve);
  return 0;
}

/* Write C to R_TEXT as it stands in a D line; return how many bytes.  */
static size_t
encode (char c, char r_text[3])
{
  static const char digits[] = "0123456789ABCDEF";

  if (c != '%' && c != '\r' && c != '\n')
    {
      r_text[0] = c;
      return 1;
    }
  r_text[0] = '%';
  r_text[1] = digits[(unsigned char)c >> 4];
  r_text[2] = digits[c & 15];
  return 3;
}

gpg_error_t
line_write_data (reeve_t reeve, const char *bytes, size_t length)
{
  const char *end = bytes + length;
  char line[LIMIT_LINE] = "D ";
  size_t used = 2;
  gpg_error_t err = 0;

  while (bytes < end && !err)
    {
      char text[3];
      size_t width = encode (*bytes, text);

      if (used + width <= sizeof line)
        {
          memcpy (line + used, text, width);
          used += width;
          bytes++;
        }
      if (bytes == end || used + width > sizeof line)
        {
          err = line_write (reeve, line, used);
          used = 2;
        }
    }
  explicit_bzero (line, sizeof line);
  return err;
}

/* The value of the hex digit C, or -1.  */
static int
hex_value (char c)
{
  static const char digits[] = "0123456789abcdefABCDEF";
  const char *digit = c ? strchr (digits, c) : NULL;
  int value = digit ? (int)(digit - digits) : -1;

  return value > 15 ? value - 6 : value;
}

gpg_error_t
line_decode (char *text, size_t *length)
{
  const char *end = text + *length;
  const char *from = memchr (text, '%', *length);
  char *to = text + (from ? from - text : 0);

  if (!from)
    return 0;
  while (from < end)
    {
      int high, low;

      if (*from != '%')
        {
          *to++ = *from++;
          continue;
        }
      if (end - from < 3 || (high = hex_value (from[1])) < 0
          || (low = hex_value (from[2])) < 0)
        return gpg_error (GPG_ERR_SYNTAX);
      *to++ = (char)(high << 4 | low);
      from += 3;
    }
  *length = (size_t)(to - text);
  return 0;
}

void
line_explain (reeve_t reeve, const char *text)
{
  const char *advice = strstr (text, "> - ");

  for (size_t i = 0; i < reeve->detail_count; i++)
    if (!strcmp (reeve->details[i].name, "advice"))
      {
        handle_explain (reeve, "%s", reeve->details[i].value);
        return;
      }
  handle_explain (reeve, "%s", advice ? advice + 4 : text);
}

gpg_error_t
line_verdict (reeve_t reeve, const char *line, gpg_error_t *r_server_error,
              const char **r_text)
{
  unsigned long code;
  char *end;

  errno = 0;
  code = strtoul (line, &end, 10);
  if (*line < '0' || *line > '9' || (*end && *end != ' ') || errno
      || code > UINT32_MAX || !gpg_err_code ((gpg_error_t)code))
    return handle_abandon (reeve, GPG_ERR_INV_RESPONSE,
                           "the server sent an ERR line without a code");
  *r_server_error = (gpg_error_t)code;
  *r_text = end + (*end == ' ');
  return 0;
}
