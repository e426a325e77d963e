#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Live exports on a base when the domain was changed between: its disks, its snapshots, its
# definition, what libvirt knows of its checkpoints, its images. Each is right, by what the bitmap
# says or by comparing, and then says why. No guest has to run.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/bitmap-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"

begin_nights
qemu-img create -q -f qcow2 "$d/a.qcow2" 64M
qemu-io -f qcow2 -c "write -q -P 6 0 3M" -c "write -q -P 9 40M 2M" "$d/a.qcow2"
# Nearly equal: what differs is not where a bitmap is tried.
for disk in a2 a3; do
    cp "$d/a.qcow2" "$d/$disk.qcow2"
    qemu-io -f qcow2 -c "write -q -P 250 1536k 64k" "$d/$disk.qcow2"
done
check "a domain" eval 'live_define a --disk "$d/a.qcow2" --disk "$d/a2.qcow2" && live_start a' ||
    bail_out "no domain"
check "a collection of it" vs -q collection-create-as night --domain a

settings=()
# tonight NAME [WARNINGS [PATTERN]]: a night is as a full one; it says of so many disks (0) that
# what has changed is not known, and why.
tonight()
{
    check "a night after that" night "$1" --base latest "${settings[@]}"
    is "$(warnings | awk -v why="${3-.}" '/not known/ { all++; if ($0 ~ why) so++ }
        END { print all + 0, so + 0 }')" "${2-0} ${2-0}" \
        "says of ${2-0} disks that it is not known what has changed, and why" || cat "$VS_OUT"
    check "it is as what the domain has" as_source
}
own() { checkpoints a | tr ' ' '\n' | grep '^virtsnap\.export' | tail -n 1; }
some_of() { guest a "$1" "$(paint $(some))" "$(paint $(some))" "write -q -z $(some)"; }

night first --base latest

# --- what no bitmap says, for no QEMU of the domain did it
# put_raw IMAGE OFFSET: writes to the image as a program does that knows no bitmaps.
put_raw()
{
    local at
    at=$(qemu-img map --output=json "$1" | jq "map(select(.data and .start <= $2 and
        .start + .length > $2))[0] | .offset + $2 - .start") &&
        printf other | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}
check "an image is overwritten by one that is nearly equal, another is written to" eval '
    live_destroy a && cp "$d/a2.qcow2" "$d/a.qcow2" && put_raw "$d/a2.qcow2" $((1664 * 1024)) &&
    live_start a'
tonight twin 2 "started anew"
qemu-img create -q -f qcow2 "$d/below.qcow2" 64M
qemu-io -f qcow2 -c "write -q -P 7 31M 64k" "$d/below.qcow2"
check "one gets another image below, one loses what it has at its end" eval 'live_destroy a &&
    qemu-img rebase -q -u -b "$d/below.qcow2" -F qcow2 "$d/a.qcow2" &&
    qemu-img resize -q --shrink "$d/a2.qcow2" 41M && qemu-img resize -q "$d/a2.qcow2" 64M &&
    live_start a'
tonight shrunk 2 "started anew"
check "what is below becomes its own" eval 'live_destroy a &&
    qemu-img rebase -q -b "" "$d/a.qcow2" && live_start a'
tonight rebased 2 "started anew"
check "a disk becomes smaller, and larger again, while the domain runs" eval '
    live_virsh blockresize a vda 41472K && live_virsh blockresize a vda 64M'
tonight smaller

# --- snapshots of other tools
check "a snapshot, merged again, with writes all along" eval '
    some_of 0 && live_virsh snapshot-create-as a s1 --disk-only --no-metadata \
        --diskspec vda,file="$d/a.s1" --diskspec vdb,snapshot=no && some_of 0 &&
    live_virsh blockcommit a vda --active --pivot --wait && some_of 0' || cat "$d/hmp"
