#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Exports that take from an earlier one what that holds: layers that are linked, and disks of which
# only the changes are written. No guest has to run: qemu-io writes between the snapshots. ROUNDS
# says how many nights there are of each kind.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

ROUNDS=${ROUNDS:-3}
LIVE_BOOT=none
check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"

# paint FILE OFFSET LENGTH [BYTE]: writes as a guest would have done. Without BYTE it writes another
# byte than in the last calls, so that the content changes.
byte=$RANDOM
paint()
{
    byte=$((byte % 240 + 11))
    qemu-io -f "$(live_format "$1")" -c "write -q -P ${4-$byte} $2 $3" "$1"
}

# wait_past FILE: waits until a file that is written now gets another mtime than FILE has.
wait_past() { live_wait "the clock goes on" past "$1"; }
past()
{
    touch "$d/now"
    [ $(($(date -r "$d/now" +%s%N) - $(stat -c %.Z "$1" | tr -d .))) -gt 100000000 ]
}

# inode EXPORT DOMAIN TARGET
inode() { stat -c %i "$(vs_layer "$@")"; }

# written: prints the bytes of layers that the last export wrote, without its other files.
written()
{
    local files
    files=$(vs export-info "$VS_EXPORT" --json |
        jq '[.files[] | select(.role != "layer") | .bytes] | add')
    echo $(($(vs_field .copied) - files))
}

# vs_warnings: prints the warnings of the last export.
vs_warnings() { vs_field '.warnings[]'; }

