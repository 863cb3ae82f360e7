/* verbs.h - the handlers of AUG's rows, and what they share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_AUG_VERBS_H
#define REEVE_AUG_VERBS_H

#include "session.h"

/* --- read.c --- */

/* Carry OPERATION out and write the value that it answers with.  */
gpg_error_t aug_ask_value (struct call *call, enum channel_operation operation,
                           const char *const *arguments, size_t count);

gpg_error_t verb_get (struct call *call);
gpg_error_t verb_label (struct call *call);
gpg_error_t verb_match (struct call *call);
gpg_error_t verb_ls (struct call *call);
gpg_error_t verb_print (struct call *call);
gpg_error_t verb_span (struct call *call);
gpg_error_t verb_source (struct call *call);
gpg_error_t verb_errors (struct call *call);
gpg_error_t verb_files (struct call *call);

/* --- edit.c --- */

/* Note that there may be edits to lose.  GPG_ERR_LIMIT_REACHED if there are
   too many calls that edit since the last SAVE.  */
gpg_error_t aug_will_edit (struct call *call);

gpg_error_t verb_set (struct call *call);
gpg_error_t verb_setm (struct call *call);
gpg_error_t verb_clear (struct call *call);
gpg_error_t verb_clearm (struct call *call);
gpg_error_t verb_touch (struct call *call);
gpg_error_t verb_insert (struct call *call);
gpg_error_t verb_remove (struct call *call);
gpg_error_t verb_move (struct call *call);
gpg_error_t verb_copy (struct call *call);
gpg_error_t verb_rename (struct call *call);
gpg_error_t verb_defvar (struct call *call);
gpg_error_t verb_defnode (struct call *call);
gpg_error_t verb_store (struct call *call);
gpg_error_t verb_retrieve (struct call *call);
gpg_error_t verb_revert (struct call *call);

/* --- load.c --- */

/* The session's state, with the table of lenses: a worker is started if there
   is none.  */
gpg_error_t aug_table (struct call *call, struct aug_session **r_session);

gpg_error_t verb_load (struct call *call);
gpg_error_t verb_lenses (struct call *call);
gpg_error_t verb_transform (struct call *call);

/* --- text.c --- */

gpg_error_t verb_edit (struct call *call);

/* --- run_script.c --- */

gpg_error_t verb_run (struct call *call);

/* --- complete_node.c --- */

/* The noun's hook: nodes for the type augpath, files for path.  */
gpg_error_t aug_complete (struct call *call, const char *type,
                          const char *prefix);

/* --- object.c --- */

/* The noun's hook for what a path names: see verb.h.  Only plain labels below
   /files can be told without looking into files; "[2]" may stand behind
   them.  */
gpg_error_t aug_find_object (
    const struct machine *machine, const char *text,
    gpg_error_t (*each) (void *context, const struct object_name *names,
                         size_t count),
    void *context);

#endif /* REEVE_AUG_VERBS_H */
