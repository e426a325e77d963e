#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Exports by the service on a bus of its own: the method, its job, and wrong calls.
. "$abs_top_srcdir/tests/service/lib.sh"
service_requires

service_setup
service_place
check "a bus" service_bus || bail_out "no bus"
check "the service comes" service_start || bail_out "no service"

# refused ERROR REGEX ARGUMENT...: checks that the method fails with this error.
refused()
{
    local name=$1 regex=$2 answer
    shift 2
    answer=$(service_call service CollectionSnapshotService.ExportSnapshot "$@") &&
        { echo "was done: $answer"; return 1; }
    [[ $answer == *"org.virtsnap1.Error.$name"* && $answer =~ $regex ]] || { cut -c 1-300 \
    <<<"$answer"; false; }
}

# --- the method
like "$(service_call collection/pair Collection.ListSnapshots)" '/snapshot/pair/night' \
    "the snapshots of a collection"
check "ExportSnapshot answers" service_export pair/night "$out" "$(slow 4194304)"
check "before its job has ended" service_state_is "$service_job" 2 3 4
first=$service_job
check "it runs" live_wait running service_state_is "$first" 4
is "$(service_get "$first" Job Type)" 5 "it is a backup, as libvirt calls it"
check "its caller has gone, and it goes on" live_wait "bytes" \
    eval '[ "$(service_cur "$first")" -gt 4000000 ]'
like "$(service_call "$first" Job.GetReport)" "layers/left.*layers/right" "the report has the disks"
like "$(gdbus call --session --dest org.virtsnap1 --object-path /org/virtsnap1 --method \
    org.freedesktop.DBus.ObjectManager.GetManagedObjects)" "/org/virtsnap1/$first" \
    "the object manager has it"

# --- watching
gdbus monitor --session --dest org.virtsnap1 --object-path "/org/virtsnap1/$first" \
    >"$LIVE_DIR/signals" &
monitor=$!
started=${EPOCHREALTIME/./}
changes() { grep -c PropertiesChanged "$LIVE_DIR/signals"; }
check "properties change" live_wait "they change" eval '[ "$(changes)" -ge 4 ]'
n=$(changes)
most=$(((${EPOCHREALTIME/./} - started) / 200000 + 2))
kill $monitor
check "at most 5 times a second ($n, of at most $most)" [ "$n" -le "$most" ]

# --- control
check "suspend" service_call "$first" Job.RequestStateChange 3 0
check "it pauses" live_wait paused service_state_is "$first" 5
# Transfers that are under way are completed first; then the test waits until a second has passed
# without any.
rests()
{
    local before
    before=$(service_cur "$first")
    sleep 1
    [ "$(service_cur "$first")" = "$before" ]
}
check "and comes to rest" live_wait "it rests" rests
check "before its end" service_state_is "$first" 5
is "$(service_call "$first" Job.RequestStateChange 3 0)" "(uint32 4097,)" \
    "what is suspended cannot be suspended"
is "$(service_call "$first" Job.RequestStateChange 99 0)" "(uint32 5,)" "no such request"
is "$(service_call "$first" Job.RequestStateChange 2 7)" "(uint32 4098,)" "no time limit"
gdbus monitor --session --dest org.virtsnap1 --object-path "/org/virtsnap1/$first" \
    >"$LIVE_DIR/signals" &
monitor=$!
check "somebody watches" live_wait "it watches" grep -q "owned by" "$LIVE_DIR/signals"
check "no limit any more" service_call "$first" Job.SetSpeed 0
check "resume" service_call "$first" Job.RequestStateChange 2 0
is "$(service_wait "$first")" 7 "it completes"
is "$(service_get "$first" Job PercentComplete)" 100 "100 percent"
is "$(service_cur "$first")" "$(service_get "$first" Job End)" "cur is end"
check "the export verifies" vs verify "$out/pair/night"
is "$(service_get "$first" Job ExportDirectory)" "$out/pair/night" "it says where it is"
is "$(service_call "$first" Job.RequestStateChange 5 0)" "(uint32 4097,)" "it is over"
live_wait "the last signal" grep -q Completed "$LIVE_DIR/signals"
kill $monitor
for signal in "BlockJob ('left:vda', 5, 0)" "BlockJob ('right:vda', 5, 0)" \
    "StateChanged (uint32 4,)" "StateChanged (uint32 7,)" "Completed (true, '')"; do
    check "the signal $signal" grep -qF "$signal" "$LIVE_DIR/signals"
