#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Snapshot collections that become reference points: an export of such a one is a base of which it
# is known what has changed since, and is not believed where it is not. No guest has to run: QEMU
# itself writes. POINTS=all: killed at every step.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/bitmap-lib.sh"
. "$abs_top_srcdir/tests/live/sets-lib.sh"

requires "$abs_top_builddir/tests/inject"
begin_nights
byte=5
for disk in a b o p; do
    qemu-img create -q -f qcow2 "$d/$disk.qcow2" 64M
    qemu-io -f qcow2 -c "write -P $((++byte)) 0 4M" "$d/$disk.qcow2" >/dev/null
done
truncate -s 8M "$d/plain.raw"
check "two domains that run, and two that do not" eval '
    live_define a --disk "$d/a.qcow2" && live_define o --disk "$d/o.qcow2" &&
    live_define b --disk "$d/b.qcow2" --disk "$d/plain.raw" && live_define p --disk "$d/p.qcow2" &&
    live_start a && live_start b' || bail_out "no domains"
check "collections of them" eval 'vs -q collection-create-as night --domain a --domain b \
    --domain o && vs -q collection-create-as off --domain p'

# set_of NAME ARGUMENT...: a set with a reference point; convert NAME, export_set NAME, states NAME.
set_of() { vs_json snapshot-create-as night "$1" --pause --reference-point "${@:2}"; }
convert() { vs_json reference-point-convert night "$@"; }
export_set() { vs_export night "$1" --to "$x"; }
states() { vs --json reference-point-list night |
    jq -c --arg n "$1" '[.referencePoints[] | select(.name == $n) | .members[].state]'; }
# writes PLACE PLACE: to a and to b.
writes() { guest a 0 "$(paint "$1")" && guest b 0 "$(paint "$2")"; }

# --- what cannot be one
check "one of members that are off" vs_refused 5 "no member runs" snapshot-create-as off s \
    --reference-point
check "one with memory" vs_refused 4 "recovery" snapshot-create-as night s --memory \
    --reference-point
vs -q snapshot-create-as off inside --internal
check "one inside the images" vs_refused 1 "standard" reference-point-convert off inside
vs -q snapshot-delete off inside
vs -q snapshot-create-as off plain
check "one without checkpoints" vs_refused 1 "'plain' was made without.*--reference-point" \
    reference-point-convert off plain
live_snapshot_external p theirs >/dev/null
check "one of virsh's" vs_refused 1 "'theirs' was not made by virtsnap" \
    reference-point-convert off theirs
check "none at all" vs_refused 32779 "'none'" reference-point-convert night none

# --- made, exported, converted
check "a dry run" set_of one --dry-run
like "$(vs_field .result) $(warnings)" "^0 .*vdb.*cannot be followed" \
    "tells what cannot be followed"
check "a set with a reference point" set_of one --progress=json
is "$(tail -n 1 "$VS_ERR" | jq '.current, .total' | paste -sd/)" 3/3 "is made with progress"
is "$(vs_field '[.referencePoint, (.members | length)] | join(" ")')" "one 3" "has it"
check "what cannot be followed is told" eval 'warnings | grep -q "vdb.*cannot be followed" &&
    warnings | grep -q "'\''o'\''.*shut off"'
is "$(checkpoints a) $(checkpoints b)" "virtsnap.one virtsnap.one" "members that run have it"
is "$(vs --json snapshot-info night one | jq -c '[.referencePoint, .status]')" \
    '[true,"complete"]' "the set says so"
check "something is written, and the set exported" eval 'writes "1M 64k" "1M 64k" && export_set one'
base=$VS_EXPORT
is "$(grep -c '<checkpoint name="virtsnap.one".* run="' "$base/manifest.xml")" 2 \
    "its manifest has the checkpoints"
check "a dry run" convert one --dry-run
is "$(vs_field '[.referencePoint, .members[].disks[].method] | unique | join(" ")')" \
    "active-commit offline-commit one" "says what would be done"
