/* answer.c - what Proxmox VE answered to a request
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../../protocol/buffer.h"
#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "field.h"
#include "refusal.h"

#define PARAMETER_NAME_MOST 64

/* An error, while it is taken apart.  */
struct fault
{
  const struct exchange *exchange;
  struct failure *failure;
  json_t *body;         /* NULL if it is no JSON.  */
  const json_t *errors; /* For each parameter what is wrong, or NULL.  */
  char *message;        /* What the server says.  */
};

/* --- The body --- */

/* What the body holds, which is to be an object.  A key that stands twice makes
   it none; a number that fits no integer makes all numbers inexact.  */
static gpg_error_t
read_body (const struct exchange *exchange, json_t **r_body)
{
  const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
  json_error_t error;
  json_t *body;

  *r_body = NULL;
  if (exchange->length > LIMIT_PVE_ANSWER)
    return gpg_error (GPG_ERR_TOO_LARGE);
  if (!exchange->length)
    return gpg_error (GPG_ERR_NO_DATA);
  body = json_loadb (exchange->body, exchange->length, flags, &error);
  if (!body && json_error_code (&error) == json_error_numeric_overflow)
    body = json_loadb (exchange->body, exchange->length,
                       flags | JSON_DECODE_INT_AS_REAL, &error);
  if (!body && json_error_code (&error) == json_error_out_of_memory)
    return gpg_error (GPG_ERR_ENOMEM);
  if (!json_is_object (body))
    {
      json_decref (body);
      return gpg_error (GPG_ERR_BAD_DATA);
    }
  *r_body = body;
  return 0;
}

static bool
is_type (const struct exchange *exchange, const char *type)
{
  return exchange->type && !strncasecmp (exchange->type, type, strlen (type));
}

/* How many of the LENGTH bytes at TEXT can be shown where MOST have room: no
   character of UTF-8 is cut.  */
static size_t
cut (const char *text, size_t length, size_t most)
{
  if (length <= most)
    return length;
  while (most && (text[most] & 0xc0) == 0x80)
    most--;
  return most;
}

/* A copy of LENGTH bytes of TEXT, LIMIT_PVE_MESSAGE at most, without line feeds
   and blanks at its end; it ends at a NUL.  */
static char *
copy_message (const char *text, size_t length)
{
  char *copy = strndup (text, cut (text, length, LIMIT_PVE_MESSAGE));

  if (copy)
    for (length = strlen (copy); length && strchr (" \r\n", copy[length - 1]);)
      copy[--length] = 0;
  return copy;
}

/* The server's text: the body's if it has one, else the reason phrase.  */
static char *
find_message (const struct exchange *exchange, const json_t *body)
{
  const json_t *message = json_object_get (body, "message");
  const char *text = exchange->reason;
  size_t length = strlen (text);

  if (json_string_length (message))
    {
      text = json_string_value (message);
      length = json_string_length (message);
    }
  else if (!body && exchange->length && is_type (exchange, "text/plain"))
    {
      text = exchange->body;
      length = exchange->length;
    }
  return copy_message (text, length);
}

/* --- Parameters --- */

