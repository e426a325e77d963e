#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Kinds of domains, drives and snapshots, and names of every sort.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"

# --- drives of every kind, UEFI, no disks at all
truncate -s 1440K "$d/floppy.img"
truncate -s 1M "$d/cd.iso"
live_disk "$d/u.qcow2"
live_disk "$d/k.qcow2"
live_disk "$d/ro.raw"
live_disk "$d/no.qcow2"
live_define uefi --uefi --disk "$d/u.qcow2" --cdrom ''
live_define drives --disk "$d/k.qcow2" --readonly "$d/ro.raw" --no-snapshot "$d/no.qcow2" \
    --cdrom "$d/cd.iso" --cdrom ''
live_define bare
# Of two of them only the memory state is needed. It is not examined further, and no guest has to
# run for it.
check "two start" eval 'live_virsh start bare --paused && live_start uefi' || bail_out "no domains"
nvram=$d/nvram/uefi_VARS.fd
firmware_wrote()
{
    [ "$(stat -c %s "$nvram")" = "$(stat -Lc %s "$LIVE_FIRMWARE_VARS")" ] &&
        ! cmp -s "$nvram" "$LIVE_FIRMWARE_VARS"
}
check "the firmware of one writes its variables" live_wait "variables" firmware_wrote
check "which is enough" live_virsh suspend uefi
check "the third one boots, with drives of every kind" live_boot drives || bail_out "no guest"
check "snapshot with memory of the one without disks" \
    live_snapshot_external bare snap1 --memspec "$d/bare.mem"
# Otherwise their order cannot be determined, and an export warns about that.
second_is_over() { [ "$(date +%s)" -gt "$(stat -c %Y "$nvram")" ]; }
live_wait "the second of the variables is over" second_is_over
check "snapshot with memory, UEFI" live_snapshot_external uefi snap1 --memspec "$d/uefi.mem"
check "snapshot of disks" live_snapshot_external drives snap1

check "all three exported at once" \
    vs_export --domain uefi --domain drives --domain bare snap1 --to "$x/kinds"
kinds=$VS_EXPORT
check "the export is sound" vs_sound "$kinds"
check "the memory is in it" cmp "$d/uefi.mem" "$kinds/domains/uefi/memory.save"
check "the firmware's variables are in it" \
    cmp "$nvram" "$kinds/domains/uefi/nvram.fd"
check "the memory of the domain without disks" cmp "$d/bare.mem" "$kinds/domains/bare/memory.save"
is "$(vs export-info "$kinds" --json |
    jq -r '[.domains[] | .name, .snapshots[0].memory] | join(" ")')" \
    "bare true drives false uefi true" "the manifest tells who has memory"
