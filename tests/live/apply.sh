#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Domains go back to a snapshot set: by libvirt where it can, else on new layers. What there was is
# kept, or put back when something fails.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
. "$abs_top_srcdir/tests/live/sets-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
method=overlay
! live_virsh capabilities | grep '<externalSnapshot/>' >/dev/null || method=libvirt
echo "# external snapshots are gone back to by: $method"

# --- a guest that runs, with a memory state, and a domain that is off
live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/a.qcow2"
live_define a --disk "$d/a.qcow2"
check "a guest boots" live_boot a || bail_out "no guest"
live_wait_counter a +3
LIVE_BOOT=none still b
vs -q collection-create-as pair --domain a --domain b
least=$(live_counter a)
live_snapshot_external a s1 --memspec "$d/a.memory" --diskspec "vda,snapshot=external" >/dev/null
live_snapshot_external b s1 >/dev/null
then=$(content_of "$d/b.qcow2")
scribble "$(top_of b)" 3
now=$(content_of "$(top_of b)")
live_wait_counter a +5
passed=$(live_counter a)

check "the plan is shown" eval 'vs snapshot-apply pair s1 --dry-run >"$d/plan"'
like "$(cat "$d/plan")" "b +vda .*$d/b.qcow2 .*$d/b.s1" "what is gone back to, and from"
is "$(snapshots_of a) $(snapshots_of b) $(live_virsh domstate a)" "s1 s1 running" "nothing was done"

: >"$(live_console a)"
check "both go back" vs_json snapshot-apply pair s1
is "$(vs_field '[.result, .before, (.members[].method)] | join(" ")')" \
    "0 before-s1 $method $method" "by what the host can"
check "the guest goes on where it stood" still_counts a "$least" "$least"
check "and had not come as far" [ "$(first_counter a)" -lt "$passed" ]
is "$(live_virsh domstate b) $(content_of "$(top_of b)")" "shut off $then" "the other has its disk"
is "$(snapshots_of b)" "s1 before-s1" "what there was is a set"
is "$(content_of "$(path_of b before-s1)")" "$now" "with all its data"
check "the frozen layer was not written to" [ "$(content_of "$d/b.qcow2")" = "$then" ]
check "again it is refused, for that set is there" vs_refused 32800 "'before-s1' already" \
    snapshot-apply pair s1

: >"$(live_console a)"
check "and forth again, with the memory" vs_json snapshot-apply pair before-s1 --discard
check "the guest goes on from there" still_counts a "$passed" "$passed"
is "$(content_of "$(top_of b)")" "$now" "the disk is what it was"
is "$(snapshots_of b)" "s1 before-s1" "what there was in between is gone"

# --- a set that virtsnap made, for which it had paused the guest
check "a set with the memory" vs -q snapshot-create-as pair m --memory
check "is gone back to" vs_json snapshot-apply pair m --discard
is "$(live_virsh domstate a) $(live_virsh domstate b)" "running shut off" "who ran goes on"
check "it is removed" vs -q snapshot-delete pair m

# --- off, running, paused
check "to be paused" vs_json snapshot-apply pair s1 --discard --paused
is "$(live_virsh domstate a) $(live_virsh domstate b)" "paused paused" "both are"
check "to be started" vs_json snapshot-apply pair s1 --discard --start
is "$(live_virsh domstate a) $(live_virsh domstate b)" "running running" "both are"
live_destroy a
live_destroy b
check "the guest's file system is sound" sound "$(top_of a)"

# --- something fails: all is as it was
members="a b"
state() { for i in $members; do live_virsh domstate $i; snapshots_of $i; content_of "$(top_of $i)"
    top_of $i; persistent_top_of $i; done; ls "$d"; }
# fails [COLLECTION]
fails()
{
    before=$(state)
    ! vs_json snapshot-apply "${1:-pair}" s1 >/dev/null || return 1
    [ "$(state)" = "$before" ] || { diff <(echo "$before") <(state); return 1; }
}
scribble "$(top_of b)" 9
live_virsh snapshot-delete a before-s1 --metadata >/dev/null
live_virsh snapshot-delete b before-s1 --metadata >/dev/null
mv "$d/a.memory" "$d/away"
check "a memory state that is gone" fails
printf 'x%.0s' {1..4096} >"$d/a.memory"
check "one that cannot be restored: all are put back" fails
# When it is the turn of this one, another has gone back, whose name comes before.
LIVE_BOOT=none still A
live_snapshot_external A s1 >/dev/null
scribble "$(top_of A)" 5
vs -q collection-create-as later --domain A --domain a
members="A a"
is "$(vs --json snapshot-apply later s1 --dry-run |
    jq -r '[.members[] | .domain + " " + .method] | join(", ")')" "A $method, a $method" \
    "one that is the second"
check "cannot be restored: the first is put back, too" fails later
members="a b"
mv "$d/away" "$d/a.memory"
if [ $method = overlay ]; then
    mkdir "$d/bin"
    for n in 1 2; do
        printf '#!/bin/sh\n[ "$1" != create ] || { echo >>%s;' "$d/bin/n" >"$d/bin/qemu-img"
        printf ' [ $(wc -l <%s) != %s ] || exit 1; }\n' "$d/bin/n" "$n" >>"$d/bin/qemu-img"
        printf 'exec /usr/bin/qemu-img "$@"\n' >>"$d/bin/qemu-img"
        chmod +x "$d/bin/qemu-img"
        PATH=$d/bin:$PATH
        : >"$d/bin/n"
        check "a new layer that cannot be made, $n" fails
        PATH=${PATH#"$d/bin:"}
    done
fi
qemu-io -f qcow2 -c 'write -P 1 1M 64k' "$(top_of b)" >/dev/null
live_virsh start b >/dev/null
live_virsh blockpull b vda --bytes --bandwidth 1 >/dev/null
check "a domain with a block job is left alone" vs_refused 32774 "block job" snapshot-apply pair s1
live_virsh blockjob b vda --abort
live_destroy b
touch -d '+1 hour' "$d/b.qcow2"
check "a frozen layer that was written to since" vs_refused 32802 "was written to after" \
    snapshot-apply pair s1
check "no such set" vs_refused 32779 "no snapshot 'none'" snapshot-apply pair none

# --- internal snapshots
export LIVE_BOOT=none
still i
vs -q collection-create-as inner --domain i
scribble "$d/i.qcow2" 2
then=$(content_of "$d/i.qcow2")
live_snapshot_internal i s1 >/dev/null
scribble "$d/i.qcow2" 4
now=$(content_of "$d/i.qcow2")
check "internal ones" vs_json snapshot-apply inner s1
is "$(content_of "$d/i.qcow2")" "$then" "by libvirt"
check "and forth again" vs_json snapshot-apply inner before-s1 --discard
is "$(content_of "$d/i.qcow2")" "$now" "what there was is kept"

done_testing
