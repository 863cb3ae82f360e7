/* test-options.c - tests of src/daemon/options.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What is read once changes what gpgrt knows, and a refusal ends the process:
   so each command line is read by a child, which prints what it got.  */

#include "config.h"

#include "scratch.h"
#include "check.h"

#include <grp.h>
#include <sys/wait.h>
#ifdef REEVE_SANITIZE
#include <sanitizer/lsan_interface.h>
#endif

#include "src/call/registry.h"
#include "src/daemon/options.h"

#define ARGUMENTS 40

static const char *
usage_text (int level)
{
  switch (level)
    {
    case 11:
      return "reeved (reeve)";
    case 13:
      return "1.2.3";
    default:
      return NULL;
    }
}

/* --- In the child --- */

static void
print_options (const struct options *options)
{
  printf ("mode=%d root=%s dump=%s log=%s foreground=%d debug=%d key=%d\n",
          options->mode, options->root ? options->root : "-",
          options->dump_form ? options->dump_form : "-",
          options->log_file ? options->log_file : "-", options->foreground,
          options->debug, options->key_fd);
  printf ("clients=%u each=%u auth=%llu line=%llu idle=%llu\n",
          (unsigned)options->limits.clients,
          (unsigned)options->limits.clients_per_uid,
          (unsigned long long)options->limits.auth_ms,
          (unsigned long long)options->limits.line_ms,
          (unsigned long long)options->limits.idle_ms);
  if (options->foreground)
    for (const struct limit *limit = limit_table; limit->name; limit++)
      {
        char text[RATE_TEXT];

        if (limit->unit == UNIT_RATE)
          printf ("%s=%s\n", limit->name,
                  rate_text (limit_rate (&options->limits, limit), text));
        else
          printf ("%s=%llu\n", limit->name,
                  (unsigned long long)limit_number (&options->limits, limit));
      }
  for (size_t i = 0; i < options->listen_count; i++)
    {
      const struct listen_option *listen = options->listen + i;

      printf ("%s %o %ld %s\n", listen->name, listen->mode,
              listen->group == (gid_t)-1 ? -1L : (long)listen->group,
              effect_name (listen->ceiling));
    }
  if (options->integrity != INTEGRITY_READS)
    printf ("integrity=%d\n", options->integrity);
  printf ("config=%s\n", !options->config.os_path       ? "-"
                         : options->config.stat.st_mode ? "read"
                                                        : "absent");
}

/* Split LINE at blanks; "~" is a blank inside a word, and a word that begins
   with "@" a path in the machine.  */
static int
split (const struct scratch *scratch, char *line, char **argv)
{
  char *context = NULL;
  int argc = 0;

  for (char *word = strtok_r (line, " ", &context); word;
       word = strtok_r (NULL, " ", &context))
    {
      if (argc == ARGUMENTS)
        _exit (97);
      for (char *blank = word; (blank = strchr (blank, '~'));)
        *blank = ' ';
      if (*word == '@' && asprintf (&word, "%s%s", scratch->root, word + 1) < 0)
        _exit (97);
      argv[argc++] = word;
    }
  return argc;
}

__attribute__ ((noreturn)) static void
play (const struct scratch *scratch, const char *line)
{
  char *argv[ARGUMENTS + 4] = { (char *)"reeved", (char *)"--root",
                                scratch->root };
  char *words;
  struct options options;
  int argc;

#ifdef REEVE_SANITIZE
  /* A refusal ends the process in the middle of things, and gpgrt_argparser
     never frees what it read from a file.  */
  __lsan_disable ();
#endif
  words = strdup (line);
  if (!words || !freopen (scratch_path (scratch, "/printed"), "w", stdout)
      || !freopen (scratch_path (scratch, "/said"), "w", stderr))
    _exit (97);
  argc = 3 + split (scratch, words, argv + 3);
  gpgrt_set_strusage (usage_text);
  options_read (argc, argv, &options);
  print_options (&options);
  options_release (&options);
  exit (options.listen_count ? 98 : 0);
}

/* --- In the test --- */

/* What the last command line printed, and said of its mistakes.  */
static char printed[65536];
static char said[65536];

/* Read the command line of which LINE is the end, in the machine of SCRATCH.
   Returns the exit status.  */
