#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Live exports that have a base: dirty bitmaps say what has changed, and where there is none, the
# disk is compared. Each export is compared with a full one of the same moment. No guest has to run,
# because QEMU itself writes as it would for a guest. ROUNDS is the number of nights with random
# writes; STEPS=all kills an export at each of its steps, else STEPS names some, as CALL:N.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/bitmap-lib.sh"

ROUNDS=${ROUNDS:-1}
begin_nights
byte=5
for disk in a a2 b; do
    qemu-img create -q -f qcow2 "$d/$disk.qcow2" 64M
    qemu-io -f qcow2 -c "write -P 5 0 12M" -c "write -P $((++byte)) 20M 4M" \
        "$d/$disk.qcow2" >/dev/null
done
truncate -s 8M "$d/plain.raw"
qemu-img create -q -f qcow2 -o compat=0.10 "$d/old.qcow2" 8M
check "two domains" eval 'live_define a --disk "$d/a.qcow2" --disk "$d/a2.qcow2" &&
    live_define b --disk "$d/b.qcow2" --disk "$d/plain.raw" --disk "$d/old.qcow2" &&
    live_start a && live_start b' || bail_out "no domains"
check "a collection of them" vs -q collection-create-as night --domain a --domain b

# --- the first night, and those that follow
check "the first night has no base" night one --base latest
is "$(vs_field '.warnings | length')" 1 "which is a warning"
first=$VS_EXPORT
is "$(checkpoints a | wc -w) $(checkpoints b | wc -w)" "1 1" "each member has a checkpoint"
before=$(checkpoints b)
is "$(grep -c "checkpoint name=\"$before\"" "$first/manifest.xml")" 3 "which the manifest names"
check "a dry run" eval 'vs export night --live=crash --to "$x" --base latest --dry-run --json \
    >"$d/plan"'
is "$(jq -c '[.layers[] | [.way, .since != null, .bytes > 0]] | unique' "$d/plan")" \
    '[["changes",false,false],["changes",false,true],["changes",true,false],["link",false,false]]' \
    "says what is known to have changed, and what is compared"
check "another tool's" live_virsh checkpoint-create-as a theirs
# The last one is of a part that never had data: a discard marks that as changed, too.
check "something is written" guest a 0 "$(paint 1M 64k)" "$(paint 40M 128k)" \
    "write -q -z 3M 64k" "write -q -z -u 50M 8M"
top_before=$(vs_layer "$first" a vdb)
was=$(read_by a)
check "the second night" night two --base latest --strict
is "$(warnings)" "" "is without a warning, though there are disks without bitmaps"
is "$(layer_bytes a vda)" $((262144 + 5 * 65536)) "it writes what has changed, and nothing else"
check "a disk that has not changed is the base's" \
    [ "$(vs_layer "$VS_EXPORT" a vdb)" -ef "$top_before" ]
is "$(vs_field .layers)" "$(find "$VS_EXPORT/layers" -type f | wc -l)" "it has no layer for that"
check "QEMU reads that, and what the bitmap is tried by: $(($(read_by a) - was))" \
    test $(($(read_by a) - was)) -lt $((256 * 1024 + 4 * 1024 * 1024 + 512 * 1024))
is "$(checkpoints b | wc -w)" 1 "the checkpoint before is dropped"
check "for another one" [ "$(checkpoints b)" != "$before" ]
check "what another tool made stays" eval '[[ " $(checkpoints a) " = *" theirs "* ]]'

# A guest that is restarted keeps its QEMU process.
for ((round = 1; round <= ROUNDS; round++)); do
    check "round $round: random writes" eval '
        live_virsh reset a &&
        guest a 0 "$(paint $(some))" "$(paint $(some))" "write -q -z -u $(some)" &&
        guest a 1 "$(paint $(some))" "write -q -z $(some)" && guest b 0 "$(paint $(some))"'
    check "a night, as what the domains have" eval 'night "round$round" --base latest --strict &&
        [ -z "$(warnings)" ] && as_source' || cat "$VS_OUT"
done

