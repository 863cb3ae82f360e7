/* worker.c - an augeas worker's life: requests, needs, limits
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "worker.h"
#include "yield.h"
#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"

/* What a code of augeas means for a client.  */
static const struct
{
  aug_errcode_t code;
  gpg_err_code_t meaning;
  const char *advice;
} meanings[] = {
  { AUG_ENOMEM, GPG_ERR_ENOMEM, "too much memory is needed: ask for less" },
  { AUG_EINTERNAL, GPG_ERR_INTERNAL, "augeas met an error of its own" },
  { AUG_EPATHX, GPG_ERR_SYNTAX, "not a path expression" },
  { AUG_ENOMATCH, GPG_ERR_NOT_FOUND, "no node matches" },
  { AUG_EMMATCH, GPG_ERR_AMBIGUOUS, "more than one node matches" },
  { AUG_ESYNTAX, GPG_ERR_INTERNAL, "a lens is broken" },
  { AUG_ENOLENS, GPG_ERR_INTERNAL, "a lens is missing" },
  { AUG_EMXFM, GPG_ERR_AMBIGUOUS, "more than one lens claims it" },
  { AUG_ENOSPAN, GPG_ERR_NO_DATA, "the node has no span" },
  { AUG_EMVDESC, GPG_ERR_INV_ARG, "a node cannot move below itself" },
  { AUG_ECMDRUN, GPG_ERR_INV_OP, "augeas could not do it" },
  { AUG_EBADARG, GPG_ERR_INV_ARG, "augeas does not take this" },
  { AUG_ELABEL, GPG_ERR_INV_NAME, "a label has no slash" },
  { AUG_ECPDESC, GPG_ERR_INV_ARG, "a node cannot be copied below itself" },
  { AUG_EFILEACCESS, GPG_ERR_INTERNAL, "a worker has no files" },
  /* It tells nothing when it cannot make the nodes of a path.  */
  { AUG_NOERROR, GPG_ERR_INV_OP, "augeas cannot make or change that node" },
};

gpg_error_t
worker_augeas_error (struct worker *worker, const char *path)
{
  aug_errcode_t code = (aug_errcode_t)aug_error (worker->aug);
  const char *minor = aug_error_minor_message (worker->aug);
  const char *details = aug_error_details (worker->aug);
  size_t i = 0;

  while (meanings[i].code != code && meanings[i].code != AUG_NOERROR)
    i++;
  if (code == AUG_ENOMEM)
    worker->fatal = true;
  if (minor)
    failure_detail (&worker->failure, "reason", "%s", minor);
  if (details)
    failure_detail (&worker->failure,
                    code == AUG_EPATHX ? "position" : "explanation", "%.200s",
                    details);
  return fail (&worker->failure, meanings[i].meaning, "%s%s%s: %.80s",
               meanings[i].advice, minor ? ", " : "", minor ? minor : "", path);
}

/* --- What the session tells about files --- */

static gpg_error_t
take_file (struct worker *worker, const struct message *message)
{
  auto_free char *path = NULL;
  auto_free char *name = NULL;
  auto_free char *mtime = NULL;
  const struct lens *lens;

  if (message->count != 4)
    return gpg_error (GPG_ERR_INV_PACKET);
  path = item_string (&message->items[0]);
  name = item_string (&message->items[1]);
  mtime = item_string (&message->items[2]);
  lens = name ? lens_by_name (&worker->table, name) : NULL;
  if (!path || !lens || !mtime)
    return gpg_error (GPG_ERR_INV_PACKET);
  return tree_load (worker, path, lens, mtime, &message->items[3]);
}

static gpg_error_t
take_known (struct worker *worker, const struct message *message)
{
  auto_free char *path = NULL;
  gpg_error_t err;

  if (message->count != 1 || !(path = item_string (&message->items[0])))
    return gpg_error (GPG_ERR_INV_PACKET);
  if (!worker->ordered)
    return 0;
  err = order_place (worker, "/augeas/files", path, false);
  if (!err)
    err = order_place (worker, "/files", path, false);
  return err;
}

static gpg_error_t
take_settled (struct worker *worker, const struct message *message)
{
  auto_free char *path = NULL;

  if (message->count != 1 || !(path = item_string (&message->items[0])))
    return gpg_error (GPG_ERR_INV_PACKET);
  order_end (worker);
  if (!strcmp (path, "/"))
    {
      worker->everything = true;
      return 0;
    }
  return record_put (worker, path,
                     message->code == CHANNEL_DIRECTORY ? RECORD_DIRECTORY
                                                        : RECORD_ABSENT,
                     NULL);
}

