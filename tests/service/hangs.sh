#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What hangs keeps no other caller waiting: the lock of the store is held by another process, or a
# target is on a file system that does not answer. Nothing here depends on the clock: others are
# answered while the first caller still waits. How soon they are is measured only with HANGS_LIMITS
# in the environment (make bench-hangs).
. "$abs_top_srcdir/tests/service/lib.sh"
service_requires
requires bindfs flock
[ "$(id -u)" -eq 0 ] || skip_all "needs root, to mount and to look at threads"
python=/usr/bin/python3
$python -c 'import gi' 2>/dev/null || skip_all "python3-gi is missing"

service_setup
service_place
check "a bus" service_bus || bail_out "no bus"
check "the service comes" service_start || bail_out "no service"
mgmt=CollectionManagementService

# As long as it takes.
gdbus()
{
    if [ "$1" = call ]; then command gdbus call --timeout 300 "${@:2}"; else command gdbus "$@"; fi
}
# begin NAME COMMAND...: runs COMMAND in the background, and writes its output to NAME.
begin()
{
    "${@:2}" >"$LIVE_DIR/$1.answer" 2>&1 &
    waiting=$!
}
# still: checks that the call in the background is not answered yet.
still() { kill -0 "$waiting" 2>/dev/null; }
# ended NAME REGEX: waits for the answer, which has to match.
ended()
{
    wait "$waiting"
    grep -qE "$2" "$LIVE_DIR/$1.answer" || { cat "$LIVE_DIR/$1.answer"; return 1; }
}
managed()
{
    gdbus call --session --dest org.virtsnap1 --object-path /org/virtsnap1 \
        --method org.freedesktop.DBus.ObjectManager.GetManagedObjects
}
# others: checks that calls which have nothing to do with it are answered.
others()
{
    [[ $(managed) == *collection/pair* ]] &&
        service_call "$slow" Job.SetSpeed 65536 >/dev/null &&
        [ "$(service_call "$slow" Job.RequestStateChange 3 0)" = "(uint32 0,)" ] &&
        [ "$(service_call "$slow" Job.RequestStateChange 2 0)" = "(uint32 0,)" ]
}

cat >"$LIVE_DIR/probe.py" <<'END'
import sys, time
from gi.repository import Gio

bus = Gio.bus_get_sync(Gio.BusType.SESSION)
root = "/org/virtsnap1"
calls = [(root, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", None),
         (root + "/" + sys.argv[1], "org.virtsnap1.Job", "GetReport", None),
         (root + "/" + sys.argv[1], "org.virtsnap1.Job", "GetDetails", None)]
slowest = 0
end = time.monotonic() + 10
while time.monotonic() < end:
    for path, interface, method, arguments in calls:
        begin = time.monotonic()
        bus.call_sync("org.virtsnap1", path, interface, method, arguments, None, 0, 300000, None)
        slowest = max(slowest, time.monotonic() - begin)
    time.sleep(0.02)
print(int(slowest * 1000))
END
# prompt WHAT: checks for ten seconds that others are answered soon.
prompt()
{
    local slowest
    [ -n "${HANGS_LIMITS-}" ] || return 0
    slowest=$($python "$LIVE_DIR/probe.py" "$slow")
    check "$1: every answer within 200 ms (the slowest: $slowest)" [ "${slowest:-200}" -lt 200 ]
}

service_export pair/night "$out/slow" "$(slow 65536)" >/dev/null
slow=$service_job
check "a job that runs" live_wait running service_state_is "$slow" 4

# --- the store's lock
lock=$VIRTSNAP_CONFIG_DIR/collections/.lock
# The lock is held by a process of its own, because processes that the test starts would inherit it.
take_lock()
{
    flock -F "$lock" tail -f /dev/null &
    holder=$!
    live_wait "it is taken" eval '! flock -n "$lock" true'
}
free_lock() { kill "$holder"; wait "$holder" 2>/dev/null; }
at_exit eval 'kill "$holder" 2>/dev/null'
check "another process locks the collections" take_lock
waits_for_lock() { find "/proc/$service_pid/fd" -lname "$lock" | grep -q .; }
begin define service_call service $mgmt.DefineCollection \
    '<collection><name>late</name><domain>left</domain></collection>' '{}'
check "who changes one waits" live_wait "it waits" waits_for_lock
check "others do not" others
prompt "while the store is locked"
check "and he still does" still
free_lock
check "it is free, and he is answered" ended define collection/late
is "$(service_get collection/late Collection Domains)" "['left']" "when it is done"

check "locked again" take_lock
begin export service_export pair/night "$out/second"
check "who exports waits, too" live_wait "it waits" waits_for_lock
check "others do not" others
check "and he still does" still
free_lock
check "he is answered" ended export "uint32 4096"
second=$(grep -o 'job/[0-9]*' "$LIVE_DIR/export.answer")
is "$(service_wait "$second")" 7 "by a job that completes"

# --- the order of one caller
cat >"$LIVE_DIR/order.py" <<'END'
import sys
from gi.repository import Gio, GLib

bus = Gio.bus_get_sync(Gio.BusType.SESSION)
loop = GLib.MainLoop()
left = 0
failed = []

def call(method, signature, *arguments):
    global left
    left += 1
    interface, name = method.split(".")
    bus.call("org.virtsnap1", "/org/virtsnap1/service", "org.virtsnap1." + interface, name,
             GLib.Variant(signature, arguments), None, 0, 300000, None, answered, method)

def answered(source, result, method):
    global left
    try:
        source.call_finish(result)
    except GLib.Error as error:
        failed.append(method + ": " + error.message)
    left -= 1
    if left == 0:
        loop.quit()

manage = "CollectionManagementService."
collection = "/org/virtsnap1/collection/"
for n in range(8):
    name = "order%d" % n
    call(manage + "DefineCollection", "(sa{sv})",
         "<collection><name>%s</name></collection>" % name, {})
    call(manage + "AddMember", "(oasas)", collection + name, ["left"], [])
    call(manage + "AddMember", "(oasas)", collection + name, ["right"], [])
    call(manage + "RenameCollection", "(os)", collection + name, "re" + name)
    call(manage + "RemoveMember", "(oasas)", collection + "re" + name, ["left"], [])
call("CollectionSnapshotService.ExportSnapshot", "(ossa{sv})",
     "/org/virtsnap1/snapshot/reorder7/night", sys.argv[1], "", {"wait": GLib.Variant("b", True)})
loop.run()
print("\n".join(failed) or "all done")
END
is "$($python "$LIVE_DIR/order.py" "$out/order" 2>&1)" "all done" \
    "what one caller asks for is done in order, without waiting for answers"
is "$(vs collection-list --json |
    jq -c '[.collections[]|select(.name|test("order"))|.domains]|unique')" \
    '[["right"]]' "all of it"
