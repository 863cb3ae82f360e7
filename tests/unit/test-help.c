/* test-help.c - tests of src/daemon/help.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   libassuan and the rest of the session are played here: they note what is
   sent.  */

#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocol/memory.h"
#include "src/daemon/session.h"

/* --- What is sent --- */

static struct session the_session;
static struct buffer sent;
static gpg_err_code_t client_gone;
static struct failure left;

void *
assuan_get_pointer (assuan_context_t context)
{
  (void)context;
  return &the_session;
}

gpg_error_t
assuan_write_line (assuan_context_t context, const char *line)
{
  (void)context;
  assert_true (strlen (line) <= LIMIT_LINE);
  if (client_gone)
    return gpg_error (client_gone);
  buffer_printf (&sent, "%s\n", line);
  return 0;
}

gpg_error_t
session_leave (struct session *session, gpg_error_t err,
               struct failure *failure)
{
  assert_ptr_equal (session, &the_session);
  failure_release (&left);
  left = *failure;
  memset (failure, 0, sizeof *failure);
  return err;
}

gpg_error_t
session_adopt_policy (struct session *session, struct failure *failure)
{
  (void)session;
  (void)failure;
  return 0;
}

const struct session_word session_words[]
    = { { "BYE", "BYE", "Ends the session.\n\nAt once.", NULL, false },
        { "BOX", "BOX (the word)", "Hides the noun.", NULL, false },
        { NULL, NULL, NULL, NULL, false } };

/* --- A small registry --- */

static gpg_error_t
run_nothing (struct call *call)
{
  (void)call;
  return 0;
}

static const struct verb tin_verbs[] = {
  { .name = "OPEN",
    .args = "<tin:text> [--how=<how:enum(fast|slow)=slow>] [<tool:text>...]",
    .effect = EFFECT_WRITE,
    .run = run_nothing,
    .summary = "Open a {tin} @home",
    .help = "Say \"please\".\n\n  C: TIN OPEN a\\b\t%25 @{x}" },
  { .name = "BURN",
    .args = "",
    .effect = EFFECT_DESTROY,
    .run = run_nothing,
    .summary = "Burn all",
    .help = "Fire." },
  { .name = NULL }
};
static const struct noun tin_noun = { .name = "TIN",
                                      .summary = "What keeps food",
                                      .help = "Tins are round.",
                                      .verbs = tin_verbs };
static const struct noun pot_noun = { .name = "POT",
                                      .summary = "What cooks food",
                                      .help = "Pots are hot.",
                                      .verbs = tin_verbs,
                                      .flags = NOUN_GRANT_BY_EFFECT };
static const struct noun *const small[] = { &tin_noun, &pot_noun, NULL };

static struct daemon the_daemon;

static int
setup (void **state)
{
  (void)state;
  client_gone = 0;
  the_session.daemon = &the_daemon;
  return registry_make (small, &the_daemon.registry, NULL) ? -1 : 0;
}

static int
teardown (void **state)
{
  (void)state;
  registry_release (&the_daemon.registry);
  buffer_release (&sent);
  failure_release (&left);
  return 0;
}

/* --- HELP --- */

static gpg_error_t
help (const char *line)
{
  char words[64];

  buffer_clear (&sent);
  snprintf (words, sizeof words, "%s", line);
  return word_help (NULL, words);
}

/* HELP with LINE is answered by comments that contain TEXT.  */
static void
tells (const char *line, const char *text)
{
  assert_int_equal (help (line), 0);
  assert_null (left.text);
  for (const char *at = sent.bytes; *at; at = strchr (at, '\n') + 1)
    assert_true (!strncmp (at, "# ", 2));
  if (!strstr (sent.bytes, text))
    print_message ("%s\n", sent.bytes);
  assert_non_null (strstr (sent.bytes, text));
}

