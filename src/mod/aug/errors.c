/* errors.c - what augeas notes of a text that does not parse or render
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   aug_text_store and aug_text_retrieve note it below /augeas/text; of a file
   it is moved to where augeas has it for files.  */

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

#define EXCERPT 80 /* Bytes of a text that are shown for an error.  */

void
tree_adopt_error (struct worker *worker, const char *path)
{
  auto_free char *source = tree_node (worker, "/augeas/text/files", path);
  auto_free char *target = tree_node (worker, "/augeas/files", path);
  auto_free char *from = NULL;
  auto_free char *to = NULL;

  if (source && target && (from = text_format ("%s/error", source))
      && (to = text_format ("%s/error", target)))
    {
      aug_rm (worker->aug, to);
      if (tree_count (worker, from) == 1)
        aug_mv (worker->aug, from, to);
    }
  aug_rm (worker->aug, "/augeas/text");
}

/* The value of the node BELOW the error node ERROR, or NULL.  */
static const char *
error_value (struct worker *worker, const char *error, const char *below)
{
  auto_free char *node = NULL;
  const char *value = NULL;

  node = text_format ("%s%s", error, below);
  if (!node)
    return NULL;
  aug_get (worker->aug, node, &value);
  return value;
}

const char *
tree_error (struct worker *worker, const char *path, const char *below)
{
  auto_free char *meta = tree_node (worker, "/augeas/files", path);
  auto_free char *error = NULL;

  if (!meta || !(error = text_format ("%s/error", meta)))
    return NULL;
  return error_value (worker, error, below);
}

/* Add as detail the part of the line that stands at byte POSITION.  */
static void
add_excerpt (struct worker *worker, const char *text, const char *position)
{
  size_t length = strlen (text);
  size_t at = position ? strtoul (position, NULL, 10) : length;
  const char *from;

  if (at >= length)
    return;
  from = text + at;
  while (from > text && from[-1] != '\n' && text + at - from < EXCERPT / 2)
    from--;
  length = strcspn (text + at, "\n");
  if (length > EXCERPT / 2)
    length = EXCERPT / 2;
  failure_detail_bytes (&worker->failure, "text", from,
                        (size_t)(text + at - from) + length);
}

/* The path in a put error: augeas writes the file's node before it even if it
   is there already.  */
static const char *
error_path (const char *path, const char *value)
{
  const char *rest = value;
  size_t length = strlen (path) + strlen ("/files");

  if (strlen (value) > length)
    rest += length;
  return strncmp (rest, "/files/", 7) ? value : rest;
}

/* Set the words and details of the request's failure from the error node ERROR:
   PATH, if that is not NULL, and WHAT.  */
static gpg_error_t
fail_as_noted (struct worker *worker, const char *error, const char *path,
               const char *text, const char *what)
{
  static const char *const details[][2] = { { "line", "/line" },
                                            { "character", "/char" },
                                            { "path", "/path" },
                                            { "definition", "/lens" },
                                            { "reason", "/message" } };
  const char *value, *line, *message;

  for (size_t i = 0; i < sizeof details / sizeof *details; i++)
    if ((value = error_value (worker, error, details[i][1])))
      failure_detail (&worker->failure, details[i][0], "%s",
                      path ? error_path (path, value) : value);
  if (text)
    add_excerpt (worker, text, error_value (worker, error, "/pos"));
  line = error_value (worker, error, "/line");
  message = error_value (worker, error, "/message");
  if (!message)
    message = "see the details";
  return fail (&worker->failure, GPG_ERR_BAD_DATA, "%s%s%s%s%s: %.*s",
               path ? path : "", path ? " " : "", what, line ? " at line " : "",
               line ? line : "", (int)strcspn (message, "\n"), message);
}

gpg_error_t
tree_failure (struct worker *worker, const char *path, const struct lens *lens,
              const char *text, const char *what)
{
  auto_free char *meta = tree_node (worker, "/augeas/files", path);
  auto_free char *error = NULL;

  if (!meta || !(error = text_format ("%s/error", meta)))
    return gpg_error (GPG_ERR_ENOMEM);
  failure_detail (&worker->failure, "file", "%s", path);
  if (lens)
    failure_detail (&worker->failure, "lens", "%s", lens->name);
  return fail_as_noted (worker, error, path, text, what);
}

gpg_error_t
text_failure (struct worker *worker, const char *lens, const char *text,
              const char *what)
{
  gpg_error_t err;

  failure_detail (&worker->failure, "lens", "%s", lens);
  err = fail_as_noted (worker, "(/augeas/text//error[message])[1]", NULL, text,
                       what);
  aug_rm (worker->aug, "/augeas/text");
  return err;
}
