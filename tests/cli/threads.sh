#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The system lets there be no more threads or processes: that is an error, which names the limit,
# and not the end of the process; and it is not said of an export that was not looked at.
. "$abs_top_srcdir/tests/cli/lib.sh"
. "$abs_top_srcdir/tests/test-host.sh"
requires qemu-img
can_inject || skip_all "nothing can be injected here"

x=$TEST_DIR/x
test_host "$TEST_DIR"
check "an export" virtsnap -q -c "$TEST_HOST" export --domain web s --to "$x" ||
    bail_out "nothing to verify"

# few COMMAND...: each thread of virtsnap makes fewer than $n threads and processes.
few() { "$abs_top_builddir/tests/inject" "clone,clone3:error=EAGAIN:when=$n+" virtsnap "$@"; }
verify() { few verify "$x/web/s" >/dev/null 2>&1; }
export_merged() { few -c "$TEST_HOST" --json export --domain web s --merge --to "$x/new"; }

# GLib makes some when it starts, and ends the process without them.
n=1
while verify; [ $? -gt 1 ] && [ "$n" -lt 9 ]; do n=$((n + 1)); done
check "it starts with $n" [ "$n" -lt 9 ]
run few verify "$x/web/s"
like "$status $out" '^1 .*ulimit -u.*could not be checked; problems: 4' \
    "what is not looked at is not damaged"
run few --json verify "$x/web/s"
is "$status $(jq -c '[.ok, (.problems | length)]' <<<"$out")" "1 [false,4]" "nor sound"
run few verify --deep "$x/web/s"
like "$status $out" '^1 .*fork.*could not be checked; problems: 6' \
    "where qemu-img is to look, neither"
mkdir "$TEST_DIR/bin"
printf '#!/bin/sh\nkill -9 $$\n' >"$TEST_DIR/bin/qemu-img"
chmod +x "$TEST_DIR/bin/qemu-img"
run env PATH="$TEST_DIR/bin:$PATH" virtsnap verify --deep "$x/web/s"
like "$status $out" '^1 .*signal 9.*could not be checked; problems: 2' "nor where it is killed"
run env VIRTSNAP_SCHEMA_DIR=/none virtsnap verify "$x/web/s"
like "$status $out" '^1 .*install virtsnap again.*could not be checked' "nor without the schema"
fails_json 32778 out-of-memory "an export" export_merged
check_fails "is not made" test -e "$x/new/web/s"
for ((n = n + 1; n < 12; n++)); do
    export_merged >"$TEST_DIR/said" 2>&1 || continue
    check "with $n it is, by fewer" virtsnap -q verify "$x/new/web/s"
    break
done
check "a sound one is" virtsnap -q verify "$x/web/s"

done_testing
