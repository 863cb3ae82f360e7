/* smart_test.c - a disk's self-test, started and aborted
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "device.h"
#include "hw_work.h"
#include "smart.h"

static const struct field fields[] = { { "minutes", FIELD_NUMBER },
                                       { NULL, FIELD_TEXT } };

/* Whether smartctl did what it was told: what it does not know for a kind of
   disk it passes over in silence.  */
static gpg_error_t
judge (struct work *work, const struct smartctl *smartctl, const char *device,
       bool abort)
{
  gpg_error_t err = smartctl_judge (work, smartctl, device);

  if (err)
    return err;
  if (smartctl->question.exit_status & SMART_COMMAND)
    {
      smartctl_details (work, smartctl);
      return fail (&work->failure, GPG_ERR_NOT_OPERATIONAL,
                   "%.40s refused it: see detail message", device);
    }
  if (abort || fields_find (&smartctl->answer, "begun"))
    return 0;
  smartctl_details (work, smartctl);
  return fail (&work->failure, GPG_ERR_NOT_SUPPORTED,
               "no self-test has begun: %.40s, or smartctl with it, may have "
               "none such",
               device);
}

/* Have smartctl do OPTION on the device of WORK, whose canonical name goes to
   R_DEVICE.  */
static gpg_error_t
have_done (struct work *work, const char *option, bool abort,
           struct smartctl *smartctl, char **r_device)
{
  auto_free char *os_path = NULL;
  auto_free char *type = NULL;
  /* With the text: only that says whether a test began.  */
  const char *arguments[6] = { "--json=co", option };
  gpg_error_t err = device_find (work->machine, work_text (work, "device"),
                                 r_device, &os_path, &work->failure);

  if (!err)
    err = smartctl_device_option (work, &type);
  if (err)
    return err;
  arguments[2] = type;
  arguments[3] = "--";
  arguments[4] = os_path;
  smartctl->arguments = arguments;
  smartctl->parse = smart_parse_test;
  err = smartctl_ask (work, smartctl);
  return err ? err : judge (work, smartctl, *r_device, abort);
}

gpg_error_t
work_selftest (struct work *work)
{
  struct smartctl smartctl = { 0 };
  auto_free char *device = NULL;
  auto_free char *option = NULL;
  const char *test = work_text (work, "test");
  bool abort = !strcmp (test, "abort");
  size_t index = 0;
  gpg_error_t err;

  option = abort ? strdup ("--abort") : text_format ("--test=%s", test);
  if (!option)
    return gpg_error (GPG_ERR_ENOMEM);
  err = have_done (work, option, abort, &smartctl, &device);
  if (!err)
    err = writer_field_bool (work->out, "changed", true);
  if (!err)
    err = writer_field (work->out, "device", "%s", device);
  if (!err)
    err = writer_field_bool (work->out, "selftest_running", !abort);
  if (!err)
    err = fields_write (work->out, fields, &smartctl.answer, &index);
  if (!err)
    err = writer_record_end (work->out);
  fenced_release (&smartctl.answer);
  return err;
}

/* The handler saw none running, so what runs now was begun by us.  */
gpg_error_t
work_selftest_undo (struct work *work)
{
  struct smartctl smartctl = { 0 };
  auto_free char *device = NULL;
  gpg_error_t err = have_done (work, "--abort", true, &smartctl, &device);

  fenced_release (&smartctl.answer);
  return err;
}
