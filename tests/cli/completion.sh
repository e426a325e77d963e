#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What <Tab> does: bash's own variables are set as readline sets them.
. "$abs_top_srcdir/tests/cli/lib.sh"
# shellcheck source=src/cli/virtsnap.bash
. "$abs_top_srcdir/src/cli/virtsnap.bash"

# Only inside a real completion is there a compopt.
compopt() { compopts+=("$*"); }

# tab LINE WORD...: completes LINE; the WORDs are what bash cuts it into.
tab()
{
    COMP_LINE=$1 COMP_POINT=${#1}
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    compopts=()
    _virtsnap
    got=$(printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd' ')
}

tab 'virtsnap ver' virtsnap ver
is "$got" "verify version" "commands"
tab 'virtsnap ' virtsnap ''
is "$(tr ' ' '\n' <<<"$got")" "$(commands | sort)" "all commands"
tab 'virtsnap complet' virtsnap complet
is "$got" "" "but not the hidden one"
tab 'virtsnap -q --json ver' virtsnap -q --json ver
is "$got" "verify version" "commands behind options"
tab 'virtsnap -c uri ver' virtsnap -c uri ver
is "$got" "verify version" "commands behind an option with a value"
tab 'virtsnap -c ver' virtsnap -c ver
is "$got" "" "but not for the value"
tab 'virtsnap --v' virtsnap --v
is "$got" "--version" "options before the command"
tab 'virtsnap verify --d' virtsnap verify --d
is "$got" "--debug --deep" "options of the command and of all"
tab 'virtsnap verify -- --d' virtsnap verify -- --d
is "$got ${compopts[*]}" " -o dirnames" "behind -- there are no options"
tab 'virtsnap export --snapshots ' virtsnap export --snapshots ''
is "$got" "all none one" "values of an option"
tab 'virtsnap export --snapshots=' virtsnap export --snapshots =
is "$got" "all none one" "values behind an ="
tab 'virtsnap export --snapshots=a' virtsnap export --snapshots = a
is "$got" "all" "the rest of a value behind an ="
tab 'virtsnap export --progress "j' virtsnap export --progress '"j'
is "$got" "json" "a value in an open quote"
tab 'virtsnap export --merge=' virtsnap export --merge =
is "$got" "" "a flag has no values"
tab 'virtsnap export --to ' virtsnap export --to ''
is "$got ${compopts[*]}" " -o dirnames" "directories"
tab 'virtsnap collection-define ' virtsnap collection-define ''
is "$got ${compopts[*]}" " -o default" "files"
tab 'virtsnap help exp' virtsnap help exp
is "$got" "export export-info export-list" "commands as arguments"
tab 'virtsnap nonsense x' virtsnap nonsense x
is "$got" "" "an unknown command has nothing"
tab "virtsnap -c qemu:///system ver" virtsnap -c qemu : ///system ver
is "$got" "verify version" "a colon does not end a word"

COMP_LINE='virtsnap ver --json' COMP_POINT=12 COMP_WORDS=(virtsnap ver --json) COMP_CWORD=1
_virtsnap
is "$(printf '%s\n' "${COMPREPLY[@]}" | paste -sd' ')" "verify version" "in the middle of a line"

# Nothing on the line is ever run.
tab "virtsnap help \$(touch $TEST_DIR/ran)" virtsnap help "\$(touch $TEST_DIR/ran)"
tab "virtsnap help \`touch $TEST_DIR/ran\` " virtsnap help "\`touch $TEST_DIR/ran\`" ''
check_fails "completion runs nothing" test -e "$TEST_DIR/ran"

# The protocol: every word of every line has an answer.
for command in $(commands); do
    run virtsnap complete -- "$command" --
    like "$out" $'^words\n.*--json' "the options of $command"
    is "$err" "" "and no complaint"
    is "$(tail -n +2 <<<"$out" | sort)" \
        "$({ options_of virtsnap; options_of virtsnap "$command"; } | sort -u)" \
        "they are those of its help"
done
run virtsnap complete --
ends_with 0 "no word at all"

done_testing
