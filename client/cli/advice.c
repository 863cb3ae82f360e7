/* advice.c - what to do when reeve cannot be used yet
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Whoever types reeve for the first time has no daemon, no key or no right.
   Each of these functions says what is missing and the next thing to type. */

#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../protocol/memory.h"
#include "../../protocol/text.h"
#include "cli.h"

#define POLICY_FOLDER SYSCONFDIR "/reeve/policy.d"
#define LONGEST_POLICY_LINE 4096
#define MOST_GROUPS 1024

static const char *
root_of (const struct settings *settings)
{
  return settings->root ? settings->root : "";
}

/* "alice", or her uid.  */
static const char *
user_name (char r_text[64])
{
  const struct passwd *user = getpwuid (geteuid ());

  if (user)
    snprintf (r_text, 64, "%s", user->pw_name);
  else
    snprintf (r_text, 64, "%lu", (unsigned long)geteuid ());
  return r_text;
}

/* For a command that only root may type.  */
static const char *
as_root (void)
{
  return geteuid () ? "as root: " : "";
}

/* Whether systemd runs this machine and knows UNIT.  */
static bool
has_unit (const struct settings *settings, const char *unit)
{
  static const char *const folders[]
      = { "/etc/systemd/system", "/run/systemd/system",
          "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
          "/lib/systemd/system" };
  char path[256];

  if (settings->root || access ("/run/systemd/system", F_OK))
    return false;
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    {
      snprintf (path, sizeof path, "%s/%s", folders[i], unit);
      if (!access (path, F_OK))
        return true;
    }
  return false;
}

void
advise_no_server (const struct settings *settings, const char *path)
{
  complain ("no reeved answers on %s", path);
  if (settings->socket)
    remark ("start one that listens there, or leave --socket out");
  else if (settings->root)
    remark ("start it: reeved --root %s; or use --spawn, which starts one"
            " for this command alone",
            settings->root);
  else if (has_unit (settings, "reeved.service"))
    remark ("%ssystemctl start reeved", as_root ());
  else
    remark ("%srun reeved; or try reeve on a copy of some files: reeve"
            " --spawn --root DIRECTORY",
            as_root ());
}

/* Whether the user database has this process's user in GROUP, which the
   process itself may have to log in again for.  */
static bool
is_member (gid_t group)
{
  const struct passwd *user = getpwuid (geteuid ());
  gid_t groups[MOST_GROUPS];
  int count = MOST_GROUPS;

  if (!user || getgrouplist (user->pw_name, user->pw_gid, groups, &count) < 0)
    return false;
  while (count--)
    if (groups[count] == group)
      return true;
  return false;
}

void
advise_no_right (const char *path)
{
  const struct group *group;
  struct stat stat_of;
  char user[64];

  if (stat (path, &stat_of))
    {
      complain ("you may not look at %s: %s", path, strerror (errno));
      remark ("name the socket that is meant for you with --socket or"
              " REEVE_SOCKET");
      return;
    }
  group = getgrgid (stat_of.st_gid);
  complain ("you may not use %s: its mode is %03o, its group %s", path,
            (unsigned)(stat_of.st_mode & 0777), group ? group->gr_name : "?");
  if (!(stat_of.st_mode & S_IWGRP) || !stat_of.st_gid || !group)
    remark ("name the socket that is meant for you with --socket, or have"
            " root give one by \"listen\" in " SYSCONFDIR "/reeve/reeved.conf");
  else if (is_member (stat_of.st_gid))
    remark ("you joined the group %s since: log in again, or say newgrp %s",
            group->gr_name, group->gr_name);
  else
    remark ("join the group, as root: adduser %s %s; then log in again",
            user_name (user), group->gr_name);
}

void
advise_no_key (const struct settings *settings, const char *identity,
               const char *path, gpg_error_t err)
{
  bool usual = !settings->key && (settings->root || !getenv ("REEVE_KEY"));
  char user[64];

  if (gpg_err_code (err) == GPG_ERR_ENOENT)
    {
      complain ("there is no key %s for the identity %s", path, identity);
      remark ("make one, %sreeve key new %s%s%s; or say who you are by"
              " --identity and --key",
              as_root (), identity, settings->root ? " --root " : "",
              root_of (settings));
      return;
    }
  complain ("you may not read the key %s", path);
  if (usual)
    remark ("have root give you a copy: install -o %s -m 0400 %s FILE; then"
            " name that with --key or REEVE_KEY",
            user_name (user), path);
  else
    remark ("its owner can give you a copy: install -o %s -m 0400 %s FILE",
            user_name (user), path);
}

/* --- Policy --- */

