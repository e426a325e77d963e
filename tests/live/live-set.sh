#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Live exports with the memory, or with the layers of the disks: they make a snapshot set that
# exists only as long as the export runs, whatever happens to it. No guest boots; QEMU writes in its
# place. STEPS: the system calls at which an export is killed, as CALL:N; POINTS=all: every one.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/sets-lib.sh"
live_requires
requires fsverity jq "$abs_top_builddir/tests/inject"
live_libvirtd_possible || skip_all "no namespaces for a libvirtd of our own"

check "a libvirtd of our own" live_libvirtd_setup || bail_out "no libvirtd"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"
export LIVE_BOOT=none
qemu-img create -q -f qcow2 "$d/base.qcow2" 24M
qemu-io -f qcow2 -c "write -P 9 1M 2M" "$d/base.qcow2" >/dev/null
still r o
qemu-io -f qcow2 -c "write -P 1 2M 1M" "$d/r.qcow2" >/dev/null
qemu-io -f qcow2 -c "write -P 2 2M 1M" "$d/o.qcow2" >/dev/null
vs -q collection-create-as pair --domain r --domain o
live_virsh start r
device=/machine/peripheral/virtio-disk0/virtio-backend

# write_running N: writes N to one MiB of the running domain's disk.
write_running()
{
    local io="qemu-monitor-command r --hmp 'qemu-io -d $device"
    live_virsh_all "$io \"write -P $1 $1M 1M\"'; $io flush'" >/dev/null
}

# now: prints on which images the domains run and which snapshots they have.
now()
{
    live_virsh_all "domstate r; domblklist r; domblklist r --inactive; domblklist o; \
snapshot-list r --name; snapshot-list o --name" | xargs
}

# clean: checks that no member has a snapshot, each writes to its own image, and no file or record
# is left.
clean()
{
    local left
    left=$(find "$d" -maxdepth 1 -name '*virtsnap-live*')
    left+=$(find "$VIRTSNAP_STATE_DIR" -type f -name '*.xml')
    [ -z "$left" ] || live_die "left: $left" || return 1
    [ "$(now)" = "running vda $d/r.qcow2 vda $d/r.qcow2 vda $d/o.qcow2" ] || live_die "$(now)"
}

# has_all: checks that the domains have what was written.
has_all()
{
    [ "$(content_of "$d/r.qcow2") $(content_of "$d/o.qcow2")" = "$1" ] || live_die "other content"
}
contents() { echo "$(content_of "$d/r.qcow2") $(content_of "$d/o.qcow2")"; }
whole() { echo "$(content_of "$(vs_layer "$1" r vda)") $(content_of "$(vs_layer "$1" o vda)")"; }
consistency()
{
    vs export-info --json "$1" |
        jq -c '[.domains | sort_by(.name)[] | .snapshots[0] |
            [.name, .kind, .consistency, .memory]]'
}

# --- what is done, and that nothing is left of it

before=$(contents)
check "what would be done" eval 'vs export pair --live=memory --to "$x" --dry-run --json >"$VS_OUT"'
is "$(vs_field '[.layers[].way] | unique | join(" ")')" copy "the layers are copied"
is "$(ls "$x")" "" "nothing is written"
check "and nothing changed" clean
is "$(vs export pair --live=memory --to "$x" --exclude o:vda --exclude r:vda --dry-run --json |
    jq -r .error.message | grep -c 'no disk')" 1 "there is no set of nothing"

check "with the memory" vs_export pair m --live=memory --to "$x" || cat "$VS_OUT" "$VS_ERR"
is "$(vs_field '[.result, .domains, .layers, (.warnings | length)] | join(" ")')" "0 2 3 0" \
    "all layers, without a warning"
check "it is sound" vs_sound "$VS_EXPORT"
is "$(consistency "$VS_EXPORT")" \
    '[["m","external","offline",false],["m","external","memory",true]]' "what it says of them"
is "$(whole "$VS_EXPORT")" "$before" "the disks are those of the moment"
check "the memory is a save image" \
    eval '[ "$(head -c 16 "$VS_EXPORT/domains/r/memory.save")" = LibvirtQemudSave ]'
check "its snapshot has the name of the export" \
    grep -q '<name>m</name>' "$VS_EXPORT/domains/r/snapshot.xml"
check "of the set nothing is left" clean
check "and nothing lost" has_all "$before"

check "with the layers" vs_export pair l --live --preserve-chain --to "$x"
is "$(consistency "$VS_EXPORT")" \
    '[["l","external","offline",false],["l","external","crash",false]]' "without an agent"