check "and exported as it was by then" [ -d "$out/order/reorder7/night/domains/right" ]

# --- a file system that does not answer
mkdir "$LIVE_DIR/behind" "$LIVE_DIR/mount"
bindfs -f "$LIVE_DIR/behind" "$LIVE_DIR/mount" 2>/dev/null &
fuse=$!
at_exit eval 'umount -l "$LIVE_DIR/mount" 2>/dev/null'
at_exit eval 'kill -CONT "$fuse" 2>/dev/null; kill "$fuse" 2>/dev/null'
mounted() { mountpoint -q "$LIVE_DIR/mount"; }
if ! live_wait "it is mounted" mounted; then
    skip "a file system that hangs" "nothing may be mounted here"
    service_stop
    done_testing
    exit
fi
service_export pair/night "$LIVE_DIR/mount/x" "$(slow 1M)" >/dev/null
there=$service_job
check "a job writes there" live_wait "it writes" eval '[ "$(service_cur "$there")" -gt 2000000 ]'
service_call "$there" Job.RequestStateChange 4 0 >/dev/null
check "and is ended, to be resumed" live_wait "it ends" service_state_is "$there" 8
hang() { kill -STOP "$fuse"; }
hangs() { grep -q request_wait_answer "/proc/$service_pid"/task/*/wchan; }

hang
begin hung service_export pair/night "$LIVE_DIR/mount/y"
check "an export there hangs" live_wait "it hangs" hangs
check "others do not" others
prompt "while a target hangs"
check "another export is made meanwhile" service_export pair/night "$out/third"
is "$(service_wait "$service_job")" 7 "to its end"
check "and the first still hangs" still
kill -CONT "$fuse"
check "the file system is back: it is answered" ended hung "uint32 4096"
is "$(service_wait "$(grep -o 'job/[0-9]*' "$LIVE_DIR/hung.answer")")" 7 "and completes"

hang
is "$(service_call "$there" Job.RequestStateChange 2 0)" "(uint32 4096,)" "to resume is answered"
check "though it cannot begin" service_state_is "$there" 2
begin kill service_call "$there" Job.RequestStateChange 5 0
check "to remove what was copied hangs" live_wait "it hangs" hangs
check "others do not" others
kill -CONT "$fuse"
check "it is answered" ended kill "uint32 4096"
is "$(service_wait "$there")" 9 "the job is killed"
is "$(find "$LIVE_DIR/mount/x" 2>/dev/null)" "" "and nothing is left"

# --- the end
hang
begin last service_export pair/night "$LIVE_DIR/mount/z"
check "one more hangs" live_wait "it hangs" hangs
service_call "$slow" Job.RequestStateChange 4 0 >/dev/null
service_stop
check "the service ends all the same" service_gone
kill -CONT "$fuse"
wait "$waiting"
check "it comes again" service_start
is "$(service_get "$there" Job JobState),$(service_get "$second" Job JobState)" "9,7" \
    "with what has become of its jobs"
check "and with the one that can be resumed" service_state_is "$slow" 8 10
service_stop
done_testing
