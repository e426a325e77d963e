#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# However a directory is named, the command, the library and the service find the place that every
# other program finds there, or refuse the name.
. "$abs_top_srcdir/tests/service/lib.sh"
. "$abs_top_srcdir/tests/test-host.sh"
requires dbus-daemon gdbus jq qemu-img

LIVE_DIR=$TEST_DIR
export VIRTSNAP_CONFIG_DIR=$TEST_DIR/config VIRTSNAP_STATE_DIR=$TEST_DIR/state
export VIRTSNAP_BUS=session
test_host "$TEST_DIR"
LIVE_URI=$TEST_HOST
check "a collection whose name is no name of a directory" \
    virtsnap -q -c "$TEST_HOST" collection-create-as a/b --domain web
printf '[service]\nidle_timeout=0\n' >"$LIVE_DIR/virtsnapd.conf"
mkdir -p "$TEST_DIR/w/dir/below" && cd "$TEST_DIR/w" || bail_out "no directory"
ln -s dir/below link
check "a bus" service_bus || bail_out "no bus"
check "the service comes" service_start || bail_out "no service"

typelib=$abs_top_builddir/VirtSnap-1.0.typelib
python()
{
    GI_TYPELIB_PATH=$abs_top_builddir LD_LIBRARY_PATH=$abs_top_builddir/.libs \
        timeout 600 /usr/bin/python3 "$@"
}
cat >"$TEST_DIR/program.py" <<'END'
"""usage: program.py URI DIRECTORY: prints where the export is"""
import sys
import gi
gi.require_version('VirtSnap', '1.0')
from gi.repository import GLib, VirtSnap
job = VirtSnap.Service(uri=sys.argv[1]).export('a/b', 's', sys.argv[2], None)
loop = GLib.MainLoop()
job.connect('completed', lambda _, error: loop.quit())
loop.run()
if job.props.error:
    sys.exit(str(job.props.error))
print(job.dup_report().get_directory())
END

# Each exports into the directory of that name, and prints where the export is.
by_command()
{
    virtsnap --json -c "$TEST_HOST" export a/b s --to "$1" >"$TEST_DIR/json" 2>"$TEST_DIR/err" &&
        jq -r .export "$TEST_DIR/json"
}
# The only export that there is.
found() { find "$TEST_DIR/w" -name manifest.xml -printf '%h\n'; }
by_job() { virtsnap -q -c "$TEST_HOST" --service export a/b s --to "$1" 2>&1 && found; }
by_program() { python "$TEST_DIR/program.py" "$TEST_HOST" "$1" 2>&1; }
by_bus()
{
    service_export a_2fb/s "$1" "" "{'wait': <true>}" >"$TEST_DIR/answer" && found ||
        cat "$TEST_DIR/answer"
}
ways="by_command by_job"
[ ! -e "$typelib" ] || ! /usr/bin/python3 -c "import gi" 2>/dev/null || ways+=" by_program"

# the PLACE below the directory w, the name of it
while read -r place name; do
    for way in $ways; do
        is "$($way "$name")" "$PWD/$place/a%2Fb/s" "$way: $name"
        # It is found by the name by which it was made.
        check "it is listed" eval '[ "$(virtsnap --json export-list "$name" |
            jq ".exports | length")" = 1 ]'
        check "and right" virtsnap -q verify "$name/a%2Fb/s"
        check "and removed" eval 'chmod -R u+w "$PWD/$place/a%2Fb" && rm -r "$PWD/$place/a%2Fb"'
    done
done <<END
new new
new ./new/
dir dir
dir .//dir/below/..
dir/x link/../x
dir/below link/
END

# --- the bus, whose callers have other working directories
for name in new new/ dir/. //dir; do
    place=${name%/.}
    place=${place#//}
    is "$(by_bus "$PWD/$name")" "$PWD/${place%/}/a%2Fb/s" "the bus: $name"
    check "and right" virtsnap -q verify "$PWD/$name/a%2Fb/s"
    check "and removed" eval 'chmod -R u+w "$PWD/$name/a%2Fb" && rm -r "$PWD/$name/a%2Fb"'
done
# bus_refused REGEX METHOD ARGUMENT...
bus_refused()
{
    local regex=$1 answer
    shift
    answer=$(service_call service "CollectionSnapshotService.$1" "${@:2}") &&
        { echo "was done: $answer"; return 1; }
    [[ $answer == *org.virtsnap1.Error.InvalidParameter* && $answer =~ $regex ]] ||
        { echo "$answer"; return 1; }
}
for name in '' here ./here; do
    check "the bus refuses '$name' to export to" bus_refused "absolute" ExportSnapshot \
        /org/virtsnap1/snapshot/a_2fb/s "$name" '' '{}'
    check "to prune" bus_refused "absolute" PruneExports "$name" "{'keep-last': <uint32 1>}"
    check "to import from" bus_refused "absolute" ImportExport "$name" '' "{'to': <'$PWD/i'>}"
    check "and to import to" bus_refused "absolute" ImportExport "$PWD/x" '' "{'to': <'$name'>}"
done
check "and '..' to export to" bus_refused "'\.\.' in it" ExportSnapshot \
    /org/virtsnap1/snapshot/a_2fb/s "$PWD/link/../x" '' '{}'
for setting in scratch base; do
    check "nor as the $setting" bus_refused "'$setting'.*'\.\.' in it" ExportSnapshot \
        /org/virtsnap1/collection/a_2fb "$PWD/x" "<exportsettings><live>crash-consistent</live>
            <$setting>$PWD/link/../x</$setting></exportsettings>" '{}'
done
check "to prune" bus_refused "'\.\.' in it" PruneExports "$PWD/link/.." \
    "{'keep-last': <uint32 1>}"
check "to import from" bus_refused "'\.\.' in it" ImportExport "$PWD/link/../x" '' \
    "{'to': <'$PWD/i'>}"
check "and to import to" bus_refused "'\.\.' in it" ImportExport "$PWD/x" '' \
    "{'to': <'$PWD/link/../i'>}"

# --- an empty name is that of a variable that is not set, and not the working directory
check "an export to stay" virtsnap -q -c "$TEST_HOST" export a/b s --to here
check "and one before" eval 'cp -a here/a%2Fb/s here/a%2Fb/r && cd here'
fails() { local status=0; "${@:2}" >"$TEST_DIR/out" 2>&1 || status=$?; [ $status = "$1" ]; }
check "export to" fails 2 virtsnap -c "$TEST_HOST" export a/b s --to ""
check "prune" fails 1 virtsnap export-prune "" --keep-last 1
is "$(ls -A a%2Fb | xargs)" "r s" "nothing has gone"
check "a list" fails 1 virtsnap export-list ""
cd a%2Fb/s || bail_out "no export"
check "verify" fails 1 virtsnap verify ""
check "verify and boot" fails 1 virtsnap -c "$TEST_HOST" verify --boot ""
like "$(cat "$TEST_DIR/out")" "''" "which names it"
check "import from" fails 1 virtsnap -c "$TEST_HOST" import "" --to "$PWD/../../i"
like "$(cat "$TEST_DIR/out")" "''" "which names it"
check "protect" fails 1 virtsnap export-protect ""
is "$(ls -A | grep -c protected)" 0 "nothing is protected"
check "the service ends" service_stop

done_testing
