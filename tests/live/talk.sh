# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# A virsh that stays. Most of what a virsh costs is its start (30 ms of a processor), and a test of
# a libvirtd asks a hundred of them. So live_virsh_all hands its script to one that reads its
# standard input, as people have it, and anything that this one cannot do alike is for a virsh of
# its own. Part of lib.sh. Not for the embedded driver: only one process at a time can have that.

# Of each libvirtd by its URI: "INPUT ERRORS TOKEN PID OUTPUT", four numbers and a path. Whoever has
# read the byte that is in the pipe TOKEN is the only one to talk.
declare -gA talks=()

# talk_start: has one for LIVE_URI.
talk_start()
{
    local at=$LIVE_DIR/talk input errors token pid
    talk_end
    rm -f "$at".* && mkfifo "$at.in" "$at.err" || return 1
    # virsh reads lines as a terminal's, where a tabulator would complete words.
    echo 'set disable-completion on' >"$at.rc"
    # Nobody who is stopped for long loses the connection (-k).
    INPUTRC=$at.rc LC_ALL=C.UTF-8 LIBVIRT_LOG_OUTPUTS="3:file:$LIVE_DIR/virsh.log" \
        command virsh -q -k 0 -c "$LIVE_URI" <"$at.in" >>"$at.out" 2>"$at.err" &
    pid=$!
    disown "$pid"
    exec {input}>"$at.in" {errors}<"$at.err" {token}<> <(:)
    printf x >&"$token"
    talks[$LIVE_URI]="$input $errors $token $pid $at.out"
}

# talk_end: that of LIVE_URI ends, before its libvirtd does: it would tell of that, and then connect
# once more.
talk_end()
{
    local input errors token pid
    [ -n "${talks[$LIVE_URI]-}" ] || return 0
    read -r input errors token pid _ <<<"${talks[$LIVE_URI]}"
    unset "talks[$LIVE_URI]"
    kill "$pid" 2>/dev/null
    exec {input}>&- {errors}<&- {token}>&-
}

# talk_begin SCRIPT: succeeds if there is one and nobody else talks to it. What is no plain text
# would be keys to it, what it is to read from a descriptor it has not, and relative paths are those
# of the directory in which it was started.
talk_begin()
{
    local token pid
    [ -n "${talks[$LIVE_URI]-}" ] && [[ $1 != *[^\ -~]* ]] &&
        [[ $1 != *@(/dev/std|/dev/fd|/proc/self)* ]] || return 1
    read -r _ _ token pid _ <<<"${talks[$LIVE_URI]}"
    [ "/proc/$pid/cwd" -ef . ] && read -rN 1 -t 0.001 -u "$token" _
}

# talk SCRIPT: after talk_begin. Prints what the commands print, and fails if one of them says that
# it did.
talk()
{
    local input errors token out line said status=0
    read -r input errors token _ out <<<"${talks[$LIVE_URI]}"
    : >"$out"
    # It also prints the line that it has read, in which these words have quotes.
    printf '%s\n' "echo 'talk''-begins'; $1; echo 'talk''-ends'; echo --err talk-ends" >&"$input"
    while IFS= read -r line <&"$errors" && [ "$line" != "error: talk-ends" ]; do
        [[ $line != error:* ]] || status=1
        printf '%s\n' "$line" >&2
    done
    said=$(<"$out")
    said=${said#*talk-begins}
    printf '%s' "${said%talk-ends*}"
    printf x >&"$token"
    return $status
}
