#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Internal snapshots: the image is copied as it is where that is possible, otherwise the snapshot is
# read through QEMU.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"

live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/i.qcow2"
live_define i --disk "$d/i.qcow2"
check "boots" live_boot i || bail_out "no guest"
live_wait_counter i +5
lower=$(live_counter i)
check "snapshot with memory while it runs" live_snapshot_internal i on
upper=$(live_counter i)
check "it writes on" live_wait_counter i +5

# --- running
check "exported while it runs" vs_export --domain i on --to "$x/running"
check "sound" vs_sound "$VS_EXPORT"
like "$(vs_field '.warnings[]')" "memory state.*'on'" "the lost memory is told"
is "$(vs export-info "$VS_EXPORT" --json | jq -r '.domains[0].snapshots[0].memory')" false \
    "the manifest says so"
like "$(vs export-info "$VS_EXPORT" --json | jq -r '.warnings[]')" "memory state" "and warns"
running=$(vs_layer "$VS_EXPORT" i vda)
number=$(live_counter_of "$running")
check "the disk is of the snapshot's instant ($lower <= $number <= $upper + 1)" \
    [ "$lower" -le $((number + 1)) -a "$number" -le $((upper + 1)) ]
check "ring and counter agree" live_consistent "$running"
check "the guest still writes" live_wait_counter i +3
check "the warning reaches people too" eval '
    vs export --domain i on --to "$x/warned" 2>"$VS_ERR" >/dev/null &&
        grep -q "^warning:" "$VS_ERR"'

# --- deleted and made again under its name, while it is read
qemu-img create -q -f qcow2 "$d/k.qcow2" 64M
qemu-io -f qcow2 -c 'write -q -P 1 0 32M' "$d/k.qcow2"
LIVE_BOOT=none live_define k --disk "$d/k.qcow2"
check "a guest that does nothing" live_virsh_all "start k; suspend k" || bail_out "no guest"
check "with a snapshot" live_snapshot_internal k on
# again: what libvirt and the guest would do. It is done to the image, as the export may have the
# embedded driver; QEMU neither reads nor writes it meanwhile.
again()
{
    local image=driver=qcow2,file.driver=file,file.filename=$d/k.qcow2,file.locking=off
    qemu-img snapshot --image-opts -d on "$image" &&
        qemu-io --image-opts -c 'write -q -P 2 0 32M' "$image" &&
        qemu-img snapshot --image-opts -c on "$image"
}
reads() { compgen -G "$x/k/k/.on.partial/layers/*" >/dev/null || ! kill -0 $pid 2>/dev/null; }
"$abs_top_builddir/virtsnap" --json export --domain k on --to "$x/k" --bandwidth 4M \
    >"$VS_OUT" 2>"$VS_ERR" </dev/null &
pid=$!
check "it is read" eval 'live_wait "it reads" reads && kill -STOP $pid'
check "and made again" again
kill -CONT $pid
check_fails "that is no export" wait $pid
is "$(vs_field .error.code)" 5 "it is another state"
like "$(vs_field .error.message)" "'on'.*k.qcow2.*made again" "which is told"
is "$(ls -A "$x/k/k" 2>/dev/null)" "" "nothing is left"
live_destroy k

# --- off
live_destroy i
check "snapshot while it is off" live_snapshot_internal i off
last=$(live_counter i)
before=$(vs_sources)
check "exported when it is off" vs_export --domain i on --to "$x/off"
check "sound" vs_sound "$VS_EXPORT"
# On a slow host the export warns that it cannot be told whether the image was written to since.
is "$(vs_field '[.warnings[] | select(test("cannot be told") | not)] | length')" 0 \
    "nothing is lost"
kept=$(vs_layer "$VS_EXPORT" i vda)
like "$(qemu-img snapshot -l "$kept")" 'on.*off' "the image is kept with its snapshots"
is "$(vs export-info "$VS_EXPORT" --json | jq -r '.domains[0].snapshots[0].memory')" true \
    "and so is the memory state"
is "$(vs_sources)" "$before" "no source was touched"
check "the kept image holds the same snapshot" eval '
    qemu-img convert -l snapshot.name=on -O qcow2 "$kept" "$d/out.qcow2" &&
    qemu-img compare "$d/out.qcow2" "$running"'
rm -f "$d/out.qcow2"
check "merged, that is flattened" vs_export --domain i on --to "$x/merged" --merge
check "sound" vs_sound "$VS_EXPORT"
check "the same disk again" qemu-img compare "$(vs_layer "$VS_EXPORT" i vda)" "$running"
is "$(vs_sources)" "$before" "no source was touched"
check "the later one" vs_export --domain i off --to "$x/later" --merge
number=$(live_counter_of "$(vs_layer "$VS_EXPORT" i vda)")
check "holds a later number ($number, last said $last)" \
    [ "$number" -gt "$upper" -a "$number" -le $((last + 1)) ]
check "the whole tree" vs_export --domain i off --to "$x/all" --snapshots all
check "sound" vs_sound "$VS_EXPORT"
is "$(find "$VS_EXPORT/layers" -type f | wc -l)" 2 "one image and its base hold them both"

# --- in a root that is no mount
# in_chroot COMMAND...: a directory that has in it all that the root has.
in_chroot()
{
    unshare --mount --propagation private "$BASH" -c '
        mount -t tmpfs none "$1" && mkdir "$1/root" || exit 1
        for entry in /*; do
            if [ -L "$entry" ]; then cp -P "$entry" "$1/root/"
            elif [ -d "$entry" ]; then
                mkdir "$1/root$entry" && mount --rbind "$entry" "$1/root$entry" || exit 1
            fi
        done
        chroot "$1/root" "${@:2}"' chroot "$d/chroot" "$@"
}
mkdir "$d/chroot"
if in_chroot true 2>/dev/null; then
    # The access time is so old that any read would update it.
    touch -a -d '3 days ago' "$d/i.qcow2" "$d/base.qcow2"
    before=$(vs_sources)
    check "merged in a chroot" in_chroot "$abs_top_builddir/virtsnap" -q export --domain i on \
        --to "$x/chroot" --merge
    is "$(vs_sources)" "$before" "no source was touched"
else
    skip "merged in a chroot" "not root, or nothing may be mounted"
fi

# --- a snapshot that is in the XML and no longer in the image
cp "$d/i.qcow2" "$d/saved"
qemu-img snapshot -d on "$d/i.qcow2"
check "one that somebody deleted is not found" vs_refused 32779 "i.qcow2.*'on'" \
    export --domain i on --to "$x/gone"
check_fails "nothing is left" test -e "$x/gone"

done_testing
