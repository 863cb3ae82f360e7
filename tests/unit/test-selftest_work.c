/* test-selftest_work.c - tests of src/mod/pve/selftest_work.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   tests/real/test-pve_selftest.py has what needs a server.  */

#include "apiturns.h"

#include "src/mod/pve/preflight.h"
#include "src/mod/pve/selftest_work.h"

#define VERSION "GET /version"
#define GOOD_VERSION                                                           \
  GOOD (VERSION, "{\"version\":\"8.4.1\",\"release\":\"8.4\"}")
#define RIGHTS "GET /access/permissions"
#define NODES "GET /nodes"
#define FAILED(asked, code)                                                    \
  {                                                                            \
    asked, NULL, code, VERDICT_FAILED, NULL                                    \
  }

gpg_error_t
api_get_from (struct work *one, size_t endpoint, const char *path,
              struct answer *r_answer)
{
  assert_true (endpoint < conf.count);
  snprintf (api.date, sizeof api.date, "%s", turn->data ? "now" : "");
  return api_get (one, path, r_answer);
}

char *
http_server_name (const struct endpoint *endpoint)
{
  return text_format ("%s:%s", endpoint->host, endpoint->port);
}

/* One server is known.  */
static void
know_server (void)
{
  conf = (struct conf){ .count = 1,
                        .token_id = (char *)"agent@pve!ops",
                        .ca_file = (char *)"/ca.pem" };
  conf.endpoints[0].host = (char *)"pve1";
  conf.endpoints[0].port = (char *)"8006";
}

/* Where the server answers with TURNS the test tells of CHECK, with OBJECT, in
   STATE, and a message that has WORDS; WORDS NULL: it tells nothing of it.  */
static void
assert_tells (const struct turn *turns, const char *check, const char *object,
              const char *state, const char *words)
{
  auto_free char *begin = text_format ("check: %s\nobject: %s\nstate: ", check,
                                       object);
  const char *found;

  turn = turns;
  buffer_clear (&answer_text);
  out = (struct writer){ .sink = { keep, keep_status, NULL } };
  assert_int_equal (selftest_read (&work), 0);
  assert_null (turn->asked);
  writer_release (&out);
  buffer_append (&answer_text, "", 1);
  found = strstr (answer_text.bytes, begin);
  if (!words)
    {
      assert_null (found);
      return;
    }
  if (!found)
    print_message ("%s", answer_text.bytes);
  assert_non_null (found);
  found += strlen (begin);
  assert_memory_equal (found, state, strlen (state));
  found += strlen (state);
  assert_memory_equal (found, "\nmessage: ", 10);
  found += 10;
  if (!memmem (found, strcspn (found, "\n"), words, strlen (words)))
    print_message ("%s\n", found);
  assert_non_null (
      memmem (found, strcspn (found, "\n"), words, strlen (words)));
}

/* --- Servers --- */

/* What can be said of a server by how it fails: the later checks are not
   told.  */
static void
test_servers_that_fail (void **state)
{
  static const struct turn away[] = { FAILED (VERSION, GPG_ERR_NETWORK), STOP };
  static const struct turn other[] = { FAILED (VERSION, GPG_ERR_NOT_TRUSTED),
                                       STOP };
  static const struct turn stranger[] = { FAILED (VERSION, GPG_ERR_BAD_AUTH),
                                          STOP };

  (void)state;
  know_server ();
  assert_tells (away, "endpoint", "pve1:8006", "failed", "firewall");
  assert_tells (away, "tls", "pve1:8006", "", NULL);
  assert_tells (other, "endpoint", "pve1:8006", "ok", "it answers");
  assert_tells (other, "tls", "pve1:8006", "failed", "it went wrong");
  assert_tells (other, "token", "pve1:8006", "", NULL);
  assert_tells (stranger, "tls", "pve1:8006", "ok", "signed by /ca.pem");
  assert_tells (stranger, "token", "pve1:8006", "failed", "expired");
  assert_tells (stranger, "version", "pve1:8006", "", NULL);
}

