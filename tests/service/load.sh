#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# 200 callers that act at random, and 50 jobs at once of which few may run. LOAD_SECONDS in the
# environment makes it longer than the check has time for; with LOAD_LIMITS=yes answers may not take
# too long, as `make bench-load` checks.
. "$abs_top_srcdir/tests/service/lib.sh"
service_requires
seconds=${LOAD_SECONDS:-5}

service_setup
live_disk "$LIVE_DIR/base.qcow2" >/dev/null
live_overlay "$LIVE_DIR/base.qcow2" "$LIVE_DIR/left.qcow2" >/dev/null
live_define left --disk "$LIVE_DIR/left.qcow2" >/dev/null
live_snapshot_external left night >/dev/null
vs -q collection-create-as pair --domain left
printf '[jobs]\nrunning=4\nper_file_system=4\nqueued=100000\n[service]\nidle_timeout=0\n' \
    >"$LIVE_DIR/virtsnapd.conf"
export VIRTSNAP_BUS=session
check "a bus" service_bus || bail_out "no bus"
check "the service comes" service_start || bail_out "no service"

# --- the queue
answers=0
for i in {1..50}; do
    milliseconds service_export pair/night "$out/q$i" "$(slow 2048)" >/dev/null || break
    answers=$((answers + 1))
done
is $answers 50 "50 jobs at once"
check "few of them run" live_wait "they start" \
    eval '[ "$(vs job-list --json | jq "[.jobs[]|select(.jobState != 2)]|length")" = 4 ]'
is "$(vs job-list --json | jq -c '[.jobs[]|select(.jobState != 2)|.job]')" "[1,2,3,4]" \
    "first come, first served"
for i in {1..3}; do service_call "job/$i" Job.RequestStateChange 5 0 >/dev/null; done
check "the next three have their turn" live_wait "they start" eval \
    '[ "$(vs job-list --json | jq -c "[.jobs[]|select([.jobState] | inside([3, 4]))|.job]")" \
        = "[4,5,6,7]" ]'
for i in {4..50}; do service_call "job/$i" Job.RequestStateChange 5 0 >/dev/null; done
ended() { [ "$(vs job-list --json | jq '[.jobs[]|select(.jobState < 7)]|length')" = 0 ]; }
check "all end" live_wait "they end" ended
check "and leave nothing" [ -z "$(ls -A "$out")" ]
sleep 1.5
is "$(vs job-list --json | jq '.jobs|length')" 50 "those that never ran stay for some time, too"

# --- the crowd
rss() { awk '/^VmRSS/ { print $2 }' "/proc/$service_pid/status"; }
fds() { find "/proc/$service_pid/fd" -mindepth 1 | wc -l; }
fds_before=$(fds)
# Data that other tests have left to be written do not count against the service.
sync
said=$("$abs_top_builddir/tests/service/load" 200 "$seconds" "$out")
echo "# $said"
eval "$(tr ' ' '\n' <<<"$said" | grep -E '^[a-z_]+=[A-Za-z0-9-]+$')"
check "the callers did something" [ "${calls:-0}" -gt 200 ]
is "${failures-}" 0 "every answer was one"
is "${lost-}" 0 "no job was lost"
# How long an answer may take is checked by the bench: LOAD_LIMITS=yes.
if [ "${LOAD_LIMITS:-no}" = yes ]; then
    check "95 of 100 answers within 200 ms (not: ${slow-} of ${calls-})" \
        [ $((${slow:-1} * 20)) -le "${calls:-0}" ]
    check "and all within two seconds (the slowest: ${slowest_ms-} ms)" \
        [ "${slowest_ms:-2000}" -lt 2000 ]
fi
check "all jobs end" live_wait "they end" ended
# Jobs that were terminated keep what they have copied, so that they can be resumed.
sound()
{
    local export
    for export in "$out"/*/pair/*; do
        [ ! -d "$export" ] || vs -q verify "$export" || return 1
    done
}
check "and leave complete exports, or none" sound
check "descriptors are closed ($fds_before, then $(fds))" [ "$(fds)" -le $((fds_before + 8)) ]
check "memory is bounded ($(rss) KiB with $jobs jobs)" [ "$(rss)" -lt $((120000 + 20 * jobs)) ]
check "and there is room for another job, which completes" \
    vs -q --service export pair night --to "$out/last"
service_stop
done_testing