targets=$(vs export-info "$kinds" --json | jq -r '.domains[] | select(.name == "drives")
    | .snapshots[0].disks[] | .target + "=" + (.recorded // "copied")' | sort | tr '\n' ' ')
like "$targets" 'vda=copied.*' "the disk is copied"
like "$targets" 'read-only' "the read-only one is recorded"
like "$targets" 'no-snapshot' "the one without snapshot is recorded"
like "$targets" 'empty' "the empty drive is recorded"
is "$(find "$kinds/layers" -type f | wc -l)" 2 "two layers, of the two disks"
is "$(vs_field '.warnings[1:] | join("; ")')" '' "no warning but one"
like "$(vs_field '.warnings[]')" "'drives'.*'vdc'.*no.qcow2.*--include" \
    "of the disk that is no part of the snapshot"
check "which cannot be had while it is written to" vs_refused 32774 "vdc.*running domain" \
    export --domain drives snap1 --to "$x/busy" --include drives:vdc
check "the read-only one can" vs_export --domain drives snap1 --to "$x/asked" \
    --include drives:vdb
check "it is the same" cmp "$d/ro.raw" "$(vs_layer "$VS_EXPORT" drives vdb)"
check "and sound" vs_sound "$VS_EXPORT"
check "without memory, as the settings say" eval '
    echo "<exportsettings><memory>no</memory></exportsettings>" >"$d/settings.xml" &&
    vs_export --domain uefi snap1 --to "$x/no-memory" --settings "$d/settings.xml"'
check_fails "there is none" test -e "$VS_EXPORT/domains/uefi/memory.save"
check "and it is sound" vs_sound "$VS_EXPORT"
check "the same in the form of CIM" eval '
    cat >"$d/cim.xml" <<END
<INSTANCE CLASSNAME="Msvm_CollectionSnapshotExportSettingData">
<PROPERTY NAME="CopyVmRuntimeInformation" TYPE="boolean"><VALUE>FALSE</VALUE></PROPERTY>
<PROPERTY NAME="BackupIntent" TYPE="uint16"><VALUE>2</VALUE></PROPERTY>
</INSTANCE>
END
    vs_export --domain uefi snap1 --to "$x/cim" --settings "$d/cim.xml"'
check_fails "no memory" test -e "$VS_EXPORT/domains/uefi/memory.save"
is "$(vs export-info "$VS_EXPORT" --json | jq -r '[.files[] | select(.flattened)] | length')" 1 \
    "and the disk is merged"
live_destroy drives
live_destroy uefi
live_destroy bare
is "$(live_counter_of "$d/ro.raw")" 0 "the read-only disk was not written to"

# From here on no guest reads or writes.
before=$(vs_sources)
check "the same when they are off" \
    vs_export --domain uefi --domain drives --domain bare snap1 --to "$x/off"
is "$(vs_sources)" "$before" "no source was touched"

touch "$nvram"
check "variables that changed since" vs_export --domain uefi snap1 --to "$x/newer"
like "$(vs_field '.warnings[]')" "'uefi'.*VARS.*changed after" "are warned of"

# A drive that may be written to is part of a snapshot, unless it is a floppy drive.
live_define floppy --disk "$d/no.qcow2" --floppy "$d/floppy.img" --floppy ''
check "snapshot of a domain with floppies" \
    live_snapshot_external floppy snap1 --diskspec fda,snapshot=no --diskspec fdb,snapshot=no
check "exported" vs_export --domain floppy snap1 --to "$x/floppy"
is "$(vs_recorded "$VS_EXPORT" floppy fda)" removable "the floppy is recorded"
is "$(vs_recorded "$VS_EXPORT" floppy fdb)" empty "the empty one too"
check "sound" vs_sound "$VS_EXPORT"

# --- names
live_disk "$d/any.qcow2" 16
n=0
for name in 'with space' "it's \"quoted\"" 'a&b<c>d' 'Größe-日本' '--help' '.hidden'; do
    n=$((n + 1))
    cp "$d/any.qcow2" "$d/$name.qcow2"
    check "domain: $name" live_define "$name" --disk "$d/$name.qcow2"
    check "snapshot of it" live_snapshot_external "$name" "snap of $name" \
        --diskspec "vda,file=$d/overlay-$n.qcow2"
    check "export of it" vs_export --domain="$name" --to "$x/names" -- "snap of $name"
    check "sound" vs_sound "$VS_EXPORT"
    check "the same disk" vs_same_disk "$d/$name.qcow2" qcow2 "$(vs_layer "$VS_EXPORT" "$name" vda)"
    check "merged" vs_export --domain="$name" --to "$x/merged" --merge -- "snap of $name"
    check "sound" vs_sound "$VS_EXPORT"
done
is "$(vs export-list "$x/names" --json | jq -r '.exports | length')" 6 "export-list finds them all"
check "by their names" grep -qx 'snap of .hidden' \
    <(vs export-list "$x/names" --json | jq -r '.exports[].snapshot')
is "$(find "$x/names" -mindepth 1 -maxdepth 1 -name '.*' | wc -l)" 0 "no directory is hidden"

done_testing
