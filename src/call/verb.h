/* verb.h - the row: the one declaration of a command
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Registration, HELP, argument parsing, authorization, dry-run, completion
   and the manual derive from rows.  There is no second list of commands.  */

#ifndef REEVE_VERB_H
#define REEVE_VERB_H

#include <stdbool.h>
#include <gpg-error.h>

struct call;
struct failure;
struct machine;
struct object_name;

/* What a verb may do at the worst; a ceiling admits it and what is below. */
enum effect
{
  EFFECT_READ,
  EFFECT_WRITE,
  EFFECT_DESTROY
};

struct verb
{
  const char *name; /* Without the noun: "SET".  */

  /* "<path:augpath> [<value:text>] [--lines=<count:int>] [--quiet]":
     <name:type> is an argument, brackets make it optional, "..." after the
     last lets it repeat.  Types: types.h.  */
  const char *args;

  enum effect effect;

  /* Write what was asked into CALL->out, or append steps to CALL->plan; never
     change the machine.  Use fail (&call->failure, ...) for an error.  */
  gpg_error_t (*run) (struct call *call);

  /* Called after the plan was carried out (ERR is 0) or undone; takes note,
     writes the answer of a success and returns ERR or an error of its own.
     Not called in a dry run nor for an empty plan.  May be NULL.  */
  gpg_error_t (*done) (struct call *call, gpg_error_t err);

  const char *summary; /* One line for a list of verbs.  */

  /* Result fields with units, errors, an example; lines of plain text.  The
     manual is made of it: a sentence "NOT_FOUND: no node matches." tells of an
     error, a line "Example: AUG GET ..." is one, an argument's name in
     capitals is that argument, and lines indented by two blanks are a table
     (two blanks or more between its columns) or are shown as they are.  */
  const char *help;

  unsigned flags;

  /* "start:START mode=stop:REBOOT": options that do what another verb of this
     noun does, too: a flag, or one value of an enum.  Where one is given (a
     flag that is not 0), the gates ask for the right to that verb, too, with
     those of the call's arguments that it has, by name and type; what it has
     beside them may be anything.  May be NULL.  */
  const char *also;
};

/* Needs an identity but no rule (one may deny it): tells nothing that HELP
   does not tell, or only what concerns the client itself, unless an argument
   is given that a rule must name (TYPE_NAMED).  */
#define VERB_UNGRANTED 1U
/* May be called although a configuration file was changed behind the daemon's
   back, which else forbids calls that change something: it is the cure.  */
#define VERB_DESPITE_CHANGES 2U

/* Its plan is carried out at once: it is short, or done takes note of it in
   what the session keeps.  */
#define VERB_AT_ONCE 4U

/* A noun's verbs are granted by effect, as "AUG READ" and "AUG WRITE", not
   one by one, and rules may name objects by one argument, OBJECT below, that
   the verbs themselves need not have: whether a call may touch an object is
   asked by call->may when it is known.  */
#define NOUN_GRANT_BY_EFFECT 1U
/* The noun's helper runs as the daemon's own user: it is asked to do things,
   not to take foreign things apart.  */
#define NOUN_HELPER_TRUSTED 2U

struct noun
{
  const char *name; /* "AUG".  */
  const char *summary;
  const char *help;
  const struct verb *verbs; /* Ends with a row whose name is NULL.  */
  unsigned flags;

  /* With NOUN_GRANT_BY_EFFECT: how rules name the objects: "path", of type
     OBJECT_TYPE, whose patterns are those of trees.  Judge, when a policy is
     loaded, whether a rule that allows EFFECT, or denies it, can name PATTERN;
     an error's words say why not.  CHECK_OBJECT may be NULL.  */
  const char *object;
  const char *object_type;
  gpg_error_t (*check_object) (const struct machine *machine,
                               enum effect effect, bool allow,
                               const char *pattern, struct failure *failure);

  /* Call EACH once with the names (those of call->may) of the object of
     MACHINE that TEXT, a value of OBJECT_TYPE, means, and return what it
     returns.  GPG_ERR_INV_NAME: that depends on what the files have.  May be
     NULL.  */
  gpg_error_t (*find_object) (
      const struct machine *machine, const char *text,
      gpg_error_t (*each) (void *context, const struct object_name *names,
                           size_t count),
      void *context);

  /* Free CALL->module->session at the end of a session, or in a process that
     was forked from it, to which what it works with does not belong; may be
     NULL.  */
  void (*session_end) (void *session);

  /* Whether CALL->module->session has changes that its end would drop, for
     GETINFO unsaved; may be NULL.  */
  bool (*unsaved) (const void *session);

  /* Write one record (fields process, fence, holds) for each fence round this
     noun's processes, for GETINFO fences; may be NULL.  */
  gpg_error_t (*fences) (struct call *call);

  /* Write, as a list, the objects of the argument type TYPE whose names begin
     with PREFIX, for completion; nothing if this noun has none of that type.
     CALL has no verb: what there is may only be found out by CALL->perform,
     so that nobody learns here what the gates would keep from him.  May be
     NULL.  */
  gpg_error_t (*complete) (struct call *call, const char *type,
                           const char *prefix);

  /* The file name of a program of ours under libexec, or NULL.  The
     supervisor starts one before any secret is read, as nobody where it is
     root, and again if it dies.  Requests come to its descriptor 3 as
     SOCK_SEQPACKET messages from all sessions (CALL->module->helper_fd).  Nouns
     with the same program share one.  */
  const char *helper;
};

#endif /* REEVE_VERB_H */
