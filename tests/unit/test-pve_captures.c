/* test-pve_captures.c - what servers of Proxmox VE answered, as recorded
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The records are not part of the sources.  They are looked for in the folder
   proxmox/captures of REEVE_REFERENCE, else of ../shared/reference beside the
   sources: "> METHOD PATH arguments", then status line, header and body as they
   came.  */

#include "failed.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/buffer.h"
#include "protocol/limits.h"
#include "src/call/upid.h"
#include "src/mod/pve/answer.h"
#include "src/mod/pve/outcome.h"

/* A record; the texts are parts of TEXT.  */
struct capture
{
  char *text;
  struct exchange exchange;
};

static char *
folder (void)
{
  const char *reference = getenv ("REEVE_REFERENCE");
  const char *source = getenv ("REEVE_SOURCE");
  struct buffer path = BUFFER_EMPTY;

  if (reference)
    buffer_printf (&path, "%s/proxmox/captures", reference);
  else
    buffer_printf (&path, "%s/../shared/reference/proxmox/captures",
                   source ? source : ".");
  assert_int_equal (buffer_error (&path), 0);
  return path.bytes;
}

static char *
read_file (const char *directory, const char *name)
{
  struct buffer path = BUFFER_EMPTY;
  struct buffer text = BUFFER_EMPTY;
  char piece[4096];
  FILE *stream;
  size_t count;

  buffer_printf (&path, "%s/%s", directory, name);
  stream = fopen (path.bytes, "r");
  assert_non_null (stream);
  while ((count = fread (piece, 1, sizeof piece, stream)))
    buffer_append (&text, piece, count);
  fclose (stream);
  buffer_release (&path);
  assert_int_equal (buffer_error (&text), 0);
  return text.bytes;
}

/* End the text at *AT before the first of ENDS and go behind that.  */
static char *
next_part (char **at, const char *ends)
{
  char *part = *at;
  size_t span = strcspn (part, ends);

  assert_true (part[span]);
  part[span] = 0;
  *at = part + span + 1;
  return part;
}

/* Take TEXT apart; whether it is of HTTP.  */
static bool
take_apart (char *text, struct capture *r_capture)
{
  struct exchange *exchange = &r_capture->exchange;
  size_t length = 0;
  char *at = text;
  char *line;

  memset (r_capture, 0, sizeof *r_capture);
  r_capture->text = text;
  if (strncmp (text, "> ", 2))
    return false;
  next_part (&at, " ");
  exchange->method = next_part (&at, " ");
  exchange->path = next_part (&at, " ");
  next_part (&at, "\n");
  assert_string_equal (next_part (&at, " "), "HTTP/1.1");
  exchange->status = (unsigned)strtoul (next_part (&at, " "), NULL, 10);
  exchange->reason = next_part (&at, "\r\n");
  while (*(line = next_part (&at, "\n")))
    {
      line[strcspn (line, "\r")] = 0;
      if (!strncmp (line, "Content-Type: ", 14))
        exchange->type = line + 14;
      if (!strncmp (line, "Content-Length: ", 16))
        length = strtoul (line + 16, NULL, 10);
    }
  assert_true (length <= strlen (at));
  exchange->body = at;
  exchange->length = length;
  return true;
}

/* What the records of errors are, by the beginning of their names; the others
   are good.  */
static const struct expected
{
  const char *name;
  enum verdict verdict;
  gpg_err_code_t code;
  const char *detail;
  const char *value;
} expected[] = {
  { "cluster-status", VERDICT_FAILED, GPG_ERR_SERVER_FAILED, "status", "500" },
  { "content-nostor", VERDICT_MISSING, GPG_ERR_NOT_FOUND, "message",
    "storage 'nosuch' does not exist" },
  { "err-400-range", VERDICT_PARAMETERS, GPG_ERR_INV_ARG, "parameter-memory",
    "value must have a minimum value of 16" },
  { "err-400-vmid", VERDICT_PARAMETERS, GPG_ERR_INV_ARG, "parameter-vmid",
    "type check ('integer') failed - got 'abc'" },
  { "err-401-", VERDICT_STRANGER, GPG_ERR_BAD_AUTH, "status", "401" },
  { "err-403-cfg", VERDICT_FORBIDDEN, GPG_ERR_FORBIDDEN, "privilege",
    "VM.Config.Disk|VM.Config.CPU|VM.Config.Memory|VM.Config.Network|"
    "VM.Config.Options" },
  { "err-403-list", VERDICT_FORBIDDEN, GPG_ERR_FORBIDDEN, "path",
    "/nodes/pve1" },
  { "err-403-power", VERDICT_FORBIDDEN, GPG_ERR_FORBIDDEN, "privilege",
    "VM.PowerMgmt" },
  { "err-403-sep", VERDICT_FORBIDDEN, GPG_ERR_FORBIDDEN, "path", "/vms/100" },
  { "err-500-novm", VERDICT_MISSING, GPG_ERR_NOT_FOUND, "status", "500" },
  { "err-501-", VERDICT_UNKNOWN, GPG_ERR_NOT_SUPPORTED, "status", "501" },
  { "err-digest", VERDICT_CHANGED, GPG_ERR_CONFLICT, "status", "500" },
  { "err-keyctl-", VERDICT_FORBIDDEN, GPG_ERR_FORBIDDEN, "privilege", NULL },
  { "err-locked", VERDICT_LOCKED, GPG_ERR_LOCKED, "lock", "backup" },
  { "lxc-create-keyctl", VERDICT_FORBIDDEN, GPG_ERR_FORBIDDEN, "privilege",
    NULL },
  { "lxc-destroy-locked", VERDICT_LOCKED, GPG_ERR_LOCKED, "lock", "backup" },
  { "lxc-migrate", VERDICT_FORBIDDEN, GPG_ERR_FORBIDDEN, "privilege",
    "VM.Migrate" },
  { "lxc-restore-exists.txt", VERDICT_EXISTS, GPG_ERR_DUP_VALUE, "message",
    "CT 110 already exists on node 'pve1'" },
  { "lxc-running-memory", VERDICT_PARAMETERS, GPG_ERR_INV_ARG,
    "parameter-memory",
    "unable to hotplug memory: can't open '/sys/fs/cgroup/memory/lxc/102/"
    "memory.limit_in_bytes' - No such file or directory" },
  { "lxc-startagain", VERDICT_RUNNING, GPG_ERR_INV_STATE, "message",
    "CT 102 already running" },
  { "lxc-stopagain", VERDICT_STOPPED, GPG_ERR_INV_STATE, "message",
    "CT 102 not running" },
  { "ok-disklist", VERDICT_FAILED, GPG_ERR_SERVER_FAILED, "status", "500" },
  { "task-badupid", VERDICT_NO_TASK, GPG_ERR_NOT_FOUND, "parameter-upid",
    "unable to parse worker upid" },
  { "task-nosuch", VERDICT_NO_TASK, GPG_ERR_NOT_FOUND, "parameter-upid",
    "no such task" },
  { "", VERDICT_DONE, GPG_ERR_NO_ERROR, NULL, NULL }
};

