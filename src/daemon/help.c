/* help.c - HELP and --dump-verbs: what the rows say, for people and programs
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "protocol/memory.h"
#include "protocol/record.h"
#include "session.h"

/* Send each line of TEXT as a comment.  Some clients take a lone # for a
   broken line, so the blank is always there.  */
static gpg_error_t
send_comment (assuan_context_t context, const char *text)
{
  gpg_error_t err = 0;

  while (!err && text)
    {
      size_t length = strcspn (text, "\n");
      char line[LIMIT_LINE + 1];

      snprintf (line, sizeof line, "# %.*s",
                (int)(length < LIMIT_LINE - 2 ? length : LIMIT_LINE - 2), text);
      err = assuan_write_line (context, line);
      text = text[length] ? text + length + 1 : NULL;
    }
  return err;
}

static gpg_error_t
send_buffer (assuan_context_t context, struct buffer *text)
{
  gpg_error_t err = buffer_error (text);

  while (text->length && text->bytes[text->length - 1] == '\n')
    text->bytes[--text->length] = 0;
  return err ? err : send_comment (context, text->bytes);
}

/* What every call takes, as a line.  */
static void
describe_common (struct buffer *text)
{
  buffer_printf (text, "Every verb takes %s\n", REGISTRY_COMMON);
}

static void
describe_verb (struct buffer *text, const struct noun *noun,
               const struct verb *verb)
{
  buffer_printf (text, "%s %s%s%s\n\n%s (%s)\n", noun->name, verb->name,
                 *verb->args ? " " : "", verb->args, verb->summary,
                 effect_name (verb->effect));
  if (*verb->help)
    buffer_printf (text, "\n%s\n", verb->help);
}

/* What each argument looks like.  */
static void
describe_arguments (struct buffer *text, const struct grammar *grammar)
{
  if (grammar->count)
    buffer_string (text, "\n");
  for (size_t i = 0; i < grammar->count; i++)
    {
      const struct grammar_item *item = grammar->item + i;

      buffer_printf (text, item->option ? "  --%s: " : "  <%s>: ", item->name);
      if (item->choices)
        buffer_printf (text, "one of %s", item->choices);
      else
        buffer_string (text, item->type->help);
      if (item->fallback)
        buffer_printf (text, "; %s if it is left out", item->fallback);
      buffer_string (text, "\n");
    }
}

/* Which rule grants ENTRY, which those that its options need, and whether it
   may be called now.  */
static void
describe_right (struct buffer *text, const struct gate *gate,
                const struct noun *noun, const struct registry_verb *entry)
{
  const struct verb *verb = entry->row;
  auto_failure struct failure failure = FAILURE_NONE;

  if (verb->flags & VERB_UNGRANTED)
    buffer_string (text, "\nNeeds no rule, only an identity.");
  else
    buffer_printf (text, "\nNeeds the rule: allow = %s %s.", noun->name,
                   policy_verb_name (noun, verb));
  if (!gate->identity)
    buffer_string (text, "\n");
  else if (!gate_check (gate, noun, verb, &failure))
    buffer_printf (text, "  %s may do this.\n", gate->identity->name);
  else
    buffer_printf (text, "  Not now: %s.\n", failure.text);
  for (size_t i = 0; i < entry->also_count; i++)
    {
      const struct registry_also *also = entry->also + i;

      buffer_printf (
          text, "With --%s%s%.*s it needs this, too: allow = %s %s.\n",
          also->option->name, also->value ? "=" : "", (int)also->length,
          also->value ? also->value : "", noun->name, also->verb->row->name);
    }
}

static gpg_error_t
help_all (struct session *session)
{
  const struct registry *registry = &session->daemon->registry;
  auto_buffer struct buffer text = BUFFER_EMPTY;

  buffer_string (&text, "The words of a session:\n");
  for (const struct session_word *word = session_words; word->name; word++)
    buffer_printf (&text, "  %s\n", word->usage);
  buffer_string (&text, "\nNouns, each with verbs (HELP NOUN lists them):\n");
  for (size_t i = 0; i < registry->count; i++)
    buffer_printf (&text, "  %-8s %s\n", registry->noun[i].row->name,
                   registry->noun[i].row->summary);
  buffer_string (&text,
                 "\nA line is \"NOUN VERB [--option[=value]]... "
                 "argument...\".  Blanks separate;\n%20 is a blank, %25 a "
                 "percent sign; \"in quotation marks\" is one argument;\n"
                 "@ alone is asked for by INQUIRE.\n");
  describe_common (&text);
  return send_buffer (session->context, &text);
}

static gpg_error_t
help_noun (struct session *session, const struct registry_noun *noun)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;

  buffer_printf (&text, "%s: %s\n\n%s\n\n", noun->row->name, noun->row->summary,
                 noun->row->help);
  for (size_t i = 0; i < noun->count; i++)
    {
      const struct verb *verb = noun->verb[i].row;

      buffer_printf (&text, "  %s %s%s%s\n      %s (%s)\n", noun->row->name,
                     verb->name, *verb->args ? " " : "", verb->args,
                     verb->summary, effect_name (verb->effect));
    }
  buffer_string (&text, "\n");
  describe_common (&text);
  return send_buffer (session->context, &text);
}

