#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The domains of an export are started to see whether they boot: their agent, their console or the
# time shows it. Damaged ones do not boot. Nothing of the export or the host is changed, and nothing
# is left, even if the command is killed.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
live_requires
requires jq debugfs

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
scratch=$d/scratch
mkdir "$x" "$scratch"

# boot EXPORT ARGUMENT...: runs verify --boot and writes its JSON to VS_OUT.
boot()
{
    trusted "$1"
    vs verify --boot --json --scratch "$scratch" "$@" "${TRUST[@]}" >"$VS_OUT" 2>"$VS_ERR" \
        </dev/null
}

# verdicts: prints "NAME BOOTED BY", a line for each domain.
verdicts() { jq -r '.domains[] | "\(.name) \(.booted) \(.by // "-")"' "$VS_OUT"; }

# Prints what must not change: the export with the times, owners and sizes of its files, and
# everything that libvirt has.
state_of_all()
{
    find "$1" -printf '%P %y %m %u %g %s %T@ %C@ %i\n' | sort
    find "$1" -type f -exec sha1sum {} + | sort
    live_virsh list --all --uuid --name
    others 2>&1
    find "$LIVE_ROOT/etc" -type f | sort
}

# nothing_left: checks that there is no throw-away file, record or domain, and no QEMU that has one
# of the export's files open.
nothing_left()
{
    [ -z "$(ls -A "$scratch")" ] || live_die "left: $(ls -R "$scratch")" || return 1
    [ -z "$(ls "$VIRTSNAP_STATE_DIR"/verify/*.verify 2>/dev/null)" ] ||
        live_die "a record is left" || return 1
    ! live_virsh list --all --name | grep -F virtsnap-verify || return 1
    ! pgrep -f "$d/.*virtsnap-verify" >/dev/null || live_die "a QEMU is left"
}

