/* key.c - "reeve key": making keys
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../protocol/handshake.h"
#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "../../protocol/text.h"
#include "key.h"

/* Make the directory PATH and those above it, the last with MODE.  */
static int
make_directories (char *path, mode_t mode)
{
  for (char *slash = strchr (path + 1, '/'); slash;
       slash = strchr (slash + 1, '/'))
    {
      int failed;

      *slash = 0;
      failed = mkdir (path, 0755) && errno != EEXIST;
      *slash = '/';
      if (failed)
        return -1;
    }
  return mkdir (path, mode) && errno != EEXIST ? -1 : 0;
}

/* Write a fresh key to FD.  Nothing else ever knows it.  */
static int
write_key (int fd)
{
  char key[HANDSHAKE_HEX + 1];
  ssize_t n;

  handshake_nonce (key);
  key[HANDSHAKE_HEX] = '\n';
  n = write (fd, key, sizeof key);
  explicit_bzero (key, sizeof key);
  if (n < 0)
    return -1;
  if ((size_t)n < sizeof key)
    {
      errno = ENOSPC;
      return -1;
    }
  return fsync (fd);
}

/* Make the file NAME in DIRECTORY; returns an errno.  */
static int
make_file (const char *directory, const char *name)
{
  auto_close int directory_fd = open (directory,
                                      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  auto_close int fd = -1;
  int code;

  if (directory_fd < 0)
    return errno;
  fd = openat (directory_fd, name,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
  if (fd < 0)
    return errno;
  if (!write_key (fd) && !fsync (directory_fd))
    return 0;
  code = errno;
  unlinkat (directory_fd, name, 0);
  return code;
}

int
key_make (const char *path)
{
  auto_free char *directory = strdup (path);
  char *slash = directory ? strrchr (directory, '/') : NULL;

  if (!slash)
    return ENOMEM;
  *slash = 0;
  return make_directories (directory, 0700) ? errno
                                            : make_file (directory, slash + 1);
}

char *
key_path (const struct settings *settings, const char *name)
{
  return text_format ("%s" SYSCONFDIR "/reeve/keys/%s",
                      settings->root ? settings->root : "", name);
}

/* "reeve key new IDENTITY".  */
static enum status
key_new (const struct settings *settings, const char *identity)
{
  char name[LIMIT_IDENTITY + sizeof ".key"];
  auto_free char *path = NULL;
  int code;

  snprintf (name, sizeof name, "%s.key", identity);
  path = key_path (settings, name);
  if (!path)
    return complain_memory ();
  if (settings->root && access (settings->root, F_OK))
    {
      complain ("there is no directory %s: make it first, or leave --root out",
                settings->root);
      return STATUS_ERROR;
    }
  code = key_make (path);
  if (code == EEXIST)
    complain ("%s is there already: remove it first, which locks out whoever"
              " uses it",
              path);
  else if (code)
    complain ("cannot make %s: %s", path, strerror (code));
  else if (puts (path) == EOF || fflush (stdout))
    complain ("made %s, but cannot write: %s", path, strerror (errno));
  else
    return STATUS_OK;
  return STATUS_ERROR;
}

enum status
key_run (const struct settings *settings, char **words, size_t count)
{
  const char *verb = count ? words[0] : "";

  if (settings->overlap && strcmp (verb, "rotate"))
    return complain_usage ("--overlap is for \"reeve key rotate\"");
  if (!strcmp (verb, "list") && count == 1)
    return key_list_show (settings);
  if (count > 1 && !handshake_is_identity (words[1]))
    return complain_usage ("\"%s\" cannot name an identity: take letters,"
                           " digits, '.', '_' and '-'",
                           words[1]);
  if (!strcmp (verb, "new") && count == 2)
    return key_new (settings, words[1]);
  if (!strcmp (verb, "rotate") && count == 2)
    return key_rotate (settings, words[1]);
  if (!strcmp (verb, "revoke") && (count == 2 || count == 3))
    return key_revoke (settings, words[1], count == 3 ? words[2] : NULL);
  return complain_usage ("say \"reeve key list\", \"reeve key new NAME\","
                         " \"reeve key rotate IDENTITY [--overlap=TIME]\" or"
                         " \"reeve key revoke IDENTITY [KEYFILE]\"");
}
