/* test-read.c - tests of src/mod/pve/read*.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What is asked for which arguments, and what becomes of failures.  The fields
   of answers are in tests/real/test-pve_read.py and test-pve_odd.py.  */

#include "failed.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "protocol/memory.h"
#include "protocol/text.h"
#include "src/mod/pve/api.h"
#include "src/mod/pve/read.h"

#define GUESTS "/cluster/resources?type=vm"
#define ONE_GUEST "[{\"type\":\"lxc\",\"vmid\":100,\"node\":\"pve1\"}]"
#define ENDED(upid, start, status)                                             \
  "{\"upid\":\"" upid "\",\"starttime\":" start ",\"endtime\":9,"              \
  "\"status\":\"" status "\"}"
#define TASK(upid, start) ENDED (upid, start, "OK")
#define SHOWN(upid, second)                                                    \
  "upid: " upid "\nstarted: 1970-01-01T00:00:0" second "Z\n"                   \
  "ended: 1970-01-01T00:00:09Z\noutcome: ok\nexitstatus: OK\n"

struct turn
{
  const char *path;    /* That must be asked for.  */
  const char *data;    /* The answer's JSON; NULL: it fails ...  */
  gpg_err_code_t code; /* ... so.  */
};

static const struct turn *turn;
static struct work work;
static struct writer out;
static struct buffer text;
static struct item items[16];
static gpg_error_t gone; /* Why nothing can be written.  */

/* --- The server --- */

gpg_error_t
api_get (struct work *one, const char *path, struct answer *r_answer)
{
  *r_answer = (struct answer)ANSWER_NONE;
  assert_ptr_equal (one, &work);
  if (!turn->path)
    print_message ("asked for %s\n", path);
  assert_non_null (turn->path);
  assert_string_equal (path, turn->path);
  if (!turn->data)
    return fail (&work.failure, turn++->code, "it went wrong");
  r_answer->data = json_loads (turn++->data, JSON_DECODE_ANY, NULL);
  assert_non_null (r_answer->data);
  return 0;
}

gpg_error_t
api_getf (struct work *one, struct answer *r_answer, const char *format, ...)
{
  auto_free char *path = NULL;
  va_list arguments;

  va_start (arguments, format);
  path = text_vformat (format, arguments);
  va_end (arguments);
  assert_non_null (path);
  return api_get (one, path, r_answer);
}

bool
api_is_passing (gpg_error_t err)
{
  return gpg_err_code (err) == GPG_ERR_NETWORK;
}

/* --- The session --- */

static gpg_error_t
keep (void *context, const char *bytes, size_t length)
{
  (void)context;
  buffer_append (&text, bytes ? bytes : "", bytes ? length : 0);
  return gone;
}

static gpg_error_t
keep_status (void *context, const char *keyword, const char *line)
{
  (void)context;
  buffer_printf (&text, "S %s %s\n", keyword, line);
  return gone;
}

static int
teardown (void **state)
{
  (void)state;
  failure_release (&work.failure);
  writer_release (&out);
  buffer_release (&text);
  gone = 0;
  return 0;
}

/* Have OPERATION done with ARGUMENTS, "name=value" separated by blanks; the
   server answers with TURNS, all of which must be asked for.  */
static gpg_error_t
have_done (gpg_error_t (*operation) (struct work *work), const char *arguments,
           const struct turn *turns)
{
  static struct channel channel = { .fd = -1 };
  auto_free char *copy = strdup (arguments);
  char *rest = NULL;
  size_t count = 2;
  gpg_error_t err;

  assert_non_null (copy);
  for (char *name = strtok_r (copy, " ", &rest); name;
       name = strtok_r (NULL, " ", &rest))
    {
      char *value = strchr (name, '=');

      *value++ = 0;
      items[count++] = (struct item){ name, strlen (name) };
      items[count++] = (struct item){ value, strlen (value) };
    }
  failure_release (&work.failure);
  writer_release (&out);
  buffer_clear (&text);
  turn = turns;
  out = (struct writer){ .sink = { keep, keep_status, NULL } };
  work = (struct work){ .out = &out,
                        .channel = &channel,
                        .request = { .items = items, .count = count } };
  err = operation (&work);
  assert_null (turn->path);
  return err;
}

/* The same; what is answered is EXPECTED.  */
static void
assert_done (gpg_error_t (*operation) (struct work *work),
             const char *arguments, const struct turn *turns,
             const char *expected)
{
  assert_int_equal (have_done (operation, arguments, turns), 0);
  assert_string_equal (text.length ? text.bytes : "", expected);
}

#define TURNS(...)                                                             \
  (const struct turn[])                                                        \
  {                                                                            \
    __VA_ARGS__, { NULL, NULL, 0 }                                             \
  }
