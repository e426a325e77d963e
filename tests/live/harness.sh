#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The harness of the live tests does what those tests take for granted.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
live_requires

processors=$(live_processors)
LIVE_PIN=yes
check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
is "$(live_processors | wc -l)" 1 "what opens it stays on one processor"
d=$LIVE_DIR

# --- a guest that writes, and what a snapshot freezes
live_disk "$d/base.qcow2"
live_disk "$d/data.raw"
live_overlay "$d/base.qcow2" "$d/a.qcow2"
live_overlay "$d/base.qcow2" "$d/b.qcow2"
check "two domains on one base" eval '
    live_define a --disk "$d/a.qcow2" --disk "$d/data.raw" && live_define b --disk "$d/b.qcow2"'
check "both guests boot and write" live_boot a b || bail_out "no guests"
guests_are_free()
{
    local pid
    for pid in $(pgrep -f "qemu-system.*$d/"); do
        [ "$(live_processors "$pid")" = "$processors" ] || return 1
        seen=$((${seen:-0} + 1))
    done
    [ "$seen" = 2 ]
}
check "guests have all processors" guests_are_free
check "the counter grows" live_wait_counter a +5
check "the agent answers" live_wait_agent a
before=$(live_counter a)
check "external snapshot of a running domain" live_snapshot_external a snap1
check "the guest writes on" live_wait_counter a +5
frozen=$(live_counter_of "$d/a.qcow2")
after=$(live_counter a)
check "the frozen layer holds a number from before ($before <= $frozen < $after)" \
    [ "$before" -le "$frozen" -a "$frozen" -lt "$after" ]
is "$(live_counter_of "$d/a.qcow2")" "$frozen" "and keeps it"
check "one instant: ring and counter agree" live_consistent "$d/a.qcow2"
other=$(live_counter_of "$d/data.raw")
check "the second disk is of that instant ($frozen, $other)" \
    [ $((frozen - other)) -ge 0 -a $((frozen - other)) -le 1 ]
is "$(live_counter_of "$d/base.qcow2")" 0 "the shared base was never written"
check "quiesced snapshot, through the agent" live_snapshot_external a snap2 --quiesce
check "the guest is thawed again" live_wait_counter a +3
check "snapshot with memory" live_snapshot_external b snap1 --memspec "$d/b.mem"
check "the memory is in its file" [ -s "$d/b.mem" ]
check "orderly shutdown by the power button" live_shutdown a
is "$(live_counter_of "$d/a.snap2")" "$(live_counter a)" "what the guest said last is on its disk"
check "snapshot of a domain that is off" live_snapshot_external a snap3
check "the plug is pulled" live_destroy b

# --- internal snapshots
live_disk "$d/i.qcow2"
LIVE_BOOT=none
check "domain for internal snapshots" live_define i --disk "$d/i.qcow2"
check "internal snapshot, off" live_snapshot_internal i off
check "it starts" live_start i
check "internal snapshot, running" live_snapshot_internal i on
like "$(qemu-img snapshot -U -l "$d/i.qcow2")" 'off.*on' "both are in the image"
live_destroy i

# --- kinds of domains: that they boot show kinds.sh and verify-boot.sh
truncate -s 1440K "$d/floppy.img"
truncate -s 1M "$d/cd.iso"
live_disk "$d/u.qcow2"
live_disk "$d/ro.raw"
live_disk "$d/no.qcow2"
check "UEFI with NVRAM" live_define uefi --uefi --disk "$d/u.qcow2" --cdrom ''
check "drives of every kind" live_define drives --readonly "$d/ro.raw" \
    --no-snapshot "$d/no.qcow2" --cdrom "$d/cd.iso" --cdrom '' --floppy "$d/floppy.img" --floppy ''
check "no disks at all" live_define bare
check "all of them start" eval 'live_start uefi && live_start drives && live_start bare'
check "the NVRAM has its file" [ -s "$d/nvram/uefi_VARS.fd" ]
live_destroy uefi
live_destroy drives
live_destroy bare
check_fails "an unknown kind of drive is refused" live_define x --tape "$d/u.qcow2"

