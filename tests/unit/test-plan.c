/* test-plan.c - plans are carried out whole or not at all
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include <sys/file.h>
#include "../../protocol/limits.h"
#include "../../src/plan/plan.h"

/* A kind of step that writes down what is done with it.  */
static char story[512];

struct letter
{
  char name;
  char fails_at; /* The first letter of what shall fail, or 0.  */
};

static gpg_error_t
tell (const struct letter *letter, char what)
{
  size_t length = strlen (story);

  snprintf (story + length, sizeof story - length, "%c%c ", what, letter->name);
  return letter->fails_at == what ? gpg_error (GPG_ERR_EIO) : 0;
}

static gpg_error_t
letter_describe (const void *detail, struct buffer *text)
{
  const struct letter *letter = detail;

  buffer_printf (text, "would write %c\n", letter->name);
  return 0;
}

static gpg_error_t
letter_prepare (void *detail, const struct machine *machine,
                struct journal *journal, struct failure *failure)
{
  (void)machine;
  (void)journal;
  if (tell (detail, 'p'))
    return fail (failure, GPG_ERR_EIO, "it cannot be prepared");
  return 0;
}

static gpg_error_t
letter_perform (void *detail, struct failure *failure)
{
  if (tell (detail, 'd'))
    return fail (failure, GPG_ERR_EIO, "it cannot be done");
  return 0;
}

static gpg_error_t
letter_settle (void *detail, struct failure *failure)
{
  (void)failure;
  return tell (detail, 's');
}

static gpg_error_t
letter_undo (void *detail, struct failure *failure)
{
  if (tell (detail, 'u'))
    return fail (failure, GPG_ERR_EIO, "it cannot be undone");
  return 0;
}

static void
letter_finish (void *detail)
{
  tell (detail, 'f');
}

static void
letter_release (void *detail)
{
  tell (detail, 'r');
  free (detail);
}

static const struct step_kind letter_kind = { .name = "letter",
                                              .journaled = true,
                                              .describe = letter_describe,
                                              .prepare = letter_prepare,
                                              .perform = letter_perform,
                                              .settle = letter_settle,
                                              .undo = letter_undo,
                                              .finish = letter_finish,
                                              .release = letter_release };

/* Small letters have no journal.  */
static const struct step_kind *
kind_of (char name)
{
  static struct step_kind small;

  small = letter_kind;
  small.journaled = false;
  return name >= 'a' ? &small : &letter_kind;
}

static void
append (struct plan *plan, char name, char fails_at)
{
  struct letter *letter = malloc (sizeof *letter);
  char object[] = { name, 0 };

  assert_non_null (letter);
  letter->name = name;
  letter->fails_at = fails_at;
  assert_int_equal (plan_append (plan, kind_of (name), object, letter), 0);
}

/* Run steps of these NAMES, the second of which fails at FAILS_AT; they tell
   STORY.  */
static void
run_named (struct scratch *scratch, const char *names, char fails_at,
           struct failure *failure)
{
  struct plan *plan;
  gpg_error_t err;

  *story = 0;
  assert_int_equal (plan_new (&plan), 0);
  for (size_t i = 0; names[i]; i++)
    append (plan, names[i], i == 1 ? fails_at : 0);
  err = plan_run (plan, &scratch->machine, failure);
  if (fails_at && fails_at != 'f')
    assert_int_equal (gpg_err_code (err), GPG_ERR_EIO);
  else
    assert_int_equal (err, 0);
  *strrchr (story, ' ') = 0;
  plan_release (plan);
}

static void
run_three (struct scratch *scratch, char fails_at, struct failure *failure)
{
  run_named (scratch, "ABC", fails_at, failure);
}

static void
test_order (void **state)
{
  run_three (*state, 0, NULL);
  assert_string_equal (story, "pA pB pC dA dB dC sA sB sC fA fB fCrA rB rC ");
}

static void
test_failing (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;

  run_three (*state, 'p', &failure);
  assert_string_equal (story, "pA pB uC uB uArA rB rC ");
  assert_string_equal (failure.text, "it cannot be prepared");
  run_three (*state, 'd', &failure);
  assert_string_equal (story, "pA pB pC dA dB uC uB uArA rB rC ");
  assert_string_equal (failure.text, "it cannot be done");
  run_three (*state, 's', &failure);
  assert_string_equal (story, "pA pB pC dA dB dC sA sB uC uB uArA rB rC ");
}

static void
test_steps_before_the_journal (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;

  run_named (*state, "aB", 0, NULL);
  assert_string_equal (story, "pa da sa pB dB sB fa fBra rB ");
  run_named (*state, "abC", 'd', &failure);
  assert_string_equal (story, "pa pb da db uC ub uara rb rC ");
  run_named (*state, "aB", 'p', &failure);
  assert_string_equal (story, "pa da sa pB uB uara rB ");
  run_named (*state, "Ab", 'd', &failure);
  assert_string_equal (story, "pA pb dA db ub uArA rb ");
}

