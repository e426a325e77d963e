#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What the service tells of a job beside its state: its warnings, its figures and its times, and
# what becomes of the job when the command that watches it is ended.
. "$abs_top_srcdir/tests/service/lib.sh"
. "$abs_top_srcdir/tests/test-host.sh"
requires dbus-daemon gdbus jq qemu-img qemu-io

LIVE_DIR=$TEST_DIR
x=$TEST_DIR/x
export VIRTSNAP_CONFIG_DIR=$TEST_DIR/config VIRTSNAP_STATE_DIR=$TEST_DIR/state
mkdir "$x"
test_host "$TEST_DIR"
LIVE_URI=$TEST_HOST
check "something to copy" eval \
    'qemu-io -c "write -P 0x5a 0 4M" "$TEST_DIR/images/web.qcow2" >"$TEST_DIR/qemu-io"'
check "a collection" virtsnap -q -c "$TEST_HOST" collection-create-as shop --domain web
check "an export" eval \
    'virtsnap --json -c "$TEST_HOST" export shop s --to "$x/l" --base latest >"$TEST_DIR/local"'
printf '[jobs]\nrunning=1\nkeep_finished=400\nkeep_interrupted=500\n[service]\nidle_timeout=0\n' \
    >"$TEST_DIR/virtsnapd.conf"
check "a bus" service_bus || bail_out "no bus"
check "the service comes" service_start || bail_out "no service"
export VIRTSNAP_BUS=session
said=$TEST_DIR/said
served() { virtsnap --service "$@" 2>"$said"; }
last_job() { virtsnap job-list --json | jq -r ".jobs[-1].$1"; }
none="There is no earlier export of 'shop'"

# --- a job that ends with warnings
check "an export by the service" eval \
    'served --json export shop s --to "$x/a" --base latest >"$TEST_DIR/served"'
# The manifests name different programs, so their lengths differ.
figures='[.result, .bytes - .copied, .copied > 4194304, .layers, .domains, (.warnings | length)]'
is "$(jq -c "$figures" "$TEST_DIR/served")" "$(jq -c "$figures" "$TEST_DIR/local")" \
    "its result has what that of the command has"
is "$(jq -c '[.state, (.warnings[0] | contains("no earlier export"))]' "$TEST_DIR/served")" \
    '["completed-with-warnings",true]' "with the text of the warning"
is "$(<"$said")" "" "which is only there with --json"
like "$(service_call job/1 Job.GetReport)" "'Warnings': <\[\"$none" "GetReport has it"
like "$(service_call job/1 Job.GetReport)" "'linked': <uint64 0>" "and the figures"
check "without --json" served -q export shop s --to "$x/b" --base latest
like "$(<"$said")" "^warning: $none" "it is on standard error"
check "job-wait" served -q job-wait 2
like "$(<"$said")" "^warning: $none" "warns, too"
is "$(virtsnap job-wait 2 --json | jq '.warnings | length')" 1 "in JSON as well"
is "$(virtsnap job-info 2 --json | jq '.warnings | length')" 1 "as does job-info"
like "$(virtsnap job-info 2)" "Warning: +$none" "which is for people, too"
check "one without" served -q export shop s --to "$x/c"
is "$(virtsnap job-info 3 --json | jq -c .warnings) $(<"$said")" "[] " "has none"

# --- what there is, as the command finds it by itself
mine() { virtsnap -c "$TEST_HOST" "$@"; }
same()
{
    served "$@" >"$TEST_DIR/served" || { cat "$said"; return 1; }
    mine "$@" | diff - "$TEST_DIR/served"
}
check "snapshot-list" same --json snapshot-list shop
is "$(jq -c '.snapshots | map([.name, .status, .adopted])' "$TEST_DIR/served")" \
    '[["s","complete",true]]' "has more than names"
check "for people, too" same snapshot-list shop
check "snapshot-info" same --json snapshot-info shop s
is "$(jq -c '[.status, .members[0].disks[0].target]' "$TEST_DIR/served")" '["complete","vda"]' \
    "of a set that virtsnap has not made"
check "for people" same snapshot-info shop s
check "one that is not there" eval '! served snapshot-info shop none'
like "$(<"$said")" "a snapshot 'none'" "says so"
check "reference-point-list" same --json reference-point-list shop
check "export-info" same --json export-info "$x/a/shop/s"
is "$(jq -c '[.domains[0].snapshots[0].name, (.files | length > 1)]' "$TEST_DIR/served")" \
    '["s",true]' "has what the manifest says"
