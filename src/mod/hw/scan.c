/* scan.c - HW SCAN: the disks that the kernel knows, and how smartctl would ask
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "hw_work.h"
#include "smart.h"

#define SYS_BLOCK "/sys/block"
#define SECTOR 512 /* Unit of /sys/block/NAME/size, whatever the disk's is. */
#define DISKS_MOST 4096

static const struct field fields[] = { { "device", FIELD_TEXT },
                                       { "type", FIELD_TEXT },
                                       { "protocol", FIELD_TEXT },
                                       { "open_error", FIELD_TEXT },
                                       { NULL, FIELD_TEXT } };

/* --- What the kernel says --- */

/* The kernel's directory of disks: that of a root of ours, if it has one.  */
static DIR *
open_disks (const struct machine *machine)
{
  auto_free char *path = machine_path (machine, SYS_BLOCK);
  DIR *disks = path ? opendir (path) : NULL;

  return disks || !*machine->root ? disks : opendir (SYS_BLOCK);
}

/* The first line of the FILE of DISK, without blanks at its end; false if
   there is none.  */
static bool
read_attribute (int disk, const char *file, char line[256])
{
  auto_close int fd = openat (disk, file, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read (fd, line, 255);

  if (length <= 0)
    return false;
  line[length] = 0;
  length = (ssize_t)strcspn (line, "\n");
  while (length && line[length - 1] == ' ')
    length--;
  line[length] = 0;
  return length;
}

static gpg_error_t
write_text (struct writer *out, int disk, const char *name,
            const char *const *files)
{
  char line[256];

  for (; *files; files++)
    if (read_attribute (disk, *files, line))
      return writer_field (out, name, "%s", line);
  return 0;
}

static gpg_error_t
write_flag (struct writer *out, int disk, const char *name, const char *file)
{
  char line[256];

  return read_attribute (disk, file, line)
             ? writer_field_bool (out, name, strcmp (line, "0"))
             : 0;
}

static gpg_error_t
write_disk (struct writer *out, int disk)
{
  static const char *const models[] = { "device/model", "device/name", NULL };
  static const char *const serials[] = { "device/serial", "serial", NULL };
  char line[256];
  unsigned long long sectors;
  gpg_error_t err = write_text (out, disk, "model", models);

  if (!err)
    err = write_text (out, disk, "serial", serials);
  if (!err && read_attribute (disk, "size", line)
      && sscanf (line, "%18llu", &sectors) == 1
      && sectors <= INT64_MAX / SECTOR)
    err = writer_field_number (out, "capacity_bytes",
                               (int64_t)(sectors * SECTOR));
  if (!err)
    err = write_flag (out, disk, "rotational", "queue/rotational");
  if (!err)
    err = write_flag (out, disk, "removable", "removable");
  if (!err)
    err = write_flag (out, disk, "read_only", "ro");
  return err;
}

/* --- What smartctl says --- */

/* Whether smartctl's device SCANNED is the disk PATH: the controller
   /dev/nvme0 is that of /dev/nvme0n1.  */
static bool
is_same (const char *path, const struct item *scanned)
{
  size_t length = scanned->length;

  if (!length || strncmp (path, scanned->bytes, length))
    return false;
  return !path[length]
         || (!strncmp (path, "/dev/nvme", 9) && path[length] == 'n');
}

struct scan
{
  struct work *work;
  struct smartctl smartctl;
  size_t *records; /* Where each begins; behind the last one: the end.  */
  bool *told;
  size_t count;
};

/* Find the records of the answer.  */
static gpg_error_t
index_records (struct scan *scan)
{
  const struct fenced_answer *answer = &scan->smartctl.answer;

  scan->records = calloc (answer->count / 2 + 1, sizeof *scan->records);
  scan->told = calloc (answer->count / 2 + 1, sizeof *scan->told);
  if (!scan->records || !scan->told)
    return gpg_error_from_syserror ();
  for (size_t i = 0; i + 1 < answer->count; i += 2)
    if (!answer->items[i].length)
      scan->records[++scan->count] = i + 2;
  return 0;
}

/* Write what smartctl knows of the disk PATH.  */
static gpg_error_t
write_how (struct scan *scan, const char *path)
{
  const struct fenced_answer *answer = &scan->smartctl.answer;

  for (size_t i = 0; i < scan->count; i++)
    {
      size_t index = scan->records[i];

      if (scan->told[i] || !item_is (answer->items + index, "device")
          || !is_same (path, answer->items + index + 1))
        continue;
      scan->told[i] = true;
      return fields_write (scan->work->out, fields + 1, answer, &index);
    }
  return 0;
}

static gpg_error_t
write_others (struct scan *scan)
{
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < scan->count; i++)
    {
      size_t index = scan->records[i];

      if (scan->told[i])
        continue;
      err = fields_write (scan->work->out, fields, &scan->smartctl.answer,
                          &index);
      if (!err)
        err = writer_record_end (scan->work->out);
    }
  return err;
}

