/* fuzz-worker.c - an augeas worker, and a session that says anything
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An input is what the session sends, see messages.h.  Whatever that is, what
   the worker sends are messages, and it asks for paths only.  */

#include "tree.h"

static void
messages_answer (void)
{
}

/* A request that names a file, and no expression, is asked back for what it
   names.  */
static bool
names_a_file (unsigned code)
{
  return code == CHANNEL_TEXT || code == CHANNEL_REPLACE;
}

static void
check_message (const struct message *message, unsigned code)
{
  require (message->kind == CHANNEL_NEED || message->kind == CHANNEL_ANSWER);
  if (message->kind != CHANNEL_NEED || names_a_file (code))
    return;
  require (message->count);
  for (size_t i = 0; i < message->count; i++)
    require (message->items[i].length && message->items[i].bytes[0] == '/');
}

/* What was sent for a request with CODE is sound.  */
static void
check_sent (unsigned code)
{
  struct message message;
  struct channel channel;
  size_t at = 0, used;

  channel_init (&channel, -1);
  while (at < messages_out.length)
    {
      require (!channel_parse (&channel, messages_out.bytes + at,
                               messages_out.length - at, &message, &used));
      require (used);
      check_message (&message, code);
      at += used;
    }
  channel_release (&channel);
  buffer_clear (&messages_out);
}

/* Serve a request, as worker.c does it.  Whether to go on.  */
static bool
serve (struct worker *worker)
{
  struct message message;
  unsigned code;
  gpg_error_t err;

  if (channel_read (&worker->channel, &message)
      || message.kind != CHANNEL_REQUEST || !message.count)
    return false;
  code = message.code;
  err = operation_run (worker, &message);
  if (err)
    buffer_clear (&worker->channel.out);
  require (!channel_flush (&worker->channel) || err);
  failure_release (&worker->failure);
  check_sent (code);
  return !worker->fatal && gpg_err_code (err) != GPG_ERR_ENOMEM;
}

/* Serve all requests.  The tree is used again where it can be emptied.  */
static void
serve_all (void)
{
  static struct worker worker;
  static char *pristine;

  if (sigsetjmp (tree_way_out, 1))
    {
      tree_lost ();
      worker.aug = NULL;
      return;
    }
  tree_guarded = 1;
  if (!worker.aug)
    tree_worker_open (&worker);
  if (!pristine)
    pristine = tree_print (worker.aug);
  while (serve (&worker))
    ;
  if (!tree_worker_renew (&worker, pristine))
    {
      tree_worker_forget (&worker);
      aug_close (worker.aug);
      worker.aug = NULL;
    }
  tree_guarded = 0;
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  tree_set_up ();
  messages_feed = (struct feed){ bytes, bytes + size };
  serve_all ();
  messages_forget ();
  return 0;
}
