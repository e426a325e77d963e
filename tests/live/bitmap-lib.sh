# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Guests that only QEMU writes for, and nights of the collection "night" of them: $d has all, $x the
# exports, $s what is overwritten meanwhile.
. "$abs_top_srcdir/tests/live/lib.sh"
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
    live_virsh_all "$script" >"$d/hmp" 2>&1 && ! grep -i error "$d/hmp"
}

# some: a random part of a disk, in parts of 4 KiB.
some() { echo "$((RANDOM % 15000 * 4))k $((RANDOM % 60 * 4 + 4))k"; }
# paint OFFSET LENGTH: a byte that is not that of the last ones, nor of what the images begin with:
# what is written is something else than before.
paint()
{
    local byte=$RANDOM
    [ ! -e "$d/byte" ] || read -r byte <"$d/byte"
    byte=$((byte % 239 + 11))
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

# same_disk FILE FORMAT LAYER: of one size, and a guest sees the same. Other sizes are a warning.
same_disk()
{
    [ "$(qemu-img compare -U -f "$2" -F "$(live_format "$3")" "$1" "$3" 2>&1)" = \
        "Images are identical." ]
}

# disks_of EXPORT: "DOMAIN:TARGET FILE" for each disk that it has.
disks_of()
{
    awk -F '"' -v at="$1" '/^ *<domain name=/ { domain = $2 }
        /^ *<disk target=/ && match($0, / layer="[^"]*"/) {
            print domain ":" $2, at "/" substr($0, RSTART + 8, RLENGTH - 9) }' "$1/manifest.xml"
}

# as_source: each disk of the last export is what its running domain has, and none is missing.
# Nobody else writes to that, and a QEMU that is paused puts all it has into its images.
as_source()
{
    local one source layer domain status=0
    disks_of "$VS_EXPORT" | sort >"$d/disks"
    for domain in $(cut -d : -f 1 "$d/disks" | uniq); do
        live_virsh_all "suspend $domain; resume $domain; domblklist $domain" |
            awk -v domain="$domain" '/\// { print domain ":" $1, $2 }'
    done | sort >"$d/had"
    [ -s "$d/had" ] && [ -z "$(join -v 1 -v 2 "$d/had" "$d/disks")" ] ||
        live_die "other disks" || return 1
    while read -r one source layer; do
        same_disk "$source" "$(live_format "$source")" "$layer" ||
            { echo "differs: $one, $source, $layer"; status=1; }
    done < <(join "$d/had" "$d/disks")
    return $status
}

# as_full: each disk of the last export is what a full export of the same moment has.
as_full()
{
    local export=$VS_EXPORT one layer status=0
    local VS_OUT=$d/full.out VS_EXPORT
    local -A made
    rm -rf "$d/full"
    vs_export night full --live=crash --scratch "$s" --to "$d/full" || return 1
    while read -r one layer; do made[$one]=$layer; done < <(disks_of "$export")
    disks_of "$VS_EXPORT" >"$d/disks"
    [ "$(wc -l <"$d/disks")" = ${#made[@]} ] && [ -s "$d/disks" ] || live_die "other disks" ||
        return 1
    while read -r one layer; do
        same_disk "$layer" "$(live_format "$layer")" "${made[$one]}" ||
            { echo "differs: $one"; status=1; }
    done <"$d/disks"
    return $status
}
