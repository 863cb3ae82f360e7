#!/usr/bin/env python3
# client-gpg.py - python-gpg's assuan_transact, for test-foreign.py
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""client-gpg.py SOCKET

Reads and writes what client-gpgme.c does."""

import sys

import gpg


def see_data(data):
    if data:
        print("D", data.hex(), flush=True)


def see_status(keyword, text):
    print("S", keyword, text, flush=True)


def main():
    context = gpg.Context(protocol=gpg.constants.protocol.ASSUAN)
    context.set_engine_info(gpg.constants.protocol.ASSUAN,
                            file_name=sys.argv[1])
    for line in sys.stdin:
        command, _, answer = line.rstrip("\n").partition("\t")

        def see_inquiry(name, text, answer=answer):
            print("INQUIRE", name, *filter(None, [text]), flush=True)
            return bytes.fromhex(answer)

        try:
            error = context.assuan_transact(
                command, data_cb=see_data, inquire_cb=see_inquiry,
                status_cb=see_status)
        except gpg.errors.GPGMEError as broken:
            print("BROKEN", broken.error, broken, flush=True)
        else:
            print("ERR %d" % error.error if error else "OK", flush=True)


main()
