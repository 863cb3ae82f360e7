/* fuzz-words.c - a request line: its words, and their binding to a row
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "fuzz.h"
#include <gcrypt.h>
#include "../../protocol/limits.h"
#include "../../protocol/words.h"
#include "../../src/call/arguments.h"
#include "../../src/call/registry.h"
#include "../../src/mod/aug/aug.h"
#include "../../src/mod/module/module.h"

/* What is quoted may stand in a line, and is one word with the same bytes.  */
static void
check_quoting (const char *text, size_t length)
{
  struct buffer line = BUFFER_EMPTY;
  struct words words;

  words_quote (&line, text, length);
  require (!buffer_error (&line) && line.length == strlen (line.bytes));
  for (size_t i = 0; i < line.length; i++)
    require ((unsigned char)line.bytes[i] >= 0x20 && line.bytes[i] != 0x7f);
  require (!words_split (line.bytes, &words, NULL));
  require (words.count == 1 && words.word[0].kind == WORD_PLAIN);
  require (words.word[0].length == length);
  require (!memcmp (words.word[0].text, text, length));
  words_release (&words);
  buffer_release (&line);
}

/* Write WORD as a client would.  */
static void
write_word (struct buffer *line, const struct word *word)
{
  switch (word->kind)
    {
    case WORD_PLAIN:
      words_quote (line, word->text, word->length);
      break;
    case WORD_OPTION:
      words_escape (line, word->text, word->length);
      break;
    case WORD_ASK:
      buffer_string (line, "@");
      break;
    }
}

/* WORDS written anew are the same words.  */
static void
check_round_trip (const struct words *words)
{
  struct buffer line = BUFFER_EMPTY;
  struct words again;

  buffer_string (&line, "");
  for (size_t i = 0; i < words->count; i++)
    {
      write_word (&line, &words->word[i]);
      buffer_string (&line, i % 2 ? " " : " \t ");
    }
  require (!buffer_error (&line));
  require (!words_split (line.bytes ? line.bytes : "", &again, NULL));
  require (again.count == words->count);
  for (size_t i = 0; i < words->count; i++)
    {
      const struct word *one = &words->word[i];
      const struct word *other = &again.word[i];

      require (one->kind == other->kind && one->length == other->length);
      require (strlen (one->text) == one->length);
      require (!memcmp (one->text, other->text, one->length + 1));
    }
  words_release (&again);
  buffer_release (&line);
}

/* A value that was taken is canonical: checked again it stays as it is.  */
static void
check_value (const struct argument_value *value)
{
  const struct grammar_item *item = value->item;
  size_t length = value->length;
  const char *wanted;
  int64_t number = 0;
  char *copy;

  require (strlen (value->text) == length);
  copy = fuzz_string (value->text, length);
  require (!item->type->check (copy, &length, item->choices, &number, &wanted));
  require (length == value->length && !strcmp (copy, value->text));
  require (number == value->number);
  free (copy);
}

static void
check_bound (struct arguments *arguments, size_t words)
{
  static const char answer[] = "an%20answer\n";
  bool argument_seen = false;

  require (arguments_count (arguments) <= words);
  for (size_t i = 0; i < arguments_count (arguments); i++)
    {
      const struct argument_value *value = arguments_value (arguments, i);
      struct failure failure = FAILURE_NONE;

      require (!argument_seen || !value->item->option);
      argument_seen |= !value->item->option;
      if (!value->text
          && arguments_answer (arguments, i, answer, sizeof answer - 1,
                               &failure))
        {
          require (failure.text);
          failure_release (&failure);
          continue;
        }
      failure_release (&failure);
      check_value (value);
    }
}

static void
check_binding (const struct registry *registry, const struct words *words)
{
  const struct registry_noun *noun = registry_noun (registry,
                                                    words->word[0].text);
  const struct registry_verb *verb
      = noun ? registry_verb (noun, words->word[1].text) : NULL;
  struct failure failure = FAILURE_NONE;
  struct arguments *arguments = NULL;
  gpg_error_t err;

  if (!verb)
    return;
  err = arguments_bind (&verb->grammar, &registry->common, words->word + 2,
                        words->count - 2, &arguments, &failure);
  require (!err == !!arguments);
  require (!err || failure.text);
  if (!err)
    check_bound (arguments, words->count - 2);
  arguments_release (arguments);
  failure_release (&failure);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  static const struct noun *const nouns[] = { &aug_noun, &module_noun, NULL };
  static struct registry registry;
  char *line = fuzz_string (bytes, size);
  const char *reason = NULL;
  struct words words;

  if (!registry.count)
    {
      gcry_check_version (NULL);
      gcry_control (GCRYCTL_DISABLE_SECMEM, 0);
      gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
      require (!registry_make (nouns, &registry, NULL));
    }
  check_quoting (line, strlen (line));
  if (words_split (line, &words, &reason))
    require (reason && !words.count && !words.memory);
  else
    {
      require (words.count <= LIMIT_WORDS);
      check_round_trip (&words);
      if (words.count >= 2)
        check_binding (&registry, &words);
      words_release (&words);
    }
  free (line);
  return 0;
}
