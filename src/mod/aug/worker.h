/* worker.h - the inside of an augeas worker
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A worker keeps the tree of one session.  It opens no file: the session
   sends what it needs.  Files are parsed from text and rendered to text.  */

#ifndef REEVE_AUG_WORKER_H
#define REEVE_AUG_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <augeas.h>
#include "message.h"
#include "../../base/channel.h"
#include "expression.h"
#include "lenses.h"
#include "../../base/failure.h"
#include "../../base/fence.h"

enum record_state
{
  RECORD_LOADED,
  RECORD_FAILED,   /* Does not parse, or more than one lens claims it.  */
  RECORD_REFUSED,  /* The session cannot or must not give it.  */
  RECORD_ABSENT,   /* No lens has a file here or below.  */
  RECORD_DIRECTORY /* All files below are known.  */
};

/* What is known about a path.  */
struct record
{
  char *path; /* Below the root: "/etc/hosts".  */
  enum record_state state;
  const struct lens *lens; /* LOADED, FAILED, REFUSED (if known).  */
  char *text;              /* LOADED, FAILED: as it was parsed.  */
  size_t length;
  char *draft; /* LOADED, ABSENT: a text that was typed for the file and that
                  its nodes were parsed from, or NULL.  */
  bool newline_added;  /* TEXT got a final newline that the file lacks.  */
  bool rendered;       /* Since it was parsed: see origin.c.  */
  gpg_err_code_t code; /* REFUSED: why, and what to do.  */
  char *advice;
};

/* A change that was rendered and may be committed.  */
struct change
{
  char *path;
  const struct lens *lens;
  bool remove;
  char *text;
  size_t length;
};

#define WORKER_SETTLED 16

/* Where a text, and a tree, stand while something is done with them; gone
   again before a request ends.  */
#define SCRATCH "/augeas/reeve"
#define SCRATCH_TREE SCRATCH "/tree"

struct worker
{
  augeas *aug;
  struct lens_table table;
  struct fence fence;
  struct channel channel;
  struct failure failure; /* Of the present request.  */
  char *report;           /* Fences that hold, until they are told.  */
  void *records;          /* Search tree of struct record by path.  */
  void *cursors;          /* While files are put in order: see order.c.  */
  size_t files;           /* Records of files.  */
  bool everything;        /* All files are known.  */
  bool edited;            /* Since all was as on disk.  */
  bool wrote;             /* Since the table was made.  */
  char *load_shown;       /* What the table was made of: transforms_shown.  */
  char *ordered;          /* The directory whose files are told in order among
                             nodes that were there before, or NULL.  */
  bool fatal;             /* The process cannot go on.  */
  bool lenient;           /* While files are rendered: see render_list.  */
  char *texts; /* A line each: the trees ("/text") that STORE and RETRIEVE
                  used; they are for no file.  */
  struct change *changes;
  size_t change_count;
  char *settled[WORKER_SETTLED]; /* Expressions that need nothing more: only
                                    reads came since that was found out.  */
  size_t memory;                 /* Bytes of address space.  */
  uint64_t cpu_seconds;          /* Of one request.  */
  uint64_t cpu_limit;            /* Seconds in RLIMIT_CPU.  */
  uint64_t cpu_looked; /* When that was set, on the clock of link_now.  */
  uint32_t cpu;        /* Where it runs.  */
};

/* Serve one session over FD, never to return.  WORKER has AUG, TABLE, FENCE,
   MEMORY and CPU_SECONDS.  */
__attribute__ ((noreturn)) void worker_run (struct worker *worker, int fd);

/* --- worker.c --- */

/* Ask the session for what NEEDS misses.  */
gpg_error_t worker_meet (struct worker *worker, const struct needs *needs);

/* Find out what the expression PATH can see (see expression.h for BASE; NULL:
   the context's) and load it.  If STRICT, a file that is named and cannot be
   had is an error.  */
gpg_error_t worker_load_for (struct worker *worker, const char *path,
                             const struct expression_base *base, bool strict);

