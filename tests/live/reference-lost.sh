#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Reference points of domains whose disks are copied to other images while they run, or that are
# transient: it is found out and reported whether what has changed is still known.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires
requires jq

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
export LIVE_BOOT=none
for domain in a t; do
    qemu-img create -q -f qcow2 "$d/$domain.qcow2" 8M
    live_define $domain --disk "$d/$domain.qcow2"
done
check "a domain that is transient" eval 'live_domain_xml t --disk "$d/t.qcow2" >"$d/t.xml" &&
    live_virsh undefine t && live_virsh create "$d/t.xml"'
check "one that is not" live_start a || bail_out "no domain"
vs -q collection-create-as one --domain a
vs -q collection-create-as both --domain a --domain t

# states COLLECTION NAME: prints the states of its members.
states()
{
    vs --json reference-point-list "$1" >"$VS_OUT" &&
        jq -c --arg n "$2" '[.referencePoints[] | select(.name == $n) | .members[] | .state]' \
            "$VS_OUT"
}

# --- a disk that is copied to another image, and goes on there
check "a reference point" vs -q reference-point-create one first
is "$(states one first)" '["whole"]' "is whole"
live_virsh blockcopy a vda "$d/copy.qcow2" --wait --pivot --transient-job >/dev/null 2>&1
is "$(live_virsh domblklist a | awk '$1 == "vda" { print $2 }')" "$d/copy.qcow2" \
    "the disk is moved to a copy"
check "which is told if it does not know what has changed" eval '
    state=$(states one first)
    live_virsh qemu-monitor-command a "{\"execute\":\"query-named-block-nodes\"}" >"$d/nodes"
    if jq -e ".return[] | select(.file == \"$d/copy.qcow2\") | .\"dirty-bitmaps\"[]? |
        select(.name == \"virtsnap.first\")" "$d/nodes" >/dev/null
    then [ "$state" = "[\"whole\"]" ]; else [ "$state" = "[\"broken\"]" ]; fi'
check "it is deleted even so" vs -q reference-point-delete one first
check "and a new one is whole" eval 'vs -q reference-point-create one second &&
    [ "$(states one second)" = "[\"whole\"]" ]'
check "which goes" vs -q reference-point-delete one second

# --- a transient domain
check "has one, too" vs -q reference-point-create both third
is "$(states both third)" '["whole","whole"]' "as whole as any"
live_destroy t
check "a domain that is gone is named" vs_refused 32779 "'t'" reference-point-list both
check "it comes again" live_virsh create "$d/t.xml"
is "$(states both third)" '["whole","missing"]' "what libvirt knew of its checkpoint is lost"
check "the rest can be deleted" vs -q reference-point-delete both third
check "its bitmap is in the way of one of that name" vs_refused 2 "another name" \
    reference-point-create both third
is "$(vs --json reference-point-list both | jq -c .referencePoints)" "[]" "which nobody gets then"
check "of any other name there can be one" vs -q reference-point-create both fourth
is "$(states both fourth)" '["whole","whole"]' "which is whole"

done_testing
