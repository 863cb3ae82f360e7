/* test-preflight.c - tests of src/mod/pve/preflight.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "asked.h"

#include <stdarg.h>
#include <stdio.h>

#include "src/mod/pve/api.h"
#include "src/mod/pve/preflight.h"

/* What the server says of each path.  A right's value is whether it holds for
   what is below.  */
static const char *rights;

gpg_error_t
api_getf (struct work *work, struct answer *r_answer, const char *format, ...)
{
  char path[200];
  va_list arguments;

  /* As a request does.  */
  failure_release (&work->failure);
  va_start (arguments, format);
  vsnprintf (path, sizeof path, format, arguments);
  va_end (arguments);
  assert_memory_equal (path, "/access/permissions?path=%2F",
                       strlen ("/access/permissions?path=%2F"));
  *r_answer = (struct answer){ .data = json_loads (rights, 0, NULL) };
  assert_non_null (r_answer->data);
  return 0;
}

/* The privileges that WORK's failure says are missing, as "A on P, ...".  */
static void
assert_missing (struct work *work, const char *expected)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  gpg_error_t err = preflight_check (work);

  assert_int_equal (gpg_err_code (err),
                    *expected ? GPG_ERR_FORBIDDEN : GPG_ERR_NO_ERROR);
  for (const struct detail *one = work->failure.details; one; one = one->next)
    buffer_printf (&text, !strcmp (one->name, "path") ? " on %s;" : "%s",
                   one->value);
  assert_string_equal (text.bytes ? text.bytes : "", expected);
  failure_release (&work->failure);
}

static void
test_rights (void **state)
{
  struct work work;
  ASKED (&work, "vmid", "100", "vmid", "101", "storage", "s1", "verb",
         "BACKUP");

  (void)state;
  rights = "{}";
  assert_missing (&work, "VM.Backup on /vms/100;VM.Backup on /vms/101;"
                         "Datastore.AllocateSpace on /storage/s1;");
  rights = "{\"/vms/100\":{\"VM.Backup\":0},\"/vms/101\":{\"VM.Audit\":1},"
           "\"/storage/s1\":{\"Datastore.AllocateSpace\":1}}";
  assert_missing (&work, "VM.Backup on /vms/101;");
}

static void
test_any_of_several (void **state)
{
  struct work work;
  ASKED (&work, "vmid", "100", "verb", "ROLLBACK");

  (void)state;
  rights = "{\"/vms/100\":{\"VM.Snapshot.Rollback\":1}}";
  assert_missing (&work, "");
  rights = "{\"/vms/100\":{\"VM.Snapshot.\":1}}";
  assert_missing (&work, "VM.Snapshot|VM.Snapshot.Rollback on /vms/100;");
}

static void
test_what_an_option_needs (void **state)
{
  struct work old;
  ASKED (&old, "vmid", "100", "volid", "s1:backup/x", "force", "1", "verb",
         "RESTORE");
  struct item items[ASKED_ITEMS];
  struct work new;
  static const char *const pairs[]
      = { "vmid", "100", "volid", "s1:backup/x", "verb", "RESTORE", NULL };

  (void)state;
  rights = "{\"/vms/100\":{\"VM.Backup\":1},"
           "\"/storage/s1\":{\"Datastore.AllocateSpace\":1}}";
  assert_missing (&old, "");
  asked (&new, items, pairs);
  assert_missing (&new, "VM.Allocate on /vms/100;");
}

static void
test_settings (void **state)
{
  struct work work;
  ASKED (&work, "vmid", "200", "setting", "cores=2", "setting", "net0=x",
         "setting", "args=-x", "delete", "memory,onboot", "kind", "qemu",
         "verb", "SET");

  (void)state;
  rights = "{\"/vms/200\":{\"VM.Config.CPU\":1,\"VM.Config.Options\":1}}";
  assert_missing (&work, "VM.Config.Network on /vms/200;"
                         "root@pam on /vms/200;VM.Config.Memory on /vms/200;");
}

static void
test_setting (void **state)
{
  (void)state;
  assert_string_equal (preflight_setting ("swap", true), "VM.Config.Memory");
  assert_string_equal (preflight_setting ("mp12", true), "VM.Config.Disk");
  assert_string_equal (preflight_setting ("hostname", true),
                       "VM.Config.Network");
  assert_string_equal (preflight_setting ("tags", true), "VM.Config.Options");
  assert_string_equal (preflight_setting ("dev0", true), PREFLIGHT_ROOT);
  assert_string_equal (preflight_setting ("scsi0", false), "VM.Config.Disk");
  assert_string_equal (preflight_setting ("ide2", false),
                       "VM.Config.Disk|VM.Config.CDROM");
  assert_string_equal (preflight_setting ("scsihw", false), "VM.Config.HWType");
  assert_string_equal (preflight_setting ("mem", false), "VM.Config.Options");
}

/* All that verbs need, one after the other, and then no more.  */
static void
test_needs (void **state)
{
  const char *verb, *privileges, *first = "";
  bool snapshot = false;
  bool network = false;
  size_t count = 0;

  (void)state;
  while (preflight_need (count, &verb, &privileges))
    {
      assert_string_not_equal (privileges, PREFLIGHT_ROOT);
      if (!count++)
        first = verb;
      snapshot |= !strcmp (verb, "SNAPSHOT")
                  && !strcmp (privileges, "VM.Snapshot");
      network |= !strcmp (verb, "SET")
                 && !strcmp (privileges, "VM.Config.Network");
    }
  assert_string_equal (first, "START");
  assert_true (snapshot && network);
  assert_true (preflight_need (count - 1, &verb, &privileges));
  assert_string_equal (verb, "SET");
  assert_string_equal (privileges, "VM.Config.Options");
  assert_false (preflight_need (count + 1, &verb, &privileges));
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (test_rights),
          cmocka_unit_test (test_any_of_several),
          cmocka_unit_test (test_what_an_option_needs),
          cmocka_unit_test (test_settings),
          cmocka_unit_test (test_setting),
          cmocka_unit_test (test_needs) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
