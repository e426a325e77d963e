#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Domains that run on images of an export are made independent of it: running or shut off,
# interrupted or killed in between, and the cases that are refused. No guest boots.
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
export LIVE_BOOT=none

live_disk "$d/base.qcow2"
head -c 8M /dev/urandom >"$d/data.raw"
live_overlay "$d/base.qcow2" "$d/t.qcow2"
qemu-io -f qcow2 -c 'write -P 5 0 3M' "$d/t.qcow2" >/dev/null
live_define t --disk "$d/t.qcow2" --disk "$d/data.raw"
live_snapshot_external t snap1
check "export" vs_export --domain t snap1 --to "$x" || bail_out "no export"
export=$VS_EXPORT
check "a domain that stands on none" eval '[ "$(vs import-detach t --json)" = \
    "{\"result\":0,\"domain\":\"t\",\"disks\":[],\"warnings\":[]}" ]'
lose t
rm "$d"/t.* "$d"/base.* "$d"/data.*
trusted "$export"

images() { find "$export/layers" -type f -exec sha1sum {} + | sort; }
before=$(images)
unchanged() { [ "$(images)" = "$before" ] || live_die "$(diff <(images) - <<<"$before")"; }

# again: the domain, shut off, on the images of the export, with data of its own that include zeros.
again()
{
    [ -z "$(live_virsh list --all --name | xargs)" ] || forget t || return 1
    vs_import "$export" --to "$to" --in-place || return 1
    vda=$(image_of t vda) vdb=$(image_of t vdb)
    qemu-io -f qcow2 -c 'write -P 9 1M 64k' -c 'write -z 2M 512k' "$vda" >/dev/null &&
        qemu-io -f qcow2 -c 'write -z 1M 1M' "$vdb" >/dev/null &&
        want=$(content)
}

# content: prints a sum of what a guest sees on its disks.
content()
{
    local disk
    for disk in "$vda" "$vdb"; do
        qemu-img convert -U -f qcow2 -O raw "$disk" "$d/raw" && sha1sum <"$d/raw"
    done
}

# independent: checks that each disk has a single image, both in the running domain and in its
# definition.
independent()
{
    ! { live_virsh dumpxml t; live_virsh dumpxml t --inactive; } | grep "/layers/" || return 1
    ! { qemu-img info -U "$vda"; qemu-img info -U "$vdb"; } | grep "^backing" || return 1
    unchanged
}
# same: checks that the domain, once it is shut off, has the content that it had.
same() { [ "$(content)" = "$want" ] || live_die "other content"; }

# --- shut off
check "a domain in place" again
check "what would be done" eval 'vs import-detach t --dry-run >"$d/plan"'
like "$(<"$d/plan")" "vdb +copied by qemu-img +$vdb" "is shown"
is "$(content)" "$want" "and not done"
check "a domain that is not there" vs_refused 32779 "zz" import-detach zz
check "detach" eval 'vs import-detach t --json >"$VS_OUT" 2>"$VS_ERR"'
is "$(vs_field '[.result, .domain, (.disks[] | .target, .path)] | join(" ")')" \
    "0 t vda $vda vdb $vdb" "the result says so"
check "it is independent" eval 'independent && same'
mv "$x" "$x.gone"
check "and starts without the export" live_virsh start t
live_destroy t
mv "$x.gone" "$x"

# --- done but for the definition, as one that was killed leaves it
check "once more" again
qemu-img rebase -b "" -f qcow2 "$vda"
check "what is left to do" eval 'vs import-detach t --dry-run --json >"$VS_OUT"'
is "$(vs_field '.disks[0].bytes')" 0 "is nothing to copy"
check "detach" vs -q import-detach t
check "it is independent" eval 'independent && same'

