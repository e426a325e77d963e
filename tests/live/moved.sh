#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Reference points of exports whose directory was moved, copied or removed: they do not pile up on
# the domain, a copy that is in use keeps its own, and what others made is left alone. No guest has
# to run.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/bitmap-lib.sh"

begin_nights
qemu-img create -q -f qcow2 "$d/a.qcow2" 32M
qemu-io -f qcow2 -c "write -q -P 6 0 3M" "$d/a.qcow2"
check "a domain" eval 'live_define a --disk "$d/a.qcow2" && live_start a' ||
    bail_out "no domain"
check "a collection of it" vs -q collection-create-as night --domain a
check "a checkpoint of another tool" live_virsh checkpoint-create-as a theirs
check "a reference point that a user made" vs -q reference-point-create night mine
foreign="theirs virtsnap.mine"

change() { guest a 0 "$(paint "$((RANDOM % 7000 * 4))k" "$((RANDOM % 60 * 4 + 4))k")"; }
# tonight DIRECTORY NAME [OPTION]...: a night into it on the latest export there, after a change.
tonight() { x=$1 && change && night "$2" --base latest "${@:3}"; }
# own_count: how many checkpoints exports have made for themselves.
own_count() { checkpoints a | tr ' ' '\n' | grep -c '^virtsnap\.export-'; }
others() { checkpoints a | tr ' ' '\n' | grep -v '^virtsnap\.export-' | paste -sd' '; }
# point_of EXPORT: the name of its reference point.
point_of() { sed -n 's/.*<checkpoint name="virtsnap\.\([^"]*\)".*/\1/p' "$1/manifest.xml"; }
# state_of EXPORT: where its reference point says that it is, and whether it is found there.
state_of()
{
    vs --json reference-point-list night >"$d/list" || return 1
    jq -r --arg name "$(point_of "$1")" '.referencePoints[] | select(.name == $name) |
        .export + " " + .exportState' "$d/list"
}

# --- moved, with the exports in it: the next one continues it
check "two nights" eval 'tonight "$d/one" n1 && tonight "$d/one" n2 --strict'
is "$(own_count)" 1 "there is one reference point"
is "$(state_of "$VS_EXPORT")" "$d/one/night/n2 found" "whose export is found"
check "they are moved" mv "$d/one" "$d/two"
is "$(state_of "$d/two/night/n2")" "$d/one/night/n2 not found" "it is not where it was made"
name=$(point_of "$d/two/night/n2")
like "$(vs reference-point-list night)" "$name +a +[^ ]+ +whole, export not found" \
    "which the list says"
check "the next night knows what has changed" tonight "$d/two" n3 --strict
check "and is as what the domain has" as_source
is "$(own_count) $(warnings | wc -l)" "1 0" "the reference point of the old path has gone"

# --- copied: both are in use
check "the exports are copied" cp -a "$d/two" "$d/copy"
check "the next night on the copy" tonight "$d/copy" n4 --strict
is "$(own_count)" 2 "leaves the reference point of the original"
check "the next on the original" tonight "$d/two" n4 --strict
check "is as what the domain has" as_source
check "and once more on the copy" tonight "$d/copy" n5 --strict
check "is as what the domain has" as_source
is "$(own_count)" 2 "each has one"
is "$(state_of "$d/copy/night/n5") $(state_of "$d/two/night/n4")" \
    "$d/copy/night/n5 found $d/two/night/n4 found" "and is found"

# --- gone, or on a disk that is not mounted: they are kept, but not without bound
check "the copy is away" mv "$d/copy" "$d/away"
check "a night on the original" tonight "$d/two" n5 --strict
is "$(own_count)" 2 "keeps the reference point of the copy"
check "the copy is back" mv "$d/away" "$d/copy"
check "and the next night on it knows what has changed" tonight "$d/copy" n6 --strict
check "is as what the domain has" as_source
for n in 1 2 3 4; do
    check "an export into a directory that goes" eval 'tonight "$d/gone$n" m$n &&
        mv "$d/gone$n" "$d/hidden$n"'
    # libvirt tells the time of a checkpoint in seconds.
    second=$(date +%s)
    live_wait "another second" eval '[ "$(date +%s)" != "$second" ]'
    is "$(warnings | grep -c removed)" 0 "takes nothing away"
done
check "and one into a file's place" eval 'tonight "$d/gone5" m5 && rm -rf "$d/gone5" &&
    touch "$d/gone5"'
is "$(own_count)" 7 "there is one of each directory"
check "a night on the original" tonight "$d/two" n6 --strict
is "$(warnings | grep -c "removed")/$(warnings | grep -c "'$d/gone1/night/m1'.*removed")" "1/1" \
    "removes the oldest of those whose export is not found, and says so"
is "$(own_count)" 6 "and no other"
is "$(state_of "$d/hidden1/night/m1")$(state_of "$d/hidden2/night/m2")" \
    "$d/gone2/night/m2 not found" "of the lost ones the newest are left"
check "the next night on the copy still knows what has changed" tonight "$d/copy" n7 --strict
check "one comes back" mv "$d/hidden2" "$d/gone2"
check "and the next night there knows what has changed" tonight "$d/gone2" m6 --strict
check "the one whose reference point is gone comes back" mv "$d/hidden1" "$d/gone1"
check "the next night there compares" tonight "$d/gone1" m6
is "$(warnings | grep -c "not known.*no checkpoint")" 1 "and says so"
check "it is as what the domain has" as_source

# --- the way out
lost=$(point_of "$d/hidden3/night/m3")
check "one that is lost can be deleted" vs -q reference-point-delete night "$lost"
is "$(state_of "$d/hidden3/night/m3")" "" "and is gone"
is "$(others)" "$foreign" "what others made is as it was"
check "the last night is as a full one" as_full

done_testing
