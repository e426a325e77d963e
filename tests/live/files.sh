#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What a domain needs beside its disks, and images of unusual state. No guest runs.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"

# domain NAME OS-XML DEVICES-XML: defines a domain with a disk NAME.qcow2 (or DISK) and makes its
# snapshot s1.
domain()
{
    local disk=${DISK:-$d/$1.qcow2}
    [ -e "$disk" ] || qemu-img create -q -f qcow2 "$disk" 4M
    {
        printf '<domain type="qemu"><name>%s</name><memory unit="MiB">192</memory>' "$1"
        printf '<maxMemory slots="4" unit="MiB">1024</maxMemory><cpu><numa>'
        printf '<cell id="0" cpus="0" memory="128" unit="MiB"/></numa></cpu>'
        printf '<os><type arch="x86_64" machine="q35">hvm</type>%s</os>' "$2"
        printf '<features><acpi/></features><devices>'
        live_drive disk vda virtio "$disk"
        printf '%s</devices></domain>' "$3"
    } >"$d/domain.xml"
    live_virsh define --file "$d/domain.xml" &&
        live_snapshot_external "$1" s1 --diskspec "vda,file=$d/$1.over"
}

# roles EXPORT: prints the roles of the files that are neither layers nor XML documents of libvirt
# or virtsnap.
roles()
{
    vs export-info "$1" --json | jq -r '[.files[] | select(.role | IN("nvram", "loader", "kernel",
        "initrd", "dtb", "nvdimm")) | .role + "=" + (.path | split("/") | last)] | sort
        | join(" ")'
}

code="<loader readonly='yes' type='pflash'>$LIVE_FIRMWARE</loader>"
head -c 100000 /dev/urandom >"$d/vars"

# --- the firmware's variables
check "variables on a device" domain block \
    "$code<nvram type='block'><source dev='$d/vars.dev'/></nvram>" ''
ln -s vars "$d/vars.dev"
check "exported" vs_export --domain block s1 --to "$x"
check "they are in it" cmp "$d/vars" "$VS_EXPORT/domains/block/nvram.fd"
check "and sound" vs_sound "$VS_EXPORT"

cp "$LIVE_FIRMWARE" "$d/own.fd"
check "firmware that is written to" domain own \
    "<loader readonly='no' type='pflash'>$d/own.fd</loader>" ''
check "exported" vs_export --domain own s1 --to "$x"
check "it is in it" cmp "$d/own.fd" "$VS_EXPORT/domains/own/loader.fd"
is "$(roles "$VS_EXPORT")" "loader=loader.fd" "with a role of its own"
check "and sound" vs_sound "$VS_EXPORT"
live_virsh undefine own --snapshots-metadata
mv "$d/own.fd" "$d/was.fd"
check "imported where the original is gone" vs -q import "$VS_EXPORT" --to "$d/back"
loader=$(live_virsh dumpxml own | sed -n "s/.*<loader[^>]*>\(.*\)<.*/\1/p")
like "$loader" "^$d/back/" "it has its own from the export"
check "which is the same" cmp "$d/was.fd" "$loader"

check "never started" domain new \
    "$code<nvram template='$LIVE_FIRMWARE_VARS'>$d/new_VARS.fd</nvram>" ''
check "exported" vs_export --domain new s1 --to "$x"
like "$(vs_field '.warnings[]')" "'new'.*no firmware variables.*new_VARS.fd.*deleted" \
    "a warning says so"
check "and sound" vs_sound "$VS_EXPORT"
check "the configuration alone" vs_export --domain new s1 --to "$x/conf" --no-storage
like "$(vs_field '.warnings[]')" "no firmware variables" "the same warning"

qemu-img create -q -f qcow2 -b "$d/block.qcow2" -F qcow2 "$d/on-top.fd"
check "variables that are an overlay" domain ontop \
    "$code<nvram format='qcow2'>$d/on-top.fd</nvram>" '' || true
if live_virsh dominfo ontop >/dev/null 2>&1 &&
    live_virsh dumpxml ontop | grep -q 'nvram.*qcow2'; then
    check "are refused, with a way out" vs_refused 1 "on-top.fd.*--exclude 'ontop:nvram'" \
        export --domain ontop s1 --to "$x"
    check "which is one" vs_export --domain ontop s1 --to "$x" --exclude ontop:nvram
    like "$(vs_field '.warnings[]')" "left out as asked" "and told"
fi

# --- what it starts from, and memory that is a file
echo kernel >"$d/vmlinuz"
echo initrd >"$d/initrd"
truncate -s 64M "$d/nvdimm"
echo pmem | dd of="$d/nvdimm" conv=notrunc status=none
touch -d '1 hour ago' "$d/nvdimm" "$d/vmlinuz" "$d/initrd"
check "a kernel of its own, and an NVDIMM" domain f \
    "<kernel>$d/vmlinuz</kernel><initrd>$d/initrd</initrd>" \
    "<memory model='nvdimm'><source><path>$d/nvdimm</path></source><target>
     <size unit='MiB'>64</size><node>0</node></target></memory>
     <shmem name='between'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>"
