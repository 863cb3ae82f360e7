/* updates.c - SYSTEM UPDATES-NEEDED
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"
#include "../../base/directory.h"
#include "../../base/fenced.h"
#include "../../base/run.h"
#include "describe.h"
#include "texts.h"

/* --- Packages --- */

/* Items of a package in the fence's answer.  */
enum
{
  PACKAGE_NAME,
  PACKAGE_INSTALLED, /* "" if it is not.  */
  PACKAGE_CANDIDATE,
  PACKAGE_ORIGIN,
  PACKAGE_ITEMS
};

#define PACKAGES 10000
#define LOCK "updates.lock" /* In OWN_RUN_DIR.  */
#define TURN_MS 50

/* The span of TEXT up to one of ENDS; *R_NEXT stands behind that.  */
static struct item
span (const char *text, const char *ends, const char **r_next)
{
  size_t length = strcspn (text, ends);

  *r_next = text[length] ? text + length + 1 : text + length;
  return (struct item){ text, length };
}

/* Take "NAME [INSTALLED] (CANDIDATE ORIGIN, ORIGIN [ARCHITECTURE])" apart.  */
static void
put_package (const char *text, struct channel *out)
{
  struct item name = span (text, " ", &text);
  struct item installed = { "", 0 };
  struct item candidate, origin;

  if (*text == '[')
    installed = span (text + 1, "]", &text);
  text += strspn (text, " ");
  if (*text != '(')
    return;
  candidate = span (text + 1, " )", &text);
  origin = span (text, "[)", &text);
  while (origin.length && origin.bytes[origin.length - 1] == ' ')
    origin.length--;
  channel_item (out, name.bytes, name.length);
  channel_item (out, installed.bytes, installed.length);
  channel_item (out, candidate.bytes, candidate.length);
  channel_item (out, origin.bytes, origin.length);
}

/* The fenced function: what "apt-get --simulate" says.  */
static gpg_error_t
take_apart (const char *bytes, size_t length, const void *context,
            struct channel *out, struct failure *failure)
{
  static const char key[] = "Inst ";
  size_t count = 0;
  auto_free char *text = strndup (bytes, length);
  char *next = NULL;

  (void)context;
  for (char *line = text ? strtok_r (text, "\n", &next) : NULL;
       line && count <= PACKAGES; line = strtok_r (NULL, "\n", &next))
    if (!strncmp (line, key, strlen (key)) && count++ < PACKAGES)
      put_package (line + strlen (key), out);
  if (count > PACKAGES)
    return fail (failure, GPG_ERR_TOO_LARGE, "more than %d packages wait",
                 PACKAGES);
  return text ? 0 : gpg_error_from_syserror ();
}

/* Open the lock of the machine at R_FD.  */
static gpg_error_t
open_lock (const struct machine *machine, int *r_fd, struct failure *failure)
{
  auto_close int directory = -1;
  gpg_error_t err = directory_make (machine, OWN_RUN_DIR, 0755, failure);

  if (!err)
    err = directory_open (machine, OWN_RUN_DIR, 0755, &directory, failure);
  if (err)
    return err;
  *r_fd = openat (directory, LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                  0600);
  return *r_fd < 0 ? fail_errno (failure, "%s/%s", OWN_RUN_DIR, LOCK) : 0;
}

/* Wait until no other session of MACHINE has apt-get at work, which takes
   seconds of the CPU and much memory.  The turn ends when *R_FD is closed.  */
static gpg_error_t
take_turn (struct work *work, int *r_fd)
{
  uint64_t end = link_now () + LIMIT_UPDATES_SECONDS * 1000;
  gpg_error_t err = open_lock (work->machine, r_fd, &work->failure);

  if (err && work->machine->uid)
    {
      /* Who runs reeved for himself may start as many as he likes.  */
      failure_release (&work->failure);
      return 0;
    }
  while (!err && flock (*r_fd, LOCK_EX | LOCK_NB))
    {
      if (errno != EWOULDBLOCK && errno != EINTR)
        err = fail_errno (&work->failure, "%s/%s", OWN_RUN_DIR, LOCK);
      else if (work_ended (work))
        err = fail (&work->failure, GPG_ERR_CANCELED,
                    "apt-get was not asked: the client gave up");
      else if (link_now () >= end)
        err = fail (&work->failure, GPG_ERR_TRY_LATER,
                    "others ask apt-get all the time: try again later");
      else
        poll (NULL, 0, TURN_MS);
    }
  return err;
}

/* Have apt-get say what an upgrade would do.  R_OUTPUT stays NULL where there
   is no apt.  */
