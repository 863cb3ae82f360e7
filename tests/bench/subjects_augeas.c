/* subjects_augeas.c - libaugeas in the process that uses it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>

#include <augeas.h>

#include "subject.h"

static struct augeas *tree;

static void
augeas_prepare (void)
{
  tree = aug_init (places.root, NULL, AUG_NONE);
  if (!tree || aug_error (tree) != AUG_NOERROR)
    give_up ("%s: libaugeas loads nothing", places.root);
}

static void
augeas_save (void)
{
  static unsigned count;
  char value[64];

  snprintf (value, sizeof value, "name%u.example", ++count);
  if (aug_set (tree, "/files/etc/hosts/2/canonical", value) || aug_save (tree))
    give_up ("libaugeas saves nothing");
}

const struct subject augeas_subjects[]
    = { { "save.augeas", augeas_prepare, NULL, augeas_save, 5 },
        { NULL, NULL, NULL, NULL, 0 } };
