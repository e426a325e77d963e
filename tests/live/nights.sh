#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Nights of one domain in two collections, whose exports are moved, whose clock goes back, and whose
# bitmaps and checkpoints others take away. No guest has to run.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/bitmap-lib.sh"

begin_nights
byte=5
for disk in a a2 a3; do
    qemu-img create -q -f qcow2 "$d/$disk.qcow2" 32M
    qemu-io -f qcow2 -c "write -q -P $((++byte)) 0 3M" "$d/$disk.qcow2"
done
check "a domain" eval 'live_define a --disk "$d/a.qcow2" --disk "$d/a2.qcow2" \
    --disk "$d/a3.qcow2" && live_start a' || bail_out "no domain"
check "two collections of it" eval 'vs -q collection-create-as night --domain a &&
    vs -q collection-create-as day --domain a'

day() { vs_export day --live=crash --scratch "$s" --to "$x" "$@"; }
some_of() { guest a "$1" "$(paint "$((RANDOM % 7000 * 4))k" "$((RANDOM % 60 * 4 + 4))k")"; }
full() { check "which is as what the domain has" as_source; }
# own: prints the name of the last export's checkpoint.
own() { sed -n 's/.*<checkpoint name="\([^"]*\)".*/\1/p' "$VS_EXPORT/manifest.xml" | head -n 1; }
unknown() { warnings | grep -c "not known.*$1"; }

# --- two collections
check "each has a first export" eval 'night n1 --base latest && some_of 0 && day d1 --base latest'
check "the next of the one" eval 'some_of 0 && some_of 1 && night n3 --base latest --strict'
full
check "the next of the other" eval 'some_of 0 && day d3 --base latest --strict'
full
is "$(checkpoints a | wc -w)" 2 "each has a reference point"

# --- moved
check "what was exported is moved" mv "$x" "$d/moved"
x=$d/moved
check "the next has it as the latest" eval 'some_of 1 && night n4 --base latest --strict'
full
check "the next of the other by its path" eval 'mv "$x/day/d3" "$d/renamed" && some_of 0 &&
    day d4 --base "$d/renamed" --strict'
full

# --- the clock
check "the clock was ahead" eval 'some_of 0 && night n5 --base latest --strict &&
    sed -i "/<creator/s/ time=\"2/ time=\"3/" "$VS_EXPORT/manifest.xml" &&
    some_of 0'
check "the next" night n6 --base latest
is "$(warnings | grep -c "/n5'.*still to come") $(warnings | wc -l)" "1 1" "says that it was"
full
check "the next after that" eval 'some_of 1 && night n7 --base latest'
is "$(warnings | grep -c "/n5'.*still to come") $(unknown "no checkpoint")" "1 3" \
    "says so, and that it is not known what has changed"
full

# --- bitmaps and checkpoints that others take away
check "bitmaps are removed, cleared and disabled" eval '
    point=$(own) && some_of 0 && some_of 1 && live_destroy a &&
    qemu-img bitmap --remove "$d/a.qcow2" "$point" &&
    qemu-img bitmap --clear "$d/a2.qcow2" "$point" &&
    qemu-img bitmap --disable "$d/a3.qcow2" "$point" && live_start a && some_of 2'
check "the next" night n8 --base "$VS_EXPORT"
is "$(unknown)" 3 "says that it is not known what has changed"
full
check "a checkpoint is deleted" eval 'some_of 0 && live_virsh checkpoint-delete a "$(own)" &&
    some_of 1'
check "the next" night n10 --base "$VS_EXPORT"
is "$(unknown "no checkpoint")" 3 "says so"
full
check "only what libvirt knows of it is" eval 'some_of 0 && point=$(own) &&
    live_virsh checkpoint-delete a "$point" --metadata && some_of 1'
check "the next" night n11 --base "$VS_EXPORT"
is "$(unknown "no checkpoint")" 3 "says so"
full
check "the next goes by a bitmap again" eval 'some_of 0 && night n12 --base "$VS_EXPORT" --strict'
full
check "and as a full one" as_full

# --- unattended: what the second night goes by is made in the first
mkdir -p "$VIRTSNAP_CONFIG_DIR/export.d" "$d/unattended"
printf '%s\n' "directory = $d/unattended" "live = crash" "scratch = $s" "base = latest" \
    >"$VIRTSNAP_CONFIG_DIR/export.d/day.conf"
unattended() { vs --json export-run day >"$VS_OUT" 2>"$VS_ERR"; }
check "a first night by a configuration" eval 'unattended && some_of 0'
is "$(vs_field .warnings)" 0 "has no warning"
whole=$(vs_field .copied)
check "the second night" unattended
is "$(vs_field .warnings)" 0 "knows what has changed"
check "and writes less" [ "$(vs_field .copied)" -lt "$whole" ]
is "$(ls "$d/unattended/day" | wc -l)" 2 "two nights"

done_testing
