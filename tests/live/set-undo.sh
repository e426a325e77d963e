#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What a killed snapshot-create-as has left is taken away by the next command, and nothing that
# somebody else has made since. The records of the killed are those of sets that were made, changed
# to what was there at the time. The guest need not boot.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
export LIVE_BOOT=none
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
for domain in run off; do
    qemu-img create -q -f qcow2 "$d/$domain.qcow2" 4M
    qemu-io -f qcow2 -c 'write -q -P 1 0 1M' "$d/$domain.qcow2"
    live_define "$domain" --disk "$d/$domain.qcow2"
done
check "a domain that runs" live_start run
for domain in run off; do
    check "a collection of $domain" vs -q collection-create-as "$domain" --domain "$domain"
done

sets=$VIRTSNAP_STATE_DIR/sets
top() { live_virsh domblklist "$1" | awk '$1 == "vda" { print $2 }'; }
has() { live_virsh snapshot-list "$1" --name | grep -qx "$2"; }
content() { sha256sum <"$1"; }

# interrupted DOMAIN NAME: makes a set, and has its record say that it is being made.
interrupted()
{
    vs -q snapshot-create-as "$1" "$2" || return 1
    record=$(grep -l "<snapshot>$2<" "$sets"/*.xml)
    sed -i "s/complete=\"yes\"/complete=\"no\"/" "$record"
}
# Every command that changes snapshots begins with it.
next() { vs -q snapshot-create-as "$1" "next$RANDOM" 2>"$VS_ERR"; }
is_gone() { [ ! -e "$record" ]; }

# --- a snapshot of the same name that somebody else has made
for domain in run off; do
    check "$domain: a set that is being made" interrupted "$domain" mine
    like "$(cat "$record")" ' asked="(crash|off).* consistency="(crash|off).* frozenMs="0"' \
        "$domain: which did not stand still for it, and is of one moment all the same"
    image=$(top "$domain")
    live_virsh snapshot-dumpxml "$domain" mine >"$d/mine.xml"
    check "$domain: the snapshot of its name is another's" eval '
        live_virsh snapshot-delete "$domain" mine --metadata &&
        sed "/<description>/d" "$d/mine.xml" >"$d/theirs.xml" &&
        live_virsh snapshot-create "$domain" "$d/theirs.xml" --redefine'
    check "$domain: the next command" next "$domain"
    like "$(cat "$VS_ERR")" "'mine' of the domain '$domain' is left.*somebody else" "says so"
    check "$domain: leaves it" has "$domain" mine
    check "$domain: with its files" [ -f "$image" ]
    check "$domain: and forgets the set" is_gone
done

# --- another program has taken a snapshot between the plan and the set's own
for domain in run off; do
    planned=$(top "$domain")
    before=$(content "$planned")
    check "$domain: another's snapshot" live_snapshot_external "$domain" theirs
    between=$(top "$domain")
    check "$domain: a set that is being made" interrupted "$domain" late
    overlay=$(top "$domain")
    sed -i "s,source=\"$between\",source=\"$planned\"," "$record"
    check "$domain: libvirt has not noted it" live_virsh snapshot-delete "$domain" late --metadata
    grep -q "source=\"$planned\"" "$record" || bail_out "no source in $(cat "$record")"
    next "$domain"
    is "$(content "$planned")" "$before" "$domain: what another has frozen stays as it was"
    check "$domain: another's snapshot, too" has "$domain" theirs
    like "$(qemu-img info -U --backing-chain "$(top "$domain")" | grep '^image:')" \
        "$between" "$domain: what it wrote to is in its chain"
done

# --- somebody else's block job
check "a set that is being made" interrupted run job
overlay=$(top run)
check "libvirt has not noted it" live_virsh snapshot-delete run job --metadata
check "a copy of the disk" live_virsh blockcopy run vda "$d/copy.qcow2" --transient-job
live_wait "it is ready" eval 'live_virsh dumpxml run | grep -q "ready=.yes"'
check "the next command refuses" vs_refused 32774 "block job of somebody else" \
    snapshot-create-as run after
is "$(top run)" "$overlay" "and leaves the disk where it is"
check "and the job" eval 'live_virsh dumpxml run | grep -q "<mirror.*job=.copy"'
check "it ends" live_virsh blockjob run vda --abort
check "then the next command takes the rest away" next run
check "with the record" is_gone

# --- its overlay is no image of the domain's
qemu-img create -q -f qcow2 "$d/lost.qcow2" 4M
qemu-io -f qcow2 -c 'write -q -P 7 0 1M' "$d/lost.qcow2"
check "a set that is being made" interrupted run lost
check "it is merged back by hand" eval '
    live_virsh snapshot-delete run lost --metadata &&
    live_virsh blockcommit run vda --active --shallow --pivot'
sed -i "s,overlay=\"[^\"]*\",overlay=\"$d/lost.qcow2\"," "$record"
check "the next command" next run
like "$(cat "$VS_ERR")" "written to '$d/lost.qcow2'" "tells of its data"
check "which are left" [ -f "$d/lost.qcow2" ]

# --- nobody knows what another domain needs
check "a set that is being made" interrupted run stuck
printf 'QFI\xfb\0\0\0\x09%2040s' '' >"$d/strange.qcow2"
live_define strange --disk "$d/strange.qcow2"
check "it is not taken back" vs_refused 5 "--metadata only forgets it.*strange" \
    snapshot-create-as run more
check "but forgotten" vs -q snapshot-delete run stuck --metadata
check "with its record" is_gone
check "and the next command goes on" next run
names=$(live_virsh snapshot-list run --name)
check "no temporary set is made that could not be removed" vs_refused 5 "'strange'" \
    export run --live=memory --to "$d/x"
is "$(live_virsh snapshot-list run --name)" "$names" "none is there"
check "strange goes" live_virsh undefine strange

# --- two commands at once
uuid=$(live_virsh domuuid off | head -n 1)
mkdir -p "$VIRTSNAP_STATE_DIR/domains-in-change"
exec 8>"$VIRTSNAP_STATE_DIR/domains-in-change/$uuid"
flock 8
vs -q snapshot-create-as off waits 8>&- &
pid=$!
sleep 1
check "a domain that another command changes is waited for" eval 'kill -0 $pid && ! has off waits'
rm "$VIRTSNAP_STATE_DIR/domains-in-change/$uuid"
exec 8>&-
check "and then it goes on" wait "$pid"
check "with its snapshot" has off waits
is "$(find "$VIRTSNAP_STATE_DIR/domains-in-change" -type f | wc -l)" 0 "no lock is left"

done_testing
