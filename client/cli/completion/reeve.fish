# reeve.fish - completion of reeve's command line for fish
# Copyright (C) 2026 The reeve authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What there is to complete only the daemon knows: "reeve complete" asks it.

function __reeve_complete
    # Words as the shell will hand them on, but nothing is expanded.
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l current (string unescape -- "$typed")
    or set current (string unescape -- "$typed'")
    or set current (string unescape -- "$typed\"")
    or set current $typed
    set -l program $words[1]
    set -e words[1]
    set -l answer ($program complete $words "$current" 2>/dev/null)
    if test $status -ne 0
        set -l option (string match -r -- '^--[a-z-]+=' $current)
        for file in (__fish_complete_path (string replace -- "$option" '' $current))
            printf '%s%s\n' "$option" $file
        end
        return
    end
    printf '%s\n' $answer
end

complete -c reeve -f -a '(__reeve_complete)'
