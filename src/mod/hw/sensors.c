/* sensors.c - HW SENSORS: temperatures, fans, voltages
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "fields.h"
#include "hw_work.h"
#include "sensors_parse.h"
#include "tool.h"

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

gpg_error_t
work_sensors (struct work *work)
{
  static const char *const arguments[] = { "-j", NULL };
  struct fenced_answer answer = { 0 };
  size_t index = 0;
  int status;
  /* It ends with 1 where there is no sensor, and where one cannot be read: what
     it wrote counts.  */
  gpg_error_t err = tool_ask (work,
                              &(struct tool){ .program = "sensors",
                                              .arguments = arguments,
                                              .parse = sensors_parse },
                              &status, &answer);

  while (!err && index < answer.count)
    {
      err = fields_write (work->out, fields, &answer, &index);
      if (!err)
        err = writer_record_end (work->out);
    }
  fenced_release (&answer);
  return err;
}
