/* test-smart_parse.c - tests of src/mod/hw/smart_parse.c and smart_log.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Whole answers of disks are in tests/real/test-hw-samples.py.  */

#include "parsed.h"

#include "src/mod/hw/smart_parse.h"

static const struct smart_question plain = { 0, SMART_LOG_NONE, false };
static const struct smart_question errors = { 0, SMART_LOG_ERROR, false };
static const struct smart_question tests_log = { 0, SMART_LOG_SELFTEST, false };

#define UNKNOWN "health=unknown;state=active;"

static void
assert_smart (const char *text, const char *expected)
{
  assert_says (smart_parse, &plain, text, expected);
}

static void
identity (void **state)
{
  (void)state;
  assert_smart ("{}", UNKNOWN "|");
  assert_smart ("{\"device\":{\"type\":\"sat\",\"protocol\":\"ATA\"},"
                "\"model_name\":\"M\",\"serial_number\":\"S\","
                "\"firmware_version\":\"F\","
                "\"user_capacity\":{\"bytes\":512},\"rotation_rate\":0}",
                "type=sat;protocol=ATA;model=M;serial=S;firmware=F;"
                "capacity_bytes=512;rotation=0;" UNKNOWN "|");
  assert_smart ("{\"vendor\":\"V\",\"product\":\"P\",\"revision\":\"R\"}",
                "model=V P;firmware=R;" UNKNOWN "|");
  assert_smart ("{\"scsi_product\":\"P\",\"model_name\":null,"
                "\"device\":{\"protocol\":\"NVMe\"},"
                "\"nvme_namespaces\":[{\"size\":{\"bytes\":7}}]}",
                "protocol=NVMe;model=P;capacity_bytes=7;rotation=0;" UNKNOWN
                "|");
}

static void
health (void **state)
{
  static const struct smart_question failing = { 8, SMART_LOG_NONE, false };

  (void)state;
  assert_smart ("{\"smart_status\":{\"passed\":true}}",
                "health=passed;state=active;|");
  assert_smart ("{\"smart_status\":{\"passed\":false}}",
                "health=failed;state=active;|");
  assert_smart ("{\"smart_status\":{\"passed\":1}}", UNKNOWN "|");
  assert_says (smart_parse, &failing, "{\"smart_status\":{\"passed\":true}}",
               "health=failed;state=active;|");
}

static void
messages (void **state)
{
  (void)state;
  assert_smart ("{\"smartctl\":{\"messages\":[{\"string\":\"a\"},null,"
                "{\"string\":3},{\"string\":\"b\"}]}}",
                "message=a;message=b;" UNKNOWN "|");
  assert_smart ("{\"smartctl\":{\"messages\":[{\"string\":"
                "\"Device is in SLEEP mode, exit(2)\"}]}}",
                "health=unknown;state=standby;|");
}

static void
temperatures (void **state)
{
  (void)state;
  assert_smart ("{\"temperature\":{\"current\":31,\"drive_trip\":60}}",
                UNKNOWN "temperature_c=31;|");
  assert_smart ("{\"temperature\":{\"current\":0,\"drive_trip\":0}}",
                UNKNOWN "|");
  assert_smart ("{\"temperature\":{\"current\":null},"
                "\"nvme_smart_health_information_log\":{\"temperature\":40}}",
                UNKNOWN "temperature_c=40;|");
  assert_smart ("{\"ata_smart_attributes\":{\"table\":[{\"id\":190,"
                "\"raw\":{\"value\":99,\"string\":\"29 (Min 2)\"}}]}}",
                UNKNOWN "temperature_c=29;|");
}

static void
wear (void **state)
{
  (void)state;
  assert_smart ("{\"ata_smart_attributes\":{\"table\":["
                "{\"id\":231,\"name\":\"Temperature\",\"value\":50},"
                "{\"id\":233,\"name\":\"Media_Wearout_Indicator\","
                "\"value\":98}]}}",
                UNKNOWN "wear_percent=2;|");
  assert_smart ("{\"nvme_smart_health_information_log\":"
                "{\"percentage_used\":256}}",
                UNKNOWN "|");
}