is "$(jq -r '.domains[] | select(.name == "r") | .snapshots[0].reason' \
    <(vs export-info --json "$VS_EXPORT"))" no-agent \
    "and why"
like "$(vs_field '.warnings[]')" "no-agent" "which is a warning"
is "$(vs_field .layers)" 3 "three layers"
check "it is sound" vs_sound "$VS_EXPORT"
check "of the set nothing is left" clean
check "with the memory, and merged" vs_export --domain r mm --live=memory --merge --to "$x"
is "$(vs_field .layers)" 1 "one image"
check "of the set nothing is left" clean

# --- refused before anything is done, or with nothing left

check "a name that is taken" vs_refused 32800 "exists already" export pair m --live=memory --to "$x"
check "one that is none of a snapshot" vs_refused 4 "snapshot" export pair .n --live=memory \
    --to "$x"
check "the tree" vs_refused 1 "tree" export pair n --live=memory --snapshots all --to "$x"
check "nothing was changed" clean
live_virsh snapshot-create-as o n --disk-only >/dev/null
check "a snapshot of the export's name" vs_refused 32800 "'o'.*'n'" \
    export pair n --live=crash --preserve-chain --to "$x"
is "$(snapshots_of r)/$(snapshots_of o)" "/n" "only that is there"
check "it goes" eval 'vs -q snapshot-delete pair n && clean'
check "a user's set with such a name" vs -q snapshot-create-as pair virtsnap-live-u --pause
check "is in the way" vs_refused 32800 "virtsnap-live-u" export pair u --live=memory --to "$x"
check "of no other export" vs_export pair v --live=crash --preserve-chain --to "$x"
is "$(snapshots_of r)/$(snapshots_of o)" "virtsnap-live-u/virtsnap-live-u" "and stays"
check "until it is removed" eval 'vs -q snapshot-delete pair virtsnap-live-u && clean'

# libvirt makes no such snapshot of this disk.
live_overlay "$d/base.qcow2" "$d/p.qcow2"
qemu-img create -q -f qcow2 "$d/own.qcow2" 1M
live_define p --disk "$d/p.qcow2" --internal "$d/own.qcow2"
check "a disk that cannot be in a set" vs_refused 1 "'vdb'" \
    export --domain p n --live --preserve-chain --to "$x"
check "is left out" vs_export --domain p n --live --preserve-chain --to "$x" --exclude p:vdb
is "$(vs_recorded "$VS_EXPORT" p vdb) $(vs_field .layers) $(snapshots_of p)" "excluded 2 " \
    "and only that"

# --- every night, on what the night before has

mkdir -p "$VIRTSNAP_CONFIG_DIR/export.d"
night=("directory = $x/nights" 'live = memory' 'base = latest')
printf '%s\n' "${night[@]}" 'keep-last = 1' >"$VIRTSNAP_CONFIG_DIR/export.d/pair.conf"
printf '%s\n' "${night[@]}" 'collection = pair' 'bandwidth = 400K' 'keep-last = 2' \
    >"$VIRTSNAP_CONFIG_DIR/export.d/slow.conf"
check "a night" eval 'vs --json export-run pair >"$VS_OUT"' || cat "$VS_OUT"
first=$(vs_field .export)
inode=$(stat -c %i "$first"/layers/base-*)
write_running 17
check "and another" eval 'vs --json export-run pair >"$VS_OUT"' || cat "$VS_OUT"
is "$(vs_field '[.removed, .warnings] | join(" ")') $(ls "$x/nights/pair" | wc -l)" "1 0 1" \
    "the older export has gone"
VS_EXPORT=$(vs_field .export)
is "$(stat -c %i "$VS_EXPORT"/layers/base-*)" "$inode" "its base image is in the newer one"
check "which is sound" vs_sound "$VS_EXPORT"
check "and has the disks" has_all "$(whole "$VS_EXPORT")"
is "$(vs export-list "$x/nights" --json | jq -r '.exports[] | .base + " " + .consistency')" \
    "$first memory" "and is listed with what it was made on"
"$abs_top_builddir/virtsnap" -q export-run slow >/dev/null 2>&1 </dev/null &
pid=$!
live_wait "the other night reads" compgen -G "$x/nights/pair/.*.partial/layers/*" >/dev/null
check "two nights at once" vs_refused 32774 "virtsnap-live" export-run pair
kill -INT $pid
wait $pid
is "$(ls -A "$x/nights/pair")" "${VS_EXPORT##*/}" "only the complete one is there"
check "of the sets nothing is left" clean

# --- in the midst of it

