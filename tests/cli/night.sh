#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# A night, unattended: what the unit runs, by the file that says how, with programs before and
# after, and what is told to the journal. There is no systemd here; its line is run by hand.
. "$abs_top_srcdir/tests/cli/lib.sh"
. "$abs_top_srcdir/tests/test-host.sh"
requires qemu-img fsverity flock

x=$TEST_DIR/x
conf=$TEST_DIR/config/export.d/shop.conf
mkdir -p "$x" "${conf%/*}"
export VIRTSNAP_CONFIG_DIR=$TEST_DIR/config VIRTSNAP_STATE_DIR=$TEST_DIR/state
test_host "$TEST_DIR"
export LIBVIRT_DEFAULT_URI=$TEST_HOST
check "a collection" virtsnap -q collection-create-as shop --domain web

# --- programs: one takes the snapshot, as libvirt's test driver reads it; one tells what it heard

cat >"$TEST_DIR/before" <<END
#!/bin/bash
echo "before for \$VIRTSNAP_NAME into \$VIRTSNAP_DIRECTORY: \$VIRTSNAP_RESULT"
sed -i "s|<name>[^<]*</name><state>|<name>\$VIRTSNAP_SNAPSHOT</name><state>|" $TEST_DIR/host.xml
END
cat >"$TEST_DIR/after" <<END
#!/bin/bash
printf '%s\n' "\$VIRTSNAP_RESULT" "\$VIRTSNAP_EXPORT" "\$VIRTSNAP_ERROR" "\$*" >$TEST_DIR/told
END
chmod +x "$TEST_DIR/before" "$TEST_DIR/after"

# configured LINE...: writes the configuration: these lines, and those that all tests need.
configured()
{
    printf '%s\n' "directory = $x" "before=$TEST_DIR/before" "after = $TEST_DIR/after 'two words'" \
        "$@" >"$conf"
}

# --- the timer that has it run every night, and makes up for one in which the host was off
timer=$abs_top_srcdir/src/cli/virtsnap-export@.timer
is "$(sed -n '/^\[Timer\]/,/^\[/s/^\(OnCalendar\|Persistent\)=//p' "$timer")" \
    "*-*-* 02:00:00
true" "every night, also after one that was missed"
is "$(sed -n '/^\[Install\]/,$s/^WantedBy=//p' "$timer")" timers.target "once it is enabled"
is "$(sed -n 's/^Unit=//p' "$timer")" "" "it runs the unit of its own name"
# It wants the service beside it, whose program is not installed here.
mkdir "$TEST_DIR/units"
cp "$timer" "$TEST_DIR/units/virtsnap-export@shop.timer"
printf '[Service]\nType=oneshot\nExecStart=/bin/true\n' \
    >"$TEST_DIR/units/virtsnap-export@shop.service"
if command -v systemd-analyze >/dev/null; then
    check "which systemd understands" systemd-analyze verify --man=no \
        "$TEST_DIR/units/virtsnap-export@shop.timer"
else
    skip "which systemd understands" "no systemd-analyze here"
fi

# --- the unit's own line

