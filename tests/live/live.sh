#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Exports of running domains without a snapshot: all members are captured at one moment, the guests
# continue to write, and whatever happens meanwhile, nothing is left. ROUNDS: nights of guests that
# write; STEPS=all: more steps at which an export of frozen guests is killed.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires
requires fsverity jq
live_libvirtd_possible || skip_all "no namespaces for a libvirtd of our own"

# This is done before libvirtd starts, because libvirtd only sees file systems that are mounted by
# then.
small=
if [ "$(id -u)" -eq 0 ] && mkdir "$TEST_DIR/small" &&
    mount -t tmpfs -o size=128m none "$TEST_DIR/small" 2>/dev/null; then
    small=$TEST_DIR/small
    at_exit umount "$small"
fi
check "a libvirtd of our own" live_libvirtd_setup || bail_out "no libvirtd"
vs_setup
d=$LIVE_DIR
x=$d/x
s=$d/s
mkdir "$x" "$d/images" "$s"
i=$d/images
guests()
{
    live_disk "$i/base.qcow2" 64 8 && live_overlay "$i/base.qcow2" "$i/a.qcow2" &&
        live_disk "$i/b.raw" 64 8 && live_overlay "$i/base.qcow2" "$i/c.qcow2" &&
        qemu-img create -q -f qcow2 "$i/static.qcow2" 64M &&
        qemu-io -f qcow2 -c "write -P 7 1M 3M" -c "write -z 8M 1M" "$i/static.qcow2" >/dev/null &&
        live_define a --disk "$i/a.qcow2" --disk "$i/static.qcow2" &&
        live_define b --disk "$i/b.raw" && live_define c --disk "$i/c.qcow2" && live_boot a b &&
        live_wait_agent a && live_wait_agent b
}
check "two guests that write, one that is off" guests || bail_out "no guests"
check "a collection of them" vs -q collection-create-as night --domain a --domain b --domain c

# live ARGUMENT...: a live export of the collection. The scratch directory has the same path in the
# namespaces of our libvirtd.
live() { vs_export night "$@" --scratch "$s" --to "$x"; }

no_job() { [[ $(live_virsh domjobinfo --domain "$1") =~ ^Job\ type:\ *None ]]; }
running() { [ "$(live_virsh domstate --domain "$1")" = running ]; }
scratch_left() { find "$s" -name '.virtsnap-*' 2>/dev/null; }

# clean: checks that no domain is held still, and that nothing is left in the directories for QEMU.
clean()
{
    [ "$(live_virsh_all 'domjobinfo a; domjobinfo b; domstate a; domstate b' | xargs)" = \
        "Job type: None Job type: None running running" ] && [ -z "$(scratch_left)" ] ||
        live_die "left: $(scratch_left) $(live_virsh domjobinfo --domain a)"
}
consistency()
{
    vs export-info --json "$1" | jq -c '[.domains[] | .snapshots[0] | [.kind, .consistency]]'
}

# --- all that runs, and what does not
check "a dry run" eval 'vs export night --live --to "$x" --dry-run --json >"$VS_OUT"'
is "$(jq -c '[.layers[].way] | sort' "$VS_OUT")" '["flatten","pull","pull","pull"]' \
    "says how each disk is had"
is "$(ls "$x")" "" "and touches nothing"
before_a=$(live_counter a) before_b=$(live_counter b)
check "a live export has no other name than the time" live --live
after_a=$(live_counter a) after_b=$(live_counter b)
check "that name" eval '[[ ${VS_EXPORT##*/} =~ ^[0-9]{8}T[0-9]{6}Z$ ]]'
is "$(vs_field '.warnings | length')" 0 "there is nothing to warn of"
check "it is sound" vs_sound "$VS_EXPORT"
is "$(consistency "$VS_EXPORT")" \
    '[["live","application"],["live","application"],["live","offline"]]' "what it says of them"
for guest in a b; do
    layer=$(vs_layer "$VS_EXPORT" $guest vda)
    check "the disk of $guest is of one instant" live_consistent "$layer"
    at=$(live_counter_of "$layer") from=before_$guest to=after_$guest
    check "within the export: ${!from}, $at, ${!to}" \
        test "$at" -ge "${!from}" -a "$at" -le $((${!to} + 1))
    check "its file system was ready for it" \
        eval 'qemu-img convert -O raw "$layer" "$d/raw" && e2fsck -fn "$d/raw"'
done
check "the disk that nobody wrote to" vs_same_disk "$i/static.qcow2" qcow2 \
    "$(vs_layer "$VS_EXPORT" a vdb)"
