/* check.h - what all unit tests include
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_CHECK_H
#define REEVE_CHECK_H

/* cmocka wants these before it.  */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* base/failure.h has one.  */
#include <gpg-error.h>

/* The code of ERROR is CODE.  */
#define assert_code(error, code)                                               \
  assert_string_equal (gpg_strerror (gpg_err_code (error)), gpg_strerror (code))

#endif /* REEVE_CHECK_H */