static void
help_lists_words_and_nouns (void **state)
{
  (void)state;
  tells ("", "#   BYE\n#   BOX (the word)\n");
  tells (" \t", "#   TIN      What keeps food\n#   POT      What cooks food\n");
  assert_non_null (strstr (sent.bytes, "--dry-run"));
  /* No empty line at the end.  */
  assert_string_not_equal (sent.bytes + sent.length - 4, "\n# \n");
}

static void
help_for_one_noun (void **state)
{
  (void)state;
  tells ("tin", "# TIN: What keeps food\n# \n# Tins are round.\n# \n"
                "#   TIN OPEN <tin:text> ");
  assert_non_null (strstr (sent.bytes, "\n#       Open a {tin} @home (write)"
                                       "\n#   TIN BURN\n"
                                       "#       Burn all (destroy)\n"));
  assert_non_null (strstr (sent.bytes, "--timeout="));
}

static void
help_for_one_verb (void **state)
{
  (void)state;
  tells (" TIN\tburn ", "# TIN BURN\n# \n# Burn all (destroy)\n# \n# Fire.\n");
  tells ("pot OPEN", "\n#   C: TIN OPEN a\\b\t%25 @{x}\n");
}

static void
help_tells_arguments_and_the_right (void **state)
{
  struct identity identity = { .name = (char[]){ "cook" },
                               .ceiling = EFFECT_DESTROY };

  (void)state;
  tells ("pot OPEN", "#   <tin>: any bytes but NUL, at most 1 MiB\n");
  tells ("tin OPEN", "#   --how: one of fast|slow; slow if it is left out\n");
  tells ("tin BURN", "# Needs the rule: allow = TIN BURN.\n");
  the_session.gate = (struct gate){ .identity = &identity,
                                    .ceiling = EFFECT_WRITE };
  tells ("tin OPEN", ".  Not now: policy: no rule allows TIN OPEN to cook.\n");
  tells ("tin BURN", ".  Not now: ceiling: this socket admits write at most");
  the_session.gate.identity = NULL;
}

static void
help_for_a_word (void **state)
{
  (void)state;
  tells ("bye", "# Ends the session.\n# \n# At once.\n");
  tells ("BOX", "# Hides the noun.\n");
}

static void
help_for_what_is_not_there (void **state)
{
  static const struct
  {
    const char *line;
    gpg_err_code_t code;
    const char *text;
  } cases[] = {
    { "CUP", GPG_ERR_UNKNOWN_COMMAND, "there is no CUP: HELP lists all" },
    { "BYE NOW", GPG_ERR_UNKNOWN_COMMAND, "there is no BYE" },
    { "TIN EAT", GPG_ERR_UNKNOWN_COMMAND,
      "TIN has no verb EAT: HELP TIN lists them" },
    { "TIN OPEN IT", GPG_ERR_TOO_MANY, "HELP [NOUN [VERB]]" },
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      assert_code (help (cases[i].line), cases[i].code);
      assert_int_equal (sent.length, 0);
      assert_non_null (strstr (left.text, cases[i].text));
    }
}

static void
a_client_that_is_gone (void **state)
{
  (void)state;
  client_gone = GPG_ERR_EPIPE;
  assert_code (help (""), GPG_ERR_EPIPE);
  assert_code (help ("TIN"), GPG_ERR_EPIPE);
  assert_code (help ("TIN OPEN"), GPG_ERR_EPIPE);
  assert_code (help ("BYE"), GPG_ERR_EPIPE);
}

/* --- --dump-verbs --- */

/* What dump_verbs prints of REGISTRY in FORM (good until the next call).  */
static const char *
dump (const struct registry *registry, const char *form)
{
  static char text[262144];
  int memory = memfd_create ("dump", MFD_CLOEXEC);
  int kept = dup (STDOUT_FILENO);
  gpg_error_t err;
  ssize_t length;

  assert_true (memory >= 0 && kept >= 0);
  fflush (stdout);
  dup2 (memory, STDOUT_FILENO);
  err = dump_verbs (registry, form);
  dup2 (kept, STDOUT_FILENO);
  close (kept);
  length = pread (memory, text, sizeof text - 1, 0);
  close (memory);
  assert_int_equal (err, 0);
  assert_in_range (length, 1, sizeof text - 2);
  text[length] = 0;
  return text;
}

