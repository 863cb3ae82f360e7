/* action.c - what each verb that changes something sends
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "action.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "form.h"

#define DIGITS "0123456789"
#define SIZE_TEXT 64

/* --- Parameters --- */

static const struct parameter stop_parameters[]
    = { { "overrule-shutdown", "overrule-shutdown", "overrule-shutdown",
          PARAMETER_FLAG, 8 },
        { .argument = NULL } };

static const struct parameter shutdown_parameters[]
    = { { "force-stop", "forceStop", "forceStop", PARAMETER_FLAG, 0 },
        { "grace", "timeout", "timeout", PARAMETER_SECONDS, 0 },
        { .argument = NULL } };

static const struct parameter reboot_parameters[] = {
  { "grace", "timeout", "timeout", PARAMETER_SECONDS, 0 }, { .argument = NULL }
};

static const struct parameter snapshot_parameters[]
    = { { "snapname", "snapname", "snapname", PARAMETER_TEXT, 0 },
        { "description", "description", "description", PARAMETER_TEXT, 0 },
        { "vmstate", NULL, "vmstate", PARAMETER_FLAG, 0 },
        { .argument = NULL } };

static const struct parameter rollback_parameters[] = {
  { "start", "start", "start", PARAMETER_FLAG, 0 }, { .argument = NULL }
};

static const struct parameter delsnapshot_parameters[] = {
  { "force", "force", "force", PARAMETER_FLAG, 0 }, { .argument = NULL }
};

/* Old backups stay: by default this would remove some.  */
static const struct parameter backup_parameters[]
    = { { "vmid", "vmid", "vmid", PARAMETER_LIST, 0 },
        { "0", "remove", "remove", PARAMETER_ALWAYS, 0 },
        { "storage", "storage", "storage", PARAMETER_TEXT, 0 },
        { "mode", "mode", "mode", PARAMETER_TEXT, 0 },
        { "compress", "compress", "compress", PARAMETER_TEXT, 0 },
        { "notes", "notes-template", "notes-template", PARAMETER_TEXT, 0 },
        { .argument = NULL } };

static const struct parameter restore_parameters[]
    = { { "vmid", "vmid", "vmid", PARAMETER_TEXT, 0 },
        { "volid", "ostemplate", "archive", PARAMETER_TEXT, 0 },
        { "1", "restore", NULL, PARAMETER_ALWAYS, 0 },
        { "storage", "storage", "storage", PARAMETER_TEXT, 0 },
        { "force", "force", "force", PARAMETER_FLAG, 0 },
        { "unique", "unique", "unique", PARAMETER_FLAG, 0 },
        { "start", "start", "start", PARAMETER_FLAG, 0 },
        { .argument = NULL } };

static const struct parameter clone_parameters[]
    = { { "newid", "newid", "newid", PARAMETER_TEXT, 0 },
        { "name", "hostname", "name", PARAMETER_TEXT, 0 },
        { "full", "full", "full", PARAMETER_FLAG, 0 },
        { "storage", "storage", "storage", PARAMETER_TEXT, 0 },
        { "target", "target", "target", PARAMETER_TEXT, 0 },
        { "snapname", "snapname", "snapname", PARAMETER_TEXT, 0 },
        { .argument = NULL } };

static const struct parameter resize_parameters[]
    = { { "disk", "disk", "disk", PARAMETER_DISK, 0 },
        { "size", "size", "size", PARAMETER_SIZE, 0 },
        { "digest", "digest", "digest", PARAMETER_TEXT, 0 },
        { .argument = NULL } };

static const struct parameter migrate_parameters[]
    = { { "target", "target", "target", PARAMETER_TEXT, 0 },
        { "online", NULL, "online", PARAMETER_FLAG, 0 },
        { "with-local-disks", NULL, "with-local-disks", PARAMETER_FLAG, 0 },
        { "restart", "restart", NULL, PARAMETER_FLAG, 0 },
        { "storage", "target-storage", "targetstorage", PARAMETER_TEXT, 0 },
        { .argument = NULL } };

static const struct parameter destroy_parameters[]
    = { { "purge", "purge", "purge", PARAMETER_FLAG, 0 },
        { "force", "force", NULL, PARAMETER_FLAG, 0 },
        { "unreferenced-disks", "destroy-unreferenced-disks",
          "destroy-unreferenced-disks", PARAMETER_FLAG, 0 },
        { .argument = NULL } };

/* --- Verbs --- */

#define LXC "/nodes/{node}/lxc/{vmid}"
#define QEMU "/nodes/{node}/qemu/{vmid}"
#define CONTENT "/nodes/{node}/storage/{volume-storage}/content/{volid}"