done

# states_in_order: whoever reads the property when StateChanged comes sees the state that it names.
states_in_order()
{
    awk '/PropertiesChanged/ && match($0, /.JobState.: <uint32 [0-9]+/) {
            shown = substr($0, RSTART, RLENGTH); sub(/.* /, "", shown)
        }
        /Job.StateChanged/ { n++; gsub(/.*uint32 |,.*/, ""); if ($0 != shown) { wrong = 1; exit } }
        END { exit wrong || n < 2 }' "$LIVE_DIR/signals" || { cat "$LIVE_DIR/signals"; false; }
}
check "no StateChanged comes before the properties" states_in_order

# --- kill
check "another" service_export pair/night "$out/kill" "$(slow 1M)"
check "it runs" live_wait running service_state_is "$service_job" 4
is "$(service_call "$service_job" Job.RequestStateChange 5 0)" "(uint32 4096,)" "kill"
is "$(service_wait "$service_job")" 9 "it is killed"
check "and leaves nothing" [ ! -e "$out/kill" ]

# --- waiting for the end
answer=$(service_call service CollectionSnapshotService.ExportSnapshot \
    /org/virtsnap1/snapshot/pair/night "$out/wait" '' "{'wait': <true>}")
like "$answer" "^\(uint32 0, " "with wait the answer is 0"
check "the export is there when it comes" vs verify "$out/wait/pair/night"
check "with wait the error comes, too" refused AlreadyExists "$out/wait" \
    /org/virtsnap1/snapshot/pair/night "$out/wait" '' "{'wait': <true>}"

# --- what goes wrong later is in the job
check "no such snapshot" service_export pair/morning "$out/none"
is "$(service_wait "$service_job")" 10 "is an exception"
is "$(service_get "$service_job" Job ErrorCode)" 32779 "with its code"
like "$(service_call "$service_job" Job.GetError)" "Msvm_Error.*morning" "and its Msvm_Error"

# --- bad parameters
night=/org/virtsnap1/snapshot/pair/night
long=$(head -c 100000 /dev/zero | tr '\0' x)
check "no such collection" refused NotFound "'nothing'" /org/virtsnap1/snapshot/nothing/night \
    "$out" '' '{}'
check "a path that is not one of ours" refused InvalidParameter "/org/nobody" /org/nobody "$out" \
    '' '{}'
check "an unescaped name" refused InvalidParameter "a__b" /org/virtsnap1/snapshot/a__b/c "$out" \
    '' '{}'
check "a path with too much" refused InvalidParameter "night/x" "$night/x" "$out" '' '{}'
check "a relative directory" refused InvalidParameter "'here'" $night here '' '{}'
check "no directory" refused InvalidParameter "''" $night '' '' '{}'
check "a file" refused InvalidParameter "base.qcow2" $night "$LIVE_DIR/base.qcow2" '' '{}'
check "an unknown option" refused InvalidParameter "'force'" $night "$out" '' "{'force': <true>}"
check "an option of another type" refused InvalidParameter "'wait'" $night "$out" '' "{'wait': <1>}"
check "settings that are none" refused InvalidParameter "" $night "$out" '<no/>' '{}'
check "settings that are not supported" refused NotSupported "live" $night "$out" \
    '<exportsettings><live>crash-consistent</live><snapshots>all</snapshots></exportsettings>' '{}'
check "a directory that no manifest could name" refused InvalidParameter "" $night \
    "$out/"$'a\001b' '' '{}'
check "a disk in XML that could not be named" refused InvalidParameter "include" $night "$out" \
    '<exportsettings><include>vda</include></exportsettings>' '{}'