/* Nothing is to be put in order where nothing is yet.  */
static gpg_error_t
take_order (struct worker *worker, const struct message *message)
{
  order_end (worker);
  if (message->count != 1)
    return gpg_error (GPG_ERR_INV_PACKET);
  if (!worker->files && !worker->edited)
    return 0;
  worker->ordered = item_string (&message->items[0]);
  return worker->ordered ? 0 : gpg_error (GPG_ERR_ENOMEM);
}

static gpg_error_t
take_message (struct worker *worker, const struct message *message)
{
  switch (message->kind)
    {
    case CHANNEL_ORDER:
      return take_order (worker, message);
    case CHANNEL_FILE:
      return take_file (worker, message);
    case CHANNEL_KNOWN:
      return take_known (worker, message);
    case CHANNEL_REFUSED:
      if (message->count != 6)
        return gpg_error (GPG_ERR_INV_PACKET);
      return tree_refuse (worker, message);
    case CHANNEL_SETTLED:
      return take_settled (worker, message);
    default:
      return gpg_error (GPG_ERR_INV_PACKET);
    }
}

/* Read what the session has to tell, to its end also after an error.  */
static gpg_error_t
take_all (struct worker *worker)
{
  struct message message;
  gpg_error_t err = 0;
  gpg_error_t read_err;

  for (;;)
    {
      read_err = channel_read (&worker->channel, &message);
      if (read_err)
        {
          worker->fatal = true;
          return read_err;
        }
      if (message.kind == CHANNEL_READY)
        {
          /* What is told in order may have been given up.  */
          order_end (worker);
          return message.code && !err ? gpg_error (GPG_ERR_CANCELED) : err;
        }
      if (!err)
        err = take_message (worker, &message);
      if (err == gpg_error (GPG_ERR_INV_PACKET))
        worker->fatal = true;
    }
}

/* Whether nothing is to be asked for NEED.  */
static bool
is_settled (const struct worker *worker, const struct need *need)
{
  return record_on_way (worker, need->path) != NULL;
}

gpg_error_t
worker_meet (struct worker *worker, const struct needs *needs)
{
  struct channel *channel = &worker->channel;
  bool wide = needs->everything && !worker->everything;
  size_t count = 0;
  gpg_error_t err;

  for (size_t i = 0; i < needs->count && count < CHANNEL_ITEMS - 1; i++)
    if (!is_settled (worker, &needs->need[i]))
      {
        if (!count++)
          channel_begin (channel, CHANNEL_NEED, 0);
        channel_string (channel, needs->need[i].path);
      }
  if (wide)
    {
      if (!count++)
        channel_begin (channel, CHANNEL_NEED, 0);
      channel_string (channel, "/");
    }
  if (!count)
    return 0;
  channel_end (channel);
  err = channel_flush (channel);
  if (err)
    {
      worker->fatal = true;
      return err;
    }
  err = take_all (worker);
  order_end (worker);
  if (!err && !worker->edited)
    err = tree_clean_all (worker);
  return err;
}

/* If a file that NEED names cannot be had, that is the answer.  */
static gpg_error_t
check_asked (struct worker *worker, const struct need *need)
{
  struct record *record = record_on_way (worker, need->path);

  if (!need->asked || !record)
    return 0;
  switch (record->state)
    {
    case RECORD_FAILED:
      return tree_failure (worker, record->path, record->lens, record->text,
                           "does not parse");
    case RECORD_REFUSED:
      failure_detail (&worker->failure, "file", "%s", record->path);
      return fail (&worker->failure, record->code, "%s", record->advice);
    default:
      return 0;
    }
}

/* Whether augeas itself takes PATH for no expression at all.  */
static bool
is_no_expression (struct worker *worker, const char *path)
{
  aug_text_store (worker->aug, "none", "/augeas/none", path);
  return aug_error (worker->aug) == AUG_EPATHX;
}

/* The context is looked for, and made if it is missing, whatever the
   expression: so it must be loaded.  */
static void
add_context (const char *context, struct needs *needs)
{
  struct expression_base root = { NULL, false };

  if (!context || !strcmp (context, "/files"))
    return;
  if (expression_needs (context, &root, needs))
    needs->everything = true;
  for (size_t i = 0; i < needs->count; i++)
    needs->need[i].asked = false;
}

/* Where PATH is remembered when it is settled.  */
static char **
settled_place (struct worker *worker, const char *path)
{
  size_t hash = 5381;

  for (; *path; path++)
    hash = hash * 33 + (unsigned char)*path;
  return &worker->settled[hash % WORKER_SETTLED];
}

void
worker_unsettle (struct worker *worker)
{
  for (size_t i = 0; i < WORKER_SETTLED; i++)
    {
      free (worker->settled[i]);
      worker->settled[i] = NULL;
    }
}

