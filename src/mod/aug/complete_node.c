/* complete_node.c - which nodes and files a word that is being typed may name
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   All is found out by verbs of ours, so that the gates decide what may be
   seen.  */

#include <config.h>
#include <ctype.h>
#include <string.h>
#include "own_answer.h"
#include "verbs.h"
#include "../../../protocol/buffer.h"
#include "../../../protocol/memory.h"

#define ITEMS 1000
#define ANSWER_BYTES MIB /* What is behind them in a list is not offered.  */

struct completion
{
  struct call *call;
  const char *prefix;
  size_t head; /* Bytes of it that stand before the name.  */
  size_t count;
  struct buffer answer;
};

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  struct buffer *answer = context;

  if (answer->length < ANSWER_BYTES)
    buffer_append (answer, bytes, length);
  return buffer_error (answer);
}

static gpg_error_t
take_nothing (void *context, const char *keyword, const char *text)
{
  (void)context;
  (void)keyword;
  (void)text;
  return 0;
}

/* Ask VERB about EXPRESSION.  The answer is empty if it has none; only an
   error that ends the whole completion is returned.  */
static gpg_error_t
ask (struct completion *completion, const char *verb, const char *expression)
{
  struct writer out
      = { .sink = { take_data, take_nothing, &completion->answer } };
  struct call *call = completion->call;
  gpg_error_t err;

  buffer_clear (&completion->answer);
  err = call->perform (call, verb, &expression, 1, &out);
  writer_release (&out);
  switch (gpg_err_code (err))
    {
    case GPG_ERR_SYNTAX:
    case GPG_ERR_INV_ARG:
    case GPG_ERR_NOT_FOUND:
    case GPG_ERR_AMBIGUOUS:
    case GPG_ERR_BAD_DATA:
    case GPG_ERR_FORBIDDEN:
      failure_release (&call->failure);
      buffer_clear (&completion->answer);
      return 0;
    default:
      return err;
    }
}

/* The number of bytes of PATH up to its last slash that parts two steps, that
   one counted; 0 if there is none.  */
static size_t
head_length (const char *path)
{
  size_t head = 0;
  size_t depth = 0;
  char quote = 0;

  for (size_t i = 0; path[i]; i++)
    {
      char c = path[i];

      if (c == '\\' && path[i + 1])
        i++;
      else if (quote || c == '"' || c == '\'')
        quote = quote == c ? 0 : quote ? quote : c;
      else if (c == '[' || c == '(')
        depth++;
      else if (c == ']' || c == ')')
        depth -= depth > 0;
      else if (c == '/' && !depth)
        head = i + 1;
    }
  return head;
}

/* Offer NAME, which goes on if it has CHILDREN, where it fits.  */
static gpg_error_t
offer (struct completion *completion, const char *name, bool children)
{
  auto_buffer struct buffer item = BUFFER_EMPTY;
  const char *begun = completion->prefix + completion->head;
  gpg_error_t err;

  if (strncmp (name, begun, strlen (begun)) || completion->count == ITEMS)
    return 0;
  completion->count++;
  buffer_append (&item, completion->prefix, completion->head);
  buffer_printf (&item, "%s%s", name, children ? "/" : "");
  err = buffer_error (&item);
  return err ? err
             : writer_item (completion->call->out, item.bytes, item.length);
}

/* --- Nodes --- */

static gpg_error_t
offer_children (struct completion *completion, const char *expression)
{
  struct answer_field fields[ANSWER_FIELDS];
  gpg_error_t err = ask (completion, "LS", expression);
  char *at = completion->answer.length ? completion->answer.bytes : NULL;

  while (!err && at && answer_record (&at, fields))
    {
      const char *path = answer_value (fields, "path", "");
      const char *children = answer_value (fields, "children", "");

      err = offer (completion, path + head_length (path),
                   !strcmp (children, "yes"));
    }
  return err;
}

