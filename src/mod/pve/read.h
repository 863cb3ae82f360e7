/* read.h - PVE: what is read, and what that has in common
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_READ_H
#define REEVE_PVE_READ_H

#include <jansson.h>
#include "../../../protocol/buffer.h"
#include "../../call/work.h"
#include "field.h"
#include "guest.h"

/* Operations of the verbs of the same names.  */
gpg_error_t read_nodes (struct work *work);
gpg_error_t read_status (struct work *work);
gpg_error_t read_disks (struct work *work);
gpg_error_t read_resources (struct work *work);
gpg_error_t read_guests (struct work *work);
gpg_error_t read_guest (struct work *work);
gpg_error_t read_config (struct work *work);
gpg_error_t read_pending (struct work *work);
gpg_error_t read_snapshots (struct work *work);
gpg_error_t read_nextid (struct work *work);
gpg_error_t read_storages (struct work *work);
gpg_error_t read_content (struct work *work);
gpg_error_t read_tasks (struct work *work);
gpg_error_t read_permissions (struct work *work);

/* Write the record of ENTRY, an object, but its end.  CONTEXT is what
   read_list was given.  */
typedef gpg_error_t read_entry (struct work *work, const json_t *entry,
                                const void *context);

/* GET PATH, a list, and have WRITE write a record of each entry, in the order
   of the members KEY (a server tells them in any).  */
gpg_error_t read_list (struct work *work, const struct buffer *path,
                       const char *key, read_entry *write, const void *context);

/* GET PATH, an object, for json_decref; an empty one where there is none.  */
gpg_error_t read_object (struct work *work, const char *path,
                         json_t **r_object);

/* The member KEY of OBJECT if it is a text, which belongs to OBJECT; or NULL.
 */
const char *read_string (const json_t *object, const char *key);

/* Check that LIST is a list of objects, and put them in the order of KEY: the
 *R_COUNT pointers at *R_ENTRIES, which the caller frees, belong to LIST.  */
gpg_error_t read_order (struct work *work, const json_t *list, const char *key,
                        const json_t ***r_entries, size_t *r_count);

/* Find the guest that is WORK's argument "vmid", for guest_release, and GET its
   PART, as "/config": an object, for json_decref.  */
gpg_error_t read_of_guest (struct work *work, const char *part,
                           struct guest *r_guest, json_t **r_object);

/* Fail, since the server's answer is no WANTED.  */
gpg_error_t read_odd (struct work *work, const char *wanted);

/* Append "/nodes/NODE" and REST to PATH; NODE is WORK's argument "node".  */
gpg_error_t read_node_path (const struct work *work, struct buffer *path,
                            const char *rest);

/* Append WORK's argument NAME to QUERY, if it was given; and QUERY, if there is
   anything in it, to PATH.  */
void read_argument (const struct work *work, struct buffer *query,
                    const char *name);
void read_query (struct buffer *path, const struct buffer *query);

/* The names of the members of OBJECT, sorted: the *R_COUNT pointers at
 *R_NAMES, which the caller frees, belong to OBJECT.  */
gpg_error_t read_names (struct work *work, const json_t *object,
                        const char ***r_names, size_t *r_count);

/* Write the member KEY of ENTRY, words between commas, semicolons or blanks,
   as the list NAME.  */
gpg_error_t read_words (struct work *work, const json_t *entry, const char *key,
                        const char *name);

/* How much a guest or a node uses, under the names of GUESTS, NODES and
   RESOURCES.  */
extern const struct field read_usage[];

#endif /* REEVE_PVE_READ_H */
