/* test-golden_words.c - tests of src/mod/pve/golden_words.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <string.h>

#include "protocol/buffer.h"
#include "src/mod/pve/golden_words.h"

#define TEMPLATE "local:vztmpl/debian-12-mini_1.0_amd64.tar.zst"

static struct golden
least (void)
{
  return (struct golden){ .vmid = 140,
                          .template = TEMPLATE,
                          .storage = "fast",
                          .size = GIB,
                          .cores = GOLDEN_UNSET,
                          .memory = GOLDEN_UNSET };
}

/* The words for GOLDEN, each between brackets.  */
static void
says (struct golden golden, const char *wanted)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  struct golden_words words;

  assert_int_equal (golden_check (&golden, NULL), 0);
  golden_words (&golden, &words);
  for (size_t i = 0; words.words[i]; i++)
    {
      assert_true (i < GOLDEN_WORDS);
      buffer_printf (&text, "[%s]", words.words[i]);
    }
  assert_string_equal (text.bytes, wanted);
}

/* GOLDEN is refused, with words that begin with NAME.  */
static void
refuses (struct golden golden, const char *name)
{
  auto_failure struct failure failure = FAILURE_NONE;

  assert_code (golden_check (&golden, &failure), GPG_ERR_INV_ARG);
  assert_memory_equal (failure.text, name, strlen (name));
  assert_non_null (strstr (failure.text, " must be "));
}

static void
what_is_not_given_is_not_said (void **state)
{
  (void)state;
  says (least (), "[create][140][" TEMPLATE "][--unprivileged][1][--features]"
                  "[nesting=1,keyctl=1][--rootfs][fast:1]");
}

static void
all_is_said (void **state)
{
  struct golden golden = least ();

  (void)state;
  golden.vmid = 999999999;
  golden.size = (int64_t)1 << 53;
  golden.cores = 8192;
  golden.memory = (int64_t)1 << 53;
  golden.hostname = "golden.example.org";
  says (golden,
        "[create][999999999][" TEMPLATE "][--unprivileged][1][--features]"
        "[nesting=1,keyctl=1][--rootfs][fast:8388608][--cores][8192]"
        "[--memory][8589934592][--hostname][golden.example.org]");
}

static void
the_longest_storage_fits (void **state)
{
  struct golden golden = least ();
  char storage[LIMIT_STORAGE_NAME + 2];
  struct golden_words words;

  (void)state;
  memset (storage, 'a', sizeof storage);
  storage[LIMIT_STORAGE_NAME] = 0;
  golden.storage = storage;
  golden.size = (int64_t)1 << 53;
  assert_int_equal (golden_check (&golden, NULL), 0);
  golden_words (&golden, &words);
  assert_string_equal (words.rootfs + LIMIT_STORAGE_NAME, ":8388608");
  storage[LIMIT_STORAGE_NAME] = 'a';
  storage[LIMIT_STORAGE_NAME + 1] = 0;
  refuses (golden, "storage");
}

/* Only a volume that is a template: no path, no option, nothing that pct takes
   apart.  */
static void
templates (void **state)
{
  static const char *const good[]
      = { "local:vztmpl/a.tar.gz", "nas-1:vztmpl/Alma_9-1+x.tar.xz", TEMPLATE };
  static const char *const bad[] = { NULL,
                                     "",
                                     "-",
                                     "--restore",
                                     "/var/lib/vz/template/cache/a.tar.zst",
                                     "local:/etc/a.tar.zst",
                                     "local:a.tar.zst",
                                     "local:iso/a.tar.zst",
                                     "local:backup/vzdump-lxc-100.tar.zst",
                                     "local:vztmpl/../a.tar.zst",
                                     "local:vztmpl/a/b.tar.zst",
                                     "local:vztmpl//a.tar.zst",
                                     "local:vztmpl/.tar.zst",
                                     "local:vztmpl/-a.tar.zst",
                                     "local:vztmpl/a.tar.zst,size=1",
                                     "local:vztmpl/a b.tar.zst",
                                     "local:vztmpl/a.tar.zst\n",
                                     "local:vztmpl/a;b.tar.zst",
                                     "local:vztmpl/a$(b).tar.zst",
                                     "local:vztmpl/a:b.tar.zst",
                                     "local:vztmpl/a.tar",
                                     "local:vztmpl/a.zip",
                                     "local:vztmpl/a.TAR.ZST",
                                     "vztmpl/a.tar.zst",
                                     "-local:vztmpl/a.tar.zst",
                                     "l:vztmpl/a.tar.zst" };
  struct golden golden = least ();

  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    {
      golden.template = good[i];
      assert_int_equal (golden_check (&golden, NULL), 0);
    }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      golden.template = bad[i];
      refuses (golden, "template");
    }
}

/* A storage is a part of rootfs, where a comma begins an option of the mount
   and a colon the size.  */
static void
nothing_gets_into_rootfs (void **state)
{
  static const char *const bad[]
      = { NULL,         "",          "-fast",       "fast:8,mountoptions=suid",
          "fast,acl=1", "fast:8",    "fast acl",    "fast=1",
          "/dev/sda",   "fast\nacl", "fast,quota",  "f",
          "fast-",      "--set",     "volume=fast", "fast;x" };
  struct golden golden = least ();

  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      golden.storage = bad[i];
      refuses (golden, "storage");
    }
}

static void
host_names (void **state)
{
  static const char *const bad[] = { "",       "-a",     "--onboot", "a b",
                                     "a,ip=1", "a\nb",   ".a",       "a..b",
                                     "a_b",    "Golden", "10.0.0.1" };
  struct golden golden = least ();

  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      golden.hostname = bad[i];
      refuses (golden, "hostname");
    }
}

static void
numbers (void **state)
{
  static const struct golden bad[] = {
    { .vmid = 0 },         { .vmid = 99 },         { .vmid = 1000000000 },
    { .vmid = -140 },      { .size = -1 },         { .size = GIB - 1 },
    { .size = GIB + MIB }, { .cores = 8193 },      { .cores = -2 },
    { .memory = -2 },      { .memory = 15 * MIB }, { .memory = 16 * MIB + 1 },
  };
  static const char *const names[] = { "vmid",  "vmid",   "vmid",   "vmid",
                                       "size",  "size",   "size",   "cores",
                                       "cores", "memory", "memory", "memory" };
  struct golden golden;

  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      golden = least ();
      if (!strcmp (names[i], "vmid"))
        golden.vmid = bad[i].vmid;
      golden.size = bad[i].size ? bad[i].size : golden.size;
      golden.cores = bad[i].cores ? bad[i].cores : golden.cores;
      golden.memory = bad[i].memory ? bad[i].memory : golden.memory;
      refuses (golden, names[i]);
    }
  /* What was said to be none is not what was not said.  */
  golden = least ();
  golden.size = 0;
  refuses (golden, "size");
  golden = least ();
  golden.cores = 0;
  refuses (golden, "cores");
  golden = least ();
  golden.memory = 0;
  refuses (golden, "memory");
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (what_is_not_given_is_not_said),
          cmocka_unit_test (all_is_said),
          cmocka_unit_test (the_longest_storage_fits),
          cmocka_unit_test (templates),
          cmocka_unit_test (nothing_gets_into_rootfs),
          cmocka_unit_test (host_names),
          cmocka_unit_test (numbers) };

  return cmocka_run_group_tests_name ("golden_words", tests, NULL, NULL);
}
