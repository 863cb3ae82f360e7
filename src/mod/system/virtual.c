/* virtual.c - what the machine runs in
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The names are those of systemd-detect-virt(1).  */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../../protocol/memory.h"
#include "bus.h"
#include "describe.h"
#include "texts.h"

/* A container's name as the file that its maker left tells, NULL if it is
   none.  */
static char *
container (struct work *work)
{
  auto_free char *told = text_line (
      text_below (work->machine, "/run/systemd/container"));
  auto_free char *docker = machine_path (work->machine, "/.dockerenv");
  auto_free char *podman = machine_path (work->machine, "/run/.containerenv");

  if (told && *told)
    return take (&told);
  if (docker && !access (docker, F_OK))
    return strdup ("docker");
  return podman && !access (podman, F_OK) ? strdup ("podman") : NULL;
}

/* What firmware says of who made the machine.  */
static const char *
hypervisor (void)
{
  static const char *const files[]
      = { "/sys/class/dmi/id/product_name", "/sys/class/dmi/id/sys_vendor",
          "/sys/class/dmi/id/board_vendor", "/sys/class/dmi/id/bios_vendor" };
  static const char *const vendors[][2]
      = { { "KVM", "kvm" },
          { "OpenStack", "kvm" },
          { "KubeVirt", "kvm" },
          { "Amazon EC2", "amazon" },
          { "QEMU", "qemu" },
          { "VMware", "vmware" },
          { "VMW", "vmware" },
          { "innotek GmbH", "oracle" },
          { "VirtualBox", "oracle" },
          { "Xen", "xen" },
          { "Bochs", "bochs" },
          { "Parallels", "parallels" },
          { "BHYVE", "bhyve" },
          { "Hyper-V", "microsoft" },
          { "Google Compute Engine", "google" } };

  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
      auto_free char *text = text_line (text_of_kernel (files[i]));

      for (size_t j = 0; text && j < sizeof vendors / sizeof *vendors; j++)
        if (!strncmp (text, vendors[j][0], strlen (vendors[j][0])))
          return vendors[j][1];
    }
  return NULL;
}

char *
virtual_machine (struct work *work)
{
  auto_free char *told = NULL;
  auto_free char *processors = NULL;
  const char *name;
  char *held;

  /* What systemd found at its start it knows best; "" is none.  */
  if (!bus_text (work, &bus_manager, "Virtualization", &told) && told)
    return *told ? take (&told) : strdup ("none");
  failure_release (&work->failure);
  held = container (work);
  if (held)
    return held;
  name = hypervisor ();
  if (name)
    return strdup (name);
  processors = text_of_kernel ("/proc/cpuinfo");
  return strdup (processors && strstr (processors, " hypervisor") ? "vm-other"
                                                                  : "none");
}
