# page.sed - what yat2m leaves to do on a manual page
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Hyphens of options are to be copied and not to be broken at.
/^\.\\"/!s/--/\\-\\-/g
s/\([ (B]\)-\([a-z]\)/\1\\-\2/g
:again
s/\(\\-[a-z\\-]*[a-z]\)-\([a-z]\)/\1\\-\2/
tagain
