#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Reference points are checkpoints of all members, made at one moment. Each way in which their
# bitmaps can be lost is found and reported.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires
requires jq

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
export LIVE_BOOT=none
for disk in a b; do
    qemu-img create -q -f qcow2 "$d/$disk.qcow2" 16M
    qemu-io -f qcow2 -c "write -P 5 0 4M" "$d/$disk.qcow2" >/dev/null
done
truncate -s 16M "$d/plain.raw"
check "two domains" eval 'live_define a --disk "$d/a.qcow2" --disk "$d/plain.raw" &&
    live_define b --disk "$d/b.qcow2" && live_start a && live_start b' || bail_out "no domains"
check "a collection of them" vs -q collection-create-as night --domain a --domain b

points() { vs --json reference-point-list night >"$VS_OUT" 2>"$VS_ERR"; }
# states NAME: prints the states of its members.
states()
{
    points && jq -c --arg n "$1" \
        '[.referencePoints[] | select(.name == $n) | .members[] | .state]' "$VS_OUT"
}
checkpoints() { live_virsh checkpoint-list "$1" --name | sort | paste -sd' '; }

# --- made, listed, deleted
check "there is none" eval 'points && [ "$(jq -c .referencePoints "$VS_OUT")" = "[]" ]'
planned() { vs_field '[.members[] | [.domain, .checkpoint, .disks[]?] | join(" ")] | join(", ")'; }
check "a dry run" eval 'vs --json reference-point-create night one --dry-run >"$VS_OUT"'
is "$(planned)" "a virtsnap.one vda, b virtsnap.one vda" "says what would be made"
is "$(vs_field '.warnings | length')" 1 "and what cannot be followed"
is "$(states one)" "[]" "but makes nothing"
check "one is made" eval '
    vs --json reference-point-create night one --progress=json >"$VS_OUT" 2>"$VS_ERR"'
is "$(vs_field '.warnings | length')" 1 "a disk that cannot be followed is told"
is "$(tail -n 1 "$VS_ERR" | jq '.current, .total' | paste -sd/)" 2/2 "it is a job with progress"
is "$(states one)" '["whole","whole"]' "all members have it"
is "$(checkpoints a)" virtsnap.one "it is ours by its name"
is "$(live_virsh domstate a)" running "the domains run on"
check "one that is there" vs_refused 32800 "'one'" reference-point-create night one
check "no name for one" vs_refused 4 "'x/y'" reference-point-create night x/y
check "another one, named after the time" eval 'vs --json reference-point-create night >"$VS_OUT" &&
    [[ $(vs_field .referencePoint) =~ ^[0-9]{8}T[0-9]{6}Z$ ]]'
second=$(vs_field .referencePoint)
is "$(vs complete -- -c "$LIVE_URI" reference-point-delete night "" | sort | paste -sd' ')" \
    "$second one words" "both are offered"
check "a dry run" eval 'vs --json reference-point-delete night "$second" --dry-run >"$VS_OUT"'
is "$(planned)" "a virtsnap.$second, b virtsnap.$second" "says what would be deleted"
check "it is deleted" vs -q reference-point-delete night "$second"
is "$(checkpoints a) $(checkpoints b)" "virtsnap.one virtsnap.one" "in all members"
check "and not there any more" vs_refused 32779 "reference-point-list" \
    reference-point-delete night "$second"

# --- all or nothing; others' checkpoints are theirs
libvirtd() { live_inside kill -s "$1" "$(cat "$d/host/run/libvirtd.pid")"; }
cut()
{
    local pid
    libvirtd STOP
    "$abs_top_builddir/virtsnap" --json reference-point-create night cut >"$VS_OUT" 2>"$VS_ERR" &
    pid=$!
    live_wait "it takes signals" live_catches $pid && kill -INT $pid && ! wait $pid
    set -- $?
    libvirtd CONT
    return "$1"
}
check "Ctrl-C, while libvirt does not answer" cut
is "$(vs_field .error.code)" 32804 "it is cancelled"
is "$(states cut)" "[]" "and no member has it"

check "somebody else's checkpoint" live_virsh checkpoint-create-as b virtsnap.two
check "no member gets what one has already" vs_refused 32800 "'b'" reference-point-create night two
is "$(checkpoints a)" virtsnap.one "so the first one has no more than before"
is "$(states two)" '["missing","whole"]' "a part of one is told as such"
check "that part can be deleted" vs -q reference-point-delete night two
check "one of another tool" live_virsh checkpoint-create-as b theirs
is "$(points && jq -c '[.referencePoints[].name]' "$VS_OUT")" '["one"]' "is no reference point"
check "and stays" eval 'vs -q reference-point-create night three &&
    vs -q reference-point-delete night three && [[ $(checkpoints b) = *theirs* ]]'

# --- how they break
check "what libvirt knows of one is lost" live_virsh checkpoint-delete a virtsnap.one --metadata
is "$(states one)" '["missing","whole"]' "which is told"
check "and with another one, which is taken from the others" eval '
    vs -q reference-point-create night six &&
    live_virsh checkpoint-delete a virtsnap.six --metadata &&
    vs -q reference-point-delete night six'
check "its bitmap is in the way of a new one" vs_refused 2 "another name" reference-point-create \
    night six
is "$(states six)" "[]" "which no member gets then"
qemu=$(live_processes | while read -r one; do
    grep -aqs "guest=b," "/proc/$one/cmdline" && echo "$one"; done | head -n 1)
kill -9 "$qemu"
check "QEMU is killed" live_wait "it is off" live_off b
is "$(states one)" '["missing","unknown"]' "of a domain that is off it is not known"
check "which cannot have a new one" vs_refused 5 "'b'" reference-point-create night four
is "$(checkpoints a)" "" "nor does the other one get it"
live_start b
is "$(states one)" '["missing","broken"]' "when it runs again it is: the bitmap was not closed"
check "a reason is given" eval '[ -n "$(vs_field ".referencePoints[0].members[1].reason")" ]'
check "it can be deleted even so" eval 'vs --json reference-point-delete night one >"$VS_OUT"'

check "a new one" vs -q reference-point-create night five
is "$(states five)" '["whole","whole"]' "is whole"
check "an orderly end keeps it" eval 'live_destroy b && live_start b &&
    [ "$(states five)" = "[\"whole\",\"whole\"]" ]'
check "an image is replaced by a copy of it" eval 'live_destroy b &&
    qemu-img convert -O qcow2 "$d/b.qcow2" "$d/copy" && mv "$d/copy" "$d/b.qcow2" && live_start b'
is "$(states five)" '["whole","broken"]' "which has no bitmaps"
check "it is deleted" eval 'vs --json reference-point-delete night five >"$VS_OUT"'
is "$(vs_field '.warnings | length')" 1 "where libvirt cannot, that is said"
is "$(checkpoints a) $(checkpoints b)" " theirs" "and none of them is left"

done_testing
