#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What it costs to parse, read, check and write XML grows as the document does: instructions are
# counted, so that no clock can make this fail.
. "$abs_top_srcdir/tests/tap.sh"
requires valgrind

# How many parts a document has. Of quadratic cost the larger one would have 16 times as much.
small=500 large=2000
# What is sorted may take a bit more than four times as much.
most=5

cd "$TEST_DIR" || bail_out "no directory"
check "documents are parsed, read, checked and written" "$abs_top_builddir/libtool" --mode=execute \
    valgrind --tool=callgrind --quiet --callgrind-out-file="$TEST_DIR/cost" \
    --toggle-collect=do_work --dump-after=do_work --dump-instr=no --dump-line=no \
    "$abs_top_builddir/tests/bench/xml-cost" $small $large
mapfile -t works < <(awk '/^[a-z]/ { print $1 }' "$tap_out")
check "there is something to look at" [ "${#works[@]}" -ge 10 ]
# cost N: prints the instructions of the Nth work.
cost() { awk '/^(summary|totals):/ { n = $2 } END { print n + 0 }' "$TEST_DIR/cost.$1"; }
n=0
for work in "${works[@]}"; do
    n=$((n + 2))
    few=$(cost $((n - 1))) many=$(cost $n)
    if [ "$work" = square ]; then
        check "cost that is not linear is seen" [ "$many" -gt $((most * few)) ]
        continue
    fi
    check "$work: $few instructions for $small, $many for $large" \
        [ "$few" -gt 0 -a "$many" -lt $((most * few)) ]
done

done_testing
