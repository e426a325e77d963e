#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The latest export as a base: the one that was chosen, whatever has its name a moment later.
. "$abs_top_srcdir/tests/cli/lib.sh"
. "$abs_top_srcdir/tests/test-host.sh"
requires qemu-img qemu-io
can_inject || skip_all "nothing can be injected here"

x=$TEST_DIR/x
test_host "$TEST_DIR"
check "a collection" virtsnap -q -c "$TEST_HOST" collection-create-as shop --domain web
check "an export" virtsnap -q -c "$TEST_HOST" export shop s --to "$x" || bail_out "no export"

# dated NAME TIME [COLLECTION]: a copy of the export, of that time.
dated()
{
    cp -a "$x/shop/s" "$x/shop/$1"
    chmod u+w "$x/shop/$1/manifest.xml"
    sed -i "s|time=\"[^\"]*\"|time=\"$2\"|; s|<snapshot>s<|<snapshot>$1<|
        s|<collection>shop<|<collection>${3:-shop}<|" "$x/shop/$1/manifest.xml"
}
dated old 2026-03-01T01:00:00Z
dated chosen 2026-03-02T01:00:00Z
dated newest 2026-03-03T01:00:00Z
sed -i 's|time="[^"]*"|time="2026-02-01T01:00:00Z"|' "$x/shop/s/manifest.xml"
mv "$x/shop/s" "$x/shop/first"

# replace: what somebody does meanwhile.
replace()
{
    : >"$x/shop/newest/manifest.xml"
    rm -rf "$x/shop/chosen"
    cp -a "$x/shop/old" "$x/shop/chosen"
    sed -i 's|<collection>shop<|<collection>other<|' "$x/shop/chosen/manifest.xml"
}

# Each thread is stopped at its first lock: the first one at that of the collection, and the job's
# at that of the newest export. All are listed then, and the others have not been opened yet.
"$abs_top_builddir/tests/inject" -o "$TEST_DIR/trace" flock:signal=STOP:when=1 \
    timeout 60 virtsnap --json -c "$TEST_HOST" export shop s --to "$x" --base latest \
    >"$TEST_DIR/out" 2>"$TEST_DIR/err" &
traced=$!
stops=0
while kill -0 $traced 2>/dev/null; do
    sleep 0.1
    # A line for each thread each time.
    first=$(head -n 1 "$TEST_DIR/trace")
    [ "$(grep -cx "${first:-none}" "$TEST_DIR/trace")" -gt "$stops" ] || continue
    stops=$((stops + 1))
    [ "$stops" -ne 2 ] || replace
    kill -CONT "$first"
done
check "an export, while the one that would be its base is replaced" wait $traced
out=$(<"$TEST_DIR/out")
like "$(jq -r '.warnings[]' <<<"$out")" "shop/chosen. cannot be the base: .*another export by now" \
    "the other one is not its base"
is "$(virtsnap --json export-info "$x/shop/s" | jq -r .base)" "$x/shop/old" "but the one before it"

# --- an export that has nothing to take from

y=$TEST_DIR/y
out_of() { jq -r "$1" <<<"$out"; }
# night NAME [OPTION]...: exports the snapshot once more, as another one.
night()
{
    run virtsnap --json -c "$TEST_HOST" export shop s --to "$y" "${@:2}"
    [ "$status" -eq 0 ] || echo "# night $1: $status out=$out err=$err"
    mv "$y/shop/s" "$y/shop/$1"
    sed -i "s|<snapshot>s<|<snapshot>$1<|" "$y/shop/$1/manifest.xml"
}
night full
night bare --no-storage
night next --base latest
is "$(out_of '[.result, .warnings[]] | join(" ")')" 0 "the night after one without disks"
is "$(virtsnap --json export-info "$y/shop/next" | jq -r .base)" "$y/shop/full" \
    "goes on from the one that has them"
night again --base "$y/shop/bare"
like "$(out_of '.warnings[]')" "disk 'vda': the base '.*/bare' was made without it" \
    "one that is named for the base is taken, and what that means is told"
rm -rf "$y/shop/"{full,next,again}
night first --base latest
like "$(out_of '.warnings[]')" "There is no earlier export of 'shop'" "nothing but such ones"

# links NAME OTHER: how many layers the one has that are those of the other.
links()
{
    local layer n=0
    for layer in "$y/shop/$1"/layers/*; do
        [ ! "$layer" -ef "$y/shop/$2/layers/${layer##*/}" ] || n=$((n + 1))
    done
    echo $n
}
has_disk()
{
    qemu-img compare -q "$TEST_DIR/images/web.qcow2" "$y/shop/$1/$(virtsnap --json export-info \
        "$y/shop/$1" | jq -r '.domains[0].snapshots[0].disks[0].layer')"
}

