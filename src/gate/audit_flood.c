/* audit_flood.c - refusals in the audit log, summed up where they are many
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Whoever may connect can be refused as often as he likes, and call what needs
   no rule: of one uid ten of these a second have a record, the others one
   together.  */

#include <string.h>

#include "audit_inside.h"

/* The last flooder stands for all uids that found no other free.  */
#define OTHERS (AUDIT_FLOODERS - 1)

/* Write the sums of FLOODER, whose second is over, and forget them.  */
static void
tell (struct audit *audit, struct audit_flooder *flooder)
{
  struct buffer *note = &audit->note;
  bool first = true;

  record_begin (note, "refusals");
  if (flooder != &audit->shared->flooder[OTHERS]
      && flooder->owner != UINT64_MAX)
    record_number (note, "uid", flooder->owner - 1);
  record_number (note, "count", flooder->held);
  buffer_string (note, ",\"gate\":{");
  for (int i = 0; i < REFUSAL_COUNT; i++)
    if (flooder->gates[i])
      {
        buffer_printf (note, "%s\"%s\":%u", first ? "" : ",",
                       refusal_name ((enum refusal)i),
                       (unsigned)flooder->gates[i]);
        first = false;
      }
  buffer_string (note, "}");
  audit_append_note (audit);
  memset (flooder, 0, sizeof *flooder);
}

/* The flooder of OWNER in the second NOW.  */
static struct audit_flooder *
flooder_for (struct audit *audit, uint64_t owner, int64_t now)
{
  struct audit_flooder *flooders = audit->shared->flooder;
  struct audit_flooder *old = NULL;

  for (int i = 0; i < OTHERS; i++)
    {
      if (flooders[i].owner == owner)
        {
          old = &flooders[i];
          break;
        }
      if (flooders[i].second != now && (!old || !flooders[i].owner))
        old = &flooders[i];
    }
  if (!old)
    old = &flooders[OTHERS];
  if (old->second != now && old->held)
    tell (audit, old);
  if (old->second != now || (old != &flooders[OTHERS] && old->owner != owner))
    {
      memset (old, 0, sizeof *old);
      old->owner = owner;
      old->second = now;
    }
  return old;
}

bool
audit_flood_take (struct audit *audit, uint64_t owner, int gate)
{
  unsigned alone = audit->options.refusals ? audit->options.refusals
                                           : LIMIT_AUDIT_REFUSALS;
  struct audit_flooder *flooder = flooder_for (audit, owner,
                                               audit_now () / 1000);

  if (flooder->count++ < alone)
    return true;
  flooder->held++;
  flooder->gates[gate]++;
  return false;
}

bool
audit_flood_tell (struct audit *audit)
{
  int64_t now = audit_now () / 1000;
  bool waits = false;

  for (int i = 0; i < AUDIT_FLOODERS; i++)
    {
      struct audit_flooder *flooder = &audit->shared->flooder[i];

      if (!flooder->held)
        continue;
      if (flooder->second == now)
        waits = true;
      else
        tell (audit, flooder);
    }
  return waits;
}
