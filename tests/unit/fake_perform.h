/* fake_perform.h - calls whose other verbs follow a script
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_FAKE_PERFORM_H
#define REEVE_FAKE_PERFORM_H

#include <stdlib.h>
#include <string.h>
#include "protocol/buffer.h"
#include "src/call/call.h"

/* A verb that is expected: "VERB|ARGUMENT|...", and how it ends.  */
struct fake_verb
{
  const char *expect;
  const char *answer; /* As it is in the text form; NULL: none.  */
  gpg_err_code_t code;
  const char *text; /* Of the error; NULL: none.  */
  const char *line; /* Its detail "line"; NULL: none.  */
};

struct fake_call
{
  struct call call;
  struct module module;
  struct writer out;
  struct buffer answer; /* Status lines stand in it, too.  */
  const struct fake_verb *next;
};

static inline gpg_error_t
fake_data (void *context, const char *bytes, size_t length)
{
  buffer_append (context, bytes, length);
  return buffer_error (context);
}

static inline gpg_error_t
fake_status (void *context, const char *keyword, const char *text)
{
  buffer_printf (context, "S %s %s\n", keyword, text);
  return buffer_error (context);
}

static inline gpg_error_t
fake_perform (struct call *call, const char *verb, const char *const *arguments,
              size_t count, struct writer *out)
{
  struct fake_call *fake = call->client;
  const struct fake_verb *step = fake->next;
  struct buffer said = BUFFER_EMPTY;
  gpg_error_t err = 0;

  buffer_string (&said, verb);
  for (size_t i = 0; i < count; i++)
    buffer_printf (&said, "|%s", arguments[i]);
  assert_non_null (step);
  assert_non_null (step->expect);
  assert_string_equal (said.bytes, step->expect);
  buffer_release (&said);
  fake->next++;
  assert_int_equal (out->output, OUTPUT_TEXT);
  /* In pieces, as they may come.  */
  for (const char *p = step->answer; p && *p && !err; p++)
    err = out->sink.data (out->sink.context, p, 1);
  if (err)
    return err;
  if (step->line)
    failure_detail (&call->failure, "line", "%s", step->line);
  if (!step->code)
    return 0;
  return step->text ? fail (&call->failure, step->code, "%s", step->text)
                    : gpg_error (step->code);
}

static inline void
fake_call_begin (struct fake_call *fake, const struct fake_verb *verbs)
{
  memset (fake, 0, sizeof *fake);
  fake->next = verbs;
  fake->out.sink = (struct writer_sink){ fake_data, fake_status,
                                         &fake->answer };
  fake->call.out = &fake->out;
  fake->call.module = &fake->module;
  fake->call.client = fake;
  fake->call.perform = fake_perform;
  buffer_string (&fake->answer, "");
}

/* All verbs were performed.  */
static inline void
fake_call_end (struct fake_call *fake)
{
  assert_null (fake->next->expect);
  failure_release (&fake->call.failure);
  writer_release (&fake->out);
  buffer_release (&fake->answer);
}

#endif /* REEVE_FAKE_PERFORM_H */
