#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The commands for collections. They need no hypervisor, so the connection in the environment is to
# one that does not exist.
. "$abs_top_srcdir/tests/cli/lib.sh"
requires xmllint setpriv

export LIBVIRT_DEFAULT_URI=nothing:///x
store=$VIRTSNAP_CONFIG_DIR/collections

# says TEXT DESCRIPTION COMMAND...: checks that COMMAND succeeds and prints exactly TEXT.
says()
{
    local text=$1 what=$2
    shift 2
    run "$@"
    is "$status:$out$err" "0:$text" "$what"
}

# valid DESCRIPTION: checks that the last run printed a collection that is valid against the schema.
valid()
{
    check "$1" xmllint --noout --relaxng "$VIRTSNAP_SCHEMA_DIR/collection.rng" "$TEST_DIR/out"
}

# --- a life -------------------------------------------------------------------

run virtsnap collection-list
ends_with 0 "there are no collections"
is "$err" "" "which is no error"
says "" "nor with --quiet" virtsnap -q collection-list
says '{"collections":[],"warnings":[]}' "nor with --json" virtsnap --json collection-list
check_fails "and looking creates nothing" test -e "$store"

says "Collection 'shop' created" "create-as" \
    virtsnap collection-create-as shop --domain web --domain db
says "Collection 'empty' created" "create-as without members" virtsnap collection-create-as empty
says '{"result":0,"collection":"all"}' "create-as --json" \
    virtsnap --json collection-create-as all --collection shop --domain mail --collection empty
run virtsnap collection-list
is "$out" " Name    Domains   Collections
-------------------------------
 all     1         2
 empty   0         0
 shop    2         0" "collection-list"
run virtsnap --json collection-list
one_object "collection-list --json"
is "$(jq -c '.collections[0] | [keys, .name, .domains, .collections]' <<<"$out")" \
    '[["collections","domains","name"],"all",["mail"],["shop","empty"]]' "has the members"

run virtsnap collection-dumpxml all
ends_with 0 "dumpxml"
is "$(sed '1,2d;$d' <<<"$out" | tr -d ' \n')" \
    "<name>all</name><domain>mail</domain><collection>shop</collection>$(
    )<collection>empty</collection>" \
    "dumpxml prints the members"
valid "dumpxml is valid against the schema"
cp "$TEST_DIR/out" "$TEST_DIR/all.xml"
run virtsnap --json collection-dumpxml all
one_object "dumpxml --json"
is "$(jq -r .xml <<<"$out")" "$(<"$TEST_DIR/all.xml")" "has the same text"

says "2 members added to the collection 'shop'" "add" \
    virtsnap collection-add shop --domain cache --collection empty
says "1 member removed from the collection 'shop'" "remove" \
    virtsnap collection-remove shop --domain db
says "Collection 'shop' renamed to 'store'" "rename" virtsnap collection-rename shop store
is "$(virtsnap --json collection-dumpxml all | jq -c .collections)" '["store","empty"]' \
    "collections that have it follow"
is "$(virtsnap --json collection-dumpxml store | jq -c '[.domains, .collections]')" \
    '[["web","cache"],["empty"]]' "it keeps its members"
says "Collection 'all' has been undefined" "undefine" virtsnap collection-undefine all
says "" "--quiet" virtsnap -q collection-undefine store


# --- define ---------------------------------------------------------------------

fails 1 "no collection 'shop'" "define wants its member collections" \
    virtsnap collection-define "$TEST_DIR/all.xml"
virtsnap -q collection-create-as shop --domain web
says "Collection 'all' defined from '$TEST_DIR/all.xml'" "define" \
    virtsnap collection-define "$TEST_DIR/all.xml"
run virtsnap collection-dumpxml all
is "$out" "$(<"$TEST_DIR/all.xml")" "what dumpxml prints define reads"
says "Collection 'all' defined from standard input" "define from standard input" \
    virtsnap collection-define - < <(sed '/mail/d' "$TEST_DIR/all.xml")
is "$(virtsnap --json collection-dumpxml all | jq -c .domains)" '[]' "puts it in the place"
says "Collection 'all' defined from '/dev/fd/63'" "define from a pipe" \
    virtsnap collection-define <(cat "$TEST_DIR/all.xml")

fails 1 "'/nonexistent/x'" "define without a file" virtsnap collection-define /nonexistent/x
fails_json 32779 not-found "define without a file" \
    virtsnap --json collection-define /nonexistent/x
fails 1 "'$TEST_DIR'" "define from a directory" virtsnap collection-define "$TEST_DIR"
fails 1 "standard input.*empty" "define from nothing" virtsnap collection-define - </dev/null
fails 1 "standard input" "define from a closed standard input" virtsnap collection-define - <&-
fails 1 "more in '/dev/zero' than" "define from what never ends" \
    virtsnap collection-define /dev/zero
