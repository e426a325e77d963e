#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What happens to domains, and to libvirtd, while they are exported.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires
live_libvirtd_possible || skip_all "no namespaces for a libvirtd of our own"

check "a libvirtd of our own" live_libvirtd_setup || bail_out "no libvirtd"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"

# data-*.qcow2 is copied first and takes long; the other layers wait for their turn.
live_disk "$d/base.qcow2"
for who in web off; do
    qemu-img create -q -f qcow2 "$d/data-$who.qcow2" 64M
    qemu-io -f qcow2 -c 'write -P 7 0 24M' "$d/data-$who.qcow2" >/dev/null
    live_overlay "$d/base.qcow2" "$d/$who.qcow2"
    live_define $who --disk "$d/$who.qcow2" --disk "$d/data-$who.qcow2"
done
check "boots" live_boot web || bail_out "no guest"
for who in web off; do
    live_snapshot_external $who snap1
    live_snapshot_external $who snap2
done

# slowly DOMAIN BANDWIDTH: starts an export in the background and waits until it copies; sets pid to
# its process. What ends the export takes time on a busy machine: at 128K there are 3 minutes for
# it.
slowly()
{
    rm -rf "${x:?}"/*
    who=$1
    "$abs_top_builddir/virtsnap" --json export --domain "$who" snap2 --to "$x" --parallel 1 \
        --bandwidth "$2" >"$VS_OUT" 2>"$VS_ERR" &
    pid=$!
    live_wait "it copies" test -e "$x/$who/.snap2.partial/layers"
    live_wait "it has copied" live_wrote $pid 100000
}

# held COMMAND...: runs COMMAND while the export is stopped, so that the export is still at work
# when it gets the event, however fast it copies.
held()
{
    kill -STOP "$pid"
    "$@"
    kill -CONT "$pid"
}

# ended CODE REGEX: checks that the export ended with this result before it had copied everything,
# which takes minutes at its bandwidth, and that it left nothing.
ended()
{
    ! wait "$pid" || live_die "was done" || return 1
    echo "ended: $(cat "$VS_OUT")"
    [ "$(vs_field .error.code)" = "$1" ] && [[ $(vs_field .error.message) =~ $2 ]] &&
        [ ! -e "$x/$who/snap2" ] && [ ! -e "$x/$who/.snap2.partial" ]
}

# completed [REGEX]: checks that the export was completed with that warning, or without any. The
# commit that was started above may have written to web.qcow2, and then every export has a warning
# about it.
completed()
{
    local warnings others
    wait "$pid" || live_die "$(cat "$VS_OUT")" || return 1
    warnings=$(vs_field '.warnings | join("\n")')
    echo "warnings: $warnings"
    others=$(grep -v "web.qcow2' was written to" <<<"$warnings")
    [[ $others =~ ${1:-^$} ]] && [ "$warnings" = "$(vs export-info "$x/$who/snap2" --json |
        jq -r '.warnings | join("\n")')" ] && vs_sound "$x/$who/snap2"
}

# --- what changes layers
slowly web 128K
live_virsh blockcommit --domain web --path vdb --top "$d/data-web.snap1" \
    --base "$d/data-web.qcow2" >"$d/said" 2>&1
check "a commit into the layer that is read is refused by QEMU's lock" grep -q lock "$d/said"
live_virsh blockcommit --domain web --path vda --top "$d/web.snap1" --base "$d/web.qcow2" \
    --bytes --bandwidth 4096 >"$d/said" 2>&1
check "a commit into a layer that waits ends it at once" \
    ended 32774 "block job .* 'web'.* disk 'vda'.*web.qcow2"
live_virsh blockjob --domain web --path vda --abort

live_define thief --disk "$d/off.qcow2"
slowly off 128K
live_start thief
check "so does a domain that starts with such a layer as its disk" \
    ended 32774 "'thief' runs now.* 'off', disk 'vda'.*off.qcow2"
live_destroy thief

slowly off 128K
rm "$d/off.qcow2"
live_virsh undefine --domain off --snapshots-metadata
check "a domain undefined whose images are gone" ended 32779 "'off', disk 'vda'.*off.qcow2"

# --- what changes none
elsewhere()
{
    live_virsh blockpull --domain web --path vda
    live_virsh suspend --domain web
    live_virsh resume --domain web
    live_virsh undefine --domain thief
}
slowly web 10M
held elsewhere
check "a pull, a pause, another domain undefined: goes on" completed

slowly web 10M
held live_libvirtd_stop KILL
check "libvirtd dies: goes on, and says so" completed "connection to libvirt was lost"
check "libvirtd is back" live_libvirtd_start

slowly web 10M
held live_libvirtd_stop
check "libvirtd ends in good order: the same" completed "connection to libvirt was lost"
live_libvirtd_start

slowly web 10M
held eval 'live_virsh undefine --domain web --snapshots-metadata; live_destroy web'
check "undefined, but its images stay: goes on" completed "'web' was undefined"

done_testing
