/* policyhand.h - rows to grant, and a machine with policy files
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TEST_POLICYHAND_H
#define REEVE_TEST_POLICYHAND_H

#include "scratch.h"
#include "check.h"
#include "protocol/limits.h"
#include "protocol/words.h"
#include "src/gate/policy.h"

#define KEY "0123456789abcdef0123456789abcdef\n"
#define PANEL "[identity panel]\nkey = panel.key\n"

/* --- Rows --- */

static inline gpg_error_t
run_nothing (struct call *call)
{
  (void)call;
  return 0;
}

#define VERB(verb_name, verb_args, verb_effect)                                \
  {                                                                            \
    .name = verb_name, .args = verb_args, .effect = verb_effect,               \
    .run = run_nothing, .summary = "s", .help = "h"                            \
  }

static const struct verb aug_verbs[]
    = { VERB ("GET", "", EFFECT_READ), VERB ("SET", "", EFFECT_WRITE), { 0 } };
static const struct verb unit_verbs[]
    = { VERB ("SHOW", "[<unit:string>] [--lines=<n:int=10>]", EFFECT_READ),
        VERB ("START",
              "<unit:string> [--mode=<m:enum(fast|slow)=fast>] "
              "[--force] [--exec=<exec:permit>]",
              EFFECT_WRITE),
        VERB ("STOP", "<unit:string> [<more:string>...]", EFFECT_DESTROY),
        { 0 } };
static const struct verb file_verbs[]
    = { VERB ("PUT", "<path:path>... ", EFFECT_WRITE),
        VERB ("CUT", "<path:path> <size:size> [<pin:secret>]", EFFECT_WRITE),
        { 0 } };

/* Options that do what another verb does.  */
static const struct verb guest_verbs[]
    = { { .name = "SET",
          .args = "[--keep] [--mode=<m:enum(run|halt|halts)>] "
                  "[--replace=<replace:permit>] [--force] <guest:string>...",
          .effect = EFFECT_WRITE,
          .run = run_nothing,
          .summary = "s",
          .help = "h",
          .also = "keep:KEEP mode=halt:HALT replace:DROP" },
        VERB ("KEEP", "[--memory] <guest:string> <name:string>", EFFECT_WRITE),
        VERB ("HALT", "[--force] <guest:string>", EFFECT_WRITE),
        VERB ("DROP", "[--replace] <guest:string>", EFFECT_DESTROY),
        { 0 } };

/* What was asked of the noun AUG about objects.  */
static char judged[256];

static inline gpg_error_t
judge_object (const struct machine *machine, enum effect effect, bool allow,
              const char *pattern, struct failure *failure)
{
  size_t length = strlen (judged);

  assert_non_null (machine);
  snprintf (judged + length, sizeof judged - length, "%s%s %s|",
            allow ? "+" : "-", effect_name (effect), pattern);
  return strstr (pattern, "/bad")
             ? fail (failure, GPG_ERR_INV_ARG, "this is bad")
             : 0;
}

static const struct noun aug = { .name = "AUG",
                                 .summary = "s",
                                 .help = "h",
                                 .verbs = aug_verbs,
                                 .flags = NOUN_GRANT_BY_EFFECT,
                                 .object = "path",
                                 .object_type = "augpath",
                                 .check_object = judge_object };
static const struct noun unit
    = { .name = "UNIT", .summary = "s", .help = "h", .verbs = unit_verbs };
static const struct noun file
    = { .name = "FILE", .summary = "s", .help = "h", .verbs = file_verbs };
static const struct noun guest
    = { .name = "GUEST", .summary = "s", .help = "h", .verbs = guest_verbs };
static const struct noun *const nouns[] = { &aug, &unit, &file, &guest, NULL };
static struct registry registry;

/* --- The machine --- */

static inline void
set_mode (const struct scratch *scratch, const char *path, mode_t mode)
{
  assert_int_equal (chmod (scratch_path (scratch, path), mode), 0);
}

static inline int
setup (void **state)
{
  struct scratch *scratch;

  if (scratch_setup (state))
    return -1;
  scratch = *state;
  *judged = 0;
  scratch_mkdir (scratch, "/etc");
  scratch_mkdir (scratch, OWN_CONFIG_DIR);
  scratch_mkdir (scratch, OWN_POLICY_DIR);
  scratch_mkdir (scratch, OWN_KEYS_DIR);
  scratch_write (scratch, OWN_KEYS_DIR "/panel.key", KEY);
  set_mode (scratch, OWN_KEYS_DIR "/panel.key", 0400);
  return 0;
}

static inline gpg_error_t
load (void **state, struct policy *r_policy, struct failure *failure)
{
  struct scratch *scratch = *state;

  return policy_load (&scratch->machine, &registry, r_policy, failure);
}

/* Load a policy of one file with TEXT.  */
static inline gpg_error_t
load_text (void **state, const char *text, struct policy *r_policy,
           struct failure *failure)
{
  scratch_write (*state, OWN_POLICY_DIR "/a.policy", text);
  return load (state, r_policy, failure);
}

/* TEXT is refused with CODE; what is said has PLACE ("a.policy:3:") and
   REASON.  */
static inline void
assert_wrong (void **state, const char *text, gpg_err_code_t code,
              const char *place, const char *reason)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct policy policy;
  gpg_error_t err = load_text (state, text, &policy, &failure);

  if (gpg_err_code (err) != code || !strstr (failure.text, place)
      || !strstr (failure.text, reason))
    print_message ("# %s: %s\n", text, failure.text);
  assert_code (err, code);
  assert_non_null (strstr (failure.text, place));
  assert_non_null (strstr (failure.text, reason));
  assert_int_equal (policy.count, 0);
  assert_null (policy.identity);
  assert_null (policy.file);
}

static inline void
assert_right (void **state, const char *text, struct policy *r_policy)
{
  auto_failure struct failure failure = FAILURE_NONE;

  if (load_text (state, text, r_policy, &failure))
    print_message ("# %s\n", failure.text);
  assert_null (failure.text);
}

static inline int
make_registry (void **state)
{
  (void)state;
  return registry_make (nouns, &registry, NULL) ? -1 : 0;
}

static inline int
drop_registry (void **state)
{
  (void)state;
  registry_release (&registry);
  return 0;
}

#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, setup, scratch_teardown)

#endif /* REEVE_TEST_POLICYHAND_H */
