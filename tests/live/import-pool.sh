#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Images that become volumes of a storage pool, and a libvirtd that dies while domains are defined.
# The embedded driver has no storage driver, so this test uses a libvirtd. POINTS=all kills at
# every call.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
. "$abs_top_srcdir/tests/service/lib.sh"
live_requires
live_libvirtd_possible || skip_all "no namespaces for a libvirtd of our own"
requires "$abs_top_builddir/tests/inject" \
    /usr/lib/*/libvirt/connection-driver/libvirt_driver_storage.so

# libvirtd only sees file systems that are mounted before it is started.
small=$TEST_DIR/small
mkdir "$small" && mount -t tmpfs -o size=64m,mode=755 none "$small" || skip_all "nothing is mounted"
at_exit umount "$small"
check "a libvirtd of our own" live_libvirtd_setup || bail_out "no libvirtd"
vs_setup
export LIVE_BOOT=none
d=$LIVE_DIR
x=$d/x
to=$d/new
pool=$d/pool
mkdir "$x" "$to" "$pool"
NOT_SUPPORTED=1 INVALID_STATE=5 NOT_FOUND=32779 TAKEN=32800

live_disk "$d/base.qcow2"
for domain in t u; do
    live_overlay "$d/base.qcow2" "$d/$domain.qcow2"
    qemu-io -f qcow2 -c 'write -P 5 0 3M' "$d/$domain.qcow2" >/dev/null
    live_define "$domain" --disk "$d/$domain.qcow2"
done
qemu-img create -q -f raw "$d/raw.img" 4M
qemu-io -f raw -c 'write -q -P 7 1M 1M' "$d/raw.img"
vs -q collection-create-as pair --domain t --domain u
live_snapshot_external t snap1
live_snapshot_external u snap1
check "export" vs_export pair snap1 --to "$x"
export=$VS_EXPORT
trusted "$export"
for domain in t u; do
    qemu-img convert -O raw "$(vs_layer "$export" $domain vda)" "$d/$domain.was"
done
lose t u
vs -q collection-undefine pair
rm "$d"/[tu].qcow2 "$d"/[tu].snap1

live_virsh pool-define-as --name disks --type dir --target "$pool"

volumes() { live_virsh vol-list --pool disks | awk 'NF { print $1 }'; }
# nothing_left: checks that nothing of an import is in the pool, in libvirt's list of volumes or
# elsewhere.
nothing_left()
{
    [ -z "$(ls -A "$pool")$(live_virsh list --all --name | xargs)$(volumes)" ] &&
        [ ! -e "$to/pair/snap1" ] || live_die "$(ls -AR "$pool" "$to"; volumes)"
}
# is_complete: checks that both domains exist and see the exported content.
is_complete()
{
    local domain
    [ "$(live_virsh list --all --name | sort | xargs)" = "t u" ] &&
        vs -q collection-dumpxml pair >/dev/null && images_sound "$pool" || return 1
    for domain in t u; do
        qemu-img compare -q -f raw -F qcow2 "$d/$domain.was" \
            "$(live_virsh domblklist $domain | awk '$1 == "vda" { print $2 }')" || return 1
    done
}
forget_all()
{
    lose t u && vs -q collection-undefine pair && rm -rf "${pool:?}"/* "${to:?}"/* &&
        live_virsh pool-refresh disks
}

# --- what is in the way
check "a pool that is not active" vs_refused $INVALID_STATE "virsh pool-start 'disks'" \
    import "$export" --to "$to" --pool disks "${TRUST[@]}"
live_virsh pool-start disks
check "one that is not there" vs_refused $NOT_FOUND "virsh pool-list --all" \
    import "$export" --to "$to" --pool none "${TRUST[@]}"
live_virsh pool-define-as --name far --type iscsi --source-host localhost \
    --source-dev iqn.2026-01.org.virtsnap:none --target /dev/disk/by-path
vs_refused $INVALID_STATE "pool-start" import "$export" --to "$to" --pool far "${TRUST[@]}" ||
    vs_refused $NOT_SUPPORTED "'iscsi'" import "$export" --to "$to" --pool far "${TRUST[@]}"
check "one whose volumes are no files" [ $? -eq 0 ]
check "in place there are no volumes" vs_refused 4 "--in-place and --pool" \
    import "$export" --to "$to" --pool disks --in-place
check "nothing has changed" nothing_left

check "the plan as JSON" eval 'vs import --json "$export" --to "$to" --pool disks --dry-run \
    "${TRUST[@]}" >"$VS_OUT"'
is "$(vs_field .pool)" disks "it names the pool"
first=$(vs_field '.files[0].path')
is "${first%/*}" "$pool" "and its files"
like "$(vs import "$export" --to "$to" --pool disks --dry-run "${TRUST[@]}")" \
    "images into the storage pool 'disks'" "as does the text"
check "nothing is made" nothing_left

echo mine >"$first"
overlay=$(vs_field '.overlays[0].path // empty')
check "a volume of that name is found before" vs_refused $TAKEN \
    "'disks' has a volume '${first##*/}'; --rename or --suffix" \
    import "$export" --to "$to" --pool disks "${TRUST[@]}"
