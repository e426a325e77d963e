# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# The nights of running domains in the bench: "night" is ours and "other" that of
# virtnbdbackup, which refuses domains that have checkpoints of somebody else.
# Their disks are the same. Before each turn the same parts of a disk are
# written anew, so that everybody finds as much changed; the exports before the
# last one go, so that none is made on a chain that grows from round to round.

contender night writers-night libvirtd "limit of the disk: 16 direct writers, of 1 %"
contender night dd-read-night "dd libvirtd" "reading the disk once: dd iflag=direct"
contender night virtnbdbackup-night "virtnbdbackup libvirtd" "virtnbdbackup -l inc"
contender night virtsnap-night libvirtd "virtsnap export --live --base latest"
contender night virtsnap-night-content libvirtd "the same without a bitmap: all is compared"
contender night virtsnap-night-merge libvirtd "the same with --merge"
contender night virtsnap-night-xfs "mkfs.xfs libvirtd" "on XFS"
contender night virtsnap-night-xfs-merge "mkfs.xfs libvirtd" "on XFS, with --merge"
contender night virtsnap-night-full libvirtd "a first night, of the whole disk"

# --- the domains --------------------------------------------------------------

nights=$work/nights

# An XFS that shares blocks, for two exports and what differs between nights.
mount_nights()
{
    mkdir "$nights/xfs" && truncate -s $((4 * data + 2048))M "$nights/xfs.img" &&
        mkfs.xfs -q -m reflink=1 "$nights/xfs.img" &&
        mount -o loop "$nights/xfs.img" "$nights/xfs"
}

start_nights()
{
    local domain
    mkdir -p "$nights" && start_daemon && at_place daemon &&
        sample_image "$nights/night.qcow2" "$virtual" "$data" 4 &&
        cp --sparse=always "$nights/night.qcow2" "$nights/other.qcow2" || return 1
    for domain in night other; do
        LIVE_BOOT=none live_define $domain --disk "$nights/$domain.qcow2" &&
            LIVE_BOOT=none live_start $domain || return 1
    done
    if command -v mkfs.xfs >/dev/null; then mount_nights; fi
}

stop_nights()
{
    at_place daemon
    live_destroy night
    live_destroy other
    ! mountpoint -q "$nights/xfs" || umount "$nights/xfs"
    rm -rf "$nights"
}

# night_change DOMAIN: QEMU writes, as it would for a guest, 1 % of the data, in parts that lie all
# over the disk.
night_change()
{
    local parts=$((data * 1024 / 100 / piece)) byte=$((RANDOM % 250 + 1)) i script=
    for ((i = 0; i < parts; i++)); do
        script+="qemu-monitor-command $1 --hmp 'qemu-io -d "
        script+="/machine/peripheral/virtio-disk0/virtio-backend \"write -q -P $byte "
        script+="$((virtual * 1024 / parts * i))k ${piece}k\"'; "
    done
    virsh -q -c "$LIVE_URI" "$script" >"$LIVE_DIR/hmp" 2>&1 ||
        { tail -n 3 "$LIVE_DIR/hmp"; return 1; }
    ! grep -i error "$LIVE_DIR/hmp"
}

# --- those that take part -------------------------------------------------------

contend_writers_night()
{
    "$bench_tools/writers" 16 $(((data + 99) / 100)) "$target/written"
}

prepare_dd_read_night() { sample_cold "$nights/night.qcow2"; }
contend_dd_read_night()
{
    dd if="$nights/night.qcow2" of=/dev/null bs=16M iflag=direct status=none
    moved=$(sample_allocated "$nights/night.qcow2")
}

prepare_virtnbdbackup_night()
{
    running=other
    [ -e "$nights/vnb" ] || virtnbdbackup_of other full "$nights/vnb" || return 1
    night_change other
}
contend_virtnbdbackup_night()
{
    moved=$(night_bytes)
    virtnbdbackup_of other inc "$nights/vnb" &&
        find "$nights/vnb" -newer "$work/began" -exec sync {} +
}
end_virtnbdbackup_night() { running=night; }

night_bytes() { echo $((data * 1048576 / 100)); }

# night_of DIRECTORY [OPTION]...
night_of()
{
    "$bench_tools/measure" "$work/measured" "$bench_program" -c "$LIVE_URI" -q export \
        --domain night --live=crash --scratch "$work/scratch" --base latest --to "$1" \
        "n$((++nights_made))" "${@:2}"
}

# prepare_night DIRECTORY [OPTION]...
prepare_night()
{
    local last
    last=$(find "$1/night" -maxdepth 1 -name 'n[0-9]*' 2>/dev/null | sort -V | tail -n 1)
    if [ -z "$last" ]; then mkdir -p "$1" && night_of "$@" || return 1; else
        find "$1/night" -maxdepth 1 -name 'n[0-9]*' ! -name "${last##*/}" -exec rm -rf {} +
    fi
    night_change night && sync -f "$1"
}

contend_night() { night_of "$@" && moved=$(night_bytes); }

prepare_virtsnap_night() { prepare_night "$nights/ours"; }
contend_virtsnap_night() { contend_night "$nights/ours"; }

prepare_virtsnap_night_content()
{
    local point
    prepare_night "$nights/ours" &&
        for point in $(sed -n 's/.*<checkpoint name="\([^"]*\)".*/\1/p' \
            "$nights/ours/night/n$nights_made/manifest.xml"); do
            live_virsh checkpoint-delete night "$point"
        done
}
contend_virtsnap_night_content() { contend_night "$nights/ours"; }

prepare_virtsnap_night_merge() { prepare_night "$nights/merged" --merge; }
contend_virtsnap_night_merge() { contend_night "$nights/merged" --merge; }

prepare_virtsnap_night_xfs() { prepare_night "$nights/xfs/ours"; }
contend_virtsnap_night_xfs() { contend_night "$nights/xfs/ours"; }

prepare_virtsnap_night_xfs_merge() { prepare_night "$nights/xfs/merged" --merge; }
contend_virtsnap_night_xfs_merge() { contend_night "$nights/xfs/merged" --merge; }

contend_virtsnap_night_full()
{
    "$bench_tools/measure" "$work/measured" "$bench_program" -c "$LIVE_URI" -q export \
        --domain night --live=crash --scratch "$work/scratch" --to "$target" full
}
