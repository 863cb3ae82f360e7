/* test-complete.c - tests of src/daemon/complete.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What the rows alone give is played as conversations; here are objects, with
   a noun that lists whatever it is told to.  */

#include "check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/memory.h"
#include "src/daemon/session.h"

const struct session_word session_words[]
    = { { "BYE", "BYE", "", NULL, false }, { NULL, NULL, NULL, NULL, false } };

const char *
session_info (size_t index)
{
  return index ? NULL : "version";
}

/* --- A noun whose objects are those of the test --- */

static const char *const *objects;
static gpg_err_code_t listing_fails;
static char *asked_type;
static char *asked_prefix;
static bool has_deadline;

static gpg_error_t
run_nothing (struct call *call)
{
  (void)call;
  return 0;
}

static gpg_error_t
list_objects (struct call *call, const char *type, const char *prefix)
{
  gpg_error_t err = 0;

  free (asked_type);
  free (asked_prefix);
  asked_type = strdup (type);
  asked_prefix = strdup (prefix);
  has_deadline = call->deadline;
  assert_null (call->verb);
  for (size_t i = 0; !err && objects && objects[i]; i++)
    err = writer_item (call->out, objects[i], strlen (objects[i]));
  return listing_fails ? fail (&call->failure, listing_fails, "no") : err;
}

static const struct verb verbs[]
    = { { .name = "OPEN",
          .args = "<tin:augpath> <how:enum(fast|slow)> [<more:text>...]",
          .effect = EFFECT_WRITE,
          .run = run_nothing,
          .summary = "Open",
          .help = "Opens." },
        { .name = NULL } };
static const struct noun tin = { .name = "TIN",
                                 .summary = "Tins",
                                 .help = "Round.",
                                 .verbs = verbs,
                                 .complete = list_objects };
static const struct noun pot
    = { .name = "POT", .summary = "Pots", .help = "Hot.", .verbs = verbs };
static const struct noun *const nouns[] = { &pot, &tin, NULL };

static struct module modules[2];
static struct daemon the_daemon = { .module = modules };
static struct session the_session = { .daemon = &the_daemon };

struct call
request_call (struct session *session, const struct registry_noun *noun,
              struct writer *out)
{
  assert_ptr_equal (session, &the_session);
  return (struct call){ .noun = noun->row, .out = out };
}

static int
setup (void **state)
{
  (void)state;
  objects = NULL;
  listing_fails = 0;
  return registry_make (nouns, &the_daemon.registry, NULL) ? -1 : 0;
}

static int
teardown (void **state)
{
  (void)state;
  registry_release (&the_daemon.registry);
  free (asked_type);
  free (asked_prefix);
  asked_type = asked_prefix = NULL;
  return 0;
}

static size_t client_takes;

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  if (!client_takes--)
    return gpg_error (GPG_ERR_EPIPE);
  buffer_append (context, bytes, length);
  return 0;
}

/* LINE is completed by EXPECTED, a line an item.  */
static void
becomes (const char *line, const char *expected)
{
  auto_buffer struct buffer answer = BUFFER_EMPTY;
  struct writer out = { .sink = { take_data, NULL, &answer } };

  client_takes = SIZE_MAX;
  assert_int_equal (complete_line (&the_session, line, &out), 0);
  assert_string_equal (answer.length ? answer.bytes : "", expected);
  writer_release (&out);
}

static void
objects_stand_as_words (void **state)
{
  static const char *const some[] = { "/files", "/a b",  "100%",  "\"q\"", "@",
                                      "--x",    "/dir/", "/d r/", NULL };

  (void)state;
  objects = some;
  becomes ("TIN OPEN /",
           "/files\n\"/a b\"\n100%25\n%22q\"\n%40\n%2D-x\n/dir/\n\"/d r/\n");
  assert_string_equal (asked_type, "augpath");
  assert_string_equal (asked_prefix, "/");
  assert_true (has_deadline);
}

static void
a_quotation_stays_one (void **state)
{
  static const char *const some[] = { "/files", "/a b", "/q\"", "/dir/", NULL };

  (void)state;
  objects = some;
  becomes ("TIN OPEN \"/a%20", "\"/files\"\n\"/a b\"\n\"/q%22\"\n\"/dir/\n");
  assert_string_equal (asked_prefix, "/a ");
}

static void
what_stands_in_an_object_forges_nothing (void **state)
{
  static const char *const some[] = { "/a\nBYE", "/a\\b", NULL };

  (void)state;
  objects = some;
  becomes ("TIN OPEN ", "/a%0ABYE\n/a\\x5cb\n");
}

static void
all_nouns_are_asked (void **state)
{
  static const char *const some[] = { "/files", NULL };

  (void)state;
  objects = some;
  becomes ("POT OPEN ", "/files\n");
}

static void
a_noun_that_fails_tells_nothing (void **state)
{
  static const char *const some[] = { "/files", NULL };

  (void)state;
  objects = some;
  listing_fails = GPG_ERR_FORBIDDEN;
  becomes ("TIN OPEN /", "");
}

static void
places_of_arguments (void **state)
{
  (void)state;
  becomes ("TIN OPEN x ", "fast\nslow\n");
  becomes ("TIN OPEN x s", "slow\n");
  becomes ("TIN OPEN --dry-run -- x S", "slow\n");
  becomes ("TIN OPEN x fast one", "");
  assert_string_equal (asked_type, "text");
  becomes ("TIN OPEN x fast one two three", "");
  assert_string_equal (asked_prefix, "three");
}

static void
a_client_that_is_gone (void **state)
{
  static const char *const some[] = { "/one", "/two", NULL };
  static const char *const lines[]
      = { "",        "TIN ",     "TIN OPEN ", "TIN OPEN x ", "TIN OPEN --",
          "OPTION ", "GETINFO ", "HELP ",     "HELP TIN " };

  (void)state;
  objects = some;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    {
      auto_buffer struct buffer answer = BUFFER_EMPTY;
      struct writer out = { .sink = { take_data, NULL, &answer } };

      client_takes = 0;
      assert_code (complete_line (&the_session, lines[i], &out), GPG_ERR_EPIPE);
      writer_release (&out);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (objects_stand_as_words),
    TEST (a_quotation_stays_one),
    TEST (what_stands_in_an_object_forges_nothing),
    TEST (all_nouns_are_asked),
    TEST (a_noun_that_fails_tells_nothing),
    TEST (places_of_arguments),
    TEST (a_client_that_is_gone),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
