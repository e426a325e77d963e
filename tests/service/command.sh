#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The command with the service: --service, --async and the commands for jobs.
. "$abs_top_srcdir/tests/service/lib.sh"
service_requires

service_setup
service_place
check "a bus" service_bus || bail_out "no bus"
export VIRTSNAP_BUS=session

# --- no service
check "nobody has the name" vs_refused 32777 "virtsnapd" job-list
check "nor a job" vs_refused 32777 "virtsnapd" job-info 1
check "no bus at all" env DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent bash -c \
    '"$0" job-list 2>&1 | grep -q "virtsnapd cannot be reached"' "$abs_top_builddir/virtsnap"
check "nor starts one" vs_refused 32777 "virtsnapd" export pair night --to "$out" --async
check "another hypervisor than the service's" env -u VIRTSNAP_BUS bash -c \
    '"$0" -c test:///default job-list 2>&1 | grep -q test:///default' "$abs_top_builddir/virtsnap"
check "the service comes" service_start || bail_out "no service"
# That is what a write to a libvirt or a QEMU that is gone brings.
check "a broken pipe does not end it" eval 'kill -PIPE "$service_pid" && vs job-list -q &&
    ! grep -q "^State:.*zombie" "/proc/$service_pid/status"'

# --- jobs
is "$(vs job-list -q)" "" "no jobs yet"
check "export --async" eval \
    'vs export pair night --to "$out" --async --bandwidth 4M --json >"$VS_OUT"'
is "$(jq -c '[.result,.job]' "$VS_OUT")" "[4096,1]" "answers 4096 and the job"
check "job-list shows it" eval 'vs job-list | grep -q "^ *1 .*pair"'
live_wait "it runs" eval '[ "$(vs job-info 1 --json | jq -r .state)" = running ]'
check "job-suspend" vs job-suspend 1
live_wait "it pauses" eval '[ "$(vs job-info 1 --json | jq -r .state)" = suspended ]'
check "twice is refused" vs_refused 5 "suspended" job-suspend 1
check "job-speed" vs job-speed 1 2M
is "$(vs job-info 1 --json | jq .bandwidth)" 2097152 "is the bandwidth"
check "a rate that is none" vs_refused 4 "RATE|fast" job-speed 1 fast
like "$(vs job-info 1)" "State: +suspended" "job-info is for people, too"
like "$(vs job-info 1)" "Data remaining: +[0-9.]+.MiB" "as virsh domjobinfo is"
like "$(vs job-info 1)" "left:vda" "and has the disks"
check "job-resume" vs job-resume 1
check "job-speed 0" vs job-speed 1 0
check "job-wait with progress" eval 'vs job-wait 1 --progress=json 2>"$LIVE_DIR/progress"'
is "$(tail -n 1 "$LIVE_DIR/progress" | jq .percent)" 100 "which comes to 100 percent"
check "it is there" vs verify "$out/pair/night"
is "$(vs job-info 1 --json | jq -c '[.state,.percentComplete,.cur==.end]')" \
    '["completed",100,true]' "job-info says so"
check "job-wait for what has ended" vs job-wait 1
check "what has ended cannot be ended" vs_refused 5 "completed" job-kill 1

# --- ends
check "another job" vs export pair night --to "$out/k" --async --bandwidth 1M -q
check "job-wait ends with its error" eval '
    { sleep 0.5; vs -q job-kill 2; } & vs_refused 32804 "cancelled" job-wait 2'
