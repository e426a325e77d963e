#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What every test relies on: tap.sh reports failures, and run-test returns them and cleans up,
# however the test ends.
. "$abs_top_srcdir/tests/tap.sh"
run_test=$abs_top_srcdir/tests/run-test

# script TEXT: runs a test with this text through run-test.
script()
{
    printf '#!/bin/bash\n. "$abs_top_srcdir/tests/tap.sh"\n%s\n' "$1" >"$TEST_DIR/inner.sh"
    chmod +x "$TEST_DIR/inner.sh"
}

# runs STATUS REGEX DESCRIPTION
runs()
{
    local out status=0
    out=$("$run_test" "$TEST_DIR/inner.sh" 2>&1) || status=$?
    is "$status" "$1" "$3: status"
    # The last line of the output is that of run-test.
    out=${out%'# took '*}
    like "${out%$'\n'}" "$2" "$3: output"
}

script 'check good true; check_fails bad false; is a a same; like abc b.$ regex; done_testing'
runs 0 'ok 4 - regex.*1\.\.4$' "all well"
script 'check lame sh -c "echo why; exit 3"; ok fine; done_testing'
runs 1 'not ok 1 - lame.*status: 3.*# why.*ok 2 - fine.*1\.\.2$' "a failed check"
script 'check_fails "bad name" no-such-command-here; done_testing'
runs 1 'not ok 1 - bad name.*status: 127' "a missing command is no proper failure"
script 'check_fails crash sh -c "kill -SEGV \$\$"; done_testing'
runs 1 'not ok 1 - crash.*status: 139' "nor is a crash"
script 'is a b differ; done_testing'
runs 1 'not ok 1 - differ.*got:    a.*wanted: b' "is"
script 'check "sets a variable" eval x=5; is "$x" 5 seen; done_testing'
runs 0 'ok 2 - seen' "check runs in the same shell"
script 'ok one; exit 0; done_testing'
"$run_test" "$TEST_DIR/inner.sh" >"$TEST_DIR/out" 2>&1
like "$(tail -n 1 "$TEST_DIR/out")" '^# took [0-9]+ s, processor ' "the time is told"
check_fails "a script that ends half-way shows no plan" grep -q '1\.\.' "$TEST_DIR/out"
script 'check lame false || bail_out "no use"; ok never; done_testing'
runs 1 'not ok 1 - lame.*Bail out! no use$' "bail_out"
script 'requires sh /no/such/file; ok never'
runs 0 '^1\.\.0 # SKIP /no/such/file is missing$' "requires"
script 'at_exit echo first; at_exit echo "last one"; kill $$; sleep 5'
runs 143 'last one.first' "cleanups run on a signal, in reverse order"
script 'exit 7'
runs 7 '^$' "the status is passed on"
script 'at_exit echo cleaned; sleep 50'
export TEST_TIMEOUT=1
runs 124 'cleaned' "a test that hangs is ended, and cleans up"
unset TEST_TIMEOUT

script 'echo "$TEST_DIR"; : >"$TMPDIR/file"; mkdir -m 0 "$TEST_DIR/closed"
setsid sleep 60 "$TEST_DIR/" 2>/dev/null & setsid tail -f "$TEST_DIR/file" & sleep 0.3
echo $!; kill -9 $$'
out=$("$run_test" "$TEST_DIR/inner.sh" 2>/dev/null | grep -v "^# took ")
dir=${out%%$'\n'*}
like "$dir" '^/' "a scratch directory of its own"
check_fails "is removed, even after SIGKILL" [ -e "$dir" ]
# Processes that have ended may wait for init for a while, but have no command line any more.
is "$(tr '\0' ' ' 2>/dev/null <"/proc/${out##*$'\n'}/cmdline")" '' \
    "and so are processes that use it"

# repeats STATUS REGEX DESCRIPTION [OPTION]...: runs a test three times with tests/repeat.
repeats()
{
    local out status=0
    out=$(cd "$TEST_DIR" &&
        "$abs_top_srcdir/tests/repeat" -n 3 "${@:4}" inner.sh 2>&1) || status=$?
    is "$status" "$1" "$3: status"
    like "$out" "$2" "$3: output"
}

export COUNT=$TEST_DIR/count
script 'echo >>"$COUNT"; check lame eval "[ \$(wc -l <\$COUNT) != 2 ]"; done_testing'
repeats 1 'inner.sh: 2 of 3.*failed: .*inner.sh, run 2: not ok 1 - lame' "one of three fails"
check "what it said is kept" grep -q 'not ok 1 - lame' "$TEST_DIR/repeat.log"
script 'ok one; exit 0; done_testing'
repeats 1 'inner.sh: 0 of 3' "no plan is a failure"
script 'check busy eval "[ \$(pgrep -fc [t]ests/repeat.-n.3.--busy) -gt \$(nproc) ]"; done_testing'
repeats 0 'inner.sh: 3 of 3' "beside busy processors" --busy
check "which are so no more" eval \
    '[ "$(pgrep -fc "$abs_top_srcdir/[t]ests/repeat -n 3 --busy")" = 0 ]'
check_fails "none of a test's runs" "$abs_top_srcdir/tests/repeat" -n 0 "$TEST_DIR/inner.sh"

done_testing
