/* selftest_work.c - PVE SELFTEST: whether all is as the verbs need it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "selftest_work.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "api.h"
#include "field.h"
#include "form.h"
#include "preflight.h"
#include "read.h"

#define CLOCK_SECONDS 30 /* Clocks may differ by so much.  */
#define FULL_PERCENT 90  /* What is as full as that is worth a word.  */
#define OLDEST 7         /* Releases that are known ...  */
#define NEWEST 9

/* --- Telling --- */

static gpg_error_t __attribute__ ((format (printf, 5, 6)))
tell (struct work *work, const char *check, const char *object,
      const char *state, const char *format, ...)
{
  auto_free char *message = NULL;
  va_list arguments;
  gpg_error_t err = writer_field (work->out, "check", "%s", check);

  va_start (arguments, format);
  message = text_vformat (format, arguments);
  va_end (arguments);
  if (!err && !message)
    err = gpg_error_from_syserror ();
  if (!err)
    err = writer_field (work->out, "object", "%s", object);
  if (!err)
    err = writer_field (work->out, "state", "%s", state);
  if (!err)
    err = writer_field (work->out, "message", "%s", message);
  return err ? err : writer_record_end (work->out);
}

/* CHECK of OBJECT failed with ERR, of which WORK's failure tells; HINT, perhaps
   "", says what to do.  */
static gpg_error_t
tell_failure (struct work *work, const char *check, const char *object,
              gpg_error_t err, const char *hint)
{
  const char *fingerprint = failure_find (&work->failure, "fingerprint");

  if (gpg_err_code (err) == GPG_ERR_CANCELED)
    return err;
  err = tell (work, check, object, "failed", "%s%s%s%s%s",
              failure_words (&work->failure, err), fingerprint ? ": " : "",
              fingerprint ? fingerprint : "", *hint ? ": " : "", hint);
  failure_release (&work->failure);
  return err;
}

/* --- Servers --- */

static gpg_error_t
tell_trust (struct work *work, const char *name,
            const struct endpoint *endpoint)
{
  const struct conf *conf = ((const struct api *)work->context)->conf;

  if (endpoint->pin_count)
    return tell (work, "tls", name, "ok",
                 "its certificate has a fingerprint of pve.conf");
  if (conf->insecure)
    return tell (work, "tls", name, "warning",
                 "nobody knows which server this is: replace insecure in "
                 "pve.conf by a fingerprint or ca-file");
  return tell (work, "tls", name, "ok", "its certificate is signed by %s",
               conf->ca_file ? conf->ca_file : "who this machine trusts");
}

static gpg_error_t
check_version (struct work *work, const char *name, const json_t *version)
{
  const char *text = read_string (version, "version");
  double release;

  if (!field_fraction (version, "release", &release))
    return tell (work, "version", name, "failed",
                 "it does not tell its version: is it Proxmox VE?");
  if (release < OLDEST || release >= NEWEST + 1)
    return tell (work, "version", name, "warning",
                 "%s is not known here, only %d to %d", text ? text : "it",
                 OLDEST, NEWEST);
  return tell (work, "version", name, "ok", "%s", text ? text : "known");
}

static gpg_error_t
check_clock (struct work *work, const char *name)
{
  const struct api *api = work->context;
  int64_t ahead = (int64_t)api_time (work) - (int64_t)time (NULL);

  if (!*api->date)
    return 0;
  if (ahead < -CLOCK_SECONDS || ahead > CLOCK_SECONDS)
    return tell (work, "clock", name, "warning",
                 "%" PRId64 " seconds %s this machine: have both set theirs "
                 "by NTP",
                 ahead < 0 ? -ahead : ahead, ahead < 0 ? "behind" : "ahead of");
  return tell (work, "clock", name, "ok", "as this machine's");
}

