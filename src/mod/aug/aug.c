/* aug.c - the noun AUG: configuration files through libaugeas
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "aug.h"
#include "permit.h"
#include "verbs.h"
#include "../../base/fence.h"
#include "../../call/fence_records.h"

/* Write which fences hold round the worker; one is started if need be.  */
static gpg_error_t
write_fences (struct call *call)
{
  struct aug_session *session;
  gpg_error_t err = aug_table (call, &session);

  return err ? err
             : fence_records_write (call->out, "augeas worker", FENCE_NAMES,
                                    session->report);
}

static const struct verb verbs[] = {
  { .name = "GET",
    .args = "<path:augpath>...",
    .run = verb_get,
    .summary = "the value of a node",
    .help
    = "One path: the value.  Several: records with the fields path and value.\n"
      "NOT_FOUND: no node matches.  NO_DATA: the node has no value.\n"
      "AMBIGUOUS: several match.  BAD_DATA: the file does not parse, see the\n"
      "details.\n"
      "Example: AUG GET /files/etc/hosts/1/ipaddr" },
  { .name = "LABEL",
    .args = "<path:augpath>",
    .run = verb_label,
    .summary = "the label of a node",
    .help = "The label.  NOT_FOUND, AMBIGUOUS as for GET.\n"
            "Example: AUG LABEL /files/etc/hosts/*[ipaddr='127.0.0.1']" },
  { .name = "MATCH",
    .args = "<path:augpath>",
    .run = verb_match,
    .summary = "the paths of all nodes that match",
    .help = "A list of paths, empty if none matches.\n"
            "Example: AUG MATCH /files/etc/hosts/*" },
  { .name = "LS",
    .args = "<path:augpath>",
    .run = verb_ls,
    .summary = "the children of a node",
    .help
    = "Records with the fields label, path, value (left out if there is none)\n"
      "and children (yes or no).\n"
      "Example: AUG LS /files/etc/hosts/1" },
  { .name = "PRINT",
    .args = "[<path:augpath>]",
    .run = verb_print,
    .summary = "nodes and all below them as text",
    .help
    = "The text that augtool prints: a line \"path = \\\"value\\\"\" a node.\n"
      "Without a path: everything.\n"
      "Example: AUG PRINT /files/etc/hosts" },
  { .name = "SPAN",
    .args = "<path:augpath>",
    .run = verb_span,
    .summary = "where a node stands in its file",
    .help
    = "A record with the fields file, label-start, label-end, value-start,\n"
      "value-end, start and end: bytes from the beginning of the text as it "
      "was\n"
      "read or last saved, each end behind the last byte; start is -1 for "
      "what\n"
      "has no text.  NO_DATA: the node is new, or its file was edited and "
      "then\n"
      "rendered (DIFF, FILES).  NOT_FOUND, AMBIGUOUS as for GET.\n"
      "Example: AUG SPAN /files/etc/hosts/1/ipaddr" },
  { .name = "SOURCE",
    .args = "<path:augpath>",
    .run = verb_source,
    .summary = "the file that a node belongs to",
    .help
    = "The path of that file's node: /files and the file.  NO_DATA: the node\n"
      "belongs to no file.  NOT_FOUND, AMBIGUOUS as for GET.\n"
      "Example: AUG SOURCE /files/etc/hosts/1/ipaddr" },
  { .name = "SET",
    .args = "<path:augpath> [<value:text>]",
    .effect = EFFECT_WRITE,
    .run = verb_set,
    .summary = "set the value of a node",
    .help
    = "Makes the node if there is none.  Without a value the node has none.\n"
      "Nothing is written before SAVE.  AMBIGUOUS: several nodes match.\n"
      "Example: AUG SET /files/etc/hosts/1/canonical localhost" },
  { .name = "SETM",
    .args = "<base:augpath> <sub:augpath> [<value:text>]",
    .effect = EFFECT_WRITE,
    .run = verb_setm,
    .summary = "set the values of many nodes",
    .help
    = "Sets SUB below each node that BASE matches, making it where there is\n"
      "none; \".\" is the node itself.  Answers how many were set.\n"
      "Example: AUG SETM /files/etc/fstab/* passno 0" },
  { .name = "CLEAR",
    .args = "<path:augpath>",
    .effect = EFFECT_WRITE,
    .run = verb_clear,
    .summary = "take the value of a node away",
    .help = "Makes the node if there is none.\n"
            "Example: AUG CLEAR /files/etc/ssh/sshd_config/Banner" },
  { .name = "CLEARM",
    .args = "<base:augpath> <sub:augpath>",
    .effect = EFFECT_WRITE,
    .run = verb_clearm,
    .summary = "take the values of many nodes away",
    .help = "As SETM without a value.  Answers how many nodes were cleared.\n"
            "Example: AUG CLEARM /files/etc/hosts/* alias" },
  { .name = "TOUCH",
    .args = "<path:augpath>",
    .effect = EFFECT_WRITE,
    .run = verb_touch,
    .summary = "make a node if there is none",
    .help = "A node that is there, or several, keep their values.\n"
            "Example: AUG TOUCH /files/etc/ssh/sshd_config/Banner" },
  { .name = "INSERT",
    .args = "<label:string> <where:enum(before|after)> <path:augpath>",
    .effect = EFFECT_WRITE,
    .run = verb_insert,
    .summary = "insert a node beside another",
    .help = "PATH must match one node: else NOT_FOUND or AMBIGUOUS.\n"
            "Example: AUG INSERT alias after /files/etc/hosts/1/canonical" },
  { .name = "REMOVE",
    .args = "<path:augpath>",
    .effect = EFFECT_WRITE,
    .run = verb_remove,
    .summary = "remove nodes and all below them",
    .help = "Answers how many nodes were removed, 0 if none matches.  SAVE "
            "removes a\n"
            "file whose node is gone.\n"
            "Example: AUG REMOVE /files/etc/hosts/2" },
  { .name = "MOVE",
    .args = "<source:augpath> <destination:augpath>",
    .effect = EFFECT_WRITE,
    .run = verb_move,
    .summary = "move a node",
    .help
    = "SOURCE must match one node; DESTINATION is made if there is none, and\n"
      "loses what it had.\n"
      "Example: AUG MOVE /files/etc/hosts/2 /files/etc/hosts/9" },
  { .name = "COPY",
    .args = "<source:augpath> <destination:augpath>",
    .effect = EFFECT_WRITE,
    .run = verb_copy,
    .summary = "copy a node and all below it",
    .help
    = "SOURCE must match one node; DESTINATION is made if there is none, and\n"
      "loses what it had.  INV_ARG: one of them is above the other.\n"
      "Example: AUG COPY /files/etc/hosts/1 /files/etc/hosts/9" },
  { .name = "RENAME",
    .args = "<path:augpath> <label:string>",
    .effect = EFFECT_WRITE,
    .run = verb_rename,
    .summary = "give nodes another label",
    .help
    = "They stay where they are.  Answers how many nodes were renamed, 0 if\n"
      "none matches.  INV_NAME: a label has no slash.\n"
      "Example: AUG RENAME /files/etc/hosts/2 9" },
  { .name = "DEFVAR",
    .args = "<name:string> <expression:augpath>",
    .run = verb_defvar,
    .summary = "give a set of nodes a name",
    .help
    = "Later expressions use it as $name.  Answers how many nodes it has.\n"
      "Example: AUG DEFVAR hosts /files/etc/hosts/*" },
  { .name = "DEFNODE",
    .args = "<name:string> <expression:augpath> [<value:text>]",
    .effect = EFFECT_WRITE,
    .run = verb_defnode,
    .summary = "give nodes a name, making one if needed",
    .help
    = "As DEFVAR; where no node matches, one is made and gets the value (an\n"
      "empty one is none).  Answers how many nodes the variable has.\n"
      "Example: AUG DEFNODE new /files/etc/hosts/9/ipaddr 192.0.2.9" },
  { .name = "STORE",
    .args = "<lens:string> <node:augpath> <path:augpath>",
    .effect = EFFECT_WRITE,
    .run = verb_store,
    .summary = "parse the text in a node into a tree",
    .help
    = "NODE must match one node, whose value LENS parses; the tree takes the\n"
      "place of what PATH has.  A tree below /files where no lens has a file "
      "is\n"
      "an error of SAVE.  BAD_DATA: the text does not parse; the details are\n"
      "lens, line, character, definition, reason and text, as far as known.\n"
      "NOT_FOUND: no such lens, see AUG LENSES, or no such node.\n"
      "Example: AUG STORE Hosts.lns /text /tree" },
  { .name = "RETRIEVE",
    .args = "<lens:string> <source:augpath> <path:augpath> <node:augpath>",
    .effect = EFFECT_WRITE,
    .run = verb_retrieve,
    .summary = "make the text of a tree into a node",
    .help
    = "LENS renders the tree PATH, taking what the tree does not have "
      "(blanks,\n"
      "order) from the text in the node SOURCE; the text becomes the value of\n"
      "NODE.  No file is written; trees beside /files that this and STORE "
      "used\n"
      "do not concern SAVE.  BAD_DATA: the tree makes no text, see the\n"
      "details.  NOT_FOUND: no such lens, see AUG LENSES, or no text in "
      "SOURCE.\n"
      "Example: AUG RETRIEVE Hosts.lns /text /tree /out" },
  { .name = "LOAD",
    .args = "",
    .run = verb_load,
    .summary = "forget all files and edits; read anew",
    .help
    = "Files are read when an expression needs them.  Variables are evaluated\n"
      "again.  What TRANSFORM changed, or SET and REMOVE below /augeas/load,\n"
      "about which lens reads which file counts from here on; a warning tells\n"
      "what is left out.\n"
      "Example: AUG LOAD" },
  { .name = "TRANSFORM",
    .args = "<lens:string> <filter:enum(incl|excl)> <glob:string>",
    .effect = EFFECT_WRITE,
    .run = verb_transform,
    .summary = "let a lens read more files, or fewer, in this session",
    .help
    = "LENS is a module, which means its lens lns, or has its full name.  It\n"
      "counts after the next LOAD and until RESET.  An excl without a slash "
      "is\n"
      "compared with the file's own name.  INV_ARG: an incl must begin with a\n"
      "directory.  NOT_FOUND: no such lens, see AUG LENSES.  reeve's own "
      "files\n"
      "stay hidden.\n"
      "Example: AUG TRANSFORM Simplelines incl /etc/motd" },
  { .name = "LENSES",
    .args = "[<file:path>]",
    .run = verb_lenses,
    .summary = "which lens reads which files",
    .help
    = "Records with the field lens, and incl and excl for each glob that it\n"
      "takes or passes over.  @Hosts is what the module Hosts has chosen.  "
      "With\n"
      "FILE: only the lens that claims it (two if they are at odds); nothing "
      "if\n"
      "none does.\n"
      "Example: AUG LENSES /etc/hosts" },
  { .name = "ERRORS",
    .args = "[<path:augpath>]",
    .run = verb_errors,
    .summary = "which files do not parse, and why",
    .help
    = "Records with the fields file, error, line, character (from 0), lens,\n"
      "last-matched, next-not-matched and message, as far as known.  Without "
      "a\n"
      "path all files are read.\n"
      "Example: AUG ERRORS /files/etc/fstab" },
  { .name = "FILES",
    .args = "[<state:enum(loaded|changed|failed)>]",
    .run = verb_files,
    .summary = "which files this session has",
    .help
    = "Records with the fields file, state and lens (if one is known): "
      "loaded,\n"
      "changed if SAVE would write or remove the file, failed if it could not\n"
      "be read or does not parse (see ERRORS).  No file is read for this.\n"
      "Example: AUG FILES changed" },
  { .name = "EDIT",
    .args = "<file:path> [<text:text>]",
    .effect = EFFECT_WRITE,
    .run = verb_edit,
    .summary = "a file's text as a whole, or another one for it",
    .help
    = "Without TEXT: the text as SAVE would write it, nothing for a file that\n"
      "is not there yet; of a file that does not parse, its text, and a\n"
      "warning.  With TEXT: the file's nodes become what TEXT has, and SAVE\n"
      "writes just that; nothing is written before.  BAD_DATA: the text does\n"
      "not parse; the details are those of STORE.\n"
      "NOT_SUPPORTED: no lens claims the file: see TRANSFORM.\n"
      "Example: AUG EDIT /etc/hosts @" },
  { .name = "DIFF",
    .args = "",
    .run = verb_diff,
    .summary = "what SAVE would write",
    .help
    = "A unified diff; nothing if nothing would change.  NOT_SUPPORTED: a "
      "node\n"
      "was set that no lens would write; the details name it.  BAD_DATA: the\n"
      "nodes of a file do not make a text; see the details.\n"
      "Example: AUG DIFF" },
  { .name = "SAVE",
    .args = "",
    .effect = EFFECT_WRITE,
    .run = verb_save,
    .done = verb_save_done,
    .summary = "write all changed files, or none",
    .help
    = "A list of the files that were written or removed.  CONFLICT: somebody\n"
      "else changed a file since it was read; nothing is written, LOAD reads\n"
      "it anew.  FORBIDDEN: policy does not let you change the node, or the\n"
      "file, that the details name; nothing is written.  LIMIT_REACHED: too\n"
      "many nodes of a file differ for policy to judge them.\n"
      "NOT_SUPPORTED: /augeas/save is not overwrite.  Other errors as for\n"
      "DIFF.\n"
      "Example: AUG SAVE",
    .flags = VERB_AT_ONCE },
  { .name = "REVERT",
    .args = "",
    .run = verb_revert,
    .summary = "drop all unsaved edits",
    .help = "The files' nodes are as they were loaded.\n"
            "Example: AUG REVERT" },
  { .name = "RUN",
    .args = "<script:text>",
    .run = verb_run,
    .summary = "carry an augtool script out",
    .help
    = "A list: the lines that augtool prints for the script.  Each statement "
      "is\n"
      "a call of the verb that it stands for and needs the right for that.  "
      "The\n"
      "first that fails ends the script: the advice begins with its line, the\n"
      "details line and statement name it (file-line is a line of a file).\n"
      "What was edited and not saved stays in the session, which a warning "
      "tells.\n"
      "Statements: clear clearm copy count cp defnode defvar errors get ins\n"
      "insert label load ls match move mv print quit rename retrieve rm save\n"
      "set setm source span store touch transform, and comments (#).\n"
      "UNKNOWN_COMMAND: any other.  SYNTAX: a quotation or a bracket is not\n"
      "closed, or a backslash stands for nothing.\n"
      "Example: AUG RUN @" },
  { .name = NULL }
};

const struct noun aug_noun = {
  .name = "AUG",
  .summary = "configuration files as trees",
  .help = "Each configuration file that augeas knows is a tree below /files.\n"
          "A path expression finds nodes; edits stay in this session until\n"
          "SAVE writes them.",
  .verbs = verbs,
  .flags = NOUN_GRANT_BY_EFFECT,
  .object = "path",
  .object_type = "augpath",
  .check_object = aug_check_object,
  .find_object = aug_find_object,
  .session_end = aug_session_end,
  .unsaved = aug_session_unsaved,
  .fences = write_fences,
  .complete = aug_complete,
  .helper = "reeve-augeas",
};