static void
dump_is_text (void **state)
{
  const char *text = dump (&the_daemon.registry, "text");

  (void)state;
  assert_non_null (strstr (text, "TIN BURN\n\nBurn all (destroy)\n\nFire.\n\n"
                                 "POT OPEN <tin:text> "));
}

static void
dump_is_texinfo (void **state)
{
  const char *text = dump (&the_daemon.registry, "texi");

  (void)state;
  assert_non_null (strstr (text, "@deffn {Session word} BOX (the word)\n"
                                 "\nHides the noun.\n@end deffn\n"));
  assert_non_null (strstr (text, "@node TIN\n@section TIN: What keeps food\n"
                                 "\nTins are round.\n"));
  assert_non_null (
      strstr (text, "@deffn {Verb (write)} {TIN OPEN} @var{tin}"
                    " [--how=fast|slow] [@var{tool}@dots{}]\n"
                    "Open a @{tin@} @@home.\n"
                    "\n@table @asis\n@item @var{tin}\n@code{text}: any bytes"));
  assert_non_null (strstr (text, "\n@item @code{--how=fast|slow}\n"
                                 "@code{fast} or @code{slow}; "
                                 "@code{slow} if it is left out.\n"));
  assert_non_null (strstr (text, "; may be left out; may be repeated.\n"));
  assert_non_null (strstr (text, "\nSay \"please\".\n"
                                 "\n@example\nC: TIN OPEN a\\b\t%25 @@@{x@}\n"
                                 "@end example\n"
                                 "\nNeeds a rule that allows @code{TIN OPEN}.\n"
                                 "@end deffn\n"));
  assert_non_null (strstr (text, "@deffn {Verb (destroy)} {TIN BURN}\n"
                                 "Burn all.\n\nFire.\n"));
  assert_non_null (strstr (text, "rule that allows @code{POT DESTROY}.\n"));
  assert_non_null (strstr (text, "\n@item duration\n"));
}

/* --- JSON --- */

static const char *json_value (const char *at);

static const char *
json_blank (const char *at)
{
  return at + strspn (at, " \t\r\n");
}

/* Each of these returns what follows, or NULL if AT is not the thing.  */
static const char *
json_string (const char *at)
{
  if (*at++ != '"')
    return NULL;
  for (; *at != '"'; at++)
    {
      if ((unsigned char)*at < ' ')
        return NULL;
      if (*at != '\\')
        continue;
      at++;
      if (*at == 'u' && strspn (at + 1, "0123456789abcdefABCDEF") >= 4)
        at += 4;
      else if (!*at || !strchr ("\"\\/bfnrt", *at))
        return NULL;
    }
  return at + 1;
}

/* Members or elements up to CLOSE.  */
static const char *
json_group (const char *at, char close, bool named)
{
  at = json_blank (at + 1);
  if (*at == close)
    return at + 1;
  for (;; at++)
    {
      if (named)
        {
          at = json_string (json_blank (at));
          if (!at || *(at = json_blank (at)) != ':')
            return NULL;
          at++;
        }
      at = json_value (at);
      if (!at)
        return NULL;
      at = json_blank (at);
      if (*at == close)
        return at + 1;
      if (*at != ',')
        return NULL;
    }
}

static const char *
json_value (const char *at)
{
  at = json_blank (at);
  if (*at == '{')
    return json_group (at, '}', true);
  if (*at == '[')
    return json_group (at, ']', false);
  if (*at == '"')
    return json_string (at);
  if (!strncmp (at, "true", 4))
    return at + 4;
  return strncmp (at, "false", 5) ? NULL : at + 5;
}