/* All that one request to server INDEX tells; whether it can be asked more.  */
static gpg_error_t
check_server (struct work *work, size_t index, bool *r_good)
{
  const struct conf *conf = ((const struct api *)work->context)->conf;
  auto_free char *name = http_server_name (conf->endpoints + index);
  auto_answer struct answer answer = ANSWER_NONE;
  gpg_error_t why = name ? api_get_from (work, index, "/version", &answer)
                         : gpg_error_from_syserror ();
  bool known = !why;
  bool trusted = known || gpg_err_code (why) == GPG_ERR_BAD_AUTH;
  bool reached = trusted || gpg_err_code (why) == GPG_ERR_NOT_TRUSTED;
  gpg_error_t err;

  *r_good = known;
  if (!name)
    return why;
  err = reached ? tell (work, "endpoint", name, "ok", "it answers")
                : tell_failure (work, "endpoint", name, why,
                                "does it run, and is there a firewall?");
  if (!err && reached)
    err = trusted ? tell_trust (work, name, conf->endpoints + index)
                  : tell_failure (work, "tls", name, why, "");
  if (!err && trusted)
    err = known ? tell (work, "token", name, "ok", "%s", conf->token_id)
                : tell_failure (work, "token", name, why,
                                "is token-file right, and has it or its user "
                                "expired?");
  if (!err && known)
    err = check_version (work, name, answer.data);
  return err || !known ? err : check_clock (work, name);
}

/* Check all; the one at *R_GOOD can be asked more, if *R_ANY.  */
static gpg_error_t
check_servers (struct work *work, size_t *r_good, bool *r_any)
{
  const struct api *api = work->context;
  gpg_error_t err = 0;

  *r_any = false;
  for (size_t i = 0; !err && i < api->conf->count; i++)
    {
      bool good;

      err = check_server (work, i, &good);
      if (good && !*r_any)
        *r_good = i;
      *r_any |= good;
    }
  return err;
}

/* --- Privileges --- */

/* Whether the token has any of PRIVILEGES anywhere; PATHS has its rights by
   path.  */
static bool
is_held (const json_t *paths, const char *privileges)
{
  const char *path;
  json_t *rights;

  json_object_foreach (
      (json_t *)paths, path,
      rights) if (preflight_has_any (rights, privileges)) return true;
  return false;
}

/* Tell if PRIVILEGES, which VERBS need, are missing.  */
static gpg_error_t
check_privileges (struct work *work, const json_t *paths,
                  const char *privileges, const char *verbs, const char *state,
                  size_t *missing)
{
  if (is_held (paths, privileges))
    return 0;
  ++*missing;
  return tell (work, "privileges", privileges, state,
               "needed for %s, and the token has it nowhere: give it a role "
               "with that",
               verbs);
}

/* The same for what need INDEX wants, unless an earlier one wants it, too.  */
static gpg_error_t
check_need (struct work *work, const json_t *paths, size_t index,
            const char *privileges, size_t *missing)
{
  auto_buffer struct buffer verbs = BUFFER_EMPTY;
  const char *verb, *wanted, *last = "";
  gpg_error_t err;

  for (size_t i = 0; preflight_need (i, &verb, &wanted); i++)
    {
      if (strcmp (wanted, privileges))
        continue;
      if (i < index)
        return 0;
      if (strcmp (verb, last))
        buffer_printf (&verbs, "%s%s", *last ? ", " : "", verb);
      last = verb;
    }
  err = buffer_error (&verbs);
  return err ? err
             : check_privileges (work, paths, privileges, verbs.bytes,
                                 "warning", missing);
}

/* PATHS: the token's rights.  Without VM.Audit no guest is found.  */
static gpg_error_t
check_rights (struct work *work, const json_t *paths)
{
  static const struct
  {
    const char *privileges;
    const char *verbs;
    const char *state;
  } reads[] = {
    { "VM.Audit", "all that has to do with guests", "failed" },
    { "Sys.Audit", "STATUS, DISKS, TASKS of others", "warning" },
    { "Datastore.Audit|Datastore.AllocateSpace", "STORAGES, CONTENT",
      "warning" },
  };
  const char *id = ((const struct api *)work->context)->conf->token_id;
  const char *verb, *privileges;
  size_t missing = 0;
  gpg_error_t err = 0;

  if (!json_object_size (paths))
    return tell (work, "privileges", id, "failed",
                 "the token has no rights: a token with privilege separation "
                 "needs a role of its own");
  for (size_t i = 0; !err && i < sizeof reads / sizeof *reads; i++)
    err = check_privileges (work, paths, reads[i].privileges, reads[i].verbs,
                            reads[i].state, &missing);
  for (size_t i = 0; !err && preflight_need (i, &verb, &privileges); i++)
    err = check_need (work, paths, i, privileges, &missing);
  if (err || missing)
    return err;
  return tell (work, "privileges", id, "ok", "all that the verbs need");
}

