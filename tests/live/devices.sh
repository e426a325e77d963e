#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Block devices, raw and qcow2, as a disk, as its base and as its overlay, with sectors of 512 and
# of 4096 bytes; and what happens to devices while they are read.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires
requires losetup mknod blockdev
[ "$(id -u)" -eq 0 ] && losetup -f >/dev/null 2>&1 || skip_all "no loop devices here"

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"
MIB=$((1 << 20))
IN_USE=32774 CORRUPT=32802

# loop VARIABLE FILE [OPTION]...: makes a loop device over FILE and sets VARIABLE to its path.
loop()
{
    local -n device=$1
    device=$(losetup -f --show "${@:3}" "$2") && at_exit losetup -d "$device"
}

# frozen DOMAIN SNAPSHOT DISK=OVERLAY...: makes an external snapshot with these overlays.
frozen()
{
    local one specs=()
    for one in "${@:3}"; do
        specs+=(--diskspec "${one%%=*},snapshot=external,file=${one#*=}")
    done
    live_snapshot_external "$1" "$2" "${specs[@]}"
}

# told DEVICE: prints the number of warnings which say that the device has no mtime of its own.
told() { vs_field '.warnings[]' | grep -c "block device '$1'.*cannot be told"; }

# --- raw devices of a running guest, with sectors of both sizes
live_disk "$d/guest.raw"
truncate -s 65M "$d/guest.raw"
check "a device with sectors of 512 bytes" loop raw "$d/guest.raw" -b 512 || bail_out "no loop"
truncate -s 96M "$d/wide.raw"
check "and one of 4096" loop wide "$d/wide.raw" -b 4096
is "$(blockdev --getss "$wide")" 4096 "which are as wide"
qemu-io -f raw -c 'write -q -P 7 1M 68k' -c 'write -q -P 8 64M 4k' -c 'write -q -P 9 98300k 4k' \
    "$d/wide.raw"
live_define a --disk "$raw" --disk "$wide"
check "the guest boots from a device" live_boot a || bail_out "no guest"
live_wait_counter a +3
check "external snapshot of devices" frozen a snap1 "vda=$d/a.qcow2" "vdb=$d/a2.qcow2"
live_wait_counter a +3
want=$(live_counter_of "$raw")
sum=$(cat "$raw" "$wide" | sha256sum)

check "the plan as JSON" eval 'vs export --domain a snap1 --to "$x" --dry-run --json >"$VS_OUT"'
is "$(vs_field '[.layers[] | [.source, .format, .bytes] | join(" ")] | sort | join("\n")')" \
    "$(printf '%s raw %s\n' "$raw" $((65 * MIB)) "$wide" $((96 * MIB)) | sort)" \
    "it has the devices"
check "export with the chain preserved" vs_export --domain a snap1 --to "$x"
is "$(told "$raw") $(told "$wide")" "1 1" "it says that a device has no time of its own"
check "the export is sound" vs_sound "$VS_EXPORT"
layer=$(vs_layer "$VS_EXPORT" a vda)
is "$(stat -c %s "$layer")" $((65 * MIB)) "a file as large as the device"
check "with the bytes that the guest saw" cmp "$raw" "$layer"
is "$(live_counter_of "$layer")" "$want" "the guest's counter"
check "which are of one instant" live_consistent "$layer"
layer=$(vs_layer "$VS_EXPORT" a vdb)
check "the same for wide sectors" cmp "$wide" "$layer"
[ $(($(stat -c %b "$layer") * 512)) -le $((256 << 10)) ]
is $? 0 "of which runs of zeros are not stored"
is "$(cat "$raw" "$wide" | sha256sum)" "$sum" "the devices are as they were"
check "the guest runs on" live_wait_counter a +3

check "merged" vs_export --domain a snap1 --to "$x/merged" --merge
check "the merged export is sound" vs_sound "$VS_EXPORT"
check "a guest sees the same" vs_same_disk "$raw" raw "$(vs_layer "$VS_EXPORT" a vda)"
check "on both" vs_same_disk "$wide" raw "$(vs_layer "$VS_EXPORT" a vdb)"
check "merged and compressed" vs_export --domain a snap1 --to "$x/packed" --merge --compress zstd
check "is sound" vs_sound "$VS_EXPORT"
check "and the same" vs_same_disk "$wide" raw "$(vs_layer "$VS_EXPORT" a vdb)"
is "$(qemu-img map --output=json "$(vs_layer "$VS_EXPORT" a vdb)" |
    jq '[.[] | select(.data) | .length] | add <= 262144')" true "zeros take nothing there either"