static const struct session_word *
find_word (const char *name)
{
  for (const struct session_word *word = session_words; word->name; word++)
    if (!strcasecmp (word->name, name))
      return word;
  return NULL;
}

static gpg_error_t
help_about (struct session *session, const char *name, const char *verb_name,
            const char *second, struct failure *failure)
{
  const struct registry_noun *noun = registry_noun (&session->daemon->registry,
                                                    name);
  const struct session_word *word = find_word (name);
  const struct registry_verb *verb;
  auto_buffer struct buffer text = BUFFER_EMPTY;
  size_t used;
  gpg_error_t err;

  if (word && !verb_name)
    return send_comment (session->context, word->help);
  if (!noun)
    return fail (failure, GPG_ERR_UNKNOWN_COMMAND,
                 "there is no %.30s: HELP lists all", name);
  if (!verb_name)
    return help_noun (session, noun);
  verb = registry_verb_spoken (noun, verb_name, second, &used);
  if (verb && second && used < 2)
    return fail (failure, GPG_ERR_TOO_MANY, "HELP [NOUN [VERB]]");
  if (!verb)
    return fail (failure, GPG_ERR_UNKNOWN_COMMAND,
                 "%s has no verb %.20s: HELP %s lists them", noun->row->name,
                 verb_name, noun->row->name);
  err = session_adopt_policy (session, failure);
  if (err)
    return err;
  describe_verb (&text, noun->row, verb->row);
  describe_arguments (&text, &verb->grammar);
  describe_right (&text, &session->gate, noun->row, verb);
  return send_buffer (session->context, &text);
}

gpg_error_t
word_help (assuan_context_t context, char *line)
{
  struct session *session = session_of (context);
  auto_failure struct failure failure = FAILURE_NONE;
  char *rest = NULL;
  const char *name = strtok_r (line, " \t", &rest);
  const char *verb = strtok_r (NULL, " \t", &rest);
  const char *second = verb ? strtok_r (NULL, " \t", &rest) : NULL;
  gpg_error_t err;

  if (strtok_r (NULL, " \t", &rest))
    err = fail (&failure, GPG_ERR_TOO_MANY, "HELP [NOUN [VERB]]");
  else if (name)
    err = help_about (session, name, verb, second, &failure);
  else
    err = help_all (session);
  return session_leave (session, err, &failure);
}

/* --- --dump-verbs --- */

static void
dump_text (struct buffer *text, const struct noun *noun,
           const struct registry_verb *verb)
{
  describe_verb (text, noun, verb->row);
  buffer_string (text, "\n");
}

static void
json_member (struct buffer *text, const char *name, const char *value)
{
  buffer_printf (text, "\"%s\":", name);
  record_json (text, value, strlen (value));
}

static void
dump_json (struct buffer *text, const struct noun *noun,
           const struct registry_verb *verb)
{
  buffer_string (text, "{");
  json_member (text, "noun", noun->name);
  buffer_string (text, ",");
  json_member (text, "verb", verb->row->name);
  buffer_string (text, ",");
  json_member (text, "effect", effect_name (verb->row->effect));
  buffer_string (text, ",");
  if (!(verb->row->flags & VERB_UNGRANTED))
    {
      json_member (text, "grant", policy_verb_name (noun, verb->row));
      buffer_string (text, ",");
    }
  json_member (text, "summary", verb->row->summary);
  buffer_string (text, ",");
  json_member (text, "help", verb->row->help);
  buffer_string (text, ",\"arguments\":[");
  for (size_t i = 0; i < verb->grammar.count; i++)
    {
      const struct grammar_item *item = verb->grammar.item + i;

      buffer_string (text, i ? ",{" : "{");
      json_member (text, "name", item->name);
      buffer_string (text, ",");
      json_member (text, "type", item->type->name);
      if (item->choices)
        {
          buffer_string (text, ",");
          json_member (text, "choices", item->choices);
        }
      if (item->fallback)
        {
          buffer_string (text, ",");
          json_member (text, "default", item->fallback);
        }
      buffer_printf (text, ",\"option\":%s,\"optional\":%s,\"repeats\":%s}",
                     item->option ? "true" : "false",
                     item->optional ? "true" : "false",
                     item->repeats ? "true" : "false");
    }
  buffer_string (text, "]}\n");
}

gpg_error_t
dump_verbs (const struct registry *registry, const char *form)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  gpg_error_t err;

  if (!strcmp (form, "texi"))
    manual_texinfo (&text, registry);
  else
    for (size_t i = 0; i < registry->count; i++)
      for (size_t j = 0; j < registry->noun[i].count; j++)
        (!strcmp (form, "json") ? dump_json : dump_text) (
            &text, registry->noun[i].row, registry->noun[i].verb + j);
  err = buffer_error (&text);
  if (!err
      && (fwrite (text.bytes, text.length, 1, stdout) != 1 || fflush (stdout)))
    err = gpg_error_from_syserror ();
  return err;
}