unit=$abs_top_builddir/src/cli/virtsnap-export@.service
line=$(sed -n 's/^ExecStart=//p' "$unit")
like "$line" '^/.*/virtsnap --quiet export-run %i$' "what the unit runs"
like "$(cat "$unit")" $'\nAssertPathExists=/.*/export.d/%i.conf\n' "needs its file"
line=${line//%i/shop}
# shellcheck disable=SC2086 # systemd parts words at blanks, too
night() { run ${line/#*\/virtsnap/virtsnap} "$@"; }

configured
night
ends_with 0 "a night"
is "$out" "" "nothing to say on standard output"
made=$(ls "$x/shop")
like "$made" '^[0-9]{8}T[0-9]{6}Z$' "named after the moment"
check "it is an export" virtsnap -q verify "$x/shop/$made"
is "$(cat "$TEST_DIR/told")" "0
$x/shop/$made

two words" "what the program afterwards was told"
like "$err" "before for shop into $x: 0" "what programs say goes to standard error"

# --- two nights in one second: each has a name of its own

# All names follow from one look at the clock, so that none between them is missing; the first
# directory may exist already.
now=$(date +%s)
for ahead in 0 1 2; do
    mkdir -p "$x/shop/$(date -u -d "@$((now + ahead))" +%Y%m%dT%H%M%SZ)"
done
night
ends_with 0 "a night whose name is taken waits for the next second"
check "which is the newest one" virtsnap -q verify "$x/shop/$(ls "$x/shop" | tail -n 1)"
find "$x/shop" -mindepth 1 -maxdepth 1 -empty -delete

# --- old ones go, and what a killed one left

partial() { (cd "$x/shop" && ls -Ad .*.partial) | xargs; }
# killed_night: leaves a partial export, whose path is $left then.
killed_night()
{
    configured 'bandwidth = 4K'
    virtsnap -q export-run shop 2>"$TEST_DIR/err" &
    until left=$(compgen -G "$x/shop/.*Z.partial") || ! kill -0 $! 2>/dev/null; do
        sleep 0.02
    done
    kill -9 $!
    wait $!
    [ $? -eq 137 ] && [ -d "$left" ]
}
check "a night is killed" eval 'killed_night 2>/dev/null'
is "$(ls -A "$VIRTSNAP_STATE_DIR/nights/shop" | grep -v lock)" "$(basename "$left" .partial |
    tr -d .)" "which is noted"
configured 'keep-last = 1' 'bandwidth = 500M' 'merge=yes' '# a comment' '; too' ''
check "somebody goes on with what it has left" flock "$left" virtsnap -q --json export-run shop
is "$(partial)" "${left##*/}" "that stays"
mv "$x" "$x.1" && mkdir "$x"
check "another medium is there at times" virtsnap -q --json export-run shop
rm -r "$x" && mv "$x.1" "$x"
mkdir "$x"/shop/.{20200101T000000Z,mine}.partial
: >"$x/shop/.20200101T000000Z.partial/journal"
run virtsnap --json export-run shop
run virtsnap --json export-run shop
is "$(jq -r '[.result, .collection, .removed, .warnings] | join(" ")' <<<"$out")" "0 shop 1 0" \
    "the result"
is "$(jq -r .export <<<"$out")" "$x/shop/$(jq -r .snapshot <<<"$out")" "the export"
is "$(ls "$x/shop")" "$(jq -r .snapshot <<<"$out")" "the older ones have gone"
is "$(partial)" ".20200101T000000Z.partial .mine.partial" \
    "and what the killed night left, and nothing that others have, whatever its name"
is "$(ls -A "$VIRTSNAP_STATE_DIR/nights/shop" | grep -v lock)" "" "of which no note is kept"
rm -r "$x/shop"/.*.partial

# --- the clock was set back: what was exported later, as it says, comes after what is made now

# dated EXPORT SECONDS: sets the time of the export to so many seconds after the present.
dated()
{
    sed -i "s|\(<creator [^>]* time=\"\)[^\"]*|\1$(date -u -d "@$(($(date +%s) + $2))" +%FT%TZ)|" \
        "$1/manifest.xml"
}
before=$x/shop/$(ls "$x/shop")
for ahead in 3600 400000000; do
    dated "$before" $ahead
    configured 'keep-last = 1' 'base = latest'
    run virtsnap --json export-run shop
    check "made later by $ahead s: the newer one is not removed" \
        virtsnap -q verify "$(jq -r .export <<<"$out")"
    check "nor the one before" virtsnap -q verify "$before"
    is "$(virtsnap --json export-list "$x" | jq -r --arg x "$(jq -r .export <<<"$out")" \
        '.exports[] | select(.export == $x) | .base')" "$before" "which is its base"
    rm -r "$(jq -r .export <<<"$out")"
done
dated "$before" 0

# --- failures

kept=$(ls -A "$x/shop")
configured 'before2 = x'
night
ends_with 1 "an unknown key"
like "$err" "shop.conf:4: there is no key 'before2'" "is named with its line"
sed -i "s|^before=.*|before = /bin/false|; /before2/d" "$conf"
night
ends_with 1 "the program before fails"
is "$(ls -A "$x/shop")" "$kept" "nothing is exported"
is "$(head -n 1 "$TEST_DIR/told") $(sed -n 3p "$TEST_DIR/told")" \
    "2 The program 'before' failed: /bin/false: Child process exited with code 1" "and it is told"
# Then the kernel does not tell those whom it has started how their children ended.
run env --ignore-signal=CHLD virtsnap export-run shop
is "$status" 1 "also when it was started with SIGCHLD ignored"
is "$(ls -A "$x/shop")" "$kept" "nothing is exported then either"
configured; sed -i '/^after/d' "$conf"; echo 'after=/bin/false' >>"$conf"
night
ends_with 1 "the program after fails"
check_fails "the export is there even so" test "$(ls -A "$x/shop")" = "$kept"
configured; sed -i '/^before/d' "$conf"
night
ends_with 1 "no such snapshot"
like "$(sed -n 3p "$TEST_DIR/told")" 'web' "why, for the program after it"
run virtsnap --json export-run shop
is "$(jq -r '.error.code' <<<"$out")" "$(head -n 1 "$TEST_DIR/told")" "its code"
configured; chmod o+w "$conf"
fails 1 'can be written to by other users' "a file that others can change" virtsnap export-run shop
chmod o-w "$conf"
fails 1 'under way' "two nights at once" flock "$conf" virtsnap export-run shop
fails 1 'Cannot open' "no such file" virtsnap export-run none
for name in ../shop .hidden a/b; do
    fails 1 'not the name of a configuration' "$name is no name" virtsnap export-run "$name"
done

# --- the journal

configured 'keep-last = 5'
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null && command -v python3 >/dev/null; then
    check "a night that tells the journal" eval 'unshare -m python3 \
        "$abs_top_srcdir/tests/cli/fake-journal.py" virtsnap -q export-run shop \
        >"$TEST_DIR/journal"'
    is "$(jq -r '.MESSAGE_ID' "$TEST_DIR/journal" | xargs)" "617ee292c5834441b38a0abfb725941f \
fbab1cdc31b74c0da81859c2d3ead587 23590fef66de4e2b84768f463f7176d6" "begun, done, old ones removed"
    is "$(jq -r '[.PRIORITY, .VIRTSNAP_NAME, .VIRTSNAP_COLLECTION, .VIRTSNAP_RESULT] |
        join(" ")' "$TEST_DIR/journal" | sort -u)" "6 shop shop 0" "with its fields"
    sed -i '/^before/d' "$conf"
    unshare -m python3 "$abs_top_srcdir/tests/cli/fake-journal.py" virtsnap -q export-run shop \
        >"$TEST_DIR/journal"
    is "$? $(tail -n 1 "$TEST_DIR/journal" | jq -r '.MESSAGE_ID + " " + .PRIORITY')" \
        "1 3e61d4d8d94e4354b1c594656e613d02 3" "and a failure"
else
    skip "the journal" "no namespaces of mounts here"
fi
configured; sed -i '/^before/d' "$conf"
run env INVOCATION_ID=x virtsnap -q export-run shop
like "$err" $'(^|\n)<6>Exporting .*\n<3>The export of' "systemd's prefixes where the journal is not"

# --- a target that cannot be looked at

ln -s loop "$TEST_DIR/loop"
sed -i "s|^directory = .*|directory = $TEST_DIR/loop/x|" "$conf"
run timeout 60 virtsnap --quiet export-run shop
like "$status $err" '^1 .*loop' "a target that cannot be looked at"

done_testing
