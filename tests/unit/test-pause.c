/* test-pause.c - tests of src/call/pause.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include "check.h"
#include "protocol/link.h"
#include "src/call/pause.h"

/* What the client and the server are up to.  */
struct world
{
  bool canceled;
  bool ending;
  gpg_err_code_t refused;
  gpg_err_code_t gone;
  unsigned flushed;
};

static struct world world;

static bool
is_canceled (void *client)
{
  return ((struct world *)client)->canceled;
}

static bool
is_ending (void *client)
{
  return ((struct world *)client)->ending;
}

static gpg_error_t
still_may (struct call *call)
{
  return fail (&call->failure, world.refused, "not any more");
}

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  struct world *told = context;

  (void)length;
  told->flushed += !bytes;
  return told->gone ? gpg_error (told->gone) : 0;
}

static struct writer out = { .sink = { take_data, NULL, &world } };

static struct call
call_of_world (void)
{
  world = (struct world){ false, false, GPG_ERR_NO_ERROR, GPG_ERR_NO_ERROR, 0 };
  return (struct call){
    .canceled = is_canceled, .ending = is_ending, .client = &world, .out = &out
  };
}

/* The call cannot go on, by ERR and TEXT.  */
static void
assert_over (struct call *call, gpg_error_t err, gpg_err_code_t code,
             const char *text)
{
  assert_code (err, code);
  assert_string_equal (call->failure.text, text);
  failure_release (&call->failure);
}

static void
it_may_go_on (void **state)
{
  struct call call = call_of_world ();
  uint64_t began = link_now ();

  (void)state;
  assert_int_equal (pause_check (&call), 0);
  assert_int_equal (world.flushed, 0);
  call.deadline = link_now () + 60000;
  assert_int_equal (pause_call (&call, 30), 0);
  assert_int_equal (world.flushed, 1);
  assert_in_range (link_now () - began, 30, 5000);
  /* Nobody can say so.  */
  call = (struct call){ .out = &out };
  assert_int_equal (pause_call (&call, 0), 0);
}

static void
what_ends_it (void **state)
{
  struct call call = call_of_world ();
  uint64_t began = link_now ();

  (void)state;
  world.canceled = true;
  assert_over (&call, pause_check (&call), GPG_ERR_CANCELED,
               "the client gave up");
  assert_over (&call, pause_call (&call, 60000), GPG_ERR_CANCELED,
               "the client gave up");
  call = call_of_world ();
  call.deadline = link_now ();
  assert_over (&call, pause_check (&call), GPG_ERR_TIMEOUT,
               "the time is over: give it more by --timeout");
  assert_over (&call, pause_call (&call, 60000), GPG_ERR_TIMEOUT,
               "the time is over: give it more by --timeout");
  assert_true (link_now () - began < 5000);
}

static void
what_ends_only_waiting (void **state)
{
  struct call call = call_of_world ();
  uint64_t began = link_now ();

  (void)state;
  world.ending = true;
  assert_int_equal (pause_check (&call), 0);
  assert_over (&call, pause_call (&call, 60000), GPG_ERR_CANCELED,
               "the server is stopping");
  call = call_of_world ();
  call.still_may = still_may;
  world.refused = GPG_ERR_FORBIDDEN;
  assert_int_equal (pause_check (&call), 0);
  assert_over (&call, pause_call (&call, 60000), GPG_ERR_FORBIDDEN,
               "not any more");
  call = call_of_world ();
  world.gone = GPG_ERR_EPIPE;
  assert_code (pause_call (&call, 60000), GPG_ERR_EPIPE);
  assert_true (link_now () - began < 5000);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (it_may_go_on), cmocka_unit_test (what_ends_it),
          cmocka_unit_test (what_ends_only_waiting) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
