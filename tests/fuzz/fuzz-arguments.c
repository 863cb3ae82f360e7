/* fuzz-arguments.c - a request line, its arguments, and what policy says
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An input is three bytes that choose among RULES, a rule of its own, a line,
   and how to spell the same call another way: other escapes and quotations,
   names of files and numbers, options in another order, defaults said or not
   said, values that are asked for.  However it is spelled, a call has the same
   values and policy says the same to it, and no name of an object is allowed
   that its canonical name is not.  */

#include "root.h"
#include "../../protocol/buffer.h"
#include "../../protocol/limits.h"
#include "../../protocol/words.h"
#include "../../src/call/registry.h"
#include "../../src/gate/explain.h"
#include "../../src/gate/gate.h"
#include "../../src/mod/aug/aug.h"
#include "../../src/mod/module/module.h"

#define VALUES (LIMIT_WORDS + 2 * GRAMMAR_ITEMS)
#define SPELLED 1000 /* Bytes of a value that is spelled another way.  */
#define ANSWER "/etc/link/one"

/* --- Rows, rules, files --- */

static gpg_error_t
run_nothing (struct call *call)
{
  (void)call;
  return 0;
}

#define VERB(verb_name, verb_args, verb_effect)                                \
  {                                                                            \
    .name = verb_name, .args = verb_args, .effect = verb_effect,               \
    .run = run_nothing, .summary = "s", .help = "h"                            \
  }

static const struct verb verbs[]
    = { VERB ("SHOW", "[<unit:string=all>] [--lines=<n:int=10>]", EFFECT_READ),
        VERB ("PUT", "<path:path> [<more:path>...]", EFFECT_WRITE),
        VERB ("SET",
              "<name:string> [<value:text>] [--mode=<m:enum(fast|slow)=fast>] "
              "[--force] [--size=<s:size=4k>] [--wait=<d:duration=30s>]",
              EFFECT_WRITE),
        VERB ("COPY", "<path:path> <to:path> [<size:size=1M>] [--wait=<d:int>]",
              EFFECT_WRITE),
        VERB ("PIN", "<path:path> <pin:secret> [--keep]", EFFECT_DESTROY),
        { 0 } };
static const struct noun thing
    = { .name = "THING", .summary = "s", .help = "h", .verbs = verbs };

static const char *const rules[]
    = { "*",
        "THING *",
        "THING SHOW lines=0..100 unit=nginx* unit=all",
        "THING PUT path=/etc/hosts path=/etc/dir/** more=/etc/*",
        "THING PUT more.2=/etc/dir/one",
        "THING SET name~[a-z]+ mode=fast force=no size=0..64k",
        "THING SET wait=1s..1min dry-run=yes",
        "THING COPY path=/etc/dir/one to=/srv/** size=1M",
        "THING [CP]* path=/etc/hosts",
        "THING PIN keep=1 output=json",
        "THING SHOW timeout=1s..10s",
        "THING * reason=?*",
        "THING SET value~.*x.* value=y*",
        "AUG READ path=/files/etc/hosts",
        "AUG *",
        "THING SHOW unit~(a|b)*c" };
#define RULES (sizeof rules / sizeof *rules)

static struct registry registry;
static struct identity identity = { .name = (char *)"fuzz",
                                    .ceiling = EFFECT_DESTROY };
static const struct gate gate = { .identity = &identity,
                                  .ceiling = EFFECT_DESTROY };
static struct rule rule[RULES + 2]; /* One is its own, one is missing.  */

static void
make_link (const char *target, const char *path)
{
  char full[8192];

  snprintf (full, sizeof full, "%s%s", root_directory, path);
  require (!symlink (target, full));
}

static void
set_up (void)
{
  static const struct noun *const nouns[] = { &thing, &aug_noun, &module_noun,
                                              NULL };

  root_make ();
  require (!registry_make (nouns, &registry, NULL));
  root_text ("/etc/hosts", "127.0.0.1 localhost\n");
  root_text ("/etc/dir/one", "1\n");
  root_text ("/srv/two", "2\n");
  make_link ("hosts", "/etc/alias");
  make_link ("dir", "/etc/link");
  make_link ("/etc/link/../link", "/srv/there");
  make_link ("loop", "/etc/loop");
}

