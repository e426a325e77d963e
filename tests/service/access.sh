#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The system bus: polkit says who may do what, and nobody can write or read files with root's rights
# through the service. polkit is a mock that answers as the test wants; the bus and the users are
# real.
. "$abs_top_srcdir/tests/service/lib.sh"
service_requires
requires setpriv /usr/bin/python3
# The one that the system packages are for.
python=/usr/bin/python3
[ "$(id -u)" -eq 0 ] || skip_all "needs root, to be two users"
$python -c 'import dbus, gi' 2>/dev/null || skip_all "python3-dbus or python3-gi is missing"

service_setup
service_place
vs -q snapshot-create-as pair made

# --- a system bus of our own
cat >"$LIVE_DIR/bus.conf" <<END
<busconfig>
  <type>system</type>
  <listen>unix:path=$LIVE_DIR/bus.socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <deny own="org.virtsnap1"/>
    <deny send_destination="org.virtsnap1"/>
  </policy>
  <include>$abs_top_srcdir/src/service/org.virtsnap1.conf</include>
</busconfig>
END
dbus-daemon --config-file "$LIVE_DIR/bus.conf" --fork --print-pid=3 3>"$LIVE_DIR/bus.pid" ||
    bail_out "no bus"
at_exit service_bus_stop
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$LIVE_DIR/bus.socket
chmod a+rx "$TEST_DIR" "$LIVE_DIR"
chmod a+rw "$LIVE_DIR/bus.socket"

# may ACTION...: from now on polkit allows these. It notes in the file "asked" what it was asked,
# and answers when there is no file "thinks".
may()
{
    printf '%s\n' "$@" >"$LIVE_DIR/allowed"
    [ -n "${polkit_pid-}" ] || polkit_start
}
polkit_start()
{
    POLKIT_DIR=$LIVE_DIR $python - >"$LIVE_DIR/polkit.log" 2>&1 <<'END' &
import os, time
import dbus, dbus.service, dbus.mainloop.glib
from gi.repository import GLib

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
place = os.environ["POLKIT_DIR"]

class Authority(dbus.service.Object):
    @dbus.service.method("org.freedesktop.PolicyKit1.Authority",
                         in_signature="(sa{sv})sa{ss}us", out_signature="(bba{ss})")
    def CheckAuthorization(self, subject, action, details, flags, cancellation):
        with open(place + "/asked", "a") as asked:
            print(action, file=asked)
        while os.path.exists(place + "/thinks"):
            time.sleep(0.05)
        with open(place + "/allowed") as lines:
            allowed = str(action) in lines.read().split()
        return (allowed, False, dbus.Dictionary({}, signature="ss"))

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="s",
                         out_signature="a{sv}")
    def GetAll(self, interface):
        return {"BackendName": "mock", "BackendVersion": "1",
                "BackendFeatures": dbus.UInt32(0)}

bus = dbus.SystemBus()
name = dbus.service.BusName("org.freedesktop.PolicyKit1", bus)
authority = Authority(bus, "/org/freedesktop/PolicyKit1/Authority")
GLib.MainLoop().run()
END
    polkit_pid=$!
    gdbus wait --system --timeout 900 org.freedesktop.PolicyKit1
}
at_exit eval 'kill "$polkit_pid"'

# as USER OBJECT METHOD [ARGUMENT]...
as()
{
    setpriv --reuid "$1" --regid nogroup --clear-groups gdbus call --system --dest org.virtsnap1 \
        --object-path "/org/virtsnap1/$2" --method "org.virtsnap1.$3" "${@:4}" 2>&1
}

# as_export USER DIRECTORY [SETTINGS]
as_export()
{
    as "$1" service CollectionSnapshotService.ExportSnapshot /org/virtsnap1/snapshot/pair/night \
        "$2" "${3-}" '{}'
}

