# proxmox_certificates.py - an authority and what it signed
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An authority with one certificate for a server, made by openssl."""

import hashlib
import os
import ssl
import subprocess

NAMES = ("IP:127.0.0.1", "DNS:localhost", "DNS:pve1")
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(*arguments):
    subprocess.run(("openssl",) + arguments, check=True, timeout=60,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


class Authority:
    """A certificate authority whose files are in FOLDER."""

    def __init__(self, folder, name="authority"):
        self.folder = folder
        self.name = name
        self.count = 0
        self.file = self.path("pem")
        openssl("req", "-x509", *KEY, "-days", "30", "-subj",
                "/O=Proxmox Virtual Environment/CN=%s" % name,
                "-addext", "basicConstraints=critical,CA:TRUE",
                "-keyout", self.path("key"), "-out", self.file)

    def path(self, ending):
        return os.path.join(self.folder, "%s.%s" % (self.name, ending))

    def settings(self):
        """What "openssl ca" wants in a file."""
        database, settings = self.path("database"), self.path("settings")
        with open(database, "a", encoding="ascii"), \
                open(settings, "w", encoding="ascii") as stream:
            stream.write(
                "[ca]\ndefault_ca=one\n[one]\ndatabase=%s\nrand_serial=yes\n"
                "new_certs_dir=%s\ncertificate=%s\nprivate_key=%s\n"
                "default_md=sha256\nunique_subject=no\npolicy=any\n"
                "[any]\ncommonName=supplied\n" % (
                    database, self.folder, self.file, self.path("key")))
        return settings

    def leaf(self, names=NAMES, expired=False):
        """A new certificate for NAMES: its file, which has its key too."""
        self.count += 1
        request, key, file, more = (
            self.path("%d.%s" % (self.count, ending))
            for ending in ("request", "key", "pem", "more"))
        with open(more, "w", encoding="ascii") as stream:
            stream.write("subjectAltName=%s\nbasicConstraints=CA:FALSE\n"
                         "extendedKeyUsage=serverAuth\n" % ",".join(names))
        openssl("req", "-new", *KEY, "-subj", "/CN=pve1",
                "-keyout", key, "-out", request)
        dates = ("-startdate", "20200101000000Z", "-enddate",
                 "20200201000000Z") if expired else ("-days", "10")
        openssl("ca", "-batch", "-notext", "-config", self.settings(),
                "-in", request, "-out", file, "-extfile", more, *dates)
        with open(key, encoding="ascii") as source, \
                open(file, "a", encoding="ascii") as target:
            target.write(source.read())
        return file


def fingerprint(file):
    """SHA-256 of the certificate in FILE, as Proxmox VE shows it."""
    with open(file, encoding="ascii") as stream:
        text = stream.read()
    end = "-----END CERTIFICATE-----\n"
    der = ssl.PEM_cert_to_DER_cert(text[:text.index(end) + len(end)])
    digest = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digest[at:at + 2] for at in range(0, len(digest), 2))


def context(file):
    """What a server with the certificate in FILE speaks TLS by."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(file)
    return made
