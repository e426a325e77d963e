#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The present state of a running domain's disks, while it writes on: all of one
# instant, in images that standard tools take for good ones.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
live_requires
requires fsverity jq

check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
d=$LIVE_DIR
x=$d/x
mkdir "$x"
check "a guest that writes" eval 'live_disk "$d/base.qcow2" &&
    live_overlay "$d/base.qcow2" "$d/a.qcow2" &&
    qemu-img create -q -f qcow2 "$d/b.qcow2" 64M &&
    qemu-io -f qcow2 -c "write -P 7 1M 3M" -c "write -z 8M 1M" "$d/b.qcow2" >/dev/null &&
    live_define a --disk "$d/a.qcow2" --disk "$d/b.qcow2" && live_boot a' || bail_out "no guest"

# capture DIRECTORY TARGET...
capture() { "$abs_top_builddir/tests/bench/capture" "$LIVE_URI" a "$@" >"$d/out" 2>"$d/err"; }

# refused CODE DIRECTORY TARGET...: with that result code, and a text.
refused()
{
    local code=$1
    shift
    ! capture "$@" && grep -q "^$code: ." "$d/err"
}

no_job() { [[ $(live_virsh domjobinfo --domain a) =~ ^Job\ type:\ *None ]]; }

before=$(live_counter a)
check "both disks are captured" capture "$x" vda vdb || cat "$d/err"
after=$(live_counter a)
check "the first image is sound" qemu-img check -q "$x/vda.qcow2"
check "so is the second" qemu-img check -q "$x/vdb.qcow2"
check "they stand alone" eval '! qemu-img info --output=json "$x/vda.qcow2" | grep -q backing'
check "the first is of one instant" live_consistent "$x/vda.qcow2"
at=$(live_counter_of "$x/vda.qcow2")
check "which is within the capture: $before, $at, $after" \
    test "$at" -ge "$before" -a "$at" -le $((after + 1))
check "the second has what it had" \
    qemu-img compare -q -U -f qcow2 -F qcow2 "$d/b.qcow2" "$x/vdb.qcow2"
for disk in vda vdb; do
    is "$(jq -r "select(.target == \"$disk\").digest" "$d/out")" \
        "$(fsverity digest --compact "$x/$disk.qcow2" | sed 's/^/sha256:/')" "the digest of $disk"
    is "$(jq -r "select(.target == \"$disk\").bytes" "$d/out")" \
        "$(stat -c %s "$x/$disk.qcow2")" "the size of $disk"
done
check "the job has ended" no_job
# As the next process sees it, who finds what libvirt had noted when this one ended.
again()
{
    local i
    for i in {1..8}; do
        mkdir "$d/again" && capture "$d/again" vdb && no_job && rm -r "$d/again" || return 1
    done
}
check "each of eight has ended" again
is "$(cd "$x" && echo *)" "vda.qcow2 vdb.qcow2" "nothing else is left"
check "the guest writes on" live_wait_counter a +2

# --- what is refused, and leaves nothing
check "what is there is not overwritten" refused 32800 "$x" vda
check "a disk that is not there" refused 1 "$d" vdz || cat "$d/err"
check "a path that is none" refused 4 "$d" ../vda
long=$d/$(printf 'l%.0s' {1..120})
mkdir "$long"
check "a directory whose path is too long for a socket" refused 4 "$long" vda
check "a directory that is not there" refused 32779 "$d/nowhere" vda
mkdir "$d/y"
check "a domain that is not there" eval '! "$abs_top_builddir/tests/bench/capture" "$LIVE_URI" \
    nobody "$d/y" vda 2>"$d/err" && grep -q "^32779: " "$d/err"'

# A job that somebody else has begun stays theirs.
printf '<domainbackup mode="pull"><server transport="unix" socket="%s/other.sock"/><disks>
    <disk name="vdb" backup="yes" type="file"><scratch file="%s/other"/></disk></disks>
    </domainbackup>' "$d" "$d" >"$d/other.xml"
check "somebody else's backup" live_virsh backup-begin --domain a --backupxml "$d/other.xml"
check "there is one at a time" refused 32774 "$d/y" vda
check "which goes on" eval '! no_job'
is "$(ls -A "$d/y")" "" "of all that nothing is left"

# --- a domain that stops while it is read: nothing is left that looks like an image
check "a disk with more data" eval 'live_destroy a &&
    qemu-io -f qcow2 -c "write -P 9 4M 56M" "$d/b.qcow2" >/dev/null && live_boot a'
qemu=$(live_processes | while read -r pid; do
    grep -aqs qemu-system "/proc/$pid/cmdline" && echo "$pid"; done | head -n 1)
(
    until compgen -G "$d/y/.virtsnap-*/nbd.sock" >"$d/sock" && [ -e "$d/y/vdb.qcow2" ]; do
        sleep 0.002
    done
    kill -9 "$qemu"
) &
check "QEMU is killed while we read" eval '! capture "$d/y" vdb' || cat "$d/out"
wait
check "the error names the disk or the job" grep -qE "'vdb'|'a'" "$d/err"
is "$(ls -A "$d/y")" "" "nothing is left"
check "a domain that is off is refused" eval 'live_wait "it is off" live_off a &&
    refused 5 "$d/y" vda'

done_testing
