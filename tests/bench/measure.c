/* measure.c - do each kind of work in turn, many times, and time it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   measure ROUNDS PLACE=VALUE... [COMMAND-NAME:PROGRAM ARGUMENT...]...

   Prints "NAME MEDIAN P99" in microseconds.  A word COMMAND-NAME:PROGRAM ARG
   ... (one shell word, blanks separate its arguments) is a program that is
   run and waited for.  With only=NAME nothing but the work NAME is done.  */

#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <gcrypt.h>

#include "subject.h"

#define COMMANDS 16
#define COMMAND_WORDS 24

struct places places;

struct samples
{
  const char *name;
  double *value;
  size_t count;
};

struct command
{
  char *name;
  char *argv[COMMAND_WORDS + 1];
  struct samples samples;
};

void
give_up (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  fputs ("measure: ", stderr);
  vfprintf (stderr, format, arguments);
  fputs ("\n", stderr);
  va_end (arguments);
  exit (1);
}

static double
microseconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void
add (struct samples *samples, double value)
{
  samples->value = realloc (samples->value,
                            (samples->count + 1) * sizeof *samples->value);
  if (!samples->value)
    give_up ("out of memory");
  samples->value[samples->count++] = value;
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *)a;
  double y = *(const double *)b;

  return (x > y) - (x < y);
}

static void
print (struct samples *samples)
{
  qsort (samples->value, samples->count, sizeof *samples->value, compare);
  printf ("%s %.2f %.2f\n", samples->name, samples->value[samples->count / 2],
          samples->value[samples->count * 99 / 100]);
}

static void
run_command (char *const argv[])
{
  extern char **environ;
  posix_spawn_file_actions_t actions;
  int status;
  pid_t pid;

  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_addopen (&actions, 1, "/dev/null", O_WRONLY, 0);
  if (posix_spawnp (&pid, argv[0], &actions, NULL, argv, environ)
      || waitpid (pid, &status, 0) != pid || status)
    give_up ("%s fails", argv[0]);
  posix_spawn_file_actions_destroy (&actions);
}

static void
run_subject (const struct subject *subject, struct samples *samples)
{
  for (unsigned i = 0; i < subject->count; i++)
    {
      double start;

      if (subject->before)
        subject->before ();
      start = microseconds ();
      subject->run ();
      add (samples, microseconds () - start);
    }
}

static void
read_command (char *text, struct command *command)
{
  char *context = NULL;
  size_t count = 0;

  command->name = strtok_r (text, ":", &context);
  command->samples.name = command->name;
  while (count < COMMAND_WORDS
         && (command->argv[count] = strtok_r (NULL, " ", &context)))
    count++;
  if (!count)
    give_up ("%s: no program", text);
}

static const char *only; /* The one kind of work to do, or NULL.  */

static int
read_place (const char *text)
{
  static const struct
  {
    const char *name;
    const char **value;
  } table[] = {
    { "bare=", &places.bare },         { "agent=", &places.agent },
    { "bus=", &places.bus },           { "reeve=", &places.reeve },
    { "identity=", &places.identity }, { "key=", &places.key },
    { "root=", &places.root },         { "manager=", &places.manager },
    { "url=", &places.url },           { "authority=", &places.authority },
    { "header=", &places.header },     { "only=", &only }
  };

  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (!strncmp (text, table[i].name, strlen (table[i].name)))
      {
        *table[i].value = text + strlen (table[i].name);
        return 1;
      }
  return 0;
}

int
main (int argc, char **argv)
{
  static const struct subject *const groups[]
      = { assuan_subjects, bus_subjects,     augeas_subjects,
          audit_subjects,  service_subjects, https_subjects };
  static struct command command[COMMANDS];
  static struct samples samples[64];
  const struct subject *subject[64];
  size_t commands = 0;
  size_t subjects = 0;
  int rounds = argc > 1 ? atoi (argv[1]) : 0;

  if (rounds < 1)
    give_up ("how many rounds?");
  gcry_check_version (NULL);
  gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
  for (int i = 2; i < argc; i++)
    if (!read_place (argv[i]) && commands < COMMANDS)
      read_command (argv[i], command + commands++);
  for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
    for (const struct subject *at = groups[g]; at->name; at++)
      {
        if ((only && strcmp (only, at->name))
            || (groups[g] == service_subjects && !places.manager)
            || (groups[g] == https_subjects && !places.url))
          continue;
        if (at->prepare)
          at->prepare ();
        samples[subjects].name = at->name;
        subject[subjects++] = at;
      }
  for (int round = 0; round < rounds; round++)
    {
      for (size_t i = 0; i < subjects; i++)
        run_subject (subject[i], samples + i);
      for (size_t i = 0; i < commands; i++)
        {
          double start = microseconds ();

          run_command (command[i].argv);
          add (&command[i].samples, microseconds () - start);
        }
    }
  for (size_t i = 0; i < subjects; i++)
    print (samples + i);
  for (size_t i = 0; i < commands; i++)
    print (&command[i].samples);
  fflush (stdout);
  fputs ("ready\n", stdout);
  fflush (stdout);
  (void)getchar (); /* The sessions stay until the caller looked at them.  */
  return 0;
}
