/* fuzz-client.c - what libreeve makes of a server's lines
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An input is a byte of flags and pieces: each is what one read gives.  Of
   calls that succeed a second, simpler reader says what the answer is.  */

#include "fuzz.h"
#include <fcntl.h>
#include <unistd.h>
#include "../../client/lib/handle.h"
#include "../../protocol/words.h"

#define CALLS 4

enum flags
{
  WITH_STATUS = 1,
  WITH_DATA = 2,
  WITH_INQUIRE = 4,
  WITH_LONG_VALUE = 8,
  FAILING_STATUS = 16,
  FAILING_DATA = 32
};

static struct feed feed;
static struct buffer stream; /* All that was read.  */
static struct buffer sent;
static const char *piece;
static size_t piece_left;

ssize_t __real_link_read (struct link *link, void *bytes, size_t size);
ssize_t __wrap_link_read (struct link *link, void *bytes, size_t size);

ssize_t
__wrap_link_read (struct link *link, void *bytes, size_t size)
{
  buffer_append (&sent, link->pending.bytes, link->pending.length);
  buffer_clear (&link->pending);
  while (!piece_left && feed_left (&feed))
    piece = feed_piece (&feed, &piece_left);
  if (size > piece_left)
    size = piece_left;
  if (!size)
    return 0;
  memcpy (bytes, piece, size);
  buffer_append (&stream, piece, size);
  piece += size;
  piece_left -= size;
  return (ssize_t)size;
}

static gpg_error_t
see_status (void *opaque, const char *keyword, const char *text)
{
  require (*keyword && strlen (text) <= LIMIT_LINE);
  return *(unsigned *)opaque & FAILING_STATUS ? gpg_error (GPG_ERR_EIO) : 0;
}

static gpg_error_t
see_data (void *opaque, const char *bytes, size_t length)
{
  require (length <= LIMIT_LINE && (!length || bytes));
  return *(unsigned *)opaque & FAILING_DATA ? gpg_error (GPG_ERR_EIO) : 0;
}

static gpg_error_t
see_inquiry (void *opaque, reeve_t reeve, const char *name,
             const char *parameters)
{
  static const char answer[] = "50%\n";

  (void)opaque;
  require (!strpbrk (name, " \n"));
  if (*parameters)
    return gpg_error (GPG_ERR_ASS_UNKNOWN_INQUIRE);
  return reeve_send (reeve, answer, sizeof answer);
}

/* --- The other reader --- */

static int
hex (char c)
{
  return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Append the data of the LINE of LENGTH bytes to ANSWER.  */
static void
model_data (struct buffer *answer, const char *line, size_t length)
{
  for (size_t i = 2; i < length; i++)
    if (line[i] == '%')
      {
        char c = (char)(hex (line[i + 1]) * 16 + hex (line[i + 2]));

        buffer_append (answer, &c, 1);
        i += 2;
      }
    else
      buffer_append (answer, line + i, 1);
}

/* The data up to the OK that ends the stream at OFFSET; OFFSET is moved behind
   it.  */
static void
model_answer (size_t *offset, struct buffer *answer)
{
  for (;;)
    {
      const char *line = stream.bytes + *offset;
      const char *end = memchr (line, '\n', stream.length - *offset);
      size_t length;

      require (end);
      length = (size_t)(end - line);
      *offset += length + 1;
      if (length && line[length - 1] == '\r')
        length--;
      if (length >= 2 && !memcmp (line, "D ", 2))
        model_data (answer, line, length);
      else if (length >= 2 && !memcmp (line, "OK", 2))
        return;
    }
}

/* --- Calls --- */

/* The line that was sent has the words that were given.  */
static void
check_line (const struct reeve_word *given, size_t count)
{
  struct words words;
  char *end;

  require (sent.length && (end = memchr (sent.bytes, '\n', sent.length)));
  require ((size_t)(end - sent.bytes) <= LIMIT_LINE);
  *end = 0;
  require (!words_split (sent.bytes, &words, NULL));
  require (words.count == count + 2);
  for (size_t i = 0; i < count; i++)
    require (words.word[i + 2].kind == WORD_ASK
             || !strcmp (words.word[i + 2].text, given[i].bytes));
  words_release (&words);
}

static void
check_details (reeve_t reeve)
{
  const char *name, *value;
  size_t length;

  for (size_t i = 0; i < reeve_detail_count (reeve); i++)
    {
      reeve_detail (reeve, i, &name, &value, &length);
      require (*name && !value[length]);
    }
}

/* One call; whether the connection is still good.  */
static bool
call (reeve_t reeve, unsigned flags, size_t *offset)
{
  static char long_value[1500];
  struct reeve_word words[] = { REEVE_ARG ("--a \"value\" of 50%"),
                                REEVE_ARG (long_value) };
  struct buffer model = BUFFER_EMPTY;
  reeve_answer_t answer = NULL;
  gpg_error_t verdict, err;
  const char *bytes;
  size_t length;

  memset (long_value, 'v', sizeof long_value - 1);
  if (!(flags & WITH_LONG_VALUE))
    words[1].bytes = "@";
  buffer_clear (&sent);
  err = reeve_call (reeve, "AUG SET", words, 2, &answer, &verdict);
  if (sent.length)
    check_line (words, 2);
  require (!err || !verdict || !reeve->dead);
  check_details (reeve);
  if (!err && !verdict)
    {
      require (answer);
      model_answer (offset, &model);
      bytes = reeve_answer_bytes (answer, &length);
      require (flags & WITH_DATA
                   ? !length
                   : length == model.length
                         && !memcmp (bytes, model.length ? model.bytes : "",
                                     length));
    }
  reeve_answer_release (answer);
  buffer_release (&model);
  if (reeve->dead)
    require (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL) == err);
  return !err && !verdict;
}

static void
run (reeve_t reeve, unsigned flags)
{
  int fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
  size_t offset;

  if (flags & WITH_STATUS)
    reeve_set_status_cb (reeve, see_status, &flags);
  if (flags & WITH_DATA)
    reeve_set_data_cb (reeve, see_data, &flags);
  if (flags & WITH_INQUIRE)
    reeve_set_inquire_cb (reeve, see_inquiry, &flags);
  if (reeve_open_fd (reeve, fd, fd))
    return;
  require (reeve->begin <= reeve->end && reeve->end <= sizeof reeve->input);
  offset = stream.length - (reeve->end - reeve->begin);
  for (int i = 0; i < CALLS && call (reeve, flags, &offset); i++)
    ;
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  unsigned flags;
  reeve_t reeve;

  feed = (struct feed){ bytes, bytes + size };
  piece_left = 0;
  flags = feed_byte (&feed);
  require (!reeve_new (&reeve));
  run (reeve, flags);
  reeve_release (reeve);
  buffer_release (&stream);
  buffer_release (&sent);
  return 0;
}
