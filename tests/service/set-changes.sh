#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Snapshot collections and reference points changed by the service: by calls on the bus, and by the
# command with --service.
. "$abs_top_srcdir/tests/service/lib.sh"
. "$abs_top_srcdir/tests/live/sets-lib.sh"
service_requires
# What is in the guests does not matter here.
export LIVE_BOOT=none

service_setup
service_place
for domain in left right; do
    live_start $domain || bail_out "$domain does not start"
done
check "a bus" service_bus || bail_out "no bus"
check "the service comes" service_start || bail_out "no service"
export VIRTSNAP_BUS=session
d=$LIVE_DIR
pair=/org/virtsnap1/collection/pair
call() { service_call service CollectionSnapshotService."$@"; }
sets() { vs --service snapshot-list pair --json | jq -c '[.snapshots[].name]'; }

# --- snapshot collections
# has_object SNAPSHOT: there is an object for it on the bus.
has_object() { [[ $(service_get snapshot/pair/"$1" Snapshot Name) == "$1" ]]; }
has_no_object() { ! has_object "$1" 2>/dev/null; }
gdbus monitor --session --dest org.virtsnap1 >"$LIVE_DIR/signals" &
monitor_pid=$!
at_exit eval 'kill $monitor_pid 2>/dev/null'
live_wait "signals are seen" grep -q "owned by" "$LIVE_DIR/signals"
check "one is made" vs_json --service snapshot-create-as pair one --pause --timeout 20
is "$(jq -c '[.window_ms > 0, (.members[1] | .domain, .kind, .consistency), .referencePoint]' \
    "$VS_OUT")" '[true,"right","external","crash",null]' "its result has what was reached"
is "$(vs_field .result) $(sets)" '0 ["night","one"]' "it is there"
live_wait "its object comes" has_object one
is "$(service_get snapshot/pair/one Snapshot Collection)" \
    "objectpath '/org/virtsnap1/collection/pair'" "of its collection"
is "$(service_get snapshot/pair/one Snapshot CreatedBy)" virtsnapd "made by the service"
like "$(service_get snapshot/pair/one Snapshot Members)" \
    "'domain': <'left'>.*'kind': <'external'>, 'consistency': <'crash'>.*'domain': <'right'>" \
    "with its members"
like "$(service_get snapshot/pair/one Snapshot Window)" '^[1-9][0-9]*$' "and its window"
info=$(service_call snapshot/pair/one Snapshot.GetInfo)
like "$info" "'status': <'complete'>, 'changes': <@as \[\]>" "GetInfo says it is complete"
like "$info" "'domain': <'right'>, 'there': <true>.*'kind': <'external'>" "and what there is of it"
is "$(vs --service snapshot-info pair one --json | jq -c '[.status, .adopted, .by, .window_ms > 0,
    (.members[1] | .domain, .consistency, .asked)]')" \
    '["complete",false,"virtsnapd",true,"right","crash","crash"]' "the command has that, too"
is "$(vs --service snapshot-list pair --json | jq -c '[.snapshots[] | [.status, .by]]')" \
    '[["complete",null],["complete","virtsnapd"]]' "and of all sets what made them"
check "no object of one that virtsnap has not made" has_no_object night
like "$(gdbus call --session --dest org.virtsnap1 --object-path /org/virtsnap1 \
    --method org.freedesktop.DBus.ObjectManager.GetManagedObjects)" \
    "'/org/virtsnap1/snapshot/pair/one': \\{'org.virtsnap1.Snapshot': \\{" "it is among the objects"
# The standard type, with the memory of who runs.
answer=$(call CreateSnapshot $pair '<snapshotsettings><name>memory</name></snapshotsettings>' 1)
job=$(grep -o 'job/[0-9]*' <<<"$answer")
is "$(service_wait "$job") $(service_get "$job" Job ErrorCode)" "7 0" \
    "CreateSnapshot makes a standard one, too"
is "$(vs --service snapshot-info pair memory --json |
    jq -c '[.status, (.members[] | .kind, .consistency)]')" \
    '["complete","external","memory","external","memory"]' "which has the memory"
check "it is removed" vs_json --service snapshot-delete pair memory
check "a name that is taken" vs_refused 32800 "'one'" --service snapshot-create-as pair one
# What would be done, and is not.
check "a plan of another one" vs_json --service snapshot-create-as pair two --memory --dry-run
is "$(vs_field '[.result, .snapshot, .members[1].asked, .members[1].memory != null,
    .members[1].disks[0].target] | join(" ")')" "0 two memory true vda" "says what would be made"
