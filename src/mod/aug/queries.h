/* queries.h - what a worker does for the verbs of AUG that only look
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_AUG_QUERIES_H
#define REEVE_AUG_QUERIES_H

#include "worker.h"

#define ARGUMENTS 130 /* Words of a line, and then some.  */

/* The arguments of a request as strings.  */
struct words_of
{
  size_t count;
  char *word[ARGUMENTS];
};

/* Send what is gathered of the answer once it is a piece.  */
gpg_error_t answer_more (struct worker *worker);

/* Each writes its answer (see enum channel_operation); the files it looks at
   are loaded.  */
gpg_error_t query_get (struct worker *worker, const struct words_of *words);
gpg_error_t query_label (struct worker *worker, const struct words_of *words);
gpg_error_t query_match (struct worker *worker, const struct words_of *words);
gpg_error_t query_ls (struct worker *worker, const struct words_of *words);
gpg_error_t query_print (struct worker *worker, const struct words_of *words);
gpg_error_t query_errors (struct worker *worker, const struct words_of *words);
gpg_error_t query_files (struct worker *worker, const struct words_of *words);

/* --- origin.c --- */

gpg_error_t query_span (struct worker *worker, const struct words_of *words);
gpg_error_t query_source (struct worker *worker, const struct words_of *words);

/* --- lensed.c: these edit --- */

gpg_error_t run_store (struct worker *worker, const struct words_of *words);
gpg_error_t run_retrieve (struct worker *worker, const struct words_of *words);

/* --- transforms.c --- */

gpg_error_t run_transform (struct worker *worker, const struct words_of *words);

#endif /* REEVE_AUG_QUERIES_H */
