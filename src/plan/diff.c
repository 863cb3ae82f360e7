/* diff.c - unified differences between two texts
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The shortest edit script by the greedy algorithm of E. W. Myers, "An O(ND)
   Difference Algorithm and Its Variations" (1986), on what lies between the
   common beginning and end of both texts.  */

#include "diff.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../protocol/memory.h"

#define CONTEXT 3

/* How many lines may be added and removed, and how many comparisons made, to
   find the shortest script.  The first bounds memory: its square times four
   bytes.  */
#define MOST_EDITS 2000
#define MOST_COMPARISONS 50000000UL

/* One text: line I is START[I] to START[I + 1], its LF included.  */
struct lines
{
  const char *bytes;
  size_t *start;
  size_t count;
  bool *changed; /* The line is not in the other text.  */
};

#define auto_lines __attribute__ ((cleanup (lines_release)))

static void
lines_release (struct lines *lines)
{
  free (lines->start);
  free (lines->changed);
}

static gpg_error_t
lines_split (const struct diff_side *side, struct lines *r_lines)
{
  const char *end = side->bytes + side->length;
  const char *line = side->bytes;
  const char *newline;
  size_t count = 0;
  size_t i;

  r_lines->bytes = side->bytes;
  for (i = 0; i < side->length; i++)
    count += side->bytes[i] == '\n';
  if (side->length && end[-1] != '\n')
    count++;
  r_lines->start = calloc (count + 1, sizeof *r_lines->start);
  r_lines->changed = calloc (count + 1, sizeof *r_lines->changed);
  if (!r_lines->start || !r_lines->changed)
    return gpg_error (GPG_ERR_ENOMEM);
  r_lines->count = count;
  for (i = 0; i < count; i++)
    {
      r_lines->start[i] = (size_t)(line - side->bytes);
      newline = memchr (line, '\n', (size_t)(end - line));
      line = newline ? newline + 1 : end;
    }
  r_lines->start[count] = side->length;
  return 0;
}

static bool
lines_equal (const struct lines *a, size_t i, const struct lines *b, size_t j)
{
  size_t length = a->start[i + 1] - a->start[i];

  return length == b->start[j + 1] - b->start[j]
         && !memcmp (a->bytes + a->start[i], b->bytes + b->start[j], length);
}

/* --- The shortest edit script --- */

/* What is compared: A[A_FIRST...] (A_COUNT lines) with B[B_FIRST...].  A
   diagonal K is the positions whose A part is K lines ahead of the B part.
   TRACE[D] has, for the diagonals -D to D, how far into A one comes with D
   edits.  */
struct search
{
  struct lines *a;
  struct lines *b;
  size_t a_first;
  size_t b_first;
  long a_count;
  long b_count;
  int **trace;
  long edits;
  size_t comparisons;
};

static void
search_release (struct search *search)
{
  for (long d = 0; search->trace && d <= MOST_EDITS; d++)
    free (search->trace[d]);
  free (search->trace);
}

/* How far K is reached with D edits before equal lines are followed; whether
   the last edit is an addition.  PREVIOUS is the row of D - 1.  */
static long
reach (const int *previous, long d, long k, bool *r_added)
{
  *r_added = false;
  if (!d)
    return 0;
  previous += d - 1;
  *r_added = k == -d || (k != d && previous[k - 1] < previous[k + 1]);
  return *r_added ? previous[k + 1] : previous[k - 1] + 1;
}

/* Compute the row of D edits.  *R_FOUND tells whether both ends are
   reached.  */
static gpg_error_t
search_row (struct search *search, long d, bool *r_found)
{
  const int *previous = d ? search->trace[d - 1] : NULL;
  int *row = calloc ((size_t)(2 * d + 1), sizeof *row);
  bool added;
  long x, y;

  search->trace[d] = row;
  if (!row)
    return gpg_error (GPG_ERR_ENOMEM);
  for (long k = -d; k <= d; k += 2)
    {
      x = reach (previous, d, k, &added);
      y = x - k;
      while (x < search->a_count && y < search->b_count && ++search->comparisons
             && lines_equal (search->a, search->a_first + (size_t)x, search->b,
                             search->b_first + (size_t)y))
        {
          x++;
          y++;
        }
      row[d + k] = (int)x;
      if (x >= search->a_count && y >= search->b_count)
        *r_found = true;
    }
  return 0;
}

/* Go back from the end along the trace and mark the edits.  */
static void
search_mark (struct search *search)
{
  long k = search->a_count - search->b_count;
  bool added;
  long x;

  for (long d = search->edits; d > 0; d--)
    {
      x = reach (search->trace[d - 1], d, k, &added);
      if (added)
        {
          search->b->changed[search->b_first + (size_t)(x - k - 1)] = true;
          k++;
        }
      else
        {
          search->a->changed[search->a_first + (size_t)(x - 1)] = true;
          k--;
        }
    }
}

/* Mark the lines of A and B that differ.  */
static gpg_error_t
compare (struct lines *a, struct lines *b)
{
  struct search search = { .a = a, .b = b };
  size_t a_end = a->count;
  size_t b_end = b->count;
  size_t first = 0;
  bool found = false;
  gpg_error_t err = 0;

  while (first < a_end && first < b_end && lines_equal (a, first, b, first))
    first++;
  while (a_end > first && b_end > first
         && lines_equal (a, a_end - 1, b, b_end - 1))
    {
      a_end--;
      b_end--;
    }
  search.a_first = search.b_first = first;
  search.a_count = (long)(a_end - first);
  search.b_count = (long)(b_end - first);
  search.trace = calloc (MOST_EDITS + 1, sizeof *search.trace);
  if (!search.trace)
    return gpg_error (GPG_ERR_ENOMEM);
  for (long d = 0; !err && !found && d <= MOST_EDITS
                   && search.comparisons < MOST_COMPARISONS;
       d++)
    {
      search.edits = d;
      err = search_row (&search, d, &found);
    }
  if (!err && found)
    search_mark (&search);
  else if (!err)
    {
      memset (a->changed + first, true, a_end - first);
      memset (b->changed + first, true, b_end - first);
    }
  search_release (&search);
  return err;
}