check "for people" same export-info "$x/a/shop/s"
check "one that is none" eval '! served export-info "$x/a"'
like "$(<"$said")" "Export '$x/a'" "says so"
# How old it is depends on when it is asked.
list() { "$@" --json export-list "$x/a" >"$TEST_DIR/list" && jq -c 'del(.exports[].age)' \
    "$TEST_DIR/list"; }
check "export-protect" served -q export-protect "$x/a/shop/s"
is "$(list served)" "$(list mine)" "export-list"
is "$(jq -c '.exports | map([.collection, .complete, .protected, (.age >= 0)])' \
    "$TEST_DIR/list")" '[["shop",true,true,true]]' "tells of the protection"
check "export-unprotect" served -q export-unprotect "$x/a/shop/s"
is "$(mine --json export-list "$x/a" | jq -c '[.exports[].protected]')" '[false]' "lifts it"
like "$(served export-list "$x/a")" "shop +s .* offline +- +$x/a/shop/s" "as a table"
check "a list of nothing" eval '! served export-list "$x/none"'
like "$(<"$said")" "$x/none" "names it"
check "a path that is no text" eval "! served export-info \$'/\\xff'"
like "$(<"$said")" "^error: .*377" "is refused"
for words in 'export-prune' 'import' 'export c --to' 'verify'; do
    check "nor is one by $words" eval "! served \$words \$'/\xff'"
    like "$(<"$said")" "^error: '/.377' is not UTF-8" "which is said"
done
check "export-prune" same --json export-prune "$x/a" --keep-last 1 --dry-run
check "an older one" eval 'cp -a "$x/a/shop/s" "$x/a/shop/t" &&
    sed -i "s|time=\"20[^\"]*\"|time=\"2020-03-01T01:00:00Z\"|" "$x/a/shop/t/manifest.xml"'
check "what would go" same export-prune "$x/a" --keep-last 1 --keep-daily 1 --dry-run
check "another collection" same --json export-prune "$x/a" --keep-last 1 --collection other
check "no rule" eval '! served export-prune "$x/a"'
like "$(<"$said")" "no --keep option" "is none by the service, either"
check "it goes" eval 'served --json export-prune "$x/a" --keep-last 1 >"$TEST_DIR/served"'
is "$(jq -c '[.result, .removed[].snapshot, (.freed > 0)]' "$TEST_DIR/served")" '[0,"s",true]' \
    "as the report has it"
is "$(ls "$x/a/shop")" "s" "and the other one stays"

# --- a job whose command is ended
# start_slow DIRECTORY [OPTION]...: exports in the background and waits until it copies
start_slow()
{
    virtsnap --service -q export shop s --to "$x/$1" --base latest --bandwidth 256K 2>"$said" &
    pid=$!
    live_wait "it copies" eval '[ "$(last_job cur)" -gt 200000 ]' &&
        live_wait "it can be interrupted" live_catches $pid
}
# ended SIGNAL: the command fails
ended() { kill "-$1" $pid && ! wait $pid; }
times() { service_get "job/$1" Job TimeBeforeRemoval; }
check "an export that takes long" start_slow killed
check "Ctrl-C" ended INT
is "$(last_job state)" killed "kills the job"
check "and nothing is left" [ ! -e "$x/killed" ]
like "$(<"$said")" "warning: $none" "which has its warnings all the same"
is "$(times "$(last_job job)") $(last_job jobType) $(last_job jobTypeName)" "400000000 62 export" \
    "its time and its type are told"
check "another one" start_slow term
n=$(last_job job)
check "SIGTERM" ended TERM
is "$(last_job state)" terminated "ends the job in order"
check "so that what is copied stays" [ -d "$x/term/shop/.s.partial" ]
like "$(<"$said")" "'virtsnap job-resume $n'" "the way out is told"
like "$(<"$said")" "warning: $none" "with the warnings"
is "$(times "$n") $(last_job timeBeforeRemoval)" "500000000 500000000" "it stays longer"
check "another one" start_slow hup
m=$(last_job job)
check "SIGHUP" ended HUP
is "$(last_job state)" running "does not end the job"
like "$(<"$said")" "'virtsnap job-wait $m'" "how to watch on is told"

