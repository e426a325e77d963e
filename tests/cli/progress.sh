#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The progress display on a real terminal and without one.
. "$abs_top_srcdir/tests/cli/lib.sh"
requires script
feed=$abs_top_builddir/tests/unit/feed-progress

# on_terminal MODE WAY: prints what a terminal of 70 columns receives.
on_terminal()
{
    script -qec "stty cols 70; '$feed' $1 $2 >'$TEST_DIR/stdout'" /dev/null </dev/null
}

start=$EPOCHREALTIME
bar=$(on_terminal auto done)
most=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { print int((b - a) * 10) + 2 }')
is "$(<"$TEST_DIR/stdout")" "" "standard output has nothing"
like "$bar" $'\r.*\\[=+>? *\\] .*100%' "a terminal gets a bar"
like "$bar" $'\e\\[K\r?$' "which ends with its line"
updates=$(grep -o $'\r[^\r]*\e\\[K' <<<"$bar" | wc -l)
check "at most ten updates a second, the first and the last ($updates of $most)" \
    test "$updates" -ge 3 -a "$updates" -le "$most"
is "$(tr '\r' '\n' <<<"$bar" | sed 's/\x1b\[K//g' | longer_than 69)" "" "no line is wrapped"
like "$(on_terminal auto failed)" $'\r\e\\[K$' "after a failure the bar is taken away"
is "$(on_terminal none done)" "" "none is none, on a terminal, too"
is "$(on_terminal quiet done)" "" "--quiet as well"

run "$feed" auto done
is "$out$err" "" "without a terminal there is no bar"
run "$feed" bar done
like "$err" '100%' "unless asked for"
run "$feed" json done
is "$out" "" "json: standard output has nothing"
is "$(jq -cs 'all(type == "object") and (length >= 3) and (last.percent == 100)
        and ([.[].current] | . == sort)' <<<"$err" 2>&1)" true "json: an object a line, never back"
is "$(wc -l <<<"$err")" "$(jq -s length <<<"$err")" "json: each in one line"

done_testing
