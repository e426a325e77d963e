#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What the manual says about restoring without virtsnap is done as it is written there, with other
# values only in its first three lines.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
mkdir "$d/x" "$d/to"
cd "$d" || exit 1

# The commands of the page, as man shows them.
page=$(sed -n '/^=head2 Without virtsnap/,/^=head1/s/^    //p' "$abs_top_srcdir/man/virtsnap.pod")
is "$(grep -c '^[A-Z]*=' <<<"$page")" 3 "the page names three values to fill in"
like "$page" "qemu-img convert.*virsh define.*virsh start" "and what to do with them"
! grep -q virtsnap <<<"$page"
is $? 0 "without virtsnap"

# --- a domain that writes to a chain and to a raw disk
live_disk "$d/base.qcow2"
live_disk "$d/data.raw"
live_overlay "$d/base.qcow2" "$d/web.qcow2"
live_define web --disk "$d/web.qcow2" --disk "$d/data.raw"
check "it boots" live_boot web || bail_out "no guest"
live_wait_counter web +5
live_snapshot_external web first
live_wait_counter web +3
live_destroy web
check "an empty drive besides" live_virsh attach-disk web '' hda --type cdrom --config
live_snapshot_external web snap1
want=$(live_counter_of "$d/web.first")
check "export" vs_export --domain web snap1 --to "$d/x"
live_virsh undefine web --snapshots-metadata
rm "$d"/web.* "$d"/base.* "$d"/data.*

# restored PAGE: runs the commands of the page with the values of this test.
virsh() { live_virsh "$@"; }
restored()
{
    sed "s|^EXPORT=.*|EXPORT=$VS_EXPORT|; s|^TO=.*|TO=$d/to|" <<<"$1" >"$d/recipe"
    set -e
    . "$d/recipe"
}
check "the recipe, step by step" eval '(restored "$page")'
check "the guest boots from what was restored" live_wait_boot web
check "and goes on from the snapshot" live_wait_counter web "$((want + 1))"
is "$(live_virsh domblklist web | awk 'NF > 1 && /vd/ { print $2 }')" \
    "$d/to/web-vda.qcow2"$'\n'"$d/to/web-vdb.qcow2" "on its own images"
check "which are sound" eval 'live_destroy web && qemu-img check -q "$d/to/web-vda.qcow2" &&
    qemu-img check -q "$d/to/web-vdb.qcow2"'
check "the export is as it was" vs_sound "$VS_EXPORT"

done_testing
