/* complete.c - what a line that is being typed may become
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Everything comes from the rows, but objects: a noun lists those by calls
   that pass the gates.  */

#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/memory.h"
#include "protocol/record.h"
#include "protocol/words.h"
#include "session.h"

#define OBJECTS_MS 2000 /* A person waits for the list of objects.  */

struct completion
{
  struct session *session;
  struct words words; /* Before the last one.  */
  char *prefix;       /* The last word as far as it goes, decoded.  */
  bool quoted;        /* It began with a quotation mark.  */
  bool any;           /* Something was written.  */
  struct writer *out;
};

/* Write the word TEXT in the form of a line.  One that goes on, since it ends
   with a slash, keeps its quotation open.  */
static gpg_error_t
offer (struct completion *completion, const char *text, size_t length)
{
  auto_buffer struct buffer plain = BUFFER_EMPTY;
  auto_buffer struct buffer word = BUFFER_EMPTY;
  bool quoted;
  gpg_error_t err;

  words_quote (&plain, text, length);
  err = buffer_error (&plain);
  if (err)
    return err;
  quoted = *plain.bytes == '"';
  if (completion->quoted && !quoted)
    {
      buffer_string (&word, "\"");
      for (size_t i = 0; i < plain.length; i++)
        if (plain.bytes[i] == '"')
          buffer_string (&word, "%22");
        else
          buffer_append (&word, plain.bytes + i, 1);
      buffer_string (&word, "\"");
      quoted = true;
    }
  else
    buffer_append (&word, plain.bytes, plain.length);
  err = buffer_error (&word);
  if (err)
    return err;
  if (quoted && length && text[length - 1] == '/')
    word.length--;
  completion->any = true;
  return writer_item (completion->out, word.bytes, word.length);
}

/* Write NAME, which is the same in every form, if it is meant.  */
static gpg_error_t
offer_name (struct completion *completion, const char *name)
{
  size_t length = strlen (completion->prefix);

  if (strncasecmp (name, completion->prefix, length))
    return 0;
  completion->any = true;
  return writer_item (completion->out, name, strlen (name));
}

/* Each of CHOICES ("a|b"), behind BEFORE.  */
static gpg_error_t
offer_choices (struct completion *completion, const char *before,
               const char *choices)
{
  gpg_error_t err = 0;

  while (!err && *choices)
    {
      auto_buffer struct buffer name = BUFFER_EMPTY;
      size_t length = strcspn (choices, "|");

      buffer_printf (&name, "%s%.*s", before, (int)length, choices);
      err = buffer_error (&name);
      if (!err)
        err = offer_name (completion, name.bytes);
      choices += length + (choices[length] == '|');
    }
  return err;
}

/* What the values of ITEM are if its type has but a few; NULL else.  */
static const char *
few_values (const struct grammar_item *item)
{
  if (item->choices)
    return item->choices;
  return item->type->flags & TYPE_FLAG ? "yes|no" : NULL;
}

/* The options of GRAMMAR, behind BEFORE ("--", or "" for OPTION, which wants a
   value for each).  */
static gpg_error_t
offer_options (struct completion *completion, const struct grammar *grammar,
               const char *before)
{
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < grammar->count; i++)
    {
      const struct grammar_item *item = grammar->item + i;
      bool flag = *before && item->type->flags & TYPE_FLAG;
      auto_buffer struct buffer name = BUFFER_EMPTY;

      if (!item->option)
        continue;
      buffer_printf (&name, "%s%s%s", before, item->name, flag ? "" : "=");
      err = buffer_error (&name);
      if (err)
        break;
      if (!flag && few_values (item)
          && !strncasecmp (name.bytes, completion->prefix, name.length))
        err = offer_choices (completion, name.bytes, few_values (item));
      else
        err = offer_name (completion, name.bytes);
    }
  return err;
}

static gpg_error_t
offer_nouns (struct completion *completion)
{
  const struct registry *registry = &completion->session->daemon->registry;
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < registry->count; i++)
    err = offer_name (completion, registry->noun[i].row->name);
  for (const struct session_word *word = session_words; !err && word->name;
       word++)
    err = offer_name (completion, word->name);
  return err;
}

static gpg_error_t
offer_verbs (struct completion *completion, const struct registry_noun *noun)
{
  gpg_error_t err = 0;

  for (size_t i = 0; !err && noun && i < noun->count; i++)
    err = offer_name (completion, noun->verb[i].row->name);
  return err;
}

/* --- Objects --- */

/* A writer's sink that keeps the answer.  */
static gpg_error_t
keep_data (void *context, const char *bytes, size_t length)
{
  struct buffer *answer = context;

  buffer_append (answer, bytes, length);
  return buffer_error (answer);
}

static gpg_error_t
keep_nothing (void *context, const char *keyword, const char *text)
{
  (void)context;
  (void)keyword;
  (void)text;
  return 0;
}

