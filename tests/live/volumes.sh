#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Disks that are volumes of storage pools, which libvirt resolves. The embedded driver has no
# storage of its own, so this is with a libvirtd.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires
live_libvirtd_possible || skip_all "no namespaces for a libvirtd of our own"
requires /usr/lib/*/libvirt/connection-driver/libvirt_driver_storage.so mkfs.ext4 losetup

check "a libvirtd of our own" live_libvirtd_setup || bail_out "no libvirtd"
vs_setup
LIVE_BOOT=none
d=$LIVE_DIR
x=$d/x
mkdir "$x" "$d/pool" "$d/mnt"
NOT_SUPPORTED=1 INVALID_STATE=5 NOT_AVAILABLE=32777 NOT_FOUND=32779

# pool NAME TYPE OPTION...: defines and starts a storage pool.
pool()
{
    live_virsh pool-define-as --name "$1" --type "$2" "${@:3}" && live_virsh pool-start "$1"
}

# with_volume DOMAIN FILE POOL: defines a domain whose disk is that file, named as a volume of the
# pool.
with_volume()
{
    live_domain_xml "$1" --disk "$2" | sed "s#<disk type=\"[a-z]*\"#<disk type=\"volume\"#
        s#<source [a-z]*=\"$2\"#<source pool=\"$3\" volume=\"${2##*/}\"#
        s#^<memory#<uuid>$(</proc/sys/kernel/random/uuid)</uuid>&#" >"$d/$1.xml"
    live_virsh define --file "$d/$1.xml"
}

frozen() { live_snapshot_external "$1" snap1 --diskspec "vda,snapshot=external,file=$d/$1.now"; }

# --- a pool that is a directory
qemu-img create -q -f raw "$d/pool/base.raw" 8M
qemu-io -f raw -c 'write -q -P 1 0 1M' "$d/pool/base.raw"
qemu-img create -q -f qcow2 -F raw -b "$d/pool/base.raw" "$d/pool/a.qcow2"
qemu-io -c 'write -q -P 2 1M 300k' "$d/pool/a.qcow2"
check "a pool that is a directory" pool files dir --target "$d/pool" || bail_out "no pools"
check "a domain on its volumes" eval 'with_volume a "$d/pool/a.qcow2" files && live_start a'
check "and another one" with_volume b "$d/pool/base.raw" files
check "snapshot of the running one" frozen a
check "and of the other" frozen b
like "$(live_virsh snapshot-dumpxml --domain b --snapshotname snap1)" \
    "<source pool='files' volume='base.raw'" "which is in terms of pools"
check "the plan as JSON" eval 'vs export --domain a --domain b snap1 --to "$x" --dry-run --json \
    >"$VS_OUT"'
is "$(vs_field '[.layers[].source] | sort | join(" ")')" "$d/pool/a.qcow2 $d/pool/base.raw" \
    "it has the files"
check "export" vs_export --domain a --domain b snap1 --to "$x"
check "is sound" vs_sound "$VS_EXPORT"
check "a guest sees the same" vs_same_disk "$d/pool/a.qcow2" qcow2 "$(vs_layer "$VS_EXPORT" a vda)"
check "byte for byte" cmp "$d/pool/base.raw" "$(vs_layer "$VS_EXPORT" b vda)"
is "$(vs_field .layers)" 2 "and what is shared, as a volume and as a file, is there once"
check "merged" vs_export --domain a --domain b snap1 --to "$x/merged" --merge
check "too" vs_same_disk "$d/pool/a.qcow2" qcow2 "$(vs_layer "$VS_EXPORT" a vda)"
live_virsh define --file "$d/b.xml"
check "a volume that is the present image again is not frozen" \
    vs_refused $INVALID_STATE 'present image again' export --domain b snap1 --to "$x/again"

# --- what libvirt cannot give
mv "$d/pool/a.qcow2" "$d/a.away"
live_virsh pool-refresh files
check "a volume that is gone" vs_refused $NOT_FOUND \
    "'files' has no volume 'a.qcow2'.*virsh pool-refresh 'files'" \
    export --domain a snap1 --to "$x/gone"
mv "$d/a.away" "$d/pool/a.qcow2"
live_virsh pool-refresh files
check "is found again" vs_export --domain a snap1 --to "$x/gone"
live_virsh pool-destroy files
check "a pool that is not active" vs_refused $INVALID_STATE "virsh pool-start 'files'" \
    export --domain a snap1 --to "$x/inactive"
