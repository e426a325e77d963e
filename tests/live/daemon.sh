#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# With a libvirtd of our own: two exports at once, and a libvirtd that dies.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
live_requires
live_libvirtd_possible || skip_all "no namespaces for a libvirtd of our own"

check "a libvirtd of our own" live_libvirtd_setup || bail_out "no libvirtd"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"
live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/t.qcow2"
qemu-io -f qcow2 -c 'write -P 5 0 24M' "$d/t.qcow2" >/dev/null
live_define t --disk "$d/t.qcow2"
check "boots" live_boot t || bail_out "no guest"
live_snapshot_external t snap1

# slowly TARGET: starts an export in the background and waits until it copies; sets pid to its
# process.
slowly()
{
    "$abs_top_builddir/virtsnap" --json export --domain t snap1 --to "$1" --bandwidth 8M \
        >"$d/first" 2>&1 &
    pid=$!
    live_wait "it copies" test -e "$1/t/.snap1.partial/layers"
}

slowly "$x/t"
check "another export of the same set is under way" \
    vs_refused 32774 "under way" export --domain t snap1 --to "$x/t" --merge
check "elsewhere there may be one at the same time" vs_export --domain t snap1 --to "$x/other"
check "which is sound" vs_sound "$VS_EXPORT"
check "the first one ends well" wait "$pid"
check "and is sound" vs_sound "$x/t/t/snap1"

slowly "$x/gone"
check "libvirtd dies while layers are copied" live_libvirtd_stop KILL
check "the export does not mind" wait "$pid"
check "and is sound" vs_sound "$x/gone/t/snap1"
check "without libvirtd" vs_refused 32777 "connect" export --domain t snap1 --to "$x/none"
check "libvirtd is back" live_libvirtd_start
check "the guest has never stopped" live_wait_counter t +3

# --- an import, and a libvirtd that is restarted while it copies
to=$d/new
export=$x/other/t/snap1
mkdir "$to"
trusted "$export"
# import_slowly: starts an import in the background, which stops after it has begun to copy; sets
# pid to its process.
import_slowly()
{
    "$abs_top_builddir/virtsnap" --json import "$export" --to "$to" --suffix .new --new-uuid \
        "${TRUST[@]}" --bandwidth 8M "$@" >"$VS_OUT" 2>"$VS_ERR" &
    pid=$!
    live_wait "it copies" test -e "$to/t.new/.snap1.partial/layers"
    kill -STOP $pid
}
import_slowly
check "libvirtd is restarted while files are copied" \
    eval 'live_libvirtd_stop KILL && live_libvirtd_start'
kill -CONT $pid
check "the import connects again" wait "$pid"
is "$(live_virsh list --all --name | sort | xargs)" "t t.new" "and defines the domain"
live_virsh undefine t.new
rm -r "$to/t.new"
import_slowly
check "libvirtd dies while files are copied" live_libvirtd_stop KILL
kill -CONT $pid
check_fails "and is not back when they are there" wait "$pid"
is "$(vs_field .error.code)" 32777 "that is told"
like "$(vs_field .error.message)" "--resume" "with how to go on"
check "nothing is there under its final name" test ! -e "$to/t.new/snap1"
check "libvirtd is back" live_libvirtd_start
check "it is gone on with" vs import --json "$export" --to "$to" --suffix .new --new-uuid \
    "${TRUST[@]}" --resume
is "$(live_virsh list --all --name | sort | xargs)" "t t.new" "and the domain is there"
check "its images are sound" images_sound "$to"

# A libvirtd that does not answer any more dies while an export is being planned.
daemon=$(cat "$d/host/run/libvirtd.pid")
vs uri >/dev/null
dies()
{
    local pid
    live_inside kill -s STOP "$daemon"
    vs --json export --domain t snap1 --to "$x/none" >"$VS_OUT" 2>"$VS_ERR" &
    pid=$!
    sleep 1
    live_inside kill -s KILL "$daemon"
    ! wait "$pid" && [ "$(vs_field .error.code)" = 32777 ]
}
check "libvirtd dies in the middle of the planning" dies
check "nothing is left" [ ! -e "$x/none" ]
live_libvirtd_start
hangs()
{
    daemon=$(cat "$d/host/run/libvirtd.pid")
    live_inside kill -s STOP "$daemon"
    "$abs_top_builddir/virtsnap" --json export --domain t snap1 --to "$x/none" >"$VS_OUT" 2>&1 &
    pid=$!
    live_wait "it can be interrupted" live_catches "$pid"
    kill -INT "$pid"
    ! wait "$pid" && [ "$(vs_field .error.code)" = 32804 ]
}
check "Ctrl-C while libvirtd hangs ends it, which hangs on" hangs
live_inside kill -s CONT "$daemon"

done_testing