for file in "$abs_top_srcdir"/tests/data/collection/invalid/*.xml; do
    fails_json 4 invalid-parameter "define ${file##*/}" virtsnap --json collection-define "$file"
done
for file in "$abs_top_srcdir"/tests/data/collection/valid/*.xml; do
    check "the schema takes ${file##*/}" \
        xmllint --noout --relaxng "$VIRTSNAP_SCHEMA_DIR/collection.rng" "$file"
done
check_fails "the schema refuses a written out member" xmllint --noout \
    --relaxng "$VIRTSNAP_SCHEMA_DIR/collection.rng" \
    "$abs_top_srcdir/tests/data/collection/invalid/written-out.xml"

# --- names ----------------------------------------------------------------------

for name in "two words" "it's" 'a"b' "a&b" "<shop>" "日本 señal" \
    "-odd-" "--domain" "a/b" ".." "." \
    "%2F" "~" " " '$(touch x)' "-"; do
    says "Collection '$name' created" "create-as with the name '$name'" \
        virtsnap collection-create-as --domain="$name" -- "$name"
    run virtsnap collection-dumpxml -- "$name"
    both=$(xmllint --xpath 'concat(/collection/name, "|", /collection/domain, "|")' - <<<"$out")
    is "${both%%|*}" "$name" "which dumpxml prints"
    is "${both#*|}" "$name|" "and its domain"
    valid "and which the schema takes"
    is "$(virtsnap --json collection-list |
        jq -r --arg name "$name" '.collections[] | select(.name == $name) | .domains[0]')" "$name" \
        "and which is listed"
    run virtsnap collection-dumpxml -- "$name"
    says "Collection '$name' defined from standard input" "and defined again" \
        virtsnap collection-define - <<<"$out"
    says "Collection '$name' renamed to 'x'" "and renamed" virtsnap collection-rename -- "$name" x
    says "Collection 'x' renamed to '$name'" "and renamed back" \
        virtsnap collection-rename -- x "$name"
    says "Collection '$name' has been undefined" "and undefined" \
        virtsnap collection-undefine -- "$name"
done
for name in '' $'a\nb' $'\xff' "$(printf 'x%.0s' {1..256})"; do
    fails_json 4 invalid-parameter "the name ${name@Q}" \
        virtsnap --json collection-create-as "$name"
    fails_json 4 invalid-parameter "the domain ${name@Q}" \
        virtsnap --json collection-add shop --domain "$name"
done
is "$(ls "$store")" "all.xml
empty.xml
shop.xml" "nothing is left of all that"

# --- refused --------------------------------------------------------------------

fails 1 "'shop' already" "create-as of what is there" virtsnap collection-create-as shop
fails_json 32800 already-exists "create-as of what is there" \
    virtsnap --json collection-create-as shop --domain x
fails 1 "'web'.*already" "a domain named twice" \
    virtsnap collection-create-as new --domain web --domain web
fails 1 "'nothing'" "a member that is not there" \
    virtsnap collection-create-as new --collection nothing
fails_json 32779 not-found "a member that is not there" \
    virtsnap --json collection-add shop --collection nothing
fails 1 "'shop' -> 'all' -> 'shop'" "a collection inside itself" \
    virtsnap collection-add shop --collection all
fails_json 4 invalid-parameter "a collection inside itself" \
    virtsnap --json collection-add shop --collection shop
fails 1 "'shop'.*'all'" "undefine of a member" virtsnap collection-undefine shop
fails_json 32774 in-use "undefine of a member" virtsnap --json collection-undefine shop
fails_json 32800 already-exists "add of a member" \
    virtsnap --json collection-add shop --domain new --domain web
fails_json 32779 not-found "remove of no member" \
    virtsnap --json collection-remove shop --domain web --domain new
is "$(virtsnap --json collection-dumpxml shop | jq -c .domains)" '["web"]' "all or none"
fails 1 "'empty' already" "rename to what is there" virtsnap collection-rename shop empty
for command in dumpxml undefine "add --domain x" "remove --domain x"; do
    # shellcheck disable=SC2086
    fails 1 "no collection 'nothing'" "${command%% *} of what is not there" \
        virtsnap collection-$command nothing
    # shellcheck disable=SC2086
    fails_json 32779 not-found "${command%% *} of what is not there" \
        virtsnap --json collection-$command nothing
done
fails 1 "no collection 'nothing'" "rename of what is not there" virtsnap collection-rename nothing x
for command in add remove; do
    fails 2 "--domain or --collection" "$command of nobody" virtsnap collection-$command shop
