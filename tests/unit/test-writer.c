/* test-writer.c - tests of src/call/writer.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "protocol/limits.h"
#include "src/call/writer.h"

/* What arrived; GONE makes the sink fail as when the client left.  */
struct client
{
  struct buffer data;
  size_t pieces;
  size_t bytes; /* Counted, not kept, if BYTES_ONLY.  */
  bool bytes_only;
  bool gone;
  struct buffer status;
};

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  struct client *client = context;

  if (client->gone)
    return gpg_error (GPG_ERR_EPIPE);
  client->pieces++;
  client->bytes += length;
  if (!client->bytes_only)
    buffer_append (&client->data, bytes, length);
  return 0;
}

static gpg_error_t
take_status (void *context, const char *keyword, const char *text)
{
  struct client *client = context;

  buffer_printf (&client->status, "%s %s\n", keyword, text);
  return 0;
}

static struct writer
writer_for (struct client *client, enum output output)
{
  memset (client, 0, sizeof *client);
  return (struct writer){ .sink = { take_data, take_status, client },
                          .output = output };
}

static void
assert_data (const struct client *client, const char *text)
{
  assert_string_equal (client->data.bytes ? client->data.bytes : "", text);
  assert_int_equal (client->data.length, strlen (text));
}

static void
finish (struct client *client, struct writer *out)
{
  writer_release (out);
  buffer_release (&client->data);
  buffer_release (&client->status);
}

static void
a_value_is_its_bytes (void **state)
{
  static const char bytes[] = "a\0b\\x\n\xff";
  struct client client;
  struct writer out = writer_for (&client, OUTPUT_TEXT);

  (void)state;
  assert_int_equal (writer_value (&out, bytes, sizeof bytes - 1), 0);
  assert_int_equal (client.data.length, sizeof bytes - 1);
  assert_memory_equal (client.data.bytes, bytes, sizeof bytes - 1);
  finish (&client, &out);
}

static void
an_empty_value_is_nothing_or_an_empty_string (void **state)
{
  struct client client;
  struct writer out = writer_for (&client, OUTPUT_TEXT);

  (void)state;
  assert_int_equal (writer_value (&out, "", 0), 0);
  assert_int_equal (client.pieces, 0);
  finish (&client, &out);

  out = writer_for (&client, OUTPUT_JSON);
  assert_int_equal (writer_value (&out, "", 0), 0);
  assert_data (&client, "\"\"\n");
  finish (&client, &out);
}

static void
a_value_in_json (void **state)
{
  struct client client;
  struct writer out = writer_for (&client, OUTPUT_JSON);

  (void)state;
  assert_int_equal (writer_value (&out, "a \"b\"\\\n\xc3\xa9", 9), 0);
  assert_data (&client, "\"a \\\"b\\\"\\\\\\n\xc3\xa9\"\n");
  finish (&client, &out);

  out = writer_for (&client, OUTPUT_JSON);
  assert_int_equal (writer_value (&out, "a\xff", 2), 0);
  assert_data (&client, "{\"base64\":\"Yf8=\"}\n");
  finish (&client, &out);
}

static void
an_item_is_a_line (void **state)
{
  struct client client;
  struct writer out = writer_for (&client, OUTPUT_TEXT);

  (void)state;
  assert_int_equal (writer_item (&out, "/files/1", 8), 0);
  assert_int_equal (writer_item (&out, "a\nb\\c\x7f", 6), 0);
  assert_int_equal (writer_item (&out, "", 0), 0);
  assert_data (&client, "/files/1\na\\x0ab\\x5cc\\x7f\n\n");
  finish (&client, &out);

  out = writer_for (&client, OUTPUT_JSON);
  assert_int_equal (writer_item (&out, "a\nb", 3), 0);
  assert_int_equal (writer_item (&out, "c", 1), 0);
  assert_data (&client, "\"a\\nb\"\n\"c\"\n");
  finish (&client, &out);
}