check "nothing is left" [ ! -e "$out/k" ]
check "a third" vs export pair night --to "$out/t" --async --bandwidth 4M -q
live_wait "bytes" eval '[ "$(vs job-info 3 --json | jq .cur)" -gt 6000000 ]'
check "job-terminate" vs job-terminate 3
live_wait "it ends" eval '[ "$(vs job-info 3 --json | jq -r .state)" = terminated ]'
check "what is copied is left" [ -d "$out/t/pair/.night.partial" ]
check "job-resume" vs job-resume 3
check "and speed" vs job-speed 3 0
check "to the end" vs job-wait 3
check "which is right" vs verify "$out/t/pair/night"
check "no such job" vs_refused 32779 "'77'" job-info 77
check "no job at all" vs_refused 32779 "'x'" job-info x
is "$(vs job-list --json | jq -c '[.jobs[].state]')" '["completed","killed","completed"]' \
    "job-list in JSON"
like "$(vs complete job-info '')" "1"$'\n'"2" "completion knows the jobs"

# --- the rest
check "export --service, with a bar" vs --service export pair night --to "$out/s" --progress=bar
check "is an export" vs verify "$out/s/pair/night"
check "and fails as the job does" vs_refused 32800 "exists" --service export pair night --to \
    "$out/s"
check "a job that ends" vs export pair night --to "$out/r" --async --bandwidth 2M -q
live_wait "it runs" eval '[ "$(vs job-list --json | jq ".jobs[-1].cur")" -gt 1000000 ]'
check "in order" eval 'vs -q job-terminate "$(vs job-list --json | jq ".jobs[-1].job")"'
live_wait "it ends" eval '[ "$(vs job-list --json | jq ".jobs[-1].jobState")" = 8 ]'
check "and another that goes on with it" vs --service export pair night --to "$out/r" --resume
check "to the end" vs verify "$out/r/pair/night"
check "Ctrl-C kills the job" eval '
    "$abs_top_builddir/virtsnap" --service export pair night --to "$out/c" --bandwidth 1M &
    pid=$!; live_wait "it copies" eval "[ \$(vs job-list --json | jq .jobs[-1].cur) -gt 1000000 ]"
    live_wait "it can be interrupted" live_catches $pid
    kill -INT $pid; ! wait $pid && [ ! -e "$out/c" ]'
last_job() { vs job-list --json | jq -r ".jobs[-1].$1"; }
paused()
{
    local pid
    set -m
    "$abs_top_builddir/virtsnap" --service export pair night --to "$out/z" --bandwidth 1M -q &
    pid=$!
    set +m
    live_wait "it copies" eval '[ "$(last_job cur)" -gt 1000000 ]'
    live_wait "it can be interrupted" live_catches $pid
    kill -TSTP $pid
    live_wait "the job pauses" eval '[ "$(last_job state)" = suspended ]'
    live_wait "the command stops" grep -q "^State:.T" "/proc/$pid/status"
    kill -CONT $pid
    live_wait "the job goes on" eval '[ "$(last_job state)" = running ]'
    kill -INT $pid
    ! wait $pid && [ ! -e "$out/z" ]
}
check "Ctrl-Z suspends the job, and fg lets it go on" paused
check "domains without a collection" vs -q --service export --domain left night --to "$out/u"
check "are exported by the service, too" eval 'vs -q verify "$out"/u/*/night'
is "$(vs --service snapshot-list pair --json | jq -c '[.snapshots[].name]')" '["night"]' \
    "snapshots"
check "create-as" vs --service collection-create-as c --domain left -q
check "which must be new" vs_refused 32800 "'c'" --service collection-create-as c --domain left
check "add" vs --service collection-add c --domain right -q
check "dumpxml" eval 'vs --service collection-dumpxml c | grep -q "<domain>right</domain>"'
check "rename" vs --service collection-rename c d -q
check "remove" vs --service collection-remove d --domain left -q
is "$(vs --service collection-list --json | jq -c '[.collections[]|select(.name=="d")|.domains]')" \
    '[["right"]]' "list"
check "undefine" vs --service collection-undefine d -q
check "is gone" vs_refused 32779 "'d'" --service collection-dumpxml d
check "what the service does not do says so" vs_refused 1 "snapshot-chain" --service \
    snapshot-chain pair night
service_stop
done_testing
