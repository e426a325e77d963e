#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Checks that the bench itself runs and counts, with next to no data; it does not check how fast it
# is.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
live_requires

bench() { BUILD_DIR=$abs_top_builddir "$abs_top_srcdir/tests/bench/run" "$@"; }

check "its options are explained" eval 'bench --help | grep -q -e --contenders'
check_fails "others are refused" bench --fast
check "its contenders are named" eval 'bench --list | grep -q "nbdcopy from qemu-nbd"'
check "two rounds of contenders" eval 'bench --rounds 2 --samples filled10 --small 64 \
    --contenders "cp,writers,virtsnap*" --beside "$abs_top_builddir" \
    --directory "$TEST_DIR/work" --json "$TEST_DIR/r.json" \
    >"$TEST_DIR/table" 2>"$TEST_DIR/err" || { cat "$TEST_DIR/err"; false; }'
like "$(cat "$TEST_DIR/table")" 'virtsnap export .* 1\.00x' "the table has ours as the measure"
is "$(jq -c '[.samples[].contenders[] | select(.name == "cp") | (.seconds | length),
    .ratio > 0, .missing]' "$TEST_DIR/r.json")" '[2,true,null]' "the JSON has each round"
is "$(jq '[.samples[].contenders[] | select(.name == "writers" or .name == "virtsnap") | .bytes] |
    (.[0] - .[1] | fabs) < 2097152' "$TEST_DIR/r.json")" true "the limit of the disk is for as much"
is "$(jq -c '[.samples[].contenders[] | select(.name == "virtsnap-beside") |
    (.seconds | length), .missing]' "$TEST_DIR/r.json")" '[2,null]' "another build is measured"
check_fails "its disks are gone" test -e "$TEST_DIR/work"

done_testing