/* Offer each line of ANSWER, a list.  */
static gpg_error_t
offer_list (struct completion *completion, const struct buffer *answer)
{
  const char *line = answer->bytes;
  const char *end = line + answer->length;
  gpg_error_t err = 0;

  while (!err && line < end)
    {
      auto_buffer struct buffer item = BUFFER_EMPTY;
      const char *next = memchr (line, '\n', (size_t)(end - line));

      if (!next)
        next = end;
      err = record_unescape (&item, line, (size_t)(next - line));
      if (!err)
        err = buffer_error (&item);
      if (!err && item.length)
        err = offer (completion, item.bytes, item.length);
      line = next + 1;
    }
  return err;
}

/* The objects of TYPE.  That a noun cannot list them is no error of the
   line.  */
static gpg_error_t
offer_objects (struct completion *completion, const char *type)
{
  struct session *session = completion->session;
  const struct registry *registry = &session->daemon->registry;
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < registry->count; i++)
    {
      const struct registry_noun *noun = registry->noun + i;
      auto_buffer struct buffer answer = BUFFER_EMPTY;
      struct writer out = { .sink = { keep_data, keep_nothing, &answer } };
      struct call call = request_call (session, noun, &out);

      if (!noun->row->complete)
        continue;
      call.deadline = link_now () + OBJECTS_MS;
      if (!noun->row->complete (&call, type, completion->prefix)
          && answer.length)
        err = offer_list (completion, &answer);
      writer_release (&out);
      failure_release (&call.failure);
    }
  return err;
}

/* --- Lines --- */

/* Item INDEX of GRAMMAR that is no option; the last one may repeat.  */
static const struct grammar_item *
argument_at (const struct grammar *grammar, size_t index)
{
  const struct grammar_item *last = NULL;

  for (size_t i = 0; i < grammar->count; i++)
    if (!grammar->item[i].option)
      {
        last = grammar->item + i;
        if (!index--)
          return last;
      }
  return last && last->repeats ? last : NULL;
}

/* The NAMED first words are noun and verb.  */
static gpg_error_t
offer_arguments (struct completion *completion,
                 const struct registry_verb *verb, size_t named)
{
  const struct words *words = &completion->words;
  const struct grammar *common = &completion->session->daemon->registry.common;
  const struct grammar_item *item;
  bool options = true;
  size_t before = 0;
  gpg_error_t err = 0;

  for (size_t i = named; i < words->count; i++)
    if (!options || words->word[i].kind != WORD_OPTION)
      {
        options = false;
        before++;
      }
    else if (words->word[i].length == 2)
      options = false;
  options = options && !completion->quoted;
  item = argument_at (&verb->grammar, before);
  if (item && !(options && !strncmp (completion->prefix, "--", 2)))
    err = few_values (item) ? offer_choices (completion, "", few_values (item))
                            : offer_objects (completion, item->type->name);
  if (!err && options && !completion->any
      && (!*completion->prefix || *completion->prefix == '-'))
    {
      err = offer_options (completion, &verb->grammar, "--");
      if (!err)
        err = offer_options (completion, common, "--");
    }
  return err;
}

/* The arguments of the session words.  */
static gpg_error_t
offer_for_word (struct completion *completion)
{
  const struct words *words = &completion->words;
  const struct registry *registry = &completion->session->daemon->registry;
  const char *name = words->word[0].text;
  gpg_error_t err = 0;

  if (!strcasecmp (name, "HELP") && words->count == 1)
    return offer_nouns (completion);
  if (!strcasecmp (name, "HELP") && words->count == 2)
    return offer_verbs (completion,
                        registry_noun (registry, words->word[1].text));
  if (!strcasecmp (name, "OPTION") && words->count == 1)
    return offer_options (completion, &registry->common, "");
  if (!strcasecmp (name, "GETINFO") && words->count == 1)
    for (size_t i = 0; !err && session_info (i); i++)
      err = offer_name (completion, session_info (i));
  return err;
}

static gpg_error_t
offer_next (struct completion *completion)
{
  const struct words *words = &completion->words;
  const struct registry_noun *noun;
  const struct registry_verb *verb;
  size_t used;

  if (!words->count)
    return offer_nouns (completion);
  noun = registry_noun (&completion->session->daemon->registry,
                        words->word[0].text);
  if (!noun)
    return offer_for_word (completion);
  if (words->count == 1)
    return offer_verbs (completion, noun);
  verb = registry_verb_spoken (
      noun, words->word[1].text,
      words->count > 2 ? words->word[2].text : NULL, &used);
  return verb ? offer_arguments (completion, verb, used + 1) : 0;
}

gpg_error_t
complete_line (struct session *session, const char *line, struct writer *out)
{
  struct completion completion = { .session = session, .out = out };
  const char *last = words_last (line);
  auto_free char *before = strndup (line, (size_t)(last - line));
  auto_free char *prefix = NULL;
  size_t length;
  gpg_error_t err = 0;

  completion.quoted = *last == '"';
  prefix = strdup (last + completion.quoted);
  if (!before || !prefix)
    return gpg_error_from_syserror ();
  completion.prefix = prefix;
  /* What no word can begin with has no completion.  */
  if (!words_unescape (prefix, strlen (prefix), &length)
      && (!completion.quoted || !strchr (last + 1, '"'))
      && !words_split (before, &completion.words, NULL))
    err = offer_next (&completion);
  words_release (&completion.words);
  return err;
}