check "the one of the domain that is off" vs_same_disk "$i/c.qcow2" qcow2 \
    "$(vs_layer "$VS_EXPORT" c vda)"
check "nothing is held any more" clean
check "the guests write on" eval 'live_wait_counter a +2 && live_wait_counter b +2'

# --- only what has changed: ROUNDS nights of guests that write. While they are paused, a full
# export is one of the same moment.
same_as_full()
{
    local export=$VS_EXPORT one status=0
    rm -rf "$d/full"
    vs_export night full --live=crash --scratch "$s" --to "$d/full" || return 1
    for one in a:vda a:vdb b:vda c:vda; do
        qemu-img compare -q "$(vs_layer "$VS_EXPORT" ${one%:*} ${one#*:})" \
            "$(vs_layer "$export" ${one%:*} ${one#*:})" || { echo "differs: $one"; status=1; }
    done
    VS_EXPORT=$export
    return $status
}
ROUNDS=${ROUNDS:-1}
check "a base, with a reference point" live begin --live=crash --reference-point begin
is "$(vs_field '.warnings | length')" 3 \
    "which a raw disk cannot have, its domain, nor one that is off"
for ((round = 1; round <= ROUNDS; round++)); do
    check "round $round: the guests write" eval '
        live_wait_counter a +3 && live_wait_counter b +3 &&
        live_virsh suspend a && live_virsh suspend b'
    check "a night" live "night$round" --live=crash --base latest --strict
    is "$(vs_field '.warnings | length')" 0 "has nothing to warn of"
    check "it is what a full one is" same_as_full
    check "of one instant" live_consistent "$(vs_layer "$VS_EXPORT" a vda)"
    check "the guests go on" eval 'live_virsh resume a && live_virsh resume b'
done
check "the last one is sound" vs_sound "$VS_EXPORT"

# --- every night: by a file, and the one before goes
mkdir -p "$VIRTSNAP_CONFIG_DIR/export.d"
printf '%s\n' "directory = $x/nightly" 'live = crash' "scratch = $s" 'keep-last = 1' \
    >"$VIRTSNAP_CONFIG_DIR/export.d/night.conf"
check "a night" eval 'vs --json export-run night >"$VS_OUT"' || cat "$VS_OUT"
first=$(vs_field .export)
check "and another" eval 'vs --json export-run night >"$VS_OUT"' || cat "$VS_OUT"
is "$(vs_field '[.removed, .warnings] | join(" ")')" "1 0" "the older export has gone"
check "the newer one is sound" vs_sound "$(vs_field .export)"
check "only that is there" [ ! -e "$first" -a -n "$first" ]
check "nothing is held after it" clean

# --- as if the power had failed; the definition is that of the moment
live_virsh desc a --live --config "it was called this" >/dev/null
check "at one moment without the agents" live now --live=crash \
    --compress zstd --exclude a:vdb
is "$(consistency "$VS_EXPORT")" '[["live","crash"],["live","crash"],["live","offline"]]' \
    "what it says of them"
check "it is sound" vs_sound "$VS_EXPORT"
check "of one instant" live_consistent "$(vs_layer "$VS_EXPORT" a vda)"
check "the definition is that of the moment" grep -q "it was called this" \
    "$VS_EXPORT/domains/a/domain.xml"
is "$(vs_recorded "$VS_EXPORT" a vdb)" excluded "the disk that was left out"
check "a name is taken once" vs_refused 32800 "exists already" export night now --live --to "$x" \
    --scratch "$s"
check "nothing is held any more" clean

# --- what is refused
check "the tree of snapshots" vs_refused 1 "tree" export night --live --snapshots all --to "$x"
check "a word that is no level" vs_refused 4 "live" export night --live=now --to "$x"
check "no name at all is for live exports" eval '! vs export night --to "$x" 2>"$VS_ERR" &&
    grep -q -- --live "$VS_ERR"'
check "a directory for QEMU that is not there" vs_refused 32779 "nowhere" export night --live \
    --scratch "$d/nowhere" --to "$x"
long=$d/$(printf 'l%.0s' {1..120})
mkdir "$long"
check "one whose path is too long for a socket" vs_refused 4 "scratch" export night --live \
    --scratch "$long" --to "$x"
is "$(ls -A "$long")" "" "nothing is left in it"

# A job that another program has begun is left alone.
printf '<domainbackup mode="pull"><server transport="unix" socket="%s/other.sock"/><disks>
    <disk name="vdb" backup="yes" type="file"><scratch file="%s/other"/></disks>
    </domainbackup>' "$d" "$d" | sed 's,</disks>,</disk></disks>,' >"$d/other.xml"
