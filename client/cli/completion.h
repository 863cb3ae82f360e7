/* completion.h - readline's completion, by the daemon
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_CLI_COMPLETION_H
#define REEVE_CLI_COMPLETION_H

/* Complete lines with what COMPLETE lists; see prompt_set_up.  */
void completion_set_up (char **(*complete) (const char *text));

#endif /* REEVE_CLI_COMPLETION_H */
