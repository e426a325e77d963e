#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# A way back to a snapshot set that cannot keep the present state, because libvirt cannot write its
# snapshot down: nothing that a domain writes to is removed.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
. "$abs_top_srcdir/tests/live/sets-lib.sh"
live_requires
live_libvirtd_possible || skip_all "no namespaces here"

check "a libvirtd of our own" live_libvirtd_setup || bail_out "no libvirtd"
vs_setup
d=$LIVE_DIR
export LIVE_BOOT=none
qemu-img create -q -f qcow2 "$d/base.qcow2" 48M
still r o
vs -q collection-create-as pair --domain r --domain o
live_virsh start r
device=/machine/peripheral/virtio-disk0/virtio-backend

# write_running BYTE: writes to the running domain's disk through QEMU, because that domain boots no
# guest that could write.
write_running()
{
    live_virsh qemu-monitor-command r --hmp "qemu-io -d $device \"write -P $1 2M 64k\"" \
        >/dev/null && live_virsh qemu-monitor-command r --hmp "qemu-io -d $device flush" >/dev/null
}

# Prints everything that a way back may change: states, contents, definitions, snapshots and files.
state()
{
    local domain
    for domain in r o; do
        echo "$(live_virsh domstate $domain) $(content_of "$(top_of $domain)")"
        snapshots_of $domain
        top_of $domain
        persistent_top_of $domain
    done
    ls "$d" | grep -E 'qcow2|memory|s1'
}

as_before() { [ "$(state)" = "$before" ] || { diff <(echo "$before") <(state); return 1; }; }

# tidy: runs a command for the snapshots of these domains, because each of them first recovers from
# an interrupted one.
tidy() { vs_refused 32779 "nothing" snapshot-delete pair nothing; }

live_snapshot_external r s1 --memspec "$d/r.memory" --diskspec "vda,snapshot=external" >/dev/null
live_snapshot_external o s1 >/dev/null
write_running 9
scribble "$(top_of o)" 3
before=$(state)

# --- libvirt cannot write the snapshot down, when QEMU writes to the overlay already
# unwritten DOMAIN: what is to be its snapshot's file is a directory.
unwritten() { mkdir -p "$LIVE_ROOT/lib/qemu/snapshot/$1/before-s1.xml"; }
written() { rmdir "$LIVE_ROOT/lib/qemu/snapshot/$1/before-s1.xml"; }

unwritten r
check "a snapshot of a running domain that is not written down" \
    vs_refused 2 "'r': .*before-s1" snapshot-apply pair s1
check "the domain is where it was" as_before
check "and writes to a file that is there" eval 'write_running 9 && [ -e "$(top_of r)" ]'
written r

unwritten o
check "one of a domain that is shut off" vs_refused 2 "'o': .*before-s1" snapshot-apply pair s1
check "all are where they were, with the memory" as_before
written o

unwritten r
live_virsh suspend r
check "one of a domain that is paused" vs_refused 2 "'r' could not be put back .*virsh resume" \
    snapshot-apply pair s1
check "what it writes to is there" [ -e "$(top_of r)" ]
check "which another command does not merge" vs_refused 5 "virsh resume" \
    snapshot-delete pair nothing
live_virsh resume r
write_running 9
check "before it is resumed" tidy
check "then all is as it was, and what was written is there" as_before
written r

done_testing
