#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What an export leaves to other programs on the host: the page cache, and bandwidth according to
# its limit.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/bench/sample.sh"
live_requires
requires fincore

check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"
check "two domains on one base, 40 MiB of data" sample_pair "$d" 512 32 4 || bail_out "no sample"
check "and a snapshot of each" sample_define "$d"
layers=$(sample_allocated "$d"/{base,web,db}.qcow2)

# --- page cache: a sixteenth of it, at most, has passed through
if [ "$(stat -f -c %T "$d")" = tmpfs ]; then
    skip "the page cache is left alone" "$d is in memory itself"
else
    sample_cold "$d"/{base,web,db}.qcow2
    check "an export of what is not in the page cache" \
        vs_export --domain web --domain db snap1 --to "$x/cold"
    check "what was read is not there" \
        test "$(sample_cached "$d"/{base,web,db}.qcow2)" -le $((layers / 16))
    check "what was written is not there" \
        test "$(sample_cached "$VS_EXPORT"/layers/*)" -le $((layers / 16))
    sample_warm "$d"/{base,web,db}.qcow2
    check "an export of what is in the page cache" \
        vs_export --domain web --domain db snap1 --to "$x/warm"
    check "what was there stays" \
        test "$(sample_cached "$d"/{base,web,db}.qcow2)" -ge $((layers * 15 / 16))
    check "what was written is not there" \
        test "$(sample_cached "$VS_EXPORT"/layers/*)" -le $((layers / 16))
fi

# --- bandwidth
check "an export without a limit" "$sample_tools/measure" "$d/free" "$abs_top_builddir/virtsnap" \
    -q export --domain web --domain db snap1 --to "$x/free"
check "one at 10 MiB a second" "$sample_tools/measure" "$d/limited" "$abs_top_builddir/virtsnap" \
    -q export --domain web --domain db snap1 --to "$x/limited" --bandwidth 10M
# The time that the export takes without a limit runs in parallel to the limit and is not added to
# it.
check "it takes as long as it should, within 5 %" jq -ne --slurpfile free "$d/free" \
    --slurpfile limited "$d/limited" --argjson bytes "$layers" '
    ($bytes / 10485760) as $should |
    {free: $free[0].seconds, limited: $limited[0].seconds, should: $should},
    ($limited[0].seconds | . >= $should * 0.95 and . <= $should * 1.05 + $free[0].seconds)'

done_testing
