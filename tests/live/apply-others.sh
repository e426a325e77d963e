#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# A way back to a snapshot set that cannot keep the present state, because libvirt cannot write its
# snapshot down, or because somebody else has made one of the same name meanwhile: nothing that a
# domain writes to is removed, and nothing that is somebody else's.
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

# --- somebody else
can_inject || { skip "what others make meanwhile is theirs" "nothing can be injected here"
    done_testing
    exit; }
# stopped: a way back that has stopped itself when it is planned and its record is written.
stopped()
{
    : >"$d/trace"
    { "$abs_top_builddir/tests/inject" -o "$d/trace" fsync:signal=STOP:when=2 \
        "$abs_top_builddir/virtsnap" --json snapshot-apply pair s1 >"$VS_OUT" 2>"$VS_ERR"; } \
        2>/dev/null &
    tracer=$!
    live_wait "it has stopped" [ -s "$d/trace" ] && pid=$(head -n 1 "$d/trace") &&
        grep -qs before-s1 "$VIRTSNAP_STATE_DIR"/sets/*
}
goes_on() { kill -CONT "$pid" && ! wait "$tracer"; }

# theirs FILE: takes a snapshot of the running domain with the name that the set is to have, which
# has it write to FILE.
theirs()
{
    live_virsh snapshot-create-as r before-s1 --disk-only --atomic --diskspec "vda,file=$1" \
        >/dev/null && write_running 12 && state=$(state)
}

# kept: it is still all theirs.
kept() { [ "$(state)" = "$state" ] || { diff <(echo "$state") <(state); return 1; }; }

# gone: their snapshot is merged back.
gone()
{
    local top
    top=$(top_of r)
    live_virsh blockcommit r vda --active --pivot --shallow >/dev/null &&
        live_virsh snapshot-delete r before-s1 --metadata >/dev/null && rm "$top" &&
        write_running 9 && as_before
}

for file in mine.qcow2 r-vda.before-s1.qcow2; do
    check "a way back that is planned" stopped
    check "somebody else makes such a snapshot, on $file" theirs "$d/$file"
    check "it ends" goes_on
    check "and leaves that alone" kept
    like "$(cat "$VS_OUT" "$VS_ERR")" "'r'.*$([ "$file" = mine.qcow2 ] && echo before-s1 ||
        echo "'$d/$file' was made by somebody else")" "and says so"
    check "(it goes)" gone
done

check "a way back that is planned" stopped
check "somebody else makes such a snapshot" theirs "$d/mine.qcow2"
kill -KILL "$pid"
check "it is killed" eval '! wait "$tracer"'
check "another command comes" tidy
check "and leaves the snapshot alone" kept
like "$(cat "$VS_ERR")" "'before-s1' of the domain 'r' was made by somebody else" "and says so"
check "(it goes)" gone

done_testing
