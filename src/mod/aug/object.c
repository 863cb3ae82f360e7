/* object.c - what policy calls the node that a path names
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <ctype.h>
#include <string.h>
#include "label.h"
#include "verbs.h"
#include "../../base/file.h"
#include "../../call/call.h"
#include "../../../protocol/buffer.h"

#define FILES "/files"

/* The names of a node, label by label.  */
struct node
{
  struct buffer named;     /* As the path has it.  */
  struct buffer canonical; /* Links resolved.  */
  struct buffer path;      /* Of the file or directory, below the root.  */
  bool follow;             /* What stands so far is a directory.  */
  size_t named_whole;      /* Lengths up to the file, or all.  */
  size_t canonical_whole;
};

/* Skip "[12]" at *AT.  */
static gpg_error_t
skip_position (const char **at)
{
  size_t digits;

  if (**at != '[')
    return 0;
  digits = strspn (*at + 1, "0123456789");
  if (!digits || (*at)[1 + digits] != ']')
    return gpg_error (GPG_ERR_INV_NAME);
  *at += digits + 2;
  return **at && **at != '/' ? gpg_error (GPG_ERR_INV_NAME) : 0;
}

/* Read the step "/label" at *AT into LABEL.  GPG_ERR_INV_NAME for whatever is
   no plain label.  */
static gpg_error_t
read_label (const char **at, struct buffer *label)
{
  const char *p = *at + 1;

  if (*p == '.' && (!p[1] || p[1] == '/' || p[1] == '.'))
    return gpg_error (GPG_ERR_INV_NAME);
  for (; *p && *p != '/' && *p != '['; p++)
    {
      if (*p == '\\' && p[1])
        p++;
      else if (strchr ("*]|=()!,:\\", *p) || isspace ((unsigned char)*p))
        return gpg_error (GPG_ERR_INV_NAME);
      buffer_append (label, p, 1);
    }
  *at = p;
  if (!label->length)
    return gpg_error (GPG_ERR_INV_NAME);
  return skip_position (at);
}

/* Go on to the child LABEL of NODE.  */
static gpg_error_t
step (const struct machine *machine, const char *label, struct node *node)
{
  struct place place;

  label_append (&node->named, label);
  node->follow = node->follow && !strchr (label, '/');
  if (node->follow)
    {
      buffer_printf (&node->path, "/%s", label);
      if (buffer_error (&node->path))
        return buffer_error (&node->path);
      node->follow = !place_find (machine, node->path.bytes, &place, NULL);
    }
  if (!node->follow)
    {
      label_append (&node->canonical, label);
      return 0;
    }
  buffer_clear (&node->canonical);
  buffer_string (&node->canonical, FILES);
  label_append_path (&node->canonical, place.path);
  if (place.exists && S_ISREG (place.stat.st_mode))
    {
      node->named_whole = node->named.length;
      node->canonical_whole = node->canonical.length;
    }
  node->follow = place.exists && S_ISDIR (place.stat.st_mode);
  place_release (&place);
  return 0;
}

static gpg_error_t
walk (const struct machine *machine, const char *text, struct node *node)
{
  gpg_error_t err = 0;

  buffer_string (&node->named, FILES);
  buffer_string (&node->canonical, FILES);
  node->follow = true;
  while (!err && *text)
    {
      auto_buffer struct buffer label = BUFFER_EMPTY;

      err = read_label (&text, &label);
      if (!err)
        err = buffer_error (&label);
      if (!err)
        err = step (machine, label.bytes, node);
    }
  if (!node->named_whole)
    {
      node->named_whole = node->named.length;
      node->canonical_whole = node->canonical.length;
    }
  if (!err)
    err = buffer_error (&node->named);
  return err ? err : buffer_error (&node->canonical);
}

gpg_error_t
aug_find_object (const struct machine *machine, const char *text,
                 gpg_error_t (*each) (void *context,
                                      const struct object_name *names,
                                      size_t count),
                 void *context)
{
  struct node node = { .follow = false };
  gpg_error_t err;

  if (strncmp (text, FILES "/", strlen (FILES "/")))
    return gpg_error (GPG_ERR_INV_NAME);
  err = walk (machine, text + strlen (FILES), &node);
  if (!err)
    {
      const struct object_name names[]
          = { { .text = node.canonical.bytes, .whole = node.canonical_whole },
              { .text = node.named.bytes, .whole = node.named_whole } };
      bool same = !strcmp (names[0].text, names[1].text);

      err = each (context, names, same ? 1 : 2);
    }
  buffer_release (&node.named);
  buffer_release (&node.canonical);
  buffer_release (&node.path);
  return err;
}
