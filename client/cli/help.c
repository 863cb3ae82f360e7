/* help.c - "reeve help" and "reeve --explain"
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   All that is told comes from the server's HELP, which needs no identity.
   With one it tells more: whether that may do what is explained.  */

#include <config.h>

#include <string.h>
#include "../../protocol/memory.h"
#include "cli.h"

/* Ask REEVE for HELP about WORDS, of which there are at most two.  */
static enum status
ask (reeve_t reeve, const struct settings *settings, char **words, size_t count)
{
  struct reeve_word request[3] = { REEVE_ARG ("HELP") };
  struct output output = { .raw = settings->raw };

  for (size_t i = 0; i < count; i++)
    request[i + 1] = (struct reeve_word)REEVE_ARG (words[i]);
  show_start (&output, reeve);
  return request_call (reeve, &output, request, count + 1);
}

enum status
help_run (const struct settings *settings, char **words, size_t count)
{
  enum status status;
  reeve_t reeve;

  if (settings->explain ? count != 2 : count > 2)
    return complain_usage (settings->explain
                               ? "say \"reeve --explain NOUN VERB\""
                               : "say \"reeve help [NOUN [VERB]]\"");
  if (count == 1 && own_find (words) && strcmp (words[0], "help"))
    {
      remark ("%s is a word of this command: see reeve --help, reeve (1)",
              words[0]);
      return STATUS_OK;
    }
  if (reeve_new (&reeve))
    return complain_memory ();
  if (settings->timeout_ms)
    reeve_set_timeout (reeve, settings->timeout_ms, settings->timeout_ms);
  status = settings->explain ? connect_reeve (settings, reeve)
                             : connect_open (settings, reeve);
  if (status == STATUS_OK)
    status = ask (reeve, settings, words, count);
  reeve_release (reeve);
  return status;
}
