/* smart.h - asking smartctl
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SMART_H
#define REEVE_SMART_H

#include "../../call/work.h"
#include "fields.h"
#include "smart_parse.h"

/* A question to smartctl, and its answer.  */
struct smartctl
{
  const char *const *arguments; /* Ends with NULL.  */
  fenced_function parse;
  struct smart_question question; /* What PARSE gets; the exit status is put
                                     there.  */
  struct fenced_answer answer;    /* For the caller to release.  */
};

/* Run it and have its answer taken apart.  Any exit status is fine as long as
   there is JSON.  */
gpg_error_t smartctl_ask (struct work *work, struct smartctl *smartctl);

/* Whether the answer is that the disk sleeps.  */
bool smartctl_sleeps (const struct smartctl *smartctl);

/* The error that smartctl ended with (bits 0 and 1 of its exit status, but for
   a disk that sleeps), or 0.  DEVICE is for the words.  */
gpg_error_t smartctl_judge (struct work *work, const struct smartctl *smartctl,
                            const char *device);

/* Tell what smartctl said as details of WORK's failure.  */
void smartctl_details (struct work *work, const struct smartctl *smartctl);

/* "--device=TYPE" for the argument device-type of WORK, for the caller to
   free.  */
gpg_error_t smartctl_device_option (struct work *work, char **r_option);

#endif /* REEVE_SMART_H */
