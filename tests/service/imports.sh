#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Imports by the service, on a bus of its own.
. "$abs_top_srcdir/tests/service/lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
service_requires

service_setup
service_place
to=$LIVE_DIR/new
mkdir "$to"
check "an export" vs_export pair night --to "$out"
trusted "$VS_EXPORT"
for ((i = 1; i < ${#TRUST[@]}; i += 2)); do
    words+="<trust>${TRUST[i]}</trust>"
done
lose left right
vs -q collection-undefine pair
check "a bus" service_bus || bail_out "no bus"
check "the service comes" service_start || bail_out "no service"

# import PATH SETTINGS OPTIONS: calls the method and prints its answer.
import() { service_call service CollectionSnapshotService.ImportExport "$@"; }

# refused ERROR REGEX PATH SETTINGS OPTIONS
refused()
{
    local name=$1 regex=$2 answer
    shift 2
    answer=$(import "$@") && { echo "was done: $answer"; return 1; }
    [[ $answer == *"org.virtsnap1.Error.$name"* && $answer =~ $regex ]] && return
    echo "$answer"
    return 1
}
check "a directory has to be named" refused InvalidParameter "'to'" "$VS_EXPORT" '' '{}'
check "an unknown option" refused InvalidParameter "'x'" "$VS_EXPORT" '' "{'x': <true>}"
check "a path that is not absolute" refused InvalidParameter absolute out '' "{'to': <'$to'>}"
check "settings that are none" refused InvalidParameter settings "$VS_EXPORT" '<x/>' \
    "{'to': <'$to'>}"
check "what is not trusted is refused by the job" refused AccessDenied "left:devices/serial" \
    "$VS_EXPORT" '' "{'to': <'$to'>, 'wait': <true>}"
check "nothing is there" imported_nothing "$to"

# --- the same domains tried, and thrown away again
trust=
for ((i = 1; i < ${#TRUST[@]}; i += 2)); do
    trust+="${trust:+, }'${TRUST[i]}'"
done
# tried OPTIONS: VerifyExport with boot, waited for; the report of its job.
tried()
{
    local answer
    answer=$(service_call service CollectionSnapshotService.VerifyExport "$VS_EXPORT" \
        "{'boot': <true>, 'trust': <[$trust]>, 'scratch': <'$scratch'>, $1}")
    echo "$answer"
    job=$(grep -o 'job/[0-9]*' <<<"$answer") || return 1
    echo "state: $(service_wait "$job") $(service_get "$job" Job ErrorCode)"
    service_call "$job" Job.GetReport
}
scratch=$LIVE_DIR/scratch
mkdir "$scratch"
# says TEXT REGEX...: checks that all of these are in TEXT; the keys of a dictionary have no order.
says()
{
    local regex
    for regex in "${@:2}"; do
        [[ $1 =~ $regex ]] || { printf '%s\nnot: %s\n' "$1" "$regex"; return 1; }
    done
}
said=$(tried "'timeout': <uint32 1>")
check "domains that run are found to boot" says "$said" "uint32 4096.*state: 7 0" "'ok': <true>" \
    "'domains': <\[.*'left'" "'booted': <true>" "'by': <'time'>"
said=$(tried "'timeout': <uint32 1>, 'expect': <'no such words'>")
check "those that do not show what is expected fail the job" says "$said" "state: 10 2" \
    "'ok': <false>" "'booted': <false>" "'why': <.*no such words"
is "$(ls -A "$scratch")" "" "nothing is left of either"

answer=$(import "$VS_EXPORT" "<importsettings><suffix>.new</suffix>$words</importsettings>" \
    "{'to': <'$to'>}")
like "$answer" "uint32 4096" "ImportExport answers before its job has ended"
job=$(grep -o 'job/[0-9]*' <<<"$answer")
is "$(service_wait "$job")" 7 "the job is completed"
is "$(service_get "$job" Job JobType)" 61 "it is the import of a virtual machine"
like "$(service_call "$job" Job.GetReport)" "pair.new/night" "the report has the directory"
like "$(VIRTSNAP_BUS=session vs job-info "${job#job/}")" "Import of" "the command tells of it"
check "the service ends" service_stop
is "$(live_virsh list --all --name | sort | xargs)" "left.new right.new" "the domains are there"
check "their images are sound" images_sound "$to"
check "the service comes again" service_start
like "$(service_get "$job" Job JobState)" 7 "and knows the job"


# --- the command with the service
export VIRTSNAP_BUS=session
lose left.new right.new
vs -q collection-undefine pair.new
rm -r "$to/pair.new"
check "import --async" eval \
    'vs import "$VS_EXPORT" --to "$to" "${TRUST[@]}" --async --bandwidth 1M --json >"$VS_OUT"'
is "$(vs_field '[.result, .job > 1] | join(" ")')" "4096 true" "answers 4096 and the job"
job=$(vs_field .job)
live_wait "it copies" eval '[ "$(vs job-info $job --json | jq .cur)" -gt 1000000 ]'
check "is ended" eval 'vs -q job-kill $job; ! vs job-wait $job'
check "so that nothing is left" imported_nothing "$to"
check "import --service, with a bar" eval 'vs --service --json import "$VS_EXPORT" --to "$to" \
    "${TRUST[@]}" --progress=bar >"$VS_OUT"'
is "$(jq -c '[.result, .collection, .directory, (.domains[0] | .name, .from, .disks[0].target)]' \
    "$VS_OUT")" "[0,\"pair\",\"$to/pair/night\",\"left\",\"left\",\"vda\"]" "tells what it made"
is "$(jq -r '.domains[].disks[].path, .warnings[]' "$VS_OUT" | xargs ls | wc -l)" 2 \
    "where, and of what it warns"
is "$(vs --service collection-list --json | jq -c '[.collections[].name]')" '["pair"]' \
    "has made the collection"
check "its images are sound" images_sound "$to"
check "a plan of import-detach" eval 'vs --service import-detach left --dry-run --json >"$VS_OUT"'
is "$(jq -c '[.result, .domain, .disks, .warnings]' "$VS_OUT")" '[0,"left",[],[]]' \
    "says that it needs no export"
like "$(vs --service import-detach left --dry-run)" "'left' needs no export" "for people, too"
check "import-detach by the service" eval 'vs --service import-detach left --json >"$VS_OUT"'
is "$(vs_field '[.result, .name] | join(" ")')" "0 Detachment of left" "is a job of its"
like "$(service_call service CollectionSnapshotService.DetachImport left "{'x': <true>}" 2>&1)" \
    "InvalidParameter.*'x'" "an unknown option is refused"
check "fails as the job does" vs_refused 32800 "exist" --service import "$VS_EXPORT" --to "$to" \
    "${TRUST[@]}"
check "a plan of it as well" vs_refused 32800 "exist" --service import "$VS_EXPORT" --to "$to" \
    "${TRUST[@]}" --dry-run
one=(--domain left --suffix .p --new-uuid --mac new --dry-run)
for ((i = 1; i < ${#TRUST[@]}; i += 2)); do
    [[ ${TRUST[i]} != left:* ]] || one+=(--trust "${TRUST[i]}")
done
check "that of one domain, renamed" eval 'vs --service --json import "$VS_EXPORT" --to "$to" \
    "${one[@]}" >"$VS_OUT"'
is "$(jq -c '[.result, .directory, (.domains | map(.name)), (.files | length > 2), .bytes > 0,
    (.overlays | length), (.host | type)]' "$VS_OUT")" \
    "[0,\"$to/pair.p/night\",[\"left.p\"],true,true,0,\"array\"]" "says what would be done"
like "$(vs --service import "$VS_EXPORT" --to "$to" "${one[@]}" 2>&1)" \
    "left.p +left +vda .* copy .*[Tt]his host" "for people, too"
check "and does nothing" [ ! -e "$to/pair.p" ]
like "$(service_call service CollectionSnapshotService.PlanImport "$VS_EXPORT" '' \
    "{'to': <'$to'>, 'wait': <true>}")" "InvalidParameter.*'wait'" "nobody waits for a plan"
service_stop
is "$(live_virsh list --all --name | sort | xargs)" "left right" "and the domains"

done_testing