static const struct action actions[] = {
  { .verb = "START",
    .method = "POST",
    .container = { LXC "/status/start", { "vzstart", "hastart" } },
    .machine = { QEMU "/status/start", { "qmstart", "hastart" } },
    .already = "already running",
    .inverse = "STOP" },
  { .verb = "STOP",
    .method = "POST",
    .container = { LXC "/status/stop", { "vzstop", "hastop" } },
    .machine = { QEMU "/status/stop", { "qmstop", "hastop" } },
    .parameters = stop_parameters,
    .already = "not running",
    .inverse = "START" },
  { .verb = "SHUTDOWN",
    .method = "POST",
    .container = { LXC "/status/shutdown", { "vzshutdown", "hastop" } },
    .machine = { QEMU "/status/shutdown", { "qmshutdown", "hastop" } },
    .parameters = shutdown_parameters,
    .already = "not running" },
  { .verb = "REBOOT",
    .method = "POST",
    .container = { LXC "/status/reboot", { "vzreboot" } },
    .machine = { QEMU "/status/reboot", { "qmreboot" } },
    .parameters = reboot_parameters },
  { .verb = "SUSPEND",
    .method = "POST",
    .container = { LXC "/status/suspend", { "vzsuspend" } },
    .machine = { QEMU "/status/suspend", { "qmpause", "qmsuspend" } } },
  { .verb = "RESUME",
    .method = "POST",
    .container = { LXC "/status/resume", { "vzresume" } },
    .machine = { QEMU "/status/resume", { "qmresume" } } },
  { .verb = "SNAPSHOT",
    .method = "POST",
    .container = { LXC "/snapshot", { "vzsnapshot" } },
    .machine = { QEMU "/snapshot", { "qmsnapshot" } },
    .parameters = snapshot_parameters,
    .inverse = "DELSNAPSHOT" },
  { .verb = "ROLLBACK",
    .method = "POST",
    .container = { LXC "/snapshot/{snapname}/rollback", { "vzrollback" } },
    .machine = { QEMU "/snapshot/{snapname}/rollback", { "qmrollback" } },
    .parameters = rollback_parameters },
  { .verb = "DELSNAPSHOT",
    .method = "DELETE",
    .container = { LXC "/snapshot/{snapname}", { "vzdelsnapshot" } },
    .machine = { QEMU "/snapshot/{snapname}", { "qmdelsnapshot" } },
    .parameters = delsnapshot_parameters },
  { .verb = "BACKUP",
    .method = "POST",
    .container = { "/nodes/{node}/vzdump", { "vzdump" } },
    .machine = { "/nodes/{node}/vzdump", { "vzdump" } },
    .parameters = backup_parameters,
    .id = "task-id" },
  { .verb = "RESTORE",
    .method = "POST",
    .container = { "/nodes/{node}/lxc", { "vzrestore" } },
    .machine = { "/nodes/{node}/qemu", { "qmrestore" } },
    .parameters = restore_parameters },
  { .verb = "CLONE",
    .method = "POST",
    .container = { LXC "/clone", { "vzclone" } },
    .machine = { QEMU "/clone", { "qmclone" } },
    .parameters = clone_parameters },
  { .verb = "RESIZE",
    .method = "PUT",
    .container = { LXC "/resize", { "resize" } },
    .machine = { QEMU "/resize", { "resize" } },
    .parameters = resize_parameters,
    .at_once = true },
  { .verb = "MIGRATE",
    .method = "POST",
    .container = { LXC "/migrate", { "vzmigrate", "hamigrate" } },
    .machine = { QEMU "/migrate", { "qmigrate", "hamigrate" } },
    .parameters = migrate_parameters },
  { .verb = "DESTROY",
    .method = "DELETE",
    .container = { LXC, { "vzdestroy" } },
    .machine = { QEMU, { "qmdestroy" } },
    .parameters = destroy_parameters },
  { .verb = "DELETE-CONTENT",
    .method = "DELETE",
    .container = { CONTENT, { "imgdel" } },
    .machine = { CONTENT, { "imgdel" } },
    .id = "task-id",
    .at_once = true },
};

#define ACTIONS (sizeof actions / sizeof *actions)

const struct action *
action_find (const char *verb)
{
  for (size_t i = 0; verb && i < ACTIONS; i++)
    if (!strcmp (actions[i].verb, verb))
      return actions + i;
  return NULL;
}

static bool
is_container (const struct work *work)
{
  const char *kind = work_text (work, "kind");

  return kind && !strcmp (kind, "lxc");
}

const struct action_kind *
action_kind (const struct work *work, const struct action *action)
{
  return is_container (work) ? &action->container : &action->machine;
}

/* --- Checks --- */

/* "scsi0", "rootfs": nothing else is a disk's name, whichever there are.  */
static bool
is_disk (const char *text)
{
  size_t letters = strspn (text, "abcdefghijklmnopqrstuvwxyz");

  return letters && letters + strspn (text + letters, DIGITS) == strlen (text)
         && strlen (text) <= 16;
}

/* \+?\d+(\.\d+)?[KMGT]? */
static bool
is_size (const char *text)
{
  size_t digits;

  text += *text == '+';
  digits = strspn (text, DIGITS);
  if (!digits)
    return false;
  text += digits;
  if (*text == '.')
    {
      digits = strspn (++text, DIGITS);
      if (!digits)
        return false;
      text += digits;
    }
  text += *text && strchr ("KMGT", *text);
  return !*text;
}

/* Bytes of the LENGTH bytes at TEXT, which is_size takes; a size in a list of
   properties is written the same way.  */
