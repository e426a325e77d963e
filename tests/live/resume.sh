#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Exports that are interrupted, and then resumed.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
LIVE_BOOT=none
d=$LIVE_DIR
x=$d/x
partial=$x/t/.snap1.partial
mkdir "$x"
MIB=$((1 << 20))

# The disk has eight segments of 64 MiB, with little data in them.
for i in {0..7}; do
    args+=(-c "write -q -P $((i + 1)) $((i * 64))M 3M")
done
truncate -s 512M "$d/t.raw"
qemu-io -f raw "${args[@]}" "$d/t.raw"
DATA=$((24 * MIB))
live_define t --disk "$d/t.raw"
live_snapshot_external t snap1

# begin ARGUMENT...: starts an export in the background that copies one segment after the other;
# sets pid to its process. The function vs is not used, because signals have to reach the command
# itself.
begin()
{
    "$abs_top_builddir/virtsnap" --json export --domain t snap1 --to "$x" --parallel 1 "$@" \
        >"$VS_OUT" 2>"$VS_ERR" &
    pid=$!
}

# recorded N: succeeds if the journal has N segments.
recorded() { [ "$(grep -sc ^done "$partial/journal")0" -ge "${1}0" ]; }

# copying: succeeds if the process has written a MiB.
copying() { [ "$(awk '/^wchar/ { print $2 }' "/proc/$pid/io")" -gt $MIB ]; }

# part N [ARGUMENT]...: kills an export when it has recorded N segments.
part()
{
    begin --bandwidth 8M "${@:2}"
    live_wait "$1 segments" recorded "$1"
    kill -KILL $pid
    wait $pid 2>/dev/null
    [ -d "$partial" ]
}

