/* session.h - what a session keeps for AUG: its worker and the files it told
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_AUG_SESSION_H
#define REEVE_AUG_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include "message.h"
#include "../../base/channel.h"
#include "lenses.h"
#include "../../base/file.h"
#include "../../call/call.h"

/* A file that the worker was told, as it was read.  */
struct known_file
{
  char *path;     /* As the tree has it: links are not resolved.  */
  char *resolved; /* Where they led; NULL if that is not known.  */
  struct file_image image;
};

struct aug_session
{
  int fd; /* To the worker; -1: there is none.  */
  int pidfd;
  pid_t process; /* Whose session it is.  */
  struct channel channel;
  struct lens_table table;
  char *report; /* Fences that hold, as the worker says.  */
  void *files;  /* Search tree of struct known_file by path.  */
  size_t file_count;
  size_t file_bytes;
  bool wide;           /* The present request loads whole directories, so
                          its cost may be others' doing.  */
  bool edited;         /* There may be unsaved edits.  */
  bool wrote;          /* A verb that writes was allowed since the worker is
                          there.  */
  size_t edits;        /* Calls that edit, since the last SAVE.  */
  bool transformed;    /* The client's own transforms would be lost.  */
  bool judges;         /* The worker judges: it needs no files.  */
  bool lost;           /* Both were, in completing a word, which says nothing;
                          the next request tells it.  */
  unsigned generation; /* Of the policy that the files were told by.  */
  size_t change_count; /* What SAVE has planned.  */
  size_t change_bytes; /* Length of the new texts.  */
  struct saved_change *changes;
};

/* The session's state, made at the first call.  */
gpg_error_t aug_session_get (struct call *call, struct aug_session **r_session);

/* Free SESSION and end its worker.  */
void aug_session_end (void *session);

/* Note that there are none, or no more, that were not saved.  */
void aug_edits_are_gone (struct aug_session *session);

/* Whether SESSION has edits that were not saved.  */
bool aug_session_unsaved (const void *session);

/* End the worker and forget what it knew.  */
void aug_drop_worker (struct aug_session *session);

/* What takes the answer: called for each CHANNEL_ANSWER.  */
typedef gpg_error_t (*aug_answer_t) (struct call *call,
                                     const struct message *message,
                                     void *context);

/* Let the worker carry OPERATION out with COUNT arguments, strings all; an
   argument that is NULL ends them.  ANSWER may be NULL.  The worker's death,
   a time limit or a malformed message cost the worker: the next request gets
   a new one.  */
gpg_error_t aug_request (struct call *call, enum channel_operation operation,
                         const char *const *arguments, size_t count,
                         aug_answer_t answer, void *context);

/* GPG_ERR_TIMEOUT or GPG_ERR_CANCELED, with words for CALL, when SESSION's
   request is to be given up.  Asked by what may take long and does not wait
   for the worker.  */
gpg_error_t aug_may_go_on (struct call *call,
                           const struct aug_session *session);

/* --- files.c: the session's side of CHANNEL_NEED --- */

struct known_file *known_file_find (const struct aug_session *session,
                                    const char *path);

/* Take IMAGE over as that of PATH, which leads to RESOLVED (or NULL); it is
   empty afterwards.  */
gpg_error_t known_file_put (struct aug_session *session, const char *path,
                            const char *resolved, struct file_image *image);
void known_file_drop (struct aug_session *session, const char *path);
void known_files_drop_all (struct aug_session *session);

/* Whether the client may still see all files that were told, and their text.
 */
bool known_files_allowed (const struct call *call,
                          const struct aug_session *session);

/* Read the file PATH that LENS claims and put it, or why it cannot be had,
   into the channel.  *R_EXISTS is false if there is no such file.  If WIDE,
   nobody asked for this very file.  */
gpg_error_t files_tell (struct call *call, struct aug_session *session,
                        const char *path, const struct lens *lens, bool wide,
                        bool *r_exists);

/* Put into the channel that PATH cannot be had, with what augeas calls that
   (KIND, "" for nothing it shows).  LENS may be NULL.  */
void files_refuse (struct aug_session *session, const char *path,
                   const struct lens *lens, gpg_err_code_t code,
                   const char *advice, const char *kind);

/* Answer a CHANNEL_NEED, up to CHANNEL_READY.  An error is the call's; the
   worker is then told to give up.  */
gpg_error_t files_answer (struct call *call, struct aug_session *session,
                          const struct message *message);

/* Whether PATH is absolute, of at most LIMIT_PATH bytes, and has no empty
   component, "." or "..".  */
bool path_is_canonical (const char *path);

/* --- inventory.c --- */

/* Tell all files below the directory PATH ("": everything) that lenses claim,
   in augeas' order.  */
gpg_error_t inventory_tell (struct call *call, struct aug_session *session,
                            const char *path);

/* Refuse PATH since two lenses claim it, as augeas does.  */
void inventory_refuse_rivals (struct aug_session *session, const char *path,
                              const struct lens *lens,
                              const struct lens *rival);

/* --- save.c --- */

gpg_error_t verb_diff (struct call *call);
gpg_error_t verb_save (struct call *call);
gpg_error_t verb_save_done (struct call *call, gpg_error_t err);
void aug_forget_changes (struct aug_session *session);

#endif /* REEVE_AUG_SESSION_H */
