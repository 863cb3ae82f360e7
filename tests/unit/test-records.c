/* test-records.c - tests of src/mod/aug/records.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "src/mod/aug/worker.h"

static int
setup (void **state)
{
  *state = calloc (1, sizeof (struct worker));
  return *state ? 0 : -1;
}

static int
teardown (void **state)
{
  records_drop_all (*state);
  free (*state);
  return 0;
}

static struct record *
put (struct worker *worker, const char *path, enum record_state what)
{
  struct record *record = NULL;

  assert_int_equal (record_put (worker, path, what, &record), 0);
  assert_non_null (record);
  return record;
}

static void
what_is_put_is_found (void **state)
{
  struct worker *worker = *state;
  char path[] = "/etc/hosts";
  struct record *record = put (worker, path, RECORD_LOADED);

  /* The record has a path of its own.  */
  path[1] = 'x';
  assert_string_equal (record->path, "/etc/hosts");
  assert_int_equal (record->state, RECORD_LOADED);
  assert_null (record->text);
  assert_null (record->advice);
  assert_ptr_equal (record_find (worker, "/etc/hosts"), record);
  assert_null (record_find (worker, "/etc"));
  assert_null (record_find (worker, "/etc/hosts/"));
  assert_int_equal (record_put (worker, "/etc/motd", RECORD_ABSENT, NULL), 0);
  assert_int_equal (record_find (worker, "/etc/motd")->state, RECORD_ABSENT);
}

static void
what_is_put_again_is_replaced (void **state)
{
  struct worker *worker = *state;
  struct record *record = put (worker, "/etc/hosts", RECORD_LOADED);

  record->text = strdup ("127.0.0.1 localhost\n");
  record->advice = strdup ("none");
  put (worker, "/etc/hosts", RECORD_REFUSED);
  record = record_find (worker, "/etc/hosts");
  assert_int_equal (record->state, RECORD_REFUSED);
  assert_null (record->text);
  assert_null (record->advice);
  assert_int_equal (worker->files, 0);
}

/* Only what has a text counts as a file.  */
static void
files_are_counted (void **state)
{
  struct worker *worker = *state;

  put (worker, "/a", RECORD_LOADED);
  put (worker, "/b", RECORD_FAILED);
  put (worker, "/c", RECORD_REFUSED);
  put (worker, "/d", RECORD_ABSENT);
  put (worker, "/e", RECORD_DIRECTORY);
  assert_int_equal (worker->files, 2);
  put (worker, "/a", RECORD_FAILED);
  assert_int_equal (worker->files, 2);
  put (worker, "/c", RECORD_LOADED);
  assert_int_equal (worker->files, 3);
  record_drop (worker, "/b");
  record_drop (worker, "/d");
  record_drop (worker, "/never");
  assert_int_equal (worker->files, 2);
  assert_null (record_find (worker, "/b"));
  worker->everything = true;
  records_drop_all (worker);
  assert_int_equal (worker->files, 0);
  assert_false (worker->everything);
  assert_null (record_find (worker, "/a"));
}

/* A directory whose files are known hides nothing below it.  */
static void
the_way_ends_at_a_file (void **state)
{
  struct worker *worker = *state;
  struct record *file = put (worker, "/etc/hosts", RECORD_LOADED);
  struct record *absent = put (worker, "/opt", RECORD_ABSENT);
  struct record *directory = put (worker, "/etc", RECORD_DIRECTORY);

  assert_ptr_equal (record_on_way (worker, "/etc/hosts"), file);
  assert_ptr_equal (record_on_way (worker, "/etc/hosts/1/ipaddr"), file);
  assert_ptr_equal (record_on_way (worker, "/opt/a/b/c"), absent);
  assert_ptr_equal (record_on_way (worker, "/opt"), absent);
  assert_ptr_equal (record_on_way (worker, "/etc"), directory);
  assert_null (record_on_way (worker, "/etc/motd"));
  assert_null (record_on_way (worker, "/etc/hosts.allow"));
  assert_null (record_on_way (worker, "/optional/a"));
  assert_null (record_on_way (worker, "/"));
}

/* --- All of them --- */

struct visits
{
  char paths[256];
  const char *stop;
};

static gpg_error_t
visit (struct worker *worker, struct record *record, void *context)
{
  struct visits *visits = context;

  (void)worker;
  strcat (visits->paths, record->path);
  strcat (visits->paths, " ");
  if (visits->stop && !strcmp (record->path, visits->stop))
    return gpg_error (GPG_ERR_CANCELED);
  return 0;
}

static void
each_comes_in_order_once (void **state)
{
  struct worker *worker = *state;
  struct visits visits = { "", NULL };

  assert_int_equal (records_each (worker, visit, &visits), 0);
  assert_string_equal (visits.paths, "");
  put (worker, "/d", RECORD_ABSENT);
  put (worker, "/b/x", RECORD_LOADED);
  put (worker, "/c", RECORD_LOADED);
  put (worker, "/a", RECORD_REFUSED);
  put (worker, "/b", RECORD_DIRECTORY);
  assert_int_equal (records_each (worker, visit, &visits), 0);
  assert_string_equal (visits.paths, "/a /b /b/x /c /d ");
  visits = (struct visits){ "", "/b" };
  assert_code (records_each (worker, visit, &visits), GPG_ERR_CANCELED);
  assert_string_equal (visits.paths, "/a /b ");
}

static void
unsettled_are_the_directories (void **state)
{
  struct worker *worker = *state;
  struct visits visits = { "", NULL };

  put (worker, "/etc", RECORD_DIRECTORY);
  put (worker, "/etc/cron.d", RECORD_DIRECTORY);
  put (worker, "/etc/hosts", RECORD_LOADED);
  put (worker, "/etc/none", RECORD_ABSENT);
  put (worker, "/root", RECORD_DIRECTORY);
  worker->everything = true;
  records_unsettle (worker);
  assert_false (worker->everything);
  assert_int_equal (records_each (worker, visit, &visits), 0);
  assert_string_equal (visits.paths, "/etc/hosts /etc/none ");
  assert_int_equal (worker->files, 1);
}

static void
below_are_loaded_files_only (void **state)
{
  struct worker *worker = *state;

  put (worker, "/etc/cron.d/a", RECORD_LOADED);
  put (worker, "/opt/b", RECORD_FAILED);
  put (worker, "/srv", RECORD_LOADED);
  assert_true (record_below (worker, "/etc"));
  assert_true (record_below (worker, "/etc/cron.d"));
  assert_true (record_below (worker, ""));
  assert_false (record_below (worker, "/etc/cron"));
  assert_false (record_below (worker, "/etc/cron.d/a"));
  assert_false (record_below (worker, "/opt"));
  assert_false (record_below (worker, "/srv"));
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (what_is_put_is_found),        TEST (what_is_put_again_is_replaced),
    TEST (files_are_counted),           TEST (the_way_ends_at_a_file),
    TEST (each_comes_in_order_once),    TEST (unsettled_are_the_directories),
    TEST (below_are_loaded_files_only),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
