#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Disks that are volumes of a pool that is a directory of an NFS server.
. "$abs_top_srcdir/tests/machine/lib.sh"
requires mount.nfs rpc.nfsd exportfs

check "a libvirtd" machine_host || bail_out "no libvirtd"
vs_setup
. "$abs_top_srcdir/tests/machine/pool-lib.sh"
mkdir "$d/net"

check "an NFS server" machine_nfs pool no_root_squash || bail_out "no server"
check "a pool that is its directory" machine_pool net netfs --source-host 127.0.0.1 \
    --source-path /pool --target "$d/net"
is "$(stat -f -c %T "$d/net")" nfs "which is mounted"
qemu-img create -q -f raw "$d/net/base.raw" 8M
qemu-io -f raw -c 'write -q -P 1 0 1M' "$d/net/base.raw"
qemu-img create -q -f qcow2 -F raw -b "$d/net/base.raw" "$d/net/n.qcow2"
qemu-io -c 'write -q -P 2 1M 300k' "$d/net/n.qcow2"
live_virsh pool-refresh net
shown nfs net n.qcow2 "$d/net/n.qcow2" qcow2
shown nfs2 net base.raw "$d/net/base.raw" raw
away nfs net
gone nfs net n.qcow2
check "the server is asked no more" live_virsh pool-destroy net

done_testing