is "$(cat "$first")$(ls -A "$to")" mine "and stays"
rm "$first"

# --- done
check "import" vs_import "$export" --to "$to" --pool disks
check "the domains see what was exported" is_complete
is "$(vs_field .pool)" disks "the JSON names the pool"
is "$(volumes | sort | xargs)" "$(ls "$pool" | sort | xargs)" "libvirt knows all volumes"
like "$(live_virsh vol-dumpxml --pool disks "$(basename "$(image_of t vda)")")" \
    "<format type='qcow2'/>" "and what they are"
is "$(find "$to" -type f | xargs)" "" "there are no other files"
check "a domain starts" live_virsh start t
check "and is destroyed" live_destroy t
check "once more, with other names" vs_import "$export" --to "$to" --pool disks --suffix .two \
    --new-uuid --mac new --domain t --with-snapshots
check "with its snapshot" [ "$(live_virsh snapshot-list t.two --name | xargs)" = snap1 ]
check "the images are sound" images_sound "$pool"
lose t.two
forget_all
export VIRTSNAP_STATE_DIR=$d/state/of/ours
trusted "$export"
check "the plan without --to" eval 'vs import --json "$export" --pool disks --dry-run \
    "${TRUST[@]}" >"$VS_OUT"'
check "nothing is made" [ ! -e "$d/state/of" ]
export VIRTSNAP_STATE_DIR=$d/state
check "without --to" vs_import "$export" --pool disks
check "it is the same" is_complete
is "$(vs_field .directory)" "$d/state/imports/pair/snap1" "the rest is where virtsnap keeps it"
rm -r "$d/state/imports"
forget_all

# --- killed
# with INJECTION: one import with INJECTION at a system call, as in import-crash.sh.
with()
{
    {
        "$abs_top_builddir/tests/inject" -o "$d/trace" "$1" \
            "$abs_top_builddir/virtsnap" --json import "$export" --to "$to" --pool disks \
            "${TRUST[@]}" >"$VS_OUT" 2>"$VS_ERR"
    } 2>"$d/shell"
}
# These calls are made before the first volume, between two volumes, while they are written, and
# after the last.
points="ftruncate:1 pwrite64:2 renameat2:1 unlinkat:2"
[ "${POINTS-}" != all ] ||
    points=$(printf '%s ' {pwrite64,fsync,ftruncate,renameat2,unlinkat}:{1..999})
died=0 bad= ended=
for point in $points; do
    # There are no more calls of a kind by which one has come to its end.
    [ "${point%:*}" != "$ended" ] || continue
    with "${point%:*}:signal=KILL:when=${point#*:}" && forget_all && ended=${point%:*} && continue
    died=$((died + 1))
    vs_import "$export" --to "$to" --pool disks || is_complete || bad+=" $point"
    is_complete || bad+=" $point"
    forget_all || bad+=" $point"
done
check "killed $died times, and the next import makes it so" [ -z "$bad" -a "$died" -gt 3 ]
[ -z "$bad" ] || echo "#$bad"

