/* workerhand.h - the inside of a worker made by hand, without a fence
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The test plays the session: what it tells is queued before the worker asks,
   and what the worker said is read afterwards.  */

#ifndef REEVE_TEST_WORKERHAND_H
#define REEVE_TEST_WORKERHAND_H

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../../protocol/link.h"
#include "../../protocol/memory.h"
#include "../../src/mod/aug/worker.h"

#define ARGUMENTS_AT_MOST 200

/* The library forgets the memory for the places of nodes (AUG_ENABLE_SPAN)
   where a text takes the place of another, so a test has them only if it must.
   */
#ifndef WORKERHAND_FLAGS
#define WORKERHAND_FLAGS 0
#endif

#define HOSTS "127.0.0.1 localhost\n192.0.2.7 gate.example g\n"

/* Few lenses, so that a test does not wait for all of them.  */
static const char workerhand_table[]
    = "lens Hosts.lns\ninfo hosts.aug:1\nincl /etc/hosts\nincl /etc/many/*\n"
      "incl /etc/odd/*\nexcl *.bak\nincl /etc/both\n"
      "lens Fstab.lns\ninfo fstab.aug:1\nincl /etc/fstab\nincl /etc/both\n"
      "lens Hostname.lns\ninfo hostname.aug:1\nincl /etc/hostname\n";

struct workerhand
{
  struct worker worker;
  struct channel session;
  char said[8192];
};

/* As the keeper does, for the lenses of the table.  */
static inline augeas *
workerhand_augeas (void)
{
  augeas *aug = aug_init ("/proc/sys/kernel", NULL,
                          AUG_NO_LOAD | AUG_NO_ERR_CLOSE | AUG_NO_MODL_AUTOLOAD
                              | WORKERHAND_FLAGS);

  if (aug
      && (aug_set (aug, "/augeas/load/Hosts/lens", "Hosts.lns")
          || aug_set (aug, "/augeas/load/Hosts/incl", "/etc/hosts")
          || aug_set (aug, "/augeas/root", "/") || aug_load (aug)))
    {
      aug_close (aug);
      return NULL;
    }
  return aug;
}

static inline int
workerhand_setup (void **state)
{
  struct workerhand *hand = calloc (1, sizeof *hand);
  int ends[2];

  if (!hand || socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)
      || !(hand->worker.aug = workerhand_augeas ())
      || lens_table_parse (workerhand_table, sizeof workerhand_table - 1,
                           &hand->worker.table)
      || tree_clean_all (&hand->worker)
      || !(hand->worker.load_shown = transforms_shown (hand->worker.aug)))
    return -1;
  channel_init (&hand->worker.channel, ends[0]);
  channel_init (&hand->session, ends[1]);
  /* What would wait for ever shall fail.  */
  hand->worker.channel.deadline = hand->session.deadline = link_now () + 60000;
  *state = hand;
  return 0;
}

static inline int
workerhand_teardown (void **state)
{
  struct workerhand *hand = *state;
  struct worker *worker = &hand->worker;

  close (worker->channel.fd);
  close (hand->session.fd);
  channel_release (&worker->channel);
  channel_release (&hand->session);
  order_end (worker);
  render_forget (worker);
  records_drop_all (worker);
  worker_unsettle (worker);
  failure_release (&worker->failure);
  lens_table_release (&worker->table);
  free (worker->report);
  free (worker->load_shown);
  free (worker->texts);
  aug_close (worker->aug);
  free (hand);
  return 0;
}

static inline struct item
workerhand_item (const char *text)
{
  return (struct item){ text, strlen (text) };
}

/* Load TEXT as the file PATH with the lens that claims it.  */
static inline gpg_error_t
workerhand_load (struct workerhand *hand, const char *path, const char *text)
{
  const struct lens *lens = lens_for_reading (&hand->worker.table, path, NULL);
  struct item item = workerhand_item (text);

  assert_non_null (lens);
  return tree_load (&hand->worker, path, lens, "7", &item);
}

static inline void
workerhand_loaded (struct workerhand *hand, const char *path, const char *text)
{
  assert_int_equal (workerhand_load (hand, path, text), 0);
  assert_int_equal (record_find (&hand->worker, path)->state, RECORD_LOADED);
  assert_int_equal (tree_clean_all (&hand->worker), 0);
}

static inline void
workerhand_set (struct workerhand *hand, const char *path, const char *value)
{
  assert_int_equal (aug_set (hand->worker.aug, path, value), 0);
  hand->worker.edited = true;
}

