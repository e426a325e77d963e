#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Kinds of snapshot collections under the embedded driver, which one process at a time can use: with
# memory, inside the images, on long chains; and disks of which no snapshot is made. No guest boots.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires
requires jq

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"
export LIVE_BOOT=none
for g in p q; do
    qemu-img create -q -f qcow2 "$d/$g.qcow2" 16M
    qemu-io -f qcow2 -c 'write -q -P 5 0 1M' "$d/$g.qcow2"
    live_define $g --disk "$d/$g.qcow2" --cdrom ''
done
live_virsh start p
vs -q collection-create-as pq --domain p --domain q

make()
{
    vs --json snapshot-create-as "$@" >"$VS_OUT" 2>"$VS_ERR" </dev/null || {
        cat "$VS_OUT" "$VS_ERR"
        return 1
    }
}
has() { live_virsh snapshot-list --domain "$1" --name | grep -cx -- "$2"; }
source_of() { live_virsh domblklist --domain "$1" | awk '/vda/ { print $2 }'; }
runs() { [ "$(live_virsh domstate --domain "$1")" = running ]; }
members() { vs_field '.members | map(.domain + " " + .kind + " " + .consistency) | join(", ")'; }
none_has()
{
    [ "$(has p "$1")$(has q "$1")" = 00 ] && [ -z "$(find "$d" -maxdepth 1 -name "*.$1*")" ]
}
no_guard() { ! pgrep -f "virtsnap-guard.*$d" >/dev/null; }

# --- with and without memory
check "of one running member alone" make pq one
is "$(members)" "p external crash, q external offline" "it is as if the power had failed"
is "$(source_of p) $(source_of q)" "$d/p.one $d/q.one" "both write to new images"
check "with memory" make pq memory --memory
is "$(members)" "p external memory, q external offline" "it has the memory"
check "in a file beside the images" test -s "$d/p.memory.memory"
check "the member runs on" runs p
live_virsh snapshot-dumpxml --domain p memory >"$d/memory.xml"
is "$(xmllint --xpath 'string(/*/state)' "$d/memory.xml")" running "and is recorded as one that ran"
check "export" vs_export pq memory --to "$x"
is "$(vs export-info "$VS_EXPORT" --json | jq -r '.domains | map(.snapshots[0] |
    .consistency + " " + (.memory | tostring)) | join(", ")')" \
    "memory true, offline false" "the export has it, too"

check "without a guest agent" \
    vs_refused 5 "'p'.*no guest agent" snapshot-create-as pq agent --quiesce
check "nothing was changed" none_has agent
check "as well as it goes" make pq agent --quiesce --best-effort
is "$(vs_field '.members[0] | .consistency + " " + .reason')" "crash no-agent" \
    "it is paused, and that is said"
check "and runs on" runs p

# --- inside the images
check "inside the images" make pq inside --internal
is "$(members)" "p internal memory, q internal offline" "it is in there"
is "$(source_of q)" "$d/q.agent" "and no new image is"

# --- all or nothing
were="$(source_of p) $(source_of q)"
live_hold "$(source_of q)"
check "one that cannot be made inside an image" \
    vs_refused '2' "'q'" snapshot-create-as pq nope --internal
check "leaves none in the others" none_has nope
live_let_go
check "they run and write to what they did" \
    eval '[ "$(source_of p) $(source_of q)" = "$were" ] && runs p'

# libvirt writes metadata to a file of that name first, and reads such a file at its start, too.
check "one whose metadata were written when libvirt was killed" make pq torn
mv "$d"/r/lib/qemu/snapshot/q/torn.xml{,.new}
check "is forgotten" vs -q snapshot-delete pq torn --metadata
is "$(has p torn)$(has q torn)" 00 "and does not come back"

# libvirt was killed when QEMU had switched to the new image and libvirt had not recorded it yet.
check "one more" make --domain q half
was=$(source_of q)
sed -i 's/ complete="yes"/ complete="no"/' "$(grep -l half -r "$VIRTSNAP_STATE_DIR/sets")"
live_virsh snapshot-delete q half --metadata >/dev/null
live_virsh dumpxml --domain q --inactive | sed "s,q.half,q.torn," >"$d/q.xml"
live_virsh define --file "$d/q.xml"
qemu-io -f qcow2 -c 'write -q -P 9 0 64k' "$was"
check "the next one is made" make --domain q after
like "$(vs_field '.warnings[]')" "'q' has written to '$was', which libvirt does not know of" \
    "what is on the image is told of"
