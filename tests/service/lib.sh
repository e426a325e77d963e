# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# A virtsnapd on a bus of its own, together with tap.sh and the functions of the live tests. From
# its first job on the service uses the embedded hypervisor, so domains have to be prepared before.

. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"

service_requires()
{
    live_requires
    requires dbus-daemon gdbus
}

service_setup()
{
    check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
    vs_setup
    out=$LIVE_DIR/out
    mkdir "$out"
}

# service_bus [OPTION]...: starts a private session bus, and sets DBUS_SESSION_BUS_ADDRESS.
service_bus()
{
    dbus-daemon "${@:---session}" --fork --print-address=3 --print-pid=4 3>"$LIVE_DIR/bus" \
        4>"$LIVE_DIR/bus.pid" || return 1
    DBUS_SESSION_BUS_ADDRESS=$(cat "$LIVE_DIR/bus")
    export DBUS_SESSION_BUS_ADDRESS
    at_exit service_bus_stop
}

service_bus_stop() { kill "$(cat "$LIVE_DIR/bus.pid")" 2>/dev/null; }

# service_start [OPTION]...
service_start()
{
    "$abs_top_builddir/virtsnapd" --session --connect "$LIVE_URI" \
        --config "$LIVE_DIR/virtsnapd.conf" "$@" >>"$LIVE_DIR/virtsnapd.log" 2>&1 &
    service_pid=$!
    gdbus wait --session --timeout 900 org.virtsnap1 ||
        { cat "$LIVE_DIR/virtsnapd.log"; return 1; }
}

service_gone() { ! kill -0 "$service_pid" 2>/dev/null; }

# service_stop [SIGNAL]
service_stop()
{
    kill -"${1:-TERM}" "$service_pid" 2>/dev/null
    live_wait "virtsnapd ends" service_gone
    wait "$service_pid" 2>/dev/null
}

# service_call OBJECT METHOD [ARGUMENT]...: calls a method (below /org/virtsnap1 and org.virtsnap1)
# and prints the answer.
service_call()
{
    gdbus call --session --dest org.virtsnap1 --object-path "/org/virtsnap1/$1" \
        --method "org.virtsnap1.$2" "${@:3}" 2>&1
}

# service_get OBJECT INTERFACE PROPERTY: prints the value of a property, without its type.
service_get()
{
    gdbus call --session --dest org.virtsnap1 --object-path "/org/virtsnap1/$1" \
        --method org.freedesktop.DBus.Properties.Get "org.virtsnap1.$2" "$3" |
        sed -E "s/^\(<(u?int[0-9]+ |uint[0-9]+ |byte )?(.*)>,\)$/\2/; s/^'(.*)'$/\1/"
}

# service_export SNAPSHOT-PATH DIRECTORY [SETTINGS [OPTIONS]]: exports and prints the answer; sets
# service_job to the job's path below /org/virtsnap1.
service_export()
{
    local answer
    answer=$(service_call service CollectionSnapshotService.ExportSnapshot \
        "/org/virtsnap1/snapshot/$1" "$2" "${3-}" "${4:-{\}}")
    service_job=$(grep -o 'job/[0-9]*' <<<"$answer")
    printf '%s\n' "$answer"
    [[ $answer == "(uint32 "* ]]
}

# service_state_is JOB STATE...
service_state_is()
{
    local state
    state=$(service_get "$1" Job JobState)
    [[ " ${*:2} " == *" $state "* ]]
}

# service_wait JOB: waits until the job is in a final state, and prints the state.
service_wait()
{
    live_wait "$1 ends" service_state_is "$1" 7 8 9 10 32768 && service_get "$1" Job JobState
}

# service_place: makes two shut-off domains on one shared base, in the collection "pair", with the
# snapshot "night" whose layers are filled with 24 MiB each, and the configuration of the service.
service_place()
{
    local domain
    live_disk "$LIVE_DIR/base.qcow2"
    for domain in left right; do
        live_overlay "$LIVE_DIR/base.qcow2" "$LIVE_DIR/$domain.qcow2"
        qemu-io -c "write -P 0x5a 0 24M" "$LIVE_DIR/$domain.qcow2" >/dev/null
        live_define "$domain" --disk "$LIVE_DIR/$domain.qcow2"
        live_snapshot_external "$domain" night
    done >/dev/null
    vs -q collection-create-as pair --domain left --domain right
    printf '[jobs]\nrunning=4\n[service]\nidle_timeout=0\n' >"$LIVE_DIR/virtsnapd.conf"
}

# slow RATE: prints settings that limit the bandwidth.
slow() { printf '<exportsettings><bandwidth>%s</bandwidth></exportsettings>' "$1"; }

# service_cur JOB
service_cur() { service_get "$1" Job Cur; }

# milliseconds COMMAND...: sets took to the time that COMMAND takes; returns its status.
milliseconds()
{
    local start=${EPOCHREALTIME/./} status=0
    "$@" || status=$?
    took=$(((${EPOCHREALTIME/./} - start) / 1000))
    return $status
}
