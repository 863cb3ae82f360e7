/* audit_record.h - the text of an audit record
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Fields are appended in the order of the calls.  Texts and values may be
   NULL: then there is no such field.  An error shows in buffer_error.  */

#ifndef REEVE_AUDIT_RECORD_H
#define REEVE_AUDIT_RECORD_H

#include <stdint.h>
#include "../../protocol/buffer.h"
#include "audit_state.h"

/* Bytes that a record's buffer begins with, for its head.  */
#define AUDIT_HEAD 96

/* Begin a record of EVENT.  */
void record_begin (struct buffer *record, const char *event);

/* Append words of ours, cut if they are long; a number.  */
void record_field (struct buffer *record, const char *name, const char *text);
void record_number (struct buffer *record, const char *name, uint64_t number);

/* Append who; who and what; what came of it.  */
void record_subject (struct buffer *record,
                     const struct audit_subject *subject);
void record_call (struct buffer *record, const struct audit_subject *subject,
                  const struct call *call);
void record_outcome (struct buffer *record, const struct call *call,
                     gpg_error_t outcome, uint64_t duration_us);
void record_error (struct buffer *record, gpg_error_t err, const char *text);

/* Store "NOUN VERB" at R_NAME.  */
void record_verb_name (const struct call *call, char r_name[LOG_STATE_NAME]);

/* Put sequence and time before it; returns where BODY begins.  */
char *record_head (struct audit *audit, struct buffer *record,
                   uint64_t sequence);

#endif /* REEVE_AUDIT_RECORD_H */
