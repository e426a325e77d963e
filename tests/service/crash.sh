#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The service dies at any moment, is started again, and continues its jobs; its records are damaged,
# or cannot be written.
. "$abs_top_srcdir/tests/service/lib.sh"
service_requires

service_setup
service_place
live_disk "$LIVE_DIR/root.qcow2" >/dev/null
live_overlay "$LIVE_DIR/root.qcow2" "$LIVE_DIR/big.qcow2" >/dev/null
qemu-img resize -q "$LIVE_DIR/big.qcow2" 512M
qemu-io -c "write -P 0x5a 0 200M" "$LIVE_DIR/big.qcow2" >/dev/null
live_define big --disk "$LIVE_DIR/big.qcow2" >/dev/null
live_snapshot_external big night >/dev/null
vs -q collection-create-as big --domain big
export VIRTSNAP_BUS=session
check "a bus" service_bus || bail_out "no bus"
check "the service comes" service_start || bail_out "no service"

job() { vs job-info "$1" --json | jq -r "$2"; }
interrupted() { [ "$(job 1 '[.jobState,.errorCode]|@csv' 2>/dev/null)" = 10,32803 ]; }

# --- kill -9 at moments that come as they come
check "a job" vs export pair night --to "$out" --async --bandwidth 2M -q
id=$(job 1 .instanceID)
for wait in 0.2 0 0.9; do
    sleep "$wait"
    service_stop KILL 2>/dev/null
    service_start >/dev/null || break
    check "killed after $wait s: the job is there, interrupted" live_wait interrupted interrupted
    check "and goes on" vs -q job-resume 1
done
is "$(job 1 .instanceID)" "$id" "it is the same job"
check "without a limit now" vs -q job-speed 1 0
check "to its end" vs -q job-wait 1
check "which is right" vs verify "$out/pair/night"
is "$(find "$out/pair" -name '.*' | wc -l)" 0 "and has left nothing"

# --- what was copied is not copied again
check "another" vs export big night --to "$out/again" --async --bandwidth 32M \
    --parallel 1 -q
# How soon a segment is durable depends on the disk.
durable() { grep -c '^done ' "$out/again/big/.night.partial/journal" 2>/dev/null; }
check "two segments of it are durable" live_wait "two segments" eval '[ "$(durable)" -ge 2 ]'
service_stop KILL 2>/dev/null
service_start >/dev/null
bytes_read() { awk '/^rchar/ { print $2 }' "/proc/$service_pid/io"; }
before=$(bytes_read)
check "without a limit" vs -q job-speed 2 0
check "goes on" vs -q job-resume 2
check "and ends" vs -q job-wait 2
check "of 200 MiB less than 110 were read ($((($(bytes_read) - before) >> 20)))" \
    [ $(($(bytes_read) - before)) -lt 115343360 ]
check "right" vs verify "$out/again/big/night"

# --- an orderly end
check "a third" vs export pair night --to "$out/term" --async --bandwidth 4M -q
live_wait "it copies" test -d "$out/term/pair/.night.partial"
service_stop TERM
check "SIGTERM keeps what is copied" [ -d "$out/term/pair/.night.partial" ]
service_start >/dev/null
check "the job can be resumed" vs -q job-resume 3
check "and killed" vs -q job-kill 3
live_wait "it ends" eval '[ "$(job 3 .state)" = killed ]'
check "leaving nothing" [ ! -e "$out/term" ]
is "$(vs job-list --json | jq -c '[.jobs[].state]')" '["completed","completed","killed"]' \
    "finished jobs stay through a restart"

# --- killed when the export had its name, and that was not on record yet
service_stop
records=$LIVE_DIR/state/jobs
sed -i -E 's|<state>[a-z]*</state>|<state>running</state>|; s|<ended>.*</ended>|<ended>0</ended>|' \
    "$records/2.xml"
service_start >/dev/null
check "one that is complete is found to be so" live_wait "it is looked at" \
    eval '[ "$(job 2 "[.jobState,.errorCode]|@csv")" = 10,32800 ]'
like "$(job 2 .errorDescription)" "'$out/again/big/night' is complete" "and named"
check "there is nothing to resume" vs_refused 5 exception job-resume 2
check "nor to remove" vs_refused 5 exception job-kill 2

# --- its time is over
service_stop
long_ago=$((($(date +%s) - 301) * 1000000))
sed -i "s|<ended>.*</ended>|<ended>$long_ago</ended>|" "$records/3.xml"
check "a service with a job that ended 301 s ago" service_start
check "forgets it" live_wait "it goes" eval \
    '[ "$(vs job-list --json | jq -c "[.jobs[].job]")" = "[1,2]" ]'
check "and its record" [ ! -e "$records/3.xml" ]

