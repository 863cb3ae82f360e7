/* mount_verb.c - HW MOUNT and HW UMOUNT: planning them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "mount_verb.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "../../call/relay.h"
#include "fstab.h"

#define FSTAB "/etc/fstab"
#define PAIRS (3 * SETTING_VALUES + 4)

/* Pairs of name and value for the worker, beside the call's arguments.  */
struct more
{
  const char *pairs[2 * PAIRS + 1];
  size_t count;
};

static void
add (struct more *more, const char *name, const char *value)
{
  if (more->count + 2 > 2 * PAIRS)
    return;
  more->pairs[more->count++] = name;
  more->pairs[more->count++] = value;
}

static void
add_settings (struct more *more, const struct settings *settings)
{
  static const char *const names[] = { "mount-below", "mount-device",
                                       "mount-type" };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    for (const char *const *value = settings_list (settings, names[i]); *value;
         value++)
      add (more, names[i], *value);
}

/* --- fstab --- */

/* Have the plan make /etc/fstab what fstab_change makes of it.  */
static gpg_error_t
plan_fstab (struct call *call, const char *target, const char *line)
{
  auto_free char *text = NULL;
  struct file_image image;
  gpg_error_t err = file_read (call->machine, FSTAB, LIMIT_CONFIG_FILE, &image,
                               NULL, &call->failure);

  if (err)
    return err;
  err = fstab_change (image.bytes ? image.bytes : "", target, line, &text,
                      &call->failure);
  if (!err && strcmp (text, image.bytes ? image.bytes : ""))
    err = plan_file_write (call->plan, FSTAB, &image, text, strlen (text));
  file_image_release (&image);
  return err;
}

/* --- MOUNT --- */

/* The line of fstab for what TEXT, the answer of the worker, tells.  */
static gpg_error_t
make_line (struct call *call, const char *text, char **r_line)
{
  bool by_label = !strncmp (arg_text (call, "filesystem"), "LABEL=", 6);
  auto_free char *filesystem = NULL;
  auto_free char *options = NULL;
  auto_free char *name = NULL;
  auto_free char *spec = NULL;
  gpg_error_t err = relay_field (text, "filesystem", &filesystem);

  if (!err)
    err = relay_field (text, "options", &options);
  /* As the disk has it: at boot the case of letters counts.  */
  if (!err)
    err = relay_field (text, by_label ? "label" : "uuid", &name);
  if (err)
    return err;
  if (!filesystem || !options || !name)
    return gpg_error (GPG_ERR_SERVER_FAILED);
  /* mount(8) takes quotes off.  */
  if (strpbrk (name, "\"'"))
    return fail (&call->failure, GPG_ERR_NOT_SUPPORTED,
                 "/etc/fstab cannot have this label: use the UUID");
  spec = text_format ("%s=%s", by_label ? "LABEL" : "UUID", name);
  if (!spec)
    return gpg_error (GPG_ERR_ENOMEM);
  return fstab_line (spec, arg_text (call, "target"), filesystem, options,
                     r_line);
}

static gpg_error_t
plan_mount (struct call *call, struct more *more, const char *text)
{
  auto_free char *exists = NULL;
  auto_free char *device = NULL;
  auto_free char *filesystem = NULL;
  auto_free char *options = NULL;
  auto_free char *description = NULL;
  const char *target = arg_text (call, "target");
  gpg_error_t err = relay_field (text, "device", &device);

  if (!err)
    err = relay_field (text, "filesystem", &filesystem);
  if (!err)
    err = relay_field (text, "options", &options);
  if (!err)
    err = relay_field (text, "exists", &exists);
  if (err)
    return err;
  if (!device || !filesystem || !options || !exists)
    return gpg_error (GPG_ERR_SERVER_FAILED);
  add (more, "made", strcmp (exists, "yes") ? "1" : "0");
  description = text_format ("mount %s (%s) at %s with %s\n", device,
                             filesystem, target, options);
  if (!description)
    return gpg_error (GPG_ERR_ENOMEM);
  return relay_append (call, &(struct relay_change){ .kind = &relay_mount,
                                                     .object = target,
                                                     .description = description,
                                                     .before = "nothing",
                                                     .after = device,
                                                     .operation = "hw mount",
                                                     .undo = "hw mount undo",
                                                     .more = more->pairs });
}

gpg_error_t
hw_mount (struct call *call)
{
  struct more more = { .count = 0 };
  auto_free char *text = NULL;
  auto_free char *mounted = NULL;
  auto_free char *line = NULL;
  bool persist = arg_number (call, "persist", 0);
  bool already;
  gpg_error_t err;

  add_settings (&more, call->settings);
  err = relay_ask (call, "hw mount look", more.pairs, &text);
  if (!err)
    err = relay_field (text, "mounted", &mounted);
  if (err)
    return err;
  already = mounted && !strcmp (mounted, "yes");
  if (!already)
    err = plan_mount (call, &more, text);
  if (!err && persist)
    err = make_line (call, text, &line);
  if (!err && persist)
    err = plan_fstab (call, arg_text (call, "target"), line);
  if (err || plan_count (call->plan))
    return err;
  add (&more, "unchanged", "1");
  return relay_read (call, "hw mount look", more.pairs);
}

/* --- UMOUNT --- */

static gpg_error_t
write_target (struct call *call, bool changed)
{
  gpg_error_t err = writer_field_bool (call->out, "changed", changed);

  if (!err)
    err = writer_field (call->out, "target", "%s", arg_text (call, "target"));
  return err ? err : writer_record_end (call->out);
}

/* Plan it, as the last step: it has no way back.  */
static gpg_error_t
plan_umount (struct call *call, struct more *more, const char *text)
{
  auto_free char *source = NULL;
  auto_free char *description = NULL;
  const char *target = arg_text (call, "target");
  gpg_error_t err = relay_field (text, "source", &source);

  if (err)
    return err;
  if (!source)
    return gpg_error (GPG_ERR_SERVER_FAILED);
  description = text_format ("unmount %s from %s\n", source, target);
  if (!description)
    return gpg_error (GPG_ERR_ENOMEM);
  return relay_append (call, &(struct relay_change){ .kind = &relay_mount,
                                                     .object = target,
                                                     .description = description,
                                                     .before = source,
                                                     .after = "nothing",
                                                     .operation = "hw umount",
                                                     .more = more->pairs });
}

gpg_error_t
hw_umount (struct call *call)
{
  const char *target = arg_text (call, "target");
  struct more more = { .count = 0 };
  auto_free char *text = NULL;
  auto_free char *mounted = NULL;
  gpg_error_t err = 0;

  add_settings (&more, call->settings);
  /* The file first: that can be put back, what is unmounted cannot.  */
  if (arg_number (call, "persist", 0))
    err = plan_fstab (call, target, NULL);
  if (!err)
    err = relay_ask (call, "hw umount look", more.pairs, &text);
  if (!err)
    err = relay_field (text, "mounted", &mounted);
  if (err)
    return err;
  if (mounted && !strcmp (mounted, "yes"))
    return plan_umount (call, &more, text);
  return plan_count (call->plan) ? 0 : write_target (call, false);
}

gpg_error_t
hw_mount_done (struct call *call, gpg_error_t err)
{
  for (size_t i = 0; !err && i < plan_count (call->plan); i++)
    if (plan_kind (call->plan, i) == &relay_mount)
      return relay_done (call, err);
  /* Only /etc/fstab.  */
  return err ? err : write_target (call, true);
}