static double
read_size (const char *text, size_t length)
{
  static const char units[] = "KMGT";
  const char *unit = length ? strchr (units, text[length - 1]) : NULL;
  double bytes = strtod (text, NULL);

  for (const char *one = units; unit && one <= unit; one++)
    bytes *= 1024;
  return bytes;
}

bool
action_disk_has (const char *volume, const char *size)
{
  char text[SIZE_TEXT];
  size_t length;

  while (strncmp (volume, "size=", 5))
    {
      volume = strchr (volume, ',');
      if (!volume++)
        return false;
    }
  volume += 5;
  length = strcspn (volume, ",");
  if (*size == '+' || length >= sizeof text)
    return false;
  memcpy (text, volume, length);
  text[length] = 0;
  return is_size (text) && *text != '+'
         && read_size (text, length) == read_size (size, strlen (size));
}

static gpg_error_t
check_parameter (struct work *work, const struct parameter *parameter,
                 const char *text, bool container)
{
  if (!(container ? parameter->container : parameter->machine))
    return fail (&work->failure, GPG_ERR_INV_ARG, "%s have no --%s",
                 container ? "containers" : "virtual machines",
                 parameter->argument);
  if (parameter->form == PARAMETER_DISK && !is_disk (text))
    return fail (&work->failure, GPG_ERR_INV_ARG,
                 "a disk is named as rootfs, mp0 or scsi0");
  if (parameter->form == PARAMETER_SIZE && !is_size (text))
    return fail (&work->failure, GPG_ERR_INV_ARG,
                 "a size is 10G, or +2G for so much more, with K, M, G or T");
  return 0;
}

/* What WORK has of PARAMETER; NULL: it is not to be sent.  */
static const char *
find_value (const struct work *work, const struct parameter *parameter)
{
  const char *text = work_text (work, parameter->argument);

  return text && parameter->form == PARAMETER_FLAG && !strcmp (text, "0")
             ? NULL
             : text;
}

gpg_error_t
action_check (struct work *work, const struct action *action, bool container)
{
  const struct parameter *parameter = action->parameters;
  gpg_error_t err = 0;

  for (; !err && parameter && parameter->argument; parameter++)
    {
      const char *text = find_value (work, parameter);

      if (text && parameter->form != PARAMETER_ALWAYS)
        err = check_parameter (work, parameter, text, container);
    }
  return err;
}

/* --- What is sent --- */

gpg_error_t
action_path (const struct work *work, const struct action *action,
             char **r_path)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  const char *at = action_kind (work, action)->path;

  *r_path = NULL;
  while (*at)
    {
      size_t plain = strcspn (at, "{");
      char name[32];
      const char *text;
      size_t length;
      gpg_error_t err;

      /* The slash before the brace is that of the segment.  */
      buffer_append (&path, at, plain - !!at[plain]);
      at += plain;
      if (!*at)
        break;
      length = strcspn (++at, "}");
      memcpy (name, at, length);
      name[length] = 0;
      text = work_text (work, name);
      err = form_segment (&path, text ? text : "");
      if (err)
        return err;
      at += length + 1;
    }
  return buffer_take (&path, r_path, NULL);
}

static void
append_list (const struct work *work, const char *argument, const char *name,
             struct buffer *form)
{
  auto_buffer struct buffer list = BUFFER_EMPTY;
  const char *text;

  for (size_t i = 0; (text = work_text_at (work, argument, i)); i++)
    {
      buffer_string (&list, i ? "," : "");
      buffer_string (&list, text);
    }
  form->failed |= list.failed;
  if (list.length)
    form_append (form, name, list.bytes);
}

static void
append_parameter (const struct work *work, const struct parameter *parameter,
                  const char *name, struct buffer *form)
{
  const char *text = find_value (work, parameter);
  char number[24];

  switch (parameter->form)
    {
    case PARAMETER_ALWAYS:
      form_append (form, name, parameter->argument);
      return;
    case PARAMETER_LIST:
      append_list (work, parameter->argument, name, form);
      return;
    case PARAMETER_SECONDS:
      snprintf (number, sizeof number, "%" PRId64,
                (work_number (work, parameter->argument, 0) + 999) / 1000);
      break;
    default:
      break;
    }
  if (text)
    form_append (form, name,
                 parameter->form == PARAMETER_SECONDS ? number : text);
}

void
action_form (const struct work *work, const struct action *action, int release,
             struct buffer *form, const char **r_left_out)
{
  const struct parameter *parameter = action->parameters;

  *r_left_out = NULL;
  for (; parameter && parameter->argument; parameter++)
    {
      const char *name = is_container (work) ? parameter->container
                                             : parameter->machine;

      if (!name)
        continue;
      if (release && release < parameter->least_release)
        *r_left_out = find_value (work, parameter) ? name : *r_left_out;
      else
        append_parameter (work, parameter, name, form);
    }
}

bool
action_needs_release (const struct work *work, const struct action *action)
{
  const struct parameter *parameter = action->parameters;

  for (; parameter && parameter->argument; parameter++)
    if (parameter->least_release && find_value (work, parameter))
      return true;
  return false;
}