# --- an overlay that is what it was, on an image that is not

rm -rf "$y"
night one
qemu-io -c 'write -q -P 9 1M 64k' "$TEST_DIR/images/base.qcow2" >/dev/null
# A layer that is used after it was freed shows.
export MALLOC_PERTURB_=85
night two --base latest
unset MALLOC_PERTURB_
check "an image below an untouched overlay was written to" has_disk two
if [[ $(stat -f -c %T "$y") =~ ^(ext|xfs) ]]; then
    is "$(out_of .result) $(links two one)" "0 2" "the changes are put on the base's layers"
else
    skip "the changes are put on the base's layers" "times prove nothing on this file system"
fi

# --- a base without digests, of which its files do not say that nobody has written to them

rm -rf "$y"
qemu-io -c 'write -q -P 7 0 4M' "$TEST_DIR/images/base.qcow2" >/dev/null
# settle: the times of what was written just now say nothing.
settle()
{
    until [ $(($(date +%s%N) - $(date -d "$(stat -c %z "$TEST_DIR/images/base.qcow2")" +%s%N))) \
        -gt 200000000 ]; do
        sleep 0.05
    done
}
settle
echo '<exportsettings><digest>no</digest></exportsettings>' >"$TEST_DIR/quick.xml"
night quick --settings "$TEST_DIR/quick.xml"
night next --settings "$TEST_DIR/quick.xml" --base latest
echo "<exportsettings><base>$y/shop/next</base><digest>no</digest></exportsettings>" \
    >"$TEST_DIR/own.xml"
if [[ $(stat -f -c %T "$y") =~ ^(ext|xfs) ]]; then
    is "$(out_of .result) $(links next quick)" "0 2" "what nobody has written to is linked"
    night own --settings "$TEST_DIR/own.xml"
    is "$(out_of .result) $(links own next)" "0 2" "also from a base that the settings name"
else
    skip "what nobody has written to is linked" "times prove nothing on this file system"
    night own --settings "$TEST_DIR/own.xml"
fi
is "$(virtsnap --json export-info "$y/shop/own" | jq -r .base)" "$y/shop/next" \
    "the settings can name it"
check "and it is right" has_disk own
chmod u+w "$y"/shop/*/layers/*
night kept --settings "$TEST_DIR/quick.xml" --base latest
is "$(out_of .result) $(links kept next)" "0 0" "where no permissions are kept it is copied again"
check "and is right" has_disk kept
night merged --settings "$TEST_DIR/quick.xml" --merge
chmod u+w "$y"/shop/merged/layers/*
night above --settings "$TEST_DIR/quick.xml" --base latest
is "$(out_of .result) $(links above merged)" "0 1" "what the disk is compared with is linked"
check "and is right as well" has_disk above
check "it is whole" virtsnap -q verify "$y/shop/above"

# --- a disk that is written to between the plan and the copy

# written_meanwhile WHAT: exports with a merged base, and runs WHAT when the target is there, which
# is after the plan was made.
written_meanwhile()
{
    local traced first stops=0
    "$abs_top_builddir/tests/inject" -o "$TEST_DIR/trace" mkdirat:signal=STOP:when=1+ \
        timeout 60 virtsnap --json -c "$TEST_HOST" export shop s --to "$y" \
        --base "$y/shop/merged" >"$TEST_DIR/out" 2>"$TEST_DIR/err" &
    traced=$!
    while kill -0 $traced 2>/dev/null; do
        sleep 0.05
        # A line for each thread each time.
        first=$(head -n 1 "$TEST_DIR/trace")
        [ "$(grep -cx "${first:-none}" "$TEST_DIR/trace")" -gt "$stops" ] || continue
        stops=$((stops + 1))
        [ ! -d "$y/shop/.s.partial" ] || { "$@"; set -- true; }
        kill -CONT "$first"
    done
    status=0
    wait $traced || status=$?
    out=$(<"$TEST_DIR/out")
}
rm -rf "$y"
settle
night merged --merge
if [[ $(stat -f -c %T "$y") =~ ^(ext|xfs) ]]; then
    written_meanwhile true
    is "$status $(links s merged)" "0 1" "what has not changed is linked"
    rm -rf "$y/shop/s"
    written_meanwhile qemu-io -c 'write -q -P 5 2M 64k' "$TEST_DIR/images/web.qcow2"
    is "$status $(out_of .error.code)" "1 32774" \
        "an image that is written to after the plan is not believed by its times"
    is "$(ls -A "$y/shop")" merged "and nothing is left"
else
    skip "an image that is written to after the plan" "times prove nothing on this file system"
fi

done_testing