/* Read TEXT as a rule of the identity.  */
static bool
add_rule (bool allow, const char *text)
{
  struct rule *to = rule + identity.rule_count;
  struct failure failure = FAILURE_NONE;
  gpg_error_t err = rule_read (&root_machine, &registry, allow, text, to,
                               &failure);

  require (!err || failure.text);
  failure_release (&failure);
  if (err)
    rule_release (to);
  else
    identity.rule_count++;
  return !err;
}

/* "deny " or "allow " and a rule; none that takes long to match.  */
static void
add_own_rule (const char *text)
{
  bool allow = strncmp (text, "deny ", 5);
  size_t stars = 0;

  for (const char *p = text; *p; p++)
    stars += *p == '*';
  text += strcspn (text, " ");
  if (stars <= 4 && !strpbrk (text, "~[%"))
    add_rule (allow, text);
}

/* Two bytes say which of the RULES there are, the third which of them deny. */
static void
make_rules (struct feed *feed)
{
  unsigned there = feed_byte (feed), denies;
  char *own;

  there |= feed_byte (feed) << 8;
  denies = feed_byte (feed);
  own = feed_string (feed);
  identity.rule = rule;
  for (size_t i = 0; i < RULES; i++)
    if (there >> i & 1)
      require (add_rule (!(denies >> i % 8 & 1), rules[i]));
  add_own_rule (own);
  free (own);
}

static void
release_rules (void)
{
  for (size_t i = 0; i < identity.rule_count; i++)
    rule_release (rule + i);
  identity.rule_count = 0;
}

/* --- A call --- */

static bool
same_verdict (struct gate_verdict one, struct gate_verdict other)
{
  return one.reason == other.reason && one.rule == other.rule;
}

static bool
is_allowed (const struct call *call)
{
  return gate_explain (&gate, call).reason == GATE_ALLOWED;
}

/* What explain tells.  */
struct told
{
  size_t count;
  struct gate_verdict first;
};

static gpg_error_t
take_explanation (void *context, const struct explanation *one)
{
  struct told *told = context;

  require (one->question && *explanation_reason (one));
  if (!told->count++)
    told->first = one->verdict;
  return 0;
}

/* What explain says to WORDS is what the gate says to CALL, which is made of
   them, before anything is asked for; without arguments they are wrong.  */
static void
check_explain (const struct call *call, const struct words *words)
{
  struct told told = { 0 };
  struct failure failure = FAILURE_NONE;
  gpg_error_t err = explain (&gate, &registry, &root_machine, words->word,
                             words->count, take_explanation, &told, &failure);

  require ((err || told.count) && !err == !failure.text);
  if (call->arguments)
    require (!err && same_verdict (gate_explain (&gate, call), told.first));
  else if (call->verb)
    require (err);
  failure_release (&failure);
}

/* Who may use a verb at all is told before its arguments are looked at.  */
static void
check_verb (const struct call *call)
{
  const struct call bare = { .noun = call->noun, .verb = call->verb };
  struct failure failure = FAILURE_NONE;
  gpg_error_t err = gate_check (&gate, call->noun, call->verb, &failure);

  require (!err == is_allowed (&bare) && !err == !failure.text);
  if (call->arguments && err)
    require (!is_allowed (call));
  failure_release (&failure);
}

/* Give CALL what it asks for; false if that is not taken.  */
static bool
answer (struct call *call, const char *const *answers)
{
  bool taken = true;

  for (size_t i = 0; taken && i < arguments_count (call->arguments); i++)
    if (!arguments_value (call->arguments, i)->text)
      {
        const char *text = answers ? *answers++ : ANSWER;

        taken = !arguments_answer (call->arguments, i, text, strlen (text),
                                   &call->failure);
        require (taken == !call->failure.text);
      }
  return taken;
}

