/* test-sensors_parse.c - tests of src/mod/hw/sensors_parse.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "parsed.h"

#include "src/mod/hw/sensors_parse.h"

static void
kinds (void **state)
{
  (void)state;
  assert_says (sensors_parse, NULL,
               "{\"c\":{\"Adapter\":\"A\",\"CPU\":{\"temp1_input\":45.500,"
               "\"temp1_max\":80,\"temp1_crit_alarm\":1.000}},"
               "\"d\":{\"in0\":{\"in0_input\":0.775},"
               "\"P\":{\"power1_average\":47.09},"
               "\"Adapter\":{\"fan1_input\":0,\"fan1_alarm\":0}}}",
               "chip=c;adapter=A;sensor=temp1;label=CPU;kind=temperature;"
               "temperature_c=45.5;max=80;alarm=1;critical_alarm=1;|"
               "chip=d;sensor=in0;label=in0;kind=voltage;voltage_v=0.775;|"
               "chip=d;sensor=power1;label=P;kind=power;power_w=47.09;|"
               "chip=d;sensor=fan1;label=Adapter;kind=fan;fan_rpm=0;alarm=0;|");
}

static void
what_cannot_be_read (void **state)
{
  (void)state;
  assert_says (sensors_parse, NULL,
               "{\"c\":{\"temp1\":{},\"x\":{\"temp2_input\":nan},\"y z\":{},"
               "\"fan\":{\"fan1_input\":\"9\",\"fan1_min\":null}}}",
               "chip=c;sensor=temp1;label=temp1;kind=temperature;|"
               "chip=c;sensor=temp2;label=x;kind=temperature;|"
               "chip=c;label=y z;kind=other;|"
               "chip=c;sensor=fan1;label=fan;kind=fan;|");
}

static void
odd_shapes (void **state)
{
  (void)state;
  assert_says (sensors_parse, NULL, "{}", "");
  assert_says (sensors_parse, NULL,
               "{\"a\":1,\"b\":[1,[2],[\"x\",3]],\"c\":{\"d\":4,\"e\":[5]},"
               "\"f\":null}",
               "chip=c;label=e;kind=other;|");
  assert_says (sensors_parse, NULL,
               "{\"c\":{\"D\":{\"temp1_input\":1},\"D\":{\"temp2_input\":2}}}",
               "chip=c;sensor=temp1;label=D;kind=temperature;temperature_c=1;|"
               "chip=c;sensor=temp2;label=D;kind=temperature;"
               "temperature_c=2;|");
}

static void
errors (void **state)
{
  auto_buffer struct buffer many = BUFFER_EMPTY;

  (void)state;
  assert_fails (sensors_parse, NULL, "", GPG_ERR_NO_DATA);
  assert_fails (sensors_parse, NULL, "{\"a\":{", GPG_ERR_BAD_DATA);
  buffer_string (&many, "{\"c\":{");
  for (int i = 0; i < 20000; i++)
    buffer_string (&many, "\"x\":{},");
  buffer_string (&many, "}}");
  assert_fails (sensors_parse, NULL, many.bytes, GPG_ERR_TOO_LARGE);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (kinds), cmocka_unit_test (what_cannot_be_read),
          cmocka_unit_test (odd_shapes), cmocka_unit_test (errors) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
