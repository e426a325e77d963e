#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# export-prune, export-protect and export-list: what goes and what stays, what it frees, and that
# nothing else goes, whoever is at it and whenever it is killed.
. "$abs_top_srcdir/tests/cli/lib.sh"
. "$abs_top_srcdir/tests/test-host.sh"
requires qemu-img fsverity flock
export TZ=UTC

x=$TEST_DIR/x
good=$TEST_DIR/good
bare=$TEST_DIR/bare
mkdir "$x"
export VIRTSNAP_CONFIG_DIR=$TEST_DIR/config
test_host "$TEST_DIR"
check "a collection" virtsnap -q -c "$TEST_HOST" collection-create-as shop --domain web
check "an export to make more of" virtsnap -q -c "$TEST_HOST" export shop s --to "$good" ||
    bail_out "nothing to prune"
rm -f "$good"/shop/s/protected

# made NAME TIME [COLLECTION [HOST]]: makes an export of that time, which is a copy of its own.
made()
{
    mkdir -p "$x/${3:-shop}"
    cp -a "$good/shop/s" "$x/${3:-shop}/$1"
    sed -i "s|time=\"[^\"]*\"|time=\"$2\"|; s|<snapshot>s<|<snapshot>$1<|
        s|<collection>shop<|<collection>${3:-shop}<|; s|host=\"[^\"]*\"|host=\"${4:-h1}\"|" \
        "$x/${3:-shop}/$1/manifest.xml"
}

# linked NAME TIME FROM: does the same, with layers that are hard links to those of FROM.
linked()
{
    made "$1" "$2"
    rm -r "$x/shop/$1/layers"
    cp -al "$x/shop/$3/layers" "$x/shop/$1/layers"
}