check "a night after that" night merged --base latest
check "it is as what the domain has" as_source
check "what is on another file" eval 'live_virsh snapshot-create-as a s2 --disk-only --no-metadata \
    --diskspec vda,file="$d/a.s2" --diskspec vdb,snapshot=no && some_of 0 && some_of 1'
tonight other 1 "vda.*another file"
check "is merged when it is off, with what was there" eval 'some_of 0 && live_destroy a &&
    qemu-img commit -q "$d/a.s2" &&
    live_domain_xml a --disk "$d/a.qcow2" --disk "$d/a2.qcow2" |
        sed "s|<name>|<uuid>$(live_virsh domuuid a)</uuid>&|" >"$d/a.xml" &&
    live_virsh define "$d/a.xml" && live_start a && some_of 0'
tonight committed 2 "vda.*another file|vdb.*started anew"

# --- images
check "a copy is put back" eval 'some_of 0 && live_destroy a && cp "$d/a.qcow2" "$d/kept" &&
    live_start a && some_of 0 && live_destroy a && cp "$d/kept" "$d/a.qcow2" && live_start a'
tonight restored 2 "started anew"
check "a copy of before the base is put back" eval 'live_destroy a &&
    cp "$d/kept" "$d/a.qcow2" && live_start a && some_of 0'
tonight older 2 "vda.*gone, or was not kept|vdb.*started anew"
check "it is written to while the domain is off, and looks as it did" eval 'some_of 0 &&
    live_destroy a && touch -r "$d/a.qcow2" "$d/stamp" &&
    qemu-io -f qcow2 -c "$(paint 9M 64k)" "$d/a.qcow2" && touch -r "$d/stamp" "$d/a.qcow2" &&
    live_start a'
tonight offline 2 "started anew"

# --- disks
check "a disk is removed" eval 'live_destroy a && live_virsh detach-disk a vdb --config &&
    live_start a && some_of 0'
tonight without 1 "vda.*started anew"
check "it is written to, and back" eval 'live_destroy a &&
    qemu-io -f qcow2 -c "$(paint 9M 64k)" "$d/a2.qcow2" &&
    live_virsh attach-disk a "$d/a2.qcow2" vdb --subdriver qcow2 --config && live_start a &&
    some_of 0'
tonight back 1 "vda.*started anew"
check "its image is a disk of another name, and another is in its place" eval 'live_destroy a &&
    live_virsh detach-disk a vdb --config &&
    live_virsh attach-disk a "$d/a2.qcow2" vdc --subdriver qcow2 --config &&
    live_virsh attach-disk a "$d/a3.qcow2" vdb --subdriver qcow2 --config && live_start a &&
    some_of 0 && some_of 1'
tonight renamed 2 "vda.*started anew|vdb.*another file"
check "the two change names" eval 'live_virsh detach-disk a vdb --config &&
    live_virsh detach-disk a vdc --config && live_destroy a &&
    live_virsh attach-disk a "$d/a3.qcow2" vdc --subdriver qcow2 --config &&
    live_virsh attach-disk a "$d/a2.qcow2" vdb --subdriver qcow2 --config && live_start a &&
    some_of 0'
tonight exchanged 3 "vda.*started anew|another file"

# --- what libvirt knows
check "a checkpoint is forgotten, and known again" eval 'point=$(own) && some_of 0 &&
    live_virsh checkpoint-dumpxml a "$point" >"$d/point.xml" &&
    live_virsh checkpoint-delete a "$point" --metadata && some_of 0 &&
    live_virsh checkpoint-create a "$d/point.xml" --redefine && some_of 0'
tonight known
check "a checkpoint is deleted, and made anew of its own description" eval 'point=$(own) &&
    live_virsh checkpoint-dumpxml a "$point" >"$d/point.xml" && some_of 0 &&
    live_virsh checkpoint-delete a "$point" && live_virsh checkpoint-create a "$d/point.xml"'
tonight anew 3 "was made anew"
check "a checkpoint is forgotten" eval 'some_of 0 &&
    live_virsh checkpoint-delete a "$(own)" --metadata'
