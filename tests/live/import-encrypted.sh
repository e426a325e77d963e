#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# An encrypted image is restored as it is. A new image above it would not be encrypted, and libvirt
# would open it as if it were: what needs one is refused. No guest boots.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
to=$d/new
mkdir "$x" "$to"

# QEMU measures how fast it can hash, and sometimes that fails on a busy machine.
luks() { qemu-img create -q -f luks --object secret,id=s,data=pw -o key-secret=s,iter-time=10 \
    "$d/luks.img" 2M 2>/dev/null; }
live_wait "an encrypted image" luks
cat >"$d/luks.xml" <<END
<domain type="$(live_accel)"><name>luks</name><memory unit="MiB">32</memory>
<os><type arch="x86_64" machine="pc">hvm</type></os><devices>
<disk type="file" device="disk"><driver name="qemu" type="raw"/><source file="$d/luks.img">
<encryption format="luks"><secret type="passphrase" usage="x"/></encryption></source>
<target dev="vda" bus="virtio"/></disk></devices></domain>
END
live_virsh define "$d/luks.xml" >/dev/null
check "snapshot of an encrypted disk" live_snapshot_external luks s
check "export with its snapshot" vs_export --domain luks s --to "$x" --snapshots all
export=$VS_EXPORT
trust=(--trust luks:devices/disk/source/encryption)
live_virsh undefine luks --snapshots-metadata >/dev/null

check "not in place" vs_refused 1 "'vda'.*encrypted.*without --in-place" \
    import "$export" --to "$to" --in-place "${trust[@]}"
check "nor with its snapshot" vs_refused 1 "'vda'.*encrypted.*without --with-snapshots" \
    import "$export" --to "$to" --with-snapshots "${trust[@]}"
is "$(ls -A "$to")$(live_virsh list --all --name | xargs)" "" "nothing is left of that"
check "whether it boots cannot be tried" vs_refused 1 "'vda'.*encrypted.*cannot be tried" \
    verify "$export" --boot --timeout 5 --scratch "$x" "${trust[@]}"
check "its files are good" vs -q verify "$export"
check "import" vs -q import "$export" --to "$to" "${trust[@]}"
like "$(live_virsh dumpxml luks | tr -d '\n')" \
    "<source file='$to/[^']*luks-[0-9a-f]*[.]raw'> *<encryption" "its image is the encrypted one"

done_testing