static void
running_tests (void **state)
{
  (void)state;
  assert_smart ("{\"ata_smart_data\":{\"self_test\":{\"status\":"
                "{\"value\":249,\"remaining_percent\":90}}}}",
                UNKNOWN "selftest_running=1;selftest_remaining_percent=90;|");
  assert_smart ("{\"ata_smart_data\":{\"self_test\":{\"status\":"
                "{\"value\":121,\"remaining_percent\":90}}}}",
                UNKNOWN "selftest_running=0;|");
  assert_smart ("{\"nvme_self_test_log\":{\"current_self_test_operation\":"
                "{\"value\":0}}}",
                UNKNOWN "selftest_running=0;|");
  assert_smart ("{\"scsi_self_test_status\":{\"in_progress\":true,"
                "\"completion_percent\":40}}",
                UNKNOWN "selftest_running=1;selftest_remaining_percent=60;|");
}

static void
logs (void **state)
{
  (void)state;
  assert_says (smart_parse, &errors,
               "{\"ata_smart_error_log\":{\"extended\":{\"table\":[{"
               "\"error_number\":2,\"lifetime_hours\":3,"
               "\"error_description\":\"E\"}]},\"summary\":{\"table\":[{}]}}}",
               UNKNOWN "|log=error;number=2;power_on_hours=3;description=E;|");
  assert_says (smart_parse, &errors,
               "{\"nvme_error_information_log\":{\"table\":[null,"
               "{\"error_count\":1}]}}",
               UNKNOWN "|log=error;number=1;|");
  assert_says (smart_parse, &tests_log,
               "{\"scsi_self_test_0\":{\"code\":{\"string\":\"C\"},"
               "\"result\":{\"value\":3,\"string\":\"R\"}},"
               "\"scsi_self_test_2\":{}}",
               UNKNOWN "|log=selftest;test=C;result=R;passed=0;|");
}

static void
raw (void **state)
{
  static const struct smart_question question = { 4, SMART_LOG_NONE, true };

  (void)state;
  assert_says (smart_parse, &question, "{\n  \"a\": [ 1 ]\n}",
               UNKNOWN "raw={\"a\":[1]};|");
}

static void
scans (void **state)
{
  (void)state;
  assert_says (smart_parse_scan, NULL, "{}", "");
  assert_says (smart_parse_scan, NULL,
               "{\"devices\":[{\"name\":\"/dev/a\",\"type\":\"t\","
               "\"protocol\":\"p\",\"open_error\":\"e\"},3,{}]}",
               "device=/dev/a;type=t;protocol=p;open_error=e;|||");
}

static void
started_tests (void **state)
{
  (void)state;
  assert_says (smart_parse_test, NULL,
               "{\"smartctl\":{\"output\":[\"Testing has begun.\",7,"
               "\"Please wait 12 minutes for test to complete.\"]}}",
               "begun=1;minutes=12;");
  assert_says (smart_parse_test, NULL,
               "{\"smartctl\":{\"output\":[\"Can't start self-test without "
               "aborting current test\"]}}",
               "message=Can't start self-test without aborting current test;");
}

static void
no_JSON (void **state)
{
  (void)state;
  assert_fails (smart_parse, &plain, "smartctl 6.6\n", GPG_ERR_NO_DATA);
  assert_fails (smart_parse, &plain, "{\"a\":", GPG_ERR_BAD_DATA);
  assert_fails (smart_parse_scan, NULL, "", GPG_ERR_NO_DATA);
  assert_fails (smart_parse_test, NULL, "{", GPG_ERR_BAD_DATA);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (identity), cmocka_unit_test (health),
          cmocka_unit_test (messages), cmocka_unit_test (temperatures),
          cmocka_unit_test (wear),     cmocka_unit_test (running_tests),
          cmocka_unit_test (logs),     cmocka_unit_test (raw),
          cmocka_unit_test (scans),    cmocka_unit_test (started_tests),
          cmocka_unit_test (no_JSON) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
