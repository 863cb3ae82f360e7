/* subjects_https.c - the API's version: by PVE VERSION, and by libcurl
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>
#include <string.h>
#include <curl/curl.h>

#include "subject.h"

#define VERSION "PVE VERSION\n"

static int reeve_fd;
static CURL *easy;
static char body[1024];
static size_t body_length;

static void
reeve_prepare (void)
{
  reeve_fd = wire_connect (places.reeve);
  wire_login (reeve_fd);
  wire_exchange (reeve_fd, VERSION, 1);
}

static void
reeve_version (void)
{
  wire_exchange (reeve_fd, VERSION, 1);
}

static size_t
take_body (char *bytes, size_t size, size_t count, void *context)
{
  size_t length = size * count;

  (void)context;
  if (length > sizeof body - 1 - body_length)
    give_up ("%s: a long answer", places.url);
  memcpy (body + body_length, bytes, length);
  body_length += length;
  body[body_length] = 0;
  return length;
}

static void
curl_version_once (void)
{
  body_length = 0;
  if (curl_easy_perform (easy) || !strstr (body, "release"))
    give_up ("%s: no answer", places.url);
}

static void
curl_prepare (void)
{
  char line[256];
  struct curl_slist *headers;
  FILE *file = fopen (places.header, "re");

  if (!file || !fgets (line, sizeof line, file))
    give_up ("%s: no header", places.header);
  fclose (file);
  line[strcspn (line, "\n")] = 0;
  headers = curl_slist_append (NULL, line);
  if (curl_global_init (CURL_GLOBAL_DEFAULT) || !(easy = curl_easy_init ())
      || curl_easy_setopt (easy, CURLOPT_URL, places.url)
      || curl_easy_setopt (easy, CURLOPT_CAINFO, places.authority)
      || curl_easy_setopt (easy, CURLOPT_HTTPHEADER, headers)
      || curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, take_body))
    give_up ("libcurl: not ready");
  curl_version_once ();
}

const struct subject https_subjects[]
    = { { "version.reeve", reeve_prepare, NULL, reeve_version, 20 },
        { "version.curl", curl_prepare, NULL, curl_version_once, 20 },
        { NULL, NULL, NULL, NULL, 0 } };
