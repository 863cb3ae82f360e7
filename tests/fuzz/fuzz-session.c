/* fuzz-session.c - an augeas worker that was taken over, and its session
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An input is up to CALLS calls of AUG, each a verb's name and arguments, and
   what the worker answers.  Whatever that is, the worker learns nothing of
   reeve's own files, and no plan touches them, or a file that no lens
   claims.  */

#include "messages.h"
#include "root.h"
#include "../../protocol/words.h"
#include "../../src/call/call.h"
#include "../../src/call/registry.h"
#include "../../src/mod/aug/aug.h"
#include "../../src/mod/aug/session.h"

#define CALLS 4
#define ARGUMENTS 6
#define SECRET "5ecret-5ecret-5ecret-5ecret-5ecret"

/* "@All" claims what it must not get.  */
static const char table[] = "lens @Hosts\ninfo hosts.aug:1\nincl /etc/hosts\n"
                            "lens @Fstab\ninfo fstab.aug:1\nincl /etc/fstab\n"
                            "lens @All\ninfo all.aug:1\nincl /etc/*.conf\n"
                            "incl /etc/dir/*\nincl /etc/reeve/*\n"
                            "incl /etc/reeve/keys/*\nincl /etc/alias*\n"
                            "incl /var/lib/reeve/journal/*\nexcl *~\n"
                            "lens @Rival\ninfo rival.aug:1\nincl /etc/b.conf\n";

static struct registry registry;
static struct module module;
static struct buffer answer;

static void
set_up (void)
{
  static const struct noun *const nouns[] = { &aug_noun, NULL };
  char link[8192];

  root_make ();
  require (!registry_make (nouns, &registry, NULL));
  require (!tally_new (&module.tally));
  root_text ("/etc/hosts", "127.0.0.1 localhost\n");
  root_text ("/etc/fstab", "proc /proc proc defaults 0 0\n");
  root_text ("/etc/a.conf", "a\n");
  root_text ("/etc/b.conf", "b\n");
  root_text ("/etc/dir/one", "1\n");
  root_text ("/etc/dir/two~", "2\n");
  root_text ("/etc/reeve/reeved.conf", SECRET "\n");
  root_text ("/etc/reeve/keys/panel.key", SECRET "\n");
  root_text ("/etc/reeve/policy.d/a.policy", SECRET "\n");
  root_text ("/var/lib/reeve/journal/1", SECRET "\n");
  root_text ("/root.txt", SECRET "\n");
  snprintf (link, sizeof link, "%s/etc/alias", root_directory);
  require (!symlink ("reeve/keys/panel.key", link));
  snprintf (link, sizeof link, "%s/etc/alias2", root_directory);
  require (!symlink ("../../../../etc/hosts", link));
  snprintf (link, sizeof link, "%s/etc/dir/three", root_directory);
  require (!symlink ("/etc/reeve/reeved.conf", link));
}

static void
messages_answer (void)
{
}

/* --- Calls --- */

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  (void)context;
  require (!length || bytes);
  buffer_append (&answer, bytes, length);
  return buffer_error (&answer);
}

static gpg_error_t
take_status (void *context, const char *keyword, const char *text)
{
  (void)context;
  require (!strcmp (keyword, "WARNING"));
  for (const char *p = text; *p; p++)
    require ((unsigned char)*p >= 0x20 && *p != 0x7f);
  return 0;
}

static void
check_plan (const struct plan *plan)
{
  struct buffer text = BUFFER_EMPTY;

  for (size_t i = 0; i < plan_count (plan); i++)
    {
      const char *path = plan_object (plan, i);
      struct aug_session *session = module.session;

      require (!machine_owns (&root_machine, path));
      require (*path == '/' && !strstr (path, "/../") && !strstr (path, "//"));
      require (lens_for_writing (&session->table, path, NULL));
    }
  require (!plan_describe (plan, &text) || plan_count (plan));
  buffer_append (&answer, text.bytes ? text.bytes : "", text.length);
  buffer_release (&text);
}

static void
check_failure (const struct failure *failure)
{
  for (const char *p = failure->text; p && *p; p++)
    require ((unsigned char)*p >= 0x20);
  for (const struct detail *d = failure->details; d; d = d->next)
    require (strspn (d->name, "abcdefghijklmnopqrstuvwxyz-")
             == strlen (d->name));
}

static gpg_error_t perform (struct call *call, const char *name,
                            const char *const *arguments, size_t count,
                            struct writer *out);

/* Run CALL, whose arguments are bound, as the gates would; a plan is looked at
   and not carried out.  */
