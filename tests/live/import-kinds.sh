#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What is restored of domains with a shared base, memory states, firmware variables, internal
# snapshots and snapshot trees, and that a second export of it has the same content.
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

# --- three domains on one base, one of them on a chain of three layers: none of them boots
live_disk "$d/three.qcow2"
for n in 1 2 3; do
    live_overlay "$d/three.qcow2" "$d/w$n.qcow2"
    qemu-io -f qcow2 -c "write -q -P $n ${n}M 1M" "$d/w$n.qcow2"
    LIVE_BOOT=none live_define "w$n" --disk "$d/w$n.qcow2"
done
vs -q collection-create-as trio --domain w1 --domain w2 --domain w3
live_snapshot_external w1 before
qemu-io -f qcow2 -c "write -q -P 4 5M 1M" "$d/w1.before"
live_virsh_all "snapshot-create-as w1 s --disk-only; snapshot-create-as w2 s --disk-only; \
snapshot-create-as w3 s --disk-only" >/dev/null
check "export of three" vs_export trio s --to "$x/trio" --snapshots all
trio=$VS_EXPORT
lose w1 w2 w3
vs -q collection-undefine trio
rm "$d"/w[123].* "$d/three.qcow2"
check "import" vs_import "$trio" --to "$to" --with-snapshots
is "$(find "$to" -name 'three-*' | wc -l)" 1 "their base is there once"
is "$(qemu-img info -U --backing-chain "$(image_of w1 vda)" | grep -c '^image: ')" 4 \
    "a new layer is on each of the chain of three"
is "$(live_virsh snapshot-list w1 --name --topological | xargs)" "before s" "with its snapshots"
for n in 1 2 3; do
    check "the guest of w$n sees the same" vs_same_disk "$(vs_layer "$trio" w$n vda)" qcow2 \
        "$(image_of w$n vda)"
done
check "the images are sound" images_sound "$to"
check "all of them run at once" live_virsh_all "start w1 --paused; start w2 --paused; \
start w3 --paused"
is "$(live_virsh list --name | sort | xargs)" "w1 w2 w3" "on one base"
live_virsh_all "destroy w1; destroy w2; destroy w3" >/dev/null
check "which is as it was" eval 'cmp "$trio"/layers/three-* "$to"/trio/s/layers/three-*'
now=$(image_of w1 vda)
check "a second export of the result" vs_export trio s --to "$x/second" --snapshots all
for n in 1 2 3; do
    check "has the same content of w$n" same_content "$trio" w$n "$VS_EXPORT" w$n vda
done
if live_virsh capabilities | grep '<externalSnapshot/>' >"$d/can"; then
    qemu-io -f qcow2 -c "write -q -P 9 0 1M" "$now"
    check "libvirt goes back to an imported snapshot" live_virsh snapshot-revert w1 before
    check "and the guest sees what was then" vs_same_disk "$(vs_layer "$trio" w1 vda before)" \
        qcow2 "$(live_virsh domblklist w1 | awk '$1 == "vda" { print $2 }')"
else
    skip "libvirt goes back to an imported snapshot" "this libvirt reverts no external snapshots"
fi
forget w1 w2 w3
vs -q collection-undefine trio

live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/m.qcow2"
live_overlay "$d/base.qcow2" "$d/j.qcow2"
live_define m --disk "$d/m.qcow2"
live_define j --disk "$d/j.qcow2"
check "two guests boot and write" live_boot m j || bail_out "no guests"
live_wait_counter m +3
live_wait_counter j +3

# --- internal snapshots: what is imported of them is seen below
before_on=$(live_counter j)
check "an internal snapshot with memory" live_snapshot_internal j on
after_on=$(live_counter j)
live_wait_counter j +8
live_destroy j
check "and one when it is off" live_snapshot_internal j off
check "export" vs_export --domain j on --to "$x/internal" --snapshots all
internal=$VS_EXPORT
lose j
rm "$d"/j.qcow2

