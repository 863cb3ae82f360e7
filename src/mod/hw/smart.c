/* smart.c - HW SMART: a disk's own word on its health
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "smart.h"

#include <string.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "device.h"
#include "hw_work.h"
#include "tool.h"

static const struct field fields[]
    = { { "type", FIELD_TEXT },
        { "protocol", FIELD_TEXT },
        { "model", FIELD_TEXT },
        { "serial", FIELD_TEXT },
        { "firmware", FIELD_TEXT },
        { "capacity_bytes", FIELD_NUMBER },
        { "rotation", FIELD_NUMBER },
        { "message", FIELD_LIST },
        { "health", FIELD_TEXT },
        { "state", FIELD_TEXT },
        { "temperature_c", FIELD_NUMBER },
        { "power_on_hours", FIELD_NUMBER },
        { "power_cycles", FIELD_NUMBER },
        { "reallocated", FIELD_NUMBER },
        { "pending", FIELD_NUMBER },
        { "wear_percent", FIELD_NUMBER },
        { "media_errors", FIELD_NUMBER },
        { "selftest_running", FIELD_BOOL },
        { "selftest_remaining_percent", FIELD_NUMBER },
        { "raw", FIELD_JSON },
        { NULL, FIELD_TEXT } };

static const struct field log_fields[]
    = { { "log", FIELD_TEXT },
        { "number", FIELD_NUMBER },
        { "test", FIELD_TEXT },
        { "result", FIELD_TEXT },
        { "passed", FIELD_BOOL },
        { "remaining_percent", FIELD_NUMBER },
        { "power_on_hours", FIELD_NUMBER },
        { "description", FIELD_TEXT },
        { "corrected", FIELD_NUMBER },
        { "uncorrected", FIELD_NUMBER },
        { "lba", FIELD_NUMBER },
        { NULL, FIELD_TEXT } };

/* What the bits of smartctl's exit status mean, the lowest first.  */
static const char *const bits[] = { "command_line_error", "open_failed",
                                    "command_failed",     "failing",
                                    "prefail_now",        "prefail_past",
                                    "error_log",          "selftest_log" };

/* --- smartctl --- */

gpg_error_t
smartctl_ask (struct work *work, struct smartctl *smartctl)
{
  return tool_ask (work,
                   &(struct tool){ .program = "smartctl",
                                   .arguments = smartctl->arguments,
                                   .parse = smartctl->parse,
                                   .context = &smartctl->question },
                   &smartctl->question.exit_status, &smartctl->answer);
}

bool
smartctl_sleeps (const struct smartctl *smartctl)
{
  const struct item *state = fields_find (&smartctl->answer, "state");

  return smartctl->question.exit_status == SMART_OPEN && state
         && item_is (state, "standby");
}

void
smartctl_details (struct work *work, const struct smartctl *smartctl)
{
  const struct fenced_answer *answer = &smartctl->answer;

  failure_detail (&work->failure, "exit_status", "%d",
                  smartctl->question.exit_status);
  for (size_t i = 0; i + 1 < answer->count; i += 2)
    if (item_is (answer->items + i, "message"))
      failure_detail_bytes (&work->failure, "message",
                            answer->items[i + 1].bytes,
                            answer->items[i + 1].length);
}

gpg_error_t
smartctl_judge (struct work *work, const struct smartctl *smartctl,
                const char *device)
{
  int status = smartctl->question.exit_status;

  if (!(status & (SMART_COMMAND_LINE | SMART_OPEN))
      || smartctl_sleeps (smartctl))
    return 0;
  smartctl_details (work, smartctl);
  if (status & SMART_COMMAND_LINE)
    return fail (&work->failure, GPG_ERR_NOT_SUPPORTED,
                 "smartctl does not know how to ask %.40s: try --device-type",
                 device);
  return fail (&work->failure, GPG_ERR_NOT_OPERATIONAL,
               "%.60s cannot be opened, or is no disk to smartctl", device);
}

gpg_error_t
smartctl_device_option (struct work *work, char **r_option)
{
  const char *type = work_text (work, "device-type");

  /* The type's words; who asks may have been taken over.  */
  if (type
      && (!*type
          || type[strspn (type, "abcdefghijklmnopqrstuvwxyz0123456789")]))
    return fail (&work->failure, GPG_ERR_INV_ARG, "%.40s is no type of devices",
                 type);
  *r_option = text_format ("--device=%s", type ? type : "auto");
  return *r_option ? 0 : gpg_error (GPG_ERR_ENOMEM);
}

/* --- The verb --- */

static enum smart_log
wanted_log (const struct work *work)
{
  const char *log = work_text (work, "log");

  if (log && !strcmp (log, "error"))
    return SMART_LOG_ERROR;
  if (log && !strcmp (log, "selftest"))
    return SMART_LOG_SELFTEST;
  return SMART_LOG_NONE;
}

static gpg_error_t
write_bits (struct writer *out, const struct smartctl *smartctl)
{
  int status = smartctl->question.exit_status;
  gpg_error_t err = writer_field_number (out, "exit_status", status);

  if (smartctl_sleeps (smartctl))
    status &= ~SMART_OPEN;
  for (int i = 0; !err && i < 8; i++)
    err = writer_field_bool (out, bits[i], status >> i & 1);
  return err;
}

static gpg_error_t
write_answer (struct writer *out, const struct smartctl *smartctl,
              const char *device)
{
  size_t index = 0;
  gpg_error_t err = writer_field (out, "device", "%s", device);

  if (!err)
    err = fields_write (out, fields, &smartctl->answer, &index);
  if (!err)
    err = write_bits (out, smartctl);
  if (!err)
    err = writer_record_end (out);
  while (!err && index < smartctl->answer.count)
    {
      err = fields_write (out, log_fields, &smartctl->answer, &index);
      if (!err)
        err = writer_record_end (out);
    }
  return err;
}

gpg_error_t
work_smart (struct work *work)
{
  auto_free char *device = NULL;
  auto_free char *os_path = NULL;
  auto_free char *type = NULL;
  /* --all is what each kind of disk has.  More, as the statistics of ATA, sets
     the bit for failed commands where a disk does not have it.  */
  const char *arguments[7] = { "--json=c", "--all" };
  struct smartctl smartctl = { .arguments = arguments, .parse = smart_parse };
  gpg_error_t err = device_find (work->machine, work_text (work, "device"),
                                 &device, &os_path, &work->failure);

  if (!err)
    err = smartctl_device_option (work, &type);
  if (err)
    return err;
  smartctl.question.log = wanted_log (work);
  smartctl.question.raw = work_number (work, "raw", 0);
  arguments[2] = type;
  arguments[3] = work_number (work, "wake", 0) ? "--nocheck=never"
                                               : "--nocheck=standby";
  arguments[4] = "--";
  arguments[5] = os_path;
  err = smartctl_ask (work, &smartctl);
  if (!err)
    err = smartctl_judge (work, &smartctl, device);
  if (!err)
    err = write_answer (work->out, &smartctl, device);
  fenced_release (&smartctl.answer);
  return err;
}
