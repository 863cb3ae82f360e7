/* fuzz-inquiry.c - the answers to inquiries, and what the guard makes of them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The first byte chooses the limit, the second one how the bytes come in and
   whether the values are secret; the rest is what a client sends: the answer
   to an inquiry, a request, an answer and so on.  libassuan reads it under
   our guard; what comes out is what the protocol says, which is said here
   once more, on the whole input and in the plainest way.  */

#include "fuzz.h"
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <strings.h>
#include <sys/time.h>
#include <unistd.h>
#include "../../protocol/buffer.h"
#include "../../src/daemon/session.h"

#define ASSUAN_LINE 1002 /* What libassuan takes, the LF counted.  */
#define SECONDS 5        /* Of processor time for an input.  */

static struct daemon machinery;
static struct session session;
static struct buffer sent;

/* What the client sends, and how it is handed out.  */
static struct
{
  const char *bytes;
  size_t length;
  size_t at;
  unsigned stride;
  unsigned reads;
  bool silent; /* At the end the client says nothing instead of leaving.  */
  bool closed;
} client;

/* --- What the guard and libassuan need --- */

void
session_hang_up (void)
{
  client.closed = true;
}

gpg_error_t
session_rate (struct session *whose, struct failure *failure)
{
  (void)whose;
  (void)failure;
  return 0;
}

static ssize_t
hook_read (assuan_context_t context, assuan_fd_t fd, void *bytes, size_t size)
{
  size_t left = client.closed ? 0 : client.length - client.at;
  size_t most = 1 + client.stride * ++client.reads % ASSUAN_LINE;

  (void)context;
  (void)fd;
  if (!left && client.silent && !client.closed)
    {
      errno = ETIMEDOUT;
      return -1;
    }
  if (size > left)
    size = left;
  if (client.stride && size > most)
    size = most;
  memcpy (bytes, client.bytes + client.at, size);
  client.at += size;
  return (ssize_t)size;
}

static ssize_t
hook_write (assuan_context_t context, assuan_fd_t fd, const void *bytes,
            size_t size)
{
  (void)context;
  (void)fd;
  buffer_append (&sent, bytes, size);
  return (ssize_t)size;
}

static int
hook_close (assuan_context_t context, assuan_fd_t fd)
{
  (void)context;
  (void)fd;
  return 0;
}

static struct assuan_system_hooks hooks = {
  ASSUAN_SYSTEM_HOOKS_VERSION,
  __assuan_usleep,
  __assuan_pipe,
  hook_close,
  hook_read,
  hook_write,
  __assuan_recvmsg,
  __assuan_sendmsg,
  __assuan_spawn,
  __assuan_waitpid,
  __assuan_socketpair,
  __assuan_socket,
  __assuan_connect,
};

static int
no_log (assuan_context_t context, void *hook, unsigned int category,
        const char *message)
{
  (void)context;
  (void)hook;
  (void)category;
  (void)message;
  return 0;
}

/* --- Secrets are wiped --- */

gpg_error_t __real_assuan_inquire (assuan_context_t context,
                                   const char *keyword, unsigned char **r_bytes,
                                   size_t *r_length, size_t limit);
gpg_error_t __wrap_assuan_inquire (assuan_context_t context,
                                   const char *keyword, unsigned char **r_bytes,
                                   size_t *r_length, size_t limit);
void __real_free (void *memory);
void __wrap_free (void *memory);

static bool secret;
static bool by_libassuan;      /* It is what frees now.  */
static unsigned char *decoded; /* What it handed over, ...  */
static size_t decoded_length;  /* ... until that is freed.  */

gpg_error_t
__wrap_assuan_inquire (assuan_context_t context, const char *keyword,
                       unsigned char **r_bytes, size_t *r_length, size_t limit)
{
  gpg_error_t err = __real_assuan_inquire (context, keyword, r_bytes, r_length,
                                           limit);

  decoded = err ? NULL : *r_bytes;
  decoded_length = *r_length;
  return err;
}

static void
require_wiped (const unsigned char *bytes, size_t length)
{
  for (size_t i = 0; i < length; i++)
    require (!bytes[i]);
}

void
__wrap_free (void *memory)
{
  if (memory && by_libassuan)
    require_wiped (memory, malloc_usable_size (memory));
  if (memory && memory == decoded)
    {
      if (secret)
        require_wiped (decoded, decoded_length);
      decoded = NULL;
    }
  __real_free (memory);
}