# --- a second snapshot: the overlay's header leads to the device
check "a second snapshot" frozen a snap2 "vda=$d/a3.qcow2" "vdb=$d/a4.qcow2"
check "is exported" vs_export --domain a snap2 --to "$x"
check "soundly" vs_sound "$VS_EXPORT"
is "$(vs_field .layers)" 4 "with the devices below its overlays"
check "a guest sees the same" vs_same_disk "$d/a.qcow2" qcow2 "$(vs_layer "$VS_EXPORT" a vda)"
check "merged" vs_export --domain a snap2 --to "$x/merged" --merge
check "too" vs_same_disk "$d/a.qcow2" qcow2 "$(vs_layer "$VS_EXPORT" a vda)"
live_destroy a

# --- one device below two domains, named by a link
LIVE_BOOT=none
mkdir "$d/by-id"
ln -s "$wide" "$d/by-id/disk"
for i in b c; do
    qemu-img create -q -f qcow2 -F raw -b "$d/by-id/disk" "$d/$i.qcow2"
    qemu-io -c 'write -q -P 3 2M 64k' "$d/$i.qcow2"
    live_define $i --disk "$d/$i.qcow2"
    live_snapshot_external $i snap1
done
check "two domains on one device" vs_export --domain b --domain c snap1 --to "$x"
is "$(vs_field .layers)" 3 "which is exported once"
check "soundly" vs_sound "$VS_EXPORT"
for i in b c; do
    check "$i sees the same" vs_same_disk "$d/$i.qcow2" qcow2 "$(vs_layer "$VS_EXPORT" $i vda)"
done
check "compressed overlays" vs_export --domain b --domain c snap1 --to "$x/packed" --compress zstd
check "are sound" vs_sound "$VS_EXPORT"
check "and the same" vs_same_disk "$d/b.qcow2" qcow2 "$(vs_layer "$VS_EXPORT" b vda)"

# --- qcow2 on devices: at the bottom, and as the overlay
for i in 512 4096; do
    truncate -s 200M "$d/q$i.img"
    loop q "$d/q$i.img" -b $i
    dd if=/dev/urandom of="$q" bs=1M count=150 conv=fsync status=none
    qemu-img create -q -f qcow2 "$q" 64M
    qemu-io -c 'write -q -P 5 0 3M' -c 'write -q -P 6 32M 1M' "$q"
    used=$(qemu-img check --output=json "$q" | jq '."image-end-offset"')
    live_define q$i --disk "$q"
    check "snapshot of qcow2 on a device with sectors of $i" frozen q$i snap1 "vda=$d/q$i.qcow2"
    check "is planned" eval 'vs export --domain q$i snap1 --to "$x" --dry-run --json >"$VS_OUT"'
    is "$(vs_field '.layers[0].bytes')" "$used" "with what it takes of the device"
    check "export" vs_export --domain q$i snap1 --to "$x"
    check "is sound" vs_sound "$VS_EXPORT"
    layer=$(vs_layer "$VS_EXPORT" q$i vda)
    is "$(stat -c %s "$layer")" "$used" "the file ends where the image does"
    check "a guest sees the same" vs_same_disk "$q" qcow2 "$layer"
    check "merged" vs_export --domain q$i snap1 --to "$x/merged" --merge
    check "too" vs_same_disk "$q" qcow2 "$(vs_layer "$VS_EXPORT" q$i vda)"
    check "compressed" vs_export --domain q$i snap1 --to "$x/packed" --compress zstd
    check "too" vs_same_disk "$q" qcow2 "$(vs_layer "$VS_EXPORT" q$i vda)"
done
truncate -s 100M "$d/over.img"
loop over "$d/over.img"
check "a snapshot whose overlay is a device" live_snapshot_external q512 snap2 \
    --diskspec "vda,snapshot=external,stype=block,file=$over,driver=qcow2"
truncate -s 100M "$d/over2.img"
loop over2 "$d/over2.img"
check "and another one, which freezes that" live_snapshot_external q512 snap3 \
    --diskspec "vda,snapshot=external,stype=block,file=$over2,driver=qcow2"
