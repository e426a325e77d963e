#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Old exports removed by the service, and by programs with the library.
. "$abs_top_srcdir/tests/service/lib.sh"
. "$abs_top_srcdir/tests/test-host.sh"
requires dbus-daemon gdbus jq qemu-img

LIVE_DIR=$TEST_DIR
x=$TEST_DIR/x
export VIRTSNAP_CONFIG_DIR=$TEST_DIR/config VIRTSNAP_STATE_DIR=$TEST_DIR/state
test_host "$TEST_DIR"
LIVE_URI=$TEST_HOST
virtsnap -q -c "$TEST_HOST" collection-create-as shop --domain web
check "an export" virtsnap -q -c "$TEST_HOST" export shop s --to "$x" || bail_out "no export"
sed -i 's|time="[^"]*"|time="2026-03-01T01:00:00Z"|' "$x/shop/s/manifest.xml"
for n in 2 3; do
    cp -a "$x/shop/s" "$x/shop/s$n"
    sed -i "s|2026-03-01|2026-03-0$n|" "$x/shop/s$n/manifest.xml"
done
printf '[service]\nidle_timeout=0\n' >"$LIVE_DIR/virtsnapd.conf"
check "a bus" service_bus || bail_out "no bus"
check "the service comes" service_start || bail_out "no service"

prune() { service_call service CollectionSnapshotService.PruneExports "$@"; }
# refused ERROR REGEX DIRECTORY OPTIONS
refused()
{
    local answer
    answer=$(prune "$3" "$4") && { echo "was done: $answer"; return 1; }
    [[ $answer == *"org.virtsnap1.Error.$1"* && $answer =~ $2 ]] || { echo "$answer"; return 1; }
}
check "no rule" refused InvalidParameter "No rule" "$x" '{}'
check "an unknown option" refused InvalidParameter "keep-hourly" "$x" "{'keep-hourly': <uint32 1>}"
check "a rule of another type" refused InvalidParameter "keep-last" "$x" "{'keep-last': <'1'>}"
check "a rule of none" refused InvalidParameter "keep-last" "$x" "{'keep-last': <uint32 0>}"
check "a path that is not absolute" refused InvalidParameter absolute x "{'keep-last': <uint32 1>}"
check "a directory that is not there" refused NotFound "$x/none" "$x/none" \
    "{'keep-last': <uint32 1>}"
is "$(ls "$x/shop" | xargs)" "s s2 s3" "nothing was done"
like "$(prune "$x" "{'keep-last': <uint32 2>, 'dry-run': <true>}")" \
    "'removed': <\[\{'export': <'$x/shop/s'>" "a dry run"
is "$(ls "$x/shop" | xargs)" "s s2 s3" "touches nothing"
like "$(prune "$x" "{'keep-last': <uint32 2>, 'collection': <'other'>}")" "'kept': <@aa.sv. \[\]>" \
    "another collection"
like "$(prune "$x" "{'keep-last': <uint32 2>, 'collection': <'shop'>}")" \
    "'reasons': <\['newest', 'last'\]>.*'removed': <\[\{'export': <'$x/shop/s'>" "done"
is "$(ls "$x/shop" | xargs)" "s2 s3" "it has gone"

# --- what is there
exports() { service_call service "CollectionSnapshotService.$1" "${@:2}"; }
is "$(exports ProtectExport "$x/shop/s2" true)" "()" "protect"
like "$(exports ListExports "$x")" "'export': <'$x/shop/s2'>[^}]*'protected': <true>[^}]*'created'\
: <int64 1772413200>.*'export': <'$x/shop/s3'>[^}]*'protected': <false>" "a list"
is "$(exports ProtectExport "$x/shop/s2" false)" "()" "lift the protection"
like "$(exports GetExportInfo "$x/shop/s2")" "'collection': <'shop'>.*'domains': <\[\{'name': \
<'web'>" "one of them"
like "$(exports GetExportInfo "$x/shop")" "Error.*'$x/shop'" "what is none"
like "$(exports ListExports x)" "Error.InvalidParameter.*absolute" "no absolute path"
check "the service ends" service_stop

# --- a program
typelib=$abs_top_builddir/VirtSnap-1.0.typelib
if [ -e "$typelib" ] && /usr/bin/python3 -c "import gi" 2>/dev/null; then
    check "a program" env GI_TYPELIB_PATH="$abs_top_builddir" \
        LD_LIBRARY_PATH="$abs_top_builddir/.libs" /usr/bin/python3 - "$x" <<'END'
import sys
import gi
gi.require_version('VirtSnap', '1.0')
from gi.repository import GLib, VirtSnap
service = VirtSnap.Service.new(None)
s2, s3 = service.list_exports(sys.argv[1]).unpack()
assert (s2['snapshot'], s2['created'], s2['complete']) == ('s', 1772413200, True), s2
assert service.protect_export(s2['export'], True)
assert [one['protected'] for one in service.list_exports(sys.argv[1]).unpack()] == [True, False]
assert service.protect_export(s2['export'], False)
info = service.get_export_info(s2['export']).unpack()
assert [one['name'] for one in info['domains']] == ['web'], info
loop = GLib.MainLoop()


def answered(service, result):
    assert service.get_export_info_finish(result).unpack() == info
    loop.quit()


service.get_export_info_async(s2['export'], None, answered)
loop.run()
report = service.prune(sys.argv[1], GLib.Variant('a{sv}', {'keep-last': GLib.Variant('u', 1)}),
                       None)
assert [one['snapshot'] for one in report.unpack()['removed']] == ['s'], report
END
    is "$(ls "$x/shop" | xargs)" "s3" "has removed one"
else
    skip "a program" "no introspection here"
fi

done_testing
