/* test-compare.c - tests of src/mod/aug/compare.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "workerhand.h"

/* An argument for a text.  */
static const char *
argument (const char *text)
{
  static char *arguments[2];
  static unsigned next;
  char **place = &arguments[next++ % 2];

  free (*place);
  *place = NULL;
  if (!text)
    return "";
  assert_true (asprintf (place, "=%s", text) >= 0);
  return *place;
}

/* The file has the text OLD, and shall have NEW; NULL is none.  */
static gpg_error_t
compare (struct workerhand *hand, const char *lens, const char *old,
         const char *new)
{
  return RUN (hand, CHANNEL_COMPARE, lens, argument (old), argument (new));
}

/* Between OLD and NEW just NAMES differ, each with a bar behind.  */
static void
differ (struct workerhand *hand, const char *lens, const char *old,
        const char *new, const char *names)
{
  char text[2000];
  gpg_error_t err = compare (hand, lens, old, new);

  if (err)
    print_error ("%s\n", hand->worker.failure.text);
  assert_int_equal (err, 0);
  snprintf (text, sizeof text, "ANSWER %s", names);
  assert_string_equal (workerhand_said (hand), text);
}

/* The same, whether the file itself differs, too: a text that no lens rendered
   has blanks where it likes.  */
static void
nodes_differ (struct workerhand *hand, const char *lens, const char *old,
              const char *new, const char *names)
{
  const char *said;

  assert_int_equal (compare (hand, lens, old, new), 0);
  said = workerhand_said (hand);
  assert_ptr_equal (strstr (said, "ANSWER "), said);
  said += strlen ("ANSWER ");
  assert_string_equal (said + (*said == '|'), names);
}

#define H1 "10.0.0.1 one a b\n"
#define H2 "10.0.0.2 two\n"
#define H3 "10.0.0.3 three\n"

static void
values_and_nodes (void **state)
{
  struct workerhand *hand = *state;

  differ (hand, "Hosts.lns", H1 H2, "10.0.0.9 one a b\n" H2, "/1/ipaddr|");
  differ (hand, "Hosts.lns", H1 H2, "10.0.0.1 one a c\n" H2, "/1/alias|");
  differ (hand, "Hosts.lns", H1 H2, "10.0.0.1 one a b c\n" H2, "/1/alias|");
  differ (hand, "Hosts.lns", H1 H2, "10.0.0.1 one b\n" H2, "/1/alias|");
  differ (hand, "Hosts.lns", H1 H2, "10.0.0.1 uno a b\n10.0.0.2 due\n",
          "/1/canonical|/2/canonical|");
  differ (hand, "Hosts.lns", H1 H2, H1 H2 "10.0.0.3\tc d\n",
          "/3|/3/ipaddr|/3/canonical|/3/alias|");
  differ (hand, "Hosts.lns", H1 H2, H1, "/2|/2/ipaddr|/2/canonical|");
  differ (hand, "Hosts.lns", "# x\n" H1, "# y\n" H1, "/#comment|");
  differ (hand, "Hosts.lns", H1, "# y\n" H1, "/#comment|");
  differ (hand, "Hosts.lns", H1 H2, H1 "# y\n" H2, "/#comment|");
}

/* Names have no positions, but entries of some files are numbered: what comes
   before others gives them new names.  */
static void
numbered_entries (void **state)
{
  struct workerhand *hand = *state;

  nodes_differ (hand, "Hosts.lns", H2, H3 H2,
                "/1/ipaddr|/1/canonical|/2|/2/ipaddr|/2/canonical|");
  nodes_differ (hand, "Hosts.lns", H2 H3, H3 H2,
                "/1/ipaddr|/1/canonical|/2/ipaddr|/2/canonical|");
}

/* The file itself is named when it comes or goes, or did not parse, and all
   nodes that are seen.  */
static void
whole_files (void **state)
{
  struct workerhand *hand = *state;

  differ (hand, "Hosts.lns", NULL, H2, "|/1|/1/ipaddr|/1/canonical|");
  differ (hand, "Hosts.lns", H2, NULL, "|/1|/1/ipaddr|/1/canonical|");
  differ (hand, "Hosts.lns", NULL, "", "|");
  differ (hand, "Hosts.lns", NULL, "\n", "|");
  differ (hand, "Hosts.lns", "", H2, "|/1|/1/ipaddr|/1/canonical|");
  /* Of a text that does not parse no node is known.  */
  differ (hand, "Hosts.lns", "broken\n", H2,
          "ANSWER |/1|/1/ipaddr|/1/canonical|");
  differ (hand, "Hosts.lns", H2, "broken\n",
          "ANSWER |/1|/1/ipaddr|/1/canonical|");
  differ (hand, "Hosts.lns", "broken\n", NULL, "ANSWER |");
  differ (hand, "Hosts.lns", NULL, "broken\n", "ANSWER |");
  /* Nothing stays behind for the next one.  */
  assert_int_equal (tree_count (&hand->worker, SCRATCH), 0);
}