static gpg_error_t
run (struct call *call)
{
  gpg_error_t err = plan_new (&call->plan);

  require (!err);
  err = call->verb->run (call);
  if (!err)
    {
      check_plan (call->plan);
      if (plan_count (call->plan) && call->verb->done)
        err = call->verb->done (call, 0);
    }
  plan_release (call->plan);
  call->plan = NULL;
  return err;
}

/* Bind WORDS and run VERB.  */
static gpg_error_t
bind_and_run (const struct registry_verb *verb, const struct word *words,
              size_t count, struct writer *out, struct failure *failure)
{
  struct call call = { .noun = &aug_noun,
                       .verb = verb->row,
                       .machine = &root_machine,
                       .module = &module,
                       .identity = "test",
                       .registry = &registry,
                       .perform = perform,
                       .out = out };
  gpg_error_t err = arguments_bind (&verb->grammar, &registry.common, words,
                                    count, &call.arguments, &call.failure);

  for (size_t i = 0; !err && i < arguments_count (call.arguments); i++)
    if (!arguments_value (call.arguments, i)->text)
      err = arguments_answer (call.arguments, i, "asked", 5, &call.failure);
  if (!err)
    err = run (&call);
  arguments_release (call.arguments);
  check_failure (&call.failure);
  if (failure)
    *failure = call.failure;
  else
    failure_release (&call.failure);
  return err;
}

static gpg_error_t
perform (struct call *call, const char *name, const char *const *arguments,
         size_t count, struct writer *out)
{
  const struct registry_verb *verb = registry_verb (&registry.noun[0], name);
  struct word words[ARGUMENTS];

  require (verb && count <= ARGUMENTS);
  for (size_t i = 0; i < count; i++)
    words[i] = (struct word){ WORD_PLAIN, (char *)arguments[i],
                              strlen (arguments[i]) };
  failure_release (&call->failure);
  return bind_and_run (verb, words, count, out, &call->failure);
}

/* The verb that is named, or another.  */
static const struct registry_verb *
take_verb (struct feed *feed)
{
  const struct registry_noun *noun = &registry.noun[0];
  char *name = feed_string (feed);
  const struct registry_verb *verb = registry_verb (noun, name);

  if (!verb)
    verb = &noun->verb[(unsigned char)*name % noun->count];
  free (name);
  return verb;
}

static void
run_call (struct feed *feed)
{
  const struct registry_verb *verb = take_verb (feed);
  struct writer out = { .sink = { take_data, take_status, NULL } };
  struct word words[ARGUMENTS];
  unsigned count = feed_byte (feed);

  out.output = count & 128 ? OUTPUT_JSON : OUTPUT_TEXT;
  count %= ARGUMENTS;
  for (unsigned i = 0; i < count; i++)
    {
      words[i].kind = WORD_PLAIN;
      words[i].text = feed_string (feed);
      words[i].length = strlen (words[i].text);
    }
  bind_and_run (verb, words, count, &out, NULL);
  for (unsigned i = 0; i < count; i++)
    free (words[i].text);
  writer_release (&out);
}

/* Give the session a worker: the rest of the input.  */
static void
start_worker (void)
{
  struct call call = { .module = &module };
  struct aug_session *session;

  require (!aug_session_get (&call, &session));
  if (session->fd >= 0)
    return;
  session->fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
  channel_init (&session->channel, session->fd);
  require (!lens_table_parse (table, strlen (table), &session->table));
}

static bool
has_secret (const void *bytes, size_t length)
{
  return length && memmem (bytes, length, SECRET, strlen (SECRET));
}

/* Neither the worker nor the client has seen it, unless the fuzzer, which
   watches what is compared, has guessed it.  */
static void
check_secret (const uint8_t *bytes, size_t size)
{
  if (has_secret (bytes, size))
    return;
  require (!has_secret (messages_out.bytes, messages_out.length));
  require (!has_secret (answer.bytes, answer.length));
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  struct feed feed = { bytes, bytes + size };
  struct feed calls;
  size_t length;
  const char *piece;

  if (!registry.count)
    set_up ();
  module.helper_fd = -1;
  piece = feed_piece (&feed, &length);
  calls = (struct feed){ (const uint8_t *)piece,
                         (const uint8_t *)piece + length };
  messages_feed = feed;
  for (int i = 0; i < CALLS && feed_left (&calls); i++)
    {
      start_worker ();
      run_call (&calls);
    }
  check_secret (bytes, size);
  aug_session_end (module.session);
  module.session = NULL;
  tally_forget (module.tally, 0);
  buffer_release (&answer);
  messages_forget ();
  return 0;
}