/* The value at PATH; "(none)" for a node without, NULL if there is none.  */
static inline const char *
workerhand_get (const struct workerhand *hand, const char *path)
{
  const char *value = NULL;

  if (aug_get (hand->worker.aug, path, &value) != 1)
    return NULL;
  return value ? value : "(none)";
}

/* PATH has VALUE.  */
static inline void
workerhand_has (const struct workerhand *hand, const char *path,
                const char *value)
{
  const char *found = workerhand_get (hand, path);

  if (!found)
    print_error ("no node %s\n", path);
  assert_non_null (found);
  assert_string_equal (found, value);
}

/* The labels of the nodes that EXPRESSION matches, each with a blank behind
   (good until the next call).  */
static inline const char *
workerhand_labels (const struct workerhand *hand, const char *expression)
{
  static char text[4096];
  char **paths = NULL;
  const char *label;
  int count = aug_match (hand->worker.aug, expression, &paths);

  *text = 0;
  for (int i = 0; i < count; i++)
    {
      if (aug_label (hand->worker.aug, paths[i], &label) == 1)
        snprintf (text + strlen (text), sizeof text - strlen (text), "%s ",
                  label);
      free (paths[i]);
    }
  free (paths);
  return text;
}

/* The value of the failure's detail NAME, or "".  */
static inline const char *
workerhand_detail (const struct workerhand *hand, const char *name)
{
  for (struct detail *d = hand->worker.failure.details; d; d = d->next)
    if (!strcmp (d->name, name))
      return d->value;
  return "";
}

/* --- The session's part --- */

static inline void
workerhand_tell (struct workerhand *hand, enum channel_kind kind, unsigned code,
                 const char *const *items)
{
  channel_begin (&hand->session, kind, code);
  for (; *items; items++)
    channel_string (&hand->session, *items);
  channel_end (&hand->session);
  assert_int_equal (channel_flush (&hand->session), 0);
}

#define TELL(hand, kind, code, ...)                                            \
  workerhand_tell (hand, kind, code, (const char *const[]){ __VA_ARGS__, NULL })

static inline void
workerhand_ready (struct workerhand *hand)
{
  workerhand_tell (hand, CHANNEL_READY, 0, (const char *const[]){ NULL });
}

/* All that the worker says up to now: NEED, ANSWER, DONE and REPORT as words,
   then the items, with a bar behind each.  */
static inline const char *
workerhand_said (struct workerhand *hand)
{
  static const char *const kinds[] = { [CHANNEL_REPORT] = "REPORT",
                                       [CHANNEL_NEED] = "NEED",
                                       [CHANNEL_ANSWER] = "ANSWER",
                                       [CHANNEL_DONE] = "DONE" };
  auto_buffer struct buffer text = BUFFER_EMPTY;
  struct message message;

  channel_begin (&hand->worker.channel, CHANNEL_READY, 0);
  channel_end (&hand->worker.channel);
  assert_int_equal (channel_flush (&hand->worker.channel), 0);
  for (;;)
    {
      assert_int_equal (channel_read (&hand->session, &message), 0);
      if (message.kind == CHANNEL_READY)
        break;
      assert_true (message.kind >= CHANNEL_REPORT
                   && message.kind <= CHANNEL_DONE);
      buffer_printf (&text, "%s ", kinds[message.kind]);
      for (size_t i = 0; i < message.count; i++)
        {
          buffer_append (&text, message.items[i].bytes,
                         message.items[i].length);
          buffer_string (&text, "|");
        }
    }
  snprintf (hand->said, sizeof hand->said, "%s", text.length ? text.bytes : "");
  return hand->said;
}

/* Carry OPERATION out with ITEMS.  */
static inline gpg_error_t
workerhand_run (struct workerhand *hand, enum channel_operation operation,
                const char *const *items)
{
  struct item all[ARGUMENTS_AT_MOST];
  struct message message = { .kind = CHANNEL_REQUEST, .code = operation };

  failure_release (&hand->worker.failure);
  all[message.count++] = (struct item){ "cpu", 3 };
  for (; *items; items++)
    {
      assert_true (message.count < ARGUMENTS_AT_MOST);
      all[message.count++] = workerhand_item (*items);
    }
  message.items = all;
  return operation_run (&hand->worker, &message);
}

#define RUN(hand, operation, ...)                                              \
  workerhand_run (hand, operation, (const char *const[]){ __VA_ARGS__, NULL })
#define RUN_PLAIN(hand, operation)                                             \
  workerhand_run (hand, operation, (const char *const[]){ NULL })

#define WORKER_TEST(name)                                                      \
  cmocka_unit_test_setup_teardown (name, workerhand_setup, workerhand_teardown)

#endif /* REEVE_TEST_WORKERHAND_H */
