/* editor.c - a text in the person's editor
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../protocol/memory.h"
#include "../../protocol/text.h"
#include "editor.h"

/* Where nobody chose one.  */
#define USUAL_EDITOR                                                           \
  "if command -v editor >/dev/null; then editor \"$@\"; else vi \"$@\"; fi"

/* Whether nobody else can put something else in the place of what we make in
   FOLDER.  With the environment of another user, as sudo -E and su leave it,
   its directories are his.  */
static bool
is_safe_folder (const char *folder)
{
  struct stat stat_;
  bool own;

  if (stat (folder, &stat_) || !S_ISDIR (stat_.st_mode))
    return false;
  own = stat_.st_uid == geteuid ();
  return (own || !stat_.st_uid)
         && (stat_.st_mode & S_ISVTX
             || (own && !(stat_.st_mode & (S_IWGRP | S_IWOTH))));
}

/* A directory that the person alone can use, or where one can be made.  */
static const char *
temporary_folder (void)
{
  static const char *const names[] = { "XDG_RUNTIME_DIR", "TMPDIR" };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      const char *folder = getenv (names[i]);

      if (folder && *folder == '/' && is_safe_folder (folder)
          && !access (folder, W_OK | X_OK))
        return folder;
    }
  return "/tmp";
}

static int
write_all (int fd, const char *bytes, size_t length)
{
  while (length)
    {
      ssize_t n = write (fd, bytes, length);

      if (n < 0 && errno != EINTR)
        return -1;
      if (n > 0)
        {
          bytes += n;
          length -= (size_t)n;
        }
    }
  return 0;
}

enum status
draft_make (const char *name, const struct buffer *text, struct draft *r_draft)
{
  const char *slash = strrchr (name, '/');
  auto_free char *folder = NULL;
  auto_free char *path = NULL;
  auto_close int fd = -1;

  *r_draft = (struct draft){ NULL, NULL };
  folder = text_format ("%s/reeve-edit.XXXXXX", temporary_folder ());
  if (!folder)
    return complain_memory ();
  if (!mkdtemp (folder))
    {
      complain ("cannot make %s: %s", folder, strerror (errno));
      return STATUS_ERROR;
    }
  path = text_format ("%s/%s", folder, slash ? slash + 1 : name);
  if (path)
    fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || write_all (fd, text->bytes, text->length))
    {
      complain ("cannot write below %s: %s", folder, strerror (errno));
      if (path)
        unlink (path);
      rmdir (folder);
      return STATUS_ERROR;
    }
  *r_draft = (struct draft){ take (&folder), take (&path) };
  return STATUS_OK;
}

/* What to run: shell words, to which the file is added.  */
static const char *
find_editor (void)
{
  const char *terminal = getenv ("TERM");
  const char *editor = NULL;

  if (terminal && strcmp (terminal, "dumb"))
    editor = getenv ("VISUAL");
  if (!editor || !*editor)
    editor = getenv ("EDITOR");
  return editor && *editor ? editor : NULL;
}

/* In the child: become the editor of PATH.  */
static void __attribute__ ((noreturn))
become_editor (const char *editor, const char *path)
{
  static const int signals[] = { SIGINT, SIGQUIT, SIGPIPE };
  auto_free char *script = NULL;

  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    sigaction (signals[i], &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
  if (!editor)
    execl ("/bin/sh", "sh", "-c", USUAL_EDITOR, "editor", path, (char *)NULL);
  else if ((script = text_format ("%s \"$@\"", editor)))
    execl ("/bin/sh", "sh", "-c", script, editor, path, (char *)NULL);
  _exit (127);
}

/* Run the editor to its end; what is typed meanwhile is for it.  */
static int
run_editor (const char *editor, const char *path)
{
  static const int typed[] = { SIGINT, SIGQUIT };
  struct sigaction before[2];
  int status = -1;
  pid_t pid;

  for (int i = 0; i < 2; i++)
    sigaction (typed[i], &(struct sigaction){ .sa_handler = SIG_IGN },
               &before[i]);
  fflush (NULL);
  pid = fork ();
  if (!pid)
    become_editor (editor, path);
  while (pid > 0 && waitpid (pid, &status, 0) < 0 && errno == EINTR)
    continue;
  for (int i = 0; i < 2; i++)
    sigaction (typed[i], &before[i], NULL);
  return status;
}

enum status
draft_edit (const struct draft *draft, struct buffer *text)
{
  const char *editor = find_editor ();
  int status;

  if (!editor && !isatty (STDIN_FILENO))
    {
      complain ("there is no terminal to edit on: set EDITOR to a program that"
                " needs none");
      return STATUS_ERROR;
    }
  status = run_editor (editor, draft->path);
  if (status)
    {
      complain ("the editor%s%s failed: nothing was changed", editor ? " " : "",
                editor ? editor : "");
      if (!editor)
        remark ("name yours: EDITOR=nano reeve edit FILE");
      return STATUS_ERROR;
    }
  buffer_clear (text);
  return request_read_file (draft->path, text);
}

/* Editors leave copies beside what they edit.  */
static void
remove_folder (const char *folder)
{
  const struct dirent *entry;
  DIR *directory = opendir (folder);

  while (directory && (entry = readdir (directory)))
    unlinkat (dirfd (directory), entry->d_name, 0);
  if (directory)
    closedir (directory);
  rmdir (folder);
}

void
draft_end (struct draft *draft, bool keep)
{
  if (keep)
    remark ("your text is in %s", draft->path);
  else
    remove_folder (draft->folder);
  free (draft->folder);
  free (draft->path);
  *draft = (struct draft){ NULL, NULL };
}
