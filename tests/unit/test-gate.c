/* test-gate.c - tests of src/gate/gate.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "check.h"
#include "src/call/registry.h"
#include "src/gate/gate.h"
#include "src/plan/plan.h"

/* --- What happened, in order --- */

static char journey[256];

static void
note (const char *what)
{
  strncat (journey, what, sizeof journey - strlen (journey) - 1);
  strncat (journey, " ", sizeof journey - strlen (journey) - 1);
}

/* --- A step that only notes --- */

static gpg_err_code_t perform_fails;

static gpg_error_t
step_describe (const void *detail, struct buffer *text)
{
  buffer_printf (text, "would %s\n", (const char *)detail);
  return 0;
}

static gpg_error_t
step_prepare (void *detail, const struct machine *machine,
              struct journal *journal, struct failure *failure)
{
  (void)detail;
  (void)machine;
  (void)journal;
  (void)failure;
  note ("prepare");
  return 0;
}

static gpg_error_t
step_perform (void *detail, struct failure *failure)
{
  (void)detail;
  note ("perform");
  return perform_fails ? fail (failure, perform_fails, "no luck") : 0;
}

static gpg_error_t
step_settle (void *detail, struct failure *failure)
{
  (void)detail;
  (void)failure;
  return 0;
}

static gpg_error_t
step_undo (void *detail, struct failure *failure)
{
  (void)detail;
  (void)failure;
  note ("undo");
  return 0;
}

static void
step_finish (void *detail)
{
  (void)detail;
}

static void
step_release (void *detail)
{
  (void)detail;
}

static const struct step_kind kind
    = { .name = "test",
        .journaled = true,
        .describe = step_describe,
        .prepare = step_prepare,
        .perform = step_perform,
        .settle = step_settle,
        .undo = step_undo,
        .finish = step_finish,
        .release = step_release };

/* --- A noun --- */

static gpg_error_t
run_get (struct call *call)
{
  note ("run");
  return writer_value (call->out, "answer", 6);
}

static gpg_error_t
run_set (struct call *call)
{
  const char *value = arg_text (call, "value");

  note ("run");
  if (!strcmp (value, "same"))
    return 0;
  if (!strcmp (value, "bad"))
    return fail (&call->failure, GPG_ERR_CONFLICT, "that is bad");
  return plan_append (call->plan, &kind, value, (char *)(uintptr_t)value);
}

static gpg_error_t
done_set (struct call *call, gpg_error_t err)
{
  note (err ? "done-bad" : "done");
  return err ? err : writer_value (call->out, "changed", 7);
}

static const struct verb verbs[] = { { .name = "GET",
                                       .args = "[<value:text>]",
                                       .run = run_get,
                                       .summary = "s",
                                       .help = "h" },
                                     { .name = "SET",
                                       .args = "<value:text> [<pin:secret>]",
                                       .effect = EFFECT_WRITE,
                                       .run = run_set,
                                       .done = done_set,
                                       .summary = "s",
                                       .help = "h" },
                                     { .name = "DROP",
                                       .args = "<value:text>",
                                       .effect = EFFECT_DESTROY,
                                       .run = run_set,
                                       .summary = "s",
                                       .help = "h" },
                                     { .name = "PEEK",
                                       .args = "<value:text>",
                                       .run = run_set,
                                       .summary = "s",
                                       .help = "h" },
                                     { 0 } };
static const struct noun thing
    = { .name = "THING", .summary = "s", .help = "h", .verbs = verbs };
static const struct verb open_verbs[] = { { .name = "GET",
                                            .args = "[<value:text>]",
                                            .run = run_get,
                                            .summary = "s",
                                            .help = "h",
                                            .flags = VERB_UNGRANTED },
                                          { .name = "SET",
                                            .args = "<value:text>",
                                            .effect = EFFECT_WRITE,
                                            .run = run_set,
                                            .summary = "s",
                                            .help = "h",
                                            .flags = VERB_UNGRANTED },
                                          { 0 } };
static const struct noun open_thing
    = { .name = "OPEN", .summary = "s", .help = "h", .verbs = open_verbs };
static const struct noun *const nouns[] = { &thing, &open_thing, NULL };

/* --- Identities --- */

#define IDENTITY(rule_list)                                                    \
  {                                                                            \
    .name = panel_name, .ceiling = EFFECT_DESTROY,                             \
    .rule_count = sizeof rule_list / sizeof *rule_list, .rule = rule_list      \
  }

static char star[] = "*";
static char get_name[] = "GET";
static char set_name[] = "SET";
static char panel_name[] = "panel";
static struct rule everything[] = { { true, star, star, 0, NULL, "x", 1 } };
static struct rule read_only[] = { { true, star, get_name, 0, NULL, "x", 1 } };
static struct rule no_set[] = { { true, star, star, 0, NULL, "x", 1 },
                                { false, star, set_name, 0, NULL, "x", 2 } };
static const struct identity admin = IDENTITY (everything);
static const struct identity reader = IDENTITY (read_only);
static const struct identity denied = IDENTITY (no_set);
static const struct identity nobody = { .name = panel_name,
                                        .ceiling = EFFECT_DESTROY };