#define NO_TURN                                                                \
  (const struct turn[])                                                        \
  {                                                                            \
    {                                                                          \
      NULL, NULL, 0                                                            \
    }                                                                          \
  }

/* --- What is asked --- */

static void
test_requests (void **state)
{
  (void)state;
  assert_done (read_nodes, "", TURNS ({ "/nodes", "[]", 0 }), "");
  assert_done (read_status, "node=pve1",
               TURNS ({ "/nodes/pve1/status", "{}", 0 }), "node: pve1\n");
  assert_done (read_disks, "node=pve1",
               TURNS ({ "/nodes/pve1/disks/list", "[]", 0 }), "");
  assert_done (read_resources, "", TURNS ({ "/cluster/resources", "[]", 0 }),
               "");
  assert_done (read_resources, "type=node",
               TURNS ({ "/cluster/resources?type=node", "[]", 0 }), "");
  assert_done (read_guests, "", TURNS ({ GUESTS, "[]", 0 }), "");
  assert_done (
      read_guests, "node=pve2",
      TURNS ({ "/nodes/pve2/lxc", "[]", 0 }, { "/nodes/pve2/qemu", "[]", 0 }),
      "");
  assert_done (read_guests, "node=pve2 kind=qemu",
               TURNS ({ "/nodes/pve2/qemu", "[]", 0 }), "");
  assert_done (read_storages, "",
               TURNS ({ "/cluster/resources?type=storage", "[]", 0 }), "");
  assert_done (read_storages, "node=pve1",
               TURNS ({ "/nodes/pve1/storage", "[]", 0 }), "");
  assert_done (read_content, "node=pve1 storage=a.b",
               TURNS ({ "/nodes/pve1/storage/a.b/content", "[]", 0 }), "");
  assert_done (
      read_content, "node=pve1 storage=local vmid=100 content=iso",
      TURNS ({ "/nodes/pve1/storage/local/content?content=iso&vmid=100", "[]",
               0 }),
      "");
  assert_done (
      read_permissions, "path=/vms/100?a&b=c",
      TURNS ({ "/access/permissions?path=%2Fvms%2F100%3Fa%26b%3Dc", "{}", 0 }),
      "");
  assert_done (read_nextid, "vmid=100",
               TURNS ({ "/cluster/nextid?vmid=100", "\"100\"", 0 }),
               "vmid: 100\n");
}

static void
test_requests_for_a_guest (void **state)
{
  static const struct
  {
    gpg_error_t (*operation) (struct work *work);
    const char *arguments;
    const char *path;
    const char *data;
  } rows[] = { { read_guest, "vmid=100", "/status/current", "{}" },
               { read_config, "vmid=100", "/config", "{}" },
               { read_config, "vmid=100 current=1", "/config?current=1", "{}" },
               { read_pending, "vmid=100", "/pending", "[]" },
               { read_snapshots, "vmid=100", "/snapshot", "[]" } };

  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      auto_free char *path = text_format ("/nodes/pve1/lxc/100%s",
                                          rows[i].path);

      assert_int_equal (have_done (rows[i].operation, rows[i].arguments,
                                   TURNS ({ GUESTS, ONE_GUEST, 0 },
                                          { path, rows[i].data, 0 })),
                        0);
      assert_code (have_done (rows[i].operation, rows[i].arguments,
                              TURNS ({ GUESTS, NULL, GPG_ERR_FORBIDDEN })),
                   GPG_ERR_FORBIDDEN);
      assert_code (have_done (rows[i].operation, rows[i].arguments,
                              TURNS ({ GUESTS, ONE_GUEST, 0 },
                                     { path, NULL, GPG_ERR_LOCKED })),
                   GPG_ERR_LOCKED);
    }
}

/* A session that was taken over can ask for anything.  */
static void
test_no_other_path_is_asked_for (void **state)
{
  static const char *const nodes[] = { "node=.", "node=..", "node=", "x=y" };

  (void)state;
  for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
    {
      auto_free char *content = text_format ("%s storage=local", nodes[i]);

      assert_code (have_done (read_status, nodes[i], NO_TURN), GPG_ERR_INV_ARG);
      assert_code (have_done (read_disks, nodes[i], NO_TURN), GPG_ERR_INV_ARG);
      assert_code (have_done (read_content, content, NO_TURN), GPG_ERR_INV_ARG);
    }
  assert_code (have_done (read_content, "node=a storage=..", NO_TURN),
               GPG_ERR_INV_ARG);
  assert_done (read_status, "node=../access",
               TURNS ({ "/nodes/..%2Faccess/status", "{}", 0 }),
               "node: ../access\n");
  assert_done (
      read_tasks, "node=a/b vmid=1&x=2",
      TURNS ({ "/nodes/a%2Fb/tasks?source=all&vmid=1%26x%3D2", "[]", 0 }), "");
}

/* --- TASKS --- */

