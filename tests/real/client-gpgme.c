/* client-gpgme.c - GPGME's Assuan engine, for test-foreign.py
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   client-gpgme SOCKET

   Each line on standard input is a command, perhaps with a tab and, in hex,
   what answers the inquiries.  Written are a line for each callback, "D" and
   hex, "S", "INQUIRE", and then "OK", "ERR" and the server's number, or
   "BROKEN" and words.  */

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gpgme.h>

struct answer
{
  const char *hex; /* NULL: the inquiry is refused.  */
  gpgme_data_t data;
};

static gpgme_error_t
see_data (void *opaque, const void *data, size_t length)
{
  const unsigned char *bytes = data;

  (void)opaque;
  if (!length)
    return 0;
  printf ("D ");
  for (size_t i = 0; i < length; i++)
    printf ("%02x", bytes[i]);
  printf ("\n");
  return 0;
}

static gpgme_error_t
see_status (void *opaque, const char *keyword, const char *text)
{
  (void)opaque;
  printf ("S %s %s\n", keyword, text);
  return 0;
}

/* Make the answer's data from its hex digits.  */
static gpgme_error_t
make_data (const char *hex, gpgme_data_t *r_data)
{
  gpgme_error_t err = gpgme_data_new (r_data);
  unsigned value;
  char byte;

  for (; !err && sscanf (hex, "%2x", &value) == 1; hex += 2)
    {
      byte = (char)value;
      if (gpgme_data_write (*r_data, &byte, 1) != 1)
        err = gpgme_error (GPG_ERR_GENERAL);
    }
  if (!err)
    gpgme_data_seek (*r_data, 0, SEEK_SET);
  return err;
}

/* Called a second time, without NAME, to release the data.  */
static gpgme_error_t
see_inquiry (void *opaque, const char *name, const char *parameters,
             gpgme_data_t *r_data)
{
  struct answer *answer = opaque;

  if (!name)
    {
      gpgme_data_release (answer->data);
      answer->data = NULL;
      return 0;
    }
  printf ("INQUIRE %s%s%s\n", name, *parameters ? " " : "", parameters);
  if (!answer->hex)
    return gpgme_error (GPG_ERR_CANCELED);
  *r_data = NULL;
  if (make_data (answer->hex, &answer->data))
    return gpgme_error (GPG_ERR_GENERAL);
  *r_data = answer->data;
  return 0;
}

static void
transact (gpgme_ctx_t context, char *line)
{
  struct answer answer = { NULL, NULL };
  gpgme_error_t err, server_err = 0;
  char *tab;

  line[strcspn (line, "\n")] = 0;
  tab = strchr (line, '\t');
  if (tab)
    {
      *tab = 0;
      answer.hex = tab + 1;
    }
  err = gpgme_op_assuan_transact_ext (context, line, see_data, NULL,
                                      see_inquiry, &answer, see_status, NULL,
                                      &server_err);
  if (err)
    printf ("BROKEN %u %s\n", err, gpgme_strerror (err));
  else if (server_err)
    printf ("ERR %u\n", server_err);
  else
    printf ("OK\n");
}

static gpgme_error_t
open_context (const char *socket, gpgme_ctx_t *r_context)
{
  gpgme_error_t err = gpgme_new (r_context);

  if (!err)
    err = gpgme_set_protocol (*r_context, GPGME_PROTOCOL_ASSUAN);
  if (!err)
    err = gpgme_ctx_set_engine_info (*r_context, GPGME_PROTOCOL_ASSUAN, socket,
                                     NULL);
  return err;
}

int
main (int argc, char **argv)
{
  char line[65536];
  gpgme_ctx_t context;
  gpgme_error_t err;

  if (argc != 2)
    return 2;
  setlocale (LC_ALL, "");
  gpgme_check_version (NULL);
  err = open_context (argv[1], &context);
  if (err)
    {
      fprintf (stderr, "client-gpgme: %s\n", gpgme_strerror (err));
      return 1;
    }
  setvbuf (stdout, NULL, _IOLBF, 0);
  while (fgets (line, sizeof line, stdin))
    transact (context, line);
  gpgme_release (context);
  return 0;
}