/* Two records with a field of every kind.  */
static void
write_records (struct writer *out)
{
  assert_int_equal (writer_field (out, "name", "%s-%d", "x", 1), 0);
  assert_int_equal (writer_field_number (out, "count", -3), 0);
  assert_int_equal (writer_field_bool (out, "on", true), 0);
  assert_int_equal (writer_record_end (out), 0);
  assert_int_equal (writer_field_bytes (out, "name", "\xff", 1), 0);
  assert_int_equal (writer_field_number (out, "count", INT64_MIN), 0);
  assert_int_equal (writer_field_bool (out, "on", false), 0);
  assert_int_equal (writer_record_end (out), 0);
}

static void
records_in_text (void **state)
{
  struct client client;
  struct writer out = writer_for (&client, OUTPUT_TEXT);

  (void)state;
  write_records (&out);
  assert_data (&client, "name: x-1\ncount: -3\non: yes\n\n"
                        "name: \xff\ncount: -9223372036854775808\non: no\n");
  finish (&client, &out);
}

static void
records_in_json (void **state)
{
  struct client client;
  struct writer out = writer_for (&client, OUTPUT_JSON);

  (void)state;
  write_records (&out);
  assert_data (&client, "{\"name\":\"x-1\",\"count\":-3,\"on\":true}\n"
                        "{\"name\":{\"base64\":\"/w==\"},"
                        "\"count\":-9223372036854775808,\"on\":false}\n");
  assert_int_equal (client.pieces, 2);
  finish (&client, &out);
}

static void
a_list_in_a_field (void **state)
{
  static const char *const two[] = { "a\nb", "\"" };
  struct client client;
  struct writer out = writer_for (&client, OUTPUT_TEXT);

  (void)state;
  assert_int_equal (writer_field_list (&out, "incl", two, 2), 0);
  assert_int_equal (writer_field_list (&out, "excl", two, 0), 0);
  assert_int_equal (writer_record_end (&out), 0);
  assert_data (&client, "incl: a\\x0ab\nincl: \"\n");
  finish (&client, &out);

  out = writer_for (&client, OUTPUT_JSON);
  assert_int_equal (writer_field_list (&out, "incl", two, 2), 0);
  assert_int_equal (writer_field_list (&out, "excl", two, 0), 0);
  assert_int_equal (writer_record_end (&out), 0);
  assert_data (&client, "{\"incl\":[\"a\\nb\",\"\\\"\"],\"excl\":[]}\n");
  finish (&client, &out);
}

static void
json_in_a_field (void **state)
{
  static const char text[] = "{\"a\":[1,\"\\n\"]}";
  struct client client;
  struct writer out = writer_for (&client, OUTPUT_TEXT);

  (void)state;
  assert_int_equal (writer_field_json (&out, "x", text, strlen (text)), 0);
  assert_int_equal (writer_record_end (&out), 0);
  assert_data (&client, "x: {\"a\":[1,\"\\x5cn\"]}\n");
  finish (&client, &out);

  out = writer_for (&client, OUTPUT_JSON);
  assert_int_equal (writer_field_json (&out, "x", text, strlen (text)), 0);
  assert_int_equal (writer_field_number (&out, "y", 1), 0);
  assert_int_equal (writer_record_end (&out), 0);
  assert_data (&client, "{\"x\":{\"a\":[1,\"\\n\"]},\"y\":1}\n");
  finish (&client, &out);
}

/* The sink hears of it by a piece that is none.  */
static void
what_is_there_can_go_now (void **state)
{
  struct client client;
  struct writer out = writer_for (&client, OUTPUT_TEXT);

  (void)state;
  assert_int_equal (writer_item (&out, "a", 1), 0);
  assert_int_equal (writer_flush (&out), 0);
  assert_int_equal (client.pieces, 2);
  assert_data (&client, "a\n");
  client.gone = true;
  assert_code (writer_flush (&out), GPG_ERR_EPIPE);
  finish (&client, &out);
}