check "and is left" qemu-io -r -f qcow2 -c 'read -q -P 9 0 64k' "$was"

# It is killed with kill -9 while the memory is written, unless that is done already.
"$abs_top_builddir/virtsnap" snapshot-create-as pq dead --memory >/dev/null 2>&1 &
pid=$!
begun() { [ -e "$d/p.dead.memory" ] || ! kill -0 "$pid" 2>/dev/null; }
live_wait "the memory is written" begun
kill -9 "$pid" 2>/dev/null
wait "$pid" 2>/dev/null
check "killed while it has the only connection: the guard lets the member run" \
    live_wait "the guard ends" no_guard
check "it runs" runs p
check "the next one is made" make pq next --pause
check "and nothing half is left" \
    eval 'none_has dead || [ "$(has p dead)$(has q dead)" = 11 ]'

# Ctrl-C, unless it is done already.
"$abs_top_builddir/virtsnap" snapshot-create-as pq ended --memory >/dev/null 2>"$VS_ERR" &
pid=$!
begun() { [ -e "$d/p.ended.memory" ] || ! kill -0 "$pid" 2>/dev/null; }
live_wait "the memory is written" begun
kill -INT "$pid" 2>/dev/null
wait "$pid"
is "$?$(has p ended)$(has q ended)" "$(none_has ended && echo 100 || echo 011)" \
    "ended while the memory is written: nothing is left"
check "and the member runs on" runs p

# --- long chains
chain=
for i in {1..18}; do
    chain+="snapshot-create-as q deep$i --disk-only --diskspec vda,file=$d/q-deep$i.qcow2; "
done
live_virsh_all "$chain" >/dev/null
check "on eighteen layers" make --domain q deep19
check "and on nineteen" make --domain q deep20
is "$(live_virsh snapshot-list --domain q --name | grep -c deep)" 20 "one on the other"
is "$(vs --json snapshot-chain pq next | jq -e . >/dev/null && echo chain)" chain "can be shown"
under=$d/l0.qcow2
qemu-img create -q -f qcow2 "$under" 16M
for i in $(seq 199); do
    qemu-img create -q -u -f qcow2 -F qcow2 -b "$under" "$d/l$i.qcow2" 16M
    under=$d/l$i.qcow2
done
live_define deep --disk "$under"
check "more layers than QEMU opens" \
    vs_refused 1 "'deep'.*200 images" snapshot-create-as --domain deep s

# --- of what none is made
live_domain_xml odd --disk "$d/q.qcow2" >"$d/odd.xml"
disk() { printf '<disk type="%s" device="%s">%s<target dev="%s" bus="%s"/>%s</disk>' "$@"; }
raw='<driver name="qemu" type="raw"/>'
nbd="<source protocol='nbd' name='n'><host name='h'/></source>"
odd=$(disk network disk "$raw$nbd" vdb virtio ''
    disk volume disk "$raw<source pool='none' volume='v'/>" vdc virtio ''
    disk block disk "$raw<source dev='/dev/none'/>" vdd virtio ''
    disk file disk "$raw<source file='$d/shared.raw'/>" vde virtio '<shareable/>'
    disk file disk "<driver name='qemu' type='qcow2'/><source file='$d/p.qcow2'><encryption \
format='luks'><secret type='passphrase' uuid='11111111-2222-3333-4444-555555555555'/></encryption>\
</source>" vdf virtio '')
sed -i "s,</disk>,&$odd," "$d/odd.xml"
live_virsh define --file "$d/odd.xml"
check "a volume, a network disk, a device, a shared and an encrypted one, in one answer" \
    vs_refused 1 \
    "'vdb'.*network.*'vdc'.*volume.*'vdd'.*block.*'vde'.*shared.*'vdf'.*encrypted" \
    snapshot-create-as --domain odd s
check "raw images have nothing inside them" eval 'live_disk "$d/r.raw" && live_define raw --disk \
    "$d/r.raw" && vs_refused 1 "no qcow2 image" snapshot-create-as --domain raw s --internal'
live_define empty --cdrom ''
check "a domain without disks" vs_refused 1 "no disk" snapshot-create-as --domain empty s
live_virsh managedsave p >/dev/null
check "a saved state goes with the disks as they are" \
    vs_refused 5 "saved state" snapshot-create-as pq saved
check "nothing is left of all that" none_has saved
is "$(find "$LIVE_DIR/state/sets" -name '*.xml' -exec grep -l 'complete="no"' {} +)" "" \
    "no record is left open"

done_testing
