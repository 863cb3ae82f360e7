/* test-registry.c - tests of src/call/registry.c, and this program's rows
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "check.h"
#include "src/call/registry.h"
#include "src/daemon/daemon.h"
#include "src/daemon/session.h"

static gpg_error_t
run_nothing (struct call *call)
{
  (void)call;
  return 0;
}

/* A noun that is right; the tests spoil copies of it.  */
static const struct verb good_verbs[]
    = { { .name = "GET",
          .args = "<path:augpath>",
          .run = run_nothing,
          .summary = "s",
          .help = "h" },
        { .name = "SET-ALL",
          .args = "<path:augpath> <value:text>",
          .effect = EFFECT_WRITE,
          .run = run_nothing,
          .summary = "s",
          .help = "h" },
        { .name = NULL } };
static const struct noun good
    = { .name = "GOOD", .summary = "s", .help = "h", .verbs = good_verbs };

/* Make a registry of one noun with the verbs FIRST and SECOND.  */
static gpg_error_t
make_with (struct verb first, struct verb second, struct failure *failure)
{
  struct verb verbs[3] = { first, second, { .name = NULL } };
  struct noun noun = good;
  const struct noun *const nouns[] = { &noun, NULL };
  struct registry registry;
  gpg_error_t err;

  noun.verbs = verbs;
  err = registry_make (nouns, &registry, failure);
  assert_int_equal (registry.count, err ? 0 : 1);
  registry_release (&registry);
  return err;
}

static void
the_longest_name_is_meant (void **state)
{
  struct verb verbs[] = { good_verbs[0], good_verbs[0], { .name = NULL } };
  struct noun noun = good;
  const struct noun *const nouns[] = { &noun, NULL };
  const struct registry_noun *found;
  struct registry registry;
  size_t used;

  (void)state;
  verbs[1].name = "GET-ALL";
  noun.verbs = verbs;
  assert_int_equal (registry_make (nouns, &registry, NULL), 0);
  found = registry_noun (&registry, "GOOD");
  assert_ptr_equal (registry_verb_spoken (found, "GET", NULL, &used)->row,
                    verbs);
  assert_int_equal (used, 1);
  assert_ptr_equal (registry_verb_spoken (found, "get", "al", &used)->row,
                    verbs);
  assert_int_equal (used, 1);
  assert_ptr_equal (registry_verb_spoken (found, "get", "all", &used)->row,
                    verbs + 1);
  assert_int_equal (used, 2);
  registry_release (&registry);
}

static void
finds_in_either_case (void **state)
{
  size_t used;
  const struct noun *const nouns[] = { &good, NULL };
  const struct registry_noun *noun;
  struct registry registry;

  (void)state;
  assert_int_equal (registry_make (nouns, &registry, NULL), 0);
  assert_int_equal (registry.count, 1);
  noun = registry_noun (&registry, "good");
  assert_non_null (noun);
  assert_ptr_equal (noun->row, &good);
  assert_ptr_equal (registry_noun (&registry, "GOOD"), noun);
  assert_null (registry_noun (&registry, "GOO"));
  assert_null (registry_noun (&registry, "GOODS"));
  assert_null (registry_noun (&registry, ""));
  assert_int_equal (noun->count, 2);
  assert_ptr_equal (registry_verb (noun, "Set-All")->row, good_verbs + 1);
  assert_int_equal (registry_verb (noun, "SET-ALL")->grammar.count, 2);
  assert_null (registry_verb (noun, "SET"));
  assert_null (registry_verb (noun, ""));
  assert_ptr_equal (registry_verb_spoken (noun, "set-all", "X", &used)->row,
                    good_verbs + 1);
  assert_int_equal (used, 1);
  assert_ptr_equal (registry_verb_spoken (noun, "Set", "all", &used)->row,
                    good_verbs + 1);
  assert_int_equal (used, 2);
  assert_null (registry_verb_spoken (noun, "SET", NULL, &used));
  assert_null (registry_verb_spoken (noun, "SET", "", &used));
  assert_null (registry_verb_spoken (noun, "SET", "AL", &used));
  assert_null (registry_verb_spoken (noun, "SET", "ALLE", &used));
  assert_null (registry_verb_spoken (noun, "", "ALL", &used));
  assert_null (registry_verb_spoken (noun, "SE", "ALL", &used));
  assert_non_null (grammar_find (&registry.common, "dry-run", 7, true));
  registry_release (&registry);
  assert_int_equal (registry.count, 0);
}