static void
libassuan_free (void *memory)
{
  by_libassuan = true;
  session_memory.free (memory);
  by_libassuan = false;
}

/* --- What the protocol says --- */

static struct buffer expected;

/* The client's next line is LENGTH bytes at TEXT; or why there is none.  */
static gpg_err_code_t
take_line (struct feed *feed, const char **r_text, size_t *r_length)
{
  const char *end = memchr (feed->at, '\n', feed_left (feed));
  size_t length = end ? (size_t)(end - (const char *)feed->at)
                      : feed_left (feed);

  if (length >= ASSUAN_LINE)
    return GPG_ERR_ASS_LINE_TOO_LONG;
  if (!end)
    return client.silent ? GPG_ERR_ETIMEDOUT : GPG_ERR_EOF;
  *r_text = (const char *)feed->at;
  feed->at += length + 1;
  *r_length = length && end[-1] == '\r' ? length - 1 : length;
  return 0;
}

static int
hex_digit (int byte)
{
  return byte >= '0' && byte <= '9'   ? byte - '0'
         : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
         : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                      : -1;
}

/* Append what the LENGTH bytes at TEXT stand for to EXPECTED, or nothing and
   return false.  */
static bool
decode (const char *text, size_t length)
{
  size_t before = expected.length;

  for (size_t i = 0; i < length; i++)
    {
      char byte = text[i];

      if (byte == '%')
        {
          int high = i + 1 < length ? hex_digit (text[i + 1]) : -1;
          int low = i + 2 < length ? hex_digit (text[i + 2]) : -1;

          if (high < 0 || low < 0)
            {
              expected.length = before;
              return false;
            }
          byte = (char)(high << 4 | low);
          i += 2;
        }
      buffer_append (&expected, &byte, 1);
    }
  return true;
}

/* Whether LINE ends the answer, whatever stands behind a blank.  */
static bool
is_end (const char *line, size_t length)
{
  return length >= 3 && !strncasecmp (line, "END", 3)
         && (length == 3 || line[3] == ' ' || !line[3]);
}

/* Whether LINE cancels the inquiry, which libassuan takes anything for that
   begins so.  */
static bool
is_cancel (const char *line, size_t length)
{
  return length >= 3 && !strncasecmp (line, "CAN", 3);
}

/* How an inquiry for at most LIMIT bytes ends; 0: with what is EXPECTED.  */
static gpg_err_code_t
expect (struct feed *feed, size_t limit)
{
  bool nul = false, bad = false;
  gpg_err_code_t code;
  const char *line;
  size_t length;

  buffer_clear (&expected);
  for (;;)
    {
      code = take_line (feed, &line, &length);
      if (code == GPG_ERR_ASS_LINE_TOO_LONG || (!code && length > LIMIT_LINE))
        return GPG_ERR_LINE_TOO_LONG;
      if (code == GPG_ERR_ETIMEDOUT)
        return GPG_ERR_TIMEOUT;
      if (code)
        break;
      nul |= memchr (line, 0, length) != NULL;
      if (!length || *line == '#')
        continue;
      if (is_end (line, length))
        {
          code = expected.length > limit ? GPG_ERR_TOO_LARGE : 0;
          break;
        }
      if (is_cancel (line, length))
        code = GPG_ERR_CANCELED;
      else if (length < 2 || (*line != 'D' && *line != 'd') || line[1] != ' ')
        code = GPG_ERR_ASS_UNEXPECTED_CMD;
      else if (!decode (line + 2, length - 2))
        bad = true;
      if (code)
        break;
    }
  if (!code && expected.length)
    nul |= memchr (expected.bytes, 0, expected.length) != NULL;
  return nul ? GPG_ERR_INV_ARG : bad ? GPG_ERR_SYNTAX : code;
}

/* --- What is --- */

static void
check_failure (const struct failure *failure)
{
  require (failure->text && strstr (failure->text, "VALUE"));
  for (const char *p = failure->text; *p; p++)
    require ((unsigned char)*p >= 0x20 && *p != 0x7f);
}

/* The code of ERR.  Whether a line that was cut off is one depends on how it
   came in.  */
static gpg_err_code_t
code_of (gpg_error_t err)
{
  return gpg_err_code (err) == GPG_ERR_ASS_INCOMPLETE_LINE ? GPG_ERR_EOF
                                                           : gpg_err_code (err);
}

