#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What an export costs, in figures that do not depend on the clock: bytes read and written, system
# calls, memory, page cache. So neither a second pass over the data nor a buffer that grows with the
# data can be added unnoticed.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/bench/sample.sh"
live_requires
requires strace fincore

check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x" "$d/trace"
check "two domains on one base, 3 GiB of which 96 MiB are data" sample_pair "$d" 3072 64 16 ||
    bail_out "no sample"
check "and a snapshot of each" sample_define "$d"
chain=$(sample_allocated "$d/base.qcow2" "$d/web.qcow2")
layers=$(sample_allocated "$d"/{base,web,db}.qcow2)

# This is outside of the build directory, where libtool may replace the program by a script.
program=$(readlink -f "$abs_top_builddir/virtsnap")

# traced ARGUMENT...: writes one file of system calls for each thread, with the paths of
# descriptors, and without calls that wait, because their number depends on the clock.
traced()
{
    rm -f "$d/trace"/*
    strace -ff -qq -y -e signal=none -e trace='!futex,restart_syscall,poll,clock_nanosleep' \
        -o "$d/trace/t" "$program" -q "$@"
}

# moved DIRECTION: prints the bytes of images that the calls of all processes moved.
moved()
{
    cat "$d/trace"/* | awk -v call="^p?$1(64|v|v2)?[(]" '
        $0 ~ call && /\.qcow2>/ && $NF > 0 { n += $NF } END { printf "%.0f\n", n }'
}

# per_mib BYTES: prints the number of calls for each MiB, of the threads that write layers.
per_mib()
{
    grep -lE '^pwrite.*/layers/' "$d/trace"/* | xargs cat |
        awk -v bytes="$1" 'END { printf "%.1f\n", NR * 1048576 / bytes }'
}

# about GOT WANTED DESCRIPTION: checks that both differ by a twentieth at most.
about()
{
    if awk -v got="$1" -v wanted="$2" 'BEGIN { r = got / wanted; exit !(r > 0.95 && r < 1.05) }'
    then ok "$3"; else not_ok "$3" "got:    $1" "wanted: $2, or 5 % more or less"; fi
}

# at_most GOT LIMIT DESCRIPTION
at_most()
{
    if awk -v got="$1" -v limit="$2" 'BEGIN { exit !(got <= limit) }'; then ok "$3"; else
        not_ok "$3" "got:   $1" "limit: $2"
    fi
}

# --- one pass
check "an export" traced export --domain web --domain db snap1 --to "$x/chain"
export=$x/chain/db+web/snap1
about "$(moved read)" "$layers" "every layer is read once"
about "$(moved write)" "$layers" "and written once"
at_most "$(per_mib "$layers")" 8 "at most 8 system calls for each MiB"

check "verifying it" traced verify "$export"
about "$(moved read)" "$layers" "reads it once"
is "$(moved write)" 0 "and writes nothing"

check "a merge" traced export --domain web snap1 --merge --to "$x/merge"
at_most "$(moved read)" $((chain * 21 / 20)) "reads no layer twice"
merged=$(sample_allocated "$x"/merge/web/snap1/layers/*)
about "$(moved write)" "$merged" "writes what it leaves"
at_most "$merged" $((chain * 21 / 20)) "which is no more than the chain"

# --- memory: 64 MiB and 2 MiB for each worker
for workers in 1 4 16; do
    check "an export by $workers" "$sample_tools/measure" "$d/measured" "$program" -q export \
        --domain web --domain db snap1 --to "$x/memory$workers" --parallel $workers
    at_most "$(jq .peak_kib "$d/measured")" $((65536 + 2048 * workers)) "memory is bounded"
    check "the same, compressed" "$sample_tools/measure" "$d/measured" "$program" -q export \
        --domain web --domain db snap1 --to "$x/packed$workers" --parallel $workers \
        --merge --compress zstd
    at_most "$(jq .peak_kib "$d/measured")" $((65536 + 2048 * workers)) "memory is bounded, too"
done

done_testing