like "$(vs --service snapshot-create-as pair two --dry-run)" \
    "left +running +crash +vda .*left.two" "for people, too"
check "one of a name that is taken" vs_refused 32800 "'one'" --service snapshot-create-as pair \
    one --dry-run
check "of a removal" vs_json --service snapshot-delete pair one --dry-run
is "$(jq -c '[.snapshot, (.members[] | .kind, .disks[0].method)]' "$VS_OUT")" \
    '["one","external","active-commit","external","active-commit"]' "says how layers are merged"
is "$(vs --service --json snapshot-delete pair one --metadata --dry-run |
    jq -c '[.members[] | .kind, .disks]')" '["metadata",[],"metadata",[]]' "with its options"
like "$(vs --service snapshot-delete pair one --dry-run)" "right +vda +merged while .*right.one" \
    "for people, too"
check "of a way back" vs_json --service snapshot-apply pair one --dry-run
is "$(jq -c '[.before, (.members[1] | .domain, (.disks[0] | .target, .present | . != null))]' \
    "$VS_OUT")" '["before-one","right",true,true]' "says what would be kept"
is "$(vs --service --json snapshot-apply pair one --discard --dry-run | jq .before)" null \
    "or that nothing would"
like "$(call PlanApplySnapshot /org/virtsnap1/snapshot/pair/one '{"wait": <true>}')" \
    "Error.InvalidParameter.*'wait'" "nobody waits for a plan"
like "$(call PlanApplySnapshot /org/virtsnap1/snapshot/pair/none '{}')" "Error.NotFound" \
    "what would fail at once is an error"
check "of a conversion" vs_refused 1 "'one' was made without" --service \
    reference-point-convert pair one --dry-run
is "$(sets)" '["night","one"]' "nothing has been done"
check "both domains go back to it" vs_json --service snapshot-apply pair one
is "$(sets)" '["night","one","before-one"]' "what there was is a set"
answer=$(call DestroySnapshot /org/virtsnap1/snapshot/pair/before_2done '{"wait": <true>}')
like "$answer" "uint32 0, objectpath '/org/virtsnap1/job/" "DestroySnapshot is waited for"
is "$(sets)" '["night","one"]' "and it is gone"
answer=$(call ApplySnapshot /org/virtsnap1/snapshot/pair/one \
    '{"discard": <true>, "start": <true>}')
like "$answer" "uint32 4096" "ApplySnapshot has a job"
job=$(grep -o 'job/[0-9]*' <<<"$answer")
is "$(service_wait "$job") $(service_get "$job" Job JobType)" "7 71" "which is completed"
is "$(sets)" '["night","one"]' "nothing is kept when it is to be discarded"

# --- reference points, of domains that run now
check "a plan" vs_json --service reference-point-create pair first --dry-run
is "$(jq -c '[.referencePoint, (.members[] | .domain, .disks[0])]' "$VS_OUT")" \
    '["first","left","vda","right","vda"]' "says which disks would be followed"
like "$(vs --service reference-point-create pair first --dry-run)" "right +virtsnap.first +vda" \
    "for people, too"
is "$(service_call collection/pair Collection.ListReferencePoints)" "(@aa{sv} [],)" \
    "and does nothing"
check "a reference point" vs_json --service reference-point-create pair first
is "$(vs_field '[.collection, .referencePoint, (.warnings | length)] | join(" ")')" "pair first 0" \
    "whose disks are all followed"
like "$(vs --service job-wait "$(vs_field .job)")" "complete: 'Reference point of pair, first'" \
    "a job without a directory has its name"
answer=$(call CreateReferencePoint $pair second '{}')
job=$(grep -o 'job/[0-9]*' <<<"$answer")
is "$(service_wait "$job") $(service_get "$job" Job JobType)" "7 205" "another one is a job"
points() { service_call collection/pair Collection.ListReferencePoints; }
like "$(points)" "'name': <'first'>.*'whole': <true>.*'name': <'second'>" "both are listed"
like "$(points)" "'domain': <'left'>, 'state': <'whole'>" "with their members"
is "$(vs --service reference-point-list pair --json |
    jq -c '[.referencePoints[] | [.name, .whole, .members[1].domain, .members[1].state]]')" \
    '[["first",true,"right","whole"],["second",true,"right","whole"]]' "by the command as well"