/* Forget which expressions need nothing more: what they mean may change.  */
void worker_unsettle (struct worker *worker);

/* The failure of the last augeas call, on the expression PATH.  */
gpg_error_t worker_augeas_error (struct worker *worker, const char *path);

/* --- operations.c --- */

/* Carry REQUEST out, and write the answer but its end.  */
gpg_error_t operation_run (struct worker *worker,
                           const struct message *request);

/* --- records.c --- */

struct record *record_find (const struct worker *worker, const char *path);

/* The record of the file (or the end) that lies on the way of PATH, or
   NULL.  */
struct record *record_on_way (const struct worker *worker, const char *path);

/* Make or replace the record of PATH.  */
gpg_error_t record_put (struct worker *worker, const char *path,
                        enum record_state state, struct record **r_record);
void record_drop (struct worker *worker, const char *path);
void records_drop_all (struct worker *worker);

/* Forget that directories, and everything, are known.  */
void records_unsettle (struct worker *worker);

/* The same, and what the client was not allowed to have.  */
void records_renew (struct worker *worker);

/* Call VISIT for each record in order of their paths until it returns an
   error.  VISIT must not add or drop any.  */
gpg_error_t records_each (struct worker *worker,
                          gpg_error_t (*visit) (struct worker *worker,
                                                struct record *record,
                                                void *context),
                          void *context);

/* Whether a file that was loaded lies below the directory PATH.  */
bool record_below (struct worker *worker, const char *path);

/* --- tree.c --- */

/* The path expression for the file PATH below PREFIX ("/files"), each name
   escaped; NULL without memory.  */
char *tree_node (const struct worker *worker, const char *prefix,
                 const char *path);

/* Parse TEXT with LENS into the tree and note it; a text that does not parse
   is noted, too, and no error.  */
gpg_error_t tree_load (struct worker *worker, const char *path,
                       const struct lens *lens, const char *mtime,
                       const struct item *text);

/* A copy of TEXT with a final newline, which *R_ADDED tells to be new: lenses
   want one, and augeas adds it.  NULL without memory.  */
char *tree_text (const struct item *text, size_t *r_length, bool *r_added);

/* Parse TEXT with LENS into the place of the file PATH.  *R_PARSED tells
   whether it did; if not, what was there stays, and the error is noted below
   /augeas/text.  */
gpg_error_t tree_parse (struct worker *worker, const char *path,
                        const char *lens, const char *text, bool *r_parsed);

/* Parse what RECORD has anew.  */
gpg_error_t tree_reload (struct worker *worker, struct record *record);

/* Note that PATH is there but cannot be had: what augeas says of such files
   is KIND ("read_failed"; "" for nothing).  */
gpg_error_t tree_refuse (struct worker *worker, const struct message *message);

/* Take all below the file or directory PATH, or all below /files, for
   unmodified.  */
gpg_error_t tree_clean (struct worker *worker, const char *path);
gpg_error_t tree_clean_all (struct worker *worker);

/* Set the time that augeas shows for the file PATH.  */
gpg_error_t tree_touch (struct worker *worker, const char *path,
                        const char *mtime);

/* How many nodes the expression matches; 0 also on an error.  */
int tree_count (const struct worker *worker, const char *expression);

/* --- errors.c --- */

/* Move the error that augeas noted for the text of PATH to the file's node
   below /augeas/files.  */
void tree_adopt_error (struct worker *worker, const char *path);

/* The value of the node BELOW ("/line") what is noted as error of the file
   PATH, or NULL.  */
const char *tree_error (struct worker *worker, const char *path,
                        const char *below);

/* Set the words and details of the request's failure from the error that is
   noted for the file PATH.  */
gpg_error_t tree_failure (struct worker *worker, const char *path,
                          const struct lens *lens, const char *text,
                          const char *what);

/* The same from what is noted for a text that belongs to no file: LENS met it
   in TEXT (NULL: while rendering).  What is noted is gone then.  */
gpg_error_t text_failure (struct worker *worker, const char *lens,
                          const char *text, const char *what);

