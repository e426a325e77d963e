#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The main job: external snapshots of running and of shut-off domains.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"

# --- two running domains on one base, one with a raw disk besides
live_disk "$d/base.qcow2"
live_disk "$d/data.raw"
live_overlay "$d/base.qcow2" "$d/a.qcow2"
live_overlay "$d/base.qcow2" "$d/b.qcow2"
live_define a --disk "$d/a.qcow2" --disk "$d/data.raw"
live_define b --disk "$d/b.qcow2"
check "both guests boot and write" live_boot a b || bail_out "no guests"
live_wait_counter a +5
live_snapshot_external a snap1
live_snapshot_external b snap1
live_wait_counter a +3
want=$(live_counter_of "$d/a.qcow2")

before=$(vs_sources | grep -vE 'snap1 ')
check "the plan is shown" eval 'vs export --domain a --domain b snap1 --to "$x/one" --dry-run \
    >"$d/plan"'
like "$(cat "$d/plan")" 'base-[0-9a-f]{8}.qcow2 +copy .* 2' "the shared base is in it once"
check "and as JSON" eval 'vs export --domain a --domain b snap1 --to "$x/one" --dry-run --json \
    >"$VS_OUT"'
is "$(vs_field '.layers | length')" 4 "four layers"
is "$(vs_field '[.layers[] | select(.users == 2)] | length')" 1 "one of them shared"
check_fails "nothing was touched" test -e "$x/one"

check "export of both" vs_export --domain a --domain b snap1 --to "$x/one"
is "$VS_EXPORT" "$x/one/a+b/snap1" "an unnamed collection has its members' names"
is "$(vs_field '[.result, .domains, .layers] | join(" ")')" "0 2 4" "the result says so"
is "$(vs_field '.warnings | length')" 0 "nothing to warn of: what guests wrote before is not new"
check "the export is sound" vs_sound "$VS_EXPORT"
layer=$(vs_layer "$VS_EXPORT" a vda)
is "$(live_counter_of "$layer")" "$want" "the guest's counter, read by standard tools"
check "and it is of one instant" live_consistent "$layer"
check "the raw disk is the same" cmp "$d/data.raw" "$(vs_layer "$VS_EXPORT" a vdb)"
is "$(find "$VS_EXPORT/layers" -name 'base-*' | wc -l)" 1 "the shared base is exported once"
is "$(vs_sources | grep -vE 'snap1 ')" "$before" "no source was touched, not even its times"
check "the guests run on" live_wait_counter a +3
check "the domain is there as it was" \
    virt-xml-validate "$VS_EXPORT/domains/a/domain.xml" domain
is "$(xmllint --xpath 'string(/domainsnapshot/name)' "$VS_EXPORT/domains/b/snapshot.xml")" snap1 \
    "and its snapshot"

# --- the same as a collection, of which one is inside another
vs -q collection-create-as --domain b -- "-in<ner>&"
vs -q collection-create-as "the 'shop'" --domain a "--collection=-in<ner>&"
check "export of a collection" vs_export "the 'shop'" snap1 --to "$x/named"
is "$VS_EXPORT" "$x/named/the 'shop'/snap1" "its directory has its name"
check "the export is sound" vs_sound "$VS_EXPORT"
is "$(vs_field '[.result, .domains, .layers] | join(" ")')" "0 2 4" "all members, each once"
check "the collection is in it" xmllint --noout \
    --relaxng "$VIRTSNAP_SCHEMA_DIR/collection.rng" "$VS_EXPORT/collection.xml"
is "$(<"$VS_EXPORT/collection.xml")" "$(vs collection-dumpxml "the 'shop'")" "as it is stored"
rm -r "$x/named"

check "the same again is refused" vs_refused 32800 'exists already' \
    export --domain a --domain b snap1 --to "$x/one"
check "and the export is as it was" vs_sound "$x/one/a+b/snap1"

# --- merged
check "merged export" vs_export --domain a --domain b snap1 --to "$x/merged" --merge
check "the merged export is sound" vs_sound "$VS_EXPORT"
is "$(find "$VS_EXPORT/layers" -type f | wc -l)" 3 "one image a disk"
layer=$(vs_layer "$VS_EXPORT" a vda)
is "$(live_counter_of "$layer")" "$want" "the counter in the merged image"
check "a guest sees the same disk" vs_same_disk "$d/a.qcow2" qcow2 "$layer"
check "the raw disk too" vs_same_disk "$d/data.raw" raw "$(vs_layer "$VS_EXPORT" a vdb)"
is "$(vs_sources | grep -vE 'snap1 ')" "$before" "merging touched no source either"

# --- compressed
check "compressed layers" vs_export --domain a --domain b snap1 --to "$x/packed" --compress zstd:3
check "and sound" vs_sound "$VS_EXPORT"
layer=$(vs_layer "$VS_EXPORT" a vda)
is "$(qemu-img info --output=json "$layer" |
    jq -r '."format-specific".data."compression-type", ."backing-filename-format"' | xargs)" \
    "zstd qcow2" "an overlay with zstd clusters, on its base"
