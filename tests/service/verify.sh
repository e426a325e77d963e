#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Exports verified by the service, by the command with it, and by programs with the library.
. "$abs_top_srcdir/tests/service/lib.sh"
. "$abs_top_srcdir/tests/test-host.sh"
requires dbus-daemon gdbus jq qemu-img qemu-io

LIVE_DIR=$TEST_DIR
x=$TEST_DIR/x
export VIRTSNAP_CONFIG_DIR=$TEST_DIR/config VIRTSNAP_STATE_DIR=$TEST_DIR/state
test_host "$TEST_DIR"
LIVE_URI=$TEST_HOST
qemu-io -c 'write -q -P 7 0 4M' "$TEST_DIR/images/base.qcow2" >/dev/null
virtsnap -q -c "$TEST_HOST" collection-create-as shop --domain web
check "an export" virtsnap -q -c "$TEST_HOST" export shop s --to "$x" || bail_out "no export"
echo '<exportsettings><digest>no</digest></exportsettings>' >"$TEST_DIR/settings.xml"
check "one without digests" virtsnap -q -c "$TEST_HOST" export shop s --to "$TEST_DIR/plain" \
    --settings "$TEST_DIR/settings.xml"
plain=$TEST_DIR/plain/shop/s
good=$x/shop/s
bad=$x/shop/bad
cp -a "$good" "$bad"
layer=$(cd "$bad" && echo layers/base-*)
chmod u+w "$bad/$layer"
printf x | dd of="$bad/$layer" bs=1 seek=300000 conv=notrunc status=none
printf '[service]\nidle_timeout=0\n' >"$LIVE_DIR/virtsnapd.conf"
check "a bus" service_bus || bail_out "no bus"
check "the service comes" service_start || bail_out "no service"

verify() { service_call service CollectionSnapshotService.VerifyExport "$@"; }
# begin PATH [OPTIONS]: the job's path in `job`.
begin()
{
    job=$(verify "$1" "${2-{\}}")
    [[ $job == "(uint32 4096, "* ]] || { echo "$job"; return 1; }
    job=$(grep -o 'job/[0-9]*' <<<"$job")
}
report() { service_call "$job" Job.GetReport; }

# --- what is refused
# refused ERROR REGEX PATH OPTIONS
refused()
{
    local answer
    answer=$(verify "$3" "$4") && { echo "was done: $answer"; return 1; }
    [[ $answer == *"org.virtsnap1.Error.$1"* && $answer =~ $2 ]] || { echo "$answer"; return 1; }
}
check "an unknown option" refused InvalidParameter "'x'" "$good" "{'x': <true>}"
check "one of another type" refused InvalidParameter "'deep'" "$good" "{'deep': <1>}"
check "wait of another type" refused InvalidParameter "'wait'" "$good" "{'wait': <1>}"
check "what is for boot only" refused InvalidParameter "'timeout'.*'boot'" "$good" \
    "{'timeout': <uint32 9>}"
check "no time at all" refused InvalidParameter "'timeout'.*range" "$good" \
    "{'boot': <true>, 'timeout': <uint32 0>}"
check "more domains than can be" refused InvalidParameter "'parallel'.*range" "$good" \
    "{'boot': <true>, 'parallel': <uint32 65>}"
check "a pattern that is none" refused InvalidParameter "regular expression" "$good" \
    "{'boot': <true>, 'expect': <'('>}"
check "scratch that is not absolute" refused InvalidParameter "'scratch'" "$good" \
    "{'boot': <true>, 'scratch': <'x'>}"
check "a path that is not absolute" refused InvalidParameter absolute x '{}'
check "what is not there" refused NotFound "$x/none" "$x/none" "{'wait': <true>}"
mkdir "$x/scratch"
check "a domain of which something is not trusted" refused AccessDenied "domain/@type" "$good" \
    "{'boot': <true>, 'wait': <true>, 'scratch': <'$x/scratch'>}"
is "$(ls -A "$x/scratch")" "" "which leaves nothing"
rmdir "$x/scratch"