tonight forgotten 3 "no checkpoint"
check "the domain is undefined, and defined again" eval 'some_of 0 &&
    live_virsh dumpxml a --inactive >"$d/a.xml" && live_destroy a &&
    live_virsh undefine a --checkpoints-metadata && live_virsh define "$d/a.xml" && live_start a &&
    some_of 0'
tonight defined 3 "no checkpoint"
check "libvirtd is restarted" eval 'some_of 0 && live_libvirtd_stop KILL && live_libvirtd_start'
tonight again

# --- a base of which nothing says that it is what it was
echo '<exportsettings><digest>no</digest></exportsettings>' >"$d/plain.xml"
settings=(--settings "$d/plain.xml")
some_of 0
tonight plain
check "its files may have been written to" chmod u+w "$x"/night/plain/layers/*
some_of 0
tonight writable 1 "vda.*without digests"
settings=()

# --- memory that was saved
check "the domain is saved and restored" eval 'some_of 0 && live_virsh save a "$d/saved" &&
    live_virsh restore "$d/saved" && some_of 0'
check "a night after that" night saved --base latest
check "it is as a full one" as_full

# --- the domain is lost, and comes back from an export
# lose DIRECTORY: it, its disks and its collection go, and the last export is imported.
lose()
{
    local image
    ! live_off a && { live_destroy a || return 1; }
    for image in $(live_virsh domblklist a | awk '/\// { print $2 }'); do
        mv "$image" "$image.lost" || return 1
    done
    mkdir "$1" && live_virsh undefine a --checkpoints-metadata &&
        vs -q collection-undefine night && vs_import "$VS_EXPORT" --to "$1"
}
check "it is imported" eval 'some_of 0 && lose "$d/back"' || cat "$VS_OUT" "$VS_ERR"
check "and runs" eval 'live_start a && some_of 0'
tonight imported 3 "another file"
check "it is imported once more, and written to while it is shut off" eval 'some_of 0 &&
    lose "$d/again" && qemu-io -f qcow2 -c "$(paint 9M 64k)" "$(image_of a vda)"'
check "a night after that" night stayed --base latest
check "it is as a full one" as_full

# --- no domain that is defined, and a block device
losetup -f >/dev/null 2>&1 || { skip "a block device" "no loop devices here"; done_testing; }
vs -q collection-create-as other --domain t
other() { vs_export other "$@" --live=crash --scratch "$s" --to "$x"; }
check "a transient domain, on a qcow2 image and a block device" eval '
    qemu-img create -q -f qcow2 "$d/t.qcow2" 64M && qemu-img create -q -f raw "$d/t.img" 64M &&
    loop=$(losetup -f --show "$d/t.img") && at_exit losetup -d "$loop" &&
    live_domain_xml t --disk "$d/t.qcow2" --disk "$loop" |
        sed "s|</name>|&<uuid>$(cat /proc/sys/kernel/random/uuid)</uuid>|" >"$d/t.xml" &&
    live_virsh create "$d/t.xml"'
t_some() { guest t "$1" "$(paint $(some))" "$(paint $(some))" "write -q -z $(some)"; }
check "something is written" eval 't_some 0 && t_some 1'
check "a first night" other one --reference-point one
like "$(warnings)" "'t'.*'vdb' cannot be followed" "says what cannot be followed"
check "something is written" eval 't_some 0 && t_some 1'
check "the next" other two --base latest --strict
is "$(warnings)" "" "does not say so every night"
check "it is as what the domain has" as_source
check "it ends, and is there again" eval 'live_destroy t && live_virsh create "$d/t.xml" &&
    t_some 0 && t_some 1'
check "a strict night is refused" vs_refused 5 "'t', disk 'vda'.*no checkpoint" export other \
    strict --live=crash --scratch "$s" --to "$x" --base latest --strict
check "another one is not" other three --base latest
is "$(warnings | grep -c "'t', disk 'vda': what has changed.*not known")" 1 "and says why"
check "it is as what the domain has" as_source

done_testing