/* Make CALL of WORDS, with ANSWERS; without arguments if that cannot be.  */
static void
bind_words (const struct words *words, struct call *call,
            const char *const *answers)
{
  const struct registry_noun *noun = NULL;
  const struct registry_verb *verb = NULL;
  bool allowed;

  if (words->count >= 2)
    noun = registry_noun (&registry, words->word[0].text);
  if (noun)
    verb = registry_verb (noun, words->word[1].text);
  if (verb)
    {
      call->noun = noun->row;
      call->verb = verb->row;
      require (!arguments_bind (&verb->grammar, &registry.common,
                                words->word + 2, words->count - 2,
                                &call->arguments, &call->failure)
               == !call->failure.text);
    }
  check_explain (call, words);
  if (verb)
    check_verb (call);
  if (!call->arguments)
    return;
  allowed = is_allowed (call);
  if (answer (call, answers))
    /* As long as it was open it might have been anything.  */
    require (allowed || !is_allowed (call));
  else
    {
      arguments_release (call->arguments);
      call->arguments = NULL;
    }
}

/* The same of LINE; whether there is such a call, whose arguments are then to
   be released.  */
static bool
bind_line (const char *line, struct call *call, const char *const *answers)
{
  struct words words;

  *call = (struct call){ .machine = &root_machine, .registry = &registry };
  if (words_split (line, &words, NULL))
    return false;
  bind_words (&words, call, answers);
  words_release (&words);
  failure_release (&call->failure);
  return call->arguments;
}

/* The names of VALUE's object.  */
struct names
{
  size_t count;
  char *name[4];
};

static void
add_name (void *context, const char *name)
{
  struct names *names = context;

  require (names->count < sizeof names->name / sizeof *names->name);
  names->name[names->count++] = fuzz_string (name, strlen (name));
}

static void
release_names (struct names *names)
{
  while (names->count)
    free (names->name[--names->count]);
}

/* --- Another spelling --- */

static void
put_byte (struct buffer *line, unsigned char byte, bool quoted, bool first,
          unsigned how)
{
  static const char upper[] = "0123456789ABCDEF";
  static const char lower[] = "0123456789abcdef";
  const char *digits = how & 2 ? upper : lower;
  char escaped[3];

  if (how % 4 && byte > 0x20 && byte != 0x7f && byte != '%' && byte != '"'
      && !(first && strchr ("-@", byte)))
    buffer_append (line, &byte, 1);
  else if (quoted && byte == ' ')
    buffer_append (line, " ", 1);
  else
    {
      escaped[0] = '%';
      escaped[1] = digits[byte >> 4];
      escaped[2] = digits[byte & 15];
      buffer_append (line, escaped, 3);
    }
}

static void
put_text (struct buffer *line, const char *text, bool quoted, struct feed *feed)
{
  unsigned how = feed_byte (feed);

  for (const char *p = text; *p; p++)
    {
      put_byte (line, (unsigned char)*p, quoted, p == text, how ? how : 1);
      how = how >> 1 | (how & 1) << 7;
    }
}

static void
put_word (struct buffer *line, const char *text, struct feed *feed)
{
  bool quoted = feed_byte (feed) & 1 || !*text;

  buffer_string (line, quoted ? " \"" : "  ");
  put_text (line, text, quoted, feed);
  buffer_string (line, quoted ? "\"" : "");
}

/* TEXT is a canonical path.  */
static void
spell_path (struct buffer *out, const char *text, struct feed *feed)
{
  static const char *const slashes[] = { "/", "//", "/./", "/././/" };
  unsigned how = feed_byte (feed);

  for (; *text; text++)
    if (*text == '/')
      {
        buffer_string (out, slashes[how & 3]);
        how = how >> 2 | (how & 3) << 6;
      }
    else
      buffer_append (out, text, 1);
  buffer_string (out, how & 4 ? "/" : how & 8 ? "/." : "");
}

/* The same NUMBER in one of UNITS, as far as it is a whole one.  */
static void
spell_number (struct buffer *out, int64_t number, const char *const *units,
              const int64_t *factors, size_t count, struct feed *feed)
{
  unsigned how = feed_byte (feed);
  size_t unit = how % count;

  while (number % factors[unit])
    unit = (unit + 1) % count;
  buffer_printf (out, "%s%lld%s", how & 128 ? "000" : "",
                 (long long)(number / factors[unit]), units[unit]);
}

