# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# Disks that are volumes of storage pools, for tests/machine. Programs take their time there: an
# export is verified, and its bytes are compared, and that is all.
LIVE_BOOT=none
d=$LIVE_DIR
x=$d/x
mkdir "$x"
INVALID_STATE=5 NOT_FOUND=32779

# with_volume DOMAIN POOL VOLUME FORMAT: a domain that is shut off, whose disk is that volume.
with_volume()
{
    printf '%s\n' "<domain type='$(live_accel)'><name>$1</name><memory unit='MiB'>64</memory>" \
        "<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>" \
        "<disk type='volume' device='disk'><driver name='qemu' type='$4'/>" \
        "<source pool='$2' volume='$3'/><target dev='vda' bus='virtio'/></disk>" \
        "<memballoon model='none'/></devices></domain>" >"$d/$1.xml"
    live_virsh define --file "$d/$1.xml"
}

frozen() { live_snapshot_external "$1" snap1 --diskspec "vda,snapshot=external,file=$d/$1.now"; }

# shown DOMAIN POOL VOLUME PATH FORMAT: all that is to be shown of one.
shown()
{
    local domain=$1 pool=$2 volume=$3 path=$4 format=$5
    check "a domain on '$volume' of '$pool'" with_volume "$domain" "$pool" "$volume" "$format"
    check "snapshot" frozen "$domain"
    like "$(live_virsh snapshot-dumpxml "$domain" snap1)" \
        "<source pool='$pool' volume='$volume'" "which is in terms of pools"
    check "export" vs_export --domain "$domain" snap1 --to "$x"
    check "is sound" vs verify "$VS_EXPORT"
    check "a guest sees the same" vs_same_disk "$path" "$format" \
        "$(vs_layer "$VS_EXPORT" "$domain" vda)"
    [ "$format" != raw ] ||
        check "byte for byte" cmp "$path" "$(vs_layer "$VS_EXPORT" "$domain" vda)"
}

# away DOMAIN POOL: the pool is not active, and then it is again.
away()
{
    check "the pool '$2' is stopped" live_virsh pool-destroy "$2"
    check "that is told" vs_refused $INVALID_STATE "virsh pool-start '$2'" \
        export --domain "$1" snap1 --to "$x/inactive"
    check "it is started" live_virsh pool-start "$2"
    check "and its volumes are there" vs_export --domain "$1" snap1 --to "$x/again"
}

# gone DOMAIN POOL VOLUME
gone()
{
    check "'$3' of '$2' is removed" live_virsh vol-delete "$3" --pool "$2"
    check "that is told" vs_refused $NOT_FOUND \
        "'$2' has no volume '$3'.*virsh pool-refresh '$2'" \
        export --domain "$1" snap1 --to "$x/gone"
}
