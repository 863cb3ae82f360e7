/* proxmox_names.h - names of what Proxmox VE has
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The checks of the argument types "vmid", "node", "storage", "snapname",
   "volid" and "upid" (types.h): only the form, which is that of the formats
   pve-vmid, pve-node, pve-storage-id, pve-configid and pve-volume-id of the
   API's schema.  None can be taken for an option, and none but a volid holds a
   character that ends a value in a list of properties: a comma or an equals
   sign.  */

#ifndef REEVE_PROXMOX_NAMES_H
#define REEVE_PROXMOX_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>

/* 100 to 999999999, in decimal without leading zeros.  */
gpg_error_t vmid_check (char *text, size_t *length, const char *choices,
                        int64_t *number, const char **r_wanted);

gpg_error_t node_check (char *text, size_t *length, const char *choices,
                        int64_t *number, const char **r_wanted);

/* Whether TEXT has the form of a node's name, of any length.  */
bool node_is_name (const char *text);

gpg_error_t storage_check (char *text, size_t *length, const char *choices,
                           int64_t *number, const char **r_wanted);

/* Not those that PVE keeps for itself: current, vzdump, pending.  */
gpg_error_t snapname_check (char *text, size_t *length, const char *choices,
                            int64_t *number, const char **r_wanted);

/* STORAGE:VOLUME.  Printable ASCII, also blanks, commas and what else is in the
   names of ISO images that somebody put there, as PVE has it (parse_volume_id
   of PVE::Storage), but no way up.  It is no word for a list of properties: who
   puts one there checks more (golden_words.c).  */
gpg_error_t volid_check (char *text, size_t *length, const char *choices,
                         int64_t *number, const char **r_wanted);

/* What upid_parse (upid.h) takes, if it has neither a comma nor an equals
   sign.  */
gpg_error_t upid_check (char *text, size_t *length, const char *choices,
                        int64_t *number, const char **r_wanted);

#endif /* REEVE_PROXMOX_NAMES_H */