# --- disks that grow, and come
check "a disk grows, one is added, and one that has no bitmap is written to" eval '
    live_virsh blockresize a vdb 80M && guest a 1 "$(paint 79M 64k)" &&
    qemu-img create -q -f qcow2 "$d/new.qcow2" 16M &&
    live_virsh attach-disk a "$d/new.qcow2" vdc --subdriver qcow2 --live --config &&
    guest a 2 "$(paint 1M 1M)" && guest b 1 "$(paint 1M 64k)"' || cat "$d/hmp"
check "a night" night grown --base latest --keep-reference-points 2
is "$(warnings)" "" "has nothing to warn of"
check "it is as a full one" as_full
is "$(checkpoints b | wc -w)" 2 "as many reference points as wanted are left"

# --- reference points with names
check "one by itself" eval 'vs --json reference-point-create night alone >"$VS_OUT"'
is "$(warnings | grep -c "'b'.*'vd[bc]' cannot be followed")" 2 "of the disks that keep bitmaps"
check "is deleted" vs -q reference-point-delete night alone
check "one that is asked for" night named --base latest --reference-point mine
is "$(checkpoints b) $(warnings | grep -c "cannot be followed")" "virtsnap.mine 2" \
    "is the only one then, and disks that cannot have it are named"
check "one of that name is not made again" vs_refused 32800 "'mine'" export night again \
    --live=crash --scratch "$s" --to "$x" --reference-point mine
check "and not for a snapshot" vs_refused 1 "'mine'" export night again --to "$x" \
    --reference-point mine
check "the next night names it as its base" eval 'guest b 0 "$(paint 5M 1M)" &&
    night after --base mine --strict'
check "goes by it, and it stays" eval '[[ $(checkpoints b) = *" virtsnap.mine" ]]'

# --- what is not known any more
own=$(checkpoints b)
own=${own%% *}
check "QEMU is killed, and elsewhere what libvirt knows is lost and made anew" eval '
    kill -9 "$(qemu_of b)" && live_wait "it is off" live_off b && live_start b &&
    guest b 0 "$(paint 7M 64k)" && guest a 0 "$(paint 7M 64k)" &&
    live_virsh checkpoint-delete a "$own" && live_virsh checkpoint-create-as a "$own"'
check "a strict night is refused" vs_refused 5 "disk 'vda'.*$own" export night strict \
    --live=crash --scratch "$s" --to "$x" --base latest --strict
check "another one is not" night broken --base latest
is "$(warnings | grep -c "'$own' was made anew\|'$own' is gone")" 4 "it says why"
check "it is as what the domains have" as_source
is "$(checkpoints b | sed 's/export-[^ ]*/export/')" "virtsnap.export virtsnap.mine" \
    "and has a reference point again, instead of the broken one"

check "images change places, and one is overwritten by another" eval '
    live_destroy a && live_destroy b && mv "$d/a.qcow2" "$d/t" && mv "$d/new.qcow2" "$d/a.qcow2" &&
    mv "$d/t" "$d/new.qcow2" && cp "$d/a2.qcow2" "$d/b.qcow2" && live_start a && live_start b'
check "a night of them" night swapped --base latest
is "$(warnings | grep -c "another file")" 2 "other files are told"
is "$(warnings | grep -c "vda.*started anew")" 1 "and that another may have been changed"
check "it is as what the domains have" as_source

# --- what fails, and what is killed
known=$(checkpoints a)
slowly()
{
    "$abs_top_builddir/virtsnap" export night "$1" --live=crash --base latest --to "$x" \
        --scratch "$s" --bandwidth 128K --json >"$d/slow.out" 2>&1 </dev/null &
    pid=$!
    live_wait "$1 reads" reads "$1"
}
reads()
{
    compgen -G "$x/night/.$1.partial/layers/a2-*" >/dev/null ||
        grep -qs '^State:.Z' /proc/$pid/status
}
guest a 1 "$(paint 30M 4M)"
check "one that is interrupted" eval 'slowly stopped && live_wait "it catches" live_catches $pid &&
    kill -INT $pid; ! wait $pid'
is "$(checkpoints a)" "$known" "leaves no checkpoint"
check "one that is killed" eval 'slowly killed && kill -9 $pid; wait $pid; [ $? -eq 137 ]'
is "$(checkpoints a | wc -w)" $(($(wc -w <<<"$known") + 1)) "leaves one"
check "the next night goes by the one of its base" night next --base latest --strict
is "$(layer_bytes a vdb)" $((262144 + 65 * 65536)) "and writes what has changed since that"
is "$(checkpoints a | wc -w)" "$(wc -w <<<"$known")" "and what was left has gone"
check "it is as what the domains have" as_source

