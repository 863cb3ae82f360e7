/* test-unit_name.c - tests of src/call/unit_name.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "check.h"

#include "protocol/buffer.h"
#include "src/call/types.h"
#include "src/call/unit_name.h"

/* What TEXT becomes; NULL if it is no name.  */
static const char *
canonical (const char *text)
{
  static char copy[1000];
  size_t length = strlen (text);
  const char *wanted = NULL;
  int64_t number = 0;

  assert_true (length + TYPE_GROWTH < sizeof copy);
  memcpy (copy, text, length + 1);
  if (unit_name_check (copy, &length, NULL, &number, &wanted))
    {
      assert_non_null (wanted);
      return NULL;
    }
  assert_int_equal (strlen (copy), length);
  assert_true (length <= strlen (text) + TYPE_GROWTH);
  return copy;
}

static void
test_spelling (void **state)
{
  static const char *const wrong[]
      = { "",          "-a",   "a/b",       "*.service", "a?",    "a[b]",
          "a b",       "a\nb", ".service",  "@a",        "a\x7f", "a;b",
          "a\xc3\xa4", "..",   "--version", "-.mount" };
  char longest[300];

  (void)state;
  assert_string_equal (canonical ("nginx"), "nginx.service");
  assert_string_equal (canonical ("nginx.service"), "nginx.service");
  assert_string_equal (canonical ("php8.2-fpm"), "php8.2-fpm.service");
  assert_string_equal (canonical ("a@b"), "a@b.service");
  assert_string_equal (canonical ("a@.timer"), "a@.timer");
  assert_string_equal (canonical ("dev-sda1.device"), "dev-sda1.device");
  assert_string_equal (canonical ("a\\x2db.mount"), "a\\x2db.mount");
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_null (canonical (wrong[i]));
  memset (longest, 'x', sizeof longest);
  longest[247] = 0;
  assert_int_equal (strlen (canonical (longest)), 255);
  longest[247] = 'x';
  longest[248] = 0;
  assert_null (canonical (longest));
}

static void
note_name (void *context, const char *name)
{
  buffer_printf (context, "%s ", name);
}

/* The names of NAME, a blank behind each.  */
static const char *
names (struct scratch *scratch, const char *name)
{
  static struct buffer text;

  buffer_release (&text);
  assert_int_equal (unit_name_names (&scratch->machine, name, note_name, &text),
                    0);
  return text.bytes;
}

static bool
is_among (struct scratch *scratch, const char *name, const char *other)
{
  char word[100];

  snprintf (word, sizeof word, "%s ", other);
  return strstr (names (scratch, name), word);
}

static bool
is_first (struct scratch *scratch, const char *name, const char *other)
{
  const char *all = names (scratch, name);

  return !strncmp (all, other, strlen (other)) && all[strlen (other)] == ' ';
}

static void
link_unit (struct scratch *scratch, const char *target, const char *path)
{
  assert_int_equal (symlink (target, scratch_path (scratch, path)), 0);
}

static int
setup (void **state)
{
  if (scratch_setup (state))
    return -1;
  scratch_mkdir (*state, "/etc");
  scratch_mkdir (*state, "/etc/systemd");
  scratch_mkdir (*state, "/etc/systemd/system");
  scratch_mkdir (*state, "/lib");
  scratch_mkdir (*state, "/lib/systemd");
  scratch_mkdir (*state, "/lib/systemd/system");
  scratch_write (*state, "/lib/systemd/system/ssh.service", "");
  scratch_write (*state, "/lib/systemd/system/work@.service", "");
  return 0;
}

static void
test_aliases (void **state)
{
  struct scratch *scratch = *state;

  assert_string_equal (names (scratch, "none.service"),
                       "none.service ");
  link_unit (scratch, "/lib/systemd/system/ssh.service",
             "/etc/systemd/system/sshd.service");
  link_unit (scratch, "sshd.service", "/etc/systemd/system/shell.service");
  assert_true (is_first (scratch, "sshd.service", "ssh.service"));
  assert_true (is_first (scratch, "shell.service", "ssh.service"));
  assert_true (is_first (scratch, "ssh.service", "ssh.service"));
  assert_true (is_among (scratch, "ssh.service", "sshd.service"));
  assert_true (is_among (scratch, "ssh.service", "shell.service"));
  /* A change of the directories is seen.  */
  assert_int_equal (
      unlink (scratch_path (scratch, "/etc/systemd/system/sshd.service")), 0);
  assert_true (is_first (scratch, "sshd.service", "sshd.service"));
  assert_false (is_among (scratch, "ssh.service", "sshd.service"));
}

static void
test_templates (void **state)
{
  struct scratch *scratch = *state;

  link_unit (scratch, "work@.service", "/lib/systemd/system/job@.service");
  link_unit (scratch, "work@one.service", "/lib/systemd/system/one.service");
  assert_true (is_first (scratch, "job@x.service", "work@x.service"));
  assert_true (is_among (scratch, "work@x.service", "job@x.service"));
  assert_false (is_among (scratch, "work@x.service", "job@y.service"));
  assert_true (is_first (scratch, "one.service", "work@one.service"));
  assert_true (is_among (scratch, "work@one.service", "one.service"));
  assert_true (is_among (scratch, "work@one.service", "job@one.service"));
}