is "$(chain_of "$(top_of a)" | wc -w)" 2 "and does nothing"
check "it is converted" convert one
is "$(vs_field .referencePoint) $(warnings | grep -c "'o'")" "one 1" "but for what was off"
is "$(warnings | wc -l)" 1 "and no other"
is "$(snapshots_of a) $(snapshots_of o) $(states one)" '  ["whole","whole","missing"]' \
    "no snapshot is left, the checkpoints are"
is "$(chain_of "$(top_of a)" | wc -w) $(chain_of "$(top_of b)" | wc -w)" "1 1" "no layer, either"
check "the name is taken" vs_refused 32800 "'a': it has a reference point 'one' already" \
    snapshot-create-as night one --reference-point
check "and not once more" vs_refused 32779 "'one'" reference-point-convert night one
writes "40M 128k" "3M 64k"
was=$(read_by a)
check "the next night goes by it" night two --base one --strict
is "$(warnings)" "" "without a warning"
is "$(layer_bytes a vda) $(layer_bytes b vda)" \
    "$((262144 + 4 * 65536)) $((262144 + 3 * 65536))" "and writes what has changed since the set"
check "QEMU reads that, and what the bitmap is tried by: $(($(read_by a) - was))" \
    test $(($(read_by a) - was)) -lt $((192 * 1024 + 4 * 1024 * 1024))
check "it is as what the domains have" as_source
check "it is sound" vs_sound "$VS_EXPORT"
check "the reference point stays until it is deleted" eval '
    [[ $(checkpoints a) = *virtsnap.one ]] && vs_json reference-point-delete night one'

# --- a removal takes the checkpoints along
check "one that is removed" eval 'set_of gone && vs_json snapshot-delete night gone'
is "$(checkpoints a) $(warnings)" "$(checkpoints b) " "leaves no checkpoint"

# --- what is not known any more is compared
older_than_3s() { [ "$(date +%s)" -gt $(($(stat -c %W "$1") + 3)) ]; }
check "a set, and a night that has an earlier checkpoint removed" eval 'set_of torn &&
    export_set torn && live_wait "the snapshot is over" older_than_3s "$(top_of a)" &&
    night beside --base torn'
check "which changes what the set has frozen" \
    test "$(stat -c %Y "$d/a.qcow2")" -gt $(($(stat -c %W "$(top_of a)") + 2))
check "it is as it was even so" eval 'vs snapshot-apply night torn --dry-run &&
    convert torn --dry-run'
is "$(vs --json snapshot-info night torn | jq -r '.status, .changes[]')" complete "as is told"
check "its layer is written to by another" eval 'live_pause &&
    qemu-io -c "write -q -P 1 3M 512" --image-opts \
    "driver=raw,file.driver=file,file.filename=$d/a.qcow2,file.locking=off"'
check "it is not converted" vs_refused 5 "'a'.*a.qcow2' was written to.*snapshot-delete" \
    reference-point-convert night torn
check "nor gone back to" vs_refused 32802 "'a'.*a.qcow2' was written to after" \
    snapshot-apply night torn --dry-run
check "nor exported as if it had not been" eval 'vs_export night torn --to "$d/late" &&
    [ "$(grep -c "<checkpoint" "$VS_EXPORT/manifest.xml")" = 1 ] &&
    warnings | grep -q "vda.*not what it was when the reference point"'
check "it is removed" vs_json snapshot-delete night torn
check "a night with its export as base" night three --base torn
is "$(warnings | grep -c "no checkpoint 'virtsnap.torn'.*the whole disk is read")" 2 "compares"
check "it is as what the domains have" as_source

check "a member is started anew" eval 'set_of anew && export_set anew && live_destroy a &&
    live_start a && writes "9M 64k" "9M 64k"'
check "the set is converted" convert anew
is "$(warnings | grep -c "'a'.*started anew")" 1 "with a warning"
is "$(states anew)" '["whole","whole","missing"]' "as libvirt knows what has changed"
check "a night with its export as base" night four --base anew
is "$(warnings | grep -c "started anew") $(warnings | wc -l)" "1 1" "compares that one"
check "it is as what the domains have" as_source

check "a checkpoint is lost" eval 'set_of lost && live_virsh checkpoint-delete a virtsnap.lost'
check "then it is none" vs_refused 5 "'a'.*no checkpoint 'virtsnap.lost'" \
    reference-point-convert night lost
