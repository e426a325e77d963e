#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Domains are given by name, id and UUID; an error names what was not found and where it was looked
# for.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"
live_disk "$d/base.qcow2"
for who in web off; do
    live_overlay "$d/base.qcow2" "$d/$who.qcow2"
    live_define $who --disk "$d/$who.qcow2"
done
live_snapshot_external off snap1
check "one runs" live_boot web || bail_out "no guest"
live_snapshot_external web snap1
id=$(live_virsh domid --domain web)
web=$(live_virsh domuuid --domain web)
off=$(live_virsh domuuid --domain off)

# exported DIRECTORY WORD...: checks that an export of these domains makes DIRECTORY/snap1.
exported()
{
    local directory=$1 word words=()
    shift
    for word; do words+=(--domain "$word"); done
    vs_export "${words[@]}" snap1 --to "$x" --no-storage && [ -d "$x/$directory/snap1" ]
    local status=$?
    rm -rf "${x:?}"/*
    return $status
}
check "by a name" exported web web
check "by an id" exported web "$id"
check "by a UUID" exported off "$off"
check "by the same twice" exported web "$id" "$web" web
check "sorted by name" exported off+web "$web" "$off"
check "an id that is none" vs_refused 32779 "'99999' at 'qemu:///embed" \
    export --domain 99999 snap1 --to "$x"
check "a UUID that is none" vs_refused 32779 "at 'qemu:///embed" \
    export --domain 8e0e9fc9-ae9c-4b0b-8c37-bc4b8b6e1a11 snap1 --to "$x"
check "a name that is none" vs_refused 32779 "'nobody' at 'qemu:///embed" \
    export --domain nobody snap1 --to "$x"

members() { vs --json collection-list | jq -r '.collections[] | select(.name == "c").domains[]'; }
check "a collection by UUID and id" vs -q collection-create-as c --domain "$off" --domain "$id"
is "$(members | paste -sd ' ')" "off web" "has the names"
check "one is taken out by its id" vs -q collection-remove c --domain "$id"
check "and put in by its UUID" vs -q collection-add c --domain "$web"
is "$(members | paste -sd ' ')" "off web" "by name again"
check "whom nobody knows has to be named" vs_refused 32779 "'99999'" \
    collection-add c --domain 99999
check "a name needs no domain" vs -q collection-add c --domain later

# virsh would take the id here.
live_overlay "$d/base.qcow2" "$d/n.qcow2"
live_define "$id" --disk "$d/n.qcow2"
check "a name that is another one's id" vs_refused 4 "'$id'.*'web'.*UUID" \
    export --domain "$id" snap1 --to "$x"
check "nor is it put into a collection" vs_refused 4 "'$id'" collection-add c --domain "$id"
check "nothing is left" [ -z "$(ls -A "$x")" ]

done_testing