# --- a network and a pool, of which a check that touches them would be seen
others() { live_virsh_all "net-list --all; pool-list --all"; }
drivers=(/usr/lib/*/libvirt/connection-driver/libvirt_driver_{network,storage}.so)
if live_libvirtd_possible && ls "${drivers[@]}" >/dev/null; then
    mkdir "$d/pool"
    echo "<network><name>lan</name></network>" >"$d/lan.xml"
    check "there are a network and a pool" live_virsh_all "net-define $d/lan.xml; \
pool-define-as disks dir --target $d/pool; pool-start disks"
    # How much room there is changes by itself.
    others()
    {
        live_virsh_all "net-list --all; net-dumpxml lan; pool-list --all; pool-dumpxml disks" |
            grep -v '<capacity \|<allocation \|<available '
    }
    like "$(others)" "lan +inactive.*<bridge .*disks +active.*<path>$d/pool" "a look shows both"
else
    skip "networks and pools" "no libvirtd of our own has them here"
fi

# --- a set of two, which does not run meanwhile: a layer on a base, and an internal snapshot
live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/a.qcow2"
cp "$d/base.qcow2" "$d/b.qcow2"
live_define a --disk "$d/a.qcow2"
live_domain_xml b --disk "$d/b.qcow2" >"$d/b.xml"
sed -i '/<channel/d; s|</devices>|<interface type="bridge"><source bridge="nowhere"/>\
<mac address="52:54:00:01:02:03"/><model type="virtio"/></interface></devices>|' "$d/b.xml"
check "a domain without an agent, on a bridge that is not here" live_virsh define "$d/b.xml"
vs -q collection-create-as shop --domain a --domain b
live_snapshot_external a s
live_snapshot_internal b s
check "export" vs_export shop s --to "$x"
good=$VS_EXPORT
before=$(state_of_all "$good")

check "what is trusted by nobody is refused by name" vs_refused 32769 "devices/serial" \
    verify "$good" --boot --scratch "$scratch"
is "$(cat "$VS_ERR")" "" "once"
check "before anything starts" nothing_left

# --- killed in the middle
boot "$good" --timeout 900 --expect 'no such words' &
pid=$!
live_wait "a domain is tried" pgrep -f "guest=virtsnap-verify.*$d/" >/dev/null
kill -9 "$(pgrep -f "virtsnap.*verify --boot.*$good" | head -n 1)"
wait $pid
check "a check that was killed has left something" eval '[ -n "$(ls -A "$scratch")" ]'

# --- both boot
check "the next one" boot "$good" --timeout 600 --expect '^virtsnap-guest: ready'
like "$(vs_field '.warnings | join(" ")')" "earlier check was interrupted.*domains: 2" "says so"
is "$(verdicts | sort)" $'a true agent\nb true console' "one by its agent, one by its console" ||
    cat "$VS_OUT"
is "$(vs_field '.ok, .problems == [], (.domains | map(.seconds | type) | unique[0])')" \
    $'true\ntrue\nnumber' "the result says so"
check "nothing is left of both" nothing_left
is "$(state_of_all "$good")" "$before" "the export and the host are as they were"

# --- what does not boot
check_fails "a pattern that is not shown" boot "$good" --timeout 1 --expect 'no such words'
is "$(verdicts | grep '^b')" "b false -" "is not made up for by time"
like "$(vs_field '.domains[] | select(.name == "b") | .why')" "no such words" \
    "and it says so"
is "$(vs_field .ok)" false "the result is no success"
check "nothing is left of it either" nothing_left

# --- guests that are damaged inside: the digests are right
cp "$d/base.qcow2" "$d/c.qcow2"
qemu-io -f qcow2 -c 'write -z 0 1M' "$d/c.qcow2" >/dev/null
live_domain_xml c --disk "$d/c.qcow2" | sed '/<channel/d' >"$d/c.xml"
live_virsh define "$d/c.xml"
live_snapshot_external c s
check "export of a guest whose file system is damaged" vs_export --domain c s --to "$x"
check "which verify alone finds nothing wrong with" vs -q verify "$VS_EXPORT"
check_fails "it does not come up" boot "$VS_EXPORT" --timeout 15 --expect 'ready, disks: /disk/vda'
is "$(verdicts)" "c false -" "and is said not to"
vs verify --boot --scratch "$scratch" "$VS_EXPORT" "${TRUST[@]}" --timeout 1 --expect 'no such' \
    >"$d/text" 2>&1
is "$?" 1 "the status is 1"
like "$(<"$d/text")" "c: does not boot" "and people are told"
live_overlay "$d/base.qcow2" "$d/e.qcow2"
live_domain_xml e --disk "$d/e.qcow2" |
    sed "s|mitigations=off|& rdinit=/nothing root=/dev/vda|" >"$d/e.xml"
live_virsh define "$d/e.xml"
live_snapshot_external e s
check "export of a guest that panics" vs_export --domain e s --to "$x"
check_fails "it does not boot" boot "$VS_EXPORT" --timeout 600
like "$(vs_field ".domains[0] | .name, .booted, .why" | paste -sd " ")" \
    "^e false it was reset.*console ends with" \
    "but was reset, and its last words are told"

# --- files that are not as they should be are not started
cp -a "$good" "$x/bad"
chmod u+w "$x"/bad/layers/base-*
printf x | dd of="$(ls "$x"/bad/layers/base-*)" bs=1 seek=300000 conv=notrunc status=none
check_fails "an export that is damaged" boot "$x/bad"
is "$(vs_field '.ok, (.problems | length > 0), .domains == []')" $'false\ntrue\ntrue' \
    "is said to be, and nothing of it is started"
check "nothing was begun" nothing_left

# --- ten at once, with memory for four
ten=
for i in {0..9}; do
    live_overlay "$d/base.qcow2" "$d/m$i.qcow2"
    LIVE_BOOT=none live_domain_xml "m$i" --disk "$d/m$i.qcow2" >"$d/m$i.xml"
    ten+="define $d/m$i.xml; snapshot-create-as m$i s --disk-only; "
done
live_virsh_all "$ten" >/dev/null
check "export of ten" vs_export $(printf -- '--domain m%d ' {0..9}) s --to "$x"
check_fails "one that needs more than all may have" boot "$VS_EXPORT" --memory 128M
like "$(vs_field .error.message)" "m0.*--memory" "is refused by name"
boot "$VS_EXPORT" --timeout 2 --memory 800M &
pid=$!
most=0
while kill -0 $pid 2>/dev/null; do
    now=$(pgrep -fc "guest=virtsnap-verify.*$d/")
    [ "$now" -le "$most" ] || most=$now
    sleep 0.1
done
check "ten, for which there is memory for four" wait $pid
is "$(verdicts | grep -c 'true time')" 10 "all of them run on, which is said after their time"
is "$(vs_field '[.domains[] | .seconds >= 2] | unique[0]')" true "and not sooner"
check "never more than four at once ($most)" eval '[ "$most" -le 4 ] && [ "$most" -ge 2 ]'
check "nothing is left of ten" nothing_left

# --- the same from a program
program()
{
    GI_TYPELIB_PATH=$abs_top_builddir LD_LIBRARY_PATH=$abs_top_builddir/.libs \
        timeout 900 /usr/bin/python3 - "$LIVE_URI" "$@" <<'END' 2>&1
import sys
import gi
gi.require_version("VirtSnap", "1.0")
from gi.repository import GLib, VirtSnap
uri, export, timeout, expect, *trust = sys.argv[1:]
service = VirtSnap.Service(uri=uri)
try:
    service.verify_boot(export, 0, None, None, None)
except GLib.Error as error:
    print(error.code)
result = service.verify_boot(export, int(timeout), expect or None, trust, None)
for one in result.get_domains():
    print(one.get_name(), one.get_booted(), one.get_by(), one.get_why())
print(result.get_ok(), result.dup_warnings())
END
}
if [ -e "$abs_top_builddir/VirtSnap-1.0.typelib" ] && /usr/bin/python3 -c 'import gi' 2>/dev/null
then
    check "export of two of them" vs_export --domain m0 --domain m1 s --to "$x/two"
    trusted "$VS_EXPORT"
    words=()
    for word in "${TRUST[@]}"; do [ "$word" = --trust ] || words+=("$word"); done
    is "$(program "$VS_EXPORT" 2 '' "${words[@]}")" \
        $'32769\nm0 True time None\nm1 True time None\nTrue []' "a program sees that they run, too"
    like "$(program "$VS_EXPORT" 1 'no such words' "${words[@]}")" \
        $'m0 False None [^\n]*no such words.*\nFalse' "and that they do not show what it waits for"
    check "and leaves nothing" nothing_left
else
    skip "from a program" "no introspection, or no python3-gi"
fi

# --- kinds of state: memory, which is not tried, firmware variables and a chain of twenty layers
live_overlay "$d/base.qcow2" "$d/u.qcow2"
live_define u --uefi --disk "$d/u.qcow2"
chain=
for i in {1..20}; do
    chain+="snapshot-create-as u c$i --disk-only --diskspec vda,file=$d/u-$i.qcow2; "
done
live_virsh_all "$chain" >/dev/null
check "one has a memory state" eval 'live_virsh start u --paused &&
    live_snapshot_external u s --memspec "$d/u.memory" && live_destroy u'
check "its export" vs_export --domain u s --to "$x"
before=$(state_of_all "$VS_EXPORT")
is "$(vs_field '.layers')" 22 "with all its layers"
check "it boots" boot "$VS_EXPORT" --timeout 900 --expect '^virtsnap-guest: ready'
is "$(vs_field '[.domains[].booted] | unique == [true]')" true "and is said to"
like "$(vs_field '.warnings | join(" ")')" "'u': its memory state is not tried" "from its disk"
is "$(state_of_all "$VS_EXPORT")" "$before" "the export is as it was"
check "nothing is left of it" nothing_left

done_testing