check "made anew it is another one" eval 'live_virsh checkpoint-create-as a virtsnap.lost &&
    vs_refused 5 "made anew" reference-point-convert night lost &&
    vs_json snapshot-delete night lost && [[ $(checkpoints a) = *virtsnap.lost* ]] &&
    [[ $(checkpoints b) != *virtsnap.lost* ]] && live_virsh checkpoint-delete a virtsnap.lost'

# --- all or nothing
tops="$(top_of a) $(top_of b) $(top_of o)"
before="$(checkpoints a) $(checkpoints b)"
check "a bitmap in the way of the second member" eval 'set_of half &&
    live_virsh checkpoint-delete a virtsnap.half &&
    live_virsh checkpoint-delete b virtsnap.half --metadata && vs_json snapshot-delete night half'
check "stops the set" vs_refused 2 "virtsnap.half" snapshot-create-as night half --pause \
    --reference-point
is "$(top_of a) $(top_of b) $(top_of o)" "$tops" "no layer is left"
is "$(checkpoints a) $(checkpoints b)" "$before" "and no checkpoint"

# killed CALL N COMMAND...: at this call; sets ended if there is no such call.
killed()
{
    {
        "$abs_top_builddir/tests/inject" "$1:signal=KILL:when=$2" \
            "$abs_top_builddir/virtsnap" --json "${@:3}" >"$VS_OUT" 2>"$VS_ERR"
    } 2>"$d/shell"
    [ $? -eq 137 ] || ended=yes
}
# made_or_not CALL N: a set that was killed there in the making is all there or not at all after the
# next command.
made_or_not()
{
    killed "$1" "$2" snapshot-create-as night dead --pause --reference-point
    vs_json snapshot-delete night none >/dev/null
    [ "$(vs_field .error.code)" = 32779 ] || { cat "$VS_OUT"; return 1; }
    [ "$(top_of a) $(top_of b) $(top_of o)" = "$tops" ] &&
        [ "$(checkpoints a) $(checkpoints b)" = "$before" ] && return
    vs --json snapshot-info night dead | jq -e '.status == "complete"' &&
        vs_json snapshot-delete night dead
}
# over NAME: it is a reference point, whole, and a base; the domains have all they had.
over()
{
    [ "$(states "$1")" = '["whole","whole","missing"]' ] &&
        [ -z "$(snapshots_of a)$(snapshots_of b)$(snapshots_of o)" ] &&
        [ "$(top_of a) $(top_of b) $(top_of o)" = "$tops" ] &&
        night "after-$1" --base "$1" --strict && [ -z "$(warnings)" ] && as_source &&
        vs_json reference-point-delete night "$1"
}
# converted_after CALL N: killed there, and ended by a second call.
converted_after()
{
    local name=$1-$2
    name=${name//,/-}
    set_of "$name" && export_set "$name" && writes "17M 64k" "17M 64k" || return 1
    killed "$1" "$2" reference-point-convert night "$name"
    convert "$name" || [ "$(vs_field .error.code)" = 32779 ] || { cat "$VS_OUT"; return 1; }
    over "$name"
}
# every FUNCTION CALL: at one such call after the other, until there are no more.
every()
{
    local n
    ended=
    for ((n = 1; ; n++)); do
        "$1" "$2" $n || live_die "at call $n" || return 1
        [ -z "$ended" ] || return 0
    done
}
# once FUNCTION CALL:N
once() { ended= && "$1" "${2%:*}" "${2##*:}" && { [ -z "$ended" ] || live_die "not killed"; }; }
if [ "${POINTS-}" = all ]; then
    for call in fsync sendmsg,write; do
        check "its making, killed at every $call" every made_or_not $call
    done
    for call in fsync unlink sendmsg,write; do
        check "its conversion, killed at every $call" every converted_after $call
    done
else
    check "its making is killed" once made_or_not sendmsg,write:110
    for point in fsync:3 sendmsg,write:200; do
        check "its conversion, killed at $point" once converted_after $point
    done
fi

done_testing