/* --- A call on its way --- */

struct scene
{
  struct registry registry;
  struct gate gate;
  struct buffer data;
  const char *answer; /* To each inquiry; NULL: the client cancels.  */
};

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  struct scene *setting = context;

  buffer_append (&setting->data, bytes, length);
  return 0;
}

static gpg_error_t
take_status (void *context, const char *keyword, const char *text)
{
  (void)context;
  (void)keyword;
  (void)text;
  return 0;
}

static gpg_error_t
answer (void *context, const struct grammar_item *item, char **r_bytes,
        size_t *r_length, struct failure *failure)
{
  struct scene *setting = context;

  note ("ask");
  note (item->name);
  if (!setting->answer)
    return fail (failure, GPG_ERR_CANCELED, "canceled");
  *r_bytes = strdup (setting->answer);
  *r_length = strlen (setting->answer);
  return *r_bytes ? 0 : gpg_error (GPG_ERR_ENOMEM);
}

static struct scene setting;

static int
setup (void **state)
{
  if (scratch_setup (state) || registry_make (nouns, &setting.registry, NULL))
    return -1;
  setting.gate = (struct gate){ .identity = &admin,
                                .ceiling = EFFECT_DESTROY,
                                .ask = answer,
                                .ask_context = &setting };
  setting.answer = "asked";
  *journey = 0;
  perform_fails = 0;
  return 0;
}

static int
teardown (void **state)
{
  buffer_release (&setting.data);
  registry_release (&setting.registry);
  return scratch_teardown (state);
}

/* Send LINE ("SET value") to NOUN; what happened is in journey, the answer in
   setting.data.  */
static gpg_error_t
send (void **state, const char *noun_name, const char *line, bool dry_run,
      struct failure *failure)
{
  struct scratch *scratch = *state;
  const struct registry_noun *noun = registry_noun (&setting.registry,
                                                    noun_name);
  struct writer out = { .sink = { take_data, take_status, &setting } };
  struct call call = { .noun = noun->row,
                       .machine = &scratch->machine,
                       .registry = &setting.registry,
                       .dry_run = dry_run,
                       .out = &out };
  const struct registry_verb *verb;
  struct words words;
  gpg_error_t err;

  *journey = 0;
  buffer_release (&setting.data);
  assert_int_equal (words_split (line, &words, NULL), 0);
  verb = registry_verb (noun, words.word[0].text);
  call.verb = verb->row;
  assert_int_equal (arguments_bind (&verb->grammar, &setting.registry.common,
                                    words.word + 1, words.count - 1,
                                    &call.arguments, NULL),
                    0);
  words_release (&words);
  assert_int_equal (plan_new (&call.plan), 0);
  err = gate_run (&setting.gate, &call);
  *failure = call.failure;
  plan_release (call.plan);
  arguments_release (call.arguments);
  writer_release (&out);
  return err;
}

static void
assert_passes (void **state, const char *line, const char *way,
               const char *data)
{
  auto_failure struct failure failure = FAILURE_NONE;

  assert_int_equal (send (state, "THING", line, false, &failure), 0);
  assert_string_equal (journey, way);
  assert_string_equal (setting.data.bytes ? setting.data.bytes : "", data);
}

static void
assert_stops (void **state, const char *line, gpg_err_code_t code,
              const char *way, const char *says)
{
  auto_failure struct failure failure = FAILURE_NONE;

  assert_code (send (state, "THING", line, false, &failure), code);
  assert_string_equal (journey, way);
  assert_non_null (failure.text);
  assert_non_null (strstr (failure.text, says));
  assert_int_equal (setting.data.length, 0);
}

/* --- Tests --- */

static void
a_reading_verb_answers (void **state)
{
  assert_passes (state, "GET", "run ", "answer");
}

static void
a_change_is_planned_then_done (void **state)
{
  assert_passes (state, "SET x", "run prepare perform done ", "changed");
  assert_passes (state, "DROP x", "run prepare perform ", "");
}

static void
a_reading_verb_that_plans_a_change_is_stopped (void **state)
{
  assert_stops (state, "PEEK x", GPG_ERR_INTERNAL, "run ", "THING PEEK");
  assert_passes (state, "PEEK same", "run ", "");
}

static void
an_empty_plan_is_not_run (void **state)
{
  assert_passes (state, "SET same", "run ", "");
}

static void
without_identity_nothing_runs (void **state)
{
  setting.gate.identity = NULL;
  assert_stops (state, "GET @", GPG_ERR_NO_AUTH, "", "AUTH");
  assert_stops (state, "SET x", GPG_ERR_NO_AUTH, "", "AUTH");
}