static void
refuses_incomplete_rows (void **state)
{
  struct verb row;

  (void)state;
  assert_int_equal (make_with (good_verbs[0], good_verbs[1], NULL), 0);
  row = good_verbs[1];
  row.run = NULL;
  assert_code (make_with (good_verbs[0], row, NULL), GPG_ERR_INV_NAME);
  row = good_verbs[1];
  row.help = NULL;
  assert_code (make_with (good_verbs[0], row, NULL), GPG_ERR_INV_NAME);
  row = good_verbs[1];
  row.summary = NULL;
  assert_code (make_with (good_verbs[0], row, NULL), GPG_ERR_INV_NAME);
}

static void
refuses_odd_names (void **state)
{
  static const char *const names[]
      = { "", "get", "Get", "GET ALL", "GET_ALL", "GET1", "G\xc3\x89T" };
  struct verb row = good_verbs[1];
  auto_failure struct failure failure = FAILURE_NONE;

  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      row.name = names[i];
      assert_code (make_with (good_verbs[0], row, &failure), GPG_ERR_INV_NAME);
      assert_non_null (strstr (failure.text, "GOOD"));
    }
}

static void
refuses_what_repeats (void **state)
{
  const struct noun *const nouns[] = { &good, &good, NULL };
  auto_failure struct failure failure = FAILURE_NONE;
  struct registry registry;

  (void)state;
  assert_code (make_with (good_verbs[0], good_verbs[0], &failure),
               GPG_ERR_DUP_VALUE);
  assert_non_null (strstr (failure.text, "GOOD GET"));
  assert_code (registry_make (nouns, &registry, &failure), GPG_ERR_DUP_VALUE);
  assert_int_equal (registry.count, 0);
}

/* What rules name objects by must be a tree, of a noun granted by effect.  */
static void
refuses_odd_objects (void **state)
{
  struct noun noun = good;
  const struct noun *const nouns[] = { &noun, NULL };
  struct registry registry;

  (void)state;
  noun.flags = NOUN_GRANT_BY_EFFECT;
  noun.object = "path";
  noun.object_type = "augpath";
  assert_int_equal (registry_make (nouns, &registry, NULL), 0);
  registry_release (&registry);
  noun.flags = 0;
  assert_code (registry_make (nouns, &registry, NULL), GPG_ERR_INV_NAME);
  noun.flags = NOUN_GRANT_BY_EFFECT;
  noun.object_type = "path";
  assert_code (registry_make (nouns, &registry, NULL), GPG_ERR_INV_NAME);
  noun.object_type = "nothing";
  assert_code (registry_make (nouns, &registry, NULL), GPG_ERR_INV_NAME);
  noun.object_type = NULL;
  assert_code (registry_make (nouns, &registry, NULL), GPG_ERR_INV_NAME);
}

static void
refuses_bad_grammars (void **state)
{
  static const char *const grammars[]
      = { "<path", "<path:nothing>", "<password:text>", "[<a:text>] <b:text>" };
  auto_failure struct failure failure = FAILURE_NONE;
  struct verb row = good_verbs[1];

  (void)state;
  for (size_t i = 0; i < sizeof grammars / sizeof *grammars; i++)
    {
      row.args = grammars[i];
      assert_int_not_equal (make_with (good_verbs[0], row, &failure), 0);
      assert_non_null (strstr (failure.text, "GOOD SET-ALL: "));
    }
}

