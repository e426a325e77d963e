#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# An import that dies at any step, or whose target fails, is full or is read-only: afterwards the
# import is complete, or the next import of the same export completes it. POINTS=all kills at every
# call.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
live_requires

check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
to=$d/new
mkdir "$x" "$to"
export LIVE_BOOT=none
live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/t.qcow2"
live_overlay "$d/base.qcow2" "$d/u.qcow2"
qemu-io -f qcow2 -c 'write -P 5 0 3M' "$d/t.qcow2" >/dev/null
live_define t --disk "$d/t.qcow2"
live_define u --disk "$d/u.qcow2"
vs -q collection-create-as pair --domain t --domain u
live_snapshot_external t snap1
live_snapshot_external u snap1
check "export" vs_export pair snap1 --to "$x"
export=$VS_EXPORT
trusted "$export"
lose t u
vs -q collection-undefine pair
rm "$d"/t.* "$d"/u.*

can_inject || skip_all "nothing can be injected here"

# with INJECTION: an import with INJECTION at a system call, see tests/inject.c.
with()
{
    {
        "$abs_top_builddir/tests/inject" "$1" \
            "$abs_top_builddir/virtsnap" --json import "$export" --to "$to" --with-snapshots \
            "${TRUST[@]}" >"$VS_OUT" 2>"$VS_ERR"
    } 2>"$d/shell"
}

is_complete()
{
    [ "$(live_virsh_all 'list --all --name; snapshot-list t --name' | sort | xargs)" = \
        "snap1 t u" ] &&
        vs -q collection-dumpxml pair >/dev/null && images_sound "$to"
}

# done_in_the_end: checks that the import is complete, or that the next one completes it.
done_in_the_end()
{
    if [ "$1" -eq 0 ]; then
        finished=$((finished + 1))
    else
        died=$((died + 1))
        vs_import "$export" --to "$to" --with-snapshots ||
            { is_complete && finished=$((finished + 1)); } || return 1
    fi
    is_complete || live_die "not complete: $(ls -AR "$to") $(live_virsh list --all --name)" ||
        return 1
    forget t u && vs -q collection-undefine pair
}

# points CALL: there are two of renameat2, for the mark and for the directory.
points()
{
    if [ "${POINTS-}" = all ]; then
        seq 9999
    elif [ "$1" = renameat2 ]; then
        echo 1 2
    else
        echo 1 5
    fi
}
# Imports are killed at some calls of each kind that changes the target, or libvirt's files; with
# POINTS=all at one after the other, until there are no more.
for call in mkdirat ftruncate pwrite64 fchmod fsync unlinkat renameat2 rename; do
    finished=0 died=0 bad=
    for n in $(points $call); do
        with "$call:signal=KILL:when=$n"
        status=$?
        done_in_the_end $status >"$d/said" 2>&1 || { bad="call $n: $(cat "$d/said")"; break; }
        [ "$status" -ne 0 ] || break
    done
    check "killed at $call: $died times, $finished times it was complete" \
        [ -z "$bad" -a "$died" -gt 0 ]
    [ -z "$bad" ] || { echo "# $bad"; lose t u; vs -q collection-undefine pair; rm -rf "$to"
        mkdir "$to"; } 2>/dev/null
done

# --- killed when all files are there, and not all domains
with "renameat2:signal=KILL:when=1"
check "what was begun has no final name" test ! -e "$to/pair/snap1"
forget
# libvirt renames the files in which it stores a domain.
with "rename:signal=KILL:when=2"
check "all files are there" test -e "$to/pair/snap1/layers"
vs_import "$export" --to "$to" --with-snapshots
like "$(vs_field '.warnings[]')" "interrupted" "the next import says what it has removed"
forget t u
vs -q collection-undefine pair

# --- a target that fails
fails()
{
    ! with "$1:error=$2:when=$4" && [ "$(vs_field .error.code)" = "$3" ] ||
        live_die "said: $(cat "$VS_OUT")" || return 1
    [ -z "$(live_virsh list --all --name | xargs)" ] || live_die "a domain is there" || return 1
    [ ! -e "$to/pair/snap1" ] || live_die "a directory is there" || return 1
    vs_import "$export" --to "$to" --with-snapshots && is_complete && forget t u &&
        vs -q collection-undefine pair
}
check "a write fails" fails pwrite64 EIO 2 2+
check "no space while writing" fails pwrite64 ENOSPC 32801 2+
check "what was written does not reach the disk" fails fsync EIO 2 2
check "the rename fails" fails renameat2 EIO 2 2

