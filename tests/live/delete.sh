#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Snapshot sets are removed: what the domains wrote since is merged, whether they run or not, and
# nothing that somebody else needs.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
. "$abs_top_srcdir/tests/live/sets-lib.sh"
live_requires

# Before the libvirtd, which has the mounts of when it begins.
small=
if [ "$(id -u)" -eq 0 ] && mkdir "$TEST_DIR/small" &&
    mount -t tmpfs -o size=7m none "$TEST_DIR/small" 2>/dev/null; then
    small=$TEST_DIR/small
    at_exit umount "$small"
fi
check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR

# --- a guest that runs, and one that does not
live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/a.qcow2"
live_define a --disk "$d/a.qcow2"
check "a guest boots" live_boot a || bail_out "no guest"
export LIVE_BOOT=none
still b
vs -q collection-create-as pair --domain a --domain b
for s in s1 s2 s3 s4; do
    live_snapshot_external a $s >/dev/null
    live_wait_counter a +1
    live_snapshot_external b $s >/dev/null
    scribble "$(top_of b)" $s
done
present=$(content_of "$(top_of b)")
want=$(live_counter_of "$d/a.qcow2")

check "the plan is shown" eval 'vs snapshot-delete pair s2 --dry-run >"$d/plan"'
like "$(cat "$d/plan")" 'a +vda +merged while it runs +.*a\.s2 .*a\.s1' "a layer in the middle"
like "$(cat "$d/plan")" 'b +vda +merged by qemu-img .*b\.s2 .*b\.s1' \
    "and one of a domain that is off"
vs_json snapshot-delete pair s4 --dry-run
is "$(vs_field '[.members[].disks[].method] | join(" ")')" "active-commit offline-commit" \
    "the newest of both, as JSON"
is "$(snapshots_of a) $(snapshots_of b)" "s1 s2 s3 s4 s1 s2 s3 s4" "and nothing was done"

check "one in the middle is removed" vs_json snapshot-delete pair s2
is "$(vs_field '.result, (.warnings | length)' | xargs)" "0 0" "the result says so"
is "$(snapshots_of a) $(snapshots_of b)" "s1 s3 s4 s1 s3 s4" "it is gone from both"
is "$(chain_of "$(top_of b)")" "b.s4 b.s3 b.s1 b.qcow2 base.qcow2" "the layer is merged"
check_fails "and its file removed" test -e "$d/a.s2" -o -e "$d/b.s2"
is "$(frozen_of b s3) $(frozen_of a s3)" "b.s1 a.s1" "the next snapshot is of the layer below now"
is "$(frozen_of b s1) $(frozen_of b s4)" "b.qcow2 b.s3" "the others are as they were"
is "$(content_of "$(top_of b)")" "$present" "the disk is what it was"
check "the running guest counts on" live_wait_counter a +2

check "the newest is removed" vs_json snapshot-delete pair s4
is "$(top_of a) $(top_of b)" "$d/a.s3 $d/b.s3" "domains write to what was frozen"
is "$(persistent_top_of a)" "$d/a.s3" "and are started on it"
check_fails "the layer above is gone" test -e "$d/a.s4" -o -e "$d/b.s4"
is "$(content_of "$(top_of b)")" "$present" "the disk is what it was"
check "the oldest, and the last" eval \
    'vs -q snapshot-delete pair s1 && vs -q snapshot-delete pair s3'
is "$(top_of a) $(top_of b)" "$d/a.qcow2 $d/b.qcow2" "all is in the first layers again"
is "$(snapshots_of a)$(snapshots_of b)" "" "there are no snapshots"
is "$(content_of "$d/b.qcow2")" "$present" "the disk is what it was"
check "the running guest counts on" live_wait_counter a +2
check "again there is nothing" vs_refused 32779 "has a snapshot 's3'" snapshot-delete pair s3

# --- one that virtsnap made
check "a set is made" vs_json snapshot-create-as pair made --pause
records() { find "$VIRTSNAP_STATE_DIR/sets" -name '*.xml' | wc -l; }
is "$(records)" 1 "it has a record"
check "it is removed" vs_json snapshot-delete pair made
is "$(records)" 0 "and the record with it"
check "the guest counts on" live_wait_counter a +2