check "a guest sees the same disk" vs_same_disk "$d/a.qcow2" qcow2 "$layer"
check "a raw layer is a copy" cmp "$d/data.raw" "$(vs_layer "$VS_EXPORT" a vdb)"
check "less is written for it" [ "$(cat "$VS_EXPORT"/layers/base-* | wc -c)" -lt \
    "$(cat "$x/one/a+b/snap1"/layers/base-* | wc -c)" ]
check "compressed and merged" \
    vs_export --domain a --domain b snap1 --to "$x/packed-merged" --merge --compress zstd
check "and sound" vs_sound "$VS_EXPORT"
layer=$(vs_layer "$VS_EXPORT" a vda)
check "a guest sees the same disk" vs_same_disk "$d/a.qcow2" qcow2 "$layer"
check "the raw disk too" vs_same_disk "$d/data.raw" raw "$(vs_layer "$VS_EXPORT" a vdb)"
check "no clusters are lost in it" qemu-img check -q "$layer"
check "verified by its manifest" vs verify "$VS_EXPORT"
is "$(vs_sources | grep -vE 'snap1 ')" "$before" "compressing touched no source either"

# --- other settings
check "without a subdirectory" vs_export --domain a snap1 --to "$x/flat" --no-subdirectory
is "$VS_EXPORT" "$x/flat" "it is in the directory itself"
check "and sound" vs_sound "$VS_EXPORT"
mkdir "$x/empty"
check "an empty directory will do" vs_export --domain a snap1 --to "$x/empty" --no-subdirectory
check "and sound" vs_sound "$VS_EXPORT"
check "a full one will not" vs_refused 32800 'exists already' \
    export --domain a snap1 --to "$x/empty" --no-subdirectory
check "configuration only" vs_export --domain a snap1 --to "$x/conf" --no-storage
is "$(vs_recorded "$VS_EXPORT" a vda)" no-storage "disks are recorded"
check_fails "and not copied" test -e "$VS_EXPORT/layers"
check "that is sound" vs_sound "$VS_EXPORT"
check "one disk left out" vs_export --domain a snap1 --to "$x/without" --exclude a:vdb
is "$(vs_recorded "$VS_EXPORT" a vdb)" excluded "it is recorded"
check "a disk that is not there cannot be left out" vs_refused 4 "vdz" \
    export --domain a snap1 --to "$x/never" --exclude a:vdz
check "no snapshot, only configuration and disks" \
    vs_export --domain a snap1 --to "$x/none" --snapshots none
check_fails "no snapshot.xml" test -e "$VS_EXPORT/domains/a/snapshot.xml"
check "that is sound" vs_sound "$VS_EXPORT"
check "one worker, limited bandwidth" eval '
    vs_export --domain a snap1 --to "$x/slow" --parallel 1 --bandwidth 4M'
check "progress as JSON on standard error" eval '
    vs export --domain b snap1 --to "$x/progress" --progress=json 2>"$d/progress" >"$d/said" &&
    tail -n 1 "$d/progress" | jq -e ".current == .total and .total > 0" >/dev/null'
like "$(cat "$d/said")" "Exported to '$x/progress/b/snap1'" "the result on standard output"

# --- a longer chain, of a domain that is off
live_destroy b
snapshots=
for i in {2..22}; do
    snapshots+="$(live_words snapshot-create-as --domain b --name "snap$i" --disk-only --atomic \
        --diskspec "vda,file=$d/b overlay $i.qcow2"); "
done
check "one snapshot on the other" live_virsh_all "$snapshots"
check "export of a chain of 24 layers" vs_export --domain b snap22 --to "$x/long"
is "$(vs_field .layers)" 23 "every layer below the present one is there"
check "and sound" vs_sound "$VS_EXPORT"
check "the whole chain opens" qemu-img info --backing-chain "$(vs_layer "$VS_EXPORT" b vda)"
number=$(live_counter_of "$(vs_layer "$VS_EXPORT" b vda)")
check "the guest's last number ($number) is in it" [ "$number" -ge "$((want > 3 ? 3 : 1))" ]
check "all snapshots of the tree" vs_export --domain b snap3 --to "$x/all" --snapshots all
is "$(find "$VS_EXPORT/domains/b" -name '*.xml' | wc -l)" 23 "every snapshot's description"
is "$(vs_field .layers)" 23 "every layer, once"
check "and sound" vs_sound "$VS_EXPORT"
check "merged into one" vs_export --domain b snap22 --to "$x/long-merged" --merge
check "and sound" vs_sound "$VS_EXPORT"
is "$(live_counter_of "$(vs_layer "$VS_EXPORT" b vda)")" "$number" "with the same number"

done_testing
