#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Exports to directories of an NFS server, which makes another user of root or does not; imports
# from there and into it, and images that lie there. tests/live/foreign.sh has other file systems.
. "$abs_top_srcdir/tests/machine/lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
requires mount.nfs rpc.nfsd exportfs

check "a libvirtd" machine_host || bail_out "no libvirtd"
vs_setup
export LIVE_BOOT=none
d=$LIVE_DIR
ACCESS_DENIED=32769
user=libvirt-qemu

# served NAME OPTION: a directory of a server, and where it is mounted here.
served()
{
    mkdir "$d/$1" && machine_nfs "$1" "$2" && mount -t nfs "127.0.0.1:/$1" "$d/$1" &&
        at_exit umount "$d/$1"
}
check "a server that makes another user of root" served squash root_squash ||
    bail_out "no NFS"
check "and one that does not" served same no_root_squash || bail_out "no NFS"

live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/t.qcow2"
qemu-io -f qcow2 -c 'write -q -P 5 0 3M' "$d/t.qcow2"
live_define t --disk "$d/t.qcow2"
live_snapshot_external t snap1 --diskspec "vda,snapshot=external,file=$d/t.now.qcow2"
trusted "" --domain t

owners() { find "$1" -printf '%U:%G\n' | sort -u | xargs; }
left() { [ -z "$(ls -A "$1")" ] || live_die "left: $(ls -AR "$1")"; }
# interrupted TARGET: an export is killed, and gone on with.
interrupted()
{
    "$abs_top_builddir/virtsnap" export --domain t snap1 --to "$1" --bandwidth 64K \
        >"$VS_OUT" 2>"$VS_ERR" &
    local pid=$!
    live_wait "the export has begun" grep -q '^begin' "$1/t/.snap1.partial/journal"
    kill -9 $pid
    wait $pid 2>/dev/null
    vs_export --domain t snap1 --to "$1" --resume
}

for at in squash same; do
    x=$d/$at
    check "export ($at)" vs_export --domain t snap1 --to "$x/x"
    is "$(vs_field '.warnings | length')" 0 "nothing is to be warned of"
    check "it is sound" vs verify "$VS_EXPORT"
    check "a guest sees the same" vs_same_disk "$d/t.qcow2" qcow2 "$(vs_layer "$VS_EXPORT" t vda)"
    check "merged and compressed" vs_export --domain t snap1 --to "$x/m" --merge --compress zstd
    check "is sound, too" vs verify "$VS_EXPORT"
    check "one that was killed is gone on with" interrupted "$x/r"
    check "and is sound" vs verify "$VS_EXPORT"
    check "to where there is one" vs_refused 32800 "snap1' exists" \
        export --domain t snap1 --to "$x/x"
done
nobody=$(id -u nobody)
is "$(owners "$d/served/squash/x")" "$nobody:$(id -g nobody)" "files of the first are nobody's"
is "$(owners "$d/served/same/x")" "0:0" "those of the second root's"

# --- what is refused
mkdir -m 755 "$d/served/squash/closed"
check "a directory in which only the server's root may write" vs_refused $ACCESS_DENIED \
    "'$d/squash/closed.*root_squash" export --domain t snap1 --to "$d/squash/closed"
check "has nothing left in it" left "$d/served/squash/closed"

# --- and back
lose t
for at in squash same; do
    mkdir -p "$d/back.$at" && chmod 711 "$d/back.$at"
    check "import from there ($at)" vs_import "$d/$at/x/t/snap1" --to "$d/back.$at"
    check "its images are sound" images_sound "$d/back.$at"
    check "and its domain starts" live_virsh start t --paused
    live_destroy t
    lose t
    vs -q collection-undefine t 2>/dev/null
done
mkdir "$d/served/same/new" && chmod 711 "$d/served/same/new"
check "import into a directory of the second" vs_import "$d/same/x/t/snap1" --to "$d/same/new"
is "$(find "$d/served/same/new" -type f -printf '%u\n' | sort -u)" "$user" "gives files to QEMU"
check "whose domain starts" live_virsh start t --paused
live_destroy t
lose t
rm -r "$d"/served/same/new/*
mkdir "$d/served/squash/new" && chmod 777 "$d/served/squash/new"
check "the first lets nobody give them away" vs_refused $ACCESS_DENIED "root_squash" \
    import "$d/same/x/t/snap1" --to "$d/squash/new" "${TRUST[@]}"
check "and nothing is left there" left "$d/served/squash/new"

# --- images that root may not read
live_overlay "$d/base.qcow2" "$d/served/squash/v.qcow2"
chown "$user:" "$d/served/squash/v.qcow2"
chmod 600 "$d/served/squash/v.qcow2"
printf '%s\n' "<domain type='qemu'><name>v</name><memory>65536</memory>" \
    "<os><type arch='x86_64'>hvm</type></os><devices><disk type='file' device='disk'>" \
    "<driver name='qemu' type='qcow2'/><source file='$d/squash/v.qcow2'/>" \
    "<target dev='vda'/></disk></devices></domain>" >"$d/v.xml"
live_virsh define "$d/v.xml"
printf '%s\n' "<domainsnapshot><name>s</name><disks><disk name='vda' snapshot='external'>" \
    "<source file='$d/v.now.qcow2'/></disk></disks></domainsnapshot>" >"$d/v.snap"
qemu-img create -q -f qcow2 -u -F qcow2 -b "$d/squash/v.qcow2" "$d/v.now.qcow2" 64M
live_virsh snapshot-create v "$d/v.snap" --disk-only --reuse-external
check "an image that the server shows to QEMU's user only" vs_refused $ACCESS_DENIED \
    "'$d/squash/v.qcow2'.*root_squash" export --domain v s --to "$d/x"

done_testing