check "somebody else's backup" live_virsh backup-begin --domain a --backupxml "$d/other.xml"
check "there is one at a time" vs_refused 32774 "'a'" export night --live --scratch "$s" --to "$x"
check "which goes on" eval '! no_job a'
check "until it is ended" eval 'live_virsh domjobabort a && live_wait "no job" no_job a && clean'
is "$(find "$x" -name '.*.partial')" "" "of all that nothing is left"

# --- in the midst of it
# slowly NAME ARGUMENT...: an export that takes its time, in the background. Leaves its id in $pid
# once it reads.
slowly()
{
    local name=$1
    shift
    "$abs_top_builddir/virtsnap" export night "$name" --live=crash --to "$x" --bandwidth 4M \
        --scratch "$s" --json "$@" >"$VS_OUT" \
        2>"$VS_ERR" </dev/null &
    pid=$!
    live_wait "$name reads" reads "$name"
}
qemu_of()
{
    live_processes | while read -r one; do
        grep -aqs -- "guest=$1," "/proc/$one/cmdline" && echo "$one"
    done | head -n 1
}
reads() { compgen -G "$x/night/.$1.partial/layers/*" >/dev/null || ! kill -0 $pid 2>/dev/null; }

check "an export is killed" eval 'slowly killed && kill -9 $pid; wait $pid; [ $? -eq 137 ]'
check "its job is still there" eval '! no_job a && ! no_job b && [ -n "$(scratch_left)" ]'
check "the next one ends it" live killed --live=crash
is "$(vs_field '[.warnings[] | select(test("earlier export"))] | length')" 2 "and says so"
check "it is sound" vs_sound "$VS_EXPORT"
check "nothing is held any more" clean

# killed_frozen STEP: it is killed at that system call, or call of libvirt: see tests/inject.c.
told_to_freeze() { grep -ac 'fsfreeze: freeze' "$(live_console "$1")"; }
killed_frozen()
{
    local a b status
    a=$(told_to_freeze a) b=$(told_to_freeze b)
    "$abs_top_builddir/tests/inject" "${1%:*}:signal=KILL:when=${1#*:}" \
        "$abs_top_builddir/virtsnap" export night frozen --live --scratch "$s" --to "$x" \
        >"$VS_OUT" 2>&1 </dev/null
    status=$?
    [ $status -eq 137 ] || live_die "ended with $status" || return 1
    [ "$(told_to_freeze a)" -gt "$a" ] && [ "$(told_to_freeze b)" -gt "$b" ] ||
        live_die "not frozen"
}
if can_inject; then
    # The second backup is going to begin; with STEPS=all also the first one, or the second guest
    # is going to be thawed.
    steps=libvirt-421:2
    [ "${STEPS-}" != all ] || steps="libvirt-421:1 libvirt-336:1 libvirt-336:2 $steps"
    for step in $steps; do
        check "one is killed while all file systems are frozen, at $step" killed_frozen "$step"
        check "the guests write on" eval 'live_wait_counter a +2 && live_wait_counter b +2'
    done
    check "the next one is made" live frozen --live
    is "$(consistency "$VS_EXPORT")" \
        '[["live","application"],["live","application"],["live","offline"]]' "as it should be"
    check "nothing is held any more" clean
else
    skip "one is killed while all file systems are frozen" "nothing can be injected here"
fi

# A stopped process would watch neither the scratch space nor its guests. It has a process group of
# its own, as a shell gives it one.
says() { live_wait "it says '$1'" grep -q "$1" "$VS_ERR"; }
stays()
{
    kill -TSTP $pid && says "not stopped" && ! live_stopped $pid || return 1
    kill -CONT $pid && says "go on" || return 1
    : >"$VS_ERR"
    kill -TSTP $pid && says "not stopped" && kill -TSTP $pid && says "go on" &&
        ! live_stopped $pid
}
set -m
check "an export is begun" slowly stopped
set +m
check "Ctrl-Z only suspends its transfers" stays
check "it is interrupted" eval 'kill -INT $pid; ! wait $pid'
check "nothing is held any more" clean
check "and nothing is left" [ ! -e "$x/night/.stopped.partial" ]
check "with --resume all is begun anew" live stopped --live=crash --resume