/* Let each run of lines that were only added or only removed end as late as
   it can, as diff does: an added paragraph is then shown with the empty line
   behind it.  OTHER is the other side, whose unchanged lines match.  */
static void
slide (struct lines *lines, const struct lines *other)
{
  size_t start;
  size_t end = 0;
  size_t partner = 0;

  for (;;)
    {
      while (end < lines->count && !lines->changed[end])
        {
          while (other->changed[partner])
            partner++;
          partner++;
          end++;
        }
      if (end == lines->count)
        return;
      start = end;
      while (end < lines->count && lines->changed[end])
        end++;
      while (end < lines->count && !lines->changed[end]
             && !other->changed[partner]
             && lines_equal (lines, start, lines, end))
        {
          lines->changed[start++] = false;
          lines->changed[end++] = true;
          partner++;
          while (end < lines->count && lines->changed[end])
            end++;
        }
    }
}

/* --- Printing --- */

/* Lines FROM to TO (excluded) of both sides.  */
struct range
{
  size_t a_from;
  size_t a_to;
  size_t b_from;
  size_t b_to;
};

/* Move CHANGE, empty at first, to the next change at or after its end.  */
static bool
next_change (const struct lines *a, const struct lines *b, struct range *change)
{
  size_t i = change->a_to;
  size_t j = change->b_to;

  while (i < a->count && j < b->count && !a->changed[i] && !b->changed[j])
    {
      i++;
      j++;
    }
  change->a_from = i;
  change->b_from = j;
  while (i < a->count && a->changed[i])
    i++;
  while (j < b->count && b->changed[j])
    j++;
  change->a_to = i;
  change->b_to = j;
  return i > change->a_from || j > change->b_from;
}

static void
print_line (const struct lines *lines, size_t index, char mark,
            struct buffer *text)
{
  const char *line = lines->bytes + lines->start[index];
  size_t length = lines->start[index + 1] - lines->start[index];

  buffer_append (text, &mark, 1);
  buffer_append (text, line, length);
  if (line[length - 1] != '\n')
    buffer_string (text, "\n\\ No newline at end of file\n");
}

/* Lines are counted from 1; an empty range is named by the line before.  */
static void
print_range (size_t from, size_t to, struct buffer *text)
{
  size_t count = to - from;

  buffer_printf (text, "%zu", count ? from + 1 : from);
  if (count != 1)
    buffer_printf (text, ",%zu", count);
}

static void
print_hunk (const struct lines *a, const struct lines *b,
            const struct range *hunk, struct buffer *text)
{
  size_t i = hunk->a_from;
  size_t j = hunk->b_from;

  buffer_string (text, "@@ -");
  print_range (hunk->a_from, hunk->a_to, text);
  buffer_string (text, " +");
  print_range (hunk->b_from, hunk->b_to, text);
  buffer_string (text, " @@\n");
  while (i < hunk->a_to || j < hunk->b_to)
    if (i < hunk->a_to && a->changed[i])
      print_line (a, i++, '-', text);
    else if (j < hunk->b_to && b->changed[j])
      print_line (b, j++, '+', text);
    else
      {
        print_line (a, i++, ' ', text);
        j++;
      }
}

static void
print_hunks (const struct lines *a, const struct lines *b, struct buffer *text)
{
  struct range change = { 0, 0, 0, 0 };
  struct range hunk;
  bool more = next_change (a, b, &change);
  size_t before;
  size_t after;

  while (more)
    {
      before = change.a_from < CONTEXT ? change.a_from : CONTEXT;
      hunk = change;
      hunk.a_from -= before;
      hunk.b_from -= before;
      while ((more = next_change (a, b, &change))
             && change.a_from - hunk.a_to <= 2 * CONTEXT)
        {
          hunk.a_to = change.a_to;
          hunk.b_to = change.b_to;
        }
      after = a->count - hunk.a_to;
      if (after > CONTEXT)
        after = CONTEXT;
      hunk.a_to += after;
      hunk.b_to += after;
      print_hunk (a, b, &hunk, text);
    }
}

gpg_error_t
diff_unified (const struct diff_side *old_side,
              const struct diff_side *new_side, struct buffer *text)
{
  auto_lines struct lines a = { NULL, NULL, 0, NULL };
  auto_lines struct lines b = { NULL, NULL, 0, NULL };
  gpg_error_t err;

  if (old_side->length == new_side->length
      && (!old_side->length
          || !memcmp (old_side->bytes, new_side->bytes, old_side->length)))
    return 0;
  err = lines_split (old_side, &a);
  if (!err)
    err = lines_split (new_side, &b);
  if (!err)
    err = compare (&a, &b);
  if (err)
    return err;
  slide (&a, &b);
  slide (&b, &a);
  buffer_printf (text, "--- %s\n+++ %s\n", old_side->name, new_side->name);
  print_hunks (&a, &b, text);
  return buffer_error (text);
}