done

# --- damage, and no permission ----------------------------------------------------

echo nonsense >"$store/shop.xml"
run virtsnap collection-list
ends_with 0 "collection-list with a damaged file"
like "$err" "^warning: .*'$store/shop.xml'" "warns of it"
like "$out" " all .* empty " "and lists the others"
run virtsnap --json collection-list
one_object "collection-list --json with a damaged file"
is "$(jq -c '[(.collections | length), (.warnings | length)]' <<<"$out")" '[2,1]' \
    "has the warning inside"
fails 1 "'$store/shop.xml'" "dumpxml of a damaged file" virtsnap collection-dumpxml shop
fails_json 32802 corrupt "dumpxml of a damaged file" virtsnap --json collection-dumpxml shop
says "1 member removed from the collection 'all'" "it can be removed as a member" \
    virtsnap collection-remove all --collection shop
says "Collection 'shop' has been undefined" "and undefined" virtsnap collection-undefine shop

other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
if [ "$(id -u)" -ne 0 ]; then
    skip "as another user" "only root can become one"
elif ! "${other[@]}" test -x "$abs_top_builddir/libtool" -a -r "$VIRTSNAP_SCHEMA_DIR"; then
    skip "as another user" "the build tree is closed to others"
else
    chmod 755 "$TEST_DIR" "$TEST_DIR/config"
    fails 1 "'$store'.*ermission" "list in a directory that is closed" \
        "${other[@]}" virtsnap collection-list
    mkdir -m 777 "$TEST_DIR/xdg"
    says "Collection 'mine' created" "a user's own collection" \
        env -u VIRTSNAP_CONFIG_DIR XDG_CONFIG_HOME="$TEST_DIR/xdg" "${other[@]}" \
        virtsnap collection-create-as mine
    check "is in the user's configuration" test -s "$TEST_DIR/xdg/virtsnap/collections/mine.xml"
    is "$(stat -c %a "$TEST_DIR/xdg/virtsnap/collections/mine.xml" "$TEST_DIR/xdg/virtsnap")" \
        $'600\n700' "for nobody else's eyes"
    says "Collection 'mine' created" "a relative XDG_CONFIG_HOME" \
        env -u VIRTSNAP_CONFIG_DIR XDG_CONFIG_HOME=xdg HOME="$TEST_DIR/xdg" "${other[@]}" \
        env -C "$TEST_DIR/xdg" virtsnap collection-create-as mine
    check "is ignored" test -s "$TEST_DIR/xdg/.config/virtsnap/collections/mine.xml"
    fails_json 32769 access-denied "create where one may not" \
        "${other[@]}" env VIRTSNAP_CONFIG_DIR="$TEST_DIR/config/x" \
        virtsnap --json collection-create-as mine
fi
fails 1 "'/dev/null/collections'" "a configuration directory that is none" \
    env VIRTSNAP_CONFIG_DIR=/dev/null virtsnap collection-create-as mine

# --- several at once, and killed ---------------------------------------------------

virtsnap -q collection-create-as crowd
for i in {1..12}; do
    virtsnap -q collection-add crowd --domain "d$i" 2>>"$TEST_DIR/crowd" &
done
wait
is "$(virtsnap --json collection-dumpxml crowd | jq '.domains | length'):$(<"$TEST_DIR/crowd")" \
    "12:" "a dozen processes that add a member each"

virtsnap -q collection-create-as holder --collection crowd
name=crowd next=throng
for i in {1..15}; do
    virtsnap -q collection-rename "$name" "$next" 2>/dev/null &
    sleep "0.0$((i * 2 + 10))"
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
    # A dozen members have eleven commas between them.
    holds='' has=''
    [[ $(virtsnap --json collection-dumpxml holder) =~ '"collections":["'([a-z]+)'"]' ]] &&
        holds=${BASH_REMATCH[1]}
    [[ $(virtsnap --json collection-dumpxml "$holds") =~ '"domains":['([^]]+)']' ]] &&
        has=${BASH_REMATCH[1]//[!,]/}
    if [ "${#has}" -ne 11 ] ||
        [ "$(virtsnap -q collection-list | grep -cE ' (crowd|throng) ')" != 1 ]; then
        not_ok "a rename that is killed" "$(virtsnap collection-list; ls -A "$store")"
        break
    fi
    if [ "$holds" = "$next" ]; then next=$name name=$holds; fi
done
is "$i" 15 "a rename that is killed is done or not"
virtsnap -q collection-add holder --domain last
is "$(ls -A "$store" | grep '^\.')" ".lock" "and leaves nothing"

done_testing
