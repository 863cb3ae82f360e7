/* test-swap.c - every state of a swap, looked at and left
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "../../protocol/limits.h"
#include "../../src/plan/swap.h"

#define OLD "old\n"
#define NEW "the new one\n"

static struct scratch *scratch;
static struct swap swap;
static struct stat attributes;

static int
setup (void **state)
{
  if (scratch_setup (state))
    return -1;
  scratch = *state;
  memset (&swap, 0, sizeof swap);
  swap.directory_fd = open (scratch->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  swap.path = "/name";
  swap.name = "name";
  swap.temporary = ".name.abcdef~";
  return swap.directory_fd < 0;
}

static int
teardown (void **state)
{
  close (swap.directory_fd);
  return scratch_teardown (state);
}

static void
make (const char *name, const char *text, struct swap_file *r_file)
{
  char path[64];

  snprintf (path, sizeof path, "/%s", name);
  scratch_write (scratch, path, text);
  assert_int_equal (stat (scratch_path (scratch, path), &attributes), 0);
  r_file->inode = attributes.st_ino;
  r_file->size = attributes.st_size;
  file_hash (text, strlen (text), r_file->hash);
}

static void
prepare (enum swap_action action)
{
  swap.action = action;
  if (action != SWAP_REMOVE)
    make (swap.temporary, NEW, &swap.fresh);
  if (action != SWAP_CREATE)
    make (swap.name, OLD, &swap.old);
}

static void
holds (const char *name, const char *text)
{
  const char *present = scratch_text (scratch, name);

  if (text)
    assert_string_equal (present ? present : "(not there)", text);
  else
    assert_null (present);
}

static void
test_states (void **state)
{
  (void)state;
  for (int action = SWAP_REPLACE; action <= SWAP_REMOVE; action++)
    for (int finish = 0; finish < 2; finish++)
      {
        const char *before = action == SWAP_CREATE ? NULL : OLD;
        const char *after = action == SWAP_REMOVE ? NULL : NEW;

        unlinkat (swap.directory_fd, swap.name, 0);
        memset (&swap.old, 0, sizeof swap.old);
        memset (&swap.fresh, 0, sizeof swap.fresh);
        prepare ((enum swap_action)action);
        assert_int_equal (swap_look (&swap), SWAP_READY);
        assert_int_equal (swap_perform (&swap, &attributes, NULL), 0);
        assert_int_equal (swap_look (&swap), SWAP_PERFORMED);
        holds ("/name", after);
        if (finish)
          {
            assert_int_equal (swap_finish (&swap, NULL), 0);
            assert_int_equal (swap_look (&swap), SWAP_FINISHED);
            assert_int_equal (swap_finish (&swap, NULL), 0);
            assert_int_equal (swap_undo (&swap, NULL), 0);
            holds ("/name", after);
          }
        else
          {
            assert_int_equal (swap_undo (&swap, NULL), 0);
            assert_int_equal (swap_look (&swap),
                              before ? SWAP_READY : SWAP_UNKNOWN);
            assert_int_equal (swap_undo (&swap, NULL), 0);
            holds ("/name", before);
          }
        holds ("/.name.abcdef~", NULL);
        holds ("/.name.abcdef~~", NULL);
      }
}

static void
test_unknown (void **state)
{
  struct swap_file theirs;

  (void)state;
  prepare (SWAP_REPLACE);
  assert_int_equal (swap_perform (&swap, &attributes, NULL), 0);
  make ("theirs", "theirs\n", &theirs);
  assert_int_equal (
      renameat (swap.directory_fd, "theirs", swap.directory_fd, swap.name), 0);
  assert_int_equal (swap_finish (&swap, NULL), 0);
  assert_int_equal (swap_look (&swap), SWAP_UNKNOWN);
  holds ("/name", "theirs\n");
}

static void
test_check (void **state)
{
  int fd;

  (void)state;
  prepare (SWAP_REPLACE);
  assert_int_equal (swap_check (&swap, swap.name, &swap.old, NULL), 0);
  assert_int_equal (
      gpg_err_code (swap_check (&swap, swap.name, &swap.fresh, NULL)),
      GPG_ERR_CONFLICT);
  assert_int_equal (gpg_err_code (swap_check (&swap, "none", &swap.old, NULL)),
                    GPG_ERR_CONFLICT);
  scratch_write (scratch, "/name", "OLD\n");
  assert_int_equal (
      gpg_err_code (swap_check (&swap, swap.name, &swap.old, NULL)),
      GPG_ERR_CONFLICT);
  scratch_write (scratch, "/name", OLD "more\n");
  assert_int_equal (
      gpg_err_code (swap_check (&swap, swap.name, &swap.old, NULL)),
      GPG_ERR_CONFLICT);
  scratch_write (scratch, "/name", OLD);
  fd = open (scratch_path (scratch, "/name"), O_WRONLY | O_CLOEXEC);
  assert_true (fd >= 0);
  assert_int_equal (
      gpg_err_code (swap_check (&swap, swap.name, &swap.old, NULL)),
      GPG_ERR_CONFLICT);
  close (fd);
  assert_int_equal (swap_check (&swap, swap.name, &swap.old, NULL), 0);
}

/* Somebody wrote to the new file before it is taken back: it stays.  */
static void
test_undo_edited (void **state)
{
  static const char *const olds[] = { OLD, NULL };

  (void)state;
  for (int i = 0; i < 2; i++)
    {
      auto_failure struct failure failure = FAILURE_NONE;

      unlinkat (swap.directory_fd, swap.name, 0);
      prepare (i ? SWAP_CREATE : SWAP_REPLACE);
      assert_int_equal (swap_perform (&swap, &attributes, NULL), 0);
      scratch_write (scratch, "/name", "edited\n");
      assert_int_equal (gpg_err_code (swap_undo (&swap, &failure)),
                        GPG_ERR_CONFLICT);
      assert_non_null (failure.text);
      holds ("/name", "edited\n");
      holds ("/.name.abcdef~", olds[i]);
      unlinkat (swap.directory_fd, swap.temporary, 0);
    }
}

/* Somebody made a new file where one had been removed.  */
static void
test_undo_remade (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;

  (void)state;
  prepare (SWAP_REMOVE);
  assert_int_equal (swap_perform (&swap, &attributes, NULL), 0);
  scratch_write (scratch, "/name", "theirs\n");
  assert_int_equal (gpg_err_code (swap_undo (&swap, &failure)),
                    GPG_ERR_CONFLICT);
  assert_non_null (strstr (failure.text, swap.temporary));
  holds ("/name", "theirs\n");
  holds ("/.name.abcdef~", OLD);
}

/* A before-image that was written to is not dropped.  */
static void
test_finish_edited (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;

  (void)state;
  prepare (SWAP_REPLACE);
  assert_int_equal (swap_perform (&swap, &attributes, NULL), 0);
  scratch_write (scratch, "/.name.abcdef~", "edited\n");
  assert_int_equal (gpg_err_code (swap_finish (&swap, &failure)),
                    GPG_ERR_CONFLICT);
  assert_non_null (strstr (failure.text, swap.temporary));
  holds ("/name", NEW);
  holds ("/.name.abcdef~", "edited\n");
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_states),      TEST (test_unknown),     TEST (test_check),
    TEST (test_undo_edited), TEST (test_undo_remade), TEST (test_finish_edited),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
