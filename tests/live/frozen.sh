#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Layers that were written to after their snapshot. No guest runs.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"
after='written to after the snapshot'

# image NAME: makes an image whose content is older than any snapshot here.
image()
{
    qemu-img create -q -f qcow2 "$d/$1" 4M && qemu-io -c 'write -q -P 1 0 1M' "$d/$1" &&
        touch -d '1 hour ago' "$d/$1"
}

# past FILE SECONDS: succeeds if FILE was made more than SECONDS ago.
past()
{
    awk -v b="$(stat -c %.9W "$1")" -v s="$2" -v n="$(date +%s.%N)" 'BEGIN { exit !(n > b + s) }'
}

image a.qcow2
live_define a --disk "$d/a.qcow2"
check "snapshot" live_snapshot_external a s1 --diskspec "vda,file=$d/a.over"
check "exported at once" vs_export --domain a s1 --to "$x/fresh"
is "$(vs_field '.warnings | length')" 0 "nothing to warn of"
[ "$(stat -c %W "$d/a.over")" -gt 0 ] || { done_testing; exit; } # no birth times here

qemu-io -c 'write -q -P 2 0 1M' "$d/a.over"
check "a commit into the frozen layer" qemu-img commit -q -d "$d/a.over"
check "exported" vs_export --domain a s1 --to "$x/committed"
like "$(vs_field '.warnings[]')" "'a'.*a.qcow2.*$after" "it is warned of"
like "$(vs export-info "$VS_EXPORT" --json | jq -r '.warnings[]')" "$after" "in the export, too"
check "merged" vs_export --domain a s1 --to "$x/merged" --merge
like "$(vs_field '.warnings[]')" "$after" "the same"

# An overlay that existed before the snapshot does not show when the snapshot was made.
image b.qcow2
qemu-img create -q -f qcow2 -b "$d/b.qcow2" -F qcow2 "$d/b.over"
live_define b --disk "$d/b.qcow2"
live_wait "it is older" past "$d/b.over" 1.1
check "snapshot with an overlay of one's own" \
    live_snapshot_external b s1 --reuse-external --diskspec "vda,file=$d/b.over"
check "exported" vs_export --domain b s1 --to "$x/reused"
is "$(vs_field '.warnings | length')" 0 "nothing to warn of"
created=$(live_virsh snapshot-dumpxml b s1 | xmllint --xpath 'string(//creationTime)' -)
qemu-io -c 'write -q -P 2 0 1M' "$d/b.over"
live_wait "the snapshot is over" eval '[ "$(date +%s)" -gt $((created + 2)) ]'
check "a commit into the frozen layer" qemu-img commit -q -d "$d/b.over"
check "exported" vs_export --domain b s1 --to "$x/doubtful"
like "$(vs_field '.warnings[]')" "'b'.*b.qcow2.*cannot be told" "the doubt is told"

# An overlay that a later snapshot made anew does not show when the earlier one was made.
image c.qcow2
live_define c --disk "$d/c.qcow2"
check "snapshot" live_snapshot_external c s1 --diskspec "vda,file=$d/c.over"
qemu-io -c 'write -q -P 2 0 1M' "$d/c.over"
check "a commit into the frozen layer" qemu-img commit -q -d "$d/c.over"
rm "$d/c.over"
live_virsh dumpxml c | sed "s|$d/c.over|$d/c.qcow2|" >"$d/c.xml"
check "the domain is given its image back" live_virsh define "$d/c.xml"
check "snapshot with an overlay of the same name" \
    live_snapshot_external c s2 --diskspec "vda,file=$d/c.over"
check "the earlier one is exported" vs_export --domain c s1 --to "$x/anew"
like "$(vs_field '.warnings[]')" "'c'.*c.qcow2.*'s1'" "it is warned of"
check "the later one is exported" vs_export --domain c s2 --to "$x/later"
is "$(vs_field '.warnings | length')" 0 "which has nothing to warn of"

done_testing
