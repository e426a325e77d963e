#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The library from Python, by introspection, on real domains.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/service/lib.sh"
live_requires
[ -e "$abs_top_builddir/VirtSnap-1.0.typelib" ] || skip_all "built without introspection"
/usr/bin/python3 -c 'import gi' 2>/dev/null || skip_all "python3-gi is missing"

live_setup || bail_out "no place to live in"
vs_setup
service_place || bail_out "no domains"

# python PROGRAM [ARGUMENT]...: runs Python with the library that was built.
python()
{
    GI_TYPELIB_PATH=$abs_top_builddir LD_LIBRARY_PATH=$abs_top_builddir/.libs \
        timeout 900 /usr/bin/python3 "$@"
}
example() { python "$abs_top_srcdir/examples/export.py" "$LIVE_URI" "$@" >out 2>err; }

check "the example exports" eval '
    example pair night "$LIVE_DIR/out" left right || { cat err; false; }'
like "$(cat out)" '^snapshots: night' "it lists the snapshots of the collection"
like "$(cat out)" 'state: starting.*state: running.*state: completed' "it follows the states"
like "$(cat out)" '100 %' "and the progress"
like "$(cat out)" 'verified: [0-9]+ files' "what it verified"
check "is what the command verifies" vs verify "$LIVE_DIR/out/pair/night"

is "$(example pair noon "$LIVE_DIR/out" left right; echo $?)" 1 "a snapshot that is not there"
like "$(cat err)" '^error 32779 \(not-found\): .*noon' "is an error with its code"
is "$(example pair night "$LIVE_DIR/out" left right; echo $?)" 1 "an export that is there"
like "$(cat err)" '^error 32800 \(already-exists\): ' "is not written over"
back() { python "$abs_top_srcdir/examples/import.py" "$LIVE_URI" "$@" >out 2>err; }
is "$(back "$LIVE_DIR/out/pair/night" "$LIVE_DIR/new" .new; echo $?)" 1 "an import of the same"
like "$(cat err)" "^error 32769 \\(access-denied\\): .*'left:devices/serial'" \
    "is refused files of the host by name"
printf x >>"$LIVE_DIR/out/pair/night/domains/left/domain.xml"

# all_of PROGRAM DIRECTORY: what that finds out are tests of this one.
all_of()
{
    local status line
    python "$abs_top_srcdir/tests/live/$1" "$LIVE_URI" "$2" >tap.out 2>tap.err
    status=$?
    while IFS= read -r line; do
        case $line in
        'ok '*) check "${line#ok }" true ;;
        'not ok '*) check "${line#not ok }" eval 'cat tap.err; false' ;;
        esac
    done <tap.out
    check "and all of $1 was run" eval '[ '$status' -eq 0 ] || { cat tap.err; false; }'
}
all_of python.py "$LIVE_DIR/out"

is "$(python "$abs_top_srcdir/examples/snapshot.py" "$LIVE_URI" pair both 2>err || cat err)" \
    "snapshots: night both
snapshots: night" "the example takes a snapshot at one moment, and removes it"

# --- of a domain that runs: it boots nothing, and QEMU has it as it has any other
vs -q collection-create-as one --domain left
check "a domain is started" live_virsh start left --paused
all_of python-live.py "$LIVE_DIR/live"
is "$(live_virsh domstate left)" paused "it is as it was"

done_testing