void
advise_reload (const struct settings *settings)
{
  if (has_unit (settings, "reeved.service"))
    remark ("then, %ssystemctl reload reeved", as_root ());
  else
    remark (
        "then, %skill -HUP $(pidof reeved)  (reeved --check tells what is wrong"
        " with a policy)",
        as_root ());
}

/* Tell the lines that a policy needs for IDENTITY, and what they need.  */
static void
advise_section (const struct settings *settings, const char *identity)
{
  auto_free char *key = connect_key_path (settings, identity);
  auto_free char *folder = below_root (settings, POLICY_FOLDER);
  char user[64];

  if (!folder)
    return;
  if (key && access (key, F_OK) && errno == ENOENT)
    remark ("make its key, %sreeve key new %s%s%s", as_root (), identity,
            settings->root ? " --root " : "", root_of (settings));
  if (access (folder, F_OK) && errno == ENOENT)
    remark ("%smkdir -p %s", as_root (), folder);
  remark ("%swrite in %s/%s.policy:", as_root (), folder, identity);
  fprintf (stderr,
           "  [identity %s]\n"
           "  key = %s.key\n"
           "  peer = %s\n"
           "  allow = AUG READ\n",
           identity, identity, user_name (user));
  advise_reload (settings);
}

/* Whether the file NAME in FOLDER has a section for IDENTITY; -1 if it cannot
   be read.  */
static int
policy_file_names (const char *folder, const char *name, const char *identity)
{
  auto_free char *path = NULL;
  char line[LONGEST_POLICY_LINE];
  char wanted[256];
  int found = 0;
  FILE *file;

  path = text_format ("%s/%s", folder, name);
  if (!path)
    return -1;
  file = fopen (path, "re");
  if (!file)
    return -1;
  snprintf (wanted, sizeof wanted, "[identity %s]", identity);
  while (!found && fgets (line, sizeof line, file))
    found = !strncmp (line, wanted, strlen (wanted));
  fclose (file);
  return found;
}

/* Whether the policy has a section for IDENTITY; -1: nobody tells us, or it is
   not known whose policy counts, as for a socket that was named.  */
static int
policy_names (const struct settings *settings, const char *identity)
{
  auto_free char *folder = below_root (settings, POLICY_FOLDER);
  const struct dirent *entry;
  int found = 0;
  DIR *directory;

  if (settings->socket || (!settings->root && getenv ("REEVE_SOCKET")))
    return -1;
  if (!folder)
    return -1;
  directory = opendir (folder);
  if (!directory)
    return errno == ENOENT ? 0 : -1;
  while (found < 1 && (entry = readdir (directory)))
    {
      const char *dot = strrchr (entry->d_name, '.');
      int answer = dot && !strcmp (dot, ".policy")
                       ? policy_file_names (folder, entry->d_name, identity)
                       : 0;

      if (answer)
        found = answer;
    }
  closedir (directory);
  return found;
}

void
advise_not_accepted (const struct settings *settings, const char *identity,
                     const char *path)
{
  int known = policy_names (settings, identity);
  char user[64];

  if (!known)
    {
      complain ("no policy knows the identity %s", identity);
      advise_section (settings, identity);
      return;
    }
  complain ("reeved does not take you for %s: either its key is not %s, or"
            " its policy has a peer and that is not %s",
            identity, path, user_name (user));
  remark ("look, %sgrep -A9 'identity %s]' %s" POLICY_FOLDER "/*.policy",
          as_root (), identity, root_of (settings));
}

/* The value of the detail NAME of the last error, or NULL.  */
static const char *
find_detail (reeve_t reeve, const char *wanted, size_t *r_length)
{
  const char *name, *value;

  for (size_t i = 0; i < reeve_detail_count (reeve); i++)
    {
      reeve_detail (reeve, i, &name, &value, r_length);
      if (!strcmp (name, wanted))
        return value;
    }
  return NULL;
}

void
advise_refused (const struct settings *settings, reeve_t reeve,
                enum status status)
{
  const char *text = reeve_error_text (reeve);
  auto_free char *identity = NULL;
  size_t length = 0;
  const char *rule = find_detail (reeve, "rule", &length);

  if (status == STATUS_OK)
    return;
  if (status == STATUS_CONNECTION && settings->no_auth
      && !strstr (text, "policy: "))
    remark ("leave --no-auth out");
  if (strstr (text, "policy: no identity admits"))
    {
      auto_free char *name = connect_identity (settings);

      if (name)
        advise_section (settings, name);
      return;
    }
  if (status != STATUS_FORBIDDEN || !rule)
    return;
  identity = connect_identity (settings);
  remark ("to allow it, %swrite \"allow = %.*s\" below [identity %s] in"
          " %s" POLICY_FOLDER,
          as_root (), (int)length, rule, identity ? identity : "NAME",
          root_of (settings));
  advise_reload (settings);
}
