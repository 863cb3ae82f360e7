/* limits.h - every limit that both sides or any client may meet
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

   One place for all of them; doc/protocol.texi lists them for people.  It is
   a table, which clang-format would tear apart.  */

/* clang-format off */

#ifndef REEVE_LIMITS_H
#define REEVE_LIMITS_H

#define KIB 1024UL
#define MIB (1024UL * 1024UL)
#define GIB (1024UL * 1024UL * 1024UL)

/* The wire.  */
#define LIMIT_LINE 1000          /* Bytes in a line, its LF not counted
                                    (Assuan: ASSUAN_LINELENGTH - 2).  */
#define LIMIT_WORDS 128          /* Words in a line.  */
#define LIMIT_ERROR_TEXT 100     /* Bytes of an ERR line's advice (libassuan
                                    cuts there).  */
#define LIMIT_VALUE MIB          /* Bytes of one inquired value, and ... */
#define LIMIT_ANSWER (64 * MIB)  /* ... of one answer; reeved.conf may lower
                                    both.  */
#define LIMIT_RESPONSE 256       /* Bytes of an inquired RESPONSE.  */

/* The handshake.  */
#define LIMIT_IDENTITY 64        /* Bytes in an identity's name.  */
#define LIMIT_KEYS 8             /* Of one identity.  */
#define LIMIT_KEY_MIN 32         /* Bytes in a key, its final LF not counted. */
#define LIMIT_KEY_MAX 1024
#define LIMIT_NONCE_SECONDS 60   /* How long a nonce is good.  */
#define LIMIT_AUTH_TRIES 3       /* Wrong responses a connection survives,
                                    the last one ends it.  */
#define LIMIT_AUTH_PAUSE_MS 5000 /* The longest pause before a wrong answer
                                    is told.  */

/* Time, in seconds; reeved.conf may change these but the last.  */
#define LIMIT_AUTH_SECONDS 30    /* From connect to a good AUTH.  */
#define LIMIT_LINE_SECONDS 30    /* From a line's first byte to its LF, and
                                    for the whole answer to an inquiry.  */
#define LIMIT_IDLE_SECONDS 3600  /* Between two lines.  */
#define LIMIT_WRITE_SECONDS 30   /* For the client to take what it asked.  */
#define LIMIT_DRAIN_SECONDS 30   /* For running calls after SIGTERM.  */
#define LIMIT_RELOAD_SECONDS 30  /* To wait for the end of a reload.  */

/* Clients; reeved.conf may change these.  */
#define LIMIT_CLIENTS 256
#define LIMIT_CLIENTS_PER_UID 64
#define LIMIT_CALLS 100000       /* Calls of one uid in ... */
#define LIMIT_CALLS_SECONDS 10   /* ... this time.  */
#define LIMIT_RATE_PAUSE_MS 50   /* The longest pause before it is told that
                                    there were too many; not to be changed. */

/* Augeas.  */
#define LIMIT_AUG_FILE (4 * MIB)       /* Bytes of one file.  */
#define LIMIT_AUG_FILES 10000          /* Files in one worker, ... */
#define LIMIT_AUG_BYTES (64 * MIB)     /* ... and bytes of them all.  */
#define LIMIT_AUG_NAMES 1000000        /* Names that a wide call looks at.  */
#define LIMIT_AUG_MEMORY (256 * MIB)   /* Address space of a worker, ... */
#define LIMIT_AUG_CPU_SECONDS 5        /* ... CPU time of one request, ... */
#define LIMIT_AUG_WALL_SECONDS 20      /* ... its time by the clock, ... */
#define LIMIT_UNSAVED 10000            /* ... and edits that are not saved;
                                          reeved.conf may change these.  */
#define LIMIT_AUG_EXPRESSION (64 * KIB) /* Bytes of a path expression.  */
#define LIMIT_AUG_JUDGED 100000        /* Nodes of a file that SAVE changes,
                                          where policy has rules for nodes.  */
#define LIMIT_AUG_DEATHS 3             /* Deaths of a uid's workers within ... */
#define LIMIT_AUG_DEATH_SECONDS 60     /* ... this time pause AUG for it.  */

/* The audit log; reeved.conf may change these.  */
#define LIMIT_AUDIT_SIZE (64 * MIB)    /* Bytes of one file, ...  */
#define LIMIT_AUDIT_SECONDS (30 * 86400) /* ... and its age.  */
#define LIMIT_AUDIT_RESERVE (64 * MIB) /* Bytes of the disk that records of
                                          reads leave to others.  */
#define LIMIT_AUDIT_REFUSALS 10        /* Of a user in a second that have a
                                          record each.  */

/* Jobs; reeved.conf may change the first three.  */
#define LIMIT_JOBS 64                  /* That run at once, ... */
#define LIMIT_JOBS_PER_UID 16          /* ... of one user.  */
#define LIMIT_JOBS_KEPT 100            /* Of one identity that are known.  */
#define LIMIT_JOBS_MOST 128
#define LIMIT_JOB_STATUS (256 * KIB)   /* Bytes of status lines, ... */
#define LIMIT_JOB_ANSWER MIB           /* ... and of the answer, of a job.  */

