#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# XML that a real libvirt has written passes the import's checks and fits the host that it comes
# from; XML from elsewhere is compared with this host. No guest boots.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
live_requires

check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
d=$LIVE_DIR
host=$abs_top_builddir/tests/live/host

live_disk "$d/a.qcow2"
live_define plain --disk "$d/a.qcow2"
live_disk "$d/u.qcow2"
live_define uefi --uefi --disk "$d/u.qcow2" --cdrom ''
ask() { "$host" "$LIVE_URI" "$@" >"$d/found"; }
check "the host is asked" ask

# The serial consoles of these guests are files of the host, which an export may not name.
is "$(grep ' gate ' "$d/found" | sort)" \
    "plain gate devices/console
plain gate devices/serial
uefi gate devices/console
uefi gate devices/serial" "all but that passes the gate"
is "$(grep -vE ' gate ' "$d/found")" "" "they fit to the host that they are on"

# --- what comes from elsewhere
machine=$(live_virsh dumpxml --domain plain | sed -n "s/.*machine='\([^']*\)'.*/\1/p")
live_virsh dumpxml --domain plain --inactive >"$d/plain.xml"
# change NAME SCRIPT: makes of the plain export one that another host could have made.
change() { sed "$2" "$d/plain.xml" >"$d/$1"; }
cpu='<cpu mode="custom" match="exact"><model fallback="forbid">no-such-model</model></cpu>'
change machine "s/$machine/${machine%-*}-99.9/"
change memory 's,<memory .*</memory>,<memory unit="TiB">900</memory>,'
change vcpu 's,<vcpu.*</vcpu>,<vcpu>4000</vcpu>,'
change emulator 's,<emulator>.*</emulator>,<emulator>/usr/libexec/qemu-kvm</emulator>,'
change newer "s,</features>,<ps2 state='off'/>&,"
change cpu "s,</features>,&$cpu,"
change video "s,<devices>,&<video><model type='gop'/></video>,"
check "they are compared" ask "$d"/{machine,memory,vcpu,emulator,newer,cpu,video}

# found NAME: prints what the comparison found.
found() { sed -n "s/^$1: //p" "$d/found"; }
like "$(found machine)" "machine '${machine%-*}-99.9'.*--force-host: uses '${machine%-*}-" \
    "a machine that is too new"
like "$(found memory)" "memory '900 TiB'" "more memory than there is"
like "$(found vcpu)" "vcpu '4000'.*at most" "more processors than the machine takes"
like "$(found emulator)" \
    "emulator '/usr/libexec/qemu-kvm'.*import: uses '/usr/bin/qemu-system-x86_64'" \
    "an emulator at another place is no obstacle"
like "$(found cpu)" "cpu 'no-such-model'.*--force-host: uses mode" "a processor that nobody knows"
like "$(found video)" "device 'video gop'" "a device that this QEMU has not"
version=$(virsh --version)
if [ "$(printf '%s\n10.7.0\n' "$version" | sort -V | head -n1)" = 10.7.0 ]; then
    is "$(found newer)" "" "libvirt $version knows all elements"
else
    like "$(found newer)" "libvirt 'ps2'.*10.7.0.*$version" \
        "an element that came with a later libvirt"
fi

done_testing
