/* preflight.c - whether the token has all rights that a verb needs
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "preflight.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "api.h"
#include "form.h"
#include "setting.h"

/* What VERB needs: PRIVILEGES on PREFIX with each value of ARGUMENT (a
   volume's: its storage), if the argument WHEN is set, or with "!" is not.  */
static const struct need
{
  const char *verb;
  const char *prefix;
  const char *argument;
  const char *privileges;
  const char *when;
} needs[] = {
  { "START", "/vms/", "vmid", "VM.PowerMgmt", NULL },
  { "STOP", "/vms/", "vmid", "VM.PowerMgmt", NULL },
  { "SHUTDOWN", "/vms/", "vmid", "VM.PowerMgmt", NULL },
  { "REBOOT", "/vms/", "vmid", "VM.PowerMgmt", NULL },
  { "SUSPEND", "/vms/", "vmid", "VM.PowerMgmt", NULL },
  { "RESUME", "/vms/", "vmid", "VM.PowerMgmt", NULL },
  { "SNAPSHOT", "/vms/", "vmid", "VM.Snapshot", NULL },
  { "DELSNAPSHOT", "/vms/", "vmid", "VM.Snapshot", NULL },
  { "ROLLBACK", "/vms/", "vmid", "VM.Snapshot|VM.Snapshot.Rollback", NULL },
  { "BACKUP", "/vms/", "vmid", "VM.Backup", NULL },
  { "BACKUP", "/storage/", "storage", "Datastore.AllocateSpace", NULL },
  { "RESTORE", "/vms/", "vmid", "VM.Allocate", "!force" },
  { "RESTORE", "/vms/", "vmid", "VM.Allocate|VM.Backup", "force" },
  { "RESTORE", "/storage/", "storage", "Datastore.AllocateSpace", NULL },
  { "RESTORE", "/storage/", "volid",
    "Datastore.Allocate|Datastore.AllocateSpace", NULL },
  { "CLONE", "/vms/", "vmid", "VM.Clone", NULL },
  { "CLONE", "/vms/", "newid", "VM.Allocate", NULL },
  { "CLONE", "/storage/", "storage", "Datastore.AllocateSpace", NULL },
  { "RESIZE", "/vms/", "vmid", "VM.Config.Disk", NULL },
  { "RESIZE", "/storage/", "volume", "Datastore.AllocateSpace", NULL },
  { "RESIZE", "/vms/", "vmid", "VM.Snapshot", "snapshot" },
  { "SET", "/vms/", "vmid", "VM.Snapshot", "snapshot" },
  { "MIGRATE", "/vms/", "vmid", "VM.Migrate", NULL },
  { "DESTROY", "/vms/", "vmid", "VM.Allocate", NULL },
  { "DELETE-CONTENT", "/storage/", "volid",
    "Datastore.Allocate|Datastore.AllocateSpace", NULL },
};

#define NEEDS (sizeof needs / sizeof *needs)

/* --- Settings --- */

/* The settings that need something else than VM.Config.Options, without their
   numbers.  */
static const struct
{
  const char *privileges;
  const char *container;
  const char *machine;
} kinds[] = {
  { "VM.Config.CPU", " cores cpulimit cpuunits ",
    " cores cpulimit cpuunits cpu sockets vcpus numa smp affinity " },
  { "VM.Config.Memory", " memory swap ", " memory balloon shares " },
  { "VM.Config.Network", " net nameserver searchdomain hostname ", " net " },
  { "VM.Config.Network|VM.Config.Cloudinit", "",
    " nameserver searchdomain ipconfig cicustom citype ciuser ciupgrade "
    "sshkeys " },
  { "VM.Config.Disk", " rootfs mp unused ",
    " scsi sata virtio efidisk tpmstate unused boot bootdisk "
    "vmstatestorage " },
  { "VM.Config.Disk|VM.Config.CDROM", "", " ide cdrom " },
  { "VM.Config.HWType", "",
    " acpi hotplug kvm machine scsihw smbios tablet vga watchdog audio "
    "serial " },
  { "VM.Allocate", " features ", "" },
  { "VM.PowerMgmt", "", " freeze " },
  { PREFLIGHT_ROOT, " dev hookscript lock ",
    " args lock hookscript parallel hugepages keephugepages ivshmem " },
};

#define KINDS (sizeof kinds / sizeof *kinds)
#define OTHER_SETTINGS "VM.Config.Options"

const char *
preflight_setting (const char *name, bool container)
{
  size_t length = strcspn (name, "0123456789");
  auto_free char *word = text_format (" %.*s ", (int)length, name);

  for (size_t i = 0; word && i < KINDS; i++)
    if (strstr (container ? kinds[i].container : kinds[i].machine, word))
      return kinds[i].privileges;
  return OTHER_SETTINGS;
}