/* --- lensed.c --- */

/* Whether there is a lens NAME.  If not, augeas' words for that are stored at
   R_WHY, which may be NULL; NULL there without memory.  */
bool lens_exists (struct worker *worker, const char *name, char **r_why);

/* Whether NODE, at the top, is of a tree that STORE or RETRIEVE used.  */
bool text_is_noted (const struct worker *worker, const char *node);

/* Store at R_NAME the full name of the lens that NAME means: a module's name
   means its lens "lns".  An unknown one is GPG_ERR_NOT_FOUND.  */
gpg_error_t lens_named (struct worker *worker, const char *name, char **r_name);

/* --- order.c --- */

/* Put the nodes on the way from the directory that is told in order to PATH,
   below PREFIX, where they stand when all files are loaded in order: behind
   those that were put before.  Nodes that are missing are made if CREATE.  */
gpg_error_t order_place (struct worker *worker, const char *prefix,
                         const char *path, bool create);
void order_end (struct worker *worker);

/* Take away the empty nodes that order_place made for PATH below /files. */
void order_undo (struct worker *worker, const char *path);

/* --- render.c --- */

/* Render all files whose text would change, into WORKER's changes.  */
gpg_error_t render_changes (struct worker *worker);
void render_forget (struct worker *worker);

/* Render the tree NODE with LENS as the text of the file PATH.  TEXT_IN is what
   gives blanks and order.  */
gpg_error_t render_text (struct worker *worker, const char *path,
                         const char *node, const struct lens *lens,
                         const char *text_in, char **r_text);

/* The text that the tree of RECORD is to be rendered with.  */
const char *render_base (const struct record *record);

/* The same as render_changes, for a look at which files these are: one that
   cannot be rendered is among them, without a text; what no file would have is
   passed over.  */
gpg_error_t render_list (struct worker *worker);

/* The changes were written: PAIRS of path and mtime.  */
gpg_error_t render_commit (struct worker *worker, const struct item *pairs,
                           size_t count);

/* Call VISIT for each node at the top that is not the library's own.  */
gpg_error_t render_each_stray (struct worker *worker,
                               gpg_error_t (*visit) (struct worker *worker,
                                                     const char *node));

/* Whether anything at or below NODE is modified; whether NODE has a value;
   whether augeas tells it from others of its name by a number.  */
bool node_is_modified (const struct worker *worker, const char *node);
bool node_has_value (const struct worker *worker, const char *node);
bool node_is_numbered (const char *node);

/* --- known.c --- */

/* Append to TEXT the table's lines for all lenses that are known.  AUG has no
   files.  */
gpg_error_t known_text (augeas *aug, struct buffer *text);

/* --- compare.c --- */

/* See CHANNEL_COMPARE.  */
gpg_error_t compare_texts (struct worker *worker, const struct item *items,
                           size_t count);

/* --- transforms.c --- */

#define TRANSFORM_REMARKS 10 /* That LOAD makes.  */

/* Append to TEXT the table of what is below /augeas/load, with the lenses that
   KNOWN has.  */
gpg_error_t transforms_text (augeas *aug, const struct lens_table *known,
                             struct buffer *text);

/* What PRINT shows of it; NULL without memory.  */
char *transforms_shown (augeas *aug);

/* If the client has written there, put that in force and answer with the text
   of the new table and remarks on what is not in it.  Then no file is
   known.  */
gpg_error_t transforms_adopt (struct worker *worker);

/* --- retype.c --- */

/* The file PATH as a whole: see CHANNEL_TEXT and CHANNEL_REPLACE.  */
gpg_error_t retype_text (struct worker *worker, const char *path);
gpg_error_t retype_replace (struct worker *worker, const char *path,
                            const char *text);

/* --- revert.c --- */

/* Drop all edits below /files.  */
gpg_error_t revert_edits (struct worker *worker);

/* Forget all files and evaluate the variables again.  */
gpg_error_t revert_all (struct worker *worker);

#endif /* REEVE_AUG_WORKER_H */