/* --- Nodes and storages --- */

/* Tell how full something is, if the members "used" and "total" of ENTRY tell;
   GOOD is what else there is to say.  */
static gpg_error_t
tell_space (struct work *work, const char *check, const char *object,
            const json_t *entry, const char *good, const char *what)
{
  double used, total;
  int percent;

  if (!field_fraction (entry, "used", &used)
      || !field_fraction (entry, "total", &total) || !(total > 0) || used < 0)
    return tell (work, check, object, "ok", "%s", good);
  percent = used < total ? (int)(100 * used / total) : 100;
  return tell (work, check, object, percent < FULL_PERCENT ? "ok" : "warning",
               "%s, %s%d %% full%s", good, what, percent,
               percent < FULL_PERCENT ? "" : ": make room");
}

static gpg_error_t
check_storage (struct work *work, const json_t *entry, const void *context)
{
  const char *node = context;
  const char *name = read_string (entry, "storage");
  auto_free char *object = text_format ("%s/%s", node, name ? name : "");
  bool enabled = true;
  bool active = true;

  field_bool (entry, "enabled", &enabled);
  field_bool (entry, "active", &active);
  if (!object)
    return gpg_error_from_syserror ();
  if (!enabled)
    return tell (work, "storage", object, "ok", "disabled");
  if (!active)
    return tell (work, "storage", object, "failed",
                 "it is not active: see whether its disk or server is there, "
                 "and pvesm status");
  return tell_space (work, "storage", object, entry, "active", "");
}

static gpg_error_t
check_storages (struct work *work, const char *node)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  gpg_error_t err;

  buffer_string (&path, "/nodes");
  err = form_segment (&path, node);
  buffer_string (&path, "/storage");
  if (!err)
    err = read_list (work, &path, "storage", check_storage, node);
  return err ? tell_failure (work, "storage", node, err, "") : 0;
}

/* Ask NODE, which is online, how it is.  */
static gpg_error_t
check_status (struct work *work, const char *node)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  auto_answer struct answer answer = ANSWER_NONE;
  gpg_error_t err;

  buffer_string (&path, "/nodes");
  err = form_segment (&path, node);
  buffer_string (&path, "/status");
  if (!err)
    err = buffer_error (&path);
  if (!err)
    err = api_get (work, path.bytes, &answer);
  if (!err)
    return tell_space (work, "node", node,
                       json_object_get (answer.data, "rootfs"), "online",
                       "its root ");
  if (gpg_err_code (err) != GPG_ERR_FORBIDDEN)
    return tell_failure (work, "node", node, err,
                         "see whether pvedaemon and pveproxy run there");
  /* That the right is missing has been told.  */
  failure_release (&work->failure);
  return tell (work, "node", node, "ok", "online");
}

static gpg_error_t
check_node (struct work *work, const json_t *entry, const void *context)
{
  const char *name = read_string (entry, "node");
  const char *status = read_string (entry, "status");
  gpg_error_t err;

  (void)context;
  if (!name)
    return read_odd (work, "list of nodes");
  if (status && !strcmp (status, "offline"))
    return tell (work, "node", name, "failed",
                 "it is offline: see its power and network, and pvecm status");
  if (!status || strcmp (status, "online"))
    return tell (work, "node", name, "warning",
                 "nobody knows how it is: see whether pvestatd runs there");
  err = check_status (work, name);
  return err ? err : check_storages (work, name);
}

/* --- All --- */

gpg_error_t
selftest_read (struct work *work)
{
  struct api *api = work->context;
  auto_buffer struct buffer path = BUFFER_EMPTY;
  json_t *paths = NULL;
  size_t good = 0;
  bool any;
  gpg_error_t err = check_servers (work, &good, &any);

  if (err || !any)
    return err;
  api->endpoint = good;
  err = read_object (work, "/access/permissions", &paths);
  err = err ? tell_failure (work, "privileges", api->conf->token_id, err, "")
            : check_rights (work, paths);
  json_decref (paths);
  buffer_string (&path, "/nodes");
  if (!err)
    err = read_list (work, &path, "node", check_node, NULL);
  return err ? tell_failure (work, "nodes", "cluster", err, "") : 0;
}
