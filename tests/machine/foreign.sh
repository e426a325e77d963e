#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Exports to exFAT, which keeps no permissions and does not tell all names apart.
# tests/live/foreign.sh has what needs no kernel's help, nfs.sh has NFS.
. "$abs_top_srcdir/tests/machine/lib.sh"
requires mkfs.exfat

check "a libvirtd" machine_host || bail_out "no libvirtd"
vs_setup
export LIVE_BOOT=none
d=$LIVE_DIR

mkfs.exfat /dev/vdb >/dev/null && mkdir "$d/exfat" && mount -t exfat /dev/vdb "$d/exfat" ||
    bail_out "no exFAT"
at_exit umount "$d/exfat"

live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/t.qcow2"
qemu-io -f qcow2 -c 'write -q -P 5 0 3M' "$d/t.qcow2"
live_define t --disk "$d/t.qcow2"
live_snapshot_external t snap1 --diskspec "vda,snapshot=external,file=$d/t.now.qcow2"
for name in VM vm; do
    live_overlay "$d/base.qcow2" "$d/n-$name.qcow2"
    live_define "$name" --disk "$d/n-$name.qcow2"
    live_snapshot_external "$name" snap1 --diskspec "vda,snapshot=external,file=$d/$name.now"
done
vs -q collection-create-as capitals --domain VM --domain vm

warned_once() { [ "$(grep -o 'keeps no permissions' "$1/manifest.xml" | wc -l)" = 1 ] ||
    live_die "$(cat "$VS_OUT"; ls -la "$1")"; }
left() { [ -z "$(ls -A "$1")" ] || live_die "left: $(ls -AR "$1")"; }
# interrupted TARGET: an export is killed, and gone on with.
interrupted()
{
    "$abs_top_builddir/virtsnap" export --domain t snap1 --to "$1" --bandwidth 64K \
        >"$VS_OUT" 2>"$VS_ERR" &
    local pid=$! journal=$1/t/.snap1.partial/journal
    live_wait "the export has begun, or has failed" eval \
        'grep -qs ^begin "$journal" || ! kill -0 $pid'
    kill -9 $pid
    wait $pid 2>/dev/null
    vs_export --domain t snap1 --to "$1" --resume
}

is "$(stat -f -c %T "$d/exfat")" exfat "that is exFAT"
x=$d/exfat/x
mkdir "$x"
check "export" vs_export --domain t snap1 --to "$x"
check "it is sound" vs verify "$VS_EXPORT"
check "a guest sees the same" vs_same_disk "$d/t.qcow2" qcow2 "$(vs_layer "$VS_EXPORT" t vda)"
check "it says what is not kept, once" warned_once "$VS_EXPORT"
check "merged and compressed" vs_export --domain t snap1 --to "$x/m" --merge --compress zstd
check "is sound, too" vs verify "$VS_EXPORT"
check "one that was killed is gone on with" interrupted "$x/r"
check "and is sound" vs verify "$VS_EXPORT"
check "to where there is one" vs_refused 32800 "snap1' exists" export --domain t snap1 --to "$x"
rm -r "${x:?}"/*
check "names that differ in case" vs_refused 4 "cannot tell the name 'domains/vm'" \
    export capitals snap1 --to "$x"
check "leave nothing" left "$x"

done_testing