bool
preflight_need (size_t index, const char **r_verb, const char **r_privileges)
{
  if (index < NEEDS)
    {
      *r_verb = needs[index].verb;
      *r_privileges = needs[index].privileges;
      return true;
    }
  index -= NEEDS;
  *r_verb = "SET";
  /* The last kind is not for tokens.  */
  *r_privileges = index < KINDS - 1 ? kinds[index].privileges : OTHER_SETTINGS;
  return index < KINDS;
}

/* --- Rights --- */

/* What the token lacks so far.  Requests forget what WORK's failure has.  */
struct lack
{
  struct work *work;
  struct failure failure;
  struct buffer words;
};

static void
note (struct lack *lack, const char *privileges, const char *path)
{
  failure_detail (&lack->failure, "privilege", "%s", privileges);
  failure_detail (&lack->failure, "path", "%s", path);
  buffer_string (&lack->words, lack->words.length ? ", " : "");
}

/* Their values only say whether what is below has them, too.  */
bool
preflight_has_any (const json_t *rights, const char *privileges)
{
  while (*privileges)
    {
      size_t length = strcspn (privileges, "|");
      auto_free char *one = strndup (privileges, length);

      if (one && json_object_get (rights, one))
        return true;
      privileges += length + (privileges[length] == '|');
    }
  return false;
}

/* Note if the token has none of PRIVILEGES on PATH.  */
static gpg_error_t
check_right (struct lack *lack, const char *path, const char *privileges)
{
  struct work *work = lack->work;
  auto_answer struct answer answer = ANSWER_NONE;
  auto_buffer struct buffer query = BUFFER_EMPTY;
  gpg_error_t err;

  form_append (&query, "path", path);
  err = buffer_error (&query);
  if (!err)
    err = api_getf (work, &answer, "/access/permissions?%s", query.bytes);
  if (err
      || preflight_has_any (json_object_get (answer.data, path), privileges))
    return err;
  note (lack, privileges, path);
  buffer_printf (&lack->words, "%s on %s", privileges, path);
  return 0;
}

static bool
applies (const struct work *work, const struct need *need, const char *verb)
{
  const char *when = need->when;

  if (strcmp (need->verb, verb))
    return false;
  if (!when)
    return true;
  return *when == '!' ? !work_number (work, when + 1, 0)
                      : work_number (work, when, 0);
}

static gpg_error_t
check_need (struct lack *lack, const struct need *need)
{
  const char *value;
  gpg_error_t err = 0;

  for (size_t i = 0;
       !err && (value = work_text_at (lack->work, need->argument, i)); i++)
    {
      auto_free char *path = text_format ("%s%.*s", need->prefix,
                                          (int)strcspn (value, ":"), value);

      err = path ? check_right (lack, path, need->privileges)
                 : gpg_error_from_syserror ();
    }
  return err;
}

/* What changing the setting NAME needs.  */
static gpg_error_t
check_setting (struct lack *lack, const char *name, bool container)
{
  const char *privileges = preflight_setting (name, container);
  auto_free char *path = text_format ("/vms/%s",
                                      work_text (lack->work, "vmid"));

  if (!path)
    return gpg_error_from_syserror ();
  if (strcmp (privileges, PREFLIGHT_ROOT))
    return check_right (lack, path, privileges);
  note (lack, privileges, path);
  buffer_printf (&lack->words, "%s, which only root@pam sets", name);
  return 0;
}

static gpg_error_t
check_settings (struct lack *lack)
{
  struct work *work = lack->work;
  const char *kind = work_text (work, "kind");
  auto_settings struct settings settings = SETTINGS_NONE;
  gpg_error_t err = settings_read (work, &settings);

  for (size_t i = 0; !err && i < settings.count; i++)
    err = check_setting (lack, settings.list[i].name,
                         kind && !strcmp (kind, "lxc"));
  return err;
}

gpg_error_t
preflight_check (struct work *work)
{
  struct lack lack = { work, FAILURE_NONE, BUFFER_EMPTY };
  const char *verb = work_text (work, "verb");
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < NEEDS; i++)
    if (applies (work, needs + i, verb))
      err = check_need (&lack, needs + i);
  if (!err && !strcmp (verb, "SET"))
    err = check_settings (&lack);
  if (!err)
    err = buffer_error (&lack.words);
  if (!err && lack.words.length)
    {
      failure_release (&work->failure);
      work->failure = lack.failure;
      lack.failure = (struct failure)FAILURE_NONE;
      err = fail (&work->failure, GPG_ERR_FORBIDDEN, "the token lacks %s",
                  lack.words.bytes);
    }
  failure_release (&lack.failure);
  buffer_release (&lack.words);
  return err;
}
