/* scan.c - HW SCAN: the disks that the kernel knows, and how smartctl would ask
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "hw_work.h"
#include "smart.h"
#include "sysfs.h"

#define SECTOR 512 /* Unit of /sys/block/NAME/size, whatever the disk's is. */

static const struct field fields[] = { { "device", FIELD_TEXT },
                                       { "type", FIELD_TEXT },
                                       { "protocol", FIELD_TEXT },
                                       { "open_error", FIELD_TEXT },
                                       { NULL, FIELD_TEXT } };

/* --- What the kernel says --- */

static gpg_error_t
write_text (struct writer *out, int disk, const char *name,
            const char *const *files)
{
  char line[SYSFS_LINE];

  for (; *files; files++)
    if (sysfs_read (disk, *files, line))
      return writer_field (out, name, "%s", line);
  return 0;
}

static gpg_error_t
write_flag (struct writer *out, int disk, const char *name, const char *file)
{
  char line[SYSFS_LINE];

  return sysfs_read (disk, file, line)
             ? writer_field_bool (out, name, strcmp (line, "0"))
             : 0;
}

/* The serial number of a disk that speaks SCSI, as most do in this kernel: page
   0x80 of its vital product data, whose first four bytes are a header, see
   SPC-4.  */
static gpg_error_t
write_page_serial (struct writer *out, int disk)
{
  auto_close int fd = openat (disk, "device/vpd_pg80", O_RDONLY | O_CLOEXEC);
  char page[SYSFS_LINE];
  ssize_t length = fd < 0 ? -1 : read (fd, page, sizeof page);
  const char *serial = page + 4;

  if (length <= 4)
    return 0;
  length -= 4;
  while (length && (serial[length - 1] == ' ' || !serial[length - 1]))
    length--;
  while (length && *serial == ' ')
    {
      serial++;
      length--;
    }
  return length ? writer_field_bytes (out, "serial", serial, (size_t)length)
                : 0;
}

static gpg_error_t
write_disk (struct writer *out, int disk)
{
  static const char *const models[] = { "device/model", "device/name", NULL };
  static const char *const serials[] = { "device/serial", "serial", NULL };
  char line[SYSFS_LINE];
  unsigned long long sectors;
  gpg_error_t err = write_text (out, disk, "model", models);

  if (!err && !faccessat (disk, "device/vpd_pg80", F_OK, 0))
    err = write_page_serial (out, disk);
  else if (!err)
    err = write_text (out, disk, "serial", serials);
  if (!err && sysfs_read (disk, "size", line)
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

static gpg_error_t
write_disks (struct scan *scan, int disks)
{
  struct dirent **entries;
  gpg_error_t err = 0;
  int count = sysfs_scan (disks, &entries);

  for (int i = 0; i < count; i++)
    {
      if (!err)
        err = write_record (scan, disks, entries[i]->d_name);
      free (entries[i]);
    }
  if (count >= 0)
    free (entries);
  return err;
}

gpg_error_t
work_scan (struct work *work)
{
  struct scan scan = { .work = work };
  auto_close int disks = sysfs_open (work->machine, "/sys/block");
  gpg_error_t err = ask_smartctl (&scan);

  if (!err && disks >= 0)
    err = write_disks (&scan, disks);
  if (!err)
    err = write_others (&scan);
  free (scan.records);
  free (scan.told);
  fenced_release (&scan.smartctl.answer);
  return err;
}