/* What stands in a directory that counts more hides what does not.  */
static void
test_precedence (void **state)
{
  struct scratch *scratch = *state;

  link_unit (scratch, "ssh.service", "/lib/systemd/system/a.service");
  scratch_write (scratch, "/etc/systemd/system/a.service", "");
  assert_true (is_first (scratch, "a.service", "a.service"));
  link_unit (scratch, "ssh.service", "/lib/systemd/system/b.service");
  link_unit (scratch, "/dev/null", "/etc/systemd/system/b.service");
  assert_true (is_first (scratch, "b.service", "b.service"));
  /* Links that go in a circle come to an end.  */
  link_unit (scratch, "d.service", "/lib/systemd/system/c.service");
  link_unit (scratch, "c.service", "/lib/systemd/system/d.service");
  assert_true (is_among (scratch, "c.service", "c.service"));
}

/* A script's name and links that lead to it are one unit, by whichever it is
   called.  */
static void
test_scripts (void **state)
{
  struct scratch *scratch = *state;

  scratch_mkdir (scratch, "/etc/init.d");
  scratch_write (scratch, "/etc/init.d/mail", "");
  scratch_write (scratch, "/etc/init.d/other", "");
  assert_string_equal (names (scratch, "mail.service"), "mail.service ");
  link_unit (scratch, "mail", "/etc/init.d/mailer");
  /* A link counts below the root.  */
  link_unit (scratch, "/etc/init.d/mailer", "/etc/init.d/a");
  assert_true (is_first (scratch, "a.service", "mail.service"));
  assert_true (is_first (scratch, "mailer.service", "mail.service"));
  assert_true (is_among (scratch, "a.service", "mailer.service"));
  assert_true (is_among (scratch, "a.service", "a.service"));
  assert_true (is_first (scratch, "mail.service", "mail.service"));
  assert_true (is_among (scratch, "mail.service", "a.service"));
  assert_string_equal (names (scratch, "other.service"), "other.service ");
  /* No other kind of unit has a script.  */
  assert_string_equal (names (scratch, "a.socket"), "a.socket ");
  assert_int_equal (link (scratch_path (scratch, "/etc/init.d/other"),
                          scratch_path (scratch, "/etc/init.d/third")),
                    0);
  assert_true (is_first (scratch, "third.service", "other.service"));
  assert_true (is_among (scratch, "other.service", "third.service"));
}

/* Links that lead out of the directory; what they lead to may change without a
   change there.  */
static void
test_scripts_elsewhere (void **state)
{
  struct scratch *scratch = *state;

  scratch_mkdir (scratch, "/etc/init.d");
  scratch_mkdir (scratch, "/opt");
  scratch_write (scratch, "/etc/init.d/mail", "");
  scratch_write (scratch, "/opt/run", "");
  link_unit (scratch, "../../opt/run", "/etc/init.d/one");
  link_unit (scratch, "/opt/run", "/etc/init.d/two");
  link_unit (scratch, "nothing", "/etc/init.d/three");
  link_unit (scratch, "/opt", "/etc/init.d/four");
  assert_true (is_first (scratch, "two.service", "one.service"));
  assert_true (is_among (scratch, "one.service", "two.service"));
  assert_string_equal (names (scratch, "three.service"), "three.service ");
  assert_string_equal (names (scratch, "four.service"), "four.service ");
  assert_false (is_among (scratch, "mail.service", "one.service"));
  assert_int_equal (unlink (scratch_path (scratch, "/opt/run")), 0);
  link_unit (scratch, "../etc/init.d/mail", "/opt/run");
  assert_true (is_among (scratch, "mail.service", "one.service"));
  assert_true (is_first (scratch, "two.service", "mail.service"));
  /* Others than root can make that link lead elsewhere: nothing runs it.  */
  if (!getuid ())
    {
      assert_int_equal (chmod (scratch_path (scratch, "/opt"), 0777), 0);
      assert_false (is_among (scratch, "mail.service", "one.service"));
    }
}

/* Names of units and of scripts may lead to each other.  A unit that has a file
   of its own is called by no script's name.  */
static void
test_scripts_and_units (void **state)
{
  struct scratch *scratch = *state;

  scratch_mkdir (scratch, "/etc/init.d");
  scratch_write (scratch, "/etc/init.d/ssh", "");
  link_unit (scratch, "ssh", "/etc/init.d/sshd");
  assert_true (is_first (scratch, "sshd.service", "ssh.service"));
  link_unit (scratch, "ssh.service", "/etc/systemd/system/shell.service");
  assert_true (is_among (scratch, "sshd.service", "shell.service"));
  assert_true (is_among (scratch, "shell.service", "sshd.service"));
  scratch_write (scratch, "/etc/systemd/system/sshd.service", "");
  assert_true (is_first (scratch, "sshd.service", "sshd.service"));
  assert_true (is_among (scratch, "sshd.service", "ssh.service"));
  assert_true (is_first (scratch, "ssh.service", "ssh.service"));
  assert_true (is_among (scratch, "ssh.service", "sshd.service"));
}

#define CASE(name)                                                             \
  cmocka_unit_test_setup_teardown (test_##name, setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_spelling),
    CASE (aliases),
    CASE (templates),
    CASE (precedence),
    CASE (scripts),
    CASE (scripts_elsewhere),
    CASE (scripts_and_units),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