/* Files.  */
#define LIMIT_PATH 4096                /* Bytes of a path.  */
#define LIMIT_LINKS 40                 /* Symbolic links on one way.  */
#define LIMIT_CONFIG_FILE MIB          /* Bytes of a configuration file.  */
#define LIMIT_PLAN_STEPS LIMIT_AUG_FILES
#define LIMIT_FENCED_MEMORY (256 * MIB) /* A parser behind a fence: address
                                           space, ... */
#define LIMIT_FENCED_SECONDS 5          /* ... time of the clock and the CPU. */
#define LIMIT_UNIT_NAME 256             /* Bytes of a unit's name and a NUL. */
#define LIMIT_BUS_SECONDS 25            /* For one answer of systemd's. */
#define LIMIT_SCRIPT_SECONDS 120        /* For an init.d script, ... */
#define LIMIT_WATCHED_SCRIPTS 16       /* Scripts asked again and again. */
#define LIMIT_SCRIPT_OUTPUT (64 * KIB)  /* ... and bytes that it may say. */
#define LIMIT_JOURNAL_FIELD (16 * KIB)  /* Bytes of a field that are told.  */
#define LIMIT_JOURNAL_DETAIL 500        /* Bytes of a line, ... */
#define LIMIT_JOURNAL_DETAILS 10        /* ... and lines, in an error.  */
#define LIMIT_BLOCK_BEGIN (2 * MIB) /* Of a device, where superblocks are, ... */
#define LIMIT_BLOCK_END MIB /* ... and at its end.  */
#define LIMIT_HOLDERS 32 /* Processes told that hold a file system.  */
#define LIMIT_HW_OUTPUT MIB    /* Bytes that smartctl or sensors may write, ... */
#define LIMIT_HW_SECONDS 60UL  /* ... and its time.  */
#define LIMIT_HOST_NAME 64              /* Bytes of a host name, ... */
#define LIMIT_ZONE_NAME 64              /* ... of a time zone's name, ... */
#define LIMIT_LOCALE_NAME 64            /* ... and of a locale's.  */
#define LIMIT_NODE_NAME 63              /* Bytes of the name of a node of
                                           Proxmox VE, ... */
#define LIMIT_STORAGE_NAME 100          /* ... of a storage, ... */
#define LIMIT_SNAPSHOT_NAME 40          /* ... of a snapshot, ... */
#define LIMIT_VOLUME_NAME 255           /* ... of a volume with its storage, */
#define LIMIT_UPID 512                  /* ... and of a task.  */
#define LIMIT_PVE_ANSWER (8 * MIB)      /* Bytes of an answer of Proxmox VE's,
                                           ... */
#define LIMIT_PVE_ENTRIES 50000         /* ... entries of a list that is put in
                                           order, ... */
#define LIMIT_PVE_MESSAGE (4 * KIB)     /* ... of what it says of an error, ...
                                         */
#define LIMIT_PVE_PARAMETERS 32         /* ... and parameters told that it did
                                           not take.  */
#define LIMIT_USERS 1000                /* Users logged in that are told.  */
#define LIMIT_UPDATES_SECONDS 60        /* For apt-get to say what is new, ... */
#define LIMIT_UPDATES_OUTPUT (2 * MIB)  /* ... and bytes that it may say. */
#define LIMIT_WORKERS 8                 /* Workers of a kind, of one session.  */
#define LIMIT_PVE_ENDPOINTS 8           /* In pve.conf.  */
#define LIMIT_PVE_TOKEN 512             /* Bytes of a token.  */
#define LIMIT_PVE_CA (4 * MIB)          /* Bytes of certificates to trust.  */
#define LIMIT_PVE_REASON 1024           /* Bytes of a server's reason phrase, ...
                                           */
#define LIMIT_PVE_HEAD (64 * KIB)       /* ... and of all its headers.  */
#define LIMIT_PVE_MEMORY (512 * MIB)    /* Address space of an API worker.  */
#define LIMIT_PVE_FILES 64              /* Its descriptors.  */
#define LIMIT_PVE_LOCK_SECONDS 60 /* To try again what is locked, in a call
                                     without a time limit.  */
#define LIMIT_PVE_LOST_SECONDS 10 /* To look for a task whose request's answer
                                     was lost.  */
#define LIMIT_PCT_SECONDS 1800UL        /* For pct to create a container, ... */
#define LIMIT_PCT_OUTPUT MIB            /* ... and bytes that it may say.  */
#define LIMIT_UNDO_SECONDS 60 /* For a worker to put back what a step did. */
#define LIMIT_STOP_SECONDS 10 /* For a worker to put in order what it began. */

#endif /* REEVE_LIMITS_H */
