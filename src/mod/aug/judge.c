/* judge.c - whether policy lets the client write what SAVE would
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The client's worker may be in his hands, and which verb, variable or script
   led to a change does not matter.  So a worker that has seen nothing but a
   file's two texts names the nodes that differ.  It could still be taken over
   by these texts; then it can only belittle the change of this one file.  */

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "permit.h"
#include "verbs.h"
#include "../../../protocol/memory.h"

struct judgement
{
  const struct proposal *proposal;
  size_t count; /* Of names so far.  */
};

/* Whether NAME is one that compare.c makes.  */
static bool
is_name (const char *name)
{
  if (*name && *name != '/')
    return false;
  while (*name)
    {
      if (*name == '\\' && *++name != '\\' && *name != '/')
        return false;
      name++;
    }
  return true;
}

static gpg_error_t
take_names (struct call *call, const struct message *message, void *context)
{
  struct judgement *judgement = context;
  const struct proposal *proposal = judgement->proposal;
  gpg_error_t err = 0;

  if (message->code)
    {
      judgement->count++;
      return aug_may_write (call, proposal->path, proposal->resolved, NULL,
                            &call->failure);
    }
  for (size_t i = 0; i < message->count && !err; i++)
    {
      auto_free char *name = item_string (&message->items[i]);

      if (!name || !is_name (name) || judgement->count++ == LIMIT_AUG_JUDGED)
        return gpg_error (GPG_ERR_INV_PACKET);
      err = aug_may_write (call, proposal->path, proposal->resolved, name,
                           &call->failure);
    }
  return err;
}

/* The lens that TABLE has for PATH; NULL if it is not just one.  */
static const struct lens *
find_lens (const struct lens_table *table, const char *path)
{
  const struct lens *rival;
  const struct lens *lens = lens_for_reading (table, path, &rival);

  if (!lens)
    lens = lens_for_writing (table, path, &rival);
  return rival ? NULL : lens;
}

/* TEXT as an argument of CHANNEL_COMPARE.  */
static gpg_error_t
make_argument (struct call *call, const struct proposal *proposal,
               const char *text, size_t length, char **r_argument)
{
  char *argument;

  if (text && memchr (text, 0, length))
    return fail (&call->failure, GPG_ERR_FORBIDDEN,
                 "policy: what %s has cannot be judged: it has a NUL byte",
                 proposal->path);
  argument = calloc (1, length + 2);
  if (!argument)
    return gpg_error (GPG_ERR_ENOMEM);
  if (text)
    {
      *argument = '=';
      memcpy (argument + 1, text, length);
    }
  *r_argument = argument;
  return 0;
}

/* Let the session's worker, a fresh one, compare the texts with LENS.  */
static gpg_error_t
compare (struct call *call, const struct proposal *proposal, const char *lens)
{
  struct judgement judgement = { proposal, 0 };
  auto_free char *was = NULL;
  auto_free char *text = NULL;
  gpg_error_t err;

  err = make_argument (call, proposal, proposal->was, proposal->was_length,
                       &was);
  if (!err)
    err = make_argument (call, proposal, proposal->text, proposal->length,
                         &text);
  if (!err)
    err = aug_request (call, CHANNEL_COMPARE,
                       (const char *[]){ lens, was, text }, 3, take_names,
                       &judgement);
  if (!err && !judgement.count)
    err = fail (&call->failure, GPG_ERR_SERVER_FAILED,
                "the augeas worker does not tell what differs in %s",
                proposal->path);
  if (err)
    failure_detail (&call->failure, "file", "%s", proposal->path);
  return err;
}

/* The rules for nodes are made for the image's lens.  Where it has none, the
   client must be allowed to write the file with all that it may have.  */
static gpg_error_t
judge (struct call *call, const struct proposal *proposal,
       const struct lens_table *table)
{
  struct aug_session *session;
  const struct lens *lens;
  gpg_error_t err = aug_table (call, &session);

  if (err)
    return err;
  session->judges = true;
  lens = find_lens (&session->table, proposal->path);
  if (!lens)
    {
      lens = find_lens (table, proposal->path);
      err = aug_may_write (call, proposal->path, proposal->resolved, NULL,
                           &call->failure);
    }
  if (!err && !lens)
    err = fail (&call->failure, GPG_ERR_AMBIGUOUS,
                "more than one lens claims %s", proposal->path);
  return err ? err : compare (call, proposal, lens->name);
}

static bool
is_change (const struct proposal *proposal)
{
  return !proposal->was != !proposal->text
         || proposal->was_length != proposal->length
         || (proposal->text
             && memcmp (proposal->was, proposal->text, proposal->length));
}

gpg_error_t
aug_judge (struct call *call, const struct proposal *proposal)
{
  struct aug_session *mine = call->module->session;
  gpg_error_t err;

  if (!is_change (proposal))
    return 0;
  /* A session of its own, for as long as this takes.  */
  call->module->session = NULL;
  err = judge (call, proposal, &mine->table);
  aug_session_end (call->module->session);
  call->module->session = mine;
  return err;
}