like "$(call CreateReferencePoint $pair second '{"wait": <true>}')" "Error.AlreadyExists.*second" \
    "none is made twice"
like "$(call CreateReferencePoint $pair a/b '{}')" "Error.InvalidParameter" "nor with any name"
like "$(call DestroyReferencePoint $pair '' '{}')" "Error.InvalidParameter" "none is none"
like "$(call DestroyReferencePoint $pair second '{"wait": <true>}')" "uint32 0" "one goes"
check "a plan of the other one" vs_json --service reference-point-delete pair first --dry-run
is "$(jq -c '[.members[] | .domain, has("disks")]' "$VS_OUT")" '["left",false,"right",false]' \
    "says whose it is"
check "the other one, too" vs_json --service reference-point-delete pair first
check "and is not there any more" vs_refused 32779 "first" --service reference-point-delete pair \
    first

# --- that of an export, which says where the export is
check "a live export with a base to come" vs_json --service export pair live --live=crash \
    --base latest --to "$d/live"
name=$(grep -o "'name': <'export-[^']*" <<<"$(points)" | cut -d "'" -f 4)
like "$(points)" "'export': <'$d/live/pair/live'>, 'export-state': <'found'>" "it is found"
check "it is moved" mv "$d/live" "$d/moved"
like "$(points)" "'export': <'$d/live/pair/live'>, 'export-state': <'not found'>" "it is not"
like "$(vs --service reference-point-list pair)" "$name +left +20.* whole, export not found" \
    "which the command says"
check "the way out" vs_json --service reference-point-delete pair "$name"
is "$(points)" "(@aa{sv} [],)" "nothing is left"

# --- snapshot collections that become reference points
check "a set with a reference point" eval 'vs_json --service snapshot-create-as pair kept --pause \
    --reference-point && vs_json --service snapshot-create-as pair more --reference-point'
is "$(sets)" '["night","one","kept","more"]' "and another one are made"
is "$(jq -c '[.members[].consistency] | unique' "$VS_OUT")" '["crash"]' \
    "of one moment, where nothing is said"
like "$(call ConvertToReferencePoint /org/virtsnap1/snapshot/pair/kept '{"wait": <true>}')" \
    "uint32 0, 'kept', objectpath '/org/virtsnap1/job/" "one is converted"
check "a plan of the other one" vs_json --service reference-point-convert pair more --dry-run
is "$(jq -c '[.referencePoint, .members[1].disks[0].method]' "$VS_OUT")" \
    '["more","active-commit"]' "says how, too"
check "the other one by the command" vs_json --service reference-point-convert pair more
is "$(vs_field '[.name, .result] | join(" ")')" "Conversion of pair, more 0" "by a job"
is "$(sets)" '["night","one"]' "they are no sets any more"
like "$(points)" "'name': <'kept'>, 'whole': <true>.*'name': <'more'>, 'whole': <true>" \
    "but reference points"
like "$(call ConvertToReferencePoint /org/virtsnap1/snapshot/pair/one '{"wait": <true>}')" \
    "Error.NotSupported.*'one' was made without" "which one without checkpoints cannot be"
check "they are deleted" eval 'vs_json --service reference-point-delete pair kept &&
    vs_json --service reference-point-delete pair more'
check "the set is removed" vs_json --service snapshot-delete pair one
for signal in "'left:vda', 4, 3" "'left:vda', 4, 0" "'right:vda', 4, 3" "'right:vda', 4, 0"; do
    check "what becomes of a disk is told: $signal" live_wait "a signal" \
        grep -qF "BlockJob ($signal)" "$LIVE_DIR/signals"
done
is "$(sets)" '["night"]' "as if it had not been"
live_wait "its object goes" has_no_object one
live_wait "which a signal tells" \
    grep -q 'ObjectManager.InterfacesRemoved.*/snapshot/pair/one' "$LIVE_DIR/signals"
check "as its coming" grep -q 'ObjectManager.InterfacesAdded.*/snapshot/pair/one' \
    "$LIVE_DIR/signals"
check "the service ends" service_stop
is "$(live_virsh domstate left) $(live_virsh domstate right)" "running running" "the domains run"
is "$(live_virsh checkpoint-list left --name)" "" "no checkpoint is left"
is "$(chain_of "$(top_of left)" | wc -w)" 3 "no layer, either"

done_testing
