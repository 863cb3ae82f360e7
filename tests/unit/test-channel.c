/* test-channel.c - tests of src/mod/aug/channel.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "protocol/link.h"
#include "protocol/memory.h"
#include "src/base/channel.h"
#include "src/mod/aug/message.h"

struct pair
{
  struct channel one;
  struct channel other;
};

static void
pair_open (struct pair *pair)
{
  int ends[2];

  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), 0);
  channel_init (&pair->one, ends[0]);
  channel_init (&pair->other, ends[1]);
}

static void
pair_close (struct pair *pair)
{
  close (pair->one.fd);
  close (pair->other.fd);
  channel_release (&pair->one);
  channel_release (&pair->other);
}

static void
messages_arrive (void **state)
{
  struct message message;
  struct pair pair;

  (void)state;
  pair_open (&pair);
  channel_begin (&pair.one, CHANNEL_REQUEST, CHANNEL_SETM);
  channel_string (&pair.one, "text");
  channel_item (&pair.one, "a\0b", 3);
  channel_string (&pair.one, "");
  channel_number (&pair.one, -42);
  channel_end (&pair.one);
  channel_begin (&pair.one, CHANNEL_READY, 0);
  channel_end (&pair.one);
  assert_int_equal (channel_flush (&pair.one), 0);
  assert_int_equal (channel_read (&pair.other, &message), 0);
  assert_int_equal (message.kind, CHANNEL_REQUEST);
  assert_int_equal (message.code, CHANNEL_SETM);
  assert_int_equal (message.count, 4);
  assert_true (item_is (&message.items[0], "text"));
  assert_false (item_is (&message.items[0], "tex"));
  assert_int_equal (message.items[1].length, 3);
  assert_memory_equal (message.items[1].bytes, "a\0b", 3);
  assert_null (item_string (&message.items[1]));
  assert_int_equal (message.items[2].length, 0);
  assert_int_equal (item_number (&message.items[3], 0), -42);
  assert_int_equal (item_number (&message.items[0], 7), 7);
  assert_int_equal (item_number (&message.items[2], 7), 7);
  assert_int_equal (channel_read (&pair.other, &message), 0);
  assert_int_equal (message.kind, CHANNEL_READY);
  assert_int_equal (message.count, 0);
  pair_close (&pair);
}

static void
large_messages_come_in_parts (void **state)
{
  enum
  {
    SIZE = 150000
  };
  auto_free char *bytes = malloc (SIZE);
  struct message message;
  struct pair pair;

  (void)state;
  assert_non_null (bytes);
  memset (bytes, 'x', SIZE);
  pair_open (&pair);
  for (int i = 0; i < 3; i++)
    {
      channel_begin (&pair.one, CHANNEL_ANSWER, 0);
      channel_item (&pair.one, bytes, SIZE);
      channel_string (&pair.one, "end");
      channel_end (&pair.one);
      assert_int_equal (channel_flush (&pair.one), 0);
      assert_int_equal (channel_read (&pair.other, &message), 0);
      assert_int_equal (message.items[0].length, SIZE);
      assert_memory_equal (message.items[0].bytes, bytes, SIZE);
      assert_true (item_is (&message.items[1], "end"));
    }
  pair_close (&pair);
}

/* The SIZE bytes at BYTES are no message.  */
static void
refuses (const void *bytes, size_t size)
{
  struct message message;
  struct pair pair;

  pair_open (&pair);
  assert_int_equal (write (pair.one.fd, bytes, size), size);
  assert_code (channel_read (&pair.other, &message), GPG_ERR_INV_PACKET);
  pair_close (&pair);
}

struct raw
{
  uint32_t length;
  uint8_t kind;
  uint8_t code;
  uint16_t count;
  uint32_t size;
  char bytes[8];
};

static void
malformed_messages_are_refused (void **state)
{
  struct raw too_long = { CHANNEL_MESSAGE + 1, 1, 0, 0, 0, "" };
  struct raw no_room = { 4, 1, 0, 2, 0, "" };
  struct raw beyond = { 12, 1, 0, 1, 9, "" };
  struct raw huge = { 12, 1, 0, 1, UINT32_MAX, "" };
  struct raw rest = { 12, 1, 0, 1, 7, "" };
  struct raw cut = { 10, 1, 0, 2, 5, "" };
  struct raw many = { 0x100000, 1, 0, UINT16_MAX, 0, "" };

  (void)state;
  refuses (&too_long, sizeof too_long);
  refuses (&no_room, sizeof no_room);
  refuses (&beyond, sizeof beyond);
  refuses (&huge, sizeof huge);
  refuses (&rest, sizeof rest);
  refuses (&cut, sizeof cut);
  refuses (&many, sizeof many);
}