check "exported" vs_export --domain f s1 --to "$x"
is "$(roles "$VS_EXPORT")" "initrd=initrd kernel=kernel nvdimm=nvdimm-0" "each has its role"
check "the kernel" cmp "$d/vmlinuz" "$VS_EXPORT/domains/f/kernel"
check "the initrd" cmp "$d/initrd" "$VS_EXPORT/domains/f/initrd"
check "the NVDIMM" cmp "$d/nvdimm" "$VS_EXPORT/domains/f/nvdimm-0"
is "$(vs_field '.warnings | length')" 1 "one warning"
like "$(vs_field '.warnings[]')" "'f'.*'between' \(<shmem>\)" "of what stays behind"
check "and sound" vs_sound "$VS_EXPORT"
mkdir "$d/new"
check "imported" vs -q import "$VS_EXPORT" --to "$d/new" --suffix .new --new-uuid \
    --trust f:devices/memory --trust f:devices/shmem
like "$(live_virsh dumpxml f.new)" "<path>$d/new/.*/domains/f.new/nvdimm-0</path>" \
    "it has its own NVDIMM"
check "variables that it has not cannot be left out" vs_refused 4 "nvram" \
    export --domain f s1 --to "$x/never" --exclude f:nvram
rm "$d/initrd"
check "one that is gone" vs_export --domain f s1 --to "$x/gone"
like "$(vs_field '.warnings[]')" "initrd.*cannot be found" "is told"

# --- sizes that are not whole sectors
truncate -s 1000000 "$d/odd.raw"
qemu-io -f raw -c 'write -q -P 5 999424 512' "$d/odd.raw" 2>/dev/null
truncate -s 1000000 "$d/odd.raw"
qemu-img create -q -f qcow2 "$d/odd.qcow2" 1M
qemu-io -c 'write -q -P 6 0 1M' "$d/odd.qcow2"
printf '\0\0\0\0\0\x0f\x42\x41' | dd of="$d/odd.qcow2" bs=1 seek=24 conv=notrunc status=none
for kind in raw qcow2; do
    check "a disk of odd size, $kind" eval 'DISK=$d/odd.$kind domain odd-$kind "" ""'
    for way in "" --merge --compress=zstd "--merge --compress=zstd"; do
        # shellcheck disable=SC2086
        check "exported ${way:-as it is}" \
            vs_export --domain odd-$kind s1 --to "$x/odd${way// /}" $way
        check "and sound" vs_sound "$VS_EXPORT"
        check "the same disk" \
            vs_same_disk "$d/odd.$kind" $kind "$(vs_layer "$VS_EXPORT" odd-$kind vda)"
    done
done

# --- disks that are asked for
qemu-img create -q -f raw "$d/ro.raw" 1M
qemu-io -f raw -c 'write -q -P 7 0 1M' "$d/ro.raw"
cp "$d/ro.raw" "$d/apart.raw"
qemu-img create -q -f qcow2 "$d/inc.qcow2" 1M
check "a read-only disk and one without a snapshot" eval '
    live_define inc --disk "$d/inc.qcow2" --readonly "$d/ro.raw" --no-snapshot "$d/apart.raw" &&
    live_snapshot_external inc s1 --diskspec "vda,file=$d/inc.over"'
check "not asked for" vs_export --domain inc s1 --to "$x/not"
is "$(vs_recorded "$VS_EXPORT" inc vdb) $(vs_recorded "$VS_EXPORT" inc vdc)" \
    "read-only no-snapshot" "they are recorded"
like "$(vs_field '.warnings[]')" "'vdc'.*apart.raw.*no part" "the one that is written to is missed"
check "asked for" vs_export --domain inc s1 --to "$x/asked" --include inc:vdb --include inc:vdc
for target in vdb vdc; do
    check "$target is there" cmp "$d/ro.raw" "$(vs_layer "$VS_EXPORT" inc $target)"
done
like "$(vs_field '.warnings[]')" "'vdc'.*as it is now" "of the one it is said that it is not old"
check "and sound" vs_sound "$VS_EXPORT"
check "one that is not there is an error" vs_refused 4 "include.*vdz" \
    export --domain inc s1 --to "$x/never" --include inc:vdz
check "left out on purpose" vs_export --domain inc s1 --to "$x/out" --exclude inc:vdc
check_fails "it is not missed" grep -q apart.raw <(vs_field '.warnings[]')

# --- an image that was not closed
qemu-img create -q -f qcow2 -o lazy_refcounts=on "$d/dirty.qcow2" 8M
qemu-io -c 'write -q -P 1 0 2M' -c abort "$d/dirty.qcow2" >/dev/null 2>&1
check "an image that was not closed" domain dirty '' ''
check "exported" vs_export --domain dirty s1 --to "$x"
like "$(vs_field '.warnings[]')" "dirty.qcow2.*not closed cleanly" "is warned of"
check "it is complete" vs verify "$VS_EXPORT"
check_fails "looked at by QEMU" eval 'vs verify --deep "$VS_EXPORT" >"$d/said" 2>&1'
check "it is not closed cleanly" grep -q 'not closed cleanly' "$d/said"
check_fails "not damaged" grep -q 'is damaged' "$d/said"
check "QEMU's lines are lines" eval '[ "$(grep -c "ERROR cluster" "$d/said")" -gt 1 ]'
check "merged, it needs no repair" vs_export --domain dirty s1 --to "$x/whole" --merge
check "and is sound" vs_sound "$VS_EXPORT"

done_testing
