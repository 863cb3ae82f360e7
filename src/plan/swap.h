/* swap.h - putting one file in another's place without losing anything
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A swap changes one name of a directory with the help of a second one, the
   temporary.  What state a swap is in can be told by looking at the two
   names, so that a process that comes later can go on where another was
   killed:

              before              performed            finished
     replace  T new, F old        T old, F new         F new
     create   T new, no F         T and F the new one  F new
     remove   no T, F old         T old, no F          no F

   (F is the name, T the temporary.)  While T exists the way back is open;
   where T is gone the swap is over, one way or the other, and nobody touches
   F any more.

   What is guaranteed, whoever else changes the file at any moment:
   - A replaced file's name exists at each instant.
   - A version that somebody renames over F, before or after the exchange, is
     never lost: it either stays at F, or it comes out at T, is recognised as
     not the planned one, and goes back to F.  Should yet another one arrive
     in between, the youngest ends at F.
   - A version that somebody writes in place is recognised after the exchange
     by its content; one that is still open for writing then (F leads to it
     no more, so nobody can open it by that name anew) by a lease, where the
     file system has leases and the process may take them.  Else a writer
     that opened the file before the exchange and writes after the comparison
     writes to the before-image: it is compared again before it is dropped,
     and kept if it differs.
   - Who read the old file and renames its edit over F after the swap is over
     wins, as with any two editors.  */

#ifndef REEVE_SWAP_H
#define REEVE_SWAP_H

#include <stdbool.h>
#include <sys/stat.h>
#include <gpg-error.h>
#include "../base/failure.h"
#include "../base/file.h"

enum swap_action
{
  SWAP_REPLACE,
  SWAP_CREATE,
  SWAP_REMOVE
};

/* A file's identity and content.  All are in one directory, whose device
   number may be another one after the machine was started anew.  */
struct swap_file
{
  ino_t inode;
  off_t size;
  unsigned char hash[FILE_HASH];
};

/* The swap owns none of what it points at.  */
struct swap
{
  enum swap_action action;
  int directory_fd;
  const char *path; /* For people.  */
  const char *name;
  const char *temporary;
  struct swap_file old;   /* Not for SWAP_CREATE.  */
  struct swap_file fresh; /* Not for SWAP_REMOVE.  */
};

enum swap_state
{
  SWAP_READY,     /* Not performed, or undone.  */
  SWAP_PERFORMED, /* The way back is open.  */
  SWAP_FINISHED,
  SWAP_UNKNOWN /* The temporary is gone and so is what was at the name. */
};

/* How many bytes longer than the temporary's a further name may get.  */
#define SWAP_SUFFIX 1

/* Check that NAME in the directory of SWAP is FILE with the content that it
   had, and that nobody has it open for writing; GPG_ERR_CONFLICT if not.  */
gpg_error_t swap_check (const struct swap *swap, const char *name,
                        const struct swap_file *file, struct failure *failure);

/* Perform it.  On an error swap_undo must follow.  ATTRIBUTES (NULL for
   SWAP_CREATE) is the old file as its owner and mode were when they were
   copied.  Errors: GPG_ERR_CONFLICT (not what was planned on), and what the
   file system says.  */
gpg_error_t swap_perform (const struct swap *swap,
                          const struct stat *attributes,
                          struct failure *failure);

/* Put back what was and remove the temporary, from any state; nothing
   happens where the temporary is gone.  If somebody changed the file since,
   theirs is left, a before-image is kept and named in the error,
   GPG_ERR_CONFLICT.  */
gpg_error_t swap_undo (const struct swap *swap, struct failure *failure);

/* Remove the temporary: no way back.  A before-image that somebody changed
   is kept and named in the error, GPG_ERR_CONFLICT.  */
gpg_error_t swap_finish (const struct swap *swap, struct failure *failure);

/* What state SWAP is in.  */
enum swap_state swap_look (const struct swap *swap);

#endif /* REEVE_SWAP_H */