/* Where smartctl is not installed the kernel's word must do.  */
static gpg_error_t
ask_smartctl (struct scan *scan)
{
  struct work *work = scan->work;
  const char *const arguments[] = {
    "--json=c", work_number (work, "open", 0) ? "--scan-open" : "--scan", NULL
  };
  gpg_error_t err;

  scan->smartctl.arguments = arguments;
  scan->smartctl.parse = smart_parse_scan;
  err = smartctl_ask (work, &scan->smartctl);
  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND)
    {
      failure_release (&work->failure);
      return writer_warning (work->out,
                             "smartctl is not installed: how to ask the disks "
                             "is not known");
    }
  return err ? err : index_records (scan);
}

/* --- The verb --- */

/* Of the disk NAME in DISKS, if it is one: what has no device behind it is
   made of others, or of memory.  */
static gpg_error_t
write_record (struct scan *scan, int disks, const char *name)
{
  auto_close int disk = openat (disks, name,
                                O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  auto_free char *path = text_format ("/dev/%s", name);
  gpg_error_t err;

  if (!path)
    return gpg_error (GPG_ERR_ENOMEM);
  if (disk < 0 || faccessat (disk, "device", F_OK, 0))
    return 0;
  /* The kernel writes cciss!c0d0 for cciss/c0d0.  */
  for (char *c = path; (c = strchr (c, '!'));)
    *c = '/';
  err = writer_field (scan->work->out, "device", "%s", path);
  if (!err)
    err = write_how (scan, path);
  if (!err)
    err = write_disk (scan->work->out, disk);
  return err ? err : writer_record_end (scan->work->out);
}

/* For qsort.  */
static int
compare_names (const void *one, const void *other)
{
  return strverscmp (*(char *const *)one, *(char *const *)other);
}

static gpg_error_t
write_disks (struct scan *scan, DIR *disks)
{
  char *names[DISKS_MOST];
  const struct dirent *entry;
  size_t count = 0;
  gpg_error_t err = 0;

  while (count < DISKS_MOST && (entry = readdir (disks)))
    if (*entry->d_name != '.' && (names[count] = strdup (entry->d_name)))
      count++;
  qsort (names, count, sizeof *names, compare_names);
  for (size_t i = 0; i < count; i++)
    {
      if (!err)
        err = write_record (scan, dirfd (disks), names[i]);
      free (names[i]);
    }
  return err;
}

gpg_error_t
work_scan (struct work *work)
{
  struct scan scan = { .work = work };
  DIR *disks = open_disks (work->machine);
  gpg_error_t err = ask_smartctl (&scan);

  if (!err && disks)
    err = write_disks (&scan, disks);
  if (!err)
    err = write_others (&scan);
  if (disks)
    closedir (disks);
  free (scan.records);
  free (scan.told);
  fenced_release (&scan.smartctl.answer);
  return err;
}
