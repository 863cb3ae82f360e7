/* test-refusal.c - tests of src/mod/pve/refusal.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "failed.h"

#include <string.h>

#include "protocol/limits.h"
#include "src/mod/pve/refusal.h"

static void
assert_span (const char *bytes, size_t length, const char *expected)
{
  assert_int_equal (length, strlen (expected));
  assert_memory_equal (bytes, expected, length);
}

/* TEXT has a refusal for REFUSED, with these parts.  */
static void
assert_found (const char *text, enum refused refused, const char *path,
              const char *privileges, const char *reason)
{
  struct pve_refusal refusal;

  assert_true (refusal_find (text, &refusal));
  assert_int_equal (refusal.refused, refused);
  assert_span (refusal.path, refusal.path_length, path);
  assert_span (refusal.privileges, refusal.privileges_length, privileges);
  assert_span (refusal.reason, refusal.reason_length, reason);
}

static void
finds_privilege_and_path (void **state)
{
  (void)state;
  assert_found ("Permission check failed (/vms/7001, VM.PowerMgmt)\n",
                REFUSED_RIGHT, "/vms/7001", "VM.PowerMgmt",
                "/vms/7001, VM.PowerMgmt");
  assert_found ("Permission check failed (/, Sys.Modify)", REFUSED_RIGHT, "/",
                "Sys.Modify", "/, Sys.Modify");
}

static void
finds_any_of_several (void **state)
{
  (void)state;
  assert_found ("Permission check failed (/vms/7001, VM.Config.Disk|"
                "VM.Config.CPU)\n",
                REFUSED_RIGHT, "/vms/7001", "VM.Config.Disk|VM.Config.CPU",
                "/vms/7001, VM.Config.Disk|VM.Config.CPU");
}

static void
finds_the_bare_one (void **state)
{
  (void)state;
  assert_found ("Permission check failed\n", REFUSED_UNSAID, "", "", "");
  assert_found ("Permission check failed", REFUSED_UNSAID, "", "", "");
}

static void
finds_what_is_roots_alone (void **state)
{
  (void)state;
  assert_found ("Permission check failed (user != root@pam)\n", REFUSED_ROOT,
                "", "", "user != root@pam");
  assert_found ("Permission check failed (changing feature flags (except "
                "nesting) is only allowed for root@pam)\n",
                REFUSED_ROOT, "", "",
                "changing feature flags (except nesting) is only allowed for "
                "root@pam");
  assert_found ("Permission check failed (mount point type bind is only "
                "allowed for root@pam)",
                REFUSED_ROOT, "", "",
                "mount point type bind is only allowed for root@pam");
}

static void
finds_what_needs_a_ticket (void **state)
{
  (void)state;
  assert_found ("Permission check failed (URI '/access/tfa' not available "
                "with API token, need proper ticket.\n)\n",
                REFUSED_TICKET, "", "",
                "URI '/access/tfa' not available with API token, need proper "
                "ticket.");
}

static void
finds_it_within_others (void **state)
{
  (void)state;
  assert_found ("unable to restore CT 7001 - 403 Permission check failed "
                "(/storage/s1, Datastore.AllocateSpace) and more (x)",
                REFUSED_RIGHT, "/storage/s1", "Datastore.AllocateSpace",
                "/storage/s1, Datastore.AllocateSpace");
  assert_found ("xPermission check failed (/a, A) Permission check failed "
                "(/b, B)",
                REFUSED_RIGHT, "/b", "B", "/b, B");
}

/* What is cut, or of another shape, is a refusal all the same.  */
static void
takes_other_shapes (void **state)
{
  (void)state;
  assert_found ("Permission check failed (/vms/7001, VM.Aud", REFUSED_RIGHT,
                "/vms/7001", "VM.Aud", "/vms/7001, VM.Aud");
  assert_found ("Permission check failed (/vms/7001, )", REFUSED_UNSAID, "", "",
                "/vms/7001,");
  assert_found ("Permission check failed (/vms/7001, A B)", REFUSED_UNSAID, "",
                "", "/vms/7001, A B");
  assert_found ("Permission check failed (vms, A)", REFUSED_UNSAID, "", "",
                "vms, A");
  assert_found ("Permission check failed (", REFUSED_UNSAID, "", "", "");
  assert_found ("Permission check failed ()", REFUSED_UNSAID, "", "", "");
  assert_found ("Permission check failed: x (root@pam)", REFUSED_UNSAID, "", "",
                "");
}

static void
finds_none_where_none_is (void **state)
{
  struct pve_refusal refusal;

  (void)state;
  assert_false (refusal_find ("", &refusal));
  assert_false (refusal_find ("OK", &refusal));
  assert_false (refusal_find ("Permission check faile", &refusal));
  assert_false (refusal_find ("permission check failed", &refusal));
  assert_false (refusal_find ("Permission check failed4", &refusal));
  assert_false (refusal_find ("Permission check failedly", &refusal));
  assert_false (refusal_find ("'Permission check failed", &refusal));
}

/* What is told of TEXT has WORDS, and is not too long.  */
static void
assert_told (const char *text, const char *words, const char *privilege,
             const char *path)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct pve_refusal refusal;

  assert_true (refusal_find (text, &refusal));
  assert_code (refusal_fail (&failure, &refusal), GPG_ERR_FORBIDDEN);
  assert_non_null (strstr (failure.text, words));
  assert_true (strlen (failure.text) <= LIMIT_ERROR_TEXT);
  if (!privilege)
    {
      assert_null (failure.details);
      return;
    }
  assert_detail (&failure, "privilege", privilege);
  assert_detail (&failure, "path", path);
}

#define LONG                                                                   \
  "VM.Config.Disk|VM.Config.CPU|VM.Config.Memory|VM.Config.Network|VM.Audit"

static void
tells_what_to_give (void **state)
{
  (void)state;
  assert_told ("Permission check failed (/vms/7001, VM.Audit)",
               "give the token VM.Audit on /vms/7001", "VM.Audit", "/vms/7001");
  assert_told ("Permission check failed (/vms/7001, A|B)",
               "give the token one of A|B on /vms/7001", "A|B", "/vms/7001");
  assert_told ("Permission check failed (/vms/7001, " LONG ")",
               "one of the privileges that the detail", LONG, "/vms/7001");
  assert_told ("Permission check failed (/vms/" LONG ", A)", "give the token ",
               "A", "/vms/" LONG);
  assert_told ("Permission check failed (/vms/" LONG LONG ", A)",
               "give the token the privileges", "A", "/vms/" LONG LONG);
  assert_told ("Permission check failed (user != root@pam)", "root@pam itself",
               NULL, NULL);
  assert_told ("Permission check failed (need proper ticket)", "password", NULL,
               NULL);
  assert_told ("Permission check failed", "does not name", NULL, NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (finds_privilege_and_path),
          cmocka_unit_test (finds_any_of_several),
          cmocka_unit_test (finds_the_bare_one),
          cmocka_unit_test (finds_what_is_roots_alone),
          cmocka_unit_test (finds_what_needs_a_ticket),
          cmocka_unit_test (finds_it_within_others),
          cmocka_unit_test (takes_other_shapes),
          cmocka_unit_test (finds_none_where_none_is),
          cmocka_unit_test (tells_what_to_give) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
