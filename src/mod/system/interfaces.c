/* interfaces.c - SYSTEM INFO: network interfaces
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "describe.h"

#define ADDRESS_TEXT (INET6_ADDRSTRLEN + 4)
#define ADDRESSES 256 /* Of one interface, that are told.  */

static unsigned
count_bits (const unsigned char *mask, size_t length)
{
  unsigned bits = 0;

  for (size_t i = 0; i < length; i++)
    bits += (unsigned)__builtin_popcount (mask[i]);
  return bits;
}

/* Write the address of ONE as "192.0.2.1/24"; whether it has one.  */
static bool
address_text (const struct ifaddrs *one, char r_text[ADDRESS_TEXT])
{
  char address[INET6_ADDRSTRLEN];
  const void *bytes, *mask;
  size_t length;

  if (!one->ifa_addr || !one->ifa_netmask)
    return false;
  if (one->ifa_addr->sa_family == AF_INET)
    {
      bytes = &((const struct sockaddr_in *)one->ifa_addr)->sin_addr;
      mask = &((const struct sockaddr_in *)one->ifa_netmask)->sin_addr;
      length = sizeof (struct in_addr);
    }
  else if (one->ifa_addr->sa_family == AF_INET6)
    {
      bytes = &((const struct sockaddr_in6 *)one->ifa_addr)->sin6_addr;
      mask = &((const struct sockaddr_in6 *)one->ifa_netmask)->sin6_addr;
      length = sizeof (struct in6_addr);
    }
  else
    return false;
  if (!inet_ntop (one->ifa_addr->sa_family, bytes, address, sizeof address))
    return false;
  snprintf (r_text, ADDRESS_TEXT, "%s/%u", address, count_bits (mask, length));
  return true;
}

static gpg_error_t
write_hardware (struct writer *out, const struct ifaddrs *one)
{
  const struct sockaddr_ll *link = (const struct sockaddr_ll *)one->ifa_addr;
  char text[3 * 8 + 1];
  bool any = false;

  if (!link || link->sll_family != AF_PACKET || !link->sll_halen
      || link->sll_halen > 8)
    return 0;
  for (unsigned i = 0; i < link->sll_halen; i++)
    {
      any |= link->sll_addr[i];
      snprintf (text + 3 * i, 4, "%02x:", link->sll_addr[i]);
    }
  text[3 * link->sll_halen - 1] = 0;
  return any ? writer_field (out, "hardware_address", "%s", text) : 0;
}

/* Write the record of the interface that FIRST is the first entry of.  */
static gpg_error_t
write_interface (struct writer *out, const struct ifaddrs *all,
                 const struct ifaddrs *first)
{
  char (*texts)[ADDRESS_TEXT] = calloc (ADDRESSES, sizeof *texts);
  const char *items[ADDRESSES];
  auto_free void *memory = texts;
  size_t count = 0;
  gpg_error_t err;

  if (!texts)
    return gpg_error_from_syserror ();
  err = writer_field (out, "kind", "interface");
  if (!err)
    err = writer_field (out, "name", "%s", first->ifa_name);
  if (!err)
    err = writer_field_bool (out, "up", first->ifa_flags & IFF_UP);
  for (const struct ifaddrs *one = all; !err && one; one = one->ifa_next)
    if (!strcmp (one->ifa_name, first->ifa_name))
      {
        err = write_hardware (out, one);
        if (count < ADDRESSES && address_text (one, texts[count]))
          {
            items[count] = texts[count];
            count++;
          }
      }
  if (!err)
    err = writer_field_list (out, "addresses", items, count);
  return err ? err : writer_record_end (out);
}

static bool
is_first (const struct ifaddrs *all, const struct ifaddrs *one)
{
  while (strcmp (all->ifa_name, one->ifa_name))
    all = all->ifa_next;
  return all == one;
}

gpg_error_t
describe_interfaces (struct work *work)
{
  struct ifaddrs *all;
  gpg_error_t err = 0;

  /* The kernel is asked by netlink; no socket of a network is opened.  */
  if (getifaddrs (&all))
    return 0;
  for (const struct ifaddrs *one = all; !err && one; one = one->ifa_next)
    if (is_first (all, one))
      err = write_interface (work->out, all, one);
  freeifaddrs (all);
  return err;
}
