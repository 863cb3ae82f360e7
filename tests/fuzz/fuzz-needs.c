/* fuzz-needs.c - what a worker loads for an expression is enough
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An input is an expression.  A worker that loads what it finds to be needed,
   from a session that knows FILES, gives the same answer as one that has loaded
   all of them.  */

#include "tree.h"

static const struct
{
  const char *path;
  const char *lens;
  const char *text;
} files[] = {
  { "/etc/hosts", "Hosts.lns", "127.0.0.1 localhost a\n::1 six\n" },
  { "/etc/h/lines1", "Simplelines.lns", "one\n" },
  { "/etc/h/b", "Hosts.lns", "::2 a b\n" },
  { "/etc/lines", "Simplelines.lns", "a\n# a\nb\n" },
  { "/etc/default/x", "Shellvars.lns", "A=1\nB=\"a\"\n" },
};

#define FILES (sizeof files / sizeof *files)

/* --- The session --- */

static struct channel session;
static size_t heard; /* Bytes of what the worker sent.  */
static bool told[FILES];

static void
tell (const char *below)
{
  size_t length = strlen (below);

  channel_begin (&session, CHANNEL_ORDER, 0);
  channel_string (&session, below);
  channel_end (&session);
  for (size_t i = 0; i < FILES; i++)
    if (!strncmp (files[i].path, below, length) && files[i].path[length] == '/')
      {
        channel_begin (&session, told[i] ? CHANNEL_KNOWN : CHANNEL_FILE, 0);
        channel_string (&session, files[i].path);
        if (!told[i])
          {
            channel_string (&session, files[i].lens);
            channel_string (&session, "1");
            channel_string (&session, files[i].text);
          }
        channel_end (&session);
        told[i] = true;
      }
}

static void
settle (const char *path, enum channel_state state)
{
  channel_begin (&session, CHANNEL_SETTLED, state);
  channel_string (&session, path);
  channel_end (&session);
}

/* What the LENGTH bytes at PATH are: FILES and more for nothing, less for a
   file; or a directory.  */
#define IS_DIRECTORY FILES
#define IS_NOTHING (FILES + 1)

static size_t
look (const char *path, size_t length)
{
  for (size_t i = 0; i < FILES; i++)
    if (!strncmp (files[i].path, path, length))
      {
        if (!files[i].path[length])
          return i;
        if (files[i].path[length] == '/')
          return IS_DIRECTORY;
      }
  return IS_NOTHING;
}

/* Answer the need for PATH, as files.c does.  */
static void
meet (char *path)
{
  size_t end = 0;
  size_t found = IS_DIRECTORY;

  while (found == IS_DIRECTORY && path[end])
    {
      size_t length = strcspn (path + end + 1, "/");

      end += 1 + length;
      found = length ? look (path, end) : IS_NOTHING;
    }
  path[end] = 0;
  if (found == IS_DIRECTORY)
    {
      tell (path);
      settle (path, CHANNEL_DIRECTORY);
    }
  else if (found == IS_NOTHING)
    settle (path, CHANNEL_ABSENT);
  else if (!told[found])
    {
      channel_begin (&session, CHANNEL_FILE, 0);
      channel_string (&session, files[found].path);
      channel_string (&session, files[found].lens);
      channel_string (&session, "1");
      channel_string (&session, files[found].text);
      channel_end (&session);
      told[found] = true;
    }
}

static void
meet_all (const struct message *message)
{
  for (size_t i = 0; i < message->count; i++)
    {
      char *path = item_string (&message->items[i]);

      require (path);
      if (path[1])
        meet (path);
      else
        {
          tell ("");
          settle ("/", CHANNEL_DIRECTORY);
        }
      free (path);
    }
  channel_begin (&session, CHANNEL_READY, 0);
  channel_end (&session);
}

/* The answer to what the worker sent since it last read.  */
static void
messages_answer (void)
{
  struct message message;
  size_t used;

  channel_init (&session, -1);
  while (heard < messages_out.length)
    {
      require (!channel_parse (&session, messages_out.bytes + heard,
                               messages_out.length - heard, &message, &used));
      require (used);
      heard += used;
      require (message.kind == CHANNEL_NEED);
      meet_all (&message);
    }
  require (!buffer_error (&session.out));
  buffer_append (&messages_in, session.out.bytes, session.out.length);
  channel_release (&session);
}

/* --- Two trees --- */

/* A worker with all files.  */
static void
open_all (struct worker *all)
{
  struct needs needs = { true, 0, NULL };

  tree_worker_open (all);
  require (!worker_meet (all, &needs) && all->files == FILES);
}

/* Append the error or the paths that EXPRESSION matches.  */
static void
match_all (augeas *aug, const char *expression, struct buffer *answer)
{
  char **paths = NULL;
  int count = aug_match (aug, expression, &paths);

  buffer_printf (answer, "%d %d\n", count,
                 count < 0 ? (int)aug_error (aug) : 0);
  for (int i = 0; i < count; i++)
    {
      const char *value = NULL;

      aug_get (aug, paths[i], &value);
      buffer_printf (answer, "%s = %s\n", paths[i], value ? value : "-");
      free (paths[i]);
    }
  free (paths);
}

static void
compare (struct worker *all, struct worker *worker, const char *expression)
{
  struct buffer wanted = BUFFER_EMPTY;
  struct buffer found = BUFFER_EMPTY;

  match_all (all->aug, expression, &wanted);
  if (!worker_load_for (worker, expression, NULL, false))
    {
      match_all (worker->aug, expression, &found);
      if (strcmp (wanted.bytes, found.bytes))
        fprintf (stderr, "%s\nwanted: %sfound: %s", expression, wanted.bytes,
                 found.bytes);
      require (!strcmp (wanted.bytes, found.bytes));
    }
  buffer_release (&wanted);
  buffer_release (&found);
}

/* An expression that crashed the library was only looking at its tree, which
   can still be closed.  */
static void
close_tree (struct worker *worker)
{
  tree_worker_forget (worker);
  aug_close (worker->aug);
  worker->aug = NULL;
}

/* Lenses take long to compile, so both trees are kept until a crash.  */
static void
try_expression (const char *expression)
{
  static struct worker all, worker;

  if (sigsetjmp (tree_way_out, 1))
    {
      tree_lost ();
      close_tree (&all);
      close_tree (&worker);
      return;
    }
  tree_guarded = 1;
  memset (told, 0, sizeof told);
  if (!worker.aug)
    {
      open_all (&all);
      memset (told, 0, sizeof told);
      tree_worker_open (&worker);
    }
  compare (&all, &worker, expression);
  worker_unsettle (&worker);
  failure_release (&worker.failure);
  require (!revert_all (&worker));
  tree_guarded = 0;
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  char *expression = fuzz_string (bytes, size);

  tree_set_up ();
  if (*expression)
    try_expression (expression);
  messages_forget ();
  heard = 0;
  free (expression);
  return 0;
}
