/* policy.c - "reeve policy lint" and "reeve policy test"
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include "../../protocol/memory.h"
#include "cli.h"

/* COUNT FILES, which may have any name.  */
static enum status
lint (const struct settings *settings, char **files, size_t count)
{
  auto_free char **options = calloc (count + 2, sizeof *options);

  if (!options)
    return complain_memory ();
  options[0] = (char *)"--lint-policy";
  options[1] = (char *)"--";
  memcpy (options + 2, files, count * sizeof *files);
  return reeved_become (settings, options, count + 2);
}

static enum status
test (const struct settings *settings, char *file)
{
  char *const options[] = { (char *)"--test-policy", file, (char *)"--policy",
                            (char *)settings->policy };

  return reeved_become (settings, options, settings->policy ? 4 : 2);
}

enum status
policy_run (const struct settings *settings, char **words, size_t count)
{
  bool tests = count && !strcmp (words[0], "test");

  if (settings->policy && !tests)
    return complain_usage ("--policy is for \"reeve policy test\"");
  if (count && !strcmp (words[0], "lint"))
    return lint (settings, words + 1, count - 1);
  if (tests && count == 2)
    return test (settings, words[1]);
  return complain_usage ("say \"reeve policy lint [FILE]...\" or \"reeve policy"
                         " test [--policy=PATH] FILE\"");
}
