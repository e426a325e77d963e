#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# An export, a merge and a verification under valgrind, and with POINTS=all the unit tests of
# parsers: there are no errors and no leaks.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/test-host.sh"
requires valgrind virtsnap qemu-img qemu-nbd
if grep -aq __asan_init "$abs_top_builddir/virtsnap" "$abs_top_builddir/.libs/virtsnap"; then
    skip_all "built with the address sanitizer, which does not go with valgrind"
fi

export G_SLICE=always-malloc
tested() { TEST_VALGRIND=1 "$abs_top_srcdir/tests/run-test" "$abs_top_builddir/$1" "${@:2}"; }

test_host "$TEST_DIR" || bail_out "no images"
x=$TEST_DIR/x
check "an export to damage" virtsnap -c "$TEST_HOST" export --domain web s --to "$x-damaged"
rm "$x-damaged"/web/s/layers/web-*
# Valgrind takes seconds to begin, so that one process does all of it; its status is that of the
# last command, or valgrind's 99.
cat >"$TEST_DIR/commands" <<END
export --domain web s --to $x
--json export --domain web s --to $x-merged --merge
verify --deep $x/web/s
--json export-info $x/web/s
verify $x-damaged/web/s
END
TEST_INPUT=$TEST_DIR/commands tested virtsnap -c "$TEST_HOST" >"$TEST_DIR/said" 2>&1
is "$?" 1 "no error, no leak"
said=$(<"$TEST_DIR/said")
like "$said" "Exported to '$x/web/s': domains: 1" "export"
like "$said" "\"result\":0,\"export\":\"$x-merged/web/s\"" "merged"
like "$said" "'$x/web/s' is complete and unchanged" "verify"
like "$said" "\"snapshot\":\"s\"" "export-info"
like "$said" "web-[^ ]*: is missing.*'$x-damaged/web/s' is damaged" "verify of a damaged one"
# Unit tests also run with sanitizers; the commands above read headers, chains and settings.
if [ "${POINTS-}" = all ]; then
    for test in qcow2-header snapshot-def; do
        check "$test" tested "tests/unit/test-$test"
    done
fi

done_testing
