/* audit_journald.c - audit records for the system's journal
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The native protocol of systemd-journald (systemd's "Native Journal
   Protocol"): a datagram of NAME=value lines.  A record has no line end
   inside, so that none needs the binary form.  It is a copy for convenience:
   what the journal does not take is lost to it, and nothing waits.  */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "protocol/memory.h"
#include "audit_inside.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static int
connect_journal (const struct audit *audit)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  auto_close int fd = -1;

  if (strlen (audit->machine->root) + sizeof JOURNAL_SOCKET
      > sizeof address.sun_path)
    {
      errno = ENAMETOOLONG;
      return -1;
    }
  stpcpy (stpcpy (address.sun_path, audit->machine->root), JOURNAL_SOCKET);
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || connect (fd, (const struct sockaddr *)&address, sizeof address))
    return -1;
  return take_fd (&fd);
}

static ssize_t
send_line (const struct audit *audit, const char *line, size_t length)
{
  static const char head[] = "PRIORITY=6\nSYSLOG_IDENTIFIER=reeved\nMESSAGE=";
  static const char name[] = "\"event\":\"";
  static const char field[] = "REEVE_EVENT=";
  const char *event = memmem (line, length, name, sizeof name - 1);
  size_t event_length;
  struct iovec pieces[5];
  struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 5 };

  event = event ? event + sizeof name - 1 : "";
  event_length = strcspn (event, "\"");
  pieces[0] = (struct iovec){ (char *)head, sizeof head - 1 };
  pieces[1] = (struct iovec){ (char *)line, length };
  pieces[2] = (struct iovec){ (char *)field, sizeof field - 1 };
  pieces[3] = (struct iovec){ (char *)event, event_length };
  pieces[4] = (struct iovec){ (char *)"\n", 1 };
  return sendmsg (audit->journal_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
close_journal (struct audit *audit)
{
  if (audit->journal_fd >= 0)
    close (audit->journal_fd);
  audit->journal_fd = -1;
}

void
audit_journald (struct audit *audit, const char *line, size_t length)
{
  int code;

  if (audit->journal_fd < 0)
    audit->journal_fd = connect_journal (audit);
  if (audit->journal_fd >= 0 && send_line (audit, line, length) >= 0)
    {
      audit->journal_told = false;
      return;
    }
  code = errno;
  if (!audit->journal_told)
    gpgrt_log_info ("audit: the system's journal does not take records: %s\n",
                    gpg_strerror (gpg_error_from_errno (code)));
  audit->journal_told = true;
  /* It may be another one by the next record.  */
  if (code != EAGAIN && code != EMSGSIZE)
    close_journal (audit);
}

void
audit_leave_journald (struct audit *audit)
{
  if (!audit)
    return;
  audit->options.journald = false;
  close_journal (audit);
}