check "is exported" vs_export --domain q512 snap3 --to "$x"
is "$(vs_field .layers)" 3 "with all three images"
check "soundly" vs_sound "$VS_EXPORT"
mknod "$d/node" b $((0x$(stat -c %t "$over"))) $((0x$(stat -c %T "$over")))
live_virsh dumpxml --domain q512 --inactive | sed "s#$over2#$d/node#" >"$d/again.xml"
live_virsh define --file "$d/again.xml"
check "a device that is the present one again, by another node, is not frozen" \
    vs_refused 5 'present image again' export --domain q512 snap3 --to "$x/again"

# --- internal snapshots on a device
truncate -s 100M "$d/in.img"
loop in "$d/in.img"
qemu-img create -q -f qcow2 "$in" 32M
qemu-io -c 'write -q -P 5 0 3M' "$in"
live_define in --disk "$in"
check "an internal snapshot on a device" live_snapshot_internal in snap1
qemu-io -c 'write -q -P 6 1M 3M' "$in"
used=$(qemu-img check --output=json "$in" | jq '."image-end-offset"')
check "is exported" vs_export --domain in snap1 --to "$x"
check "soundly" vs_sound "$VS_EXPORT"
layer=$(vs_layer "$VS_EXPORT" in vda)
is "$(stat -c %s "$layer")" "$used" "with all that the image takes"
qemu-img convert -l snap1 -O raw "$in" "$d/in.want"
qemu-img convert -l snap1 -O raw "$layer" "$d/in.got"
check "and what the snapshot holds" cmp "$d/in.want" "$d/in.got"
check "a running domain" live_start in
check "which writes to the device" vs_export --domain in snap1 --to "$x/live"
check "is exported soundly" vs_sound "$VS_EXPORT"
qemu-img convert -O raw "$(vs_layer "$VS_EXPORT" in vda)" "$d/in.got"
check "with what the snapshot holds" cmp "$d/in.want" "$d/in.got"
live_destroy in

# --- a target that has less room than the device has sectors
truncate -s 400M "$d/big.img"
qemu-io -f raw -c 'write -q -P 1 100M 2M' "$d/big.img"
loop big "$d/big.img"
live_define big --disk "$big"
frozen big snap1 "vda=$d/big.qcow2"
truncate -s 48M "$d/small.img"
mkfs.ext4 -q "$d/small.img"
mkdir "$d/small"
if mount -o loop "$d/small.img" "$d/small"; then
    at_exit umount "$d/small"
    check "a target for what is not zeros" vs_export --domain big snap1 --to "$d/small"
    check "has all of it" cmp "$big" "$(vs_layer "$VS_EXPORT" big vda)"
else
    skip "a target for what is not zeros" "nothing can be mounted here"
fi

# --- a device that is written to: by another domain, and by its own one before a later snapshot
live_define writer --disk "$big"
check "a domain that writes to the device" live_start writer
check "has it locked" vs_refused $IN_USE "'$big' is not frozen: another process writes to it" \
    export --domain big snap1 --to "$x"
live_destroy writer
live_virsh dumpxml --domain big --inactive >"$d/big.xml"
sed "s#<disk type='file'#<disk type='block'#; s#type='qcow2'#type='raw'#
    s#<source file='$d/big.qcow2'#<source dev='$big'#" "$d/big.xml" >"$d/back.xml"
live_virsh define --file "$d/back.xml"
check "a device that was given back" frozen big snap2 "vda=$d/big2.qcow2"
check "is exported" vs_export --domain big snap1 --to "$x"
is "$(vs_field '.warnings[]' | grep -c "'$big' was written to after the snapshot 'snap1'")" 1 \
    "and told of"