# --- memory states, internal ones, and only the metadata
live_snapshot_external a mem --memspec "$d/a.memory" --diskspec "vda,snapshot=external" >/dev/null
live_snapshot_external b mem >/dev/null
check "a set with a memory state" vs -q snapshot-delete pair mem
check_fails "it is gone" test -e "$d/a.memory"
before=$(live_counter a)
check "the guest counts on" live_wait_counter a +2
live_destroy a
check "what it wrote is there" [ "$(live_counter_of "$d/a.qcow2")" -ge "$before" ]
check "its file system is sound" sound "$d/a.qcow2"
live_snapshot_internal a inner >/dev/null
live_snapshot_internal b inner >/dev/null
check "internal ones" vs_json snapshot-delete pair inner
is "$(vs_field '[.members[].kind] | join(" ")')" "internal internal" "by libvirt"
is "$(qemu-img snapshot -l "$d/b.qcow2")" "" "they are out of the image"
live_snapshot_external a keep >/dev/null
live_snapshot_external b keep >/dev/null
check "only the metadata" vs -q snapshot-delete pair keep --metadata
is "$(snapshots_of a)$(snapshots_of b)" "" "libvirt has forgotten them"
is "$(top_of b)" "$d/b.keep" "and no image was touched"

# --- a chain of many layers, removed from the middle on
for ((i = 1; i <= 20; i++)); do
    live_snapshot_external b "n$i" >/dev/null
    [ $((i % 4)) -ne 0 ] || scribble "$(top_of b)" $((i + 10))
done
present=$(content_of "$(top_of b)")
vs -q collection-create-as one --domain b
check "twenty layers" [ "$(chain_of "$(top_of b)" | wc -w)" -eq 23 ]
many() { for s in n10 n9 n11 n20 n1; do vs -q snapshot-delete one $s || return 1; done; }
check "some of them are removed" many
is "$(chain_of "$(top_of b)" | wc -w)" 18 "their layers are merged"
is "$(content_of "$(top_of b)")" "$present" "the disk is what it was"
check "every snapshot that is left opens" eval '
    for s in $(snapshots_of b); do qemu-img info "$(path_of b $s)" >/dev/null || exit 1; done'
lose b
vs -q collection-undefine one

# --- who needs a layer is found before anything moves
still t
vs -q collection-create-as single --domain t
live_snapshot_external t s1 >/dev/null
scribble "$d/t.s1" 4
live_overlay "$d/t.qcow2" "$d/other.qcow2"
live_define other --disk "$d/other.qcow2"
present=$(content_of "$d/t.s1")
before=$(vs_stat)
check "another domain, shut off" vs_refused 32774 "domain 'other' needs '$d/t.qcow2'" \
    snapshot-delete single s1
live_snapshot_external other o1 >/dev/null
check "or a snapshot of it" vs_refused 32774 "snapshot 'o1' of the domain 'other' needs" \
    snapshot-delete single s1
lose other
redefine_top t "$d/t.s1" "$d/branch.qcow2" "$d/t.qcow2"
live_snapshot_external t s2 >/dev/null
redefine_top t "$(top_of t)" "$d/t.s1"
check "another branch of the same domain" vs_refused 32774 "snapshot 's2' of the domain 't' needs" \
    snapshot-delete single s1
is "$(vs_stat)" "$before" "no image was touched"
check "the branch goes first" vs -q snapshot-delete single s2
rm "$d/branch.qcow2"
check "and then it can be merged" vs_json snapshot-delete single s1
is "$(content_of "$d/t.qcow2")" "$present" "with all its data"
live_snapshot_external t s1 >/dev/null
live_snapshot_external a s1 >/dev/null
vs -q collection-create-as both --domain a --domain t
check "the set of another collection" vs_refused 32774 "set 's1' of the collection 'both' needs" \
    snapshot-delete single s1
check "which is removed as a whole" vs -q snapshot-delete both s1
vs -q collection-undefine both

# --- an image that is busy, a block job, a saved domain
live_snapshot_external t s1 >/dev/null
scribble "$d/t.s1" 7 8
present=$(content_of "$d/t.s1")
live_hold "$d/t.s1"
check "a layer that somebody has open" vs_refused 32774 "qemu-img cannot merge" \
    snapshot-delete single s1