static gpg_error_t
complete_node (struct completion *completion)
{
  const char *prefix = completion->prefix;
  auto_free char *parent = NULL;
  gpg_error_t err;

  if (!*prefix)
    completion->prefix = prefix = "/";
  completion->head = head_length (prefix);
  /* What the root has is known, and a look at it would load all files.  */
  if (completion->head == 1 && *prefix == '/')
    {
      err = offer (completion, "augeas", true);
      return err ? err : offer (completion, "files", true);
    }
  if (!completion->head && *prefix == '$')
    {
      completion->head = 1;
      return offer_children (completion, "/augeas/variables");
    }
  if (!completion->head)
    return offer_children (completion, ".");
  parent = strndup (prefix, completion->head - 1);
  if (!parent)
    return gpg_error_from_syserror ();
  return offer_children (completion, parent);
}

/* --- Files --- */

/* Append PATH to EXPRESSION so that each of its characters means itself.  */
static void
append_path (struct buffer *expression, const char *path, size_t length)
{
  for (size_t i = 0; i < length; i++)
    {
      unsigned char c = (unsigned char)path[i];

      if (c < 0x80 && !isalnum (c) && !strchr ("/._-", c))
        buffer_string (expression, "\\");
      buffer_append (expression, path + i, 1);
    }
}

/* Offer the last steps of the nodes that EXPRESSION matches as names.  */
static gpg_error_t
offer_names (struct completion *completion, const char *expression,
             bool children)
{
  gpg_error_t err = ask (completion, "MATCH", expression);
  char *at = completion->answer.length ? completion->answer.bytes : NULL;
  char *path;

  while (!err && at && (path = answer_item (&at)))
    {
      char *name = path + head_length (path);
      char *end = name;

      for (const char *from = name; *from; from++)
        if (*from != '\\' || !from[1])
          *end++ = *from;
        else
          *end++ = *++from;
      *end = 0;
      err = offer (completion, name, children);
    }
  return err;
}

/* What augeas knows of a file stands below /augeas/files, with the file's
   path.  */
static gpg_error_t
complete_file (struct completion *completion)
{
  static const char *const tests[] = { "[path]", "[count(path) = 0]" };
  const char *slash;
  gpg_error_t err = 0;

  if (!*completion->prefix)
    completion->prefix = "/";
  slash = strrchr (completion->prefix, '/');
  if (*completion->prefix != '/')
    return 0;
  completion->head = (size_t)(slash - completion->prefix) + 1;
  for (size_t i = 0; !err && i < 2; i++)
    {
      auto_buffer struct buffer expression = BUFFER_EMPTY;

      buffer_string (&expression, "/augeas/files");
      append_path (&expression, completion->prefix, completion->head);
      buffer_printf (&expression, "*%s", tests[i]);
      err = buffer_error (&expression);
      if (!err)
        err = offer_names (completion, expression.bytes, i == 1);
    }
  return err;
}

static gpg_error_t
complete (struct call *call, const char *type, const char *prefix)
{
  struct completion completion = { .call = call, .prefix = prefix };
  gpg_error_t err = 0;

  if (!strcmp (type, "augpath"))
    err = complete_node (&completion);
  else if (!strcmp (type, "path"))
    err = complete_file (&completion);
  buffer_release (&completion.answer);
  return err;
}

gpg_error_t
aug_complete (struct call *call, const char *type, const char *prefix)
{
  struct aug_session *session = call->module->session;
  gpg_error_t err;
  bool lost;

  if (!session)
    return complete (call, type, prefix);
  lost = session->lost;
  session->lost = false;
  if (session->edited || session->transformed)
    {
      /* A tab must not cost edits: the worker that has them is waited for as
         long as in any call.  */
      call->deadline = 0;
      call->canceled = NULL;
      err = complete (call, type, prefix);
      lost = !session->edited && !session->transformed;
    }
  else
    err = complete (call, type, prefix);
  session->lost = lost;
  return err;
}