static void
too_much_is_not_sent (void **state)
{
  struct message message;
  struct pair pair;

  (void)state;
  pair_open (&pair);
  channel_begin (&pair.one, CHANNEL_ANSWER, 0);
  for (int i = 0; i <= CHANNEL_ITEMS; i++)
    channel_item (&pair.one, "", 0);
  channel_end (&pair.one);
  assert_code (channel_flush (&pair.one), GPG_ERR_ENOMEM);
  channel_begin (&pair.one, CHANNEL_READY, 3);
  channel_end (&pair.one);
  assert_int_equal (channel_flush (&pair.one), 0);
  assert_int_equal (channel_read (&pair.other, &message), 0);
  assert_int_equal (message.code, 3);
  pair_close (&pair);
}

static void
waiting_ends (void **state)
{
  uint64_t start = link_now ();
  struct message message;
  struct pair pair;

  (void)state;
  pair_open (&pair);
  pair.other.deadline = start + 50;
  /* Half a message does not prolong it.  */
  assert_int_equal (write (pair.one.fd, "\0\0\0", 3), 3);
  assert_code (channel_read (&pair.other, &message), GPG_ERR_TIMEOUT);
  assert_true (link_now () - start >= 45);
  assert_true (link_now () - start < 5000);
  pair_close (&pair);
}

static void
nobody_takes_it (void **state)
{
  auto_free char *bytes = calloc (1, MIB);
  struct pair pair;

  (void)state;
  assert_non_null (bytes);
  pair_open (&pair);
  pair.one.deadline = link_now () + 50;
  channel_begin (&pair.one, CHANNEL_FILE, 0);
  channel_item (&pair.one, bytes, MIB);
  channel_end (&pair.one);
  assert_code (channel_flush (&pair.one), GPG_ERR_TIMEOUT);
  pair_close (&pair);
}

static void
the_other_side_is_gone (void **state)
{
  struct message message;
  struct pair pair;

  (void)state;
  pair_open (&pair);
  shutdown (pair.one.fd, SHUT_RDWR);
  assert_code (channel_read (&pair.other, &message), GPG_ERR_EOF);
  channel_begin (&pair.other, CHANNEL_READY, 0);
  channel_end (&pair.other);
  assert_code (channel_flush (&pair.other), GPG_ERR_EOF);
  pair_close (&pair);
}

static void
descriptors_arrive (void **state)
{
  struct pair pair;
  int sent[2] = { 0, 1 };
  int received[2];

  (void)state;
  pair_open (&pair);
  assert_int_equal (channel_send_fds (pair.one.fd, CHANNEL_WORKER, sent, 2), 0);
  assert_int_equal (
      channel_receive_fds (&pair.other, CHANNEL_WORKER, received, 2), 0);
  assert_true (received[0] > 2 && received[1] > 2);
  assert_int_equal (fcntl (received[0], F_GETFD), FD_CLOEXEC);
  close (received[0]);
  close (received[1]);
  assert_int_equal (channel_send_fds (pair.one.fd, CHANNEL_WORKER, sent, 1), 0);
  assert_code (channel_receive_fds (&pair.other, CHANNEL_WORKER, received, 2),
               GPG_ERR_INV_PACKET);
  assert_int_equal (received[0], -1);
  assert_int_equal (channel_send_fds (pair.one.fd, CHANNEL_READY, sent, 2), 0);
  assert_code (channel_receive_fds (&pair.other, CHANNEL_WORKER, received, 2),
               GPG_ERR_INV_PACKET);
  pair_close (&pair);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (messages_arrive),
    cmocka_unit_test (large_messages_come_in_parts),
    cmocka_unit_test (malformed_messages_are_refused),
    cmocka_unit_test (too_much_is_not_sent),
    cmocka_unit_test (waiting_ends),
    cmocka_unit_test (nobody_takes_it),
    cmocka_unit_test (the_other_side_is_gone),
    cmocka_unit_test (descriptors_arrive),
  };

  return cmocka_run_group_tests_name ("channel", tests, NULL, NULL);
}