/* What the nodes do not explain is a change of the file.  */
static void
more_than_nodes (void **state)
{
  struct workerhand *hand = *state;

  differ (hand, "Hosts.lns", H2, "10.0.0.2   two\n", "|");
  differ (hand, "Hosts.lns", H2, H2 "\n", "|");
  differ (hand, "Hosts.lns", H2 H3, "10.0.0.2   two\n10.0.0.4 three\n",
          "|/2/ipaddr|");
  /* Blanks that stay are no matter.  */
  differ (hand, "Hosts.lns", "10.0.0.2 \t two\n\n", "10.0.0.9 \t two\n\n",
          "/1/ipaddr|");
  /* A newline at the end is added by whoever renders; alone it is more than
     nothing.  */
  differ (hand, "Hosts.lns", "10.0.0.2 two", "10.0.0.2 two\n", "|");
  differ (hand, "Hosts.lns", "10.0.0.2 two", "10.0.0.9 two\n", "/1/ipaddr|");
}

static void
lenses_by_name (void **state)
{
  struct workerhand *hand = *state;
  const struct item items[]
      = { { "Hosts.lns", 9 }, { "=a\0b\n", 5 }, { "=10.0.0.1 a\n", 12 } };

  assert_code (compare (hand, "None.lns", H1, H2), GPG_ERR_INTERNAL);
  assert_code (RUN (hand, CHANNEL_COMPARE, "Hosts.lns", "="),
               GPG_ERR_INV_PACKET);
  assert_code (RUN (hand, CHANNEL_COMPARE, "Hosts.lns", "=", "=", "="),
               GPG_ERR_INV_PACKET);
  workerhand_said (hand);
  /* No text that augeas would cut is parsed.  */
  assert_int_equal (compare_texts (&hand->worker, items, 3), 0);
  assert_string_equal (workerhand_said (hand),
                       "ANSWER ANSWER |/1|/1/ipaddr|/1/canonical|");
}

static void
sshd (void **state)
{
  struct workerhand *hand = *state;
  const char *lens = "Sshd.lns";

  differ (hand, lens, "Port 22\nPermitRootLogin no\n",
          "Port 22\nPermitRootLogin yes\n", "/PermitRootLogin|");
  /* A keyword is written in either case: rules do not mind it.  */
  differ (hand, lens, "Port 22\n", "Port 22\npermitrootLOGIN yes\n",
          "/permitrootLOGIN|");
  differ (hand, lens, "Port 22\nUsePAM yes\n",
          "Port 22\npermitrootlogin yes\nUsePAM yes\n", "/permitrootlogin|");
  /* The first one counts.  */
  differ (hand, lens, "PermitRootLogin no\n",
          "PermitRootLogin yes\nPermitRootLogin no\n", "/PermitRootLogin|");
  differ (hand, lens, "PermitRootLogin no\nPermitRootLogin yes\n",
          "PermitRootLogin yes\nPermitRootLogin no\n", "/PermitRootLogin|");
  differ (hand, lens, "AcceptEnv A B\n", "AcceptEnv A C\n", "/AcceptEnv/2|");
}

/* A Match block takes all that follows.  */
static void
sshd_match (void **state)
{
  struct workerhand *hand = *state;
  const char *lens = "Sshd.lns";

  nodes_differ (
      hand, lens, "Port 22\nPermitRootLogin no\n",
      "Port 22\nMatch User a\nPermitRootLogin no\n",
      "/PermitRootLogin|/Match|/Match/Condition|/Match/Condition/User|"
      "/Match/Settings|/Match/Settings/PermitRootLogin|");
  nodes_differ (
      hand, lens,
      "Match User a\nPermitRootLogin no\nMatch User b\nX11Forwarding no\n",
      "Match User a\nPermitRootLogin no\nX11Forwarding no\n",
      "/Match/Settings/X11Forwarding|/Match|/Match/Condition|"
      "/Match/Condition/User|/Match/Settings|");
  nodes_differ (hand, lens, "Match User a\nPermitRootLogin no\n",
                "Match User b\nPermitRootLogin no\n", "/Match/Condition/User|");
  /* Blocks that changed places.  */
  nodes_differ (hand, lens,
                "Match User a\nPermitRootLogin no\nMatch User b\nPort 1\n",
                "Match User b\nPort 1\nMatch User a\nPermitRootLogin no\n",
                "/Match|/Match/Condition|/Match/Condition/User|/Match/Settings|"
                "/Match/Settings/PermitRootLogin|");
}

static void
order (void **state)
{
  struct workerhand *hand = *state;
  const char *lens = "Sshd.lns";

  nodes_differ (hand, lens, "Port 22\nUsePAM yes\nBanner x\n",
                "UsePAM yes\nBanner x\nPort 22\n", "/Port|");
  nodes_differ (hand, lens, "Port 22\nUsePAM yes\nBanner x\n",
                "Banner x\nPort 22\nUsePAM yes\n", "/Banner|");
  nodes_differ (hand, lens, "Port 22\nUsePAM yes\nBanner x\n",
                "Banner x\nPort 23\nUsePAM yes\n", "/Port|/UsePAM|");
}