# --- an export that is whole
check "VerifyExport answers before its job has ended" begin "$good" "{'deep': <true>}"
is "$(service_wait "$job")" 7 "the job completes"
is "$(service_get "$job" Job JobType) $(service_get "$job" Job ErrorCode)" "32772 0" \
    "it is a verification, without an error"
is "$(service_get "$job" Job Name)" "Verification of $good" "of that export"
is "$(service_get "$job" Job ExportDirectory)" "$good" "which is its directory"
is "$(service_get "$job" Job Cur) $(service_get "$job" Job PercentComplete)" \
    "$(service_get "$job" Job End) 100" "all of it is done"
files=$(find "$good" -type f | wc -l)
like "$(report)" "'ok': <true>, .*'files': <uint64 $files>|'files': <uint64 $files>.*'ok': <true>" \
    "the report says so"
like "$(report)" "'problems': <@aa.sv. \[\]>" "there is no problem"
like "$(verify "$good" "{'wait': <true>}")" "^\(uint32 0, objectpath '/org/virtsnap1/job/" \
    "one may wait"

# --- one whose content cannot be checked
check "one without digests" begin "$plain"
is "$(service_wait "$job") $(service_get "$job" Job ErrorCode)" "32768 0" \
    "completes with a warning"
like "$(report)" "'ok': <true>" "nothing wrong was found"
like "$(report)" "'undigested': <uint32 [1-9][0-9]*>" "but the report says what was not compared"
like "$(report)" "'warnings': <\['Files that were exported without a digest: " "in words, too"

# --- one that is not
check "one that is damaged" begin "$bad"
is "$(service_wait "$job")" 10 "is no success"
is "$(service_get "$job" Job ErrorCode)" 32802 "but corrupt"
like "$(service_get "$job" Job ErrorDescription)" "$bad.*problems: 1.*$layer: has another digest" \
    "which tells what is wrong"
like "$(report)" "'ok': <false>" "the report says that it was verified, and is not as it should be"
like "$(report)" "'file': <'$layer'>" "and where"
check "who waits gets an error" refused Corrupt "$layer" "$bad" "{'wait': <true>}"
damaged=$job
check "a directory that is no export" begin "$x"
is "$(service_wait "$job") $(service_get "$job" Job ErrorCode)" "10 32802" "is damaged as well"
like "$(report)" "'file': <'manifest.xml'>" "for it has no manifest"
check "what is not there at all" begin "$x/none"
is "$(service_wait "$job") $(service_get "$job" Job ErrorCode)" "10 32779" "is not found"
check "and nothing is said of it" eval '! report | grep -q "'\''ok'\''"'

# --- a job like any other
slow="{'bandwidth': <uint64 65536>}"
check "a slow one" begin "$good" "$slow"
live_wait "it reads" eval '[ "$(service_get "$job" Job Cur)" -gt 0 ]'
is "$(service_call "$job" Job.RequestStateChange 3 0)" "(uint32 0,)" "is suspended"
check "and says so" live_wait suspended service_state_is "$job" 5
is "$(service_call "$job" Job.SetSpeed 0)" "()" "without a limit"
is "$(service_call "$job" Job.RequestStateChange 2 0)" "(uint32 0,)" "it goes on"
is "$(service_wait "$job")" 7 "to its end"
check "another" begin "$good" "$slow"
live_wait "it reads" eval '[ "$(service_get "$job" Job Cur)" -gt 0 ]'
check "is terminated" service_call "$job" Job.RequestStateChange 4 0
is "$(service_wait "$job")" 8 "so it is"
check "and has found nothing out" eval '! report | grep -q "'\''ok'\''"'
check "it may begin anew" eval 'service_call "$job" Job.SetSpeed 0 &&
    service_call "$job" Job.RequestStateChange 2 0'
check "and completes" live_wait completed service_state_is "$job" 7
check "one more" begin "$bad" "$slow"
live_wait "it reads" eval '[ "$(service_get "$job" Job Cur)" -gt 0 ]'
check "is killed" service_call "$job" Job.RequestStateChange 5 0
is "$(service_wait "$job")" 9 "so it is"

# --- the service killed, and back
check "one that runs" begin "$good" "$slow"
live_wait "it reads" eval '[ "$(service_get "$job" Job Cur)" -gt 0 ]'
service_stop KILL
check "the service comes again" service_start
is "$(service_get "$damaged" Job JobState) $(service_get "$damaged" Job ErrorCode)" "10 32802" \
    "it knows what was damaged"
