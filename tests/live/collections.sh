#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Collections of real domains, nested ones too: their snapshots and exports.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"
live_disk "$d/base.qcow2"
for domain in web db cache; do
    live_overlay "$d/base.qcow2" "$d/$domain.qcow2"
    live_define "$domain" --disk "$d/$domain.qcow2"
    live_snapshot_external "$domain" snap1
done
live_snapshot_external web snap2
live_snapshot_external db snap2

check "a collection of one" vs collection-create-as back --domain db
check "and one that holds it" vs collection-create-as "the shop" --domain web --collection back
check "snapshots that every member has" eval 'vs snapshot-list "the shop" --json >"$VS_OUT"'
is "$(vs_field '[.snapshots[].name] | join(" ")')" "snap1 snap2" "two"
like "$(vs_field '.snapshots[0].taken')" '^20[0-9-]+T' "and when they were taken"
like "$(vs snapshot-list 'the shop')" 'snap2 +20' "in a table too"
check "info" eval 'vs snapshot-info "the shop" snap1 --json >"$VS_OUT"'
is "$(vs_field '[.members[] | .domain, .kind] | join(" ")')" "db external web external" \
    "of both members"
like "$(vs snapshot-info 'the shop' snap1)" "vda.*external.*db.qcow2" "in tables too"
check "chains" eval 'vs snapshot-chain "the shop" snap2 >"$d/chain"'
like "$(cat "$d/chain")" 'base.qcow2, qcow2, .*shared by 2 disks' "the shared layer is marked"
is "$(grep -c '└─' "$d/chain")" 6 "three layers for each disk"
check "chains in JSON" eval 'vs snapshot-chain "the shop" snap2 --json >"$VS_OUT"'
is "$(vs_field '[.disks[].layers | length] | join(" ")')" "3 3" "the same"
check "a graph" eval 'vs snapshot-chain "the shop" snap2 --dot >"$d/dot"'
is "$(grep -c 'base.qcow2" \[shape' "$d/dot")" 1 "a shared layer is one node"
is "$(grep -c -- '->' "$d/dot")" 6 "with all edges"

check "export of the collection" vs_export "the shop" snap1 --to "$x/one"
is "$VS_EXPORT" "$x/one/the shop/snap1" "it has the collection's name"
check "sound" vs_sound "$VS_EXPORT"
is "$(vs export-info "$VS_EXPORT" --json | jq -r .collection)" "the shop" "the manifest names it"
check "the collection is in it" cmp "$VS_EXPORT/collection.xml" <(vs collection-dumpxml "the shop")
check "and the one below" cmp "$VS_EXPORT/collections/back.xml" <(vs collection-dumpxml back)
check "both are valid" xmllint --noout --relaxng "$abs_top_srcdir/xml-schemas/collection.rng" \
    "$VS_EXPORT/collection.xml" "$VS_EXPORT/collections/back.xml"
check "the other snapshot beside it" vs_export "the shop" snap2 --to "$x/one"
is "$(vs export-list "$x/one" --json | jq -r '[.exports[].snapshot] | join(" ")')" "snap1 snap2" \
    "both are listed"
like "$(vs export-list "$x/one")" 'the shop +snap2' "in a table too"
like "$(vs export-info "$VS_EXPORT")" 'layers/base-[0-9a-f]{8}.qcow2 +layer' "and told about"

vs collection-add "the shop" --domain cache >/dev/null
check "a member without the snapshot is named" vs_refused 32779 "'cache'" \
    export "the shop" snap2 --to "$x/two"
check "it is not in the list any more" eval '
    [ "$(vs snapshot-list "the shop" --json | jq -r "[.snapshots[].name] | join(\" \")")" = snap1 ]'
check "nothing is left" [ ! -e "$x/two" ]
vs collection-create-as empty >/dev/null
check "an empty collection" vs_refused 5 "no domains" export empty snap1 --to "$x/two"

# --- damage of every sort is found
e=$x/one/the\ shop/snap1
damaged() { # REGEX: verify finds it, with exit status 1
    vs verify "$e" --json >"$VS_OUT"
    [ $? -eq 1 ] && [ "$(vs_field .ok)" = false ] &&
        [[ $(vs_field '.problems[] | .file + ": " + .what') =~ $1 ]] ||
        live_die "found: $(cat "$VS_OUT")"
}
layer=$(ls "$e"/layers/web-*)
cp -a "$e" "$d/good"
restore() { chmod -R u+rw "$e"; rm -rf "$e"; cp -a "$d/good" "$e"; }
chmod u+w "$layer"; printf X | dd of="$layer" bs=1 seek=70000 conv=notrunc status=none
check "one byte" damaged 'layers/web-.*digest.*first at byte 0'
restore; chmod u+w "$layer"; truncate -s -512 "$layer"
check "cut short" damaged 'layers/web-.*bytes'
restore; rm -f "$layer"
check "missing" damaged 'layers/web-.*missing'
restore; rm -f "$layer"; ln -s /etc/passwd "$layer"
check "a symbolic link" damaged 'layers/web-'
restore; rm -f "$layer"; mkfifo "$layer"
check "a FIFO" damaged 'layers/web-.*regular'
restore; : >"$e/domains/extra"
check "an unknown file" damaged 'domains/extra: .*not in the manifest'
restore; mkdir "$e/layers/more"
check "an unknown directory" damaged 'layers/more'
restore; echo '<manifest/>' >"$e/manifest.xml"
check "a manifest that is none" damaged 'manifest.xml'
restore; rm "$e/manifest.xml"
check "no manifest" damaged 'manifest.xml'
restore; sed -i 's/\(<layer path="layers\/web-[^>]*capacity="\)[0-9]*/\11024/' "$e/manifest.xml"
check "another size than the manifest's" damaged 'layers/web-.*1024'
restore; chmod u+w "$layer"; qemu-img rebase -u -f qcow2 -F raw -b /etc/passwd "$layer"
check "another backing file" damaged 'layers/web-.*(/etc/passwd|bytes)'
restore
check "and nothing of it is left" vs_sound "$e"
check "no export at all" vs_refused 32779 "nowhere" verify "$x/nowhere"

done_testing
