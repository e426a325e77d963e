#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# An export that dies at any step, and file systems that fail or are full:
# afterwards there is no final directory, or a complete one.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
LIVE_BOOT=none
d=$LIVE_DIR
x=$d/x
mkdir "$x"
live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/t.qcow2"
qemu-io -f qcow2 -c 'write -P 5 0 3M' "$d/t.qcow2" >/dev/null
live_define t --disk "$d/t.qcow2"
live_snapshot_external t snap1

can_inject || skip_all "nothing can be injected here"

# with INJECTION: an export with INJECTION at a system call, see tests/inject.c.
with()
{
    {
        "$abs_top_builddir/tests/inject" "$1" \
            "$abs_top_builddir/virtsnap" --json export --domain t snap1 --to "$x" \
            >"$VS_OUT" 2>"$VS_ERR"
    } 2>"$d/shell"
}

# sound_or_absent: checks that the export is complete or absent, and that the next export does what
# is missing.
sound_or_absent()
{
    if [ -e "$x/t/snap1" ]; then
        finished=$((finished + 1))
        vs_sound "$x/t/snap1" || return 1
    else
        died=$((died + 1))
        vs_export --domain t snap1 --to "$x" && vs_sound "$VS_EXPORT" || return 1
    fi
    rm -rf "${x:?}"/*
}

points="1 2 4 8"
[ "${POINTS-}" != all ] || points=$(seq 9999)
# Exports are killed at some calls of each kind that changes the target, with POINTS=all at one
# after the other, until there are no more.
for call in mkdirat ftruncate pwrite64 fchmod fsync unlinkat renameat2; do
    finished=0 died=0 bad=
    for n in $points; do
        with "$call:signal=KILL:when=$n"
        status=$?
        sound_or_absent >"$d/said" 2>&1 || { bad="call $n: $(cat "$d/said")"; break; }
        # There are fewer calls of this kind, and the export came to its end.
        [ "$status" -ne 0 ] || break
    done
    check "killed at $call: $died times no export, $finished times a complete one" \
        [ -z "$bad" -a "$died" -gt 0 ]
    [ -z "$bad" ] || echo "# $bad"
done

# Whatever the last step was, nothing is lost that was copied before it.
with renameat2:signal=KILL:when=1
check "killed as it gets its name: nothing has it" [ ! -e "$x/t/snap1" ]
check "it is gone on with" vs_export --domain t snap1 --to "$x" --resume
check "and no layer is copied again ($(vs_field .copied) bytes)" \
    [ "$(vs_field .copied)" -lt 100000 ]
check "to the right end" vs_sound "$VS_EXPORT"
# A journal that could not be removed at the very end does no harm; any other failure is reported.
echo x >"$VS_EXPORT/journal"
check "a journal that was left" vs -q verify "$VS_EXPORT"
rm "$VS_EXPORT/journal"
mkdir "$VS_EXPORT/journal"
check_fails "a directory of that name" vs -q verify "$VS_EXPORT"
rm -rf "${x:?}"/*

# --- a directory that gets another name meanwhile
renamed()
{
    vs export --domain t snap1 --to "$x" --bandwidth 2M >"$VS_OUT" 2>"$VS_ERR" &
    local pid=$!
    live_wait "it copies" test -e "$x/t/.snap1.partial/layers" && mv "$x/t" "$x/other" &&
        wait "$pid"
}
check "the collection's directory is renamed while it is exported to" renamed
like "$(cat "$VS_OUT")" "^Exported to '$x/other/snap1': domains: 1, layers: 2, [^']*$" \
    "the command says where it is"
is "$(cat "$VS_ERR")" "warning: A directory was renamed while it was exported to: the export is \
not at '$x/t/snap1', but at '$x/other/snap1'" "and where it is not"
check "it is there" vs -q verify "$x/other/snap1"
check "and nowhere else" [ "$(ls -A "$x")" = other ]
rm -rf "${x:?}"/*

# --- a file system that fails
fails()
{
    local call=$1 errno=$2 code=$3
    ! with "$call:error=$errno:when=$4" && [ "$(vs_field .error.code)" = "$code" ] ||
        live_die "said: $(cat "$VS_OUT")" || return 1
    goes_on
}

# goes_on: checks that nothing is left, or a partial export that can be resumed and completed.
goes_on()
{
    [ -n "$(ls -A "$x")" ] || return 0
    [ "$(ls -A "$x/t")" = .snap1.partial ] || live_die "left: $(ls -AR "$x")" || return 1
    vs_export --domain t snap1 --to "$x" --resume && vs -q verify "$VS_EXPORT" && rm -r "${x:?}/t"
}
for n in 1 3; do
    check "a write fails ($n)" fails pwrite64 EIO 2 $n+
    check "no space while writing ($n)" fails pwrite64 ENOSPC 32801 $n+
    check "quota exceeded ($n)" fails pwrite64 EDQUOT 32801 $n+
    check "what was written does not reach the disk ($n)" fails fsync EIO 2 $n
done
check "the rename fails" fails renameat2 EIO 2 1
check "a read of a layer fails" eval '! with pread64:error=EIO:when=4+ -P "$d/t.qcow2" &&
    [ "$(vs_field .error.code)" = 2 ] && goes_on'

# --- a file system that is full
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=6m none "$x" 2>/dev/null; then
    at_exit umount "$x"
    check "too little space is seen before" vs_refused 32801 "needs .* has .* left" \
        export --domain t snap1 --to "$x"
    check "nothing was begun" [ -z "$(ls -A "$x")" ]
    mount -o remount,size=16m "$x"
    qemu-io -f qcow2 -c 'write -P 6 3M 3M' "$d/t.qcow2" >/dev/null
    vs --json export --domain t snap1 --to "$x" --bandwidth 1M >"$VS_OUT" 2>"$VS_ERR" &
    pid=$!
    live_wait "it copies" test -e "$x/t/.snap1.partial/layers"
    dd if=/dev/zero of="$x/filler" bs=1M status=none 2>/dev/null
    check_fails "somebody else takes the space meanwhile" wait "$pid"
    is "$(vs_field .error.code)" 32801 "that is no space"
    is "$(ls -A "$x")" filler "only what the other one wrote is there"
else
    skip "a full file system" "nothing may be mounted here"
fi

done_testing
