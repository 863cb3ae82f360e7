# emulated.py - boots a system in a machine that QEMU makes up
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's kernel on emulated processors, with these disks:

    /dev/nvme0n1    ROOT, the system
    /dev/nvme1n1    WELL, an NVMe disk with a file system DATA_UUID
    /dev/nvme2n1    ILL, one that says that it is failing
    /dev/sda        SPINS, an ATA disk

The lines of what runs there come over a serial line.  Nothing is kept.
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile

import debian
import scratch
import tap

PATIENCE = 240
KERNEL = "linux-image-cloud-amd64"
DATA_UUID = "5ba1f5f2-6f1d-4f55-9a40-0d4e6c1f7a11"
MODULES = ("libata", "ata_piix", "ata_generic", "scsi_mod", "scsi_common",
           "sd_mod", "t10-pi", "crc-t10dif", "crct10dif_common",
           "crct10dif_generic", "crc64", "crc64-rocksoft",
           "crc64-rocksoft_generic")
# What no test here needs, and emulation makes slow.
MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_reap.service",
          "fstrim.timer", "getty@.service", "serial-getty@.service",
          "nginx.service", "systemd-timesyncd.service")

PAYLOAD = """\
[Unit]
Requires=multi-user.target
After=multi-user.target
SuccessAction=poweroff-immediate
FailureAction=poweroff-immediate

[Service]
Type=oneshot
TimeoutStartSec=200
Environment=REEVE_INSIDE=machine PYTHONDONTWRITEBYTECODE=1
Environment=REEVE_SOURCE=/reeve-source LC_ALL=C.UTF-8
ExecStart=/bin/sh -c '/usr/bin/python3 /reeve-source/%s >/dev/ttyS1 2>&1; \
echo "status $$?" >/dev/ttyS1'
"""

TARGET = """\
[Unit]
Requires=multi-user.target
Wants=reeve-payload.service
"""

# $1: a directory to mount on; $2: lower layers; $3: the image to fill.
FILL = r"""
set -eu
mount -t tmpfs tmpfs "$1"
cd "$1"
mkdir changed work tree
mount -t overlay overlay tree \
  -o "lowerdir=$2,upperdir=$1/changed,workdir=$1/work"
mke2fs -q -t ext4 -O ^has_journal -E no_copy_xattrs,lazy_itable_init=1 \
  -d tree "$3"
"""


def inside():
    return os.environ.get("REEVE_INSIDE") == "machine"


def kernel():
    """The directory with Debian's kernel and its modules."""
    def make(path):
        os.mkdir(path)
        depends = debian.run(["apt-cache", "depends", KERNEL])
        package = depends.split("Depends:")[1].split()[0]
        debian.run(["apt-get", "download", package], cwd=path)
        for file in glob.glob(os.path.join(path, "*.deb")):
            debian.run(["dpkg-deb", "-x", file, path])
            os.remove(file)

    return debian.once("kernel-" + debian.release(), make)


def add_modules(machine, folder):
    """Give MACHINE those of MODULES that are in FOLDER, a kernel's."""
    source = glob.glob(os.path.join(folder, "lib/modules/*"))[0]
    version = os.path.basename(source)
    target = machine.path("/usr/lib/modules/" + version)
    for path in glob.glob(source + "/**", recursive=True):
        name = os.path.basename(path)
        if name.startswith("modules.") or (
                name.endswith(".ko") and name[:-3] in MODULES):
            copy = os.path.join(target, os.path.relpath(path, source))
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copy(path, copy)
    os.symlink("usr/lib", machine.path("/lib"))
    debian.run(["depmod", "-b", machine.root, version])
    os.remove(machine.path("/lib"))
    machine.write("/etc/modules-load.d/disks.conf", "ata_piix\nsd_mod\n")


def prepare(machine, script, folder):
    """Fill MACHINE with all that Debian's root does not have."""
    units = "/etc/systemd/system/"
    script = os.path.relpath(os.path.abspath(script), scratch.SOURCE)
    machine.write(units + "reeve-payload.service", PAYLOAD % script)
    machine.write(units + "reeve-payload.target", TARGET)
    for name in MASKED:
        os.symlink("/dev/null", machine.path(units + name))
    machine.write("/etc/fstab", "/dev/nvme0n1 / ext4 defaults 0 1\n")
    shutil.copytree(os.path.join(scratch.SOURCE, "tests"),
                    machine.path("/reeve-source/tests"))
    add_modules(machine, folder)


def disk(folder, name, size):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.truncate(size)
    return path


def drive(name, path, device):
    return ["-drive", "if=none,format=raw,cache=unsafe,id=%s,file=%s"
            % (name, path), "-device", "%s,drive=%s" % (device, name)]


def start(linux, images, folder):
    """Run the machine to its end."""
    command = [
        "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot",
        "-display", "none", "-machine", "pc,accel=tcg", "-cpu", "max",
        "-smp", "2", "-m", "1024",
        "-serial", "file:" + os.path.join(folder, "console"),
        "-serial", "file:" + os.path.join(folder, "lines"),
        "-kernel", glob.glob(os.path.join(linux, "boot/vmlinuz-*"))[0],
        "-append", "root=/dev/nvme0n1 rw console=ttyS0 quiet panic=-1 "
        "systemd.unit=reeve-payload.target"]
    devices = {"root": "nvme,serial=ROOT", "well": "nvme,serial=WELL",
               "ill": "nvme,serial=ILL,smart_critical_warning=4",
               "spins": "ide-hd,bus=ide.0,serial=SPINS,model=EMULATED"}
    for name, device in devices.items():
        command += drive(name, images[name], device)
    subprocess.run(command, stdin=subprocess.DEVNULL, timeout=PATIENCE,
                   check=True)


def text(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8",
              errors="replace") as file:
        return file.read().replace("\r", "")


def boot(script, files=None):
    """Boot a machine that runs SCRIPT; return what it told and the
    console's text."""
    debian.needed()
    for program in ("qemu-system-x86_64", "mke2fs", "depmod", "dpkg-deb"):
        if not shutil.which(program):
            raise tap.Skip("no %s (Debian: qemu-system-x86, e2fsprogs, kmod)"
                           % program)
    with scratch.Machine(files) as machine, \
            tempfile.TemporaryDirectory(prefix="reeve-boot-") as folder:
        system = debian.system(debian.install(machine))
        linux = kernel()
        prepare(machine, script, linux)
        images = {"root": disk(folder, "root", 1 << 30)}
        for name in ("well", "ill", "spins"):
            images[name] = disk(folder, name, 64 << 20)
        debian.run(["mke2fs", "-q", "-t", "ext4", "-U", DATA_UUID,
                    images["well"]])
        mount = os.path.join(folder, "mount")
        os.mkdir(mount)
        debian.run(["unshare", "--mount", "sh", "-c", FILL, "sh", mount,
                    machine.root + ":" + system, images["root"]])
        start(linux, images, folder)
        return text(folder, "lines"), text(folder, "console")


def relay(script, files=None):
    """Boot, run SCRIPT there, tell what it told and end as it ended."""
    try:
        lines, console = boot(script, files)
    except tap.Skip as reason:
        print("ok 1 - boot # SKIP %s\n1..1" % reason)
        sys.exit(0)
    told, _, status = lines.rpartition("status ")
    print(told)
    if status.strip() != "0":
        print("# " + "\n# ".join(console.splitlines()[-100:]))
        sys.exit(1)
