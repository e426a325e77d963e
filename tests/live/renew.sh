#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Live exports in which each disk is one image that is made of the base's image: the changes are
# written into a copy of it, which shares its blocks where the file system can. Each is compared
# with what QEMU has then. No guest has to run. ROUNDS is the number of nights with random writes,
# POINTS at which sizes of the image an export is killed.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/bitmap-lib.sh"

ROUNDS=${ROUNDS:-1}
begin_nights
qemu-img create -q -f qcow2 "$d/a.qcow2" 160M
qemu-img create -q -f qcow2 "$d/a2.qcow2" 160M
qemu-io -f qcow2 -c "write -q -P 5 0 66M" -c "write -q -P 6 90M 3M" "$d/a.qcow2"
qemu-io -f qcow2 -c "write -q -P 5 7M 1M" "$d/a2.qcow2"
check "a domain" eval 'live_define a --disk "$d/a.qcow2" --disk "$d/a2.qcow2" && live_start a' ||
    bail_out "no domain"
check "a collection of it" vs -q collection-create-as night --domain a

merged() { night "$@" --merge; }
# whole: checks that the last export is sound, that its images are clean and need no others, and
# that they are equal to those of a full export.
whole()
{
    local layer
    for layer in "$VS_EXPORT"/layers/*; do
        qemu-img check -q "$layer" >"$d/why" 2>&1 || { cat "$d/why"; return 1; }
    done
    vs_sound "$VS_EXPORT" && as_source
}
file() { vs_layer "$VS_EXPORT" a "${1:-vda}"; }

check "the first night" merged one --base latest
first=$VS_EXPORT
check "a dry run" eval 'vs export night --live=crash --merge --to "$x" --base latest --dry-run \
    --json >"$d/plan"'
is "$(jq -c '[.layers[] | [.way, .since != null, .backing]] | unique' "$d/plan")" \
    '[["renew",true,null]]' "says what is done"
check "something is written, zeroed and new" guest a 0 "$(paint 1M 64k)" "$(paint 120M 192k)" \
    "write -q -z 3M 256k" "write -q -z -u 91M 1M" "$(paint 65M 4k)"
check "the second night" merged two --base latest --strict
is "$(warnings)" "" "is without a warning"
check "it is whole" whole
check "a disk that has not changed is the base's" [ "$(file vdb)" -ef "$(vs_layer "$first" a vdb)" ]
is "$(stat -c %s "$(file)")" "$(($(stat -c %s "$(vs_layer "$first" a vda)") + 3 * 65536))" \
    "another one is larger by what is new on it"
rm -rf "$first"
check "it needs no base" vs_sound "$VS_EXPORT"
some() { echo "$((RANDOM % 38000 * 4))k $((RANDOM % 600 * 4 + 4))k"; }
for ((round = 1; round <= ROUNDS; round++)); do
    check "round $round: random writes" guest a 0 "$(paint $(some))" "write -q -z -u $(some)" \
        "$(paint $(some))" "write -q -z $(some)" "$(paint $(some))"
    check "a night is whole" eval 'merged "round$round" --base latest --strict && whole' ||
        cat "$VS_OUT"
done
check "a disk grows" eval 'live_virsh blockresize a vdb 200001K && guest a 1 "$(paint 199M 64k)"'
check "a night is whole" eval 'merged grown --base latest --strict && whole'

# --- what fails
# slowly NAME TO ARGUMENT...: begins a night that takes its time; $pid is its process.
slowly()
{
    "$abs_top_builddir/virtsnap" export night "$1" --live=crash --merge --to "$2" --scratch "$s" \
        --bandwidth 4M --json "${@:3}" >"$d/slow.out" 2>&1 </dev/null &
    pid=$!
}
ended() { grep -qs '^State:.Z' /proc/$pid/status || [ ! -e /proc/$pid ]; }
# written TO KIB: succeeds if the image of the disk in the partial export has at least KIB.
written()
{
    local size
    size=$(du -k "$1"/night/.*.partial/layers/a-* 2>/dev/null | cut -f 1 | sort -n | tail -n 1)
    [ "${size:-0}" -ge "$2" ]
}
# POINTS: how many KiB the image has when the export is killed; with 0 it need not exist. Where
# blocks are shared, the image has its full size at once, and the export ends soon after.
points=6000
[ "${POINTS-}" != all ] || POINTS="0 1000 2000 4000 6000"
if cp --reflink=always "$d/a.qcow2" "$d/shared" 2>"$d/why"; then
    points=0 POINTS=
fi
for point in ${POINTS:-$points}; do
    known=$(checkpoints a | wc -w)
    check "data are written to" guest a 0 "$(paint 70M 64k)"
    slowly killed "$x" --base latest
    live_wait "it is at $point KiB" eval 'ended || { [ "$(checkpoints a | wc -w)" -gt $known ] &&
        { [ $point -eq 0 ] || written "$x" $point; }; }'
    check "it is killed" eval 'kill -9 $pid; wait $pid; [ $? -eq 137 ]'
    check "it is begun anew" merged killed --base latest --resume
    like "$(warnings)" 'begun anew' "which is said"
    check "it is whole" whole
    is "$(checkpoints a | wc -w)" "$known" "and leaves no reference point more"
    mv "$VS_EXPORT" "$x/night/killed-$point" && VS_EXPORT=$x/night/killed-$point
done
good=$VS_EXPORT
# damage FILE AT: changes a byte, whatever the random writes have put there.
damage()
{
    local was
    was=$(od -An -tu1 -j "$2" -N 1 "$1")
    chmod u+w "$1"
    printf '%b' "\\0$(printf %o $((was ^ 255)))" |
        dd of="$1" bs=1 seek="$2" conv=notrunc status=none
    chmod u-w "$1"
}
for at in 2M 67M; do
    cp -a "$good" "$d/bad"
    damage "$(vs_layer "$d/bad" a vda)" $((${at%M} * 1048576 + 77))
    check "something is written" guest a 0 "$(paint 1M 64k)"
    check "a base that is damaged at $at is found" vs_refused 32802 "damaged" export night bad \
        --live=crash --merge --scratch "$s" --to "$x" --base "$d/bad"
    rm -rf "$d/bad"
done
cp -a "$good" "$d/bad"
bad=$(vs_layer "$d/bad" a vda)
chmod u+w "$bad" && truncate -s +64K "$bad" && chmod u-w "$bad"
check "one that has grown is found" vs_refused 32802 "damaged" export night bad --live=crash \
    --merge --scratch "$s" --to "$x" --base "$d/bad"
rm -f "$bad"
check "one that is gone is found" vs_refused 32802 "damaged" export night bad --live=crash \
    --merge --scratch "$s" --to "$x" --base "$d/bad"
rm -rf "$d/bad"
check "one that is not laid out for it" merged packed --compress zstd
check "something is written" guest a 0 "$(paint 2M 64k)"
check "is the base of a whole one even so" eval 'merged unpacked --base "$VS_EXPORT" && whole'

# --- a target on another file system, which fills meanwhile
mkdir "$d/small"
if mount -t tmpfs -o size=100M tmpfs "$d/small" 2>"$d/why"; then
    at_exit umount "$d/small"
    known=$(checkpoints a)
    base=$VS_EXPORT
    check "something is written" guest a 0 "$(paint 2M 64k)"
    slowly filled "$d/small" --base "$base"
    live_wait "it writes" eval 'ended || written "$d/small" 1'
    head -c 100M /dev/zero >"$d/small/filler" 2>/dev/null
    check "a night whose target fills" eval '! wait $pid'
    like "$(cat "$d/slow.out")" '[Nn]o space left' "says so"
    is "$(checkpoints a)" "$known" "and leaves no reference point"
    rm "$d/small/filler"
    was=$(read_by a)
    check "the next has room" merged filled --to "$d/small" --base "$base" --strict
    check "and reads from the guest what has changed: $(($(read_by a) - was))" \
        [ $(($(read_by a) - was)) -lt $((8 * 1048576)) ]
    check "it is whole" whole
    # The larger disk is first, and is copied from the base, as there is no link to it.
    check "another disk is written to" guest a 1 "$(paint 9M 64k)"
    check "a night on a base on another file system" merged away --base "$VS_EXPORT" --strict \
        --parallel 1
    check "of which one disk has not changed is whole" whole
else
    skip "a target that fills" "no tmpfs can be mounted here: $(head -n 1 "$d/why")"
fi

# --- blocks that are shared
mkdir "$d/xfs"
truncate -s 450M "$d/xfs.fs"
mkfs.xfs -q -m reflink=1 "$d/xfs.fs"
if ! mount -o loop "$d/xfs.fs" "$d/xfs" 2>"$d/why"; then
    skip "shared blocks" "no XFS can be mounted here: $(head -n 1 "$d/why")"
    done_testing
    exit
fi
at_exit umount "$d/xfs"
used()
{
    sync -f "$d/xfs"
    df --output=used "$d/xfs" | tail -n 1
}
near=$d/xfs/x
mkdir "$near"
check "something is written" guest a 0 "$(paint 2M 64k)"
check "a night to another file system" merged far --to "$near" --base latest
like "$(warnings)" 'no earlier export' "has no base yet"
check "something is written, zeroed and new" guest a 0 "$(paint 1M 64k)" "$(paint 140M 192k)" \
    "write -q -z 5M 256k" "write -q -z -u 92M 512k"
# read_by_children: bytes that the programs of this test have read.
read_by_children() { awk '/^rchar/ { print $2 }' "/proc/$$/io"; }
# near_night NAME: a night beside its base; $read is how many MiB were read for it.
near_night()
{
    local was status
    was=$(read_by_children)
    merged "$1" --to "$near" --base latest --strict
    status=$?
    read=$((($(read_by_children) - was) / 1048576))
    return $status
}
nodes=$VIRTSNAP_STATE_DIR/nodes
n_nodes() { find "$nodes" -type f | wc -l; }
known=$(n_nodes)
before=$(used)
check "a night beside its base" near_night near
check "reads of it what is near to what has changed: $read MiB" [ $read -lt 40 ]
check "is whole" whole
check "it shares blocks: $(($(used) - before)) KiB more" [ $(($(used) - before)) -lt 4096 ]
check "and writes what has changed" [ "$(vs_field .copied)" -lt $((4 * 65536 + 6 * 65536 + 65536)) ]
for file in "$nodes"/*; do
    head -c 16K /dev/urandom | dd of="$file" conv=notrunc status=none
done
check "something is written" guest a 0 "$(paint 60M 64k)"
check "a night for which all digests in the state are damaged" near_night spoilt
check "reads what it changes: $read MiB" [ $read -gt 64 ]
check "is whole" whole
check "the disk grows" eval 'live_virsh blockresize a vda 260M && guest a 0 "$(paint 259M 64k)"'
check "the next" near_night mended
check "has them again: $read MiB" [ $read -lt 40 ]
check "is whole" whole
is "$(n_nodes)" "$known" "and those of the nights before are gone"
good=$VS_EXPORT
cp -a --reflink=always "$good" "$d/xfs/bad"
damage "$(vs_layer "$d/xfs/bad" a vda)" $((50 * 1048576))
check "something is written" guest a 0 "$(paint 1M 64k)"
check "a base that is damaged where nothing is read is found" vs_refused 32802 "damaged" \
    export night bad --live=crash --merge --scratch "$s" --to "$near" --base "$d/xfs/bad"
rm -rf "$d/xfs/bad"
check "its base is removed" rm -rf "$near/night/far"
check "it is sound even so" vs_sound "$good"

done_testing