# begin ARGUMENT...: starts an import in the background that stops after it has copied something.
begin()
{
    "$abs_top_builddir/virtsnap" --json import "$export" --to "$to" --pool disks "${TRUST[@]}" \
        --bandwidth 1M "$@" >"$VS_OUT" 2>"$VS_ERR" &
    pid=$!
    live_wait "it copies" test -e "$to/pair/.snap1.partial/volumes" &&
        live_wait "it has copied something" eval 'live_wrote $pid 2000000' &&
        live_wait "it can be stopped" live_catches_stop $pid
}
begin
kill -TERM $pid
check_fails "interrupted" wait "$pid"
is "$(vs_field .error.code)" 32803 "it says so"
before=$(stat -c %i "$pool"/* | sort | xargs)
check "what it has left may be resumed" vs_import "$export" --to "$to" --pool disks --resume
is "$(stat -c %i "$pool"/* | sort | xargs)" "$before" "in the same files"
check "and is complete" is_complete
forget_all
begin
kill -TERM $pid
wait "$pid"
check "or is removed, by an import that uses no pool" vs_import "$export" --to "$to"
is "$(ls -A "$pool")" "" "nothing of it is in the pool"
lose t u && vs -q collection-undefine pair && rm -r "${to:?}"/*
begin
kill -INT $pid
check_fails "cancelled" wait "$pid"
check "nothing is left" nothing_left

# --- others, who use the pool meanwhile
# stopped CALL: an import that has stopped itself at that call; a thread of it is in pid.
stopped()
{
    : >"$d/trace"
    with "$1:signal=STOP:when=1" &
    tracer=$!
    live_wait "it has stopped" [ -s "$d/trace" ] &&
        pid=$(head -n 1 "$d/trace")
}
check "an import stops before it makes volumes" stopped pwrite64
live_virsh vol-create-as --pool disks --name "${first##*/}" --capacity 1k --allocation 0 \
    --format raw
kill -CONT $pid
check_fails "somebody else makes one of that name" wait $tracer
is "$(vs_field .error.code)" $TAKEN "that is told"
is "$(ls "$pool")" "${first##*/}" "theirs stays"
rm "$first"
live_virsh pool-refresh disks
begin
kill -STOP $pid
rm "$first"
kill -CONT $pid
check_fails "somebody removes a volume that is written" wait $pid
check "nothing is left" nothing_left