static int
read_line (const struct scratch *scratch, const char *line)
{
  int status = 0;
  pid_t pid;

  fflush (NULL);
  pid = fork ();
  assert_true (pid >= 0);
  if (!pid)
    play (scratch, line);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  snprintf (printed, sizeof printed, "%s", scratch_text (scratch, "/printed"));
  snprintf (said, sizeof said, "%s", scratch_text (scratch, "/said"));
  assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

/* LINE is taken, and what comes of it contains TEXT.  */
static void
takes (const struct scratch *scratch, const char *line, const char *text)
{
  int status = read_line (scratch, line);

  if (status || !strstr (printed, text))
    print_message ("# %s: status %d, \"%s\", not \"%s\", \"%s\"\n", line,
                   status, printed, text, said);
  assert_int_equal (status, 0);
  assert_non_null (strstr (printed, text));
}

/* LINE is refused with words that contain TEXT.  */
static void
refuses (const struct scratch *scratch, const char *line, const char *text)
{
  int status = read_line (scratch, line);

  if (status != 2 || !strstr (said, text))
    print_message ("# %s: status %d, \"%s\", not \"%s\"\n", line, status, said,
                   text);
  assert_int_equal (status, 2);
  assert_non_null (strstr (said, text));
  assert_string_equal (printed, "");
}

/* Make reeved.conf hold TEXT.  */
static void
configure (const struct scratch *scratch, const char *text)
{
  char path[] = OWN_CONFIG_DIR;

  for (char *slash = path; slash;)
    {
      slash = strchr (slash + 1, '/');
      if (slash)
        *slash = 0;
      mkdir (scratch_path (scratch, path), 0755);
      if (slash)
        *slash = '/';
    }
  scratch_write (scratch, OWN_CONFIG_FILE, text);
}

/* TEXT as reeved.conf is refused: the words begin with file and line NUMBER
   and end with REASON.  */
static void
refuses_file (const struct scratch *scratch, const char *text, unsigned number,
              const char *reason)
{
  char expected[4096];

  configure (scratch, text);
  snprintf (expected, sizeof expected, "%s:%u: %s",
            scratch_path (scratch, OWN_CONFIG_FILE), number, reason);
  refuses (scratch, "", expected);
}

static void
nothing_given (void **state)
{
  char expected[4096];
  struct scratch *scratch = *state;

  snprintf (expected, sizeof expected,
            "mode=0 root=%s dump=- log=- foreground=0 debug=0 key=-1\n"
            "clients=256 each=64 auth=30000 line=30000 idle=3600000\n"
            "config=absent\n",
            scratch->root);
  takes (scratch, "", expected);
  assert_string_equal (printed, expected);
}

static void
values_of_the_command_line (void **state)
{
  takes (*state, "--server", "mode=1 ");
  takes (*state, "--single", "mode=2 ");
  takes (*state, "--check", "mode=3 ");
  takes (*state, "--dump-verbs json", "mode=4 ");
  assert_non_null (strstr (printed, " dump=json "));
  takes (*state, "--foreground --debug --log-file /x --key-fd 7",
         "log=/x foreground=1 debug=1 key=7\n");
  takes (*state,
         "--max-clients 10000 --max-clients-per-uid=1 --auth-timeout 3600"
         " --line-timeout 1 --idle-timeout 604800",
         "clients=10000 each=1 auth=3600000 line=1000 idle=604800000\n");
}

/* Each row of the table is an option, and takes what it is without one.  */
static void
each_limit (void **state)
{
  struct limits usual;

  limits_init (&usual);
  for (const struct limit *limit = limit_table; limit->name; limit++)
    {
      char text[RATE_TEXT];
      char line[128];
      char expected[128];

      if (limit->unit == UNIT_RATE)
        snprintf (text, sizeof text, "7/9s");
      else
        snprintf (text, sizeof text, "%llu",
                  (unsigned long long)limit_number (&usual, limit));
      snprintf (line, sizeof line, "--foreground --%s %s", limit->name, text);
      snprintf (expected, sizeof expected, "\n%s=%s\n", limit->name, text);
      takes (*state, line, expected);
    }
  takes (*state, "--foreground --max-answer=1M", "\nmax-answer=1048576\n");
  takes (*state, "--foreground --max-calls-per-uid 0",
         "\nmax-calls-per-uid=0\n");
  refuses (*state, "--max-answer 1", "--max-answer: \"1\" is no size");
  refuses (*state, "--max-calls-per-uid 5", "\"5\" is no rate: N/TIME");
  refuses (*state, "--worker-cpu 1s", "is no number from 1 to 3600");
}

static void
values_of_the_file (void **state)
{
  configure (*state, "# A comment.\n"
                     "max-clients 5\n"
                     "\n"
                     "  debug\n"
                     "log-file /var/log/x y\n"
                     "listen S.one mode=0600 ceiling=read\n"
                     "listen /run/two\n"
                     "idle-timeout 60\n");
  takes (*state, "",
         "clients=5 each=64 auth=30000 line=30000 idle=60000\n"
         "S.one 600 -1 read\n"
         "/run/two 666 -1 destroy\n");
  assert_non_null (strstr (printed, "log=/var/log/x y foreground=0 debug=1"));
}

static void
what_changes_forbid (void **state)
{
  configure (*state, "integrity strict\n");
  takes (*state, "", "integrity=2\nconfig=read\n");
  takes (*state, "--integrity off", "integrity=0\n");
  takes (*state, "--integrity=reads", "config=read\n");
  assert_null (strstr (printed, "integrity="));
  scratch_write (*state, "/mine", "debug\n");
  takes (*state, "--options @/mine", "config=read\n");
  refuses (*state, "--integrity some",
           "--integrity: integrity is reads, strict or off, not \"some\"");
  refuses_file (*state, "integrity\n", 1, "");
}

static void
the_command_line_counts_more (void **state)
{
  configure (*state, "max-clients 5\nmax-clients-per-uid 3\nlisten S.file\n");
  takes (*state, "--max-clients 7 --listen S.line",
         "clients=7 each=3 auth=30000 line=30000 idle=3600000\n"
         "S.file 666 -1 destroy\nS.line 666 -1 destroy\n");
  takes (*state, "--no-options", "clients=256 each=64 ");
  assert_non_null (strstr (printed, "config=-\n"));
  assert_null (strstr (printed, "S.file"));
}

static void
another_file (void **state)
{
  static const char line[] = "--options @/other";
  char expected[4096];

  configure (*state, "max-clients 5\n");
  scratch_write (*state, "/other", "max-clients-per-uid 2\n");
  takes (*state, line, "clients=256 each=2 ");
  scratch_write (*state, "/other", "\nmax-clients 0\n");
  snprintf (expected, sizeof expected,
            "%s:2: max-clients: ", scratch_path (*state, "/other"));
  refuses (*state, line, expected);
  scratch_write (*state, "/other", "");
  assert_int_equal (chmod (scratch_path (*state, "/other"), 0666), 0);
  refuses (*state, line, "/other");
  assert_int_equal (remove (scratch_path (*state, "/other")), 0);
  refuses (*state, line, "/other");
}

static void
bad_numbers (void **state)
{
  static const char *const numbers[]
      = { "0", "10001", "-1", "x", "5x", "0x5", "~5", "99999999999999999999" };
  char line[64];

  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    {
      snprintf (line, sizeof line, "--max-clients=%s", numbers[i]);
      refuses (*state, line, "--max-clients: \"");
      assert_non_null (strstr (said, "is no number from 1 to 10000"));
    }
  refuses (*state, "--max-clients-per-uid 0", "from 1 to 10000");
  refuses (*state, "--auth-timeout 3601", "from 1 to 3600");
  refuses (*state, "--line-timeout 0", "from 1 to 3600");
  refuses (*state, "--idle-timeout 604801", "from 1 to 604800");
  refuses (*state, "--key-fd 2", "--key-fd: \"2\" is no number from 3 ");
}

static void
one_mode_only (void **state)
{
  refuses (*state, "--server --single", "--single: only one of");
  refuses (*state, "--check --dump-verbs text", "--dump-verbs: only one of");
  refuses (*state, "--dump-verbs xml", "text, json or texi, not \"xml\"");
  takes (*state, "--check --check", "mode=3 ");
}

static void
sockets (void **state)
{
  const struct group *group = getgrgid (getegid ());
  char line[256];
  char expected[256];

  takes (*state, "--listen S.a~mode=0~ceiling=write", "\nS.a 0 -1 write\n");
  takes (*state, "--listen ~~S.a~~mode=777~~", "\nS.a 777 -1 destroy\n");
  if (!group)
    return;
  snprintf (line, sizeof line, "--listen S.a~group=%s", group->gr_name);
  snprintf (expected, sizeof expected, "\nS.a 666 %ld destroy\n",
            (long)group->gr_gid);
  if (!strpbrk (group->gr_name, "~ "))
    takes (*state, line, expected);
}

static void
bad_sockets (void **state)
{
  refuses (*state, "--listen ~", "--listen: the name of a socket is missing");
  refuses (*state, "--listen a/b", "or an absolute path");
  refuses (*state, "--listen S.a~mode=1000",
           "octal number up to 0777, not "
           "\"1000\"");
  refuses (*state, "--listen S.a~mode=8", "octal number");
  refuses (*state, "--listen S.a~mode=", "octal number");
  refuses (*state, "--listen S.a~mode=-1", "octal number");
  refuses (*state, "--listen S.a~mode=66x", "octal number");
  refuses (*state, "--listen S.a~group=no-such-group",
           "no group "
           "\"no-such-group\"");
  refuses (*state, "--listen S.a~ceiling=all", "read, write or destroy, not");
  refuses (*state, "--listen S.a~owner=me", "\"owner=me\": there are mode=");
}

static void
sockets_are_counted (void **state)
{
  char text[32 * (OPTIONS_LISTEN + 1)] = "";

  for (int i = 0; i < OPTIONS_LISTEN; i++)
    sprintf (text + strlen (text), "listen S.%d\n", i);
  configure (*state, text);
  takes (*state, "", "\nS.0 666 -1 destroy\n");
  assert_non_null (strstr (printed, "\nS.15 666 -1 destroy\n"));
  strcat (text, "listen S.more\n");
  refuses_file (*state, text, OPTIONS_LISTEN + 1, "listen: at most 16 sockets");
}

static void
mistakes_of_the_file (void **state)
{
  refuses_file (*state, "debug\nmax-clients 0\n", 2,
                "max-clients: \"0\" is no number from 1 to 10000");
  refuses_file (*state, "\n\n# x\nlisten a/b\n", 4, "listen: ");
  refuses_file (*state, "server\n", 1, "server: is for the command line only");
  refuses_file (*state, "debug\ncheck\n", 2,
                "check: is for the command line only");
  refuses_file (*state, "dump-verbs text\n", 1,
                "dump-verbs: is for the command line only");
  refuses_file (*state, "root /tmp\n", 1, "root: is for the command line only");
}

/* gpgrt words these itself.  */
static void
what_is_no_option (void **state)
{
  refuses (*state, "--no-such-option", "--no-such-option");
  refuses (*state, "--max-clients", "max-clients");
  configure (*state, "debug\nno-such-option 5\n");
  refuses (*state, "", scratch_path (*state, OWN_CONFIG_FILE));
  assert_non_null (strstr (said, ":2"));
}

static void
a_file_that_others_can_write (void **state)
{
  configure (*state, "debug\n");
  assert_int_equal (chmod (scratch_path (*state, OWN_CONFIG_FILE), 0664), 0);
  refuses (*state, "", OWN_CONFIG_FILE);
  assert_int_equal (chmod (scratch_path (*state, OWN_CONFIG_FILE), 0602), 0);
  refuses (*state, "", OWN_CONFIG_FILE);
  assert_int_equal (remove (scratch_path (*state, OWN_CONFIG_FILE)), 0);
  scratch_write (*state, "/elsewhere", "debug\n");
  assert_int_equal (symlink (scratch_path (*state, "/elsewhere"),
                             scratch_path (*state, OWN_CONFIG_FILE)),
                    0);
  refuses (*state, "", OWN_CONFIG_FILE);
}

static void
a_root_that_is_not_there (void **state)
{
  /* The last one counts.  */
  refuses (*state, "--root @/none", "--root: ");
  assert_non_null (strstr (said, "/none"));
}

static void
version_and_help_end_well (void **state)
{
  assert_int_equal (read_line (*state, "--version"), 0);
  assert_non_null (strstr (printed, "1.2.3"));
  assert_int_equal (read_line (*state, "--help"), 0);
  assert_non_null (strstr (printed, "--max-clients-per-uid"));
  assert_non_null (strstr (printed, "--dump-verbs"));
}

#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, scratch_setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (nothing_given),
    TEST (values_of_the_command_line),
    TEST (each_limit),
    TEST (values_of_the_file),
    TEST (what_changes_forbid),
    TEST (the_command_line_counts_more),
    TEST (another_file),
    TEST (bad_numbers),
    TEST (one_mode_only),
    TEST (sockets),
    TEST (bad_sockets),
    TEST (sockets_are_counted),
    TEST (mistakes_of_the_file),
    TEST (what_is_no_option),
    TEST (a_file_that_others_can_write),
    TEST (a_root_that_is_not_there),
    TEST (version_and_help_end_well),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