#define WELL(version)                                                          \
  {                                                                            \
    GOOD (VERSION, version), GOOD (RIGHTS, "{}"), GOOD (NODES, "[]"), STOP     \
  }

static void
test_trust (void **state)
{
  static const struct turn turns[] = WELL ("{}");

  (void)state;
  know_server ();
  conf.ca_file = NULL;
  assert_tells (turns, "tls", "pve1:8006", "ok", "who this machine trusts");
  conf.insecure = true;
  assert_tells (turns, "tls", "pve1:8006", "warning", "nobody knows which");
  /* A fingerprint protects all the same.  */
  conf.endpoints[0].pin_count = 1;
  assert_tells (turns, "tls", "pve1:8006", "ok", "fingerprint");
}

static void
test_versions (void **state)
{
  static const struct
  {
    const char *data;
    const char *state;
    const char *words;
  } cases[] = {
    { "{\"version\":\"7.4-1\",\"release\":\"7.4\"}", "ok", "7.4-1" },
    { "{\"version\":\"9.9.9\",\"release\":9.9}", "ok", "9.9.9" },
    { "{\"release\":\"8\"}", "ok", "known" },
    { "{\"version\":\"6.4\",\"release\":\"6.4\"}", "warning", "only 7 to 9" },
    { "{\"release\":\"10\"}", "warning", "it is not known" },
    { "{\"version\":\"8.4\"}", "failed", "is it Proxmox VE?" },
    { "{\"release\":\"new\"}", "failed", "is it Proxmox VE?" },
  };

  (void)state;
  know_server ();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      const struct turn turns[] = WELL (cases[i].data);

      assert_tells (turns, "version", "pve1:8006", cases[i].state,
                    cases[i].words);
    }
}

/* The server's clock is NOW; it is told of where the server has one.  */
static void
test_clock (void **state)
{
  static const struct turn turns[] = WELL ("{}");

  (void)state;
  know_server ();
  assert_tells (turns, "clock", "pve1:8006", "warning", "this machine");
}

/* --- Rights --- */

#define HAS(rights)                                                            \
  {                                                                            \
    GOOD_VERSION, GOOD (RIGHTS, rights), GOOD (NODES, "[]"), STOP              \
  }

static void
test_rights (void **state)
{
  static const struct turn none[] = HAS ("{}");
  static const struct turn some[] = HAS ("{\"/vms/100\":{\"VM.Audit\":0}}");
  static const struct turn unread[] = { GOOD_VERSION,
                                        FAILED (RIGHTS, GPG_ERR_TIMEOUT),
                                        GOOD (NODES, "[]"), STOP };

  const char *found;

  (void)state;
  know_server ();
  assert_tells (none, "privileges", "agent@pve!ops", "failed", "no rights");
  assert_tells (unread, "privileges", "agent@pve!ops", "failed", "it went");
  assert_tells (some, "privileges", "VM.Audit", "", NULL);
  assert_tells (some, "privileges", "Sys.Audit", "warning", "STATUS, DISKS");
  assert_tells (some, "privileges", "VM.PowerMgmt", "warning",
                "needed for START, STOP, SHUTDOWN, REBOOT, SUSPEND, RESUME,");
  found = strstr (answer_text.bytes, "object: VM.PowerMgmt\n");
  assert_non_null (found);
  assert_null (strstr (found + 1, "object: VM.PowerMgmt\n"));
  assert_tells (some, "privileges", "VM.Snapshot", "warning",
                "needed for SNAPSHOT, DELSNAPSHOT, RESIZE, SET,");
  assert_tells (some, "privileges", "agent@pve!ops", "", NULL);
}

static void
test_all_rights (void **state)
{
  auto_buffer struct buffer rights = BUFFER_EMPTY;
  const char *verb, *privileges;

  (void)state;
  know_server ();
  buffer_string (&rights, "{\"/\":{\"VM.Audit\":1,\"Sys.Audit\":1,"
                          "\"Datastore.Audit\":1");
  for (size_t i = 0; preflight_need (i, &verb, &privileges); i++)
    buffer_printf (&rights, ",\"%.*s\":1", (int)strcspn (privileges, "|"),
                   privileges);
  buffer_string (&rights, "}}");
  {
    const struct turn turns[] = HAS (rights.bytes);

    assert_tells (turns, "privileges", "agent@pve!ops", "ok",
                  "all that the verbs need");
  }
}

