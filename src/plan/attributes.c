/* attributes.c - what a file has beside its content
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "attributes.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/xattr.h>

#include "../../protocol/limits.h"
#include "../../protocol/memory.h"

/* The kernel's bounds of a value and of the list of names.  */
#define VALUE_SIZE (64 * KIB)
#define LIST_SIZE (64 * KIB)

/* Names of attributes, each with its NUL.  */
struct names
{
  char *text;
  size_t length;
};

#define auto_names __attribute__ ((cleanup (names_release)))

static void
names_release (struct names *names)
{
  free (names->text);
}

/* Iterate: the name after NAME (NULL: the first), or NULL.  */
static const char *
names_next (const struct names *names, const char *name)
{
  name = name ? name + strlen (name) + 1 : names->text;
  return name < names->text + names->length ? name : NULL;
}

static bool
names_have (const struct names *names, const char *wanted)
{
  const char *name = NULL;

  while ((name = names_next (names, name)))
    if (!strcmp (name, wanted))
      return true;
  return false;
}

/* The names of FD's attributes; none where the file system has none.  */
static gpg_error_t
names_list (int fd, const char *path, struct names *r_names,
            struct failure *failure)
{
  ssize_t length;

  r_names->text = malloc (LIST_SIZE);
  if (!r_names->text)
    return gpg_error (GPG_ERR_ENOMEM);
  length = flistxattr (fd, r_names->text, LIST_SIZE);
  if (length < 0 && errno != EOPNOTSUPP)
    return fail_errno (failure, "attributes of %s", path);
  r_names->length = length < 0 ? 0 : (size_t)length;
  return 0;
}

static bool
is_signature (const char *name)
{
  return !strcmp (name, "security.ima") || !strcmp (name, "security.evm");
}

static gpg_error_t
copy_one (int old_fd, int new_fd, const char *name, const char *path,
          struct failure *failure)
{
  auto_free char *value = malloc (VALUE_SIZE);
  ssize_t length;

  if (!value)
    return gpg_error (GPG_ERR_ENOMEM);
  length = fgetxattr (old_fd, name, value, VALUE_SIZE);
  if (length < 0)
    return fail_errno (failure, "attribute %s of %s", name, path);
  if (fsetxattr (new_fd, name, value, (size_t)length, 0))
    return fail_errno (failure, "attribute %s of %s cannot be kept", name,
                       path);
  return 0;
}

static gpg_error_t
copy_extended (int old_fd, int new_fd, const char *path,
               struct failure *failure)
{
  auto_names struct names wanted = { NULL, 0 };
  auto_names struct names present = { NULL, 0 };
  const char *name;
  gpg_error_t err;

  err = names_list (old_fd, path, &wanted, failure);
  if (!err)
    err = names_list (new_fd, path, &present, failure);
  for (name = NULL; !err && (name = names_next (&present, name));)
    if (!names_have (&wanted, name) && !is_signature (name)
        && fremovexattr (new_fd, name))
      err = fail_errno (failure, "attribute %s that new files get beside %s",
                        name, path);
  for (name = NULL; !err && (name = names_next (&wanted, name));)
    if (!is_signature (name))
      err = copy_one (old_fd, new_fd, name, path, failure);
  return err;
}

gpg_error_t
attributes_copy (int old_fd, const struct stat *stat, int new_fd,
                 const char *path, struct failure *failure)
{
  struct stat present;

  if (fstat (new_fd, &present))
    return fail_errno (failure, "%s", path);
  if ((present.st_uid != stat->st_uid || present.st_gid != stat->st_gid)
      && fchown (new_fd, stat->st_uid, stat->st_gid))
    return fail_errno (failure, "the owner %lu:%lu of %s cannot be kept",
                       (unsigned long)stat->st_uid, (unsigned long)stat->st_gid,
                       path);
  /* Before the access list, whose mask the mode's group bits are; after the
     owner, whose change takes bits away.  */
  if (fchmod (new_fd, stat->st_mode & 07777))
    return fail_errno (failure, "the mode of %s cannot be kept", path);
  return copy_extended (old_fd, new_fd, path, failure);
}