/* TEXT is lines of one JSON object each.  Returns their number.  */
static size_t
count_objects (const char *text)
{
  size_t count = 0;

  for (; *text; count++)
    {
      assert_int_equal (*text, '{');
      text = json_value (text);
      assert_non_null (text);
      assert_int_equal (*text++, '\n');
    }
  return count;
}

static size_t
count_verbs (const struct registry *registry)
{
  size_t count = 0;

  for (size_t i = 0; i < registry->count; i++)
    count += registry->noun[i].count;
  return count;
}

static void
dump_is_json (void **state)
{
  const char *text = dump (&the_daemon.registry, "json");

  (void)state;
  assert_int_equal (count_objects (text), 4);
  assert_non_null (strstr (text, "{\"noun\":\"TIN\",\"verb\":\"OPEN\","
                                 "\"effect\":\"write\",\"grant\":\"OPEN\","
                                 "\"summary\":\"Open a {tin} @home\","
                                 "\"help\":\"Say \\\"please\\\".\\n\\n"
                                 "  C: TIN OPEN a\\\\b\\t%25 @{x}\","));
  assert_non_null (
      strstr (text, "{\"name\":\"tin\",\"type\":\"text\",\"option\":false,"
                    "\"optional\":false,\"repeats\":false}"));
  assert_non_null (strstr (text,
                           "{\"name\":\"how\",\"type\":\"enum\","
                           "\"choices\":\"fast|slow\",\"default\":\"slow\","
                           "\"option\":true,"
                           "\"optional\":true,\"repeats\":false}"));
  assert_non_null (
      strstr (text, "{\"name\":\"tool\",\"type\":\"text\",\"option\":false,"
                    "\"optional\":true,\"repeats\":true}"));
  assert_non_null (strstr (text, "\"help\":\"Fire.\",\"arguments\":[]}\n"));
  /* A noun that is granted by effect says so.  */
  assert_non_null (strstr (text, "{\"noun\":\"POT\",\"verb\":\"BURN\","
                                 "\"effect\":\"destroy\","
                                 "\"grant\":\"DESTROY\","));
}

/* All that the program has.  */
static void
dumps_of_the_daemon (void **state)
{
  struct registry registry;
  const char *text;
  size_t verbs;
  size_t found = 0;

  (void)state;
  assert_int_equal (registry_make (daemon_nouns, &registry, NULL), 0);
  verbs = count_verbs (&registry);
  assert_int_equal (count_objects (dump (&registry, "json")), verbs);
  text = dump (&registry, "texi");
  for (const char *at = text; (at = strstr (at, "@deffn {Verb (")); at++)
    found++;
  assert_int_equal (found, verbs);
  for (size_t i = 0; i < registry.count; i++)
    for (size_t j = 0; j < registry.noun[i].count; j++)
      assert_non_null (strstr (dump (&registry, "text"),
                               registry.noun[i].verb[j].row->summary));
  registry_release (&registry);
}

static void
nowhere_to_print (void **state)
{
  FILE *kept = stdout;
  FILE *full = fopen ("/dev/full", "w");
  gpg_error_t err;

  (void)state;
  if (!full)
    skip ();
  stdout = full;
  err = dump_verbs (&the_daemon.registry, "text");
  stdout = kept;
  fclose (full);
  assert_code (err, GPG_ERR_ENOSPC);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (help_lists_words_and_nouns),
    TEST (help_for_one_noun),
    TEST (help_for_one_verb),
    TEST (help_tells_arguments_and_the_right),
    TEST (help_for_a_word),
    TEST (help_for_what_is_not_there),
    TEST (a_client_that_is_gone),
    TEST (dump_is_text),
    TEST (dump_is_texinfo),
    TEST (dump_is_json),
    TEST (dumps_of_the_daemon),
    TEST (nowhere_to_print),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