/* The ceiling is told before the policy: it holds for everybody.  */
static void
the_ceiling_comes_before_policy (void **state)
{
  setting.gate.ceiling = EFFECT_READ;
  assert_passes (state, "GET", "run ", "answer");
  assert_stops (state, "SET @", GPG_ERR_FORBIDDEN, "", "ceiling");
  setting.gate.identity = &nobody;
  assert_stops (state, "SET @", GPG_ERR_FORBIDDEN, "", "ceiling");
  setting.gate.identity = &admin;
  setting.gate.ceiling = EFFECT_WRITE;
  assert_passes (state, "SET x", "run prepare perform done ", "changed");
  assert_stops (state, "DROP x", GPG_ERR_FORBIDDEN, "", "destroy");
}

static void
policy_comes_before_any_inquiry (void **state)
{
  setting.gate.identity = &reader;
  assert_passes (state, "GET @", "ask value run ", "answer");
  assert_stops (state, "SET @ @", GPG_ERR_FORBIDDEN, "",
                "no rule allows THING SET to panel");
  setting.gate.identity = &denied;
  assert_stops (state, "SET @ @", GPG_ERR_FORBIDDEN, "",
                "a rule denies THING SET to panel");
  setting.gate.identity = &nobody;
  assert_stops (state, "GET", GPG_ERR_FORBIDDEN, "", "no rule allows");
}

static void
what_needs_no_rule_needs_an_identity (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;

  setting.gate.identity = &nobody;
  assert_int_equal (send (state, "OPEN", "GET", false, &failure), 0);
  assert_string_equal (journey, "run ");
  setting.gate.ceiling = EFFECT_READ;
  assert_code (send (state, "OPEN", "SET x", false, &failure),
               GPG_ERR_FORBIDDEN);
  failure_release (&failure);
  setting.gate.identity = NULL;
  assert_code (send (state, "OPEN", "GET", false, &failure), GPG_ERR_NO_AUTH);
  assert_string_equal (journey, "");
}

static void
values_are_asked_in_their_order (void **state)
{
  assert_passes (state, "SET @ @",
                 "ask value ask pin run prepare perform done ", "changed");
  assert_passes (state, "SET x @", "ask pin run prepare perform done ",
                 "changed");
}

static void
an_inquiry_that_fails_ends_the_call (void **state)
{
  setting.answer = NULL;
  assert_stops (state, "SET @ @", GPG_ERR_CANCELED, "ask value ", "canceled");
}

/* While the client thought about an answer its rights were taken away.  */
static gpg_error_t
answer_and_revoke (void *context, const struct grammar_item *item,
                   char **r_bytes, size_t *r_length, struct failure *failure)
{
  setting.gate.identity = &reader;
  return answer (context, item, r_bytes, r_length, failure);
}

static void
policy_comes_again_behind_the_inquiries (void **state)
{
  setting.gate.ask = answer_and_revoke;
  assert_stops (state, "SET @", GPG_ERR_FORBIDDEN, "ask value ",
                "no rule allows");
}

static void
a_dry_run_shows_the_plan_and_does_nothing (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct scratch *scratch = *state;

  assert_int_equal (send (state, "THING", "SET \"x y\"", true, &failure), 0);
  assert_string_equal (journey, "run ");
  assert_string_equal (setting.data.bytes, "would x y\n");
  assert_int_equal (send (state, "THING", "GET", true, &failure), 0);
  assert_string_equal (setting.data.bytes, "answer");
  assert_code (send (state, "THING", "SET bad", true, &failure),
               GPG_ERR_CONFLICT);
  assert_int_equal (access (scratch_path (scratch, OWN_STATE_DIR), F_OK), -1);
}

static void
a_dry_run_needs_the_same_rights (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;

  setting.gate.identity = &reader;
  assert_code (send (state, "THING", "SET x", true, &failure),
               GPG_ERR_FORBIDDEN);
  assert_string_equal (journey, "");
}

static void
an_error_of_the_handler_plans_nothing (void **state)
{
  assert_stops (state, "SET bad", GPG_ERR_CONFLICT, "run ", "that is bad");
}

static void
an_error_of_a_step_is_undone_and_told (void **state)
{
  perform_fails = GPG_ERR_EIO;
  assert_stops (state, "SET x", GPG_ERR_EIO,
                "run prepare perform undo done-bad ", "no luck");
  assert_stops (state, "DROP x", GPG_ERR_EIO, "run prepare perform undo ",
                "no luck");
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (a_reading_verb_answers),
    TEST (a_change_is_planned_then_done),
    TEST (a_reading_verb_that_plans_a_change_is_stopped),
    TEST (an_empty_plan_is_not_run),
    TEST (without_identity_nothing_runs),
    TEST (the_ceiling_comes_before_policy),
    TEST (policy_comes_before_any_inquiry),
    TEST (what_needs_no_rule_needs_an_identity),
    TEST (values_are_asked_in_their_order),
    TEST (an_inquiry_that_fails_ends_the_call),
    TEST (policy_comes_again_behind_the_inquiries),
    TEST (a_dry_run_shows_the_plan_and_does_nothing),
    TEST (a_dry_run_needs_the_same_rights),
    TEST (an_error_of_the_handler_plans_nothing),
    TEST (an_error_of_a_step_is_undone_and_told),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