# --- a file that is not what was exported
layer=$(vs_layer "$export" t vda)
chmod u+w "$layer"
cp "$layer" "$d/kept"
printf x | dd of="$layer" bs=1 seek=$(($(stat -c %s "$layer") - 1000)) conv=notrunc status=none
check "a damaged layer is found on the way" vs_refused 32802 "another digest" \
    import "$export" --to "$to" --with-snapshots "${TRUST[@]}"
is "$(live_virsh list --all --name | xargs)$(ls -A "$to")" "" "and nothing of it is there"
cp "$d/kept" "$layer"
chmod u-w "$layer"

# --- interrupted while it copies, and gone on with
# begin ARGUMENT...: an import in the background, which copies. Leaves its process in pid.
begin()
{
    "$abs_top_builddir/virtsnap" --json import "$export" --to "$to" "${TRUST[@]}" \
        --bandwidth 1M "$@" >"$VS_OUT" 2>"$VS_ERR" &
    pid=$!
    live_wait "it copies" test -e "$to/pair/.snap1.partial/layers" &&
        live_wait "it has copied something" eval 'live_wrote $pid 500000' &&
        live_wait "it can be stopped" live_catches_stop $pid
}
begin
kill -TERM $pid
check_fails "it ends" wait "$pid"
is "$(vs_field .error.code)" 32803 "as interrupted"
like "$(vs_field .error.message)" "--resume" "and says how to go on"
check "it is gone on with" vs_import "$export" --to "$to" --resume
check "the images are sound" images_sound "$to"
forget t u
vs -q collection-undefine pair
begin
kill -TERM $pid
check_fails "it ends once more" wait "$pid"
like "$(find "$to" -name 'u[-.]*' -o -name u)" "partial" "something of both is there"
check "it is gone on with by one that imports less" vs_import "$export" --to "$to" --domain t \
    --resume
is "$(find "$to" -name 'u[-.]*' -o -name u)" "" "what it does not import is not there"
check "what it imports is sound" images_sound "$to"
forget t
trusted "$export"

# --- the same signals as for an export
begin
kill -INT $pid
check_fails "Ctrl-C ends it" wait "$pid"
is "$(vs_field .error.code)" 32804 "as cancelled"
is "$(ls -A "$to")" "" "and leaves nothing"

# It gets a process group of its own, as a shell gives it one.
paused()
{
    local before
    set -m
    begin
    set +m
    kill -TSTP $pid
    live_wait "it stops" live_stopped $pid || return 1
    before=$(du -s "$to")
    [ -e "$to/pair/.snap1.partial" ] && [ "$(du -s "$to")" = "$before" ] || return 1
    kill -CONT $pid
    live_wait "it can be stopped once more" live_catches_stop $pid
    kill -INT $pid
    ! wait $pid && [ "$(vs_field .error.code)" = 32804 ] && [ -z "$(ls -A "$to")" ]
}
check "Ctrl-Z suspends it, and it goes on" paused
# After the first signal the command waits for a transfer that its bandwidth limit holds up; after
# the second one it does not wait.
twice()
{
    begin
    kill -STOP $pid
    kill -INT $pid
    kill -TERM $pid
    kill -CONT $pid
    ! wait $pid && grep -q "the next import of the same" "$VS_ERR"
}
check "a second signal ends it by force, and it says what becomes of it" twice
check "which is so" vs_import "$export" --to "$to"
forget t u
vs -q collection-undefine pair

# --- a file system that is full, or may not be written to
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=6m none "$to" 2>/dev/null; then
    at_exit umount "$to"
    mount -o remount,size=40m "$to"
    begin
    live_wait "a file is complete" grep -qs '^f ' "$to/pair/.snap1.partial/journal"
    dd if=/dev/zero of="$to/filler" bs=1M status=none 2>/dev/null
    check_fails "somebody else takes the space while it copies" wait $pid
    is "$(vs_field .error.code)" 32801 "that is no space"
    like "$(vs_field .error.message)" "--resume" "and it says how to go on"
    is "$(live_virsh list --all --name | xargs)" "" "nothing is defined yet"
    rm "$to/filler"
    check "with room it is gone on with" vs_import "$export" --to "$to" --resume
    check "and is complete" images_sound "$to"
    lose t u
    vs -q collection-undefine pair
    rm -r "$to/pair"
    mount -o remount,size=6m "$to"
    check "too little space is seen before" vs_refused 32801 "needs .* has .* left" \
        import "$export" --to "$to" "${TRUST[@]}"
    check "nothing was begun" [ -z "$(ls -A "$to")" ]
    mount -o remount,ro "$to"
    check "read-only is told" vs_refused 32769 \
        "Cannot write into the directory '$to': Read-only file system" \
        import "$export" --to "$to" "${TRUST[@]}"
    is "$(live_virsh list --all --name | xargs)" "" "nothing is defined"
else
    skip "a full file system" "nothing may be mounted here"
fi

done_testing
