#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# snapshot-list and snapshot-info: sets that virtsnap made and others, complete, partial, and
# changed since. No guest runs.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
for domain in web db; do
    qemu-img create -q -f qcow2 "$d/$domain.qcow2" 4M
    qemu-io -f qcow2 -c 'write -q -P 1 0 1M' "$d/$domain.qcow2"
    touch -d '1 hour ago' "$d/$domain.qcow2"
    live_define "$domain" --disk "$d/$domain.qcow2"
done
check "a collection in a collection" eval '
    vs -q collection-create-as back --domain db &&
    vs -q collection-create-as shop --domain web --collection back'

# info SNAPSHOT FILTER: prints information about a set of the collection shop.
info() { vs --json snapshot-info shop "$1" >"$VS_OUT" && vs_field "$2"; }
whole='[.status, .adopted, (.changes | length), (.members | map(.consistency) | unique[])] |
    join(" ")'

check "a set of virtsnap's" vs -q snapshot-create-as shop made
is "$(info made "$whole")" "complete false 0 offline" "it is complete, and its consistency is known"
like "$(vs_field '[.made, .by, (.window_ms | tostring)] | join(" ")')" \
    '^20[0-9T:-]+Z virtsnap [0-9]+$' "when, by what, and the window"
like "$(vs_field '[.members[] | .domain, .there, .kind, .asked] | join(" ")')" \
    '^db true external [a-z]+ web true external [a-z]+$' "member by member"
check "one of virsh's" eval 'live_snapshot_external web own && live_snapshot_external db own'
is "$(info own "$whole")" "complete true 0 unknown" "is adopted"
like "$(vs snapshot-info shop own)" 'State: +complete'$'\n''Made: +adopted' "in words too"
is "$(vs --json snapshot-list shop |
    jq -r '[.snapshots[] | .name, .status, .consistency, .adopted] | join(" ")')" \
    "made complete offline false own complete unknown true" "the list has both"
like "$(vs snapshot-list shop)" 'made +20[^ ]+ +complete +offline +virtsnap'$'\n' "as a table"
check "a name that nobody has" vs_refused 32779 "No member has a snapshot 'none'" \
    snapshot-info shop none

# --- one member has lost it
overlay=$(live_virsh domblklist web | awk '$1 == "vda" { print $2 }')
[ -f "$overlay" ] || bail_out "no overlay of web"
check "a member forgets it" live_virsh snapshot-delete web own --metadata
is "$(info own "$whole")" "partial true 0 unknown" "an adopted set is partial"
is "$(vs_field '[.members[] | select(.there | not) | .domain] | join(" ")')" "web" "who lacks it"
is "$(vs --json snapshot-list shop | jq -r '[.snapshots[].name] | join(" ")')" made \
    "and it is no set any more"
dump=$(live_virsh snapshot-dumpxml web made)
check "and the recorded one" live_virsh snapshot-delete web made --metadata
is "$(info made "$whole")" "partial false 0 offline" "a recorded one is partial, too"
is "$(vs --json snapshot-list shop | jq -r '[.snapshots[] | .name, .status] | join(" ")')" \
    "made partial" "and still listed"
like "$(vs snapshot-info shop made)" 'partial: .*web +missing' "in words too"

# --- another one of the same name, taken later, is not the recorded one
created=$(xmllint --xpath 'string(//creationTime)' - <<<"$dump")
live_wait "another second" eval '[ "$(date +%s)" -gt "$created" ]'
check "a snapshot of its name" live_snapshot_external web made --diskspec "vda,file=$d/other"
is "$(info made .status)" partial "does not make it complete"
check "it goes" live_virsh snapshot-delete web made --metadata
printf '%s\n' "$dump" >"$d/dump.xml"
check "and the old one is back" live_virsh snapshot-create web "$d/dump.xml" --redefine
is "$(info made .status)" complete "complete again"

# --- changed since
before=$(stat -c %y "$d/web.qcow2")
live_wait "the snapshot is over" eval '[ "$(date +%s)" -gt $((created + 3)) ]'
qemu-io -f qcow2 -c 'write -q -P 3 0 64k' "$d/web.qcow2"
is "$(info made .status)" changed "an image that was written to"
like "$(vs_field '.changes[]')" "'web'.*web.qcow2.*written to after" "is named"
touch -d "$before" "$d/web.qcow2"
mv "$d/db.qcow2" "$d/away"
is "$(info made .status)" changed "one that is gone"
like "$(vs_field '.changes[]')" "db.qcow2" "is named"
mv "$d/away" "$d/db.qcow2"
touch -d '1 hour ago' "$d/db.qcow2"
live_virsh dumpxml db | sed "s|<source file='[^']*'|<source file='$d/db.qcow2'|" |
    sed '/<backingStore/,/<\/backingStore>/d' >"$d/db.xml"
check "a domain is given its image back" live_virsh define "$d/db.xml"
is "$(info made .status)" changed "one that is written to again"
like "$(vs snapshot-info shop made)" 'State: +changed since' "in words too"
check "a domain is gone" live_virsh undefine db --snapshots-metadata
is "$(info made '[.status, (.members[] | select(.there | not) | .domain)] | join(" ")')" \
    "partial db" "a member that is gone is missing"

done_testing