static void
no_value_forges_a_field (void **state)
{
  static const char evil[] = "x\nowner: root\n\nname: y\r\\x0a\",\"z\":\"";
  struct client client;
  struct writer out = writer_for (&client, OUTPUT_TEXT);

  (void)state;
  assert_int_equal (writer_field_bytes (&out, "name", evil, sizeof evil - 1),
                    0);
  assert_int_equal (writer_record_end (&out), 0);
  assert_data (&client, "name: x\\x0aowner: root\\x0a\\x0aname: y\\x0d"
                        "\\x5cx0a\",\"z\":\"\n");
  finish (&client, &out);

  out = writer_for (&client, OUTPUT_JSON);
  assert_int_equal (writer_field_bytes (&out, "name", evil, sizeof evil - 1),
                    0);
  assert_int_equal (writer_record_end (&out), 0);
  assert_data (&client, "{\"name\":\"x\\nowner: root\\n\\nname: y\\r\\\\x0a"
                        "\\\",\\\"z\\\":\\\"\"}\n");
  finish (&client, &out);
}

static void
warnings_are_one_line (void **state)
{
  struct client client;
  struct writer out = writer_for (&client, OUTPUT_JSON);

  (void)state;
  assert_int_equal (writer_warning (&out, "%s: late\nOK", "a"), 0);
  assert_string_equal (client.status.bytes, "WARNING a: late\\x0aOK\n");
  assert_int_equal (client.pieces, 0);
  finish (&client, &out);
}

static void
an_answer_is_limited (void **state)
{
  struct client client;
  char *megabyte = calloc (1, MIB);

  (void)state;
  assert_non_null (megabyte);
  memset (megabyte, 'x', MIB);
  for (enum output output = OUTPUT_TEXT; output <= OUTPUT_JSON; output++)
    {
      struct writer out = writer_for (&client, output);
      gpg_error_t err = 0;

      client.bytes_only = true;
      for (size_t i = 0; !err && i < LIMIT_ANSWER / MIB + 1; i++)
        err = writer_item (&out, megabyte, MIB);
      assert_code (err, GPG_ERR_TOO_LARGE);
      assert_true (client.bytes <= LIMIT_ANSWER);
      assert_true (client.bytes > LIMIT_ANSWER - 2 * MIB);
      assert_code (writer_item (&out, megabyte, MIB), GPG_ERR_TOO_LARGE);
      assert_true (client.bytes <= LIMIT_ANSWER);
      finish (&client, &out);
    }
  free (megabyte);
}

static void
a_single_value_is_limited (void **state)
{
  struct client client;
  struct writer out = writer_for (&client, OUTPUT_TEXT);
  char *large = calloc (1, LIMIT_ANSWER + 1);

  (void)state;
  assert_non_null (large);
  client.bytes_only = true;
  assert_code (writer_value (&out, large, LIMIT_ANSWER + 1), GPG_ERR_TOO_LARGE);
  assert_int_equal (client.bytes, 0);
  assert_code (writer_value (&out, large, 1), GPG_ERR_TOO_LARGE);
  finish (&client, &out);

  out = writer_for (&client, OUTPUT_TEXT);
  client.bytes_only = true;
  assert_int_equal (writer_value (&out, large, LIMIT_ANSWER), 0);
  assert_int_equal (client.bytes, LIMIT_ANSWER);
  assert_code (writer_value (&out, "x", 1), GPG_ERR_TOO_LARGE);
  free (large);
  finish (&client, &out);
}

static void
a_client_that_left_is_told (void **state)
{
  struct client client;
  struct writer out = writer_for (&client, OUTPUT_TEXT);

  (void)state;
  client.gone = true;
  assert_code (writer_value (&out, "a", 1), GPG_ERR_EPIPE);
  assert_code (writer_item (&out, "a", 1), GPG_ERR_EPIPE);
  assert_code (writer_field (&out, "a", "b"), GPG_ERR_EPIPE);
  finish (&client, &out);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_value_is_its_bytes),
    cmocka_unit_test (an_empty_value_is_nothing_or_an_empty_string),
    cmocka_unit_test (a_value_in_json),
    cmocka_unit_test (an_item_is_a_line),
    cmocka_unit_test (records_in_text),
    cmocka_unit_test (records_in_json),
    cmocka_unit_test (a_list_in_a_field),
    cmocka_unit_test (json_in_a_field),
    cmocka_unit_test (what_is_there_can_go_now),
    cmocka_unit_test (no_value_forges_a_field),
    cmocka_unit_test (warnings_are_one_line),
    cmocka_unit_test (an_answer_is_limited),
    cmocka_unit_test (a_single_value_is_limited),
    cmocka_unit_test (a_client_that_left_is_told),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