# --- a pool that is full, by command, service and library
live_virsh pool-define-as --name small --type dir --target "$small"
live_virsh pool-start small
as_big_as() { mount -o "remount,size=$1" "$small"; }
# nothing_made: checks that an import has left nothing, and has not changed what was in its way.
nothing_made()
{
    rm -f "$small/filler"
    [ -z "$(ls -A "$small")$(live_virsh list --all --name | xargs)$(find "$to" -type f)" ] ||
        live_die "$(ls -AR "$small" "$to")"
}
# fill: allocates all free space.
fill() { ! cat /dev/zero >"$small/filler" 2>/dev/null; }
full() { [ "$(df --output=avail "$small" | tail -n 1)" -eq 0 ]; }
forget_small()
{
    lose t u && vs -q collection-undefine pair && rm -rf "${small:?}"/* "${to:?}"/* &&
        live_virsh pool-refresh small
}
pool=$small
as_big_as 6m
check "too small a pool is found before" vs_refused 32801 "'$small' needs .* left" \
    import "$export" --to "$to" --pool small "${TRUST[@]}"
check "nothing is made" nothing_made
as_big_as 64m
begin --pool small
kill -STOP $pid
check "the space is lost meanwhile" eval 'fill; full'
kill -CONT $pid
check_fails "the import ends" wait $pid
is "$(vs_field .error.code)" 32801 "that is told"
check "nothing is left" nothing_made
check "the next one" vs_import "$export" --to "$to" --pool small
check "is complete" is_complete
forget_small

for ((i = 1; i < ${#TRUST[@]}; i += 2)); do
    words+="<trust>${TRUST[i]}</trust>"
done
# settings [ELEMENTS]
settings() { printf '<importsettings><pool>small</pool>%s%s</importsettings>' "$words" "${1-}"; }
# asked SETTINGS: starts a job of the service, and sets job to its path.
asked()
{
    local answer
    answer=$(service_call service CollectionSnapshotService.ImportExport "$export" "$1" \
        "{'to': <'$to'>}") && job=$(grep -o 'job/[0-9]*' <<<"$answer") ||
        live_die "$answer"
}
printf '[service]\nidle_timeout=0\n' >"$d/virtsnapd.conf"
check "a bus" service_bus || bail_out "no bus"
check "the service comes" service_start || bail_out "no service"
as_big_as 6m
check "the service is asked to import" asked "$(settings)"
check "and finds too small a pool" [ "$(service_wait "$job")" = 10 ]
like "$(service_call "$job" Job.GetError)" "'$small' needs" "which it says"
check "nothing is made" nothing_made
as_big_as 64m
check "it is asked again" asked "$(settings '<bandwidth>1000000</bandwidth>')"
live_wait "it copies" eval '[ "$(service_get "$job" Job Cur)" -gt 2000000 ]'
check "the space is lost meanwhile" fill
check "the job fails" [ "$(service_wait "$job")" = 10 ]
check "nothing is left" nothing_made
check "and once more" asked "$(settings)"
is "$(service_wait "$job")" 7 "it is done"
check "it is complete" is_complete
service_stop
forget_small

if [ -e "$abs_top_builddir/VirtSnap-1.0.typelib" ] && /usr/bin/python3 -c 'import gi' 2>/dev/null
then
    # library SETTINGS: prints the directory of the import, or the code of its error.
    library()
    {
        GI_TYPELIB_PATH=$abs_top_builddir LD_LIBRARY_PATH=$abs_top_builddir/.libs \
            /usr/bin/python3 - "$LIVE_URI" "$export" "$to" "$1" <<'END'
import sys
import gi
gi.require_version("VirtSnap", "1.0")
from gi.repository import GLib, VirtSnap
uri, export, to, settings = sys.argv[1:]
loop = GLib.MainLoop()
job = VirtSnap.Service(uri=uri).import_(export, to, settings)
job.connect("completed", lambda _, error: loop.quit())
loop.run()
print(job.props.error.code if job.props.error else job.dup_report().get_directory())
END
    }
    as_big_as 6m
    is "$(library "$(settings)")" 32801 "the library finds too small a pool"
    check "nothing is made" nothing_made
    as_big_as 64m
    is "$(library "$(settings)")" "$to/pair/snap1" "and imports into one"
    check "it is complete" is_complete
    forget_small
else
    skip "the library imports into a pool" "python3-gi is missing"
fi
pool=$d/pool

# --- a libvirtd that dies
# While it defines u it waits for somebody who reads what it writes; t is defined then.
mkfifo "$d/host/etc/qemu/u.xml.new"
"$abs_top_builddir/virtsnap" --json import "$export" --to "$to" --pool disks "${TRUST[@]}" \
    >"$VS_OUT" 2>"$VS_ERR" &
pid=$!
live_wait "one is defined" test -e "$d/host/etc/qemu/t.xml"
check "libvirtd dies between two defines" live_libvirtd_stop KILL
check_fails "the import fails" wait "$pid"
is "$(vs_field .error.code)" 32777 "as libvirt is not there"
like "$(vs_field .error.message)" "the next import of the same" "it is said who takes it back"
rm "$d/host/etc/qemu/u.xml.new"
check "libvirtd is back" live_libvirtd_start
is "$(live_virsh list --all --name | xargs)" t "with one domain"
vs_import "$export" --to "$to" --pool disks
check "the next import makes it so" is_complete
like "$(vs_field '.warnings[]')" "interrupted" "and says so"
forget_all
begin
kill -STOP $pid
check "libvirtd dies while volumes are written" live_libvirtd_stop KILL
kill -CONT $pid
check_fails "and is not back when they are there" wait "$pid"
is "$(vs_field .error.code)" 32777 "that is told"
like "$(vs_field .error.message)" "--resume" "with how to go on"
live_libvirtd_start
check "it is gone on with" vs_import "$export" --to "$to" --pool disks --resume
check "and is complete" is_complete

done_testing