/* What is meant by ALSO of the row of GET, which has some options.  */
static gpg_error_t
make_also (const char *also, enum effect effect, struct failure *failure)
{
  struct verb row = good_verbs[0];

  row.args = "[--all] [--way=<way:enum(up|down)>] [--path=<path:text>] "
             "<place:text>";
  row.effect = effect;
  row.also = also;
  return make_with (row, good_verbs[1], failure);
}

static void
refuses_odd_rights (void **state)
{
  static const char *const texts[]
      = { "all",
          "all:",
          ":SET-ALL",
          "al:SET-ALL",
          "all:SET",
          "all:GET",
          "all:SET-ALL-",
          "place:SET-ALL",
          "all=1:SET-ALL",
          "way:SET-ALL",
          "way=u:SET-ALL",
          "way=:SET-ALL",
          "way=up|down:SET-ALL",
          "path:SET-ALL",
          "all:SET-ALL  way=up:SET-ALL",
          "all:SET-ALL all:SET-ALL all:SET-ALL all:SET-ALL" };
  auto_failure struct failure failure = FAILURE_NONE;

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    {
      assert_code (make_also (texts[i], EFFECT_WRITE, &failure),
                   GPG_ERR_INV_NAME);
      assert_non_null (strstr (failure.text, "GOOD GET: also: \""));
    }
  assert_int_equal (
      make_also ("all:SET-ALL way=down:SET-ALL", EFFECT_WRITE, NULL), 0);
  /* What reads cannot change something by an option.  */
  assert_code (make_also ("all:SET-ALL", EFFECT_READ, NULL), GPG_ERR_INV_NAME);
}

/* Rights that go by effect are not asked for by verbs.  */
static void
refuses_rights_by_effect (void **state)
{
  static const struct verb verbs[] = { { .name = "GET",
                                         .args = "[--all]",
                                         .effect = EFFECT_WRITE,
                                         .run = run_nothing,
                                         .summary = "s",
                                         .help = "h",
                                         .also = "all:SET" },
                                       { .name = "SET",
                                         .args = "",
                                         .effect = EFFECT_WRITE,
                                         .run = run_nothing,
                                         .summary = "s",
                                         .help = "h" },
                                       { .name = NULL } };
  struct noun noun = good;
  const struct noun *const nouns[] = { &noun, NULL };
  struct registry registry;

  (void)state;
  noun.verbs = verbs;
  assert_int_equal (registry_make (nouns, &registry, NULL), 0);
  assert_int_equal (registry.noun[0].verb[0].also_count, 1);
  assert_ptr_equal (registry.noun[0].verb[0].also[0].verb,
                    registry.noun[0].verb + 1);
  assert_string_equal (registry.noun[0].verb[0].also[0].option->name, "all");
  registry_release (&registry);
  noun.flags = NOUN_GRANT_BY_EFFECT;
  assert_code (registry_make (nouns, &registry, NULL), GPG_ERR_INV_NAME);
}

static void
counts_nouns (void **state)
{
  struct noun nouns[REGISTRY_NOUNS + 1];
  char names[REGISTRY_NOUNS + 1][8];
  const struct noun *list[REGISTRY_NOUNS + 2] = { NULL };
  struct registry registry;

  (void)state;
  for (int i = 0; i <= REGISTRY_NOUNS; i++)
    {
      snprintf (names[i], sizeof names[i], "N%c%c", 'A' + i / 26, 'A' + i % 26);
      nouns[i] = good;
      nouns[i].name = names[i];
      list[i] = nouns + i;
    }
  assert_code (registry_make (list, &registry, NULL), GPG_ERR_LIMIT_REACHED);
  list[REGISTRY_NOUNS] = NULL;
  assert_int_equal (registry_make (list, &registry, NULL), 0);
  assert_int_equal (registry.count, REGISTRY_NOUNS);
  registry_release (&registry);
}

