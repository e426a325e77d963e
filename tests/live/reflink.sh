#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Images and exports on one file system that shares blocks: nothing is copied. One disk is large and
# consists of holes nearly everywhere. No guest has to run.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR/xfs
mkdir "$d"
truncate -s 450M "$LIVE_DIR/xfs.fs"
mkfs.xfs -q -m reflink=1 "$LIVE_DIR/xfs.fs"
if [ "$(id -u)" -ne 0 ] || ! mount -o loop "$LIVE_DIR/xfs.fs" "$d" 2>"$LIVE_DIR/why"; then
    skip "shared blocks" "no XFS can be mounted here: $(head -n 1 "$LIVE_DIR/why")"
    done_testing
    exit
fi
at_exit umount "$d"
x=$d/x
mkdir "$x"

# used: prints how many KiB of the file system are in use.
used()
{
    sync -f "$d"
    df --output=used "$d" | tail -n 1
}

live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/t.qcow2"
truncate -s 1T "$d/large.raw"
for at in 0 4095 65536 1048560; do
    dd if=/dev/urandom of="$d/large.raw" bs=1M count=16 seek=$at conv=notrunc status=none
done
# The export also has the kernel and initrd of the guest, which are cloned like the images.
LIVE_BOOT=$d
cp "$LIVE_CACHE/kernel" "$LIVE_CACHE/initrd" "$d"
live_define t --disk "$d/t.qcow2" --disk "$d/large.raw"
live_snapshot_external t snap1
before=$(used)

check "an export beside the images" vs_export --domain t snap1 --to "$x/shared"
# The export is not checked with fsverity, because that would hash every hole.
check "is as its manifest says" timeout 600 "$abs_top_builddir/virtsnap" verify "$VS_EXPORT"
check "shares their blocks" [ $(($(used) - before)) -lt 16384 ]
check "though its backing reference is its own" \
    vs_same_disk "$d/t.qcow2" qcow2 "$(vs_layer "$VS_EXPORT" t vda)"
check "1 TiB of holes holds what it held" \
    cmp -n 16777216 "$d/large.raw" "$(vs_layer "$VS_EXPORT" t vdb)"

echo '<exportsettings><digest>no</digest></exportsettings>' >"$LIVE_DIR/settings.xml"
check "without digests" \
    vs_export --domain t snap1 --to "$x/quick" --settings "$LIVE_DIR/settings.xml"
is "$(vs_field .copied)" "$(find "$VS_EXPORT" -name '*.xml' ! -name manifest.xml -printf '%s\n' |
    awk '{ sum += $1 } END { print sum }')" "not a byte of an image is read or written"
check "the blocks are shared" [ $(($(used) - before)) -lt 32768 ]

# --- from a base that is there: links, or shared blocks where a link cannot be made
base=$(vs_layer "$x/shared/t/snap1" t vdb)
check "an export with a base" vs_export --domain t snap1 --to "$x/linked" --base "$x/shared/t/snap1"
check "has its layers as hard links" [ "$(vs_layer "$VS_EXPORT" t vdb)" -ef "$base" ]
chattr +i "$x"/shared/t/snap1/layers/*
check "where nothing can be linked" \
    vs_export --domain t snap1 --to "$x/cloned" --base "$x/shared/t/snap1"
chattr -i "$x"/shared/t/snap1/layers/*
check_fails "they are files of their own" [ "$(vs_layer "$VS_EXPORT" t vdb)" -ef "$base" ]
check "that share their blocks" [ $(($(used) - before)) -lt 49152 ]
check "and are as the manifest says" timeout 600 "$abs_top_builddir/virtsnap" verify "$VS_EXPORT"

# --- to another file system: holes stay holes
check "an export elsewhere" vs_export --domain t snap1 --to "$LIVE_DIR/far"
check "is as its manifest says" timeout 600 "$abs_top_builddir/virtsnap" verify "$VS_EXPORT"
layer=$(vs_layer "$VS_EXPORT" t vdb)
is "$(stat -c %s "$layer")" "$((1 << 40))" "with a disk of 1 TiB"
check "that takes no more than its data" [ "$(du -m "$layer" | cut -f 1)" -le 70 ]
check "also when it is merged" vs_export --domain t snap1 --to "$LIVE_DIR/merged" --merge
check "it takes no more" [ "$(du -m "$(vs_layer "$VS_EXPORT" t vdb)" | cut -f 1)" -le 70 ]

done_testing
