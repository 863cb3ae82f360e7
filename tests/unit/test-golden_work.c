/* test-golden_work.c - tests of src/mod/pve/golden_work.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   How pct is run, and what comes of how it ends.  */

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/buffer.h"
#include "protocol/limits.h"
#include "src/base/run.h"
#include "src/mod/pve/golden_work.h"

#define TEMPLATE "local:vztmpl/debian-12-mini_1.0_amd64.tar.zst"
#define NOISE                                                                  \
  "for my (...) is experimental at LXC.pm line 1635, <DATA> line 9.\n"

gpg_error_t __wrap_run_program (const struct run *run,
                                struct run_result *r_result,
                                struct failure *failure);

static const struct machine machine;

static struct
{
  int runs;
  struct run_result result;
  const char *errors; /* What it writes to standard error.  */
  gpg_error_t err;
  struct buffer arguments; /* Each with a blank behind it.  */
} fake;

gpg_error_t
__wrap_run_program (const struct run *run, struct run_result *r_result,
                    struct failure *failure)
{
  fake.runs++;
  assert_string_equal (run->program, "pct");
  /* The real machine's pct is not for another's root.  */
  assert_true (run->below);
  assert_ptr_equal (run->machine, &machine);
  assert_null (run->environment);
  assert_int_equal (run->most, LIMIT_PCT_OUTPUT);
  assert_int_equal (run->time_ms, LIMIT_PCT_SECONDS * 1000);
  assert_ptr_equal (run->give_up, work_ended);
  assert_non_null (run->context);
  for (const char *const *word = run->arguments; *word; word++)
    buffer_printf (&fake.arguments, "%s ", *word);
  *r_result = (struct run_result){ 0 };
  if (fake.err)
    return fail (failure, gpg_err_code (fake.err), "no");
  *r_result = fake.result;
  r_result->errors = strdup (fake.errors ? fake.errors : "");
  r_result->output = strdup ("Creating filesystem\n");
  return 0;
}

static struct
{
  struct work work;
  struct writer out;
  struct buffer text;
  struct item items[16];
} scene;

static gpg_error_t
keep (void *context, const char *bytes, size_t length)
{
  if (bytes)
    buffer_append (context, bytes, length);
  return 0;
}

static int
setup (void **state)
{
  (void)state;
  memset (&scene, 0, sizeof scene);
  memset (&fake, 0, sizeof fake);
  scene.out.sink = (struct writer_sink){ keep, NULL, &scene.text };
  scene.work.machine = &machine;
  scene.work.out = &scene.out;
  return 0;
}

static int
teardown (void **state)
{
  (void)state;
  failure_release (&scene.work.failure);
  writer_release (&scene.out);
  buffer_release (&scene.text);
  buffer_release (&fake.arguments);
  return 0;
}

/* Create 140 of TEMPLATE on STORAGE, with the pair NAME and VALUE, too.  */
static gpg_error_t
create_on (const char *template, const char *storage, const char *name,
           const char *value)
{
  const char *const texts[] = { "vmid",    "140",   "template", template,
                                "storage", storage, "size",     "8589934592",
                                name,      value };
  size_t count = sizeof texts / sizeof *texts;
  gpg_error_t err;

  for (size_t i = 0; i < count; i++)
    scene.items[i + 2] = (struct item){ texts[i], strlen (texts[i]) };
  scene.work.request.items = scene.items;
  scene.work.request.count = count + 2;
  err = work_create_golden (&scene.work);
  buffer_append (&scene.text, "", 0);
  return err;
}

static gpg_error_t
create (void)
{
  return create_on (TEMPLATE, "fast", "cores", "2");
}

/* That pct exits with 255 and ERRORS means CODE and says REASON.  */
static void
means (const char *errors, gpg_err_code_t code, const char *reason)
{
  auto_buffer struct buffer words = BUFFER_EMPTY;
  const struct detail *status;

  failure_release (&scene.work.failure);
  fake.result = (struct run_result){ .exit_status = 255 };
  fake.errors = errors;
  assert_code (create (), code);
  buffer_printf (&words, "pct could not create 140: %.60s", reason);
  assert_string_equal (scene.work.failure.text, words.bytes);
  status = scene.work.failure.details;
  assert_string_equal (status->name, "exit_status");
  assert_string_equal (status->value, "255");
  assert_string_equal (status->next->name, "message");
  assert_string_equal (status->next->value, reason);
  assert_null (status->next->next);
  assert_int_equal (scene.text.length, 0);
}

