/* sensors.c - HW SENSORS: temperatures, fans, voltages
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "../../base/run.h"
#include "fields.h"
#include "hw_work.h"
#include "sensors_parse.h"

static const struct field fields[] = { { "chip", FIELD_TEXT },
                                       { "adapter", FIELD_TEXT },
                                       { "sensor", FIELD_TEXT },
                                       { "label", FIELD_TEXT },
                                       { "kind", FIELD_TEXT },
                                       { "temperature_c", FIELD_DECIMAL },
                                       { "fan_rpm", FIELD_DECIMAL },
                                       { "voltage_v", FIELD_DECIMAL },
                                       { "power_w", FIELD_DECIMAL },
                                       { "current_a", FIELD_DECIMAL },
                                       { "energy_j", FIELD_DECIMAL },
                                       { "humidity_percent", FIELD_DECIMAL },
                                       { "frequency_hz", FIELD_DECIMAL },
                                       { "value", FIELD_DECIMAL },
                                       { "min", FIELD_DECIMAL },
                                       { "max", FIELD_DECIMAL },
                                       { "critical_low", FIELD_DECIMAL },
                                       { "critical", FIELD_DECIMAL },
                                       { "emergency", FIELD_DECIMAL },
                                       { "cap", FIELD_DECIMAL },
                                       { "alarm", FIELD_BOOL },
                                       { "min_alarm", FIELD_BOOL },
                                       { "max_alarm", FIELD_BOOL },
                                       { "critical_low_alarm", FIELD_BOOL },
                                       { "critical_alarm", FIELD_BOOL },
                                       { "emergency_alarm", FIELD_BOOL },
                                       { "cap_alarm", FIELD_BOOL },
                                       { "fault", FIELD_BOOL },
                                       { NULL, FIELD_TEXT } };

/* It ends with 1 where there is no sensor, and where one cannot be read: what
   it wrote counts.  */
static gpg_error_t
ask_sensors (struct work *work, struct fenced_answer *r_answer)
{
  static const char *const arguments[] = { "-j", NULL };
  const struct run run = { .machine = work->machine,
                           .program = "sensors",
                           .arguments = arguments,
                           .most = LIMIT_HW_OUTPUT,
                           .time_ms = LIMIT_HW_SECONDS * 1000,
                           .give_up = work_ended,
                           .context = work };
  struct run_result result;
  gpg_error_t err = run_program (&run, &result, &work->failure);

  if (err)
    return err;
  if (result.exit_status < 0)
    err = fail (&work->failure, GPG_ERR_SERVER_FAILED,
                "sensors was ended by signal %d", result.signal);
  else if (result.cut)
    err = fail (&work->failure, GPG_ERR_TOO_LARGE,
                "sensors wrote more than %lu bytes: its answer is not whole",
                LIMIT_HW_OUTPUT);
  else
    err = fenced_call (sensors_parse, NULL, result.output, result.output_length,
                       r_answer, &work->failure);
  if (err)
    failure_detail (&work->failure, "exit_status", "%d", result.exit_status);
  run_result_release (&result);
  return err;
}

gpg_error_t
work_sensors (struct work *work)
{
  struct fenced_answer answer = { 0 };
  size_t index = 0;
  gpg_error_t err = ask_sensors (work, &answer);

  while (!err && index < answer.count)
    {
      err = fields_write (work->out, fields, &answer, &index);
      if (!err)
        err = writer_record_end (work->out);
    }
  fenced_release (&answer);
  return err;
}