allowed=$(mktemp -d /run/vstXXXXXX)
at_exit rm -rf "$allowed"
chmod 755 "$allowed"
cat >"$LIVE_DIR/virtsnapd.conf" <<END
[export]
directories=$allowed
[service]
idle_timeout=0
END
check "a polkit that allows nothing" may || bail_out "no polkit: $(cat "$LIVE_DIR/polkit.log")"
check_fails "who is not root cannot have the service's name" \
    setpriv --reuid nobody --regid nogroup --clear-groups "$abs_top_builddir/virtsnapd" --config \
    "$LIVE_DIR/virtsnapd.conf"
"$abs_top_builddir/virtsnapd" --connect "$LIVE_URI" --config "$LIVE_DIR/virtsnapd.conf" \
    >>"$LIVE_DIR/virtsnapd.log" 2>&1 &
service_pid=$!
at_exit eval '[ -z "$service_pid" ] || kill "$service_pid"'
check "the service on the system bus" gdbus wait --system --timeout 900 org.virtsnap1 ||
    bail_out "no service"

# --- nothing is allowed
denied() { grep -q "org.virtsnap1.Error.AccessDenied" <<<"$1" || { echo "$1"; false; }; }
check "export" denied "$(as_export nobody "$allowed/x")"
# as_verify USER EXPORT [OPTIONS]
as_verify() { as "$1" service CollectionSnapshotService.VerifyExport "$2" "${3-{\}}"; }
check "verify" denied "$(as_verify nobody "$allowed/x")"
check "list" denied "$(as nobody collection/pair Collection.ListSnapshots)"
check "what there is of a snapshot" denied "$(as nobody snapshot/pair/made Snapshot.GetInfo)"
check "all that there are" denied "$(as nobody collection/pair Collection.GetSnapshots)"
check "one of them" denied "$(as nobody collection/pair Collection.GetSnapshotInfo night)"
check "reference points" denied "$(as nobody collection/pair Collection.ListReferencePoints)"
# as_exports USER METHOD PATH [ARGUMENT]...
as_exports() { as "$1" service "CollectionSnapshotService.$2" "${@:3}"; }
check "exports" denied "$(as_exports nobody ListExports "$allowed")"
check "one of them" denied "$(as_exports nobody GetExportInfo "$allowed/x")"
night=/org/virtsnap1/snapshot/pair/night
check "a plan" denied "$(as_exports nobody PlanExport $night "$allowed/x" '' '{}')"
check "one of an import" denied "$(as_exports nobody PlanImport "$allowed/x" '' '{}')"
check "protect" denied "$(as_exports nobody ProtectExport "$allowed/x" true)"
# denied_manage METHOD ARGUMENT...
denied_manage() { denied "$(as nobody service "CollectionManagementService.$1" "${@:2}")"; }
pair=/org/virtsnap1/collection/pair
check "define" denied_manage DefineCollection '<collection><name>n</name></collection>' '{}'
check "destroy" denied_manage DestroyCollection $pair
check "rename" denied_manage RenameCollection $pair x
check "add" denied_manage AddMember $pair "['x']" '[]'
check "remove" denied_manage RemoveMember $pair "['left']" '[]'
for method in "CreateSnapshot /a '' 1" "DestroySnapshot /a {}" "ApplySnapshot /a {}" \
    "ConvertToReferencePoint /a {}" "CreateReferencePoint /a x {}" \
    "DestroyReferencePoint /a x {}" "PlanCreateSnapshot /a '' 1" "PlanDestroySnapshot /a {}" \
    "PlanApplySnapshot /a {}" "PlanConvertToReferencePoint /a {}" \
    "PlanCreateReferencePoint /a x {}" "PlanDestroyReferencePoint /a x {}" \
    "PlanDetachImport x {}"; do
    check "$method" eval "denied \"\$(as nobody service CollectionSnapshotService.$method)\""
