/* main.c - replay inputs of a fuzz target without a fuzzer
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Each argument is a file; a line "ok N - FILE" is written for each.  */

#include "fuzz.h"

/* Give the target the content of the file PATH, in memory of just that size,
   so that reading past its end is seen.  */
static void
replay (const char *path)
{
  FILE *stream = fopen (path, "rb");
  uint8_t *bytes;
  long size;

  if (!stream || fseek (stream, 0, SEEK_END) || (size = ftell (stream)) < 0)
    {
      perror (path);
      exit (1);
    }
  rewind (stream);
  bytes = malloc ((size_t)size + !size);
  if (!bytes || fread (bytes, 1, (size_t)size, stream) != (size_t)size)
    {
      perror (path);
      exit (1);
    }
  fclose (stream);
  LLVMFuzzerTestOneInput (bytes, (size_t)size);
  free (bytes);
}

int
main (int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    {
      replay (argv[i]);
      printf ("ok %d - %s\n", i, argv[i]);
      fflush (stdout);
    }
  return 0;
}
