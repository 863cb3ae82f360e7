/* test-aug_rule.c - tests of src/mod/aug/rule.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "check.h"
#include "scratch.h"

#include "../../src/mod/aug/permit.h"

struct example
{
  enum effect effect;
  const char *pattern;
  const char *words; /* Of the error, or NULL.  */
};

static const struct example examples[] = {
  { EFFECT_READ, "/files/etc/hosts", NULL },
  { EFFECT_READ, "/files/etc/*", NULL },
  { EFFECT_READ, "/files/**", NULL },
  { EFFECT_READ, "/files/etc/ssh/**", NULL },
  { EFFECT_READ, "/files/etc/none/1", NULL },
  { EFFECT_READ, "/files/etc/h[o]sts/1", NULL },
  { EFFECT_READ, "/files/etc/ssh/none", NULL },
  { EFFECT_READ, "/files/etc/hosts/1",
    "a rule for READ names whole files: say /files/etc/hosts" },
  { EFFECT_READ, "/files/etc/hosts/**", "say /files/etc/hosts" },
  { EFFECT_READ, "/files/etc/hosts/*/ipaddr", "say /files/etc/hosts" },
  { EFFECT_READ, "/files/etc/ho\\sts/1", "say /files/etc/hosts" },
  { EFFECT_READ, "/files/etc/a\\*b/1", "say /files/etc/a*b" },
  /* A link to a file is one.  */
  { EFFECT_READ, "/files/etc/link/1", "say /files/etc/link" },
  { EFFECT_READ, "/files/etc/dir/hosts/1", "say /files/etc/dir/hosts" },
  { EFFECT_WRITE, "/files/etc/hosts/1", NULL },
  { EFFECT_WRITE, "/files/etc/hosts/**", NULL },
  { EFFECT_WRITE, "/etc/hosts", "begin with /files/" },
  { EFFECT_READ, "/files", "begin with /files/" },
  { EFFECT_READ, "/files/", "begin with /files/" },
  { EFFECT_READ, "/filesystem/etc", "begin with /files/" },
  { EFFECT_READ, "/augeas/load", "begin with /files/" },
  { EFFECT_READ, "*", "begin with /files/" },
};

static void
patterns (void **state)
{
  struct scratch *scratch = *state;

  scratch_mkdir (scratch, "/etc");
  scratch_mkdir (scratch, "/etc/ssh");
  scratch_write (scratch, "/etc/hosts", "h\n");
  scratch_write (scratch, "/etc/a*b", "h\n");
  assert_int_equal (symlink ("hosts", scratch_path (scratch, "/etc/link")), 0);
  assert_int_equal (symlink (".", scratch_path (scratch, "/etc/dir")), 0);
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
    for (int allow = 0; allow < 2; allow++)
      {
        const struct example *example = &examples[i];
        auto_failure struct failure failure = FAILURE_NONE;
        gpg_error_t err = aug_check_object (&scratch->machine, example->effect,
                                            allow, example->pattern, &failure);

        if (!err != !example->words)
          print_error ("%s\n", example->pattern);
        assert_int_equal (gpg_err_code (err),
                          example->words ? GPG_ERR_INV_VALUE : 0);
        if (example->words)
          assert_non_null (strstr (failure.text, example->words));
      }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (patterns, scratch_setup, scratch_teardown),
  };

  return cmocka_run_group_tests_name ("rule", tests, NULL, NULL);
}