prune() { run virtsnap --json export-prune "$x" "$@"; }
# fate KEY: prints the names of the exports in the list KEY of the result.
fate()
{
    jq -r --arg below "$x/" "[.$1[].export | ltrimstr(\$below)] | sort | join(\" \")" <<<"$out"
}
here() { (cd "$x" && ls -d -- */* 2>/dev/null | xargs); }
fresh() { chmod -R u+w "$x"; rm -rf "$x"; mkdir "$x"; }

# --- two within the second that manifests tell: the later one is the one written later

made z 2026-03-01T01:00:00Z
made a 2026-03-01T01:00:00Z
touch -d @1000.2 "$x/shop/a/manifest.xml"
touch -d @1000.1 "$x/shop/z/manifest.xml"
prune --keep-last 1
is "$(fate removed) | $(fate kept)" "shop/z | shop/a" "whatever their names"
fresh

# --- rules

made d1 2026-03-01T01:00:00Z
made d2 2026-03-02T01:00:00Z
made d2b 2026-03-02T05:00:00Z
made d3 2026-03-03T01:00:00Z
made o1 2026-01-01T00:00:00Z other
made h1 2026-01-05T00:00:00Z shop h2
all=$(here)
fails 2 'no --keep option' "no rule, nothing done" virtsnap export-prune "$x"
fails 2 'keep-daily is not a number' "a rule that is no number" \
    virtsnap export-prune "$x" --keep-daily all
fails 2 'keep-last is not a number' "nor none" virtsnap export-prune "$x" --keep-last 0
fails 1 'Cannot open' "no directory" virtsnap export-prune "$x/none" --keep-last 1
fails 1 'is an export' "an export itself" virtsnap export-prune "$x/shop/d1" --keep-last 1
prune --keep-daily 2 --dry-run
ends_with 0 "a dry run"
is "$(fate removed)" "shop/d1 shop/d2" "what would go"
is "$(here)" "$all" "nothing has gone"
would=$(jq .freed <<<"$out")
prune --keep-daily 2
one_object "one object"
is "$(fate removed) | $(fate kept)" \
    "shop/d1 shop/d2 | other/o1 shop/d2b shop/d3 shop/h1" "the same go, in each row"
is "$(here)" "other/o1 shop/d2b shop/d3 shop/h1" "and have gone"
is "$(jq .freed <<<"$out")" "$would" "and freed what was said"
is "$(jq -r '.kept[] | select(.snapshot == "d3") | .reasons | join(" ")' <<<"$out")" \
    "newest daily" "why one is kept"
check "the others are whole" virtsnap -q verify "$x/shop/d3"
prune --keep-last 1 --collection other
is "$(fate kept) $(fate removed)" "other/o1 " "the newest one of a collection stays"
run virtsnap export-prune "$x" --keep-last 1
like "$out" $'removed +2026-03-02T05:00:00Z +- .*\nExports removed: 1, space freed: ' "as text"
fresh
made a 2026-03-01T01:00:00Z
made b 2026-03-02T01:00:00Z
made clone 2026-03-03T01:00:00Z
sed -i "s|ef861801-45b9-11cb-88e3-afbfe5370491|aaaaaaaa-45b9-11cb-88e3-afbfe5370491|" \
    "$x/shop/clone/manifest.xml"
prune --keep-last 1 --dry-run
is "$(fate removed) | $(fate kept)" "shop/a | shop/b shop/clone" \
    "a collection of that name on another host of that name is another one"
made both 2026-03-04T01:00:00Z
second=$(sed -n '/<domain /,/<\/domain>/p' "$x/shop/clone/manifest.xml" |
    sed 's|name="web"|name="other"|; s|domains/web|domains/other|')
cp -a "$x"/shop/both/domains/{web,other}
sed -i "/<file path=\"domains.web/ { p; s|domains/web|domains/other| }
    s|</domains>|${second//$'\n'/}&|" "$x/shop/both/manifest.xml"
prune --keep-last 1 --dry-run
is "$(fate removed) | $(fate kept)" "shop/a shop/b shop/clone | shop/both" \
    "one that has members of both is the same as both"
fresh; made d3 2026-03-03T01:00:00Z; made o1 2026-01-01T00:00:00Z other
TZ=Europe/Berlin
made z1 2026-06-30T21:30:00Z
made z2 2026-06-30T22:30:00Z
TZ=XYZ-2 prune --keep-daily 2 --dry-run
is "$(fate removed)" "shop/d3" "days of the local time"
TZ=UTC prune --keep-daily 2 --dry-run
is "$(fate removed)" "shop/z1" "and of another one"
TZ=UTC

# --- an export takes the place of others as far as it has what they have

check "one without its disks" virtsnap -q -c "$TEST_HOST" export shop s --to "$bare" --no-storage
# bare NAME TIME: makes one of that time which has no disks.
bare()
{
    good=$bare made "$@"
}
for rule in last daily; do
    fresh
    made d1 2026-03-01T01:00:00Z
    made d2 2026-03-02T01:00:00Z
    bare c2 2026-03-02T12:00:00Z
    bare c3 2026-03-03T12:00:00Z
    prune --keep-$rule 1
    is "$(fate removed) | $(fate kept)" "shop/c2 shop/d1 | shop/c3 shop/d2" \
        "keep-$rule: the newest one with the disks is not removed for one without them"
done
is "$(jq -r '.kept[] | .reasons | join(" ")' <<<"$out" | xargs -d '\n' printf '%s, ')" \
    "newest daily, only-here daily, " "and why"
check "it is whole" virtsnap -q verify "$x/shop/d2"
like "$(virtsnap export-prune "$x" --keep-last 1)" 'only-here, last' "as text"
fresh
made d1 2026-03-01T01:00:00Z
made d2 2026-03-02T01:00:00Z
made d3 2026-03-03T01:00:00Z
sed -i 's|target="vda"|target="vdb"|' "$x/shop/d3/manifest.xml"
prune --keep-last 2
is "$(fate removed) | $(fate kept)" "shop/d1 | shop/d2 shop/d3" "what is not there any more ages"
prune --keep-last 1
is "$(fate removed) | $(fate kept)" " | shop/d2 shop/d3" "and its last copy stays"

# --- protection

fresh
made a 2026-03-01T01:00:00Z
made b 2026-03-02T01:00:00Z
check "protect" virtsnap -q export-protect "$x/shop/a"
check "once more is fine" virtsnap -q export-protect "$x/shop/a"
check "verify takes it" virtsnap -q verify --deep "$x/shop/a"
prune --keep-last 1
is "$(here) $(jq -r '.kept[] | select(.snapshot == "a") | .reasons[]' <<<"$out")" \
    "shop/a shop/b protected" "it stays"
is "$(virtsnap --json export-list "$x" | jq -c '[.exports[].protected]')" "[true,false]" \
    "it is listed so"
check "lift it" virtsnap -q export-unprotect "$x/shop/a"
check_fails "its mark has gone" ls "$x/shop/a/protected"
fails 1 'Cannot open' "protect what is no export" virtsnap export-protect "$x/shop"
for what in 'ln -s /etc/passwd' mkfifo mkdir 'cp /etc/passwd'; do
    rm -rf "$x/shop/a/protected"
    $what "$x/shop/a/protected"
    fails 1 'not the empty file' "${what%% *}: no mark" virtsnap export-unprotect "$x/shop/a"
    check_fails "verify does not take it" virtsnap -q verify "$x/shop/a"
    prune --keep-last 1
    is "$(here)" "shop/a shop/b" "in doubt it stays"
done
rm -rf "$x/shop/a/protected"

# --- what it frees

fresh
made a 2026-03-01T01:00:00Z
linked b 2026-03-02T01:00:00Z a
linked c 2026-03-03T01:00:00Z a
allocated()
{
    find "$@" -type f -printf '%i %b\n' | sort -u | awk '{ n += $2 } END { print n * 512 }'
}
before=$(allocated "$x")
list=$(virtsnap --json export-list "$x")
is "$(jq '[.exports[] | .own] | add' <<<"$list")" \
    $((before - $(allocated "$x/shop/a/layers"))) "what each has alone"
is "$(jq '.exports[0].shared' <<<"$list")" "$(allocated "$x/shop/a/layers")" "and shares"
is "$(jq -c '.exports[0] | [.complete, .consistency, .age > 0]' <<<"$list")" \
    '[true,"offline",true]' "complete, consistency, age"
like "$(virtsnap export-list "$x")" 'Alone +Shared +Base +Consistency +Protected' "as a table"
prune --keep-last 1
is "$(jq .freed <<<"$out")" $((before - $(allocated "$x"))) "links are counted once"
linked d 2026-03-04T01:00:00Z c
linked e 2026-03-05T01:00:00Z c
before=$(allocated "$x")
rm -r "$x/shop/e/layers"; cp -a "$good/shop/s/layers" "$x/shop/e/layers"
before=$(allocated "$x")
prune --keep-last 1
is "$(jq .freed <<<"$out")" $((before - $(allocated "$x"))) "all of them, when the last link goes"
check "the one that stays is whole" virtsnap -q verify "$x/shop/e"

# --- what is left alone

fresh
made a 2026-03-01T01:00:00Z
made b 2026-03-02T01:00:00Z
made f 2099-01-01T00:00:00Z
prune --keep-last 1
is "$(here) $(jq -r '.kept[0].reasons[]' <<<"$out")" "shop/b shop/f future" \
    "one from the future does not push out others"
rm -rf "$x/shop/f"

# stays DESCRIPTION REGEX: checks that with a newer export beside it, a is not removed, and that the
# command says why and succeeds.
stays()
{
    prune --keep-last 1
    if [ "$status" -eq 0 ] && [ -d "$x/shop/a" ] && [[ $out =~ $2 ]]; then ok "$1"; else
        not_ok "$1" "status: $status" "$out" "$err"
    fi
}
again()
{
    chmod -R u+w "$x"
    rm -rf "$x/shop/a"
    made a 2026-03-01T01:00:00Z
    chmod -R u+w "$x/shop/a"
}
again; echo mine >"$x/shop/a/notes"
stays "somebody's file in it" 'notes. is not in the manifest'
is "$(cat "$x/shop/a/notes")" mine "that is still there"
again; mkdir "$x/shop/a/layers/mine"
stays "somebody's directory" 'layers/mine. is a directory'
again; rm "$x"/shop/a/settings.xml
stays "one that is not complete" 'settings.xml'
again; : >"$x"/shop/a/manifest.xml
stays "one whose manifest is broken" 'manifest.xml'
again; rm -r "$x/shop/a/layers"; ln -s ../b/layers "$x/shop/a/layers"
stays "a symbolic link in it" 'layers/'
again; mkdir "$TEST_DIR/outside"; mv "$x/shop/a" "$TEST_DIR/outside/"
ln -s "$TEST_DIR/outside/a" "$x/shop/a"
stays "a symbolic link to one" 'result'
check "what it leads to is there" ls "$TEST_DIR/outside/a/manifest.xml"
rm "$x/shop/a"; rm -rf "$TEST_DIR/outside"
again; layer=$(echo "$x"/shop/a/layers/web-*)
check "a reader" flock -s "$x/shop/a/manifest.xml" bash -c '
    virtsnap --json export-prune "$0" --keep-last 1 >"$1" && [ -d "$0/shop/a" ] &&
        jq -e ".kept[1].reasons == [\"in-use\"]" "$1"' "$x" "$TEST_DIR/kept"
qemu-img create -q -f qcow2 -F qcow2 -b "$layer" "$TEST_DIR/overlay.qcow2"
coproc qemu-io -f qcow2 "$TEST_DIR/overlay.qcow2" 2>&1
echo 'read 0 512' >&"${COPROC[1]}"; read -r _ <&"${COPROC[0]}"
stays "an image that QEMU has open" 'in-use'
echo quit >&"${COPROC[1]}"; wait
if [ "$(id -u)" -eq 0 ]; then
    again; chown 65534 "$x/shop/a"
    stays "somebody else's directory" 'another user'
fi
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
    again; mkdir "$TEST_DIR/mounted"; echo mine >"$TEST_DIR/mounted/mine"
    check "a mount point in it" unshare -m bash -c '
        mount --bind "$1" "$0/shop/a/layers" &&
            virtsnap --json export-prune "$0" --keep-last 1 >"$2" && [ -f "$1/mine" ] &&
            jq -e ".left[0].problem | test(\"mount\")" "$2"' \
        "$x" "$TEST_DIR/mounted" "$TEST_DIR/kept"
    again
    check "one that is a mount point" unshare -m bash -c '
        mount --bind "$0/shop/a" "$0/shop/a" &&
            virtsnap --json export-prune "$0" --keep-last 1 >"$1" &&
            [ -f "$0/shop/a/manifest.xml" ] &&
            jq -e ".left[0].problem | test(\"mount\")" "$1"' "$x" "$TEST_DIR/kept"
fi
again; mkdir "$x/shop/.a.partial"; : >"$x/shop/.a.partial/journal"
prune --keep-last 1
is "$(here) $(ls -A "$x/shop" | xargs)" "shop/b .a.partial b" "a partial export is none"
rm -r "$x/shop/.a.partial"

# --- a working directory that has been removed: nothing is relative to it, least of all "/"
fresh; made a 2026-03-01T01:00:00Z; made b 2026-03-02T01:00:00Z
mkdir "$TEST_DIR/gone"
cd "$TEST_DIR/gone" && rmdir "$TEST_DIR/gone"
fails 1 'No such file' "prune there" virtsnap export-prune "${x#/}" --keep-last 1
fails 1 'No such file' "export to there" virtsnap -c "$TEST_HOST" export --domain web s \
    --to "${x#/}/new"
fails 1 '' "verify what is there" virtsnap verify "${x#/}/shop/a"
cd "$TEST_DIR" || exit
is "$(here)" "shop/a shop/b" "nothing was changed"

# --- killed at each step

can_inject ||
    { skip "killed" "nothing can be injected here"; done_testing; }

# --- the system does not let it be looked at

for error in EIO EPERM; do
    fresh
    for n in 1 2 3; do made "$(tr 123 abc <<<$n)" "2026-03-0${n}T01:00:00Z"; done
    run "$abs_top_builddir/tests/inject" flock:error=$error:when=1 \
        virtsnap --json export-prune "$x" --keep-last 1
    ends_with 1 "$error, and the first one cannot be locked"
    is "$(here) | $(fate removed) | $(fate failed)" "shop/a shop/c | shop/b | shop/a" \
        "the others are removed, and it is named"
    is "$(jq .result <<<"$out")" 2 "and the result says so"
done

# --- replaced while others are removed

# meanwhile CALL N COMMAND...: a prune that is stopped after the Nth of these calls, while COMMAND
# is run.
meanwhile()
{
    local injection="$1:signal=STOP:when=$2" traced i
    shift 2
    : >"$TEST_DIR/trace"
    "$abs_top_builddir/tests/inject" -o "$TEST_DIR/trace" "$injection" \
        virtsnap --json export-prune "$x" --keep-last 1 >"$TEST_DIR/out" 2>"$TEST_DIR/err" &
    traced=$!
    for ((i = 0; i < 600; i++)); do
        [ ! -s "$TEST_DIR/trace" ] || break
        sleep 0.1
    done
    "$@"
    kill -CONT "$(head -n 1 "$TEST_DIR/trace")"
    status=0
    wait "$traced" || status=$?
    out=$(<"$TEST_DIR/out")
    err=$(<"$TEST_DIR/err")
}
replace() { rm -rf "$x/shop/b" && made b 2026-03-04T01:00:00Z; }
fresh
for n in 1 2 3; do made "$(tr 123 abc <<<$n)" "2026-03-0${n}T01:00:00Z"; done
meanwhile renameat2 1 replace
ends_with 0 "an export is replaced while another one is removed"
is "$(here)" "shop/b shop/c" "the new one is not removed"
is "$(fate removed) | $(fate kept)" "shop/a | shop/b shop/c" "nor said to be"
is "$(jq -c '.kept[] | select(.snapshot == "b") | [.reasons[], (.problem | length > 0)]' \
    <<<"$out")" '["replaced",true]' "and that is told"
check "it is whole" virtsnap -q verify "$x/shop/b"

# killed CALL N: a prune that is killed at the Nth of these calls. It fails when there are no more.
killed()
{
    "$abs_top_builddir/tests/inject" "$1:signal=KILL:when=$2" \
        virtsnap -q export-prune "$x" --keep-last 1 >/dev/null 2>&1
    [ $? -eq 137 ]
}
# whole_or_gone: checks that each export is complete or not there, and that nothing which is left of
# one counts as an export.
whole_or_gone()
{
    local below list
    list=$(virtsnap --json export-list "$x") && [[ $list == '{"exports":['* ]] || return 1
    for below in $(grep -o '"export":"[^"]*"' <<<"$list" | cut -d '"' -f 4); do
        virtsnap -q verify "$below" || return 1
    done
    for below in "$x"/shop/.*.pruned; do
        [ ! -d "$below" ] || { ! virtsnap -q verify "$below" &&
            ! virtsnap -q import "$below" --to "$TEST_DIR/new" --dry-run; } || return 1
    done 2>/dev/null
}
bad=''
steps=0
fresh; made b 2026-03-02T01:00:00Z
for call in renameat2 unlinkat fsync; do
    for ((n = 1; n < 40; n++)); do
        again
        killed $call $n || break
        steps=$((steps + 1))
        whole_or_gone && prune --keep-last 1 && [ "$status" -eq 0 ] &&
            [ "$(ls -A "$x/shop")" = b ] && virtsnap -q verify "$x/shop/b" || bad+=" $call:$n"
    done
done
is "$bad" "" "killed at each step: whole or gone, and the next one ends it"
check "at so many" test "$steps" -ge 12
echo "# steps: $steps"

# --- a name that is taken, and what is no export's

again; mkdir "$x/shop/.a.pruned"; echo mine >"$x/shop/.a.pruned/mine"
prune --keep-last 1
ends_with 1 "the name it would get is taken by something else"
is "$(ls "$x/shop/.a.pruned")" mine "that stays"

done_testing