static void
fstab (void **state)
{
  struct workerhand *hand = *state;
  const char *lens = "Fstab.lns";

  differ (hand, lens, "/dev/a / ext4 ro,noatime 0 1\n",
          "/dev/a / ext4 rw,noatime 0 1\n", "/1/opt|");
  differ (hand, lens, "/dev/a / ext4 ro,size=1 0 1\n",
          "/dev/a / ext4 ro,size=2 0 1\n", "/1/opt/value|");
  differ (hand, lens, "/dev/a / ext4 ro 0 1\n", "/dev/a / ext4 ro 0 0\n",
          "/1/passno|");
}

static void
sudoers (void **state)
{
  struct workerhand *hand = *state;
  const char *lens = "Sudoers.lns";

  nodes_differ (hand, lens, "root ALL=(ALL) ALL\n",
                "root ALL=(ALL) NOPASSWD: ALL\n",
                "/spec/host_group/command/tag|");
  nodes_differ (
      hand, lens, "root ALL=(ALL) ALL\n",
      "root ALL=(ALL) ALL\nbob ALL=(ALL) /bin/ls\n",
      "/spec|/spec/user|/spec/host_group|/spec/host_group/host|"
      "/spec/host_group/command|/spec/host_group/command/runas_user|");
  nodes_differ (hand, lens, "Defaults env_reset\nroot ALL=(ALL) ALL\n",
                "Defaults !env_reset\nroot ALL=(ALL) ALL\n",
                "/Defaults/env_reset/negate|");
}

/* Labels may have any characters.  */
static void
labels_are_escaped (void **state)
{
  struct workerhand *hand = *state;

  differ (hand, "Sysctl.lns", "net/ipv4/x = 1\n", "net/ipv4/x = 2\n",
          "/net\\/ipv4\\/x|");
  differ (hand, "Properties.lns", "a/b\\c=1\n", "a/b\\c=2\n", "/a\\/b\\\\c|");
}

/* It gives up before memory does; a beginning and an end are found.  */
static void
many_lines (void **state)
{
  struct workerhand *hand = *state;
  auto_buffer struct buffer old = BUFFER_EMPTY;
  auto_buffer struct buffer new = BUFFER_EMPTY;

  buffer_string (&new, "# first\n");
  for (int i = 0; i < 2500; i++)
    {
      buffer_printf (&old, "# comment %d\n", i);
      buffer_printf (&new, "# comment %d\n", i == 1200 ? 7 : i);
    }
  buffer_string (&new, "# last\n");
  differ (hand, "Hosts.lns", old.bytes, new.bytes, "/#comment|");
}

/* Pairs of letters: which of those on the left have a partner is not told where
   it does not matter.  */
static void
alignments (void **state)
{
  struct workerhand *hand = *state;
  static const char *const cases[][3] = {
    { "k=1\nl=2\nm=3\n", "k=1\nm=3\n", "/l|" },
    { "k=1\nm=3\n", "k=1\nl=2\nm=3\n", "/l|" },
    { "k=1\nl=2\n", "l=2\nk=1\n", "/k|" },
    { "k=1\nk=2\nk=3\n", "k=1\nk=3\n", "/k|" },
    { "a=1\nb=1\nc=1\nd=1\n", "d=1\na=1\nb=1\nc=1\n", "/d|" },
    { "a=1\nb=1\nc=1\nd=1\n", "a=1\nc=1\nb=1\nd=1\n", "/b|" },
    { "a=1\nb=1\n", "b=2\na=2\n", "/a|/b|" },
    { "a=1\n", "b=1\n", "/a|/b|" },
    { "a=1\nb=1\nc=1\n", "x=1\nb=1\ny=1\n", "/a|/x|/c|/y|" },
    { "a=1\na=2\nb=1\n", "a=3\nb=1\na=2\n", "/a|" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      char old[200], new[200];

      snprintf (old, sizeof old, "%s", cases[i][0]);
      snprintf (new, sizeof new, "%s", cases[i][1]);
      nodes_differ (hand, "Sysctl.lns", old, new, cases[i][2]);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    WORKER_TEST (values_and_nodes),
    WORKER_TEST (numbered_entries),
    WORKER_TEST (whole_files),
    WORKER_TEST (more_than_nodes),
    WORKER_TEST (lenses_by_name),
    WORKER_TEST (sshd),
    WORKER_TEST (sshd_match),
    WORKER_TEST (order),
    WORKER_TEST (fstab),
    WORKER_TEST (sudoers),
    WORKER_TEST (labels_are_escaped),
    WORKER_TEST (many_lines),
    WORKER_TEST (alignments),
  };

  return cmocka_run_group_tests_name ("compare", tests, NULL, NULL);
}
