#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# A libvirtd that confines its domains by AppArmor, with the profiles that Debian installs: what
# virtsnap does with such domains, and how it explains what they are denied.
. "$abs_top_srcdir/tests/machine/lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
. "$abs_top_srcdir/tests/live/sets-lib.sh"
requires apparmor_parser /usr/lib/libvirt/virt-aa-helper

grep -q apparmor /sys/kernel/security/lsm || bail_out "no AppArmor"
for profile in usr.lib.libvirt.virt-aa-helper usr.sbin.libvirtd; do
    check "the profile $profile" apparmor_parser -r "/etc/apparmor.d/$profile"
done
check "a libvirtd" machine_host || bail_out "no libvirtd"
vs_setup
export LIVE_BOOT=none
d=$LIVE_DIR
like "$(live_virsh capabilities)" "<model>apparmor</model>" "confines by AppArmor"
images=/var/lib/libvirt/images/test
mkdir -p -m 711 "$images" "$d/x"
at_exit rm -rf "$images"

live_disk "$d/base.qcow2"
chmod 644 "$d/base.qcow2"
cp "$d/base.qcow2" "$images/a.qcow2"
qemu-io -f qcow2 -c 'write -q -P 5 0 3M' "$images/a.qcow2"
live_define a --disk "$images/a.qcow2"
check "a domain starts" live_virsh start a --paused || bail_out "no guest"
profile=libvirt-$(live_virsh domuuid a | xargs)
like "$(cat "/proc/$(cat /run/libvirt/qemu/a.pid)/attr/current")" "^$profile .enforce" \
    "and is confined"


# --- snapshots and exports of one that runs
vs -q collection-create-as one --domain a
check "a set is made" vs_json snapshot-create-as one s1
check "and another" vs_json snapshot-create-as one s2
check "which is exported" vs_export one s2 --to "$d/x"
check "soundly" vs verify "$VS_EXPORT"
export=$VS_EXPORT
check "a live export" vs_export --domain a now --live --to "$d/x"
check "is sound" vs verify "$VS_EXPORT"
mkdir -m 711 "$d/scratch"
check "also with scratch files elsewhere" vs_export --domain a there --live --to "$d/x" \
    --scratch "$d/scratch"
left() { find "$d/scratch" /var/lib/libvirt/qemu -name '*virtsnap-*' -o -name '*.scratch'; }
is "$(left)" "" "nothing is left of that"

# --- removed
before=$(content_of "$images/a.s2")
check "what is below may not be written to while it runs" vs_refused 2 \
    "Permission denied.*under AppArmor libvirt before 12.1.*shut the domain down" \
    snapshot-delete one s2
is "$(top_of a)" "$images/a.s2" "the domain is where it was"
live_destroy a
check "as that says, it is removed when it is off" vs_json snapshot-delete one s2
is "$(top_of a) $(content_of "$(top_of a)")" "$images/a.s1 $before" "the disk is what it was"

# --- imported
lose a
vs -q collection-undefine one
mkdir -m 711 "$d/to"
check "import with a start" vs_import "$export" --to "$d/to" --start
profile=libvirt-$(live_virsh domuuid a | xargs)
like "$(cat "/proc/$(cat /run/libvirt/qemu/a.pid)/attr/current")" "^$profile .enforce" \
    "is confined"
live_destroy a
lose a
vs -q collection-undefine one
# Where a local rule denies what libvirt allows.
mkdir -p -m 711 "$d/denied" /etc/apparmor.d/local/abstractions
echo "deny $d/denied/** rw," >>/etc/apparmor.d/local/abstractions/libvirt-qemu
check "what AppArmor denies is explained" vs_refused 2 \
    "ermission denied.*AppArmor denies it .'journalctl -k -g apparmor'" \
    import "$export" --to "$d/denied" --start "${TRUST[@]}"
is "$(find "$d/denied" -type f)$(live_virsh list --all --name | xargs)" "" "and nothing is left"

done_testing
