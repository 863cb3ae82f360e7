/* example.c - how to use libreeve: print the host names of this machine
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

     cc example.c $(pkg-config --cflags --libs reeve) -o example
     ./example SOCKET IDENTITY KEYFILE

   It logs in, asks for the addresses in /etc/hosts, then for two values of
   each entry in one call, and prints them.  */

#include <stdio.h>
#include <stdlib.h>
#include <reeve.h>

/* End the program if ERR, an error in doing WHAT, is one.  */
static void
check (reeve_t reeve, const char *what, gpg_error_t err)
{
  const char *name, *value;
  size_t i;

  if (!err)
    return;
  fprintf (stderr, "example: %s: %s - %s\n", what, gpg_strerror (err),
           reeve_error_text (reeve));
  for (i = 0; i < reeve_detail_count (reeve); i++)
    {
      reeve_detail (reeve, i, &name, &value, NULL);
      fprintf (stderr, "  %s: %s\n", name, value);
    }
  reeve_release (reeve);
  exit (1);
}

/* Print what the server has at the two paths below ENTRY.  */
static void
print_entry (reeve_t reeve, const char *entry)
{
  char address[1000], name[1000];
  struct reeve_word words[] = { REEVE_ARG (address), REEVE_ARG (name) };
  const char *first, *second;
  reeve_answer_t answer;
  size_t count;

  snprintf (address, sizeof address, "%s/ipaddr", entry);
  snprintf (name, sizeof name, "%s/canonical", entry);

  /* The last parameter is NULL: an error of the server is the result.  */
  check (reeve, entry, reeve_call (reeve, "AUG GET", words, 2, &answer, NULL));
  check (reeve, entry, reeve_answer_records (answer, &count));
  check (reeve, entry, reeve_answer_string (answer, 0, "value", &first, NULL));
  check (reeve, entry, reeve_answer_string (answer, 1, "value", &second, NULL));
  printf ("%s %s\n", first, second);
  reeve_answer_release (answer);
}

int
main (int argc, char **argv)
{
  struct reeve_word words[] = { REEVE_ARG ("/files/etc/hosts/*[ipaddr]") };
  gpg_error_t server_error;
  reeve_answer_t answer;
  size_t count, i;
  reeve_t reeve;

  if (argc != 4)
    {
      fprintf (stderr, "usage: example SOCKET IDENTITY KEYFILE\n");
      return 2;
    }
  if (reeve_new (&reeve))
    return 1;
  reeve_set_timeout (reeve, 10000, 60000);
  check (reeve, "open", reeve_open_socket (reeve, argv[1]));
  check (reeve, "authenticate",
         reeve_authenticate (reeve, argv[2], argv[3], NULL));

  /* Here the server's error comes apart from the connection's.  */
  check (reeve, "match",
         reeve_call (reeve, "AUG MATCH", words, 1, &answer, &server_error));
  if (gpg_err_code (server_error) == GPG_ERR_FORBIDDEN)
    fprintf (stderr, "example: %s may not read files\n", argv[2]);
  check (reeve, "match", server_error);
  check (reeve, "match", reeve_answer_list (answer, &count));
  for (i = 0; i < count; i++)
    print_entry (reeve, reeve_answer_item (answer, i, NULL));
  reeve_answer_release (answer);
  reeve_release (reeve);
  return 0;
}
