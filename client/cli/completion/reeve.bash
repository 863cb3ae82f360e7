# reeve.bash - completion of reeve's command line for bash
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What there is to complete only the daemon knows: "reeve complete" asks it.
# This takes the line apart and writes the answer in the shell's form.  It
# needs no bash-completion, which loads it where it is installed.

_reeve ()
{
  local line=${COMP_LINE:0:COMP_POINT} words=() word= quote= started= skip=
  local replaced=$((COMP_POINT - ${#2})) char next answer candidate i

  # As the shell will do, but nothing is expanded.
  for ((i = 0; i < ${#line}; i++))
  do
    # Bash replaces the line from here on: keep what stands before.
    if [[ -z $skip ]] && ((i >= replaced))
    then
      skip=${#word}
    fi
    char=${line:i:1} next=${line:i+1:1}
    case $quote$char in
      "''" | '""')
        quote= ;;
      "'"?)
        word+=$char ;;
      '"\')
        case $next in
          ['"\$`']) word+=$next; ((i++)) ;;
          *) word+=$char ;;
        esac ;;
      '"'?)
        word+=$char ;;
      '\')
        word+=$next started=1; ((i++)) ;;
      "'" | '"')
        quote=$char started=1 ;;
      [[:blank:]])
        if [[ $started ]]
        then
          words+=("$word")
          word= started= skip=
        fi ;;
      *)
        word+=$char started=1 ;;
    esac
  done
  words+=("$word")
  skip=${skip:-${#word}}

  COMPREPLY=()
  if ! answer=$("$1" complete "${words[@]:1}" 2>/dev/null)
  then
    compopt -o default -o filenames 2>/dev/null
    return
  fi
  [[ $answer ]] || return
  while IFS= read -r candidate
  do
    candidate=${candidate:skip}
    case $quote in
      "'") candidate=${candidate//"'"/"'\\''"} ;;
      '"') candidate=$(sed 's/[\\"$`]/\\&/g' <<<"$candidate") ;;
      *) [[ -z $candidate ]] || printf -v candidate %q "$candidate" ;;
    esac
    COMPREPLY+=("$candidate")
  done <<<"$answer"
  if ((${#COMPREPLY[@]} == 1)) && [[ $answer == *[/=] ]]
  then
    compopt -o nospace 2>/dev/null
  fi
}

complete -F _reeve reeve