names=('-d' '--domain x' '.dot' " a \"q\" & <t> it's \\ ;#" 'ñandú 日本')
for name in "${names[@]}"; do
    # One of them boots; the others have the same disks and firmware.
    [ "$name" != "${names[3]}" ] || LIVE_BOOT=
    live_disk "$d/$name=1,&<'.qcow2"
    check "defines: $name" live_define "$name" --disk "$d/$name=1,&<'.qcow2"
    check "starts: $name" live_start "$name"
    LIVE_BOOT=none
done
LIVE_BOOT=
check "a domain with a strange name boots" live_wait_boot "${names[3]}"
for name in "${names[@]}"; do
    check "snapshot: $name" live_snapshot_external "$name" "s & $name"
    check "its counter: $name" live_counter_of "$d/$name=1,&<'.qcow2"
done

# --- nothing stays
like "$(live_processes)" '[0-9]' "domains run"
check "cleanup" live_cleanup
is "$(live_processes)" '' "nothing runs any more"

# --- what happens at system calls
if can_inject; then
    # injected STATUS INJECTION: checks how a shell ends that does three things, and that it does
    # what comes before the one that INJECTION is about.
    injected()
    {
        local status=0
        rm -rf "$TEST_DIR"/made*
        "$abs_top_builddir/tests/inject" "$2" sh -c 'cd "$0" && mkdir made1 && mkdir made2' \
            "$TEST_DIR" 2>/dev/null || status=$?
        is "$status $(cd "$TEST_DIR" && echo made*)" "$1" "$2"
    }
    injected "0 made1 made2" "mkdir:signal=KILL:when=2"
    injected "137 made*" "chdir:signal=KILL:when=1"
    injected "0 made1 made2" "libvirt:signal=KILL:when=1"
    injected "1 made*" "mkdir:error=ENOSPC:when=1"
    injected "2 made*" "chdir:error=EIO:when=1+"
    injected "2 made*" "mkdir:error=ENOTHING:when=1"
    injected "2 made*" "mkdirr:error=EIO:when=1"
    injected "2 made*" "mkdir:error=EIO"
fi

# --- a daemon
if ! live_libvirtd_possible; then
    skip "libvirtd of our own" "needs root, namespaces and libvirtd"
    done_testing
fi
check "libvirtd of our own" live_libvirtd_setup || bail_out "no libvirtd"
live_disk "$LIVE_DIR/a.qcow2"
LIVE_BOOT=none live_define a --disk "$LIVE_DIR/a.qcow2"
check "starts under libvirtd" live_start a || bail_out "no domain"
is "$(talk_begin uri && talk uri)" "$LIVE_URI" "one virsh stays"
check_fails "a command that fails there is told from others" live_virsh domstate nobody
is "$(live_virsh domstate nobody 2>&1)" "error: failed to get domain 'nobody'" "with its words"
live_virsh desc a --config $'a\ttab;\n"it'\''s" \\ new' >/dev/null
is "$(live_virsh desc a --config)" $'a\ttab;\n"it'\''s" \\ new' "keys, too"
live_virsh dumpxml a --inactive >"$LIVE_DIR/a.xml"
check "relative paths are those of who asks" eval '(cd "$LIVE_DIR" && live_virsh define a.xml)'
at_once() { for _ in {1..5}; do live_virsh uri & done; wait; }
is "$(at_once | sort | uniq -c | xargs)" "5 $LIVE_URI" "several ask at once"
qemu=$(live_inside pgrep -f guest=a,)
check "libvirtd is killed" live_libvirtd_stop KILL
check_fails "nobody answers" live_virsh uri
is "$(live_inside pgrep -f guest=a,)" "$qemu" "the domain runs on"
check "libvirtd starts again" live_libvirtd_start
is "$(live_virsh domstate a) $(live_inside pgrep -f guest=a,)" "running $qemu" \
    "and finds its domain"
check "cleanup" live_cleanup
is "$(grep -c "$LIVE_DIR" /proc/mounts)" 0 "no mount stays"

done_testing