# same_as_full SNAPSHOT [OPTION]...: checks that the last export (VS_EXPORT) is sound, and that each
# of its disks has the content that it has in a full export of the same snapshot.
same_as_full()
{
    local export=$VS_EXPORT full target snapshot=$1 status=0
    shift
    rm -rf "$d/full"
    vs_sound "$export" || return 1
    cp "$VS_OUT" "$d/last.out"
    vs_export c "$snapshot" --to "$d/full" "$@" || return 1
    full=$VS_EXPORT
    VS_EXPORT=$export
    cp "$d/last.out" "$VS_OUT"
    for target in $(vs export-info "$full" --json | jq -r '
        .domains[0].snapshots[0].disks[] | select(.layer) | .target'); do
        same_disk "$(vs_layer "$full" t "$target")" "$(vs_layer "$export" t "$target")" ||
            { echo "disk $target"; status=1; }
    done
    return $status
}

# same_disk LAYER LAYER: succeeds if both have the same size and a guest sees the same content on
# them.
same_disk()
{
    local size first
    size_of "$1" && first=$size && size_of "$2" && [ "$size" = "$first" ] &&
        qemu-img compare -q -f "$(live_format "$1")" -F "$(live_format "$2")" "$1" "$2"
}
# size_of LAYER: sets size to the number of bytes that a guest sees.
size_of()
{
    local said pattern=$'virtual size: [^\n]*\\(([0-9]+) bytes\\)'
    said=$(qemu-img info -f "$(live_format "$1")" "$1") && [[ $said =~ $pattern ]] &&
        size=${BASH_REMATCH[1]}
}

qemu-img create -q -f qcow2 "$d/base.qcow2" 200M
paint "$d/base.qcow2" 0 40M
live_overlay "$d/base.qcow2" "$d/t.qcow2"
paint "$d/t.qcow2" 8M 2M
truncate -s 30M "$d/data.raw"
paint "$d/data.raw" 1M 10M
live_define t --disk "$d/t.qcow2" --disk "$d/data.raw"
check "a collection" vs collection-create-as c --domain t
live_snapshot_external t s1
wait_past "$d/t.qcow2"

# --- layer by layer
check "the first one has no base yet" vs_export c s1 --to "$x" --base latest
like "$(vs_field '.warnings[]')" 'no earlier export' "and says so"
check "it is complete" same_as_full s1
first=$VS_EXPORT
paint "$d/t.s1" 20M 1M
live_snapshot_external t s2
wait_past "$d/t.s1"
check "what would be done" eval 'vs export c s2 --to "$x" --base latest --dry-run --json >"$VS_OUT"'
is "$(jq -r '.layers[].way' "$VS_OUT" | tr '\n' ' ')" "link link copy link copy " \
    "three layers are the base's, two are new"
before=$(find "$first" -type f -printf '%P %s %m %U %T@ %A@\n' | sort)
check "the next night" vs_export c s2 --to "$x" --base latest
second=$VS_EXPORT
is "$(stat -c %i "$second"/layers/base-*)" "$(stat -c %i "$first"/layers/base-*)" \
    "the base image is a hard link"
check "written is what is new" [ "$(written)" -le 2500000 ]
is "$(find "$first" -type f -printf '%P %s %m %U %T@ %A@\n' | sort)" "$before" \
    "the earlier one was not touched"
check "it holds what a full one holds" same_as_full s2
is "$(vs export-info "$second" --json | jq -r .base)" "$first" "its base is recorded"
is "$(vs export-info "$second" --json | jq '[.files[] | select(.linked)] | length')" 3 \
    "and what is linked"

# --- an image that looks as it did, but for its ctime: its content is compared
chmod g+r "$d/base.qcow2"
check "with other permissions" vs_export c s2 --to "$d/y1" --base "$second"
is "$(stat -c %i "$VS_EXPORT"/layers/base-*)" "$(stat -c %i "$first"/layers/base-*)" \
    "what has the same digest is linked"
is "$(written)" 0 "nothing is written"
cp -p "$d/base.qcow2" "$d/kept"
touch -r "$d/base.qcow2" "$d/stamp"
paint "$d/base.qcow2" 39M 4096 7
touch -r "$d/stamp" "$d/base.qcow2"
check "with another content, and its mtime put back" vs_export c s2 --to "$d/y2" --base "$second"
check "the image is copied" same_as_full s2
check_fails "and not linked" [ "$VS_EXPORT"/layers/base-* -ef "$first"/layers/base-* ]
cp -p "$d/kept" "$d/base.qcow2.new"
mv "$d/base.qcow2.new" "$d/base.qcow2"
check "with a copy in its place" vs_export c s2 --to "$d/y3" --base "$second"
check "of the same content, which is linked" \
    [ "$VS_EXPORT"/layers/base-* -ef "$first"/layers/base-* ]
again=$VS_EXPORT
rm -rf "$d"/y[12]

# --- what is linked is never written to
plain=$(stat -c '%a %Y %Z' "$second"/layers/base-*)
mkdir "$d/k"
"$abs_top_builddir/virtsnap" export c s2 --to "$d/k" --base "$again" --bandwidth 1K \
    >/dev/null 2>&1 &
pid=$!
live_wait "a link is made" eval '[ -n "$(ls "$d"/k/c/.s2.partial/layers/base-* 2>/dev/null)" ]'
kill -9 $pid
wait $pid 2>/dev/null
chmod g-r "$d/base.qcow2"
check "an export that was killed goes on" vs_export c s2 --to "$d/k" --base "$again" --resume
check "to what a full one holds" same_as_full s2
is "$(stat -c '%a %Y' "$second"/layers/base-*)" "${plain% *}" "the shared files are as they were"
rm -rf "$d/k" "$d/y3"

# --- a chain whose lower layers were merged: only what changed is written, on the base's layers
live_virsh snapshot-delete --domain t s1 --metadata
live_virsh snapshot-delete --domain t s2 --metadata
qemu-img commit -q -d -b "$d/base.qcow2" "$d/t.s1"
qemu-img rebase -q -u -f qcow2 -F qcow2 -b "$d/base.qcow2" "$d/t.s2"
paint "$d/t.s2" 30M 3M
paint "$d/data.s2" 2M 64K
live_snapshot_external t s3
wait_past "$d/t.s2"
check "after a commit" vs_export c s3 --to "$x" --base latest
third=$VS_EXPORT
is "$(vs_warnings)" '' "without a warning" || cat "$VS_OUT"
check "it holds what a full one holds" same_as_full s3
check "written is what has changed" [ "$(written)" -le $((4 * 1048576 + 1048576)) ]
is "$(stat -c %i "$third"/layers/base-*)" "$(stat -c %i "$first"/layers/base-*)" \
    "below it are the base's layers"

# --- an export of merged disks, and on it
check "merged, with nothing to link" vs_export c s3 --to "$d/m1" --merge --base "$third"
check "it is complete" same_as_full s3
merged=$VS_EXPORT
check "merged again" vs_export c s3 --to "$d/m2" --merge --base "$merged"
is "$(inode "$VS_EXPORT" t vda)" "$(inode "$merged" t vda)" "unchanged disks are linked"
is "$(written)" 0 "nothing is read or written"
paint "$d/t.s3" 50M 1M
paint "$d/t.s3" 31M 64K
live_snapshot_external t s4
wait_past "$d/t.s3"
check "changes on a merged one" vs_export c s4 --to "$d/m3" --base "$merged"
check "are what a full one holds" same_as_full s4
check "and little" [ "$(written)" -le $((1048576 + 65536 + 900000)) ]
chain=$(qemu-img info -U --backing-chain --output=json "$(vs_layer "$VS_EXPORT" t vda)")
is "$(jq length <<<"$chain")" 2 "one layer on the base's"
check "merged, on one with changes" vs_export c s4 --to "$d/m4" --merge --base "$VS_EXPORT"
check "is complete" same_as_full s4 --merge
check "compressed" vs_export c s3 --to "$d/z1" --merge --compress zstd
check "changes on a compressed one" vs_export c s4 --to "$d/z2" --base "$VS_EXPORT" --compress zstd
check "are what a full one holds" same_as_full s4
check "and little, too" [ "$(written)" -le $((1048576 + 65536 + 900000)) ]

# --- disks that come, go, change places, grow and shrink
qemu-img resize -q "$d/t.s4" 300M
paint "$d/t.s4" 299M 1M
qemu-io -f qcow2 -c 'discard 0 16M' -c 'write -q -z -u 20M 1M' "$d/t.s4" >/dev/null
live_snapshot_external t s5
wait_past "$d/t.s4"
check "resized and discarded" vs_export c s5 --to "$d/m5" --base "$merged"
check "is what a full one holds" same_as_full s5
grown=$VS_EXPORT
live_virsh detach-disk --domain t vdb --config >/dev/null
qemu-img create -q -f qcow2 "$d/new.qcow2" 20M
paint "$d/new.qcow2" 0 1M
live_virsh attach-disk --domain t "$d/new.qcow2" vdb --config --subdriver qcow2 >/dev/null
live_virsh attach-disk --domain t "$d/data.s5" vdc --config --subdriver qcow2 >/dev/null
live_snapshot_external t s6
wait_past "$d/new.qcow2"
check "another disk in the place of one" vs_export c s6 --to "$d/m6" --base "$grown"
check "is what a full one holds" same_as_full s6
check "with links" vs_export c s6 --to "$x" --base latest
check "is it, too" same_as_full s6
live_virsh detach-disk --domain t vdc --config >/dev/null
live_snapshot_external t s7
wait_past "$d/new.s6"
check "a disk less" vs_export c s7 --to "$d/m7" --base "$grown"
check "is what a full one holds" same_as_full s7

# --- night after night
top=$d/t.s7
for ((i = 1; i <= ROUNDS; i++)); do
    paint "$top" $((RANDOM % 190))M 256K
    live_snapshot_external t "n$i"
    check "night $i by layers" vs_export c "n$i" --to "$x" --base latest
    check "night $i by content" vs_export c "n$i" --to "$d/m" --base \
        "$([ "$i" = 1 ] && echo "$grown" || echo latest)"
    top=$d/t.n$i
    [ "$i" -gt 1 ] || kept=$(ls "$VIRTSNAP_STATE_DIR/nodes")
done
check "the last is what a full one holds" same_as_full "n$ROUNDS"
# Who finds what the night before has kept of a disk takes it away, and leaves its own.
check "what is kept of the content is found by the next night, and takes its place" eval '
    [ -n "$kept" ] && [ "$(ls "$VIRTSNAP_STATE_DIR/nodes")" != "$kept" ] &&
    [ "$(ls "$VIRTSNAP_STATE_DIR/nodes" | wc -l)" = "$(wc -l <<<"$kept")" ]'
by_content=$VS_EXPORT
VS_EXPORT=$x/c/n$ROUNDS
check "by layers, too" same_as_full "n$ROUNDS"
rm -rf "$first" "$second" "$third" "$x"/c/s6 "$grown" "$merged" "$d"/m[0-9]
for ((i = 1; i < ROUNDS; i++)); do rm -rf "$x/c/n$i" "$d/m/c/n$i"; done
check "with all earlier ones removed it is complete" vs verify --deep "$x/c/n$ROUNDS"
VS_EXPORT=$by_content
check "by content, too" same_as_full "n$ROUNDS"

# --- what is no base
last=$x/c/n$ROUNDS
paint "$top" 1M 4096
live_snapshot_external t bad
vs collection-create-as other --domain t
check "of another collection" vs_refused 4 "another collection" \
    export other bad --to "$d/b" --base "$last"
check "that is not there" vs_refused 32779 "nowhere" export c bad --to "$d/b" --base "$d/nowhere"
check "that has no such snapshot" vs_refused 32779 "no export of a snapshot" \
    export c bad --to "$x" --base never
check "by the name of its snapshot" vs_export c bad --to "$x" --base "n$ROUNDS"
rm -rf "$VS_EXPORT"
cp -a "$last" "$d/.n.partial"
check "that is not complete" vs_refused 5 "not complete" \
    export c bad --to "$d/b" --base "$d/.n.partial"
cp -a "$last" "$d/later"
sed -i 's/<manifest version="1"/<manifest version="2"/' "$d/later/manifest.xml"
check "of a later version" vs_refused 1 "later virtsnap" export c bad --to "$d/b" --base "$d/later"
check "one that is being removed" eval '
    flock "$last/manifest.xml" "$abs_top_builddir/virtsnap" --json export c bad --to "$d/b" \
        --base "$last" >"$VS_OUT" 2>/dev/null </dev/null; [ "$(vs_field .error.code)" = 32774 ]'
mkdir -p "$d/b/c"
cp -a "$last" "$d/b/c/half"
rm "$d"/b/c/half/layers/base-*
check "one that lacks a layer" vs_refused 32802 "damaged.*layers/base-" \
    export c bad --to "$d/b2" --base "$d/b/c/half"
cp -a "$last" "$d/b/c/rotten"
layer=$(echo "$d"/b/c/rotten/layers/base-*)
chmod 600 "$layer"
dd if=/dev/urandom of="$layer" bs=4096 seek=300 count=1 conv=notrunc status=none
chmod 400 "$layer"
check "one whose layer was written to" vs_refused 32802 "damaged.*layers/base-" \
    export c bad --to "$d/b2" --base "$d/b/c/rotten"
check "nothing is left of them" [ ! -e "$d/b2" ]

# --- the base is on another file system: its files are copied, and compared with their digests
far=$(mktemp -d /dev/shm/virtsnap-XXXXXX)
at_exit rm -rf "$far"
cp -a "$last" "$far/last"
cat >"$d/cim.xml" <<END
<INSTANCE CLASSNAME="Msvm_CollectionSnapshotExportSettingData">
<PROPERTY NAME="DifferentialBackupBase" TYPE="string"><VALUE>$far/last</VALUE></PROPERTY>
</INSTANCE>
END
check "a base elsewhere, by the method's own settings" \
    vs_export c bad --to "$d/c1" --settings "$d/cim.xml"
check "is what a full one holds" same_as_full bad
is "$(stat -c %h "$VS_EXPORT"/layers/base-*)" 1 "with layers of its own"
is "$(vs export-info "$VS_EXPORT" --json | jq -r .base)" "$far/last" "which come from there"
echo "<exportsettings><base>$far/last</base></exportsettings>" >"$d/own.xml"
cp -a "$d/b/c/rotten/$(basename "$(dirname "$layer")")/$(basename "$layer")" "$far/last/layers/"
check "one that went bad there is found while it is copied" \
    vs_refused 32802 "damaged.*layers/base-" export c bad --to "$d/c2" --settings "$d/own.xml"
check "and nothing is left" [ ! -e "$d/c2" ]
rm -rf "$d/b"

# --- a chain that is read in another format: no file has changed, and the disk is another one
qemu-img create -q -f qcow2 "$d/under.qcow2" 64M
paint "$d/under.qcow2" 0 8M
qemu-img create -q -f qcow2 -b "$d/under.qcow2" -F qcow2 "$d/over.qcow2" 64M
wait_past "$d/over.qcow2"
below="<backingStore type='file'><format type='qcow2'/><source file='$d/under.qcow2'/>\
<backingStore/></backingStore>"
live_domain_xml f --disk "$d/over.qcow2" | sed "s,<source [^>]*over[^>]*>,&$below," >"$d/f.xml"
night() { vs_export --domain f --live=crash "$1" --to "$d/f" --base latest; }
check "an image on a qcow2 one" live_virsh define --file "$d/f.xml"
check "one night" night one
one=$(vs_layer "$VS_EXPORT" f vda)
check "the next one, with nothing changed" night two
is "$(inode "$VS_EXPORT" f vda)" "$(stat -c %i "$one")" "is linked"
check "an image on the same file, which is a raw one now" eval '
    live_virsh dumpxml f --inactive >"$d/f.xml" &&
    sed -i "/<backingStore/,/<source/s/type=.qcow2./type=\"raw\"/" "$d/f.xml" &&
    live_virsh define --file "$d/f.xml"'
check "one night" night three
three=$(vs_layer "$VS_EXPORT" f vda)
check "the same without a base" vs_export --domain f --live=crash whole --to "$d/f2"
check "is the same" same_disk "$three" "$(vs_layer "$VS_EXPORT" f vda)"
check_fails "which it was not before" same_disk "$three" "$one"

done_testing