# --- a memory state: the guest goes on, and does not boot
before=$(live_counter m)
check "a snapshot with memory" live_snapshot_external m mem --memspec "$d/m.memory"
live_wait_counter m +3
check "export" vs_export --domain m mem --to "$x/memory"
memory=$VS_EXPORT
want=$(live_counter_of "$(vs_layer "$memory" m vda)")
lose m
mv "$d/m.qcow2" "$d/i.qcow2"
rm "$d"/m.*
check "import" vs_import "$memory" --to "$to" --with-snapshots --rename m=n --new-uuid
is "$(live_virsh dominfo n | awk '/^Managed save/ { print $3 }')" yes \
    "the state is kept for its start"
is "$(live_virsh snapshot-info n mem | awk '/^State/ { print $2 }')" running \
    "the snapshot is as it was"
check "a second export of it" vs_export --domain n mem --to "$x/second"
check "has the same content" same_content "$memory" m "$VS_EXPORT" n vda
same_console m n
check "the guest goes on where it stood" goes_on_without_boot n "$want" "$before"
check "the images are sound" eval 'live_destroy n; images_sound "$to"'
forget n
check "import and start" vs_import "$memory" --to "$to" --start
check "the guest goes on at once" still_counts m "$want" "$before"

# --- what is exported of it while it runs: its memory, and several nights
before=$(live_counter m)
check "a live export with the memory" vs_export --domain m late --live=memory --to "$x/late"
late=$VS_EXPORT
check "one night" vs_export --domain m one --live=crash --scratch "$x" --to "$x/nights"
live_wait_counter m +2
check "the next one, on it" vs_export --domain m two --live=crash --scratch "$x" --base latest \
    --to "$x/nights"
nights=("$VS_EXPORT")
live_wait_counter m +2
check "and one that is merged and compressed" vs_export --domain m three --live=crash \
    --scratch "$x" --base latest --merge --compress zstd --to "$x/nights"
nights+=("$VS_EXPORT")
forget m
check "import with its memory" vs_import "$late" --to "$to"
want=$(live_counter_of "$(image_of m vda)")
check "the guest goes on where it was exported" goes_on_without_boot m "$want" "$before"
forget m
for night in "${nights[@]}"; do
    check "import of a night" vs_import "$night" --to "$to"
    check "the guest sees the same" vs_same_disk "$(vs_layer "$night" m vda)" qcow2 \
        "$(image_of m vda)"
    check "the images are sound" images_sound "$to"
    check "the file system as well" fs_sound m vda
    forget m
done
check "new addresses and a memory state do not go together" eval '
    trusted "$memory"
    vs_refused 1 "MAC addresses" import "$memory" --to "$to" --mac new "${TRUST[@]}"'

# --- firmware variables, of a domain that is off and has what the first one wrote. They are not
# those of the template, in a place that the firmware does not read.
cp "$d/i.qcow2" "$d/u.qcow2"
live_define u --uefi --disk "$d/u.qcow2"
cp "$LIVE_FIRMWARE_VARS" "$d/nvram/u_VARS.fd"
printf own | dd of="$d/nvram/u_VARS.fd" bs=1 conv=notrunc status=none \
    seek=$(($(stat -c %s "$d/nvram/u_VARS.fd") - 4096))