static void
effects_have_names (void **state)
{
  (void)state;
  assert_string_equal (effect_name (EFFECT_READ), "read");
  assert_string_equal (effect_name (EFFECT_WRITE), "write");
  assert_string_equal (effect_name (EFFECT_DESTROY), "destroy");
}

/* --- The rows of this program --- */

static void
all_rows_are_right (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct registry registry;

  (void)state;
  if (registry_make (daemon_nouns, &registry, &failure))
    print_message ("# %s\n", failure.text);
  assert_null (failure.text);
  assert_true (registry.count >= 2);
  for (size_t i = 0; i < registry.count; i++)
    for (size_t j = 0; j < registry.noun[i].count; j++)
      {
        const struct verb *verb = registry.noun[i].verb[j].row;

        assert_true (*verb->summary && !strchr (verb->summary, '\n'));
        assert_true (*verb->help);
        /* A verb that only plans needs somebody to plan it for.  */
        assert_true (verb->effect > EFFECT_READ || !verb->done);
      }
  registry_release (&registry);
}

static bool
is_built_in (const char *name)
{
  static const char *const words[] = { "NOP",  "CANCEL", "OPTION", "BYE",
                                       "AUTH", "RESET",  "END",    "HELP" };

  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp (words[i], name))
      return true;
  return false;
}

/* 42 own words would make libassuan read behind the end of its table.  */
static void
libassuan_can_hold_all_words (void **state)
{
  struct registry registry;
  size_t words = 0;

  (void)state;
  for (const struct session_word *word = session_words; word->name; word++)
    words += !is_built_in (word->name);
  assert_int_equal (registry_make (daemon_nouns, &registry, NULL), 0);
  assert_true (words + registry.count <= 41);
  assert_true (words + REGISTRY_NOUNS <= 41);
  registry_release (&registry);
}

/* A noun that has a session word's name would hide it.  */
static void
nouns_and_words_differ (void **state)
{
  (void)state;
  for (const struct session_word *word = session_words; word->name; word++)
    for (const struct noun *const *noun = daemon_nouns; *noun; noun++)
      assert_string_not_equal ((*noun)->name, word->name);
}

/* A worker may send any bytes: text of nothing but middles of characters is
   not cut before its beginning.  */
static void
odd_words_of_a_failure (void **state)
{
  static char bytes[400];
  static struct session session;
  struct failure failure = FAILURE_NONE;
  int ends[2];

  (void)state;
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), 0);
  assert_int_equal (assuan_new (&session.context), 0);
  assert_int_equal (assuan_init_socket_server (session.context, ends[0],
                                               ASSUAN_SOCKET_SERVER_ACCEPTED),
                    0);
  memset (bytes, 0x80, sizeof bytes - 1);
  failure.text = bytes + 200;
  assert_int_equal (gpg_err_code (session_leave (
                        &session, gpg_error (GPG_ERR_NOT_FOUND), &failure)),
                    GPG_ERR_NOT_FOUND);
  assert_string_equal (session.error_text, "...");
  assert_null (failure.text);
  assuan_release (session.context);
  close (ends[1]);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_longest_name_is_meant),
    cmocka_unit_test (finds_in_either_case),
    cmocka_unit_test (refuses_incomplete_rows),
    cmocka_unit_test (refuses_odd_names),
    cmocka_unit_test (refuses_what_repeats),
    cmocka_unit_test (refuses_odd_objects),
    cmocka_unit_test (refuses_bad_grammars),
    cmocka_unit_test (refuses_odd_rights),
    cmocka_unit_test (refuses_rights_by_effect),
    cmocka_unit_test (counts_nouns),
    cmocka_unit_test (effects_have_names),
    cmocka_unit_test (all_rows_are_right),
    cmocka_unit_test (libassuan_can_hold_all_words),
    cmocka_unit_test (nouns_and_words_differ),
    cmocka_unit_test (odd_words_of_a_failure),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