# slowly NAME: starts an export in the background and waits until it reads; sets pid to its process.
slowly()
{
    "$abs_top_builddir/virtsnap" export pair "$1" --live=crash --preserve-chain --to "$x" --json \
        --bandwidth 400K >"$VS_OUT" 2>"$VS_ERR" </dev/null &
    pid=$!
    live_wait "$1 reads" compgen -G "$x/pair/.$1.partial/layers/*" >/dev/null
}

check "an export is interrupted" eval 'slowly i && write_running 15 && kill -INT $pid; ! wait $pid'
check "of the set nothing is left" clean
before=$(contents)
check "one is killed" eval 'slowly k && write_running 16 && kill -9 $pid; ! wait $pid'
is "$(snapshots_of r) $(top_of r)" "virtsnap-live-k $d/r.virtsnap-live-k" "its set is there"
check "the next one" vs_export pair k --live=crash --preserve-chain --to "$x"
like "$(vs_field '.warnings[]')" "virtsnap-live-k.*interrupted" "says that it has removed that"
check "it has what was written" has_all "$(whole "$VS_EXPORT")"
check "of the sets nothing is left" clean
check_fails "all that was written is there" has_all "$before"

check "two at once" eval 'slowly first &&
    vs_refused 32774 "virtsnap-live-first" export pair second --live=memory --to "$x"
    kill -INT $pid; ! wait $pid'
check "of the sets nothing is left" clean

# The data that were read are right although libvirtd has gone; the set is left for the next command
# to remove.
check "libvirtd is killed meanwhile" eval 'slowly alone && live_libvirtd_stop KILL && wait $pid' ||
    cat "$VS_OUT" "$VS_ERR"
like "$(vs_field '.warnings[]')" "virtsnap-live-alone.*could not be removed" "which is told"
check "the export is sound" vs_sound "$x/pair/alone"
check "libvirtd is back" live_libvirtd_start
check "the next command" vs -q snapshot-create-as pair s --pause
is "$(snapshots_of r)/$(snapshots_of o)" "s/s" "removes the set"
check "and is done" eval 'vs -q snapshot-delete pair s && clean'

# killed STEP NAME: kills an export at the system call STEP (CALL:N), while it makes or removes its
# set. Returns 2 if there is no such call.
killed()
{
    ! "$abs_top_builddir/tests/inject" "${1%:*}:signal=KILL:when=${1#*:}" \
        "$abs_top_builddir/virtsnap" export pair "$2" --live=crash --preserve-chain --to "$x" \
        >"$VS_OUT" 2>&1 || { echo "not killed"; return 2; }
    vs_export pair "$2-again" --live=crash --preserve-chain --to "$x" && clean &&
        has_all "$before" && rm -rf "$x/pair/$2-again"
}
# killed_at_all CALL: at one such call after the other.
killed_at_all()
{
    local n
    for ((n = 1; ; n++)); do
        killed "$1:$n" "at-$n" && continue
        [ $? -eq 2 -a $n -gt 1 ] && clean && return
        echo "at call $n"
        return 1
    done
}
before=$(contents)
if [ "${POINTS-}" = all ]; then
    for call in renameat unlinkat sendmsg,write; do
        check "killed at every $call" killed_at_all $call
    done
    STEPS=' '
fi
for step in ${STEPS:-renameat:1 unlinkat:1}; do
    check "killed at $step" killed "$step" "at-${step/:/-}"
done

# This snapshot has the name, but is another one.
check "one is killed" eval 'slowly w && kill -9 $pid; ! wait $pid'
live_virsh snapshot-delete r virtsnap-live-w --metadata >/dev/null
made=$(date +%s)
next_second() { [ "$(date +%s)" -gt "$made" ]; }
live_wait "another second" next_second
live_virsh snapshot-create-as r virtsnap-live-w --disk-only \
    --diskspec "vda,file=$d/r.mine" >/dev/null
check "somebody's own snapshot of that name" \
    eval 'vs snapshot-create-as pair s --pause 2>"$VS_ERR"'
is "$(snapshots_of r)/$(snapshots_of o)" "virtsnap-live-w s/s" "is left"
like "$(cat "$VS_ERR")" "'r' is left" "and told"
is "$(grep -l temporary "$VIRTSNAP_STATE_DIR"/sets/*.xml)" "" "it is asked for once"
check "all of it goes" eval 'vs -q snapshot-delete pair s &&
    vs -q snapshot-delete pair virtsnap-live-w'
is "$(snapshots_of r)$(snapshots_of o)" "" "and nothing else is there"

done_testing
