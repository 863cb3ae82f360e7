/* test-smart.c - tests of src/mod/hw/smart.c, smart_test.c and sensors.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   How programs are run, and what comes of how they end.  */

#include "scratch.h"
#include "check.h"

#include "protocol/buffer.h"
#include "src/base/run.h"
#include "src/mod/hw/hw_work.h"

gpg_error_t __wrap_run_program (const struct run *run,
                                struct run_result *r_result,
                                struct failure *failure);

static struct
{
  struct run_result result; /* Its texts are literal.  */
  gpg_error_t err;
  const char *program;
  struct buffer arguments; /* Each with a blank behind it.  */
  size_t most;
  uint64_t time_ms;
} fake;

gpg_error_t
__wrap_run_program (const struct run *run, struct run_result *r_result,
                    struct failure *failure)
{
  fake.program = run->program;
  fake.most = run->most;
  fake.time_ms = run->time_ms;
  buffer_clear (&fake.arguments);
  for (const char *const *word = run->arguments; *word; word++)
    buffer_printf (&fake.arguments, "%s ", *word);
  assert_ptr_equal (run->give_up, work_ended);
  assert_null (run->environment);
  *r_result = (struct run_result){ 0 };
  if (fake.err)
    return fail (failure, gpg_err_code (fake.err), "no");
  *r_result = fake.result;
  r_result->output = strdup (fake.result.output);
  r_result->output_length = strlen (fake.result.output);
  return 0;
}

struct scene
{
  struct scratch *scratch;
  struct work work;
  struct writer out;
  struct buffer text;
  struct item items[16];
};

static struct scene scene;

static gpg_error_t
keep (void *context, const char *bytes, size_t length)
{
  (void)context;
  buffer_append (&scene.text, bytes ? bytes : "", bytes ? length : 0);
  return 0;
}

static int
setup (void **state)
{
  int fd;

  memset (&scene, 0, sizeof scene);
  memset (&fake, 0, sizeof fake);
  if (scratch_setup (state))
    return -1;
  scene.scratch = *state;
  mkdir (scratch_path (scene.scratch, "/dev"), 0755);
  fd = open (scratch_path (scene.scratch, "/dev/sda"), O_CREAT | O_WRONLY,
             0644);
  if (fd < 0)
    return -1;
  close (fd);
  scene.out.sink = (struct writer_sink){ keep, NULL, NULL };
  scene.work.machine = &scene.scratch->machine;
  scene.work.out = &scene.out;
  return 0;
}

static int
teardown (void **state)
{
  failure_release (&scene.work.failure);
  writer_release (&scene.out);
  buffer_release (&scene.text);
  buffer_release (&fake.arguments);
  return scratch_teardown (state);
}

/* Have OPERATION done with ARGUMENTS, pairs that end with NULL.  */
static gpg_error_t
have_done (gpg_error_t (*operation) (struct work *work),
           const char *const *arguments)
{
  size_t count = 2;
  gpg_error_t err;

  for (; *arguments; arguments++)
    scene.items[count++] = (struct item){ *arguments, strlen (*arguments) };
  scene.work.request.items = scene.items;
  scene.work.request.count = count;
  failure_release (&scene.work.failure);
  buffer_clear (&scene.text);
  scene.out.any_record = false;
  err = operation (&scene.work);
  buffer_append (&scene.text, "", 0);
  return err;
}

static gpg_error_t
smart (void)
{
  static const char *const arguments[] = { "device", "/dev/sda", NULL };

  return have_done (work_smart, arguments);
}

static const char *
detail (const char *name)
{
  for (const struct detail *one = scene.work.failure.details; one;
       one = one->next)
    if (!strcmp (one->name, name))
      return one->value;
  return NULL;
}

static void
it_runs_within_limits (void **state)
{
  static const char *const none[] = { NULL };
  static const char *const selftest[] = { "device", "/dev/sda", "test", "short",
                                          NULL };

  (void)state;
  fake.result.output = (char *)"{}";
  assert_int_equal (smart (), 0);
  assert_string_equal (fake.program, "smartctl");
  assert_int_equal (fake.most, LIMIT_HW_OUTPUT);
  assert_int_equal (fake.time_ms, LIMIT_HW_SECONDS * 1000);
  assert_int_equal (have_done (work_sensors, none), 0);
  assert_string_equal (fake.program, "sensors");
  assert_string_equal (fake.arguments.bytes, "-j ");
  assert_int_equal (fake.most, LIMIT_HW_OUTPUT);
  assert_int_equal (fake.time_ms, LIMIT_HW_SECONDS * 1000);
  assert_code (have_done (work_selftest, selftest), GPG_ERR_NOT_SUPPORTED);
  assert_int_equal (fake.most, LIMIT_HW_OUTPUT);
  fake.err = gpg_error (GPG_ERR_TIMEOUT);
  assert_code (smart (), GPG_ERR_TIMEOUT);
  assert_code (have_done (work_sensors, none), GPG_ERR_TIMEOUT);
}