# failed CODE REGEX: checks that the export in the background failed with this result and left
# nothing.
failed()
{
    ! wait $pid || live_die "it was done" || return 1
    [ "$(vs_field .error.code)" = "$1" ] && [[ $(vs_field .error.message) =~ $2 ]] ||
        live_die "$(cat "$VS_OUT" "$VS_ERR")" || return 1
    [ -z "$(scratch_left)$(find "$x" -name '.*.partial')" ] || live_die "left: $(scratch_left)"
}

check "a domain crashes meanwhile" eval 'slowly gone &&
    kill -9 "$(qemu_of b)" && failed 5 "domain .b"'
check "and the other one is let go" eval 'no_job a && running a'
check "a guest shuts itself down meanwhile" eval 'live_boot b && slowly gone --bandwidth 200K &&
    live_virsh shutdown b --mode acpi && failed 5 "domain .b"'
check "in an orderly way, and the other one is let go" eval 'live_off b && no_job a && running a'
check "a domain is destroyed meanwhile" eval 'live_start b && slowly gone && live_destroy b &&
    failed 5 "domain .b"'
check "one that is shut off is read from its images" live gone --live=crash
is "$(consistency "$VS_EXPORT")" \
    '[["live","crash"],["live","offline"],["live","offline"]]' "what it says of them"
# held COMMAND...: runs COMMAND while the export is stopped, then waits for the end of the export.
# Its bandwidth limit also counts the time in which it was stopped.
held() { kill -STOP $pid && "$@" && kill -CONT $pid && wait $pid; }
starts_c() { live_start c || live_off c; }
check "of which nobody starts another one meanwhile" eval 'slowly started --bandwidth 25M &&
    ! held starts_c || live_off c'
live_off c || live_destroy c

# A domain that boots nothing has no agent, so it is paused for the moment.
check "a domain without an agent" eval '
    qemu-img create -q -f qcow2 "$i/e.qcow2" 16M && LIVE_BOOT=none live_define e \
        --disk "$i/e.qcow2" && live_virsh start e && vs_export --domain e --live quiet \
        --scratch "$s" --to "$x"'
is "$(consistency "$VS_EXPORT")" '[["live","crash"]]' "is as if the power had failed"
is "$(jq -r '.domains[0].snapshots[0].reason' <(vs export-info --json "$VS_EXPORT"))" no-agent \
    "and why"
is "$(vs_field '.warnings | length')" 1 "which is a warning"
check "it runs on" running e
check "a paused one stays paused" eval 'live_virsh suspend e && vs_export --domain e --live paused \
    --scratch "$s" --to "$x" && [ "$(live_virsh domstate e)" = paused ]'
# --- saved is not shut off: what the guest had not written to its disks is in the saved state
e() { vs_export --domain e --live=crash "$@" --scratch "$s" --to "$x"; }
check "a domain is saved" live_virsh managedsave e
check "and is exported" e saved
is "$(jq -r '.domains[0].snapshots[0] | .consistency + " " + .reason' \
    <(vs export-info --json "$VS_EXPORT"))" "crash saved" "as if the power had failed, and why"
like "$(vs_field '.warnings[]')" "'e'.*saved, not shut off.*start it" "which is a warning"
like "$(vs export-info "$VS_EXPORT" --json | jq -r '.warnings[]')" "'e'.*saved" \
    "in the manifest, too"
check "it is sound" vs_sound "$VS_EXPORT"
check "a strict export is refused" vs_refused 5 "'e'.*saved, not shut off" export --domain e \
    strict --live=crash --strict --scratch "$s" --to "$x"
check "nothing is left of that" [ ! -e "$x/e/strict" ]
check "one with the memory is refused" vs_refused 5 "'e'.*saved state" export --domain e memory \
    --live=memory --scratch "$s" --to "$x"
check "others snapshot it" live_virsh snapshot-create-as e other --disk-only
check "which nobody can tell from one that is shut off" vs_export --domain e other --to "$x"
is "$(jq -r '.domains[0].snapshots[0].consistency' <(vs export-info --json "$VS_EXPORT"))" unknown \
    "so nothing is claimed"
like "$(vs_field '.warnings[]')" "'e'.*may have been.*'other'" "but said"
check "without the saved state" live_virsh managedsave-remove e
check "it is shut off" e off
is "$(consistency "$VS_EXPORT")" '[["live","offline"]]' "which is what it is then"
is "$(vs_field '.warnings | length')" 0 "and nothing is to be told"

# --- an agent that has its channel open, and does not answer
silent()
{
    ! live_virsh qemu-agent-command --timeout 1 a '{"execute":"guest-ping"}' >/dev/null 2>&1
}
live_agent a '{"execute":"guest-exec","arguments":{"path":"/bin/sh","arg":["-c",
    "kill -STOP $(cat /run/ga.pid)"]}}' >/dev/null