done
# What names an option twice might be granted by one value and carried out by the other: it is
# refused before polkit is asked.
twice="{'x': <true>, 'x': <false>}"
for method in "VerifyExport /a" "ImportExport /a ''" "PlanImport /a ''" "PlanExport /a /a ''" \
    "DetachImport x" "PruneExports /a" "ExportSnapshot /a /a ''" "DestroySnapshot /a" \
    "ApplySnapshot /a" "ConvertToReferencePoint /a" "CreateReferencePoint /a x" \
    "DestroyReferencePoint /a x" "PlanDetachImport x" "PlanDestroySnapshot /a" \
    "PlanApplySnapshot /a" "PlanConvertToReferencePoint /a" "PlanCreateReferencePoint /a x" \
    "PlanDestroyReferencePoint /a x"; do
    like "$(eval "as nobody service CollectionSnapshotService.$method \"\$twice\"")" \
        "Error.InvalidParameter.*'x'" "$method with an option twice"
done
like "$(as nobody service CollectionManagementService.DefineCollection '<collection/>' "$twice")" \
    "Error.InvalidParameter.*'x'" "DefineCollection with one"
check "nothing has changed" eval '[ "$(vs collection-dumpxml pair | grep -c "<domain>")" = 2 ]'
check "nothing was written" [ -z "$(ls -A "$allowed")" ]
check "no polkit, no rights" eval 'kill "$polkit_pid"; wait "$polkit_pid" 2>/dev/null;
    denied "$(as_export nobody "$allowed/x")"'

# --- export is allowed, but not to write anywhere
polkit_pid=
check "a polkit that lets export" may org.virtsnap1.export
check "not into a directory that is not named" denied "$(as_export nobody "$LIVE_DIR/out")"
check "nor beside one" denied "$(as_export nobody "${allowed}x")"
like "$(as_export nobody "$allowed/../x")" "'\.\.' in it" "nor by .."
ln -s /etc "$allowed/link"
check "nor by a link" denied "$(as_export nobody "$allowed/link")"
rm "$allowed/link"
install -d -o nobody "$allowed/his"
check "nor where he himself could put one" denied "$(as_export nobody "$allowed/his/x")"
rmdir "$allowed/his"
check "nor to have a base read" eval '! as_export nobody "$allowed" \
    "<exportsettings><base>/etc</base></exportsettings>"'
check "nor with a scratch directory elsewhere" eval '! as_export nobody "$allowed" \
    "<exportsettings><live>crash-consistent</live><scratch>/etc</scratch></exportsettings>"'
check "nor in the place of one that is" denied "$(as_export nobody "$allowed" \
    '<exportsettings><subdirectory>no</subdirectory></exportsettings>')"
check "nor to have that planned" denied \
    "$(as_exports nobody PlanExport $night "$LIVE_DIR/out" '' '{}')"
check "nor by a dot" denied "$(as_export nobody "$allowed/." \
    '<exportsettings><subdirectory>no</subdirectory></exportsettings>')"
check "nothing is beside it" [ ! -e "$(dirname "$allowed")/.$(basename "$allowed").partial" ]
check "into one that is" eval 'as_export nobody "$allowed" \
    "<exportsettings><bandwidth>1048576</bandwidth></exportsettings>" | grep -q "uint32 4096"'
number=$(gdbus call --system --dest org.virtsnap1 --object-path /org/virtsnap1 --method \
    org.freedesktop.DBus.ObjectManager.GetManagedObjects | grep -o 'job/[0-9]*' | tail -n 1)
# details USER: prints the answer of GetDetails to that user.
details() { as "$1" "$number" Job.GetDetails; }
check "it is planned" live_wait "it is planned" eval 'details root | grep -q left:vda'
# accepted USER REQUEST
accepted() { grep -qE "uint32 (0|4096)" <<<"$(as "$1" "$number" Job.RequestStateChange "$2" 0)"; }
check "his own job is his" accepted nobody 3
check "but not another's" denied "$(as daemon "$number" Job.RequestStateChange 5 0)"
# seen_by USER: prints everything that the user can see.
seen_by()
{
    setpriv --reuid "$1" --regid nogroup --clear-groups gdbus call --system --dest org.virtsnap1 \
        --object-path /org/virtsnap1 --method org.freedesktop.DBus.ObjectManager.GetManagedObjects
}
like "$(seen_by daemon)" "'JobState': <uint32 [345]>" "everybody sees the state of a job"
check "and not what it is about" eval '! seen_by daemon | grep -o "org.virtsnap1.Job.: .*" |
    grep -qE "$allowed|night|:vda"'
