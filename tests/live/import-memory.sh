#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Every snapshot of a tree that has a memory state has it after the import as well. Nothing has to
# boot for that: firmware that finds nothing to start has a state, too.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
export LIVE_BOOT=none
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
to=$d/new
mkdir "$x" "$to"

qemu-img create -q -f qcow2 "$d/m.qcow2" 4M
live_define m --disk "$d/m.qcow2"
check "a domain runs" live_start m || bail_out "no domain"
for n in 1 2; do
    check "a snapshot with memory" live_snapshot_external m s$n --memspec "$d/m.s$n.memory"
done
check "one of its disks" live_snapshot_external m s3
check "export of the second" vs_export --domain m s2 --to "$x" --snapshots all
export=$VS_EXPORT
echo '<exportsettings><memory>no</memory><snapshots>all</snapshots></exportsettings>' >"$d/settings"
check "export without memory" vs_export --domain m s2 --to "$x/without" --settings "$d/settings"
without=$VS_EXPORT
lose m
rm "$d"/m.*

# A snapshot whose last disk libvirt leaves to the storage is of the kind "manual".
qemu-img create -q -f qcow2 "$d/o.qcow2" 4M
qemu-img create -q -f qcow2 "$d/p.qcow2" 4M
live_define o --disk "$d/o.qcow2" --disk "$d/p.qcow2"
check "another domain runs" live_start o
check "a snapshot with memory, whose last disk the storage takes" live_snapshot_external o man \
    --memspec "$d/o.memory" --diskspec vda,snapshot=external --diskspec vdb,snapshot=manual
live_destroy o
# Its snapshot knows its old name only.
check "it gets another name" live_virsh domrename o q
check "export" vs_export --domain q man --to "$x" --snapshots all --exclude q:vdb
like "$(vs_field '.warnings[]')" "it was called 'o' when" "the name is told of"
check "the export is good" vs -q verify "$VS_EXPORT"
manual=$VS_EXPORT
check "it has the memory" grep -q '"domains/q/memory.save" role="memory"' "$manual/manifest.xml"
lose q
rm "$d"/[op].*

# memory_of SNAPSHOT: prints where libvirt has its memory state.
memory_of()
{
    live_virsh snapshot-dumpxml m "$1" |
        sed -n "s/^  <memory snapshot='external' file='\(.*\)'.*/\1/p"
}

# as_exported FILE EXPORTED: checks that only what describes the domain is another one.
as_exported()
{
    local from=65536
    [ "$(stat -c %s "$1")" -eq "$(stat -c %s "$2")" ] && cmp -i $from "$1" "$2"
}

check "import of all" vs_import "$export" --to "$to" --with-snapshots
place=$to/m/s2/domains/m
is "$(vs_field '.warnings | length')" 0 "nothing is missing"
is "$(memory_of s1)" "$place/snapshots/s1.save" "the first one has its memory"
is "$(memory_of s2)" "$place/memory.save" "so has the exported one"
is "$(live_virsh snapshot-info m s1 | awk '/^State/ { print $2 }')" running \
    "it is one of a running guest"
check "it is as it was exported" as_exported "$place/snapshots/s1.save" \
    "$export/domains/m/snapshots/s1.save"
like "$(live_virsh save-image-dumpxml "$place/snapshots/s1.save")" \
    "<source file='$to/m/s2/layers/m-[0-9a-f]*.qcow2'" "it goes on with the image that it had"
live_virsh managedsave-remove m >/dev/null
check "the domain starts from it" live_virsh restore "$place/snapshots/s1.save" --running
is "$(live_virsh domstate m)" running "and runs"
live_destroy m
forget m

check "new addresses do not go with it" eval 'trusted "$export"
    vs_refused 1 "MAC addresses" import "$export" --to "$to" --with-snapshots --mac new \
        "${TRUST[@]}"'
check "import of an export without memory" vs_import "$without" --to "$to" --with-snapshots
for n in 1 2; do
    like "$(vs_field '.warnings[]')" "'s$n' comes to be without its memory" "s$n is told of"
done
forget m

# Without the disk that the storage took there is no going on.
check "import without a disk" vs_import "$manual" --to "$to" --with-snapshots
like "$(vs_field '.warnings[]')" "memory state of the snapshot 'man' is left out.*'vdb'" \
    "what is left out is told of"
like "$(vs_field '.warnings[]')" "it is called 'o'" "so is its old name"
is "$(live_virsh snapshot-list q --name | xargs)" man "the snapshot is there"
is "$(live_virsh dominfo q | awk '/^Managed save/ { print $3 }')" no "the domain will boot"
forget q

# --- what is wrong with it is found before anything is there
chmod -R u+w "$export"
cp -a "$export" "$d/spoiled"
printf x | dd of="$d/spoiled/domains/m/snapshots/s1.save" bs=1 seek=100000 conv=notrunc status=none
check "a damaged one is not imported" eval 'trusted "$export"
    vs_refused 32802 "s1.save. is not what was exported" import "$d/spoiled" --to "$to" \
        --with-snapshots "${TRUST[@]}"'
check "nothing is left of that" imported_nothing "$to"
rm "$d/spoiled/domains/m/snapshots/s1.save"
sed -i '/s1.save/d' "$d/spoiled/manifest.xml"
check "a manifest that has it not is corrupt" vs_refused 32802 \
    "no 'domains/m/snapshots/s1.save'" import "$d/spoiled" --to "$to"

done_testing
