#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Disks that are volumes of pools that need the kernel's help: a volume group, and a disk with
# partitions. tests/live/volumes.sh has others, pool-nfs.sh a directory of an NFS server.
. "$abs_top_srcdir/tests/machine/lib.sh"
requires vgcreate parted

check "a libvirtd" machine_host || bail_out "no libvirtd"
vs_setup
. "$abs_top_srcdir/tests/machine/pool-lib.sh"

# --- a volume group
machine_group group /dev/vdb || bail_out "no volume group"
check "a pool that is a volume group" machine_pool vg logical --source-name group \
    --target /dev/group || bail_out "no pool"
check "libvirt makes a volume" live_virsh vol-create-as vg plain 16M
qemu-io -f raw -c 'write -q -P 4 0 5M' -c 'write -q -P 5 15M 1M' /dev/group/plain
shown lvm vg plain /dev/group/plain raw
check "another one" live_virsh vol-create-as vg layered 16M
qemu-img create -q -f qcow2 /dev/group/layered 12M
qemu-io -f qcow2 -c 'write -q -P 6 3M 2M' /dev/group/layered
shown lvm2 vg layered /dev/group/layered qcow2
away lvm vg
gone lvm2 vg layered

# --- a disk
parted -s /dev/vdc mklabel gpt || bail_out "no disk"
check "a pool that is a disk" machine_pool parts disk --source-dev /dev/vdc --target /dev \
    --source-format gpt
check "libvirt makes a partition" live_virsh vol-create-as parts vdc1 32M
qemu-io -f raw -c 'write -q -P 7 0 3M' -c 'write -q -P 8 9M 1M' /dev/vdc1
shown part parts vdc1 /dev/vdc1 raw
away part parts
gone part parts vdc1

# --- and a domain that runs on one
check "another domain on a logical volume" with_volume runs vg plain raw
check "runs" live_virsh start runs --paused
check "its snapshot" live_snapshot_external runs snap1 \
    --diskspec "vda,snapshot=external,file=/var/lib/libvirt/images/runs.now"
check "export" vs_export --domain runs snap1 --to "$x"
check "is sound" vs verify "$VS_EXPORT"
check "byte for byte" cmp /dev/group/plain "$(vs_layer "$VS_EXPORT" runs vda)"
live_destroy runs

done_testing