live_snapshot_external u snap1
check "export of a domain with UEFI" vs_export --domain u snap1 --to "$x/uefi"
uefi=$VS_EXPORT
lose u
rm "$d"/u.* "$d"/nvram/*
check "import" vs_import "$uefi" --to "$to"
check "its variables are there" cmp "$uefi/domains/u/nvram.fd" "$to/u/snap1/domains/u/nvram.fd"
check "and its own" eval '! cmp -s "$to/u/snap1/domains/u/nvram.fd" /usr/share/OVMF/OVMF_VARS_4M.fd'
like "$(live_virsh dumpxml u)" "<nvram[^>]*>$to/u/snap1/domains/u/nvram.fd" "the domain uses them"
check "the guest sees the same" vs_same_disk "$(vs_layer "$uefi" u vda)" qcow2 "$(image_of u vda)"
# verify-boot.sh shows that a guest boots through its firmware; with WAYS=all this one does, too.
want=$(live_counter_of "$(image_of u vda)")
check "a second export of it" eval 'live_snapshot_external u snap2
    vs_export --domain u snap2 --to "$x/second"'
check "has the same content" same_content "$uefi" u "$VS_EXPORT" u vda
check "and the same variables" cmp "$uefi/domains/u/nvram.fd" "$VS_EXPORT/domains/u/nvram.fd"
check "it starts" live_virsh start u
check "and its firmware writes to them" live_wait "its firmware writes" eval \
    '! cmp -s "$uefi/domains/u/nvram.fd" "$to/u/snap1/domains/u/nvram.fd"'
[ "${WAYS-}" != all ] ||
    check "the guest boots and goes on" eval 'live_wait_boot u &&
        live_wait_counter u $((want + 1)) && [ "$(first_counter u)" -gt "$want" ]'
forget u

# --- a chain of twenty layers, of which the tree comes back
# It has what the first one wrote.
live_define i --disk "$d/i.qcow2"
chain=
for n in {1..20}; do
    chain+="snapshot-create-as i s$n --disk-only --diskspec vda,file=$d/i-$n.qcow2; "
done
live_virsh_all "$chain" >/dev/null
check "export of a tree" vs_export --domain i s20 --to "$x/tree" --snapshots all
tree=$VS_EXPORT
want=$(live_counter_of "$(vs_layer "$tree" i vda)")
names=$(live_virsh snapshot-list i --name --topological | xargs)
parents=$(live_virsh snapshot-list i --tree)
lose i
rm "$d"/i*.qcow2
check "import of all of it" vs_import "$tree" --to "$to" --with-snapshots
is "$(live_virsh snapshot-list i --name --topological | xargs)" "$names" "every snapshot is there"
is "$(live_virsh snapshot-list i --tree)" "$parents" "and the tree is the same"
is "$(live_virsh snapshot-current i --name)" s20 "the exported one is the current one"
check "the images are sound" images_sound "$to"
check "it boots and goes on" goes_on i "$want"
check "a second export of the result" eval 'live_destroy i
    vs_export --domain i s20 --to "$x/second" --snapshots all'
check "has the same content" same_content "$tree" i "$VS_EXPORT" i vda
forget i
check "without its snapshots" vs_import "$tree" --to "$to"
check "the guest sees the same" vs_same_disk "$(vs_layer "$tree" i vda)" qcow2 "$(image_of i vda)"
check "its images are sound, too" images_sound "$to"
check "and it starts" live_start i
forget i

# --- internal snapshots
check "import without snapshots" vs_import "$internal" --to "$to"
like "$(vs_field '.warnings[]')" "with-snapshots" "the memory state is told of"
number=$(live_counter_of "$(image_of j vda)")
check "the disk is of the snapshot's instant ($before_on <= $number <= $after_on + 1)" \
    [ "$before_on" -le $((number + 1)) -a "$number" -le $((after_on + 1)) ]
check "its file system is sound" fs_sound j vda
check "and it starts" live_start j
forget j
check "import with snapshots" vs_import "$internal" --to "$to" --with-snapshots
is "$(live_virsh snapshot-list j --name --topological | xargs)" "on off" "both are there"
# of_snapshot EXPORT SNAPSHOT: prints the digest of what the disk was at the internal snapshot.
of_snapshot()
{
    qemu-img convert -l "snapshot.name=$2" -O raw "$(vs_layer "$1" j vda)" "$d/was.raw" &&
        sha1sum <"$d/was.raw"
}
check "a second export of it" vs_export --domain j on --to "$x/second" --snapshots all
for name in on off; do
    is "$(of_snapshot "$VS_EXPORT" $name)" "$(of_snapshot "$internal" $name)" \
        "has the same content as it was at '$name'"
done
check "the guest goes on where it stood" goes_on_without_boot j "$number" "$before_on"
live_destroy j
check "it can be reverted to the other one" live_virsh snapshot-revert j off
forget j

done_testing