live_wait "the agent of a is silent" silent
check "an agent that does not answer" vs_export --domain a --live silent --scratch "$s" --to "$x"
is "$(vs export-info --json "$VS_EXPORT" |
    jq -r '.domains[0].snapshots[0] | .kind + " " + .consistency + " " + .reason')" \
    "live crash agent-timeout" "is not waited for, and what is reached is told"
like "$(vs_field '.warnings[]')" "'a'.*agent-timeout" "which is a warning"
check "the disk is of one instant" live_consistent "$(vs_layer "$VS_EXPORT" a vda)"
check "the guest writes on" live_wait_counter a +2
check "nothing is held any more" eval 'no_job a && running a && [ -z "$(scratch_left)" ]'

check "one that is undefined meanwhile is exported" eval 'slowly undefined --bandwidth 25M &&
    held live_virsh undefine a && vs_field ".warnings[]" | grep -q undefined' ||
    cat "$VS_OUT" "$VS_ERR"

# --- libvirtd is killed: what was read is right, and the next export ends the job
check "libvirtd is killed meanwhile" eval 'slowly alone --bandwidth 25M &&
    held live_libvirtd_stop KILL' ||
    cat "$VS_OUT" "$VS_ERR"
check "which is told" eval 'vs_field ".warnings[]" | grep -q "next live export"'
check "the export is sound" vs_sound "$x/night/alone"
check "libvirtd is back" live_libvirtd_start
check "the next one ends the job" live after --live=crash
check "nothing is held any more" eval 'no_job a && running a && [ -z "$(scratch_left)" ]'
restart() { live_libvirtd_stop KILL && live_libvirtd_start; }
check "it is restarted, and the export interrupted" eval 'slowly restarted && restart &&
    kill -INT $pid && ! wait $pid'
check "nothing is held any more" eval 'no_job a && running a && [ -z "$(scratch_left)" ]'
check "it is killed, and the export interrupted" eval 'slowly dead && live_libvirtd_stop KILL &&
    kill -INT $pid && ! wait $pid'
like "$(vs_field .error.message)" "virsh domjobabort a" "what is left is told, and the way out"
check "libvirtd is back" live_libvirtd_start

# --- libvirt has begun, and cannot write down the checkpoint: it fails, and the job is there
not_begun()
{
    local at=$LIVE_ROOT/lib/qemu/checkpoint/a
    mkdir -p "${at%/*}" && rm -rf "$at" && : >"$at" || return 1
    ! live begun --live=crash --reference-point broken || return 1
    rm "$at"
    ! live_virsh backup-dumpxml a 2>/dev/null && no_job a && [ -z "$(scratch_left)" ]
}
check "a job that did not begin, but is there, is ended" not_begun || cat "$VS_OUT" "$VS_ERR"

# --- the target hangs
hanging_target()
{
    mkdir "$d/behind" "$d/mount"
    bindfs -f "$d/behind" "$d/mount" 2>/dev/null &
    fuse=$!
    at_exit umount -l "$d/mount"
    at_exit eval 'kill -CONT "$fuse"; kill "$fuse"'
    live_wait "it is mounted" mountpoint -q "$d/mount"
}
if [ -n "$small" ] && command -v bindfs >/dev/null; then
    check "a target behind FUSE" hanging_target
    x=$d/mount
    check "it hangs, and the export is interrupted" eval 'slowly hung && kill -STOP "$fuse" &&
        kill -INT $pid && live_wait "the guests are let go" no_job a && kill -0 $pid'
    kill -CONT "$fuse"
    check_fails "which ends when the target is there again" wait $pid
    is "$(scratch_left)$(find "$x" -name '*hung*')" "" "and leaves nothing"
    x=$d/x
fi

# --- no room
if [ -n "$small" ]; then
    s=$small
    check "little room for what is overwritten" eval 'slowly full &&
        fallocate -l 80M "$s/fill" && failed 32801 scratch'
    check "the guest has not noticed" eval 'running a && live_wait_counter a +2'
    check "too little from the beginning" vs_refused 32801 scratch export night --live=crash \
        --scratch "$s" --to "$x"
    rm "$s/fill"
    s=$d/s
    check "a target that is full" eval 'fallocate -l 110M "$small/fill" && x=$small &&
        ! live full --live=crash && [ "$(vs_field .error.code)" = 32801 ]'
    check "leaves nothing" eval 'no_job a && [ -z "$(scratch_left)" ] && [ ! -e "$small/night" ]'
fi

done_testing