static void
test_tasks_of_all_nodes (void **state)
{
  (void)state;
  assert_done (read_tasks, "limit=2",
               TURNS ({ "/nodes", "[{\"node\":\"b\"},{\"node\":\"a\"},{}]", 0 },
                      { "/nodes/a/tasks?source=all&limit=2",
                        "[" TASK ("A", "4") "," TASK ("B", "1") "]", 0 },
                      { "/nodes/b/tasks?source=all&limit=2",
                        "[" TASK ("C", "3") "," TASK ("D", "2") "]", 0 }),
               SHOWN ("A", "4") "\n" SHOWN ("C", "3"));
  assert_done (read_tasks, "running=1 since=1970-01-02",
               TURNS ({ "/nodes", "[{\"node\":\"a\"}]", 0 },
                      { "/nodes/a/tasks?source=active&since=86400",
                        "[" TASK ("A", "4") "]", 0 }),
               "");
  /* A server may think that warnings, or what runs, are errors.  */
  assert_done (read_tasks, "node=a errors=1",
               TURNS ({ "/nodes/a/tasks?source=all&errors=1",
                        "[" ENDED ("A", "4", "WARNINGS: 1") "," ENDED (
                            "B", "3", "no") ",{\"starttime\":5}]",
                        0 }),
               "upid: B\nstarted: 1970-01-01T00:00:03Z\n"
               "ended: 1970-01-01T00:00:09Z\noutcome: failed\n"
               "exitstatus: no\n");
}

static void
test_a_node_that_does_not_answer (void **state)
{
  (void)state;
  assert_done (
      read_tasks, "",
      TURNS ({ "/nodes", "[{\"node\":\"a\"},{\"node\":\"b\"}]", 0 },
             { "/nodes/a/tasks?source=all", NULL, GPG_ERR_NETWORK },
             { "/nodes/b/tasks?source=all", "[" TASK ("C", "3") "]", 0 }),
      "S WARNING node a is left out: it went wrong\n" SHOWN ("C", "3"));
  assert_null (work.failure.text);
  assert_code (
      have_done (
          read_tasks, "",
          TURNS ({ "/nodes", "[{\"node\":\"a\"},{\"node\":\"b\"}]", 0 },
                 { "/nodes/a/tasks?source=all", NULL, GPG_ERR_SERVER_FAILED })),
      GPG_ERR_SERVER_FAILED);
  /* Of one that was named it is an error.  */
  assert_code (have_done (read_tasks, "node=a",
                          TURNS ({ "/nodes/a/tasks?source=all", NULL,
                                   GPG_ERR_NETWORK })),
               GPG_ERR_NETWORK);
}

/* --- Failures --- */

static void
test_failures_are_handed_on (void **state)
{
  (void)state;
  assert_code (
      have_done (read_nodes, "", TURNS ({ "/nodes", NULL, GPG_ERR_BAD_AUTH })),
      GPG_ERR_BAD_AUTH);
  /* The second of two lists.  */
  assert_code (have_done (read_guests, "node=a",
                          TURNS ({ "/nodes/a/lxc", "[{\"vmid\":1}]", 0 },
                                 { "/nodes/a/qemu", NULL, GPG_ERR_FORBIDDEN })),
               GPG_ERR_FORBIDDEN);
  /* Only a number that was given can be taken.  */
  assert_code (have_done (read_nextid, "",
                          TURNS ({ "/cluster/nextid", NULL, GPG_ERR_INV_ARG })),
               GPG_ERR_INV_ARG);
  assert_code (
      have_done (read_nextid, "vmid=100",
                 TURNS ({ "/cluster/nextid?vmid=100", NULL, GPG_ERR_INV_ARG })),
      GPG_ERR_DUP_VALUE);
  assert_string_equal (work.failure.text, "guest 100 is there already");
}

/* A client that is gone is seen at the first record.  */
static void
test_nobody_reads (void **state)
{
  (void)state;
  gone = gpg_error (GPG_ERR_EPIPE);
  assert_code (have_done (read_nodes, "",
                          TURNS ({ "/nodes",
                                   "[{\"node\":\"a\"},{\"node\":\"b\"}]", 0 })),
               GPG_ERR_EPIPE);
  assert_string_equal (text.bytes, "node: a\n");
  assert_code (
      have_done (read_permissions, "",
                 TURNS ({ "/access/permissions", "{\"/b\":{},\"/a\":{}}", 0 })),
      GPG_ERR_EPIPE);
  assert_string_equal (text.bytes, "path: /a\n");
}

#define CASE(name) cmocka_unit_test_teardown (test_##name, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    CASE (requests),
    CASE (requests_for_a_guest),
    CASE (no_other_path_is_asked_for),
    CASE (tasks_of_all_nodes),
    CASE (a_node_that_does_not_answer),
    CASE (failures_are_handed_on),
    CASE (nobody_reads),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