/* Inquire; whether the client is still in step.  */
static bool
inquire (struct feed *feed, size_t limit)
{
  struct failure failure = FAILURE_NONE;
  gpg_err_code_t wanted = expect (feed, limit);
  char *bytes = (char *)"";
  size_t length = 1;
  uint64_t deadline = client.reads;
  gpg_error_t err;

  buffer_clear (&sent);
  session.link.deadline = deadline;
  err = session_inquire (&session, "VALUE", limit, secret, &bytes, &length,
                         &failure);
  require (code_of (err) == wanted);
  require (!session.inquiring && session.link.deadline == deadline);
  require (sent.length == 14 && !memcmp (sent.bytes, "INQUIRE VALUE\n", 14));
  require (session.broken
           == (wanted == GPG_ERR_LINE_TOO_LONG || wanted == GPG_ERR_TIMEOUT
                   ? wanted
                   : 0));
  require (session.told == !!session.broken);
  require (client.closed == !!session.broken);
  if (err)
    {
      require (!bytes && !length && !decoded);
      check_failure (&failure);
    }
  else
    {
      require (length == expected.length && length <= limit);
      require (!length || !memcmp (bytes, expected.bytes, length));
      require (strlen (bytes) == length && !failure.text);
      explicit_bzero (bytes, length);
      free (bytes);
    }
  failure_release (&failure);
  return !session.broken && wanted != GPG_ERR_EOF;
}

/* Read a request; whether it may be carried out.  */
static bool
request (struct feed *feed)
{
  const char *wanted_line = "";
  size_t wanted_length = 0, length;
  gpg_err_code_t wanted = take_line (feed, &wanted_line, &wanted_length);
  gpg_err_code_t broken
      = wanted || wanted_length <= LIMIT_LINE
            ? !wanted && memchr (wanted_line, 0, wanted_length)
                  ? GPG_ERR_INV_ARG
                  : 0
            : GPG_ERR_LINE_TOO_LONG;
  gpg_error_t err;
  char *line;

  err = assuan_read_line (session.context, &line, &length);
  require (code_of (err) == wanted);
  require (session.broken == broken && client.closed == !!broken);
  if (err)
    return false;
  if (broken)
    {
      require (!length);
      return false;
    }
  require (length == wanted_length && !memcmp (line, wanted_line, length));
  require (!line[length]);
  return true;
}

static void
give_up (int number)
{
  static const char text[] = "fuzz-inquiry: an input without end\n";

  (void)number;
  if (write (STDERR_FILENO, text, sizeof text - 1) < 0)
    _exit (1);
  abort ();
}

/* Processor time is what is measured, so that a busy machine does no harm and
   libFuzzer's own alarm stays.  */
static void
set_limit (time_t seconds)
{
  const struct itimerval timer = { .it_value = { .tv_sec = seconds } };

  signal (SIGVTALRM, give_up);
  require (!setitimer (ITIMER_VIRTUAL, &timer, NULL));
}

static void
connect_client (void)
{
  static struct assuan_malloc_hooks memory;

  memory = session_memory;
  memory.free = libassuan_free;
  memset (&session, 0, sizeof session);
  session.daemon = &machinery;
  machinery.options.limits.line_ms = 30000;
  require (!assuan_new_ext (&session.context, GPG_ERR_SOURCE_USER_1, &memory,
                            no_log, NULL));
  assuan_set_pointer (session.context, &session);
  assuan_ctx_set_system_hooks (session.context, &hooks);
  require (!assuan_init_socket_server (session.context, STDIN_FILENO,
                                       ASSUAN_SOCKET_SERVER_ACCEPTED));
  assuan_set_io_monitor (session.context, session_monitor, &session);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  static const size_t limits[] = { 1, 10, 100, 256, 1000, 3000, 10000 };
  struct feed feed = { bytes, bytes + size };
  size_t limit = limits[feed_byte (&feed) % (sizeof limits / sizeof *limits)];
  unsigned how = feed_byte (&feed);

  memset (&client, 0, sizeof client);
  secret = how & 1;
  client.silent = how & 2;
  client.stride = how >> 2;
  client.bytes = (const char *)feed.at;
  client.length = feed_left (&feed);
  set_limit (SECONDS);
  connect_client ();
  while (inquire (&feed, limit) && request (&feed))
    ;
  assuan_release (session.context);
  set_limit (0);
  return 0;
}
