/* fuzz-key.c - key files
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "root.h"
#include "../../protocol/handshake.h"
#include "../../protocol/limits.h"
#include "../../src/gate/policy.h"

static char name[] = "panel";
static char file[] = "panel.key";
static struct identity_key key = { .file = file };
static const struct identity identity
    = { .name = name, .key_count = 1, .key = &key };

/* A key is what the file has without one LF at its end, of which there are
   LIMIT_KEY_MIN to LIMIT_KEY_MAX bytes; the daemon and the client agree.  */
int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  size_t length = size && bytes[size - 1] == '\n' ? size - 1 : size;
  struct failure failure = FAILURE_NONE;
  size_t read_length = 0;
  void *read_bytes = NULL;
  gpg_error_t err;
  int fd;

  if (!root_machine.root)
    root_make ();
  root_write (OWN_KEYS_DIR "/panel.key", bytes, size, 0600);
  err = identity_open_key (&identity, 0, &root_machine, &fd, &failure);
  require (err ? fd < 0 && failure.text : fd >= 0);
  if (err)
    require (size < LIMIT_KEY_MIN || size > LIMIT_KEY_MAX + 1);
  else
    {
      err = handshake_read_key (fd, &read_bytes, &read_length);
      close (fd);
      require (!err == (length >= LIMIT_KEY_MIN && length <= LIMIT_KEY_MAX));
      require (
          err
          || (read_length == length && !memcmp (read_bytes, bytes, length)));
      gcry_free (read_bytes);
    }
  failure_release (&failure);
  return 0;
}
