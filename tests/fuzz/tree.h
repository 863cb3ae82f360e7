/* tree.h - augeas workers inside of a fuzz target
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The lenses are few and small, so that each input can begin with a new tree.
   A crash inside of libaugeas costs a worker in real life, too, and is none of
   ours: the input is then passed over.  */

#ifndef REEVE_FUZZ_TREE_H
#define REEVE_FUZZ_TREE_H

#include "messages.h"
#include <dlfcn.h>
#include <execinfo.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>
#include "../../src/mod/aug/worker.h"

#define TREE_NOWHERE "/proc/sys/kernel" /* No lens has a file below it.  */
#define TREE_FRAMES 64
#define TREE_STACK (48UL << 20) /* Of more ASan does not clean up.  */

/* Asked by the leak checker.  The library loses memory, too.  */
int __lsan_is_turned_off (void);
const char *__lsan_default_suppressions (void);

static const char tree_table[]
    = "lens Hosts.lns\ninfo hosts.aug:1\nincl /etc/hosts\nincl /etc/h/*\n"
      "excl *~\nlens Simplelines.lns\ninfo simplelines.aug:1\n"
      "incl /etc/lines\nincl /etc/h/lines*\n"
      "lens Shellvars.lns\ninfo shellvars.aug:1\nincl /etc/default/*\n";

/* --- Crashes of the library --- */

static sigjmp_buf tree_way_out;
static volatile sig_atomic_t tree_guarded;
static struct sigaction tree_former[NSIG];
static bool tree_any_lost;

const char *
__lsan_default_suppressions (void)
{
  return "leak:libaugeas";
}

int
__lsan_is_turned_off (void)
{
  return tree_any_lost;
}

static inline bool
tree_in_library (void)
{
  void *frames[TREE_FRAMES];
  int count = backtrace (frames, TREE_FRAMES);
  Dl_info info;

  for (int i = 0; i < count; i++)
    if (dladdr (frames[i], &info) && info.dli_fname
        && strstr (info.dli_fname, "libaugeas"))
      return true;
  return false;
}

static inline void
tree_crashed (int number, siginfo_t *info, void *context)
{
  (void)info;
  (void)context;
  if (tree_guarded && tree_in_library ())
    siglongjmp (tree_way_out, number);
  sigaction (number, &tree_former[number], NULL);
  raise (number);
}

/* What was lost on the way out is no leak.  */
static inline void
tree_lost (void)
{
  tree_guarded = 0;
  tree_any_lost = true;
}

/* Let the stack, which grows while there is room, hold what the library makes
   of an input's brackets: it would overflow in malloc, behind a lock.  */
static inline void
tree_raise_stack (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_STACK, &limit) || limit.rlim_cur >= TREE_STACK)
    return;
  limit.rlim_cur = limit.rlim_max < TREE_STACK ? limit.rlim_max : TREE_STACK;
  setrlimit (RLIMIT_STACK, &limit);
}

/* At the first input: libFuzzer's own handlers are there then.  A stack that
   overflows leaves no room for a handler.  */
static inline void
tree_set_up (void)
{
  static const int numbers[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
  static char stack[1 << 18];
  static bool done;
  struct sigaction action = { .sa_sigaction = tree_crashed,
                              .sa_flags = SA_SIGINFO | SA_ONSTACK
                                          | SA_NODEFER };
  stack_t place = { .ss_sp = stack, .ss_size = sizeof stack };
  void *frames[1];

  if (done)
    return;
  done = true;
  tree_raise_stack ();
  backtrace (frames, 1); /* Loads what it needs.  */
  require (!sigaltstack (&place, NULL));
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    sigaction (numbers[i], &action, &tree_former[numbers[i]]);
}

/* --- Workers --- */

/* A tree as the keeper makes it.  */
static inline augeas *
tree_open (void)
{
  augeas *aug = aug_init (TREE_NOWHERE, NULL,
                          AUG_NO_LOAD | AUG_NO_MODL_AUTOLOAD
                              | AUG_NO_ERR_CLOSE);

  require (aug && !aug_set (aug, "/augeas/root", "/") && !aug_load (aug));
  return aug;
}

/* Write the table below /augeas/load.  */
static inline void
tree_write_table (augeas *aug, const struct lens_table *table)
{
  char node[128];

  for (size_t i = 0; i < table->count; i++)
    {
      const struct lens *lens = &table->lenses[i];
      int length = (int)strcspn (lens->name, ".");

      snprintf (node, sizeof node, "/augeas/load/%.*s/lens", length,
                lens->name);
      require (!aug_set (aug, node, lens->name));
      for (size_t j = 0; j < lens->count; j++)
        {
          snprintf (node, sizeof node, "/augeas/load/%.*s/%s[last()+1]", length,
                    lens->name, lens->globs[j].include ? "incl" : "excl");
          require (!aug_set (aug, node, lens->globs[j].glob));
        }
    }
}

/* Fill WORKER, which has a tree without files.  */
static inline void
tree_worker_fill (struct worker *worker, augeas *aug)
{
  memset (worker, 0, sizeof *worker);
  worker->aug = aug;
  worker->cpu = UINT32_MAX;
  channel_init (&worker->channel, -1);
  require (!lens_table_parse (tree_table, strlen (tree_table), &worker->table));
  tree_write_table (worker->aug, &worker->table);
  require (!tree_clean_all (worker));
  worker->load_shown = transforms_shown (worker->aug);
  require (worker->load_shown);
}

static inline void
tree_worker_open (struct worker *worker)
{
  tree_worker_fill (worker, tree_open ());
}

/* Free all but the tree.  */
static inline void
tree_worker_forget (struct worker *worker)
{
  order_end (worker);
  render_forget (worker);
  worker_unsettle (worker);
  records_drop_all (worker);
  failure_release (&worker->failure);
  channel_release (&worker->channel);
  lens_table_release (&worker->table);
  free (worker->load_shown);
  free (worker->texts);
}

/* All that a tree has, as text.  */
static inline char *
tree_print (augeas *aug)
{
  char *text = NULL;
  size_t length = 0;
  FILE *stream = open_memstream (&text, &length);

  require (stream);
  aug_print (aug, stream, "/*");
  require (!fclose (stream));
  return text;
}

static inline void
tree_forget_variables (augeas *aug)
{
  char **nodes = NULL;
  int count = aug_match (aug, "/augeas/variables/*", &nodes);
  const char *label;

  for (int i = 0; i < count; i++)
    {
      char *name = aug_label (aug, nodes[i], &label) == 1 && label
                       ? strdup (label)
                       : NULL;

      if (name)
        aug_defvar (aug, name, NULL);
      free (name);
      free (nodes[i]);
    }
  free (nodes);
}

/* Make WORKER's tree, which was used, what it was at the beginning, TEXT; so
   no lens need be compiled again.  Whether that succeeded.  */
static inline bool
tree_worker_renew (struct worker *worker, const char *text)
{
  static const char *const used[]
      = { "/files/*",
          "/augeas/files/*",
          "/augeas/text",
          "/augeas/error",
          "/augeas/events",
          "/augeas/load/*",
          "/*[label() != 'augeas'][label() != 'files']" };
  augeas *aug = worker->aug;
  char *now;
  bool same;

  tree_worker_forget (worker);
  tree_forget_variables (aug);
  for (size_t i = 0; i < sizeof used / sizeof *used; i++)
    aug_rm (aug, used[i]);
  tree_worker_fill (worker, aug);
  now = tree_print (aug);
  same = !strcmp (now, text);
  free (now);
  return same;
}

#endif /* REEVE_FUZZ_TREE_H */