check "which does not matter for what is left out" vs_export --domain a snap1 --to "$x/inactive" \
    --exclude a:vda
live_virsh pool-undefine files
check "a pool that is gone" vs_refused $NOT_FOUND "storage pool 'files' of the volume 'a.qcow2'" \
    export --domain a snap1 --to "$x/undefined"
live_virsh pool-define-as --name files --type iscsi --source-host localhost \
    --source-dev iqn.2026-01.org.virtsnap:none --target /dev/disk/by-path
check "a pool of another type" vs_refused $NOT_SUPPORTED "of the type 'iscsi'.*--exclude" \
    export --domain a snap1 --to "$x/iscsi"
live_destroy a

# --- a pool that libvirt mounts
truncate -s 32M "$d/fs.img"
mkfs.ext4 -q "$d/fs.img"
fs=$(losetup -f --show "$d/fs.img") && at_exit losetup -d "$fs"
check "a pool that is a file system" pool mounted fs --source-dev "$fs" --target "$d/mnt" \
    --source-format ext4
live_inside qemu-img create -q -f qcow2 "$d/mnt/m.qcow2" 8M
live_inside qemu-io -c 'write -q -P 3 0 2M' "$d/mnt/m.qcow2"
live_virsh pool-refresh mounted
# Another file of that name is where the pool would be mounted.
qemu-img create -q -f qcow2 "$d/mnt/m.qcow2" 8M
check "a domain on its volume" with_volume m "$d/mnt/m.qcow2" mounted
check "snapshot" frozen m
check "what the pool has is not what is seen from elsewhere" \
    vs_refused $NOT_AVAILABLE 'run virtsnap in there' export --domain m snap1 --to "$x/fs"
inside()
{
    live_inside "$abs_top_builddir/virtsnap" --json export --domain m snap1 --to "$x/fs" \
        >"$VS_OUT" && VS_EXPORT=$(vs_field .export)
}
check "in there it is exported" inside
check "soundly" vs_sound "$VS_EXPORT"
check "and the same" live_inside qemu-img compare -U -f qcow2 -F qcow2 "$d/mnt/m.qcow2" \
    "$(vs_layer "$VS_EXPORT" m vda)"

# --- volumes that are block devices
if command -v parted >/dev/null; then
    truncate -s 64M "$d/disk.img"
    disk=$(losetup -f --show -P "$d/disk.img") && at_exit losetup -d "$disk"
    parted -s "$disk" mklabel gpt mkpart one 1MiB 33MiB
    check "a pool that is a disk" pool parts disk --source-dev "$disk" --target /dev \
        --source-format gpt
    part=${disk}p1
    qemu-io -f raw -c 'write -q -P 4 0 5M' "$part"
    check "a domain on a partition" with_volume p "$part" parts
    check "snapshot" frozen p
    check "export" vs_export --domain p snap1 --to "$x"
    check "is sound" vs_sound "$VS_EXPORT"
    check "and the same" cmp "$part" "$(vs_layer "$VS_EXPORT" p vda)"
else
    skip "a pool that is a disk" "parted is missing"
fi
if command -v vgcreate >/dev/null && dmsetup version >/dev/null 2>&1; then
    truncate -s 64M "$d/pv.img"
    pv=$(losetup -f --show "$d/pv.img") && at_exit losetup -d "$pv"
    vgcreate -q "virtsnap$$" "$pv" && at_exit vgremove -fq "virtsnap$$"
    lvcreate -qq -L 16M -n v "virtsnap$$"
    check "a pool that is a volume group" pool group logical --source-name "virtsnap$$" \
        --target "/dev/virtsnap$$"
    qemu-io -f raw -c 'write -q -P 4 0 5M' "/dev/virtsnap$$/v"
    check "a domain on a logical volume" with_volume l "/dev/virtsnap$$/v" group
    check "snapshot" frozen l
    check "export" vs_export --domain l snap1 --to "$x"
    check "is sound" vs_sound "$VS_EXPORT"
    check "and the same" cmp "/dev/virtsnap$$/v" "$(vs_layer "$VS_EXPORT" l vda)"
else
    skip "a pool that is a volume group" "no LVM, or this kernel has no device mapper"
fi
skip "a pool on an NFS server" "no server here: see tests/machine/pool-nfs.sh"

done_testing
