# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# Test Anything Protocol for shell tests. Source it, test, end with
# done_testing: the plan comes last, so a script that dies half-way fails.
# Each test point has a status too, for `check ... || bail_out "no guest"`;
# so `set -e` is not for tests.

# The same language, and it starts in a tenth of the time, which counts with a thousand questions.
if command -v gojq >/dev/null; then
    jq() { gojq "$@"; }
fi

tap_n=0
tap_bad=0
tap_cleanups=()

tap_diag() { sed 's/^/# /'; }

ok()
{
    tap_n=$((tap_n + 1))
    printf 'ok %d - %s\n' "$tap_n" "${1//#/\\#}"
}

# not_ok DESCRIPTION [DIAGNOSTIC]...
not_ok()
{
    tap_n=$((tap_n + 1)) tap_bad=$((tap_bad + 1))
    printf 'not ok %d - %s\n' "$tap_n" "${1//#/\\#}"
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@" | tap_diag
    return 1
}

# can_inject: whether tests/inject works here, which needs libseccomp to be built.
can_inject() { "$abs_top_builddir/tests/inject" write:signal=KILL:when=99 true 2>/dev/null; }

# check DESCRIPTION COMMAND...: checks that COMMAND succeeds. It runs in this shell, and may set
# variables.
check()
{
    local what=$1 status=0
    shift
    "$@" >"$tap_out" 2>&1 || status=$?
    if [ "$status" -eq 0 ]; then ok "$what"; else
        not_ok "$what" "command: ${*@Q}" "status: $status" "$(cat "$tap_out")"
    fi
}

# check_fails DESCRIPTION COMMAND...: checks that COMMAND fails by itself: a signal, or a command
# that does not exist, does not count.
check_fails()
{
    local what=$1 status=0
    shift
    "$@" >"$tap_out" 2>&1 || status=$?
    if [ "$status" -gt 0 ] && [ "$status" -lt 126 ]; then ok "$what"; else
        not_ok "$what" "should have failed: ${*@Q}" "status: $status" "$(cat "$tap_out")"
    fi
}

# is GOT WANTED DESCRIPTION
is()
{
    if [ "$1" = "$2" ]; then ok "$3"; else not_ok "$3" "got:    $1" "wanted: $2"; fi
}

# like GOT EXTENDED-REGEX DESCRIPTION
like()
{
    if [[ $1 =~ $2 ]]; then ok "$3"; else not_ok "$3" "got:  $1" "like: $2"; fi
}

# skip DESCRIPTION REASON: skips one test point that cannot be tried here.
skip()
{
    tap_n=$((tap_n + 1))
    printf 'ok %d - %s # SKIP %s\n' "$tap_n" "${1//#/\\#}" "$2"
}

# skip_all REASON: skips the whole test; only before the first test point.
skip_all()
{
    printf '1..0 # SKIP %s\n' "$1"
    exit 0
}

# requires COMMAND-OR-FILE...
requires()
{
    local thing
    for thing in "$@"; do
        [ -e "$thing" ] || command -v "$thing" >/dev/null || skip_all "$thing is missing"
    done
}

# bail_out REASON: ends the test, because nothing that follows could work.
bail_out()
{
    printf 'Bail out! %s\n' "$1"
    exit 1
}

# at_exit COMMAND...: runs COMMAND however the script ends, the last given one first. A signal ends
# the script through exit, so the commands run then, too.
at_exit()
{
    tap_cleanups=("${*@Q}" "${tap_cleanups[@]}")
    trap tap_run_cleanups EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

tap_run_cleanups()
{
    local status=$? command
    trap - EXIT
    for command in "${tap_cleanups[@]}"; do
        eval "$command"
    done
    exit "$status"
}

tap_out=$(mktemp) || exit 99
at_exit rm -f "$tap_out"

# done_testing: always the last line of a test.
done_testing()
{
    printf '1..%d\n' "$tap_n"
    [ "$tap_bad" -eq 0 ]
    exit
}
