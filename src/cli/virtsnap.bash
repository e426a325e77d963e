# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# Completion of virtsnap for bash. What there is to complete comes from the
# command itself, so this file knows no command and no option.

# Readline takes '=' and ':' for the end of a word: put together what was typed
# without a blank between. Sets words (up to the cursor) and head, the part of
# the last word that readline will not replace.
_virtsnap_words()
{
    local line=${COMP_LINE:0:COMP_POINT} i piece gap
    words=() head=
    for ((i = 0; i <= COMP_CWORD; i++)); do
        piece=${COMP_WORDS[i]-}
        gap=${line%%[![:space:]]*}
        line=${line:${#gap}}
        # The last piece may go on behind the cursor.
        if [ "$i" -eq "$COMP_CWORD" ]; then piece=$line; fi
        line=${line:${#piece}}
        if [ "$i" -eq 0 ] || [ -n "$gap" ]; then
            words+=("$piece") head=
        else
            head=${words[-1]}
            words[-1]+=$piece
        fi
    done
    # A separator at the very end is kept, and replaced by nothing.
    case ${COMP_WORDS[COMP_CWORD]-} in
    = | :) head=${words[-1]} ;;
    esac
}

# What stands behind an open quote is taken as it is; else quote the name.
_virtsnap_reply()
{
    local candidate=$1 head=$2 quote=$3
    case $head in
    --*=*) ;; # the candidates are values already
    *) candidate=${candidate#"$head"} ;;
    esac
    case $quote in
    "'") [ "${candidate/\'/}" = "$candidate" ] || return 0 ;;
    '"') candidate=$(sed 's/[\\"$`]/\\&/g' <<<"$candidate") ;;
    *) [ -z "$candidate" ] || printf -v candidate %q "$candidate" ;;
    esac
    COMPREPLY+=("$candidate")
}

_virtsnap()
{
    local words head kind candidate quote= current
    COMPREPLY=()
    _virtsnap_words
    current=${words[-1]#"$head"}
    case $current in
    \'* | \"*) quote=${current:0:1} ;;
    esac
    {
        read -r kind || return 0
        while IFS= read -r candidate; do
            _virtsnap_reply "$candidate" "$head" "$quote"
        done
        # With dirnames directories are only looked for where there is nothing else.
        case $kind in
        files) compopt -o default ;;
        directories)
            if [ ${#COMPREPLY[@]} -eq 0 ]; then compopt -o dirnames; else compopt -o plusdirs; fi
            ;;
        esac
    } < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
}

complete -F _virtsnap virtsnap
