#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Tests the shell that virtsnap is without a command, with scripts on standard input.
. "$abs_top_srcdir/tests/cli/lib.sh"

# script LINES OPTION...: runs virtsnap with LINES on standard input.
script()
{
    local lines=$1
    shift
    run virtsnap -c test:///default "$@" <<<"$lines"
}

script $'uri\nversion --quiet'
ends_with 0 "a script of two commands"
like "$out" $'^test:///default\nvirtsnap: +[0-9]' "both ran, without welcome or prompt"
script 'uri; -q uri;;   uri;'
is "$out" $'test:///default\ntest:///default\ntest:///default' "several commands in a line"
script $'# uri\n  # uri\nuri # uri; uri\n\n;'
is "$out" "test:///default" "comments and empty lines"
script ''
ends_with 0 "an empty script"
is "$out$err" "" "and nothing is said"

script $'collection-create-as "it\'s mine" --domain a\\ b --domain \'c;#d\'
collection-create-as x#y --domain "\\"q\\""
collection-list --quiet'
ends_with 0 "names with quotes"
run virtsnap collection-dumpxml "it's mine"
like "$out" '<domain>a b</.*<domain>c;#d</' "quotes as in sh"
run virtsnap collection-dumpxml x#y
like "$out" '<domain>"q"</' "# inside a word, a quoted quote"

script $'uri\nnonsense\nverify /nowhere/at/all\nuri'
ends_with 1 "the status is that of the last command that failed"
is "$out" $'test:///default\ntest:///default' "a failure does not end the script"
like "$err" "'nonsense'.*"$'\n'"error: .*/nowhere/at/all" "each failure is told"
script $'verify /nowhere\nnonsense'
ends_with 2 "and of the last only"
for line in 'uri "' "uri; uri 'x" 'uri \'; do
    printf '%s' "$line" >"$TEST_DIR/script"
    run virtsnap -c test:///default <"$TEST_DIR/script"
    ends_with 2 "not closed: $line"
    like "$out/$err" '^/error: the line ends' "and nothing of it ran: $line"
done
script $'quit; uri\nuri'
is "$status/$out" "0/" "quit ends it"
script $'nonsense\nexit\nuri'
is "$status/$out" "2/" "exit ends it, with the status so far"
run virtsnap quit
ends_with 0 "quit without a shell does nothing"

script $'-c test:///nowhere uri\nuri'
is "$status/$out" "1/test:///default" "one command's connection is its own"
script '-q'
ends_with 2 "options without a command"
run virtsnap -c test:///default --json <<<$'uri\nnonsense'
is "$(jq -r '.uri // .error.name' <<<"$out" | paste -sd' ')" "test:///default invalid-parameter" \
    "an object for each command with --json"
printf 'uri\nu\0ri\n' >"$TEST_DIR/script"
run virtsnap -c test:///default <"$TEST_DIR/script"
ends_with 1 "a zero byte is no command"
run virtsnap <"$TEST_DIR"
like "$status/$err" '^1/error: cannot read commands' "a directory is no script"
run virtsnap <&-
like "$status/$err" '^1/error: cannot read commands' "nor is a closed standard input"
head -c 3000000 /dev/zero | tr '\0' x >"$TEST_DIR/script"
run virtsnap -c test:///default <"$TEST_DIR/script"
ends_with 2 "a very long word is no command"


done_testing
