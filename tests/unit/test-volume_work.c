/* test-volume_work.c - tests of src/mod/pve/volume_work.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "asked.h"

#include <stdlib.h>

#include "src/mod/pve/api.h"
#include "src/mod/pve/guest.h"
#include "src/mod/pve/volume_work.h"

/* What the server answers, and the guest that there is: NULL, "lxc", "qemu". */
static const char *answered;
static const char *there;
static char path_asked[200];
static struct buffer written;

gpg_error_t
api_get (struct work *work, const char *path, struct answer *r_answer)
{
  (void)work;
  snprintf (path_asked, sizeof path_asked, "%s", path);
  *r_answer = (struct answer){ .data = json_loads (answered, 0, NULL) };
  assert_non_null (r_answer->data);
  return 0;
}

gpg_error_t
guest_find (struct work *work, struct guest *r_guest)
{
  *r_guest = (struct guest)GUEST_NONE;
  if (!there)
    return fail (&work->failure, GPG_ERR_NOT_FOUND, "there is none");
  r_guest->vmid = work_number (work, "vmid", 0);
  r_guest->container = !strcmp (there, "lxc");
  r_guest->node = strdup ("pve2");
  r_guest->path = strdup ("/nodes/pve2/lxc/100");
  return 0;
}

void
guest_release (struct guest *guest)
{
  free (guest->node);
  free (guest->path);
}

static gpg_error_t
keep (void *context, const char *bytes, size_t length)
{
  (void)context;
  buffer_append (&written, bytes ? bytes : "", length);
  return 0;
}

/* LOOK at WORK ends with CODE, having written EXPECTED.  */
static void
assert_look (struct work *work, gpg_error_t (*look) (struct work *work),
             gpg_err_code_t code, const char *expected)
{
  struct writer out = { .sink = { .data = keep } };
  gpg_error_t err;

  buffer_clear (&written);
  work->out = &out;
  err = look (work);
  assert_int_equal (gpg_err_code (err), code);
  assert_string_equal (written.length ? written.bytes : "", expected);
  assert_true (err || !work->failure.text);
  failure_release (&work->failure);
  writer_release (&out);
}

static void
test_kinds (void **state)
{
  (void)state;
  assert_string_equal (volume_kind ("s1:backup/vzdump-lxc-100-x.tar.zst"),
                       "lxc");
  assert_string_equal (volume_kind ("s1:backup/vzdump-openvz-1-x.tgz"), "lxc");
  assert_string_equal (volume_kind ("s1:backup/vzdump-qemu-100-x.vma"), "qemu");
  assert_string_equal (volume_kind ("b:backup/ct/100/2026-11-20T17:30:46Z"),
                       "lxc");
  assert_string_equal (volume_kind ("b:backup/vm/100/2026-11-20T17:30:46Z"),
                       "qemu");
  assert_null (volume_kind ("s1:iso/debian.iso"));
}

#define LXC "s1:backup/vzdump-lxc-100-x.tar"

static void
test_where_it_is_restored (void **state)
{
  struct work new;
  ASKED (&new, "vmid", "100", "volid", LXC);

  (void)state;
  there = NULL;
  answered = "[{\"node\":\"pve1\"}]";
  assert_look (&new, volume_look_restore, GPG_ERR_NO_ERROR,
               "kind: lxc\nnode: pve1\nexists: no\n");
  answered = "[{\"node\":\"pve1\"},{\"node\":\"pve2\"}]";
  assert_look (&new, volume_look_restore, GPG_ERR_MISSING_VALUE, "");
  there = "lxc";
  assert_look (&new, volume_look_restore, GPG_ERR_DUP_VALUE, "");
}

static void
test_what_is_overwritten (void **state)
{
  struct work work;
  ASKED (&work, "vmid", "100", "volid", LXC, "force", "1");
  struct item items[ASKED_ITEMS];
  static const char *const elsewhere[]
      = { "vmid", "100", "volid", LXC, "force", "1", "node", "pve1", NULL };

  (void)state;
  there = "lxc";
  assert_look (&work, volume_look_restore, GPG_ERR_NO_ERROR,
               "kind: lxc\nnode: pve2\nexists: yes\n");
  there = "qemu";
  assert_look (&work, volume_look_restore, GPG_ERR_CONFLICT, "");
  there = "lxc";
  asked (&work, items, elsewhere);
  assert_look (&work, volume_look_restore, GPG_ERR_CONFLICT, "");
}

static void
test_a_name_that_does_not_tell (void **state)
{
  struct work work;
  ASKED (&work, "vmid", "100", "volid", "s1:backup/x.tar", "node", "pve1");
  struct item items[ASKED_ITEMS];
  static const char *const told[]
      = { "vmid", "100",  "volid", "s1:backup/x.tar", "node", "pve1",
          "kind", "qemu", NULL };

  (void)state;
  there = NULL;
  assert_look (&work, volume_look_restore, GPG_ERR_MISSING_VALUE, "");
  asked (&work, items, told);
  assert_look (&work, volume_look_restore, GPG_ERR_NO_ERROR,
               "kind: qemu\nnode: pve1\nexists: no\n");
}

static void
test_a_volume (void **state)
{
  struct work work;
  ASKED (&work, "node", "pve1", "volid", LXC);

  (void)state;
  answered = "[{\"volid\":\"s1:iso/x\"},{\"volid\":\"" LXC "\",\"size\":954,"
             "\"content\":\"backup\",\"vmid\":\"100\"}]";
  assert_look (&work, volume_look_content, GPG_ERR_NO_ERROR,
               "size_bytes: 954\ncontent: backup\nvmid: 100\nstorage: s1\n"
               "task_id: 100@s1\n");
  assert_string_equal (path_asked, "/nodes/pve1/storage/s1/content");
  answered = "[{\"volid\":\"" LXC "\"}]";
  assert_look (&work, volume_look_content, GPG_ERR_NO_ERROR,
               "storage: s1\ntask_id: s1\n");
  answered = "[{\"volid\":\"" LXC "x\"},{},7]";
  assert_look (&work, volume_look_content, GPG_ERR_NOT_FOUND, "");
}

static void
test_new_backups (void **state)
{
  struct work work;
  ASKED (&work, "node", "pve1", "storage", "s1", "vmid", "100", "vmid", "101",
         "vmid", "102");
  struct work nowhere;
  struct item items[ASKED_ITEMS];
  static const char *const pairs[] = { "node", "pve1", "vmid", "100", NULL };

  (void)state;
  answered = "[{\"volid\":\"a\",\"vmid\":100,\"ctime\":7},"
             "{\"volid\":\"b\",\"vmid\":\"100\",\"ctime\":\"9\"},"
             "{\"volid\":\"c\",\"vmid\":100,\"ctime\":8},"
             "{\"volid\":\"d\",\"vmid\":102,\"ctime\":1},{}]";
  assert_look (&work, volume_write_backups, GPG_ERR_NO_ERROR,
               "volid: b\nvolid: d\n");
  assert_string_equal (path_asked,
                       "/nodes/pve1/storage/s1/content?content=backup");
  asked (&nowhere, items, pairs);
  assert_look (&nowhere, volume_write_backups, GPG_ERR_NO_ERROR, "");
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (test_kinds),
          cmocka_unit_test (test_where_it_is_restored),
          cmocka_unit_test (test_what_is_overwritten),
          cmocka_unit_test (test_a_name_that_does_not_tell),
          cmocka_unit_test (test_a_volume),
          cmocka_unit_test (test_new_backups) };
  int failed = cmocka_run_group_tests (tests, NULL, NULL);

  buffer_release (&written);
  return failed;
}