static void
arguments (void **state)
{
  static const char *const all[] = { "device", "/dev/sda", "device-type", "sat",
                                     "wake",   "1",        NULL };
  const char *path = scratch_path (scene.scratch, "/dev/sda");
  char expected[512];

  (void)state;
  fake.result.output = (char *)"{}";
  assert_int_equal (smart (), 0);
  snprintf (expected, sizeof expected,
            "--json=c --all --device=auto --nocheck=standby "
            "-- %s ",
            path);
  assert_string_equal (fake.arguments.bytes, expected);
  assert_int_equal (have_done (work_smart, all), 0);
  snprintf (expected, sizeof expected,
            "--json=c --all --device=sat --nocheck=never -- %s ", path);
  assert_string_equal (fake.arguments.bytes, expected);
}

static void
each_bit_has_its_name (void **state)
{
  static const char *const names[] = { "command_failed", "failing",
                                       "prefail_now",    "prefail_past",
                                       "error_log",      "selftest_log" };

  (void)state;
  fake.result.output = (char *)"{}";
  for (size_t i = 0; i < 6; i++)
    {
      char line[64];

      fake.result.exit_status = 4 << i;
      assert_int_equal (smart (), 0);
      for (size_t j = 0; j < 6; j++)
        {
          snprintf (line, sizeof line, "%s: %s\n", names[j],
                    i == j ? "yes" : "no");
          assert_non_null (strstr (scene.text.bytes, line));
        }
      snprintf (line, sizeof line, "exit_status: %d\n", 4 << i);
      assert_non_null (strstr (scene.text.bytes, line));
      assert_non_null (strstr (scene.text.bytes, "open_failed: no\n"));
    }
}

static void
errors_of_the_call (void **state)
{
  (void)state;
  fake.result.output
      = (char *)"{\"smartctl\":{\"messages\":[{\"string\":\"why\"}]}}";
  fake.result.exit_status = 1;
  assert_code (smart (), GPG_ERR_NOT_SUPPORTED);
  assert_string_equal (detail ("exit_status"), "1");
  assert_string_equal (detail ("message"), "why");
  fake.result.exit_status = 2;
  assert_code (smart (), GPG_ERR_NOT_OPERATIONAL);
  fake.result.exit_status = 0xfe;
  assert_code (smart (), GPG_ERR_NOT_OPERATIONAL);
  assert_string_equal (detail ("exit_status"), "254");
}

static void
a_disk_that_sleeps (void **state)
{
  (void)state;
  fake.result.output
      = (char *)"{\"smartctl\":{\"messages\":[{\"string\":\"Device is in "
                "STANDBY mode, exit(2)\"}]}}";
  fake.result.exit_status = 2;
  assert_int_equal (smart (), 0);
  assert_non_null (strstr (scene.text.bytes, "state: standby\n"));
  assert_non_null (strstr (scene.text.bytes, "open_failed: no\n"));
  /* With other bits it is none that only sleeps.  */
  fake.result.exit_status = 6;
  assert_code (smart (), GPG_ERR_NOT_OPERATIONAL);
}

static void
no_whole_answer (void **state)
{
  (void)state;
  fake.result.output = (char *)"{}";
  fake.result.cut = true;
  assert_code (smart (), GPG_ERR_TOO_LARGE);
  fake.result.cut = false;
  fake.result.exit_status = -1;
  fake.result.signal = 9;
  assert_code (smart (), GPG_ERR_SERVER_FAILED);
  fake.result.exit_status = 0;
  fake.result.output = (char *)"";
  assert_code (smart (), GPG_ERR_NO_DATA);
  assert_string_equal (detail ("exit_status"), "0");
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[]
      = { TEST (it_runs_within_limits), TEST (arguments),
          TEST (each_bit_has_its_name), TEST (errors_of_the_call),
          TEST (a_disk_that_sleeps),    TEST (no_whole_answer) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