# Only one job runs at once.
check "one that waits, and is to resume" eval '
    virtsnap --service -q export shop s --to "$x/term" --resume 2>"$said" & pid=$!
    live_wait "it can be interrupted" live_catches $pid'
live_wait "it waits" eval '[ "$(last_job state)" = new ]'
check "Ctrl-C" ended INT
is "$(last_job state)" terminated "ends it"
check "and what it was to resume is not removed" [ -d "$x/term/shop/.s.partial" ]
check "the other one goes on" virtsnap -q job-speed "$m" 0
check "to its end" virtsnap -q job-wait "$m"
check "and is whole" virtsnap -q verify "$x/hup/shop/s"
check "job-resume" virtsnap -q job-resume "$n"
check "brings the ended one to its end" eval 'virtsnap -q job-speed $n 0 &&
    virtsnap -q job-wait $n && virtsnap -q verify "$x/term/shop/s"'

# What was started by nohup does not end when the terminal goes away.
check "one that ignores SIGHUP" eval 'trap "" HUP; start_slow nohup; trap - HUP'
check "goes on, and ends with Ctrl-C" eval 'kill -HUP $pid && ended INT'
is "$(last_job state)" killed "which kills the job"
check "one without the service" eval 'trap "" HUP
    virtsnap -q -c "$TEST_HOST" export shop s --to "$x/own" --bandwidth 256K 2>"$said" &
    pid=$!; trap - HUP
    live_wait "it copies" [ -d "$x/own/shop/.s.partial" ]
    live_wait "it can be interrupted" live_catches $pid'
check "as well" eval 'kill -HUP $pid && ended INT'
check "so that nothing is left" [ ! -e "$x/own" ]

# --- a base by the settings of either form: what it has is linked
# linked_from BASE EXPORT: prints how many layers of the export are the base's, and how many others.
linked_from()
{
    local layer same=0 other=0
    for layer in "$2"/layers/*; do
        if [ "$layer" -ef "$1/layers/${layer##*/}" ]; then same=$((same + 1))
        else other=$((other + 1)); fi
    done
    echo "$same $other"
}
based()
{
    local base=$x/hup/shop/s wanted="2 0"
    # Where times prove nothing, what is linked was compared.
    [[ $(stat -f -c %T "$x") =~ ^(ext|xfs) ]] || wanted="[12] [01]"
    service_export shop/s "$x/$1" "$2" && [ "$(service_wait "$service_job")" = 7 ] || return 1
    [[ $(linked_from "$base" "$x/$1/shop/s") =~ ^$wanted$ ]] || return 1
    [[ $(service_call "$service_job" Job.GetReport) =~ "'linked': <uint64 "[1-9] ]] &&
        [ "$(virtsnap --json export-info "$x/$1/shop/s" | jq -r .base)" = "$base" ] &&
        virtsnap -q verify "$x/$1/shop/s"
}
check "a base by our settings" based ours \
    "<exportsettings><base>$x/hup/shop/s</base></exportsettings>"
check "by the method's own" based cim "
    <INSTANCE CLASSNAME=\"Msvm_CollectionSnapshotExportSettingData\">
    <PROPERTY NAME=\"DifferentialBackupBase\" TYPE=\"string\">
    <VALUE>$x/hup/shop/s</VALUE></PROPERTY></INSTANCE>"


# --- domains that are in no collection
check "a domain by its name" eval 'served --json export --domain web s --to "$x/u" >"$TEST_DIR/u"'
is "$(jq -c '[.result, .domains]' "$TEST_DIR/u")" '[0,1]' "is exported"
check "whole" virtsnap -q verify "$(jq -r .export "$TEST_DIR/u")"
check "once more" eval '! served export --domain web s --to "$x/u"'
like "$(<"$said")" "already" "is refused"
check "a plan" same --json export shop s --to "$x/v" --dry-run
is "$(jq -c '[.dryRun, .layers[0].way, .domains[0].snapshots[0].disks[0].target]' \
    "$TEST_DIR/served")" '[true,"copy","vda"]' "says what would be done"
