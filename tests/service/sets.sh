#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Snapshot collections made by the service, on a bus of its own.
. "$abs_top_srcdir/tests/service/lib.sh"
service_requires

service_setup
service_place
check "a bus" service_bus || bail_out "no bus"
check "the service comes" service_start || bail_out "no service"

create() { service_call service CollectionSnapshotService.CreateSnapshot "$@"; }
pair=/org/virtsnap1/collection/pair

# refused ERROR REGEX SETTINGS TYPE
refused()
{
    local answer
    answer=$(create $pair "$3" "$4") && { echo "was done: $answer"; return 1; }
    [[ $answer == *"org.virtsnap1.Error.$1"* && $answer =~ $2 ]] && return
    echo "$answer"
    return 1
}
check "a type that there is not" refused InvalidParameter "not 3" '' 3
check "settings that are none" refused InvalidParameter snapshotsettings '<x/>' 2
check "another class" refused InvalidParameter Msvm_VirtualSystemSnapshotSettingData \
    '<INSTANCE CLASSNAME="Msvm_Other"/>' 2
check "frozen file systems with memory" refused InvalidParameter memory \
    '<snapshotsettings><consistency>application</consistency></snapshotsettings>' 1

answer=$(create $pair '<INSTANCE CLASSNAME="Msvm_VirtualSystemSnapshotSettingData"><PROPERTY
    NAME="ConsistencyLevel" TYPE="uint8"><VALUE>2</VALUE></PROPERTY><PROPERTY NAME="ElementName"
    TYPE="string"><VALUE>made</VALUE></PROPERTY></INSTANCE>' 2)
like "$answer" "uint32 4096, objectpath '/org/virtsnap1/snapshot/pair/made'" \
    "CreateSnapshot tells which set is being made"
job=$(grep -o 'job/[0-9]*' <<<"$answer")
is "$(service_wait "$job")" 7 "the job is completed"
is "$(service_get "$job" Job JobType)" 198 "it is the snapshot of a collection"
like "$(service_call collection/pair Collection.ListSnapshots)" "pair/made" "it is in the list"
job=$(create $pair '<snapshotsettings><name>made</name></snapshotsettings>' 2 |
    grep -o 'job/[0-9]*')
is "$(service_wait "$job")" 10 "a name that is taken fails the job"
check "the service ends" service_stop
is "$(live_virsh snapshot-list --domain left --name | grep -cx made)" 1 "libvirt has it"
check "the service comes again" service_start
like "$(service_get "$job" Job ErrorDescription)" "already" "and knows why the other failed"

done_testing
