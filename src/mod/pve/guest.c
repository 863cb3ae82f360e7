/* guest.c - where a guest is, and what it is
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "guest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "api.h"
#include "field.h"
#include "form.h"

/* "/nodes/NODE/KIND", encoded, for the caller to free.  */
static gpg_error_t
list_path (const char *node, bool container, char **r_path)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  gpg_error_t err;

  *r_path = NULL;
  buffer_string (&path, "/nodes");
  err = form_segment (&path, node);
  if (err)
    return err;
  buffer_string (&path, container ? "/lxc" : "/qemu");
  return buffer_take (&path, r_path, NULL);
}

/* The text KEY of ENTRY, or NULL.  */
static const char *
string_of (const json_t *entry, const char *key)
{
  return json_string_value (json_object_get (entry, key));
}

static char *
copy_of (const json_t *entry, const char *key)
{
  const char *text = string_of (entry, key);

  return text ? strdup (text) : NULL;
}

/* Store what ENTRY, of a list, says.  */
static gpg_error_t
take_entry (const json_t *entry, const char *node, bool container,
            struct guest *guest)
{
  const char *state = string_of (entry, "hastate");
  auto_free char *path = NULL;
  gpg_error_t err = list_path (node, container, &path);

  if (err)
    return err;
  guest->container = container;
  guest->managed = state && *state && strcmp (state, "ignored");
  guest->node = strdup (node);
  guest->status = copy_of (entry, "status");
  guest->name = copy_of (entry, "name");
  guest->path = text_format ("%s/%" PRId64, path, guest->vmid);
  return guest->node && guest->path ? 0 : gpg_error_from_syserror ();
}

/* The entry of VMID in LIST, or NULL.  */
static const json_t *
find_entry (const json_t *list, int64_t vmid)
{
  size_t index;
  json_t *entry;
  int64_t number;

  json_array_foreach (list, index, entry)
    if (field_number (entry, "vmid", &number) && number == vmid)
      return entry;
  return NULL;
}

static gpg_error_t
find_in_cluster (struct work *work, struct guest *guest)
{
  struct answer answer;
  gpg_error_t err = api_get (work, "/cluster/resources?type=vm", &answer);
  const json_t *entry;
  const char *node, *type;

  if (err)
    return err;
  entry = find_entry (answer.data, guest->vmid);
  node = entry ? string_of (entry, "node") : NULL;
  type = entry ? string_of (entry, "type") : NULL;
  if (node && type)
    err = take_entry (entry, node, !strcmp (type, "lxc"), guest);
  answer_release (&answer);
  return err;
}

/* Look for it on NODE.  */
static gpg_error_t
find_on_node (struct work *work, const char *node, bool container,
              struct guest *guest)
{
  auto_free char *path = NULL;
  struct answer answer;
  const json_t *entry;
  gpg_error_t err = list_path (node, container, &path);

  if (!err)
    err = api_get (work, path, &answer);
  if (err)
    return err;
  entry = find_entry (answer.data, guest->vmid);
  if (entry)
    err = take_entry (entry, node, container, guest);
  answer_release (&answer);
  return err;
}

/* Look for it on each node.  One that does not answer is passed over.  */
static gpg_error_t
find_on_nodes (struct work *work, struct guest *guest)
{
  struct answer answer;
  size_t index;
  json_t *entry;
  gpg_error_t err = api_get (work, "/nodes", &answer);

  if (err)
    return err;
  json_array_foreach (answer.data, index, entry)
    {
      const char *node = string_of (entry, "node");

      for (int container = 0; node && container < 2 && !guest->path;
           container++)
        {
          err = find_on_node (work, node, container, guest);
          if (err && work_ended (work))
            break;
        }
      if (guest->path || work_ended (work))
        break;
    }
  answer_release (&answer);
  if (guest->path)
    failure_release (&work->failure);
  return guest->path ? 0 : err;
}

gpg_error_t
guest_find (struct work *work, struct guest *r_guest)
{
  return guest_find_number (work, work_number (work, "vmid", 0), r_guest);
}

gpg_error_t
guest_find_number (struct work *work, int64_t vmid, struct guest *r_guest)
{
  gpg_error_t err;

  *r_guest = (struct guest)GUEST_NONE;
  r_guest->vmid = vmid;
  err = find_in_cluster (work, r_guest);
  if (!err && !r_guest->path)
    err = find_on_nodes (work, r_guest);
  if (!err && !r_guest->path)
    err = fail (&work->failure, GPG_ERR_NOT_FOUND,
                "there is no guest %" PRId64 ", or the token may not see it",
                r_guest->vmid);
  if (err)
    guest_release (r_guest);
  return err;
}

void
guest_release (struct guest *guest)
{
  free (guest->node);
  free (guest->status);
  free (guest->name);
  free (guest->path);
  *guest = (struct guest)GUEST_NONE;
}