# killed STEP: kills an export at that system call, or call of libvirt. No guest stands still then,
# and the next night goes by its base and ends what is left. Returns 2 if the call was not reached.
killed()
{
    local name=at-${1/:/-} status
    "$abs_top_builddir/tests/inject" "${1%:*}:signal=KILL:when=${1#*:}" \
        "$abs_top_builddir/virtsnap" --json export night "$name" --live=crash --base latest \
        --scratch "$s" --to "$x" >"$d/killed.out" 2>&1 </dev/null
    status=$?
    [ "$(live_virsh_all 'domstate a; domstate b' | xargs)" = "running running" ] ||
        live_die "held still" || return 1
    # What has no domain yet may be another one's that is just being made, and stays for a minute.
    find "$s" -mindepth 1 -maxdepth 1 ! -exec test -e '{}/domain' ';' -exec rm -r '{}' +
    [ $status -eq 137 ] || [ $status -eq 0 ] || live_die "ended with $status" || return 1
    [ ! -e "$x/night/$name" ] || { vs -q verify "$x/night/$name" && name+=-again; } || return 1
    guest a 0 "$(paint $(some))" && guest b 0 "$(paint $(some))" &&
        night "$name" --base latest --strict && as_source && nothing_held || return 1
    [ $status -eq 137 ] || return 2
}
nothing_held()
{
    local own
    own="$(point_of "$VS_EXPORT") virtsnap.mine"
    [ "$(checkpoints a)/$(checkpoints b)" = "theirs $own/$own" ] ||
        live_die "left: $(checkpoints a), $(checkpoints b)" || return 1
    [ "$(live_virsh_all 'domjobinfo a; domjobinfo b' | xargs)" = \
        "Job type: None Job type: None" ] || live_die "a job is left" || return 1
    [ -z "$(find "$s" -mindepth 1)" ] || live_die "left: $(find "$s")"
}
point_of() { sed -n 's/.*<checkpoint name="\([^"]*\)".*/\1/p' "$1/manifest.xml" | sort -u; }
# each CALL: kills exports at each of these calls, until there are no more of it.
each()
{
    local n status
    for ((n = 1; ; n++)); do
        killed "$1:$n" >"$d/said" 2>&1
        status=$?
        [ $status -ne 2 ] || break
        [ $status -eq 0 ] || { echo "$1:$n: $(cat "$d/said")"; return 1; }
    done
    echo "# $1: killed $((n - 1)) times" >&3
}
if ! can_inject; then
    skip "killed at each step" "nothing can be injected here"
elif [ "${STEPS-}" = all ]; then
    exec 3>&1
    for call in libvirt mkdir mkdirat flock socketpair linkat pwrite64 fsync unlinkat renameat2; do
        check "killed at each $call" each $call
    done
else
    # The second member is going to begin its backup, to go on, and to end its job; the export is
    # going to have its name.
    for step in ${STEPS:-libvirt-421:2 libvirt-28:2 libvirt-164:2 renameat2:1}; do
        check "killed at $step" killed "$step"
    done
fi

check "a domain leaves the collection" eval 'vs -q collection-remove night --domain b &&
    night left --base latest --strict'
is "$(checkpoints b) $(warnings)" "virtsnap.mine " \
    "and its reference point goes, but for one with a name"

# --- the base
check "all others are removed" eval 'find "$x/night" -mindepth 1 -maxdepth 1 ! -name left \
    -exec rm -rf {} +'
check "it is sound even so" vs_sound "$VS_EXPORT"
layer=$(vs_layer "$VS_EXPORT" a vdb)
check "damage in it" eval 'chmod u+w "$layer" && printf x |
    dd of="$layer" bs=1 seek=$((5 * 65536 + 1)) conv=notrunc status=none && chmod u-w "$layer"'
check "is found when it is the base" vs_refused 32802 "damaged" export night last --live=crash \
    --scratch "$s" --to "$x" --base "$VS_EXPORT"
is "$(checkpoints a | wc -w)" "$(wc -w <<<"$known")" "and no checkpoint is left of that"

done_testing