static gpg_error_t
load_for (struct worker *worker, const char *path,
          const struct expression_base *base, bool strict)
{
  struct expression_base context = { NULL, false };
  struct needs needs = NEEDS_NONE;
  gpg_error_t err;

  aug_get (worker->aug, "/augeas/context", &context.context);
  if (context.context && !*context.context)
    context.context = NULL;
  add_context (context.context, &needs);
  err = expression_needs (path, base ? base : &context, &needs);
  if (gpg_err_code (err) == GPG_ERR_SYNTAX)
    {
      err = 0;
      if (!is_no_expression (worker, path))
        needs.everything = true;
    }
  if (!err)
    err = worker_meet (worker, &needs);
  for (size_t i = 0; i < needs.count && !err && strict; i++)
    err = check_asked (worker, &needs.need[i]);
  needs_release (&needs);
  return err;
}

gpg_error_t
worker_load_for (struct worker *worker, const char *path,
                 const struct expression_base *base, bool strict)
{
  char **place = settled_place (worker, path);
  gpg_error_t err;

  if (base || !strict)
    return load_for (worker, path, base, strict);
  if (*place && !strcmp (*place, path))
    return 0;
  err = load_for (worker, path, base, strict);
  if (err)
    return err;
  free (*place);
  *place = strdup (path); /* Without memory it is not remembered.  */
  return 0;
}

/* --- Requests --- */

/* Allow CPU_SECONDS more than were used so far, and up to two more,
   so that the clock need be looked at once a second only.  */
static void
limit_time (struct worker *worker)
{
  uint64_t now = link_now ();
  struct timespec used;
  struct rlimit limit;
  uint64_t want;

  if (worker->cpu_limit && now - worker->cpu_looked < 1000)
    return;
  worker->cpu_looked = now;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &used);
  want = (uint64_t)used.tv_sec + 2 + worker->cpu_seconds;
  if (want == worker->cpu_limit)
    return;
  worker->cpu_limit = want;
  limit.rlim_cur = want;
  limit.rlim_max = RLIM_INFINITY;
  setrlimit (RLIMIT_CPU, &limit);
}

/* Run where the session runs: two processes that hand one message to and fro
   are fastest on one CPU.  */
static void
follow (struct worker *worker, const struct item *item)
{
  uint32_t cpu;
  cpu_set_t set;

  if (item->length != sizeof cpu)
    return;
  memcpy (&cpu, item->bytes, sizeof cpu);
  if (cpu == worker->cpu || cpu >= CPU_SETSIZE)
    return;
  CPU_ZERO (&set);
  CPU_SET (cpu, &set);
  sched_setaffinity (0, sizeof set, &set);
  worker->cpu = cpu;
}

/* Tell, once, which fences hold.  */
static void
tell_report (struct worker *worker)
{
  if (!worker->report)
    return;
  channel_begin (&worker->channel, CHANNEL_REPORT, 0);
  channel_string (&worker->channel, worker->report);
  channel_end (&worker->channel);
  free (worker->report);
  worker->report = NULL;
}

/* End the answer to a request that ended with ERR.  */
static void
answer_end (struct worker *worker, gpg_error_t err)
{
  struct channel *channel = &worker->channel;
  struct failure *failure = &worker->failure;

  if (gpg_err_code (err) == GPG_ERR_ENOMEM)
    worker->fatal = true;
  if (!err)
    {
      tell_report (worker);
      channel_begin (channel, CHANNEL_DONE, 0);
      channel_end (channel);
      return;
    }
  /* What was gathered of an answer is void.  */
  buffer_clear (&channel->out);
  tell_report (worker);
  channel_begin (channel, CHANNEL_DONE, worker->fatal ? 2 : 1);
  channel_number (channel, gpg_err_code (err));
  channel_string (channel, failure_words (failure, err));
  for (struct detail *d = failure->details; d; d = d->next)
    {
      channel_string (channel, d->name);
      channel_item (channel, d->value, d->length);
    }
  channel_end (channel);
}

static gpg_error_t
serve_request (struct worker *worker)
{
  struct message message;
  gpg_error_t err = channel_read (&worker->channel, &message);

  if (err)
    return err;
  if (message.kind != CHANNEL_REQUEST || !message.count)
    return gpg_error (GPG_ERR_INV_PACKET);
  limit_time (worker);
  follow (worker, &message.items[0]);
  err = operation_run (worker, &message);
  yield_rest ();
  answer_end (worker, err);
  failure_release (&worker->failure);
  return channel_flush (&worker->channel);
}

void
worker_run (struct worker *worker, int fd)
{
  gpg_error_t err;

  sigaction (SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
  yield_start ();
  err = fence_enter (&worker->fence, fd, -1, worker->memory, &worker->report);
  if (err)
    _exit (1);
  worker->cpu = UINT32_MAX;
  channel_init (&worker->channel, FENCE_FD);
  while (!err && !worker->fatal)
    err = serve_request (worker);
  _exit (0);
}