static void
pct_is_run_within_limits (void **state)
{
  (void)state;
  assert_int_equal (create (), 0);
  assert_int_equal (fake.runs, 1);
  assert_string_equal (fake.arguments.bytes,
                       "create 140 " TEMPLATE " --unprivileged 1 --features "
                       "nesting=1,keyctl=1 --rootfs fast:8 --cores 2 ");
  assert_string_equal (scene.text.bytes, "changed: yes\nvmid: 140\n");
}

static void
noise_is_no_failure (void **state)
{
  (void)state;
  fake.errors = NOISE "Architecture detection failed: error in setup\n"
                      "WARN: something\n";
  assert_int_equal (create (), 0);
  fake.result.cut = true;
  assert_int_equal (create (), 0);
}

static void
the_last_line_is_the_reason (void **state)
{
  (void)state;
  means (NOISE "CT 140 already exists on node 'pve1'\n", GPG_ERR_EEXIST,
         "CT 140 already exists on node 'pve1'");
  means (NOISE "volume 'a' does not exist\nunable to create CT 140 - volume "
               "'a' does not exist\n",
         GPG_ERR_NOT_FOUND,
         "unable to create CT 140 - volume 'a' does not exist");
  means (NOISE "400 Parameter verification failed.\nvmid: type check "
               "('integer') failed - got 'abc'\npct create <vmid> "
               "<ostemplate> [OPTIONS]\n",
         GPG_ERR_INV_ARG, "vmid: type check ('integer') failed - got 'abc'");
  means (NOISE "no space\n \n\n", GPG_ERR_GENERAL, "no space");
  means ("no line feed", GPG_ERR_GENERAL, "no line feed");
  means ("", GPG_ERR_GENERAL, "");
}

/* The words are about what went wrong: the command line is not in them.  */
static void
errors_do_not_carry_the_command (void **state)
{
  (void)state;
  fake.result = (struct run_result){ .exit_status = 255,
                                     .errors = (char *)(uintptr_t) "no\n" };
  assert_code (create (), GPG_ERR_GENERAL);
  assert_null (strstr (scene.work.failure.text, "fast"));
  assert_null (strstr (scene.work.failure.text, "--"));
}

static void
what_is_not_known_is_said (void **state)
{
  (void)state;
  fake.result = (struct run_result){ .exit_status = -1, .signal = 9 };
  assert_code (create (), GPG_ERR_SERVER_FAILED);
  assert_non_null (strstr (scene.work.failure.text, "signal 9: look whether"));
  fake.err = gpg_error (GPG_ERR_TIMEOUT);
  assert_code (create (), GPG_ERR_TIMEOUT);
  assert_non_null (strstr (scene.work.failure.text, "look whether 140 "));
  fake.err = gpg_error (GPG_ERR_CANCELED);
  assert_code (create (), GPG_ERR_CANCELED);
  assert_non_null (strstr (scene.work.failure.text, "look whether 140 "));
  fake.err = 0;
  fake.result = (struct run_result){ .exit_status = 255, .cut = true };
  assert_code (create (), GPG_ERR_GENERAL);
  assert_non_null (strstr (scene.work.failure.text, "wrote more than"));
}

static void
without_pct_a_package_is_named (void **state)
{
  (void)state;
  fake.err = gpg_error (GPG_ERR_NOT_FOUND);
  assert_code (create (), GPG_ERR_NOT_FOUND);
  assert_non_null (strstr (scene.work.failure.text, "pve-container"));
}

/* A session that was taken over says what it likes.  */
static void
nobody_is_believed (void **state)
{
  (void)state;
  assert_code (create_on ("/etc/a.tar.gz", "fast", "cores", "2"),
               GPG_ERR_INV_ARG);
  assert_code (create_on (TEMPLATE, "fast:1,acl=1", "cores", "2"),
               GPG_ERR_INV_ARG);
  assert_code (create_on (TEMPLATE, "fast", "hostname", "--onboot"),
               GPG_ERR_INV_ARG);
  assert_code (create_on (TEMPLATE, "fast", "memory", "1"), GPG_ERR_INV_ARG);
  assert_int_equal (fake.runs, 0);
}

int
main (void)
{
#define CASE(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, teardown)
  const struct CMUnitTest tests[] = {
    CASE (pct_is_run_within_limits),    CASE (noise_is_no_failure),
    CASE (the_last_line_is_the_reason), CASE (errors_do_not_carry_the_command),
    CASE (what_is_not_known_is_said),   CASE (without_pct_a_package_is_named),
    CASE (nobody_is_believed)
  };

  return cmocka_run_group_tests_name ("golden_work", tests, NULL, NULL);
}
