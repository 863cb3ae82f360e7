/* test-setting.c - tests of src/mod/pve/setting.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "asked.h"

#include "protocol/memory.h"
#include "src/mod/pve/setting.h"

static void
assert_read (const char *setting, const char *deleted, gpg_err_code_t expected)
{
  struct work work;
  ASKED (&work, "vmid", "100", "setting", setting, "delete", deleted);
  auto_settings struct settings settings = SETTINGS_NONE;
  gpg_error_t err = settings_read (&work, &settings);

  if (gpg_err_code (err) != expected)
    print_message ("%s, %s: %s\n", setting, deleted, gpg_strerror (err));
  assert_int_equal (gpg_err_code (err), expected);
  assert_true (err ? !settings.count : settings.count > 0);
  failure_release (&work.failure);
}

static void
test_names (void **state)
{
  static const char *const wrong[] = { "memory",
                                       "=1",
                                       "m=1",
                                       "Memory=1",
                                       "mem.ory=1",
                                       "mem ory=1",
                                       "memory\n=1",
                                       "-x=1",
                                       "_x=1",
                                       "0x=1",
                                       "node=x",
                                       "vmid=1",
                                       "digest=",
                                       "delete=x",
                                       "revert=x",
                                       "force=1",
                                       "skiplock=1",
                                       "password=x",
                                       "cipassword=x",
                                       "background_delay=1",
                                       "import-working-storage=s",
                                       "" };
  static const char *const right[]
      = { "memory=1", "net0=name=eth0,bridge=vmbr0", "amd-sev=x", "tags=" };

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_read (wrong[i], "swap", GPG_ERR_INV_ARG);
  for (size_t i = 0; i < sizeof right / sizeof *right; i++)
    assert_read (right[i], "swap", GPG_ERR_NO_ERROR);
}

static void
test_deleted_names (void **state)
{
  (void)state;
  assert_read ("memory=1", "swap,cores", GPG_ERR_NO_ERROR);
  assert_read ("memory=1", "swap,memory", GPG_ERR_DUP_VALUE);
  assert_read ("memory=1", "swap,swap", GPG_ERR_DUP_VALUE);
  assert_read ("memory=1", ",swap", GPG_ERR_INV_ARG);
  assert_read ("memory=1", "swap;cores", GPG_ERR_INV_ARG);
  assert_read ("memory=1", "digest", GPG_ERR_INV_ARG);
  assert_read ("memory=1", "unused0", GPG_ERR_INV_ARG);
  /* Undone, that would be the same.  */
  assert_read ("unused0=s1:x", "swap", GPG_ERR_INV_ARG);
}

static void
test_none (void **state)
{
  struct work work;
  ASKED (&work, "vmid", "100");
  auto_settings struct settings settings = SETTINGS_NONE;

  (void)state;
  assert_int_equal (gpg_err_code (settings_read (&work, &settings)),
                    GPG_ERR_MISSING_VALUE);
  failure_release (&work.failure);
}

/* One of each: a number, a text, a text that was not there, one that goes, one
   that never was, and two that are so already.  */
static void
test_changes (void **state)
{
  struct work work;
  ASKED (&work, "setting", "memory=512", "setting", "tags=a=b;c", "setting",
         "onboot=1", "setting", "cores=2", "setting", "description=one\ntwo",
         "delete", "swap,pool,hostname");
  auto_settings struct settings settings = SETTINGS_NONE;
  auto_buffer struct buffer form = BUFFER_EMPTY;
  auto_buffer struct buffer back = BUFFER_EMPTY;
  auto_buffer struct buffer text = BUFFER_EMPTY;
  json_t *config = json_loads (
      "{\"memory\":256,\"tags\":\"x\",\"cores\":\"2\",\"swap\":0,"
      "\"description\":\"one\\ntwo\\n\",\"hostname\":\"a\\nb\\u0001\"}",
      0, NULL);

  (void)state;
  assert_non_null (config);
  assert_int_equal (settings_read (&work, &settings), 0);
  assert_int_equal (settings.count, 8);
  assert_int_equal (settings_differ (&settings, config), 5);

  settings_form (&settings, &form);
  assert_string_equal (form.bytes,
                       "memory=512&tags=a%3Db%3Bc&onboot=1&cores=2&"
                       "description=one%0Atwo&delete=swap%2Cpool%2Chostname");
  settings_form_back (&settings, config, &back);
  assert_string_equal (back.bytes,
                       "memory=256&tags=x&cores=2&description=one%0Atwo%0A&"
                       "swap=0&hostname=a%0Ab%01&delete=onboot%2Cpool");
  settings_describe (&settings, config, &text);
  assert_string_equal (text.bytes, "- memory: 256\n+ memory: 512\n- tags: x\n"
                                   "+ tags: a=b;c\n+ onboot: 1\n- swap: 0\n"
                                   "- hostname: a\\nb?\n");
  json_decref (config);
}

/* A value that only begins like the old one is another.  */
static void
test_values_that_begin_alike (void **state)
{
  struct work work;
  ASKED (&work, "setting", "memory=51", "setting", "tags=", "setting",
         "hostname=web1");
  auto_settings struct settings settings = SETTINGS_NONE;
  json_t *config = json_loads (
      "{\"memory\":512,\"tags\":\"a\",\"hostname\":\"web\"}", 0, NULL);

  (void)state;
  assert_int_equal (settings_read (&work, &settings), 0);
  assert_int_equal (settings_differ (&settings, config), 3);
  json_decref (config);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (test_names), cmocka_unit_test (test_deleted_names),
          cmocka_unit_test (test_none), cmocka_unit_test (test_changes),
          cmocka_unit_test (test_values_that_begin_alike) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
