#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# A live export where libvirt is part of the program: all disks are of one instant, standard tools
# accept the images, and the next process finds nothing left of the export.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires
requires fsverity jq

check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"
check "a guest that writes" eval 'live_disk "$d/base.qcow2" &&
    live_overlay "$d/base.qcow2" "$d/a.qcow2" &&
    qemu-img create -q -f qcow2 "$d/b.qcow2" 64M &&
    qemu-io -f qcow2 -c "write -P 7 1M 3M" -c "write -z 8M 1M" "$d/b.qcow2" >/dev/null &&
    live_define a --disk "$d/a.qcow2" --disk "$d/b.qcow2" && live_boot a' || bail_out "no guest"

left() { find "$LIVE_ROOT/lib/qemu" "$x" -name '.virtsnap-*' -o -name '.*.partial'; }
no_job() { [[ $(live_virsh domjobinfo --domain a) =~ ^Job\ type:\ *None ]]; }

before=$(live_counter a)
check "both disks are exported" vs_export --domain a one --live --to "$x"
after=$(live_counter a)
check "it is sound" vs_sound "$VS_EXPORT"
layer=$(vs_layer "$VS_EXPORT" a vda)
check "the first is of one instant" live_consistent "$layer"
at=$(live_counter_of "$layer")
check "which is within the export: $before, $at, $after" \
    test "$at" -ge "$before" -a "$at" -le $((after + 1))
check "the second has what it had" vs_same_disk "$d/b.qcow2" qcow2 "$(vs_layer "$VS_EXPORT" a vdb)"
is "$(jq -r '.domains[0].snapshots[0].consistency' <(vs export-info --json "$VS_EXPORT"))" \
    application "the guest was made ready for it"
check "the job has ended" no_job
again()
{
    local n
    for n in {1..5}; do
        vs_export --domain a "again-$n" --live=crash --exclude a:vda --to "$x" && no_job || return 1
    done
}
check "each of five has ended" again
is "$(left)" "" "nothing is left"
check "the guest writes on" live_wait_counter a +2

# --- killed: the job is QEMU's, and the next export ends it
"$abs_top_builddir/virtsnap" export --domain a killed --live=crash --to "$x" --bandwidth 1M \
    >"$VS_OUT" 2>&1 </dev/null &
pid=$!
reads() { compgen -G "$x/a/.killed.partial/layers/*" >/dev/null; }
check "one that reads" live_wait "it reads" reads
kill -9 $pid
wait $pid 2>/dev/null
check "is killed, and leaves its job" eval '! no_job'
check "the next one ends that" vs_export --domain a killed --live=crash --to "$x"
is "$(vs_field '.warnings | length')" 1 "and says so"
check "the job has ended" no_job
is "$(left)" "" "nothing is left"

# --- QEMU is killed while we read: nothing is left that looks like an export
qemu=$(live_processes | while read -r one; do
    grep -aqs qemu-system "/proc/$one/cmdline" && echo "$one"; done | head -n 1)
"$abs_top_builddir/virtsnap" export --domain a dead --live=crash --to "$x" --bandwidth 1M --json \
    >"$VS_OUT" 2>"$VS_ERR" </dev/null &
pid=$!
dead() { compgen -G "$x/a/.dead.partial/layers/*" >/dev/null; }
check "another one that reads" live_wait "it reads" dead
kill -9 "$qemu"
check "fails when its QEMU is killed" eval '! wait $pid'
is "$(vs_field .error.code)" 5 "as the moment is gone"
is "$(left)" "" "nothing is left"
check "a domain that is off is read from its images" eval 'live_wait "it is off" live_off a &&
    vs_export --domain a off --live --to "$x"'
is "$(jq -r '.domains[0].snapshots[0].consistency' <(vs export-info --json "$VS_EXPORT"))" offline \
    "and said to be off"

done_testing