/* VALUE in other words, for the caller to free.  */
static char *
spell (const struct argument_value *value, struct feed *feed)
{
  static const char *const size_units[] = { "", "k", "M", "G" };
  static const int64_t size_factors[] = { 1, 1 << 10, 1 << 20, 1 << 30 };
  static const char *const time_units[] = { "ms", "", "s", "min", "h" };
  static const int64_t time_factors[] = { 1, 1000, 1000, 60000, 3600000 };
  static const char *const yes[] = { "1", "yes", "Yes", "YES" };
  static const char *const no[] = { "0", "no", "nO", "NO" };
  const char *type = value->item->type->name;
  struct buffer out = BUFFER_EMPTY;
  char *text;

  if (value->length > SPELLED)
    return fuzz_string (value->text, value->length);
  buffer_string (&out, "");
  if (!strcmp (type, "path"))
    spell_path (&out, value->text, feed);
  else if (!strcmp (type, "bool"))
    buffer_string (&out, (value->number ? yes : no)[feed_byte (feed) & 3]);
  else if (!strcmp (type, "int"))
    spell_number (&out, value->number, size_units, size_factors, 1, feed);
  else if (!strcmp (type, "size"))
    spell_number (&out, value->number, size_units, size_factors, 4, feed);
  else if (!strcmp (type, "duration"))
    spell_number (&out, value->number, time_units, time_factors, 5, feed);
  else
    buffer_append (&out, value->text, value->length);
  require (!buffer_error (&out));
  text = fuzz_string (out.bytes ? out.bytes : "", out.length);
  buffer_release (&out);
  return text;
}

/* Whether what VALUE says is said without it.  */
static bool
goes_without (const struct argument_value *value)
{
  const struct grammar_item *item = value->item;

  if (!item->option)
    return false;
  return item->fallback ? !strcmp (item->fallback, value->text)
                        : item->type->flags & TYPE_FLAG && !value->number;
}

static void
put_option (struct buffer *line, const struct argument_value *value,
            const char *text, struct feed *feed)
{
  unsigned how = feed_byte (feed);

  if (how & 1 && goes_without (value))
    return;
  buffer_string (line, "\t--");
  put_text (line, value->item->name, false, feed);
  if (how & 2 && value->item->type->flags & TYPE_FLAG && value->number)
    return;
  buffer_string (line, "=");
  put_text (line, text, false, feed);
}

static void
put_name (struct buffer *line, const char *name, unsigned how)
{
  for (; *name; name++, how = how >> 1 | (how & 1) << 7)
    buffer_printf (line, "%c", how & 1 ? *name | 0x20 : *name);
}

/* CALL with its values TEXT[] as another line; what it leaves to be asked for
   goes to ANSWERS.  */
static void
write_call (struct buffer *line, const struct call *call, char *const *text,
            const char **answers, struct feed *feed)
{
  const struct arguments *arguments = call->arguments;
  size_t count = arguments_count (arguments), start = feed_byte (feed) % count;

  put_name (line, call->noun->name, feed_byte (feed));
  buffer_string (line, " ");
  put_name (line, call->verb->name, feed_byte (feed));
  for (size_t i = 0; i < count; i++)
    {
      size_t j = (start + i) % count;

      if (arguments_value (arguments, j)->item->option)
        put_option (line, arguments_value (arguments, j), text[j], feed);
    }
  if (feed_byte (feed) & 1)
    buffer_string (line, " --");
  for (size_t i = 0; i < count; i++)
    {
      const struct argument_value *value = arguments_value (arguments, i);

      if (value->item->option)
        continue;
      if (value->item->type->flags & TYPE_SECRET || feed_byte (feed) % 4 == 3)
        {
          buffer_string (line, " @");
          *answers++ = text[i];
        }
      else
        put_word (line, text[i], feed);
    }
  require (!buffer_error (line));
}

/* The value of CALL that ITEM's value number INDEX is, or NULL.  */
static const struct argument_value *
find_value (const struct call *call, const struct grammar_item *item,
            size_t index)
{
  for (size_t i = 0; i < arguments_count (call->arguments); i++)
    if (arguments_value (call->arguments, i)->item == item && !index--)
      return arguments_value (call->arguments, i);
  return NULL;
}