static gpg_error_t
simulate (struct work *work, struct run_result *r_result)
{
  const char *root = work->machine->root;
  auto_free char *directory = NULL;
  auto_free char *status = NULL;
  auto_close int turn = -1;
  gpg_error_t err;

  if (asprintf (&directory, "Dir=%s/", root) < 0
      || asprintf (&status, "Dir::State::status=%s/var/lib/dpkg/status", root)
             < 0)
    return gpg_error_from_syserror ();
  if (access (strchr (status, '=') + 1, R_OK)
      || !run_is_installed (work->machine, "apt-get"))
    return 0;
  err = take_turn (work, &turn);
  if (err)
    return err;
  {
    /* No lock, no cache that would be written.  */
    const char *const arguments[] = { "--simulate",
                                      "-o",
                                      directory,
                                      "-o",
                                      status,
                                      "-o",
                                      "Debug::NoLocking=1",
                                      "-o",
                                      "Dir::Cache::pkgcache=",
                                      "-o",
                                      "Dir::Cache::srcpkgcache=",
                                      "-o",
                                      "APT::Color=0",
                                      "dist-upgrade",
                                      NULL };

    err = run_program (&(struct run){ .machine = work->machine,
                                      .program = "apt-get",
                                      .arguments = arguments,
                                      .most = LIMIT_UPDATES_OUTPUT,
                                      .time_ms = LIMIT_UPDATES_SECONDS * 1000,
                                      .give_up = work_ended,
                                      .context = work },
                       r_result, &work->failure);
  }
  if (!err && r_result->cut)
    return fail (&work->failure, GPG_ERR_TOO_LARGE,
                 "apt-get wrote more than %lu bytes: its answer is not whole",
                 LIMIT_UPDATES_OUTPUT);
  if (!err && r_result->exit_status)
    {
      failure_detail (&work->failure, "output", "%.1000s", r_result->errors);
      err = fail (&work->failure, GPG_ERR_GENERAL,
                  "apt-get cannot tell: its status is %d",
                  r_result->exit_status);
    }
  return err;
}

static bool
is_security (const struct item *package)
{
  auto_free char *origin = item_string (package + PACKAGE_ORIGIN);

  return origin && strcasestr (origin, "security");
}

static gpg_error_t
write_package (struct writer *out, const struct item *package)
{
  static const char *const names[] = { "package", "installed", "candidate",
                                       "origin" };
  gpg_error_t err = writer_field (out, "kind", "package");

  for (size_t i = 0; !err && i < PACKAGE_ITEMS; i++)
    if (package[i].length)
      err = writer_field_bytes (out, names[i], package[i].bytes,
                                package[i].length);
  if (!err)
    err = writer_field_bool (out, "security", is_security (package));
  return err ? err : writer_record_end (out);
}

/* --- Reboot --- */

static int
is_kernel (const struct dirent *entry)
{
  return !strncmp (entry->d_name, "vmlinuz-", 8) && entry->d_name[8];
}

/* The release of the newest kernel in /boot, for the caller to free; NULL if
   there is none.  */
static char *
newest_kernel (const struct machine *machine)
{
  auto_free char *path = machine_path (machine, "/boot");
  struct dirent **entries = NULL;
  int count = path ? scandir (path, &entries, is_kernel, versionsort) : -1;
  char *newest = count > 0 ? strdup (entries[count - 1]->d_name + 8) : NULL;

  for (int i = 0; i < count; i++)
    free (entries[i]);
  free (entries);
  return newest;
}

/* The lines of TEXT, which is changed, as a list.  */
static gpg_error_t
write_reasons (struct writer *out, char *text)
{
  const char *items[64];
  size_t count = 0;
  char *next = NULL;

  for (char *line = text ? strtok_r (text, "\n", &next) : NULL;
       line && count < sizeof items / sizeof *items;
       line = strtok_r (NULL, "\n", &next))
    items[count++] = line;
  return count ? writer_field_list (out, "reasons", items, count) : 0;
}

static gpg_error_t
write_reboot (struct work *work)
{
  auto_free char *flag = text_below (work->machine, "/run/reboot-required");
  auto_free char *reasons = text_below (work->machine,
                                        "/run/reboot-required.pkgs");
  auto_free char *newest = newest_kernel (work->machine);
  struct utsname kernel;
  bool older;
  gpg_error_t err = writer_field (work->out, "kind", "machine");

  if (uname (&kernel))
    return gpg_error_from_syserror ();
  older = newest && strverscmp (kernel.release, newest) < 0;
  if (!err)
    err = writer_field_bool (work->out, "reboot_required", flag || older);
  if (!err)
    err = write_reasons (work->out, reasons);
  if (!err)
    err = writer_field (work->out, "running_kernel", "%s", kernel.release);
  return err ? err : describe_text (work->out, "newest_kernel", newest);
}

/* --- All --- */

static gpg_error_t
write_all (struct work *work, const struct item *items, size_t count,
           bool known)
{
  size_t security = 0;
  gpg_error_t err = write_reboot (work);

  for (size_t i = 0; i + PACKAGE_ITEMS <= count; i += PACKAGE_ITEMS)
    security += is_security (items + i);
  if (!err && known)
    err = writer_field_number (work->out, "updates",
                               (int64_t)(count / PACKAGE_ITEMS));
  if (!err && known)
    err = writer_field_number (work->out, "security_updates",
                               (int64_t)security);
  if (!err)
    err = writer_record_end (work->out);
  for (size_t i = 0; !err && i + PACKAGE_ITEMS <= count; i += PACKAGE_ITEMS)
    err = write_package (work->out, items + i);
  return err;
}

gpg_error_t
describe_updates (struct work *work)
{
  struct run_result result = { .output = NULL };
  struct fenced_answer answer;
  gpg_error_t err = simulate (work, &result);

  if (!err && !result.output)
    err = write_all (work, NULL, 0, false);
  else if (!err)
    {
      err = fenced_call (take_apart, NULL, result.output, result.output_length,
                         &answer, &work->failure);
      if (!err)
        {
          err = write_all (work, answer.items, answer.count, true);
          fenced_release (&answer);
        }
    }
  run_result_release (&result);
  return err;
}