whole() { vs_export --domain t snap1 --to "$x" "$@" && vs_sound "$VS_EXPORT"; }
resumed()
{
    whole --resume "$@" && vs_same_bytes "$d/t.raw" "$(vs_layer "$VS_EXPORT" t vda)"
}
clear_all() { rm -rf "${x:?}"/*; }

# --- killed at any moment: at first before it has come far, then after some more segments
written=0
died()
{
    local bytes
    bytes=$(awk '/^wchar/ { print $2 }' "/proc/$pid/io")
    kill -KILL $pid
    wait $pid 2>/dev/null
    written=$((written + bytes))
    [ ! -e "$x/t/snap1" ]
}
for wait in 0.01 0.1; do
    begin --resume --bandwidth 4M
    sleep $wait
    check "killed after $wait s" died
done
for wait in 0 0.05 0.15; do
    count=$(grep -sc ^done "$partial/journal")
    begin --resume --bandwidth 4M
    live_wait "one more segment" recorded $((count + 1))
    sleep $wait
    check "killed $wait s after one more segment" died
done
check "and resumed to its end" resumed
written=$((written + $(vs_field .copied)))
check "written less than twice: $((written / MIB)) of $((DATA / MIB)) MiB" \
    [ $written -lt $((2 * DATA)) ]
clear_all

# --- only what is missing
check "three segments" part 3
check "and the rest" resumed
check "of 24 MiB $(($(vs_field .copied) / MIB)) are written" \
    [ "$(vs_field .copied)" -lt $((16 * MIB)) ]
check "counted is all of it" [ "$(vs_field .bytes)" -ge $((512 * MIB)) ]
clear_all
check "nothing to resume is no error" resumed
is "$(vs_field .copied | cut -c 1-2)" 25 "all was written"
clear_all
check "two segments" part 2
check "without --resume all is copied anew" whole
is "$(vs_field .copied | cut -c 1-2)" 25 "all of it"
clear_all
check "two segments" part 2
printf 'done 0 4 0123' >>"$partial/journal"
check "the torn end of the journal is left out" resumed
check "and the rest is of use" [ "$(vs_field .copied)" -lt $((19 * MIB)) ]
clear_all

# --- merged, and compressed: this takes 64 MiB of data
truncate -s 512M "$d/u.raw"
qemu-io -f raw -c 'write -q -P 3 1M 40M' -c 'write -q -P 4 100M 50M' "$d/u.raw"
live_define u --disk "$d/u.raw"
live_snapshot_external u snap1
partial=$x/u/.snap1.partial
for way in "--merge" "--merge --compress zstd"; do
    # shellcheck disable=SC2086
    "$abs_top_builddir/virtsnap" --json export --domain u snap1 --to "$x" $way --parallel 1 \
        --bandwidth 40M >"$VS_OUT" 2>"$VS_ERR" &
    pid=$!
    if [[ $way = *zstd* ]]; then
        live_wait "it is compressed" test -d "$partial/layers"
    else
        live_wait "a segment" recorded 1
    fi
    kill -TERM $pid
    wait $pid
    is "$(vs_field .error.code)" 32803 "$way is interrupted"
    # shellcheck disable=SC2086
    check "resumed" vs_export --domain u snap1 --to "$x" --resume $way
    check "sound" vs_sound "$VS_EXPORT"
    check "right" qemu-img compare -f raw -F qcow2 "$d/u.raw" "$(vs_layer "$VS_EXPORT" u vda)"
    [[ $way = *zstd* ]] ||
        check "what there was stays" [ "$(vs_field .copied)" -lt $((60 * MIB)) ]
    clear_all
done
partial=$x/t/.snap1.partial

# --- refused, and nothing touched
refused()
{
    local before
    before=$(find "$x" -printf '%p %s %T@\n' | sort)
    vs_refused "$1" "$2.*without resuming" export --domain t snap1 --to "$x" --resume "${@:3}" &&
        [ "$(find "$x" -printf '%p %s %T@\n' | sort)" = "$before" ]
}
check "one segment" part 1
check "other settings" refused 5 "settings have changed" --merge
faster() { begin --resume --bandwidth 4M --parallel 2; live_wait "it copies" copying; }
check "another speed is none" faster
kill -KILL $pid
wait $pid 2>/dev/null
cp "$partial/journal" "$d/journal"
echo "garbage" >>"$partial/journal"
check "a damaged journal" refused 32802 "damaged in line"
printf '\0%.0s' {1..100} >"$partial/journal"
echo >>"$partial/journal"
check "one of zeros" refused 32802 "damaged in line 1"
cp "$d/journal" "$partial/journal"
truncate -s 1M "$partial"/layers/t-*
check "a layer of another size" vs_refused 32802 "layers/t-.*without resuming" \
    export --domain t snap1 --to "$x" --resume
clear_all
check "one segment" part 1
touch "$d/t.raw"
check "a source that has changed" refused 5 "t.raw' has changed"
check "begins anew" whole
clear_all

# --- the same by its times: libvirt changes owners when a domain starts or ends
check "one segment" part 1
chmod 640 "$d/t.raw"
chmod 600 "$d/t.raw"
check "a source with another ctime is looked into" resumed
check "and nothing is copied again ($(vs_field .copied))" \
    [ "$(vs_field .copied)" -le $((22 * MIB)) ]
clear_all
check "one segment" part 1
first=$(awk '$1 == "done" { print $3; exit }' "$partial/journal")
place=$((first * 64 * MIB + 4096))
# overwrite BYTE-IN-OCTAL: overwrites the image in place and sets its mtime back.
overwrite()
{
    local time
    time=$(stat -c %y "$d/t.raw")
    printf '%b' "\\0$1" | dd of="$d/t.raw" bs=1 seek=$place conv=notrunc status=none
    touch -d "$time" "$d/t.raw"
}
before=$(od -An -to1 -j $place -N 1 "$d/t.raw" | tr -d ' ')
overwrite 101
check "a source that was written to, and its time put back" \
    vs_refused 5 "t.raw' has changed.*without resuming" \
    export --domain t snap1 --to "$x" --resume
check "what was copied is still there" recorded 1
overwrite "$before"
check "as it was before it is gone on with" resumed
check "with what there was" [ "$(vs_field .copied)" -le $((22 * MIB)) ]
clear_all
printf '<exportsettings><digest>no</digest></exportsettings>' >"$d/no-digest.xml"
check "without digests" part 1 --settings "$d/no-digest.xml"
overwrite 101
check "it is copied anew" vs_export --domain t snap1 --to "$x" --resume \
    --settings "$d/no-digest.xml"
check "and is what the source is" vs_same_bytes "$d/t.raw" "$(vs_layer "$VS_EXPORT" t vda)"
overwrite "$before"
clear_all

# --- ended in order
ended()
{
    begin --bandwidth 12M
    live_wait "a segment" recorded 1
    kill -"$1" $pid
    ! wait $pid && [ "$(vs_field .error.code)" = "$2" ]
}
for signal in TERM HUP; do
    check "SIG$signal is an interruption" ended $signal 32803
    check "and says how to go on" eval '[[ $(vs_field .error.message) == *--resume* ]]'
    check "which is done" resumed
    check "with what there was" [ "$(vs_field .copied)" -le $((22 * MIB)) ]
    clear_all
done
check "Ctrl-C is not" ended INT 32804
is "$(ls -A "$x")" "" "and leaves nothing"
check "one segment" part 1
cancelled()
{
    begin --resume --bandwidth 4M
    live_wait "it copies" copying
    kill -INT $pid
    ! wait $pid
}
check "Ctrl-C of what goes on" cancelled
is "$(ls -A "$x")" "" "leaves nothing either"

# --- Ctrl-Z, in a process group of its own, as a shell has it
paused()
{
    set -m
    begin --bandwidth 12M
    set +m
    live_wait "it copies" copying
    live_wait "it can be stopped" live_catches_stop $pid
    kill -TSTP $pid
    live_wait "it stops" live_stopped $pid
    kill -CONT $pid
    live_wait "it can be stopped once more" live_catches_stop $pid
    kill -TSTP $pid
    live_wait "it stops once more" live_stopped $pid
    kill -CONT $pid
    wait $pid && vs_sound "$x/t/snap1"
}
check "Ctrl-Z suspends it, and it goes on" paused
clear_all

# --- a full file system
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=30m none "$x" 2>/dev/null; then
    at_exit umount "$x"
    begin --bandwidth 12M
    live_wait "a segment" recorded 1
    dd if=/dev/zero of="$x/filler" bs=1M status=none 2>/dev/null
    check_fails "somebody else takes the space" wait $pid
    is "$(vs_field .error.code)" 32801 "that is no space"
    check "it says how to go on" eval '[[ $(vs_field .error.message) == *--resume* ]]'
    check "still no space" vs_refused 32801 "make room" export --domain t snap1 --to "$x" --resume
    rm "$x/filler"
    mount -o remount,size=40m "$x"
    check "with more it is completed" resumed
    check "from where it was" [ "$(vs_field .copied)" -le $((22 * MIB)) ]
else
    skip "a full file system" "nothing may be mounted here"
fi
done_testing
