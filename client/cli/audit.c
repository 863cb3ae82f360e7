/* audit.c - "reeve audit verify" and "reeve audit init"
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <gcrypt.h>
#include "../../protocol/memory.h"
#include "audit.h"

#define SECURE_BYTES 65536

static void
init_secure_memory (void)
{
  gcry_check_version (NULL);
  gcry_control (GCRYCTL_DISABLE_SECMEM_WARN);
  gcry_control (GCRYCTL_INIT_SECMEM, SECURE_BYTES, 0);
  gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
}

/* --- verify --- */

/* What is known beforehand.  In secure memory.  */
struct knowledge
{
  struct verify_key keys[VERIFY_KEYS];
  size_t count;
  struct log_state state;
  struct audit_end end;
};

static gpg_error_t
read_state_file (const char *path, struct log_state *r_state)
{
  auto_close int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

  return fd < 0 ? gpg_error_from_syserror () : log_state_read (fd, r_state);
}

/* Read where the log must end: the file that was named must be readable, the
   machine's own may not be, and goes with its own log only.  */
static enum status
read_state (const struct settings *settings, bool own_log,
            struct knowledge *knowledge)
{
  auto_free char *path = NULL;
  gpg_error_t err;

  if (!settings->state && !own_log)
    {
      knowledge->end.why_not = "give the machine's state by --state=FILE";
      return STATUS_OK;
    }
  path = settings->state ? strdup (settings->state)
                         : below_root (settings, LOCALSTATEDIR
                                       "/lib/reeve/" LOG_STATE_FILE);
  if (!path)
    return complain_memory ();
  err = read_state_file (path, &knowledge->state);
  if (!err)
    {
      knowledge->end.known = true;
      return STATUS_OK;
    }
  if (settings->state || gpg_err_code (err) == GPG_ERR_BAD_DATA)
    complain ("%s: %s", path,
              gpg_err_code (err) == GPG_ERR_BAD_DATA
                  ? "it holds no state of an audit log"
                  : gpg_strerror (err));
  if (settings->state)
    return STATUS_ERROR;
  knowledge->end.gone = gpg_err_code (err) == GPG_ERR_ENOENT;
  knowledge->end.why_not = knowledge->end.gone
                               ? "the machine's state is not there"
                               : "the machine's state cannot be read (be root)";
  return STATUS_OK;
}

/* Who cuts the end of a log off takes away what would tell where it was.  */
static void
tell_gone (const struct settings *settings, struct verify_summary *summary)
{
  static const struct finding finding
      = { .kind = FINDING_STATE,
          .text = "the machine's state (audit.key) is gone, which a daemon"
                  " never takes away" };

  audit_print ((void *)settings, &finding);
  summary->findings++;
}

/* Read the log and tell what there is to tell.  Where nothing could be read
   there is no summary, unless the state says what should be there.  */
static enum status
verify_with (const struct settings *settings, char **names, size_t count,
             const struct knowledge *knowledge)
{
  struct audit_source source = { .settings = settings };
  struct verify_summary summary = { .findings = 0 };
  enum status status;

  if (verify_start (count ? 0 : 1, knowledge->keys, knowledge->count,
                    knowledge->end.known ? &knowledge->state : NULL,
                    audit_print, (void *)settings, &source.verifier))
    return complain_memory ();
  status = count ? audit_read_named (&source, names, count)
                 : audit_read_own (&source);
  if (status == STATUS_OK || source.files
      || (status == STATUS_NOT_FOUND && knowledge->end.known))
    {
      enum status printed;

      verify_end (source.verifier, &summary);
      if (knowledge->end.gone)
        tell_gone (settings, &summary);
      printed = audit_print_summary (settings, source.files, knowledge->count,
                                     &knowledge->end, &summary);
      if (status == STATUS_OK)
        status = printed;
    }
  else
    verify_release (source.verifier);
  audit_source_release (&source);
  return summary.findings ? STATUS_ERROR : status;
}

static enum status
verify (const struct settings *settings, char **names, size_t count)
{
  struct knowledge *knowledge;
  enum status status = STATUS_OK;

  init_secure_memory ();
  knowledge = gcry_calloc_secure (1, sizeof *knowledge);
  if (!knowledge)
    return complain_memory ();
  if (settings->key_fd >= 0)
    status = audit_read_keys (settings->key_fd, knowledge->keys,
                              &knowledge->count);
  if (status == STATUS_OK)
    status = read_state (settings, !count, knowledge);
  if (status == STATUS_OK)
    status = verify_with (settings, names, count, knowledge);
  explicit_bzero (knowledge, sizeof *knowledge);
  gcry_free (knowledge);
  return status;
}

/* --- init --- */

/* Read the key text on FD into TEXT, CHAIN_KEY_TEXT + 1 bytes.  */
static bool
read_text (int fd, char *text)
{
  size_t length = 0;
  ssize_t count = 1;
  uint64_t sequence;
  unsigned char key[CHAIN_BYTES];
  bool good;

  while (count && length < CHAIN_KEY_TEXT)
    {
      count = read (fd, text + length, CHAIN_KEY_TEXT - length);
      if (count < 0 && errno != EINTR)
        return false;
      if (count > 0)
        length += (size_t)count;
    }
  text[length] = 0;
  good = !chain_key_parse (text, &sequence, key);
  explicit_bzero (key, sizeof key);
  return good;
}

/* Have reeved make a key and show it; TEXT is to hold it.  */
static enum status
show_key (const struct settings *settings, char *text)
{
  char *const options[] = { (char *)"--audit-init" };
  auto_close int fd = -1;
  bool good;
  pid_t pid;
  enum status status = reeved_start (settings, options, 1, &fd, &pid);

  if (status != STATUS_OK)
    return status;
  good = read_text (fd, text);
  close (take_fd (&fd));
  status = reeved_end (pid);
  if (status != STATUS_OK)
    return status;
  if (!good)
    {
      complain ("reeved shows no key: is it of another version?");
      return STATUS_ERROR;
    }
  if (fputs (text, stdout) == EOF || fflush (stdout))
    {
      complain ("cannot write: %s: make another key", strerror (errno));
      return STATUS_ERROR;
    }
  remark ("this is shown once: keep it in a FILE off this machine, for"
          " reeve audit verify --key-fd=3 3<FILE");
  return STATUS_OK;
}

static enum status
init (const struct settings *settings)
{
  enum status status;
  char *text;

  init_secure_memory ();
  text = gcry_calloc_secure (1, CHAIN_KEY_TEXT + 1);
  if (!text)
    return complain_memory ();
  setvbuf (stdout, NULL, _IONBF, 0); /* No copy of the key in a buffer.  */
  status = show_key (settings, text);
  explicit_bzero (text, CHAIN_KEY_TEXT + 1);
  gcry_free (text);
  return status;
}

enum status
audit_run (const struct settings *settings, char **words, size_t count)
{
  if (count && !strcmp (words[0], "verify"))
    return verify (settings, words + 1, count - 1);
  if (count == 1 && !strcmp (words[0], "init"))
    return init (settings);
  return complain_usage ("say \"reeve audit verify [--key-fd=N] [FILE]...\" or"
                         " \"reeve audit init\"");
}
