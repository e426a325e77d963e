# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# Functions that the tests of the command share. Source it first.

# shellcheck source=tests/tap.sh
. "$abs_top_srcdir/tests/tap.sh"

requires jq virtsnap

# Lengths are counted in characters.
export LC_ALL=C.UTF-8

# longer_than N: prints the lines of the input that have more than N characters.
longer_than()
{
    local line
    while IFS= read -r line; do
        [ "${#line}" -le "$1" ] || printf '%s\n' "$line"
    done
}

# run COMMAND...: runs it, and sets status, out and err.
run()
{
    status=0
    "$@" >"$TEST_DIR/out" 2>"$TEST_DIR/err" || status=$?
    out=$(<"$TEST_DIR/out")
    err=$(<"$TEST_DIR/err")
}

# ends_with STATUS DESCRIPTION: checks the status of the last run.
ends_with()
{
    if [ "$status" -eq "$1" ]; then ok "$2"; else
        not_ok "$2" "status: $status, wanted: $1" "stdout: $out" "stderr: $err"
    fi
}

# fails STATUS STDERR-REGEX DESCRIPTION COMMAND...: checks that COMMAND fails with an error that is
# printed on standard error alone.
fails()
{
    local wanted=$1 regex=$2 what=$3
    shift 3
    run "$@"
    if [ "$status" -eq "$wanted" ] && [ -z "$out" ] && [[ $err =~ ^error:\ .*$regex ]]; then
        ok "$what"
    else
        not_ok "$what" "command: ${*@Q}" "status: $status, wanted: $wanted" "stdout: $out" \
            "stderr: $err" "like: $regex"
    fi
}

# one_object DESCRIPTION: checks that the last run printed one JSON object and nothing else.
one_object()
{
    if [ "$(jq -cs 'length == 1 and (.[0] | type == "object")' <<<"$out" 2>&1)" = true ] &&
        [ -z "$err" ]; then
        ok "$1"
    else
        not_ok "$1" "stdout: $out" "stderr: $err"
    fi
}

one_error='^\{"error":\{"code":([0-9]+),"name":"([a-z-]+)","message":"'
one_error+='([^"\[:cntrl:]]|\\(["\/bfnrt]|u[0-9a-fA-F]{4}))+"\}\}$'

# fails_json CODE NAME DESCRIPTION COMMAND...: checks the same failure with --json.
fails_json()
{
    local code=$1 name=$2 what=$3 said
    shift 3
    run "$@"
    # jq takes longer to start than the command: a whole object that is just such an error is one.
    if [[ $out =~ $one_error ]]; then
        said="true"$'\n'"${BASH_REMATCH[1]} ${BASH_REMATCH[2]} true"
    else
        said=$(jq -rs 'length == 1 and (.[0] | type == "object"),
            (.[0].error | "\(.code) \(.name) \(.message | length > 0)")' <<<"$out" 2>&1)
    fi
    is "${said%%$'\n'*}$err" true "$what: one JSON object"
    is "${said#*$'\n'}" "$code $name true" "$what: its code and name"
}

# commands: prints the name of every command.
commands() { virtsnap --json help | jq -r '.commands[].name'; }

# options_of COMMAND...: prints the long options in the command's help.
options_of() { "$@" --help | sed -nE 's/^    (-[a-zA-Z], )?(--[a-z-]+).*/\2/p'; }
