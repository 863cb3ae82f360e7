/* records.c - what a worker knows about paths
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include "worker.h"
#include "../../../protocol/memory.h"

static int
compare (const void *a, const void *b)
{
  const struct record *one = a;
  const struct record *other = b;

  return strcmp (one->path, other->path);
}

static void
record_free (void *record)
{
  struct record *r = record;

  free (r->path);
  free (r->text);
  free (r->draft);
  free (r->advice);
  free (r);
}

static bool
is_file (const struct record *record)
{
  return record->state == RECORD_LOADED || record->state == RECORD_FAILED;
}

struct record *
record_find (const struct worker *worker, const char *path)
{
  struct record key = { .path = (char *)path };
  struct record **found = tfind (&key, &worker->records, compare);

  return found ? *found : NULL;
}

struct record *
record_on_way (const struct worker *worker, const char *path)
{
  auto_free char *part = strdup (path);
  struct record *record = NULL;
  char *slash = part;
  char kept;

  while (slash && *slash && !record)
    {
      slash = strchr (slash + 1, '/');
      kept = slash ? *slash : 0;
      if (slash)
        *slash = 0;
      record = record_find (worker, part);
      if (record && record->state == RECORD_DIRECTORY && slash)
        record = NULL;
      if (slash)
        *slash = kept;
    }
  return record;
}

gpg_error_t
record_put (struct worker *worker, const char *path, enum record_state state,
            struct record **r_record)
{
  struct record *record;

  record_drop (worker, path);
  record = calloc (1, sizeof *record);
  if (!record)
    return gpg_error (GPG_ERR_ENOMEM);
  record->state = state;
  record->path = strdup (path);
  if (!record->path || !tsearch (record, &worker->records, compare))
    {
      record_free (record);
      return gpg_error (GPG_ERR_ENOMEM);
    }
  if (is_file (record))
    worker->files++;
  if (r_record)
    *r_record = record;
  return 0;
}

void
record_drop (struct worker *worker, const char *path)
{
  struct record *record = record_find (worker, path);

  if (!record)
    return;
  if (is_file (record))
    worker->files--;
  tdelete (record, &worker->records, compare);
  record_free (record);
}

void
records_drop_all (struct worker *worker)
{
  tdestroy (worker->records, record_free);
  worker->records = NULL;
  worker->files = 0;
  worker->everything = false;
}

struct walk
{
  struct worker *worker;
  gpg_error_t (*visit) (struct worker *worker, struct record *record,
                        void *context);
  void *context;
  gpg_error_t err;
};

static void
walk_one (const void *node, VISIT which, void *closure)
{
  struct walk *walk = closure;

  if ((which == postorder || which == leaf) && !walk->err)
    walk->err = walk->visit (walk->worker, *(struct record *const *)node,
                             walk->context);
}

gpg_error_t
records_each (struct worker *worker,
              gpg_error_t (*visit) (struct worker *worker,
                                    struct record *record, void *context),
              void *context)
{
  struct walk walk = { worker, visit, context, 0 };

  twalk_r (worker->records, walk_one, &walk);
  return walk.err;
}

/* The first record of a directory, to be dropped.  */
static gpg_error_t
find_directory (struct worker *worker, struct record *record, void *context)
{
  (void)worker;
  if (record->state != RECORD_DIRECTORY)
    return 0;
  *(struct record **)context = record;
  return gpg_error (GPG_ERR_EOF);
}

/* The first record of what was not allowed.  */
static gpg_error_t
find_forbidden (struct worker *worker, struct record *record, void *context)
{
  (void)worker;
  if (record->state != RECORD_REFUSED || record->code != GPG_ERR_FORBIDDEN)
    return 0;
  *(struct record **)context = record;
  return gpg_error (GPG_ERR_EOF);
}

void
records_unsettle (struct worker *worker)
{
  struct record *record;

  worker->everything = false;
  while (records_each (worker, find_directory, &record))
    record_drop (worker, record->path);
}

void
records_renew (struct worker *worker)
{
  struct record *record;

  records_unsettle (worker);
  while (records_each (worker, find_forbidden, &record))
    record_drop (worker, record->path);
}

struct below
{
  const char *path;
  size_t length;
};

static gpg_error_t
is_below (struct worker *worker, struct record *record, void *context)
{
  const struct below *below = context;

  (void)worker;
  if (record->state == RECORD_LOADED
      && !strncmp (record->path, below->path, below->length)
      && record->path[below->length] == '/')
    return gpg_error (GPG_ERR_EOF);
  return 0;
}

bool
record_below (struct worker *worker, const char *path)
{
  struct below below = { path, strlen (path) };

  return records_each (worker, is_below, &below) != 0;
}