check "nor can he ask for it" denied "$(details daemon)"
check "nor for its report" denied "$(as daemon "$number" Job.GetReport)"
check "nor for its error" denied "$(as daemon "$number" Job.GetError)"
like "$(details nobody)" "$allowed/pair/night" "whose job it is can"
like "$(details nobody)" "left:vda" "and has its disks"
like "$(details root)" "Export of pair, night" "and so can root"
check "nor its speed" denied "$(as daemon "$number" Job.SetSpeed 1)"
check "a polkit that lets others' jobs be controlled" may org.virtsnap1.control-others-jobs
check "then it is" accepted daemon 2
like "$(details daemon)" "$allowed/pair/night" "and may be looked at"
like "$(VIRTSNAP_BUS=system vs job-info "${number#job/}")" "$allowed/pair/night" \
    "the command shows root what it is about"
check "root needs no polkit for that" accepted root 5
live_wait "it ends" eval '[ -z "$(ls -A "$allowed")" ]'
check "and leaves nothing" [ -z "$(ls -A "$allowed")" ]

# --- what root does
check "a polkit that lets only export" may org.virtsnap1.export
slow='<exportsettings><bandwidth>1048576</bandwidth></exportsettings>'
like "$(as_export root "$allowed" "$slow")" "uint32 4096" "root exports"
number=$(seen_by root | grep -o 'job/[0-9]*' | sort -Vu | tail -n 1)
check "it is planned, too" live_wait "it is planned" eval 'details root | grep -q left:vda'
check "and suspended" accepted root 3
# properties_for USER: all that the job's object shows to that user.
properties_for()
{
    setpriv --reuid "$1" --regid nogroup --clear-groups gdbus call --system --dest org.virtsnap1 \
        --object-path "/org/virtsnap1/$number" --method org.freedesktop.DBus.Properties.GetAll \
        org.virtsnap1.Job
}
for user in nobody daemon; do
    like "$(properties_for $user)" "'JobState': <uint32 [345]>" "$user sees that state"
    check "and not what it is about" eval '! properties_for $user |
        grep -qE "$allowed|night|:vda|Export of"'
    check "nor anywhere else on the bus" eval '! seen_by $user |
        grep -o "org.virtsnap1.Job.: .*" | grep -qE "$allowed|night|:vda"'
    check "nor may he ask for it" denied "$(details $user)"
    check "nor for its report" denied "$(as $user "$number" Job.GetReport)"
    check "nor for its error" denied "$(as $user "$number" Job.GetError)"
    check "nor end it" denied "$(as $user "$number" Job.RequestStateChange 5 0)"
done
check "a polkit that lets others' jobs be controlled" may org.virtsnap1.control-others-jobs
like "$(details nobody)" "$allowed/pair/night" "lets him know"
check "the others still see the state only" eval '! properties_for daemon | grep -q night'
check "root ends it" accepted root 5
live_wait "it ends" eval '[ -z "$(ls -A "$allowed")" ]'
check "and nothing is left" [ -z "$(ls -A "$allowed")" ]

# --- exports may be listed, but not everywhere, nor be protected
check "a polkit that lets exports be listed" may org.virtsnap1.read
is "$(as_exports nobody ListExports "$allowed")" "(@aa{sv} [],)" "in a directory that is allowed"
check "not where the administrator named nothing" denied \
    "$(as_exports nobody ListExports "$LIVE_DIR/out")"
check "nor one of there" denied "$(as_exports nobody GetExportInfo "$LIVE_DIR/out/pair/night")"
like "$(as_exports nobody GetExportInfo "$allowed/../etc")" "'\.\.' in it" "nor by .."
check "nor be protected" denied "$(as_exports nobody ProtectExport "$allowed/none" false)"
check "a polkit that lets exports be removed" may org.virtsnap1.remove-exports
like "$(as_exports nobody ProtectExport "$allowed/none" true)" "Error.NotFound" "then they may be"
check "but not elsewhere" denied "$(as_exports nobody ProtectExport "$LIVE_DIR/out" true)"

# --- verify is allowed, but not to read anywhere
boot="{'boot': <true>}"
check "a polkit that lets exports be verified" may org.virtsnap1.verify
check "not where the administrator named nothing" denied "$(as_verify nobody "$LIVE_DIR/out")"
check "nor what is no export at all" denied "$(as_verify nobody /etc)"
like "$(as_verify nobody "$allowed/../etc")" "'\.\.' in it" "nor by .."
ln -s /etc "$allowed/link"
check "nor by a link" denied "$(as_verify nobody "$allowed/link")"
rm "$allowed/link"
check "nor by having domains started" denied "$(as_verify nobody "$allowed/x" "$boot")"
like "$(as_verify nobody "$allowed/none" "{'boot': <false>, 'boot': <true>}")" \
    "Error.InvalidParameter.*'boot'" "nor by saying first that none shall be"
like "$(as_verify nobody "$allowed/none")" "uint32 4096" "in a directory that is allowed"
like "$(as_verify root "$LIVE_DIR/out/none")" "uint32 4096" "root may anywhere"
check "a polkit that lets imports be made" may org.virtsnap1.import
like "$(as_verify nobody "$allowed/none" "$boot")" "uint32 4096" "then domains may be started"
check "but nothing be thrown away elsewhere" denied "$(as_verify nobody "$allowed/none" \
    "{'boot': <true>, 'scratch': <'/etc'>}")"
check "nor an export elsewhere be tried" denied "$(as_verify nobody "$LIVE_DIR/out" "$boot")"
check "and without them it is not this" denied "$(as_verify nobody "$allowed/none")"

# --- each method asks for its own action, and for no other
actions=$(grep -o 'action id="[^"]*' "$abs_top_srcdir/src/service/org.virtsnap1.policy" |
    cut -d '"' -f 2)
may org.virtsnap1.verify
job=$(as_verify nobody "$allowed/none" | grep -o 'job/[0-9]*')
# What each is called with is not there, or nothing that could be done: that is told to who may.
cat >"$LIVE_DIR/methods" <<END
export service CollectionSnapshotService.ExportSnapshot /a '$allowed' '' {}
import service CollectionSnapshotService.ImportExport '$allowed/none' '' {}
import service CollectionSnapshotService.DetachImport x {}
export service CollectionSnapshotService.PlanExport /a '$allowed' '' {}
import service CollectionSnapshotService.PlanImport '$allowed/none' '' {}
verify service CollectionSnapshotService.VerifyExport '$allowed/none' {}
import service CollectionSnapshotService.VerifyExport '$allowed/none' "$boot"
remove-exports service CollectionSnapshotService.PruneExports '$allowed/none' {}
read service CollectionSnapshotService.ListExports '$allowed'
read service CollectionSnapshotService.GetExportInfo '$allowed/none'
remove-exports service CollectionSnapshotService.ProtectExport '$allowed/none' true
import service CollectionSnapshotService.PlanDetachImport x {}
manage-snapshots service CollectionSnapshotService.PlanCreateSnapshot /a '' 1
manage-snapshots service CollectionSnapshotService.PlanDestroySnapshot /a {}
manage-snapshots service CollectionSnapshotService.PlanApplySnapshot /a {}
manage-snapshots service CollectionSnapshotService.PlanCreateReferencePoint /a x {}
manage-snapshots service CollectionSnapshotService.PlanDestroyReferencePoint /a x {}
manage-snapshots service CollectionSnapshotService.PlanConvertToReferencePoint /a {}
manage-snapshots service CollectionSnapshotService.CreateSnapshot /a '' 1
manage-snapshots service CollectionSnapshotService.DestroySnapshot /a {}
manage-snapshots service CollectionSnapshotService.ApplySnapshot /a {}
manage-snapshots service CollectionSnapshotService.CreateReferencePoint /a x {}
manage-snapshots service CollectionSnapshotService.DestroyReferencePoint /a x {}
manage-snapshots service CollectionSnapshotService.ConvertToReferencePoint /a {}
manage-collections service CollectionManagementService.DefineCollection '<collection/>' {}
manage-collections service CollectionManagementService.DestroyCollection /a
manage-collections service CollectionManagementService.RenameCollection /a x
manage-collections service CollectionManagementService.AddMember /a "['x']" '[]'
manage-collections service CollectionManagementService.RemoveMember /a "['x']" '[]'
read collection/pair Collection.ListSnapshots
read collection/pair Collection.GetSnapshots
read collection/pair Collection.GetSnapshotInfo night
read collection/pair Collection.ListReferencePoints
read snapshot/pair/made Snapshot.GetInfo
control-others-jobs $job Job.RequestStateChange 77 0
control-others-jobs $job Job.SetSpeed 1
control-others-jobs $job Job.GetDetails
control-others-jobs $job Job.GetError
control-others-jobs $job Job.GetReport
END
# asks_for ACTION OBJECT METHOD [ARGUMENT]...: who may do all but that may not call the method, and
# who may do that and nothing else may.
asks_for()
{
    local answer
    # shellcheck disable=SC2046 # Several actions.
    may $(grep -vx "org.virtsnap1.$1" <<<"$actions")
    : >"$LIVE_DIR/asked"
    denied "$(as daemon "${@:2}")" || return 1
    answer=$(cat "$LIVE_DIR/asked")
    [ "$answer" = "org.virtsnap1.$1" ] || { echo "asked: $answer"; return 1; }
    may "org.virtsnap1.$1"
    answer=$(as daemon "${@:2}")
    ! denied "$answer" >"$LIVE_DIR/said" || { echo "$answer"; return 1; }
}
while read -r line; do
    eval "words=($line)"
    check "${words[2]#*.} asks for ${words[0]}" asks_for "${words[@]}"
done <"$LIVE_DIR/methods"
is "$(cut -d ' ' -f 3 "$LIVE_DIR/methods" | cut -d . -f 2 | sort -u)" \
    "$(sed -n 's/.*<method name="\([^"]*\)".*/\1/p' "$abs_top_srcdir/src/bus/org.virtsnap1.xml" |
        sort -u)" "no method is forgotten"

# --- a service that leaves when it is idle does not while somebody is asked for a password
kill "$service_pid"
wait "$service_pid"
sed -i s/idle_timeout=0/idle_timeout=2/ "$LIVE_DIR/virtsnapd.conf"
may org.virtsnap1.import
touch "$LIVE_DIR/thinks"
# begin_asking: starts the service and calls it. It may have gone before the call comes.
begin_asking()
{
    rm -f "$LIVE_DIR/asked"
    "$abs_top_builddir/virtsnapd" --connect "$LIVE_URI" --config "$LIVE_DIR/virtsnapd.conf" \
        >>"$LIVE_DIR/virtsnapd.log" 2>&1 &
    service_pid=$!
    gdbus wait --system --timeout 900 org.virtsnap1
    as_verify nobody "$allowed/none" "$boot" >"$LIVE_DIR/answer" &
    caller=$!
    live_wait "polkit is asked" eval '[ -e "$LIVE_DIR/asked" ] || service_gone'
    [ -e "$LIVE_DIR/asked" ]
}
check "polkit is asked, and thinks" live_wait "it is asked" begin_asking
sleep 4
check "the service is still there" kill -0 "$service_pid"
rm "$LIVE_DIR/thinks"
wait "$caller"
like "$(cat "$LIVE_DIR/answer")" "uint32 4096" "and does what polkit allowed at last"
check "then it leaves" live_wait "it leaves" service_gone
service_pid=

# --- what is installed says the same
check "the policy is well-formed" xmllint --noout --nonet \
    "$abs_top_srcdir/src/service/org.virtsnap1.policy"
for action in read export import verify remove-exports manage-collections manage-snapshots \
    control-others-jobs; do
    check "the policy has the action $action" grep -q "\"org.virtsnap1.$action\"" \
        "$abs_top_srcdir/src/service/org.virtsnap1.policy"
done
done_testing
