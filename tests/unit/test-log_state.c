/* test-log_state.c - tests of protocol/log_state.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <gcrypt.h>
#include "check.h"
#include "protocol/log_state.h"

static int fd;

static int
setup (void **state)
{
  (void)state;
  fd = memfd_create ("state", MFD_CLOEXEC);
  return fd < 0 ? -1 : 0;
}

static int
teardown (void **state)
{
  (void)state;
  close (fd);
  return 0;
}

/* Write the slot INDEX, with BEGUN entries behind it.  */
static void
write_slot (int index, uint64_t number, uint64_t sequence, uint64_t begun)
{
  static unsigned char bytes[LOG_STATE_SLOT];
  struct log_state_slot slot = { .version = LOG_STATE_VERSION,
                                 .number = number,
                                 .standing = { .sequence = sequence },
                                 .begun_count = begun };
  size_t size = sizeof slot + begun * sizeof (struct log_state_begun);

  memset (slot.standing.hash, 'h', CHAIN_BYTES);
  memset (slot.standing.key, 'k', CHAIN_BYTES);
  memset (bytes, 'b', sizeof bytes);
  memcpy (bytes, &slot, sizeof slot);
  gcry_md_hash_buffer (GCRY_MD_SHA256, bytes, bytes + CHAIN_BYTES,
                       size - CHAIN_BYTES);
  assert_int_equal (pwrite (fd, bytes, size, (off_t)index * LOG_STATE_SLOT),
                    size);
}

static void
expect (uint64_t sequence)
{
  struct log_state state;

  if (!sequence)
    {
      assert_code (log_state_read (fd, &state), GPG_ERR_BAD_DATA);
      return;
    }
  assert_int_equal (log_state_read (fd, &state), 0);
  assert_int_equal (state.sequence, sequence);
  assert_int_equal (state.hash[31], 'h');
  assert_int_equal (state.next_key[31], 'k');
}

/* Turn over a bit of the byte AT.  */
static void
spoil (off_t at)
{
  char byte;

  assert_int_equal (pread (fd, &byte, 1, at), 1);
  byte ^= 1;
  assert_int_equal (pwrite (fd, &byte, 1, at), 1);
}

static void
the_newer_slot_holds (void **state)
{
  (void)state;
  expect (0);
  write_slot (1, 1, 5, 0);
  expect (5);
  write_slot (0, 2, 7, 3);
  expect (7);
  write_slot (1, 3, 9, LOG_STATE_BEGUN_MOST);
  expect (9);
}

static void
a_torn_slot_does_not_hold (void **state)
{
  (void)state;
  write_slot (1, 1, 5, 0);
  write_slot (0, 2, 7, 2);
  for (off_t at = 0; at < 168 + 2 * 136; at++)
    {
      spoil (at);
      expect (5);
      spoil (at);
      expect (7);
    }
  spoil (0);
  spoil (LOG_STATE_SLOT + 100);
  expect (0);
  write_slot (1, 1, 5, 2);
  assert_int_equal (ftruncate (fd, LOG_STATE_SLOT + 200), 0);
  expect (0);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (the_newer_slot_holds),
    TEST (a_torn_slot_does_not_hold),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