# begin: starts a detachment in the background that copies slowly; sets pid to its process.
begin()
{
    "$abs_top_builddir/virtsnap" --json import-detach t --bandwidth 400K --progress=json \
        >"$VS_OUT" 2>"$d/progress" &
    pid=$!
    live_wait "it copies" grep -q '"current":[1-9]' "$d/progress" &&
        live_wait "it can be stopped" live_catches_stop $pid
}

# --- killed
check "once more" again
begin
kill -KILL $pid
wait $pid
check "killed it has all its data" same
check "and starts" live_virsh start t
live_destroy t
check "the same goes on" vs -q import-detach t
check "it is independent" eval 'independent && same'

# --- running
check "once more" again
check "it runs" live_virsh start t
check "what would be done" eval 'vs import-detach t --dry-run >"$d/plan"'
like "$(<"$d/plan")" "copied while it runs" "is shown"
begin
kill -INT $pid
wait $pid
is "$(live_virsh domstate t)" running "ended it leaves the domain running"
live_destroy t
check "with all its data" same
check "it runs again" live_virsh start t
begin
kill -KILL $pid
wait $pid
is "$(live_virsh domstate t)" running "killed it leaves the domain running"
check "the same goes on" vs -q import-detach t
is "$(live_virsh domstate t)" running "the domain runs"
check "and is independent" independent
live_destroy t
check "also when it has ended" eval 'independent && same'

# --- what is refused
check "once more" again
mv "$x" "$x.gone"
check "an export that is not where it was" vs_refused 32779 "'t'.*'vda'.*put the export back" \
    import-detach t
mv "$x.gone" "$x"
base=$(live_virsh dumpxml t | xmllint --xpath 'string(//disk[1]//backingStore/source/@file)' -)
mv "$base" "$d/base.was"
check "one of its images" vs_refused 32779 "'t'.*'vda'.*${base##*/}.*put the export back" \
    import-detach t
truncate -s 100 "$base"
check "is damaged" vs_refused 32802 "'t'.*'vda'.*${base##*/}.*put the export back" import-detach t
mv "$d/base.was" "$base"
is "$(content)" "$want" "nothing has changed"

# The definition shows that the domain stands on an export, and the images show what is copied
# already.
mv "$export/manifest.xml" "$d/manifest.xml"
echo damaged >"$export/manifest.xml"
check "a manifest that is damaged does not matter" eval 'vs import-detach t --dry-run >"$d/plan"'
like "$(<"$d/plan")" "vda +copied.*vdb +copied" "for what is to be done"
rm "$export/manifest.xml"
check "one whose manifest is gone" vs -q import-detach t
check "is left behind" eval 'independent && same'
mv "$d/manifest.xml" "$export/manifest.xml"
check "once more" again
mv "$export/manifest.xml" "$d/manifest.xml"
check "it runs" live_virsh start t
check "also while it runs" vs -q import-detach t
check "is left behind" independent
live_destroy t
check "with all its data" same
mv "$d/manifest.xml" "$export/manifest.xml"

check "once more" again
live_snapshot_external t later
check "snapshots need the export" vs_refused 5 "'later'.*'t'.*delete its snapshots" import-detach t
lose t
rm -r "$to" && mkdir "$to"
check "once more" again
qemu-img snapshot -c inner "$vda"
check "so do those inside of an image" vs_refused 5 "internal snapshots" import-detach t
qemu-img snapshot -d inner "$vda"
if [ "$(id -u)" -eq 0 ] && mkdir "$d/small" && mount -t tmpfs -o size=6m none "$d/small"; then
    at_exit umount "$d/small"
    forget t
    check "on a small file system" vs_import "$export" --to "$d/small" --in-place
    check "there is no room" vs_refused 32801 "may need .* has .* left" import-detach t
else
    skip "there is no room" "nothing may be mounted here"
fi
forget t
check "an import that has images of its own" vs_import "$export" --to "$to"
check "stands on none" eval '[ "$(vs import-detach t --json | jq -c .disks)" = "[]" ]'
check "the export is as it was" unchanged

done_testing
