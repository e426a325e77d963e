#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# From running domains to an export, and back to running domains.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
to=$d/new
mkdir "$x" "$to"

# --- two running domains on one base, one with a raw disk besides
live_disk "$d/base.qcow2"
live_disk "$d/data.raw"
live_overlay "$d/base.qcow2" "$d/a.qcow2"
live_overlay "$d/base.qcow2" "$d/b.qcow2"
live_define a --disk "$d/a.qcow2" --disk "$d/data.raw"
live_define b --disk "$d/b.qcow2"
vs -q collection-create-as shop --domain a --domain b
check "both guests boot and write" live_boot a b || bail_out "no guests"
live_wait_counter a +5
live_snapshot_external a snap1
live_snapshot_external b snap1
live_wait_counter a +3
want=$(live_counter_of "$d/a.qcow2")
check "export" vs_export shop snap1 --to "$x/plain"
plain=$VS_EXPORT
check "the same merged" vs_export shop snap1 --to "$x/merged" --merge
merged=$VS_EXPORT
check "and compressed" vs_export shop snap1 --to "$x/packed" --compress zstd:3
packed=$VS_EXPORT

# --- nothing that exists is overwritten
trusted "$plain"
check "what is taken is refused" vs_refused 32800 "'a=NEW'" import "$plain" --to "$to" \
    "${TRUST[@]}"
check "names and UUIDs, all of them at once" \
    eval '[[ $(vs_field .error.message) =~ a.*UUID.*b.*UUID ]]'
check "nothing was touched" imported_nothing "$to"

# --- all of it is lost
lose a b
rm "$d"/a.* "$d"/b.* "$d"/base.* "$d"/data.*
vs -q collection-undefine shop

check "consoles that are files of the host are refused by name" \
    vs_refused 32769 "'a:devices/serial' lets it pass" import "$plain" --to "$to"
check "the plan is shown" eval 'vs import "$plain" --to "$to" --dry-run "${TRUST[@]}" >"$d/plan"'
like "$(<"$d/plan")" 'layers/base-[0-9a-f]{8}.qcow2 +copy, shared' "the shared base is in it once"
check "and touches nothing" imported_nothing "$to"

check "import" vs_import "$plain" --to "$to"
is "$(vs_field '[.result, .collection, (.domains | map(.name) | join("+"))] | join(" ")')" \
    "0 shop a+b" "the result says so"
is "$(vs_field '.warnings | length')" 0 "nothing to warn of"
is "$(find "$to" -name 'base-*' | wc -l)" 1 "the shared base is there once"
check "the images are sound" images_sound "$to"
is "$(live_counter_of "$(image_of a vda)")" "$want" "the guest's counter is the snapshot's"
is "$(vs collection-dumpxml shop | grep -c '<domain')" 2 "the collection is defined again"
check "the export is as it was" vs_sound "$plain"
check "the file system is sound" fs_sound a vda
check "both boot and go on" goes_on a "$want" b 1
check "the shared base was not written to" \
    eval 'cmp "$plain"/layers/base-* "$to"/shop/snap1/layers/base-*'
forget a b
vs -q collection-undefine shop

for kind in merged packed; do
    check "import of what was $kind" vs_import "${!kind}" --to "$to"
    check "the images are sound" images_sound "$to"
    is "$(live_counter_of "$(image_of a vda)")" "$want" "the same counter"
    check "the guest sees the same" \
        vs_same_disk "$(vs_layer "$plain" a vda)" qcow2 "$(image_of a vda)"
    check "a second export of what was $kind" eval 'live_snapshot_external a again
        vs_export --domain a again --to "$x/second"'
    check "has the same content" same_content "${!kind}" a "$VS_EXPORT" a vda vdb
    rm -r "$x/second"
    check "a starts" live_start a
    forget a b
    vs -q collection-undefine shop
done

# --- with its snapshots, under other names
check "import with snapshots and new names" vs_import "$plain" --to "$to" --with-snapshots \
    --rename a=c --suffix .new --new-uuid --mac new
is "$(vs_field '.domains | map(.name) | join(" ")')" "c b.new" "the names"
is "$(live_virsh snapshot-list c --name | xargs)" snap1 "the snapshot is known"
is "$(live_virsh snapshot-current c --name)" snap1 "and is the current one"
same_console a c
check "c boots and goes on" goes_on c "$want"
check "a second export of the result" \
    eval 'live_destroy c; vs_export --domain c --domain b.new snap1 --to "$x/second"'
check "has the same content" same_content "$plain" a "$VS_EXPORT" c vda vdb
forget c b.new
vs -q collection-undefine shop.new

# --- one of them
check "one domain" vs_import "$plain" --to "$to" --domain b
is "$(live_virsh list --all --name | xargs)" b "is defined alone"
check_fails "the collection is not" vs -q collection-dumpxml shop
check "a domain that is not in it is named" vs_refused 32779 "zz" \
    import "$plain" --to "$to" --domain zz
forget b

check "files only" vs_import "$plain" --to "$to" --no-define
is "$(live_virsh list --all --name | xargs)" "" "defines nothing"
check "the images are sound" images_sound "$to"
check "a place that is taken is refused" vs_refused 32800 "exists already" \
    import "$plain" --to "$to" "${TRUST[@]}"
rm -r "$to/shop"

check "started at once" vs_import "$plain" --to "$to" --start
is "$(live_virsh list --state-running --name | sort | xargs)" "a b" "they run"
# Each of them would boot; one is enough as a proof.
live_virsh suspend b
check "and one goes on" live_wait_counter a "$((want + 1))"
forget a b
vs -q collection-undefine shop

done_testing