live_let_go
live_virsh start t >/dev/null
live_virsh blockpull t vda --bytes --bandwidth 1 >/dev/null
check "a block job" vs_refused 32774 "has a block job already" snapshot-delete single s1
live_virsh blockjob t vda --abort
live_virsh managedsave t >/dev/null
check "a saved domain" vs_refused 5 "a saved state" snapshot-delete single s1
live_virsh managedsave-remove t >/dev/null

# --- suspended, and interrupted
# slowly RATE: begins a removal; pid is its process, which has a group of its own, as a shell gives
# it one.
slowly()
{
    set -m
    "$abs_top_builddir/virtsnap" --json snapshot-delete single s1 --bandwidth "$1" \
        --progress=json >"$VS_OUT" 2>"$VS_ERR" &
    pid=$!
    set +m
    live_wait "it has come so far" eval 'live_catches $pid'
    live_wait "it merges" merging
}
# paused SUSPENDED RESUMED: Ctrl-Z suspends it, and once more makes it go on; the conditions hold
# then.
paused()
{
    kill -TSTP $pid && live_wait "it is suspended" eval "$1" && kill -TSTP $pid &&
        live_wait "it goes on" eval "$2"
}
cancelled() { kill -INT $pid; ! wait $pid; }

merging() { [ -n "$(pgrep -f "qemu-img commit.*$d/t.s1")" ]; }
stopped() { live_stopped "$(pgrep -f "qemu-img commit.*$d/t.s1")"; }
check "a domain that is off is merged" slowly 1M
check "suspended, qemu-img stands still" paused stopped "! stopped"
check "it is cancelled" cancelled
is "$(vs_field .error.code)" 32804 "it says so"
is "$(top_of t)" "$d/t.s1" "the domain is where it was"
is "$(content_of "$d/t.s1")" "$present" "with all its data"
live_virsh start t >/dev/null
# figures: the bandwidth of libvirt's block job, and what it has done of all.
figures() { live_virsh blockjob t vda --raw --bytes | sed -n 's/^ *\(bandwidth\|cur\|end\)=//p'; }
merging() { [ "$(figures | sed -n 2p)" -gt 0 ] 2>/dev/null; }
# crawls: a byte a second is let through, and our figures are those of libvirt, of as many bytes as
# the layer has; of which the last is what is done after the merge.
crawls()
{
    local bandwidth cur end
    read -r bandwidth cur end < <(figures | xargs) && [ "$bandwidth" = 1 ] &&
        grep '^{' "$VS_ERR" | tail -n 1 |
        jq -e ".current - (.total - 1) * $cur / $end | . > -2 and . < 2" >/dev/null
}
check "a domain that runs is merged" slowly 1M
check "suspended, its block job crawls, and our figures are libvirt's" \
    paused crawls '[ "$(figures | sed -n 1p)" = 1048576 ]'
check "and it is cancelled" cancelled
is "$(vs_field .error.code)" 32804 "it says so"
is "$(top_of t) $(live_virsh domstate t)" "$d/t.s1 running" "the domain is where it was"
check_fails "the block job is over" eval 'live_virsh blockjob t vda | grep Commit'
check "the same command goes on" vs_json snapshot-delete single s1
is "$(top_of t) $(live_virsh domstate t)" "$d/t.qcow2 running" "the domain is switched over"
live_destroy t
is "$(content_of "$d/t.qcow2")" "$present" "with all its data"

# --- no space
if [ -n "$small" ]; then
    live_overlay "$d/base.qcow2" "$small/f.qcow2"
    live_define f --disk "$small/f.qcow2"
    vs -q collection-create-as full --domain f
    live_snapshot_external f s1 --diskspec "vda,file=$d/f.s1" >/dev/null
    scribble "$d/f.s1" 9 8
    present=$(content_of "$d/f.s1")
    check "no space, of a domain that is off" vs_refused 32801 "No space left" \
        snapshot-delete full s1
    is "$(content_of "$(top_of f)")" "$present" "the domain has all its data"
    live_virsh start f >/dev/null
    check "no space, while it runs" vs_refused 2 "failed, perhaps for want of space" \
        snapshot-delete full s1
    is "$(top_of f) $(live_virsh domstate f)" "$d/f.s1 running" "the domain runs where it did"
    mount -o remount,size=20m "$small"
    check "with room the same command goes on" vs_json snapshot-delete full s1
    live_destroy f
    is "$(content_of "$small/f.qcow2")" "$present" "with all its data"
    lose f
else
    skip "a full file system" "nothing may be mounted here"
fi

done_testing