/* Whether NAME is fit to be that of a detail.  */
static bool
is_parameter (const char *name)
{
  size_t length = strlen (name);

  return length && length <= PARAMETER_NAME_MOST
         && strspn (name, "abcdefghijklmnopqrstuvwxyz"
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.[]")
                == length;
}

/* Add a detail for each parameter; their names go to NAMES.  */
static void
detail_parameters (const struct fault *fault, struct buffer *names)
{
  size_t count = 0;
  const char *name;
  json_t *error;

  json_object_foreach ((json_t *)fault->errors, name, error)
  {
    auto_free char *text = NULL;
    auto_buffer struct buffer detail = BUFFER_EMPTY;

    if (!is_parameter (name) || count++ >= LIMIT_PVE_PARAMETERS)
      continue;
    text = copy_message (json_is_string (error) ? json_string_value (error)
                                                : "",
                         LIMIT_PVE_MESSAGE);
    buffer_printf (names, "%s%s", names->length ? ", " : "", name);
    buffer_printf (&detail, "parameter-%s", name);
    if (text && !buffer_error (&detail))
      failure_detail (fault->failure, detail.bytes, "%s", text);
  }
}

/* --- Words --- */

/* HEAD and the server's text, as much as a line takes.  */
static gpg_error_t
fail_saying (const struct fault *fault, gpg_err_code_t code, const char *head)
{
  size_t most = LIMIT_ERROR_TEXT - strlen (head) - strlen (": ");
  size_t length = cut (fault->message, strlen (fault->message), most);

  if (!length)
    return fail (fault->failure, code, "%s: status %u without a reason", head,
                 fault->exchange->status);
  return fail (fault->failure, code, "%s: %.*s", head, (int)length,
               fault->message);
}

static gpg_error_t
fail_parameters (const struct fault *fault)
{
  static const char format[] = "Proxmox does not take %s: see the details";
  auto_buffer struct buffer names = BUFFER_EMPTY;

  detail_parameters (fault, &names);
  if (!names.length)
    return fail_saying (fault, GPG_ERR_INV_ARG, "Proxmox does not take this");
  if (buffer_error (&names)
      || names.length > LIMIT_ERROR_TEXT - (sizeof format - 1))
    return fail (fault->failure, GPG_ERR_INV_ARG, format, "some parameters");
  return fail (fault->failure, GPG_ERR_INV_ARG, format, names.bytes);
}

static gpg_error_t
fail_no_task (const struct fault *fault)
{
  auto_buffer struct buffer names = BUFFER_EMPTY;

  detail_parameters (fault, &names);
  return fail (fault->failure, GPG_ERR_NOT_FOUND,
               "no such task on this node: look for it by PVE TASKS");
}

static gpg_error_t
fail_forbidden (const struct fault *fault)
{
  struct pve_refusal refusal;

  if (refusal_find (fault->message, &refusal))
    return refusal_fail (fault->failure, &refusal);
  return fail_saying (fault, GPG_ERR_FORBIDDEN, "Proxmox forbids it");
}

static gpg_error_t
fail_locked (const struct fault *fault)
{
  const char *name;
  size_t length;

  if (verdict_lock (fault->message, &name, &length))
    failure_detail_bytes (fault->failure, "lock", name, length);
  return fail_saying (fault, GPG_ERR_LOCKED, "try again later");
}

static gpg_error_t
fail_by_verdict (const struct fault *fault, enum verdict verdict)
{
  switch (verdict)
    {
    case VERDICT_PARAMETERS:
      return fail_parameters (fault);
    case VERDICT_NO_TASK:
      return fail_no_task (fault);
    case VERDICT_STRANGER:
      return fail (fault->failure, GPG_ERR_BAD_AUTH,
                   "Proxmox does not accept the token and never says why: "
                   "look at it on the server");
    case VERDICT_FORBIDDEN:
      return fail_forbidden (fault);
    case VERDICT_LOCKED:
      return fail_locked (fault);
    case VERDICT_CHANGED:
      return fail (fault->failure, GPG_ERR_CONFLICT,
                   "somebody else changed the configuration meanwhile: read "
                   "it and try again");
    case VERDICT_EXISTS:
      return fail_saying (fault, GPG_ERR_DUP_VALUE, "choose another");
    case VERDICT_RUNNING:
    case VERDICT_STOPPED:
      return fail_saying (fault, GPG_ERR_INV_STATE, "Proxmox");
    case VERDICT_MISSING:
      return fail_saying (fault, GPG_ERR_NOT_FOUND, "Proxmox");
    case VERDICT_UNKNOWN:
      return fail_saying (fault, GPG_ERR_NOT_SUPPORTED, "Proxmox");
    case VERDICT_LOST:
      return fail (fault->failure, GPG_ERR_UNFINISHED,
                   strcmp (fault->exchange->method, "GET")
                       ? "the answer was lost (%u): see PVE TASKS before doing "
                         "it again"
                       : "the daemon behind the server does not answer it "
                         "(%u): is pvedaemon running?",
                   fault->exchange->status);
    case VERDICT_ELSEWHERE:
      return fail (fault->failure, GPG_ERR_CONFIGURATION,
                   "the server sends elsewhere, which is never followed: "
                   "correct its address");
    default:
      return fail_saying (fault, GPG_ERR_SERVER_FAILED, "Proxmox");
    }
}

/* --- The whole --- */

/* What the verdict is to be found by.  That a task is not known is said of the
   parameter.  */
static const char *
telling_text (const struct fault *fault)
{
  const char *upid = json_string_value (
      json_object_get (fault->errors, "upid"));

  return upid ? upid : fault->message;
}

/* Whether MESSAGE begins with the LENGTH bytes of REASON: that is the same text
   without line feeds, and maybe cut.  */
static bool
repeats (const char *message, const char *reason, size_t length)
{
  while (length && reason[length - 1] == ' ')
    length--;
  for (; length; length--, reason++, message++)
    {
      message += strspn (message, "\r\n");
      if (*message != *reason)
        return false;
    }
  return true;
}

static void
detail_exchange (const struct fault *fault)
{
  const struct exchange *exchange = fault->exchange;
  size_t length = cut (exchange->reason, strlen (exchange->reason),
                       LIMIT_PVE_MESSAGE);

  failure_detail (fault->failure, "request", "%s %s", exchange->method,
                  exchange->path);
  failure_detail (fault->failure, "status", "%u", exchange->status);
  if (!repeats (fault->message, exchange->reason, length))
    failure_detail_bytes (fault->failure, "reason", exchange->reason, length);
  if (*fault->message)
    failure_detail (fault->failure, "message", "%s", fault->message);
}

/* Tell the error that EXCHANGE is.  */
static gpg_error_t
read_fault (const struct exchange *exchange, enum verdict *r_verdict,
            struct failure *failure)
{
  struct fault fault = { exchange, failure, NULL, NULL, NULL };
  gpg_error_t err = read_body (exchange, &fault.body);

  if (gpg_err_code (err) == GPG_ERR_ENOMEM)
    return err;
  fault.errors = json_object_get (fault.body, "errors");
  fault.message = find_message (exchange, fault.body);
  if (fault.message)
    {
      *r_verdict = verdict_find (exchange->status, telling_text (&fault));
      detail_exchange (&fault);
      err = fail_by_verdict (&fault, *r_verdict);
    }
  else
    err = gpg_error (GPG_ERR_ENOMEM);
  free (fault.message);
  json_decref (fault.body);
  return err;
}

static gpg_error_t
fail_garbled (const struct exchange *exchange, gpg_error_t err,
              struct failure *failure)
{
  if (gpg_err_code (err) == GPG_ERR_ENOMEM)
    return err;
  failure_detail (failure, "request", "%s %s", exchange->method,
                  exchange->path);
  failure_detail (failure, "status", "%u", exchange->status);
  if (gpg_err_code (err) == GPG_ERR_TOO_LARGE)
    return fail (failure, GPG_ERR_TOO_LARGE,
                 "the server's answer is too large: more than %lu bytes",
                 LIMIT_PVE_ANSWER);
  return fail (failure, GPG_ERR_BAD_DATA,
               "what the server answers is none of Proxmox's: correct its "
               "address");
}

gpg_error_t
answer_read (const struct exchange *exchange, struct answer *r_answer,
             struct failure *failure)
{
  json_t *body;
  gpg_error_t err;

  *r_answer = (struct answer)ANSWER_NONE;
  r_answer->verdict = verdict_find (exchange->status, "");
  if (r_answer->verdict != VERDICT_DONE)
    return read_fault (exchange, &r_answer->verdict, failure);
  err = read_body (exchange, &body);
  if (!err)
    {
      r_answer->data = json_incref (json_object_get (body, "data"));
      if (!field_number (body, "total", &r_answer->total))
        r_answer->total = 0;
      json_decref (body);
      if (r_answer->data)
        return 0;
    }
  r_answer->verdict = VERDICT_GARBLED;
  return fail_garbled (exchange, err, failure);
}

void
answer_release (struct answer *answer)
{
  json_decref (answer->data);
  *answer = (struct answer)ANSWER_NONE;
}