# --- nobody goes on with it
records_of() { sed -nE "s|.*<$2>(.*)</$2>.*|\1|p" "$records/$1.xml"; }
partial=$out/late/big/.night.partial
check "a job" vs export big night --to "$out/late" --async --bandwidth 16M --parallel 1 -q
late=$(vs job-list --json | jq '[.jobs[].job]|max')
live_wait "it copies" test -s "$partial/journal"
service_stop KILL 2>/dev/null
is "$(records_of "$late" ended)" 0 "its record does not know its end"
check "the service is back" service_start
live_wait "the record is written" eval '[ "$(records_of "$late" state)" = exception ]'
ended=$(records_of "$late" ended)
check "when it was interrupted is on record" [ "$ended" -gt 0 ]
service_stop KILL 2>/dev/null
service_start >/dev/null
is "$(job "$late" .state)" exception "it is there again"
service_stop
is "$(records_of "$late" ended)" "$ended" "and the moment stays the same"

days_ago() { echo $((($(date +%s) - $1 * 86400) * 1000000)); }
set_ended() { sed -i "s|<ended>.*</ended>|<ended>$1</ended>|" "$records/$late.xml"; }
starts_with() { service_start >/dev/null && is "$(job "$late" .state)" "$1" "$2"; }

set_ended "$(days_ago 8)"
starts_with exception "8 days are over, but somebody has just written to what it left"
service_stop
check "which is there still" [ -s "$partial/journal" ]
set_ended "$(days_ago -30)"
touch -d "8 days ago" "$partial/journal"
starts_with exception "by a clock that was set back it ends in the future: it stays"
service_stop
check "with what it has copied" [ -s "$partial/journal" ]
set_ended "$(days_ago 6)"
starts_with exception "6 days are not over"
service_stop
check "and it has lost nothing" [ -s "$partial/journal" ]
set_ended "$(days_ago 8)"
printf '[jobs]\nkeep_interrupted=0\n' >>"$LIVE_DIR/virtsnapd.conf"
starts_with exception "keep_interrupted=0: for ever"
service_stop
sed -i '/keep_interrupted/d' "$LIVE_DIR/virtsnapd.conf"
service_start >/dev/null
check "after 8 days it is killed" live_wait "it is killed" \
    eval '[ "$(job "$late" .state)" = killed ]'
check "and nothing is left of it" [ ! -e "$out/late" ]
live_wait "its record is written" eval '[ "$(records_of "$late" state)" = killed ]'
is "$(records_of "$late" resumable)" no "nor on record"
service_stop
set_ended "$long_ago"
service_start >/dev/null
check "the record goes as that of any other" live_wait "it goes" [ ! -e "$records/$late.xml" ]

# --- damaged records
service_stop
record=$(find "$records" -type f -name '*.xml' | sort | head -n 1)
head -c 100 "$record" >"$record.cut" && mv "$record.cut" "$record"
echo "no XML at all" >"$records/other.xml"
check "a service with damaged records starts" service_start
is "$(vs job-list --json | jq '.jobs|length')" 1 "and has the other"
check "it names what it has set aside" grep -q "$(basename "$record" .xml)" \
    "$LIVE_DIR/virtsnapd.log"
check "which is still there to look at" eval \
    '[ "$(find "$records" ! -name "*.xml" -type f | wc -l)" -ge 2 ]'
check "and is not complained of again" eval \
    'service_stop; : >"$LIVE_DIR/virtsnapd.log"; service_start &&
    [ ! -s "$LIVE_DIR/virtsnapd.log" ]'
service_stop

# --- nowhere to write the records to
if mkdir "$LIVE_DIR/full" && mount -t tmpfs -o size=4k none "$LIVE_DIR/full" 2>/dev/null; then
    at_exit umount "$LIVE_DIR/full"
    export VIRTSNAP_STATE_DIR=$LIVE_DIR/full
    mkdir "$LIVE_DIR/full/jobs"
    head -c 100000 /dev/zero >"$LIVE_DIR/full/x" 2>/dev/null
    check "a service with a full disk for its state starts" service_start
    check "and refuses jobs that it could not keep" vs_refused 32801 "" \
        export pair night --to "$out/full" --async
    service_stop
else
    skip "a full disk for the state" "nothing may be mounted here"
fi
# --- started without standard descriptors: what it says must get into no file that has their number
closed()
{
    "$abs_top_builddir/virtsnapd" --session --connect "$LIVE_URI" \
        --config "$LIVE_DIR/virtsnapd.conf" <&- >&- 2>&- &
    service_pid=$!
    gdbus wait --session --timeout 900 org.virtsnap1
}
check "a service without standard descriptors" closed
is "$(readlink "/proc/$service_pid/fd/"{0,1,2} | xargs)" "/dev/null /dev/null /dev/null" \
    "has none that it could write to"
service_stop

done_testing
