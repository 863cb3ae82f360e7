/* aughand.h - calls of AUG made by hand, with a keeper of their own
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TEST_AUGHAND_H
#define REEVE_TEST_AUGHAND_H

#include "fake_policy.h"
#include "scratch.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "../../protocol/link.h"
#include "../../protocol/words.h"
#include "../../src/call/call.h"
#include "../../src/call/registry.h"
#include "../../src/mod/aug/aug.h"
#include "../../src/mod/aug/session.h"

struct hand
{
  struct scratch *scratch;
  struct registry registry;
  struct module module;
  struct call call; /* The last one: its failure.  */
  struct buffer answer;
  pid_t keeper;
  uint64_t deadline_ms;             /* If not 0: of each call.  */
  const struct fake_policy *policy; /* If not NULL: of each call.  */
  unsigned generation;
};

/* Start the keeper that was built, with its socket as descriptor 3.  */
static inline pid_t
hand_start_keeper (int *r_fd)
{
  const char *build = getenv ("REEVE_BUILD");
  char program[4096];
  int ends[2];
  pid_t pid;

  snprintf (program, sizeof program, "%s/reeve-augeas", build ? build : ".");
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
    return -1;
  pid = fork ();
  if (!pid)
    {
      if (dup2 (ends[1], 3) == 3)
        execl (program, "reeve-augeas", (char *)NULL);
      _exit (127);
    }
  close (ends[1]);
  *r_fd = ends[0];
  return pid;
}

/* The keeper takes a while to compile its lenses, so all tests of a program
   share one.  */
static inline int
hand_setup_group (void **state)
{
  static const struct noun *const nouns[] = { &aug_noun, NULL };
  struct hand *hand = calloc (1, sizeof *hand);

  if (!hand || registry_make (nouns, &hand->registry, NULL)
      || tally_new (&hand->module.tally))
    return -1;
  hand->keeper = hand_start_keeper (&hand->module.helper_fd);
  *state = hand;
  return hand->keeper > 0 ? 0 : -1;
}

static inline int
hand_teardown_group (void **state)
{
  struct hand *hand = *state;
  int status = 1;

  close (hand->module.helper_fd);
  waitpid (hand->keeper, &status, 0);
  tally_release (hand->module.tally);
  registry_release (&hand->registry);
  free (hand);
  return status;
}

static inline void
hand_forget_call (struct hand *hand)
{
  failure_release (&hand->call.failure);
  plan_release (hand->call.plan);
  memset (&hand->call, 0, sizeof hand->call);
  buffer_clear (&hand->answer);
}

static inline int
hand_setup (void **state)
{
  struct hand *hand = *state;
  void *scratch;

  if (scratch_setup (&scratch))
    return -1;
  hand->scratch = scratch;
  scratch_mkdir (hand->scratch, "/etc");
  return 0;
}

static inline int
hand_teardown (void **state)
{
  struct hand *hand = *state;
  void *scratch = hand->scratch;

  hand_forget_call (hand);
  buffer_release (&hand->answer);
  aug_session_end (hand->module.session);
  hand->module.session = NULL;
  hand->policy = NULL;
  hand->generation = 0;
  tally_forget (hand->module.tally, getuid ());
  return scratch_teardown (&scratch);
}

static inline gpg_error_t
hand_data (void *context, const char *bytes, size_t length)
{
  struct buffer *answer = context;

  buffer_append (answer, bytes, length);
  return buffer_error (answer);
}

/* A status line stands in the answer as on the wire.  */
static inline gpg_error_t
hand_status (void *context, const char *keyword, const char *text)
{
  struct buffer *answer = context;

  buffer_printf (answer, "S %s %s\n", keyword, text);
  return buffer_error (answer);
}

/* As the core does for a verb that changes: carry the plan out, tell.  */
static inline gpg_error_t
hand_carry_out (struct hand *hand)
{
  struct call *call = &hand->call;
  gpg_error_t err;

  if (!plan_count (call->plan))
    return 0;
  if (call->dry_run)
    return plan_describe (call->plan, &hand->answer);
  err = plan_run (call->plan, call->machine, &call->failure);
  return call->verb->done ? call->verb->done (call, err) : err;
}

/* Run LINE, a verb of AUG with its words; the answer is in HAND, NUL
   terminated.  */
static inline gpg_error_t
hand_run (struct hand *hand, const char *line)
{
  struct writer writer = { .sink = { hand_data, hand_status, NULL },
                           .output = OUTPUT_TEXT };
  const struct registry_noun *noun = registry_noun (&hand->registry, "AUG");
  const struct registry_verb *verb;
  struct call *call = &hand->call;
  struct words words;
  gpg_error_t err;

  hand_forget_call (hand);
  writer.sink.context = &hand->answer;
  assert_int_equal (words_split (line, &words, NULL), 0);
  verb = registry_verb (noun, words.word[0].text);
  assert_non_null (verb);
  call->noun = noun->row;
  call->verb = verb->row;
  call->machine = &hand->scratch->machine;
  call->module = &hand->module;
  call->peer.uid = getuid ();
  call->identity = "test";
  call->registry = &hand->registry;
  call->out = &writer;
  if (hand->policy)
    fake_policy_set (call, hand->policy);
  call->generation = hand->generation;
  if (hand->deadline_ms)
    call->deadline = link_now () + hand->deadline_ms;
  err = arguments_bind (&verb->grammar, &hand->registry.common, words.word + 1,
                        words.count - 1, &call->arguments, &call->failure);
  if (!err)
    err = plan_new (&call->plan);
  if (!err)
    {
      call->dry_run = arg_number (call, "dry-run", 0) != 0;
      err = call->verb->run (call);
    }
  if (!err)
    err = hand_carry_out (hand);
  arguments_release (call->arguments);
  call->arguments = NULL;
  words_release (&words);
  writer_release (&writer);
  call->out = NULL;
  buffer_append (&hand->answer, "", 0);
  return err;
}

static inline const char *
hand_answer (const struct hand *hand)
{
  return hand->answer.bytes ? hand->answer.bytes : "";
}

/* LINE succeeds and answers with TEXT.  */
static inline void
hand_expect (struct hand *hand, const char *line, const char *text)
{
  gpg_error_t err = hand_run (hand, line);

  if (err)
    print_error ("%s: %s (%s)\n", line, gpg_strerror (err),
                 hand->call.failure.text ? hand->call.failure.text : "");
  assert_int_equal (err, 0);
  assert_string_equal (hand_answer (hand), text);
}

/* LINE fails with CODE.  */
static inline void
hand_expect_error (struct hand *hand, const char *line, gpg_err_code_t code)
{
  gpg_error_t err = hand_run (hand, line);

  if (gpg_err_code (err) != code)
    print_error ("%s: %s (%s)\n", line, gpg_strerror (err),
                 hand->call.failure.text ? hand->call.failure.text : "");
  assert_int_equal (gpg_err_code (err), code);
}

/* The value of the failure's detail NAME, or "".  */
static inline const char *
hand_detail (const struct hand *hand, const char *name)
{
  for (struct detail *d = hand->call.failure.details; d; d = d->next)
    if (!strcmp (d->name, name))
      return d->value;
  return "";
}

#endif /* REEVE_TEST_AUGHAND_H */