/* What others can have of the lock while each step is performed: "+" for all,
   "-" for nothing.  */
static char locks[8];
static int lock_fd = -1;

static gpg_error_t
look_perform (void *detail, struct failure *failure)
{
  bool mine = !flock (lock_fd, LOCK_EX | LOCK_NB);

  (void)detail;
  (void)failure;
  if (mine)
    flock (lock_fd, LOCK_UN);
  locks[strlen (locks)] = mine ? '+' : '-';
  return 0;
}

static void
test_lock (void **state)
{
  struct scratch *scratch = *state;
  struct step_kind small = *kind_of ('a'), large = letter_kind;
  struct plan *plan;

  /* The first plan makes the directory.  */
  run_three (scratch, 0, NULL);
  lock_fd = open (scratch_path (scratch, OWN_JOURNAL_DIR), O_RDONLY);
  assert_true (lock_fd >= 0);
  small.perform = large.perform = look_perform;
  assert_int_equal (plan_new (&plan), 0);
  for (const char *c = "small Large small"; c; c = strchr (c, ' '))
    {
      struct letter *letter = calloc (1, sizeof *letter);

      c += *c == ' ';
      assert_int_equal (
          plan_append (plan, *c == 's' ? &small : &large, "x", letter), 0);
    }
  assert_int_equal (plan_run (plan, &scratch->machine, NULL), 0);
  assert_string_equal (locks, "+--");
  assert_int_equal (flock (lock_fd, LOCK_EX | LOCK_NB), 0);
  close (lock_fd);
  plan_release (plan);
}

static void
test_failing_undo (void **state)
{
  struct scratch *scratch = *state;
  auto_failure struct failure failure = FAILURE_NONE;
  struct plan *plan;

  *story = 0;
  assert_int_equal (plan_new (&plan), 0);
  append (plan, 'A', 0);
  append (plan, 'B', 'u');
  append (plan, 'C', 'd');
  gpgrt_log_set_sink ("/dev/null", NULL, -1);
  assert_int_equal (gpg_err_code (plan_run (plan, &scratch->machine, &failure)),
                    GPG_ERR_EIO);
  gpgrt_log_set_sink (NULL, NULL, 2);
  assert_string_equal (failure.text, "it cannot be done");
  assert_non_null (failure.details);
  assert_string_equal (failure.details->name, "not-undone");
  assert_string_equal (failure.details->value, "it cannot be undone");
  assert_non_null (strstr (story, "uC uB uA"));
  plan_release (plan);
}

static void
test_looking (void **state)
{
  struct buffer text = BUFFER_EMPTY;
  struct plan *plan;

  (void)state;
  assert_int_equal (plan_new (&plan), 0);
  assert_int_equal (plan_count (plan), 0);
  assert_null (plan_object (plan, 0));
  append (plan, 'A', 0);
  append (plan, 'B', 0);
  assert_int_equal (plan_count (plan), 2);
  assert_string_equal (plan_object (plan, 1), "B");
  assert_ptr_equal (plan_kind (plan, 1), &letter_kind);
  assert_null (plan_kind (plan, 2));
  assert_int_equal (plan_describe (plan, &text), 0);
  assert_string_equal (text.bytes, "would write A\nwould write B\n");
  buffer_release (&text);
  plan_release (plan);
}

static void
test_limit (void **state)
{
  struct letter *letter = calloc (1, sizeof *letter);
  struct plan *plan;

  (void)state;
  assert_int_equal (plan_new (&plan), 0);
  for (size_t i = 0; i < LIMIT_PLAN_STEPS; i++)
    append (plan, 'A', 0);
  assert_int_equal (
      gpg_err_code (plan_append (plan, &letter_kind, "B", letter)),
      GPG_ERR_LIMIT_REACHED);
  assert_int_equal (plan_count (plan), LIMIT_PLAN_STEPS);
  plan_release (plan);
}

/* A plan of nothing makes no journal.  */
static void
test_empty (void **state)
{
  struct scratch *scratch = *state;
  struct plan *plan;

  assert_int_equal (plan_new (&plan), 0);
  assert_int_equal (plan_run (plan, &scratch->machine, NULL), 0);
  assert_int_not_equal (access (scratch_path (scratch, OWN_JOURNAL_DIR), F_OK),
                        0);
  plan_release (plan);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_order, scratch_setup,
                                     scratch_teardown),
    cmocka_unit_test_setup_teardown (test_failing, scratch_setup,
                                     scratch_teardown),
    cmocka_unit_test_setup_teardown (test_steps_before_the_journal,
                                     scratch_setup, scratch_teardown),
    cmocka_unit_test_setup_teardown (test_lock, scratch_setup,
                                     scratch_teardown),
    cmocka_unit_test_setup_teardown (test_failing_undo, scratch_setup,
                                     scratch_teardown),
    cmocka_unit_test_setup_teardown (test_empty, scratch_setup,
                                     scratch_teardown),
    cmocka_unit_test (test_looking),
    cmocka_unit_test (test_limit),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