/* --- Nodes and storages --- */

#define NODE(more) "{\"node\":\"n1\"" more "}"
#define HAS_NODE(more)                                                         \
  GOOD_VERSION, GOOD (RIGHTS, "{}"), GOOD (NODES, "[" NODE (more) "]")
#define ONLINE HAS_NODE (",\"status\":\"online\"")
#define STATUS "GET /nodes/n1/status"
#define STORAGE "GET /nodes/n1/storage"

static void
test_nodes (void **state)
{
  static const struct turn offline[] = { HAS_NODE (",\"status\":\"offline\""),
                                         STOP };
  static const struct turn unknown[] = { HAS_NODE (""), STOP };
  static const struct turn dead[] = { ONLINE, FAILED (STATUS, GPG_ERR_TIMEOUT),
                                      GOOD (STORAGE, "[]"), STOP };
  static const struct turn closed[] = { ONLINE,
                                        FAILED (STATUS, GPG_ERR_FORBIDDEN),
                                        GOOD (STORAGE, "[]"), STOP };

  (void)state;
  know_server ();
  assert_tells (offline, "node", "n1", "failed", "offline");
  assert_tells (unknown, "node", "n1", "warning", "pvestatd");
  assert_tells (dead, "node", "n1", "failed", "pvedaemon");
  assert_tells (closed, "node", "n1", "ok", "online");
}

static void
test_space (void **state)
{
  static const struct
  {
    const char *entry;
    const char *state;
    const char *words;
  } cases[] = {
    { "{\"used\":1,\"total\":2}", "ok", "50 % full" },
    { "{\"used\":\"899\",\"total\":\"1000\"}", "ok", "89 % full" },
    { "{\"used\":90,\"total\":100}", "warning", "90 % full: make room" },
    { "{\"used\":3,\"total\":2}", "warning", "100 % full" },
    { "{\"used\":0,\"total\":0}", "ok", "online" },
    { "{\"used\":-1,\"total\":2}", "ok", "online" },
    { "{}", "ok", "online" },
  };

  (void)state;
  know_server ();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      auto_free char *status = text_format ("{\"rootfs\":%s}", cases[i].entry);
      const struct turn turns[] = { ONLINE, GOOD (STATUS, status),
                                    GOOD (STORAGE, "[]"), STOP };

      assert_tells (turns, "node", "n1", cases[i].state, cases[i].words);
    }
}

static void
test_storages (void **state)
{
#define HAS_STORAGE(more)                                                      \
  {                                                                            \
    ONLINE, GOOD (STATUS, "{}"),                                               \
        GOOD (STORAGE, "[{\"storage\":\"s1\"" more "}]"), STOP                 \
  }
  static const struct turn off[] = HAS_STORAGE (",\"enabled\":0,\"active\":0");
  static const struct turn dead[] = HAS_STORAGE (",\"enabled\":1,\"active\":0");
  static const struct turn full[] = HAS_STORAGE (
      ",\"active\":1,\"used\":95,\"total\":100");
  static const struct turn unread[] = { ONLINE, GOOD (STATUS, "{}"),
                                        FAILED (STORAGE, GPG_ERR_FORBIDDEN),
                                        STOP };

  (void)state;
  know_server ();
  assert_tells (off, "storage", "n1/s1", "ok", "disabled");
  assert_tells (dead, "storage", "n1/s1", "failed", "not active");
  assert_tells (full, "storage", "n1/s1", "warning", "95 % full");
  assert_tells (unread, "storage", "n1", "failed", "it went wrong");
}

int
main (void)
{
  const struct CMUnitTest tests[] = { TEST (test_servers_that_fail),
                                      TEST (test_trust),
                                      TEST (test_versions),
                                      TEST (test_clock),
                                      TEST (test_rights),
                                      TEST (test_all_rights),
                                      TEST (test_nodes),
                                      TEST (test_space),
                                      TEST (test_storages) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