check "of the same domain" same --json export --domain web s --to "$x/v" --dry-run --merge
check "for people" same export shop s --to "$x/v" --dry-run --base latest
check "one of what is there" eval '! served export shop s --to "$x/a" --dry-run'
like "$(<"$said")" "already" "is refused"
check "one that there is not" eval '! served export --domain none s --to "$x/u"'
like "$(<"$said")" "'none'" "names it"
# refused REGEX PATH OPTIONS
refused()
{
    like "$(service_call service CollectionSnapshotService.ExportSnapshot "$2" "$x/v" '' "$3")" \
        "Error.InvalidParameter.*$1" "$4"
}
refused "not both" /org/virtsnap1/snapshot/shop/s "{'domains': <['web']>}" "a collection as well"
refused "No snapshot" / "{'domains': <['web']>}" "no snapshot"
refused "'snapshot'" /org/virtsnap1/snapshot/shop/s "{'snapshot': <'s'>}" "one of a collection"
refused "array of strings" / "{'domains': <'web'>}" "domains that are no list"
refused "snapshot" / "{'domains': <['web']>, 'snapshot': <''>}" "a name that none has"
like "$(service_call service CollectionSnapshotService.PlanExport /org/virtsnap1/snapshot/shop/s \
    "$x/v" '' "{'resume': <true>}")" "InvalidParameter.*'resume'" "a plan goes on with nothing"
check "nothing was written" [ ! -e "$x/v" ]
check "the service ends" service_stop
check "and comes again" service_start
like "$(service_call job/1 Job.GetReport)" "'Warnings': <\[\"$none" \
    "the warnings of a job are there as long as the job"
is "$(times 1)" 400000000 "as is its time"
check "the service ends" service_stop

# --- a program
if [ -e "$abs_top_builddir/VirtSnap-1.0.typelib" ] && /usr/bin/python3 -c "import gi" 2>/dev/null
then
    check "a program" env GI_TYPELIB_PATH="$abs_top_builddir" \
        LD_LIBRARY_PATH="$abs_top_builddir/.libs" /usr/bin/python3 - "$TEST_HOST" "$x/p" <<'END'
import sys
import time
import gi
gi.require_version("VirtSnap", "1.0")
from gi.repository import GLib, VirtSnap

uri, directory = sys.argv[1:]
service = VirtSnap.Service.new(uri)
listed = service.get_snapshots("shop").unpack()
assert [(s["name"], s["status"], s["adopted"]) for s in listed] == [("s", "complete", True)], listed
info = service.get_snapshot_info("shop", "s").unpack()
member = info["members"][0]
assert (member["domain"], member["kind"], member["state"]) == ("web", "external", "shutoff"), info
assert member["disks"][0]["target"] == "vda" and info["consistency"] == "unknown", info
answers = []
service.get_snapshot_info_async("shop", "none", None, lambda *got: answers.append(got[1]))
while not answers:
    GLib.MainContext.default().iteration(True)


def fails(code, function, *args):
    try:
        function(*args)
    except GLib.Error as error:
        assert error.matches(VirtSnap.error_quark(), code), error
    else:
        assert False, args


fails(VirtSnap.Error.NOT_FOUND, service.get_snapshot_info_finish, answers[0])

# What would be done.
plan = service.plan_export("shop", "s", directory, None).unpack()
assert plan["export"] == directory + "/shop/s" and plan["layers"][0]["way"] == "copy", plan
fails(VirtSnap.Error.NOT_FOUND, service.plan_export, "shop", "none", directory, None)
fails(VirtSnap.Error.NOT_FOUND, service.plan_import, directory, directory, None)
answers.clear()
service.plan_export_async("shop", "s", directory, None, None, lambda *got: answers.append(got[1]))
while not answers:
    GLib.MainContext.default().iteration(True)
assert service.plan_export_finish(answers[0]).unpack()["bytes"] == plan["bytes"]

# What an interrupted export has left is gone on with, and not taken for what it is not.
slow = VirtSnap.ExportSettings.new()
slow.set("bandwidth", "262144")
job = service.export("shop", "s", directory, slow)
while job.props.cur < 200000:
    time.sleep(0.05)
job.request_state_change(VirtSnap.JobRequest.TERMINATE)
fails(VirtSnap.Error.INTERRUPTED, job.wait, None)
other = VirtSnap.ExportSettings.new()
other.set("compression", "zstd:3")
again = VirtSnap.Service.new(uri)
assert not again.props.resume
again.set_resume(True)
job = again.export("shop", "s", directory, other)
fails(VirtSnap.Error.INVALID_STATE, job.wait, None)
job = again.export("shop", "s", directory, None)
assert job.wait(None)
END
    check "has exported it whole" virtsnap -q verify "$x/p/shop/s"
else
    skip "a program" "no introspection here"
fi
done_testing
