#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Nights in a row of one running domain, with layers and with merged images side by side, rules for
# what is kept in between, and what happens when a chain is as long as chains get. No guest has to
# run. NIGHTS says how many: with 100 and more the chain grows to its end by itself.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/bitmap-lib.sh"

NIGHTS=${NIGHTS:-2}
# As in src/export/plan-base.c.
DEPTH_MAX=100
begin_nights
mkdir "$x/above" "$x/merged"
qemu-img create -q -f qcow2 "$d/a.qcow2" 64M
qemu-io -f qcow2 -c "write -q -P 5 0 12M" -c "write -q -P 6 40M 2M" "$d/a.qcow2"
check "a domain" eval 'live_define a --disk "$d/a.qcow2" && live_start a' || bail_out "no domain"
check "a collection of it" vs -q collection-create-as night --domain a

depth() { find "$VS_EXPORT/layers" -type f | wc -l; }
# one KIND NAME ARGUMENT...: a night into the directory of that kind.
one() { night "$2" --to "$x/$1" --base latest "${@:3}"; }
# proved: it is sound, and what the domain has now.
proved() { vs_sound "$VS_EXPORT" && as_source; }
# kept DIRECTORY: a rule goes over it, and leaves the newest ones whole.
kept()
{
    local export
    vs -q export-prune "$1" --collection night --keep-last 3 || return 1
    [ "$(find "$1/night" -mindepth 1 -maxdepth 1 | wc -l)" -eq 3 ] || live_die "others are there"
    for export in "$1"/night/*; do
        vs -q verify "$export" || return 1
    done
}

# --- night after night
wanted=0
for ((i = 1; i <= NIGHTS; i++)); do
    strict=--strict
    [ $i -gt 1 ] || strict=
    wanted=$((wanted % DEPTH_MAX + 1))
    check "before night $i data are written" guest a 0 "$(paint $(some))" "write -q -z -u $(some)" \
        "$(paint $(some))"
    check "night $i, merged" one merged "n$i" --merge $strict
    is "$(depth)" 1 "is one image"
    check "is whole" eval '[ $((i % 10)) -ne 0 ] && [ $i -ne "$NIGHTS" ] &&
        vs -q verify "$VS_EXPORT" || proved'
    check "night $i, of layers" one above "n$i" $strict
    is "$(depth)" $wanted "has a layer for each night"
    check "is whole" eval '[ $((i % 10)) -ne 0 ] && [ $i -ne "$NIGHTS" ] && [ $wanted -ne 1 ] &&
        vs -q verify "$VS_EXPORT" || proved'
    [ $i -eq 1 ] || [ $wanted -ne 1 ] ||
        like "$(warnings)" "in $DEPTH_MAX layers" "it is said why this one is whole"
    [ $((i % 10)) -ne 0 ] || for kind in above merged; do
        check "a rule leaves three of them, $kind" kept "$x/$kind"
    done
done
rm -rf "$x/above" "$x/merged"

# --- the end of a chain, which the base has all but one layer of
deep() { vs_export --domain b "$@" --to "$x" --scratch "$s"; }
layers()
{
    local i below=
    for ((i = 1; i < DEPTH_MAX; i++)); do
        qemu-img create -q -f qcow2 ${below:+-F qcow2 -b "$below"} "$d/l$i.qcow2" 1M || return 1
        below=$d/l$i.qcow2
    done
    qemu-io -f qcow2 -c "write -q -P 5 0 64k" "$below" && live_define b --disk "$below" &&
        live_snapshot_external b deep
}
# The same domain with another disk, so that no libvirt and QEMU has to open all that.
another_disk()
{
    local uuid
    uuid=$(live_virsh domuuid b) && live_virsh undefine b --snapshots-metadata &&
        qemu-img create -q -f qcow2 "$d/b.qcow2" 1M &&
        live_domain_xml b --disk "$d/b.qcow2" >"$d/b.xml" &&
        sed -i "s,</name>,&<uuid>$uuid</uuid>," "$d/b.xml" && live_virsh define "$d/b.xml" &&
        live_start b
}
check "a domain that is off, of many layers" layers
check "is exported" deep deep
is "$(depth)" $((DEPTH_MAX - 1)) "with all of them"
check "it runs with another disk" another_disk
check "something is written" guest b 0 "$(paint 0 64k)"
check "a night on that" deep n1 --live=crash --base latest
is "$(depth)" $DEPTH_MAX "is as long as chains get"
check "is whole" eval 'vs -q verify "$VS_EXPORT" && as_source'
check "something is written" guest b 0 "$(paint 128k 64k)"
check "a dry run of the next" eval 'vs --json export --domain b n2 --live=crash --base latest \
    --to "$x" --scratch "$s" --dry-run >"$d/plan"'
like "$(jq -r '.warnings[]' "$d/plan")" "disk 'vda'.*in $DEPTH_MAX layers" "says what will be"
check "the next" deep n2 --live=crash --base latest --strict
like "$(warnings)" "disk 'vda'.*in $DEPTH_MAX layers" "says so"
is "$(depth)" 1 "is a chain that begins anew"
check "is whole" proved
check "something is written" guest b 0 "$(paint 256k 64k)"
check "the one after that" deep n3 --live=crash --base latest --strict
is "$(depth) $(warnings)" "2 " "is on it"
check "is whole" proved

done_testing