static const struct expected *
find_expected (const char *name)
{
  const struct expected *one = expected;

  while (strncmp (one->name, name, strlen (one->name)))
    one++;
  return one;
}

/* The answer, or what stays of it in an older version, is EXPECTED.  */
static void
check_answer (const struct exchange *exchange, const struct expected *one)
{
  auto_failure struct failure failure = FAILURE_NONE;
  auto_answer struct answer answer = ANSWER_NONE;

  assert_code (answer_read (exchange, &answer, &failure), one->code);
  assert_int_equal (answer.verdict, one->verdict);
  if (!one->code)
    return;
  assert_true (failure.text && strlen (failure.text) <= LIMIT_ERROR_TEXT);
  /* The body repeats it, if it says anything.  */
  assert_detail (&failure, "reason", NULL);
  assert_non_null (failed_detail (&failure, "message"));
  assert_detail (&failure, one->detail, one->value);
}

/* Each task that TEXT names is one.  */
static size_t
check_upids (const char *text)
{
  size_t count = 0;

  for (const char *at = text; (at = strstr (at, "\"UPID:")); at++)
    {
      char *name = strndup (at + 1, strcspn (at + 1, "\""));
      auto_upid struct upid upid = UPID_NONE;

      assert_int_equal (upid_parse (name, &upid), 0);
      assert_string_equal (upid.node, "pve1");
      assert_true (upid.starttime > 1700000000 && upid.pid && *upid.type);
      free (name);
      count++;
    }
  return count;
}

/* The task of the record NAME, if it is over, ended as its log says.  */
static size_t
check_ending (const char *name, const struct exchange *exchange)
{
  auto_failure struct failure failure = FAILURE_NONE;
  auto_answer struct answer answer = ANSWER_NONE;
  struct ending ending;
  const char *text;

  if (answer_read (exchange, &answer, &failure))
    return 0;
  text = json_string_value (json_object_get (answer.data, "exitstatus"));
  if (!text)
    return 0;
  outcome_read (text, &ending);
  if (!strcmp (text, "OK"))
    assert_int_equal (ending.outcome, OUTCOME_OK);
  else if (!strcmp (text, "unexpected status"))
    assert_int_equal (ending.outcome, OUTCOME_ABORTED);
  else
    {
      print_message ("# %s: %s\n", name, text);
      assert_int_equal (ending.outcome, OUTCOME_FAILED);
    }
  return 1;
}

/* Without the body's text, as before 8.4, the verdict is the same.  */
static void
check_older (const struct exchange *exchange, const struct expected *one)
{
  struct exchange older = *exchange;

  if (!one->code || strstr (exchange->body, "\"errors\""))
    return;
  older.body = "{\"data\":null}";
  older.length = strlen (older.body);
  check_answer (&older, one);
  older.type = NULL;
  older.length = 0;
  check_answer (&older, one);
}

static void
each_is_read_right (void **state)
{
  char *path = folder ();
  DIR *directory = opendir (path);
  const struct dirent *entry;
  size_t files = 0, errors = 0, upids = 0, endings = 0;

  (void)state;
  if (!directory)
    {
      print_message ("machine: no recorded answers in %s\n", path);
      free (path);
      skip ();
    }
  while ((entry = readdir (directory)))
    {
      const struct expected *one = find_expected (entry->d_name);
      struct capture capture;

      if (*entry->d_name == '.')
        continue;
      if (take_apart (read_file (path, entry->d_name), &capture))
        {
          print_message ("# %s\n", entry->d_name);
          check_answer (&capture.exchange, one);
          check_older (&capture.exchange, one);
          files++;
          errors += one->code != 0;
          upids += check_upids (capture.exchange.body);
          endings += check_ending (entry->d_name, &capture.exchange);
        }
      free (capture.text);
    }
  closedir (directory);
  free (path);
  print_message ("# %zu answers, %zu errors, %zu tasks, %zu endings\n", files,
                 errors, upids, endings);
  assert_true (files && errors && upids && endings);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (each_is_read_right) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
