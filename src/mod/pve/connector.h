/* connector.h - connected sockets for a worker that can make none
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The API worker's fence lets it make no socket.  Beside it is a process, the
   connector, that makes connections to the endpoints of pve.conf and to nothing
   else, and passes them on.  It reads nothing but the number of an endpoint,
   and knows no token.  Names are looked up once, before it locks itself in.  */

#ifndef REEVE_PVE_CONNECTOR_H
#define REEVE_PVE_CONNECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <gpg-error.h>
#include "conf.h"

/* Be the connector for the worker behind FD until that is gone.  Never
   returns.  */
void connector_serve (int fd, const struct conf *conf)
    __attribute__ ((noreturn));

#define CONNECTOR_FENCES 128

/* A worker's side.  */
struct connector
{
  int fd;
  uint32_t sequence;             /* Of the last question.  */
  char fences[CONNECTOR_FENCES]; /* What fence_lock reported to the connector;
                                    known after each question.  */
};

/* An endpoint that is none: what is asked then is only FENCES.  */
#define CONNECTOR_NOTHING UINT32_MAX

/* Get a socket, nonblocking, connected to endpoint INDEX.  Asked now and then,
   GIVE_UP tells whether to wait no longer.  Errors: GPG_ERR_CANCELED;
   GPG_ERR_EOF: the connector is gone; else why there is no connection.  */
gpg_error_t connector_ask (struct connector *connector, uint32_t index,
                           bool (*give_up) (void *context), void *context,
                           int *r_socket);

#endif /* REEVE_PVE_CONNECTOR_H */
