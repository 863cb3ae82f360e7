/* editor.h - a text in the person's editor
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_EDITOR_H
#define REEVE_EDITOR_H

#include "cli.h"

/* A private copy of a text, alone in a directory of its own.  */
struct draft
{
  char *folder;
  char *path;
};

/* Make a draft with TEXT.  Its file has the last name of the path NAME, by
   which editors know what it is.  */
enum status draft_make (const char *name, const struct buffer *text,
                        struct draft *r_draft);

/* Let the person edit DRAFT, and read what it is then into TEXT.  */
enum status draft_edit (const struct draft *draft, struct buffer *text);

/* Forget about DRAFT; with KEEP its file stays, and where that is is said.  */
void draft_end (struct draft *draft, bool keep);

#endif /* REEVE_EDITOR_H */
