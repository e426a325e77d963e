# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Guests that only QEMU writes for, and nights of the collection "night" of them: $d has all, $x the
# exports, $s what is overwritten meanwhile.
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/libvirtd.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires
requires jq fsverity

# No guest boots. What their images begin with are bytes below 11, which paint does not use.
begin_nights()
{
    live_libvirtd_possible || skip_all "no namespaces for a libvirtd of our own"
    check "a libvirtd of our own" live_libvirtd_setup || bail_out "no libvirtd"
    vs_setup
    d=$LIVE_DIR
    x=$d/x
    s=$d/s
    mkdir "$x" "$s"
    export LIVE_BOOT=none
}

# guest DOMAIN DISK COMMAND...: QEMU does all that to the disk (0, 1, …), as for a guest.
guest()
{
    local domain=$1 id=$2 word script=
    shift 2
    for word in "$@"; do
        script+="qemu-monitor-command $domain --hmp "
        script+="'qemu-io -d /machine/peripheral/virtio-disk$id/virtio-backend \"$word\"'; "
    done
    command virsh -q -c "$LIVE_URI" "$script" >"$d/hmp" 2>&1 && ! grep -i error "$d/hmp"
}

# some: a random part of a disk, in parts of 4 KiB.
some() { echo "$((RANDOM % 15000 * 4))k $((RANDOM % 60 * 4 + 4))k"; }
# paint OFFSET LENGTH: a byte that is not that of the last ones, nor of what the images begin with:
# what is written is something else than before.
paint()
{
    local byte
    byte=$(($(cat "$d/byte" 2>/dev/null || echo $RANDOM) % 239 + 11))
    echo $byte >"$d/byte"
    echo "write -q -P $byte $*"
}
checkpoints() { live_virsh checkpoint-list "$1" --name | sed '/^$/d' | sort | paste -sd' '; }
night() { vs_export night --live=crash --scratch "$s" --to "$x" "$@"; }
warnings() { vs_field '.warnings[]'; }

# layer_bytes DOMAIN TARGET: of the file that the last export made of the disk.
layer_bytes() { stat -c %s "$(vs_layer "$VS_EXPORT" "$@")"; }
# read_by DOMAIN: bytes that its QEMU has read.
qemu_of()
{
    live_processes | while read -r one; do
        grep -aqs -- "guest=$1," "/proc/$one/cmdline" && echo "$one"
    done | head -n 1
}
read_by() { awk '/^rchar/ { print $2 }' "/proc/$(qemu_of "$1")/io"; }

# same_disk LAYER LAYER: of one size, and a guest sees the same.
same_disk() { [ "$(size_of "$1")" = "$(size_of "$2")" ] && qemu-img compare -q "$1" "$2"; }
size_of() { qemu-img info --output=json "$1" | jq '."virtual-size"'; }

# as_full: each disk of the last export is what a full export of the same moment has.
as_full()
{
    local export=$VS_EXPORT full target status=0
    cp "$VS_OUT" "$d/last.out"
    rm -rf "$d/full"
    vs_export night full --live=crash --scratch "$s" --to "$d/full" || return 1
    full=$VS_EXPORT VS_EXPORT=$export
    cp "$d/last.out" "$VS_OUT"
    for target in $(vs export-info "$full" --json | jq -r '
        .domains[] | .name as $d | .snapshots[0].disks[] | select(.layer) | $d + ":" + .target')
    do
        same_disk "$(vs_layer "$full" "${target%:*}" "${target#*:}")" \
            "$(vs_layer "$export" "${target%:*}" "${target#*:}")" ||
            { echo "differs: $target"; status=1; }
    done
    return $status
}