/* CALL and OTHER have the same values.  */
static void
check_values (const struct call *call, const struct call *other)
{
  size_t index = 0;

  for (size_t i = 0; i < arguments_count (call->arguments); i++)
    {
      const struct argument_value *one = arguments_value (call->arguments, i);
      const struct argument_value *two;

      index = i && arguments_value (call->arguments, i - 1)->item == one->item
                  ? index + 1
                  : 0;
      two = find_value (other, one->item, index);
      require (two || (goes_without (one) && !one->item->fallback));
      if (!two)
        continue;
      require (strlen (two->text) == two->length);
      require (one->number == two->number);
      if (one->item->type->pattern != PATTERN_NUMBER)
        require (!strcmp (one->text, two->text));
    }
}

/* What CALL is spelled another way, with ALIASES instead of its values if there
   are any, in OTHER.  */
static void
respell (const struct call *call, char *const *aliases, struct feed *feed,
         struct call *other)
{
  size_t count = arguments_count (call->arguments);
  struct buffer line = BUFFER_EMPTY;
  const char *answers[VALUES];
  char *text[VALUES];

  require (count <= VALUES);
  for (size_t i = 0; i < count; i++)
    text[i] = aliases ? aliases[i]
                      : spell (arguments_value (call->arguments, i), feed);
  write_call (&line, call, text, answers, feed);
  require (bind_line (line.bytes, other, answers));
  for (size_t i = 0; i < count && !aliases; i++)
    free (text[i]);
  buffer_release (&line);
}

/* --- What must hold --- */

/* The rule that is said to be missing, added, allows CALL.  */
static void
check_missing (const struct call *call)
{
  struct buffer missing = BUFFER_EMPTY;

  identity_write_missing (&identity, call, &missing);
  require (!buffer_error (&missing));
  require (add_rule (true, missing.bytes));
  require (is_allowed (call));
  rule_release (rule + --identity.rule_count);
  buffer_release (&missing);
}

/* Where CALL may be allowed by the names it has, it is by canonical ones.  */
static void
check_names (const struct call *call, struct feed *feed)
{
  bool allowed = is_allowed (call);
  size_t count = arguments_count (call->arguments);
  struct names names[VALUES];
  char *canonical[VALUES] = { NULL };
  struct call other;
  bool known = true;

  memset (names, 0, count * sizeof *names);
  for (size_t i = 0; i < count; i++)
    {
      const struct argument_value *value = arguments_value (call->arguments, i);

      if (!value->item->type->names)
        add_name (names + i, value->text);
      else if (value->item->type->names (&root_machine, value->text, add_name,
                                         names + i))
        known = false;
      canonical[i] = names[i].count ? names[i].name[0] : NULL;
    }
  if (known)
    {
      respell (call, canonical, feed, &other);
      require (!allowed || is_allowed (&other));
      arguments_release (other.arguments);
    }
  for (size_t i = 0; i < count; i++)
    release_names (names + i);
}

static void
check_call (const struct call *call, struct feed *feed)
{
  struct gate_verdict verdict = gate_explain (&gate, call);
  struct call other;

  require (verdict.reason == GATE_ALLOWED || verdict.reason == GATE_DENIED
           || verdict.reason == GATE_NO_RULE);
  require (!verdict.rule
           || verdict.rule->allow == (verdict.reason == GATE_ALLOWED));
  if (verdict.reason == GATE_NO_RULE)
    check_missing (call);
  if (!arguments_count (call->arguments))
    return;
  respell (call, NULL, feed, &other);
  check_values (call, &other);
  require (same_verdict (verdict, gate_explain (&gate, &other)));
  arguments_release (other.arguments);
  check_names (call, feed);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  struct feed feed = { bytes, bytes + size };
  struct call call;
  char *line;

  if (!registry.count)
    set_up ();
  make_rules (&feed);
  line = feed_string (&feed);
  if (bind_line (line, &call, NULL))
    check_call (&call, &feed);
  arguments_release (call.arguments);
  free (line);
  release_rules ();
  return 0;
}
