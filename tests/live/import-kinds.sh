#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What is restored of domains with memory states, firmware variables, internal snapshots and
# snapshot trees.
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
check "the guest goes on where it stood" goes_on_without_boot j "$number" "$before_on"
live_destroy j
check "it can be reverted to the other one" live_virsh snapshot-revert j off
forget j

done_testing
