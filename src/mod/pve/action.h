/* action.h - what each verb that changes something sends
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   One table: method, path, parameters, and the types of tasks that may come of
   it.  The facts are those of the API's schema for PVE 7.4 to 9.1.  */

#ifndef REEVE_PVE_ACTION_H
#define REEVE_PVE_ACTION_H

#include <stdbool.h>
#include <gpg-error.h>
#include "../../../protocol/buffer.h"
#include "../../call/work.h"

#define ACTION_TYPES 4

enum parameter_form
{
  PARAMETER_TEXT,
  PARAMETER_FLAG,    /* 1 if it is set, else nothing is sent.  */
  PARAMETER_SECONDS, /* Of milliseconds, rounded up.  */
  PARAMETER_DISK,    /* "rootfs", "scsi0".  */
  PARAMETER_SIZE,    /* "10G"; "+2G": by so much.  */
  PARAMETER_LIST,    /* All values, with commas between.  */
  PARAMETER_ALWAYS   /* The same text in each request.  */
};

struct parameter
{
  const char *argument;  /* Of the verb; what PARAMETER_ALWAYS sends.  */
  const char *container; /* Its name for containers, NULL: not for these.  */
  const char *machine;   /* The same for virtual machines.  */
  enum parameter_form form;
  int least_release; /* Older servers do not know it; 0: all do.  */
};

/* For one kind of guest.  */
struct action_kind
{
  const char *path; /* Below /api2/json: {NAME} is the argument NAME.  */
  const char *types[ACTION_TYPES];
};

struct action
{
  const char *verb;
  const char *method;
  struct action_kind container;
  struct action_kind machine;
  const struct parameter *parameters; /* Ends with a NULL argument; NULL: it
                                         has none.  */
  const char *id; /* The argument that the task is called by; NULL: "vmid".  */
  const char *already; /* A server that says so has nothing to do.  */
  const char *inverse; /* The verb that takes it back, or NULL.  */
  bool at_once;        /* Some servers do it without a task.  */
};

/* The action of VERB, or NULL.  */
const struct action *action_find (const char *verb);

/* What ACTION is for the guest whose argument "kind" WORK has: "lxc" or
   "qemu".  */
const struct action_kind *action_kind (const struct work *work,
                                       const struct action *action);

/* Check that WORK's arguments fit ACTION on a container or a virtual machine:
   an option that this kind of guest does not have is GPG_ERR_INV_ARG.  */
gpg_error_t action_check (struct work *work, const struct action *action,
                          bool container);

/* Whether the disk VOLUME of a configuration ("local:100/a.raw,size=8G") has
   SIZE, an absolute one that action_check takes.  */
bool action_disk_has (const char *volume, const char *size);

/* Its path, encoded, for the caller to free.  */
gpg_error_t action_path (const struct work *work, const struct action *action,
                         char **r_path);

/* Append its parameters for a server of RELEASE (8 for "8.4"; 0: one that knows
   all) to FORM.  *R_LEFT_OUT is the name of one that it does not know, or NULL.
 */
void action_form (const struct work *work, const struct action *action,
                  int release, struct buffer *form, const char **r_left_out);

/* Whether a parameter that not all servers know is to be sent.  */
bool action_needs_release (const struct work *work,
                           const struct action *action);

#endif /* REEVE_PVE_ACTION_H */
