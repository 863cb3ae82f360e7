/* subject.h - what is measured, and against what
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Everything here ends the process with a message when anything fails: a
   wrong answer has no time worth knowing.  */

#ifndef REEVE_BENCH_SUBJECT_H
#define REEVE_BENCH_SUBJECT_H

#include <stddef.h>

/* Where the servers are; all from the command line.  */
struct places
{
  const char *bare;     /* Socket of the bare server.  */
  const char *agent;    /* Socket of gpg-agent.  */
  const char *bus;      /* Address of a D-Bus with the service of bus.c.  */
  const char *reeve;    /* Socket of reeved.  */
  const char *identity; /* For reeved, ...  */
  const char *key;      /* ... and the file of its key.  */
  const char *root;     /* A tree for libaugeas in this process.  */
  const char *manager;  /* Private socket of the systemd that reeved asks; NULL:
                           there is none.  */
  const char *url;       /* Of the version of Proxmox VE's API, ... */
  const char *authority; /* ... the file of who signed its certificate, ... */
  const char *header;    /* ... and that of the line with the token.  */
};

extern struct places places;

/* One kind of work; RUN does it once.  */
struct subject
{
  const char *name;
  void (*prepare) (void); /* Once, not measured; may be NULL.  */
  void (*before) (void);  /* Before each run, not measured; may be NULL.  */
  void (*run) (void);
  unsigned count; /* Runs in each round.  */
};

void __attribute__ ((noreturn, format (printf, 1, 2)))
give_up (const char *format, ...);

/* wire.c: a connected client of an Assuan server, its hello read.  */
int wire_connect (const char *path);
void wire_login (int fd);

/* Send REQUEST (whole lines) and read COUNT answers up to OK.  */
void wire_exchange (int fd, const char *request, unsigned count);

/* subjects_*.c: ends with a NULL name.  */
extern const struct subject assuan_subjects[];
extern const struct subject audit_subjects[];
extern const struct subject bus_subjects[];
extern const struct subject augeas_subjects[];
extern const struct subject https_subjects[];
extern const struct subject service_subjects[]; /* These need a manager.  */

#endif /* REEVE_BENCH_SUBJECT_H */