like "$(service_call "$damaged" Job.GetReport)" \
    "'ok': <false>.*'file': <'$layer'>|'file': <'$layer'>.*'ok': <false>" "and what was found"
is "$(service_get "$job" Job JobState) $(service_get "$job" Job ErrorCode)" "10 32803" \
    "what ran was interrupted"
check "it may be started again" eval 'service_call "$job" Job.SetSpeed 0 &&
    service_call "$job" Job.RequestStateChange 2 0'
check "with its options, to its end" live_wait completed service_state_is "$job" 7

# --- the command
export VIRTSNAP_BUS=session
# same ARGUMENT...: the command says the same by itself and with the service, with the same status.
same()
{
    local one two here there
    one=$(virtsnap verify "$@" 2>&1 </dev/null); here=$?
    two=$(virtsnap --service verify "$@" 2>&1 </dev/null); there=$?
    [ "$here:$one" = "$there:$two" ] || { echo "$here: $one"; echo "$there: $two"; return 1; }
    outcome=$here
}
check "verify --service of a whole one" same "$good"
is "$outcome" 0 "is fine"
check "its JSON" same "$good" --json --deep
check "of one without digests" same "$plain"
is "$outcome" 0 "is fine"
out=$(virtsnap verify "$plain" 2>&1)
like "$out" "warning: Files .* digest: .*complete; whether it has changed cannot be told" \
    "but not said to be unchanged"
check "its JSON" same "$plain" --json
is "$(virtsnap verify "$plain" --json 2>/dev/null | jq -c '[keys, .ok, (.warnings | length)]')" \
    '[["bytes","files","ok","problems","warnings"],true,1]' "has the warning"
check "of a damaged one" same "$bad"
is "$outcome" 1 "is not"
check "its JSON, too" same "$bad" --json
is "$(virtsnap --service verify "$bad" --json | jq -c '[keys, .ok, .problems[].file]')" \
    "[[\"bytes\",\"files\",\"ok\",\"problems\"],false,\"$layer\"]" "has what it always has"
check "of nothing" same "$x/none" --json
is "$outcome" 1 "is an error"
cd "$x/shop" || bail_out "no place"
check "of a path that is not absolute" same bad
cd "$TEST_DIR" || bail_out "no place"
out=$(virtsnap verify "$bad" --async --json)
is "$(jq -c '[.result, .job > 1]' <<<"$out")" "[4096,true]" "--async answers 4096 and the job"
job=$(jq .job <<<"$out")
is "$(virtsnap job-wait "$job" --json | jq -r .error.code)" 32802 "for which one can wait"
is "$(virtsnap --service verify "$good" --boot --json | jq .error.code)" 32769 \
    "what --boot refuses is an error"
check_fails "a rate that is none" virtsnap verify "$good" --bandwidth x
check "with a limit" virtsnap -q verify "$good" --bandwidth 100M --progress=none
check "the service ends" service_stop

# --- a program
typelib=$abs_top_builddir/VirtSnap-1.0.typelib
if [ -e "$typelib" ] && /usr/bin/python3 -c "import gi" 2>/dev/null; then
    program()
    {
        GI_TYPELIB_PATH=$abs_top_builddir LD_LIBRARY_PATH=$abs_top_builddir/.libs \
            timeout 300 /usr/bin/python3 "$abs_top_srcdir/examples/verify.py" "$TEST_HOST" "$@" 2>&1
    }
    like "$(program "$good"; echo "status $?")" "100 %.*verified: $files files.*status 0" \
        "the example verifies"
    like "$(program "$plain"; echo "status $?")" "warning: Files .* without a digest.*status 0" \
        "warns of what it cannot tell"
    like "$(program "$bad"; echo "status $?")" \
        "$layer: has another digest.*error 32802 \(corrupt\): .*status 1" "finds damage"
    like "$(program "$x/none"; echo "status $?")" \
        "error 32779 \(not-found\): .*status 1" "and tells that from what cannot be verified"
else
    skip "a program" "no introspection here"
fi

done_testing