iostats=/sys/block/${big##*/}/queue/iostats
if echo 0 >"$iostats"; then
    check "a device that nobody counts" vs_export --domain big snap1 --to "$x/uncounted"
    is "$(vs_field '.warnings[]' | grep -c "'$big' is written to while it is exported")" 1 \
        "is told of"
    echo 1 >"$iostats"
else
    skip "a device that nobody counts" "$iostats cannot be changed here"
fi

# --- what happens to a device while it is read
# begin DOMAIN [ARGUMENT]...: a slow export in the background; its id in pid.
begin()
{
    "$abs_top_builddir/virtsnap" --json export --domain "$1" snap1 --to "$x" --parallel 1 \
        --bandwidth 12M "${@:2}" >"$VS_OUT" 2>"$VS_ERR" &
    pid=$!
    live_wait "some of $1 is copied" live_wrote $pid $((2 * MIB))
}
# ended CODE REGEX: checks that the export failed with this result and left nothing.
ended()
{
    ! wait $pid || live_die "was done" || return 1
    [ "$(vs_field .error.code)" = "$1" ] && [[ $(vs_field .error.message) =~ $2 ]] ||
        live_die "$(cat "$VS_OUT")" || return 1
    [ ! -e "$x/r/snap1" ] || live_die "there is an export"
}
truncate -s 160M "$d/r.raw"
qemu-io -f raw -c 'write -q -P 1 0 160M' "$d/r.raw"
loop r "$d/r.raw"
mknod "$d/other" b $((0x$(stat -c %t "$r"))) $((0x$(stat -c %T "$r")))
live_define r --disk "$r"
frozen r snap1 "vda=$d/r.qcow2"
begin r
dd if=/dev/zero of="$d/other" bs=4k count=1 seek=39000 oflag=direct conv=notrunc status=none
check "what is written through another node is noticed" ended $IN_USE "$r' was changed"
begin r
truncate -s 40M "$d/r.raw"
check "an I/O error is one of the export" ended 2 "Cannot read '$r'"
losetup -c "$r"
truncate -s 160M "$d/r.raw"
losetup -c "$r"
begin r
truncate -s 80M "$d/r.raw"
losetup -c "$r"
check "so is a device that gets smaller" ended $CORRUPT "$r' ends at byte"
truncate -s 160M "$d/r.raw"
losetup -c "$r"
qemu-io -f raw -c 'write -q -P 1 0 160M' "$r"

begin r
kill -KILL $pid
wait $pid 2>/dev/null
qemu-io -f raw -c 'write -q -P 2 1M 1M' "$r"
check "what was copied of a device is not believed" vs_export --domain r snap1 --to "$x" --resume
check "but read again" cmp "$r" "$(vs_layer "$VS_EXPORT" r vda)"
check "soundly" vs_sound "$VS_EXPORT"

# --- what is no block device, or not what is said
rm -rf "$x/r"
live_virsh dumpxml --domain r --inactive >"$d/r.xml"
snapshot=$(live_virsh snapshot-dumpxml --domain r --snapshotname snap1)
# as_source TYPE ATTRIBUTE PATH: gives the disk of the snapshot this source.
as_source()
{
    sed "/<domain/,/<\/domain>/ { s#<disk type='block'#<disk type='$1'#
        s#<source dev='$r'#<source $2='$3'# }" <<<"$snapshot" >"$d/snapshot.xml"
    live_virsh snapshot-create --domain r --xmlfile "$d/snapshot.xml" --redefine
}
as_source block dev "$d/r.raw"
check "a file is no block device" vs_refused 1 "type='block'.*regular file" \
    export --domain r snap1 --to "$x"
as_source file file "$r"
check "a block device no file" vs_refused 1 "type='file'.*block device" \
    export --domain r snap1 --to "$x"
as_source block dev /dev/zero
check "a character device neither" vs_refused 1 'neither a regular file nor a block device' \
    export --domain r snap1 --to "$x"
mkfifo "$d/fifo"
as_source file file "$d/fifo"
check "a FIFO neither, and nobody waits for it" vs_refused 1 \
    'neither a regular file nor a block device' export --domain r snap1 --to "$x"
as_source block dev /dev/no-such-device
check "a device that is not there" vs_refused 32779 "no-such-device" \
    export --domain r snap1 --to "$x"
truncate -s 1M "$d/gone.img"
gone=$(losetup -f --show "$d/gone.img")
losetup -d "$gone"
as_source block dev "$gone"
check "a device without a file below it" vs_refused 5 "$gone.* is empty" \
    export --domain r snap1 --to "$x"

# --- LVM
if command -v dmsetup >/dev/null && dmsetup version >/dev/null 2>&1; then
    truncate -s 40M "$d/lvm.img"
    loop pv "$d/lvm.img"
    dmsetup create "virtsnap-$$" --table "0 65536 linear $pv 2048"
    at_exit dmsetup remove "virtsnap-$$"
    volume=/dev/mapper/virtsnap-$$
    qemu-io -f raw -c 'write -q -P 1 0 3M' "$volume"
    live_define v --disk "$volume"
    frozen v snap1 "vda=$d/v.qcow2"
    check "a volume of the device mapper, by its link" vs_export --domain v snap1 --to "$x"
    check "is sound" vs_sound "$VS_EXPORT"
    check "and the same" cmp "$volume" "$(vs_layer "$VS_EXPORT" v vda)"
else
    skip "a volume of the device mapper" "this kernel has no device mapper"
fi

done_testing