check "a disk that is asked for, and there is none" service_export pair/night "$out/include" \
    '<exportsettings><include>left:vdz</include></exportsettings>'
is "$(service_wait "$service_job")" 10 "is an exception"
like "$(service_get "$service_job" Job ErrorDescription)" "include.*vdz.*left" "that names it"
check "an enormous directory" refused InvalidParameter "" $night "/$long" '' '{}'
check "an enormous path" refused InvalidParameter "" "/org/virtsnap1/snapshot/$long/x" "$out" '' \
    '{}'
answer=$(service_call service CollectionSnapshotService.ExportSnapshot "no path" x '' '{}')
check "what is no path at all" grep -q "Error" <<<"$answer"
check "a signature that is another" grep -q InvalidArgs <<<"$(dbus-send --session --print-reply \
    --dest=org.virtsnap1 /org/virtsnap1/service \
    org.virtsnap1.CollectionSnapshotService.ExportSnapshot int32:1 2>&1)"
check "no such job" grep -qE "UnknownMethod|UnknownObject|No such" \
    <<<"$(service_call job/4711 Job.GetError)"
like "$(service_call service CollectionSnapshotService.ConvertToReferencePoint $night \
    '{"wait": <true>}')" "Error.NotSupported.*'night'.*reference-point-create" \
    "a set without checkpoints is no reference point"

# --- collections
mgmt=CollectionManagementService
check "define" service_call service $mgmt.DefineCollection \
    '<collection><name>a b</name><domain>left</domain></collection>' '{}'
is "$(service_get collection/a_20b Collection Domains)" "['left']" "its object"
check "add" service_call service $mgmt.AddMember /org/virtsnap1/collection/a_20b "['right']" '[]'
is "$(service_get collection/a_20b Collection Domains)" "['left', 'right']" "has them all"
check "create refuses what is there" grep -q AlreadyExists <<<"$(service_call service \
    $mgmt.DefineCollection '<collection><name>pair</name></collection>' "{'create': <true>}")"
check "rename" service_call service $mgmt.RenameCollection /org/virtsnap1/collection/a_20b ab
check "remove" service_call service $mgmt.RemoveMember /org/virtsnap1/collection/ab "['left']" '[]'
is "$(vs collection-list --json | jq -c '[.collections[]|select(.name=="ab")|.domains]')" \
    '[["right"]]' \
    "the command sees it"
check "destroy" service_call service $mgmt.DestroyCollection /org/virtsnap1/collection/ab
vs -q collection-create-as elsewhere --domain left
check "what others define appears" live_wait appears \
    eval 'service_get collection/elsewhere Collection Name >/dev/null 2>&1'

# --- the end
service_stop
check "it says nothing that it should not" [ ! -s "$LIVE_DIR/virtsnapd.log" ]
printf '[service]\nidle_timeout=1\n' >"$LIVE_DIR/virtsnapd.conf"
check "a new one" service_start
check "leaves when nothing happens" live_wait "it leaves" service_gone

# --- started by the bus
mkdir "$LIVE_DIR/services"
sed "s|^Exec=.*|Exec=$abs_top_builddir/virtsnapd --session --config $LIVE_DIR/virtsnapd.conf|" \
    "$abs_top_builddir/src/service/org.virtsnap1.session.service" \
    >"$LIVE_DIR/services/org.virtsnap1.service"
cat >"$LIVE_DIR/session.conf" <<END
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=$LIVE_DIR</listen>
  <servicedir>$LIVE_DIR/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
END
service_bus_stop
check "a bus that can start it" service_bus --config-file="$LIVE_DIR/session.conf"
is "$(service_get service CollectionSnapshotService Version)" \
    "$("$abs_top_builddir/virtsnap" -q --version)" "a call starts it"
like "$(service_get job/1 Job ExportDirectory)" "/pair/night" "with the jobs that there were"
gone() { ! gdbus call --session --dest org.freedesktop.DBus --object-path / --method \
    org.freedesktop.DBus.NameHasOwner org.virtsnap1 | grep -q true; }
check "and it leaves again" live_wait "it leaves" gone
done_testing
